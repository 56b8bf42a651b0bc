# SPDX-License-Identifier: GPL-2.0-or-later
"""A real system: Debian's own network installer by the wizard, to its first question, and to the end by a preseed file.

Kernel and initrd are those of Debian's package (tests/guests/debian.sh). All else comes from the mirror that the image
was built from, through the test's server, which remembers it for the next run.
"""

import base64
import re
import time
import urllib.error
import urllib.request

import pyte
import pytest

from guests.udebs import Udebs
from harness.machine import BUILD, SLOW, TOP, Machine
from harness.server import Server
from harness.vm import guests, left_over, make_storage, online, quiet, wait_log, wait_until
from tui.screen import Terminal

NETBOOT = "/debian/dists/trixie/main/installer-amd64/current/images/netboot/debian-installer/amd64/"
OK, METHOD, NAME, HARDWARE, DISKS, NICS, INSTALL = range(7)
ANSWER_FILE = 7  # its place among the settings of an installation from the network
KINDS = ["pv", "pvh", "hvm"]
ADDRESS = {"pv": "10.0.2.31", "pvh": "10.0.2.32"}

# One partition, no swap, nothing but the base system; the network is a static one, so that it can be pinged. systemd gives
# a console 90 s to appear, too few for an emulated PVH guest.
PRESEED = """\
d-i debian-installer/locale string en_US.UTF-8
d-i keyboard-configuration/xkb-keymap select us
d-i netcfg/choose_interface select auto
d-i netcfg/disable_autoconfig boolean true
d-i netcfg/get_ipaddress string {address}
d-i netcfg/get_netmask string 255.255.255.0
d-i netcfg/get_gateway string 10.0.2.2
d-i netcfg/get_nameservers string 10.0.2.3
d-i netcfg/confirm_static boolean true
d-i netcfg/get_hostname string {name}
d-i netcfg/get_domain string test
d-i mirror/country string manual
d-i mirror/http/hostname string 10.0.2.2:{port}
d-i mirror/http/directory string /debian
d-i mirror/http/proxy string
d-i passwd/make-user boolean false
d-i passwd/root-password password domus
d-i passwd/root-password-again password domus
d-i clock-setup/utc boolean true
d-i clock-setup/ntp boolean false
d-i time/zone string UTC
d-i partman-auto/disk string /dev/xvda
d-i partman-auto/method string regular
d-i partman-auto/expert_recipe string root :: 1000 10000 -1 ext4 $primary{{ }} $bootable{{ }} \
method{{ format }} format{{ }} use_filesystem{{ }} filesystem{{ ext4 }} mountpoint{{ / }} .
d-i partman-basicfilesystems/no_swap boolean false
d-i partman-partitioning/confirm_write_new_label boolean true
d-i partman/choose_partition select finish
d-i partman/confirm boolean true
d-i partman/confirm_nooverwrite boolean true
d-i base-installer/install-recommends boolean false
d-i base-installer/initramfs-tools/driver-policy select dep
d-i apt-setup/services-select multiselect
d-i apt-setup/enable-source-repositories boolean false
d-i apt-setup/cdrom/set-first boolean false
d-i pkgsel/run_tasksel boolean false
d-i pkgsel/upgrade select none
d-i pkgsel/update-policy select none
popularity-contest popularity-contest/participate boolean false
d-i grub-installer/only_debian boolean true
d-i grub-installer/bootdev string /dev/xvda
d-i finish-install/reboot_in_progress note
d-i preseed/late_command string mkdir -p /target/etc/systemd/system.conf.d; \
(echo '[Manager]'; echo DefaultDeviceTimeoutSec=900) >/target/etc/systemd/system.conf.d/emulated.conf
d-i preseed/early_command string anna-install eatmydata-udeb
{more}"""


