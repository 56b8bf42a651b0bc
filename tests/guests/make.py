#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the disks of the test guests: tests/guests/make.py DIRECTORY (inside the test root, without privileges).

pv.img   no partition table; GRUB's PV port reads a gzipped ELF kernel from it
pvh.img  one partition; GRUB's PVH port reads the kernel as it is
hvm.img  one partition, GRUB in the boot sector and the gap behind it: SeaBIOS boots it
store.img an ext4 file system with tests/guests/tools, and pvh.img as a file
"""

import shutil
import struct
import subprocess
import sys
import gzip
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(HERE))

from initrd import demo_initrd  # noqa: E402
from kernel import extract_elf  # noqa: E402

MIB = 1 << 20
DISK = 56 * MIB
FIRST = 1 * MIB  # where the partition starts
GRUB = Path("/usr/lib/grub/i386-pc")
GRUB_MODULES = "biosdisk part_msdos ext2 normal linux configfile serial terminal echo".split()
ADDRESS = {"pv": "10.0.2.21/24", "pvh": "10.0.2.22/24", "hvm": "10.0.2.23/24"}


def words(kind, device, console):
    return f"{console} quiet guest={kind} hostname={kind} disk={device} ip={ADDRESS[kind]}"


def initrd(work):
    """The demo guest's, with the test's scripts."""
    return demo_initrd(work, {
        "etc/guest": (HERE / "guest.sh").read_bytes(),
        "etc/guest.shutdown": (HERE / "guest-down.sh").read_bytes(),
        # A command sent to port 7 is carried out: reboot, for instance.
        "etc/inittab.more": b"::respawn:/usr/bin/nc -l -p 7 -e /bin/sh\n"})


def ext4(image, tree, offset, size):
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0", "-O", "^metadata_csum_seed,^orphan_file",
                    "-L", image.stem, "-d", tree, "-E", f"offset={offset}", image, f"{size // 1024}k"], check=True)


def boot_tree(work, kind, kernel, ramdisk, menu):
    tree = work / kind
    (tree / "boot/grub").mkdir(parents=True)
    (tree / "boot/vmlinuz").write_bytes(kernel)
    (tree / "boot/initrd").write_bytes(ramdisk)
    (tree / "boot/grub/grub.cfg").write_text(menu)
    return tree


def menu(head, command_line):
    return f"{head}linux /boot/vmlinuz {command_line}\ninitrd /boot/initrd\nboot\n"


def partition(image, boot_code=b""):
    """A master boot record with one Linux partition, behind GRUB's boot code if there is one."""
    sector = bytearray(boot_code[:440].ljust(512, b"\0"))
    entry = struct.pack("<B3sB3sII", 0x80, b"\xfe\xff\xff", 0x83, b"\xfe\xff\xff", FIRST // 512, (DISK - FIRST) // 512)
    sector[0x1B8:0x1BC] = b"DOMU"
    sector[0x1BE:0x1CE] = entry
    sector[0x1FE:0x200] = b"\x55\xaa"
    with open(image, "r+b") as disk:
        disk.write(sector)


def install_grub(image, work):
    """GRUB's boot.img into sector 0 and its core image into the sectors behind it, which boot.img expects there."""
    core = work / "core.img"
    subprocess.run(["grub-mkimage", "-O", "i386-pc", "-p", "(hd0,msdos1)/boot/grub", "-o", core, *GRUB_MODULES],
                   check=True)
    data = core.read_bytes()
    if 512 + len(data) > FIRST:
        raise ValueError("GRUB's core image does not fit before the partition")
    partition(image, (GRUB / "boot.img").read_bytes())
    with open(image, "r+b") as disk:
        disk.seek(512)
        disk.write(data)


def main(out):
    out.mkdir(parents=True, exist_ok=True)
    work = out / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    bzimage = (TOP / "build/vmlinuz").read_bytes()
    ramdisk = initrd(work)

    for kind in ("pv", "pvh", "hvm"):
        kernel = bzimage
        device, console, head = "/dev/xvda1", "console=hvc0", ""
        if kind == "pv":
            kernel, device = gzip.compress(extract_elf(bzimage), 6, mtime=0), "/dev/xvda"
        if kind == "hvm":
            # The kernel speaks on both: ttyS0 is what `xl console` shows, hvc0 is what dom0 logs.
            console = "console=ttyS0 console=hvc0"
            head = "serial --unit=0 --speed=115200\nterminal_output serial\n"
        tree = boot_tree(work, kind, kernel, ramdisk, menu(head, words(kind, device, console)))
        image = work / f"{kind}.img"
        offset = 0 if kind == "pv" else FIRST
        with open(image, "wb") as disk:
            disk.truncate(DISK)
        ext4(image, tree, offset, DISK - offset)
        if kind == "pvh":
            partition(image)
        if kind == "hvm":
            install_grub(image, work)

    store = work / "store"
    shutil.copytree(HERE / "tools", store)
    shutil.copy(work / "pvh.img", store)
    image = work / "store.img"
    with open(image, "wb") as disk:
        disk.truncate(DISK + 16 * MIB)
    ext4(image, store, 0, DISK + 16 * MIB)
    for kind in ("pv", "pvh", "hvm", "store"):
        (work / f"{kind}.img").replace(out / f"{kind}.img")
    shutil.rmtree(work)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make.py DIRECTORY")
    main(Path(sys.argv[1]))
