# SPDX-License-Identifier: LGPL-2.1-or-later
"""Readers that are not at this machine, as a login sees them: a thin client's p11-kit server, the card service that a session brings,
and a wire to either of them that can be cut, held or garbled at any message."""

import ctypes
import grp
import os
import pwd
import select
import shutil
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pexpect
from card_service import PORT, CardService, VirtualCard
from guides import TOP, fences, spawn
from lab import HELPER_USER, PIN
from processes import Server, until

SERVERS = Path("/run/jpki-seats")
SESSION_SOCKETS = Path("/run/jpki-sessions")
LOGIND = Path("/run/systemd/sessions")
ADDRESSES = ("192.0.2.21", "192.0.2.22")


class Machine:
    """Another machine, with a pcscd and cards of its own: the names of one or two, or none."""

    def __init__(self, lab, name: str, number: int, cards: str | None, *, socket_file: Path | None = None):
        self.directory = lab.work / name
        self.socket_file = socket_file or self.directory / "pcscd" / "pcscd.comm"
        port = PORT + 16 * number
        self.readers = CardService(self.directory, socket_file=self.socket_file, port=port)
        held = [lab.pki / "cards" / card for card in (cards or "").split()]
        self.card = VirtualCard(self.directory / "vcard", held, port=port) if held else None

    def verifies(self) -> int:
        return self.card.stats()["verifies"]

    def stop(self) -> None:
        if self.card:
            self.card.stop()
        self.readers.stop()


class ThinClient(Machine):
    """With the p11-kit server of the guide. No tunnel lies between: whom its socket is for is the validator's user, who connects."""

    def __init__(self, lab, number: int, card: str | None):
        super().__init__(lab, f"client-{number}", number, card)
        self.address = SERVERS / f"thin-client-{number}"
        self.address.unlink(missing_ok=True)
        lines = of_the_guide("text", "p11-kit-server")
        group = grp.getgrgid(pwd.getpwnam(HELPER_USER).pw_gid).gr_name
        for told, here in (("--user card", f"--user {HELPER_USER}"), ("--group card", f"--group {group}"),
                           ("--name /run/jpki-card", f"--name {self.address}")):
            assert told in lines
            lines = lines.replace(told, here)
        self.server = Server(lines.split(), self.directory / "p11-kit.log",
                             environment={"PATH": os.environ["PATH"], "HOME": "/root", "PCSCLITE_CSOCK_NAME": str(self.socket_file)})
        until(lambda: self.server.check_alive() or self.address.exists() and self.address.owner() == HELPER_USER, "the p11-kit server")

    def stop(self) -> None:
        self.server.stop()
        super().stop()


def of_the_guide(kind: str, name: str) -> str:
    return next(text for this, called, text in fences(TOP / "doc" / "seats.md") if (this, called) == (kind, name))


def session_directory(user: str) -> Path:
    """As the guide's unit makes it when a person's first session begins."""
    uid = pwd.getpwnam(user).pw_uid
    for line in of_the_guide("text", "session-directories").splitlines():
        key, _, command = line.partition("=")
        if key == "ExecStartPost":
            subprocess.run(command.replace("%i", str(uid)).split(), check=True)
    return SESSION_SOCKETS / str(uid)


class RemoteDesktop(Machine):
    """What a session from elsewhere brings: the card service of the machine that the person sits at."""

    def __init__(self, lab, user: str, number: int, card: str | None):
        self.user = user
        super().__init__(lab, f"desktop-{number}", number, card, socket_file=session_directory(user) / "pcscd.comm")
        entry = pwd.getpwnam(user)
        os.chown(self.socket_file, entry.pw_uid, entry.pw_gid)


# As logind keeps it of a session that xrdp opened; its process is found by the kernel's audit session.
SESSION = """\
# This is private data. Do not parse.
UID={uid}
USER={user}
ACTIVE=1
IS_DISPLAY=1
STATE={state}
REMOTE=0
TYPE=x11
ORIGINAL_TYPE=x11
CLASS=user
SCOPE=session-{id}.scope
DISPLAY=:{display}
SERVICE={service}
LEADER=1
AUDIT={id}
"""


