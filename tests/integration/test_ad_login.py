# SPDX-License-Identifier: LGPL-2.1-or-later
"""A person whose account, groups and card binding are in a real Samba AD logs in, and is refused for what AD has against it."""

import base64
import contextlib
import os
import pwd
import re
import socket
from dataclasses import dataclass
from pathlib import Path

import ad_contents as ad
import pytest
from ad_site import STATE, AdSite, Proxy
from dialogue import Dialogue, converse
from domain_controller import BASE, HOST
from lab import PIN, run
from lab import TIMEOUT as LAB_TIMEOUT
from test_environment import TRAP, trap  # noqa: F401

CARD = "saburo"  # of the lab's cards, the one that accounts.map does not bind
NUMBER = 17
NAME = ad.user_name(NUMBER)
DN = ad.user_dn(NUMBER)
SHELL = Path("/usr/local/bin/ad-shell")
SERVICE = "lab-ad"
TIMEOUT = 8
LONG_AGO = 132000000000000000  # FILETIME, in 2019
ENABLED = ad.NORMAL | ad.NO_PASSWORD_NEEDED
THIS_COMPUTER = socket.gethostname().partition(".")[0]
GROUP = ad.group_name(NUMBER)  # the person is in it, and in what contains it
OUTER_GROUP = ad.group_name(3)  # contains what contains it: 17 is in 8, 8 in 3
OTHER_GROUP = ad.group_name(250)


def replaced(attribute: str, *values: object) -> str:
    """LDIF that gives the person's attribute these values, or none."""
    lines = "".join(ad.line(attribute, str(value)) for value in values)
    return f"dn: {DN}\nchangetype: modify\nreplace: {attribute}\n{lines}\n"


