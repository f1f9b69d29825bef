"""chat-auth by itself: whether a password is good, how long that takes, and how often one may guess."""

import base64
import concurrent.futures
import json
import os
import pty
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

import pytest

from asking import AUTH, Office
from serve import CHATCTL, environment

FAILED = {"error": "login_failed", "wait": 0}
PASSWORD = "correct horse"


@pytest.fixture
def office(runtime_dir, tmp_path):
    office = Office(runtime_dir, tmp_path)
    office.add("alice", PASSWORD)
    return office


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_a_good_password_gets_a_token_for_twelve_hours(office):
    answer = office.ask("alice", PASSWORD)
    assert answer.keys() == {"token"}
    said = claims(answer["token"])
    assert said["sub"] == "alice" and said["exp"] - said["iat"] == 12 * 3600
    assert abs(said["iat"] - time.time()) < 60


def test_settings_say_how_long_and_for_whom(office):
    said = claims(office.ask("alice", PASSWORD, CHAT_TOKEN_TTL="30m", CHAT_AUDIENCE="us")["token"])
    assert said["aud"] == "us" and said["exp"] - said["iat"] == 1800


@pytest.mark.parametrize("ttl", ["", "0", "x", "-1h", "12x", "99999d"])
def test_a_time_that_is_none_is_a_configuration_error(office, ttl):
    assert office.ask("alice", PASSWORD, CHAT_TOKEN_TTL=ttl) is None
    assert office.status == 78
    assert "CHAT_TOKEN_TTL" in office.log.read_text()


def test_the_last_key_by_name_signs(office):
    office.chatctl("keygen", "k2")
    head = office.ask("alice", PASSWORD)["token"].split(".")[0]
    assert json.loads(base64.urlsafe_b64decode(head + "==="))["kid"] == "k2"


@pytest.mark.parametrize("user, password", [("alice", "correct horsf"), ("alice", PASSWORD + " "), ("alice", "x"),
                                            ("Alice", PASSWORD), ("bob", PASSWORD), ("bob", "x")])
def test_any_other_is_refused_in_the_same_words(office, user, password):
    assert office.ask(user, password) == FAILED


def test_what_is_logged_has_no_password_and_no_name_that_may_be_one(office):
    office.ask("alice", "hunter2hunter2")
    office.ask("hunter3hunter3", "x")
    log = office.log.read_text()
    assert "login failed for alice from 192.0.2.1" in log
    assert "login failed for a name that is not known from 192.0.2.1" in log
    assert "hunter" not in log


@pytest.mark.parametrize("request_bytes", [
    b"", b"\n", b"{}", b"{}\n", b"[]\n", b'{"user":"alice"}\n', b'{"user":"../etc","password":"x"}\n', b"\xff\n",
    b'{"user":"alice","password":"a\\u0000"}\n', b'{"user":"alice","password":"x"}', b'{"user":"alice","password":"x"}\n{}\n' * 2,
    b"x" * 4096, b"x" * 100000, b'{"user":"alice","password":"' + b"x" * 1025 + b'"}\n',
], ids=lambda b: str(b[:32]))
def test_what_is_no_request_gets_no_answer(office, request_bytes):
    try:
        assert office.ask_bytes(request_bytes) is None
    except BrokenPipeError:
        pass
    assert PASSWORD not in office.log.read_text()


def test_a_request_that_does_not_end_is_given_up_after_five_seconds(office):
    process = office.start()
    process.stdin.write(b'{"user":"alice"')
    process.stdin.flush()
    start = time.monotonic()
    assert process.stdout.read() == b""
    assert 3 < time.monotonic() - start < 9
    assert process.wait(5) == 0
    process.stdin.close()


@pytest.mark.parametrize("missing", ["key", "passwords", "ledger"])
def test_what_is_lacking_is_said_in_the_log_and_to_the_client_no_more_than_unavailable(office, missing):
    if missing == "key":
        (office.config / "keys" / "k1.key").unlink()
    elif missing == "passwords":
        (office.config / "passwords").unlink()
        (office.config / "passwords").mkdir()
    else:
        (office.runtime_dir / "auth").mkdir()
        (office.runtime_dir / "auth").chmod(0o777)
    assert office.ask("alice", PASSWORD) == {"error": "unavailable", "wait": 0}
    assert {"key": "no key", "passwords": "can't be read", "ledger": "others may write"}[missing] in office.log.read_text()


