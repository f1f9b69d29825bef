"""The web page in Chromium, against build/chat-session behind systemd-socket-activate.

Run with the system's own Python, for it brings python3-selenium:

    /usr/bin/python3 -m pytest tests/browser

Every window is a Chromium of its own; nothing leaves the loopback interface. Screenshots of a
conversation go to build/screenshots.
"""

import base64
import contextlib
import hashlib
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("selenium")
from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common import utils
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parents[2]
SESSION = ROOT / "build" / "chat-session"
CHATCTL = ROOT / "build" / "chatctl"
SHOTS = ROOT / "build" / "screenshots"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
ACTIVATE = shutil.which("systemd-socket-activate")
PATIENCE = 10  # seconds that any one thing may take

for tool, name in ((CHROMIUM, "chromium"), (DRIVER, "chromedriver"), (ACTIVATE, "systemd-socket-activate")):
    if not tool:
        pytest.skip(f"no {name}", allow_module_level=True)

numbers = itertools.count(1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Driver(Service):
    """At an address, for a machine may have no name for itself."""

    @property
    def service_url(self):
        return f"http://127.0.0.1:{self.port}"

    def is_connectable(self):
        return utils.is_connectable(self.port, "127.0.0.1")


class Server:
    """The service on one port, a process for each connection."""

    def __init__(self, runtime_dir, **settings):
        assert SESSION.exists(), f"{SESSION} is missing: run make first"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.runtime_dir = runtime_dir
        self.settings = {"CHAT_RUNTIME_DIR": runtime_dir, "CHAT_AUTH": "open", **settings}
        self.log = open(runtime_dir.parent / "server.log", "ab")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [ACTIVATE, "--accept", "--inetd", "-l", f"127.0.0.1:{self.port}",
             *(f"-E{name}={value}" for name, value in self.settings.items()), str(SESSION)],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with urllib.request.urlopen(self.url + "healthz", timeout=2) as answer:
                    assert answer.status == 200
                    return
            except (OSError, urllib.error.URLError):
                assert self.process.poll() is None, "the listener ended"
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.05)

    def sessions(self):
        """The processes of the connections."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill(self):
        """SIGKILL for the listener and all sessions: nobody says goodbye."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None


