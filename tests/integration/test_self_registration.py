# SPDX-License-Identifier: LGPL-2.1-or-later
"""People register their own card with the password of their account, which pam_unix judges, and the card's PIN.

"saburo" is a good card that nobody registered: here it is taro's.
"""

import base64
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
from dialogue import keep_open_until_it_ends
from guides import PASSWORD, fences, give_password
from lab import HELPER_USER, PIN, SUCCESSION, run
from processes import running

HERE = Path(__file__).parent
SETTINGS = Path("/etc/jpki/jpki.toml.d/self-registration.toml")
MAP = Path("/etc/jpki/accounts.map")
OVERLAY = SUCCESSION / "overlay"
CODES = (Path("/run/jpki/emergency"), Path("/var/lib/jpki/emergency"))
PROGRAM = Path("/usr/libexec/jpki/jpki-self-registration")
SERVICE = Path("/etc/pam.d/own-card")
QUESTION, WANTED = "Register it? ", "Your card is registered. From now on you can log in with it."
WAITS = "Until your system administrator agrees, it does not log you in; please log in another way. [JPKI-543]"
YES = {"Password": PASSWORD, QUESTION: "yes", "PIN": PIN}
SUCCESS, PERM_DENIED, AUTH_ERR, PAM_IGNORE = 0, 6, 7, 25

# What a careful administrator writes, and what a careless one does.
CARD = "auth [success=3 user_unknown=ignore default=die] pam_jpki.so where_unknown=local screen=full timeout=6\n"
REGISTER = "pam_jpki.so register where_unknown=local screen=full timeout=6"
STACK = CARD + f"auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth optional {REGISTER}\nauth required pam_permit.so\n"
REQUIRED = STACK.replace("optional", "requisite")
REST = "account required pam_permit.so\nsession required pam_permit.so\n"


def settings(*services, at_once=False, more=""):
    SETTINGS.write_text(f"[self_registration]\nservices = {json.dumps(services)}\nat_once = {str(at_once).lower()}\n{more}")


def thumbprint(lab, card):
    return "X509:<SHA1-PUKEY>" + run("sha1sum", str(lab.pki / "cards" / card / "auth.der")).split()[0]


def entries():
    """Without the times and certificates."""
    if not OVERLAY.exists():
        return []
    lines = [line.split("\t") for line in OVERLAY.read_text().splitlines()[1:]]
    return [(line[0], *(field for field in line[3:] if not field.startswith("certificate="))) for line in lines]


def kept_certificates():
    return [base64.b64decode(field) for field in re.findall(r"\tcertificate=(\S*)", OVERLAY.read_text())]


def write_overlay(*lines):
    OVERLAY.write_text("jpki-succession 1\n" + "".join("\t".join((line[0], "1", "1", *line[1:])) + "\n" for line in lines))
    OVERLAY.chmod(0o600)
    shutil.chown(OVERLAY, HELPER_USER)


@pytest.fixture(autouse=True)
def site(lab):
    """pam_unix knows passwords; nothing is configured. Everything is as before at the end."""
    shadow = give_password("taro", "hanako", "root", "daemon")
    saved, info = MAP.read_bytes(), MAP.stat()
    SERVICE.write_text(STACK + REST)
    lab.syslog.clear()
    yield
    Path("/etc/shadow").write_text(shadow)
    MAP.write_bytes(saved)
    os.chown(MAP, info.st_uid, info.st_gid)
    MAP.chmod(info.st_mode & 0o7777)
    for path in (SETTINGS, OVERLAY, SERVICE):
        path.unlink(missing_ok=True)
    assert not running("jpki-self-regis"), "a helper is left"


@pytest.fixture
def card(insert):
    return insert("saburo")


@pytest.fixture
def host(lab):
    """host(*steps): a program with a handle of its own does them; what it saw."""
    library = lab.work / "later_boot.so"
    if not library.exists():
        run("gcc", "-shared", "-fPIC", "-o", str(library), str(HERE / "later_boot.c"))

    def perform(*steps, user="taro", service="own-card", answers=YES):
        done = subprocess.run([sys.executable, "-B", HERE / "pam_host.py", service, user, json.dumps(answers), *steps],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60,
                              env=lab.environment() | {"LD_PRELOAD": str(library)})
        assert done.returncode == 0, done.stderr
        seen = json.loads(done.stdout)
        return seen["codes"], " ".join(seen["asked"]), " ".join(seen["told"])

    return perform


