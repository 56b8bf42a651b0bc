# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the file of an unattended run comes from, what it reports, what follows an error; hooks and guests at the
first start; a host that is installed again and keeps its guests."""

import json
import re

import pytest

from install_test import FIRST_START, KEPT, apply, config_volume, conf, disk, drives, guest_runs, log_in, \
    powers_off, texts_drive
from harness.machine import BUILD, ISO, LIVE, Machine
from harness.server import Server, certificate
from harness.vm import online

# Fits no disk: every run ends before anything is written.
TEXT = """\
[install]
licence = accepted
on-error = {on_error}
report = {report}

[root]
password = $6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1

[disk]
model = none
"""


def name_place(machine, place):
    """As if the kernel's command line named the place."""
    machine.run(f"sed 's,$, domus.config={place},' /proc/cmdline | tr -d '\\n' >/tmp/cmdline")
    machine.run("mount -o bind /tmp/cmdline /proc/cmdline")


def unattended(machine, place, expected=1):
    name_place(machine, place)
    status, output = machine.run("domus-install unattended 2>&1", timeout=400, check=False)
    machine.run("umount /proc/cmdline")
    assert status == expected, output
    return output


@pytest.mark.full
def test_unattended_places():
    """http, https with a right and a wrong certificate, tftp, two volumes of one label; the report; power off."""
    name = "unattended_places"
    folder = BUILD / "tests" / name / "served"
    folder.mkdir(parents=True, exist_ok=True)
    both, cert = certificate(folder.parent, "10.0.2.2")
    files = {"/cert.pem": cert.read_bytes()}
    plain, secure = Server(files), Server(files, both)
    report = secure.url("report")

    def give(on_error):
        """By HTTP, HTTPS and TFTP."""
        files["/domus.conf"] = TEXT.format(on_error=on_error, report=report).encode()
        (folder / "domus.conf").write_bytes(files["/domus.conf"])

    give("shell")
    volumes = [config_volume(f"{name}_{word}", TEXT.format(on_error=word, report=report))
               for word in ("shell", "poweroff")]
    extra = drives(one=volumes[0], system=disk(name, "system.img"))
    with plain, secure, Machine(name, nic=f"user,model=e1000,tftp={folder}", extra=extra) as machine:
        machine.boot(timeout=300)
        online(machine)
        for place in (plain.url("domus.conf"), "tftp://10.0.2.2/domus.conf", "LABEL=DOMUSCFG:/domus.conf"):
            output = unattended(machine, place)
            assert f"Unattended installation, from {place.replace('LABEL=DOMUSCFG:', '')}" in output, output
            assert "fits no disk" in output and "log in for a shell" in output, output
            assert "cannot report" in output and "certificate" in output, output
        output = unattended(machine, secure.url("domus.conf"))
        assert "certificate" in output and "fits no disk" not in output, output
        for place, reason in ((plain.url("none.conf"), "404"), ("LABEL=NONE:/domus.conf", "no volume labelled NONE"),
                              ("ftp://10.0.2.2/domus.conf", "give https://"), ("LABEL=DOMUSCFG:/none", "none")):
            output = unattended(machine, place)
            assert reason in output and "fits no disk" not in output, output
        assert secure.posted == []

        trust(machine, plain)
        output = unattended(machine, secure.url("domus.conf"))
        assert "fits no disk" in output and "cannot report" not in output, output
        assert [(item["result"], "fits no disk" in item["error"])
                for item in (json.loads(data) for _, data in secure.posted)] == [("failed", True)]

        give("poweroff")
        name_place(machine, plain.url("domus.conf"))
        machine.send("domus-install unattended\r")
        machine.wait_off(120)


AGAIN = """\
[host]
name = xen2

[bridge xenbr0]
ports = auto
method = dhcp

[root]
password = {password}

[boot]
timeout = 1

[install]
licence = accepted
mode = reinstall
components = remote
reinstall = second

[disk]
serial = SYSTEM
"""


