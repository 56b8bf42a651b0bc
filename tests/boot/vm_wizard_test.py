# SPDX-License-Identifier: GPL-2.0-or-later
"""In live mode, on the serial line: from the shell through manager and wizard to a demo guest's shell."""

import time

import pexpect
import pyte
import pytest

from harness.machine import SLOW, Machine

# What a user types at the prompt, key by key: vm, Enter, n (new machine), the line of the list, OK.
KEYS = {"pv": ["v", "m", "\r", "n", "\r", "\r"], "pvh": ["v", "m", "\r", "n", "\033OB", "\r", "\r"],
        "hvm": ["v", "m", "\r", "n", "\033OB", "\033OB", "\r", "\r"]}


class Screen:
    """The serial line as a terminal of 80x24 that answers nothing."""

    def __init__(self, machine):
        self.machine = machine
        self.screen = pyte.Screen(80, 24)
        self.stream = pyte.ByteStream(self.screen)
        self.fed = 0

    def text(self):
        self.machine.log.flush()
        data = self.machine.log_path.read_bytes()
        self.stream.feed(data[self.fed:])
        self.fed = len(data)
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait(self, *words, timeout=60):
        limit = time.monotonic() + timeout * SLOW
        while time.monotonic() < limit:
            text = self.text()
            for i, word in enumerate(words):
                if word in text:
                    return i
            try:
                self.machine.child.expect("this never comes", timeout=0.3)
            except pexpect.TIMEOUT:
                pass
            except pexpect.EOF:
                self.machine.fail(f"the machine stopped before {words}")
        self.machine.fail(f"waited {timeout * SLOW:.0f} s in vain for {words}")
        return None


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
