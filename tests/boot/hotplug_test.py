# SPDX-License-Identifier: GPL-2.0-or-later
"""domus-hotplug: disks and NICs of guests come and go, sharing is refused, a guarded NIC is silenced."""

import io
import re
import tarfile

import pytest

from guests_test import ask, create, disks, nothing_left, open_store  # noqa: F401
from harness.machine import BUILD, Machine
from harness.vm import write

SCRIPTS = "/etc/xen/scripts"
# Frames that a guarded NIC must not send, counted before and after its guard.
COUNTERS = """table bridge count {
 chain before {
  type filter hook prerouting priority -400;
  ether saddr 00:16:3e:00:00:99 counter
  arp saddr ip 10.0.2.77 counter
  ip saddr 10.0.2.77 counter
 }
 chain after {
  type filter hook prerouting priority -200;
  ether saddr 00:16:3e:00:00:99 counter
  arp saddr ip 10.0.2.77 counter
  ip saddr 10.0.2.77 counter
 }
}
"""
# Another address of its own, in IPv4 and in ARP, then another MAC; it ends as it began.
SPOOF = """(sleep 1
ifconfig eth0:1 10.0.2.77
ping -c 2 -W 1 -I 10.0.2.77 {host}
arping -c 2 -w 2 -I eth0 -s 10.0.2.77 10.0.2.2
ifconfig eth0:1 down
ifconfig eth0 down
ifconfig eth0 hw ether 00:16:3e:00:00:99
ifconfig eth0 10.0.2.21 netmask 255.255.255.0 up
ping -c 2 -W 1 10.0.2.2
ifconfig eth0 down
ifconfig eth0 hw ether 00:16:3e:00:00:01
ifconfig eth0 10.0.2.21 netmask 255.255.255.0 up
) >/dev/null 2>&1 </dev/null &"""


@pytest.fixture
def xens_scripts(tmp_path):
    """Xen's own block and vif-bridge as a raw disk: what `tar xf /dev/vdd` reads."""
    image = tmp_path / "scripts.tar"
    with tarfile.open(image, "w") as archive:
        for name in ("block", "vif-bridge"):
            data = (BUILD / f"root{SCRIPTS}/{name}").read_bytes()
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o755
            archive.addfile(info, io.BytesIO(data))
    return image


def seconds_of_create(machine, kind):
    output = machine.run(f"time xl create {kind}.cfg 2>&1", timeout=120)
    found = re.search(r"real\s+(\d+)m\s*([\d.]+)s", output)
    assert found, output
    return int(found[1]) * 60 + float(found[2])


def ports(machine):
    return machine.run("ls /sys/class/net/xenbr0/brif").split()


def refused(machine, what, reason):
    """xl says what domus-hotplug wrote. xl block-attach leaves the device in xenstore: its name is spent."""
    status, output = machine.run(f"xl block-attach idle '{what}' 2>&1", timeout=60, check=False)
    assert status != 0 and re.search(reason, " ".join(output.split())), output


def sharing_is_refused(machine):
    """While pv has /dev/vdb and extra.img, and this host /srv/domus."""
    write(machine, "/run/idle.cfg", 'name = "idle"\ntype = "pv"\nmemory = 32\n'
          'kernel = "/usr/lib/grub-xen/grub-x86_64-xen.bin"\n')
    machine.run("xl create -p /run/idle.cfg", timeout=120)
    machine.run("ln -s /srv/domus/extra.img /run/alias.img; truncate -s 1M /run/free.img")
    loops = machine.run("losetup -a | wc -l")
    refused(machine, "phy:/dev/vdb,xvde,r", "/dev/vdb is used by the guest pv and must not be read")
    refused(machine, "format=raw,vdev=xvdf,access=rw,target=/run/alias.img", "extra.img is used by the guest pv")
    refused(machine, "phy:/dev/vda,xvdg,r", "/dev/vda is mounted on /srv/domus in this host")
    # Without a script of its own libxl looks for the device itself.
    refused(machine, "script=block-shared,vdev=xvdh,target=/dev/nosuch", "disk /dev/nosuch is not there")
    assert machine.run("losetup -a | wc -l") == loops
    # Knowingly shared; and a file that is nobody's, read-only, comes and goes.
    for disk in ("script=block-shared,vdev=xvdb,access=r,target=/dev/vdb",
                 "format=raw,vdev=xvdc,access=r,target=/run/free.img"):
        machine.run(f"xl block-attach idle '{disk}'", timeout=60)
    loop = machine.run("losetup -a | grep -o '/dev/loop[0-9]*.*free.img'").split(":")[0].strip()
    assert machine.run(f"cat /sys/block/{loop.removeprefix('/dev/')}/ro").strip() == "1"
    machine.run("xl destroy idle", timeout=60)
    assert "free.img" not in machine.run("losetup -a")


