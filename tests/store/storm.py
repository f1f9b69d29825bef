"""A storm: users who send each other numbered messages as fast as a bounded window lets them, while connections, sessions and
the store are killed, readers stall and the disk fills. What happened is a log for checker.py."""

import asyncio
import collections
import contextlib
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import websockets

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

import serve

WINDOW = 8              # messages of a user without an answer
PAUSE = (0.0, 0.01)     # between two of its messages
CHAOS = (0.05, 0.3)     # between two blows
STALL = (0.5, 3.0)
DISK_BYTES = 96 << 20
DRAIN = 40.0            # everything has its answer by then,
QUIET = 2.0             # and nothing has come for so long
RECEIPTS = ("stored", "delivered")
INSIST = 0.7            # of the messages that had an error are sent again
INSIST_AFTER = (0.02, 0.5)


class User:
    def __init__(self, storm, name):
        self.storm, self.name = storm, name
        self.life = 0
        self.ws = None
        self.killed = False
        self.welcomed = asyncio.Event()
        self.open = collections.OrderedDict()  # ref: what is to be sent again
        self.numbers = collections.Counter()
        self.slots = asyncio.Condition()

    async def live(self):
        while not self.storm.over:
            try:
                await self.connect()
            except (OSError, websockets.WebSocketException, asyncio.TimeoutError):
                self.storm.notes["no connection"] += 1
                await asyncio.sleep(0.05)
                continue
            talker = asyncio.ensure_future(self.talk())
            await self.listen()
            talker.cancel()
            self.storm.log(("end", self.name, self.life, self.killed))
            if not self.killed and not self.storm.over and self.ws.close_code != 1000:
                self.storm.notes[f"ended by itself with {self.ws.close_code} {self.ws.close_reason}"] += 1

    async def connect(self):
        url = self.storm.server.url(f"/ws?user={self.name}")
        self.welcomed.clear()
        self.killed = False
        self.ws = await websockets.connect(url, ping_interval=None, max_queue=None, compression=None, open_timeout=20, close_timeout=5)
        self.life += 1

    async def listen(self):
        try:
            async for data in self.ws:
                await self.take(json.loads(data))
        except websockets.ConnectionClosed:
            pass

    async def take(self, got):
        if got["type"] == "welcome":
            self.welcomed.set()
        elif got["type"] == "private_message" and got["receiver"] == self.name:
            sender, number = got["message"].split()[:2]
            self.storm.log(("shown", self.name, self.life, sender, int(number), got["id"]))
        elif got["type"] in ("receipt", "error") and got.get("ref"):
            await self.answered(got["ref"], got.get("status") or got["code"])
        elif got["type"] == "error":
            self.storm.notes[f"error {got['code']}"] += 1

    async def answered(self, ref, what):
        receiver, number = ref.split(":")
        self.storm.log(("answer", self.name, receiver, int(number), what))
        if what not in RECEIPTS:
            self.storm.notes[f"error {what}"] += 1
            if self.storm.dice.random() < INSIST and ref in self.open:
                self.storm.tasks.add(asyncio.ensure_future(self.insist(ref, self.ws)))
                return
        async with self.slots:
            self.open.pop(ref, None)
            self.slots.notify_all()

    async def insist(self, ref, ws):
        await asyncio.sleep(self.storm.dice.uniform(*INSIST_AFTER))
        with contextlib.suppress(websockets.ConnectionClosed):
            if ref in self.open and ws is self.ws:  # else it was sent again with the connection
                self.storm.notes["sent again after an error"] += 1
                await ws.send(self.open[ref])

    async def talk(self):
        """First, in order, what has no answer; then what is new."""
        try:
            await self.welcomed.wait()
            for message in list(self.open.values()):
                await self.ws.send(message)
            while not self.storm.calm:
                async with self.slots:
                    await self.slots.wait_for(lambda: len(self.open) < WINDOW)
                await self.say(self.storm.dice.choice(self.storm.names))
                await asyncio.sleep(self.storm.dice.uniform(*PAUSE))
        except websockets.ConnectionClosed:
            pass

    async def say(self, receiver):
        if self.storm.calm or receiver == self.name:
            return
        number = self.numbers[receiver]
        self.numbers[receiver] += 1
        ref = f"{receiver}:{number}"
        text = f"{self.name} {number} {'x' * self.storm.dice.choice((0, 0, 40, 2000))}"
        self.open[ref] = json.dumps({"type": "private_message", "receiver": receiver, "message": text, "id": ref})
        self.storm.log(("sent", self.name, receiver, number))
        await self.ws.send(self.open[ref])

    def kill_session(self):
        session = self.storm.server.sessions.get(self.ws.local_address[1]) if self.ws and self.ws.open else None
        if session:
            self.killed = session.looked_at = True
            session.process.kill()

    def drop(self):
        if self.ws and self.ws.open:
            session = self.storm.server.sessions.get(self.ws.local_address[1])
            if session:
                session.looked_at = True
            self.killed = True
            self.ws.transport.abort()

    async def stall(self):
        if self.ws and self.ws.open:
            transport = self.ws.transport
            transport.pause_reading()
            await asyncio.sleep(self.storm.dice.uniform(*STALL))
            if not transport.is_closing():
                transport.resume_reading()


