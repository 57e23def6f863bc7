# SPDX-License-Identifier: LGPL-2.1-or-later
"""A renewed card logs in because a source says which certificate it stands in place of, and for no other reason (R9).

"saburo" is a good card that nobody registered: here it is taro's renewed one. His old one is "taro".
"""

import json
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest
from dialogue import converse
from lab import EVIDENCE, HELPER_USER, PIN, SUCCESSION
from ocsp_responder import OcspResponder
from processes import running, status_of, until
from renewed_cards import FEED, OID, RESOLVER, TOLD, der_serial, write_feed

SETTINGS = Path("/etc/jpki/jpki.toml.d/succession.toml")
MAP = Path("/etc/jpki/accounts.map")
OVERLAY = SUCCESSION / "overlay"
ASKED = Path("/tmp/jpki-resolver-asked")
WRONG = "9999"
PLATFORM = """\
[[revocation.source]]
name = "crl"
type = "crl"
[[revocation.source]]
name = "platform"
type = "ocsp"
urls = ["{url}"]
timeout_ms = 1500
nonce = true
"""


def sha256(lab, card):
    return "SHA256:" + subprocess.run(["sha256sum", lab.pki / "cards" / card / "auth.der"], capture_output=True, text=True,
                                      check=True).stdout.split()[0]


def bound(account):
    """The mapping string with which the lab's map binds the account."""
    return next(line.split(None, 1)[1] for line in MAP.read_text().splitlines() if line.split()[:1] == [account])


def write_resolver(body):
    RESOLVER.write_text(f"#!/bin/sh\necho asked >>{ASKED}\n{body}\n")
    RESOLVER.chmod(0o755)


def settings(*, feed=False, resolver=False, ocsp=False, timeout=4000):
    SETTINGS.write_text("[succession]\n" + (f'feed = "{FEED}"\n' if feed else "") + (f'ocsp_extension = "{OID}"\n' if ocsp else "")
                        + (f'resolver = "{RESOLVER}"\nresolver_timeout_ms = {timeout}\n' if resolver else ""))


def serial(lab, card):
    return der_serial(lab.pki / "cards" / card)


def says(*old):
    return "cat >/dev/null\necho jpki-succession 1\n" + "".join(f"echo 'old {one}'\n" for one in old)


@pytest.fixture(autouse=True)
def site(lab):
    """Both sources may be written; none is configured. Everything is as before at the end."""
    saved, info = MAP.read_bytes(), MAP.stat()
    yield
    MAP.write_bytes(saved)
    os.chown(MAP, info.st_uid, info.st_gid)
    MAP.chmod(info.st_mode & 0o7777)
    for path in (SETTINGS, FEED, RESOLVER, ASKED, OVERLAY):
        path.unlink(missing_ok=True)
    assert not running("sleep", "resolver"), "a resolver is left"


@pytest.fixture
def renewed(lab, insert):
    """renewed(): taro logs in with the renewed card in the reader; what was seen."""
    card = insert("saburo")

    def log_in(user="taro", pin=PIN, **options):
        lab.syslog.clear()
        return lab.pamtester(user, [pin], **options)

    log_in.card = card
    return log_in


@pytest.fixture
def platform(lab):
    """A responder that says which certificate was replaced. The site asks it after its CRLs, which decide about the login itself."""
    responder = OcspResponder(lab.pki, lab.work / "succession-ocsp.log")
    lab.sources(PLATFORM.format(url=responder.url))
    settings(ocsp=True)
    yield responder
    responder.stop()
    lab.sources("")
    lab.forget_evidence()


@pytest.fixture
def replaced(lab, insert, platform):
    """The responder, after taro logged in with his old card, and was given the new one."""
    old = insert("taro")
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS", lab.syslog.text()
    old.take_away()
    platform.carry("saburo", OID, serial(lab, "taro"))
    return platform


def refused(seen, lab, why):
    assert (seen.pam, seen.codes[-1:]) == ("USER_UNKNOWN", ["JPKI-501"]), seen.screen
    assert why in lab.syslog.text(), lab.syslog.text()
    assert TOLD not in seen.screen
    assert not OVERLAY.exists()


