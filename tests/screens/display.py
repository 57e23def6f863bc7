# SPDX-License-Identifier: LGPL-2.1-or-later
"""Screens that a person looks at and types on. All have the same few words: picture, text, type, key."""

import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from picture import Picture, of_framebuffer
from processes import Server

QUIET = 0.25  # seconds without a change: the picture is complete
PATIENCE = 15.0  # seconds in which a screen must show what it is to show


def until(condition: Callable[[], object], what: str, seconds: float = PATIENCE):
    """What the condition gives, as soon as that is something."""
    deadline = time.monotonic() + seconds
    while True:
        if found := condition():
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not seen within {seconds} s: {what}")
        time.sleep(0.03)


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
            time.sleep(0.03)
            if (now := self.state()) != last:
                last, since = now, time.monotonic()


class PictureScreen(Screen):
    """Shows pixels; what can be read there is what tesseract reads. `readable` makes of the picture what it can read."""

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
                until(lambda: self.state() != before, "what was typed", 2)
                return
            except AssertionError:
                continue
        raise AssertionError("the screen takes no keys")

    def look(self) -> tuple[bytes, str]:
        self.settle()
        picture = self.picture()
        return picture.png(), self.readable(picture).words()


class Display(PictureScreen):
    """An X display whose server keeps its picture in a file of `directory` (Xvfb -fbdir)."""

    def __init__(self, number: int, directory: Path, authority: Path | None = None):
        self.name = f":{number}"
        self.framebuffer = directory / "Xvfb_screen0"
        self.environment = {"PATH": "/usr/bin:/bin", "DISPLAY": self.name, "LANG": "C.UTF-8"}
        if authority:
            self.environment["XAUTHORITY"] = str(authority)
        self._files = [Path(f"/tmp/.X{number}-lock"), Path(f"/tmp/.X11-unix/X{number}")]

    def picture(self) -> Picture:
        return of_framebuffer(self.framebuffer)

    def state(self) -> bytes:
        return self.framebuffer.read_bytes()

    def press(self, text: str) -> None:
        self._xdotool("type", "--delay", "5", text)

    def key(self, name: str) -> None:
        self._xdotool("key", name)

    def _xdotool(self, *words: str) -> None:
        done = subprocess.run(("xdotool", *words), env=self.environment, capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise RuntimeError(f"xdotool {words[0]}: {done.stderr}")

    def move_pointer_away(self) -> None:
        """Out of the words, into the corner."""
        self._xdotool("mousemove", "1023", "767")

    def forget(self) -> None:
        """Removes what a server leaves that was killed."""
        for file in self._files:
            file.unlink(missing_ok=True)
        directory = self._files[1].parent
        if directory.is_dir() and not any(directory.iterdir()):
            directory.rmdir()


class XServer:
    """An Xvfb of our own, for programs that come without one."""

    def __init__(self, directory: Path, number: int = 8):
        directory.mkdir(parents=True, exist_ok=True)
        self.display = Display(number, directory)
        self.server = Server(["Xvfb", self.display.name, "-screen", "0", "1024x768x24", "-nolisten", "tcp", "-noreset", "-ac", "-fbdir",
                              str(directory), "-displayfd", "1"], directory / "xvfb.log", ready=str(number).encode())

    def stop(self) -> None:
        self.server.stop()
        self.display.forget()
