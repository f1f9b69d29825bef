"""Random talk with random kill -9 of sessions, for TIME seconds: nobody but the killed may notice."""

import asyncio
import collections
import json
import os
import random
import signal
import time

import pytest
import websockets

from serve import Server

TIME = float(os.environ.get("TIME", "60"))
SEED = int(os.environ.get("SEED", "0")) or random.randrange(1 << 32)
USERS = [f"u{number:02}" for number in range(20)]
WATCHERS = ["w0", "w1"]
WITHIN = 1.0        # a watcher learns of a kill in this time
AWAY = (1.5, 3.0)   # a killed user stays away for longer than that
BLINK = (0.0, 0.3)  # or comes back at once
SETTLE = 15.0       # every message has its answer by then
PAUSE = (0.02, 0.2) # between two messages of a user
KILLS = (0.1, 0.6)  # between two kills

pytestmark = [pytest.mark.torture, pytest.mark.limit(TIME + 150)]


class Sent:
    """A message and what became of it."""

    def __init__(self, ref, sender, life, receiver, number):
        self.ref, self.sender, self.life, self.receiver, self.number = ref, sender, life, receiver, number
        self.at = time.monotonic()
        self.answer = None
        self.answered_at = None


class User:
    """A person with one connection after another."""

    def __init__(self, play, name):
        self.play, self.name = play, name
        self.life = 0
        self.ws = None
        self.pause = AWAY
        self.killed = False
        self.gone = [[0, float("inf")]]  # from when to when this user was not reachable: kill to welcome
        self.numbers = collections.Counter()
        self.shown = []

    async def live(self):
        try:
            await self.live_on()
        except (OSError, websockets.WebSocketException, asyncio.TimeoutError) as error:
            self.play.expect(False, f"{self.name} could not come back: {error!r}")

    async def live_on(self):
        while not self.play.over:
            await self.connect()
            talker = asyncio.ensure_future(self.talk()) if self.name in USERS else None
            await self.listen()
            if talker:
                talker.cancel()
            if self.play.over:
                return
            await asyncio.sleep(random.uniform(*self.pause))
            self.killed = False

    async def connect(self):
        self.ws = await websockets.connect(
            self.play.server.url(f"/ws?user={self.name}"), ping_interval=None, max_queue=None, compression=None, open_timeout=20
        )
        self.life += 1
        self.ready = asyncio.Event()
        if self.name in WATCHERS:
            await self.ws.send(json.dumps({"type": "watch", "users": "*"}))

    async def listen(self):
        try:
            async for data in self.ws:
                self.take(json.loads(data))
        except websockets.ConnectionClosed:
            pass
        code = self.ws.close_code
        self.ready.clear()
        if self.killed:
            self.play.expect(code == 1006, f"{self.name} was killed and got a close of {code}")
        elif not self.play.over:
            self.play.expect(False, f"{self.name} was not killed and lost its connection: {code} {self.ws.close_reason}")

    def take(self, got):
        kind = got["type"]
        if kind == "welcome":
            self.ready.set()
            self.gone[-1][1] = time.monotonic()
        elif kind == "private_message":
            self.shown.append((self.life, got["sender"], got["id"], got["message"]))
        elif kind == "presence":
            self.play.presence(self, got["user"], got["online"])
        elif got.get("ref") in self.play.sent:
            self.play.answer(self, self.play.sent[got["ref"]], got)
        else:
            self.play.expect(False, f"{self.name} got {got}")

    async def talk(self):
        await self.ready.wait()
        try:
            while not self.play.quiet:
                await self.say(random.choice(USERS))
                await asyncio.sleep(random.uniform(*PAUSE))
        except websockets.ConnectionClosed:
            pass

    async def say(self, receiver):
        for _ in range(random.choice((1, 1, 1, 5))):
            number = self.numbers[receiver]
            self.numbers[receiver] += 1
            sent = Sent(f"{self.name}-{receiver}-{number}", self.name, self.life, receiver, number)
            self.play.sent[sent.ref] = sent
            words = f"{number} " + "x" * random.choice((0, 10, 1000))
            await self.ws.send(
                json.dumps({"type": "private_message", "receiver": receiver, "message": words, "id": sent.ref})
            )

    def was_away(self, since, until):
        """Whether there was a time between these two at which this user had no connection that was known to live."""
        return any(left - 0.1 < until and since < back + 0.1 for left, back in self.gone)