class Window:
    """A browser window, and what a person does with it and sees in it."""

    def __init__(self, profile, *flags):
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run",
                     "disable-background-networking", "disable-component-update", "disable-sync",
                     "disable-default-apps", "disable-extensions", "disable-dev-shm-usage",
                     "remote-debugging-pipe", "window-size=1180,760", f"user-data-dir={profile}", *flags):
            options.add_argument(f"--{flag}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Driver(DRIVER), options=options)
        self.driver.set_page_load_timeout(PATIENCE)
        self.driver.set_script_timeout(PATIENCE)

    def visit(self, url):
        """The page as somebody sees it who was never here."""
        if self.shows("#app"):
            self.find("#logout").click()
        self.driver.get(url)
        self.wait(lambda: self.shows("#login-form"), "no form to log in")

    def js(self, script, *values):
        return self.driver.execute_script(script, *values)

    def cdp(self, command, **values):
        return self.driver.execute_cdp_cmd(command, values)

    def wait(self, condition, what):
        try:
            return WebDriverWait(self.driver, PATIENCE, 0.05).until(lambda _: condition())
        except TimeoutException:
            raise AssertionError(f"{what}\n\n{self.js('return document.body.innerText')}") from None

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def shows(self, selector):
        """Whether there is such an element and it has a place on the screen."""
        return self.js("const e = document.querySelector(arguments[0]); return !!e && e.getClientRects().length > 0", selector)

    def text(self, selector):
        return self.js("return document.querySelector(arguments[0])?.textContent ?? null", selector)

    def press(self, *keys):
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self):
        return self.js("return document.activeElement.dataset.user || document.activeElement.id")

    # What a person does

    def login(self, name):
        self.find("#login-name").send_keys(name, Keys.ENTER)
        self.wait_state("online")

    def open(self, name):
        """By a click on the row, which appears once the person is online."""
        self.wait(lambda: self.shows(f'[data-user="{name}"]'), f"{name} is not in the list")
        self.find(f'[data-user="{name}"]').click()
        self.wait(lambda: self.text("#peer-name") == name, "the conversation did not open")

    def start(self, name):
        """By typing the name."""
        self.find("#start-name").send_keys(name, Keys.ENTER)
        self.wait(lambda: self.text("#peer-name") == name, "the conversation did not open")

    def say(self, text):
        self.find("#compose textarea").send_keys(text, Keys.ENTER)

    # What a person sees

    def messages(self):
        return self.js("""
            return [...document.querySelectorAll('#log .message')].map((message) => ({
                id: message.dataset.id, state: message.dataset.state ?? null,
                mine: message.classList.contains('mine'), text: message.querySelector('.text').textContent}))""")

    def texts(self):
        return [message["text"] for message in self.messages()]

    def wait_texts(self, *texts):
        self.wait(lambda: self.texts() == list(texts), f"expected the messages {texts}, have {self.texts()}")

    def wait_last(self, state):
        self.wait(lambda: self.messages() and self.messages()[-1]["state"] == state, f"the last message is not {state}")

    def wait_state(self, state):
        self.wait(lambda: self.shows("#app") and self.find("#status").get_attribute("data-state") == state, f"not {state}")

    def wait_presence(self, name, online):
        row = f'[data-user="{name}"]'
        self.wait(lambda: self.shows(row + '[data-online="true"]') == online, f"{name} should be {'on' if online else 'off'}line")

    def unread(self, name):
        return self.text(f'[data-user="{name}"] .unread')

    def log(self, allow=None):
        """What the console has to complain of, violations of the policy among it."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if not (allow and re.search(allow, entry["message"]))]

    def shot(self, name):
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(SHOTS / f"{name}.png"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    runtime_dir = tmp_path_factory.mktemp("chat") / "run"
    runtime_dir.mkdir()
    server = Server(runtime_dir)
    server.start()
    yield server
    server.kill()


def both(act, *lists):
    """Does the same in both windows at the same time."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(act, *lists))


@pytest.fixture(scope="module")
def browsers(tmp_path_factory):
    profiles = [tmp_path_factory.mktemp("profile") for _ in range(2)]
    opened = both(Window, profiles)
    yield opened
    both(lambda window: window.driver.quit(), opened)


@pytest.fixture
def windows(server, browsers):
    """Two windows at the login form, whose consoles must stay silent."""
    both(lambda window: window.visit(server.url), browsers)
    for window in browsers:
        window.allow = None
        window.log()
    yield browsers
    assert [window.log(window.allow) for window in browsers] == [[], []]


@pytest.fixture
def names():
    number = next(numbers)
    return f"alice.{number}", f"bob.{number}"


@pytest.fixture
def pair(windows, names):
    """Two people who have each other's conversation open."""
    both(Window.login, windows, names)
    both(Window.open, windows, reversed(names))
    return windows


def test_policy_names_exactly_this_page(server):
    with urllib.request.urlopen(server.url, timeout=PATIENCE) as answer:
        policy = answer.headers["Content-Security-Policy"]
        page = answer.read().decode()
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";") if part.strip())
    for tag in ("script", "style"):
        [content] = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert directives[f"{tag}-src"] == f"'sha256-{digest}'"
    assert directives["default-src"] == "'none'"
    assert "unsafe" not in policy
    assert len(page.encode()) < 60000  # as it is served: page.sh takes comments and indentation out


def test_two_people_talk_and_see_delivered_and_read(pair, names):
    alice, bob = pair
    alice.say("Good morning, Bob")
    bob.wait_texts("Good morning, Bob")
    alice.wait_last("read")
    bob.say("Good morning to you")
    alice.wait_texts("Good morning, Bob", "Good morning to you")
    bob.wait_last("read")
    assert [message["mine"] for message in alice.messages()] == [True, False]
    assert [message["mine"] for message in bob.messages()] == [False, True]


