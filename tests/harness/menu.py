# SPDX-License-Identifier: GPL-2.0-or-later
"""The medium's boot menu, by keystrokes."""

import re

from harness.machine import BUILD

DOWN = "\x0e"  # GRUB reads Ctrl-N as the arrow key


def entry_keys(wanted):
    """Keystrokes that choose a top-level entry of the menu by its id."""
    ids, in_submenu, previous = [], False, ""
    for line in (BUILD / "iso/boot/grub/grub.cfg").read_text().splitlines():
        match = re.match(r"(menuentry|submenu) .*--id (\S+) \{", line)
        if match and not in_submenu:
            ids.append(match.group(2))
            in_submenu = match.group(1) == "submenu"
        elif line == previous == "}":  # the last entry of a submenu, then the submenu
            in_submenu = False
        previous = line
    return DOWN * ids.index(wanted) + "\r"
