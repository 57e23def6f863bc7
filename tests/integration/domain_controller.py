# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real Active Directory domain controller (Samba) on the loopback of the lab's namespace.

A provisioned directory is packed once into BUILD/samba-KEY.tar, where KEY names all that it was made from; every start unpacks it
anew. The domain is AD.TEST, the controller dc1.ad.test; it is the name server of the namespace while it runs.
"""

import datetime
import hashlib
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from processes import UNSANITIZED, StartError, until

REALM = "AD.TEST"
DOMAIN = "ADT"
BASE = "DC=ad,DC=test"
HOST = "dc1.ad.test"
PORTS = (389, 636, 88, 53)
ADMINISTRATOR_PASSWORD = "Passw0rd.of.the.lab"
MACHINE = "HOST1$"
MACHINE_PASSWORD = "machine.Passw0rd.of.the.lab"
SERVICES = "ldap, cldap, kdc, dns"
NAMES = {  # what the namespace's name service says while the controller runs
    "hosts": f"127.0.0.1 localhost\n127.0.0.1 {HOST} dc1\n",
    "resolv.conf": "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n",
    "krb5.conf": f"[libdefaults]\ndefault_realm = {REALM}\ndns_lookup_kdc = false\nrdns = false\n"
                 f"[realms]\n{REALM} = {{\n kdc = {HOST}\n}}\n",
}


def run(*argv: str | Path, give: str | None = None) -> str:
    done = subprocess.run([*UNSANITIZED, *map(str, argv)], input=give, capture_output=True, text=True)
    if done.returncode != 0:
        raise StartError(f"{argv[0]}: exit status {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


class DomainController:
    """`directory` becomes its state; `contents` is LDIF that is added before the first start."""

    def __init__(self, directory: Path, build: Path, contents: str):
        self.directory = directory
        self.config = directory / "smb.conf"
        self.ca_file = directory / "private/tls/ca.pem"
        self.machine_keytab = directory / "host1.keytab"
        self._process: subprocess.Popen | None = None
        tar = build / f"samba-{key_of(contents)}.tar"
        if not tar.exists():
            self._provision(tar, contents)
        else:
            directory.mkdir(parents=True)
            run("tar", "-xf", tar, "-C", directory)
            self._write_config()

    # --- making -----------------------------------------------------------------------------------
    def _provision(self, tar: Path, contents: str) -> None:
        run("samba-tool", "domain", "provision", f"--realm={REALM}", f"--domain={DOMAIN}", "--server-role=dc",
            "--use-rfc2307", "--dns-backend=SAMBA_INTERNAL", "--host-name=dc1", "--host-ip=127.0.0.1",
            f"--adminpass={ADMINISTRATOR_PASSWORD}", f"--targetdir={self.directory}", "--option=interfaces=lo",
            "--option=bind interfaces only=yes", "--option=vfs objects=dfs_samba4 acl_xattr xattr_tdb")
        self._write_config()
        self._make_certificate()
        self.offline("samba-tool", "domain", "passwordsettings", "set", "--max-pwd-age=0")  # what is packed serves for months
        self.offline("samba_spnupdate")
        self.ldb("ldbadd", contents)
        self.offline("samba-tool", "computer", "create", MACHINE.rstrip("$"))
        self.offline("samba-tool", "user", "setpassword", MACHINE, f"--newpassword={MACHINE_PASSWORD}")
        self.offline("samba-tool", "domain", "exportkeytab", str(self.machine_keytab), f"--principal={MACHINE}")
        new = tar.with_suffix(f".{os.getpid()}")
        run("tar", "-cf", new, "-C", self.directory, ".")
        new.rename(tar)

    def _write_config(self) -> None:
        top = self.directory
        for name in ("run", "lock", "state", "cache", "ncalrpc", "ntp_signd", "log"):
            (top / name).mkdir(exist_ok=True)
        self.config.write_text(f"""[global]
