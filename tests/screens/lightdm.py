# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lightdm: the real daemon with a greeter of its own choice, on Xvfb; a session is a script that leaves a mark.

Another greeter is run by its name: Lightdm(lab, spy, directory, greeter="jpki-greeter", service="lightdm-jpki", asks_name=False).
"""

import os
import pwd
import re
import shlex
import shutil
import signal
from pathlib import Path

from bus import SystemBus
from display import Display
from front_end import FrontEnd
from picture import Picture
from processes import Server, running, until
from x_server import command, forget

NUMBER = 7
LOG = Path("/var/log/lightdm/lightdm.log")
TEMPORARY = Path("/tmp")
MARKS = Path("/run/lab-sessions")
X_COMMAND = Path("/usr/local/bin/lab-xvfb")
SESSION = Path("/usr/local/bin/lab-session")
SESSION_DESKTOP = Path("/usr/share/xsessions/lab.desktop")
# An X server tells its parent that it is ready, but not if that is process 1.
NOT_FIRST = ("sh", "-c", '"$@"; exit $?', "sh")
# A console's server is told of a terminal and a seat, which Xvfb has not.
NAME_FIRST = "auth requisite pam_nologin.so\n"  # as in Debian's file: it asks for the name
X_SERVER = """\
#!/bin/sh
display=$1
while [ $# -gt 0 ]; do
  [ "$1" != -auth ] || authority=$2
  shift
done
exec {command} "$display" -auth "$authority"
"""
SESSION_SCRIPT = f"""\
#!/bin/sh
: >"{MARKS}/$(id -un)"
exec sleep infinity
"""
DAEMON = """\
[LightDM]
minimum-display-number={number}
[Seat:*]
type=local
xserver-command={command}
greeter-session={greeter}
pam-service={service}
session-wrapper=/usr/bin/env
user-session=lab
allow-guest=false
"""
# Black on white, nothing that moves, nothing that tells the time: all that is on the screen is about the login.
GTK_GREETER = """\
[greeter]
theme-name=HighContrast
font-name=IPAGothic 16
background=#ffffff
user-background=false
hide-user-image=true
indicators=
"""
# Wide enough for what the greeter writes into an empty field.
GTK_STYLE = "entry { min-width: 450px; padding-left: 12px; }\nentry placeholder { color: black; }\n"
GTK = """\
[Settings]
gtk-cursor-blink=false
gtk-enable-animations=false
"""


class Lightdm(FrontEnd):
    name = "lightdm-gtk-greeter"

    def __init__(self, lab, spy, directory: Path, *, greeter: str = "lightdm-gtk-greeter", service: str = "lightdm",
                 asks_name: bool = True, **options):
        super().__init__(lab, spy, directory, **options)
        self.name = greeter if asks_name else f"{greeter}-without-name"
        self.asks_name = asks_name
        self.bus = self.server = None
        self.files_before = set(TEMPORARY.iterdir())
        self.configure(service, before=NAME_FIRST if asks_name else "")
        X_COMMAND.write_text(X_SERVER.format(command=shlex.join(command(directory))))
        SESSION.write_text(SESSION_SCRIPT)
        for script in (X_COMMAND, SESSION):
            script.chmod(0o755)
        SESSION_DESKTOP.parent.mkdir(exist_ok=True)
        SESSION_DESKTOP.write_text(f"[Desktop Entry]\nType=Application\nName=Lab\nExec={SESSION}\n")
        shutil.rmtree(MARKS, ignore_errors=True)
        MARKS.mkdir()
        MARKS.chmod(0o1777)
        Path("/etc/lightdm/lightdm.conf").write_text(DAEMON.format(number=NUMBER, command=X_COMMAND, greeter=greeter, service=service))
        Path("/etc/lightdm/lightdm-gtk-greeter.conf").write_text(GTK_GREETER)
        Path("/etc/gtk-3.0").mkdir(exist_ok=True)
        Path("/etc/gtk-3.0/settings.ini").write_text(GTK)
        style = Path(pwd.getpwnam("lightdm").pw_dir) / ".config/gtk-3.0/gtk.css"
        style.parent.mkdir(parents=True, exist_ok=True)
        style.write_text(GTK_STYLE)
        self.screen = Display(f":{NUMBER}", directory, Path(f"/run/lightdm/root/:{NUMBER}"))

    def begin(self, user: str) -> None:
        self.start()
        if self.asks_name:
            until(self.spy.waits_for_answer, "the question for the name")
            # PAM waits before the field is there, and a key that comes first is lost.
            until(lambda: self.screen.look()[1].strip(), "the field for the name")
            self.answer(user)

    def start(self) -> None:
        """The daemon, its X server and the greeter. Ended as a whole: they are alone in a PID namespace."""
        LOG.unlink(missing_ok=True)
        self.bus = SystemBus(self.directory)
        self.server = Server(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *NOT_FIRST, "lightdm", "--debug"],
                             self.directory / "lightdm.out",
                             environment={"PATH": os.environ["PATH"], "LANG": self.language, "HOME": "/root"})
        until(lambda: self.server.check_alive() or "Greeter connected" in self.log(), "the greeter")
        self.screen.move_pointer_away()

    def log(self) -> str:
        return LOG.read_text(errors="replace") if LOG.exists() else ""

    def passed(self) -> bool:
        return any(MARKS.iterdir())

    def end(self) -> None:
        for server in (self.server, self.bus.server if self.bus else None):
            if server:
                server.stop(signal.SIGKILL)
        until(lambda: not running("lightdm", "Xvfb", "sh", "dbus-daemon"), "the end of lightdm and of all that it started")
        forget(self.screen.name)
        for file in set(TEMPORARY.glob("dbus-*")) - self.files_before:
            file.unlink()  # the socket of the greeter's own bus, which had no time to remove it


class JpkiGreeter(Lightdm):
    """Our own. PAM's first line says which page it shows; a question is answered with a button where that is all there is."""

    BUTTONS = {"confirm": "yes", "hold": "press Enter"}
    OTHER_WAY = re.compile(r"Log in with a password|パスワードでログイン")  # a button, on each page

    def __init__(self, lab, spy, directory: Path, **options):
        super().__init__(lab, spy, directory, greeter="jpki-greeter", service="lightdm-jpki", asks_name=False, **options)
        self.name = "jpki-greeter"
        self.screen.readable = Picture.twice

    def states(self) -> list[str]:
        return re.findall(r" jpki1 state=(\S+)", "\n".join(self.spy.lines()))

    def question_on(self, text: str) -> str:
        """On the page for the PIN, the Enter key is only spoken of."""
        return f"{re.sub('press Enter|Enterを押して', '', text)}\n{self.BUTTONS.get(self.states()[-1], '')}"

    def look(self) -> tuple[bytes, str]:
        png, text = super().look()
        return png, self.OTHER_WAY.sub("", text)

    def answer(self, text: str) -> None:
        if text == "yes":
            self.screen.key("Tab")  # from "stop", where it begins
        elif text:
            self.screen.type(text)
        self.enter()

    def finish(self) -> None:
        """A notice beside a good login is read, and that is all."""
        super().finish()
        while self.awaits_person() and self.states()[-2:] == ["notice", "hold"]:
            self.look()
            self.enter()
            super().finish()