def jpkictl(*words):
    done = subprocess.run(["jpkictl", "card", "pending", *words, "--json"], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=60, env=os.environ | {"LC_ALL": "C.UTF-8"})
    return done.returncode, json.loads(done.stdout)


# --- it logs in
def test_off_by_default(lab, renewed):
    write_feed(f"{sha256(lab, 'saburo')} {bound('taro')}")
    seen = renewed()
    assert seen.codes[-1:] == ["JPKI-501"], seen.screen
    assert renewed.card.stats()["verifies"] == 0


def test_by_the_feed(lab, renewed):
    """Nobody has to type a name: the feed lies on this machine, so it says whose card it is before the PIN."""
    settings(feed=True)
    write_feed("# renewed today", f"{sha256(lab, 'saburo')} {bound('taro')}")
    seen = lab.login(None, [PIN])
    assert "shell of taro" in seen.screen and TOLD in " ".join(seen.screen.split()), seen.screen
    assert "for 14 more days" in " ".join(seen.screen.split())
    text = OVERLAY.read_text()
    assert text.startswith("jpki-succession 1\npending\t") and text.count("\n") == 2
    assert oct(OVERLAY.stat().st_mode & 0o7777) == "0o600" and OVERLAY.owner() == HELPER_USER
    # From now on without a source, and told once.
    FEED.write_text("")
    seen = renewed()
    assert seen.pam == "SUCCESS" and TOLD not in seen.screen, seen.screen
    assert "succession=known" in lab.syslog.text()


def test_by_the_resolver(lab, renewed):
    settings(resolver=True)
    write_resolver(f"cat >/tmp/jpki-question; cp /tmp/jpki-question {ASKED}.text; rm /tmp/jpki-question\n" + says(bound("taro")))
    seen = renewed()
    question = Path(f"{ASKED}.text")
    asked = question.read_text()
    question.unlink()
    assert seen.pam == "SUCCESS" and TOLD in " ".join(seen.screen.split()), seen.screen
    assert "succession=registered" in lab.syslog.text()
    assert asked.splitlines()[:2] == ["jpki-succession 1", "kind jpki-authentication"]
    assert sha256(lab, "saburo").split(":")[1] in asked
    assert renewed().pam == "SUCCESS" and ASKED.read_text() == "asked\n", "it is asked once"


def test_by_both(lab, renewed):
    settings(feed=True, resolver=True)
    write_feed(f"{sha256(lab, 'saburo')} {bound('taro')}")
    write_resolver(says(bound("taro")))
    assert renewed().pam == "SUCCESS"
    assert ASKED.exists()


def test_by_the_responder(lab, replaced, renewed):
    """It is asked in this login, although the CRL decides, and its serial number leads to the certificate that logged in here."""
    seen = renewed()
    assert seen.pam == "SUCCESS" and TOLD in " ".join(seen.screen.split()), seen.screen + lab.syslog.text()
    assert "succession=registered" in lab.syslog.text() and "revocation=crl:" in lab.syslog.text()
    assert replaced.stats()["nonce"] == 1
    assert f"\t{bound('taro')}" in OVERLAY.read_text().replace("\n", "\t") and OVERLAY.owner() == HELPER_USER
    # The old one goes on for the overlap; nobody is asked again.
    assert renewed().pam == "SUCCESS" and "succession=known" in lab.syslog.text()
    assert replaced.stats()["post"] == 1


def test_by_all_three(lab, replaced, renewed):
    settings(feed=True, resolver=True, ocsp=True)
    write_feed(f"{sha256(lab, 'saburo')} {bound('taro')}")
    write_resolver(says(bound("taro")))
    assert renewed().pam == "SUCCESS", lab.syslog.text()
    assert ASKED.exists() and replaced.stats()["post"] == 1


def test_japanese(lab, renewed):
    settings(feed=True)
    write_feed(f"{sha256(lab, 'saburo')} {bound('taro')}")
    seen = lab.login("taro", [PIN], language="ja_JP.UTF-8")
    assert "shell of taro" in seen.screen and "新しい電子証明書を登録しました" in "".join(seen.screen.split()), seen.screen


