import base64
import os
import re

import pytest

from raw import HANDSHAKE, TEXT, Ended, accept_of, frame, handshake, head

SHARED = True
pytestmark = pytest.mark.usefixtures("bystanders")

LOCAL = [("Host", "localhost")]
GOOD_NAMES = ["a", "A", "7", "alice", "Alice-2", "a.b_c@d-e", "x" * 64]
BAD_NAMES = ["", ".", "..", ".hidden", "-x", "_x", "@x", "+x", "a/b", "../x", "a%2Fb", "a%20b", "a%00", "caf%C3%A9", "x" * 65, "a!", "%"]


def without(name):
    return [field for field in HANDSHAKE if field[0] != name]


def changed(name, value):
    return [(field, value if field == name else was) for field, was in HANDSHAKE]


def twice(name):
    return [*HANDSHAKE, *(field for field in HANDSHAKE if field[0] == name)]


def tokens(value):
    return {token.strip().lower() for token in value.split(",")}


@pytest.fixture
def ask(server):
    def ask(request, half_close=False, timeout=5, server=server):
        client = server.raw()
        client.try_to_send(request)
        if half_close:
            client.half_close()
        answer = client.response(timeout)
        assert server.status_after(client) == 0
        return answer

    return ask


@pytest.fixture
def refuses(ask):
    """Sends a request and checks that the refusal is a status, a line of plain text and the end."""

    def refuses(status, request, **options):
        answer = ask(request, **options)
        assert answer.status == status, answer.body
        assert answer.version == "HTTP/1.1"
        assert answer["Content-Type"].startswith("text/plain")
        assert "close" in tokens(answer["Connection"])
        assert int(answer["Content-Length"]) == len(answer.body)
        assert re.fullmatch(rb"[ -~]+\n", answer.body), answer.body
        return answer

    return refuses


def test_upgrade_is_answered_with_101(server):
    key = base64.b64encode(os.urandom(16)).decode()
    client = server.raw()
    client.send(handshake(fields=changed("Sec-WebSocket-Key", key)))
    answer = client.response_head()
    assert answer.status == 101
    assert answer["Upgrade"].lower() == "websocket"
    assert answer["Connection"].lower() == "upgrade"
    assert answer["Sec-WebSocket-Accept"] == accept_of(key)
    assert not answer.all("Sec-WebSocket-Protocol")


def test_upgrade_without_a_user_waits_for_a_login(server):
    client = server.raw().upgrade()
    assert client.silent(0.3)


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_upgrade_with_a_user_logs_in(server, name):
    server.raw().upgrade(f"/ws?user={name}").expect("welcome", user=name)


@pytest.mark.parametrize("written, name", [("a%40b", "a@b"), ("%61lice", "alice"), ("a%2Bb", "a+b")])
def test_user_may_be_percent_encoded(server, written, name):
    server.raw().upgrade(f"/ws?user={written}").expect("welcome", user=name)


def test_user_is_found_among_other_parameters(server):
    server.raw().upgrade("/ws?superuser=x&user=alice&y=z").expect("welcome", user="alice")


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_user_in_the_query_is_400(refuses, name):
    refuses(400, handshake(f"/ws?user={name}"))


