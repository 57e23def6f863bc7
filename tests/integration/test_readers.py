# SPDX-License-Identifier: LGPL-2.1-or-later
"""Readers as they are, which vpcd is not: testkit/ifdhandler plays them in a real pcscd, with the virtual card in them."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from card_modules import OWN
from lab import PIN, TIMEOUT, run
from played_reader import NAME, PlayedReader
from processes import Server, status_of, until
from test_pkcs11_module import OFF, PROXY, TOKEN
from test_timeouts import HOLD_READER


@pytest.fixture
def reader(lab):
    return PlayedReader(lab.work / "reader", lab.build)


@pytest.fixture
def card_service(lab, reader, request):
    """pcscd asks a reader once how it notices a card."""
    if "notices" in request.fixturenames:
        reader.behave(notices=request.getfixturevalue("notices"))
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


own_module = pytest.mark.own_module  # OpenSC has nothing of it


@own_module
def test_an_extended_length_saves_five_reads(lab, reader, insert):
    reader.behave(**READERS["takes what it tells"])
    card = insert("taro")
    logs_in(lab, card)
    stats = card.stats()
    assert (stats["reads"], stats["apdus"]) == (1, 10)


def test_a_card_that_knows_no_short_identifiers(lab, insert, card_module):
    """Our module's first read names its file; where that is refused, the file is selected: two commands more."""
    card = insert("taro", options=("--no-short-identifiers",))
    card.ctl("stats-reset")
    logs_in(lab, card)
    if card_module.own:
        stats = card.stats()
        assert (stats["selects"], stats["reads"], stats["apdus"]) == (6, 7, 17)


# --- a PIN that is typed on the reader ----------------------------------------------------------------------
BY_KEYS = '[[token]]\nname = "pinpad"\nlabel = "JPKI*"\npin_entry = "reader"\n'


@pytest.fixture
def by_keys(card_module):
    """jpki.toml has the PIN typed on the reader. OpenSC's driver of this card cannot: it is told not to try (conf/opensc.conf)."""
    drop_in = Path("/etc/jpki/jpki.toml.d/pinpad.toml")
    drop_in.write_text(BY_KEYS)
    yield card_module
    drop_in.unlink()


def counts(card) -> tuple[int, int]:
    stats = card.stats()
    return stats["verifies"], stats["auth_tries_left"]


def test_a_pin_typed_on_the_reader(lab, reader, insert, by_keys):
    """What is typed at the computer goes nowhere."""
    reader.behave(pinpad="yes", keys=PIN)
    card = insert("taro")
    seen = lab.pamtester("taro", ["9999"])
    if not by_keys.own:
        assert (seen.codes, seen.prompts, counts(card)) == (["JPKI-601"], [], (0, 3)), seen.screen + lab.syslog.text()
        return
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    assert len(seen.prompts) == 1 and "keys of the card reader" in seen.prompts[0] and "3 tries left" in seen.prompts[0]
    assert counts(card) == (1, 3)


@own_module
def test_a_pin_typed_at_leisure(lab, reader, insert, by_keys):
    """While the reader waits, nothing else does: the time is the person's."""
    reader.behave(**reader.with_keys())
    card = insert("taro")

    def enter() -> str:
        reader.press_later(PIN)
        return ""

    seen = lab.pamtester("taro", [enter])
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    assert counts(card) == (1, 3)


@own_module
def test_wrong_pins_on_the_reader_go_by_the_same_rules(lab, reader, insert, by_keys):
    reader.behave(pinpad="yes", keys="9999")
    card = insert("taro")
    for left in (2, 1):
        seen = lab.pamtester("taro", [""])
        assert seen.codes == ["JPKI-201"] and f"{left}" in seen.screen, seen.screen + lab.syslog.text()
        assert counts(card) == (3 - left, left)
    seen = lab.pamtester("taro", ["no"])
    assert (seen.codes, counts(card)) == (["JPKI-205"], (2, 1)), seen.screen + lab.syslog.text()
    assert "Only 1 try is left" in seen.prompts[0] and len(seen.prompts) == 1
    reader.behave(pinpad="yes", keys=PIN)
    seen = lab.pamtester("taro", ["yes", ""])
    assert (seen.pam, counts(card)) == ("SUCCESS", (3, 3)), seen.screen + lab.syslog.text()
    assert "last try" in seen.prompts[1]


