"""Logging in with a password: chat-session asks chat-auth, and believes its token as it believes any."""

import contextlib
import json
import os
import re
import shutil
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from asking import Office
from raw import head

PASSWORD = "correct horse"
JSON = ("Content-Type", "application/json")
FORM = ("Content-Type", "application/x-www-form-urlencoded")


@pytest.fixture
def office(runtime_dir, tmp_path):
    office = Office(runtime_dir, tmp_path)
    office.add("alice", PASSWORD)
    office.add("bob", "battery staple")
    yield office
    office.stop()


@pytest.fixture
def server(serving, office):
    return serving(CHAT_AUTH="password", **office.settings)


@pytest.fixture
def auth(office):
    office.serve()
    return office


def login(client, user="alice", password=PASSWORD, **fields):
    client.request(type="login", user=user, password=password, **fields)


def post(server, path="/login", body=b"", fields=(), host="localhost", length=True):
    client = server.raw()
    lines = [("Host", host), *fields]
    if length:
        lines.append(("Content-Length", str(len(body))))
    client.send(head(f"POST {path} HTTP/1.1", lines) + body)
    return client.response()


def post_json(server, user="alice", password=PASSWORD, fields=(), **more):
    return post(server, body=json.dumps({"user": user, "password": password}).encode(), fields=[JSON, *fields], **more)


def cookie_of(response):
    return re.fullmatch(r"(chat_token=[\w.-]+); Path=/; HttpOnly; SameSite=Strict; Max-Age=(\d+)", response["Set-Cookie"])


def guess_ten_times(office):
    """Then the next has to wait for 16 s."""
    for n in range(10):
        office.ask("alice", "wrong", "")
        office.later(60 if n < 9 else 0)


# By the message `login`.

@pytest.mark.parametrize("program", ["systemd-socket-activate", "socat"])
def test_a_login_with_a_password_is_welcomed(server, office, program):
    office.serve(program)
    alice, bob = server.connect(), server.connect()
    login(alice)
    alice.expect("welcome", user="alice")
    login(bob, "bob", "battery staple")
    bob.expect("welcome", user="bob")
    alice.say("bob", "hello", id="1")
    bob.expect("private_message", sender="alice", message="hello")
    alice.expect("receipt", ref="1", status="delivered")


def test_a_wrong_password_is_said_and_another_may_be_tried(server, auth):
    alice = server.connect()
    login(alice, password="wrong", id="first")
    alice.expect("error", code="login_failed", ref="first")
    login(alice, user="nobody", id="second")
    alice.expect("error", code="login_failed", ref="second")
    alice.say("bob", "x")
    alice.expect("error", code="not_logged_in")
    login(alice)
    alice.expect("welcome", user="alice")


def test_who_guesses_is_told_to_slow_down(server, auth):
    alice = server.connect()
    guess_ten_times(auth)
    login(alice)
    assert re.search(r"wait (9|1\d) s", alice.expect("error", code="slow_down")["detail"])
    auth.later(16)
    login(alice)
    alice.expect("welcome")


def test_what_is_said_behind_a_login_waits_for_it(server, auth):
    alice = server.connect()
    login(alice)
    alice.say("alice", "to myself", id="1")
    alice.expect("welcome")
    alice.expect("private_message", message="to myself")


def test_a_token_is_as_good_and_a_fresh_password_as_a_fresh_token(server, auth):
    alice = server.connect()
    token = auth.chatctl("token", "alice", "--ttl", "1h").stdout.strip()
    alice.request(type="login", token=token)
    alice.expect("welcome", user="alice")
    login(alice)
    alice.expect("welcome", user="alice")
    login(alice, password="wrong")
    alice.expect("error", code="login_failed")
    login(alice, "bob", "battery staple")
    alice.expect("error", code="login_failed")
    assert alice.settle() == []


@pytest.mark.parametrize("fields, code", [
    ({"user": "alice"}, "login_failed"),
    ({"user": "alice", "password": 1}, "bad_field"),
    ({"user": "alice", "password": ""}, "bad_field"),
    ({"user": "alice", "password": "x" * 1025}, "bad_field"),
    ({"user": "alice", "password": "x\ny"}, "bad_field"),
    ({"password": "x"}, "bad_field"),
], ids=str)
def test_what_is_no_login_is_not_asked_about(server, auth, fields, code):
    alice = server.connect()
    alice.request(type="login", **fields)
    alice.expect("error", code=code)
    assert not (auth.runtime_dir / "auth").exists()


