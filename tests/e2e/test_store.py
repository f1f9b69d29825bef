"""What the store keeps: receipts, the mailbox, order, once."""

import sqlite3
import time

import pytest

from chat import leave, send_away, stored
from serve import chatctl, wait_until


@pytest.fixture
def talk(store, server):
    return server


def test_a_message_is_stored_and_then_delivered_each_once(talk):
    alice, bob = talk.login("alice"), talk.login("bob")
    for n in range(3):
        alice.say("bob", f"words {n}", id=f"m{n}")
        got = bob.expect("private_message", sender="alice", message=f"words {n}")
        alice.expect("receipt", id=got["id"], ref=f"m{n}", status="stored", receiver="bob")
        alice.expect("receipt", id=got["id"], ref=f"m{n}", status="delivered", receiver="bob")
    assert alice.quiet() and bob.quiet()


def test_what_came_while_away_waits_and_comes_in_order_before_what_is_new(talk):
    alice, bob = talk.login("alice"), talk.login("bob")
    leave(talk, bob)
    ids = send_away(alice, "bob", 200)
    bob = talk.login("bob")
    assert bob.welcome["pending"] == 200
    alice.say("bob", "new", id="new")
    got = [bob.receive() for _ in range(201)]
    assert [m["message"] for m in got] == [f"words {n}" for n in range(200)] + ["new"]
    assert [m["id"] for m in got[:200]] == ids
    for n in range(200):
        alice.wait_for("receipt", ref=f"m{n}", status="delivered")
    leave(talk, bob)
    assert talk.login("bob").welcome["pending"] == 0


def test_receipts_wait_for_a_sender_who_is_away(talk):
    alice, bob = talk.login("alice"), talk.login("bob")
    leave(talk, bob)
    (first,) = send_away(alice, "bob", 1)
    leave(talk, alice)
    bob = talk.login("bob")
    bob.expect("private_message", id=first)
    bob.settle()
    bob.request(type="read", sender="alice", id=first)
    bob.settle()
    time.sleep(0.5)
    alice = talk.login("alice")
    alice.expect("receipt", id=first, ref="m0", status="delivered")
    alice.expect("receipt", id=first, status="read", receiver="bob")
    assert alice.quiet()
    leave(talk, alice)
    assert talk.login("alice").quiet()


def test_resent_with_the_same_id_it_has_the_same_message_id_and_comes_once(talk):
    alice, bob = talk.login("alice"), talk.login("bob")
    leave(talk, bob)
    (first,) = send_away(alice, "bob", 1)
    leave(talk, alice)
    alice = talk.login("alice")
    alice.say("bob", "words 0", id="m0")
    assert stored(alice, "m0")["id"] == first
    bob = talk.login("bob")
    bob.expect("private_message", id=first)
    alice.say("bob", "words 0", id="m0")
    assert stored(alice, "m0")["id"] == first
    assert bob.quiet()


def test_a_resent_message_that_a_former_connection_had_is_not_shown_to_the_next(talk):
    alice, bob = talk.login("alice"), talk.login("bob")
    alice.say("bob", "words", id="m")
    first = bob.expect("private_message")["id"]
    alice.wait_for("receipt", status="delivered")
    leave(talk, bob)
    leave(talk, alice)
    alice, bob = talk.login("alice"), talk.login("bob")
    alice.say("bob", "words", id="m")
    assert stored(alice, "m")["id"] == first
    alice.say("bob", "next", id="n")
    bob.expect("private_message", message="next")
    assert bob.quiet()


def test_nobody_of_that_name(talk):
    alice = talk.login("alice")
    alice.say("nobody", "words", id="m")
    alice.expect("error", code="no_such_user", ref="m")


def test_a_full_mailbox_says_so(keeping, server):
    keeping(CHAT_MAILBOX_MESSAGES=3)
    alice, bob = server.login("alice"), server.login("bob")
    leave(server, bob)
    send_away(alice, "bob", 3)
    alice.say("bob", "too much", id="m3")
    alice.expect("error", code="mailbox_full", ref="m3")
    bob = server.login("bob")
    assert [bob.receive()["message"] for _ in range(3)] == ["words 0", "words 1", "words 2"]


def test_history_pages_neither_skip_nor_repeat_while_messages_come(talk):
    alice, bob = talk.login("alice"), talk.login("bob")
    ids = send_away(alice, "bob", 60)
    seen, before, n = [], None, 60
    while True:
        bob.request(type="history", **{"with": "alice"}, limit=25, **({"before": before} if before else {}))
        page = bob.wait_for("history")
        seen = [m["id"] for m in page["messages"]] + seen
        ids += send_away(alice, "bob", 1, n)
        n += 1
        if not page["more"]:
            break
        before = page["messages"][0]["id"]
    assert seen == ids[:60]