def test_without_a_file_of_passwords_nobody_is_let_in(office):
    (office.config / "passwords").unlink()
    assert office.ask("alice", PASSWORD) == FAILED


# Who may ask.

def ask_as(path, uid, request):
    """Another user asks; what comes back."""
    return subprocess.run(["socat", "-t5", "-", f"UNIX-CONNECT:{path}"], input=request, user=uid, group=uid, extra_groups=[], capture_output=True,
                          text=True, timeout=15).stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
def test_only_the_sessions_user_and_root_are_answered(office, tmp_path):
    request = json.dumps({"user": "alice", "password": PASSWORD, "address": ""}) + "\n"
    office.runtime_dir.chmod(0o755)
    os.chown(office.runtime_dir, 4321, 4321)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("/tmp/chat-auth-test-%d" % os.getpid())
    os.chmod(listener.getsockname(), 0o777)
    listener.listen()
    answers = {}
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            for uid in 0, 4321, 4322:
                answer = pool.submit(ask_as, listener.getsockname(), uid, request)
                connection, _ = listener.accept()
                with connection, open(office.log, "ab") as log:
                    env = environment(office.runtime_dir, **office.settings)
                    assert subprocess.run([AUTH], stdin=connection, stdout=connection, stderr=log, env=env, timeout=15).returncode == 0
                    connection.shutdown(socket.SHUT_RDWR)
                answers[uid] = answer.result()
    finally:
        os.unlink(listener.getsockname())
        listener.close()
    assert "token" in answers[0] and "token" in answers[4321] and answers[4322] == ""
    assert "user 4322" in office.log.read_text()


# The same time.

def instructions(office, user, password):
    """How many it takes to answer."""
    said = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", AUTH], capture_output=True, text=True,
                          input=json.dumps({"user": user, "password": password, "address": ""}) + "\n", timeout=60,
                          env=environment(office.runtime_dir, **office.settings))
    assert json.loads(said.stdout) == FAILED, said
    return int(re.search(r"Collected : (\d+)", said.stderr)[1])


@pytest.mark.limit(180)
@pytest.mark.skipif(not shutil.which("valgrind"), reason="no valgrind")
def test_it_takes_as_much_work_to_refuse_a_user_who_is_there_as_one_who_is_not(office):
    with open(office.config / "passwords", "a") as file:
        file.writelines(f"user{n}:!\n" for n in range(1000))  # who are locked out
    counts = {user: instructions(office, user, "x" * 20) for user in ("alice", "nobod", "user7", "user999")}
    print(counts)
    assert counts["alice"] > 10_000_000
    for count in counts.values():
        assert abs(counts["alice"] - count) < counts["alice"] / 1000


def test_how_long_it_takes_is_printed(office):
    times = {"alice": [], "nobody": []}
    for _ in range(20):
        for user, row in times.items():
            office.forget() if (office.runtime_dir / "auth").exists() else None
            start = time.monotonic()
            assert office.ask(user, "x" * 20) == FAILED
            row.append(time.monotonic() - start)
    there, away = (statistics.median(row) * 1000 for row in times.values())
    print(f"refused: {there:.1f} ms who is there, {away:.1f} ms who is not: {there / away:.3f}")


# Guessing.

def fail(office, times, users=("alice",), address="192.0.2.1"):
    """So many failures, each as soon as it may be; the last but this test's own time ago."""
    for n in range(times):
        if n:
            office.later(120)
        assert office.ask(users[n % len(users)], "wrong", address) == FAILED


def must_wait(answer, seconds):
    """That is the delay, of which a little may be over."""
    assert answer["error"] == "slow_down" and seconds - 8 <= answer["wait"] <= seconds


def test_five_failures_are_free(office):
    for _ in range(2):
        for n in range(5):
            assert office.ask("alice", "wrong") == FAILED
        assert "token" in office.ask("alice", PASSWORD)  # then she starts anew


