# SPDX-License-Identifier: GPL-2.0-or-later
"""domus-vm on a machine that is a file: its root directory, its facts, its screen."""

import json
import shutil

from tui.screen import TOP, Terminal

PROGRAM = TOP / "build" / "bin" / "domus-vm"
FACTS = TOP / "tests" / "tui" / "vm_facts.json"

WEB_CFG = """# the shop
# domus.os = debian12
# domus.made = /dev/domus/web
name = "web"
uuid = "7a9c0c52-93c5-4d1c-8d5c-0c9a38a0a001"
type = "pv"
memory = 512
maxmem = 1024
vcpus = 1
maxvcpus = 2
kernel = "/usr/lib/grub-xen/grub-x86_64-xen.bin"
disk = [ "format=raw,vdev=xvda,access=rw,target=/dev/domus/web" ]
vif = [ "mac=00:16:3e:11:22:33,bridge=xenbr0",
        "mac=00:16:3e:11:22:34,bridge=xenbri,script=vif-guarded,ip=192.0.2.7 2001:db8::7" ]
"""

CONSOLE_LOG = "\033[1;31mLinux version 6.12\033[0m\r\nReached target multi-user.\r\n\033[Hweb login: "


def make_root(folder):
    """What the program reads besides the facts."""
    shutil.copytree(TOP / "configs" / "os", folder / "usr/share/domus/os")
    (folder / "etc/xen").mkdir(parents=True)
    for name in ("web", "build", "lab"):
        (folder / f"etc/xen/{name}.cfg").write_text(WEB_CFG.replace('"web"', f'"{name}"').replace("/web\"", f"/{name}\""))
    (folder / "var/log/xen/console").mkdir(parents=True)
    (folder / "var/log/xen/console/guest-web.log").write_text(CONSOLE_LOG)
    return folder


def facts_with(folder, **changes):
    """The facts with other values of the host."""
    facts = json.loads(FACTS.read_text())
    facts["host"].update(changes)
    path = folder / "facts.json"
    path.write_text(json.dumps(facts))
    return path


def manager(root, facts=FACTS, **options):
    return Terminal([PROGRAM, "--root", root, "--facts", facts], **options)


def wizard(root, facts=FACTS, **options):
    return Terminal([PROGRAM, "create", "--root", root, "--facts", facts], **options)
