# SPDX-License-Identifier: LGPL-2.1-or-later
"""No card, no reader, no pcscd; and cards that come and go."""

import pwd
import threading

import pexpect
import pytest
from guides import spawn
from lab import PIN, TIMEOUT


def refused(lab, seen, code, pam="AUTHINFO_UNAVAIL"):
    assert (seen.pam, seen.codes[-1:]) == (pam, [code]), seen.screen + lab.syslog.text()
    assert code in lab.syslog.text()


def test_no_card(lab, card_service):
    seen = lab.pamtester("taro")
    refused(lab, seen, "JPKI-103")
    assert not seen.prompts


def test_no_reader(lab):
    service = lab.card_service(readers=False)
    try:
        refused(lab, lab.pamtester("taro"), "JPKI-102")
        seen = lab.pamtester("taro", service=lab.service("lab-wait", "timeout=6 wait_for_card=20"))
        refused(lab, seen, "JPKI-102")
        assert seen.seconds < 15, "nobody can put a card on no reader"
        assert "put your card" not in seen.screen
    finally:
        service.stop()


def test_pcscd_never_started(lab):
    refused(lab, lab.pamtester("taro"), "JPKI-101")


def test_pcscd_killed(lab, card_service, insert):
    insert("taro")
    card_service.kill()
    refused(lab, lab.pamtester("taro"), "JPKI-101")


def test_a_second_card_that_is_no_candidate_does_not_disturb(lab, insert):
    insert("encryption", "taro")
    seen = lab.pamtester("taro", [PIN])
    assert seen.pam == "SUCCESS", seen.screen


def test_card_pulled_at_the_prompt(lab, insert):
    card = insert("taro")

    def pull():
        card.remove()
        return PIN

    seen = lab.pamtester("taro", [pull])
    refused(lab, seen, "JPKI-105")


def test_another_card_put_in_at_the_prompt(lab, insert):
    """The certificate was read from one card; another one must not sign."""
    first = insert("taro")
    second = []

    def swap():
        first.take_away()
        second.append(insert("hanako"))
        return PIN

    seen = lab.pamtester("taro", [swap])
    assert seen.pam != "SUCCESS", seen.screen
    assert second[0].stats()["signs"] == 0
    assert second[0].stats()["verifies"] == 0


def test_wait_for_card(lab, insert):
    """The person is told to insert the card and does so."""
    service = lab.service("lab-wait", "timeout=6 wait_for_card=20")
    card = insert("taro", absent=True)
    threading.Timer(1.0, card.insert).start()
    seen = lab.pamtester("taro", [PIN], service=service)
    assert seen.pam == "SUCCESS", seen.screen
    assert seen.seconds >= 1


@pytest.mark.parametrize("program", [["su", "taro"], ["login", "taro"]])
def test_what_is_typed_ahead_is_not_shown(lab, insert, program):
    """The person types the PIN while the card is still waited for."""
    service = lab.service(program[0], "timeout=6 wait_for_card=20")
    card = insert("taro", absent=True)
    uid = str(pwd.getpwnam("mallory").pw_uid)
    caller = ["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups"] if program[0] == "su" else []
    child = spawn(lab, *caller, *program)
    try:
        child.expect("put your card on the reader")
        child.waitnoecho(10)
        child.send("9753")
        card.insert()
        child.expect(r"PIN \([^)]*\): $")
        assert "9753" not in child.before, child.before
        child.sendline(PIN)
        child.expect("shell of taro")
        child.expect(pexpect.EOF)
    finally:
        child.close()
        lab.service(service, f"timeout={TIMEOUT}")


def test_wait_for_card_ends(lab, insert):
    insert("taro", absent=True)
    service = lab.service("lab-wait", "timeout=6 wait_for_card=2")
    seen = lab.pamtester("taro", [PIN], service=service)
    refused(lab, seen, "JPKI-103")
    assert 2 <= seen.seconds < 15


@pytest.mark.parametrize("option,pam", [("ignore_authinfo_unavail", "PERM_DENIED"), ("", "AUTHINFO_UNAVAIL")])
def test_ignore_authinfo_unavail(lab, card_service, option, pam):
    """PAM_IGNORE from the only module is a refusal by libpam itself."""
    seen = lab.pamtester("taro", service=lab.service("lab-ignore", f"timeout=6 {option}"))
    assert seen.pam == pam, seen.screen
