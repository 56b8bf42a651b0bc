# SPDX-License-Identifier: GPL-2.0-or-later
"""Two hosts installed from two files, their common pool on a third machine (NFS): guests move while they run, there and
back; the cable is cut in the one moment that nobody can decide; the host that a guest left is restarted; many moves."""

import re
import subprocess
import time
from collections import namedtuple

import pytest

from guests.initrd import demo_initrd
from harness.machine import TOP, Machine
from harness.nfs import NfsServer
from harness.server import Server
from harness.switch import Switch
from harness.vm import quiet, vm, wait_until, write
from install_test import PASSWORD, drives, hashed, installed, log_in
from migrate_test import ADDRESS, GUEST, LOG, NAME, RECORDS, cable, cards, connect, is_there, is_whole, last, make_peers, move, \
    nothing_left, start_counting, starts_nowhere
from tui.screen import Terminal

POOL = "/srv/pools/share"
IMAGE = f"{POOL}/images/{NAME}.img"
MOVES = 50
ZEROES = "dd if=/dev/zero bs=64k count=768"  # 48 MiB

TEXT = """\
[host]
name = xen{0}

[bridge xenbr0]
ports = eth0
method = static
address = 10.9.9.{0}/24

[bridge xenbr1]
ports = eth1
method = dhcp

[pool share]
type = nfs
source = 10.9.9.9:/

[root]
password = {1}

[boot]
timeout = 1

[install]
licence = accepted
components = remote hvm

[disk]
serial = SYSTEM
"""
CFG = f"""name = "{NAME}"
type = "{{kind}}"
uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
memory = 112
vcpus = 1
kernel = "/run/domus/medium/domus/vmlinuz"
ramdisk = "{POOL}/initrd"
cmdline = "console=hvc0 quiet hostname={NAME} ip={ADDRESS}/24"
disk = [ "format=raw,vdev=xvda,access=rw,target={IMAGE}" ]
vif = [ "bridge=xenbr0,mac=00:16:3e:00:00:77" ]
"""
# Of what must not grow with each move. The kernel's own threads come and go, and so does what cron starts.
USED = "xl list | wc -l; xenstore-ls -f | wc -l; losetup -a | wc -l; ls /sys/class/net | wc -l; ps | grep -vc '\\[.*\\]$'; " \
       "awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo"

# Seconds, seconds and MiB/s of memory.
Figures = namedtuple("Figures", "total downtime rate")


def text(number):
    return TEXT.format(number, hashed(PASSWORD))


def host_of(name, number, system, switch):
    return Machine(f"{name}-{number}", medium=None, memory=1280, cpus=1, nic=None,
                   extra=cards(number, switch.words(number, "cable")) + drives(system=system))


def ready(host):
    """Logged in; its pool is there, and it hears SSH."""
    log_in(host, timeout=400)
    quiet(host)
    wait_until(host, f"mountpoint -q {POOL}", 120, "domus-host storage; cat /run/domus/failed/*; ip addr")
    wait_until(host, "ss -Hltn | grep -q :22", 60, "sv status dropbear")


def connector(work):
    """Where the program of the rates is built."""
    connect = work / "connect"
    subprocess.run(["musl-gcc", "-static", "-O2", "-s", "-o", connect, TOP / "tests/perf/connect.c"], check=True)
    return connect


