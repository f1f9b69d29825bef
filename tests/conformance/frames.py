"""Makes WebSocket frames, right ones and wrong ones, and cuts them into the pieces in which they are sent."""

import random
import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
RSV1, RSV2, RSV3 = 4, 2, 1

masks = random.Random(6455)


def mask(payload, key):
    size = len(payload)
    pad = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(pad, "little")).to_bytes(size, "little")


def frame(opcode, payload=b"", fin=True, rsv=0, masked=True, form=None, length=None):
    """A frame; `form` (7, 16 or 64) forces the width of its length, `length` claims another one than the payload's."""
    size = len(payload) if length is None else length
    form = form or (7 if size < 126 else 16 if size < 65536 else 64)
    first, mask_bit = (0x80 if fin else 0) | rsv << 4 | opcode, 0x80 if masked else 0
    if form == 7:
        head = bytes([first, mask_bit | size])
    elif form == 16:
        head = struct.pack("!BBH", first, mask_bit | 126, size)
    else:
        head = struct.pack("!BBQ", first, mask_bit | 127, size)
    if not masked:
        return head + payload
    key = masks.randbytes(4)
    return head + key + mask(payload, key)


def text(payload=b"", **how):
    return frame(TEXT, payload, **how)


def binary(payload=b"", **how):
    return frame(BINARY, payload, **how)


def more(payload=b"", **how):
    return frame(CONTINUATION, payload, **how)


def ping(payload=b"", **how):
    return frame(PING, payload, **how)


def pong(payload=b"", **how):
    return frame(PONG, payload, **how)


def close(code=None, reason=b"", **how):
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason, **how)


def fragments(opcode, payload, size, rsv=0):
    """A message in frames of `size` bytes, the last one of what is left."""
    parts = [payload[at : at + size] for at in range(0, len(payload), size)] or [b""]
    last = len(parts) - 1
    return [frame(0 if i else opcode, part, i == last, 0 if i else rsv) for i, part in enumerate(parts)]


def together(*frames):
    """All in one write."""
    return [b"".join(frames)]


def chops(size, *frames):
    """In writes of `size` bytes, wherever that cuts them."""
    data = b"".join(frames)
    return [data[at : at + size] for at in range(0, len(data), size)]


def octets(*frames):
    return chops(1, *frames)
