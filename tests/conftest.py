# SPDX-License-Identifier: GPL-2.0-or-later
"""What all tests share: names and times on one line each, resuming, and the plain last line."""

import functools
import hashlib
import json
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
TOP = Path(__file__).resolve().parents[1]
RECORD = TOP / "build" / "test-all.json"
count = {"passed": 0, "failed": 0, "skipped": 0}
lines = []


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


def pytest_collection_modifyitems(config, items):
    if os.environ.get("DOMUS_RESUME"):
        return
    for item in items:
        if item.get_closest_marker("full") and config.getoption("markexpr") == "not full":
            lines.append(f"only in make test-all: {item.name}")


def pytest_runtest_setup(item):
    if item.nodeid in item.config.resume:
        pytest.skip(f"RESUMED passed earlier in {item.config.resume[item.nodeid]:.0f} s")


def pytest_runtest_logreport(report):
    if report.when == "call" or (report.when == "setup" and report.outcome != "passed") or (
            report.when == "teardown" and report.outcome == "failed"):
        outcome, why = report.outcome, ""
        if outcome == "skipped" and isinstance(report.longrepr, tuple):
            why = report.longrepr[2].removeprefix("Skipped: ")
            if why.startswith("RESUMED "):
                outcome, why = "passed", why.removeprefix("RESUMED ")
        count[outcome] += 1
        name = report.nodeid.split("/")[-1].replace(".py::", " ")
        lines.append(f"{outcome:7} {report.duration:6.1f} s  {name}" + (f": {why}" if why else ""))
        print(f"\n{lines[-1]}", flush=True)
        if os.environ.get("DOMUS_RESUME") and report.outcome == "passed" and report.when == "call":
            remember(report)


def remember(report):
    record = {"build": key_of_build(), "passed": {**resumed(), report.nodeid: report.duration}}
    RECORD.write_text(json.dumps(record, indent=1))


def pytest_report_teststatus(report, config):
    if report.when == "call" or report.outcome != "passed":
        return report.outcome, "", ""
    return "", "", ""


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    if not sum(count.values()) or config.option.collectonly:
        return
    out = TOP / "build" / ("test-all.txt" if os.environ.get("DOMUS_RESUME") else "test.txt")
    summary = f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped"
    out.write_text("\n".join(lines + [summary]) + "\n")
    for line in lines:
        if line.startswith(("only in", "skipped", "failed")):
            print(line)
    print(summary, flush=True)
