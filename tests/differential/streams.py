"""Streams with permessage-deflate by chance: what a peer sends, and how it arrives."""
import random
import struct
import zlib
from dataclasses import dataclass, field

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
TAIL = b"\x00\x00\xff\xff"
LIMITS = [100, 5000] + [100000] * 10
CODES = [0, 999, 1000, 1001, 1004, 1005, 1006, 1007, 1011, 1012, 1013, 1014, 1015, 1016, 2999, 3000, 4999, 5000, 65535]
WORDS = ["chat", "socket ", "aaaa", "é", "€", "😀", "\ud7ff", "\ue000", "\x00", "lorem ipsum dolor "]
NOT_UTF8 = [b"\x80", b"\xc0\x80", b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xff", b"\xe2\x82", b"\xed\xbf"]


@dataclass
class Stream:
    seed: int
    client: bool  # the one that hears is the client
    limit: int
    deflate: bool
    server_no_context: bool
    client_no_context: bool
    server_bits: int
    client_bits: int
    rest: bool
    data: bytes = b""
    ends: list = field(default_factory=list)  # of the pieces

    def pieces(self):
        return [self.data[start:end] for start, end in zip([0] + self.ends, self.ends)]

    def in_bits(self):
        return self.server_bits if self.client else self.client_bits

    def in_no_context(self):
        return self.server_no_context if self.client else self.client_no_context

    def piece_of(self, offset):
        """The first piece with which `offset` bytes have come; their number when that never happens."""
        return next((i for i, end in enumerate(self.ends) if end >= offset), len(self.ends))


def masked(payload, mask):
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big") if size else b""


class Sender:
    """The peer, which makes mistakes."""

    def __init__(self, stream):
        self.stream = stream
        self.dice = random.Random(stream.seed ^ 0x7692)
        self.sent = bytearray()
        self.deflater, self.history = None, b""
        self.forgets_to_forget = self.one_in(12)  # keeps a context that is not to be kept
        self.faulty = True  # heads are wrong now and then
        # now and then a window larger than was agreed on
        self.bits = 15 if self.one_in(6) else stream.in_bits()

    def one_in(self, n):
        return self.dice.randrange(n) == 0

    def frame(self, first, payload):
        length = len(payload)
        mask_bit = 0 if self.stream.client else 0x80
        if self.faulty and self.one_in(300):
            mask_bit ^= 0x80
        wide = 0 if length < 126 else 2 if length < 65536 else 8
        if self.faulty and self.one_in(300):
            wide = 8 if wide else self.dice.choice([2, 8])
        if self.faulty and self.one_in(150):
            first ^= 1 << self.dice.randrange(8)
        size = length.to_bytes(wide, "big") if wide else b""
        mask = self.dice.choice([b"\0\0\0\0", self.dice.randbytes(4)])
        self.sent += bytes([first, mask_bit | {0: length, 2: 126, 8: 127}[wide]]) + size
        if mask_bit:
            self.sent += mask
            payload = masked(payload, mask)
        self.sent += payload

    def text(self):
        whole = "".join(self.dice.choice(WORDS) for _ in range(self.dice.choice([0, 1, 5, 30, 400, 2000]))).encode("utf-8", "surrogatepass")
        if self.one_in(10):
            at = self.dice.randrange(len(whole) + 1)
            whole = whole[:at] + self.dice.choice(NOT_UTF8) + whole[at:]
        return whole

    def new_deflater(self):
        """Behind a final block, one that may refer to what was before it (RFC 7692, 7.2.3.5)."""
        settings = [self.dice.choice([0, 1, 6, 9]), zlib.DEFLATED, -self.bits, 9,
                    self.dice.choice([zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY])]
        if self.history and not self.one_in(4):
            settings.append(self.history)
        self.deflater = zlib.compressobj(*settings)

    def deflate(self, data, flush):
        if self.deflater is None:
            self.new_deflater()
        out = self.deflater.compress(data) + self.deflater.flush(flush)
        self.history = (self.history + data)[-(1 << 15):]
        if flush == zlib.Z_FINISH:
            self.deflater = None
        return out

    def compress(self, data):
        if self.stream.in_no_context() and not self.forgets_to_forget:
            self.deflater, self.history = None, b""
        out, cut = b"", self.dice.randrange(len(data) + 1)
        if self.one_in(3):  # more than one block
            out = self.deflate(data[:cut], zlib.Z_FINISH if self.one_in(6) else zlib.Z_SYNC_FLUSH)
            data = data[cut:]
        if self.one_in(12):  # 7.2.3.4: a final block at the end
            return out + self.deflate(data, zlib.Z_FINISH) + self.dice.choice([b"\x00", b"\x00", b"", self.dice.randbytes(2)])
        out += self.deflate(data, self.dice.choice([zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH]))
        return out if self.one_in(40) else out[:-4]

    def spoil(self, data):
        """Compressed data with a fault."""
        kind = self.dice.randrange(4)
        at = self.dice.randrange(len(data) + 1)
        if kind == 0:
            return data[:at]
        if kind == 1:
            return data[:at] + self.dice.randbytes(self.dice.randrange(4)) + data[at + 1:]
        if kind == 2 and data:
            spoilt = bytearray(data)
            spoilt[at % len(data)] ^= 1 << self.dice.randrange(8)
            return bytes(spoilt)
        return b""

    def control(self):
        self.frame(0x80 | self.dice.choice([PING, PONG]), self.dice.randbytes(self.dice.choice([0, 1, 20, 125])))

    def message(self):
        kind = self.dice.choice([TEXT, TEXT, BINARY])
        payload = self.text() if kind == TEXT else self.dice.choice([self.text(), self.dice.randbytes(self.dice.randrange(500))])
        compressed = self.stream.deflate and not self.one_in(5)
        if compressed:
            payload = self.compress(payload)
            if self.one_in(12):
                payload = self.spoil(payload)
        fragments = self.dice.choice([1, 1, 2, 5])
        cuts = sorted(self.dice.randrange(len(payload) + 1) for _ in range(fragments - 1)) + [len(payload)]
        start = 0
        for i, end in enumerate(cuts):
            first = (0x80 if i == fragments - 1 else 0) | (0 if i else kind | (0x40 if compressed else 0))
            self.frame(first, payload[start:end])
            start = end
            if self.one_in(20 if compressed else 3):
                self.control()
            if self.one_in(60) and i < fragments - 1:
                self.message()

    def empties(self):
        self.faulty = False
        for i in range(1030):
            self.frame(0 if i else BINARY | (0x40 if self.stream.deflate else 0), b"")
        self.faulty = True

    def close(self):
        code = self.dice.choice(CODES)
        reason = self.dice.choice([b"", b"bye", "é€😀".encode(), b"\xff", b"\xe2\x82"])
        self.frame(0x80 | CLOSE, self.dice.choice([b"", b"\x03", struct.pack("!H", code) + reason, struct.pack("!H", code) + reason]))

    def run(self):
        if self.one_in(400):
            self.empties()
        for _ in range(self.dice.randrange(1, 6)):
            if self.one_in(6):
                self.control()
            else:
                self.message()
        if self.one_in(3):
            self.close()
        if self.one_in(12) and self.sent:
            self.sent[self.dice.randrange(len(self.sent))] ^= 1 << self.dice.randrange(8)
        if self.one_in(12):
            del self.sent[self.dice.randrange(len(self.sent) + 1):]
        return bytes(self.sent)

    def cut(self, size):
        most = self.dice.choice([1, 3, 30, 300, 5000, size + 1])
        if size > 3000 and most < 30:
            most = 300
        at, ends = 0, []
        while at < size:
            at = min(size, at + self.dice.randrange(most + 1))
            ends.append(at)
        return ends + [size]


def make(seed):
    dice = random.Random(seed)
    stream = Stream(seed, client=dice.random() < 0.3, limit=dice.choice(LIMITS), deflate=dice.random() < 0.9,
                    server_no_context=dice.random() < 0.5, client_no_context=dice.random() < 0.5,
                    server_bits=dice.randint(9, 15), client_bits=dice.randint(9, 15), rest=dice.random() < 0.3)
    sender = Sender(stream)
    stream.data = sender.run()
    stream.ends = sender.cut(len(stream.data))
    return stream