def hours(*excepted: int) -> str:
    """logonHours as an LDIF line: all hours of the week but these."""
    octets = bytearray(b"\xff" * 21)
    for hour in excepted:
        octets[hour // 8] &= ~(1 << hour % 8)
    return f"dn: {DN}\nchangetype: modify\nreplace: logonHours\nlogonHours:: {base64.b64encode(bytes(octets)).decode()}\n\n"


@dataclass
class Person:
    site: AdSite
    uid: int
    groups: frozenset[int]

    def change(self, *ldif: str) -> None:
        """In AD, and seen by the terminal."""
        self.site.domain.modify("".join(ldif))
        self.site.refresh()


@pytest.fixture(scope="module")
def bound(lab, ad_site):
    """The card is bound in AD, and the terminal asks AD's snapshot for accounts."""
    switch = Path("/etc/jpki/jpki.toml.d/source.toml")
    switch.write_text('[account]\nsource = "ad"\n')
    SHELL.write_text('#!/bin/sh\nprintf "shell of %s, uid %s, groups %s, in %s\\n" "$(id -un)" "$(id -u)" "$(id -G)" "$PWD"\n')
    SHELL.chmod(0o755)
    key_id = run("openssl", "x509", "-in", str(lab.pki / "cards" / CARD / "auth.der"), "-inform", "der", "-noout", "-ext",
                 "subjectKeyIdentifier").split("\n")[1].strip().replace(":", "").lower()
    assert re.fullmatch("[0-9a-f]{40}", key_id), key_id
    original = [line.partition(": ")[2] for line in ad.user(NUMBER).splitlines() if line.startswith("altSecurityIdentities")]
    ad_site.domain.modify(replaced("altSecurityIdentities", f"X509:<SKI>{key_id}") + replaced("loginShell", SHELL))
    ad_site.configure()
    ad_site.forget()
    ad_site.refresh()
    account = pwd.getpwnam(NAME)
    home = Path(account.pw_dir)
    home.mkdir()
    os.chown(home, account.pw_uid, account.pw_gid)
    (Path("/etc/pam.d") / SERVICE).write_text(
        f"auth requisite pam_jpki.so timeout={TIMEOUT}\n"
        f"account requisite pam_jpki.so timeout={TIMEOUT}\naccount required pam_unix.so\n"
        "session required pam_jpki.so\nsession required pam_permit.so\n")
    (Path("/etc/pam.d") / "lab-unix").write_text(
        f"auth requisite pam_jpki.so timeout={TIMEOUT}\naccount required pam_unix.so\nsession required pam_permit.so\n")
    yield Person(ad_site, account.pw_uid, ad_site.expected().memberships[NAME])
    home.rmdir()
    ad_site.domain.modify(replaced("altSecurityIdentities", *original) + replaced("loginShell"))
    switch.unlink()


@pytest.fixture
def person(bound, insert):
    """The terminal knows AD as it is; the card is in the reader."""
    bound.site.configure()
    bound.site.refresh()
    insert(CARD)
    yield bound


def tried(lab, service: str = SERVICE) -> Dialogue:
    return lab.pamtester(NAME, [PIN], service=service, operations=("authenticate", "acct_mgmt"))


def assert_refused(lab, seen: Dialogue, code: str, pam: str, prompts: int = 1) -> None:
    assert (seen.pam, seen.codes, len(seen.pin_prompts)) == (pam, [code], prompts), seen.screen + lab.syslog.text()
    assert f"{code} " in lab.syslog.text()


# --- let in -------------------------------------------------------------------------------------------------
def test_login_at_a_terminal(lab, person):
    """Nobody names an account: the card says who it is, AD says which groups."""
    seen = lab.login(None, [PIN])
    found = re.search(rf"shell of {NAME}, uid {person.uid}, groups ([\d ]+), in /home/{NAME}", seen.screen)
    assert found, seen.screen + lab.syslog.text()
    assert set(map(int, found[1].split())) == person.groups and len(person.groups) > 3


def test_every_step(lab, person):
    """pam_unix's account step is content with the shadow entry that has no password."""
    seen = lab.pamtester(NAME, [PIN], service=SERVICE, operations=("authenticate", "acct_mgmt", "open_session", "close_session"))
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    assert len(seen.pin_prompts) == 1


# --- refused ------------------------------------------------------------------------------------------------
REFUSALS = {
    "expired": (replaced("accountExpires", LONG_AGO), replaced("accountExpires", 0), "JPKI-508", "ACCT_EXPIRED"),
    "hours": (hours(*range(168)), replaced("logonHours"), "JPKI-509", "PERM_DENIED"),
    "workstation": (replaced("userWorkstations", "OTHER-PC,THIRD-PC"), replaced("userWorkstations"), "JPKI-510", "PERM_DENIED"),
    "locked": (replaced("lockoutTime", LONG_AGO), replaced("lockoutTime", 0), "JPKI-507", "PERM_DENIED"),
}


@pytest.mark.parametrize("why", REFUSALS)
@pytest.mark.parametrize("live", [False, True], ids=["snapshot", "live"])
def test_refused_for_what_ad_has_against_the_account(lab, person, why, live):
    """The card and the PIN are good; the account step refuses, at once where it asks AD itself, else after the next refresh;
    and it lets in again when AD has nothing against the account any more."""
    against, again, code, pam = REFUSALS[why]
    person.site.configure(account={"lockout_minutes": 0} | ({} if live else {"live_timeout_ms": 0}))
    person.site.domain.modify(against)
    if not live:
        assert tried(lab).pam == "SUCCESS"
        lab.syslog.clear()
        person.site.refresh()
    try:
        assert_refused(lab, tried(lab), code, pam)
        assert (f"account state of {NAME} by dc1.ad.test:389" in lab.syslog.text()) == live
    finally:
        person.change(again)
    assert tried(lab).pam == "SUCCESS"


def test_this_computer_is_one_of_the_workstations(lab, person):
    person.change(replaced("userWorkstations", f"OTHER-PC,{THIS_COMPUTER.upper()}"))
    try:
        assert tried(lab).pam == "SUCCESS"
    finally:
        person.change(replaced("userWorkstations"))


def test_disabled_in_ad_is_refused_at_the_next_login(lab, person):
    """Before the PIN: no try of the card is spent."""
    assert tried(lab).pam == "SUCCESS"
    person.change(replaced("userAccountControl", ENABLED | ad.DISABLED))
    try:
        assert_refused(lab, tried(lab), "JPKI-506", "ACCT_EXPIRED", prompts=0)
        assert "disabled" in lab.login(NAME, [PIN]).screen
    finally:
        person.change(replaced("userAccountControl", ENABLED))
    assert tried(lab).pam == "SUCCESS"


def test_a_binding_that_is_taken_away(lab, person):
    bound = person.site.domain.search(f"(sAMAccountName={NAME})", "altSecurityIdentities")
    mapping = re.search(r"altSecurityIdentities: (.*)", bound)[1]
    person.change(replaced("altSecurityIdentities"))
    try:
        assert_refused(lab, tried(lab), "JPKI-501", "USER_UNKNOWN", prompts=0)
    finally:
        person.change(replaced("altSecurityIdentities", mapping))
    assert tried(lab).pam == "SUCCESS"


@pytest.mark.parametrize("rule,allowed", [
    ({"allowed_groups": [GROUP]}, True), ({"allowed_groups": [OUTER_GROUP]}, True), ({"allowed_groups": [OTHER_GROUP]}, False),
    ({"denied_groups": [OUTER_GROUP]}, False), ({"denied_groups": [OTHER_GROUP]}, True),
    ({"services": [SERVICE], "denied_groups": [GROUP]}, False), ({"services": ["sshd"], "denied_groups": [GROUP]}, True)],
    ids=["allowed", "allowed-nested", "not-allowed", "denied-nested", "not-denied", "denied-here", "denied-elsewhere"])
def test_groups_for_each_service(lab, person, rule, allowed):
    person.site.configure(rules=[rule])
    seen = tried(lab)
    if allowed:
        assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    else:
        assert_refused(lab, seen, "JPKI-511", "PERM_DENIED")


@pytest.mark.parametrize("change,back", [
    (replaced("accountExpires", LONG_AGO), replaced("accountExpires", 0)),
    (replaced("userAccountControl", ENABLED | ad.DISABLED),
     replaced("userAccountControl", ENABLED))], ids=["expired", "disabled"])
def test_pam_unix_alone_refuses_by_the_shadow_entry(lab, person, change, back):
    """An account line of pam_unix is all that other ways to log in may have."""
    assert lab.pamtester(NAME, service="lab-unix", operations=("acct_mgmt",)).status == 0
    person.change(change)
    try:
        assert lab.pamtester(NAME, service="lab-unix", operations=("acct_mgmt",)).pam == "ACCT_EXPIRED"
    finally:
        person.change(back)


@pytest.fixture
def other_service():
    file = Path("/etc/pam.d/lab-other")
    file.write_text("auth required pam_permit.so\naccount requisite pam_jpki.so\naccount required pam_unix.so\n")
    yield
    file.unlink()


def test_a_password_login_is_held_to_the_same(lab, person, other_service):
    """Whoever authenticated: root's su without a password here."""
    assert lab.pamtester(NAME, service="lab-other", operations=("authenticate", "acct_mgmt")).pam == "SUCCESS"
    person.site.configure(rules=[{"denied_groups": [GROUP]}])
    seen = lab.pamtester(NAME, service="lab-other", operations=("authenticate", "acct_mgmt"))
    assert_refused(lab, seen, "JPKI-511", "PERM_DENIED", prompts=0)
    assert lab.pamtester("mallory", service="lab-other", operations=("authenticate", "acct_mgmt")).pam == "SUCCESS"




def account_step(lab, name: str = NAME) -> Dialogue:
    """Of a login by other means than a card."""
    return lab.pamtester(name, service="lab-other", operations=("acct_mgmt",))


def test_another_spelling_is_the_same_account(lab, person, other_service):
    """What libc takes for the account is held to its rules."""
    mapping = re.search(r"altSecurityIdentities: (.*)", person.site.domain.search(f"(sAMAccountName={NAME})"))[1]
    person.site.configure(rules=[{"denied_groups": [GROUP]}])
    for spelling in (NAME.upper(), mapping):
        seen = account_step(lab, spelling)
        assert (seen.pam, seen.codes) == ("PERM_DENIED", ["JPKI-511"]), (spelling, seen.screen)


def test_nobody_is_asked_about_a_local_account(lab, person, other_service):
    trace = lab.work / "local.strace"
    for name, asked in (("mallory", False), (NAME, True)):
        run("strace", "-f", "-o", str(trace), "-e", "trace=execve", "pamtester", "lab-other", name, "acct_mgmt")
        calls = trace.read_text()
        assert "/jpki-account\"" in calls and ("/jpki-account-live\"" in calls) == asked, calls


# --- AD's own word -------------------------------------------------------------------------------------------
def test_disabled_in_ad_is_refused_at_once(lab, person):
    """The snapshot knows nothing of it: the PIN is asked for, the account step refuses."""
    person.site.domain.modify(replaced("userAccountControl", ENABLED | ad.DISABLED))
    try:
        assert_refused(lab, tried(lab), "JPKI-506", "ACCT_EXPIRED")
    finally:
        person.site.domain.modify(replaced("userAccountControl", ENABLED))
    assert tried(lab).pam == "SUCCESS"


def test_unlocked_in_ad_is_let_in_at_once(lab, person):
    person.site.configure(account={"lockout_minutes": 0})
    person.change(replaced("lockoutTime", LONG_AGO))
    person.site.domain.modify(replaced("lockoutTime", 0))
    assert tried(lab).pam == "SUCCESS"
    person.site.configure(account={"lockout_minutes": 0, "live_timeout_ms": 0})
    assert_refused(lab, tried(lab), "JPKI-507", "PERM_DENIED")


def test_deleted_in_ad_is_refused_at_once(lab, person, other_service):
    name, dn = "short-lived", f"CN=short-lived,{ad.LEAVERS}"
    person.change(ad.entry(dn, "user", sAMAccountName=name, userAccountControl=ENABLED).replace(
        "objectClass", "changetype: add\nobjectClass", 1))
    assert account_step(lab, name).status == 0
    person.site.domain.modify(f"dn: {dn}\nchangetype: delete\n\n")
    seen = account_step(lab, name)
    assert (seen.pam, seen.codes) == ("ACCT_EXPIRED", ["JPKI-506"]), seen.screen
    assert "the directory has no such account any more" in lab.syslog.text()
    person.site.refresh("--full")


SILENT = "127.0.0.3"
AFTER_THE_BIND = 500  # octets that the controller has sent by then, and not all that it has to say


@pytest.fixture
def silence():
    """A machine that takes every connection and says nothing: LDAP, Kerberos, DNS."""
    listeners = [socket.create_server((SILENT, port)) for port in (53, 88, 389, 636)]
    for port in (53, 88):
        listeners.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        listeners[-1].bind((SILENT, port))
    yield
    for listener in listeners:
        listener.close()


@contextlib.contextmanager
def silent_dns():
    file = Path("/etc/resolv.conf")
    saved = file.read_text()
    file.write_text(f"nameserver {SILENT}\n")
    yield
    file.write_text(saved)


def assert_the_snapshot_decides(lab, person, directory: dict[str, object], why: str,
                                surroundings=contextlib.nullcontext) -> None:
    """In time, and for as well as against the account."""
    account = {"live_timeout_ms": 900, "lockout_minutes": 0}
    person.site.configure(directory=directory, account=account)
    with surroundings():
        seen = account_step(lab)
    assert seen.status == 0, seen.screen + lab.syslog.text()
    assert seen.seconds < 2.5, seen.seconds
    assert re.search(f"account state of {NAME} by snapshot of .*; the directory was asked: .*{why}", lab.syslog.text())
    person.site.configure(account=account)
    person.change(replaced("lockoutTime", LONG_AGO))
    try:
        person.site.configure(directory=directory, account=account)
        with surroundings():
            seen = account_step(lab)
        assert (seen.pam, seen.codes) == ("PERM_DENIED", ["JPKI-507"]), seen.screen
    finally:
        person.site.configure(account=account)
        person.change(replaced("lockoutTime", 0))


@pytest.mark.parametrize("transport", ["sealed", "starttls", "ldaps"])
def test_a_silent_controller(lab, person, other_service, silence, transport):
    directory = {"servers": [SILENT], "transport": transport}
    if transport != "sealed":
        directory["ca_file"] = "/etc/jpki/ad-ca.pem"
    assert_the_snapshot_decides(lab, person, directory, "no answer in time")


def test_a_silent_controller_with_a_good_kdc(lab, person, other_service):
    proxy = Proxy(after=0, silent=True)
    try:
        assert_the_snapshot_decides(lab, person, {"servers": [proxy.server]}, "no answer in time")
    finally:
        proxy.stop()
    assert proxy.connections >= 1


def test_a_controller_that_stops_in_the_middle(lab, person, other_service):
    proxy = Proxy(after=AFTER_THE_BIND)
    try:
        assert_the_snapshot_decides(lab, person, {"servers": [proxy.server]}, "JPKI-80")
    finally:
        proxy.stop()


def test_a_silent_name_server(lab, person, other_service, silence):
    assert_the_snapshot_decides(lab, person, {"servers": []}, "no answer in time", silent_dns)


@pytest.mark.parametrize("directory,code", [
    ({"servers": [f"{HOST}:9"]}, "JPKI-802"), ({"keytab": "/etc/jpki/none.keytab"}, "none.keytab"),
    ({"servers": ["127.0.0.1"], "transport": "ldaps", "ca_file": "/etc/jpki/ad-ca.pem"}, "JPKI-803")],
    ids=["refuses", "no-keytab", "another-name"])
def test_a_directory_that_cannot_be_asked(lab, person, other_service, directory, code):
    assert_the_snapshot_decides(lab, person, directory, code)


@pytest.mark.parametrize("transport,authentication", [
    ("sealed", "keytab"), ("starttls", "keytab"), ("ldaps", "keytab"), ("starttls", "password"), ("ldaps", "password")])
def test_every_way_to_ask(lab, person, other_service, transport, authentication):
    password = Path("/etc/jpki/ad.password")
    password.write_text("machine.Passw0rd.of.the.lab\n")
    password.chmod(0o600)
    directory = {"transport": transport, "authentication": authentication, "ca_file": "/etc/jpki/ad-ca.pem",
                 "bind_dn": f"CN=HOST1,CN=Computers,{BASE}", "password_file": str(password)}
    person.site.configure(directory=directory)
    seen = account_step(lab)
    assert seen.status == 0 and f"account state of {NAME} by dc1.ad.test:" in lab.syslog.text(), lab.syslog.text()
    print(f"{transport}, {authentication}: {seen.seconds:.3f} s")


# --- the programs that tell -----------------------------------------------------------------------------------
KERBEROS_TRAPS = {"KRB5_CONFIG": TRAP / "krb5.conf", "KRB5CCNAME": f"FILE:{TRAP}/ccache", "KRB5_TRACE": TRAP / "trace",
                  "KRB5_KTNAME": f"FILE:{TRAP}/keytab", "KRB5_CLIENT_KTNAME": f"FILE:{TRAP}/keytab", "LDAPCONF": TRAP / "ldap.conf",
                  "LDAPRC": "../../home/mallory/trap/ldaprc", "LDAPTLS_CACERT": TRAP / "ca.pem", "SASL_PATH": TRAP,
                  "SASL_CONF_PATH": TRAP, "RES_OPTIONS": "debug", "HOSTALIASES": TRAP / "hosts", "GSS_MECH_CONFIG": TRAP / "mech"}


def test_the_programs_get_nothing_of_the_callers_environment(lab, person, trap):
    """su(1) of an unprivileged user: what Kerberos, LDAP, SASL and the resolver would take from the environment."""
    trace = lab.work / "su-ad.strace"
    trace.unlink(missing_ok=True)
    service = lab.service("su", "timeout=60")
    traced = {key: str(value) for key, value in (trap | KERBEROS_TRAPS).items() if not key.startswith("LD_")}
    seen = converse(["strace", "-f", "-u", "mallory", "-o", str(trace), "-s", "200", "-e", "trace=%file,connect", "su", NAME], [PIN],
                    environment=lab.environment() | traced, within=90)
    lab.service(service, f"timeout={LAB_TIMEOUT}")
    assert f"shell of {NAME}" in seen.screen, seen.screen + lab.syslog.text()
    calls = trace.read_text().splitlines()
    for program in ("jpki-account", "jpki-account-live"):
        started = [call for call in calls if f'execve("/usr/libexec/jpki/{program}"' in call]
        assert len(started) == 1 and f'["{program}"]' in started[0] and "/* 0 vars */" in started[0], started
    assert any("htons(389)" in call for call in calls), "the trace followed jpki-account-live to the controller"
    own = [call for call in calls if str(TRAP) in call and "execve(" not in call]
    assert not own, own


def status_of(name: str) -> dict[str, str]:
    """/proc/PID/status of the one process of this name."""
    for entry in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":\t", 1) for line in entry.read_text().splitlines() if ":\t" in line)
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields["Name"] == name[:15] and fields["State"][0] != "Z":
            return fields
    return {}


