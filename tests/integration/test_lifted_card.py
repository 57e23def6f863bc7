# SPDX-License-Identifier: LGPL-2.1-or-later
"""A card that is lifted while it is read or used: the commonest mishap of a contactless reader, and told as that."""

import pytest
from lab import PIN, TIMEOUT

# The N-th command of a login until the PIN is asked for: until the module recognises the card, then to the last bytes of the
# certificate. Our module has sent everything by the tenth.
RECOGNISING = {"opensc": (1, 2, 4, 6), "own": (1,)}
READING = {"opensc": (7, 8, 11, 16, 19), "own": (2, 3, 4, 6, 7)}
WHILE_USED = ("pulled-before=verify", "pulled-inside=verify", "pulled-before=sign", "pulled-inside=sign")


def removed(lab, seen):
    assert (seen.pam, seen.codes) == ("AUTHINFO_UNAVAIL", ["JPKI-105"]), seen.screen + lab.syslog.text()
    assert "removed too early" in seen.screen


@pytest.mark.parametrize("how", ["pulled-before", "pulled-inside"])
@pytest.mark.parametrize("position", range(5))
def test_lifted_while_it_is_read(lab, insert, card_module, how, position):
    card = insert("taro")
    card.fault(f"{how}={READING[card_module.name][position]}")
    seen = lab.pamtester("taro", [PIN])
    removed(lab, seen)
    assert not seen.prompts
    assert card.stats()["verifies"] == 0
    assert seen.seconds < TIMEOUT


def test_lifted_before_it_is_recognised(lab, insert, card_module):
    """pcscd knew the card before a module was loaded, so it is not told as one that never lay there, however late anybody looks."""
    card = insert("taro")
    for position in RECOGNISING[card_module.name]:
        card.insert()
        card.ctl("wait", "present", "10")
        card.fault(f"pulled-before={position}")
        removed(lab, lab.pamtester("taro", [PIN]))


@pytest.mark.parametrize("fault", WHILE_USED)
def test_lifted_while_it_is_used(lab, insert, fault):
    card = insert("taro")
    card.fault(fault)
    removed(lab, lab.pamtester("taro", [PIN]))
    assert card.stats()["verifies"] <= 1


@pytest.mark.parametrize("fault,codes", [("garbage-certificate", {"opensc": "JPKI-109", "own": "JPKI-301"}),
                                         ("sw=read:6F00", {"opensc": "JPKI-109", "own": "JPKI-108"})])
def test_a_card_that_stays_is_told_as_what_it_is(lab, insert, card_module, fault, codes):
    """OpenSC shows a certificate that it cannot read as none."""
    card = insert("taro")
    card.fault(fault)
    seen = lab.pamtester("taro", [PIN])
    assert seen.codes[-1:] == [codes[card_module.name]], seen.screen + lab.syslog.text()
