# SPDX-License-Identifier: LGPL-2.1-or-later
"""The greeter's screen on a display of its own, its display manager played by greeter_stage: to type at, to read as a
screen reader does, to take pictures of."""

import os
import re
import select
import subprocess
import tempfile
from pathlib import Path

from processes import unsanitized, until
from x_server import HEIGHT, WIDTH, XServer

PATIENCE = 30.0
# Lines of base/screen_line.h, as pam_jpki.so writes them with screen=greeter.
INSERT = "jpki1 state=insert-card\n"
READING = "jpki1 state=reading\n"
CHECKING = "jpki1 state=checking account=sato\n"
ASKING = "jpki1 state=asking account=sato\n"
VERIFYING = "jpki1 state=verifying account=sato\n"
NOTICE = "jpki1 state=notice\n"
WRONG_FORM = "jpki1 state=wrong-form account=sato\n"
HOLD = "jpki1 state=hold\n"


def pin(tries: int, account: str = "sato") -> str:
    return f"jpki1 state=pin tries={tries} max_tries=3 min_length=4 max_length=4 digits=yes account={account}\n"


def choose(*cards: str) -> str:
    return "\n".join([f"jpki1 state=choose cards={len(cards)}", "More than one card can be used:",
                      *(f"{number}: {card}" for number, card in enumerate(cards, 1))])


def confirm() -> str:
    return "jpki1 state=confirm tries=1 max_tries=3 account=sato\n"


def code(words: str, account: str = "sato") -> str:
    return f"jpki1 state=code account={account}\n{words}"


def refused(verdict: int) -> str:
    return f"jpki1 state=refused verdict={verdict}\n"


def ear(pid: int) -> list[str]:
    """The command that tells what a screen reader finds of that process."""
    return unsanitized(["/usr/bin/python3", str(Path(__file__).with_name("greeter_ear.py")), str(pid)])


class Display:
    """An X server, and a session bus for the accessibility tree."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT):
        self.runtime = tempfile.TemporaryDirectory()
        self.server = XServer(Path(self.runtime.name), width, height)
        self.keys = self.server.keys
        self.bus = subprocess.Popen(unsanitized(["dbus-daemon", "--session", "--nofork", "--print-address"]), stdout=subprocess.PIPE, text=True,
                                    stderr=subprocess.DEVNULL, start_new_session=True)
        self.environment = self.server.environment | {
            "PATH": os.environ["PATH"], "HOME": self.runtime.name, "XDG_RUNTIME_DIR": self.runtime.name,
            "DBUS_SESSION_BUS_ADDRESS": self.bus.stdout.readline().strip(), "LANG": "C.UTF-8"}
        # A locale of that name; gettext goes by it.
        self.locales = tempfile.TemporaryDirectory()
        os.symlink("/usr/lib/locale/C.utf8", Path(self.locales.name) / "ja_JP.utf8")
        self.environment["LOCPATH"] = self.locales.name

    def picture(self, file: Path) -> None:
        subprocess.run(("import", "-window", "root", str(file)), env=self.environment, check=True)

    def close(self) -> None:
        self.bus.terminate()
        self.bus.wait()
        self.server.stop()
        self.runtime.cleanup()
        self.locales.cleanup()


class Stage:
    def __init__(self, display: Display, build: Path, language: str = "en", without_card: str = "password", scale: int = 1, tell: bool = True):
        self.display = display
        self.process = subprocess.Popen(
            (build / "tests/integration/greeter_stage", build / "po", language, without_card,
             "tell" if tell else "keep"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=display.environment | {"GDK_SCALE": str(scale)})
        self.asked: list[str] = []
        self.pending = ""
        assert self.next() == "connect"
        assert self.next() == "authenticate "

    def next(self, within: float = PATIENCE) -> str:
        """What the display manager was asked next."""
        while "\n" not in self.pending:
            ready, _, _ = select.select([self.process.stdout], [], [], within)
            assert ready, f"the greeter asked for nothing; before: {self.asked}"
            data = os.read(self.process.stdout.fileno(), 4096).decode()
            assert data, f"the greeter ended: {self.process.communicate()}"
            self.pending += data
        line, _, self.pending = self.pending.partition("\n")
        self.asked.append(line)
        return line

    def play(self, *lines: str) -> None:
        """Says each line, and waits until it was heard. What the greeter asked for meanwhile is an error."""
        for line in lines:
            self.process.stdin.write(line.replace("\\", "\\\\").replace("\n", "\\n") + "\n")
            self.process.stdin.flush()
            assert self.next() == "played"

    def play_and_hear(self, line: str) -> str:
        self.process.stdin.write(line.replace("\n", "\\n") + "\n")
        self.process.stdin.flush()
        heard = [self.next(), self.next()]
        heard.remove("played")
        return heard[0]

    def tree(self) -> list[tuple[str, ...]]:
        """Role, name, states, lower edge and description of what a screen reader finds on the screen."""
        done = subprocess.run(ear(self.process.pid), env=self.display.environment, capture_output=True, text=True)
        assert done.returncode == 0, f"the screen reader ended with {done.returncode}: {done.stderr}"
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()]

    def texts(self) -> str:
        return "\n".join(name for _, name, *_ in self.tree())

    def wait_for(self, text: str) -> None:
        until(lambda: text in self.texts(), text, PATIENCE)

    def first_picture(self) -> int:
        """Milliseconds from the start to it."""
        while line := self.process.stderr.readline():
            if found := re.search(r"first picture after (\d+) ms", line):
                return int(found.group(1))
        raise AssertionError("no picture was told")

    def close(self) -> None:
        self.process.terminate()
        self.process.communicate()
