# SPDX-License-Identifier: LGPL-2.1-or-later
"""jpkictl card: what an administrator types at a desk, with real readers and virtual cards; then the person logs in."""

import json
import os
import pwd
import signal
import subprocess
from pathlib import Path

import at_desk
import pexpect
import pytest
from dialogue import converse
from lab import PIN, SUCCESSION

MAP = Path("/etc/jpki/accounts.map")
COPIES = Path("/var/lib/jpki/registered")
WRONG = "9999"
JAPANESE = "ja_JP.UTF-8"

# What each --json prints: names of members and their types. A member that is not listed here is an error.
VERDICT = {"code": str, "name": str}
SHOWN = {"reader": str, "kind": str, "certificate": VERDICT, "generation": (str, type(None)),
         "generation_state": (str, type(None)), "revocation": VERDICT,
         "pin": VERDICT, "tries_left": int, "mappings": [str], "registered": [{"account": str, "where": str}]}
SCHEMAS = {
    "show": {"cards": [SHOWN]},
    "enroll": {"account": str, "result": str, "registry": str, "mapping": str, "kind": str, "generation": str, "reader": str,
               "pin_proof": bool, "warning": (str, type(None))},
    "refused": {"account": str, "result": str, "reason": str},
    "list": {"registered": [{"account": str, "mapping": str, "where": str}]},
    "revoke": {"result": str, "bindings": [{"account": str, "where": str}]},
    "move": {"from": str, "to": str, "result": str, "count": int},
    "check": {"bindings": int, "findings": [{"kind": str, "account": (str, type(None)), "where": str, "text": str}]},
    "undo": {"file": str, "result": str, "removed": int, "gone_before": int},
}


def jpkictl(*words, **how):
    return at_desk.jpkictl("card", *words, **how)


def as_json(schema, *words):
    status, out, err = jpkictl(*words, "--json")
    report = json.loads(out)
    assert at_desk.conforms(report, SCHEMAS[schema]), (schema, report)
    return status, report


@pytest.fixture
def at_terminal(lab):
    def run(*words, answers=(), language="C.UTF-8"):
        environment = lab.environment(language) | {"LC_ALL": language}
        return converse(["jpkictl", "card", *map(str, words)], answers, environment=environment, within=90)

    return run


@pytest.fixture(autouse=True)
def as_before(lab):
    """The map is put back, with the mode and owner that it had."""
    saved, info = MAP.read_bytes(), MAP.stat()
    yield
    MAP.write_bytes(saved)
    os.chown(MAP, info.st_uid, info.st_gid)
    MAP.chmod(info.st_mode & 0o7777)
    subprocess.run(["rm", "-rf", str(COPIES)], check=True)


def bindings(account):
    return [line for line in MAP.read_text().splitlines() if line.split()[:1] == [account]]


def personal_values(lab, card):
    """What is in the certificate and tells who it is."""
    der = lab.pki / "cards" / card / "auth.der"
    out = subprocess.run(["openssl", "x509", "-inform", "DER", "-in", der, "-noout", "-subject", "-serial"],
                         capture_output=True, text=True, check=True).stdout.splitlines()
    return out[0].rsplit("=", 1)[1].strip(), out[1].split("=", 1)[1].lower()


# --- show
def test_what_the_card_is(lab, insert):
    card = insert("taro")
    status, report = as_json("show", "show")
    (shown,) = report["cards"]
    assert status == 0 and shown["kind"] == "jpki-authentication" and shown["certificate"]["code"] == "JPKI-000", shown
    assert (shown["generation_state"], shown["tries_left"]) == ("in force", 3)
    assert [one["account"] for one in shown["registered"]] == ["taro"] and shown["registered"][0]["where"].startswith(str(MAP))
    assert [mapping.split(">")[0] for mapping in shown["mappings"]] == ["X509:<SHA1-PUKEY", "X509:<SKI"]
    assert card.stats()["verifies"] == 0


@pytest.mark.parametrize("name,status,code", [("revoked", 1, "JPKI-401"), ("expired", 1, "JPKI-303"), ("no-crl", 2, "JPKI-402")])
def test_a_card_that_could_not_log_in(lab, insert, name, status, code):
    insert(name)
    found, report = as_json("show", "show")
    assert found == status and code in json.dumps(report), report


