# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whatever hangs, the person hears why within the time limit: in this login and in the next one."""

import sys
import time
from pathlib import Path

import pytest
from lab import PIN, TIMEOUT
from processes import Server

HOLD_READER = str(Path(__file__).with_name("hold_reader.py"))

GRACE = 8  # seconds for starting programs on a busy machine


def ends_in_time(lab, codes, answers=(), *, user="taro"):
    seen = lab.pamtester(user, answers, within=TIMEOUT + 20)
    assert seen.pam == "AUTHINFO_UNAVAIL", seen.screen
    assert seen.codes[-1] in codes, seen.screen + lab.syslog.text()
    assert seen.seconds < TIMEOUT + GRACE
    return seen


def test_pcscd_hangs(lab, card_service, insert):
    """The service is to blame, not the card."""
    insert("taro")
    card_service.hang()
    seen = ends_in_time(lab, {"JPKI-101"})
    assert "service is not running or does not answer" in seen.screen


@pytest.mark.parametrize("command,prompts", [("select", 0), ("read", 0), ("verify", 1), ("sign", 1)])
def test_card_falls_silent(lab, insert, command, prompts):
    card = insert("taro")
    card.fault(f"silent={command}")
    seen = ends_in_time(lab, {"JPKI-107"}, [PIN])
    assert len(seen.pin_prompts) == prompts
    assert card.stats()["verifies"] <= 1
    if command == "sign":  # the next login: pcscd answers, but for its reader, until the card is pulled
        ends_in_time(lab, {"JPKI-107"})


@pytest.mark.parametrize("how", ["transaction", "exclusive"])
def test_another_program_holds_the_reader(lab, insert, how):
    card = insert("taro")
    holder = Server([sys.executable, HOLD_READER, how], lab.work / "holder.log", ready=b"held")
    try:
        ends_in_time(lab, {"JPKI-104", "JPKI-107", "JPKI-111"}, [PIN])
        assert card.stats()["verifies"] == 0
    finally:
        holder.stop()
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"


def test_a_silent_card_pulled_and_put_back_works_again(lab, insert):
    card = insert("taro")
    card.fault("silent=sign")
    ends_in_time(lab, {"JPKI-107"}, [PIN])
    card.ctl("faults-clear")
    card.remove()
    card.insert()
    card.ctl("wait", "present", "10")
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"


def test_the_persons_time_is_not_the_machines(lab, insert):
    """Looking for the PIN longer than the machine's time limit is no time-out."""
    def slowly():
        time.sleep(TIMEOUT + 1)
        return PIN

    insert("taro")
    seen = lab.pamtester("taro", [slowly])
    assert seen.pam == "SUCCESS", seen.screen
