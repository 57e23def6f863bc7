# SPDX-License-Identifier: LGPL-2.1-or-later
"""FrontEnd: a program that a person meets, with PAM behind it. What each can do, in the same few words."""

import re
from abc import ABC, abstractmethod
from pathlib import Path

from display import PATIENCE, until

DECISION = re.compile(r"JPKI-\d{3} [a-z-]+ service=")
TIMEOUT = 6  # seconds of machine time for one login


class FrontEnd(ABC):
    """One for each case: begun, looked at, typed on, ended. `wait`: how many seconds the module waits for a card."""

    name = ""
    shows_reasons = True  # there is a place on it where the cause of a refusal can be read
    asks_first = False  # it takes the PIN before it asks PAM: nothing is known then
    as_user = False  # the module runs without privileges

    def __init__(self, lab, directory: Path, *, wait: int = 0, language: str = "C.UTF-8"):
        self.lab = lab
        self.directory = directory
        self.wait = wait
        self.language = language
        directory.mkdir(parents=True, exist_ok=True)

    def card_only(self, service: str, *, before: str = "") -> None:
        """Nobody comes in but by card. `before`: lines of the program's own file that stand before common-auth."""
        self.lab.service(service, f"timeout={TIMEOUT} wait_for_card={self.wait}")
        file = Path("/etc/pam.d") / service
        file.write_text(before + file.read_text())

    def decisions(self) -> int:
        """So many logins were decided by our module since the log was cleared."""
        return len([line for line in self.lab.syslog.lines() if DECISION.search(line)])

    @abstractmethod
    def begin(self, user: str) -> None:
        """Up to the moment when PAM is asked, or would be after the next answer."""

    @abstractmethod
    def waits_for_answer(self) -> bool:
        """PAM has asked, and what the person types now is the answer."""

    decided_seen = 0

    def question(self) -> bool:
        """Waits until the person is asked; False: it was decided without that."""
        if self.asks_first:
            return True
        until(lambda: self.waits_for_answer() or self.decisions() > self.decided_seen, "a prompt or a decision", PATIENCE + self.wait)
        self.decided_seen = self.decisions()
        return self.waits_for_answer()

    @abstractmethod
    def answer(self, text: str) -> None:
        """Types it and presses Enter."""

    @abstractmethod
    def passed(self) -> bool:
        """A session was started or the screen unlocked, as a fact outside the screen."""

    def finish(self) -> None:
        """Waits until what was answered is decided."""
        until(lambda: self.decisions() > self.decided_seen, "a decision", PATIENCE + self.wait)
        self.decided_seen = self.decisions()

    @abstractmethod
    def look(self) -> tuple[bytes, str]:
        """The picture and the words on it."""

    @abstractmethod
    def end(self) -> None:
        """Everything that was started is gone."""