# --- the old card
def test_the_old_card(lab, insert):
    """It logs in for as long as the overlap lasts. The clock is not turned: the file says when that was over."""
    settings(feed=True)
    write_feed(f"{sha256(lab, 'saburo')} {bound('taro')}")
    insert("taro")
    now = int(time.time())

    def entry(until):
        thumbprint = subprocess.run(["sha1sum", lab.pki / "cards" / "saburo" / "auth.der"], capture_output=True, text=True,
                                    check=True).stdout.split()[0]
        OVERLAY.write_text(f"jpki-succession 1\npending\t{now - 999}\t{until}\tX509:<SHA1-PUKEY>{thumbprint}\t{bound('taro')}\n")
        OVERLAY.chmod(0o600)
        shutil.chown(OVERLAY, HELPER_USER)
        lab.syslog.clear()
        return lab.pamtester("taro", [PIN])

    assert entry(now + 600).pam == "SUCCESS"
    seen = entry(now - 1)
    assert seen.codes[-1:] == ["JPKI-501"] and not seen.pin_prompts, seen.screen
    assert "succession=over" in lab.syslog.text()


# --- it does not
@pytest.mark.parametrize("lines,why", [
    ([], "no source knows an older certificate"),
    (["{new} none"], "feed says that it stands in place of no other certificate"),
    (["{new} X509:<SKI>0123456789abcdef"], "the older certificate of feed"),
    (["{new} {taro}", "{new} {hanako}"], "the older certificate of feed"),
    (["{new} {taro}", "taro saburo"], ":2: does not begin with a certificate"),
    (["{new} {hanako}"], "another account"),
], ids=["silent", "none", "unbound", "two-people", "wrong-line", "another-person"])
def test_what_a_feed_cannot_do(lab, renewed, lines, why):
    settings(feed=True)
    names = {"new": sha256(lab, "saburo"), "taro": bound("taro"), "hanako": bound("hanako")}
    write_feed(*(line.format(**names) for line in lines))
    refused(renewed(), lab, why)
    assert renewed.card.stats()["verifies"] == 0, "a feed is read before the PIN"


@pytest.mark.parametrize("owner,mode,why", [(2001, 0o640, "not owned by root"), (0, 0o660, "writable by group"),
                                            (0, 0o644, "read")], ids=["foreign", "writable", "readable"])
def test_whose_the_feed_must_be(lab, renewed, owner, mode, why):
    settings(feed=True)
    write_feed(f"{sha256(lab, 'saburo')} {bound('taro')}", owner=owner, mode=mode)
    refused(renewed(), lab, why)


@pytest.mark.parametrize("body,why", [
    ("exec sleep 1000", "it did not answer in time"),
    ("setsid sleep 1000 & exec sleep 1000", "it did not answer in time"),
    ("echo garbage", "does not begin with jpki-succession 1"),
    ("kill -9 $$", "did not end by itself"),
    ("echo jpki-succession 1; echo unknown", "no source knows an older certificate"),
    ("echo jpki-succession 1; echo none", "resolver says that it stands in place of no other"),
    ("echo jpki-succession 1; echo 'old X509:<SKI>0123456789abcdef'", "the older certificate of resolver"),
    ("echo jpki-succession 1; echo 'old {hanako}'", "another account"),
    ("echo jpki-succession 1; echo 'old {taro}'; exit 1", "exit status 1"),
], ids=["hangs", "hangs-with-children", "garbage", "dies", "unknown", "none", "unbound", "another-person", "fails"])
def test_what_a_resolver_cannot_do(lab, renewed, body, why):
    settings(resolver=True, timeout=700 if "sleep" in body else 4000)
    write_resolver(body.replace("{taro}", bound("taro")).replace("{hanako}", bound("hanako")))
    refused(renewed(), lab, why)
    assert ASKED.exists() and not running("sleep"), "what it started is gone"


