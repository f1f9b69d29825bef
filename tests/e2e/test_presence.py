import time

import pytest

WITHIN = 1.0


def watch(client, users):
    """Watches these, nobody of whom is there; with "*" the watcher alone is. Waits for the first answer for each."""
    client.request(type="watch", users=users)
    for user in users:
        client.expect("presence", user=client.user if users == "*" else user, online=users == "*")


@pytest.fixture(params=[["bob"], "*"], ids=["list", "all"])
def watcher(request, server):
    client = server.login("watcher")
    watch(client, request.param)
    return client


def within(client, user, online, since):
    got = client.expect("presence", user=user, online=online, timeout=since + WITHIN - time.monotonic())
    assert set(got) == {"type", "user", "online"}


def test_login_is_seen(server, watcher):
    since = time.monotonic()
    server.login("bob")
    within(watcher, "bob", True, since)
    assert watcher.quiet()


def test_login_message_is_seen(server, watcher):
    client = server.connect()
    assert watcher.quiet()
    since = time.monotonic()
    client.request(type="login", user="bob")
    within(watcher, "bob", True, since)


def test_logout_is_seen(server, watcher):
    bob = server.login("bob")
    watcher.expect("presence", user="bob", online=True)
    since = time.monotonic()
    bob.close()
    within(watcher, "bob", False, since)
    assert watcher.quiet()


def test_kill_is_seen(server, watcher):
    bob = server.login("bob")
    watcher.expect("presence", user="bob", online=True)
    since = time.monotonic()
    server.session_of(bob).kill()
    within(watcher, "bob", False, since)
    assert watcher.quiet()


def test_kill_of_one_who_was_there_before_the_watch_is_seen(server, bob):
    watcher = server.login("watcher")
    watcher.request(type="watch", users=["bob"])
    watcher.expect("presence", user="bob", online=True)
    since = time.monotonic()
    server.session_of(bob).kill()
    within(watcher, "bob", False, since)


def test_return_after_a_kill_is_seen(server, watcher):
    bob = server.login("bob")
    watcher.expect("presence", user="bob", online=True)
    server.session_of(bob).kill()
    watcher.expect("presence", user="bob", online=False)
    since = time.monotonic()
    server.login("bob")
    within(watcher, "bob", True, since)


def test_second_connection_is_no_news(server, watcher):
    server.login("bob")
    watcher.expect("presence", user="bob", online=True)
    server.login("bob")
    assert watcher.quiet(WITHIN)


@pytest.mark.parametrize("end", ["close", "kill"])
def test_user_goes_with_the_last_connection(server, watcher, end):
    ends = [server.login("bob"), server.login("bob")]
    watcher.expect("presence", user="bob", online=True)

    def leave(client):
        client.close() if end == "close" else server.session_of(client).kill()

    leave(ends[0])
    assert watcher.quiet(WITHIN)
    since = time.monotonic()
    leave(ends[1])
    within(watcher, "bob", False, since)
    assert watcher.quiet()


def test_watch_of_a_list_is_deaf_to_others(server):
    watcher = server.login("watcher")
    watch(watcher, ["bob"])
    server.login("carol").close()
    assert watcher.quiet(WITHIN)


def test_watch_of_all_sees_everybody(server):
    watcher = server.login("watcher")
    watch(watcher, "*")
    for name in ("carol", "dave"):
        since = time.monotonic()
        client = server.login(name)
        within(watcher, name, True, since)
        since = time.monotonic()
        client.close()
        within(watcher, name, False, since)


@pytest.mark.parametrize("what", [["bob"], "*"], ids=["list", "all"])
def test_unwatch(server, what):
    watcher = server.login("watcher")
    watch(watcher, what)
    watcher.request(type="unwatch", users=what)
    assert watcher.settle() == []
    server.login("bob").close()
    assert watcher.quiet(WITHIN)


def test_unwatch_of_one_leaves_the_others(server):
    watcher = server.login("watcher")
    watch(watcher, ["bob", "carol"])
    watcher.request(type="unwatch", users=["bob"])
    watcher.settle()
    server.login("bob")
    server.login("carol")
    watcher.expect("presence", user="carol", online=True)
    assert watcher.quiet(WITHIN)


def test_several_watchers_learn_of_it(server):
    watchers = [server.login(f"watcher{number}") for number in range(4)]
    for watcher in watchers:
        watch(watcher, ["bob"])
    bob = server.login("bob")
    for watcher in watchers:
        watcher.expect("presence", user="bob", online=True)
    since = time.monotonic()
    server.session_of(bob).kill()
    for watcher in watchers:
        within(watcher, "bob", False, since)


def test_watcher_that_is_killed_disturbs_nobody(server, bob):
    watcher = server.login("watcher")
    watcher.request(type="watch", users=["bob"])
    watcher.expect("presence")
    server.session_of(watcher).kill()
    alice = server.login("alice")
    alice.say("bob", "hello")
    bob.expect("private_message", sender="alice")


def test_who_leaves_out_the_killed(server, alice, bob):
    server.session_of(bob).kill()
    assert bob.closed() == 1006
    alice.request(type="who")
    alice.expect("users", users=["alice"])


def test_endpoints_are_named_after_users_and_processes(server):
    ends = [server.login("alice"), server.login("bob"), server.login("bob")]
    pids = [server.session_of(end).pid for end in ends]
    assert server.bus() == {"alice": [pids[0]], "bob": sorted(pids[1:])}


def test_nobody_is_on_the_bus_before_login(server):
    server.connect()
    server.raw()
    assert not (server.runtime_dir / "bus").exists() or server.bus() == {}


def test_folder_of_a_user_goes_with_the_last_connection(server):
    ends = [server.login("bob"), server.login("bob")]
    ends[0].close()
    assert server.bus_becomes({"bob": [server.session_of(ends[1]).pid]}) == {"bob": [server.session_of(ends[1]).pid]}
    ends[1].close()
    assert server.bus_becomes({}) == {}


def test_bus_is_empty_after_all_have_left(server):
    ends = [server.login(f"u{number % 7}") for number in range(20)]
    ends[0].say("u1", "hello")
    for end in ends:
        end.close()
    assert server.bus_becomes({}) == {}


def test_next_login_of_the_user_cleans_up(server):
    ends = [server.login("bob"), server.login("bob")]
    for end in ends:
        server.session_of(end).kill()
        assert end.closed() == 1006
    again = server.login("bob")
    expected = {"bob": [server.session_of(again).pid]}
    assert server.bus_becomes(expected) == expected


def test_sweep_cleans_up(server, chatctl, alice):
    bob = server.login("bob")
    server.session_of(bob).kill()
    assert bob.closed() == 1006
    assert chatctl("sweep").returncode == 0
    assert server.bus() == {"alice": [server.session_of(alice).pid]}


def test_sweep_leaves_the_living_alone(server, chatctl, alice, bob):
    before = server.bus()
    assert chatctl("sweep").returncode == 0
    assert server.bus() == before
    alice.say("bob", "still here")
    bob.expect("private_message")


def test_failed_login_leaves_nothing_behind(server):
    client = server.connect()
    client.request(type="login", user="../../evil")
    client.expect("error", code="login_failed")
    assert not (server.runtime_dir / "bus").exists() or server.bus() == {}
    assert [path.name for path in server.runtime_dir.iterdir()] in ([], ["bus"])


def test_messages_to_invented_names_leave_nothing_behind(server, alice):
    for number in range(50):
        alice.say(f"invented{number}", "x")
        alice.expect("error", code="receiver_offline")
    assert list(server.bus()) == ["alice"]
