# SPDX-License-Identifier: GPL-2.0-or-later
"""An installation from a file, and the host that comes of it: settings in force, on BIOS and UEFI."""

import fcntl
import hashlib
import re
import socket
import struct
import subprocess
import zlib

import pexpect
import pytest

from harness.installed import Disk, change_release
from harness.machine import BUILD, ISO, LIVE, SLOW, Machine
from harness.writelog import only_data, sparse_copy
from tui.screen import Terminal

PASSWORD = "p@ss:w_rd"
NEW_PASSWORD = "n=w#p@ss"
GIB = 1 << 30

NETWORKS = """\
[bridge xenbr0]
ports = auto
method = dhcp

[bridge xenbri]
ports =
method = static
address = 10.0.0.1/24
"""
CONF = """\
[host]
name = xen1
domain = example.org

[time]
zone = Europe/Berlin
ntp-servers = ntp.example.org

[keyboard]
layout = jp106

{networks}
[root]
password = {hash}

[user tux]
uid = 1000
fullname = Tux
password = {hash}
admin = yes

[services]
cron = no

[boot]
timeout = 1
xen-args = guest_loglvl=all
dom0-args = audit=0

[install]
licence = accepted
components = remote
reinstall = first

[disk]
serial = SYSTEM
"""


def hashed(password):
    return subprocess.run(["openssl", "passwd", "-6", "-salt", "saltsalt", password], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


def conf(**changes):
    text = CONF.format(hash=hashed(PASSWORD), networks=NETWORKS)
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
    type_login(machine, user, password)


def type_login(machine, user="root", password=PASSWORD):
    """From the status page."""
    machine.send("l")
    machine.expect("login: $", timeout=60)
    machine.send(f"{user}\r")
    machine.expect("Password: ", timeout=30)
    machine.send(f"{password}\r")
    machine.expect(r"[#$] $", timeout=90)
    machine.shell_ready()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def ssh_client(port, user, command, *more, password=PASSWORD):
    """Logged in over SSH, whose port of the machine is this one of ours."""
    options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR",
               "PreferredAuthentications=password", "NumberOfPasswordPrompts=1"]
    words = [word for option in options for word in ("-o", option)]
    ssh = pexpect.spawn("ssh", ["-p", str(port), *words, *more, f"{user}@127.0.0.1", command], timeout=120 * SLOW,
                        encoding="utf-8")
    ssh.expect("assword: ")
    ssh.sendline(password)
    return ssh


def by_ssh(port, command, user="root", password=PASSWORD):
    """What a command prints over SSH."""
    ssh = ssh_client(port, user, command, password=password)
    ssh.expect(pexpect.EOF)
    ssh.close()
    assert ssh.exitstatus == 0, ssh.before
    return ssh.before.strip()


def settings_are_in_force(machine, name="xen1"):
    assert re.search(r"^Domain-0\s+0\s", machine.run("xl list"), re.M)
    assert machine.run("ls /run/domus/failed").split() == []
    assert machine.run("hostname -f").strip() == f"{name}.example.org"
    assert machine.run("cat /etc/domus/keymap").strip() == "jp106"
    assert "ntp.example.org" in machine.run("cat /etc/ntp.conf")
    assert machine.run("sv status /run/service/crond").startswith("down")
    assert "CE" in machine.run("date")  # CET or CEST
    assert "10.0.0.1/24" in machine.run("ip -4 -br addr show xenbri | cat")
    assert "guest_loglvl=all" in machine.run("xl info xen_commandline")
    assert " audit=0" in machine.run("cat /proc/cmdline")
    assert "uid=1000(tux)" in machine.run("id tux") and "wheel" in machine.run("id tux")
    assert ":Tux:" in machine.run("grep ^tux: /etc/passwd")
    assert "/srv/domus" in machine.run("mount")
    assert "library" in machine.run("lvm lvs --noheadings domus")
    assert machine.run("ls /run/domus/medium/domus/layers").split() == [
        f"{layer}.squashfs" for layer in ("base", "domus", "modules", "remote")]
    assert machine.run("find / -xdev -name 'qemu-system*' | head").strip() == ""


