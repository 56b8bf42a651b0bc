# SPDX-License-Identifier: GPL-2.0-or-later
"""domus-vm create without Xen: plans carried out under another root, and undone when a step fails.

lvcreate and lvremove are programs of ours on PATH that write down how they were called.
"""

import hashlib
import http.server
import json
import os
import re
import subprocess
import threading
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
PROGRAM = TOP / "build/bin/domus-vm"
KERNEL = bytes(514) + b"HdrS" + os.urandom(100_000)
INITRD = os.urandom(50_001)


class Server(http.server.BaseHTTPRequestHandler):
    """/kernel, /initrd, /answer; /short ends early, always."""

    files = {"/kernel": KERNEL, "/initrd": INITRD, "/answer": b"d-i answer\n", "/page": b"<html>Log in first.</html>"}
    broken = 0

    def do_GET(self):  # noqa: N802, the name is the library's
        path, begin = self.path, int((self.headers.get("Range") or "bytes=0-").split("=")[1].split("-")[0])
        data = self.files.get("/kernel" if path in ("/short", "/twice") else path)
        if data is None:
            self.send_error(404)
            return
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        stop = begin + 30_000 if path == "/short" or (path == "/twice" and begin < 60_000) else len(data)
        self.wfile.write(data[begin:stop])

    def log_message(self, *_):
        pass


@pytest.fixture(name="url")
def _url():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(name="host")
def _host(tmp_path):
    """An empty root and our own LVM; lvcreate fails for names in LV_FAIL."""
    root = tmp_path / "root"
    (root / "etc/xen").mkdir(parents=True)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("lvcreate", "lvremove"):
        script = programs / name
        script.write_text(f'#!/bin/sh\necho "{name} $*" >>{tmp_path}/calls\n'
                          'case "$*" in *xvdb*) [ -z "$LV_FAIL" ] || { echo "Insufficient free space" >&2; exit 5; } ;; '
                          'esac\n')
        script.chmod(0o755)
    return tmp_path


def create(host, text, env=None, words=()):
    (host / "guest.conf").write_text(text)
    path = {"PATH": f"{host}/bin:{os.environ['PATH']}"}
    done = subprocess.run([PROGRAM, "create", "guest.conf", "--root", host / "root", "--profiles", TOP / "configs/os",
                           *words], cwd=host, env={**os.environ, **path, **(env or {})}, capture_output=True, text=True,
                          check=False, timeout=60)
    calls = (host / "calls").read_text().splitlines() if (host / "calls").exists() else []
    left = sorted(str(path.relative_to(host / "root")) for path in (host / "root").rglob("*") if path.is_file() or path.is_symlink())
    return done, calls, left


HEAD = "[vm web]\nos = debian13\nmethod = pv\nmemory = 512\nstart = no\nautostart = yes\ndisk = new, size=1 GiB\n"


def test_vm_create_made(host, url):
    """Disks, kernel, answer file, NAME.cfg, autostart; nobody else reads NAME.cfg."""
    done, calls, left = create(host, HEAD + f"kernel = {url}/kernel\ninitrd = {url}/initrd\nanswer-file = {url}/answer\n")
    assert done.returncode == 0, done.stderr
    assert calls == ["lvcreate -q -y -W n -V 1024m -T domus/guests -n web-xvda"]
    assert left == ["etc/xen/auto/web.cfg", "etc/xen/web.cfg", "srv/domus/boot/web/initrd", "srv/domus/boot/web/kernel"]
    assert (host / "root/etc/xen/web.cfg").stat().st_mode & 0o777 == 0o600
    assert os.readlink(host / "root/etc/xen/auto/web.cfg") == "../web.cfg"
    assert (host / "root/srv/domus/boot/web/kernel").read_bytes() == KERNEL
    initrd = (host / "root/srv/domus/boot/web/initrd").read_bytes()
    assert initrd.startswith(INITRD + bytes(3) + b"070701")
    archive = initrd[len(INITRD) + 3:]
    listed = subprocess.run(["cpio", "-i", "--to-stdout", "preseed.cfg"], input=archive, capture_output=True, check=True)
    assert listed.stdout == b"d-i answer\n"


