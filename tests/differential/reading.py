"""Reads a stream as a whole, apart from both libraries: what is the matter with it, and where. No verdict."""
import zlib
from dataclasses import dataclass, field

from streams import CLOSE, TAIL, TEXT, masked

EMPTY_FRAGMENTS_MAX = 1024
COMPRESSED_SLACK = 1024
FINAL_BLOCK = b"\x01\x00\x00\xff\xff"  # empty, stored: is taken only where a block may begin
HISTORY = 1 << 15


class Inflater:
    """A byte at a time, so that a distance over the window can't hide in the output of one call."""

    def __init__(self, bits):
        self.bits = bits
        self.history = b""
        self.inflater = zlib.decompressobj(-bits)
        self.final = False  # there was a final block

    def go_on(self):
        """Behind a final block, and where a message begins."""
        if self.inflater.eof:
            self.inflater = zlib.decompressobj(-self.bits, zdict=self.history) if self.history else zlib.decompressobj(-self.bits)

    def feed(self, data):
        """What comes out, and whether it is DEFLATE."""
        out = b""
        for i in range(len(data)):
            self.go_on()
            try:
                more = self.inflater.decompress(data[i:i + 1])
            except zlib.error:
                return out, False
            out += more
            self.history = (self.history + more)[-HISTORY:]
            self.final |= self.inflater.eof
        return out, True

    def end(self):
        """The same for the end of a message, and whether it ends between blocks."""
        if self.inflater.eof:
            return b"", True, True
        before, self.final = self.final, False
        out, good = self.feed(TAIL)
        if self.final:  # the tail was taken for a part of the last block: all of it, or there is a rest that is none
            return out, True, good and self.inflater.eof
        self.final = before
        if not good:
            return out, False, False
        probe = self.inflater.copy()
        try:
            return out, True, probe.decompress(FINAL_BLOCK) == b"" and probe.eof and not probe.unused_data
        except zlib.error:
            return out, True, False


@dataclass
class Reading:
    facts: set = field(default_factory=set)
    final_at: int = None     # the offset after which there was a final block
    forgotten_at: int = None  # the same of a control frame amid a compressed message
    window_at: int = None    # the same of a distance over the agreed window
    at: int = 0              # of the last frame read, which has the fault if there is one
    head: int = 2
    size: int = 0
    payload: bytes = b""
    messages: list = field(default_factory=list)  # before the fault
    text: bytes = b""        # of the message under way, as far as it has come
    compressed: bool = False


class Reader:
    def __init__(self, stream, upto):
        self.stream, self.data = stream, stream.data[:upto]
        self.got = Reading()
        self.kind = None
        self.strict, self.loose = Inflater(stream.in_bits()), Inflater(15)

    def head(self, p):
        got, first, second = self.got, p[0], p[1]
        opcode, rsv = first & 15, first & 0x70
        if self.stream.deflate and opcode in (1, 2):
            rsv &= ~0x40
        control = opcode & 8
        wide = {126: 2, 127: 8}.get(second & 127, 0)
        got.head = 2 + wide + (4 if second & 128 else 0)
        got.size = int.from_bytes(p[2:2 + wide], "big") if wide else second & 127
        got.facts |= {name for name, true in {
            "rsv": rsv, "mask": bool(second & 128) == self.stream.client, "opcode": opcode not in (0, 1, 2, 8, 9, 10),
            "stray": opcode == 0 and self.kind is None, "nested": opcode in (1, 2) and self.kind is not None,
            "control fragment": control and not first & 128, "control long": control and second & 127 > 125,
            "length form": len(p) >= 2 + wide and wide and (got.size < (126 if wide == 2 else 65536) or got.size >> 63),
        }.items() if true}
        return len(p) >= got.head

    def start(self, first):
        got = self.got
        self.kind, got.compressed = first & 15, bool(first & 0x40)
        self.wire = self.empties = 0
        self.out = got.text = b""
        for inflater in (self.strict, self.loose) if got.compressed else ():
            inflater.go_on()

    def add(self, payload, good):
        """What a compressed message became; its text."""
        self.out += payload
        limit = self.stream.limit
        if len(self.out) > limit:
            self.got.facts.add("inflated over limit")
        if not good:
            self.got.facts.add("bad deflate")

    def inflate(self, payload):
        """With the agreed window and with the largest; what is not the same in both refers too far back."""
        out, good = self.strict.feed(payload)
        loose, fine = self.loose.feed(payload)
        if (out, good) != (loose, fine) and self.got.window_at is None:
            self.got.window_at = self.got.at
        self.note_final()
        self.add(loose, fine)

    def note_final(self):
        if self.loose.final and self.got.final_at is None:
            self.got.final_at = self.got.at

    def data_frame(self, first, payload):
        got = self.got
        if first & 15:
            self.start(first)
        most = 2 * self.stream.limit + COMPRESSED_SLACK if got.compressed else self.stream.limit
        self.wire += got.size
        self.empties += got.size == 0
        got.facts |= {"wire over limit"} if self.wire > most else {"empties"} if self.empties > EMPTY_FRAGMENTS_MAX else set()
        if got.facts:
            return
        if got.compressed:
            self.inflate(payload)
        else:
            self.out += payload
        ended = first & 0x80 and len(payload) == got.size
        if ended:
            self.end()
        self.check_text(ended)
        if ended:
            if not got.facts:
                got.messages.append(("TEXT" if self.kind == TEXT else "BINARY", self.out))
            self.kind, got.compressed = None, False

    def end(self):
        if self.got.compressed:
            self.strict.end()
            out, good, whole = self.loose.end()
            self.note_final()
            self.add(out, good)
            if good and not whole:
                self.got.facts.add("not whole")
            if self.stream.in_no_context():
                self.strict, self.loose = Inflater(self.stream.in_bits()), Inflater(15)

    def check_text(self, ended):
        if self.kind != TEXT:
            return
        self.got.text = self.out
        try:
            self.out.decode()
        except UnicodeDecodeError as error:
            if ended or error.reason != "unexpected end of data":
                self.got.facts.add("bad text")

    def control_frame(self, opcode, payload):
        got = self.got
        if got.compressed and got.forgotten_at is None and len(payload) == got.size:
            got.forgotten_at = got.at
        if opcode == CLOSE:
            got.facts.add("close")

    def run(self):
        got = self.got
        while got.at < len(self.data):
            p = self.data[got.at:got.at + 14]
            if len(p) < 2 or not self.head(p) or got.facts:
                break
            payload = self.data[got.at + got.head:got.at + got.head + got.size]
            if p[1] & 128:
                mask = p[got.head - 4:got.head]
                payload = masked(payload, mask)
            got.payload = payload
            if p[0] & 8:
                self.control_frame(p[0] & 15, payload)
            else:
                self.data_frame(p[0], payload)
            if got.facts or len(payload) < got.size:
                break
            got.at += got.head + got.size
        return got


def read(stream, upto=None):
    return Reader(stream, len(stream.data) if upto is None else upto).run()
