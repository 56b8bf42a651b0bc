# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of domus-vm on a machine share: its commands, files served over HTTP, an initrd with more in it."""

import base64
import contextlib
import http.server
import json
import subprocess
import threading

from harness.machine import BUILD


def vm(machine, words, timeout=60, check=True):
    return machine.run(f"domus-vm {words}", timeout=timeout, check=check)


def guests(machine):
    """The guests of `list --json`, by name, without dom0."""
    listed = json.loads(vm(machine, "list --json"))
    return {guest["name"]: guest for guest in listed if guest["id"] != 0}


def quiet(machine):
    """After the login: no kernel messages between a command's lines, and long lines stay whole."""
    machine.run("dmesg -n 1; stty cols 200 rows 50")


def online(machine):
    """Waits until the host has its address."""
    machine.run("(i=0; until ip -4 route | grep -q default || [ $i -ge 90 ]; do i=$((i+1)); sleep 1; done)", timeout=120)


def write(machine, path, text):
    machine.run(f"echo {base64.b64encode(text.encode()).decode()} | base64 -d >{path}")


def wait_log(machine, name, text, timeout=240):
    """Waits until the guest said text on its console, which xenconsoled writes down."""
    log = f"/var/log/xen/console/guest-{name}.log"
    machine.run(f"(i=0; until grep -qs '{text}' {log}; do i=$((i + 1)); [ $i -lt {timeout} ] || "
                f"{{ tail -5 {log}; exit 1; }}; sleep 1; done)", timeout=timeout * 3)


@contextlib.contextmanager
def serve(files):
    """An HTTP server that the machine reaches as 10.0.2.2; what is posted joins files. Yields its port."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802, the name is the library's
            data = files.get(self.path)
            self.send_response(200 if data is not None else 404)
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            self.wfile.write(data or b"")

        def do_POST(self):  # noqa: N802
            files[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def demo_initrd(work, files):
    """The demo guest's initrd with files (path in it: bytes) in a second archive behind it."""
    root = work / "initrd"
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
        (root / name).chmod(0o755)
    names = "".join(f"{path.relative_to(root)}\n" for path in sorted(root.rglob("*")))
    more = subprocess.run(["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"], input=names.encode(), cwd=root,
                          check=True, stdout=subprocess.PIPE).stdout
    demo = (BUILD / "demo/initrd").read_bytes()
    return demo + bytes(-len(demo) % 4) + more


def make_storage(machine):
    """What domus-install makes: volume group domus, thin pool guests, the library in it."""
    for command in ("modprobe -a dm_thin_pool", "pvcreate -q -y /dev/vda", "vgcreate -q domus /dev/vda",
                    "lvcreate -q -y -T domus/guests -L 1500m", "lvcreate -q -y -W n -V 700m -T domus/guests -n library",
                    "mke2fs -q -t ext4 /dev/domus/library", "mkdir -p /srv/domus",
                    "mount -t ext4 /dev/domus/library /srv/domus"):
        machine.run(command, timeout=120)


def left_over(machine):
    """Files and volumes that guests have, or had."""
    return machine.run("find /etc/xen -name '*.cfg'; find /srv/domus/boot /run/domus/vm -type f 2>/dev/null; "
                       "lvs --noheadings -o lv_name domus | grep -oE '[^ ]+-(xvd|hd)[a-z]' || true").split()