def test_personal_data_only_on_roots_terminal(lab, insert, at_terminal):
    insert("taro")
    name, serial = personal_values(lab, "taro")
    for words in (("show",), ("show", "--json"), ("list",), ("list", "--json"), ("enroll", "taro", "--dry-run")):
        _, out, err = jpkictl(*words)
        assert name not in out + err and serial not in (out + err).lower(), words
    seen = at_terminal("show")
    assert seen.status == 0 and name in seen.screen, seen.screen


def test_no_card_and_no_reader(lab, card_service):
    status, out, err = jpkictl("show", "--wait", "0")
    assert (status, out) == (2, "") and "JPKI-103" in err, err
    card_service.stop()
    status, _, err = jpkictl("show", "--wait", "0")
    assert status == 2 and "JPKI-101" in err, err


# --- enroll
def test_a_card_is_registered_and_logs_in(lab, insert, at_terminal):
    card = insert("saburo")
    before, info = MAP.read_text(), MAP.stat()
    assert lab.pamtester("saburo", [PIN]).pam != "SUCCESS"
    verifies = card.stats()["verifies"]
    seen = at_terminal("enroll", "saburo", answers=[PIN])
    assert seen.status == 0 and "registered" in seen.screen and PIN not in seen.screen, seen.screen
    assert len(seen.pin_prompts) == 1 and "3 tries" in seen.pin_prompts[0]
    assert card.stats()["verifies"] == verifies + 1
    after, now = MAP.read_text(), MAP.stat()
    assert after.startswith(before) and after[len(before):].startswith("saburo X509:<SHA1-PUKEY>") and after.count("\n") == before.count("\n") + 1
    assert (now.st_mode, now.st_uid, now.st_gid) == (info.st_mode, info.st_uid, info.st_gid)
    assert (COPIES.stat().st_mode & 0o777, (COPIES / "saburo.pem").stat().st_mode & 0o777) == (0o700, 0o600)
    assert lab.pamtester("saburo", [PIN]).pam == "SUCCESS"
    again = at_terminal("enroll", "saburo")
    assert again.status == 0 and "already" in again.screen and not again.prompts, again.screen
    assert MAP.read_text() == after


def test_a_wrong_pin_registers_nothing(lab, insert, at_terminal):
    card, before = insert("saburo"), MAP.read_bytes()
    seen = at_terminal("enroll", "saburo", answers=[WRONG])
    assert seen.status == 1 and "JPKI-201" in seen.screen and "2" in seen.screen.split(seen.prompts[0], 1)[1], seen.screen
    assert (card.stats()["verifies"], MAP.read_bytes(), COPIES.exists()) == (1, before, False)
    again = at_terminal("enroll", "saburo", answers=["12", "12a4", ""])
    assert again.status != 0 and card.stats()["verifies"] == 1, again.screen


def test_the_last_try_needs_a_yes(lab, insert, at_terminal):
    card = insert("saburo")
    for _ in range(2):
        assert at_terminal("enroll", "saburo", answers=[WRONG]).status == 1
    for answer in ("no", "y", ""):
        seen = at_terminal("enroll", "saburo", answers=[answer])
        assert seen.status != 0 and card.stats()["verifies"] == 2, seen.screen
    seen = at_terminal("enroll", "saburo", answers=["yes", PIN])
    assert seen.status == 0 and card.stats()["verifies"] == 3, seen.screen


def test_a_card_of_somebody_else_is_refused_before_the_pin(lab, insert, at_terminal):
    card, before = insert("taro"), MAP.read_bytes()
    seen = at_terminal("enroll", "hanako")
    assert seen.status == 1 and "taro" in seen.screen and f"{MAP}:" in seen.screen and not seen.prompts, seen.screen
    assert (card.stats()["verifies"], MAP.read_bytes()) == (0, before)


@pytest.mark.parametrize("name,code", [("expired", "JPKI-303"), ("revoked", "JPKI-401"), ("impostor", "JPKI-302"), ("signature-kind", "JPKI-320")])
def test_a_card_that_cannot_log_in_is_not_registered(lab, insert, name, code):
    card, before = insert(name), MAP.read_bytes()
    status, report = as_json_refused("enroll", "hanako", "--no-pin")
    assert status == 1 and report["code"] == code, report
    assert (card.stats()["verifies"], MAP.read_bytes()) == (0, before)


def as_json_refused(*words):
    status, out, err = jpkictl(*words, "--json")
    report = json.loads(out)
    assert at_desk.conforms({key: report.get(key) for key in SCHEMAS["refused"]}, SCHEMAS["refused"]), report
    assert err.startswith("jpkictl: "), err
    return status, report


