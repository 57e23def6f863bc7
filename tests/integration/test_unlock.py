# SPDX-License-Identifier: LGPL-2.1-or-later
"""Unlocking without the PIN, by a locker that runs as root and by one that runs as its user: the card's presence and another factor,
another factor alone, and who must type the PIN all the same. Another factor is a stand-in for a module that looks at a face."""

import json
import os
import pwd
import re
import subprocess
import time
from pathlib import Path

import pytest
from card_session import BEGAN, NOTE, NOTES, RECORD, SESSION, CardSession, change_record, lock
from dialogue import Dialogue, converse
from guard_site import RECORDS, SESSIONS, GuardSite
from guides import TOP, fences
from lab import PIN, TIMEOUT
from locker import Caller, LockerService, as_user, left_over, start
from processes import until

POLICY = Path("/etc/jpki/jpki.toml.d/unlock.toml")
ALLOWED = "[unlock]\npresence = true\nrecent = true\n"
FACE, CAMERA = Path("/usr/local/bin/face"), Path("/run/face-of-taro")
JPKI = f"pam_jpki.so timeout={TIMEOUT} where_unknown=local"
REST = f"account  required pam_permit.so\nsession  required {JPKI}\npassword required pam_deny.so\n"
RECIPE, = (text for kind, name, text in fences(TOP / "doc" / "pam-recipes.md") if name == "unlock-with-card-and-finger")
AS_WRITTEN = re.sub(r"(pam_jpki\.so.*)", rf"\1 timeout={TIMEOUT} where_unknown=local", RECIPE).replace("pam_fprintd.so", f"pam_exec.so quiet {FACE}")
STACKS = {
    "presence": AS_WRITTEN,
    "recent": AS_WRITTEN.replace("presence", "recent"),
    # Nothing but the gate and the other factor: what the gate says is what the host gets.
    "gate": f"auth requisite {JPKI.replace('.so', '.so presence')}\nauth required pam_exec.so quiet {FACE}\n",
    "gate-recent": f"auth requisite {JPKI.replace('.so', '.so recent')}\nauth required pam_exec.so quiet {FACE}\n",
    "gate-ja": f"auth requisite {JPKI.replace('.so', '.so presence')} lang=ja\nauth required pam_exec.so quiet {FACE}\n",
    # What nobody should write.
    "alone": f"auth sufficient {JPKI.replace('.so', '.so presence')} ignore_authinfo_unavail ignore_unknown_user\n",
    "alone-recent": f"auth sufficient {JPKI.replace('.so', '.so recent')}\n",
}


@pytest.fixture(autouse=True)
def policy():
    """The site allows both; the camera sees taro."""
    POLICY.write_text(ALLOWED)
    FACE.write_text(f"#!/bin/sh\ntest -e {CAMERA}\n")
    FACE.chmod(0o755)
    CAMERA.touch()
    for name, auth in STACKS.items():
        Path(f"/etc/pam.d/lab-{name}").write_text(auth + REST)
    yield
    for path in (POLICY, FACE, CAMERA, *(Path(f"/etc/pam.d/lab-{name}") for name in STACKS)):
        path.unlink(missing_ok=True)


@pytest.fixture
def session(lab):
    made = CardSession(lab)
    yield made
    made.end()


class Locker:
    """A host of PAM as root, or as taro with the system's socket."""

    def __init__(self, lab, service: LockerService | None):
        self.lab, self.service = lab, service

    def unlock(self, stack: str, answers=(), *, user: str = "taro", operations=("authenticate",)) -> Dialogue:
        command = ("pamtester", f"lab-{stack}", user, *operations)
        return converse(as_user(user, *command) if self.service else list(command), answers, environment=self.lab.environment())

    def log(self) -> str:
        return self.lab.syslog.text() + (self.service.text() if self.service else "")


@pytest.fixture(params=["root", "user"])
def locker(lab, request):
    service = LockerService(lab.work / "locker.log") if request.param == "user" else None
    yield Locker(lab, service)
    if service:
        service.stop()
        assert not left_over(service)


def verifies(card) -> int:
    return card.stats()["verifies"]


def test_presence_and_a_face(insert, session, locker):
    card = insert("taro")

    def look():
        lock()
        before = verifies(card)
        seen = locker.unlock("presence")
        assert (seen.pam, seen.prompts, verifies(card)) == ("SUCCESS", [], before), seen.screen + locker.log()
        assert "unlock=presence" in locker.lab.syslog.text()
        # The camera sees somebody else: the PIN is asked for, once, and right.
        CAMERA.unlink()
        seen = locker.unlock("presence", [PIN])
        assert (seen.pam, len(seen.pin_prompts), verifies(card)) == ("SUCCESS", 1, before + 1), seen.screen
        CAMERA.touch()

    session.while_open(look)


