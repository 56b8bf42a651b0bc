# SPDX-License-Identifier: GPL-2.0-or-later
"""HVM guests' firmware and CPU: a CD that others made through SeaBIOS, its screen; what a guest sees of the hypervisor."""

import base64
import gzip
import re
import subprocess
import time

import pytest

from guests.initrd import demo_initrd
from harness.machine import BUILD, TOP, Machine
from harness.server import Server
from harness.vgatext import Picture
from harness.vm import make_storage, online, quiet, vm, wait_log, write

GUEST = """#!/bin/sh
/more/cpuid >/dev/hvc0
"""

CD_CONF = """[vm memtest]
os = generic-other
method = hvm
memory = 64
disk =
nic =
install = iso
iso = /srv/domus/iso/memtest.iso
"""

WINDOWS_CONF = """[vm {name}]
os = {name}
method = hvm
memory = {memory}
vcpus = 1
disk =
nic =
vnc = no
boot = direct
kernel = /srv/domus/vmlinuz
initrd = /srv/domus/initrd
arguments = console=hvc0 quiet ip=none
"""

# Bits of leaf 0x40000003's eax (Hypervisor Top Level Functional Specification, 2.4) by the words of xl.cfg; "base"
# brings those of its own. Xen fills leaf 0x40000004 (hcall_remote_tlb_flush) only for who has said to be Windows.
BASE = {5, 6}
GROUPS = {"time_ref_count": {1}, "reference_tsc": {9}, "stimer": {3}, "freq": {11}}
ALL = {1, 3, 5, 6, 9, 11}


def groups_of(profile):
    text = (TOP / f"configs/os/{profile}.conf").read_text()
    return re.search(r"^viridian =(.*)$", text, re.M)[1].split()


def bits(value):
    return {bit for bit in range(32) if value >> bit & 1}


def leaves(machine, name):
    """Leaf -> (eax, ebx, ecx, edx), as the guest read them."""
    wait_log(machine, name, "^LEAF 40000101", 300)
    said = machine.run(f"grep ^LEAF /var/log/xen/console/guest-{name}.log")
    return {int(line[0], 16): tuple(int(word, 16) for word in line[1:])
            for line in re.findall(r"LEAF (\w+) (\w+) (\w+) (\w+) (\w+) END", said)}


def signature(leaf):
    return b"".join(value.to_bytes(4, "little") for value in leaf[1:]).decode(errors="replace")


def viridian(machine, name, memory):
    """The groups of the profile, all of them and no other."""
    write(machine, f"{name}.conf", WINDOWS_CONF.format(name=name, memory=memory))
    vm(machine, f"create {name}.conf", timeout=240)
    found = leaves(machine, name)
    vm(machine, f"destroy {name} --yes; domus-vm delete {name} --yes")
    groups = groups_of(name)
    print(name, groups, {hex(key): [hex(value) for value in values] for key, values in found.items()})
    if not groups:
        assert signature(found[0x40000000]) == "XenVMMXenVMM"
        return
    assert signature(found[0x40000000]) == "Microsoft Hv"
    assert found[0x40000001][0] == 0x31237648, "the interface is not Hv#1"
    assert signature(found[0x40000100]) == "XenVMMXenVMM", "the PV drivers look for Xen here"
    assert bits(found[0x40000003][0]) & ALL == BASE.union(*(GROUPS.get(group, set()) for group in groups)), name


def screen_of(machine, server, name):
    """A guest's screen, as its QEMU dumps it."""
    machine.run(f"rm -f /tmp/dump*; xl qemu-monitor-command {name} 'screendump /tmp/dump'", timeout=30)
    machine.run("gzip -1 </tmp/dump | base64 >/tmp/dump.gz", timeout=60)
    machine.run(f"wget -q -O /dev/null --post-file=/tmp/dump.gz {server.url('dump')}", timeout=60)
    data = gzip.decompress(base64.b64decode(server.posted[-1][1]))
    (machine.dir / f"{name}.ppm").write_bytes(data)
    return data


def wait_screen(machine, server, name, text, seconds):
    """Until the text stands on the screen."""
    limit = time.monotonic() + seconds
    while not Picture(screen_of(machine, server, name)).has(text):
        assert time.monotonic() < limit, f'"{text}" is not on the screen of {name}: {machine.dir}/{name}.ppm'


@pytest.mark.full
def test_vm_firmware(tmp_path):
    """memtest86+'s own CD through SeaBIOS, its screen at work; the viridian groups in CPUID."""
    cpuid = tmp_path / "cpuid"
    subprocess.run(["musl-gcc", "-static", "-O2", "-o", cpuid, TOP / "tests/guests/cpuid.c"], check=True)
    files = {"/vmlinuz": (BUILD / "vmlinuz").read_bytes(),
             "/initrd": demo_initrd(tmp_path, {"etc/guest": GUEST.encode(), "more/cpuid": cpuid.read_bytes()}),
             "/memtest.iso": (BUILD / "image/usr/lib/memtest86+/memtest86+x64.iso").read_bytes()}
    with open(tmp_path / "store.img", "wb") as stream:
        stream.truncate(2 << 30)
    extra = ["-drive", f"if=virtio,format=raw,file={tmp_path}/store.img"]
    with Server(files) as server, Machine("vm_firmware", memory=2560, extra=extra) as machine:
        machine.boot(timeout=300)
        quiet(machine)
        online(machine)
        make_storage(machine)
        for name in ("vmlinuz", "initrd"):
            machine.run(f"wget -q -O /srv/domus/{name} {server.url(name)}", timeout=60)
        vm(machine, f"fetch {server.url('memtest.iso')}", timeout=60)

        write(machine, "memtest.conf", CD_CONF)
        vm(machine, "create memtest.conf", timeout=240)
        print(vm(machine, "vnc memtest"))
        wait_screen(machine, server, "memtest", "Memtest86+", 400)
        first = screen_of(machine, server, "memtest")
        machine.run("sleep 10", timeout=60)
        assert screen_of(machine, server, "memtest") != first, "the test does not go on"
        vm(machine, "destroy memtest --yes; domus-vm delete memtest --yes")

        for name, memory in (("winxp", 160), ("win2008", 512), ("win2022", 1024)):
            viridian(machine, name, memory)
