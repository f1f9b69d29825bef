"""What systemd itself thinks of the units."""

import re

from machine import figures
from people import converse, gather

UNITS = ["chat.socket", "chat@x.service", "chat.slice", "chat-store.service", "chat-sweep.service", "chat-auth.socket",
         "chat-auth@x.service"]


def test_systemd_finds_nothing_to_complain_about(machine):
    done = machine.run("systemd-analyze", "verify", *UNITS, ok=None)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_exposure_is_recorded(machine):
    for unit in "chat@x.service", "chat-store.service", "chat-sweep.service", "chat-auth@x.service":
        said = machine.ask("systemd-analyze", "security", "--no-pager", unit)
        figures.append(re.search(r"Overall exposure level for .*?: [\d.]+ \w+", said)[0])


def test_a_reboot_brings_the_socket_back(machine):
    machine.halt()
    machine.boot()
    assert machine.ask("systemctl", "is-active", "chat.socket") == "active"
    assert machine.ask("stat", "--format=%U:%G %a", "/run/chat", "/run/chat/bus") == "chat:chat 750\nchat:chat 750"


async def test_two_people_talk_after_the_reboot(machine):
    alice, bob = await gather("alice", "bob")
    await converse(alice, bob)
    await alice.leave()
    await bob.leave()
