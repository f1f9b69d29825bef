"""A proxy in front, as examples/proxy has it: the service at a socket in the file system."""

import pathlib

import pytest

from machine import until
from people import PATIENCE, Person, gather, websockets

DROP_IN = pathlib.Path(__file__).resolve().parents[2] / "examples/proxy/chat.socket.d/proxy.conf"
SETTINGS = "CHAT_TRUST_PROXY=yes\nCHAT_OPEN_TO_ALL=yes\n"


@pytest.fixture
def behind(machine):
    """The drop-in and the settings of the example, for one test."""
    folder, defaults = machine.root / "etc/systemd/system/chat.socket.d", machine.root / "etc/default/chat"

    def restart():
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", "chat.socket")

    folder.mkdir()
    (folder / "proxy.conf").write_text(DROP_IN.read_text())
    restart()
    yield defaults
    (folder / "proxy.conf").unlink()
    folder.rmdir()
    defaults.unlink(missing_ok=True)
    restart()


async def arrive(machine, name, **said):
    """As the proxy passes somebody on."""
    path = f"/proc/{machine.leader}/root/run/chat.sock"
    socket = await websockets.unix_connect(path, f"ws://chat.example/ws?user={name}", compression=None, ping_interval=None, open_timeout=PATIENCE,
                                           extra_headers=said)
    person = Person(name, socket)
    await person.hear("welcome")
    return person


def remote_of(machine, name):
    until(lambda: len(machine.journal(f"CHAT_USER={name}")) > 0, True)
    return machine.journal(f"CHAT_USER={name}")[0]["CHAT_REMOTE"]


async def test_the_drop_in_leaves_the_socket_in_the_file_system_alone(machine, behind):
    assert machine.ask("stat", "--format=%U:%G %a", "/run/chat.sock") == "root:www-data 660"
    with pytest.raises(OSError):
        await gather("alice")


async def test_open_mode_is_not_for_clients_of_the_proxy(machine, behind):
    with pytest.raises(websockets.InvalidStatusCode) as refusal:
        await arrive(machine, "alice", **{"X-Forwarded-For": "192.0.2.7"})
    assert refusal.value.status_code == 403


async def test_the_journal_and_the_status_have_the_client_of_the_proxy(machine, behind):
    behind.write_text(SETTINGS)
    first, second = "behind-a-proxy", "without-a-proxy"
    alice = await arrive(machine, first, **{"X-Forwarded-For": "1.2.3.4, 192.0.2.7"})
    bob = await arrive(machine, second)
    assert (remote_of(machine, first), remote_of(machine, second)) == ("192.0.2.7", "unix")
    assert f"{first} from 192.0.2.7" in machine.ask("systemctl", "status", "--no-pager", "chat@*")
    await alice.leave()
    await bob.leave()