def test_vm_create_resumes(host, url):
    """A line that breaks twice is taken up where it broke."""
    text = HEAD + f"kernel = {url}/twice\ninitrd = {url}/initrd\nkernel-sha256 = {hashlib.sha256(KERNEL).hexdigest()}\n"
    done, _, _ = create(host, text)
    assert done.returncode == 0, done.stderr
    assert (host / "root/srv/domus/boot/web/kernel").read_bytes() == KERNEL


@pytest.mark.parametrize("what, lines, env, words", [
    ("short", "kernel = {url}/short\ninitrd = {url}/initrd\n", {}, ["{url}/short"]),
    ("missing", "kernel = {url}/none\ninitrd = {url}/initrd\n", {}, ["{url}/none", "404"]),
    ("checksum", "kernel = {url}/kernel\ninitrd = {url}/initrd\ninitrd-sha256 = " + "0" * 64 + "\n", {},
     ["{url}/initrd", "wrong checksum"]),
    ("page", "kernel = {url}/page\ninitrd = {url}/initrd\n", {}, ["{url}/page", "no kernel"]),
    ("no-server", "kernel = http://127.0.0.1:1/k\ninitrd = {url}/initrd\n", {}, ["http://127.0.0.1:1/k"]),
    ("space", "disk = new, size=2 GiB\nkernel = {url}/kernel\ninitrd = {url}/initrd\n", {"LV_FAIL": "1"},
     ["disk xvdb", "not enough space in the volume group"]),
])
def test_vm_create_undone(host, url, what, lines, env, words):
    """A step fails: nothing is left, and the message names disk, URL, reason."""
    done, calls, left = create(host, HEAD + lines.format(url=url), env)
    assert done.returncode == 1, what
    assert left == [], what
    for word in words:
        assert word.format(url=url) in done.stderr, (what, done.stderr)
    made = [call.split()[-1] for call in calls if call.startswith("lvcreate") and "xvdb" not in call]
    assert [call for call in calls if call.startswith("lvremove")] == [f"lvremove -q -f domus/{n}" for n in made]
    assert not (host / "root/srv/domus/boot/web").exists()


def test_vm_create_taken(host, url):
    """A name that is taken is refused before anything is done."""
    (host / "root/etc/xen/web.cfg").write_text('name = "web"\nmemory = 64\n')
    done, calls, _ = create(host, HEAD + f"kernel = {url}/kernel\n")
    assert done.returncode == 1 and calls == []
    assert 'guest.conf:1: error: name: there is a guest "web" already' in done.stderr
    assert (host / "root/etc/xen/web.cfg").read_text() == 'name = "web"\nmemory = 64\n'


@pytest.mark.parametrize("side, key, state, is_taken", [
    ("out", "web", "undecided", True), ("out", "web", "there", False),
    ("in", 32 * "a", "granted", True), ("in", 32 * "a", "running", False)])
def test_vm_create_moving(host, url, side, key, state, is_taken):
    """The name of a guest whose definition is with a migration is taken; not that of one that has gone."""
    uuid = "11111111-2222-3333-4444-555555555555"
    offer = {"protocol": 1, "id": 32 * "a", "name": "web", "uuid": uuid, "method": "pvh",
             "cfg": f'name = "web"\nuuid = "{uuid}"\ntype = "pvh"\nmemory = 64\n'}
    folder = host / "root/var/lib/domus/migrate" / side
    folder.mkdir(parents=True)
    (folder / f"{key}.json").write_text(json.dumps({"record": state, "peer": "xen2", "boot": "", "guest": offer}))
    done, _, _ = create(host, HEAD + f"kernel = {url}/kernel\ninitrd = {url}/initrd\n")
    assert ('there is a guest "web" already' in done.stderr) == is_taken, done
    assert (host / "root/etc/xen/web.cfg").exists() != is_taken, done


def test_vm_create_dry_run(host):
    """A dry run touches nothing, draws nothing, and is the same each time."""
    text = HEAD + "mirror = http://mirror.example/debian\n"
    first, calls, left = create(host, text, words=["--dry-run"])
    second, _, _ = create(host, text, words=["--dry-run"])
    assert first.returncode == 0 and first.stdout == second.stdout and calls == [] and left == []
    assert "(new)" in first.stdout


