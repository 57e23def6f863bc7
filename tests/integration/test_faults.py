# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cards that misbehave, and cards that are not what their certificate says."""

import pytest
from lab import PIN

FAULTS = [
    # fault, JPKI codes that may tell it, PINs asked for, most VERIFYs
    ("pulled-before=select", {"JPKI-103", "JPKI-105"}, 0, 0),
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
    ("blocked-auth", {"JPKI-104", "JPKI-202"}, 0, 0),
    ("sw=verify-empty:6984", {"JPKI-104", "JPKI-202"}, 0, 0),
    ("sw=verify-empty:6983", {"JPKI-104", "JPKI-202"}, 0, 0),
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


def test_blocked_signature_pin_is_told_apart_from_no_card(lab, insert):
    """OpenSC drops the whole card when its *signature* PIN answers 6984; the person must not hear "no card"."""
    card = insert("taro")
    card.fault("blocked-sign")
    seen = lab.pamtester("taro", [PIN])
    if seen.pam != "SUCCESS":
        assert (seen.pam, seen.codes[-1:]) == ("AUTHINFO_UNAVAIL", ["JPKI-104"]), seen.screen
        assert card.stats()["verifies"] == 0


def test_the_login_after_a_fault_succeeds(lab, insert):
    card = insert("taro")
    card.fault("bad-signature")
    assert lab.pamtester("taro", [PIN]).pam == "CRED_INSUFFICIENT"
    card.ctl("faults-clear")
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"
