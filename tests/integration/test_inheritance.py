# SPDX-License-Identifier: LGPL-2.1-or-later
"""su(1) and sudo(8) are set-user-ID root, and an unprivileged caller chooses their limits, signals and scheduling.

The card is revoked, and only the responder knows: who could keep jpki-fetch or the validator from working would be let in by
yesterday's CRL. Each row is one thing that a caller can choose.
"""

import os
import pwd
import re
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from dialogue import Answer, Dialogue, converse
from lab import EVIDENCE, PIN, TIMEOUT
from ocsp_responder import OcspResponder
from processes import find, until
from test_revocation import SOURCES, evidence_line

LIMITS = ("core", "fsize", "locks", "memlock", "msgqueue", "nice", "nproc", "rss", "rtprio", "rttime", "sigpending")
STILLBORN = ("as", "cpu", "data", "nofile", "stack")  # without these su and sudo do not get as far as a prompt
CHOICES = {limit: ["prlimit", f"--{limit}=0:0"] for limit in LIMITS} | {
    "scheduling": ["nice", "-n", "19", "ionice", "-c", "3", "chrt", "--idle", "0", "taskset", "--cpu-list", "0"],
    "signals": ["env", "--ignore-signal", "--block-signal=TERM,ALRM,CHLD,XFSZ"],
    "umask": ["sh", "-c", 'umask 0777; exec "$@"', "sh"],
    "everything at once": ["prlimit", *(f"--{limit}=0:0" for limit in LIMITS if limit != "fsize"), "nice", "-n", "19"],
}
# What is left where no limit can be raised: no process, no room for an answer.
STARVING = {"nproc": "JPKI-603", "everything at once": "JPKI-603", "fsize": "JPKI-604"}
AT_SECURE = 23  # <elf.h>
SUDOERS = "Defaults passwd_tries=1, !lecture, use_pty\ntaro ALL=(ALL) ALL\n"


