# SPDX-License-Identifier: GPL-2.0-or-later
"""domus-host's commands on a root directory of their own, with tools that only note their calls."""

import json
import os
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
PROGRAM = TOP / "build" / "bin" / "domus-host"
HASH = "$6$abcdefgh$" + "x" * 86
CONF = f"""# my host
[host]
name = xen1

[bridge xenbr0]
# the company's LAN
ports = eth0
method = static
address = 192.0.2.10/24

[root]
password = {HASH}
"""


class Host:
    def __init__(self, folder):
        self.root = folder / "root"
        self.tools = folder / "tools"
        self.calls = folder / "calls"
        self.write("/etc/domus/host.conf", CONF, 0o600)
        self.write("/etc/domus-release", "PRODUCT=Domus\nVERSION=1\n")
        self.write("/usr/share/domus/live.conf", "[bridge xenbr0]\nports = auto\n[root]\npassword =\n")
        self.write("/var/log/messages", "one\ntwo sshd\n")
        self.write("/sys/class/net/eth0/address", "52:54:00:00:00:01\n")
        self.write("/sys/class/net/eth0/type", "1\n")
        self.write("/sys/class/net/eth0/flags", "0x1003\n")
        (self.root / "sys/class/net/eth0/device").mkdir()
        self.tools.mkdir()
        for name in ("ip", "sysctl", "sv", "nft", "hostname", "loadkmap", "mount", "umount", "reboot"):
            self.tool(name, "")
        self.tool("findfs", "echo /dev/sda2")
        self.tool("xl", 'case $1 in info) echo 4096;; list) printf "Name ID\\nDomain-0 0\\nweb 1\\n";; esac')
        self.run("generate")

    def tool(self, name, script):
        path = self.tools / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>{self.calls}\n{script}\n')
        path.chmod(0o755)

    def write(self, path, text, mode=0o644):
        file = self.root / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def read(self, path):
        return (self.root / path[1:]).read_text()

    def has(self, path):
        return (self.root / path[1:]).exists()

    def run(self, *args, code=0, text="", **env):
        environment = {"PATH": f"{self.tools}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", **env}
        done = subprocess.run([PROGRAM, *args, "--root", self.root], input=text, capture_output=True, text=True,
                              env=environment, timeout=60, check=False)
        assert done.returncode == code, f"{args}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def noted(self):
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.write_text("")
        return lines

    def wait(self, claim, seconds=20):
        limit = time.monotonic() + seconds
        while not claim():
            assert time.monotonic() < limit
            time.sleep(0.05)


@pytest.fixture(name="host")
def fixture_host(tmp_path):
    return Host(tmp_path)


def test_get(host):
    assert host.run("get", "host.name") == "xen1\n"
    assert "root.password = (set)\n" in host.run("get") and HASH not in host.run("get")
    values = json.loads(host.run("get", "--json"))
    assert values["bridge.xenbr0.ports"] == ["eth0"] and values["root.password"] == "(set)"
    assert 'did you mean "host.name"' in host.run("get", "host.nam", code=1)
    assert "needs a name" in host.run("get", "bridge.mtu", code=1)


def test_set_keeps_comments_and_order(host):
    host.run("set", "bridge.xenbr0.mtu", "9000")
    host.run("set", "time.zone", "Etc/GMT+1")
    host.run("set", "host.name", "xen2")
    assert host.read("/etc/domus/host.conf") == CONF.replace("xen1", "xen2").replace(
        "/24\n", "/24\nmtu = 9000\n") + "\n[time]\nzone = Etc/GMT+1\n"
    host.run("unset", "bridge.xenbr0.mtu")
    assert "mtu" not in host.read("/etc/domus/host.conf")


def test_set_refuses_what_makes_no_sense(host):
    for args, why in ((("host.name", "-"), "is not a host name"), (("bridge.xenbr0.method", "none"), "address"),
                      (("host.name", "a", "b"), "takes one value"), (("no.such", "x"), "there is no key")):
        assert why in host.run("set", *args, code=1)
    assert host.read("/etc/domus/host.conf") == CONF


def test_sections_come_and_go(host):
    host.run("set", "bridge.xenbri.ports", "")
    assert host.read("/etc/domus/host.conf").endswith("\n[bridge xenbri]\nports =\n")
    host.run("unset", "bridge.xenbri")
    assert "xenbri" not in host.read("/etc/domus/host.conf")
    assert "there is no section [bridge nix]" in host.run("unset", "bridge.nix", code=1)


