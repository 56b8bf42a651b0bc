# SPDX-License-Identifier: GPL-2.0-or-later
"""The installer's pages by key strokes, on another machine's inventory: no disk is touched.

Each screen of the walk is compared as a whole with golden/install-NAME.txt; `make golden` rewrites them and
installer/SCREENS.md is made from them.
"""

import ctypes
import fcntl
import json
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tui.screen import GOLDEN, TOP, Terminal

PROGRAM = TOP / "build/bin/domus-install"
ARGUMENTS = ["pages", "--dry-run", "--inventory", "tests/tui/machine.json", "--root", "build/tui/root"]
SCREENS = TOP / "installer/SCREENS.md"

# name, a text only that screen has, keys that answer it
LANGUAGE = [("language", "Which language?", ["ENTER"])]
KEYBOARD = [("keyboard", "Which keyboard layout?", ["j", "ENTER"]),
            ("keyboard-try", "Layout: jp106", ["@:_", "ENTER"])]
LICENCE = [("licence-text", "GNU GENERAL PUBLIC", ["ENTER"]),
           ("licence", "I accept the licence", ["DOWN", "ENTER"])]
MODE = [("mode", "What is to be done?", ["ENTER"])]
TIME = [("region", "Where is this machine?", ["DOWN"] * 5 + ["ENTER"]),
        ("city", "Which city", ["T"] * 6 + ["ENTER"]),
        ("clock", "What does the clock", ["ENTER"]),
        ("ntp", "Which servers", ["ENTER"])]
DISK = [("overview", "To the next questions", ["ENTER"]),
        ("disk", "On which disk", ["ENTER"])]
NAMES = [("password", "Type it twice", ["pa@:_ss1", "DOWN", "pa@:_ss1", "ENTER"]),
         ("hostname", "What is this host called?", ["CTRL-U", "xen1", "DOWN", "example.org", "ENTER"])]
NETWORK = [("network", "These settings are right", ["ENTER"]),
           ("connection", "itself needs no network", ["DOWN", "ENTER"])]
PEOPLE = [("login", "How do people log in", ["ENTER"]),
          ("users", "Ordinary users", ["ENTER"])]
NOTES = [("notes", "Xen 4.20", ["ENTER"]),
         ("hardware", "Processor", ["ENTER"])]
LAST = [("confirm", "Show the plan", ["ENTER"]),
        ("plan", "What will be installed", ["ENTER"]),
        ("install", "no question is asked any more", ["LEFT", "ENTER"]),
        ("dry-run", "This was a dry run", ["ENTER"])]
WALK = LANGUAGE + KEYBOARD + LICENCE + MODE + TIME + DISK + NAMES + NETWORK + PEOPLE + NOTES + LAST
# Further screens for the documents, made by other tests.
OTHERS = ["erase", "sizes", "software", "boot-entry", "dom0", "bridge", "bridge-ports", "ipv4-address", "network-c2",
          "help", "user-admin", "abort", "progress", "failed", "done"]


def start(*more, **options):
    return Terminal([PROGRAM, *ARGUMENTS, *more], **options)


def go(terminal, steps, compare=False):
    for name, text, keys in steps:
        terminal.wait(text)
        if compare:
            terminal.compare(f"install-{name}")
        terminal.press(*keys)
    return terminal


def press_until(terminal, key, text):
    for _ in range(40):
        terminal.rest(0.5)
        if text in terminal.text():
            return
        terminal.press(key)
    raise AssertionError(f'"{text}" did not appear:\n{terminal.text()}')


def until(name):
    """The steps before that screen."""
    return WALK[:[step[0] for step in WALK].index(name)]


def finish(terminal, name):
    """From that screen to the end with what is preset."""
    go(terminal, WALK[len(until(name)):])
    assert terminal.end() == 0


