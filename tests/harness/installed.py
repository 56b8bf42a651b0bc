# SPDX-License-Identifier: GPL-2.0-or-later
"""Looks at an installed disk without starting it: partitions, boot code, menu, slot, state, storage."""

import hashlib
import os
import re
import shutil
import struct
import subprocess
import zlib

from harness.machine import BUILD
from harness.writelog import SECTOR, only_data

CORE_SECTOR = 2048
BOOT_CODE = 440
ENTRY = struct.Struct("<16s16sQQQ72s")  # UEFI 2.10 5.3.3
CHOOSER_END = "fwsetup\n\t}\nfi\n"


class Unsound(AssertionError):
    """A state that must never be."""


def _gpt_at(stream, sector):
    stream.seek(sector * SECTOR)
    block = stream.read(SECTOR)
    if len(block) < 92 or block[:8] != b"EFI PART":
        return None
    size, crc = struct.unpack_from("<II", block, 12)
    if not 92 <= size <= SECTOR or zlib.crc32(block[:16] + bytes(4) + block[20:size]) != crc:
        return None
    first, count, width, entries_crc = struct.unpack_from("<QIII", block, 72)
    stream.seek(first * SECTOR)
    entries = stream.read(count * width)
    if zlib.crc32(entries) != entries_crc:
        return None
    parts = {}
    for i in range(count):
        kind, _, start, end, _, name = ENTRY.unpack_from(entries, i * width)
        if kind != bytes(16):
            parts[name.decode("utf-16le").rstrip("\0")] = (start * SECTOR, (end + 1 - start) * SECTOR)
    return parts


def output_of(*argv):
    """What a program prints, or None when it fails."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                          env={**os.environ, "MTOOLS_SKIP_CHECK": "1"}, check=False)
    return done.stdout if done.returncode == 0 else None


class Disk:
    """An image as firmware and boot loader would find it."""

    def __init__(self, image, folder):
        self.image, self.folder = image, folder
        with open(image, "rb") as stream:
            self.first_sector = stream.read(SECTOR)
            last = stream.seek(0, 2) // SECTOR - 1
            parts = _gpt_at(stream, 1)
            self.parts = parts if parts is not None else _gpt_at(stream, last) or {}

    def esp_file(self, path):
        if "DOMUS-ESP" not in self.parts:
            return None
        return output_of("mcopy", "-n", "-i", f"{self.image}@@{self.parts['DOMUS-ESP'][0]}", f"::{path}", "-")

    def ext4_file(self, part, path):
        """Of a part without a journal to be replayed."""
        device = part if part not in self.parts else f"{self.image}?offset={self.parts[part][0]}"
        return output_of("debugfs", "-R", f"cat {path}", device)

    def part_file(self, part):
        """The partition in a file of its own."""
        path = self.folder / f"{part}.img"
        path.unlink(missing_ok=True)
        start, length = self.parts[part]
        with open(path, "wb") as stream:
            stream.truncate(length)
            for at, block in only_data(self.image, start, length):
                stream.seek(at)
                stream.write(block)
        return str(path)

    def has_grub(self):
        return b"GRUB" in self.first_sector[:BOOT_CODE]

    def core_is_whole(self):
        core = (BUILD / "grub-core.img").read_bytes()
        with open(self.image, "rb") as stream:
            # its first sector ends in a list of places of this very disk
            stream.seek((CORE_SECTOR + 1) * SECTOR)
            return stream.read(len(core) - SECTOR) == core[SECTOR:]

    def words(self):
        """The boot loader's environment; {} when it has none that GRUB reads."""
        block = self.esp_file("boot/grub/grubenv") or b""
        if not block.startswith(b"# GRUB Environment Block\n"):
            return {}
        lines = block.decode(errors="replace").split("\n")
        return dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")

    def menu(self):
        """The slot chooser's text when it is whole, else None."""
        text = (self.esp_file("boot/grub/grub.cfg") or b"").decode(errors="replace")
        return text if text.endswith(CHOOSER_END) else None

    def slot(self):
        """The letter that the slot chooser takes, as lib/bootcfg.c decides, or ""."""
        words = self.words()
        order = "ba" if words.get("slot") == "b" else "ab"
        return next((letter for letter in order if words.get(f"slot_{letter}") in ("ok", "try")), "")

    def check_slot(self, letter):
        """All that a slot lists is there, and nothing of it differs."""
        part = f"DOMUS-{letter.upper()}"
        sums = self.ext4_file(part, "/domus/SHA256SUMS")
        if not sums or self.ext4_file(part, "/domus/whole") is None:
            raise Unsound(f"{part} holds no whole release")
        for line in sums.decode().splitlines():
            digest, name = line.split("  ")
            if hashlib.sha256(self.ext4_file(part, f"/domus/{name}") or b"").hexdigest() != digest:
                raise Unsound(f"{part}: {name} is damaged")
        if not self.ext4_file(part, "/domus/grub/slot.cfg"):
            raise Unsound(f"{part}: no menu")
        if output_of("e2fsck", "-fn", self.part_file(part)) is None:
            raise Unsound(f"{part}: the file system is damaged")

    def check_state(self, names):
        """The journal replayed as the kernel would: the host's file is there, with a login."""
        path = self.part_file("DOMUS-STATE")
        if subprocess.run(["e2fsck", "-p", path], stdout=subprocess.DEVNULL, check=False).returncode > 1:
            raise Unsound("the state partition is damaged")
        conf = (self.ext4_file(path, "/etc/domus/host.conf") or b"").decode()
        if not re.search(r"^\[root\]\n(.*\n)*?password = \$6\$\S{20,}$", conf, re.M):
            raise Unsound("a host without a root password")
        if not any(f"name = {name}\n" in conf for name in names):
            raise Unsound(f"another host's file: {conf[:200]}")
        if not self.ext4_file(path, "/var/lib/domus/installed"):
            raise Unsound("what was installed is not written down")

    def check_storage(self):
        path = self.part_file(next(name for name in self.parts if "torage" in name.lower() or "LVM" in name))
        text = output_of("pvck", "--dump", "metadata", path)
        for word in (b"library", b"thin-pool", b"pool_tmeta"):
            if not text or word not in text:
                raise Unsound(f"the storage has no {word.decode()}")

    def judge(self, names):
        """`nothing` that starts, `incomplete`, or the `whole` host of one of these names; else Unsound."""
        menu = self.menu()
        if self.has_grub() and not self.core_is_whole():
            raise Unsound("boot code without GRUB's core behind it")
        starts = self.has_grub() or self.esp_file("EFI/BOOT/BOOTX64.EFI") is not None
        if not menu:
            if starts:
                raise Unsound("a boot loader without its menu")
            return "nothing"
        words = self.words()
        if words.get("installed") != "yes":
            return "incomplete" if starts else "nothing"
        if not starts:
            return "nothing"
        if not self.slot():
            raise Unsound("neither slot is said to be good")
        self.check_slot(self.slot())
        self.check_state(names)
        self.check_storage()
        if not (self.esp_file("boot/grub/args.cfg") or b"").endswith(b"'\n"):
            raise Unsound("no arguments for the boot loader")
        return "whole"


