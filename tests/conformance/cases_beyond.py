"""What the numbered sections leave out of RFC 6455 and RFC 7692: frames and compressed data."""

import zlib

import testdata
from cases import QUIET, Closed, Fails, case, gives, pongs, says
from deflating import TAIL
from frames import BINARY, CLOSE, PING, PONG, RSV1, RSV2, RSV3, TEXT
from frames import binary, close, fragments, frame, more, octets, ping, pong, text, together

LIMIT = 16 << 20  # of a message, in examples/echo
DEFLATE = "permessage-deflate"
HELLO = b"Hello"
NAMES = {0: "continuation", TEXT: "text", BINARY: "binary", CLOSE: "close", PING: "ping", PONG: "pong"}


def deflated(name, *steps, **how):
    """A case on a connection where permessage-deflate is agreed on."""
    return case(name, *steps, offer=DEFLATE, answer=DEFLATE, **how)


def squeeze(*parts, final=False):
    """One message, a flush behind each part: the pieces to send, the last without its tail (RFC 7692, 7.2.1)."""
    deflater = zlib.compressobj(wbits=-15)
    pieces = [deflater.compress(part) + deflater.flush(zlib.Z_SYNC_FLUSH) for part in parts]
    return [*pieces[:-1], pieces[-1].removesuffix(TAIL)]


def zipped(payload, opcode=TEXT, **how):
    return frame(opcode, *squeeze(payload), rsv=RSV1, **how)


# RFC 6455, 5.2 and RFC 7692, 6: reserved bits.

BITS = [
    *(case(f"rsv1, not agreed, {NAMES[op]}", [frame(op, b"\x03\xe8", rsv=RSV1)], end=Fails(1002)) for op in NAMES),
    *(deflated(f"rsv2, {NAMES[op]}", [frame(op, b"\x03\xe8", rsv=RSV2)], end=Fails(1002)) for op in NAMES),
    *(deflated(f"rsv3, {NAMES[op]}", [frame(op, b"\x03\xe8", rsv=RSV3)], end=Fails(1002)) for op in NAMES),
    *(deflated(f"rsv1, {NAMES[op]}", [frame(op, b"\x03\xe8", rsv=RSV1)], end=Fails(1002)) for op in (0, CLOSE, PING, PONG)),
    deflated(
        "rsv1, continuation of a compressed message",
        together(text(b"\xf2\x48", fin=False, rsv=RSV1), more(b"\xcd\xc9\xc9\x07\x00", rsv=RSV1)),
        end=Fails(1002),
    ),
    deflated(
        "rsv1, continuation of a plain message",
        together(text(b"plain", fin=False), more(b"\x00", rsv=RSV1)),
        end=Fails(1002),
    ),
    deflated("rsv1, ping amid a compressed message",
             together(text(b"\xf2\x48", fin=False, rsv=RSV1), ping(rsv=RSV1)), end=Fails(1002)),
]

# RFC 7692, 7.2.3: its own examples; and more of what a sender may do.

SECOND_HELLO = b"\xf2\x00\x11\x00\x00"  # refers to the first
FINAL_HELLO = b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"  # BFINAL, and the padding octet
ONE_HELLO = b"\xf2\x48\xcd\xc9\xc9\x07\x00"


def z(*payloads):
    return together(*(text(payload, rsv=RSV1) for payload in payloads))


