# SPDX-License-Identifier: LGPL-2.1-or-later
"""The installed jpki-greeter with lightdm's side of its pipes: what lightdm's own library says and is told, octet by octet.
Works only inside namespace.py, where the product lies at its installed paths."""

import os
import select
import struct
import subprocess

from greeter_screen import PATIENCE, Display, Stage

CONNECT, AUTHENTICATE, CONTINUE, START_SESSION, CANCEL = 0, 1, 3, 4, 5
CONNECTED, PROMPT, END = 0, 1, 2
PROMPT_ECHO_OFF, ERROR_MSG, TEXT_INFO = 1, 3, 4  # security/_pam_types.h


def string(text: str) -> bytes:
    return struct.pack(">I", len(text.encode())) + text.encode()


class Daemon(Stage):
    """Stage's screen, with the real program behind it."""

    def __init__(self, display: Display, program: str = "/usr/sbin/jpki-greeter"):
        to_daemon, greeter_writes = os.pipe()
        greeter_reads, to_greeter = os.pipe()
        self.display, self.reading, self.writing, self.sequence = display, to_daemon, to_greeter, 0
        self.process = subprocess.Popen(
            (program,), pass_fds=(greeter_writes, greeter_reads), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env=display.environment | {"LIGHTDM_TO_SERVER_FD": str(greeter_writes), "LIGHTDM_FROM_SERVER_FD": str(greeter_reads)})
        os.close(greeter_writes)
        os.close(greeter_reads)
        assert self.hear()[0] == CONNECT
        self.send(CONNECTED, string("1.26.0"))

    def send(self, what: int, payload: bytes) -> None:
        os.write(self.writing, struct.pack(">II", what, len(payload)) + payload)

    def exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            ready, _, _ = select.select([self.reading], [], [], PATIENCE)
            assert ready, "the greeter says nothing"
            more = os.read(self.reading, size - len(data))
            assert more, f"the greeter ended: {self.process.communicate()}"
            data += more
        return data

    def hear(self) -> tuple[int, bytes]:
        what, size = struct.unpack(">II", self.exactly(8))
        payload = self.exactly(size)
        if what == AUTHENTICATE:
            self.sequence = struct.unpack(">I", payload[:4])[0]
        return what, payload

    def pam(self, style: int, text: str, user: str = "") -> None:
        self.send(PROMPT, struct.pack(">I", self.sequence) + string(user) + struct.pack(">II", 1, style) + string(text))

    def end(self, result: int, user: str = "") -> None:
        self.send(END, struct.pack(">I", self.sequence) + string(user) + struct.pack(">I", result))

    def answer(self) -> bytes:
        what, payload = self.hear()
        assert what == CONTINUE and struct.unpack(">I", payload[:4])[0] == 1, (what, payload)
        return payload[8:]

    def close(self) -> None:
        super().close()
        os.close(self.reading)
        os.close(self.writing)
