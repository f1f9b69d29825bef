"""Records of an older program and of a newer one, and such as are none: the store steps over them and serves the next."""

import contextlib
import itertools
import json

import pytest

import forged
from chat import Pair
from forged import LATER, Inbox, Stranger, id_text, listening, payload, record
from serve import Server, Store

PLACE = b"0 - - 0 0"  # of NEXT: from the beginning


class Mallory:
    """A connection of somebody, by hand: logged in at the store."""

    def __init__(self, bus, listener):
        self.inbox = Inbox(listener)
        self.stranger = Stranger(bus, ".store")
        self.numbers = itertools.count(1)
        self.send(record("mallory", ".store", kind=forged.LOGIN))
        assert {self.inbox.next().kind, self.inbox.next().kind} == {forged.GREETING, forged.BLOCKS}

    def send(self, *records):
        self.stranger.send(*records)

    def message(self, words, **fields):
        id = forged.TIME.to_bytes(6, "big") + next(self.numbers).to_bytes(10, "big")
        fields = {"status": forged.KEEPING | forged.UNREACHED, "id": id, **fields}
        return id, record("mallory", "alice", payload("mallory", "alice", words, id), **fields)

    def query(self, text, **fields):
        return record("mallory", ".store", text, forged.QUERY, **fields)

    def answer(self, *skipped):
        """What comes next, but for records of kinds that don't matter."""
        while True:
            got = self.inbox.next()
            if got.kind not in skipped:
                return got

    def arrives(self, alice, id, words):
        stored = self.answer(forged.BATCH)
        assert (stored.kind, stored.status, stored.id) == (forged.RECEIPT, forged.STORED, id)
        alice.expect("private_message", sender="mallory", message=words, id=id_text(id))
        delivered = self.answer(forged.BATCH)
        assert (delivered.kind, delivered.status, delivered.id) == (forged.RECEIPT, forged.DELIVERED, id)

    def is_served(self, alice, *before):
        """What comes before a message, in the same letter, does it no harm: it is stored, and alice gets it."""
        id, good = self.message("good")
        self.send(*before, good)
        self.arrives(alice, id, "good")


class Scene:
    """A store, and those who have to do with it: one who gets Mallory's messages, and two who talk to each other."""

    def __init__(self, background, directory, made):
        runtime_dir = directory / "run"
        runtime_dir.mkdir(mode=0o700)
        self.store = Store(runtime_dir, directory, CHAT_RETENTION="0")
        made.callback(self.store.stop)
        self.server = Server(background, runtime_dir, directory)
        self.alice = self.server.login("alice")
        self.pair = Pair(self.server.login("carol"), self.server.login("dave"), ("stored", "delivered"))
        bus = runtime_dir / "bus"
        self.mallory = Mallory(bus, made.enter_context(listening(bus, "mallory")))
        made.callback(self.mallory.inbox.close)


@pytest.fixture(scope="module")
def scene(background, tmp_path_factory):
    with contextlib.ExitStack() as made:
        scene = Scene(background, tmp_path_factory.mktemp("scene"), made)
        yield scene
        faults = scene.server.stop()
        assert not faults, "\n".join(faults)


@pytest.fixture(autouse=True)
def bystanders(scene):
    scene.pair.talk()
    yield scene.pair
    scene.pair.talk()
    assert scene.store.process.poll() is None and scene.store.log.read_text() == ""
    assert scene.alice.quiet(0.1)


@pytest.fixture
def alice(scene):
    return scene.alice


@pytest.fixture
def mallory(scene):
    return scene.mallory


STEPPED_OVER = {
    "an older version": {"version": 0},
    "a later version": {"version": 2},
    "the last version": {"version": 255, "kind": 255},
    "a later version, whose names and head mean something else": {
        "version": 2, "more": bytes(range(200)), "lies": {"sender": 255, "receiver": 255, "ref": 255},
    },
    "kind 0": {"kind": 0},
    "a kind that came later": {"kind": LATER},
    "the last kind": {"kind": 255, "status": 255},
    "a receipt of a status that came later": {"kind": forged.RECEIPT, "status": 77},
    "NEXT without a payload": {"kind": forged.NEXT, "text": b""},
    "NEXT with less than it has": {"kind": forged.NEXT, "text": b"0 - -"},
    "NEXT with something else": {"kind": forged.NEXT, "text": b"\xff\0 everything, please"},
    **{f"{name}, which nobody sends to the store": {"kind": getattr(forged, name)}
       for name in ("COPY", "REFUSED", "TYPING", "ASK", "FACTS", "GREETING", "KEPT", "BATCH", "BEHIND", "ANSWER", "BLOCKS")},
}


