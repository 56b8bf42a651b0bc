# SPDX-License-Identifier: GPL-2.0-or-later
"""The manager's screens: the live list, every action's page, sizes and terminals."""

import json
import re
import subprocess

import pytest

from tui.screen import Terminal
from tui.vm_machine import FACTS, PROGRAM, make_root, manager

# Once the second list was taken there are rates, and nothing changes any more.
SETTLED = " 95.0 "


@pytest.fixture(name="root")
def fixture_root(tmp_path):
    return make_root(tmp_path / "root")


@pytest.fixture(name="start")
def fixture_start(root):
    def start(**options):
        return manager(root, **options).wait("Domain-0").press("F5").wait(SETTLED)
    return start


def choose(screen, name):
    """Moves the highlighted row to the guest, as a person would, with the filter's help."""
    return screen.press("/", name, "ENTER").wait(f"only *{name}*")


def test_list(start):
    screen = start().compare("vm-list")
    assert screen.press("q").end() == 0


def test_order(start):
    screen = start()
    for word in ("id", "state", "memory", "vCPUs", "time", "CPU"):
        screen.press("o").wait(f"by {word}")
    screen.compare("vm-list-by-cpu").press("O").wait("by CPU, reversed")
    rows = [line.split()[0] for line in screen.text().splitlines()[2:9]]
    assert rows[0] == "Domain-0" and rows[-1] == "web"


def test_filter(start):
    screen = start().press("/", "L").wait("names with: L")
    screen.compare("vm-filter").press("x").wait("No name has this").press("BACKSPACE").wait("mail")
    screen.press("ENTER").wait("only *L*").press("ESC").wait("Domain-0")
    screen.press("/", "zz", "ESC").wait("Domain-0")
    assert "zz" not in screen.text()


def test_choice_stays_on_its_guest(start):
    screen = start().press("END")
    screen.rest()
    screen.press("o", "ENTER").wait("Graphical screen")
    assert "web" in screen.text().splitlines()[1]


def test_menu(start):
    choose(start(), "web").press("ENTER").wait("xl shutdown -F web").compare("vm-menu")


def test_menu_of_a_guest_that_is_off(start):
    choose(start(), "build").press("ENTER").wait("xl create -e -q /etc/xen/build.cfg").compare("vm-menu-off")


def test_menu_of_the_host(start):
    screen = start().press("ENTER").wait("This is the host itself")
    screen.press("UP", "UP", "UP", "ENTER").wait("This is the host itself")


@pytest.mark.parametrize("guest, keys, command", [
    ("build", ["s"], "xl create"), ("lab", ["s"], "xl restore"), ("web", ["p"], "xl pause web"),
    ("files", ["p"], "xl unpause files"), ("web", ["v"], "xl save"),
    ("web", ["d", "LEFT", "ENTER"], "xl shutdown"), ("web", ["b", "LEFT", "ENTER"], "xl reboot -F web"),
    ("web", ["x", "LEFT", "ENTER"], "xl destroy web"), ("web", ["a"], "/etc/xen/auto"),
    ("web", ["c"], "xl console web")])
def test_every_action_shows_its_command(start, guest, keys, command):
    screen = choose(start(), guest)
    for key in keys:
        screen.press(key).rest()
    screen.wait("would run")
    assert re.search(rf"{guest}: would run: .*{re.escape(command)}", screen.text()), screen.text()


@pytest.mark.parametrize("guest, key, words", [
    ("build", "c", "Console: It is off."), ("web", "s", "Start: It is there already."),
    ("web", "l", "Clone: It must be off."), ("lab", "r", "Rename: It is saved"),
    ("web", "g", "Graphical screen: It has no graphical screen"), ("web", "D", "Delete: It must be off."),
    ("files", "d", "Shut down: It is paused"), ("trial", "b", "Reboot: It has crashed"),
    ("web", "m", "Change CD: Only HVM guests")])
def test_what_cannot_be_says_why(start, guest, key, words):
    choose(start(), guest).press(key).wait(f"{guest}: {words}")


def test_no_is_the_default(start):
    screen = choose(start(), "web").press("x").wait("pulling the plug").compare("vm-force-off")
    screen.press("ENTER").wait("only *web*")
    assert "would run" not in screen.text()


def test_delete(start):
    screen = choose(start(), "build").press("D").wait("What of").compare("vm-delete")
    screen.press("ENTER").wait("only *build*")  # the first entry deletes nothing
    assert "would run" not in screen.text()
    screen.press("D").wait("What of").press("DOWN", "DOWN", "ENTER").wait("build: would run")


