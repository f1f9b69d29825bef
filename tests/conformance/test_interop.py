"""Other libraries' clients, with all parameters of permessage-deflate, talk with examples/echo at random.

It is they who judge the answer to the offer, the frames and what those inflate to.
"""

import asyncio
import random

import pytest
import websockets
from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol
from autobahn.websocket.compress import (
    PerMessageDeflateOffer,
    PerMessageDeflateResponse,
    PerMessageDeflateResponseAccept,
)
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

import testdata
from cases_bulk import IS_FULL

MESSAGES = 1000 if IS_FULL else 200
PATIENCE = 60  # seconds for one conversation
LETTERS = "aeinorst ,.\n" * 4 + "äßé€漢字😀\x00"


def messages(seed):
    """Texts and bytes; mostly short, some long; some that compress well, some not at all."""
    rng = random.Random(seed)
    for _ in range(MESSAGES):
        size = int(2 ** rng.uniform(0, 9 if rng.random() < 0.8 else 17)) - 1
        match rng.randrange(4):
            case 0:
                yield "".join(rng.choices(LETTERS, k=size))
            case 1:
                yield rng.randbytes(size)
            case 2:
                yield testdata.prose()[size : 2 * size]
            case 3:
                yield testdata.json_text()[size : 2 * size].decode()


OFFERS = [
    (reset_server, reset_client, server_bits, client_bits)
    for reset_server in (False, True)
    for reset_client in (False, True)
    for server_bits, client_bits in ((None, None), (None, True), (9, True), (12, 12), (15, 15), (15, 9))
]


def cut(message, rng):
    """The message in one piece, or in several fragments."""
    if rng.random() < 0.7 or len(message) < 2:
        return message
    at = sorted(rng.sample(range(1, len(message)), min(3, len(message) - 1)))
    return [message[a:b] for a, b in zip([0, *at], [*at, len(message)])]


async def talk_websockets(connection, compression, seed):
    rng = random.Random(seed)
    async with websockets.connect("ws://localhost/", sock=connection, compression=None, extensions=compression) as client:
        for message in messages(seed):
            await client.send(cut(message, rng))
            assert await client.recv() == message
            if rng.random() < 0.1:
                await (await client.ping(rng.randbytes(8)))
        extensions = client.extensions
        await client.close(4000, "enough")
    assert (client.close_code, client.close_reason) == (4000, "")
    return extensions


def run(peer, conversation):
    result = asyncio.run(asyncio.wait_for(conversation, PATIENCE))
    peer.finish()
    return result


@pytest.fixture
def peer(echo):
    return echo.connect()


@pytest.mark.parametrize("offer", [None, *OFFERS], ids=str)
def test_websockets(peer, offer):
    compression = [ClientPerMessageDeflateFactory(*offer)] if offer else []
    extensions = run(peer, talk_websockets(peer.connection, compression, seed=str(offer)))
    assert len(extensions) == len(compression)
    if offer:
        reset_server, reset_client, server_bits, client_bits = offer
        agreed = extensions[0]
        assert agreed.remote_no_context_takeover == reset_server and agreed.local_no_context_takeover == reset_client
        assert agreed.remote_max_window_bits == (server_bits or 15)
        assert agreed.local_max_window_bits == (15 if client_bits in (None, True) else client_bits)


class Talker(WebSocketClientProtocol):
    """One message after the other, each when the one before has come back."""

    def onOpen(self):
        self.left = messages(self.factory.seed)
        self.say_next()

    def say_next(self):
        self.message = next(self.left, None)
        if self.message is None:
            self.sendClose(4000, "enough")
        else:
            is_text = isinstance(self.message, str)
            self.payload = self.message.encode() if is_text else self.message
            self.sendMessage(self.payload, isBinary=not is_text, fragmentSize=self.factory.fragment)

    def onMessage(self, payload, isBinary):
        same = payload == self.payload and isBinary == isinstance(self.message, bytes)
        if same:
            self.say_next()
        else:
            self.sendClose(4001, "not what was sent")

    def onClose(self, wasClean, code, reason):
        self.factory.over.set_result((wasClean, code, self._perMessageCompress is not None))


async def talk_autobahn(connection, offers, fragment, seed):
    connection.setblocking(False)
    factory = WebSocketClientFactory("ws://localhost/")
    factory.protocol = Talker
    factory.seed, factory.fragment, factory.over = seed, fragment, asyncio.get_running_loop().create_future()

    def accept(response):
        return PerMessageDeflateResponseAccept(response) if isinstance(response, PerMessageDeflateResponse) else None

    factory.setProtocolOptions(perMessageCompressionOffers=offers, perMessageCompressionAccept=accept)
    await asyncio.get_running_loop().create_connection(factory, sock=connection)
    return await factory.over


AUTOBAHN = [
    (lets_reset, lets_narrow, reset_server, server_bits)
    for lets_reset in (False, True)
    for lets_narrow in (False, True)
    for reset_server in (False, True)
    for server_bits in (0, 9, 15)
]


@pytest.mark.parametrize("fragment", [None, 100], ids=["whole", "fragments"])
@pytest.mark.parametrize("offer", [None, *AUTOBAHN], ids=str)
def test_autobahn(peer, offer, fragment):
    offers = [PerMessageDeflateOffer(*offer)] if offer else []
    got = run(peer, talk_autobahn(peer.connection, offers, fragment, str(offer)))
    assert got == (True, 4000, bool(offer))