class Play:
    def __init__(self, server):
        self.server = server
        self.users = {name: User(self, name) for name in [*USERS, *WATCHERS]}
        self.sent = {}
        self.faults = []
        self.quiet = self.over = False
        self.kills = 0
        self.waited = {}  # (watcher, user): when that user was killed, until the watcher knows
        self.seen = {name: {} for name in WATCHERS}

    def expect(self, condition, fault):
        if not condition and len(self.faults) < 50:
            self.faults.append(fault)

    def answer(self, user, sent, got):
        self.expect(sent.answer is None, f"{sent.ref} answered twice: {sent.answer} and {got}")
        self.expect(got["type"] in ("receipt", "error"), f"{sent.ref} answered with {got}")
        sent.answer = got["status"] if got["type"] == "receipt" else got["code"]
        sent.answered_at = time.monotonic()

    def presence(self, watcher, name, online):
        self.expect(self.seen[watcher.name].get(name) != online, f"{watcher.name} was told twice that {name} is {online}")
        self.seen[watcher.name][name] = online
        killed = self.waited.pop((watcher.name, name), None) if not online else None
        if killed:
            late = time.monotonic() - killed
            self.expect(late <= WITHIN, f"{watcher.name} learned of the kill of {name} after {late:.2f} s")
        elif not online and not self.over:
            left = self.users[name].gone[-1][0]
            self.expect(time.monotonic() - left < 5, f"{watcher.name} was told that {name} left, who did not")

    async def kill_now_and_then(self):
        while not self.quiet:
            await asyncio.sleep(random.uniform(*KILLS))
            ready = [self.users[name] for name in USERS if self.users[name].ws and not self.users[name].killed]
            ready = [user for user in ready if user.ready.is_set()]
            if ready:
                self.kill(random.choice(ready))

    def kill(self, user):
        session = self.server.sessions[user.ws.local_address[1]]
        user.killed = True
        user.pause = random.choice((AWAY, AWAY, BLINK))
        now = time.monotonic()
        user.gone.append([now, float("inf")])
        if user.pause is AWAY:
            for watcher in WATCHERS:
                if self.seen[watcher].get(user.name):
                    self.waited[watcher, user.name] = now
        session.kill(signal.SIGKILL)
        self.kills += 1

    async def run(self):
        tasks = [asyncio.ensure_future(user.live()) for user in self.users.values()]
        await asyncio.gather(*(self.until(lambda user=user: user.ws and user.ready.is_set(), 20) for user in self.users.values()))
        killer = asyncio.ensure_future(self.kill_now_and_then())
        await asyncio.sleep(TIME)
        self.quiet = True
        await killer
        everybody = list(self.users.values())
        back = await self.until(lambda: all(user.ready.is_set() and not user.killed for user in everybody), 20)
        self.expect(back, "not everybody came back")
        await self.until(lambda: not self.unanswered(), SETTLE)
        await asyncio.sleep(WITHIN)
        self.judge()
        self.over = True
        for user in everybody:
            await user.ws.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def until(self, condition, seconds):
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        return condition()

    def unanswered(self):
        return [sent for sent in self.sent.values() if sent.answer is None and sent.life == self.users[sent.sender].life]

    def judge(self):
        for sent in self.unanswered():
            self.expect(False, f"{sent.ref} has no answer")
        for watcher, name in self.waited:
            self.expect(False, f"{watcher} never learned of the kill of {name}")
        for watcher in WATCHERS:
            unseen = [name for name in USERS if not self.seen[watcher].get(name)]
            self.expect(not unseen, f"{watcher} takes {unseen} for absent in the end")
        self.judge_delivery()
        self.judge_order()

    def judge_delivery(self):
        shown = {(user.name, sender, int(words.split()[0])) for user in self.users.values() for _, sender, _, words in user.shown}
        for sent in self.sent.values():
            arrived = (sent.receiver, sent.sender, sent.number) in shown
            if sent.answer == "delivered":
                self.expect(arrived, f"{sent.ref} is delivered and was never shown")
            elif sent.answer:
                self.expect(sent.answer in ("receiver_offline", "unavailable"), f"{sent.ref} got {sent.answer}")
                away = self.users[sent.receiver].was_away(sent.at, sent.answered_at)
                self.expect(away, f"{sent.ref} got {sent.answer}, though {sent.receiver} was there")

    def judge_order(self):
        for user in self.users.values():
            ids = collections.Counter((life, message) for life, _, message, _ in user.shown)
            twice = [message for (life, message), count in ids.items() if count > 1]
            self.expect(not twice, f"{user.name} saw twice: {twice[:3]}")
            last = {}
            for life, sender, _, words in user.shown:
                number = int(words.split()[0])
                self.expect(number > last.get(sender, -1), f"{user.name} saw {number} of {sender} after {last.get(sender)}")
                last[sender] = number


@pytest.fixture(scope="module")
def play(background, tmp_path_factory):
    directory = tmp_path_factory.mktemp("torture")
    server = Server(background, directory / "run", directory, CHAT_RATE=100000, CHAT_BURST=100000)
    random.seed(SEED)
    play = Play(server)
    asyncio.run(play.run())
    yield play
    faults = server.stop()
    assert not faults, "\n".join(faults)


def test_nobody_but_the_killed_notices(play):
    answered = collections.Counter(sent.answer for sent in play.sent.values())
    print(f"seed {SEED}, {play.kills} kills, {len(play.sent)} messages: {dict(answered)}")
    assert not play.faults, "\n".join([f"SEED={SEED}", *play.faults])
    assert play.kills > TIME
    assert answered["delivered"] > len(play.sent) / 3


def test_no_endpoint_stays_behind(play):
    assert play.server.bus_becomes({}, seconds=60) == {}
