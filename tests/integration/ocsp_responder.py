# SPDX-License-Identifier: LGPL-2.1-or-later
"""jpki-testocsp as a fixture: the OCSP responder of a test PKI on loopback HTTP, answering truly or as it is asked to."""

import os
import select
import signal
import subprocess
from pathlib import Path

from processes import StartError

TREE_PORT = 8560  # the port in the AIA of the test PKI's certificates


class OcspResponder:
    """One process. `port` 0 takes a free one; TREE_PORT is where the cards' certificates point to."""

    def __init__(self, pki: Path, log: Path, *, port: int = 0, program: str = "jpki-testocsp"):
        self.log = log
        with log.open("ab") as sink:
            self.process = subprocess.Popen([program, "--pki", str(pki), "--port", str(port)], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=sink, start_new_session=True, text=True,
                                            bufsize=1)
        word, _, number = self._line().partition(" ")
        if word != "ready" or not number.isdigit():
            self.stop()
            raise StartError(f"jpki-testocsp did not come up:\n{log.read_text(errors='replace')}")
        self.port = int(number)
        self.url = f"http://127.0.0.1:{self.port}/ocsp"

    def _line(self, seconds: float = 30) -> str:
        readable, _, _ = select.select([self.process.stdout], [], [], seconds)
        return self.process.stdout.readline().strip() if readable else ""

    def command(self, line: str) -> str:
        """What follows "ok"; anything else raises."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self._line()
        if not answer.startswith("ok"):
            raise StartError(f"jpki-testocsp: {line}: {answer!r}\n{self.log.read_text(errors='replace')}")
        return answer[2:].strip()

    def answer(self, *recipes: str) -> None:
        """Each request takes the next recipe ("revoked+stale", see jpki-testocsp --faults), the last one stays."""
        self.command("answer " + " ".join(recipes))

    def revoke(self, who: str, reason: int | None = None) -> None:
        """`who` is a card's name or a serial number in hexadecimal, here and below."""
        self.command(f"revoke {who}" + (f" {reason}" if reason is not None else ""))

    def good(self, who: str) -> None:
        self.command(f"good {who}")

    def unknown(self, who: str) -> None:
        self.command(f"unknown {who}")

    def carry(self, who: str, oid: str, value: bytes) -> None:
        """What it says of `who` has this single extension, with the DER `value` in it."""
        self.command(f"carry {who} {oid} {value.hex()}")

    def reset(self) -> None:
        self.command("reset")

    def stats(self) -> dict[str, int]:
        """Requests since the last reset: get, post, nonce, sha1, sha256."""
        return {name: int(value) for name, value in (word.split("=") for word in self.command("stats").split())}

    def hang(self) -> None:
        """It accepts connections, as the kernel does for it, and does nothing more."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def stop(self) -> None:
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=10)
        self.process.stdin.close()
        self.process.stdout.close()
