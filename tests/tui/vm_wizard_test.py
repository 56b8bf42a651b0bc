# SPDX-License-Identifier: GPL-2.0-or-later
"""The wizard: the list of systems, the summary page and every page that it opens, with Back."""

import os
import re

import pytest

from tui.screen import GOLDEN, TOP
from tui.vm_machine import facts_with, make_root, manager, wizard

# Places of the headings in the summary, from the top
OK, METHOD, NAME, HARDWARE, DISKS, NICS, INSTALL, OPTIONS, CONFIG = range(9)
HEADINGS = ["OK", "Virtualization Method", "Name of Virtual Machine", "Hardware", "Disks", "Network Adapters",
            "Operating System Installation", "Options", "Configuration"]
NO_HVM = "this CPU has no VT-x or AMD-V, or it is switched off in the firmware's settings"


@pytest.fixture(name="root")
def fixture_root(tmp_path):
    return make_root(tmp_path / "root")


@pytest.fixture(name="start")
def fixture_start(root):
    def start(**options):
        return wizard(root, **options).wait("Which system")
    return start


def choose(screen, *path):
    """Opens list entries by their place from the top, one list after the other."""
    for place in path:
        screen.press("HOME", *["DOWN"] * place, "ENTER")
        screen.rest()
    return screen


def place_of(system_id):
    """Its line in the list: by order, then name; the demo guest has three."""
    def key(path):
        text = path.read_text()
        return int(re.search(r"^order = (\d+)", text, re.M)[1]), re.search(r"^name = (.*)", text, re.M)[1]
    ids = [path.stem for path in sorted((TOP / "configs/os").glob("*.conf"), key=key)]
    return ids.index(system_id) + 2


def system(screen, system_id):
    return choose(screen, place_of(system_id)).wait("Each heading opens its page.")


def debian(screen):
    return system(screen, "debian13")


def test_systems(start):
    start().compare("vm-os")


def test_headings_are_the_walkthroughs(start):
    text = debian(start()).compare("vm-summary").text()
    places = [text.index(heading) for heading in HEADINGS]
    assert places == sorted(places)


@pytest.mark.parametrize("place, kind", enumerate(["PV", "PVH", "HVM"]))
def test_demo_in_two_keys(start, place, kind):
    screen = start().press(*["DOWN"] * place, "ENTER").wait(f"({kind})")
    screen.compare(f"vm-summary-demo-{kind.lower()}").press("ENTER").wait("What will be done")
    assert "xl create" in screen.text()
    assert screen.press("ENTER").end() == 0


def test_back_keeps_what_was_entered(start):
    screen = choose(debian(start()), NAME).wait("at most 63").press("CTRL-U", "shop", "ENTER").wait("│Name of Virtual Machine        shop")
    screen.press("ESC").wait("Which system").press("ENTER").wait("shop")
    screen.press("ESC").wait("Which system").press("HOME", "ENTER").wait("demo ")


def test_leaving(start):
    screen = start().press("CTRL-C").wait("Nothing has been made yet.").press("ENTER").wait("Which system")
    assert screen.press("ESC").end() == 1


def test_method(start):
    screen = choose(debian(start()), METHOD).wait("How does Xen").compare("vm-method").press("F1")
    screen.wait("no emulated devices").press("ENTER").wait("How does Xen").press("HOME", "DOWN", "DOWN", "ENTER")
    screen.wait("Full virtualization (HVM)").wait("VNC")


def test_what_the_machine_cannot_do_is_listed_with_the_reason(root, tmp_path):
    facts = facts_with(tmp_path, cannot={"pvh": NO_HVM, "hvm": NO_HVM})
    screen = wizard(root, facts).wait("this CPU has no VT-x").compare("vm-os-cannot")
    screen.press("DOWN", "ENTER").wait("switched off").press("ENTER").wait("Which system")
    screen = choose(system(screen, "debian13"), METHOD).wait("How does Xen").compare("vm-method-cannot")
    screen.press("DOWN", "ENTER").wait("switched off").press("ENTER").wait("How does Xen").press("ESC")
    screen.wait("Paravirtualization (PV)")


