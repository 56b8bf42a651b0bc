# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of domus-vm on a machine share: its commands, its waits, its storage."""

import base64
import json
import re

from harness.machine import SLOW


def vm(machine, words, timeout=60, check=True):
    return machine.run(f"domus-vm {words}", timeout=timeout, check=check)


def guests(machine):
    """The guests of `list --json`, by name, without dom0."""
    listed = json.loads(vm(machine, "list --json"))
    return {guest["name"]: guest for guest in listed if guest["id"] != 0}


def quiet(machine):
    """After the login: no kernel messages between a command's lines, and long lines stay whole."""
    machine.run("dmesg -n 1; stty cols 200 rows 50")


def wait_until(machine, condition, seconds, otherwise):
    """Until a condition of the shell is true; else what `otherwise` prints is the failure."""
    seconds = int(seconds * SLOW)
    machine.run(f"(u() {{ cut -d. -f1 /proc/uptime; }}; E=$(($(u) + {seconds})); until {condition}; do [ $(u) -lt $E ] || {{ {otherwise}; exit 1; }}; "
                "sleep 1; done)", timeout=seconds * 2 / SLOW + 60)


def check_pin(machine, name, cpu):
    """The guest's processors run on this one alone; where there is no other, Xen calls that "all"."""
    shown = "all" if re.search(r"nr_cpus +: 1\s", machine.run("xl info")) else cpu
    pinned = machine.run(f"xl vcpu-list {name}").strip().splitlines()[-1]
    assert re.search(rf" {shown} / all$", pinned.strip()), pinned


def online(machine):
    """Waits until the host has its address."""
    wait_until(machine, "ip -4 route | grep -q default", 90, "ip -4 addr")


def write(machine, path, text):
    machine.run(f"echo {base64.b64encode(text.encode()).decode()} | base64 -d >{path}")


def wait_log(machine, name, text, timeout=240):
    """Waits until the guest said text on its console, which xenconsoled writes down."""
    log = f"/var/log/xen/console/guest-{name}.log"
    wait_until(machine, f"grep -qs '{text}' {log}", timeout, f"tail -n 5 {log}")


def make_storage(machine, pool="1500m"):
    """What domus-install makes: volume group domus, thin pool guests, the library in it."""
    for command in ("modprobe -a dm_thin_pool", "pvcreate -q -y /dev/vda", "vgcreate -q domus /dev/vda",
                    f"lvcreate -q -y -T domus/guests -L {pool}", "lvcreate -q -y -W n -V 700m -T domus/guests -n library",
                    "mke2fs -q -t ext4 /dev/domus/library", "mkdir -p /srv/domus",
                    "mount -t ext4 /dev/domus/library /srv/domus"):
        machine.run(command, timeout=120)


def left_over(machine):
    """Files and volumes that guests have, or had."""
    return machine.run("find /etc/xen -name '*.cfg'; find /srv/domus/boot /run/domus/vm -type f 2>/dev/null; "
                       "lvs --noheadings -o lv_name domus | grep -oE '[^ ]+-(xvd|hd)[a-z]' || true").split()
