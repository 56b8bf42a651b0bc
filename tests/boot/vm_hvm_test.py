# SPDX-License-Identifier: GPL-2.0-or-later
"""HVM: whether a guest that has Xen's own disk driver still sees the emulated disk."""

import re

import pytest

from harness.machine import BUILD, Machine
from harness.server import Server
from harness.vm import online, quiet, wait_log, write
from guests.initrd import demo_initrd

PROBE = """#!/bin/sh
# Loads the drivers of both ways to a disk and says which disks there are.
modprobe -a ata_piix sd_mod xen-blkfront
insmod /more/libahci.ko
insmod /more/ahci.ko
for TRY in 1 2 3 4 5 6 7 8 9 10; do
	[ ! -b /dev/sda ] || break
	sleep 1
done
echo "DISKS" $(ls /sys/block | grep -E '^(sd|xvd|hd)') "END"
"""

CFG = """name = "{name}"
type = "hvm"
memory = 192
kernel = "/tmp/vmlinuz"
ramdisk = "/tmp/initrd"
cmdline = "console=hvc0 ip=none {words}"
disk = [ "/tmp/disk.img,raw,xvda,w" ]
hdtype = "{hdtype}"
vga = "none"
vnc = 0
serial = "none"
"""


def module(name):
    return next((BUILD / "initramfs/lib/modules").rglob(f"{name}.ko")).read_bytes()


@pytest.mark.full
def test_vm_disk_once(tmp_path):
    """Where the guest has Xen's disk driver the emulated disk is gone, on an IDE and on an AHCI controller."""
    files = {"/vmlinuz": (BUILD / "vmlinuz").read_bytes(),
             "/initrd": demo_initrd(tmp_path, {"etc/guest": PROBE.encode(), "more/ahci.ko": module("ahci"),
                                               "more/libahci.ko": module("libahci")})}
    with Server(files) as server, Machine("vm_disk_once", memory=2048) as machine:
        machine.boot(timeout=300)
        quiet(machine)
        online(machine)
        for name in ("vmlinuz", "initrd"):
            machine.run(f"wget -q -O /tmp/{name} {server.url(name)}", timeout=120)
        machine.run("truncate -s 16M /tmp/disk.img")
        seen = {}
        for name, hdtype, words in (("ide", "ide", ""), ("ahci", "ahci", ""),
                                    ("never", "ahci", "xen_emul_unplug=never")):
            write(machine, f"{name}.cfg", CFG.format(name=name, hdtype=hdtype, words=words))
            machine.run(f"xl create {name}.cfg >/dev/null", timeout=120)
            wait_log(machine, name, "^DISKS", 120)
            log = machine.run(f"cat /var/log/xen/console/guest-{name}.log; xl destroy {name}")
            seen[name] = re.search(r"DISKS (.*?) ?END", log)[1].split()
        print(seen)
        assert seen["ide"] == seen["ahci"] == ["xvda"], seen
        assert "sda" in seen["never"], "the emulated disk is not seen even where it stays"
