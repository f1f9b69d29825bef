"""The judge: what a storm's log must show. It knows no sockets, only what was sent, answered and shown, in the order of events.

An event is a tuple:
("sent", sender, receiver, number)             for the first time; the numbers of a pair count up
("answer", sender, receiver, number, what)     "stored", "delivered", or the code of an error: then it may be sent again, later
("shown", receiver, life, sender, number, id)  by the connection number `life` of the receiver
("end", user, life, killed)                    of a connection; killed: its session, or hard by its client
"""

import collections

RECEIPTS = ("stored", "delivered")


class Verdict:
    def __init__(self):
        self.faults = []
        self.counts = collections.Counter()

    def fault(self, rule, text):
        self.faults.append(f"{rule}: {text}")
        self.counts[rule] += 1


def lost(events, verdict):
    shown = {(e[3], e[1], e[4]) for e in events if e[0] == "shown"}
    for key in dict.fromkeys(e[1:4] for e in events if e[0] == "answer" and e[4] in RECEIPTS):
        verdict.counts["with a receipt"] += 1
        if key not in shown:
            verdict.fault("lost", f"{key} had a receipt and never came")


def answered_twice(events, verdict):
    for answer, times in collections.Counter(e for e in events if e[0] == "answer" and e[4] in RECEIPTS).items():
        if times > 1:
            verdict.fault("receipt twice", f"{answer[1:]} {times} times")


def unanswered(events, verdict):
    answered = {e[1:4] for e in events if e[0] == "answer"}
    for key in (e[1:4] for e in events if e[0] == "sent"):
        if key not in answered:
            verdict.fault("unanswered", f"{key}")


def made_up(events, verdict):
    sent = set()
    for event in events:
        if event[0] == "sent":
            sent.add(event[1:4])
        elif event[0] == "shown" and (event[3], event[1], event[4]) not in sent:
            verdict.fault("made up", f"{event[1:]} was not sent")


def twice(events, verdict):
    killed = {e[1:3] for e in events if e[0] == "end" and e[3]}
    before = collections.defaultdict(list)
    for _, receiver, life, sender, number, ident in (e for e in events if e[0] == "shown"):
        earlier = before[receiver, sender, number]
        if any(ident != other for _, other in earlier):
            verdict.fault("another id", f"{sender} to {receiver} {number}: {ident} after {earlier}")
        elif any(life == other for other, _ in earlier):
            verdict.fault("twice", f"{sender} to {receiver} {number} on connection {life}")
        elif any((receiver, other) not in killed for other, _ in earlier):
            verdict.fault("twice", f"{sender} to {receiver} {number} on {life}, after {earlier}, which was not killed")
        elif earlier:
            verdict.counts["shown again after a kill"] += 1
        earlier.append((life, ident))


def order(events, verdict):
    """First showings only: what comes again after a kill is judged by twice(). What had an error may come late."""
    given_up = {e[1:4] for e in events if e[0] == "answer" and e[4] not in RECEIPTS}
    seen, last = set(), {}
    for _, receiver, life, sender, number, _ in (e for e in events if e[0] == "shown"):
        key = sender, receiver, number
        if key in seen or key in given_up:
            continue
        seen.add(key)
        if number < last.get((sender, receiver), -1):
            verdict.fault("order", f"{sender} to {receiver}: {number} after {last[sender, receiver]} on connection {life}")
        last[sender, receiver] = max(number, last.get((sender, receiver), -1))


def judge(events):
    verdict = Verdict()
    for rule in (lost, answered_twice, unanswered, made_up, twice, order):
        rule(events, verdict)
    for kind in ("sent", "shown"):
        verdict.counts[kind] = sum(e[0] == kind for e in events)
    verdict.counts["given up"] = len({e[1:4] for e in events if e[0] == "answer" and e[4] not in RECEIPTS})
    return verdict