def at_terminal(lab, argv, answers):
    """Everything that was on the screen; `answers`: for each kind of prompt."""
    child = pexpect.spawn(argv[0], argv[1:], env=lab.environment(), encoding="utf-8", timeout=30, dimensions=(24, 400))
    keep_open_until_it_ends(child)
    child.delaybeforesend = None
    screen = ""
    while True:
        try:
            which = child.expect([*(re.escape(prompt) + r"[^\r\n]*$" for prompt in answers), pexpect.EOF])
        except pexpect.TIMEOUT:
            child.kill(signal.SIGKILL)
            child.close(force=True)
            raise AssertionError(f"not answered: {screen}{child.before}") from None
        screen += child.before + (child.after if which < len(answers) else "")
        if which == len(answers):
            break
        child.sendline(list(answers.values())[which])
    child.close()
    return screen.replace("\r\n", "\n")


LOGIN = {"Password: ": PASSWORD, QUESTION: "yes", "4 digits": PIN}


def jpkictl(*words):
    done = subprocess.run(["jpkictl", "card", "pending", *words, "--json"], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=60, env=os.environ | {"LC_ALL": "C.UTF-8"})
    return done.returncode, json.loads(done.stdout)


# --- how it is meant
def test_off_by_default(lab, card, host):
    codes, asked, _ = host("authenticate", "setcred")
    assert codes == [SUCCESS, SUCCESS] and QUESTION not in asked, asked
    assert not OVERLAY.exists() and card.stats()["verifies"] == 0


def test_pending_then_approved(lab, card, host):
    settings("own-card")
    codes, asked, told = host("authenticate", "setcred")
    assert codes == [SUCCESS, SUCCESS] and WAITS in told, told
    assert asked.index("Password") < asked.index(QUESTION) < asked.index("PIN (")
    assert entries() == [("asked", thumbprint(lab, "saburo"), "account=taro")]
    assert kept_certificates() == [(lab.pki / "cards/saburo/auth.der").read_bytes()]
    assert oct(OVERLAY.stat().st_mode & 0o7777) == "0o600" and OVERLAY.owner() == HELPER_USER
    assert re.search(r"JPKI-543 registration-pending self-registration service=own-card account=taro certificate=[0-9a-f]+", lab.syslog.text())
    # The card alone logs nobody in, and asks for no PIN; the question does not come again.
    verifies = card.stats()["verifies"]
    seen = lab.pamtester("taro", [])
    assert (seen.pam, seen.codes) == ("USER_UNKNOWN", ["JPKI-543"]) and card.stats()["verifies"] == verifies
    codes, asked, _ = host("authenticate", "setcred")
    assert codes == [SUCCESS, SUCCESS] and QUESTION not in asked
    status, report = jpkictl("list")
    shown = report["pending"][0]
    assert status == 0 and (shown["account"], shown["state"], shown["until"]) == ("taro", "asked", "-")
    before = MAP.read_text()
    assert jpkictl("approve", shown["id"], "--dry-run")[1]["result"] == "would-approve" and MAP.read_text() == before
    assert jpkictl("approve", shown["id"])[1]["result"] == "approved"
    assert entries() == [] and thumbprint(lab, "saburo") in MAP.read_text()
    assert before.splitlines() == MAP.read_text().splitlines()[:len(before.splitlines())], "taro's other card stays"
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"


def test_refused_for_ever(lab, card, host):
    settings("own-card")
    host("authenticate", "setcred")
    identity = jpkictl("list")[1]["pending"][0]["id"]
    assert jpkictl("refuse", identity)[1]["result"] == "refused-for-ever"
    assert entries() == [("refused", thumbprint(lab, "saburo"), "account=taro")] and kept_certificates() == []
    codes, asked, _ = host("authenticate", "setcred")
    assert codes == [SUCCESS, SUCCESS] and QUESTION not in asked
    assert "an administrator refused it" in lab.syslog.text()
    assert lab.pamtester("taro", []).codes == ["JPKI-501"]


