# SPDX-License-Identifier: LGPL-2.1-or-later
"""An X server without a screen, and the keys of a person at it."""

import os
import subprocess
from pathlib import Path

from processes import Server, unsanitized

WIDTH, HEIGHT = 1024, 768
SOCKETS = Path("/tmp/.X11-unix")


def command(directory: Path, width: int = WIDTH, height: int = HEIGHT) -> list[str]:
    """Xvfb, but for the number of its display. Its picture is the file Xvfb_screen0 of that directory."""
    return ["Xvfb", "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-fbdir", str(directory)]


def forget(display: str) -> None:
    """Removes what a server leaves that was killed."""
    number = display.removeprefix(":")
    for file in (Path(f"/tmp/.X{number}-lock"), SOCKETS / f"X{number}"):
        file.unlink(missing_ok=True)
    if SOCKETS.is_dir() and not any(SOCKETS.iterdir()):
        SOCKETS.rmdir()


def xdotool(environment: dict[str, str], *words: str) -> str:
    """In the display of that environment."""
    done = subprocess.run(("xdotool", *words), env={"PATH": os.environ["PATH"]} | environment, capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        raise RuntimeError(f"xdotool {words[0]}: {done.stderr}")
    return done.stdout


class XServer:
    """Runs until stop(); the first display that is free. Programs of every user may use it. `directory` is made."""

    def __init__(self, directory: Path, width: int = WIDTH, height: int = HEIGHT):
        directory.mkdir(parents=True, exist_ok=True)
        SOCKETS.mkdir(mode=0o1777, exist_ok=True)
        self.directory = directory
        self.picture = directory / "Xvfb_screen0"
        self.server = Server(unsanitized([*command(directory, width, height), "-noreset", "-ac", "-displayfd", "1"]), directory / "xvfb.log", ready=rb"\d+")
        self.display = f":{self.server.said.decode()}"
        self.environment = {"DISPLAY": self.display}

    def keys(self, *names: str) -> None:
        xdotool(self.environment, "key", "--clearmodifiers", *names)

    def type(self, text: str) -> None:
        xdotool(self.environment, "type", "--delay", "30", text)

    def stop(self) -> None:
        self.server.stop()
        forget(self.display)
