"""Records made by hand, as src/chat/record.h has them, and a process of one's own at the bus that sends them and gets answers."""

import contextlib
import json
import os
import select
import socket
import struct
import time
from collections import namedtuple

HELLO = b"\0SP\0\0\x11\0\0"  # nng's greeting for PAIR1
ID = bytes.fromhex("0190000000000123456789abcdef0123")
TIME = 1_700_000_000_123
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
HEAD = struct.Struct("<BBBBBBHIIQ16s")

MESSAGE, COPY, RECEIPT, REFUSED, TYPING, ASK, FACTS = range(1, 8)
LOGIN, GREETING, NEXT, KEPT, BATCH, BEHIND, QUERY, ANSWER, BLOCKS, LATER = range(8, 18)
DELIVERED, READ, STORED, CONFIRMED = range(1, 5)
KEEPING, UNREACHED = 1, 2

Record = namedtuple("Record", "kind status id ref sender receiver payload")


def id_text(id):
    number = int.from_bytes(id, "big")
    return "".join(DIGITS[number >> 5 * place & 31] for place in reversed(range(26)))


def payload(sender, receiver, message, id=ID):
    fields = {"type": "private_message", "id": id_text(id), "sender": sender, "receiver": receiver, "time": "2023-11-14T22:13:20.123Z",
              "message": message}
    return json.dumps(fields, separators=(",", ":")).encode()


def record(sender, receiver, text=b"", kind=MESSAGE, *, id=ID, status=0, version=1, ref=b"", more=b"", lies={}):
    """`more` stands behind what the head has; `lies` are of lengths."""
    rest = ref + sender.encode() + receiver.encode() + more
    said = {"ref": len(ref), "sender": len(sender), "receiver": len(receiver), "head": HEAD.size + len(rest), "payload": len(text), **lies}
    return HEAD.pack(version, kind, status, *said.values(), 0, TIME, id) + rest + text


def records(letter):
    while letter:
        _, kind, status, ref, sender, receiver, head, length, _, _, id = HEAD.unpack_from(letter)
        at = HEAD.size
        yield Record(kind, status, id, letter[at : at + ref], letter[at + ref : at + ref + sender].decode(),
                     letter[at + ref + sender : at + ref + sender + receiver].decode(), letter[head : head + length])
        letter = letter[head + length :]


@contextlib.contextmanager
def listening(bus, user, backlog=100):
    """An endpoint of this very process in somebody's folder."""
    folder = bus / user
    folder.mkdir(mode=0o700, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / str(os.getpid())))
        if backlog:
            listener.listen(backlog)
        yield listener
    (folder / str(os.getpid())).unlink(missing_ok=True)
    if not list(folder.iterdir()):
        folder.rmdir()


class Stranger:
    """A process of the same user that writes to an inbox, and stays: of one that has left the kernel knows nothing."""

    there = []

    def __init__(self, bus, user):
        Stranger.there.append(self)
        endpoint = next((bus / user).iterdir())
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(5)
        self.socket.connect(str(endpoint))
        self.socket.sendall(HELLO)
        assert self.socket.recv(8, socket.MSG_WAITALL) == HELLO

    def send(self, *records):
        letter = b"\0\0\0\1" + b"".join(records)
        self.socket.sendall(b"\1" + struct.pack(">Q", len(letter)) + letter)


class Inbox:
    """What comes to an endpoint of one's own."""

    def __init__(self, listener):
        self.listener, self.lines, self.came = listener, [], []

    def accept(self):
        line, _ = self.listener.accept()
        try:
            line.sendall(HELLO)
            if line.recv(8, socket.MSG_WAITALL) == HELLO:
                self.lines.append(line)
                return
        except OSError:
            pass
        line.close()  # somebody looked whether we are here

    def take(self, line):
        head = line.recv(9, socket.MSG_WAITALL)
        if not head:
            self.lines.remove(line)
            line.close()
            return
        self.came += records(line.recv(struct.unpack(">Q", head[1:])[0], socket.MSG_WAITALL)[4:])

    def next(self, timeout=5):
        deadline = time.monotonic() + timeout
        while not self.came:
            ready = select.select([self.listener, *self.lines], [], [], max(deadline - time.monotonic(), 0))[0]
            if not ready:
                raise TimeoutError("no record came")
            self.accept() if ready[0] is self.listener else self.take(ready[0])
        return self.came.pop(0)

    def close(self):
        for line in self.lines:
            line.close()
