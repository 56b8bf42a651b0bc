# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine that exports a directory of its memory over NFS 4: the demo guest's Linux without Xen, with Debian's server."""

import re
import subprocess
from pathlib import Path

from guests.initrd import demo_initrd
from harness.machine import BUILD, TOP, Machine

PROGRAMS = ["/usr/sbin/rpc.mountd", "/usr/sbin/rpc.nfsd", "/usr/sbin/exportfs"]
MODULES = "nfsd\n"
# No host holds a lock from before: the wait for those that might (90 s) is ended at once.
START = """#!/bin/sh
modprobe -a nfsd
mount -t nfsd nfsd /proc/fs/nfsd
mkdir -p /srv/pool /var/lib/nfs/rpc_pipefs /var/lib/nfs/v4recovery
mount -t tmpfs -o mode=0777,size={mib}m none /srv/pool
touch /var/lib/nfs/etab /var/lib/nfs/rmtab
echo '/srv/pool {network}(rw,sync,no_root_squash,no_subtree_check,fsid=0)' >/etc/exports
exportfs -a
rpc.mountd -N 3
rpc.nfsd -N 3 4
echo Y >/proc/fs/nfsd/v4_end_grace
cat /proc/fs/nfsd/threads /proc/fs/nfsd/versions
echo "EXPORT IS UP"
"""


def libraries(program):
    return re.findall(r"(/\S+) \(0x", subprocess.run(["ldd", program], check=True, text=True,
                                                     stdout=subprocess.PIPE).stdout)


def nfs_initrd(work, network, mib):
    """What the demo guest's initrd lacks: the kernel's server, its programs and their libraries."""
    folder = work / "nfs"
    folder.mkdir()
    (folder / "modules.list").write_text((TOP / "dom0-rootfs/demo/modules.list").read_text() + MODULES)
    subprocess.run(["sh", TOP / "dom0-rootfs/select-modules.sh", BUILD / "image", folder / "usr", folder / "modules.list"],
                   check=True, stdout=subprocess.DEVNULL)
    files = {f"usr/{path.relative_to(folder / 'usr')}": path.read_bytes()
             for path in sorted((folder / "usr").rglob("*")) if path.is_file()}
    files["etc/netconfig"] = Path("/etc/netconfig").read_bytes()
    for program in PROGRAMS:
        for path in (program, *libraries(program)):
            # lib is a symbolic link there
            files[re.sub("^/lib/", "usr/lib/", path).lstrip("/")] = Path(path).read_bytes()
    files["etc/services"] = b"nfs 2049/tcp\nnfs 2049/udp\n"
    files["etc/guest"] = START.format(network=network, mib=mib).encode()
    return demo_initrd(folder, files)


class NfsServer(Machine):
    """address: its own, with /LENGTH, on the card that extra has; to network it exports so many MiB as ADDRESS:/."""

    def __init__(self, name, work, address, network, extra, mib=160):
        initrd = work / "nfs.initrd"
        initrd.write_bytes(nfs_initrd(work, network, mib))
        super().__init__(name, medium=None, memory=mib + 256, cpus=1, nic=None, extra=[
            "-kernel", str(BUILD / "vmlinuz"), "-initrd", str(initrd),
            "-append", f"console=ttyS0 quiet panic=1 hostname=nfs ip={address}", *extra])

    def wait_up(self):
        self.expect("EXPORT IS UP", timeout=120)
