# SPDX-License-Identifier: LGPL-2.1-or-later
"""sudo(8) passes PAM_SILENT and blocks Ctrl-C while it authenticates: real sudo at a terminal, started by an unprivileged user."""

import pwd
import time
from pathlib import Path

import pexpect
import pytest
from lab import PIN
from processes import running, until

SUDOERS = "Defaults passwd_tries=3, !lecture, use_pty, timestamp_timeout=0\ntaro,revoked ALL=(ALL) ALL\n"
PIN_PROMPT = r"PIN \([^)]*\): $"
AT_ONCE = 15  # seconds; a wait would take 30


@pytest.fixture(scope="module")
def card_only(lab):
    """As jpki-required: 30 seconds to put a card on the reader."""
    file = Path("/etc/sudoers")
    kept = file.read_text()
    file.write_text(SUDOERS)
    file.chmod(0o440)
    lab.service("sudo", "wait_for_card=30 timeout=6")
    yield
    Path("/etc/pam.d/sudo").unlink()
    file.write_text(kept)


# A prompt of ours. sudo itself may end a piece of its output with a colon: "unable to resolve host vm: ..."
PROMPT = r"(PIN|Enter)[^\r\n]*: $"


class Sudo:
    def __init__(self, lab, caller: str = "taro"):
        entry = pwd.getpwnam(caller)
        self.begin = time.monotonic()
        self.child = pexpect.spawn("setpriv", ["--reuid", str(entry.pw_uid), "--regid", str(entry.pw_gid), "--clear-groups", "sudo",
                                               "id"], env=lab.environment(), encoding="utf-8", timeout=20)
        self.child.delaybeforesend = None
        self.screen = ""

    def read(self, pattern: str) -> str:
        """The line that ends in the pattern."""
        self.child.expect(pattern)
        self.screen += self.child.before + self.child.after
        return self.screen.splitlines()[-1]

    def type(self, text: str) -> None:
        self.child.sendline(text)

    def interrupt(self) -> None:
        """Ctrl-C, once sudo waits: between its prompt and its read(2) a signal is noted, and read all the same."""
        until(lambda: Path(f"/proc/{self.child.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "S", "sudo waiting")
        self.child.sendintr()

    def end(self) -> str:
        self.child.expect(pexpect.EOF)
        self.screen += self.child.before
        self.child.close()
        self.seconds = time.monotonic() - self.begin
        return self.screen


def test_a_wrong_pin_is_told_in_the_next_prompt(lab, insert, card_only):
    card = insert("taro")
    sudo = Sudo(lab)
    assert "JPKI" not in sudo.read(PIN_PROMPT)
    sudo.type("9999")
    line = sudo.read(PIN_PROMPT)
    assert "[JPKI-201]" in line and "2 tries left" in line and len(line) <= 80, line
    sudo.type("12")
    line = sudo.read(PIN_PROMPT)
    assert "JPKI-201" not in line and "4 digits" in line, line
    sudo.type(PIN)
    assert "uid=0" in sudo.end(), sudo.screen + lab.syslog.text()
    assert card.stats()["verifies"] == 2


@pytest.mark.parametrize("card,caller,code", [("revoked", "revoked", "JPKI-401"), ("hanako", "taro", "JPKI-503")])
def test_a_refused_card_is_told_and_held_at_the_screen(lab, insert, card_only, card, caller, code):
    insert(card)
    sudo = Sudo(lab, caller)
    line = sudo.read(PROMPT)
    assert code in line and len(line) <= 80, line
    sudo.interrupt()
    assert "uid=0" not in sudo.end() and sudo.seconds < AT_ONCE, sudo.screen


def test_no_card_is_asked_for_and_may_come(lab, insert, card_only):
    card = insert("taro", absent=True)
    sudo = Sudo(lab)
    assert "put your card on the reader" in sudo.read(r"Enter: $")
    card.insert()
    sudo.type("")
    sudo.read(PIN_PROMPT)
    sudo.type(PIN)
    assert "uid=0" in sudo.end(), sudo.screen + lab.syslog.text()


@pytest.mark.parametrize("when", ["at the prompt", "while waiting"])
def test_ctrl_c_ends_the_wait_for_a_card(lab, insert, card_only, when):
    insert("taro", absent=True)
    sudo = Sudo(lab)
    sudo.read(r"Enter: $")
    if when == "while waiting":
        lab.syslog.clear()
        sudo.type("")
        until(lambda: running("jpki-validator"), "jpki-validator")
    begin = time.monotonic()
    sudo.interrupt()
    sudo.end()
    assert time.monotonic() - begin < AT_ONCE and "uid=0" not in sudo.screen, sudo.screen


def test_no_reader_is_not_waited_for(lab, card_only):
    service = lab.card_service(readers=False)
    try:
        sudo = Sudo(lab)
        assert "JPKI-102" in sudo.read(PROMPT), sudo.screen
        sudo.interrupt()
        sudo.end()
        assert sudo.seconds < AT_ONCE, sudo.screen
    finally:
        service.stop()
