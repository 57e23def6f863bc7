# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tokens of another PKCS#11 module; many logins, one after another and at the same time."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lab import PIN
from processes import until
from softhsm import SoftTokens, bench

IN_A_ROW = 200
AT_ONCE = 20
WRITTEN = ("/tmp", "/run", "/var/tmp", "/var/lib/jpki", "/dev/shm")


@pytest.fixture
def token(lab):
    tokens = SoftTokens(lab, "taro")
    yield tokens
    tokens.remove()


def world() -> tuple[set[str], set[str]]:
    """The processes and the files that exist now."""
    processes = {entry for entry in os.listdir("/proc") if entry.isdigit()}
    files = {os.path.join(top, name) for root in WRITTEN for top, _, names in os.walk(root) for name in names}
    return processes, files


def settled(before: tuple[set[str], set[str]]) -> None:
    """Nothing is there that was not; an orphan has a moment to be collected by PID 1."""
    until(lambda: not world()[0] - before[0], "the end of what was started")
    assert not world()[1] - before[1]


def test_login(lab, token):
    seen = lab.pamtester("taro", [PIN])
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()


def test_wrong_pin(lab, token):
    seen = lab.pamtester("taro", ["9999"])
    assert (seen.pam, seen.codes[-1:]) == ("AUTH_ERR", ["JPKI-201"]), seen.screen


def test_two_modules_at_once(lab, insert):
    """The token of one module and the card of the other: only the card's certificate may log in."""
    tokens = SoftTokens(lab, "encryption", also="opensc-pkcs11.so")
    try:
        insert("taro")
        seen = lab.pamtester("taro", [PIN])
        assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    finally:
        tokens.remove()


def test_many_in_a_row(lab, token):
    before = world()
    result = bench(lab, "lab", user="taro", count=IN_A_ROW)
    assert result.returncode == 0, result.stdout + result.stderr + lab.syslog.text()[-2000:]
    print(result.stdout)
    settled(before)


def test_many_at_once(lab, token):
    service = lab.service("lab-parallel", "timeout=60")
    before = world()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = list(pool.map(lambda _: bench(lab, service, user="taro", count=1), range(AT_ONCE)))
    failed = [run.stderr for run in runs if run.returncode]
    assert not failed, "\n".join([*failed, lab.syslog.text()])
    settled(before)


def test_full_disks(lab, token):
    """A login writes nothing: it does not care whether anything could be written."""
    full = ("/tmp", "/run", "/var/tmp")
    for directory in full:
        subprocess.run(("mount", "-t", "tmpfs", "-o", "size=4k,mode=1777", "tmpfs", directory), check=True)
        filler = Path(directory) / "filler"
        filler.write_bytes(b"")
        with pytest.raises(OSError), filler.open("wb", buffering=0) as file:
            for _ in range(3):
                file.write(b"\0" * 4096)
    try:
        seen = lab.pamtester("taro", [PIN])
    finally:
        for directory in full:
            subprocess.run(("umount", directory), check=True)
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
