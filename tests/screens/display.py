# SPDX-License-Identifier: LGPL-2.1-or-later
"""Screens that a person looks at and types on. All have the same few words: picture, text, type, key."""

import time
from abc import ABC, abstractmethod
from pathlib import Path

from picture import Picture, of_framebuffer
from processes import INTERVAL, PATIENCE, until
from x_server import HEIGHT, WIDTH, xdotool

QUIET = 0.5  # seconds without a change: the picture is complete


class Screen(ABC):
    """What all screens can do."""

    longest = PATIENCE  # seconds; something may move all the time

    @abstractmethod
    def state(self) -> bytes:
        """What is shown now, in any form; differs when the picture does."""

    @abstractmethod
    def look(self) -> tuple[bytes, str]:
        """What is shown when it is complete, as a file for people, and the words on it."""

    @abstractmethod
    def type(self, text: str) -> None:
        """As a person types it, without Enter."""

    @abstractmethod
    def key(self, name: str) -> None:
        """Presses one key, by its X name."""

    def settle(self, quiet: float = QUIET) -> None:
        """Waits until nothing has changed for so many seconds."""
        last, since, deadline = self.state(), time.monotonic(), time.monotonic() + self.longest
        while time.monotonic() - since < quiet and time.monotonic() < deadline:
            time.sleep(INTERVAL)
            if (now := self.state()) != last:
                last, since = now, time.monotonic()


class PictureScreen(Screen):
    """Shows pixels; what can be read there is what tesseract reads. `readable` makes of the picture what it can read."""

    patience = 2.0  # seconds in which what was typed is seen

    @staticmethod
    def readable(picture: Picture) -> Picture:
        return picture

    @abstractmethod
    def picture(self) -> Picture:
        """What is shown now."""

    @abstractmethod
    def press(self, text: str) -> None:
        """The keys of a text."""

    def type(self, text: str) -> None:
        """Again, if nothing of it was seen: a field may not yet take keys when the person is asked."""
        for _ in range(5):
            before = self.state()
            self.press(text)
            try:
                until(lambda: self.state() != before, "what was typed", self.patience)
                return
            except AssertionError:
                continue
        raise AssertionError("the screen takes no keys")

    def look(self) -> tuple[bytes, str]:
        self.settle()
        picture = self.picture()
        return picture.png(), self.readable(picture).words()


class Display(PictureScreen):
    """An X display whose server keeps its picture in a file of `directory` (x_server.command)."""

    def __init__(self, name: str, directory: Path, authority: Path | None = None):
        self.name = name
        self.framebuffer = directory / "Xvfb_screen0"
        self.environment = {"DISPLAY": self.name, "LANG": "C.UTF-8"}
        if authority:
            self.environment["XAUTHORITY"] = str(authority)

    def picture(self) -> Picture:
        return of_framebuffer(self.framebuffer)

    def state(self) -> bytes:
        return self.framebuffer.read_bytes()

    def press(self, text: str) -> None:
        xdotool(self.environment, "type", "--delay", "5", text)

    def key(self, name: str) -> None:
        xdotool(self.environment, "key", name)

    def move_pointer_away(self) -> None:
        """Out of the words, into the corner."""
        xdotool(self.environment, "mousemove", str(WIDTH - 1), str(HEIGHT - 1))
