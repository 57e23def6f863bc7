# SPDX-License-Identifier: LGPL-2.1-or-later
"""The login screen in ./dev demo: a real lightdm with jpki-greeter on Xvfb. The screen is compiled while other cases are played."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "screens"))

from conversation import ConversationSpy  # noqa: E402
from lab import PIN, Lab  # noqa: E402
from lightdm import JpkiGreeter  # noqa: E402
from processes import until  # noqa: E402

STILL = 1.5  # seconds without a change: the page that turns its dots is gone, on a busy machine too
PATIENCE = 20  # seconds that the module waits for the card


class ScreenBuild:
    """make, in the build directory of the demo, behind everything else that runs; what it makes is installed into the lab."""

    def __init__(self, build: Path):
        self.log = build / "login-screen.log"
        with self.log.open("wb") as sink:
            self.make = subprocess.Popen(
                ("nice", "-n", "19", "make", "-s", "-C", str(build), f"-j{os.cpu_count()}", "install-demo-screen", "WARN_CXXFLAGS=",
                 "HARDEN_CPPFLAGS="), stdin=subprocess.DEVNULL, stdout=sink, stderr=sink)

    def finish(self) -> None:
        if self.make.wait() != 0:
            raise AssertionError(f"make: exit status {self.make.returncode}; all of it is in {self.log}\n{self.log.read_text(errors='replace')[-2000:]}")


@dataclass
class ScreenLogin:
    states: list[str]   # the pages that PAM asked the screen for, in order
    passed: bool        # a session was begun
    verifies: int
    picture: Path


def log_in_at_the_screen(lab: Lab, user: str, picture: Path, language: str) -> ScreenLogin:
    """The card is put down when the screen asks for it. The picture is of the page for the PIN."""
    Path("/etc/default/locale").write_text(f"LANG={language}\n")  # the machine's, which lightdm gives its screen
    service, card = lab.card_service(), lab.virtual_card(user, absent=True)
    spy = ConversationSpy(lab)
    screen = JpkiGreeter(lab, spy, lab.work / "login-screen", wait=PATIENCE, language=language)
    try:
        screen.begin(user)
        until(lambda: "insert-card" in screen.states(), "the page that asks for the card")
        card.insert()
        if screen.question():
            screen.screen.settle(STILL)
            picture.write_bytes(screen.screen.picture().png())
            screen.answer(PIN)
            screen.finish()
        return ScreenLogin(screen.states(), bool(until(screen.passed, "a session")), card.stats()["verifies"], picture)
    except AssertionError as failure:
        raise AssertionError(f"{failure}\n{spy.lines()}\n{lab.syslog.text()[-2000:]}") from None
    finally:
        screen.end()
        screen.restore()
        spy.stop()
        card.stop()
        service.stop()
