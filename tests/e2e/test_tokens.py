"""Who logs in by a token: docs/protocol.md, "Tokens"."""

import base64
import hashlib
import hmac
import json
import socket
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey

from raw import HANDSHAKE, handshake, head
from tokens import Issuer, ask, now, taken

NOT_ONE = "not a token"
ALGORITHM = "the token is not signed with EdDSA"
UNKNOWN = "the token is signed with a key that is not known here"
WRONG = "the token's signature is not good"
NOBODY = "the token does not say who it is for: sub is to be a name"
NO_TIME = "the token does not say when it ends, or not as a number of seconds"
ENDED = "the token has ended"
EARLY = "the token is not valid yet"
OTHERS = "the token is for another audience"


@pytest.fixture
def issuer(runtime_dir, chatctl):
    assert chatctl("keygen", "k1").returncode == 0
    return Issuer(runtime_dir.parent / "config", "k1")


@pytest.fixture
def server(issuer, serving):
    return serving()


WAYS = {
    "authorization": lambda token: ("/ws", [("Authorization", f"Bearer {token}")]),
    "any case": lambda token: ("/ws", [("authorization", f"bEARER  {token}")]),
    "subprotocol": lambda token: ("/ws", [("Sec-WebSocket-Protocol", f"chat.v1, bearer.{token}")]),
    "query": lambda token: (f"/ws?token={token}", []),
    "cookie": lambda token: ("/ws", [("Origin", "http://localhost"), ("Cookie", f"a=b; chat_token={token}; c=d")]),
}


@pytest.mark.parametrize("way", WAYS)
def test_good_token_logs_in(server, issuer, way):
    target, fields = WAYS[way](issuer.token())
    client, answer = ask(server, target, *fields)
    assert answer.status == 101
    assert answer.all("Sec-WebSocket-Protocol") == (["chat.v1"] if way == "subprotocol" else [])
    client.expect("welcome", user="alice")
    assert list(server.bus()) == ["alice"]


@pytest.mark.parametrize("way", WAYS)
def test_bad_token_is_401_before_any_upgrade(server, issuer, way):
    target, fields = WAYS[way](issuer.token(exp=-60))
    client = server.raw()
    client.send(handshake(target, [*HANDSHAKE, *fields]))
    answer = client.response()
    assert answer.status == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Connection"] == "close"
    assert answer.body == f"{ENDED}\n".encode()
    assert server.status_after(client) == 0
    assert server.bus() == {}


def test_name_without_a_token_is_401(server):
    assert ask(server, "/ws?user=alice")[1].status == 401


def test_name_beside_the_token_must_be_the_same(server, issuer):
    token = issuer.token()
    assert ask(server, f"/ws?user=alice&token={token}")[1].status == 101
    client, answer = ask(server, f"/ws?user=bob&token={token}")
    assert (answer.status, client.rest()) == (401, b"user: the token is another user's\n")


def test_first_way_counts(server, issuer):
    good, bad = issuer.token(), issuer.token("bob", exp=-60)
    order = [("Authorization", "Bearer {}"), ("Sec-WebSocket-Protocol", "chat.v1, bearer.{}"), None, ("Cookie", "chat_token={}")]

    def outcome(first, second, tokens):
        fields, target = [("Origin", "http://localhost")], "/ws"
        for way, token in zip((second, first), tokens[::-1]):
            if order[way]:
                fields.append((order[way][0], order[way][1].format(token)))
            else:
                target = f"/ws?token={token}"
        return ask(server, target, *fields)[1].status

    for first in range(4):
        for second in range(first + 1, 4):
            assert outcome(first, second, (good, bad)) == 101
            assert outcome(first, second, (bad, good)) == 401


def test_cookie_counts_only_with_an_origin_and_of_this_host(server, issuer):
    cookie = ("Cookie", f"chat_token={issuer.token()}")
    assert ask(server, "/ws", cookie)[1].status == 401
    assert ask(server, "/ws", cookie, ("Origin", "http://elsewhere.example"))[1].status == 403
    assert ask(server, "/ws", cookie, ("Origin", "null"))[1].status == 403
    assert ask(server, "/ws", cookie, ("Origin", "https://localhost"))[1].status == 101


