"""A WebSocket client made by hand: it sends any bytes at all and looks closely at what comes back."""

import base64
import hashlib
import json
import os
import select
import socket
import struct
import time
import zlib
from collections import namedtuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = (
    ("Host", "localhost"),
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Key", KEY),
    ("Sec-WebSocket-Version", "13"),
)

RSV1 = 4
DEFLATE_TAIL = b"\x00\x00\xff\xff"

Frame = namedtuple("Frame", "fin opcode payload")


class Ended(Exception):
    """The other side ended the connection."""


class Response:
    def __init__(self, head, body):
        lines = head.decode("ascii").split("\r\n")
        self.version, status, self.reason = lines[0].split(" ", 2)
        self.status = int(status)
        self.fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
        self.body = body

    def all(self, name):
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def __getitem__(self, name):
        (value,) = self.all(name)
        return value


def head(line, fields=()):
    return "".join([line, "\r\n", *(f"{name}: {value}\r\n" for name, value in fields), "\r\n"]).encode("latin-1")


def handshake(target="/ws", fields=HANDSHAKE):
    return head(f"GET {target} HTTP/1.1", fields)


def accept_of(key):
    digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return base64.b64encode(digest).decode()


def frame(opcode, payload=b"", fin=True, rsv=0, masked=True, form=None, length=None):
    """A frame; `form` (7, 16 or 64) forces the width of its length, `length` claims another one than the payload's."""
    if isinstance(payload, str):
        payload = payload.encode()
    size = len(payload) if length is None else length
    form = form or (7 if size < 126 else 16 if size < 65536 else 64)
    mask_bit = 0x80 if masked else 0
    out = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if form == 7:
        out += bytes([mask_bit | size])
    elif form == 16:
        out += struct.pack("!BH", mask_bit | 126, size)
    else:
        out += struct.pack("!BQ", mask_bit | 127, size)
    if not masked:
        return out + payload
    key = os.urandom(4)
    return out + key + mask(payload, key)


def mask(payload, key):
    size = len(payload)
    if not size:
        return b""
    pad = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(size, "big")


def deflated(payload):
    """A message as permessage-deflate has it (RFC 7692, 7.2.1); it goes into a frame with RSV1."""
    deflater = zlib.compressobj(wbits=-15)
    return (deflater.compress(payload) + deflater.flush(zlib.Z_SYNC_FLUSH))[: -len(DEFLATE_TAIL)]


def inflated(payload):
    return zlib.decompressobj(wbits=-15).decompress(payload + DEFLATE_TAIL)


def text(fields):
    return frame(TEXT, json.dumps(fields, ensure_ascii=False))


