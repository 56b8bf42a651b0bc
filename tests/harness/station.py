# SPDX-License-Identifier: GPL-2.0-or-later
"""A computer on the other end of a machine's network card: sees every frame, answers ARP, neighbours and ping, asks for ports."""

import ipaddress
import select
import socket
import struct
import tempfile
import threading
import time
from pathlib import Path

BROADCAST = b"\xff" * 6
ARP, IPV4, IPV6 = 0x0806, 0x0800, 0x86DD
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
SYN, RST, ACK = 2, 4, 16
HERE = 40000  # our port


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def mac_text(data):
    return data.hex(":")


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def with_checksum(pseudo, data, at):
    """The payload with its checksum put at this place, where it has zeros."""
    value = checksum(pseudo + data) or 0xFFFF
    return data[:at] + struct.pack(">H", value) + data[at + 2:]


class Station:
    """The words for QEMU are words(); the card's own end may be plugged into a hub there."""

    def __init__(self, name, mac, *addresses):
        self.name, self.mac = name, mac_bytes(mac)
        # not in the tests' folder: the path of a socket has at most 107 characters
        self.folder = tempfile.TemporaryDirectory()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self._path("station"))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.addresses = [ipaddress.ip_address(address) for address in addresses]
        self.lock = threading.Condition()
        self.sources = {}   # MAC: frames that came from it
        self.macs = {}      # address: MAC, as ARP and neighbours told
        self.answers = []   # (kind, address, port or sequence)
        self.is_closed = False
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _path(self, end):
        return str(Path(self.folder.name) / end)

    def words(self):
        """A netdev with this station's name."""
        return ["-netdev", f"dgram,id={self.name},local.type=unix,local.path={self._path('card')},"
                           f"remote.type=unix,remote.path={self._path('station')}"]

    def close(self):
        self.is_closed = True
        self.thread.join()
        self.socket.close()
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- what comes

    def _listen(self):
        while not self.is_closed:
            if select.select([self.socket], [], [], 0.2)[0]:
                self._take(self.socket.recv(65536))

    def _take(self, frame):
        source, (kind,), data = frame[6:12], struct.unpack(">H", frame[12:14]), frame[14:]
        with self.lock:
            self.sources[source] = self.sources.get(source, 0) + 1
            self.lock.notify_all()
        if kind == ARP:
            self._take_arp(data)
        elif kind == IPV4 and len(data) >= 20:
            begin, (total,) = (data[0] & 15) * 4, struct.unpack(">H", data[2:4])
            self._take_packet(source, ipaddress.ip_address(data[12:16]), ipaddress.ip_address(data[16:20]), data[9],
                              data[begin:total])
        elif kind == IPV6 and len(data) >= 40:
            (length,) = struct.unpack(">H", data[4:6])
            self._take_packet(source, ipaddress.ip_address(data[8:24]), ipaddress.ip_address(data[24:40]), data[6],
                              data[40:40 + length])

    def _take_arp(self, data):
        operation = struct.unpack(">H", data[6:8])[0]
        mac, address, wanted = data[8:14], ipaddress.ip_address(data[14:18]), ipaddress.ip_address(data[24:28])
        with self.lock:
            self.macs[address] = mac
            self.lock.notify_all()
        if operation == 1 and wanted in self.addresses:
            self.send(mac, ARP, self._arp(2, wanted, mac, address))

    def _take_packet(self, source, sender, target, protocol, data):
        answer = None
        if protocol == ICMP and data[0] == 8 and target in self.addresses:
            self._send_packet(source, target, sender, ICMP, with_checksum(b"", b"\0\0\0\0" + data[4:], 2))
        elif protocol == ICMP and data[0] == 0:
            answer = ("pong", sender, struct.unpack(">H", data[6:8])[0])
        elif protocol == ICMP6 and data[0] == 135:
            self._take_question(source, sender, ipaddress.ip_address(data[8:24]))
        elif protocol == ICMP6 and data[0] == 136:
            with self.lock:
                self.macs[ipaddress.ip_address(data[8:24])] = source
                self.lock.notify_all()
        elif protocol == ICMP6 and data[0] == 129:
            answer = ("pong", sender, struct.unpack(">H", data[6:8])[0])
        elif protocol in (TCP, UDP) and target in self.addresses and struct.unpack(">H", data[2:4])[0] == HERE:
            kind = "udp" if protocol == UDP else "closed" if data[13] & RST else "open"
            answer = (kind, sender, struct.unpack(">H", data[:2])[0])
        if answer:
            with self.lock:
                self.answers.append(answer)
                self.lock.notify_all()

    def _take_question(self, source, sender, wanted):
        """Who has this address? (RFC 4861 4.3 and 4.4)"""
        if wanted not in self.addresses or sender.is_unspecified:
            return
        body = bytes([136, 0, 0, 0, 0x60, 0, 0, 0]) + wanted.packed + b"\x02\x01" + self.mac
        self._send_packet(source, wanted, sender, ICMP6, body)

    # --- what goes

    def send(self, mac, kind, data, source=None):
        frame = (mac + (source or self.mac) + struct.pack(">H", kind) + data).ljust(60, b"\0")
        self.socket.sendto(frame, self._path("card"))

    def _arp(self, operation, sender, mac, target):
        return struct.pack(">HHBBH", 1, IPV4, 6, 4, operation) + self.mac + sender.packed + mac + target.packed

    def _send_packet(self, mac, sender, target, protocol, data):
        if sender.version == 4:
            header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(data), 0, 0, 64, protocol, 0) + sender.packed + target.packed
            self.send(mac, IPV4, with_checksum(b"", header, 10) + data)
            return
        if protocol == ICMP6:
            pseudo = sender.packed + target.packed + struct.pack(">II", len(data), protocol)
            data = with_checksum(pseudo, data, 2)
        self.send(mac, IPV6, struct.pack(">IHBB", 6 << 28, len(data), protocol, 255) + sender.packed + target.packed + data)

    def _own(self, target):
        """The address of ours to speak to that one from."""
        same = [a for a in self.addresses if a.version == target.version and a.is_link_local == target.is_link_local]
        return same[0]

    def _until(self, condition, seconds):
        with self.lock:
            return self.lock.wait_for(condition, seconds)

    # --- questions

    def resolve(self, address, seconds=3):
        """The MAC that has this address, or None."""
        target = ipaddress.ip_address(address)
        own = self._own(target)
        self.macs.pop(target, None)
        for _ in range(3):
            if target.version == 4:
                self.send(BROADCAST, ARP, self._arp(1, own, bytes(6), target))
            else:
                low = target.packed[-3:]
                group = ipaddress.ip_address(bytes.fromhex("ff0200000000000000000001ff") + low)
                self._send_packet(b"\x33\x33\xff" + low, own, group, ICMP6,
                                  bytes([135, 0, 0, 0, 0, 0, 0, 0]) + target.packed + b"\x01\x01" + self.mac)
            if self._until(lambda: target in self.macs, seconds / 3):
                return mac_text(self.macs[target])
        return None

    def ping(self, address, mac=None, seconds=5):
        """Does it answer? mac: to whom the frame goes, whoever has the address."""
        mac = mac or self.resolve(address)
        if mac is None:
            return False
        target = ipaddress.ip_address(address)
        for sequence in range(1, 4):
            head = bytes([8 if target.version == 4 else 128, 0, 0, 0]) + struct.pack(">HH", 7, sequence)
            data = head + b"domus" * 4
            if target.version == 4:
                data = with_checksum(b"", data, 2)
            self._send_packet(mac_bytes(mac), self._own(target), target, ICMP if target.version == 4 else ICMP6, data)
            if self._until(lambda: any(a[:2] == ("pong", target) for a in self.answers), seconds / 3):
                self.answers = [a for a in self.answers if a[:2] != ("pong", target)]
                return True
        return False

    def ports(self, address, numbers, protocol=TCP, mac=None, seconds=3):
        """{port: "open", "closed" or "udp"} of those that answer at all."""
        target = ipaddress.ip_address(address)
        mac = mac or self.resolve(address)
        own = self._own(target)
        assert mac, f"nobody has {address}"
        self.answers = []
        for count, port in enumerate(numbers):
            if protocol == TCP:
                data = struct.pack(">HHIIBBHHH", HERE, port, 1000 + port, 0, 5 << 4, SYN, 8192, 0, 0)
                at = 16
            else:
                data = struct.pack(">HHHH", HERE, port, 12, 0) + b"\0\0\0\1"
                at = 6
            pseudo = own.packed + target.packed + struct.pack(">HH" if target.version == 4 else ">II",
                                                              *((protocol, len(data)) if target.version == 4
                                                                else (len(data), protocol)))
            self._send_packet(mac_bytes(mac), own, target, protocol, with_checksum(pseudo, data, at))
            if count % 32 == 31:
                time.sleep(0.02)  # the card's ring is short
        # the last of them, and once more what is slow
        time.sleep(seconds)
        with self.lock:
            return {port: kind for kind, sender, port in self.answers if sender == target and kind != "pong"}

    def heard(self, mac):
        """How many frames came from this MAC."""
        with self.lock:
            return self.sources.get(mac_bytes(mac), 0)
