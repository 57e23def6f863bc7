# SPDX-License-Identifier: LGPL-2.1-or-later
"""nss-ad-refresh when something is wrong: each fault has its code, and the accounts of the last good run stay."""

import fcntl
import os
import re
import socket
import subprocess
from pathlib import Path

import ad_contents as ad
import pytest
from ad_oracle import assert_equal_to, getent
from ad_site import STATE, Proxy
from domain_controller import BASE, HOST
from lab import run
from processes import status_of


@pytest.fixture(scope="module")
def good(ad_site):
    """A terminal with good accounts. Its tests leave the directory as it is."""
    ad_site.configure()
    ad_site.forget()
    ad_site.refresh()
    return ad_site


@pytest.fixture
def rewrites():
    """For a test in which a run succeeds as well."""


@pytest.fixture(autouse=True)
def nothing_changes(good, request):
    """Whatever goes wrong, the snapshots are those of before, whole, and nothing is left beside them."""
    good.configure()
    before = good.digests()
    yield
    assert good.digests() == before or "rewrites" in request.fixturenames
    assert not [file.name for file in STATE.iterdir() if file.name.endswith(".new")]
    assert getent("passwd", ad.user_name(1))


@pytest.fixture
def proxy():
    made = []

    def make(**options) -> Proxy:
        made.append(Proxy(**options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def fails(site, code: str, *options: str, **keywords) -> str:
    seen = site.refresh(*options, status=2, **keywords)
    assert code in seen, seen
    assert re.search(r"the accounts of .* old\) are in force", seen), seen
    return seen


# --- the connection ------------------------------------------------------------------------------------------
def test_nobody_listens(good):
    good.configure(directory={"servers": [f"{HOST}:9"]})
    fails(good, "JPKI-802")


def test_no_name_server_knows_the_domain(good):
    good.configure(directory={"realm": "OTHER.TEST", "servers": []})
    fails(good, "JPKI-801")


def test_a_name_that_does_not_resolve(good):
    """It is no controller's, so it is not even looked up."""
    good.configure(directory={"servers": ["nowhere.ad.test"]})
    fails(good, "JPKI-809")


def test_a_server_that_says_nothing(good, proxy):
    silent = proxy(after=0, silent=True)
    good.configure(directory={"servers": [silent.server], "timeout_seconds": 2})
    fails(good, "JPKI-802")


@pytest.mark.parametrize("transport", ["starttls", "ldaps"])
def test_a_server_that_says_nothing_in_tls(good, proxy, transport):
    silent = proxy(after=0 if transport == "ldaps" else 100, silent=True, port=636 if transport == "ldaps" else 389)
    good.configure(directory={"servers": [silent.server], "timeout_seconds": 2, "transport": transport,
                              "ca_file": "/etc/jpki/ad-ca.pem"})
    assert re.search("JPKI-80[23]", fails(good, "JPKI-80"))


@pytest.mark.parametrize("after", [20_000, 300_000], ids=["first-page", "later"])
def test_a_controller_that_stops_in_the_middle(good, proxy, after):
    bad = proxy(after=after)
    good.configure(directory={"servers": [bad.server], "timeout_seconds": 60})
    fails(good, "JPKI-806", "--full")
    assert bad.passed == after


def test_a_controller_that_hangs_in_the_middle(good, proxy):
    bad = proxy(after=20_000, silent=True)
    good.configure(directory={"servers": [bad.server], "timeout_seconds": 3})
    assert "nothing for 3 seconds" in fails(good, "JPKI-806", "--full")


def test_total_time(good, proxy):
    slow = proxy(after=20_000, silent=True)
    good.configure(directory={"servers": [slow.server], "timeout_seconds": 60, "total_timeout_seconds": 2})
    fails(good, "JPKI-815", "--full")


def test_who_hears_a_controller_has_few_rights(good):
    """Started by hand, as by its unit: no capability, no new privileges, a filter."""
    looked = []

    class Watcher(Proxy):
        def _serve(self, connection: socket.socket) -> None:
            looked.append(status_of("nss-ad-refresh"))
            super()._serve(connection)

    proxy = Watcher(after=0)
    try:
        good.configure(directory={"servers": [proxy.server], "timeout_seconds": 5})
        fails(good, "JPKI-80")
    finally:
        proxy.stop()
    assert looked
    for fields in looked:
        assert int(fields["CapEff"], 16) == int(fields["CapPrm"], 16) == 0, fields
        assert fields["NoNewPrivs"] == "1" and fields["Seccomp"] == "2", fields


def test_the_next_controller_is_asked(good, proxy, rewrites):
    """It tells everything from the beginning."""
    bad = proxy(after=20_000)
    good.configure(directory={"servers": [f"{HOST}:9", bad.server, f"{HOST}:389"]})
    (STATE / "directory.state").unlink()  # else the controller of the last run is the first one
    assert f"everything read from {HOST}:389" in good.refresh()
    assert bad.connections == 1
    assert_equal_to(good.expected())


# --- who asks ------------------------------------------------------------------------------------------------
def test_no_keytab(good):
    good.configure(directory={"keytab": "/etc/jpki/none.keytab"})
    assert "none.keytab" in fails(good, "JPKI-804")


def test_a_keytab_that_others_can_read(good):
    bad = Path("/etc/jpki/open.keytab")
    bad.write_bytes(good.keytab.read_bytes())
    bad.chmod(0o644)
    good.configure(directory={"keytab": str(bad)})
    assert "chmod" in fails(good, "JPKI-804")


def test_a_keytab_with_an_old_key(good):
    """The machine's password was changed elsewhere."""
    bad = Path("/etc/jpki/old.keytab")
    bad.write_bytes(flipped_keys(good.keytab.read_bytes()))
    bad.chmod(0o600)
    good.configure(directory={"keytab": str(bad)})
    assert "join the domain again" in fails(good, "JPKI-804")


def flipped_keys(keytab: bytes) -> bytes:
    """MIT's format: each entry is a length and as many octets; the key is the end of it, before the
    32-bit version and flags."""
    out, at = bytearray(keytab), 2
    while at + 4 <= len(keytab):
        size = int.from_bytes(keytab[at:at + 4], "big", signed=True)
        at += 4
        if size > 0:
            out[at + size - 10] ^= 0xFF
        at += abs(size)
    return bytes(out)


def test_a_disabled_machine_account(good):
    change = "dn: CN=HOST1,CN=Computers,{}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: {}\n\n"
    good.domain.modify(change.format(BASE, 4098))
    try:
        fails(good, "JPKI-804")
    finally:
        good.domain.modify(change.format(BASE, 4096))


def test_a_wrong_password(good):
    password = Path("/etc/jpki/ad.password")
    password.write_text("wrong\n")
    password.chmod(0o600)
    good.configure(directory={"transport": "ldaps", "ca_file": "/etc/jpki/ad-ca.pem", "authentication": "password",
                              "bind_dn": "administrator@ad.test", "password_file": str(password)})
    fails(good, "JPKI-804")
    password.chmod(0o644)
    fails(good, "JPKI-804")


# --- TLS -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("transport", ["starttls", "ldaps"])
def test_another_authority(good, transport):
    other = Path("/etc/jpki/other-ca.pem")
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "/dev/null", "-out", str(other), "-subj",
        "/CN=other", "-days", "2")
    other.chmod(0o644)
    good.configure(directory={"transport": transport, "ca_file": str(other)})
    fails(good, "JPKI-803")


@pytest.mark.parametrize("transport", ["starttls", "ldaps"])
def test_another_name(good, transport):
    good.configure(directory={"transport": transport, "ca_file": "/etc/jpki/ad-ca.pem", "servers": ["127.0.0.1"]})
    fails(good, "JPKI-803")


# --- the clock, the configuration --------------------------------------------------------------------------------
@pytest.mark.parametrize("seconds", [3600, -3600])
def test_another_clock(good, other_clock, seconds):
    seen = good.refresh(status=2, environment=other_clock(seconds))
    assert "JPKI-805" in seen and "timedatectl" in seen


@pytest.mark.parametrize("directory,code", [
    ({"bases": ["OU=Nowhere,DC=ad,DC=test"]}, "JPKI-807"), ({"user_filter": "(cn=*"}, "JPKI-812"),
    ({"servers": ["a:b"]}, "JPKI-812"), ({"unknown_key": 1}, "JPKI-812"), ({"bases": [ad.LEAVERS]}, "JPKI-817")],
    ids=["base", "filter", "server", "key", "empty-base"])
def test_configuration(good, directory, code):
    good.configure(directory=directory)
    seen = good.refresh(status=2)
    assert code in seen, seen


def test_no_configuration(good):
    Path("/etc/jpki/ad.toml").unlink()
    fails(good, "JPKI-812")


# --- this machine ----------------------------------------------------------------------------------------------
def test_two_at_once(good):
    with open(STATE / ".refresh.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fails(good, "JPKI-811")


def test_a_full_disk(good):
    """A file system of its own, with room for the old files and not for new ones."""
    kept = {file.name: file.read_bytes() for file in STATE.iterdir()}
    needed = sum(map(len, kept.values()))
    run("mount", "-t", "tmpfs", "-o", f"size={needed // 1024 + 150}k,mode=0755", "tmpfs", str(STATE))
    try:
        for name, content in kept.items():
            (STATE / name).write_bytes(content)
        (STATE / "directory.state").chmod(0o600)
        group = os.stat("/etc/jpki").st_gid
        os.chown(STATE / "restricted.snap", 0, group)
        (STATE / "restricted.snap").chmod(0o640)
        seen = fails(good, "JPKI-813", "--full")
        assert "make room" in seen
        assert {name: (STATE / name).read_bytes() for name in kept} == kept
    finally:
        run("umount", str(STATE))


def inodes() -> dict[str, int]:
    return {file.name: file.stat().st_ino for file in STATE.iterdir()}


@pytest.mark.parametrize("which", range(1, 5))
def test_power_is_cut_before_a_rename(good, rewrites, which):
    """The run ends at its first, second, … rename: ids, both snapshots, the state. The next run is as any other."""
    before = inodes()
    done = subprocess.run(["strace", "-o", "/dev/null", "-e", "trace=rename", "-e",
                           f"inject=rename:signal=KILL:when={which}", "nss-ad-refresh"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode in (-9, 137), (done.returncode, done.stderr)
    after = inodes()
    order = ("ids", "restricted.snap", "users.snap", "directory.state")
    assert [name for name in order if after[name] != before[name]] == list(order[:which - 1])
    assert getent("passwd", ad.user_name(1)) and getent("group", ad.group_name(1))
    good.refresh()
    assert_equal_to(good.expected())


@pytest.mark.parametrize("damage", ["flip", "cut", "foreign"])
def test_a_damaged_state(good, rewrites, damage):
    state = STATE / "directory.state"
    content = bytearray(state.read_bytes())
    content[len(content) // 2] ^= 1
    state.write_bytes(bytes(content) if damage == "flip" else bytes(content[:99]))
    if damage == "foreign":
        state.chmod(0o666)
    seen = good.refresh(status=1)
    assert "JPKI-814" in seen and "first run" in seen
    assert "JPKI-814" not in good.refresh()
