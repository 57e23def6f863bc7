# SPDX-License-Identifier: LGPL-2.1-or-later
"""What people registered on one computer, for the administrator of another: jpkictl card pending key, export and import.

The lab is both computers, one after the other. "saburo" is a good card and an account that nobody has bound to each other.
"""

import base64
import json
import os
import platform
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from big_crl import revoke
from lab import HELPER_USER, PIN, run
from test_self_registration import MAP, OVERLAY, card, entries, host, settings, site, thumbprint, write_overlay  # noqa: F401

KEY, HOSTS, STORE = Path("/etc/jpki/request.key"), Path("/etc/jpki/request-hosts.d"), Path("/var/lib/jpki/requests")
HOST = platform.node()
CRL = Path("/var/lib/jpki/revocation/jpki-auth-g3-kasumi.crl")


@pytest.fixture(autouse=True)
def clean(site):  # noqa: F811
    yield
    remove_all()


def remove_all():
    for path in (HOSTS, STORE):
        shutil.rmtree(path, ignore_errors=True)
    KEY.unlink(missing_ok=True)


def pending(*words, give=None):
    """jpkictl card pending …: its status, what it printed, what it complained about."""
    done = subprocess.run(["jpkictl", "card", "pending", *map(str, words)], capture_output=True, text=True, timeout=60, input=give or "",
                          env=os.environ | {"LC_ALL": "C.UTF-8"})
    return done.returncode, done.stdout, done.stderr


def listed():
    return json.loads(pending("list", "--json")[1])["pending"]


def make_known():
    """This computer's key, where requests are taken from it."""
    status, pem, err = pending("key")
    assert status == 0 and pem.startswith("-----BEGIN PUBLIC KEY-----"), err
    HOSTS.mkdir(exist_ok=True)
    (HOSTS / f"{HOST}.pem").write_text(pem)


def asked(lab, card="saburo", account="saburo", state="asked", old=None):
    """A line of the overlay, as a login writes it."""
    der = (lab.pki / "cards" / card / "auth.der").read_bytes()
    last = (f"account={account}",) if old is None else old
    return (state, thumbprint(lab, card), *last, f"certificate={base64.b64encode(der).decode()}")


def exported(lab, *lines):
    """What the other computer's root typed; afterwards this is the one that takes requests."""
    make_known()
    write_overlay(*lines)
    status, text, err = pending("export")
    assert (status, err) == (0, ""), err
    OVERLAY.unlink()
    return text


def sign(lab, text, key=KEY):
    """The request with these lines and a signature of its own."""
    lines = text[:text.index("signature=")]
    (lab.work / "signed").write_text(lines)
    run("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", str(key), "-in", str(lab.work / "signed"), "-out", str(lab.work / "signature"))
    return lines + "signature=" + base64.b64encode((lab.work / "signature").read_bytes()).decode() + "\n"


def with_line(text, name, value):
    return "".join(f"{name}={value}\n" if line.startswith(f"{name}=") else line + "\n" for line in text.splitlines())


def is_refused(text, why, status=1):
    found, out, err = pending("import", "-", give=text)
    assert (found, out) == (status, "") and why in err, (found, out, err)
    assert not list(STORE.glob("*.request")) and listed() == []


def line_of(account):
    return next(line.split()[1] for line in MAP.read_text().splitlines() if line.startswith(f"{account} "))


def before_map(lab):
    return (lab.pki / "accounts.map").read_text()