class Mirror(dict):
    """The files of a Debian mirror: ours first, then what was fetched before, then the mirror's."""

    def __init__(self, files):
        super().__init__(files)
        manifest = (BUILD / "manifest").read_text()
        self.mirror = re.search(r"^# mirror: (\S+)", manifest, re.M)[1].rstrip("/")
        self.kept = BUILD / "debian/mirror"
        self.asked = []

    def get(self, path, default=None):
        if path in self:
            return self[path]
        if not path.startswith("/debian/") or ".." in path:
            return default
        self.asked.append(path)
        file = self.kept / path[len("/debian/"):]
        if file.is_file() and "/pool/" in path:
            return file.read_bytes()
        try:
            with urllib.request.urlopen(self.mirror + path[len("/debian"):], timeout=60) as answer:
                data = answer.read()
        except (urllib.error.URLError, OSError) as error:
            print(f"{path}: {error}")
            return default
        if "/pool/" in path:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        return data


    def has(self, path):
        """Without fetching the whole of it."""
        question = urllib.request.Request(self.mirror + path[len("/debian"):], method="HEAD")
        try:
            with urllib.request.urlopen(question, timeout=60):
                return True
        except (urllib.error.URLError, OSError):
            return False


def netboot():
    files = {name: BUILD / "debian" / name for name in ("linux", "initrd.gz")}
    assert all(path.is_file() for path in files.values()), "run tests/guests/debian.sh first, as make test-all does"
    mirror = Mirror({NETBOOT + name: path.read_bytes() for name, path in files.items()})
    assert mirror.get("/debian/dists/trixie/Release"), f"{mirror.mirror} does not answer"
    return mirror


def storage_disk(tmp_path):
    with open(tmp_path / "store.img", "wb") as stream:
        stream.truncate(10 << 30)
    return ["-drive", f"if=virtio,format=raw,discard=unmap,file={tmp_path}/store.img"]


def prepare(machine, server):
    """A host with storage, whose guest mirror is the test's server."""
    machine.boot(timeout=300)
    quiet(machine)
    online(machine)
    make_storage(machine, pool="9000m")
    machine.run(f"echo {server.url('debian')} >/tmp/mirror")
    machine.run("mount -o bind /tmp/mirror /usr/share/domus/guest-mirror")


def place_of_debian():
    """Its line in the list: by order, then name; the demo guest has three."""
    def key(path):
        text = path.read_text()
        return int(re.search(r"^order = (\d+)", text, re.M)[1]), re.search(r"^name = (.*)", text, re.M)[1]
    ids = [path.stem for path in sorted((TOP / "configs/os").glob("*.conf"), key=key)]
    return ids.index("debian13") + 2


def choose(screen, place, wait):
    return screen.press("HOME", *["DOWN"] * place, "ENTER").wait(wait, 60)


def by_wizard(machine, kind, answer=""):
    """Debian 13 by key strokes, from the manager to the console of its installer."""
    machine.run("stty rows 24 cols 80")
    machine.send("domus-vm\r")
    screen = Terminal.on_line(machine.child)
    screen.wait("Domain-0", 60).press("n").wait("Which system", 60)
    choose(screen, place_of_debian(), "Each heading opens its page.")
    choose(screen, METHOD, "How does Xen")
    choose(screen, KINDS.index(kind), f"({kind.upper()})").wait("Each heading", 60)
    choose(screen, NAME, "at most 63").press("CTRL-U", kind, "ENTER").wait("Each heading", 60)
    if answer:
        choose(screen, INSTALL, "first start only")
        choose(screen, ANSWER_FILE, "Answer file").press("CTRL-U", answer, "ENTER").wait("first start only", 60)
        screen.wait(answer[-20:], 60).press("ESC").wait("Each heading", 60)
    print(screen.text())
    # the installer may draw over the first words of the console
    return screen.press("HOME", "ENTER").wait_any([f"Console of {kind}", "[!!]", "(1*installer)"], 300)


