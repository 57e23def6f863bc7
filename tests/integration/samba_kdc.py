# SPDX-License-Identifier: LGPL-2.1-or-later
"""The KDC of a Samba AD (Heimdal's) for the realm CITY.TEST, which takes MyNumber cards by PKINIT.

A domain of its own with a KDC alone, on a port of its own: it may be stopped and live in another time, whatever the session's
domain does. Whose card is whose is in a file that Samba reads when it starts. The provisioned directory is packed once into
BUILD/samba-kdc-KEY.tar, where KEY names what it was made from.
"""

import base64
import hashlib
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path

from kdc import REALM, make_certificates, run
from processes import UNSANITIZED, StartError, until

HOST = "kdc1"
DIRECTORIES = {"private dir": "private", "lock directory": "lock", "state directory": "state", "cache directory": "cache",
               "pid directory": "run", "ncalrpc dir": "ncalrpc", "binddns dir": "bind-dns", "ntp signd socket directory": "ntp_signd"}
MODULES = "vfs objects = dfs_samba4 acl_xattr xattr_tdb"
NORMAL, NEVER_EXPIRES, CARD_REQUIRED = 0x200, 0x10000, 0x40000  # userAccountControl
PASSWORD = base64.b64encode("Passw0rd.of.the.lab".encode("utf-16-le")).decode()  # of everybody; clearTextPassword


class SambaKdc:
    """`cards`: who has an account and whose card is bound to it, with the certificate (DER) of each. `card_anchors`: who issued
    those (PEM). `card_required`: of them, whose account takes no password ("smart card required")."""

    address = ("127.0.0.1", 11088)

    def __init__(self, directory: Path, build: Path, cards: dict[str, Path], card_anchors: list[Path], *,
                 card_required: Iterable[str] = ()):
        self.directory = directory
        self.config = directory / "smb.conf"
        self.anchor = directory / "pki/kdc-ca.pem"
        self._cards = cards
        self._process: subprocess.Popen | None = None
        accounts = {name: NORMAL | (CARD_REQUIRED if name in card_required else NEVER_EXPIRES) for name in cards}
        tar = build / f"samba-kdc-{key_of(accounts)}.tar"
        if tar.exists():
            directory.mkdir()
            run("tar", "-xf", str(tar), "-C", str(directory))
        else:
            self._provision(accounts, tar)
        self._write_config()
        make_certificates(directory / "pki")
        (directory / "card-anchors.pem").write_text("".join(pem.read_text() for pem in card_anchors))
        self.use()
        self.bind(*cards)

    # --- making -----------------------------------------------------------------------------------
    def _provision(self, accounts: dict[str, int], tar: Path) -> None:
        run("samba-tool", "domain", "provision", f"--realm={REALM}", f"--domain={REALM.partition('.')[0]}", "--server-role=dc",
            "--dns-backend=NONE", f"--host-name={HOST}", "--host-ip=127.0.0.1", f"--targetdir={self.directory}",
            "--option=interfaces=lo", "--option=bind interfaces only=yes", f"--option={MODULES.replace(' = ', '=')}")
        self._write_config()
        base = ",".join(f"DC={part}" for part in REALM.lower().split("."))
        people = self.directory / "people.ldif"
        people.write_text("".join(f"dn: CN={name},CN=Users,{base}\nobjectClass: user\nsAMAccountName: {name}\n"
                                  f"userAccountControl: {control}\nclearTextPassword:: {PASSWORD}\n\n"
                                  for name, control in accounts.items()))
        run("env", f"SMB_CONF_PATH={self.config}", "ldbadd", "-H", f"{self.directory}/private/sam.ldb", str(people))
        new = tar.with_suffix(f".{os.getpid()}")
        run("tar", "-cf", str(new), "-C", str(self.directory), ".")
        new.rename(tar)

    def _write_config(self) -> None:
        for name in (*DIRECTORIES.values(), "log"):
            (self.directory / name).mkdir(exist_ok=True)
        self.config.write_text(
            f"[global]\nrealm = {REALM}\nworkgroup = {REALM.partition('.')[0]}\nnetbios name = {HOST}\n"
            "server role = active directory domain controller\nserver services = kdc\n"
            f"krb5 port = {self.address[1]}\nkpasswd port = 0\ninterfaces = lo\nbind interfaces only = yes\n"
            f"log file = {self.directory}/log/samba.log\nlog level = 1 kerberos:5\n{MODULES}\n"
            + "".join(f"{key} = {self.directory}/{name}\n" for key, name in DIRECTORIES.items()))

    def use(self, pki: str = "pki", crls: Iterable[Path] = ()) -> None:
        """The certificate of this directory of make_certificates(), and these CRLs (DER) for pkinit_revoke; from the next start on."""
        here = self.directory
        (here / "krb5.conf").write_text(
            f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n"
            f"[kdc]\n enable-pkinit = yes\n pkinit_identity = FILE:{here}/{pki}/kdc.pem,{here}/{pki}/kdc.key\n"
            f" pkinit_anchors = FILE:{here}/card-anchors.pem\n pkinit_mappings_file = {here}/mappings\n"
            " pkinit_principal_in_certificate = no\n" + "".join(f" pkinit_revoke = FILE:{crl}\n" for crl in crls))

    def bind(self, *names: str) -> None:
        """These accounts, and no others, to their cards; from the next start on."""
        lines = (f"{name}@{REALM}:{subject_of(self._cards[name])}\n" for name in names)
        (self.directory / "mappings").write_text("".join(lines))

    # --- running ----------------------------------------------------------------------------------
    def start(self, environment: dict[str, str] | None = None) -> None:
        Path("/run/samba").mkdir(exist_ok=True)
        given = {"PATH": os.environ["PATH"], "KRB5_CONFIG": f"{self.directory}/krb5.conf"} | (environment or {})
        with (self.directory / "log/console.log").open("ab") as log:
            self._process = subprocess.Popen([*UNSANITIZED, "samba", "-i", "-s", str(self.config)], stdin=subprocess.PIPE,
                                             stdout=log, stderr=log, start_new_session=True, env=given)
        until(lambda: self._process.poll() is not None or self._listens(), "Samba's KDC", 60)
        if self._process.poll() is not None:
            raise StartError(f"samba does not start:\n{self.log()[-4000:]}")

    def send(self, number: signal.Signals) -> None:
        """To all of its processes."""
        os.killpg(self._process.pid, number)

    def stop(self) -> None:
        if self._process is not None:
            self.send(signal.SIGKILL)
            self._process.wait(timeout=10)
            self._process = None
            until(lambda: not self._listens(), "the end of samba", 30)

    def _listens(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(self.address) == 0

    def log(self) -> str:
        """Since the first start."""
        return "".join(file.read_text() for file in sorted((self.directory / "log").iterdir()) if file.is_file())


def version() -> tuple[int, ...]:
    """Of Samba."""
    return tuple(int(number) for number in re.findall(r"\d+", run("samba", "--version"))[:2])


def key_of(accounts: dict[str, int]) -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    digest.update(repr(version()).encode())
    digest.update(repr(accounts).encode())
    return digest.hexdigest()[:16]


def subject_of(certificate: Path) -> str:
    """As Heimdal writes it: the last RDN first, commas without blanks."""
    shown = run("openssl", "x509", "-inform", "DER", "-in", str(certificate), "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb,utf8")
    return shown.strip().removeprefix("subject=")