def test_a_face_alone_where_the_site_says_so(insert, session, locker):
    card = insert("taro")

    def look():
        lock()
        card.remove()
        seen = locker.unlock("recent")
        assert (seen.pam, seen.prompts) == ("SUCCESS", []), seen.screen + locker.log()
        seen = locker.unlock("gate")
        assert (seen.pam, seen.codes) == ("AUTHINFO_UNAVAIL", ["JPKI-103"]), seen.screen

    session.while_open(look)


def test_alone_in_its_stack_it_opens_nothing(insert, session, locker):
    """Whatever the control word and the options."""
    insert("taro")

    def look():
        lock()
        for stack in ("alone", "alone-recent"):
            assert locker.unlock(stack).pam == "PERM_DENIED"
        CAMERA.unlink()
        assert locker.unlock("gate").pam == "SYSTEM_ERR"  # pam_exec's word for "no"
        NOTE.unlink()
        assert locker.unlock("alone").codes == ["JPKI-523"]

    session.while_open(look)


def refused(locker, code: str, stack: str = "gate") -> str:
    seen = locker.unlock(stack)
    assert (seen.pam, seen.codes, seen.prompts) == ("AUTH_ERR", [code], []), f"{code}: {seen.screen}{locker.log()}"
    assert code in locker.lab.syslog.text()
    return seen.screen


def test_what_the_policy_refuses(insert, session, locker):
    card = insert("taro")

    def look():
        good = RECORD.read_text()

        def restore():
            RECORD.write_text(good)
            lock()

        before = verifies(card)
        for stack in ("gate", "gate-recent"):
            refused(locker, "JPKI-523", stack)  # not locked, as far as anybody knows
            lock(15)  # seconds ago, of the 30 that it takes
            refused(locker, "JPKI-524", stack)
            lock(began=BEGAN + 1)  # of a session that had this number before
            refused(locker, "JPKI-523", stack)
            lock()
            NOTE.chmod(0o666)
            refused(locker, "JPKI-523", stack)
            lock()
            change_record(boot="c0ffee00-0000-4000-8000-000000000000")
            refused(locker, "JPKI-522", stack)
            restore()
            change_record(user=str(pwd.getpwnam("hanako").pw_uid))  # a foreign record
            refused(locker, "JPKI-522", stack)
            restore()
            change_record(factors="card")
            refused(locker, "JPKI-522", stack)
            restore()
            change_record(login=str(int(time.time()) - 480 * 60 - 5))
            refused(locker, "JPKI-525", stack)
            restore()
            change_record(login=str(int(time.time()) + 3600))  # the clock was set back
            refused(locker, "JPKI-525", stack)
            RECORD.write_text(good[:-20])  # damaged
            refused(locker, "JPKI-522", stack)
            restore()
            POLICY.write_text("[unlock]\nmax_age_minutes = 60\n")
            refused(locker, "JPKI-521", stack)
            POLICY.write_text(ALLOWED + "min_locked_seconds = 3600\n")
            refused(locker, "JPKI-524", stack)
            POLICY.write_text(ALLOWED)
            # A second session of taro's, opened by password: nobody knows which of them is locked.
            session.tell_logind(session="c8")
            refused(locker, "JPKI-522", stack)
            (SESSIONS / "c8").unlink()
            NOTE.unlink()
        lock()
        assert locker.unlock("gate").pam == locker.unlock("gate-recent").pam == "SUCCESS"
        assert verifies(card) == before

    session.while_open(look)


def test_which_card_is_no_presence(lab, insert, session, locker, two_cards_of_taro):
    cards = insert("taro", "hanako")

    def look():
        lock()
        before = verifies(cards)
        assert locker.unlock("gate").pam == "SUCCESS"  # it is among them
        cards.ctl("@0", "remove")
        cards.ctl("@0", "wait", "absent", "10")
        refused(locker, "JPKI-114")  # registered for taro as well, good, and another one
        cards.ctl("@1", "remove")
        cards.ctl("@1", "wait", "absent", "10")
        assert locker.unlock("gate").codes == ["JPKI-103"]
        assert verifies(cards) == before and "JPKI-TEST" not in locker.log()

    cards.ctl("@1", "remove")
    cards.ctl("@1", "wait", "absent", "10")

    def put_back_and_look():
        cards.ctl("@1", "insert")
        cards.ctl("@1", "wait", "present", "10")
        look()

    session.while_open(put_back_and_look)


