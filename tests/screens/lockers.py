# SPDX-License-Identifier: LGPL-2.1-or-later
"""Screen lockers on X11: i3lock, xscreensaver and Plasma's. They run as the person whose session it is, so they
reach the validator and jpki-account by the system's sockets."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from display import Display
from front_end import FrontEnd
from locker import ACCOUNT, SESSIONS, VALIDATOR, LockerService, sits_here
from picture import Picture
from processes import Server, running, until
from x_server import XServer


def as_person(user: str) -> tuple[list[str], dict[str, str]]:
    """The beginning of a command line, and the environment."""
    entry = pwd.getpwnam(user)
    runtime = Path("/run/user") / str(entry.pw_uid)
    runtime.mkdir(parents=True, exist_ok=True)
    os.chown(runtime, entry.pw_uid, entry.pw_gid)
    runtime.chmod(0o700)
    identity = ["setpriv", "--reuid", user, "--regid", str(entry.pw_gid), "--clear-groups"]
    return identity, {"PATH": "/usr/bin:/bin", "HOME": entry.pw_dir, "USER": user, "LOGNAME": user, "XDG_RUNTIME_DIR": str(runtime)}


def inside_the_ring(picture: Picture) -> Picture:
    """Of i3lock and swaylock: black words on red in the middle of a drawing that takes tesseract's mind off them."""
    return picture.part(150, 50).in_grey(max)


def red_words(picture: Picture) -> Picture:
    return picture.in_grey(min).twice()


def light_words(picture: Picture) -> Picture:
    return picture.in_grey(lambda red, green, blue: 255 - max(red, green, blue)).twice()


class Locker(FrontEnd):
    """Locks, takes what is typed, and is gone when the screen is unlocked."""

    service = ""
    process = ""

    def __init__(self, lab, spy, directory: Path, **options):
        super().__init__(lab, spy, directory, **options)
        self.configure(self.service)
        self.locker = None
        self.sockets = [LockerService(directory / f"{name}.log", name) for name in (VALIDATOR, ACCOUNT)]

    def end(self) -> None:
        for service in self.sockets:
            service.stop()
        shutil.rmtree(SESSIONS, ignore_errors=True)

    def passed(self) -> bool:
        return self.locker.process.poll() is not None

    def start(self, user: str, command: list[str], *, before: Sequence[str] = (), **environment: str) -> Server:
        """`before` is run as root, and the rest by it."""
        identity, own = as_person(user)
        sits_here(user)
        return Server([*before, *identity, *command], self.directory / f"{self.process}.log",
                      environment=own | {"LANG": self.language} | environment)


class I3lock(Locker):
    name = service = process = "i3lock"
    shows_reasons = False
    blind = asks_first = True

    def begin(self, user: str) -> None:
        self.server = XServer(self.directory)
        self.screen = Display(self.server.display, self.directory)
        self.screen.readable = inside_the_ring
        self.locker = self.start(user, ["i3lock", "--nofork", "--show-failed-attempts", "--color=ffffff"], DISPLAY=self.screen.name)
        before = self.screen.state()
        until(lambda: self.locker.check_alive() or self.screen.state() != before, "i3lock's picture")

    def end(self) -> None:
        if self.locker:
            self.locker.stop()
        self.server.stop()
        super().end()


XSCREENSAVER = """\
mode: blank
lock: True
lockTimeout: 0:00:00
fade: False
unfade: False
splash: False
dpmsEnabled: False
passwdTimeout: 0:05:00
"""


class Xscreensaver(Locker):
    name = service = process = "xscreensaver"
    messages_wait = True

    def begin(self, user: str) -> None:
        self.user = user
        self.server = XServer(self.directory)
        self.screen = Display(self.server.display, self.directory)
        self.screen.readable = red_words
        self.screen.longest = 1.5  # a bar shows how long the window stays
        self.screen.move_pointer_away()
        home = Path(pwd.getpwnam(user).pw_dir)
        (home / ".xscreensaver").write_text(XSCREENSAVER)
        self.locker = self.start(user, ["xscreensaver", "--no-splash"], DISPLAY=self.screen.name)
        until(lambda: self.locker.check_alive() or "since" in self.ask("--time"), "xscreensaver")
        self.ask("--lock")
        until(lambda: "locked since" in self.ask("--time"), "the lock")
        before = len(self.spy.lines())
        self.ask("--deactivate")
        until(lambda: len(self.spy.lines()) > before and any(self.screen.picture().part(400, 150).colours), "the window of xscreensaver")

    def ask(self, word: str) -> str:
        identity, environment = as_person(self.user)
        done = subprocess.run([*identity, "xscreensaver-command", word], env=environment | {"DISPLAY": self.screen.name},
                              capture_output=True, text=True)
        return done.stdout + done.stderr

    def passed(self) -> bool:
        return "non-blanked" in self.ask("--time")

    def finish(self) -> None:
        """A notice beside a good login is read, and that is all."""
        super().finish()
        while self.message_held() and self.spy.lines()[-2].startswith("tells "):
            self.look()
            self.enter()
            super().finish()

    def end(self) -> None:
        if self.locker:
            self.locker.stop()
        self.server.stop()
        until(lambda: not running("xscreensaver", "xscreensaver-au", "xscreensaver-gf"), "the end of xscreensaver")
        super().end()


KSCREENLOCKER = "/usr/lib/x86_64-linux-gnu/libexec/kscreenlocker_greet"


class Kscreenlocker(Locker):
    """Plasma's, with its own theme. Its program asks PAM itself, in a thread. Needs plasma-workspace."""

    name, service, process = "kscreenlocker", "kde", "kscreenlocker_greet"

    def begin(self, user: str) -> None:
        self.server = XServer(self.directory)
        self.screen = Display(self.server.display, self.directory)
        self.screen.readable = light_words
        self.screen.longest = 1.5  # a clock goes
        self.screen.move_pointer_away()
        before = self.screen.state()
        self.locker = self.start(user, [KSCREENLOCKER, "--testing"], DISPLAY=self.screen.name, QT_QUICK_BACKEND="software",
                                 DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent")
        until(lambda: self.locker.check_alive() or self.screen.state() != before, "kscreenlocker's picture")
        # PAM is asked once somebody is there.
        until(lambda: self.locker.check_alive() or self.screen.key("Shift_L") or self.spy.lines(), "the beginning of a login")

    def passed(self) -> bool:
        return self.locker.process.poll() == 0

    def end(self) -> None:
        if self.locker:
            self.locker.stop()
        self.server.stop()
        super().end()
