"""The web page where chat-store runs: what was said is there again, and what waited comes.

    /usr/bin/python3 -m pytest tests/browser/test_browser_store.py
"""

import os
import signal
import subprocess
import time

import pytest
from selenium.webdriver.common.keys import Keys

from test_browser import PATIENCE, ROOT, Window, both, browsers, names, server, windows  # its fixtures among them

STORE = ROOT / "build" / "chat-store"


class Store:
    """chat-store beside a server, to be killed and started again."""

    def __init__(self, runtime_dir):
        self.runtime_dir = runtime_dir
        self.log = open(runtime_dir.parent / "store.log", "ab")
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [STORE], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env={**os.environ, "CHAT_RUNTIME_DIR": str(self.runtime_dir), "CHAT_STATE_DIR": str(self.runtime_dir.parent / "state")})
        endpoint = self.runtime_dir / "bus" / ".store" / str(self.process.pid)
        deadline = time.monotonic() + PATIENCE
        while not endpoint.exists():
            assert self.process.poll() is None and time.monotonic() < deadline, "the store does not start"
            time.sleep(0.02)

    def end(self, number):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def store(server):
    store = Store(server.runtime_dir)
    yield store
    assert store.end(signal.SIGTERM) == 0


@pytest.fixture
def pair(store, windows, names):
    """Two people whom the store knows; the first has the other's conversation open."""
    both(Window.login, windows, names)
    alice, bob = windows
    alice.open(names[1])
    return windows


def leave(window):
    """Logs out: the tab forgets all."""
    window.find("#logout").click()
    window.wait(lambda: window.shows("#login-form"), "no form to log in")
    assert window.js("return sessionStorage.length") == 0


def say_all(window, texts):
    window.js("""
        const text = document.querySelector('#text'), form = document.querySelector('#compose');
        for (const line of arguments[0]) { text.value = line; form.requestSubmit(); }""", texts)


def lines(count):
    return [f"line {number}" for number in range(count)]


def states(window):
    return [message["state"] for message in window.messages() if message["mine"]]


