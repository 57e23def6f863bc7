# SPDX-License-Identifier: LGPL-2.1-or-later
"""A smartphone on the reader: it tells its certificate only after its PIN. Who may use one, what is sent to it, and what is read then.

No real phone was tried. The card counts what it was sent."""

import shutil
import subprocess
from pathlib import Path

import pytest
from card_modules import DROP_IN as MODULES
from card_modules import OPENSC, OWN, CardModule
from card_service import PORT, VirtualCard
from dialogue import converse
from lab import PIN, TIMEOUT
from locker import SESSIONS, LockerService, as_user, sits_here
from test_pkcs11_module import pkcs11_tool

WRONG = "9999"
DROP_IN = Path("/etc/jpki/jpki.toml.d/smartphone.toml")
EVERYBODY = ("taro", "hanako", "saburo", "revoked", "expired")
PHONE = ("--smartphone",)


@pytest.fixture(params=["own"])
def module(request):
    chosen = CardModule(request.param)
    chosen.choose()
    yield chosen
    chosen.leave()


@pytest.fixture
def policy():
    """[smartphone] of this terminal."""
    def write(**lists):
        DROP_IN.write_text("[smartphone]\n" + "".join(f"{key} = {names!r}\n" for key, names in lists.items()))

    yield write
    DROP_IN.unlink(missing_ok=True)


@pytest.fixture
def phone(insert, module, policy):
    """phone("taro"): held to the reader, where everybody may use one."""
    policy(accounts=list(EVERYBODY))
    return lambda name, *more: insert(name, options=(*PHONE, *more))


def asked(phone) -> tuple[int, int]:
    stats = phone.stats()
    return stats["verifies"], stats["signs"]


def refused(lab, user, code, answers=(), *, pam="CRED_INSUFFICIENT", service="lab"):
    seen = lab.pamtester(user, answers, service=service)
    assert (seen.pam, seen.codes[-1:]) == (pam, [code]), seen.screen + lab.syslog.text()
    assert code in lab.syslog.text()
    return seen


def test_the_right_pin_logs_in(lab, phone):
    held = phone("taro")
    seen = lab.pamtester("taro", [PIN])
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    assert len(seen.prompts) == 1
    assert "smartphone" in seen.prompts[0] and "3 tries left" in seen.prompts[0], "the person is told what lies there"
    assert asked(held) == (1, 1)
    assert "medium=smartphone" in lab.syslog.text()


def test_in_japanese(lab, phone):
    phone("taro")
    seen = lab.login("taro", [PIN], language="ja_JP.UTF-8")
    assert "shell of taro" in seen.screen, seen.screen + lab.syslog.text()
    assert "スマートフォン" in seen.prompts[0] and "残り3回" in seen.prompts[0], seen.prompts


def test_a_wrong_pin_costs_one_try(lab, phone):
    held = phone("taro")
    seen = refused(lab, "taro", "JPKI-201", [WRONG], pam="AUTH_ERR")
    assert "2" in seen.screen.split(seen.prompts[0], 1)[1], "the refusal tells the tries left"
    assert asked(held) == (1, 0)
    assert held.stats()["auth_tries_left"] == 2


@pytest.mark.parametrize("typed", ["123", "12345", "12a4", ""], ids=["short", "long", "letter", "empty"])
def test_another_form_never_reaches_it(lab, phone, typed):
    held = phone("taro")
    refused(lab, "taro", "JPKI-203" if typed else "JPKI-204", [typed] * 3, pam="AUTH_ERR")
    assert asked(held) == (0, 0)


def spend_two_tries(lab):
    for _ in range(2):
        refused(lab, "taro", "JPKI-201", [WRONG], pam="AUTH_ERR")


@pytest.mark.parametrize("reply", ["no", "", "y"], ids=["no", "empty", "only-y"])
def test_the_last_try_needs_an_explicit_yes(lab, phone, reply):
    held = phone("taro")
    spend_two_tries(lab)
    refused(lab, "taro", "JPKI-205", [reply], pam="AUTH_ERR")
    assert asked(held) == (2, 0)
    seen = lab.pamtester("taro", ["yes", PIN])
    assert seen.pam == "SUCCESS", seen.screen
    assert "smartphone" in seen.prompts[0] and "Mynaportal" in seen.prompts[0]
    assert held.stats()["auth_tries_left"] == 3


