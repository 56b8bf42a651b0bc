# SPDX-License-Identifier: GPL-2.0-or-later
"""An installed host on day 2: its console, a network change that goes back, boot arguments that are tried once."""

import time

import pytest

from harness.machine import SLOW, Machine
from host_guests_test import text
from install_test import PASSWORD, conf, drives, installed, log_in, powers_off, type_login
from tui.host_console_test import open_page
from tui.screen import Terminal


# Each page of the console, and a word that only it shows; Esc leaves them all.
PAGES = [("network", "Does this host reach another?"), ("storage", "Another disk"), ("boot", "boot.default"),
         ("time", "ntp-servers"), ("keyboard", "Layout of the keyboard"), ("password", "Again"), ("users", "+user"),
         ("services", "What runs; restart one"), ("changes", "Put the former settings back"), ("logs", " xen1 "),
         ("diagnostics", "packed into one file"), ("reboot", "Restart this host?"), ("poweroff", "Switch this host off?")]


def gone(terminal, word):
    limit = time.monotonic() + 60 * SLOW
    while word in terminal.text():
        assert time.monotonic() < limit and terminal.feed(), f'"{word}" stays:\n{terminal.text()}'


def pages_by_key_strokes(machine):
    """Status page on the serial line, root's password, the menu, every page of it, the shell, out again."""
    terminal = Terminal.on_line(machine.child)
    terminal.wait("log-in prompt", 400 * SLOW).press("ENTER").wait("The password of root", 90 * SLOW)
    terminal.press(PASSWORD, "ENTER").wait("Virtual machines", 90 * SLOW)
    for tag, word in PAGES:
        open_page(terminal, tag).wait(word, 90 * SLOW).press("ESC")
        gone(terminal, word)
        terminal.wait("Settings of this host", 60 * SLOW)
    open_page(terminal, "shell").wait(":~#", 60 * SLOW).press("echo $((6 * 7)).there; exit", "ENTER")
    terminal.wait("Settings of this host", 60 * SLOW).press("ESC").wait("log-in prompt", 60 * SLOW)
    assert b"42.there" in terminal.raw
    type_login(machine)


def network_goes_back_and_stays(machine):
    machine.run("domus-host set bridge.xenbri.address 10.0.0.9/24 && domus-host apply --timeout 5")
    machine.run("until ip -4 addr show xenbri | grep -q 10.0.0.9/; do sleep 1; done", timeout=90)
    machine.run("while [ -e /run/domus/pending ]; do sleep 1; done", timeout=180)
    assert "10.0.0.1/24" in machine.run("ip -4 -br addr show xenbri | cat")
    assert "not confirmed" in machine.run("cat /run/domus/failed/unconfirmed")
    assert machine.run("domus-host get bridge.xenbri.address").strip() == "10.0.0.1/24"
    machine.run("domus-host set bridge.xenbri.address 10.0.0.9/24 && domus-host apply && domus-host confirm", timeout=180)
    assert "10.0.0.9/24" in machine.run("ip -4 -br addr show xenbri | cat")
    machine.run("! test -e /run/domus/failed/unconfirmed")


@pytest.mark.full
def test_host_day_two():
    """What keeps Xen from starting is tried once, what works is kept; the network comes back by itself."""
    name = "host_day_two"
    system = installed(name, text(), conf(a=("components = remote", "components = hvm remote")))
    with Machine(name + "_disk", medium=None, extra=drives(system=system)) as machine:
        pages_by_key_strokes(machine)
        assert '"same"' in machine.run("domus-host boot --json")
        network_goes_back_and_stays(machine)
        # Xen stops: "Not enough RAM for DOM0", and restarts the machine
        machine.run("domus-host boot xen-args 'guest_loglvl=all dom0_mem=1M,max:1M'")
        machine.send("reboot\r")
        log_in(machine, timeout=600)
        assert "dom0_mem=1M" not in machine.run("xl info xen_commandline")
        assert "former" in machine.run("cat /run/domus/failed/boot-arguments")
        assert '"bad"' in machine.run("domus-host boot --json")
        machine.run("domus-host boot xen-args guest_loglvl=warning")
        machine.send("reboot\r")
        log_in(machine, timeout=600)
        assert "guest_loglvl=warning" in machine.run("xl info xen_commandline")
        assert '"same"' in machine.run("domus-host boot --json")
        assert machine.run("ls /run/domus/failed").split() == []
        assert "10.0.0.9/24" in machine.run("ip -4 -br addr show xenbri | cat")
        powers_off(machine)
