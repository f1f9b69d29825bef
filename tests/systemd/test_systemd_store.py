"""The store under systemd: it comes with the first connection, goes with the last, and is another user's."""

import pytest

from machine import until
from people import Person, converse, gather


def store_state(machine):
    return machine.ask("systemctl", "is-active", "chat-store.service", ok=None)


async def test_the_store_comes_with_the_first_session_and_goes_with_the_last(machine):
    until(lambda: store_state(machine), "inactive")
    alice, bob = await gather("alice", "bob")
    assert store_state(machine) == "active"
    assert machine.ask("stat", "--format=%U:%G %a", "/run/chat/bus/.store") == "chat-store:chat 750"
    assert machine.ask("stat", "--format=%U %a", "/var/lib/chat", "/var/lib/chat/chat.db") == "chat-store 700\nchat-store 600"
    await converse(alice, bob)
    await alice.leave()
    assert store_state(machine) == "active"
    await bob.leave()
    until(lambda: store_state(machine), "inactive")


async def test_mail_waits_while_nothing_runs(machine):
    alice, bob = await gather("alice", "bob")
    await bob.leave()
    await alice.say("private_message", receiver="bob", message="while you were away", id="1")
    assert (await alice.hear("receipt", "error"))["status"] == "stored"
    await alice.leave()
    until(lambda: store_state(machine), "inactive")
    bob = await Person.arrive("bob")
    assert (await bob.hear("private_message"))["message"] == "while you were away"
    await bob.leave()


async def test_the_operator_reads_and_saves_the_database_with_the_store_and_without(machine):
    alice, bob = await gather("alice", "bob")
    await alice.tell("bob", "words for the books")
    for running in (True, False):
        if not running:
            await alice.leave()
            await bob.leave()
            until(lambda: store_state(machine), "inactive")
        said = await machine.meanwhile("chatctl", "history", "alice", "--with", "bob")
        assert "words for the books" in said.stdout
        for command in (["pending"], ["stats"], ["user", "list"], ["backup", f"/root/saved-{running}.db"]):
            await machine.meanwhile("chatctl", *command)
        assert machine.ask("stat", "--format=%U %a", f"/root/saved-{running}.db") == "root 600"
        owners = machine.ask("sh", "-c", "stat --format=%U /var/lib/chat/*")
        assert set(owners.split()) == {"chat-store"}, owners


@pytest.mark.kills
async def test_a_killed_store_is_started_again_and_found(machine):
    alice, bob = await gather("alice", "bob")
    await converse(alice, bob)
    machine.run("systemctl", "kill", "--signal=KILL", "chat-store.service")
    until(lambda: store_state(machine), "active")
    await alice.say("private_message", receiver="bob", message="after", id="2")
    await bob.hear("private_message", message="after")
    receipt = await alice.hear("receipt", "error", ref="2")
    assert receipt.get("status") in ("stored", "delivered"), receipt
    await alice.leave()
    await bob.leave()


async def test_a_session_cannot_read_the_database_or_speak_for_the_store(machine):
    for command in ("cat /var/lib/chat/chat.db", "touch /run/chat/bus/.store/1"):
        done = machine.run("runuser", "-u", "chat", "--", "sh", "-c", command, ok=None)
        assert done.returncode != 0, command
