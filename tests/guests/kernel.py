# SPDX-License-Identifier: GPL-2.0-or-later
"""Takes the ELF kernel out of a bzImage: GRUB's PV port reads a gzipped ELF, but no zstd-compressed kernel.

Offsets: Documentation/arch/x86/boot.rst, "The real-mode kernel header".
"""

import struct
import subprocess

# The payload's first bytes → the command that unpacks it. The last four bytes are its unpacked size.
UNPACKERS = {
    b"\x28\xb5\x2f\xfd": ["zstd", "-dcq"],
    b"\x1f\x8b": ["gzip", "-dc"],
    b"\xfd7zXZ": ["xz", "-dcq"],
}


def extract_elf(bzimage):
    """The bytes of the vmlinux inside the bytes of a bzImage."""
    if bzimage[0x202:0x206] != b"HdrS":
        raise ValueError("no bzImage: it lacks the boot header's signature")
    setup_sectors = bzimage[0x1F1] or 4
    offset, length = struct.unpack_from("<II", bzimage, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    payload = bzimage[start:start + length]
    for magic, argv in UNPACKERS.items():
        if payload.startswith(magic):
            elf = subprocess.run(argv, input=payload[:-4], stdout=subprocess.PIPE, check=True).stdout
            size, = struct.unpack("<I", payload[-4:])
            if len(elf) != size or not elf.startswith(b"\x7fELF"):
                raise ValueError(f"the kernel inside is no ELF file of {size} bytes")
            return elf
    raise ValueError(f"the kernel inside is packed in an unknown way: {payload[:4].hex()}")
