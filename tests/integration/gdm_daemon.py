# SPDX-License-Identifier: LGPL-2.1-or-later
"""What GDM's daemon is to its own gdm-session-worker, and gnome-shell behind that: the program is Debian's, the person is ours.

The worker holds the PAM conversation of one service. It calls its daemon over a private D-Bus connection with what PAM says
(org.gnome.DisplayManager.WorkerManager), and waits for the answer. When the person cancels or takes the card away, gnome-shell has
the daemon stop it by SIGTERM (gdm-session.c, stop_conversation).
"""

import queue
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from gi.repository import Gio, GLib
from processes import until

WORKER = Path("/usr/libexec/gdm-session-worker")
SESSION, OBJECT, INTERFACE = "/org/gnome/DisplayManager/Session", "/org/gnome/DisplayManager/Worker", "org.gnome.DisplayManager.Worker"
MANAGER = Gio.DBusNodeInfo.new_for_xml("""
<node><interface name="org.gnome.DisplayManager.WorkerManager">
  <method name="Hello"/>
  <method name="InfoQuery"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="out"/></method>
  <method name="SecretInfoQuery"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="out"/></method>
  <method name="ChoiceListQuery"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="a{ss}" direction="in"/>
    <arg type="s" direction="out"/></method>
  <method name="Info"><arg type="s" direction="in"/><arg type="s" direction="in"/></method>
  <method name="Problem"><arg type="s" direction="in"/><arg type="s" direction="in"/></method>
</interface></node>""").interfaces[0]
PATIENCE = 30
CHOICE_LIST = "org.gnome.DisplayManager.UserVerifier.ChoiceList"  # gnome-shell enables this extension
SMARTCARD = "org.gnome.SettingsDaemon.Smartcard"


@dataclass(frozen=True)
class Heard:
    kind: str  # Info, Problem, InfoQuery, SecretInfoQuery, ChoiceListQuery; "end" of Authenticate with what became of it
    text: str
    choices: tuple[tuple[str, str], ...] = ()  # key and text of each item of a list


class GdmDaemon:
    """Listens for workers in a thread of its own; conversations follow one another."""

    def __init__(self, directory: Path):
        directory.mkdir(parents=True, exist_ok=True)
        self.log = directory / "worker.log"
        self._context = GLib.MainContext()
        self._loop = GLib.MainLoop.new(self._context, False)
        self._ready = threading.Event()
        self._connections: queue.Queue[Gio.DBusConnection] = queue.Queue()
        self.conversation: Conversation | None = None
        self._thread = threading.Thread(target=self._serve, args=(f"unix:dir={directory}",), daemon=True)
        self._thread.start()
        assert self._ready.wait(PATIENCE)

    def _serve(self, address: str) -> None:
        self._context.push_thread_default()
        self._server = Gio.DBusServer.new_sync(address, Gio.DBusServerFlags.NONE, Gio.dbus_generate_guid(), None, None)
        self._server.connect("new-connection", self._on_connection)
        self._server.start()
        self._ready.set()
        self._loop.run()

    def _on_connection(self, _server, connection) -> bool:
        connection.register_object(SESSION, MANAGER, self._on_call, None, None)
        self._arriving = connection  # The server keeps none.
        return True

    def _on_call(self, connection, _sender, _path, _interface, method, parameters, invocation) -> None:
        if method == "Hello":  # The worker hears calls from now on; what comes before, its GLib may drop without an answer.
            invocation.return_value(None)
            self._connections.put(connection)
        else:
            _, text, *choices = parameters.unpack()
            self.conversation.hears(Heard(method, text, tuple(choices[0].items()) if choices else ()), invocation)

    def begin(self, service: str, user: str | None = None, extensions: tuple[str, ...] = (CHOICE_LIST,)) -> "Conversation":
        """BeginVerification, or BeginVerificationForUser, for a greeter that knows these extensions."""
        with self.log.open("ab") as log:
            worker = subprocess.Popen([WORKER], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={
                "PATH": "/usr/sbin:/usr/bin", "LANG": "C.UTF-8", "G_MESSAGES_DEBUG": "all",
                "GDM_SESSION_DBUS_ADDRESS": self._server.get_client_address()})
        connection = self._connections.get(timeout=PATIENCE)
        self.conversation = Conversation(worker, connection, service, user, extensions)
        return self.conversation

    def stop(self) -> None:
        if self.conversation and self.conversation.worker.poll() is None:
            self.conversation.stop()  # of a test that failed
        self._server.stop()
        self._context.invoke_full(GLib.PRIORITY_DEFAULT, self._loop.quit)
        self._thread.join(PATIENCE)


