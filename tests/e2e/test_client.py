"""Libws as a client: `chatctl ping`, and messages there and back with servers that others have written."""

import os
import select
import socket
import subprocess
import threading
from pathlib import Path

import pytest
import websockets
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

from raw import KEY, accept_of, mask
from serve import CHATCTL, ROOT, SESSION, Server

HERE = Path(__file__).parent
ECHO_CLIENT = ROOT / "build" / "e2e" / "echo-client"
ROUNDS = 150


def run(*argv, timeout=30):
    return subprocess.run([*map(str, argv)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)


def talks(port):
    result = run(ECHO_CLIENT, f"ws://127.0.0.1:{port}/", ROUNDS)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.fixture
def node_server():
    started = []

    def start(options):
        env = {**os.environ, "NODE_PATH": "/usr/share/nodejs:/usr/lib/nodejs"}
        process = subprocess.Popen(["/usr/bin/node", HERE / "client/server.js", options], stdout=subprocess.PIPE, text=True, env=env)
        started.append(process)
        assert select.select([process.stdout], [], [], 10)[0]
        return int(process.stdout.readline())

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize(
    "options, agreed",
    [
        ("false", "no extension, in 0 bits, out 0 bits"),
        ("true", "permessage-deflate, in 15 bits, out 15 bits"),
        ('{"threshold":0}', "permessage-deflate, in 15 bits, out 15 bits"),
        ('{"serverNoContextTakeover":true,"threshold":0}', "permessage-deflate, in 15 bits without context, out 15 bits"),
        ('{"clientNoContextTakeover":true}', "permessage-deflate, in 15 bits, out 15 bits without context"),
        ('{"serverMaxWindowBits":9,"clientMaxWindowBits":8,"threshold":0}', "permessage-deflate, in 9 bits, out 8 bits"),
        ('{"clientMaxWindowBits":10,"clientNoContextTakeover":true}', "permessage-deflate, in 15 bits, out 10 bits without context"),
    ],
)
def test_messages_to_node_and_back(node_server, options, agreed):
    assert talks(node_server(options)) == agreed


@pytest.mark.parametrize(
    "parameters, agreed",
    [
        ({}, "in 15 bits, out 15 bits"),
        ({"server_no_context_takeover": True, "client_no_context_takeover": True}, "in 15 bits without context, out 15 bits without context"),
        ({"server_max_window_bits": 9, "client_max_window_bits": 9}, "in 9 bits, out 9 bits"),
        ({"client_max_window_bits": 8}, "in 15 bits, out 8 bits"),
    ],
)
def test_messages_to_python_and_back(background, parameters, agreed):
    async def echo(connection):
        async for message in connection:
            await connection.send(message)

    async def serve():
        return await websockets.serve(echo, "127.0.0.1", 0, compression=None, max_size=None, extensions=[ServerPerMessageDeflateFactory(**parameters)])

    server = background.run(serve())
    try:
        assert talks(server.sockets[0].getsockname()[1]) == f"permessage-deflate, {agreed}"
    finally:
        server.close()
        background.run(server.wait_closed())


def test_messages_to_our_own_echo_and_back(background, tmp_path):
    echo = Server(background, tmp_path, tmp_path)
    echo.argv = [str(SESSION.parent / "examples" / "echo")]
    assert talks(echo.address[1]) == "permessage-deflate, in 15 bits, out 15 bits"
    assert not echo.stop()


def ping(*arguments):
    return run(CHATCTL, "ping", *arguments)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_ping_of_a_service_that_is_there(server, host):
    result = ping("--count", 3, f"ws://{host}:{server.address[1]}/ws")
    assert result.returncode == 0, result.stderr
    first, *pongs = result.stdout.splitlines()
    assert first.startswith("connected to ws://") and first.endswith("permessage-deflate")
    assert [line.split(":")[0] for line in pongs] == ["pong 1", "pong 2", "pong 3"]


def test_ping_over_ipv6(serving):
    port = serving(host="::1").address[1]
    assert ping(f"ws://[::1]:{port}/ws").returncode == 0


def test_ping_leaves_no_failed_session(server):
    ping(f"ws://127.0.0.1:{server.address[1]}/ws")
    (session,) = server.sessions.values()
    assert session.wait() == 0


def fails(url, why):
    result = ping(url)
    assert result.returncode == 1
    assert why in result.stderr and len(result.stderr.splitlines()) == 1, result.stderr


def test_ping_of_nobody():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        fails(f"ws://127.0.0.1:{free.getsockname()[1]}/ws", "refused")


def test_ping_of_another_path(server):
    fails(f"ws://127.0.0.1:{server.address[1]}/nothing", "status 404")


@pytest.mark.parametrize(
    "url",
    [
        *("", "ws://", "ws:///ws", "http://localhost/ws", "wss://localhost/ws", "ws://local host/", "ws://a:b@c/", "ws://[::1/", "ws://[::1]x/"),
        *("ws://x:/", "ws://x:0/", "ws://x:65536/", "ws://x:1234567/", "ws://x:http/", "ws://:80/", "ws://x?y", "ws://x#y"),
        *("ws://x/a b", "ws://x/ws#y", "ws://x/ HTTP/1.1", "ws://x/\t", "ws://x/\x7f"),
    ],
)
def test_what_is_not_a_url(url):
    fails(url, "URL")


@pytest.mark.parametrize("arguments", [("--count", "0"), ("--count", "x"), ("a", "b"), ("--nothing",)])
def test_misuse_is_64(arguments):
    assert ping(*arguments).returncode == 64


class Impostor:
    """A server for one connection: it shakes hands, with an answer of its own if it has one, and goes on as it likes."""

    def __init__(self, goes_on, answer=None):
        self.goes_on, self.answer = goes_on, SWITCH + "\r\n" if answer is None else answer
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen()
        self.url = f"ws://127.0.0.1:{self.listener.getsockname()[1]}/ws"
        self.server = threading.Thread(target=self.serve)

    def serve(self):
        connection, _ = self.listener.accept()
        with connection:
            request = connection.recv(65536).decode()
            key = next(line.split(": ")[1] for line in request.split("\r\n") if line.startswith("Sec-WebSocket-Key"))
            connection.sendall(self.answer.replace("{accept}", accept_of(key)).encode("latin-1"))
            self.goes_on(connection)
            try:
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
            except OSError:
                pass

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *_):
        self.server.join()
        self.listener.close()


