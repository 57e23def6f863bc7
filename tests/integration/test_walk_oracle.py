# SPDX-License-Identifier: LGPL-2.1-or-later
"""The judge of random events (walk_oracle.py) complains about what a bad guard would do, and about nothing else."""

import pytest
from walk_oracle import GRACE, LATE, PATIENCE, QUIET, REMOVED, SERVICE, SLACK, Oracle, Session


@pytest.fixture
def oracle():
    made = Oracle([Session("obeys", "obeys"), Session("deaf", "deaf"), Session("console", "console", 1), Session("other", "foreign")])
    for number, session in enumerate(made.sessions):
        made.opened(session, f"c{number}", 100)
    return made


def pull(oracle, *sessions, at=200.0):
    for session in sessions:
        oracle.happened(session, REMOVED, at, away=True)


def test_what_a_good_guard_does(oracle):
    obeys, deaf, console, _ = oracle.sessions
    pull(oracle, obeys, deaf, console)
    oracle.check(200 + GRACE + LATE)
    for session in (obeys, deaf):
        oracle.lock_asked(session, 200 + GRACE + 0.1)
        oracle.logged(session, "locked", REMOVED, 202)
    obeys.locked = True
    oracle.logged(console, "ended", REMOVED, 201)  # the record is heard first
    oracle.ended(console, 200 + GRACE + 0.1)
    oracle.ended(deaf, 200 + GRACE + PATIENCE + 0.2)
    oracle.logged(deaf, "ended", REMOVED, 200 + GRACE + PATIENCE + 1)
    assert not any(session.owed for session in oracle.sessions) and not oracle.pending()
    oracle.back(obeys, 220)
    oracle.unlocked(obeys, 221)
    oracle.check(300)


@pytest.mark.parametrize("wrong", [
    lambda o, obeys, deaf, console, other: o.lock_asked(other, 201.1),
    lambda o, obeys, deaf, console, other: o.ended(other, 201.1),
    lambda o, obeys, deaf, console, other: o.lock_asked(console, 201.1),  # its card is in the other reader
    lambda o, obeys, deaf, console, other: o.ended(console, 201.1),
    lambda o, obeys, deaf, console, other: o.lock_asked(obeys, 200.5),  # before the grace is over
    lambda o, obeys, deaf, console, other: o.ended(deaf, 201.1),  # without being asked to lock itself
    lambda o, obeys, deaf, console, other: (o.lock_asked(obeys, 201.1), o.ended(obeys, 203.2)),  # although it obeys
    lambda o, obeys, deaf, console, other: o.check(200 + GRACE + 1 + LATE),  # nothing happened
    lambda o, obeys, deaf, console, other: (o.back(obeys, 202), o.lock_asked(obeys, 202 + QUIET)),
], ids=["other locked", "other ended", "other reader", "other reader ended", "too early", "not asked", "obeys", "nothing", "card is back"])
def test_what_a_bad_guard_does(oracle, wrong):
    obeys, deaf, console, other = oracle.sessions
    pull(oracle, obeys, deaf)
    with pytest.raises(AssertionError):
        wrong(oracle, obeys, deaf, console, other)


def test_the_guard_decides_in_time(oracle):
    obeys, deaf, console, _ = oracle.sessions
    oracle.decided(obeys, "locked", GRACE, lock_failed=False)
    oracle.decided(deaf, "ended", GRACE + PATIENCE + SLACK, lock_failed=True)
    oracle.decided(deaf, "ended", GRACE + 60, lock_failed=False)  # once more: logind takes its time
    console.hindered = True
    oracle.decided(console, "ended", GRACE + 60, lock_failed=False)
    assert oracle.decisions == [GRACE]


@pytest.mark.parametrize("what,after,lock_failed", [("locked", GRACE - 0.001, False), ("locked", GRACE + SLACK + 0.001, False),
                                                    ("ended", GRACE + PATIENCE - 0.001, True), ("ended", GRACE + PATIENCE + SLACK + 0.001, True)])
def test_the_guard_decides_too_early_or_too_late(oracle, what, after, lock_failed):
    with pytest.raises(AssertionError):
        oracle.decided(oracle.sessions[1], what, after, lock_failed=lock_failed)


def test_a_hindrance_is_forgotten(oracle):
    obeys = oracle.sessions[0]
    obeys.hindered = True
    oracle.decided(obeys, "locked", GRACE + 60, lock_failed=False)
    with pytest.raises(AssertionError):
        oracle.decided(obeys, "locked", GRACE + 60, lock_failed=False)


def test_a_record_has_to_say_why(oracle):
    obeys = oracle.sessions[0]
    pull(oracle, obeys)
    oracle.lock_asked(obeys, 201.1)
    oracle.logged(obeys, "locked", SERVICE, 201.2)
    oracle.logged(obeys, "ended", REMOVED, 201.2)
    assert obeys.owed
    oracle.logged(obeys, "locked", REMOVED, 201.2)
    assert not obeys.owed
