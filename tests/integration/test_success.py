# SPDX-License-Identifier: LGPL-2.1-or-later
"""A person logs in."""

from pathlib import Path

import pytest
from lab import PIN
from processes import until
from remote_readers import Wire

# From login start to signature. The default OpenSC profile needs 74; a program that does only what this login needs, 12 with a
# certificate of that size.
MAX_APDUS = {"opensc": 45, "own": 15}


def test_pamtester(lab, insert, card_module):
    card = insert("taro")
    card.ctl("stats-reset")
    seen = lab.pamtester("taro", [PIN], operations=("authenticate", "acct_mgmt", "open_session", "close_session"))
    assert seen.pam == "SUCCESS", seen.screen
    assert len(seen.pin_prompts) == 1
    stats = card.stats()
    assert (stats["verifies"], stats["signs"]) == (1, 1)
    print(f"APDUs from login start to signature: {stats['apdus']}; {seen.seconds:.2f} s")
    assert stats["apdus"] <= MAX_APDUS[card_module.name]


@pytest.mark.parametrize("name,user", [("taro", "taro"), ("hanako", "hanako"), ("jiro", "jiro"), ("lgpki-user-g4", "shiro")])
def test_every_accepted_card(lab, insert, name, user):
    insert(name)
    seen = lab.pamtester(user, [PIN])
    assert seen.pam == "SUCCESS", seen.screen


def test_login_at_a_terminal(lab, insert):
    insert("taro")
    seen = lab.login("taro", [PIN])
    assert "shell of taro in /home/taro" in seen.screen, seen.screen
    assert PIN not in seen.screen


def test_su_by_an_unprivileged_user(lab, insert):
    insert("taro")
    seen = lab.su("taro", [PIN])
    assert "shell of taro" in seen.screen, seen.screen


def test_card_first(lab, insert):
    """PAM_USER is empty: the card says who logs in."""
    insert("hanako")
    seen = lab.login(None, [PIN])
    assert "shell of hanako in /home/hanako" in seen.screen, seen.screen


def test_japanese(lab, insert):
    insert("taro")
    seen = lab.login("taro", [PIN], language="ja_JP.UTF-8")
    assert "暗証番号" in seen.prompts[0]
    assert "shell of taro" in seen.screen, seen.screen


def test_language_option(lab, insert):
    insert("taro")
    service = lab.service("lab-ja", "timeout=6 lang=ja")
    seen = lab.pamtester("taro", ["9999"], service=service)
    assert seen.pam == "AUTH_ERR"
    assert "暗証番号" in seen.screen


def test_the_log_names_no_person(lab, insert):
    """No serial, subject, municipality or expiry; the decision is there."""
    insert("taro")
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"
    log = lab.syslog.text()
    assert "pam_jpki" in log
    assert "003A" not in log and "CRLDP" not in log and "JPKI-TEST" not in log, log


# pamtester, like lightdm and sshd, sets no locale: what the machine speaks decides.
SYSTEM_LANGUAGE = [
    ({"/etc/locale.conf": "LANG=ja_JP.UTF-8\n"}, 0o644, True),
    ({"/etc/default/locale": '# by update-locale\nLANG="ja_JP.UTF-8"\nLANGUAGE=ja\n'}, 0o644, True),
    ({"/etc/locale.conf": "LANG=en_US.UTF-8\n", "/etc/default/locale": "LANG=ja_JP.UTF-8\n"}, 0o644, False),
    ({"/etc/default/locale": "LANG=ja_JP.UTF-8\n"}, 0o666, False),
]


@pytest.mark.parametrize("files,mode,japanese", SYSTEM_LANGUAGE, ids=["locale.conf", "default", "locale.conf-first", "unsafe"])
def test_where_the_host_sets_no_locale_the_system_does(lab, insert, files, mode, japanese):
    insert("taro")
    kept = {path: path.read_bytes() for path in map(Path, ("/etc/locale.conf", "/etc/default/locale")) if path.exists()}
    try:
        for name, text in files.items():
            Path(name).write_text(text)
            Path(name).chmod(mode)
        seen = lab.pamtester("taro", [PIN])
    finally:
        for name in files:
            Path(name).unlink()
        for path, content in kept.items():
            path.write_bytes(content)
    assert seen.pam == "SUCCESS", seen.screen
    assert seen.prompts[0].startswith("暗証番号" if japanese else "MyNumber card PIN"), seen.screen


def test_the_card_service_is_connected_to_three_times(lab, card_service, insert, card_module):
    """Until the PIN is typed: by us for all questions, by the module, and by who waits for the card to leave. To stop that one,
    libpcsclite connects once more (SCardCancel)."""
    insert("taro")
    wire = Wire(card_service.socket_file)
    seen = []

    def type_pin() -> str:
        until(lambda: wire.connections >= 3, "the third connection")
        seen.append(wire.connections)
        return PIN

    try:
        dialogue = lab.pamtester("taro", [type_pin])
        assert dialogue.pam == "SUCCESS", dialogue.screen
        assert seen == [3]
    finally:
        wire.stop()
