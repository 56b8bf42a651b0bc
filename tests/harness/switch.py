# SPDX-License-Identifier: GPL-2.0-or-later
"""A switch for the cables of some machines: a frame goes where its address was last seen, else to all others."""

import select
import socket
import threading


class Switch:
    """words(number, name) are a netdev of that machine, numbers from 1."""

    def __init__(self, count):
        self.ours = [self._socket() for _ in range(count)]
        # QEMU binds its end itself; the port is free as far as anybody knows.
        self.theirs = []
        for _ in range(count):
            with self._socket() as found:
                self.theirs.append(found.getsockname())
        self.seen, self.is_closed = {}, False
        self.thread = threading.Thread(target=self._forward, daemon=True)
        self.thread.start()

    @staticmethod
    def _socket():
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        made.bind(("127.0.0.1", 0))
        return made

    def words(self, number, name):
        here, there = self.theirs[number - 1], self.ours[number - 1].getsockname()
        return ["-netdev", f"socket,id={name},udp={there[0]}:{there[1]},localaddr={here[0]}:{here[1]}"]

    def _forward(self):
        while not self.is_closed:
            for ready in select.select(self.ours, [], [], 0.2)[0]:
                self._take(self.ours.index(ready), ready.recv(65536))

    def _take(self, source, frame):
        if len(frame) < 14:
            return
        target, sender = frame[:6], frame[6:12]
        self.seen[sender] = source
        known = None if target[0] & 1 else self.seen.get(target)
        for number, end in enumerate(self.ours):
            if number != source and known in (None, number):
                end.sendto(frame, self.theirs[number])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.is_closed = True
        self.thread.join()
        for end in self.ours:
            end.close()
