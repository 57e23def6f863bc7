# SPDX-License-Identifier: LGPL-2.1-or-later
"""Screen lockers of X11: i3lock, and xscreensaver's window for the password. They run as the person whose session it is."""

import os
import pwd
from pathlib import Path

from display import Display, XServer, until
from front_end import FrontEnd
from processes import Server


def as_person(user: str) -> tuple[list[str], dict[str, str]]:
    """The beginning of a command line, and the environment."""
    entry = pwd.getpwnam(user)
    runtime = Path("/run/user") / str(entry.pw_uid)
    runtime.mkdir(parents=True, exist_ok=True)
    os.chown(runtime, entry.pw_uid, entry.pw_gid)
    runtime.chmod(0o700)
    identity = ["setpriv", "--reuid", user, "--regid", str(entry.pw_gid), "--clear-groups"]
    return identity, {"PATH": "/usr/bin:/bin", "HOME": entry.pw_dir, "USER": user, "LOGNAME": user, "XDG_RUNTIME_DIR": str(runtime)}


class Locker(FrontEnd):
    """Locks, takes what is typed, and is gone when the screen is unlocked."""

    service = ""
    process = ""

    def __init__(self, lab, spy, directory: Path, **options):
        super().__init__(lab, spy, directory, **options)
        self.card_only(self.service)
        self.locker = None

    def passed(self) -> bool:
        return self.locker.process.poll() is not None

    def start(self, user: str, command: list[str], **environment: str) -> Server:
        identity, own = as_person(user)
        return Server([*identity, *command], self.directory / f"{self.process}.log",
                      environment=own | {"LANG": self.language} | environment)


class I3lock(Locker):
    name = service = process = "i3lock"
    shows_reasons = False
    asks_first = True

    def begin(self, user: str) -> None:
        self.server = XServer(self.directory)
        self.screen: Display = self.server.display
        self.locker = self.start(user, ["i3lock", "--nofork", "--show-failed-attempts", "--color=ffffff"], DISPLAY=self.screen.name)
        before = self.screen.state()
        until(lambda: self.locker.check_alive() or self.screen.state() != before, "i3lock's picture")

    def end(self) -> None:
        if self.locker:
            self.locker.stop()
        self.server.stop()
