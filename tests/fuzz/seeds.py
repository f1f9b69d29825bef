"""seeds.py FOLDER: writes inputs to start the corpus from, a folder for each target. README.md has what is then done."""
import base64
import random
import sys
import zlib
from pathlib import Path

CRLF = b"\r\n"
KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
UPGRADE = [b"Upgrade: websocket", b"Connection: keep-alive, Upgrade"]
ID = b"01ARZ3NDEKTSV4RRFFQ69G5FAV"

OFFERS = [
    b"permessage-deflate",
    b"permessage-deflate; client_max_window_bits",
    b"permessage-deflate; client_max_window_bits=10; server_max_window_bits=9",
    b"permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    b'permessage-deflate; server_max_window_bits="1\\5"; client_max_window_bits, permessage-deflate',
    b"x-other; a=b; c, , permessage-deflate;server_max_window_bits=8",
    b"permessage-deflate; server_max_window_bits=7",
    b"permessage-deflate; nonsense=\"quoted\"\npermessage-deflate; client_max_window_bits=8",
    b"a; b=\"\x01\"",
]

# What a server may not answer to a client that wants no more than 10 bits, and does not get what it wants.
WANTED = b"\x00\x77\x02\x22"
ANSWERS = [
    b"permessage-deflate; client_no_context_takeover; server_max_window_bits=%d",
    b"permessage-deflate; server_max_window_bits=%d; server_max_window_bits=%d",
    b"permessage-deflate; server_max_window_bits=%d; client_no_context_takeover; client_no_context_takeover",
    b"permessage-deflate; server_max_window_bits=%d; client_max_window_bits",
    b"permessage-deflate; server_max_window_bits=%d, permessage-deflate",
]


def extensions():
    for i, offer in enumerate(OFFERS):
        yield f"offer-{i}", bytes([i & 3, i * 19 & 0x77, i >> 1 & 3, i * 7 & 0x77]) + offer
    for i, answer in enumerate(ANSWERS):
        for bits in (10, 11):
            yield f"answer-{i}-{bits}", WANTED + answer.replace(b"%d", b"%d" % bits)


def head(*lines):
    return CRLF.join([*lines, b"", b""])


def heads():
    plain = [b"GET /chat?user=al%69ce&a=b HTTP/1.1", b"Host: example.com:8080", *UPGRADE, KEY, b"Sec-WebSocket-Version: 13"]
    answer = [b"HTTP/1.1 101 Switching Protocols", *UPGRADE, ACCEPT]
    return {
        "plain": head(*plain),
        "deflate": head(*plain, b"Sec-WebSocket-Extensions: " + OFFERS[2], b"Origin: http://example.com"),
        "absolute": head(b"\r\nGET http://[::1]:80?user=%2e HTTP/1.1", *plain[1:], b"Content-Length: 0"),
        "old": head(b"GET / HTTP/1.0", b"Host:"),
        "post": head(b"POST /a HTTP/1.1", b"Host: a", b"Transfer-Encoding: chunked"),
        "lists": head(b"GET * HTTP/1.1", b"a:b,\t,c ,d", b"A: ,e", b"a:"),
        "many": head(b"GET / HTTP/1.1", *[b"f%d: %d" % (i, i) for i in range(64)]),
        "too-many": head(b"GET / HTTP/1.1", *[b"f: 1"] * 65),
        "long": head(b"GET / HTTP/1.1", b"f: " + b"x" * 8170),
        "answer": head(*answer),
        "answer-deflate": head(*answer, b"Sec-WebSocket-Extensions: " + OFFERS[0]),
        "answer-twice": head(*answer, ACCEPT),
        "answer-other": head(*answer[:-1], ACCEPT.replace(b"s3", b"s4")),
        "hosts": head(*plain, b"Host: b"),
        "body": head(*plain, b"Content-Length: 0", b"content-length: 1"),
        "percent": head(b"GET /?user=a%0 HTTP/1.1"),
        "answer-bare": head(b"HTTP/1.1 200 ", b"Content-Type: text/plain"),
    }


def frame(first, payload, mask=None):
    n = len(payload)
    bit = 0x80 if mask else 0
    size = bytes([bit | n]) if n < 126 else bytes([bit | 126]) + n.to_bytes(2, "big")
    if mask:
        payload = mask + bytes(c ^ mask[i % 4] for i, c in enumerate(payload))
    return bytes([first]) + size + payload


def squeezed(payload):
    z = zlib.compressobj(wbits=-15)
    return (z.compress(payload) + z.flush(zlib.Z_SYNC_FLUSH))[:-4]


