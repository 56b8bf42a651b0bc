# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian mirror of a dozen tiny packages, signed with a key of its own, that fails in the ways asked for.

mirror.py make DIR     writes DIR/www (the archive) and DIR/key.asc
mirror.py serve DIR    serves DIR/www on a free port of 127.0.0.1, written to DIR/port

http://127.0.0.1:PORT/TEST/debian is the archive as TEST wants it: DIR/TEST.mode holds one line, read at every
request: `ok`, or `FAULT PATTERN`, for paths that match the pattern: cut (half of the file, then the
connection ends), stall (half, then silence; DIR/TEST.stalled appears), tamper (one byte changed), gone (404).
Requests are written to DIR/TEST.requests.
It is a proxy too: a request with a host in it is answered from the same archive.
"""

import base64
import hashlib
import http.server
import io
import random
import re
import sys
import tarfile
from email.utils import formatdate
from pathlib import Path

EPOCH = 1735689600  # 2025-01-01, of every file and of the key
KERNEL = "linux-image-6.12.0-domus-amd64"


class Key:
    """An OpenPGP v4 RSA key (RFC 4880), always the same one: it signs nothing but this archive."""

    def __init__(self):
        dice = random.Random("domus faults")
        # How far the next prime is from each random number.
        p, q = (((dice.getrandbits(1024) | 3 << 1022) | 1) + next_prime for next_prime in (1296, 38))
        self.n, self.e = p * q, 65537
        self.d = pow(self.e, -1, (p - 1) * (q - 1))
        self.body = b"\x04" + EPOCH.to_bytes(4, "big") + b"\x01" + mpi(self.n) + mpi(self.e)
        self.fingerprint = hashlib.sha1(self.hashed()).digest()

    def hashed(self):
        return b"\x99" + len(self.body).to_bytes(2, "big") + self.body

    def signature(self, kind, data, flags=b""):
        issuer = subpacket(16, self.fingerprint[-8:])
        extra = subpacket(2, EPOCH.to_bytes(4, "big")) + subpacket(33, b"\x04" + self.fingerprint) + flags
        head = bytes([4, kind, 1, 10]) + len(extra).to_bytes(2, "big") + extra
        digest = hashlib.sha512(data + head + b"\x04\xff" + len(head).to_bytes(4, "big")).digest()
        info = bytes.fromhex("3051300d060960864801650304020305000440") + digest
        padded = b"\x00\x01" + b"\xff" * (256 - 3 - len(info)) + b"\x00" + info
        value = pow(int.from_bytes(padded, "big"), self.d, self.n)
        return packet(2, head + len(issuer).to_bytes(2, "big") + issuer + digest[:2] + mpi(value))

    def public(self):
        uid = b"Domus fault tests"
        sealed = self.hashed() + b"\xb4" + len(uid).to_bytes(4, "big") + uid
        cert = self.signature(0x13, sealed, subpacket(27, b"\x03"))
        return armor("PUBLIC KEY BLOCK", packet(6, self.body) + packet(13, uid) + cert)

    def clearsign(self, text):
        lines = [line.rstrip() for line in text.rstrip("\n").split("\n")]
        signature = self.signature(0x01, "\r\n".join(lines).encode())
        escaped = "\n".join("- " + line if line.startswith("-") else line for line in lines)
        return f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n{escaped}\n" + armor("SIGNATURE", signature)


def mpi(n):
    return n.bit_length().to_bytes(2, "big") + n.to_bytes((n.bit_length() + 7) // 8, "big")


def subpacket(kind, data):
    return bytes([len(data) + 1, kind]) + data


def packet(tag, data):
    return bytes([0x80 | tag << 2 | 1]) + len(data).to_bytes(2, "big") + data


def armor(what, data):
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc = crc << 1 ^ (0x1864CFB if crc & 0x800000 else 0)
    text = base64.b64encode(data).decode()
    lines = "\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    check = base64.b64encode((crc & 0xFFFFFF).to_bytes(3, "big")).decode()
    return f"-----BEGIN PGP {what}-----\n\n{lines}\n={check}\n-----END PGP {what}-----\n"


def tar(files, prefix="./"):
    """files: name -> bytes, None for a folder, str for a symbolic link."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(prefix + name)
            info.mtime, info.mode = EPOCH, 0o644
            if data is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif isinstance(data, str):
                info.type, info.linkname, info.mode = tarfile.SYMTYPE, data, 0o777
            else:
                info.size = len(data)
            archive.addfile(info, io.BytesIO(data) if isinstance(data, bytes) else None)
    return out.getvalue()


def deb(control, files):
    out = b"!<arch>\n"
    members = {"debian-binary": b"2.0\n", "control.tar.gz": tar({"control": control.encode()}), "data.tar.gz": tar(files)}
    for name, data in members.items():
        out += f"{name:<16}{EPOCH:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode() + data + b"\n" * (len(data) % 2)
    return out


