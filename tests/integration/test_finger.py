# SPDX-License-Identifier: LGPL-2.1-or-later
"""The recipe for unlocking with the card's presence and a finger, as the guides print it, with Debian's fprintd and its pam_fprintd.so:
by a locker that runs as root and by one that runs as its user."""

import re
from pathlib import Path

import pytest
from card_session import NOTE, RECORD, CardSession, lock
from finger_reader import FingerReader
from guides import TOP, fences
from lab import PIN, TIMEOUT
from test_unlock import ALLOWED, POLICY, Locker, locker, verifies  # noqa: F401

GUIDES = ("pam-recipes.md", "pam-recipes.ja.md")
OF_TARO, OF_HANAKO = 1, 3
ASKED = "your right index finger"  # by pam_fprintd


def recipe(guide: str) -> str:
    """Its lines; ours with the lab's waiting time and place."""
    lines, = (text for _, name, text in fences(TOP / "doc" / guide) if name == "unlock-with-card-and-finger")
    assert "pam_fprintd.so" in lines
    return re.sub(r"(pam_jpki\.so.*)", rf"\1 timeout={TIMEOUT} where_unknown=local", lines)


@pytest.fixture(scope="module")
def reader(lab):
    made = FingerReader(lab)
    made.enroll("taro", OF_TARO)
    yield made
    made.stop()


@pytest.fixture
def session(lab):
    POLICY.write_text(ALLOWED)
    lines = recipe(GUIDES[0])
    for name, text in (("lab-finger", lines), ("lab-finger-recent", lines.replace("presence", "recent"))):
        (Path("/etc/pam.d") / name).write_text(text)
    made = CardSession(lab)
    yield made
    made.end()
    for path in (POLICY, Path("/etc/pam.d/lab-finger"), Path("/etc/pam.d/lab-finger-recent")):
        path.unlink()


def test_both_guides_print_the_same():
    assert recipe(GUIDES[0]) == recipe(GUIDES[1])


def test_the_finger_unlocks_beside_the_card(reader, insert, session, locker):
    card = insert("taro")

    def look():
        lock()
        before = verifies(card)
        with reader.put(OF_TARO):
            seen = locker.unlock("finger")
        assert (seen.pam, seen.prompts, verifies(card)) == ("SUCCESS", [], before), seen.screen + locker.log()
        assert ASKED in seen.screen and "unlock=presence" in locker.lab.syslog.text()

    session.while_open(look)


def test_another_finger_does_not(reader, insert, session, locker):
    card = insert("taro")

    def look():
        lock()
        before = verifies(card)
        with reader.put(OF_HANAKO):
            seen = locker.unlock("finger", ["9999"])
        assert (seen.pam, len(seen.pin_prompts), verifies(card)) == ("AUTH_ERR", 1, before + 1), seen.screen
        assert "Failed to match fingerprint" in seen.screen
        with reader.put(OF_HANAKO):
            seen = locker.unlock("finger", [PIN])
        assert (seen.pam, len(seen.pin_prompts)) == ("SUCCESS", 1), seen.screen

    session.while_open(look)


def test_without_the_card_no_finger_is_asked_for(reader, insert, session, locker):
    card = insert("taro")

    def look():
        lock()
        card.remove()
        with reader.put(OF_TARO) as hand:
            seen = locker.unlock("finger")
            assert seen.pam != "SUCCESS" and ASKED not in seen.screen and hand.taken == 0, seen.screen
            assert "JPKI-103" in seen.codes, seen.screen
            # Where the site says so, the finger alone.
            seen = locker.unlock("finger-recent")
            assert (seen.pam, seen.prompts) == ("SUCCESS", []), seen.screen + locker.log()

    session.while_open(look)


def test_who_must_type_the_pin_whatever_the_finger(reader, insert, session, locker):
    """The person who is leaving; who has not logged in yet; whose screen nobody knows to be locked; where the site does not allow it."""
    insert("taro")

    def must_type(stack: str = "finger") -> None:
        with reader.put(OF_TARO) as hand:
            seen = locker.unlock(stack, [PIN])
        assert (len(seen.pin_prompts), hand.taken) == (1, 0) and ASKED not in seen.screen, seen.screen

    def look():
        lock(10)
        must_type()
        must_type("finger-recent")
        NOTE.unlink()
        must_type()
        lock()
        POLICY.unlink()
        must_type()
        POLICY.write_text(ALLOWED)
        record = RECORD.read_text()
        RECORD.write_text("nonsense\n")
        must_type()
        RECORD.write_text(record)
        with reader.put(OF_TARO):
            assert locker.unlock("finger").pam == "SUCCESS"

    session.tell_logind()
    lock()
    must_type()
    session.while_open(look)


def test_without_fprintd_the_pin_is_asked_for(reader, insert, session, locker):
    insert("taro")

    def look():
        lock()
        seen = locker.unlock("finger", [PIN])
        assert (seen.pam, len(seen.pin_prompts)) == ("SUCCESS", 1), seen.screen

    reader.fprintd.stop()
    try:
        session.while_open(look)
    finally:
        reader.start_fprintd()
