# SPDX-License-Identifier: LGPL-2.1-or-later
"""The session belongs to the card: its record, and jpki-session-guard with a real pcscd, virtual cards and a stand-in for logind."""

import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from guard_site import GRACE, RECORDS, SESSIONS, GuardSite, make_records
from lab import GUARD_USER, HELPER_USER, LOGIN_SHELL, PIN, TIMEOUT, is_sanitized
from locker import as_user
from processes import Server, find, until

LATE = 5  # seconds more than a second that a busy machine may need
PATIENCE = 10  # seconds of the guard's with a lock that nobody obeys
QUIET = 61  # seconds in which nobody wakes up: libpcsclite looks after what it calls INFINITE once a minute


@pytest.fixture
def cards(insert):
    """taro's card in the first reader, hanako's in the second."""
    return insert("taro", "hanako")


@pytest.fixture
def site(lab, cards):
    made = GuardSite(lab)
    made.start()
    made.wait_for_log("watching")
    yield made
    made.stop()


def pull(cards, reader=0):
    cards.ctl(f"@{reader}", "remove")


def put_back(cards, reader=0):
    cards.ctl(f"@{reader}", "insert")


def test_a_pulled_card_locks_its_session_and_no_other(site, cards):
    site.open("c1", "taro")
    site.open("c2", "hanako", reader=1)
    pull(cards)
    site.wait_for_log("session=c1 uid=2001 removal=lock reader=\"Virtual PCD 00 00\": the card was taken out of its reader; lock in")
    site.logind.wait_for("LockSession c1", GRACE + 1 + LATE)
    site.logind.listen(3)  # longer than a lock may take
    assert site.logind.calls == ["LockSession c1"]
    # By the guard's own clock, without the 0.4 s in which pcscd asks the reader, and without the way to this test.
    after = re.search(r": locked: the card was taken out of its reader; (\d+) ms after that was seen$", site.text(), re.M)
    assert after and GRACE * 1000 <= int(after[1]) <= (GRACE + 1) * 1000, site.text()


def test_it_waits_for_the_grace(site, cards):
    site.open("c1", "taro")
    began = time.monotonic()
    pull(cards)
    assert site.logind.wait_for("LockSession c1", GRACE + 1 + LATE) - began >= GRACE


def test_the_same_card_put_back_keeps_the_session(site, cards):
    site.open("c1", "taro")
    pull(cards)
    site.wait_for_log("; lock in")
    put_back(cards)
    site.wait_for_log("session=c1 uid=2001 removal=lock reader=\"Virtual PCD 00 00\": its card is in the reader")
    site.logind.listen(GRACE + 1)
    assert site.logind.calls == []
    pull(cards)
    site.logind.wait_for("LockSession c1", GRACE + 1 + LATE)


def test_another_card_does_not(lab, site, cards):
    site.open("c1", "taro")
    cards.take_away()
    site.wait_for_log("; lock in")
    other = lab.virtual_card("hanako")
    try:
        site.wait_for_log(": another card is in the reader")
        site.logind.wait_for("LockSession c1", GRACE + 1 + LATE)
    finally:
        other.stop()


def test_a_lock_that_is_not_obeyed_becomes_a_logoff(site, cards):
    site.open("c1", "taro", obeys=False)
    began = time.monotonic()
    pull(cards)
    site.logind.wait_for("LockSession c1", GRACE + 1 + LATE)
    ended = site.logind.wait_for("TerminateSession c1", PATIENCE + LATE)
    assert ended - began >= GRACE + PATIENCE
    after = re.search(r": ended: .*; the lock was not obeyed; (\d+) ms after that was seen$", site.text(), re.M)
    assert after and int(after[1]) >= (GRACE + PATIENCE) * 1000, site.text()
    site.logind.listen(1)
    assert site.logind.calls == ["LockSession c1", "TerminateSession c1"]


def test_a_console_is_told_and_ended(site, cards):
    terminal, shown = os.openpty()
    try:
        name = os.ttyname(shown)
        os.chown(name, 2001, 5)
        os.chmod(name, 0o622)  # the guard of the lab is not in the group tty
        site.open("c1", "taro", type="tty", tty=name.removeprefix("/dev/"))
        pull(cards)
        site.wait_for_log("; lock in")
        told = until(lambda: os.read(terminal, 200), "what the console is told").decode()
        assert f"Your card is not in its reader. This session ends in {GRACE} seconds unless the same card is put back." in told
        site.logind.wait_for("TerminateSession c1", GRACE + 1 + LATE)
        assert site.logind.calls == ["TerminateSession c1"]
    finally:
        os.close(terminal)
        os.close(shown)


