# SPDX-License-Identifier: LGPL-2.1-or-later
"""A lab on which jpkictl doctor finds nothing wrong, and what breaks it: the rows of tests/data/doctor/faults.json.

There is no systemd, no apt and no dpkg in the lab. Their programs are stood in for: systemctl keeps what it is told in files,
apt-get puts back what a fault took away, and both write down how they were called.
"""

import functools
import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
TABLE = json.loads((TOP / "tests/data/doctor/faults.json").read_text(encoding="utf-8"))
STAND_INS = Path("/usr/local/lib/doctor")
TAKEN = STAND_INS / "taken"
CALLS = STAND_INS / "calls"
UNITS = STAND_INS / "units"
PROFILE = STAND_INS / "pam-lab"  # what `pam-auth-update --enable jpki` brings back in the lab: its own lines
LOG_CALL = f'#!/bin/sh\necho "${{0##*/}} $*" >> {CALLS}\n'
SYSTEMCTL = f"""\
cd {UNITS} || exit 1
sockets() {{ for s in validator account; do case $1 in jpki-$s.socket) /usr/bin/python3 -c 'import socket, sys, os
os.path.exists(sys.argv[1]) and os.unlink(sys.argv[1]); socket.socket(socket.AF_UNIX).bind(sys.argv[1]); os.chmod(sys.argv[1], 0o666)' /run/jpki/$s.sock; esac; done; }}
verb=$1; shift
case $verb in
show) shift; for unit; do printf 'Id=%s\\nActiveState=%s\\nUnitFileState=%s\\n\\n' "$unit" "$(cat "$unit.active")" "$(cat "$unit.enabled")"; done;;
enable) [ "$1" = --now ] && shift; echo enabled > "$1.enabled"; echo active > "$1.active"; sockets "$1";;
disable) echo disabled > "$1.enabled"; echo inactive > "$1.active";;
restart) case $1 in *refresh.service) echo inactive;; *) echo active;; esac > "$1.active"; sockets "$1";;
stop) echo inactive > "$1.active";;
fail) echo failed > "$1.active";;
esac
"""
APT_GET = f"""\
cd {TAKEN} || exit 1
find . -type f -o -type l | while read -r file; do mv "$file" "/${{file#./}}"; done
"""
# What takes a file away as if a package had lost it.
TAKE = f'take() {{ mkdir -p "{TAKEN}${{1%/*}}" && mv "$1" "{TAKEN}$1"; }}\n'
# What the faults, and the making of this site, change: put back after each fault, and as it was before at the end.
CHANGED = ("/etc/jpki", "/etc/pam.d", "/etc/lightdm", "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/default/locale",
           "/run/jpki", "/var/lib/jpki", "/usr/libexec/jpki", "/usr/share/jpki", "/usr/share/polkit-1/rules.d",
           "/usr/lib/polkit-1/polkitd", "/usr/sbin/lightdm", "/usr/sbin/pam-auth-update", "/usr/bin/systemctl", "/usr/bin/apt-get",
           "/usr/bin/timedatectl")
LIBRARIES = (("@PAMDIR@", "security/pam_jpki.so"), ("@NSSDIR@", "libnss_ad.so.2"), ("@P11DIR@", "pkcs11/opensc-pkcs11.so"))


@functools.cache
def places() -> dict[str, str]:
    """Where the libraries lie here, asked before a fault takes one away."""
    return {mark: str(next(Path("/usr/lib").glob(f"*/{name}")).parent) for mark, name in LIBRARIES}


def place(text: str) -> str:
    for mark, directory in places().items():
        text = text.replace(mark, directory)
    return text