def test_apply(host):
    host.noted()
    assert "Nothing to do" in host.run("apply")
    host.run("set", "host.name", "xen2")
    host.run("set", "time.ntp-servers", "192.0.2.1")
    assert "[host] name: xen1 -> xen2 (at once)" in host.run("apply", "--dry-run") and not host.noted()
    assert host.run("apply").endswith("In force.\n")
    assert host.read("/etc/hostname") == "xen2\n"
    assert set(host.noted()) == {"hostname -F /etc/hostname", "sv restart /run/service/ntpd"}
    assert "Nothing to do" in host.run("apply")


def test_services_are_switched(host):
    host.noted()
    host.run("set", "services.cron", "no")
    host.run("set", "services.syslog-remote", "192.0.2.9")
    host.run("apply")
    assert set(host.noted()) == {"sv down /run/service/crond", "sv restart /run/service/syslogd"}


def test_hand_edits_are_named_and_made_anew(host):
    host.write("/etc/hosts", "mine\n")
    assert host.run("diff").splitlines()[1] == "  /etc/hosts"
    assert json.loads(host.run("diff", "--json"))["changed_by_hand"] == ["/etc/hosts"]
    for command in ("status", "banner"):
        assert "Changed by hand, lost at the next start: /etc/hosts" in host.run(command)
    assert "/etc/hosts was changed by hand" in host.run("apply")
    assert "by hand" not in host.run("status") + host.run("banner")
    assert "localhost" in host.read("/etc/hosts")


LAYER = "/run/domus/layers/domus/etc/profile"
LOCAL = "/etc/domus/local/profile"


def test_local_files_replace_those_of_the_release(host):
    """In force, with their modes, and no hand edits; what a newer release has changed is said until it was looked at."""
    host.write(LAYER, "the release's\n")
    host.write(LOCAL, "mine\n", 0o640)
    host.write("/etc/domus/local/xen/deep/new", "new\n")
    host.write("/etc/domus/local/hosts", "127.0.0.1 mine\n")
    host.write("/etc/domus/local/service/own/run", "#!/bin/sh\n", 0o755)
    host.run("generate")
    assert host.read("/etc/profile") == "mine\n" and (host.root / "etc/profile").stat().st_mode & 0o777 == 0o640
    assert host.read("/etc/xen/deep/new") == "new\n" and host.read("/etc/hosts") == "127.0.0.1 mine\n"
    assert not host.has("/etc/service/own")
    said = json.loads(host.run("diff", "--json"))
    assert said["replaced"] == ["/etc/hosts", "/etc/profile", "/etc/xen/deep/new"]
    assert said["outdated"] == said["changed_by_hand"] == []
    assert "release" not in host.run("status")

    host.write(LAYER, "the newer release's\n")
    host.run("generate")
    assert host.read("/etc/profile") == "mine\n"
    text = f"This release has changed /etc/profile, which your {LOCAL} replaces: compare /var/lib/domus/replaced/profile " \
           f"with {LAYER}, then `touch` yours\n"
    assert text in host.run("status") and text[:-1] in json.loads(host.run("status", "--json"))["outdated"]
    assert host.read("/var/lib/domus/replaced/profile") == "the release's\n"
    (host.root / LOCAL[1:]).touch()
    host.run("generate")
    assert "This release" not in host.run("status")
    (host.root / LAYER[1:]).unlink()
    assert "with nothing, for it is gone" in host.run("status")

    host.write("/proc/cmdline", "quiet domus.local=no\n")
    host.write("/etc/profile", "the release's\n")
    host.run("generate")
    assert host.read("/etc/profile") == "the release's\n" and "localhost" in host.read("/etc/hosts")
    assert json.loads(host.run("diff", "--json"))["replaced"] == []


@pytest.mark.parametrize("name", ["passwd", "shadow", "fstab", "inittab", "nftables.conf", "domus/host.conf"])
def test_what_local_files_cannot_replace(host, name):
    before = host.read(f"/etc/{name}") if host.has(f"/etc/{name}") else None
    host.write(f"/etc/domus/local/{name}", "mine\n")
    assert f"cannot replace /etc/{name}" in host.run("generate", code=1)
    assert (host.read(f"/etc/{name}") if host.has(f"/etc/{name}") else None) == before


def test_what_only_an_installation_can_do_is_refused(host):
    host.run("set", "disk.slot", "1 GiB")
    assert "only an installation can change that" in host.run("apply", code=1)
    host.run("undo")
    assert host.read("/etc/domus/host.conf") == CONF


