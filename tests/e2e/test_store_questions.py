"""Each question to the store has one answer, if only an error."""

import signal

from serve import wait_until

LONG = "x" * 60000


def answer(client, timeout=8):
    while True:
        got = client.receive(timeout)
        if got["type"] in ("history", "search", "error", "block"):
            return got


def test_a_question_that_a_dying_store_takes_along_is_unavailable(store, server):
    alice = server.login("alice")
    store.process.send_signal(signal.SIGSTOP)
    alice.request(type="history", id="h", **{"with": "bob"})
    alice.request(type="search", id="s", text="words")
    assert alice.quiet(0.5)
    store.kill()
    assert [(m["code"], m["ref"]) for m in (answer(alice), answer(alice))] == [("unavailable", "h"), ("unavailable", "s")]
    store.start()

    def is_answered():
        alice.request(type="history", id="again", **{"with": "bob"})
        return answer(alice)["type"] == "history"

    assert wait_until(is_answered, 2, 0.1)
    assert alice.quiet()


def test_more_questions_than_may_wait_are_too_many_at_once(store, server):
    alice = server.login("alice")
    store.process.send_signal(signal.SIGSTOP)
    for n in range(12):
        alice.request(type="history", id=f"h{n}", **{"with": "bob"})
    assert [(m["code"], m["ref"]) for m in (answer(alice) for _ in range(4))] == [("slow_down", f"h{n}") for n in range(8, 12)]
    store.process.send_signal(signal.SIGCONT)
    assert [answer(alice)["ref"] for _ in range(8)] == [f"h{n}" for n in range(8)]
    alice.request(type="history", id="h", **{"with": "bob"})
    assert answer(alice)["ref"] == "h" and alice.quiet()


def test_what_a_client_has_no_room_for_it_is_told_to_ask_again(store, serving):
    server = serving(send_buffer=4096)
    alice, bob = server.login("alice"), server.login("bob")
    for n in range(6):
        alice.say("bob", LONG, id=f"m{n}")
        alice.wait_for("receipt", 10, ref=f"m{n}", status="delivered")
    slow = server.raw(receive_buffer=4096).upgrade("/ws?user=alice")
    slow.expect("welcome")
    for n in range(5):
        slow.request(type="history", id=f"h{n}", **{"with": "bob"})
    assert not wait_until(lambda: False, 1)
    got = [answer(slow) for _ in range(5)]
    assert sorted(m["ref"] for m in got) == [f"h{n}" for n in range(5)]
    kinds = {m["type"] for m in got}
    assert kinds == {"history", "error"} and {m["code"] for m in got if m["type"] == "error"} == {"unavailable"}
    slow.request(type="history", id="again", **{"with": "bob"})
    assert answer(slow)["type"] == "history"


def test_a_sibling_hears_of_a_block_and_its_own_questions_stay_asked(store, server):
    alice, other = server.login("alice"), server.login("alice")
    server.login("bob")
    alice.request(type="block", id="b", user="bob")
    assert answer(alice)["type"] == "block" and answer(other)["type"] == "block"
    for n in range(20):
        other.request(type="history", id=f"h{n}", **{"with": "bob"})
        assert answer(other)["ref"] == f"h{n}"
