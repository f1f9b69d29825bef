"""100,000 messages wait for one user: all come, in order, once, and neither the session nor the store grows by it."""

import asyncio
import json
import subprocess
from pathlib import Path

import pytest
import websockets

import storm

TOP = Path(__file__).resolve().parents[2]
MANY = 100000
BOUND_KB = 40 << 10
FIRST = 5.0  # seconds until the first is shown: more than what is asked of an idle machine, which is 0.1


def memory(pid):
    """The most that a process has ever had, in KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1])


async def read_all(server, slowly):
    """What is shown, what was promised, and the most that the session had."""
    url = server.url("/ws?user=bob")
    async with websockets.connect(url, ping_interval=None, compression=None, max_queue=64 if slowly else None) as ws:
        welcome = json.loads(await asyncio.wait_for(ws.recv(), 10))
        assert welcome["type"] == "welcome", welcome
        began, first, shown, most = asyncio.get_running_loop().time(), None, [], 0
        session = server.sessions[ws.local_address[1]].pid
        while len(shown) < MANY:
            try:
                got = json.loads(await asyncio.wait_for(ws.recv(), 10))
            except asyncio.TimeoutError:
                raise AssertionError(f"no more came after {len(shown)}: {shown[-1:]}") from None
            first = first or asyncio.get_running_loop().time() - began
            assert got["type"] == "private_message", got
            shown.append((got["message"], got["id"]))
            if len(shown) % 10000 == 0:
                most = max(most, memory(session))
                await asyncio.sleep(0.3 if slowly else 0)
        return welcome, first, shown, most


@pytest.mark.parametrize("slowly", [False, True])
def test_a_great_mailbox_comes_in_order_once_in_bounded_memory(tmp_path, slowly):
    state, run = tmp_path / "state", tmp_path / "run"
    state.mkdir(mode=0o700)
    run.mkdir()
    subprocess.run([TOP / "build/store/many", state / "chat.db", str(MANY)], check=True, timeout=60)
    store = storm.serve.Store(run, tmp_path, CHAT_MAILBOX_MESSAGES=2 * MANY, CHAT_MAILBOX_BYTES=1 << 30, CHAT_RETENTION="0")
    server = storm.serve.Server(None, run, tmp_path)
    try:
        welcome, first, shown, most = asyncio.run(asyncio.wait_for(read_all(server, slowly), 120))
        print(f"first after {first * 1000:.1f} ms; session {most} KiB, store {memory(store.process.pid)} KiB")
        assert welcome["pending"] == MANY
        assert [words for words, _ in shown] == [f"words {number}" for number in range(MANY)]
        assert len({ident for _, ident in shown}) == MANY
        assert most < BOUND_KB and memory(store.process.pid) < BOUND_KB
        assert first < FIRST
    finally:
        ends = server.stop()
        status = store.stop()
    assert not ends and status == 0, "\n".join(ends)