@own_module
def test_a_pin_that_locks_itself_on_the_reader(lab, reader, insert, by_keys):
    reader.behave(pinpad="yes", keys="9999")
    card = insert("taro")
    for answers, code in (([""], "JPKI-201"), ([""], "JPKI-201"), (["yes", ""], "JPKI-202"), ([], "JPKI-202")):
        seen = lab.pamtester("taro", answers)
        assert seen.codes == [code], seen.screen + lab.syslog.text()
    assert counts(card) == (3, 0)


@own_module
@pytest.mark.parametrize("keys,code", [("cancel", "JPKI-204"), ("timeout", "JPKI-204"), ("short", "JPKI-203")])
def test_nothing_was_typed_on_the_reader(lab, reader, insert, by_keys, keys, code):
    reader.behave(pinpad="yes", keys=keys)
    card = insert("taro")
    seen = lab.pamtester("taro", [""])
    assert (seen.codes, counts(card)) == ([code], (0, 3)), seen.screen + lab.syslog.text()
    reader.behave(pinpad="yes", keys=PIN)
    assert lab.pamtester("taro", [""]).pam == "SUCCESS"


@own_module
def test_the_card_is_lifted_while_its_pin_is_typed(lab, reader, insert, by_keys):
    reader.behave(**reader.with_keys())
    card = insert("taro")

    def lift() -> str:
        reader.when_it_waits(lambda: card.ctl("remove"))
        return ""

    seen = lab.pamtester("taro", [lift])
    assert (seen.codes, card.stats()["verifies"]) == (["JPKI-105"], 0), seen.screen + lab.syslog.text()


def test_a_reader_without_keys(lab, insert, by_keys):
    """It is refused before anything is asked for, and the log says what is wrong."""
    card = insert("taro")
    seen = lab.pamtester("taro", [PIN])
    assert (seen.codes, seen.prompts, counts(card)) == (["JPKI-601"], [], (0, 3)), seen.screen + lab.syslog.text()
    assert "CKF_PROTECTED_AUTHENTICATION_PATH" in lab.syslog.text()


def test_a_reader_with_keys_that_are_not_used(lab, reader, insert, card_module):
    reader.behave(pinpad="yes", keys="9999")
    logs_in(lab, insert("taro"))


@own_module
def test_a_screen_that_shows_nothing_spends_one_try_at_most(lab, reader, insert, by_keys):
    """A locker's: the reader alone asks for the PIN."""
    reader.behave(pinpad="yes", keys=PIN)
    card = insert("taro")
    blind = lab.service("i3lock", f"timeout={TIMEOUT}")
    seen = lab.pamtester("taro", [""], service=blind)
    assert counts(card)[0] <= 1, seen.screen + lab.syslog.text()


