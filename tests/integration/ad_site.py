# SPDX-License-Identifier: LGPL-2.1-or-later
"""A terminal of the lab's domain: ad.toml, nsswitch.conf, nss-ad-refresh, and what may stand between it and its controller."""

import hashlib
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from ad_oracle import ATTRIBUTES, Expected, expected
from domain_controller import HOST, DomainController
from listener import Listener

ETC = Path("/etc/jpki")
STATE = Path("/var/lib/jpki/ad")
SNAPSHOTS = ("users.snap", "restricted.snap")


class AdSite:
    def __init__(self, domain: DomainController):
        self.domain = domain
        self.keytab = ETC / "host1.keytab"
        ETC.mkdir(parents=True, exist_ok=True)
        STATE.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(domain.machine_keytab, self.keytab)
        self.keytab.chmod(0o600)
        shutil.copyfile(domain.ca_file, ETC / "ad-ca.pem")
        (ETC / "ad-ca.pem").chmod(0o644)
        self.configure()
        self._nsswitch = Path("/etc/nsswitch.conf").read_text()
        Path("/etc/nsswitch.conf").write_text("passwd: files ad\ngroup: files ad\nshadow: files ad\ninitgroups: files ad\n"
                                              "hosts: files dns\n")

    def configure(self, *, directory: dict[str, object] | None = None, ids: dict[str, object] | None = None,
                  account: dict[str, object] | None = None, rules: Sequence[dict[str, object]] = ()) -> None:
        """ad.toml; what is not given is as the tests want it mostly."""
        tables = {"directory": {"realm": "AD.TEST", "servers": [HOST], "keytab": str(self.keytab), "timeout_seconds": 5,
                                "connect_timeout_seconds": 2} | (directory or {}),
                  "ids": ids or {}, "users": {"enumerate": True}, "account": account or {}}
        text = "".join(f"[{table}]\n{lines(keys)}" for table, keys in tables.items())
        text += "".join(f"[[account.rule]]\n{lines(rule)}" for rule in rules)
        (ETC / "ad.toml").write_text(text)
        (ETC / "ad.toml").chmod(0o644)

    def forget(self) -> None:
        """A terminal that has never seen its domain."""
        for file in STATE.iterdir():
            file.unlink()

    def refresh(self, *options: str, status: int = 0, environment: dict[str, str] | None = None) -> str:
        done = subprocess.run(("nss-ad-refresh", "-v", *options), capture_output=True, text=True, timeout=120,
                              env=os.environ | (environment or {}))
        assert done.returncode == status, f"exit status {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def expected(self, **options: str) -> Expected:
        return expected(self.domain.search("(|(objectClass=user)(objectClass=group))", *ATTRIBUTES), **options)

    def digests(self) -> dict[str, str]:
        return {name: hashlib.sha256((STATE / name).read_bytes()).hexdigest() for name in SNAPSHOTS}

    def close(self) -> None:
        Path("/etc/nsswitch.conf").write_text(self._nsswitch)
        (ETC / "ad.toml").unlink(missing_ok=True)
        self.keytab.unlink()
        shutil.rmtree(STATE)
        STATE.mkdir()


def lines(keys: dict[str, object]) -> str:
    return "".join(f"{key} = {toml(value)}\n" for key, value in keys.items())


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


class Proxy(Listener):
    """Passes bytes on to the controller. After `after` bytes from there it cuts the connection or falls silent."""

    def __init__(self, *, port: int = 389, after: int | None = None, silent: bool = False):
        self._target, self._after, self._silent = port, after, silent
        self.passed = 0
        super().__init__()

    @property
    def server(self) -> str:
        return f"{HOST}:{self.port}"

    def _serve(self, connection: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self._target))
        except OSError:  # nobody listens there any more: the client sees the same
            close(connection)
            return
        threading.Thread(target=self._upward, args=(connection, far), daemon=True).start()
        self._downward(far, connection)

    def _upward(self, near: socket.socket, far: socket.socket) -> None:
        try:
            while data := near.recv(65536):
                far.sendall(data)
        except OSError:
            pass
        close(far)

    def _downward(self, far: socket.socket, near: socket.socket) -> None:
        try:
            while data := far.recv(4096):
                room = len(data) if self._after is None else max(0, self._after - self.passed)
                near.sendall(data[:room])
                self.passed += len(data[:room])
                if room < len(data):
                    if self._silent:
                        self._over.wait()
                    break
        except OSError:
            pass
        close(near)
        close(far)


def close(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()