def test_delete_says_what_is_lost(start):
    choose(start(), "lab").press("D").wait("Its saved state is lost in any case.")


def test_rename(start):
    screen = choose(start(), "build").press("r").wait("New name").compare("vm-rename")
    screen.press("CTRL-U", "web", "ENTER").wait('There is a "web" already.').press("ENTER")
    screen.wait("New name").press("CTRL-U", "a b", "ENTER").wait("a guest's name has letters").press("ENTER")
    screen.wait("New name").press("CTRL-U", "store", "ENTER").wait("build: would run")


def test_clone(start):
    choose(start(), "build").press("l").wait("build-copy").compare("vm-clone").press("ENTER").wait("build: would run")


def test_resources(start):
    screen = choose(start(), "web").press("u").wait("1024 MiB and 2 vCPUs").compare("vm-resources")
    screen.press("CTRL-U", "2000", "ENTER").wait("2000 is out of range (1 to 1024)").press("ENTER")
    screen.wait("2000").press("CTRL-U", "768", "ENTER").wait("would run: xl mem-set")


def test_resources_are_kept(start):
    """Preferred CPUs, and the button that keeps memory and vCPUs for later starts."""
    screen = choose(start(), "web").press("u").wait("1024 MiB and 2 vCPUs").press("DOWN", "DOWN", "0-1", "DOWN", "1")
    screen.press("TAB", "TAB", "ENTER").wait("would run: xl vcpu-pin web all 0-1 1")


def test_memory(start):
    """The deck's move by key strokes: mail gives web 512 MiB, in eight steps of 64."""
    screen = start().press("M").wait("Memory of testhost").compare("vm-memory")
    screen.press("UP", "RIGHT").wait("Domain-0: the host's own share counts from its next start")
    screen.press("DOWN", "DOWN", "DOWN", "LEFT").wait("files: it is paused: it could neither give nor take")
    screen.press("UP", "UP", *["RIGHT"] * 8).wait("-512").compare("vm-memory-moved")
    screen.press("RIGHT").wait("web may have at most 1024 MiB before its next start")
    screen.press("ENTER").wait("2. web takes: 512 -> 1024 MiB").compare("vm-memory-plan")
    screen.press("ENTER").wait("Memory: would run: xl mem-set web 1024m")


def test_memory_and_what_is_free(start):
    screen = start().press("M").wait("Memory of testhost").press("s").wait("step is 256 MiB").press("-").wait("-256")
    screen.press("-").wait("-480").press("-").wait("web must keep 32 MiB").press("0", "ENTER")
    screen.wait("Nothing is changed yet.").press("DOWN", "+").wait("mail may have at most 1024 MiB")
    screen.press("F1").wait("Nothing happens before Enter").press("ENTER").wait("(Xen itself)")
    screen.press("ESC").wait("q:quit")


def test_cd(start):
    screen = choose(start(), "files").press("m").wait("MEMTEST").compare("vm-cd")
    screen.press("DOWN", "ENTER").wait("would run: xl cd-insert files")


PEERS = """[host]
name = xen1
[bridge xenbr0]
[root]
password = $6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1
[peer xen2]
address = 192.0.2.2
ssh-key = ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPs5K4x8u1F0oVoxmX/a4g1ON+/6EbVWQhNk7NwWoSEz
[peer xen3]
ssh-key = ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAByaNyEwrezKdFYL9ZZJVTfRwSJVr2xStw0GPvLNAzU
"""


def test_move(start, root):
    screen = choose(start(), "web").press("t").wait("This host knows no other").press("ENTER").wait("only *web*")
    (root / "etc/domus").mkdir(parents=True)
    (root / "etc/domus/host.conf").write_text(PEERS)
    screen.press("t").wait("192.0.2.2").compare("vm-move").press("DOWN", "ENTER").wait("it stands still")
    screen.compare("vm-move-way").press("DOWN", "ENTER").wait("web: would run: domus-vm migrate web xen3 --offline")


def test_move_with_disks(start, root):
    screen = choose(start(), "build")
    (root / "etc/domus").mkdir(parents=True)
    (root / "etc/domus/host.conf").write_text(PEERS)
    screen.press("t").wait("192.0.2.2").press("ENTER").wait("has its disks already").compare("vm-move-off")
    screen.press("DOWN", "DOWN", "ENTER")
    screen.wait("would run: domus-vm migrate build xen2 --offline --remove")