def test_history_and_search_are_of_what_the_asker_took_part_in(talk):
    alice, bob, eve = talk.login("alice"), talk.login("bob"), talk.login("eve")
    (first,) = send_away(alice, "bob", 1)
    alice.say("bob", "Grüße aus \"Zürich\" OR", id="z")
    stored(alice, "z")
    bob.request(type="search", text="zuri")
    assert [m["message"] for m in bob.wait_for("search")["messages"]] == ["Grüße aus \"Zürich\" OR"]
    for asker, kind, fields in ((eve, "search", {"text": "words"}), (eve, "history", {"with": "alice"}), (eve, "history", {"with": "bob"})):
        asker.request(type=kind, **fields)
        assert asker.expect(kind)["messages"] == []
    alice.request(type="history", **{"with": "bob"}, before="00000000000000000000000000", id="h")
    alice.wait_for("error", code="bad_field", ref="h")
    alice.request(type="history", **{"with": "bob"}, before=first)
    assert alice.wait_for("history")["messages"] == []


def test_a_blocked_sender_is_told_so_and_nothing_else(talk):
    alice, bob = talk.login("alice"), talk.login("bob")
    bob.request(type="block", user="alice", id="b")
    bob.expect("block", user="alice", ref="b")
    alice.say("bob", "words", id="m")
    alice.expect("error", code="blocked", ref="m")
    assert bob.quiet() and alice.quiet()
    leave(talk, bob)
    bob = talk.login("bob")
    alice.say("bob", "words", id="m2")
    alice.expect("error", code="blocked", ref="m2")
    bob.request(type="unblock", user="alice")
    bob.expect("unblock", user="alice")
    alice.say("bob", "again", id="m3")
    bob.expect("private_message", message="again")


def test_all_connections_get_each_message_and_the_sender_s_others_its_copies_and_receipts(talk):
    alice, other = talk.login("alice"), talk.login("alice")
    bobs = [talk.login("bob") for _ in range(3)]
    for n in range(20):
        alice.say("bob", f"words {n}", id=f"m{n}")
    for bob in bobs:
        assert [bob.receive()["message"] for _ in range(20)] == [f"words {n}" for n in range(20)]
    for who in (alice, other):
        for n in range(20):
            who.wait_for("receipt", ref=f"m{n}", status="delivered")
    assert all(bob.quiet() for bob in bobs)


def test_a_message_to_oneself(talk):
    alice = talk.login("alice")
    alice.say("alice", "note", id="m")
    got = {(m["type"], m.get("status")) for m in (alice.receive() for _ in range(3))}
    assert got == {("private_message", None), ("receipt", "stored"), ("receipt", "delivered")}
    assert alice.quiet()


@pytest.mark.limit(60)
def test_a_slow_reader_does_not_hold_the_sender_up_and_gets_all_in_order(talk):
    alice, bob = talk.login("alice"), talk.raw_login("bob")
    words = "x" * 4000
    alice.send_all([{"type": "private_message", "receiver": "bob", "message": f"{n} {words}", "id": f"m{n}"} for n in range(600)])
    for n in range(600):
        stored(alice, f"m{n}", 30)
    for n in range(600):
        got = bob.expect("private_message")
        assert got["message"].split()[0] == str(n)


def test_an_operator_s_message_is_kept_for_who_is_away_and_told_who_is_there(store, server, runtime_dir):
    bob = server.login("bob")
    assert chatctl(runtime_dir, "send", "--from", "cron", "bob", "disk is full").returncode == 0
    bob.expect("private_message", sender="cron", message="disk is full")
    leave(server, bob)
    assert chatctl(runtime_dir, "send", "--from", "cron", "bob", "disk is fuller").returncode == 0
    done = chatctl(runtime_dir, "send", "--from", "cron", "nobody", "words")
    assert done.returncode == 1 and "no_such_user" in done.stderr
    server.login("bob").expect("private_message", sender="cron", message="disk is fuller")


def test_many_old_messages_go_in_little_time(keeping, server):
    store = keeping(CHAT_RETENTION="10")
    alice, bob = server.login("alice"), server.login("bob")
    for n in range(1500):
        alice.say("bob", f"words {n}", id=f"m{n}")
    for n in range(1500):
        alice.wait_for("receipt", 10, ref=f"m{n}", status="delivered")
    database = sqlite3.connect(f"file:{store.state}/chat.db?mode=ro", uri=True)
    assert wait_until(lambda: database.execute("SELECT count(*) FROM message").fetchone()[0] == 10, 10, 0.1)


def test_old_messages_go_and_those_that_wait_stay(keeping, server):
    store = keeping(CHAT_RETENTION="2")
    alice, bob = server.login("alice"), server.login("bob")
    send_away(alice, "bob", 10)
    for n in range(10):
        bob.wait_for("private_message", message=f"words {n}")
    bob.settle()

    def left():
        alice.request(type="history", **{"with": "bob"})
        return [m["message"] for m in alice.wait_for("history")["messages"]]

    assert wait_until(lambda: left() == ["words 8", "words 9"] or time.sleep(0.5), 10)
    leave(server, bob)
    send_away(alice, "bob", 5, 10)
    time.sleep(2.5)
    bob = server.login("bob")
    assert bob.welcome["pending"] == 5
    assert store.process.poll() is None


def test_the_store_ends_when_told_and_leaves_no_endpoint(store, runtime_dir):
    assert store.stop() == 0
    assert list((runtime_dir / "bus" / ".store").iterdir()) == []