def streams():
    """What one side hears: (deflate, frames)."""
    euro = "\u20ac\U0001f600".encode()
    final = zlib.compressobj(wbits=-15)
    return {
        "text": (False, [(0x81, b"hello"), (0x82, bytes(range(256)))]),
        "fragments": (False, [(0x01, euro[:2]), (0x89, b"p"), (0x00, b""), (0x80, euro[2:]), (0x8A, b"")]),
        "close": (False, [(0x81, b""), (0x88, b"\x03\xe8bye"), (0x81, b"late")]),
        "close-bare": (False, [(0x88, b"")]),
        "close-bad": (False, [(0x88, b"\x03\xed")]),
        "not-utf8": (False, [(0x81, b"a\xed\xa0\x80")]),
        "long": (False, [(0x82, b"x" * 2000), (0x82, b"y" * 70)]),
        "empty": (False, [(0x01, b"")] + [(0x00, b"")] * 1024),
        "reserved": (False, [(0xC1, b"x")]),
        "deflate": (True, [(0xC1, squeezed(b"hello hello hello")), (0x81, b"plain"), (0xC2, squeezed(bytes(3000)))]),
        "deflate-fragments": (True, [(0x41, squeezed(euro * 9)[:4]), (0x89, b""), (0x80, squeezed(euro * 9)[4:])]),
        "deflate-final": (True, [(0xC1, final.compress(b"final") + final.flush()), (0xC1, b"\xf2\x48\xcd\xc9\xc9\x07\x00")]),
        "deflate-stored": (True, [(0xC2, b"\x00\x05\x00\xfa\xff" + b"Hello" + b"\x00")]),
        "deflate-bad": (True, [(0xC2, b"\x07\xff\xff")]),
        "deflate-too-big": (True, [(0xC2, squeezed(bytes(20000)))]),
    }


def ws():
    for name, (deflate, frames) in streams().items():
        for client in (0, 1):
            raw = b"".join(frame(first, payload, None if client else b"\x0fM\xaa1") for first, payload in frames)
            start = bytes([client | deflate << 1, 0x37]) + (4000).to_bytes(2, "big") + b"\x03\x00\x11"
            yield f"{name}-{'client' if client else 'server'}", start + raw
    # A match 400 bytes back, where the window has 256.
    block = squeezed(random.Random(1).randbytes(400) * 2)
    yield "beyond-the-window", bytes([3, 0x10, 0x0F, 0xFF, 0x40]) + frame(0xC2, block)
    for bits in range(8):
        message = bytes([0x91 | (0x20 if bits & 1 else 0), 40]) + b"abcdefgh" * 5 + bytes([0x92, 0x83, 0xE8]) + b"01234567" * 125
        yield f"made-{bits}", bytes([2 | 4 | (bits & 3) << 3, 0x20 | bits, 0x0F, 0xFF, 0x09, 0x40]) + message * 2 + b"\x88\x02\x03\xe8"


def send():
    message = bytes([0, 200, 8, 7]) + b"pattern " + bytes([1, 255, 10, 1]) + bytes(range(10)) + bytes([17, 100, 10, 9]) + b"0123456789"
    yield "long-reason", bytes([3, 0x77, 2, 1, 200, 1]) + b"a" + "\u00e9".encode() * 100
    control = bytes([2, 1, 4, 1]) + b"ping" + bytes([3, 1, 0, 1])
    for flags in range(16):
        rest = bytes([1 | 12, 90, 12, 3]) + b"and the rest"
        yield f"flags-{flags}", bytes([flags, flags * 17 & 0x77]) + message + control + rest + message


def messages():
    private = b'{"type":"private_message","receiver":"bob","message":"hi \\"\\u00e9\\n","id":"1","sender":"alice"}'
    made = b'{"type":"private_message","id":"' + ID + b'","sender":"alice","receiver":"bob","time":"2016-07-30T23:54:10.259Z","message":"a\\tb"}'
    return {
        "login": b'{"type":"login","user":"alice","id":"l"}',
        "private": private,
        "made": made,
        "made-slash": made.replace(b"\\t", b"\\/"),
        "made-unicode": made.replace(b"\\t", b"\\u0009"),
        "read": b'{"type":"read","sender":"bob","id":"' + ID + b'"}',
        "typing": b'{"type":"typing","receiver":"bob","active":true}',
        "who": b' {"type":"who"}\r\n',
        "watch": b'{"type":"watch","users":["bob","carol"]}',
        "unwatch": b'{"type":"unwatch","users":"*"}',
        "ping": b'{"type":"ping","id":"x"}',
        "unknown": b'{"type":"x","id":"r","a":[1,-0.5e+3,{"b":null}]}',
        "facts": b'{"address":"127.0.0.1","since":1469922850259,"in":3,"out":4}',
        "deep": b'{"a":' + b"[" * 33,
        "nul": b'{"type":"ping","id":"a\\u0000"}',
        "no-nul": b'{"type":"ping","id":"a\\\\u0000"}',
        "long-ref": b'{"type":"ping","id":"' + b"x" * 65 + b'"}',
        "number": b'{"type":01}',
    }


