# SPDX-License-Identifier: LGPL-2.1-or-later
"""A PAM host without privileges, as screen lockers are: the validator comes from the system's socket, not from the host."""

import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

import pexpect
import pytest
from dialogue import Dialogue, converse
from guides import TOP, fences, spawn
from lab import LESS_CONFINED, PIN
from locker import ASK_PIN, SESSIONS, UNITS, Caller, LockerService, as_user, left_over, sits_here, start
from processes import running, until
from x_server import XServer

WRONG, OTHER_WRONG = "9999", "8888"
SERVICES = ("jpki-validator@.service", "jpki-account@.service")
ALL_SERVICES = sorted(unit.name for unit in (TOP / "conf").glob("*.service"))
NAMES = ("jpki-validator.socket", "jpki-account.socket", *SERVICES)


@pytest.fixture
def service(lab):
    made = LockerService(lab.work / "locker.log")
    yield made
    made.stop()
    assert not left_over(made)


@pytest.fixture
def taro_here():
    yield sits_here("taro")
    shutil.rmtree(SESSIONS)


def unlock(lab, user: str = "taro", answers=(PIN,), *, before: tuple[str, ...] = (), service: str = "lab", environment=None) -> Dialogue:
    return converse(as_user(user, *before, "pamtester", service, user, "authenticate"), answers,
                    environment=lab.environment() | (environment or {}))


def test_a_locker_is_unlocked_by_card(lab, insert, service, taro_here):
    card = insert("taro")
    seen = unlock(lab)
    assert seen.pam == "SUCCESS", seen.screen + service.text()
    assert len(seen.pin_prompts) == 1 and card.stats()["verifies"] == 1
    uid = pwd.getpwnam("taro").pw_uid
    assert service.told(f'JPKI-000 accepted uid={uid} account=taro service="lab"')
    assert service.told("evidence for JPKI-000"), "the validator's line goes to the journal"
    assert "evidence for" not in lab.syslog.text(), "and not through the person's own program"


def test_a_wrong_pin_costs_one_try(lab, insert, service, taro_here):
    card = insert("taro")
    seen = unlock(lab, answers=[WRONG])
    assert (seen.pam, seen.codes[-1:]) == ("AUTH_ERR", ["JPKI-201"]), seen.screen
    assert (card.stats()["verifies"], card.stats()["auth_tries_left"]) == (1, 2)
    assert "3" in seen.prompts[0] and "2" in seen.screen.split(seen.prompts[0], 1)[1]


def test_the_last_try_needs_a_yes(lab, insert, service, taro_here):
    card = insert("taro")
    for _ in range(2):
        unlock(lab, answers=[WRONG])
    seen = unlock(lab, answers=["no", PIN])
    assert seen.codes[-1:] == ["JPKI-205"], seen.screen
    assert card.stats()["verifies"] == 2
    assert unlock(lab, answers=["yes", PIN]).pam == "SUCCESS"


def test_somebody_elses_card_gets_no_prompt(lab, insert, service, taro_here):
    card = insert("hanako")
    seen = unlock(lab)
    assert (seen.pam, seen.codes[-1:], seen.pin_prompts) == ("AUTH_ERR", ["JPKI-503"], []), seen.screen
    assert card.stats()["verifies"] == 0
    assert "hanako" not in seen.screen + lab.syslog.text(), "whose card it is, is nobody's business"


def test_a_refused_card_is_told_as_elsewhere(lab, insert, service, taro_here):
    insert("revoked")
    sits_here("revoked")
    seen = unlock(lab, "revoked")
    assert (seen.pam, seen.codes[-1:]) == ("CRED_INSUFFICIENT", ["JPKI-401"]), seen.screen


def test_a_card_is_waited_for(lab, insert, service, taro_here):
    card = insert("taro", absent=True)
    lab.service("lab-waits", "timeout=6 wait_for_card=20")
    child = spawn(lab, *as_user("taro", "pamtester", "lab-waits", "taro", "authenticate"))
    child.expect("card")
    card.insert()
    child.expect(r"PIN \([^)]*\): $")
    child.sendline(PIN)
    child.expect("successfully authenticated")
    child.expect(pexpect.EOF)
    child.close()
    Path("/etc/pam.d/lab-waits").unlink()


def test_who_is_at_another_machine(lab, insert, service):
    """All sessions of the user are remote; the module's own options count for the module alone."""
    card = insert("taro")
    sits_here("taro", remote=True)
    lab.service("lab-remote", "timeout=6 allow_remote")
    try:
        seen = unlock(lab, service="lab-remote")
    finally:
        shutil.rmtree(SESSIONS)
        Path("/etc/pam.d/lab-remote").unlink()
    assert (seen.codes[-1:], seen.pin_prompts) == (["JPKI-112"], []), seen.screen
    assert service.told("a [[seat]] must be for this person: the user who runs this program is logged in from another place as well")
    assert service.told("no [[seat]] is for where the person is")
    assert card.stats()["verifies"] == 0