def test_client_library_is_given_the_subprotocol(server, issuer):
    client = server.connect(subprotocols=["chat.v1", f"bearer.{issuer.token()}"])
    client.expect("welcome", user="alice")
    assert client.ws.subprotocol == "chat.v1"


@pytest.mark.parametrize(
    "why, claims",
    [
        (True, {}),
        (True, {"iat": 0, "nbf": 0}),
        (True, {"exp": -20}),
        (ENDED, {"exp": -31}),
        (ENDED, {"exp": -1000000}),
        (True, {"nbf": 25}),
        (EARLY, {"nbf": 40}),
        (True, {"iat": 25}),
        (EARLY, {"iat": 40}),
        (True, {"exp": 3650 * 86400}),
        (True, {"roles": {"a": [1, {"b": None}]}, "name": "Alice \u00e9"}),
        (NOBODY, {"sub": "../alice"}),
        (NOBODY, {"sub": ".store"}),
        (NOBODY, {"sub": None}),
        (NOBODY, {"sub": 7}),
        (OTHERS, {"aud": "mail"}),
        (OTHERS, {"aud": ["mail"]}),
    ],
    ids=repr,
)
def test_claims(server, issuer, why, claims):
    assert taken(server, issuer.token(**claims)) == why


@pytest.mark.parametrize("exp", ["9999999999", None, -1, True, [9999999999], 1e300], ids=repr)
def test_end_is_a_number_of_seconds(server, issuer, exp):
    assert taken(server, issuer.sign({"alg": "EdDSA"}, {"sub": "alice", "exp": exp})) == NO_TIME


def test_end_must_be_there(server, issuer):
    assert taken(server, issuer.sign({"alg": "EdDSA"}, {"sub": "alice"})) == NO_TIME


def test_no_member_comes_twice(server, issuer):
    claims = b'{"sub":"bob","sub":"alice","exp":9999999999}'
    assert taken(server, issuer.sign({"alg": "EdDSA"}, claims)) == NOT_ONE


@pytest.mark.parametrize("aud, why", [("chat", True), (["mail", "chat"], True), ("Chat", OTHERS), ([], OTHERS), ({"chat": "chat"}, OTHERS), (None, OTHERS)], ids=repr)
def test_audience_where_one_is_set(issuer, serving, aud, why):
    assert taken(serving(CHAT_AUDIENCE="chat"), issuer.token(aud=aud)) == why


def test_audience_must_be_there_where_one_is_set(issuer, serving):
    assert taken(serving(CHAT_AUDIENCE="chat"), issuer.token()) == OTHERS


def test_other_algorithms_are_refused(server, issuer):
    public, claims = issuer.public_file.read_bytes(), {"sub": "alice", "exp": now() + 60}
    raw = base64.b64decode(b"".join(public.splitlines()[1:-1]))[-32:]
    rsa_key = rsa.generate_private_key(65537, 2048)

    def mac(secret):
        return lambda signed: hmac.new(secret, signed, hashlib.sha256).digest()

    for secret in (public, public.strip(), raw, b""):
        assert taken(server, issuer.sign({"alg": "HS256"}, claims, mac(secret))) == NOT_ONE  # 32 bytes are no signature
        assert taken(server, issuer.sign({"alg": "HS512"}, claims, lambda signed: hmac.new(secret, signed, hashlib.sha512).digest())) == ALGORITHM
        assert taken(server, issuer.sign({"alg": "EdDSA"}, claims, lambda signed: hmac.new(secret, signed, hashlib.sha512).digest())) == WRONG
    assert taken(server, issuer.sign({"alg": "RS256"}, claims, lambda signed: rsa_key.sign(signed, padding.PKCS1v15(), hashes.SHA256()))) == NOT_ONE
    assert taken(server, issuer.sign({"alg": "EdDSA"}, claims, Ed448PrivateKey.generate().sign)) == NOT_ONE
    for name in ("none", "None", "HS256", "RS256", "ES256", "Ed25519", "eddsa", ""):
        assert taken(server, issuer.sign({"alg": name}, claims)) == ALGORITHM
        assert taken(server, issuer.sign({"alg": name}, claims, lambda signed: b"")) == NOT_ONE
    assert taken(server, issuer.sign(b'{"alg":"EdDSA","alg":"none"}', claims)) == NOT_ONE
    assert taken(server, issuer.sign({"alg": "EdDSA", "crit": ["exp"]}, claims)) == "the token asks for what is not known here"
    assert taken(server, issuer.sign({"alg": "EdDSA", "cty": "JWT"}, issuer.token().encode())) == NOT_ONE


