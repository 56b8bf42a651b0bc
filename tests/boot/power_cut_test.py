# SPDX-License-Identifier: GPL-2.0-or-later
"""Power cuts during an unattended installation, at random moments, with the writes lost that a real disk loses.

One installation is recorded write by write; from the record the disk of any moment can be made, and looked at
without starting it. A few are started. DOMUS_SEED=N repeats a run's moments.
"""

import collections
import os
import random
import subprocess
import time

import pytest

from install_test import KEEP, config_volume, conf, disk, drives, log_in, powers_off
from harness.installed import Disk, Unsound
from harness.machine import Machine
from harness.writelog import Replay, WriteLog, recorded_drive, sparse_copy

MIB = 1 << 20
UNATTENDED = "\x01\x0e\x0e\r"  # the third entry from the top
TABLE_SECTORS = 8  # what the installer clears first
# 16-bit code: writes the text behind it to the first serial port, then halts.
OLD_CODE = bytes.fromhex("31c08ed8be227cfcac84c0741288c4bafd03eca82074fb88e0baf803eeebe9f4ebfd")
OLD_TEXT = "The old system starts"


def old_system(image):
    """A disk with a boot sector of its own and one partition with data."""
    subprocess.run(["mkfs.ext4", "-q", "-F", "-L", "old", "-E", f"offset={MIB}", image, str(7 << 20)], check=True,
                   stderr=subprocess.DEVNULL)
    table = bytes([0x80, 0, 2, 0, 0x83, 0, 0, 0]) + (2048).to_bytes(4, "little") + (14 << 20).to_bytes(4, "little")
    code = OLD_CODE + OLD_TEXT.encode() + b"\r\n\0"
    with open(image, "r+b") as stream:
        stream.write(code.ljust(446, b"\0") + table.ljust(64, b"\0") + b"\x55\xaa")


def record(name, system, text, keys):
    """Installs while the disk's writes are recorded; returns the log's path."""
    log = system.parent / "writes.log"
    log.unlink(missing_ok=True)
    extra = recorded_drive(system, log, "SYSTEM") + drives(config=config_volume(name, text))
    with Machine(name, extra=extra) as machine:
        installs(machine, keys)
        print(f"recorded: installed {machine.seconds():.0f} s after power-on")
    return log


def installs(machine, keys="\r"):
    """From the medium's menu to the end; keys: Enter is what starts by itself after a while."""
    machine.expect("Install Domus unattended", timeout=120)
    machine.send(keys)
    machine.expect("Unattended installation", timeout=240)
    machine.expect("Domus is installed", timeout=240)
    machine.wait_off(120)


