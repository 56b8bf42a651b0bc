# SPDX-License-Identifier: GPL-2.0-or-later
"""`make report`: the budgets, measured; a table on the terminal and build/report.json.

A missed budget is a red row, not a failed test. What is not measured yet is listed as such.
"""

import json
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "boot"), str(TESTS / "perf")]
import install_test  # noqa: E402
from harness.machine import BUILD, ISO, Failure, Machine  # noqa: E402
import many  # noqa: E402
from migrate_hosts_test import Hosts, connector, rates  # noqa: E402
from ratio import ratios  # noqa: E402

MIB = 1048576
rows = []


def row(what, value, unit, budget=None, least=None):
    """budget: the most it may be; least: the least."""
    within = None
    if budget is not None:
        within = value <= budget
    elif least is not None:
        budget, within = f">= {least}", value >= least
    rows.append({"what": what, "value": round(value, 2), "unit": unit, "budget": budget, "within": within})


def sizes():
    firmware = sum(path.stat().st_size for path in
                   [*(BUILD / "iso/domus").glob("ucode-*.cpio"), BUILD / "iso/domus/layers/firmware.squashfs"]
                   if path.exists())
    total = ISO.stat().st_size
    row("ISO with all layers and wired firmware", total / MIB, "MiB", 110)
    row("ISO without firmware and microcode", (total - firmware) / MIB, "MiB", 90)
    parts = sorted(((path.stat().st_size, path) for path in (BUILD / "iso").rglob("*") if path.is_file()), reverse=True)
    for size, path in parts[:20]:
        row(f"  {path.relative_to(BUILD / 'iso')}", size / MIB, "MiB")
    inside = []
    for stage in (BUILD / "layers").iterdir():
        if stage.is_dir():
            inside += [(path.stat().st_size, path) for path in stage.rglob("*") if path.is_file() and not path.is_symlink()]
    for size, path in sorted(inside, reverse=True, key=lambda entry: entry[0])[:20]:
        row(f"  uncompressed: {path.relative_to(BUILD / 'layers')}", size / MIB, "MiB")


def builds():
    """What tests/perf/builds.sh measured before this, on the host."""
    budgets = {"empty": ("`make iso`, empty build directory, downloads there", 90),
               "unchanged": ("`make iso`, nothing changed", 1), "one-file": ("`make iso`, one C file changed", 15)}
    for line in (BUILD / "tests/builds.txt").read_text().splitlines():
        name, milliseconds = line.split()
        row(budgets[name][0], int(milliseconds) / 1000, "s", budgets[name][1])


def memory_used(machine):
    text = machine.run("cat /proc/meminfo")
    kib = {key: int(value) for key, value in re.findall(r"^(\w+):\s+(\d+) kB", text, re.M)}
    return (kib["MemTotal"] - kib["MemAvailable"]) / 1024


def guest_costs(machine):
    """What dom0 pays for one demo guest of each kind, with the guest's shell up."""
    for kind in ("pv", "pvh", "hvm"):
        before = memory_used(machine)
        machine.run(f"xl create -e /usr/share/domus/demo/{kind}.cfg", timeout=120)
        machine.run("sleep 20", timeout=60)
        row(f"dom0 memory for one {kind.upper()} guest", memory_used(machine) - before, "MiB")
        name = re.findall(r"^(\S+)\s+[1-9]\d*\s", machine.run("xl list"), re.M)[0]
        machine.run(f"xl destroy {name}", timeout=60)


def host():
    with Machine("report") as machine:
        machine.expect("Domus live", timeout=120)
        machine.send("\r")
        machine.login(400)
        machine.run("xl list")
        row("power-on to `xl list`, from CD", machine.seconds(), "s", 15)
        machine.run("sleep 30", timeout=120)
        row("dom0 memory in use, no guest", memory_used(machine), "MiB", 48)
        # kernel threads have no program; the log-in shell and the other side of this pipe are not dom0's
        found = machine.run("for p in /proc/[0-9]*; do readlink $p/exe; done | wc -l", check=False)[1]
        row("processes in dom0, no guest", int(found.split()[-1]) - 2, "", 30)
        guest_costs(machine)


def show():
    width = max(len(entry["what"]) for entry in rows)
    for entry in rows:
        mark = {None: "", True: "ok", False: "OVER BUDGET"}[entry["within"]]
        budget = entry["budget"] if isinstance(entry["budget"], str) else f"<= {entry['budget']}"
        if entry["budget"] is None:
            budget = ""
        if entry["within"] is False and sys.stdout.isatty():
            mark = f"\033[31m{mark}\033[m"
        print(f"{entry['what']:{width}}  {entry['value']:9.2f} {entry['unit']:4} {budget:8} {mark}")


def compare():
    """The same work without Xen and in a PV guest: above 1, the guest is faster."""
    for kind, without, inside in ratios():
        row(f"PV guest / Linux without Xen: {kind} ({without:.0f} and {inside:.0f} ms)", without / inside, "",
            least=0.95 if kind == "cpu" else None)


def install():
    """An unattended installation on an empty disk, and its first start from there."""
    name = "report_install"
    text = install_test.conf(timeout=("timeout = 1", "timeout = 0"))
    system = install_test.disk(name, "system.img")
    drives = install_test.drives(system=system, config=install_test.config_volume(name, text))
    with Machine(name, extra=drives) as machine:
        machine.expect("Install Domus unattended", timeout=120)
        machine.send("\r")
        machine.expect("Unattended installation, from", timeout=240)
        begin = machine.seconds()
        machine.expect("Domus is installed", timeout=240)
        row("unattended installation, from its start to the restart", machine.seconds() - begin, "s", 60)
    with Machine(name, medium=None, extra=install_test.drives(system=system)) as machine:
        install_test.log_in(machine)
        machine.run("xl list")
        row("power-on to `xl list`, from disk, with the log-in", machine.seconds(), "s", 15)


def guests():
    many.measure(row)


def migration():
    """Between two installed hosts, the guest's disk on a third machine; all three emulated beside each other."""
    with tempfile.TemporaryDirectory() as work, Hosts("report_migration", Path(work)) as hosts:
        tcp, ssh = rates(hosts)
        hosts.guest("pvh")
        moves = [hosts.move(hosts.here, hosts.there), hosts.move(hosts.there, hosts.here)]
        row("PVH guest of 112 MiB moved while it runs", statistics.mean(move.total for move in moves), "s")
        row("  of which it stood still", statistics.mean(move.downtime for move in moves), "s")
        row(f"SSH / plain TCP ({ssh:.1f} and {tcp:.1f} MiB/s)", ssh / tcp, "")
        best = max(move.rate for move in moves)
        row(f"a guest's memory / plain TCP ({best:.1f} and {tcp:.1f} MiB/s)", best / tcp, "", least=0.7)


def line():
    """The same without an emulator: two network namespaces of this machine."""
    with tempfile.TemporaryDirectory() as work:
        said = subprocess.run([TESTS / "perf/line.sh", connector(Path(work))], check=True, capture_output=True,
                              text=True, timeout=120).stdout
    tcp, ssh = map(float, said.split())
    row(f"SSH / plain TCP on a line of 1 Gbit/s, not emulated ({ssh:.0f} and {tcp:.0f} MiB/s)", ssh / tcp, "", least=0.7)


def main():
    for measure in (sizes, builds, host, guests, migration, line, compare, install):
        try:
            measure()
        except (Failure, OSError, ValueError, subprocess.SubprocessError) as failure:
            print(failure)
            rows.append({"what": f"{measure.__name__}: not measured", "value": 0, "unit": "", "budget": 0, "within": False})
    show()
    (BUILD / "report.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
