# SPDX-License-Identifier: LGPL-2.1-or-later
"""jpkictl doctor on a real installation: one fault at a time is the first bad link, its remedy is typed as it is told, and then
everything is good again. The archive for support holds nothing of a person."""

import io
import os
import re
import signal
import stat
import subprocess
import tarfile
from pathlib import Path

import pexpect
import pytest
from cryptography import x509
from doctor_site import TABLE, Site, bad, examine, place, shell
from lab import PIN
from ocsp_responder import OcspResponder
from personal_data import PersonalData
from processes import running, until

PEOPLE = ("taro", "jiro", "saburo", "hanako", "mallory")  # other accounts of the lab are named like states
BREAKABLE = [row for row in TABLE if "break" in row]


@pytest.fixture(scope="module")
def machine(lab):
    made = Site(lab)
    yield made
    made.close()


@pytest.fixture
def site(machine):
    yield machine
    machine.restore()


def test_a_good_machine(site):
    status, report = examine()
    assert (status, report["state"], report["first"]) == (0, "good", None), bad(report) or report
    assert site.card.stats()["verifies"] == 0


@pytest.mark.parametrize("row", BREAKABLE, ids=[row["name"] for row in BREAKABLE])
def test_a_fault_and_its_remedy(site, row):
    site.break_by(row["break"])
    status, report = examine()
    assert (status, report["first"]) == (1, row["link"]), bad(report)
    if row["name"] == "pcscd-silent":  # it alone holds nothing else up
        states = {link["link"]: link["state"] for link in report["links"]}
        assert (states["accounts"], states["modules"], states["site-key"]) == ("good", "could-not-tell", "good"), report
    told = next(link for link in report["links"] if link["link"] == row["link"])
    assert told["command"] == place(row["remedy"]), told
    shell(told["command"])
    site.after(told["command"], row["name"])
    status, report = examine()
    assert next(link for link in report["links"] if link["link"] == row["link"])["state"] == "good", bad(report)
    assert status == 0 or row["name"] in NEW_FAULTS, bad(report)


# Remedies after which something remains to be done, as they say: the map is empty, ids may be others.
NEW_FAULTS = {"site-key-missing", "map-missing"}


def test_at_least_25_faults_are_real():
    assert len(BREAKABLE) >= 25 and len(TABLE) >= 60


def test_from_a_refusal(site):
    shell("chmod 0644 /etc/jpki/accounts.map")
    status, report = examine("JPKI-505")
    links = [link["link"] for link in report["links"]]
    assert (status, report["first"], report["code"]["name"]) == (1, "accounts", "map-unusable"), report
    assert links.index("accounts") < links.index("pam-module") and links.index("configuration") < links.index("accounts")