def moments(log, rng, count):
    """Half of them anywhere, half between two flushes; and the last writes, where the disk becomes a host."""
    chosen = set(range(max(len(log.entries) - 10 - count // 10, 1), len(log.entries) + 1)) | {0, 1, 2}
    bounds = [0] + log.flushes
    for i in range(count):
        if i % 2:
            chosen.add(rng.randrange(len(log.entries)))
        else:
            flush = rng.randrange(1, len(bounds))
            chosen.add(rng.randint(bounds[flush - 1] + 1, bounds[flush]))
    return sorted(chosen)


def is_old(cut, old_sector, writes):
    """The old boot code, and nothing that it could start was touched."""
    if cut.first_sector != old_sector:
        return False
    if any(write.sector + write.count > TABLE_SECTORS for write in writes):
        raise Unsound("the old boot code is there, but not all that it starts")
    return True


class Cuts:
    """The disks of one recorded installation."""

    def __init__(self, name, log, before, names):
        self.folder = before.parent
        self.names = names
        self.log = WriteLog(log, os.path.getsize(before))
        self.seed = int(os.environ.get("DOMUS_SEED") or random.SystemRandom().randrange(10 ** 6))
        self.rng = random.Random(self.seed)
        self.replay = Replay(self.log, before, self.folder)
        with open(before, "rb") as stream:
            self.old_sector = stream.read(512)
        self.was_host = bool(Disk(before, self.folder).menu())
        self.kept = {}
        print(f"{name}: DOMUS_SEED={self.seed}, {len(self.log.entries)} writes, {len(self.log.flushes)} flushes")

    def judge(self, at):
        writes = self.replay.cut(at, self.rng)
        cut = Disk(self.replay.image, self.folder)
        if not self.was_host and is_old(cut, self.old_sector, writes):
            return "old"
        return cut.judge(self.names)

    def judge_all(self, count):
        """How often each verdict came; keeps one disk of each, the latest but of `whole` the first."""
        verdicts, faults, begin = collections.Counter(), [], time.monotonic()
        for at in moments(self.log, self.rng, count):
            try:
                verdict = self.judge(at)
            except Unsound as fault:
                faults.append(f"write {at} of {len(self.log.entries)}: {fault}")
                continue
            verdicts[verdict] += 1
            if verdict != "whole" or verdict not in self.kept:
                self.kept[verdict] = self.folder / f"{verdict}.img"
                sparse_copy(self.replay.image, self.kept[verdict])
        print(f"verdicts: {dict(verdicts)}, in {time.monotonic() - begin:.0f} s")
        assert not faults, f"DOMUS_SEED={self.seed}:\n" + "\n".join(faults)
        return verdicts


def starts_old(name, image):
    with Machine(name + "_old", medium=None, extra=drives(system=image)) as machine:
        machine.expect(OLD_TEXT, timeout=60)


def says_incomplete(name, image, firmware="bios"):
    machine = Machine(f"{name}_incomplete_{firmware}", medium=None, firmware=firmware,
                      machine="q35" if firmware == "uefi" else "pc", extra=drives(system=image))
    with machine:
        machine.expect("installation of Domus on this disk was not completed", timeout=120)


def is_the_host(name, image):
    with Machine(name + "_whole", medium=None, extra=drives(system=image)) as machine:
        log_in(machine)
        assert machine.run("ls /run/domus/failed").split() == []
        assert "library" in machine.run("lvm lvs --noheadings domus")
        powers_off(machine)


def installs_again(name, image, text):
    """With the medium in: the unattended installation starts by itself, and succeeds."""
    extra = drives(system=image, config=config_volume(name + "_again", text))
    with Machine(name + "_again", extra=extra) as machine:
        installs(machine)
    assert Disk(image, image.parent).judge(["xen1"]) == "whole"


def text_of(**changes):
    return conf(a=("[disk]", "[disk]\nerase = yes"), b=("[install]", "[install]\nafter = poweroff"), **changes)


def recorded_first(name):
    """An installation over another system, recorded."""
    system = disk(name, "system.img")
    old_system(system)
    before = system.parent / "before.img"
    sparse_copy(system, before)
    return Cuts(name, record(name, system, text_of(), "\r"), before, ["xen1"])


def test_power_cut():
    """Every moment leaves the old system, nothing, "incomplete", or the whole host; one of each is started."""
    name = "power_cut"
    cuts = recorded_first(name)
    verdicts = cuts.judge_all(30)
    assert set(verdicts) == {"old", "nothing", "incomplete", "whole"}, verdicts
    starts_old(name, cuts.kept["old"])
    says_incomplete(name, cuts.kept["incomplete"])
    installs_again(name, cuts.kept["incomplete"], text_of())


@pytest.mark.full
def test_power_cut_many():
    """More moments; a whole host of the first moment that has one; an installation over an installed host; its upgrade,
    which is a whole host at every moment."""
    name = "power_cut_many"
    cuts = recorded_first(name)
    cuts.judge_all(400)
    says_incomplete(name, cuts.kept["incomplete"], "uefi")
    is_the_host(name, cuts.kept["whole"])
    installs_again(name, cuts.kept["nothing"], text_of())

    over = name + "_over"
    system, before = disk(over, "system.img"), cuts.folder / "system.img"
    sparse_copy(before, system)
    text = text_of(c=("name = xen1", "name = xen2"), d=("reinstall = first", "reinstall = second"))
    cuts = Cuts(over, record(over, system, text, UNATTENDED), before, ["xen1", "xen2"])
    verdicts = cuts.judge_all(400)
    assert set(verdicts) >= {"nothing", "incomplete", "whole"}, verdicts

    up = name + "_upgrade"
    before, system = system, disk(up, "system.img")
    sparse_copy(before, system)
    text = KEEP.format(mode="upgrade").replace("[install]", "[install]\nafter = poweroff")
    verdicts = Cuts(up, record(up, system, text, UNATTENDED), before, ["xen2"]).judge_all(200)
    assert set(verdicts) == {"whole"}, verdicts
    assert Disk(system, system.parent).slot() == "b"
