# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands in a demo guest, typed on its text console from dom0; what it answers is read from the console's log."""

import itertools
import re

from harness.vm import wait_until, write

# A PV demo guest from the medium, in Xen's own words.
XL_CFG = """name = "{name}"
type = "pv"
memory = 128
kernel = "/run/domus/medium/domus/vmlinuz"
ramdisk = "/run/domus/medium/domus/demo/initrd"
cmdline = "console=hvc0 quiet hostname={name} ip=none"
disk = [ {disk} ]
"""
NUMBERS = itertools.count(1)


def log_of(name):
    return f"/var/log/xen/console/guest-{name}.log"


def start_in(machine, name, command):
    """Types a line; returns the number that its end will carry."""
    number = next(NUMBERS)
    # A console daemon that was started anew makes new ones.
    tty = f"$(xenstore-read /local/domain/$(xl domid {name})/console/tty)"
    wait_until(machine, f"[ -c {tty} ]", 60, "ls /dev/pts")
    machine.run(f"TTY={tty}")
    write(machine, "$TTY", f"{command}; echo END''-{number}-$?\n")
    return number


def result_of(machine, name, number, timeout=60):
    log = log_of(name)
    wait_until(machine, f"grep -qs '^END-{number}-' {log}", timeout, f"tail -n 5 {log}")
    text = machine.run(f"sed -n \"/END''-{number}-/,/^END-{number}-/p\" {log}").replace("\r", "")
    status = int(re.search(rf"^END-{number}-(\d+)", text, re.M)[1])
    return status, text.split("\n", 1)[1].rsplit(f"END-{number}-", 1)[0]


def run_in(machine, name, command, timeout=60, check=True):
    """Runs a line in the guest; returns its output, or status and output."""
    status, output = result_of(machine, name, start_in(machine, name, command), timeout)
    if not check:
        return status, output
    if status != 0:
        machine.fail(f"{name}: `{command}` ended with status {status}: {output}")
    return output


def wait_shell(machine, name, timeout=300):
    """Until the guest has greeted, on the first start or a later one."""
    wait_until(machine, f"grep -qs 'Domus demo guest' {log_of(name)}", timeout, f"xl list; tail -n 5 {log_of(name)}")
