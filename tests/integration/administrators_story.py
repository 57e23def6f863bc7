# SPDX-License-Identifier: LGPL-2.1-or-later
"""An administrator's first morning, each step typed as he would: a terminal of an Active Directory is set up, goes back, is set up again
and confirmed by a login; a department is registered from a list; renewed cards come in by each source; somebody forgot the card; the
registrations are exported. No file of ours is edited by hand.

What the site brings is written here: the joined computer's keytab, a service of PAM, the list of people, the feed and the resolver.
"""

import datetime
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import ad_contents as ad
from card_service import PORT, VirtualCard
from dialogue import EMERGENCY_CODE, Dialogue, converse
from domain_controller import ADMINISTRATOR_PASSWORD, BASE, HOST, REALM, DomainController
from ocsp_responder import OcspResponder
from renewed_cards import FEED, OID, RESOLVER, TOLD, der_serial, write_feed
from setup_picture import picture

PIN = "1234"
PEOPLE = [f"asa{number:02d}" for number in range(1, 31)]
UNIT = f"OU=Asa,{BASE}"
CARDS = len(PEOPLE) + 3  # three are renewed ones
KEYTAB = Path("/etc/krb5.keytab")
TICKET = Path("/tmp/krb5cc_0")  # where kinit leaves it
DESK = Path("/etc/pam.d/desk")  # as a package would bring a service
DESK_LINES = "@include common-auth\n@include common-account\nsession required pam_permit.so\n@include common-session\n"
ANSWERS = ("--profile", "or-password", "--emergency", "yes", "--removal", "lock", "--mapping", "ad", "--realm", "AD.TEST", "--controller", HOST,
           "--feed", FEED, "--resolver", RESOLVER, "--ocsp-extension", OID)


