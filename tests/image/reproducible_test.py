# SPDX-License-Identifier: GPL-2.0-or-later
"""The same manifest gives the same image, byte for byte."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
BUILD = TOP / "build"
RESULT = BUILD / "tests" / "reproduce.txt"


def other_tree():
    """The sources in another directory, with what takes longest already there: the unpacked packages, busybox and a
    hypervisor from source. The full test below makes these again, too."""
    tree = BUILD / "tests" / "reproducible" / "somewhere-else"
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(TOP, tree, symlinks=True, ignore=shutil.ignore_patterns("build", ".git"))
    build = tree / "build"
    (build / "busybox").mkdir(parents=True)
    for name in ("image", "sources", "sources-xen", "musl-headers"):
        if (BUILD / name).exists():
            (build / name).symlink_to(BUILD / name)
    for name in ("manifest", "conf.mk", "root.stamp", "sources.stamp", "wanted.stamp"):
        shutil.copy(BUILD / name, build / name)
    shutil.copy(BUILD / "busybox/busybox", build / "busybox/busybox")
    if "XEN := source" in (BUILD / "conf.mk").read_text():
        shutil.copy(BUILD / "xen.gz", build / "xen.gz")
    return tree


def parts(build):
    """Every file that goes into the image, by name."""
    found = {str(path.relative_to(build)): path for path in (build / "iso").rglob("*") if path.is_file()}
    return {**found, "efi.img": build / "efi.img", "grub-bios.img": build / "grub-bios.img"}


def test_reproducible():
    """All pieces and layers once more: another directory, time zone, language and number of jobs. (enter.sh sets the
    umask for every build; the full test comes in with another one.)"""
    tree = other_tree()
    config = BUILD / "iso/domus.conf"
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TZ": "Pacific/Kiritimati", "LANG": "ja_JP.UTF-8",
           "SOURCE_DATE_EPOCH": os.environ["SOURCE_DATE_EPOCH"]}
    command = f"exec make -s -j3 INSIDE=1 build/domus.iso {f'CONFIG={config}' if config.exists() else ''}"
    # In the build root, as `make iso` does: the test root, where this runs, has a newer QEMU.
    enter = """set -e; for dir in /dev /proc "$3"; do mkdir -p "$0$dir"; mount --rbind "$dir" "$0$dir"; done
        exec chroot "$0" sh -ec "cd '$1'; $2" """
    argv = ["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", enter, BUILD / "root", tree, command, TOP]
    made = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-2000:]
    ours, theirs = parts(BUILD), parts(tree / "build")
    assert [name for name in ours if name not in theirs or ours[name].read_bytes() != theirs[name].read_bytes()] == []
    assert (BUILD / "domus.iso").read_bytes() == (tree / "build/domus.iso").read_bytes()
    shutil.rmtree(tree)


@pytest.mark.full
def test_two_complete_builds():
    """tests/image/reproduce.sh has run on the host before this: see there."""
    if not RESULT.exists():
        pytest.skip("make reproduce has not run")
    text = RESULT.read_text()
    assert text.startswith("same "), text
