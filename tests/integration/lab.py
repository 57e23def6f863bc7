# SPDX-License-Identifier: LGPL-2.1-or-later
"""The world in which a login happens: accounts, trust anchors, CRLs, pam.d, locale, syslog, readers and cards.

Works only inside namespace.py, where the product lies at its installed paths and every change ends with the namespace.
"""

import datetime
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from card_service import CardService, VirtualCard
from dialogue import Answer, Dialogue, converse
from processes import StartError
from syslog_sink import SyslogSink

HELPER_USER, GUARD_USER = "_jpki", "_jpki-guard"
PIN = "1234"
TIMEOUT = 6  # seconds of machine time that the lab's services give one login
FIRST_UID = 2001
SANITIZED_BUILD = "build-asan"
LESS_CONFINED = "a build with sanitizers opens files and makes calls that the product would end for: base/sandbox/confinement.h"
LAB_TOML = """\
[login]
kinds = ["jpki-authentication", "lgpki-user"]
[revocation]
max_age_hours = 72  # the CRLs are as old as the day; a test run may see midnight
"""
INDEX = Path("/var/lib/jpki/revocation/crl.idx")
EVIDENCE = Path("/var/lib/jpki/evidence")
CARD_NOTES = Path("/run/jpki/cards")
SUCCESSION = Path("/var/lib/jpki/succession")
LOGIN_SHELL = Path("/usr/local/bin/lab-shell")


def is_sanitized() -> bool:
    return Path(os.environ["JPKI_LAB_BUILD"]).name == SANITIZED_BUILD