class Hosts:
    """The two, the third, and the guest that moves between them."""

    def __init__(self, name, work):
        self.switch = Switch(3)
        systems = [installed(f"{name}_{number}", text(number), extra=cards(number, self.switch.words(number, "cable")))
                   for number in (1, 2)]
        self.nfs = NfsServer(f"{name}-nfs", work, "10.9.9.9/24", "10.9.9.0/24", cable(3, self.switch.words(3, "cable")))
        self.here, self.there = [host_of(name, number, system, self.switch) for number, system in enumerate(systems, 1)]
        self.server = Server({"/initrd": demo_initrd(work, {"etc/guest": GUEST.encode()}), "/connect": connector(work).read_bytes()})

    def __enter__(self):
        self.server.__enter__()
        self.nfs.start().wait_up()
        for host in (self.here, self.there):
            host.start()
        for host in (self.here, self.there):
            ready(host)
        make_peers(self.here, self.there, PASSWORD)
        self.here.run(f"mkdir -p {POOL}/images; wget -q -O {POOL}/initrd {self.server.url('initrd')}", timeout=120)
        return self

    def __exit__(self, *_):
        for machine in (self.here, self.there, self.nfs):
            machine.stop()
        self.server.__exit__()
        self.switch.__exit__()

    def guest(self, kind):
        """A new one on the first host, counting; both hosts hold a connection to it."""
        here = self.here
        here.run(f"rm -f {IMAGE} {LOG}; truncate -s 48M {IMAGE}; mke2fs -q -F -t ext4 {IMAGE}", timeout=120)
        self.hang_up()
        start_counting(here, self.there, CFG.format(kind=kind))

    def hang_up(self):
        for host in (self.here, self.there):
            host.run("kill $(pidof nc) 2>/dev/null; rm -f /tmp/tcp.log")

    def connect(self):
        """Anew: after minutes without a cable TCP waits for minutes more."""
        self.hang_up()
        connect(self.here, self.there)

    def move(self, source, target, connected=None):
        """Live; whole afterwards, its disk opened directly on both sides; its figures."""
        begun = last(source, LOG, "n")
        target.run(f"rm -f {LOG}")
        is_direct(source)
        moved = move(source, "10.9.9.1" if target is self.here else "10.9.9.2")
        assert moved["result"] == "moved", moved
        is_whole(target, source, begun, (source, target) if connected is None else connected)
        is_direct(target)
        nothing_left(source, target)
        return Figures(moved["total_ms"] / 1000, moved["downtime_ms"] / 1000, moved["copied_kib"] / 1.024 / moved["copy_ms"])

    def end(self, host):
        vm(host, f"destroy {NAME} --yes", timeout=60)
        vm(host, f"delete {NAME} --yes", timeout=60)
        for each in (self.here, self.there):
            each.run(f"rm -f /var/lib/domus/moved/{NAME} /etc/xen/{NAME}.cfg")


def is_direct(host):
    """The guest's image is not in this host's cache."""
    assert host.run(f"cat $(grep -lx {IMAGE} /sys/block/loop*/loop/backing_file | sed s/backing_file/dio/)").split() == ["1"]


def rates(hosts):
    """MiB/s from one host to the other: of plain TCP, and through SSH with the cipher that a move has."""
    hosts.there.run("nft insert rule inet domus input tcp dport 7005 accept")
    hosts.there.run("(nc -l -p 7005 -e /bin/dd of=/dev/null bs=64k >/dev/null 2>&1 &)")
    wait_until(hosts.there, "ss -Hltn | grep -q :7005", 20, "ss -ltn")
    hosts.here.run(f"wget -q -O /tmp/connect {hosts.server.url('connect')}; chmod 755 /tmp/connect")
    words = f"DROPBEAR_PASSWORD={PASSWORD} dbclient -y -q -T -K 10 -W 1048576 root@10.9.9.2"
    return (rate(hosts.here, f"/tmp/connect 10.9.9.2 7005 {ZEROES}"),
            rate(hosts.here, f"{ZEROES} | {words} 'dd of=/dev/null bs=64k'"))


def rate(source, command):
    """Of the zeroes that it sends, until the other side has them, or as good as all."""
    said = source.run(f"(set -o pipefail; read A _ </proc/uptime; {command} 2>/dev/null && "
                      "read B _ </proc/uptime && echo UP $A $B)", timeout=300)
    began, ended = map(float, re.search(r"UP (\S+) (\S+)", said).groups())
    return 48 / (ended - began)


def both_ways(hosts):
    hosts.guest("pvh")
    print("pvh there:", hosts.move(hosts.here, hosts.there))
    print("pvh back:", hosts.move(hosts.there, hosts.here))


def move_by_keys(hosts):
    """From the manager's list, over an 80x24 serial line."""
    here, there = hosts.here, hosts.there
    begun = last(here, LOG, "n")
    here.run("stty rows 24 cols 80")
    here.send("domus-vm\r")
    screen = Terminal.on_line(here.child)
    screen.wait("Domain-0", 60).press("/", NAME, "ENTER").wait(f"only *{NAME}*", 60)
    screen.press("t").wait("10.9.9.2", 60).press("ENTER").wait("it stands still", 60).press("ENTER")
    screen.wait("moved to 10.9.9.2", 2000)
    print(screen.text())
    screen.press("q")
    here.send("\r")
    here.expect("domus-test# $", timeout=60)
    quiet(here)
    is_whole(there, here, begun, (here, there))
    nothing_left(here, there)


