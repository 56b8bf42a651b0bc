# SPDX-License-Identifier: GPL-2.0-or-later
"""The record of a disk's writes, and the disks that are made of it: against what QEMU itself writes."""

import random
import subprocess

from harness.writelog import Replay, WriteLog, sparse_copy

SIZE = 64 << 20
COMMANDS = ["write -P 1 0 4k", "flush", "write -P 2 1M 64k", "discard 1M 32k", "write -P 3 8M 8k", "flush",
            "write -P 4 0 4k", "write -P 5 9M 1M", "flush"]


def record(folder):
    before, disk, log = folder / "before.img", folder / "disk.img", folder / "log"
    before.write_bytes(bytes([9]) * (2 << 20))
    for path, size in ((before, SIZE), (log, 1 << 30)):
        with open(path, "ab") as stream:
            stream.truncate(size)
    sparse_copy(before, disk)
    words = [word for command in COMMANDS for word in ("-c", command)]
    options = f"driver=blklogwrites,discard=unmap,file.driver=file,file.discard=unmap,file.filename={disk}," \
              f"log.driver=raw,log.file.driver=file,log.file.filename={log}"
    subprocess.run(["qemu-io", *words, "--image-opts", options], check=True, stdout=subprocess.DEVNULL)
    return before, disk, WriteLog(log, SIZE)


def test_the_end_is_what_was_written(tmp_path):
    before, disk, log = record(tmp_path)
    replay = Replay(log, before, tmp_path)
    replay.cut(len(log.entries), random.Random(1))
    assert replay.image.read_bytes() == disk.read_bytes()


def test_what_was_flushed_is_there_and_the_rest_may_be(tmp_path):
    """40 cuts before the flush of the last two writes: they come and go, wholly or in part; the rest stays."""
    before, _, log = record(tmp_path)
    replay, rng = Replay(log, before, tmp_path), random.Random(1)
    last_write = max(i for i, entry in enumerate(log.entries) if entry.count)
    at = min(i for i in log.flushes if i > last_write)
    seen = set()
    for _ in range(40):
        replay.cut(at, rng)
        with open(replay.image, "rb") as stream:
            data = stream.read(16 << 20)
        assert data[1 << 20:(1 << 20) + (32 << 10)] == bytes(32 << 10), "the discard came before the flush"
        assert data[(1 << 20) + (32 << 10):][:32 << 10] == bytes([2]) * (32 << 10)
        assert data[4096:8192] == bytes([9]) * 4096 and data[8 << 20:][:8192] == bytes([3]) * 8192
        assert set(data[:4096]) <= {1, 4} and set(data[9 << 20:10 << 20]) <= {0, 5}
        seen.add((len(set(data[:4096])), data[0], len(set(data[9 << 20:10 << 20])), data[9 << 20]))
    assert {(1, 1, 1, 0), (1, 4, 1, 5), (1, 4, 1, 0), (1, 1, 1, 5)} <= seen, seen
    assert any(first == 2 for first, *_ in seen) and any(third == 2 for _, _, third, _ in seen), "no torn write"