def close_frame(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


class Raw:
    """One connection, over a socket or over two pipes. It answers no ping unless told to."""

    def __init__(self, reader, writer, answers_pings=True):
        self.reader, self.writer = reader, writer
        self.answers_pings = answers_pings
        self.unanswered = []
        self.pending = bytearray()
        self.deflates = self.compressed = False  # permessage-deflate is agreed on; the last frame was compressed
        self.ended = False
        self.local_port = reader.getsockname()[1] if isinstance(reader, socket.socket) and reader.family != socket.AF_UNIX else None
        for end in {reader, writer}:
            os.set_blocking(end.fileno(), False)

    @classmethod
    def connect(cls, address, receive_buffer=None, **options):
        connection = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(5)
        connection.connect(address)
        return cls(connection, connection, **options)

    def send(self, data, timeout=5):
        deadline = time.monotonic() + timeout
        view = memoryview(data)
        while view:
            view = view[self.send_some(view, deadline - time.monotonic()) :]

    def send_some(self, data, timeout=5):
        _, ready, _ = select.select([], [self.writer], [], max(timeout, 0))
        if not ready:
            raise TimeoutError("the server takes no more")
        return os.write(self.writer.fileno(), data)

    def try_to_send(self, data):
        """Sends as much as the server takes before it ends the connection."""
        try:
            self.send(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def half_close(self):
        self.writer.shutdown(socket.SHUT_WR)

    def vanish(self):
        """Leaves with a reset in place of a goodbye."""
        self.reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        for end in {self.reader, self.writer}:
            end.close()

    def fill(self, deadline):
        if self.ended:
            raise Ended
        ready, _, _ = select.select([self.reader], [], [], max(deadline - time.monotonic(), 0))
        if not ready:
            raise TimeoutError(f"nothing more came; pending: {bytes(self.pending[:200])!r}")
        try:
            data = os.read(self.reader.fileno(), 1 << 18)
        except ConnectionResetError:
            data = b""
        if not data:
            self.ended = True
            raise Ended
        self.pending += data

    def take(self, size, deadline):
        while len(self.pending) < size:
            self.fill(deadline)
        data = bytes(self.pending[:size])
        del self.pending[:size]
        return data

    def rest(self, timeout=5):
        """All that comes until the end of the connection."""
        deadline = time.monotonic() + timeout
        try:
            while True:
                self.fill(deadline)
        except Ended:
            return self.take(len(self.pending), deadline)

    def silent(self, seconds):
        try:
            self.fill(time.monotonic() + seconds)
        except TimeoutError:
            return True
        return False

    def response_head(self, timeout=5):
        deadline = time.monotonic() + timeout
        while b"\r\n\r\n" not in self.pending:
            self.fill(deadline)
        size = self.pending.index(b"\r\n\r\n")
        return Response(self.take(size + 4, deadline)[:-4], b"")

    def response(self, timeout=5):
        """The whole answer; the connection ends with it."""
        answer = self.response_head(timeout)
        assert answer.status != 101, "upgraded"
        answer.body = self.rest(timeout)
        return answer

    def upgrade(self, target="/ws", offer=None):
        self.send(handshake(target, HANDSHAKE if offer is None else [*HANDSHAKE, ("Sec-WebSocket-Extensions", offer)]))
        answer = self.response_head()
        assert answer.status == 101, f"{answer.status} {answer.reason} {self.rest()!r}"
        assert answer["Sec-WebSocket-Accept"] == accept_of(KEY)
        self.extensions = answer.all("Sec-WebSocket-Extensions")
        self.deflates = bool(self.extensions)
        return self

    def read_frame(self, timeout=5):
        deadline = time.monotonic() + timeout
        first, second = self.take(2, deadline)
        assert not first & (0x30 if self.deflates else 0x70), "reserved bits in a server's frame"
        assert not second & 0x80, "a server's frame with a mask"
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", self.take(2, deadline))
            assert size > 125, "a length of 16 bits that fits 7"
        elif size == 127:
            (size,) = struct.unpack("!Q", self.take(8, deadline))
            assert size > 65535, "a length of 64 bits that fits 16"
        got = Frame(bool(first & 0x80), first & 0x0F, self.take(size, deadline))
        assert got.opcode in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG)
        self.compressed = bool(first & 0x40)
        if self.compressed:
            assert got.fin and got.opcode in (TEXT, BINARY)
            got = got._replace(payload=inflated(got.payload))
        if got.opcode & 8:
            assert got.fin and size <= 125, "a control frame that is long or in parts"
        return got

    def next_frame(self, timeout=5):
        """The next frame that is no ping; pings are answered or kept for later."""
        deadline = time.monotonic() + timeout
        while True:
            got = self.read_frame(deadline - time.monotonic())
            if got.opcode != PING:
                return got
            if self.answers_pings:
                self.send(frame(PONG, got.payload))
            else:
                self.unanswered.append(got.payload)

    def answer_pings(self):
        for payload in self.unanswered:
            self.send(frame(PONG, payload))
        self.unanswered = []

    def receive(self, timeout=5):
        got = self.next_frame(timeout)
        assert got.opcode == TEXT and got.fin, got
        return json.loads(got.payload.decode())

    def expect(self, kind, timeout=5, **fields):
        got = self.receive(timeout)
        assert got["type"] == kind and fields.items() <= got.items(), got
        return got

    def wait_for(self, kind, timeout=5, **fields):
        deadline = time.monotonic() + timeout
        while True:
            got = self.receive(deadline - time.monotonic())
            if got["type"] == kind and fields.items() <= got.items():
                return got

    def request(self, **fields):
        self.send(text(fields))

    def say(self, receiver, message, **fields):
        self.request(type="private_message", receiver=receiver, message=message, **fields)

    def wait_for_close(self, timeout=5):
        """The close code, after whatever else was on its way."""
        deadline = time.monotonic() + timeout
        while True:
            got = self.read_frame(deadline - time.monotonic())
            if got.opcode == CLOSE:
                return self.close_code(got)

    def expect_close(self, code, timeout=5):
        got = self.next_frame(timeout)
        assert got.opcode == CLOSE, got
        assert self.close_code(got) == code, got
        self.try_to_send(frame(CLOSE, got.payload))
        self.expect_end(timeout)

    def expect_end(self, timeout=5):
        assert self.rest(timeout) == b""

    @staticmethod
    def close_code(got):
        assert len(got.payload) != 1, "a close payload of one byte"
        got.payload[2:].decode()
        return struct.unpack("!H", got.payload[:2])[0] if got.payload else None
