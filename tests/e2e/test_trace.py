"""What a session and the store ask of the kernel, and in which order, where nobody but strace can see it."""

import re
import shutil

import pytest

from serve import wait_until


@pytest.fixture
def traced(serving, store, tmp_path):
    """Makes servers whose sessions are traced; what there is of the trace."""
    if not shutil.which("strace"):
        pytest.skip("no strace")
    trace = tmp_path / "trace"
    calls = "trace=connect,sendmsg,epoll_ctl"
    server = serving(wrapper=["strace", "-f", "-s", "1000", "-e", calls, "-o", str(trace)])
    return server, lambda: trace.read_text().splitlines()


def talk(sender, receiver, words):
    for word in words:
        sender.say("bob", word, id=word)
        receiver.expect("private_message", message=word)
        sender.expect("receipt", ref=word, status="stored")
        sender.expect("receipt", ref=word, status="delivered")


def letters(lines, word):
    """The endpoints that were written a word to, in order."""
    peers, written = {}, []
    for line in lines:
        if connected := re.search(r'connect\((\d+), \{sa_family=AF_UNIX, sun_path="([^"]+)"', line):
            peers[connected[1]] = connected[2].split("/")[0]
        elif (sent := re.search(r"sendmsg\((\d+),", line)) and word in line:
            written.append(peers[sent[1]])
    return written


def test_a_message_goes_to_its_receiver_and_then_to_the_store(traced, serving):
    server, lines = traced
    alice, bob = server.login("alice"), serving().login("bob")
    words = [f"word-{n}." for n in range(5)]
    talk(alice, bob, words)
    for word in words[2:]:
        assert wait_until(lambda: len(letters(lines(), word)) == 2), letters(lines(), word)
        assert letters(lines(), word) == ["bob", ".store"]


def test_a_connection_of_which_nothing_is_awaited_is_told_once_to_have_hung_up(traced, serving):
    server, lines = traced
    alice, bob = server.login("alice"), serving().login("bob")
    talk(alice, bob, ["hello"])
    added = [line for line in lines() if "EPOLL_CTL_ADD" in line]
    assert len(added) > 3
    assert [line for line in added if re.search(r"events=0\b", line)] == []


def groups(lines):
    """For each group that was written: whether more was waited for before."""
    gathered, begun, found = False, False, []
    for line in lines:
        if "ppoll(" in line:
            gathered, begun = "ppoll(NULL" in line, True
        elif "pwrite64(" in line and begun:
            found.append(gathered)
            begun = False
    return found


def test_the_store_waits_for_more_where_there_is_little_and_only_there(keeping, server, tmp_path):
    if not shutil.which("strace"):
        pytest.skip("no strace")
    trace = tmp_path / "trace"
    keeping(wrapper=["strace", "-D", "-e", "trace=ppoll,pwrite64", "-o", str(trace)])  # -D: the store keeps its number
    alice, bob = server.login("alice"), server.login("bob")
    talk(alice, bob, [f"word-{n}" for n in range(5)])
    few = groups(trace.read_text().splitlines())
    assert len(few) > 5 and all(few), few
    for n in range(500):
        alice.say("bob", f"many-{n}", id=f"many-{n}")
    alice.wait_for("receipt", ref="many-499", status="delivered")
    many = groups(trace.read_text().splitlines())[len(few):]
    assert not all(many), many
