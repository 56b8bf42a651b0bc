# SPDX-License-Identifier: GPL-2.0-or-later
"""What an installation comes from: a finished image that was given a host's file (here under UEFI, on a disk of
4096-byte sectors, which the firmware's own boot menu starts), memory, the network."""

import shutil

import pytest

from harness.machine import BUILD, ISO, Machine
from harness.medium import with_file
from harness.menu import entry_keys
from install_test import apply, conf, disk, drives, log_in, powers_off, settings_are_in_force, texts_drive

VARIABLES = "/sys/firmware/efi/efivars"


def system_drive(image):
    words = drives(system=image)
    words[-1] += ",logical_block_size=4096,physical_block_size=4096"
    return words


def starts_by_its_entry(machine):
    """The variable of the entry that the firmware has chosen is the one that the installer has written."""
    machine.run(f"mountpoint -q {VARIABLES} || mount -t efivarfs efivarfs {VARIABLES}")
    entries = machine.run(f"cd {VARIABLES}; for i in Boot0*; do tr -d '\\0' <$i | grep -q Domus && echo $i; done; cd")
    current = machine.run(f"od -An -tx1 {VARIABLES}/BootCurrent-*").split()[4:6]
    assert [entry[:8] for entry in entries.split()] == [f"Boot{(current[1] + current[0]).upper()}"], current


@pytest.mark.full
def test_install_from_the_medium():
    name = "install_from_the_medium"
    text = conf(a=("[install]", "[install]\nafter = poweroff"))
    system, iso = disk(name, "system.img"), with_file(ISO, text, BUILD / "tests" / name / "with-file.iso")
    first = Machine(name, firmware="uefi", machine="q35", iso=iso, extra=system_drive(system))
    with first:
        first.expect("Install Domus unattended", timeout=120)
        first.send("\r")
        first.expect("Unattended installation, from /domus.conf on the medium", timeout=300)
        first.expect("Domus is installed", timeout=400)
        first.wait_off(120)
    iso.unlink()
    second = Machine(name + "_disk", medium=None, firmware="uefi", machine="q35", extra=system_drive(system))
    (second.dir / "OVMF_VARS.fd").write_bytes((first.dir / "OVMF_VARS.fd").read_bytes())
    with second:
        log_in(second, timeout=300)
        settings_are_in_force(second)
        assert second.run("cat /sys/block/vda/queue/logical_block_size").strip() == "4096"
        starts_by_its_entry(second)
        assert "warning: " not in second.run("cat /var/log/domus-install.log")
        powers_off(second)


@pytest.mark.full
def test_install_from_memory():
    """Copied to memory under UEFI, the CD out; the disk then starts under BIOS."""
    name = "install_from_memory"
    system = disk(name, "system.img")
    machine = Machine(name, firmware="uefi", machine="q35", memory=2560, extra=drives(system=system) + texts_drive(name, conf()))
    with machine:
        machine.boot(entry_keys("live-toram"), timeout=400)
        machine.qmp("eject", device=optical(machine), force=True)
        machine.run("echo 3 >/proc/sys/vm/drop_caches")
        status, output = apply(machine, 0)
        assert status == 0, output
        powers_off(machine)
    starts_under_bios(name, system)


def optical(machine):
    return next(block["device"] for block in machine.qmp("query-block") if "ISO" in str(block) or "cd" in block["device"])


def starts_under_bios(name, system):
    with Machine(name + "_bios", medium=None, extra=drives(system=system)) as machine:
        log_in(machine)
        settings_are_in_force(machine)
        powers_off(machine)


@pytest.mark.full
def test_install_from_the_network():
    """Nothing but a network card and an empty disk: release and host's file come by TFTP, and the disk starts."""
    name = "install_from_the_network"
    system = disk(name, "system.img")
    served = system.parent / "served"
    shutil.rmtree(served, ignore_errors=True)
    shutil.copytree(BUILD / "netboot", served)
    (served / "xen1.conf").write_text(conf(a=("[install]", "[install]\nafter = poweroff")))
    menu = (served / "grub.cfg").read_text()
    assert menu.count("\nset config=\n") == 1
    (served / "grub.cfg").write_text(menu.replace("\nset config=\n", "\nset config=tftp://10.0.2.2/xen1.conf\n"))
    nic = f"user,model=e1000,tftp={served},bootfile=grub-bios.0"
    with Machine(name, medium=None, memory=3072, nic=nic, extra=drives(system=system)) as machine:
        machine.expect("Unattended installation, from tftp://10.0.2.2/xen1.conf", timeout=600)
        machine.expect("Domus is installed", timeout=400)
        machine.wait_off(120)
    starts_under_bios(name, system)
