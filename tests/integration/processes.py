# SPDX-License-Identifier: LGPL-2.1-or-later
"""Servers of the lab: started, seen ready, ended by process id. What does not start raises; it never looks like "no card"."""

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


# Before a command line: the sanitizers of the product, which the lab preloads everywhere, are not for servers of others.
UNSANITIZED = ("unshare", "--mount", "sh", "-c",
               "[ ! -e /etc/ld.so.preload ] || mount --bind /dev/null /etc/ld.so.preload; exec \"$@\"", "sh")


def unsanitized(argv: list[str]) -> list[str]:
    """The same, as it is where there are none."""
    return [*UNSANITIZED, *argv] if Path("/etc/ld.so.preload").exists() else argv


PATIENCE = 15.0  # seconds in which what must happen happens, on a busy machine too
INTERVAL = 0.02  # seconds between two looks


class StartError(RuntimeError):
    """A fixture of the lab did not come up; the test that wanted it must fail."""


def until(condition: Callable[[], object], what: str, seconds: float = PATIENCE):
    """What the condition gives, as soon as that is something; it is asked again and again, where nobody tells. `what` is missing
    when it stays nothing."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not seen within {seconds:g} s: {what}")
        time.sleep(INTERVAL)
    return found


class Server:
    """One child process with its output in a log file. `ready`: what the line is like with which it says that it is; `said` is that
    line."""

    def __init__(self, argv: list[str], log: Path, *, stdin=subprocess.DEVNULL, ready: bytes = b"",
                 environment: dict[str, str] | None = None):
        self.name = Path(argv[0]).name
        self.log = log
        with log.open("ab") as sink:
            self.process = subprocess.Popen(argv, stdin=stdin, stdout=subprocess.PIPE if ready else sink, stderr=sink,
                                            env=environment, start_new_session=True)
        if ready:
            self._wait_for(ready)

    def _wait_for(self, ready: bytes, seconds: float = 10) -> None:
        pipe = self.process.stdout
        readable, _, _ = select.select([pipe], [], [], seconds)
        line = pipe.readline() if readable else b"(nothing)"
        self.said = line.strip()
        if not re.fullmatch(ready, self.said):
            self.stop()
            raise StartError(f"{self.name}: expected {ready!r}, got {line!r}\n{self.log.read_text(errors='replace')}")

    @property
    def pid(self) -> int:
        return self.process.pid

    def check_alive(self) -> None:
        if self.process.poll() is not None:
            raise StartError(f"{self.name} ended with {self.process.returncode}:\n"
                             f"{self.log.read_text(errors='replace')}")

    def send(self, number: signal.Signals) -> None:
        self.check_alive()
        os.kill(self.pid, number)

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        if self.process.poll() is None:
            os.kill(self.pid, number)
        self.process.wait(timeout=10)
        if self.process.stdout:
            self.process.stdout.close()


def find(*names: str) -> dict[int, str]:
    """The processes of these names that run now; of one that has ended nothing is left but a number."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                name, _, rest = (entry / "stat").read_text().partition(" (")[2].rpartition(") ")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if name in names and rest[:1] not in ("Z", "X"):
                found[int(entry.name)] = name
    return found


def running(*names: str) -> list[str]:
    """The same, for people."""
    return [f"{name}[{pid}]" for pid, name in find(*names).items()]


def end(*names: str) -> list[str]:
    """Ends what is running(), and says what that was."""
    found = find(*names)
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pid in found:
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)
    until(lambda: not found.keys() & find(*names).keys(), "the end of what was killed")
    return [f"{name}[{pid}]" for pid, name in found.items()]


def status_of(name: str) -> dict[str, str]:
    """/proc/PID/status of the one process of this name."""
    for entry in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":\t", 1) for line in entry.read_text().splitlines() if ":\t" in line)
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields["Name"] == name[:15] and fields["State"][0] != "Z":
            return fields
    return {}
