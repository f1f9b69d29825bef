import contextlib
import signal
import time

import pytest

from chat import answers, message
from raw import CLOSE, TEXT, frame, handshake, text

WITHIN = 2.0

SHARED = True
pytestmark = pytest.mark.usefixtures("bystanders")


@pytest.fixture
def ends(server):
    """SIGTERM ends the session of this client with 0 within 2 s."""

    def ends(client):
        session = server.session_of(client)
        began = time.monotonic()
        session.kill(signal.SIGTERM)
        yield
        assert session.wait(10) == 0
        assert time.monotonic() - began < WITHIN

    return contextlib.contextmanager(ends)


def test_sigterm_is_1001(server, ends):
    client = server.login("alice")
    with ends(client):
        assert client.closed() == 1001


def test_sigterm_with_a_client_that_does_not_answer_the_close(server, ends):
    client = server.raw_login("alice")
    with ends(client):
        pass
    assert client.wait_for_close() == 1001


@pytest.mark.parametrize(
    "part",
    [b"\x81", text({"type": "who"})[:8], frame(TEXT, b"{", fin=False), frame(TEXT, b" " * 100, fin=False)[:50]],
    ids=["in a frame's head", "in a frame", "between fragments", "in a fragment"],
)
def test_sigterm_in_the_middle_of_a_message(server, ends, part):
    client = server.raw_login("alice")
    client.send(part)
    client.silent(0.05)
    with ends(client):
        got = client.next_frame()
        assert (got.opcode, client.close_code(got)) == (CLOSE, 1001)
        client.close()


def test_sigterm_before_login(server, ends):
    client = server.raw().upgrade()
    with ends(client):
        client.expect_close(1001)
        client.close()


@pytest.mark.parametrize("part", [b"", b"GET /ws HT"], ids=["before the head", "in the head"])
def test_sigterm_before_the_upgrade(server, ends, part):
    client = server.raw()
    client.send(part)
    client.silent(0.1)
    with ends(client):
        assert b" 101 " not in client.rest()
        client.close()


def test_sigterm_with_a_client_that_never_reads(serving, server, ends):
    client = server.raw(receive_buffer=4096).upgrade("/ws?user=mallory")
    alice = server.login("alice")
    alice.send_all([message("mallory", "x" * 60000, f"{number}") for number in range(100)])
    time.sleep(0.3)
    with ends(client):
        pass
    assert set(answers(alice, 100).values()) <= {"unavailable", "receiver_offline"}


def test_sigterm_after_sigterm(server):
    client = server.raw_login("alice")
    session = server.session_of(client)
    for _ in range(3):
        session.kill(signal.SIGTERM)
    assert session.wait() == 0
    assert client.wait_for_close() == 1001


def test_sigterm_takes_the_endpoint_away(server, ends):
    client = server.login("alice")
    with ends(client):
        pass
    assert "alice" not in server.bus()


def test_sigterm_is_seen_by_a_watcher(server, ends, alice):
    client = server.login("bob")
    alice.request(type="watch", users=["bob"])
    alice.expect("presence", online=True)
    with ends(client):
        alice.expect("presence", user="bob", online=False, timeout=1)


def test_sigterm_of_the_receiver_leaves_no_message_without_an_answer(serving):
    server = serving(CHAT_RATE=100000, CHAT_BURST=100000)
    alice, bob = server.login("alice"), server.login("bob")
    alice.send_all([message("bob", f"{number}", f"{number}") for number in range(200)])
    session = server.session_of(bob)
    session.kill(signal.SIGTERM)
    alice.send_all([message("bob", f"{number}", f"{number}") for number in range(200, 400)])
    told = answers(alice, 400)
    assert set(told.values()) <= {"delivered", "unavailable", "receiver_offline"}
    assert told["399"] == "receiver_offline"
    assert session.wait() == 0
    assert bob.closed() == 1001


def test_message_before_sigterm_of_the_sender_arrives(server, ends, bob):
    raw = server.raw_login("alice")
    raw.say("bob", "last words")
    raw.request(type="ping")
    raw.wait_for("pong")
    with ends(raw):
        bob.expect("private_message", message="last words")
        raw.close()


def test_sigpipe_is_no_fault(server):
    client = server.raw()
    client.send(handshake("/ws?user=alice"))
    client.vanish()
    assert server.session_of(client).wait() == 0


def test_sigstop_and_sigcont_lose_nothing(server, alice, bob):
    session = server.session_of(bob)
    session.process.send_signal(signal.SIGSTOP)
    for number in range(20):
        alice.say("bob", f"{number}", id=f"{number}")
    assert alice.settle() == []
    session.process.send_signal(signal.SIGCONT)
    told = answers(alice, 20)
    assert set(told.values()) == {"delivered"}
    assert [bob.expect("private_message")["message"] for _ in range(20)] == [f"{number}" for number in range(20)]
