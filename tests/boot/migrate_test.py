# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest moves between two hosts: it counts, writes to their common disk and talks over TCP meanwhile."""

import json
import re
import socket
import subprocess

import pytest

from guests.initrd import demo_initrd
from harness.machine import BUILD, ISO, Machine
from harness.server import Server
from harness.vm import check_pin, quiet, vm, wait_log, wait_until, write

NAME = "mover"
ADDRESS = "10.9.9.77"
LOG = f"/var/log/xen/console/guest-{NAME}.log"
RECORDS = "/var/lib/domus/migrate"
PASSWORD = "secret"  # as tests/unit/hostconf_samples.h has it

# On port 7000 it says every second how far it has counted, on port 7001 it does what it is told.
GUEST = """#!/bin/sh
mkdir -p /mnt
mount -t ext4 /dev/xvda /mnt && dd if=/dev/urandom of=/mnt/file bs=64k count=8 2>/dev/null
sha256sum /mnt/file >/tmp/sum
sync
printf '#!/bin/sh\\nwhile sleep 1; do read N </tmp/n && echo "tcp=$N." || exit; done\\n' >/etc/talk
chmod 755 /etc/talk
echo 0 >/tmp/n
nc -ll -p 7000 -e /etc/talk &
nc -ll -p 7001 -e /bin/sh &
(N=0
while sleep 1; do
	N=$((N + 1))
	echo $N >/tmp/n.new && mv /tmp/n.new /tmp/n
	echo $N >>/mnt/count
	echo "n=$N." >/dev/hvc0
done) &
"""
CFG = f"""name = "{NAME}"
type = "pvh"
uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
memory = 96
vcpus = 1
kernel = "/run/domus/medium/domus/vmlinuz"
ramdisk = "/srv/domus/initrd"
cmdline = "console=hvc0 quiet hostname={NAME} ip={ADDRESS}/24"
disk = [ "format=raw,vdev=xvda,access=rw,target=/dev/sda" ]
vif = [ "bridge=xenbr0,mac=00:16:3e:00:00:77" ]
"""
CONF = """[host]
name = xen{0}
[bridge xenbr0]
ports = eth0
method = static
address = 10.9.9.{0}/24
mtu = 9000
[bridge xenbr1]
ports = eth1
method = dhcp
[root]
password = $6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1
"""


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def cable(number, words):
    """A card at the cable between the hosts; words: QEMU's netdev of that name."""
    return [*words, "-device", f"virtio-net-pci,netdev=cable,mac=52:54:00:12:34:0{number},addr=0x10"]


def cards(number, words):
    """A host's two: eth0 at the cable, eth1 to the world."""
    return [*cable(number, words), "-netdev", "user,id=world",
            "-device", f"virtio-net-pci,netdev=world,mac=52:54:00:12:34:1{number},addr=0x11"]


def pair(name, folder, iso=ISO, cpus=1):
    """Two hosts with a cable between them and one SCSI disk that both have; and the server of what they fetch."""
    ends = [free_port(), free_port()]
    disk = folder / "shared.img"
    subprocess.run(["mke2fs", "-q", "-t", "ext4", disk, "48m"], check=True)
    hosts = []
    for number, (near, far) in enumerate((ends, ends[::-1]), 1):
        extra = [*cards(number, ["-netdev", f"socket,id=cable,udp=127.0.0.1:{far},localaddr=127.0.0.1:{near}"]),
                 "-drive", f"if=none,id=shared,format=raw,file.locking=off,file={disk}", "-device", "virtio-scsi-pci",
                 "-device", "scsi-hd,drive=shared,share-rw=on,serial=SHARED,wwn=0x5000c500a1b2c3d4"]
        hosts.append(Machine(f"{name}-{number}", memory=1024, cpus=cpus, nic=None, extra=extra, iso=iso))
    return *hosts, Server({"/initrd": demo_initrd(folder, {"etc/guest": GUEST.encode()})})


def begin(hosts, server):
    """Both at once: started, their files in force, what the guest is started from there."""
    for host in hosts:
        host.expect("Domus live", timeout=240)
        host.send("\r")
    for number, host in enumerate(hosts, 1):
        host.login(timeout=300)
        quiet(host)
        write(host, "/etc/domus/host.conf", CONF.format(number))
        host.send("domus-host apply --yes\r")
    for host in hosts:
        host.expect("domus-test# ", timeout=120)
        wait_until(host, "ss -Hltn | grep -q :22", 60, "sv status dropbear")
        wait_until(host, "ip -4 addr show xenbr1 | grep -q inet", 60, "ip addr")
        host.run("mkdir -p /srv/domus")
        host.run(f"wget -q -O /srv/domus/initrd {server.url('initrd')}", timeout=60)
    wait_until(hosts[0], "ping -c 1 -W 2 10.9.9.2 >/dev/null", 15, "ip addr; ip -s link; ip neigh; bridge link")


