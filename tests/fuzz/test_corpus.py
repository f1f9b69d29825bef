"""Runs each fuzz target over its corpus in the tree: what was found once stays found. One test a target."""
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
TARGETS = sorted(path.name for path in (HERE / "corpus").iterdir())


@pytest.mark.parametrize("target", TARGETS)
def test_target_holds_over_its_corpus(target):
    inputs = sorted((HERE / "corpus" / target).iterdir())
    assert len(inputs) >= 5
    run = subprocess.run(
        [TOP / "build/fuzz" / target, "-timeout=60", "-rss_limit_mb=1024", f"-artifact_prefix={TOP}/build/fuzz/{target}-", *inputs],
        cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=300,
    )
    assert run.returncode == 0, run.stdout[-4000:]
    assert run.stdout.count("Executed ") == len(inputs)


@pytest.mark.parametrize("target", TARGETS)
def test_valgrind_has_nothing_to_say(target):
    inputs = sorted((HERE / "corpus" / target).iterdir())
    run = subprocess.run(
        ["valgrind", "-q", "--error-exitcode=9", "--leak-check=full", TOP / "build/fuzz/replay" / target, *inputs],
        cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=300,
    )
    assert run.returncode == 0, run.stdout[-4000:]
    assert run.stdout.endswith(f"{len(inputs)} inputs\n")


def test_each_target_has_a_corpus_and_a_dictionary():
    programs = {path.stem for path in HERE.glob("*.c") if "\nLLVMFuzzerTestOneInput(" in path.read_text()}
    assert programs == set(TARGETS)
    assert programs == {path.stem for path in HERE.glob("*.dict")}