BLOCKS = [
    deflated("7.2.3.1, one block", z(ONE_HELLO), says(HELLO)),
    deflated("7.2.3.1, in two fragments", together(text(ONE_HELLO[:3], fin=False, rsv=RSV1), more(ONE_HELLO[3:])), says(HELLO)),
    deflated("7.2.3.1, octet by octet", octets(*z(ONE_HELLO)), says(HELLO)),
    deflated("7.2.3.1, a fragment an octet", fragments(TEXT, ONE_HELLO, 1, RSV1), says(HELLO)),
    deflated("7.2.3.2, sharing the window", z(ONE_HELLO, SECOND_HELLO), says(HELLO), says(HELLO)),
    deflated("7.2.3.3, stored", z(b"\x00\x05\x00\xfa\xffHello\x00"), says(HELLO)),
    deflated("7.2.3.4, final block", z(FINAL_HELLO), says(HELLO)),
    deflated("7.2.3.4, final blocks, then others", z(FINAL_HELLO, FINAL_HELLO, ONE_HELLO, FINAL_HELLO), *[says(HELLO)] * 4),
    deflated("7.2.3.4, the window lives on", z(FINAL_HELLO, SECOND_HELLO), says(HELLO), says(HELLO)),
    deflated("7.2.3.4, a final block inside a message", z(FINAL_HELLO[:-1] + ONE_HELLO), says(HELLO + HELLO)),
    deflated("7.2.3.4, octet by octet", octets(*z(FINAL_HELLO, ONE_HELLO)), says(HELLO), says(HELLO)),
    deflated("7.2.3.5, two blocks", z(b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), says(HELLO)),
    deflated("7.2.3.6, empty text", z(b"\x00"), says(b"")),
    deflated("7.2.3.6, empty binary", [binary(b"\x00", rsv=RSV1)], gives(b"")),
    deflated("7.2.3.6, empty, by a block of fixed codes", z(b"\x02\x00"), says(b"")),
    deflated("7.2.3.6, empty fragments around",
             together(text(fin=False, rsv=RSV1), more(ONE_HELLO, fin=False), more()), says(HELLO)),
    deflated("6.2, a plain message between", together(*z(ONE_HELLO), text(b"plain"), *z(SECOND_HELLO)),
             says(HELLO), says(b"plain"), says(HELLO)),
    deflated("6.1, control frames amid the fragments",
             together(text(ONE_HELLO[:2], fin=False, rsv=RSV1), ping(b"1"), pong(b"2"), more(ONE_HELLO[2:4], fin=False),
                      ping(b"3"), more(ONE_HELLO[4:])),
             pongs(b"1"), pongs(b"3"), says(HELLO)),
    deflated("6.1, a close amid the fragments",
             together(text(ONE_HELLO[:2], fin=False, rsv=RSV1), close(1001)), end=Closed(1001)),
    deflated("6.1, a new message amid the fragments",
             together(text(ONE_HELLO[:2], fin=False, rsv=RSV1), *z(ONE_HELLO)), end=Fails(1002)),
]

# Compressed data that is none.

ENGLISH = testdata.html_text()[:5000]
WHOLE = squeeze(ENGLISH)[0]