def test_name(start):
    screen = choose(debian(start()), NAME).wait("at most 63").compare("vm-name")
    screen.press("CTRL-U", "a b", "ENTER").wait("letters, digits").press("ENTER").wait("a b")
    screen.press("CTRL-U", "web", "ENTER").wait("web").press("ENTER").wait("at most 63")
    screen.press("CTRL-U", "shop", "ENTER").wait("shop")


def test_hardware(start):
    screen = choose(debian(start()), HARDWARE).wait("The host has").compare("vm-hardware")
    screen.press("CTRL-U", "lots", "ENTER").wait('"lots"').press("ENTER").wait("The host has")
    screen.press("CTRL-U", "999 GiB", "ENTER").wait("memory: the guest needs").press("ENTER").wait("The host has")
    screen.press("CTRL-U", "2 GiB", "DOWN", "DOWN", "CTRL-U", "2", "ENTER").wait("2 GiB, 2 CPUs")


def test_disks(start):
    screen = choose(debian(start()), DISKS).wait("in their order").compare("vm-disks")
    choose(screen, 0).wait("taken as it is written").compare("vm-disk")
    choose(screen, 0).wait("How large").press("CTRL-U", "12 GB", "ENTER").wait('unknown unit "GB"').press("ENTER")
    screen.wait("How large").press("CTRL-U", "6 GiB", "ENTER").wait("6 GiB")
    choose(screen, 1).wait("Where is the disk").compare("vm-pool").press("DOWN", "ENTER").wait("library")
    choose(screen, 2).wait("all taken at once").press("ESC").wait("in their order")
    choose(screen, 1).wait("How large").press("ENTER").wait("xvdb").compare("vm-disks-two")
    choose(screen, 1, 4).wait("in their order")
    assert "xvdb" not in screen.text()
    screen.press("ESC").wait("xvda 6 GiB, new in library")


def test_existing_disk_and_cd(start):
    screen = choose(debian(start()), DISKS, 2).wait("An image file")
    screen.press("disk.img", "ENTER").wait('begins with "/"').press("ENTER").wait("An image file").press("ESC")
    screen.wait("in their order")
    choose(screen, 3).wait("MEMTEST").wait("Not there now: usb").compare("vm-iso").press("ENTER").wait("memtest.iso")
    screen.press("ESC").wait("xvda 8 GiB, xvdb CD memtest.iso")


def test_nics(start):
    screen = choose(debian(start()), NICS).wait("plugged into a bridge").compare("vm-nics")
    choose(screen, 0).wait("drawn when it is made").compare("vm-nic")
    choose(screen, 0).wait("Which network").press("DOWN", "ENTER").wait("xenbri")
    choose(screen, 1).wait("00:16:3e").press("00:16:3e:00:00", "ENTER").wait("00:16:3e:00:00").press("ENTER")
    screen.wait("Xen's range").press(":07", "ENTER").wait("00:16:3e:00:00:07").press("ESC").wait("plugged into")
    choose(screen, 1).wait("Which network").press("ENTER").wait("Adapter 2").press("ESC").wait("xenbri, xenbr0")


def test_guard(start):
    """MAC alone, then addresses: bad ones are refused; Back leaves all as it was."""
    screen = choose(choose(choose(debian(start()), NICS).wait("plugged into"), 0).wait("Remove"), 2)
    choose(screen.wait("in the name of").compare("vm-guard"), 1).wait("Remove").wait("its own MAC")
    choose(choose(screen, 2).wait("in the name of"), 2).wait("blanks between").press("192.0.2.7/24", "ENTER")
    screen.wait("is an address in a").press("ENTER").wait("blanks between").press("ESC").wait("in the name of")
    screen.press("ESC").wait("Remove").wait("its own MAC")
    choose(choose(screen, 2).wait("in the name of"), 2).wait("blanks between").press("192.0.2.7,2001:db8::7", "ENTER")
    screen.wait("192.0.2.7 2001:db8::7").press("ESC").wait("xenbr0, new MAC address, guarded").press("ESC")
    choose(screen.wait("Each heading"), CONFIG).wait("What will be done").press("PGDN", "PGDN")
    screen.wait("script=vif-guarded").press("ENTER").wait("Each heading")
    choose(choose(choose(screen, NICS).wait("plugged into"), 0).wait("192.0.2.7"), 2).wait("in the name of")
    choose(screen, 0).wait("Anti-spoofing  off")


