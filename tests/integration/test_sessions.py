# SPDX-License-Identifier: LGPL-2.1-or-later
"""After a login, whatever way it ended, the card is not PIN-verified: nobody else can sign with it."""

import os
import signal
import subprocess
from pathlib import Path

from lab import PIN
from processes import find, until

MODULE = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"
STEALER_CONF = """app default {
  card_drivers = jpki;
  reader_driver pcsc { disconnect_action = leave; transaction_end_action = leave; }
}
"""


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


def test_another_local_user_cannot_sign(lab, insert):
    """Signing without a PIN right after somebody's login, with a PKCS#11 library that leaves the card as it is."""
    card = insert("taro")
    conf = Path("/home/mallory/opensc.conf")
    conf.write_text(STEALER_CONF)
    data = Path("/home/mallory/data")
    data.write_bytes(b"\0" * 32)
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"
    card.ctl("stats-reset")
    done = subprocess.run(["setpriv", "--reuid", "mallory", "--regid", "mallory", "--clear-groups", "pkcs11-tool", "--module",
                           MODULE, "--sign", "--mechanism", "RSA-PKCS", "--id", "01", "--input-file", str(data),
                           "--output-file", "/home/mallory/signature"],
                          env=lab.environment() | {"OPENSC_CONF": str(conf), "HOME": "/home/mallory"}, input="",
                          capture_output=True, text=True, timeout=30)
    assert card.stats()["apdus"] > 0, f"the attack never reached the card: {done.stdout}{done.stderr}"
    assert card.stats()["signs"] == 0 or not Path("/home/mallory/signature").exists()
