# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenarios of the planner: a host's file and a machine in, the plan or the refusals out.

A case is one file: the host's file, a line `=== inventory`, the machine as JSON, a line `=== output`, and all
that `domus-install plan` prints, errors first. `make golden` rewrites the outputs; read the difference.
"""

import os
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
PROGRAM = TOP / "build/bin/domus-install"
CASES = sorted((Path(__file__).parent / "cases").glob("*.case"))


def plan(tmp_path, conf, inventory):
    (tmp_path / "host.conf").write_text(conf)
    (tmp_path / "machine.json").write_text(inventory)
    done = subprocess.run([PROGRAM, "plan", "host.conf", "--inventory", "machine.json"], cwd=tmp_path, text=True,
                          capture_output=True, check=False)
    return f"{done.stderr}{done.stdout}exit {done.returncode}\n"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_plan(path, tmp_path):
    conf, rest = path.read_text().split("=== inventory\n")
    inventory, _, expected = rest.partition("=== output\n")
    output = plan(tmp_path, conf, inventory)
    if os.environ.get("GOLDEN"):
        path.write_text(f"{conf}=== inventory\n{inventory}=== output\n{output}")
        return
    assert output == expected
    assert plan(tmp_path, conf, inventory) == output, "same input, other plan"


def test_sample(tmp_path):
    """The sample file is one: with every key at its default, nothing is unknown or out of range."""
    text = subprocess.run([PROGRAM, "schema", "--sample"], text=True, capture_output=True, check=True).stdout
    path = tmp_path / "sample.conf"
    path.write_text(text)
    done = subprocess.run([PROGRAM, "check", path], text=True, capture_output=True, check=False)
    assert [line.split("error: ")[1].split()[0] for line in done.stderr.splitlines()] == [
        "nobody", "[install]", "[disk]"], done.stderr
    defaults = "".join(line[1:] + "\n" if line.startswith("#") and line[1] != " " else line + "\n"
                       for line in text.split("#[")[0].splitlines() if not line.endswith(" ="))
    path.write_text(defaults)
    done = subprocess.run([PROGRAM, "check", path], text=True, capture_output=True, check=False)
    assert "unknown" not in done.stderr and "range" not in done.stderr, done.stderr
