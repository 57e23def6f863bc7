# SPDX-License-Identifier: LGPL-2.1-or-later
"""A person whose account, groups and card binding are in a real Samba AD logs in, and is refused for what AD has against it."""

import re
from contextlib import contextmanager
from pathlib import Path

import ad_contents as ad
import pytest
from ad_person import (  # noqa: F401
    ENABLED, GROUP, LONG_AGO, NAME, OTHER_GROUP, OUTER_GROUP, SERVICE, THIS_COMPUTER, account_step, assert_refused,
    bound, hours, other_service, person, replaced, tried,
)
from ad_site import STATE
from lab import PIN, run


# --- let in -------------------------------------------------------------------------------------------------
def test_login_at_a_terminal(lab, person):
    """Nobody names an account: the card says who it is, AD says which groups."""
    seen = lab.login(None, [PIN])
    found = re.search(rf"shell of {NAME}, uid {person.uid}, groups ([\d ]+), in /home/{NAME}", seen.screen)
    assert found, seen.screen + lab.syslog.text()
    assert set(map(int, found[1].split())) == person.groups and len(person.groups) > 3


def test_every_step(lab, person):
    """pam_unix's account step is content with the shadow entry that has no password."""
    seen = lab.pamtester(NAME, [PIN], service=SERVICE, operations=("authenticate", "acct_mgmt", "open_session", "close_session"))
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    assert len(seen.pin_prompts) == 1


# --- refused ------------------------------------------------------------------------------------------------
REFUSALS = {
    "expired": (replaced("accountExpires", LONG_AGO), replaced("accountExpires", 0), "JPKI-508", "ACCT_EXPIRED"),
    "hours": (hours(*range(168)), replaced("logonHours"), "JPKI-509", "PERM_DENIED"),
    "workstation": (replaced("userWorkstations", "OTHER-PC,THIRD-PC"), replaced("userWorkstations"), "JPKI-510", "PERM_DENIED"),
    "locked": (replaced("lockoutTime", LONG_AGO), replaced("lockoutTime", 0), "JPKI-507", "PERM_DENIED"),
}


@pytest.mark.parametrize("why", REFUSALS)
@pytest.mark.parametrize("live", [False, True], ids=["snapshot", "live"])
def test_refused_for_what_ad_has_against_the_account(lab, person, why, live):
    """The card and the PIN are good; the account step refuses, at once where it asks AD itself, else after the next refresh;
    and it lets in again when AD has nothing against the account any more."""
    against, again, code, pam = REFUSALS[why]
    person.site.configure(account={"lockout_minutes": 0} | ({} if live else {"live_timeout_ms": 0}))
    person.site.domain.modify(against)
    if not live:
        assert tried(lab).pam == "SUCCESS"
        lab.syslog.clear()
        person.site.refresh()
    try:
        assert_refused(lab, tried(lab), code, pam)
        assert (f"account state of {NAME} by dc1.ad.test:389" in lab.syslog.text()) == live
    finally:
        person.change(again)
    assert tried(lab).pam == "SUCCESS"


def test_this_computer_is_one_of_the_workstations(lab, person):
    person.change(replaced("userWorkstations", f"OTHER-PC,{THIS_COMPUTER.upper()}"))
    try:
        assert tried(lab).pam == "SUCCESS"
    finally:
        person.change(replaced("userWorkstations"))


def test_disabled_in_ad_is_refused_at_the_next_login(lab, person):
    """Before the PIN: no try of the card is spent."""
    assert tried(lab).pam == "SUCCESS"
    person.change(replaced("userAccountControl", ENABLED | ad.DISABLED))
    try:
        assert_refused(lab, tried(lab), "JPKI-506", "ACCT_EXPIRED", prompts=0)
        assert "disabled" in lab.login(NAME, [PIN]).screen
    finally:
        person.change(replaced("userAccountControl", ENABLED))
    assert tried(lab).pam == "SUCCESS"


def test_a_binding_that_is_taken_away(lab, person):
    bound = person.site.domain.search(f"(sAMAccountName={NAME})", "altSecurityIdentities")
    mapping = re.search(r"altSecurityIdentities: (.*)", bound)[1]
    person.change(replaced("altSecurityIdentities"))
    try:
        assert_refused(lab, tried(lab), "JPKI-501", "USER_UNKNOWN", prompts=0)
    finally:
        person.change(replaced("altSecurityIdentities", mapping))
    assert tried(lab).pam == "SUCCESS"


@pytest.mark.parametrize("rule,allowed", [
    ({"allowed_groups": [GROUP]}, True), ({"allowed_groups": [OUTER_GROUP]}, True), ({"allowed_groups": [OTHER_GROUP]}, False),
    ({"denied_groups": [OUTER_GROUP]}, False), ({"denied_groups": [OTHER_GROUP]}, True),
    ({"services": [SERVICE], "denied_groups": [GROUP]}, False), ({"services": ["sshd"], "denied_groups": [GROUP]}, True)],
    ids=["allowed", "allowed-nested", "not-allowed", "denied-nested", "not-denied", "denied-here", "denied-elsewhere"])
def test_groups_for_each_service(lab, person, rule, allowed):
    person.site.configure(rules=[rule])
    seen = tried(lab)
    if allowed:
        assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    else:
        assert_refused(lab, seen, "JPKI-511", "PERM_DENIED")


@pytest.mark.parametrize("change,back", [
    (replaced("accountExpires", LONG_AGO), replaced("accountExpires", 0)),
    (replaced("userAccountControl", ENABLED | ad.DISABLED),
     replaced("userAccountControl", ENABLED))], ids=["expired", "disabled"])
