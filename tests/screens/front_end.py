# SPDX-License-Identifier: LGPL-2.1-or-later
"""FrontEnd: a program that a person meets, with PAM behind it. What each can do, in the same few words."""

import shutil
from abc import ABC, abstractmethod
from pathlib import Path

from conversation import ConversationSpy
from display import Screen
from processes import PATIENCE, until

TIMEOUT = 6  # seconds of machine time for one login


class FrontEnd(ABC):
    """One for each case: begun, looked at, typed on, ended. `wait`: how many seconds the module waits for a card. `speaks`: another
    module, with its options, behind the front end."""

    name = ""
    shows_reasons = True  # there is a place on it where the cause of a refusal can be read
    refuses = ""  # the verdict here, whoever comes with whichever card
    by_design = False  # that refusal is what we want
    blind = False  # the tries left cannot be read before a PIN is typed
    asks_first = False  # it takes the PIN before it asks PAM: nothing is known then
    messages_wait = False  # each message stays until it is acknowledged with Enter
    starts_within = PATIENCE  # seconds for a session to begin
    forgets_when_pulled = False  # who pulls the card is back at the beginning: nothing is refused
    screen: Screen
    card = None  # the virtual one of the person

    def __init__(self, lab, spy: ConversationSpy, directory: Path, *, wait: int = 0, language: str = "C.UTF-8",
                 speaks: tuple[str, str] | None = None):
        self.lab = lab
        self.spy = spy
        self.directory = directory
        self.wait = wait
        self.language = language
        self.speaks = speaks
        self._decided = 0
        self._replaced: dict[Path, bytes | None] = {}
        shutil.rmtree(directory, ignore_errors=True)  # a log of the case before would be taken for this one's
        directory.mkdir(parents=True)

    def configure(self, service: str, *, before: str = "") -> None:
        """Nobody comes in but by card. `before`: lines of the program's own file that stand before common-auth."""
        file = Path("/etc/pam.d") / service
        self.replaces(file)
        if self.speaks:
            self.lab.service(service, self.speaks[1], module=self.speaks[0])
        else:
            self.lab.service(service, f"timeout={TIMEOUT} wait_for_card={self.wait}")
        file.write_text(before + file.read_text())

    def replaces(self, file: Path) -> None:
        """Another file of this name is written for the time of this front end."""
        self._replaced.setdefault(file, file.read_bytes() if file.exists() else None)

    def restore(self) -> None:
        for file, content in self._replaced.items():
            if content is None:
                file.unlink(missing_ok=True)
            else:
                file.write_bytes(content)

    # --- what each does in its own way ------------------------------------------------------------
    @abstractmethod
    def begin(self, user: str) -> None:
        """Up to the moment when PAM is asked for this user, or would be after the next answer."""

    @abstractmethod
    def passed(self) -> bool:
        """A session was started or the screen unlocked, as a fact outside the screen."""

    @abstractmethod
    def end(self) -> None:
        """Everything that was started is gone."""

    def over(self) -> bool:
        """It has ended and asks nothing more."""
        return False

    # --- what a person does -----------------------------------------------------------------------
    def question(self) -> bool:
        """Waits until the person is asked; False: it was decided without that, or all is over."""
        if self.asks_first:
            return True
        until(lambda: self.awaits_person() or self.spy.decisions() > self._decided or self.over(), "a prompt or a decision",
              PATIENCE + self.wait)
        self._decided = self.spy.decisions()
        return self.awaits_person()

    def awaits_person(self) -> bool:
        return self.spy.waits_for_answer() or self.message_held()

    def message_held(self) -> bool:
        return self.messages_wait and self.spy.holds_message()

    def question_on(self, text: str) -> str:
        """The part of what is on the screen that a person answers."""
        return text

    def answer(self, text: str) -> None:
        self.screen.type(text)
        self.enter()

    def enter(self) -> None:
        """Presses Enter behind what was typed, and waits until PAM has it."""
        before = len(self.spy.lines())
        self.screen.key("Return")
        until(lambda: len(self.spy.lines()) > before, "the answer with PAM")

    def finish(self) -> None:
        """Waits until what was answered is decided, or is followed by another question."""
        until(lambda: self.awaits_person() or self.spy.decisions() > self._decided, "a decision", PATIENCE + self.wait)
        self._decided = self.spy.decisions()

    def look(self) -> tuple[bytes, str]:
        """The picture when it is complete, and the words on it."""
        return self.screen.look()
