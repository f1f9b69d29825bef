import collections

import pytest

from chat import Closed, answers, message

FAST = {"CHAT_RATE": 100000, "CHAT_BURST": 100000}


def test_no_receipt_before_the_client_has_read(server, alice):
    deaf = server.raw_login("bob", answers_pings=False)
    alice.say("bob", "hello", id="m")
    deaf.expect("private_message")
    assert alice.quiet(1)
    deaf.request(type="ping")
    deaf.expect("pong")
    assert alice.quiet()
    deaf.answer_pings()
    alice.expect("receipt", ref="m", status="delivered")


def test_pong_of_another_ping_proves_nothing(server, alice):
    deaf = server.raw_login("bob", answers_pings=False)
    alice.say("bob", "hello", id="m")
    deaf.expect("private_message")
    deaf.request(type="ping")
    deaf.expect("pong")
    deaf.unanswered = [b"", b"\0" * 8, b"1"]
    deaf.answer_pings()
    assert alice.quiet(0.5)


def test_pong_proves_what_came_before_it(server, alice):
    deaf = server.raw_login("bob", answers_pings=False)
    for number in range(5):
        alice.say("bob", f"{number}", id=f"{number}")
    for number in range(5):
        deaf.expect("private_message", message=f"{number}")
    deaf.request(type="ping")
    deaf.expect("pong")
    deaf.unanswered = deaf.unanswered[-1:]
    deaf.answer_pings()
    assert list(answers(alice, 5).items()) == [(f"{number}", "delivered") for number in range(5)]


def test_one_of_two_connections_that_reads_is_enough(server, alice):
    server.raw_login("bob", answers_pings=False)
    server.login("bob")
    alice.say("bob", "hello", id="m")
    alice.expect("receipt", ref="m", status="delivered")


@pytest.mark.limit(90)
def test_ten_thousand_messages_arrive_in_order(serving):
    server = serving(**FAST)
    alice, bob = server.login("alice"), server.login("bob")
    refs, ids = [], []
    for start in range(0, 10000, 200):
        alice.send_all([message("bob", f"{number}", f"{number}") for number in range(start, start + 200)])
        refs += answers(alice, 200).items()
    for _ in range(10000):
        got = bob.expect("private_message")
        assert got["message"] == f"{len(ids)}"
        ids.append(got["id"])
    assert refs == [(f"{number}", "delivered") for number in range(10000)]
    assert bob.quiet()
    assert all(earlier < later for earlier, later in zip(ids, ids[1:]))


@pytest.mark.limit(60)
def test_flood_is_answered_once_each_and_what_arrives_is_in_order(serving):
    server = serving(**FAST)
    alice, bob = server.login("alice"), server.login("bob")
    alice.send_all([message("bob", f"{number}", f"{number}") for number in range(10000)])
    told = answers(alice, 10000)
    assert set(told.values()) <= {"delivered", "unavailable"}
    delivered = [ref for ref, status in told.items() if status == "delivered"]
    shown = [bob.expect("private_message")["message"] for _ in delivered]
    assert shown == sorted(delivered, key=int)
    assert bob.quiet()


@pytest.mark.limit(60)
def test_flood_in_both_directions_is_answered(serving):
    server = serving(**FAST)
    ends = server.login("alice"), server.login("bob")
    for here, there in (ends, ends[::-1]):
        here.send_all([message(there.user, "x" * 1000, f"{number}") for number in range(2000)])
    for end in ends:
        assert set(answers(end, 2000).values()) <= {"delivered", "unavailable"}


def test_ids_grow_across_receivers(server, alice, bob):
    carol = server.login("carol")
    alice.send_all([message(("bob", "carol")[number % 2], "x", f"{number}") for number in range(200)])
    ids = [alice.expect("receipt", timeout=10) for _ in range(200)]
    by_ref = {int(receipt["ref"]): receipt["id"] for receipt in ids}
    in_order = [by_ref[number] for number in range(200)]
    assert all(earlier < later for earlier, later in zip(in_order, in_order[1:]))
    assert len(bob.settle()) == len(carol.settle()) == 100


