# SPDX-License-Identifier: LGPL-2.1-or-later
"""A mistake in the configuration refuses every login, and the log says where it is and what to do."""

import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from lab import HELPER_USER, PIN

JPKI_TOML = Path("/etc/jpki/jpki.toml")
VALIDATOR = Path("/usr/libexec/jpki/jpki-validator")


@pytest.fixture
def etc():
    """/etc/jpki may be broken by a test; it is put back."""
    saved = Path("/etc/jpki.saved")
    shutil.copytree("/etc/jpki", saved, symlinks=True)
    owners = {p: os.lstat(p) for p in [Path("/etc/jpki"), *Path("/etc/jpki").rglob("*")]}
    yield Path("/etc/jpki")
    shutil.rmtree("/etc/jpki")
    shutil.copytree(saved, "/etc/jpki", symlinks=True)
    for path, was in owners.items():
        os.chown(path, was.st_uid, was.st_gid)
        os.chmod(path, was.st_mode & 0o7777)
    shutil.rmtree(saved)


def refused(lab, code, pam="AUTHINFO_UNAVAIL"):
    seen = lab.pamtester("taro", [PIN])
    assert (seen.pam, seen.codes[-1:]) == (pam, [code]), seen.screen + lab.syslog.text()
    assert not seen.prompts
    log = lab.syslog.text()
    assert code in log
    return log


def append(text):
    return lambda etc: JPKI_TOML.write_text(JPKI_TOML.read_text() + text)


def replace_by_symlink(etc):
    target = etc / "elsewhere.toml"
    JPKI_TOML.rename(target)
    JPKI_TOML.symlink_to(target)


BROKEN = [
    ("unknown-key", append("\n[unheard]\nof = 1\n"), r"jpki\.toml:\d+: .*unheard"),
    ("syntax", append("\n[login\n"), r"jpki\.toml:\d+"),
    ("group-writable", lambda etc: JPKI_TOML.chmod(0o664), r"jpki\.toml: .*writable"),
    ("foreign-owner", lambda etc: os.chown(JPKI_TOML, pwd.getpwnam("mallory").pw_uid, 0), r"jpki\.toml: .*own"),
    ("symlink", replace_by_symlink, r"jpki\.toml: .*link"),
    ("missing", lambda etc: JPKI_TOML.unlink(), r"jpki\.toml"),
    ("directory-writable", lambda etc: etc.chmod(0o777), r"/etc/jpki.*writable"),
    ("drop-in-wrong-type", lambda etc: (etc / "jpki.toml.d" / "zz.toml").write_text("[login]\nkinds = 7\n"),
     r"jpki\.toml\.d/zz\.toml:2: .*kinds"),
    ("drop-in-unknown-kind", lambda etc: (etc / "jpki.toml.d" / "zz.toml").write_text("[login]\nkinds = ['nonsense']\n"),
     r"jpki\.toml\.d/zz\.toml:2: .*nonsense"),
]


@pytest.mark.parametrize("name,break_it,log_pattern", BROKEN, ids=[row[0] for row in BROKEN])
def test_broken_configuration(lab, insert, etc, name, break_it, log_pattern):
    card = insert("taro")
    break_it(etc)
    log = refused(lab, "JPKI-601")
    assert re.search(log_pattern, log), log
    assert card.stats()["verifies"] == 0


def test_anchors_missing(lab, insert, etc):
    insert("taro")
    shutil.rmtree(etc / "anchors.d")
    refused(lab, "JPKI-602")


def test_anchor_exchanged(lab, insert, etc):
    """The certificate beside an anchor's rule is not the one whose fingerprint was typed."""
    insert("taro")
    certificates = sorted(p for p in (etc / "anchors.d").iterdir() if p.suffix != ".toml")
    shutil.copyfile(certificates[0], certificates[-1])
    refused(lab, "JPKI-602")