SWITCH = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"


@pytest.mark.parametrize(
    "answer, why",
    [
        (SWITCH.replace("{accept}", accept_of(KEY)) + "\r\n", "not the answer to the key"),
        (SWITCH + "Sec-WebSocket-Extensions: x-mystery\r\n\r\n", "not offered"),
        (SWITCH + "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16\r\n\r\n", "parameters"),
        (SWITCH + "Sec-WebSocket-Protocol: mqtt\r\n\r\n", "not asked for"),
        (SWITCH.replace("1.1", "1.0", 1) + "\r\n", "HTTP/1.1"),
        (SWITCH + "X: " + "x" * 9000, "8 KiB"),
        (SWITCH + "\r\n\x81\x80", "masked"),
        (SWITCH + "\r\n\x88\x0e\x03\xf0\x1b[2J\nfake\xc2\x9b!", "1008 ?[2J?fake??!"),
        (SWITCH + "\r\n\x88\x02\x03\xe9", "1001"),
        (SWITCH + "\r\n", "lost"),
        ("HTTP/1.1 503 No\r\n\r\n", "status 503"),
        ("HTTP/2 200\r\n\r\n", "HTTP/1.1"),
        ("220 mail.example ESMTP\r\n", "HTTP/1.1"),
        ("", "ended"),
    ],
)
def test_what_a_client_does_not_believe(answer, why):
    with Impostor(lambda connection: None, answer) as impostor:
        fails(impostor.url, why)


def test_a_server_that_says_no_end_of_things_is_not_listened_to_for_ever():
    def flood(connection):
        try:
            while True:
                connection.sendall(b"\x89\x00" * 1000 + b"\x82\x00" * 1000)
                connection.recv(65536)
        except OSError:
            pass

    with Impostor(flood) as impostor:
        fails(impostor.url, "no answer in 5 s")


def test_a_server_that_says_nothing_is_given_up():
    def listen(connection):
        while connection.recv(65536):
            pass

    with Impostor(listen) as impostor:
        fails(impostor.url, "no answer in 5 s")


@pytest.mark.parametrize(
    "said, answer",
    [(b"\x88\x02\x03\xe9", b"\x03\xe9"), (b"\x88\x00", b""), (b"\x83\x00", b"\x03\xea"), (b"\x81\x01\xff", b"\x03\xef")],
)
def test_a_close_and_a_fault_are_answered_with_a_close(said, answer):
    got = []

    def end(connection):
        connection.recv(65536)  # the ping
        connection.sendall(said)
        got.append(connection.recv(65536))

    with Impostor(end) as impostor:
        assert ping(impostor.url).returncode == 1
    (first,) = got
    assert first[0] == 0x88 and first[1] == 0x80 | len(answer)
    assert mask(first[6:], first[2:6]) == answer


def test_another_close_code_than_ours_is_a_failure():
    def end(connection):
        head = connection.recv(65536)
        connection.sendall(b"\x8a" + bytes([head[1] & 0x7F]) + mask(head[6:], head[2:6]))
        assert connection.recv(65536)[0] == 0x88
        connection.sendall(b"\x88\x02\x03\xf3")

    with Impostor(end) as impostor:
        fails(impostor.url, "1011")


def test_pings_keep_to_a_limit_of_one_a_second(serving):
    port = serving(CHAT_RATE=1, CHAT_BURST=1).address[1]
    result = ping("--count", 3, f"ws://127.0.0.1:{port}/ws")
    assert result.returncode == 0, result.stderr