class Lab:
    """One for each namespace."""

    def __init__(self):
        self.work = Path(os.environ["JPKI_LAB_WORK"])
        self.build = Path(os.environ["JPKI_LAB_BUILD"])
        self.pki = self.work / "pki"
        self._make_pki()
        self._make_accounts()
        self._configure_product()
        self._configure_login()
        run("localedef", "-i", "ja_JP", "-f", "UTF-8", "ja_JP.UTF-8")
        self.syslog = SyslogSink()
        if is_sanitized():
            preload_sanitizer(self.work)
        self._count = 0
        self._last_card: VirtualCard | None = None

    # --- the site ---------------------------------------------------------------------------------
    def _make_pki(self) -> None:
        self.date = datetime.date.today()
        run("jpki-testpki", "--seed", "lab", "--date", self.date.isoformat(), "--out", str(self.pki))

    def _make_accounts(self) -> None:
        """One for each name in the map, one for each card (a card without a binding has a holder, too), and an attacker."""
        bound = [line.split()[0] for line in (self.pki / "accounts.map").read_text().splitlines() if line[:1] not in "#"]
        holders = [card.name for card in (self.pki / "cards").iterdir()]
        self.accounts = sorted({name for name in (*bound, *holders, "mallory") if not account_exists(name)})
        LOGIN_SHELL.write_text('#!/bin/sh\nprintf "shell of %s in %s\\n" "$(id -un)" "$PWD"\n')
        LOGIN_SHELL.chmod(0o755)
        with open("/etc/passwd", "a") as passwd, open("/etc/group", "a") as group, open("/etc/shadow", "a") as shadow:
            passwd.write(f"{HELPER_USER}:x:990:990::/nonexistent:/usr/sbin/nologin\n")
            group.write(f"{HELPER_USER}:x:990:\n")
            shadow.write(f"{HELPER_USER}:!*:19000::::::\n")
            passwd.write(f"{GUARD_USER}:x:991:991::/nonexistent:/usr/sbin/nologin\n")
            group.write(f"{GUARD_USER}:x:991:\n")
            for uid, name in enumerate(self.accounts, FIRST_UID):
                home = Path("/home") / name
                passwd.write(f"{name}:x:{uid}:{uid}::{home}:{LOGIN_SHELL}\n")
                group.write(f"{name}:x:{uid}:\n")
                shadow.write(f"{name}:!*:19000::::::\n")
                home.mkdir()
                os.chown(home, uid, uid)

    def _configure_product(self) -> None:
        etc, revocation = Path("/etc/jpki"), Path("/var/lib/jpki/revocation")
        for directory in (etc, etc / "anchors.d", etc / "jpki.toml.d", revocation):
            directory.mkdir(parents=True, exist_ok=True)
        copy_files(self.pki / "anchors.d", etc / "anchors.d")
        os.chown(revocation, 0, 990)
        revocation.chmod(0o750)
        copy_files(self.pki / "crl", revocation)
        EVIDENCE.mkdir()
        os.chown(EVIDENCE, 990, 990)
        EVIDENCE.chmod(0o700)
        for directory in (CARD_NOTES, SUCCESSION):
            directory.mkdir(parents=True)
            os.chown(directory, 990, 990)
            directory.chmod(0o700)
        # jpki-crl-refresh has no card to read the organization CAs from.
        intermediates = etc / "intermediates.d"
        intermediates.mkdir(exist_ok=True)
        for authority in (self.pki / "ca").glob("lgpki-org-*"):
            install(authority / "cert.der", intermediates / f"{authority.name}.der", 0o644)
        install(self.pki / "kinds.toml", etc / "jpki.toml.d" / "kinds.toml", 0o644)
        (etc / "jpki.toml.d" / "lab.toml").write_text(LAB_TOML)
        install(self.pki / "accounts.map", etc / "accounts.map", 0o640, group=HELPER_USER)
        key = etc / "pseudonym.key"
        key.write_bytes(os.urandom(32))
        os.chown(key, 0, 990)
        key.chmod(0o640)
        self.compile_crls()

    def sources(self, toml: str) -> None:
        """The [[revocation.source]] tables of this terminal; none: CRLs alone."""
        (Path("/etc/jpki/jpki.toml.d") / "sources.toml").write_text(toml)

    def forget_evidence(self) -> None:
        for entry in EVIDENCE.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def compile_crls(self) -> None:
        """What a timer does at night. Some of the test PKI's CRLs are bad on purpose, which exit status 1 tells."""
        done = subprocess.run(["jpki-crl-refresh", "-v"], capture_output=True, text=True)
        if done.returncode not in (0, 1) or not INDEX.exists():
            raise RuntimeError(f"jpki-crl-refresh: exit status {done.returncode}\n{done.stdout}{done.stderr}")

    def _configure_login(self) -> None:
        defaults = Path("/etc/login.defs")
        defaults.write_text(defaults.read_text() + "\nLOGIN_RETRIES 1\nLOGIN_TIMEOUT 60\n")
        for path in ("/etc/locale.conf", "/etc/default/locale"):  # on Debian 13 the one is a link to the other
            Path(path).unlink(missing_ok=True)
        Path("/etc/default/locale").write_text("LANG=C.UTF-8\n")
        for service in ("login", "su"):
            self.service(service, f"timeout={TIMEOUT}")
        self.service("lab", f"timeout={TIMEOUT}")

    def service(self, name: str, options: str, *, module: str = "pam_jpki.so", place: str = "where_unknown=local") -> str:
        """Writes /etc/pam.d/NAME: nothing but the module authenticates. Nothing in the lab tells where a person is."""
        if module == "pam_jpki.so":
            options = f"{options} {place}".strip()
        (Path("/etc/pam.d") / name).write_text(
            f"auth     requisite {module} {options}\n"
            f"account  requisite {module} {options}\n"
            "account  requisite pam_permit.so\n"
            f"session  required  {module} {options}\n"
            "session  required  pam_permit.so\n"
            f"password required  {module} {options}\n")
        return name

    # --- readers and cards ------------------------------------------------------------------------
    def card_service(self, *, readers: bool | str = True) -> CardService:
        self._count += 1
        self._last_card = None
        return CardService(self.work / f"pcscd-{self._count}", readers=readers)

    def virtual_card(self, *names: str, options: Sequence[str] = (), absent: bool = False) -> VirtualCard:
        if self._last_card and not self._last_card.noticed:
            raise StartError("the card before this one was not taken away: pcscd may take this one for it")
        self._count += 1
        self._last_card = VirtualCard(self.work / f"vcard-{self._count}", [self.pki / "cards" / name for name in names], *options,
                                      absent=absent)
        return self._last_card

    # --- programs of others ---------------------------------------------------------------------
    def script_for_all(self, name: str) -> str:
        """A program of this directory where every user can read it; the clone may lie in somebody's private directory."""
        copy = self.work / name
        install(Path(__file__).with_name(name), copy, 0o644)
        return str(copy)

    # --- people -----------------------------------------------------------------------------------
    def environment(self, language: str = "C.UTF-8") -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": "/root", "TERM": "dumb", "LANG": language}

    def pamtester(self, user: str, answers: Sequence[Answer] = (), *, service: str = "lab",
                  operations: Sequence[str] = ("authenticate",), language: str = "C.UTF-8", within: float = 30) -> Dialogue:
        return converse(["pamtester", service, user, *operations], answers, environment=self.environment(language),
                        within=within)

    def login(self, user: str | None, answers: Sequence[Answer] = (), *, language: str = "C.UTF-8",
              within: float = 30) -> Dialogue:
        """login(1) at a terminal; without a user the card says who it is."""
        return converse(["login", *([user] if user else [])], answers, environment=self.environment(language),
                        within=within)

    def su(self, user: str, answers: Sequence[Answer] = (), *, caller: str = "mallory", within: float = 30,
           environment: dict[str, str] | None = None) -> Dialogue:
        """su(1), set-user-ID root, started by an unprivileged user."""
        uid = str(pwd.getpwnam(caller).pw_uid)
        return converse(["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "su", user], answers,
                        environment=self.environment() | (environment or {}), within=within)


def preload_sanitizer(work: Path) -> None:
    """All programs started from here on carry the sanitizers' run-time libraries."""
    defaults = work / "asan_defaults.so"
    run("gcc", "-shared", "-fPIC", "-Wl,-z,initfirst", "-o", str(defaults), str(Path(__file__).with_name("asan_defaults.c")))
    libraries = [Path(run("gcc", f"-print-file-name={name}.so").strip()).resolve() for name in ("libasan", "libubsan")]
    # libasan looks for the real crypt(3) when it is loaded; pam_unix brings it only later.
    crypt = Path(run("gcc", "-print-file-name=libcrypt.so.1").strip()).resolve()
    Path("/etc/ld.so.preload").write_text("".join(f"{path}\n" for path in (defaults, *libraries, crypt)))


# --- helpers --------------------------------------------------------------------------------------
def run(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def account_of(name: str) -> pwd.struct_passwd:
    """As a new process is told. This one cannot load a sanitized libnss_ad.so.2, so it knows nobody of a directory."""
    name, password, uid, gid, gecos, home, shell = run("getent", "passwd", name).rstrip("\n").split(":")
    return pwd.struct_passwd((name, password, int(uid), int(gid), gecos, home, shell))


def account_exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def install(source: Path, target: Path, mode: int, *, group: str | None = None) -> None:
    shutil.copyfile(source, target)
    os.chown(target, 0, pwd.getpwnam(group).pw_gid if group else 0)
    target.chmod(mode)


def copy_files(source: Path, target: Path) -> None:
    for file in sorted(source.iterdir()):
        install(file, target / file.name, 0o644)


def group_id() -> int:
    """Of the helper's user: the namespace has a /etc/group of its own, which this process may have read before."""
    lines = Path("/etc/group").read_text().splitlines()
    return int(next(line.split(":")[2] for line in lines if line.startswith(f"{HELPER_USER}:")))
