import pytest

from raw import text

SHARED = True
pytestmark = pytest.mark.usefixtures("bystanders")

BAD_NAMES = ["", " ", ".", "..", ".x", "-x", "_x", "@x", "+x", "a/b", "../bob", "a b", "a\u0001", "a\n", "a\u007f", "né", "a\\b", "a*"]
CONTROLS = [chr(code) for code in (*range(1, 9), 11, 12, *range(14, 32), 127)]


def refused(client, code, ref=None):
    """The error has this code, a reason for people and the ref of its cause; the connection goes on."""
    got = client.receive()
    assert (got["type"], got.get("code")) == ("error", code), got
    assert isinstance(got["detail"], str) and got["detail"]
    assert got.get("ref") == ref
    assert set(got) <= {"type", "code", "detail", "ref"}
    assert client.settle() == []


def nested(levels):
    """An object of so many levels, itself the first."""
    return '{"type":"ping","x":' + "[" * (levels - 1) + "]" * (levels - 1) + "}"


@pytest.mark.parametrize(
    "data",
    [
        "Hello from client!",
        "",
        " ",
        "{",
        "}",
        '{"type":"ping"',
        '{"type":"ping"}x',
        '{"type":"ping"}{"type":"ping"}',
        '{"type":"ping",}',
        '{type:"ping"}',
        "{'type':'ping'}",
        '{"type":"ping","x":01}',
        '{"type":"ping","x":nan}',
        '{"type":"ping","x":"\\x"}',
        '{"type":"ping","x":"\\ud800"}',
        '{"type":"ping","x":"\\udc00\\ud800"}',
        '/* */{"type":"ping"}',
    ],
)
def test_what_is_not_json_is_bad_json(alice, data):
    alice.send(data)
    refused(alice, "bad_json")


@pytest.mark.parametrize("data", ["[]", '[{"type":"ping"}]', "1", "-0.5e3", '"ping"', "null", "true"])
def test_json_of_another_shape_is_bad_json(alice, data):
    alice.send(data)
    refused(alice, "bad_json")


def test_32_levels_are_taken(alice):
    alice.send(nested(32))
    alice.expect("pong")


@pytest.mark.parametrize("levels", [33, 1000, 30000])
def test_deeper_json_is_bad_json(alice, levels):
    alice.send(nested(levels))
    refused(alice, "bad_json")


@pytest.mark.parametrize("brackets", ["[" * 60000, '{"a":' * 10000], ids=["arrays", "objects"])
def test_depth_without_an_end_is_bad_json(alice, brackets):
    alice.send(brackets)
    refused(alice, "bad_json")


@pytest.mark.parametrize(
    "data",
    [
        '{"type":"private_message","receiver":"bob","message":"a\\u0000b"}',
        '{"type":"private_message","receiver":"bob\\u0000","message":"ab"}',
        '{"type":"ping\\u0000"}',
        '{"type":"ping","unknown":"\\u0000"}',
        '{"type":"ping","key\\u0000":1}',
        '{"type":"ping"}\x00',
        '{"type":"ping","x":"\x00"}',
    ],
)
def test_nul_is_bad_json(alice, data):
    alice.send(data)
    refused(alice, "bad_json")


def test_bare_control_character_in_json_is_refused(alice, bob):
    alice.send('{"type":"private_message","receiver":"bob","message":"a\x01b"}')
    got = alice.expect("error")
    assert got["code"] in ("bad_json", "bad_field")
    assert bob.settle() == []


@pytest.mark.parametrize("kind", ["", "nothing", "PING", "ping ", "welcome", "receipt", "error", "histories", "stored", "blocked"])
def test_unknown_type(alice, kind):
    alice.request(type=kind, id="x")
    refused(alice, "unknown_type", ref="x")


@pytest.mark.parametrize("fields", [{}, {"type": 1}, {"type": None}, {"type": ["ping"]}, {"type": {"type": "ping"}}])
def test_type_that_is_missing_or_no_text_is_bad_field(alice, fields):
    alice.request(**fields, id="x")
    refused(alice, "bad_field", ref="x")


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "private_message", "message": "x"},
        {"type": "private_message", "receiver": "bob"},
        {"type": "read"},
        {"type": "typing", "receiver": "bob"},
        {"type": "typing", "active": True},
        {"type": "watch"},
        {"type": "unwatch"},
    ],
    ids=str,
)
def test_missing_field(alice, fields):
    alice.request(**fields, id="x")
    refused(alice, "bad_field", ref="x")


