# SPDX-License-Identifier: LGPL-2.1-or-later
"""The screen locker of several sessions: a session whose id is on a line of its input is locked when logind asks for it, and says so."""

import sys

from gi.repository import Gio, GLib

LOGIND, SESSION = "org.freedesktop.login1", "org.freedesktop.login1.Session"
bus = Gio.bus_get_sync(Gio.BusType.SYSTEM, None)
paths = set()


def on_lock(_bus, _sender, path, *_) -> None:
    if path in paths:
        bus.call(LOGIND, path, SESSION, "SetLockedHint", GLib.Variant("(b)", (True,)), None, Gio.DBusCallFlags.NONE, -1, None, None)


def read(channel, _condition) -> bool:
    line = channel.readline().strip()
    if not line:
        loop.quit()
    paths.add(line)
    print("ok", flush=True)
    return bool(line)


bus.signal_subscribe(LOGIND, SESSION, "Lock", None, None, Gio.DBusSignalFlags.NONE, on_lock)
loop = GLib.MainLoop()
GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, read)
print("ready", flush=True)
loop.run()