def test_at_once_at_the_console(lab, card):
    """The recipe of the guide, through login(1)."""
    text = next(text for kind, name, text in fences(HERE.parents[1] / "doc" / "pam-recipes.md") if name == "register-own-card")
    login = Path("/etc/pam.d/login")
    saved = login.read_text()
    settings("login", at_once=True)
    login.write_text(text.replace("wait_for_card=5", "").replace("pam_jpki.so", "pam_jpki.so timeout=6 where_unknown=local") + REST)
    try:
        screen = at_terminal(lab, ["login", "taro"], LOGIN)
        assert "shell of taro" in screen and WANTED in screen, screen + lab.syslog.text()
        assert entries() == [("bound", thumbprint(lab, "saburo"), "account=taro")]
        again = at_terminal(lab, ["login", "taro"], LOGIN)
        assert "shell of taro" in again and "Password" not in again and QUESTION not in again, again
        assert "self_registration=known" in lab.syslog.text()
        unnamed = lab.pamtester("taro", [PIN])  # in every service from then on
        assert unnamed.pam == "SUCCESS"
    finally:
        login.write_text(saved)
    settings("login")  # taken back: it waits as well
    assert lab.pamtester("taro", []).codes == ["JPKI-543"]
    identity = jpkictl("list")[1]["pending"][0]["id"]
    assert jpkictl("refuse", identity)[0] == 0 and lab.pamtester("taro", []).codes == ["JPKI-501"]


