# SPDX-License-Identifier: LGPL-2.1-or-later
"""jpkictl card against a real Active Directory (Samba): an administrator with a ticket of his own registers cards there."""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import ad_contents as ad
import pytest
import test_requests as requests
from ad_person import NAME, assert_refused, bound, person, tried  # noqa: F401
from ad_site import Proxy, close
from dialogue import converse
from domain_controller import ADMINISTRATOR_PASSWORD, BASE, REALM
from lab import HELPER_USER, PIN, SUCCESSION

A, B = ad.user_name(47), ad.user_name(48)  # whom no other test takes away
DESK, HELPER = "desk41", "helper41"  # who may write that attribute of the staff, and who may write nothing
DESK_PASSWORD = "Desk.Passw0rd.of.the.lab"
ALT_SECURITY_IDENTITIES = "00fbf30c-91fe-11d1-aebc-0000f80367c1"  # its schemaIDGUID
COPIES = Path("/var/lib/jpki/registered")
SHA1 = re.compile(r"X509:<SHA1-PUKEY>[0-9a-f]{40}")


def kinit(file: Path, name: str, password: str) -> Path:
    subprocess.run(["kinit", "-c", f"FILE:{file}", f"{name}@{REALM}"], input=password + "\n", text=True, check=True,
                   capture_output=True)
    return file


def dn(name: str) -> str:
    return f"CN={name},CN=Users,{BASE}"


@pytest.fixture(scope="module")
def tickets(lab, ad_site):
    """Files: an administrator of the domain, somebody who may write the one attribute, somebody who may not."""
    domain = ad_site.domain
    secret = base64.b64encode(f'"{DESK_PASSWORD}"'.encode("utf-16-le")).decode()
    for name in (DESK, HELPER):
        domain.modify(f"dn: {dn(name)}\nchangetype: add\nobjectClass: user\nsAMAccountName: {name}\nuserAccountControl: 512\n"
                      f"unicodePwd:: {secret}\n\n")
    sid = re.search(r"objectSid: (\S+)", domain.offline("samba-tool", "user", "show", DESK))[1]
    domain.offline("samba-tool", "dsacl", "set", f"--objectdn={ad.STAFF}", f"--sddl=(OA;CI;WP;{ALT_SECURITY_IDENTITIES};;{sid})")
    yield {"administrator": kinit(lab.work / "cc-administrator", "administrator", ADMINISTRATOR_PASSWORD),
           DESK: kinit(lab.work / "cc-desk", DESK, DESK_PASSWORD),
           HELPER: kinit(lab.work / "cc-helper", HELPER, DESK_PASSWORD)}
    domain.modify("".join(f"dn: {dn(name)}\nchangetype: delete\n\n" for name in (DESK, HELPER)))


@pytest.fixture
def desk(lab, ad_site, tickets):
    """Logins here ask AD; what the staff held is put back."""
    made = DeskOfAdministrator(lab, ad_site, tickets)
    before = {name: made.values(name) for name in (A, B, NAME)}
    yield made
    ad_site.configure()
    for name, values in before.items():
        made.put(name, values)
    made.close()


class DeskOfAdministrator:
    def __init__(self, lab, site, tickets):
        self.lab, self.site, self.tickets = lab, site, tickets
        self._switch = Path("/etc/jpki/jpki.toml.d/zz-desk.toml")
        self._switch.write_text('[account]\nsource = "ad"\n')

    def close(self) -> None:
        self._switch.unlink()
        subprocess.run(["rm", "-rf", str(COPIES)], check=True)

    def argv(self, *words, ticket: str = "administrator") -> list[str]:
        return ["jpkictl", "card", *map(str, words), "--ccache", str(self.tickets[ticket])]

    def start(self, *words, ticket: str = "administrator") -> subprocess.Popen:
        return subprocess.Popen(["setsid", "--wait", *self.argv(*words, ticket=ticket)], text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"LC_ALL": "C.UTF-8"})

    def run(self, *words, ticket: str = "administrator") -> tuple[int, str]:
        started = self.start(*words, ticket=ticket)
        out, err = started.communicate(timeout=120)
        return started.returncode, out + err

    def at_terminal(self, *words, answers=(), ticket: str = "administrator"):
        return converse(self.argv(*words, ticket=ticket), answers, environment=self.lab.environment("C.UTF-8") | {"LC_ALL": "C.UTF-8"},
                        within=90)

    def values(self, name: str) -> list[str]:
        """As the directory says to somebody else."""
        found = self.site.domain.search(f"(sAMAccountName={name})", "altSecurityIdentities")
        return sorted(re.findall(r"^altSecurityIdentities: (.*)$", found, re.M))

    def put(self, name: str, values: list[str]) -> None:
        whose = self.site.domain.search(f"(sAMAccountName={name})", "dn").splitlines()[0]
        lines = "".join(f"altSecurityIdentities: {value}\n" for value in values)
        self.site.domain.modify(f"{whose}\nchangetype: modify\nreplace: altSecurityIdentities\n{lines}\n")

    def new_values(self, name: str, before: list[str]) -> list[str]:
        now = self.values(name)
        assert set(before) <= set(now) and len(now) == len(set(now)), (before, now)
        return [value for value in now if value not in before]


