# SPDX-License-Identifier: LGPL-2.1-or-later
"""What getent must say of a directory, from ldapsearch's LDIF alone: own reading, own flattening, own id mapping."""

import base64
import struct
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field

RANGE_MIN, RANGE_MAX, RANGE_SIZE = 200000, 2000200000, 200000
ATTRIBUTES = ("objectClass", "objectSid", "sAMAccountName", "displayName", "userAccountControl", "primaryGroupID", "uidNumber",
              "gidNumber", "unixHomeDirectory", "loginShell", "groupType", "memberOf")


# --- LDIF ------------------------------------------------------------------------------------------------
def entries(ldif: str) -> list[dict[str, list[bytes]]]:
    """RFC 2849 as ldapsearch -o ldif-wrap=no writes it."""
    found = []
    for block in ldif.split("\n\n"):
        entry: dict[str, list[bytes]] = {}
        for text in block.splitlines():
            if not text or text.startswith("#"):
                continue
            name, _, value = text.partition(":")
            octets = base64.b64decode(value[1:].strip()) if value.startswith(":") else value.strip().encode()
            entry.setdefault(name.lower(), []).append(octets)
        if "dn" in entry:
            found.append(entry)
    return found


def one(entry: dict[str, list[bytes]], name: str, default: str = "") -> str:
    return entry[name][0].decode() if name in entry else default


# --- SIDs and ids -----------------------------------------------------------------------------------------
def sid_text(octets: bytes) -> str:
    count = octets[1]
    return "-".join(("S-1", str(int.from_bytes(octets[2:8], "big")), *map(str, struct.unpack(f"<{count}I", octets[8:]))))


def murmur3(data: bytes, seed: int) -> int:
    h, mask = seed, 0xFFFFFFFF
    tail = len(data) - len(data) % 4
    for (k,) in struct.iter_unpack("<I", data[:tail]):
        k = k * 0xCC9E2D51 & mask
        k = (k << 15 | k >> 17) & mask
        h ^= k * 0x1B873593 & mask
        h = (h << 13 | h >> 19) & mask
        h = (h * 5 + 0xE6546B64) & mask
    if len(data) > tail:
        k = int.from_bytes(data[tail:], "little") * 0xCC9E2D51 & mask
        k = (k << 15 | k >> 17) & mask
        h ^= k * 0x1B873593 & mask
    h ^= len(data)
    h = (h ^ h >> 16) * 0x85EBCA6B & mask
    h = (h ^ h >> 13) * 0xC2B2AE35 & mask
    return h ^ h >> 16


def sssd_id(sid: str) -> int:
    domain, rid = sid.rsplit("-", 1)
    slices = (RANGE_MAX - RANGE_MIN) // RANGE_SIZE
    assert int(rid) < RANGE_SIZE
    return RANGE_MIN + murmur3(domain.encode(), 0xDEADBEEF) % slices * RANGE_SIZE + int(rid)


# --- the directory ----------------------------------------------------------------------------------------
@dataclass
class Expected:
    passwd: dict[str, str] = field(default_factory=dict)  # name -> line of getent
    groups: dict[str, tuple[int, frozenset[str]]] = field(default_factory=dict)
    memberships: dict[str, frozenset[int]] = field(default_factory=dict)


