# SPDX-License-Identifier: GPL-2.0-or-later
"""The hooks of an installed host's first start: first_boot() of /etc/rc.late, with a /var of its own."""

import re
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
FUNCTION = re.search(r"^first_boot\(\) {\n.*?^}\n", (TOP / "dom0-rootfs/files/etc/rc.late").read_text(), re.M | re.S)[0]
# As installer/plan_ops.c calls them: number, time limit, name.
HOOKS = {"001-60-good": "echo good; hostname >/dev/null", "002-60-bad": "echo bad >&2; exit 7",
         "003-1-slow": "echo slow; sleep 300", "004-60-last": "echo last >>/var/last"}


def test_first_boot():
    """Each once, in order, none longer than it may; output kept, failures named, and no hook stops another."""
    script = "set -u\nmount -t tmpfs tmpfs /var\nmkdir -p /var/log /var/lib/domus/first-boot\n"
    for name, text in HOOKS.items():
        script += f"echo '{text}' >/var/lib/domus/first-boot/{name}\n"
    script += f"{FUNCTION}first_boot\necho status $?\ngrep . /var/log/domus-hook-*.log /var/last\nls /var/lib/domus\n"
    done = subprocess.run(["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", script], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    log = "/var/log/domus-hook-{}.log".format
    assert done.stdout.splitlines() == [
        f"hooks failed: {log('002-60-bad')} {log('003-1-slow')}", "status 1", f"{log('001-60-good')}:good",
        f"{log('002-60-bad')}:bad", f"{log('003-1-slow')}:slow", "/var/last:last"], done.stdout
