# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random sequences of faults of card and reader: however they fall, the card gets no more VERIFYs than well-formed PINs were typed.

JPKI_FAULT_SEQUENCES=1000 makes it long, JPKI_FAULT_SEED=N another sequence; what failed names the seed that plays it alone.
"""

import os
import random
from collections import Counter

import pytest
from lab import PIN
from played_reader import PlayedReader

SEQUENCES = int(os.environ.get("JPKI_FAULT_SEQUENCES", "12"))
SEED = int(os.environ.get("JPKI_FAULT_SEED", "14"))
COMMANDS = ("select", "read", "verify", "verify-empty", "sign")
STATES = ("garbage-certificate", "bad-signature", "short-signature", "empty-signature", "replay-signature", "wrong-key",
          "blocked-auth", "blocked-sign")
STATUS_WORDS = ("6F00", "6983", "6984", "63C0", "63C1", "63C3", "6982", "6A82", "6C04", "6104", "9000", "0000", "6400", "6401")
TYPED = (PIN, PIN, PIN, "9999", "0000", "12", "１２３４")
PATIENCE = 3  # seconds of machine time; a silent card takes them


def a_fault(dice: random.Random) -> str:
    kind = dice.choices(("pulled-before", "pulled-inside", "sw", "state", "silent"), (1.5, 1.5, 4, 3, 0.2))[0]
    when = dice.choice((*COMMANDS, str(dice.randint(1, 20))))
    if kind == "state":
        return dice.choice(STATES)
    if kind == "sw":
        return f"sw={dice.choice(COMMANDS)}:{dice.choice(STATUS_WORDS)}"
    return f"{kind}={when}"


def a_reader(dice: random.Random) -> dict[str, str | int]:
    words: dict[str, str | int] = {"notices": "at-once"}  # how pcscd learns of cards is asked once, when it starts
    for word, value in (("short_apdus", "yes"), ("exact_le", "yes"), ("more_data", dice.choice((16, 100, 256))),
                        ("longest_apdu", dice.choice((0, 300, 65544))), ("flutter_at", dice.randint(1, 25))):
        if dice.random() < 0.15:
            words[word] = value
    words["flutter_ms"] = dice.choice((1, 20, 300))
    return words


@pytest.fixture
def reader(lab):
    made = PlayedReader(lab.work / "reader", lab.build)
    made.behave(notices="at-once")
    return made


@pytest.fixture
def card_service(lab, reader):
    service = lab.card_service(readers=reader.configuration)
    yield service
    service.stop()


def lies_again(card, reader) -> None:
    reader.behave(notices="at-once")
    card.ctl("faults-clear")
    card.remove()
    card.insert()
    card.ctl("wait", "present", "10")


def test_never_more_verifies_than_well_formed_answers(lab, reader, insert, card_module):
    service = lab.service("lab-faults", f"timeout={PATIENCE}")
    card = insert("taro")
    good = 0
    tally = Counter()
    for seed in range(SEED, SEED + SEQUENCES):
        dice = random.Random(seed)
        lies_again(card, reader)
        card.ctl("reset-counters")
        card.ctl("stats-reset")
        reader.behave(**a_reader(dice))
        faults = [a_fault(dice) for _ in range(dice.choice((0, 1, 1, 2, 3)))]
        for fault in faults:
            card.fault(fault)
        allowed = 0
        for _ in range(dice.randint(1, 3)):
            typed = dice.choice(TYPED)
            asked_again = 1 if len(typed) == len(PIN) else 3  # a PIN of another form is
            answers = [dice.choice(("yes", "no"))] * (card.stats()["auth_tries_left"] == 1) + [typed] * asked_again
            seen = lab.pamtester("taro", answers, service=service)
            allowed += bool(seen.pin_prompts) and len(answers[-1]) == len(PIN)
            tally[seen.codes[-1] if seen.codes else seen.pam] += 1
            story = f"seed {seed}: {faults} {answers}\n{seen.screen}{lab.syslog.text()}"
            assert card.stats()["verifies"] <= allowed, story  # since the counters were full
            assert seen.pam != "SUCCESS" or answers[-1] in (PIN, "１２３４"), story
            assert seen.pam == "SUCCESS" or len(seen.codes) >= 1, story
            good += seen.pam == "SUCCESS"
            lab.syslog.clear()
            if not card.stats()["present"]:
                card.insert()
                card.ctl("wait", "present", "10")
    print(f"{SEQUENCES} sequences from seed {SEED}:", dict(tally))
    lies_again(card, reader)
    card.ctl("reset-counters")
    assert lab.pamtester("taro", [PIN], service=service).pam == "SUCCESS", lab.syslog.text()
    assert good > SEQUENCES // 50, tally