def card_command(*words):
    done = subprocess.run(["jpkictl", "card", *words, "--json"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    return done.returncode, json.loads(done.stdout)


def test_registered_at_once_is_registered(lab, card):
    """To the administrator as well: shown, moved and taken back like what is in the map."""
    settings("own-card", at_once=True)
    name = thumbprint(lab, "saburo")
    write_overlay(("bound", name, "account=taro"), ("asked", thumbprint(lab, "jiro"), "account=taro"))
    known = {"account": "taro", "where": str(OVERLAY)}
    assert known in card_command("show")[1]["cards"][0]["registered"]
    listed = card_command("list", "taro")[1]["registered"]
    assert listed[-1] == known | {"mapping": name} and len(listed) == 2, listed
    before = card_command("check")[1]["bindings"]
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"
    assert card_command("move", "taro", "hanako", "--dry-run")[1]["count"] == 2
    assert card_command("move", "taro", "hanako")[1]["count"] == 2
    assert entries() == [("bound", name, "account=hanako"), ("asked", thumbprint(lab, "jiro"), "account=taro")]
    assert lab.pamtester("taro", []).codes == ["JPKI-501"] and lab.pamtester("hanako", [PIN]).pam == "SUCCESS"
    assert card_command("revoke", "hanako", "--mapping", name, "--dry-run")[1]["bindings"] == [known | {"account": "hanako"}]
    assert card_command("revoke", "--card", "--yes") == (0, {"result": "revoked", "bindings": [known | {"account": "hanako"}]})
    assert entries()[0] == ("refused", name, "account=hanako") and card_command("check")[1]["bindings"] == before - 1
    assert lab.pamtester("hanako", [PIN]).codes == ["JPKI-501"]
    log = lab.syslog.text()
    assert f'1 card(s) moved from=taro account=hanako in="{OVERLAY}" by=' in log and f'moved from=taro account=hanako in="{MAP}" by=' in log
    assert f'card refused account=hanako in="{OVERLAY}" by=' in log and name not in log, log
    write_overlay(("bound", name, "account=taro"))
    assert card_command("revoke", "taro", "--yes")[1]["bindings"] == [known] and entries()[0][0] == "refused"


def test_where_nobody_gets_in_without_a_card(lab, card, host):
    SERVICE.write_text(REQUIRED + REST)
    settings("own-card", at_once=True)
    assert host("authenticate", answers=YES | {QUESTION: "no"})[0] == [AUTH_ERR]
    assert host("authenticate", answers=YES | {"PIN": "9999"})[0] == [AUTH_ERR] and entries() == []
    assert host("authenticate", "setcred")[0] == [SUCCESS, SUCCESS]
    assert entries() == [("bound", thumbprint(lab, "saburo"), "account=taro")]


def test_japanese(lab, card):
    settings("own-card")
    SERVICE.write_text((STACK + REST).replace("timeout=6", "timeout=6 lang=ja"))
    answers = {"Password: ": PASSWORD, "登録しますか": "はい", "暗証番号（": PIN}
    screen = at_terminal(lab, ["pamtester", "own-card", "taro", "authenticate", "setcred"], answers)
    assert "承認するまで、このカードではログインできません" in screen, screen
    assert [entry[0] for entry in entries()] == ["asked"]


def test_the_owner_is_warned(lab, insert, host):
    settings("own-card")
    write_overlay(("asked", thumbprint(lab, "saburo"), "account=taro"))
    insert("taro")
    warning = "has registered another card for your account"
    assert warning in " ".join(lab.pamtester("taro", [PIN]).screen.split())
    write_overlay(("refused", thumbprint(lab, "saburo"), "account=taro"), ("asked", thumbprint(lab, "saburo"), "account=hanako"))
    assert warning not in " ".join(lab.pamtester("taro", [PIN]).screen.split())


# --- who does not want to
@pytest.mark.parametrize("answer", ["", "no", PIN, "yes please", PASSWORD])
def test_no_yes_no_pin(lab, card, host, answer):
    settings("own-card")
    codes, asked, told = host("authenticate", "setcred", answers=YES | {QUESTION: answer})
    assert codes == [SUCCESS, SUCCESS] and "PIN (" not in asked and "JPKI-542" in told, asked + told
    assert entries() == [] and card.stats()["verifies"] == 0


def test_a_wrong_pin(lab, card, host):
    settings("own-card", at_once=True)
    codes, _, told = host("authenticate", "setcred", answers=YES | {"PIN": "9999"})
    assert codes == [SUCCESS, SUCCESS] and "JPKI-201" in told and entries() == []


# --- who may not
@pytest.mark.parametrize("stack", [
    CARD.replace("3", "1") + f"auth required pam_unix.so\nauth required {REGISTER}\n",  # goes on after a wrong password
    CARD.replace("3", "1") + f"auth required {REGISTER}\nauth required pam_unix.so\n",  # asks before it
    STACK,
], ids=["required", "before", "recipe"])
def test_a_wrong_password(lab, card, host, stack):
    SERVICE.write_text(stack + REST)
    settings("own-card", at_once=True)
    codes, _, _ = host("authenticate", answers=YES | {"Password": "wrong"})
    assert codes == [AUTH_ERR] and entries() == []
    assert lab.pamtester("taro", [PIN]).codes == ["JPKI-501"]


@pytest.mark.parametrize("control", ["sufficient", "required", "requisite", "optional", "[default=ok]", "[success=ok default=ignore]"])
def test_alone_it_lets_nobody_in(lab, card, host, control):
    SERVICE.write_text(CARD.replace("3", "1") + f"auth {control} {REGISTER}\n" + REST)
    settings("own-card", at_once=True)
    codes, asked, _ = host("authenticate")
    assert QUESTION in asked and codes in ([PERM_DENIED], [PAM_IGNORE]) and entries() == []


@pytest.mark.parametrize("steps,cause", [
    (["authenticate"], None),
    (["setcred"], None),
    (["authenticate", "setcred=4"], None),  # PAM_DELETE_CRED
    (["authenticate", "setcred=8"], None),  # PAM_REINITIALIZE_CRED, as lockers do
    (["authenticate", "user=hanako", "setcred"], "named another user or service meanwhile"),
    (["authenticate", "service=login", "setcred"], "named another user or service meanwhile"),
    (["authenticate", "fork-setcred"], "another process's"),
    (["authenticate", "later=301", "setcred"], "its time is over"),
    (["authenticate", "user=hanako", "setcred", "user=taro", "setcred"], "named another user or service meanwhile"),
], ids=["never", "without", "delete", "reinitialize", "user", "service", "process", "late", "twice"])
def test_a_claim_is_of_this_login(lab, card, host, steps, cause):
    settings("own-card", "login", at_once=True)
    host(*steps)
    assert entries() == []
    assert ("self-registration" in lab.syslog.text()) == (cause is not None)
    assert cause is None or f"JPKI-541 registration-refused self-registration service=" in lab.syslog.text() and cause in lab.syslog.text()


def test_a_service_without_the_module(lab, card, host):
    """libpam unloads it, and frees what it kept in the handle at the end."""
    bare = Path("/etc/pam.d/lab-bare")
    bare.write_text("auth required pam_permit.so\n" + REST)
    settings("own-card", at_once=True)
    try:
        codes, _, _ = host("authenticate", "service=lab-bare", "setcred")
    finally:
        bare.unlink()
    assert codes == [SUCCESS] * 3 and entries() == []


def test_in_time(lab, card, host):
    settings("own-card", at_once=True)
    host("authenticate", "later=290", "setcred", "setcred")
    assert len(entries()) == 1 and lab.syslog.text().count("self-registration service") == 1


def test_the_next_authentication_forgets_it(lab, insert, host):
    """login(1) begins anew in the same handle."""
    insert("saburo")
    settings("own-card", at_once=True)
    SERVICE.write_text(CARD.replace("3", "1") + f"auth required pam_unix.so\nauth required {REGISTER}\n" + REST)
    codes, _, _ = host("authenticate", "user=hanako", "authenticate", "user=taro", "setcred",
                       answers={"user name hanako": "no"} | YES)
    assert entries() == [], codes


@pytest.mark.parametrize("account", ["root", "daemon"])
def test_nobody_with_privileges(lab, card, host, account):
    settings("own-card", at_once=True)
    SERVICE.write_text((STACK + REST).replace("timeout=6", "timeout=6 min_uid=0"))
    codes, asked, _ = host("authenticate", "setcred", user=account)
    assert codes == [SUCCESS, SUCCESS] and QUESTION not in asked and entries() == []
    assert "the account is privileged" in lab.syslog.text(), lab.syslog.text()


@pytest.mark.parametrize("group,more", [("wheel", ""), ("domain admins", ""), ("section chiefs", 'never_groups = ["section chiefs"]\n')])
def test_nobody_who_administers(lab, card, host, group, more):
    settings("own-card", at_once=True, more=more)
    groups = Path("/etc/group")
    saved = groups.read_text()
    try:
        groups.write_text(saved + f"{group}:x:979:taro\n")
        codes, asked, _ = host("authenticate", "setcred")
        assert codes == [SUCCESS, SUCCESS] and QUESTION not in asked and entries() == []
        groups.write_text(saved)
        host("authenticate", "setcred")
        assert len(entries()) == 1 and lab.pamtester("taro", [PIN]).pam == "SUCCESS"
        groups.write_text(saved + f"{group}:x:979:taro\n")  # made one meanwhile
        assert lab.pamtester("taro", [PIN]).codes == ["JPKI-501"]
    finally:
        groups.write_text(saved)


@pytest.mark.parametrize("before,why", [
    ([("asked", "saburo", "hanako")], "registered for another account"),
    ([("bound", "saburo", "hanako")], "registered for another account"),
    ([("asked", "jiro", "taro")], "another card of the account waits"),
], ids=["asked", "bound", "second-card"])
def test_a_card_or_account_that_is_taken(lab, card, host, before, why):
    settings("own-card", at_once=True)
    write_overlay(*((state, thumbprint(lab, name), f"account={account}") for state, name, account in before))
    written = entries()
    codes, asked, _ = host("authenticate", "setcred")
    assert codes == [SUCCESS, SUCCESS] and QUESTION not in asked and entries() == written
    assert why in lab.syslog.text() or before[0][1:] == ("saburo", "hanako"), lab.syslog.text()


def test_taken_between_the_question_and_the_end(lab, card, host):
    """Who is faster has it: what is written is decided anew, with what lies here then."""
    settings("own-card", at_once=True)
    kept = PROGRAM.rename(PROGRAM.with_name("kept"))
    PROGRAM.write_text(f"#!/bin/sh\nprintf 'jpki-succession 1\\nbound\\t1\\t1\\t{thumbprint(lab, 'saburo')}\\taccount=hanako\\n' >{OVERLAY}\n"
                       f"chmod 600 {OVERLAY}; chown {HELPER_USER} {OVERLAY}\nexec {kept}\n")
    PROGRAM.chmod(0o755)
    try:
        _, _, told = host("authenticate", "setcred")
    finally:
        kept.rename(PROGRAM)
    assert "JPKI-541" in told and entries() == [("bound", thumbprint(lab, "saburo"), "account=hanako")], told


def test_somebody_elses_card(lab, insert, host):
    settings("own-card", at_once=True)
    insert("hanako")
    codes, asked, _ = host("authenticate", "setcred")
    assert codes[0] != SUCCESS and QUESTION not in asked and entries() == []


@pytest.mark.parametrize("bad", ["revoked", "expired"])
def test_a_bad_card(lab, insert, host, bad):
    settings("own-card", at_once=True)
    name = next(card.name for card in sorted((lab.pki / "cards").iterdir()) if bad in card.name)
    insert(name)
    MAP.write_text("")
    codes, asked, _ = host("authenticate", "setcred")
    assert codes[0] != SUCCESS and QUESTION not in asked and entries() == []


def test_two_cards(lab, insert, host):
    settings("own-card", at_once=True)
    insert("saburo", "hanako")
    _, asked, _ = host("authenticate", "setcred")
    assert QUESTION not in asked and entries() == []


def test_an_emergency_code_is_no_password(lab, card, host):
    settings("own-card", at_once=True)
    SERVICE.write_text(STACK.replace("pam_unix.so", "pam_jpki.so emergency where_unknown=local screen=full") + REST)
    for directory in CODES:
        directory.mkdir(mode=0o700, parents=True)
    try:
        said = run("jpkictl", "emergency", "issue", "taro", "--hours", "1", "--reason", "a test")
        code = re.search(r"\b\d{4} \d{4} \d{4} \d{4}\b", said)[0]
        codes, asked, _ = host("authenticate", "setcred", answers={"Emergency": code} | YES)
    finally:
        for directory in CODES:
            shutil.rmtree(directory)
    assert codes == [SUCCESS, SUCCESS] and QUESTION not in asked and entries() == []
    assert "an emergency code is no password" in lab.syslog.text()


# --- where not
def test_other_services(lab, card, host):
    settings("login")
    codes, asked, _ = host("authenticate", "setcred")
    assert codes == [SUCCESS, SUCCESS] and QUESTION not in asked and entries() == []
    assert "does not name this service" in lab.syslog.text()


def test_set_user_id_programs(lab, card):
    settings("su", at_once=True)
    su = Path("/etc/pam.d/su")
    saved = su.read_text()
    su.write_text(STACK + REST)
    try:
        uid = str(pwd.getpwnam("mallory").pw_uid)
        screen = at_terminal(lab, ["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "su", "taro"], LOGIN)
    finally:
        su.write_text(saved)
    assert "shell of taro" in screen and QUESTION not in screen and entries() == [], screen
    assert "the program is set-user-ID" in lab.syslog.text()


@pytest.mark.parametrize("options", ["", " allow_remote", " allow_remote remote_seats"])
def test_nobody_from_afar(lab, card, options):
    settings("own-card", at_once=True)
    SERVICE.write_text((STACK + REST).replace("timeout=6", f"timeout=6{options}").replace("default=die", "default=ignore"))
    screen = at_terminal(lab, ["pamtester", "-I", "rhost=192.0.2.1", "own-card", "taro", "authenticate", "setcred"], LOGIN)
    assert "successfully" in screen and QUESTION not in screen and entries() == [], screen


@pytest.mark.parametrize("screen", ["blind", "one-answer", "unknown", "nobody"])
def test_screens_that_cannot_ask(lab, card, host, screen):
    settings("own-card", at_once=True)
    SERVICE.write_text((STACK + REST).replace(f"{REGISTER}", f"{REGISTER.replace('screen=full', f'screen={screen}')}"))
    _, asked, _ = host("authenticate", "setcred")
    assert QUESTION not in asked and entries() == []
    assert "the screen cannot show a question" in lab.syslog.text()


def test_a_program_that_is_not_roots(lab, card):
    settings("own-card", at_once=True)
    uid = str(pwd.getpwnam("taro").pw_uid)
    screen = at_terminal(lab, ["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "pamtester", "own-card", "taro",
                               "authenticate", "setcred"], LOGIN)
    assert QUESTION not in screen and entries() == [], screen
    # Nor does its helper do anything for others.
    done = subprocess.run(["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", PROGRAM], stdin=subprocess.DEVNULL, timeout=20)
    assert done.returncode == 1 and PROGRAM.stat().st_mode & 0o6000 == 0


# --- when something is broken
def test_nothing_is_written_where_nothing_can_be(lab, card, host):
    settings("own-card", at_once=True)
    kept = PROGRAM.rename(PROGRAM.with_name("kept"))
    try:
        codes, _, told = host("authenticate", "setcred")
    finally:
        kept.rename(PROGRAM)
    assert codes == [SUCCESS, SUCCESS] and "JPKI-544" in told and entries() == []
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,mode=0700,uid=990", "tmpfs", SUCCESSION], check=True)
    try:
        codes, _, told = host("authenticate", "setcred")
        assert codes == [SUCCESS, SUCCESS] and "JPKI-544" in told, told
    finally:
        subprocess.run(["umount", SUCCESSION], check=True)


def test_the_check_counts_them(lab):
    settings("own-card")
    write_overlay(("asked", thumbprint(lab, "saburo"), "account=taro"))
    text = subprocess.run(["/usr/libexec/jpki/jpki-validator", "--check"], capture_output=True, text=True, timeout=60).stdout
    assert f"{SUCCESSION}: 0 renewed card(s), 1 that their holders registered" in text, text