def test_after_that_the_user_has_to_wait_even_with_the_password(office):
    fail(office, 10)
    must_wait(office.ask("alice", PASSWORD, "192.0.2.99"), 16)
    assert office.ask("carol", PASSWORD, "192.0.2.99") == FAILED  # nobody else has to
    office.later(16)
    assert "token" in office.ask("alice", PASSWORD)
    assert office.ask("alice", "wrong") == FAILED  # she starts anew
    assert "token" in office.ask("alice", PASSWORD)


def test_who_is_not_there_has_to_wait_just_so(office):
    fail(office, 10, ["nobody"])
    must_wait(office.ask("nobody", "wrong"), 16)


def test_what_is_refused_for_now_is_not_looked_at_and_does_not_count(office):
    fail(office, 10)
    for _ in range(5):
        assert office.ask("alice", "wrong")["error"] == "slow_down"
    office.later(16)
    assert office.ask("alice", "wrong") == FAILED
    must_wait(office.ask("alice", "wrong"), 32)


def test_an_address_has_twenty_failures_with_whatever_names(office):
    users = [f"user{n}" for n in range(25)]
    fail(office, 20, users)
    assert "token" in office.ask("alice", PASSWORD)
    fail(office, 1, ["user20"])
    office.later(120)
    fail(office, 4, users[21:])
    must_wait(office.ask("alice", PASSWORD), 16)
    assert "token" in office.ask("alice", PASSWORD, "192.0.2.2")
    assert "token" in office.ask("alice", PASSWORD, "")


@pytest.mark.limit(60)
def test_guessing_many_at_a_time_is_no_way_around_it(office):
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda n: office.start().communicate(json.dumps(
            {"user": "alice", "password": f"wrong{n}", "address": f"192.0.2.{n}"}).encode() + b"\n", 30)[0], range(32)))
    errors = [json.loads(answer)["error"] for answer in answers]
    assert 6 <= errors.count("login_failed") <= 9  # over six if all this took seconds
    assert errors.count("slow_down") == 32 - errors.count("login_failed")


def test_four_at_a_time_look_at_passwords_and_the_others_wait(office):
    """Four places, of which this process holds all, and then one is free."""
    import fcntl

    office.ask("alice", PASSWORD)
    places = [open(office.runtime_dir / "auth" / f"place.{n}", "w") for n in range(4)]
    for place in places:
        fcntl.flock(place, fcntl.LOCK_EX)
    waiting = [office.start() for _ in range(8)]
    for process in waiting:
        process.stdin.write(json.dumps({"user": "alice", "password": PASSWORD, "address": ""}).encode() + b"\n")
        process.stdin.flush()
    time.sleep(0.5)
    assert all(process.poll() is None for process in waiting)
    for place in places:
        place.close()
    assert all("token" in json.loads(process.communicate(timeout=10)[0]) for process in waiting)


def test_the_failures_are_in_a_file_of_one_size_that_only_its_owner_reads(office):
    for n in range(8):
        office.ask(f"user.with.a.name.{n}", "wrong")
    folder = office.runtime_dir / "auth"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    said = (folder / "failures").read_bytes()
    assert len(said) == 16 + 2 * 4096 * 32
    assert b"user" not in said


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 1000, b"\xff" * (16 + 2 * 4096 * 32), b"\0" * 500000])
def test_a_broken_file_of_failures_keeps_nobody_out(office, content):
    (office.runtime_dir / "auth").mkdir(mode=0o700)
    (office.runtime_dir / "auth" / "failures").write_bytes(content)
    assert "token" in office.ask("alice", PASSWORD)


# chatctl.

def test_without_a_database_passwords_come_and_go(office):
    assert office.chatctl("user", "add", "alice", "--password", text="another one", ok=1).stderr.count("has a password already") == 1
    assert "token" in office.ask("alice", PASSWORD)
    office.chatctl("user", "passwd", "alice", text="another one\n")
    assert office.ask("alice", PASSWORD) == FAILED
    assert "token" in office.ask("alice", "another one")
    assert "no password yet" in office.chatctl("user", "passwd", "bob", text="another one", ok=1).stderr
    assert "removed the password" in office.chatctl("user", "del", "alice").stdout
    assert office.ask("alice", "another one") == FAILED
    office.chatctl("user", "del", "alice", ok=1)


