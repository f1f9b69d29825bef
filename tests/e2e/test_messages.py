import json
import re
import time
from calendar import timegm

import pytest

from chat import ULID
from raw import BINARY, CONTINUATION, TEXT, frame

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def messages(got):
    return [one for one in got if one["type"] == "private_message"]


def seconds(stamp):
    return timegm(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S"))


def test_login(server):
    client = server.connect()
    client.request(type="login", user="alice")
    client.expect("welcome", user="alice")


def test_login_in_the_request(server):
    server.connect("/ws?user=alice").expect("welcome", user="alice")


def test_welcome_says_the_limits_and_what_waits(serving):
    server = serving(CHAT_MAX_MESSAGE=2048, CHAT_RATE=7, CHAT_BURST=11)
    welcome = server.login("alice").welcome
    assert welcome["limits"] == {"message": 2048, "rate": 7, "burst": 11}
    assert welcome["pending"] == 0


def test_limits_without_settings(alice):
    assert alice.welcome["limits"] == {"message": 65536, "rate": 1000, "burst": 2000}


def test_each_connection_has_a_session_number(server):
    first, second = server.login("alice").welcome["session"], server.login("alice").welcome["session"]
    assert isinstance(first, int) and isinstance(second, int)
    assert first != second


def test_names_are_case_sensitive(server):
    lower, upper = server.login("alice"), server.login("Alice")
    lower.say("Alice", "to the other")
    upper.expect("private_message", sender="alice")
    assert not [got for got in lower.settle() if got["type"] == "private_message"]


def test_private_message_reaches_the_receiver(alice, bob):
    alice.say("bob", "hello")
    got = bob.expect("private_message", sender="alice", receiver="bob", message="hello")
    assert set(got) == {"type", "id", "sender", "receiver", "message", "time"}


def test_message_id_is_a_ulid(alice, bob):
    alice.say("bob", "hello")
    assert ULID.fullmatch(bob.expect("private_message")["id"])


def test_message_time_is_now(alice, bob):
    alice.say("bob", "hello")
    stamp = bob.expect("private_message")["time"]
    assert TIME.fullmatch(stamp)
    assert abs(seconds(stamp) - time.time()) < 5


def test_ulid_carries_the_time(alice, bob):
    alice.say("bob", "hello")
    got = bob.expect("private_message")
    digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    stamp = 0
    for digit in got["id"][:10]:
        stamp = stamp * 32 + digits.index(digit)
    assert stamp // 1000 == seconds(got["time"])


def test_receipt_of_a_delivered_message(alice, bob):
    alice.say("bob", "hello", id="m-1")
    message = bob.expect("private_message")
    receipt = alice.expect("receipt", id=message["id"], ref="m-1", receiver="bob", status="delivered")
    assert set(receipt) == {"type", "id", "ref", "receiver", "status", "time"}
    assert TIME.fullmatch(receipt["time"])


def test_receipt_has_no_ref_where_no_id_was_given(alice, bob):
    alice.say("bob", "hello")
    assert "ref" not in alice.expect("receipt", receiver="bob", status="delivered")


@pytest.mark.parametrize("ref", ["1", "x" * 64, "two words", 'quote " and \\', "<b>"])
def test_id_comes_back_as_it_was_given(alice, bob, ref):
    alice.say("bob", "hello", id=ref)
    alice.expect("receipt", ref=ref)


def test_message_with_the_right_sender(alice, bob):
    alice.say("bob", "hello", sender="alice")
    bob.expect("private_message", sender="alice")


def test_first_sender_logs_in(server, bob):
    client = server.connect()
    client.say("bob", "hello", sender="Alice", id="first")
    client.expect("welcome", user="Alice")
    bob.expect("private_message", sender="Alice", message="hello")
    client.expect("receipt", ref="first")


def test_message_to_oneself(alice):
    alice.say("alice", "note", id="n")
    got = sorted((alice.receive(), alice.receive()), key=lambda message: message["type"])
    assert [message["type"] for message in got] == ["private_message", "receipt"]
    assert got[0]["sender"] == got[0]["receiver"] == "alice"
    assert got[1]["ref"] == "n"


@pytest.mark.parametrize(
    "words",
    [
        "é ü ß",
        "日本語 😀 \U0010ffff",
        '"quoted" \\ back / slash',
        "line\nfeed\r\ttab",
        "<img src=x onerror=alert(1)>",
        "\u2028\u2029\ufeff\ufffd\ufffe",
        " ",
        "%s %n {}",
        "x" * 60000,
    ],
    ids=lambda words: repr(words)[:20],
)
def test_text_arrives_as_it_was_sent(alice, bob, words):
    alice.say("bob", words)
    assert bob.expect("private_message")["message"] == words
    alice.expect("receipt")


def test_escaped_surrogate_pair_is_one_character(alice, bob):
    alice.send('{"type":"private_message","receiver":"bob","message":"\\ud83d\\ude00"}')
    assert bob.expect("private_message")["message"] == "\U0001f600"


def test_binary_message_is_as_good_as_text(alice, bob):
    alice.send(json.dumps({"type": "private_message", "receiver": "bob", "message": "é"}, ensure_ascii=False).encode())
    assert bob.expect("private_message")["message"] == "é"


def test_server_speaks_in_text_frames(server, alice):
    raw = server.raw_login("bob")
    alice.send(b'{"type":"private_message","receiver":"bob","message":"x"}')
    assert raw.next_frame().opcode == TEXT


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_message_in_fragments(server, bob, opcode):
    raw = server.raw_login("alice")
    data = '{"type":"private_message","receiver":"bob","message":"né"}'.encode()
    raw.send(frame(opcode, data[:1], fin=False))
    for byte in data[1:-1]:
        raw.send(frame(CONTINUATION, bytes([byte]), fin=False))
    raw.send(frame(CONTINUATION, data[-1:]))
    assert bob.expect("private_message")["message"] == "né"


def test_unknown_fields_are_ignored(alice, bob):
    alice.say("bob", "hello", colour="red", nested={"a": [1, None, True]}, id="m")
    bob.expect("private_message", message="hello")
    alice.expect("receipt", ref="m")


def test_white_space_around_json_is_fine(alice):
    alice.send(' \n\t{ "type" : "ping" }\r\n ')
    alice.expect("pong")


def test_message_of_the_largest_size(server, bob):
    raw = server.raw_login("alice")
    data = json.dumps({"type": "private_message", "receiver": "bob", "message": "", "id": "big"})
    words = "x" * (65536 - len(data))
    raw.say("bob", words, id="big")
    assert bob.expect("private_message")["message"] == words
    raw.expect("receipt", ref="big")


def test_read_receipt(alice, bob):
    alice.say("bob", "hello", id="m")
    message = bob.expect("private_message")
    alice.expect("receipt", status="delivered")
    bob.request(type="read", sender="alice", id=message["id"])
    receipt = alice.expect("receipt", id=message["id"], receiver="bob", status="read")
    assert "ref" not in receipt
    assert TIME.fullmatch(receipt["time"])


def test_read_has_no_answer(alice, bob):
    alice.say("bob", "hello")
    message = bob.expect("private_message")
    bob.request(type="read", sender="alice", id=message["id"])
    assert bob.settle() == []


def test_read_names_the_last_of_several(alice, bob):
    for number in range(3):
        alice.say("bob", f"{number}")
    last = [bob.expect("private_message")["id"] for _ in range(3)][-1]
    for _ in range(3):
        alice.expect("receipt", status="delivered")
    bob.request(type="read", sender="alice", id=last)
    alice.expect("receipt", id=last, status="read")
    assert alice.quiet()


def test_read_of_somebody_who_left_says_nothing(alice, bob):
    alice.say("bob", "hello")
    message = bob.expect("private_message")
    alice.close()
    bob.request(type="read", sender="alice", id=message["id"])
    assert bob.settle() == []


@pytest.mark.parametrize("active", [True, False])
def test_typing_reaches_the_receiver(alice, bob, active):
    alice.request(type="typing", receiver="bob", active=active)
    assert bob.receive() == {"type": "typing", "sender": "alice", "receiver": "bob", "active": active}


def test_typing_has_no_answer(alice, bob):
    alice.request(type="typing", receiver="bob", active=True)
    bob.expect("typing")
    assert alice.settle() == []
    assert alice.quiet()


def test_typing_to_somebody_away_says_nothing(alice):
    alice.request(type="typing", receiver="nobody", active=True)
    assert alice.settle() == []
    assert alice.quiet()


def test_typing_reaches_all_connections_of_the_receiver(server, alice):
    ends = [server.login("bob"), server.login("bob")]
    alice.request(type="typing", receiver="bob", active=True)
    for end in ends:
        end.expect("typing", sender="alice")


def test_who_is_a_sorted_list(server, alice):
    for name in ("zoe", "Bob", "carl"):
        server.login(name)
    alice.request(type="who")
    assert alice.receive() == {"type": "users", "users": ["Bob", "alice", "carl", "zoe"]}


def test_who_names_a_user_of_two_connections_once(server, alice):
    server.login("alice")
    alice.request(type="who")
    alice.expect("users", users=["alice"])


def test_ping_is_answered_with_pong(alice):
    alice.request(type="ping")
    assert alice.receive()["type"] == "pong"


def test_all_connections_of_the_receiver_get_the_message(server, alice):
    ends = [server.login("bob") for _ in range(3)]
    alice.say("bob", "to all of you")
    ids = {end.expect("private_message", message="to all of you")["id"] for end in ends}
    assert len(ids) == 1


def test_message_to_several_connections_has_one_receipt(server, alice):
    for _ in range(3):
        server.login("bob")
    alice.say("bob", "hello", id="once")
    alice.expect("receipt", ref="once")
    assert alice.quiet()


def test_other_connections_of_the_sender_get_a_copy(server, alice, bob):
    other = server.login("alice")
    alice.say("bob", "hello")
    assert other.receive() == bob.receive()
    alice.expect("receipt")
    assert messages(other.settle()) == []


def test_connection_that_sent_gets_no_copy(server, alice, bob):
    server.login("alice")
    alice.say("bob", "hello")
    alice.expect("receipt")
    assert alice.quiet()


def test_message_to_oneself_reaches_each_connection_once(server, alice):
    other = server.login("alice")
    alice.say("alice", "note")
    assert sorted(alice.receive()["type"] for _ in range(2)) == ["private_message", "receipt"]
    other.expect("private_message", sender="alice", receiver="alice", message="note")
    assert messages(alice.settle()) == messages(other.settle()) == []


def test_watch_tells_of_each_in_the_list(server, alice, bob):
    alice.request(type="watch", users=["bob", "nobody"])
    got = [alice.expect("presence"), alice.expect("presence")]
    assert {(one["user"], one["online"]) for one in got} == {("bob", True), ("nobody", False)}
    assert all(set(one) == {"type", "user", "online"} for one in got)


def test_watch_of_everybody_tells_of_all_who_are_online(server, alice, bob):
    server.login("carol")
    alice.request(type="watch", users="*")
    got = [alice.expect("presence") for _ in range(3)]
    assert {(one["user"], one["online"]) for one in got} == {("alice", True), ("bob", True), ("carol", True)}


def test_unwatch_has_no_answer(alice):
    alice.request(type="unwatch", users=["bob"])
    alice.request(type="unwatch", users="*")
    assert alice.settle() == []