def test_other_programs_use_the_keys_where_p11_kit_says_so(lab, reader, insert):
    reader.behave(pinpad="yes", keys=PIN)
    card = insert("taro")
    OFF.parent.mkdir(parents=True, exist_ok=True)
    OFF.write_text(f"module: {OWN}\nx-init-reserved: pin=on-reader\n")
    try:
        done = subprocess.run(("pkcs11-tool", "--module", str(PROXY), *TOKEN, "--login", "--list-objects", "--type", "privkey"),
                              capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    finally:
        OFF.unlink()
    assert done.returncode == 0 and "Private Key Object" in done.stdout, done.stdout + done.stderr
    assert counts(card) == (1, 3)


# --- a card that flutters in the field of a contactless reader -----------------------------------------------
# The command at which it goes: recognising, reading, and what comes after the PIN. OpenSC shows what it cannot read as no card, or
# as a card without a certificate.
FLUTTER = {"own": {"JPKI-105", "JPKI-108"}, "opensc": {"JPKI-104", "JPKI-105", "JPKI-108", "JPKI-109"}}


@pytest.mark.parametrize("notices", ["poll", "at-once"])
@pytest.mark.parametrize("command", [1, 2, 4, 6, 8, 9, 10, 11, 13, 15])
def test_a_card_that_flutters(lab, reader, card_service, insert, card_module, notices, command):
    """The login ends well, or with one code. Where the reader notices, the next one ends well with the card where it lies; else so does
    the next one over our module. But pcscd loses a card that was reset while it was away, as OpenSC does, and our module when the first
    command of all is hit, or one from the VERIFY on: then it is put back, as the person was told to do."""
    card = insert("taro")
    reader.behave(notices=notices, flutter_at=command)
    seen = lab.pamtester("taro", [PIN])
    if seen.pam != "SUCCESS":
        assert len(seen.codes) == 1 and seen.codes[0] in FLUTTER[card_module.name], seen.screen + lab.syslog.text()
    assert card.stats()["verifies"] <= 1
    if notices == "poll" and (command == 1 or command >= 13 or not card_module.own):
        card.remove()
        card.insert()
        card.ctl("wait", "present", "10")
    again = lab.pamtester("taro", [PIN], service=lab.service("lab-wait", f"timeout={TIMEOUT} wait_for_card=3"))
    assert again.pam == "SUCCESS", seen.screen + again.screen + lab.syslog.text()


# --- presence -------------------------------------------------------------------------------------------------
def test_a_reader_that_is_unplugged_while_the_pin_is_typed(lab, reader, insert, card_module):
    card = insert("taro")

    def unplug() -> str:
        reader.behave(unplugged="yes")
        run(sys.executable, HOLD_READER, "empty", NAME)
        return PIN

    seen = lab.pamtester("taro", [unplug])
    assert (seen.codes, card.stats()["verifies"]) == (["JPKI-105"], 0), seen.screen + lab.syslog.text()


@pytest.mark.parametrize("notices", ["at-once"])
@pytest.mark.parametrize("how", ["lifted", "unplugged"])
def test_the_validator_learns_of_it_while_the_pin_is_typed(lab, reader, insert, card_module, notices, how):
    """It has ended before anybody has answered; the PIN goes nowhere."""
    card = insert("taro")

    def take_away() -> str:
        if how == "lifted":
            card.ctl("remove")
        else:
            reader.behave(notices=notices, unplugged="yes")
        until(lambda: not status_of("jpki-validator"), "the validator's end")
        return PIN

    seen = lab.pamtester("taro", [take_away])
    assert (seen.codes, card.stats()["verifies"]) == (["JPKI-105"], 0), seen.screen + lab.syslog.text()
    assert "while its PIN was asked for" in lab.syslog.text()


def test_a_card_that_was_put_back_while_the_pin_is_typed(lab, reader, insert, card_module):
    """It may be another card; who put it back begins anew."""
    card = insert("taro")

    def lift_and_put_back() -> str:
        card.remove()
        card.insert()
        card.ctl("wait", "present", "10")
        return PIN

    seen = lab.pamtester("taro", [lift_and_put_back])
    assert seen.pam == "SUCCESS" or seen.codes == ["JPKI-105"], seen.screen + lab.syslog.text()
    assert card.stats()["verifies"] <= 1


# --- a reader that is shared with another program -------------------------------------------------------------
def test_another_program_has_a_transaction_for_a_moment(lab, insert, card_module):
    card = insert("taro")
    holder = Server([sys.executable, HOLD_READER, "transaction", NAME], lab.work / "holder.log", ready=b"held")
    threading.Timer(1.0, holder.stop).start()
    seen = lab.pamtester("taro", [PIN])
    assert (seen.pam, card.stats()["verifies"]) == ("SUCCESS", 1), seen.screen + lab.syslog.text()


def test_another_program_resets_the_card_between_two_questions(lab, reader, insert, card_module):
    """SCARD_W_RESET_CARD, while the PIN is typed."""
    card = insert("taro")

    def reset() -> str:
        run(sys.executable, HOLD_READER, "reset", NAME)
        return PIN

    seen = lab.pamtester("taro", [reset])
    assert (seen.pam, card.stats()["verifies"]) == ("SUCCESS", 1), seen.screen + lab.syslog.text()
