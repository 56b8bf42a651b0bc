# SPDX-License-Identifier: GPL-2.0-or-later
"""What the image consists of, seen without booting it."""

import gzip
import os
import re
import stat
import subprocess
from pathlib import Path

from harness.medium import with_file

TOP = Path(__file__).resolve().parents[2]
BUILD = TOP / "build"
LAYERS = BUILD / "layers"

# Why a file may be set-user-ID root. Anything else is a finding.
SETUID = {"base/usr/bin/busybox": "su for administrators; /etc/busybox.conf allows it to group wheel only"}


def elf_files(tree):
    for path in tree.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with open(path, "rb") as stream:
                if stream.read(4) == b"\x7fELF":
                    yield path


def test_initramfs_has_no_dynamic_program():
    """If every library on the disk is broken, a shell still comes up."""
    seen = 0
    for path in elf_files(BUILD / "initramfs"):
        if path.suffix == ".ko":
            continue
        seen += 1
        headers = subprocess.run(["readelf", "-lW", path], capture_output=True, text=True, check=True).stdout
        assert "INTERP" not in headers, path
        assert "(NEEDED)" not in subprocess.run(["readelf", "-dW", path], capture_output=True, text=True,
                                                check=True).stdout, path
    assert seen >= 2  # early and busybox


def test_setuid_files_have_a_reason():
    found = {str(path.relative_to(LAYERS)) for path in LAYERS.rglob("*")
             if not path.is_symlink() and path.lstat().st_mode & (stat.S_ISUID | stat.S_ISGID) and path.is_file()}
    assert found == set(SETUID)


def test_no_build_path_and_no_mirror_in_our_programs():
    programs = [BUILD / "initramfs" / "init", BUILD / "initramfs/usr/bin/busybox", *(LAYERS / "domus/usr/sbin").iterdir()]
    bad = [path for path in programs if re.search(rb"/src/(lib|dom0-rootfs|build)", path.read_bytes())]
    assert not bad


def test_medium_lists_every_file_it_boots():
    """SHA256SUMS names all that early and GRUB check, and they match."""
    tree = BUILD / "iso" / "domus"
    names = {line.split()[1] for line in (tree / "SHA256SUMS").read_text().splitlines()}
    there = {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
    assert {"xen.gz", "vmlinuz", "initrd", "layers/base.squashfs", "layers/domus.squashfs"} <= names
    marks = {"SHA256SUMS", "volume", (tree / "volume").read_text().strip()}
    assert {name for name in there - marks if not name.startswith("sums/")} == names
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=tree, check=True)


def test_no_unwanted_interpreter_in_dom0():
    """No Python, no Perl, no systemd, no udevd in dom0."""
    unwanted = re.compile(r"^(python|perl|systemd|udevd)")
    found = [path for path in LAYERS.rglob("*") if "bin" in path.parent.name and unwanted.match(path.name)]
    assert not found


def test_every_program_of_the_layers_finds_its_libraries():
    """The layers together are closed: no ELF file asks for a library that none of them has."""
    stages = [path for path in LAYERS.iterdir() if path.is_dir()]
    libraries = {path.name for stage in stages for path in stage.rglob("*.so*")}
    missing = set()
    for stage in stages:
        for path in elf_files(stage):
            if path.suffix == ".ko":
                continue
            dynamic = subprocess.run(["readelf", "-dW", path], capture_output=True, text=True, check=False).stdout
            missing |= {(lib, path.name) for lib in re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic) if lib not in libraries}
    assert not missing
    assert os.path.exists(LAYERS / "base/usr/lib64/ld-linux-x86-64.so.2")


def words_of_build():
    """What this image was built with: conf.mk's words."""
    return dict(re.findall(r"^(\w+) := (.*)$", (BUILD / "conf.mk").read_text(), re.M))


def test_mirror_for_guests_is_in_the_image():
    """build.conf's, else the one that the image was built from."""
    share = LAYERS / "domus/usr/share/domus"
    built_from = re.search(r"^# mirror: (.*)$", (BUILD / "manifest").read_text(), re.M)[1]
    recorded = re.search(r"^# guest-mirror: (.*)$", (share / "manifest").read_text(), re.M)[1]
    assert (share / "guest-mirror").read_text().strip() == recorded == (words_of_build()["GUEST_MIRROR"].strip() or built_from)
    packages = [line for line in (BUILD / "manifest").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in (share / "manifest").read_text().splitlines() if not line.startswith("#")] == packages


def test_config_is_checked_first(tmp_path):
    """`make iso CONFIG=FILE` names what is wrong in the file, and leaves the medium that is there alone."""
    config, tree = tmp_path / "my.conf", tmp_path / "iso"
    config.write_text("[host]\nnmae = xen1\n")
    tree.mkdir()
    done = subprocess.run(["sh", "iso/tree.sh", tree, "0"], cwd=TOP, text=True, capture_output=True, check=False,
                          env={**os.environ, "CONFIG": str(config)})
    assert done.returncode == 1 and f'{config}:2: error: ' in done.stderr and tree.exists(), done.stderr


def boots_by(iso):
    """How firmware starts the image: without places and sizes, and without the gap at its end, which has a name too."""
    said = subprocess.run(["xorriso", "-indev", iso, "-report_el_torito", "plain", "-report_system_area", "plain"], text=True,
                          check=True, capture_output=True).stdout
    kept = ("El Torito img path", "El Torito img opts", "System area options", "System area summary", "GPT partname local")
    return [line for line in said.splitlines() if line.startswith(kept) and "Gap" not in line]


def test_finished_image_takes_a_file(tmp_path):
    """It still starts in the same ways, under the same name, and has all its files."""
    old, new = BUILD / "domus.iso", with_file(BUILD / "domus.iso", "[host]\nname = xen1\n", tmp_path / "new.iso")
    assert boots_by(new) == boots_by(old)
    listed = {}
    for iso in (old, new):
        done = subprocess.run(["xorriso", "-indev", iso, "-pvd_info", "-find", "/", "-type", "f", "-exec", "report_lba"],
                              text=True, check=True, capture_output=True)
        assert (BUILD / "iso/domus/volume").read_text().strip() in done.stdout
        # blocks, bytes and path of each file
        listed[iso] = set(re.findall(r"^File data lba: .*,(.*,.*, '.*')$", done.stdout, re.M))
    assert len(listed[old]) > 30 and listed[old] < listed[new]
    assert [entry.split("'")[1] for entry in listed[new] - listed[old]] == ["/domus.conf"]


def test_hypervisor_from_source_has_shadow_paging():
    """And Debian's has not: a guest's profile may rely on it."""
    xen = gzip.decompress((BUILD / "xen.gz").read_bytes())
    assert (b"shadow_teardown" in xen) == (words_of_build()["XEN"] == "source")