# --- how it is meant
def test_from_the_prompt_to_the_map_of_another_computer(lab, card, host):  # noqa: F811
    settings("own-card")
    host("authenticate", "setcred", user="taro")
    assert pending("export")[0] == 2 and "jpkictl card pending key" in pending("export")[2]
    make_known()
    assert oct(KEY.stat().st_mode & 0o7777) == "0o600" and pending("key")[1] == (HOSTS / f"{HOST}.pem").read_text()
    status, text, err = pending("export")
    assert (status, err, text.count("jpki-request 1")) == (0, "", 1) and "\naccount=taro\n" in text and PIN not in text
    OVERLAY.unlink()
    MAP.write_text("".join(line for line in MAP.read_text().splitlines(keepends=True) if not line.startswith("taro ")))
    status, out, err = pending("import", "-", give=text)
    digits = thumbprint(lab, "saburo")[17:29]
    assert (status, err, out) == (0, "", f"taro: the card {digits} waits for your decision; {HOST} asks for it\n")
    one, = listed()
    assert (one["id"], one["state"], one["account"], one["host"]) == (digits, "asked", "taro", HOST)
    assert oct(STORE.stat().st_mode & 0o7777) == "0o700" and [file.stat().st_mode & 0o7777 for file in STORE.glob("*.request")] == [0o600]
    assert lab.pamtester("taro", [PIN]).codes == ["JPKI-501"]  # nothing of it lets anybody in
    before = MAP.read_text()
    assert pending("approve", digits, "--dry-run")[0] == 0 and MAP.read_text() == before
    status, out, err = pending("approve", digits)
    assert (status, err) == (0, "") and out == f"taro: the card {digits} is registered\n"
    assert MAP.read_text().splitlines()[-1].split()[0] == "taro" and listed() == []
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"
    is_refused(text, "was approved before")


def test_a_renewed_card(lab, insert):
    text = exported(lab, asked(lab, state="pending", old=(thumbprint(lab, "taro"), line_of("taro"))))
    assert "\nproven=pin succession\n" in text
    assert pending("import", "-", give=text)[0] == 0
    one, = listed()
    assert (one["account"], one["state"], one["until"]) == ("taro", "pending", "-")
    assert pending("approve", one["id"])[0] == 0
    assert len([line for line in MAP.read_text().splitlines() if line.startswith("taro ")]) == 1 and line_of("taro") not in before_map(lab)
    insert("saburo")
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"


def test_a_directory_of_requests(lab):
    drop = lab.work / "drop"
    drop.mkdir()
    make_known()
    (drop / "one").write_text(exported(lab, asked(lab)))
    (drop / "two").write_text("not one of them\n")
    status, out, err = pending("import", drop, "--json")
    first, second = json.loads(out)["requests"]
    assert status == 1 and (first["result"], second["result"]) == ("waiting", "refused") and "nothing of it was taken" in second["cause"]
    assert pending("import", "/nonexistent")[0] == 2
    shutil.rmtree(drop)


def test_what_is_registered_no_longer_waits(lab):
    make_known()
    MAP.write_text(MAP.read_text() + f"saburo {thumbprint(lab, 'saburo')}\n")
    no_certificate = asked(lab, card="jiro", account="mallory")[:-1]
    MAP.write_text("".join(line for line in MAP.read_text().splitlines(keepends=True) if not line.startswith("jiro ")))
    write_overlay(asked(lab), no_certificate, asked(lab, card="revoked", account="revoked", state="refused")[:-1])
    status, out, err = pending("export")
    assert (status, out) == (0, "") and "is registered now" in err and "was not kept" in err
    assert [entry[0] for entry in entries()] == ["asked", "refused"]


# --- what is refused
def test_who_asks(lab):
    text = exported(lab, asked(lab))
    other = lab.work / "other.key"
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", str(other))
    is_refused(sign(lab, text, other), "did not sign this")
    is_refused(with_line(text, "account", "hanako"), "did not sign this")
    is_refused(with_line(text, "host", "elsewhere"), "no requests are taken from this computer")
    is_refused(text.replace("\n", "\r\n"), "nothing of it was taken")
    (HOSTS / "elsewhere.pem").write_text(run("openssl", "pkey", "-in", str(other), "-pubout"))
    is_refused(with_line(text, "host", "elsewhere"), "did not sign this")
    is_refused(sign(lab, with_line(text, "host", "elsewhere")), "did not sign this")  # one computer in another's name
    (HOSTS / f"{HOST}.pem").chmod(0o666)
    is_refused(text, "writable", status=2)
    (HOSTS / f"{HOST}.pem").unlink()
    is_refused(text, "no requests are taken from this computer")


