# SPDX-License-Identifier: GPL-2.0-or-later
"""An installation from a file, and the host that comes of it: settings in force, on BIOS and UEFI."""

import re
import subprocess

import pytest

from harness.machine import BUILD, Machine

# openssl passwd -6 -salt saltsalt 'p@ss:w_rd'
PASSWORD = "p@ss:w_rd"
GIB = 1 << 30

CONF = """\
[host]
name = xen1
domain = example.org

[time]
zone = Europe/Berlin

[bridge xenbr0]
ports = auto
method = dhcp

[bridge xenbri]
ports =
method = static
address = 10.0.0.1/24

[root]
password = {hash}

[user tux]
uid = 1000
password = {hash}

[boot]
timeout = 1
xen-args = guest_loglvl=all

[install]
licence = accepted
components = remote
reinstall = first

[disk]
serial = SYSTEM
"""


def conf(**changes):
    hashed = subprocess.run(["openssl", "passwd", "-6", "-salt", "saltsalt", PASSWORD], check=True, text=True,
                            stdout=subprocess.PIPE).stdout.strip()
    text = CONF.format(hash=hashed)
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    return text


def disk(name, file, gib=8):
    path = BUILD / "tests" / name
    path.mkdir(parents=True, exist_ok=True)
    path /= file
    path.unlink(missing_ok=True)
    with open(path, "wb") as stream:
        stream.truncate(int(gib * GIB))
    return path


def config_volume(name, text):
    """A small FAT volume labelled DOMUSCFG with the file on it."""
    image = disk(name, "config.img", 4 / 1024)
    (image.parent / "domus.conf").write_text(text)
    subprocess.run(["mkfs.fat", "-n", "DOMUSCFG", image], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["mcopy", "-i", image, image.parent / "domus.conf", "::domus.conf"], check=True)
    return image


def drives(**images):
    """virtio disks; the serial number is the name in capitals."""
    words = []
    for name, image in images.items():
        words += ["-drive", f"if=none,id={name},format=raw,file={image},discard=unmap",
                  "-device", f"virtio-blk-pci,drive={name},serial={name.upper()}"]
    return words


def log_in(machine, user="root", password=PASSWORD, timeout=240):
    machine.expect("login: $", timeout=timeout)
    machine.send(f"{user}\r")
    machine.expect("Password: ", timeout=30)
    machine.send(f"{password}\r")
    machine.expect(r"[#$] $", timeout=90)
    machine.shell_ready()


def settings_are_in_force(machine):
    assert re.search(r"^Domain-0\s+0\s", machine.run("xl list"), re.M)
    assert machine.run("ls /run/domus/failed").split() == []
    assert machine.run("hostname").strip() == "xen1"
    assert "CE" in machine.run("date")  # CET or CEST
    assert "10.0.0.1/24" in machine.run("ip -4 -br addr show xenbri | cat")
    assert "guest_loglvl=all" in machine.run("xl info xen_commandline")
    assert "uid=1000(tux)" in machine.run("id tux")
    assert "/srv/domus" in machine.run("mount")
    assert "library" in machine.run("lvm lvs --noheadings domus")
    assert machine.run("ls /run/domus/medium/domus/layers").split() == [
        f"{layer}.squashfs" for layer in ("base", "domus", "modules", "remote")]
    assert machine.run("find / -xdev -name 'qemu-system*' | head").strip() == ""


def powers_off(machine):
    machine.send("poweroff\r")
    machine.wait_off(120)


def test_install_unattended():
    """Empty disk, a file on a volume: installed without a key; restarted with the medium left in; then UEFI."""
    name = "install_unattended"
    system = disk(name, "system.img")
    config = config_volume(name, conf())
    with Machine(name, extra=drives(system=system, config=config)) as machine:
        # Enter cuts the countdowns short, nothing is chosen.
        machine.expect("Install Domus unattended", timeout=120)
        machine.send("\r")
        machine.expect("Unattended installation, from /domus.conf on the volume DOMUSCFG", timeout=240)
        begin = machine.seconds()
        machine.expect("Domus is installed", timeout=240)
        print(f"installed in {machine.seconds() - begin:.1f} s, {machine.seconds():.1f} s from power-on")
        machine.expect("Boot from hard disk", timeout=120)
        machine.send("\r")
        log_in(machine)
        settings_are_in_force(machine)
        machine.run("echo kept >/root/kept")
        # the unattended entry refuses while the file's word is the same
        assert "reinstall=first" in machine.run("strings /dev/vda2 | grep -m 1 '^reinstall='")
        powers_off(machine)
    with Machine(name + "_uefi", medium=None, firmware="uefi", machine="q35", extra=drives(system=system)) as machine:
        log_in(machine)
        settings_are_in_force(machine)
        assert machine.run("cat /root/kept").strip() == "kept"
        machine.run("test -d /sys/firmware/efi")
        print(machine.run("cat /run/domus/log/times; free -m; ls -la /var/log"))
