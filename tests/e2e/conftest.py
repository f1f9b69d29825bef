import contextlib
import faulthandler
import os
import signal
import sys

import pytest

import serve
from chat import Background, Pair
from faults import Faults
from forged import Stranger, listening

LIMIT = 20
LAST_RESORT = 30


def pytest_configure(config):
    config.addinivalue_line("markers", "limit(seconds): how long the test may take")
    config.addinivalue_line("markers", "torture: random talk and random kills for TIME seconds")
    config.real_stderr = os.fdopen(os.dup(sys.__stderr__.fileno()), "w")


def pytest_collection_modifyitems(items):
    missing = [str(program) for program in (serve.SESSION, serve.CHATCTL) if not program.exists()]
    if missing:
        pytest.exit(f"not built: {', '.join(missing)}", returncode=2)


def too_long(number, stack):
    raise TimeoutError("the test took too long")


def bounded(item):
    marker = item.get_closest_marker("limit")
    limit = marker.args[0] if marker else LIMIT
    faulthandler.dump_traceback_later(limit + LAST_RESORT, exit=True, file=item.config.real_stderr)
    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_setup(item):
    yield from bounded(item)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    yield from bounded(item)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_teardown(item):
    yield from bounded(item)


@pytest.fixture(scope="session")
def background():
    background = Background()
    yield background
    background.stop()


class House:
    """What the tests of a module share that says SHARED = True: a server, and two who talk through all of it."""

    def __init__(self, background, directory):
        self.runtime_dir = directory / "run"
        self.runtime_dir.mkdir()
        self.server = serve.Server(background, self.runtime_dir, directory)
        self.pair = Pair(self.server.login("carol"), self.server.login("dave"))


@pytest.fixture(scope="module")
def house(background, tmp_path_factory):
    house = House(background, tmp_path_factory.mktemp("house"))
    yield house
    faults = house.server.stop()
    assert not faults, "\n".join(faults)


@pytest.fixture
def shared(request):
    return request.getfixturevalue("house") if getattr(request.module, "SHARED", False) else None


@pytest.fixture
def runtime_dir(shared, tmp_path):
    if shared:
        return shared.runtime_dir
    path = tmp_path / "run"
    path.mkdir()
    return path


@pytest.fixture
def serving(background, runtime_dir, tmp_path):
    """Makes servers, all on one runtime directory unless told otherwise; settings become environment variables."""
    servers = []

    def make(runtime_dir=runtime_dir, **settings):
        servers.append(serve.Server(background, runtime_dir, tmp_path, **settings))
        return servers[-1]

    yield make
    faults = [fault for server in servers for fault in server.stop()]
    assert not faults, "\n".join(faults)


@pytest.fixture
def server(shared, serving):
    if not shared:
        yield serving()
        return
    yield shared.server
    faults = shared.server.clear(keep=shared.pair.ends)
    assert not faults, "\n".join(faults)


@pytest.fixture
def bystanders(shared, server):
    """Two who talk before the test, while it likes, and after it: nothing may disturb them."""
    pair = shared.pair if shared else Pair(server.login("carol"), server.login("dave"))
    pair.talk()
    yield pair
    pair.talk()


@pytest.fixture
def alice(server):
    return server.login("alice")


@pytest.fixture
def bob(server):
    return server.login("bob")


@pytest.fixture
def chatctl(runtime_dir):
    def run(*arguments, **options):
        return serve.chatctl(runtime_dir, *arguments, **options)

    return run


@pytest.fixture
def keeping(runtime_dir, tmp_path):
    """Makes stores on the runtime directory, each with its own state."""
    stores = []

    def make(**settings):
        runtime_dir.chmod(0o700)
        stores.append(serve.Store(runtime_dir, tmp_path, **settings))
        return stores[-1]

    yield make
    for store in stores:
        store.stop()


@pytest.fixture
def store(keeping):
    return keeping()


@pytest.fixture
def faults(tmp_path):
    faults = Faults(tmp_path)
    yield faults
    os.close(faults.fd)


@pytest.fixture
def bus(server):
    yield server.runtime_dir / "bus"
    for stranger in Stranger.there:
        stranger.socket.close()
    Stranger.there.clear()


@pytest.fixture
def endpoint(bus):
    """Makes an endpoint for this very process in somebody's folder."""
    with contextlib.ExitStack() as made:
        yield lambda user, **options: made.enter_context(listening(bus, user, **options))
