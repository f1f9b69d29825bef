"""chatctl at the store's database, beside the store and without it."""

import json
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest

import serve


@pytest.fixture
def ctl(store, runtime_dir):
    def run(*arguments, **settings):
        return serve.chatctl(runtime_dir, *arguments, **{"CHAT_STATE_DIR": store.state, **settings})

    return run


@pytest.fixture
def talk(store, server):
    alice, bob = server.login("alice"), server.login("bob")
    alice.say("bob", "read words", id="m0")
    bob.expect("private_message")
    alice.wait_for("receipt", ref="m0", status="delivered")
    assert server.status_after(bob) == 0
    for n in (1, 2):
        alice.say("bob", f"secret {n}", id=f"m{n}")
        alice.wait_for("receipt", ref=f"m{n}", status="stored")
    return server


def told(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(params=["beside", "without"])
def there(request, talk, store):
    if request.param == "without":
        assert store.stop() == 0


def test_history(there, ctl):
    rows = told(ctl("history", "alice", "--json"))
    assert [row["message"] for row in rows] == ["read words", "secret 1", "secret 2"]
    assert ["delivered" in row for row in rows] == [True, False, False]
    assert [row["message"] for row in told(ctl("history", "bob", "--with", "alice", "--limit", "1", "--json"))] == ["secret 2"]
    assert told(ctl("history", "bob", "--with", "carla", "--json")) == []
    lines = ctl("history", "alice").stdout.splitlines()
    assert len(lines) == 3 and "alice > bob  delivered  read words" in lines[0] and "waits" in lines[2]


def test_a_text_of_lines_is_one_line(talk, server, ctl):
    eve = server.login("eve")
    eve.say("alice", "a\nb\u009bc", id="x")
    eve.wait_for("receipt", ref="x", status="stored")
    assert ctl("history", "eve").stdout.endswith("a b c\n")


def test_pending(there, ctl):
    (row,) = told(ctl("pending", "--json"))
    assert (row["user"], row["messages"]) == ("bob", 2) and row["bytes"] > 0
    assert len(ctl("pending").stdout.splitlines()) == 2


def test_stats(there, ctl):
    stats = told(ctl("stats", "--json"))
    assert (stats["users"], stats["messages"], stats["pending"]) == (2, 3, 2)
    assert stats["bytes"] > 0 and stats["oldest"] <= stats["newest"]
    assert "messages  3" in ctl("stats").stdout


def test_users_are_listed_and_added(there, ctl):
    assert ctl("user", "add", "carla").returncode == 0
    assert [row["user"] for row in told(ctl("user", "list", "--json"))] == ["alice", "bob", "carla"]
    again = ctl("user", "add", "carla")
    assert again.returncode == 1 and "known already" in again.stderr


def test_a_deleted_user_leaves_nothing(there, store, ctl):
    assert "3 messages" in ctl("user", "del", "bob").stdout
    assert told(ctl("history", "alice", "--json")) == told(ctl("pending", "--json")) == []
    assert [row["user"] for row in told(ctl("user", "list", "--json"))] == ["alice"]
    assert ctl("user", "del", "bob").returncode == 1
    with sqlite3.connect(store.state / "chat.db") as db:
        assert db.execute("SELECT count(*) FROM search WHERE search MATCH 'secret'").fetchone() == (0,)
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search%'").fetchall():
            assert not [row for row in db.execute(f"SELECT * FROM {table}") if "bob" in map(str, row) or "alice bob" in row], table


def test_the_store_finds_no_deleted_text(talk, server, ctl):
    assert ctl("user", "del", "bob").returncode == 0
    alice = server.login("alice")
    alice.send(json.dumps({"type": "search", "text": "secret", "id": "s"}))
    assert alice.wait_for("search", ref="s")["messages"] == []


def test_backup(there, store, ctl, tmp_path):
    to = tmp_path / "copy.db"
    assert ctl("backup", to).returncode == 0
    assert to.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(to) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM message").fetchone() == (3,)
    before = to.read_bytes()
    again = ctl("backup", to)
    assert again.returncode == 1 and "already" in again.stderr and to.read_bytes() == before
    assert not list(store.state.glob("*backup*"))
    assert ctl("backup", tmp_path / "no" / "such").returncode == 1


COMMANDS = [("history", "bob"), ("pending",), ("user", "list"), ("user", "add", "x"), ("user", "del", "x"), ("stats",)]


@pytest.mark.parametrize("arguments", COMMANDS + [("backup", "FILE")], ids=str)
def test_without_a_database_it_says_so_and_makes_none(chatctl, tmp_path, arguments):
    arguments = [str(tmp_path / "copy") if word == "FILE" else word for word in arguments]
    result = chatctl(*arguments, CHAT_STATE_DIR=tmp_path)
    assert result.returncode == 1 and "chat.db" in result.stderr and result.stdout == ""
    assert not (tmp_path / "chat.db").exists() and not (tmp_path / "copy").exists()


@pytest.mark.parametrize("arguments", COMMANDS, ids=str)
def test_what_is_no_database_is_left_as_it_is(chatctl, tmp_path, arguments):
    (tmp_path / "chat.db").write_bytes(b"no database" * 1000)
    assert chatctl(*arguments, CHAT_STATE_DIR=tmp_path).returncode == 75
    assert (tmp_path / "chat.db").read_bytes() == b"no database" * 1000


def test_a_later_schema_is_78(store, ctl):
    store.stop()
    with sqlite3.connect(store.state / "chat.db") as db:
        db.execute("PRAGMA user_version = 99")
    assert ctl("stats").returncode == 78


@pytest.mark.parametrize("arguments", [
    ("history",), ("history", "../x"), ("history", "bob", "--with"), ("history", "bob", "--limit", "0"), ("pending", "x"),
    ("user",), ("user", "add"), ("user", "add", "../x"), ("user", "what", "bob"), ("backup",), ("backup", "a", "b"), ("stats", "x"),
], ids=str)
def test_misuse_is_64(chatctl, arguments):
    result = chatctl(*arguments)
    assert result.returncode == 64 and result.stderr and not result.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_becomes_the_owner_and_makes_no_file_of_its_own(talk, store, ctl):
    store.stop()
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o711)
        state = Path(folder) / "state"
        state.mkdir(mode=0o700)
        shutil.copy(store.state / "chat.db", state)
        for path in (state, state / "chat.db"):
            os.chown(path, 65534, 65534)
        with sqlite3.connect(state / "chat.db") as held:  # so that -wal and -shm stay
            held.execute("SELECT count(*) FROM message").fetchone()
            for suffix in ("-wal", "-shm"):
                os.chown(f"{state}/chat.db{suffix}", 65534, 65534)
            assert ctl("user", "add", "carla", CHAT_STATE_DIR=state).returncode == 0
            assert {path.stat().st_uid for path in state.iterdir()} == {65534}
        to = Path(folder) / "copy.db"
        result = ctl("backup", to, CHAT_STATE_DIR=state)
        assert result.returncode == 0, result.stderr
        assert to.stat().st_uid == 0 and {path.stat().st_uid for path in state.iterdir()} == {65534}