def test_sources_that_disagree(lab, renewed):
    settings(feed=True, resolver=True)
    write_feed(f"{sha256(lab, 'saburo')} {bound('taro')}")
    write_resolver(says(bound("hanako")))
    refused(renewed(), lab, "different accounts")


@pytest.mark.parametrize("recipe,why", [
    ("stale", "nextUpdate has passed"),
    ("old", "longer ago than max_age"),
    ("corrupt", "the responder's signature of the response"),
    ("foreign-responder", "the CA's signature of the responder's certificate"),
    ("card-signed", "the responder's certificate"),
    ("no-eku", "does not have id-kp-OCSPSigning"),
    ("other-generation", "the CA's signature of the responder's certificate"),
    ("good+good-and-unknown", "the responder does not know the certificate"),
    ("unknown", "the responder does not know the certificate"),
    ("other-serial", "not about this certificate"),
    ("other-issuer", "not about this certificate"),
    ("others-only", "not about this certificate"),
    ("try-later", "tryLater"),
    ("no-nonce", "has no nonce"),
    ("wrong-nonce", "the nonce is not"),
    ("silent", "platform: "),
], ids=lambda value: value if " " not in value else "")
def test_answers_that_do_not_count(lab, replaced, renewed, recipe, why):
    replaced.answer(recipe)
    refused(renewed(), lab, why)


@pytest.mark.parametrize("value,why", [
    (None, "no source knows an older certificate"),
    (b"\x05\x00", "neither a serial number nor a CertID"),
    (b"\x02\x04\x11\x22\x33\x44", "has not logged in to this computer"),
    ("hanako", "has not logged in to this computer"),
    ("saburo", "said to replace itself"),
], ids=["silent", "malformed", "unknown-here", "who-was-never-here", "itself"])
def test_what_a_responder_cannot_say(lab, replaced, renewed, value, why):
    if value is None:
        replaced.reset()
    else:
        replaced.carry("saburo", OID, serial(lab, value) if isinstance(value, str) else value)
    refused(renewed(), lab, why)


def test_another_persons_card_was_replaced(lab, replaced, insert):
    """Who is named is asked for the PIN; the responder says whose card it really was."""
    insert("saburo")
    lab.syslog.clear()
    refused(lab.pamtester("hanako", [PIN]), lab, "another account")


def test_the_old_card_is_away_from_the_map(lab, replaced, renewed):
    subprocess.run(["jpkictl", "card", "revoke", "taro", "--yes"], check=True, capture_output=True)
    refused(renewed(), lab, "the older certificate of ocsp")


def test_the_responder_needs_a_name(lab, replaced, renewed):
    seen = lab.login(None, [])
    assert "JPKI-501" in seen.screen + lab.syslog.text() and replaced.stats()["post"] == 0, seen.screen
    assert "named before the PIN" in lab.syslog.text()


def test_a_responder_that_is_away_lets_no_other_source_decide(lab, replaced, renewed):
    settings(feed=True, ocsp=True)
    write_feed(f"{sha256(lab, 'saburo')} {bound('taro')}")
    replaced.stop()
    refused(renewed(), lab, "ocsp could not tell")


def test_a_responder_that_contradicts(lab, replaced, renewed):
    settings(feed=True, ocsp=True)
    write_feed(f"{sha256(lab, 'saburo')} {bound('hanako')}")
    refused(renewed("hanako"), lab, "different accounts")


def test_who_reads_the_answer_is_confined(lab, replaced, renewed):
    """The responder is silent for a while; what waits for it can no longer start a program or open another file."""
    replaced.answer("delay:1000")
    found = []

    def look():
        try:
            until(lambda: status_of("jpki-succession").get("Seccomp") == "2", "jpki-succession confined")
            found.append(True)
        except AssertionError:
            found.append(False)

    watcher = threading.Thread(target=look)
    watcher.start()
    seen = renewed()
    watcher.join()
    assert seen.pam == "SUCCESS" and found == [True], seen.screen + lab.syslog.text()