def put(www, path, data):
    file = www / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data if isinstance(data, bytes) else data.encode())


def make(top):
    www, key = top / "www", Key()
    (top / "key.asc").write_text(key.public())
    dice = random.Random(1)

    entries = ""

    def package(name, files, depends=None):
        nonlocal entries
        control = f"Package: {name}\nVersion: 1.0\nArchitecture: amd64\nMaintainer: none <none@invalid>\n"
        control += f"Depends: {depends}\n" if depends else ""
        control += "Description: of the fault tests\n"
        data = deb(control, files)
        path = f"pool/main/{name[0]}/{name}/{name}_1.0_amd64.deb"
        put(www / "debian", path, data)
        entries += f"{control}Filename: {path}\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n\n"

    package("base-files", {"usr": None, "usr/bin": None, "bin": "usr/bin", "usr/bin/marker": b"whole\n"})
    for n in range(1, 7):
        folder = f"usr/share/filler-{n}"
        files = {"usr": None, "usr/share": None, folder: None}
        files |= {f"{folder}/{i}": dice.randbytes(2000) for i in range(150)}
        package(f"filler-{n}", files, "base-files")
    package("probe", {"usr": None, "usr/bin": None, "usr/bin/probe": b"probe\n"}, "base-files")
    package(KERNEL, {"boot": None, "boot/vmlinuz": b"kernel\n"})
    package("linux-image-amd64", {"usr": None}, KERNEL)

    parts = {"busybox_1.0.orig.tar.gz": tar({"busybox-1.0": None, "busybox-1.0/main.c": b"int main;\n"}, ""),
             "busybox_1.0-1.debian.tar.gz": tar({"debian": None, "debian/rules": b"all:\n"}, "")}
    for name, data in parts.items():
        put(www / "debian", f"pool/main/b/busybox/{name}", data)
    sums = "".join(f" {hashlib.sha256(data).hexdigest()} {len(data)} {name}\n" for name, data in parts.items())
    source = "Package: busybox\nBinary: busybox\nVersion: 1.0-1\nArchitecture: any\nFormat: 3.0 (quilt)\n" \
        f"Directory: pool/main/b/busybox\nFiles:\n" + re.sub(r"^ \w{64}", " " + "0" * 32, sums, flags=re.M) \
        + f"Checksums-Sha256:\n{sums}\n"

    indexes = {"main/binary-amd64/Packages": entries, "non-free-firmware/binary-amd64/Packages": ""}
    for where, suite in (("debian", "trixie"), ("debian", "trixie-updates"), ("debian", "trixie-backports"),
                         ("debian-security", "trixie-security")):
        own = dict(indexes, **{"main/source/Sources": source}) if suite == "trixie" else dict.fromkeys(indexes, "")
        release = f"Origin: Debian\nLabel: Debian\nSuite: {suite}\nCodename: {suite}\nDate: {formatdate(EPOCH, usegmt=True)}\n"
        release += "Architectures: amd64\nComponents: main non-free-firmware\nSHA256:\n"
        for path, text in own.items():
            put(www / where / "dists" / suite, path, text)
            release += f" {hashlib.sha256(text.encode()).hexdigest()} {len(text)} {path}\n"
        put(www / where / "dists" / suite, "InRelease", key.clearsign(release))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    top = Path()

    def do_GET(self):
        path = re.sub(r"^http://[^/]*", "", self.path).replace("%2b", "+").replace("%7e", "~")
        test, _, path = path.lstrip("/").partition("/")
        with (self.top / f"{test}.requests").open("a") as log:
            log.write(f"{self.path} {self.headers.get('Range', '')}\n")
        fault, _, pattern = (self.top / f"{test}.mode").read_text().strip().partition(" ")
        if fault == "ok" or not re.search(pattern, path):
            fault = ""
        file = self.top / "www" / path
        if fault == "gone" or not file.is_file():
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        data = file.read_bytes()
        if fault == "tamper":
            middle = len(data) // 2
            data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        size, start = len(data), 0
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted and int(wanted[1]) < size:
            start = int(wanted[1])
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(size - start))
        self.send_header("Last-Modified", formatdate(EPOCH, usegmt=True))
        self.end_headers()
        if fault in ("cut", "stall"):
            self.wfile.write(data[start : start + (size - start) // 2])
            self.wfile.flush()
            if fault == "stall":
                (self.top / f"{test}.stalled").touch()
                self.rfile.read(1)  # until the client gives up
            self.close_connection = True
            return
        self.wfile.write(data[start:])

    def log_message(self, *_):
        pass


def serve(top):
    Handler.top = top
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    (top / "port.new").write_text(f"{server.server_port}\n")
    (top / "port.new").rename(top / "port")
    server.serve_forever()


if __name__ == "__main__":
    {"make": make, "serve": serve}[sys.argv[1]](Path(sys.argv[2]))