def test_an_emptied_file_is_not_what_a_change_begins_with(host):
    host.run("set", "host.name", "xen2")
    host.run("apply")
    host.write("/etc/domus/host.conf", "", 0o600)
    for words in (["set", "host.name", "xen3"], ["apply"]):
        assert "nobody could log in; in use is /var/lib/domus/good/1, which domus-host undo puts back" in \
            host.run(*words, code=1)
    assert host.read("/etc/domus/host.conf") == ""
    host.run("undo")
    assert "name = xen2" in host.read("/etc/domus/host.conf")
    assert "nobody could log in any more" in host.run("unset", "root.password", code=1)


def test_undo_and_back(host):
    host.run("set", "host.name", "xen2")
    host.run("apply")
    assert "xen2 -> xen1" in host.run("undo") and host.read("/etc/hostname") == "xen1\n"
    assert "xen1 -> xen2" in host.run("undo") and host.read("/etc/hostname") == "xen2\n"
    assert host.read("/var/lib/domus/good/1").count("xen2") == 1


def test_boot_keys_wait_for_the_next_start(host):
    host.run("set", "boot.timeout", "9")
    assert "(at the next start)" in host.run("apply")
    assert "In force after a restart" in host.run("diff")
    assert json.loads(host.run("diff", "--json"))["at_next_start"][0]["key"] == "timeout"


def change_network(host, *args):
    host.noted()
    host.run("set", "bridge.xenbr0.address", "192.0.2.20/24")
    assert "domus-host confirm" in host.run("apply", *args)


def test_network_change_goes_back_by_itself(host):
    change_network(host, "--timeout", "1")
    host.wait(lambda: not host.has("/run/domus/pending"))
    assert "192.0.2.10/24" in host.read("/etc/domus/host.conf")
    assert "192.0.2.20/24" in host.read("/etc/domus/host.conf.refused")
    assert "was not confirmed within 1 s" in host.read("/run/domus/failed/unconfirmed")
    calls = [line for line in host.noted() if "addr replace" in line]
    assert [c.split()[3] for c in calls] == ["192.0.2.20/24", "192.0.2.10/24"]
    assert "192.0.2.10\t" in host.read("/etc/hosts")


def test_network_change_is_kept_when_confirmed(host):
    assert "no change waits" in host.run("confirm", code=1)
    change_network(host)
    assert "waits for its confirmation" in host.run("set", "host.name", "x", code=1)
    assert "Confirmed" in host.run("confirm")
    assert "192.0.2.20/24" in host.read("/etc/domus/host.conf") and not host.has("/var/lib/domus/unconfirmed.conf")
    assert "192.0.2.20/24" in host.read("/var/lib/domus/good/1")
    assert len([line for line in host.noted() if "addr replace" in line]) == 1


def test_network_change_is_not_kept_over_a_restart(host):
    change_network(host, "--timeout", "2")
    host.wait(lambda: not host.has("/run/domus/pending"))
    host.write("/var/lib/domus/unconfirmed.conf", CONF)
    host.run("set", "host.name", "broken")
    assert "was not confirmed before the restart" in host.run("generate")
    assert host.read("/etc/domus/host.conf") == CONF and host.read("/etc/hostname") == "xen1\n"


def test_a_killed_waiter_does_not_keep_what_nobody_confirmed(host):
    host.write("/var/lib/domus/unconfirmed.conf", CONF)
    host.write("/run/domus/pending", "1 60\n")
    change_network(host, "--timeout", "1")
    host.wait(lambda: not host.has("/run/domus/pending"))
    assert host.read("/etc/domus/host.conf") == CONF and not host.has("/var/lib/domus/unconfirmed.conf")


def test_many_writers(host):
    """Each waits for the lock, and none undoes what another wrote."""
    names = [f"tux{i}" for i in range(8)]
    running = [subprocess.Popen([PROGRAM, "set", f"bridge.{name}.ports", "", "--root", host.root], stdout=subprocess.DEVNULL)
               for name in names]
    assert [process.wait() for process in running] == [0] * 8
    assert all(f"[bridge {name}]" in host.read("/etc/domus/host.conf") for name in names)


def test_sure_network_change(host):
    host.run("set", "bridge.xenbr0.address", "192.0.2.20/24")
    assert "In force" in host.run("apply", "--yes") and not host.has("/run/domus/pending")