def test_only_the_session_of_the_record_is_touched(site, cards):
    """Its number is another session's meanwhile: by user, by leading process, by time."""
    for session, other in (("c1", {"leader": 1}), ("c2", {"since": 1001}), ("c3", {"user": 2002})):
        site.open(session, "taro", watched=False, **other)
    site.open("c4", "taro")
    site.logind.tell("set", "c4", {"since": 1001})
    pull(cards)
    site.logind.listen(GRACE + 4)
    assert site.logind.calls == []


def test_a_session_that_is_closed_is_not_watched(site, cards):
    site.open("c1", "taro")
    site.open("c2", "taro")
    site.close_session("c1")
    pull(cards)
    site.logind.wait_for("LockSession c2", GRACE + 1 + LATE)
    assert site.logind.calls == ["LockSession c2"]


def test_a_new_pcscd_with_the_same_card_keeps_the_session(lab, site, cards, card_service):
    site.open("c1", "taro")
    card_service.kill()
    site.wait_for_log(": pcscd is gone; lock in")
    again = lab.card_service()
    try:
        cards.ctl("@0", "wait", "present", "10")
        site.wait_for_log(": its card is in the reader")
        if "LockSession c1" not in site.logind.calls:  # it came back in time
            site.logind.listen(GRACE + 1)
    finally:
        again.stop()


def test_who_logs_in_when_pcscd_is_back_is_believed(lab, site, cards, card_service):
    """The guard has become patient meanwhile: it must not find out later than the grace lasts."""
    card_service.kill()
    site.logind.listen(9)
    again = lab.card_service()
    try:
        cards.ctl("@0", "wait", "present", "10")
        site.open("c1", "taro")
        site.logind.listen(GRACE + 1)
        assert site.logind.calls == []
    finally:
        again.stop()


def test_without_pcscd_every_session_is_locked(site, cards, card_service):
    site.open("c1", "taro")
    site.open("c2", "hanako", reader=1)
    card_service.kill()
    site.logind.wait_for("LockSession c1", GRACE + 1 + LATE)
    site.logind.wait_for("LockSession c2", LATE)


def test_its_own_death_forgets_nothing(site, cards):
    site.open("c1", "taro")
    site.open("c2", "hanako", reader=1)
    pull(cards, 1)
    site.wait_for_log("; lock in")
    site.restart()
    # taro's card is proven to be there, hanako's is not there.
    site.wait_for_log(": its card is in the reader")
    site.logind.wait_for("LockSession c2", GRACE + 1 + LATE)
    site.logind.listen(GRACE)
    assert site.logind.calls == ["LockSession c2"]
    assert "the guard was started after the session" in site.text()


def test_after_sleep_the_card_is_proven(site, cards):
    site.open("c1", "taro")
    site.logind.tell("asleep", True)
    site.logind.tell("asleep", False)
    site.wait_for_log(": the machine slept; lock in")
    site.wait_for_log(": its card is in the reader")
    site.logind.listen(GRACE + 1)
    assert site.logind.calls == []


def test_who_unlocks_without_the_card_is_locked_again(site, cards):
    site.open("c1", "taro")
    pull(cards)
    site.logind.wait_for("LockSession c1", GRACE + 1 + LATE)
    site.wait_for_log(": its screen is locked")
    site.logind.calls.clear()
    site.logind.tell("set", "c1", {"locked": False})
    site.wait_for_log(": the session was unlocked while its card was away; lock in")
    site.logind.wait_for("LockSession c1", GRACE + 1 + LATE)


def test_a_lock_that_is_undone_at_once_was_obeyed(site, cards):
    """The guard asks logind after both have happened. It must neither end the session nor take the screen for a locked one."""
    site.open("c1", "taro", obeys="for a moment")
    pull(cards)
    site.logind.wait_for("LockSession c1", GRACE + 1 + LATE)
    site.wait_for_log(": the session was unlocked while its card was away; lock in")
    site.logind.calls.clear()
    site.logind.wait_for("LockSession c1", GRACE + 1 + LATE)
    assert "TerminateSession c1" not in site.logind.calls and "not obeyed" not in site.text()


def test_a_screen_that_only_says_that_it_is_locked(site, cards):
    """Its hint was left over, or is a lie: it is asked to lock itself all the same, once. At a console the hint has no say."""
    site.open("c1", "taro", locked=True, obeys=False)
    site.open("c2", "taro", locked=True, type="tty")
    pull(cards)
    site.logind.wait_for("TerminateSession c2", GRACE + 1 + LATE)
    site.logind.wait_for("LockSession c1", LATE)
    site.logind.listen(3)
    assert sorted(site.logind.calls) == ["LockSession c1", "TerminateSession c2"]


def test_without_logind_a_lock_is_asked_for_again(site, cards):
    """What nobody was asked for, nobody disobeyed."""
    site.open("c1", "taro")
    site.logind.tell("hang", True)
    pull(cards)
    site.wait_for_log(": nothing can be done yet: logind")
    site.logind.tell("hang", False)
    site.logind.wait_for("LockSession c1", 1 + LATE)
    site.logind.listen(3)
    assert site.logind.calls == ["LockSession c1"]