@pytest.fixture
def two_cards_of_taro(lab):
    """hanako's card is bound to taro, too."""
    path = Path("/etc/jpki/accounts.map")
    saved = path.read_text()
    path.write_text("\n".join("taro" + line.removeprefix("hanako") if line.startswith("hanako") else line for line in saved.splitlines()) + "\n")
    yield
    path.write_text(saved)


def test_a_card_that_is_swapped_while_it_is_looked_at(lab, insert, session, locker):
    """It leaves after its certificate was read and before the answer: at the last thing that it is asked, and at those before."""
    card = insert("taro")

    def look():
        lock()
        before = card.stats()["apdus"]
        assert locker.unlock("gate").pam == "SUCCESS"
        asked = card.stats()["apdus"] - before
        for command in range(asked, asked - 4, -1):
            card.fault(f"pulled-before={command}")
            seen = locker.unlock("gate")
            assert seen.pam == "AUTHINFO_UNAVAIL", f"{command} of {asked}: {seen.screen}{locker.log()}"
            assert seen.codes[0] in ("JPKI-103", "JPKI-105"), seen.screen  # gone, or already gone when the next one looks
            card.ctl("faults-clear")
            card.insert()
            card.ctl("wait", "present", "10")
        assert locker.unlock("gate").pam == "SUCCESS"

    session.while_open(look)


def test_a_revoked_card_unlocks_nothing(lab, insert, session, locker):
    """Revoked since the login: as a login decides it, here by the list of another card."""
    card = insert("taro")

    def look():
        lock()
        assert locker.unlock("gate").pam == "SUCCESS"
        (POLICY.parent / "strict.toml").write_text("[revocation]\nmax_age_hours = 1\nindex = \"/var/lib/jpki/revocation/none.idx\"\n")
        try:
            seen = locker.unlock("gate")
        finally:
            (POLICY.parent / "strict.toml").unlink()
        assert seen.pam == "AUTHINFO_UNAVAIL" and seen.codes[-1].startswith("JPKI-40"), seen.screen + locker.log()
        assert locker.unlock("gate-recent").pam == "SUCCESS", "no card is looked at, so what is known of it does not matter"

    session.while_open(look)
    assert card.stats()["verifies"] == 1


def test_it_never_opens_a_session(lab, insert, session, locker):
    """The first login of a day is by card and PIN: no record, no unlocking; and where one is locked, no second session."""
    insert("taro")
    session.tell_logind()
    refused(locker, "JPKI-522")
    lock()
    refused(locker, "JPKI-522")
    refused(locker, "JPKI-522", "gate-recent")
    (SESSIONS / SESSION).unlink()

    def look():
        lock()
        seen = locker.unlock("gate", operations=("authenticate", "open_session"))
        assert "successfully authenticated" in seen.screen and "sucessfully opened a session" not in seen.screen, seen.screen
        assert "Cannot make/remove an entry for the specified session" in seen.screen, seen.screen

    session.while_open(look)


def test_in_both_languages(lab, insert, session):
    insert("taro")
    by_root = Locker(lab, None)

    def look():
        assert "cannot tell how long the screen has been locked" in refused(by_root, "JPKI-523")
        assert "画面がロックされてから" in refused(by_root, "JPKI-523", "gate-ja")

    session.while_open(look)


# --- who cannot read ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("closed", [RECORD, RECORDS], ids=["record", "directory"])
def test_a_locker_that_cannot_read_the_records_needs_the_pin(lab, insert, session, closed):
    """jpki-relay has no group that could read them; it is let in by an access list, which tmpfs may have been built without."""
    card = insert("taro")
    service = LockerService(lab.work / "locker.log")
    by_user = Locker(lab, service)

    def look():
        assert service.groups == []
        lock()
        assert by_user.unlock("recent").pam == "SUCCESS", by_user.log()
        os.removexattr(closed, "system.posix_acl_access")
        refused(by_user, "JPKI-522", "gate-recent")
        refused(by_user, "JPKI-522")
        before = verifies(card)
        seen = by_user.unlock("recent", [PIN])
        assert (seen.pam, len(seen.pin_prompts), verifies(card)) == ("SUCCESS", 1, before + 1), seen.screen

    try:
        session.while_open(look)
    finally:
        service.stop()
    assert not left_over(service)


