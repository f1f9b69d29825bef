"""The spool: what a session let go out and the store has not confirmed outlives the session, however that ends."""

import os
import signal
import stat
import time

import pytest

from serve import chatctl, wait_until

HUGE = 9 << 20  # more than the store takes


def stored(client, ref, timeout=5):
    return client.wait_for("receipt", timeout, ref=ref, status="stored")


@pytest.fixture
def spool(runtime_dir):
    """Where a user's first spool is."""
    return lambda user="alice", n=0: runtime_dir / "bus" / user / f"unsaved.{n}"


@pytest.fixture
def acquainted(store, server):
    """Alice and bob, who have seen each other's last message: the next goes directly. With `proves` false the client of bob shows it,
    and does not say so."""

    def make(proves=True):
        alice, bob = server.login("alice"), server.login("bob") if proves else server.raw_login("bob")
        alice.say("bob", "before", id="m0")
        bob.expect("private_message", message="before")
        bob.request(type="ping")
        bob.expect("pong")
        alice.wait_for("receipt", ref="m0", status="delivered")
        if not proves:
            bob.answers_pings = False
        return alice, bob

    return make


def without(store):
    """The store is killed, and the sessions have seen it."""
    store.kill()
    time.sleep(0.4)


def kill(server, *clients):
    for client in clients:
        server.session_of(client).kill()


def test_what_was_shown_has_the_same_id_when_it_is_sent_again_whoever_was_killed(store, server, acquainted):
    alice, bob = acquainted(proves=False)
    without(store)
    alice.say("bob", "words", id="m1")
    shown = bob.expect("private_message", message="words")["id"]
    assert alice.quiet()
    kill(server, alice, bob)
    store.start()
    alice = server.login("alice")
    alice.say("bob", "words", id="m1")
    assert stored(alice, "m1")["id"] == shown
    bob = server.login("bob")
    assert bob.welcome["pending"] == 1
    bob.expect("private_message", id=shown, message="words")
    alice.expect("receipt", ref="m1", status="delivered", id=shown)
    assert bob.quiet() and alice.quiet()


def test_what_was_delivered_does_not_come_again_though_both_were_killed(store, server, acquainted):
    alice, bob = acquainted()
    without(store)
    alice.say("bob", "words", id="m1")
    shown = bob.expect("private_message", message="words")["id"]
    alice.expect("receipt", ref="m1", status="delivered", id=shown)
    kill(server, alice, bob)
    store.start()
    bob, alice = server.login("bob"), server.login("alice")
    assert bob.welcome["pending"] == 0
    alice.say("bob", "words", id="m1")
    assert stored(alice, "m1")["id"] == shown
    assert bob.quiet() and alice.quiet()
    alice.request(type="history", **{"with": "bob"})
    assert [m["message"] for m in alice.wait_for("history")["messages"]] == ["before", "words"]


def test_what_was_sent_by_who_is_killed_is_kept_in_order_with_nothing_sent_again(store, server, acquainted):
    alice, bob = acquainted()
    assert server.status_after(bob) == 0
    store.process.send_signal(signal.SIGSTOP)
    for n in range(20):
        alice.say("bob", f"words {n}", id=f"n{n}")
    alice.settle()
    kill(server, alice)
    store.kill()
    store.start()
    bob = server.login("bob")
    assert [bob.receive()["message"] for _ in range(20)] == [f"words {n}" for n in range(20)]
    assert bob.quiet()
    alice = server.login("alice")
    refs = [alice.wait_for("receipt", status="delivered")["ref"] for _ in range(20)]
    assert refs == [f"n{n}" for n in range(20)] and alice.quiet()


def test_the_store_that_lives_takes_it_when_the_session_is_gone(store, server, acquainted, spool):
    alice, bob = acquainted()
    store.process.send_signal(signal.SIGSTOP)
    alice.say("bob", "words", id="m1")
    shown = bob.expect("private_message", message="words")["id"]
    kill(server, alice)
    store.process.send_signal(signal.SIGCONT)
    assert wait_until(lambda: spool().stat().st_size == 0)
    alice = server.login("alice")
    alice.request(type="history", **{"with": "bob"})
    history = alice.wait_for("history")["messages"]
    assert [m["message"] for m in history] == ["before", "words"] and history[1]["id"] == shown


