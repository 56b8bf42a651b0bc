# SPDX-License-Identifier: GPL-2.0-or-later
"""Two servers in three networks, as one file installs them: who reaches whom, what the host answers, how guests go and come."""

import re

import pytest

from harness.guest import log_of, run_in, wait_shell
from harness.machine import Machine
from harness.station import UDP, Station
from harness.steps import run_steps
from harness.vm import guests, quiet, wait_until
from install_test import NETWORKS as OLD_NETWORKS, by_ssh, conf, drives, free_port, installed, log_in, powers_off

# The company's LAN, the administration's, and a network between the servers only.
NETWORKS = """\
[nic eth0]
mac = 52:54:00:00:16:02

[nic eth1]
mac = 52:54:00:00:01:02

[bridge xenbr0]
ports = eth0
method = static
address = 172.16.0.2/16
gateway = 172.16.0.1
method6 = static
address6 = 2001:db8:16::2/64

[bridge xenbr1]
ports = eth1
method = static
address = 192.168.1.2/24
method6 = static
address6 = 2001:db8:1::2/64

[bridge xenbri]
ports =
method = static
address = 10.0.0.254/24
"""
SERVER = """\
[vm {name}]
os = demo
method = pv
memory = 128
disk =
nic = bridge=xenbr0, mac=00:16:3e:16:00:{number}
nic = bridge=xenbr1, mac=00:16:3e:01:00:{number}
nic = bridge=xenbri, mac=00:16:3e:10:00:{number}, guard=yes, addresses=10.0.0.{number}
arguments = console=hvc0 quiet hostname={name} ip=172.16.0.{number}/16,172.16.0.1
autostart = yes
start-order = {order}

"""
OTHER = """\
[vm {name}]
os = demo
method = pv
memory = 128
disk =
nic =
arguments = console=hvc0 quiet hostname={name} ip=none
autostart = yes

"""
SERVERS = {"db": 12, "web": 11}
# Neither is that of the names.
ORDER = {"web": 1, "db": 2}
STARTED = ["web", "db", "deaf", "mail", "print"]
ALL = ["db", "deaf", "mail", "print", "web"]
LAN, ADMIN, INNER = "00:16:3e:16:00:", "00:16:3e:01:00:", "00:16:3e:10:00:"
LAN_STATION, ADMIN_STATION = "52:54:00:aa:16:50", "52:54:00:aa:01:50"
HOST_ADDRESSES = ("172.16.0.2", "2001:db8:16::2"), ("192.168.1.2", "2001:db8:1::2")
# All that a Unix machine answers by habit, and what Xen's tools, QEMU and this host could open.
TCP_PORTS = [*range(1, 1024), 2049, 3260, 5900, 5901, 8002, 8080, 8443, 9876]
UDP_PORTS = [53, 67, 68, 69, 111, 123, 137, 161, 500, 514, 546, 547, 1900, 2049, 5353]


def text():
    made = [SERVER.format(name=name, number=number, order=ORDER[name]) for name, number in SERVERS.items()]
    made += [OTHER.format(name=name) for name in ALL if name not in SERVERS]
    return conf(a=(OLD_NETWORKS, NETWORKS), b=("[disk]", "".join(made) + "[disk]"), c=("components = remote", "components = hvm remote"))


def servers_get_addresses(machine):
    """The first card has its address from the guest's own arguments."""
    for name in ALL:
        wait_shell(machine, name)
    for name, number in SERVERS.items():
        run_in(machine, name, f"ifconfig eth1 192.168.1.{number} netmask 255.255.255.0 up; ifconfig eth2 10.0.0.{number} up; "
               "dmesg -n 1; echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore")


def bridges_hold(machine):
    ids = {name: machine.run(f"xl domid {name}").strip() for name in SERVERS}
    for index, bridge in enumerate(("xenbr0", "xenbr1", "xenbri")):
        ports = set(machine.run(f"ls /sys/class/net/{bridge}/brif").split())
        cards = {f"eth{index}"} if index < 2 else set()
        assert ports == cards | {f"vif{domid}.{index}" for domid in ids.values()}, bridge
    assert re.search(rf"vif{ids['web']}\.2 .* in xenbri of guest web, guarded", machine.run("domus-host network status"))


