# SPDX-License-Identifier: GPL-2.0-or-later
"""A host with many guests: what making one costs beside plain xl, 100 defined, 30 small PV guests running."""

import re
import statistics
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]
from harness.machine import Machine  # noqa: E402
from harness.vm import guests, quiet, write  # noqa: E402

DEFINED, RUNNING = 100, 30
ROUNDS = 3

CFG = """name = "NAME"
uuid = "UUID"
type = "pv"
memory = 96
vcpus = 1
kernel = "/run/domus/medium/domus/vmlinuz"
ramdisk = "/run/domus/medium/domus/demo/initrd"
cmdline = "console=hvc0 ip=none"
vif = [ "mac=MAC, bridge=xenbr0" ]
on_crash = "destroy"
"""

# "quiet" is in the profile: without loglevel= the first line would be that of the guest's init.
CONF = """[vm ours]
os = demo
method = pv
memory = 96
arguments = loglevel=7 ip=none
"""

# fill NAME NUMBER: an xl.cfg of its own. first LOG COMMAND...: milliseconds from the command to the guest's first line.
SCRIPT = r"""fill() {
	U=$(cat /proc/sys/kernel/random/uuid)
	M=$(printf 00:16:3e:64:00:%02x $2)
	sed "s/NAME/$1/; s/UUID/$U/; s/MAC/$M/" template
}
now() {
	read -r S _ </proc/uptime
	echo "${S%.*}${S#*.}0"
}
first() {
	LOG=/var/log/xen/console/guest-$1.log
	shift
	rm -f "$LOG"
	sv hup /run/service/xenconsoled >/dev/null
	T=$(now)
	"$@" >/dev/null 2>&1 &
	until [ -s "$LOG" ]; do usleep 20000; done
	echo "FIRST $(($(now) - T))"
	wait
}
define() {
	N=1
	while [ $N -le $1 ]; do
		fill g$N $N >/etc/xen/g$N.cfg
		N=$((N + 1))
	done
}
begin() {
	N=1
	while [ $N -le $1 ]; do
		domus-vm start g$N >/dev/null || break
		N=$((N + 1))
	done
}
available() { awk '/MemAvailable/ { print "AVAILABLE", $2 }' /proc/meminfo; }
ticks() { cut -d' ' -f14,15 /proc/$(pidof domus-vm | cut -d' ' -f1)/stat; }
"""


def number(text, word):
    return int(re.search(rf"{word} (\d+)", text)[1])


def available(machine):
    """MiB. Not what is used: dom0's total shrinks too, by the pages that become guests' grants."""
    return number(machine.run(". ./many; available"), "AVAILABLE") / 1024


def create_compared(machine):
    """Medians of ROUNDS of each in turn: milliseconds for xl, for domus-vm."""
    times = {"xl": [], "ours": []}
    machine.run(". ./many; fill plain 1 >plain.cfg")
    for _ in range(ROUNDS):
        times["xl"].append(number(machine.run(". ./many; first plain xl create -q plain.cfg", timeout=120), "FIRST"))
        machine.run("xl destroy plain", timeout=60)
        times["ours"].append(number(machine.run(". ./many; first ours domus-vm create ours.conf", timeout=120), "FIRST"))
        machine.run("domus-vm destroy ours --yes; domus-vm delete ours --yes", timeout=60)
    print(times)
    return statistics.median(times["xl"]), statistics.median(times["ours"])


def manager(machine):
    """Seconds until the manager's list stands, and milliseconds of CPU for one time that it is read anew."""
    machine.run("stty rows 24 cols 80")
    begun = time.monotonic()
    machine.send("domus-vm\r")
    machine.expect("Domain-0", timeout=60)
    start = time.monotonic() - begun
    machine.send("q")
    machine.expect("domus-test# $", timeout=30)
    quiet(machine)
    machine.run("openvt -c 9 -- domus-vm; sleep 15", timeout=60)
    before = sum(int(word) for word in machine.run(". ./many; ticks").split()[-2:])
    machine.run("sleep 40", timeout=120)
    after = sum(int(word) for word in machine.run(". ./many; ticks").split()[-2:])
    machine.run("kill $(pidof domus-vm)")
    return start, (after - before) * 10 / (40 / 2)


def measure(row):
    """row(what, value, unit, budget=None)"""
    with Machine("report_many", memory=5120) as machine:
        machine.boot(timeout=400)
        quiet(machine)
        write(machine, "template", CFG)
        write(machine, "many", SCRIPT)
        write(machine, "ours.conf", CONF)
        plain, ours = create_compared(machine)
        row(f"domus-vm create / xl create, to the guest's first line ({ours:.0f} and {plain:.0f} ms)", ours / plain, "", 1.5)
        empty = available(machine)
        machine.run(f". ./many; define {DEFINED}", timeout=120)
        start, refresh = manager(machine)
        row(f"manager with {DEFINED} guests, none running: until its list stands", start, "s")
        row("  CPU time of one refresh", refresh, "ms")
        begun = time.monotonic()
        machine.run(f". ./many; begin {RUNNING}", timeout=1200)
        row(f"{RUNNING} PV guests of 96 MiB started, one after the other", time.monotonic() - begun, "s")
        running = sum(guest["state"] == "running" for guest in guests(machine).values())
        if running != RUNNING:
            raise ValueError(f"{running} guests run, not {RUNNING}")
        row(f"dom0 memory for {RUNNING} PV guests", empty - available(machine), "MiB")
        start, refresh = manager(machine)
        row(f"manager with {DEFINED} guests, {RUNNING} running: until its list stands", start, "s")
        row("  CPU time of one refresh", refresh, "ms")


if __name__ == "__main__":
    measure(lambda what, value, unit, budget=None: print(f"{what}: {value:.2f} {unit}", f"(<= {budget})" if budget else ""))
