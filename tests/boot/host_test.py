# SPDX-License-Identifier: GPL-2.0-or-later
"""An installed host on day 2: its console, a network change that goes back, boot arguments that are tried once."""

import pytest

from harness.machine import Machine
from host_guests_test import text
from install_test import PASSWORD, conf, drives, installed, log_in, powers_off


def pages_by_key_strokes(machine):
    """Status page on the serial line, root's password, the menu, a page, out again."""
    machine.expect("log-in prompt", timeout=400)
    machine.send("\r")
    machine.expect("The password of root", timeout=60)
    machine.send(f"{PASSWORD}\r")
    machine.expect("Virtual machines", timeout=60)
    machine.send("\033OB" * 4 + "\r")
    machine.expect("boot.timeout", timeout=60)
    machine.send("\033")
    machine.expect("Virtual machines", timeout=60)
    machine.send("\033")


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
    system = installed(name, text(), conf())
    with Machine(name + "_disk", medium=None, extra=drives(system=system)) as machine:
        pages_by_key_strokes(machine)
        log_in(machine)
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
