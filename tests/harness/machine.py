# SPDX-License-Identifier: GPL-2.0-or-later
"""An emulated machine, driven over its serial line: start, wait for texts, run commands, power off.

Nothing here sleeps: every wait is for a text, an end of the process or a limit. The serial line's whole
log stays in build/tests/NAME/serial.log; a failure shows the last screen and how to repeat the test.
"""

import os
import re
import shlex
import socket
import json
import time
from pathlib import Path

import pexpect
import pyte

TOP = Path(__file__).resolve().parents[2]
BUILD = TOP / "build"
ISO = BUILD / "domus.iso"
OVMF = Path("/usr/share/OVMF")
# Limits are for a slow machine with two emulated cores; DOMUS_SLOW=2 doubles them.
SLOW = float(os.environ.get("DOMUS_SLOW", "1"))

PROMPT = "domus-test# "
# In GRUB's menu: the first entry, where the system on the medium is; beside an installed disk it is not the default.
LIVE = "\x01\r"
# Xen keeps 128 characters of what comes over its serial line until dom0 reads them; the rest of a longer
# line is lost when dom0 is late.
LINE_MAX = 100


def kvm_works():
    """KVM is used only where it can run guests that use SVM or VMX themselves."""
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return os.access("/dev/kvm", os.W_OK) and re.search(r"\b(svm|vmx)\b", flags) is not None


def accel(cpu_extra=""):
    if kvm_works():
        return ["-accel", "kvm", "-cpu", "host" + cpu_extra]
    # With rdtscp PVH and HVM guests die under emulation ("SVM Insn len emulation failed"). With xsave programs
    # in dom0 lose registers while an HVM or PVH guest runs, and die at random or hang.
    return ["-accel", "tcg,thread=multi", "-cpu", "max,-rdtscp,-xsave" + cpu_extra]


class Failure(AssertionError):
    """What the test waited for did not come."""


