"""The web page by nginx and TLS, as the world would see it: over TCP, and over a socket in the file system.

    /usr/bin/python3 -m pytest tests/browser/test_browser_proxy.py
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from test_browser import Window, both, names  # a fixture among them

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from proxies import NAME, Certificate, Nginx
from serve import Server, chatctl


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def windows(certificate, tmp_path_factory):
    """Two browsers that know where the name is, and the certificate's key."""
    flags = [f"host-resolver-rules=MAP {NAME} 127.0.0.1", f"ignore-certificate-errors-spki-list={certificate.pin()}"]
    opened = both(lambda profile: Window(profile, *flags), [tmp_path_factory.mktemp("profile") for _ in range(2)])
    yield opened
    both(lambda window: window.driver.quit(), opened)


class Front:
    """The service behind nginx; settings become environment variables."""

    def __init__(self, kind, certificate, directory, **settings):
        self.runtime_dir = directory / "run"
        self.runtime_dir.mkdir()
        self.short = tempfile.mkdtemp(prefix="chat-")  # a socket's path may have about 100 bytes
        path = f"{self.short}/s" if kind == "socket" else None
        self.server = Server(None, self.runtime_dir, directory, path=path, CHAT_TRUST_PROXY="yes", **settings)
        self.proxy = Nginx(directory, certificate, f"unix:{path}" if path else f"127.0.0.1:{self.server.address[1]}")
        self.url = f"https://{NAME}:{self.proxy.port}/"

    def stop(self):
        self.proxy.stop()
        faults = self.server.stop()
        shutil.rmtree(self.short)
        assert not faults, "\n".join(faults)


@pytest.fixture
def front(certificate, tmp_path):
    fronts = []

    def front(kind, **settings):
        fronts.append(Front(kind, certificate, tmp_path, **settings))
        return fronts[-1]

    yield front
    for running in fronts:
        running.stop()


@pytest.mark.parametrize("kind", ["port", "socket"])
def test_two_people_talk(windows, names, front, kind):
    service = front(kind, CHAT_OPEN_TO_ALL="yes")
    both(lambda window: window.driver.get(service.url), windows)
    both(Window.login, windows, names)
    both(Window.open, windows, reversed(names))
    alice, bob = windows
    alice.say("by TLS")
    bob.wait_texts("by TLS")
    alice.wait_last("read")
    assert alice.js("return location.protocol") == "https:"
    people = json.loads(chatctl(service.runtime_dir, "who", "--json").stdout)
    assert {person["user"]: person["address"] for person in people} == dict.fromkeys(names, "127.0.0.1")
    both(lambda window: window.find("#logout").click(), windows)
    assert [window.log() for window in windows] == [[], []]
    both(lambda window: window.driver.get("about:blank"), windows)


@pytest.mark.parametrize("kind", ["port", "socket"])
def test_who_is_refused_is_told_why(windows, names, front, kind):
    service = front(kind)
    alice, _ = windows
    alice.driver.get(service.url)
    alice.find("#login-name").send_keys(names[0], Keys.ENTER)
    alice.wait(lambda: "CHAT_OPEN_TO_ALL=yes" in (alice.text("#login-note") or ""), "no reason given")
    assert alice.shows("#login-form") and not alice.shows("#app")
    assert ["403" in line for line in alice.log()] == [True, True]  # the WebSocket, and the question why
    alice.driver.get("about:blank")
