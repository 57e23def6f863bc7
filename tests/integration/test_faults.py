# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cards that misbehave, and cards that are not what their certificate says."""

import pytest
from lab import PIN

FAULTS = [
    # fault, JPKI codes that may tell it, PINs asked for, most VERIFYs
    ("pulled-before=select", {"JPKI-105"}, 0, 0),
    ("pulled-before=read", {"JPKI-105"}, 0, 0),
    ("pulled-inside=read", {"JPKI-105"}, 0, 0),
    ("pulled-before=verify", {"JPKI-105"}, 1, 1),
    ("pulled-inside=verify", {"JPKI-105"}, 1, 1),
    ("pulled-before=sign", {"JPKI-105"}, 1, 1),
    ("pulled-inside=sign", {"JPKI-105"}, 1, 1),
    ("garbage-certificate", {"JPKI-104", "JPKI-109", "JPKI-301"}, 0, 0),
    ("bad-signature", {"JPKI-309"}, 1, 1),
    ("short-signature", {"JPKI-108", "JPKI-309"}, 1, 1),
    ("empty-signature", {"JPKI-108", "JPKI-309"}, 1, 1),
    ("wrong-key", {"JPKI-309"}, 1, 1),
    ("sw=sign:6f00", {"JPKI-108", "JPKI-111"}, 1, 1),
    ("sw=verify:6f00", {"JPKI-108"}, 1, 1),
    ("sw=verify:6984", {"JPKI-108", "JPKI-202"}, 1, 1),
    ("sw=verify:6983", {"JPKI-202"}, 1, 1),
    ("blocked-auth", {"JPKI-202"}, 0, 0),
    ("sw=verify-empty:6984", {"JPKI-202"}, 0, 0),
    ("sw=verify-empty:6983", {"JPKI-202"}, 0, 0),
    ("sw=verify-empty:6F00", {"JPKI-104", "JPKI-108"}, 0, 0),  # OpenSC drops the card, our module says what it answered
]


@pytest.mark.parametrize("fault,codes,prompts,verifies", FAULTS, ids=[row[0] for row in FAULTS])
def test_never_a_success(lab, insert, fault, codes, prompts, verifies):
    card = insert("taro")
    card.ctl("stats-reset")
    card.fault(fault)
    seen = lab.pamtester("taro", [PIN])
    assert seen.pam in ("AUTHINFO_UNAVAIL", "CRED_INSUFFICIENT", "MAXTRIES"), seen.screen
    assert set(seen.codes[-1:]) <= codes and seen.codes, seen.screen + lab.syslog.text()
    assert len(seen.pin_prompts) == prompts
    assert card.stats()["verifies"] <= verifies


def test_replayed_signature(lab, insert):
    """The first login's signature, given again for the second login's challenge."""
    card = insert("taro")
    card.fault("replay-signature")
    first = lab.pamtester("taro", [PIN])
    second = lab.pamtester("taro", [PIN])
    assert first.pam == "SUCCESS", first.screen
    assert (second.pam, second.codes[-1:]) == ("CRED_INSUFFICIENT", ["JPKI-309"]), second.screen


def test_clone_of_the_certificate_with_another_key(lab, insert):
    insert("clone")
    seen = lab.pamtester("taro", [PIN])
    assert (seen.pam, seen.codes[-1:]) == ("CRED_INSUFFICIENT", ["JPKI-309"]), seen.screen


@pytest.mark.parametrize("status_word", ["6983", "6984"])
@pytest.mark.parametrize("fault,code,words", [
    ("blocked-sign", "JPKI-113", "Your PIN for logging in is not locked"),
    ("blocked-auth", "JPKI-202", "The PIN is locked"),
])
def test_a_locked_pin_that_takes_the_card_out_of_opensc(lab, insert, card_module, status_word, fault, code, words):
    """OpenSC drops the whole card when one of its PINs answers 6983 or 6984 where it should tell its tries. Our module never asks
    the signature PIN."""
    card = insert("taro", options=("--blocked-empty-verify", "--blocked-sw", status_word))
    card.fault(fault)
    if card_module.own and fault == "blocked-sign":
        assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"
        return
    seen = lab.pamtester("taro", [PIN])
    assert (seen.codes[-1:], seen.prompts) == ([code], []), seen.screen + lab.syslog.text()
    assert words in seen.screen
    assert card.stats()["verifies"] == 0
    card.ctl("faults-clear")
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"


def test_a_locked_signature_pin_that_tells_its_tries_does_no_harm(lab, insert):
    insert("taro").fault("blocked-sign")
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"


def test_the_login_after_a_fault_succeeds(lab, insert):
    card = insert("taro")
    card.fault("bad-signature")
    assert lab.pamtester("taro", [PIN]).pam == "CRED_INSUFFICIENT"
    card.ctl("faults-clear")
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"