def environment(machine):
    """The boot loader's, of the disk that is vda. Not read-only: the host itself may have it open for a moment."""
    return machine.run("mkdir -p /tmp/e && mount -t vfat /dev/vda2 /tmp/e && cat /tmp/e/boot/grub/grubenv; umount /tmp/e")


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
    port = free_port()
    with Machine(name + "_uefi", medium=None, firmware="uefi", machine="q35", extra=drives(system=system),
                 nic=f"user,model=e1000,hostfwd=tcp:127.0.0.1:{port}-:22") as machine:
        log_in(machine)
        settings_are_in_force(machine)
        # an address, and somebody who listens on port 22
        machine.run("until ip -4 route | grep -q default && cat /proc/net/tcp* | grep -q ':0016 .* 0A '; do sleep 1; done",
                    timeout=120)
        assert [by_ssh(port, "hostname", user) for user in ("root", "tux")] == ["xen1", "xen1"]
        assert machine.run("cat /root/kept").strip() == "kept"
        machine.run("test -d /sys/firmware/efi")
        print(machine.run("cat /run/domus/log/times; free -m; ls -la /var/log"))


def texts_drive(name, *texts):
    """A disk with the files that apply() names by their number: typing them takes longer than an installation."""
    image = disk(name, "texts.img", 4 / 1024)
    subprocess.run(["mkfs.fat", "-n", "TEXTS", image], check=True, stdout=subprocess.DEVNULL)
    for number, text in enumerate(texts):
        (image.parent / f"{number}.conf").write_text(text)
        subprocess.run(["mcopy", "-i", image, image.parent / f"{number}.conf", f"::{number}.conf"], check=True)
    return drives(texts=image)


def open_texts(machine):
    """The texts as /tmp/t/NUMBER.conf."""
    machine.run("mkdir -p /tmp/t; mountpoint -q /tmp/t || mount -t vfat -o ro $(findfs LABEL=TEXTS) /tmp/t")


def apply(machine, number, timeout=400):
    """Installs from a file of the texts' disk; returns status and output."""
    open_texts(machine)
    return machine.run(f"domus-install apply /tmp/t/{number}.conf --yes 2>&1", timeout=timeout, check=False)


def install(name, extra, *numbers):
    """Installs from these of the texts, one after the other, on a machine of its own."""
    with Machine(name, extra=extra) as machine:
        machine.boot(LIVE, timeout=300)
        for number in numbers:
            status, output = apply(machine, number)
            assert status == 0, output
        powers_off(machine)


