"""The proxies of examples/proxy, with TLS, before the real service."""

import json
import re
import shutil
import subprocess
import tempfile

import pytest
import websockets

from chat import Client, Pair
from proxies import EXAMPLES, NAME, Caddy, Certificate, HAProxy, Nginx
from raw import Raw, head
from serve import Server

PROXIED = {"CHAT_TRUST_PROXY": "yes", "CHAT_OPEN_TO_ALL": "yes"}
CALLER = "127.0.0.77"  # so that it is not the proxy's own
SPOOFED = {"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "http", "X-Real-IP": "1.2.3.4"}
EACH = pytest.mark.parametrize("kind", [Nginx, HAProxy, Caddy], ids=lambda kind: kind.name)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def proxy(certificate, tmp_path):
    proxies = []

    def proxy(kind, upstream, changes=()):
        proxies.append(kind(tmp_path, certificate, upstream, changes))
        return proxies[-1]

    yield proxy
    for running in proxies:
        running.stop()


@pytest.fixture
def at_socket(background, runtime_dir, tmp_path):
    """The service at a socket in the file system, whose path may have about 100 bytes."""
    directory = tempfile.mkdtemp(prefix="chat-")
    path = f"{directory}/s"
    servers = []

    def at_socket(**settings):
        servers.append(Server(background, runtime_dir, tmp_path, path=path, **settings))
        return path

    yield at_socket
    faults = [fault for server in servers for fault in server.stop()]
    shutil.rmtree(directory)
    assert not faults, "\n".join(faults)


@pytest.fixture
def come(background):
    """Comes in by a proxy, as a client somewhere else would."""
    clients = []

    def come(proxy, user=None, **options):
        url = f"wss://{NAME}:{proxy.port}/ws" + (f"?user={user}" if user else "")
        client = Client(background, url, host="127.0.0.1", port=proxy.port, local_addr=(CALLER, 0), ssl=proxy.certificate.context(), server_hostname=NAME,
                        **options)
        clients.append(client)
        if user:
            client.welcome = client.expect("welcome", user=user)
            client.user = user
        return client

    yield come
    for client in clients:
        client.close()


def address_of(chatctl, user):
    (entry,) = [entry for entry in json.loads(chatctl("who", "--json").stdout) if entry["user"] == user]
    return entry["address"]


def upstream_of(server):
    return f"127.0.0.1:{server.address[1]}"


def refused(come, proxy, **options):
    with pytest.raises(websockets.InvalidStatusCode) as refusal:
        come(proxy, **options)
    return refusal.value.status_code


@EACH
def test_two_people_talk_over_tls(serving, proxy, come, chatctl, kind):
    front = proxy(kind, upstream_of(serving(**PROXIED)))
    alice = come(front, "alice", extra_headers=SPOOFED)
    bob = come(front, "bob", extra_headers={**SPOOFED, "Forwarded": "for=1.2.3.4;proto=http"}, origin=f"https://{NAME}:{front.port}")
    Pair(alice, bob).talk()
    alice.say("bob", "é" * 20000, id="large")
    assert bob.expect("private_message")["message"] == "é" * 20000
    assert address_of(chatctl, "alice") == address_of(chatctl, "bob") == CALLER


@pytest.mark.parametrize("kind", [Nginx, Caddy], ids=lambda kind: kind.name)
def test_by_a_socket_in_the_file_system(at_socket, proxy, come, chatctl, kind):
    front = proxy(kind, kind.at_socket.format(at_socket(**PROXIED)))
    alice, bob = come(front, "alice", extra_headers=SPOOFED), come(front, "bob")
    Pair(alice, bob).talk()
    assert address_of(chatctl, "alice") == CALLER


@EACH
def test_open_mode_is_not_for_clients_behind_a_proxy(serving, proxy, come, kind):
    server = serving(CHAT_TRUST_PROXY="yes")
    front = proxy(kind, upstream_of(server))
    assert refused(come, front) == 403
    server.env["CHAT_OPEN_TO_ALL"] = "yes"
    come(front, "alice")


@pytest.mark.parametrize("kind", [Nginx, Caddy], ids=lambda kind: kind.name)
def test_open_mode_is_not_for_them_by_a_socket_in_the_file_system_either(at_socket, proxy, come, kind):
    assert refused(come, proxy(kind, kind.at_socket.format(at_socket()))) == 403


@EACH
def test_pages_of_other_hosts_may_not_connect_nor_such_as_came_without_tls(serving, proxy, come, kind):
    front = proxy(kind, upstream_of(serving(**PROXIED)))
    for origin in "https://evil.example", f"https://{NAME}", f"http://{NAME}:{front.port}", "null":
        assert refused(come, front, origin=origin) == 403
    come(front, "alice", origin=f"https://{NAME}:{front.port}")


@pytest.mark.parametrize("kind", [Nginx, HAProxy], ids=lambda kind: kind.name)
def test_who_comes_without_tls_is_sent_to_where_it_is(proxy, kind):
    client = Raw.connect(("127.0.0.1", proxy(kind, "127.0.0.1:9").plain))
    client.send(head("GET /x HTTP/1.1", [("Host", NAME), ("Connection", "close")]))
    answer = client.response()
    assert answer.status in (301, 302)
    assert answer.all("Location") == [f"https://{NAME}/x"]


def test_a_proxy_that_is_not_trusted_is_the_client(serving, proxy, come, chatctl):
    come(proxy(Nginx, upstream_of(serving(CHAT_OPEN_TO_ALL="yes"))), "alice", extra_headers=SPOOFED)
    assert address_of(chatctl, "alice") == "127.0.0.1"


def test_a_proxy_that_only_adds_to_what_the_client_says_is_heard_all_the_same(serving, proxy, come, chatctl):
    changes = [("X-Forwarded-For $remote_addr", "X-Forwarded-For $proxy_add_x_forwarded_for")]
    come(proxy(Nginx, upstream_of(serving(**PROXIED)), changes), "alice", extra_headers=SPOOFED)
    assert address_of(chatctl, "alice") == CALLER


def test_what_a_proxy_lets_pass_of_the_client_does_not_win(serving, proxy, come):
    front = proxy(Nginx, upstream_of(serving(**PROXIED)), [('proxy_set_header Forwarded "";', "")])
    assert refused(come, front, extra_headers={"Forwarded": "for=1.2.3.4"}) == 400


def test_who_comes_without_the_proxy_has_their_own_address(serving, proxy, come, chatctl):
    server = serving(**PROXIED)
    come(proxy(Nginx, upstream_of(server)), "alice")
    server.login("bob")
    assert (address_of(chatctl, "alice"), address_of(chatctl, "bob")) == (CALLER, "127.0.0.1")


@pytest.mark.parametrize("kind, check", [(Nginx, ["-t", "-c"]), (HAProxy, ["-c", "-f"]), (Caddy, ["validate", "--adapter", "caddyfile", "--config"])],
                         ids=lambda value: getattr(value, "name", ""))
def test_its_own_checker_has_nothing_to_complain_of(proxy, kind, check):
    front = proxy(kind, "127.0.0.1:9")
    config = front.directory / "main.conf" if kind is Nginx else front.config
    done = subprocess.run([front.program, *check, config], env=front.environment(), capture_output=True, text=True, timeout=10)
    assert done.returncode == 0, done.stderr
    assert not re.search("WARNING|ALERT|\\[warn\\]", done.stdout + done.stderr), done.stderr


def test_timeouts_are_longer_than_the_pings_of_a_silent_client_take():
    usual = int(re.search(r"^\| `CHAT_PING_INTERVAL` \| (\d+)", (EXAMPLES.parents[1] / "docs/settings.md").read_text(), re.M)[1])
    texts = [(EXAMPLES / kind.example).read_text() for kind in (Nginx, HAProxy)]
    timeouts = [int(seconds) for text in texts for seconds in re.findall(r"(?:proxy_read_timeout|proxy_send_timeout|timeout tunnel) (\d+)s", text)]
    assert len(timeouts) == 3 and min(timeouts) > 3 * usual


def test_the_drop_in_names_the_socket_that_the_examples_name():
    (path,) = re.findall(r"^ListenStream=(/.*)$", (EXAMPLES / "chat.socket.d/proxy.conf").read_text(), re.M)
    for example in "nginx.conf", "Caddyfile":
        assert f"unix:{path};" in (EXAMPLES / example).read_text() or f"unix/{path}" in (EXAMPLES / example).read_text()
