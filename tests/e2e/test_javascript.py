"""The JavaScript client of the text that the project starts from, word for word."""

import json
import os
import queue
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from serve import environment

HERE = Path(__file__).resolve().parent / "javascript"


class Page:
    def __init__(self, server, *scripts):
        host, port = server.address
        modules = os.pathsep.join(filter(None, [os.environ.get("NODE_PATH"), "/usr/share/nodejs"]))
        env = environment(server.runtime_dir, CHAT_ADDRESS=f"{host}:{port}", NODE_PATH=modules)
        argv = ["node", HERE / "run.js", *(HERE / script for script in scripts)]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def run(self, script):
        self.process.stdin.write(script + "\n")
        self.process.stdin.flush()

    def printed(self):
        return self.lines.get(timeout=10)

    def received(self):
        label, _, data = self.printed().partition("Received from server: ")
        assert label == ""
        return json.loads(data)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(5)
        self.reader.join(5)
        self.process.stdout.close()


@pytest.fixture
def page(server):
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    pages = []

    def page(*scripts):
        pages.append(Page(server, *scripts))
        return pages[-1]

    yield page
    for one in pages:
        one.stop()


def test_client_connects(page):
    assert page("connect.js").printed() == "Connected to WebSocket server"


def test_greeting_that_is_not_json_is_an_error_and_no_end(page):
    client = page("connect.js", "talk.js", "close.js", "send.js")
    answer = client.received()
    assert (answer["type"], answer["code"]) == ("error", "bad_json")
    client.run('socket.send(JSON.stringify({type: "ping"}))')
    assert client.received()["type"] == "pong"


def test_alice_and_bob_talk(page, server):
    bob = server.login("Bob")
    client = page("connect.js", "talk.js", "close.js", "send.js")
    assert client.received()["code"] == "bad_json"
    client.run('sendMessage("Bob", "Hey Bob, how are you?")')
    got = bob.expect("private_message", sender="Alice", receiver="Bob", message="Hey Bob, how are you?")
    assert client.received()["user"] == "Alice"
    receipt = client.received()
    assert (receipt["type"], receipt["status"], receipt["id"]) == ("receipt", "delivered", got["id"])
    bob.say("Alice", "Fine!", id="answer")
    answer = client.received()
    assert (answer["sender"], answer["message"]) == ("Bob", "Fine!")
    bob.expect("receipt", ref="answer", status="delivered")


def test_message_to_somebody_away_is_an_error(page):
    client = page("connect.js", "talk.js", "close.js", "send.js")
    assert client.received()["code"] == "bad_json"
    client.run('sendMessage("Bob", "Hey Bob, how are you?")')
    assert client.received()["type"] == "welcome"
    assert client.received()["code"] == "receiver_offline"


def test_client_learns_of_the_end(page, server):
    client = page("connect.js", "close.js")
    assert client.printed() == "Connected to WebSocket server"
    (session,) = server.sessions.values()
    session.kill(signal.SIGTERM)
    assert client.printed() == "WebSocket connection closed"
    assert session.wait() == 0


def test_client_may_close(page, server):
    client = page("connect.js", "close.js")
    assert client.printed() == "Connected to WebSocket server"
    client.run("socket.close()")
    assert client.printed() == "WebSocket connection closed"
