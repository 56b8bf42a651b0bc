# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo guest's initrd with more in it: the kernel takes archives one after the other, aligned to four bytes."""

import subprocess
from pathlib import Path

DEMO = Path(__file__).resolve().parents[2] / "build/demo/initrd"


def demo_initrd(work, files):
    """With files (path in it: bytes), all executable; work: a folder to make them in."""
    root = work / "initrd"
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
        (root / name).chmod(0o755)
    names = "".join(f"{path.relative_to(root)}\n" for path in sorted(root.rglob("*")))
    more = subprocess.run(["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"], input=names.encode(), cwd=root,
                          check=True, stdout=subprocess.PIPE).stdout
    demo = DEMO.read_bytes()
    return demo + bytes(-len(demo) % 4) + more
