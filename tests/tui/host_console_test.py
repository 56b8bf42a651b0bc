# SPDX-License-Identifier: GPL-2.0-or-later
"""The host's own console: status page, log-in, every page of the menu, at 80x24."""

import os

import pytest

from tui.screen import GOLDEN, TOP, Terminal

PROGRAM = TOP / "build" / "bin" / "domus-host"
# of "secret"
HASH = "$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1"
CONF = f"""[host]
name = xen1

[bridge xenbr0]
# the company's LAN
ports = auto
method = static
address = 192.0.2.10/24

[root]
password = {HASH}
"""
FILES = {
    "/etc/domus/host.conf": CONF,
    "/etc/domus-release": "PRODUCT=Domus\nVERSION=1.0\nBUILD=abcd\n",
    "/usr/share/domus/live.conf": "[root]\npassword =\n",
    "/usr/share/domus/keymaps/de.bmap": "x",
    "/proc/uptime": "273845.12 1.0\n",
    "/proc/meminfo": "MemTotal:         262144 kB\nMemAvailable:     204800 kB\n",
    "/proc/loadavg": "0.10 0.05 0.01 1/80 1234\n",
    "/run/domus/failed/memory": "only 700 MiB of memory: 768 MiB are needed for all of Domus\n",
    "/run/service/ntpd/run": "",
    "/var/log/messages": "Nov 22 07:00:00 xen1 daemon.info ntpd: started\n",
}
TOOLS = {
    "xl": 'printf "Name ID\\nDomain-0 0\\nweb 1\\nmail 2\\n"',
    "lvm": 'echo "  domus|pool|107374182400|0|91.50|10.00|134217728"',
    "sv": 'echo "run: $2: (pid 7) 9s"',
    "domus-host": 'case $1 in storage | diff | network) echo "output of $*" | sed "s/ --root.*//";; esac',
    "domus-vm": 'echo "domus-vm $*"; sleep 1',
}


MENU = ["machines", "create", "network", "storage", "boot", "time", "keyboard", "password", "users", "services", "changes",
        "logs", "diagnostics", "shell", "reboot", "poweroff"]


class Host:
    def __init__(self, folder):
        self.root = folder / "root"
        self.tools = folder / "tools"
        self.calls = folder / "calls"
        self.tools.mkdir()
        for name in ("ip", "sysctl", "nft", "hostname", "loadkmap", "logger", "reboot", "poweroff", *TOOLS):
            path = self.tools / name
            path.write_text(f'#!/bin/sh\necho "{name} $*" >>{self.calls}\n{TOOLS.get(name, "")}\n')
            path.chmod(0o755)
        for path, text in FILES.items():
            file = self.root / path[1:]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (self.root / "var/log").mkdir(parents=True, exist_ok=True)
        self.run("generate").end()

    def run(self, *args, **options):
        return Terminal([PROGRAM, *args, "--root", self.root],
                        env={"PATH": f"{self.tools}:{os.environ['PATH']}"}, **options)

    def disk(self, name, mib):
        folder = self.root / "sys/block" / name
        (folder / "device").mkdir(parents=True)
        for file, text in (("size", mib * 2048), ("removable", 0), ("ro", 0), ("device/model", f"Disk {name}")):
            (folder / file).write_text(f"{text}\n")

    def read(self, path):
        return (self.root / path[1:]).read_text()

    def console(self, **options):
        return self.run("console", **options).wait("Virtual machines")


@pytest.fixture(name="host")
def fixture_host(tmp_path):
    return Host(tmp_path)


def open_page(screen, tag):
    """From the top of the menu down to an entry, as a person would."""
    screen.press("HOME").rest()
    for _ in range(MENU.index(tag)):
        screen.press("DOWN").rest()
    return screen.press("ENTER")


def test_status_and_login(host):
    screen = host.run("console", "locked").wait("log-in prompt").compare("host-status")
    screen.press("ENTER").wait("The password of root").compare("host-login")
    screen.press("wrong", "ENTER").wait("That is not the password").press("ENTER")
    screen.wait("The password of root").press("secret", "ENTER").wait("Virtual machines")
    screen.press("ESC")
    assert screen.end() == 0
    assert "logger -t domus-console" in host.calls.read_text()


def test_an_open_console_needs_no_password(host):
    (host.root / "etc/domus/host.conf").write_text("[host\n")
    host.run("generate").end()
    screen = host.run("console", "locked").wait("! config:").compare("host-status-broken").press("ENTER")
    screen.wait("Virtual machines")


