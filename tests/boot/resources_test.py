# SPDX-License-Identifier: GPL-2.0-or-later
"""What running guests have of the machine: the memory example of the source material, CPUs, weight and cap."""

import json
import re

import pytest

from guests.initrd import demo_initrd
from harness.machine import Machine
from harness.screen import Screen
from harness.server import Server
from harness.vm import guests, online, quiet, vm, wait_log, wait_until, write

LEFT, DOWN = "\033OD", "\033OB"

# It says what it has, whenever that changes; with the word busy it works, and counts what it has done. To look costs
# next to nothing: it comes out of each guest's share, and would weigh more on the smaller one. The work is one small
# loop: a turn on the CPU takes a millisecond, and an emulated CPU finds the code of a larger one anew in each turn.
GUEST = """#!/bin/sh
while sleep 2; do
	read _ KIB _ </proc/meminfo
	read CPUS </sys/devices/system/cpu/online
	VIEW="mib=$((KIB / 1024)) cpus=$CPUS"
	[ "$VIEW" = "$OLD" ] || echo "VIEW $VIEW END" >/dev/hvc0
	OLD=$VIEW
done &
grep -q busy /proc/cmdline || exit 0
dd if=/dev/urandom of=/tmp/work bs=64k count=64 2>/dev/null
(N=0
while sha256sum /tmp/work >/dev/null; do
	N=$((N + 1))
	echo "WORK $N END" >/dev/hvc0
done) &
"""

CONF = """[vm {name}]
os = demo
method = pv
memory = {memory}
max-memory = {maximum}
vcpus = {vcpus}
max-vcpus = 2
initrd = /srv/domus/initrd
arguments = console=hvc0 quiet ip=none {words}
"""


def start(machine, name, memory, maximum, vcpus=1, words=""):
    write(machine, f"{name}.conf", CONF.format(name=name, memory=memory, maximum=maximum, vcpus=vcpus, words=words))
    vm(machine, f"create {name}.conf", timeout=240)
    wait_log(machine, name, "VIEW")


def prepare(machine, server):
    machine.boot(timeout=300)
    quiet(machine)
    online(machine)
    machine.run("mkdir -p /srv/domus")
    machine.run(f"wget -q -O /srv/domus/initrd {server.url('initrd')}", timeout=60)


def sizes(machine):
    """MiB of each guest, as Xen says."""
    return {name: round(guest["memory_kib"] / 1024) for name, guest in guests(machine).items()}


def has(machine, **wanted):
    found = sizes(machine)
    assert all(abs(found[name] - mib) <= 4 for name, mib in wanted.items()), (found, wanted)


def last_view(machine, name):
    return machine.run(f"grep -o 'VIEW.*END' /var/log/xen/console/guest-{name}.log | tail -n 1")


def work_of(machine, name):
    said = machine.run(f"grep -o 'WORK [0-9]* END' /var/log/xen/console/guest-{name}.log | tail -n 1")
    return int(re.search(r"WORK (\d+)", said)[1])


def by_keys(machine):
    """In the manager: alpha gives beta, the next below, 512 MiB in eight steps; asked, then done."""
    machine.run("stty rows 24 cols 80")
    screen = Screen(machine)
    machine.send("domus-vm\r")
    screen.wait("Domain-0")
    machine.send("M")
    screen.wait("Left and Right move the border between alpha and beta")
    for step in range(1, 9):
        machine.send(LEFT)
        screen.wait(f"-{step * 64}")
    print(screen.text())
    machine.send("\r")
    screen.wait("2. beta takes: 512 -> 1024 MiB")
    machine.send("\r")
    screen.wait("beta has 1024 MiB", "beta has 1023 MiB", "beta has 1022 MiB", timeout=120)
    print(screen.text())
    machine.send("q")
    machine.expect("domus-test# $", timeout=20)
    quiet(machine)


