# SPDX-License-Identifier: LGPL-2.1-or-later
"""A KDC (MIT) of the realm CITY.TEST on the loopback of the lab's namespace, which takes MyNumber cards by PKINIT.

Such a card names nobody that a KDC knows: no UPN, no Kerberos name. So each principal has the subject of its card
(pkinit_cert_match), and key purposes are not asked for. The KDC's own certificate is by an authority of its own.
"""

import os
import socket
import subprocess
from pathlib import Path

from processes import UNSANITIZED, Server, until

REALM = "CITY.TEST"
ADDRESS = ("127.0.0.1", 10088)  # port 88 is that of the session's Samba
KDC_NAME = "subjectAltName = otherName:1.3.6.1.5.2.2;SEQUENCE:name_of_kdc"
OPENSSL_CONF = f"""\
[req]
distinguished_name = nobody
[nobody]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[kdc]
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = 1.3.6.1.5.2.3.5
{KDC_NAME}
[name_of_kdc]
realm = EXP:0, GeneralString:{{realm}}
principal = EXP:1, SEQUENCE:principal
[principal]
type = EXP:0, INTEGER:2
parts = EXP:1, SEQUENCE:parts
[parts]
first = GeneralString:krbtgt
second = GeneralString:{{realm}}
"""


def run(*argv: str, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run([*UNSANITIZED, *argv], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def make_certificates(directory: Path, realm: str = REALM, host: str = "") -> None:
    """`directory` with kdc.key, kdc.pem and their authority, kdc-ca.pem. With `host` the certificate names that one, not the realm."""
    directory.mkdir()
    at = {name: str(directory / name) for name in ("openssl.cnf", "kdc-ca.key", "kdc-ca.pem", "kdc.key", "kdc.pem", "kdc.csr")}
    text = OPENSSL_CONF.replace("{realm}", realm)
    Path(at["openssl.cnf"]).write_text(text.replace(KDC_NAME, f"subjectAltName = DNS:{host}") if host else text)
    new = ("openssl", "req", "-config", at["openssl.cnf"], "-newkey", "rsa:2048", "-nodes")
    run(*new, "-x509", "-extensions", "ca", "-subj", "/CN=KDC CA", "-keyout", at["kdc-ca.key"], "-out", at["kdc-ca.pem"])
    run(*new, "-subj", "/CN=kdc", "-keyout", at["kdc.key"], "-out", at["kdc.csr"])
    run("openssl", "x509", "-req", "-in", at["kdc.csr"], "-CA", at["kdc-ca.pem"], "-CAkey", at["kdc-ca.key"], "-extfile",
        at["openssl.cnf"], "-extensions", "kdc", "-days", "2", "-out", at["kdc.pem"])


class Kdc:
    """`cards`: who has a principal, with the certificate (DER) of each. `card_anchors`: who issued those (PEM)."""

    address = ADDRESS

    def __init__(self, directory: Path, cards: dict[str, Path], card_anchors: list[Path]):
        self.directory = directory
        self.anchor = directory / "kdc-ca.pem"
        self._server: Server | None = None
        make_certificates(directory)
        # The KDC sends the path of its own certificate along, and builds it from the same file.
        (directory / "card-anchors.pem").write_text("".join(pem.read_text() for pem in [*card_anchors, self.anchor]))
        self._write_configuration()
        self._cards = cards
        self._make_principals()

    def _write_configuration(self) -> None:
        here = self.directory
        (here / "krb5.conf").write_text(f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n rdns = false\n")
        (here / "kdc.conf").write_text(
            f"[kdcdefaults]\n kdc_listen = {ADDRESS[0]}:{ADDRESS[1]}\n kdc_tcp_listen = {ADDRESS[0]}:{ADDRESS[1]}\n"
            f"[realms]\n {REALM} = {{\n  database_name = {here}/principal\n  key_stash_file = {here}/stash\n"
            f"  acl_file = {here}/acl\n  max_life = 10h\n  pkinit_identity = FILE:{here}/kdc.pem,{here}/kdc.key\n"
            f"  pkinit_anchors = FILE:{here}/card-anchors.pem\n  pkinit_eku_checking = none\n }}\n"
            f"[logging]\n kdc = FILE:{here}/kdc.log\n")

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "KRB5_CONFIG": str(self.directory / "krb5.conf"),
                "KRB5_KDC_PROFILE": str(self.directory / "kdc.conf")}

    def kadmin(self, query: str) -> str:
        return run("kadmin.local", "-q", query, environment=self.environment)

    def _make_principals(self) -> None:
        run("kdb5_util", "create", "-s", "-P", "master.of.the.lab", environment=self.environment)
        for name in self._cards:
            self.kadmin(f"addprinc -nokey +requires_preauth {name}")
            self.bind(name)

    def bind(self, name: str) -> None:
        """The principal to the subject of its card."""
        subject = run("openssl", "x509", "-inform", "DER", "-in", str(self._cards[name]), "-noout", "-subject", "-nameopt", "sep_comma_plus")
        pattern = "".join(c if c.isalnum() or c in "=," else "." for c in subject.strip().removeprefix("subject="))
        self.kadmin(f'setstr {name} pkinit_cert_match "<SUBJECT>^{pattern}$"')

    def start(self, environment: dict[str, str] | None = None) -> None:
        self._server = Server(["krb5kdc", "-n"], self.directory / "krb5kdc.out", environment=self.environment | (environment or {}))
        until(self._listens, "krb5kdc listens")

    def _listens(self) -> bool:
        self._server.check_alive()
        with socket.socket() as client:
            return client.connect_ex(ADDRESS) == 0

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def log(self) -> str:
        return (self.directory / "kdc.log").read_text()
