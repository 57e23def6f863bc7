# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where the PIN is in the validator's memory once the card has judged it: nowhere, as digits or as OpenSC's hex dump of them."""

import os
import re
import signal
import threading
from pathlib import Path

import pytest
from dialogue import converse
from lab import TIMEOUT
from ocsp_responder import OcspResponder
from processes import find
from test_inheritance import may_raise_limits

PIN = "7394"
WRONG = "8605"
SLOW_SOURCES = """\
[[revocation.source]]
name = "platform"
type = "ocsp"
urls = ["{url}"]
timeout_ms = 4000
[[revocation.source]]
name = "crl"
type = "crl"
"""


pytestmark = pytest.mark.unsanitized_build("the sanitizer's heap keeps what is freed, and its run-time library makes nothing of mlock()")


def forms(pin: str) -> re.Pattern[bytes]:
    """The digits, and their codes in hexadecimal, with or without something between."""
    codes = b"[ :]?".join(b"%02x" % code for code in pin.encode())
    return re.compile(re.escape(pin.encode()) + b"|" + codes)


def found_in(pid: int, pin: str) -> set[tuple[str, str]]:
    """Each place, as the name of its mapping and its address."""
    places = set()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, _, _, _, *name = line.split(maxsplit=5)
            if "w" not in rights:
                continue
            begin, end = (int(number, 16) for number in span.split("-"))
            memory.seek(begin)
            content = memory.read(end - begin)
            places |= {(name[0] if name else "anonymous", f"{begin + hit.start():x}") for hit in forms(pin).finditer(content)}
    return places


def unlocked_of(pid: int) -> set[str]:
    """Private memory in use that is written to and neither locked nor droppable (MAP_DROPPABLE, Linux 6.11: the kernel locks none of
    it and writes none to swap, but drops it). In such a page glibc 2.41 keeps the state of getrandom()'s vDSO."""
    found = set()
    for mapping in re.split(r"\n(?=[0-9a-f]+-[0-9a-f]+ )", Path(f"/proc/{pid}/smaps").read_text()):
        used = int(re.search(r"^Private_Dirty: +(\d+) kB", mapping, re.MULTILINE).group(1))
        flags = re.search(r"^VmFlags: (.*)", mapping, re.MULTILINE).group(1).split()
        if used and "wr" in flags and not {"lo", "dp"} & set(flags):
            found.add(mapping.splitlines()[0])
    return found


class Watch(threading.Thread):
    """Stops the validator when `ready` says so, and looks for the PIN."""

    def __init__(self, pin, ready):
        super().__init__(daemon=True)
        self.pin, self.ready = pin, ready
        self.before: set | None = None
        self.leaked: set | None = None
        self.unlocked: set | None = None

    def type_pin(self) -> str:
        """At the prompt nobody knows the PIN yet: what is found now is something else."""
        self.before = found_in(validator(), self.pin)
        self.start()
        return self.pin

    def run(self) -> None:
        self.ready()
        pid = validator()
        os.kill(pid, signal.SIGSTOP)
        try:
            self.leaked = found_in(pid, self.pin) - self.before
            self.unlocked = unlocked_of(pid)
        finally:
            os.kill(pid, signal.SIGCONT)

    def check(self) -> None:
        self.join(timeout=TIMEOUT)
        assert self.leaked is not None, "the validator was not seen at that moment"
        assert self.leaked == set()
        assert self.unlocked == set(), "memory of the validator that may be written to swap"


def validator() -> int:
    """The process that serves the login of this test."""
    named = list(find("jpki-validator"))
    assert len(named) == 1, named
    return named[0]


def until(card, *condition):
    return lambda: card.ctl("wait", *condition, "5")


def test_while_the_card_signs(lab, insert):
    card = insert("taro", options=("--auth-pin", PIN))
    card.fault("silent=sign")
    watch = Watch(PIN, until(card, "signs>=1"))
    lab.pamtester("taro", [watch.type_pin])
    watch.check()


def test_after_a_wrong_pin(lab, insert, card_module):
    """The card falls silent when it is asked how many tries are left."""
    card = insert("taro", options=("--auth-pin", PIN))
    # VERIFY without a PIN, with it, without it: OpenSC selects the PIN before each, our module the application and once the PIN.
    last = 5 if card_module.own else 6
    watch = Watch(WRONG, until(card, f"apdus>={last}"))

    def type_wrong():
        card.ctl("stats-reset")
        card.fault(f"silent={last}")
        return watch.type_pin()

    lab.pamtester("taro", [type_wrong])
    watch.check()
    assert card.stats()["verifies"] == 1


def test_a_limit_that_cannot_be_raised_is_told(lab, insert):
    """The caller's limit is 0. Root raises it; where root may not, the login goes on and the log says what that means."""
    insert("taro", options=("--auth-pin", PIN))
    seen = converse(["prlimit", "--memlock=0:0", "pamtester", "lab", "taro", "authenticate"], [PIN],
                    environment=lab.environment())
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    assert ("may be written to swap" in lab.syslog.text()) != may_raise_limits()


def test_while_the_network_is_waited_for(lab, insert):
    """The cards are closed, the answer of a responder is still to come."""
    responder = OcspResponder(lab.pki, lab.work / "ocsp.log")
    lab.sources(SLOW_SOURCES.format(url=responder.url))
    try:
        responder.hang()
        card = insert("taro", options=("--auth-pin", PIN))
        card.ctl("stats-reset")
        watch = Watch(PIN, until(card, "resets>=1"))
        seen = lab.pamtester("taro", [watch.type_pin])
        watch.check()
        assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    finally:
        responder.stop()
        lab.sources("")
        lab.forget_evidence()