def test_read_is_what_somebody_has_seen(windows, names):
    alice, bob = windows
    alice.login(names[0])
    bob.login(names[1])
    alice.open(names[1])
    for number in range(3):
        alice.say(f"number {number}")
    alice.wait_last("delivered")
    bob.wait(lambda: bob.unread(names[0]) == "3", "no unread count")
    assert bob.driver.title.startswith("(3) ")
    assert "number 2" in bob.text(f'[data-user="{names[0]}"]')
    assert [message["state"] for message in alice.messages()] == ["delivered"] * 3
    bob.open(names[0])
    alice.wait(lambda: [message["state"] for message in alice.messages()] == ["read"] * 3, "not all are read")
    assert bob.unread(names[0]) is None
    assert not bob.driver.title.startswith("(")

    # The conversation is open, but another tab is in front of it.
    page = bob.driver.current_window_handle
    bob.driver.switch_to.new_window("tab")
    try:
        alice.say("anybody there?")
        alice.wait_last("delivered")
    finally:
        bob.driver.close()
        bob.driver.switch_to.window(page)
    alice.wait_last("read")


def test_typing_comes_and_goes(pair, names):
    alice, bob = pair
    bob.find("#compose textarea").send_keys("I th")
    alice.wait(lambda: names[1] in alice.text("#typing"), "no typing indicator")
    bob.say("ink so")
    alice.wait_texts("I think so")
    assert alice.text("#typing") == ""
    bob.find("#compose textarea").send_keys("or")
    alice.wait(lambda: alice.text("#typing") != "", "no typing indicator")
    bob.find("#compose textarea").send_keys(Keys.BACKSPACE * 2)
    alice.wait(lambda: alice.text("#typing") == "", "the indicator stays although the text is gone")


def test_presence_appears_and_disappears(windows, names):
    alice, bob = windows
    alice.login(names[0])
    assert not alice.shows(f'[data-user="{names[1]}"]')
    bob.login(names[1])
    alice.wait_presence(names[1], True)
    bob.wait_presence(names[0], True)
    bob.find("#logout").click()
    alice.wait_presence(names[1], False)
    bob.wait(lambda: bob.shows("#login-form"), "no form to log in")
    assert bob.js("return sessionStorage.length") == 0


def test_a_message_for_somebody_who_is_away_waits_for_them(windows, names):
    alice, bob = windows
    alice.login(names[0])
    alice.start(names[1])
    alice.say("are you there?")
    alice.wait_last("failed")
    assert f"{names[1]} is not online" in alice.text(".trouble")
    [before] = alice.messages()
    alice.find(".retry").click()
    alice.wait_last("failed")
    bob.login(names[1])
    alice.wait_last("delivered")
    bob.open(names[0])
    bob.wait_texts("are you there?")
    alice.wait_last("read")
    assert [message["id"] for message in alice.messages()] == [before["id"]]

    alice.start("nobody-of-that-name")
    alice.say("never mind")
    alice.wait_last("failed")
    alice.find(".discard").click()
    alice.wait_texts()


def test_a_reload_logs_in_again_and_shows_nothing_twice(pair, names):
    alice, bob = pair
    alice.say("one")
    bob.wait_texts("one")
    bob.say("two")
    alice.wait_texts("one", "two")
    bob.find("#compose textarea").send_keys("a draft")
    bob.driver.refresh()
    bob.wait_state("online")
    assert bob.text("#me") == names[1]
    bob.wait_texts("one", "two")
    assert bob.find("#compose textarea").get_attribute("value") == "a draft"
    alice.wait_presence(names[1], True)
    alice.say("three")
    bob.wait_texts("one", "two", "three")
    alice.wait_texts("one", "two", "three")
    alice.wait_last("read")


