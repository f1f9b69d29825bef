"""Honest clients: the websockets library in a thread of its own, which reads, and answers pings, all the time."""

import asyncio
import json
import queue
import re
import threading
import time

import websockets


ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


class Closed(Exception):
    def __init__(self, code, reason):
        super().__init__(f"closed with {code} {reason!r}")
        self.code, self.reason = code, reason


class Background:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, coroutine, timeout=10):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout)

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


class Client:
    def __init__(self, background, url, **options):
        self.background = background
        self.inbox = queue.Queue()
        self.background.run(self.open(url, options))

    async def open(self, url, options):
        self.ws = await websockets.connect(url, ping_interval=None, max_size=None, max_queue=None, **options)
        self.local_port = self.ws.local_address[1]
        self.reader = asyncio.ensure_future(self.read())

    async def read(self):
        try:
            async for message in self.ws:
                self.inbox.put(json.loads(message))
        except websockets.ConnectionClosed:
            pass
        self.inbox.put(Closed(self.ws.close_code, self.ws.close_reason))

    def send(self, data):
        self.background.run(self.ws.send(data))

    def send_all(self, batch, timeout=60):
        async def send():
            for fields in batch:
                await self.ws.send(json.dumps(fields, ensure_ascii=False))

        self.background.run(send(), timeout)

    def request(self, **fields):
        self.send(json.dumps(fields, ensure_ascii=False))

    def say(self, receiver, message, **fields):
        self.request(type="private_message", receiver=receiver, message=message, **fields)

    def receive(self, timeout=5):
        try:
            got = self.inbox.get(timeout=max(timeout, 0.001))
        except queue.Empty:
            raise TimeoutError("no message came") from None
        if isinstance(got, Closed):
            self.inbox.put(got)
            raise got
        return got

    def expect(self, kind, timeout=5, **fields):
        """The next message, which must be of this type and have these fields."""
        got = self.receive(timeout)
        assert got["type"] == kind and fields.items() <= got.items(), got
        return got

    def wait_for(self, kind, timeout=5, **fields):
        """The next message of this type with these fields; others are passed over."""
        deadline = time.monotonic() + timeout
        while True:
            got = self.receive(deadline - time.monotonic())
            if got["type"] == kind and fields.items() <= got.items():
                return got

    def settle(self):
        """All that came before the session had read this far."""
        self.request(type="ping")
        got = []
        while True:
            message = self.receive()
            if message["type"] == "pong":
                return got
            got.append(message)

    def quiet(self, seconds=0.3):
        """Nothing comes for a while, and nothing waits."""
        try:
            self.inbox.put(self.receive(seconds))
        except TimeoutError:
            return True
        return False

    def closed(self, timeout=5):
        """The close code, once the server has ended the connection."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.receive(deadline - time.monotonic())
            except Closed as end:
                return end.code

    def close(self, code=1000, reason=""):
        self.background.run(self.ws.close(code, reason))


class Pair:
    """Two who talk, whatever goes on around them."""

    def __init__(self, left, right, receipts=("delivered",)):
        self.ends = left, right
        self.receipts = receipts
        self.said = 0

    def talk(self):
        for here, there in (self.ends, self.ends[::-1]):
            self.said += 1
            words, ref = f"words {self.said}", f"talk-{self.said}"
            here.say(there.user, words, id=ref)
            message = there.expect("private_message", sender=here.user, message=words)
            got = [here.expect("receipt", id=message["id"], ref=ref)["status"] for _ in self.receipts]
            assert sorted(got) == sorted(self.receipts)


def message(receiver, words, ref):
    return {"type": "private_message", "receiver": receiver, "message": words, "id": ref}


def answers(client, count, timeout=8):
    """The one answer to each of so many messages: a receipt or the code of an error, by ref."""
    found = {}
    while len(found) < count:
        got = client.receive(timeout)
        if got["type"] not in ("receipt", "error"):
            continue
        assert got["ref"] not in found, f"answered twice: {found[got['ref']]} and {got}"
        found[got["ref"]] = got["status"] if got["type"] == "receipt" else got["code"]
    return found


def stored(client, ref, timeout=5):
    return client.wait_for("receipt", timeout, ref=ref, status="stored")


def send_away(sender, receiver, count, start=0):
    """Messages to somebody who is away: their ids, once they are stored."""
    for n in range(start, start + count):
        sender.say(receiver, f"words {n}", id=f"m{n}")
    return [stored(sender, f"m{n}", 10)["id"] for n in range(start, start + count)]


def leave(server, client):
    assert server.status_after(client) == 0
