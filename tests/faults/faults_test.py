# SPDX-License-Identifier: GPL-2.0-or-later
"""The build's faults as tests among the others. They run on the host, whose apt, dpkg and kernel they are
about, before the test root is entered (tests/faults/run.sh, by `make test` and `make faults`): here each
one's result is taken from build/tests/faults.txt."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parents[1] / "build/tests/faults.txt"
NAMES = re.findall(r"^(test_\w+)\(\)$", (HERE / "run.sh").read_text(), re.M)


@pytest.mark.parametrize("name", NAMES)
def test_fault(name):
    results = {}
    if RESULTS.exists():
        for line in RESULTS.read_text().splitlines():
            word, test, seconds, why = (line + " ").split(" ", 3)
            results[test] = word, seconds, why.strip()
    if name not in results:
        pytest.skip("was not run on the host: make faults")
    word, seconds, why = results[name]
    if word == "skipped":
        pytest.skip(why)
    assert word == "passed", f"{why} (after {seconds} s; again: KEEP=1 sh tests/faults/run.sh {name})"