@pytest.mark.limit(30)
def test_many_senders_reach_one_receiver_in_order(serving):
    server = serving(**FAST)
    bob = server.login("bob")
    senders = [server.login(f"s{number}") for number in range(8)]
    for sender in senders:
        sender.send_all([message("bob", f"{number}", f"{number}") for number in range(100)])
    for sender in senders:
        assert set(answers(sender, 100).values()) == {"delivered"}
    shown = collections.defaultdict(list)
    for got in bob.settle():
        shown[got["sender"]].append(int(got["message"]))
    assert shown == {sender.user: list(range(100)) for sender in senders}


def test_all_connections_see_the_same_order(serving):
    server = serving(**FAST)
    alice = server.login("alice")
    ends = [server.login("bob") for _ in range(3)] + [server.login("alice")]
    alice.send_all([message("bob", f"{number}", f"{number}") for number in range(200)])
    assert set(answers(alice, 200).values()) == {"delivered"}
    for end in ends:
        assert [end.wait_for("private_message")["message"] for _ in range(200)] == [f"{number}" for number in range(200)]
        assert not [got for got in end.settle() if got["type"] == "private_message"]


def test_message_sent_again_is_shown_once_and_answered_twice(alice, bob):
    for _ in range(2):
        alice.say("bob", "hello", id="same")
        alice.expect("receipt", ref="same", status="delivered")
    bob.expect("private_message", message="hello")
    assert bob.quiet()


def test_message_sent_again_after_a_reconnection_is_shown_once(server, alice, bob):
    alice.say("bob", "hello", id="same")
    bob.expect("private_message", message="hello")
    alice.close()
    again = server.login("alice")
    again.say("bob", "hello", id="same")
    again.expect("receipt", ref="same", status="delivered")
    assert bob.quiet()


def test_message_sent_again_while_the_first_waits_is_shown_once(server, alice):
    deaf = server.raw_login("bob", answers_pings=False)
    alice.say("bob", "hello", id="same")
    alice.say("bob", "hello", id="same")
    deaf.expect("private_message", message="hello")
    deaf.request(type="ping")
    deaf.expect("pong")
    deaf.answers_pings = True
    deaf.answer_pings()
    alice.expect("receipt", ref="same", status="delivered")
    deaf.request(type="ping")
    deaf.expect("pong")


def test_message_sent_again_to_a_new_connection_is_shown(server, alice, bob):
    alice.say("bob", "hello", id="same")
    alice.expect("receipt")
    bob.close()
    again = server.login("bob")
    alice.say("bob", "hello", id="same")
    again.expect("private_message", message="hello")
    alice.expect("receipt", ref="same")


def test_same_id_with_another_text_is_another_message(server, alice, bob):
    for text in ("hello", "a quite different text"):
        alice.say("bob", text, id="same")
        bob.expect("private_message", message=text)
        alice.expect("receipt", ref="same", status="delivered")


def test_message_sent_again_is_copied_once(server, alice, bob):
    other = server.login("alice")
    for _ in range(2):
        alice.say("bob", "hello", id="same")
        alice.expect("receipt", ref="same", status="delivered")
    other.expect("private_message", message="hello")
    assert other.receive()["type"] == "receipt"
    assert other.receive()["type"] == "receipt"
    assert other.quiet()


@pytest.mark.limit(60)
def test_message_to_each_of_two_hundred_is_answered(server, alice):
    names = [f"user{number}" for number in range(200)]
    crowd = [server.login(name) for name in names]
    alice.send_all([message(name, "hello", name) for name in names])
    assert set(answers(alice, len(names)).values()) == {"delivered"}
    for end in crowd:
        end.expect("private_message", message="hello")


def test_same_id_of_two_senders_is_two_messages(server, alice, bob):
    carol = server.login("carol")
    for sender in (alice, carol):
        sender.say("bob", f"from {sender.user}", id="same")
        bob.expect("private_message", message=f"from {sender.user}")


def test_same_id_to_two_receivers_is_two_messages(server, alice, bob):
    carol = server.login("carol")
    for receiver in (bob, carol):
        alice.say(receiver.user, "hello", id="same")
        receiver.expect("private_message", message="hello")


