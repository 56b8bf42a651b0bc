# SPDX-License-Identifier: GPL-2.0-or-later
"""An emulated machine's serial line as the screen of a terminal."""

import time

import pexpect
import pyte

from harness.machine import SLOW


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
