import json
import os
import re
import time

import pytest

from chat import ULID


def who(chatctl):
    result = chatctl("who", "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_who_of_nobody(server, chatctl):
    assert who(chatctl) == []
    assert chatctl("who").returncode == 0


def test_who_names_users_and_processes(server, chatctl):
    ends = [server.login("alice"), server.login("bob"), server.login("bob")]
    expected = sorted((end.user, server.session_of(end).pid) for end in ends)
    assert sorted((entry["user"], entry["pid"]) for entry in who(chatctl)) == expected


def test_who_has_all_the_fields(alice, chatctl):
    (entry,) = who(chatctl)
    assert set(entry) >= {"user", "pid", "unit", "address", "since", "in", "out"}


def test_who_knows_the_address(alice, chatctl):
    assert "127.0.0.1" in who(chatctl)[0]["address"]


def test_who_knows_since_when(alice, chatctl):
    assert re.match(time.strftime("%Y-%m-%dT", time.gmtime()), str(who(chatctl)[0]["since"]))


def test_who_counts_messages(alice, bob, chatctl):
    for number in range(3):
        alice.say("bob", f"{number}", id=f"{number}")
        alice.expect("receipt", ref=f"{number}")
    counts = {entry["user"]: (entry["in"], entry["out"]) for entry in who(chatctl)}
    assert counts == {"alice": (3, 0), "bob": (0, 3)}


def test_who_for_people_has_a_line_for_each(server, chatctl):
    ends = [server.login("alice"), server.login("bob")]
    lines = chatctl("who").stdout.splitlines()
    for end in ends:
        (line,) = [line for line in lines if end.user in line.split()]
        assert str(server.session_of(end).pid) in line.split()


def test_who_leaves_out_who_has_not_logged_in(server, chatctl):
    server.connect()
    assert who(chatctl) == []


def test_who_leaves_out_the_killed(server, alice, bob, chatctl):
    server.session_of(bob).kill()
    assert bob.closed() == 1006
    assert [entry["user"] for entry in who(chatctl)] == ["alice"]


def test_send_delivers(bob, chatctl):
    result = chatctl("send", "--from", "admin", "bob", "back", "in", "5 minutes")
    assert result.returncode == 0, result.stderr
    got = bob.expect("private_message", sender="admin", receiver="bob", message="back in 5 minutes")
    assert ULID.fullmatch(got["id"])


def test_send_without_a_sender_has_one(bob, chatctl):
    assert chatctl("send", "bob", "hello").returncode == 0
    assert bob.expect("private_message", message="hello")["sender"]


def test_send_reaches_all_connections(server, chatctl):
    ends = [server.login("bob"), server.login("bob")]
    assert chatctl("send", "bob", "hello").returncode == 0
    for end in ends:
        end.expect("private_message", message="hello")
        assert end.quiet(0.1)


def test_send_takes_the_text_from_stdin(bob, chatctl):
    assert chatctl("send", "bob", "-", text="two\nlines é").returncode == 0
    assert bob.expect("private_message")["message"] == "two\nlines é"


def test_send_leaves_nothing_behind(server, bob, chatctl):
    chatctl("send", "--from", "admin", "bob", "hello")
    assert list(server.bus()) == ["bob"]


def test_send_to_somebody_away_fails(server, chatctl):
    result = chatctl("send", "nobody", "hello")
    assert result.returncode not in (0, 64, 70)
    assert result.stderr.strip()
    assert result.stdout == ""


@pytest.mark.limit(40)
def test_send_to_a_client_that_does_not_read_fails(server, chatctl):
    deaf = server.raw_login("bob", answers_pings=False)
    assert chatctl("send", "bob", "hello", timeout=35).returncode not in (0, 64, 70)
    deaf.expect("private_message")


def test_send_to_one_who_was_killed_fails(server, bob, chatctl):
    server.session_of(bob).kill()
    assert bob.closed() == 1006
    assert chatctl("send", "bob", "hello").returncode != 0


@pytest.mark.parametrize("name", ["", "../x", ".", "a/b", "a b", "x" * 65])
def test_send_to_a_bad_name_fails(server, chatctl, name):
    result = chatctl("send", name, "hello")
    assert result.returncode != 0
    assert result.stderr.strip()


@pytest.mark.parametrize("name", ["", "../x", "a b", "x" * 65])
def test_send_from_a_bad_name_fails(bob, chatctl, name):
    assert chatctl("send", "--from", name, "bob", "hello").returncode != 0
    assert bob.settle() == []


@pytest.mark.parametrize("words", ["", "a\x01b", "a\x7fb"], ids=repr)
def test_send_of_a_bad_text_fails(bob, chatctl, words):
    assert chatctl("send", "bob", words).returncode != 0
    assert bob.settle() == []


def test_send_of_bytes_that_are_not_utf8_fails(bob, chatctl):
    assert chatctl("send", "bob", os.fsdecode(b"\xff\xfe")).returncode != 0
    assert bob.settle() == []


def test_send_of_a_long_text_is_whole_or_refused(bob, chatctl):
    words = "x" * 60000
    assert chatctl("send", "bob", "-", text=words).returncode == 0
    assert bob.expect("private_message")["message"] == words


def test_kick_of_a_user_is_4002_for_all_connections(server, alice, chatctl):
    ends = [server.login("bob"), server.login("bob")]
    assert chatctl("kick", "bob").returncode == 0
    assert [end.closed() for end in ends] == [4002, 4002]
    assert alice.settle() == []


def test_kick_of_a_process_is_4002_for_that_connection(server, chatctl):
    first, second = server.login("bob"), server.login("bob")
    assert chatctl("kick", server.session_of(first).pid).returncode == 0
    assert first.closed() == 4002
    assert second.settle() == []


def test_kick_of_nobody_fails(server, alice, chatctl):
    result = chatctl("kick", "nobody")
    assert result.returncode != 0
    assert result.stderr.strip()
    assert alice.settle() == []


def test_kick_of_another_process_fails_and_leaves_it_alone(server, alice, chatctl):
    assert chatctl("kick", os.getpid()).returncode != 0
    assert alice.settle() == []


def test_kicked_user_may_come_back(server, bob, chatctl):
    chatctl("kick", "bob")
    assert bob.closed() == 4002
    server.login("bob")


def test_sweep_of_nothing(server, chatctl):
    assert chatctl("sweep").returncode == 0


def test_sweep_removes_folders_without_a_session(server, alice, chatctl):
    (server.runtime_dir / "bus" / "ghost").mkdir()
    assert chatctl("sweep").returncode == 0
    assert list(server.bus()) == ["alice"]


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version(chatctl, option):
    result = chatctl(option)
    assert result.returncode == 0
    assert result.stdout.strip()
    assert result.stderr == ""


def test_each_command_has_help_of_its_own(chatctl):
    commands = [line.split()[0] for line in chatctl("--help").stdout.split("\n\n")[1].splitlines()]
    assert len(commands) > 10
    for command in commands:
        result = chatctl(command, "--help")
        assert result.returncode == 0
        assert result.stdout.startswith(f"usage: chatctl {command} ") and result.stdout.count("\n") > 2


def test_help_names_each_command(chatctl):
    said = chatctl("--help").stdout
    for command in ("who", "send", "kick", "ping", "sweep", "history", "pending", "user", "backup", "stats"):
        assert re.search(rf"^  {command} ", said, re.M)
        told = chatctl(command, "--help")
        assert told.returncode == 0 and told.stdout.startswith(f"usage: chatctl {command} ")


@pytest.mark.parametrize("arguments", [(), ("nothing",), ("--nothing",), ("send",), ("send", "bob"), ("kick",), ("who", "--nothing")], ids=str)
def test_misuse_is_64(server, chatctl, arguments):
    result = chatctl(*arguments)
    assert result.returncode == 64
    assert result.stderr.strip()
    assert result.stdout == ""


@pytest.mark.parametrize("arguments", [("who",), ("send", "bob", "hello"), ("kick", "bob"), ("sweep",)], ids=str)
def test_commands_without_a_runtime_directory_do_not_crash(chatctl, runtime_dir, arguments):
    runtime_dir.rmdir()
    assert 0 <= chatctl(*arguments).returncode < 128
    assert not runtime_dir.exists() or arguments[0] == "send"
