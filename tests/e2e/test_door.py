"""Who may come in at all: by address, Host, Origin, and what a proxy says."""

import json
import os
import socket

import pytest

from raw import HANDSHAKE, Raw, handshake, head
from serve import SESSION, Session, environment
from test_environment import refuses_to_start

TO_ALL = {"CHAT_OPEN_TO_ALL": "yes"}
CHAT = "chat.example"


def fields(*more, host="localhost"):
    return [(name, host if name == "Host" else value) for name, value in HANDSHAKE] + list(more)


def ask(client, *more, host="localhost", target="/ws"):
    """The status of an upgrade, and the line that comes with a refusal."""
    client.send(handshake(target, fields(*more, host=host)))
    answer = client.response_head()
    return (101, "") if answer.status == 101 else (answer.status, client.rest().decode())


def address_of(chatctl, user):
    (entry,) = [entry for entry in json.loads(chatctl("who", "--json").stdout) if entry["user"] == user]
    return entry["address"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "chat.localhost", "127.0.0.1", "127.9.9.9:1", "[::1]:8080"])
def test_open_mode_is_for_who_calls_this_machine_by_its_own_names(serving, host):
    assert ask(serving().raw(), host=host) == (101, "")


@pytest.mark.parametrize("host", ["rebound.example:8080", "192.0.2.1", "localhost.evil.example", "127.0.0.1.nip.io", "[2001:db8::1]"])
def test_open_mode_refuses_a_name_that_was_made_to_mean_this_machine(serving, host):
    status, why = ask(serving().raw(), ("Origin", f"http://{host}"), host=host)
    assert status == 403 and "CHAT_OPEN_TO_ALL=yes" in why
    assert ask(serving(**TO_ALL).raw(), ("Origin", f"http://{host}"), host=host) == (101, "")


