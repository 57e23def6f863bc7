# SPDX-License-Identifier: LGPL-2.1-or-later
"""An administrator's first morning, each step typed as he would: a terminal of an Active Directory is set up, goes back, is set up again
and confirmed by a login; a department is registered from a list; renewed cards come in by each source; somebody forgot the card; the
registrations are exported. No file of ours is edited by hand.

What the site brings is written here: the joined computer's keytab, the list of people, the feed, the resolver and where its responder is. systemd is the stand-in
of test_setup.py, so the timer's runs are typed.
"""

import datetime
import hashlib
import json
import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

import ad_contents as ad
import pytest
from ad_site import STATE
from card_service import PORT, VirtualCard
from dialogue import converse
from domain_controller import ADMINISTRATOR_PASSWORD, BASE, HOST, REALM
from lab import GUARD_USER, PIN
from ocsp_responder import OcspResponder
from test_emergency import CODES, HISTORY, SIXTEEN
from test_setup import computer, picture  # noqa: F401
from test_succession import FEED, OID, OVERLAY, PLATFORM, RESOLVER, TOLD, der_serial, write_feed

PEOPLE = [f"asa{number:02d}" for number in range(1, 31)]
UNIT = f"OU=Asa,{BASE}"
CARDS = len(PEOPLE) + 3  # three are renewed ones
DESK = Path("/etc/pam.d/desk")  # as a package would bring a service
DESK_LINES = "@include common-auth\n@include common-account\nsession required pam_permit.so\n@include common-session\n"
TICKET = "/tmp/krb5cc_0"  # where kinit leaves it
BY_HAND = ("--profile", "or-password", "--emergency", "yes", "--removal", "lock", "--mapping", "ad", "--realm", "AD.TEST", "--controller", HOST,
           "--feed", FEED, "--resolver", RESOLVER, "--ocsp-extension", OID)


class Morning:
    """The administrator's terminal, and the desk with its two readers."""

    def __init__(self, lab, domain):
        self.lab, self.domain = lab, domain
        self._cards: list[VirtualCard] = []
        self._count = 0

    def type(self, *words, answers=(), status: int = 0, within: float = 60):
        seen = converse([str(word) for word in words], answers, environment=self.lab.environment() | {"LC_ALL": "C.UTF-8"},
                        within=within)
        assert seen.status == status, f"{words}: {seen.status}\n{seen.screen}{self.lab.syslog.text()}"
        return seen

    def get_ticket(self) -> None:
        subprocess.run(("kinit", f"administrator@{REALM}"), input=ADMINISTRATOR_PASSWORD + "\n", text=True, check=True,
                       capture_output=True)

    def card(self, number: int) -> Path:
        return self.lab.work / "department/cards" / f"person-{number:02d}"

    def put(self, number: int) -> None:
        """This card on the other reader; the one before it goes."""
        self._count += 1
        new = VirtualCard(self.lab.work / f"story-card-{self._count}", [self.card(number)], absent=True, port=PORT + self._count % 2)
        self._cards.append(new)
        old = self._cards[-2] if len(self._cards) > 1 else None
        new.ctl("insert")
        if old:
            old.ctl("remove")
            old.ctl("wait", "absent", "10")
            old.stop()
        new.ctl("wait", "present", "10")

    def take_away(self) -> None:
        self._cards[-1].remove()
        self._cards.pop().stop()

    def logs_in(self, account: str, answers=(PIN,), operations=("authenticate", "acct_mgmt", "open_session", "close_session")):
        seen = converse(["pamtester", "-I", "tty=tty2", "desk", account, *operations], list(answers), environment=self.lab.environment(), within=60)
        assert seen.status == 0, seen.screen + self.lab.syslog.text()
        return seen

    def sha256(self, number: int) -> str:
        return "SHA256:" + hashlib.sha256((self.card(number) / "auth.der").read_bytes()).hexdigest()

    def bound(self, account: str) -> list[str]:
        found = self.domain.search(f"(sAMAccountName={account})", "altSecurityIdentities")
        return re.findall(r"^altSecurityIdentities: (.*)$", found, re.M)

    def close(self) -> None:
        if self._cards:
            self._cards[-1].stop()


