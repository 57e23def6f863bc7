# SPDX-License-Identifier: LGPL-2.1-or-later
"""The PIN has three tries, then its holder must go to the municipal counter: no try may be spent by accident."""

import pytest
from dialogue import END_OF_INPUT
from lab import PIN
from processes import running, until

WRONG = "9999"


def test_wrong_pin_tells_the_tries_left(lab, insert):
    card = insert("taro")
    seen = lab.pamtester("taro", [WRONG])
    assert (seen.pam, seen.codes[-1:]) == ("AUTH_ERR", ["JPKI-201"]), seen.screen
    assert "3" in seen.prompts[0], "the prompt tells the tries left"
    assert "2" in seen.screen.split(seen.prompts[0], 1)[1], "the refusal tells the tries left"
    assert len(seen.pin_prompts) == 1
    assert card.stats()["verifies"] == 1
    assert card.stats()["auth_tries_left"] == 2


@pytest.mark.parametrize("typed", ["123", "12345", "12a4", " 1234", "1234 ", "一二三四", "A" * 300],
                         ids=["short", "long", "letter", "space-before", "space-after", "kanji", "huge"])
def test_wrong_form_never_reaches_the_card(lab, insert, typed):
    """Asked again, three times in all, then refused."""
    card = insert("taro")
    seen = lab.pamtester("taro", [typed] * 3)
    assert (seen.pam, seen.codes[-1:]) == ("AUTH_ERR", ["JPKI-203"]), seen.screen
    assert len(seen.pin_prompts) == 3
    assert card.stats()["verifies"] == 0


def test_wrong_form_and_then_the_right_pin(lab, insert):
    card = insert("taro")
    seen = lab.pamtester("taro", ["12", PIN])
    assert seen.pam == "SUCCESS", seen.screen
    assert card.stats()["verifies"] == 1


def test_full_width_digits_of_a_japanese_keyboard(lab, insert):
    insert("taro")
    assert lab.pamtester("taro", ["１２３４"]).pam == "SUCCESS"


def test_empty_pin(lab, insert):
    card = insert("taro")
    seen = lab.pamtester("taro", [""])
    assert (seen.pam, seen.codes[-1:]) == ("AUTH_ERR", ["JPKI-204"]), seen.screen
    assert card.stats()["verifies"] == 0


def test_the_terminal_ends_at_the_prompt(lab, insert):
    """End of file: there is nobody to tell anything, and the host hears that its conversation failed."""
    card = insert("taro")
    seen = lab.pamtester("taro", [END_OF_INPUT])
    assert seen.pam == "CONV_ERR", seen.screen
    assert "JPKI-204" in lab.syslog.text()
    assert card.stats()["verifies"] == 0


def spend_two_tries(lab):
    for _ in range(2):
        assert lab.pamtester("taro", [WRONG]).pam == "AUTH_ERR"


@pytest.mark.parametrize("reply", ["no", "", "y"], ids=["no", "empty", "only-y"])
def test_last_try_needs_an_explicit_yes(lab, insert, reply):
    card = insert("taro")
    spend_two_tries(lab)
    card.ctl("stats-reset")
    seen = lab.pamtester("taro", [reply, PIN])
    assert (seen.pam, seen.codes[-1:]) == ("AUTH_ERR", ["JPKI-205"]), seen.screen
    assert card.stats()["verifies"] == 0
    assert card.stats()["auth_tries_left"] == 1


def test_last_try_with_yes_succeeds(lab, insert):
    card = insert("taro")
    spend_two_tries(lab)
    seen = lab.pamtester("taro", ["yes", PIN])
    assert seen.pam == "SUCCESS", seen.screen
    assert card.stats()["auth_tries_left"] == 3


def test_the_try_that_locks_and_the_login_after_it(lab, insert):
    card = insert("taro")
    spend_two_tries(lab)
    seen = lab.pamtester("taro", ["yes", WRONG])
    assert (seen.pam, seen.codes[-1:]) == ("MAXTRIES", ["JPKI-202"]), seen.screen
    assert card.stats()["auth_tries_left"] == 0
    card.ctl("stats-reset")
    seen = lab.pamtester("taro", [PIN])
    assert (seen.pam, seen.codes[-1:]) == ("MAXTRIES", ["JPKI-202"]), seen.screen
    assert not seen.prompts
    assert card.stats()["verifies"] == 0