def test_who_speaks_with_the_network_is_nobody(lab, person, other_service):
    """A proxy that looks at its client while it keeps it waiting."""
    looked = {}

    class Watcher(Proxy):
        def _serve(self, connection: socket.socket) -> None:
            looked.update({name: status_of(name) for name in ("jpki-account", "jpki-account-live")})
            super()._serve(connection)

    proxy = Watcher(after=0, silent=True)
    try:
        person.site.configure(directory={"servers": [proxy.server]})
        assert account_step(lab).status == 0
    finally:
        proxy.stop()
    for name, fields in looked.items():
        assert fields.get("Uid", "").split() == ["990"] * 4 and fields["Gid"].split() == ["990"] * 4, (name, fields)
        assert int(fields["CapEff"], 16) == int(fields["CapPrm"], 16) == 0 and fields["NoNewPrivs"] == "1", (name, fields)
        assert fields["Groups"].strip() == "" and fields["Seccomp"] == "2", (name, fields)


def test_asked_by_an_unprivileged_user(lab, person):
    """Started by hand they gain nothing: no key, no snapshot, no answer."""
    for program in ("jpki-account", "jpki-account-live"):
        seen = converse(["setpriv", "--reuid", "mallory", "--regid", "mallory", "--clear-groups", f"/usr/libexec/jpki/{program}"],
                        environment=lab.environment())
        assert seen.status == 1, seen.screen


