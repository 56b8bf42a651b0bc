# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole installation by key strokes on an 80x24 serial terminal, up to the host that it makes."""

import re
import socket
import subprocess
import threading

import pytest

from install_test import disk, drives, log_in, powers_off
from harness.machine import BUILD, SLOW, Machine
from tui.installer_test import LANGUAGE, KEYBOARD, LICENCE, MODE, TIME, NAMES, NOTES
from tui.screen import Terminal

PASSWORD = "pa@:_ss1"
DISK = [("overview", "To the next questions", ["ENTER"]), ("disk", "On which disk", ["ENTER"])]


def answering_port():
    """A port of ours that accepts connections; the machine sees it at 10.0.2.2."""
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=lambda: [server.accept() for _ in range(9)], daemon=True).start()
    return server.getsockname()[1]


def answer(terminal, steps):
    for _, text, keys in steps:
        terminal.wait(text, 90 * SLOW)
        terminal.press(*keys)


def saves_answers(machine, terminal):
    """To a stick that is plugged in now."""
    no_stick, menu = "No USB stick with a FAT", "log in as root"  # of the menu, what the box covers
    terminal.press("END", "ENTER").wait(no_stick, 60 * SLOW).press("ENTER").wait(menu, 60 * SLOW)
    machine.qmp("device_add", driver="usb-storage", drive="answers", id="stick", bus="xhci.0")
    for _ in range(20):
        terminal.press("END", "ENTER").wait_any([no_stick, "Which one gets host.conf?"], 60 * SLOW)
        if no_stick not in terminal.text():
            break
        terminal.press("ENTER").wait(menu, 60 * SLOW)
    terminal.wait("Which one gets host.conf?").press("ENTER").wait("host.conf is saved", 60 * SLOW).press("ENTER")
    terminal.wait(menu, 60 * SLOW)


def check_saved(image):
    """What is on the stick installs the same host: the pages' answers, a hash for the password."""
    saved = image.parent / "saved.conf"
    subprocess.run(["mcopy", "-n", "-o", "-i", image, "::host.conf", saved], check=True)
    text = saved.read_text()
    for line in ("name = xen1", "domain = example.org", "layout = jp106", "zone = Asia/Tokyo", "serial = SYSTEM",
                 "licence = accepted", "erase = yes"):
        assert f"\n{line}\n" in text, text
    assert PASSWORD not in text
    subprocess.run([BUILD / "bin/domus-install", "check", saved], check=True)


@pytest.mark.full
def test_install_by_key_strokes():
    """Password with @ : _ and the jp106 layout; fixed answers, connection test, a user; then the host itself."""
    name = "install_by_key_strokes"
    system, other, answers = disk(name, "system.img"), disk(name, "other.img", 1 / 16), disk(name, "answers.img", 1 / 64)
    subprocess.run(["mkfs.fat", "-n", "ANSWERS", answers], check=True, stdout=subprocess.DEVNULL)
    port = answering_port()
    stick = ["-device", "qemu-xhci,id=xhci", "-drive", f"if=none,id=answers,format=raw,file={answers}"]
    with Machine(name, extra=drives(system=system, other=other) + stick) as machine:
        machine.boot(timeout=300)
        machine.run("stty rows 24 cols 80")
        terminal = Terminal.on_line(machine.child)
        machine.send("domus-install\r")
        answer(terminal, LANGUAGE + KEYBOARD + LICENCE + MODE + TIME + DISK + NAMES)
        answer(terminal, [("network", "These settings are right", ["ENTER"]),
                          ("connection", "Put the new settings", ["ENTER"]),
                          ("host", "Which host is to answer", ["CTRL-U", f"10.0.2.2:{port}", "ENTER"])])
        terminal.wait("goes on in any case", 180 * SLOW)
        for verdict in ["Link +ok", "Address +ok +xenbr0 10.0.2.15", "Gateway +ok", "Name server +skipped",
                        "Host +ok +10.0.2.2 answers"]:
            assert re.search(verdict, terminal.text()), terminal.text()
        terminal.press("ENTER")
        answer(terminal, [("login", "How do people log in", ["ENTER"]),
                          ("users", "Ordinary users", ["DOWN", "ENTER"]),
                          ("user-name", "Small letters", ["tux", "ENTER"]),
                          ("user-fullname", "person's name", ["Tux", "ENTER"]),
                          ("user-password", "The password of tux", ["tuxtuxtux", "DOWN", "tuxtuxtux", "ENTER"]),
                          ("user-admin", "administer", ["LEFT", "ENTER"]),
                          ("users", "Tux; password, administrator", ["ENTER"])] + NOTES)
        answer(terminal, [("confirm", "Show the plan", ["ENTER"]),
                          ("plan", "What will be installed", ["ENTER"]),
                          ("install", "no question is asked any more", ["LEFT", "ENTER"]),
                          ("progress", "L shows the log", [])])
        print(terminal.text())
        terminal.wait("Restart into the new host", 480 * SLOW)
        print(terminal.text())
        saves_answers(machine, terminal)
        terminal.press("HOME", "ENTER")
        machine.expect("Boot from hard disk", timeout=120)
        machine.send("\r")
        log_in(machine, password=PASSWORD, timeout=300)
        assert re.search(r"^Domain-0\s+0\s", machine.run("xl list"), re.M)
        assert machine.run("ls /run/domus/failed").split() == []
        assert machine.run("hostname -f").strip() == "xen1.example.org"
        assert "JST" in machine.run("date")
        assert machine.run("cat /etc/domus/keymap").strip() == "jp106"
        assert "wheel" in machine.run("id tux")
        assert "serial = SYSTEM" in machine.run("cat /etc/domus/host.conf")
        assert PASSWORD not in machine.run("cat /etc/domus/host.conf /var/log/domus-install.log")
        powers_off(machine)
    assert not any(other.read_bytes()), "the disk that was not chosen was written to"
    check_saved(answers)
