# SPDX-License-Identifier: GPL-2.0-or-later
"""What breaks on a running host, and before its next start: killed services, QEMU, Xen's store; a full, a cut and a missing one."""

import json
import re

import pytest

from harness.guest import XL_CFG, log_of, run_in, wait_shell
from harness.machine import Machine
from harness.steps import run_steps
from harness.vm import guests, quiet, wait_until, write
from host_guests_test import text
from install_test import conf, disk, drives, installed, log_in, powers_off

# Two pools on disks that are not there.
POOLS = """\
[pool fast]
type = thin
source = domus-fast/pool

[pool slow]
type = directory
source = UUID=01234567-89ab-cdef-0123-456789abcdef

[disk]"""
GUEST = XL_CFG + 'on_crash = "restart"\n'
# What was compressed or removed meanwhile is free again.
FULL = re.compile(r"the state partition is (99|100) % full")
# By QEMU, as every disk of an HVM guest is.
DISK = '"backendtype=qdisk,format=raw,vdev=xvda,access=rw,target=/srv/domus/served.img"'
# xenstored does not come back; our own shell is a child of getty-hvc0.
KILL = """cd /run/service
for NAME in *; do
	case $NAME in xenstored | getty-hvc0) continue ;; esac
	PID=$(cat $NAME/supervise/pid 2>/dev/null)
	[ -n "$PID" ] || continue
	kill -9 $PID
	TRIES=0
	until NEW=$(cat $NAME/supervise/pid) && [ -n "$NEW" ] && [ "$NEW" != $PID ]; do
		TRIES=$((TRIES + 1))
		[ $TRIES -lt 300 ] || { echo "LOST $NAME"; break; }
		sleep 0.1
	done
	echo "BACK $NAME"
done
"""


def guests_run(machine):
    machine.run("truncate -s 16M /srv/domus/served.img")
    for name, disk in (("served", DISK), ("other", "")):
        write(machine, f"/etc/xen/{name}.cfg", GUEST.format(name=name, disk=disk))
        machine.run(f"xl create -e -q /etc/xen/{name}.cfg", timeout=180)
    for name in ("served", "other"):
        wait_shell(machine, name)
    run_in(machine, "served", "echo here >/dev/xvda; sync")
    assert machine.run("head -c 4 /srv/domus/served.img") == "here"


def services_come_back(machine):
    before = {name: guest["id"] for name, guest in guests(machine).items()}
    write(machine, "/tmp/kill", KILL)
    output = machine.run("sh /tmp/kill", timeout=300)
    print(output)
    assert "LOST" not in output
    back = set(re.findall(r"BACK (\S+)", output))
    assert {"crond-release", "domus-monitor", "dropbear", "getty-tty1", "klogd", "mdev", "servicelog", "syslogd", "xenconsoled"} <= back
    assert {name: guest["id"] for name, guest in guests(machine).items()} == before
    # through the new xenconsoled
    assert run_in(machine, "other", "echo $((6 * 7))").strip() == "42"
    machine.run("logger marked && grep -q marked /var/log/messages")
    assert machine.run("ls /run/domus/failed").split() == FAILED_POOLS


def supervisor_is_not_missed(machine):
    """Each service has one of its own, which outlives the one of them all."""
    machine.run("kill -9 $(pidof runsvdir); sleep 2; kill -9 $(cat /run/service/dropbear/supervise/pid)")
    wait_until(machine, "cat /proc/net/tcp* | grep -q ':0016 .* 0A '", 30, "sv status /run/service/*")
    assert "unable to lock" not in machine.run("cat /var/log/messages")


def qemu_is_lost(machine):
    """The guest that it serves is stopped, said and made anew; the other does not notice."""
    before = guests(machine)
    served = before["served"]["id"]
    machine.send(f"kill -9 $(xenstore-read /local/domain/{served}/image/device-model-pid)\r")
    machine.expect("guest served is lost: its QEMU", timeout=60)
    wait_until(machine, f"D=$(xl domid served) && [ $D != {served} ]", 90, "xl list; cat /run/domus/failed/*")
    wait_until(machine, "[ ! -e /run/domus/failed/guest-served ]", 90, "cat /run/domus/failed/*")
    machine.run("grep -q 'served.*crashed: restart' /var/log/messages")
    assert guests(machine)["other"]["id"] == before["other"]["id"]
    wait_until(machine, f"[ $(grep -c 'Domus demo guest' {log_of('served')}) = 2 ]", 120, f"tail -n 5 {log_of('served')}")
    assert "here" in run_in(machine, "served", "head -c 4 /dev/xvda; echo")


def disks_for(name, system):
    """The firmware starts the first. The other two answer SMART; the NVMe disk says what QEMU is told to."""
    nvme, ata = disk(name, "nvme.img", 1 / 16), disk(name, "ata.img", 1 / 16)
    words = drives(system=system)
    words[-1] += ",bootindex=0"
    return words + ["-drive", f"if=none,id=nvme,format=raw,file={nvme}", "-device", "nvme,id=nvme0,drive=nvme,serial=NVME",
            "-drive", f"if=none,id=ata,format=raw,file={ata}", "-device", "ide-hd,drive=ata,serial=ATA"]


