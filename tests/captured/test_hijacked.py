"""Real sessions, taken over: that the program enters the sandbox which test_captured.py knows, and when."""
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import hijack
from test_captured import NOBODY, TOP, landlock

SESSION = TOP / "build" / "chat-session"
UPGRADE = ("GET /ws?user={} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")

pytestmark = [
    pytest.mark.skipif(not hijack.possible, reason="needs root, and x86-64"),
    pytest.mark.skipif(landlock() < 1, reason="no Landlock in this kernel"),
]


AS_NOBODY = {"user": NOBODY, "group": NOBODY, "extra_groups": []}


@pytest.fixture
def start():
    """Starts a session for a user, or one that nobody has said a word to; of a user who is not root."""
    with contextlib.ExitStack() as ends:
        base = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="chat-hijacked.")))
        base.chmod(0o755)
        runtime = base / "run"
        runtime.mkdir(mode=0o700)
        os.chown(runtime, NOBODY, NOBODY)
        program = shutil.copy(SESSION, base)
        env = {"CHAT_RUNTIME_DIR": str(runtime), "CHAT_OPEN_TO_ALL": "yes"}  # the client is on no address

        def start(user=None):
            here, there = socket.socketpair()
            process = subprocess.Popen([program], stdin=there, stdout=there, stderr=subprocess.DEVNULL, env=env, **AS_NOBODY)
            ends.callback(process.wait, 10)
            ends.callback(here.close)
            there.close()
            here.settimeout(10)
            if user:
                here.sendall(UPGRADE.format(user).encode())
                heard = b""
                while b'"welcome"' not in heard:
                    got = here.recv(4096)
                    assert got, heard
                    heard += got
            hijack.settle(process.pid)
            return process.pid

        start.bus = runtime / "bus"
        yield start


def test_one_that_is_logged_in(start):
    alice, mallory = start("alice"), start("mallory")
    with hijack.hijack(mallory) as it:
        assert it.call("getpid") == mallory
        assert hijack.attempts(it, "alice", alice) == hijack.REFUSED
        assert it.call("openat", hijack.AT_FDCWD, b"mallory/unsaved.3\0", hijack.WRITE_CREATE, 0o600) >= 0  # its own is its own
        assert it.call("prctl", 4, 1, 0, 0, 0) == "EPERM"
        assert it.call("execve", b"/bin/true\0", 0, 0) == "EPERM"
    assert {entry.name for entry in start.bus.iterdir()} - {".swept"} == {"alice", "mallory"}
    assert [entry.name for entry in (start.bus / "alice").iterdir()] == [str(alice)]


def test_one_that_has_heard_nothing(start):
    alice, nobody = start("alice"), start()
    with hijack.hijack(nobody) as it:
        got = hijack.attempts(it, "alice", alice)
    assert {name: got[name] for name in hijack.BEFORE_THE_LOGIN} == {name: hijack.REFUSED[name] for name in hijack.BEFORE_THE_LOGIN}


def test_all_threads_are_in_it(start):
    for thread in Path(f"/proc/{start('alice')}/task").iterdir():
        text = (thread / "status").read_text()
        assert "NoNewPrivs:\t1\n" in text and "Seccomp_filters:\t3\n" in text, text


def test_another_process_of_the_same_user_can_not_look_into_it(start):
    session = start("alice")
    victim = subprocess.Popen(["sleep", "60"], **AS_NOBODY)
    try:
        for pid, can in (session, False), (victim.pid, True):
            assert subprocess.run(["cat", f"/proc/{pid}/environ"], capture_output=True, **AS_NOBODY).returncode == (0 if can else 1)
            assert os.stat(f"/proc/{pid}").st_uid == NOBODY  # by which others know it as one of the bus
    finally:
        victim.kill()
        victim.wait()


def test_a_program_without_the_sandbox_could(start):
    alice = start("alice")
    wait = "import os, select; os.write(1, b'x'); select.poll().poll()"
    python = subprocess.Popen([sys.executable, "-c", wait], cwd=start.bus, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        assert python.stdout.read(1) == b"x"
        with hijack.hijack(python.pid) as it:
            got = hijack.attempts(it, "alice", alice)
        assert {name: answer for name, answer in got.items() if isinstance(answer, str)} == {}
    finally:
        python.kill()
        python.wait()
        python.stdout.close()
        Path("/tmp/chat-hijacked").unlink(missing_ok=True)
