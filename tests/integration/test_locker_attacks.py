# SPDX-License-Identifier: LGPL-2.1-or-later
"""The locker's way as an attacker: what a program of an unprivileged user can say to the socket, and what it gets."""

import os
import pwd
import shutil
import signal
import socket
import struct
import time
from pathlib import Path
from random import Random

import pytest
from lab import EVIDENCE, PIN
from locker import (ASK_CARD, ASK_PIN, CANCEL, CARD_REPLY, NONCE, OUTCOME, PIN_REPLY, SESSIONS, START, STEP_REPORT, Caller, Gone,
                    LockerService, Outcome, frame, held_slots, left_over, pin_reply, sits_here, start, text)
from processes import running
from test_card_choice import both_are_taros, verifies  # noqa: F401

OVERFLOW_UID = 65534
STRANGER = 54321  # a user that has no account, as those of a user namespace


@pytest.fixture
def service(lab):
    made = LockerService(lab.work / "locker.log")
    for name in ("taro", "mallory"):
        sits_here(name)
    yield made
    made.stop()
    shutil.rmtree(SESSIONS)
    assert not left_over(made)


def uid_of(name: str) -> int:
    return pwd.getpwnam(name).pw_uid


@pytest.mark.parametrize("caller,named,code", [("mallory", "taro", "JPKI-503"), ("mallory", "root", "JPKI-503"), ("mallory", "", "JPKI-503"),
                                               ("taro", "TARO", "JPKI-503"), ("taro", "hanako", "JPKI-503")])
def test_another_account_is_not_judged(lab, insert, service, caller, named, code):
    """Before any card is looked at."""
    card = insert("taro")
    with Caller(service.path, uid_of(caller)) as attacker:
        attacker.send(start(named))
        told = attacker.outcome()
    assert (told.code, told.account, told.tries_left, told.pseudonym, told.nonce) == (code, "", None, "", NONCE)
    service.wait_until_idle()
    assert "evidence for" not in service.text() and card.stats()["verifies"] == 0


@pytest.mark.parametrize("reply,code", [(frame(CARD_REPLY, b"\2"), "JPKI-606"), (frame(CARD_REPLY, b"\xff"), "JPKI-606"),
                                        (pin_reply(PIN), None), (frame(CARD_REPLY, b"\1") * 2, None)])
def test_only_what_was_offered_is_chosen(lab, insert, service, both_are_taros, reply, code):  # noqa: F811
    """The caller's own two cards; a third there is not, and no PIN is sent before one is chosen."""
    card = insert("taro", "hanako")
    with Caller(service.path, uid_of("taro")) as attacker:
        attacker.send(start("taro", choices=True))
        _, told = attacker.receive_until(ASK_CARD)
        assert b"taro" not in told and b"Virtual PCD 00 01" in told
        attacker.send(reply)
        try:
            while (got := attacker.receive_until(OUTCOME, ASK_PIN))[0] == ASK_PIN:
                pass  # the second answer is none to this question
            assert Outcome(got[1]).code == code
        except Gone:
            assert code is None
    service.wait_until_idle()
    assert verifies(card) == [0, 0]


def test_somebody_elses_card_is_nobody(lab, insert, service):
    """mallory's own account, but taro's card: no PIN is asked, and whose card it is stays untold."""
    card = insert("taro")
    with Caller(service.path, uid_of("mallory")) as attacker:
        attacker.send(start("mallory"))
        told = attacker.outcome()
    assert (told.code, told.account, told.tries_left, told.pseudonym) == ("JPKI-503", "", None, "")
    assert card.stats()["verifies"] == 0


def test_one_prompt_is_one_verify(lab, insert, service):
    """A second answer to the one question ends the login; the card saw one VERIFY at most."""
    card = insert("taro")
    with Caller(service.path, uid_of("taro")) as attacker:
        attacker.send(start("taro"))
        attacker.receive_until(ASK_PIN)
        attacker.send(pin_reply("9999") + pin_reply("8888") + pin_reply("7777"))
        try:
            assert attacker.outcome().code == "JPKI-201"
        except Gone:
            pass
    service.wait_until_idle()
    assert card.stats()["verifies"] <= 1


