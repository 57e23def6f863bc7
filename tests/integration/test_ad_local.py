# SPDX-License-Identifier: LGPL-2.1-or-later
"""The directory grants nothing that is this machine's own: no name and no id of /etc/passwd, group, subuid, subgid."""

import contextlib
import subprocess
from pathlib import Path

import pytest
from ad_person import (  # noqa: F401
    GROUP, NAME, account_step, assert_refused, bound, other_service, person, tried,
)

LOCAL_ID = 4242


@contextlib.contextmanager
def line_in(file: str, line: str):
    """In /etc, where an administrator or a package put it."""
    path = Path("/etc", file)
    saved = path.read_text() if path.exists() else ""
    path.write_text(saved + line + "\n")
    try:
        yield
    finally:
        path.write_text(saved)


def passwd_line(uid: int) -> str:
    return f"{NAME}:x:{uid}:{uid}::/home:/bin/sh"


def in_directory(database: str, key: object) -> str:
    """What libnss_ad alone says."""
    return subprocess.run(("getent", "-s", "ad", database, str(key)), capture_output=True, text=True).stdout


def groups_of(name: str) -> set[int]:
    """As a new process learns them."""
    return set(map(int, subprocess.run(("id", "-G", name), capture_output=True, text=True, check=True).stdout.split()))


# --- made after the refresh: files come before ad --------------------------------------------------------------
def test_a_card_does_not_log_in_to_a_local_account_of_the_name(lab, person, other_service):
    with line_in("passwd", passwd_line(LOCAL_ID)):
        assert_refused(lab, tried(lab), "JPKI-514", "PERM_DENIED")
        assert account_step(lab).status == 0, "without a card the local account is nobody else's business"
    with line_in("passwd", passwd_line(person.uid)):
        assert tried(lab).pam == "SUCCESS", "a copy of the account is the account"
    assert tried(lab).pam == "SUCCESS"


# --- while an editor replaces ad.toml ----------------------------------------------------------------------------
def test_without_its_configuration_the_directory_is_still_there(lab, person, other_service):
    """An account that libnss_ad knows is not let in unjudged; local ones are."""
    file = Path("/etc/jpki/ad.toml")
    away = file.with_suffix(".toml~")
    file.rename(away)
    try:
        seen = account_step(lab)
        assert (seen.pam, seen.codes) == ("PERM_DENIED", ["JPKI-513"]), seen.screen + lab.syslog.text()
        assert account_step(lab, "mallory").status == 0
    finally:
        away.rename(file)
    assert account_step(lab).status == 0


# --- there at the refresh ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("file,line,code", [
    ("passwd", "{name}:x:{uid}:4242::/home:/bin/sh", "JPKI-827"), ("passwd", "{name}:x:4242:4242::/home:/bin/sh", "JPKI-827"),
    ("passwd", "ops:x:{uid}:4242::/home:/bin/sh", "JPKI-825"), ("group", "{name}:x:4242:", "JPKI-827"),
    ("group", "ops:x:{uid}:", "JPKI-825"), ("subuid", "{name}:100000:65536", "JPKI-827"),
    ("subgid", "ops:{uid}:1", "JPKI-825")],
    ids=["same-account", "name", "uid", "group-name", "gid", "subuid-name", "subgid-range"])
def test_a_local_users_name_or_id(lab, person, file, line, code):
    """It is published no more, and the card that was its is nobody's."""
    with line_in(file, line.format(name=NAME, uid=person.uid)):
        assert code in person.site.refresh(status=1)
        assert not in_directory("passwd", NAME) and not in_directory("passwd", person.uid)
        seen = tried(lab)
        assert seen.pam == "USER_UNKNOWN" and seen.codes[0] in ("JPKI-501", "JPKI-504") and not seen.pin_prompts, seen.screen
    person.site.refresh()
    assert tried(lab).pam == "SUCCESS"


@pytest.mark.parametrize("line,code", [("{name}:x:4242:", "JPKI-827"), ("ops:x:{gid}:", "JPKI-825")], ids=["name", "gid"])
def test_a_local_groups_name_or_id(person, line, code):
    gid = int(in_directory("group", GROUP).split(":")[2])
    assert gid in groups_of(NAME)
    with line_in("group", line.format(name=GROUP, gid=gid)):
        assert code in person.site.refresh(status=1)
        assert gid not in groups_of(NAME)
        assert not in_directory("group", GROUP) and not in_directory("group", gid)
    person.site.refresh()
    assert gid in groups_of(NAME)
