# SPDX-License-Identifier: LGPL-2.1-or-later
"""A Kerberos ticket at login from the KDC of a Samba AD: what doc/kerberos.md says of it, and its faults."""

import re
import signal
from pathlib import Path

import pytest
from guides import fences
from kdc import REALM, make_certificates, run
from samba_kdc import SambaKdc, version
from spoiled_replies import SpoiledReplies
from ticket_site import SHORT, as_person, caches, kdc, no_cache, terminal  # noqa: F401

GUIDES = Path(__file__).resolve().parents[2] / "doc"
PEOPLE = ("taro", "hanako", "revoked")


@pytest.fixture(scope="module")
def realm(lab):
    """The domain, its KDC not started. hanako's account takes no password."""
    cards = {name: lab.pki / "cards" / name / "auth.der" for name in PEOPLE}
    return SambaKdc(lab.work / "samba-kdc", lab.build, cards, sorted((lab.pki / "anchors.d").glob("jpki-auth*.pem")),
                    card_required=("hanako",))


@pytest.fixture
def krb5_conf(realm):
    """For programs of MIT's that ask this KDC."""
    host, port = realm.address
    file = realm.directory / "client.conf"
    file.write_text(f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n rdns = false\n udp_preference_limit = 1\n"
                    f"[realms]\n {REALM} = {{\n  kdc = {host}:{port}\n  pkinit_anchors = FILE:{realm.anchor}\n"
                    f"  pkinit_anchors = FILE:{realm.directory}/card-anchors.pem\n }}\n")
    return {"KRB5_CONFIG": str(file)}


def kdc_settings(text: str) -> dict[str, str]:
    """Of [kdc], without the directories of what they name."""
    lines = (line.split("=", 1) for line in text[text.index("[kdc]"):].splitlines() if "=" in line)
    return {key.strip(): re.sub(r"/[^,]*/", "", value.strip()) for key, value in lines}


def test_the_guides_say_these_settings(realm):
    used = kdc_settings((realm.directory / "krb5.conf").read_text())
    for guide in ("kerberos.md", "kerberos.ja.md"):
        told, = (kdc_settings(text) for _, _, text in fences(GUIDES / guide) if "enable-pkinit" in text)
        assert told.keys() == used.keys()
        assert {key: told[key] for key in told if "file" not in key and "anchors" not in key} == {
            key: used[key] for key in used if "file" not in key and "anchors" not in key}


@pytest.mark.parametrize("user", ["taro", "hanako"])
def test_a_login_brings_a_ticket(lab, insert, terminal, kdc, krb5_conf, user):
    """One PIN entry, one VERIFY, two signatures; and the KDC takes the ticket."""
    seen, signatures = terminal.log_in(insert(user), user)
    assert (seen.pam, seen.codes, signatures) == ("SUCCESS", [], 2), seen.screen + lab.syslog.text() + kdc.log()
    shown = as_person(user, "klist")
    assert f"Default principal: {user}@{REALM}" in shown and f"krbtgt/{REALM}@{REALM}" in shown, shown
    cache, = caches()
    assert (cache.owner(), cache.stat().st_mode & 0o777) == (user, 0o600)
    service = f"host/kdc1.{REALM.lower()}"
    assert f"{service}@{REALM}: kvno = " in as_person(user, "kvno", service, environment=krb5_conf)


@pytest.mark.parametrize(("spoiled", "gone"), [(1, False), (2, False), (1, True)])
def test_a_reply_that_nobody_can_read(lab, insert, terminal, kdc, spoiled, gone):
    """The same request is asked once more, and not more often: the card signs nothing for it. What was wrong first is what is told."""
    card = insert("taro")

    def log_in():
        with SpoiledReplies(kdc.address, spoiled, gone=gone) as front, terminal.changed(kdcs=f'["127.0.0.1:{front.address[1]}"]'):
            seen, signatures = terminal.log_in(card)
        assert signatures == 2
        assert len(front.requests) == 2 or gone  # libkrb5 tries again itself where nobody answers
        assert len(set(front.requests)) == 1
        return seen

    seen = log_in()
    if spoiled == 1 and not gone:
        if seen.codes == ["JPKI-534"]:  # the second reply was the one of 256 that is Heimdal's own: see kinit()
            seen = log_in()
        assert (seen.pam, seen.codes) == ("SUCCESS", []), seen.screen + lab.syslog.text()
        assert f"krbtgt/{REALM}@{REALM}" in as_person("taro", "klist")
    else:
        terminal.has_no_ticket(seen, "JPKI-534")
        assert "the KDC did not prove itself, or its reply cannot be read" in lab.syslog.text()


def test_kdc_dead(insert, terminal, realm):
    with terminal.changed(timeout_seconds=str(SHORT)):
        seen, signatures = terminal.log_in(insert("taro"))
    terminal.has_no_ticket(seen, "JPKI-531")
    assert signatures == 1
    assert seen.seconds < SHORT + 10


@pytest.mark.parametrize("required", [False, True])
def test_kdc_slow(insert, terminal, kdc, required):
    """It stands still: connections are made, and nothing is said."""
    kdc.send(signal.SIGSTOP)
    with terminal.changed(required=str(required).lower(), timeout_seconds=str(SHORT)):
        seen, signatures = terminal.log_in(insert("taro"))
    assert signatures == 1
    assert SHORT - 1 < seen.seconds < SHORT + 10
    if required:
        assert (seen.pam, seen.codes) == ("AUTHINFO_UNAVAIL", ["JPKI-531"]), seen.screen
    else:
        terminal.has_no_ticket(seen, "JPKI-531")


