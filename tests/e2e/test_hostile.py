"""Clients that vanish, stall, trickle or flood."""

import os
import random
import socket
import struct
import time
from pathlib import Path

import pytest

from chat import answers, message
from raw import CONTINUATION, PING, PONG, TEXT, frame, handshake, text
from serve import wait_until

FAST = {"CHAT_RATE": 100000, "CHAT_BURST": 100000}
SMALL = 4096  # bytes of a socket's receive buffer, so that a stall shows soon;
FAST_TO_STALL = {**FAST, "send_buffer": 1 << 16}  # and of the session's, which else the kernel lets grow to some MiB
BIG = "x" * 60000

SHARED = True
pytestmark = pytest.mark.usefixtures("bystanders")


def resident(session):
    """Bytes of memory that a session holds."""
    pages = int(Path(f"/proc/{session.pid}/statm").read_text().split()[1])
    return pages * 4096


@pytest.mark.parametrize(
    "said",
    [b"", handshake()[:30], handshake(), handshake("/ws?user=mallory")],
    ids=["nothing", "half a head", "a handshake", "a login"],
)
def test_client_that_vanishes_at_the_door(server, said):
    client = server.raw()
    client.send(said)
    client.silent(0.1)
    client.vanish()
    assert server.session_of(client).wait() == 0


@pytest.mark.parametrize(
    "said",
    [b"", b"\x81", text({"type": "who"})[:9], frame(TEXT, b"{", fin=False), text({"type": "who"}) * 100],
    ids=["between frames", "in a frame's head", "in a frame", "in a message", "with answers under way"],
)
@pytest.mark.parametrize("leave", ["vanish", "close"])
def test_client_that_leaves_without_a_word(server, said, leave):
    client = server.raw_login("mallory")
    client.send(said)
    getattr(client, leave)()
    assert server.session_of(client).wait() == 0
    assert "mallory" not in server.bus()


def test_client_that_closes_only_its_sending_side_is_let_go(server):
    client = server.raw_login("mallory")
    client.half_close()
    client.rest()
    assert server.session_of(client).wait() == 0


def test_client_that_falls_silent_is_4003(serving):
    server = serving(CHAT_PING_INTERVAL=1)
    client = server.raw_login("mallory", answers_pings=False)
    began = time.monotonic()
    client.expect_close(4003, timeout=6)
    assert 1.5 < time.monotonic() - began
    assert len(client.unanswered) == 2
    assert server.status_after(client) == 0


def test_client_that_answers_pings_is_kept(serving):
    server = serving(CHAT_PING_INTERVAL=1)
    client = server.raw_login("mallory")
    with pytest.raises(TimeoutError):
        client.receive(timeout=3.5)
    client.request(type="ping")
    client.expect("pong")


def test_client_that_falls_silent_is_missed(serving, server, alice):
    serving(CHAT_PING_INTERVAL=1).raw_login("mallory", answers_pings=False)
    alice.request(type="watch", users=["mallory"])
    alice.expect("presence", online=True)
    alice.expect("presence", user="mallory", online=False, timeout=6)


def test_nobody_who_logs_in_is_4001(serving):
    server = serving(CHAT_LOGIN_TIMEOUT=1)
    client = server.raw().upgrade()
    began = time.monotonic()
    client.expect_close(4001, timeout=4)
    assert 0.5 < time.monotonic() - began < 3
    assert server.status_after(client) == 0


def test_login_timeout_is_not_put_off_by_pings(serving):
    client = serving(CHAT_LOGIN_TIMEOUT=1).raw().upgrade()
    deadline = time.monotonic() + 4
    while client.silent(0.2) and time.monotonic() < deadline:
        client.send(frame(PONG, b""))
    client.expect_close(4001)


def test_who_has_logged_in_is_kept_past_the_login_timeout(serving):
    client = serving(CHAT_LOGIN_TIMEOUT=1).raw_login("mallory")
    assert client.silent(1.5)


def test_messages_for_one_who_never_reads_are_answered(serving, bystanders):
    server = serving(CHAT_STALL_TIMEOUT=1, **FAST_TO_STALL)
    stalled = server.raw(receive_buffer=SMALL).upgrade("/ws?user=mallory")
    alice = server.login("alice")
    alice.send_all([message("mallory", BIG, f"{number}") for number in range(200)])
    bystanders.talk()
    told = answers(alice, 200)
    assert set(told.values()) <= {"unavailable", "receiver_offline"}
    assert "unavailable" in told.values()
    assert server.session_of(stalled).wait() == 0


