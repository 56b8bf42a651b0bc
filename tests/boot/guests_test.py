# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests: PV, PVH and HVM with disk and network, shutdown, reboot, the host's poweroff, small machines."""

import re
import subprocess
import sys

import pytest

from harness.machine import BUILD, SLOW, TOP, Machine

KINDS = ("pv", "pvh", "hvm")
HOST_PART = {"pv": 21, "pvh": 22, "hvm": 23}
# Seconds from `xl create` to the guest's own user space: the third guest on two emulated cores takes its time
UP = int(300 * SLOW)
# Where the file system starts in the guest's disk (tests/guests/make.py)
OFFSET = {"pv": 0, "pvh": 1 << 20, "hvm": 1 << 20}


@pytest.fixture(scope="function")
def disks(request):
    """Fresh disks for the guests; the machine sees them as vda (store, with pvh.img), vdb (pv), vdc (hvm)."""
    out = BUILD / "tests" / request.node.name.removeprefix("test_") / "disks"
    subprocess.run([sys.executable, TOP / "tests/guests/make.py", out], check=True)
    return {name: out / f"{name}.img" for name in ("store", "pv", "hvm")}


def host(name, disks, memory):
    extra = [word for image in disks.values() for word in ("-drive", f"if=virtio,format=raw,file={image}")]
    return Machine(name, memory=memory, extra=extra)


def open_store(machine):
    machine.run("mkdir -p /srv/domus && mount -t ext4 /dev/vda /srv/domus && cd /srv/domus")
    machine.run("dmesg -n 1")


def create(machine, kind, count, words=""):
    """Starts a guest and waits until its user space has written its disk; checks that it answers."""
    machine.run(f"xl create {words} {kind}.cfg >/dev/null", timeout=120)
    print(machine.run(f"sh up {kind} {count} {UP}", timeout=UP / SLOW + 30).strip())
    machine.run(f"ping -c 2 -W 9 10.0.2.{HOST_PART[kind]}", timeout=30)


def ask(machine, kind, command, timeout=60):
    return machine.run(f"sh ask {HOST_PART[kind]} '{command}'", timeout=timeout)


def domid(machine, kind):
    return int(re.search(r"\d+", machine.run(f"xl domid {kind}"))[0])


def used(machine):
    return int(re.search(r"used (\d+)", machine.run("sh mem"))[1])


def nothing_left(machine):
    status, output = machine.run("sh left", timeout=60, check=False)
    assert status == 0, f"guests left something behind:\n{output}"


def read_disk(image, kind, path):
    """A file of a guest's disk, read from outside, without mounting it."""
    argv = ["debugfs", "-R", f"cat {path}", f"{image}?offset={OFFSET[kind]}"]
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def take_out(store, name):
    """A file of the store, copied beside it."""
    to = store.with_name(name)
    subprocess.run(["debugfs", "-R", f"dump /{name} {to}", store], check=True, stderr=subprocess.DEVNULL)
    return to


@pytest.mark.full
def test_guests(disks):
    """All three kinds in one machine: each boots its own kernel from its own disk."""
    with host("guests", disks, 2048) as machine:
        machine.boot(timeout=240)
        open_store(machine)

        # 1. each alone: disk, network, clean end, nothing left
        for kind in KINDS:
            before = used(machine)
            create(machine, kind, 1)
            print(f"{kind}: {(used(machine) - before) / 1024:.1f} MiB of dom0's memory")
            machine.run(f"xl shutdown -w {kind}", timeout=90)
            nothing_left(machine)

        # 2. all together, and each reboots from inside. PVH without any xl behind it (create -e), HVM with one
        # that is killed: domus-monitor takes care of both. PV's own xl does it.
        create(machine, "pv", 2)
        create(machine, "pvh", 2, "-e")
        create(machine, "hvm", 2)
        machine.run("kill -9 $(pgrep -f 'xl create.*[h]vm.cfg')")
        for kind in KINDS:
            old = domid(machine, kind)
            ask(machine, kind, "reboot")
            print(machine.run(f"sh again {kind} {old} 3 {UP}", timeout=UP / SLOW + 30).strip())
            machine.run(f"ping -c 2 -W 9 10.0.2.{HOST_PART[kind]}", timeout=30)

        # 3. the host goes down with three guests running
        machine.send("poweroff\r")
        machine.expect("Guests stopped", timeout=90)
        machine.wait_off(timeout=90)

    images = {"pv": disks["pv"], "hvm": disks["hvm"], "pvh": take_out(disks["store"], "pvh.img")}
    for kind, image in images.items():
        assert read_disk(image, kind, "/log").split("\n")[:3] == ["boot 1", "boot 2", "boot 3"], kind
        assert read_disk(image, kind, "/clean").strip() == "3", f"{kind} was not shut down cleanly"


def start_demo(machine, kind):
    """A guest's shell on this terminal, an address by DHCP, its poweroff, and dom0's shell again."""
    machine.send(f"xl create -c /usr/share/domus/demo/{kind}.cfg\r")
    if machine.expect(f"Domus demo guest .{kind.upper()}", r"Triple fault|Segmentation fault|libxl: error",
                      timeout=150):
        machine.fail(f"{kind}: lost at its start")
    machine.expect(r"eth0: 10\.0\.2\.\d+", timeout=60)
    machine.expect(r"# $", timeout=30)
    machine.send("poweroff\r")
    machine.expect("domus-test# $", timeout=90)


@pytest.mark.parametrize("kind", ["pv", pytest.param("pvh", marks=pytest.mark.full),
                                  pytest.param("hvm", marks=pytest.mark.full)])
def test_guests_demo(kind):
    """What a new user types first: the demo guest."""
    with Machine(f"guests_demo_{kind}", memory=2048) as machine:
        machine.boot(timeout=300)
        start_demo(machine, kind)


@pytest.mark.full
def test_guests_small(disks):
    """768 MiB: dom0 and one guest of 384 MiB, which uses its memory and its disk."""
    with host("guests_small", disks, 768) as machine:
        machine.boot(timeout=240)
        open_store(machine)
        assert "768 MiB are needed" not in machine.run("cat /run/domus/failed/* 2>/dev/null", check=False)[1]
        for kind in ("pv", "hvm"):
            machine.run(f"sed -i 's/^memory = .*/memory = 384/' {kind}.cfg")
            create(machine, kind, 1)
            output = ask(machine, kind, "dd if=/dev/zero of=/tmp/x bs=1M count=128 && sha256sum /tmp/x", timeout=180)
            assert subprocess.run("head -c 128M /dev/zero | sha256sum", shell=True, check=True, text=True,
                                  stdout=subprocess.PIPE).stdout.split()[0] in output
            ask(machine, kind, "cp /disk/boot/vmlinuz /disk/copy && sync", timeout=120)
            print(machine.run("xl list; free -m").strip())
            machine.run(f"xl shutdown -w {kind}", timeout=90)
            nothing_left(machine)


@pytest.mark.full
def test_memory_600():
    """512 to 767 MiB: boots, and says so."""
    with Machine("memory_600", memory=600) as machine:
        machine.expect("Domus live", timeout=240)
        machine.send("\r")
        machine.expect(r"Only \d+ MiB of memory: 768 MiB are needed", timeout=240)
        machine.login(240)
        machine.run("xl list")


@pytest.mark.full
def test_memory_448():
    """Below 512 MiB one line says what is needed."""
    with Machine("memory_448", memory=448) as machine:
        machine.expect("Domus live", timeout=240)
        machine.send("\r")
        machine.expect(r"\d+ MiB of memory: Domus needs at least 512 MiB", timeout=240)
