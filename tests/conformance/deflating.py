"""Permessage-deflate (RFC 7692) at the client's end, on Python's zlib: what was agreed, and both directions of it."""

import zlib
from collections import namedtuple

TAIL = b"\x00\x00\xff\xff"
PARAMETERS = ("server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits", "client_max_window_bits")
STRICT = 16384  # bytes of a connection that are inflated a byte at a time

Agreed = namedtuple("Agreed", PARAMETERS)


def offer_of(**parameters):
    """The text of an offer; True stands for a parameter without a value."""
    said = [name if value is True else f"{name}={value}" for name, value in parameters.items() if value]
    return "; ".join(["permessage-deflate", *said])


def read_extension(text):
    """The parameters of one permessage-deflate; doubled ones and unknown ones are no answer (7.1)."""
    name, *parameters = [part.strip() for part in text.split(";")]
    assert name == "permessage-deflate", text
    found = {}
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        assert key in PARAMETERS and key not in found, text
        found[key] = int(value) if value else True
    return found


def agreed_by(offer, answer):
    """What holds after that answer to that offer, if RFC 7692, 7.1 allows it."""
    asked, said = read_extension(offer), read_extension(answer)
    bits = {name: said.get(name, 15) for name in PARAMETERS[2:]}
    for name in PARAMETERS[2:]:
        assert type(bits[name]) is int and 8 <= bits[name] <= 15, answer
    for name in PARAMETERS[:2]:
        assert said.get(name, True) is True, answer
    if asked.get("server_no_context_takeover"):
        assert said.get("server_no_context_takeover"), "server_no_context_takeover was asked for"
    if asked.get("server_max_window_bits"):
        assert said.get("server_max_window_bits", 16) <= asked["server_max_window_bits"], "a window that is too large"
    if "client_max_window_bits" in said:
        limit = asked.get("client_max_window_bits")
        assert limit, "a limit that the client gave no leave for"
        assert limit is True or said["client_max_window_bits"] <= limit, "a window that the client has not"
    return Agreed(*(bool(said.get(name)) for name in PARAMETERS[:2]), *bits.values())


class Deflating:
    def __init__(self, agreed, level=zlib.Z_DEFAULT_COMPRESSION):
        self.agreed, self.level = agreed, level
        self.deflater = self.inflater = None
        self.strict, self.strict_left = None, STRICT

    def new_deflater(self):
        # zlib has no raw window of 8 bits, but with 9 it reaches back 250 bytes at the most.
        return zlib.compressobj(self.level, zlib.DEFLATED, -max(self.agreed.client_max_window_bits, 9))

    def deflate(self, data):
        if self.deflater is None or self.agreed.client_no_context_takeover:
            self.deflater = self.new_deflater()
        out = self.deflater.compress(data) + self.deflater.flush(zlib.Z_SYNC_FLUSH)
        assert out.endswith(TAIL)
        return out[:-4]

    def inflate(self, data):
        assert data and not data.endswith(TAIL), "the end of the last block was not taken off (7.2.1)"
        if self.inflater is None or self.agreed.server_no_context_takeover:
            self.inflater = zlib.decompressobj(-self.agreed.server_max_window_bits)
            self.strict = zlib.decompressobj(-self.agreed.server_max_window_bits)
        out = self.inflater.decompress(data + TAIL)
        assert not self.inflater.unconsumed_tail and not self.inflater.unused_data
        self.look_closely(data, out)
        return out

    def look_closely(self, data, out):
        """zlib lets a distance pass that is over the window but within what it writes at once: so let it write a byte."""
        if self.agreed.server_max_window_bits == 15 or self.strict_left <= 0:
            return
        again, data = bytearray(), data + TAIL
        for at in range(0, len(data), 64):
            rest = data[at : at + 64]
            while rest:
                again += self.strict.decompress(rest, 1)
                rest = self.strict.unconsumed_tail
        while len(again) < len(out) and (byte := self.strict.decompress(b"", 1)):
            again += byte
        assert again == out
        self.strict_left -= len(out)
