"""A wrong clock, a slow disk, and one that takes no writes, for the programs that are started with `settings`."""

import errno
import os
import struct

from serve import ROOT

LIBRARY = ROOT / "build" / "e2e" / "faults.so"
HOUR_MS = 60 * 60 * 1000


class Faults:
    def __init__(self, directory):
        assert LIBRARY.exists(), f"not built: {LIBRARY}"
        self.fd = os.open(directory / "faults", os.O_RDWR | os.O_CREAT, 0o644)
        self.settings = {"LD_PRELOAD": LIBRARY, "FAULTS": directory / "faults"}
        self.now = {"wall_ms": 0, "sync_ms": 0, "writing": 0}
        self.set()

    def set(self, **changes):
        self.now.update(changes)
        os.pwrite(self.fd, struct.pack("=qqq", *self.now.values()), 0)

    def clock(self, hours):
        self.set(wall_ms=int(hours * HOUR_MS))

    def slow(self, seconds):
        """Each sync takes so long."""
        self.set(sync_ms=int(seconds * 1000))

    def read_only(self, on=True):
        """As a disk that the kernel has made read-only under the program."""
        self.set(writing=errno.EROFS if on else 0)