def wait_states(window, state, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while set(states(window)) != {state}:
        assert time.monotonic() < deadline, f"not all are {state}: {states(window)}"
        time.sleep(0.1)


def scroll(window, to):
    window.js("document.querySelector('#log').scrollTop = arguments[0]", to)


def place(window, text):
    """How far below the upper edge of the log the message with this text is."""
    return window.js("""
        const log = document.querySelector('#log');
        const message = [...log.querySelectorAll('.message')].find((e) => e.querySelector('.text').textContent === arguments[0]);
        return message && message.getBoundingClientRect().top - log.getBoundingClientRect().top""", text)


def test_what_came_while_away_is_there_in_order(pair, names):
    alice, bob = pair
    leave(bob)
    alice.wait_presence(names[1], False)
    say_all(alice, lines(12))
    alice.wait_last("sent")
    bob.login(names[1])
    bob.wait(lambda: bob.unread(names[0]) == "12", "not 12 are unread")
    alice.wait_last("delivered")
    alice.say("and now")
    bob.wait(lambda: bob.unread(names[0]) == "13", "not 13 are unread")
    bob.open(names[0])
    bob.wait_texts(*lines(12), "and now")
    wait_states(alice, "read")
    assert bob.unread(names[0]) is None


def test_what_was_said_is_there_when_a_conversation_is_opened(pair, names):
    alice, bob = pair
    bob.open(names[0])
    alice.say("first")
    bob.wait_texts("first")
    bob.say("second")
    alice.wait_texts("first", "second")
    wait_states(alice, "read")
    wait_states(bob, "read")
    for window, name, other in ((alice, *names), (bob, *reversed(names))):
        leave(window)
        window.login(name)
        window.start(other)
        window.wait_texts("first", "second")
        assert states(window) == ["read"]
        assert window.unread(other) is None
    bob.say("third")
    alice.wait_texts("first", "second", "third")


def test_receipts_for_somebody_who_was_away_are_there_after_a_reload(pair, names):
    alice, bob = pair
    leave(bob)
    alice.wait_presence(names[1], False)
    alice.say("read this")
    alice.wait_last("sent")
    alice.driver.refresh()
    alice.wait_state("online")
    alice.wait_last("sent")
    # Alice is away when Bob reads it, and has forgotten everything when she is back.
    leave(alice)
    bob.login(names[1])
    bob.wait(lambda: bob.unread(names[0]) == "1", "nothing came")
    alice.login(names[0])
    alice.open(names[1])
    alice.wait_texts("read this")
    alice.wait_last("delivered")
    leave(alice)
    bob.open(names[0])
    bob.wait_texts("read this")
    bob.wait(lambda: bob.unread(names[0]) is None, "it is unread")
    time.sleep(0.5)
    alice.login(names[0])
    alice.open(names[1])
    alice.wait_last("read")
    alice.driver.refresh()
    alice.wait_state("online")
    alice.wait_texts("read this")
    alice.wait_last("read")


def test_scrolling_up_brings_older_messages_without_a_jump(pair, names):
    alice, bob = pair
    say_all(alice, lines(230))
    alice.wait(lambda: alice.texts() == lines(230), "not all are there")
    wait_states(alice, "delivered", 60)
    leave(bob)
    bob.login(names[1])
    bob.start(names[0])
    bob.wait(lambda: bob.texts()[-1:] == ["line 229"], "no history")
    assert len(bob.texts()) < 150
    seen = len(bob.texts())
    while bob.texts()[0] != "line 0":
        scroll(bob, 150)
        first = bob.js("""
            const edge = document.querySelector('#log').getBoundingClientRect().top;
            return [...document.querySelectorAll('#log .message')].find((e) => e.getBoundingClientRect().top >= edge).querySelector('.text').textContent""")
        before = place(bob, first)
        bob.wait(lambda: len(bob.texts()) > seen, "nothing older comes")
        seen = len(bob.texts())
        assert abs(place(bob, first) - before) < 2
        assert bob.texts() == lines(230)[-seen:]
    assert bob.texts() == lines(230)
    scroll(bob, 0)
    # What comes meanwhile leaves the place alone, too.
    before = place(bob, "line 3")
    alice.say("one more")
    bob.wait(lambda: bob.texts()[-1] == "one more", "a new message does not come")
    assert abs(place(bob, "line 3") - before) < 2
    assert bob.texts() == [*lines(230), "one more"]
    bob.shot("store-scrolled-up")

    bob.find("#newer").click()
    bob.driver.refresh()
    bob.wait_state("online")
    bob.wait(lambda: bob.texts() == [*lines(230), "one more"], "a reload shows something else")


def test_what_another_window_had_is_not_missing_after_a_reload(server, pair, names):
    """This tab knows the beginning and is told the end: what lies between comes on scrolling up."""
    alice, bob = pair
    bob.open(names[0])
    say_all(alice, lines(5))
    bob.wait_texts(*lines(5))
    page = bob.driver.current_window_handle
    bob.driver.get("about:blank")
    bob.driver.switch_to.new_window("tab")
    bob.driver.get(server.url)
    try:
        bob.login(names[1])
        say_all(alice, [f"line {number}" for number in range(5, 130)])
        bob.wait(lambda: bob.unread(names[0]) == "99+", "not all came")
        alice.wait_last("delivered")
    finally:
        bob.driver.close()
        bob.driver.switch_to.window(page)
    bob.driver.back()
    bob.wait_state("online")
    bob.wait(lambda: bob.texts()[-1] == "line 129", "the end is missing")
    while len(bob.texts()) < 130:
        seen = len(bob.texts())
        assert bob.texts() == lines(130)[-seen:]
        scroll(bob, 10)
        bob.wait(lambda: len(bob.texts()) > seen, "nothing older comes")
    assert bob.texts() == lines(130)


def test_search_leads_to_the_message(pair, names):
    alice, bob = pair
    alice.say("The umbrella is in the blue cupboard")
    wait_states(alice, "delivered")
    say_all(alice, lines(120))
    wait_states(alice, "delivered", 30)
    leave(bob)
    bob.login(names[1])
    search = bob.find("#search")
    search.send_keys("blue cupb")
    bob.wait(lambda: bob.shows("#found button"), "nothing is found")
    assert not bob.shows("#people") and not bob.shows("#start-form")
    assert "umbrella" in bob.text("#found button") and names[0] in bob.text("#found button")
    bob.shot("store-search")
    bob.find("#found button").click()
    bob.wait(lambda: bob.text("#peer-name") == names[0], "the conversation did not open")
    bob.wait(lambda: bob.shows(".sought") and "umbrella" in bob.text(".sought .text"), "the message is not shown")
    bob.wait(lambda: bob.js("""
        const log = document.querySelector('#log').getBoundingClientRect(), found = document.querySelector('.sought').getBoundingClientRect();
        return found.top >= log.top && found.bottom <= log.bottom"""), "the message is out of sight")
    assert bob.texts() == ["The umbrella is in the blue cupboard", *lines(120)]
    bob.shot("store-search-led-here")

    search.send_keys(" nowhere")
    bob.wait(lambda: "No message" in bob.text("#found-note"), "no word about finding nothing")
    assert not bob.shows("#found button")
    search.send_keys(Keys.ESCAPE)
    bob.wait(lambda: bob.shows("#people") and not bob.shows("#found-note"), "the people do not come back")
    assert search.get_attribute("value") == ""


def test_without_the_store_the_talk_goes_on_and_the_page_says_what_cannot_be(store, pair, names):
    alice, bob = pair
    bob.open(names[0])
    say_all(alice, lines(90))
    bob.wait(lambda: bob.texts() == lines(90), "not all came")
    bob.say("got them")
    alice.wait(lambda: alice.texts()[-1] == "got them", "no answer")
    wait_states(alice, "read", 30)
    leave(bob)
    bob.login(names[1])
    bob.start(names[0])
    bob.wait(lambda: bob.texts()[-1:] == ["got them"], "no history")
    assert bob.texts()[0] != "line 0"
    store.end(signal.SIGKILL)
    try:
        alice.say("still here?")
        bob.wait(lambda: bob.texts()[-1] == "still here?", "live messages do not go on")
        alice.wait_last("read")
        bob.say("yes")
        alice.wait(lambda: alice.texts()[-1] == "yes", "live messages do not go on")
        scroll(bob, 0)
        bob.wait(lambda: "can’t be shown" in (bob.text(".older") or ""), "no word about the older messages")
        assert bob.js("""
            const log = document.querySelector('#log').getBoundingClientRect(), word = document.querySelector('.older').getBoundingClientRect();
            return word.top >= log.top - 1 && word.bottom <= log.bottom"""), "the word about the older messages is out of sight"
        bob.shot("store-away")
        bob.find("#search").send_keys("line")
        bob.wait(lambda: "can’t be searched" in bob.text("#found-note"), "no word about the search")
        bob.shot("store-away-search")
        bob.find("#search").send_keys(Keys.ESCAPE)
        alice.start("carol.away")
        alice.say("for later")
        alice.wait(lambda: "trying again" in alice.text("#log .message .state"), "no word about what can't be kept")
        assert bob.find("#status").get_attribute("data-state") == "online"
    finally:
        store.start()
    bob.wait(lambda: bob.texts()[0] == "line 0" and not bob.shows(".older"), "it does not ask the store again")
    alice.wait_last("failed")
    alice.shot("store-nobody")
    assert "Nobody is called carol.away" in alice.text(".trouble")