def run(*words, **more):
    return subprocess.run([PROGRAM, *words], cwd=TOP, capture_output=True, text=True, check=False, **more)


def test_vm_command_line():
    """Exit status 2 for wrong usage; every command is in --help; JSON where it prints."""
    assert run("--help").returncode == 0
    for words in (["lsit"], ["list", "x"], ["start"], ["start", "a", "b"], ["list", "--with-disks"], ["--json"],
                  ["create", "x", "--os", "demo"], ["set-vcpus", "a", "x"], ["autostart", "a", "maybe"], ["--nope"],
                  ["migrate", "a", "--resolve", "maybe"], ["migrate", "a", "--resolve", "here", "--dry-run"]):
        done = run(*words, stdin=subprocess.DEVNULL)
        assert done.returncode == 2 and done.stderr, words
    assert 'did you mean "list"' in run("lsit").stderr
    assert run(stdin=subprocess.DEVNULL).returncode == 2, "no manager without a terminal"
    assert run("create", stdin=subprocess.DEVNULL).returncode == 2, "no wizard without a terminal"
    profiles = json.loads(run("profiles", "--json").stdout)
    assert len(profiles) >= 26 and profiles[0]["id"] == "demo"
    assert json.loads(run("list", "--json").stdout) == []
    assert len(json.loads(run("schema", "--json").stdout)) > 0
    done = run("start", "web")
    assert done.returncode == 1 and "cannot talk to Xen" in done.stderr


@pytest.mark.parametrize("name", ["", "a b", "$(reboot)", "a;b", "../etc", "-", "a" * 300, "ä", "a\nb"])
def test_vm_hostile_names(name):
    """Refused by every command that takes a name."""
    for command in (["start"], ["delete"], ["destroy"], ["autostart"], ["console"]):
        words = [*command, "--", name] + (["on"] if command == ["autostart"] else [])
        done = run(*words, stdin=subprocess.DEVNULL)
        assert done.returncode in (1, 2) and done.stdout == "", (words, done.stdout)


def test_vm_start_order(tmp_path):
    """Order, delay and what the host's stop does to a guest are notes in its file, which keeps all else; list shows them."""
    path, link = tmp_path / "etc/xen/web.cfg", tmp_path / "etc/xen/auto/web.cfg"
    path.parent.mkdir(parents=True)
    own = '# mine\nname = "web"\nmemory = 64\n'
    path.write_text(own)
    done = run("autostart", "web", "on", "--order", "2", "--delay", "30", "--at-stop", "save", "--root", tmp_path)
    assert done.returncode == 0 and link.is_symlink(), done.stderr
    assert path.read_text() == "# domus.at-stop = save\n# domus.start-delay = 30\n# domus.start-order = 2\n" + own
    guest = json.loads(run("list", "--json", "--root", tmp_path).stdout)[0]
    assert (guest["start_order"], guest["start_delay_s"], guest["at_stop"]) == (2, 30, "save")
    for words, text in ((["--order", "0"], "start-order: 0 is out of range"), (["--delay", "601"], "start-delay: 601 is out"),
                        (["--at-stop", "sleep"], "at-stop: ")):
        done = run("autostart", "web", *words, "--root", tmp_path)
        assert done.returncode == 1 and text in done.stderr, done.stderr
    assert run("autostart", "web", "--root", tmp_path).returncode == 2
    done = run("autostart", "web", "--order", "auto", "--delay", "0", "--at-stop", "auto", "--root", tmp_path)
    assert done.returncode == 0 and link.is_symlink() and path.read_text() == own


def test_vm_check_xlcfg(tmp_path):
    """Unknown keys of an xl.cfg, with the nearest known one."""
    path = tmp_path / "web.cfg"
    path.write_text('name = "web"\nmemroy = 512\n')
    done = run("check", path)
    assert done.returncode == 1
    assert f'{path}:2: warning: xl does not know the key "memroy" and ignores it; did you mean "memory"?' in done.stderr


