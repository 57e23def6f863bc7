# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two people at two machines with two cards, and one server: their logins side by side, by forwarded p11-kit sockets and by the card
services of two sessions; and a remote that is cut off, hangs or garbles its words at each message of a login in turn.

JPKI_ALL_STEPS=1 tries every message in every way and 200 logins side by side; otherwise some of each.
"""

import os
import random
import threading
from collections import Counter
from pathlib import Path

import pytest
from dialogue import Dialogue, converse
from lab import PIN, group_id
from remote_readers import (ADDRESSES, SERVERS, RemoteDesktop, Session, ThinClient, Wire, audit_session_can_begin, forget_sessions)

DROP_IN = Path("/etc/jpki/jpki.toml.d/60-seats.toml")
ALL = os.environ.get("JPKI_ALL_STEPS") == "1"
LOGINS = 200 if ALL else 24
STEPS = 4  # of each way, unless ALL
TIMEOUT = 3  # seconds of machine time, where the remote fails
CODES = {"JPKI-102", "JPKI-103", "JPKI-104", "JPKI-105", "JPKI-107", "JPKI-108", "JPKI-115", "JPKI-605"}
NAMES = ("taro", "hanako")
RULES = {
    "p11-kit": "".join(f'[[seat]]\nname = "client-{n}"\norigins = ["{ADDRESSES[n - 1]}"]\n'
                       f'p11_kit_server = "unix:path={SERVERS}/thin-client-{n}"\n' for n in (1, 2)),
    "pcscd": '[[seat]]\nname = "desktops"\nopened_by = ["xrdp-sesman"]\npcsc_socket = "/run/jpki-sessions/{uid}/pcscd.comm"\n',
}
CARDS_ARE_NOT_THEIRS = ("JPKI-503", "JPKI-112")  # what the other's name is told, without any prompt


class Place:
    """Where taro and hanako sit, with their own cards; places[0] is taro's."""

    def __init__(self, lab, how: str, number: int):
        self.lab, self.how, self.number, self.user = lab, how, number, NAMES[number]
        self.machine = (ThinClient if how == "p11-kit" else self._desktop)(lab, number + 1, self.user)
        self.socket = self.machine.address if how == "p11-kit" else self.machine.socket_file

    def _desktop(self, lab, number: int, card: str) -> RemoteDesktop:
        return RemoteDesktop(lab, self.user, number, card)

    def log_in(self, user: str, answers=(PIN,), *, service: str = "remote-reader") -> Dialogue:
        where = ["-I", "tty=ssh", "-I", f"rhost={ADDRESSES[self.number]}"] if self.how == "p11-kit" else []
        command = ["pamtester", *where, service, user, "authenticate"]
        argv = command if self.how == "p11-kit" else Session(self.user, display=10 + self.number).argv(*command)
        return converse(argv, answers, environment=self.lab.environment())


@pytest.fixture(params=["p11-kit", pytest.param("pcscd", marks=pytest.mark.skipif(
    not audit_session_can_begin(), reason="the login uid cannot be set in this container"))])
def places(lab, request):
    DROP_IN.parent.mkdir(exist_ok=True)
    DROP_IN.write_text(RULES[request.param])
    SERVERS.mkdir(exist_ok=True)
    os.chown(SERVERS, 0, group_id())
    SERVERS.chmod(0o750)
    for service, seconds in (("remote-reader", 30), ("broken-reader", TIMEOUT)):
        lab.service(service, f"timeout={seconds} screen=full remote_seats", place="where_unknown=remote")
    both = [Place(lab, request.param, number) for number in (0, 1)]
    yield both
    for place in both:
        place.machine.stop()
    DROP_IN.unlink()
    forget_sessions()


def test_logins_side_by_side_from_two_machines(lab, places):
    """In any order; the card at one machine is never heard of at the other."""
    begun, accepted, wrong, lock = [0, 0], [0, 0], [], threading.Lock()

    def sit(place: Place) -> None:
        order = random.Random(place.number)
        for _ in range(LOGINS // 2):
            user = NAMES[order.randrange(2)]
            seen = place.log_in(user)
            own = user == place.user
            right = seen.pam == "SUCCESS" if own else any(c in seen.screen for c in CARDS_ARE_NOT_THEIRS) and not seen.prompts
            with lock:
                begun[place.number] += 1
                accepted[place.number] += own
                if not right:
                    wrong.append(f"{user} at {place.number}: {seen.screen}")

    people = [threading.Thread(target=sit, args=(place,)) for place in places]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert begun == [LOGINS // 2] * 2 and not wrong, "\n".join(wrong) + lab.syslog.text()
    assert [place.machine.verifies() for place in places] == accepted


def steps(messages: int, how: str) -> list[int]:
    """Which messages are spoilt: all, or the first, the last and some between."""
    if ALL:
        return list(range(1, messages + 1))
    between = random.Random(how).sample(range(2, messages), STEPS - 2)
    return [1, *sorted(between), messages]


@pytest.mark.parametrize("how", ["cut", "hang", "garble"])
def test_a_remote_that_fails_at_any_message(lab, places, how):
    """Of a login to taro's account from his machine, while hanako's card lies in her reader."""
    place, other = places
    wire = Wire(place.socket)
    codes: Counter[str] = Counter()
    try:
        assert place.log_in("taro").pam == "SUCCESS", lab.syslog.text()
        messages = wire.messages
        assert messages > 10
        spoilt = steps(messages, how)
        reached = 0
        for step in spoilt:
            lab.syslog.clear()
            wire.break_at(step, how)
            before = place.machine.verifies()
            seen = place.log_in("taro", service="broken-reader")
            told = f"{how} at {step} of {messages}: {seen.screen}{lab.syslog.text()}"
            assert seen.seconds < TIMEOUT + 15, told
            assert place.machine.verifies() - before <= len(seen.pin_prompts) <= 1, told
            # What is garbled may be taken for whatever a card can say.
            assert seen.pam == "SUCCESS" or seen.codes and (how == "garble" or seen.codes[-1] in CODES), told
            assert "account=hanako" not in lab.syslog.text(), told
            codes["SUCCESS" if seen.pam == "SUCCESS" else seen.codes[-1]] += 1
            reached += wire.messages >= step
            wire.break_at(0, "")
            wire.hang_up()
        assert place.log_in("taro").pam == "SUCCESS", lab.syslog.text()
    finally:
        wire.stop()
    assert other.machine.verifies() == 0
    assert reached >= len(spoilt) - 1, "a login may have said less than the one that was counted"
    print(f"\n{place.how}, {how}: {reached} of {len(spoilt)} tried of {messages} messages, {dict(sorted(codes.items()))}")