class Storm:
    def __init__(self, directory, seed, users=8, store=True, disk=False, blows=None):
        self.directory, self.dice = Path(directory), random.Random(seed)
        self.runtime_dir = self.directory / "run"
        self.runtime_dir.mkdir()
        self.names = [f"u{number}" for number in range(users)]
        self.events, self.notes = [], collections.Counter()
        self.over = self.calm = False
        self.last = 0.0
        self.with_store, self.disk, self.mounted = store, disk, False
        self.blows = blows or ["session", "session", "drop", "drop", "stall", "all"] + ["store"] * store + ["disk"] * disk
        self.tasks = set()

    def log(self, event):
        self.events.append(event)
        self.last = time.monotonic()

    @contextlib.contextmanager
    def house(self):
        """The programs."""
        settings = {"CHAT_RATE": 1000000, "CHAT_BURST": 1000000, "CHAT_STORE": "yes" if self.with_store else "no"}
        self.store = None
        try:
            if self.disk:
                (self.directory / "state").mkdir(mode=0o700)
                subprocess.run(
                    ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0700", "none", self.directory / "state"], check=True
                )
                self.mounted = True
            if self.with_store:
                self.store = serve.Store(self.runtime_dir, self.directory, CHAT_RETENTION="200")
            self.server = serve.Server(None, self.runtime_dir, self.directory, **settings)
            try:
                yield
            finally:
                self.ends = self.server.stop()
        finally:
            self.store_status = self.store.stop() if self.store else 0
            if self.mounted:
                subprocess.run(["umount", self.directory / "state"], check=True)

    async def blow(self):
        kind, user = self.dice.choice(self.blows), self.users[self.dice.choice(self.names)]
        self.notes[f"blow: {kind}"] += 1
        if kind == "session":
            user.kill_session()
        elif kind == "all":
            for each in self.users.values():
                each.kill_session()
        elif kind == "drop":
            user.drop()
        elif kind == "stall":
            self.tasks.add(asyncio.ensure_future(user.stall()))
        elif kind == "store":
            self.store.process.kill()
            await asyncio.to_thread(self.store.process.wait, 10)
            await asyncio.sleep(self.dice.choice((0.0, 0.0, 1.0)))
            await asyncio.to_thread(self.store.start)
        elif kind == "disk":
            await self.fill()

    async def fill(self):
        ballast = self.directory / "state" / "ballast"
        with open(ballast, "wb", buffering=0) as file:
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(1 << 16))
        await asyncio.sleep(self.dice.uniform(0.2, 1.5))
        ballast.unlink()

    async def until_quiet(self):
        deadline = time.monotonic() + DRAIN
        while time.monotonic() < deadline:
            if time.monotonic() - self.last > QUIET and not any(user.open for user in self.users.values()):
                return
            await asyncio.sleep(0.1)
        self.notes["not quiet in time"] += 1

    async def run(self, seconds):
        self.users = {name: User(self, name) for name in self.names}
        # Everybody has been here once, and so is known, before anybody speaks.
        self.calm = True
        lives = [asyncio.ensure_future(user.live()) for user in self.users.values()]
        await asyncio.wait_for(asyncio.gather(*(user.welcomed.wait() for user in self.users.values())), 20)
        self.calm = False
        for user in self.users.values():
            user.drop()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await asyncio.sleep(self.dice.uniform(*CHAOS))
            await self.blow()
        self.calm = True
        await asyncio.gather(*self.tasks)
        await self.until_quiet()
        for user in self.users.values():
            await user.ws.close()  # live() comes back at once
        await asyncio.sleep(0.5)
        await self.until_quiet()
        self.over = True
        for user in self.users.values():
            await user.ws.close()
        await asyncio.wait_for(asyncio.gather(*lives), 20)


def play(directory, seed, seconds, **options):
    storm = Storm(directory, seed, **options)
    with storm.house():
        asyncio.run(asyncio.wait_for(storm.run(seconds), seconds + 3 * DRAIN))
    return storm