# --- one card -----------------------------------------------------------------------------------------------
def test_registered_once_whoever_asks(desk, insert):
    insert("saburo")
    before = desk.values(A)
    status, said = desk.run("enroll", A, "--no-pin", "--dry-run")
    assert status == 0 and re.search(rf"dn: .*\nchangetype: modify\nadd: altSecurityIdentities\naltSecurityIdentities: {SHA1.pattern}\n-\n",
                                     said), said
    assert desk.values(A) == before
    status, said = desk.run("enroll", A.upper(), "--no-pin", ticket=DESK)
    assert status == 0, said
    (value,) = desk.new_values(A, before)
    for again in (A, A.upper()):
        status, said = desk.run("enroll", again, "--no-pin")
        assert status == 0 and "already registered" in said, said
    status, said = desk.run("enroll", B, "--no-pin")
    assert status == 1 and f"registered to {A}" in said, said
    assert desk.new_values(A, before) == [value]
    status, said = desk.run("list", A, "--directory", "--json")
    assert status == 0 and value in [one["mapping"] for one in json.loads(said)["registered"]]
    status, said = desk.run("show", "--directory", "--json")
    assert status == 0 and [one["account"] for one in json.loads(said)["cards"][0]["registered"]] == [A]


def test_what_a_person_registered_waits_for_an_administrator(desk, lab):
    """No terminal writes to the directory: who approves does, with a ticket of their own."""
    digits = hashlib.sha1((lab.pki / "cards" / "saburo" / "auth.der").read_bytes()).hexdigest()
    line = f"asked\t1\t1\tX509:<SHA1-PUKEY>{digits}\taccount={A}\n"
    overlay = SUCCESSION / "overlay"
    overlay.write_text("jpki-succession 1\n" + line)
    overlay.chmod(0o600)
    shutil.chown(overlay, HELPER_USER)
    before = desk.values(A)
    try:
        status, said = desk.run("pending", "approve", digits[:12], ticket=HELPER)
        assert status != 0 and desk.values(A) == before and line in overlay.read_text(), said
        status, said = desk.run("pending", "approve", digits[:12])
        assert status == 0 and "is registered" in said, said
        assert desk.new_values(A, before) == [f"X509:<SHA1-PUKEY>{digits}"] and line not in overlay.read_text()
        overlay.write_text("jpki-succession 1\n" + line.replace(f"={A}", f"={B}"))
        status, said = desk.run("pending", "approve", digits[:12])
        assert status == 1 and f"registered to {A}" in said, said
    finally:
        overlay.unlink()


def test_a_request_of_another_computer(desk, lab):
    """The same from another computer: it waits here without a ticket, and is written with one."""
    desk.put(A, [])  # the account's first card
    desk.site.refresh()
    before, digits = desk.values(A), requests.thumbprint(lab, "saburo")
    try:
        text = requests.exported(lab, requests.asked(lab, account=A))
        status, out, err = requests.pending("import", "-", give=text)
        assert status == 0 and f"{A}: the card {digits[17:29]} waits" in out, err
        status, said = desk.run("pending", "approve", digits[17:29], ticket=HELPER)
        assert status != 0 and desk.values(A) == before and len(requests.listed()) == 1, said
        status, said = desk.run("pending", "approve", digits[17:29], ticket=DESK)
        assert status == 0 and "is registered" in said, said
        assert len(desk.new_values(A, before)) == 1 and requests.listed() == []
        status, _, err = requests.pending("import", "-", give=requests.exported(lab, requests.asked(lab, account="administrator")))
        assert status == 1 and "administers something" in err, err
    finally:
        requests.remove_all()


def test_move_and_revoke(desk, insert):
    insert("saburo")
    a, b = desk.values(A), desk.values(B)
    status, said = desk.run("move", A, B, "--dry-run")
    assert status == 0 and said.index("add: altSecurityIdentities") < said.index("delete: altSecurityIdentities"), said
    assert (desk.values(A), desk.values(B)) == (a, b)
    status, said = desk.run("move", A, B, ticket=DESK)
    assert status == 0 and f"{len(a)} card(s)" in said, said
    assert desk.values(A) == [] and set(desk.values(B)) == set(a) | set(b)
    status, said = desk.run("revoke", B, "--mapping", a[0], "--yes")
    assert status == 0 and set(desk.values(B)) == set(a[1:]) | set(b), said
    status, said = desk.run("revoke", B, "--mapping", a[0], "--yes")
    assert status == 1 and "no such card" in said, said


