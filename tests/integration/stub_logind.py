# SPDX-License-Identifier: LGPL-2.1-or-later
"""A stand-in for systemd-logind on the system's bus: sessions that a test makes, and what was asked of them.

Reads one command a line, of JSON: ["add", ID, {…}], ["set", ID, {…}], ["remove", ID], ["asleep", true|false], ["silent", true|false],
["hang", true|false]: nobody is told a property.
Answers "ok" to each, and writes "call METHOD ID" for each call. A session with "obeys" is locked when it is asked to be; with "for a
moment" it is unlocked again at once.
"""

import json
import sys

from gi.repository import Gio, GLib

MANAGER = "/org/freedesktop/login1"
INTERFACES = """<node>
<interface name="org.freedesktop.login1.Manager">
  <method name="LockSession"><arg type="s" direction="in"/></method>
  <method name="TerminateSession"><arg type="s" direction="in"/></method>
  <signal name="SessionRemoved"><arg type="s"/><arg type="o"/></signal>
  <signal name="PrepareForSleep"><arg type="b"/></signal>
</interface>
<interface name="org.freedesktop.login1.Session">
  <property name="User" type="(uo)" access="read"/>
  <property name="Leader" type="u" access="read"/>
  <property name="TimestampMonotonic" type="t" access="read"/>
  <property name="LockedHint" type="b" access="read"/>
  <property name="Type" type="s" access="read"/>
  <property name="TTY" type="s" access="read"/>
</interface>
</node>"""


def say(*words: str) -> None:
    print(*words, flush=True)


def path_of(session: str) -> str:
    """As systemd encodes a name (sd_bus_path_encode(3)): a digit at the beginning, and whatever is no letter or digit."""
    encoded = "".join(c if c.isalnum() and not (i == 0 and c.isdigit()) else f"_{ord(c):02x}" for i, c in enumerate(session))
    return f"{MANAGER}/session/{encoded}"


class StubLogind:
    def __init__(self, bus: Gio.DBusConnection):
        self.bus = bus
        self.sessions: dict[str, dict] = {}
        self.registered: dict[str, int] = {}
        self.silent = self.hangs = False
        manager, self.session_interface = Gio.DBusNodeInfo.new_for_xml(INTERFACES).interfaces
        bus.register_object(MANAGER, manager, self.on_call, None, None)

    def on_call(self, _bus, _sender, _path, _interface, method, arguments, invocation) -> None:
        session = arguments.unpack()[0]
        say("call", method, session)
        if self.silent:
            return
        invocation.return_value(None)
        facts = self.sessions.get(session)
        if facts is None:
            return
        if method == "LockSession" and facts.get("obeys"):
            self.set(session, {"locked": True})
            if facts["obeys"] == "for a moment":
                self.set(session, {"locked": False})
        if method == "TerminateSession":
            self.remove(session)

    def property_of(self, session: str, name: str) -> GLib.Variant:
        facts = self.sessions[session]
        return {"User": lambda: GLib.Variant("(uo)", (facts["user"], f"{MANAGER}/user/_{facts['user']}")),
                "Leader": lambda: GLib.Variant("u", facts["leader"]),
                "TimestampMonotonic": lambda: GLib.Variant("t", facts["since"]),
                "LockedHint": lambda: GLib.Variant("b", facts.get("locked", False)),
                "Type": lambda: GLib.Variant("s", facts.get("type", "x11")),
                "TTY": lambda: GLib.Variant("s", facts.get("tty", ""))}[name]()

    def add(self, session: str, facts: dict) -> None:
        self.sessions[session] = facts

        def read(_bus, _sender, _path, _interface, name):
            return None if self.hangs else self.property_of(session, name)

        self.registered[session] = self.bus.register_object(path_of(session), self.session_interface, None, read, None)

    def set(self, session: str, changes: dict) -> None:
        self.sessions[session].update(changes)
        changed = {"LockedHint": self.property_of(session, "LockedHint")} if "locked" in changes else {}
        self.bus.emit_signal(None, path_of(session), "org.freedesktop.DBus.Properties", "PropertiesChanged",
                             GLib.Variant("(sa{sv}as)", ("org.freedesktop.login1.Session", changed, [])))

    def remove(self, session: str) -> None:
        self.bus.unregister_object(self.registered.pop(session))
        del self.sessions[session]
        self.bus.emit_signal(None, MANAGER, "org.freedesktop.login1.Manager", "SessionRemoved",
                             GLib.Variant("(so)", (session, path_of(session))))

    def asleep(self, begins: bool) -> None:
        self.bus.emit_signal(None, MANAGER, "org.freedesktop.login1.Manager", "PrepareForSleep", GLib.Variant("(b)", (begins,)))

    def obey(self, command: list) -> None:
        name, *arguments = command
        if name in ("silent", "hang"):
            setattr(self, {"silent": "silent", "hang": "hangs"}[name], arguments[0])
        else:
            {"add": self.add, "set": self.set, "remove": self.remove, "asleep": self.asleep}[name](*arguments)
        self.bus.flush_sync(None)
        say("ok")


def main() -> None:
    bus = Gio.bus_get_sync(Gio.BusType.SYSTEM, None)
    stub = StubLogind(bus)
    loop = GLib.MainLoop()

    def read(channel, _condition) -> bool:
        line = channel.readline()
        if not line:
            loop.quit()
            return False
        stub.obey(json.loads(line))
        return True

    def owned(*_) -> None:
        GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, read)
        say("ready")

    Gio.bus_own_name_on_connection(bus, "org.freedesktop.login1", Gio.BusNameOwnerFlags.NONE, owned, lambda *_: loop.quit())
    loop.run()


if __name__ == "__main__":
    main()
