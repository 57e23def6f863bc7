# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two cards in two readers: which is meant says the user's name, or the person; a PIN never goes to a card that nobody chose."""

import json
import re
from pathlib import Path

import pexpect
import pytest
from guides import spawn
from lab import CARD_NOTES, PIN
from processes import running, until
from test_sudo import Sudo, card_only  # noqa: F401

MAP = Path("/etc/jpki/accounts.map")
CHOICE = re.compile(r"Which card|カードの番号")
LIST = ("1: MyNumber card in Virtual PCD 00 00", "2: MyNumber card in Virtual PCD 00 01")


def verifies(card) -> list[int]:
    """What each of two cards was asked to verify."""
    return [json.loads(card.ctl(f"@{index}", "stats"))["verifies"] for index in (0, 1)]


def choices(seen) -> list[str]:
    return [prompt for prompt in seen.prompts if CHOICE.search(prompt)]


@pytest.fixture(autouse=True)
def no_login_yet():
    for note in CARD_NOTES.glob("login-*"):
        note.unlink()


@pytest.fixture
def both_are_taros(lab):
    """The other card is registered for taro as well."""
    kept = MAP.read_text()
    lines = [re.sub(r"^hanako\b", "taro", line) for line in kept.splitlines(keepends=True)]
    assert "".join(lines) != kept
    MAP.write_text("".join(lines))
    yield
    MAP.write_text(kept)


@pytest.mark.parametrize("user,spent", [("taro", [1, 0]), ("hanako", [0, 1])])
def test_the_user_who_is_named_chooses(lab, insert, user, spent):
    card = insert("taro", "hanako")
    seen = lab.su(user, [PIN])
    assert f"shell of {user}" in seen.screen, seen.screen + lab.syslog.text()
    assert not choices(seen) and verifies(card) == spent


@pytest.mark.parametrize("number,user,spent", [("1", "taro", [1, 0]), ("2", "hanako", [0, 1]), ("２", "hanako", [0, 1])])
def test_without_a_name_the_person_chooses(lab, insert, number, user, spent):
    card = insert("taro", "hanako")
    seen = lab.login(None, [number, PIN])
    assert f"shell of {user} in /home/{user}" in seen.screen, seen.screen + lab.syslog.text()
    assert verifies(card) == spent
    before, after = seen.screen.split("your PIN:", 1)
    assert all(line in before.splitlines() for line in LIST), before
    assert number not in after.split("\n", 1)[0], "the answer shows"
    for name in ("taro", "hanako", "山田"):
        assert name not in before, "a bystander reads a name"


def test_in_japanese(lab, insert):
    insert("taro", "hanako")
    seen = lab.login(None, ["1", PIN], language="ja_JP.UTF-8")
    assert "1: Virtual PCD 00 00のマイナンバーカード\n" in seen.screen and "番号を入力" in seen.prompts[0], seen.screen
    assert "shell of taro" in seen.screen, seen.screen


def test_the_last_login_tells_a_card_from_another(lab, insert):
    insert("taro", "hanako")
    assert "shell of hanako" in lab.su("hanako", [PIN]).screen
    seen = lab.login(None, ["2", PIN])
    assert LIST[1] + ", last login here within 24 hours\n" in seen.screen, seen.screen
    assert "shell of hanako" in seen.screen, seen.screen


@pytest.mark.parametrize("wrong", ["", "3", "0", "12", "a", "いち"])
def test_a_wrong_answer_is_asked_again(lab, insert, wrong):
    card = insert("taro", "hanako")
    seen = lab.login(None, [wrong, "1", PIN])
    assert "shell of taro" in seen.screen, seen.screen
    assert len(choices(seen)) == 2 and "from 1 to 2" in seen.screen
    assert verifies(card) == [1, 0]


def test_three_wrong_answers_are_refused(lab, insert):
    card = insert("taro", "hanako")
    seen = lab.login(None, ["", "3", PIN])
    assert len(choices(seen)) == 3 and len(seen.prompts) == 3, seen.screen
    assert seen.codes[-1:] == ["JPKI-106"] and "shell of" not in seen.screen, seen.screen
    assert verifies(card) == [0, 0]


