"""liar.py KIND: chat-session as inetd would start it, with one fault between it and its client: whoever counts messages has to
find it."""
import collections
import json
import os
import select
import socket
import subprocess
import sys
from pathlib import Path

SESSION = Path(__file__).resolve().parents[3] / "build" / "chat-session"
WHICH = 5  # message of a connection has the fault


class Frames:
    """One direction: bytes in, frames out as (opcode, payload); first the head of HTTP, as opcode None."""

    def __init__(self):
        self.bytes, self.begun = b"", False

    def take(self, received):
        self.bytes += received
        while frame := self.next():
            yield frame

    def next(self):
        if not self.begun:
            head, end, rest = self.bytes.partition(b"\r\n\r\n")
            if not end:
                return None
            self.begun, self.bytes = True, rest
            return None, head + end
        if len(self.bytes) < 4:
            return None
        masked, size, at = self.bytes[1] & 0x80, self.bytes[1] & 0x7F, 2
        assert size < 127, "no message is as long as that"
        if size == 126:
            size, at = int.from_bytes(self.bytes[2:4], "big"), 4
        mask, at = (self.bytes[at:at + 4], at + 4) if masked else (b"\0" * 4, at)
        if len(self.bytes) < at + size:
            return None
        opcode, payload = self.bytes[0] & 0x0F, bytes(b ^ mask[i % 4] for i, b in enumerate(self.bytes[at:at + size]))
        self.bytes = self.bytes[at + size:]
        return opcode, payload


def frame(opcode, payload, mask=False):
    if opcode is None:
        return payload
    size = bytes([len(payload) | (0x80 if mask else 0)]) if len(payload) < 126 else (
        bytes([126 | (0x80 if mask else 0)]) + len(payload).to_bytes(2, "big"))
    return bytes([0x80 | opcode]) + size + (b"\0" * 4 if mask else b"") + payload


class Fault:
    def __init__(self, kind):
        self.kind, self.counts, self.held = kind, collections.Counter(), None

    def count(self, what):
        self.counts[what] += 1
        return self.counts[what]

    def to_client(self, payload):
        """What the client gets instead."""
        message = json.loads(payload)
        if message.get("status") == "stored":
            return self.receipt(payload, self.count("receipt"))
        if message["type"] != "private_message":
            return [payload]
        return self.message(payload, self.count("message"))

    def receipt(self, payload, number):
        if self.kind == "no receipt" and number == WHICH:
            return []
        if self.kind == "not kept" and number == WHICH - 1:
            return [payload, self.held]
        return [payload]

    def message(self, payload, number):
        if self.kind == "swapped" and number == WHICH:
            self.held = payload
            return []
        if self.kind == "swapped" and number == WHICH + 1:
            return [payload, self.held]
        if number != WHICH:
            return [payload]
        return {"lost": [], "twice": [payload, payload], "altered": [payload[:-3] + b'?"}']}.get(self.kind, [payload])

    def swallows(self, payload):
        """Whether the session is not to get what the client says: it is told in its turn that it is stored."""
        message = json.loads(payload)
        if self.kind != "not kept" or message["type"] != "private_message" or self.count("sent") != WHICH:
            return False
        self.held = json.dumps({"type": "receipt", "ref": message["id"], "status": "stored"}, separators=(",", ":")).encode()
        return True


def relay(client, session, fault):
    ways = {client: Frames(), session: Frames()}
    while ways:
        for source in select.select(list(ways), [], [])[0]:
            received = source.recv(65536)
            other = session if source is client else client
            if not received:
                del ways[source]
                other.shutdown(socket.SHUT_WR)
                continue
            for opcode, payload in ways[source].take(received):
                if opcode != 1:
                    other.sendall(frame(opcode, payload, source is client))
                elif source is session:
                    for text in fault.to_client(payload):
                        client.sendall(frame(1, text))
                elif not fault.swallows(payload):
                    session.sendall(frame(1, payload, True))


def main():
    ours, theirs = socket.socketpair()
    process = subprocess.Popen([SESSION], stdin=theirs, stdout=theirs)
    theirs.close()
    try:
        relay(socket.socket(fileno=os.dup(0)), ours, Fault(sys.argv[1]))
    except OSError:
        pass  # the client has seen enough
    ours.close()
    sys.exit(process.wait())


main()
