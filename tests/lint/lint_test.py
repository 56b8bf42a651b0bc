# SPDX-License-Identifier: GPL-2.0-or-later
"""House style that a program can check."""

import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
FOLDERS = ["hypervisor", "dom0-rootfs", "installer", "vmwizard", "configs", "iso", "tests", "lib"]


def files(*patterns):
    found = []
    for folder in FOLDERS:
        for pattern in patterns:
            found += (TOP / folder).rglob(pattern)
    return sorted(path for path in found if path.is_file())


def shell_scripts():
    """By name or by first line; service run files have no suffix."""
    found = []
    for path in files("*"):
        if path.suffix in (".c", ".h", ".py", ".asc", ".pyc"):
            continue
        with open(path, "rb") as stream:
            first = stream.readline(80)
        if path.suffix == ".sh" or re.match(rb"#!\s*/bin/(ba)?sh", first):
            found.append(path)
    return found


def test_shellcheck():
    # SC1091: sourced files lie elsewhere in the image
    done = subprocess.run(["shellcheck", "-S", "warning", "-e", "SC1091", *shell_scripts()], cwd=TOP, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


def test_clang_format():
    done = subprocess.run(["clang-format", "--dry-run", "--Werror", *files("*.c", "*.h")], cwd=TOP,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def test_no_shell_from_c():
    """system(), popen() and exec through a shell do not occur: argv arrays only."""
    bad = [f"{path.relative_to(TOP)}: {match.group(0)}" for path in files("*.c", "*.h")
           for match in re.finditer(r"\b(system|popen)\s*\(", path.read_text())]
    assert not bad


def test_spdx():
    """Every source file of ours says its licence in the first lines."""
    bad = [str(path.relative_to(TOP)) for path in set(files("*.c", "*.h", "*.py", "*.sh", "*.mk")) | set(shell_scripts())
           if "SPDX-License-Identifier: GPL-2.0-or-later" not in path.read_text()[:300] and path.stat().st_size]
    assert not bad


LAYERS = {  # folder -> folders it may include
    "lib": ["lib"],
    "dom0-rootfs/early": ["dom0-rootfs/early"],
    "dom0-rootfs/host": ["dom0-rootfs/host", "lib"],
    "dom0-rootfs/monitor": ["dom0-rootfs/monitor", "dom0-rootfs/guests", "lib"],
    "dom0-rootfs/hotplug": ["dom0-rootfs/hotplug", "lib"],
    "dom0-rootfs/guests": ["dom0-rootfs/guests", "dom0-rootfs/monitor", "lib"],
    "installer": ["installer", "lib"],
    "vmwizard": ["vmwizard", "lib"],
}


def test_layering():
    """Nothing includes upwards, and programs never include each other."""
    bad = []
    for folder, allowed in LAYERS.items():
        for path in (TOP / folder).rglob("*.[ch]"):
            for name in re.findall(r'^#\s*include "([^"]+)"', path.read_text(), re.M):
                places = [TOP / name, path.parent / name, *(TOP / base / name for base in allowed)]
                if not any(place.resolve().exists() and any((TOP / base) in place.resolve().parents for base in allowed)
                           for place in places):
                    bad.append(f"{path.relative_to(TOP)} includes {name}")
    assert not bad


def test_only_one_file_includes_dialog():
    users = [str(path.relative_to(TOP)) for path in files("*.c", "*.h") if "<dialog.h>" in path.read_text()]
    assert len(users) <= 1, users


@pytest.mark.parametrize("path", ["configs/build.conf", "README.md", "LICENSE", "Makefile", ".ci/run"])
def test_there(path):
    assert (TOP / path).is_file()