def test_what_was_typed_while_the_server_was_dead_arrives_once(server, pair, names):
    alice, bob = pair
    # That nobody listens is what this test is about.
    alice.allow = bob.allow = r"WebSocket connection to .* failed"
    alice.say("before")
    bob.wait_texts("before")
    alice.wait_last("read")
    server.kill()
    for window in pair:
        window.wait(lambda window=window: window.find("#status").get_attribute("data-state") != "online", "does not notice")
    alice.say("meanwhile")
    bob.say("same here")
    assert alice.messages()[-1]["state"] == "sending"
    alice.wait(lambda: alice.shows("#notice"), "no word about the lost connection")
    # A reload has the message still; with the page gone too, this is as bad as it gets.
    server.start()
    alice.driver.refresh()
    for window in pair:
        window.wait_state("online")
    for window in pair:
        window.wait(lambda window=window: sorted(window.texts()) == ["before", "meanwhile", "same here"], "not each message once")
        window.wait(lambda window=window: all(message["state"] == "read" for message in window.messages() if message["mine"]), "not all are read")
    alice.say("after")
    alice.wait_last("read")
    assert bob.texts().count("meanwhile") == 1 and bob.texts()[-1] == "after"


def test_a_connection_that_died_without_a_word_is_noticed(server, windows, names):
    alice, bob = windows
    before = set(server.sessions())
    bob.login(names[1])
    [frozen] = set(server.sessions()) - before
    os.kill(frozen, signal.SIGSTOP)
    try:
        # The browser's own hint that the network changed asks for a pong at once, not in 25 s.
        bob.js("dispatchEvent(new Event('online'))")
        WebDriverWait(bob.driver, 15, 0.05).until(lambda _: bob.find("#status").get_attribute("data-state") != "online")
        bob.wait_state("online")
    finally:
        os.kill(frozen, signal.SIGKILL)
    alice.login(names[0])
    alice.open(names[1])
    alice.say("still there?")
    alice.wait_last("delivered")


def test_who_was_kicked_stays_out_until_asked(server, pair, names):
    alice, bob = pair
    subprocess.run([CHATCTL, "kick", names[1]], check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL,
                   env={**os.environ, "CHAT_RUNTIME_DIR": str(server.runtime_dir)})
    bob.wait(lambda: "operator" in (bob.text("#notice-text") or "") and bob.shows("#notice"), "no word about being kicked")
    alice.wait_presence(names[1], False)
    time.sleep(2.5)  # longer than the first try to reconnect would take
    assert bob.find("#status").get_attribute("data-state") == "offline"
    bob.find("#retry").click()
    bob.wait_state("online")
    assert not bob.shows("#notice")
    alice.wait_presence(names[1], True)


def test_a_page_left_and_come_back_to(pair, names):
    alice, bob = pair
    alice.say("one")
    bob.wait_texts("one")
    bob.driver.get("about:blank")
    alice.wait_presence(names[1], False)
    bob.driver.back()
    bob.wait_state("online")
    alice.wait_presence(names[1], True)
    alice.say("two")
    bob.wait_texts("one", "two")
    alice.wait_last("read")


def test_markup_stays_text(pair, names, server):
    alice, bob = pair
    evil = """<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>"""
    alice.say(evil)
    bob.wait_texts(evil)
    alice.wait_last("read")
    for window in pair:
        assert window.js("return document.querySelectorAll('img, #log script, #people script').length") == 0
        assert "owned" not in window.driver.title

    alice.find("#start-name").send_keys("<b>x</b>", Keys.ENTER)
    assert alice.text("#start-note") != ""
    assert alice.text("#peer-name") == names[1]
    alice.js("location.hash = '#<img src=x>'")
    alice.wait(lambda: alice.shows("#blank"), "a fragment that is no name opened a conversation")

    bob.find("#logout").click()
    bob.wait(lambda: bob.shows("#login-form"), "no form to log in")
    for bad in ("<b>bob</b>", "../bob", " ", ".bob", "b ob"):
        bob.find("#login-name").clear()
        bob.find("#login-name").send_keys(bad, Keys.ENTER)
        bob.wait(lambda: bob.text("#login-note") != "", "no reason given")
        assert bob.shows("#login-form") and not bob.shows("#app")


