# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes wrong while a guest is made, on a real machine: nothing is left of it, and the message says what it was.

All the while another guest writes to its console as much as it can.
"""

import threading
import time

import pytest

from guests.initrd import demo_initrd
from guests.tiny import dying_kernel
from harness.machine import BUILD, Machine
from harness.server import Server
from harness.vm import guests, make_storage, online, quiet, vm, wait_log, wait_until, write

# A word on the kernel's line says what it does.
GUEST = """#!/bin/sh
for WORD in $(cat /proc/cmdline); do
	case $WORD in
	flood) (N=0
		while :; do
			yes 0123456789012345678901234567890123456789012345678901234567890123 | head -c 1048576 >/dev/hvc0
			N=$((N + 1))
			echo "WROTE $N MIB" >/dev/hvc0
		done) & ;;
	read) (until [ -b /dev/xvdb ]; do sleep 1; done
		echo "READ $(head -c 5 /dev/xvda) $(head -c 5 /dev/xvdb) END" >/dev/hvc0) & ;;
	esac
done
"""

GUEST_CONF = """[vm {name}]
os = demo
method = pv
memory = 160
kernel = {kernel}
initrd = {initrd}
arguments = console=hvc0 quiet ip=none {words}
nic = bridge=xenbr0
{more}
"""

# Files, volumes, loop devices, domains, ports and mounts: all that a guest could leave.
STATE = r"""find /etc/xen ! -type d ! -path '*/scripts/*'
find /srv/domus /run/domus/vm /var/lib/domus/boot ! -type d 2>/dev/null
find /srv/domus/boot /var/lib/domus/boot -mindepth 1 -type d 2>/dev/null
lvs --noheadings -o lv_name
losetup -a | cut -d: -f1
xl list | awk '{ print $1 }'
ls /sys/class/net
xenstore-ls -f /libxl | cut -d/ -f3 | sort -u
for P in /proc/[0-9]*/exe; do readlink "$P"; done | grep -E 'qemu|/xl$'
true
"""

HOSTILE = "/srv/domus/images/it's $(touch \\`pwned) ;reboot; & | > é %s #1, a=b, ro.img"
REFUSED = [("/srv/domus/images/\"two\" 'kinds'.img", "both kinds of quotes"), ("/srv/domus/" + "x" * 1100, "")]


class Host:
    def __init__(self, machine, server):
        self.machine, self.server = machine, server
        self.kernel, self.initrd = server.url("vmlinuz"), server.url("initrd")

    def conf(self, name, kernel=None, initrd=None, words="", more=""):
        write(self.machine, f"{name}.conf", GUEST_CONF.format(
            name=name, kernel=kernel or "/srv/domus/vmlinuz", initrd=initrd or "/srv/domus/initrd", words=words, more=more))

    def remember(self):
        self.machine.run("sh state >before")

    def nothing_left(self):
        wait_until(self.machine, "sh state | diff before - >left", 60, "cat left")

    def fails(self, name, *words, timeout=120):
        """Not made, for a reason that holds all words; all is as it was."""
        status, output = vm(self.machine, f"create {name}.conf 2>&1", timeout=timeout, check=False)
        print(f"{name}: {output.strip()}")
        flat = " ".join(output.split())
        assert status == 1 and all(word in flat for word in words), (name, words, output)
        self.nothing_left()

    def begins(self, name, path):
        """Starts to make a guest, whose file the server holds back; returns what lets it go on."""
        event = self.server.held[path] = threading.Event()
        self.server.asked.discard(path)
        self.machine.run(f"(domus-vm create {name}.conf >{name}.out 2>&1; echo END $? >>{name}.out) & sleep 0")
        limit = time.monotonic() + 120
        while path not in self.server.asked:
            assert time.monotonic() < limit, f"{path} was not asked for"
            time.sleep(0.2)
        return event

    def ends(self, name, *words):
        wait_until(self.machine, f"grep -q '^END' {name}.out", 120, f"cat {name}.out")
        output = self.machine.run(f"cat {name}.out")
        print(f"{name}: {output.strip()}")
        flat = " ".join(output.split())
        assert "END 1" in flat and all(word in flat for word in words), output


def prepare(machine, server):
    machine.boot(timeout=300)
    quiet(machine)
    online(machine)
    make_storage(machine)
    machine.run("mkdir -p /srv/domus/images /srv/domus/boot /etc/xen/auto; mkdir -p /run/domus/vm")
    for name in ("vmlinuz", "initrd"):
        machine.run(f"wget -q -O /srv/domus/{name} {server.url(name)}", timeout=60)
    write(machine, "state", STATE)


def in_the_middle(host):
    """Disks, URLs, checksums, kernels."""
    machine, url = host.machine, host.server.url
    host.remember()

    # No space for the second disk, though there seemed to be some.
    machine.run("mount -t tmpfs -o size=20m none /srv/domus/images")
    host.conf("space", more="disk = new, size=16 MiB\ndisk = new, size=64 MiB, pool=library, full=yes\nautostart = yes")
    host.fails("space", "disk xvdb", "/srv/domus/images/space-xvdb.img", "No space left")
    machine.run("umount /srv/domus/images")

    host.conf("short", url("short"), host.initrd, more="disk = new, size=16 MiB")
    host.fails("short", url("short"))
    host.conf("sum", host.kernel, host.initrd, more="initrd-sha256 = " + "0" * 64)
    host.fails("sum", host.initrd, "wrong checksum")
    host.conf("none", url("nothing"), host.initrd)
    host.fails("none", url("nothing"), "404")

    # A page instead of a kernel, and a file that only begins like one.
    host.conf("page", url("page"), host.initrd, more="disk = new, size=16 MiB")
    host.fails("page", url("page"), "no kernel")
    host.conf("noise", url("noise"), host.initrd, more="disk = new, size=16 MiB")
    host.fails("noise", "none that Xen can start")

    host.conf("dies", url("dies"), host.initrd, more="disk = new, size=16 MiB")
    host.fails("dies", "at once")


def name_is_taken(host):
    """Between the first look and the last step: by a file, and by a domain that runs. Theirs are not ours to remove."""
    machine = host.machine
    host.conf("taken", host.server.url("slow"), host.initrd, more="disk = new, size=16 MiB")
    go = host.begins("taken", "/slow")
    machine.run("echo '# by hand' >/etc/xen/taken.cfg; sh state >before; sed -i '/taken-xvda/d' before")
    go.set()
    host.ends("taken", "/etc/xen/taken.cfg is there already")
    assert machine.run("cat /etc/xen/taken.cfg").strip() == "# by hand"
    machine.run("rm /etc/xen/taken.cfg; sed -i '/taken.cfg/d' before; sed -i '/boot.taken/d' before")
    host.nothing_left()

    host.conf("other", host.server.url("slower"), host.initrd)
    go = host.begins("other", "/slower")
    write(machine, "hand.cfg", 'name = "other"\ntype = "pv"\nmemory = 128\nkernel = "/srv/domus/vmlinuz"\n'
          'ramdisk = "/srv/domus/initrd"\ncmdline = "console=hvc0 quiet ip=none"\n')
    machine.run("xl create -e -q hand.cfg; xl domid other >domid", timeout=240)
    go.set()
    host.ends("other", "a guest of this name runs already")
    machine.run("[ $(xl domid other) = $(cat domid) ] && xl destroy other", timeout=120)
    host.nothing_left()


def memory_is_gone(host):
    """dom0 has nothing left: said beforehand with the figures; and while the guest is on its way."""
    machine = host.machine
    host.remember()
    fill = "mount -t tmpfs -o size=95% none /mnt; A=$(awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo); " \
           "dd if=/dev/zero of=/mnt/fill bs=1M count=$((A - {left})) 2>/dev/null"
    host.conf("full", host.kernel, host.initrd, more="disk = new, size=16 MiB")
    machine.run(fill.replace("{left}", "25"), timeout=60)
    host.fails("full", "dom0 has", "available and needs", "stop another guest or give dom0 more")
    machine.run("umount /mnt")

    host.conf("late", host.server.url("late"), host.initrd, more="disk = new, size=16 MiB")
    go = host.begins("late", "/late")
    machine.run(fill.replace("{left}", "20"), timeout=60)
    go.set()
    wait_until(machine, "grep -q '^END' late.out", 240, "cat late.out")
    machine.run("umount /mnt")
    print("late:", machine.run("cat late.out; dmesg | grep -i 'killed process' | tail -n 3"))
    host.ends("late")
    host.nothing_left()
    for service in ("xenstored", "xenconsoled", "domus-monitor"):
        machine.run(f"sv check /run/service/{service}", timeout=30)


def names_and_paths(host):
    """Carried through unharmed, or refused; never interpreted."""
    machine = host.machine
    host.remember()
    for path, why in REFUSED:
        host.conf("strange", more=f"disk = existing, path={path}")
        host.fails("strange", why)
    write(machine, "path", HOSTILE)
    machine.run("P=$(cat path); truncate -s 1M \"$P\"; printf first | dd of=\"$P\" conv=notrunc 2>/dev/null")
    machine.run("cd /srv/domus/images; truncate -s 1M '$(id).img'; printf other | dd of='$(id).img' conv=notrunc 2>/dev/null; cd")
    host.conf("strange", words="read", more=f"disk = existing, readonly=yes, path={HOSTILE}\n"
              "disk = existing, readonly=yes, path=/srv/domus/images/$(id).img")
    vm(machine, "create strange.conf", timeout=120)
    wait_log(machine, "strange", "READ first other END", 120)
    assert machine.run("find / -xdev -name '*pwned*' ! -path '/srv/*'").strip() == ""
    vm(machine, "destroy strange --yes")
    vm(machine, "delete strange --with-disks --yes")
    machine.run("ls \"$(cat path)\" '/srv/domus/images/$(id).img'")  # not made for it, so they stay
    for name in ("a b", "$(reboot)", "a;b", "'", '"', "x" * 300, "é", "../x", "-x"):
        write(machine, "name.conf", f"[vm {name}]\nos = demo\nmethod = pv\n")
        assert vm(machine, "create name.conf", check=False)[0] == 1, name


def flooded(host):
    """The guest that writes: its log is bounded, the others' go on, dom0 is as it was and answers."""
    machine = host.machine
    log = "/var/log/xen/console/guest-flood.log"
    wrote = f"cat {log}.1 {log} 2>/dev/null | grep -ao 'WROTE [0-9]* MIB' | tail -n 1"
    # Until now it had to leave the CPU to the others.
    vm(machine, "weight flood 256")
    # Cleared every minute: after the second time what it wrote is more than what is kept.
    less = "[ $((1024 * W)) -gt $(($(du -k /var/log/xen/console | cut -f1) + 512)) ]"
    kept = f"{wrote}; du -k /var/log/xen/console; ls -l /var/log/xen/console"
    wait_until(machine, f"{{ W=$({wrote} | cut -d' ' -f2); [ -n \"$W\" ] && {less}; }}", 300, kept)
    print(machine.run(kept))
    host.conf("quiet", words="read", more="disk = new, size=1 MiB\ndisk = new, size=1 MiB")
    machine.run("rm -f /var/log/xen/console/guest-quiet.log")
    vm(machine, "create quiet.conf", timeout=120)
    wait_log(machine, "quiet", "READ", 120)
    began = time.monotonic()
    assert guests(machine)["flood"]["state"] == "running"
    assert time.monotonic() - began < 20
    vm(machine, "shutdown quiet", timeout=120)
    vm(machine, "shutdown flood", timeout=120)


