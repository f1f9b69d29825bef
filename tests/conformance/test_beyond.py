"""What the numbered sections leave out of RFC 6455 and RFC 7692, against examples/echo."""

import random
import zlib

import pytest

import cases_beyond
import cases_handshake
import testdata
from cases_beyond import DEFLATE, LIMIT
from deflating import TAIL
from frames import BINARY, PONG, RSV1, TEXT, chops, fragments, frame, more, ping, text
from peer import request_head

MIB = 1 << 20
MEMORY = 64 * MIB  # what a process may take at its most: three times the limit, and some


@pytest.mark.parametrize("case", cases_beyond.TABLE, ids=lambda case: case.number)
def test_beyond(echo, case):
    case.play(echo)


@pytest.fixture
def peer(echo):
    return echo.connect()


@pytest.fixture
def deflating(peer):
    peer.agree(DEFLATE, peer.shake_hands([DEFLATE]), zlib.Z_BEST_SPEED)
    return peer


def part(peer):
    peer.leave()
    peer.finish()


# The opening handshake.


@pytest.mark.parametrize("lines, answer, taken", cases_handshake.TAKEN, ids=lambda value: str(value)[:100])
def test_an_offer_that_can_be_taken(peer, lines, answer, taken):
    assert peer.shake_hands(lines) == answer
    peer.agree(taken, answer)
    html = testdata.html_text()
    for size in (5, 512, 5_000, 70_000, 511, 40_000):
        peer.echo(TEXT, html[size : 2 * size])
        peer.echo(BINARY, testdata.prose()[size : 2 * size], size=1000)
        peer.echo(TEXT, html[:size], compress=False)
    part(peer)


@pytest.mark.parametrize("line", cases_handshake.DECLINED)
def test_an_offer_that_is_declined(peer, line):
    assert peer.shake_hands([line]) is None
    peer.echo(TEXT, b"all the same")
    peer.send([text(b"\x00", rsv=RSV1)])
    peer.be_failed(1002)
    peer.finish()


def expect_refusal(peer, status):
    answer = peer.response()
    assert answer.status == status
    assert "close" in ", ".join(answer.all("Connection")).split(", ")
    assert answer.all("Sec-WebSocket-Accept") == answer.all("Sec-WebSocket-Extensions") == []
    if status == 426:
        assert answer.all("Sec-WebSocket-Version") == ["13"]  # RFC 6455, 4.2.2
        assert answer.all("Upgrade") == ["websocket"] and "Upgrade" in ", ".join(answer.all("Connection")).split(", ")  # RFC 9110, 15.5.22
    peer.expect_end()
    peer.finish()


@pytest.mark.parametrize("line", cases_handshake.MALFORMED)
def test_an_offer_that_is_malformed(peer, line):
    peer.send([request_head([*cases_handshake.HANDSHAKE, ("Sec-WebSocket-Extensions", line)])])
    expect_refusal(peer, 400)


@pytest.mark.parametrize("pieces", cases_handshake.ACCEPTED.values(), ids=cases_handshake.ACCEPTED)
def test_a_handshake_that_is_good(peer, pieces):
    assert peer.shake_hands(pieces=pieces) is None
    peer.echo(TEXT, b"well met")
    part(peer)


@pytest.mark.parametrize("status, head", cases_handshake.REFUSED.values(), ids=cases_handshake.REFUSED)
def test_a_handshake_that_is_refused(peer, status, head):
    peer.send([head])
    expect_refusal(peer, status)


# What takes many fragments, or much memory.


def test_a_message_of_100000_fragments(peer):
    peer.shake_hands()
    payload = testdata.document()[:100_000]
    peer.send(chops(1 << 16, *fragments(BINARY, payload, 1)))
    peer.expect(BINARY, payload)
    part(peer)


def test_a_compressed_message_of_100000_fragments_with_pings_between(deflating):
    payload = random.Random(7).randbytes(100_000)
    frames = fragments(BINARY, deflating.deflating.deflate(payload), 1, RSV1)
    assert len(frames) >= 100_000
    pings = [b"%d" % n for n in range(0, len(frames) - 1, 1000)]
    for n, payload_of_ping in enumerate(pings):
        frames[n * 1000] += ping(payload_of_ping)
    deflating.send(chops(1 << 16, *frames))
    for payload_of_ping in pings:
        deflating.expect(PONG, payload_of_ping)
    deflating.expect(BINARY, payload)
    part(deflating)