def test_an_answer_before_the_question_is_none(lab, insert, service):
    card = insert("taro")
    with Caller(service.path, uid_of("taro")) as attacker:
        attacker.send(start("taro") + pin_reply(PIN))
        with pytest.raises(Gone):
            attacker.outcome()
    assert card.stats()["verifies"] == 0


def test_the_last_try_is_not_taken_without_a_yes(lab, insert, service):
    card = insert("taro")
    codes = []
    for pin in ("9999", "8888", "7777"):
        with Caller(service.path, uid_of("taro")) as attacker:
            attacker.send(start("taro"))
            attacker.receive_until(ASK_PIN)
            attacker.send(pin_reply(pin))
            codes.append(attacker.outcome().code)
    assert codes == ["JPKI-201", "JPKI-201", "JPKI-205"] and card.stats()["auth_tries_left"] == 1


def test_it_chooses_no_configuration_and_hears_no_log(lab, insert, service):
    insert("taro")
    with Caller(service.path, uid_of("taro")) as attacker:
        attacker.send(start("taro", config_file="/home/taro/jpki.toml"))
        assert attacker.outcome().code == "JPKI-601"
    with Caller(service.path, uid_of("taro")) as attacker:
        attacker.send(start("taro", debug=True))
        attacker.receive_until(ASK_PIN)  # fails at a log line
        attacker.send(frame(CANCEL, struct.pack(">H", 204)))
        assert attacker.outcome().code == "JPKI-204"


def test_what_it_calls_itself_makes_no_lines_in_the_log(lab, insert, service):
    with Caller(service.path, uid_of("taro")) as attacker:
        attacker.send(start("hanako", service='x"\n<0>JPKI-000 accepted account=root\x1b[2J' + "A" * 1000))
        attacker.outcome()
    service.wait_until_idle()
    lines = [line for line in service.text().splitlines() if "hanako" in line or "JPKI-000" in line]
    assert len(lines) == 1 and lines[0].startswith("<5>JPKI-503 other-user"), service.text()
    assert lines[0].count('"') == 4, "the service and the cause are what is in quotes"
    assert "\x1b" not in service.text() and len(lines[0]) < 600


@pytest.mark.parametrize("uid,code", [(OVERFLOW_UID, "JPKI-112"), (0, "JPKI-112")])
def test_who_is_no_person_here(lab, insert, service, uid, code):
    insert("taro")
    with Caller(service.path, uid) as attacker:
        attacker.send(start(pwd.getpwuid(uid).pw_name))
        assert attacker.outcome().code == code
    assert not running("jpki-validator")


def test_a_user_without_an_account_is_not_even_heard(lab, service):
    with Caller(service.path, STRANGER) as attacker, pytest.raises(Gone):
        attacker.receive()
    service.wait_until_idle()
    assert service.told(f"JPKI-504 account-unusable uid={STRANGER}")
    assert not list(service.slots.glob(f"{STRANGER}.*")), "and leaves no file"


@pytest.mark.parametrize("remote_too", [False, True], ids=["remote-alone", "remote-as-well"])
def test_a_remote_session(lab, insert, service, remote_too):
    card = insert("taro")
    if not remote_too:
        shutil.rmtree(SESSIONS)
    sits_here("taro", remote=True)
    with Caller(service.path, uid_of("taro")) as attacker:
        attacker.send(start("taro"))
        assert attacker.outcome().code == "JPKI-112"
    assert card.stats()["verifies"] == 0