def test_with_a_database_a_user_is_added_to_both_and_taken_out_of_both(office, keeping, tmp_path):
    store = keeping()
    office.settings["CHAT_STATE_DIR"] = store.state
    office.add("bob", PASSWORD)
    users = [row["user"] for row in json.loads(office.chatctl("user", "list", "--json").stdout)]
    assert users == ["bob"]
    office.chatctl("user", "add", "carol")
    office.add("carol", PASSWORD)  # known before, and now with a password
    said = office.chatctl("user", "del", "bob").stdout
    assert "removed the password of bob" in said and "removed bob, 0 messages" in said
    assert [row["user"] for row in json.loads(office.chatctl("user", "list", "--json").stdout)] == ["carol"]
    assert office.ask("bob", PASSWORD) == FAILED
    office.chatctl("user", "del", "alice")  # a password alone
    assert "is not known" in office.chatctl("user", "del", "bob", ok=1).stderr
    office.chatctl("user", "del", "carol")


@pytest.mark.parametrize("password", ["", "short", "seven77", "a" * 1025, "tab\tin it", "two\nlines", "nul\0in it"])
def test_a_password_that_may_not_be_is_refused_and_nothing_is_written(office, password):
    before = (office.config / "passwords").read_bytes()
    assert "password: " in office.chatctl("user", "passwd", "alice", text=password, ok=65).stderr
    assert (office.config / "passwords").read_bytes() == before


def test_a_password_that_is_not_utf_8_is_refused(office):
    done = subprocess.run([CHATCTL, "user", "passwd", "alice"], input=b"\xff" * 10, capture_output=True, timeout=10,
                          env=environment(office.runtime_dir, **office.settings))
    assert done.returncode == 65 and b"not UTF-8" in done.stderr


@pytest.mark.parametrize("password", ["eight888", "a" * 1024, "pässwörter", "\"quoted\" \\ {}", "   spaces   "])
def test_any_other_is_good(office, password):
    office.chatctl("user", "passwd", "alice", text=password)
    assert "token" in office.ask("alice", password)


@pytest.mark.limit(60)
def test_two_writers_at_a_time_lose_nothing(office):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: office.add(f"user{n}", PASSWORD), range(40)))
    names = [line.split(":")[0] for line in (office.config / "passwords").read_text().splitlines()]
    assert sorted(names) == sorted(["alice", *(f"user{n}" for n in range(40))])


def on_terminal(office, *typed):
    """chatctl user passwd alice at a terminal: exit status, and all that was shown."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(CHATCTL, ["chatctl", "user", "passwd", "alice"], {**environment(office.runtime_dir, **office.settings)})
    shown = b""
    for line in typed:
        seen = len(shown)
        while b": " not in shown[seen:]:
            shown += os.read(fd, 1000)
        os.write(fd, line.encode() + b"\n")
    try:
        while more := os.read(fd, 1000):
            shown += more
    except OSError:
        pass
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_at_a_terminal_it_is_asked_for_twice_and_not_shown(office):
    status, shown = on_terminal(office, "typed by hand", "typed by hand")
    assert status == 0 and "typed" not in shown and "again" in shown
    assert "token" in office.ask("alice", "typed by hand")
    status, shown = on_terminal(office, "typed by hand 2", "typed by hand 3")
    assert status == 65 and "not the same" in shown and "typed" not in shown
    assert "token" in office.ask("alice", "typed by hand")


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
def test_another_user_can_read_neither_the_passwords_nor_the_key(office, tmp_path):
    with tempfile.TemporaryDirectory() as open_to_all:
        os.chmod(open_to_all, 0o755)
        shutil.copytree(office.config, f"{open_to_all}/etc")  # with its modes
        for name, readable in (("passwords", False), ("keys/k1.key", False), ("keys/k1.pub", True)):
            done = subprocess.run(["cat", f"{open_to_all}/etc/{name}"], user=4321, group=4321, extra_groups=[], capture_output=True, text=True)
            assert (done.returncode == 0) == readable, done
            assert readable or "Permission denied" in done.stderr
