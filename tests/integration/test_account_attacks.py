# SPDX-License-Identifier: LGPL-2.1-or-later
"""The account step of programs without privileges as an attacker: what anybody can say to the socket, and what it gets."""

import pwd
import socket
import struct
import time
from pathlib import Path
from random import Random

import pytest
from locker import ACCOUNT, AccountCaller, Caller, Gone, LockerService, account_question, held_slots, left_over, text
from processes import find, running, until

NO_DIRECTORY = None  # jpki-account's answer where accounts come from /etc/passwd alone
STRANGER = 54321


@pytest.fixture
def service(lab):
    made = LockerService(lab.work / "account.log", ACCOUNT)
    yield made
    made.stop()
    assert not left_over(made)


def uid_of(name: str) -> int:
    return pwd.getpwnam(name).pw_uid


def ask(service: LockerService, caller: str | int, packet: bytes) -> str | None:
    with AccountCaller(service.path, uid_of(caller) if isinstance(caller, str) else caller) as asking:
        asking.send(packet)
        return asking.answer()


def test_the_own_account_is_answered(service):
    assert ask(service, "taro", account_question("taro")) is NO_DIRECTORY
    service.wait_until_idle()
    assert f'JPKI-000 accepted uid={uid_of("taro")} account=taro service="locker" cause="not an account of the directory"' in service.text()


@pytest.mark.parametrize("named", ["hanako", "root", "", "TARO", "taro "])
def test_another_account_is_not_asked_about(service, named):
    assert ask(service, "taro", account_question(named)) == "JPKI-503"
    service.wait_until_idle()
    assert f"JPKI-503 other-user uid={uid_of('taro')} account=taro" in service.text() and "JPKI-000" not in service.text()


def test_a_user_without_an_account_is_not_even_heard(service):
    with AccountCaller(service.path, STRANGER) as attacker, pytest.raises(Gone):
        attacker.answer()
    service.wait_until_idle()
    assert f"JPKI-504 account-unusable uid={STRANGER}" in service.text()
    assert not list(service.slots.glob(f"{STRANGER}.*")), "and leaves no file"


