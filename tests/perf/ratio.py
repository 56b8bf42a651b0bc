# SPDX-License-Identifier: GPL-2.0-or-later
"""A PV guest against Linux without Xen (the rescue entry): the same program, on the same machine, one after the other."""

import re
import shutil
import socketserver
import subprocess
import threading

from guests.initrd import demo_initrd
from harness.machine import BUILD, Machine
from harness.menu import entry_keys

MIB = 1 << 20
DIR = BUILD / "tests" / "ratio"
WORK = BUILD / "perf/work"
KINDS = ("cpu", "processes", "disk-write", "disk-read", "disk-random", "network-send", "network-receive")

# The one disk that both use is vdb; what to run lies on vda.
GUEST = """\
name = "ratio"
type = "pv"
memory = 384
vcpus = 1
kernel = "/mnt/vmlinuz"
ramdisk = "/mnt/initrd"
cmdline = "console=hvc0 quiet ip=10.0.2.21/24 port={port}"
disk = [ "phy:/dev/vdb,xvda,w" ]
vif = [ "bridge=xenbr0" ]
"""
RUN = b"#!/bin/sh\n. /etc/functions\nsleep 2\n/usr/bin/work /dev/xvda 10.0.2.2 $(word port)\necho work done\n"


class Peer(socketserver.BaseRequestHandler):
    """Takes 32 MiB and says so (s), or sends as much (r)."""

    def handle(self):
        if self.request.recv(1) == b"r":
            self.request.sendall(bytes(32 * MIB))
            return
        while self.request.recv(MIB):
            pass
        self.request.sendall(b".")


def disks(port):
    shutil.rmtree(DIR / "tree", ignore_errors=True)
    tree = DIR / "tree"
    tree.mkdir(parents=True)
    shutil.copy(BUILD / "vmlinuz", tree)
    (tree / "initrd").write_bytes(demo_initrd(DIR, {"etc/guest": RUN, "usr/bin/work": WORK.read_bytes()}))
    (tree / "guest.cfg").write_text(GUEST.format(port=port))
    shutil.copy(WORK, tree)
    store, target = DIR / "store.img", DIR / "target.img"
    for image, size in ((store, 160), (target, 64)):
        image.unlink(missing_ok=True)
        with open(image, "wb") as stream:
            stream.truncate(size * MIB)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-d", tree, store], check=True)
    return [word for image in (store, target) for word in ("-drive", f"if=virtio,format=raw,file={image}")]


def timed(text):
    found = {kind: float(ms) for kind, ms in re.findall(r"work (\S+) (\d+)\s", text)}
    missing = set(KINDS) - set(found)
    if missing:
        raise ValueError(f"no result for {', '.join(sorted(missing))}: {text[-500:]}")
    return found


def bare(extra, port):
    with Machine("ratio_bare", extra=extra) as machine:
        machine.boot(entry_keys("rescue"), timeout=300)
        machine.run("mount /dev/vda /mnt")
        return timed(machine.run(f"/mnt/work /dev/vdb 10.0.2.2 {port}", timeout=300))


def guest(extra, port):
    with Machine("ratio_guest", extra=extra) as machine:
        machine.boot(timeout=300)
        machine.run("mount /dev/vda /mnt")
        machine.send("xl create -c /mnt/guest.cfg\r")
        machine.expect("work done", timeout=400)
        return timed(machine.child.before.decode(errors="replace"))


def ratios():
    """Yields (kind, milliseconds bare, milliseconds in the guest)."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Peer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        extra = disks(port)
        without, inside = bare(extra, port), guest(extra, port)
        server.shutdown()
    for kind in KINDS:
        yield kind, without[kind], inside[kind]