def make_peers(here, there, password=PASSWORD):
    """With a person at here's terminal: there's fingerprint is compared, its password is typed once."""
    shown = json.loads(there.run("domus-host peer --json"))["fingerprint"]
    here.send("domus-host peer add 10.9.9.2\r")
    here.expect(re.escape(shown), timeout=60)
    here.expect("Type yes: ")
    here.send("yes\r")
    here.expect("password:", timeout=120)
    here.send(f"{password}\r")
    here.expect("domus-test# ", timeout=120)
    listed = json.loads(there.run("domus-host peer --json"))["peers"]
    assert [(peer["name"], peer["address"]) for peer in listed] == [("xen1", "10.9.9.1")]


def start_counting(host, other, cfg=CFG):
    write(host, f"/etc/xen/{NAME}.cfg", cfg)
    vm(host, f"autostart {NAME} on")
    vm(host, f"start {NAME}", timeout=180)
    wait_log(host, NAME, "n=2[.]")
    connect(host, other)


def connect(*hosts):
    for end in hosts:
        end.run(f"(sleep 99999 | nc {ADDRESS} 7000 >/tmp/tcp.log 2>&1 &)")
        wait_until(end, "grep -q tcp= /tmp/tcp.log", 30, "cat /tmp/tcp.log")


def last(host, path, word):
    return int(re.findall(rf"{word}=(\d+)\.", host.run(f"tail -n 20 {path}"))[-1])


def tell(host, command):
    """Done in the guest, by way of the network."""
    return host.run(f"echo 'exec 2>&1; {command}' | nc {ADDRESS} 7001", timeout=60)


def is_there(host):
    return re.search(rf"^{NAME} ", host.run("xl list"), re.M) is not None


def move(host, peer, words="", timeout=700):
    said = vm(host, f"migrate {NAME} {peer} --json {words}", timeout=timeout, check=False)[1]
    print(said)
    return json.loads(said)


def counted(host):
    """What the guest has last written to its disk. Zeroes are what it had not written when the power went."""
    return [int(word) for word in tell(host, "sync; tail -n 20 /mnt/count").replace("\0", " ").split()]


def is_one_run(lines):
    return lines == list(range(lines[0], lines[0] + len(lines)))


def is_whole(host, other, begun, connected):
    """It runs on host alone and goes on counting; its disk and the connections to it are what they were."""
    assert is_there(host) and not is_there(other)
    wait_until(host, f"grep -q 'n=[0-9]*[.]' {LOG}", 60, f"tail -n 5 {LOG}")
    now = last(host, LOG, "n")
    assert now > begun, (now, begun)
    for end in connected:
        wait_until(end, f"grep -qE 'tcp=({now + 1}|{now + 2}|{now + 3}|{now + 4})[.]' /tmp/tcp.log", 60,
                   "tail -n 3 /tmp/tcp.log")
    tell(host, "echo 3 >/proc/sys/vm/drop_caches")
    assert "OK" in tell(host, "sha256sum -c /tmp/sum")
    lines = counted(host)
    assert is_one_run(lines) and lines[-1] >= now, lines


def nothing_left(*hosts):
    for host in hosts:
        wait_until(host, f"test ! -d {RECORDS}", 90, f"find {RECORDS} -type f -exec cat {{}} +")


def moved_away(host, peer):
    """Its definition and autostart are gone; here nothing can start it."""
    host.run(f"test ! -e /etc/xen/{NAME}.cfg && test ! -L /etc/xen/auto/{NAME}.cfg")
    status, said = vm(host, f"start {NAME}", check=False)
    assert status == 1 and f"has moved to {peer}" in said, said


def kill_on_the_way(here, there):
    """The other side dies while it takes the memory in: the guest goes on here, and there is nothing of it there."""
    begun = last(here, LOG, "n")
    there.run("( (until pgrep libxl-save-help >/dev/null; do sleep 1; done; sleep 5; "
              "kill -9 $(pgrep -f 'domus-vm receive')) >/dev/null 2>&1 &)")
    moved = move(here, "10.9.9.2")
    assert moved["result"] == "stayed" and "ended while its memory was copied" in moved["why"], moved
    nothing_left(here, there)
    wait_until(there, f"! xl list | grep -q {NAME}", 30, "xl list")
    is_whole(here, there, begun, (here, there))
    here.run(f"test -e /etc/xen/{NAME}.cfg && test -L /etc/xen/auto/{NAME}.cfg")


def move_live(here, there):
    begun = last(here, LOG, "n")
    moved = move(here, "10.9.9.2")
    assert moved["result"] == "moved", moved
    is_whole(there, here, begun, (here, there))
    nothing_left(here, there)
    there.run(f"test -e /etc/xen/{NAME}.cfg && test -L /etc/xen/auto/{NAME}.cfg")
    moved_away(here, "10.9.9.2")


