# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guides of doc/ as an administrator follows them: each recipe for PAM, each shell line, each piece of configuration."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pexpect
import pytest
from guides import KINDS, PASSWORD, TOP, ends, fences, give_password, guides, spawn
from lab import PIN, run

RECIPES = TOP / "doc" / "pam-recipes.md"
GUIDE = TOP / "doc" / "admin-guide.md"
SEATS = TOP / "doc" / "seats.md"  # test_seats.py
WRONG = "9999"
LOGIN = ("authenticate", "acct_mgmt")

# Recipe, card in the reader, user, answers, operations; then what is asked for and whether it succeeds.
CASES = [
    ("card-or-password", "taro", "taro", {"PIN": PIN}, ("authenticate",), ["PIN"], True),
    ("card-or-password", "taro", "taro", {"PIN": WRONG, "password": PASSWORD}, ("authenticate",), ["PIN"], False),
    ("card-or-password", None, "taro", {"password": PASSWORD}, ("authenticate",), ["password"], True),
    ("card-or-password", None, "taro", {"password": "wrong"}, ("authenticate",), ["password"], False),
    ("card-only", "taro", "taro", {"PIN": PIN}, LOGIN, ["PIN"], True),
    ("card-only", "taro", "taro", {"PIN": WRONG}, LOGIN, ["PIN"], False),
    ("card-only", None, "taro", {}, LOGIN, [], False),
    ("card-only", None, "root", {}, LOGIN, [], False),
    ("card-only-but-root", "taro", "taro", {"PIN": PIN}, ("authenticate",), ["PIN"], True),
    ("card-only-but-root", None, "taro", {}, ("authenticate",), [], False),
    ("card-only-but-root", None, "root", {"password": PASSWORD}, ("authenticate",), ["password"], True),
    ("card-only-but-root", None, "root", {"password": "wrong"}, ("authenticate",), ["password"], False),
    ("card-only-but-root", None, "nobody-of-this-name", {"password": PASSWORD}, ("authenticate",), [], False),
    ("card-or-code", "taro", "taro", {"PIN": PIN}, ("authenticate",), ["PIN"], True),
    ("card-or-code", None, "taro", {}, ("authenticate",), [], False),  # codes: test_emergency.py
    ("card-or-code", None, "root", {"password": PASSWORD}, ("authenticate",), ["password"], True),
    ("card-or-code", None, "root", {"password": "wrong"}, ("authenticate",), ["password"], False),
    # test_self_registration.py registers a card with it.
    ("register-own-card", "taro", "taro", {"PIN": PIN}, ("authenticate", "setcred"), ["PIN"], True),
    ("register-own-card", "taro", "taro", {"PIN": WRONG, "password": PASSWORD}, ("authenticate",), ["PIN"], False),
    ("register-own-card", None, "taro", {"password": PASSWORD}, ("authenticate",), ["password"], True),
    ("register-own-card", "saburo", "taro", {"password": PASSWORD}, ("authenticate",), ["password"], True),
    ("register-own-card", "saburo", "taro", {"password": "wrong"}, ("authenticate",), ["password"], False),
    ("card-says-who", "taro", "taro", {"PIN": PIN}, LOGIN, ["PIN"], True),
    ("card-says-who", None, "taro", {}, LOGIN, [], False),
    ("one-field", None, "taro", {"password": PASSWORD}, ("authenticate",), ["password"], True),
    ("one-field", "taro", "taro", {"password": PIN}, ("authenticate",), ["password"], True),
    ("one-field", "taro", "taro", {"password": WRONG, "PIN": PIN}, ("authenticate",), ["password", "PIN"], True),
    ("one-field", "hanako", "taro", {"password": PIN}, ("authenticate",), ["password"], False),
    ("screen-locker", "taro", "taro", {"PIN": PIN}, LOGIN, ["PIN"], True),
    ("screen-locker", "taro", "taro", {"PIN": WRONG, "password": PASSWORD}, LOGIN, ["PIN"], False),
    ("screen-locker", None, "taro", {"password": PASSWORD}, LOGIN, ["password"], True),
    # Nothing is locked there: test_unlock.py has the rest.
    ("unlock-with-card-and-finger", "taro", "taro", {"PIN": PIN}, LOGIN, ["PIN"], True),
    ("unlock-with-card-and-finger", "taro", "taro", {"PIN": WRONG}, LOGIN, ["PIN"], False),
    ("same-card", "taro", "taro", {"PIN": PIN}, ("authenticate",), ["PIN"], True),
    ("screen-locker-directory", "taro", "taro", {"PIN": PIN}, LOGIN, ["PIN"], True),  # test_locker_ad.py has accounts of a directory
    ("screen-locker-directory", None, "taro", {}, LOGIN, [], False),
    ("kde-card-only", "taro", "taro", {"PIN": PIN}, LOGIN, ["PIN"], True),
    ("kde-card-only", "taro", "taro", {"PIN": WRONG}, LOGIN, ["PIN"], False),
    ("kde-card-only", None, "taro", {}, LOGIN, [], False),
    ("card-and-password", "taro", "taro", {"PIN": PIN, "password": PASSWORD}, ("authenticate",), ["PIN", "password"], True),
    ("card-and-password", "taro", "taro", {"PIN": PIN, "password": "wrong"}, ("authenticate",), ["PIN", "password"], False),
    ("card-and-password", None, "taro", {"password": PASSWORD}, ("authenticate",), ["password"], False),
    ("account-step", None, "taro", {}, ("acct_mgmt",), [], True),
]