def test_a_clone_of_a_card_is_found_out(lab, insert, at_terminal):
    """It has a certificate that is bound to nobody, and a key of its own."""
    MAP.write_text("".join(line + "\n" for line in MAP.read_text().splitlines() if line.split()[:1] != ["taro"]))
    insert("clone")
    before = MAP.read_bytes()
    seen = at_terminal("enroll", "taro", answers=[PIN])
    assert seen.status == 1 and "JPKI-309" in seen.screen and MAP.read_bytes() == before, seen.screen


def test_without_pin_it_is_said_openly(lab, insert):
    card = insert("saburo")
    status, _, err = jpkictl("enroll", "saburo")
    assert status == 2 and "--no-pin" in err
    status, report = as_json("enroll", "enroll", "saburo", "--no-pin", "--dry-run")
    assert (status, report["result"], bindings("saburo")) == (0, "would-register", [])
    status, out, _ = jpkictl("enroll", "saburo", "--no-pin")
    assert status == 0 and "without PIN" in out and len(bindings("saburo")) == 1
    status, report = as_json("enroll", "enroll", "saburo", "--no-pin")
    assert (status, report["result"]) == (0, "already-registered")
    assert card.stats()["verifies"] == 0
    assert lab.syslog.text().count(f'card registered account=saburo in="{MAP}" by=') == 1, "what was done is told once"


def test_an_account_that_is_not_there(lab, insert):
    insert("saburo")
    status, _, err = jpkictl("enroll", "nobody-here", "--no-pin")
    assert status == 1 and "--any-account" in err and not bindings("nobody-here")
    assert jpkictl("enroll", "nobody-here", "--no-pin", "--any-account")[0] == 0
    assert len(bindings("nobody-here")) == 1
    assert jpkictl("enroll", "two words", "--no-pin", "--any-account")[0] == 1


def test_two_cards(lab, insert):
    insert("saburo", "hanako")
    status, _, err = jpkictl("enroll", "saburo", "--no-pin")
    assert status == 1 and "--reader" in err and "Virtual PCD" in err, err
    status, report = as_json("enroll", "enroll", "saburo", "--no-pin", "--reader", "00 00")
    assert status == 0 and report["reader"].endswith("00 00")


def test_a_map_that_is_not_there_yet(lab, insert):
    MAP.unlink()
    insert("saburo")
    try:
        assert jpkictl("enroll", "saburo", "--no-pin")[0] == 0
        info = MAP.stat()
        assert (info.st_mode & 0o7777, info.st_uid, info.st_gid) == (0o640, 0, pwd.getpwnam("_jpki").pw_gid)
        assert lab.pamtester("saburo", [PIN]).pam == "SUCCESS"
    finally:
        MAP.touch()


@pytest.mark.parametrize("at", ["prompt", "card"])
def test_ctrl_c_leaves_nothing(lab, insert, at):
    before = MAP.read_bytes()
    card = insert("saburo", absent=at == "card")
    child = pexpect.spawn("jpkictl", ["card", "enroll", "saburo"], encoding="utf-8", timeout=60, dimensions=(24, 200))
    child.expect("on the reader" if at == "card" else "tries left")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.signalstatus == signal.SIGINT and MAP.read_bytes() == before and not COPIES.exists()
    assert card.stats()["verifies"] == 0
    assert sorted(path.name for path in MAP.parent.iterdir() if path.name.startswith(".")) in ([], [".refresh.lock"])


def test_it_speaks_japanese(lab, insert, at_terminal):
    insert("saburo")
    seen = at_terminal("enroll", "saburo", answers=[PIN], language=JAPANESE)
    assert seen.status == 0 and "登録しました" in seen.screen and "暗証番号" in seen.prompts[0], seen.screen
    seen = at_terminal("show", language=JAPANESE)
    assert "マイナンバーカード" in seen.screen, seen.screen
    _, out, _ = jpkictl("check", language=JAPANESE)
    assert "アカウント" in out, out


def test_where_active_directory_decides_the_map_is_left_alone(lab, insert):
    setting = Path("/etc/jpki/jpki.toml.d/zz.toml")
    setting.write_text('[account]\nsource = "ad"\n')
    try:
        insert("saburo")
        before = MAP.read_bytes()
        status, _, err = jpkictl("enroll", "saburo", "--no-pin", "--local")
        assert status == 1 and "altSecurityIdentities of saburo: X509:<SHA1-PUKEY>" in err, err
        status, _, err = jpkictl("enroll", "saburo", "--no-pin")
        assert status == 2 and "/etc/jpki/ad.toml" in err, err
        assert MAP.read_bytes() == before
    finally:
        setting.unlink()


