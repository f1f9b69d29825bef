"""The clock of the day jumps, hours back and ahead, while all run and between two runs: order and receipts don't mind."""

import os
import socket
import time
from datetime import datetime

import pytest

from chat import leave, send_away, stored
from serve import wait_until

HOUR = 60 * 60
JUMPS = [-3, 5, -10, 0.5, 0]


@pytest.fixture
def talk(faults, keeping, serving):
    """A store and a server that believe the same wrong clock."""
    server = serving(**faults.settings)
    server.store = keeping(CHAT_RETENTION="12h", **faults.settings)
    return server


def history(client, other):
    """All of it, a page after the other, in the order in which it came."""
    found, before = [], {}
    while True:
        client.request(type="history", **{"with": other}, limit=7, **before)
        page = client.wait_for("history")
        found = page["messages"] + found
        if not page["more"]:
            return found
        before = {"before": page["messages"][0]["id"]}


def hours_between(messages):
    times = [datetime.fromisoformat(m["time"].replace("Z", "+00:00")) for m in messages]
    return (max(times) - min(times)).total_seconds() / HOUR


def test_a_clock_that_jumps_while_they_talk(talk, faults):
    alice, bob = talk.login("alice"), talk.login("bob")
    answers, count = [], 10 * len(JUMPS)
    for i, hours in enumerate(JUMPS):
        for n in range(10 * i, 10 * i + 10):
            alice.say("bob", f"words {n}", id=f"m{n:02}")
        answers += alice.settle()  # they have been sent, and some are on their way
        faults.clock(hours)
    got = [bob.expect("private_message") for _ in range(count)]
    assert [m["message"] for m in got] == [f"words {n}" for n in range(count)]
    ids = [m["id"] for m in got]
    assert ids == sorted(set(ids))
    answers += [alice.receive() for _ in range(2 * count - len(answers))]
    expected = [(f"m{n:02}", status) for n in range(count) for status in ("delivered", "stored")]
    assert sorted((m["ref"], m["status"]) for m in answers) == expected
    kept = history(bob, "alice")
    assert [m["id"] for m in kept] == ids and all("delivered" in m for m in kept)
    assert hours_between(kept) > 12
    bob.request(type="read", sender="alice", id=ids[-1])
    alice.expect("receipt", id=ids[-1], status="read")
    assert alice.quiet() and bob.quiet()


def test_a_clock_that_jumps_while_one_is_away_and_the_store_is_started_anew(talk, faults):
    alice, bob = talk.login("alice"), talk.login("bob")
    leave(talk, bob)
    ids = []
    for i, hours in enumerate(JUMPS):
        ids += send_away(alice, "bob", 10, 10 * i)
        faults.clock(hours)
        talk.store.kill()
        leave(talk, alice)
        talk.store.start()
        alice = talk.login("alice")
        assert alice.quiet(0.1)
    leave(talk, alice)
    bob = talk.login("bob")
    assert bob.welcome["pending"] == len(ids)
    assert [bob.expect("private_message")["id"] for _ in ids] == ids
    bob.settle()
    assert [m["id"] for m in history(bob, "alice")] == ids
    bob.request(type="read", sender="alice", id=ids[-1])
    bob.settle()
    time.sleep(0.5)
    alice = talk.login("alice")
    assert sorted(alice.expect("receipt", status="delivered")["id"] for _ in ids) == sorted(ids)
    alice.expect("receipt", id=ids[-1], status="read")
    alice.say("bob", "words 0", id="m0")
    assert stored(alice, "m0")["id"] == ids[0]  # it is known, however its id sorts
    assert alice.quiet() and bob.quiet()


def test_retention_lets_what_is_new_be_and_takes_what_is_old(talk, faults):
    alice, bob = talk.login("alice"), talk.login("bob")
    kept = lambda: [m["message"] for m in history(alice, "bob")]
    for i, hours in enumerate((-3, 3, 0)):
        faults.clock(hours)
        alice.say("bob", f"words {i}", id=f"m{i}")
        alice.wait_for("receipt", ref=f"m{i}", status="delivered")
    for hours in (5, -5, 0):
        faults.clock(hours)
        time.sleep(1.5)
        assert kept() == ["words 0", "words 1", "words 2"]
    faults.clock(13)
    assert wait_until(lambda: kept() == ["words 1"], 10, 0.2)


def test_a_connection_is_taken_after_one_that_was_only_looked_at_whatever_the_clock_says(talk, faults):
    """As others look whether somebody is there: then an inbox rests for a moment, for which nng would look at the clock of the day."""
    faults.clock(5)
    alice, bob = talk.login("alice"), talk.login("bob")
    for _ in range(20):
        with socket.socket(socket.AF_UNIX) as look:
            look.connect(str(talk.runtime_dir / "bus" / "bob" / str(talk.session_of(bob).pid)))
    alice.say("bob", "words", id="m")
    bob.expect("private_message", message="words")
    alice.wait_for("receipt", ref="m", status="delivered")


def kill(server, client, swept_hours_ago):
    """A session that leaves its endpoint, and when the dead were last cleared away."""
    swept = server.runtime_dir / "bus" / ".swept"
    swept.touch()
    os.utime(swept, (time.time() - swept_hours_ago * HOUR,) * 2)
    server.session_of(client).kill()
    assert client.user in server.bus()
    return swept


@pytest.mark.parametrize("hours", [1, -1], ids=["long ago", "in the future"])
def test_next_login_of_anybody_clears_the_dead_away(server, hours):
    """As a clock that has been put back leaves it. A session may do so before its sandbox, and not after."""
    alice, eve = server.login("alice"), server.login("eve")
    swept = kill(server, eve, hours)
    bob = server.login("bob")
    left = {client.user: [server.session_of(client).pid] for client in (alice, bob)}
    assert server.bus_becomes(left) == left
    assert abs(swept.stat().st_mtime - time.time()) < HOUR / 2


@pytest.mark.limit(60)
def test_session_clears_away_the_dead_of_its_own_user(server):
    """It looks every 30 s. Another user's are not its to touch."""
    ends = [server.login("alice"), server.login("alice"), server.login("eve")]
    for end in ends[1:]:
        server.session_of(end).kill()
    left = {end.user: [server.session_of(end).pid] for end in (ends[0], ends[2])}
    assert server.bus_becomes(left, 40) == left


@pytest.mark.parametrize("hours", [1, -1], ids=["long ago", "in the future"])
def test_store_clears_the_dead_away(store, server, hours):
    eve = server.login("eve")
    kill(server, eve, hours)
    assert server.bus_becomes({}) == {}