def test_guests_come_back_into_their_bridge(host):
    for path, text in (("xenbr0/bridge/x", ""), ("xenbr0/address", ""), ("vif1.0/type", "1\n"), ("vif1.0/address", "")):
        host.write(f"/sys/class/net/{path}", text)
    (host.root / "sys/class/net/vif1.0/master").symlink_to("../xenbr0")
    assert " in xenbr0 of guest web\n" in host.run("network", "status")
    assert {"vif1.0": "web"}.items() <= {d["name"]: d["guest"] for d in json.loads(host.run("network", "status", "--json"))}.items()
    assert not [d["name"] for d in json.loads(host.run("network", "status", "--json")) if d["guarded"]]
    host.tool("nft", 'case $* in "list tables bridge") printf "table bridge count\\ntable bridge guard_1_0\\n";; esac')
    assert " in xenbr0 of guest web, guarded\n" in host.run("network", "status")
    assert [d["name"] for d in json.loads(host.run("network", "status", "--json")) if d["guarded"]] == ["vif1.0"]
    host.noted()
    host.run("set", "bridge.xenbr0.mtu", "1400")
    host.run("apply", "--yes")
    assert host.noted()[-1] == "ip link set dev vif1.0 master xenbr0"


def test_edit(host):
    host.tool("ed-good", 'sed -i s/xen1/edited/ "$1"')
    host.tool("ed-bad", 'echo "nonsense" >>"$1"')
    host.tool("ed-slow", f'sed -i s/xen1/mine/ "$1"; echo "# other" >>{host.root}/etc/domus/host.conf')
    assert "13: error:" in host.run("edit", EDITOR="ed-bad", code=1) and host.read("/etc/domus/host.conf") == CONF
    assert "Nothing was changed" in host.run("edit", EDITOR="true")
    assert "changed by somebody else" in host.run("edit", EDITOR="ed-slow", code=1)
    host.run("edit", EDITOR="ed-good")
    assert "edited" in host.read("/etc/domus/host.conf")
    assert not list(host.root.glob("domus-edit*"))


def test_save(host, tmp_path):
    host.run("save", tmp_path / "saved")
    assert HASH in (tmp_path / "saved").read_text() and (tmp_path / "saved").stat().st_mode & 0o777 == 0o600
    subprocess.run([PROGRAM, "check", tmp_path / "saved"], check=True)
    template = host.run("save", "--template")
    assert HASH not in template and "xen1" not in template and "192.0.2.10" not in template
    for line in ("#   [host] name", "#   [bridge xenbr0] address", "#   [root] password"):
        assert line in template


def test_passwd(host):
    assert "In force" in host.run("passwd", text="new secret\n")
    assert HASH not in host.read("/etc/shadow") and "root:$6$" in host.read("/etc/shadow")
    assert "new secret" not in host.read("/etc/domus/host.conf")
    assert "there is no user" in host.run("passwd", "nobody", text="x\n", code=1)


def test_users(host):
    host.run("users", "add", "tux")
    host.run("users", "remove", "tux")
    host.run("users", "add", "gnu")
    users = json.loads(host.run("users", "--json"))
    assert [(u["name"], u["uid"]) for u in users] == [("root", 0), ("gnu", 1001)]
    assert "there is a user gnu already" in host.run("users", "add", "gnu", code=1)


def test_a_live_host_needs_a_password_first(host):
    (host.root / "etc/domus/host.conf").unlink()
    host.run("generate")
    assert "password" in host.run("set", "host.name", "x", code=1)
    host.run("passwd", text="secret123\n")
    host.run("set", "host.name", "x")
    assert "In force" in host.run("apply", "--yes")


def test_keyboard(host):
    host.write("/usr/share/domus/keymaps/de.bmap", "map")
    host.noted()
    assert json.loads(host.run("keyboard", "--json")) == {"layout": "us", "known": ["de", "us"]}
    host.run("keyboard", "de")
    assert "loadkmap " in host.noted()
    assert "there is no keymap xx" in host.run("keyboard", "xx", code=1)


def test_time(host):
    host.run("time", "zone", "Europe/Berlin")
    assert json.loads(host.run("time", "--json"))["zone"] == "Europe/Berlin"


def test_services(host):
    host.tool("sv", 'echo "run: $2: (pid 7) 9s"')
    for name in ("ntpd", "xenstored"):
        host.write(f"/run/service/{name}/run", "")
    assert json.loads(host.run("services", "--json"))["ntpd"] == "run (pid 7) 9s"
    host.run("services", "restart", "ntpd")
    assert "cannot be restarted" in host.run("services", "restart", "xenstored", code=1)


def test_logs(host):
    assert host.run("logs") == "one\ntwo sshd\n" and host.run("logs", "sshd") == "two sshd\n"
    assert json.loads(host.run("logs", "--json")) == ["one", "two sshd"]


