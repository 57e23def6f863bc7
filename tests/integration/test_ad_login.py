# SPDX-License-Identifier: LGPL-2.1-or-later
"""A person whose account, groups and card binding are in a real Samba AD logs in, and is refused for what AD has against it."""

import base64
import os
import pwd
import re
import socket
from dataclasses import dataclass
from pathlib import Path

import ad_contents as ad
import pytest
from ad_site import STATE, AdSite
from dialogue import Dialogue
from lab import PIN, run

CARD = "saburo"  # of the lab's cards, the one that accounts.map does not bind
NUMBER = 17
NAME = ad.user_name(NUMBER)
DN = ad.user_dn(NUMBER)
SHELL = Path("/usr/local/bin/ad-shell")
SERVICE = "lab-ad"
TIMEOUT = 8
LONG_AGO = 132000000000000000  # FILETIME, in 2019
HOST = socket.gethostname().partition(".")[0]
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
    switch = Path("/etc/jpki/jpki.toml.d/source.toml")
    switch.write_text('[account]\nsource = "ad"\n')
    SHELL.write_text('#!/bin/sh\nprintf "shell of %s, uid %s, groups %s, in %s\\n" "$(id -un)" "$(id -u)" "$(id -G)" "$PWD"\n')
    SHELL.chmod(0o755)
    key_id = run("openssl", "x509", "-in", str(lab.pki / "cards" / CARD / "auth.der"), "-inform", "der", "-noout", "-ext",
                 "subjectKeyIdentifier").split("\n")[1].strip().replace(":", "").lower()
    assert re.fullmatch("[0-9a-f]{40}", key_id), key_id
    original = [line.partition(": ")[2] for line in ad.user(NUMBER).splitlines() if line.startswith("altSecurityIdentities")]
    ad_site.domain.modify(replaced("altSecurityIdentities", f"X509:<SKI>{key_id}") + replaced("loginShell", SHELL))
    ad_site.configure()
    ad_site.forget()
    ad_site.refresh()
    account = pwd.getpwnam(NAME)
    home = Path(account.pw_dir)
    home.mkdir()
    os.chown(home, account.pw_uid, account.pw_gid)
    (Path("/etc/pam.d") / SERVICE).write_text(
        f"auth requisite pam_jpki.so timeout={TIMEOUT}\n"
        f"account requisite pam_jpki.so timeout={TIMEOUT}\naccount required pam_unix.so\n"
        "session required pam_jpki.so\nsession required pam_permit.so\n")
    (Path("/etc/pam.d") / "lab-unix").write_text(
        f"auth requisite pam_jpki.so timeout={TIMEOUT}\naccount required pam_unix.so\nsession required pam_permit.so\n")
    yield Person(ad_site, account.pw_uid, ad_site.expected().memberships[NAME])
    home.rmdir()
    ad_site.domain.modify(replaced("altSecurityIdentities", *original) + replaced("loginShell"))
    switch.unlink()


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


# --- let in -------------------------------------------------------------------------------------------------
def test_login_at_a_terminal(lab, person):
    """Nobody names an account: the card says who it is, AD says which groups."""
    seen = lab.login(None, [PIN])
    found = re.search(rf"shell of {NAME}, uid {person.uid}, groups ([\d ]+), in /home/{NAME}", seen.screen)
    assert found, seen.screen + lab.syslog.text()
    assert set(map(int, found[1].split())) == person.groups and len(person.groups) > 3


def test_every_step(lab, person):
    """pam_unix's account step is content with the shadow entry that has no password."""
    seen = lab.pamtester(NAME, [PIN], service=SERVICE, operations=("authenticate", "acct_mgmt", "open_session", "close_session"))
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    assert len(seen.pin_prompts) == 1