@pytest.mark.parametrize("what", STEPPED_OVER)
def test_it_is_stepped_over_and_the_next_record_is_served(mallory, alice, what):
    fields = {"text": payload("mallory", "alice", "bad"), **STEPPED_OVER[what]}
    mallory.is_served(alice, record("mallory", "alice", **fields))


TEXT = payload("mallory", "alice", "bad")
WHOLE = record("mallory", "alice", TEXT)
BROKEN = {
    "half a head": WHOLE[:20],
    "a head alone": WHOLE[:60],
    "half a payload": WHOLE[:-10],
    "a head that is shorter than it must be": record("mallory", "alice", TEXT, lies={"head": 39}),
    "no head": record("mallory", "alice", TEXT, lies={"head": 0}),
    "a head that goes beyond the end": record("mallory", "alice", TEXT, lies={"head": 60000}),
    "a payload that goes beyond the end": record("mallory", "alice", TEXT, lies={"payload": 0xFFFFFFFF}),
    "a payload that goes a byte beyond the end": record("mallory", "alice", TEXT, lies={"payload": len(TEXT) + 1}),
    "a ref that goes beyond the head": record("mallory", "alice", TEXT, lies={"ref": 64}),
    "a ref that is longer than one may be": record("mallory", "alice", TEXT, lies={"ref": 65}, more=bytes(80)),
    "names that go beyond the head": record("mallory", "alice", TEXT, lies={"receiver": 255}),
    "a sender without a name": record("mallory", "alice", TEXT, lies={"sender": 0}),
    "a receiver without a name": record("mallory", "alice", TEXT, lies={"receiver": 0}),
    "a receiver that is a path": record("mallory", "../alice", TEXT),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_no_record_is_dropped_and_the_next_letter_is_served(mallory, alice, what):
    mallory.send(BROKEN[what])
    mallory.is_served(alice)
    mallory.is_served(alice)


def test_a_record_with_more_in_its_head_than_is_known_is_taken(mallory, alice):
    flags = forged.KEEPING | forged.UNREACHED | 0xF0
    id, later = mallory.message("more", more=bytes(16) + b"what a later version has to say", status=flags)
    mallory.send(later)
    mallory.arrives(alice, id, "more")
    mallory.send(record("mallory", ".store", PLACE + b" 7 and a word that came later", forged.NEXT))
    assert mallory.answer().kind == forged.BATCH
    mallory.is_served(alice)


@pytest.mark.parametrize("text, code", [
    (b'{"type":"translate","id":"q"}', "unknown_type"),
    (b'{"type":"history","id":"q","with":7}', "bad_field"),
    (b'{"type":"history","id":"q"', "bad_json"),
    (b"\xff\xfe", "bad_json"),
    (b"", "bad_json"),
], ids=["a question that came later", "a field of another kind", "half a question", "no text", "nothing"])
def test_a_question_that_is_not_understood_is_answered_with_why(mallory, alice, text, code):
    mallory.send(mallory.query(text))
    got = mallory.answer()
    assert got.kind == forged.ANSWER and json.loads(got.payload)["code"] == code
    mallory.is_served(alice)


@pytest.mark.parametrize("text", [
    payload("mallory", "bob", "other receiver"), payload("mallory", "alice", "other id"), b'{"type":"private_message"}', b"\xff", b"",
], ids=["receiver", "id", "fields", "UTF-8", "nothing"])
def test_a_message_whose_text_is_not_that_of_its_record_is_refused(mallory, alice, text):
    id = forged.TIME.to_bytes(6, "big") + b"0123456789"
    mallory.send(record("mallory", "alice", text, id=id, status=forged.KEEPING))
    refused = mallory.answer()
    assert (refused.kind, refused.id) == (forged.REFUSED, id)
    mallory.is_served(alice)


def test_a_thousand_that_are_none_do_not_hold_up_who_talks(mallory, alice, bystanders):
    for _ in range(50):
        mallory.send(*(record("mallory", "alice", TEXT, version=2) for _ in range(1000)), WHOLE[:-1])
        bystanders.talk()
    mallory.is_served(alice)
