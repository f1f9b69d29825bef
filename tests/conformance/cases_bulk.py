"""Sections 9 (large messages, many messages), 12 and 13 (compression).

The sizes and fragments are those of the sections; how many messages are sent is in SHORT, and with CONFORMANCE=full it is
FULL everywhere.
"""

import os
from collections import namedtuple

import testdata
from deflating import offer_of
from frames import BINARY, TEXT, chops

FULL = 1000
SHORT = {0: 200, 16: 200, 64: 200, 256: 150, 1024: 100, 4096: 50, 8192: 40, 16384: 25, 32768: 15, 65536: 8, 131072: 5}
IS_FULL = os.environ.get("CONFORMANCE") == "full"

KIB, MIB = 1 << 10, 1 << 20
ALPHABET = "".join(chr(point) for point in [*range(0x20, 0x7F), 0xE9, 0x20AC, 0x1F600]).encode()


def messages_of(size):
    return FULL if IS_FULL else SHORT[size]


def filled(opcode, size):
    """Content in which a lost, doubled or moved byte shows."""
    if opcode == BINARY:
        block = bytes((n * n + n // 251) & 0xFF for n in range(65521))
        return (block * (size // len(block) + 1))[:size]
    block = ALPHABET * 599 + b"-"
    whole = (block * (size // len(block) + 1))[:size].decode(errors="ignore").encode()  # no character cut at the end
    return whole + b"*" * (size - len(whole))


class Large(namedtuple("Large", "number opcode size fragment chop")):
    """One message, in one frame or in fragments, which the network may chop."""

    def play(self, echo):
        peer = echo.connect()
        assert peer.shake_hands() is None
        payload = filled(self.opcode, self.size)
        peer.send(chops(self.chop or 256 * KIB, peer.message(self.opcode, payload, size=self.fragment)))
        peer.expect(self.opcode, payload)
        peer.leave()
        peer.finish()


class Many(namedtuple("Many", "number opcode size")):
    """Messages one after the other, each sent when the one before has come back."""

    def play(self, echo):
        peer = echo.connect()
        assert peer.shake_hands() is None
        data = testdata.html_text() if self.opcode == TEXT else testdata.picture()
        for payload in testdata.cut(data, self.size, messages_of(self.size)):
            peer.echo(self.opcode, payload)
        peer.leave()
        peer.finish()


LARGE = [64 * KIB, 256 * KIB, 1 * MIB, 4 * MIB, 8 * MIB, 16 * MIB]
FRAGMENTS = [64, 256, 1 * KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, 1 * MIB, 4 * MIB]
CHOPS = [64, 128, 256, 512, 1024, 2048]
SMALL = [0, 16, 64, 256, 1024, 4096]


def each(cls, sub, *rows):
    """A case for each row, as text in subsection `sub` and as binary in the next."""
    for kind, opcode in enumerate((TEXT, BINARY)):
        for n, row in enumerate(rows, 1):
            yield cls(f"9.{sub + kind}.{n}", opcode, *row)


LIMITS = [
    *each(Large, 1, *((size, None, None) for size in LARGE)),
    *each(Large, 3, *((4 * MIB, size, None) for size in FRAGMENTS)),
    *each(Large, 5, *((1 * MIB, None, size) for size in CHOPS)),
    *each(Many, 7, *((size,) for size in SMALL)),
]

Data = namedtuple("Data", "opcode make shrinks")  # shrinks: to how much of its size DEFLATE gets it for certain

JSON = Data(TEXT, testdata.json_text, 0.8)
PICTURE = Data(BINARY, testdata.picture, 1.0)
PROSE = Data(BINARY, testdata.prose, 0.8)
HTML = Data(TEXT, testdata.html_text, 0.6)
DOCUMENT = Data(BINARY, testdata.document, 1.01)

WORTH_IT = 1024  # bytes: a message from here on has to come compressed


class Compressed(namedtuple("Compressed", "number data size fragment offers answer")):
    """Messages of that size, compressed, cut into frames of `fragment` bytes where that is not None."""

    def play(self, echo):
        peer = echo.connect()
        answer = peer.shake_hands([", ".join(self.offers)])
        assert answer == self.answer
        peer.agree(self.offers[0], answer)
        count = messages_of(self.size)
        for payload in testdata.cut(self.data.make(), self.size, count):
            peer.echo(self.data.opcode, payload, size=self.fragment)
        if self.size >= WORTH_IT:
            assert peer.wire < self.data.shrinks * self.size * count, "not compressed"
        peer.leave()
        peer.finish()


MESSAGES = [
    *((size, None) for size in (16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072)),
    *((size, 256) for size in (8192, 16384, 32768, 65536, 131072)),
    *((131072, size) for size in (1024, 4096, 32768)),
]


def compressed(subsection, data, answer, *offers):
    return [
        Compressed(f"{subsection}.{n}", data, size, fragment, offers, answer)
        for n, (size, fragment) in enumerate(MESSAGES, 1)
    ]


def offer(**parameters):
    """A client that says in each offer what the server may ask of it."""
    return offer_of(**parameters, client_no_context_takeover=True, client_max_window_bits=True)


def answer(**parameters):
    """What libws says to that: it takes a context that is offered back, and leaves the client its window."""
    return offer_of(server_no_context_takeover=parameters.get("server_no_context_takeover"), client_no_context_takeover=True,
                    server_max_window_bits=parameters.get("server_max_window_bits"))


COMPRESSION = [
    case
    for n, data in enumerate((JSON, PICTURE, PROSE, HTML, DOCUMENT), 1)
    for case in compressed(f"12.{n}", data, answer(), offer())
]

RESET = {"server_no_context_takeover": True}
OFFERS = [
    [{}],
    [RESET],
    [{"server_max_window_bits": 8}],
    [{"server_max_window_bits": 15}],
    [{**RESET, "server_max_window_bits": 8}],
    [{**RESET, "server_max_window_bits": 15}],
    [{**RESET, "server_max_window_bits": 8}, RESET, {}],
]

PARAMETERS = [
    case
    for n, offers in enumerate(OFFERS, 1)
    for case in compressed(f"13.{n}", JSON, answer(**offers[0]), *(offer(**parameters) for parameters in offers))
]

SECTIONS = [*LIMITS, *COMPRESSION, *PARAMETERS]