GARBAGE = {
    "nothing": b"",
    "zeros": b"\0" * 64,
    "ones": b"\xff" * 64,
    "http": b"GET / HTTP/1.1\r\nHost: jpki\r\n\r\n",
    "length of zero": struct.pack(">I", 0),
    "too long": struct.pack(">IB", 8193, START),
    "of the wrong type": frame(PIN_REPLY, text("1234") + b"\0"),
    "of ours": frame(OUTCOME, struct.pack(">H", 0) + NONCE + text("taro") + b"\0\0\0\0" + text("")),
    "unknown": frame(99, b"x"),
    "cut": start("taro")[:-1],
    "with more": start("taro")[:3] + bytes([start("taro")[3] + 1]) + start("taro")[4:] + b"\0",
    "another version": start("taro", version=1),
    "text that is no text": start("taro", service=b"\xff\xfe\0\x80"),
    "a name with a NUL": start("taro\0"),
    "a step": frame(STEP_REPORT, b"\x09"),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage(lab, insert, service, name):
    card = insert("taro")
    with Caller(service.path, uid_of("taro")) as attacker:
        attacker.send(GARBAGE[name])
        attacker.socket.shutdown(socket.SHUT_WR)
        with pytest.raises(Gone):
            assert attacker.outcome().code != "JPKI-000"
            raise Gone
    service.wait_until_idle()
    assert card.stats()["verifies"] == 0 and not left_over(service)


def test_random_garbage(lab, insert, service):
    """Changed and cut frames, always the same ones; none is taken for more than it is."""
    insert("taro")
    random = Random(13)
    for _ in range(100):
        data = bytearray(start("taro") + pin_reply(PIN))
        for _ in range(random.choice((1, 1, 2, 8))):
            data[random.randrange(len(data))] = random.randrange(256)
        del data[random.randrange(len(data) + 20):]
        with Caller(service.path, uid_of("taro")) as attacker:
            attacker.send(bytes(data))
            attacker.socket.shutdown(socket.SHUT_WR)
            try:
                assert attacker.outcome().code in ("JPKI-503", "JPKI-601"), data
            except Gone:
                pass
    service.wait_until_idle()
    assert not left_over(service) and "JPKI-000" not in service.text()


def test_a_byte_a_second(lab, service):
    """The whole first message has a time, not each byte of it; so has a caller that says nothing."""
    began = time.monotonic()
    with Caller(service.path, uid_of("taro")) as slow, Caller(service.path, uid_of("mallory")) as silent:
        silent.socket.setblocking(False)
        slow.socket.settimeout(1)
        ended = None
        for byte in start("taro"):
            try:
                slow.send(bytes([byte]))
                if slow.socket.recv(1) == b"":
                    ended = time.monotonic() - began
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                ended = time.monotonic() - began
                break
        assert ended is not None and ended < 8
        silent.socket.settimeout(5)
        with pytest.raises(Gone):
            silent.receive()
    service.wait_until_idle()
    assert not left_over(service)


def test_a_name_service_that_does_not_answer(lab, service):
    """The account of a caller is looked up before anything else, and that has its time as well."""
    service.good_ends.add(-signal.SIGALRM)
    passwd, kept, uid = Path("/etc/passwd"), Path("/etc/passwd.kept"), uid_of("taro")
    passwd.rename(kept)
    os.mkfifo(passwd)
    passwd.chmod(0o644)
    try:
        with Caller(service.path, uid, patience=15) as caller:
            began = time.monotonic()
            with pytest.raises(Gone):
                caller.receive()
            assert time.monotonic() - began > 5, "it did wait"
    finally:
        kept.rename(passwd)


def dies_at_once(caller: Caller) -> None:
    pass


def dies_in_the_first_message(caller: Caller) -> None:
    caller.send(start("taro")[:20])


def dies_after_it(caller: Caller) -> None:
    caller.send(start("taro"))


def dies_while_the_card_is_read(caller: Caller) -> None:
    caller.send(start("taro"))
    caller.receive()


def dies_at_the_question(caller: Caller) -> None:
    caller.send(start("taro"))
    caller.receive_until(ASK_PIN)


def dies_in_its_answer(caller: Caller) -> None:
    dies_at_the_question(caller)
    caller.send(pin_reply(PIN)[:5])


def dies_after_its_answer(caller: Caller) -> None:
    dies_at_the_question(caller)
    caller.send(pin_reply(PIN))


def dies_at_the_end(caller: Caller) -> None:
    dies_after_its_answer(caller)
    caller.outcome()


@pytest.mark.parametrize("dies", [dies_at_once, dies_in_the_first_message, dies_after_it, dies_while_the_card_is_read, dies_at_the_question,
                                  dies_in_its_answer, dies_after_its_answer, dies_at_the_end])
def test_a_caller_that_dies(lab, insert, service, dies):
    """Nothing is left, and the card serves the next one."""
    card = insert("taro")
    with Caller(service.path, uid_of("taro")) as caller:
        dies(caller)
    service.wait_until_idle()
    assert not left_over(service)
    assert card.stats()["verifies"] <= 1
    with Caller(service.path, uid_of("taro")) as honest:
        honest.send(start("taro"))
        honest.receive_until(ASK_PIN)
        honest.send(pin_reply(PIN))
        told = honest.outcome()
    assert (told.code, told.account, told.nonce) == ("JPKI-000", "taro", NONCE)


def test_a_caller_that_reads_nothing(lab, insert, service):
    """What is told to it fits into the socket, or it is given up."""
    insert("taro")
    with Caller(service.path, uid_of("taro")) as deaf:
        deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        deaf.send(start("taro"))
        with Caller(service.path, uid_of("mallory")) as other:
            other.send(start("taro"))
            assert other.outcome().code == "JPKI-503", "another user is served meanwhile"
    service.wait_until_idle()


def test_a_thousand_connections(lab, insert, service):
    """Of one user: four are heard, all others closed; meanwhile another user's login works; nothing is left."""
    card = insert("taro")
    before = set(service.slots.iterdir())
    held = [connect_as(service, "mallory") for _ in range(1000)]
    assert log_in_soon(service) == "JPKI-000"
    for attacker in held:
        attacker.close()
    service.wait_until_idle(60)
    assert not left_over(service)
    assert service.most <= 64
    assert len(set(service.slots.iterdir()) - before) <= 5, "four files for mallory, one for taro"
    assert service.told("too many logins of this user at once")
    assert card.stats()["verifies"] == 1 and not list(EVIDENCE.glob("hostile*"))


def log_in_soon(service: LockerService, tries: int = 50) -> str:
    """A moment with the most connections that there may be closes an honest one as well: it tries again."""
    for left in range(tries - 1, -1, -1):
        try:
            with Caller(service.path, uid_of("taro"), patience=60) as honest:
                honest.send(start("taro"))
                honest.receive_until(ASK_PIN)
                honest.send(pin_reply(PIN))
                return honest.outcome().code
        except (Gone, ConnectionError):
            if left == 0:
                raise
    return "none"


def connect_as(service: LockerService, name: str) -> Caller:
    return Caller(service.path, uid_of(name), patience=60)


def test_four_at_once_and_the_fifth_is_closed(lab, service):
    def begin() -> Caller:
        caller = connect_as(service, "mallory")
        caller.send(start("mallory")[:10])
        return caller

    with held_slots(service, *[begin] * 4):
        with connect_as(service, "mallory") as fifth, pytest.raises(Gone):
            fifth.receive()
        assert service.told("too many logins of this user at once"), "it was closed at once, not because it said nothing"
        with connect_as(service, "taro") as other:
            other.send(start("mallory"))
            assert other.outcome().code == "JPKI-503"


def test_a_connection_that_was_handed_on(lab, insert, service):
    """Who connected counts, whoever speaks: taro's connection judges taro, and mallory cannot make one."""
    insert("taro")
    with Caller(service.path, uid_of("mallory")) as handed:
        handed.send(start("taro"))  # written by root, as if it had been passed to another process
        assert handed.outcome().code == "JPKI-503"