def shell(command: str) -> None:
    done = subprocess.run(("/bin/bash", "-c", command), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def make_locale() -> None:
    """The lab's, which a fault takes away."""
    if "ja_JP.utf8" not in subprocess.run(("locale", "-a"), capture_output=True, text=True, check=True).stdout:
        shell("localedef -i ja_JP -f UTF-8 ja_JP.UTF-8")


def keep(target: Path) -> None:
    for path in filter(os.path.lexists, CHANGED):
        copy = Path(f"{target}{path}")
        copy.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(("cp", "-a", path, copy), check=True)


def put_back(source: Path) -> None:
    for path in CHANGED:
        subprocess.run(("rm", "-rf", path), check=True)
        if os.path.lexists(f"{source}{path}"):
            subprocess.run(("cp", "-a", f"{source}{path}", path), check=True)


def examine(*arguments: str, language: str = "C.UTF-8", user: tuple[str, ...] = ()) -> tuple[int, dict]:
    done = subprocess.run((*user, "jpkictl", "doctor", "--json", *arguments), capture_output=True, text=True, timeout=100,
                          env={"PATH": os.environ["PATH"], "LC_ALL": language})
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def bad(report: dict) -> list[str]:
    return [f"{link['link']}: {link['seen']} {link['detail'] or ''}" for link in report["links"] if link["state"] == "bad"]


class Site:
    """Everything is right; one for the module."""

    def __init__(self, lab):
        self.lab = lab
        self.before, self.good = lab.work / "doctor-before", lab.work / "doctor-good"
        keep(self.before)
        places()
        self.service = lab.card_service()
        self.card = lab.virtual_card("taro")
        for directory in (TAKEN, UNITS):
            directory.mkdir(parents=True)
        shutil.copy2("/etc/pam.d/lab", PROFILE)
        for name, body in (("bin/systemctl", SYSTEMCTL), ("bin/apt-get", APT_GET), ("bin/timedatectl", ""),
                           ("sbin/pam-auth-update", f"cp {PROFILE} /etc/pam.d/lab\n")):
            self._stand_in(Path("/usr", name), body)
        shell("systemd-sysusers")
        shell("systemd-tmpfiles --create jpki.conf")
        for unit in ("jpki-crl-refresh.timer", "jpki-validator.socket", "jpki-account.socket", "jpki-session-guard.service"):
            shell(f"systemctl enable --now {unit}")
        self._leave_one_line()
        Path("/etc/default/locale").write_text("LANG=ja_JP.UTF-8\n")
        for program in (Path("/usr/lib/polkit-1/polkitd"), Path("/usr/sbin/lightdm")):
            program.parent.mkdir(parents=True, exist_ok=True)
            program.touch()
        self._keep_good_crls()
        keep(self.good)

    def _leave_one_line(self) -> None:
        """The faults are made in /etc/pam.d/lab. Other tests have lines of their own, good and bad; what is installed stays."""
        installed = {file.name for file in (self.lab.work / "stage/etc/pam.d").iterdir()}
        assert installed
        for file in Path("/etc/pam.d").iterdir():
            if file.name not in installed | {"lab"} and "pam_jpki" in file.read_text():
                file.unlink()

    def _stand_in(self, program: Path, body: str) -> None:
        program.unlink(missing_ok=True)
        program.write_text(LOG_CALL + body)
        program.chmod(0o755)

    def _keep_good_crls(self) -> None:
        """Some CRLs of the test PKI are bad or old on purpose."""
        status = json.loads(subprocess.run(("jpkictl", "revocation", "status", "--json"), capture_output=True, text=True).stdout)
        for stale in status["stale_crls"]:
            Path("/var/lib/jpki/revocation", stale["file"]).unlink(missing_ok=True)
        refused = subprocess.run("jpki-crl-refresh", capture_output=True, text=True).stderr
        for name in re.findall(r"JPKI-\d+: (\S+\.crl):", refused):
            Path("/var/lib/jpki/revocation", name).unlink(missing_ok=True)
        shell("jpki-crl-refresh --rebuild")

    def restore(self) -> None:
        """After a fault, whatever became of it."""
        self.service.server.process.send_signal(signal.SIGCONT)
        if self.service.server.process.poll() is not None:
            self._restart_cards()
        shell("apt-get install")
        put_back(self.good)
        make_locale()
        CALLS.unlink(missing_ok=True)
        for unit in ("jpki-crl-refresh.timer", "jpki-validator.socket", "jpki-account.socket", "jpki-session-guard.service"):
            for state, word in (("active", "active"), ("enabled", "enabled")):
                (UNITS / f"{unit}.{state}").write_text(f"{word}\n")
        (UNITS / "jpki-crl-refresh.service.active").write_text("inactive\n")

    # --- faults that no shell command makes ---------------------------------------------------------
    def break_by(self, command: str) -> None:
        if command == "pcscd-killed":
            self.service.kill()
        elif command == "pcscd-hangs":
            self.service.hang()
        else:
            shell(TAKE + place(command))

    def after(self, command: str, name: str) -> None:
        """What systemd would have done."""
        if name not in ("pcscd-down", "pcscd-silent"):
            return
        assert command in CALLS.read_text(), CALLS.read_text()
        if name == "pcscd-silent":
            self.service.server.send(signal.SIGCONT)
        else:
            self._restart_cards()

    def _restart_cards(self) -> None:
        self.card.stop()
        self.service.stop()
        self.service = self.lab.card_service()
        self.card = self.lab.virtual_card("taro")

    def close(self) -> None:
        self.card.stop()
        self.service.stop()
        put_back(self.before)
        shutil.rmtree(STAND_INS)