def test_login_prompt_is_one_key_away(host):
    assert host.run("console", "locked").wait("log-in prompt").press("l").end() == 1


def test_menu(host):
    screen = host.console().compare("host-menu")
    screen.press("END").wait("Switch this host off").compare("host-menu-end")
    screen.press("ESC")
    assert screen.end() == 0


@pytest.mark.parametrize("tag, word", [("logs", "ntpd: started")])
def test_pages_to_read(host, tag, word):
    screen = open_page(host.console(), tag).wait(word).compare(f"host-{tag}").press("ENTER").wait("Virtual machines")
    assert screen.press("ESC").end() == 0


def test_storage(host):
    """A pool is grown, one is added: what the program would do is shown, and No is the default."""
    host.disk("sda", 1000), host.disk("sdb", 2000)
    screen = open_page(host.console(), "storage").wait("Another disk").compare("host-storage").press("ENTER")
    screen.wait("output of storage").press("ENTER").wait("Another disk").press("DOWN", "ENTER")
    screen.wait("91.5 % in use").press("ENTER").wait("/dev/sdb").compare("host-storage-disk").press("DOWN", "ENTER")
    screen.wait("output of storage grow domus/pool /dev/sdb").compare("host-storage-plan").press("ENTER")
    screen.wait("Another disk").press("DOWN", "ENTER").wait("Image files on another").press("DOWN", "DOWN", "DOWN", "ENTER")
    screen.wait("small letters").press("nas", "ENTER").wait("exports").press("nas.example:/guests", "ENTER")
    screen.wait("output of storage add nas nfs nas.example:/guests").press("LEFT", "ENTER").wait("Done.").press("ENTER")
    screen.wait("Another disk").press("DOWN", "ENTER").wait("no pool besides").press("ENTER", "ESC").wait("Virtual machines")
    calls = host.calls.read_text()
    assert "grow domus/pool /dev/sdb --dry-run" in calls and "/dev/sdb --yes" not in calls
    assert "add nas nfs nas.example:/guests --yes" in calls


@pytest.mark.parametrize("tag, word", [("machines", "domus-vm "), ("create", "domus-vm create")])
def test_other_programs(host, tag, word):
    open_page(host.console(), tag).wait("Virtual machines")
    assert word in host.calls.read_text()


def test_shell_comes_back(host):
    screen = open_page(host.console(), "shell")
    screen.rest()
    screen.press("exit", "ENTER").wait("Virtual machines")


def test_a_change_is_shown_and_put_in_force(host):
    screen = open_page(host.console(), "time").wait("Etc/UTC").compare("host-time").press("ENTER")
    screen.wait("by region and city").compare("host-time-zone")
    screen.press("CTRL-U", "no/../zone", "ENTER").wait("Not right yet").press("ENTER")
    screen.wait("by region and city").press("CTRL-U", "Etc/GMT+1", "ENTER").wait("Etc/GMT+1")
    screen.press("DOWN", "ENTER").wait("What the hardware").press("DOWN", "ENTER").wait("local")
    screen.press("ESC").wait("Write and put in force now").compare("host-finish")
    assert "GMT" not in host.read("/etc/domus/host.conf")
    screen.press("ENTER").wait("In force").press("ENTER").wait("Virtual machines")
    assert "[time]\nzone = Etc/GMT+1\nclock = local\n" in host.read("/etc/domus/host.conf")
    assert host.read("/etc/timezone") == "Etc/GMT+1\n"


def test_changes_are_thrown_away(host):
    screen = open_page(host.console(), "services").wait("list").press("DOWN", "ENTER").wait("watchdog")
    screen.compare("host-services").press("ENTER").wait("Timed jobs").press("RIGHT", "ENTER").wait("cron")
    screen.press("ESC").wait("services] cron: yes -> no").press("END", "ENTER").wait("What runs; restart one")
    assert host.read("/etc/domus/host.conf") == CONF


def test_what_makes_no_sense_is_said_at_the_end(host):
    screen = open_page(host.console(), "network").wait("settings").press("ENTER").wait("bridge xenbr0")
    screen.compare("host-network").press("ENTER").wait("192.0.2.10/24").compare("host-bridge")
    screen.press("DOWN", "ENTER").wait("none").press("HOME", "ENTER").wait("stp")
    screen.press("ESC").wait("+bridge").press("ESC").wait("Throw the changes away").compare("host-wrong")
    screen.press("ENTER").wait("+bridge")


