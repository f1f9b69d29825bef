import os
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from chat import Client
from serve import wait_until
from test_spawners import free_port

TOP = Path(__file__).resolve().parent.parent.parent


def heed_ctrl_c():
    """A shell that was started with SIGINT ignored, as by another shell's `&`, could not trap it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def served():
    port = free_port()
    environment = {**os.environ, "CHAT_RUNTIME_DIR": "/nonexistent"}
    run = subprocess.Popen(["make", "-s", "run", f"PORT={port}"], cwd=TOP, env=environment, text=True, start_new_session=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=heed_ctrl_c)
    try:
        yield run, port
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGINT)
        run.communicate(timeout=10)


def page(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as answer:
            return answer.read()
    except OSError:
        return None


def processes_of(group):
    return subprocess.run(["pgrep", "-g", str(group)], stdout=subprocess.PIPE, text=True).stdout.split()


@pytest.mark.limit(60)
def test_two_people_talk_and_ctrl_c_leaves_nothing(served, background):
    run, port = served
    assert b"<!doctype html>" in wait_until(lambda: page(port), 30)
    alice, bob = (Client(background, f"ws://127.0.0.1:{port}/ws?user={name}") for name in ("alice", "bob"))
    alice.expect("welcome")
    bob.expect("welcome")
    alice.say("bob", "hello", id="1")
    bob.expect("private_message", message="hello")
    alice.expect("receipt", ref="1", status="stored")
    alice.expect("receipt", ref="1", status="delivered")
    while f"http://localhost:{port}/" not in run.stdout.readline():
        pass
    os.killpg(run.pid, signal.SIGINT)
    assert bob.closed() == 1001
    output, _ = run.communicate(timeout=10)
    assert "Stopped." in output
    wait_until(lambda: not processes_of(run.pid), 5)
    assert not list((TOP / "build").glob("run.??????"))


@pytest.mark.limit(60)
def test_a_port_that_is_taken_is_said(served, background):
    run, port = served
    wait_until(lambda: page(port), 30)
    second = subprocess.run(["sh", "tests/run.sh"], cwd=TOP, env={**os.environ, "PORT": str(port)}, text=True, capture_output=True)
    assert second.returncode != 0
    assert "PORT=" in second.stderr
    assert page(port)