def cut_at(hosts, word, where, is_back=True):
    """Moves; the cable is cut at where's card, both ways, as soon as its record says word; then it is back, if is_back."""
    where.run(f"( (until grep -rqs '{word}' {RECORDS}; do :; done; ip link set eth0 down) >/dev/null 2>&1 &)")
    begun = last(hosts.here, LOG, "n")
    moved = move(hosts.here, "10.9.9.2")
    print(hosts.here.run("xl list; domus-vm list"), hosts.there.run("xl list"))
    states = [runs(host) for host in (hosts.here, hosts.there)]
    assert states != [True, True] and moved["result"] == "undecided", (moved, states)
    assert NAME in hosts.here.run("domus-vm list | grep undecided")
    if is_back:
        where.run("ip link set eth0 up")
    return begun


def runs(host):
    """Neither paused nor suspended."""
    line = re.search(rf"^{NAME} .*?([rbpscd-]{{6}})", host.run("xl list"), re.M)
    return line is not None and "p" not in line[1] and "s" not in line[1]


def refused_elsewhere(host, owner):
    """Under another name the disk starts nothing here while its guest is over there, whoever tries."""
    text = CFG.format(kind="pvh").replace(f'"{NAME}"', '"thief"').replace("c8\"", "c9\"").replace("00:77", "00:78")
    write(host, "/etc/xen/thief.cfg", text)
    starts_nowhere(host, "thief", NAME, owner)
    host.run("rm /etc/xen/thief.cfg")


def settled(hosts, begun):
    """Known again: it runs on one of them alone, and is whole; that one."""
    nothing_left(hosts.here, hosts.there)
    host, other = (hosts.here, hosts.there) if is_there(hosts.here) else (hosts.there, hosts.here)
    is_whole(host, other, begun, ())
    return host


@pytest.mark.full
def test_migrate_hosts(tmp_path):
    """A PVH and an HVM guest move there and back over NFS; the undecided moment, twice; the source is restarted."""
    with Hosts("migrate_hosts", tmp_path) as hosts:
        here, there = hosts.here, hosts.there
        print("plain TCP: %.1f MiB/s, through SSH: %.1f MiB/s" % rates(hosts))
        both_ways(hosts)

        # The cable is cut when the source is about to give leave, which then comes through or not; and when the
        # target has taken it.
        if settled(hosts, cut_at(hosts, "undecided", here)) is there:
            hosts.connect()
            hosts.move(there, here)
        assert settled(hosts, cut_at(hosts, "granted", there)) is there

        # The source is restarted with autostart on: the guest runs over there alone.
        here.send("reboot\r")
        ready(here)
        assert not is_there(here) and is_there(there)
        status, said = vm(here, f"start {NAME}", check=False)
        assert status == 1 and "has moved to" in said, said
        refused_elsewhere(here, "xen2")
        hosts.end(there)

        hosts.guest("hvm")
        move_by_keys(hosts)
        print("hvm back:", hosts.move(there, here))
        hosts.end(here)


@pytest.mark.full
def test_migrate_many(tmp_path):
    """There and back, many times: neither host grows."""
    with Hosts("migrate_many", tmp_path) as hosts:
        hosts.guest("pvh")
        at, other = hosts.here, hosts.there
        used, times = [], []  # used[1] and the last: the guest is on the first host
        for number in range(MOVES):
            # Linux 6.12 loses its NIC's 256 receive buffers, 1 MiB, whenever it is moved: this is of hosts, not of guests.
            if number == MOVES // 2 + 1:
                hosts.end(at)
                hosts.guest("pvh")
                at, other = hosts.here, hosts.there
            begun = time.monotonic()
            hosts.move(at, other)
            at, other = other, at
            times.append(time.monotonic() - begun)
            used.append([[int(word) for word in host.run(USED).split()] for host in (hosts.here, hosts.there)])
        print(f"{MOVES} moves in {sum(times):.0f} s", used[1], used[-1])
        for early, late in zip(used[1], used[-1]):
            assert late[:4] == early[:4] and late[4] <= early[4] + 2, (early, late)
            assert late[5] >= early[5] - 16, (early, late)
