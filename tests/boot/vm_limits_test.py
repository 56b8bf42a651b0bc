# SPDX-License-Identifier: GPL-2.0-or-later
"""A CPU without AMD-V: what the wizard offers and refuses there. And every xl.cfg that Domus writes, as xl reads it."""

import base64
import gzip
import io
import json
import re
import tarfile

import pytest

from harness.machine import TOP, Machine
from harness.server import Server
from harness.vm import online, quiet, vm
from tui.screen import Terminal

FIRMWARE = "switch it on in the machine's firmware settings"
GOLDEN = TOP / "tests/golden/vm"
# libxl_viridian_enlightenment, whose numbers stand in the JSON
VIRIDIAN = ["base", "freq", "time_ref_count", "reference_tsc", "hcall_remote_tlb_flush", "apic_assist", "crash_ctl",
            "synic", "stimer", "hcall_ipi", "ex_processor_masks", "no_vp_limit", "cpu_hotplug"]


def golden_configs():
    """The files that the golden plans would write: their name, their text."""
    for path in sorted(GOLDEN.glob("*.txt")):
        parts = re.split(r"^--- \S+\.cfg.*\n", path.read_text(), flags=re.M)[1:]
        for kind, text in zip(("lasting", "first"), parts):
            yield f"{path.stem}-{kind}", text


def values(text):
    """An xl.cfg of ours: every line KEY = JSON value."""
    return {key: json.loads(re.sub(r",?\s*\]$", "]", value))
            for key, value in re.findall(r"^(\w+) = (.*)$", text, re.M)}


def disk_of(item):
    words = dict(word.split("=", 1) for word in item.split(", "))
    return words["vdev"], words.get("target", ""), words["access"] == "rw", words.get("devtype") == "cdrom"


def is_on(value):
    """A libxl_defbool, which is a word, or an int."""
    return str(value).lower() in ("true", "1")


def understood(found, wants):
    """What xl made of a file (libxl_domain_config as JSON), in the file's own words."""
    info = found["b_info"]
    is_ = {"type": found["c_info"]["type"], "name": found["c_info"]["name"], "uuid": found["c_info"]["uuid"],
           "memory": info["target_memkb"] // 1024, "vcpus": info["max_vcpus"]}
    is_ |= {key: info[key] for key in ("kernel", "ramdisk", "cmdline", "bootloader") if info.get(key)}
    # The JSON leaves out what is libxl's own default.
    is_ |= {key: found.get(key, "destroy") for key in ("on_poweroff", "on_reboot", "on_crash")}
    is_["localtime"] = is_on(info.get("localtime"))
    is_["disk"] = [(d["vdev"], d.get("pdev_path", ""), is_on(d.get("readwrite")), is_on(d.get("is_cdrom")))
                   for d in found.get("disks", [])]
    # xl.conf says vif-bridge where a NIC says nothing.
    is_["vif"] = [", ".join(f"{key}={nic[key]}" for key in ("mac", "bridge", "model", "script", "ip")
                            if nic.get(key, "vif-bridge") != "vif-bridge")
                  for nic in found.get("nics", [])]
    if wants["type"] == "hvm":
        hvm = info["type.hvm"]
        is_ |= {key: hvm[key] for key in ("boot", "hdtype", "serial") if key in hvm}
        if hvm.get("serial_list"):
            is_["serial"] = hvm["serial_list"][0]
        vga, vnc = hvm.get("vga", {}).get("kind"), hvm.get("vnc", {})
        is_["vga"] = {"std": "stdvga"}.get(vga, vga)
        is_["vnc"] = is_on(vnc.get("enable"))
        assert not vnc.get("passwd")
        is_["usbdevice"] = hvm.get("usbdevice_list", [])
        is_["hpet"] = is_on(hvm.get("hpet", True))
        is_["viridian"] = sorted(VIRIDIAN[bit] for bit in hvm.get("viridian_enable", []))
    return is_


def check(name, text, found):
    """Every key of ours came through; what xl has besides is its own default."""
    wants = values(text)
    is_ = understood(found, wants)
    wants["disk"] = [disk_of(item) for item in wants.get("disk", [])]
    wants["viridian"] = sorted(wants.get("viridian", []))
    for key in ("vnclisten", "usb"):
        wants.pop(key, None)
    if wants["type"] != "hvm":
        del wants["viridian"]
    for key, value in wants.items():
        assert is_.get(key) == value, f"{name}: {key} is {is_.get(key)!r}, not {value!r}"
    assert is_.get("hdtype", "ide") == wants.get("hdtype", "ide"), name


def as_xl_reads_them(machine, server):
    """`xl -N create` of every file: JSON, all sent back at once."""
    configs = dict(golden_configs())
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, text in configs.items():
            entry = tarfile.TarInfo(f"cfgs/{name}.cfg")
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    server.files["/cfgs.tar"] = packed.getvalue()
    machine.run(f"cd /tmp && wget -q -O - {server.url('cfgs.tar')} | tar x && cd cfgs")
    machine.run("for F in *.cfg; do xl -N create -q $F >${F%cfg}json 2>${F%cfg}err || echo FAILED $F; done >all", timeout=300)
    machine.run("tar cz *.json *.err all | base64 >../all.gz")
    machine.run(f"wget -q -O /dev/null --post-file=../all.gz {server.url('all.gz')}; cd", timeout=60)
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(base64.b64decode(server.posted[-1][1])))) as tar:
        read = {entry.name: tar.extractfile(entry).read().decode() for entry in tar}
    assert read["all"] == "", read["all"]
    for name, text in configs.items():
        assert read[f"{name}.err"].strip() == "", (name, read[f"{name}.err"])
        check(name, text, json.loads(read[f"{name}.json"]))
    return len(configs)


@pytest.mark.full
def test_vm_no_hvm():
    """Without AMD-V PVH, HVM and Windows are listed with what to do about it and cannot be chosen; PV works."""
    with Server({}) as server, Machine("vm_no_hvm", memory=1024, cpu_extra=",-svm") as machine:
        machine.boot(timeout=300)
        quiet(machine)
        online(machine)
        cannot = json.loads(vm(machine, "host --json"))["cannot"]
        assert cannot["pv"] == "" and FIRMWARE in cannot["pvh"] and FIRMWARE in cannot["hvm"], cannot
        for words in ("--os demo --method pvh", "--os demo --method hvm", "--os win2022"):
            status, output = vm(machine, f"create {words} --name x", check=False)
            assert status == 1 and FIRMWARE in " ".join(output.split()), (words, output)

        print(as_xl_reads_them(machine, server), "files read as xl reads them")

        machine.send("stty rows 24 cols 80; domus-vm\r")
        screen = Terminal.on_line(machine.child)
        screen.wait("Domain-0", 60).press("n").wait("Which system", 60)
        for keys in (["DOWN", "ENTER"], ["DOWN", "ENTER"], ["w", "ENTER"]):
            screen.press(*keys).wait("firmware settings", 30)
            screen.press("ENTER").wait("Which system", 30)
        screen.press("HOME", "ENTER").wait("Each heading opens its page.", 30).press("ENTER")
        machine.expect("Domus demo guest .PV", timeout=150)
        machine.expect(r"# $", timeout=60)
