"""The sandbox of real sessions, from outside: honest ones are refused nothing. What others are is in tests/captured."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import threading

import pytest

from chat import stored
from raw import Raw
from serve import SESSION, environment, wait_until

needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="no strace here")


@needs_strace
@pytest.mark.limit(60)
def test_honest_session_is_refused_nothing(serving, store, tmp_path):
    """All that it does in a life with everything in it, with each error of it. glibc asks for clone3 first, which nobody has."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        server = serving(wrapper=["strace", "-D", "-ff", "-Z", "-qq", "-o", tmp_path / "trace"], NOTIFY_SOCKET=tmp_path / "notify")
        alice, other, bob = server.login("alice"), server.login("alice"), server.login("bob")
        alice.request(type="watch", users=["bob"])
        alice.request(type="watch", users="*")
        alice.say("bob", "x" * 60000, id="large")
        stored(alice, "large")
        bob.wait_for("private_message", message="x" * 60000)
        bob.say("alice", "hello", id="small")
        stored(bob, "small")
        other.wait_for("private_message", message="hello")
        for kind, fields in [("who", {}), ("history", {"with": "bob"}), ("search", {"text": "hello"}), ("block", {"user": "eve"})]:
            alice.request(type=kind, **fields)
            alice.wait_for("users" if kind == "who" else kind)
        server.session_of(bob).kill()
        alice.wait_for("presence", user="bob", online=False)
        store.kill()
        store.start()
        alice.say("alice", "to myself", id="self")
        stored(alice, "self", 10)
        for client in other, alice:
            client.close()
        for client in bob, other, alice:  # of one that is traced the end is known a little before its status
            assert wait_until(lambda: not server.session_of(client).alive())
        assert b"READY=1" in manager.recv(4096)
    errors = [line for path in tmp_path.glob("trace.*") for line in path.read_text(errors="replace").splitlines()]
    assert [line for line in errors if "ENOENT" in line or "EAGAIN" in line]  # it sees errors
    assert [line for line in errors if re.search("EPERM|EACCES|ENOSYS", line) and not line.startswith("clone3(")] == []


def without(call, error):
    """Starts a program in a kernel that answers one system call with an error."""
    return ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error={error}"]


@needs_strace
@pytest.mark.parametrize("call, error, said", [
    ("landlock_create_ruleset", "EOPNOTSUPP", "no Landlock here"),
    ("landlock_create_ruleset", "EPERM", "no Landlock here"),
    ("seccomp", "EINVAL", "no seccomp here"),
])
def test_what_the_kernel_does_not_have_is_said_once_and_the_rest_works(serving, call, error, said):
    server = serving(wrapper=without(call, error))
    alice = server.login("alice")
    alice.say("alice", "to myself")
    alice.wait_for("private_message")
    session = server.session_of(alice)
    assert session.stderr().count(said) == 1 and "no " not in session.stderr().replace(said, "")
    alice.close()
    assert wait_until(lambda: not session.alive())


@needs_strace
@pytest.mark.parametrize("call", ["prctl", "landlock_restrict_self"])
def test_session_that_could_have_a_sandbox_and_gets_none_serves_nobody(runtime_dir, call):
    here, there = socket.socketpair()
    with here, there:
        process = subprocess.Popen([*without(call, "ENOMEM"), SESSION], stdin=there, stdout=there, stderr=subprocess.PIPE, text=True,
                                   env=environment(runtime_dir))
        there.close()
        assert "the sandbox: Cannot allocate memory" in process.communicate(timeout=10)[1]
        assert process.returncode == 75 and here.recv(1) == b""


def test_what_the_spawner_left_open_is_closed(runtime_dir):
    here, there = socket.socketpair()
    forgotten, end = os.pipe()
    with here, there:
        env = environment(runtime_dir, CHAT_OPEN_TO_ALL="yes")  # the client is on no address
        process = subprocess.Popen([SESSION], stdin=there, stdout=there, stderr=subprocess.DEVNULL, env=env, pass_fds=[forgotten, end])
        os.close(end)
        client = Raw(here, here).upgrade("/ws?user=alice")
        client.expect("welcome")
        assert os.read(forgotten, 1) == b""  # nobody has the other end
        os.close(forgotten)
        client.close()
        assert process.wait(5) == 0


@pytest.mark.limit(60)
def test_login_stands_though_empty_folders_are_removed_all_the_time(server, bus):
    """Any session may do that, and a folder can't be made again from within the sandbox."""
    over = threading.Event()

    def remove():
        while not over.is_set():
            with contextlib.suppress(OSError):
                os.rmdir(bus / "alice")

    remover = threading.Thread(target=remove)
    remover.start()
    try:
        for _ in range(30):
            server.status_after(server.login("alice"))
    finally:
        over.set()
        remover.join()
