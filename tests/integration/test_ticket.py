# SPDX-License-Identifier: LGPL-2.1-or-later
"""A Kerberos ticket at login, by PKINIT with the card that logs in: one PIN entry, one VERIFY."""

import os
import pwd
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from kdc import ADDRESS, REALM, Kdc
from lab import PIN

SETTINGS = Path("/etc/jpki/jpki.toml.d/ticket.toml")
SERVICE = "ticket"
OPERATIONS = ("authenticate", "setcred", "open_session", "close_session")
TIMEOUT = 2  # seconds, timeout_seconds of the settings


def settings(anchor: Path, **more: str) -> str:
    keys = {"services": f'["{SERVICE}", "login"]', "realm": f'"{REALM}"', "kdcs": f'["{ADDRESS[0]}:{ADDRESS[1]}"]',
            "kdc_anchors": f'"{anchor}"', "timeout_seconds": str(TIMEOUT)} | more
    return "[ticket]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())


@pytest.fixture(scope="module")
def realm(lab):
    """The realm, its KDC not started, and the settings of a terminal in it."""
    cards = {name: lab.pki / "cards" / name / "auth.der" for name in ("taro",)}
    kdc = Kdc(lab.work / "kdc", cards, sorted((lab.pki / "anchors.d").glob("jpki-auth*.pem")))
    anchor = Path("/etc/jpki/kdc-anchors.pem")
    anchor.write_text(kdc.anchor.read_text())
    SETTINGS.write_text(settings(anchor))
    lab.service(SERVICE, "timeout=6")
    yield kdc
    SETTINGS.unlink()


@pytest.fixture
def kdc(realm):
    realm.start()
    yield realm
    realm.stop()


@pytest.fixture(autouse=True)
def no_cache(lab):
    """Credential caches live in /tmp."""
    yield
    for left in Path("/tmp").glob("krb5cc_*"):
        left.unlink()


@contextmanager
def changed(anchor: str = "/etc/jpki/kdc-anchors.pem", **keys: str):
    before = SETTINGS.read_text()
    SETTINGS.write_text(settings(Path(anchor), **keys))
    try:
        yield
    finally:
        SETTINGS.write_text(before)


def has_no_ticket(lab, seen, code: str) -> None:
    """Logged in, told why not, and nothing is left."""
    assert seen.pam == "SUCCESS", seen.screen
    assert seen.codes == [code], seen.screen + lab.syslog.text()
    assert f"no Kerberos ticket: {code}" in lab.syslog.text()
    assert not list(Path("/tmp").glob("krb5cc_*"))


