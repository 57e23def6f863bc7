# SPDX-License-Identifier: LGPL-2.1-or-later
"""A reader of testkit/ifdhandler in a real pcscd: its settings, which a test may change at any time, and its keys."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

from card_service import PORT

NAME = "Test Reader 00 00"
READER_CONF = """\
FRIENDLYNAME "Test Reader"
DEVICENAME   {settings}
LIBPATH      {library}
CHANNELID    0
"""


class PlayedReader:
    def __init__(self, directory: Path, build: Path):
        directory.mkdir(exist_ok=True)
        self.settings = directory / "settings"
        self.fifo = directory / "keys"
        self.configuration = READER_CONF.format(settings=self.settings, library=build / ".libs" / "jpki-test-reader.so")
        self.behave()

    def behave(self, **words: str | int) -> None:
        """short_apdus="yes" is the line "short-apdus yes" of testkit/ifdhandler/settings.h."""
        lines = {"port": PORT, **words}
        new = self.settings.with_suffix(".new")
        new.write_text("".join(f"{word.replace('_', '-')} {value}\n" for word, value in lines.items()))
        new.rename(self.settings)

    def with_keys(self) -> dict[str, str]:
        """A pinpad on which press_later() types."""
        if not self.fifo.exists():
            os.mkfifo(self.fifo)
        return {"pinpad": "yes", "keys_from": str(self.fifo)}

    def when_it_waits(self, what: Callable[[], object]) -> None:
        """Does it as soon as the reader waits for a key."""
        def wait_and_do() -> None:
            with open(self.fifo, "w"):  # waits until the reader has opened it
                what()

        threading.Thread(target=wait_and_do, daemon=True).start()

    def press_later(self, keys: str) -> None:
        def press() -> None:
            with open(self.fifo, "w") as fifo:
                fifo.write(keys + "\n")

        threading.Thread(target=press, daemon=True).start()