def hvm_comes_and_goes(machine):
    """A disk, a NIC, its tap; how long it takes with Xen's scripts, and with ours."""
    new = seconds_of_create(machine, "hvm")
    domid = machine.run("xl domid hvm").strip()
    assert {f"vif{domid}.0", f"vif{domid}.0-emu"} <= set(ports(machine))
    assert machine.run(f"cat /sys/class/net/vif{domid}.0/mtu").strip() == "1500"
    assert "fe80" not in machine.run(f"ip -6 address show dev vif{domid}.0-emu")
    status = machine.run("domus-host network status")
    assert re.search(rf"vif{domid}\.0 .* in xenbr0 of guest hvm", status), status
    assert machine.run(f"xenstore-read backend/vif/{domid}/0/hotplug-status").strip() == "connected"
    machine.run("xl destroy hvm", timeout=90)
    nothing_left(machine)
    machine.run(f"cd {SCRIPTS} && rm block vif-bridge && tar xf /dev/vdd && cd /srv/domus")
    old = seconds_of_create(machine, "hvm")
    machine.run("xl destroy hvm", timeout=90)
    machine.run(f"for n in block vif-bridge; do ln -sfn /usr/sbin/domus-hotplug {SCRIPTS}/$n; done")
    nothing_left(machine)
    print(f"xl create of an HVM guest: {old:.1f} s with Xen's scripts, {new:.1f} s with domus-hotplug")
    assert new < old


def pv_has_both_disks(machine):
    """A device, and a file whose loop device keeps nothing in dom0's memory; a guarded NIC."""
    machine.run("truncate -s 4M extra.img")
    machine.run("sed -i '/^disk/d;/^vif/d' pv.cfg")
    machine.run("""echo 'disk = [ "phy:/dev/vdb,xvda,w", "/srv/domus/extra.img,raw,xvdb,w" ]' >>pv.cfg""")
    machine.run("""echo 'vif = [ "bridge=xenbr0,mac=00:16:3e:00:00:01,script=vif-guarded,ip=10.0.2.21" ]' >>pv.cfg""")
    create(machine, "pv", 1)
    loop = re.search(r"/dev/(loop\d+):.*extra.img", machine.run("losetup -a"))[1]
    assert machine.run(f"cat /sys/block/{loop}/loop/dio").strip() == "1"
    ask(machine, "pv", "echo from the guest >/dev/xvdb; sync")
    assert "from the guest" in machine.run("head -c 16 extra.img")


def spoofing_is_silenced(machine):
    """Of pv, whose frames are counted before and after its guard."""
    domid = machine.run("xl domid pv").strip()
    assert f"guard_{domid}_0" in machine.run("nft list tables")
    write(machine, "/run/count.nft", COUNTERS)
    machine.run("nft -f /run/count.nft")
    host = re.search(r"10\.0\.2\.\d+", machine.run("ip -4 -br address show xenbr0"))[0]
    write(machine, "/run/spoof", SPOOF.format(host=host))
    machine.run("nc -w 5 10.0.2.21 7 </run/spoof", timeout=30, check=False)
    machine.run("i=0; while nft list chain bridge count before | grep -q 'packets 0 '; do sleep 1; "
                "i=$((i+1)); [ $i -lt 40 ] || break; done", timeout=90)
    counted = {chain: re.findall(r"packets (\d+)", machine.run(f"nft list chain bridge count {chain}"))
               for chain in ("before", "after")}
    print(f"foreign MAC, ARP, IPv4 of a guarded NIC: {counted}")
    assert len(counted["before"]) == 3 and "0" not in counted["before"]
    assert counted["after"] == ["0"] * 3
    # With its own address and MAC again it is heard.
    machine.run("ping -c 20 10.0.2.21 | grep 'bytes from'", timeout=60)


def pv_leaves_nothing(machine):
    machine.run("xl shutdown -w pv", timeout=90)
    nothing_left(machine)
    assert "guard_" not in machine.run("nft list tables")
    assert [port for port in ports(machine) if port.startswith("vif")] == []


STEPS = (hvm_comes_and_goes, pv_has_both_disks, sharing_is_refused, spoofing_is_silenced, pv_leaves_nothing)


@pytest.mark.full
def test_hotplug(disks, xens_scripts):  # noqa: F811
    extra = [word for image in (*disks.values(), xens_scripts)
             for word in ("-drive", f"if=virtio,format=raw,file={image}")]
    with Machine("hotplug", memory=2048, extra=extra) as machine:
        machine.boot(timeout=300)
        open_store(machine)
        for step in STEPS:
            step(machine)