@pytest.mark.full
def test_vm_faults(tmp_path):
    """No space, cut and wrong files, a taken name, no kernel, a dying guest, no memory, strange names, a flooded console."""
    kernel = (BUILD / "vmlinuz").read_bytes()
    files = {"/vmlinuz": kernel, "/slow": kernel, "/slower": kernel, "/late": kernel, "/short": kernel,
             "/initrd": demo_initrd(tmp_path, {"etc/guest": GUEST.encode()}), "/dies": dying_kernel(),
             "/page": b"<!DOCTYPE html>\n<p>Log in first.</p>\n" * 100,
             "/noise": kernel[:4096] + bytes(range(256)) * 4096}
    with open(tmp_path / "store.img", "wb") as stream:
        stream.truncate(2 << 30)
    extra = ["-drive", f"if=virtio,format=raw,file={tmp_path}/store.img"]
    with Server(files) as server, Machine("vm_faults", memory=2048, extra=extra) as machine:
        server.cut["/short"] = 100_000
        prepare(machine, server)
        host = Host(machine, server)
        host.conf("flood", words="flood", more="weight = 64")
        vm(machine, "create flood.conf", timeout=120)
        in_the_middle(host)
        name_is_taken(host)
        memory_is_gone(host)
        names_and_paths(host)
        flooded(host)