def test_the_try_that_locks_and_the_login_after_it(lab, phone):
    held = phone("taro")
    spend_two_tries(lab)
    refused(lab, "taro", "JPKI-211", ["yes", WRONG], pam="MAXTRIES")
    seen = refused(lab, "taro", "JPKI-211", pam="MAXTRIES")
    assert not seen.prompts and "Mynaportal" in seen.screen
    assert asked(held) == (3, 0)


# --- whose and where ------------------------------------------------------------------------------------

def test_nobody_may_by_default(lab, insert, module):
    held = insert("taro", options=PHONE)
    seen = refused(lab, "taro", "JPKI-116", [PIN])
    assert not seen.prompts
    assert asked(held) == (0, 0)


def test_an_account_that_is_not_named(lab, phone, policy):
    held = phone("taro")
    policy(accounts=["hanako"], groups=["hanako", "nowhere"])
    assert not refused(lab, "taro", "JPKI-515", [PIN]).prompts
    assert asked(held) == (0, 0)


def test_a_member_of_a_group_may(lab, phone, policy):
    held = phone("taro")
    policy(groups=["phones"])
    refused(lab, "taro", "JPKI-515", [PIN])
    assert asked(held) == (0, 0)
    group = Path("/etc/group")
    before = group.read_text()
    group.write_text(before + "phones:x:4711:hanako,taro\n")
    try:
        assert lab.pamtester("taro", [PIN]).pam == "SUCCESS", lab.syslog.text()
    finally:
        group.write_text(before)
    assert asked(held) == (1, 1)


def test_nobody_is_named(lab, phone):
    """The first prompt of login is for the card; no name has been typed."""
    held = phone("taro")
    seen = lab.login(None, [PIN])
    assert "JPKI-117" in seen.screen, seen.screen + lab.syslog.text()
    assert not seen.pin_prompts and "shell of" not in seen.screen
    assert asked(held) == (0, 0)


def test_a_screen_that_shows_no_tries(lab, phone):
    held = phone("taro")
    lab.service("i3lock", f"timeout={TIMEOUT}")
    seen = lab.pamtester("taro", [PIN], service="i3lock")
    assert seen.pam == "CRED_INSUFFICIENT" and "JPKI-116" in lab.syslog.text(), seen.screen + lab.syslog.text()
    assert asked(held) == (0, 0)


# --- what is read after the PIN -------------------------------------------------------------------------

@pytest.mark.parametrize("name,user,pam,code", [
    ("hanako", "taro", "AUTH_ERR", "JPKI-503"),
    ("saburo", "saburo", "USER_UNKNOWN", "JPKI-501"),
    ("revoked", "revoked", "CRED_INSUFFICIENT", "JPKI-401"),
    ("expired", "expired", "CRED_INSUFFICIENT", "JPKI-303"),
    ("impostor", "taro", "CRED_INSUFFICIENT", "JPKI-302"),
    ("no-policy", "taro", "CRED_INSUFFICIENT", "JPKI-328"),
], ids=lambda value: value)
def test_a_certificate_that_logs_nobody_in(lab, phone, name, user, pam, code):
    """The PIN was right and it is refused like a card, by one VERIFY, without a signature."""
    held = phone(name)
    seen = refused(lab, user, code, [PIN], pam=pam)
    assert len(seen.prompts) == 1
    if code in ("JPKI-303", "JPKI-401", "JPKI-501", "JPKI-503"):
        said = seen.screen.split(seen.prompts[0], 1)[1]
        assert "smartphone" in said and "counter" not in said, said
    assert asked(held) == (1, 0)
    assert held.stats()["auth_tries_left"] == 3


@pytest.mark.parametrize("fault,code", [("wrong-key", "JPKI-309"), ("bad-signature", "JPKI-309"),
                                        ("garbage-certificate", "JPKI-301"), ("pulled-before=verify", "JPKI-105"),
                                        ("pulled-inside=verify", "JPKI-105"), ("pulled-before=sign", "JPKI-105"),
                                        ("sw=verify:6F00", "JPKI-108"), ("sw=sign:6F00", "JPKI-108")], ids=lambda value: value)
