# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks of a host's file, in a running host: three bridges, a bond and a VLAN, fixed IPv6, and no card at all."""

import pytest

from harness.machine import Machine
from install_test import open_texts, texts_drive

HEAD = "[host]\nname = xen1\n\n"
# The cards by their MACs, with each other's names: eth0 is what the kernel calls eth1.
CARDS = "[nic eth0]\nmac = 52:54:00:12:34:57\n\n[nic eth1]\nmac = 52:54:00:12:34:56\n\n"
# A LAN, a network for administration, and one between the servers only.
THREE = HEAD + CARDS + """\
[bridge xenbr0]
ports = eth0
method = static
address = 172.16.0.2/16
gateway = 172.16.0.1

[bridge xenbr1]
ports = eth1
method = static
address = 192.168.1.2/24

[bridge xenbri]
ports =
method = static
address = 10.0.0.1/24
"""
# Without a partner LACP has no link, but is there.
BONDS = HEAD + """\
[bond bond0]
ports = eth0 eth1
mode = active-backup

[bond bond1]
ports = eth2
mode = 802.3ad

[vlan office]
parent = bond0
id = 12

[bridge xenbr0]
ports = office
method = none
method6 = static
address6 = 2001:db8:1::2/64
gateway6 = 2001:db8:1::1

[bridge xenbr1]
ports = bond1
method = static
address = 192.168.1.2/24
"""


def change(machine, before, after):
    """From the live system's own network (None), or that of a file, to that of another."""
    down = "domus-host network down" + (f" --conf {before}" if before else "")
    print(machine.run(f"{down} 2>&1", timeout=120, check=False))
    machine.run(f"domus-host network up --conf {after}", timeout=120)


def ports_of(machine, bridge):
    return machine.run(f"ls /sys/class/net/{bridge}/brif").split()


def has_three(machine):
    assert "52:54:00:12:34:57" in machine.run("cat /sys/class/net/eth0/address")
    assert "52:54:00:12:34:56" in machine.run("cat /sys/class/net/eth1/address")
    assert [ports_of(machine, bridge) for bridge in ("xenbr0", "xenbr1", "xenbri")] == [["eth0"], ["eth1"], []]
    for bridge, address in (("xenbr0", "172.16.0.2/16"), ("xenbr1", "192.168.1.2/24"), ("xenbri", "10.0.0.1/24")):
        assert address in machine.run(f"ip -4 -br addr show {bridge} | cat")
    assert "default via 172.16.0.1 dev xenbr0" in machine.run("ip -4 route | cat")


def has_bonds(machine):
    bond0 = machine.run("cat /proc/net/bonding/bond0")
    assert "active-backup" in bond0 and bond0.count("Slave Interface: ") == 2, bond0
    assert "802.3ad" in machine.run("cat /proc/net/bonding/bond1")
    assert "vlan protocol 802.1Q id 12" in machine.run("ip -d link show office | cat")
    assert ports_of(machine, "xenbr0") == ["office"] and ports_of(machine, "xenbr1") == ["bond1"]
    assert "2001:db8:1::2/64" in machine.run("ip -6 -br addr show xenbr0 | cat")
    assert "default via 2001:db8:1::1 dev xenbr0" in machine.run("ip -6 route | cat")
    # nothing is left of the network before
    assert machine.run("ls -d /sys/class/net/xenbri 2>/dev/null || echo none").strip() == "none"


@pytest.mark.full
def test_network_running():
    """One after the other, as the installer's test of the connection puts them in force."""
    name = "network_running"
    with Machine(name, extra=["-nic", "user,model=e1000"] * 2 + texts_drive(name, THREE, BONDS)) as machine:
        machine.boot(timeout=300)
        open_texts(machine)
        change(machine, None, "/tmp/t/0.conf")
        has_three(machine)
        change(machine, "/tmp/t/0.conf", "/tmp/t/1.conf")
        has_bonds(machine)


@pytest.mark.full
def test_network_without_a_card():
    """The host comes up, with its bridge, and nothing has failed."""
    name = "network_without_a_card"
    with Machine(name, nic=None, extra=texts_drive(name, THREE)) as machine:
        machine.boot(timeout=300)
        open_texts(machine)
        assert machine.run("ls /run/domus/failed").split() == []
        assert ports_of(machine, "xenbr0") == []
        # cards that the file names are not there: said, and the bridges come up without
        change(machine, None, "/tmp/t/0.conf")
        assert "10.0.0.1/24" in machine.run("ip -4 -br addr show xenbri | cat")
        assert "172.16.0.2/16" in machine.run("ip -4 -br addr show xenbr0 | cat")