# --- who lies -------------------------------------------------------------------------------------------
def test_the_user_cannot_forge_anything(lab, insert, session):
    """Neither the files nor the words on the socket."""
    insert("taro")
    service = LockerService(lab.work / "locker.log")
    uid = pwd.getpwnam("taro").pw_uid
    forged = b"\x01" + b"\0\x01b" + (1).to_bytes(8, "big") * 2 + b"\x01" + (2).to_bytes(8, "big") + b"\0\x08card+pin" + bytes(64)

    def say(**wanted) -> str:
        with Caller(service.path, uid) as caller:
            caller.send(start("taro", **wanted))
            return caller.outcome().code

    def look():
        lock()
        new = RECORDS / "session-c9", NOTES / "session-c9"
        for command, *paths in (("touch", *new, RECORD, NOTE), ("rm", RECORD, NOTE), ("cat", RECORD)):
            for path in paths:
                done = subprocess.run(as_user("taro", command, str(path)), capture_output=True, text=True)
                assert "Permission denied" in done.stderr, (command, done)
        NOTE.unlink()
        assert say(purpose=2, sessions=forged) == "JPKI-523"
        assert say(purpose=3, sessions=forged) == "JPKI-523"
        lock()
        assert say(purpose=2, sessions=forged) == say(purpose=3) == "JPKI-000"

    try:
        lock()
        NOTE.unlink()
        session.tell_logind()
        assert say(purpose=2, sessions=forged) == say(purpose=3, sessions=forged) == "JPKI-522"
        (SESSIONS / SESSION).unlink()
        session.while_open(look)
    finally:
        service.stop()


# --- since when, by the guard itself -----------------------------------------------------------------------
def test_the_guard_notes_since_when_it_is_locked(lab, insert, session, locker):
    insert("taro")
    site = GuardSite(lab)
    POLICY.write_text(ALLOWED + "min_locked_seconds = 2\n")

    def tell(locked: bool, words: str, count: int):
        site.logind.tell("set", SESSION, {"locked": locked})
        site.wait_for_log(words, count=count)

    def look():
        site.logind.tell("add", SESSION, {"user": pwd.getpwnam("taro").pw_uid, "leader": session.leader, "since": BEGAN, "obeys": True})
        site.start()
        site.wait_for_log("its card is in the reader")
        refused(locker, "JPKI-523")
        tell(True, "its screen is locked", 1)
        until(NOTE.exists, "the note")
        noted = time.clock_gettime(time.CLOCK_BOOTTIME)
        until(lambda: time.clock_gettime(time.CLOCK_BOOTTIME) > noted + 2, "two seconds")
        assert locker.unlock("gate").pam == "SUCCESS", locker.log()
        tell(False, "its screen is open", 1)
        until(lambda: not NOTE.exists(), "the end of the note")
        refused(locker, "JPKI-523")
        POLICY.write_text(ALLOWED + "min_locked_seconds = 60\n")
        tell(True, "its screen is locked", 2)
        until(NOTE.exists, "the note")
        refused(locker, "JPKI-524")
        # It was away: from when on it is locked is counted anew.
        before = NOTE.read_text()
        site.restart()
        until(lambda: NOTE.exists() and NOTE.read_text() != before, "a new note")

    try:
        session.while_open(look)
    finally:
        site.stop()


# --- sudo and polkit inside a session -----------------------------------------------------------------------
def test_same_card(lab, insert, session, two_cards_of_taro):
    cards = insert("taro", "hanako")
    lab.service("lab-same", f"timeout={TIMEOUT} same_card")
    cards.ctl("@1", "remove")
    cards.ctl("@1", "wait", "absent", "10")

    def look():
        before = verifies(cards)
        assert lab.pamtester("taro", [PIN], service="lab-same").pam == "SUCCESS"
        cards.ctl("@1", "insert")
        cards.ctl("@1", "wait", "present", "10")
        seen = lab.pamtester("taro", [PIN], service="lab-same")  # nobody is asked which
        assert (seen.pam, len(seen.prompts)) == ("SUCCESS", 1), seen.screen
        cards.ctl("@0", "remove")
        cards.ctl("@0", "wait", "absent", "10")
        assert verifies(cards) == before + 2
        seen = lab.pamtester("taro", [PIN], service="lab-same")
        assert (seen.pam, seen.codes, seen.prompts) == ("AUTH_ERR", ["JPKI-114"], []), seen.screen
        assert json.loads(cards.ctl("@1", "stats"))["verifies"] == 0, "not even asked of the other card"
        assert lab.pamtester("taro", [PIN], service="lab").pam == "SUCCESS", "the site says where"
        RECORD.write_text("nonsense\n")
        assert lab.pamtester("taro", service="lab-same").codes == ["JPKI-114"], "whose session it is cannot be told"

    try:
        session.while_open(look)
        # No session was opened by card: any card of the account.
        session.tell_logind()
        assert lab.pamtester("taro", [PIN], service="lab-same").pam == "SUCCESS"
    finally:
        Path("/etc/pam.d/lab-same").unlink()