class Session:
    """argv(...): a command line that runs in an open session of `user` which `service` opened, as root or as the user."""

    def __init__(self, user: str, *, display: int = 10, service: str = "xrdp-sesman", state: str = "active"):
        self.user, self.display, self.service, self.state = user, display, service, state

    def argv(self, *command: str, as_user: bool = False) -> list[str]:
        entry = pwd.getpwnam(self.user)
        become = ["setpriv", "--reuid", str(entry.pw_uid), "--regid", str(entry.pw_gid), "--clear-groups"] if as_user else []
        text = SESSION.format(uid=entry.pw_uid, user=self.user, state=self.state, id="$id", display=self.display, service=self.service)
        begin = (f'echo {entry.pw_uid} >/proc/self/loginuid; id=$(cat /proc/self/sessionid); mkdir -p {LOGIND}; '
                 f'cat >{LOGIND}/.#$id <<END\n{text}END\nchmod 0644 {LOGIND}/.#$id; mv {LOGIND}/.#$id {LOGIND}/$id; exec "$@"')
        return ["sh", "-c", begin, "sh", *become, *command]


def audit_session_can_begin() -> bool:
    """CAP_AUDIT_CONTROL and a kernel with audit, which a container may lack."""
    done = subprocess.run(["sh", "-c", "echo 0 >/proc/self/loginuid && cat /proc/self/loginuid"], capture_output=True, text=True)
    return done.returncode == 0 and done.stdout == "0"


def put_down_late(lab, argv: list[str], card) -> None:
    """A login that asks for the card, gets it and its PIN, and succeeds."""
    child = spawn(lab, *argv)
    try:
        child.expect("put your card on the reader")
        card.insert()
        child.expect(r"PIN \([^)]*\): $")
        child.sendline(PIN)
        child.expect("successfully authenticated")
        child.expect(pexpect.EOF)
    finally:
        child.close()


def forget_sessions() -> None:
    shutil.rmtree(LOGIND, ignore_errors=True)


# setresgid, setresuid
CALLS = {"x86_64": (119, 117), "aarch64": (149, 147)}


def become_owner_of(path: Path) -> None:
    """The calling thread alone, until it ends: libc's own functions would change all threads. A p11-kit server looks who connects."""
    info, libc = path.stat(), ctypes.CDLL(None, use_errno=True)
    for call, number in zip(CALLS[os.uname().machine], (info.st_gid, info.st_uid), strict=True):
        if libc.syscall(call, ctypes.c_long(-1), ctypes.c_long(number), ctypes.c_long(-1)) != 0:
            raise OSError(ctypes.get_errno(), "a thread of another user")


class Wire:
    """A socket at `path` that leads to whoever listened there, and does something to the Nth message: what a client says until it is
    answered. Messages are counted over all connections, from 1 on."""

    def __init__(self, path: Path):
        self.path, self.far = path, path.with_name(path.name + ".far")
        info = path.stat()
        path.rename(self.far)
        self.messages, self.at, self.how, self.connections = 0, 0, "", 0
        self._lock, self._open = threading.Lock(), []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        os.chown(path, info.st_uid, info.st_gid)
        path.chmod(info.st_mode & 0o777)
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def break_at(self, message: int, how: str) -> None:
        """`how`: "cut", "hang" or "garble"; message 0: never."""
        with self._lock:
            self.messages, self.at, self.how = 0, message, how

    def hang_up(self) -> None:
        """What hangs ends, so that its client's machine is free again."""
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def stop(self) -> None:
        self.at = 0
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        self.path.unlink(missing_ok=True)
        self.far.rename(self.path)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.connections += 1
            self._open += [near, far]
            threading.Thread(target=self._lead, args=(near, far), daemon=True).start()

    def _lead(self, near: socket.socket, far: socket.socket) -> None:
        become_owner_of(self.far)
        with near, far, suppress(OSError):
            far.connect(str(self.far))
            answered, broken = True, ""
            while True:
                for readable in select.select([near, far], [], [])[0]:
                    data = readable.recv(65536)
                    if not data:
                        return
                    if readable is near:
                        if answered:
                            broken = self._count()
                        answered = False
                        if broken == "cut":
                            return
                        if broken == "hang":
                            continue
                        far.sendall(data)
                    else:
                        answered = True
                        near.sendall(bytes(octet ^ 0xFF for octet in data) if broken == "garble" else data)

    def _count(self) -> str:
        """What is done to the message that begins. Who is cut once stays away: so is every message that follows."""
        with self._lock:
            self.messages += 1
            if not self.at or self.messages < self.at:
                return ""
            return self.how if self.how != "garble" or self.messages == self.at else ""
