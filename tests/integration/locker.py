# SPDX-License-Identifier: LGPL-2.1-or-later
"""The way of programs without privileges: what systemd does for jpki-validator.socket and jpki-account.socket, and callers good
and bad.

There is no systemd here: LockerService reads the units as they are installed and does what they say about the socket, the user,
its capabilities, the standard streams, the number of connections and the directory. What else confines the services is tested under
systemd itself (debian/tests/locker).
"""

import grp
import os
import pwd
import resource
import signal
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lab import account_of
from processes import find, running, until

UNITS = Path("/usr/lib/systemd/system")
SESSIONS = Path("/run/systemd/sessions")
RELAY = "jpki-relay"
VALIDATOR, ACCOUNT = "jpki-validator", "jpki-account"
KINDS = {"ListenStream": socket.SOCK_STREAM, "ListenSequentialPacket": socket.SOCK_SEQPACKET}
START, PIN_REPLY, CANCEL, CARD_REPLY, ASK_PIN, LOG_LINE, STEP_REPORT, OUTCOME, ASK_CARD = 1, 2, 3, 4, 16, 17, 18, 19, 20
NONCE = bytes(range(32))


def settings(unit: str) -> dict[str, str]:
    lines = (UNITS / unit).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and line[:1] not in "#[")


def size(value: str) -> int:
    return int(value[:-1]) << {"K": 10, "M": 20, "G": 30}[value[-1]] if value[-1] in "KMG" else int(value)


