"""Who speaks is what the kernel says: a process of one's own at the bus, which says that it is somebody else."""
import os
import socket
import threading
import time

import pytest

from forged import COPY, Stranger, payload, record


def shows(bob, sender, message):
    return bob.expect("private_message", sender=sender, message=message)


def test_one_with_an_endpoint_is_believed(bob, bus, endpoint):
    endpoint("mallory")
    Stranger(bus, "bob").send(record("mallory", "bob", payload("mallory", "bob", "hello")))
    shows(bob, "mallory", "hello")


def test_one_without_an_endpoint_is_not(alice, bob, bus):
    Stranger(bus, "bob").send(record("alice", "bob", payload("alice", "bob", "give me your password")))
    alice.say("bob", "hello")
    shows(bob, "alice", "hello")
    assert bob.quiet()


def test_one_with_an_endpoint_of_its_own_can_not_speak_for_another(alice, bob, bus, endpoint):
    endpoint("mallory")
    stranger = Stranger(bus, "bob")
    stranger.send(record("mallory", "bob", payload("mallory", "bob", "hello")))
    shows(bob, "mallory", "hello")
    stranger.send(record("alice", "bob", payload("alice", "bob", "give me your password")))
    alice.say("bob", "it is me")
    shows(bob, "alice", "it is me")
    assert bob.quiet()


def test_pipe_that_has_lied_is_not_listened_to_again(alice, bob, bus, endpoint):
    endpoint("mallory")
    stranger = Stranger(bus, "bob")
    stranger.send(record("alice", "bob", payload("alice", "bob", "x")), record("mallory", "bob", payload("mallory", "bob", "x")))
    stranger.send(record("mallory", "bob", payload("mallory", "bob", "x")))
    alice.say("bob", "it is me")
    shows(bob, "alice", "it is me")
    assert bob.quiet()


def test_endpoint_that_nobody_listens_at_proves_nothing(alice, bob, bus, endpoint):
    """As a killed process leaves it, whose number is another's now."""
    endpoint("mallory", backlog=0)
    Stranger(bus, "bob").send(record("mallory", "bob", payload("mallory", "bob", "hello")))
    alice.say("bob", "it is me")
    shows(bob, "alice", "it is me")
    assert bob.quiet()


def test_endpoint_of_another_process_proves_nothing(alice, bob, bus):
    """A listening socket in the folder is not enough: it must be this process that listens."""
    child = os.fork()
    if child == 0:
        try:
            folder = bus / "mallory"
            folder.mkdir(mode=0o700)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(folder / str(os.getppid())))
            listener.listen(10)
            time.sleep(30)
        finally:
            os._exit(0)
    try:
        path = bus / "mallory" / str(os.getpid())
        deadline = time.monotonic() + 5
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        Stranger(bus, "bob").send(record("mallory", "bob", payload("mallory", "bob", "hello")))
        alice.say("bob", "it is me")
        shows(bob, "alice", "it is me")
        assert bob.quiet()
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        path.unlink(missing_ok=True)
        path.parent.rmdir()


@pytest.mark.parametrize("text", [
    payload("alice", "bob", "x"),
    payload("mallory", "bob", "x")[:-1] + b',"sender":"alice"}',
    payload("mallory", "carol", "x"),
    b'{"type":"error"}',
    payload("mallory", "bob", "x")[:-2] + b'\xff"}',
], ids=["other sender", "second sender", "other receiver", "other type", "not UTF-8"])
def test_text_that_says_other_than_its_record_is_not_shown(alice, bob, bus, endpoint, text):
    endpoint("mallory")
    Stranger(bus, "bob").send(record("mallory", "bob", text))
    alice.say("bob", "it is me")
    shows(bob, "alice", "it is me")
    assert bob.quiet()


def test_nobody_can_put_words_into_the_sender_s_other_connections(alice, bob, bus, endpoint):
    endpoint("mallory")
    Stranger(bus, "bob").send(record("mallory", "bob", payload("bob", "alice", "I said this"), kind=COPY))
    assert bob.quiet()


@pytest.mark.limit(30)
def test_flood_of_forged_records_does_not_stall_the_session(alice, bob, bus):
    stranger = Stranger(bus, "bob")
    forged = record("alice", "bob", payload("alice", "bob", "x")) * 100
    end = time.monotonic() + 2

    def flood():
        try:
            while time.monotonic() < end:
                stranger.send(forged)
        except OSError:
            pass

    flooder = threading.Thread(target=flood)
    flooder.start()
    for number in range(10):
        alice.say("bob", f"{number}", id=f"{number}")
        shows(bob, "alice", f"{number}")
        alice.expect("receipt", ref=f"{number}")
    flooder.join()
