# SPDX-License-Identifier: GPL-2.0-or-later
"""domus-vm on a live host: the demo guest from its creation to nothing left."""

import json

from harness.machine import Machine

LOST = r"Triple fault|Segmentation fault|was not made"


def vm(machine, words, timeout=60, check=True):
    return machine.run(f"domus-vm {words}", timeout=timeout, check=check)


def guests(machine):
    """The guests of `list --json`, by name, without dom0."""
    listed = json.loads(vm(machine, "list --json"))
    return {guest["name"]: guest for guest in listed if guest["id"] != 0}


def test_vm_demo_pv():
    """Live mode: create as PV to its shell on the console, listed, paused, tuned, shut down, deleted."""
    with Machine("vm_demo_pv", memory=2048) as machine:
        machine.boot(timeout=300)
        machine.run("dmesg -n 1; stty cols 200 rows 50")
        host = json.loads(vm(machine, "host --json"))
        assert host["xen"] and host["cannot"]["pv"] == "" and "xenbr0" in host["bridges"], host
        assert guests(machine) == {}

        # 1. to its shell
        machine.send("domus-vm create --os demo --method pv --name demo --console\r")
        machine.expect("Domus demo guest .PV", timeout=150)
        machine.expect(r"# $", timeout=60)
        machine.send("echo I am $(hostname)\r")
        machine.expect("I am demo", timeout=20)
        machine.send("\x1d")
        machine.expect("domus-test# $", timeout=20)

        # 2. listed with its figures
        demo = guests(machine)["demo"]
        assert demo["state"] == "running" and demo["method"] == "pv" and demo["os"] == "demo", demo
        assert demo["vcpus"] == 1 and 150 * 1024 < demo["memory_kib"] < 170 * 1024, demo
        assert vm(machine, "info demo").count("demo")

        # 3. what is refused, and with which words
        for words, why in [("create --os demo --name demo", 'there is a guest "demo" already'),
                           ("start demo", "guest demo runs"),
                           ("delete demo", "guest demo runs"),
                           ("set-memory demo 4GiB", "may have at most 160 MiB"),
                           ("set-vcpus demo 4", "may have at most 1 virtual CPUs"),
                           ("attach-nic demo bridge=xenbr9", 'no bridge "xenbr9"')]:
            status, output = vm(machine, words, check=False)
            assert status == 1 and why in output, (words, output)

        # 4. changed while it runs; each result is read back
        vm(machine, "pause demo")
        assert guests(machine)["demo"]["state"] == "paused"
        vm(machine, "unpause demo")
        assert "140 MiB" in vm(machine, "set-memory demo 140", timeout=60)
        vm(machine, "pin demo 0")
        vm(machine, "weight demo 512 50")
        assert "all / 0" in machine.run("xl vcpu-list demo") or " 0 / all" in machine.run("xl vcpu-list demo")
        cfg = machine.run("cat /etc/xen/demo.cfg; stat -c %a /etc/xen/demo.cfg")
        assert 'cpus = "0"' in cfg and "cpu_weight = 512" in cfg and "cap = 50" in cfg and "600" in cfg, cfg
        vm(machine, "autostart demo on")
        assert guests(machine)["demo"]["autostart"]

        # 5. down, under another name, up again, gone
        vm(machine, "shutdown demo", timeout=150)
        assert guests(machine)["demo"]["state"] == "off"
        vm(machine, "rename demo tiny")
        vm(machine, "start tiny", timeout=120)
        assert guests(machine)["tiny"]["state"] == "running"
        vm(machine, "destroy tiny --yes")
        vm(machine, "delete tiny --with-disks --yes")
        assert guests(machine) == {}
        left = machine.run("ls /etc/xen/*.cfg /etc/xen/auto /sys/class/net 2>/dev/null | grep -E 'demo|tiny|vif' || true")
        assert left.strip() == "", left