def starts_nowhere(host, name, guest, owner):
    """Neither domus-vm nor xl starts it: its disk belongs to that guest of that host."""
    status, said = vm(host, f"start {name}", check=False)
    assert status == 1 and f"belongs to the guest {guest} of host {owner}" in said and "--force" in said, said
    assert owner in host.run(f"xl create -e /etc/xen/{name}.cfg 2>&1; true", timeout=120)
    host.run(f"! xl list {name} >/dev/null 2>&1")


def anothers_disk(host):
    """An image that another host owns starts nothing here, whoever tries, until a person takes it over."""
    image = "/srv/domus/owned.img"
    cfg = CFG.replace(NAME, "owned").replace("c8\"", "c9\"").replace("00:77", "00:78").replace("/dev/sda", image)
    write(host, "/etc/xen/owned.cfg", cfg)
    write(host, "/srv/domus/.owned.img.owner", f"host={'0' * 32}\nhost-name=xen9\nguest=x\nguest-name=owned\n")
    host.run(f"truncate -s 1M {image}")
    starts_nowhere(host, "owned", "owned", "xen9")
    vm(host, "start owned --force --yes", timeout=180)
    host.run("grep -qx host=$(cat /var/lib/domus/host-id) /srv/domus/.owned.img.owner")
    vm(host, "destroy owned --yes", timeout=60)
    vm(host, "delete owned --yes")
    host.run("test ! -e /srv/domus/.owned.img.owner")


def move_off(here, there):
    """A guest that is off moves with the disk that the other host has not: compared, then removed here."""
    image = "/srv/domus/cold.img"
    cfg = CFG.replace(NAME, "cold").replace("c8\"", "ca\"").replace("00:77", "00:79").replace("/dev/sda", image)
    write(here, "/etc/xen/cold.cfg", cfg)
    here.run(f"truncate -s 20M {image}")
    here.run(f"dd if=/dev/urandom of={image} bs=64k count=40 seek=7 conv=notrunc 2>/dev/null")
    total = here.run(f"sha256sum <{image}").split()[0]
    said = json.loads(vm(here, "migrate cold 10.9.9.2 -n --json", timeout=120, check=False)[1])
    assert any(image in line and "--offline copies it" in line for line in said["findings"]), said
    moved = json.loads(vm(here, "migrate cold 10.9.9.2 --offline --remove --json", timeout=300, check=False)[1])
    assert moved["result"] == "moved" and not moved["left"] and not moved["note"], moved
    assert [(disk["path"], disk["size"]) for disk in moved["disks"]] == [(image, 20 << 20)], moved
    there.run(f"test $(sha256sum <{image} | cut -c1-64) = {total} && test -e /etc/xen/cold.cfg")
    here.run(f"test ! -e {image} && test ! -e /etc/xen/cold.cfg")
    there.run("test -z \"$(ls -A /srv/domus | grep coming)\"")
    nothing_left(here, there)
    vm(there, "delete cold --yes")


def test_migrate_once(tmp_path):
    """A PVH guest moves while it runs: it counts on, its disk and its connections are whole."""
    here, there, server = pair("migrate_once", tmp_path)
    with server, here, there:
        begin((here, there), server)
        make_peers(here, there)
        start_counting(here, there)
        move_live(here, there)


@pytest.mark.full
def test_migrate(tmp_path):
    """An image that another host owns; a guest that is off, with its disk; a PVH guest: the other side is killed
    meanwhile, then it moves while it runs, and stays on the CPU that it was pinned to meanwhile."""
    here, there, server = pair("migrate", tmp_path, cpus=2)
    with server, here, there:
        begin((here, there), server)
        make_peers(here, there)
        anothers_disk(there)
        move_off(here, there)
        start_counting(here, there)
        assert json.loads(vm(here, f"migrate {NAME} 10.9.9.2 -n --json", timeout=120))["findings"] == []
        kill_on_the_way(here, there)
        vm(here, f"pin {NAME} 1")
        move_live(here, there)
        check_pin(there, NAME, "1")


def xen_source():
    """The image with our hypervisor, which tests/image/xen-source.sh made."""
    iso, why = BUILD / "xen-source.iso", BUILD / "xen-source.why"
    said = why.read_text() if why.is_file() else "run tests/image/xen-source.sh first, as make test-all does"
    if not iso.is_file() and "the mirror no longer has" in said:
        pytest.skip(f"xen=source cannot be built here: {said.splitlines()[0]}")
    assert iso.is_file(), said
    return iso


@pytest.mark.full
def test_migrate_pv(tmp_path):
    """A PV guest moves while it runs, there and back: the hypervisor is ours, with shadow paging."""
    here, there, server = pair("migrate_pv", tmp_path, xen_source())
    with server, here, there:
        begin((here, there), server)
        make_peers(here, there)
        start_counting(here, there, CFG.replace('"pvh"', '"pv"'))
        move_live(here, there)
        begun = last(there, LOG, "n")
        moved = move(there, "10.9.9.1")
        assert moved["result"] == "moved", moved
        is_whole(here, there, begun, (here, there))