def disks_tell(machine):
    disks = {disk["serial"]: disk for disk in json.loads(machine.run("domus-host disks --json", timeout=60))}
    print(machine.run("domus-host disks", timeout=60))
    assert disks["SYSTEM"]["smart"] is None and disks["SYSTEM"]["is_system"] and disks["SYSTEM"]["groups"] == ["domus"]
    for serial in ("NVME", "ATA"):
        assert disks[serial]["smart"]["is_failing"] is False, disks[serial]
        assert not disks[serial]["is_system"]
    assert disks["NVME"]["smart"]["temperature_c"] == 50  # QEMU's 323 K
    machine.qmp("qom-set", path="/machine/peripheral/nvme0", property="smart_critical_warning", value=4)
    machine.run("domus-host disks check && grep -q 'serial NVME.*failing' /run/domus/failed/disk-nvme0n1", timeout=60)
    machine.qmp("qom-set", path="/machine/peripheral/nvme0", property="smart_critical_warning", value=0)
    machine.run("domus-host disks check && [ ! -e /run/domus/failed/disk-nvme0n1 ]", timeout=60)


def is_spoilt(machine):
    """The state partition is filled, the host's file emptied, as a crash may leave it."""
    status, output = machine.run("dd if=/dev/zero of=/root/big bs=1M 2>&1", timeout=300, check=False)
    assert status != 0 and "No space left" in output
    machine.run(": >/etc/domus/host.conf")
    machine.run("domus-host storage check")
    assert FULL.search(machine.run("cat /run/domus/failed/state-full"))


def store_is_lost(machine):
    """It cannot come back: that is said, the host answers, and goes down nevertheless."""
    machine.send("kill -9 $(cat /run/service/xenstored/supervise/pid)\r")
    machine.expect("xenstored ended: guests cannot be managed until the machine is restarted", timeout=60)
    assert "restart the machine" in machine.run("cat /run/domus/failed/xenstored")
    assert "xenstored" in machine.run("domus-host status", timeout=60)
    begin = machine.seconds()
    machine.send("poweroff\r")
    machine.wait_off(timeout=240)
    print(f"off {machine.seconds() - begin:.0f} s later")


FAILED_POOLS = ["pool-fast", "pool-slow"]


def comes_up_and_says(machine):
    log_in(machine, timeout=400)
    quiet(machine)
    wait_until(machine, "[ -e /run/domus/failed/state-full ]", 120, "ls /run/domus/failed")
    failed = json.loads(machine.run("domus-host status --json"))["failed"]
    print(json.dumps(failed, indent=1))
    assert "1970" in failed["clock"]
    assert "nobody could log in; in use: /var/lib/domus/good/1" in failed["config"]
    assert FULL.search(failed["state-full"])
    assert set(FAILED_POOLS) <= set(failed)
    assert int(machine.run("date +%Y")) >= 2026


def can_be_administered(machine):
    """What was wrong is put right from here."""
    machine.run("rm /root/big && domus-host storage check && [ ! -e /run/domus/failed/state-full ]")
    status, output = machine.run("domus-host set host.name again", check=False)
    assert status == 1 and "nobody could log in" in output and "domus-host undo" in output, output
    machine.run("domus-host undo --yes && domus-host set host.name again && domus-host apply --yes", timeout=120)
    assert machine.run("hostname").strip() == "again"
    machine.run("grep -q 'name = again' /etc/domus/host.conf && grep -q password /etc/domus/host.conf")
    machine.run("domus-host time set '2026-12-24 18:00:00' && [ ! -e /run/domus/failed/clock ]")
    machine.run("domus-host storage remove fast --yes && domus-host storage remove slow --yes", timeout=120)
    machine.run("xl create -e -q /etc/xen/other.cfg", timeout=120)
    assert "other" in guests(machine)


@pytest.mark.full
def test_host_faults():
    name = "host_faults"
    system = installed(name, text(), conf(a=("[disk]", POOLS)))
    with Machine(f"{name}_disk", medium=None, extra=disks_for(name, system)) as machine:
        log_in(machine, timeout=400)
        quiet(machine)
        wait_until(machine, "[ -e /run/domus/booted ]", 120, "ls /run/domus/failed")
        assert machine.run("ls /run/domus/failed").split() == FAILED_POOLS
        run_steps(machine, disks_tell, guests_run, services_come_back, supervisor_is_not_missed, qemu_is_lost, is_spoilt, store_is_lost)
    with Machine(f"{name}_spoilt", medium=None, extra=drives(system=system) + ["-rtc", "base=1970-01-01T00:00:00"]) as machine:
        run_steps(machine, comes_up_and_says, can_be_administered)
        powers_off(machine)