def test_generation_retired_by_the_admin(lab, insert, etc):
    """R3: the CA certificate of generation 2 is still valid, but its administrative window is over."""
    card = insert("jiro")
    anchor = etc / "anchors.d" / "jpki-auth-g2.toml"
    anchor.write_text(anchor.read_text() + "accept_until = 2024-01-01T00:00:00+09:00\n")
    seen = lab.pamtester("jiro", [PIN])
    assert (seen.pam, seen.codes[-1:]) == ("CRED_INSUFFICIENT", ["JPKI-307"]), seen.screen
    assert card.stats()["verifies"] == 0


def test_account_map_readable_by_all(lab, insert, etc):
    insert("taro")
    (etc / "accounts.map").chmod(0o644)
    refused(lab, "JPKI-505")


def test_account_map_missing(lab, insert, etc):
    insert("taro")
    (etc / "accounts.map").unlink()
    refused(lab, "JPKI-505")


def test_a_wrong_line_of_the_account_map_stops_nobody_else(lab, insert, etc):
    insert("taro")
    with (etc / "accounts.map").open("a") as lines:
        lines.write("hanako X509:<SKI>half a ke\n")
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"


def test_what_a_login_can_do_without_is_logged(lab, insert, etc):
    """One bad file stops nobody: a certificate that is none, a calendar that is gone."""
    insert("taro")
    intermediates = etc / "intermediates.d"
    intermediates.mkdir(exist_ok=True)
    (intermediates / "broken.pem").write_text("no certificate")
    (etc / "jpki.toml.d" / "zz.toml").write_text(
        '[[revocation.source]]\nname = "lists"\ntype = "crl"\nholidays = "/etc/jpki/gone.txt"\n')
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"
    log = lab.syslog.text()
    assert "broken.pem" in log and "gone.txt" in log, log


OPENSC_CONF = Path("/usr/share/jpki/opensc.conf")


def test_without_our_opensc_conf_nobody_logs_in(lab, insert):
    """OpenSC would go on without it, and leave the card PIN-verified."""
    card = insert("taro")
    saved = OPENSC_CONF.rename(OPENSC_CONF.with_name("saved"))
    try:
        assert "opensc.conf" in refused(lab, "JPKI-601")
    finally:
        saved.rename(OPENSC_CONF)
    assert card.stats()["verifies"] == 0


