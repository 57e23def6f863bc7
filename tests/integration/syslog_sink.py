# SPDX-License-Identifier: LGPL-2.1-or-later
"""What syslog(3) writes: a datagram server at /dev/log, which is private in the lab."""

import os
import re
import socket
import threading
from pathlib import Path

PRIORITY = re.compile(r"^<\d+>\w{3} [ \d]\d \d\d:\d\d:\d\d ")


class SyslogSink:
    PATH = Path("/dev/log")

    def __init__(self):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.PATH))
        self.PATH.chmod(0o666)
        self._lines: list[str] = []
        self._marks: set[str] = set()
        self._changed = threading.Condition()
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self) -> None:
        while True:
            line = PRIORITY.sub("", self._socket.recv(65536).decode(errors="replace").rstrip("\0\n"))
            with self._changed:
                if line.startswith("mark "):
                    self._marks.add(line)
                    self._changed.notify_all()
                else:
                    self._lines.append(line)

    def clear(self) -> None:
        self.lines()
        with self._changed:
            self._lines.clear()

    def lines(self) -> list[str]:
        """All lines that were sent before this call: a mark sent now arrives after them."""
        mark = f"mark {os.urandom(8).hex()}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(mark.encode(), str(self.PATH))
        with self._changed:
            if not self._changed.wait_for(lambda: mark in self._marks, timeout=5):
                raise RuntimeError("the syslog sink does not answer")
            return list(self._lines)

    def text(self) -> str:
        return "\n".join(self.lines())
