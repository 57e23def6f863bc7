# SPDX-License-Identifier: LGPL-2.1-or-later
"""Gdm: Debian's gdm3 and gnome-shell on a machine of their own. Where a card lies on the reader, GNOME begins with it by itself; else
a name is typed."""

import platform
import re
from pathlib import Path

from conversation import ConversationSpy
from display import Display
from front_end import FrontEnd
from gnome_machine import SHOWN_BY, GnomeMachine
from picture import Picture
from processes import until
from story import WHICH_CARD

LAYERS = "build-deb/{release}"
WITHOUT_BARS = (1024, 690)  # of the picture: no clock, no buttons
SHIPPED = Path("/etc/pam.d/gdm-smartcard-jpki-exclusive")
# What gdm-password reads: card only, for whoever is named.
COMMON_AUTH = "auth requisite {module}\nauth required pam_permit.so\n"
BOOT = 120  # seconds: ten of them GDM waits for a graphics card
BY_CARD = "gdm-smartcard"
NAME = re.compile("Username|ーザー名")  # tesseract takes the first letter for others
FOCUS = bytes((0x35, 0x84, 0xe4))


def in_the_middle(picture: Picture) -> Picture:
    """Light words on a dark ground, in a field with a blue border."""
    return picture.part(*WITHOUT_BARS).in_grey(lambda red, green, blue: 255 - min(red, green, blue)).twice()


class GnomeScreen(Display):
    patience = 20.0  # gnome-shell draws without a graphics card
    longest = 5.0
    readable = staticmethod(in_the_middle)

    def begun(self) -> bool:
        return self.framebuffer.exists() and any(self.state()[:4])

    def takes_keys(self) -> bool:
        """The border of the field is blue then."""
        return self.picture().colours.count(FOCUS) > 300

    def has_item_chosen(self) -> bool:
        """An item that has the focus is blue."""
        return self.picture().colours.count(FOCUS) > 3000


class Gdm(FrontEnd):
    """Nobody comes in but by card, with and without a name."""

    name = "gdm"
    starts_within = 90
    forgets_when_pulled = True
    machine: GnomeMachine | None = None

    def __init__(self, lab, spy: ConversationSpy, directory: Path, **options):
        super().__init__(lab, spy, directory, **options)
        release = lab.build.parent / LAYERS.format(release=platform.freedesktop_os_release()["VERSION_CODENAME"])
        self.layers = [release / "gdm", release / "base"]
        if not self.layers[0].is_dir():
            raise RuntimeError(f"{self.layers[0]} is missing; run: ./dev screens gdm")

    def pam_files(self) -> dict[str, str]:
        by_card = re.sub(r"wait_for_card=\d+", f"wait_for_card={self.wait}", SHIPPED.read_text())
        module = " ".join(self.speaks) if self.speaks else f"pam_jpki.so wait_for_card={self.wait}"
        return {"/etc/pam.d/gdm-smartcard": by_card, "/etc/pam.d/common-auth": COMMON_AUTH.format(module=module)}

    def card_lies_there(self) -> bool:
        return self.card is not None and self.card.stats()["present"]

    def begin(self, user: str) -> None:
        libraries = [Path(self.speaks[0])] if self.speaks else []
        self.machine = GnomeMachine(self.lab, self.directory / "machine", self.layers, self.pam_files(), libraries, self.language)
        until(lambda: self.machine.check_alive() or self.spy.decisions(), "the session of the greeter", BOOT)
        self._decided = self.spy.decisions()
        seen = self.machine.screens / SHOWN_BY
        until(lambda: self.machine.check_alive() or (seen / "authority").exists(), "the X server", BOOT)
        self.screen = GnomeScreen(":0", seen, seen / "authority")
        until(lambda: self.machine.check_alive() or self.screen.begun(), "the X server's picture", BOOT)
        if self.card_lies_there():
            until(lambda: self.machine.check_alive() or self.awaits_person(), "the card's own login", BOOT)
        else:
            self.begins_again()
            self.spy.clear()
            self._decided = 0
            self.screen.type(user)
            self.enter()
            until(lambda: self.spy.said() or self.spy.decisions(), "the first word of the module", BOOT)

    def begins_again(self) -> None:
        """The screen asks for a name."""
        until(lambda: self.machine.check_alive() or self.screen.takes_keys() and NAME.search(self.screen.look()[1]),
              "the question for the name", BOOT)

    def question(self) -> bool:
        """And the question is on the screen. GNOME begins anew when a card is put down."""
        if self.card_lies_there():
            until(lambda: self.spy.service() == BY_CARD or self.over(), "the card's own login", BOOT)
        if not super().question():
            return False
        shown = self.lists_cards if self.spy.asks_to_choose() else self.screen.takes_keys
        until(shown, "the field or the list", BOOT)
        return True

    def lists_cards(self) -> bool:
        return bool(WHICH_CARD.search(self.screen.look()[1]))

    def answer(self, text: str) -> None:
        if not self.spy.asks_to_choose():
            super().answer(text)
            return
        while not self.screen.has_item_chosen():  # the button that leads back comes first
            self.screen.key("Tab")
            self.screen.settle()
        for _ in range(int(text) - 1):
            self.screen.key("Tab")
        self.enter()

    def passed(self) -> bool:
        return any(self.machine.marks.iterdir())

    def end(self) -> None:
        if self.machine:
            self.machine.stop()