class LockerService:
    """NAME.socket, listening; one instance of NAME@.service for each connection."""

    def __init__(self, log: Path, name: str = VALIDATOR):
        self.log = log
        self.log.write_text("")
        self._socket, self._service = settings(f"{name}.socket"), settings(f"{name}@.service")
        self.kind = next(kind for kind in KINDS if kind in self._socket)
        self.path = Path(self._socket[self.kind])
        self.path.parent.mkdir(mode=int(self._socket["DirectoryMode"], 8), exist_ok=True)
        self._make_runtime_directory()
        self._listener = socket.socket(socket.AF_UNIX, KINDS[self.kind])
        self._listener.bind(str(self.path))
        self.path.chmod(int(self._socket["SocketMode"], 8))
        self._listener.listen(4096)
        self._starting = threading.Lock()
        self._instances: list[subprocess.Popen] = []
        self._ends: set[int] = set()
        self.most = 0  # instances at once
        self.good_ends = {0}
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _make_runtime_directory(self) -> None:
        user = pwd.getpwnam(self._service["User"])
        self._uid, self._gid = user.pw_uid, user.pw_gid
        self.groups = [grp.getgrnam(name).gr_gid for name in self._service.get("SupplementaryGroups", "").split()]
        directories = [Path("/run") / name for name in self._service["RuntimeDirectory"].split()]
        self.slots = directories[0]
        for directory in directories:
            directory.mkdir(parents=True, exist_ok=True)
            os.chown(directory, user.pw_uid, user.pw_gid)
            directory.chmod(int(self._service["RuntimeDirectoryMode"], 8))

    def _accept(self) -> None:
        """Until stop(). An instance dies with who started it, which is this thread to the kernel: it ends last."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                break
            with connection, self._starting:
                self._collect()
                if len(self._instances) < int(self._socket["MaxConnections"]):
                    self._instances.append(self._start(connection))
                    self.most = max(self.most, len(self._instances))
        for instance in self._instances:
            try:
                self._ends.add(instance.wait(timeout=30))
            except subprocess.TimeoutExpired:
                instance.kill()
                self._ends.add(instance.wait())

    def _collect(self) -> None:
        self._ends |= {instance.returncode for instance in self._instances if instance.poll() is not None}
        self._instances = [instance for instance in self._instances if instance.returncode is None]

    def _start(self, connection: socket.socket) -> subprocess.Popen:
        kept = ",".join(f"+{name.removeprefix('CAP_').lower()}" for name in self._service.get("AmbientCapabilities", "").split())
        options, identity = ["--no-new-privs"], {"user": self._uid, "group": self._gid, "extra_groups": self.groups}
        if kept:  # they go with a change of user, so setpriv makes it; but it asks the name service about the number
            options += [f"--inh-caps={kept}", f"--ambient-caps={kept}", f"--reuid={self._uid}", f"--regid={self._gid}", "--clear-groups"]
            identity = {}
        with self.log.open("ab") as log:
            return subprocess.Popen(["prlimit", *self._limits(), "setpriv", *options, *self._service["ExecStart"].split()], stdin=connection,
                                    stdout=subprocess.DEVNULL, stderr=log, start_new_session=True, **identity,
                                    env={"PATH": os.environ["PATH"], "USER": self._service["User"]})

    def _limits(self) -> list[str]:
        """Limit…=, as far as this container lets root raise what it has itself."""
        options = []
        for key, value in self._service.items():
            if key.startswith("Limit"):
                name = key.removeprefix("Limit")
                wanted = size(value)
                hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[1]
                held = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
                options.append(f"--{name.lower()}={held}:{held}")
        return options

    def text(self) -> str:
        return self.log.read_text()

    def told(self, words: str) -> bool:
        """The journal has a line a moment after the caller has the answer."""
        return until(lambda: words in self.text(), words)

    def taken_slots(self) -> list[str]:
        """As the kernel tells in /proc/locks: who tried a lock to see whether it is free would hold it for that moment."""
        locked = {int(line.split()[5].rsplit(":", 1)[1]) for line in Path("/proc/locks").read_text().splitlines() if " FLOCK " in line}
        return [slot.name for slot in self.slots.iterdir() if slot.stat().st_ino in locked]

    def wait_until_idle(self, seconds: float = 20) -> None:
        """All connections that were made before this call are served: each ends by itself."""
        marker = socket.socket(socket.AF_UNIX, KINDS[self.kind])
        marker.settimeout(seconds)
        marker.connect(str(self.path))
        marker.shutdown(socket.SHUT_WR)
        while marker.recv(4096):
            pass
        marker.close()
        with self._starting:
            instances = list(self._instances)
        for instance in instances:
            instance.wait(timeout=seconds)

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.path.unlink()
        assert self._ends <= self.good_ends, f"jpki-relay ended with {self._ends}\n{self.text()}"


# --- people ---------------------------------------------------------------------------------------
def sits_here(name: str, *, remote: bool = False) -> Path:
    """A session as logind keeps it."""
    SESSIONS.mkdir(parents=True, exist_ok=True)
    place = "REMOTE=1\nREMOTE_HOST=192.0.2.9\nSERVICE=sshd\n" if remote else "REMOTE=0\nSEAT=seat0\nTTY=tty2\nSERVICE=gdm-password\n"
    session = SESSIONS / f"{'r' if remote else 's'}-{name}"
    session.write_text(f"UID={account_of(name).pw_uid}\nUSER={name}\nACTIVE=1\nSTATE=active\nTYPE=x11\nCLASS=user\n{place}")
    return session


def as_user(name: str | int, *argv: str) -> list[str]:
    uid = str(account_of(name).pw_uid if isinstance(name, str) else name)
    return ["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", *argv]


# --- the wire -------------------------------------------------------------------------------------
def frame(kind: int, body: bytes = b"") -> bytes:
    return struct.pack(">IB", len(body) + 1, kind) + body


def text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(raw)) + raw


def start(user: str, *, config_file: str = "", debug: bool = False, wait_ms: int = 0, timeout_ms: int = 6000, version: int = 8,
          service: str | bytes = "locker", choices: bool = False, purpose: int = 1, same_card: bool = False, sessions: bytes = b"\0",
          remote_session: bytes = b"\0") -> bytes:
    return frame(START, struct.pack(">H", version) + NONCE + text(service) + text(user) + text("host") + text("") * 3 + text(config_file)
                 + struct.pack(">IIBBBBBBBB", wait_ms, timeout_ms, debug, False, True, choices, False, False, purpose, same_card) + sessions
                 + remote_session)


def pin_reply(pin: str, confirmed: bool = False) -> bytes:
    return frame(PIN_REPLY, text(pin) + bytes([confirmed]))


class Gone(Exception):
    """The other side closed the connection."""


class Caller:
    """Talks to the service by hand, as another user: a child takes that user's identity for the moment of connect(2)."""

    kind = socket.SOCK_STREAM

    def __init__(self, path: Path, uid: int, *, patience: float = 20):
        self.socket = socket.socket(socket.AF_UNIX, self.kind)
        self.socket.settimeout(patience)
        child = os.fork()  # the kernel keeps who connected, whoever holds the socket later
        if child == 0:
            try:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
                self.socket.connect(str(path))
                os._exit(0)
            except BaseException:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "cannot connect"

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            try:
                part = self.socket.recv(size - len(data))
            except ConnectionError as error:
                raise Gone from error
            if not part:
                raise Gone
            data += part
        return data

    def receive(self) -> tuple[int, bytes]:
        (size,) = struct.unpack(">I", self._read(4))
        body = self._read(size)
        return body[0], body[1:]

    def receive_until(self, *kinds: int) -> tuple[int, bytes]:
        """Step reports are passed over; a log line is never for a caller."""
        while True:
            kind, body = self.receive()
            assert kind != LOG_LINE, body
            if kind in kinds:
                return kind, body
            assert kind == STEP_REPORT, kind

    def outcome(self) -> "Outcome":
        return Outcome(self.receive_until(OUTCOME)[1])

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *_) -> None:
        self.close()


