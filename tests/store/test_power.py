"""Power loss: what the store's database wrote, and when it made sure of it, is recorded; then the power fails at each point.

The disk after a cut has what was synced before it, and of the writes that were not, none, all, or some at random. Whatever it
has, the database opens, and each message that had been called committed is there, whole, with none missing before it.
"""

import os
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
GROUPS = TOP / "build/store/groups"
SIZES = [1, 3, 40, 200, 1, 200, 300, 250, 2, 200, 250, 300, 5, 1]  # past the 1,000 pages after which SQLite makes a checkpoint
CALLS = "pwrite64,fdatasync,fsync,ftruncate,unlink,write"
CALL = re.compile(r"^(\w+)\((\d+)<([^>]*)>(?:, (.*))?\) += (-?\d+)")


FOLDER = "the folder"


class Disk:
    """The files of one folder: what is safe, and what was written since."""

    def __init__(self):
        self.safe, self.pending = {}, []

    def play(self, event):
        kind, name, *rest = event
        if kind == "sync":
            made_safe = [e for e in self.pending if (e[0] == "unlink" if name == FOLDER else e[1] == name and e[0] != "unlink")]
            for each in made_safe:
                self.apply(self.safe, each)
            self.pending = [e for e in self.pending if e not in made_safe]
        else:
            self.pending.append(event)

    @staticmethod
    def apply(files, event):
        kind, name, *rest = event
        if kind == "unlink":
            files.pop(name, None)
            return
        data = files.setdefault(name, bytearray())
        if kind == "write":
            at, payload = rest
            data.extend(bytes(max(at + len(payload) - len(data), 0)))
            data[at : at + len(payload)] = payload
        elif kind == "truncate":
            del data[rest[0] :]
            data.extend(bytes(rest[0] - len(data)))

    def after_a_cut(self, survives):
        files = {name: bytearray(data) for name, data in self.safe.items()}
        for event in self.pending:
            if survives(event):
                self.apply(files, event)
        return files


def unescape(text):
    return bytes.fromhex(text.strip('"').replace("\\x", ""))


def recorded(path, trace):
    """What happened, in order: writes, syncs, and `said` for each line that was printed."""
    strace = ["strace", "-f", "-y", "-xx", "-s", "1000000", "-e", f"trace={CALLS}", "-o", trace]
    run = subprocess.run([*strace, GROUPS, path], input=" ".join(map(str, SIZES)), capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    for line in trace.read_text().splitlines():
        if removed := re.match(r'^\d+ +unlink\("((?:\\x[0-9a-f]{2})+)"\) += 0', line):
            yield "unlink", Path(unescape(removed[1]).decode()).name
        found = CALL.match(re.sub(r"^\d+ +", "", line))
        if not found:
            continue
        call, fd, file, arguments, _ = found.groups()
        file = re.sub(r"(\\x[0-9a-f]{2})+", lambda m: unescape(m[0]).decode(), file)
        name = Path(file).name
        if call in ("fsync", "fdatasync") and Path(file) == path.parent:
            yield "sync", FOLDER
        elif call == "write" and fd == "1":
            yield "said", unescape(arguments.split(",")[0]).decode().split()[1]
        elif name.startswith("chat.db") and not name.endswith((".lock", "-shm")):
            if call == "pwrite64":
                payload, _, at = arguments.rsplit(", ", 2)
                yield "write", name, int(at), unescape(payload)
            elif call in ("fsync", "fdatasync"):
                yield "sync", name
            elif call == "ftruncate":
                yield "truncate", name, int(arguments)


def messages_in(files, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    run = subprocess.run([GROUPS, folder / "chat.db", "show"], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    return run.stdout.split("\n")[:-1]


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    if not shutil.which("strace"):
        pytest.skip("no strace")
    folder = tmp_path_factory.mktemp("power")
    return list(recorded(folder / "chat.db", folder / "trace"))


def test_the_record_has_what_it_must(events):
    kinds = [event[0] for event in events]
    assert kinds.count("said") == len(SIZES)
    assert kinds.count("sync") >= len(SIZES)
    written = {event[1] for event in events if event[0] == "write"}
    assert written == {"chat.db", "chat.db-journal", "chat.db-wal"}
    said = [i for i, event in enumerate(events) if event[0] == "said"]
    assert any(event[:2] == ("write", "chat.db") for event in events[said[0] : said[-1]]), "no checkpoint between the groups"


def test_what_was_called_committed_was_synced_before(events):
    """No write is pending when it is said, but in the files of a checkpoint, which repeats what the log has."""
    disk = Disk()
    for event in events:
        if event[0] == "said":
            assert not [e for e in disk.pending if e[1] == "chat.db-wal"]
        else:
            disk.play(event)


SURVIVORS = {
    "none": lambda dice: lambda event: False,
    "all": lambda dice: lambda event: True,
    "some": lambda dice: lambda event: dice.random() < 0.5,
}


@pytest.mark.parametrize("survivors", SURVIVORS)
def test_committed_messages_outlive_a_cut_at_any_point(events, survivors, tmp_path):
    dice = random.Random(6455)
    points = sorted({*dice.sample(range(len(events)), min(60, len(events))), *(i for i, e in enumerate(events) if e[0] == "said")})
    disk, committed = Disk(), 0
    for i, event in enumerate(events):
        if event[0] == "said":
            committed = int(event[1])
        else:
            disk.play(event)
        if i not in points:
            continue
        files = disk.after_a_cut(SURVIVORS[survivors](dice))
        if not files and not committed:
            continue
        got = messages_in(files, tmp_path / "disk")
        assert got == [str(n) for n in range(1, len(got) + 1)], f"cut at {i}"
        assert len(got) >= committed, f"cut at {i}"
