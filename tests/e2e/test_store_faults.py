"""How the store fails: killed, slow, on a disk that is full or read-only, with a database that it can't use; and what goes on."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

from chat import answers, leave, stored
from serve import wait_until

SLOW = 2      # seconds of a sync
FROZEN = 7    # of a store that is stopped: sessions send again after 5
ROOM = 1 << 20


def test_without_the_store_live_messages_go_on_and_it_is_found_again_within_two_seconds(store, server):
    alice, bob = server.login("alice"), server.login("bob")
    alice.say("bob", "before", id="m0")
    alice.wait_for("receipt", ref="m0", status="delivered")
    store.kill()
    time.sleep(0.3)
    alice.say("bob", "live", id="m1")
    bob.wait_for("private_message", message="live")
    alice.expect("receipt", ref="m1", status="delivered")
    for kind, fields in (("history", {"with": "bob"}), ("search", {"text": "x"}), ("block", {"user": "eve"})):
        alice.request(type=kind, id="q", **fields)
        alice.expect("error", code="unavailable", ref="q")
    alice.say("eve", "away", id="m2")
    alice.expect("error", code="unavailable", ref="m2")
    store.start()
    started = time.monotonic()
    while True:
        alice.request(type="history", **{"with": "bob"})
        if alice.receive()["type"] == "history":
            break
        time.sleep(0.05)
    assert time.monotonic() - started < 2
    alice.say("bob", "after", id="m3")
    bob.wait_for("private_message", message="after")
    alice.wait_for("receipt", ref="m3", status="delivered")
    assert bob.quiet()


def test_what_was_sent_as_the_store_died_is_stored_by_the_next(store, server):
    alice, bob = server.login("alice"), server.login("bob")
    leave(server, bob)
    store.process.send_signal(signal.SIGSTOP)
    for n in range(50):
        alice.say("bob", f"words {n}", id=f"m{n}")
    assert alice.quiet()
    store.kill()
    store.start()
    for n in range(50):
        stored(alice, f"m{n}", 10)
    bob = server.login("bob")
    assert [bob.receive()["message"] for _ in range(50)] == [f"words {n}" for n in range(50)]
    assert bob.quiet()


def test_two_stores_the_second_refuses(store):
    second = store.launch()
    assert second.wait(10) == 75
    assert "another process has it" in store.log.read_text()


def test_a_schema_of_a_later_version_is_refused_with_78(store):
    store.stop()
    with sqlite3.connect(store.state / "chat.db") as db:
        db.execute("PRAGMA user_version=99")
    assert store.launch().wait(10) == 78
    assert "version 99" in store.log.read_text()


def test_a_damaged_database_is_said_and_kept(store, server):
    store.stop()
    path = store.state / "chat.db"
    for extra in ("-wal", "-shm"):
        (store.state / ("chat.db" + extra)).unlink(missing_ok=True)
    damaged = b"no database at all " * 1000
    path.write_bytes(damaged)
    assert store.launch().wait(10) == 75
    assert path.read_bytes() == damaged and "left as it is" in store.log.read_text()
    alice = server.login("alice")
    alice.say("bob", "words", id="m")
    alice.expect("error", code="unavailable", ref="m")


@pytest.mark.parametrize("name, value", [("CHAT_RETENTION", "soon"), ("CHAT_MAILBOX_MESSAGES", "0"), ("CHAT_STATE_DIR", "here")])
def test_a_setting_that_cannot_be_understood_is_78(store, name, value):
    assert store.launch(**{name: value}).wait(10) == 78


def test_a_locked_database_is_waited_for_or_said(store, server):
    alice, bob = server.login("alice"), server.login("bob")
    leave(server, bob)
    lock = sqlite3.connect(store.state / "chat.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    alice.say("bob", "words", id="m")
    assert alice.quiet(0.5)
    lock.execute("ROLLBACK")
    stored(alice, "m")
    lock.execute("BEGIN IMMEDIATE")
    alice.say("bob", "more", id="n")
    alice.wait_for("error", 20, code="unavailable", ref="n")
    lock.execute("ROLLBACK")

    def is_stored():
        alice.say("bob", "more", id="n")
        return alice.receive(8).get("status") == "stored"

    assert wait_until(is_stored, 4, 0.2)
    bob = server.login("bob")
    assert [bob.receive()["message"] for _ in range(2)] == ["words", "more"]


def insist(client, receiver, words, ref):
    """The first message of a new connection waits for the store, and is unavailable after 5 s: then it is sent again."""
    others = []
    client.say(receiver, words, id=ref)
    while (got := client.receive(20))["type"] != "receipt":
        if got["type"] == "error":
            assert got["code"] == "unavailable" and got["ref"] == ref
            client.say(receiver, words, id=ref)
        else:
            others.append(got)
    return others


@contextlib.contextmanager
def slow_disk(store, faults):
    faults.slow(SLOW)
    yield
    faults.slow(0)


@contextlib.contextmanager
def frozen(store, faults):
    store.process.send_signal(signal.SIGSTOP)
    thaw = threading.Timer(FROZEN, store.process.send_signal, [signal.SIGCONT])
    thaw.start()
    yield
    thaw.join()


@contextlib.contextmanager
def now_and_then_frozen(store, faults):
    over = threading.Event()

    def play():
        while not over.is_set():
            store.process.send_signal(signal.SIGSTOP)
            over.wait(1.5)
            store.process.send_signal(signal.SIGCONT)
            over.wait(0.2)

    player = threading.Thread(target=play)
    player.start()
    yield
    over.set()
    player.join()


@pytest.mark.limit(90)
@pytest.mark.parametrize("slow", [slow_disk, frozen, now_and_then_frozen], ids=lambda f: f.__name__)
def test_a_slow_store_holds_nobody_up_and_what_it_says_comes_once_and_in_order(keeping, server, faults, slow):
    store = keeping(**faults.settings)
    alice, bob = server.login("alice"), server.login("bob")
    alice.say("bob", "first", id="first")
    bob.expect("private_message", message="first")
    alice.wait_for("receipt", ref="first", status="delivered")
    alice.settle()
    with slow(store, faults):
        for n in range(20):
            alice.say("bob", f"words {n}", id=f"m{n:02}")
            time.sleep(0.02)
        shown = [bob.expect("private_message") for _ in range(20)]  # at once
        alice.request(type="history", **{"with": "bob"}, id="h")
        carol = server.login("carol")  # though the store does not greet her in time
        alice.say("carol", "welcome", id="m20")
        others = insist(carol, "bob", "here I am", "c")
        bob.expect("private_message", sender="carol", message="here I am")
        got = [alice.receive(20) for _ in range(2 * 21 + 1)]
    assert [m["message"] for m in shown] == [f"words {n}" for n in range(20)]
    told = [(m["ref"], m["status"]) for m in got if m["type"] == "receipt"]
    assert sorted(told) == [(f"m{n:02}", status) for n in range(21) for status in ("delivered", "stored")]
    for status in ("delivered", "stored"):
        assert [ref for ref, s in told if s == status] == [f"m{n:02}" for n in range(21)]
    (history,) = [m for m in got if m["type"] == "history"]  # it waits for the store
    assert [m["message"] for m in history["messages"]] == ["first"] + [f"words {n}" for n in range(20)]
    if not others:
        others = [carol.wait_for("private_message")]
    assert [(m["sender"], m["message"]) for m in others] == [("alice", "welcome")]
    carol.settle()
    assert alice.quiet() and bob.quiet()


@pytest.fixture
def small_disk(tmp_path):
    """The store's own, with little room; to be had before the store."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small disk")
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM},mode=0700", "none", state], check=True)
    yield state
    subprocess.run(["umount", state], check=True)


