"""The short form of the test against wslay, and that README.md has the tables that the code has."""
import re
import subprocess
from pathlib import Path

import pytest

import rows

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build/differential"


@pytest.mark.parametrize("program, count", [("wslay", 100000), ("wslay-fast", 300000)], ids=["sanitized", "shipped"])
def test_libws_hears_what_wslay_hears(program, count):
    run = subprocess.run([BUILD / program, "--seed", "1", "--count", str(count)], capture_output=True, text=True, timeout=600)
    print(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_tables_of_the_readme_are_those_of_the_code():
    run = subprocess.run([BUILD / "wslay", "--table"], capture_output=True, text=True, check=True)
    code = run.stdout.splitlines() + [f"| {row.name} | {row.what} | {row.right} |" for row in rows.ROWS]
    readme = re.findall(r"^\| (?!---|row ).*$", (HERE / "README.md").read_text(), re.M)
    assert readme == code
