"""RFC 6455 frame by frame: what is wrong is answered with the right close code, and nobody else notices."""

import json
import struct

import pytest

from raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close_frame, frame, text

SHARED = True
pytestmark = pytest.mark.usefixtures("bystanders")

LIMIT = 65536
PING_MESSAGE = b'{"type":"ping"}'
BAD_UTF8 = {
    "lone continuation": b"\x80",
    "never used": b"\xff",
    "overlong slash": b"\xc0\xaf",
    "overlong of three": b"\xe0\x80\xaf",
    "overlong of four": b"\xf0\x80\x80\xaf",
    "surrogate": b"\xed\xa0\x80",
    "past U+10FFFF": b"\xf4\x90\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "cut short": b"\xc3(",
}


@pytest.fixture
def client(server):
    return server.raw_login("alice")


@pytest.fixture
def closes(server, client):
    """Sends bytes and checks the close code, the end of the connection and the exit status."""

    def closes(data, code):
        client.try_to_send(data)
        client.expect_close(code)
        assert server.status_after(client) == 0

    return closes


def alive(client):
    client.send(frame(TEXT, PING_MESSAGE))
    client.expect("pong")


def test_unmasked_frame_is_1002(closes):
    closes(frame(TEXT, PING_MESSAGE, masked=False), 1002)


def test_unmasked_control_frame_is_1002(closes):
    closes(frame(PING, b"", masked=False), 1002)


@pytest.mark.parametrize("rsv", [1, 2, 4, 7])
@pytest.mark.parametrize("opcode", [TEXT, PING])
def test_reserved_bit_is_1002(closes, rsv, opcode):
    closes(frame(opcode, PING_MESSAGE, rsv=rsv), 1002)


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
@pytest.mark.parametrize("payload", [b"", PING_MESSAGE], ids=["empty", "full"])
def test_reserved_opcode_is_1002(closes, opcode, payload):
    closes(frame(opcode, payload), 1002)


@pytest.mark.parametrize("size, form", [(0, 16), (125, 16), (0, 64), (125, 64), (126, 64), (65535, 64)])
def test_length_that_is_not_minimal_is_1002(closes, size, form):
    closes(frame(BINARY, b" " * size, form=form), 1002)


@pytest.mark.parametrize("length", [1 << 63, (1 << 64) - 1])
def test_length_of_64_bits_is_1002(closes, length):
    closes(frame(BINARY, form=64, length=length), 1002)


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_control_frame_in_fragments_is_1002(closes, opcode):
    closes(frame(opcode, b"", fin=False), 1002)


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
@pytest.mark.parametrize("size", [126, 65536])
def test_long_control_frame_is_1002(closes, opcode, size):
    closes(frame(opcode, struct.pack("!H", 1000) + b"x" * (size - 2)), 1002)


@pytest.mark.parametrize("fin", [True, False])
def test_continuation_of_nothing_is_1002(closes, fin):
    closes(frame(CONTINUATION, PING_MESSAGE, fin=fin), 1002)


def test_continuation_after_a_whole_message_is_1002(client, closes):
    alive(client)
    closes(frame(CONTINUATION, b"x"), 1002)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_new_message_inside_another_is_1002(closes, opcode):
    closes(frame(TEXT, b"{", fin=False) + frame(opcode, PING_MESSAGE), 1002)


@pytest.mark.parametrize("bad", BAD_UTF8.values(), ids=BAD_UTF8)
def test_bad_utf8_is_1007(closes, bad):
    closes(frame(TEXT, b'{"type":"ping","x":"' + bad + b'"}'), 1007)


@pytest.mark.parametrize("cut", [b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98"])
def test_character_cut_off_at_the_end_is_1007(closes, cut):
    closes(frame(TEXT, cut), 1007)


@pytest.mark.parametrize("bad", BAD_UTF8.values(), ids=BAD_UTF8)
def test_bad_utf8_split_across_fragments_is_1007_at_once(closes, bad):
    closes(frame(TEXT, b'"' + bad[:1], fin=False) + frame(CONTINUATION, bad[1:] + b"x", fin=False), 1007)


def test_bad_utf8_in_a_frame_that_is_not_complete_is_1007_at_once(closes):
    closes(frame(TEXT, b'"\xff"', length=1000), 1007)


def test_bad_utf8_behind_a_control_frame_is_1007(closes):
    closes(frame(TEXT, b"\xc3", fin=False) + frame(PONG, b"") + frame(CONTINUATION, b"("), 1007)


def test_bad_utf8_in_a_binary_frame_is_refused(server, client):
    client.send(frame(BINARY, b'{"type":"ping","x":"\xff"}'))
    got = client.next_frame()
    if got.opcode == CLOSE:
        assert client.close_code(got) == 1007
    else:
        assert json.loads(got.payload)["code"] == "bad_json"


def test_character_split_across_fragments_is_fine(client):
    data = '{"type":"ping","x":"é€😀"}'.encode()
    for position in range(1, len(data)):
        client.send(frame(TEXT, data[:position], fin=False) + frame(CONTINUATION, data[position:]))
        client.expect("pong")


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
def test_close_is_answered_with_its_code(closes, code):
    closes(close_frame(code, b"bye"), code)


def test_close_without_a_code_is_answered(server, client):
    client.send(close_frame())
    assert client.wait_for_close() in (None, 1000)
    client.expect_end()
    assert server.status_after(client) == 0


def test_close_with_the_longest_reason_is_answered(closes):
    closes(close_frame(1000, "é".encode() * 61), 1000)


@pytest.mark.parametrize("code", [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
def test_bad_close_code_is_1002(closes, code):
    closes(close_frame(code), 1002)


def test_close_of_one_byte_is_1002(closes):
    closes(frame(CLOSE, b"\x03"), 1002)


def test_close_whose_reason_is_not_utf8_is_1007(closes):
    closes(close_frame(1000, b"\xff"), 1007)


def test_nothing_is_done_after_a_close(client):
    client.try_to_send(close_frame(1000) + frame(TEXT, PING_MESSAGE) + frame(PING, b"x") + frame(15, b"x"))
    client.expect_close(1000)


def test_close_in_the_middle_of_a_message_is_answered(closes):
    closes(frame(TEXT, b"{", fin=False) + close_frame(1000), 1000)


def test_message_over_the_limit_is_1009(closes):
    closes(frame(TEXT, b" " * (LIMIT + 1)), 1009)


def test_length_over_the_limit_is_1009_before_the_rest_comes(closes):
    closes(frame(TEXT, b"", length=LIMIT + 1), 1009)


def test_huge_length_is_1009(closes):
    closes(frame(BINARY, b"", length=(1 << 63) - 1), 1009)


def test_fragments_over_the_limit_are_1009(closes):
    half = b" " * (LIMIT // 2)
    closes(frame(TEXT, half, fin=False) + frame(CONTINUATION, half, fin=False) + frame(CONTINUATION, b" "), 1009)


def test_sender_of_a_big_message_learns_the_code_while_it_still_sends(closes):
    closes(frame(TEXT, b" " * (4 << 20)), 1009)


def test_endless_empty_fragments_are_1008(client):
    client.send(frame(TEXT, b"", fin=False))
    for _ in range(100):
        client.try_to_send(frame(CONTINUATION, b"", fin=False) * 1000)
        if client.pending or not client.silent(0.01):
            break
    client.expect_close(1008)


def test_a_few_empty_fragments_are_fine(client):
    empty = frame(CONTINUATION, b"", fin=False)
    client.send(frame(TEXT, b"", fin=False) + empty * 10 + frame(CONTINUATION, PING_MESSAGE, fin=False) + empty + frame(CONTINUATION))
    client.expect("pong")


@pytest.mark.parametrize("payload", [b"", b"x", bytes(range(125))], ids=len)
def test_ping_is_answered_with_the_same_payload(client, payload):
    client.send(frame(PING, payload))
    got = client.next_frame()
    assert (got.opcode, got.payload) == (PONG, payload)


def test_ping_inside_a_message_is_answered_before_it(client):
    client.send(frame(TEXT, PING_MESSAGE[:5], fin=False) + frame(PING, b"now"))
    assert client.next_frame() == (True, PONG, b"now")
    client.send(frame(CONTINUATION, PING_MESSAGE[5:]))
    client.expect("pong")


def test_pongs_that_nobody_asked_for_are_ignored(client):
    client.send(frame(PONG, b"") + frame(PONG, b"x" * 125))
    alive(client)


def test_frames_may_come_byte_by_byte(client):
    for byte in frame(TEXT, PING_MESSAGE, fin=False) + frame(PING, b"p") + frame(CONTINUATION, b" "):
        client.send(bytes([byte]))
    assert client.next_frame().opcode == PONG
    client.expect("pong")


def test_frames_may_come_all_at_once(client):
    client.send(b"".join(text({"type": "ping", "n": number}) for number in range(500)))
    for _ in range(500):
        client.expect("pong")


def test_length_may_take_each_form_that_fits(client):
    for size in (125, 126, 127, 65535, 65536):
        client.send(frame(TEXT, PING_MESSAGE.ljust(size)))
        client.expect("pong")


def test_zero_mask_is_a_mask(client):
    client.send(b"\x81" + bytes([0x80 | len(PING_MESSAGE)]) + bytes(4) + PING_MESSAGE)
    client.expect("pong")


def test_protocol_error_before_login_is_closed_too(server):
    client = server.raw().upgrade()
    client.send(frame(3))
    client.expect_close(1002)
    assert server.status_after(client) == 0


def test_what_was_said_before_an_error_still_counts(server, client):
    bob = server.login("bob")
    client.send(text({"type": "private_message", "receiver": "bob", "message": "last"}) + frame(3))
    bob.expect("private_message", message="last")
    assert client.wait_for_close() == 1002


def test_client_that_does_not_hang_up_is_left(server, client):
    client.send(frame(3))
    client.expect_close(1002)
    assert server.session_of(client).wait(5) == 0