class Machine:
    """One QEMU. medium: cd, stick or None; firmware: bios or uefi."""

    def __init__(self, name, medium="cd", firmware="bios", memory=2048, cpus=None, extra=(), iso=ISO,
                 nic="user", cpu_extra="", machine="pc"):
        self.name = name
        self.dir = BUILD / "tests" / name
        self.dir.mkdir(parents=True, exist_ok=True)
        self.qmp_path = self.dir / "qmp"
        self.qmp_path.unlink(missing_ok=True)
        # With more processors than the test may run on, they wait for each other: three times as slow.
        cpus = cpus or min(2, len(os.sched_getaffinity(0)))
        self.log_path = self.dir / "serial.log"
        # Half of the memory lies above 4 GiB, as on real machines, and is what Xen takes first. Where GRUB ran just
        # before, QEMU watches every write for changed code: unpacking dom0's kernel there takes 10 s instead of 1.5.
        self.argv = ["qemu-system-x86_64", *accel(cpu_extra), "-machine", f"{machine},max-ram-below-4g={memory // 2}M", "-smp", str(cpus),
                     "-m", str(memory), "-display", "none", "-vga", "std", "-no-user-config",
                     "-serial", "stdio", "-monitor", "none", "-qmp", f"unix:{self.qmp_path},server=on,wait=off"]
        if firmware == "uefi":
            self._add_uefi()
        elif firmware == "uefi-secure":
            self._add_uefi(".ms", ["-machine", "q35,smm=on", "-global",
                                   "driver=cfi.pflash01,property=secure,value=on"])
        if medium == "cd":
            self.argv += ["-cdrom", str(iso), "-boot", "d"]
        elif medium == "stick":
            self.argv += ["-device", "qemu-xhci", "-drive", f"if=none,id=stick,format=raw,readonly=on,file={iso}",
                          "-device", "usb-storage,drive=stick,bootindex=0"]
        if nic == "user":
            self.argv += ["-nic", "user,model=e1000"]
        elif nic:
            self.argv += ["-nic", nic]
        else:
            self.argv += ["-nic", "none"]
        self.argv += list(extra)
        self.child = None
        self.started = None

    def _add_uefi(self, kind="", more=()):
        code = OVMF / (f"OVMF_CODE_4M{'.secboot' if kind else ''}.fd")
        variables = self.dir / "OVMF_VARS.fd"
        variables.write_bytes((OVMF / f"OVMF_VARS_4M{kind}.fd").read_bytes())
        self.argv += list(more)
        self.argv += ["-drive", f"if=pflash,format=raw,readonly=on,file={code}",
                      "-drive", f"if=pflash,format=raw,file={variables}"]

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.log = open(self.log_path, "wb")
        self.started = time.monotonic()
        self.child = pexpect.spawn(self.argv[0], self.argv[1:], timeout=120 * SLOW, maxread=65536,
                                   dimensions=(24, 80), echo=False)
        self.child.logfile_read = self.log
        self.child.delaybeforesend = None
        return self

    def stop(self):
        if self.child is not None:
            self.child.close(force=True)
            self.log.close()
            self.child = None

    # --- the serial line

    def screen(self):
        """The last screen of the serial line, as a person would see it."""
        screen = pyte.Screen(80, 24)
        stream = pyte.ByteStream(screen)
        self.log.flush()
        stream.feed(self.log_path.read_bytes()[-20000:])
        return "\n".join(line.rstrip() for line in screen.display).strip("\n")

    def fail(self, why):
        raise Failure(f"{why}\n--- last screen of {self.name} (all of it: {self.log_path})\n{self.screen()}\n"
                      f"--- to repeat: make test T={self.name}\n--- machine: {shlex.join(self.argv)}")

    def expect(self, *patterns, timeout=60):
        """Waits for the first of the regular expressions; returns its index."""
        try:
            return self.child.expect(list(patterns), timeout=timeout * SLOW)
        except pexpect.TIMEOUT:
            self.fail(f"waited {timeout * SLOW:.0f} s in vain for {' or '.join(patterns)}")
        except pexpect.EOF:
            self.fail(f"the machine stopped before {' or '.join(patterns)}")

    def send(self, text):
        self.child.send(text)

    def boot(self, entry=None, timeout=120):
        """From power-on through GRUB's menu (entry: its keystrokes) to a shell with our prompt."""
        self.expect("Domus live", timeout=timeout)
        self.send(entry if entry is not None else "\r")
        self.login(timeout)

    def login(self, timeout=120):
        self.expect(r"root@[^ ]*[#] $", r"[#] $", timeout=timeout)
        self.shell_ready()

    def shell_ready(self):
        """Fixes prompt and terminal, so that commands can be told from their output."""
        self.send(f"stty -echo cols 200; PS1='{PROMPT[:6]}''{PROMPT[6:]}'\r")
        self.expect(re.escape(PROMPT), timeout=20)

    def run(self, command, timeout=60, check=True):
        """Runs a command line in the shell; returns its output. check: a status other than 0 fails."""
        if len(command) > LINE_MAX:
            command = self._put_aside(command)
        self.send(f"{command}; echo \"rc\"=$?\r")
        self.expect(r"rc=(\d+)\s", timeout=timeout)
        output = re.sub(r"\r+\n", "\n", self.child.before.decode(errors="replace"))
        # Xen speaks on the same line, and between any two of ours.
        output = re.sub(r"^\(XEN\) .*\n", "", output, flags=re.M)
        status = int(self.child.match.group(1))
        self.expect(re.escape(PROMPT), timeout=20)
        if check and status != 0:
            self.fail(f"`{command}` ended with status {status}: {output.strip()[-2000:]}")
        return output if check else (status, output)

    def _put_aside(self, command):
        """Writes a long command to a file over there, bit by bit; returns the one that carries it out."""
        self.run(": >/tmp/.command")
        for start in range(0, len(command), LINE_MAX // 2):
            self.run(f"printf %s {shlex.quote(command[start:start + LINE_MAX // 2])} >>/tmp/.command")
        return ". /tmp/.command"

    def wait_off(self, timeout=60):
        """Waits until the machine has powered itself off."""
        try:
            self.child.expect(pexpect.EOF, timeout=timeout * SLOW)
        except pexpect.TIMEOUT:
            self.fail(f"not powered off after {timeout * SLOW:.0f} s")

    def seconds(self):
        return time.monotonic() - self.started

    # --- QEMU's own monitor

    def qmp(self, command, **arguments):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(self.qmp_path))
            stream = sock.makefile("rw")
            stream.readline()
            for message in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                stream.write(json.dumps(message) + "\n")
                stream.flush()
                while True:
                    answer = json.loads(stream.readline())
                    if "return" in answer or "error" in answer:
                        break
        if "error" in answer:
            raise Failure(f"QEMU: {command}: {answer['error']['desc']}")
        return answer["return"]
