# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guarded NIC may send, on a real bridge: nftables in a network namespace of its own."""

import os
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
MAC, OTHER = bytes.fromhex("00163e000009"), bytes.fromhex("00163e000099")
LINK_LOCAL = "fe80::216:3eff:fe00:9"


def ether(source, kind, payload):
    return b"\xff" * 6 + source + struct.pack("!H", kind) + payload


def arp(mac, address):
    return struct.pack("!HHBBH", 1, 0x800, 6, 4, 1) + mac + socket.inet_aton(address) + bytes(6) + bytes([10, 0, 2, 2])


def ipv4(source, ports=(68, 67)):
    head = bytearray(struct.pack("!BBHHHBBH", 0x45, 0, 28, 1, 0, 64, 17, 0) + socket.inet_aton(source) + b"\xff" * 4)
    total = sum(struct.unpack("!10H", head))
    struct.pack_into("!H", head, 10, ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF)
    return bytes(head) + struct.pack("!HHHH", *ports, 8, 0)


def ipv6(source, protocol, payload):
    return (struct.pack("!IHBB", 6 << 28, len(payload), protocol, 255) + socket.inet_pton(socket.AF_INET6, source) +
            socket.inet_pton(socket.AF_INET6, "ff02::1") + payload)


def neighbour(kind, target):
    return struct.pack("!BBHI", kind, 0, 0, 0) + socket.inet_pton(socket.AF_INET6, target)


def tagged(kind, inner_kind, payload):
    return ether(MAC, kind, struct.pack("!HH", 5, inner_kind) + payload)


UDP = struct.pack("!HHHH", 5, 5, 8, 0)
# name: the frame, and whether it passes with the MAC guarded alone, with an IPv4 address, with both
FRAMES = {
    "arp": (ether(MAC, 0x806, arp(MAC, "10.0.2.9")), "yyy"),
    "arp: is the address free": (ether(MAC, 0x806, arp(MAC, "0.0.0.0")), "yyy"),
    "arp: foreign address": (ether(MAC, 0x806, arp(MAC, "10.0.2.77")), "ynn"),
    "arp: foreign mac": (ether(MAC, 0x806, arp(OTHER, "10.0.2.9")), "nnn"),
    "foreign mac": (ether(OTHER, 0x806, arp(OTHER, "10.0.2.9")), "nnn"),
    "ipv4": (ether(MAC, 0x800, ipv4("10.0.2.9")), "yyy"),
    "ipv4: foreign address": (ether(MAC, 0x800, ipv4("10.0.2.77")), "ynn"),
    "dhcp": (ether(MAC, 0x800, ipv4("0.0.0.0")), "yyy"),
    "no address, no dhcp": (ether(MAC, 0x800, ipv4("0.0.0.0", (68, 53))), "ynn"),
    "vlan": (tagged(0x8100, 0x800, ipv4("10.0.2.9", (1, 1))), "nnn"),
    "vlan: foreign arp": (tagged(0x8100, 0x806, arp(OTHER, "10.0.2.78")), "nnn"),
    "vlan in vlan": (tagged(0x88A8, 0x800, ipv4("10.0.2.9", (1, 2))), "nnn"),
    "rarp": (ether(MAC, 0x8035, arp(MAC, "10.0.2.9")), "ynn"),
    "ipv6": (ether(MAC, 0x86DD, ipv6("2001:db8::9", 17, UDP)), "yny"),
    "ipv6: foreign address": (ether(MAC, 0x86DD, ipv6("2001:db8::8", 17, UDP)), "ynn"),
    "advert": (ether(MAC, 0x86DD, ipv6(LINK_LOCAL, 58, neighbour(136, "2001:db8::9"))), "yny"),
    "advert: foreign target": (ether(MAC, 0x86DD, ipv6(LINK_LOCAL, 58, neighbour(136, "2001:db8::1"))), "ynn"),
    "advert: foreign link-local": (ether(MAC, 0x86DD, ipv6("fe80::1", 58, neighbour(136, LINK_LOCAL))), "ynn"),
    "duplicate address detection": (ether(MAC, 0x86DD, ipv6("::", 58, neighbour(135, "2001:db8::9"))), "yny"),
    "ipv6: no address": (ether(MAC, 0x86DD, ipv6("::", 17, UDP)), "ynn"),
}
SETUP = """ip link add name bridge type bridge forward_delay 0
ip link set bridge up
ip link add name vif type veth peer name guest
ip link add name port type veth peer name wire
ip link set vif master bridge
ip link set port master bridge
for i in vif guest port wire; do ip link set $i up; done
i=0; until [ "$(bridge link | grep -c forwarding)" = 2 ]; do i=$((i+1)); [ $i -lt 2000 ] || exit 1; done"""


def arrived(sender, receiver):
    """Names of the frames that come out at the other port."""
    # A frame that nobody drops ends the wait: a reply from no guest at all.
    last = ether(MAC, 0x806, arp(MAC, "10.0.2.9") + os.urandom(8))
    for frame, _ in FRAMES.values():
        sender.send(frame)
    sender.send(last)
    seen = []
    limit = time.monotonic() + 10
    while time.monotonic() < limit and last not in seen:
        seen.append(receiver.recv(2000))
    assert last in seen
    # The receiving side takes VLAN tags off.
    return {name for name, (frame, _) in FRAMES.items() if frame in seen or frame[:12] + frame[16:] in seen}


def in_namespace():
    os.unshare(os.CLONE_NEWNET)
    subprocess.run(SETUP, shell=True, check=True)
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sender.bind(("guest", 0))
    receiver = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    receiver.bind(("wire", 0))
    receiver.settimeout(10)
    assert arrived(sender, receiver) == set(FRAMES), "not all frames pass an unguarded NIC"
    for column, addresses in enumerate(("", "10.0.2.9", "10.0.2.9 2001:db8::9")):
        subprocess.run([TOP / "build/unit/hotplug_test", "guard", "vif", MAC.hex(":"), addresses], check=True)
        wanted = {name for name, (_, passes) in FRAMES.items() if passes[column] == "y"}
        got = arrived(sender, receiver)
        assert got == wanted, f"ip={addresses}: {got ^ wanted}"
    subprocess.run([TOP / "build/unit/hotplug_test", "unguard"], check=True)
    assert arrived(sender, receiver) == set(FRAMES)
    assert subprocess.run(["nft", "list", "tables"], check=True, capture_output=True).stdout == b""


def namespaces_work():
    probe = "ip link add name b0 type bridge && ip link add name v0 type veth && nft add table bridge probe"
    return subprocess.run(["unshare", "-n", "sh", "-c", probe], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not namespaces_work(), reason="this host lends no network namespace with nftables")
def test_guard():
    child = os.fork()
    if child == 0:
        try:
            in_namespace()
        except BaseException as error:  # the parent's pytest must not go on in here
            print(error, flush=True)
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
