"""chat-auth, its keys and its passwords, for the tests."""

import json
import os
import struct
import subprocess

from serve import ROOT, chatctl, environment, wait_until

AUTH = ROOT / "build" / "chat-auth"


class Office:
    """A configuration directory with a key and passwords, and chat-auth over it."""

    def __init__(self, runtime_dir, directory):
        self.runtime_dir = runtime_dir
        self.config = directory / "etc"
        self.state = directory / "state"
        self.settings = {"CHAT_CONFIG_DIR": self.config, "CHAT_STATE_DIR": self.state}
        self.log = directory / "auth.log"
        self.spawner = None
        self.chatctl("keygen", "k1")

    def chatctl(self, *arguments, text=None, ok=0):
        done = chatctl(self.runtime_dir, *arguments, text=text, **self.settings)
        assert ok is None or done.returncode == ok, done
        return done

    def add(self, user, password):
        self.chatctl("user", "add", user, "--password", text=password)

    def start(self, **settings):
        """One process of chat-auth, on pipes."""
        with open(self.log, "ab") as log:
            return subprocess.Popen([AUTH], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                    env=environment(self.runtime_dir, **self.settings, **settings))

    def ask(self, user, password, address="192.0.2.1", **settings):
        return self.ask_bytes(json.dumps({"user": user, "password": password, "address": address}).encode() + b"\n", **settings)

    def ask_bytes(self, request, timeout=15, **settings):
        process = self.start(**settings)
        answer, _ = process.communicate(request, timeout)
        self.status = process.returncode
        return json.loads(answer) if answer else None

    def serve(self, program="systemd-socket-activate", what=AUTH):
        """Has somebody listen where the sessions ask, and start a chat-auth for each question."""
        path = self.runtime_dir / "auth.sock"
        env = environment(self.runtime_dir, **self.settings)
        argv = {
            "systemd-socket-activate": ["--accept", "--inetd", "-l", path, *(f"-E{n}={v}" for n, v in env.items()), what],
            "socat": [f"UNIX-LISTEN:{path},fork", f"EXEC:{what},nofork"],
        }[program]
        with open(self.log, "ab") as log:
            self.spawner = subprocess.Popen([program, *argv], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        assert wait_until(path.exists)

    def stop(self):
        if self.spawner:
            self.spawner.terminate()
            self.spawner.wait()
            (self.runtime_dir / "auth.sock").unlink(missing_ok=True)
            self.spawner = None

    def later(self, seconds):
        """Lets time pass for those that have failed: a test need neither wait nor hurry."""
        path = self.runtime_dir / "auth" / "failures"
        said = bytearray(path.read_bytes())
        for at in range(16, len(said), 32):
            who, last, failures = struct.unpack_from("=16sqq", said, at)
            if failures:
                struct.pack_into("=16sqq", said, at, who, last - seconds * 1000, failures)
        with open(path, "r+b") as file:
            file.write(said)

    def forget(self):
        """All failures."""
        for name in os.listdir(self.runtime_dir / "auth"):
            (self.runtime_dir / "auth" / name).unlink()