# --- list, revoke, move, check
def test_list(lab):
    status, report = as_json("list", "list")
    assert status == 0 and "taro" in {one["account"] for one in report["registered"]}
    status, report = as_json("list", "list", "taro")
    assert {one["account"] for one in report["registered"]} == {"taro"} and report["registered"][0]["where"].startswith(f"{MAP}:")


def test_revoke(lab, insert, at_terminal):
    before = MAP.read_text()
    status, report = as_json("revoke", "revoke", "taro", "--dry-run")
    assert (status, report["result"], MAP.read_text()) == (0, "would-revoke", before)
    for nobody in (("revoke", "", "--yes"), ("enroll", "", "--local")):  # a variable of a script that is empty
        status, _, err = jpkictl(*nobody)
        assert status == 64 and "ACCOUNT or --" in err and MAP.read_text() == before, nobody
    status, _, err = jpkictl("revoke", "taro")
    assert status == 2 and "--yes" in err and MAP.read_text() == before
    seen = at_terminal("revoke", "taro", answers=["no"])
    assert seen.status == 1 and MAP.read_text() == before, seen.screen
    seen = at_terminal("revoke", "taro", answers=["yes"])
    assert seen.status == 0, seen.screen
    assert f'card taken back account=taro in="{MAP}" by=' in lab.syslog.text() and "X509:" not in lab.syslog.text()
    assert MAP.read_text() == "".join(line for line in before.splitlines(True) if line.split()[:1] != ["taro"])
    insert("hanako")
    status, report = as_json("revoke", "revoke", "--card", "--yes")
    assert status == 0 and [one["account"] for one in report["bindings"]] == ["hanako"] and not bindings("hanako")
    assert lab.pamtester("hanako", [PIN]).pam != "SUCCESS"
    status, _, err = jpkictl("revoke", "taro", "--yes")
    assert status == 1 and "taro" in err


def test_move(lab, insert):
    before = MAP.read_text()
    status, report = as_json("move", "move", "taro", "mallory", "--dry-run")
    assert (status, report["count"], MAP.read_text()) == (0, 1, before)
    assert jpkictl("move", "taro", "nobody-here")[0] == 1
    assert jpkictl("move", "nobody-here", "taro")[0] == 1 and MAP.read_text() == before
    aside = SUCCESSION.rename(SUCCESSION.with_name("aside"))  # nobody ever registered a card by himself here
    status, report = as_json("move", "move", "taro", "mallory")
    aside.rename(SUCCESSION)
    assert (status, report["result"]) == (0, "moved")
    assert len(bindings("mallory")) == 1 and not bindings("taro") and MAP.read_text().count("\n") == before.count("\n")
    insert("taro")
    assert lab.pamtester("mallory", [PIN]).pam == "SUCCESS"


def test_check(lab):
    status, report = as_json("check", "check")
    assert status == 1 and {one["kind"] for one in report["findings"]} == {"double"}, report  # the PKI's "ambiguous"
    text = MAP.read_text()
    MAP.write_text("".join(line for line in text.splitlines(True) if not line.startswith("ambiguous")))
    assert as_json("check", "check")[0] == 0
    MAP.write_text(MAP.read_text() + "nobody-here X509:<SKI>00112233\nnot a binding\n")
    status, report = as_json("check", "check")
    assert status == 1 and [one["kind"] for one in report["findings"]] == ["malformed", "no-account"], report