def self_check():
    done = subprocess.run([VALIDATOR, "--check"], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_the_self_check_of_a_good_installation(lab):
    status, text = self_check()
    assert status == 0 and "0 error(s)" in text, text


def unreadable(path):
    def break_it(etc):
        os.chown(path, 0, 0)
        path.chmod(0o600)
    return break_it


CHECKS = [
    ("map", unreadable(Path("/etc/jpki/accounts.map")), "JPKI-505 /etc/jpki/accounts.map"),
    ("map-line", lambda etc: (etc / "accounts.map").write_text("# staff\ntaro X509:<SKI>abc\n"),
     "JPKI-505 /etc/jpki/accounts.map:2: <SKI>"),
    ("config", unreadable(JPKI_TOML), "JPKI-601 /etc/jpki/jpki.toml"),
    ("anchors", lambda etc: shutil.rmtree(etc / "anchors.d"), "JPKI-602"),
    ("module", lambda etc: (etc / "jpki.toml.d" / "zz.toml").write_text("[pkcs11]\nmodules = ['/nowhere.so']\n"),
     "JPKI-110 /nowhere.so"),
    ("index", lambda etc: (etc / "jpki.toml.d" / "zz.toml").write_text("[revocation]\nindex = '/nowhere/crl.idx'\n"),
     "JPKI-402 /nowhere"),
]


@pytest.mark.parametrize("name,break_it,line", CHECKS, ids=[row[0] for row in CHECKS])
def test_the_self_check_tells_what_a_login_would_trip_over(lab, etc, name, break_it, line):
    break_it(etc)
    status, text = self_check()
    assert status == 1 and f"error: {line}" in text, text


def test_the_self_check_tells_of_a_key_for_everybody(lab, etc):
    (etc / "pseudonym.key").chmod(0o644)
    status, text = self_check()
    assert status == 1 and "error: JPKI-405 /etc/jpki/pseudonym.key" in text, text


def test_the_self_check_warns_of_what_a_login_does_without(lab, etc):
    (etc / "intermediates.d").mkdir(exist_ok=True)
    (etc / "intermediates.d" / "x.pem").write_text("junk\n")
    status, text = self_check()
    assert status == 0 and "warning: /etc/jpki/intermediates.d/x.pem" in text, text
    assert "logins work without it" in text, text


def test_the_self_check_warns_of_readers_that_no_module_can_use(lab, etc):
    seat = "[[seat]]\nname = 'remote'\nopened_by = ['xrdp-sesman']\npcsc_socket = '/run/jpki-sessions/{uid}/pcscd.comm'\n"
    for modules, useless in (("['opensc-pkcs11.so']", False), ("['/nowhere.so']", True)):
        (etc / "jpki.toml.d" / "zz.toml").write_text(f"[pkcs11]\nmodules = {modules}\n{seat}")
        _, text = self_check()
        told = "warning: [[seat]] remote: nobody can use its readers (JPKI-110): pcsc_socket needs opensc-pkcs11.so or jpki-pkcs11.so"
        assert (told in text) == useless, text


def test_the_self_check_tells_which_source_is_asked(lab, etc):
    (etc / "jpki.toml.d" / "zz.toml").write_text(
        "[[revocation.source]]\nname = 'platform'\ntype = 'ocsp'\nsegment = 'lgwan'\n"
        "[[revocation.source]]\nname = 'list'\ntype = 'crl'\n")
    status, text = self_check()
    assert status == 0 and "source platform (ocsp): not asked: only for segment lgwan; this terminal has none" in text, text
    assert "source list (crl): in service" in text and "revoked certificate(s) remembered" in text, text


def test_account_below_min_uid(lab, insert):
    insert("taro")
    seen = lab.pamtester("taro", [PIN], service=lab.service("lab-min-uid", "timeout=6 min_uid=60000"))
    assert (seen.pam, seen.codes[-1:]) == ("USER_UNKNOWN", ["JPKI-504"]), seen.screen


def test_unknown_option_is_logged_and_harmless(lab, insert):
    insert("taro")
    seen = lab.pamtester("taro", [PIN], service=lab.service("lab-option", "timeout=6 no_such_option"))
    assert seen.pam == "SUCCESS", seen.screen
    assert "no_such_option" in lab.syslog.text()


@pytest.fixture
def validator():
    saved = VALIDATOR.with_name("saved")
    shutil.copy2(VALIDATOR, saved)
    yield VALIDATOR
    VALIDATOR.unlink(missing_ok=True)
    saved.rename(VALIDATOR)


def test_validator_missing(lab, insert, validator):
    insert("taro")
    validator.unlink()
    refused(lab, "JPKI-603")


def test_validator_not_executable(lab, insert, validator):
    insert("taro")
    validator.chmod(0o644)
    refused(lab, "JPKI-603")


@pytest.mark.parametrize("script,code", [("exit 0", "JPKI-604"), ("printf 'HTTP/1.1 200 OK\\r\\n' >&0", "JPKI-604"),
                                         ("exec sleep 100", "JPKI-605")], ids=["ends-at-once", "talks-nonsense", "silent"])
def test_validator_exchanged(lab, insert, validator, script, code):
    insert("taro")
    validator.write_text(f"#!/bin/sh\n{script}\n")
    refused(lab, code)


def test_helper_user_missing(lab, insert):
    insert("taro")
    passwd = Path("/etc/passwd")
    saved = passwd.read_text()
    passwd.write_text("".join(line for line in saved.splitlines(True) if not line.startswith(f"{HELPER_USER}:")))
    try:
        refused(lab, "JPKI-607")
    finally:
        passwd.write_text(saved)