def test_walk(tmp_path):
    """Every screen in its order; the answers make a file that the same program accepts."""
    answers = tmp_path / "answers.conf"
    terminal = go(start("--output", answers), WALK, compare=True)
    assert terminal.end() == 0
    text = answers.read_text()
    for line in ["name = xen1", "domain = example.org", "layout = jp106", "zone = Asia/Tokyo", "licence = accepted",
                 "serial = DISK-A", "ports = auto"]:
        assert line in text, text
    digest = re.search(r"^password = (\$6\$\S+)$", text, re.M).group(1)
    crypt = ctypes.CDLL("libcrypt.so.1").crypt
    crypt.restype = ctypes.c_char_p
    assert crypt(b"pa@:_ss1", digest.encode()).decode() == digest
    done = subprocess.run([PROGRAM, "plan", answers, "--inventory", "tests/tui/machine.json"], cwd=TOP, text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0 and "Host: xen1.example.org" in done.stdout, done.stderr


def test_back_from_every_page_keeps_the_answers():
    """ESC on each screen shows an earlier one; Enter alone, with what was kept, leads here again, unchanged."""
    terminal = start()
    for number, (name, text, keys) in enumerate(WALK[:-1]):
        terminal.wait(text)
        if number and name not in ("keyboard",):
            before = terminal.text()
            terminal.press("ESC")
            terminal.rest()
            assert text not in terminal.text() or name == "install", f"ESC did nothing on {name}"
            for _ in range(6):
                terminal.press("ENTER")
                terminal.rest(0.5)
                if text in terminal.text():
                    break
            assert terminal.text().replace(" ", "") == before.replace(" ", ""), name
        terminal.press(*keys)
    terminal.wait("This was a dry run").press("ENTER")
    assert terminal.end() == 0


def test_changed_answers_are_in_the_plan(tmp_path):
    """From the overview at the end back to the second page, one answer changed, forth again."""
    answers = tmp_path / "answers.conf"
    terminal = go(start("--output", answers), until("network"))
    terminal.wait("These settings are right")
    press_until(terminal, "ESC", "Which keyboard layout?")
    terminal.press("d", "ENTER").wait("Layout: de-latin1").press("ENTER")
    press_until(terminal, "ENTER", "These settings are right")
    finish(terminal, "network")
    text = answers.read_text()
    assert "layout = de-latin1" in text and "zone = Asia/Tokyo" in text and "name = xen1" in text


def test_disk_that_is_not_empty():
    """Listed with what is on it; nothing is ticked beforehand; what cannot be used says why."""
    terminal = go(start(), until("disk")).wait("On which disk").press("END", "ENTER").wait("is too small")
    terminal.press("ENTER").wait("On which disk").press("UP", "ENTER").wait("medium").press("ENTER")
    terminal.wait("On which disk").press("HOME", "DOWN", "ENTER").wait("label Windows").compare("install-erase")
    terminal.press("ENTER").wait("The box is not ticked").press("ENTER").wait("label Windows").press("ESC")
    terminal.wait("On which disk").press("HOME", "DOWN", "ENTER").wait("[ ] erase").press("SPACE").wait("[x] erase")
    terminal.press("ENTER")
    go(terminal, NAMES + NETWORK + PEOPLE + NOTES).wait("Show the plan").press("ENTER")
    terminal.wait("What will be installed").press("ENTER").wait("THIS WILL BE LOST").wait("Windows")
    terminal.press("ENTER").wait("Show the plan")  # No is the default


def test_sections_of_the_overview():
    terminal = go(start(), until("overview")).wait("To the next questions")
    for down, text, name, leave in [(2, "proposed sizes", "sizes", ["ENTER"]),
                                    (3, "space bar ticks", "software", ["ENTER"]),
                                    (4, "starts by itself", "boot-entry", ["ESC"]),
                                    (5, "left for guests", "dom0", ["ENTER"])]:
        terminal.press("HOME", *["DOWN"] * down, "ENTER").wait(text).compare(f"install-{name}")
        terminal.press(*leave).wait("Every entry can be")
    terminal.press("END", "ENTER").wait("This is asked next").press("ENTER").wait("Every entry can be")
    terminal.press("HOME", *["DOWN"] * 2, "ENTER").wait("proposed sizes").press("CTRL-U", "12 MiB", "ENTER")
    terminal.wait("Not right yet").press("ENTER").wait("12 MiB").press("CTRL-U", "256 MiB", "ENTER")
    terminal.wait("Every entry can be").press("HOME", *["DOWN"] * 3, "ENTER").wait("[x] hvm")
    terminal.press("DOWN", "SPACE", "ENTER").wait("Xen host + remote firmware")


def add_bridge(terminal, name, ports, address, compare=False):
    """From the network's list: a bridge with a static address, and back to the list."""
    terminal.press("HOME")
    for _ in range(12):
        if "+bridge" in highlighted(terminal):
            break
        terminal.press("DOWN")
    terminal.press("ENTER").wait("What is it called?").press("CTRL-U", name, "ENTER").wait("Back to the list")
    if compare:
        terminal.compare("install-bridge")
    terminal.press("HOME", "DOWN", "ENTER").wait("Which cards")
    if compare:
        terminal.compare("install-bridge-ports")
    terminal.press(*ports, "ENTER").wait("Back to the list")
    terminal.press("HOME", "DOWN", "DOWN", "ENTER").wait("A fixed address").press("END", "ENTER")
    terminal.wait("192.0.2.10/24")
    if compare:
        terminal.compare("install-ipv4-address")
    terminal.press(address, "ENTER").wait("Back to the list").press("HOME", "ENTER").wait("These settings are right")


def highlighted(terminal):
    """The line of the list that is shown in another colour than the others."""
    terminal.rest()
    lines = terminal.screen.buffer
    colours = {}
    for y in range(2, 20):
        row = lines[y]
        cell = row[22]
        colours.setdefault((cell.fg, cell.bg, cell.bold, cell.reverse), []).append(y)
    rare = min((ys for ys in colours.values()), key=len)
    return terminal.screen.display[rare[0]]


def test_three_networks_of_the_example(tmp_path):
    """Company LAN, administration LAN, and a network between the servers without a port."""
    answers = tmp_path / "answers.conf"
    terminal = go(start("--output", answers), until("network")).wait("These settings are right")
    # xenbr0 is there: its port becomes eth0, its address a fixed one
    terminal.press("DOWN", "ENTER").wait("Back to the list").press("DOWN", "ENTER").wait("Which cards")
    terminal.press("SPACE", "DOWN", "SPACE", "ENTER").wait("Back to the list")
    terminal.press("HOME", "DOWN", "DOWN", "ENTER").wait("A fixed address").press("END", "ENTER").wait("192.0.2.10/24")
    terminal.press("172.16.0.2/16", "DOWN", "172.16.0.1", "ENTER").wait("Back to the list").press("HOME", "ENTER")
    terminal.wait("These settings are right")
    add_bridge(terminal, "xenbr1", ["DOWN", "DOWN", "SPACE"], "192.168.1.2/24", compare=True)
    add_bridge(terminal, "xenbri", [], "10.0.0.1/24")
    terminal.compare("install-network-c2").press("HOME")
    finish(terminal, "network")
    text = answers.read_text()
    for line in ["[bridge xenbr0]\nports = eth0\nmethod = static\naddress = 172.16.0.2/16\ngateway = 172.16.0.1",
                 "[bridge xenbr1]\nports = eth1\nmethod = static\naddress = 192.168.1.2/24",
                 "[bridge xenbri]\n", "address = 10.0.0.1/24", "[nic eth0]\nmac = 52:54:00:12:34:56"]:
        assert line in text, text


def test_bond_vlan_and_contradiction(tmp_path):
    answers = tmp_path / "answers.conf"
    terminal = go(start("--output", answers), until("network")).wait("These settings are right")
    terminal.press("DOWN", "DOWN", "DOWN", "ENTER").wait("What is it called?").press("ENTER").wait("work as one")
    terminal.press("SPACE", "DOWN", "SPACE", "ENTER").wait("How do the cards").press("END", "ENTER")
    terminal.wait("LACP bond of eth0 eth1").press("HOME", *["DOWN"] * 5, "ENTER").wait("What is it called?")
    terminal.press("ENTER").wait("carries the tagged").press("END", "ENTER").wait("From 1 to 4094")
    terminal.press("CTRL-U", "5000", "ENTER").wait("Not right yet").press("ENTER").wait("5000")
    terminal.press("CTRL-U", "12", "ENTER").wait("VLAN 12 on bond0")
    terminal.press("HOME", "DOWN", "ENTER").wait("Back to the list").press("DOWN", "ENTER").wait("Which cards")
    # a card of the bond cannot be a port of the bridge too
    terminal.press("SPACE", "DOWN", "SPACE", "ENTER").wait("Back to the list").press("HOME", "ENTER")
    terminal.wait("These settings are right").press("HOME", "ENTER").wait("already a port of").press("ENTER")
    terminal.wait("These settings are right").press("HOME", "DOWN", "ENTER").wait("Back to the list").press("DOWN", "ENTER")
    terminal.wait("Which cards").press("DOWN", "SPACE", "END", "SPACE", "ENTER").wait("Back to the list")
    terminal.press("HOME", "ENTER").wait("These settings are right").press("HOME")
    finish(terminal, "network")
    text = answers.read_text()
    assert "[bond bond0]\nports = eth0 eth1\nmode = 802.3ad" in text, text
    assert "[vlan vlan0]\nparent = bond0\nid = 12" in text and "ports = vlan0" in text, text


def test_users_and_keys(tmp_path):
    answers = tmp_path / "answers.conf"
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDJmR3QzYX5eBvTzjM3gLzQKx0nS0hP2X9rWq1T5c1zA a@b"
    terminal = go(start("--output", answers), until("login")).wait("How do people").press("END", "ENTER")
    terminal.wait("Root's public key").press("nonsense", "ENTER").wait("Not right yet").press("ENTER").wait("nonsense")
    terminal.press("CTRL-U", key, "ENTER").wait("Ordinary users").press("DOWN", "ENTER").wait("Small letters")
    terminal.press("Alice", "ENTER").wait("Not right yet").press("ENTER").wait("Small letters")
    terminal.press("CTRL-U", "alice", "ENTER").wait("person's name").press("Alice A.", "ENTER")
    terminal.wait("The password of alice").press("password1", "DOWN", "password2", "ENTER").wait("Not the same")
    terminal.press("ENTER").wait("The password of alice").press("password1", "DOWN", "password1", "ENTER")
    terminal.wait("public SSH key").press("ENTER").wait("administer").compare("install-user-admin").press("LEFT", "ENTER")
    terminal.wait("Alice A.; password, administrator").press("DOWN", "ENTER").wait("Small letters").press("bob", "ENTER")
    terminal.wait("person's name").press("ENTER").wait("The password of bob").press("ENTER").wait("public SSH key")
    terminal.press("ENTER").wait("administer").press("ENTER").wait("bob").press("END", "ENTER").wait("Remove this user")
    terminal.press("END", "ENTER").wait("Ordinary users").press("HOME", "ENTER")
    go(terminal, NOTES + LAST)
    assert terminal.end() == 0
    text = answers.read_text()
    assert "[user alice]\nuid = 1000\nfullname = Alice A.\npassword = $6$" in text and "admin = yes" in text
    assert "bob" not in text and f"ssh-key = {key}" in text


def test_connection():
    """Each step has a verdict; the host can be changed; a failed test does not hold anybody up."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        terminal = go(start(), until("connection")).wait("itself needs no network").press("HOME", "ENTER")
        terminal.wait("This is a dry run").press("ENTER").wait("itself needs no network").press("HOME", "DOWN", "ENTER")
        terminal.wait("Which host is to answer?").press("CTRL-U", f"127.0.0.1:{port}", "ENTER")
        terminal.wait("goes on in any case", 40)
        assert re.search(rf"Host +ok +127.0.0.1 answers on port {port}", terminal.text()), terminal.text()
        assert re.search("Name server +skipped", terminal.text()), terminal.text()
    terminal.press("ESC").wait("itself needs no network").press("ENTER").wait("Which host").press("ENTER")
    terminal.wait("goes on in any case", 40)
    assert re.search("Host +FAILED +127.0.0.1", terminal.text()) and "refused" in terminal.text(), terminal.text()
    terminal.press("ENTER").wait("How do people log in")


def test_poor_machine(tmp_path):
    """Without VT-x, IOMMU and network cards: what that costs is said, and the host can be installed."""
    machine = json.loads((TOP / "tests/tui/machine.json").read_text())
    machine["cpu"] |= {"hvm": False, "hap": False, "iommu": False}
    machine["nics"] = []
    inventory, answers = tmp_path / "machine.json", tmp_path / "answers.conf"
    inventory.write_text(json.dumps(machine))
    terminal = go(start("--inventory", inventory, "--output", answers), until("hardware")).wait("Processor")
    terminal.wait("VT-x/AMD-V  OFF: no full virtualization. Windows and").wait("IOMMU       OFF: PCI devices cannot be given")
    terminal.press("PGDN").wait("Network     NONE: guests reach each other only").press("ENTER")
    go(terminal, LAST)
    assert terminal.end() == 0
    assert "ports = auto" in answers.read_text()


def test_repair_asks_little(tmp_path):
    """Of a machine with a Domus: disk, a password that may stay empty, the plan of a repair."""
    inventory = tmp_path / "machine.json"
    case = (TOP / "tests/plan/cases/repair.case").read_text()
    inventory.write_text(case.split("=== inventory\n")[1].split("=== output\n")[0])
    for password, text in [([], "Root password +stays as it is"), (["p@ss:w_rd", "DOWN", "p@ss:w_rd"], r"\(set\)")]:
        terminal = go(start("--inventory", inventory), LANGUAGE + KEYBOARD + LICENCE)
        terminal.wait("What is to be done?").press("DOWN", "ENTER").wait("To the next questions").press("ENTER")
        terminal.wait("On which disk").press("ENTER").wait("keep root's password").press(*password, "ENTER")
        terminal.wait("Show the plan")
        assert re.search(text, terminal.text()), terminal.text()
        terminal.press("ENTER").wait("Repair: boot loader and slot A")
        assert ("set anew" in terminal.text()) == bool(password)
        terminal.press("ENTER").wait("no question is asked any more").press("LEFT", "ENTER").wait("This was a dry run")
        terminal.press("ENTER")
        assert terminal.end() == 0


def test_licence_must_be_accepted():
    terminal = go(start(), until("licence")).wait("I accept the licence").press("ENTER").wait("cannot be installed")
    terminal.press("ENTER").wait("I accept the licence")


def test_password_is_asked_until_it_is_there():
    terminal = go(start(), until("password")).wait("Type it twice").press("ENTER").wait("Root needs a password")
    terminal.press("ENTER").wait("Type it twice").press("short", "DOWN", "short", "ENTER").wait("fewer than 8")
    terminal.press("ENTER").wait("Type it twice").press("a", "DOWN", "b", "ENTER").wait("differ")


def test_help_and_abort():
    terminal = go(start(), until("network")).wait("These settings are right").press("F1").wait("A bridge is like a switch")
    terminal.compare("install-help").press("ENTER").wait("These settings are right").press("CTRL-C")
    terminal.wait("Leave the installation?").compare("install-abort").press("ENTER").wait("These settings are right")
    terminal.press("CTRL-C").wait("Leave the installation?").press("LEFT", "ENTER")
    assert terminal.end() == 1
    assert "Nothing has been written" in terminal.text()


def test_buttons_of_a_long_text():
    terminal = go(start(), until("licence-text")).wait("GNU GENERAL PUBLIC").press("TAB", "TAB", "ENTER")
    terminal.wait("Page Up and Page Down").press("ENTER").wait("GNU GENERAL PUBLIC").press("PGDN")
    terminal.wait("When we speak of free software").press("TAB", "ENTER").wait("Which keyboard")


def test_back_from_the_first_page_asks():
    terminal = start().wait("Which language?").press("ESC").wait("Leave the installation?").press("ENTER")
    terminal.wait("Which language?")


def test_large_terminal():
    terminal = go(start(lines=43, columns=132), until("network"))
    terminal.wait("These settings are right").compare("install-network-132x43")


def test_vt100():
    """The whole walk in ASCII."""
    terminal = go(start(term="vt100"), until("network")).wait("These settings are right")
    terminal.compare("install-network-vt100").press("ENTER")
    go(terminal, NETWORK[1:] + PEOPLE + NOTES + LAST)
    assert terminal.end() == 0
    assert b"\016" not in terminal.raw and b"\033(0" not in terminal.raw


@pytest.mark.parametrize("term", ["linux", "vt102", "vt220", "xterm-256color", "screen", "tmux"])
def test_terminals(term):
    """Those whose descriptions are in the image; a box is drawn, its lines in the terminal's own way or in ASCII."""
    terminal = go(start(term=term), LANGUAGE + KEYBOARD)
    text = terminal.wait("GNU GENERAL PUBLIC").press("ESC").wait("Which keyboard layout?").text()
    corner = text.splitlines()[1].strip()[0]
    assert corner in ("+" if term.startswith("vt") else "\u250c"), text
    terminal.press("CTRL-C").wait("Leave the installation?")


@pytest.mark.parametrize("lines,columns", [(24, 79), (23, 80)])
def test_too_small(lines, columns):
    terminal = start(lines=lines, columns=columns)
    assert terminal.end() == 1
    assert "needs a terminal of 80x24 at least" in " ".join(terminal.text().split())


def test_resize_while_running():
    terminal = go(start(), until("hostname")).wait("What is this host called?").press("x")
    terminal.rest()
    terminal.resize(43, 132).wait_line(41, " F1 Help").wait("domusx").resize(20, 70).wait("Too small")
    terminal.resize(24, 80).wait("domusx").press("ENTER").wait("These settings are right")


def test_dumb_line(tmp_path):
    """Plain questions: the same pages, in the same order, to the same file."""
    answers = tmp_path / "answers.conf"
    terminal = start("--output", answers, term="dumb", lines=400)
    for text, answer in [("Number or name [English]", ""), ("Number or name [us]", "jp106"), ("Try it:", "@:_"),
                         ("Enter: Next", ""), ("Number or name [no]", "yes"), ("Number or name [new]", ""),
                         ("Number or name", "Asia"), ("Number or name", "Tokyo"), ("Number or name [utc]", ""),
                         ("Servers:", ""), ("Number or name [go on]", ""), ("Number or name [sda]", "sda"),
                         ("Password:", "pa@:_ss1"), ("Again:", "pa@:_ss1"), ("Host name: [domus", "xen1"),
                         ("Domain:", "example.org"), ("Number or name [go on]", ""), ("Number or name [present]", "skip"),
                         ("Number or name [password]", ""), ("Number or name [go on]", ""), ("Enter: Next", ""),
                         ("Enter: Next", ""), ("Number or name [INSTALL]", ""), ("Enter: Next", ""),
                         ("yes or no [no]", "yes"), ("Enter: OK", "")]:
        terminal.screen.reset()
        terminal.wait(text).press(answer, "ENTER")
    assert terminal.end() == 0
    assert b"\033" not in terminal.raw and b"pa@:_ss1" not in terminal.raw
    text = answers.read_text()
    assert "layout = jp106" in text and "zone = Asia/Tokyo" in text and "domain = example.org" in text


def test_without_a_terminal():
    done = subprocess.run([PROGRAM, *ARGUMENTS], cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "needs a terminal" in done.stderr


def test_dry_run_does_not_restart(tmp_path):
    """"Start the installed system" restarts the machine, but never the one on which somebody only looks."""
    machine = json.loads((TOP / "tests/tui/machine.json").read_text())
    machine["disks"][0] |= {"table": "gpt", "partitions": [{"name": "sda2", "size_bytes": 536870912, "type": "vfat",
                                                           "label": "DOMUS-ESP"}]}
    inventory, restarted = tmp_path / "machine.json", tmp_path / "restarted"
    inventory.write_text(json.dumps(machine))
    for name in ["reboot", "poweroff"]:
        (tmp_path / name).write_text(f"#!/bin/sh\n: >{restarted}\n")
        (tmp_path / name).chmod(0o755)
    terminal = Terminal([PROGRAM, "pages", "--inventory", inventory, "--root", "build/tui/root"],
                        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    go(terminal, LANGUAGE + KEYBOARD + LICENCE).wait("What is to be done?").press("END", "ENTER")
    terminal.wait("Restart?").press("LEFT", "ENTER").wait("This was a dry run").press("ENTER")
    assert terminal.end() == 0
    assert not restarted.exists()


class Executor:
    """Stands where a running installation would: its lock and its status file."""
    FOLDER = Path("/run/domus/install")

    def __enter__(self):
        shutil.rmtree(self.FOLDER, ignore_errors=True)
        self.FOLDER.mkdir(parents=True)
        self.lock = open(self.FOLDER / "lock", "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        return self

    def say(self, state, step=7, percent=35, error=""):
        text = json.dumps({"state": state, "step": step, "steps": 40, "percent": percent, "seconds_left": 75, "warnings": 1,
                           "title": "Copying Domus to slot A", "error": error})
        (self.FOLDER / "new").write_text(text)
        (self.FOLDER / "new").rename(self.FOLDER / "status")
        return self

    def __exit__(self, *_):
        self.lock.close()
        shutil.rmtree(self.FOLDER)


def test_running_installation_is_shown():
    """Started while one runs: progress, log, the question whether to stop; then the last page."""
    with Executor() as executor:
        executor.say("running")
        (executor.FOLDER / "log").write_text("$ parted --script /dev/vda\n")
        terminal = Terminal([PROGRAM, "pages", "--root", "build/tui/root"]).wait("Copying Domus").wait("35%")
        terminal.compare("install-progress").press("l").wait("$ parted").press("ENTER").wait("35%")
        terminal.press("CTRL-C").wait("Stop the installation?").press("ENTER").wait("35%")
        assert not (executor.FOLDER / "abort").exists()
        terminal.resize(43, 132).wait_line(41, "F1 Help").wait("35%").resize(24, 80).wait("35%")
        executor.say("running", 20, 60)
        terminal.wait("Step 20 of 40").wait("60%").press("CTRL-C").wait("Stop the installation?").press("LEFT", "ENTER")
        terminal.wait("60%")
        assert (executor.FOLDER / "abort").exists()
        executor.say("done", 40, 100)
        terminal.wait("Restart into the new host").compare("install-done").press("DOWN", "DOWN", "ENTER")
        assert terminal.end() == 0


def test_lost_line():
    """The connection breaks: the pages end, the installation is not asked to, and the next call shows it."""
    with Executor() as executor:
        executor.say("running")
        lost = Terminal([PROGRAM, "pages", "--root", "build/tui/root"]).wait("35%")
        lost.child.ptyproc.fileobj.close()
        limit = time.monotonic() + 10
        while os.waitpid(lost.child.pid, os.WNOHANG)[0] == 0:
            assert time.monotonic() < limit, "the pages run on without a terminal"
            time.sleep(0.05)
        assert not (executor.FOLDER / "abort").exists()
        terminal = Terminal([PROGRAM, "pages", "--root", "build/tui/root"]).wait("35%")
        executor.say("done", 40, 100)
        terminal.wait("Restart into the new host").press("DOWN", "DOWN", "ENTER")
        assert terminal.end() == 0


def test_failed_installation():
    with Executor() as executor:
        executor.say("running")
        terminal = Terminal([PROGRAM, "pages", "--root", "build/tui/root"]).wait("35%")
        executor.say("failed", error="partition 2: mkfs.ext4 failed: No space left")
        terminal.wait("Leave, to a shell").compare("install-failed").press("DOWN", "ENTER").wait("Show the plan")
        assert "Nothing has been written" not in terminal.text()
        terminal.press("CTRL-C").wait("Leave the installation?")
        assert "Nothing has been written" not in terminal.text() and "may not start" in terminal.text()
        terminal.press("LEFT", "ENTER")
        assert terminal.end() == 1
        assert "Nothing has been written" not in terminal.text() and "has failed" in terminal.text()


def test_left_after_a_failure_of_before():
    """Started anew after an installation that failed: the pages begin at the first, but the disk is not as it was."""
    with Executor() as executor:
        executor.say("failed", error="partition 2: mkfs.ext4 failed: No space left")
        terminal = Terminal([PROGRAM, "pages", "--root", "build/tui/root"]).wait("Which language?").press("ESC")
        terminal.wait("Leave the installation?")
        assert "Nothing has been written" not in terminal.text() and "may not start" in terminal.text()


def test_screens_in_the_docs():
    """installer/SCREENS.md is made of the golden files; `make golden` writes it."""
    out = ["<!-- made by `make golden` from tests/tui/golden; do not edit -->", "# The installer's screens", "",
           "On a terminal of 80x24, in the order in which they come, then some that open from them. Lines are drawn in "
           "ASCII on a vt100.", ""]
    for name in [step[0] for step in WALK] + OTHERS:
        out += [f"## {name}", "", "```", (GOLDEN / f"install-{name}.txt").read_text().rstrip("\n"), "```", ""]
    text = "\n".join(out)
    if os.environ.get("GOLDEN"):
        SCREENS.write_text(text)
    assert SCREENS.read_text() == text


def test_nothing_is_cut():
    """No screen of the walk has a text that was shortened, none is wider than 80 columns."""
    for path in sorted(GOLDEN.glob("install-*.txt")):
        text = path.read_text()
        assert "~" not in text, path.name
        if "132x43" not in path.name:
            assert max(map(len, text.splitlines())) <= 80 and len(text.splitlines()) <= 24, path.name