def test_lines_languages_and_lengths(pair):
    alice, bob = pair
    field = alice.find("#compose textarea")
    field.send_keys("first line", Keys.SHIFT + Keys.ENTER)
    field.send_keys("second line", Keys.ENTER)
    bob.wait_texts("first line\nsecond line")
    for text in ("שלום עולם", "¡Hola! 你好 👩‍👩‍👧", "\"quotes\\ and \u2028 separators", "word" * 2000):
        alice.js("const t = document.querySelector('#text'); t.value = arguments[0]; t.dispatchEvent(new Event('input'))", text)
        field.send_keys(Keys.ENTER)
        bob.wait(lambda: bob.texts()[-1] == text, "the text is not what was sent")
    alice.wait_last("read")
    assert bob.js("const log = document.querySelector('#log'); return log.scrollWidth <= log.clientWidth")
    assert bob.js("const log = document.querySelector('#log'); return log.scrollHeight - log.scrollTop - log.clientHeight") < 8

    # More than the server takes is not sent, and not lost.
    alice.js("const t = document.querySelector('#text'); t.value = 'x'.repeat(2 ** 18); t.dispatchEvent(new Event('input'))")
    count = len(alice.messages())
    field.send_keys(Keys.ENTER)
    alice.wait(lambda: "too long" in alice.text("#compose-note"), "no word about the length")
    assert len(alice.messages()) == count
    assert alice.js("return document.querySelector('#text').value.length") == 2 ** 18
    alice.js("const t = document.querySelector('#text'); t.value = ''; t.dispatchEvent(new Event('input'))")


def test_many_messages_at_once_all_arrive_in_order(pair):
    alice, bob = pair
    sent = [f"line {number}" for number in range(60)]
    alice.js("""
        const text = document.querySelector('#text'), form = document.querySelector('#compose');
        for (const line of arguments[0]) { text.value = line; form.requestSubmit(); }""", sent)
    bob.wait_texts(*sent)
    alice.wait(lambda: all(message["state"] == "read" for message in alice.messages()), "not all are read")


def test_all_of_a_persons_windows(server, pair, names):
    alice, bob = pair
    page = bob.driver.current_window_handle
    bob.driver.switch_to.new_window("tab")
    bob.driver.get(server.url)
    try:
        bob.login(names[0])
        bob.open(names[1])
        alice.say("from the first window")
        bob.wait_texts("from the first window")
        assert bob.messages()[0]["mine"]
        alice.start(names[0])
        alice.say("a note to myself")
        alice.wait_last("delivered")
        alice.wait_texts("a note to myself")
        bob.open(names[0])
        bob.wait_texts("a note to myself")
        alice.driver.refresh()
        alice.wait_state("online")
        alice.wait_texts("a note to myself")
    finally:
        bob.driver.close()
        bob.driver.switch_to.window(page)
    bob.wait_texts("from the first window")