# --- the account step: one packet each ------------------------------------------------------------
ACCOUNT_VERSION = 3


def account_question(account: str, *, service: str | bytes = "locker", uid: int | None = None, local: bool = False,
                     version: int = ACCOUNT_VERSION) -> bytes:
    return bytes([version]) + text(service) + text(account) + struct.pack(">BIB", uid is not None, uid or 0, local)


class AccountCaller(Caller):
    kind = socket.SOCK_SEQPACKET

    def answer(self) -> str | None:
        """The code; None: the directory does not know the account."""
        try:
            packet = self.socket.recv(8192)
        except ConnectionError as error:
            raise Gone from error
        if not packet:
            raise Gone
        version, known, number = struct.unpack(">BBH", packet[:4])
        assert version == ACCOUNT_VERSION and packet[4:] == text("") + text(""), "no reasons are told"
        return f"JPKI-{number:03}" if known else None


class Outcome:
    def __init__(self, body: bytes):
        (number,) = struct.unpack(">H", body[:2])
        self.code = f"JPKI-{number:03}"
        self.nonce, rest = body[2:34], body[34:]
        (size,) = struct.unpack(">H", rest[:2])
        self.account, rest = rest[2:2 + size].decode(), rest[2 + size:]
        self.tries_left = rest[1] if rest[0] else None
        (size,) = struct.unpack(">H", rest[4:6])  # behind the days that are left
        self.pseudonym = rest[6:6 + size].decode()


@contextmanager
def held_slots(service: LockerService, *connect: Callable[[], Caller]) -> Iterator[list[Caller]]:
    """Each takes one of the slots and keeps it: a relay lets go of who says nothing, unless it stands still."""
    held: list[Caller] = []
    try:
        for one in connect:
            held.append(one())
            until(lambda: len(service.taken_slots()) == len(held), f"{len(held)} slots that are taken")
            signal_relays(signal.SIGSTOP)
        yield held
    finally:
        for caller in held:
            caller.close()
        signal_relays(signal.SIGCONT)


def signal_relays(number: signal.Signals) -> None:
    for pid in find(RELAY):
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def left_over(service: LockerService) -> list[str]:
    """Processes of logins, and slots that are still taken."""
    return running(RELAY, "jpki-validator", "jpki-fetch", "jpki-account", "jpki-account-li") + service.taken_slots()