def trust(machine, server):
    online(machine)
    machine.run(f"wget -q -O - {server.url('cert.pem')} >>/etc/ssl/certs/ca-certificates.crt")


def component_is_added(machine):
    """Without QEMU a guest that needs it is refused, with the command that gets it from the medium; so it does."""
    create = "domus-vm create --os demo --name full --method hvm --dry-run 2>&1"
    status, output = machine.run(create, check=False)
    command = re.search("`(domus-install add hvm)`", output)
    assert status == 1 and command, output
    memory = int(re.search(r"dom0_mem=(\d+)M", machine.run("xl info xen_commandline")).group(1))
    assert "hvm is added" in machine.run(command.group(1), timeout=300)
    assert " ro," in machine.run("grep ' /run/domus/medium ' /proc/mounts")
    machine.send("reboot\r")
    log_in(machine)
    assert machine.run("ls /run/domus/failed").split() == []
    machine.run("cd /run/domus/medium/domus && sha256sum -c -s SHA256SUMS", timeout=120)
    assert machine.run("grep ^components /etc/domus/host.conf").strip() == "components = remote hvm"
    assert int(re.search(r"dom0_mem=(\d+)M", machine.run("xl info xen_commandline")).group(1)) > memory
    machine.run(create)


@pytest.mark.full
def test_unattended_guest_and_reinstallation():
    """The guest and the hook of the file run at the first start, once; a reinstallation with other settings keeps them.
    With `after = shell` the medium's system stays. A component that was left out is added later."""
    name = "unattended_guest"
    system = disk(name, "system.img")
    both, cert = certificate(system.parent, "10.0.2.2")
    plain, log = Server({"/cert.pem": cert.read_bytes()}), Server({}, both)
    text = conf(a=("[disk]", FIRST_START), b=("[install]", f"[install]\nafter = shell\nreport = {log.url('log')}"))
    password = re.search(r"password = (\S+)", text).group(1)
    texts = texts_drive(name, text, AGAIN.format(password=password))
    with plain, log, Machine(name, extra=drives(system=system) + texts) as machine:
        machine.boot(LIVE, timeout=300)
        trust(machine, plain)
        output = unattended(machine, "LABEL=TEXTS:/0.conf", expected=0)
        assert output.rstrip().endswith("Domus is installed."), output
        posted = [json.loads(data) for _, data in log.posted]
        assert [(item["host"], item["result"], item["error"]) for item in posted] == [("xen1", "done", "")], posted
        powers_off(machine)
    with Machine(name + "_first", medium=None, extra=drives(system=system)) as machine:
        log_in(machine)
        guest_runs(machine)
        assert machine.run("ls /run/domus/failed").split() == []
        assert machine.run("cat /root/first-start").strip() == "xen1"
        assert machine.run("nc 127.0.0.1 22 </dev/null | head -c 4").strip() == "SSH-"
        assert "[vm demo]" not in machine.run("cat /etc/domus/host.conf")
        machine.run("printf kept-guest-data | dd of=/dev/domus/demo-xvda conv=fsync 2>/dev/null")
        kept = machine.run(KEPT)
        assert "kept-guest-data" in kept
        powers_off(machine)
    with Machine(name + "_again", extra=drives(system=system) + texts) as machine:
        machine.boot(LIVE, timeout=300)
        output = unattended(machine, "LABEL=TEXTS:/0.conf")
        assert 'installed with "reinstall = first"; nothing was changed' in output, output
        status, output = apply(machine, 1)
        assert status == 0 and "stay as they are" in output, output
        powers_off(machine)
    cd = ["-cdrom", str(ISO)]
    with Machine(name + "_second", medium=None, extra=drives(system=system) + cd) as machine:
        log_in(machine)
        guest_runs(machine)
        assert machine.run("hostname").strip() == "xen2"
        assert machine.run("ls /run/domus/failed").split() == []
        assert machine.run(KEPT) == kept
        component_is_added(machine)
        assert machine.run(KEPT) == kept
        powers_off(machine)
