"""chatctl at the store's database, beside the store and without it."""

import contextlib
import json
import os
import select
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

import serve
from serve import wait_until

DATABASE = {"chat.db", "chat.db-wal", "chat.db-shm", "chat.db.lock"}


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


def messages_in(path):
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return db.execute("SELECT count(*) FROM message").fetchone()[0]


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


def test_nobody_is_deleted_who_is_connected(talk, server, ctl):
    bob, alice = server.login("bob"), next(c for c in server.clients if c.user == "alice")
    for _ in range(2):
        bob.expect("private_message")
    refused = ctl("user", "del", "bob")
    assert refused.returncode == 1 and "bob is connected" in refused.stderr and "chatctl kick bob" in refused.stderr
    assert len(told(ctl("history", "bob", "--json"))) == 3
    assert "chatctl kick NAME" in ctl("user", "--help").stdout
    assert ctl("kick", "bob").returncode == 0
    assert "removed bob, 3 messages" in ctl("user", "del", "bob").stdout  # at once
    assert bob.closed() == 4002
    alice.say("bob", "are you there?", id="gone")
    alice.wait_for("error", code="no_such_user", ref="gone")
    assert [row["user"] for row in told(ctl("user", "list", "--json"))] == ["alice"]


def test_backup(there, store, ctl, tmp_path):
    to = tmp_path / "copy.db"
    assert ctl("backup", to).returncode == 0
    assert to.stat().st_mode & 0o777 == 0o600
    assert messages_in(to) == 3
    before = to.read_bytes()
    again = ctl("backup", to)
    assert again.returncode == 1 and "already" in again.stderr and to.read_bytes() == before
    assert {path.name for path in store.state.iterdir()} <= DATABASE and not list(tmp_path.glob("*.partial"))
    assert ctl("backup", tmp_path / "no" / "such").returncode == 1


@pytest.mark.parametrize("name", ["copy.db", "./copy.db", "../other/copy.db", "link/copy.db", "file:copy.db?mode=memory"])
def test_a_backup_goes_where_its_name_says(talk, store, runtime_dir, tmp_path, name):
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    env = serve.environment(runtime_dir, CHAT_STATE_DIR=store.state)
    subprocess.run([serve.CHATCTL, "backup", name], cwd=folder, env=env, check=True, timeout=10)
    assert messages_in(folder / name) == 3 and not list(tmp_path.rglob("*.partial"))


@pytest.fixture
def cut_short(store, runtime_dir, tmp_path, faults):
    """A backup that is killed, in part or all of it, when it has written, and before that is on disk."""

    def run(kill):
        partial = tmp_path / "copy.db.partial"
        faults.slow(3)
        env = serve.environment(runtime_dir, CHAT_STATE_DIR=store.state, **faults.settings)
        backup = subprocess.Popen([serve.CHATCTL, "backup", tmp_path / "copy.db"], env=env, start_new_session=True)
        assert wait_until(lambda: partial.exists() and partial.stat().st_size)
        kill(backup)
        faults.slow(0)
        return backup.wait(10)

    return run


def child_of(process):
    return int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text())


def test_a_backup_that_is_killed_leaves_nothing_under_its_name_and_the_next_is_whole(talk, store, ctl, tmp_path, cut_short):
    to, partial = tmp_path / "copy.db", tmp_path / "copy.db.partial"
    assert cut_short(lambda backup: os.killpg(backup.pid, signal.SIGKILL)) == -signal.SIGKILL
    assert not to.exists() and partial.exists()
    assert {path.name for path in store.state.iterdir()} <= DATABASE
    assert ctl("backup", to).returncode == 0
    assert messages_in(to) == 3 and not partial.exists()


def test_a_backup_whose_writer_is_killed_says_that_it_failed(talk, store, tmp_path, cut_short):
    assert cut_short(lambda backup: os.kill(child_of(backup), signal.SIGKILL)) == 71
    assert not list(tmp_path.glob("copy.db*"))
    assert {path.name for path in store.state.iterdir()} <= DATABASE


def test_a_backup_that_is_still_being_written_is_let_be(talk, store, ctl, tmp_path, cut_short):
    """The one that was to give it its name is dead, and what writes it is not."""
    to, partial = tmp_path / "copy.db", tmp_path / "copy.db.partial"
    writers = []

    def kill(backup):
        writers.append(os.pidfd_open(child_of(backup)))
        backup.kill()
        backup.wait()
        result = ctl("backup", to)
        assert result.returncode == 1 and "being written" in result.stderr
        assert partial.exists() and not to.exists()

    cut_short(kill)
    assert select.select(writers, [], [], 10)[0]
    assert ctl("backup", to).returncode == 0
    assert messages_in(to) == 3 and not partial.exists()


