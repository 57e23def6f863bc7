# SPDX-License-Identifier: LGPL-2.1-or-later
"""After a login, whatever way it ended, the card is not PIN-verified: nobody else can sign with it."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from lab import PIN
from processes import Server, find, until

LOGINS = 5


def test_after_a_login(lab, insert):
    card = insert("taro")
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"
    assert card.stats()["auth_verified"] is False


def test_after_a_failed_signature(lab, insert):
    card = insert("taro")
    card.fault("bad-signature")
    assert lab.pamtester("taro", [PIN]).pam == "CRED_INSUFFICIENT"
    assert card.stats()["auth_verified"] is False


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_after_a_killed_host(lab, insert):
    """The host dies at the prompt: its validator notices and ends; no PIN was sent."""
    card = insert("taro")

    def die():
        for pid in find("pamtester"):
            os.kill(pid, signal.SIGKILL)
        return PIN

    seen = lab.pamtester("taro", [die])
    assert seen.status == 128 + signal.SIGKILL
    until(lambda: not find("jpki-validator"), "the end of jpki-validator")
    assert card.stats()["verifies"] == 0
    assert card.stats()["auth_verified"] is False


def test_after_a_killed_validator(lab, insert):
    """Killed while the card holds a verified PIN and is about to sign."""
    card = insert("taro")
    card.fault("silent=sign")

    def kill_when_verified():
        return PIN

    watcher = subprocess.Popen(["jpki-vcard", "ctl", str(card.socket), "wait", "verifies>=1", "20"])
    seen = lab.pamtester("taro", [kill_when_verified])
    assert watcher.wait(timeout=20) == 0
    assert seen.codes[-1] == "JPKI-107", seen.screen
    card.ctl("faults-clear")
    card.remove()
    card.insert()
    card.ctl("wait", "present", "10")
    assert card.stats()["auth_verified"] is False


def thief_command(*words: str) -> list[str]:
    """PCSCLITE_NO_BLOCKING: libpcsclite would wait for 100 ms wherever somebody else has the card, and miss what this waits for."""
    return ["setpriv", "--reuid", "mallory", "--regid", "mallory", "--clear-groups", "env", "PCSCLITE_NO_BLOCKING=1",
            "python3", str(Path(__file__).with_name("card_thief.py")), *words]


@pytest.fixture
def thief(lab):
    """A user's program that is at the card before the login; starting it needs a card."""
    started = []

    def start() -> Server:
        started.append(Server(thief_command("steal"), lab.work / "thief.log", ready=b"at it"))
        return started[-1]

    yield start
    for server in started:
        server.stop()


def test_another_local_user_cannot_sign(lab, insert, thief):
    """Not for a moment, with a connection that stood before: the PIN is forgotten before the card is given back."""
    card = insert("taro")
    waiting = thief()
    for _ in range(LOGINS):
        seen = lab.pamtester("taro", [PIN])
        assert seen.pam == "SUCCESS", seen.screen
        assert waiting.process.poll() is None, waiting.log.read_text() or "somebody else signed"
    # The same program signs as soon as it can.
    subprocess.run(thief_command("verify", PIN), check=True, timeout=30)
    assert waiting.process.wait(timeout=30) == 0