def test_read_without_an_id_is_bad_field(alice):
    alice.request(type="read", sender="bob")
    refused(alice, "bad_field")


def test_login_without_a_user_is_bad_field(server):
    client = server.connect()
    client.request(type="login", id="x")
    refused(client, "bad_field", ref="x")


@pytest.mark.parametrize("value", [None, True, 1, 1.5, [], ["bob"], {}, {"bob": 1}], ids=str)
@pytest.mark.parametrize(
    "fields, name",
    [
        ({"type": "private_message", "receiver": "bob", "message": "x"}, "receiver"),
        ({"type": "private_message", "receiver": "bob", "message": "x"}, "message"),
        ({"type": "private_message", "receiver": "bob", "message": "x", "sender": "alice"}, "sender"),
        ({"type": "typing", "receiver": "bob", "active": True}, "receiver"),
        ({"type": "read", "sender": "bob", "id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "sender"),
    ],
    ids=lambda part: part if isinstance(part, str) else part["type"],
)
def test_field_of_the_wrong_kind(alice, fields, name, value):
    alice.request(**{**fields, name: value})
    assert alice.expect("error")["code"] == "bad_field"
    assert alice.settle() == []


@pytest.mark.parametrize("value", [None, True, 1, [], {}, ["x"]], ids=str)
def test_id_of_the_wrong_kind(alice, value):
    alice.say("alice", "x", id=value)
    refused(alice, "bad_field")


@pytest.mark.parametrize("active", [None, 0, 1, "true", [], {}], ids=repr)
def test_active_is_true_or_false(alice, active):
    alice.request(type="typing", receiver="bob", active=active, id="x")
    refused(alice, "bad_field", ref="x")


@pytest.mark.parametrize("users", [None, True, 1, "bob", "", "**", {}, {"bob": 1}, [1], ["bob", None], [["bob"]], ["*"], ["a/b"], [""]], ids=repr)
@pytest.mark.parametrize("kind", ["watch", "unwatch"])
def test_users_is_a_list_of_names_or_a_star(alice, kind, users):
    alice.request(type=kind, users=users, id="x")
    refused(alice, "bad_field", ref="x")


def test_list_that_is_too_long_is_too_large(alice):
    alice.request(type="watch", users=[f"u{number}" for number in range(7000)], id="x")
    refused(alice, "too_large", ref="x")


def test_id_of_65_characters_is_too_large(alice):
    alice.say("alice", "x", id="x" * 65)
    refused(alice, "too_large")


def test_empty_id_is_bad_field(alice):
    alice.say("alice", "x", id="")
    refused(alice, "bad_field")


@pytest.mark.parametrize("ref", ["a\n", "\t", "a\u0001b", "\u007f"], ids=repr)
def test_id_with_a_control_character_is_bad_field(alice, ref):
    alice.say("alice", "x", id=ref)
    refused(alice, "bad_field")


@pytest.mark.parametrize("name", BAD_NAMES, ids=repr)
def test_bad_receiver_is_bad_field(alice, name):
    alice.say(name, "x", id="r")
    refused(alice, "bad_field", ref="r")


@pytest.mark.parametrize("length", [65, 1000, 30000])
def test_receiver_that_is_too_long_is_refused(alice, length):
    alice.say("x" * length, "x", id="r")
    got = alice.expect("error", ref="r")
    assert got["code"] in ("bad_field", "too_large")
    assert alice.settle() == []


def test_empty_text_is_bad_field(alice, bob):
    alice.say("bob", "", id="e")
    refused(alice, "bad_field", ref="e")
    assert bob.settle() == []


@pytest.mark.parametrize("control", CONTROLS, ids=repr)
def test_control_character_in_a_text_is_bad_field(alice, bob, control):
    alice.say("bob", f"a{control}b", id="c")
    refused(alice, "bad_field", ref="c")
    assert bob.settle() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "private_message", "receiver": "bob", "message": "x"},
        {"type": "who"},
        {"type": "watch", "users": "*"},
        {"type": "unwatch", "users": "*"},
        {"type": "typing", "receiver": "bob", "active": True},
        {"type": "read", "sender": "bob", "id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"},
    ],
    ids=lambda fields: fields["type"],
)
def test_not_logged_in(server, fields):
    client = server.connect()
    client.request(**{"id": "early", **fields})
    assert client.expect("error", code="not_logged_in", ref=fields.get("id", "early"))
    client.request(type="login", user="alice")
    client.expect("welcome", user="alice")