def test_diagnostics_hold_no_secret(host, tmp_path):
    host.write("/etc/xen/web.cfg", 'name = "web"\nvfb = [ "vnc=1,vncpasswd=hush" ]\n', 0o600)
    host.write("/var/log/messages", f"login: {HASH}\nBad password attempt for 'root'\n")
    host.tool("domus-host", f"exec {PROGRAM} \"$@\" --root {host.root}")
    host.run("diagnostics", tmp_path / "bundle.tar.gz")
    assert (tmp_path / "bundle.tar.gz").stat().st_mode & 0o777 == 0o600
    with tarfile.open(tmp_path / "bundle.tar.gz") as bundle:
        texts = {m.name[2:]: bundle.extractfile(m).read().decode() for m in bundle if m.isfile()}
    assert "xen1" in texts["get"] and "Bad password attempt for 'root'" in texts["messages"]
    assert all("hush" not in text and "$6$" not in text for text in texts.values())


LVS = 'echo "  domus|pool|10737418240|1073741824|{data}|10.00|67108864"'


def test_storage(host):
    host.tool("lvm", LVS.format(data="91.50"))
    assert "91.5 % in use" in host.run("storage") and "nearly full" in host.run("storage")
    assert json.loads(host.run("storage", "--json"))[0]["data_percent"] == 91.5
    host.run("storage", "check")
    assert "domus/pool is 92 % full" in host.read("/run/domus/failed/storage-full")
    host.tool("lvm", LVS.format(data="11.50"))
    host.run("storage", "check")
    assert not host.has("/run/domus/failed/storage-full")


def test_storage_grow(host):
    host.tool("lvm", LVS.format(data="91.50"))
    host.tool("wipefs", "")
    host.write("/sys/class/block/sdb/size", "209715200\n")
    shown = host.run("storage", "grow", "domus", "/dev/sdb", "--dry-run")
    assert shown.splitlines() == [
        "lvm pvcreate -q --yes /dev/sdb", "lvm vgextend -q domus /dev/sdb",
        "lvm lvextend -q --poolmetadatasize +128m domus/pool", "lvm lvextend -q -l +95%FREE domus/pool"]
    assert host.run("storage", "grow", "domus/pool", "--dry-run").splitlines()[-1] == (
        "lvm lvextend -q -l +100%FREE domus/pool")
    assert "say --yes" in host.run("storage", "grow", "domus", "/dev/sdb", code=1)
    assert "no pool nosuch" in host.run("storage", "grow", "nosuch", "/dev/sdb", code=1)
    host.write("/etc/xen/web.cfg", 'disk = [ "phy:/dev/sdb,xvda,w" ]\n')
    assert "is a disk of guest web" in host.run("storage", "grow", "domus", "/dev/sdb", "--yes", code=1)
    host.write("/etc/xen/web.cfg", '# "phy:/dev/sdb,xvda,w"\n')
    host.tool("wipefs", 'echo "# offset"; echo "0x438,,,ext4"')
    assert "is not empty" in host.run("storage", "grow", "domus", "/dev/sdb", "--yes", code=1)
    # What fails is taken back: the disk is as it was.
    host.tool("wipefs", "")
    host.tool("lvm", LVS.format(data="91.50") + '; [ "$1" != lvextend ]')
    host.noted()
    host.run("storage", "grow", "domus", "/dev/sdb", "--yes", code=1)
    assert [line.split()[1] for line in host.noted() if line.startswith("lvm")] == [
        "lvs", "pvcreate", "vgextend", "lvextend", "vgreduce", "pvremove"]


