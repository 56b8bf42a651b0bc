# SPDX-License-Identifier: GPL-2.0-or-later
"""What all tests share: names and times on one line each, resuming, and the plain last line."""

import functools
import hashlib
import json
import os
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
TOP = Path(__file__).resolve().parents[1]
RECORD = TOP / "build" / "test-all.json"
count = {"passed": 0, "failed": 0, "skipped": 0}
lines = []
only_full = []


@functools.cache
def key_of_build():
    """Results of an earlier run count only for the very same image and tests."""
    digest = hashlib.sha256()
    tests = [path for path in sorted((TOP / "tests").rglob("*")) if "__pycache__" not in path.parts]
    for path in tests + [TOP / "build" / "domus.iso", TOP / "build" / "netboot" / "SHA256SUMS"]:
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def resumed():
    """What passed earlier with this image and these tests: node id -> seconds."""
    try:
        record = json.loads(RECORD.read_text())
        return record["passed"] if record.get("build") == key_of_build() else {}
    except (OSError, ValueError, KeyError):
        return {}


def pytest_configure(config):
    config.resume = resumed() if os.environ.get("DOMUS_RESUME") else {}
    worker = getattr(config, "workerinput", None)
    if worker:
        keep_to_own_cores(int(worker["workerid"].removeprefix("gw")), worker["workercount"])


def pytest_xdist_auto_num_workers(config):
    """A worker for each core up to two, then for each two: an emulated machine keeps one or two busy, and each needs
    up to 5 GiB. (With one worker the tests run one after another as without workers.)"""
    cores = len(os.sched_getaffinity(0))
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    return max(1, min(max(min(cores, 2), cores // 2), gigabytes // 5, 4))


def keep_to_own_cores(number, workers):
    """Emulated machines that share a core wait for each other's processors (harness/machine.py asks for as many as
    there are cores here)."""
    cores = sorted(os.sched_getaffinity(0))
    each = max(1, len(cores) // workers)
    os.sched_setaffinity(0, cores[number % workers * each:][:each] or cores)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    # The quick tests of a file stay together, as they may share a folder; every boot goes where there is a core.
    for item in items:
        if "boot" not in item.path.parts:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    if os.environ.get("DOMUS_RESUME"):
        return
    for item in items:
        if item.get_closest_marker("full") and config.getoption("markexpr") == "not full":
            only_full.append(f"only in make test-all: {item.name}")


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["only_full"] = only_full


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    only_full[:] = sorted({*only_full, *getattr(node, "workeroutput", {}).get("only_full", [])})


def without_group(nodeid):
    """What xdist adds to a test's name is not part of it."""
    return re.sub(r"@\w+_test$", "", nodeid)


def pytest_runtest_setup(item):
    seconds = item.config.resume.get(without_group(item.nodeid))
    if seconds is not None:
        pytest.skip(f"RESUMED passed earlier in {seconds:.0f} s")


def pytest_runtest_logreport(report):
    if report.when == "call" or (report.when == "setup" and report.outcome != "passed") or (
            report.when == "teardown" and report.outcome == "failed"):
        outcome, why = report.outcome, ""
        if outcome == "skipped" and isinstance(report.longrepr, tuple):
            why = report.longrepr[2].removeprefix("Skipped: ")
            if why.startswith("RESUMED "):
                outcome, why = "passed", why.removeprefix("RESUMED ")
        count[outcome] += 1
        name = without_group(report.nodeid).split("/")[-1].replace(".py::", " ")
        seeds = " ".join(re.findall(r"DOMUS_SEED=\d+", report.capstdout))
        why = ": ".join(filter(None, [why, seeds]))
        lines.append(f"{outcome:7} {report.duration:6.1f} s  {name}" + (f": {why}" if why else ""))
        print(f"\n{lines[-1]}", flush=True)
        if os.environ.get("DOMUS_RESUME") and report.outcome == "passed" and report.when == "call":
            remember(report)


def remember(report):
    record = {"build": key_of_build(), "passed": {**resumed(), without_group(report.nodeid): report.duration}}
    RECORD.write_text(json.dumps(record, indent=1))


def pytest_report_teststatus(report, config):
    if report.when == "call" or report.outcome != "passed":
        return report.outcome, "", ""
    return "", "", ""


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    if not sum(count.values()) or config.option.collectonly or hasattr(config, "workerinput"):
        return
    out = TOP / "build" / ("test-all.txt" if os.environ.get("DOMUS_RESUME") else "test.txt")
    summary = f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped"
    out.write_text("\n".join(only_full + lines + [summary]) + "\n")
    for line in only_full + [line for line in lines if line.startswith(("skipped", "failed"))]:
        print(line)
    print(summary, flush=True)
