# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every sub-command of jpkictl that the parser knows: a wrong command line, a missing right, a missing file, Ctrl-C at each step that
changes the disk, and the shape of what --json prints. A new sub-command without a row here fails."""

import base64
import dataclasses
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import at_desk
import pytest
import test_card_registration as cards
import test_emergency as emergency
import test_requests as requests
import test_setup
import test_succession as succession
from dialogue import EMERGENCY_CODE
from lab import PIN
from test_setup import computer  # noqa: F401

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/man"))
from help_text import tree_of  # noqa: E402

# What a command may change, and what of it is different each time.
WORLD = tuple(map(Path, ("/etc/jpki", "/var/lib/jpki", "/run/jpki", "/etc/pam.d", "/etc/nsswitch.conf")))
UNDO = Path("/etc/jpki/people.csv.undo")
MADE = (emergency.CODES, emergency.HISTORY, Path("/run/jpki/sessions"))  # by systemd-tmpfiles
RANDOM = re.compile(r"/run/jpki/emergency/code-|/var/lib/jpki/emergency/register|emergency-site\.key|/etc/jpki/request\.key|/var/lib/jpki/setup/journal")
NOT_OURS = re.compile(r"/(?:\.refresh\.)?lock$|\.lock$|/var/lib/jpki/evidence/logins(?:/reserve)?$")  # locks; what any login leaves
TIME = re.compile(rb"\t\d{10}(?=\t)")  # of the overlay
# What leaves the disk different; the first ones only with these words.
CHANGES = {"openat": "O_CREAT", "rename": "", "renameat": "", "renameat2": "", "link": "", "linkat": "", "unlink": "", "unlinkat": "", "mkdir": "",
           "symlink": "", "rmdir": ""}
COPY = re.compile(r'["<]/tmp/')
MOST_CUTS = 8
NONE = type(None)
TEXT_OR_NONE = (str, NONE)


@dataclasses.dataclass(frozen=True)
class Row:
    words: tuple[object, ...]  # behind the command: what works here
    schema: object = None  # of --json; none: the command has nothing to say here
    status: tuple[int, ...] = (0,)  # more than one where the lab's age decides
    unprivileged: int = 2  # of somebody who is not root
    usage: tuple[tuple[str, ...], ...] = ()  # wrong, each behind the command
    missing: tuple[str, ...] | None = ("--config", "/nonexistent.toml")  # behind all of it, or nothing reads a file
    before: Callable | None = None  # what must have happened
    resumable: bool = False  # interrupted, it is done in part, and the same line does the rest


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


# --- what must have happened ------------------------------------------------------------------------------------------
def not_trusted_yet(lab, insert):
    (Path("/etc/jpki/anchors.d") / "jpki-auth-g3.toml").unlink()


def a_card(lab, insert):
    insert("saburo")


def was_revoked(lab, insert):
    insert("revoked")
    assert "JPKI-401" in lab.pamtester("revoked", [PIN]).codes


def a_code(lab, insert):
    emergency.issue("taro")


def keys(lab, insert):
    emergency.give_keys()


def no_key(lab, insert):
    emergency.SITE_KEY.unlink(missing_ok=True)


def one_person() -> str:
    """A directory as LDIF: the domain, its group of all users, staff1."""
    def octets(attribute: str, value: bytes) -> str:
        return f"{attribute}:: {base64.b64encode(value).decode()}\n"

    def sid(*last: int) -> bytes:
        parts = (21, 1000001, 1000002, 1000003, *last)
        return bytes((1, len(parts), 0, 0, 0, 0, 0, 5)) + struct.pack(f"<{len(parts)}I", *parts)

    def entry(name: str, rid: int, lines: str) -> str:
        return f"dn: CN={name},DC=ad,DC=test\nsAMAccountName: {name}\n{octets('objectGUID', rid.to_bytes(16, 'big'))}{octets('objectSid', sid(rid))}{lines}\n"

    return ("dn: DC=ad,DC=test\nobjectClass: domainDNS\n" + octets("objectSid", sid()) + "\n"
            + entry("staff1", 1107, "objectClass: user\nuserAccountControl: 512\nprimaryGroupID: 513\n")
            + entry("Domain Users", 513, "objectClass: group\ngroupType: -2147483646\n"))


def accounts_of_a_directory(lab, insert):
    Path("/etc/jpki/ad.toml").write_text('[directory]\nrealm = "AD.TEST"\n')
    ldif = lab.work / "directory.ldif"
    ldif.write_text(one_person())
    subprocess.run(("nss-ad-refresh", "--from-ldif", ldif), check=True, capture_output=True)


def a_renewed_card(lab, insert):
    insert("saburo")
    succession.settings(feed=True)
    succession.write_feed(f"{succession.sha256(lab, 'saburo')} {succession.bound('taro')}")
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"


def a_request_to_make(lab, insert):
    a_renewed_card(lab, insert)
    requests.make_known()


def an_undo_file(lab, insert):
    UNDO.write_text(f"{cards.MAP}\ttaro\t{succession.bound('taro')}\n")
    UNDO.chmod(0o600)


def a_setup(lab, insert):
    assert test_setup.jpkictl("apply", "--segment", "lgwan", "--yes")[0] == 0


# --- one row for each command -------------------------------------------------------------------------------------------
def challenge_of(lab) -> str:
    lab.service("code", "emergency")
    return EMERGENCY_CODE.search(lab.pamtester("taro", [""], service="code").screen)[0]


def rows(lab) -> dict[tuple[str, ...], Row]:
    card = lab.pki / "cards"
    authority = lab.pki / "ca/jpki-auth-g3/cert.der"
    told = {"result": str}
    return {
        ("validate",): Row((card / "taro/auth.der", "--no-revocation"), dict, unprivileged=0, usage=((),), missing=("--config", "/nonexistent.toml")),
        ("anchor", "add"): Row((authority, "--name", "added", "--kind", "jpki-authentication", "--sha256", sha256(authority)),
                               {"result": str, "name": str, "subject": str, "issuer": str, "valid_from": str, "valid_to": str},
                               usage=((), ("x",)), before=not_trusted_yet),
        ("anchor", "list"): Row((), list, unprivileged=0, usage=(("x",),)),
        ("anchor", "check"): Row((), dict, unprivileged=0, usage=(("x",),)),
        ("anchor", "remove"): Row(("jpki-auth-g3", "--yes"), {"result": str, "name": str, "consequences": str}, usage=((),)),
        ("revocation", "plan"): Row((), dict, unprivileged=0, usage=(("x",),)),
        ("revocation", "status"): Row((), dict, status=(0, 1), usage=(("x",),)),
        ("revocation", "forget"): Row((card / "revoked/auth.der",), {"result": str, "count": int}, usage=((),), before=was_revoked),
        ("session", "list"): Row((), dict, unprivileged=2, usage=(("x",),), missing=None),
        ("emergency", "issue"): Row(("taro", "--hours", 1, "--reason", "x"), {"id": str, "account": str, "code": str, "until": str, "replaced": TEXT_OR_NONE},
                                    usage=((), ("taro",), ("taro", "--hours", "99", "--reason", "x")), missing=None),
        ("emergency", "list"): Row((), {"codes": [{"id": str, "account": str, "issued": str, "until": TEXT_OR_NONE, "wrong_tries": int, "state": str,
                                                   "reason": str}]}, usage=(("x",),), missing=None, before=a_code),
        ("emergency", "revoke"): Row(("taro",), {"id": str, "account": str}, usage=((),), missing=None, before=a_code),
        ("emergency", "answer"): Row((challenge_of, "--host", platform.node(), "--account", "taro", "--reason", "x"),
                                     {"id": str, "account": str, "host": str, "answer": str}, usage=((), ("1",)), missing=None, before=keys),
        ("emergency", "key"): Row(("--new",), {"result": str, "file": str}, usage=((), ("--new", "--host", "x")), missing=None, before=no_key),
        ("explain",): Row(("JPKI-307",), [{"code": str, "name": str, "meaning": str, "cause": str, "next_step": str}], unprivileged=0, missing=None),
        ("check",): Row((), {"errors": list, "warnings": [str], "good": [str]}, status=(0, 1), unprivileged=1, usage=(("x",),), missing=None),
        ("doctor",): Row(("JPKI-402",), dict, status=(1,), unprivileged=1, usage=(("a", "b"),), missing=None, before=a_card),
        ("account",): Row(("staff1", "--snapshot-alone"), {"account": str, "service": str, "code": str, "name": str, "cause": str, "source": str},
                          usage=((),), missing=("--ad-config", "/nonexistent.toml"), before=accounts_of_a_directory),
        ("idmap", "explain"): Row(("staff1",), dict, unprivileged=0, usage=((),), missing=("--snapshots", "/nonexistent"), before=accounts_of_a_directory),
        ("idmap", "audit"): Row(("/etc/jpki/anchors.d",), list, unprivileged=0, usage=((),), missing=("--snapshots", "/nonexistent"),
                                before=accounts_of_a_directory),
        ("card", "show"): Row((), cards.SCHEMAS["show"], before=a_card),
        ("card", "enroll"): Row(("saburo", "--no-pin"), cards.SCHEMAS["enroll"], before=a_card),
        ("card", "list"): Row((), cards.SCHEMAS["list"]),
        ("card", "revoke"): Row(("taro", "--yes"), cards.SCHEMAS["revoke"]),
        ("card", "move"): Row(("taro", "mallory"), cards.SCHEMAS["move"]),
        ("card", "check"): Row((), cards.SCHEMAS["check"], status=(1,)),
        ("card", "undo"): Row((UNDO, "--yes"), cards.SCHEMAS["undo"], usage=((),), before=an_undo_file, resumable=True),
        ("card", "pending", "list"): Row((), {"pending": list}, usage=(("x",),), before=a_renewed_card),
        ("card", "pending", "approve"): Row((pending_id,), dict, usage=((),), before=a_renewed_card),
        ("card", "pending", "refuse"): Row((pending_id,), dict, usage=((),), before=a_renewed_card),
        ("card", "pending", "key"): Row((), {"host": str, "public_key": str}, usage=(("x",),), missing=None),
        ("card", "pending", "export"): Row((), {"requests": [{"id": str, "account": str, "text": str}]}, usage=(("x",),), before=a_request_to_make),
        ("card", "pending", "import"): Row((a_request,), {"requests": [{"id": str, "account": str, "host": str, "result": str}]}, usage=((),),
                                           before=a_request_to_make, resumable=True),
        ("card", "export"): Row(("--entra", "csv", "--upn", "city.example.jp"), None, status=(1,)),
        ("setup", "plan"): Row(("--segment", "lgwan"), test_setup.SCHEMAS["apply"], usage=((), ("--segment", 'x"y'), ("--crl", "x"), ("--feed", "x"),
                                                                                            ("--controller", "x"), ("--ocsp", "x"), ("--ocsp", "crl=http://x/"),
                                                                                            ("--ocsp", "a=http://"), ("--crl", f"{'a' * 41}=http://x/"), ("--crl", "a=http://me@x/")), missing=None),
        ("setup", "apply"): Row(("--segment", "lgwan", "--yes"), test_setup.SCHEMAS["apply"], usage=((), ("--minutes", "0")), missing=None),
        ("setup", "confirm"): Row(("--without-login",), told, usage=(("x",),), missing=None, before=a_setup),
        ("setup", "rollback"): Row(("--yes",), test_setup.SCHEMAS["rollback"], usage=(("--yes", "--due"),), missing=None, before=a_setup),
        ("setup", "status"): Row((), test_setup.SCHEMAS["status"], usage=(("x",),), missing=None, before=a_setup),
        ("setup", "check"): Row(("lab",), test_setup.SCHEMAS["check"], unprivileged=0, missing=("nothing-of-this-name",)),
    }


def pending_id(lab) -> str:
    return succession.jpkictl("list")[1]["pending"][0]["id"]


def a_request(lab) -> Path:
    """Of a computer that is not this one: here nothing waits then."""
    file = lab.work / "one.request"
    file.write_text(requests.pending("export")[1])
    succession.OVERLAY.unlink()
    return file


# --- the world ------------------------------------------------------------------------------------------------------------
class World:
    """What may change, to be looked at and put back."""

    def __init__(self, copy: Path):
        self._copy = copy
        shutil.rmtree(copy, ignore_errors=True)
        for path in filter(os.path.lexists, WORLD):
            (self._copy / str(path)[1:]).parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(("cp", "-a", path, self._copy / str(path)[1:]), check=True)

    def put_back(self) -> None:
        for path in WORLD:
            subprocess.run(("rm", "-rf", path), check=True)
            if (self._copy / str(path)[1:]).exists():
                subprocess.run(("cp", "-a", self._copy / str(path)[1:], path), check=True)

    def close(self) -> None:
        self.put_back()
        shutil.rmtree(self._copy)

    @staticmethod
    def picture() -> dict[str, str]:
        seen = {}
        for top in filter(os.path.lexists, WORLD):
            for path in (top, *top.rglob("*")):
                if path.is_socket() or NOT_OURS.search(str(path)):
                    continue
                random = RANDOM.search(str(path)) or path.is_dir()
                info = path.lstat()
                content = "" if random else os.readlink(path) if path.is_symlink() else hashlib.sha256(TIME.sub(b"\t", path.read_bytes())).hexdigest()
                seen[str(path)] = f"{info.st_uid}:{info.st_gid} {info.st_mode:o} {content}"
        return seen


@pytest.fixture
def world(lab, insert):
    for path in (*MADE, test_setup.STATE):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    whole = World(lab.work / "world")
    yield whole
    whole.close()
    for path in MADE:
        shutil.rmtree(path)
    succession.ASKED.unlink(missing_ok=True)


def spread(found: list[tuple[str, int]], most: int) -> list[tuple[str, int]]:
    return [found[i * len(found) // most] for i in range(most)] if len(found) > most else found


def cuts_of(lab, argv: list[str]) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """The calls of the program that change the disk: name, and which one of this name it is. Then those that change copies in /tmp alone."""
    trace = lab.work / "usage.trace"
    subprocess.run(("strace", "-y", "-o", trace, "-e", f"trace={','.join(CHANGES)}", *argv), capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
    count: dict[str, int] = {}
    found: list[tuple[str, int]] = []
    copies: list[tuple[str, int]] = []
    for line in trace.read_text().splitlines():
        name = line.split("(", 1)[0]
        if name in CHANGES and "= -1" not in line:
            count[name] = count.get(name, 0) + 1
            if CHANGES[name] in line and any(str(path) in line for path in WORLD) and not NOT_OURS.search(line.split('"')[1]):
                (copies if COPY.search(line) else found).append((name, count[name]))
        elif name in CHANGES:
            count[name] = count.get(name, 0) + 1
    return spread(found, MOST_CUTS), spread(copies, MOST_CUTS // 2)


def interrupted(lab, argv: list[str], at: tuple[str, int]) -> int:
    return subprocess.run(("strace", "-o", "/dev/null", "-e", f"trace={at[0]}", "-e", f"inject={at[0]}:signal=SIGINT:when={at[1]}", *argv),
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=120).returncode


# --- the tests ------------------------------------------------------------------------------------------------------------
LEAVES = [words for words, command in tree_of(shutil.which("jpkictl") or "jpkictl").items() if not command.commands]


def test_every_command_has_a_row(lab):
    assert set(rows(lab)) == set(LEAVES)


@pytest.mark.parametrize("command", LEAVES, ids=" ".join)
def test_a_command(lab, insert, world, command):
    row = rows(lab)[command]
    if row.before:
        row.before(lab, insert)
    words = [str(word(lab)) if callable(word) else str(word) for word in row.words]
    begin = World(lab.work / "world-of-a-command")
    first = World.picture()

    for wrong in (("--frobnicate",), ("--config",), *row.usage):
        status, out, err = at_desk.jpkictl(*command, *wrong)
        assert (status, out) == (64, "") and err.startswith("jpkictl: "), (wrong, status, err)
    assert at_desk.jpkictl(*command, "--help")[0] == 0 and World.picture() == first

    status, out, err = at_desk.jpkictl(*command, *words, user="mallory")
    assert status == row.unprivileged and World.picture() == first, (status, out, err)
    assert status != 2 or out or err.startswith("jpkictl: "), err

    if row.missing:
        status, out, err = at_desk.jpkictl(*command, *words, *row.missing)
        assert status == 2 and row.missing[-1] in out + err and World.picture() == first, (status, out, err)

    status, out, err = at_desk.jpkictl(*command, *words, "--json")
    assert status in row.status, (status, out, err)
    if row.schema:
        assert at_desk.conforms(json.loads(out), row.schema), out
    done = World.picture()
    begin.put_back()

    argv = ["jpkictl", *command, *words]
    cuts, copies = cuts_of(lab, argv)
    assert bool(cuts) == (first != done), (cuts, {path for path in first.keys() | done.keys() if first.get(path) != done.get(path)})
    for at in (*cuts, *copies, ("openat", 12)):
        begin.put_back()
        status = interrupted(lab, argv, at)
        assert status in (-signal.SIGINT, *row.status), (at, status)
        now = World.picture()
        if row.resumable and now not in (first, done):
            at_desk.jpkictl(*command, *words)
            now = World.picture()
        assert now in (first, done), (at, status, {path: (first.get(path), now.get(path), done.get(path)) for path in now.keys() | done.keys()
                                                   if now.get(path) not in (first.get(path), done.get(path)) or path not in now})
    begin.close()
