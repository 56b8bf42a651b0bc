# SPDX-License-Identifier: GPL-2.0-or-later
"""A finished image that was given a host's file: it installs that host, here under UEFI, on a disk of 4096-byte
sectors, and the firmware's own boot menu starts it."""

import pytest

from harness.machine import BUILD, ISO, Machine
from harness.medium import with_file
from install_test import conf, disk, drives, log_in, powers_off, settings_are_in_force

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
