# SPDX-License-Identifier: GPL-2.0-or-later
"""The fuzz targets (libFuzzer, with sanitizers): the corpus, then on from there. DOMUS_FUZZ=SECONDS goes on longer."""

import os
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
SECONDS = os.environ.get("DOMUS_FUZZ", "10")
GUEST = ("spec", "device", "guestread", "guestcfg", "defaults", "image", "taker/menu")
TARGETS = {"hostconf": [], "guest": [f"vmwizard/{name}.c" for name in GUEST]}


@pytest.mark.full
@pytest.mark.parametrize("name", TARGETS)
def test_fuzz(name, tmp_path):
    program, found = tmp_path / name, tmp_path / "found"
    found.mkdir()
    sources = sorted(str(path.relative_to(TOP)) for path in (TOP / "lib").glob("*.c"))
    subprocess.run(["clang", "-std=gnu11", "-g", "-O1", "-fsanitize=fuzzer,address,undefined",
                    "-fno-sanitize-recover=all", "-I.", "-Ilib", '-DDOMUS_VERSION="0"', "-o", program,
                    f"tests/fuzz/{name}_fuzz.c", *TARGETS[name], *sources, "-ljansson", "-lcrypt", "-lcurl",
                    "-lnettle"], cwd=TOP, check=True, timeout=300)
    argv = [program, f"-max_total_time={SECONDS}", "-max_len=4096", "-timeout=10", "-print_final_stats=1",
            "-dict=tests/fuzz/hostconf.dict", f"-artifact_prefix={tmp_path}/", found, "tests/fuzz/corpus"]
    done = subprocess.run(argv, cwd=TOP, capture_output=True, text=True, errors="replace",
                          timeout=int(SECONDS) + 120, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    print(next(line for line in done.stderr.splitlines() if "number_of_executed_units" in line))
