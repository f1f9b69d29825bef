import os
import resource
import subprocess

import pytest

from chat import Pair
from raw import CLOSE, PING, TEXT, Ended, frame, handshake, head
from serve import SESSION, environment

WRONG = ["x", "-1", "5 s", "1e3", "0x10", "99999999999999999999", "١"]
NUMBERS = ["CHAT_MAX_MESSAGE", "CHAT_RATE", "CHAT_BURST", "CHAT_PING_INTERVAL", "CHAT_HEAD_TIMEOUT", "CHAT_LOGIN_TIMEOUT", "CHAT_STALL_TIMEOUT"]


def run(arguments=(), request=b"", env=None):
    return subprocess.run([str(SESSION), *arguments], input=request, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, timeout=10)


def refuses_to_start(env):
    result = run(env=env, request=handshake())
    assert result.returncode == 78, result
    assert result.stderr.strip()
    assert b"101 Switching" not in result.stdout
    return result.stderr.decode()


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("name", NUMBERS)
def test_number_that_cannot_be_understood_is_78(runtime_dir, name, value):
    assert name in refuses_to_start(environment(runtime_dir, **{name: value}))


@pytest.mark.parametrize("value", ["0", str((16 << 20) + 1)])
def test_message_size_out_of_range_is_78(runtime_dir, value):
    assert "CHAT_MAX_MESSAGE" in refuses_to_start(environment(runtime_dir, CHAT_MAX_MESSAGE=value))


@pytest.mark.parametrize("value", ["token", "password", "nothing", "OPEN"])
def test_other_ways_to_log_in_are_78(runtime_dir, value):
    assert "CHAT_AUTH" in refuses_to_start(environment(runtime_dir, CHAT_AUTH=value))


def test_open_mode_by_name(serving):
    serving(CHAT_AUTH="open").login("alice")


@pytest.mark.parametrize("arguments", [("nothing",), ("--nothing",), ("-x",)], ids=str)
def test_misuse_is_64(runtime_dir, arguments):
    result = run(arguments, env=environment(runtime_dir))
    assert result.returncode == 64
    assert result.stderr.strip()


def test_nothing_is_said_on_stdout_but_to_the_client(runtime_dir):
    assert run(env=environment(runtime_dir)).stdout == b""


def test_largest_message_is_as_set(serving):
    server = serving(CHAT_MAX_MESSAGE=1024)
    client = server.raw_login("alice")
    client.send(sized_ping(1024))
    client.expect("pong")
    client.send(sized_ping(1025))
    client.expect_close(1009)


def sized_ping(size):
    return frame(TEXT, b'{"type":"ping"}'.ljust(size))


def test_16_mib_may_be_set(serving):
    server = serving(CHAT_MAX_MESSAGE=16 << 20)
    client = server.raw_login("alice")
    client.send(sized_ping(16 << 20), timeout=10)
    client.expect("pong", timeout=10)


def test_ping_interval_is_as_set(serving):
    client = serving(CHAT_PING_INTERVAL=1).raw_login("alice")
    assert client.read_frame(timeout=2).opcode == PING


def test_runtime_directory_of_systemd_will_do(serving, runtime_dir):
    server = serving()
    del server.env["CHAT_RUNTIME_DIR"]
    server.env["RUNTIME_DIRECTORY"] = str(runtime_dir)
    server.login("alice")
    assert list(server.bus()) == ["alice"]


def test_own_runtime_directory_comes_first(serving, runtime_dir, tmp_path):
    server = serving()
    server.env["RUNTIME_DIRECTORY"] = str(tmp_path / "elsewhere")
    server.login("alice")
    assert list(server.bus()) == ["alice"]


def test_missing_runtime_directory_is_made(serving, runtime_dir):
    runtime_dir.rmdir()
    server = serving()
    Pair(server.login("alice"), server.login("bob")).talk()
    assert sorted(server.bus()) == ["alice", "bob"]


def test_made_runtime_directory_is_not_for_others_to_write(serving, runtime_dir):
    runtime_dir.rmdir()
    serving().login("alice")
    for path in (runtime_dir, runtime_dir / "bus", runtime_dir / "bus" / "alice"):
        assert not path.stat().st_mode & 0o022


def test_many_first_logins_at_once_make_one_directory(serving, runtime_dir):
    runtime_dir.rmdir()
    server = serving()
    ends = [server.raw() for _ in range(8)]
    for number, end in enumerate(ends):
        end.send(handshake(f"/ws?user=u{number}"))
    for number, end in enumerate(ends):
        assert end.response_head().status == 101
        end.expect("welcome", user=f"u{number}")


def refused_with_503(serving, path, statuses):
    server = serving(runtime_dir=path)
    client = server.raw()
    client.send(handshake("/ws?user=alice"))
    answer = client.response()
    assert answer.status == 503
    assert answer.body.strip()
    assert server.status_after(client) in statuses
    assert server.session_of(client).stderr().strip()