def first_boot(host):
    path = {"PATH": f"{host}/bin:{os.environ['PATH']}"}
    return subprocess.run([PROGRAM, "first-boot", "--root", host / "root", "--profiles", TOP / "configs/os"],
                          env={**os.environ, **path}, capture_output=True, text=True, check=False)


def test_vm_first_boot(host):
    """[vm] sections of host.conf: made ones leave the file, failed ones and all comments stay; a failure stops no other."""
    conf = host / "root/etc/domus/host.conf"
    conf.parent.mkdir(parents=True)
    keep = "# ours\n[domus]\nschema = 1\n\n[host]\nname = h\n"
    good = "# goes with one\n[vm one]\nos = generic-linux\nmethod = pv\nmemory = 64\nstart = no\nautostart = yes\n" \
           "install = disk\ndisk = new, size=1 GiB\n"
    bad = "# about two\n[vm two]\nos = nosuch\n"
    after = "# the root\n[root]\npassword = *\n"
    conf.write_text(keep + good + bad + good.replace("one", "three") + after)
    done = first_boot(host)
    assert done.returncode == 1 and '[vm two]:2: error: os: "nosuch" is not known' in done.stderr, done.stderr
    assert conf.read_text() == keep + "# goes with one\n" + bad + "# goes with three\n" + after
    assert sorted(path.name for path in (host / "root/etc/xen").glob("*.cfg")) == ["one.cfg", "three.cfg"]


def test_vm_first_boot_keeps_guests(host):
    """After a reinstallation with the same file: a guest that is there stays, and its section leaves the file."""
    conf, guest = host / "root/etc/domus/host.conf", host / "root/etc/xen/one.cfg"
    conf.parent.mkdir(parents=True)
    section = "[vm one]\nos = generic-linux\nmethod = pv\nmemory = 64\nstart = no\ninstall = disk\ndisk = new, size=1 GiB\n"
    guest.write_text('name = "one"  # edited by hand\n')
    conf.write_text("[host]\nname = h\n" + section + section.replace("one", "two"))
    done = first_boot(host)
    assert done.returncode == 0 and 'there is a guest "one" already: it stays as it is' in done.stdout, done
    assert guest.read_text() == 'name = "one"  # edited by hand\n' and (host / "root/etc/xen/two.cfg").exists()
    assert conf.read_text() == "[host]\nname = h\n"


@pytest.mark.parametrize("head", ["[ vm one ]", "[vm   one]", "[vm\tone\t]", "  [vm one]  "])
def test_vm_first_boot_blanks(host, head):
    """However its head is written, a section whose guest was made leaves the file: it must not be made again."""
    conf = host / "root/etc/domus/host.conf"
    conf.parent.mkdir(parents=True)
    keep, after = "[domus]\nschema = 1\n\n[host]\nname = h\n", "# the root\n[ root ]\npassword = *\n"
    conf.write_text(f"{keep}{head}\nos = generic-linux\nmethod = pv\nmemory = 64\nstart = no\ninstall = disk\n"
                    f"disk = new, size=1 GiB\n{after}")
    done = first_boot(host)
    assert done.returncode == 0, done.stderr
    assert conf.read_text() == keep + after and (host / "root/etc/xen/one.cfg").exists()


def test_vm_facts_unreadable(tmp_path):
    """Without the facts that were asked for no command goes on with this machine."""
    for words in (["create", "--os", "demo", "--dry-run"], ["create", "guest.conf"], ["check", "guest.conf"], ["profiles"],
                  ["list"], ["first-boot"], ["attach-disk", "web", "existing, path=/x"]):
        done = run(*words, "--facts", tmp_path / "none.json")
        assert done.returncode == 1 and done.stdout == "" and "none.json" in done.stderr, (words, done)