def test_one_who_never_reads_is_1013(serving):
    server = serving(CHAT_STALL_TIMEOUT=1, **FAST_TO_STALL)
    stalled = server.raw(receive_buffer=SMALL, answers_pings=False).upgrade("/ws?user=mallory")
    alice = server.login("alice")
    began = time.monotonic()
    alice.send_all([message("mallory", BIG, f"{number}") for number in range(100)])
    session = server.session_of(stalled)
    assert session.wait(6) == 0
    assert time.monotonic() - began > 0.8


def test_one_who_reads_again_after_the_stall_learns_why(serving):
    server = serving(CHAT_STALL_TIMEOUT=1, **FAST_TO_STALL)
    stalled = server.raw(receive_buffer=SMALL, answers_pings=False).upgrade("/ws?user=mallory")
    alice = server.login("alice")
    alice.send_all([message("mallory", BIG, f"{number}") for number in range(100)])
    time.sleep(1.4)
    assert stalled.wait_for_close() == 1013


def test_one_who_never_reads_and_is_killed_leaves_no_message_without_an_answer(serving):
    server = serving(CHAT_STALL_TIMEOUT=20, **FAST_TO_STALL)
    stalled = server.raw(receive_buffer=SMALL).upgrade("/ws?user=mallory")
    alice = server.login("alice")
    alice.send_all([message("mallory", BIG, f"{number}") for number in range(100)])
    time.sleep(0.3)
    server.session_of(stalled).kill()
    assert set(answers(alice, 100).values()) <= {"unavailable", "receiver_offline"}


def test_sender_to_one_who_never_reads_can_talk_to_others(serving, bystanders):
    server = serving(CHAT_STALL_TIMEOUT=10, **FAST_TO_STALL)
    server.raw(receive_buffer=SMALL).upgrade("/ws?user=mallory")
    alice, bob = server.login("alice"), server.login("bob")
    alice.send_all([message("mallory", BIG, f"m{number}") for number in range(100)])
    began = time.monotonic()
    for number in range(20):
        alice.say("bob", "hello", id=f"b{number}")
        alice.wait_for("receipt", ref=f"b{number}", status="delivered")
    assert time.monotonic() - began < 3
    assert [got["message"] for got in bob.settle()] == ["hello"] * 20


def test_session_of_one_who_never_reads_stays_small(serving):
    server = serving(CHAT_STALL_TIMEOUT=10, **FAST_TO_STALL)
    stalled = server.raw(receive_buffer=SMALL).upgrade("/ws?user=mallory")
    alice = server.login("alice")
    for start in range(0, 1000, 100):
        alice.send_all([message("mallory", BIG, f"{number}") for number in range(start, start + 100)])
        wait_until(lambda: not alice.inbox.empty(), 1)
    assert resident(server.session_of(stalled)) < 32 << 20
    assert resident(server.session_of(alice)) < 64 << 20


def test_one_who_pauses_gets_all_that_was_taken(serving):
    server = serving(CHAT_STALL_TIMEOUT=10, **FAST_TO_STALL)
    slow = server.raw_login("mallory", receive_buffer=SMALL, answers_pings=False)
    alice = server.login("alice")
    alice.send_all([message("mallory", "x" * 1000, f"{number}") for number in range(1000)])
    time.sleep(1)
    slow.answers_pings = True
    shown = 0
    try:
        while True:
            slow.expect("private_message", timeout=1)
            shown += 1
    except TimeoutError:
        pass
    told = answers(alice, 1000)
    assert set(told.values()) <= {"delivered", "unavailable"}
    assert shown == list(told.values()).count("delivered")


def test_requests_of_one_who_never_reads_are_not_hoarded(serving):
    server = serving(CHAT_STALL_TIMEOUT=1, **FAST_TO_STALL)
    client = server.raw_login("mallory", receive_buffer=SMALL)
    asked = text({"type": "who", "id": "x" * 64}) * 1000
    try:
        for _ in range(300):
            client.send_some(asked, timeout=0.5)
    except (TimeoutError, OSError):
        pass
    session = server.session_of(client)
    assert not session.alive() or resident(session) < 32 << 20
    assert session.wait(6) == 0


def test_pings_of_one_who_never_reads_are_not_hoarded(serving):
    server = serving(CHAT_STALL_TIMEOUT=1, **FAST_TO_STALL)
    client = server.raw_login("mallory", receive_buffer=SMALL)
    pings = frame(PING, b"x" * 125) * 1000
    try:
        for _ in range(300):
            client.send_some(pings, timeout=0.5)
    except (TimeoutError, OSError):
        pass
    session = server.session_of(client)
    assert not session.alive() or resident(session) < 32 << 20
    assert session.wait(6) == 0


def test_head_of_a_byte_a_second_is_408(serving):
    client = serving(CHAT_HEAD_TIMEOUT=2).raw()
    began = time.monotonic()
    for byte in handshake():
        client.try_to_send(bytes([byte]))
        if not client.silent(1):
            break
    assert client.response().status == 408
    assert 1.5 < time.monotonic() - began < 4


