# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hosts as they are set up in the field: login(1) that calls again and again, the recipe for card or password."""

import re
from pathlib import Path

import pexpect
import pytest
from guides import PASSWORD, TOP, ends, fences, give_password, spawn
from lab import PIN, TIMEOUT


@pytest.fixture
def patient_login():
    """Debian's own LOGIN_RETRIES: after a refusal login(1) clears PAM_USER and calls again at once."""
    defs = Path("/etc/login.defs")
    saved = defs.read_text()
    defs.write_text(re.sub(r"LOGIN_RETRIES\s+1\n", "LOGIN_RETRIES 5\n", saved))
    yield
    defs.write_text(saved)


def test_a_refused_card_does_not_log_in_its_own_holder(lab, insert, patient_login):
    insert("taro")
    child = spawn(lab, "login", "hanako")
    assert child.expect([r"JPKI-503", "PIN"]) == 0, "somebody else's card gets no prompt"
    assert child.expect([r"login: $", "PIN", "shell of"]) == 0, "the person is asked who logs in"
    child.sendline("taro")
    child.expect(r"PIN \(4 digits, 3 tries left\): $")
    child.sendline(PIN)
    child.expect("shell of taro")
    child.expect(pexpect.EOF)
    child.close()


def test_no_card_gives_time_to_bring_one(lab, insert, patient_login):
    card = insert("taro", absent=True)
    child = spawn(lab, "login", "taro")
    child.expect(r"JPKI-103")
    assert child.expect([r"login: $", r"JPKI-103"]) == 0, "login(1) must not run through its tries at once"
    card.insert()
    card.ctl("wait", "present", "10")
    child.sendline("taro")
    child.expect(r"PIN \(4 digits, 3 tries left\): $")
    child.sendline(PIN)
    child.expect("shell of taro")
    child.expect(pexpect.EOF)
    child.close()


def recipe() -> str:
    """The guide's common-auth, with the lab's time-out."""
    (text,) = (text for _, name, text in fences(TOP / "doc/pam-recipes.md") if name == "card-or-password")
    return text.replace("wait_for_card=5", "wait_for_card=1 timeout=6 where_unknown=local")


@pytest.fixture
def common_auth(lab):
    """The recipe as a service, and a password for taro and hanako."""
    service = Path("/etc/pam.d/lab-recipe")
    service.write_text(recipe())
    saved = give_password("taro", "hanako", "revoked")
    yield service.name
    service.unlink()
    Path("/etc/shadow").write_text(saved)


def test_the_recipe_card_and_pin(lab, insert, common_auth):
    insert("taro")
    assert ends(lab, common_auth, "taro", {"PIN": PIN})[:2] == (["PIN"], True)


def test_the_recipe_wrong_pin_is_the_end(lab, insert, common_auth):
    insert("taro")
    assert ends(lab, common_auth, "taro", {"PIN": "9999", "password": PASSWORD})[:2] == (["PIN"], False)


@pytest.mark.parametrize("card,user", [("revoked", "revoked"), ("hanako", "taro"), ("saburo", "taro")])
def test_the_recipe_bad_card_is_the_end(lab, insert, common_auth, card, user):
    insert(card)
    assert ends(lab, common_auth, user, {"password": PASSWORD})[:2] == ([], False)


def test_the_recipe_no_card_goes_on_to_the_password(lab, card_service, common_auth):
    assert ends(lab, common_auth, "taro", {"password": PASSWORD})[:2] == (["password"], True)
    assert ends(lab, common_auth, "taro", {"password": "wrong"})[:2] == (["password"], False)


@pytest.mark.parametrize("logind", [True, False])
def test_where_nothing_tells_a_machine_with_logind_refuses(lab, insert, logind):
    """Nobody is logged in, no terminal is named, and no option says what is meant then."""
    card = insert("taro")
    sessions = Path("/run/systemd/sessions")
    lab.service("unknown", f"timeout={TIMEOUT}", place="")
    if logind:
        sessions.mkdir(parents=True)
    try:
        seen = lab.pamtester("taro", [PIN], service="unknown")
    finally:
        if logind:
            sessions.rmdir()
        (Path("/etc/pam.d") / "unknown").unlink()
    assert (seen.codes, card.stats()["verifies"]) == ((["JPKI-112"], 0) if logind else ([], 1)), seen.screen + lab.syslog.text()
