# SPDX-License-Identifier: LGPL-2.1-or-later
"""Screen lockers of people whose account and card binding are in Active Directory."""

import pwd
import shutil
from pathlib import Path

import ad_contents as ad
import pytest
from ad_person import ENABLED, NAME, TIMEOUT, bound, person, replaced  # noqa: F401
from dialogue import Dialogue, converse
from domain_controller import HOST
from guides import TOP, fences
from lab import PIN
from locker import ACCOUNT, SESSIONS, LockerService, as_user, left_over, sits_here


@pytest.fixture
def service(lab, bound):  # noqa: F811
    made = LockerService(lab.work / "locker.log")
    sits_here(NAME)
    yield made
    made.stop()
    shutil.rmtree(SESSIONS)
    assert not left_over(made)


@pytest.fixture
def account_service(lab, service):
    made = LockerService(lab.work / "account.log", ACCOUNT)
    yield made
    made.stop()  # what is left over, `service` says


RECIPES = TOP / "doc" / "pam-recipes.md"
LOCKER = Path("/etc/pam.d/lab-locker")


@pytest.fixture(autouse=True)
def locker(lab):
    """As the guide says."""
    recipe = next(text for _, name, text in fences(RECIPES) if name == "screen-locker-directory")
    LOCKER.write_text(recipe.replace("pam_jpki.so", f"pam_jpki.so timeout={TIMEOUT} where_unknown=local", 1))
    yield
    LOCKER.unlink()


def unlock(lab, *operations: str) -> Dialogue:
    return converse(as_user(NAME, "pamtester", "lab-locker", NAME, "authenticate", *operations), [PIN], environment=lab.environment())


def test_the_card_unlocks(lab, person, service):  # noqa: F811
    seen = unlock(lab)
    assert seen.pam == "SUCCESS", seen.screen + service.text()
    assert service.told(f"uid={person.uid} account={NAME}")


def test_the_account_step_is_closed_without_its_socket(lab, person, service):  # noqa: F811
    """restricted.snap is not for the person to read: an unknown state is no good one. The log says which file, and the remedy."""
    seen = unlock(lab, "acct_mgmt")
    assert (seen.pam, seen.codes[-1:]) == ("PERM_DENIED", ["JPKI-513"]), seen.screen
    assert "restricted.snap" in lab.syslog.text()
    assert "run: systemctl enable --now jpki-account.socket" in lab.syslog.text()


def test_the_account_step_by_its_socket(lab, person, service, account_service):  # noqa: F811
    """The directory itself is asked, with the machine's keys, which the person could not read."""
    seen = unlock(lab, "acct_mgmt")
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text() + account_service.text()
    assert account_service.told(f"JPKI-000 accepted uid={person.uid} account={NAME}")
    assert account_service.told(f"account state of {NAME} by {HOST}"), "and not by the snapshot"
    assert "account state" not in lab.syslog.text()


def test_pam_unix_has_no_place_there(lab, person, service, account_service):  # noqa: F811
    """Why the guide's lines end otherwise than those of common-account."""
    LOCKER.write_text(LOCKER.read_text().replace("pam_permit.so", "pam_unix.so"))
    seen = unlock(lab, "acct_mgmt")
    assert seen.pam == "AUTHINFO_UNAVAIL", seen.screen


def test_disabled_in_ad_stays_locked_at_once(lab, person, service, account_service):  # noqa: F811
    """The snapshot, and so the validator, knows nothing of it."""
    person.site.domain.modify(replaced("userAccountControl", ENABLED | ad.DISABLED))
    try:
        seen = unlock(lab, "acct_mgmt")
    finally:
        person.site.domain.modify(replaced("userAccountControl", ENABLED))
    assert (seen.pam, seen.codes) == ("ACCT_EXPIRED", ["JPKI-506"]), seen.screen
    assert account_service.told(f"JPKI-506 account-disabled uid={person.uid}")
    assert 'cause="journalctl -t jpki-account tells it"' in lab.syslog.text()


def test_a_locker_without_a_card_login(lab, person, service, account_service):  # noqa: F811
    """Unlocked by password: the account step is the same."""
    Path("/etc/pam.d/lab-password").write_text("auth required pam_permit.so\naccount requisite pam_jpki.so\naccount required pam_permit.so\n")
    try:
        seen = converse(as_user(NAME, "pamtester", "lab-password", NAME, "authenticate", "acct_mgmt"), [], environment=lab.environment())
        other = converse(as_user("taro", "pamtester", "lab-password", NAME, "authenticate", "acct_mgmt"), [], environment=lab.environment())
    finally:
        Path("/etc/pam.d/lab-password").unlink()
    assert seen.status == 0, seen.screen + account_service.text() + lab.syslog.text()
    assert (other.pam, other.codes) == ("PERM_DENIED", ["JPKI-513"]), other.screen
    assert account_service.told(f"JPKI-503 other-user uid={pwd.getpwnam('taro').pw_uid} account=taro")


def test_a_disabled_account_stays_locked(lab, person, service):  # noqa: F811
    """The validator itself knows, before it asks for the PIN."""
    person.change(replaced("userAccountControl", ENABLED | ad.DISABLED))
    try:
        seen = unlock(lab)
    finally:
        person.change(replaced("userAccountControl", ENABLED))
    assert (seen.codes[-1:], seen.pin_prompts) == (["JPKI-506"], []), seen.screen
