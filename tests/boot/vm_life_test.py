# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest's life under domus-vm, as PV, PVH and HVM: states, memory, CPUs, disks, NICs, CD, copies, names."""

import re

import pytest

from harness.machine import Machine
from harness.server import Server
from harness.vm import check_pin, guests, left_over, make_storage, online, quiet, vm, wait_until, write
from guests.initrd import demo_initrd

# The guest says what it sees, whenever that changes; its boot id tells one life from the next.
GUEST = """#!/bin/sh
modprobe -q -a ata_piix sr_mod
BOOT=$(cut -c1-8 /proc/sys/kernel/random/boot_id)
while sleep 1; do
	VIEW="cpus=$(cat /sys/devices/system/cpu/online)"
	VIEW="$VIEW disks=$(cd /sys/block && echo xvd* | tr ' ' ',')"
	VIEW="$VIEW nics=$(ls -d /sys/class/net/eth* | wc -l)"
	VIEW="$VIEW cd=$(head -c 5 /dev/sr0 2>/dev/null)"
	[ "$VIEW" = "$OLD" ] || echo "VIEW $BOOT $VIEW END" >/dev/hvc0
	OLD=$VIEW
done &
"""

CONF = """[vm {kind}]
os = demo
method = {kind}
memory = 224
vcpus = {vcpus}
max-vcpus = 2
disk = new, size=16 MiB
disk = new, size=8 MiB, pool=library
disk = cdrom, path=/srv/domus/iso/one.iso
nic = bridge=xenbr0
nic = bridge=xenbr1
initrd = /srv/domus/initrd
arguments = console=hvc0 quiet ip=none
"""


class Guest:
    """One guest of the machine, seen from dom0 and through what it says itself."""

    def __init__(self, machine, name):
        self.machine, self.name, self.log = machine, name, f"/var/log/xen/console/guest-{name}.log"
        self.last = f"grep VIEW {self.log} | tail -n 1"
        machine.run(f"rm -f {self.log}")

    def vm(self, words, timeout=90):
        verb, _, rest = words.partition(" ")
        return vm(self.machine, f"{verb} {self.name} {rest}", timeout=timeout)

    def refused(self, words, why):
        verb, _, rest = words.partition(" ")
        status, output = vm(self.machine, f"{verb} {self.name} {rest}", check=False)
        assert status == 1 and why in " ".join(output.split()), (words, output)

    def is_(self):
        return guests(self.machine)[self.name]

    def sees(self, text, timeout=90):
        """Waits until the guest's last word holds text; returns the id of its boot."""
        wait_until(self.machine, f"{self.last} | grep -q '{text}'", timeout, f"tail -n 3 {self.log}")
        return re.search(r"VIEW (\w+)", self.machine.run(self.last))[1]

    def has_memory(self, mib):
        found = int(re.search(r"memory: (\d+) MiB", self.vm(f"set-memory {mib}", timeout=240))[1])
        assert abs(found - mib) <= 4, found


def up_and_down(guest, kind):
    """Memory and CPUs, read back; the maxima; pinning and weight."""
    guest.has_memory(128)
    guest.has_memory(200)
    guest.refused("set-memory 256", "may have at most 224 MiB")
    # As PVH it has both from its start: Linux takes no other ones there.
    if kind != "pvh":
        assert "virtual CPUs: 2" in guest.vm("set-vcpus 2")
    guest.sees("cpus=0-1 ")
    guest.refused("set-vcpus 3", "may have at most 2 virtual CPUs")
    if kind == "hvm":
        guest.refused("set-vcpus 1", "CPUs can be added while it runs, not taken")
    else:
        assert "virtual CPUs: 1" in guest.vm("set-vcpus 1")
        guest.sees("cpus=0 ")
    if kind == "pvh":
        assert "virtual CPUs: 2" in guest.vm("set-vcpus 2")
        guest.sees("cpus=0-1 ")
    guest.vm("pin 0")
    guest.vm("weight 512 50")


def scheduling(machine, kind):
    check_pin(machine, kind, "0")
    assert 'cpus = "0"' in machine.run(f"cat /etc/xen/{kind}.cfg")
    weight = machine.run(f"xl sched-credit2 -d {kind}").splitlines()[-1].split()
    assert weight[-2:] == ["512", "50"], weight