def test_faults(lab, phone, fault, code):
    held = phone("taro")
    held.ctl(f"fault {fault}")
    seen = lab.pamtester("taro", [PIN])
    assert seen.pam != "SUCCESS" and seen.codes[-1:] == [code], seen.screen + lab.syslog.text()
    assert held.stats()["verifies"] <= 1


def test_taken_away_at_the_prompt(lab, phone):
    held = phone("taro")

    def away():
        held.ctl("remove")
        return PIN

    seen = lab.pamtester("taro", [away])
    assert seen.codes[-1:] == ["JPKI-105"], seen.screen + lab.syslog.text()
    assert held.stats()["verifies"] == 0


def test_a_card_beside_it_is_used(lab, phone):
    """As if the phone were not there."""
    held = phone("hanako")
    card = VirtualCard(lab.work / "beside", [lab.pki / "cards/taro"], port=PORT + 1)
    try:
        seen = lab.pamtester("taro", [PIN])
        assert seen.pam == "SUCCESS" and "smartphone" not in seen.screen, seen.screen + lab.syslog.text()
        assert card.stats()["verifies"] == 1
    finally:
        card.stop()
    assert held.stats()["verifies"] == 0


def test_nobody_guesses_between_two(lab, phone, insert):
    held = insert("taro", "hanako", options=PHONE)
    assert not refused(lab, "taro", "JPKI-106", [PIN], pam="AUTHINFO_UNAVAIL").prompts
    assert held.stats()["verifies"] == 0


# --- other modules and programs -------------------------------------------------------------------------

def test_opensc_knows_no_smartphones(lab, insert, policy):
    """It is told as what it is, also where it would be allowed; and not as a card with a locked PIN."""
    policy(accounts=list(EVERYBODY))
    card_module = CardModule("opensc")
    card_module.choose()
    try:
        held = insert("taro", options=PHONE)
        seen = refused(lab, "taro", "JPKI-116", [PIN])
        assert not seen.prompts
        assert "jpki-pkcs11.so" in lab.syslog.text()
        assert asked(held) == (0, 0)
    finally:
        card_module.leave()


@pytest.mark.parametrize("order", [(OPENSC, OWN), (OWN, OPENSC)], ids=["opensc-first", "ours-first"])
def test_opensc_beside_ours(lab, insert, policy, order):
    policy(accounts=list(EVERYBODY))
    MODULES.write_text(f"[pkcs11]\nmodules = {list(order)!r}\n")
    try:
        held = insert("taro", options=PHONE)
        seen = lab.pamtester("taro", [PIN])
        assert seen.pam == "SUCCESS" and "smartphone" in seen.prompts[0], seen.screen + lab.syslog.text()
        assert asked(held) == (1, 1)
    finally:
        MODULES.unlink()


def test_other_programs_read_it_with_its_pin(lab, insert):
    held = insert("taro", options=PHONE)
    listed = pkcs11_tool(OWN, "--list-objects")
    assert "User Authentication Certificate CA" in listed and "ID:         01" not in listed, listed
    assert held.stats()["verifies"] == 0
    out = lab.work / "phone.der"
    pkcs11_tool(OWN, "--login", "--pin", PIN, "--read-object", "--type", "cert", "--id", "01", "-o", str(out))
    assert out.read_bytes() == (lab.pki / "cards/taro/auth.der").read_bytes()
    out.unlink()
    assert held.stats()["verifies"] == 1
    assert "No errors" in pkcs11_tool(OWN, "--login", "--pin", PIN, "--test")


def test_a_program_of_somebodys_sends_it_no_pin(lab, phone):
    """Through the system's socket: it could try PINs on the phone of whoever holds one to the reader."""
    held = phone("taro")
    service = LockerService(lab.work / "locker.log")
    sits_here("taro")
    seen = converse(as_user("taro", "pamtester", "lab", "taro", "authenticate"), [PIN], environment=lab.environment())
    service.stop()
    shutil.rmtree(SESSIONS)
    assert seen.codes[-1:] == ["JPKI-116"] and not seen.prompts and asked(held) == (0, 0), seen.screen + service.text()


def test_jpkictl_card_takes_none(lab, insert, module):
    held = insert("taro", options=PHONE)
    done = subprocess.run(["jpkictl", "card", "show"], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "JPKI-116" in done.stdout + done.stderr, done.stdout + done.stderr
    assert asked(held) == (0, 0)
