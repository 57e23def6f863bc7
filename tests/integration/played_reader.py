# SPDX-License-Identifier: LGPL-2.1-or-later
"""A reader of testkit/ifdhandler in a real pcscd: its settings, which a test may change at any time, and its keys."""

import os
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
        """A pinpad on which press() types."""
        if not self.fifo.exists():
            os.mkfifo(self.fifo)
        return {"pinpad": "yes", "keys_from": str(self.fifo)}

    def press(self, what: str) -> None:
        with open(self.fifo, "w") as fifo:  # waits until the reader waits
            fifo.write(what + "\n")