def test_empty_fragments_are_let_pass_up_to_a_number(peer):
    peer.shake_hands()
    peer.send([text(fin=False) + more(fin=False) * 1000 + more(b"at last")])
    peer.expect(TEXT, b"at last")
    peer.send([text(fin=False) + more(fin=False) * 2000])
    peer.be_failed(1008)
    peer.finish()


def zeros(size):
    """What inflates to that many zeros, and is a thousandth of it."""
    deflater = zlib.compressobj(9, wbits=-15)
    mebibyte = deflater.compress(bytes(MIB)) + deflater.flush(zlib.Z_FULL_FLUSH)
    rest = deflater.compress(bytes(size % MIB)) + deflater.flush(zlib.Z_SYNC_FLUSH)
    return (mebibyte * (size // MIB) + rest).removesuffix(TAIL)


@pytest.mark.parametrize("size", [LIMIT + 1, LIMIT + MIB, 1 << 30], ids=["one byte over", "17 MiB", "1 GiB"])
@pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["text", "binary"])
def test_a_bomb_is_1009_and_takes_no_memory(deflating, opcode, size):
    deflating.send([frame(opcode, zeros(size), rsv=RSV1)])
    deflating.expect_close(1009)
    assert deflating.high_water() < MEMORY
    deflating.expect_end()
    deflating.finish()


def test_a_bomb_goes_off_before_all_of_it_is_there(deflating):
    frames = fragments(BINARY, zeros(LIMIT + MIB), 100, RSV1)
    deflating.send([b"".join(frames[:-1])])
    deflating.be_failed(1009)
    deflating.finish()


def test_blocks_of_nothing_without_end_are_1009(deflating):
    nothing = b"\x00\x00\x00\xff\xff" * (MIB // 5)
    deflating.send([binary_fragment(nothing, n) for n in range(34)])
    deflating.expect_close(1009)
    assert deflating.high_water() < MEMORY
    deflating.expect_end()
    deflating.finish()


def binary_fragment(payload, n):
    return more(payload, fin=False) if n else frame(BINARY, payload, fin=False, rsv=RSV1)


def test_a_message_of_the_limit_is_let_in_compressed_and_plain(deflating):
    payload = bytes(LIMIT)
    deflating.send([frame(BINARY, zeros(LIMIT), rsv=RSV1)])
    deflating.expect(BINARY, payload)
    assert deflating.wire < LIMIT // 100
    deflating.echo(BINARY, testdata.document() * 15, compress=False)
    deflating.echo(BINARY, testdata.document() * 15)
    assert deflating.high_water() < MEMORY
    part(deflating)


def test_the_message_after_a_large_one_is_right(deflating):
    for size in (10, MIB, 10, 8 * MIB, 10, 600, 3 * MIB + 1, 10):
        deflating.echo(BINARY, (testdata.prose() * 40)[:size])
    part(deflating)


# Context and window (RFC 7692, 7.1).


def test_a_context_that_the_client_gave_up_is_gone(peer):
    offer = f"{DEFLATE}; client_no_context_takeover"
    assert peer.shake_hands([offer]) == offer
    peer.send([text(b"\xf2\x48\xcd\xc9\xc9\x07\x00", rsv=RSV1)])
    peer.expect(TEXT, b"Hello")
    peer.send([text(b"\xf2\x00\x11\x00\x00", rsv=RSV1)])  # refers to it
    peer.be_failed(1007)
    peer.finish()


def test_the_server_keeps_its_context_where_it_may(deflating):
    """The same text comes back shorter: it is in the window."""
    payload = testdata.html_text()[:8000]
    deflating.echo(TEXT, payload)
    first = deflating.wire
    deflating.echo(TEXT, payload)
    assert deflating.wire - first < first // 4


@pytest.mark.parametrize("bits, is_known", [(10, False), (15, True)])
def test_the_server_reaches_no_further_back_than_its_window(peer, bits, is_known):
    offer = f"{DEFLATE}; server_max_window_bits={bits}"
    peer.agree(offer, peer.shake_hands([offer]))
    payload = random.Random(9).randbytes(2000)
    peer.echo(BINARY, payload + payload)
    assert (peer.wire < 3000) == is_known
    part(peer)
