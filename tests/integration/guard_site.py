# SPDX-License-Identifier: LGPL-2.1-or-later
"""jpki-session-guard at work: a system bus with a stand-in for logind, records of sessions, and the guard itself."""

import hashlib
import hmac
import json
import os
import pwd
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

from locker import settings
from processes import UNSANITIZED, Server, StartError, until

RECORDS = Path("/run/jpki/sessions")
SESSIONS = Path("/run/systemd/sessions")
GRACE = 2  # seconds
USER = 2001
READERS = ("Virtual PCD 00 00", "Virtual PCD 00 01")
BUS_CONFIG = """<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <policy context="default"><allow user="*"/><allow send_type="method_call"/><allow send_type="signal"/><allow send_requested_reply="true"/><allow receive_sender="*"/><allow receive_requested_reply="true"/><allow own="*"/></policy>
  <include>/usr/share/dbus-1/system.d/jpki-session-guard.conf</include>
</busconfig>
"""


def make_records() -> None:
    """As systemd makes the directory when the machine starts."""
    subprocess.run(("systemd-tmpfiles", "--create", f"--prefix={RECORDS}", "jpki.conf"), check=True)


class StubLogind:
    """stub_logind.py, and what it was asked."""

    def __init__(self, work: Path):
        self.log = (work / "logind.log").open("ab")
        self.process = subprocess.Popen(("/usr/bin/python3", str(Path(__file__).with_name("stub_logind.py"))), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.log)
        self.calls: list[str] = []
        self.times: list[float] = []
        self._buffer = b""
        if self._line(10) != "ready":
            raise StartError(f"the stand-in for logind did not start: {(work / 'logind.log').read_text()}")

    def _line(self, seconds: float) -> str | None:
        """The next line; nothing when none comes in time."""
        end = time.monotonic() + seconds
        while b"\n" not in self._buffer:
            readable, _, _ = select.select([self.process.stdout], [], [], max(0.0, end - time.monotonic()))
            if not readable:
                return None
            data = os.read(self.process.stdout.fileno(), 4096)
            if not data:
                return None
            self._buffer += data
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line.decode()

    def _note(self, line: str) -> None:
        assert line.startswith("call "), line
        self.calls.append(line.removeprefix("call "))
        self.times.append(time.monotonic())

    def tell(self, *command) -> None:
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        self.process.stdin.flush()
        while (line := self._line(10)) != "ok":
            assert line is not None, "the stand-in for logind is gone"
            self._note(line)

    def listen(self, seconds: float) -> None:
        """Notes what is asked within this time."""
        end = time.monotonic() + seconds
        while (line := self._line(end - time.monotonic())) is not None:
            self._note(line)

    def wait_for(self, call: str, seconds: float) -> float:
        """When it was asked for."""
        end = time.monotonic() + seconds
        while call not in self.calls:
            line = self._line(max(0.0, end - time.monotonic()))
            assert line is not None, f"no {call} within {seconds} s; calls: {self.calls}"
            self._note(line)
        return self.times[self.calls.index(call)]

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()


class GuardSite:
    def __init__(self, lab, *, policy: str = f'removal = "lock"\ngrace_seconds = {GRACE}\n'):
        self.lab = lab
        self.work = lab.work / "guard"
        self.work.mkdir(exist_ok=True)
        self.settings = Path("/etc/jpki/jpki.toml.d/session.toml")
        self.settings.write_text("[session]\n" + policy)
        make_records()
        Path("/run/dbus").mkdir(exist_ok=True)
        (self.work / "bus.conf").write_text(BUS_CONFIG)
        self.bus = Server([*UNSANITIZED, "dbus-daemon", "--nofork", "--nopidfile", f"--config-file={self.work}/bus.conf"], self.work / "bus.log")
        until(lambda: Path("/run/dbus/system_bus_socket").exists(), "the bus")
        self.logind = StubLogind(self.work)
        self.log = self.work / "guard.log"
        self.log.write_text("")
        self.guard: Server | None = None

    # --- the guard --------------------------------------------------------------------------------
    def start(self) -> None:
        """As the unit says: its directory is made for it, and is gone when it has ended."""
        unit = settings("jpki-session-guard.service")
        made = Path("/run") / unit["RuntimeDirectory"]
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        made.chmod(int(unit["RuntimeDirectoryMode"], 8))
        os.chown(made, *[pwd.getpwnam(unit["User"]).pw_uid] * 2)
        self.guard = Server(["/usr/libexec/jpki/jpki-session-guard"], self.log)

    def restart(self) -> None:
        """As systemd does after it has died."""
        self.guard.stop(signal.SIGKILL)
        self.start()

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for_log(self, words: str, *, count: int = 1, seconds: float = 15) -> None:
        def seen() -> bool:
            self.guard.check_alive()
            return self.text().count(words) >= count
        until(seen, f"{words!r} {count} times in {self.log}", seconds)

    # --- sessions ---------------------------------------------------------------------------------
    def open(self, session: str, card: str, *, reader: int = 0, watched: bool = True, **facts) -> None:
        """A session of logind's and its record, as a login by that card leaves them."""
        self.logind.tell("add", session, {"user": USER, "leader": 4711, "since": 1000, "obeys": True} | facts)
        self.record(session, card, reader=reader)
        if watched:
            self.wait_for_log(f"session={session} ")

    def record(self, session: str, card: str, *, reader: int = 0) -> None:
        key = os.urandom(32)
        certificate = (self.lab.pki / "cards" / card / "auth.der").read_bytes()
        mark = hmac.new(key, certificate, hashlib.sha256).hexdigest()
        lines = {"session": session, "since": 1000, "leader": 4711, "user": USER, "service": "login", "terminal": "tty2", "seat": "seat0",
                 "reader": READERS[reader], "certificate": "0123456789abcdef", "key": key.hex(), "mark": mark,
                 "login": int(time.time()), "factors": "card+pin"}
        new = RECORDS / f".session-{session}.new"
        new.write_text("jpki-session=1\n" + "".join(f"{key}={value}\n" for key, value in lines.items()))
        new.chmod(0o640)
        new.rename(RECORDS / f"session-{session}")

    def close_session(self, session: str) -> None:
        (RECORDS / f"session-{session}").unlink()

    def stop(self) -> None:
        if self.guard:
            self.guard.stop()
        self.logind.stop()
        self.bus.stop()
        for entry in (*RECORDS.iterdir(), *Path("/run/dbus").iterdir(), self.settings):
            entry.unlink()