def test_a_script_of_its_own_is_not_replaced(root):
    path = root / "etc/xen/web.cfg"
    path.write_text(path.read_text().replace("bridge=xenbr0", "bridge=xenbr0,script=vif-own"))
    screen = manager(root).wait("Domain-0").press("/", "web", "ENTER").wait("only *web*").press("e").wait("Each heading")
    choose(choose(choose(screen, NICS).wait("plugged into"), 0).wait("Remove"), 2).wait("script=vif-own").press("ENTER")
    screen.wait("Anti-spoofing  off")


def test_installation(start):
    screen = choose(debian(start()), INSTALL).wait("for the first start only").compare("vm-install")
    choose(screen, 0).wait("CD or ISO file").compare("vm-install-source").press("ESC").wait("first start only")
    choose(screen, 1).wait("mirror").press("CTRL-U", "ftp://x", "ENTER").wait("ftp://x").press("ENTER")
    screen.wait("mirror").press("CTRL-U", "http://other.example/debian", "ENTER").wait("http://other.example/debian")


def test_options_of_hvm(start):
    screen = system(start(), "win2022").compare("vm-summary-windows")
    choose(screen, OPTIONS).wait("Screen by VNC").compare("vm-options")
    choose(screen, 0).wait("yes")
    choose(screen, 9).wait("real CPUs").press("0-1", "ENTER").wait("0-1").press("ESC").wait("on CPUs 0-1")


def test_configuration_is_seen_before_anything_is_made(start):
    screen = choose(debian(start()), CONFIG).wait("What will be done").compare("vm-config")
    screen.press("PGDN", "PGDN").wait('name = "debian13"').press("ENTER").wait("Each heading")


def test_name_taken_meanwhile_is_an_error(root, tmp_path):
    facts = facts_with(tmp_path)
    screen = choose(debian(wizard(root, facts).wait("Which system")), NAME)
    screen.press("CTRL-U", "mail", "ENTER").wait("mail").press("ENTER").wait("at most 63")


def test_from_the_manager(root):
    screen = manager(root).wait("Domain-0").press("n").wait("Which system").press("ENTER")
    screen.wait("Each heading").press("ENTER").wait("What will be done").press("ENTER").wait("nothing was made")


def test_edit(root):
    screen = manager(root).wait("Domain-0").press("/", "web", "ENTER").wait("only *web*").press("e")
    screen.wait("Each heading").compare("vm-edit")
    choose(screen, HARDWARE).wait("The host has").press("CTRL-U", "600", "ENTER").wait("600 MiB")
    choose(screen, CONFIG).wait("# the shop").wait("memory = 600").press("ENTER").wait("Each heading")
    choose(screen, OK).wait("# the shop").press("ENTER").wait("nothing was written")


def test_edit_without_a_file(root):
    screen = manager(root).wait("Domain-0").press("/", "mail", "ENTER").wait("only *mail*").press("e")
    screen.wait("No such file").press("ENTER").wait("only *mail*")


def test_wide(start):
    debian(start(lines=43, columns=132)).compare("vm-summary-wide")


def test_vt100(start):
    start(term="vt100").compare("vm-os-vt100").press("ENTER").wait("Each heading")


def test_too_small(root):
    screen = wizard(root, columns=79)
    assert screen.end() == 1
    assert "80x24" in screen.raw.decode()


def test_plain_lines(root):
    """A terminal that cannot place its cursor: the same questions, line by line."""
    screen = wizard(root, term="dumb").wait("Number or name [demo pv]")
    screen.press("1", "ENTER").wait("Number or name [OK]").press("1", "ENTER").wait("xl create")