def test_storage_pools(host):
    """Made, started, seen, in use, removed; one that does not start leaves nothing in the host's file."""
    for name in ("lvm", "wipefs", "mount.nfs", "mkfs.ext4"):
        host.tool(name, "")
    shown = host.run("storage", "add", "nas", "nfs", "nas.example:/vol", "--dry-run")
    assert shown == "mount.nfs nas.example:/vol /srv/pools/nas -o hard,retry=0,nosuid,nodev,noatime\n"
    host.run("storage", "add", "nas", "nfs", "nas.example:/vol")
    assert host.run("get", "pool.nas.source").strip() == "nas.example:/vol"
    assert "mount.nfs nas.example:/vol /srv/pools/nas -o hard,retry=0,nosuid,nodev,noatime" in host.noted()
    assert "nas (nfs): not there" in host.run("storage")
    host.write("/proc/mounts", "nas.example:/vol /srv/pools/nas nfs4 rw 0 0\n")
    host.tool("stat", "echo 4096 1000 150")
    assert "85.0 % in use" in host.run("storage") and "remove something" in host.run("storage")
    pool = json.loads(host.run("storage", "--json"))[0]
    assert (pool["kind"], pool["path"], pool["free_bytes"]) == ("nfs", "/srv/pools/nas", 614400)
    host.run("storage", "check")
    assert "nas is 85 % full" in host.read("/run/domus/failed/storage-full")
    host.write("/etc/xen/web.cfg", 'disk = [ "/srv/pools/nas/web.img,raw,xvda,w" ]\n')
    assert "disks in nas: web" in host.run("storage", "remove", "nas", "--yes", code=1)
    host.write("/etc/xen/web.cfg", "disk = [ ]\n")
    assert "say --yes" in host.run("storage", "remove", "nas", code=1)
    host.tool("umount", f": >{host.root}/proc/mounts")
    host.run("storage", "remove", "nas", "--yes")
    assert "umount /srv/pools/nas" in host.noted() and "[pool" not in host.read("/etc/domus/host.conf")
    # undo brings it back, started
    host.run("undo")
    assert host.noted()[-1].startswith("mount.nfs") and "nas" in host.run("get", "pool.nas.source")
    # what does not start is not there
    host.tool("mount", "echo no such device >&2; exit 1")
    host.write("/sys/class/block/sdb/size", "2048\n")
    host.run("storage", "add", "slow", "directory", "/dev/sdb", "--yes", code=1)
    assert "[pool slow]" not in host.read("/etc/domus/host.conf")
    assert [line.split()[0] for line in host.noted() if line.split()[0] in ("mkfs.ext4", "wipefs", "mount")] == [
        "wipefs", "mkfs.ext4", "mount", "wipefs"]
    assert "no such device" in host.run("storage", "add", "slow", "directory", "/home/x", code=1)
    assert "has a meaning already" in host.run("storage", "add", "library", "nfs", "a:/b", code=1)
    assert "nfs wants HOST:/PATH" in host.run("storage", "add", "x", "nfs", "/dev/sdb", code=1)


def test_storage_at_boot(host):
    """A pool that is not there is said, the others are started."""
    host.write("/etc/domus/host.conf", CONF + "[pool a]\ntype = nfs\nsource = gone:/v\n"
               "[pool b]\ntype = thin\nsource = domus-b/b\n")
    host.tool("mount.nfs", "echo no route to host >&2; exit 1")
    host.tool("lvm", "")
    host.run("storage", "up", code=1)
    assert "no route to host" in host.read("/run/domus/failed/pool-a")
    assert "lvm vgchange -q -ay domus-b" in host.noted() and not host.has("/run/domus/failed/pool-b")
    host.tool("mount.nfs", "")
    host.run("storage", "up")
    assert not host.has("/run/domus/failed/pool-a")
    host.run("storage", "down")
    assert host.noted()[-1] == "lvm vgchange -q -an domus-b"


def test_storage_that_is_in_use_is_not_another(host):
    """A pool that means something else from now on, but cannot be stopped: that is said, and nothing is mounted over it."""
    for name in ("mount.nfs", "stat"):
        host.tool(name, "")
    host.run("storage", "add", "nas", "nfs", "old:/v")
    host.write("/proc/mounts", "old:/v /srv/pools/nas nfs4 rw 0 0\n")
    host.tool("umount", "echo target is busy >&2; exit 1")
    host.noted()
    host.run("set", "pool.nas.source", "new:/v")
    assert "target is busy" in host.run("apply", code=1)
    assert "target is busy" in host.read("/run/domus/failed/pool-nas")
    assert not [line for line in host.noted() if line.startswith("mount.nfs")]


def test_storage_disk_by_another_name(host):
    """A link is the disk that it stands for: its size, and the guest that uses it."""
    host.tool("lvm", LVS.format(data="91.50"))
    host.tool("wipefs", "")
    host.write("/sys/class/block/sdb/size", "209715200\n")
    host.write("/dev/sdb", "")
    link = host.root / "dev/links/data"
    link.parent.mkdir(parents=True)
    link.symlink_to("../sdb")
    shown = host.run("storage", "grow", "domus", "/dev/links/data", "--dry-run")
    assert "pvcreate -q --yes /dev/links/data" in shown and "--poolmetadatasize +128m" in shown, shown
    host.write("/etc/xen/web.cfg", 'disk = [ "phy:/dev/sdb,xvda,w" ]\n')
    assert "is a disk of guest web" in host.run("storage", "grow", "domus", "/dev/links/data", "--yes", code=1)


# ---- boot loader ----