def test_pam_unix_alone_refuses_by_the_shadow_entry(lab, person, change, back):
    """An account line of pam_unix is all that other ways to log in may have."""
    assert lab.pamtester(NAME, service="lab-unix", operations=("acct_mgmt",)).status == 0
    person.change(change)
    try:
        assert lab.pamtester(NAME, service="lab-unix", operations=("acct_mgmt",)).pam == "ACCT_EXPIRED"
    finally:
        person.change(back)


def test_a_password_login_is_held_to_the_same(lab, person, other_service):
    """Whoever authenticated: root's su without a password here."""
    assert lab.pamtester(NAME, service="lab-other", operations=("authenticate", "acct_mgmt")).pam == "SUCCESS"
    person.site.configure(rules=[{"denied_groups": [GROUP]}])
    seen = lab.pamtester(NAME, service="lab-other", operations=("authenticate", "acct_mgmt"))
    assert_refused(lab, seen, "JPKI-511", "PERM_DENIED", prompts=0)
    assert lab.pamtester("mallory", service="lab-other", operations=("authenticate", "acct_mgmt")).pam == "SUCCESS"




def test_another_spelling_is_the_same_account(lab, person, other_service):
    """What libc takes for the account is held to its rules."""
    mapping = re.search(r"altSecurityIdentities: (.*)", person.site.domain.search(f"(sAMAccountName={NAME})"))[1]
    person.site.configure(rules=[{"denied_groups": [GROUP]}])
    for spelling in (NAME.upper(), mapping):
        seen = account_step(lab, spelling)
        assert (seen.pam, seen.codes) == ("PERM_DENIED", ["JPKI-511"]), (spelling, seen.screen)


def test_another_spelling_logs_in_by_the_same_card(lab, person):
    """What libc takes for the account is who the card belongs to, and each step agrees."""
    for spelling in (NAME.upper(), NAME.capitalize()):
        seen = lab.pamtester(spelling, [PIN], service=SERVICE,
                             operations=("authenticate", "setcred", "acct_mgmt", "open_session", "close_session"))
        assert (seen.pam, len(seen.pin_prompts)) == ("SUCCESS", 1), (spelling, seen.screen + lab.syslog.text())
        assert f"account={NAME} " in lab.syslog.text()


def test_nobody_is_asked_about_a_local_account(lab, person, other_service):
    trace = lab.work / "local.strace"
    for name, asked in (("mallory", False), (NAME, True)):
        run("strace", "-f", "-o", str(trace), "-e", "trace=execve", "pamtester", "lab-other", name, "acct_mgmt")
        calls = trace.read_text()
        assert ("/jpki-account\"" in calls) == ("/jpki-account-live\"" in calls) == asked, calls


@contextmanager
def broken(what):
    if what == "jpki-account":
        installed = Path("/usr/libexec/jpki/jpki-account")
        run("mount", "--bind", "/dev/null", str(installed))
        try:
            yield
        finally:
            run("umount", str(installed))
        return
    path = {"ad.toml": Path("/etc/jpki/ad.toml"), "restricted.snap": STATE / "restricted.snap"}[what]
    content = path.read_bytes()
    path.write_bytes(content[:len(content) // 2] + b"[")
    try:
        yield
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize("what", ["ad.toml", "restricted.snap", "jpki-account"])
def test_who_cannot_be_judged_does_not_get_in_by_password_either(lab, person, other_service, what):
    with broken(what):
        seen = lab.pamtester(NAME, service="lab-other", operations=("authenticate", "acct_mgmt"))
        assert (seen.pam, seen.codes) == ("PERM_DENIED", ["JPKI-513"]), seen.screen
        for name in ("mallory", "root"):
            assert lab.pamtester(name, service="lab-other", operations=("authenticate", "acct_mgmt")).pam == "SUCCESS"


# --- without AD ---------------------------------------------------------------------------------------------
def test_the_controller_is_gone(lab, person):
    person.site.domain.kill()
    try:
        seen = lab.login(NAME, [PIN])
        assert f"shell of {NAME}" in seen.screen, seen.screen + lab.syslog.text()
    finally:
        person.site.domain.start()


def test_a_snapshot_that_is_too_old(lab, person, other_service, other_clock):
    """Read two hours ago, by the terminal's clock of then, and one hour counts."""
    dump = Path("/etc/jpki/directory.ldif")
    dump.write_text(person.site.domain.search())
    person.site.configure(account={"max_snapshot_age_hours": 3})
    person.site.refresh("--from-ldif", str(dump), environment=other_clock(-2 * 3600))
    try:
        assert tried(lab).pam == "SUCCESS"
        person.site.configure(account={"max_snapshot_age_hours": 1})
        assert_refused(lab, tried(lab), "JPKI-512", "PERM_DENIED")
        by_password = lab.pamtester(NAME, service="lab-other", operations=("authenticate", "acct_mgmt"))
        assert_refused(lab, by_password, "JPKI-512", "PERM_DENIED", prompts=0)
        person.site.refresh("--from-ldif", str(dump))
        assert tried(lab).pam == "SUCCESS"
    finally:
        dump.unlink()


@pytest.mark.parametrize("file", ["restricted.snap", "users.snap"])
def test_a_damaged_snapshot_lets_nobody_in(lab, person, file):
    path = STATE / file
    content = path.read_bytes()
    path.write_bytes(content[:len(content) // 2])
    try:
        assert tried(lab).pam != "SUCCESS"
    finally:
        person.site.refresh("--full")
    assert tried(lab).pam == "SUCCESS"