# --- refusals -------------------------------------------------------------------------------------------------
def test_no_right(desk, insert):
    insert("saburo")
    before = desk.values(A)
    for words in (("enroll", A, "--no-pin"), ("revoke", A, "--yes"), ("move", A, B)):
        status, said = desk.run(*words, ticket=HELPER)
        assert status == 1 and "you may not change altSecurityIdentities" in said, said
    assert desk.values(A) == before


def test_no_account_no_ticket_no_usage(lab, desk, insert):
    insert("saburo")
    status, said = desk.run("enroll", "nobody99", "--no-pin")
    assert status == 1 and "no user account nobody99" in said, said
    desk.tickets = desk.tickets | {"none": lab.work / "cc-none", "open": lab.work / "cc-open", "torn": lab.work / "cc-torn"}
    whole = desk.tickets["administrator"].read_bytes()
    for name, content, mode in (("open", whole, 0o644), ("torn", whole[:20], 0o600)):
        desk.tickets[name].write_bytes(content)
        desk.tickets[name].chmod(mode)
    for name in ("none", "open", "torn"):
        status, said = desk.run("enroll", A, "--no-pin", ticket=name)
        assert status == 2 and "needs a Kerberos ticket of yours" in said and str(desk.tickets[name]) in said, said
    assert desk.run("list", "--directory", "--local")[0] == 64


# --- several administrators -------------------------------------------------------------------------------------
def test_two_administrators_give_one_person_two_cards(desk, insert):
    """Each has his own card and ticket: both values are there, and what was there before."""
    insert("saburo", "hanako")
    before = desk.values(A)
    both = [desk.start("enroll", A, "--no-pin", "--reader", f"00 0{n}", ticket=who) for n, who in enumerate(("administrator", DESK))]
    told = [one.communicate(timeout=120) for one in both]
    assert [one.returncode for one in both] == [0, 0], told
    assert len(desk.new_values(A, before)) == 2


def test_two_administrators_give_one_card_to_two_people(desk, insert):
    insert("saburo")
    before = {name: desk.values(name) for name in (A, B)}
    for _ in range(3):
        both = [desk.start("enroll", name, "--no-pin", ticket=who) for name, who in ((A, "administrator"), (B, DESK))]
        told = [one.communicate(timeout=120) for one in both]
        added = {name: desk.new_values(name, before[name]) for name in (A, B)}
        status = [one.returncode for one in both]
        assert sorted(map(len, added.values())) in ([0, 0], [0, 1]), (added, told)
        assert status.count(0) == sum(map(len, added.values())) and set(status) <= {0, 1}, (status, told)
        for name in (A, B):
            desk.put(name, before[name])


# --- a controller that dies -------------------------------------------------------------------------------------
class Fuse(Proxy):
    """Lets `requests` messages to the controller pass. The next one, the change, meets `fate`."""

    def __init__(self, requests: int | None, fate=None):
        self.requests, self.left, self._fate = 0, requests, fate
        self.blown, self.answered = threading.Event(), threading.Event()
        self._burnt = None  # the connection that met it
        super().__init__()

    def _upward(self, near, far) -> None:
        try:
            while data := near.recv(65536):
                self.requests += 1
                if self.left is not None and self.requests > self.left and not self.blown.is_set():
                    self._burnt = far
                    self.blown.set()
                    self._fate(data, near, far)
                    break
                far.sendall(data)
        except OSError:
            pass
        close(far)

    def _downward(self, far, near) -> None:
        try:
            while data := far.recv(65536):
                if self._burnt is far:
                    self.answered.set()
                    break
                near.sendall(data)
        except OSError:
            pass


