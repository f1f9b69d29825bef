"""Opening handshakes: what is asked, and the exact answer (RFC 6455, 4.2 and 9.1; RFC 7692, 5 and 7.1)."""

from deflating import PARAMETERS
from peer import HANDSHAKE, KEY, request_head

D = "permessage-deflate"

# The values of Sec-WebSocket-Extensions, a line each; the answer; and the offer that was taken.

TAKEN = [
    ([D], D, D),
    ([f"{D}; client_max_window_bits"], D, f"{D}; client_max_window_bits"),
    ([f"{D}; client_max_window_bits=15"], D, f"{D}; client_max_window_bits=15"),
    ([f'{D}; server_max_window_bits="10"'], f"{D}; server_max_window_bits=10", f"{D}; server_max_window_bits=10"),
    ([f'{D}; server_max_window_bits="1\\0"'], f"{D}; server_max_window_bits=10", f"{D}; server_max_window_bits=10"),
    ([f"{D};server_max_window_bits=9"], f"{D}; server_max_window_bits=9", f"{D}; server_max_window_bits=9"),
    ([f" {D} ;\tserver_max_window_bits = 9 "], f"{D}; server_max_window_bits=9", f"{D}; server_max_window_bits=9"),
    ([f"{D}; client_max_window_bits; server_max_window_bits=12"], f"{D}; server_max_window_bits=12",
     f"{D}; client_max_window_bits; server_max_window_bits=12"),
    ([f"{D}; server_max_window_bits=7, {D}; server_no_context_takeover"], f"{D}; server_no_context_takeover",
     f"{D}; server_no_context_takeover"),
    ([f"{D}; unheard_of, {D}"], D, D),
    ([f"x-webkit-deflate-frame, {D}; client_no_context_takeover"], f"{D}; client_no_context_takeover",
     f"{D}; client_no_context_takeover"),
    ([f'unheard_of; a="b"; c, {D}'], D, D),
    ([f", ,{D},"], D, D),
    ([f"{D}; server_no_context_takeover", D], f"{D}; server_no_context_takeover", f"{D}; server_no_context_takeover"),
    ([f"{D}; unheard_of", "something-else", D], D, D),
    ([", ".join([f"{D}; server_max_window_bits=16"] * 20 + [D])], D, D),
]


def both_ways(bits, *flags):
    offer = "; ".join([D, *flags, f"server_max_window_bits={bits}", f"client_max_window_bits={bits}"])
    said = [D, *flags, f"server_max_window_bits={bits}", *([f"client_max_window_bits={bits}"] if bits < 15 else [])]
    return [offer], "; ".join(said), offer


TAKEN += [
    both_ways(bits, *flags)
    for bits in range(8, 16)
    for flags in ([], [PARAMETERS[0]], [PARAMETERS[1]], [PARAMETERS[0], PARAMETERS[1]])
]

DECLINED = [
    "x-webkit-deflate-frame",
    "permessage-bzip2, permessage-snappy",
    f"{D}; unheard_of",
    f"{D}; unheard_of=1",
    f"{D}; server_max_window_bits",
    f"{D}; server_no_context_takeover=1",
    f"{D}; client_no_context_takeover=true",
    f"{D}; server_no_context_takeover; server_no_context_takeover",
    f"{D}; client_max_window_bits; client_max_window_bits",
    f"{D}; client_max_window_bits=10; client_max_window_bits=10",
    f"{D}; server_max_window_bits=10; server_max_window_bits=11",
    f"{D}-frame",
    *(f"{D}; {end}_max_window_bits={value}" for end in ("server", "client")
      for value in ("0", "7", "16", "08", "010", "8.0", "-8", "+8", "0x8", "99999999999999999999", "eight")),
]

MALFORMED = [
    f"{D};",
    f"; {D}",
    f"{D}; ;",
    f"{D}; =10",
    f"{D}; server_max_window_bits=",
    f"{D}; server_max_window_bits=10 11",
    f'{D}; server_max_window_bits=""',
    f'{D}; server_max_window_bits="10',
    f'{D}; server_max_window_bits="1 0"',
    f'{D}; server_max_window_bits="10"1',
    f'{D}; "server_max_window_bits"=10',
    "permessage deflate",
    f"({D})",
    f"unheard_of;, {D}",
    f"{D}, =",
]