def iso_image(size):
    """As much of ISO 9660 as is looked at: the volume descriptor, its label, its length in blocks."""
    image = bytearray(os.urandom(size))
    image[32768:32774] = b"\1CD001"
    image[32808:32840] = b"TEST DISC 1".ljust(32)
    image[32848:32852] = (size // 2048).to_bytes(4, "little")
    image[32896:32898] = (2048).to_bytes(2, "little")
    return bytes(image)


def test_vm_library(host):
    """From a file: copied, with its checksum, taken up where it broke off; no other file, no strange name, none twice."""
    image, source = iso_image(3 << 20), host / "disc.iso"
    source.write_bytes(image)
    library = host / "root/srv/domus/iso"

    def fetch(*words):
        return run("fetch", *words, "--root", host / "root")

    done = fetch(source, "0" * 64)
    assert done.returncode == 1 and "wrong checksum" in done.stderr and list(library.iterdir()) == []
    (library / "disc.iso.part").write_bytes(image[:1 << 20])
    done = fetch(source, hashlib.sha256(image).hexdigest())
    assert done.returncode == 0 and done.stdout == "/srv/domus/iso/disc.iso\n", done
    assert (library / "disc.iso").read_bytes() == image and len(list(library.iterdir())) == 1
    assert "in the library already" in fetch(source).stderr
    (host / "noise.iso").write_bytes(os.urandom(100_000))
    assert "is no CD image" in fetch(host / "noise.iso").stderr
    (host / "a b$(id).iso").write_bytes(image)
    assert "does not end in a file's name" in fetch(host / "a b$(id).iso").stderr
    assert "none.iso" in fetch(host / "none.iso").stderr and "neither a URL" in fetch("disc.iso").stderr
    assert len(list(library.iterdir())) == 1


@pytest.fixture(name="pools")
def fixture_pools(host):
    """A directory pool, one whose disk is gone, a thin one; mounts and the room on them are as files and a tool say."""
    root, tools = host / "root", host / "tools"
    (root / "etc/domus").mkdir(parents=True, exist_ok=True)
    (root / "etc/domus/host.conf").write_text(
        "[pool nas]\ntype = nfs\nsource = nas.example:/vol\n[pool usb]\ntype = directory\nsource = UUID=ab-12\n"
        "[pool fast]\ntype = thin\nsource = domus-fast/fast\n")
    for name in ("nas", "usb"):
        (root / "srv/pools" / name).mkdir(parents=True)
    (root / "proc").mkdir(exist_ok=True)
    (root / "proc/mounts").write_text("nas.example:/vol /srv/pools/nas nfs4 rw 0 0\n")
    tools.mkdir(exist_ok=True)
    (tools / "stat").write_text(f"#!/bin/sh\ncat {host}/room\n")
    (tools / "stat").chmod(0o755)
    (host / "room").write_text("4096 100000 50000\n")

    def vm(*words, code=0):
        done = subprocess.run([PROGRAM, *words, "--root", root], capture_output=True, text=True, check=False, timeout=60,
                              env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"})
        assert done.returncode == code, (words, done)
        return done.stdout + done.stderr
    return vm


def test_vm_library_in_pools(host, pools):
    """Added to a pool, listed with it, found and removed; pools that are gone are said, LVM is refused."""
    image, disc = iso_image(3 << 20), host / "disc.iso"
    disc.write_bytes(image)
    assert "There is no CD image" in pools("library") and "pool usb is not there now" in pools("library")
    assert pools("library", "add", disc, "--pool", "nas") == "/srv/pools/nas/iso/disc.iso\n"
    assert (host / "root/srv/pools/nas/iso/disc.iso").read_bytes() == image
    value = json.loads(pools("library", "add", disc, hashlib.sha256(image).hexdigest(), "--json"))
    assert value == {"path": "/srv/domus/iso/disc.iso", "pool": "library"}
    listed = json.loads(pools("library", "--json"))
    assert [(i["pool"], i["path"], i["label"]) for i in listed["images"]] == [
        ("library", "/srv/domus/iso/disc.iso", "TEST DISC 1"), ("nas", "/srv/pools/nas/iso/disc.iso", "TEST DISC 1")]
    assert [(p["name"], p["is_there"]) for p in listed["pools"]] == [("library", True), ("nas", True), ("usb", False)]
    assert re.search(r'nas +3 MiB  /srv/pools/nas/iso/disc.iso "TEST DISC 1"', pools("library"))
    for pool, why in (("fast", "fast is LVM"), ("guests", "guests is LVM"), ("usb", "is not there now"), ("nix", "there is no pool nix")):
        said = pools("library", "add", disc, "--pool", pool, code=1)
        assert why in said and said.count("\n") == 1 and ("LVM" not in why or "(there: library, nas)" in said), said
    assert "several: /srv/domus/iso/disc.iso, /srv/pools/nas/iso/disc.iso" in pools("library", "remove", "disc.iso", code=1)
    cfg = host / "root/etc/xen/web.cfg"
    cfg.write_text('name = "web"\ntype = "pv"\nmemory = 64\ndisk = [ "/srv/pools/nas/iso/disc.iso,raw,xvdb,r" ]\n')
    assert "is in the drive of: web" in pools("library", "remove", "/srv/pools/nas/iso/disc.iso", code=1)
    cfg.unlink()
    pools("library", "remove", "/srv/domus/iso/disc.iso")
    assert json.loads(pools("library", "remove", "disc.iso", "--json"))["removed"] == "/srv/pools/nas/iso/disc.iso"
    assert "(not there now: usb)" in pools("library", "remove", "disc.iso", code=1)
    assert list((host / "root/srv/pools/nas/iso").iterdir()) == list((host / "root/srv/domus/iso").iterdir()) == []
    for words in (("library", "remove"), ("library", "x"), ("library", "--pool", "nas"), ("list", "--pool", "nas")):
        pools(*words, code=2)


def test_vm_library_without_room(host, pools, url, monkeypatch):
    """The pool's own file system counts, also for a download, and what a part of it has already."""
    image = iso_image(3 << 20)
    (host / "disc.iso").write_bytes(image)
    monkeypatch.setitem(Server.files, "/disc.iso", image)
    (host / "room").write_text("4096 100000 600\n")
    place = host / "root/srv/pools/nas/iso"
    for source in (host / "disc.iso", f"{url}/disc.iso"):
        said = pools("fetch", source, "--pool", "nas", code=1)
        assert "needs 3 MiB, the pool nas has 2" in said and list(place.iterdir()) == [], said
    (place / "disc.iso.part").write_bytes(image[:1 << 20])
    pools("fetch", host / "disc.iso", "--pool", "nas")
    assert (place / "disc.iso").read_bytes() == image
    (host / "room").write_text("4096 100000 768\n")
    (place / "disc.iso").unlink()
    pools("fetch", f"{url}/disc.iso", "--pool", "nas")
    assert (place / "disc.iso").read_bytes() == image


def test_vm_attach_disk_without_profiles(host):
    """What asks no profile does not need any."""
    (host / "root/etc/xen/web.cfg").write_text('name = "web"\ntype = "pv"\nmemory = 64\ndisk = [ "/a.img,raw,xvda,w" ]\n')
    (host / "root/b.img").write_bytes(bytes(4096))
    done = subprocess.run([PROGRAM, "attach-disk", "web", "existing, path=/b.img", "--root", host / "root", "--facts",
                           TOP / "tests/tui/vm_facts.json"], cwd=host, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout == "attached as xvdb\n", done


def test_vm_guarded_nics(host):
    """list and info say which NICs are guarded, in words and as JSON; attach-nic refuses bad addresses."""
    plain, own = '"mac=00:16:3e:00:00:01,bridge=xenbr0"', '"mac=00:16:3e:00:00:02,bridge=xenbri,script=vif-guarded'
    limited = f'{own},ip=192.0.2.7 2001:db8::7"'

    def vm(*words, code=0, vifs=(plain,)):
        (host / "root/etc/xen/web.cfg").write_text(f'name = "web"\ntype = "pv"\nvif = [ {", ".join(vifs)} ]\n')
        done = run(*words, "--facts", TOP / "tests/tui/vm_facts.json", "--root", host / "root")
        assert done.returncode == code, (words, done)
        return done.stdout + done.stderr

    assert "guarded" not in vm("list") + vm("info", "web")
    assert re.search(r"^web .* partly guarded$", vm("list", vifs=(plain, limited)), re.M)
    assert re.search(r"^web .*, guarded$", vm("list", vifs=(limited,)), re.M)
    assert "network adapter 0: 00:16:3e:00:00:02, bridge xenbri, guarded\n" in vm("info", "web", vifs=(own + '"',))
    said = vm("info", "web", vifs=(plain, limited))
    assert "network adapter 1: 00:16:3e:00:00:02, bridge xenbri, guarded: only as 192.0.2.7 2001:db8::7\n" in said
    nics = [{"mac": "00:16:3e:00:00:01", "bridge": "xenbr0", "guard": False, "addresses": []},
            {"mac": "00:16:3e:00:00:02", "bridge": "xenbri", "guard": True, "addresses": ["192.0.2.7", "2001:db8::7"]}]
    assert json.loads(vm("info", "web", "--json", vifs=(plain, limited)))["nics"] == nics
    assert {g["name"]: g["nics"] for g in json.loads(vm("list", "--json", vifs=(plain, limited)))}["web"] == nics
    refused = vm("attach-nic", "web", "guard=yes, addresses=192.0.2.7/24", code=2)
    assert '"192.0.2.7/24" is an address in a network; write "192.0.2.7" for the address alone' in refused
    assert vm("attach-nic", "web", "guard=yes, addresses=192.0.2.7").startswith("mac=00:16:3e:")


def test_vm_json(host):
    """What a program wants to know of what was done, or is wrong."""
    facts = ("--facts", TOP / "tests/tui/vm_facts.json", "--profiles", TOP / "configs/os")
    (host / "root/etc/xen/web.cfg").write_text('name = "web"\ntype = "pv"\nmemory = 64\ndisk = [ "/a.img,raw,xvda,w" ]\n')
    (host / "root/b.img").write_bytes(bytes(4096))
    (host / "bad.conf").write_text("[vm x]\nos = debian13\nmemroy = 1\n")
    (host / "bad.cfg").write_text('name = "x"\nmemroy = 1\n')
    (host / "good.conf").write_text("[vm x]\nos = debian13\nmethod = pv\n")

    def value(*words, code=0):
        done = run(*words, "--json", *facts, "--root", host / "root")
        assert done.returncode == code, (words, done)
        return json.loads(done.stdout)

    assert value("attach-disk", "web", "existing, path=/b.img") == {"target": "xvdb"}
    assert value("attach-nic", "web", "mac=00:16:3e:00:00:09") == {"mac": "00:16:3e:00:00:09"}
    bad = value("check", host / "bad.conf", code=1)
    assert bad["errors"] == 1 and bad["problems"][0]["line"] == 3 and "memory" in bad["problems"][0]["text"]
    assert value("check", host / "bad.cfg", code=1)["problems"]
    assert value("check", host / "good.conf")["errors"] == 0
    assert [i["pool"] for i in value("library")["images"]] == ["", "", "nas"]


def test_vm_cd_without_a_drive(host):
    """A PV guest's CD is a disk that it only reads: changed, not ejected; a disk that it writes is none."""
    cfg = host / "root/etc/xen/web.cfg"
    cfg.write_text('name = "web"\ntype = "pv"\nmemory = 64\ndisk = [ "format=raw, vdev=xvda, access=rw, target=/a.iso", '
                   '"format=raw, vdev=xvdb, access=ro, target=/one.iso" ]\n')
    for name in ("one", "two"):
        (host / f"root/{name}.iso").write_bytes(iso_image(100 * 2048))

    def cdrom(medium):
        return run("cdrom", "web", medium, "--root", host / "root", "--facts", TOP / "tests/tui/vm_facts.json")

    assert cdrom("/two.iso").returncode == 0
    done = cdrom("eject")
    assert done.returncode == 1 and "no drive that can be empty; use detach-disk xvdb" in done.stderr, done
    done = cdrom("/none.iso")
    assert done.returncode == 1 and "/none.iso" in done.stderr, done
    cfg.write_text(cfg.read_text().replace("access=ro", "access=rw"))
    done = cdrom("/two.iso")
    assert done.returncode == 1 and "guest web has no CD drive" in done.stderr, done
