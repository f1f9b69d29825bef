"""The same session under each program that can start it."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from chat import Client, Pair
from raw import Raw, close_frame, handshake, head
from serve import SESSION, chatctl, environment, wait_until

PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def needs(*names):
    """The first of these programs that is installed; else the test is skipped."""
    for name in names:
        found = shutil.which(name, path=PATH)
        if found:
            return found
    pytest.skip(f"none of {', '.join(names)} is installed")


def busybox(applet):
    program = needs("busybox")
    if applet not in subprocess.run([program, "--list"], stdout=subprocess.PIPE, text=True).stdout.split():
        pytest.skip(f"busybox has no {applet}")
    return program


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def spawn(runtime_dir, tmp_path):
    """Starts a spawner and ends it after the test."""
    started = []

    def spawn(*argv, **settings):
        with open(tmp_path / "spawner.log", "wb") as log:
            env = environment(runtime_dir, **settings)
            started.append(subprocess.Popen([str(part) for part in argv], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        return started[-1]

    yield spawn
    for process in started:
        process.terminate()
    for process in started:
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def connect(background, port, user):
    def attempt():
        try:
            return Client(background, f"ws://127.0.0.1:{port}/ws?user={user}")
        except ConnectionRefusedError:
            return None

    client = wait_until(attempt)
    assert client, "nobody listens"
    client.expect("welcome", user=user)
    client.user = user
    return client


def entry_of(runtime_dir, user):
    (entry,) = [entry for entry in json.loads(chatctl(runtime_dir, "who", "--json").stdout) if entry["user"] == user]
    return entry


def runs(pid):
    try:
        return Path(os.readlink(f"/proc/{pid}/exe")).name.startswith(SESSION.name)
    except OSError:
        return False


def talks(background, server, port, address="127.0.0.1"):
    """One who is served by the spawner talks with one who is not, is known by address, leaves, and no process stays."""
    alice, bob = connect(background, port, "alice"), server.login("bob")
    Pair(alice, bob).talk()
    bob.say("alice", "é" * 20000, id="large")
    assert alice.expect("private_message")["message"] == "é" * 20000
    bob.expect("receipt", ref="large")
    entry = entry_of(server.runtime_dir, "alice")
    assert address in entry["address"]
    assert runs(entry["pid"])
    alice.close()
    assert wait_until(lambda: not runs(entry["pid"]))
    assert "alice" not in server.bus()


def serves_http(port):
    client = wait_until(lambda: try_raw(port))
    client.send(head("GET /healthz HTTP/1.1", [("Host", "localhost")]))
    assert client.response().status == 200


def try_raw(port):
    try:
        return Raw.connect(("127.0.0.1", port))
    except ConnectionRefusedError:
        return None


def refuses_http(port):
    client = Raw.connect(("127.0.0.1", port))
    client.send(handshake("/nothing"))
    answer = client.response()
    assert answer.status == 404
    assert len(answer.body) == int(answer["Content-Length"])


def all_of_it(background, server, port, address="127.0.0.1"):
    serves_http(port)
    refuses_http(port)
    talks(background, server, port, address)


@pytest.mark.parametrize("options", ["", ",nofork", ",pipes"], ids=["socketpair", "nofork", "pipes"])
def test_socat(background, server, spawn, options):
    port = free_port()
    spawn(needs("socat"), f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork", f"EXEC:{SESSION}{options}")
    all_of_it(background, server, port)


def test_socat_on_a_unix_socket(background, server, spawn, tmp_path):
    path = tmp_path / "s"
    spawn(needs("socat"), f"UNIX-LISTEN:{path},fork", f"EXEC:{SESSION}")
    assert wait_until(path.exists)
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(os.path.relpath(path))
    client = Raw(connection, connection).upgrade("/ws?user=alice")
    client.expect("welcome", user="alice")
    assert entry_of(server.runtime_dir, "alice")["pid"]
    client.close()


def test_tcpsvd(background, server, spawn):
    port = free_port()
    own = shutil.which("tcpsvd", path=PATH)
    spawn(*([own] if own else [busybox("tcpsvd"), "tcpsvd"]), "127.0.0.1", port, SESSION)
    all_of_it(background, server, port)


def test_tcpserver(background, server, spawn):
    port = free_port()
    program = needs("s6-tcpserver", "tcpserver")
    options = ["-HR", "-l0"] if Path(program).name == "tcpserver" else []
    spawn(program, *options, "127.0.0.1", port, SESSION)
    all_of_it(background, server, port)


def test_busybox_nc(background, server, spawn):
    program = busybox("nc")
    if b"-e PROG" not in subprocess.run([program, "nc", "--help"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout:
        pytest.skip("this busybox's nc has no -e")
    port = free_port()
    spawn(program, "nc", "-l", "-p", port, "-e", SESSION)
    talks(background, server, port)


def test_ncat(background, server, spawn):
    port = free_port()
    spawn(needs("ncat"), "-l", "-k", "-e", SESSION, "127.0.0.1", port)
    all_of_it(background, server, port)


def test_systemd_socket_activate(background, server, spawn, runtime_dir):
    port = free_port()
    settings = [f"-ECHAT_RUNTIME_DIR={runtime_dir}"]
    spawn(needs("systemd-socket-activate"), "--accept", "--inetd", "-l", f"127.0.0.1:{port}", *settings, SESSION)
    all_of_it(background, server, port)


def test_inetd(background, server, spawn, runtime_dir, tmp_path):
    program, port = needs("inetd", "xinetd"), free_port()
    env, user = needs("env"), Path("/proc/self").owner()
    if Path(program).name == "xinetd":
        configuration = f"""
            service chat
            {{
                type = UNLISTED
                id = chat
                socket_type = stream
                protocol = tcp
                wait = no
                user = {user}
                bind = 127.0.0.1
                port = {port}
                server = {env}
                server_args = CHAT_RUNTIME_DIR={runtime_dir} {SESSION}
            }}
            """
        options = ["-dontfork", "-filelog", tmp_path / "xinetd.log", "-pidfile", tmp_path / "xinetd.pid", "-f"]
    else:
        configuration = f"127.0.0.1:{port} stream tcp nowait {user} {env} env CHAT_RUNTIME_DIR={runtime_dir} {SESSION}\n"
        options = ["-i"]
    (tmp_path / "inetd.conf").write_text(configuration)
    spawn(program, *options, tmp_path / "inetd.conf")
    all_of_it(background, server, port)


@pytest.fixture
def on_pipes(runtime_dir):
    """Starts a session on two pipes; gives the process and its client."""
    started = []

    def on_pipes(**settings):
        env = environment(runtime_dir, **settings)
        process = subprocess.Popen([str(SESSION)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0, env=env)
        client = Raw(process.stdout, process.stdin)
        started.append((process, client))
        return process, client

    yield on_pipes
    for process, client in started:
        client.close()
        process.wait(5)


def test_two_pipes(server, on_pipes):
    process, alice = on_pipes()
    alice.upgrade("/ws?user=alice").expect("welcome", user="alice")
    alice.user = "alice"
    bob = server.login("bob")
    alice.say("bob", "hello", id="m")
    bob.expect("private_message", sender="alice", message="hello")
    alice.expect("receipt", ref="m", status="delivered")
    bob.say("alice", "é" * 20000, id="m")
    assert alice.receive()["message"] == "é" * 20000
    alice.request(type="ping")
    alice.expect("pong")
    bob.expect("receipt", ref="m", status="delivered")


def test_two_pipes_serve_http(on_pipes):
    process, client = on_pipes()
    client.send(head("GET / HTTP/1.1", [("Host", "localhost")]))
    answer = client.response()
    assert answer.status == 200
    assert len(answer.body) == int(answer["Content-Length"])
    assert process.wait(5) == 0


def test_end_of_the_incoming_pipe_is_the_end(server, on_pipes):
    process, alice = on_pipes()
    alice.upgrade("/ws?user=alice").expect("welcome")
    process.stdin.close()
    assert process.wait(5) == 0
    assert "alice" not in server.bus()


def test_end_of_the_outgoing_pipe_is_the_end(server, on_pipes):
    process, alice = on_pipes()
    alice.upgrade("/ws?user=alice").expect("welcome")
    process.stdout.close()
    bob = server.login("bob")
    bob.say("alice", "are you there", id="m")
    bob.expect("error", ref="m")
    assert process.wait(5) == 0
    process.stdin.close()


def test_close_over_two_pipes(on_pipes):
    process, alice = on_pipes()
    alice.upgrade("/ws?user=alice").expect("welcome")
    alice.send(close_frame(1000))
    alice.expect_close(1000)
    assert process.wait(5) == 0


@pytest.mark.parametrize("name", ["REMOTE_ADDR", "TCPREMOTEIP", "SOCAT_PEERADDR"])
def test_environment_tells_who_called(server, on_pipes, name):
    process, alice = on_pipes(**{name: "192.0.2.7"}, CHAT_OPEN_TO_ALL="yes")
    alice.upgrade("/ws?user=alice").expect("welcome")
    assert "192.0.2.7" in entry_of(server.runtime_dir, "alice")["address"]


def test_nobody_tells_who_called(server, on_pipes):
    process, alice = on_pipes()
    alice.upgrade("/ws?user=alice").expect("welcome")
    assert isinstance(entry_of(server.runtime_dir, "alice")["address"], str)


@pytest.mark.parametrize("address", ['"\n\x01\\', "x" * 5000, ""], ids=["markup", "long", "empty"])
def test_odd_address_does_no_harm(server, on_pipes, address):
    process, alice = on_pipes(REMOTE_ADDR=address, CHAT_OPEN_TO_ALL="yes")
    alice.upgrade("/ws?user=alice").expect("welcome")
    assert entry_of(server.runtime_dir, "alice")["pid"] == process.pid


def test_ipv6_caller_is_known(serving, runtime_dir):
    try:
        server = serving(host="::1")
    except OSError:
        pytest.skip("no IPv6 here")
    server.login("alice")
    assert "::1" in entry_of(runtime_dir, "alice")["address"]


def test_standard_error_may_be_closed(runtime_dir):
    command = f'exec "{SESSION}" 2>&-'
    process = subprocess.Popen(["sh", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=environment(runtime_dir))
    client = Raw(process.stdout, process.stdin).upgrade("/ws?user=alice")
    client.expect("welcome")
    client.request(type="ping")
    client.expect("pong")
    client.close()
    assert process.wait(5) == 0