@pytest.mark.parametrize("fate", ["lost before", "lost after", "cut after"])
def test_the_controller_dies_while_it_is_changed(desk, insert, fate):
    """The connection ends at the very request that changes the directory: before it arrives, or after it was done; and the
    controller is killed, or is still there and can be asked."""
    insert("saburo")
    before = desk.values(A)
    domain = desk.site.domain
    counting = Fuse(None)
    desk.site.configure(directory={"servers": [counting.server]})
    status, said = desk.run("enroll", A, "--no-pin", "--dry-run")
    assert status == 0 and "add: altSecurityIdentities" in said, said
    counting.stop()

    def meet(data, near, far):
        if fate != "lost before":
            far.sendall(data)
            assert fuse.answered.wait(20)
        if fate != "cut after":
            domain.kill()
        close(near)

    fuse = Fuse(counting.requests, meet)
    desk.site.configure(directory={"servers": [fuse.server]})
    try:
        status, said = desk.run("enroll", A, "--no-pin")
    finally:
        fuse.stop()
        if not domain.is_running:
            domain.start()
        desk.site.configure()
    assert fuse.blown.is_set(), said
    added = desk.new_values(A, before)
    assert len(added) == (0 if fate == "lost before" else 1), said
    if fate == "cut after":
        assert status == 0 and "registered in" in said, said
    else:
        assert status == 2 and "could not be told" in said and f"jpkictl card list --directory {A}" in said, said
    status, said = desk.run("enroll", A, "--no-pin")
    assert status == 0 and ("already registered" in said) == bool(added), said
    assert len(desk.new_values(A, before)) == 1


def test_the_controller_dies_while_the_holder_types(desk, insert):
    insert("saburo")
    before = desk.values(A)

    def kill() -> str:
        desk.site.domain.kill()
        return PIN

    try:
        seen = desk.at_terminal("enroll", A, answers=[kill])
    finally:
        desk.site.domain.start()
    assert seen.status == 2 and "cannot be reached, so nothing was changed" in seen.screen, seen.screen
    assert desk.values(A) == before


# --- many -------------------------------------------------------------------------------------------------------
def test_the_whole_domain(desk):
    """More people than a controller sends in one page; what is wrong with them is found."""
    status, said = desk.run("list", "--directory", "--json")
    listed = json.loads(said)["registered"]
    assert status == 0 and len({one["account"] for one in listed}) > 1900, len(listed)
    everything = desk.site.domain.search("(altSecurityIdentities=X509:*)", "altSecurityIdentities")
    assert sorted(one["mapping"] for one in listed) == sorted(re.findall(r"^altSecurityIdentities: (.*)$", everything, re.M))
    status, said = desk.run("check", "--directory", "--json")
    assert json.loads(said)["bindings"] >= len(listed)
    weak, broken = "X509:<RFC822>a@example.jp", "X509:<SKI>zz"
    desk.put(A, [*desk.values(A), weak, broken, desk.values(B)[0]])
    status, said = desk.run("check", "--directory", "--json")
    found = {(one["kind"], one["account"]) for one in json.loads(said)["findings"]}
    assert status == 1 and {("weak", A), ("double", A), ("double", B), ("malformed", None)} <= found, found


def test_a_department_at_one_desk_and_back(lab, desk, insert):
    """One person whose account is out of reach does not keep the others; the undo file takes everything back."""
    insert("saburo")
    before = {name: desk.values(name) for name in (A, B)}
    people = lab.work / "people.csv"
    people.write_text(f"account\n{DESK}\n{A}\n{B}\n")
    seen = desk.at_terminal("enroll", "--csv", people, "--no-pin", answers=["", "s", "", "", "q"], ticket=DESK)
    assert seen.status == 1 and "you may not change" in seen.screen and f"registered to {A}" in seen.screen, seen.screen
    (value,) = desk.new_values(A, before[A])
    assert desk.values(B) == before[B]
    undo = f"{people}.undo"
    status, said = desk.run("undo", undo, "--dry-run", ticket=DESK)
    assert status == 0 and f"delete: altSecurityIdentities\naltSecurityIdentities: {value}\n" in said, said
    status, said = desk.run("undo", undo, "--yes", ticket=DESK)
    assert status == 0 and "1 registration(s) were taken back" in said, said
    assert {name: desk.values(name) for name in (A, B)} == before


# --- last: from here on the card is bound ------------------------------------------------------------------------------------
def test_a_card_is_registered_in_the_directory_and_logs_in(lab, person, desk):
    """Taken back: no login. Registered with PIN proof, and read by the next refresh: a login."""
    status, said = desk.run("revoke", "--card", "--yes")
    assert status == 0 and NAME in said, said
    person.site.refresh()
    assert_refused(lab, tried(lab), "JPKI-501", "USER_UNKNOWN", prompts=0)
    lab.syslog.clear()
    seen = desk.at_terminal("enroll", NAME, answers=[PIN], ticket=DESK)
    assert seen.status == 0 and "registered in Active Directory AD.TEST" in seen.screen and len(seen.pin_prompts) == 1, seen.screen
    assert PIN not in seen.screen and len([v for v in desk.values(NAME) if SHA1.fullmatch(v)]) == 1
    person.site.refresh()
    assert tried(lab).pam == "SUCCESS", lab.syslog.text()
