# SPDX-License-Identifier: GPL-2.0-or-later
"""A release that cannot do its work, in the slot of an upgrade: the old one starts again without a hand."""

import gzip
import hashlib
import re
import shutil
import subprocess

import pytest

from install_test import KEEP, conf, disk, drives, environment, install, log_in, powers_off, settings_are_in_force, \
    texts_drive
from harness.installed import Disk
from harness.machine import Machine
from harness.writelog import sparse_copy


def put(image, path, content):
    """Replaces a file of slot B."""
    cut = Disk(image, image.parent)
    new = image.parent / "new"
    new.write_bytes(content)
    commands = image.parent / "commands"
    commands.write_text(f"rm {path}\nwrite {new} {path}\n")
    done = subprocess.run(["debugfs", "-w", "-f", commands, f"{image}?offset={cut.parts['DOMUS-B'][0]}"], check=True,
                          text=True, capture_output=True)
    assert cut.ext4_file("DOMUS-B", path) == content, done.stderr


def release_file(image, name, content):
    """The same, and its sums: the file is not damaged, it is wrong."""
    cut = Disk(image, image.parent)
    put(image, f"/domus/{name}", content)
    sums = cut.ext4_file("DOMUS-B", "/domus/SHA256SUMS").decode()
    new = re.sub(rf"^\w+  {re.escape(name)}$", f"{hashlib.sha256(content).hexdigest()}  {name}", sums, flags=re.M)
    assert new != sums
    put(image, "/domus/SHA256SUMS", new.encode())
    if cut.ext4_file("DOMUS-B", f"/domus/sums/{name}"):
        put(image, f"/domus/sums/{name}", f"{hashlib.md5(content).hexdigest()}  {name}\n".encode())


def without_xen(image):
    release_file(image, "xen.gz", gzip.compress(b"This is no hypervisor.\n" * 1000))


def without_xenstored(image):
    """Its program ends at once."""
    cut, folder = Disk(image, image.parent), image.parent
    old, new, tree = folder / "old.squashfs", folder / "new.squashfs", folder / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    old.write_bytes(cut.ext4_file("DOMUS-B", "/domus/layers/base.squashfs"))
    subprocess.run(["unsquashfs", "-q", "-n", "-d", tree, old], check=True, stdout=subprocess.DEVNULL)
    program = next(tree.glob("usr/lib/xen-*/bin/xenstored"))
    program.write_text("#!/bin/sh\nexit 1\n")
    subprocess.run(["mksquashfs", tree, new, "-noappend", "-quiet", "-no-progress", "-all-root"], check=True,
                   stdout=subprocess.DEVNULL)
    release_file(image, "layers/base.squashfs", new.read_bytes())


@pytest.mark.full
def test_upgrade_falls_back():
    """Once with a Xen that is none, once with a xenstored that ends: slot A starts, and stays."""
    name = "upgrade_falls_back"
    upgraded = disk(name, "upgraded.img")
    texts = texts_drive(name, conf(), KEEP.format(mode="upgrade"))
    install(name, drives(system=upgraded) + texts, 0, 1)
    for spoil, words in ((without_xen, "In 15 seconds: the other release"),
                         (without_xenstored, "xenstored does not answer: restarting with the other release")):
        system = upgraded.parent / "system.img"
        sparse_copy(upgraded, system)
        spoil(system)
        with Machine(f"{name}_{spoil.__name__}", medium=None, extra=drives(system=system)) as machine:
            machine.expect("New release: tried once", timeout=120)
            machine.expect(words, timeout=400)
            # the next start: until then the console of the one that ends may be drawn once more
            machine.expect("Loading Xen and Linux", timeout=400)
            log_in(machine, timeout=400)
            settings_are_in_force(machine)
            assert machine.run("findfs LABEL=DOMUS-A").strip() in machine.run("mount | grep /run/domus/medium")
            assert "slot_b=bad" in environment(machine)
            powers_off(machine)
