# SPDX-License-Identifier: LGPL-2.1-or-later
"""jpki-pkcs11.so in other people's programs: they see what OpenSC shows them, and keep nobody from logging in."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from card_modules import MODULES, OWN, CardModule
from lab import PIN, run
from processes import Server

DIRECTORY = Path("/usr/lib") / os.uname().machine.replace("x86_64", "x86_64-linux-gnu").replace("aarch64", "aarch64-linux-gnu")
PROXY = DIRECTORY / "p11-kit-proxy.so"
OFF = Path("/etc/pkcs11/modules/jpki.module")
PUBLIC_SESSION = "0"
WEB_PORT = 4433
LABEL = "JPKI (User Authentication PIN)"
TOKEN = ("--token-label", LABEL)  # OpenSC has a second one, for signatures


@pytest.fixture
def folder(lab):
    made = lab.work / "pkcs11-module"
    made.mkdir()
    yield made
    shutil.rmtree(made)


def path(module: str) -> str:
    return str(DIRECTORY / "pkcs11" / module)


def pkcs11_tool(module: str, *arguments: str, status: int = 0) -> str:
    done = subprocess.run(("pkcs11-tool", "--module", path(module), *arguments), capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_objects_are_those_of_opensc(lab, insert, folder):
    card = insert("taro")
    told = {}
    for name, module in MODULES.items():
        out = folder / name
        for kind, number in (("cert", "01"), ("pubkey", "01"), ("cert", "03")):
            pkcs11_tool(module, *TOKEN, "--read-object", "--type", kind, "--id", number, "-o", f"{out}-{kind}{number}")
        listed = pkcs11_tool(module, *TOKEN, "--login", "--pin", PIN, "--list-objects", "--type", "privkey")
        told[name] = [(folder / f"{name}-{file}").read_bytes() for file in ("cert01", "pubkey01", "cert03")], \
            re.findall(r"label: +(.*)|ID: +(\w+)", listed)[:2]
    assert told["own"] == told["opensc"]
    assert told["own"][0][0] == (lab.pki / "cards/taro/auth.der").read_bytes()
    assert card.stats()["verifies"] == 2


def test_signatures_are_those_of_opensc(lab, insert, folder):
    insert("taro")
    text = folder / "text"
    text.write_bytes(b"made-up text")
    made = []
    for module in MODULES.values():
        for mechanism in ("SHA256-RSA-PKCS", "SHA512-RSA-PKCS"):
            out = folder / "signature"
            pkcs11_tool(module, *TOKEN, "--login", "--pin", PIN, "--sign", "--id", "01", "--mechanism", mechanism,
                        "--input-file", str(text), "--output-file", str(out))
            made.append(out.read_bytes())
    assert made[:2] == made[2:]
    certificate = str(lab.pki / "cards/taro/auth.der")
    (folder / "key.pem").write_text(run("openssl", "x509", "-inform", "DER", "-in", certificate, "-noout", "-pubkey"))
    (folder / "signature").write_bytes(made[0])
    assert "Verified OK" in run("openssl", "dgst", "-sha256", "-verify", str(folder / "key.pem"), "-signature",
                                str(folder / "signature"), str(text))


def test_pkcs11_tools_own_test(insert):
    card = insert("taro")
    told = pkcs11_tool(OWN, "--login", "--pin", PIN, "--test")
    assert "No errors" in told, told
    assert card.stats()["verifies"] == 1


def test_p11tool(lab, insert):
    card = insert("taro")
    listed = run("p11tool", "--provider", path(OWN), "--list-all-certs", "pkcs11:token=JPKI%20%28User%20Authentication%20PIN%29")
    assert "object=User%20Authentication%20Certificate;type=cert" in listed
    environment = {**os.environ, "GNUTLS_PIN": PIN}
    done = subprocess.run(("p11tool", "--provider", path(OWN), "--login", "--test-sign", "pkcs11:id=%01;type=private"),
                          capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok" in done.stdout + done.stderr
    assert card.stats()["verifies"] == 1


def test_openssh_finds_the_key(insert):
    insert("taro")
    keys = {name: run("ssh-keygen", "-D", path(module)).splitlines() for name, module in MODULES.items()}
    assert keys["own"] and keys["own"][0].split()[1] in {line.split()[1] for line in keys["opensc"]}


@pytest.fixture
def web_server(lab, folder):
    """Wants a client certificate of our authority, by TLS 1.2 and the signatures that the card can make; its page shows what it got."""
    authority, own, key = (str(folder / name) for name in ("authority.pem", "server.pem", "server.key"))
    run("openssl", "x509", "-inform", "DER", "-in", str(lab.pki / "ca/jpki-auth-g3/cert.der"), "-out", authority)
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", own, "-days", "2", "-subj", "/CN=server",
        "-addext", "subjectAltName=IP:127.0.0.1")
    server = Server(["openssl", "s_server", "-www", "-accept", f"127.0.0.1:{WEB_PORT}", "-cert", own, "-key", key, "-tls1_2", "-no_dhe", "-Verify",
                     "2", "-verify_return_error", "-CAfile", authority, "-client_sigalgs", "RSA+SHA256"], folder / "server.log",
                    ready=b"ACCEPT")
    yield own
    server.stop()


@pytest.mark.parametrize("module", list(MODULES))
def test_curl_shows_the_certificate_to_a_server(lab, insert, folder, web_server, module):
    card = insert("taro")
    uri = "pkcs11:token=JPKI%20%28User%20Authentication%20PIN%29;id=%01"

    def fetch(pin: str) -> str:
        done = subprocess.run(("curl", "--silent", "--show-error", "--cacert", web_server, "--engine", "pkcs11", "--cert-type", "ENG",
                               "--cert", f"{uri};type=cert", "--key-type", "ENG", "--key", f"{uri};type=private;pin-value={pin}",
                               f"https://127.0.0.1:{WEB_PORT}/"), capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                              env={**os.environ, "PKCS11_MODULE_PATH": path(MODULES[module])})
        assert (done.returncode == 0) == (pin == PIN), done.stderr
        return done.stdout

    page = fetch(PIN)
    certificate = run("openssl", "x509", "-inform", "DER", "-in", str(lab.pki / "cards/taro/auth.der"), "-noout", "-modulus")
    shown = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", page, re.DOTALL)
    assert "TLSv1.2" in page and shown, page
    (folder / "shown.pem").write_text(shown.group())
    assert run("openssl", "x509", "-in", str(folder / "shown.pem"), "-noout", "-modulus") == certificate
    assert (card.stats()["verifies"], card.stats()["signs"]) == (1, 1)
    assert fetch("9999") == ""


def test_the_token_tells_the_tries_and_no_person(lab, insert):
    card = insert("taro")
    seen = []
    for _ in range(4):
        listed = pkcs11_tool(OWN, "--list-token-slots")
        seen.append(next(line for line in listed.splitlines() if "token flags" in line))
        if len(seen) < 4:
            pkcs11_tool(OWN, "--login", "--pin", "9999", "--list-objects", status=1)
    flags = [("count low" in line, "final user PIN try" in line, "locked" in line) for line in seen]
    assert flags == [(False, False, False), (True, False, False), (True, True, False), (True, False, True)], seen
    assert card.stats()["verifies"] == 3
    public = run("openssl", "x509", "-inform", "DER", "-in", str(lab.pki / "cards/taro/auth.der"), "-noout", "-pubkey")
    der = subprocess.run(("openssl", "pkey", "-pubin", "-outform", "DER"), input=public.encode(), capture_output=True).stdout
    assert hashlib.sha256(der).hexdigest()[:16] in listed


def test_two_cards_are_two_tokens(insert):
    insert("taro", "hanako")
    listed = pkcs11_tool(OWN, "--list-token-slots")
    assert len(set(re.findall(r"serial num +: (\w+)", listed))) == 2, listed


def test_a_program_that_stays_open_bars_nobody(lab, insert):
    """It logged in and does nothing more: after five seconds the card is everybody's, and the PIN is forgotten."""
    card = insert("taro")
    service = lab.service("lab-patient", "timeout=20")
    with subprocess.Popen((sys.executable, str(Path(__file__).with_name("card_holder.py")), path(OWN), PIN),
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout.readline() == "held\n"
            resets = card.stats()["resets"]
            seen = lab.pamtester("taro", [PIN], service=service)
            assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
            assert seen.seconds < 15
            assert card.stats()["resets"] > resets
            holder.stdin.write("\n")
            holder.stdin.flush()
            assert holder.stdout.readline().strip() == PUBLIC_SESSION
        finally:
            holder.kill()


def tokens_by_the_proxy() -> int:
    listed = subprocess.run(("pkcs11-tool", "--module", str(PROXY), "--list-token-slots"), capture_output=True, text=True).stdout
    return listed.count(f"token label        : {LABEL}")


def test_one_line_hides_it_from_the_desktop(lab, insert):
    insert("taro")
    assert tokens_by_the_proxy() == 2  # OpenSC's and ours
    OFF.parent.mkdir(parents=True, exist_ok=True)
    OFF.write_text("module:\n")
    try:
        assert tokens_by_the_proxy() == 1
    finally:
        OFF.unlink()


@pytest.mark.parametrize("pulled", ["select", "read", "verify", "sign"])
def test_a_card_pulled_under_another_program(insert, folder, pulled):
    card = insert("taro")
    card.fault(f"pulled-before={pulled}")
    text = folder / "text"
    text.write_bytes(b"made-up text")
    done = subprocess.run(("pkcs11-tool", "--module", path(OWN), "--login", "--pin", PIN, "--sign", "--id", "01", "--mechanism",
                           "SHA256-RSA-PKCS", "--input-file", str(text), "--output-file", str(folder / "out")),
                          capture_output=True, text=True, timeout=60)
    assert done.returncode > 0, done.stdout + done.stderr
    assert card.stats()["verifies"] <= 1


# --- logins through it ------------------------------------------------------------------------------
@pytest.fixture
def own_module(lab):
    chosen = CardModule("own")
    chosen.choose()
    yield
    chosen.leave()


def test_a_card_of_the_next_generation(lab, insert, own_module):
    """P-384, which OpenSC's driver cannot sign with."""
    card = insert("next-generation", options=("--next-generation",))
    seen = lab.pamtester("next-generation", [PIN])
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    assert (card.stats()["verifies"], card.stats()["signs"]) == (1, 1)


def test_others_use_the_card_while_the_pin_is_typed(lab, insert, own_module):
    """OpenSC's driver asks the signature PIN for its tries, so that PIN's file is the one that is selected when the PIN comes."""
    card = insert("taro")

    def look_first() -> str:
        assert "User Authentication" in pkcs11_tool(MODULES["opensc"], "--list-token-slots")
        return PIN

    seen = lab.pamtester("taro", [look_first])
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    stats = card.stats()
    assert (stats["verifies"], stats["auth_tries_left"], stats["sign_tries_left"]) == (1, 3, 5)


def test_nobody_else_reaches_the_card_between_pin_and_signature(lab, insert, own_module):
    """The card was reset when the login was over: who asks it for a signature afterwards needs the PIN."""
    card = insert("taro")
    resets = card.stats()["resets"]
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"
    assert card.stats()["resets"] > resets


def test_a_pin_typed_into_another_card(lab, insert, own_module):
    """The card is changed while the PIN is typed: the other one is not given it."""
    card = insert("taro", "hanako", absent=True)
    card.ctl("@0", "insert")
    card.ctl("@0", "wait", "present", "10")

    def change() -> str:
        card.ctl("@0", "remove")
        card.ctl("@0", "wait", "absent", "10")
        card.ctl("@1", "insert")
        card.ctl("@1", "wait", "present", "10")
        return PIN

    seen = lab.pamtester("taro", [change])
    assert seen.codes[-1:] == ["JPKI-105"], seen.screen + lab.syslog.text()
    assert card.stats()["verifies"] == 0
    assert json.loads(card.ctl("@1", "stats"))["verifies"] == 0