ENV = "# GRUB Environment Block\ninstalled=yes\nslot=a\nslot_a=ok\n"
ESP = "/run/domus/esp/boot/grub"


@pytest.fixture(name="installed")
def fixture_installed(host):
    """A host from a disk: its EFI system partition is a directory, mounted already."""
    host.write("/proc/cmdline", "root domus.esp=AB-12 quiet\n")
    host.write("/sys/hypervisor/type", "xen\n")
    host.write(f"{ESP}/grubenv", ENV + "#" * (1024 - len(ENV)))
    host.write(f"{ESP}/args.cfg", "set default=xen\n")
    return host


def word(host):
    block = host.read(f"{ESP}/grubenv")
    assert len(block) == 1024 and block.startswith(ENV)
    return block.split("args=")[1].split("\n")[0] if "args=" in block else ""


def set_word(host, value):
    text = ENV + f"args={value}\n"
    host.write(f"{ESP}/grubenv", text + "#" * (1024 - len(text)))


def test_boot_arguments_are_tried_and_kept(installed):
    installed.noted()
    assert "(at the next start)" in installed.run("boot", "xen-args", "loglvl=all")
    assert "mount -t vfat -o nosuid,nodev,noexec /dev/sda2" in "\n".join(installed.noted())
    assert word(installed) == "try" and installed.read(f"{ESP}/args.cfg") == "set default=xen\n"
    tried = installed.read(f"{ESP}/args-try.cfg")
    assert "set xen_args='loglvl=all'" in tried and tried.endswith("domus.args=try\"\n")
    assert json.loads(installed.run("boot", "--json"))["state"] == "try"
    # the next start, as GRUB leaves it
    set_word(installed, "bad")
    installed.write("/proc/cmdline", "root domus.esp=AB-12 domus.args=try quiet\n")
    assert json.loads(installed.run("boot", "--json"))["state"] == "running"
    installed.run("healthy")
    assert word(installed) == "ok" and installed.read(f"{ESP}/args.cfg") + (
        'set dom0_args="$dom0_args domus.args=try"\n') == tried
    assert not installed.has(f"{ESP}/args-try.cfg")
    assert json.loads(installed.run("boot", "--json"))["state"] == "same"


def test_boot_arguments_that_kept_the_host_down(installed):
    installed.run("boot", "xen-args", "nonsense")
    set_word(installed, "bad")
    assert "the former ones are in use" in installed.run("healthy")
    assert "domus-host boot" in installed.read("/run/domus/failed/boot-arguments")
    assert word(installed) == "bad" and json.loads(installed.run("boot", "--json"))["state"] == "bad"
    installed.run("undo")
    installed.run("boot", "try")
    installed.run("healthy")
    assert not installed.has("/run/domus/failed/boot-arguments")


def test_an_unhealthy_start_keeps_nothing(installed):
    installed.run("boot", "timeout", "7")
    set_word(installed, "bad")
    installed.write("/proc/cmdline", "domus.esp=AB-12 domus.args=try\n")
    installed.write("/run/domus/failed/xenstore", "xenstored does not answer\n")
    assert "xenstored does not answer" in installed.run("healthy", code=1) and word(installed) == "bad"
    (installed.root / "run/domus/failed/xenstore").unlink()
    # rescue proves nothing about Xen's arguments
    (installed.root / "sys/hypervisor/type").unlink()
    installed.run("healthy")
    assert word(installed) == "bad"


def test_boot_words(installed):
    assert "with a key of: default timeout" in installed.run("boot", "nix", "1", code=2)
    assert "is not one of: xen, xen-serial, rescue" in installed.run("boot", "default", "windows", code=1)


def test_healthy_records_the_good_file(host):
    host.run("healthy")
    assert host.read("/var/lib/domus/good/1") == CONF
    for name in ("a", "b", "c", "d"):
        host.run("set", "host.name", name)
        host.run("healthy")
    assert ["name = " in host.read(f"/var/lib/domus/good/{i}") for i in (1, 2, 3)] == [True] * 3
    assert [host.read(f"/var/lib/domus/good/{i}").split("name = ")[1][0] for i in (1, 2, 3)] == ["d", "c", "b"]


# ---- the table of commands ----

