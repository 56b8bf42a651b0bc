# SPDX-License-Identifier: GPL-2.0-or-later
"""take-kernel on disks as guests make them: the right kernel comes out, anything else is refused."""

import os
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
PROGRAM = TOP / "build/bin/take-kernel"

KERNEL = bytes(514) + b"HdrS" + os.urandom(200_000)
INITRD = os.urandom(300_000)
OLD = bytes(514) + b"HdrS old"

DEBIAN = """set default="0"
if [ x$feature = xy ]; then menuentry_id_option="--id"; fi
menuentry 'Debian GNU/Linux' --class debian {
\tload_video
\tset root='hd0,gpt1'
\techo\t'Loading Linux 6.12 ...'
\tlinux\t/boot/vmlinuz-6.12 root=UUID=1-2 ro  quiet $vt_handoff "a=b c"
\tinitrd\t/boot/initrd.img-6.12
}
menuentry 'older' {
\tlinux /boot/vmlinuz-6.1 root=/dev/old
}
"""


def disk(tmp_path, files, gpt=True):
    """A disk with one ext4 file system that holds files (path -> bytes)."""
    root = tmp_path / "root"
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    image = tmp_path / "disk.img"
    with open(image, "wb") as stream:
        stream.truncate(16 << 20)
    offset = 1 << 20 if gpt else 0
    if gpt:
        subprocess.run(["parted", "-s", image, "mklabel", "gpt", "mkpart", "a", "ext4", "1MiB", "15MiB"], check=True)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-E", f"offset={offset}", "-d", root, image, "13M"], check=True)
    return image


def take(tmp_path, image, *words):
    out = tmp_path / "out"
    out.mkdir(exist_ok=True)
    done = subprocess.run([PROGRAM, "--unconfined", f"--output={out}/result", "--output-format=simple0",
                           f"--output-directory={out}", *words, image], capture_output=True, text=True, check=False)
    result = {}
    if done.returncode == 0:
        for word in (out / "result").read_text().split("\0")[:-1]:
            key, _, value = word.partition(" ")
            result[key] = value
    left = sorted(path.name for path in out.iterdir())
    return done, result, left


BOOT = {"boot/vmlinuz-6.12": KERNEL, "boot/initrd.img-6.12": INITRD, "boot/vmlinuz-6.1": OLD}


@pytest.mark.parametrize("gpt", [True, False])
def test_take_kernel_debian(tmp_path, gpt):
    """Debian's grub.cfg on a partition, and on a disk without partitions."""
    image = disk(tmp_path, {"boot/grub/grub.cfg": DEBIAN, **BOOT}, gpt)
    done, result, _ = take(tmp_path, image)
    assert done.returncode == 0, done.stderr
    assert Path(result["kernel"]).read_bytes() == KERNEL and Path(result["ramdisk"]).read_bytes() == INITRD
    assert result["args"].strip() == "root=UUID=1-2 ro quiet a=b c"


def test_take_kernel_separate_boot(tmp_path):
    """/boot is a file system of its own: its menu lies in /grub; words of xl.cfg's cmdline are added."""
    files = {"grub/grub.cfg": DEBIAN.replace("/boot/", "/"), "vmlinuz-6.12": KERNEL, "initrd.img-6.12": INITRD}
    done, result, _ = take(tmp_path, disk(tmp_path, files), "--args=single")
    assert done.returncode == 0, done.stderr
    assert result["args"] == "root=UUID=1-2 ro quiet a=b c single"


def test_take_kernel_loader_entries(tmp_path):
    """Fedora's way: entries in files, the newest counts, the rescue one never."""
    entry = "title x\nlinux /vmlinuz-{0}\ninitrd /initramfs-{0}.img\noptions root=/dev/xvda2 v={0} $tuned\n"
    files = {f"loader/entries/abc-{v}.conf": entry.format(v) for v in ("6.9.1", "6.12.3", "0-rescue")}
    files |= {"grub2/grub.cfg": "insmod blscfg\nblscfg\n", "vmlinuz-6.12.3": KERNEL, "initramfs-6.12.3.img": INITRD}
    done, result, _ = take(tmp_path, disk(tmp_path, files))
    assert done.returncode == 0, done.stderr
    assert Path(result["kernel"]).read_bytes() == KERNEL and result["args"].strip() == "root=/dev/xvda2 v=6.12.3"


@pytest.mark.parametrize("cfg", ids=range(8), argvalues=[
    "linux (host)/etc/passwd\n", "linux $root/vmlinuz\n", "linux ../../etc/passwd\n", "linux /none\n", "linux\n", "",
    "linux /boot/not-a-kernel\n", "linux /boot/vmlinuz-6.12 " + "x" * 5000 + "\ninitrd /missing\n",
])
def test_take_kernel_refused(tmp_path, cfg):
    """What is no kernel on this very disk is refused, and no file stays behind."""
    files = {"boot/grub/grub.cfg": cfg, "boot/not-a-kernel": b"hello", **BOOT}
    done, _, left = take(tmp_path, disk(tmp_path, files))
    assert done.returncode == 1 and "\ntake-kernel: " in "\n" + done.stderr, done.stderr[-300:]
    assert left == []


def test_take_kernel_no_disk(tmp_path):
    """A disk of noise."""
    image = tmp_path / "noise.img"
    image.write_bytes(os.urandom(1 << 20))
    done, _, left = take(tmp_path, image)
    assert done.returncode == 1 and "no boot menu" in done.stderr and left == []