def test_signature_is_of_this_very_token(server, issuer):
    alice, bob = issuer.token("alice"), issuer.token("bob")
    assert taken(server, alice) is True
    assert taken(server, alice.rpartition(".")[0] + "." + bob.rpartition(".")[2]) == WRONG
    last = alice[:-1] + {"A": "B", "Q": "R", "g": "h", "w": "x"}[alice[-1]]  # the same bytes, in another form
    assert taken(server, last) == NOT_ONE
    for text in (alice + "=", alice[:-1], alice + ".", "." + alice, alice.replace(".", "..", 1), "x", alice + "\xdf"):
        assert taken(server, text) == NOT_ONE


@pytest.mark.parametrize("kid", ["k2", "K1", "../keys/k1", "k1.pub", "x" * 64])
def test_unknown_key_is_refused(server, issuer, kid):
    assert taken(server, issuer.token(header={"kid": kid})) == UNKNOWN


@pytest.mark.parametrize("kid", ["", "x" * 65, None, 7, ["k1"]], ids=repr)
def test_name_of_a_key_that_is_none_is_refused(server, issuer, kid):
    assert taken(server, issuer.token(header={"kid": kid})) == "the token does not name a key"


def test_without_a_name_all_keys_are_tried(server, issuer, chatctl):
    for kid in ("k0", "k2"):
        chatctl("keygen", kid)
    assert taken(server, issuer.sign({"alg": "EdDSA"}, {"sub": "alice", "exp": now() + 60})) is True


@pytest.mark.parametrize("way", ["authorization", "query", "subprotocol", "login"])
def test_token_has_4096_bytes_at_most(server, issuer, way):
    def outcome(size):
        target, fields = WAYS[way](sized(issuer, size)) if way in WAYS else ("/ws", [])
        client, answer = ask(server, target, *fields)
        if way == "login":
            client.request(type="login", token=sized(issuer, size))
            return client.receive()["type"]
        return answer.status

    assert [outcome(4096), outcome(4097)] == (["welcome", "error"] if way == "login" else [101, 401])


def sized(issuer, size):
    for blank in range(3):  # three bytes are four letters: white space in the head helps to any size
        for pad in range(2800, 3000):
            token = issuer.sign(b'{"alg":"EdDSA"}' + b" " * blank, {"sub": "alice", "exp": now() + 60, "x": "x" * pad})
            if len(token) == size:
                return token
    raise AssertionError("no token of that size")


def waiting(server):
    return server.raw().upgrade()


def test_login_by_token(server, issuer):
    client = waiting(server)
    client.request(type="login", token=issuer.token())
    client.expect("welcome", user="alice")


def test_login_by_token_with_the_name(server, issuer):
    client = waiting(server)
    client.request(type="login", user="alice", token=issuer.token())
    client.expect("welcome", user="alice")


def test_login_that_is_not_good_is_4000(server, issuer):
    for fields in ({"token": issuer.token(exp=-60)}, {"token": ""}, {"user": "alice"}, {"user": "bob", "token": issuer.token()}):
        client = waiting(server)
        client.request(type="login", id="l", **fields)
        client.expect("error", code="login_failed", ref="l")
        client.expect_close(4000)
        assert server.status_after(client) == 0
    assert server.bus() == {}


