# SPDX-License-Identifier: GPL-2.0-or-later
"""domus-vm on a live host: the demo guest from its creation to nothing left; an installation to its own disk."""

import gzip
import hashlib
import json
import re
import subprocess
import sys

import pytest

from harness.machine import BUILD, TOP, Machine
from harness.server import Server
from harness.vm import check_pin, guests, left_over, make_storage, online, quiet, vm, wait_log, write
from guests.initrd import demo_initrd


@pytest.mark.full
def test_vm_demo_pv():
    """Live mode: create as PV to its shell on the console, listed, paused, tuned, shut down, deleted."""
    with Machine("vm_demo_pv", memory=2048) as machine:
        machine.boot(timeout=300)
        quiet(machine)
        online(machine)
        host = json.loads(vm(machine, "host --json"))
        assert host["xen"] and host["cannot"]["pv"] == "" and "xenbr0" in host["bridges"], host
        assert guests(machine) == {}

        # 1. to its shell
        machine.send("domus-vm create --os demo --method pv --name demo --console\r")
        machine.expect("Domus demo guest .PV", timeout=150)
        machine.expect(r"# $", timeout=60)
        machine.send("echo I am $(hostname)\r")
        machine.expect("I am demo", timeout=20)
        machine.send("\x1d")
        machine.expect("domus-test# $", timeout=20)

        # 2. listed with its figures
        demo = guests(machine)["demo"]
        assert demo["state"] == "running" and demo["method"] == "pv" and demo["os"] == "demo", demo
        assert demo["vcpus"] == 1 and 150 * 1024 < demo["memory_kib"] < 170 * 1024, demo
        assert vm(machine, "info demo").count("demo")

        # 3. what is refused, and with which words
        for words, why in [("create --os demo --name demo", 'there is a guest "demo" already'),
                           ("start demo", "guest demo runs"),
                           ("delete demo", "guest demo runs"),
                           ("set-memory demo 4GiB", "may have at most 160 MiB"),
                           ("set-vcpus demo 4", "may have at most 1 virtual CPUs"),
                           ("attach-nic demo bridge=xenbr9", 'no bridge "xenbr9"')]:
            status, output = vm(machine, words, check=False)
            assert status == 1 and why in output, (words, output)

        # 4. changed while it runs; each result is read back
        vm(machine, "pause demo")
        assert guests(machine)["demo"]["state"] == "paused"
        vm(machine, "unpause demo")
        found = int(re.search(r"memory: (\d+) MiB", vm(machine, "set-memory demo 140", timeout=60))[1])
        assert abs(found - 140) <= 4, found  # what set-memory takes for reached
        vm(machine, "pin demo 0")
        vm(machine, "weight demo 512 50")
        check_pin(machine, "demo", "0")
        cfg = machine.run("cat /etc/xen/demo.cfg; stat -c %a /etc/xen/demo.cfg")
        assert 'cpus = "0"' in cfg and "cpu_weight = 512" in cfg and "cap = 50" in cfg and "600" in cfg, cfg
        vm(machine, "autostart demo on")
        assert guests(machine)["demo"]["autostart"]

        # 5. down, under another name, up again, gone
        vm(machine, "shutdown demo", timeout=150)
        assert guests(machine)["demo"]["state"] == "off"
        vm(machine, "rename demo tiny")
        vm(machine, "start tiny", timeout=120)
        assert guests(machine)["tiny"]["state"] == "running"
        vm(machine, "destroy tiny --yes")
        vm(machine, "delete tiny --with-disks --yes")
        assert guests(machine) == {}
        left = machine.run("ls /etc/xen/*.cfg /etc/xen/auto /sys/class/net 2>/dev/null | grep -E 'demo|tiny|vif' || true")
        assert left.strip() == "", left


# --- an installation from the network, to its own disk

INSTALLER = """#!/bin/sh
# A small installer: fetches a disk's content, writes it, reboots.
for TRY in 1 2 3 4 5 6 7 8 9 10; do
	[ ! -b /dev/xvda ] || break
	sleep 1
done
wget -q -O - http://10.0.2.2:{port}/disk.gz | gunzip >/dev/xvda && sync && echo "INSTALLER DONE" && reboot -f
echo "INSTALLER FAILED"
"""

GUEST = """[vm {kind}]
os = generic-linux
method = {kind}
memory = 256
disk = new, size=64 MiB
nic = bridge=xenbr0
kernel = http://10.0.2.2:{port}/vmlinuz
kernel-sha256 = {kernel_sum}
initrd = http://10.0.2.2:{port}/installer
arguments = quiet ip=dhcp
"""


def small_installer(tmp_path, files):
    """What the installer's server has: kernel, and the disk that the installer writes."""
    subprocess.run([sys.executable, TOP / "tests/guests/make.py", tmp_path / "disks"], check=True)
    files["/vmlinuz"] = (BUILD / "vmlinuz").read_bytes()
    files["/disk.gz"] = gzip.compress((tmp_path / "disks/pvh.img").read_bytes(), 1)
    with open(tmp_path / "store.img", "wb") as stream:
        stream.truncate(2 << 30)
    return ["-drive", f"if=virtio,format=raw,file={tmp_path}/store.img"]


