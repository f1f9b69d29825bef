"""The people in the tests: each one a WebSocket to the machine."""

import asyncio
import json

try:
    import websockets
except ImportError:     # the fixture "machine" says so
    websockets = None

PATIENCE = 30


class Person:
    def __init__(self, name, socket):
        self.name = name
        self.socket = socket

    @classmethod
    async def arrive(cls, name, host="127.0.0.1"):
        socket = await websockets.connect(f"ws://{host}:8080/ws?user={name}", compression=None, ping_interval=None,
                                          open_timeout=PATIENCE, close_timeout=5)
        person = cls(name, socket)
        welcome = await person.hear("welcome")
        assert welcome["user"] == name
        return person

    async def say(self, type, **fields):
        await self.socket.send(json.dumps({"type": type, **fields}))

    async def tell(self, receiver, text, **fields):
        """A private message, and the proof that it has been read off the wire."""
        await self.say("private_message", receiver=receiver, message=text, **fields)
        receipt = await self.hear("receipt", "error")
        if receipt.get("status") == "stored":
            receipt = await self.hear("receipt", "error")
        assert receipt.get("status") == "delivered", receipt

    async def hear(self, *types, **fields):
        """The next message of one of these types with these fields; others are passed over."""
        async def listen():
            while True:
                message = json.loads(await self.socket.recv())
                if message["type"] in types and all(message.get(key) == value for key, value in fields.items()):
                    return message
        return await asyncio.wait_for(listen(), PATIENCE)

    async def leave(self):
        await self.socket.close()

    async def end(self):
        """Waits for the end of the connection; returns the close code, 1006 where there was none."""
        await asyncio.wait_for(self.socket.wait_closed(), PATIENCE)
        return self.socket.close_code


async def gather(*names, **where):
    return [await Person.arrive(name, **where) for name in names]


async def converse(one, other):
    """Each says something to the other, and the other hears it."""
    for speaker, listener in ((one, other), (other, one)):
        text = f"{speaker.name} to {listener.name}"
        heard = asyncio.create_task(listener.hear("private_message", sender=speaker.name, message=text))
        await speaker.tell(listener.name, text)
        await heard


async def request(text, host="127.0.0.1"):
    """Sends these bytes; returns all that comes back until the end."""
    reader, writer = await asyncio.open_connection(host, 8080)
    try:
        writer.write(text.encode())
        return (await asyncio.wait_for(reader.read(), PATIENCE)).decode()
    finally:
        writer.close()