def test_login_in_10_s_as_set(issuer, serving):
    client = waiting(serving(CHAT_LOGIN_TIMEOUT=1))
    client.expect_close(4001)


def test_sender_of_a_message_logs_nobody_in(server):
    client = waiting(server)
    client.say("bob", "hello", sender="alice", id="m")
    client.expect("error", code="not_logged_in", ref="m")


def test_connection_ends_with_its_token(server, issuer):
    client = waiting(server)
    client.request(type="login", token=issuer.token(exp=-25))
    client.expect("welcome")
    client.expect_close(4005, timeout=10)
    assert server.status_after(client) == 0
    assert server.bus_becomes({}) == {}


def test_fresh_token_goes_on_without_a_gap(server, issuer):
    alice, bob = server.connect(), server.connect()
    alice.request(type="login", token=issuer.token(exp=-25))
    alice.expect("welcome")
    bob.request(type="login", token=issuer.token("bob"))
    bob.expect("welcome")
    alice.request(type="login", token=issuer.token(exp=-23), user="alice")
    alice.expect("welcome")
    alice.request(type="login", token=issuer.token("bob"), id="l")
    alice.expect("error", code="login_failed", ref="l")
    for number in range(20):
        bob.say("alice", f"{number}")
        alice.expect("private_message", message=f"{number}")
        bob.wait_for("receipt", status="delivered")
    assert alice.closed(timeout=12) == 4005


def test_what_waits_when_the_token_ends_comes_with_the_next(keeping, issuer, serving):
    keeping()
    server = serving()
    alice, bob = waiting(server), server.connect()
    bob.request(type="login", token=issuer.token("bob"))
    bob.expect("welcome")
    alice.answers_pings = False  # so nothing is delivered
    alice.request(type="login", token=issuer.token(exp=-25))
    alice.expect("welcome")
    for number in range(5):
        bob.say("alice", f"{number}", id=f"{number}")
        bob.wait_for("receipt", ref=f"{number}", status="stored")
    assert alice.wait_for_close(timeout=10) == 4005
    alice.close()
    again = server.connect()
    again.request(type="login", token=issuer.token())
    again.expect("welcome", pending=5)
    for number in range(5):
        again.expect("private_message", message=f"{number}")
        bob.wait_for("receipt", ref=f"{number}", status="delivered")


def test_page_and_healthz_need_no_token(server):
    for path in ("/", "/healthz"):
        client = server.raw()
        client.send(head(f"GET {path} HTTP/1.1", [("Host", "localhost")]))
        assert client.response().status == 200


@pytest.fixture
def notices(tmp_path):
    """What sessions tell the service manager; its socket is the file `notify`."""
    heard = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        listener = threading.Thread(target=lambda: [heard.append(said) for said in iter(lambda: manager.recv(4096).decode(), "end")])
        listener.start()
        yield heard
        manager.connect(str(tmp_path / "notify"))
        manager.send(b"end")
        listener.join()


def test_no_token_is_said_to_anybody(issuer, serving, tmp_path, chatctl, notices):
    server = serving(NOTIFY_SOCKET=tmp_path / "notify")
    used, said = [], []
    for way in WAYS:
        for exp in (60, -60):
            used.append(issuer.token("bob", exp=exp))
            target, fields = WAYS[way](used[-1])
            client, answer = ask(server, target, *fields)
            if answer.status == 101:
                client.expect("welcome")
                said += [chatctl("who", "--json").stdout, Path(f"/proc/{server.session_of(client).pid}/cmdline").read_text()]
            server.status_after(client)
    client = waiting(server)
    used += [issuer.token("bob"), issuer.token("bob", exp=-60)]
    for token in used[-2:]:
        client.request(type="login", token=token)
        said.append(json.dumps(client.receive()))
    server.status_after(client)
    said += notices
    said += [path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file() and "config" not in path.parts]
    assert any("STATUS=bob" in text for text in said) and any("bob logged in" in text for text in said) and any('"bob"' in text for text in said)
    for token in used:
        _, claims, signature = token.split(".")
        assert not [text for text in said if claims in text or signature in text]
