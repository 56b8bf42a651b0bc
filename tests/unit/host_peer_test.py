# SPDX-License-Identifier: GPL-2.0-or-later
"""domus-host peer, with a real dropbear on each of two roots: who gets in, and what for."""

import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "build" / "bin" / "domus-host"
KEY = "var/lib/domus/ssh/ed25519"
CONF = "[host]\nname = {}\n[bridge xenbr0]\nports = auto\n[root]\npassword = $6$abcdefgh$" + "x" * 86 + "\n"


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Host:
    def __init__(self, folder, name):
        self.root, self.tools, self.port = folder / name, folder / "tools", free_port()
        for path in ("etc/domus", "run", "var/lib/domus/ssh", "usr/share/domus"):
            (self.root / path).mkdir(parents=True)
        (self.root / "etc/domus/host.conf").write_text(CONF.format(name))
        self.tools.mkdir(exist_ok=True)
        for tool in ("ip", "sysctl", "sv", "nft", "hostname", "mount", "umount"):
            (self.tools / tool).write_text("#!/bin/sh\n")
            (self.tools / tool).chmod(0o755)
        self.run("generate")
        self.key = json.loads(self.run("peer", "--json"))["key"]
        # A path from here: dropbear wants all directories above to be nobody else's, and /tmp is everybody's.
        self.server = subprocess.Popen(
            ["dropbear", "-F", "-E", "-s", "-p", f"127.0.0.1:{self.port}", "-r", self.root / KEY,
             "-D", "root/.ssh", "-P", folder / f"{name}.pid"], cwd=self.root,
            stderr=(folder / f"{name}.log").open("w"))
        self.log = folder / f"{name}.log"
        limit = time.monotonic() + 20
        while socket.socket().connect_ex(("127.0.0.1", self.port)):
            assert time.monotonic() < limit and self.server.poll() is None
            time.sleep(0.05)

    def run(self, *args, code=0):
        environment = {**os.environ, "PATH": f"{self.tools}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
        done = subprocess.run([PROGRAM, *args, "--root", self.root], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, env=environment, timeout=60, check=False)
        assert done.returncode == code, f"{args}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def let_in(self):
        """How often a key opened this host."""
        return self.log.read_text().count("Pubkey auth succeeded")

    def log_in(self, other, *command):
        """As domus-vm does: with what this root holds."""
        return subprocess.run(
            ["dbclient", "-T", "-o", "BatchMode=yes", *(["-N"] if not command else []), "-i", self.root / KEY,
             "-p", str(other.port), "root@127.0.0.1", *command], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, env={**os.environ, "HOME": str(self.root / "etc/domus/peers")}, timeout=60, check=False)


@pytest.fixture(name="hosts")
def fixture_hosts(tmp_path):
    made = [Host(tmp_path, name) for name in ("xen1", "xen2")]
    yield made
    for host in made:
        host.server.kill()
        host.server.wait(20)


def fingerprint(host):
    return json.loads(host.run("peer", "--json"))["fingerprint"]


def test_peer_exchange(hosts):
    here, there = hosts
    where = f"127.0.0.1:{there.port}"
    shown = subprocess.run(["dropbearkey", "-y", "-f", there.root / KEY], capture_output=True, text=True, check=True)
    assert fingerprint(there) in shown.stdout
    # Nobody compares here, so nothing is believed; nor is a wrong fingerprint.
    assert fingerprint(there) in here.run("peer", "add", where, code=1)
    assert "shows another key" in here.run("peer", "add", where, fingerprint(here), code=1)
    assert "[peer" not in (here.root / "etc/domus/host.conf").read_text()
    assert here.log_in(there, "true").returncode != 0
    here.run("peer", "add", where, fingerprint(there))
    conf = (here.root / "etc/domus/host.conf").read_text()
    assert f"[peer 127.0.0.1]\nssh-key = {there.key}\nport = {there.port}\n" in conf
    there.run("peer", "add", "xen1", here.key, f"127.0.0.1:{here.port}")
    assert "\naddress = 127.0.0.1\n" in (there.root / "etc/domus/host.conf").read_text()
    assert fingerprint(here) in there.run("peer", "list")
    assert not list((here.root / "run").glob("domus-peer*"))
    # In by key, and whatever is asked for, the receiver it is (which is not in this build root).
    done = here.log_in(there, "echo", "in$((1+1))")
    assert there.let_in() == 1 and done.returncode != 0 and "in2" not in done.stdout
    done = there.log_in(here, "true")
    assert here.let_in() == 1 and done.returncode != 0
    # An ordinary user's namespace has no groups to change to, and dropbear ends the session before any command.
    if Path("/proc/self/setgroups").read_text().strip() != "deny":
        assert done.returncode == 127 and re.search(r"/usr/sbin/domus-vm.*not found", done.stderr), done.stderr
    # Again, at another address: nothing of the former one stays.
    there.run("peer", "add", "xen1", here.key, "[2001:db8::7]:2222")
    conf = (there.root / "etc/domus/host.conf").read_text()
    assert "\naddress = 2001:db8::7\n" in conf and "\nport = 2222\n" in conf and "127.0.0.1" not in conf
    there.run("peer", "add", "xen1", here.key)
    shown = {p["name"]: (p["address"], p["port"]) for p in json.loads(there.run("peer", "--json"))["peers"]}
    assert shown == {"xen1": ("xen1", 22)}
    there.run("peer", "remove", "xen1")
    assert not (there.root / "root/.ssh/authorized_keys").exists()
    assert here.log_in(there, "true").returncode != 0 and there.let_in() == 1


def test_peer_another_machine_in_its_place(hosts):
    here, there = hosts
    here.run("peer", "add", "xen2", here.key, f"127.0.0.1:{there.port}")
    there.run("peer", "add", "xen1", here.key, f"127.0.0.1:{here.port}")
    done = here.log_in(there, "true")
    assert done.returncode == 1 and there.let_in() == 0


def test_peer_wrong_words(hosts):
    here = hosts[0]
    assert "peer add HOST" in here.run("peer", "adopt", code=1)
    assert "neither an IP address" in here.run("peer", "add", "a b", code=1)
    assert "does not show its key" in here.run("peer", "add", f"127.0.0.1:{free_port()}", code=1)
    for place in ("[::1", "[::1]22", "[a b]:22", "[]:22"):
        assert "domus-host: " in here.run("peer", "add", "xen2", here.key, place, code=1)
    assert "no SSH key" in here.run("peer", "add", "xen2", "ssh-dss AAAA", code=1)