@pytest.mark.parametrize("mode", ["open", "token"])
def test_elsewhere_a_password_is_none(serving, auth, mode):
    server = serving(CHAT_AUTH=mode, **auth.settings)
    client = server.connect()
    login(client, password="wrong")
    if mode == "open":
        client.expect("welcome", user="alice")
    else:
        client.expect("error", code="login_failed")
    assert not (auth.runtime_dir / "auth").exists()


# When chat-auth is not there, or not well.

def test_without_chat_auth_passwords_are_unavailable_and_tokens_are_not(server, office):
    alice = server.connect()
    login(alice)
    alice.expect("error", code="unavailable")
    assert post_json(server).status == 503
    alice.request(type="login", token=office.chatctl("token", "alice").stdout.strip())
    alice.expect("welcome")


@contextlib.contextmanager
def in_its_place(office):
    """A socket in the place of chat-auth's."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(office.runtime_dir / "auth.sock"))
        listener.listen()
        yield listener


@pytest.mark.parametrize("answer", [b"", b"\n", b"{}\n", b'{"token":"a.b.c"}', b"x" * 10000, b'{"error":"bored"}\n'], ids=lambda a: str(a[:20]))
def test_an_answer_that_is_none_is_unavailable(server, office, answer):
    with in_its_place(office) as listener:
        alice = server.connect()
        login(alice)
        connection, _ = listener.accept()
        with connection:
            assert json.loads(connection.recv(4096))["user"] == "alice"
            connection.sendall(answer)
        alice.expect("error", code="unavailable")
        login(alice)
        connection, _ = listener.accept()
        connection.close()  # as systemd does past its limit
        alice.expect("error", code="unavailable")


def test_a_token_of_somebody_elses_key_is_not_believed(server, office, tmp_path):
    other = Office(office.runtime_dir, tmp_path / "other") if (tmp_path / "other").mkdir() is None else None
    token = other.chatctl("token", "alice").stdout.strip()
    with in_its_place(office) as listener:
        alice = server.connect()
        login(alice)
        connection, _ = listener.accept()
        with connection:
            connection.sendall(json.dumps({"token": token}).encode() + b"\n")
            alice.expect("error", code="login_failed")


@pytest.mark.limit(40)
def test_an_answer_that_does_not_come_is_given_up_after_ten_seconds(serving, office):
    server = serving(CHAT_AUTH="password", CHAT_LOGIN_TIMEOUT=60, **office.settings)
    with in_its_place(office) as listener:
        alice = server.connect()
        login(alice)
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(post_json_late, server)
            start = time.monotonic()
            alice.expect("error", timeout=20, code="unavailable")
            assert 8 < time.monotonic() - start < 15
            assert answer.result().status == 503


def post_json_late(server):
    client = server.raw()
    body = json.dumps({"user": "alice", "password": PASSWORD}).encode()
    client.send(head("POST /login HTTP/1.1", [("Host", "localhost"), JSON, ("Content-Length", str(len(body)))]) + body)
    return client.response(timeout=20)


@pytest.mark.parametrize("how", ["reset", "kill", "term"])
def test_who_leaves_while_the_password_is_looked_at_leaves_nothing_behind(server, office, how):
    with in_its_place(office) as listener:
        alice = server.connect()
        login(alice)
        connection, _ = listener.accept()
        session = server.session_of(alice)
        if how == "reset":
            client = alice.ws.transport.get_extra_info("socket")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            alice.background.loop.call_soon_threadsafe(alice.ws.transport.abort)
        elif how == "term":
            session.process.terminate()
        else:
            session.kill()
        connection.settimeout(5)
        while connection.recv(4096):
            pass  # until it hangs up
        connection.close()
        session.wait()


# Over HTTP.

def test_post_login_sets_a_cookie_by_which_a_page_is_logged_in(server, auth):
    host = "localhost:%d" % server.address[1]
    response = post_json(server, fields=[("Origin", f"http://{host}")], host=host)
    assert response.status == 200
    assert response["Content-Type"] == "application/json"
    said = json.loads(response.body)
    assert said["user"] == "alice" and said["until"].endswith("Z")
    cookie, age = cookie_of(response).groups()
    assert 43190 <= int(age) <= 43200
    client = server.connect("/ws", extra_headers={"Cookie": cookie}, origin=server.url("").replace("ws:", "http:"))
    client.expect("welcome", user="alice")


def test_a_form_logs_in_too(server, auth):
    auth.chatctl("user", "passwd", "alice", text="a+b c&d=é%")
    response = post(server, body=b"user=alice&password=a%2Bb+c%26d%3D%C3%A9%25", fields=[("Content-Type", FORM[1] + "; charset=utf-8")])
    assert response.status == 200 and cookie_of(response)


def test_post_logout_takes_the_cookie_away(server, auth):
    for body in b"", b"x":
        response = post(server, "/logout", body)
        assert response.status == 200
        assert response["Set-Cookie"] == "chat_token=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
    assert post(server, "/logout", length=False).status == 200


def test_a_wrong_one_is_401_and_too_many_429(server, auth):
    response = post_json(server, password="wrong")
    assert response.status == 401 and response.body == b"not the name and password of anybody\n"
    assert not response.all("Set-Cookie")
    guess_ten_times(auth)
    response = post_json(server)
    assert response.status == 429 and 8 < int(response["Retry-After"]) <= 32


BODY = json.dumps({"user": "alice", "password": PASSWORD}).encode()


@pytest.mark.parametrize("status, fields, body", [
    (403, [JSON, ("Origin", "http://evil.example")], BODY),
    (403, [JSON, ("Origin", "null")], BODY),
    (403, [JSON, ("Origin", "http://localhost"), ("Origin", "http://localhost")], BODY),
    (415, [], BODY),
    (415, [("Content-Type", "text/plain")], BODY),
    (415, [("Content-Type", "application/jsonx")], BODY),
    (400, [JSON], b""),
    (400, [JSON], b"{}"),
    (400, [JSON], BODY + b"x"),
    (400, [JSON], b"[" * 100),
    (400, [JSON], b'{"user":"alice","password":"\xff"}'),
    (400, [FORM], b"user=alice"),
    (400, [FORM], b"user=alice&password="),
    (400, [FORM], b"user=alice&password=%zz"),
    (400, [FORM], b"user=alice&password=%00"),
    (400, [FORM], b"user=..&password=x"),
    (400, [FORM], b"user=alice&password=" + b"x" * 1025),
    (413, [JSON], b" " * 4097),
], ids=lambda v: str(v)[:60])
def test_what_is_no_login_is_refused(server, auth, status, fields, body):
    response = post(server, body=body, fields=fields)
    assert response.status == status and response.body.endswith(b"\n")
    assert not response.all("Set-Cookie")
    assert not (auth.runtime_dir / "auth").exists()


@pytest.mark.parametrize("status, lines", [
    (411, []),
    (411, [("Transfer-Encoding", "chunked")]),
    (411, [("Transfer-Encoding", "chunked"), ("Content-Length", "5")]),
    (400, [("Content-Length", "5"), ("Content-Length", "5")]),
    (400, [("Content-Length", "+5")]), (400, [("Content-Length", "-5")]), (400, [("Content-Length", "5,5")]),
    (400, [("Content-Length", "0x5")]), (400, [("Content-Length", "")]), (400, [("Content-Length", "9" * 19)]),
    (413, [("Content-Length", "999999999999")]),
], ids=str)
def test_the_length_of_the_body_must_be_plain(server, status, lines):
    client = server.raw()
    client.send(head("POST /login HTTP/1.1", [("Host", "localhost"), JSON, *lines]))
    assert client.response().status == status


def test_a_body_may_come_bit_by_bit(server, auth):
    client = server.raw()
    whole = head("POST /login HTTP/1.1", [("Host", "localhost"), JSON, ("Content-Length", str(len(BODY)))]) + BODY
    for at in range(0, len(whole), 7):
        client.send(whole[at : at + 7])
        time.sleep(0.002)
    assert client.response().status == 200


def test_more_than_the_body_is_refused(server, auth):
    client = server.raw()
    client.send(head("POST /login HTTP/1.1", [("Host", "localhost"), JSON, ("Content-Length", str(len(BODY)))]) + BODY + b"GET")
    assert client.response().status == 400


def test_a_body_that_does_not_come_is_408(serving, auth):
    server = serving(CHAT_AUTH="password", CHAT_HEAD_TIMEOUT=1, **auth.settings)
    client = server.raw()
    client.send(head("POST /login HTTP/1.1", [("Host", "localhost"), JSON, ("Content-Length", "100")]) + b"{")
    assert client.response().status == 408


def test_who_leaves_in_the_middle_of_it_is_no_failure(server):
    client = server.raw()
    client.send(head("POST /login HTTP/1.1", [("Host", "localhost"), JSON, ("Content-Length", "100")]) + b"{")
    assert server.status_after(client) == 0


@pytest.mark.parametrize("mode", ["open", "token", "password"])
def test_get_login_says_how_one_logs_in_here(serving, office, mode):
    server = serving(CHAT_AUTH=mode, **office.settings)
    client = server.raw()
    client.send(head("GET /login HTTP/1.1", [("Host", "localhost")]))
    response = client.response()
    assert response.status == 200 and response.body == mode.encode() + b"\n"
    if mode != "password":
        assert post_json(server).status == 404


def test_get_login_says_as_whom_the_cookie_logs_in(server, office):
    def ask(*cookies):
        client = server.raw()
        client.send(head("GET /login HTTP/1.1", [("Host", "localhost"), *(("Cookie", cookie) for cookie in cookies)]))
        return client.response().body

    token = office.chatctl("token", "alice").stdout.strip()
    assert ask(f"chat_token={token}") == b"password alice\n"
    assert ask(f"chat_token={token[:-8]}AAAAAAAA") == ask("chat_token=") == ask("other=1") == b"password\n"


@pytest.mark.parametrize("request_line, allow", [("PUT /login", "GET, HEAD, POST"), ("GET /logout", "POST")])
def test_other_methods_are_405(server, request_line, allow):
    client = server.raw()
    client.send(head(f"{request_line} HTTP/1.1", [("Host", "localhost")]))
    response = client.response()
    assert response.status == 405 and response["Allow"] == allow


# What a session has of it.

def memory_of(pid):
    """All of a process's memory that may be written to."""
    found = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            where, mode = line.split()[:2]
            if mode.startswith("rw") and "[v" not in line:
                start, end = (int(part, 16) for part in where.split("-"))
                try:
                    memory.seek(start)
                    found.append(memory.read(end - start))
                except OSError:
                    pass
    return b"\0".join(found)