def test_network_change_is_confirmed(host):
    screen = open_page(host.console(), "network").wait("settings").press("ENTER").wait("+bridge")
    screen.press("DOWN", "ENTER").wait("Name:").press("xenbri", "ENTER").wait("bridge xenbri").compare("host-bridge-new")
    screen.press("ESC").wait("bridge xenbri").press("ESC").wait("[bridge xenbri]").press("ENTER")
    screen.wait("Keep it?").compare("host-confirm").press("LEFT", "ENTER").wait("Does this host reach")
    assert "[bridge xenbri]\nports =\n" in host.read("/etc/domus/host.conf")
    assert not (host.root / "run/domus/pending").exists()


def test_network_change_is_not_confirmed(host):
    screen = open_page(host.console(), "network").wait("settings").press("ENTER").wait("+bridge")
    screen.press("ENTER").wait("192.0.2.10").press("END", "UP", "UP", "ENTER").wait("Largest packet")
    screen.press("CTRL-U", "1400", "ENTER").wait("1400").press("ESC").wait("mtu 1").press("ESC").wait("auto -> 1400")
    screen.press("ENTER").wait("Keep it?").press("ENTER").wait("within a minute")


def test_keyboard(host):
    screen = open_page(host.console(), "keyboard").wait("Layout of the keyboard").compare("host-keyboard")
    screen.press("HOME", "ENTER").wait("us -> de").press("ENTER").wait("In force").press("ENTER").wait("Virtual machines")
    assert "loadkmap" in host.calls.read_text()


def test_password(host):
    screen = open_page(host.console(), "password").wait("Again").compare("host-password")
    screen.press("new-one", "DOWN", "other", "ENTER").wait("differ").press("ENTER").wait("Again")
    screen.press("new-one", "DOWN", "new-one", "ENTER").wait("(set) -> (set)").press("ENTER").wait("In force").press("ENTER")
    screen.wait("Virtual machines")
    assert HASH not in host.read("/etc/shadow") and "root:$6$" in host.read("/etc/shadow")
    assert "new-one" not in screen.raw.decode()


def test_users(host):
    screen = open_page(host.console(), "users").wait("+user").compare("host-users")
    screen.press("DOWN", "DOWN", "ENTER").wait("Name:").press("tux", "ENTER").wait("uid").compare("host-user")
    screen.press("ESC").wait("user tux").press("ESC").wait("[user tux] uid").press("ENTER").wait("In force")
    assert "tux:x:1000:" in host.read("/etc/passwd")


def test_services(host):
    screen = open_page(host.console(), "services").wait("list").press("ENTER").wait("(pid 7)").press("ENTER").wait("restart one")
    assert "sv restart /run/service/ntpd" in host.calls.read_text()
    screen.press("ESC").wait("Virtual machines")


def test_differences_and_undo(host):
    screen = open_page(host.console(), "changes").wait("show").compare("host-changes").press("ENTER").wait("output of diff")
    screen.press("ENTER").wait("undo").press("END", "ENTER").wait("no former configuration").press("ENTER").wait("undo")
    screen.press("UP", "ENTER").wait("in force already")


def test_boot(host):
    open_page(host.console(), "boot").wait("boot.default").compare("host-boot").press("ENTER")


def test_diagnostics(host, tmp_path):
    screen = open_page(host.console(), "diagnostics").wait("packed into one file").compare("host-diagnostics")
    screen.press("CTRL-U", f"{tmp_path}/x.tar.gz", "ENTER").wait("Written")
    assert (tmp_path / "x.tar.gz").stat().st_size > 100


@pytest.mark.parametrize("tag, word", [("reboot", "Restart this host?"), ("poweroff", "Switch this host off?")])
def test_the_end_lists_the_guests(host, tag, word):
    screen = open_page(host.console(), tag).wait(word).compare(f"host-{tag}").press("ENTER").wait("Settings of this host")
    open_page(screen, tag).wait(word).press("LEFT", "ENTER")
    assert screen.end() == 0 and f"{tag} " in host.calls.read_text()


def test_a_small_terminal_is_refused(host):
    screen = host.run("console", lines=20)
    assert screen.end() == 1 and "needs a terminal of 80x24" in " ".join(screen.text().split())