# --- who is in the way ------------------------------------------------------------------------------------
def busy(lab, *argv: str, ready: bytes) -> Server:
    """A program of another user's that keeps pcscd or a card for itself."""
    as_mallory = ("setpriv", "--reuid", "mallory", "--regid", "mallory", "--clear-groups", sys.executable)
    return Server([*as_mallory, *argv], lab.work / "busy.log", ready=ready)


@pytest.mark.parametrize("what", ["flood", "exclusive", "transaction"])
def test_who_keeps_the_card_busy_keeps_no_session_open(lab, site, cards, what):
    site.open("c1", "taro")
    site.open("c2", "hanako", reader=1)
    site.guard.stop()
    script, *words = ("flood_pcscd.py",) if what == "flood" else ("hold_reader.py", what)
    if what == "flood":
        site.start()
        site.wait_for_log("its card is in the reader", count=2)  # or it could not begin
    other = busy(lab, lab.script_for_all(script), *words, ready=b"full|held")
    try:
        if what == "flood":
            pull(cards)
            site.wait_for_log("; lock in")
            put_back(cards)
        else:
            site.start()  # which has to see for itself that the card is there
        site.logind.wait_for("LockSession c1", GRACE + 1 + LATE)
        if what != "transaction":  # that one waits
            site.wait_for_log(": the card in the reader cannot be read")
        site.logind.listen(GRACE + 1)
        assert site.logind.calls == ["LockSession c1"]
    finally:
        other.stop()
    # Nor does it keep one locked for good: who unlocks has the card looked at again.
    before = site.text().count('00 00": its card is in the reader')
    site.logind.calls.clear()
    site.logind.tell("set", "c1", {"locked": False})
    site.wait_for_log('00 00": its card is in the reader', count=before + (what != "transaction"))
    site.logind.listen(GRACE + 1)
    assert site.logind.calls == []


def test_a_lost_bus_ends_it(site, cards):
    """systemd starts another one, which finds what there is."""
    site.bus.stop()
    until(lambda: site.guard.process.poll() is not None, "the end of the guard, which has no bus")
    assert site.guard.process.returncode == 1 and "the system's bus is gone" in site.text()


def status(pid: int, key: str) -> str:
    return re.search(rf"^{key}:\s*(.*)$", Path(f"/proc/{pid}/status").read_text(), re.M).group(1)


def switches(pid: int) -> int:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", (task / "status").read_text(), re.M).group(1)) for task in tasks)


@pytest.mark.parametrize("card", ["there", "gone"])
def test_it_is_confined_and_costs_nothing_while_it_waits(lab, site, cards, card):
    site.open("c1", "taro")
    if card == "gone":
        pull(cards)
        site.wait_for_log(": its screen is locked")
    pid = site.guard.pid
    assert status(pid, "Uid").split() == [str(pwd.getpwnam("_jpki-guard").pw_uid)] * 4
    assert (status(pid, "NoNewPrivs"), status(pid, "Seccomp"), int(status(pid, "CapEff"), 16)) == ("1", "2", 0)
    memory = Path(f"/proc/{pid}/smaps_rollup").read_text()
    proportional = int(re.search(r"^Pss:\s*(\d+) kB", memory, re.M).group(1))
    assert proportional < 6 * 1024 or is_sanitized(), memory
    site.logind.listen(2)  # it looks for readers once more, a second after the last change
    before = switches(pid)
    site.logind.listen(QUIET)
    assert switches(pid) == before
    print(f"PSS {proportional} kB, no wake-up in {QUIET} s")


# --- the record ---------------------------------------------------------------------------------------
@pytest.fixture
def logind_session(lab):
    """login(1) in a session c7 of logind's, as pam_systemd(8) tells it, with a shell that waits."""
    SESSIONS.mkdir(parents=True)
    make_records()
    lab.service("login", f"timeout={TIMEOUT}")
    service = Path("/etc/pam.d/login")
    saved = service.read_text()
    Path("/etc/security/jpki-test.conf").write_text("XDG_SESSION_ID DEFAULT=c7\n")
    service.write_text(saved.replace("session ", "session  required  pam_env.so conffile=/etc/security/jpki-test.conf\nsession ", 1))
    shell = LOGIN_SHELL.read_text()
    LOGIN_SHELL.write_text("#!/bin/sh\nprintf 'Enter: '\nread -r line\n")

    def begin(leader: int) -> None:
        uid = pwd.getpwnam("taro").pw_uid
        (SESSIONS / "c7").write_text(f"UID={uid}\nUSER=taro\nSTATE=active\nREMOTE=0\nSEAT=seat0\nTTY=tty7\nSERVICE=login\nCLASS=user\n"
                                     f"LEADER={leader}\nMONOTONIC=77\n")
    yield begin
    LOGIN_SHELL.write_text(shell)
    service.write_text(saved)
    shutil.rmtree(SESSIONS)


