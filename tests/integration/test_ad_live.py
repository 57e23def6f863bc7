# SPDX-License-Identifier: LGPL-2.1-or-later
"""AD's own word about an account at its login: it counts at once, and a login never waits for it longer than it may."""

import contextlib
import re
import socket
from pathlib import Path

import ad_contents as ad
import pytest
from ad_person import (  # noqa: F401
    ENABLED, LONG_AGO, NAME, account_step, assert_refused, bound, other_service, person, replaced, tried,
)
from ad_site import Proxy
from dialogue import converse
from domain_controller import BASE, HOST
from lab import PIN, account_of
from lab import TIMEOUT as LAB_TIMEOUT
from processes import status_of
from test_environment import TRAP, trap  # noqa: F401


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
    assert "the account no longer exists in the directory" in lab.syslog.text()
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
    assert seen.seconds < 5, seen.seconds
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


@pytest.fixture
def sudo(lab, person):
    """sudo asks its caller to authenticate, by card."""
    file = Path("/etc/sudoers")
    saved = file.read_bytes()
    file.write_text(f"Defaults passwd_tries=1, !lecture\n{NAME} ALL=(ALL) ALL\n")
    lab.service("sudo", f"timeout={LAB_TIMEOUT}")
    yield lambda: converse(["setpriv", "--reuid", NAME, "--regid", str(account_of(NAME).pw_gid), "--clear-groups",
                            "sudo", "-k", "id"], [PIN], environment=lab.environment())
    file.write_bytes(saved)


def test_sudo_hears_it_too(lab, person, sudo):
    """Its real and its effective user differ, so libkrb5 would not listen to us in it: what asks is no part of it."""
    assert "uid=0(root)" in sudo().screen
    person.site.domain.modify(replaced("userAccountControl", ENABLED | ad.DISABLED))
    try:
        seen = sudo()
    finally:
        person.site.domain.modify(replaced("userAccountControl", ENABLED))
    assert "uid=0" not in seen.screen and "JPKI-506 " in lab.syslog.text(), seen.screen + lab.syslog.text()


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


def test_who_speaks_with_the_network_is_nobody(lab, person, other_service):
    """A proxy that looks at its client while it keeps it waiting."""
    looked = {}

    class Watcher(Proxy):
        def _serve(self, connection: socket.socket) -> None:
            if not looked:
                looked.update({name: status_of(name) for name in ("jpki-account", "jpki-account-live")})
            super()._serve(connection)

    proxy = Watcher(after=0, silent=True)
    try:
        person.site.configure(directory={"servers": [proxy.server]}, account={"live_timeout_ms": 4000})
        assert account_step(lab).status == 0
    finally:
        proxy.stop()
    assert set(looked) == {"jpki-account", "jpki-account-live"}
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


# --- under set-user-ID programs: the real user is not root, and libkrb5 would not look at our settings -----------------------
def test_disabled_in_ad_gets_no_shell_by_su(lab, person):
    assert f"shell of {NAME}" in lab.su(NAME, [PIN]).screen, lab.syslog.text()
    person.site.domain.modify(replaced("userAccountControl", ENABLED | ad.DISABLED))
    try:
        seen = lab.su(NAME, [PIN])
    finally:
        person.site.domain.modify(replaced("userAccountControl", ENABLED))
    assert "shell of" not in seen.screen, seen.screen + lab.syslog.text()
    assert seen.codes == ["JPKI-506"], seen.screen + lab.syslog.text()
    assert re.search(f"account state of {NAME} by (?!snapshot)", lab.syslog.text()), lab.syslog.text()
