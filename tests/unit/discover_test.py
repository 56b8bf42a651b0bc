# SPDX-License-Identifier: GPL-2.0-or-later
"""domus-install unattended, on a machine without disks: where its file comes from, what is said and reported of an
error, what follows it. In a mount namespace of its own, with another kernel command line."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from harness.server import Server, certificate

TOP = Path(__file__).resolve().parents[2]
PROGRAM = TOP / "build/bin/domus-install"
TEXT = """\
[install]
licence = accepted
on-error = {on_error}
report = {report}

[root]
password = $6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1

[disk]
only = yes
"""
FAILS = "there is no release to install here"
# What the machine has: its command line, CA certificates, the medium; programs that only note that they were called.
INSIDE = """
cd "$1"
mount --bind cmdline /proc/cmdline
mount --bind ca.pem /etc/ssl/certs/ca-certificates.crt
rm -rf run
mkdir run
mount --bind run /run
mkdir -p /run/domus/medium
[ ! -e medium.conf ] || cp medium.conf /run/domus/medium/domus.conf
[ ! -e domus ] || cp -R domus /run/domus/medium/
folder=$1 program=$2
shift 2
PATH=$folder/bin:$PATH exec "$program" "$@"
"""


class Machine:
    def __init__(self, folder, ca=b"", volumes=""):
        self.folder = folder
        (folder / "bin").mkdir(parents=True)
        (folder / "ca.pem").write_bytes(ca)
        for name in ("reboot", "poweroff"):
            self.program(name, f"echo {name} >>{folder}/called")
        self.program("blkid", f"cat <<END\n{volumes}END")

    def program(self, name, text):
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def start(self, place=None, words=()):
        (self.folder / "cmdline").write_text("quiet domus.unattended" + (f" domus.config={place}\n" if place else "\n"))
        return self.call("unattended", *words)

    def call(self, *words):
        argv = ["unshare", "--mount", "--propagation", "unchanged", "sh", "-euc", INSIDE, "sh", self.folder, PROGRAM,
                *words]
        return subprocess.Popen(argv, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)

    def run(self, place=None):
        started = self.start(place)
        output = started.communicate(timeout=60)[0]
        assert started.returncode == 1, output
        return output

    def called(self):
        path = self.folder / "called"
        return path.read_text().split() if path.exists() else []


DVD, STICK = (f'/dev/{name}: LABEL="DOMUS_12AB" TYPE="iso9660"\n' for name in ("sr0", "sda"))


@pytest.mark.parametrize("component, slot, volumes, reason", [
    ("hvm", "", "", "this system is not an installed one"),
    ("qemu", "domus.slot=a domus.esp=b", "", 'there is no component "qemu"'),
    ("hvm", "domus.slot=a domus.esp=b", "", "there is no medium of Domus"),
    ("remote", "domus.slot=a domus.esp=b", STICK + DVD, "several media of Domus, take all but one out: /dev/sda /dev/sr0"),
    ("hvm", "domus.slot=a domus.esp=b", '/dev/null: LABEL="DOMUS_12AB"\n', "cannot mount /dev/null")],
    ids=["live", "name", "none", "several", "medium"])
def test_component_that_cannot_be_added(tmp_path, component, slot, volumes, reason):
    machine = Machine(tmp_path / "m", volumes=volumes)
    machine.program("findfs", "echo /dev/null")
    (machine.folder / "cmdline").write_text(f"quiet {slot}\n")
    (machine.folder / "domus").mkdir()
    (machine.folder / "domus/SHA256SUMS").write_text(f"{'0' * 64}  layers/base.squashfs\n")
    started = machine.call("add", component)
    output = started.communicate(timeout=60)[0]
    assert started.returncode == 1 and f"domus-install: {component} was not added: " in output and reason in output, output


def text(on_error="shell", report=""):
    return TEXT.format(on_error=on_error, report=report).replace("report = \n", "")


def test_file_on_the_medium(tmp_path):
    machine = Machine(tmp_path / "m")
    output = machine.run()
    assert "no file found: none is named by domus.config=, no volume is labelled DOMUSCFG, and the medium has no " \
           "/domus.conf" in output, output
    (machine.folder / "medium.conf").write_text(text())
    output = machine.run()
    assert "Unattended installation, from /domus.conf on the medium" in output and FAILS in output, output
    assert "The log is /run/domus/install/log; log in for a shell." in output and machine.called() == []
    assert FAILS in (machine.folder / "run/domus/install/log").read_text()


def test_every_error_of_the_file(tmp_path):
    """With its line; nothing is called by a file that cannot be read."""
    machine = Machine(tmp_path / "m")
    wrong = "[install]\nlicence = yes\non-error = poweroff\n[bridge x]\nporst = auto\n"
    (machine.folder / "medium.conf").write_text(wrong)
    output = machine.run()
    assert "domus.conf:2: error: " in output and "domus.conf:5: error: " in output and "ports" in output, output
    assert "The installation failed: " in output and " errors in the file" in output, output


@pytest.mark.parametrize("place, reason", [
    ("http://127.0.0.1:{port}/none.conf", "404"), ("http://127.0.0.1:1/domus.conf", "127.0.0.1:1"),
    ("ftp://127.0.0.1/domus.conf", "give https://, http://, tftp:// or LABEL=NAME:/path"),
    ("LABEL=NONE:/domus.conf", "there is no volume labelled NONE"),
    ("LABEL=TWICE:/domus.conf", "several volumes are labelled TWICE, take all but one out: /dev/sdx1 /dev/sdy1")],
    ids=["404", "refused", "scheme", "none", "several"])
def test_place_that_is_none(tmp_path, place, reason):
    """It was named, so no other place is looked at."""
    twice = "".join(f'/dev/{name}: LABEL="TWICE" TYPE="vfat"\n' for name in ("sdx1", "sdy1"))
    machine = Machine(tmp_path / "m", volumes=twice)
    (machine.folder / "medium.conf").write_text(text())
    with Server({}) as server:
        output = machine.run(place.format(port=server.port))
    assert reason in output and FAILS not in output, output


def test_certificates(tmp_path):
    """A file, and a report, only over a connection whose certificate is right; a report that fails is said."""
    both, cert = certificate(tmp_path, "127.0.0.1")
    plain, secure = Server({}), Server({}, both)
    with plain, secure:
        report = f"https://127.0.0.1:{secure.port}/report"
        plain.files["/a.conf"] = secure.files["/a.conf"] = text(report=report).encode()
        from_plain, from_secure = (f"{s.scheme}://127.0.0.1:{s.port}/a.conf" for s in (plain, secure))
        stranger = Machine(tmp_path / "stranger", ca=certificate_of_another(tmp_path))
        output = stranger.run(from_secure)
        assert "certificate" in output and FAILS not in output, output
        output = stranger.run(from_plain)
        assert f"Unattended installation, from {from_plain}" in output and FAILS in output, output
        assert f"cannot report to {report}: " in output and "certificate" in output and secure.posted == [], output
        output = Machine(tmp_path / "friend", ca=cert.read_bytes()).run(from_secure)
        assert FAILS in output and "cannot report" not in output, output
        said = [(path, json.loads(data)) for path, data in secure.posted]
    assert [(path, item["result"], FAILS in item["error"]) for path, item in said] == [("/report", "failed", True)]


def certificate_of_another(folder):
    other = folder / "other"
    other.mkdir()
    return certificate(other, "127.0.0.1")[1].read_bytes()


WAIT = 3  # seconds, for those that wait out the restart


def test_what_follows_an_error(tmp_path):
    """Power off at once; restart a while later, in which somebody may read what is wrong."""
    machines = {word: Machine(tmp_path / word) for word in ("poweroff", "reboot")}
    started = {}
    begin = time.monotonic()
    for word, machine in machines.items():
        (machine.folder / "medium.conf").write_text(text(word))
        started[word] = machine.start(words=["--wait", str(WAIT if word == "reboot" else 60)])
    output = started["poweroff"].communicate(timeout=25)[0]
    assert FAILS in output and machines["poweroff"].called() == ["poweroff"], output
    output = started["reboot"].communicate(timeout=60)[0]
    assert FAILS in output and f"Restarting in {WAIT} seconds." in output, output
    assert machines["reboot"].called() == ["reboot"] and time.monotonic() - begin >= WAIT


def test_what_follows_an_error_by_itself(tmp_path):
    """Half a minute, unless it is said; it is not waited for here."""
    machine = Machine(tmp_path / "m")
    (machine.folder / "medium.conf").write_text(text("reboot"))
    started = machine.start()
    lines = []
    while not lines or (lines[-1] and "Restarting" not in lines[-1]):
        lines.append(started.stdout.readline())
    time.sleep(1)
    assert lines[-1] == "Restarting in 30 seconds.\n" and started.poll() is None and machine.called() == [], lines
    started.kill()
    started.communicate(timeout=20)
    (machine.folder / "medium.conf").unlink()
    refused = machine.start(words=["--wait", "soon"])
    assert "--wait: " in refused.communicate(timeout=20)[0] and refused.returncode == 2