def login_process() -> int:
    return min(find("login"))


def session_list(*options: str) -> subprocess.CompletedProcess:
    return subprocess.run(("jpkictl", "session", "list", *options), capture_output=True, text=True)


def test_a_login_leaves_a_record_while_it_lasts(lab, insert, logind_session):
    insert("taro")
    seen = {}

    def type_pin():
        logind_session(login_process())
        return PIN

    def look():
        seen["records"] = {entry.name: entry.read_text() for entry in RECORDS.iterdir()}
        seen["mode"] = (RECORDS / "session-c7").stat().st_mode & 0o7777
        seen["json"], seen["text"] = session_list("--json"), session_list()
        return ""

    dialogue = lab.login("taro", [type_pin, look])
    assert set(seen["records"]) == {"session-c7"}, dialogue.screen + str(seen)
    assert seen["mode"] == 0o640
    lines = dict(line.split("=", 1) for line in seen["records"]["session-c7"].splitlines())
    assert (lines["session"], lines["user"], lines["since"], lines["reader"], lines["terminal"], lines["factors"]) == (
        "c7", str(pwd.getpwnam("taro").pw_uid), "77", "Virtual PCD 00 00", "tty7", "card+pin")
    assert "taro" not in seen["records"]["session-c7"]
    listed, = json.loads(seen["json"].stdout)["sessions"]
    assert (listed["session"], listed["state"], listed["seat"], listed["certificate"]) == ("c7", "open", "seat0", lines["certificate"])
    assert f"certificate={lines['certificate']}" in "\n".join(lab.syslog.lines()), "the pseudonym is not that of the log"
    assert "card+pin" in seen["text"].stdout and lines["mark"] not in seen["text"].stdout + seen["json"].stdout
    assert list(RECORDS.iterdir()) == []
    assert session_list().stdout == "No session was opened by card.\n"


def test_two_users_read_a_record_and_none_writes_it(lab, insert, logind_session):
    """The guard by its group, jpki-relay by the access list: as pam_jpki.so leaves it, without any other group."""
    insert("taro")
    record, seen = RECORDS / "session-c7", {}

    def type_pin():
        logind_session(login_process())
        return PIN

    def may(user: str, command: str) -> bool:
        return subprocess.run(as_user(user, "sh", "-c", command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def look():
        for user in (HELPER_USER, GUARD_USER, "taro", "mallory", "nobody"):
            seen[user] = [may(user, f"ls {RECORDS}"), may(user, f"cat {record}"),
                          may(user, f"test -w {RECORDS} || test -w {record} || rm -f {record} || touch {RECORDS}/new")]
        return ""

    dialogue = lab.login("taro", [type_pin, look])
    reader, other = [True, True, False], [False, False, False]
    assert seen == {HELPER_USER: reader, GUARD_USER: reader, "taro": other, "mallory": other, "nobody": other}, dialogue.screen


def test_the_guard_knows_the_card_of_a_real_login(lab, insert, logind_session):
    """What the module wrote and what the guard reads from the card are about the same certificate."""
    cards = insert("taro", "hanako")
    site = GuardSite(lab)
    site.logind.tell("add", "c7", {"user": pwd.getpwnam("taro").pw_uid, "leader": 1, "since": 77, "obeys": True})

    def type_pin():
        leader = login_process()
        logind_session(leader)
        site.logind.tell("set", "c7", {"leader": leader})
        site.start()
        site.wait_for_log("watching")
        return PIN

    def look():
        site.wait_for_log("session=c7 ")
        pull(cards)
        site.wait_for_log("; lock in")
        put_back(cards)
        site.wait_for_log(": its card is in the reader")
        site.restart()
        site.wait_for_log(": its card is in the reader", count=2)
        assert site.logind.calls == []
        return ""

    try:
        # The card that is not taro's is no candidate: it stays in the other reader.
        cards.ctl("@1", "remove")
        lab.login("taro", [type_pin, look], within=60)
    finally:
        site.stop()


def test_a_session_of_another_process_has_no_record(lab, insert, logind_session):
    insert("taro")
    seen = {}

    def type_pin():
        logind_session(1)
        return PIN

    def look():
        seen["records"] = list(RECORDS.iterdir())
        return ""

    lab.login("taro", [type_pin, look])
    assert seen == {"records": []}


def test_records_are_root_s_alone(lab):
    make_records()
    done = subprocess.run(("setpriv", "--reuid", "mallory", "--regid", "mallory", "--clear-groups", "jpkictl", "session", "list"),
                          capture_output=True, text=True)
    assert done.returncode == 2 and str(RECORDS) in done.stderr, done
