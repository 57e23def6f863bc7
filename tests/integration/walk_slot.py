# SPDX-License-Identifier: LGPL-2.1-or-later
"""One of the two readers of guard_walk.py, and the card in it: that of a session, or another."""

import subprocess
from pathlib import Path

from booted_machine import Machine
from card_service import PORT

WORK = Path("/run/walk")
PEOPLE = ("taro", "hanako")  # whose cards these are, a reader each


class Slot:
    """One of pcscd's two readers, and the card in it."""

    def __init__(self, machine: Machine, pki: Path, number: int):
        self.machine, self.pki, self.number = machine, pki, number
        self.control = WORK / f"control-{number}"
        self.card = ""  # the name of the one that may be put in; it is in when `inside`
        self.inside = False
        self.process: subprocess.Popen | None = None
        self.take(PEOPLE[number])

    def take(self, name: str) -> None:
        """Another card comes to hand, and goes in."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
        self.control.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            ("jpki-vcard", "--port", str(PORT + self.number), "--state", str(WORK / f"state-{name}"), "--control", str(self.control),
             "--card", str(self.pki / "cards" / name)), stdout=subprocess.PIPE)
        assert self.process.stdout.readline().strip() == b"ready"
        self.card, self.inside = name, True

    def ctl(self, *words: str, status: int | None = 0) -> int:
        return self.machine.run("jpki-vcard", "ctl", str(self.control), *words, status=status)[0]