# --- refused ------------------------------------------------------------------------------------------------
REFUSALS = {
    "expired": (replaced("accountExpires", LONG_AGO), replaced("accountExpires", 0), "JPKI-508", "ACCT_EXPIRED"),
    "hours": (hours(*range(168)), replaced("logonHours"), "JPKI-509", "PERM_DENIED"),
    "workstation": (replaced("userWorkstations", "OTHER-PC,THIRD-PC"), replaced("userWorkstations"), "JPKI-510", "PERM_DENIED"),
    "locked": (replaced("lockoutTime", LONG_AGO), replaced("lockoutTime", 0), "JPKI-507", "PERM_DENIED"),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_refused_for_what_ad_has_against_the_account(lab, person, why):
    """The card and the PIN are good; the account step refuses, and lets in again when AD has nothing against it any more."""
    against, again, code, pam = REFUSALS[why]
    person.site.configure(account={"lockout_minutes": 0})
    person.change(against)
    try:
        assert_refused(lab, tried(lab), code, pam)
    finally:
        person.change(again)
    assert tried(lab).pam == "SUCCESS"


def test_disabled_in_ad_is_refused_at_the_next_login(lab, person):
    """Before the PIN: no try of the card is spent."""
    assert tried(lab).pam == "SUCCESS"
    person.change(replaced("userAccountControl", ad.NORMAL | ad.NO_PASSWORD_NEEDED | ad.DISABLED))
    try:
        assert_refused(lab, tried(lab), "JPKI-506", "ACCT_EXPIRED", prompts=0)
        assert "disabled" in lab.login(NAME, [PIN]).screen
    finally:
        person.change(replaced("userAccountControl", ad.NORMAL | ad.NO_PASSWORD_NEEDED))
    assert tried(lab).pam == "SUCCESS"


def test_a_binding_that_is_taken_away(lab, person):
    bound = person.site.domain.search(f"(sAMAccountName={NAME})", "altSecurityIdentities")
    mapping = re.search(r"altSecurityIdentities: (.*)", bound)[1]
    person.change(replaced("altSecurityIdentities"))
    try:
        assert_refused(lab, tried(lab), "JPKI-501", "USER_UNKNOWN", prompts=0)
    finally:
        person.change(replaced("altSecurityIdentities", mapping))
    assert tried(lab).pam == "SUCCESS"


@pytest.mark.parametrize("rule,allowed", [
    ({"allowed_groups": [GROUP]}, True), ({"allowed_groups": [OUTER_GROUP]}, True), ({"allowed_groups": [OTHER_GROUP]}, False),
    ({"denied_groups": [OUTER_GROUP]}, False), ({"denied_groups": [OTHER_GROUP]}, True),
    ({"services": [SERVICE], "denied_groups": [GROUP]}, False), ({"services": ["sshd"], "denied_groups": [GROUP]}, True)],
    ids=["allowed", "allowed-nested", "not-allowed", "denied-nested", "not-denied", "denied-here", "denied-elsewhere"])
def test_groups_for_each_service(lab, person, rule, allowed):
    person.site.configure(rules=[rule])
    seen = tried(lab)
    if allowed:
        assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    else:
        assert_refused(lab, seen, "JPKI-511", "PERM_DENIED")


@pytest.mark.parametrize("change,back", [
    (replaced("accountExpires", LONG_AGO), replaced("accountExpires", 0)),
    (replaced("userAccountControl", ad.NORMAL | ad.NO_PASSWORD_NEEDED | ad.DISABLED),
     replaced("userAccountControl", ad.NORMAL | ad.NO_PASSWORD_NEEDED))], ids=["expired", "disabled"])
def test_pam_unix_alone_refuses_by_the_shadow_entry(lab, person, change, back):
    """An account line of pam_unix is all that other ways to log in may have."""
    assert lab.pamtester(NAME, service="lab-unix", operations=("acct_mgmt",)).status == 0
    person.change(change)
    try:
        assert lab.pamtester(NAME, service="lab-unix", operations=("acct_mgmt",)).pam == "ACCT_EXPIRED"
    finally:
        person.change(back)


def test_a_password_login_is_held_to_the_same(lab, person):
    """Whoever authenticated: root's su without a password here."""
    (Path("/etc/pam.d") / "lab-other").write_text(
        "auth required pam_permit.so\naccount requisite pam_jpki.so\naccount required pam_unix.so\n")
    try:
        assert lab.pamtester(NAME, service="lab-other", operations=("authenticate", "acct_mgmt")).pam == "SUCCESS"
        person.site.configure(rules=[{"denied_groups": [GROUP]}])
        seen = lab.pamtester(NAME, service="lab-other", operations=("authenticate", "acct_mgmt"))
        assert_refused(lab, seen, "JPKI-511", "PERM_DENIED", prompts=0)
        assert lab.pamtester("mallory", service="lab-other", operations=("authenticate", "acct_mgmt")).pam == "SUCCESS"
    finally:
        (Path("/etc/pam.d") / "lab-other").unlink()


# --- without AD ---------------------------------------------------------------------------------------------
def test_the_controller_is_gone(lab, person):
    person.site.domain.kill()
    try:
        seen = lab.login(NAME, [PIN])
        assert f"shell of {NAME}" in seen.screen, seen.screen + lab.syslog.text()
    finally:
        person.site.domain.start()


def test_a_snapshot_that_is_too_old(lab, person, other_clock):
    """Read two hours ago, by the terminal's clock of then, and one hour counts."""
    dump = Path("/etc/jpki/directory.ldif")
    dump.write_text(person.site.domain.search())
    person.site.configure(account={"max_snapshot_age_hours": 3})
    person.site.refresh("--from-ldif", str(dump), environment=other_clock(-2 * 3600))
    try:
        assert tried(lab).pam == "SUCCESS"
        person.site.configure(account={"max_snapshot_age_hours": 1})
        assert_refused(lab, tried(lab), "JPKI-512", "PERM_DENIED")
        person.site.refresh("--from-ldif", str(dump))
        assert tried(lab).pam == "SUCCESS"
    finally:
        dump.unlink()


@pytest.mark.parametrize("file", ["restricted.snap", "users.snap"])
def test_a_damaged_snapshot_lets_nobody_in(lab, person, file):
    path = STATE / file
    content = path.read_bytes()
    path.write_bytes(content[:len(content) // 2])
    try:
        assert tried(lab).pam != "SUCCESS"
    finally:
        person.site.refresh("--full")
    assert tried(lab).pam == "SUCCESS"