def test_another_configuration_is_refused(lab, insert, service, taro_here):
    insert("taro")
    lab.service("lab-other", "timeout=6 config_file=/etc/jpki/jpki.toml")
    seen = unlock(lab, service="lab-other")
    Path("/etc/pam.d/lab-other").unlink()
    assert (seen.pam, seen.codes[-1:]) == ("AUTHINFO_UNAVAIL", ["JPKI-601"]), seen.screen
    assert service.told("config_file= is only for programs that run as root")


def test_debug_tells_the_person_nothing_more(lab, insert, service, taro_here):
    insert("taro")
    lab.service("lab-debug", "timeout=6 debug")
    seen = unlock(lab, service="lab-debug")
    Path("/etc/pam.d/lab-debug").unlink()
    assert seen.pam == "SUCCESS", seen.screen
    assert "kind=" not in lab.syslog.text() and "certificate=" not in lab.syslog.text()


@pytest.mark.parametrize("choice", [["prlimit", "--core=0:0", "--memlock=0:0", "--nofile=64:64", "--fsize=0:0"],
                                    ["nice", "-n", "19"],
                                    ["sh", "-c", 'umask 0777; exec "$@"', "sh"],
                                    ["sh", "-c", 'exec 5</etc/passwd 6>/dev/null; exec "$@"', "sh"]],
                         ids=["limits", "scheduling", "umask", "descriptors"])
def test_what_the_host_chose_never_reaches_the_validator(lab, insert, service, taro_here, choice):
    insert("taro")
    seen = unlock(lab, before=tuple(choice), environment={"OPENSC_CONF": "/nonexistent", "PCSCLITE_CSOCK_NAME": "/nonexistent",
                                                          "OPENSC_DEBUG": "9"})
    assert seen.pam == "SUCCESS", seen.screen + service.text()


SOCKETS = 4  # to its parent, the PKCS#11 module's, for the readers, and to be told when the card leaves


def seen_of_validator() -> dict[str, object]:
    """What confines the validator that waits for a PIN, and who it is."""
    pid = subprocess.run(["pgrep", "-x", "jpki-validator"], capture_output=True, text=True, check=True).stdout.strip()
    process = Path("/proc") / pid
    status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines() if ":\t" in line)
    limits = re.findall(r"^Max (.*?)  +(\S+) +(\S+)", (process / "limits").read_text(), re.M)
    root = process / "root"

    def descriptors() -> list[str]:
        return sorted(os.readlink(fd).split(":")[0] for fd in (process / "fd").iterdir())

    # The thread that waits for the card to leave makes a connection of its own to pcscd.
    until(lambda: descriptors().count("socket") >= SOCKETS, "the validator's connections")
    return {"status": {key: status[key] for key in ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapAmb", "Seccomp",
                                                    "NoNewPrivs", "SigBlk", "SigIgn", "Threads")},
            "limits": {name: values for name, *values in limits if name not in ("locked memory", "processes", "pending signals")},
            "root": sorted(str(path.relative_to(root)) for path in root.rglob("*")
                           if "evidence" not in str(path) and path.parent.name != "cards"),  # what logins note comes and goes
            "namespace": os.readlink(process / "ns/user") != os.readlink("/proc/self/ns/user"),
            "environment": (process / "environ").read_bytes(), "directory": os.readlink(process / "cwd"),
            "descriptors": descriptors(),
            "nice": (process / "stat").read_text().rsplit(")", 1)[1].split()[16],
            "parent": (Path("/proc") / status["PPid"] / "comm").read_text().strip()}


@pytest.mark.unsanitized_build(LESS_CONFINED)
def test_it_is_confined_as_elsewhere(lab, insert, service, taro_here):
    """The validator of a login by root, and the one of the person's locker: one and the same but for its parent."""
    insert("taro")
    found = []

    def look() -> str:
        found.append(seen_of_validator())
        return PIN

    assert lab.pamtester("taro", [look]).pam == "SUCCESS"
    assert unlock(lab, answers=[look], before=("nice", "-n", "7")).pam == "SUCCESS", service.text()
    by_root, by_locker = found
    assert (by_root.pop("parent"), by_locker.pop("parent")) == ("pamtester", "jpki-relay")
    assert by_root["status"].pop("Groups").split() == []
    assert by_locker["status"].pop("Groups").split() == [str(group) for group in service.groups], "of no use: it can open no file"
    assert by_locker == by_root
    assert by_locker["namespace"] and "run/pcscd" in by_locker["root"] and not any(path.startswith("etc") for path in by_locker["root"])


