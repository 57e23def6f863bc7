# SPDX-License-Identifier: LGPL-2.1-or-later
"""nss-ad-refresh and libnss_ad with a real Samba AD: what getent says is what AD says, after every change, and without AD."""

import re
import shutil
import subprocess
from pathlib import Path

import ad_contents as ad
import pytest
from ad_oracle import assert_equal_to, assert_nothing_more, getent
from ad_site import SNAPSHOTS, STATE
from domain_controller import BASE, HOST
from lab import run


def modify(dn: str, *lines: str) -> str:
    return f"dn: {dn}\nchangetype: modify\n" + "\n".join(lines) + "\n\n"


def renamed(dn: str, rdn: str, superior: str | None = None) -> str:
    return f"dn: {dn}\nchangetype: modrdn\nnewrdn: {rdn}\ndeleteoldrdn: 1\n" + (
        f"newsuperior: {superior}\n" if superior else "") + "\n"


def added(dn: str, name: str) -> str:
    return f"dn: {dn}\nchangetype: add\nobjectClass: user\nsAMAccountName: {name}\nuserAccountControl: {ad.NORMAL | ad.DISABLED}\n\n"


def groups(name: str) -> set[str]:
    return set(run("id", "-nG", name).split())


def passwd(name: str) -> str | None:
    return next(iter(getent("passwd", name)), None)


def account_of(mapping: str) -> str | None:
    found = passwd(mapping)
    return found and found.split(":")[0]


@pytest.fixture
def fresh(ad_site):
    """Everything has been read just now."""
    ad_site.configure()
    ad_site.forget()
    ad_site.refresh()
    return ad_site


# --- all of it -----------------------------------------------------------------------------------------------
def test_everything_is_as_ad_says(ad_site):
    ad_site.forget()
    seen = ad_site.refresh()
    assert f"everything read from {HOST}:389: first run" in seen
    wanted = ad_site.expected()
    assert len(wanted.passwd) >= ad.USERS and len(wanted.groups) >= ad.GROUPS
    assert len(wanted.groups[ad.group_name(0)][1]) > 1500, "no ranged retrieval in this test"
    assert_equal_to(wanted)
    assert_nothing_more(wanted)


def test_modes_of_the_files(fresh):
    modes = {file.name: oct(file.stat().st_mode & 0o7777) for file in STATE.iterdir()}
    assert modes["users.snap"] == "0o644" and modes["restricted.snap"] == "0o640" and modes["directory.state"] == "0o600"


def test_ids_of_the_directory(ad_site):
    ad_site.configure(ids={"scheme": "rfc2307"})
    ad_site.domain.modify(modify(f"CN=Domain Users,CN=Users,{BASE}", "replace: gidNumber", "gidNumber: 30000"))
    ad_site.forget()
    assert "JPKI-826" in ad_site.refresh(status=1)
    wanted = ad_site.expected(scheme="rfc2307")
    assert len(wanted.passwd) == len(range(0, ad.USERS, 11))
    assert_equal_to(wanted)
    assert_nothing_more(wanted)
    ad_site.configure()
    ad_site.forget()


# --- what changes ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("way,told", [("dirsync", "by DirSync"), ("usn", "by uSNChanged")])
def test_changes_show_after_the_next_run(ad_site, way, told):
    numbers = iter(range(10, 20) if way == "dirsync" else range(30, 40))
    disabled, other_name, moved_in, bound = next(numbers), next(numbers), next(numbers), next(numbers)
    ad_site.configure(directory={"incremental": way})
    ad_site.forget()
    ad_site.refresh()
    mapping = f"X509:<SKI>{way.encode().hex():0>40}"
    assert account_of(mapping) is None
    before = getent("shadow", ad.user_name(disabled))
    ad_site.domain.modify(
        modify(ad.user_dn(disabled), "replace: userAccountControl", f"userAccountControl: {ad.NORMAL | ad.DISABLED}")
        + modify(ad.user_dn(other_name), "replace: sAMAccountName", f"sAMAccountName: renamed-{way}")
        + renamed(ad.user_dn(other_name), f"CN=renamed-{way}")
        + modify(ad.group_dn(297), "add: member", f"member: {ad.user_dn(moved_in)}")
        + modify(ad.group_dn(0), "delete: member", f"member: {ad.user_dn(250 + moved_in)}")
        + modify(ad.user_dn(bound), "add: altSecurityIdentities", f"altSecurityIdentities: {mapping}"))
    seen = ad_site.refresh()
    assert re.search(f"changes read .* {told}: [5-9] objects", seen), seen
    wanted = ad_site.expected()
    assert f"renamed-{way}" in wanted.passwd and ad.user_name(other_name) not in wanted.passwd
    assert_equal_to(wanted)
    assert_nothing_more(wanted)
    assert account_of(mapping) == ad.user_name(bound)
    assert getent("shadow", ad.user_name(disabled)) != before
    assert re.search(f"{told}: 0 objects", ad_site.refresh())


