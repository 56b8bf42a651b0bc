# SPDX-License-Identifier: GPL-2.0-or-later
"""A PV kernel of one instruction, an undefined one: the guest dies at once.

The notes are those of xen/include/public/elfnote.h that libxc wants of a 64-bit kernel.
"""

import struct

BASE = 0xFFFFFFFF80000000
PLACE = 0x100000
ENTRY, VIRT_BASE, XEN_VERSION, GUEST_OS, LOADER, PAE_MODE = 1, 3, 5, 6, 8, 9
HEADER, PROGRAM_HEADER = 64, 56


def note(kind, value):
    text = value.encode() + b"\0" if isinstance(value, str) else struct.pack("<Q", value)
    return struct.pack("<III", 4, len(text), kind) + b"Xen\0" + text + bytes(-len(text) % 4)


def dying_kernel():
    code = b"\x0f\x0b" * 8  # ud2
    notes = b"".join(note(kind, value) for kind, value in (
        (XEN_VERSION, "xen-3.0"), (GUEST_OS, "test"), (LOADER, "generic"), (PAE_MODE, "yes"), (VIRT_BASE, BASE),
        (ENTRY, BASE + PLACE)))
    at_code, at_notes = 0x1000, 0x2000
    header = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", 2, 62, 1, BASE + PLACE, HEADER, 0, 0, HEADER, PROGRAM_HEADER, 2, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 7, at_code, BASE + PLACE, PLACE, len(code), 0x1000, 0x1000)
    about = struct.pack("<IIQQQQQQ", 4, 4, at_notes, 0, 0, len(notes), len(notes), 4)
    image = header + load + about
    image += bytes(at_code - len(image)) + code
    return image + bytes(at_notes - len(image)) + notes
