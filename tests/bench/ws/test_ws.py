"""That the benchmark runs and that libws and libwslay deliver the same. No time is judged here: see test_instructions.py."""
import json
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent.parent


def test_both_deliver_the_same_and_every_row_has_a_figure(tmp_path):
    output = tmp_path / "ws.json"
    run = subprocess.run([TOP / "build/bench/ws/ws", "--brief", output], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    result = json.loads(output.read_text())
    assert result["rounds"] >= 5
    assert {row["group"].split(",")[0] for row in result["rows"]} == {"unmask", "UTF-8", "receive", "send", "permessage-deflate"}
    for row in result["rows"]:
        assert 0 < row["libws"]["min"] <= row["libws"]["median"] <= row["libws"]["max"], row
        assert run.stdout.count(f"| {row['name']} |")