@pytest.mark.parametrize("name", [*BAD_NAMES, "x" * 65], ids=lambda name: repr(name)[:10])
def test_login_with_a_bad_name_fails(server, name):
    client = server.connect()
    client.request(type="login", user=name, id="l")
    got = client.expect("error", ref="l")
    assert got["code"] == "login_failed"
    client.request(type="login", user="alice")
    client.expect("welcome", user="alice")


def test_login_as_somebody_else_fails(alice):
    alice.request(type="login", user="bob", id="l")
    refused(alice, "login_failed", ref="l")


def test_forged_sender(alice, bob):
    alice.say("bob", "x", sender="carol", id="f")
    refused(alice, "forged_sender", ref="f")
    assert bob.settle() == []


def test_sender_of_another_case_is_forged(alice, bob):
    alice.say("bob", "x", sender="Alice", id="f")
    refused(alice, "forged_sender", ref="f")
    assert bob.settle() == []


def test_receiver_who_is_not_there(alice):
    alice.say("nobody", "x", id="n")
    refused(alice, "receiver_offline", ref="n")


def test_receiver_who_left(alice, bob):
    bob.close()
    alice.say("bob", "x", id="n")
    refused(alice, "receiver_offline", ref="n")


def test_error_has_no_ref_where_no_id_was_given(alice):
    alice.say("nobody", "x")
    refused(alice, "receiver_offline")


def test_slow_down_and_then_1008(serving):
    client = serving(CHAT_RATE=5, CHAT_BURST=5).raw_login("alice")
    for number in range(1000):
        client.try_to_send(text({"type": "private_message", "receiver": "alice", "message": "x", "id": f"{number}"}))
    client.wait_for("error", code="slow_down")
    assert client.wait_for_close() == 1008


def test_slow_down_names_each_message_that_was_not_taken(serving):
    client = serving(CHAT_RATE=5, CHAT_BURST=5).login("alice")
    for number in range(8):
        client.say("alice", "x", id=f"{number}")
    refs = [message["ref"] for message in client_answers(client, 8) if message.get("code") == "slow_down"]
    assert refs and refs == [f"{number}" for number in range(8 - len(refs), 8)]


def client_answers(client, count):
    answers = []
    while len(answers) < count:
        message = client.receive()
        if message["type"] in ("error", "receipt"):
            answers.append(message)
    return answers


def test_message_that_was_not_taken_is_not_delivered(serving, bob):
    client = serving(CHAT_RATE=5, CHAT_BURST=5).login("alice")
    for number in range(8):
        client.say("bob", f"{number}", id=f"{number}")
    answers = client_answers(client, 8)
    delivered = [answer["ref"] for answer in answers if answer["type"] == "receipt"]
    assert [message["message"] for message in bob.settle()] == delivered


def test_who_slows_down_is_heard_again(serving):
    client = serving(CHAT_RATE=5, CHAT_BURST=5).login("alice")
    for number in range(7):
        client.say("alice", "x", id=f"{number}")
    client_answers(client, 7)
    assert client.quiet(1.0)
    client.say("alice", "again", id="again")
    client.wait_for("receipt", ref="again")


def test_burst_is_taken(serving, bob):
    client = serving(CHAT_RATE=1, CHAT_BURST=50).login("alice")
    for number in range(45):
        client.say("bob", f"{number}", id=f"{number}")
    assert all(answer["type"] == "receipt" for answer in client_answers(client, 45))

