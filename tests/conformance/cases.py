"""What a case is: a number, and what is sent and must come back, step by step; then how the connection ends.

The numbers are those of the Autobahn testsuite's sections. Where that lets several answers pass, this asks for the one that
RFC 6455 has: 1002 for what breaks the protocol, 1007 for what is not UTF-8, a close answered with its own code, and all that
came before a close answered before it.
"""

from collections import namedtuple

from frames import BINARY, PONG, TEXT

Answer = namedtuple("Answer", "opcode payload")  # must come
Quiet = namedtuple("Quiet", "seconds")  # nothing may come
Leaves = namedtuple("Leaves", "code")  # we close, and are answered
Fails = namedtuple("Fails", "code")  # the server closes, whatever else we sent
Closed = namedtuple("Closed", "code")  # we have sent a close among the steps, and are answered

QUIET = Quiet(0.05)


class Case(namedtuple("Case", "number steps end offer answer")):
    def play(self, echo):
        peer = echo.connect()
        answer = peer.shake_hands([self.offer] if self.offer else [])
        assert answer == self.answer
        if answer:
            peer.agree(self.offer, answer)
        for step in self.steps:
            play_step(peer, step)
        play_end(peer, self.end)
        peer.finish()


def play_step(peer, step):
    match step:
        case Answer(opcode, payload):
            peer.expect(opcode, payload)
        case Quiet(seconds):
            peer.expect_silence(seconds)
        case _:
            peer.send(step)


def play_end(peer, end):
    match end:
        case Leaves(code):
            peer.leave(code)
        case Fails(code):
            peer.be_failed(code)
        case Closed(code):
            peer.expect_close(code)
            peer.expect_end()


def case(number, *steps, end=Leaves(1000), offer=None, answer=None):
    return Case(number, steps, end, offer, answer)


def says(payload):
    return Answer(TEXT, payload)


def gives(payload):
    return Answer(BINARY, payload)


def pongs(payload=b""):
    return Answer(PONG, payload)


