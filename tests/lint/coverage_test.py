# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/coverage.txt names a test, which there is, for every key and for every screen of the walkthrough."""

import json
import re
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
TABLE = TOP / "tests/coverage.txt"
ROWS = [  # in the order of the walkthrough
    "boot menu of the medium", "language, keyboard, licence", "mode of installation", "time zone and clock",
    "overview of all settings", "choice of software", "plan, confirmation, progress", "first start from the disk",
    "root password and host name", "network interfaces", "test of the connection", "login method and users",
    "release notes and hardware", "Xen after the first restart", "boot entry and arguments afterwards",
    "list of machines", "operating system type", "one summary page", "virtualization method", "name of virtual machine",
    "hardware of the guest", "disks of the guest", "network adapters of the guest", "operating system installation",
    "console or screen of the new guest", "guest restarts from its own disk"]


def table():
    """(kind, name) -> tests."""
    found = {}
    for number, line in enumerate(TABLE.read_text().splitlines(), 1):
        if not line or line[0] == "#":
            continue
        match = re.fullmatch(r"(key|row|also) (.+?) = (\S+(?: \S+)*)", line)
        assert match, f"{TABLE}:{number}: {line}"
        assert match.group(1, 2) not in found, f"{TABLE}:{number}: twice: {line}"
        found[match.group(1, 2)] = match.group(3).split()
    return found


def keys_of(program):
    done = subprocess.run([TOP / "build/bin" / program, "schema", "--json"], check=True, text=True, stdout=subprocess.PIPE)
    return [f"{key['section']}.{key['key']}" for key in json.loads(done.stdout)["keys"]]


def text_of(test):
    """The file of a test, or "" when there is no such test."""
    path, _, function = test.partition(":")
    if not (TOP / path).is_file():
        return ""
    text = (TOP / path).read_text()
    if path.endswith(".case"):
        return text if not function else ""
    pattern = rf"^def {function}\(" if path.endswith(".py") else rf"_TEST\({function}\)|cmocka_unit_test\w*\({function}[,)]"
    return text if function and re.search(pattern, text, re.M) else ""


def test_every_key_and_row_has_a_test():
    named = table()
    keys = {key for program in ("domus-install", "domus-vm") for key in keys_of(program)}
    assert {name for kind, name in named if kind == "key"} ^ keys == set()
    assert [name for kind, name in named if kind == "row"] == ROWS


def test_the_tests_are_there():
    bad = [f"{kind} {name}: {test}" for (kind, name), tests in table().items() for test in tests if not text_of(test)]
    assert not bad


def test_a_test_of_a_key_has_that_key():
    bad = [f"{name}: {test}" for (kind, name), tests in table().items() for test in tests
           if kind == "key" and not re.search(rf"(?<![\w-]){name.split('.')[1]}(?![\w-])", text_of(test).replace("\\n", "\n"))]
    assert not bad


def test_a_test_that_is_not_there_is_found():
    assert text_of("tests/lint/coverage_test.py:test_nothing") == "" and text_of("tests/plan/cases/none.case") == ""
    assert text_of("tests/unit/netplan_test.c:down") and not text_of("tests/unit/netplan_test.c:dow")
