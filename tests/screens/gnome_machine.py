# SPDX-License-Identifier: LGPL-2.1-or-later
"""The machine of gnome_root.py, seen from the lab: its files, its start and its end. The lab's accounts, configuration, card readers,
log and conversation spy are its own, too."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from conversation import LOG, PRELOAD
from lab import Lab, run
from processes import Server, find, until

HERE = Path(__file__).parent
SYSLOG = Path("/dev/log")
READERS = Path("/run/pcscd")
SHOWN_BY = "Debian-gdm"  # the user of the greeter
SCREENS = "/run/lab-screens"  # inside; a directory for each user, with what the X server shows
SHIPPED_NSS, NSS = "/usr/share/jpki/gdm/pkcs11.txt", "/etc/pki/nssdb/pkcs11.txt"  # as the package's postinst has it
MARKS = "/run/lab-sessions"   # inside; a file for each user whose session was begun
# The lab has its own.
MASKED = ("pcscd.socket", "pcscd.service", "systemd-journald-dev-log.socket", "jpki-crl-refresh.timer", "nss-ad-refresh.timer",
          "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer",
          "systemd-timesyncd.service")
DAEMON = """\
[daemon]
WaylandEnable=false
"""
# Of the greeter's programs those that matter here: each of the others takes its time to start.
PROGRAMS = """\
[GNOME Session]
Name=Display Manager
RequiredComponents=org.gnome.Shell;org.gnome.SettingsDaemon.Smartcard;
"""
# A name is typed, and the picture has nothing that moves or tells the time.
GREETER = """\
[org/gnome/login-screen]
disable-user-list=true
enable-fingerprint-authentication=false
logo=''
[org/gnome/desktop/interface]
enable-animations=false
cursor-blink=false
"""
# GDM starts the X server that is installed; here it is one without a screen.
X_SERVER = f"""\
#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    -auth) authority=$2 ;;
    -displayfd) number=$2 ;;
  esac
  shift
done
directory={SCREENS}/$(id -un)
mkdir -p "$directory"
cp "$authority" "$directory/authority"
exec Xvfb -screen 0 1024x768x24 -nolisten tcp -noreset -fbdir "$directory" -displayfd "$number" -auth "$authority"
"""
SESSION = f"""\
#!/bin/sh
: >"{MARKS}/$(id -un)"
exec sleep infinity
"""
NO_DESKTOP = "[Desktop Entry]\nType=Application\nName=None\nExec=/bin/false\nHidden=true\n"
DESKTOP = "[Desktop Entry]\nType=Application\nName=Lab\nExec=/usr/local/bin/lab-session\n"


class GnomeMachine:
    """Started with `files` over it: PATH inside to text; what begins with #! is made executable."""

    def __init__(self, lab: Lab, directory: Path, layers: list[Path], files: dict[str, str], libraries: list[Path],
                 language: str):
        self.directory, self.layers, self.top = directory, layers, directory / "files"
        self.screens, self.marks = (directory / name for name in ("screens", "marks"))
        for shared in (self.screens, self.marks):
            shared.mkdir(parents=True)
            shared.chmod(0o1777)
        LOG.touch()
        LOG.chmod(0o666)
        READERS.mkdir(exist_ok=True)
        self._make_accounts(lab)
        self._copy("/etc/jpki", "/var/lib/jpki", "/usr/lib/locale")
        self._copy(*map(str, libraries))
        self._preload(lab)
        for path, text in {"/etc/gdm3/daemon.conf": DAEMON, "/usr/share/gdm/dconf/99-lab": GREETER,
                           "/usr/share/gnome-session/sessions/gnome-login.session": PROGRAMS, "/usr/bin/Xorg": X_SERVER,
                           "/usr/local/bin/lab-session": SESSION, "/usr/share/xsessions/lab.desktop": DESKTOP, "/etc/fstab": "",
                           "/etc/machine-id": "6a706b69" * 4 + "\n", "/etc/default/locale": f"LANG={language}\n",
                           NSS: Path(SHIPPED_NSS).read_text(), **files}.items():
            self._write(path, text)
        for shipped in self._all("/usr/share/xsessions/*.desktop"):
            self._write(shipped, NO_DESKTOP)
        for unit in MASKED:
            link = self.top / "etc/systemd/system" / unit
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to("/dev/null")
        binds = {LOG: LOG, SYSLOG: SYSLOG, READERS: READERS, self.screens: SCREENS, self.marks: MARKS}
        self.server = Server([sys.executable, str(HERE / "gnome_root.py"), "--unit", "systemd-user-sessions.service gdm.service",
                              *[f"--layer={layer}" for layer in (self.top, lab.build / "stage", *layers)],
                              *[f"--bind={source}:{target}" for source, target in binds.items()]], directory / "machine.log")

    # --- files --------------------------------------------------------------------------------------
    def shipped(self, path: str) -> str:
        """The text of a file of the layers."""
        return next(file for layer in self.layers if (file := layer / path[1:]).exists()).read_text()

    def _all(self, pattern: str) -> list[str]:
        return [f"/{file.relative_to(layer)}" for layer in self.layers for file in layer.glob(pattern[1:])]

    def _write(self, path: str, text: str) -> None:
        file = self.top / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755 if text.startswith("#!") else 0o644)

    def _copy(self, *paths: str) -> None:
        for path in paths:
            target = self.top / path[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            run("cp", "-a", path, str(target))

    def _preload(self, lab: Lab) -> None:
        """Into all programs, as in the lab; PAM's hosts that need a console are these."""
        consoles = lab.work / "no_consoles.so"
        run("gcc", "-shared", "-fPIC", "-Wall", "-o", str(consoles), str(HERE / "no_consoles.c"))
        libraries = [*(PRELOAD.read_text().split() if PRELOAD.exists() else []), str(consoles)]
        self._copy(*libraries)
        self._write(str(PRELOAD), "".join(f"{library}\n" for library in libraries))

    def _make_accounts(self, lab: Lab) -> None:
        """Those of the lab beside those of the packages."""
        for name in ("passwd", "group", "shadow"):
            own = self.shipped(f"/etc/{name}")
            taken = {line.split(":")[0] for line in own.splitlines()}
            added = [line for line in Path(f"/etc/{name}").read_text().splitlines()
                     if (user := line.split(":")[0]) not in taken and (user in lab.accounts or user.startswith("_jpki"))]
            self._write(f"/etc/{name}", own + "".join(f"{line}\n" for line in added))
        for user in lab.accounts:
            home = self.top / "home" / user
            home.mkdir(parents=True)
            shutil.chown(home, user, user)

    # --- while it runs ------------------------------------------------------------------------------
    def first_process(self) -> int:
        """systemd, by its number in the lab."""
        return next((pid for pid in find("systemd") if f"NSpid:\t{pid}\t1\n" in Path(f"/proc/{pid}/status").read_text()), 0)

    def ask(self, *command: str) -> str:
        """What a program says that root runs there."""
        inside = ("nsenter", "--target", str(self.first_process()), "--mount", "--pid", "--uts", "--ipc")
        return subprocess.run((*inside, *command), capture_output=True, text=True, timeout=60).stdout

    def check_alive(self) -> None:
        self.server.check_alive()

    def stop(self) -> None:
        if first := self.first_process():
            os.kill(first, signal.SIGKILL)
        self.server.process.wait(timeout=30)
        until(lambda: not find("gdm3", "Xvfb", "gnome-shell"), "the end of the machine")