# Golden file and what it shows, in the order of the menu
SCREENS = [
    ("host-status", "The page that the screen and the serial line show, anew every 10 seconds."),
    ("host-status-broken", "A broken `host.conf`: said, the network stays closed, and this console opens without a password."),
    ("host-login", "Enter: root's password comes before the settings."),
    ("host-menu", "The menu. Back logs out."),
    ("host-menu-end", "Its end."),
    ("host-network", "Network, settings: every section of the host's file opens."),
    ("host-bridge", "A bridge."),
    ("host-bridge-new", "A new one without a port, for guests only."),
    ("host-wrong", "What contradicts itself is said before anything is written."),
    ("host-confirm", "A change that could lock out goes back by itself."),
    ("host-storage", "Storage."),
    ("host-storage-disk", "Another disk for a pool; those that are not empty are shown and say why they cannot be taken."),
    ("host-storage-plan", "What would be done; No is the default."),
    ("host-boot", "Boot loader, dom0's share and serial port (A15); tried once, kept only when the host came up."),
    ("host-time", "Time."),
    ("host-time-zone", "One key: its meaning is the schema's."),
    ("host-finish", "The end of every page: the difference, and what becomes of it."),
    ("host-keyboard", "Keyboard."),
    ("host-password", "Password of root."),
    ("host-users", "Users, keys, SSH."),
    ("host-user", "A new user; the number is one that nobody had."),
    ("host-services", "Services."),
    ("host-changes", "Differences, apply, undo."),
    ("host-logs", "System log."),
    ("host-diagnostics", "Diagnostics."),
    ("host-reboot", "Reboot: the guests that go down are listed, and No is the default."),
    ("host-poweroff", "Power off."),
]


def test_screens_are_in_the_docs():
    """dom0-rootfs/host/SCREENS.md is made of the golden files; GOLDEN=1 writes it."""
    text = ("# The screens of domus-host console\n\nMade by `make golden` from tests/tui/golden; each is compared whole by "
            "tests/tui/host_console_test.py. All are 80x24.\n")
    for name, about in SCREENS:
        text += f"\n{about}\n\n```\n{(GOLDEN / f'{name}.txt').read_text().rstrip()}\n```\n"
    path = TOP / "dom0-rootfs/host/SCREENS.md"
    if os.environ.get("GOLDEN"):
        path.write_text(text)
    assert path.read_text() == text
    assert {path.stem for path in GOLDEN.glob("host-*.txt")} == {name for name, _ in SCREENS}


def fill(screen, name, *entries):
    """On a bridge's page: (line, value) each, and back to the list."""
    screen.wait(f" bridge {name} ")
    for line, value in entries:
        screen.press("HOME", *["DOWN"] * line, "ENTER").rest()
        if line == METHOD:
            screen.press("HOME", *["DOWN"] * METHODS.index(value), "ENTER")
        else:
            screen.press("CTRL-U", value, "ENTER")
        screen.wait("remove").rest()
    screen.press("ESC").wait("+bridge")


PORTS, METHOD, ADDRESS, GATEWAY = range(4)
METHODS = ["none", "dhcp", "static"]
NETWORKS = """\
[bridge xenbr0]
# the company's LAN
ports = eth0
method = static
address = 172.16.0.2/16
gateway = 172.16.0.1

[bridge xenbr1]
ports = eth1
method = static
address = 192.168.1.2/24

[bridge xenbri]
ports =
method = static
address = 10.0.0.254/24
"""


def test_two_servers_networks_from_the_pages(host):
    """The company's LAN, the administration's, and a network without a port; a comment stays."""
    screen = open_page(host.console(), "network").wait("settings").press("ENTER").wait("+bridge").press("HOME", "ENTER")
    fill(screen, "xenbr0", (PORTS, "eth0"), (ADDRESS, "172.16.0.2/16"), (GATEWAY, "172.16.0.1"))
    for at, (name, entries) in enumerate({"xenbr1": ((PORTS, "eth1"), (METHOD, "static"), (ADDRESS, "192.168.1.2/24")),
                                          "xenbri": ((METHOD, "static"), (ADDRESS, "10.0.0.254/24"))}.items(), 1):
        screen.press("HOME", *["DOWN"] * at, "ENTER").wait("Name:").press(name, "ENTER")
        fill(screen, name, *entries)
    screen.press("ESC").wait("[bridge xenbri]").press("ENTER").wait("Keep it?").press("LEFT", "ENTER").wait("Does this host reach")
    sections = host.read("/etc/domus/host.conf").rstrip().split("\n\n")
    assert [section for section in sections if section.startswith("[bridge")] == NETWORKS.rstrip().split("\n\n")
