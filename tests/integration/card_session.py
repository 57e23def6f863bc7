# SPDX-License-Identifier: LGPL-2.1-or-later
"""A session that a card opened, made by a real login, while a test looks at it: logind's file, the record, the note of a lock."""

import os
import pwd
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from guard_site import RECORDS, SESSIONS, make_records
from lab import GUARD_USER, LOGIN_SHELL, PIN, TIMEOUT, Lab
from processes import find

SESSION = "c7"
BEGAN = 77
RECORD = RECORDS / f"session-{SESSION}"
NOTES = Path("/run/jpki/locked")
NOTE = NOTES / f"session-{SESSION}"
AGE = min(300, int(time.clock_gettime(time.CLOCK_BOOTTIME)) - 1)  # seconds: less than this machine has been up


class CardSession:
    """login(1) with pam_env(8) in the place of pam_systemd(8), and a shell that waits."""

    def __init__(self, lab: Lab, user: str = "taro"):
        self.lab, self.user = lab, user
        SESSIONS.mkdir(parents=True)
        make_records()
        lab.service("login", f"timeout={TIMEOUT}")
        self._service = Path("/etc/pam.d/login")
        self._saved = self._service.read_text()
        Path("/etc/security/jpki-test.conf").write_text(f"XDG_SESSION_ID DEFAULT={SESSION}\n")
        self._service.write_text(self._saved.replace("session ", "session  required  pam_env.so conffile=/etc/security/jpki-test.conf\nsession ", 1))
        self._shell = LOGIN_SHELL.read_text()
        LOGIN_SHELL.write_text("#!/bin/sh\nprintf 'Enter: '\nread -r line\n")
        self.leader = 0

    def _begin(self) -> str:
        self.leader = min(find("login"))
        self.tell_logind()
        return PIN

    def tell_logind(self, *, session: str = SESSION, user: str | None = None, more: str = "") -> None:
        uid = pwd.getpwnam(user or self.user).pw_uid
        (SESSIONS / session).write_text(f"UID={uid}\nUSER={user or self.user}\nACTIVE=1\nSTATE=active\nREMOTE=0\nSEAT=seat0\nTTY=tty7\n"
                                        f"TYPE=x11\nSERVICE=login\nCLASS=user\nLEADER={self.leader}\nMONOTONIC={BEGAN}\n{more}")

    def while_open(self, look: Callable[[], None]) -> None:
        """Logs in with card and PIN, looks AGE later, and logs out."""
        seen: list[BaseException | None] = []

        def at_the_shell() -> str:
            try:
                age(AGE)
                look()
            except BaseException as failure:  # after the session has ended
                seen.append(failure)
            else:
                seen.append(None)
            return ""

        dialogue = self.lab.login(self.user, [self._begin, at_the_shell], within=240)
        assert seen, dialogue.screen
        if seen[0]:
            raise seen[0]
        assert not RECORD.exists()

    def end(self) -> None:
        LOGIN_SHELL.write_text(self._shell)
        self._service.write_text(self._saved)
        shutil.rmtree(SESSIONS)
        shutil.rmtree(NOTES, ignore_errors=True)


def lock(seconds: float = 60, *, began: int = BEGAN) -> None:
    """As the guard notes that the screen has been locked for so long."""
    user = pwd.getpwnam(GUARD_USER)
    NOTES.mkdir(exist_ok=True)
    os.chown(NOTES, user.pw_uid, user.pw_gid)
    up = int((time.clock_gettime(time.CLOCK_BOOTTIME) - seconds) * 1000)
    NOTE.write_text(f"jpki-lock=1\nsince={began}\nup={up}\n")
    os.chown(NOTE, user.pw_uid, user.pw_gid)
    NOTE.chmod(0o644)


def age(seconds: int) -> None:
    """As if the login had been so long ago."""
    lines = dict(line.split("=", 1) for line in RECORD.read_text().splitlines())
    up = int(lines["up"])
    assert lines["boot"] == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert 0 <= time.clock_gettime(time.CLOCK_BOOTTIME) * 1000 - up < 60_000 and up > seconds * 1000
    change_record(up=str(up - seconds * 1000), login=str(int(lines["login"]) - seconds))


def change_record(**lines: str) -> None:
    """Root writes another record."""
    text = RECORD.read_text()
    kept = dict(line.split("=", 1) for line in text.splitlines())
    assert set(lines) <= set(kept)
    new = RECORD.with_name(f".{RECORD.name}.new")
    new.write_text("".join(f"{key}={value}\n" for key, value in (kept | lines).items()))
    new.chmod(0o640)
    new.rename(RECORD)
