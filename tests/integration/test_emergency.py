# SPDX-License-Identifier: LGPL-2.1-or-later
"""Emergency codes as people use them: jpkictl as root, the code typed at real login(1), su(1) and pamtester."""

import json
import os
import platform
import pwd
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pexpect
import pytest
from dialogue import EMERGENCY_CODE, Dialogue, converse
from guard_site import RECORDS, make_records
from guides import PASSWORD, give_password
from lab import HELPER_USER, PIN, TIMEOUT
from test_inheritance import CHOICES, may_raise_limits

CODES = Path("/run/jpki/emergency")
HISTORY = Path("/var/lib/jpki/emergency")
HOST_KEY = Path("/etc/jpki/emergency.key")
SITE_KEY = Path("/etc/jpki/emergency-site.key")
HELPER = "/usr/libexec/jpki/jpki-emergency"
PROMPT = "Emergency code (16 digits, not your PIN; Enter if you have none): "
WRONG = "0000 0000 0000 0195"  # the check digits are those of ISO/IEC 7064 MOD 97-10
REASON = "card left at home by the person of desk 4"


@pytest.fixture(autouse=True)
def codes(lab):
    """The directories as tmpfiles.d makes them, and a service that asks for codes alone."""
    for directory in (CODES, HISTORY):
        directory.mkdir(mode=0o700, parents=True)
    lab.service("code", "emergency")
    yield
    for directory in (CODES, HISTORY):
        shutil.rmtree(directory)
    for key in (HOST_KEY, SITE_KEY):
        key.unlink(missing_ok=True)


@pytest.fixture
def at_login(lab):
    for service in ("login", "su"):
        lab.service(service, "emergency")
    yield
    for service in ("login", "su"):
        lab.service(service, f"timeout={TIMEOUT}")


