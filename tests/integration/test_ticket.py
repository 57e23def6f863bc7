# SPDX-License-Identifier: LGPL-2.1-or-later
"""A Kerberos ticket at login, by PKINIT with the card that logs in: one PIN entry, one VERIFY."""

import os
import pwd
import socket
from pathlib import Path

import pytest
from kdc import ADDRESS, REALM, Kdc
from lab import PIN
from ticket_site import SERVICE, SHORT, as_person, caches, kdc, no_cache, terminal  # noqa: F401


@pytest.fixture(scope="module")
def realm(lab):
    """The realm, its KDC not started."""
    cards = {name: lab.pki / "cards" / name / "auth.der" for name in ("taro",)}
    return Kdc(lab.work / "kdc", cards, sorted((lab.pki / "anchors.d").glob("jpki-auth*.pem")))


def test_a_login_brings_a_ticket(lab, insert, terminal, kdc):
    seen, signatures = terminal.log_in(insert("taro"))
    assert seen.pam == "SUCCESS", seen.screen
    assert not seen.codes, seen.screen + lab.syslog.text() + kdc.log()
    assert signatures == 2
    shown = as_person("taro", "klist")
    assert f"Default principal: taro@{REALM}" in shown and f"krbtgt/{REALM}@{REALM}" in shown, shown
    cache = caches()[0]
    assert (cache.owner(), cache.stat().st_mode & 0o777) == ("taro", 0o600)
    assert PIN not in lab.syslog.text()


def test_login_at_a_terminal(lab, insert, terminal, kdc):
    """login(1) sets the credentials before it opens the session; the shell has KRB5CCNAME."""
    lab.service("login", "timeout=6")
    shell = Path("/usr/local/bin/lab-shell")
    before = shell.read_text()
    shell.write_text(before + 'printf "cache %s\\n" "$KRB5CCNAME"; klist\n')
    insert("taro")
    seen = lab.login("taro", [PIN])
    shell.write_text(before)
    assert "cache FILE:/tmp/krb5cc_" in seen.screen and f"krbtgt/{REALM}@{REALM}" in seen.screen, seen.screen


def test_a_host_that_sets_no_credentials(lab, insert, terminal, kdc):
    seen, _ = terminal.log_in(insert("taro"), operations=("authenticate", "open_session", "close_session"))
    assert seen.pam == "SUCCESS" and f"taro@{REALM}" in as_person("taro", "klist"), seen.screen


def test_where_no_service_is_named_nothing_is_started(lab, insert, terminal, kdc):
    with terminal.changed(services='["gdm-password"]'):
        started = Path("/usr/libexec/jpki/jpki-ticket")
        started.rename(started.with_suffix(".away"))  # who tried to start it would tell
        try:
            seen, signatures = terminal.log_in(insert("taro"))
        finally:
            started.with_suffix(".away").rename(started)
    assert (seen.pam, seen.codes, signatures) == ("SUCCESS", [], 1), seen.screen
    assert "NEEDED_PREAUTH" not in "".join(kdc.log().rpartition("commencing operation")[2])
    assert "icket:" not in lab.syslog.text().replace("ticket:auth", "").replace("ticket:session", "").replace("ticket:setcred", "")


def test_kdc_dead(lab, insert, terminal, realm):
    with terminal.changed(timeout_seconds=str(SHORT)):
        seen, signatures = terminal.log_in(insert("taro"))
    terminal.has_no_ticket(seen, "JPKI-531")
    assert signatures == 1
    assert seen.seconds < SHORT + 10


@pytest.mark.parametrize("required", [False, True])
def test_kdc_silent(lab, insert, terminal, realm, required):
    """It accepts, and says nothing."""
    with socket.create_server(ADDRESS) as silent, terminal.changed(required=str(required).lower(),
                                                                       timeout_seconds=str(SHORT)):
        silent.listen(8)
        seen, signatures = terminal.log_in(insert("taro"))
    assert signatures == 1
    assert SHORT - 1 < seen.seconds < SHORT + 10
    if required:
        assert (seen.pam, seen.codes) == ("AUTHINFO_UNAVAIL", ["JPKI-531"]), seen.screen
    else:
        terminal.has_no_ticket(seen, "JPKI-531")


def test_wrong_realm(lab, insert, terminal, kdc):
    with terminal.changed(realm='"OTHER.TEST"'):
        seen, _ = terminal.log_in(insert("taro"))
    terminal.has_no_ticket(seen, "JPKI-532")


def test_clock_of_the_kdc_ten_minutes_away(lab, insert, terminal, realm, other_clock):
    realm.start(other_clock(600))
    try:
        seen, _ = terminal.log_in(insert("taro"))
    finally:
        realm.stop()
    terminal.has_no_ticket(seen, "JPKI-533")


def test_a_card_that_the_kdc_does_not_know(lab, insert, terminal, kdc):
    kdc.kadmin('setstr taro pkinit_cert_match "<SUBJECT>^C=JP,CN=SOMEBODY$"')
    try:
        seen, signatures = terminal.log_in(insert("taro"))
    finally:
        kdc.bind("taro")
    terminal.has_no_ticket(seen, "JPKI-532")
    assert signatures == 2


def test_a_kdc_that_no_anchor_vouches_for(lab, insert, terminal, kdc):
    """Another authority with the same name issued its certificate: the ticket that it gives is not taken."""
    with terminal.other_anchor():
        seen, signatures = terminal.log_in(insert("taro"))
    terminal.has_no_ticket(seen, "JPKI-534")
    assert "the KDC did not prove itself" in lab.syslog.text()
    assert signatures == 2 and "ISSUE" in kdc.log().rpartition("commencing operation")[2]


def test_without_anchors_no_kdc_is_asked(lab, insert, terminal, kdc):
    with terminal.changed(kdc_anchors='"/nonexistent"'):
        seen, signatures = terminal.log_in(insert("taro"))
    terminal.has_no_ticket(seen, "JPKI-534")
    assert signatures == 1


def test_a_wrong_pin_gives_no_signature(lab, insert, terminal, kdc):
    card = insert("taro")
    card.ctl("stats-reset")
    seen = lab.pamtester("taro", ["9999"], service=SERVICE)
    stats = card.stats()
    assert (seen.pam, stats["verifies"], stats["signs"]) == ("AUTH_ERR", 1, 0), seen.screen


@pytest.mark.parametrize("required", [False, True])
def test_somebody_else_has_the_name_of_the_cache(lab, insert, terminal, kdc, required):
    squatted = Path(f"/tmp/krb5cc_{pwd.getpwnam('taro').pw_uid}")
    squatted.write_text("")
    os.chown(squatted, *[pwd.getpwnam("mallory").pw_uid] * 2)
    with terminal.changed(required=str(required).lower()):
        seen, _ = terminal.log_in(insert("taro"))
    assert seen.codes == ["JPKI-535"], seen.screen + lab.syslog.text()
    assert squatted.read_text() == "" and squatted.owner() == "mallory"
    assert ("Failure setting user credentials" in seen.screen) == required, seen.screen
