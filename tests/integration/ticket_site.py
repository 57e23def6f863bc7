# SPDX-License-Identifier: LGPL-2.1-or-later
"""A terminal whose logins bring a Kerberos ticket, and what there is to see of it. The KDC is kdc.Kdc or samba_kdc.SambaKdc."""

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from kdc import REALM
from lab import PIN

SETTINGS = Path("/etc/jpki/jpki.toml.d/ticket.toml")
ANCHOR = Path("/etc/jpki/kdc-anchors.pem")
SERVICE = "ticket"
OPERATIONS = ("authenticate", "setcred", "open_session", "close_session")
TIMEOUT = 8  # seconds, timeout_seconds of the settings
SHORT = 2  # of a test that waits until it has passed


class TicketSite:
    """Until close()."""

    def __init__(self, lab, kdc):
        self.lab, self.kdc = lab, kdc
        ANCHOR.write_text(kdc.anchor.read_text())
        SETTINGS.write_text(self._settings())
        lab.service(SERVICE, "timeout=6")

    def close(self) -> None:
        SETTINGS.unlink()
        ANCHOR.unlink()

    def _settings(self, **more: str) -> str:
        host, port = self.kdc.address
        keys = {"services": f'["{SERVICE}", "login"]', "realm": f'"{REALM}"', "kdcs": f'["{host}:{port}"]',
                "kdc_anchors": f'"{ANCHOR}"', "timeout_seconds": str(TIMEOUT)} | more
        return "[ticket]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())

    @contextmanager
    def changed(self, **keys: str):
        SETTINGS.write_text(self._settings(**keys))
        try:
            yield
        finally:
            SETTINGS.write_text(self._settings())

    @contextmanager
    def other_anchor(self):
        """Another authority with the name of the one that issued the KDC's certificate is in its place."""
        other = Path("/etc/jpki/other-anchors.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=KDC CA", "-days", "2", "-keyout",
                        "/dev/null", "-out", str(other)], check=True, capture_output=True)
        with self.changed(kdc_anchors=f'"{other}"'):
            yield
        other.unlink()

    def log_in(self, card, user: str = "taro", *, operations=OPERATIONS):
        """What the person saw, and how often the card signed. One prompt and one VERIFY, whatever becomes of the ticket."""
        card.ctl("stats-reset")
        seen = self.lab.pamtester(user, [PIN], service=SERVICE, operations=operations)
        stats = card.stats()
        assert stats["verifies"] == 1
        assert len(seen.pin_prompts) == 1
        return seen, stats["signs"]

    def has_no_ticket(self, seen, code: str) -> None:
        """Logged in, told why not, and nothing is left."""
        assert seen.pam == "SUCCESS", seen.screen
        assert seen.codes == [code], seen.screen + self.lab.syslog.text()
        assert f"no Kerberos ticket: {code}" in self.lab.syslog.text()
        assert not caches()


def caches() -> list[Path]:
    return list(Path("/tmp").glob("krb5cc_*"))


def remove_caches() -> None:
    for left in caches():
        left.unlink()


def as_person(user: str, *argv: str, environment: dict[str, str] | None = None) -> str:
    """What a program of the person's shows, errors included."""
    done = subprocess.run(["setpriv", "--reuid", user, "--regid", user, "--clear-groups", *argv], capture_output=True, text=True,
                          env={"PATH": os.environ["PATH"]} | (environment or {}))
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def terminal(lab, realm):
    """`realm` is the test file's: a KDC that is not started."""
    made = TicketSite(lab, realm)
    yield made
    made.close()


@pytest.fixture
def kdc(realm):
    realm.start()
    yield realm
    realm.stop()


@pytest.fixture(autouse=True)
def no_cache(lab):
    """Credential caches live in /tmp."""
    yield
    remove_caches()
