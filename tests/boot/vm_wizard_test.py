# SPDX-License-Identifier: GPL-2.0-or-later
"""In live mode, on the serial line: from the shell through manager and wizard to a demo guest's shell."""

import pytest

from harness.machine import Machine
from harness.screen import Screen

# What a user types at the prompt, key by key: vm, Enter, n (new machine), the line of the list, OK.
KEYS = {"pv": ["v", "m", "\r", "n", "\r", "\r"], "pvh": ["v", "m", "\r", "n", "\033OB", "\r", "\r"],
        "hvm": ["v", "m", "\r", "n", "\033OB", "\033OB", "\r", "\r"]}


def to_the_guests_shell(machine, kind):
    screen = Screen(machine)
    machine.expect(r"root@[^ ]*[#] $", r"[#] $", timeout=240)
    keys = KEYS[kind]
    assert len(keys) <= 8
    for i, key in enumerate(keys):
        if i == 3:
            screen.wait("Domain-0")
        elif i > 3:
            screen.wait("Which system" if i < len(keys) - 1 else "Each heading opens its page.")
        machine.send(key)
    screen.wait("Console of demo", timeout=90)
    machine.expect(r"eth0: ", timeout=150)
    machine.expect(r"# $", timeout=30)
    machine.send("uname -s\r")
    machine.expect(r"Linux\s", timeout=90)
    return screen


@pytest.mark.parametrize("kind", ["pv", pytest.param("pvh", marks=pytest.mark.full),
                                  pytest.param("hvm", marks=pytest.mark.full)])
def test_vm_wizard(kind):
    """Power-on to the demo guest's shell in at most eight keys, and back to the list with Ctrl-]."""
    with Machine(f"vm_wizard_{kind}", memory=2048) as machine:
        machine.expect("Domus live", timeout=240)
        screen = to_the_guests_shell(machine, kind)
        machine.send("\x1d")
        screen.wait("demo is there")
        screen.wait(" running ")
        print(screen.text())
