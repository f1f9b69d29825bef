"""all.py [PYTEST ARGUMENT...]: runs the tests with pytest and ends with the line `N passed, N failed`.

What can't run on this machine is skipped, by name; in CI, which has all that is needed, that is a failure.
"""
import os
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
SUITES = ["unit", "conformance", "differential", "fuzz", "captured", "store", "e2e", "bench", "systemd", "browser"]


class Counter:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def pytest_runtest_logreport(self, report):
        if report.skipped:
            self.skipped += 1
        elif report.failed:
            self.failed += 1
        elif report.when == "call":
            self.passed += 1

    def pytest_collectreport(self, report):
        self.failed += report.failed


def main():
    os.chdir(TOP)
    counter = Counter()
    what = sys.argv[1:] or [str(TOP / "tests" / suite) for suite in SUITES] + [str(TOP / "tests" / "test_tree.py")]
    status = pytest.main(["-p", "no:cacheprovider", "-rsf", "--durations=10", *what], plugins=[counter])
    if os.environ.get("CI") == "true":
        counter.failed += counter.skipped
        counter.skipped = 0
    skipped = f", {counter.skipped} skipped" if counter.skipped else ""
    print(f"{counter.passed} passed, {counter.failed} failed{skipped}")
    return 1 if counter.failed or status not in (0, pytest.ExitCode.OK) else 0


sys.exit(main())
