"""Five kinds of data for the messages of sections 12 and 13, made up anew each time, and the same each time.

Those that are sent as text are ASCII, so that they can be cut anywhere.
"""

import json
import math
import random
import struct
import zlib
from functools import cache

SIDE = 512
SYLLABLES = "da den der ein ge ge hab haus ich ihr im licht lich mein mut nacht rat sein so tag und ver wald wort zeit".split()


def words(rng, count):
    return ["".join(rng.choices(SYLLABLES, k=rng.choice((1, 1, 2, 3)))) for _ in range(count)]


@cache
def prose():
    """Words of a small stock, in lines that rhyme with nothing, some letters outside ASCII: sent as binary."""
    rng = random.Random(1)
    stock = [word.capitalize() if rng.random() < 0.2 else word for word in words(rng, 3000)]
    stock = [word.replace("o", "ö") if rng.random() < 0.1 else word for word in stock]
    lines = []
    while sum(map(len, lines)) < 220_000:
        lines.append(" ".join(rng.choices(stock, weights=range(1, 3001), k=rng.randint(4, 9))) + rng.choice(",.;\n"))
    return "\n".join(lines).encode()


@cache
def json_text():
    rng = random.Random(2)
    people = [
        {"id": n, "name": " ".join(words(rng, 2)), "email": f"{words(rng, 1)[0]}@example.org", "balance": rng.random() * 9999,
         "tags": words(rng, rng.randint(0, 6)), "active": rng.random() < 0.5, "friends": rng.sample(range(900), 4)}
        for n in range(900)
    ]
    return json.dumps(people, indent=1).encode()


@cache
def html_text():
    rng = random.Random(3)
    rows = [
        f'<tr class="{"even" if n % 2 else "odd"}"><td><a href="/{n:04x}/{words(rng, 1)[0]}.html">{" ".join(words(rng, 4))}'
        f"</a></td><td>{rng.randint(0, 99999)}&nbsp;&euro;</td></tr>"
        for n in range(2400)
    ]
    return "\n".join(["<!DOCTYPE html><html><body><table>", *rows, "</table></body></html>"]).encode()


@cache
def picture():
    """A bitmap of grey levels: soft shapes under noise."""
    rng = random.Random(4)
    rows = [[128 + 60 * math.sin(x / 40) + 50 * math.cos(y / 25 + x / 90) for x in range(SIDE)] for y in range(SIDE)]
    pixels = bytes(int(level) + rng.getrandbits(3) for row in rows for level in row)
    grey = b"".join(bytes([n, n, n, 0]) for n in range(256))
    offset = 54 + len(grey)
    head = struct.pack("<2sIHHI", b"BM", offset + len(pixels), 0, 0, offset)
    return head + struct.pack("<IiiHHIIiiII", 40, SIDE, SIDE, 1, 8, 0, len(pixels), 2835, 2835, 256, 0) + grey + pixels


@cache
def document():
    """A file of objects that are compressed already, with some plain text between them: hardly smaller with DEFLATE."""
    rng = random.Random(5)
    stock = prose()
    objects = []
    while sum(map(len, objects)) < 1_000_000:
        at = rng.randrange(len(stock) - 40_000)
        stream = zlib.compress(stock[at : at + rng.randint(5_000, 40_000)] + rng.randbytes(10_000), 9)
        objects.append(b"%d 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n" % (len(objects), len(stream)) + stream)
    return b"\nendstream\nendobj\n".join(objects)


def cut(data, size, count):
    """That many slices one behind the other, round and round."""
    ring = data + data[:size]
    for n in range(count):
        at = n * size % len(data)
        yield ring[at : at + size]