def test_messages_without_an_id_are_never_the_same(alice, bob):
    for _ in range(2):
        alice.say("bob", "hello")
        bob.expect("private_message", message="hello")


def test_seventeenth_connection_of_a_user_is_4004(server, alice):
    ends = [server.login("bob") for _ in range(16)]
    late = server.connect("/ws?user=bob")
    assert late.closed() == 4004
    alice.say("bob", "hello")
    for end in ends:
        end.expect("private_message")


def test_place_of_a_connection_that_left_is_free(server):
    ends = [server.login("bob") for _ in range(16)]
    ends[3].close()
    server.session_of(ends[3]).wait()
    server.login("bob")


def test_receiver_killed_with_messages_in_flight(serving):
    server = serving(**FAST)
    alice, deaf = server.login("alice"), server.raw_login("bob", answers_pings=False)
    alice.send_all([message("bob", f"{number}", f"{number}") for number in range(50)])
    deaf.expect("private_message")
    server.session_of(deaf).kill()
    alice.send_all([message("bob", f"{number}", f"{number}") for number in range(50, 100)])
    told = answers(alice, 100)
    assert set(told.values()) <= {"receiver_offline", "unavailable"}
    assert alice.quiet()


def test_receiver_killed_in_the_middle_of_a_conversation(serving):
    server = serving(**FAST)
    alice, bob = server.login("alice"), server.login("bob")
    alice.send_all([message("bob", f"{number}", f"{number}") for number in range(500)])
    bob.expect("private_message")
    server.session_of(bob).kill()
    alice.send_all([message("bob", f"{number}", f"{number}") for number in range(500, 1000)])
    told = answers(alice, 1000)
    shown = set()
    with pytest.raises(Closed):
        while True:
            shown.add(bob.receive()["message"])
    assert {ref for ref, status in told.items() if status == "delivered"} <= shown | {"0"}
    assert told["999"] == "receiver_offline"
    assert alice.quiet()


def test_receiver_who_leaves_with_messages_in_flight(serving):
    server = serving(**FAST)
    alice, deaf = server.login("alice"), server.raw_login("bob", answers_pings=False)
    alice.send_all([message("bob", f"{number}", f"{number}") for number in range(50)])
    deaf.expect("private_message")
    deaf.close()
    assert set(answers(alice, 50).values()) <= {"receiver_offline", "unavailable"}
    assert alice.quiet()


def test_one_of_two_connections_killed_with_messages_in_flight(server, alice):
    deaf, other = server.raw_login("bob", answers_pings=False), server.login("bob")
    alice.send_all([message("bob", f"{number}", f"{number}") for number in range(20)])
    deaf.expect("private_message")
    server.session_of(deaf).kill()
    assert set(answers(alice, 20).values()) == {"delivered"}
    assert len([got for got in other.settle() if got["type"] == "private_message"]) == 20
    assert alice.quiet()


def test_receiver_who_came_back_gets_what_is_sent_then(server, alice, bob):
    server.session_of(bob).kill()
    assert bob.closed() == 1006
    again = server.login("bob")
    alice.say("bob", "welcome back", id="m")
    again.expect("private_message", message="welcome back")
    alice.expect("receipt", ref="m", status="delivered")


def test_sender_who_leaves_at_once_has_still_sent(server, bob):
    raw = server.raw_login("alice")
    raw.say("bob", "last words")
    raw.expect("receipt")
    raw.close()
    bob.expect("private_message", message="last words")


def test_read_receipt_reaches_all_connections_of_the_sender(server, alice, bob):
    other = server.login("alice")
    alice.say("bob", "hello")
    got = bob.expect("private_message")
    bob.request(type="read", sender="alice", id=got["id"])
    for end in (alice, other):
        end.wait_for("receipt", id=got["id"], status="read")


def test_large_messages_arrive_whole(serving):
    server = serving(CHAT_MAX_MESSAGE=1 << 20, **FAST)
    alice, bob = server.login("alice"), server.login("bob")
    for number in range(5):
        words = f"{number}" * 1000000
        alice.say("bob", words, id=f"{number}")
        assert bob.expect("private_message", timeout=10)["message"] == words
        alice.expect("receipt", timeout=10, ref=f"{number}", status="delivered")