@pytest.mark.parametrize("what", ["a link", "another user's"])
def test_a_partial_file_that_is_not_ours_is_let_be(talk, ctl, tmp_path, what):
    to, partial, other = tmp_path / "copy.db", tmp_path / "copy.db.partial", tmp_path / "other"
    other.write_text("precious")
    if what == "a link":
        partial.symlink_to(other)
    elif os.geteuid() == 0:
        partial.write_text("precious")
        os.chown(partial, 65534, 65534)
    else:
        pytest.skip("needs root")
    result = ctl("backup", to)
    assert result.returncode == 1 and "another's" in result.stderr
    assert not to.exists() and partial.read_text() == other.read_text() == "precious"


@pytest.mark.limit(60)
def test_a_backup_ends_though_the_database_is_written_all_the_time(store, ctl, tmp_path):
    """It is one step: of several, each would begin anew after what was written since the one before."""
    store.stop()
    subprocess.run([serve.ROOT / "build/store/many", store.state / "chat.db", "20000"], check=True, timeout=30)
    store.start()
    over = threading.Event()

    def write():
        with contextlib.closing(sqlite3.connect(store.state / "chat.db", isolation_level=None, timeout=10)) as db:
            while not over.is_set():
                db.execute("INSERT OR REPLACE INTO user VALUES ('carla', ?)", (time.monotonic_ns(),))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert ctl("backup", tmp_path / "copy.db", timeout=20).returncode == 0
    finally:
        over.set()
        writer.join()
    assert messages_in(tmp_path / "copy.db") == 20000


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small disk")
def test_a_backup_on_a_full_disk_is_74_and_leaves_nothing(talk, store, ctl, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", small], check=True)
    try:
        result = ctl("backup", small / "copy.db")
        assert result.returncode == 74 and "full" in result.stderr
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)


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
    ("user",), ("user", "add"), ("user", "add", "../x"), ("user", "what", "bob"), ("backup",), ("backup", "a", "b"), ("backup", "/tmp/"),
    ("stats", "x"),
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
            assert ctl("user", "del", "carla", CHAT_STATE_DIR=state).returncode == 0  # having looked at the bus, which is root's
        mine = Path(folder) / "mine"
        mine.mkdir(mode=0o700)
        to = mine / "copy.db"
        result = ctl("backup", to, CHAT_STATE_DIR=state)
        assert result.returncode == 0, result.stderr
        assert to.stat().st_uid == 0 and {path.stat().st_uid for path in state.iterdir()} == {65534}


@pytest.fixture
def stranger(talk, store):
    """Runs chatctl as another user, on a bus and a state that are root's: whether she may enter them or not."""
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        state, bus, out = Path(folder) / "state", Path(folder) / "run" / "bus", Path(folder) / "out"
        for path in (state, bus, out):
            path.mkdir(parents=True)
        os.chmod(out, 0o777)
        shutil.copy(serve.CHATCTL, folder)
        assert store.stop() == 0
        shutil.copy(store.state / "chat.db", state)

        def run(mode, *arguments):
            os.chmod(state, mode)
            os.chmod(bus.parent, mode)
            before = (state / "chat.db").read_bytes()
            result = subprocess.run(
                ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"{folder}/chatctl", *arguments], cwd=out,
                env=serve.environment(bus.parent, CHAT_STATE_DIR=state), capture_output=True, text=True, timeout=10,
            )
            assert (state / "chat.db").read_bytes() == before and [path.name for path in state.iterdir()] == ["chat.db"]
            assert list(out.iterdir()) == list(bus.iterdir()) == []
            return result

        yield run


AT_THE_BUS = [("who",), ("send", "bob", "hello"), ("kick", "bob"), ("sweep",)]
MODES = {"may look": (0o755, "another user's: try it as root"), "may not": (0o700, "Permission denied")}


@pytest.mark.parametrize("mode, why", MODES.values(), ids=MODES)
@pytest.mark.parametrize("arguments", COMMANDS + [("backup", "copy.db")] + AT_THE_BUS, ids=str)
def test_another_user_is_refused_with_77(stranger, arguments, mode, why):
    result = stranger(mode, *arguments)
    assert result.returncode == 77 and why in result.stderr and result.stdout == ""
