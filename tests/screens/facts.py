# SPDX-License-Identifier: LGPL-2.1-or-later
"""What each front end does with what PAM says: a module that only talks stands behind it, and its words are looked for on the screen.

FACTS is what doc/screens.md tells, line by line.
"""

import time
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from conversation import ConversationSpy
from processes import PATIENCE
from front_end import FrontEnd
from lab import PIN, Lab, run

MESSAGE, FIRST, COMPLAINT, SECOND, THIRD, LAST = "RIVER", "MOUNTAIN", "GARDEN", "WINDOW", "HARBOUR", "BASKET"
SPEECH = f"tell={MESSAGE} ask={FIRST} complain={COMPLAINT} ask={SECOND} ask={THIRD} complain={LAST}"
SOURCE = Path(__file__).with_name("speaking_module.c")
USER = "taro"


@dataclass(frozen=True)
class Facts:
    silent: bool  # passes PAM_SILENT
    message: bool  # what is told before the first question can be read at that question
    first: bool  # the text of the first question can be read
    complaint: bool  # an error between two questions can be read at the second
    second: str  # the question behind that error: shown, hidden (asked, without its text), repeated (gets the first answer), aborted
    third: str  # the question right behind another one
    last: bool  # an error at the end can be read when all is over


GREETER = Facts(silent=False, message=True, first=False, complaint=True, second="hidden", third="shown", last=False)
RING = Facts(silent=False, message=False, first=False, complaint=False, second="repeated", third="repeated", last=False)
ALL = Facts(silent=False, message=True, first=True, complaint=True, second="shown", third="shown", last=True)
FACTS = {
    "lightdm-gtk-greeter": GREETER,
    "lightdm-gtk-greeter-without-name": GREETER,
    "jpki-greeter": ALL,
    "i3lock": RING,
    "xscreensaver": ALL,
    "swaylock": RING,
    "gtklock": replace(RING, last=True),
    "kscreenlocker": Facts(silent=False, message=True, first=False, complaint=True, second="hidden", third="hidden", last=True),
    "pkexec": ALL,
    "sshd": replace(ALL, last=False),
    "login": ALL,
    "su": ALL,
    "sudo": replace(ALL, silent=True),
    "gdm": replace(ALL, last=False),
}


def speaking_module(lab: Lab) -> Path:
    module = lab.work / "pam_speaks.so"
    if not module.exists():
        run("gcc", "-shared", "-fPIC", "-Wall", "-o", str(module), str(SOURCE), "-lpam")
    return module


class Reader:
    """A person who reads everything and answers every question with the same word."""

    def __init__(self, front_end: FrontEnd, pictures: Path | None):
        self.at, self.pictures, self.read = front_end, pictures, []

    def looks(self) -> str:
        png, text = self.at.look()
        self.read.append(text)
        if self.pictures:
            (self.pictures / f"facts-{len(self.read)}.{'png' if png[:4] == bytes.fromhex('89504e47') else 'txt'}").write_bytes(png)
        return text

    def until_asked(self, *expected: str) -> str:
        """All that could be read until then, or until all is over. What is expected may take its time to be shown."""
        words = ""
        while self.at.question() and self.at.message_held():
            words += self.looks()
            self.at.answer("")
        deadline = time.monotonic() + PATIENCE
        now = self.looks()
        while not all(word in words + now for word in expected) and time.monotonic() < deadline:
            now = self.looks()
        return words + now


def learn(lab: Lab, spy: ConversationSpy, make: Callable[..., FrontEnd], directory: Path, pictures: Path | None = None,
          expected: Facts | None = None) -> Facts:
    """`expected` only says what is worth waiting for."""
    front_end = make(lab, spy, directory, speaks=(str(speaking_module(lab)), SPEECH))
    reader = Reader(front_end, pictures)
    worth = expected or Facts(False, False, False, False, "", "", False)
    spy.clear()
    try:
        front_end.begin(USER)
        at_first = reader.until_asked(*[MESSAGE] * worth.message, *[FIRST] * worth.first)
        front_end.answer(PIN)
        if front_end.asks_first:
            front_end.finish()
            at_second, at_end = "", reader.looks()
            answered = spy.lines().count("answered ")
            second, third = ("repeated" if answered > already else "aborted" for already in (1, 2))
        else:
            at_second = reader.until_asked(*[COMPLAINT] * worth.complaint, *[SECOND] * (worth.second == "shown"))
            second = "shown" if SECOND in at_second else "hidden"
            front_end.answer(PIN)
            third = "shown" if THIRD in reader.until_asked(*[THIRD] * (worth.third == "shown")) else "hidden"
            front_end.answer(PIN)
            at_end = reader.until_asked(*[LAST] * worth.last)
    except AssertionError as failure:
        raise AssertionError(f"{failure}\nread: {reader.read}\nconversation: {spy.lines()}") from None
    finally:
        front_end.end()
        front_end.restore()
    return Facts(spy.silent(), MESSAGE in at_first, FIRST in at_first, COMPLAINT in at_second, second, third, LAST in at_end)


def cells(name: str, facts: Facts) -> tuple[str, ...]:
    """The line of doc/screens.md."""
    return (name, *(("yes" if value else "no") if isinstance(value, bool) else value for value in astuple(facts)))