def test_deleted_accounts_go_with_the_next_full_run(fresh):
    ldif = f"dn: {ad.user_dn(41)}\nchangetype: delete\n\n"
    fresh.domain.modify(ldif)
    fresh.refresh()
    assert passwd(ad.user_name(41)), "a machine account is not told of deletions"
    assert "asked for" in fresh.refresh("--full")
    assert passwd(ad.user_name(41)) is None
    assert_equal_to(fresh.expected())


def test_a_renamed_unit_moves_everybody_in_it(fresh):
    fresh.domain.modify(renamed(ad.GROUP_UNIT, "OU=Teams"))
    try:
        assert "a container was renamed" in fresh.refresh()
        assert_equal_to(fresh.expected())
    finally:
        fresh.domain.modify(renamed(ad.GROUP_UNIT.replace("Groups", "Teams"), "OU=Groups"))
    fresh.refresh()
    assert_equal_to(fresh.expected())


def test_groups_that_contain_each_other(fresh):
    fresh.domain.modify(ad.circle("add"))
    try:
        assert "JPKI-830" in fresh.refresh(status=1)
        assert_equal_to(fresh.expected())
    finally:
        fresh.domain.modify(ad.circle("delete"))
    fresh.refresh()
    assert_equal_to(fresh.expected())


def test_who_leaves_the_base_is_gone(ad_site):
    ad_site.configure(directory={"bases": [ad.STAFF, ad.GROUP_UNIT, f"CN=Users,{BASE}"]})
    ad_site.forget()
    ad_site.refresh()
    assert passwd(ad.user_name(42))
    rdn = ad.user_dn(42).removesuffix("," + ad.STAFF)
    ad_site.domain.modify(renamed(ad.user_dn(42), rdn, ad.LEAVERS))
    assert "changes read" in ad_site.refresh()
    assert passwd(ad.user_name(42)) is None
    ad_site.domain.modify(renamed(f"{rdn},{ad.LEAVERS}", rdn, ad.STAFF))
    ad_site.refresh()
    assert passwd(ad.user_name(42))


@pytest.mark.parametrize("way", ["dirsync", "usn"])
def test_who_comes_into_the_base_is_in_his_groups(ad_site, way):
    ad_site.configure(directory={"bases": [ad.STAFF, ad.GROUP_UNIT, f"CN=Users,{BASE}"], "incremental": way})
    name = f"comes-{way}"
    before, now = f"CN={name},{ad.LEAVERS}", f"CN={name},{ad.STAFF}"
    ad_site.domain.modify(added(before, name) + modify(ad.group_dn(297), "add: member", f"member: {before}"))
    ad_site.forget()
    ad_site.refresh()
    assert passwd(name) is None
    ad_site.domain.modify(renamed(before, f"CN={name}", ad.STAFF))
    assert "an object came into the bases or filters" in ad_site.refresh()
    assert ad.group_name(297) in groups(name)
    assert_equal_to(ad_site.expected())
    ad_site.domain.modify(renamed(now, f"CN={name}-new"))
    assert "changes read" in ad_site.refresh()
    assert ad.group_name(297) in groups(name)


@pytest.mark.parametrize("way", ["dirsync", "usn"])
def test_an_account_that_is_made_again(ad_site, way):
    """Under its old name, with another SID; it is in the groups that it was put into since, and in no other."""
    ad_site.configure(directory={"incremental": way})
    name = f"again-{way}"
    dn = f"CN={name},{ad.STAFF}"
    enter = [modify(ad.group_dn(n), "add: member", f"member: {dn}") for n in (295, 297)]
    ad_site.domain.modify(added(dn, name) + "".join(enter))
    ad_site.forget()
    ad_site.refresh()
    before = passwd(name)
    assert {ad.group_name(295), ad.group_name(297)} <= groups(name)
    ad_site.domain.modify(f"dn: {dn}\nchangetype: delete\n\n" + added(dn, name) + enter[0])
    assert "changes read" in ad_site.refresh()
    assert passwd(name) not in (None, before)
    assert ad.group_name(295) in groups(name) and ad.group_name(297) not in groups(name)
    assert_equal_to(ad_site.expected())


def test_a_filter_on_an_attribute_that_nothing_else_needs(ad_site):
    ad_site.configure(directory={"user_filter": "(|(department=Tax)(sAMAccountName=Administrator))", "incremental": "dirsync"})
    ad_site.forget()
    ad_site.refresh()
    assert passwd(ad.user_name(43)) is None
    ad_site.domain.modify(modify(ad.user_dn(43), "replace: department", "department: Tax"))
    ad_site.refresh()
    assert passwd(ad.user_name(43))
    ad_site.domain.modify(modify(ad.user_dn(43), "replace: department", "department: Water"))
    assert "by DirSync: 1 objects" in ad_site.refresh()
    assert passwd(ad.user_name(43)) is None


