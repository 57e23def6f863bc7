# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a program sees and does that runs on a machine of booted.py: logind's signals, a unit's journal, other programs. Nothing here
waits but in Machine.until(), which listens meanwhile."""

import json
import os
import subprocess
import time
from collections.abc import Callable

from gi.repository import Gio, GLib

LOGIND, MANAGER_PATH = "org.freedesktop.login1", "/org/freedesktop/login1"
MANAGER, SESSION = "org.freedesktop.login1.Manager", "org.freedesktop.login1.Session"


class Machine:
    """`heard(KIND, WHO)` is called for: "lock", PATH; "locked" and "open", PATH; "new" and "removed", ID; "awake", ""; and "log",
    RECORD for each record of the unit."""

    def __init__(self, heard: Callable[[str, str], None]):
        self.heard = heard
        self.bus = Gio.bus_get_sync(Gio.BusType.SYSTEM, None)
        self.loop = GLib.MainContext.default()
        self._subscribe("Lock", SESSION, lambda path, _: heard("lock", path))
        self._subscribe("SessionNew", MANAGER, lambda _, words: heard("new", words[0]))
        self._subscribe("SessionRemoved", MANAGER, lambda _, words: heard("removed", words[0]))
        self._subscribe("PrepareForSleep", MANAGER, lambda _, words: None if words[0] else heard("awake", ""))
        self._subscribe("PropertiesChanged", "org.freedesktop.DBus.Properties", self._changed)
        self._children: list[subprocess.Popen] = []

    def _subscribe(self, signal: str, interface: str, told: Callable[[str, tuple], None]) -> None:
        self.bus.signal_subscribe(LOGIND, interface, signal, None, None, Gio.DBusSignalFlags.NONE,
                                  lambda _bus, _sender, path, _interface, _signal, words: told(path, words.unpack()))

    def _changed(self, path: str, words: tuple) -> None:
        if "LockedHint" in words[1]:
            self.heard("locked" if words[1]["LockedHint"] else "open", path)

    def follow(self, unit: str) -> None:
        """From here on, what the unit's processes log."""
        child = subprocess.Popen(("journalctl", "--follow", "--lines=0", "--output=json", f"--unit={unit}"), stdout=subprocess.PIPE)
        self._children.append(child)
        self.lines(child, lambda line: self.heard("log", json.loads(line)["MESSAGE"]))

    def lines(self, child: subprocess.Popen, told: Callable[[bytes], None]) -> None:
        descriptor, buffer = child.stdout.fileno(), bytearray()
        os.set_blocking(descriptor, False)

        def read(*_) -> bool:
            data = os.read(descriptor, 65536)
            buffer.extend(data)
            while (end := buffer.find(b"\n")) >= 0:
                line = bytes(buffer[:end])
                del buffer[:end + 1]
                told(line)
            return bool(data)

        GLib.io_add_watch(descriptor, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, read)

    def until(self, condition: Callable[[], object], seconds: float) -> bool:
        """Listens until the condition holds: whether it did in this time."""
        end = time.monotonic() + seconds
        while not condition():
            left = end - time.monotonic()
            if left <= 0:
                return False
            alarm = GLib.timeout_add(max(1, int(left * 1000)), lambda: True)
            self.loop.iteration(True)
            GLib.source_remove(alarm)
        while self.loop.iteration(False):
            pass
        return True

    def run(self, *argv: str, status: int | None = 0) -> tuple[int, str]:
        """A program, while which it listens; what it printed must be short."""
        child = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        ended: list[int] = []
        GLib.child_watch_add(GLib.PRIORITY_DEFAULT, child.pid, lambda _pid, wait: ended.append(os.waitstatus_to_exitcode(wait)))
        assert self.until(lambda: ended, 60), f"{' '.join(argv)} does not end"
        text = child.stdout.read()
        child.stdout.close()
        child.returncode = ended[0]
        assert status in (None, ended[0]), f"{' '.join(argv)}: exit status {ended[0]}\n{text}"
        return ended[0], text

    def ask_logind(self, method: str, arguments: GLib.Variant | None = None, *, path: str = MANAGER_PATH, interface: str = MANAGER):
        return self.bus.call_sync(LOGIND, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, -1, None).unpack()

    def path_of(self, session: str) -> str:
        return self.ask_logind("GetSession", GLib.Variant("(s)", (session,)))[0]

    def locked_hint(self, path: str) -> bool:
        return self.ask_logind("Get", GLib.Variant("(ss)", (SESSION, "LockedHint")), path=path, interface="org.freedesktop.DBus.Properties")[0]

    def set_locked_hint(self, path: str, locked: bool) -> None:
        self.ask_logind("SetLockedHint", GLib.Variant("(b)", (locked,)), path=path, interface=SESSION)

    def stop(self) -> None:
        for child in self._children:
            child.kill()
            child.wait()
            child.stdout.close()
