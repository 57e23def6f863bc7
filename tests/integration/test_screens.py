# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a person sees at real front ends: the cheap part of `./dev screens`, whose harness and table are in tests/screens."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

DOC = Path(__file__).resolve().parents[2] / "doc"
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "screens"))

from conversation import ConversationSpy  # noqa: E402
from facts import FACTS, cells, learn  # noqa: E402
from front_ends import front_end  # noqa: E402
from known import BLIND, NO_REASON, NO_USE, SAYS_PASSWORD  # noqa: E402
from story import CASES, Row, judge, play  # noqa: E402


A_RING = SimpleNamespace(refuses="", by_design=False, shows_reasons=False, blind=True, asks_first=True, language="C.UTF-8", forgets_when_pulled=False)


@pytest.fixture(scope="module")
def spy(lab):
    made = ConversationSpy(lab)
    yield made
    made.stop()


@pytest.mark.parametrize("name,case", [
    ("lightdm-gtk-greeter", "right pin"),
    ("lightdm-gtk-greeter", "wrong pin"),
    ("lightdm-gtk-greeter", "last try"),
    ("lightdm-gtk-greeter", "revoked"),
    ("lightdm-gtk-greeter", "no network"),
    ("lightdm-gtk-greeter-without-name", "two cards"),
    ("jpki-greeter", "last try"),
    ("i3lock", "right pin"),
    ("i3lock", "revoked"),
    ("su", "last try"),
    ("sudo", "card late"),
    ("su", "two cards"),
])
def test_row(lab, spy, name, case):
    directory = lab.build / "screens" / name
    directory.mkdir(parents=True, exist_ok=True)
    row = play(lab, spy, front_end(name), CASES[case], lab.work / "screens" / name, directory)
    assert not row.broken, f"{row}\n{spy.lines()}\n{lab.syslog.text()}"


@pytest.mark.parametrize("name", ["lightdm-gtk-greeter", "jpki-greeter", "i3lock", "su", "sudo"])
def test_facts(lab, spy, name):
    assert learn(lab, spy, front_end(name), lab.work / "screens" / name, expected=FACTS[name]) == FACTS[name]


@pytest.mark.parametrize("guide", ["screens.md", "screens.ja.md"])
def test_the_guide_tells_the_facts(guide):
    lines = (DOC / guide).read_text().splitlines()
    told = [tuple(re.split(r" *\| *", line)[1:-1]) for line in lines if re.search(r"\| (yes|no) \|$", line)]
    assert told == [cells(name, facts) for name, facts in FACTS.items() if not name.endswith("-without-name")]


@pytest.mark.parametrize("case,seen,broken", [
    ("right pin", {"passed": True}, []),
    ("right pin", {"passed": True, "verifies": 2}, ["2 tries for 1 PINs that were typed", f"new: {BLIND}"]),
    ("right pin", {"passed": True, "moments": ["PIN: 1234"]}, ["a PIN can be read on the screen: 1234"]),
    ("right pin", {"passed": True, "blind_answers": 1}, [f"new: {BLIND}"]),
    ("right pin", {"passed": True, "moments": ["Password:"]}, [f"new: {SAYS_PASSWORD}"]),
    ("right pin", {"verdicts": ["JPKI-103"], "codes": ["JPKI-103"]}, [f"new: {NO_USE}"]),
    ("revoked", {"verdicts": ["JPKI-401"], "codes": ["JPKI-401"]}, []),
    ("revoked", {"verdicts": ["JPKI-401"]}, [f"new: {NO_REASON}"]),
    ("revoked", {"verdicts": ["JPKI-401"], "passed": True}, ["somebody came in"]),
    ("revoked", {"verdicts": ["JPKI-503"], "codes": ["JPKI-503"]}, ["JPKI-401 was to be decided, and not ['JPKI-503']"]),
])
def test_what_breaks_a_row(case, seen, broken):
    row = Row("a front end", case, **{"answers": 1, "verifies": 1, "moments": ["3 tries left"]} | seen)
    judge(row, CASES[case], SimpleNamespace(refuses="", by_design=False, shows_reasons=True, blind=False, asks_first=False, language="C.UTF-8", forgets_when_pulled=False))
    assert row.broken == broken


def test_a_remark_that_is_no_longer_true_is_told():
    row = Row("i3lock", "last try", answers=1, passed=True)
    judge(row, CASES["last try"], A_RING)
    assert row.gone == [NO_USE]


@pytest.mark.parametrize("case,typed,verifies,broken", [
    ("wrong again", {"9999"}, 1, []), ("wrong again", {"9999"}, 2, [f"new: {BLIND}"]), ("last try", {"1234"}, 1, [f"new: {BLIND}"]),
])
def test_what_breaks_a_row_where_nothing_is_shown(case, typed, verifies, broken):
    row = Row("i3lock", case, answers=3, pins=typed, verifies=verifies, verdicts=["JPKI-201"])
    judge(row, CASES[case], A_RING)
    assert row.broken == broken
