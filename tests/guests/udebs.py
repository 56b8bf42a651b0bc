# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of Debian's installer (udebs) that a mirror lacks. Mirrors are found that have every package of a release
and no longer those parts of it that came with its last updates. Without them nothing is installed, so what an
installation on a Xen disk needs of them is made from the packages of the same source: mke2fs, ext4, xen-blkfront."""

import gzip
import hashlib
import lzma
import re
import subprocess

SUITE = "trixie-udebs"
INSTALLER = "main/debian-installer/binary-amd64/Packages.xz"
E2FSPROGS = ["e2fsprogs", "libext2fs2t64", "libcom-err2", "libss2"]
E2_FILES = ["usr/sbin/mke2fs", "usr/sbin/mkfs.ext*", "usr/sbin/e2fsck", "usr/sbin/fsck.ext*", "usr/sbin/tune2fs", "etc/mke2fs.conf",
            "usr/lib/x86_64-linux-gnu/lib*.so.*"]
# What does nothing but ask when its modules are not there.
WITHOUT = re.compile(r"partman-(auto-)?(md|lvm|crypto|raid|btrfs|jfs|xfs|f2fs|iscsi|nbd|multipath|cros)$|mdadm-udeb$|lvm2-udeb$|cryptsetup-udeb$|"
                     r"btrfs-progs-udeb$|multipath-udeb$|depthcharge-tools-installer$")
MODULES = ["kernel/fs/ext4", "kernel/fs/jbd2", "kernel/drivers/block/xen-blkfront.ko.xz"]


def stanzas(data):
    return lzma.decompress(data).decode().strip().split("\n\n")


def field(stanza, name):
    found = re.search(rf"^{name}: (.*)$", stanza, re.M)
    return found[1] if found else ""


class Udebs:
    """mirror: has get(path) as harness.server wants it, and has(path). What it is to serve besides is put into it."""

    def __init__(self, mirror, work, initrd):
        self.mirror, self.work = mirror, work
        self.base = "/debian/dists/trixie/"
        listed = stanzas(mirror.get(self.base + INSTALLER))
        present = self._installed(initrd)
        kept = [s for s in listed if field(s, "Package") in present or mirror.has("/debian/" + field(s, "Filename"))]
        self.lacking = sorted(field(s, "Package") for s in listed if s not in kept)
        if self.lacking:
            kept = [s for s in kept if not WITHOUT.match(field(s, "Package"))]
            self._publish(kept + self._made(listed))

    @staticmethod
    def _installed(initrd):
        """What the netboot initrd brings along."""
        listing = subprocess.run(["cpio", "-i", "--quiet", "--to-stdout", "var/lib/dpkg/status"], check=True,
                                 input=gzip.decompress(initrd.read_bytes()), stdout=subprocess.PIPE).stdout.decode()
        return set(re.findall(r"^Package: (\S+)", listing, re.M))

    def _unpacked(self, name):
        """The tree of the newest package of that name."""
        names = [field(s, "Filename") for s in self.packages if field(s, "Package") == name]
        tree = self.work / name
        tree.mkdir(parents=True)
        (self.work / "package.deb").write_bytes(self.mirror.get("/debian/" + names[-1]))
        subprocess.run(["dpkg-deb", "-x", self.work / "package.deb", tree], check=True)
        return tree

    def _made(self, listed):
        self.packages = stanzas(self.mirror.get(self.base + "main/binary-amd64/Packages.xz"))
        made = []
        if "e2fsprogs-udeb" in self.lacking:
            trees = [self._unpacked(name) for name in E2FSPROGS]
            made.append(self._part("e2fsprogs-udeb", listed, [(tree, path) for tree in trees for pattern in E2_FILES
                                                              for path in sorted(tree.glob(pattern))]))
        name = next((name for name in self.lacking if name.startswith("ext4-modules-")), None)
        if name:
            version = name[len("ext4-modules-"):-len("-di")]
            tree = self._unpacked(f"linux-image-{version}")
            folder = tree / "usr/lib/modules" / version
            files = [path for entry in MODULES for path in ([folder / entry] if entry.endswith(".xz") else
                                                            sorted((folder / entry).rglob("*.ko.xz")))]
            made.append(self._part(name, listed, [(tree, path) for path in files],
                                   "#!/bin/sh\ndepmod -a\nmodprobe -q xen-blkfront || true\n"))
        return made

    def _part(self, name, listed, files, script=None):
        """Packed under its own name; its paragraph of Packages."""
        old = next(s for s in listed if field(s, "Package") == name)
        tree = self.work / f"{name}.tree"
        for root, path in files:
            to = tree / path.relative_to(root)
            to.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", path, to], check=True)
        words = {word: field(old, word) for word in ("Package", "Version", "Architecture", "Maintainer", "Priority", "Section",
                                                     "Depends", "Provides", "Description", "Kernel-Version")}
        words["Priority"] = "standard"
        text = "".join(f"{word}: {value}\n" for word, value in words.items() if value)
        (tree / "DEBIAN").mkdir()
        (tree / "DEBIAN/control").write_text(text)
        if script:
            (tree / "DEBIAN/postinst").write_text(script)
            (tree / "DEBIAN/postinst").chmod(0o755)
        packed = self.work / f"{name}.udeb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "-Zxz", "-b", tree, packed], check=True, stdout=subprocess.DEVNULL)
        data = packed.read_bytes()
        place = f"pool/made/{name}.udeb"
        self.mirror["/debian/" + place] = data
        return text + f"Filename: {place}\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}"

    def _publish(self, listed):
        data = lzma.compress("\n\n".join(listed).encode() + b"\n")
        release = self.mirror.get(self.base + "Release").decode()
        head = "".join(line + "\n" for line in release.splitlines() if re.match("(Origin|Label|Version|Date):", line))
        self.mirror[f"/debian/dists/{SUITE}/Release"] = (
            f"{head}Suite: {SUITE}\nCodename: {SUITE}\nArchitectures: amd64\nComponents: main\nSHA256:\n"
            f" {hashlib.sha256(data).hexdigest()} {len(data)} {INSTALLER}\n").encode()
        self.mirror[f"/debian/dists/{SUITE}/{INSTALLER}"] = data

    def preseed(self):
        """What the installer must be told; its other packages are as they are."""
        return f"d-i mirror/udeb/suite string {SUITE}\nd-i debian-installer/allow_unauthenticated boolean true\n" if self.lacking else ""