GOOD = account_question("taro")
GARBAGE = {
    "nothing": b"",
    "one octet": b"\0",
    "zeros": b"\0" * 64,
    "ones": b"\xff" * 4096,
    "too long": GOOD + b"\0" * 8192,
    "http": b"GET / HTTP/1.1\r\n\r\n",
    "cut": GOOD[:-1],
    "with more": GOOD + b"\0",
    "another version": account_question("taro", version=2),
    "a name with a NUL": account_question("taro\0"),
    "an answer": struct.pack(">BBH", 3, 1, 0) + text("") + text(""),
    "a name that is longer than the packet": bytes([3]) + struct.pack(">H", 60000) + b"taro",
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage(service, name):
    with AccountCaller(service.path, uid_of("taro")) as attacker:
        attacker.send(GARBAGE[name])
        attacker.socket.shutdown(socket.SHUT_WR)
        with pytest.raises(Gone):
            attacker.answer()
    service.wait_until_idle()
    assert not left_over(service) and "JPKI-000" not in service.text()


def test_random_garbage(service):
    """Changed and cut packets, always the same ones; none is answered about another account."""
    random = Random(13)
    for _ in range(60):
        data = bytearray(account_question("hanako", service="x" * random.randrange(20)))
        for _ in range(random.choice((1, 1, 2, 8))):
            data[random.randrange(len(data))] = random.randrange(256)
        del data[random.randrange(len(data) + 20):]
        with AccountCaller(service.path, uid_of("taro")) as attacker:
            attacker.send(bytes(data))
            attacker.socket.shutdown(socket.SHUT_WR)
            try:
                assert attacker.answer() == "JPKI-503", data
            except Gone:
                pass
    service.wait_until_idle()
    assert not left_over(service) and "JPKI-000" not in service.text()


def test_a_second_question_is_not_answered(service):
    answers = []
    with AccountCaller(service.path, uid_of("taro")) as attacker, pytest.raises((Gone, ConnectionError)):
        attacker.send(GOOD)
        attacker.send(account_question("hanako"))
        while True:
            answers.append(attacker.answer())
    assert answers in ([], [NO_DIRECTORY]), "who says too much may lose the first answer as well"
    service.wait_until_idle()
    assert "hanako" not in service.text() and "JPKI-503" not in service.text()


def test_what_it_calls_itself_makes_no_lines_in_the_log(service):
    assert ask(service, "taro", account_question("hanako", service='x"\n<0>JPKI-000 accepted account=root\x1b[2J' + "A" * 1000)) == "JPKI-503"
    service.wait_until_idle()
    lines = [line for line in service.text().splitlines() if "JPKI-503" in line]
    assert len(lines) == 1 and lines[0].startswith("<5>JPKI-503 other-user"), service.text()
    assert lines[0].count('"') == 4 and "\x1b" not in service.text() and len(lines[0]) < 600


def test_who_asks_nothing_is_let_go(service):
    """In the time of a question; meanwhile others are answered."""
    began = time.monotonic()
    with AccountCaller(service.path, uid_of("mallory")) as silent:
        assert ask(service, "taro", GOOD) is NO_DIRECTORY
        with pytest.raises(Gone):
            silent.answer()
    assert 4 < time.monotonic() - began < 10


def test_no_right_is_left_when_the_question_is_read(service):
    """The unit gives one, for the machine's keys; what an attacker can speak to no longer has it."""
    with AccountCaller(service.path, uid_of("taro")):
        until(lambda: running("jpki-account"), "the helper")
        (relay,) = find("jpki-relay")
        until(lambda: "Seccomp:\t2" in Path(f"/proc/{relay}/status").read_text(), "the confinement of jpki-relay")
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{relay}/status").read_text().splitlines() if ":\t" in line)
    assert {status[name].strip("0") for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")} == {""}, status
    assert status["Uid"].split() == [str(uid_of("_jpki"))] * 4 and status["NoNewPrivs"] == "1"


@pytest.mark.parametrize("packet", [b"", GOOD], ids=["before its question", "after it"])
def test_a_caller_that_dies(service, packet):
    with AccountCaller(service.path, uid_of("taro")) as caller:
        if packet:
            caller.send(packet)
    service.wait_until_idle()
    assert not left_over(service)
    assert ask(service, "taro", GOOD) is NO_DIRECTORY


def test_a_thousand_connections(service):
    """Of one user: four are heard, all others closed; meanwhile another user is answered; nothing is left."""
    held = [AccountCaller(service.path, uid_of("mallory"), patience=60) for _ in range(1000)]
    assert answered_soon(service)
    for attacker in held:
        attacker.close()
    service.wait_until_idle(60)
    assert not left_over(service) and service.most <= 64
    assert "too many logins of this user at once" in service.text()


def answered_soon(service: LockerService, tries: int = 50) -> bool:
    """A moment with the most connections that there may be closes an honest one as well: it tries again."""
    for _ in range(tries):
        try:
            return ask(service, "taro", GOOD) is NO_DIRECTORY
        except (Gone, ConnectionError):
            continue
    return False


def test_logins_and_questions_count_together(lab, service):
    """Four of a user at once, whatever they are for."""
    logins = LockerService(lab.work / "locker.log")
    try:
        login = lambda: Caller(logins.path, uid_of("mallory"))  # noqa: E731
        question = lambda: AccountCaller(service.path, uid_of("mallory"))  # noqa: E731
        with held_slots(service, login, login, question, question):
            with AccountCaller(service.path, uid_of("mallory")) as fifth, pytest.raises(Gone):
                fifth.answer()
            assert service.told("too many logins of this user at once"), "it was closed at once, not because it said nothing"
            assert ask(service, "taro", GOOD) is NO_DIRECTORY
    finally:
        logins.stop()
