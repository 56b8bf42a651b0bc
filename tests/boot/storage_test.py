# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests' storage on a running host: a thin pool that one guest fills, and what becomes of it."""

import json

import pytest

from harness.guest import XL_CFG
from harness.machine import BUILD, Machine
from harness.vm import quiet, vm, wait_until, write

MIB = 1 << 20
# More than the pool has, from inside the guest; it says so when all of it is on disk.
FILL = "mount -t ext4 /dev/xvda /mnt && (dd if=/dev/zero of=/mnt/big bs=64k count=4000; sync; echo ALL'' WRITTEN) &\r"


def drives(name, *sizes):
    """Empty disks: vda, vdb, ..."""
    folder = BUILD / "tests" / name
    folder.mkdir(parents=True, exist_ok=True)
    words = []
    for i, size in enumerate(sizes):
        image = folder / f"disk{i}.img"
        with open(image, "wb") as stream:
            stream.truncate(size)
        words += ["-drive", f"if=virtio,format=raw,file={image}"]
    return words


def make_pool(machine):
    for command in ("modprobe -a dm_thin_pool", "pvcreate -q -y /dev/vda", "vgcreate -q domus /dev/vda",
                    "lvcreate -q -y -T domus/pool -L 200m", "lvcreate -q -y -W n -kn -V 300m -T domus/pool -n filler-xvda",
                    "lvcreate -q -y -W n -kn -V 900m -T domus/pool -n brim", "mke2fs -q -t ext4 /dev/domus/filler-xvda"):
        machine.run(command, timeout=120)


def start_guests(machine):
    """One with a disk in the pool, on whose console we are, and one without."""
    write(machine, "/etc/xen/filler.cfg", "# domus.made = /dev/domus/filler-xvda\n" +
          XL_CFG.format(name="filler", disk='"phy:/dev/domus/filler-xvda,xvda,w"'))
    write(machine, "/etc/xen/other.cfg", XL_CFG.format(name="other", disk=""))
    machine.run("xl create -e -q /etc/xen/other.cfg", timeout=120)
    machine.send("xl create -c /etc/xen/filler.cfg\r")
    machine.expect("Domus demo guest", timeout=150)
    machine.expect(r"# $", timeout=30)


def refused(machine, words, reason):
    status, output = vm(machine, f"{words} 2>&1", check=False)
    assert status == 1 and reason in " ".join(output.split()), output


def guest_fills_the_pool(machine):
    """It is paused before the kernel has to queue anything; the host and the other guest run on."""
    machine.send(FILL)
    machine.expect("guest filler is paused: the pool", timeout=180)
    machine.send("\x1d")
    machine.expect("domus-test# $", timeout=30)
    wait_until(machine, "xl list filler | grep -q -- '--p---'", 10, "xl list")
    assert "no free data space" not in machine.run("dmesg")
    assert "p" not in machine.run("xl list other | awk 'NR > 1 { print $5 }'")
    text = machine.run("cat /run/domus/failed/storage-paused")
    assert "pool domus/pool is full" in text and "paused until there is room: filler" in text
    print(text.strip())
    refused(machine, "snapshot filler create now", "guest filler runs; shut it down first")
    # A monitor that is killed knows whom it paused.
    machine.run("kill -9 $(pidof domus-monitor)")


def growing_lets_it_go_on(machine):
    machine.run("domus-host storage grow domus /dev/vdb --yes", timeout=60)
    wait_until(machine, "! xl list filler | grep -q -- '--p---'", 30, "xl list; dmsetup status; ps")
    machine.send("xl console filler\r")
    machine.expect("ALL WRITTEN", timeout=180)
    machine.send("umount /mnt; poweroff\r")
    machine.expect("domus-test# $", timeout=90)
    wait_until(machine, "! xl list filler >/dev/null 2>&1", 30, "xl list")
    machine.run("! test -e /run/domus/failed/storage-paused")
    print(machine.run("e2fsck -fn /dev/domus/filler-xvda", timeout=60))


def is_sound(machine):
    return machine.run("e2fsck -fn /dev/domus/filler-xvda >/dev/null 2>&1", timeout=60, check=False)[0] == 0


def snapshots_and_back(machine):
    """The disk is destroyed and comes back, is as destroyed as it was, and comes back once more."""
    vm(machine, "snapshot filler create before")
    machine.run("dd if=/dev/zero of=/dev/domus/filler-xvda bs=1M count=1 conv=fsync 2>/dev/null")
    assert not is_sound(machine)
    for name, sound in (("before", True), ("undo", False), ("before", True)):
        vm(machine, f"snapshot filler back {name} </dev/null")
        assert is_sound(machine) == sound, name
    listed = json.loads(vm(machine, "snapshot filler --json"))
    assert sorted(snapshot["name"] for snapshot in listed) == ["before", "undo"]
    vm(machine, "snapshot filler remove undo </dev/null")
    # They go with their guest.
    vm(machine, "delete filler --with-disks </dev/null")
    assert machine.run("lvs --noheadings -o lv_name domus").split() == ["brim", "pool"]


def another_pool(machine):
    """Made on a disk of its own, used, removed; the disk that is taken is not taken twice."""
    machine.run("echo secret-secret | domus-host passwd")
    machine.run("domus-host storage add fast thin /dev/vdc --yes", timeout=60)
    machine.run("domus-host storage add slow directory /dev/vdd --yes", timeout=60)
    pools = {pool["name"]: pool for pool in json.loads(machine.run("domus-host storage --json"))}
    assert pools["fast"]["is_there"] and pools["slow"]["is_there"] and pools["slow"]["size_bytes"] > 50 * MIB
    names = [pool["name"] for pool in json.loads(vm(machine, "host --json"))["pools"]]
    assert {"fast", "slow"} <= set(names)
    status, output = machine.run("domus-host storage grow domus /dev/vdc --yes 2>&1", check=False)
    assert status == 1 and "is not empty" in output
    machine.run("domus-host storage remove slow --yes && ! grep -q /srv/pools/slow /proc/mounts")
    machine.run("domus-host undo && grep -q /srv/pools/slow /proc/mounts")


def a_full_host_goes_down(machine):
    """A process of dom0 fills what is left; the host's poweroff ends nevertheless."""
    machine.run("(dd if=/dev/zero of=/dev/domus/brim bs=1M oflag=direct >/dev/null 2>&1 &)")
    wait_until(machine, "dmsetup status domus-pool-tpool | grep -q out_of_data", 120, "dmsetup status")
    machine.send("poweroff\r")
    machine.wait_off(timeout=180)


@pytest.mark.full
def test_storage_full():
    with Machine("storage_full", memory=1024, extra=drives("storage_full", 232 * MIB, 300 * MIB, 2048 * MIB, 64 * MIB)) as machine:
        machine.boot(timeout=300)
        quiet(machine)
        make_pool(machine)
        start_guests(machine)
        guest_fills_the_pool(machine)
        growing_lets_it_go_on(machine)
        snapshots_and_back(machine)
        another_pool(machine)
        a_full_host_goes_down(machine)
