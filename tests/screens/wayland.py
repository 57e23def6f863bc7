# SPDX-License-Identifier: LGPL-2.1-or-later
"""Screen lockers of Wayland on a sway without a screen: swaylock, and gtklock in a root of Debian 13."""

import shutil
import subprocess
from pathlib import Path

from conversation import PRELOAD
from display import PictureScreen
from front_end import FrontEnd
from lightdm import GTK
from lockers import Locker, as_person, inside_the_ring
from picture import Picture, of_ppm
from processes import Server, until

SWAY = """\
xwayland disable
output * resolution 1024x768
"""


class SwayScreen(PictureScreen):
    """A Wayland session without a screen of its own."""

    def __init__(self, identity: list[str], environment: dict[str, str]):
        self.identity, self.environment = identity, environment

    def run(self, *command: str) -> bytes:
        done = subprocess.run([*self.identity, *command], env=self.environment, capture_output=True, timeout=30)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stderr.decode(errors='replace')}")
        return done.stdout

    def state(self) -> bytes:
        return self.run("grim", "-t", "ppm", "-")

    def picture(self) -> Picture:
        return of_ppm(self.state())

    def press(self, text: str) -> None:
        self.run("wtype", "-d", "5", text)

    def key(self, name: str) -> None:
        self.run("wtype", "-k", name)


class GtkScreen(SwayScreen):
    """GTK 3 takes wtype's letters, but no key of it that has a meaning, such as Enter. wlrctl's it takes."""

    KEYS = {"Return": "\n"}

    def key(self, name: str) -> None:
        self.run("wlrctl", "keyboard", "type", self.KEYS[name])


class OnSway(Locker):
    blind = asks_first = True
    kind_of_screen: type[SwayScreen] = SwayScreen
    sway: Server | None = None
    keyboard: Server | None = None

    def locking(self) -> list[str]:
        """The locker's command line."""
        raise NotImplementedError

    def entering(self) -> list[str]:
        """What goes before each command line of the session, as root."""
        return []

    def start(self, user: str, command: list[str], **environment: str) -> Server:
        return super().start(user, command, before=self.entering(), **environment)

    def begin(self, user: str) -> None:
        configuration = self.directory / "sway.conf"
        configuration.write_text(SWAY)
        identity, environment = as_person(user)
        self.runtime = Path(environment["XDG_RUNTIME_DIR"])
        display = self.runtime / "wayland-1"
        self.sway = self.start(user, ["sway", "--config", str(configuration)], WLR_BACKENDS="headless", WLR_LIBINPUT_NO_DEVICES="1",
                               WLR_RENDERER="pixman")
        until(lambda: self.sway.check_alive() or display.exists(), "sway")
        until(lambda: self.sway.check_alive() or list(self.runtime.glob("sway-ipc.*")), "sway's own socket")
        self.screen = self.kind_of_screen([*self.entering(), *identity], environment | {
            "WAYLAND_DISPLAY": display.name, "SWAYSOCK": str(next(self.runtime.glob("sway-ipc.*")))})
        # A locker that starts without a keyboard in the seat would miss the first keys of one that comes later.
        self.keyboard = self.start(user, ["wtype", "-s", "3600000", "x"], WAYLAND_DISPLAY=display.name)
        until(lambda: self.keyboard.check_alive() or b'"keyboard"' in self.screen.run("swaymsg", "-t", "get_inputs"), "the keyboard")
        before = self.screen.state()
        self.locker = self.start(user, self.locking(), WAYLAND_DISPLAY=display.name)
        until(lambda: self.locker.check_alive() or self.screen.state() != before, f"the picture of {self.name}")

    def end(self) -> None:
        for server in (self.locker, self.keyboard, self.sway):
            if server:
                server.stop()
        shutil.rmtree(self.runtime)
        super().end()


class Swaylock(OnSway):
    name = service = process = "swaylock"
    shows_reasons = False

    def begin(self, user: str) -> None:
        super().begin(user)
        self.screen.readable = inside_the_ring

    def locking(self) -> list[str]:
        return ["swaylock", "--color", "ffffff", "--show-failed-attempts", "--indicator-idle-visible", "--font-size", "24"]


class Gtklock(OnSway):
    """All of the session is in the root that ./dev screens makes for it, with the lab's accounts, PAM services, module and sockets."""

    name = service = process = "gtklock"
    shows_reasons = False  # by our choice: a message that makes its window larger than the screen is its end ("Protocol error")
    kind_of_screen = GtkScreen

    def __init__(self, lab, spy, directory: Path, **options):
        super().__init__(lab, spy, directory, **options)
        self.root = lab.work / "gtklock-root"
        if not self.root.is_mount():
            self.make_root()

    def make_root(self) -> None:
        layers = self.lab.build.parent / "build-deb/trixie"
        if not (layers / "gtklock").is_dir():
            raise RuntimeError(f"{layers}/gtklock is missing; run: ./dev screens gtklock")
        upper, inner = (self.lab.work / f"gtklock-{name}" for name in ("upper", "inner"))
        for directory in (self.root, upper, inner):
            directory.mkdir()
        mount("-t", "overlay", "-o", f"lowerdir={layers}/gtklock:{layers}/base,upperdir={upper},workdir={inner}", "overlay", self.root)
        settings = self.root / "etc/gtk-3.0/settings.ini"
        settings.parent.mkdir(exist_ok=True)
        settings.write_text(GTK)
        for shared in ("/run", "/dev", "/dev/shm", "/proc", "/home", "/etc/pam.d", "/usr/lib/locale", "/usr/share/locale", self.lab.work):
            target = self.root / str(shared)[1:]
            target.mkdir(parents=True, exist_ok=True)
            mount("--bind", shared, target)
        for shared in ("/etc/passwd", "/etc/group", PRELOAD, "/usr/lib/x86_64-linux-gnu/security/pam_jpki.so"):
            target = self.root / str(shared)[1:]
            target.touch()
            mount("--bind", shared, target)

    def locking(self) -> list[str]:
        return ["gtklock"]

    def passed(self) -> bool:
        return self.locker.process.poll() == 0  # one that died leaves the session locked

    def entering(self) -> list[str]:
        return ["/usr/sbin/chroot", str(self.root)]


def mount(*arguments: str | Path) -> None:
    subprocess.run(("mount", *map(str, arguments)), check=True)
