# SPDX-License-Identifier: GPL-2.0-or-later
"""A release that cannot do its work, in the slot of an upgrade: the old one starts again without a hand."""

import gzip

import pytest

from install_test import KEEP, conf, disk, drives, environment, install, log_in, powers_off, settings_are_in_force, \
    texts_drive
from harness.installed import change_release, release_file
from harness.machine import Machine
from harness.writelog import sparse_copy


def without_xen(image):
    release_file(image, "B", "xen.gz", gzip.compress(b"This is no hypervisor.\n" * 1000))


def without_xenstored(image):
    """Its program ends at once."""
    change_release(image, "B", "base", "usr/lib/xen-*/bin/xenstored", "#!/bin/sh\nexit 1\n")


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
