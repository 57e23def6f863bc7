# SPDX-License-Identifier: LGPL-2.1-or-later
"""What people do at a screen with their cards: one function for each case. Then Row: what was seen, and what was wrong with it.

A person acts on what can be read. Somebody who sees only an empty field types the PIN.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from conversation import ConversationSpy
from front_end import FrontEnd
from known import BLIND, NO_REASON, NO_USE, SAYS_PASSWORD, known_remarks
from lab import PIN
from ocsp_responder import OcspResponder
from processes import running, until

WRONG = "9999"
CODE = re.compile(r"[JUI[|]PKI?-(\d{3})")  # tesseract takes a bracket and the letter for one, and an italic J for a bracket
DECISION = re.compile(r"(JPKI-\d{3}) [a-z-]+ service=")
ACCEPTED = "JPKI-000"
PASSWORD = re.compile(r"password|パスワード", re.IGNORECASE)
# tesseract makes "1trleft" of "1 try left".
TRIES = re.compile(r"\d tries|tries left|1\s+try|[1I] ?try? ?left|last\s+try|最後|り ?\d回|あと ?\d")
PRESS_ENTER = re.compile(r"press Enter|Enterを押して", re.IGNORECASE)
LAST_TRY = re.compile(r"\byes\b|はい")
WHICH_CARD = re.compile(r"Which card|カードの番号|どのカード")
SHORT_WAIT, LONG_WAIT = 2, 30  # seconds for a card
OCSP_ALONE = """\
[[revocation.source]]
name = "platform"
type = "ocsp"
urls = ["{url}"]
timeout_ms = 1500
"""


@dataclass
class Row:
    front_end: str
    case: str
    moments: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)  # JPKI codes that can be read there
    verdicts: list[str] = field(default_factory=list)  # what the module decided
    silent: bool = False  # the host passed PAM_SILENT
    answers: int = 0  # PINs of the right form that were typed and entered
    pins: set[str] = field(default_factory=set)  # them, each once
    blind_answers: int = 0  # those of them typed where the tries left could not be read
    verifies: int = 0
    passed: bool = False
    remarks: set[str] = field(default_factory=set)  # what a person should not meet
    broken: list[str] = field(default_factory=list)  # what must never be, and remarks that known.py does not know
    gone: list[str] = field(default_factory=list)  # remarks of known.py that are no longer true

    @property
    def seen(self) -> str:
        return " / ".join(" · ".join(moment.split("\n")) for moment in self.moments if moment)


class Person:
    """Sits at one front end, with the cards that lie there."""

    def __init__(self, lab, front_end: FrontEnd, row: Row, pictures: Path | None):
        self.lab, self.at, self.row, self.pictures = lab, front_end, row, pictures
        self.card = None
        self.last_picture = b""

    def puts(self, *names: str, absent: bool = False) -> None:
        self.card = self.at.card = self.lab.virtual_card(*names, absent=absent)

    def begins(self, user: str) -> None:
        self.at.spy.clear()
        self.lab.syslog.clear()
        self.at.begin(user)

    def looks_while_the_module_waits(self) -> None:
        until(lambda: running("jpki-validator") or self.at.awaits_person() or self.at.spy.decisions(), "the module's wait")
        self.looks()

    def looks(self) -> str:
        """Keeps the picture of this moment."""
        png, text = self.at.look()
        if png == self.last_picture:
            return text
        self.last_picture = png
        if self.pictures:
            suffix = "png" if png[:4] == b"\x89PNG" else "txt"
            (self.pictures / f"{self.row.case.replace(' ', '-')}-{len(self.row.moments) + 1}.{suffix}").write_bytes(png)
        self.row.moments.append(text)
        self.row.codes += [code for number in CODE.findall(text) if (code := f"JPKI-{number}") not in self.row.codes]
        return text

    def last_words(self) -> str:
        """After something went wrong; the picture is kept, too."""
        try:
            return self.looks()
        except (AttributeError, OSError, RuntimeError) as nothing:
            return f"nothing: {nothing}"

    def types(self, pin: str, text: str) -> None:
        self.row.answers += 1
        self.row.pins.add(pin)
        self.row.blind_answers += not TRIES.search(text)
        self.at.screen.type(pin)
        self.looks()  # a PIN is seen while it is typed, if ever
        self.at.enter()

    def enters(self, pin: str) -> bool:
        """Waits to be asked, reads, answers, and reads what comes of it; false when no PIN was asked for. Whoever has read why stops."""
        while self.at.question():
            text = self.looks()
            question = self.at.question_on(text)
            enter = PRESS_ENTER.search(question) or self.at.message_held()
            if enter and CODE.search(question):
                return False
            if enter:
                self.at.answer("")
            elif WHICH_CARD.search(question):
                self.at.answer("1")
            elif LAST_TRY.search(question):
                self.at.answer("yes")
            else:
                self.types(pin, question)
                self.at.finish()
                self.looks()
                return True
        self.looks()
        return False


# --- the cases --------------------------------------------------------------------------------------
def right_pin(person: Person) -> None:
    person.puts("taro")
    person.begins("taro")
    person.enters(PIN)


def wrong_pin(person: Person) -> None:
    person.puts("taro")
    person.begins("taro")
    person.enters(WRONG)


def wrong_again(person: Person) -> None:
    """Told, or thinking, that it was mistyped: the same PIN as often as the card has tries."""
    person.puts("taro")
    person.begins("taro")
    for _ in range(3):
        if not person.enters(WRONG):
            break


def last_try(person: Person) -> None:
    person.puts("taro")
    for _ in range(2):
        person.lab.pamtester("taro", [WRONG])
    person.card.ctl("stats-reset")
    person.begins("taro")
    person.enters(PIN)


def revoked(person: Person) -> None:
    person.puts("revoked")
    person.begins("revoked")
    person.enters(PIN)


def no_network(person: Person) -> None:
    """The OCSP responder is the only source, and nobody answers at its address."""
    responder = OcspResponder(person.lab.pki, person.lab.work / "ocsp.log")
    person.lab.sources(OCSP_ALONE.format(url=responder.url))
    responder.stop()
    try:
        person.puts("taro")
        person.begins("taro")
        person.enters(PIN)
    finally:
        person.lab.sources("")


def unmapped(person: Person) -> None:
    person.puts("saburo")
    person.begins("saburo")
    person.enters(PIN)


def no_card(person: Person) -> None:
    person.puts("taro", absent=True)
    person.begins("taro")
    if not person.at.asks_first:
        person.looks_while_the_module_waits()
    person.enters(PIN)


def card_late(person: Person) -> None:
    person.puts("taro", absent=True)
    person.begins("taro")
    if person.at.asks_first:
        person.types(PIN, person.looks())
    person.looks_while_the_module_waits()
    person.card.insert()
    if person.at.asks_first:
        person.at.finish()
        person.looks()
    else:
        person.enters(PIN)


def card_pulled(person: Person) -> None:
    person.puts("taro")
    person.begins("taro")
    asked = person.at.question()
    text = person.looks()
    person.card.remove()
    if person.at.forgets_when_pulled:
        person.at.begins_again()
        person.looks()
    elif asked and not person.at.message_held():
        person.types(PIN, person.at.question_on(text))
        person.at.finish()
        person.looks()


def two_cards(person: Person) -> None:
    """The person's is in the first reader."""
    person.puts("taro", "hanako")
    person.begins("taro")
    person.enters(PIN)