@pytest.mark.full
def test_resources_memory(tmp_path):
    """1 GiB + 512 MiB + 512 MiB become 512 MiB + 1 GiB + 512 MiB by key strokes, and back by the command."""
    files = {"/initrd": demo_initrd(tmp_path, {"etc/guest": GUEST.encode()})}
    with Server(files) as server, Machine("resources_memory", memory=2560) as machine:
        prepare(machine, server)
        start(machine, "alpha", 1024, 1024)
        start(machine, "beta", 512, 1024)
        start(machine, "gamma", 512, 512)
        before = json.loads(vm(machine, "memory --json"))
        print(vm(machine, "memory"))
        has(machine, alpha=1024, beta=512, gamma=512)
        assert before["free_kib"] < 512 * 1024, "the example is none: so much is free"
        ids = {name: guest["id"] for name, guest in guests(machine).items()}

        # 1. what does not fit is refused with the figures, and nothing is asked of anybody
        status, output = vm(machine, "memory beta=1024", check=False)
        assert status == 1 and f"{before['free_kib'] // 1024} MiB are free" in " ".join(output.split()), output
        status, output = vm(machine, "set-memory beta 1024", check=False)
        assert status == 1 and "MiB are missing" in " ".join(output.split()), output
        status, output = vm(machine, "memory alpha=1100 gamma=16", check=False)
        assert status == 1 and "alpha may have at most 1024 MiB" in output and "gamma must keep 32 MiB" in output, output
        status, output = vm(machine, "memory Domain-0=256", check=False)
        assert status == 1 and "domus-host boot memory" in output, output
        has(machine, alpha=1024, beta=512, gamma=512)

        # 2. the example; the guests see it themselves, and go on
        seen = last_view(machine, "beta")
        by_keys(machine)
        has(machine, alpha=512, beta=1024, gamma=512)
        wait_until(machine, "grep -q 'VIEW mib=9' /var/log/xen/console/guest-beta.log", 60, f"echo was '{seen}'")
        assert {name: guest["id"] for name, guest in guests(machine).items()} == ids

        # 3. and back, kept for later starts: the most that each may have is what it was
        print(vm(machine, "memory beta=512 alpha=1024 --keep", timeout=120))
        has(machine, alpha=1024, beta=512, gamma=512)
        assert "memory = 512" in machine.run("cat /etc/xen/beta.cfg")
        moved = json.loads(vm(machine, "memory alpha=512 beta=1024 --keep --json", timeout=120))
        assert [step["guest"] for step in moved["steps"]] == ["alpha", "beta"] and moved["error"] is None, moved
        cfg = machine.run("cat /etc/xen/alpha.cfg")
        assert "memory = 512" in cfg and "maxmem = 1024" in cfg, cfg

        # 4. one that gives nothing: the figure, nobody takes, and what was asked is taken back
        vm(machine, "pause gamma")
        status, output = vm(machine, "memory gamma=256", check=False)
        assert status == 1 and "gamma: it is paused" in output, output
        vm(machine, "unpause gamma")
        has(machine, alpha=512, beta=1024, gamma=512)


@pytest.mark.full
def test_resources_cpus(tmp_path):
    """A CPU added and pinned while the guest runs, and after its reboot; of two that work on one CPU, weight and cap are seen in their work."""
    files = {"/initrd": demo_initrd(tmp_path, {"etc/guest": GUEST.encode()})}
    with Server(files) as server, Machine("resources_cpus", memory=1536) as machine:
        prepare(machine, server)
        start(machine, "one", 160, 160, words="busy")
        start(machine, "two", 160, 160, words="busy")

        # 1. both on CPU 1, so that dom0 has the other
        for name in ("one", "two"):
            vm(machine, f"pin {name} 1")
            wait_log(machine, name, "WORK 3 END")
        vm(machine, "weight one 512")
        vm(machine, "weight two 256")
        work, cpu = compare(machine, 40)
        # In work it is more: an emulated CPU begins each turn slowly, and the smaller weight has the shorter ones. Beside
        # others on the machine below the turns' lengths blur, and with them the ratio.
        assert 1.3 < cpu < 2.5 and work > 1.3, f"weight 512 to weight 256: CPU {cpu:.2f} to 1, work {work:.2f} to 1"

        # 2. a cap: a quarter of a CPU at most, whatever its weight says
        vm(machine, "weight one 512 25")
        work, cpu = compare(machine, 40)
        assert 0.2 < cpu < 0.6 and 0.1 < work < 0.7, f"a cap of 25 % to the rest: CPU {cpu:.2f} to 1, work {work:.2f} to 1"

        # 3. CPUs while it runs, and where they run
        vm(machine, "weight one 256 0")
        assert "virtual CPUs: 2" in vm(machine, "set-vcpus one 2 --keep", timeout=120)
        wait_log(machine, "one", "cpus=0-1 END")
        vm(machine, "pin one 0-1 0")
        is_pinned(machine)
        cfg = machine.run("cat /etc/xen/one.cfg")
        assert 'cpus = "0-1"' in cfg and 'cpus_soft = "0"' in cfg and "vcpus = 2" in cfg, cfg

        # 4. also after its own reboot
        vm(machine, "reboot one", timeout=400)
        wait_until(machine, "[ $(xl vcpu-list one | grep -c ^one) = 2 ]", 60, "xl vcpu-list")
        is_pinned(machine)


def is_pinned(machine):
    listed = machine.run("xl vcpu-list one").splitlines()[-2:]
    assert all(re.search(r"(all|0-1) / 0", line) for line in listed), listed


def done(machine):
    """Of one and of two: what each has worked, and how many CPU seconds it has had, as Xen says."""
    seconds = dict(re.findall(r"^(one|two) .* (\d+\.\d)$", machine.run("xl list"), re.M))
    return [number for name in ("one", "two") for number in (work_of(machine, name), float(seconds[name]))]


def compare(machine, seconds):
    """Work and CPU seconds of one to those of two in so many seconds."""
    first = done(machine)
    machine.run(f"sleep {seconds}", timeout=seconds * 3)
    work, cpu, others_work, others_cpu = (late - early for early, late in zip(first, done(machine)))
    print(f"one: work {work}, CPU {cpu:.1f} s; two: work {others_work}, CPU {others_cpu:.1f} s")
    assert others_work > 0 and others_cpu > 0
    return work / others_work, cpu / others_cpu
