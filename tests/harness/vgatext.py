# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds words on the picture of an emulated screen: glyphs of the usual VGA font, 8 by 16, in cells 8 or 9 wide."""

from pathlib import Path

ROM = Path("/usr/share/seabios/vgabios-stdvga.bin")
LETTER_A = bytes([0, 0, 0x10, 0x38, 0x6C, 0xC6, 0xC6, 0xFE, 0xC6, 0xC6, 0xC6, 0xC6, 0, 0, 0, 0])


def font():
    """256 glyphs of 16 bytes, as the VGA's BIOS has them."""
    rom = ROM.read_bytes()
    start = rom.index(LETTER_A) - ord("A") * 16
    return [rom[start + i * 16:start + i * 16 + 16] for i in range(256)]


class Picture:
    """A PPM file (P6)."""

    def __init__(self, data):
        words, at = [], 0
        while len(words) < 4:
            end = at
            while data[end:end + 1] not in (b" ", b"\n", b"\t"):
                end += 1
            words.append(data[at:end])
            at = end + 1
        assert words[0] == b"P6" and words[3] == b"255", words
        self.width, self.height, self.data = int(words[1]), int(words[2]), data[at:]

    def pixel(self, x, y):
        at = (y * self.width + x) * 3
        return self.data[at:at + 3]

    def row(self, x, y, paper):
        """Eight pixels as bits, those of the paper's colour being 0."""
        return sum(1 << (7 - i) for i in range(8) if self.pixel(x + i, y) != paper)

    def has_glyph(self, x, y, glyph):
        """Only the lines that a VGA's glyph has something in tell anything; the first is always paper."""
        paper = self.pixel(x, y)
        return all(self.row(x, y + line, paper) == glyph[line] for line in range(16))

    def has(self, text):
        """Whether the text stands anywhere, in one line."""
        glyphs = [font()[ord(letter)] for letter in text]
        line = next(i for i in range(16) if glyphs[0][i])
        for cell in (9, 8):
            for y in range(self.height - 16):
                for x in range(self.width - cell * len(text)):
                    if self.row(x, y + line, self.pixel(x, y)) != glyphs[0][line]:
                        continue
                    if all(self.has_glyph(x + i * cell, y, glyph) for i, glyph in enumerate(glyphs)):
                        return True
        return False