def expected(ldif: str, *, scheme: str = "sssd") -> Expected:
    found = entries(ldif)
    users = {one(e, "dn"): e for e in found if is_account(e)}
    groups = {one(e, "dn"): e for e in found if is_security_group(e)}
    domain = next(sid_text(e["objectsid"][0]).rsplit("-", 1)[0] for e in users.values())
    sids = {dn: sid_text(e["objectsid"][0]) for dn, e in (users | groups).items()}
    by_sid = {sid: dn for dn, sid in sids.items()}
    own = {dn for dn in groups if sids[dn].startswith(domain + "-")}

    def identity(dn: str, attribute: str) -> int | None:
        if scheme == "sssd":
            return sssd_id(sids[dn])
        text = one(groups.get(dn) or users[dn], attribute)
        return int(text) if text else None

    result = Expected()
    for dn in own:
        gid = identity(dn, "gidnumber")
        if gid is not None:
            result.groups[one(groups[dn], "samaccountname")] = (gid, frozenset())
    members: dict[str, set[str]] = {name: set() for name in result.groups}
    for dn, entry in users.items():
        name = one(entry, "samaccountname")
        primary = by_sid.get(f"{domain}-{one(entry, 'primarygroupid')}")
        uid, gid = identity(dn, "uidnumber"), identity(primary, "gidnumber")
        if uid is None or gid is None:
            continue
        home = one(entry, "unixhomedirectory") or f"/home/{name}"
        shell = one(entry, "loginshell") or "/bin/bash"
        result.passwd[name] = f"{name}:x:{uid}:{gid}:{one(entry, 'displayname')}:{home}:{shell}"
        held = closure(entry, primary, groups) & own
        held = {g for g in held if one(groups[g], "samaccountname") in result.groups}
        result.memberships[name] = frozenset(identity(g, "gidnumber") for g in held)
        for g in held:
            members[one(groups[g], "samaccountname")].add(name)
    result.groups = {name: (gid, frozenset(members[name])) for name, (gid, _) in result.groups.items()}
    return result


def is_account(entry: dict[str, list[bytes]]) -> bool:
    classes = set(entry.get("objectclass", ()))
    control = int(one(entry, "useraccountcontrol", "0"))
    return b"user" in classes and b"computer" not in classes and control & 0x300 == 0x200


def is_security_group(entry: dict[str, list[bytes]]) -> bool:
    return b"group" in entry.get("objectclass", ()) and int(one(entry, "grouptype", "0")) & 0x80000000 != 0


def closure(entry, primary: str, groups) -> set[str]:
    """Upward, by memberOf: the product goes downward, by member."""
    held: set[str] = set()
    waiting = [primary, *(dn.decode() for dn in entry.get("memberof", ()))]
    while waiting:
        dn = waiting.pop()
        if dn not in held and dn in groups:
            held.add(dn)
            waiting += (parent.decode() for parent in groups[dn].get("memberof", ()))
    return held


# --- the real libc ----------------------------------------------------------------------------------------
def getent(*arguments: str) -> list[str]:
    done = subprocess.run(("getent", *arguments), capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 2), f"getent {arguments[:3]}: {done.returncode} {done.stderr}"
    return done.stdout.splitlines()


def in_parts(names: Iterable[str], size: int = 500) -> Iterable[list[str]]:
    names = sorted(names)
    return (names[i:i + size] for i in range(0, len(names), size))


def assert_same(found: list, wanted: list) -> None:
    """The first difference alone: thousands of lines help nobody."""
    for one_found, one_wanted in zip(found, wanted):
        assert one_found == one_wanted
    assert len(found) == len(wanted)


def assert_equal_to(wanted: Expected) -> None:
    """passwd, group and initgroups, by name and by number, object by object."""
    for names in in_parts(wanted.passwd):
        lines = [wanted.passwd[n] for n in names]
        assert_same(getent("passwd", *names), lines)
        assert_same(getent("passwd", *(text.split(":")[2] for text in lines)), lines)
        found = [text.split() for text in getent("initgroups", *names)]
        assert_same([(name, frozenset(map(int, gids))) for name, *gids in found], [(n, wanted.memberships[n]) for n in names])
    for names in in_parts(wanted.groups, 50):
        by_name = getent("group", *names)
        assert_same([seen(text) for text in by_name], [(n, *wanted.groups[n]) for n in names])
        assert_same(getent("group", *(str(wanted.groups[n][0]) for n in names)), by_name)


def seen(text: str) -> tuple[str, int, frozenset[str]]:
    name, _, gid, members = text.split(":")
    listed = members.split(",") if members else []
    assert len(set(listed)) == len(listed), f"{name} names somebody twice"
    return name, int(gid), frozenset(listed)


def assert_nothing_more(wanted: Expected) -> None:
    """With enumeration on: no account and no group that AD does not have."""
    local_users = {text.split(":")[0] for text in open("/etc/passwd")}
    local_groups = {text.split(":")[0] for text in open("/etc/group")}
    assert {t.split(":")[0] for t in getent("passwd")} - local_users == set(wanted.passwd) - local_users
    assert {t.split(":")[0] for t in getent("group")} - local_groups == set(wanted.groups) - local_groups