# --- without AD ---------------------------------------------------------------------------------------------
def test_the_controller_is_gone(lab, person):
    person.site.domain.kill()
    try:
        seen = lab.login(NAME, [PIN])
        assert f"shell of {NAME}" in seen.screen, seen.screen + lab.syslog.text()
    finally:
        person.site.domain.start()


def test_a_snapshot_that_is_too_old(lab, person, other_clock):
    """Read two hours ago, by the terminal's clock of then, and one hour counts."""
    dump = Path("/etc/jpki/directory.ldif")
    dump.write_text(person.site.domain.search())
    person.site.configure(account={"max_snapshot_age_hours": 3})
    person.site.refresh("--from-ldif", str(dump), environment=other_clock(-2 * 3600))
    try:
        assert tried(lab).pam == "SUCCESS"
        person.site.configure(account={"max_snapshot_age_hours": 1})
        assert_refused(lab, tried(lab), "JPKI-512", "PERM_DENIED")
        person.site.refresh("--from-ldif", str(dump))
        assert tried(lab).pam == "SUCCESS"
    finally:
        dump.unlink()


@pytest.mark.parametrize("file", ["restricted.snap", "users.snap"])
def test_a_damaged_snapshot_lets_nobody_in(lab, person, file):
    path = STATE / file
    content = path.read_bytes()
    path.write_bytes(content[:len(content) // 2])
    try:
        assert tried(lab).pam != "SUCCESS"
    finally:
        person.site.refresh("--full")
    assert tried(lab).pam == "SUCCESS"
