# SPDX-License-Identifier: GPL-2.0-or-later
"""Each C unit test program (cmocka, ASan and UBSan) is one item."""

import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
PROGRAMS = sorted(path.stem for path in (TOP / "tests" / "unit").glob("*_test.c"))


@pytest.mark.parametrize("program", PROGRAMS)
def test_unit(program):
    done = subprocess.run([TOP / "build" / "unit" / program], cwd=TOP, capture_output=True, text=True,
                          timeout=300, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