def test_no_chain_of_renewals(lab, replaced, renewed, insert):
    """saburo stands in place of taro here; what stands in place of saburo is nobody's until an administrator decided."""
    assert renewed().pam == "SUCCESS", lab.syslog.text()
    text = OVERLAY.read_text()
    replaced.carry("hanako", OID, serial(lab, "saburo"))
    MAP.write_text("".join(line for line in MAP.read_text().splitlines(keepends=True) if not line.startswith("hanako")))
    renewed.card.take_away()
    insert("hanako")
    lab.syslog.clear()
    seen = lab.pamtester("taro", [PIN])
    assert seen.codes[-1:] == ["JPKI-501"] and OVERLAY.read_text() == text, seen.screen
    assert "has not logged in to this computer" in lab.syslog.text(), lab.syslog.text()


def test_what_is_kept_of_a_login(lab, platform, insert):
    """The certificate, under a name that tells nothing; only with the source, and only of a card that a map binds."""
    def kept():
        return [path for path in EVIDENCE.rglob("card-*")]

    insert("taro")
    settings(feed=True)
    write_feed()
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS" and not kept()
    settings(ocsp=True)
    assert lab.pamtester("taro", [WRONG]).codes[-1:] == ["JPKI-201"] and not kept()
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"
    (path,) = kept()
    assert path.read_bytes() == (lab.pki / "cards" / "taro" / "auth.der").read_bytes()
    assert oct(path.stat().st_mode & 0o7777) == "0o600" and path.owner() == HELPER_USER
    assert serial(lab, "taro")[2:].hex() not in path.name


def test_a_wrong_pin_asks_nobody(lab, renewed):
    settings(feed=True, resolver=True)
    write_feed(f"{sha256(lab, 'saburo')} {bound('taro')}")
    write_resolver(says(bound("taro")))
    seen = renewed(pin=WRONG)
    assert seen.codes[-1:] == ["JPKI-201"], seen.screen
    assert not ASKED.exists() and not OVERLAY.exists()
    assert renewed().pam == "SUCCESS" and ASKED.exists()


def test_the_resolver_needs_a_name(lab, renewed):
    settings(resolver=True)
    write_resolver(says(bound("taro")))
    seen = lab.login(None, [])
    assert "JPKI-501" in seen.screen + lab.syslog.text() and not ASKED.exists(), seen.screen
    assert "named before the PIN" in lab.syslog.text()


@pytest.mark.parametrize("group", ("wheel:x:979:taro", "disk:x:979:taro", "incus-admin:x:979:taro", "Domain Admins:x:979:taro", "mine:x:0:taro"))
def test_nobody_who_administers_the_machine(lab, renewed, group):
    settings(feed=True)
    write_feed(f"{sha256(lab, 'saburo')} {bound('taro')}")
    groups = Path("/etc/group")
    saved = groups.read_text()
    try:
        groups.write_text(f"{saved}{group}\n")
        refused(renewed(), lab, "privileged")
    finally:
        groups.write_text(saved)


def test_the_check_tells_what_is_wrong(lab):
    def said():
        return subprocess.run(["/usr/libexec/jpki/jpki-validator", "--check"], capture_output=True, text=True, timeout=60).stdout

    settings(feed=True, resolver=True)
    write_feed("taro saburo")
    write_resolver("exit 0")
    RESOLVER.chmod(0o775)
    text = said()
    assert f"{FEED}:1: does not begin with a certificate" in text and f"{RESOLVER}: writable by group" in text, text
    write_feed(f"{sha256(lab, 'saburo')} {bound('taro')}")
    RESOLVER.chmod(0o755)
    assert "renewed cards are refused" not in said() and f"{SUCCESSION}: 0 renewed card(s)" in said()
    OVERLAY.write_text("x\n")
    OVERLAY.chmod(0o600)
    shutil.chown(OVERLAY, HELPER_USER)
    assert f"error: JPKI-505 {OVERLAY}:1: " in said(), said()


# --- the administrator
def register(lab, renewed):
    settings(feed=True)
    write_feed(f"{sha256(lab, 'saburo')} {bound('taro')}")
    assert renewed().pam == "SUCCESS"
    status, report = jpkictl("list")
    assert status == 0
    return report["pending"][0]


