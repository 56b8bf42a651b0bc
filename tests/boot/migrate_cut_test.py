# SPDX-License-Identifier: GPL-2.0-or-later
"""A migration that is cut short, at eleven moments: never two; one runs, or one waits until the other host answers; whole.

The two moments that nobody can decide with the cable cut are in migrate_hosts_test, on the same kind of hosts.
"""

import json
import time
from collections import namedtuple

import pytest

from harness.vm import vm, wait_log, wait_until, write
from migrate_hosts_test import Hosts, cut_at, ready, refused_elsewhere, runs
from migrate_test import LOG, NAME, RECORDS, counted, is_one_run, is_there, is_whole, last, nothing_left

CABLE_CUT, CABLE_BACK = "ip link set eth0 down", "ip link set eth0 up"
POWER_CUT = "echo b >/proc/sysrq-trigger"
COPYING = "pgrep libxl-save-help >/dev/null"

# All memory that is free, but for a little.
HOG = """name = "hog"
type = "pvh"
vcpus = 1
kernel = "/run/domus/medium/domus/vmlinuz"
"""
FILL = "xl create -p /tmp/hog.cfg memory=$(($(xl info | awk '/^free_memory/ { print $3 }') - 60))"


def record(word):
    return f"grep -qs '\"record\": \"{word}\"' {RECORDS}/*/*.json"


def kill(words):
    return f"kill -9 $(pgrep -f 'domus-vm {words}')"


# On which host what is waited for, and done then; how the command ends; who starts anew; what sets it right afterwards.
Moment = namedtuple("Moment", "name host when action ends restarts after", defaults=("", "true"))
MOMENTS = [
    Moment("the target is out of reach", "there", "true", CABLE_CUT, ["refused"], after=CABLE_BACK),
    Moment("the cable is cut while memory is copied", "there", COPYING, f"sleep 5; {CABLE_CUT}", ["stayed"], after=CABLE_BACK),
    Moment("the target's memory is taken meanwhile", "there", COPYING, FILL, ["stayed"], after="xl destroy hog"),
    Moment("the receiver is killed while memory is copied", "there", COPYING, f"sleep 5; {kill('receive')}", ["stayed"]),
    Moment("the receiver is killed once it was granted", "there", record("granted"), kill("receive"), ["moved", "undecided"]),
    Moment("the sender is killed while memory is copied", "here", COPYING, f"sleep 5; {kill('migrate')}", ["killed"]),
    Moment("the sender is killed in the undecided moment", "here", record("undecided"), kill("migrate"), ["killed"]),
    Moment("the target loses power while memory is copied", "there", COPYING, f"sleep 5; {POWER_CUT}", ["stayed"], "there"),
    # what it has just written may not be on its disk
    Moment("the target loses power once it was granted", "there", record("granted"), POWER_CUT,
           ["moved", "undecided", "stayed"], "there"),
    Moment("the source loses power while memory is copied", "here", COPYING, f"sleep 5; {POWER_CUT}", ["off"], "here"),
    Moment("the source loses power in the undecided moment", "here", record("undecided"), POWER_CUT, ["off"], "here"),
]


def migrate(hosts, moment):
    """How the command ends; "off" when the host did before."""
    if moment.restarts == "here":
        hosts.here.send(f"domus-vm migrate {NAME} 10.9.9.2\r")
        return "off"
    status, said = vm(hosts.here, f"migrate {NAME} 10.9.9.2 --json", timeout=700, check=False)
    print(said)
    if status >= 128:
        return "killed"
    return json.loads(said[said.index("{"):])["result"] if "{" in said else "refused"


def cut(hosts, moment):
    here, there = hosts.here, hosts.there
    machine = getattr(hosts, moment.host)
    begun = last(here, LOG, "n")
    machine.run(f"( (until {moment.when}; do :; done; {moment.action}) >/dev/null 2>&1 &)")
    if moment.when == "true":
        wait_until(here, "! ping -c 1 -W 1 10.9.9.2 >/dev/null", 30, "ip link")
    end = migrate(hosts, moment)
    assert end in moment.ends, (moment.name, end)
    if moment.restarts:
        begun = 0
        ready(getattr(hosts, moment.restarts))
    assert [runs(host) for host in (here, there)] != [True, True], moment.name
    machine.run(moment.after)
    nothing_left(here, there)
    for host in (here, there):
        wait_until(host, f"! xl list | grep -q {NAME}--incoming", 60, "xl list")
    assert [is_there(host) for host in (here, there)].count(True) == 1, (moment.name, here.run(f"tail -n 12 {LOG}"))
    host, other = (here, there) if is_there(here) else (there, here)
    if moment.restarts:
        # started anew or not: in the end the last lines of its file are of one run
        wait_log(host, NAME, "n=[0-9]*[2-9][0-9][.]")
        for _ in range(40):
            if is_one_run(counted(host)):
                break
            time.sleep(5)
    is_whole(host, other, begun, ())
    print(f"{moment.name}: {end}; it runs on the {'source' if host is here else 'target'}")
    if host is there:
        hosts.move(there, here, connected=())


def decide_by_hand(hosts):
    """The target may have started it and is gone; a person takes it back, and the target, coming back, keeps to that."""
    here, there = hosts.here, hosts.there
    begun = cut_at(hosts, "granted", there, is_back=False)
    there.stop()
    status, said = vm(here, f"migrate {NAME} --resolve here --yes", timeout=120, check=False)
    print(said)
    assert status == 0 and runs(here), said
    there.start()
    ready(there)
    nothing_left(here, there)
    is_whole(here, there, begun, ())
    there.run(f"test ! -e /etc/xen/{NAME}.cfg && test ! -L /etc/xen/auto/{NAME}.cfg")
    refused_elsewhere(there, "xen1")


@pytest.mark.full
def test_migrate_cut(tmp_path):
    """Cable, memory, either process, either host's power: at each moment the guest is on one host alone, and whole; at
    last a person decides."""
    with Hosts("migrate_cut", tmp_path) as hosts:
        hosts.guest("pvh")
        for host in (hosts.here, hosts.there):
            write(host, "/tmp/hog.cfg", HOG)
        for moment in MOMENTS:
            cut(hosts, moment)
        decide_by_hand(hosts)