def test_frame_of_a_byte_a_second_times_out(serving, bystanders):
    server = serving(CHAT_PING_INTERVAL=1)
    client = server.raw_login("mallory", answers_pings=False)
    for byte in text({"type": "ping"})[:3]:
        client.try_to_send(bytes([byte]))
        time.sleep(1)
        bystanders.talk()
    client.expect_close(4003)
    assert server.status_after(client) == 0


def test_frame_that_trickles_arrives(server):
    client = server.raw_login("mallory")
    for byte in text({"type": "ping"}):
        client.send(bytes([byte]))
        time.sleep(0.03)
    client.expect("pong")


def test_answers_that_are_read_a_few_bytes_at_a_time_are_whole(server):
    client = server.raw_login("mallory", receive_buffer=SMALL)
    bob = server.login("bob")
    bob.say("mallory", "é" * 20000, id="big")
    assert client.receive()["message"] == "é" * 20000
    client.request(type="ping")
    client.expect("pong")
    bob.expect("receipt", ref="big")


def test_message_that_is_never_finished_is_bounded(server, bystanders):
    client = server.raw_login("mallory")
    client.send(frame(TEXT, b" " * 60000, fin=False))
    bystanders.talk()
    client.send(frame(CONTINUATION, b" " * 6000, fin=False))
    client.expect_close(1009)


def test_many_who_connect_and_leave(server, bystanders):
    for _ in range(100):
        client = server.raw()
        client.send(handshake("/ws?user=mallory"))
        client.vanish()
    bystanders.talk()
    for session in list(server.sessions.values())[2:]:
        assert session.wait() == 0
    assert wait_until(lambda: "mallory" not in server.bus())


def test_user_of_many_connections_that_all_stall_costs_the_sender_no_silence(serving):
    server = serving(CHAT_STALL_TIMEOUT=1, **FAST_TO_STALL)
    for _ in range(4):
        server.raw(receive_buffer=SMALL).upgrade("/ws?user=mallory")
    alice = server.login("alice")
    alice.send_all([message("mallory", BIG, f"{number}") for number in range(100)])
    assert set(answers(alice, 100).values()) <= {"unavailable", "receiver_offline"}


def test_stalled_connection_does_not_hide_one_that_reads(serving):
    server = serving(CHAT_STALL_TIMEOUT=1, **FAST_TO_STALL)
    server.raw(receive_buffer=SMALL, answers_pings=False).upgrade("/ws?user=bob")
    reader, alice = server.login("bob"), server.login("alice")
    for number in range(50):
        alice.say("bob", BIG, id=f"{number}")
        alice.expect("receipt", ref=f"{number}", status="delivered")
    for number in range(50):
        reader.expect("private_message")


def connect_to_endpoint(server, client):
    """A plain socket that is connected where other sessions reach this client's."""
    directory = os.open(server.runtime_dir / "bus" / client.user, os.O_PATH)
    try:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(2)
        connection.connect(f"/proc/self/fd/{directory}/{server.session_of(client).pid}")
    finally:
        os.close(directory)
    return connection


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x01" + b"\xff" * 8,
        b"\x01" + struct.pack("!Q", 4) + bytes([0, 0, 0, 1]),
        b"\x01" + struct.pack("!Q", 4096) + bytes([0, 0, 0, 1]) + random.Random(1).randbytes(4092),
        b"\x01" + struct.pack("!Q", 1 << 40) + bytes([0, 0, 0, 1]) + bytes(4096),
        (b"\x01" + struct.pack("!Q", 104) + bytes([0, 0, 0, 1]) + random.Random(2).randbytes(100)) * 200,
    ],
    ids=["nothing", "text", "endless length", "empty record", "noise", "length without the rest", "much noise"],
)
def test_stranger_on_the_bus_is_not_heard(server, alice, bob, said):
    stranger = connect_to_endpoint(server, bob)
    stranger.sendall(stranger.recv(8) + said)
    alice.say("bob", "hello", id="m")
    bob.expect("private_message", sender="alice", message="hello")
    alice.expect("receipt", ref="m", status="delivered")
    stranger.close()
    assert bob.settle() == []


def test_strangers_who_stay_on_the_bus_do_not_keep_others_out(server, alice, bob):
    strangers = [connect_to_endpoint(server, bob) for _ in range(30)]
    alice.say("bob", "hello", id="m")
    alice.expect("receipt", ref="m", status="delivered")
    for stranger in strangers:
        stranger.close()


def test_endpoints_are_not_open_to_other_users(server, alice):
    endpoint = server.runtime_dir / "bus" / "alice" / str(server.session_of(alice).pid)
    assert not endpoint.stat().st_mode & 0o002
