# SPDX-License-Identifier: LGPL-2.1-or-later
"""A person of the lab's AD whose card is bound there, a terminal that asks AD for accounts, and ways to log in."""

import base64
import contextlib
import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

import ad_contents as ad
import pytest
from ad_site import AdSite
from dialogue import Dialogue
from lab import PIN, account_of, run

CARD = "saburo"  # of the lab's cards, the one that accounts.map does not bind
NUMBER = 17
NAME = ad.user_name(NUMBER)
DN = ad.user_dn(NUMBER)
SHELL = Path("/usr/local/bin/ad-shell")
SERVICE = "lab-ad"
TIMEOUT = 8
LONG_AGO = 132000000000000000  # FILETIME, in 2019
ENABLED = ad.NORMAL | ad.NO_PASSWORD_NEEDED
THIS_COMPUTER = socket.gethostname().partition(".")[0]
GROUP = ad.group_name(NUMBER)  # the person is in it, and in what contains it
OUTER_GROUP = ad.group_name(3)  # contains what contains it: 17 is in 8, 8 in 3
OTHER_GROUP = ad.group_name(250)


def replaced(attribute: str, *values: object) -> str:
    """LDIF that gives the person's attribute these values, or none."""
    lines = "".join(ad.line(attribute, str(value)) for value in values)
    return f"dn: {DN}\nchangetype: modify\nreplace: {attribute}\n{lines}\n"


def hours(*excepted: int) -> str:
    """logonHours as an LDIF line: all hours of the week but these."""
    octets = bytearray(b"\xff" * 21)
    for hour in excepted:
        octets[hour // 8] &= ~(1 << hour % 8)
    return f"dn: {DN}\nchangetype: modify\nreplace: logonHours\nlogonHours:: {base64.b64encode(bytes(octets)).decode()}\n\n"


@dataclass
class Person:
    site: AdSite
    uid: int
    groups: frozenset[int]

    def change(self, *ldif: str) -> None:
        """In AD, and seen by the terminal."""
        self.site.domain.modify("".join(ldif))
        self.site.refresh()


@pytest.fixture(scope="module")
def bound(lab, ad_site):
    """The card is bound in AD, and the terminal asks AD's snapshot for accounts."""
    SHELL.write_text('#!/bin/sh\nprintf "shell of %s, uid %s, groups %s, in %s\\n" "$(id -un)" "$(id -u)" "$(id -G)" "$PWD"\n')
    SHELL.chmod(0o755)
    key_id = run("openssl", "x509", "-in", str(lab.pki / "cards" / CARD / "auth.der"), "-inform", "der", "-noout", "-ext",
                 "subjectKeyIdentifier").split("\n")[1].strip().replace(":", "").lower()
    assert re.fullmatch("[0-9a-f]{40}", key_id), key_id
    (Path("/etc/pam.d") / SERVICE).write_text(
        f"auth requisite pam_jpki.so timeout={TIMEOUT} where_unknown=local\n"
        f"account requisite pam_jpki.so timeout={TIMEOUT}\naccount required pam_unix.so\n"
        "session required pam_jpki.so\nsession required pam_permit.so\n")
    (Path("/etc/pam.d") / "lab-unix").write_text(
        f"auth requisite pam_jpki.so timeout={TIMEOUT} where_unknown=local\naccount required pam_unix.so\nsession required pam_permit.so\n")
    original = [line.partition(": ")[2] for line in ad.user(NUMBER).splitlines() if line.startswith("altSecurityIdentities")]
    switch = Path("/etc/jpki/jpki.toml.d/source.toml")
    with contextlib.ExitStack() as undo:  # what fails in here leaves no terminal that asks AD behind, in which every other test fails
        switch.write_text('[account]\nsource = "ad"\n')
        undo.callback(switch.unlink)
        ad_site.domain.modify(replaced("altSecurityIdentities", f"X509:<SKI>{key_id}") + replaced("loginShell", SHELL))
        undo.callback(ad_site.domain.modify, replaced("altSecurityIdentities", *original) + replaced("loginShell"))
        ad_site.configure()
        ad_site.forget()
        ad_site.refresh()
        found = account_of(NAME)
        home = Path(found.pw_dir)
        home.mkdir()
        undo.callback(home.rmdir)
        os.chown(home, found.pw_uid, found.pw_gid)
        yield Person(ad_site, found.pw_uid, ad_site.expected().memberships[NAME])


@pytest.fixture
def person(bound, insert):
    """The terminal knows AD as it is; the card is in the reader."""
    bound.site.configure()
    bound.site.refresh()
    insert(CARD)
    yield bound


def tried(lab, service: str = SERVICE) -> Dialogue:
    return lab.pamtester(NAME, [PIN], service=service, operations=("authenticate", "acct_mgmt"))


def assert_refused(lab, seen: Dialogue, code: str, pam: str, prompts: int = 1) -> None:
    assert (seen.pam, seen.codes, len(seen.pin_prompts)) == (pam, [code], prompts), seen.screen + lab.syslog.text()
    assert f"{code} " in lab.syslog.text()


@pytest.fixture
def other_service():
    file = Path("/etc/pam.d/lab-other")
    file.write_text("auth required pam_permit.so\naccount requisite pam_jpki.so\naccount required pam_unix.so\n")
    yield
    file.unlink()


def account_step(lab, name: str = NAME) -> Dialogue:
    """Of a login by other means than a card."""
    return lab.pamtester(name, service="lab-other", operations=("acct_mgmt",))