def changed(**values):
    """The handshake with some fields otherwise; None leaves one out."""
    fields = [(name, values.get(name.replace("-", "_"), value)) for name, value in HANDSHAKE]
    return [(name, value) for name, value in fields if value is not None]


def plus(name, value):
    return [*HANDSHAKE, (name, value)]


def asks(fields=HANDSHAKE, line="GET / HTTP/1.1"):
    return request_head(fields, line)


GOOD_HEAD = asks()

ACCEPTED = {
    "as usual": [GOOD_HEAD],
    "octet by octet": [bytes([octet]) for octet in GOOD_HEAD],
    "an empty line before (RFC 9112, 2.2)": [b"\r\n" + GOOD_HEAD],
    "connection of a list": [asks(changed(Connection="keep-alive, Upgrade"))],
    "upgrade in capitals": [asks(changed(Upgrade="WebSocket", Connection="UPGRADE"))],
    "upgrade of a list": [asks(changed(Upgrade="h2c, websocket"))],
    "fields in small letters": [asks([(name.lower(), value) for name, value in HANDSHAKE])],
    "no space after the colon": [GOOD_HEAD.replace(b": ", b":")],
    "absolute target": [asks(line="GET http://localhost/?a=b HTTP/1.1")],
    "a subprotocol that is not known": [asks(plus("Sec-WebSocket-Protocol", "chat, superchat"))],
    "an origin": [asks(plus("Origin", "http://localhost"))],
    "an empty body": [asks(plus("Content-Length", "0"))],
    "many fields": [asks([*HANDSHAKE, *((f"X-{n}", "x" * 50) for n in range(50))])],
}

REFUSED = {
    "POST": (405, asks(line="POST / HTTP/1.1")),
    "HEAD": (405, asks(line="HEAD / HTTP/1.1")),
    "HTTP/1.0": (505, asks(line="GET / HTTP/1.0")),
    "HTTP/2.0": (505, asks(line="GET / HTTP/2.0")),
    "not HTTP": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    "no host": (400, asks(changed(Host=None))),
    "empty host": (400, asks(changed(Host=""))),
    "two hosts": (400, asks(plus("Host", "localhost"))),
    "neither upgrade nor connection": (426, asks(changed(Upgrade=None, Connection=None))),
    "no upgrade": (400, asks(changed(Upgrade=None))),
    "another upgrade": (400, asks(changed(Upgrade="h2c"))),
    "no connection": (400, asks(changed(Connection=None))),
    "another connection": (400, asks(changed(Connection="keep-alive"))),
    "no version": (426, asks(changed(Sec_WebSocket_Version=None))),
    "version 8": (426, asks(changed(Sec_WebSocket_Version="8"))),
    "version 14": (426, asks(changed(Sec_WebSocket_Version="14"))),
    "version 013": (426, asks(changed(Sec_WebSocket_Version="013"))),
    "two versions": (400, asks(plus("Sec-WebSocket-Version", "13"))),
    "no key": (400, asks(changed(Sec_WebSocket_Key=None))),
    "empty key": (400, asks(changed(Sec_WebSocket_Key=""))),
    "key of 15 bytes": (400, asks(changed(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25j"))),
    "key of 17 bytes": (400, asks(changed(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZSE="))),
    "key that is not base64": (400, asks(changed(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZ!=="))),
    "two keys": (400, asks(plus("Sec-WebSocket-Key", KEY))),
    "a body": (400, asks(plus("Content-Length", "5")) + b"hello"),
    "a body in chunks": (400, asks(plus("Transfer-Encoding", "chunked")) + b"0\r\n\r\n"),
    "bare line feeds": (400, asks().replace(b"\r\n", b"\n")),
    "a folded field": (400, asks().replace(b"\r\nUpgrade", b"\r\nX: a\r\n b\r\nUpgrade")),
    "space before the colon": (400, asks().replace(b"Host:", b"Host :")),
    "a control character": (400, asks(plus("X", "a\x00b"))),
    "frames before the response": (400, asks() + b"\x81\x80\x00\x00\x00\x00"),
    "too long a head": (431, asks(plus("X", "x" * 8192))),
    "too many fields": (431, asks([*HANDSHAKE, *((f"X-{n}", "") for n in range(64))])),
}