def test_wrong_realm(insert, terminal, kdc):
    with terminal.changed(realm='"OTHER.TEST"'):
        seen, _ = terminal.log_in(insert("taro"))
    terminal.has_no_ticket(seen, "JPKI-532")


@pytest.mark.parametrize("seconds", [600, -600])
def test_clock_of_the_kdc_ten_minutes_away(insert, terminal, realm, other_clock, seconds):
    realm.start(other_clock(seconds))
    try:
        seen, _ = terminal.log_in(insert("taro"))
    finally:
        realm.stop()
    terminal.has_no_ticket(seen, "JPKI-533")


def test_no_line_for_that_card(insert, terminal, realm):
    """The account exists in the domain, and somebody else has a line. A line counts from the next start on."""
    realm.bind("hanako")
    realm.start()
    card = insert("taro")
    try:
        seen, signatures = terminal.log_in(card)
        assert signatures == 2
        terminal.has_no_ticket(seen, "JPKI-532")
        realm.bind(*PEOPLE)
        seen, _ = terminal.log_in(card)
        terminal.has_no_ticket(seen, "JPKI-532")
        realm.stop()
        realm.start()
        seen, _ = terminal.log_in(card)
        assert (seen.pam, seen.codes) == ("SUCCESS", []), seen.screen
    finally:
        realm.bind(*PEOPLE)
        realm.stop()


def test_a_kdc_that_no_anchor_vouches_for(lab, insert, terminal, kdc):
    with terminal.other_anchor():
        seen, signatures = terminal.log_in(insert("taro"))
    terminal.has_no_ticket(seen, "JPKI-534")
    assert "the KDC did not prove itself" in lab.syslog.text()
    assert signatures == 2 and "AS-REQ authtime" in kdc.log()


def test_a_certificate_that_names_the_host(lab, insert, terminal, realm):
    """As controllers of a domain have them. It counts only for a host that is written down."""
    host = f"kdc1.{REALM.lower()}"
    make_certificates(realm.directory / "pki-host", host=host)
    anchor = f'"{realm.directory}/pki-host/kdc-ca.pem"'
    realm.use("pki-host")
    realm.start()
    card = insert("taro")
    try:
        with terminal.changed(kdc_anchors=anchor):
            terminal.has_no_ticket(terminal.log_in(card)[0], "JPKI-534")
        with terminal.changed(kdc_anchors=anchor, kdc_hostnames='["other.city.test"]'):
            terminal.has_no_ticket(terminal.log_in(card)[0], "JPKI-534")
        with terminal.changed(kdc_anchors=anchor, kdc_hostnames=f'["other.city.test", "{host}"]'):
            seen, _ = terminal.log_in(card)
        assert (seen.pam, seen.codes) == ("SUCCESS", []), seen.screen + lab.syslog.text()
    finally:
        realm.stop()
        realm.use()


def kinit(lab, user: str, card: str, environment: dict[str, str]) -> str:
    """What MIT's kinit says: somebody with a card asks without this software. Nothing: it has got a ticket.

    Of 256 shared secrets one begins with a zero octet; Samba's Heimdal then derives another key than RFC 4556 3.2.3.1 (heimdal#1177), kinit
    cannot read the answer and asks for a password. Such an exchange says nothing of the card, and is made once more."""
    at = lab.pki / "cards" / card
    pem = lab.work / f"{card}.pem"
    run("openssl", "x509", "-inform", "DER", "-in", str(at / "auth.der"), "-out", str(pem))
    identity = f"X509_user_identity=FILE:{pem},{at}/auth.key"
    cache = f"FILE:{lab.work}/kinit-cache"
    argv = ("kinit", "-c", cache, "-X", identity, f"{user}@{REALM}")
    said = as_person("root", *argv, environment=environment)
    return as_person("root", *argv, environment=environment) if said.startswith("Password for") else said


def test_what_the_kdc_itself_asks(lab, kdc, krb5_conf):
    """Not whether the card was revoked: the guide warns of it. The name is compared with its case, and somebody else's card is nobody's."""
    assert kinit(lab, "revoked", "revoked", krb5_conf) == ""
    assert "Client name mismatch" in kinit(lab, "Taro", "taro", krb5_conf)
    assert "Client name mismatch" in kinit(lab, "hanako", "taro", krb5_conf)


def test_what_it_makes_of_jpkis_crls(lab, insert, terminal, realm, krb5_conf):
    """Nothing before 4.22, where pkinit_revoke is not looked at. From then on it refuses everybody whose issuer has one: Heimdal takes no
    CRL with a critical extension (hx509_revoke_verify()), and JPKI's say in one for which certificates they speak."""
    crl = lab.pki / "crl/jpki-auth-g3-kasumi.crl"
    assert "Issuing Distribution Point: critical" in run("openssl", "crl", "-inform", "DER", "-in", str(crl), "-noout", "-text")
    realm.use(crls=[crl])
    realm.start()
    try:
        by_hand = [kinit(lab, name, name, krb5_conf) for name in ("taro", "revoked")]
        seen, signatures = terminal.log_in(insert("taro"))
        assert signatures == 2
        if version() < (4, 22):
            assert (by_hand, seen.pam, seen.codes) == (["", ""], "SUCCESS", []), seen.screen + realm.log()
        else:
            assert all("while getting initial credentials" in said for said in by_hand), by_hand
            terminal.has_no_ticket(seen, "JPKI-532")
            assert "Unknown CRL extension" in realm.log()
    finally:
        realm.stop()
        realm.use()
