"""How sessions end that do not end by themselves."""

import time

import pytest

from machine import figures, until
from people import Person, converse, gather

FAREWELL = 1.0      # a watcher knows of a killed session within this many seconds
STOP = 2.0          # a session that is told to stop is gone within this many seconds


async def test_stopping_one_instance_disturbs_no_other(machine):
    alice, bob, carol = await gather("alice", "bob", "carol")
    instance = machine.unit("alice")
    start = time.monotonic()
    await machine.meanwhile("systemctl", "stop", instance)
    assert time.monotonic() - start <= STOP
    assert await alice.end() == 1001
    await converse(bob, carol)
    await bob.leave()
    await carol.leave()
    said = machine.ask("journalctl", "--output=cat", "--unit", instance)
    assert "Deactivated successfully" in said, said


async def test_a_client_that_does_not_answer_does_not_delay_a_stop(machine):
    alice = await Person.arrive("alice")
    alice.socket.transport.pause_reading()
    instance = machine.unit("alice")
    start = time.monotonic()
    await machine.meanwhile("systemctl", "stop", instance)
    took = time.monotonic() - start
    figures.append(f"stop of a session whose client is silent: {took:.2f} s")
    said = machine.ask("journalctl", "--output=cat", "--unit", instance)
    assert "Deactivated successfully" in said, said
    alice.socket.transport.resume_reading()
    assert await alice.end() == 1001
    assert took <= STOP


@pytest.mark.kills
async def test_a_killed_session_is_missed_within_a_second_and_swept_away(machine):
    watcher = await Person.arrive("watcher")
    await watcher.say("watch", users=["alice"])
    await watcher.hear("presence", user="alice", online=False)
    took = []
    # The fastest of three counts: the machine may be busy with something else, but not each time.
    for _ in range(3):
        alice = await Person.arrive("alice")
        await watcher.hear("presence", user="alice", online=True)
        pid, = machine.sessions("alice")
        start = time.monotonic()
        machine.run("sh", "-c", f"kill -9 {pid}")
        await watcher.hear("presence", user="alice", online=False)
        took.append(time.monotonic() - start)
        assert await alice.end() == 1006
        until(lambda: machine.ask("sh", "-c", "ls -d /run/chat/bus/alice*/* 2>&- || :"), "")
    # Nor do the units of the killed stay, while others live.
    until(lambda: machine.ask("systemctl", "list-units", "--all", "--plain", "--no-legend", "chat@*").count("\n"), 0)
    figures.append("presence after kill -9: " + ", ".join(f"{seconds * 1000:.0f} ms" for seconds in took))
    assert min(took) <= FAREWELL
    assert "Deactivated successfully" in machine.ask("journalctl", "--output=cat", "--unit=chat-sweep.service")
    await watcher.leave()


@pytest.mark.kills
async def test_a_session_killed_behind_the_sweeps_back_is_swept_away_too(machine):
    """The sweep for one session has looked everywhere and is not quite done when the next one is killed."""
    alice, bob = await gather("alice", "bob")
    folder = "/run/systemd/system/chat-sweep.service.d"
    machine.run("sh", "-c", f"mkdir -p {folder} && printf '[Service]\\nExecStopPost=sleep 1\\n' >{folder}/slow.conf")
    machine.run("systemctl", "daemon-reload")
    try:
        machine.run("sh", "-c", "kill -9 $(ls /run/chat/bus/alice)")
        until(lambda: machine.ask("ls", "/run/chat/bus"), "bob")
        machine.run("sh", "-c", "kill -9 $(ls /run/chat/bus/bob)")
        until(lambda: machine.ask("ls", "/run/chat/bus"), "")
    finally:
        machine.run("rm", "-r", folder)
        machine.run("systemctl", "daemon-reload")
    for person in alice, bob:
        assert await person.end() == 1006


async def test_stopping_the_socket_lets_those_who_talk_talk(machine):
    alice, bob = await gather("alice", "bob")
    machine.run("systemctl", "stop", "chat.socket")
    try:
        await converse(alice, bob)
        with pytest.raises(OSError):
            await Person.arrive("carol")
    finally:
        machine.run("systemctl", "start", "chat.socket")
    await converse(alice, bob)
    await alice.leave()
    await bob.leave()


@pytest.mark.parametrize("units", [["chat.socket", "chat@*"], ["chat.socket", "chat.slice"]], ids=" ".join)
async def test_stopping_everything_ends_everybody_with_1001(machine, units):
    people = await gather(*(f"user{n}" for n in range(10)))
    await machine.meanwhile("systemctl", "stop", *units)
    try:
        assert [await person.end() for person in people] == [1001] * len(people)
        assert machine.ask("systemctl", "list-units", "--all", "--plain", "--no-legend", "chat@*") == ""
        assert machine.ask("ls", "/run/chat/bus") == ""
    finally:
        machine.run("systemctl", "start", "chat.socket")


async def test_without_ipv6_the_socket_starts_all_the_same(machine):
    switch = "/proc/sys/net/ipv6/conf/all/disable_ipv6"
    machine.run("sh", "-c", f"echo 1 >{switch}")
    try:
        machine.run("systemctl", "restart", "chat.socket")
        alice, bob = await gather("alice", "bob")
        await converse(alice, bob)
        await alice.leave()
        await bob.leave()
    finally:
        machine.run("sh", "-c", f"echo 0 >{switch}")
        machine.run("systemctl", "restart", "chat.socket")
