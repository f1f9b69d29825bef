"""The storm's judge, with made-up logs: one that is right, and each that breaks one rule."""

import pytest

from checker import judge

RIGHT = [
    ("sent", "a", "b", 0),
    ("sent", "a", "b", 1),
    ("shown", "b", 1, "a", 0, "X0"),
    ("answer", "a", "b", 0, "stored"),
    ("answer", "a", "b", 0, "delivered"),
    ("shown", "b", 1, "a", 1, "X1"),
    ("answer", "a", "b", 1, "stored"),
]


def rules(events):
    return {fault.split(":")[0] for fault in judge(events).faults}


def test_a_right_log_has_no_fault():
    verdict = judge(RIGHT)
    assert not verdict.faults and verdict.counts["with a receipt"] == 2 and verdict.counts["sent"] == 2


@pytest.mark.parametrize("rule, events", [
    ("lost", [e for e in RIGHT if e[:2] != ("shown", "b") or e[4] != 1]),
    ("receipt twice", RIGHT + [("answer", "a", "b", 1, "stored")]),
    ("unanswered", RIGHT[:-1]),
    ("made up", RIGHT + [("shown", "b", 1, "a", 7, "X7")]),
    ("made up", [RIGHT[2], *RIGHT[:2], *RIGHT[3:]]),
    ("twice", RIGHT + [("shown", "b", 1, "a", 1, "X1")]),
    ("twice", RIGHT + [("end", "b", 1, False), ("shown", "b", 2, "a", 1, "X1")]),
    ("another id", RIGHT + [("end", "b", 1, True), ("shown", "b", 2, "a", 1, "X2")]),
    ("order", [*RIGHT[:2], RIGHT[5], RIGHT[2], *RIGHT[3:5], RIGHT[6]]),
])
def test_each_rule_is_seen_broken(rule, events):
    assert rules(events) == {rule}


def test_what_a_killed_connection_had_may_come_again_with_the_same_id():
    verdict = judge(RIGHT + [("end", "b", 1, True), ("shown", "b", 2, "a", 1, "X1")])
    assert not verdict.faults and verdict.counts["shown again after a kill"] == 1


def test_what_had_an_error_may_come_late_or_not_at_all_but_not_twice():
    late = [RIGHT[0], RIGHT[1], ("answer", "a", "b", 0, "unavailable"), *RIGHT[5:], RIGHT[2]]
    assert not judge(late).faults
    assert not judge(late[:-1]).faults
    assert rules([*late, RIGHT[2]]) == {"twice"}
    assert rules([*late[:-1], ("answer", "a", "b", 0, "stored")]) == {"lost"}