def test_a_filter(ad_site):
    ad_site.configure(directory={"user_filter": "(|(sAMAccountName=staff000*)(sAMAccountName=Administrator))"})
    ad_site.forget()
    ad_site.refresh()
    assert passwd(ad.user_name(3)) and passwd(ad.user_name(30)) is None
    ad_site.configure(directory={"user_filter": f"(memberOf={ad.group_dn(290)})"})
    assert "filters changed" in ad_site.refresh("--accept-fewer")
    assert "a filter on memberOf" in ad_site.refresh("--accept-fewer")


# --- how the controller is found and spoken to ------------------------------------------------------------------
@pytest.mark.parametrize("site", ["", "Default-First-Site-Name", "no-such-site"])
def test_controllers_from_dns(ad_site, site):
    ad_site.configure(directory={"servers": [], "site": site})
    ad_site.forget()
    assert f"everything read from {HOST}:389" in ad_site.refresh()


@pytest.mark.parametrize("transport", ["sealed", "starttls", "ldaps"])
@pytest.mark.parametrize("authentication", ["keytab", "password"])
def test_transports(ad_site, transport, authentication):
    password = Path("/etc/jpki/ad.password")
    password.write_text("machine.Passw0rd.of.the.lab\n")
    password.chmod(0o600)
    directory = {"transport": transport, "authentication": authentication}
    if authentication == "password":
        directory |= {"bind_dn": f"CN=HOST1,CN=Computers,{BASE}", "password_file": str(password)}
    if transport != "sealed":
        directory["ca_file"] = "/etc/jpki/ad-ca.pem"
    ad_site.configure(directory=directory)
    ad_site.forget()
    if transport == "sealed" and authentication == "password":
        assert "JPKI-812" in ad_site.refresh(status=2)
        return
    ad_site.refresh()
    assert passwd(ad.user_name(1))


# --- without AD ---------------------------------------------------------------------------------------------------
def test_everything_answers_when_ad_is_gone(fresh):
    wanted = fresh.expected()
    before = fresh.digests()
    fresh.domain.kill()
    try:
        seen = fresh.refresh(status=2)
        assert "JPKI-802" in seen and re.search(r"the accounts of [-0-9: ]+ UTC \(\d+ \w+ old\) are in force", seen), seen
        assert fresh.digests() == before
        assert_equal_to(wanted)
        assert_nothing_more(wanted)
    finally:
        fresh.domain.start()
    fresh.refresh()


# --- after an upgrade: the format of the files may be another one -----------------------------------------------
def test_offline_writes_the_same_files_anew(fresh):
    before = fresh.digests()
    for name in SNAPSHOTS:
        (STATE / name).unlink()
    fresh.domain.kill()
    try:
        fresh.refresh("--offline")
    finally:
        fresh.domain.start()
    assert fresh.digests() == before, "and as old as they were"


def test_accounts_of_a_file_are_kept_as_well(fresh):
    ldif = Path("/etc/jpki/some.ldif")
    ldif.write_text(fresh.domain.search())
    fresh.refresh("--from-ldif", str(ldif))
    ldif.unlink()
    before = fresh.digests()
    (STATE / "users.snap").unlink()
    fresh.refresh("--offline")
    assert fresh.digests() == before
    assert "everything read" in fresh.refresh(), "a file has no place in the directory's history"
    assert_equal_to(fresh.expected())


def test_who_is_nobody_at_all_comes_back_without_the_directory(fresh):
    before = fresh.digests()
    (STATE / "users.snap").unlink()
    fresh.domain.kill()
    try:
        assert "JPKI-802" in fresh.refresh(status=1)
        assert fresh.digests() == before
    finally:
        fresh.domain.start()


@pytest.mark.parametrize("why", ["other settings", "nothing kept"])
def test_offline_takes_nothing_that_does_not_belong_here(fresh, why):
    if why == "other settings":
        fresh.configure(directory={"user_filter": "(sAMAccountName=staff0001)"})
    else:
        (STATE / "directory.state").unlink()
    before = fresh.digests()
    assert "JPKI-814" in fresh.refresh("--offline", status=2)
    assert fresh.digests() == before


def test_files_of_other_versions_go_when_they_are_too_old(fresh):
    young, old, other = STATE / "restricted.v9.snap", STATE / "users.v9.snap", STATE / "users.v9.note"
    for file in (young, old, other):
        file.write_bytes(b"another version's")
    for file in (old, other):
        run("touch", "--date", "8 days ago", str(file))
    assert f"{old.name}: written by another version" in fresh.refresh()
    assert [file.exists() for file in (young, old, other)] == [True, False, True]
    young.unlink()
    other.unlink()


def test_progress_on_a_terminal(fresh):
    done = subprocess.run([shutil.which("script"), "-qec", "nss-ad-refresh --full", "/dev/null"], capture_output=True, text=True,
                          timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == 0 and "read the directory" in done.stdout and "%" in done.stdout


def test_quiet_without_a_terminal(fresh):
    done = subprocess.run(["nss-ad-refresh"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_status(fresh):
    assert re.fullmatch(r"the accounts of .* UTC \(\d+ seconds? old\) are in force\n", run("nss-ad-refresh", "--status"))
