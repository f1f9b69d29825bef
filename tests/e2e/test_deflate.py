"""Permessage-deflate in a session: what is agreed on, what is compressed, what is refused, what it costs."""

import json
import re
from pathlib import Path

import pytest

from raw import CONTINUATION, HANDSHAKE, RSV1, TEXT, deflated, frame, handshake
from serve import environment, wait_until
from test_environment import refuses_to_start

OFFER = "permessage-deflate; client_max_window_bits"
AGREED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
LONG = "the words come back, " * 100
MIB = 1 << 20


def login(server, user, offer=OFFER):
    client = server.raw().upgrade(f"/ws?user={user}", offer=offer)
    client.expect("welcome", user=user)
    return client


def say(client, receiver, message, **fields):
    said = {"type": "private_message", "receiver": receiver, "message": message, **fields}
    client.send(frame(TEXT, deflated(json.dumps(said).encode()), rsv=RSV1))


@pytest.mark.parametrize(
    "offer, agreed",
    [
        ("permessage-deflate", AGREED),
        (OFFER, AGREED),
        ("permessage-deflate; client_max_window_bits=10", AGREED + "; client_max_window_bits=10"),
        ("permessage-deflate; server_max_window_bits=9", AGREED + "; server_max_window_bits=9"),
        ("x-webkit-deflate-frame, permessage-deflate", AGREED),
        ("permessage-deflate; mystery, permessage-deflate; server_no_context_takeover", AGREED),
        ("permessage-deflate; mystery", None),
        ("permessage-deflate; server_max_window_bits=7", None),
        ("mystery", None),
    ],
)
def test_what_is_agreed_on(server, offer, agreed):
    client = login(server, "alice", offer)
    assert client.extensions == ([agreed] if agreed else [])


def test_malformed_offer_is_400(server):
    client = server.raw()
    client.send(handshake("/ws", [*HANDSHAKE, ("Sec-WebSocket-Extensions", "permessage-deflate; x=")]))
    assert client.response().status == 400


def test_long_messages_are_compressed_both_ways_and_short_ones_are_not(server):
    alice, bob = login(server, "alice"), login(server, "bob")
    for number, (words, is_long) in enumerate([(LONG, True), ("hi", False), (LONG + "\u20ac", True), ("hi again", False)]):
        say(alice, "bob", words, id=f"m{number}")
        bob.expect("private_message", message=words)
        assert bob.compressed == is_long
        bob.request(type="ping")
        bob.expect("pong")  # and the ping before it is answered
        alice.expect("receipt", ref=f"m{number}")
        assert not alice.compressed


def test_those_who_compress_and_those_who_do_not_talk(server):
    alice, bob, carla = login(server, "alice"), server.raw_login("bob"), server.login("carla")
    say(alice, "bob", LONG)
    bob.expect("private_message", message=LONG)
    bob.say("alice", LONG)
    alice.wait_for("private_message", message=LONG)
    assert alice.compressed
    carla.say("alice", LONG)
    alice.wait_for("private_message", sender="carla", message=LONG)


def test_client_that_agreed_on_nothing_may_not_compress(server):
    client = server.raw_login("alice")
    say(client, "alice", LONG)
    client.expect_close(1002)


@pytest.mark.parametrize("yes, no", [("yes", "no"), ("1", "0"), ("on", "off")])
def test_yes_is_the_default_and_no_turns_it_off(serving, yes, no):
    assert login(serving(CHAT_DEFLATE=yes), "alice").extensions == [AGREED]
    server = serving(CHAT_DEFLATE=no)
    client = login(server, "bob")
    assert client.extensions == []
    client.say("bob", LONG)
    client.expect("private_message", message=LONG)


@pytest.mark.parametrize("value", ["", "yes!", "2", "deflate", "no "])
def test_neither_yes_nor_no_is_78(runtime_dir, value):
    assert "CHAT_DEFLATE" in refuses_to_start(environment(runtime_dir, CHAT_DEFLATE=value))


def test_garbage_is_1007(server, bystanders):
    client = login(server, "alice")
    client.send(frame(TEXT, b"\xff\xff\xff\xff", rsv=RSV1))
    client.expect_close(1007)


def test_text_that_is_not_utf_8_is_1007_before_the_rest_has_come(server):
    client = login(server, "alice")
    client.send(frame(TEXT, deflated(b"\xc3(") + b"\x00" * 5, rsv=RSV1, fin=False))
    assert client.wait_for_close() == 1007


def test_message_of_just_the_limit_is_taken_and_one_byte_more_is_1009(serving):
    server = serving(CHAT_MAX_MESSAGE=4096)
    client = login(server, "alice")
    client.send(frame(TEXT, deflated(b'{"type":"ping"}'.ljust(4096)), rsv=RSV1))
    client.expect("pong")
    client.send(frame(TEXT, deflated(b'{"type":"ping"}'.ljust(4097)), rsv=RSV1))
    client.expect_close(1009)


def peak(session):
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{session.pid}/status").read_text())[1]) << 10


@pytest.mark.parametrize("pieces", [1, 100])
def test_bomb_is_1009_and_takes_no_memory(server, bystanders, pieces):
    client = login(server, "mallory")
    session = server.session_of(client)
    before = peak(session)
    bomb = deflated(b" " * (64 * MIB))
    size = len(bomb) // pieces + 1
    parts = [bomb[at : at + size] for at in range(0, len(bomb), size)]
    for number, part in enumerate(parts):
        opcode, rsv = (CONTINUATION, 0) if number else (TEXT, RSV1)
        client.try_to_send(frame(opcode, part, fin=number == len(parts) - 1, rsv=rsv))
    bystanders.talk()
    assert client.wait_for_close() == 1009
    assert peak(session) - before < MIB


def private(session):
    """Bytes of memory that this process has written to. (Those of its files count as dirty where a disk has them not yet.)"""
    total, writable = 0, False
    for line in Path(f"/proc/{session.pid}/smaps").read_text().splitlines():
        if mapping := re.match(r"[0-9a-f]+-[0-9a-f]+ (\S+) ", line):
            writable = "w" in mapping[1]
        elif writable and line.startswith("Private_Dirty:"):
            total += int(line.split()[1]) << 10
    return total


def test_idle_session_holds_nothing_for_it(server):
    """Two who have said the same, one compressed and one not; and one who has said nothing."""
    plain, used, unused = server.raw_login("alice"), login(server, "bob"), login(server, "carla")
    for number in range(20):
        plain.say("alice", LONG + str(number))
        plain.wait_for("receipt")
        say(used, "bob", LONG + str(number))
        used.wait_for("receipt")
    sessions = [server.session_of(client) for client in (plain, used, unused)]
    assert wait_until(lambda: max(map(private, sessions)) < private(sessions[0]) + (32 << 10), seconds=8), [*map(private, sessions)]
