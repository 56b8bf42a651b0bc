# SPDX-License-Identifier: GPL-2.0-or-later
"""domus-vm snapshot without Xen: LVM's programs are ours, they write down how they were called."""

import json
import os
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
PROGRAM = TOP / "build/bin/domus-vm"
LVS = """  domus|pool||10737418240|30.00|10.00||2026-01-01
  domus|web-xvda|pool|4294967296|50.00|||2026-01-02
  domus|web-xvda.clean|pool|4294967296|25.00||domus-snapshot|2026-01-03 10:00:00 +0000
  domus|web-xvdb|pool|4294967296|50.00|||2026-01-02
  domus|web-xvdb.clean|pool|4294967296|25.00||domus-snapshot|2026-01-03 10:00:00 +0000
"""


@pytest.fixture(name="run")
def fixture_run(tmp_path):
    """Runs the command; returns status, output and the calls of LVM. Calls with the word FAIL in them fail."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "etc/xen").mkdir(parents=True)
    (tmp_path / "etc/xen/web.cfg").write_text(
        'name = "web"\ntype = "pv"\ndisk = [ "phy:/dev/domus/web-xvda,xvda,w", "phy:/dev/domus/web-xvdb,xvdb,w" ]\n')
    (tmp_path / "lvs.out").write_text(LVS)
    for name in ("lvs", "lvcreate", "lvremove", "lvrename", "lvchange"):
        script = tmp_path / "bin" / name
        text = f"cat {tmp_path}/lvs.out" if name == "lvs" else (
            f'echo "{name} $*" >>{tmp_path}/calls; case "{name} $*" in *"$FAIL"*) [ -z "$FAIL" ] || {{ echo no >&2; exit 5; }} ;; esac')
        script.write_text(f"#!/bin/sh\n{text}\n")
        script.chmod(0o755)

    def run(*words, fail=""):
        (tmp_path / "calls").write_text("")
        done = subprocess.run([PROGRAM, "snapshot", *words, "--root", tmp_path], text=True, capture_output=True, check=False,
                              env={**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "FAIL": fail},
                              stdin=subprocess.DEVNULL, timeout=60)
        return done.returncode, done.stdout + done.stderr, (tmp_path / "calls").read_text().splitlines()

    return run


def test_snapshot_list(run):
    assert "clean" in run("web")[1] and "xvda xvdb" in run("web")[1]
    assert json.loads(run("web", "--json")[1]) == [{"name": "clean", "made": "2026-01-03 10:00:00 +0000",
                                                    "disks": ["xvda", "xvdb"], "bytes": 2 << 30}]
    assert run("nosuch")[0] == 1 and run("web", "make", "x")[0] == 2 and run("web", "back")[0] == 2


def test_snapshot_is_shown_then_done(run):
    status, shown, calls = run("web", "create", "x", "--dry-run")
    assert status == 0 and calls == [] and "1. disk xvda: snapshot x" in shown
    status, _, calls = run("web", "create", "x")
    assert status == 0 and len(calls) == 2 and all(call in shown for call in calls)
    assert run("web", "remove", "clean")[2] == ["lvremove -q -f domus/web-xvda.clean domus/web-xvdb.clean"]


def test_snapshot_is_all_or_nothing(run):
    status, text, calls = run("web", "create", "x", fail="web-xvdb.x")
    assert status == 1 and "disk xvdb: snapshot x: no" in text
    assert calls[-1] == "lvremove -q -f domus/web-xvda.x"
    status, text, calls = run("web", "back", "clean", fail="lvrename -q domus web-xvdb web-xvdb.undo")
    assert status == 1 and "kept as undo" in text
    assert calls[-5:] == ["lvrename -q domus web-xvda web-xvda.new", "lvchange -q -kn --deltag domus-snapshot domus/web-xvda.undo",
                          "lvrename -q domus web-xvda.undo web-xvda", "lvremove -q -f domus/web-xvdb.new",
                          "lvremove -q -f domus/web-xvda.new"]
