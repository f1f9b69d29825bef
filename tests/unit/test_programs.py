"""Runs the C unit tests: each program is one test here, with its own tests in it."""
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
NAMES = sorted(path.stem for path in Path(__file__).parent.glob("test_*.c"))


@pytest.mark.parametrize("name", NAMES)
def test_program(name):
    run = subprocess.run([TOP / "build/unit" / name], cwd=TOP, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr


def test_there_are_programs():
    assert NAMES