def recipes() -> dict[str, str]:
    return {name: text for kind, name, text in fences(RECIPES) if kind == "pam"}


@pytest.fixture(scope="module")
def passwords(lab):
    saved = give_password("taro", "hanako", "root")
    yield
    Path("/etc/shadow").write_text(saved)


@pytest.fixture
def service(lab, request, passwords):
    """The recipe with the lab's waiting times."""
    text = recipes()[request.param]
    for patience in ("wait_for_card=5", "wait_for_card=30"):
        text = text.replace(patience, "wait_for_card=1")
    file = Path("/etc/pam.d/guide-recipe")
    file.write_text(text.replace("pam_jpki.so", "pam_jpki.so timeout=6 where_unknown=local"))
    yield file.name
    file.unlink()


@pytest.mark.parametrize("service,card,user,answers,operations,asked,good", CASES, indirect=["service"],
                         ids=[f"{case[0]}-{case[1] or 'none'}-{case[2]}-{n}" for n, case in enumerate(CASES)])
def test_recipe(lab, card_service, insert, service, card, user, answers, operations, asked, good):
    if card:
        insert(card)
    seen = ends(lab, service, user, answers, operations)
    assert seen[:2] == (asked, good), seen[2] + lab.syslog.text()


@pytest.mark.parametrize("service,code", [("kde-card-only", "AUTH_ERR"), ("card-only", "AUTHINFO_UNAVAIL")], indirect=["service"])
def test_what_plasma_hears_without_a_card(lab, card_service, service, code):
    """PAM_AUTHINFO_UNAVAIL is the end of its lock screen's `kde` for good (kscreenlocker 6.3, pamauthenticator.cpp)."""
    assert lab.pamtester("taro", service=service).pam == code


@pytest.mark.parametrize("recipe,user", [("card-or-password", "taro"), ("card-only-but-root", "root")])
def test_whom_a_recipe_promises_the_password_needs_no_module(lab, passwords, recipe, user):
    file = Path("/etc/pam.d/guide-recipe")
    file.write_text(recipes()[recipe].replace("pam_jpki.so", "pam_jpki_is_gone.so"))
    try:
        seen = ends(lab, file.name, user, {"password": PASSWORD}, ("authenticate",))
        assert seen[:2] == (["password"], True), seen[2]
    finally:
        file.unlink()


