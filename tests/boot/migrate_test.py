# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest moves between two hosts while it counts: peers made by hand, live there, undecided and resolved."""

import json
import re
import socket

import pytest

from harness.machine import Machine
from harness.vm import quiet, vm, wait_until, write

NAME = "mover"
UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
MEDIUM = "/run/domus/medium/domus"
CFG = f"""name = "{NAME}"
type = "pvh"
uuid = "{UUID}"
memory = 96
vcpus = 1
kernel = "{MEDIUM}/vmlinuz"
ramdisk = "{MEDIUM}/demo/initrd"
cmdline = "console=hvc0 quiet hostname={NAME}"
tsc_mode = "native"
vif = [ "bridge=xenbr0,mac=00:16:3e:00:00:77" ]
"""
LOG = f"/var/log/xen/console/guest-{NAME}.log"
PASSWORD = "secret-enough"


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def prepare(host, number):
    quiet(host)
    host.run(f"ip addr add 10.9.9.{number}/24 dev xenbr0; ip link set xenbr0 up")
    host.run(f"echo {PASSWORD} | domus-host passwd", timeout=120)
    wait_until(host, "ss -Hltn | grep -q :22", 60, "sv status dropbear")


def make_peers(here, there):
    """With a person at here's terminal: there's fingerprint is compared, its password is typed once."""
    shown = json.loads(there.run("domus-host peer --json"))["fingerprint"]
    here.send("domus-host peer add 10.9.9.2\r")
    here.expect(re.escape(shown), timeout=60)
    here.expect("Type yes: ")
    here.send("yes\r")
    here.expect("password:", timeout=120)
    here.send(f"{PASSWORD}\r")
    here.expect("domus-test# ", timeout=120)
    listed = json.loads(there.run("domus-host peer --json"))["peers"]
    assert [peer["address"] for peer in listed] == ["10.9.9.1"]
    return listed[0]["name"]


def start_counting(host):
    write(host, f"/etc/xen/{NAME}.cfg", CFG)
    vm(host, f"autostart {NAME} on")
    vm(host, f"start {NAME}", timeout=180)
    wait_until(host, f"grep -qs 'Domus demo guest' {LOG}", 120, f"tail -n 5 {LOG}")
    domid = re.search(r"\d+", host.run(f"xl domid {NAME}"))[0]
    tty = host.run(f"xenstore-read /local/domain/{domid}/console/tty").strip()
    host.run(f"echo 'i=0; while :; do i=$((i+1)); echo n=$i.; sleep 1; done' >{tty}")
    wait_until(host, f"grep -q 'n=3\\.' {LOG}", 60, f"tail -n 5 {LOG}")


def last_count(host):
    return int(re.findall(r"n=(\d+)\.", host.run(f"tail -n 50 {LOG}"))[-1])


def running(host):
    return NAME in host.run("xl list")


@pytest.mark.full
def test_migrate():
    cable = free_port()
    with Machine("migrate-1", memory=1280, nic=f"socket,listen=127.0.0.1:{cable},model=e1000") as here, \
            Machine("migrate-2", memory=1280, nic=f"socket,connect=127.0.0.1:{cable},model=e1000,"
                    "mac=52:54:00:12:34:99") as there:
        here.expect("Domus live", timeout=240)
        here.send("\r")
        there.expect("Domus live", timeout=240)
        there.send("\r")
        for number, host in enumerate((here, there), 1):
            host.login(timeout=300)
            prepare(host, number)
        back = make_peers(here, there)
        start_counting(here)
        # All that speaks against it is said before anything is touched.
        there.run("ip link add xenbr9 type bridge")
        assert "nothing speaks against" in vm(here, f"migrate {NAME} 10.9.9.2 -n", timeout=120)
        begun = last_count(here)
        moved = json.loads(vm(here, f"migrate {NAME} 10.9.9.2 --json", timeout=400))
        print(moved)
        assert moved["result"] == "moved"
        assert not running(here) and running(there)
        wait_until(there, f"grep -q 'n=[0-9]*\\.' {LOG}", 60, f"tail -n 5 {LOG}")
        assert last_count(there) > begun
        # The definition and autostart went with it; here nothing can start it.
        there.run(f"test -e /etc/xen/{NAME}.cfg && test -L /etc/xen/auto/{NAME}.cfg")
        here.run(f"test ! -e /etc/xen/{NAME}.cfg && test ! -L /etc/xen/auto/{NAME}.cfg")
        status, said = vm(here, f"start {NAME}", check=False)
        assert status == 1 and "has moved to 10.9.9.2" in said
        wait_until(there, "test ! -d /var/lib/domus/migrate", 20, "find /var/lib/domus/migrate")
        here.run("test ! -d /var/lib/domus/migrate")
        assert back == "domus"
