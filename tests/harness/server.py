# SPDX-License-Identifier: GPL-2.0-or-later
"""What a machine of the tests fetches, and where it sends to: HTTP, or HTTPS with a certificate of ours."""

import http.server
import ssl
import subprocess
import threading


def certificate(folder, address):
    """A new one for a server at this address: the file for the server (with its key), and the one for who trusts it."""
    key, cert, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "7300", "-subj", "/CN=domus",
                    "-addext", f"subjectAltName=IP:{address}", "-keyout", key, "-out", cert], check=True,
                   stderr=subprocess.DEVNULL)
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    return both, cert


class Server:
    """Gives files (path: bytes), which may be added to meanwhile; keeps what was posted: (path, bytes). The machine
    reaches it as 10.0.2.2. Of a path in cut only so many bytes are sent; one in held waits until its event is set,
    and is in asked by then."""

    def __init__(self, files, certificate=None):
        self.files, self.posted = files, []
        self.cut, self.held, self.asked = {}, {}, set()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, status, data=b""):
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[:owner.cut.get(self.path)])

            def do_GET(self):  # noqa: N802, the name is the library's
                owner.asked.add(self.path)
                if self.path in owner.held:
                    owner.held[self.path].wait(300)
                data = owner.files.get(self.path)
                self.answer(404 if data is None else 200, data or b"")

            def do_POST(self):  # noqa: N802
                owner.posted.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
                self.answer(200)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def url(self, path):
        return f"{self.scheme}://10.0.2.2:{self.port}/{path}"
