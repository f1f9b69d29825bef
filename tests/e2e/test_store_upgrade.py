"""A database of version 1, made by that version's own statements, is brought up to date: nothing of it is lost, nobody waits."""

import contextlib
import select
import signal
import socket
import sqlite3
import subprocess

import pytest

from chat import stored
from serve import ROOT, chatctl, wait_until

COUNT = 400
WAITING = [f"words {n}, since version 1" for n in range(COUNT // 2 + 1, COUNT + 1)]


@pytest.fixture
def database(tmp_path):
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    subprocess.run([ROOT / "build/store/old", state / "chat.db", str(COUNT)], check=True, timeout=30)
    return state / "chat.db"


def version(database):
    with contextlib.closing(sqlite3.connect(database)) as db:
        return db.execute("PRAGMA user_version").fetchone()[0]


def found(client, text, **fields):
    client.request(type="search", text=text, **fields)
    return [m["message"] for m in client.wait_for("search")["messages"]]


def test_all_is_there_and_found(database, keeping, server, runtime_dir):
    store = keeping(CHAT_RETENTION="0")
    assert "is that of an earlier version, and is brought up to date first" in store.log.read_text()
    assert version(database) == 2
    alice, bob = server.login("alice"), server.login("bob")
    assert bob.welcome["pending"] == len(WAITING)
    assert [bob.expect("private_message")["message"] for _ in WAITING] == WAITING
    bob.settle()
    alice.request(type="history", **{"with": "bob"}, limit=100)
    page = alice.wait_for("history")
    assert [m["message"] for m in page["messages"]] == WAITING[-100:] and page["more"]
    assert found(alice, "7 vers", limit=1) == ["words 7, since version 1"]
    assert found(bob, f"{COUNT} since", **{"with": "alice"}) == [WAITING[-1]]
    alice.say("bob", "words 1, since version 1", id="r1")
    stored(alice, "r1")
    alice.say("bob", "words of a later version", id="new")
    assert stored(alice, "new")
    bob.expect("private_message", message="words of a later version")
    assert found(bob, "later") == ["words of a later version"]
    stats = chatctl(runtime_dir, "stats", CHAT_STATE_DIR=store.state).stdout
    assert f"messages  {COUNT + 1}\n" in stats
    with contextlib.closing(sqlite3.connect(database)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_was_deleted_is_not_found(database, keeping, server, runtime_dir):
    store = keeping(CHAT_RETENTION="0")
    alice = server.login("alice")
    assert f"{COUNT} messages" in chatctl(runtime_dir, "user", "del", "bob", CHAT_STATE_DIR=store.state).stdout
    assert found(alice, "words") == []
    with contextlib.closing(sqlite3.connect(database)) as db:
        assert db.execute("SELECT count(*) FROM search WHERE search MATCH 'words'").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM conversation").fetchone() == (0,)


def test_an_operator_s_tool_leaves_it_to_the_store(database, runtime_dir):
    result = chatctl(runtime_dir, "stats", CHAT_STATE_DIR=database.parent)
    assert result.returncode == 78 and "version 1" in result.stderr
    assert version(database) == 1


@pytest.fixture
def upgrading(database, keeping, faults, tmp_path):
    """A store that is at it, on a slow disk, and has told its service manager that it runs."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        store = keeping(start=False, NOTIFY_SOCKET=tmp_path / "notify", CHAT_RETENTION="0", **faults.settings)
        faults.slow(2)
        store.process = store.launch()
        assert select.select([manager], [], [], 10)[0] and b"READY=1" in manager.recv(4096)
        yield store
        faults.slow(0)


@pytest.mark.limit(60)
def test_sessions_do_not_wait_for_it(upgrading, database, server, faults):
    alice, bob = server.login("alice"), server.login("bob")
    alice.request(type="history", **{"with": "bob"}, id="h")
    alice.expect("error", code="unavailable", ref="h")
    alice.say("bob", "too early", id="early")  # it might overtake what waits: so it waits, too
    assert alice.quiet(0.5) and bob.quiet()
    assert not [p for p in (upgrading.runtime_dir / "bus" / ".store").iterdir() if p.name.isdigit()]  # it is still at it
    faults.slow(0)
    assert [bob.receive(20)["message"] for _ in WAITING] == WAITING
    assert version(database) == 2
    while (got := alice.receive(20)).get("ref") != "early":
        pass  # receipts of what has waited
    assert got["type"] == "receipt" or got["code"] == "unavailable"


@pytest.mark.limit(60)
def test_killed_in_the_midst_of_it_the_next_begins_anew(upgrading, database, server, faults):
    log = database.with_name("chat.db-wal")
    written = lambda: log.stat().st_size if log.exists() else 0
    assert wait_until(lambda: written() == 0, 30, 0.001)  # of what the earlier version left nothing is in it,
    assert wait_until(lambda: written() > 0, 30, 0.001)  # but what is being made sure of just now
    upgrading.kill(signal.SIGKILL)
    assert version(database) in (1, 2)
    faults.slow(0)
    upgrading.start()
    bob = server.login("bob")
    assert [bob.expect("private_message")["message"] for _ in WAITING] == WAITING