# What Debian's own file begins with, and what a greeter's goes on with.
STOCK = "auth requisite pam_nologin.so\n"
GREETER = "auth required pam_succeed_if.so user != root quiet_success\n"


@pytest.fixture
def login_file(lab):
    """Writes /etc/pam.d/login; undone."""
    file = Path("/etc/pam.d/login")
    kept = file.read_text()
    yield lambda *lines: file.write_text("".join(lines).replace("pam_jpki.so", "pam_jpki.so timeout=6 where_unknown=local") +
                                         "session required pam_permit.so\n")
    file.write_text(kept)
    Path("/etc/nologin").unlink(missing_ok=True)


@pytest.mark.parametrize("first", [STOCK, GREETER], ids=["pam_nologin", "pam_succeed_if"])
def test_who_asks_first_asks_for_the_name(lab, insert, login_file, first):
    """Why the guide's order is needed."""
    insert("taro")
    login_file(first, recipes()["card-says-who"])
    child = spawn(lab, "login")
    assert child.expect([r"login: $", r"PIN \("]) == 0, child.before
    child.close(force=True)


def test_the_card_says_who_in_the_order_of_the_guide(lab, insert, login_file):
    insert("taro")
    login_file(recipes()["card-says-who"])
    seen = lab.login(None, [PIN])
    assert "shell of taro" in seen.screen and "login:" not in seen.screen, seen.screen
    Path("/etc/nologin").write_text("closed for the night\n")
    seen = lab.login(None, [PIN])
    assert "shell of" not in seen.screen and "closed for the night" in seen.screen, seen.screen


def test_every_recipe_is_tried():
    assert set(recipes()) == {case[0] for case in CASES}


# A recipe's numbers count lines: whoever takes out some of them needs to know what is put there.
@pytest.mark.parametrize("guide,title,seats", [(RECIPES, "Going back", "(seats.md)"),
                                               (RECIPES.with_name("pam-recipes.ja.md"), "元に戻す", "(seats.ja.md)")],
                         ids=["en", "ja"])
def test_every_recipe_has_its_way_back(guide, title, seats):
    sections = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", guide.read_text(encoding="utf-8"), re.M | re.S))
    back = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", sections.pop(title), re.M))
    ours = [name for name, text in sections.items() if "```pam " in text or "--enable jpki" in text]
    assert [name for name in back if name in sections] == ours and len(ours) > 12
    assert any(seats in name for name in back)
    for name in ours:
        whole_file = "`/etc/pam.d/common-auth`" in sections[name]
        assert ("pam-auth-update --force" if whole_file else "`@include common-" if "```pam " in sections[name] else "--disable") in back[name], name


def test_nothing_is_set_off_elsewhere():
    """Recipes, shell lines and configuration stand where they are tried, or are the translation of what is."""
    for guide in guides():
        if guide not in (RECIPES, GUIDE, SEATS) and not guide.name.endswith(".ja.md"):
            assert all(kind == "text" for kind, _, _ in fences(guide)), guide


def test_nothing_else_is_set_off():
    """What is no PAM recipe, shell line or configuration is marked as text: nothing escapes the tests unnoticed."""
    for guide in guides():
        assert all(kind in KINDS for kind, _, _ in fences(guide)), guide
        assert guide.read_text().count("```") == 2 * len(fences(guide)), guide


# --- shell lines and configuration ------------------------------------------------------------------
SYSTEMCTL = """\
#!/bin/sh
# Nothing runs units here: that they are installed is what can be seen.
for word; do
  case $word in *.service | *.socket | *.timer) test -f "/usr/lib/systemd/system/$word" || exit 1 ;; esac
done
"""


def toml_blocks(guide: Path) -> list[tuple[str, str]]:
    return [(name, text) for kind, name, text in fences(guide) if kind == "toml"]


