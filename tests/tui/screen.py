# SPDX-License-Identifier: GPL-2.0-or-later
"""A program on a terminal of a known size, its screen as text."""

import codecs
import os
import time
from pathlib import Path

import pexpect
import pyte

TOP = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).resolve().parent / "golden"

KEYS = {"UP": "\033OA", "DOWN": "\033OB", "RIGHT": "\033OC", "LEFT": "\033OD", "TAB": "\t", "ENTER": "\r",
        "ESC": "\033", "SPACE": " ", "F1": "\033OP", "F5": "\033[15~", "CTRL-C": "\003", "BACKSPACE": "\177", "CTRL-U": "\025",
        "HOME": "\033OH", "END": "\033OF", "PGDN": "\033[6~", "PGUP": "\033[5~"}


class Screen(pyte.Screen):
    """With the scrolling and repeating that xterm has and pyte has not."""

    def draw(self, data):
        super().draw(data)
        self.last_drawn = data[-1:]

    def margin(self):
        return self.margins or pyte.screens.Margins(0, self.lines - 1)

    def scroll_up(self, count=1, **_):
        y, x, bottom = self.cursor.y, self.cursor.x, self.margin().bottom
        for _ in range(count or 1):
            self.cursor.y = bottom
            self.index()
        self.cursor.y, self.cursor.x = y, x

    def scroll_down(self, count=1, **_):
        y, x, top = self.cursor.y, self.cursor.x, self.margin().top
        for _ in range(count or 1):
            self.cursor.y = top
            self.reverse_index()
        self.cursor.y, self.cursor.x = y, x

    def repeat(self, count=1, **_):
        pyte.Screen.draw(self, self.last_drawn * (count or 1))


class Stream(pyte.Stream):
    """The line drawing set too, which pyte leaves out in UTF-8."""
    csi = dict(pyte.Stream.csi, S="scroll_up", T="scroll_down", b="repeat")
    events = pyte.Stream.events | {"scroll_up", "scroll_down", "repeat"}

    def __init__(self, screen):
        super().__init__(screen)
        self.use_utf8 = False


class Terminal:
    """Runs argv; what it draws is kept in a pyte screen."""
    quiet = 0.15  # seconds without a byte: the screen is complete
    gap = 0       # the same after each key

    def __init__(self, argv, lines=24, columns=80, term="xterm", env=None, knows_size=True):
        self.screen = Screen(columns, lines)
        self.stream = Stream(self.screen)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.raw = b""
        environment = {"PATH": os.environ["PATH"], "TERM": term, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        environment.update(env or {})
        self.child = pexpect.spawn(str(argv[0]), [str(a) for a in argv[1:]],
                                   dimensions=(lines, columns) if knows_size else (0, 0),
                                   env=environment, cwd=TOP, timeout=20)

    @classmethod
    def on_line(cls, child, lines=24, columns=80):
        """The same on a line that pexpect has open already: an emulated machine's serial port."""
        self = cls.__new__(cls)
        self.screen = Screen(columns, lines)
        self.stream = Stream(self.screen)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.raw = b""
        self.child = child
        self.quiet, self.gap = 1.0, 0.3  # an emulated machine pauses in the middle of a screen
        return self

    def feed(self, seconds=0.05):
        """Takes what the program has drawn; False at its end."""
        try:
            data = self.child.read_nonblocking(65536, timeout=seconds)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += data
        self.stream.feed(self.decoder.decode(data))
        return True

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip("\n") + "\n"

    def wait_any(self, words, seconds=20):
        """Until one of the texts is on the screen (not: has been), and the screen has come to rest."""
        limit = time.monotonic() + seconds
        alive = True
        while time.monotonic() < limit:
            if any(word in self.text() for word in words):
                self.rest()
                if any(word in self.text() for word in words):
                    return self
            if not alive:
                break
            alive = self.feed()
        missing = '" or "'.join(words)
        raise AssertionError(f'"{missing}" did not appear:\n{self.text()}')

    def wait(self, word, seconds=20):
        return self.wait_any([word], seconds)

    def wait_line(self, line, word, seconds=20):
        """Until the text is on that line, from 0."""
        limit = time.monotonic() + seconds
        while word not in self.screen.display[line]:
            assert time.monotonic() < limit and self.feed(), f'"{word}" not in line {line}:\n{self.text()}'
        self.rest()
        return self

    def rest(self, quiet=None):
        """Reads until nothing more comes for so long."""
        quiet = quiet or self.quiet
        before, limit = None, time.monotonic() + 10
        while before != self.raw and time.monotonic() < limit:
            before = self.raw
            if not self.feed(quiet):
                break

    def press(self, *keys):
        for key in keys:
            self.child.send(KEYS.get(key, key))
            if len(key) == 1 and key.isalpha():
                self.rest()  # a letter jumps in a list, and libdialog throws away what is typed until it has
            elif self.gap:
                self.rest(self.gap)
            if key == "ESC":
                self.rest()
                time.sleep(0.4)  # what follows at once would make it a function key
        return self

    def resize(self, lines, columns):
        self.screen.resize(lines, columns)
        self.child.setwinsize(lines, columns)
        return self

    def end(self, seconds=20):
        """Waits for the program's end; its exit code."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit and self.feed(0.2):
            pass
        self.child.close()
        return self.child.exitstatus

    def compare(self, name):
        """The whole screen against golden/NAME.txt; GOLDEN=1 in the environment rewrites it."""
        path = GOLDEN / f"{name}.txt"
        if os.environ.get("GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(self.text())
        expected = path.read_text() if path.exists() else ""
        assert self.text() == expected, f"{path.name} differs:\n{self.text()}"
        return self