@contextlib.contextmanager
def full(state, faults):
    ballast = state / "ballast"
    with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    yield "database or disk is full"
    ballast.unlink()


@contextlib.contextmanager
def read_only(state, faults):
    """As the kernel makes a disk that has faults: nobody asks whether files are open."""
    faults.read_only()
    yield "Read-only file system"
    faults.read_only(False)


@pytest.mark.limit(60)
@pytest.mark.parametrize("trouble", [full, read_only], ids=lambda f: f.__name__)
def test_on_a_disk_that_takes_no_more_live_messages_go_on_and_the_rest_is_unavailable(small_disk, keeping, server, faults, trouble):
    store = keeping(**faults.settings)
    alice, bob, carol = server.login("alice"), server.login("bob"), server.login("carol")
    for n in range(3):
        alice.say("bob", f"before {n}", id=f"b{n}")
        bob.expect("private_message", message=f"before {n}")
        alice.wait_for("receipt", ref=f"b{n}", status="delivered")
    leave(server, carol)
    alice.settle()
    with trouble(small_disk, faults) as why:
        for n in range(20):
            alice.say("bob", f"words {n}", id=f"m{n}")
            alice.say("carol", f"words {n}", id=f"c{n}")
            time.sleep(0.05)
        assert [bob.expect("private_message")["message"] for _ in range(20)] == [f"words {n}" for n in range(20)]
        told = answers(alice, 40)
        assert {told[f"c{n}"] for n in range(20)} == {"unavailable"}
        assert {told[f"m{n}"] for n in range(20)} <= {"delivered", "unavailable"}
        alice.request(type="block", user="eve", id="q")
        alice.expect("error", code="unavailable", ref="q")
        alice.request(type="history", **{"with": "bob"}, id="q")  # to read, it is there
        assert [m["message"] for m in alice.expect("history")["messages"]] == [f"before {n}" for n in range(3)]
        dora = server.login("dora")
        insist(dora, "bob", "here I am", "d")
        bob.expect("private_message", sender="dora", message="here I am")
    assert 1 <= store.log.read_text().count("\n") <= 3  # one in ten seconds
    assert "nothing can be kept at present" in store.log.read_text() and why in store.log.read_text()
    again = [{"type": "private_message", "receiver": "bob", "message": f"words {n}", "id": f"m{n}"} for n in range(20)]
    alice.send_all(again)
    told = set()
    while len(told) < 20:  # in the order in which the store, found again, and bob come to it
        got = alice.receive(10)
        assert got["type"] == "receipt"
        told.add(got["ref"])
    alice.say("carol", "after", id="after")
    stored(alice, "after", 10)
    assert bob.quiet()  # what it was shown it is not shown twice
    carol = server.login("carol")
    assert carol.welcome["pending"] == 1
    carol.expect("private_message", message="after")
    assert store.process.poll() is None


def test_a_database_on_a_read_only_disk_is_said_and_the_status_is_75(small_disk, keeping, server):
    store = keeping()
    alice, bob = server.login("alice"), server.login("bob")
    alice.say("bob", "words", id="m")
    stored(alice, "m")
    store.stop()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    before = {path.name: path.read_bytes() for path in small_disk.iterdir()}
    assert store.launch().wait(10) == 75
    assert "can't be used, and is left as it is" in store.log.read_text() and "Read-only file system" in store.log.read_text()
    assert before == {path.name: path.read_bytes() for path in small_disk.iterdir()}
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    store.start()
    alice.request(type="history", **{"with": "bob"})


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount")
def test_a_database_that_can_only_be_read_is_said_and_the_status_is_75(store):
    store.stop()
    path = store.state / "chat.db"
    subprocess.run(["mount", "--bind", path, path], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", path], check=True)
    process = store.launch()
    try:
        assert process.wait(10) == 75
    finally:
        process.kill()
        process.wait()
        subprocess.run(["umount", path], check=True)
    assert "chat.db: Read-only file system" in store.log.read_text()
    store.start()