def reaches(machine, name, address):
    return run_in(machine, name, f"ping -c 2 -W 5 {address} >/dev/null", check=False)[0] == 0


def traffic_flows_where_it_should(machine, lan, admin):
    for number in SERVERS.values():
        assert lan.resolve(f"172.16.0.{number}") == f"{LAN}{number}"
        assert lan.ping(f"172.16.0.{number}"), number
        assert admin.resolve(f"192.168.1.{number}") == f"{ADMIN}{number}"
        assert admin.ping(f"192.168.1.{number}"), number
    for address in ("172.16.0.50", "172.16.0.12", "192.168.1.50", "192.168.1.12", "10.0.0.12", "10.0.0.254"):
        assert reaches(machine, "web", address), address
    assert reaches(machine, "db", "10.0.0.11")


def traffic_flows_nowhere_else(machine, lan, admin):
    for number in SERVERS.values():
        assert lan.heard(f"{LAN}{number}") and not lan.heard(f"{ADMIN}{number}")
        assert admin.heard(f"{ADMIN}{number}") and not admin.heard(f"{LAN}{number}")
        assert not lan.heard(f"{INNER}{number}") and not admin.heard(f"{INNER}{number}")
    for address in ("192.168.1.11", "10.0.0.11", "10.0.0.254", "192.168.1.2"):
        assert lan.resolve(address) is None, address
    # The host is no router, whatever is sent to it: no echo request arrives.
    count = "awk '/^Icmp: [0-9]/ { print $10 }' /proc/net/snmp"
    before, host = run_in(machine, "web", count), lan.resolve("172.16.0.2")
    for address in ("192.168.1.11", "10.0.0.11"):
        assert not lan.ping(address, mac=host), address
    assert int(before) > 0 and run_in(machine, "web", count) == before
    assert not reaches(machine, "web", "172.16.0.77")


def only_ssh_answers(machine, lan, admin):
    """On each address of the host, from outside, IPv4 and IPv6."""
    for station, addresses in zip((lan, admin), HOST_ADDRESSES):
        for address in addresses:
            assert station.ping(address), address
            assert station.ports(address, TCP_PORTS) == {22: "open"}, address
            assert station.ports(address, UDP_PORTS, protocol=UDP) == {}, address
    link_local = re.search(r"fe80:\S+(?=/)", machine.run("ip -6 -br addr show xenbr0 | cat"))[0]
    assert lan.ports(link_local, TCP_PORTS) == {22: "open"}
    # The address of one network is not served in another.
    host = lan.resolve("172.16.0.2")
    for address in ("192.168.1.2", "10.0.0.254", "2001:db8:1::2"):
        assert lan.ports(address, [22], mac=host) == {}, address


def guests_reach_no_service(machine):
    """Not even SSH, unless the host's file allows it; what the host asks a guest is answered."""
    probe = "for p in 22 80 111 5900; do nc -w 3 {} $p </dev/null && echo open $p; done; true"
    for address in ("10.0.0.254", "172.16.0.2", "192.168.1.2"):
        assert run_in(machine, "web", probe.format(address), timeout=90).count("open") == 0, address
    machine.run("ping -c 1 -W 9 10.0.0.11")
    machine.run("domus-host set ssh.guests yes && domus-host apply --yes", timeout=120)
    greeting = "nc -w {} 10.0.0.254 22 </dev/null | head -c 8; echo"
    assert "SSH-2.0" in run_in(machine, "web", greeting.format(9))
    machine.run("domus-host undo --yes", timeout=120)
    assert "SSH-2.0" not in run_in(machine, "web", greeting.format(3))


