# SPDX-License-Identifier: GPL-2.0-or-later
"""Each kind of question, in each way of asking."""

import subprocess

import pytest

from tui.screen import TOP, Terminal

DEMO = TOP / "build" / "tui" / "uidemo"


def start(**options):
    return Terminal([DEMO], **options).wait("Greeting")


def test_dialogs():
    demo = start().compare("demo-message").press("ENTER")
    demo.wait("Which colour?").compare("demo-menu").press("DOWN", "DOWN", "ENTER")
    demo.wait("Black is not a colour").compare("demo-why-not").press("ENTER")
    demo.wait("Which colour?").press("UP", "ENTER")
    demo.wait("Which parts?").compare("demo-checklist").press("DOWN", "SPACE", "ENTER")
    demo.wait("Who are you?").press("Ada", "DOWN", "x@:_").rest()
    demo.compare("demo-form").press("ENTER")
    demo.wait("Sure?").compare("demo-yes-no").press("LEFT", "ENTER")
    demo.wait("Step one").compare("demo-gauge").press(*"xxxxx")
    demo.wait("Step two").press("q")
    assert demo.end() == 0
    assert "colour=1\r\nwheel=1\r\nmotor=1\r\nwing=0\r\nname=Ada\r\nword=x@:_\r\nplace=here\r\nresult=0" in demo.raw.decode()


def test_help_and_back_keep_answers():
    demo = start().press("F1").wait("Help for the greeting").press("ENTER")
    demo.wait("A text that is").press("ENTER").wait("Which colour?").press("DOWN", "ENTER")
    demo.wait("Which parts?").press("SPACE", "ENTER").wait("Who are you?").press("Ada").rest()
    demo.press("ESC").wait("[ ] wheel").press("ESC").wait("Which colour?").press("ENTER")
    demo.wait("Which parts?").press("ENTER").wait("Ada").press("TAB", "TAB", "ENTER")
    demo.wait("[ ] wheel")


def test_abort_asks_first_and_no_is_the_default():
    demo = start().press("CTRL-C").wait("Nothing has been written.").compare("demo-abort").press("ENTER")
    demo.wait("A text that is").press("CTRL-C").wait("Nothing has been written.").press("LEFT", "ENTER")
    assert demo.end() == 0
    assert "result=2" in demo.raw.decode()


@pytest.mark.parametrize("lines,columns", [(24, 79), (23, 80)])
def test_too_small_is_refused(lines, columns):
    demo = Terminal([DEMO], lines=lines, columns=columns)
    assert demo.end() == 1
    assert f"needs a terminal of 80x24 at least, this one has {columns}x{lines}" in " ".join(demo.text().split())
    assert "\033[" not in demo.raw.decode()


def test_line_without_a_size():
    """As Xen's serial console: the terminal is asked where its last corner is."""
    demo = Terminal([DEMO], lines=43, columns=132, knows_size=False)
    while b"\033[6n" not in demo.raw:
        assert demo.feed(1)
    demo.child.send("\033[43;132R")
    demo.wait("Greeting").wait_line(41, " F1 Help")
    assert demo.child.getwinsize() == (43, 132)


def test_line_without_a_size_or_an_answer():
    demo = Terminal([DEMO], knows_size=False).wait("Greeting")
    assert demo.child.getwinsize() == (24, 80)


def test_large():
    start(lines=43, columns=132).press("ENTER").wait("Which colour?").compare("demo-menu-132x43")


def test_vt100_gets_ascii_lines():
    demo = start(term="vt100").press("ENTER").wait("Which colour?").compare("demo-menu-vt100")
    assert b"\016" not in demo.raw and b"\033(0" not in demo.raw


@pytest.mark.parametrize("term", ["dumb", "no-such-terminal"])
def test_plain_lines(term):
    demo = Terminal([DEMO], term=term).wait("Greeting").press("ENTER").wait("Number or name [red]").press("black", "ENTER")
    demo.wait("Black is not a colour.").press("ENTER").wait("Number or name [black]").press("2", "ENTER")
    demo.wait("[x] wheel").press("motor", "ENTER").wait("[x] motor").press("ENTER").wait("Name:").press("<", "ENTER")
    demo.wait("[x] motor").press("ENTER").wait("Name:").press("Ada", "ENTER").wait("Password:").press("secret", "ENTER")
    demo.wait("yes or no [no]").press("yes", "ENTER").wait("0 %  Step one").press("q", "ENTER")
    assert demo.end() == 0
    assert b"\033" not in demo.raw and b"secret" not in demo.raw.split(b"result")[0].split(b"colour=")[0]
    assert b"colour=1" in demo.raw and b"word=secret" in demo.raw


def test_resize():
    demo = start().press("ENTER", "DOWN", "ENTER").wait("Which parts?").press("ENTER").wait("Who are you?").press("Ada")
    demo.rest()
    demo.resize(43, 132)
    demo.wait_line(41, " F1 Help")
    demo.compare("demo-form-grown")
    demo.resize(20, 60).wait("Too small: 60x20").resize(24, 80).wait("Ada").press("x").wait("Adax")
    demo.press("ENTER").wait("Sure?")


def test_shrink_with_large_box():
    """libdialog cannot make the box again in the size that it had."""
    demo = start(lines=43, columns=132).press("ENTER").wait("Which colour?").press("DOWN")
    demo.rest()
    demo.resize(24, 80).wait("Which colour?").press("ENTER").wait("Which parts?").press("ENTER").wait("Who are")


def test_lost_line():
    demo = start()
    demo.child.close()
    assert not demo.child.isalive()


def test_script():
    answers = "message = ok\ncolour = green\nparts = motor\nform = name=Ada;word=x@:_\nsure = yes\n"
    done = subprocess.run([DEMO, answers], capture_output=True, text=True, timeout=20, check=True, env={"UIDEMO_FAST": "1"})
    assert "colour=1\nwheel=0\nmotor=1\nwing=0\nname=Ada\nword=x@:_" in done.stdout
    assert "problem" not in done.stdout
    done = subprocess.run([DEMO, "message = ok\nparts = motor\n"], capture_output=True, text=True, timeout=20, check=True)
    assert 'problem: asked for "colour", answer is "parts = motor"' in done.stdout