class Morning:
    """The administrator's terminal, and the desk with its two readers. `log` is what to show of a failure."""

    def __init__(self, work: Path, domain: DomainController, environment: dict[str, str], log: Callable[[], str]):
        self.work, self.domain, self.environment, self.log = work, domain, environment, log
        self.department = work / "department"
        self._cards: list[VirtualCard] = []
        self._count = 0
        subprocess.run(("jpki-testpki", "--seed", "lab", "--date", datetime.date.today().isoformat(), "--people", str(CARDS), "--out", self.department),
                       check=True, capture_output=True)
        domain.modify(f"dn: {UNIT}\nchangetype: add\nobjectClass: organizationalUnit\n\n" + "".join(
            f"dn: CN={name},{UNIT}\nchangetype: add\nobjectClass: user\nsAMAccountName: {name}\nuserAccountControl: {ad.NORMAL | ad.NO_PASSWORD_NEEDED}\n"
            f"userPrincipalName: {name}@ad.test\n\n" for name in PEOPLE))
        shutil.copyfile(domain.machine_keytab, KEYTAB)
        KEYTAB.chmod(0o600)
        DESK.write_text(DESK_LINES)
        self.responder = OcspResponder(self.department, work / "story-ocsp.log")

    def close(self) -> None:
        if self._cards:
            self._cards[-1].stop()
        self.responder.stop()
        shutil.rmtree(self.department)
        for path in (KEYTAB, TICKET, DESK):
            path.unlink(missing_ok=True)
        self.domain.modify("".join(f"dn: CN={name},{UNIT}\nchangetype: delete\n\n" for name in PEOPLE) + f"dn: {UNIT}\nchangetype: delete\n\n")

    # --- what differs from site to site -------------------------------------------------------------------
    def trust_the_cas(self) -> None:
        """The CAs are trusted already."""

    def sources(self) -> tuple[str, ...]:
        return ("--ocsp", f"platform={self.responder.url}")

    def is_broken_and_goes_back(self) -> None:
        self.type("jpkictl", "setup", "apply", *self.answers(), "--yes")
        assert picture() != self.before
        self.type("jpkictl", "setup", "rollback", answers=["yes"])

    def read_directory(self) -> None:
        """What its timer does."""
        self.type("nss-ad-refresh")

    def wake_the_card_service(self) -> None:
        """It is awake."""

    def fetch_crls(self) -> None:
        """They are there."""

    # --- what people do -----------------------------------------------------------------------------------
    def answers(self) -> tuple[object, ...]:
        return (*ANSWERS, *self.sources())

    def type(self, *words: object, answers=(), status: int = 0, within: float = 60) -> Dialogue:
        seen = converse([str(word) for word in words], answers, environment=self.environment, within=within)
        assert seen.status == status, f"{words}: {seen.status}\n{seen.screen}{self.log()}"
        return seen

    def get_ticket(self) -> None:
        subprocess.run(("kinit", f"administrator@{REALM}"), input=ADMINISTRATOR_PASSWORD + "\n", text=True, check=True,
                       capture_output=True)

    def card(self, number: int) -> Path:
        return self.department / "cards" / f"person-{number:02d}"

    def put(self, number: int) -> None:
        """This card on the other reader; the one before it goes."""
        self._count += 1
        new = VirtualCard(self.work / f"story-card-{self._count}", [self.card(number)], absent=True, port=PORT + self._count % 2)
        self._cards.append(new)
        self.wake_the_card_service()
        old = self._cards[-2] if len(self._cards) > 1 else None
        new.ctl("insert")
        if old:
            old.ctl("remove")
            old.ctl("wait", "absent", "10")
            old.stop()
        new.ctl("wait", "present", "10")

    def take_away(self) -> None:
        self._cards.pop().take_away()

    def logs_in(self, account: str, answers=(PIN,), operations=("authenticate", "acct_mgmt", "open_session", "close_session")) -> Dialogue:
        seen = converse(["pamtester", "-I", "tty=tty2", "desk", account, *operations], list(answers), environment=self.environment, within=60)
        assert seen.status == 0, seen.screen + self.log()
        return seen

    # --- what has become of it ----------------------------------------------------------------------------
    def sha256(self, number: int) -> str:
        return "SHA256:" + hashlib.sha256((self.card(number) / "auth.der").read_bytes()).hexdigest()

    def bound(self, account: str) -> list[str]:
        found = self.domain.search(f"(sAMAccountName={account})", "altSecurityIdentities")
        return re.findall(r"^altSecurityIdentities: (.*)$", found, re.M)

    # --- the morning ----------------------------------------------------------------------------------------
    def is_set_up(self) -> None:
        """Planned, broken, gone back, and set up again."""
        self.trust_the_cas()
        self.before = picture()
        self.type("jpkictl", "setup", "plan", *self.answers())
        assert picture() == self.before
        self.is_broken_and_goes_back()
        assert picture() == self.before
        self.type("jpkictl", "setup", "apply", *self.answers(), answers=["yes"])
        self.fetch_crls()
        self.read_directory()

    def is_confirmed_by_the_first_login(self) -> None:
        self.get_ticket()
        self.put(1)
        self.type("jpkictl", "setup", "confirm", status=1)
        self.type("jpkictl", "card", "enroll", PEOPLE[0], answers=[PIN])
        self.read_directory()

        def confirm() -> str:
            self.type("jpkictl", "setup", "confirm")
            return PIN

        self.logs_in(PEOPLE[0], [PIN, confirm], ("authenticate", "acct_mgmt", "open_session", "authenticate", "close_session"))
        assert json.loads(self.type("jpkictl", "setup", "status", "--json").screen)["result"] == "nothing"

    def registers_the_department(self) -> None:
        people = self.department / "people.csv"
        people.write_text("アカウント\n" + "".join(f"{name}\n" for name in PEOPLE))
        answers = []
        for number in range(1, len(PEOPLE) + 1):
            answers.append(lambda number=number: self.put(number) or "" if number > 1 else "")
            answers += [PIN] if number > 1 else []  # the first one is registered
        seen = self.type("jpkictl", "card", "enroll", "--csv", people, answers=answers, within=240)
        assert "All 30 people" in seen.screen, seen.screen
        self.read_directory()
        for number in (30, 2, 17):
            self.put(number)
            self.logs_in(PEOPLE[number - 1])

    def renewed_cards_come_in(self) -> None:
        """The feed knows of one, the resolver of another, the responder of the third."""
        (old,) = self.bound(PEOPLE[1])
        write_feed(f"{self.sha256(31)} {old}")
        RESOLVER.write_text("#!/bin/sh\nquestion=$(cat)\necho jpki-succession 1\n"
                            f"case $question in *{self.sha256(32).split(':')[1]}*) echo 'old {self.bound(PEOPLE[2])[0]}';; *) echo unknown;; esac\n")
        RESOLVER.chmod(0o755)
        self.responder.carry("person-33", OID, der_serial(self.card(17)))
        for number, account in ((31, PEOPLE[1]), (32, PEOPLE[2]), (33, PEOPLE[16])):
            self.put(number)
            seen = self.logs_in(account)
            assert TOLD in " ".join(seen.screen.split()), seen.screen + self.log()
        pending = json.loads(self.type("jpkictl", "card", "pending", "list", "--json").screen)["pending"]
        assert sorted(one["account"] for one in pending) == [*PEOPLE[1:3], PEOPLE[16]]
        for one in pending:
            self.type("jpkictl", "card", "pending", "approve", one["id"])
        assert self.bound(PEOPLE[1]) != [old] and len(self.bound(PEOPLE[1])) == 1
        self.read_directory()
        self.logs_in(PEOPLE[16])

    def lets_somebody_in_whose_card_is_at_home(self) -> None:
        self.take_away()
        told = self.type("jpkictl", "emergency", "issue", PEOPLE[3], "--hours", "8", "--reason", "the card is at home")
        self.logs_in(PEOPLE[3], [EMERGENCY_CODE.search(told.screen)[0]])

    def exports_what_entra_id_is_given(self) -> None:
        seen = self.type("jpkictl", "card", "export", "--directory", "--entra", "csv", "--upn", "ad.test")
        rows = dict(line.split(",", 1) for line in seen.screen.splitlines() if line.startswith("asa"))
        assert set(rows) == {f"{name}@ad.test" for name in PEOPLE} and all("X509:<SHA1-PUKEY>" in row for row in rows.values())

    def steps(self) -> tuple[Callable[[], None], ...]:
        return (self.is_set_up, self.is_confirmed_by_the_first_login, self.registers_the_department, self.renewed_cards_come_in,
                self.lets_somebody_in_whose_card_is_at_home, self.exports_what_entra_id_is_given)
