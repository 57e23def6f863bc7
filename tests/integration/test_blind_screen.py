# SPDX-License-Identifier: LGPL-2.1-or-later
"""A screen that shows nothing: whoever is told "wrong" types the same again. The same digits cost one try, and the last one is
never spent; a screen that shows how many are left is where the person goes on."""

import shutil

import pytest
from lab import PIN, TIMEOUT, CARD_NOTES

WRONG, OTHER = "9999", "8888"


@pytest.fixture
def blind(lab):
    yield lab.service("i3lock", f"timeout={TIMEOUT}")
    for note in CARD_NOTES.glob("*"):
        note.unlink()


def refusal(lab, service, pin):
    """The code in the log; nothing is on the screen."""
    before = len(lab.syslog.text())
    seen = lab.pamtester("taro", [pin], service=service)
    assert not seen.codes, seen.screen
    assert len(seen.prompts) <= 1, seen.prompts
    if seen.pam == "SUCCESS":
        return "SUCCESS"
    log = lab.syslog.text()[before:]
    return next(word for line in log.splitlines() if " service=i3lock " in line for word in line.split()
                if word.startswith("JPKI-"))


def test_the_same_wrong_pin_costs_one_try(lab, insert, blind):
    card = insert("taro")
    assert refusal(lab, blind, WRONG) == "JPKI-201"
    for _ in range(3):
        assert refusal(lab, blind, WRONG) == "JPKI-207"
    assert card.stats()["verifies"] == 1
    assert refusal(lab, blind, PIN) == "SUCCESS"
    assert card.stats()["verifies"] == 2


def test_the_last_try_is_left_for_a_screen_that_shows_it(lab, insert, blind):
    card = insert("taro")
    assert [refusal(lab, blind, pin) for pin in (WRONG, OTHER, PIN)] == ["JPKI-201", "JPKI-201", "JPKI-205"]
    assert (card.stats()["verifies"], card.stats()["auth_tries_left"]) == (2, 1)
    assert lab.pamtester("taro", ["yes", PIN]).pam == "SUCCESS"
    assert refusal(lab, blind, PIN) == "SUCCESS"
    assert card.stats()["verifies"] == 4


def test_what_was_wrong_elsewhere_is_known(lab, insert, blind):
    card = insert("taro")
    assert lab.pamtester("taro", [WRONG]).codes[-1:] == ["JPKI-201"]
    assert refusal(lab, blind, WRONG) == "JPKI-207"
    assert card.stats()["verifies"] == 1


def test_the_right_pin_makes_all_forgotten(lab, insert, blind):
    insert("taro")
    assert refusal(lab, blind, WRONG) == "JPKI-201"
    notes = list(CARD_NOTES.glob("pins-*"))
    assert [note.stat().st_mode & 0o777 for note in notes] == [0o600]
    assert WRONG.encode() not in notes[0].read_bytes() and "taro" not in notes[0].name
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"
    assert not list(CARD_NOTES.glob("pins-*"))


def test_without_its_memory_nothing_is_tried(lab, insert, blind):
    card = insert("taro")
    shutil.move(CARD_NOTES, "/run/jpki/elsewhere")
    try:
        assert refusal(lab, blind, PIN) == "JPKI-606"
        assert "systemd-tmpfiles --create" in lab.syslog.text()
        assert card.stats()["verifies"] == 0
        assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"  # a screen that shows tries needs none
    finally:
        shutil.move("/run/jpki/elsewhere", CARD_NOTES)


def test_where_nobody_is_nobody_is_asked(lab, insert):
    card = insert("taro")
    seen = lab.pamtester("taro", [PIN], service=lab.service("cron", f"timeout={TIMEOUT}"))
    assert (seen.pam, seen.prompts) == ("AUTHINFO_UNAVAIL", []), seen.screen
    assert "JPKI-206 nobody-to-ask service=cron" in lab.syslog.text()
    assert card.stats()["verifies"] == 0