def test_runtime_directory_that_cannot_be_made_is_503(serving, tmp_path):
    refused_with_503(serving, tmp_path / "missing" / "run", (75, 78))


def test_runtime_directory_that_is_a_file_is_503(serving, tmp_path):
    (tmp_path / "file").write_text("")
    refused_with_503(serving, tmp_path / "file", (75, 78))


def test_runtime_directory_of_somebody_else_is_503_and_78(serving, runtime_dir):
    if os.geteuid() == 0:
        os.chown(runtime_dir, 65534, 65534)
        refused_with_503(serving, runtime_dir, (78,))
    else:
        refused_with_503(serving, "/usr", (78,))


def test_bus_of_somebody_else_is_503_and_78(serving, runtime_dir):
    if os.geteuid():
        pytest.skip("only root can give a directory away")
    (runtime_dir / "bus").mkdir()
    os.chown(runtime_dir / "bus", 65534, 65534)
    refused_with_503(serving, runtime_dir, (78,))


def test_page_is_served_without_a_runtime_directory_or_503(serving, tmp_path):
    server = serving(runtime_dir=tmp_path / "missing" / "run")
    client = server.raw()
    client.send(head("GET /healthz HTTP/1.1", [("Host", "localhost")]))
    assert client.response().status in (200, 503)
    assert server.status_after(client) in (0, 75, 78)


def outcome(server):
    """How a login ends: "in", or the status or close code that refused it, and the exit status."""
    client = server.raw()
    client.try_to_send(handshake("/ws?user=alice"))
    try:
        answer = client.response_head()
    except Ended:
        return "nothing", server.status_after(client)
    if answer.status != 101:
        return answer.status, server.status_after(client)
    said = []
    while True:
        got = client.next_frame()
        if got.opcode == CLOSE:
            return client.close_code(got), server.status_after(client)
        said.append(got.payload)
        if b'"welcome"' in got.payload:
            client.close()
            return "in", server.status_after(client)
        assert b'"unavailable"' in got.payload, said


def limited(serving, descriptors):
    return serving(wrapper=["prlimit", f"--nofile={descriptors}", "--"])


@pytest.mark.limit(60)
def test_full_descriptor_table_is_try_again_later(serving):
    outcomes = {descriptors: outcome(limited(serving, descriptors)) for descriptors in range(5, 41)}
    assert set(outcomes.values()) <= {("in", 0), (503, 75), (1013, 75)}, outcomes
    assert (1013, 75) in outcomes.values(), outcomes
    assert outcomes[40] == ("in", 0), outcomes


@pytest.mark.limit(60)
def test_full_descriptor_table_is_unavailable_to_the_login(serving):
    answers = []
    for descriptors in range(5, 41):
        server = limited(serving, descriptors)
        client = server.raw()
        client.try_to_send(handshake())
        try:
            if client.response_head().status == 101:
                client.request(type="login", user="alice", id="l")
                answers.append(client.receive())
                if answers[-1]["type"] == "error":
                    client.expect_close(1013)
        except Ended:
            pass
        client.close()
        assert server.session_of(client).wait() in (0, 75)
    errors = [answer for answer in answers if answer["type"] == "error"]
    assert errors
    assert {(error["code"], error["ref"]) for error in errors} == {("unavailable", "l")}


def fill_table(session):
    """From now on this session can open nothing more."""
    highest = max(int(name) for name in os.listdir(f"/proc/{session.pid}/fd"))
    resource.prlimit(session.pid, resource.RLIMIT_NOFILE, (3, highest + 1))


def test_sender_whose_table_is_full_says_unavailable(server, alice, bob):
    fill_table(server.session_of(alice))
    alice.say("bob", "hello", id="full")
    alice.expect("error", code="unavailable", ref="full")
    alice.request(type="ping")
    alice.expect("pong")


def test_sender_whose_table_was_full_recovers(server, alice, bob):
    session = server.session_of(alice)
    limits = resource.prlimit(session.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(session.pid, resource.RLIMIT_NOFILE, (3, limits[1]))
    alice.say("bob", "hello", id="full")
    alice.expect("error", code="unavailable", ref="full")
    resource.prlimit(session.pid, resource.RLIMIT_NOFILE, limits)
    alice.say("bob", "hello", id="free")
    alice.wait_for("receipt", ref="free", status="delivered")


@pytest.mark.limit(40)
def test_message_to_one_whose_table_is_full_is_answered(server, alice, bob):
    fill_table(server.session_of(bob))
    alice.say("bob", "hello", id="full")
    got = alice.receive(timeout=30)
    assert (got["type"], got["ref"]) in (("error", "full"), ("receipt", "full"))
    assert got.get("code", "unavailable") in ("unavailable", "receiver_offline")
    bob.request(type="ping")
    bob.wait_for("pong")


def test_one_whose_table_is_full_disturbs_nobody(server, alice, bob, bystanders):
    fill_table(server.session_of(bob))
    for number in range(5):
        alice.say("bob", "hello", id=f"{number}")
        bystanders.talk()
