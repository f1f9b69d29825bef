"""The store's promise under a storm: what had a receipt is there, once, in order. `make torture TIME=600` goes on for longer.

SEED in the environment repeats the dice of a storm (not its timing). That the judge bites is shown with programs that are
broken on purpose: built from a changed copy of the sources, for this alone.
"""

import os
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import storm
from checker import judge

TOP = Path(__file__).resolve().parents[2]
TIME = float(os.environ.get("STORE_TIME", "8"))
SEED = int(os.environ.get("SEED", "0")) or random.randrange(1 << 32)


def has_root():
    return os.geteuid() == 0 and shutil.which("mount")


def report(played, verdict):
    return f"seed {SEED}: {dict(verdict.counts)} {dict(played.notes)}"


def prove(directory, seconds, **options):
    played = storm.play(directory, SEED, seconds, **options)
    verdict = judge(played.events)
    print(report(played, verdict))
    assert not verdict.faults, report(played, verdict) + "\n" + "\n".join(verdict.faults[:20])
    assert not played.ends and played.store_status == 0, "\n".join(played.ends)
    assert verdict.counts["sent"] > 100 and played.notes["not quiet in time"] == 0, report(played, verdict)
    return verdict


@pytest.mark.parametrize("blows", [["session", "drop", "stall"], ["store", "stall"]], ids="+".join)
def test_a_storm_loses_nothing_and_shows_nothing_twice(tmp_path, blows):
    prove(tmp_path, min(TIME, 60), blows=blows)


def test_nor_does_one_of_all_kinds(tmp_path):
    prove(tmp_path, TIME)


@pytest.mark.skipif(not has_root(), reason="mounting a small disk needs root")
def test_nor_does_one_in_which_the_disk_fills(tmp_path):
    prove(tmp_path, TIME, disk=True)


def broken(directory, file, old, new):
    """chat-store, built from a copy of the sources in which something is wrong."""
    copy = directory / "broken"
    copy.mkdir()
    for name in ("src", "tests", "examples", "units"):
        shutil.copytree(TOP / name, copy / name, ignore=shutil.ignore_patterns("corpus"))
    shutil.copy(TOP / "Makefile", copy)
    source = (copy / file).read_text()
    changed, count = re.subn(old, new, source)
    assert count == 1, f"{file} has {count} of {old!r}: the source has changed, bring this test up to it"
    (copy / file).write_text(changed)
    built = subprocess.run(["make", "-s", "NEED=no", "build/chat-store"], cwd=copy, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert built.returncode == 0, built.stdout[-2000:]
    return copy / "build" / "chat-store"


@pytest.mark.parametrize("file, old, new, rule, blows", [
    # answers, and then keeps nothing of it
    ("src/store/group.c", r"db_commit\(db\) == 0\) \{", r"(db_abandon(db), true)) {", "lost", ["session", "drop"]),
    # does not know again what comes a second time
    ("src/store/db.c", r"result != DB_NONE \|\| m->ref_len == 0", r"true", "another id", ["all"]),
])
def test_the_judge_finds_what_is_broken(tmp_path, monkeypatch, file, old, new, rule, blows):
    monkeypatch.setattr(storm.serve, "STORE", broken(tmp_path, file, old, new))
    played = storm.play(tmp_path, SEED, 8, blows=blows)
    verdict = judge(played.events)
    print(report(played, verdict))
    assert verdict.counts[rule], f"the judge saw no '{rule}': " + report(played, verdict)
