"""What a message costs in instructions: unlike its time, that is the same in each run."""
import os
import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent.parent
ROUNDS = 2, 12
TIMES = 3
# The C library may copy with one instruction that valgrind counts once for each byte: the reads would outweigh all else.
ENVIRONMENT = {**os.environ, "GLIBC_TUNABLES": "glibc.cpu.x86_rep_movsb_threshold=1000000000"}


def count(library, kind, size, rounds):
    """All instructions of a program that receives so many rounds, and the messages of a round."""
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", TOP / "build/bench/ws/instructions",
         library, kind, str(size), str(rounds)],
        capture_output=True, text=True, timeout=120, env=ENVIRONMENT)
    assert run.returncode == 0, run.stderr
    return int(re.search(r"Collected : (\d+)", run.stderr)[1]), int(run.stdout)


def per_message(library, kind, size):
    (few, messages), (many, _) = (count(library, kind, size, rounds) for rounds in ROUNDS)
    return (many - few) / (messages * (ROUNDS[1] - ROUNDS[0]))


@pytest.mark.parametrize("size", [64, 1024])
@pytest.mark.parametrize("kind", ["text", "binary"])
def test_a_message_takes_less_than_a_third_of_what_it_takes_libwslay(kind, size):
    ours, theirs = per_message("libws", kind, size), per_message("libwslay", kind, size)
    print(f"{kind} of {size} bytes: libws {ours:.0f} instructions, libwslay {theirs:.0f}")
    assert 0 < ours < theirs / TIMES
