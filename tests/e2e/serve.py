"""Starts sessions as inetd would: one process a connection, the socket on 0 and 1."""

import os
import select
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from chat import Client
from raw import Raw

ROOT = Path(__file__).resolve().parents[2]
SESSION = ROOT / "build" / "chat-session"
CHATCTL = ROOT / "build" / "chatctl"
STORE = ROOT / "build" / "chat-store"


def environment(runtime_dir, **settings):
    """A clean environment, so that nothing of the caller's shows through."""
    env = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")}
    for options in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        if options in os.environ:
            env[options] = os.environ[options]
    places = {"CHAT_RUNTIME_DIR": str(runtime_dir), "CHAT_CONFIG_DIR": str(Path(runtime_dir).parent / "config")}
    return {**env, **places, **{name: str(value) for name, value in settings.items()}}


def wait_until(condition, seconds=5, pause=0.01):
    deadline = time.monotonic() + seconds
    while True:
        got = condition()
        if got or time.monotonic() > deadline:
            return got
        time.sleep(pause)


class Session:
    """One process of chat-session. It must exit with 0 unless the test looks at how it ended."""

    def __init__(self, argv, stdin, stdout, env, log):
        self.log = Path(log)
        with open(log, "wb") as stderr:
            self.process = subprocess.Popen(argv, stdin=stdin, stdout=stdout, stderr=stderr, env=env)
        self.pid = self.process.pid
        self.ending = os.pidfd_open(self.pid)
        self.looked_at = False

    def kill(self, number=signal.SIGKILL):
        self.looked_at = True
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.ended(5)  # its client hears of it before it is quite gone

    def wait(self, timeout=5):
        self.looked_at = True
        return self.status(timeout)

    def status(self, timeout):
        """Popen.wait() naps up to 50 ms at a time; this wakes at once."""
        self.ended(timeout)
        return self.process.wait(0)

    def ended(self, timeout):
        ended = select.poll()
        ended.register(self.ending, select.POLLIN)
        return ended.poll(timeout * 1000)

    def alive(self):
        return self.process.poll() is None

    def stderr(self):
        return self.log.read_text(errors="replace")

    def finish(self):
        """What is wrong with how this one ended, if anything."""
        faults = []
        try:
            self.status(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            faults.append("is still there after its client left")
        os.close(self.ending)
        if not self.looked_at and self.process.returncode != 0 and not faults:
            faults.append(f"ended with {self.process.returncode}")
        if "runtime error:" in self.stderr() or "Sanitizer" in self.stderr():
            faults.append("upset a sanitizer")
        return [f"session {self.pid} {fault}: {self.stderr()[-2000:]}" for fault in faults]


class Server:
    def __init__(self, background, runtime_dir, log_dir, wrapper=(), host="127.0.0.1", path=None, send_buffer=None, **settings):
        self.background, self.runtime_dir, self.log_dir = background, Path(runtime_dir), Path(log_dir)
        self.argv = [*wrapper, str(SESSION)]
        self.env = environment(runtime_dir, **settings)
        self.sessions = {}
        self.clients = []
        self.listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET6 if ":" in host else socket.AF_INET)
        if send_buffer:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)  # a connection inherits it
        self.listener.bind(path or (host, 0))
        self.listener.listen(1024)
        self.address = ("unix", 0) if path else self.listener.getsockname()[:2]
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()

    def accept(self):
        while True:
            try:
                connection, peer = self.listener.accept()
            except OSError:
                return
            with connection:
                if connection.family == socket.AF_UNIX:
                    key = f"unix-{len(self.sessions)}"
                else:
                    key = peer[1]
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                log = self.log_dir / f"session-{self.address[1]}-{key}.log"
                self.sessions[key] = Session(self.argv, connection, connection, self.env, log)

    def url(self, target="/ws"):
        host, port = self.address
        return f"ws://[{host}]:{port}{target}" if ":" in host else f"ws://{host}:{port}{target}"

    def connect(self, target="/ws", **options):
        client = Client(self.background, self.url(target), **options)
        self.clients.append(client)
        return client

    def login(self, user, **options):
        client = self.connect(f"/ws?user={user}", **options)
        client.welcome = client.expect("welcome", user=user)
        client.user = user
        return client

    def raw(self, **options):
        client = Raw.connect(self.address, **options)
        self.clients.append(client)
        return client

    def raw_login(self, user, **options):
        client = self.raw(**options).upgrade(f"/ws?user={user}")
        client.welcome = client.expect("welcome", user=user)
        client.user = user
        return client

    def session_of(self, client):
        session = wait_until(lambda: self.sessions.get(client.local_port))
        assert session, "no session was started for this client"
        return session

    def status_after(self, client):
        """Closes a client and waits for the exit status of its session."""
        client.close()
        return self.session_of(client).wait()

    def bus(self):
        """Who has endpoints, as a dictionary of user and sorted process ids."""
        found = {}
        for user in (self.runtime_dir / "bus").iterdir():
            if user.name.startswith("."):
                continue
            try:
                endpoints = sorted(int(endpoint.name) for endpoint in user.iterdir() if endpoint.name.isdigit())
            except FileNotFoundError:
                continue  # it went with its last connection just now
            if endpoints:
                found[user.name] = endpoints  # what is left without is a spool that the store has not taken
        return found

    def bus_becomes(self, expected, seconds=5):
        """Waits for the bus to look so; says how it looks in the end."""
        wait_until(lambda: self.bus() == expected, seconds)
        return self.bus()

    def clear(self, keep=()):
        """Lets all clients leave but those to keep; what is wrong with how their sessions ended."""
        kept = [client.local_port for client in keep]
        leaving = [client for client in self.clients if client.local_port not in kept]
        self.clients = list(keep)
        for client in leaving:
            try:
                client.close()
            except Exception:
                pass
            self.session_of(client)
        ended = [self.sessions.pop(port) for port in list(self.sessions) if port not in kept]
        return [fault for session in ended for fault in session.finish()]

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.acceptor.join()
        self.listener.close()
        return self.clear()


class Store:
    """chat-store over one state directory: started, killed, started again."""

    def __init__(self, runtime_dir, directory, start=True, wrapper=(), **settings):
        self.runtime_dir = runtime_dir
        self.argv = [*wrapper, str(STORE)]
        self.log = directory / "store.log"
        self.state = directory / "state"
        self.env = environment(runtime_dir, CHAT_STATE_DIR=self.state, **settings)
        if start:
            self.start()

    def launch(self, **settings):
        with open(self.log, "ab") as log:
            return subprocess.Popen(self.argv, env={**self.env, **settings}, stdin=subprocess.DEVNULL, stderr=log)

    def start(self):
        self.process = self.launch()
        endpoint = self.runtime_dir / "bus" / ".store" / str(self.process.pid)
        assert wait_until(lambda: endpoint.exists() or self.process.poll() is not None) and endpoint.exists(), self.log.read_text()

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        return self.process.wait(10)

    def stop(self):
        status = self.process.poll()
        return self.kill(signal.SIGTERM) if status is None else status


def chatctl(runtime_dir, *arguments, text=None, timeout=15, **settings):
    return subprocess.run(
        [str(CHATCTL), *map(str, arguments)],
        input=text,
        stdin=None if text is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(runtime_dir, **settings),
        timeout=timeout,
        text=True,
    )
