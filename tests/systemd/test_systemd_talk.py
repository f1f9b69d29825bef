"""What a user and an operator see while people talk."""

import asyncio
import contextlib

import pytest

from machine import until
from people import Person, converse, gather, request

SECRET = "the-cellar-key-is-under-the-third-pot"


def test_install_and_enable_is_all(machine):
    assert machine.ask("systemctl", "is-active", "chat.socket") == "active"
    assert machine.ask("systemctl", "is-enabled", "chat.socket") == "enabled"
    assert machine.ask("stat", "--format=%U:%G %a", "/run/chat", "/run/chat/bus") == "chat:chat 750\nchat:chat 750"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
async def test_two_people_talk(machine, host):
    alice, bob = await gather("alice", "bob", host=host)
    await converse(alice, bob)
    await alice.leave()
    await bob.leave()


async def test_ipv4_and_ipv6_meet(machine):
    alice, bob = await Person.arrive("alice"), await Person.arrive("bob", host="[::1]")
    await converse(alice, bob)
    await alice.leave()
    await bob.leave()


async def test_status_and_title_say_who_is_served(machine):
    people = await gather("alice", "bob")
    status = machine.ask("systemctl", "status", "--no-pager", "chat@*")
    for person in people:
        pid, = machine.sessions(person.name)
        assert machine.unit(person.name).startswith("chat@")
        assert any(person.name in line for line in status.splitlines() if line.strip().startswith("Status:")), status
        assert machine.ask("sh", "-c", f"tr -d '\\0' </proc/{pid}/cmdline") == f"chat-session: {person.name}"
        assert machine.ask("stat", "--format=%U", f"/proc/{pid}") == "chat"
    for person in people:
        await person.leave()


async def test_chatctl_who_lists_user_process_and_unit(machine):
    people = await gather("alice", "bob")
    lines = machine.ask("chatctl", "who").splitlines()
    for person in people:
        pid, = machine.sessions(person.name)
        assert any({person.name, pid, machine.unit(person.name)} <= set(line.split()) for line in lines), lines
    for person in people:
        await person.leave()


async def test_journal_knows_the_user_and_not_the_message(machine):
    name = "journal.reader"
    alice, bob = await gather(name, "bob")
    await alice.tell("bob", SECRET)
    await alice.leave()
    await bob.leave()
    until(lambda: len(machine.journal(f"CHAT_USER={name}")), 2)
    login, end = machine.journal(f"CHAT_USER={name}")
    for entry in login, end:
        assert entry["CHAT_REMOTE"].startswith("127.0.0.1")
        assert entry["_SYSTEMD_UNIT"].startswith("chat@")
    assert end["CHAT_REASON"]
    assert SECRET not in machine.ask("journalctl", "--output=export", "--all")


async def test_replacing_the_binary_disturbs_nobody(machine):
    binary = "/usr/lib/chat/chat-session"
    alice, bob = await gather("alice", "bob")
    machine.run("sh", "-c", f"cp -a {binary} {binary}.new && mv -f {binary}.new {binary}")
    await converse(alice, bob)
    carol = await Person.arrive("carol")
    runs = {name: machine.ask("readlink", f"/proc/{machine.sessions(name)[0]}/exe") for name in ("alice", "carol")}
    assert runs["carol"] == binary
    assert runs["alice"] != binary
    for person in alice, bob:
        await converse(carol, person)
        await converse(person, carol)
    for person in alice, bob, carol:
        await person.leave()


async def test_requests_that_are_no_upgrade_fail_no_unit(machine):
    head = "Host: localhost:8080\r\n\r\n"
    assert (await request("GET / HTTP/1.1\r\n" + head)).startswith("HTTP/1.1 200 ")
    health = await request("GET /healthz HTTP/1.1\r\n" + head)
    assert health.startswith("HTTP/1.1 200 ") and health.rpartition("\r\n\r\n")[2].strip() == "ok"
    assert (await request("GET /nowhere HTTP/1.1\r\n" + head)).startswith("HTTP/1.1 404 ")
    assert (await request("GET /ws HTTP/1.1\r\n" + head)).startswith("HTTP/1.1 426 ")
    assert (await request("what?\r\n\r\n")).startswith("HTTP/1.1 400 ")
    assert (await request("GET / HTTP/1.1\r\nX: " + 9000 * "x" + "\r\n\r\n")).startswith("HTTP/1.1 431 ")


async def test_connections_that_leave_without_a_word_fail_no_unit(machine):
    for words in b"", b"GET /ws HTT", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n":
        for abort in False, True:
            _, writer = await asyncio.open_connection("127.0.0.1", 8080)
            writer.write(words)
            await writer.drain()
            if abort:
                writer.transport.abort()
            else:
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()


async def test_a_request_that_does_not_end_fails_no_unit(machine):
    assert (await request("GET / HTTP/1.1\r\n")).startswith("HTTP/1.1 408 ")
