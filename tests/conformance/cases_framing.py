"""Sections 1 to 5 (framing, pings, reserved bits, opcodes, fragmentation), 7 (closing) and 10."""

from cases import Closed, Fails, case, gives, pongs, says
from frames import BINARY, TEXT, binary, chops, close, fragments, frame, more, octets, ping, pong, text, together

HELLO = b"Hello, world!"
BYTES = bytes([0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF])
ONE, TWO, THREE, FOUR = (b"fragment%d" % n for n in (1, 2, 3, 4))


def framewise(*frames):
    return list(frames)


def whole(number, opcode, payload, chop=None):
    frames = frame(opcode, payload)
    return case(number, chops(chop, frames) if chop else [frames], (says if opcode == TEXT else gives)(payload))


SIZES = [(0, None), (125, None), (126, None), (127, None), (128, None), (65535, None), (65536, None), (65536, 997)]

FRAMING = [
    *(whole(f"1.1.{n}", TEXT, b"*" * size, chop) for n, (size, chop) in enumerate(SIZES, 1)),
    *(whole(f"1.2.{n}", BINARY, b"\xfe" * size, chop) for n, (size, chop) in enumerate(SIZES, 1)),
]

PAYLOADS = [b"payload-%d" % n for n in range(10)]

PINGS = [
    case("2.1", together(ping()), pongs()),
    case("2.2", together(ping(HELLO)), pongs(HELLO)),
    case("2.3", together(ping(BYTES)), pongs(BYTES)),
    case("2.4", together(ping(b"\xfe" * 125)), pongs(b"\xfe" * 125)),
    case("2.5", together(ping(b"\xfe" * 126)), end=Fails(1002)),
    case("2.6", octets(ping(b"\xfe" * 125)), pongs(b"\xfe" * 125)),
    case("2.7", together(pong())),
    case("2.8", together(pong(b"nobody asked"))),
    case("2.9", together(pong(b"nobody asked"), ping(HELLO)), pongs(HELLO)),
    case("2.10", together(*map(ping, PAYLOADS)), *map(pongs, PAYLOADS)),
    case("2.11", octets(*map(ping, PAYLOADS)), *map(pongs, PAYLOADS)),
]


def after_hello(number, cut, *frames):
    """What is wrong comes behind a good message, which is answered, and before a ping, which is not."""
    return case(number, cut(text(HELLO), *frames, ping()), says(HELLO), end=Fails(1002))


RESERVED_BITS = [
    case("3.1", together(text(HELLO, rsv=1)), end=Fails(1002)),
    after_hello("3.2", together, text(HELLO, rsv=2)),
    after_hello("3.3", framewise, text(HELLO, rsv=3)),
    after_hello("3.4", octets, text(HELLO, rsv=4)),
    case("3.5", together(binary(BYTES, rsv=5)), end=Fails(1002)),
    case("3.6", together(ping(HELLO, rsv=6)), end=Fails(1002)),
    case("3.7", together(close(1000, rsv=7)), end=Fails(1002)),
]

OPCODES = [
    case("4.1.1", together(frame(3)), end=Fails(1002)),
    case("4.1.2", together(frame(4, b"reserved")), end=Fails(1002)),
    after_hello("4.1.3", together, frame(5)),
    after_hello("4.1.4", together, frame(6, HELLO)),
    after_hello("4.1.5", octets, frame(7, HELLO)),
    case("4.2.1", together(frame(11)), end=Fails(1002)),
    case("4.2.2", together(frame(12, b"reserved")), end=Fails(1002)),
    after_hello("4.2.3", together, frame(13)),
    after_hello("4.2.4", together, frame(14, HELLO)),
    after_hello("4.2.5", octets, frame(15, HELLO)),
]


def in_two(number, cut, *between):
    frames = [text(ONE, fin=False), *map(ping, between), more(TWO)]
    return case(number, cut(*frames), *map(pongs, between), says(ONE + TWO))


def continuing_nothing(number, cut, fin):
    return case(number, cut(more(b"nothing before", fin=fin), text(HELLO)), end=Fails(1002))


