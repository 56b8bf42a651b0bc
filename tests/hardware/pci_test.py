# SPDX-License-Identifier: GPL-2.0-or-later
"""Every device of pci-ids.txt finds a driver in the image, and the driver its firmware.

The trees are found in build/ or named by DOMUS_MODULES, DOMUS_INITRAMFS and DOMUS_FIRMWARE: a
directory with lib/modules/VERSION (lib/firmware), below it or below its usr/.
"""

import fnmatch
import os
import re
import struct
from collections import namedtuple
from functools import lru_cache
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
IDS = Path(__file__).with_name("pci-ids.txt")
# Where the drivers lie for which every single one must be proved by a line of pci-ids.txt.
PROVED = re.compile(r"kernel/drivers/(ata|scsi|nvme|message|block|mmc|net|usb/host|pci/controller)/")
# Classes of devices that can hold the medium or a slot, or carry a keyboard: needed by early.
EARLY = re.compile(r"01|0805|0c03|0c04")

Device = namedtuple("Device", "modalias pci_class line")


def pci_modalias(ident, pci_class):
    """'8086:1533', '020000' -> what the kernel writes to /sys/.../modalias."""
    numbers = (ident.upper().split(":") + ["0000", "0000"])[:4]
    c = pci_class.upper()
    return "pci:v0000%sd0000%ssv0000%ssd0000%s" % tuple(numbers) + f"bc{c[:2]}sc{c[2:4]}i{c[4:]}"


def read_ids():
    devices, exceptions = [], {"unproven": {}, "optional": {}, "builtin": {}}
    for number, line in enumerate(IDS.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        ident, second, rest = line.split(None, 2)
        where = f"pci-ids.txt:{number}: {line}"
        if ident in exceptions:
            exceptions[ident][second] = rest if ident == "builtin" else where
        elif second == "-":
            devices.append(Device(ident, "", where))
        else:
            assert re.fullmatch(r"[0-9a-f]{4}(:[0-9a-f]{4}){1}((:[0-9a-f]{4}){2})?", ident), where
            assert re.fullmatch(r"[0-9a-f]{6}", second), where
            devices.append(Device(pci_modalias(ident, second), second, where))
        assert rest.strip(), where
    return devices, *exceptions.values()


DEVICES, UNPROVEN, OPTIONAL, BUILTIN = read_ids()


def tree(variable, default, below):
    base = Path(os.environ.get(variable, TOP / default))
    for candidate in (base / "usr/lib" / below, base / "lib" / below):
        if candidate.is_dir():
            return candidate
    pytest.fail(f"no lib/{below} in {base}: run `make iso` first, or set {variable}")


class Modules:
    """A module tree as busybox modprobe sees it: modules.dep and modules.alias; and the kernel."""

    def __init__(self, variable, default):
        versions = list(tree(variable, default, "modules").iterdir())
        assert len(versions) == 1, versions
        self.root = versions[0]
        self.path = {}
        self.needs = {}
        for line in (self.root / "modules.dep").read_text().splitlines():
            path, _, needs = line.partition(":")
            self.path[self.name(path)] = path
            self.needs[path] = needs.split()
        self.aliases = [
            (pattern.split(":")[0].rstrip("*"), re.compile(fnmatch.translate(pattern)).match, module)
            for pattern, module in self.read_aliases()
        ]

    @staticmethod
    def name(path):
        return Path(path).stem.replace("-", "_")

    def read_aliases(self):
        for line in (self.root / "modules.alias").read_text().splitlines():
            if line.startswith("alias "):
                yield line.split()[1:3]
        for path in (self.root / "modules.builtin").read_text().split():
            if self.name(path) in BUILTIN:
                yield BUILTIN[self.name(path)], self.name(path)

    def resolve(self, modalias):
        bus = modalias.split(":")[0]
        return {m for b, match, m in self.aliases if b == bus and match(modalias)} - set(UNPROVEN)

    def modinfo(self, module, key):
        """Values of a key in a module's .modinfo section; a built-in module has none here."""
        if module not in self.path:
            return []
        data = (self.root / self.path[module]).read_bytes()
        sections, = struct.unpack_from("<Q", data, 0x28)
        size, count, names_at = struct.unpack_from("<HHH", data, 0x3A)
        headers = [struct.unpack_from("<IIQQQQ", data, sections + i * size) for i in range(count)]
        names = headers[names_at][4]
        for name, _, _, _, offset, length in headers:
            if data[names + name :].startswith(b".modinfo\0"):
                entries = data[offset : offset + length].split(b"\0")
                return [e.partition(b"=")[2].decode() for e in entries if e.startswith(key + b"=")]
        return []


@lru_cache
def image():
    return Modules("DOMUS_MODULES", "build/layers/modules")


@lru_cache
def initramfs():
    return Modules("DOMUS_INITRAMFS", "build/initramfs")


def test_the_list_is_long_enough_and_has_no_line_twice():
    assert sum(1 for d in DEVICES if d.pci_class) >= 170
    lines = {}
    for device in DEVICES:
        assert device.modalias not in lines, f"{device.line}\nis also\n{lines[device.modalias]}"
        lines[device.modalias] = device.line


def test_every_device_has_a_driver():
    orphans = [d.line for d in DEVICES if not image().resolve(d.modalias)]
    assert not orphans, "\n".join(["no driver in the image:"] + orphans)


def test_early_has_the_drivers_that_find_the_medium():
    orphans = [
        d.line for d in DEVICES if EARLY.match(d.pci_class) and not initramfs().resolve(d.modalias)
    ]
    assert not orphans, "\n".join(["no driver in the initramfs:"] + orphans)


@pytest.mark.parametrize("modules", [image, initramfs])
def test_dependencies_are_there(modules):
    root = modules().root
    for path, needs in modules().needs.items():
        for file in [path] + needs:
            assert (root / file).is_file(), f"{file} (needed by {path}) is missing"


def test_every_announced_firmware_is_there():
    firmware = tree("DOMUS_FIRMWARE", "build/layers/firmware", "firmware")
    missing = {}
    for device in DEVICES:
        for module in image().resolve(device.modalias):
            for file in image().modinfo(module, b"firmware"):
                if not (firmware / file).is_file():
                    missing.setdefault(file, f"{file} for {module}: {device.line}")
    wanted = [text for file, text in sorted(missing.items()) if file not in OPTIONAL]
    assert not wanted, "\n".join(["firmware missing in the image:"] + wanted)
    stale = [where for file, where in OPTIONAL.items() if file not in missing]
    assert not stale, "\n".join(["exceptions nobody needs:"] + stale)


def test_without_any_one_driver_a_device_would_be_lost():
    """Computed, not by deleting: a driver is proved by a device that no other driver takes."""
    only = {}
    for device in DEVICES:
        drivers = image().resolve(device.modalias)
        if len(drivers) == 1:
            only.setdefault(drivers.pop(), device.line)
    claims = {
        module
        for bus, _, module in image().aliases
        if bus == "pci" and PROVED.match(image().path.get(module, ""))
    }
    unproved = sorted(claims - set(only) - set(UNPROVEN))
    assert not unproved, f"drivers that no line of pci-ids.txt needs: {', '.join(unproved)}"
    stale = [where for module, where in UNPROVEN.items() if module not in claims or module in only]
    assert not stale, "\n".join(["exceptions nobody needs:"] + stale)
