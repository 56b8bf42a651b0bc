# SPDX-License-Identifier: GPL-2.0-or-later
"""What a power cut leaves on a disk: a recorded log of every write, replayed up to a chosen moment.

QEMU's driver blklogwrites records in the format of the kernel's dm-log-writes. A disk with a write cache keeps
what was written before the last flush that it acknowledged; of what came after it keeps anything: some writes
wholly, some in part, in any combination. cut() makes such a disk.
"""

import ctypes
import json
import os
import struct
import subprocess
from collections import namedtuple

SECTOR = 512
MAGIC = 0x6A736677736872
SUPER = struct.Struct("<QQQI")  # magic, version, entries, bytes of a sector
ENTRY = struct.Struct("<QQQQ")  # first sector, sectors, flags, unused
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8
PUNCH = 1 | 2  # FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, see fallocate(2)

Write = namedtuple("Write", "sector count flags offset")  # offset: of the data in the log
LIBC = ctypes.CDLL(None, use_errno=True)


def recorded_drive(image, log, serial):
    """A virtio disk whose writes are recorded; the log must not be there yet."""
    with open(log, "xb") as stream:
        stream.truncate(64 << 30)
    file = {"driver": "file", "discard": "unmap"}
    node = {"driver": "blklogwrites", "node-name": serial.lower(), "discard": "unmap",
            "file": {**file, "filename": str(image)},
            "log": {"driver": "raw", "file": {**file, "filename": str(log)}}}
    # The driver loses entries of requests that were merged into very long ones, and mixes up its log when zeros
    # are written by a command of their own while others write.
    device = f"virtio-blk-pci,drive={serial.lower()},serial={serial},write-zeroes=off,request-merging=off"
    return ["-blockdev", json.dumps(node), "-device", device]


def punch(stream, start, length):
    stream.flush()
    if LIBC.fallocate(stream.fileno(), PUNCH, ctypes.c_long(start), ctypes.c_long(length)) != 0:
        raise OSError(ctypes.get_errno(), "cannot punch a hole")


class WriteLog:
    """The entries in their order; flushes: places of those that are flushes."""

    def __init__(self, path, disk_bytes):
        self.stream = open(path, "rb")
        magic, version, count, sector = SUPER.unpack(self.stream.read(SUPER.size))
        assert (magic, version, sector) == (MAGIC, 1, SECTOR), "not a log of blklogwrites"
        self.entries = []
        at = SECTOR
        for _ in range(count):
            self.stream.seek(at)
            first, sectors, flags, _ = ENTRY.unpack(self.stream.read(ENTRY.size))
            at += SECTOR
            assert flags <= 15 and (sectors or flags) and (first + sectors) * SECTOR <= disk_bytes, f"damaged at {at}"
            self.entries.append(Write(first, sectors, flags, at))
            if not flags & DISCARD:
                at += sectors * SECTOR
        assert not any(self.stream.seek(at) and self.stream.read(SECTOR)), "the log has more than it says"
        self.flushes = [i for i, entry in enumerate(self.entries) if entry.flags & FLUSH]

    def data(self, entry):
        self.stream.seek(entry.offset)
        return self.stream.read(entry.count * SECTOR)

    def apply(self, disk, entry, sectors=None):
        """Carries out a write, or only its first sectors."""
        if entry.flags & DISCARD:
            punch(disk, entry.sector * SECTOR, entry.count * SECTOR)
        elif entry.count:
            disk.seek(entry.sector * SECTOR)
            disk.write(self.data(entry)[:None if sectors is None else sectors * SECTOR])

    def survivors(self, at, rng):
        """What of the writes after the last flush before entry `at` reaches the disk: (entry, sectors or None)."""
        begin = max([i for i in self.flushes if i < at], default=-1) + 1
        share = rng.choice([0, 0.1, 0.5, 0.9, 1])
        kept = []
        for entry in self.entries[begin:at]:
            if entry.flags & FUA or rng.random() < share:
                torn = not entry.flags & (FUA | DISCARD) and entry.count > 1 and rng.random() < 0.2
                kept.append((entry, rng.randrange(1, entry.count) if torn else None))
        return begin, kept


class Replay:
    """Disks cut at moments that only go forward. One image: what a moment adds to it is taken back for the next."""

    def __init__(self, log, before, folder):
        self.log = log
        self.image = folder / "cut.img"
        self.n_applied = 0
        self.saved = []
        sparse_copy(before, self.image)

    def cut(self, at, rng):
        """Makes the disk of a power cut before entry `at`; returns the writes that changed it."""
        begin, kept = self.log.survivors(at, rng)
        assert begin >= self.n_applied or begin == 0, "moments go forward only"
        with open(self.image, "r+b") as disk:
            self._take_back(disk)
            for entry in self.log.entries[self.n_applied:begin]:
                self.log.apply(disk, entry)
            self.n_applied = max(begin, self.n_applied)
            for entry, sectors in kept:
                disk.flush()
                start, length = entry.sector * SECTOR, entry.count * SECTOR
                self.saved.append((start, length, list(only_data(self.image, start, length))))
                self.log.apply(disk, entry, sectors)
        return self.log.entries[:begin] + [entry for entry, _ in kept]

    def _take_back(self, disk):
        while self.saved:
            start, length, parts = self.saved.pop()
            if length:
                punch(disk, start, length)
            for at, block in parts:
                disk.seek(start + at)
                disk.write(block)


def sparse_copy(source, target):
    target.unlink(missing_ok=True)
    subprocess.run(["cp", "--sparse=always", source, target], check=True)


def only_data(path, start, length):
    """The parts of a file from start on that are no holes: (offset, bytes), offsets counted from start."""
    with open(path, "rb") as stream:
        at, end = start, start + length
        while at < end:
            try:
                at = os.lseek(stream.fileno(), at, os.SEEK_DATA)
            except OSError:
                return
            stop = min(os.lseek(stream.fileno(), at, os.SEEK_HOLE), end)
            while at < stop:
                stream.seek(at)
                block = stream.read(min(1 << 20, stop - at))
                yield at - start, block
                at += len(block)