def guest_file(kind, port, kernel):
    return GUEST.format(kind=kind, port=port, kernel_sum=hashlib.sha256(kernel).hexdigest())


@pytest.mark.full
def test_vm_install(tmp_path):
    """When a guest's installer reboots, the guest starts from its own disk: PVH, by GRUB."""
    files = {}
    extra = small_installer(tmp_path, files)
    with Server(files) as server, Machine("vm_install", memory=2048, extra=extra) as machine:
        files["/installer"] = demo_initrd(tmp_path, {"etc/guest": INSTALLER.format(port=server.port).encode()})
        machine.boot(timeout=300)
        quiet(machine)
        online(machine)
        make_storage(machine)
        write(machine, "good.conf", guest_file("pvh", server.port, files["/vmlinuz"]))
        print(vm(machine, "create good.conf", timeout=240))
        wait_log(machine, "pvh", "INSTALLER DONE")
        wait_log(machine, "pvh", "GUEST pvh UP 1")
        assert guests(machine)["pvh"]["state"] == "running"
        assert left_over(machine) == ["/etc/xen/pvh.cfg", "pvh-xvda"]


@pytest.mark.full
@pytest.mark.parametrize("kind", ["pv", "pvh"])
def test_vm_install_all(kind, tmp_path):
    """Installer from the network, its reboot, the guest's own kernel from its own disk: PV by take-kernel, PVH by GRUB."""
    files = {}
    extra = small_installer(tmp_path, files)
    with Server(files) as server, Machine(f"vm_install_all_{kind}", memory=2048, extra=extra) as machine:
        files["/installer"] = demo_initrd(tmp_path, {"etc/guest": INSTALLER.format(port=server.port).encode()})
        machine.boot(timeout=300)
        quiet(machine)
        online(machine)
        make_storage(machine)
        host = json.loads(vm(machine, "host --json"))
        assert [pool["name"] for pool in host["pools"]] == ["guests", "library", "domus"], host["pools"]

        # 1. nothing is left of what fails: a wrong checksum, then a disk that is too large
        text = GUEST.format(kind=kind, port=server.port, kernel_sum="0" * 64)
        write(machine, "bad.conf", text)
        status, output = vm(machine, "create bad.conf", timeout=120, check=False)
        assert status == 1 and "wrong checksum" in output and "/vmlinuz" in output, output
        machine.run("sed -i 's/^kernel-sha256.*/disk = new, size=900 MiB, pool=domus/' bad.conf")
        status, output = vm(machine, "create bad.conf", timeout=120, check=False)
        assert status == 1 and "900 MiB wanted in pool domus" in output, output
        assert left_over(machine) == []

        # 2. the installation, and the restart into what it installed
        write(machine, "good.conf", guest_file(kind, server.port, files["/vmlinuz"]))
        print(vm(machine, "create good.conf", timeout=240))
        wait_log(machine, kind, "INSTALLER DONE")
        wait_log(machine, kind, "GUEST pvh UP 1")
        assert guests(machine)[kind]["state"] == "running"
        assert left_over(machine) == [f"/etc/xen/{kind}.cfg", f"{kind}-xvda"]

        # 3. saved and restored, off and on again, cloned, all gone with their disks
        vm(machine, f"save {kind}", timeout=240)
        assert guests(machine)[kind]["state"] == "saved"
        vm(machine, f"restore {kind}", timeout=240)
        assert guests(machine)[kind]["state"] == "running"
        # one more disk and NIC while it runs, and away again
        assert "xvdb" in vm(machine, f"attach-disk {kind} 'new, size=16 MiB, pool=library'", timeout=60)
        assert f"/srv/domus/images/{kind}-xvdb.img" in machine.run(f"cat /etc/xen/{kind}.cfg; xl block-list {kind}; ls /srv/domus/images/*")
        vm(machine, f"detach-disk {kind} xvdb", timeout=60)
        mac = re.search(r"mac=(\S+)", vm(machine, f"attach-nic {kind}"))[1]
        assert mac in machine.run(f"xl network-list {kind}")
        vm(machine, f"detach-nic {kind} {mac}")
        vm(machine, f"shutdown {kind}", timeout=240)
        vm(machine, f"clone {kind} twin", timeout=120)
        vm(machine, "start twin", timeout=180)
        wait_log(machine, "twin", "GUEST pvh UP 2")
        twin, first = guests(machine)["twin"], guests(machine)[kind]
        assert twin["uuid"] != first["uuid"]
        vm(machine, "destroy twin --yes")
        for name in ("twin", kind):
            vm(machine, f"delete {name} --with-disks --yes")
        assert left_over(machine) == []