def may_raise_limits() -> bool:
    """CAP_SYS_RESOURCE, which some containers take from root."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"CapEff:\s*([0-9a-f]+)", status)[1], 16) >> 24 & 1 == 1


@pytest.fixture(scope="module")
def sudo(lab):
    """sudo asks its caller to authenticate, by card."""
    file = Path("/etc/sudoers")
    file.write_text(SUDOERS)
    file.chmod(0o440)
    lab.service("sudo", f"timeout={TIMEOUT}")


@pytest.fixture
def revoking(lab, insert):
    """Only the responder knows that the card is revoked."""
    responder = OcspResponder(lab.pki, lab.work / "ocsp.log")
    responder.revoke("taro", 1)
    lab.sources(SOURCES.format(url=responder.url, more=""))
    insert("taro")
    yield responder
    responder.stop()
    lab.sources("")
    lab.forget_evidence()


def started_by(lab, caller: str, *argv: str, answers: Sequence[Answer] = (PIN,)) -> Dialogue:
    entry = pwd.getpwnam(caller)
    return converse(["setpriv", "--reuid", str(entry.pw_uid), "--regid", str(entry.pw_gid), "--clear-groups", *argv], answers,
                    environment=lab.environment())


def assert_refused(lab, responder: OcspResponder, seen: Dialogue, choice: str) -> None:
    """As revoked, by the responder. Where no limit can be raised, a starved helper refuses: the CRL never decides."""
    assert "shell of" not in seen.screen and "uid=0" not in seen.screen, seen.screen
    if choice in STARVING and not may_raise_limits():
        # It starves, or the program that starts it: how many processes the user has by then decides which.
        assert f" {STARVING[choice]} " in lab.syslog.text(), seen.screen + lab.syslog.text()
        return
    line = evidence_line(lab)
    assert "evidence for JPKI-401" in line and "platform: RFC 6960 2.2: revoked" in line, seen.screen + lab.syslog.text()
    stats = responder.stats()
    assert stats["get"] + stats["post"] >= 1


@pytest.mark.parametrize("choice", CHOICES)
def test_no_caller_of_su_chooses_a_weaker_source(lab, revoking, choice):
    seen = started_by(lab, "mallory", *CHOICES[choice], "su", "taro")
    assert_refused(lab, revoking, seen, choice)
    if choice not in STARVING:
        assert seen.codes[-1:] == ["JPKI-401"], seen.screen
        assert any(file.name.startswith("revoked") for file in EVIDENCE.rglob("*")), list(EVIDENCE.rglob("*"))


@pytest.mark.parametrize("choice", CHOICES)
def test_no_caller_of_sudo_does(lab, sudo, revoking, choice):
    assert_refused(lab, revoking, started_by(lab, "taro", *CHOICES[choice], "sudo", "-k", "id"), choice)


@pytest.mark.parametrize("limit", STILLBORN)
@pytest.mark.parametrize("program", [("su", "taro"), ("sudo", "-k", "id")], ids=lambda program: program[0])
def test_a_program_that_cannot_begin_lets_nobody_in(lab, sudo, insert, limit, program):
    """With a good card: it would let in."""
    insert("taro")
    seen = started_by(lab, "taro", "prlimit", f"--{limit}=0:0", *program)
    assert "shell of" not in seen.screen and "uid=0" not in seen.screen, seen.screen
    assert seen.pin_prompts == [] and seen.status != 0, seen.screen


@pytest.mark.parametrize("program", [("su", "taro"), ("sudo", "-k", "id")], ids=lambda program: program[0])
def test_the_validator_is_not_in_secure_execution_mode(lab, sudo, insert, program):
    """There libpcsclite of Debian 13 would not hear which card service it is to ask."""
    insert("taro")
    told = []

    def look() -> str:
        (pid,) = find("jpki-validator")
        told.append(dict(struct.iter_unpack("@LL", Path(f"/proc/{pid}/auxv").read_bytes()))[AT_SECURE])
        return PIN

    seen = started_by(lab, "taro" if program[0] == "sudo" else "mallory", *program, answers=[look])
    assert "shell of taro" in seen.screen or "uid=0(root)" in seen.screen, seen.screen
    assert told == [0]


CGROUPS = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))  # version 2 is one, the second beside version 1


@pytest.fixture
def delegated():
    """(above, group): what systemd gives a user's service manager to divide (Delegate=), with a group of the user's in it."""
    mount = next((path for path in CGROUPS if (path / "cgroup.procs").exists()), None)
    if mount is None:
        mount = CGROUPS[0]
        subprocess.run(("mount", "-t", "cgroup2", "cgroup2", mount), check=True)
    entry = pwd.getpwnam("mallory")
    above = Path(tempfile.mkdtemp(prefix="jpki-test-", dir=mount))
    above.chmod(0o755)
    group = above / "user@.service" / "a"
    group.mkdir(parents=True)
    for owned in (group.parent, group.parent / "cgroup.procs", group, *group.iterdir()):
        os.chown(owned, entry.pw_uid, entry.pw_gid)
    yield above, group
    for left in (group, group.parent, above / "jpki", above):
        until(lambda: removed(left), f"the end of all processes in {left}")


def removed(group: Path) -> bool:
    """Not while a process is in it."""
    with suppress(OSError):
        group.rmdir()
    return not group.exists()


def test_a_caller_who_divides_a_control_group_freezes_no_helper(lab, revoking, delegated):
    """cgroups(7): whoever may write to a group and to the one above it and a process's own moves that process, root's too."""
    above, group = delegated
    told = []

    def look() -> str:
        for pid, name in find("su", "jpki-validator", "jpki-fetch").items():
            moved = subprocess.run(["setpriv", "--reuid", str(entry.pw_uid), "--clear-groups", "sh", "-c",
                                    f"echo {pid} >{group.parent}/cgroup.procs"], capture_output=True)
            told.append((name, Path(f"/proc/{pid}/cgroup").read_text().rsplit("0::", 1)[1].strip(), moved.returncode == 0))
        return PIN

    entered = ["sh", "-c", f'echo $$ >{group}/cgroup.procs; exec "$@"', "sh"]
    entry = pwd.getpwnam("mallory")
    seen = converse([*entered, "setpriv", "--reuid", str(entry.pw_uid), "--regid", str(entry.pw_gid), "--clear-groups", "su", "taro"],
                    [look], environment=lab.environment())
    assert "shell of" not in seen.screen and seen.codes[-1:] == ["JPKI-401"], seen.screen + lab.syslog.text()
    assert sorted(told) == [("jpki-fetch", f"/{above.name}/jpki", False), ("jpki-validator", f"/{above.name}/jpki", False),
                            ("su", f"/{above.name}/user@.service", True)]


def test_a_fetcher_that_cannot_be_started_is_no_silent_responder(lab, revoking):
    """Its program is gone: nobody is let in by a CRL alone, and the person is told that the installation is broken."""
    program = Path("/usr/libexec/jpki/jpki-fetch")
    kept = program.rename(program.with_name("jpki-fetch.kept"))
    try:
        seen = started_by(lab, "mallory", "su", "taro")
    finally:
        kept.rename(program)
    assert "shell of" not in seen.screen, seen.screen
    assert (seen.codes[-1:], seen.pin_prompts) == (["JPKI-603"], []), seen.screen + lab.syslog.text()