def test_approve(lab, renewed):
    shown = register(lab, renewed)
    assert (shown["account"], shown["state"]) == ("taro", "pending")
    assert shown["id"] in OVERLAY.read_text() and len(shown["id"]) == 12
    old = bound("taro")
    status, report = jpkictl("approve", shown["id"], "--dry-run")
    assert status == 0 and report["result"] == "would-approve" and bound("taro") == old
    status, report = jpkictl("approve", shown["id"])
    assert (status, report["result"]) == (0, "approved"), report
    assert bound("taro") == "X509:<SHA1-PUKEY>" + subprocess.run(
        ["sha1sum", lab.pki / "cards" / "saburo" / "auth.der"], capture_output=True, text=True).stdout.split()[0]
    assert old not in MAP.read_text(), "the old registration was taken back"
    assert jpkictl("list")[1] == {"pending": []}
    FEED.unlink()
    SETTINGS.unlink()
    assert renewed().pam == "SUCCESS", "registered for good"
    assert jpkictl("approve", shown["id"])[0] == 1


def test_refuse(lab, renewed):
    shown = register(lab, renewed)
    status, report = jpkictl("refuse", shown["id"])
    assert (status, report["result"]) == (0, "refused-for-ever"), report
    assert [one["state"] for one in jpkictl("list")[1]["pending"]] == ["refused"]
    for _ in range(2):  # also with the source that still says so
        seen = renewed()
        assert seen.codes[-1:] == ["JPKI-501"] and "an administrator refused this pair" in lab.syslog.text(), seen.screen
    assert jpkictl("refuse", shown["id"])[0] == 1 and jpkictl("approve", shown["id"])[0] == 1


def test_an_old_registration_that_is_gone(lab, renewed):
    """The overlay binds nobody by itself."""
    shown = register(lab, renewed)
    subprocess.run(["jpkictl", "card", "revoke", "taro", "--yes"], check=True, capture_output=True)
    seen = renewed()
    assert seen.codes[-1:] == ["JPKI-501"] and not seen.pin_prompts, seen.screen
    assert jpkictl("approve", shown["id"])[0] == 1


def test_an_approval_that_broke_off_is_finished(lab, renewed):
    """The new certificate is in the map, the older one no more, and the entry is there still."""
    shown = register(lab, renewed)
    waiting = OVERLAY.read_text()
    assert jpkictl("approve", shown["id"])[0] == 0
    OVERLAY.write_text(waiting)
    status, report = jpkictl("approve", shown["id"])
    assert (status, report["result"]) == (0, "approved"), report
    assert jpkictl("list")[1] == {"pending": []} and renewed().pam == "SUCCESS"


def test_a_renewed_card_is_taken_back(lab, renewed):
    register(lab, renewed)
    old = bound("taro")
    done = subprocess.run(["jpkictl", "card", "revoke", "--card", "--yes"], capture_output=True, text=True)
    assert done.returncode == 0 and str(OVERLAY) in done.stdout, done.stdout + done.stderr
    assert bound("taro") == old and [one["state"] for one in jpkictl("list")[1]["pending"]] == ["refused"]
    assert renewed().codes[-1:] == ["JPKI-501"]


def test_what_root_sees_at_a_terminal(lab, renewed):
    shown = register(lab, renewed)
    seen = converse(["jpkictl", "card", "pending", "list"], [], environment=lab.environment() | {"LC_ALL": "C.UTF-8"}, within=60)
    assert seen.status == 0 and shown["id"] in seen.screen and "taro" in seen.screen, seen.screen
    everything = seen.screen + OVERLAY.read_text()
    holder = subprocess.run(["openssl", "x509", "-inform", "DER", "-in", lab.pki / "cards" / "saburo" / "auth.der", "-noout", "-subject",
                             "-serial"], capture_output=True, text=True, check=True).stdout.splitlines()
    for personal in (holder[0].rsplit("=", 1)[1].strip(), holder[1].split("=", 1)[1]):
        assert personal.lower() not in everything.lower()
