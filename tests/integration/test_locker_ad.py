# SPDX-License-Identifier: LGPL-2.1-or-later
"""Screen lockers of people whose account and card binding are in Active Directory."""

import shutil

import ad_contents as ad
import pytest
from ad_person import ENABLED, NAME, SERVICE, bound, person, replaced  # noqa: F401
from dialogue import Dialogue, converse
from lab import PIN
from locker import SESSIONS, LockerService, as_user, left_over, sits_here


@pytest.fixture
def service(lab, bound):  # noqa: F811
    made = LockerService(lab.work / "locker.log")
    sits_here(NAME)
    yield made
    made.stop()
    shutil.rmtree(SESSIONS)
    assert not left_over(made)


def unlock(lab, *operations: str) -> Dialogue:
    return converse(as_user(NAME, "pamtester", SERVICE, NAME, "authenticate", *operations), [PIN], environment=lab.environment())


def test_the_card_unlocks(lab, person, service):  # noqa: F811
    seen = unlock(lab)
    assert seen.pam == "SUCCESS", seen.screen + service.text()
    assert f"uid={person.uid} account={NAME}" in service.text()


def test_the_account_step_is_closed(lab, person, service):  # noqa: F811
    """restricted.snap is not for the person to read: an unknown state is no good one, and the log says which file."""
    seen = unlock(lab, "acct_mgmt")
    assert (seen.pam, seen.codes[-1:]) == ("PERM_DENIED", ["JPKI-513"]), seen.screen
    assert "restricted.snap" in lab.syslog.text()


def test_a_disabled_account_stays_locked(lab, person, service):  # noqa: F811
    """The validator itself knows, before it asks for the PIN."""
    person.change(replaced("userAccountControl", ENABLED | ad.DISABLED))
    try:
        seen = unlock(lab)
    finally:
        person.change(replaced("userAccountControl", ENABLED))
    assert (seen.codes[-1:], seen.pin_prompts) == (["JPKI-506"], []), seen.screen