def lockout_comes_back(machine, port):
    """The administrator's own address is taken away, over SSH: the line dies, a minute later it is as before."""
    machine.qmp("set_link", name="way", up=True)
    assert by_ssh(port, "domus-host set bridge.xenbr1.address 192.168.1.99/24 && echo written").endswith("written")
    by_ssh(port, "(sleep 5; domus-host apply --timeout 20) >/dev/null 2>&1 </dev/null & echo sent")
    wait_until(machine, "ip -4 addr show xenbr1 | grep -q 192.168.1.99", 60, "ip -4 addr; ls /run/domus")
    wait_until(machine, "ip -4 addr show xenbr1 | grep -q 192.168.1.2/", 90, "ip -4 addr; ls /run/domus")
    wait_until(machine, "[ ! -e /run/domus/pending ]", 60, "ls /run/domus")
    assert by_ssh(port, "cat /run/domus/failed/unconfirmed").count("not confirmed")
    assert by_ssh(port, "domus-host get bridge.xenbr1.address") == "192.168.1.2/24"
    bridges_hold(machine)
    assert reaches(machine, "web", "192.168.1.50")


def goes_down_although_one_is_deaf(machine):
    """
    Five guests, of which one ignores what it is asked: the other four end by themselves, the host within its limit. One of
    them, which then is not to start with the host, is saved, after all that have no order; the first to start ends last.
    """
    run_in(machine, "deaf", "echo /bin/true >/proc/sys/kernel/poweroff_cmd")
    assert sorted(guests(machine)) == ALL
    machine.run("domus-vm autostart db off --at-stop save")
    run_in(machine, "db", "touch /tmp/before")
    machine.run(f"rm -f {log_of('*')}")
    begin = machine.seconds()
    machine.send("reboot\r")
    machine.expect("guest deaf did not shut down in time: destroying it", timeout=150)
    assert "did not shut down in time" not in machine.child.before.decode(errors="replace")
    machine.expect("saving guest db", timeout=60)
    machine.expect("waiting for 1 guest: web ", timeout=300)
    assert "is not saved" not in machine.child.before.decode(errors="replace")
    machine.expect("File systems closed", timeout=120)
    print(f"down after {machine.seconds() - begin:.0f} s, 60 of them for the guest that ignored it")


def come_again_in_order(machine):
    log_in(machine, timeout=800)
    quiet(machine)
    wait_until(machine, "[ -e /run/domus/booted ]", 200, "xl list")
    assert machine.run("ls /run/domus/failed").split() == []
    running = sorted(guests(machine).values(), key=lambda guest: guest["id"])
    assert [guest["name"] for guest in running] == STARTED
    # Saved, it went on as it was: its file system is its memory.
    run_in(machine, "db", "test -e /tmp/before")
    assert machine.run("ls /srv/domus/save").split() == []


def machine_with(name, system, lan, admin, port):
    """eth1's network is a hub: the station, and the way for SSH."""
    words = drives(system=system) + lan.words() + admin.words()
    words += ["-device", f"virtio-net-pci,netdev={lan.name},mac=52:54:00:00:16:02"]
    words += ["-netdev", "hubport,id=hub0,hubid=1", "-device", "virtio-net-pci,netdev=hub0,mac=52:54:00:00:01:02",
              "-netdev", f"hubport,id=hub1,hubid=1,netdev={admin.name}",
              "-netdev", f"user,id=way,net=192.168.1.0/24,host=192.168.1.1,hostfwd=tcp:127.0.0.1:{port}-192.168.1.2:22",
              "-netdev", "hubport,id=hub2,hubid=1,netdev=way"]
    return Machine(f"{name}_disk", medium=None, nic=None, extra=words)


@pytest.mark.full
def test_host_guests():
    name = "host_guests"
    system, port = installed(name, text()), free_port()
    with Station("lan", LAN_STATION, "172.16.0.50", "2001:db8:16::50", "fe80::50") as lan, \
            Station("admin", ADMIN_STATION, "192.168.1.50", "2001:db8:1::50") as admin, \
            machine_with(name, system, lan, admin, port) as machine:
        # five guests are made first
        log_in(machine, timeout=800)
        quiet(machine)
        wait_until(machine, "[ -e /run/domus/booted ]", 200, "xl list")
        # QEMU's own network answers for every address
        machine.qmp("set_link", name="way", up=False)
        run_steps(machine, servers_get_addresses, bridges_hold, (traffic_flows_where_it_should, lan, admin),
                  (traffic_flows_nowhere_else, lan, admin), (only_ssh_answers, lan, admin), guests_reach_no_service,
                  (lockout_comes_back, port), goes_down_although_one_is_deaf, come_again_in_order)
        powers_off(machine)