def five_parts(number, cut):
    """The first ping is answered while the message is under way, and before more of it is sent."""
    parts = [b"fragment%d" % n for n in range(1, 6)]
    first = cut(text(parts[0], fin=False), more(parts[1], fin=False), ping(b"now"))
    second = cut(more(parts[2], fin=False), more(parts[3], fin=False), ping(b"again"), more(parts[4]))
    return case(number, first, pongs(b"now"), second, pongs(b"again"), says(b"".join(parts)))


def twice_continuing_nothing(number, fin):
    frames = [more(ONE, fin=fin), text(TWO, fin=False), more(THREE)]
    return case(number, together(*frames, *frames), end=Fails(1002))


FRAGMENTATION = [
    case("5.1", together(ping(ONE, fin=False), more(TWO)), end=Fails(1002)),
    case("5.2", together(pong(ONE, fin=False), more(TWO)), end=Fails(1002)),
    in_two("5.3", together),
    in_two("5.4", framewise),
    in_two("5.5", octets),
    in_two("5.6", together, b"between"),
    in_two("5.7", framewise, b"between"),
    in_two("5.8", octets, b"between"),
    continuing_nothing("5.9", together, fin=True),
    continuing_nothing("5.10", framewise, fin=True),
    continuing_nothing("5.11", octets, fin=True),
    continuing_nothing("5.12", together, fin=False),
    continuing_nothing("5.13", framewise, fin=False),
    continuing_nothing("5.14", octets, fin=False),
    case(
        "5.15",
        together(text(ONE, fin=False), more(TWO), more(THREE, fin=False), text(FOUR)),
        says(ONE + TWO),
        end=Fails(1002),
    ),
    twice_continuing_nothing("5.16", fin=False),
    twice_continuing_nothing("5.17", fin=True),
    case("5.18", together(text(ONE, fin=False), text(TWO)), end=Fails(1002)),
    five_parts("5.19", together),
    five_parts("5.20", framewise),
]

LONG = b"0123456789abcdef" * (1 << 14)
CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
BAD_CODES = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999]
SURROGATE_INSIDE = "κ\u1f79σμε".encode() + b"\xed\xa0\x80edited"

CLOSING = [
    case("7.1.1", together(text(HELLO)), says(HELLO)),
    case("7.1.2", together(close(1000), close()), end=Closed(1000)),
    case("7.1.3", together(close(1000), ping()), end=Closed(1000)),
    case("7.1.4", together(text(HELLO), close(1000), text(HELLO)), says(HELLO), end=Closed(1000)),
    case("7.1.5", together(text(ONE, fin=False), close(1000), more(TWO)), end=Closed(1000)),
    case("7.1.6", together(text(LONG), text(HELLO), close(1000), ping()), says(LONG), says(HELLO), end=Closed(1000)),
    case("7.3.1", together(close()), end=Closed(None)),
    case("7.3.2", together(frame(8, b"\x03")), end=Fails(1002)),
    case("7.3.3", together(close(1000)), end=Closed(1000)),
    case("7.3.4", together(close(1000, HELLO)), end=Closed(1000)),
    case("7.3.5", together(close(1000, b"*" * 123)), end=Closed(1000)),
    case("7.3.6", together(close(1000, b"*" * 124)), end=Fails(1002)),
    case("7.5.1", together(close(1000, SURROGATE_INSIDE)), end=Fails(1007)),
    *(case(f"7.7.{n}", together(close(code)), end=Closed(code)) for n, code in enumerate(CODES, 1)),
    *(case(f"7.9.{n}", together(close(code)), end=Fails(1002)) for n, code in enumerate(BAD_CODES, 1)),
    case("7.13.1", together(close(5000)), end=Fails(1002)),
    case("7.13.2", together(close(65535)), end=Fails(1002)),
]

STARS = b"*" * 65536

MISC = [case("10.1.1", together(*fragments(TEXT, STARS, 1300)), says(STARS))]

SECTIONS = [*FRAMING, *PINGS, *RESERVED_BITS, *OPCODES, *FRAGMENTATION, *CLOSING, *MISC]