def test_what_the_client_read_is_told_to_the_next_store_by_a_session_that_is_gone(store, server, acquainted, spool):
    alice, bob = acquainted()
    without(store)
    alice.say("bob", "words", id="m1")
    bob.expect("private_message", message="words")
    alice.expect("receipt", ref="m1", status="delivered")
    assert server.status_after(bob) == 0
    assert spool("bob").stat().st_size > 0
    store.start()
    assert wait_until(lambda: spool("bob").stat().st_size == 0)
    assert alice.quiet(1)
    bob = server.login("bob")
    assert bob.welcome["pending"] == 0 and bob.quiet() and alice.quiet()


def test_a_spool_is_for_the_group_and_goes_with_what_it_is_needed_for(store, server, acquainted, spool, runtime_dir):
    alice, bob = acquainted()
    without(store)
    alice.say("bob", "words", id="m1")
    alice.expect("receipt", ref="m1", status="delivered")
    status = spool().stat()
    assert stat.S_IMODE(status.st_mode) == 0o660 and status.st_size > 0
    store.start()
    assert wait_until(lambda: not spool().exists(), 5)  # a second of silence
    alice.say("bob", "more", id="m2")
    alice.wait_for("receipt", ref="m2", status="delivered")
    assert server.status_after(alice) == 0
    assert not spool().parent.exists()


def test_a_spool_goes_before_the_folder_however_the_client_is_let_go(store, server, acquainted, spool, runtime_dir):
    alice, bob = acquainted()
    alice.say("bob", "words", id="m1")
    alice.wait_for("receipt", ref="m1", status="delivered")
    assert spool().exists()
    assert chatctl(runtime_dir, "kick", "alice").returncode == 0
    assert alice.closed() == 4002
    server.session_of(alice).wait()
    assert not spool().parent.exists()


def test_a_spool_that_the_store_has_taken_is_swept_away(store, server, acquainted, spool, runtime_dir):
    alice, bob = acquainted()
    without(store)
    alice.say("bob", "words", id="m1")
    bob.expect("private_message", message="words")
    kill(server, alice)
    assert chatctl(runtime_dir, "sweep").returncode == 0
    assert spool().stat().st_size > 0  # nobody has taken it
    store.start()
    assert wait_until(lambda: spool().stat().st_size == 0)
    assert chatctl(runtime_dir, "sweep").returncode == 0
    assert not spool().parent.exists()


def put_rubbish(path, size=1000):
    path.write_bytes(b"rubbish!" * (size // 8))


def put_symlink(path):
    target = path.parent.parent / "target"
    target.write_bytes(b"as it was")
    path.symlink_to(target)


IN_ITS_PLACE = {
    "rubbish": put_rubbish,
    "a file that is too large": lambda path: put_rubbish(path, HUGE),
    "a symlink": put_symlink,
    "a symlink to nothing": lambda path: path.symlink_to("nothing"),
    "a FIFO": lambda path: os.mkfifo(path),
    "a directory": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("what", IN_ITS_PLACE)
def test_what_is_in_its_place_harms_nothing(store, server, acquainted, spool, what):
    alice, bob = acquainted(proves=False)
    without(store)
    assert wait_until(lambda: not spool().exists())
    IN_ITS_PLACE[what](spool())
    before = os.lstat(spool())
    alice.say("bob", "words", id="m1")
    shown = bob.expect("private_message", message="words")["id"]
    assert spool(n=1).stat().st_size > 0
    kill(server, alice, bob)
    store.start()
    bob = server.login("bob")
    bob.expect("private_message", id=shown)
    after = os.lstat(spool())
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    assert after.st_size == (0 if what == "rubbish" else before.st_size)  # it is taken, and is nothing
    alice = server.login("alice")
    alice.say("bob", "more", id="m2")
    alice.wait_for("receipt", ref="m2", status="delivered")
    if what == "a symlink":
        assert spool().read_bytes() == b"as it was"
    assert not (spool().parent / "nothing").exists()
    for path in spool().parent.glob("unsaved.*"):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def test_with_no_name_left_messages_go_on_and_it_is_said_once(store, server, acquainted, spool):
    alice, bob = acquainted()
    without(store)
    assert wait_until(lambda: not spool().exists())
    for n in range(32):
        put_rubbish(spool(n=n))
    for n in range(1, 4):
        alice.say("bob", f"words {n}", id=f"m{n}")
        bob.expect("private_message", message=f"words {n}")
        alice.wait_for("receipt", ref=f"m{n}", status="delivered")
    assert server.session_of(alice).stderr().count("can't be spooled: File exists") == 1
    store.start()
    alice.say("bob", "words 4", id="m4")
    alice.wait_for("receipt", ref="m4", status="delivered")
    assert server.session_of(alice).stderr().count("spooled") == 1
    for path in spool().parent.glob("unsaved.*"):
        path.unlink()