@pytest.mark.parametrize(
    "fields",
    [
        changed("Upgrade", "WebSocket"),
        changed("Connection", "keep-alive, Upgrade"),
        changed("Connection", "upgrade"),
        changed("Host", "chat.localhost:8080"),
        [(name.upper(), value) for name, value in HANDSHAKE],
        [(name.lower(), value) for name, value in HANDSHAKE],
        [*HANDSHAKE, ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")],
        [*HANDSHAKE, ("Content-Length", "0")],
        [*HANDSHAKE, ("X-Nothing", "")],
    ],
    ids=str,
)
def test_upgrade_in_another_wording_is_taken(server, fields):
    client = server.raw()
    client.send(handshake(fields=fields))
    assert client.response_head().status == 101


def test_page(ask):
    answer = ask(head("GET / HTTP/1.1", LOCAL))
    assert answer.status == 200
    assert answer["Content-Type"].lower() == "text/html; charset=utf-8"
    assert int(answer["Content-Length"]) == len(answer.body)
    assert "close" in tokens(answer["Connection"])
    assert "default-src" in answer["Content-Security-Policy"]
    assert answer.body.lstrip().lower().startswith(b"<!doctype html")


def test_healthz(ask):
    answer = ask(head("GET /healthz HTTP/1.1", LOCAL))
    assert answer.status == 200
    assert "close" in tokens(answer["Connection"])
    assert answer.body.strip() == b"ok"


@pytest.mark.parametrize("path", ["/", "/healthz"])
def test_head_is_get_without_the_body(ask, path):
    whole = ask(head(f"GET {path} HTTP/1.1", LOCAL))
    answer = ask(head(f"HEAD {path} HTTP/1.1", LOCAL))
    assert answer.status == 200
    assert answer.body == b""
    assert answer["Content-Length"] == whole["Content-Length"]
    assert answer["Content-Type"] == whole["Content-Type"]


@pytest.mark.parametrize("path", ["/", "/healthz"])
def test_http_1_0_will_do_without_an_upgrade(ask, path):
    assert ask(head(f"GET {path} HTTP/1.0")).status == 200


def test_client_that_has_closed_its_side_gets_the_answer(ask):
    assert ask(head("GET /healthz HTTP/1.1", LOCAL), half_close=True).status == 200


def test_only_the_first_request_is_answered(ask):
    request = head("GET /healthz HTTP/1.1", LOCAL)
    assert ask(request + request).body.count(b"ok") == 1


def test_head_may_come_byte_by_byte(server):
    client = server.raw()
    for byte in handshake("/ws?user=alice"):
        client.send(bytes([byte]))
    assert client.response_head().status == 101
    client.expect("welcome", user="alice")


@pytest.mark.parametrize("name", ["Host", "Upgrade", "Connection", "Sec-WebSocket-Key"])
def test_missing_field_is_400(refuses, name):
    refuses(400, handshake(fields=without(name)))


@pytest.mark.parametrize("name", ["Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"])
def test_doubled_field_is_400(refuses, name):
    refuses(400, handshake(fields=twice(name)))


@pytest.mark.parametrize(
    "name, value",
    [
        ("Host", ""),
        ("Host", "two words"),
        ("Upgrade", ""),
        ("Upgrade", "h2c"),
        ("Upgrade", "websockets"),
        ("Connection", ""),
        ("Connection", "close"),
        ("Connection", "Upgraded"),
        ("Sec-WebSocket-Key", ""),
        ("Sec-WebSocket-Key", "short"),
        ("Sec-WebSocket-Key", base64.b64encode(bytes(15)).decode()),
        ("Sec-WebSocket-Key", base64.b64encode(bytes(17)).decode()),
        ("Sec-WebSocket-Key", "!" * 22 + "=="),
        ("Sec-WebSocket-Key", "A" * 24),
    ],
)
def test_wrong_field_is_400(refuses, name, value):
    refuses(400, handshake(fields=changed(name, value)))


def test_page_without_a_host_is_400(refuses):
    refuses(400, head("GET / HTTP/1.1"))


@pytest.mark.parametrize(
    "request_head",
    [
        b"hello\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1 \r\nHost: x\r\n\r\n",
        b"GET / FTP/1.1\r\nHost: x\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\n Host: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: a\r\n b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n: nameless\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Nul: \x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Bell: \x07\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-\xff: y\r\n\r\n",
    ],
    ids=repr,
)
def test_what_is_not_http_is_400(refuses, request_head):
    refuses(400, request_head)


@pytest.mark.parametrize("target, version, statuses", [("nowhere", "HTTP/1.1", (400, 404)), ("/", "HTTP/x.y", (400, 505))])
def test_half_of_http_is_refused(ask, target, version, statuses):
    assert ask(head(f"GET {target} {version}", LOCAL)).status in statuses


def test_tls_hello_is_refused(serving, refuses):
    hello = bytes.fromhex("16030100a5010000a10303") + os.urandom(156)
    server = serving(CHAT_HEAD_TIMEOUT=1)
    client = server.raw()
    client.try_to_send(hello)
    assert client.response().status in (400, 408)


@pytest.mark.parametrize(
    "request_bytes",
    [
        handshake(fields=[*HANDSHAKE, ("Content-Length", "5")]) + b"hello",
        handshake(fields=[*HANDSHAKE, ("Content-Length", "5")]),
        handshake(fields=[*HANDSHAKE, ("Transfer-Encoding", "chunked")]) + b"0\r\n\r\n",
        handshake() + b"x",
        handshake() + frame(TEXT, '{"type":"ping"}'),
        handshake() + handshake(),
    ],
    ids=["body", "body to come", "chunks", "a byte", "a frame", "a request"],
)
def test_bytes_after_the_head_of_an_upgrade_are_400(refuses, request_bytes):
    refuses(400, request_bytes)


@pytest.mark.parametrize("path", ["/nothing", "/ws/", "/WS", "/wss", "/healthz/", "//", "/../etc/passwd", "/%2e%2e/", "/index.html"])
def test_other_path_is_404(refuses, path):
    refuses(404, head(f"GET {path} HTTP/1.1", LOCAL))


def test_upgrade_elsewhere_is_404(refuses):
    refuses(404, handshake("/chat"))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "get", "BREW"])
@pytest.mark.parametrize("path", ["/", "/healthz"])
def test_other_method_is_405_and_says_what_is_allowed(refuses, method, path):
    answer = refuses(405, head(f"{method} {path} HTTP/1.1", LOCAL))
    assert tokens(answer["Allow"]) == {"get", "head"}


