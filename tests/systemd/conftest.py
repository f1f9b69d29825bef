import asyncio
import importlib.util
import inspect
import os
import pathlib
import resource
import time

import pytest

import machine as container

TREE = pathlib.Path(__file__).resolve().parents[2]
UNIT_FAILED = "d9b373ed55a64feb8242e02dbe79a49c"    # the id of systemd's message "Failed with result"


def pytest_configure(config):
    config.addinivalue_line("markers", "kills: the test kills sessions, so failed units are no surprise")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """A test that is a coroutine runs with the machine's network: 127.0.0.1 is the machine's."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    with pyfuncitem.funcargs["machine"].network():
        asyncio.run(pyfuncitem.obj(**arguments))
    return True


def pytest_terminal_summary(terminalreporter):
    for line in container.figures:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def machine():
    """A machine with the project installed and switched on the way the manual says: install, then enable."""
    it = None
    try:
        if importlib.util.find_spec("websockets") is None:
            raise container.Unavailable("no websockets for Python (Debian package python3-websockets)")
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else max(soft, 8192), hard))
        start = time.monotonic()
        it = container.Machine()
        it.boot()
        container.figures.append(f"boot of the container: {time.monotonic() - start:.2f} s")
    except container.Unavailable as reason:
        if it:
            it.close()
        # Where nobody looks at the list of what was skipped, it counts as failed.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(reason))
    try:
        it.install(TREE)
        it.run("systemctl", "enable", "--now", "chat.socket")
        yield it
    finally:
        it.close()


@pytest.fixture(autouse=True)
def leaves_nothing_behind(request, machine):
    """After each test: no session, no endpoint, no failed unit, and the socket listens."""
    mark = machine.ask("journalctl", "--quiet", "--lines=0", "--show-cursor").removeprefix("-- cursor: ")
    yield
    container.until(lambda: machine.ask("sh", "-c", "systemctl list-units --all --plain --no-legend 'chat@*';"
                                          "find /run/chat/bus -mindepth 1 ! -name '.*'"), "", patience=30)
    assert machine.ask("systemctl", "list-units", "--failed", "--plain", "--no-legend", "chat*") == ""
    assert machine.ask("systemctl", "is-active", "chat.socket", ok=None) == "active"
    # A session that failed is unloaded at once, so "--failed" does not show it.
    failed = [entry["MESSAGE"] for entry in machine.journal("--after-cursor", mark, f"MESSAGE_ID={UNIT_FAILED}")]
    if not request.node.get_closest_marker("kills"):
        assert failed == []
