"""The web page where passwords are asked for: by POST /login it gets a cookie, and by that its WebSocket.

    /usr/bin/python3 -m pytest tests/browser/test_browser_password.py
"""

import os
import re
import subprocess
import time

import pytest
from selenium.webdriver.common.keys import Keys

from test_browser import ACTIVATE, CHATCTL, PATIENCE, ROOT, Server, Window, both, browsers  # its fixtures among them

AUTH = ROOT / "build" / "chat-auth"
PASSWORD = "correct horse"
REFUSED = r"(401|429) \(|WebSocket connection to .* failed"  # what the console says of an answer that is no success


class Office:
    """chat-auth beside a server, and what it knows."""

    def __init__(self, directory):
        self.runtime_dir = directory / "run"
        self.settings = {"CHAT_RUNTIME_DIR": self.runtime_dir, "CHAT_CONFIG_DIR": directory / "etc", "CHAT_STATE_DIR": directory / "state"}
        self.log = open(directory / "auth.log", "ab")
        self.chatctl("keygen", "k1")
        for user in "alice", "bob":
            self.chatctl("user", "add", user, "--password", text=PASSWORD)
        self.start()

    def chatctl(self, *arguments, text=""):
        return subprocess.run([CHATCTL, *arguments], input=text, capture_output=True, text=True, check=True, timeout=PATIENCE,
                              env={**os.environ, **{name: str(value) for name, value in self.settings.items()}}).stdout

    def start(self):
        self.process = subprocess.Popen(
            [ACTIVATE, "--accept", "--inetd", "-l", self.runtime_dir / "auth.sock",
             *(f"-E{name}={value}" for name, value in self.settings.items()), AUTH],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + PATIENCE
        while not (self.runtime_dir / "auth.sock").exists():
            assert self.process.poll() is None and time.monotonic() < deadline, "nobody listens for chat-auth"
            time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        (self.runtime_dir / "auth.sock").unlink()

    def forget(self):
        """All failures."""
        (self.runtime_dir / "auth" / "failures").unlink(missing_ok=True)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    directory = tmp_path_factory.mktemp("chat")
    (directory / "run").mkdir()
    office = Office(directory)
    yield office
    office.stop()


@pytest.fixture(scope="module")
def server(office):
    server = Server(office.runtime_dir, CHAT_AUTH="password", CHAT_CONFIG_DIR=office.settings["CHAT_CONFIG_DIR"])
    server.start()
    yield server
    server.kill()


@pytest.fixture
def windows(server, office, browsers):
    """Two windows at the login form, without a cookie, whose consoles must stay silent."""
    for window in browsers:
        window.driver.get(server.url + "healthz")
        window.js("sessionStorage.clear()")
        window.driver.delete_all_cookies()
        window.driver.get(server.url)
        window.wait(lambda: window.shows("#login-password"), "no password is asked for")
        window.allow = None
        window.log()
    office.forget()
    yield browsers
    assert [window.log(window.allow) for window in browsers] == [[], []]


def login(window, name, password=PASSWORD):
    for field, text in (("#login-name", name), ("#login-password", password)):
        window.find(field).clear()
        window.find(field).send_keys(text)
    window.find("#login-password").send_keys(Keys.ENTER)


def note(window, text):
    window.wait(lambda: text in window.text("#login-note"), f"no note with {text!r}")
    assert not window.shows("#app")


def test_two_people_log_in_with_their_passwords_and_talk(windows):
    alice, bob = windows
    login(alice, "alice")
    login(bob, "bob")
    both(lambda window: window.wait_state("online"), windows)
    alice.open("bob")
    alice.say("hello")
    bob.open("alice")
    bob.wait_texts("hello")
    alice.wait_last("read")
    assert alice.js("return document.getElementById('login-password').value") == ""


def test_no_script_sees_the_cookie_and_nothing_keeps_the_password(windows):
    alice, _ = windows
    login(alice, "alice")
    alice.wait_state("online")
    assert alice.js("return document.cookie") == ""
    [cookie] = alice.driver.get_cookies()
    assert cookie["name"] == "chat_token" and cookie["httpOnly"] and cookie["sameSite"] == "Strict" and cookie["path"] == "/"
    assert PASSWORD not in alice.js("return JSON.stringify({...sessionStorage}) + JSON.stringify({...localStorage})")


def test_a_wrong_password_is_said_and_another_may_be_tried(windows):
    alice, _ = windows
    alice.allow = REFUSED
    login(alice, "alice", "wrong horse")
    note(alice, "not your name and password")
    login(alice, "nobody")
    note(alice, "not your name and password")
    alice.shot("password-wrong")
    login(alice, "alice")
    alice.wait_state("online")


def test_who_guesses_is_told_how_long_to_wait(windows):
    alice, _ = windows
    alice.allow = REFUSED
    for _ in range(12):  # a slow machine lets the first, short delays go by
        alice.js("document.getElementById('login-note').textContent = ''")
        login(alice, "alice", "wrong horse")
        alice.wait(lambda: re.search("not your name|Try again", alice.text("#login-note")), "no answer")
        if "Try again" in alice.text("#login-note"):
            break
    seconds = int(re.search(r"Try again in (\d+) s", alice.text("#login-note"))[1])
    time.sleep(seconds + 0.1)
    login(alice, "alice")
    alice.wait_state("online")


def test_without_chat_auth_it_says_so(windows, office):
    alice, _ = windows
    alice.allow = r"503 \("
    office.stop()
    try:
        login(alice, "alice")
        note(alice, "can’t check passwords")
    finally:
        office.start()


def test_a_reload_and_a_new_tab_need_no_password(windows, server):
    alice, _ = windows
    login(alice, "alice")
    alice.wait_state("online")
    alice.driver.refresh()
    alice.wait_state("online")
    page = alice.driver.current_window_handle
    alice.driver.switch_to.new_window("tab")
    try:
        alice.driver.get(server.url)
        alice.wait_state("online")
        assert alice.text("#me") == "alice"
    finally:
        alice.driver.close()
        alice.driver.switch_to.window(page)


def test_a_lost_connection_comes_back_by_the_cookie(windows, server):
    alice, _ = windows
    alice.allow = REFUSED + "|ERR_|net::"
    login(alice, "alice")
    alice.wait_state("online")
    for pid in server.sessions():
        os.kill(pid, 9)
    alice.wait(lambda: alice.find("#status").get_attribute("data-state") != "online", "nothing was lost")
    alice.wait_state("online")


def test_after_the_cookie_is_gone_the_password_is_asked_for_again(windows, server):
    alice, _ = windows
    alice.allow = REFUSED + "|ERR_|net::"
    login(alice, "alice")
    alice.wait_state("online")
    alice.driver.delete_all_cookies()
    for pid in server.sessions():
        os.kill(pid, 9)
    alice.wait(lambda: alice.shows("#login-password"), "no password is asked for")
    note(alice, "log in again")
    assert alice.js("return document.getElementById('login-name').value") == "alice"
    login(alice, "alice")
    alice.wait_state("online")


def test_logging_out_takes_the_cookie_away(windows, server):
    alice, _ = windows
    login(alice, "alice")
    alice.wait_state("online")
    alice.find("#logout").click()
    alice.wait(lambda: alice.shows("#login-password"), "no form to log in")
    assert alice.driver.get_cookies() == []
    assert alice.js("return sessionStorage.length") == 0
    alice.driver.refresh()
    alice.wait(lambda: alice.shows("#login-password"), "no form to log in")
