"""A session that is taken over on a real machine."""

import pathlib
import sys

import pytest

from people import gather

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "captured"))
import hijack

pytestmark = pytest.mark.skipif(not hijack.possible, reason="needs root, and x86-64")


def pid_here(machine, user):
    """The number that this machine gives the process of a user's one session."""
    inside, = machine.sessions(user)
    for pid in machine.cgroup.processes("chat.slice"):
        numbers = next(line for line in open(f"/proc/{pid}/status") if line.startswith("NSpid:")).split()
        if numbers[-1] == inside:
            return pid, int(inside)
    raise LookupError(user)


async def test_a_captured_session_can_not_leave_its_folder(machine):
    alice, mallory = await gather("alice", "mallory")
    (pid, _), (_, other) = pid_here(machine, "mallory"), pid_here(machine, "alice")
    hijack.settle(pid)
    with hijack.hijack(pid) as it:
        assert hijack.attempts(it, "alice", other) == hijack.REFUSED
        assert it.call("openat", hijack.AT_FDCWD, b"/var/lib/chat/chat.db\0", 0, 0) == "EACCES"
    await alice.tell("mallory", "still here?")  # and it goes on
    machine.run("systemctl", "stop", "chat-store.service")
    hijack.settle(pid)
    with hijack.hijack(pid) as it:  # while the store is away, which could not make its folder again
        assert it.call("rmdir", b".store\0") == "ENOTEMPTY"
    machine.run("systemctl", "start", "chat-store.service")
    await alice.tell("mallory", "and now?")
    await mallory.leave()
    await alice.leave()