class Conversation:
    """One worker. hear() gives what it says, one after the other; answer() is for the question that was heard last."""

    def __init__(self, worker: subprocess.Popen, connection: Gio.DBusConnection, service: str, user: str | None,
                 extensions: tuple[str, ...]):
        self.worker, self._connection = worker, connection
        self._heard: queue.Queue[Heard] = queue.Queue()
        self._question = None
        details = {"service": GLib.Variant("s", service), "seat-id": GLib.Variant("s", "seat0"),
                   "display-is-local": GLib.Variant("b", True), "display-is-initial": GLib.Variant("b", True),
                   "x11-display-name": GLib.Variant("s", ":0"), "console": GLib.Variant("s", "")}
        if extensions:
            details["extensions"] = GLib.Variant("as", extensions)
        if user:
            details["username"] = GLib.Variant("s", user)
        self.call("Initialize", GLib.Variant("(a{sv})", (details,)))
        threading.Thread(target=self._authenticate, daemon=True).start()

    def _authenticate(self) -> None:
        try:
            self.call("Authenticate", within=-1)
            self._heard.put(Heard("end", ""))
        except GLib.Error as error:
            self._heard.put(Heard("end", Gio.DBusError.get_remote_error(error) or error.message))

    def call(self, method: str, parameters: GLib.Variant | None = None, *, within: int = PATIENCE * 1000):
        return self._connection.call_sync(None, OBJECT, INTERFACE, method, parameters, None, Gio.DBusCallFlags.NONE, within, None)

    def hears(self, heard: Heard, invocation) -> None:
        if heard.kind in ("Info", "Problem"):
            invocation.return_value(None)
        else:
            self._question = invocation
        self._heard.put(heard)

    def hear(self, within: float = PATIENCE) -> Heard:
        return self._heard.get(timeout=within)

    def answer(self, text: str) -> None:
        self._question.return_value(GLib.Variant("(s)", (text,)))

    def environment(self, home: Path) -> dict[str, str]:
        """Of a program that is started in the opened session."""
        told = home / "environment"
        self.call("StartProgram", GLib.Variant("(s)", (f"/bin/sh -c 'env >{told}.new; mv {told}.new {told}'",)))
        until(told.exists, "the session's environment")
        lines = told.read_text().splitlines()
        told.unlink()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def stop(self) -> int:
        """What the daemon does when the card is taken away, or with Escape; the worker's exit status."""
        self.worker.send_signal(signal.SIGTERM)
        status = self.worker.wait(PATIENCE)
        try:
            self._connection.close_sync(None)
        except GLib.Error as error:  # the worker's end has closed it, this moment or before
            if not error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CLOSED):
                raise
        return status


def on_system_bus(name: str) -> bool:
    bus = Gio.bus_get_sync(Gio.BusType.SYSTEM, None)
    return bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
                         GLib.Variant("(s)", (name,)), None, Gio.DBusCallFlags.NONE, PATIENCE * 1000, None).unpack()[0]


@dataclass(frozen=True)
class Token:
    """What gnome-shell knows of a card."""

    name: str
    inserted: bool
    used_to_login: bool


def tokens(address: str) -> list[Token]:
    """What gsd-smartcard exports on the session's bus; nothing before it does."""
    bus = Gio.DBusConnection.new_for_address_sync(
        address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
    try:
        objects = bus.call_sync(SMARTCARD, "/org/gnome/SettingsDaemon/Smartcard", "org.freedesktop.DBus.ObjectManager",
                                "GetManagedObjects", None, None, Gio.DBusCallFlags.NONE, PATIENCE * 1000, None).unpack()[0]
    except GLib.Error as error:
        if not error.matches(Gio.dbus_error_quark(), Gio.DBusError.SERVICE_UNKNOWN) and "UnknownMethod" not in str(error):
            raise
        return []
    finally:
        bus.close_sync(None)
    found = [interfaces[f"{SMARTCARD}.Token"] for interfaces in objects.values() if f"{SMARTCARD}.Token" in interfaces]
    return [Token(token["Name"], token["IsInserted"], token["UsedToLogin"]) for token in found]


def settings_daemon_environment() -> dict[str, str]:
    """Where its own library lies; a path in the installed program, which Debian sets at link time."""
    return {"LD_LIBRARY_PATH": ":".join(map(str, Path("/usr/lib").glob("gnome-settings-daemon-*")))}
