# SPDX-License-Identifier: LGPL-2.1-or-later
"""Readers as they are, which vpcd is not: testkit/ifdhandler plays them in a real pcscd, with the virtual card in them."""

import pytest
from lab import PIN
from played_reader import PlayedReader


@pytest.fixture
def reader(lab):
    return PlayedReader(lab.work / "reader", lab.build)


@pytest.fixture
def card_service(lab, reader):
    service = lab.card_service(readers=reader.configuration)
    yield service
    service.stop()


def logs_in(lab, card) -> None:
    seen = lab.pamtester("taro", [PIN])
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    assert card.stats()["verifies"] == 1


def is_refused(lab, card, code, *, verifies, answers=(PIN,)) -> None:
    seen = lab.pamtester("taro", answers)
    assert seen.codes == [code], seen.screen + lab.syslog.text()
    stats = card.stats()
    assert (stats["verifies"], stats["auth_tries_left"]) == (verifies, 3)


READERS = {
    "plain": {},
    "notices at once": {"notices": "at-once"},
    "tells nothing of its sizes": {"short_apdus": "yes"},
    "tells that it takes short commands alone": {"longest_apdu": 0, "short_apdus": "yes"},
    "tells more than it takes": {"longest_apdu": 65544, "short_apdus": "yes"},
    "takes what it tells": {"longest_apdu": 65544},
    "takes a little more than short commands": {"longest_apdu": 1024},
    "T=0": {"more_data": 256, "short_apdus": "yes"},
    "T=0 in small pieces": {"more_data": 17, "short_apdus": "yes"},
    "T=0 with an exact Le": {"exact_le": "yes", "short_apdus": "yes"},
    "T=0 as bad as it gets": {"more_data": 100, "exact_le": "yes", "short_apdus": "yes", "longest_apdu": 65544},
}


@pytest.mark.parametrize("kind", READERS)
def test_every_reader_logs_in(lab, reader, insert, card_module, kind):
    """OpenSC's driver of this card does not fetch a signature: what it gives out was made by nobody."""
    reader.behave(**READERS[kind])
    card = insert("taro")
    if "more_data" in READERS[kind] and not card_module.own:
        is_refused(lab, card, "JPKI-309", verifies=1)
    else:
        logs_in(lab, card)
