"""The table of what is different between libws and wsproto, and why. A row says of a difference which aspects it explains."""
from typing import Callable, NamedTuple

from reading import read

WHEN, WHAT = 1, 2


class Row(NamedTuple):
    name: str
    what: str
    right: str
    explains: Callable


class Difference:
    """Where two that heard the same stream part; None is for silence up to its end."""

    def __init__(self, stream, libws, wsproto):
        self.stream, self.libws, self.wsproto = stream, libws, wsproto
        self.aspects = (WHEN if not libws or not wsproto or libws.piece != wsproto.piece else 0) | (
            WHAT if libws and wsproto and libws.what() != wsproto.what() else 0)
        self.reading = read(stream)

    def pieces(self):
        never = len(self.stream.ends)
        return (self.libws.piece if self.libws else never), (self.wsproto.piece if self.wsproto else never)


def compare(stream, libws, wsproto):
    """The first difference, or None."""
    for i in range(max(len(libws), len(wsproto))):
        mine, its = (events[i] if i < len(events) else None for events in (libws, wsproto))
        if mine != its:
            return Difference(stream, mine, its)
    return None


def fails(event, *codes):
    return event is not None and event.kind == "FAIL" and event.code in codes


def late(d):
    got = d.reading
    mine, its = d.pieces()
    due = d.stream.piece_of(got.at + got.head + (got.size > 0))
    if not got.facts & {"rsv", "mask", "stray", "nested"} or not fails(d.libws, 1002) or (d.wsproto and d.wsproto.kind != "FAIL"):
        return 0
    return WHEN if mine < its <= due else 0


def inflated_first(d):
    got = d.reading
    its = "nested" in got.facts and (got.compressed or d.stream.data[got.at] & 0x40)
    return WHAT if its and fails(d.libws, 1002) and fails(d.wsproto, 1007) else 0


def forgotten(d):
    at = d.reading.forgotten_at
    return WHEN | WHAT if at is not None and min(d.pieces()) >= d.stream.piece_of(at) else 0


def final_block(d):
    at = d.reading.final_at
    return WHEN | WHAT if at is not None and min(d.pieces()) >= d.stream.piece_of(at) else 0


def not_whole(d):
    its = "not whole" in d.reading.facts and fails(d.libws, 1007) and d.wsproto and d.wsproto.kind in ("TEXT", "BINARY")
    return WHAT if its else 0


def window(d):
    at = d.reading.window_at
    its = at is not None and min(d.pieces()) >= d.stream.piece_of(at) and (fails(d.libws, 1007) or fails(d.wsproto, 1007))
    return WHEN | WHAT if its else 0


def limit(d):
    over = d.reading.facts & {"wire over limit", "inflated over limit"}
    return WHEN | WHAT if over and fails(d.libws, 1009) else 0


def empties(d):
    return WHEN | WHAT if "empties" in d.reading.facts and fails(d.libws, 1008) else 0


def new_code(d):
    its = "close" in d.reading.facts and d.reading.payload[:2] == (1014).to_bytes(2, "big")
    mine = d.libws and (d.libws.kind, d.libws.code) == ("CLOSE", 1014) or fails(d.libws, 1007)
    return WHAT if its and mine and fails(d.wsproto, 1002) else 0


def is_half_surrogate(text):
    return len(text) > 1 and text[-2] == 0xED and 0xA0 <= text[-1] <= 0xBF


def surrogate(d):
    """Two bytes of a surrogate have come with libws's event. Before the third, other frames may."""
    if not fails(d.libws, 1007):
        return 0
    mine, its = d.pieces()
    if is_half_surrogate(d.reading.text):
        return WHAT | WHEN if mine <= its else 0
    return WHEN if mine < its and is_half_surrogate(read(d.stream, d.stream.ends[mine]).text) else 0


ROWS = [
    Row("head first", "a reserved bit, a wrong mask, a message inside another or a continuation of nothing: libws fails with the bytes "
        "that show it, wsproto when the length, or a byte of the payload, has come", "both: RFC 6455, 7.1.7 does not say when", late),
    Row("inflated first", "a message inside another, one of them compressed: libws fails with 1002 for that, wsproto inflates it and may "
        "fail with 1007 first", "libws: RFC 6455, 5.4: fragments of one message must not be mixed with another's", inflated_first),
    Row("control amid compressed", "a control frame between the fragments of a compressed message: wsproto takes what follows as not "
        "compressed", "libws: RFC 7692, 6.2: RSV1 of the first fragment holds for the message; RFC 6455, 5.4: control frames may come between",
        forgotten),
    Row("final block", "a block with BFINAL set: libws goes on behind it with the same window, wsproto leaves out all that comes then",
        "libws: RFC 7692, 7.2.3.4 and 7.2.3.5", final_block),
    Row("not whole", "compressed data that ends inside a block, such as none at all: libws fails with 1007, wsproto takes what came out",
        "libws: RFC 7692, 7.2.2: with 00 00 ff ff behind it, it is whole DEFLATE; 7.2.3.6: an empty message is the byte 00", not_whole),
    Row("window", "a distance over the agreed window: zlib sees that or not, as the output is cut",
        "both: RFC 7692, 7.1.2: the peer broke what it agreed on; nothing outside the window is read", window),
    Row("limit", "a message over the limit: libws fails with 1009, wsproto has no limit", "libws: RFC 6455, 10.4", limit),
    Row("empty fragments", "more than WS_EMPTY_FRAGMENTS_MAX empty fragments in a message: libws fails with 1008, wsproto takes them",
        "both: RFC 6455, 10.4 lets an implementation have limits", empties),
    Row("new close code", "close code 1014: libws takes it (or fails with 1007 for its reason), wsproto fails with 1002",
        "libws: it is registered with IANA, as RFC 6455, 7.4.2 and 11.7 provide for", new_code),
    Row("surrogate", "a surrogate in a text: libws fails with its second byte, wsproto with the third, before which it may hear other frames",
        "both: RFC 6455, 8.1; RFC 3629, 4 has no such second byte", surrogate),
]


def explain(difference):
    """The rows that explain it, and what is left of its aspects."""
    used, left = [], difference.aspects
    for row in ROWS:
        explained = row.explains(difference) & difference.aspects
        if explained:
            used.append(row.name)
        left &= ~explained
    return used, left