def test_start_from_anothers_disk(start, root):
    """A disk that another host owns: no is the default, yes takes it over."""
    (root / "etc/xen").mkdir(parents=True, exist_ok=True)
    (root / "srv").mkdir(exist_ok=True)
    (root / "var/lib/domus").mkdir(parents=True)
    (root / "var/lib/domus/host-id").write_text("1" * 32 + "\n")
    (root / "etc/xen/build.cfg").write_text('name = "build"\ndisk = [ "vdev=xvda,access=rw,target=/srv/b.img" ]\n')
    (root / "srv/b.img").write_text("")
    (root / "srv/.b.img.owner").write_text(f"host={'0' * 32}\nhost-name=xen9\nguest-name=build\n")
    screen = choose(start(), "build").press("s").wait("host xen9").press("ENTER").wait("only *build*")
    assert "would run" not in screen.text()
    screen.press("s").wait("Take it over").compare("vm-take").press("LEFT", "ENTER").wait("would run: xl create")


def test_details(start):
    screen = choose(start(), "web").press("i").wait("what it wrote").compare("vm-details")
    screen.press("ENTER").wait("vif3.0").compare("vm-details-summary").press("ENTER").wait("what it wrote")
    screen.press("DOWN", "ENTER").wait("# the shop").press("ENTER").wait("what it wrote")
    screen.press("DOWN", "ENTER").wait("Reached target").compare("vm-details-console").press("ENTER")
    screen.wait("what it wrote").press("DOWN", "ENTER").wait("No such file").press("ENTER").wait("what it wrote")
    screen.press("ESC").wait("only *web*")


def test_help(start):
    screen = start().press("F1").wait("choose a machine").compare("vm-help").press("ENTER").wait("Domain-0")
    screen.press("?").wait("choose a machine")


def many(folder, count):
    """A machine with so many guests."""
    guests = [{"name": "Domain-0", "id": 0, "state": "running", "memory_mib": 512, "max_memory_mib": 512, "vcpus": 1,
               "max_vcpus": 1, "cpu_s": 9}]
    guests += [{"name": f"guest{i}", "state": "off", "memory_mib": 128, "max_memory_mib": 128, "vcpus": 1,
                "max_vcpus": 1} for i in range(1, count)]
    path = folder / "many.json"
    path.write_text(json.dumps({"host": {"name": "testhost"}, "lists": [{"time_s": 0, "guests": guests}]}))
    return path


def test_many_scroll(root, tmp_path):
    screen = manager(root, many(tmp_path, 100)).wait("rows 1 to 19 of 100").press("PGDN").wait("guest19")
    screen.press("END").wait("rows 82 to 100 of 100").press("HOME").wait("rows 1 to 19 of 100")
    sent = len(screen.raw)
    screen.press("DOWN").rest()
    # One row loses its highlight and one gets it: nothing else is drawn.
    assert len(screen.raw) - sent < 400, screen.raw[sent:]


def test_nothing_there(root, tmp_path):
    path = tmp_path / "none.json"
    path.write_text('{"host": {"name": "testhost"}, "lists": [{"guests": []}]}')
    manager(root, path).wait("There is no virtual machine yet. n makes one.").press("ENTER", "s", "D").wait("n makes one")


def test_wide(start):
    start(lines=43, columns=132).wait("Type").compare("vm-list-wide")


def test_grows_and_shrinks(start):
    screen = start().resize(30, 132).wait("Type").resize(24, 80)
    screen.wait("q:quit").compare("vm-list").resize(23, 80).wait("Too small").resize(24, 80).wait("Domain-0")


def test_vt100(start):
    start(term="vt100").compare("vm-list-vt100").press("/", "web", "ENTER", "ENTER").wait("xl shutdown -F web")


def test_too_small(root):
    screen = manager(root, columns=79)
    assert screen.end() == 1
    assert "80x24" in screen.raw.decode()


def test_size_is_asked_of_a_serial_line(root):
    """A line that knows no size, as hvc0: the terminal is asked."""
    screen = Terminal(["sh", "-c", 'stty rows 0 cols 0; exec "$@"', "sh", PROGRAM, "--root", root, "--facts", FACTS])
    while b"\x1b[6n" not in screen.raw:
        assert screen.feed(5)
    screen.press("\x1b[24;80R").wait("Domain-0").press("F5").wait(SETTLED).compare("vm-list")


def test_dumb_terminal(root):
    screen = manager(root, term="dumb")
    screen.end()
    assert "domus-vm list" in screen.raw.decode()


def test_line_is_gone(start):
    screen = start()
    screen.child.close(force=False)
    assert not screen.child.isalive()


def test_bad_facts(root, tmp_path):
    path = tmp_path / "bad.json"
    path.write_text('{"host": 5,\n "lists": 7')
    done = subprocess.run([PROGRAM, "--root", root, "--facts", path], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and f"{path}:2:" in done.stderr