def test_the_last_refusal_is_read_from_the_log(site):
    log = Path("/var/log/auth.log")
    log.write_text("Nov 29 10:00:00 h login[1]: pam_jpki(login:auth): JPKI-505 map-unusable service=login account=taro\n")
    try:
        assert examine("--last", "taro")[1]["code"]["code"] == "JPKI-505"
        done = subprocess.run(("jpkictl", "doctor", "--last", "hanako"), capture_output=True, text=True)
        assert done.returncode == 2 and "no refusal" in done.stderr
        log.chmod(0o600)
        done = subprocess.run(("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "jpkictl", "doctor", "--last", "taro"),
                              capture_output=True, text=True)
        assert done.returncode == 2 and "run this as root" in done.stderr, done.stderr
    finally:
        log.unlink()


def test_who_is_not_root_is_told(site):
    status, report = examine(user=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
    assert status in (1, 2) and not any(line for line in bad(report) if "only root" in line)
    assert {link["state"] for link in report["links"]} >= {"good", "could-not-tell"}


def test_wrong_command_lines(site):
    for arguments in (("JPKI-999",), ("--frobnicate",), ("JPKI-402", "--last", "taro"), ("a", "b")):
        done = subprocess.run(("jpkictl", "doctor", *arguments), capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (64, ""), (arguments, done.stderr)


def test_the_archive_holds_nothing_of_a_person(site, lab):
    shell("echo 'nobody-here X509:<SKI>half' >> /etc/jpki/accounts.map")
    archive = lab.work / "support" / "support.tar"
    archive.parent.mkdir()
    status, _ = examine("--bundle", str(archive))
    assert status == 1 and stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert [entry.name for entry in archive.parent.iterdir()] == ["support.tar"]
    raw = archive.read_bytes()
    members = {member.name: tar.extractfile(member).read() for tar in [tarfile.open(fileobj=io.BytesIO(raw))] for member in tar}
    assert set(members) >= {"findings.json", "packages.txt", "jpki.toml.txt", "pam.d.txt", "units.txt", "files.txt"}
    cards = sorted(path / "auth.der" for path in (lab.pki / "cards").iterdir() if (path / "auth.der").exists())
    data = PersonalData(*(card for card in cards if has_a_person(card)), pins=(PIN,))
    assert len(data) > 100
    for name, content in members.items():
        assert not data.found_in(content), name
        for account in (*PEOPLE, "nobody-here"):
            assert account.encode() not in content, (name, account)
    assert not data.found_in(raw)
    planted = (lab.pki / "cards" / "taro" / "auth.der").read_bytes()
    assert data.found_in(raw + planted), "the search finds what it looks for"


def has_a_person(card: Path) -> bool:
    """Of a MyNumber card. The cards of other kinds are named after their kind, and some are broken on purpose."""
    try:
        name = x509.load_der_x509_certificate(card.read_bytes()).subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
        PersonalData(card)
    except (ValueError, IndexError, x509.ExtensionNotFound):
        return False
    return re.fullmatch(r"[0-9A-Za-z]{14}\d{5}003A", name) is not None


def test_an_archive_that_cannot_be_written(site):
    done = subprocess.run(("jpkictl", "doctor", "--bundle", "/nonexistent/x.tar"), capture_output=True, text=True)
    assert done.returncode == 2 and "/nonexistent/x.tar" in done.stderr


def test_ctrl_c_while_pcscd_hangs(site, lab):
    """The archive is not there, and nothing goes on behind."""
    site.service.hang()
    try:
        child = pexpect.spawn("jpkictl", ["doctor", "--bundle", "/var/lib/interrupted.tar"], env={"PATH": os.environ["PATH"], "TERM": "xterm"},
                              encoding="utf-8", timeout=30)
        child.expect("card")
        until(lambda: len(running("jpkictl")) == 2, "the child that asks pcscd")
        child.sendintr()
        child.expect(pexpect.EOF)
        child.close()
        assert child.signalstatus == signal.SIGINT
        until(lambda: not running("jpkictl"), "the end of both")
        assert not list(Path("/var/lib").glob("*interrupted*"))
    finally:
        site.service.server.send(signal.SIGCONT)


def test_a_server_that_does_not_answer(site, lab):
    """And one that does: what it says to an empty question does not matter."""
    responder = OcspResponder(lab.pki, lab.work / "doctor-ocsp.log")
    try:
        Path("/etc/jpki/jpki.toml.d/sources.toml").write_text(
            f'[[revocation.source]]\nname = "platform"\ntype = "ocsp"\nurls = ["{responder.url}"]\n'
            '[[revocation.source]]\nname = "lists"\ntype = "crl"\n')
        status, report = examine()
        assert status == 0, bad(report)
    finally:
        responder.stop()
    status, report = examine()
    told = next(link for link in report["links"] if link["link"] == "source-answers")
    assert (status, report["first"]) == (1, "source-answers") and "127.0.0.1" in told["advice"], report
    assert "platform" in told["seen"] and "/ocsp" not in told["detail"], told


def test_without_a_reader(site, lab):
    site.card.stop()
    site.service.stop()
    site.service = lab.card_service(readers=False)
    try:
        status, report = examine()
        assert (status, report["first"]) == (1, "reader"), bad(report)
    finally:
        site.service.stop()
        site.service = lab.card_service()
        site.card = lab.virtual_card("taro")


def test_what_the_card_tells(site, lab):
    """Taken out; of somebody whose certificate is over; with a locked PIN."""
    site.card.remove()
    status, report = examine()
    assert (status, report["first"], report["state"]) == (2, None, "could-not-tell"), bad(report)
    for name, options, link in (("expired", (), "certificate"), ("taro", ("--fault", "blocked-auth"), "tries")):
        site.card.stop()
        site.card = lab.virtual_card(name, options=options)
        status, report = examine()
        assert (status, report["first"]) == (1, link), (name, bad(report))
        assert site.card.stats()["verifies"] == 0
        site.card.remove()
    site.card.stop()
    site.card = lab.virtual_card("taro")


@pytest.mark.parametrize("language,words", [("C.UTF-8", "Nothing is wrong."), ("ja_JP.UTF-8", "異常は見つかりませんでした")])
def test_at_a_terminal(site, language, words):
    child = pexpect.spawn("jpkictl", ["doctor"], env={"PATH": os.environ["PATH"], "LC_ALL": language}, encoding="utf-8", timeout=60)
    child.expect(pexpect.EOF)
    child.close()
    assert words in child.before and child.exitstatus == 0, child.before