def back_to_the_list(machine, screen):
    screen.press("\x1d").wait("Domain-0", 60).press("q")
    # another line: the screen may have taken the prompt already
    machine.send("\r")
    machine.expect("domus-test# $", timeout=60)
    quiet(machine)


def console_screen(machine, kind):
    """What the guest's console shows, as far as its log goes back."""
    screen = pyte.Screen(80, 24)
    log = machine.run(f"tail -c 6000 /var/log/xen/console/guest-{kind}.log | base64", timeout=60)
    pyte.ByteStream(screen).feed(base64.b64decode(log))
    return "\n".join(line.rstrip() for line in screen.display if line.strip())


def wait_restarted(machine, kind, first, files, hours=3):
    """Until the guest that was installed has started anew; says once a minute how far it is."""
    end = time.monotonic() + hours * 3600 * SLOW
    while True:
        domid = machine.run(f"xl domid {kind}", check=False)[1].strip()
        if domid.isdigit() and int(domid) != first:
            return
        shown = console_screen(machine, kind)
        print(f"{machine.seconds():.0f} s, {len(files.asked)} files asked for:\n{shown}", flush=True)
        if time.monotonic() > end or "Go Back" in shown or "Retry" in shown:
            machine.fail(f"not installed; its console:\n{shown}")
        machine.run("sleep 60", timeout=90)


@pytest.mark.full
def test_vm_debian_asks(tmp_path):
    """The wizard starts Debian's installer, as PV and as PVH; its first question is on the guest's console."""
    with Server(netboot()) as server, Machine("vm_debian_asks", memory=2560, extra=storage_disk(tmp_path)) as machine:
        prepare(machine, server)
        for kind in ("pv", "pvh"):
            screen = by_wizard(machine, kind)
            screen.wait("Select a language", 900)
            print(screen.text())
            # It hears, too.
            screen.press("ENTER").wait("Select your location", 300)
            back_to_the_list(machine, screen)
            assert guests(machine)[kind]["state"] == "running"
            machine.run(f"domus-vm destroy {kind} --yes; domus-vm delete {kind} --with-disks --yes", timeout=60)
            assert left_over(machine) == []


@pytest.mark.full
@pytest.mark.parametrize("kind", ["pv", "pvh"])
def test_vm_debian_installed(kind, tmp_path):
    """Installed by its preseed file it restarts by itself into its own kernel on its own disk, and answers ping."""
    files = netboot()
    with Server(files) as server, Machine(f"vm_debian_{kind}", memory=2560, extra=storage_disk(tmp_path)) as machine:
        address = ADDRESS[kind]
        udebs = Udebs(files, tmp_path / "udebs", BUILD / "debian/initrd.gz")
        if udebs.lacking:
            print(f"the mirror lacks parts of the installer: {udebs.lacking}")
        files["/preseed.cfg"] = PRESEED.format(port=server.port, address=address, name=kind,
                                                more=udebs.preseed()).encode()
        prepare(machine, server)
        screen = by_wizard(machine, kind, server.url("preseed.cfg"))
        back_to_the_list(machine, screen)
        first = guests(machine)[kind]["id"]
        wait_restarted(machine, kind, first, files)
        print(f"installed after {machine.seconds():.0f} s, {len(files.asked)} files of the mirror")
        wait_log(machine, kind, f"Debian GNU/Linux 13 {kind} hvc0", 600)
        wait_until(machine, f"ping -c 1 -W 2 {address} >/dev/null", 120, f"tail -n 5 /var/log/xen/console/guest-{kind}.log")
        assert guests(machine)[kind]["state"] == "running"
        assert left_over(machine) == [f"/etc/xen/{kind}.cfg", f"{kind}-xvda"]
        print(machine.run(f"cat /etc/xen/{kind}.cfg; xl list"))
        machine.run(f"domus-vm shutdown {kind}", timeout=240)
        assert guests(machine)[kind]["state"] == "off"
