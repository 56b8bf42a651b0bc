# SPDX-License-Identifier: GPL-2.0-or-later
"""A finished image that is given a host's file."""

import subprocess


def with_file(iso, text, output):
    """A copy with the file as /domus.conf, made as README.md says."""
    output.parent.mkdir(parents=True, exist_ok=True)
    output.unlink(missing_ok=True)
    source = output.parent / "my.conf"
    source.write_text(text)
    subprocess.run(["xorriso", "-indev", iso, "-outdev", output, "-boot_image", "any", "replay", "-map", source,
                    "/domus.conf"], check=True, capture_output=True)
    return output
