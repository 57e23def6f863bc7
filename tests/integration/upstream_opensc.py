# SPDX-License-Identifier: LGPL-2.1-or-later
"""./dev upstream: OpenSC's newest sources as they are and with the patches of doc/upstream, each of which is seen to change what it says;
and OpenSC's own p11test on both and on jpki-pkcs11.so. Not part of ./dev test: pytest takes this file only when it is named."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from card_modules import CardModule
from lab import PIN
from opensc_copy import COPIES, built, lay_over
from played_reader import PlayedReader

LIBRARIES = Path("/usr/lib") / os.uname().machine.replace("x86_64", "x86_64-linux-gnu").replace("aarch64", "aarch64-linux-gnu")
OPENSC = LIBRARIES / "opensc-pkcs11.so"
OWN = LIBRARIES / "pkcs11/jpki-pkcs11.so"
MAX_APDUS = {"plain": 42, "patched": 18}
CKR_TOKEN_NOT_PRESENT = "0xe0"

# What p11test finds different in two modules, and why.
DIFFERENCES = {"interface_test": "C_GetInterface is of PKCS#11 3.0; our module is one of 2.40, which p11test skips",
               "usage_test": "OpenSC's public keys have no CKA_VERIFY (opensc-jpki-verify-usage.patch)"}
VERDICTS = {"derive_tests": "OK", "ec_sign_size_test": "SKIPPED", "interface_test": "OK", "multipart_tests": "OK",
            "pss_oaep_test": "SKIPPED", "readonly_tests": "OK", "secret_tests": "OK", "supported_mechanisms_test": "OK",
            "usage_test": "OK", "wait_test": "SKIPPED", "wrap_tests": "OK"}


@pytest.fixture(params=COPIES)
def copy(lab, request, monkeypatch):
    """OpenSC, with the configuration that our validator gives it, but for the functions of pcscd, which are not in other programs."""
    lay_over(request.param)
    conf = lab.work / "opensc.conf"
    conf.write_text(re.sub(".*provider_library.*\n", "", Path("/usr/share/jpki/opensc.conf").read_text()))
    monkeypatch.setenv("OPENSC_CONF", str(conf))
    return request.param


@pytest.fixture
def opensc(lab, copy):
    chosen = CardModule("opensc")
    chosen.choose()
    yield copy
    chosen.leave()


def pkcs11_tool(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(("pkcs11-tool", "--module", str(OPENSC), *arguments), capture_output=True, text=True, timeout=60)


def p11test(module: Path) -> dict[str, str]:
    done = subprocess.run((str(built() / "plain/stage/usr/bin/p11test"), "-m", str(module), "-p", PIN), capture_output=True, text=True,
                          timeout=120)
    verdicts = re.findall(r"^\[ +(OK|FAILED|SKIPPED) +\] (\w+_tests?)$", done.stdout, re.MULTILINE)
    found = {name: verdict for verdict, name in verdicts}
    assert found, done.stdout + done.stderr
    return found


# --- OpenSC's own test ------------------------------------------------------------------------------
def test_p11test_on_opensc(insert, copy):
    insert("taro")
    assert p11test(OPENSC) == VERDICTS | ({} if copy == "patched" else {"usage_test": "FAILED"})


def test_p11test_on_our_module(insert):
    """All that OpenSC passes, but what DIFFERENCES names."""
    card = insert("taro")
    found = p11test(OWN)
    assert {name for name in VERDICTS if found.get(name) != VERDICTS[name]} == {"interface_test"} <= set(DIFFERENCES), found
    assert card.stats()["auth_tries_left"] == 3


def test_p11test_on_a_card_of_the_next_generation(insert):
    insert("next-generation", options=("--next-generation",))
    lay_over("patched")
    ours, theirs = p11test(OWN), p11test(OPENSC)
    assert {name for name in ours if ours[name] != theirs[name]} <= set(DIFFERENCES), (ours, theirs)
    assert "FAILED" not in (*ours.values(), *theirs.values()), (ours, theirs)


# --- the patches ------------------------------------------------------------------------------------
def test_a_login_and_its_commands(lab, insert, opensc):
    card = insert("taro")
    seen = lab.pamtester("taro", [PIN])
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    stats = card.stats()
    assert (stats["verifies"], stats["signs"]) == (1, 1)
    assert stats["apdus"] == MAX_APDUS[opensc]


def test_objects_and_values_stay_what_they_were(lab, insert):
    insert("taro")
    told = {}
    for name in COPIES:
        lay_over(name)
        listed = pkcs11_tool("--login", "--pin", PIN, "--list-objects").stdout
        objects = sorted(re.findall(r"^(?:\S.* Object; .*|  (?:label|ID|subject|serial|Modulus):.*)$", listed, re.MULTILINE))
        values = []
        for kind, number in (("cert", "01"), ("cert", "03"), ("cert", "04"), ("pubkey", "01"), ("pubkey", "03")):
            out = lab.work / f"{name}-{kind}-{number}"
            done = pkcs11_tool("--read-object", "--type", kind, "--id", number, "-o", str(out))
            assert done.returncode == 0, done.stderr
            values.append(out.read_bytes())
        told[name] = objects, values
    assert len(told["plain"][0]) > 10
    assert told["plain"] == told["patched"]


@pytest.mark.parametrize("status_word", ["6983", "6984"])
def test_a_locked_signature_pin(lab, insert, opensc, status_word):
    card = insert("taro", options=("--blocked-empty-verify", "--blocked-sw", status_word))
    card.fault("blocked-sign")
    seen = lab.pamtester("taro", [PIN])
    if opensc == "plain":
        assert seen.codes[-1:] == ["JPKI-113"], seen.screen
    else:
        assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()


@pytest.mark.parametrize("status_word", ["6983", "6984"])
def test_a_locked_login_pin(insert, copy, status_word):
    card = insert("taro", options=("--blocked-empty-verify", "--blocked-sw", status_word))
    card.fault("blocked-auth")
    listed = pkcs11_tool("--list-slots").stdout
    login = pkcs11_tool("--login", "--pin", PIN, "--list-objects").stderr
    if copy == "plain":
        assert "token not recognized" in listed and "CKR_PIN_LOCKED" not in login
    else:
        assert "user PIN locked" in listed and "CKR_PIN_LOCKED" in login, listed + login


def test_a_card_of_the_next_generation(lab, insert, opensc):
    card = insert("next-generation", options=("--next-generation",))
    seen = lab.pamtester("next-generation", [PIN])
    assert (seen.pam == "SUCCESS") == (opensc == "patched"), seen.screen + lab.syslog.text()
    assert card.stats()["signs"] == (opensc == "patched")


def test_a_certificate_that_needs_the_pin(insert, copy):
    """It is an object of those who logged in."""
    card = insert("taro")
    card.fault("sw=read:6982")
    public, private = (pkcs11_tool(*login, "--list-objects").stdout for login in ((), ("--login", "--pin", PIN)))
    own = "label:      User Authentication Certificate\n"
    assert own not in public
    assert (own in private) == (copy == "patched"), private


def test_a_card_that_has_left(insert, copy):
    card = insert("taro")
    with subprocess.Popen((sys.executable, str(Path(__file__).with_name("card_holder.py")), str(OPENSC), PIN), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout.readline() == "held\n"
            card.remove()
            holder.stdin.write("token\n")
            holder.stdin.flush()
            assert (holder.stdout.readline().strip() == CKR_TOKEN_NOT_PRESENT) == (copy == "patched")
        finally:
            holder.kill()


def test_a_signature_that_has_to_be_fetched(lab, opensc):
    """T=0. What OpenSC gave out was made by nobody."""
    reader = PlayedReader(lab.work / "reader", lab.build)
    reader.behave(more_data=256, short_apdus="yes")
    service = lab.card_service(readers=reader.configuration)
    card = lab.virtual_card("taro")
    try:
        seen = lab.pamtester("taro", [PIN])
    finally:
        card.stop()
        service.stop()
    if opensc == "plain":
        assert seen.codes[-1:] == ["JPKI-309"], seen.screen
    else:
        assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
