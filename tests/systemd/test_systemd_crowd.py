"""Many at a time."""

import asyncio
import pathlib
import random
import re
import time

from machine import figures
from people import Person, converse, gather, request


async def each(jobs, at_once):
    """Runs all these coroutines, some at a time."""
    gate = asyncio.Semaphore(at_once)

    async def through(job):
        async with gate:
            return await job
    return await asyncio.gather(*map(through, jobs))


def memory(machine):
    """Of the sessions' processes: how many, their private and proportional KB in all, their threads."""
    pids = machine.cgroup.processes("chat.slice")
    sums = {"Pss": 0, "Private_Dirty": 0, "Threads": 0}
    for pid in pids:
        text = "".join(pathlib.Path(f"/proc/{pid}/{name}").read_text() for name in ("smaps_rollup", "status"))
        for key in sums:
            sums[key] += int(re.search(rf"^{key}:\s+(\d+)", text, re.MULTILINE)[1])
    return len(pids), sums


def available():
    return int(re.search(r"MemAvailable:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())[1])


HEALTH = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def test_short_requests_by_the_hundred_fail_no_unit(machine):
    """Each process ends as soon as it has answered, while systemd has its hands full with the others."""
    start = time.monotonic()
    answers = await each((request(HEALTH) for _ in range(500)), 16)
    figures.append(f"500 requests, 16 at a time: {500 / (time.monotonic() - start):.0f} a second")
    assert all(answer.startswith("HTTP/1.1 200 ") for answer in answers)


async def test_a_burst_of_a_thousand_connections_leaves_the_socket_active(machine):
    start = time.monotonic()
    answers = await each((request(HEALTH) for _ in range(1000)), 1000)
    figures.append(f"1000 requests at once: {1000 / (time.monotonic() - start):.0f} a second")
    assert all(answer.startswith("HTTP/1.1 200 ") for answer in answers)
    assert machine.ask("systemctl", "is-active", "chat.socket") == "active"
    alice, bob = await gather("alice", "bob")
    await converse(alice, bob)
    await alice.leave()
    await bob.leave()


async def test_five_hundred_sessions_at_the_same_time(machine):
    before = available()
    start = time.monotonic()
    people = await each((Person.arrive(f"user{n}") for n in range(500)), 16)
    opened = time.monotonic() - start
    spent = before - available()
    count, sums = memory(machine)
    assert count == 500

    one, other = random.sample(people, 2)
    start = time.monotonic()
    await converse(one, other)
    answered = time.monotonic() - start

    start = time.monotonic()
    await each((person.leave() for person in people), 100)
    figures.append(f"500 sessions: {opened:.1f} s to open ({500 / opened:.0f} a second), {answered * 1000:.0f} ms for a"
                   f" message and its answer, {time.monotonic() - start:.1f} s to close")
    figures.append(f"memory of each of 500: {sums['Private_Dirty'] / 500:.0f} KB private dirty, {sums['Pss'] / 500:.0f}"
                   f" KB proportional, {spent / 500:.0f} KB less available, {sums['Threads'] / 500:.0f} threads")
