# SPDX-License-Identifier: LGPL-2.1-or-later
"""What administrators run beside a real Samba AD: jpkictl account and idmap, nss-ad-refresh from a file and by age."""

import ctypes
import json
import os
import re
import struct
import subprocess
from pathlib import Path

import ad_contents as ad
import pytest
from ad_oracle import assert_equal_to, assert_nothing_more, entries, getent, one, sid_text
from ad_site import STATE
from domain_controller import BASE, HOST
from lab import account_of
from winbind_member import ids_by_winbind

NUMBER = 23
NAME = ad.user_name(NUMBER)
GROUP = ad.group_name(NUMBER)
ENABLED = ad.NORMAL | ad.NO_PASSWORD_NEEDED


def jpkictl(*arguments: object, status: int = 0) -> str:
    done = subprocess.run(["jpkictl", *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, f"exit status {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def control(number: int, value: int) -> str:
    return f"dn: {ad.user_dn(number)}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: {value}\n\n"


@pytest.fixture
def fresh(ad_site):
    ad_site.configure()
    ad_site.forget()
    ad_site.refresh()
    return ad_site


# --- jpkictl account ------------------------------------------------------------------------------------------
def test_account(fresh):
    assert re.search(rf"^{NAME}: may log in through login\n  said by +{HOST}:389$", jpkictl("account", NAME), re.M)
    told = json.loads(jpkictl("--json", "account", NAME, "--snapshot-alone"))
    assert (told["code"], told["service"]) == ("JPKI-000", "login") and told["source"].startswith("snapshot of "), told
    assert "no account nobody-here" in jpkictl("account", "nobody-here", status=2)
    assert "no account root" in jpkictl("account", "root", status=2)


def test_account_that_was_just_disabled(fresh):
    fresh.domain.modify(control(NUMBER, ENABLED | ad.DISABLED))
    try:
        told = jpkictl("account", NAME, status=1)
        assert "JPKI-506 account-disabled" in told and f"{HOST}:389" in told and "next step" in told
        assert "may log in" in jpkictl("account", NAME, "--snapshot-alone")
    finally:
        fresh.domain.modify(control(NUMBER, ENABLED))


def test_account_for_a_service(fresh):
    fresh.configure(rules=[{"services": ["sshd"], "denied_groups": [GROUP]}])
    assert "may log in" in jpkictl("account", NAME)
    assert f"the account is in {GROUP}" in jpkictl("account", NAME, "--service", "sshd", status=1)


# --- jpkictl idmap ----------------------------------------------------------------------------------------------
def explained(what: str) -> dict[str, str]:
    """Scheme -> id."""
    rows = [re.split(r"\s{2,}", line) for line in jpkictl("idmap", "explain", what).splitlines()[2:]]
    return {row[0]: row[1] for row in rows}


def test_idmap_explain(fresh):
    uid = account_of(NAME).pw_uid
    by_name = explained(NAME)
    assert by_name["sssd"] == str(uid) and set(by_name) == {"sssd", "rid", "rfc2307"}, by_name
    assert explained(NAME.upper()) == by_name, "names of AD have no case"
    sid = sid_text(entries(fresh.domain.search(f"(sAMAccountName={NAME})", "objectSid"))[0]["objectsid"][0])
    assert explained(sid) == by_name
    assert int(by_name["rid"]) == 10000 + int(sid.rsplit("-", 1)[1])
    assert "no account or group" in jpkictl("idmap", "explain", "nobody-here", status=2)


def test_rid_ids_are_those_of_winbind(fresh, lab):
    """The same SIDs: a real winbindd with idmap_rid, jpkictl, and what libc gets from a snapshot under this scheme."""
    wanted = {ad.user_name(n) for n in range(0, ad.USERS, 71)} | {ad.group_name(n) for n in range(0, ad.GROUPS, 31)} | {"Domain Users"}
    found = entries(fresh.domain.search("(|(objectClass=user)(objectClass=group))", "sAMAccountName", "objectSid"))
    sids = {one(e, "samaccountname"): sid_text(e["objectsid"][0]) for e in found if one(e, "samaccountname") in wanted}
    assert len(sids) == len(wanted)
    ids = ids_by_winbind(lab.build, list(sids.values()))
    assert len(ids) == len(sids)
    fresh.configure(ids={"scheme": "rid"})
    fresh.forget()
    fresh.refresh()
    for name, sid in sids.items():
        assert explained(sid)["rid"] == str(ids[sid]), name
        kind = "passwd" if name.startswith("staff") else "group"
        assert getent(kind, name)[0].split(":")[2] == str(ids[sid]), name


def test_idmap_audit(fresh):
    top = Path("/home/audited")
    (top / "below").mkdir(parents=True)
    try:
        for name, uid, gid in (("good", account_of(NAME).pw_uid, 0), ("below/lost", 4242424, 0), ("below/lost-too", 4242424, 4343434)):
            (top / name).touch()
            os.chown(top / name, uid, gid)
        (top / "below/link").symlink_to("/nowhere")
        os.chown(top / "below/link", 4545454, 0, follow_symlinks=False)
        told = jpkictl("idmap", "audit", top, status=1)
        assert re.search(r"uid 4242424 +2 file", told) and re.search(r"gid 4343434 +1 file", told), told
        assert re.search(r"uid 4545454 +1 file", told) and "good" not in told, told
        for file in (top / "below").iterdir():
            os.chown(file, 0, 0, follow_symlinks=False)
        assert "every owner is known" in jpkictl("idmap", "audit", top)
    finally:
        subprocess.run(["rm", "-r", str(top)], check=True)


# --- from a file ------------------------------------------------------------------------------------------------
def dump(site) -> str:
    return site.domain.search("(|(objectClass=user)(objectClass=group))")


@pytest.fixture
def ldif():
    file = Path("/etc/jpki/directory.ldif")
    yield file
    file.unlink(missing_ok=True)


def test_from_ldif_is_what_ldap_says(ad_site, ldif):
    """A terminal that never sees a controller: the same accounts from a file that was carried to it."""
    ad_site.configure(directory={"servers": [f"{HOST}:9"]}, account={"live_timeout_ms": 0})
    ad_site.forget()
    ldif.write_text(dump(ad_site))
    assert f"{ldif}: read" in ad_site.refresh("--from-ldif", str(ldif))
    wanted = ad_site.expected()
    assert_equal_to(wanted)
    assert_nothing_more(wanted)
    assert "may log in" in jpkictl("account", NAME)
    assert "JPKI-506" in jpkictl("account", ad.user_name(7), status=1)


@pytest.mark.parametrize("bad,code", [
    (lambda text: text[:len(text) // 2].rsplit("\n", 1)[0] + "\nno line of LDIF\n", "JPKI-816"),
    (lambda text: "", "JPKI-81"), (lambda text: text[:len(text) // 3].rsplit("\n\n", 1)[0] + "\n", "JPKI-817")],
    ids=["garbage", "empty", "a-third"])
def test_a_bad_ldif_changes_nothing(fresh, ldif, bad, code):
    before = fresh.digests()
    ldif.write_text(bad(dump(fresh)))
    told = fresh.refresh("--from-ldif", str(ldif), status=2)
    assert code in told and fresh.digests() == before, told
    ldif.unlink()
    assert "JPKI-816" in fresh.refresh("--from-ldif", str(ldif), status=2)
    for said in set(re.findall(r"JPKI-\d{3}", told)):
        assert said in jpkictl("explain", said)


def test_an_ldif_that_others_can_change(fresh, ldif):
    ldif.write_text(dump(fresh))
    ldif.chmod(0o666)
    assert "JPKI-816" in fresh.refresh("--from-ldif", str(ldif), status=2)


def test_every_problem_of_an_object_can_be_explained(fresh, ldif):
    """Objects that no terminal can have, and the codes that are printed for them."""
    sid = entries(fresh.domain.search(f"(sAMAccountName={NAME})", "objectSid"))[0]["objectsid"][0]
    text = dump(fresh)
    assert sid and f"sAMAccountName: {NAME}\n" in text
    text = text.replace(f"sAMAccountName: {NAME}\n", "sAMAccountName: with:colon\n")
    text = text.replace("sAMAccountName: staff1031\n", "sAMAccountName: staff1032\n")
    text = text.replace("userAccountControl", "notUserAccountControl", 1)
    ldif.write_text(text)
    told = fresh.refresh("--from-ldif", str(ldif), status=1)
    codes = set(re.findall(r"JPKI-\d{3}", told))
    assert {"JPKI-821", "JPKI-822"} <= codes, told
    for code in codes:
        shown = jpkictl("explain", code)
        assert code in shown and len(shown.splitlines()) > 2, shown
    assert not getent("passwd", "staff1032") and not getent("passwd", NAME)


# --- what was deleted ---------------------------------------------------------------------------------------------
def age_last_full(hours: int) -> None:
    """directory.state as if everything had been read `hours` ago."""
    file = STATE / "directory.state"
    body = bytearray(file.read_bytes()[:-8])
    at = len(b"JPKIADST") + 4
    for _ in range(2):  # scope, controller
        at += 4 + struct.unpack_from(">I", body, at)[0]
    at += 4 + struct.unpack_from(">I", body, at)[0]  # invocation_id
    at += 8  # usn
    at += 4 + struct.unpack_from(">I", body, at)[0]  # cookie
    (then,) = struct.unpack_from(">q", body, at)
    struct.pack_into(">q", body, at, then - hours * 3600)
    xxhash = ctypes.CDLL("libxxhash.so.0").XXH3_64bits
    xxhash.restype, xxhash.argtypes = ctypes.c_uint64, (ctypes.c_char_p, ctypes.c_size_t)
    file.write_bytes(bytes(body) + struct.pack(">Q", xxhash(bytes(body), len(body))))


def test_the_deleted_vanish_after_the_periodic_reconcile(ad_site):
    """A machine account is not told what was deleted: what changed does not show it, everything read anew does."""
    ad_site.configure(directory={"full_reconcile_hours": 6})
    name, dn = "short-lived", f"CN=short-lived,{ad.LEAVERS}"
    made = ad.entry(dn, "user", sAMAccountName=name, userAccountControl=ENABLED)
    ad_site.domain.modify(made.replace("objectClass", "changetype: add\nobjectClass", 1))
    ad_site.forget()
    ad_site.refresh()
    assert getent("passwd", name)
    ad_site.domain.modify(f"dn: {dn}\nchangetype: delete\n\n")
    assert "changes read" in ad_site.refresh()
    age_last_full(5)
    assert "changes read" in ad_site.refresh()
    assert getent("passwd", name)
    age_last_full(1)
    assert "everything read" in ad_site.refresh()
    assert not getent("passwd", name)
    assert_nothing_more(ad_site.expected())
    assert "changes read" in ad_site.refresh()