def test_keyboard_alone(windows, names):
    alice, bob = windows
    assert alice.focused() == "login-name"
    alice.press(names[0], Keys.ENTER)
    alice.wait_state("online")
    bob.login(names[1])
    bob.start(names[0])
    bob.say("hello")
    alice.wait_presence(names[1], True)
    others = alice.js("return [...document.querySelectorAll('#people [data-user]')].map((row) => row.dataset.user)")

    alice.wait(lambda: alice.focused() == "start-name", "the focus is not on the field for a name")
    alice.press(Keys.TAB)
    assert alice.focused() == others[0]
    alice.press(Keys.END)
    assert alice.focused() == others[-1]
    alice.press(Keys.HOME, Keys.ARROW_UP)
    assert alice.focused() == "start-name"
    alice.press(Keys.ARROW_DOWN)
    while alice.focused() != names[1]:
        alice.press(Keys.ARROW_DOWN)
    assert alice.js("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    alice.press(Keys.ENTER)
    alice.wait(lambda: alice.focused() == "text", "the focus is not on the message")
    alice.wait_texts("hello")
    alice.press("by keyboard", Keys.TAB)
    assert alice.focused() == "send"
    alice.press(Keys.ENTER)
    bob.wait_texts("hello", "by keyboard")
    assert alice.focused() == "text"
    alice.press(Keys.ESCAPE)
    assert alice.focused() == names[1]

    # Every control has a name for those who do not see it.
    unnamed = alice.js("""
        return [...document.querySelectorAll('button, input, textarea')].filter((e) => e.getClientRects().length &&
            !(e.ariaLabel || e.labels?.length || e.textContent.trim())).map((e) => e.outerHTML)""")
    assert unnamed == []


def brightness(window, selector):
    colour = window.js("return getComputedStyle(document.querySelector(arguments[0])).backgroundColor", selector)
    return sum(float(part) for part in re.findall(r"[\d.]+", colour)[:3]) / 3


def test_light_dark_and_phone(windows):
    """A conversation as it looks; the pictures are for people, the assertions for what breaks."""
    host, guest = windows
    alice, others = "alice", ["bob", "carol.k", "dave"]
    host.login(alice)
    extra = []
    first = guest.driver.current_window_handle
    try:
        for name in reversed(others):
            if name != others[-1]:
                guest.driver.switch_to.new_window("tab")
                extra.append(guest.driver.current_window_handle)
            guest.driver.get(host.driver.current_url)
            guest.login(name)
            guest.open(alice)
            guest.say({others[0]: "Morning! Did the deploy go through?", others[1]: "Lunch at 12:30?",
                       others[2]: "Backups are green again."}[name])
        host.open(others[0])
        host.say("It did, at 07:40. No unit failed.")
        host.say("Memory is down too: nobody connected, nothing runs.")
        guest.wait(lambda: len(guest.messages()) == 3, "not all arrived")
        guest.find("#compose textarea").send_keys("That is rather nice.", Keys.SHIFT + Keys.ENTER)
        guest.say("I'll take the old daemon out of the playbook, then.")
        host.wait(lambda: len(host.messages()) == 4, "not all arrived")
        host.say("Please do. ")
        host.wait_last("read")
        guest.find("#compose textarea").send_keys("On it")
        host.wait(lambda: host.text("#typing") != "", "no typing indicator")

        host.cdp("Emulation.setDeviceMetricsOverride", width=1280, height=800, deviceScaleFactor=2, mobile=False)
        host.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
        assert brightness(host, "body") > 200
        host.shot("light")
        host.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        assert brightness(host, "body") < 60
        host.shot("dark")
        host.cdp("Emulation.setEmulatedMedia", features=[])

        host.cdp("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=2, mobile=True)
        host.cdp("Emulation.setTouchEmulationEnabled", enabled=True)
        host.wait(lambda: host.shows("#back"), "no way back on a phone")
        assert not host.shows("#people")
        assert host.js("return document.documentElement.scrollWidth") <= 390
        host.shot("phone-conversation")
        host.find("#back").click()
        host.wait(lambda: host.shows("#people") and not host.shows("#log"), "the list does not come back")
        host.shot("phone-people")
        host.find(f'[data-user="{others[1]}"]').click()
        host.wait(lambda: host.shows("#log") and not host.shows("#people"), "the conversation does not open")
        assert host.focused() != "text", "the focus would bring up the keyboard"
        host.driver.back()
        host.wait(lambda: host.shows("#people"), "the browser's way back does not lead to the list")
        host.find("#logout").click()
        host.wait(lambda: host.shows("#login-form"), "no form to log in")
        host.shot("phone-login")
    finally:
        host.cdp("Emulation.setTouchEmulationEnabled", enabled=False)
        host.cdp("Emulation.clearDeviceMetricsOverride")
        host.cdp("Emulation.setEmulatedMedia", features=[])
        for handle in extra:
            guest.driver.switch_to.window(handle)
            guest.driver.close()
        guest.driver.switch_to.window(first)
    host.shot("login")
