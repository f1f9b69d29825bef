"""What a captured session can't do: each row of SECURITY.md is tried in the sandbox and, as a control, outside."""
import ctypes
import os
import re
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
PROGRAM = TOP / "build" / "captured" / "captured"
TABLE = (TOP / "SECURITY.md").read_text()
NOBODY = 64123  # a user number that nothing else has
COULD, REFUSED = 0, 1
ROWS = {name: (by, bool(early)) for name, by, early in re.findall(r"^\| `([a-z0-9-]+)` \| .* \| (\w+) \| (yes|) ?\|$", TABLE, re.M)}
AS_ROOT = set(re.findall(r"^\| `([a-z0-9-]+)` \| .*\(root\) \|", TABLE, re.M))
SAYS = {"seccomp": {"EPERM", "ENOSYS"}, "Landlock": {"EACCES", "EPERM"}}
SCOPES = 6  # the version of Landlock that has them


def landlock():
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.syscall(444, None, 0, 1)


def program():
    return [line.split() for line in subprocess.run([PROGRAM, "list"], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()]


class World:
    """A bus with somebody else on it, and a database, of the user that the sessions run as."""

    def __init__(self, row):
        self.base = Path(tempfile.mkdtemp(prefix="chat-captured."))
        self.base.chmod(0o755)
        self.program = shutil.copy(PROGRAM, self.base)
        self.user = NOBODY if os.geteuid() == 0 and row not in AS_ROOT else os.geteuid()
        other = self.base / "run" / "bus" / "alice"
        other.mkdir(parents=True)
        (other / "unsaved.1").write_text("what alice said")
        (self.base / "chat.db").write_text("what all said")
        with socket.socket(socket.AF_UNIX) as endpoint:
            endpoint.bind(str(other / "1"))
        for path in [self.base / "chat.db", *self.base.glob("run/**/"), *other.iterdir()]:
            os.chown(path, self.user, self.user)
            path.chmod(0o750 if path.is_dir() else 0o600)

    def run(self, how, row):
        env = {"CHAT_RUNTIME_DIR": str(self.base / "run"), "DATABASE": str(self.base / "chat.db")}
        become = {"user": self.user, "group": self.user, "extra_groups": []} if self.user != os.geteuid() else {}
        done = subprocess.run([self.program, how, row], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20,
                              cwd="/", **become)
        assert done.returncode in (COULD, REFUSED), done
        return done.returncode, done.stdout.strip()


@pytest.fixture
def attempt(request):
    bases = []

    def attempt(how, row):
        if row in AS_ROOT and os.geteuid() != 0:
            pytest.skip("needs root")
        world = World(row)
        bases.append(world.base)
        return world.run(how, row)

    yield attempt
    for base in bases:
        shutil.rmtree(base)


def test_program_and_table_have_the_same_rows():
    assert [name for name, _ in program()] == list(ROWS)
    assert {name for name, by in program() if by == "root"} == AS_ROOT
    assert len(re.findall(r"^\| `", TABLE, re.M)) == len(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_a_captured_session_can_not(attempt, row):
    by, _ = ROWS[row]
    if by == "Landlock" and landlock() < (SCOPES if row == "abstract" else 1):
        pytest.skip("this kernel's Landlock does not have it")
    status, why = attempt("try", row)
    assert status == REFUSED and why in SAYS[by]


@pytest.mark.parametrize("row", ROWS)
def test_nor_before_the_login_but_for_the_bus(attempt, row):
    by, early = ROWS[row]
    if by == "Landlock" and landlock() < (SCOPES if row == "abstract" else 1):
        pytest.skip("this kernel's Landlock does not have it")
    status, _ = attempt("early", row)
    assert status == (REFUSED if early else COULD)


@pytest.mark.parametrize("row", [row for row, (by, early) in ROWS.items() if by == "Landlock" and early and row != "read-spool"])
def test_nor_where_there_is_no_bus(attempt, row):
    """Then the directory that it is in is anything: here it is /."""
    if landlock() < (SCOPES if row == "abstract" else 1):
        pytest.skip("this kernel's Landlock does not have it")
    status, why = attempt("nowhere", row)
    assert status == REFUSED and why in SAYS["Landlock"]


@pytest.mark.parametrize("row", ROWS)
def test_without_the_sandbox_it_could(attempt, row):
    status, why = attempt("free", row)
    assert status == COULD, why