def klist(user: str) -> str:
    """What the person's own klist shows, or why it shows nothing."""
    done = subprocess.run(["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "klist"], capture_output=True, text=True,
                          env={"PATH": os.environ["PATH"]})
    return done.stdout + done.stderr


def log_in(lab, card, *, operations=OPERATIONS):
    """What the person saw, and how often the card signed. One prompt and one VERIFY, whatever becomes of the ticket."""
    card.ctl("stats-reset")
    seen = lab.pamtester("taro", [PIN], service=SERVICE, operations=operations)
    stats = card.stats()
    assert stats["verifies"] == 1
    assert len(seen.pin_prompts) == 1
    return seen, stats["signs"]


def test_a_login_brings_a_ticket(lab, insert, kdc):
    seen, signatures = log_in(lab, insert("taro"))
    assert seen.pam == "SUCCESS", seen.screen
    assert not seen.codes, seen.screen + lab.syslog.text() + kdc.log()
    assert signatures == 2
    shown = klist("taro")
    assert f"Default principal: taro@{REALM}" in shown and f"krbtgt/{REALM}@{REALM}" in shown, shown
    cache = next(Path("/tmp").glob("krb5cc_*"))
    assert (cache.owner(), cache.stat().st_mode & 0o777) == ("taro", 0o600)
    assert PIN not in lab.syslog.text()


def test_login_at_a_terminal(lab, insert, kdc):
    """login(1) sets the credentials before it opens the session; the shell has KRB5CCNAME."""
    lab.service("login", "timeout=6")
    shell = Path("/usr/local/bin/lab-shell")
    before = shell.read_text()
    shell.write_text(before + 'printf "cache %s\\n" "$KRB5CCNAME"; klist\n')
    insert("taro")
    seen = lab.login("taro", [PIN])
    shell.write_text(before)
    assert "cache FILE:/tmp/krb5cc_" in seen.screen and f"krbtgt/{REALM}@{REALM}" in seen.screen, seen.screen


def test_a_host_that_sets_no_credentials(lab, insert, kdc):
    seen, _ = log_in(lab, insert("taro"), operations=("authenticate", "open_session", "close_session"))
    assert seen.pam == "SUCCESS" and f"taro@{REALM}" in klist("taro"), seen.screen


def test_where_no_service_is_named_nothing_is_started(lab, insert, kdc):
    with changed(services='["gdm-password"]'):
        started = Path("/usr/libexec/jpki/jpki-ticket")
        started.rename(started.with_suffix(".away"))  # who tried to start it would tell
        try:
            seen, signatures = log_in(lab, insert("taro"))
        finally:
            started.with_suffix(".away").rename(started)
    assert (seen.pam, seen.codes, signatures) == ("SUCCESS", [], 1), seen.screen
    assert "NEEDED_PREAUTH" not in "".join(kdc.log().rpartition("commencing operation")[2])
    assert "icket:" not in lab.syslog.text().replace("ticket:auth", "").replace("ticket:session", "").replace("ticket:setcred", "")


def test_kdc_dead(lab, insert, realm):
    seen, signatures = log_in(lab, insert("taro"))
    has_no_ticket(lab, seen, "JPKI-531")
    assert signatures == 1
    assert seen.seconds < TIMEOUT + 3


@pytest.mark.parametrize("required", [False, True])
def test_kdc_silent(lab, insert, realm, required):
    """It accepts, and says nothing."""
    with socket.create_server(ADDRESS) as silent, changed(required=str(required).lower()):
        silent.listen(8)
        seen, signatures = log_in(lab, insert("taro"))
    assert signatures == 1
    assert TIMEOUT - 1 < seen.seconds < TIMEOUT + 3
    if required:
        assert (seen.pam, seen.codes) == ("AUTHINFO_UNAVAIL", ["JPKI-531"]), seen.screen
    else:
        has_no_ticket(lab, seen, "JPKI-531")


def test_wrong_realm(lab, insert, kdc):
    with changed(realm='"OTHER.TEST"'):
        seen, _ = log_in(lab, insert("taro"))
    has_no_ticket(lab, seen, "JPKI-532")


def test_clock_of_the_kdc_ten_minutes_away(lab, insert, realm, other_clock):
    realm.start(other_clock(600))
    try:
        seen, _ = log_in(lab, insert("taro"))
    finally:
        realm.stop()
    has_no_ticket(lab, seen, "JPKI-533")


def test_a_card_that_the_kdc_does_not_know(lab, insert, kdc):
    kdc.kadmin('setstr taro pkinit_cert_match "<SUBJECT>^C=JP,CN=SOMEBODY$"')
    try:
        seen, signatures = log_in(lab, insert("taro"))
    finally:
        kdc.bind("taro")
    has_no_ticket(lab, seen, "JPKI-532")
    assert signatures == 2


def test_a_kdc_that_no_anchor_vouches_for(lab, insert, kdc):
    """Another authority with the same name issued its certificate: the ticket that it gives is not taken."""
    with changed(anchor="/etc/jpki/other-anchors.pem"):
        other = Path("/etc/jpki/other-anchors.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=KDC CA", "-days", "2", "-keyout",
                        "/dev/null", "-out", str(other)], check=True, capture_output=True)
        seen, signatures = log_in(lab, insert("taro"))
        other.unlink()
    has_no_ticket(lab, seen, "JPKI-534")
    assert "the KDC did not prove itself" in lab.syslog.text()
    assert signatures == 2 and "ISSUE" in kdc.log().rpartition("commencing operation")[2]


def test_without_anchors_no_kdc_is_asked(lab, insert, kdc):
    with changed(anchor="/nonexistent"):
        seen, signatures = log_in(lab, insert("taro"))
    has_no_ticket(lab, seen, "JPKI-534")
    assert signatures == 1


def test_a_wrong_pin_gives_no_signature(lab, insert, kdc):
    card = insert("taro")
    card.ctl("stats-reset")
    seen = lab.pamtester("taro", ["9999"], service=SERVICE)
    stats = card.stats()
    assert (seen.pam, stats["verifies"], stats["signs"]) == ("AUTH_ERR", 1, 0), seen.screen


@pytest.mark.parametrize("required", [False, True])
def test_somebody_else_has_the_name_of_the_cache(lab, insert, kdc, required):
    squatted = Path(f"/tmp/krb5cc_{pwd.getpwnam('taro').pw_uid}")
    squatted.write_text("")
    os.chown(squatted, *[pwd.getpwnam("mallory").pw_uid] * 2)
    with changed(required=str(required).lower()):
        seen, _ = log_in(lab, insert("taro"))
    assert seen.codes == ["JPKI-535"], seen.screen + lab.syslog.text()
    assert squatted.read_text() == "" and squatted.owner() == "mallory"
    assert ("Failure setting user credentials" in seen.screen) == required, seen.screen
