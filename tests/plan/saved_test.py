# SPDX-License-Identifier: GPL-2.0-or-later
"""What domus-host saves installs the same machine again, as it is; as a template, with its blanks filled in, another."""

import json
import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
BIN = TOP / "build/bin"
CASE = TOP / "tests/plan/cases/reinstall-keeps-guests.case"
CASES = sorted((TOP / "tests/plan/cases").glob("*.case"))
HASH = "$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1"
HOST = f"""\
[host]
name = xen1

[time]
zone = Asia/Tokyo

[nic eth0]
mac = 52:54:00:12:34:56

[bridge xenbr0]
ports = eth0
method = static
address = 172.16.0.2/16
gateway = 172.16.0.1

[root]
password = {HASH}

[user tux]
uid = 1000
password = {HASH}

[install]
licence = accepted
reinstall = 1

[disk]
serial = DISK1
"""
# What the template leaves out, for another machine.
BLANKS = {"[host] name": "xen2", "[nic eth0] mac": "52:54:00:12:34:99", "[bridge xenbr0] address": "172.16.0.3/16",
          "[root] password": HASH, "[user tux] password": HASH, "[install] reinstall": "1", "[disk] serial": "DISK2"}


def machine(tmp_path, is_another):
    """Its one disk has a Domus on it; that of another machine is empty."""
    text = CASE.read_text().split("=== inventory\n")[1].split("=== output\n")[0]
    inventory = json.loads(text)
    full = inventory["disks"][0] | {"serial": "DISK1"}
    empty = {"path": "/dev/sda", "size_bytes": full["size_bytes"], "serial": "DISK2", "bus": "sata"}
    inventory["disks"] = [empty if is_another else full]
    path = tmp_path / "machine.json"
    path.write_text(json.dumps(inventory))
    return path


def save(tmp_path, *words, text=HOST):
    conf = tmp_path / "root/etc/domus/host.conf"
    conf.parent.mkdir(parents=True, exist_ok=True)
    conf.write_text(text)
    return subprocess.run([BIN / "domus-host", "save", "--root", tmp_path / "root", *words], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def plan(tmp_path, text, is_another=False):
    (tmp_path / "host.conf").write_text(text)
    done = subprocess.run([BIN / "domus-install", "plan", "host.conf", "--inventory", machine(tmp_path, is_another)], cwd=tmp_path,
                          text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fill_in(template):
    named = re.findall(r"^#   (\[.*?\] \S+)$", template, re.M)
    assert set(named) == set(BLANKS), named
    for blank in named:
        section, key = blank.rsplit(" ", 1)
        template = template.replace(f"\n{section}\n", f"\n{section}\n{key} = {BLANKS[blank]}\n")
    return template


def test_saved_as_it_is(tmp_path):
    """On the machine it comes from: the disk's old content is named, and lost."""
    text = plan(tmp_path, save(tmp_path))
    assert "Host: xen1\n" in text and "What will be DESTROYED" in text and "DOMUS-STATE" in text, text


def test_saved_as_a_template(tmp_path):
    """The same host, but for what was filled in, on another disk."""
    filled = fill_in(save(tmp_path, "--template"))
    text = plan(tmp_path, filled, is_another=True)
    assert "Host: xen2\n" in text and "/dev/sda is empty: nothing will be destroyed." in text, text
    back = filled
    for old, new in (("xen2", "xen1"), ("34:99", "34:56"), ("0.3/16", "0.2/16"), ("DISK2", "DISK1")):
        back = back.replace(old, new)
    written = {line for line in back.splitlines() if line and line[0] != "#"}
    assert written == {line for line in HOST.splitlines() if line}


@pytest.mark.parametrize("path", [path for path in CASES if path.read_text().endswith("exit 0\n")], ids=lambda path: path.stem)
def test_written_anew_plans_the_same(path, tmp_path):
    """A file, read and written by the program, means what it meant."""
    text, rest = path.read_text().split("=== inventory\n")
    inventory, _, expected = rest.partition("=== output\n")
    (tmp_path / "machine.json").write_text(inventory)
    (tmp_path / "host.conf").write_text(save(tmp_path, text=text))
    done = subprocess.run([BIN / "domus-install", "plan", "host.conf", "--inventory", "machine.json"], cwd=tmp_path,
                          text=True, capture_output=True, check=False)
    assert f"{done.stderr}{done.stdout}exit {done.returncode}\n" == expected
