# SPDX-License-Identifier: GPL-2.0-or-later
"""What a host saves installs a second one, and itself again; a medium that is left in changes nothing."""

import hashlib

import pytest

from harness.installed import Disk
from harness.machine import Machine
from install_test import conf, config_volume, disk, drives, environment, install, log_in, powers_off, \
    settings_are_in_force, texts_drive
from power_cut_test import UNATTENDED

MIB = 1 << 20


def fill_in(template, password):
    """The blanks of the template, for a second host beside the first."""
    for section, line in (("host", "name = xen2"), ("bridge xenbri", "address = 10.0.0.1/24"),
                          ("root", f"password = {password}"), ("user tux", f"password = {password}"),
                          ("install", "reinstall = first"), ("disk", "serial = OTHER")):
        assert f"\n[{section}]\n" in template, template
        template = template.replace(f"\n[{section}]\n", f"\n[{section}]\n{line}\n")
    return template


def starts(name, image, host):
    with Machine(name, medium=None, extra=drives(system=image)) as machine:
        log_in(machine)
        settings_are_in_force(machine, host)
        powers_off(machine)


@pytest.mark.full
def test_install_saved():
    name = "install_saved"
    system, other = disk(name, "system.img"), disk(name, "other.img")
    text = conf()
    install(name, drives(system=system) + texts_drive(name, text), 0)
    with Machine(name + "_saves", medium=None, extra=drives(system=system)) as machine:
        log_in(machine)
        saved, template = (machine.run(f"domus-host save {words}").replace("\r", "") for words in ("", "--template"))
        powers_off(machine)
    password = text.split("password = ", 1)[1].split("\n", 1)[0]
    texts = texts_drive(name, fill_in(template, password), saved)
    install(name + "_second", drives(other=other) + texts, 0)
    starts(name + "_second_disk", other, "xen2")
    install(name + "_same", drives(system=system) + texts, 1)
    starts(name + "_same_disk", system, "xen1")


def release_of(image):
    """Digest of the slot that starts, and the boot loader's words. Zeros count as holes: which of them the host's file
    system holds as such may change by itself."""
    cut = Disk(image, image.parent)
    digest = hashlib.sha256()
    start, length = cut.parts["DOMUS-A"]
    with open(image, "rb") as stream:
        for at in range(start, start + length, MIB):
            stream.seek(at)
            block = stream.read(min(MIB, start + length - at))
            if block.count(0) != len(block):
                digest.update(f"{at - start} ".encode() + block)
    words = cut.words()
    return [digest.hexdigest()] + [words.get(word) for word in ("installed", "reinstall", "slot", "slot_a", "slot_b")]


@pytest.mark.full
def test_medium_left_in():
    """Three restarts start the disk; the unattended entry refuses; nothing of the installation is written again."""
    name = "medium_left_in"
    system = disk(name, "system.img")
    extra = drives(system=system, config=config_volume(name, conf(a=("[install]", "[install]\nafter = poweroff"))))
    with Machine(name, extra=extra) as machine:
        machine.expect("Install Domus unattended", timeout=120)
        machine.send("\r")
        machine.expect("Domus is installed", timeout=500)
        machine.wait_off(120)
    before = release_of(system)
    with Machine(name + "_restarts", extra=extra) as machine:
        for _ in range(3):
            machine.expect("Boot from hard disk", timeout=120)
            machine.send("\r")
            log_in(machine)
            assert "installed=yes" in environment(machine)
            machine.send("reboot\r")
        machine.expect("Install Domus unattended", timeout=120)
        machine.send(UNATTENDED)
        machine.expect('installed with "reinstall = first"; nothing was changed', timeout=300)
        machine.login(timeout=300)
        powers_off(machine)
    assert release_of(system) == before