BROKEN = [
    deflated("deflate, nothing at all", z(b""), end=Fails(1007)),
    deflated("deflate, cut in half", z(WHOLE[: len(WHOLE) // 2]), end=Fails(1007)),
    deflated("deflate, cut by an octet", z(ONE_HELLO[:-1]), end=Fails(1007)),
    deflated("deflate, cut by two octets", z(ONE_HELLO[:-2]), end=Fails(1007)),
    deflated("deflate, a stored block that ends early", z(b"\x00\xff\x00\x00\xffHello"), end=Fails(1007)),
    deflated("deflate, a stored length that is not so", z(b"\x00\x05\x00\x05\x00Hello\x00"), end=Fails(1007)),
    deflated("deflate, reserved block type", z(b"\x07"), end=Fails(1007)),
    deflated("deflate, before the window", z(SECOND_HELLO), end=Fails(1007)),
    deflated("deflate, plain text with the bit", z(b"{plain text}"), end=Fails(1007)),
    deflated("deflate, zlib's head", z(zlib.compress(HELLO)), end=Fails(1007)),
    deflated("deflate, bad before the frame is whole", [text(b"\x07", rsv=RSV1, length=1000)], end=Fails(1007)),
    deflated("deflate, bad before the message is whole", [text(b"\x07", rsv=RSV1, fin=False)], end=Fails(1007)),
    deflated("deflate, bad after a final block", z(FINAL_HELLO[:-1] + b"\x07"), end=Fails(1007)),
]

FIRST, SECOND, _ = squeeze(b"good so far \xe2\x82", b"( no longer", b"never sent")
TOO_HIGH_FIRST, TOO_HIGH_SECOND, _ = squeeze("κόσμε".encode(), b"\xf4\x90", b"\x80\x80")
FRAME = text(FIRST + SECOND + bytes(1000), rsv=RSV1)
CUT = len(FRAME) - 1000 - len(SECOND)
EURO_FIRST, EURO_SECOND = squeeze(b"\xe2\x82", b"\xac")

UTF8 = [
    deflated("utf-8, bad in a compressed message", [zipped(b"\xff")], end=Fails(1007)),
    deflated("utf-8, cut off in a compressed message", [zipped(b"\xe2\x82")], end=Fails(1007)),
    deflated("utf-8, not looked for in binary", [zipped(b"\xff\xe2\x82", BINARY)], gives(b"\xff\xe2\x82")),
    deflated("utf-8, a character across compressed fragments",
             together(text(EURO_FIRST, fin=False, rsv=RSV1), more(EURO_SECOND)), says("€".encode())),
    deflated("utf-8, bad in a compressed fragment, at once",
             [text(FIRST, fin=False, rsv=RSV1)], QUIET, [more(SECOND, fin=False)], end=Fails(1007)),
    deflated("utf-8, past U+10FFFF in a compressed fragment, at once",
             [text(TOO_HIGH_FIRST, fin=False, rsv=RSV1)], QUIET, [more(TOO_HIGH_SECOND, fin=False)], end=Fails(1007)),
    deflated("utf-8, bad in a part of a compressed frame, at once",
             [FRAME[:CUT]], QUIET, [FRAME[CUT:-1000]], end=Fails(1007)),
    *(case(f"utf-8, bad close reason {bad.hex()}", [close(1000, b"so " + bad)], end=Fails(1007))
      for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80")),
    case("utf-8, a close reason of the longest", [close(1000, "é".encode() * 61)], end=Closed(1000)),
    case("utf-8, each message by itself", together(text("é".encode()), text(b"x")), says("é".encode()), says(b"x")),
    case("utf-8, a ping inside a character", together(text(b"\xe2", fin=False), ping(b"\xff"), more(b"\x82\xac")),
         pongs(b"\xff"), says("€".encode())),
]

# RFC 6455, 5.1 and 5.2: heads of frames.

HEADS = [
    *(case(f"unmasked, {NAMES[op]}", [frame(op, b"\x03\xe8", masked=False)], end=Fails(1002)) for op in NAMES),
    case("unmasked, empty", [frame(TEXT, masked=False)], end=Fails(1002)),
    *(case(f"64 bits, {length:#x}", [binary(form=64, length=length)], end=Fails(1002)) for length in (1 << 63, (1 << 64) - 1)),
    *(case(f"not the shortest length, {size} in {form} bits", [binary(b" " * size, form=form)], end=Fails(1002))
      for size, form in [(0, 16), (125, 16), (0, 64), (125, 64), (126, 64), (65535, 64)]),
    case("not the shortest length, ping", [ping(b"x", form=16)], end=Fails(1002)),
    case("one byte at a time, with 16 bits", octets(binary(b"x" * 300)), gives(b"x" * 300)),
    case("over the limit by its head alone", [binary(length=LIMIT + 1)], end=Fails(1009)),
    case("over the limit, huge", [binary(length=(1 << 63) - 1)], end=Fails(1009)),
    case("over the limit in fragments", together(binary(b"x" * 1000, fin=False), more(length=LIMIT - 999)), end=Fails(1009)),
    deflated("over the limit, plain where compression is agreed on", [binary(length=LIMIT + 1)], end=Fails(1009)),
    *(case(f"close code {code}", [close(code)], end=Closed(code)) for code in (1012, 1013, 1014)),
    case("close code 1015", [close(1015)], end=Fails(1002)),
    case("close amid the fragments, with a reason", together(text(b"a", fin=False), close(4000, b"enough")), end=Closed(4000)),
]

TABLE = [*BITS, *BLOCKS, *BROKEN, *UTF8, *HEADS]