def test_so_is_what_stands_between(lab, insert, service, taro_here):
    """jpki-relay, before it has read a byte."""
    insert("taro")
    with Caller(service.path, pwd.getpwnam("taro").pw_uid) as caller:
        until(lambda: running("jpki-validator"), "the validator")
        pid = subprocess.run(["pgrep", "-x", "jpki-relay"], capture_output=True, text=True, check=True).stdout.strip()
        until(lambda: "Seccomp:\t2" in Path(f"/proc/{pid}/status").read_text(), "the confinement of jpki-relay")
        caller.send(start("taro"))
        caller.receive_until(ASK_PIN)


def test_without_the_socket(lab, insert, taro_here):
    """As it was: the person's own validator may not read the map. The log says what to do."""
    insert("taro")
    seen = unlock(lab)
    assert (seen.pam, seen.codes[-1:]) == ("AUTHINFO_UNAVAIL", ["JPKI-505"]), seen.screen
    assert "systemctl enable --now jpki-validator.socket" in lab.syslog.text()


def test_a_socket_that_is_not_roots(lab, insert, taro_here):
    """Nobody gets a PIN by listening there."""
    insert("taro")
    made = subprocess.Popen(["/usr/bin/python3", "-c", LISTENER], stdout=subprocess.PIPE, text=True)
    try:
        made.stdout.readline()
        seen = unlock(lab)
    finally:
        made.kill()
        made.wait()
        made.stdout.close()
        Path("/run/jpki/validator.sock").unlink()
    assert seen.codes[-1:] == ["JPKI-505"], seen.screen
    assert "Operation not permitted" in lab.syslog.text()


LISTENER = """
import os, socket, pathlib
pathlib.Path("/run/jpki").mkdir(exist_ok=True)
s = socket.socket(socket.AF_UNIX)
s.bind("/run/jpki/validator.sock")
os.chmod("/run/jpki/validator.sock", 0o666)
os.setuid(2001)
s.listen()
print("ready", flush=True)
s.accept()[0].recv(1)
"""


def test_a_host_with_roots_rights_starts_its_own(lab, insert, service):
    """su is set-user-ID: the service is not asked."""
    insert("taro")
    lab.service("su", "timeout=6")
    assert "shell of taro" in lab.su("taro", [PIN]).screen
    assert service.text() == ""


@pytest.fixture
def screen(lab):
    """An X server, and the recipe for i3lock with the lab's time."""
    assert all(map(shutil.which, ("Xvfb", "xdotool", "i3lock"))), "./dev deps installs them"
    (text,) = (text for _, name, text in fences(TOP / "doc/pam-recipes.md") if name == "screen-locker")
    service = Path("/etc/pam.d/i3lock")
    shipped = service.read_text()
    service.write_text(text.replace("pam_jpki.so", "pam_jpki.so timeout=6 where_unknown=local"))
    server = XServer(lab.work / "x")
    yield server
    server.stop()
    service.write_text(shipped)


def type_at(screen: XServer, text: str) -> None:
    screen.type(text)
    screen.keys("Return")


@pytest.fixture
def i3lock(lab, service, taro_here, screen):
    """taro's screen, locked."""
    lock = subprocess.Popen(as_user("taro", "i3lock", "--nofork"), env=lab.environment() | screen.environment)
    until(lambda: subprocess.run(["xdotool", "search", "--name", "i3lock"], env=os.environ | screen.environment, capture_output=True).stdout,
          "i3lock's window")
    yield lock
    lock.kill()
    lock.wait()


def test_i3lock_is_unlocked(lab, insert, service, i3lock, screen):
    card = insert("taro")
    type_at(screen, PIN)
    assert i3lock.wait(timeout=15) == 0, service.text()
    assert service.told('service="i3lock"') and "JPKI-000 accepted" in service.text()
    assert card.stats()["verifies"] == 1


def test_i3lock_and_wrong_pins(lab, insert, service, i3lock, screen):
    """It shows nothing: the same wrong PIN costs one try, and the last try is never spent."""
    card = insert("taro")
    for typed, told in ((WRONG, "JPKI-201 pin-incorrect uid="), (WRONG, "JPKI-207 pin-wrong-before uid=")):
        type_at(screen, typed)
        until(lambda told=told: told in service.text(), told)
    type_at(screen, OTHER_WRONG)
    until(lambda: service.text().count("JPKI-201 pin-incorrect uid=") == 2, "the second wrong PIN")
    type_at(screen, PIN)
    until(lambda: "JPKI-205 last-try-not-confirmed uid=" in service.text(), "the refusal of the last try")
    assert card.stats()["verifies"] == 2 and i3lock.poll() is None


@pytest.mark.parametrize("name", NAMES)
def test_systemd_finds_the_units_good(name):
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(UNITS / name)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


@pytest.mark.parametrize("name", ALL_SERVICES)
def test_its_exposure_is_low(name):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", str(UNITS / name)],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