def test_upgrade_by_post_is_405(refuses):
    assert refuses(405, head("POST /ws HTTP/1.1", HANDSHAKE))["Allow"] == "GET"


def assert_says_the_version(answer):
    assert answer["Sec-WebSocket-Version"] == "13"
    assert answer["Upgrade"].lower() == "websocket"


def test_ws_without_an_upgrade_is_426(refuses):
    assert_says_the_version(refuses(426, head("GET /ws HTTP/1.1", LOCAL)))


@pytest.mark.parametrize("version", ["0", "8", "12", "14", "130", "113", "+13", "", "x"])
def test_other_websocket_version_is_426(refuses, version):
    assert_says_the_version(refuses(426, handshake(fields=changed("Sec-WebSocket-Version", version))))


def test_list_of_websocket_versions_is_refused(ask):
    assert ask(handshake(fields=changed("Sec-WebSocket-Version", "13, 8"))).status in (400, 426)


def test_missing_websocket_version_is_426(refuses):
    assert_says_the_version(refuses(426, handshake(fields=without("Sec-WebSocket-Version"))))


@pytest.mark.limit(10)
def test_head_that_never_comes_is_408(serving, ask):
    assert ask(b"", server=serving(CHAT_HEAD_TIMEOUT=1), timeout=3).status == 408


def test_head_that_stops_half_way_is_408(serving, refuses):
    refuses(408, b"GET /ws HTTP/1.1\r\nHost:", server=serving(CHAT_HEAD_TIMEOUT=1), timeout=3)


def test_head_that_trickles_is_408(serving):
    client = serving(CHAT_HEAD_TIMEOUT=1).raw()
    for byte in handshake()[:20]:
        client.try_to_send(bytes([byte]))
        if not client.silent(0.2):
            break
    else:
        pytest.fail("a byte every 0.2 s held the head open")
    assert client.response().status == 408


@pytest.mark.parametrize(
    "request_head",
    [
        head("GET / HTTP/1.1", [*LOCAL, ("X-Long", "x" * 8192)]),
        head(f"GET /{'x' * 8192} HTTP/1.1", LOCAL),
        head("GET / HTTP/1.1", [*LOCAL, *(("X", "y" * 300) for _ in range(30))]),
        b"x" * 9000,
        head("GET / HTTP/1.1", [*LOCAL, *(("X", "y") for _ in range(64))]),
        handshake(fields=[*HANDSHAKE, *(("X", "y") for _ in range(60))]),
    ],
    ids=["long field", "long target", "long all together", "without an end", "65 fields", "upgrade of 65 fields"],
)
def test_head_too_large_is_431(refuses, request_head):
    refuses(431, request_head)


def test_flood_in_place_of_a_head_is_431(refuses):
    refuses(431, b"GET / HTTP/1.1\r\nX: " + b"x" * (1 << 20))


def test_head_of_8_kib_and_64_fields_is_taken(ask):
    fields = [*LOCAL, *(("X", "y") for _ in range(62))]
    room = 8192 - len(head("GET /healthz HTTP/1.1", [*fields, ("X", "")]))
    request = head("GET /healthz HTTP/1.1", [*fields, ("X", "z" * room)])
    assert len(request) == 8192
    assert ask(request).status == 200


@pytest.mark.parametrize("version", ["HTTP/2.0", "HTTP/3.0", "HTTP/0.9"])
@pytest.mark.parametrize("path", ["/", "/ws"])
def test_other_http_version_is_505(refuses, version, path):
    refuses(505, head(f"GET {path} {version}", HANDSHAKE))


def test_upgrade_by_http_1_0_is_505(refuses):
    refuses(505, head("GET /ws HTTP/1.0", HANDSHAKE))


def test_client_that_leaves_in_the_head_is_no_fault(server):
    client = server.raw()
    client.send(b"GET /ws HT")
    client.vanish()
    assert server.session_of(client).wait() == 0


def test_client_that_closes_in_the_head_is_no_fault(server):
    client = server.raw()
    client.send(b"GET /ws HT")
    client.half_close()
    with pytest.raises(Ended):
        client.response_head()
    assert server.session_of(client).wait() == 0


@pytest.mark.parametrize("origin", ["http://chat.example", "http://localhost:1", "null", "https://evil.example", "http://localhost.evil.example"])
def test_page_of_another_host_is_403(refuses, origin):
    refuses(403, handshake(fields=[*HANDSHAKE, ("Origin", origin)]))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_page_of_this_host_may_connect(server, scheme):
    client = server.raw()
    client.send(handshake(fields=[*HANDSHAKE, ("Origin", f"{scheme}://{dict(HANDSHAKE)['Host']}")]))
    assert client.response_head().status == 101


def test_answers_have_a_date(ask):
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", ask(head("GET /healthz HTTP/1.1", LOCAL))["Date"])


def test_refusal_of_head_has_no_body(ask):
    assert ask(head("HEAD /ws HTTP/1.1", LOCAL)).body == b""
