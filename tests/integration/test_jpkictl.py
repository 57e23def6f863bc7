# SPDX-License-Identifier: LGPL-2.1-or-later
"""jpkictl as it is installed: exit status, JSON, the question for a fingerprint at a real terminal, cases of NIST PKITS."""

import datetime
import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import pexpect
import pytest

ANCHORS = Path("/etc/jpki/anchors.d")
PKITS = Path("/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data")
CASES = Path(__file__).resolve().parents[1] / "data" / "pkits" / "cases.txt"
PKITS_POLICY = "2.16.840.1.101.3.2.1.48."
PKITS_TIME = "2015-06-01T00:00:00Z"
PKITS_CHOSEN = ("4.1.1", "4.1.2", "4.1.3", "4.1.4", "4.2.6", "4.3.1", "4.3.10", "4.4.1", "4.4.2", "4.4.3", "4.4.4",
                "4.5.1", "4.6.1", "4.6.15", "4.7.1", "4.8.1.1", "4.8.1.2", "4.9.3", "4.10.1.1", "4.11.1", "4.12.1",
                "4.13.2", "4.14.1", "4.14.2", "4.15.1", "4.16.2")
STATUS = {"good": 0, "bad": 1, "could-not-tell": 2}


def jpkictl(*arguments, stdin=None):
    done = subprocess.run(["jpkictl", *map(str, arguments)], capture_output=True, input=stdin, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def anchors(lab):
    """The anchors may be changed by a test; they are put back."""
    saved = ANCHORS.with_name("anchors.saved")
    shutil.copytree(ANCHORS, saved)
    yield ANCHORS
    shutil.rmtree(ANCHORS)
    saved.rename(ANCHORS)


def judged(lab, name, *options):
    status, out, err = jpkictl("validate", lab.pki / "cards" / name / "auth.der", "--json", *options)
    assert out, err
    return status, json.loads(out)


def test_a_good_card(lab):
    status, report = judged(lab, "taro", "--no-revocation")
    assert (status, report["code"], report["kind"]) == (0, "JPKI-000", "jpki-authentication"), report
    assert report["anchor"] in {path.stem for path in ANCHORS.glob("*.toml")}


def test_a_good_card_by_the_crls_of_its_generation(lab):
    crls = [option for crl in sorted((lab.pki / "crl").glob("*.crl")) for option in ("--crl", crl)]
    status, report = judged(lab, "taro", *crls)
    assert (status, report["code"]) == (0, "JPKI-000"), report
    assert report["evidence"][0]["source"] == "crl"
    assert 0 <= report["evidence"][0]["age_seconds"] < 72 * 3600
    status, report = judged(lab, "revoked", *crls)
    assert (status, report["code"]) == (1, "JPKI-401"), report


@pytest.mark.parametrize("name,status,code", [("taro", 0, "JPKI-000"), ("revoked", 1, "JPKI-401"), ("no-crl", 2, "JPKI-402")])
def test_as_a_login_decides(lab, name, status, code):
    """By the compiled index and the memory of logins, as the user that logins run as."""
    found, report = judged(lab, name)
    assert (found, report["code"]) == (status, code), report


def test_files_that_only_root_can_open(lab):
    """They are opened before the helper's user takes over."""
    with tempfile.TemporaryDirectory() as private:
        card = Path(private) / "card.der"
        card.write_bytes((lab.pki / "cards" / "revoked" / "auth.der").read_bytes())
        assert card.parent.stat().st_mode & 0o777 == 0o700
        status, out, err = jpkictl("validate", card)
    assert status == 1 and "JPKI-401" in out, out + err


def test_the_state_of_the_index(lab):
    status, out, err = jpkictl("revocation", "status", "--json")
    assert json.loads(out)["crls"] > 0 and status in (0, 1), out + err
    status, out, err = jpkictl("revocation", "plan", "--json")
    assert status == 0 and json.loads(out)["sources"][0]["asked"], out + err


def test_the_clock_of_the_question(lab):
    assert judged(lab, "taro", "--no-revocation", "--time", "2060-01-01")[1]["code"] == "JPKI-303"
    assert judged(lab, "taro", "--no-revocation", "--time", "2000-01-01")[1]["code"] == "JPKI-304"


def test_from_standard_input(lab):
    card = (lab.pki / "cards" / "taro" / "auth.der").read_bytes()
    status, out, _ = jpkictl("validate", "-", "--no-revocation", stdin=card)
    assert status == 0 and out.startswith("JPKI-000 accepted")


def test_nothing_of_a_person_is_shown(lab):
    card = lab.pki / "cards" / "taro" / "auth.der"
    text = subprocess.run(["openssl", "x509", "-inform", "DER", "-in", card, "-noout", "-subject", "-serial"],
                          capture_output=True, text=True, check=True).stdout
    name = text.splitlines()[0].rsplit("=", 1)[1].strip()
    serial = text.splitlines()[1].split("=", 1)[1]
    for options in ((), ("--json",)):
        _, out, err = jpkictl("validate", card, *options)
        assert name not in out + err and serial.lower() not in (out + err).lower()
    assert name in jpkictl("validate", card, "--no-revocation", "--show-names")[1]


def test_wrong_command_lines():
    for arguments in ((), ("frobnicate",), ("validate",), ("anchor", "add"), ("validate", "/nonexistent")):
        status, out, err = jpkictl(*arguments)
        expected = 2 if "/nonexistent" in arguments else 64
        assert (status, out) == (expected, "") and err.startswith("jpkictl: "), (arguments, err)
    assert jpkictl("--help")[0] == 0


def test_explain():
    status, out, _ = jpkictl("explain", "JPKI-307")
    assert status == 0 and "anchor-retired" in out and "next step" in out


# --- anchors ----------------------------------------------------------------------------------------
def generation_3(lab):
    """The CA certificate of JPKI-TEST generation 3, as a CA would send it."""
    return lab.pki / "ca" / "jpki-auth-g3" / "cert.der"


@pytest.fixture
def before_generation_3(anchors):
    """The anchors of a site that does not trust it yet."""
    (anchors / "jpki-auth-g3.toml").unlink()
    return anchors


def add_at_terminal(certificate, typed):
    child = pexpect.spawn("jpkictl", ["anchor", "add", str(certificate), "--name", "added", "--kind",
                                      "jpki-authentication"], encoding="utf-8", timeout=30, dimensions=(24, 200))
    child.expect("fingerprint.*> ")
    before = child.before + child.after
    child.sendline(typed)
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, before, child.before


def test_an_anchor_is_added_by_its_published_fingerprint(lab, before_generation_3):
    anchors = before_generation_3
    certificate = generation_3(lab)
    published = hashlib.sha256(certificate.read_bytes()).hexdigest().upper()
    typed = " ".join(published[i:i + 4] for i in range(0, 64, 4))
    status, before, after = add_at_terminal(certificate, typed)
    assert status == 0, after
    assert "JPKI-TEST" not in before and "JPKI-TEST" in after
    for suffix in (".toml", ".pem"):
        info = (anchors / f"added{suffix}").stat()
        assert (info.st_mode & 0o7777, info.st_uid) == (0o644, 0)
    hidden = {path.name for path in anchors.iterdir() if path.name.startswith(".")}
    assert hidden <= {".refresh.lock"}, hidden
    listed = json.loads(jpkictl("anchor", "list", "--json")[1])
    assert {"name": "added", "state": "in force"}.items() <= next(a for a in listed if a["name"] == "added").items()
    status, _, err = jpkictl("anchor", "add", certificate, "--name", "added", "--kind", "jpki-authentication")
    assert status == 2 and "already exists" in err, err


def test_a_wrong_fingerprint_adds_nothing(lab, before_generation_3):
    anchors = before_generation_3
    certificate = generation_3(lab)
    right = hashlib.sha256(certificate.read_bytes()).hexdigest()
    status, before, after = add_at_terminal(certificate, "00" * 32)
    assert status == 1 and "nothing was written" in after
    assert right[:8] not in (before + after).lower().replace(":", "") and "JPKI-TEST" not in before + after
    assert not list(anchors.glob("added*"))


def test_without_a_terminal_nobody_is_asked(lab, before_generation_3):
    done = subprocess.run(["setsid", "jpkictl", "anchor", "add", generation_3(lab), "--name", "added", "--kind",
                           "jpki-authentication"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)
    assert done.returncode == 2 and "--sha256" in done.stderr


def test_an_anchor_that_retires_takes_its_cards_along(lab, anchors):
    fleet = lab.work / "fleet.txt"
    fleet.write_text("".join(f"{name} {lab.pki / 'cards' / name / 'auth.der'}\n" for name in ("taro", "jiro")))
    generation = judged(lab, "jiro", "--no-revocation")[1]["anchor"]
    rules = anchors / f"{generation}.toml"
    end = datetime.date.today() + datetime.timedelta(days=120)  # the cards are valid then
    rules.write_text(rules.read_text() + f"accept_until = {end}T00:00:00+09:00\n")
    status, out, _ = jpkictl("anchor", "check", "--at", f"{end}T00:00:00+09:00", "--fleet", fleet, "--json")
    report = json.loads(out)
    assert status == 1 and {"account": "jiro", "code": "JPKI-307"}.items() <= report["stopped"][0].items(), out
    before = f"{end - datetime.timedelta(days=1)}T23:59:59+09:00"
    assert jpkictl("anchor", "check", "--at", before, "--fleet", fleet)[0] == 0
    assert jpkictl("anchor", "remove", generation, "--yes")[0] == 0
    assert not rules.exists()
    assert judged(lab, "jiro", "--no-revocation")[1]["code"] == "JPKI-302"


# --- NIST PKITS -------------------------------------------------------------------------------------
def pkits_cases():
    rows = [[field.strip() for field in line.split("|")] for line in CASES.read_text().splitlines() if line[:1] not in "#"]
    chosen = [row for row in rows if row[0] in PKITS_CHOSEN]
    assert len(chosen) == len(PKITS_CHOSEN), {row[0] for row in chosen} ^ set(PKITS_CHOSEN)
    return chosen


def words(field):
    return [word for word in field.split() if word != "-"]


@pytest.mark.parametrize("case", pkits_cases(), ids=lambda case: case[0])
def test_pkits(case):
    _, target, certificates, crls, policies, settings, verdict, _ = case
    command = ["validate", PKITS / "certs" / f"{target}.crt", "--json", "--crl-all", "--time", PKITS_TIME,
               "--anchor", PKITS / "certs" / "TrustAnchorRootCertificate.crt"]
    for name in words(certificates):
        command += ["--untrusted", PKITS / "certs" / f"{name}.crt"]
    for name in words(crls):
        command += ["--crl", PKITS / "crls" / f"{name}.crl"]
    for policy in words(policies):
        command += ["--policy", "2.5.29.32.0" if policy == "any" else PKITS_POLICY + policy]
    command += [{"explicit": "--explicit-policy"}.get(setting, f"--{setting}") for setting in words(settings)]
    status, out, err = jpkictl(*command)
    assert out, err
    report = json.loads(out)
    assert report["name"] == verdict, report
    unknown = verdict.startswith("revocation-")
    assert status == (STATUS["good"] if verdict == "accepted" else STATUS["could-not-tell" if unknown else "bad"])