@pytest.fixture
def morning(lab, domain, card_service, computer):  # noqa: F811
    """The domain's administrator made the people's accounts and joined the computer; the packages made their directories."""
    subprocess.run(("jpki-testpki", "--seed", "lab", "--date", datetime.date.today().isoformat(), "--people", str(CARDS), "--out", lab.work / "department"),
                   check=True, capture_output=True)
    domain.modify(f"dn: {UNIT}\nchangetype: add\nobjectClass: organizationalUnit\n\n" + "".join(
        f"dn: CN={name},{UNIT}\nchangetype: add\nobjectClass: user\nsAMAccountName: {name}\nuserAccountControl: {ad.NORMAL | ad.NO_PASSWORD_NEEDED}\n"
        f"userPrincipalName: {name}@ad.test\n\n" for name in PEOPLE))
    shutil.copyfile(domain.machine_keytab, "/etc/krb5.keytab")
    Path("/etc/krb5.keytab").chmod(0o600)
    DESK.write_text(DESK_LINES)
    records = Path("/run/jpki/sessions")
    for directory, mode in ((CODES, 0o700), (HISTORY, 0o700), (records, 0o2750), (STATE, 0o755)):
        directory.mkdir(mode=mode, parents=True, exist_ok=True)
    os.chown(records, 0, pwd.getpwnam(GUARD_USER).pw_gid)
    records.chmod(0o2750)
    made = Morning(lab, domain)
    made.responder = OcspResponder(lab.work / "department", lab.work / "story-ocsp.log")
    lab.sources(PLATFORM.format(url=made.responder.url))
    yield made
    made.close()
    made.responder.stop()
    lab.sources("")
    lab.forget_evidence()
    for path in (CODES, HISTORY, records, lab.work / "department"):
        shutil.rmtree(path)
    for path in (Path("/etc/krb5.keytab"), Path(TICKET), OVERLAY, DESK):
        path.unlink(missing_ok=True)
    for entry in STATE.iterdir():
        entry.unlink()
    shutil.rmtree("/var/lib/jpki/registered", ignore_errors=True)
    domain.modify("".join(f"dn: CN={name},{UNIT}\nchangetype: delete\n\n" for name in PEOPLE) + f"dn: {UNIT}\nchangetype: delete\n\n")


def test_the_first_morning(lab, morning):
    # --- set up, taken back, set up again
    before = picture()
    morning.type("jpkictl", "setup", "plan", *BY_HAND)
    assert picture() == before
    morning.type("jpkictl", "setup", "apply", *BY_HAND, "--yes")
    assert picture() != before
    morning.type("jpkictl", "setup", "rollback", answers=["yes"])
    assert picture() == before
    morning.type("jpkictl", "setup", "apply", *BY_HAND, answers=["yes"])
    morning.type("nss-ad-refresh")  # its timer was started

    # --- the first person; her login confirms it
    morning.get_ticket()
    first = PEOPLE[0]
    morning.put(1)
    morning.type("jpkictl", "setup", "confirm", status=1)
    morning.type("jpkictl", "card", "enroll", first, answers=[PIN])
    morning.type("nss-ad-refresh")

    def confirm() -> str:
        morning.type("jpkictl", "setup", "confirm")
        return PIN

    morning.logs_in(first, [PIN, confirm], ("authenticate", "acct_mgmt", "open_session", "authenticate", "close_session"))
    assert json.loads(morning.type("jpkictl", "setup", "status", "--json").screen)["result"] == "nothing"

    # --- the department, from a list
    people = lab.work / "department/people.csv"
    people.write_text("アカウント\n" + "".join(f"{name}\n" for name in PEOPLE))
    answers = []
    for number in range(1, len(PEOPLE) + 1):
        answers.append(lambda number=number: morning.put(number) or "" if number > 1 else "")
        answers += [PIN] if number > 1 else []  # the first one is registered
    seen = morning.type("jpkictl", "card", "enroll", "--csv", people, answers=answers, within=240)
    assert "All 30 people" in seen.screen, seen.screen
    morning.type("nss-ad-refresh")
    for number in (30, 2, 17):
        morning.put(number)
        morning.logs_in(PEOPLE[number - 1])

    # --- three of them have renewed cards: the feed knows of one, the resolver of another, the responder of the third
    (old,) = morning.bound(PEOPLE[1])
    write_feed(f"{morning.sha256(31)} {old}")
    RESOLVER.write_text("#!/bin/sh\nquestion=$(cat)\necho jpki-succession 1\n"
                        f"case $question in *{morning.sha256(32).split(':')[1]}*) echo 'old {morning.bound(PEOPLE[2])[0]}';; *) echo unknown;; esac\n")
    RESOLVER.chmod(0o755)
    morning.responder.carry("person-33", OID, der_serial(morning.card(17)))
    for number, account in ((31, PEOPLE[1]), (32, PEOPLE[2]), (33, PEOPLE[16])):
        morning.put(number)
        assert TOLD in " ".join(morning.logs_in(account).screen.split())
    pending = json.loads(morning.type("jpkictl", "card", "pending", "list", "--json").screen)["pending"]
    assert sorted(one["account"] for one in pending) == [*PEOPLE[1:3], PEOPLE[16]]
    for one in pending:
        morning.type("jpkictl", "card", "pending", "approve", one["id"])
    assert morning.bound(PEOPLE[1]) != [old] and len(morning.bound(PEOPLE[1])) == 1
    morning.type("nss-ad-refresh")
    morning.logs_in(PEOPLE[16])

    # --- a card was left at home
    morning.take_away()
    told = morning.type("jpkictl", "emergency", "issue", PEOPLE[3], "--hours", "8", "--reason", "the card is at home")
    morning.logs_in(PEOPLE[3], [SIXTEEN.search(told.screen)[0]])

    # --- what Entra ID is given
    seen = morning.type("jpkictl", "card", "export", "--directory", "--entra", "csv", "--upn", "ad.test")
    rows = dict(line.split(",", 1) for line in seen.screen.splitlines() if line.startswith("asa"))
    assert set(rows) == {f"{name}@ad.test" for name in PEOPLE} and all("X509:<SHA1-PUKEY>" in row for row in rows.values())