@pytest.mark.skipif(os.geteuid() != 0, reason="reading a process's memory needs root")
@pytest.mark.parametrize("answer", ["welcome", "error"])
def test_nothing_of_the_password_stays_in_the_session_nor_in_any_log(server, auth, answer):
    password = "Tr0ub4dor&3 is wrong"
    if answer == "welcome":
        auth.chatctl("user", "passwd", "alice", text=password)
    alice = server.connect()
    login(alice, password=password)
    alice.expect(answer)
    session = server.session_of(alice)
    memory = memory_of(session.pid)
    assert b"alice" in memory
    found = [memory[at.start() - 60 : at.end() + 60] for at in re.finditer(rb"Tr0ub|4dor&3|is wrong", memory)]
    assert found == []
    assert "Tr0ub4dor" not in session.stderr() + auth.log.read_text()


def test_a_session_opens_neither_the_passwords_nor_a_secret_key(office, server, auth, tmp_path):
    """All the files that it opens, as strace saw them."""
    if not shutil.which("strace"):
        pytest.skip("no strace")
    trace = tmp_path / "trace"
    traced = type(server)(server.background, server.runtime_dir, tmp_path, wrapper=["strace", "-f", "-qq", "-e", "trace=%file", "-o", str(trace)],
                          CHAT_AUTH="password", **office.settings)
    try:
        alice = traced.connect()
        login(alice)
        alice.expect("welcome")
    finally:
        assert traced.stop() == []
    seen = trace.read_text()
    assert "k1.pub" in seen
    assert "k1.key" not in seen and "passwords" not in seen


@pytest.mark.limit(60)
def test_a_hundred_at_a_time_all_get_an_answer(server, auth):
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda n: post_json_late(server).status, range(100)))
    assert set(answers) <= {200, 429, 503}
    assert answers.count(200) >= 50