@pytest.mark.parametrize("days, why", [(-15, "more than 14 days ago"), (1, "in the future")])
def test_when_it_was_made(lab, days, why):
    text = exported(lab, asked(lab))
    is_refused(sign(lab, with_line(text, "made", int(time.time()) + days * 86400)), why)


@pytest.mark.parametrize("account", ["root", "daemon", HELPER_USER, "nobody-here"])
def test_nobody_with_privileges(lab, account):
    is_refused(exported(lab, asked(lab, account=account)), "administers something, or this computer does not know it")


def test_nobody_who_administers(lab):
    group = Path("/etc/group")
    before = group.read_text()
    text = exported(lab, asked(lab))
    group.write_text(before.replace("\nsudo:x:27:", "\nsudo:x:27:saburo"))
    try:
        assert group.read_text() != before
        is_refused(text, "administers something")
    finally:
        group.write_text(before)


@pytest.mark.parametrize("card, code", [("revoked", "JPKI-401"), ("expired", "JPKI-303"), ("impostor", "JPKI-30"), ("web-server", "JPKI-")])
def test_a_card_that_cannot_log_in(lab, card, code):  # noqa: F811
    MAP.write_text("".join(line for line in MAP.read_text().splitlines(keepends=True) if not line.startswith(f"{card} ")))
    is_refused(exported(lab, asked(lab, card=card)), code)


def test_a_card_or_account_that_is_taken(lab):
    text = exported(lab, asked(lab))
    MAP.write_text(MAP.read_text() + f"hanako {thumbprint(lab, 'saburo')}\n")
    is_refused(text, "hanako")
    MAP.write_text(before_map(lab))
    is_refused(exported(lab, asked(lab, account="taro")), "has a card already")
    renewed = exported(lab, asked(lab, state="pending", old=(line_of("hanako"),)))
    is_refused(sign(lab, with_line(renewed, "account", "taro")), "the older card")


def test_two_for_one(lab):
    text = exported(lab, asked(lab))
    assert pending("import", "-", give=text)[0] == 0
    for again, why in ((text, "waits for a decision here already"), (exported(lab, asked(lab, account="mallory")), "for another account"),
                       (exported(lab, asked(lab, card="jiro")), "another card waits")):
        status, _, err = pending("import", "-", give=again)
        assert status == 1 and why in err, err
    assert len(listed()) == 1


def test_revoked_meanwhile(lab):
    """What held when it came does not count when an administrator agrees."""
    assert pending("import", "-", give=exported(lab, asked(lab)))[0] == 0
    before, saved = MAP.read_text(), CRL.read_bytes()
    CRL.write_bytes(revoke(CRL, lab.pki / "ca/jpki-auth-g3/key.pem", lab.pki / "cards/saburo/auth.der"))
    try:
        lab.compile_crls()
        status, _, err = pending("approve", listed()[0]["id"])
    finally:
        CRL.write_bytes(saved)
        lab.compile_crls()
        run("jpkictl", "revocation", "forget", str(lab.pki / "cards/saburo/auth.der"))
    assert status == 1 and "JPKI-401" in err and MAP.read_text() == before and len(listed()) == 1


def test_refused_for_ever(lab):
    text = exported(lab, asked(lab))
    assert pending("import", "-", give=text)[0] == 0
    status, out, _ = pending("refuse", listed()[0]["id"])
    assert status == 0 and "no computer can ask for it for this account again" in out and listed() == []
    later = sign(lab, with_line(with_line(text, "asked", int(time.time()) + 60), "made", int(time.time()) + 60))
    for again in (text, later):
        is_refused(again, "an administrator refused this card")