# --- a slot that is to hold another release than the one that was installed

def _put(image, part, path, content):
    """Replaces a file of a slot."""
    cut = Disk(image, image.parent)
    new, commands = image.parent / "new", image.parent / "commands"
    new.write_bytes(content)
    commands.write_text(f"rm {path}\nwrite {new} {path}\n")
    done = subprocess.run(["debugfs", "-w", "-f", commands, f"{image}?offset={cut.parts[part][0]}"], check=True, text=True,
                          capture_output=True)
    assert cut.ext4_file(part, path) == content, done.stderr


def release_file(image, letter, name, content):
    """Replaces a file of a slot, and its sums: it is not damaged, it is another."""
    cut, part = Disk(image, image.parent), f"DOMUS-{letter}"
    _put(image, part, f"/domus/{name}", content)
    sums = cut.ext4_file(part, "/domus/SHA256SUMS").decode()
    new = re.sub(rf"^\w+  {re.escape(name)}$", f"{hashlib.sha256(content).hexdigest()}  {name}", sums, flags=re.M)
    assert new != sums
    _put(image, part, "/domus/SHA256SUMS", new.encode())
    if cut.ext4_file(part, f"/domus/sums/{name}"):
        _put(image, part, f"/domus/sums/{name}", f"{hashlib.md5(content).hexdigest()}  {name}\n".encode())


def change_release(image, letter, layer, pattern, text):
    """Gives one file of a slot's layer another content."""
    folder, part = image.parent, f"DOMUS-{letter}"
    old, new, tree = folder / "old.squashfs", folder / "new.squashfs", folder / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    old.write_bytes(Disk(image, folder).ext4_file(part, f"/domus/layers/{layer}.squashfs"))
    subprocess.run(["unsquashfs", "-q", "-n", "-d", tree, old], check=True, stdout=subprocess.DEVNULL)
    next(tree.glob(pattern)).write_text(text)
    subprocess.run(["mksquashfs", tree, new, "-noappend", "-quiet", "-no-progress", "-all-root"], check=True,
                   stdout=subprocess.DEVNULL)
    release_file(image, letter, f"layers/{layer}.squashfs", new.read_bytes())
