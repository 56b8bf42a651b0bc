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
    # the console shows the host's state first
    machine.expect("log-in prompt", timeout=timeout)
    machine.send("l")
    machine.expect("login: $", timeout=60)
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


def environment(machine):
    """The boot loader's, of the disk that is vda."""
    return machine.run("mkdir -p /tmp/e && mount -t vfat -o ro /dev/vda2 /tmp/e && cat /tmp/e/boot/grub/grubenv; umount /tmp/e")


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
        assert "reinstall=first" in environment(machine)
        powers_off(machine)
    with Machine(name + "_uefi", medium=None, firmware="uefi", machine="q35", extra=drives(system=system)) as machine:
        log_in(machine)
        settings_are_in_force(machine)
        assert machine.run("cat /root/kept").strip() == "kept"
        machine.run("test -d /sys/firmware/efi")
        print(machine.run("cat /run/domus/log/times; free -m; ls -la /var/log"))


def apply(machine, text, timeout=300):
    """Installs from a file typed at the live shell; returns status and output."""
    machine.run(f"cat >/tmp/domus.conf <<'END'\n{text}\nEND")
    return machine.run("domus-install apply /tmp/domus.conf --yes 2>&1", timeout=timeout, check=False)


KEEP = """\
[install]
licence = accepted
mode = {mode}
components = remote

[root]
password = *

[disk]
serial = SYSTEM
"""


@pytest.mark.full
def test_install_keep():
    """Upgrade: slot B is tried and kept; one that does not start falls back by itself; repair keeps the settings."""
    name = "install_keep"
    system = disk(name, "system.img")
    with Machine(name, extra=drives(system=system)) as machine:
        machine.boot(timeout=300)
        status, output = apply(machine, conf())
        assert status == 0, output
        status, output = apply(machine, KEEP.format(mode="upgrade"))
        assert status == 0, output
        powers_off(machine)
    with Machine(name + "_b", medium=None, extra=drives(system=system)) as machine:
        machine.expect("New release: tried once", timeout=120)
        log_in(machine)
        settings_are_in_force(machine)
        for _ in range(60):
            if "slot_b=ok" in environment(machine):
                break
        else:
            machine.fail("the new release was not confirmed")
        assert machine.run("findfs LABEL=DOMUS-B").strip() in machine.run("mount | grep /run/domus/medium")
        powers_off(machine)
    with Machine(name + "_break", extra=drives(system=system)) as machine:
        machine.boot(timeout=300)
        status, output = apply(machine, KEEP.format(mode="upgrade"))  # to slot A, from B
        assert status == 0, output
        machine.run("mkdir -p /tmp/a && mount -t ext4 /dev/vda3 /tmp/a && echo broken >/tmp/a/domus/xen.gz && umount /tmp/a")
        powers_off(machine)
    with Machine(name + "_back", medium=None, extra=drives(system=system)) as machine:
        machine.expect("DAMAGED: /domus/xen.gz", timeout=120)
        log_in(machine)
        assert machine.run("findfs LABEL=DOMUS-B").strip() in machine.run("mount | grep /run/domus/medium")
        powers_off(machine)
    with Machine(name + "_repair", extra=drives(system=system)) as machine:
        machine.boot(timeout=300)
        machine.run("dd if=/dev/zero of=/dev/vda bs=440 count=1 conv=notrunc")
        status, output = apply(machine, KEEP.format(mode="repair"))
        assert status == 0, output
        powers_off(machine)
    with Machine(name + "_repaired", medium=None, extra=drives(system=system)) as machine:
        log_in(machine)
        settings_are_in_force(machine)


def sums(*images):
    return [subprocess.run(["sha256sum", image], check=True, text=True, stdout=subprocess.PIPE).stdout.split()[0]
            for image in images]


@pytest.mark.full
def test_install_disk_safety():
    """Three disks: refusals change nothing, an installation and a failing one leave the other two alone."""
    name = "install_disk_safety"
    system, second, third = (disk(name, f"{word}.img") for word in ("system", "second", "third"))
    for image in (second, third):
        subprocess.run(["mkfs.ext4", "-q", "-F", "-L", "keep", image], check=True)
    # old RAID metadata, as mdadm 1.2 leaves it: magic 0xa92b4efc 4 KiB from the start
    with open(system, "r+b") as stream:
        stream.seek(4096)
        stream.write(bytes.fromhex("fc4e2ba901000000"))
    before = sums(system, second, third)
    with Machine(name, extra=drives(system=system, second=second, third=third)) as machine:
        machine.boot(timeout=300)
        refusals = [
            (conf(a=("serial = SYSTEM", "model = none")), "fits no disk"),
            (conf(a=("serial = SYSTEM", "min-size = 1 GiB")), "fits 3 disks"),
            (conf(a=("serial = SYSTEM", "serial = SECOND")), "is not empty"),
            (conf(a=("serial = SYSTEM", "serial = SYSTEM\nstate = 20 GiB")), "is too small"),
        ]
        for text, reason in refusals:
            status, output = apply(machine, text)
            assert status == 1 and reason in output, output
        machine.run("sync")
        assert sums(system, second, third) == before
        broken = conf(a=("[disk]", "[hook stop]\nat = before-partitioning\nrun = echo no >&2; exit 3\n\n[disk]"))
        status, output = apply(machine, broken)
        assert status == 1 and "hook stop: " in output and "no" in output, output
        machine.run("sync")
        assert sums(system, second, third) == before
        late = conf(a=("[disk]", "[hook stop]\nat = after-installation\nrun = exit 3\n\n[disk]\nerase = yes"))
        status, output = apply(machine, late)
        assert status == 1 and "hook stop: " in output, output
        assert "/run/domus/install/target" not in machine.run("mount")
        status, output = apply(machine, conf(a=("[disk]", "[disk]\nerase = yes")))
        assert status == 0, output
        powers_off(machine)
    assert sums(second, third) == before[1:]
    with Machine(name + "_after", medium=None, extra=drives(system=system)) as machine:
        log_in(machine)
        settings_are_in_force(machine)
