# SPDX-License-Identifier: LGPL-2.1-or-later
"""jpkictl setup: a computer is set up, goes back by itself, or stays after a login by card. Hand-written services are judged.

There is no systemd in the lab: a stand-in keeps what systemctl is told in files, and writes down what /etc/pam.d was like when the
timer was started. pam-auth-update is the real one.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import at_desk
import pytest
from card_session import AGE, RECORD, CardSession, change_record
from dialogue import converse
from guides import give_password
from setup_picture import GDM, picture

TOP = Path(__file__).resolve().parents[2]
STATE = Path("/var/lib/jpki/setup")
JOURNAL = STATE / "journal"
SETTINGS = Path("/etc/jpki/jpki.toml.d/50-setup.toml")
COMMON_AUTH = Path("/etc/pam.d/common-auth")
LOCKER = Path("/etc/pam.d/i3lock")
UNITS = Path("/usr/local/lib/setup")
# What the command may change.
CHANGED = ("/etc/jpki", "/etc/pam.d", "/etc/nsswitch.conf", "/var/lib/pam", "/usr/share/pam-configs", "/usr/bin/systemctl", "/etc/lightdm", *map(str, GDM))
SYSTEMCTL = f"""#!/bin/sh
cd {UNITS} || exit 1
echo "$*" >> calls
verb=$1; shift
[ "$1" = --no-block ] && shift
[ "$(cat kill-at 2>/dev/null)" = "$verb" ] && kill -9 $PPID
case $verb in
show) shift; for unit; do printf 'Id=%s\\nActiveState=%s\\nUnitFileState=%s\\n\\n' "$unit" "$(cat "$unit.active" 2>/dev/null || echo inactive)" "$(cat "$unit.enabled" 2>/dev/null || echo disabled)"; done;;
enable) echo enabled > "$1.enabled";;
disable) echo disabled > "$1.enabled";;
start) [ -e refuse ] && exit 1; [ "$1" = jpki-setup-rollback.timer ] && cp /etc/pam.d/common-auth seen-by-timer; echo active > "$1.active";;
stop) echo inactive > "$1.active";;
esac
"""
ANSWERS = ("--profile", "or-password", "--removal", "lock", "--lang", "ja", "--locker", "i3lock", "--segment", "lgwan")
TIMER = UNITS / "jpki-setup-rollback.timer.active"

# What each --json prints.
RULING = {"ruling": str, "severity": str, "file": (str, type(None)), "line": int, "word": str, "passed_over": (str, type(None)),
          "services": [str]}
SCHEMAS = {
    "apply": {"result": str, "changes": [{"path": str, "difference": str}], "units": [{"unit": str, "enabled": bool}],
              "rulings": [RULING]},
    "rollback": {"result": str, "restored": [str], "kept": [{"path": str, "copy": str}], "failed": [str]},
    "status": {"result": str, "seconds_left": int, "applied": str, "card_login": bool, "files": [str]},
    "result": {"result": str},
    "refused": {"result": str, "reason": str},
    "check": {"judged": [str], "missing": [str], "rulings": [RULING]},
}


def jpkictl(*words, **how):
    return at_desk.jpkictl("setup", *words, **how)


def as_json(schema, *words):
    status, out, err = jpkictl(*words, "--json")
    assert out, err
    report = json.loads(out)
    assert at_desk.conforms(report, SCHEMAS[schema]), (schema, report)
    return status, report


@pytest.fixture(autouse=True)
def computer(lab):
    """pam-auth-update has our profiles, as the package installs them, and nothing of them is chosen."""
    kept = lab.work / "setup-kept"
    for path in filter(os.path.lexists, CHANGED):
        copy = Path(f"{kept}{path}")
        copy.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(("cp", "-a", path, copy), check=True)
    for profile in (TOP / "conf/pam-configs").iterdir():
        shutil.copy(profile, "/usr/share/pam-configs")
    shutil.rmtree(UNITS, ignore_errors=True)
    UNITS.mkdir(parents=True)
    Path("/usr/bin/systemctl").unlink(missing_ok=True)
    Path("/usr/bin/systemctl").write_text(SYSTEMCTL)
    Path("/usr/bin/systemctl").chmod(0o755)
    LOCKER.write_text("auth include login\n")
    LOCKER.chmod(0o600)
    yield
    for path in CHANGED:
        subprocess.run(("rm", "-rf", path), check=True)
        if os.path.lexists(f"{kept}{path}"):
            subprocess.run(("cp", "-a", f"{kept}{path}", path), check=True)
    shutil.rmtree(kept)
    shutil.rmtree(STATE, ignore_errors=True)


def change_journal(**lines: str) -> None:
    text = JOURNAL.read_text()
    for key, value in lines.items():
        text, count = re.subn(f"(?m)^{key}=.*$", f"{key}={value}", text, count=1)
        assert count == 1
    JOURNAL.write_text(text)


def test_a_plan_writes_nothing(lab):
    before = picture()
    status, out, err = jpkictl("plan", *ANSWERS)
    assert (status, err) == (0, ""), err
    assert f"--- {COMMON_AUTH}\n+++ {COMMON_AUTH}\n" in out and "+auth\t[success=2 ignore=ignore module_unknown=ignore default=die]\tpam_jpki.so" in out
    assert f"--- /dev/null\n+++ {SETTINGS}\n" in out and '+removal = "lock"' in out and "enable and start jpki-session-guard.service" in out
    status, report = as_json("apply", "apply", *ANSWERS, "--dry-run")
    assert (status, report["result"]) == (0, "would-apply")
    assert picture() == before and not STATE.exists() and "start" not in (UNITS / "calls").read_text()


def test_what_is_not_confirmed_goes_back(lab):
    before = picture()
    old = COMMON_AUTH.read_bytes()
    status, report = as_json("apply", "apply", *ANSWERS, "--yes")
    assert (status, report["result"], TIMER.read_text()) == (0, "applied", "active\n")
    assert (UNITS / "seen-by-timer").read_bytes() == old, "the timer runs before anything changes"
    assert "pam_jpki.so" in COMMON_AUTH.read_text() and "lang=ja" in COMMON_AUTH.read_text() and LOCKER.stat().st_mode & 0o777 == 0o600
    assert jpkictl("check", "i3lock")[0] == 0
    subprocess.run(("pam-auth-update", "--package"), check=True, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})
    assert "lang=ja" in COMMON_AUTH.read_text(), "pam-auth-update takes it for its own"
    assert (JOURNAL.stat().st_mode & 0o777, STATE.stat().st_mode & 0o777) == (0o600, 0o700)
    status, out, err = jpkictl("apply", "--segment", "other", "--yes")
    assert status == 1 and "confirm" in err
    status, report = as_json("result", "rollback", "--due")
    assert (status, report["result"]) == (0, "waiting") and "pam_jpki.so" in COMMON_AUTH.read_text()
    status, report = as_json("status", "status")
    assert 500 < report["seconds_left"] <= 600 and str(COMMON_AUTH) in report["files"] and not report["card_login"]
    change_journal(wait="0")
    status, report = as_json("rollback", "rollback", "--due")
    assert (status, report["result"], report["kept"]) == (0, "rolled-back", []), report
    assert picture() == before and not JOURNAL.exists() and not (STATE / "copies").exists()
    assert TIMER.read_text() == "inactive\n" and (UNITS / "jpki-session-guard.service.enabled").read_text() == "disabled\n"
    assert as_json("result", "status")[1] == {"result": "nothing"}


def test_after_a_new_start_it_goes_back(lab):
    before = picture()
    assert jpkictl("apply", *ANSWERS, "--yes")[0] == 0
    change_journal(boot="00000000-0000-4000-8000-000000000000")
    assert jpkictl("confirm", "--without-login")[0] == 1
    assert jpkictl("rollback", "--due")[0] == 0
    assert picture() == before


def test_only_a_login_by_card_since_then_confirms(lab, insert):
    insert("taro")
    assert jpkictl("apply", *ANSWERS, "--yes")[0] == 0
    after = picture()
    status, _, err = jpkictl("confirm")
    assert status in (1, 2) and "--without-login" in err and JOURNAL.exists()
    session = CardSession(lab)

    def look():
        # while_open() has made the login AGE old.
        status, report = as_json("refused", "confirm")
        assert (status, report["result"]) == (1, "refused") and JOURNAL.exists()
        up = int(re.search(r"(?m)^up=(\d+)$", RECORD.read_text())[1])
        change_record(up=str(up + AGE * 1000))
        assert as_json("status", "status")[1]["card_login"]
        status, report = as_json("result", "confirm")
        assert (status, report["result"]) == (0, "confirmed")

    try:
        session.while_open(look)
    finally:
        session.end()
    assert not JOURNAL.exists() and TIMER.read_text() == "inactive\n"
    now = picture()
    assert {path: now[path] for path in after if "/login" not in path} == {path: after[path] for path in after if "/login" not in path}
    assert jpkictl("confirm")[0] == 1


def test_confirmed_without_a_login_it_stays(lab):
    assert jpkictl("apply", "--segment", "lgwan", "--yes")[0] == 0
    assert as_json("result", "confirm", "--without-login") == (0, {"result": "confirmed"})
    assert 'segment = "lgwan"' in SETTINGS.read_text() and not JOURNAL.exists()
    assert "nothing is to be changed" in jpkictl("apply", "--segment", "lgwan", "--yes")[1]


def test_what_others_wrote_is_kept(lab):
    before = picture()
    assert jpkictl("apply", *ANSWERS, "--yes")[0] == 0
    COMMON_AUTH.write_text("# somebody's\n")
    status, report = as_json("rollback", "rollback", "--yes")
    assert status == 1 and [one["path"] for one in report["kept"]] == [str(COMMON_AUTH)]
    assert Path(report["kept"][0]["copy"]).read_text() == "# somebody's\n"
    assert picture() == before


@pytest.mark.parametrize("at,changed", [("start", False), ("enable", True)])
def test_a_cut_in_the_middle(lab, at, changed):
    """Killed when the timer is started, before anything is changed; and when all files are."""
    before = picture()
    (UNITS / "kill-at").write_text(at)
    assert jpkictl("apply", *ANSWERS, "--yes")[0] not in (0, 1, 2, 64)
    (UNITS / "kill-at").unlink()
    assert JOURNAL.exists() and (picture() != before) == changed
    change_journal(boot="00000000-0000-4000-8000-000000000000")
    assert jpkictl("rollback", "--due")[0] == 0
    assert picture() == before and not JOURNAL.exists()


def test_what_is_left_open_is_asked_for(lab):
    before = picture()

    def at_terminal(*words, answers):
        return converse(["jpkictl", "setup", "apply", *words], answers, environment=lab.environment(), within=60)

    seen = at_terminal("--lang", "ja", answers=["or-password", "", "lock", "no"])
    assert seen.status == 1 and len(seen.prompts) == 4 and '+removal = "lock"' in seen.screen, seen.screen
    assert picture() == before and not JOURNAL.exists()
    seen = at_terminal("--profile", "or-password", answers=["", "", "yes"])
    assert seen.status == 0 and "jpkictl setup confirm" in seen.screen and JOURNAL.exists(), seen.screen
    seen = converse(["jpkictl", "setup", "rollback"], ["yes"], environment=lab.environment(), within=60)
    assert seen.status == 0 and picture() == before, seen.screen


def test_without_a_timer_nothing_changes(lab):
    before = picture()
    (UNITS / "refuse").touch()
    status, _, err = jpkictl("apply", *ANSWERS, "--yes")
    assert status == 2 and "--without-timer" in err and picture() == before and not JOURNAL.exists()
    assert jpkictl("apply", "--segment", "lgwan", "--without-timer", "--yes")[0] == 0
    assert jpkictl("rollback", "--yes")[0] == 0 and picture() == before


def test_sources_of_crls_and_renewed_cards(lab):
    before = picture()
    words = ("--crl", "a=http://one.example/a.crl", "--crl", "a=ldap://two.example/a", "--feed", "/etc/jpki/feed", "--resolver", "/etc/jpki/resolver",
             "--ocsp-extension", "2.999.1.7",
             "--ocsp", "platform=http://ocsp.example/")
    assert jpkictl("apply", *words, "--yes")[0] == 0
    text = SETTINGS.read_text()
    assert 'feed = "/etc/jpki/feed"\nresolver = "/etc/jpki/resolver"\nocsp_extension = "2.999.1.7"\n' in text
    assert text.endswith('[[crl]]\nname = "a"\nurls = ["http://one.example/a.crl", "ldap://two.example/a"]\n')
    assert (UNITS / "jpki-crl-refresh.timer.active").read_text() == "active\n"
    # It is read: nothing is wrong with it but that the two files are not there.
    told = subprocess.run(("jpkictl", "check", "--json"), capture_output=True, text=True).stdout
    assert "/etc/jpki/feed" in told and "50-setup.toml:" not in told, told
    asked = json.loads(subprocess.run(("jpkictl", "revocation", "plan", "--json"), capture_output=True, text=True).stdout)
    assert [one["source"] for one in asked["sources"]] == ["platform", "crl"], asked
    assert jpkictl("rollback", "--yes")[0] == 0 and picture() == before


def drop_in(name: str, text: str, mode: int = 0o644) -> Path:
    path = SETTINGS.parent / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def refused(*words) -> str:
    """What plan and apply both say; nothing is written."""
    before = picture()
    status, _, said = jpkictl("plan", *words)
    assert (status, jpkictl("apply", *words, "--yes")[2]) == (1, said), said
    status, report = as_json("refused", "apply", *words, "--yes")
    assert (status, said) == (1, f"jpkictl: {report['reason']}\n"), said
    assert picture() == before and not JOURNAL.exists()
    return said


@pytest.mark.parametrize("name,text,words", [
    ("10-site.toml", '[revocation]\nsource = [{name = "mine", type = "crl"}]\n', ("--ocsp", "platform=http://ocsp.example/")),
    ("site.toml", '  [[ revocation . "source" ]]\nname = "mine"\ntype = "crl"\n', ("--ocsp", "platform=http://ocsp.example/")),
    ("site.toml", '[[crl]]\nname = "a"\nurls = ["http://crl.example/a"]\n', ("--crl", "a=http://crl.example/b")),
    ("site.toml", '[session]\nremoval = "none"\n', ("--removal", "lock")),
    ("site.toml", 'revocation.segment = "lgwan"\n', ("--segment", "office")),
    ("site.toml", '[[revocation.source]]\nname = "mine"\ntype = "crl"\nsegment = "lgwan"\n', ("--segment", "office")),
])
def test_another_file_that_undoes_an_answer_is_named(lab, name, text, words):
    assert str(drop_in(name, text)) in refused(*words)


def test_settings_that_logins_could_not_read_are_refused(lab):
    site = drop_in("site.toml", '[account]\nrole_accounts = ["desk"]\n')
    directory = Path("/etc/jpki/ad.toml")
    directory.write_text('[directory]\nrealm = "AD.TEST"\n')
    said = refused("--mapping", "ad")
    assert "jpki.toml: account.role_accounts is for" in said and "could no longer be read" in said
    site.unlink()
    directory.write_text('[directory]\nrealm = "AD.TEST"\ntransport = "ldaps"\n')
    assert "ad.toml: directory.transport" in refused("--mapping", "ad")
    # What was so before is told as such, a file that only root can read too; and may be mended.
    assert f"{drop_in('site.toml', 'removal = lock')}:1: " in (said := refused("--segment", "office")) and "already" in said
    drop_in("site.toml", "", 0o600)
    assert "it must be readable by _jpki" in (said := refused("--segment", "office")) and "already" in said
    assert jpkictl("plan", "--locker", "i3lock")[0] == 0, "it makes nothing worse"
    site.unlink()
    drop_in(SETTINGS.name, "removal = lock\n")
    assert jpkictl("apply", "--segment", "office", "--yes")[0] == 0
    assert jpkictl("check")[1].count("50-setup.toml") == 0
    assert jpkictl("rollback", "--yes")[0] == 0 and SETTINGS.read_text() == "removal = lock\n"
    assert not list(Path("/tmp").glob("jpki-setup-*"))


@pytest.fixture
def root_has_a_password():
    saved = give_password("root")
    yield
    Path("/etc/shadow").write_text(saved)


def bring_login_screens() -> None:
    """What the packages jpki-greeter and jpki-gdm bring: their files, and update-alternatives run by their maintainer scripts."""
    for service in ("lightdm-jpki", "gdm-smartcard-jpki-exclusive", "gdm-smartcard-jpki-or-password"):
        shutil.copy(TOP / "conf/pam.d" / service, "/etc/pam.d")
    shutil.copy(TOP / "conf/greeter.toml", "/etc/jpki/greeter.toml")
    for priority, kind in ((70, "or-password"), (60, "exclusive")):
        subprocess.run(("update-alternatives", "--install", "/etc/pam.d/gdm-smartcard", "gdm-smartcard", f"/etc/pam.d/gdm-smartcard-jpki-{kind}",
                        str(priority)), check=True, capture_output=True)


def chosen_for_gdm() -> dict[str, str]:
    out = subprocess.run(("update-alternatives", "--query", "gdm-smartcard"), capture_output=True, text=True, check=True).stdout
    return dict(line.split(": ", 1) for line in out.split("\n\n")[0].splitlines() if ": " in line)


def test_login_screens(lab, root_has_a_password):
    assert jpkictl("apply", "--gdm", "--yes")[0] == 1, "without its alternatives"
    bring_login_screens()
    before = picture()
    assert (chosen_for_gdm()["Status"], chosen_for_gdm()["Value"]) == ("auto", "/etc/pam.d/gdm-smartcard-jpki-or-password")
    assert jpkictl("apply", "--profile", "exclusive", "--greeter", "--gdm", "--lang", "ja", "--yes")[0] == 0
    # update-alternatives itself finds it in order.
    assert (chosen_for_gdm()["Status"], chosen_for_gdm()["Value"]) == ("manual", "/etc/pam.d/gdm-smartcard-jpki-exclusive")
    greeter = Path("/etc/jpki/greeter.toml").read_text()
    assert "\npassword_button = false\n" in greeter and '\nlanguage = "ja"\n' in greeter
    lightdm = Path("/etc/lightdm/lightdm.conf.d/90-jpki-setup.conf").read_text()
    assert "greeter-session=jpki-greeter" in lightdm
    assert f"<<END\n{lightdm}END\n" in (TOP / "debian/jpki-greeter.prerm").read_text(), "the package takes away what setup wrote"
    assert jpkictl("rollback", "--yes")[0] == 0 and picture() == before
    assert chosen_for_gdm()["Status"] == "auto"
    assert jpkictl("apply", "--profile", "or-password", "--greeter", "--gdm", "--yes")[0] == 0
    assert chosen_for_gdm()["Value"].endswith("-or-password") and "\npassword_button = true\n" in Path("/etc/jpki/greeter.toml").read_text()
    assert jpkictl("rollback", "--yes")[0] == 0 and picture() == before


def test_what_cannot_be_is_refused(lab):
    before = picture()
    for words, status in ((("apply", "--profile", "both"), 64), (("apply", "--yes"), 64), (("apply", "--realm", 'x"y', "--yes"), 64),
                          (("apply", "--segment", "lgwan"), 2), (("apply", "--mapping", "ad", "--yes"), 1),
                          (("apply", "--profile", "exclusive", "--emergency", "yes", "--yes"), 1), (("confirm",), 1), (("check", "nothing"), 2)):
        assert jpkictl(*words)[0] == status, words
    assert jpkictl("apply", "--segment", "lgwan", "--yes", user="mallory")[0] == 2
    assert picture() == before and not JOURNAL.exists()


def test_hand_written_services_are_judged(lab):
    Path("/etc/pam.d/gate").write_text("auth optional pam_jpki.so\nauth required pam_permit.so\n")
    status, report = as_json("check", "check", "gate")
    (ruling,) = report["rulings"]
    assert (status, ruling["ruling"], ruling["file"], ruling["line"]) == (1, "open", "/etc/pam.d/gate", 2), report
    assert ruling["passed_over"] == "/etc/pam.d/gate:1"
    root = lab.work / "other-root"
    (root / "etc/pam.d").mkdir(parents=True)
    (root / "usr/lib/security").mkdir(parents=True)
    for module in ("pam_jpki.so", "pam_unix.so", "pam_deny.so", "pam_permit.so"):
        (root / "usr/lib/security" / module).touch()
    (root / "etc/pam.d/door").write_text("auth sufficient pam_jpki.so\n@include common-auth\n")
    (root / "etc/pam.d/common-auth").write_text("auth sufficient pam_unix.so\nauth required pam_deny.so\n")
    status, report = as_json("check", "check", "--root", root)
    assert (status, report["judged"]) == (0, ["door"]), report
    status, report = as_json("check", "check", "--root", root, "--exclusive")
    assert status == 1 and [one["file"] for one in report["rulings"] if one["severity"] == "bad"] == ["/etc/pam.d/common-auth"]
    status, out, _ = jpkictl("check", "gate", language="ja_JP.UTF-8")
    assert status == 1 and "カードもパスワードもない人" in out, out


@pytest.mark.parametrize("profile", ["jpki", "jpki-required"])
def test_the_profiles_are_found_good(lab, profile):
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(("pam-auth-update", "--enable", profile), check=True, env=env)
    Path("/etc/pam.d/desk").write_text("@include common-auth\n@include common-account\n")
    status, report = as_json("check", "check", "desk", *(["--exclusive"] if profile == "jpki-required" else []))
    assert status == 0, report
    assert {one["ruling"] for one in report["rulings"]} == ({"password"} if profile == "jpki" else set()), report
