"""Section 6: UTF-8, by RFC 3629. From 6.5 on each text is one case: GOOD is echoed, BAD fails with 1007."""

from cases import QUIET, Fails, case, says
from frames import TEXT, fragments, more, text, together

KOSME = "κ\u1f79σμε".encode()  # with an accent of three bytes
MIXED = "Hello-µ@ßöäüàá-UTF-8!!".encode()
SURROGATE = KOSME + b"\xed\xa0\x80" + b"edited"
TOO_HIGH = b"\xf4\x90\x80\x80"  # U+110000: the second byte is what can't be
PAST = KOSME + TOO_HIGH + b"edited"


def good(number, payload, size=None):
    return case(number, fragments(TEXT, payload, size) if size else [text(payload)], says(payload))


def bad(number, payload, size=None):
    return case(number, together(*fragments(TEXT, payload, size)) if size else [text(payload)], end=Fails(1007))


def fast_in_frames(number, first, second):
    """The second frame makes it bad: the close comes before the third is sent, which it never is."""
    return case(number, [text(first, fin=False)], QUIET, [more(second, fin=False)], end=Fails(1007))


def fast_in_chops(number, first, second):
    """The same inside one frame, whose head promises all of it."""
    whole = text(PAST)
    head = len(whole) - len(PAST)
    cut = head + len(first)
    return case(number, [whole[:cut]], QUIET, [whole[cut : cut + len(second)]], end=Fails(1007))


FRAGMENTS = [
    good("6.1.1", b""),
    case("6.1.2", together(text(fin=False), more(fin=False), more()), says(b"")),
    case("6.1.3", together(text(fin=False), more(b"middle", fin=False), more()), says(b"middle")),
    good("6.2.1", MIXED),
    case("6.2.2", together(text("Hello-µ@ßöä".encode(), fin=False), more("üàá-UTF-8!!".encode())), says(MIXED)),
    good("6.2.3", MIXED, 1),
    good("6.2.4", KOSME, 1),
    bad("6.3.1", SURROGATE),
    bad("6.3.2", SURROGATE, 1),
    fast_in_frames("6.4.1", KOSME, TOO_HIGH),
    fast_in_frames("6.4.2", KOSME + TOO_HIGH[:1], TOO_HIGH[1:2]),
    fast_in_chops("6.4.3", KOSME, TOO_HIGH),
    fast_in_chops("6.4.4", KOSME + TOO_HIGH[:1], TOO_HIGH[1:2]),
]


def every_other(first, last):
    """Lead bytes, each before a space. The last of a range is left out, as it is in the original."""
    return b"".join(bytes([byte, 0x20]) for byte in range(first, last))


def text_of(*points):
    return [chr(point).encode() for point in points]


MISSING_LAST = [
    *(b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x80\x80\x80", b"\xfc\x80\x80\x80\x80"),
    *(b"\xdf", b"\xef\xbf", b"\xf7\xbf\xbf", b"\xfb\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf"),
]
HIGH, LOW = (b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xaf\xbf"), (b"\xed\xb0\x80", b"\xed\xbf\xbf")
CONTINUATIONS = b"\x80\xbf" * 3
NONCHARACTERS = [plane << 16 | end for plane in range(17) for end in (0xFFFE, 0xFFFF)]  # valid all the same

GOOD, BAD = True, False

# Each subsection is a list of (GOOD or BAD, its texts), counted through.
TEXTS = {
    5: [(GOOD, [b"hello$world", "hello¢world".encode(), "hello€world".encode(), "hello\U00024b62world".encode(), KOSME])],
    6: [(n in (2, 5, 7, 9, 11), [KOSME[:n]]) for n in range(1, len(KOSME) + 1)],  # every prefix
    7: [(GOOD, text_of(0x0, 0x80, 0x800, 0x10000))],  # the first of each length
    8: [(BAD, [b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"])],  # the first of five and of six bytes
    9: [(GOOD, text_of(0x7F, 0x7FF, 0xFFFF, 0x10FFFF))],  # the last of each length
    10: [(BAD, [b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf"])],
    11: [(GOOD, text_of(0xD7FF, 0xE000, 0xFFFD, 0x10FFFF)), (BAD, [TOO_HIGH])],  # either side of a boundary
    12: [(BAD, [b"\x80", b"\xbf", *(CONTINUATIONS[:n] for n in range(2, 7)), bytes(range(0x80, 0xBF))])],  # of nothing
    13: [(BAD, [every_other(*span) for span in [(0xC0, 0xDF), (0xE0, 0xEF), (0xF0, 0xF7), (0xF8, 0xFB), (0xFC, 0xFD)]])],
    14: [(BAD, MISSING_LAST)],
    15: [(BAD, [b"".join(MISSING_LAST)])],
    16: [(BAD, [b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"])],  # never used
    17: [(BAD, [b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf", b"\xfc\x80\x80\x80\x80\xaf"])],
    18: [(BAD, [b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf", b"\xfc\x83\xbf\xbf\xbf\xbf"])],
    19: [(BAD, [b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf8\x80\x80\x80\x80", b"\xfc\x80\x80\x80\x80\x80"])],
    20: [(BAD, [*HIGH, LOW[0], b"\xed\xbe\x80", LOW[1]])],  # surrogates alone
    21: [(BAD, [high + low for high in HIGH for low in LOW])],  # and in pairs
    22: [(GOOD, text_of(*NONCHARACTERS))],
    23: [(GOOD, text_of(*range(0xFFF9, 0x10000)))],
}


def count_through(subsection, groups):
    flat = [(is_good, payload) for is_good, payloads in groups for payload in payloads]
    return [(good if is_good else bad)(f"6.{subsection}.{n}", payload) for n, (is_good, payload) in enumerate(flat, 1)]


SECTIONS = FRAGMENTS + [case for subsection, groups in TEXTS.items() for case in count_through(subsection, groups)]