def test_two_administrators_at_once_lose_nothing(lab):
    """Each takes back one of forty bindings."""
    MAP.write_text("# forty\n" + "".join(f"taro X509:<SKI>{number:08x}\n" for number in range(40)))
    running = [subprocess.Popen(["jpkictl", "card", "revoke", "taro", "--mapping", f"X509:<SKI>{number:08x}", "--yes"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for number in range(0, 40, 5)]
    for one in running:
        assert one.wait(60) == 0, one.stderr.read()
    assert MAP.read_text() == "# forty\n" + "".join(f"taro X509:<SKI>{number:08x}\n" for number in range(40) if number % 5)


# --- a department at one desk
def put(card, reader):
    card.ctl(reader, "insert")
    card.ctl(reader, "wait", "present", "10")


def test_a_department_is_registered_resumed_and_undone(lab, insert, at_terminal):
    csv = lab.work / "department.csv"
    csv.write_text("氏名,アカウント\n山田,saburo\n鈴木,no-crl\n", encoding="utf-8")
    MAP.write_text("# empty\n")
    status, out, _ = jpkictl("enroll", "--csv", csv, "--dry-run")
    assert status == 0 and out.count("\n") == 2 and not csv.with_name("department.csv.state").exists()
    card = insert("saburo", "no-crl", absent=True)
    put(card, "@0")
    # The first person's card is not taken off, so the second one is refused, and stops.
    seen = at_terminal("enroll", "--csv", csv, answers=["", PIN, "", "q"])
    assert seen.status == 1 and "(1 of 2) saburo" in seen.screen and "(2 of 2) no-crl" in seen.screen, seen.screen
    assert len(bindings("saburo")) == 1 and not bindings("no-crl")
    card.ctl("@0", "remove")
    card.ctl("@0", "wait", "absent", "10")
    put(card, "@1")
    seen = at_terminal("enroll", "--csv", csv, answers=["", PIN])
    assert seen.status == 0 and "(2 of 2) no-crl" in seen.screen and "(1 of 2)" not in seen.screen, seen.screen
    assert "JPKI-402" in seen.screen, "that the card cannot log in yet is told"
    assert len(bindings("no-crl")) == 1
    undo = csv.with_name("department.csv.undo")
    assert undo.stat().st_mode & 0o777 == 0o600
    assert jpkictl("undo", undo, "--dry-run")[0] == 0 and len(bindings("saburo")) == 1
    jpkictl("revoke", "saburo", "--yes")
    status, report = as_json("undo", "undo", undo, "--yes")
    assert (status, report["removed"], report["gone_before"], MAP.read_text()) == (0, 1, 1, "# empty\n")
    assert not undo.exists() and not csv.with_name("department.csv.state").exists()
    assert jpkictl("undo", undo, "--yes")[0] == 2


def test_a_wrong_list_registers_nobody(lab):
    csv = lab.work / "wrong.csv"
    csv.write_text("saburo\nnobody-here\n")
    status, _, err = jpkictl("enroll", "--csv", csv)
    assert status == 1 and "nobody-here" in err
    csv.write_text("saburo\nsaburo\n")
    status, _, err = jpkictl("enroll", "--csv", csv)
    assert status == 2 and ":2:" in err


# --- export
def test_export_for_entra(lab):
    (text,) = [line.split()[1] for line in bindings("taro")]
    MAP.write_text(f"taro {text}\n")
    status, out, err = jpkictl("export", "--entra", "csv", "--upn", "city.example.jp")
    assert (status, err) == (0, "") and out.splitlines() == ["userPrincipalName,certificateUserIds", f"taro@city.example.jp,{text}"]
    status, out, _ = jpkictl("export", "--entra", "graph", "--upn", "city.example.jp")
    (request,) = json.loads(out)[0]["requests"]
    assert status == 0 and request["body"] == {"authorizationInfo": {"certificateUserIds": [text]}}
    MAP.write_text(f"taro {text}\nshiro X509:<I>C=JP,O=X<SR>01\n")
    status, out, err = jpkictl("export", "--entra", "csv", "--upn", "city.example.jp")
    assert status == 1 and "shiro" in err and "shiro" not in out


# --- the grammar
USAGE = [(), ("frobnicate",), ("show", "extra"), ("enroll",), ("enroll", "a", "b"), ("enroll", "a", "--csv", "b"), ("list", "a", "b"),
         ("revoke",), ("revoke", "a", "--card"), ("move", "a"), ("check", "x"), ("undo",), ("show", "--wait", "soon"), ("export",),
         ("export", "--entra", "xml", "--upn", "x")]


@pytest.mark.parametrize("words", USAGE, ids=" ".join)
def test_a_wrong_command_line(words):
    status, out, err = jpkictl(*words)
    assert (status, out) == (64, "") and err.startswith("jpkictl: "), (words, err)


EVERY = [("show",), ("enroll", "taro"), ("list",), ("revoke", "taro", "--yes"), ("move", "taro", "hanako"), ("check",), ("undo", "/x"),
         ("export", "--entra", "csv", "--upn", "x")]


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_who_is_not_root_and_what_is_missing(lab, words):
    before = MAP.read_bytes()
    status, out, err = jpkictl(*words, user="mallory")
    assert (status, out) == (2, "") and "root" in err, err
    status, out, err = jpkictl(*words, "--config", "/nonexistent.toml")
    assert (status, out) == (2, "") and "/nonexistent.toml" in err, err
    assert MAP.read_bytes() == before
