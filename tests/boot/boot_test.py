# SPDX-License-Identifier: GPL-2.0-or-later
"""The medium boots: to `xl list` four ways, to rescue, and names what is damaged on it."""

import mmap
import os
import re
import shutil
import socket

import pexpect.fdpexpect
import pytest

from harness.machine import BUILD, ISO, SLOW, Machine
from harness.menu import DOWN, entry_keys


def works(machine):
    """What a booted dom0 must show."""
    listed = machine.run("xl list")
    assert re.search(r"^Domain-0\s+0\s", listed, re.M), listed
    assert machine.run("ls /run/domus/failed").split() == []
    assert "xen" in machine.run("cat /sys/hypervisor/type")


def powers_off(machine):
    machine.send("poweroff\r")
    machine.wait_off(120)


def test_smoke_bios_cd():
    """BIOS from CD: dom0 up, nothing failed, network address by DHCP, clean power-off."""
    with Machine("smoke_bios_cd") as machine:
        machine.boot(timeout=300)
        works(machine)
        machine.run("(i=0; until ip -4 addr show xenbr0 | grep -q inet; do i=$((i+1)); [ $i -lt 300 ] || exit 1; done)")
        assert "10.0.2." in machine.run("ip -4 -br addr show xenbr0")
        # SSH is closed until there is a key or a password
        assert machine.run("pidof dropbear || echo none").strip() == "none"
        powers_off(machine)


@pytest.mark.full
def test_bios_stick():
    with Machine("bios_stick", medium="stick") as machine:
        machine.boot(timeout=300)
        works(machine)


def test_uefi_stick():
    with Machine("uefi_stick", medium="stick", firmware="uefi", machine="q35") as machine:
        machine.boot(timeout=400)
        works(machine)
        machine.run("test -d /sys/firmware/efi")
        powers_off(machine)


@pytest.mark.full
def test_uefi_cd():
    with Machine("uefi_cd", firmware="uefi", machine="q35") as machine:
        machine.boot(timeout=400)
        works(machine)


@pytest.mark.full
@pytest.mark.parametrize("firmware, file", [("bios", "grub-bios.0"), ("uefi", "grub-efi.efi")])
def test_pxe(firmware, file):
    """From the network with QEMU's own TFTP server: no disk, no medium."""
    netboot = BUILD / "netboot"
    nic = f"user,model=e1000,tftp={netboot},bootfile={file}"
    with Machine(f"pxe_{firmware}", medium=None, firmware=firmware, memory=3072, nic=nic) as machine:
        machine.boot(timeout=600)
        works(machine)
        assert "domus.medium" not in machine.run("cat /proc/cmdline")
        powers_off(machine)


@pytest.mark.full
def test_literal_command():
    """`qemu-system-x86_64 -m 2G -cdrom build/domus.iso`, with nothing else but a serial line to see it by."""
    machine = Machine("literal_command")
    machine.argv = ["qemu-system-x86_64", "-m", "2G", "-cdrom", str(ISO), "-display", "none", "-serial", "stdio"]
    with machine:
        machine.boot(timeout=600)
        works(machine)


@pytest.mark.full
def test_rescue():
    """Linux without Xen, on the serial line ttyS0."""
    with Machine("rescue") as machine:
        machine.boot(entry_keys("rescue"), timeout=300)
        assert machine.run("ls /proc/xen/capabilities 2>/dev/null || echo plain").strip() == "plain"
        powers_off(machine)


@pytest.mark.full
def test_toram():
    """Copied to memory: everything is still there when the CD is not."""
    with Machine("toram") as machine:
        machine.boot(entry_keys("live-toram"), timeout=300)
        machine.qmp("eject", device="ide1-cd0", force=True)
        machine.run("echo 3 >/proc/sys/vm/drop_caches; cat /run/domus/medium/domus/layers/* | wc -c")
        machine.run("find /usr -xdev -type f -exec cat {} + | sha256sum", timeout=200)
        works(machine)
        powers_off(machine)


@pytest.mark.full
def test_memory_test():
    with Machine("memory_test", memory=256) as machine:
        machine.expect("Domus live", timeout=120)
        # on BIOS it comes right after this one
        machine.send(DOWN + entry_keys("check"))
        machine.expect("Memtest86", timeout=120)


@pytest.mark.full
def test_other_serial_port():
    """Xen and dom0 on COM2 at 9600 baud, chosen in the menu on COM1."""
    path = BUILD / "tests/com2"
    path.unlink(missing_ok=True)
    wanted = "live-com2-9600"
    ids = re.findall(r"--id (live-(?:com\d-\d+|vga)) ", (BUILD / "iso/boot/grub/grub.cfg").read_text())
    with Machine("other_serial_port", extra=["-serial", f"unix:{path},server=on,wait=off"]) as machine:
        machine.expect("Domus live", timeout=120)
        with socket.socket(socket.AF_UNIX) as com2:
            com2.connect(str(path))
            machine.send(entry_keys("live-serial"))
            machine.expect("COM1 at 57600", timeout=30)
            machine.send(DOWN * ids.index(wanted) + "\r")
            line = pexpect.fdpexpect.fdspawn(com2, timeout=300 * SLOW)
            line.expect(r"domus:[^ ]*# $")
            line.send("xl list && xl info xen_commandline\r")
            line.expect(r"Domain-0\s+0\s")
            line.expect("com2=9600")


@pytest.mark.full
def test_secure_boot_text():
    """With Secure Boot on, the user reads how to switch it off."""
    with Machine("secure_boot_text", firmware="uefi-secure", machine="q35") as machine:
        machine.expect("Secure Boot is on", timeout=120)
        machine.expect("Switch it off in the firmware", timeout=30)


# --- one byte changed

def damaged_iso(name, *files):
    """A copy of the medium with one byte changed in the middle of each of these files."""
    path = BUILD / "tests" / name
    path.mkdir(parents=True, exist_ok=True)
    path /= "damaged.iso"
    shutil.copyfile(ISO, path)
    with open(path, "r+b") as stream, mmap.mmap(stream.fileno(), 0) as image:
        for file in files:
            content = (BUILD / "iso/domus" / file).read_bytes()
            at = image.find(content[:4096] if len(content) > 4096 else content)
            assert at >= 0, file
            middle = at + len(content) // 2
            image[middle] = image[middle] ^ 0x01
    return path


@pytest.mark.parametrize("file", ["xen.gz", "vmlinuz", "initrd"])
def test_damaged_names(file):
    """GRUB compares what it loads with the build's sums and names the damaged file."""
    name = f"damaged_{file.split('.')[0]}"
    iso = damaged_iso(name, file)
    with Machine(name, iso=iso) as machine:
        machine.expect("Domus live", timeout=120)
        machine.send("\r")
        machine.expect(f"DAMAGED: /domus/{re.escape(file)}", timeout=120)
    os.unlink(iso)


def test_damaged_layers():
    """`Check this medium` names every damaged layer, each with one byte changed, and no other file."""
    layers = sorted(f"layers/{path.name}" for path in (BUILD / "iso/domus/layers").iterdir())
    iso = damaged_iso("damaged_layers", *layers)
    with Machine("damaged_layers", iso=iso) as machine:
        machine.expect("Domus live", timeout=120)
        machine.send(entry_keys("check"))
        for layer in layers:
            machine.expect(f"(DAMAGED|damaged).*{re.escape(layer)}", timeout=300)
    os.unlink(iso)
    log = (BUILD / "tests/damaged_layers/serial.log").read_text(errors="replace")
    assert set(re.findall(r"DAMAGED: ([^\s\x1b]+)", log)) == set(layers)
