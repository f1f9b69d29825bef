"""What libws and wsproto hear of a stream: a list of events."""
import struct
import subprocess
from pathlib import Path
from typing import NamedTuple, Optional

import wsproto.events
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.extensions import PerMessageDeflate

DRIVER = Path(__file__).resolve().parent.parent.parent / "build/differential/driver"


class Event(NamedTuple):
    kind: str  # TEXT, BINARY, PING, PONG, CLOSE, FAIL
    piece: int  # that it came with
    code: int = 0
    data: bytes = b""

    def what(self):
        return self.kind, self.code, self.data


def connection(stream):
    head = bytes([stream.client, stream.deflate, stream.server_no_context, stream.client_no_context, stream.server_bits,
                  stream.client_bits, stream.rest, 0]) + struct.pack("!II", stream.limit, len(stream.ends))
    return head + b"".join(struct.pack("!I", len(piece)) + piece for piece in stream.pieces())


def libws(streams):
    """A list of events for each stream."""
    run = subprocess.run([DRIVER], input=b"".join(map(connection, streams)), capture_output=True, timeout=600)
    assert run.returncode == 0, run.stderr.decode()
    heard, events = [], []
    for line in run.stdout.decode().splitlines():
        if line == "END":
            heard.append(events)
            events = []
        else:
            kind, piece, code, data = line.split(" ")
            events.append(Event(kind, int(piece), int(code), bytes.fromhex(data)))
    assert len(heard) == len(streams) and not events
    return heard


def extension(stream):
    deflate = PerMessageDeflate()
    words = ["permessage-deflate", f"server_max_window_bits={stream.server_bits}", f"client_max_window_bits={stream.client_bits}"]
    words += ["server_no_context_takeover"] if stream.server_no_context else []
    words += ["client_no_context_takeover"] if stream.client_no_context else []
    deflate.finalize("; ".join(words))
    return deflate


def one_event(event, ended, so_far, piece) -> Optional[Event]:
    """`so_far` has the pieces of the message under way."""
    if isinstance(event, wsproto.events.Message):
        so_far.append(event.data.encode() if isinstance(event.data, str) else bytes(event.data))
        if not event.message_finished:
            return None
        whole = b"".join(so_far)
        so_far.clear()
        return Event("TEXT" if isinstance(event, wsproto.events.TextMessage) else "BINARY", piece, 0, whole)
    if isinstance(event, wsproto.events.Ping):
        return Event("PING", piece, 0, bytes(event.payload))
    if isinstance(event, wsproto.events.Pong):
        return Event("PONG", piece, 0, bytes(event.payload))
    if ended:
        return Event("CLOSE", piece, int(event.code), (event.reason or "").encode())
    return Event("FAIL", piece, int(event.code))


def by_wsproto(stream):
    side = ConnectionType.CLIENT if stream.client else ConnectionType.SERVER
    peer = Connection(side, [extension(stream)] if stream.deflate else [])
    heard, so_far = [], []
    for piece, data in enumerate(stream.pieces()):
        peer.receive_data(data)
        for event in peer.events():
            got = one_event(event, peer.state is ConnectionState.REMOTE_CLOSING, so_far, piece)
            if got:
                heard.append(got)
            if got and got.kind in ("CLOSE", "FAIL"):
                return heard
    return heard