def test_table_of_commands():
    def output(*args, code=0):
        done = subprocess.run([PROGRAM, *args], capture_output=True, text=True, check=False)
        assert done.returncode == code
        return done.stdout + done.stderr
    names = [line.split()[0] for line in output("help").splitlines() if line.startswith("  ") and line[2] != " "]
    assert {"get", "set", "apply", "confirm", "undo", "boot", "storage"} <= set(names)
    assert output("manual").count(".It Li") == len(names)
    for name in names:
        assert f"{name}" in output("completion")
    assert 'did you mean "apply"' in output("aply", code=2)
    assert "Usage: domus-host set" in output("set", code=2)
    completion = output("completion")
    assert subprocess.run(["bash", "-n"], input=completion, text=True, check=False).returncode == 0


NEWS = "host.name", "json"
# Arguments, and the exit code.
JSON_CASES = {
    "status": [([], 0)], "get": [([], 0), (["host.name"], 0), (["no.such"], 1)],
    "set": [([*NEWS], 0), (["no.such", "x"], 1)], "unset": [(["host.name"], 0), (["bridge.nix"], 1)],
    "edit": [([], 0)], "diff": [([], 0)], "apply": [(["--dry-run"], 0), ([], 0)], "confirm": [([], 1)],
    "undo": [([], 0)], "save": [([], 0), (["--template"], 0), (["/nowhere/x"], 1)],
    "passwd": [([], 0), (["nobody"], 1)], "users": [([], 0), (["add", "tux"], 0), (["add", "tux"], 1)],
    "peer": [(["remove", "nix"], 1)], "network": [(["status"], 0), (["up", "--dry-run"], 0), (["up"], 0), (["over"], 2)],
    "boot": [([], 0), (["timeout", "9"], 0), (["nix", "1"], 2), (["try"], 1)],
    "time": [([], 0), (["zone", "Etc/GMT+2"], 0), (["zone"], 1)], "keyboard": [([], 0), (["us"], 0), (["xx"], 1)],
    "services": [([], 0), (["restart", "ntpd"], 0), (["restart", "nix"], 1)],
    "storage": [([], 0), (["check"], 0), (["up", "--dry-run"], 0), (["up"], 0), (["add", "n", "nfs", "a:/b", "--dry-run"], 0),
                (["add", "n", "nfs", "a:/b"], 0), (["remove", "n"], 1)],
    "disks": [([], 0), (["check"], 0), (["x"], 1)], "logs": [([], 0)], "diagnostics": [(["@bundle"], 0), (["/nowhere/x"], 1)],
    "reboot": [(["--yes"], 0), ([], 1)], "poweroff": [(["--yes"], 0), ([], 1)], "console": [([], 0), (["x"], 2)],
    "check": [(["@good"], 0), (["@bad"], 1), (["@nothing"], 1)], "schema": [([], 0)], "generate": [([], 0)],
    "healthy": [([], 0)], "banner": [([], 0)], "completion": [([], 0)], "manual": [([], 0)],
}


def test_every_command_speaks_json(host, tmp_path):
    """One value on standard output, whatever happens; a new command has to be in the table above."""
    def call(words, text="secret\n"):
        done = subprocess.run([PROGRAM, *words, "--json"], input=text, capture_output=True, text=True, check=False, timeout=60,
                              env={"PATH": f"{host.tools}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "EDITOR": "true"})
        return done.returncode, json.loads(done.stdout)
    for name in ("lvm", "mount.nfs", "wipefs", "poweroff", "domus-host"):
        host.tool(name, "")
    host.tool("xl", "printf 'Name ID\\nDomain-0 0\\nweb 1\\n'")
    host.write("/run/service/ntpd/run", "")
    host.write("/usr/share/zoneinfo/Etc/GMT+2", "TZif")
    (tmp_path / "good").write_text(CONF)
    (tmp_path / "bad").write_text("[host]\nnam = x\n")
    code, table = call(["manual"])
    commands = {row["name"]: row["options"] for row in table["commands"]}
    assert code == 0 and set(commands) == set(JSON_CASES) and all("json" in options for options in commands.values())
    for name, cases in JSON_CASES.items():
        for words, wanted in cases:
            words = [name, *(word.replace("@", f"{tmp_path}/") for word in words)]
            code, value = call(words + (["--root", host.root] if "root" in commands[name] else []))
            assert code == wanted, (words, value)
            assert wanted == 0 or name == "check" or value["error"] and value["outcome"] == "failed", (words, value)
            assert wanted or not isinstance(value, dict) or not value.get("error"), (words, value)
    assert call(["check", tmp_path / "bad"])[1]["problems"][0]["line"] == 2
    assert call(["reboot"])[1]["guests"] == ["web"] and {"reboot ", "poweroff "} <= set(host.noted())
    assert host.has("/etc/domus/host.conf") and "name = json" not in host.read("/etc/domus/host.conf")
