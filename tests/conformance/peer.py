"""The client of one examples/echo: a blocking socket, the frames as they come, and a close look at each."""

import base64
import hashlib
import signal
import socket
import struct
import zlib
from collections import namedtuple

from deflating import Deflating, agreed_by
from frames import CLOSE, CONTINUATION, PING, PONG, TEXT, BINARY, RSV1, close, fragments, frame

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = (
    ("Host", "localhost"),
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Key", KEY),
    ("Sec-WebSocket-Version", "13"),
)
WAIT = 20  # seconds for anything that has to come
CHUNK = 1 << 18

Frame = namedtuple("Frame", "fin rsv opcode payload")


def request_head(fields=HANDSHAKE, line="GET / HTTP/1.1"):
    return "".join([line, "\r\n", *(f"{name}: {value}\r\n" for name, value in fields), "\r\n"]).encode("latin-1")


def accept_of(key):
    digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return base64.b64encode(digest).decode()


class Response:
    def __init__(self, head):
        line, *fields = head.decode("ascii").split("\r\n")
        self.version, status, self.reason = line.split(" ", 2)
        self.status = int(status)
        self.fields = [tuple(part.strip() for part in field.split(":", 1)) for field in fields]

    def all(self, name):
        return [value for field, value in self.fields if field.lower() == name.lower()]


class Peer:
    def __init__(self, connection, process):
        self.connection, self.process = connection, process
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(WAIT)
        self.pending = bytearray()
        self.wire = 0  # bytes of messages as they came
        self.deflating = None

    # Bytes.

    def send(self, pieces):
        for piece in pieces:
            self.connection.sendall(piece)

    def fill(self):
        """A reset is an error here: it could have eaten the close frame."""
        data = self.connection.recv(CHUNK)
        self.pending += data
        return len(data)

    def take(self, size):
        while len(self.pending) < size:
            assert self.fill(), f"the connection ended; pending: {bytes(self.pending[:200])!r}"
        data = bytes(memoryview(self.pending)[:size])
        del self.pending[:size]
        return data

    def expect_silence(self, seconds):
        assert not self.pending
        self.connection.settimeout(seconds)
        try:
            self.fill()
        except TimeoutError:
            return
        finally:
            self.connection.settimeout(WAIT)
        raise AssertionError(f"something came too early: {bytes(self.pending[:200])!r}")

    def expect_end(self):
        assert not self.pending and not self.fill(), f"more came: {bytes(self.pending[:200])!r}"

    def finish(self):
        """Ends the connection, and looks at how the process ended."""
        self.connection.close()
        _, errors = self.process.communicate(timeout=WAIT)
        # The alarm is for a client that takes its time after the close: on a slow machine we may be one.
        assert self.process.returncode in (0, -signal.SIGALRM)
        assert errors == b""

    # The opening handshake.

    def response(self):
        while b"\r\n\r\n" not in self.pending:
            assert self.fill(), f"no response, but {bytes(self.pending)!r}"
        return Response(self.take(self.pending.index(b"\r\n\r\n") + 4)[:-4])

    def shake_hands(self, offers=(), pieces=None):
        """An offer a line. Returns the answer to them, or None."""
        self.send(pieces or [request_head([*HANDSHAKE, *(("Sec-WebSocket-Extensions", offer) for offer in offers)])])
        answer = self.response()
        assert (answer.version, answer.status) == ("HTTP/1.1", 101)
        assert [value.lower() for value in answer.all("Upgrade")] == ["websocket"]
        assert [value.lower() for value in answer.all("Connection")] == ["upgrade"]
        assert answer.all("Sec-WebSocket-Accept") == [accept_of(KEY)]
        assert answer.all("Sec-WebSocket-Protocol") == []
        extensions = answer.all("Sec-WebSocket-Extensions")
        assert len(extensions) <= 1
        return extensions[0] if extensions else None

    def agree(self, offer, answer, level=zlib.Z_DEFAULT_COMPRESSION):
        self.deflating = Deflating(agreed_by(offer, answer), level)

    # Frames and messages.

    def read_frame(self):
        first, second = self.take(2)
        opcode, rsv, size = first & 0x0F, first >> 4 & 7, second & 0x7F
        assert not second & 0x80, "a server's frame with a mask"
        if size == 126:
            (size,) = struct.unpack("!H", self.take(2))
            assert size > 125, "a length of 16 bits that fits 7"
        elif size == 127:
            (size,) = struct.unpack("!Q", self.take(8))
            assert 65535 < size < 1 << 63, "a length of 64 bits that fits 16"
        got = Frame(bool(first & 0x80), rsv, opcode, self.take(size))
        assert opcode in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG)
        assert not opcode & 8 or (got.fin and size <= 125), "a control frame that is long or in parts"
        assert rsv in (0, RSV1 if self.deflating and opcode in (TEXT, BINARY) else 0), "a reserved bit"
        return got

    def receive(self):
        """The next control frame or whole message: its opcode and payload."""
        got = self.read_frame()
        opcode, rsv, parts = got.opcode, got.rsv, [got.payload]
        assert opcode != CONTINUATION
        while not got.fin:
            got = self.read_frame()
            assert got.opcode == CONTINUATION
            parts.append(got.payload)
        payload = b"".join(parts)
        if opcode in (TEXT, BINARY):
            self.wire += len(payload)
        return opcode, self.deflating.inflate(payload) if rsv else payload

    def expect(self, opcode, payload):
        got, data = self.receive()
        if got == CLOSE != opcode:
            raise AssertionError(f"a close in place of the answer: {data!r}")
        same = data == payload
        assert (got, len(data), same) == (opcode, len(payload), True), (data[:100], payload[:100])

    def message(self, opcode, payload, size=None, compress=True):
        """The bytes of a message, compressed where that is agreed on, in frames of `size` bytes."""
        compress = compress and self.deflating
        data, rsv = (self.deflating.deflate(payload), RSV1) if compress else (payload, 0)
        return b"".join(fragments(opcode, data, size, rsv)) if size else frame(opcode, data, rsv=rsv)

    def echo(self, opcode, payload, **how):
        data = self.message(opcode, payload, **how)
        self.send(data[at : at + CHUNK] for at in range(0, len(data), CHUNK))
        self.expect(opcode, payload)

    # The closing handshake.

    def expect_close(self, code):
        """The close frame with that code, or with none; its reason, if any, is UTF-8 (RFC 6455, 5.5.1)."""
        opcode, payload = self.receive()
        assert opcode == CLOSE, (opcode, payload[:100])
        assert len(payload) != 1, "half a code"
        got = struct.unpack("!H", payload[:2])[0] if payload else None
        payload[2:].decode()
        assert got == code, payload

    def leave(self, code=1000):
        self.send([close(code)])
        self.expect_close(code)
        self.expect_end()

    def be_failed(self, code):
        """It is the server that ends the connection, and before we have said a word to that."""
        self.expect_close(code)
        self.expect_end()
        self.send([close(code)])

    def high_water(self):
        """The most memory that the process has had so far, in bytes."""
        with open(f"/proc/{self.process.pid}/status") as status:
            (line,) = (line for line in status if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    def kill(self):
        self.connection.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
