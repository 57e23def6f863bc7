# SPDX-License-Identifier: LGPL-2.1-or-later
"""A card that is lifted while it is read or used: the commonest mishap of a contactless reader, and told as that."""

import pytest
from lab import PIN

# The N-th command of a login until the PIN is asked for: until OpenSC recognises the card, then to the last bytes of the
# certificate.
RECOGNISING = (1, 2, 4, 6)
READING = (7, 8, 11, 16, 19)
WHILE_USED = ("pulled-before=verify", "pulled-inside=verify", "pulled-before=sign", "pulled-inside=sign")


def removed(lab, seen):
    assert (seen.pam, seen.codes) == ("AUTHINFO_UNAVAIL", ["JPKI-105"]), seen.screen + lab.syslog.text()
    assert "removed too early" in seen.screen


@pytest.mark.parametrize("how", ["pulled-before", "pulled-inside"])
@pytest.mark.parametrize("position", READING)
def test_lifted_while_it_is_read(lab, insert, how, position):
    card = insert("taro")
    card.fault(f"{how}={position}")
    seen = lab.pamtester("taro", [PIN])
    removed(lab, seen)
    assert not seen.prompts
    assert card.stats()["verifies"] == 0
    assert seen.seconds < 2


@pytest.mark.parametrize("position", RECOGNISING)
def test_lifted_before_it_is_recognised(lab, insert, position):
    """OpenSC has asked the reader itself by then: a card that is not there may still be asked for."""
    card = insert("taro")
    card.fault(f"pulled-before={position}")
    seen = lab.pamtester("taro", [PIN])
    assert seen.codes in (["JPKI-103"], ["JPKI-105"]), seen.screen + lab.syslog.text()


@pytest.mark.parametrize("fault", WHILE_USED)
def test_lifted_while_it_is_used(lab, insert, fault):
    card = insert("taro")
    card.fault(fault)
    removed(lab, lab.pamtester("taro", [PIN]))
    assert card.stats()["verifies"] <= 1


@pytest.mark.parametrize("fault,code", [("garbage-certificate", "JPKI-109"), ("sw=read:6F00", "JPKI-109")])
def test_a_card_that_stays_is_told_as_what_it_is(lab, insert, fault, code):
    card = insert("taro")
    card.fault(fault)
    seen = lab.pamtester("taro", [PIN])
    assert seen.codes[-1:] == [code], seen.screen + lab.syslog.text()