def test_a_pin_that_is_typed_there_is_not_seen_and_goes_nowhere(lab, insert):
    card = insert("taro", "hanako")
    seen = lab.login(None, [PIN, "1", "9999"])
    assert len(choices(seen)) == 2, seen.screen
    assert verifies(card) == [1, 0], "that of the PIN prompt alone"
    assert PIN not in seen.screen and PIN not in lab.syslog.text()
    # What was typed is a VERIFY of its own, not the PIN that was typed before.
    assert seen.codes[-1:] == ["JPKI-201"], seen.screen


def test_ctrl_c_at_the_choice(lab, insert, both_are_taros):
    """It ends pamtester, which leaves it as it is; Debian 13's login ignores it."""
    card = insert("taro", "hanako")
    child = spawn(lab, "pamtester", "lab", "taro", "authenticate")
    child.expect(r"your PIN: $")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    until(lambda: not running("jpki-validator"), "the end of the validator")  # which sees that its caller is gone
    assert verifies(card) == [0, 0]


@pytest.mark.parametrize("pulled,code", [(0, "JPKI-105"), (1, "")])
def test_a_card_is_pulled_during_the_choice(lab, insert, pulled, code):
    card = insert("taro", "hanako")

    def pull():
        card.ctl(f"@{pulled}", "remove")
        card.ctl(f"@{pulled}", "wait", "absent", "10")
        return "1"

    seen = lab.login(None, [pull, PIN])
    assert ("shell of taro" in seen.screen) == (not code), seen.screen + lab.syslog.text()
    assert seen.codes[-1:] == ([code] if code else []), seen.screen
    assert verifies(card) == ([0, 0] if code else [1, 0])


def test_two_cards_of_one_user_are_asked_about(lab, insert, both_are_taros):
    card = insert("taro", "hanako")
    seen = lab.su("taro", ["2", PIN])
    assert "shell of taro" in seen.screen, seen.screen + lab.syslog.text()
    assert len(choices(seen)) == 1 and verifies(card) == [0, 1]


def test_sudo_asks_on_one_line(lab, insert, both_are_taros, card_only):  # noqa: F811
    card = insert("taro", "hanako")
    sudo = Sudo(lab)
    line = sudo.read(r"not PIN\): $")
    assert line.startswith("Which card? 1 = Virtual PCD 00 00, 2 = Virtual PCD 00 01") and len(line) <= 80, line
    sudo.type(PIN)
    assert sudo.read(r"not PIN\): $").startswith("Only a number from 1 to 2. "), sudo.screen
    sudo.type("2")
    sudo.read(r"PIN \([^)]*\): $")
    sudo.type(PIN)
    assert "uid=0" in sudo.end(), sudo.screen + lab.syslog.text()
    assert verifies(card) == [0, 1] and PIN not in sudo.screen


@pytest.mark.parametrize("screen", ["one-answer", "blind", "unknown"])
def test_where_no_question_is_read_nobody_is_asked(lab, insert, both_are_taros, screen):
    card = insert("taro", "hanako")
    seen = lab.pamtester("taro", ["1", PIN], service=lab.service("lab-screen", f"timeout=6 screen={screen}"))
    assert "JPKI-106" in lab.syslog.text() and seen.pam == "AUTHINFO_UNAVAIL", seen.screen
    assert not choices(seen) and verifies(card) == [0, 0]


@pytest.mark.parametrize("cards,user,code", [(("hanako", "jiro"), "taro", "JPKI-503"), (("revoked", "hanako"), "revoked", "JPKI-401"),
                                             (("saburo", "hanako"), "saburo", "JPKI-501")])
def test_who_has_no_usable_card_there_is_told_why(lab, insert, cards, user, code):
    card = insert(*cards)
    seen = lab.pamtester(user, [PIN])
    assert seen.codes[-1:] == [code] and not seen.prompts, seen.screen + lab.syslog.text()
    assert verifies(card) == [0, 0]
