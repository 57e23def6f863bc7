# SPDX-License-Identifier: LGPL-2.1-or-later
"""A member of the domain that poses as its controller gives nobody an account, a card, or leave to log in."""

import re
import subprocess
from pathlib import Path

import ad_contents as ad
import pytest
from ad_person import DN, ENABLED, NAME, NUMBER, account_step, bound, other_service, person, replaced  # noqa: F401
from domain_controller import HOST
from lab import run
from processes import StartError
from rogue_controller import EVIL_HOST, RogueController, join, leave, own_names, spoofed_network

BY_DNS = {"servers": []}
OTHER = 19
KEY_ID, EVIL_KEY_ID = f"{OTHER:040x}".encode(), b"e" * 40


@pytest.fixture(scope="module")
def evil_keytab(lab, ad_site):
    keytab = lab.work / "evil.keytab"
    join(ad_site.domain, keytab)
    yield keytab
    leave(ad_site.domain)


@pytest.fixture
def rogue(ad_site, evil_keytab):
    """It binds somebody else's card to an account, and says that everybody is enabled."""
    with spoofed_network() as dns:
        made = RogueController(ad_site.domain, evil_keytab, {
            KEY_ID: EVIL_KEY_ID, str(ENABLED | ad.DISABLED).encode(): str(ENABLED).encode()})
        made.dns = dns
        yield made
        made.stop()


def test_a_machine_cannot_take_a_controllers_name(ad_site, evil_keytab):
    """What the client relies on: ldap/HOST/DOMAIN is for controllers."""
    for name in (f"ldap/{EVIL_HOST}/ad.test", f"ldap/{HOST}"):
        with pytest.raises(StartError):
            own_names(ad_site.domain, name)


@pytest.mark.parametrize("directory", [BY_DNS, {"servers": [EVIL_HOST]}], ids=["by-dns", "listed"])
def test_refresh_keeps_the_accounts(ad_site, rogue, directory):
    ad_site.configure()
    ad_site.forget()
    ad_site.refresh()
    before = ad_site.digests()
    ad_site.configure(directory=directory)
    seen = ad_site.refresh("--full", status=2)
    assert "JPKI-809" in seen and EVIL_HOST in seen and "are in force" in seen, seen
    assert ad_site.digests() == before
    assert rogue.binds == 0
    assert rogue.dns.questions > 0 or directory["servers"]


def test_its_word_about_an_account_is_no_answer(lab, person, other_service, rogue):
    """The snapshot decides: here it says that the account is disabled, and the rogue would let it in."""
    person.change(replaced("userAccountControl", ENABLED | ad.DISABLED))
    try:
        person.site.configure(directory=BY_DNS)
        seen = account_step(lab)
        assert (seen.pam, seen.codes) == ("ACCT_EXPIRED", ["JPKI-506"]), seen.screen + lab.syslog.text()
        text = lab.syslog.text()
        assert f"account state of {NAME} by snapshot" in text and "JPKI-809" in text, text
        assert rogue.binds == 0
    finally:
        person.site.configure()
        person.change(replaced("userAccountControl", ENABLED))


@pytest.fixture
def su_asks_the_account_step_alone(lab):
    """As a login with an ssh key: what the card says is not asked before the directory is."""
    file = Path("/etc/pam.d/su")
    kept = file.read_text()
    file.write_text("auth required pam_permit.so\naccount requisite pam_jpki.so\naccount required pam_permit.so\nsession required pam_permit.so\n")
    yield
    file.write_text(kept)


def test_nobody_gets_a_shell_by_its_word(lab, person, su_asks_the_account_step_alone, rogue):
    """The same by su(1), which is set-user-ID and started by an unprivileged user."""
    person.change(replaced("userAccountControl", ENABLED | ad.DISABLED))
    try:
        person.site.configure(directory=BY_DNS)
        seen = lab.su(NAME)
        assert seen.codes == ["JPKI-506"] and "shell of" not in seen.screen, seen.screen + lab.syslog.text()
        assert "JPKI-809" in lab.syslog.text() and rogue.binds == 0 and rogue.dns.questions > 0, lab.syslog.text()
    finally:
        person.site.configure()
        person.change(replaced("userAccountControl", ENABLED))
    assert f"shell of {NAME}" in lab.su(NAME).screen, lab.syslog.text()


def test_a_bind_is_made_with_the_ticket_that_proves(lab, ad_site):
    """No ticket of the two-part name, which is weaker, is ever asked for."""
    ad_site.configure()
    trace = lab.work / "trace"
    run("strace", "-f", "-o", str(trace), "-s", "4096", "-e", "trace=%network,write", "nss-ad-refresh")
    asked = re.findall(r"ldap\\33\\v" + re.escape(HOST) + r"(\\33\\7ad\.test)?", trace.read_text())
    assert asked and all(asked), asked


@pytest.mark.parametrize("directory", [
    {"transport": "ldaps"}, {"transport": "starttls"},
    {"transport": "ldaps", "authentication": "password", "bind_dn": "x", "password_file": "/etc/jpki/ad.password"}],
    ids=["ldaps", "starttls", "password"])
def test_with_tls_dns_names_no_controller(lab, person, other_service, directory):
    """Every program says it as it reads ad.toml."""
    person.site.configure(directory=BY_DNS | directory | {"ca_file": "/etc/jpki/ad-ca.pem"})
    assert re.search("JPKI-812: .*need servers", person.site.refresh(status=2))
    seen = account_step(lab)
    assert seen.codes == ["JPKI-513"] and "need servers" in lab.syslog.text(), lab.syslog.text()
    told = subprocess.run(("jpkictl", "check"), capture_output=True, text=True)
    assert told.returncode != 0 and "need servers" in told.stdout + told.stderr, told


def test_the_real_controller_is_found_by_dns(ad_site):
    """Not everybody is refused: the domain's own name server, and the real name."""
    ad_site.configure(directory=BY_DNS)
    assert f"everything read from {HOST}:389" in ad_site.refresh("--full")
