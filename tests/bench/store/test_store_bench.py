"""That the benchmark of the store runs, and that it finds each message that is not as it was sent. No time is judged here."""
import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[3]
LOAD = TOP / "build/bench/load/load"
LIAR = Path(__file__).with_name("liar.py")


def test_all_messages_are_accounted_for_and_every_row_has_a_figure(tmp_path):
    output = tmp_path / "store.json"
    run = subprocess.run([LOAD, "--brief", output, "durable", "live"], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    result = json.loads(output.read_text())
    assert {"processors", "file system", "window", "pace"} <= result["facts"].keys()
    assert {row["beside"] for row in result["rows"]} == {"a commit for each", "without"}
    for row in result["rows"]:
        assert run.stdout.count(f"| {row['name']} |") == 1
        for figure in (row["ours"], row["theirs"], row["times"]):
            assert 0 < figure["min"] <= figure["median"] <= figure["max"], row
    budgets = [row for row in result["rows"] if "budget" in row]
    assert budgets and all(isinstance(row["met"], bool) for row in budgets)
    assert list(tmp_path.iterdir()) == [output]


@pytest.mark.parametrize("kind, found", [
    ("lost", "where message 5 was due"),
    ("twice", "where message 6 was due"),
    ("swapped", "where message 5 was due"),
    ("altered", "where message 5 was due"),
    ("no receipt", "where the receipt of message 5 was due"),
    ("not kept", "where message 5 is due"),
])
def test_a_fault_is_found(tmp_path, kind, found):
    session = tmp_path / "session"
    session.write_text(f"#!/bin/sh\nexec /usr/bin/python3 -B '{LIAR}' '{kind}'\n")
    session.chmod(0o700)
    run = subprocess.run([LOAD, "--brief", "--session", session, tmp_path / "store.json", "durable"], capture_output=True, text=True,
                         timeout=120)
    assert run.returncode == 1 and found in run.stderr, run.stderr
    assert list(tmp_path.iterdir()) == [session]


def test_it_can_be_stopped_and_leaves_nothing(tmp_path):
    with subprocess.Popen([LOAD, tmp_path / "store.json", "live"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        deadline = time.monotonic() + 20
        while not list(tmp_path.glob("load.*/on/run/bus/sender0")) and time.monotonic() < deadline:
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        assert run.wait(20) == 128 + signal.SIGINT
    assert list(tmp_path.iterdir()) == []