# Golden file and what it shows, in the order of the walkthrough's part B
SCREENS = [
    ("The manager (B1)", [
        ("vm-list", "The live list. Rates come from two looks; the choice stays on its guest while rows move."),
        ("vm-list-by-cpu", "`o` orders it by another column, dom0 stays above."),
        ("vm-filter", "`/` shows only the names that hold a text."),
        ("vm-list-wide", "A wider terminal: longer names, method, autostart."),
        ("vm-menu", "Enter: all that can be done, with the command of `xl` it stands for, or why it cannot be."),
        ("vm-menu-off", "The same for a guest that is off."),
        ("vm-help", "F1."),
        ("vm-force-off", "Where something can be lost it is asked first, and No is the default."),
        ("vm-delete", "Delete: the first entry deletes nothing."),
        ("vm-clone", "Clone."),
        ("vm-rename", "Rename."),
        ("vm-resources", "Memory, CPUs, pinning and weight of a guest that runs (C3 to C6)."),
        ("vm-memory", "`M`: the whole host's memory (C6). The bars: each machine's part in its letter."),
        ("vm-memory-moved", "The border between two guests was moved by eight steps; nothing has happened yet."),
        ("vm-memory-plan", "Enter: who gives, who takes, in which order; asked before it is done."),
        ("vm-move", "`t`: the hosts that this one knows (C7). Both are asked before anything is begun."),
        ("vm-move-way", "How it moves."),
        ("vm-move-off", "One that is off: with its disks, or without."),
        ("vm-take", "`s`: its disk on a shared pool is another host's. No is the default."),
        ("vm-cd", "The CD of an HVM guest."),
        ("vm-details", "Details and logs."),
        ("vm-details-summary", "Name of the guest's port on the host's side of the bridge included (C1)."),
        ("vm-details-console", "The console's log, without its escape sequences.")]),
    ("The wizard (B2 to B11)", [
        ("vm-os", "B2: the systems. The last word says what was tried."),
        ("vm-os-cannot", "The same on a CPU without VT-x or AMD-V: listed with the reason, not selectable."),
        ("vm-summary-demo-pv", "B3: the one page. OK at once makes a working guest."),
        ("vm-summary", "B3 for Debian."),
        ("vm-summary-windows", "B3 for Windows: what is still missing stands above the list."),
        ("vm-method", "B4: Virtualization Method."),
        ("vm-method-cannot", "B4 on a CPU without VT-x or AMD-V."),
        ("vm-name", "B5: Name of Virtual Machine."),
        ("vm-hardware", "B6: Hardware."),
        ("vm-disks", "B7: Disks."),
        ("vm-disk", "B7: one disk."),
        ("vm-pool", "B7: where it is kept."),
        ("vm-nics", "B8: Network Adapters."),
        ("vm-nic", "B8: one adapter."),
        ("vm-guard", "B8: what it may send."),
        ("vm-install", "B9: Operating System Installation."),
        ("vm-install-source", "B9: the source."),
        ("vm-options", "Options of an HVM guest."),
        ("vm-config", "Configuration: what will be done and the xl.cfg, before anything is made."),
        ("vm-edit", "The same pages on a guest that is there.")]),
]


def test_screens_are_in_the_docs():
    """vmwizard/SCREENS.md is made of the golden files; GOLDEN=1 writes it."""
    text = ("# The screens of domus-vm\n\nMade by `make golden` from tests/tui/golden; each is compared whole by "
            "tests/tui/vm_manager_test.py\nand tests/tui/vm_wizard_test.py. All but one are 80x24.\n")
    for heading, screens in SCREENS:
        text += f"\n## {heading}\n"
        for name, about in screens:
            text += f"\n{about}\n\n```\n{(GOLDEN / f'{name}.txt').read_text().rstrip()}\n```\n"
    path = TOP / "vmwizard/SCREENS.md"
    if os.environ.get("GOLDEN"):
        path.write_text(text)
    assert path.read_text() == text
