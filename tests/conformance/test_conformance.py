"""RFC 6455 and RFC 7692 case by case, numbered as in the Autobahn testsuite's sections, against examples/echo."""

from collections import Counter

import pytest

import cases_bulk
import cases_framing
import cases_utf8

CASES = sorted(
    [*cases_framing.SECTIONS, *cases_utf8.SECTIONS, *cases_bulk.SECTIONS],
    key=lambda case: [int(part) for part in case.number.split(".")],
)
COUNTS = {1: 16, 2: 11, 3: 7, 4: 10, 5: 20, 6: 145, 7: 37, 9: 54, 10: 1, 12: 90, 13: 126}


def test_the_table_is_whole():
    assert Counter(int(case.number.split(".")[0]) for case in CASES) == COUNTS
    assert len({case.number for case in CASES}) == sum(COUNTS.values()) == 517


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.number)
def test_case(echo, case):
    case.play(echo)
