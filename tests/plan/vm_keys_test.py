# SPDX-License-Identifier: GPL-2.0-or-later
"""Every key of a guest's file does something: what it adds to the guest, or takes from it, in a dry run."""

import subprocess

import pytest

from vm_create_test import PROGRAM, TOP

PV = {"os": "generic-linux", "method": "pv", "install": "network", "kernel": "http://m.example/k",
      "initrd": "http://m.example/i"}
HVM = {"os": "generic-linux", "method": "hvm", "install": "disk"}
DEBIAN = {"os": "debian13", "method": "pv"}
# guest, keys set, a text that is there only with them; "-" before it: only without them
CASES = [
    (PV, {"os": "demo", "install": "auto", "kernel": None, "initrd": None}, "# domus.os = demo"),
    (PV, {"method": "pvh"}, 'type = "pvh"'),
    (PV, {"uuid": "01234567-89ab-4def-8123-456789abcdef"}, 'uuid = "01234567-89ab-4def-8123-456789abcdef"'),
    (PV, {"memory": "200"}, "memory = 200"),
    (PV, {"max-memory": "2000"}, "maxmem = 2000"),
    (PV, {"vcpus": "2"}, "vcpus = 2"),
    (PV, {"max-vcpus": "2"}, "maxvcpus = 2"),
    (PV, {"disk": "new, size=3 GiB"}, "-V 3072m"),
    (PV, {"nic": "mac=00:16:3e:00:00:77"}, "mac=00:16:3e:00:00:77"),
    (PV, {"nic": "guard=yes"}, "bridge=xenbr0, script=vif-guarded\" ]"),
    (PV, {"nic": "guard=yes, addresses=192.0.2.7 2001:db8::7"}, "script=vif-guarded, ip=192.0.2.7 2001:db8::7\" ]"),
    (PV, {"install": "disk"}, "-fetch the kernel"),
    (PV, {"kernel": "http://m.example/other"}, "fetch the kernel: http://m.example/other"),
    (PV, {"initrd": "http://m.example/other"}, "fetch the initrd: http://m.example/other"),
    (PV, {"arguments": "fast=1"}, 'cmdline = "console=hvc0 fast=1"'),
    (PV, {"boot": "direct"}, "# domus.boot = direct"),
    (PV, {"autostart": "yes"}, "start it with the host"),
    (PV, {"start-order": "2"}, "# domus.start-order = 2"),
    (PV, {"start-delay": "30"}, "# domus.start-delay = 30"),
    (PV, {"at-stop": "save"}, "# domus.at-stop = save"),
    (PV, {"start": "no"}, "-xl unpause new1"),
    (PV, {"pin": "0"}, 'cpus = "0"'),
    (PV, {"soft-pin": "1-2"}, 'cpus_soft = "1-2"'),
    (PV, {"weight": "300"}, "cpu_weight = 300"),
    (PV, {"cap": "50"}, "cap = 50"),
    (PV, {"on-crash": "preserve"}, 'on_crash = "preserve"'),
    (DEBIAN, {"mirror": "http://m.example/debian"}, "fetch the kernel: http://m.example/debian/dists/"),
    (DEBIAN, {"answer-file": "http://m.example/answers"}, "http://m.example/answers"),
    (HVM, {"install": "iso", "iso": "/srv/domus/iso/debian-13.iso"}, "/srv/domus/iso/debian-13.iso"),
    (HVM, {"boot-order": "network"}, 'boot = "ncd"'),
    (HVM, {"vnc": "no"}, "vnc = 0"),
    (HVM, {"serial": "no"}, '-serial = "pty"'),
    (HVM, {"firmware": "uefi"}, "OVMF"),
]


def dry_run(folder, keys):
    path = folder / "guest.conf"
    path.write_text("[vm new1]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items() if value is not None))
    done = subprocess.run([PROGRAM, "create", path, "--dry-run", "--profiles", TOP / "configs/os", "--facts",
                           TOP / "tests/tui/vm_facts.json"], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("guest, keys, text", CASES, ids=[" ".join(keys) for _, keys, _ in CASES])
def test_vm_key(guest, keys, text, tmp_path):
    without, with_keys = dry_run(tmp_path, guest), dry_run(tmp_path, {**guest, **keys})
    if text[0] == "-" and text[1] != "V":
        without, with_keys, text = with_keys, without, text[1:]
    assert text in with_keys and text not in without, with_keys