realm = {REALM}
workgroup = {DOMAIN}
netbios name = DC1
server role = active directory domain controller
server services = {SERVICES}
dns forwarder =
idmap_ldb:use rfc2307 = yes
interfaces = lo
bind interfaces only = yes
private dir = {top}/private
lock directory = {top}/lock
state directory = {top}/state
cache directory = {top}/cache
pid directory = {top}/run
ncalrpc dir = {top}/ncalrpc
binddns dir = {top}/bind-dns
ntp signd socket directory = {top}/ntp_signd
log file = {top}/log/samba.log
tls keyfile = {top}/private/tls/dc1.key
tls certfile = {top}/private/tls/dc1.pem
tls cafile = {top}/private/tls/ca.pem
ldap server require strong auth = allow_sasl_over_tls
vfs objects = dfs_samba4 acl_xattr xattr_tdb
""")

    def _make_certificate(self) -> None:
        tls = self.directory / "private/tls"
        tls.mkdir(exist_ok=True)
        ca_key, request, names = tls / "ca.key", tls / "dc1.csr", tls / "names"
        names.write_text(f"subjectAltName=DNS:{HOST}\nbasicConstraints=critical,CA:false\n")
        key = ("-newkey", "rsa:2048", "-nodes")
        run("openssl", "req", "-x509", *key, "-keyout", ca_key, "-out", self.ca_file, "-subj", "/CN=AD test CA", "-days", "900",
            "-addext", "keyUsage=critical,keyCertSign")
        run("openssl", "req", "-new", *key, "-keyout", tls / "dc1.key", "-out", request, "-subj", f"/CN={HOST}")
        run("openssl", "x509", "-req", "-in", request, "-CA", self.ca_file, "-CAkey", ca_key, "-CAcreateserial", "-days", "800",
            "-extfile", names, "-out", tls / "dc1.pem")
        (tls / "dc1.key").chmod(0o600)

    # --- the directory while nothing runs, and while it does -----------------------------------------
    def offline(self, *argv: str) -> str:
        """A tool of Samba on the files themselves."""
        return run(*argv, "-s", str(self.config))

    def ldb(self, tool: str, ldif: str) -> None:
        """ldbadd or ldbmodify, while no controller runs."""
        run("env", f"SMB_CONF_PATH={self.config}", tool, "-H", f"{self.directory}/private/sam.ldb", give=ldif)

    def modify(self, ldif: str) -> None:
        """Changes by LDAP, as an administrator makes them."""
        self._ldap("ldapmodify", give=ldif)

    def search(self, *arguments: str) -> str:
        """ldapsearch as the administrator: LDIF, unwrapped."""
        return self._ldap("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-E", "pr=1000/noprompt", "-b", BASE, *arguments)

    def _ldap(self, tool: str, *arguments: str, give: str | None = None) -> str:
        argv = [*UNSANITIZED, tool, "-x", "-H", f"ldaps://{HOST}", "-D", f"administrator@{REALM.lower()}", "-w", ADMINISTRATOR_PASSWORD,
                *arguments]
        environment = os.environ | {"LDAPTLS_CACERT": str(self.ca_file)}
        done = subprocess.run(argv, input=give, capture_output=True, text=True, env=environment)
        if done.returncode != 0:
            raise StartError(f"{tool}: exit status {done.returncode}\n{done.stderr}")
        return done.stdout

    # --- running ----------------------------------------------------------------------------------
    def start(self) -> None:
        self._be_the_name_server()
        Path("/run/samba").mkdir(exist_ok=True)
        log = (self.directory / "log/console.log").open("ab")
        self._process = subprocess.Popen([*UNSANITIZED, "samba", "-i", "-s", str(self.config)],
                                         stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)
        try:
            until(lambda: self._process.poll() is not None or (all(map(listens, PORTS)) and answers()), "samba's ports", 60)
            assert self._process.poll() is None
        except AssertionError:
            self.kill()
            raise StartError(f"samba does not start:\n{(self.directory / 'log/console.log').read_text()[-4000:]}") from None

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def kill(self) -> None:
        """All of its processes at once, as a machine that loses power."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait(timeout=10)
        self._process = None
        # Its children end a little later: what still listens would be taken for the next samba.
        until(lambda: not any(map(listens, PORTS)), "the end of samba", 30)

    def stop(self) -> None:
        self.kill()
        for name in NAMES:
            saved = self.directory / f"etc-{name}"
            if saved.exists():
                shutil.copyfile(saved, Path("/etc") / name)

    def _be_the_name_server(self) -> None:
        for name, text in NAMES.items():
            file, saved = Path("/etc") / name, self.directory / f"etc-{name}"
            if file.exists() and not saved.exists():
                shutil.copyfile(file, saved)
            file.write_text(text)


def key_of(contents: str) -> str:
    """What the packed directory was made from: this file, the version of Samba, the contents; and when, as its certificates
    end."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    digest.update(run("samba", "--version").encode())
    digest.update(contents.encode())
    digest.update(datetime.date.today().strftime("%Y").encode())
    return digest.hexdigest()[:16]


def answers() -> bool:
    search = ("ldapsearch", "-x", "-LLL", "-o", "nettimeout=2", "-H", "ldap://127.0.0.1", "-s", "base", "-b", "", "defaultNamingContext")
    return BASE in subprocess.run(search, capture_output=True, text=True, timeout=30).stdout


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