def jpkictl(*words: str, status: int = 0) -> str:
    done = subprocess.run(["jpkictl", "emergency", *words], capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def issue(account: str = "taro", hours: int = 8) -> str:
    return EMERGENCY_CODE.search(jpkictl("issue", account, "--hours", str(hours), "--reason", REASON))[0]


def code_file(account: str = "taro") -> Path:
    return CODES / f"code-{pwd.getpwnam(account).pw_uid}"


def change(file: Path, key: str, value) -> None:
    """As if time had passed: `value` of what the record has."""
    text = file.read_text()
    old = re.search(rf"^{key}=(.*)$", text, re.M)[1]
    file.write_text(text.replace(f"{key}={old}\n", f"{key}={value(old)}\n"))


def log_of(lab, code: str) -> str:
    return "\n".join(line for line in lab.syslog.text().splitlines() if code in line)


# --- once ---------------------------------------------------------------------------------------
def test_a_code_logs_in_once(lab, at_login):
    code = issue()
    seen = lab.login("taro", [code])
    assert "shell of taro" in seen.screen and seen.prompts == [PROMPT], seen.screen + lab.syslog.text()
    assert "You are logged in with an emergency code. It cannot be used again." in seen.screen
    assert not code_file().exists()
    log = lab.syslog.text()
    host = platform.node()
    identity = re.search(r"emergency code issued account=taro host=\S+ id=(E-\d{6}) hours=8", log)[1]
    assert f"JPKI-000 accepted emergency code service=login account=taro host={host} id={identity}" in log, log
    assert "session opened after a login by emergency code account=taro" in log, log
    again = lab.login("taro", [code])
    assert "shell of" not in again.screen and again.codes == ["JPKI-901"], again.screen
    assert 'cause="no code is issued for the account"' in log_of(lab, "JPKI-901")
    # The code and the reason are in no log; the reason is where root alone reads it.
    for secret in (code, code.replace(" ", ""), REASON):
        assert secret not in lab.syslog.text()
    assert REASON in (HISTORY / "register").read_text() and (HISTORY / "register").stat().st_mode & 0o777 == 0o600


def test_a_greeter_of_ours_knows_the_question(lab):
    lab.service("code", "emergency screen=greeter")
    seen = lab.pamtester("taro", [issue()], service="code")
    assert seen.pam == "SUCCESS" and "jpki1 state=code account=taro" in seen.screen, seen.screen


def test_every_message_in_japanese(lab, at_login):
    code = issue()
    wrong = lab.login("taro", ["1234", WRONG], language="ja_JP.UTF-8")
    right = lab.login("taro", [code], language="ja_JP.UTF-8")
    screen = wrong.screen + right.screen
    for words in ("緊急用コード", "[JPKI-903]", "[JPKI-901]", "shell of taro"):
        assert words in screen, screen
    assert "mergency" not in screen, screen


def test_no_card_is_remembered(lab, at_login):
    make_records()
    try:
        lab.login("taro", [issue()])
        assert not list(RECORDS.iterdir())
    finally:
        RECORDS.rmdir()


def test_a_typing_error_and_a_pin_cost_nothing(lab):
    code = issue()
    mistyped = code[:-1] + str((int(code[-1]) + 1) % 10)
    seen = lab.pamtester("taro", [PIN, mistyped, code], service="code")
    assert seen.pam == "SUCCESS" and seen.codes == ["JPKI-903", "JPKI-903"], seen.screen
    assert not (CODES / f"tries-{pwd.getpwnam('taro').pw_uid}").exists()


def test_enter_is_no_way_in(lab):
    issue()
    seen = lab.pamtester("taro", [""], service="code")
    assert seen.pam == "AUTH_ERR" and not seen.codes and code_file().exists(), seen.screen


def test_two_terminals_at_once(lab):
    code = issue()
    barrier = threading.Barrier(4)
    seen: list[Dialogue] = []

    def somebody():
        def when_all_are_asked() -> str:
            barrier.wait(timeout=20)
            return code

        seen.append(lab.pamtester("taro", [when_all_are_asked], service="code", within=60))

    people = [threading.Thread(target=somebody) for _ in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(one.pam for one in seen).count("SUCCESS") == 1, [one.screen for one in seen]


# --- for hours ----------------------------------------------------------------------------------
@pytest.mark.parametrize("what", ["expired", "reboot", "revoked", "replaced", "of somebody else"])
def test_a_code_that_is_over(lab, what):
    code = issue()
    if what == "expired":
        change(code_file(), "end", lambda _: re.search(r"^up=(\d+)$", code_file().read_text(), re.M)[1])
        assert "expired" in jpkictl("list")
    elif what == "reboot":
        change(code_file(), "boot", lambda boot: boot[::-1])
    elif what == "revoked":
        identity = json.loads(jpkictl("list", "--json"))["codes"][0]["id"]
        jpkictl("revoke", identity)
        jpkictl("revoke", "taro", status=1)
    elif what == "replaced":
        assert "The code before it can no longer be used." in jpkictl("issue", "taro", "--hours", "1", "--reason", REASON)
    else:
        jpkictl("revoke", "taro")
        issue("hanako")
    seen = lab.pamtester("taro", [code], service="code")
    assert seen.pam == "AUTH_ERR" and seen.codes == ["JPKI-901"], seen.screen


# --- who guesses --------------------------------------------------------------------------------
def tries_file() -> Path:
    return CODES / f"tries-{pwd.getpwnam('taro').pw_uid}"


def wait(seconds: int) -> None:
    change(tries_file(), "last", lambda last: int(last) - seconds)


def test_who_guesses_is_slowed_and_bounded(lab):
    code = issue()
    for _ in range(3):
        assert lab.pamtester("taro", [WRONG], service="code").codes == ["JPKI-901"]
    slowed = lab.pamtester("taro", [code], service="code")
    assert (slowed.pam, slowed.codes, slowed.prompts) == ("MAXTRIES", ["JPKI-902"], []), slowed.screen
    assert "3 wrong codes; the pause is over in" in log_of(lab, "JPKI-902")
    wait(30)
    assert lab.pamtester("taro", [WRONG], service="code").codes == ["JPKI-901"]
    wait(30)
    assert lab.pamtester("taro", [code], service="code").codes == ["JPKI-902"]  # now it is two minutes
    wait(90)
    for _ in range(6):
        assert lab.pamtester("taro", [WRONG], service="code").codes == ["JPKI-901"]
        wait(3600)
    assert "too many tries" in jpkictl("list")
    assert lab.pamtester("taro", [code], service="code").codes == ["JPKI-901"]
    # The administrator, who knows the person, ends it.
    assert lab.pamtester("taro", [issue()], service="code").pam == "SUCCESS"


def test_nobody_who_types_learns_whether_there_is_a_code(lab):
    issue("taro")
    seen = [[lab.pamtester(name, [WRONG], service="code") for _ in range(4)] for name in ("taro", "hanako")]
    with_code, without = ([(one.prompts, one.codes, one.pam) for one in person] for person in seen)
    assert with_code == without


# --- who may not --------------------------------------------------------------------------------
def test_nobody_from_afar(lab):
    code = issue()
    for options in ("emergency", "emergency allow_remote"):
        lab.service("code", options)
        seen = converse(["pamtester", "-I", "rhost=192.0.2.1", "code", "taro", "authenticate"], [code],
                        environment=lab.environment())
        assert not seen.prompts and seen.pam == "AUTHINFO_UNAVAIL", seen.screen
        assert "JPKI-906" in lab.syslog.text() and code_file().exists()
    assert "allow_remote is ignored" in lab.syslog.text()


@pytest.mark.parametrize("account", ["root", "daemon", HELPER_USER])
def test_nobody_with_privileges(lab, account):
    assert "no emergency code is ever issued for it" in jpkictl("issue", account, "--hours", "1", "--reason", REASON, status=1)
    seen = lab.pamtester(account, [WRONG], service="code")
    assert not seen.prompts and seen.pam == "USER_UNKNOWN" and "JPKI-907" in lab.syslog.text(), seen.screen


def test_root_never_even_if_a_record_says_so(lab):
    code = issue()
    record = code_file().read_text().replace("account=taro", "account=root").replace(f"uid={pwd.getpwnam('taro').pw_uid}", "uid=0")
    (CODES / "code-0").write_text(record)
    (CODES / "code-0").chmod(0o600)
    lab.service("code", "emergency min_uid=0")
    assert lab.pamtester("root", [code], service="code").pam == "USER_UNKNOWN"


@pytest.mark.parametrize("words", [["taro", "--hours", "0"], ["taro", "--hours", "73"], ["taro"], ["--hours", "3"]])
def test_usage(words):
    assert "jpkictl emergency issue --help" in jpkictl("issue", *words, "--reason", REASON, status=64)


def test_a_reason_and_an_account_are_needed():
    assert "--reason must say why" in jpkictl("issue", "taro", "--hours", "1", "--reason", " ", status=64)
    assert "there is no account" in jpkictl("issue", "nobody-here", "--hours", "1", "--reason", REASON, status=1)


def test_root_alone_uses_the_tools(lab):
    issue()
    uid = str(pwd.getpwnam("mallory").pw_uid)
    as_mallory = ["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups"]
    for words in (["list"], ["issue", "taro", "--hours", "1", "--reason", "x"], ["revoke", "taro"], ["key", "--host", "x"]):
        done = subprocess.run([*as_mallory, "jpkictl", "emergency", *words], capture_output=True, text=True)
        assert done.returncode == 2 and "only root may do this" in done.stderr
    # The helper has no rights of its own.
    seen = converse([*as_mallory, "pamtester", "code", "taro", "authenticate"], [WRONG], environment=lab.environment())
    assert seen.codes == ["JPKI-905"] and not seen.prompts, seen.screen
    assert os.stat(HELPER).st_mode & 0o6000 == 0


@pytest.mark.parametrize("choice", CHOICES)
def test_what_a_caller_of_su_chooses(lab, at_login, choice):
    """Limits, signals and scheduling of an unprivileged caller, and an environment that means harm."""
    code = issue()
    uid = str(pwd.getpwnam("mallory").pw_uid)
    environment = lab.environment() | {"LD_PRELOAD": "/nonexistent.so", "GCONV_PATH": "/tmp", "TMPDIR": "/tmp", "MALLOC_CHECK_": "3"}
    started = ["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", *CHOICES[choice], "su", "taro"]
    for right in (False, True):
        seen = converse(started, [code if right else WRONG], environment=environment)
        # jpki-emergency starts nothing, so only a caller who lets it write nothing starves it.
        starved = choice == "fsize" and not may_raise_limits()
        if starved:
            assert "shell of" not in seen.screen and code_file().exists(), seen.screen
        elif right:
            assert not code_file().exists(), seen.screen + lab.syslog.text()  # a starved shell is su's matter
            assert "JPKI-000 accepted emergency code service=su account=taro" in lab.syslog.text()
        else:
            assert "shell of" not in seen.screen and seen.codes == ["JPKI-901"], seen.screen + lab.syslog.text()


# --- a full disk --------------------------------------------------------------------------------
@pytest.mark.parametrize("directory", [CODES, HISTORY], ids=["codes", "history"])
def test_a_full_disk_uses_up_nothing(lab, directory):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", directory], check=True)
    try:
        code = issue()
        filler = directory / "filler"
        try:
            filler.write_bytes(b"x" * 65536)
        except OSError:
            pass
        if directory == CODES:
            assert "nothing was issued" in jpkictl("issue", "hanako", "--hours", "1", "--reason", REASON, status=2)
        for _ in range(2):
            full = lab.pamtester("taro", [code], service="code")
            assert full.pam == "AUTHINFO_UNAVAIL" and full.codes == ["JPKI-905"], full.screen + lab.syslog.text()
            assert "No space left on device" in log_of(lab, "JPKI-905")
        filler.unlink()
        assert lab.pamtester("taro", [code], service="code").pam == "SUCCESS", lab.syslog.text()
    finally:
        subprocess.run(["umount", directory], check=True)


def test_a_broken_installation_lets_nobody_in(lab):
    code = issue()
    for path in (CODES, Path(HELPER)):
        kept = path.rename(path.with_name("kept"))
        try:
            seen = lab.pamtester("taro", [code], service="code")
        finally:
            kept.rename(path)
        assert seen.pam == "AUTHINFO_UNAVAIL" and seen.codes == ["JPKI-905"] and not seen.prompts, seen.screen
    assert "systemd-tmpfiles --create jpki.conf" in lab.syslog.text()
    CODES.chmod(0o777)
    assert lab.pamtester("taro", [code], service="code").codes == ["JPKI-905"]
    CODES.chmod(0o700)


# --- beside the card ----------------------------------------------------------------------------
RECIPE = """\
auth  [success=3 default=ignore]  pam_jpki.so ignore_authinfo_unavail where_unknown=local
auth  [success=2 default=ignore]  pam_jpki.so emergency where_unknown=local
auth  [success=1 default=ignore]  pam_unix.so
auth  requisite                   pam_deny.so
auth  required                    pam_permit.so
account required pam_permit.so
"""


def test_card_then_code_then_password(lab):
    (Path("/etc/pam.d") / "three").write_text(RECIPE)
    saved = give_password("taro")
    try:
        code = issue()
        asked = r"(Emergency code[^\r\n]*: |Password: )$"
        for answers, good in (([code], True), (["", PASSWORD], True), ([code, PASSWORD], True), (["", "wrong"], False)):
            child = pexpect.spawn("pamtester", ["three", "taro", "authenticate"], env=lab.environment(), encoding="utf-8", timeout=30)
            child.delaybeforesend = None
            for answer in answers:
                child.expect(asked)
                child.sendline(answer)
            child.expect(pexpect.EOF)
            child.close()
            assert (child.exitstatus == 0) is good, child.before
    finally:
        Path("/etc/shadow").write_text(saved)


def test_the_next_card_login_tells_of_it(lab, insert):
    lab.pamtester("taro", [issue()], service="code")
    insert("taro")
    told, again = (lab.pamtester("taro", [PIN]) for _ in range(2))
    words = r"An emergency code was used for your account on \d{4}-\d\d-\d\d \d\d:\d\d\. If that was not you"
    assert told.pam == again.pam == "SUCCESS", told.screen
    assert re.search(words, told.screen) and not re.search(words, again.screen), told.screen + again.screen


# --- far away -----------------------------------------------------------------------------------
def give_keys() -> None:
    jpkictl("key", "--new")
    HOST_KEY.write_text(jpkictl("key", "--host", platform.node()))
    HOST_KEY.chmod(0o600)


def answer(challenge: str, *, host: str = "", account: str = "taro", status: int = 0) -> str:
    return jpkictl("answer", challenge, "--host", host or platform.node(), "--account", account, "--reason", REASON, status=status)


def test_somebody_far_away_answers(lab, at_login):
    give_keys()
    first = lab.login("taro", [""])
    challenge = EMERGENCY_CODE.search(first.screen)[0]
    assert f"computer {platform.node()}, user name taro, number {challenge}." in " ".join(first.screen.split()), first.screen
    for mistake in ({"account": "hanako"}, {"host": "elsewhere"}):
        assert "not of this computer and account" in answer(challenge, **mistake, status=1)
    assert "misheard or mistyped" in answer(challenge[:-1] + str((int(challenge[-1]) + 1) % 10), status=1)
    told = EMERGENCY_CODE.search(answer(challenge))[0]
    assert f"emergency challenge answered account=taro host={platform.node()}" in lab.syslog.text()
    seen = lab.login("taro", [told])  # login(1) began anew while they talked: the number is the same
    assert challenge in seen.screen and "shell of taro" in seen.screen, seen.screen + lab.syslog.text()
    identity = "C-" + challenge.replace(" ", "")[:6]  # the same in the logs of both computers
    assert lab.syslog.text().count(f" id={identity}") == 2, lab.syslog.text()
    again = lab.login("taro", [told])
    assert again.codes == ["JPKI-901"] and challenge not in again.screen, again.screen


def test_a_computer_holds_its_own_key_alone(lab):
    give_keys()
    site = SITE_KEY.read_text()
    assert HOST_KEY.read_text() != site != jpkictl("key", "--host", "other")
    assert SITE_KEY.stat().st_mode & 0o777 == 0o600
    assert "File exists" in jpkictl("key", "--new", status=2) and SITE_KEY.read_text() == site


def test_a_bad_key_hinders_no_code(lab):
    HOST_KEY.write_text("not a key\n")
    HOST_KEY.chmod(0o600)
    seen = lab.pamtester("taro", [issue()], service="code")
    assert seen.pam == "SUCCESS" and not EMERGENCY_CODE.search(seen.screen.split(PROMPT)[0]), seen.screen
    assert "emergency.key" in lab.syslog.text()