@dataclass(frozen=True)
class Case:
    act: Callable[[Person], None]
    admits: bool = False  # the person may come in
    code: str = ""  # the reason of the refusal
    code_when_asked_first: str = ""  # another one where the PIN is typed before PAM is asked
    wait: int = 0

    @property
    def name(self) -> str:
        return self.act.__name__.replace("_", " ")


CASES = {case.name: case for case in (
    Case(right_pin, admits=True),
    Case(wrong_pin, code="JPKI-201"),
    Case(wrong_again, code="JPKI-201"),
    Case(last_try, admits=True),
    Case(revoked, code="JPKI-401"),
    Case(no_network, code="JPKI-402"),
    Case(unmapped, code="JPKI-501"),
    Case(no_card, code="JPKI-103", wait=SHORT_WAIT),
    Case(card_late, admits=True, wait=LONG_WAIT),
    Case(card_pulled, code="JPKI-105", code_when_asked_first="JPKI-103"),
    Case(two_cards, admits=True),
)}


def play(lab, spy: ConversationSpy, make: Callable[..., FrontEnd], case: Case, directory: Path, pictures: Path | None = None,
         language: str = "C.UTF-8") -> Row:
    """One case at one front end, from nothing to nothing."""
    service = lab.card_service()
    front_end = make(lab, spy, directory, wait=case.wait, language=language)
    row = Row(front_end.name, case.name)
    person = Person(lab, front_end, row, pictures)
    try:
        case.act(person)
        row.verdicts = [code for line in lab.syslog.lines() for code in DECISION.findall(line)]
        if ACCEPTED in row.verdicts:
            until(front_end.passed, "a session", front_end.starts_within)  # which begins after the last picture of the login
        row.passed = front_end.passed()
        row.verifies = person.card.stats()["verifies"]
        row.silent = spy.silent()
        judge(row, case, front_end)
    except AssertionError as failure:
        raise AssertionError(f"{failure}\non the screen: {person.last_words()}\nconversation: {spy.lines()}\nlog: {lab.syslog.text()[-2000:]}") from None
    finally:
        front_end.end()
        front_end.restore()
        if person.card:
            person.card.stop()
        service.stop()
    return row


def blurred(code: str) -> str:
    """Tesseract takes the dotted zeros of IPAGothic for nines."""
    return code.replace("9", "0")


def judge(row: Row, case: Case, front_end: FrontEnd) -> None:
    everything = "\n".join(row.moments)
    forgotten = front_end.forgets_when_pulled and row.case == card_pulled.__name__.replace("_", " ")
    refusal = "" if forgotten else front_end.refuses or (front_end.asks_first and case.code_when_asked_first) or case.code
    for pin in (PIN, WRONG):
        if pin in everything:
            row.broken.append(f"a PIN can be read on the screen: {pin}")
    if row.verifies > row.answers:
        row.broken.append(f"{row.verifies} tries for {row.answers} PINs that were typed")
    if row.passed and refusal:
        row.broken.append("somebody came in")
    if refusal and refusal not in row.verdicts:
        row.broken.append(f"{refusal} was to be decided, and not {row.verdicts}")
    if case.admits and not row.passed and not front_end.by_design:
        row.remarks.add(NO_USE)
    if front_end.blind:
        if row.verifies > (0 if row.case == last_try.__name__.replace("_", " ") else len(row.pins)):
            row.remarks.add(BLIND)
    elif row.verifies > row.answers - row.blind_answers:
        row.remarks.add(BLIND)
    if PASSWORD.search(everything):
        row.remarks.add(SAYS_PASSWORD)
    if not row.passed and not forgotten and front_end.shows_reasons and not set(map(blurred, row.codes)) & set(map(blurred, row.verdicts)):
        row.remarks.add(NO_REASON)
    known = known_remarks(row.front_end, row.case, front_end.language)
    row.broken += [f"new: {remark}" for remark in sorted(row.remarks - known)]
    row.gone = sorted(known - row.remarks)