def installed(name, text, other=None, extra=()):
    """An own copy of a disk that was installed from this text; tests share one installation of an image. other: the host's
    file that is put there instead. extra: what the machine had more while it was installed."""
    iso, folder = ISO.stat(), BUILD / "tests" / "installed"
    folder.mkdir(parents=True, exist_ok=True)
    image = f"{iso.st_size:x}-{iso.st_mtime_ns:x}"
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    base = folder / f"{image}-{key}.img"
    with open(folder / f"{key}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not base.exists():
            for old in folder.glob(f"*-{key}.img"):
                old.unlink()
            work = disk(f"installed_{key}", "system.img")
            install(f"installed_{key}", [*drives(system=work), *texts_drive(f"installed_{key}", text), *extra], 0)
            work.rename(base)
    system = disk(name, "system.img")
    sparse_copy(base, system)
    if other is not None:
        put_conf(system, other)
    return system


def put_conf(image, text):
    """Another host's file on an installed disk."""
    cut, path = Disk(image, image.parent), "/etc/domus/host.conf"
    (image.parent / "host.conf").write_text(text)
    (image.parent / "commands").write_text(f"rm {path}\nwrite {image.parent / 'host.conf'} {path}\n"
                                           f"set_inode_field {path} mode 0100600\n")
    state = f"{image}?offset={cut.parts['DOMUS-STATE'][0]}"
    subprocess.run(["debugfs", "-w", "-f", image.parent / "commands", state], check=True, capture_output=True)
    assert cut.ext4_file("DOMUS-STATE", path) == text.encode()


FIRST_START = """\
[hook note]
at = first-boot
run = echo "$(hostname)" >>/root/first-start

[vm demo]
os = demo
method = pv
autostart = yes
disk = new, size=64 MiB

[disk]"""

# What a host must not lose: its SSH identity, its guests' files and disks, root's home.
KEPT = "sha256sum /var/lib/domus/ssh/* /etc/xen/demo.cfg /root/first-start; ls -l /etc/xen/auto | grep -c demo; " \
       "lvm lvs --noheadings -o lv_name,lv_uuid domus; head -c 16 /dev/domus/demo-xvda"


def guest_runs(machine):
    for _ in range(60):
        if re.search(r"^demo\s+\d+\s", machine.run("xl list"), re.M):
            return
    machine.fail("the guest does not run")


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


def has_local_file(machine, is_outdated):
    """In force; and status says when the release's own has changed since it was written."""
    assert machine.run("cat /proc/sys/kernel/panic").strip() == "77"
    said = "This release has changed /etc/sysctl.conf, which your /etc/domus/local/sysctl.conf replaces"
    assert (said in machine.run("domus-host status")) == is_outdated


@pytest.mark.full
def test_install_keep():
    """Upgrade: slot B is tried and kept; one that does not start falls back by itself; repair keeps the settings but root's password. The
    guest, its disk and the SSH host keys are the same each time. A local file is in force, and outdated in the end."""
    name = "install_keep"
    system = disk(name, "system.img")
    text = conf(a=("[disk]", FIRST_START))
    repair = KEEP.format(mode="repair").replace("password = *", f"password = {hashed(NEW_PASSWORD)}")
    texts = texts_drive(name, text, KEEP.format(mode="upgrade"), repair)
    install(name, drives(system=system) + texts, 0, 1)
    with Machine(name + "_b", medium=None, extra=drives(system=system)) as machine:
        machine.expect("New release: tried once", timeout=120)
        log_in(machine)
        settings_are_in_force(machine)
        for _ in range(60):
            if "slot_b=ok" in environment(machine):
                break
        else:
            machine.fail("the new release was not confirmed")
        guest_runs(machine)
        machine.run("printf kept-guest-data | dd of=/dev/domus/demo-xvda conv=fsync 2>/dev/null")
        kept = machine.run(KEPT)
        machine.run("mkdir -p /etc/domus/local && (cat /etc/sysctl.conf; echo kernel.panic = 77) >/etc/domus/local/sysctl.conf")
        machine.run("domus-host generate")
        assert machine.run("findfs LABEL=DOMUS-B").strip() in machine.run("mount | grep /run/domus/medium")
        powers_off(machine)
    with Machine(name + "_break", extra=drives(system=system) + texts) as machine:
        machine.boot(LIVE, timeout=300)
        status, output = apply(machine, 1)  # to slot A, from B
        assert status == 0, output
        machine.run("mkdir -p /tmp/a && mount -t ext4 /dev/vda3 /tmp/a && echo broken >/tmp/a/domus/xen.gz && umount /tmp/a")
        powers_off(machine)
    with Machine(name + "_back", medium=None, extra=drives(system=system)) as machine:
        machine.expect("DAMAGED: /domus/xen.gz", timeout=120)
        log_in(machine)
        assert machine.run("findfs LABEL=DOMUS-B").strip() in machine.run("mount | grep /run/domus/medium")
        guest_runs(machine)
        assert machine.run(KEPT) == kept
        has_local_file(machine, is_outdated=False)
        powers_off(machine)
    with Machine(name + "_repair", extra=drives(system=system) + texts) as machine:
        machine.boot(LIVE, timeout=300)
        machine.run("dd if=/dev/zero of=/dev/vda bs=440 count=1 conv=notrunc")
        status, output = apply(machine, 2)
        assert status == 0, output
        powers_off(machine)
    change_release(system, "B", "domus", "etc/sysctl.conf", "# of a newer release\n")
    with Machine(name + "_repaired", medium=None, extra=drives(system=system)) as machine:
        log_in(machine, password=NEW_PASSWORD)
        settings_are_in_force(machine)
        guest_runs(machine)
        assert machine.run(KEPT) == kept
        has_local_file(machine, is_outdated=True)
        powers_off(machine)


def sums(*images):
    """Digests of what is not zero on them, with its place: these images are mostly holes."""
    digests = []
    for image in images:
        digest = hashlib.sha256()
        for at, block in only_data(image, 0, image.stat().st_size):
            for begin in range(0, len(block), 4096):
                part = block[begin:begin + 4096]
                if part.count(0) != len(part):
                    digest.update(f"{at + begin} ".encode() + part)
        digests.append(digest.hexdigest())
    return digests


def old_raid(image):
    """Metadata of RAID as mdadm 1.2 leaves it, 4 KiB from the start; see md_p.h of Linux."""
    block = bytearray(256)
    struct.pack_into("<II", block, 0, 0xA92B4EFC, 1)
    struct.pack_into("<Q", block, 144, 8)  # its own place, in sectors
    total = sum(struct.unpack("<64I", block))
    struct.pack_into("<I", block, 216, (total & 0xFFFFFFFF) + (total >> 32) & 0xFFFFFFFF)
    with open(image, "r+b") as stream:
        stream.seek(4096)
        stream.write(block)


def old_lvm(image):
    """The label of a physical volume in the second sector; its checksum is CRC-32 from a beginning of LVM's own."""
    rest = struct.pack("<I8s32s", 32, b"LVM2 001", b"a" * 32).ljust(512 - 20, b"\0")
    begin = 0xF597A6CF ^ 0xFFFFFFFF
    label = struct.pack("<8sQI", b"LABELONE", 1, zlib.crc32(rest, begin) ^ 0xFFFFFFFF) + rest
    with open(image, "r+b") as stream:
        stream.seek(512)
        stream.write(label)


def zfs_pair(name, kind, value):
    """A name and its value in XDR, sizes first; see nvpair.c of OpenZFS."""
    padded = name.encode().ljust((len(name) + 3) // 4 * 4, b"\0")
    rest = struct.pack(">I", len(name)) + padded + struct.pack(">II", kind, 1) + value
    return struct.pack(">II", len(rest) + 8, len(rest) + 16) + rest


def old_zfs(image):
    """The last of a pool's four labels, 256 KiB from the end: its description, then uberblocks; see OpenZFS' vdev_impl.h."""
    described = struct.pack(">BBHII", 1, 1, 0, 0, 1) + zfs_pair("name", 9, struct.pack(">I4s", 3, b"old"))
    for name, value in (("version", 5000), ("state", 0), ("txg", 7), ("pool_guid", 77), ("guid", 78)):
        described += zfs_pair(name, 8, struct.pack(">Q", value))
    with open(image, "r+b") as stream:
        label = stream.seek(0, 2) - (256 << 10)
        stream.seek(label + (16 << 10))
        stream.write(described + bytes(8))
        for i in range(128):
            stream.seek(label + (128 << 10) + (i << 10))
            stream.write(struct.pack("<5Q", 0x00BAB10C, 5000, i + 1, 0, 1))


def stopped(machine, number):
    """Begins an installation, and asks it to stop in the middle; returns its output."""
    machine.run("rm -f /run/domus/install/log")
    machine.run(f"(domus-install apply /tmp/t/{number}.conf --yes >/tmp/output 2>&1; echo $? >/tmp/status) & sleep 1")
    machine.run("until grep -qs 'Formatting slot A' /run/domus/install/log; do sleep 1; done; "
                "touch /run/domus/install/abort; until [ -s /tmp/status ]; do sleep 1; done", timeout=300)
    assert machine.run("cat /tmp/status").strip() == "1"
    return machine.run("cat /tmp/output")


def let_in_by_ssh(machine, conf_path):
    """The live system, with a host's file of which only the log-in matters here."""
    machine.run(f"cp {conf_path} /etc/domus/host.conf && domus-host generate 2>/dev/null", timeout=120)
    machine.run("nft -f /etc/nftables.conf && sv up /run/service/dropbear", timeout=60)
    machine.run("until ip -4 route | grep -q default && cat /proc/net/tcp* | grep -q ':0016 .* 0A '; do sleep 1; done",
                timeout=120)


def lost_connection(machine, port, number):
    """An installation begun over SSH, whose line breaks; the pages on the console show it to its end."""
    ssh = ssh_client(port, "root", f"domus-install apply /tmp/t/{number}.conf --yes", "-tt")
    ssh.expect(r"%\] Copying Domus to slot A", timeout=240 * SLOW)
    ssh.close(force=True)
    terminal = Terminal.on_line(machine.child)
    machine.send("stty rows 24 cols 80; domus-install\r")
    terminal.wait("L shows the log", 90 * SLOW)
    terminal.wait("Restart into the new host", 480 * SLOW)
    terminal.press("DOWN", "DOWN", "ENTER")
    machine.run("true")
    assert machine.run("domus-install status").strip() == "done"


@pytest.mark.full
def test_install_disk_safety():
    """Many disks: refusals change nothing; a failing installation, an aborted one, and one that was begun over a line
    that breaks leave the others alone. The medium is a stick, which cannot be chosen."""
    name = "install_disk_safety"
    system, second, third, fourk = images = [disk(name, f"{word}.img") for word in ("system", "second", "third", "fourk")]
    for image in (second, third):
        subprocess.run(["mkfs.ext4", "-q", "-F", "-L", "keep", image], check=True)
    old_raid(system)
    old_lvm(system)
    old_zfs(system)
    fourth = disk(name, "fourth.img")
    with open(fourth, "r+b") as stream:
        stream.seek(4096)
        stream.write(b"Nobody knows what this is.")
    images.append(fourth)
    before = sums(*images)
    refusals = [
        (conf(a=("serial = SYSTEM", "model = none")), "fits no disk"),
        (conf(a=("serial = SYSTEM", "min-size = 1 GiB")), "fits 5 disks", "serial SYSTEM", "serial SECOND", "serial FOURK"),
        (conf(a=("serial = SYSTEM", "serial = SECOND")), "is not empty", "label keep"),
        (conf(), "linux_raid_member", "LVM2_member", "zfs_member"),
        (conf(a=("serial = SYSTEM", "serial = FOURTH")), "unknown data"),
        (conf(a=("serial = SYSTEM", "serial = FOURK")), "has sectors of 4096 bytes, which a BIOS cannot boot from"),
        (conf(a=("serial = SYSTEM", "path = /dev/sda")), "holds the medium that this system runs from"),
        (conf(a=("serial = SYSTEM", "serial = SYSTEM\nstate = 20 GiB")), "is too small: it has 8192 MiB, 23555 MiB would do"),
        (conf(a=("[disk]", "[hook stop]\nat = before-partitioning\nrun = echo no >&2; exit 3\n\n[disk]\nerase = yes")),
         "hook stop: env failed (status 3): no"),
    ]
    late = conf(a=("[disk]", "[hook stop]\nat = after-installation\nrun = exit 3\n\n[disk]\nerase = yes"))
    right = conf(a=("[disk]", "[disk]\nerase = yes"))
    extra = drives(system=system, second=second, third=third, fourth=fourth, fourk=fourk)
    extra[-1] += ",logical_block_size=4096,physical_block_size=4096"
    texts = texts_drive(name, late, right, *(text for text, *_ in refusals))
    port = free_port()
    nic = f"user,model=e1000,hostfwd=tcp:127.0.0.1:{port}-:22"
    with Machine(name, medium="stick", nic=nic, extra=extra + texts) as machine:
        machine.boot(timeout=300)
        for number, (_, *reasons) in enumerate(refusals, 2):
            status, output = apply(machine, number)
            assert status == 1 and all(reason in output for reason in reasons), output
        machine.run("sync")
        assert sums(*images) == before
        status, output = apply(machine, 0)
        assert status == 1 and "hook stop: " in output, output
        assert "/run/domus/install/target" not in machine.run("mount")
        assert "stopped by the user" in stopped(machine, 1)
        assert "/run/domus/install/target" not in machine.run("mount")
        let_in_by_ssh(machine, "/tmp/t/1.conf")
        lost_connection(machine, port, 1)
        powers_off(machine)
    assert sums(*images[1:]) == before[1:]
    with Machine(name + "_after", medium=None, extra=drives(system=system)) as machine:
        log_in(machine)
        settings_are_in_force(machine)
