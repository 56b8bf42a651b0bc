# SPDX-License-Identifier: GPL-2.0-or-later
"""refuse.py CALL[,CALL...] PROGRAM ARG...: runs a program for which the kernel refuses these system calls
(a seccomp filter that answers EPERM), as containers and hardened hosts do. x86-64 only."""

import ctypes
import errno
import os
import struct
import sys

NUMBERS = {"mount": 165, "unshare": 272, "open_tree": 428, "move_mount": 429, "fsopen": 430}
LOAD, EQUAL, ANSWER = 0x20, 0x15, 0x06  # BPF: load a word, jump if equal, return
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM

calls = [NUMBERS[name] for name in sys.argv[1].split(",")]
code = struct.pack("HBBI", LOAD, 0, 0, 0)
for i, number in enumerate(calls):
    code += struct.pack("HBBI", EQUAL, len(calls) - i, 0, number)
code += struct.pack("HBBI", ANSWER, 0, 0, ALLOW) + struct.pack("HBBI", ANSWER, 0, 0, REFUSE)
text = ctypes.create_string_buffer(code, len(code))
program = struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(text))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program):  # no new privileges; seccomp filter
    sys.exit(f"refuse.py: {os.strerror(ctypes.get_errno())}")
os.execvp(sys.argv[2], sys.argv[2:])