class NewInstallation:
    """/etc/jpki and /var/lib/jpki as `make install` leaves them, and what the guide finds where it is read."""

    def __init__(self, lab):
        self.lab = lab
        self.saved = [(Path(path), Path(path + ".saved")) for path in ("/etc/jpki", "/var/lib/jpki")]
        self.work = Path("/var/tmp/guide")
        for path, saved in self.saved:
            run("cp", "-a", str(path), str(saved))
        for path in ("anchors.d", "jpki.toml.d", "intermediates.d"):
            run("find", f"/etc/jpki/{path}", "-type", "f", "!", "-name", "README", "-delete")
        run("sh", "-c", "rm -rf /etc/jpki/pseudonym.key /var/lib/jpki/revocation/* /var/lib/jpki/evidence/*")
        Path("/etc/jpki/accounts.map").write_text("")
        (self.work / "bin").mkdir(parents=True)
        (self.work / "bin/systemctl").write_text(SYSTEMCTL)
        (self.work / "bin/systemctl").chmod(0o755)
        (self.work / "bin/sudo").write_text('#!/bin/sh\nexec "$@"\n')
        (self.work / "bin/sudo").chmod(0o755)
        for name, authority in (("CA.cer", "jpki-auth-g3"), ("NEW-CA.cer", "jpki-auth-g2")):
            shutil.copyfile(lab.pki / "ca" / authority / "cert.der", self.work / name)

    def remove(self):
        for path, saved in self.saved:
            run("sh", "-c", f"rm -rf {path}/* && cp -a {saved}/. {path}/ && rm -rf {saved}")
        run("rm", "-rf", str(self.work), "/var/tmp/rehearsal")

    def environment(self) -> dict[str, str]:
        found = self.lab.environment()
        return found | {"PATH": f"{self.work}/bin:{found['PATH']}"}

    def shell(self, lines: str) -> None:
        with open(self.work / "output", "w+") as output:
            done = subprocess.run(["bash", "-eu", "-o", "pipefail", "-c", lines], cwd=self.work, env=self.environment(),
                                  stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=60)
            output.seek(0)
            assert done.returncode == 0, f"{lines}\nexit status {done.returncode}\n{output.read()}"

    def shell_with_fingerprint(self, lines: str, file: str) -> None:
        """At a terminal, by somebody who has the official publication."""
        self.shell_with_answer(lines, "> $", hashlib.sha256((self.work / file).read_bytes()).hexdigest())

    def shell_with_answer(self, lines: str, question: str, answer: str) -> None:
        child = pexpect.spawn("bash", ["-eu", "-c", lines], cwd=str(self.work), env=self.environment(), encoding="utf-8",
                              timeout=60)
        child.expect(question)
        child.sendline(answer)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0, child.before


@pytest.fixture
def new_installation(lab):
    made = NewInstallation(lab)
    yield made
    made.remove()


def log_in(lab, user):
    return ends(lab, lab.service("guide-login", "timeout=6"), user, {"PIN": PIN})


def test_a_translation_has_the_same_lines():
    for translation in (TOP / "doc").glob("*.ja.md"):
        assert fences(translation) == fences(translation.with_name(translation.name.replace(".ja.md", ".md"))), translation