@pytest.mark.parametrize("name", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via"])
@pytest.mark.parametrize("trust", ["no", "yes"])
def test_open_mode_refuses_who_comes_by_a_proxy(serving, name, trust):
    value = {"Forwarded": "for=127.0.0.1", "X-Forwarded-Proto": "http"}.get(name, "127.0.0.1")
    status, why = ask(serving(CHAT_TRUST_PROXY=trust).raw(), (name, value))
    assert status == 403 and "proxy" in why and "CHAT_OPEN_TO_ALL=yes" in why
    assert ask(serving(CHAT_TRUST_PROXY=trust, **TO_ALL).raw(), (name, value)) == (101, "")


def own_address():
    """An address of this machine that is not a loopback one. Nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback")
        return probe.getsockname()[0]


def test_open_mode_refuses_an_address_that_is_not_loopback(serving):
    server = serving(host=own_address())
    status, why = ask(server.raw())
    assert status == 403 and "this machine" in why
    server.env["CHAT_OPEN_TO_ALL"] = "yes"
    assert ask(server.raw()) == (101, "")


def test_a_spawners_word_does_not_make_a_far_client_a_near_one(serving):
    server = serving(host=own_address(), REMOTE_ADDR="127.0.0.1")
    assert ask(server.raw())[0] == 403


def test_who_is_refused_is_told_so_by_a_plain_request_too_and_may_see_the_page(serving):
    server = serving(REMOTE_ADDR="192.0.2.7")
    client = server.raw()
    client.send(head("GET /ws HTTP/1.1", [("Host", "localhost")]))
    answer = client.response()
    assert answer.status == 403 and b"CHAT_OPEN_TO_ALL=yes" in answer.body
    for path in "/", "/healthz":
        client = server.raw()
        client.send(head(f"GET {path} HTTP/1.1", [("Host", CHAT), ("Via", "1.1 somebody")]))
        assert client.response().status == 200
        assert server.status_after(client) == 0


def test_a_refusal_fails_no_unit(serving):
    server = serving(REMOTE_ADDR="192.0.2.7")
    client = server.raw()
    assert ask(client)[0] == 403
    assert server.status_after(client) == 0


@pytest.fixture
def run(runtime_dir, tmp_path):
    """A session on any two descriptors."""
    sessions = []

    def run(stdin, stdout, **settings):
        sessions.append(Session([str(SESSION)], stdin, stdout, environment(runtime_dir, **settings), tmp_path / f"session-{len(sessions)}.log"))

    yield run
    faults = [fault for session in sessions for fault in session.finish()]
    assert not faults, "\n".join(faults)


def test_a_client_at_a_local_socket_is_on_this_machine(run, tmp_path, chatctl):
    path = os.path.relpath(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        caller = socket.socket(socket.AF_UNIX)
        caller.connect(path)
        with listener.accept()[0] as connection:
            run(connection, connection)
    client = Raw(caller, caller).upgrade("/ws?user=alice")
    client.expect("welcome")
    assert address_of(chatctl, "alice") == "unix"
    client.close()


@pytest.mark.parametrize("settings, status", [({}, 403), ({"SOCAT_PEERADDR": "127.0.0.1"}, 101), ({"SOCAT_PEERADDR": "192.0.2.7"}, 403), (TO_ALL, 101)], ids=str)
def test_who_holds_the_other_end_of_a_pair_of_sockets_the_spawner_has_to_say(run, settings, status):
    ours, its = socket.socketpair()
    with its:
        run(its, its, **settings)
    client = Raw(ours, ours)
    assert ask(client)[0] == status
    client.close()


@pytest.mark.parametrize("settings, status", [({}, 101), ({"REMOTE_ADDR": "::1"}, 101), ({"REMOTE_ADDR": "192.0.2.7"}, 403), ({"REMOTE_ADDR": "somebody"}, 403)], ids=str)
def test_without_any_socket_somebody_started_it_here_by_hand(run, settings, status):
    (incoming, to_it), (from_it, outgoing) = os.pipe(), os.pipe()
    run(incoming, outgoing, **settings)
    os.close(incoming)
    os.close(outgoing)
    client = Raw(open(from_it, "rb", 0), open(to_it, "wb", 0))
    assert ask(client)[0] == status
    client.close()


def test_a_socket_to_write_to_is_one_too(run):
    incoming, to_it = os.pipe()
    ours, its = socket.socketpair()
    with its:
        run(incoming, its)
    os.close(incoming)
    client = Raw(ours, open(to_it, "wb", 0))
    assert ask(client)[0] == 403
    client.close()


ORIGINS = {"CHAT_ORIGINS": "https://chat.example, http://other.example:8080"}


@pytest.mark.parametrize("origin", ["https://chat.example", "https://chat.example:443", "HTTP://OTHER.example:8080", "http://localhost"])
def test_pages_of_listed_origins_and_of_this_host_may_connect(serving, origin):
    assert ask(serving(**ORIGINS).raw(), ("Origin", origin)) == (101, "")


@pytest.mark.parametrize("origin", ["http://chat.example", "https://chat.example:8443", "http://other.example", "https://a.chat.example", "null", "", "*",
                                    "https://chat.example/", "https://chat.example https://chat.example"])
def test_pages_of_any_other_origin_may_not(serving, origin):
    status, why = ask(serving(**ORIGINS).raw(), ("Origin", origin))
    assert status == 403 and "Origin" in why and "CHAT_ORIGINS" in why


def test_two_origins_are_none(serving):
    assert ask(serving(**ORIGINS).raw(), *[("Origin", "https://chat.example")] * 2)[0] == 403


@pytest.mark.parametrize("value", ["*", "null", "chat.example", "https://chat.example/", "https://a;https://b", "https://*.example"])
def test_list_that_holds_anything_else_is_78(runtime_dir, value):
    assert "CHAT_ORIGINS" in refuses_to_start(environment(runtime_dir, CHAT_ORIGINS=value))


@pytest.mark.parametrize("name", ["CHAT_OPEN_TO_ALL", "CHAT_TRUST_PROXY"])
@pytest.mark.parametrize("value", ["", "maybe", "2"])
def test_flag_that_cannot_be_understood_is_78(runtime_dir, name, value):
    assert name in refuses_to_start(environment(runtime_dir, **{name: value}))


@pytest.fixture
def trusting(serving):
    return serving(CHAT_TRUST_PROXY="yes", **TO_ALL)


@pytest.mark.parametrize(
    "said, address",
    [
        ([("X-Forwarded-For", "192.0.2.7")], "192.0.2.7"),
        ([("X-Forwarded-For", "1.2.3.4, 192.0.2.7")], "192.0.2.7"),
        ([("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-For", "192.0.2.7")], "192.0.2.7"),
        ([("X-Forwarded-For", "not an address, 192.0.2.7")], "192.0.2.7"),
        ([("X-Forwarded-For", "2001:DB8::7"), ("X-Forwarded-Proto", "https")], "2001:db8::7"),
        ([("Forwarded", 'for=1.2.3.4;proto=http, for="[2001:db8::7]:4711";proto=https')], "2001:db8::7"),
        ([("Forwarded", "for=unknown")], ""),
        ([("X-Real-IP", "1.2.3.4")], "127.0.0.1"),
        ([], "127.0.0.1"),
    ],
    ids=str,
)
def test_trusted_proxy_says_who_called(trusting, chatctl, said, address):
    client = trusting.raw()
    assert ask(client, *said, host=CHAT, target="/ws?user=alice") == (101, "")
    client.expect("welcome")
    assert address_of(chatctl, "alice") == address


@pytest.mark.parametrize("said", [[("X-Forwarded-For", "x")], [("X-Forwarded-For", "")], [("Forwarded", "for=192.0.2.7, for=\"")], [("X-Forwarded-Proto", "gopher")],
                                  [("Forwarded", "for=1.2.3.4"), ("X-Forwarded-For", "192.0.2.7")]], ids=str)
def test_proxy_that_says_nonsense_is_400(trusting, said):
    status, why = ask(trusting.raw(), *said, host=CHAT)
    assert status == 400 and "Forwarded" in why


def test_proxy_that_is_not_trusted_is_not_heard(serving, chatctl):
    client = serving(**TO_ALL).raw()
    assert ask(client, ("X-Forwarded-For", "192.0.2.7"), ("Forwarded", "rubbish"), target="/ws?user=alice") == (101, "")
    client.expect("welcome")
    assert address_of(chatctl, "alice") == "127.0.0.1"


def test_who_comes_from_elsewhere_is_no_proxy_of_this_machine(serving, chatctl):
    client = serving(CHAT_TRUST_PROXY="yes", REMOTE_ADDR="192.0.2.9", **TO_ALL).raw()
    assert ask(client, ("X-Forwarded-For", "192.0.2.7"), target="/ws?user=alice") == (101, "")
    client.expect("welcome")
    assert address_of(chatctl, "alice") == "192.0.2.9"


def test_page_that_came_without_tls_may_not_connect_where_there_is_tls(trusting):
    said = [("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-Proto", "https")]
    assert ask(trusting.raw(), *said, ("Origin", f"https://{CHAT}"), host=CHAT) == (101, "")
    assert ask(trusting.raw(), *said, ("Origin", f"http://{CHAT}"), host=CHAT)[0] == 403


def test_ping_is_told_why_it_is_refused(serving, chatctl):
    server = serving(REMOTE_ADDR="192.0.2.7")
    done = chatctl("ping", server.url())
    assert done.returncode == 1 and "403" in done.stderr