def records():
    def record(kind, ref=b"", sender=b"alice", receiver=b"bob", payload=b"", more=b"", version=1):
        size = 40 + len(ref) + len(sender) + len(receiver) + len(more)
        start = bytes([version, kind, 1, len(ref), len(sender), len(receiver)]) + size.to_bytes(2, "little")
        return start + len(payload).to_bytes(4, "little") + bytes(4) + bytes(range(24)) + ref + sender + receiver + more + payload

    return {
        "message": record(1, b"ref-1", payload=b'{"type":"x"}'),
        "row": record(3, b"r") + record(5) + record(6, sender=b".ctl") + record(7, receiver=b".store", payload=b"{}"),
        "later": record(1, more=b"later", payload=b"p") + record(200) + record(1, version=2),
        "long-ref": record(1, b"r" * 65),
        "no-name": record(1, sender=b"../a"),
        "short": record(1, payload=b"payload")[:-1],
    }


def tokens():
    """How, and head and claims: as they are, or encoded."""
    def encode(part):
        return base64.urlsafe_b64encode(part).rstrip(b"=")

    head, claims = b'{"alg":"EdDSA"}', b'{"sub":"alice","exp":2000}'
    parts = {
        "plain": (0, head, claims),
        "all": (0, b'{"alg":"EdDSA","typ":"JWT","kid":"k1"}', b'{"sub":"a.b_c@d+e-f","exp":2000.5,"nbf":1e3,"iat":-0,"x":{"y":[1,{}]}}'),
        "escaped": (0, b' {"\\u0061lg" : "Ed\\u0044SA"}\r\n', b'{"sub":"\\u0061lice","exp":253402300799}'),
        "audience": (1, head, b'{"sub":"alice","exp":2000,"aud":"chat"}'),
        "audiences": (3, head, b'{"sub":"alice","exp":2000,"aud":["chat","https:\\/\\/chat.example/"]}'),
        "audience-quoted": (2, head, b'{"sub":"alice","exp":2000,"aud":"\\"\\\\ \\u00e9"}'),
        "audience-none": (1, head, claims),
        "none": (0, b'{"alg":"none"}', claims),
        "critical": (0, b'{"alg":"EdDSA","crit":["b64"],"b64":false}', claims),
        "kid-long": (0, b'{"alg":"EdDSA","kid":"' + b"x" * 65 + b'"}', claims),
        "twice": (0, b'{"alg":"none","\\u0061lg":"EdDSA"}', claims),
        "late": (0, head, b'{"sub":"alice","exp":253402300800}'),
        "no-name": (0, head, b'{"sub":"../a","exp":2000}'),
        "behind": (0, head, claims + b"x"),
        "deep": (0, head, b'{"a":' + b"[" * 8),
    }
    for name, (who, *both) in parts.items():
        yield name, bytes([who]) + b"\0".join(both)
    text = b".".join([encode(head), encode(claims), encode(bytes(range(190, 254)))])
    yield "text", b"\x80" + text
    yield "text-padded", b"\x80" + text + b"=="
    yield "text-high-bit", b"\x80" + text.replace(b"_", b"\xdf").replace(b"-", b"\xad")
    yield "text-long", b"\x80" + text.replace(b".", b"." + b"ICAg" * 1000, 1)


def frames():
    sizes = [b"\x00", b"\x7d", b"\x7e\x00\x7e", b"\x7e\x00\x7d", b"\x7e\xff\xff", b"\x7f" + bytes(5) + b"\x01\x00\x00", b"\x7f\x80" + bytes(7)]
    for i, size in enumerate(sizes):
        masked = bytes([size[0] | 0x80]) + size[1:] + b"mask"
        yield f"plain-{i}", b"\x81" + size + b"payload"
        yield f"masked-{i}", b"\x82" + masked + bytes(range(60 + 30 * i))


def doors():
    return {
        "x": b"F1.2.3.4, [2001:db8::7]:4711\nF192.0.2.7\nPhttps, http",
        "x-odd": b"Funknown\nPwss",
        "x-unix": b"Funix:",
        "standard": b'ffor="[2001:db8::7]:4711";proto=https;by=203.0.113.43 , for=192.0.2.7',
        "standard-quoted": b'fsecret="a,b;for=1.2.3.4\\"" ,\tfor="_hidden:_port"',
        "standard-open": b'fsecret="x',
        "both": b"ffor=192.0.2.7;proto=http\nF192.0.2.7\nPhttp",
        "both-differ": b"ffor=1.2.3.4\nF192.0.2.7",
        "mapped": b"F::FFFF:127.0.0.1\nOhttp://[::ffff:127.0.0.1]:80",
        "origins": b"Ohttp://a.LocalHost:8080\nOhttps://[::1]\nOchrome-extension://abc\nOnull",
        "origins-not-local": b"Ohttp://127.0.0.1.nip.io:80\nOhttps://localhost.example:443\nOhttp://evillocalhost",
    }


def main(folder):
    targets = {
        "door": doors(), "extension": dict(extensions()), "frame": dict(frames()), "handshake": heads(), "http": heads(),
        "jwt": dict(tokens()),
        "msg": messages(), "record": records(), "send": dict(send()), "ws": dict(ws()),
    }
    for target, seeds in targets.items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for name, data in seeds.items():
            (folder / target / name).write_bytes(data)


main(Path(sys.argv[1]))