def test_shell_lines(lab, card_service, insert, new_installation):
    """In their order, each block where the guide has come to."""
    site = new_installation
    blocks = {name: text for kind, name, text in fences(GUIDE) if kind == "sh"}
    assert list(blocks) == ["rehearse", "card", "faults", "end", "key", "anchor", "crl", "enrol", "check", "monitor", "plan",
                            "generation", "fleet", "ids"], "this test tells where each block is run"
    site.shell(blocks["rehearse"])
    site.shell(blocks["card"] + "echo $! > card.pid\n")
    try:
        assert log_in(lab, "taro")[:2] == (["PIN"], True), lab.syslog.text()
        site.shell(blocks["faults"])
    finally:
        # A card that is exchanged before pcscd has looked is the old one to it.
        control = "jpki-vcard ctl /var/tmp/rehearsal/card.sock"
        site.shell(f"{control} remove; {control} wait absent 10; kill $(cat card.pid)")
    site.shell(blocks["end"] + blocks["key"])
    site.shell_with_fingerprint(blocks["anchor"], "CA.cer")
    for crl in (lab.pki / "crl").glob("jpki-auth-g3-kasumi.crl"):
        shutil.copyfile(crl, Path("/var/lib/jpki/revocation") / crl.name)
    site.shell(blocks["crl"])
    insert("taro")
    site.shell_with_answer(blocks["enrol"], r"PIN \([^)]*\): $", PIN)
    site.shell(blocks["check"])
    assert log_in(lab, "taro")[:2] == (["PIN"], True), lab.syslog.text()
    configuration = {name: text for name, text in reversed(toml_blocks(GUIDE))}  # of two with one name the first
    (Path("/etc/jpki/jpki.toml.d") / "card.toml").write_text(configuration["card.toml"])
    site.shell(blocks["check"])
    assert log_in(lab, "taro")[:2] == (["PIN"], True), lab.syslog.text()
    site.shell(blocks["monitor"])
    (Path("/etc/jpki/jpki.toml.d") / "guide.toml").write_text(configuration["jpki.toml"])
    site.shell(blocks["plan"])
    site.shell_with_fingerprint(blocks["generation"], "NEW-CA.cer")
    site.shell(blocks["fleet"])
    Path("/etc/jpki/ad.toml").write_text(configuration["ad.toml"])
    site.shell(blocks["ids"])


@pytest.mark.parametrize("name,text", toml_blocks(GUIDE))
def test_configuration(new_installation, name, text):
    """Read as strictly as at a login."""
    drop_ins = ("card.toml", "tokens.toml")
    file = Path("/etc/jpki") / (f"jpki.toml.d/{name}" if name in drop_ins else name)
    file.write_text(text)
    of_logins = "jpkictl revocation plan"
    command = "jpkictl idmap explain S-1-5-21-1-2-3-1107" if name == "ad.toml" else of_logins
    new_installation.shell(command)
    file.write_text(text.replace(" = ", "_no = ", 1))
    with pytest.raises(AssertionError, match="not a known key"):
        new_installation.shell(command)


# --- the READMEs ----------------------------------------------------------------------------------------
def readme_lines(name: str) -> list[str]:
    """What its steps tell to type; lines that are set off make worlds of their own, and CI and tests/packages run them."""
    return re.findall(r"`(sudo [^`]*)`", (TOP / name).read_text(encoding="utf-8"))


def test_readme_lines(lab, insert, new_installation):
    insert("taro")
    site = new_installation
    lines = readme_lines("README.md")
    assert lines == readme_lines("README.ja.md") and len(lines) > 3
    site.shell(next(text for kind, name, text in fences(GUIDE) if name == "key"))  # as the packages do
    for line in lines:
        if "anchor add" in line:
            site.shell_with_fingerprint(line, "CA.cer")
            shutil.copyfile(lab.pki / "crl/jpki-auth-g3-kasumi.crl", "/var/lib/jpki/revocation/kasumi.crl")
        elif "card enroll" in line:
            site.shell_with_answer(line.replace("ACCOUNT", "taro"), r"PIN \([^)]*\): $", PIN)
        else:
            site.shell(line + (" || test $? -eq 1" if "doctor" in line else ""))  # no systemd here: it finds that


def lines_in_sentences(guide: Path) -> list[str]:
    """What the guide tells to type in passing, of what sets something up."""
    return re.findall(r"`((?:systemctl (?:start|enable)|cp|nss-ad-refresh -v)[^`]*)`", guide.read_text(encoding="utf-8"))


def test_lines_in_sentences(new_installation):
    lines = lines_in_sentences(GUIDE)
    assert lines == lines_in_sentences(GUIDE.with_name("admin-guide.ja.md")) and len(lines) == 6
    for line in lines:  # no directory here; test_ad_refresh.py has one
        new_installation.shell(line + (" || test $? -eq 2" if line.startswith("nss-ad-refresh") else ""))