@pytest.mark.full
@pytest.mark.parametrize("kind", ["pv", "pvh", "hvm"])
def test_vm_life(kind, tmp_path):
    """Two disks, two NICs on two bridges, a CD; everything that domus-vm does to a guest, until nothing is left."""
    files = {"/initrd": demo_initrd(tmp_path, {"etc/guest": GUEST.encode()})}
    with open(tmp_path / "store.img", "wb") as stream:
        stream.truncate(2 << 30)
    extra = ["-drive", f"if=virtio,format=raw,file={tmp_path}/store.img"]
    with Server(files) as server, Machine(f"vm_life_{kind}", memory=2048, extra=extra) as machine:
        machine.boot(timeout=300)
        quiet(machine)
        online(machine)
        make_storage(machine)
        machine.run(f"wget -q -O /srv/domus/initrd {server.url('initrd')}", timeout=60)
        machine.run("ip link add xenbr1 type bridge && ip link set xenbr1 up; mkdir -p /srv/domus/iso")
        for name in ("one", "two"):
            machine.run(f"printf {name}.cd >{name}; truncate -s 1M {name}; mv {name} /srv/domus/iso/{name}.iso")
        write(machine, "guest.conf", CONF.format(kind=kind, vcpus=2 if kind == "pvh" else 1))
        guest = Guest(machine, kind)

        # 1. made and started: what it has is what was asked for
        print(vm(machine, "create guest.conf", timeout=180))
        cd = "cd=one.c" if kind == "hvm" else "cd= "
        disks = "xvda,xvdb" if kind == "hvm" else "xvda,xvdb,xvdc"
        first = guest.sees(f"cpus={'0-1' if kind == 'pvh' else '0'} disks={disks} nics=2 {cd}", 300)
        domid = guest.is_()["id"]
        assert f"vif{domid}.0" in machine.run("ls /sys/class/net/xenbr0/brif")
        assert f"vif{domid}.1" in machine.run("ls /sys/class/net/xenbr1/brif")

        # 2. changed while it runs
        if kind == "hvm":
            guest.vm("cdrom /srv/domus/iso/two.iso")
            guest.sees("cd=two.c")
        else:
            guest.refused("cdrom /srv/domus/iso/two.iso", "is not HVM")
            assert "access=ro" in machine.run(f"grep one.iso /etc/xen/{kind}.cfg")
        up_and_down(guest, kind)
        scheduling(machine, kind)
        guest.vm("pause")
        assert guest.is_()["state"] == "paused"
        guest.refused("shutdown", "is paused and hears nothing")
        guest.vm("unpause")
        target = re.search(r"attached as (\w+)", guest.vm("attach-disk 'new, size=8 MiB, pool=library'"))[1]
        guest.sees(target)
        guest.vm(f"detach-disk {target}")
        machine.run(f"rm /srv/domus/images/{kind}-{target}.img")  # its data stay until somebody removes them
        mac = re.search(r"mac=(\S+)", guest.vm("attach-nic bridge=xenbr1"))[1]
        guest.sees("nics=3")
        guest.vm(f"detach-nic {mac}")
        guest.sees("nics=2")

        # 3. saved and restored it goes on; rebooted it begins anew, pinned and weighted as before
        guest.vm("save", timeout=240)
        assert guest.is_()["state"] == "saved"
        guest.vm("start", timeout=240)
        guest.vm("attach-nic bridge=xenbr1")
        assert guest.sees("nics=3") == first, "the restored guest is another"
        guest.vm("reboot", timeout=240)
        machine.run(f"(until {guest.last} | grep -qv {first}; do sleep 1; done)", timeout=400)
        guest.sees("nics=3")
        scheduling(machine, kind)
        # Two of them with half a processor each would start for minutes; as do two CPUs of a PVH guest on one that is
        # emulated, which does not see that they wait for each other.
        guest.vm("weight 512")
        if kind == "pvh":
            guest.vm("set-vcpus 1 --keep", timeout=180)

        # 4. off, another name, a copy of its own, nothing left
        guest.vm("autostart on")
        guest.vm("shutdown", timeout=180)
        assert guest.is_()["state"] == "off"
        guest.vm("rename shop")
        assert machine.run("readlink /etc/xen/auto/shop.cfg").strip() == "../shop.cfg"
        vm(machine, "clone shop twin", timeout=120)
        listed = guests(machine)
        assert sorted(listed) == ["shop", "twin"] and listed["shop"]["autostart"] and not listed["twin"]["autostart"]
        assert listed["shop"]["uuid"] != listed["twin"]["uuid"]
        macs = re.findall(r"mac=([0-9a-f:]+)", machine.run("cat /etc/xen/shop.cfg /etc/xen/twin.cfg"))
        assert len(macs) == len(set(macs)) == 6, macs
        # one after the other: on one emulated processor the four of both would wait for each other
        for each in (Guest(machine, "shop"), Guest(machine, "twin")):
            each.vm("start", timeout=180)
            each.sees("nics=3", 180)
        assert guests(machine)["shop"]["state"] == guests(machine)["twin"]["state"] == "running"
        for name in ("shop", "twin"):
            vm(machine, f"destroy {name} --yes")
            vm(machine, f"delete {name} --with-disks --yes")
        assert left_over(machine) == []
        assert machine.run("find /srv/domus/images /srv/domus/save /etc/xen/auto ! -type d").split() == []