@pytest.mark.parametrize("status_word", ["6983", "6984"])
def test_a_locked_card_that_does_not_tell_its_tries(lab, insert, status_word):
    """Some cards answer an empty VERIFY on a locked PIN with 6983 or 6984, and OpenSC then drops the card."""
    card = insert("taro", options=("--blocked-empty-verify", "--blocked-sw", status_word))
    spend_two_tries(lab)
    seen = lab.pamtester("taro", ["yes", WRONG])
    assert (seen.pam, seen.codes[-1:]) == ("MAXTRIES", ["JPKI-202"]), seen.screen + lab.syslog.text()
    assert card.stats()["auth_tries_left"] == 0
    card.ctl("stats-reset")
    seen = lab.pamtester("taro", [PIN])
    assert seen.codes[-1:] == ["JPKI-202"], seen.screen + lab.syslog.text()
    assert not seen.prompts
    assert card.stats()["verifies"] == 0


LEFT = {3: "3 tries left", 2: "2 tries left", 1: "last try"}


@pytest.mark.parametrize("status_word", ["6983", "6984", "6F00"])
@pytest.mark.parametrize("left", [3, 2, 1])
def test_tries_that_the_card_no_longer_tells(lab, insert, card_module, left, status_word):
    """From the prompt on, asking for the tries fails. OpenSC shows what it knew before, so what is said next is what was left, less the one
    that was spent. Our module shows what the card said, and nothing is sent."""
    card = insert("taro")
    for _ in range(3 - left):
        assert lab.pamtester("taro", [WRONG]).pam == "AUTH_ERR"

    def type_it():
        card.fault(f"sw=verify-empty:{status_word}")
        return WRONG

    seen = lab.pamtester("taro", [type_it] if left > 1 else ["yes", type_it])
    assert LEFT[left] in seen.prompts[-1]
    locked = card_module.knows_locked_pins and status_word != "6F00"
    if locked or card_module.own:
        assert seen.codes[-1:] == ["JPKI-202" if locked else "JPKI-108"], seen.screen + lab.syslog.text()
        assert card.stats()["auth_tries_left"] == left
        return
    assert card.stats()["auth_tries_left"] == left - 1
    code, words = {3: ("JPKI-201", "2 more wrong PINs lock it"), 2: ("JPKI-201", "You have 1 try left"),
                   1: ("JPKI-202", "The PIN is locked")}[left]
    assert seen.codes[-1:] == [code] and words in seen.screen, seen.screen + lab.syslog.text()


def test_wrong_pin_at_login_asks_once(lab, insert):
    """login(1) must not turn one wrong PIN into several VERIFYs."""
    card = insert("taro")
    seen = lab.login("taro", [WRONG])
    assert len(seen.pin_prompts) == 1
    assert "shell of" not in seen.screen
    assert card.stats()["verifies"] == 1


@pytest.mark.parametrize("operation", ["use_first_pass", "try_first_pass"])
def test_pin_from_an_earlier_module(lab, insert, operation):
    """Without an earlier module there is no PIN: use_first_pass never asks, try_first_pass does."""
    card = insert("taro")
    seen = lab.pamtester("taro", [PIN], service=lab.service("lab-first", f"timeout=6 {operation}"))
    if operation == "use_first_pass":
        assert (seen.pam, seen.prompts) == ("AUTH_ERR", []), seen.screen
        assert card.stats()["verifies"] == 0
    else:
        assert seen.pam == "SUCCESS", seen.screen


def test_who_is_lost_at_the_prompt_is_gone(lab, insert):
    """Of the tests themselves: an answer that fails leaves nobody there, in the way of all that follows."""
    def lost():
        raise LookupError("the test cannot tell what to type")

    insert("taro")
    with pytest.raises(LookupError):
        lab.pamtester("taro", [lost])
    assert not running("pamtester")
    until(lambda: not running("jpki-validator"), "the end of a validator that nobody listens to")
