# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a person sees at real front ends: the cheap part of `./dev screens`, whose harness and table are in tests/screens."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "screens"))

from conversation import ConversationSpy  # noqa: E402
from front_ends import front_end  # noqa: E402
from story import CASES, play  # noqa: E402


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
    ("i3lock", "right pin"),
    ("i3lock", "revoked"),
    ("su", "last try"),
    ("sudo", "card late"),
])
def test_row(lab, spy, name, case):
    directory = lab.build / "screens" / name
    directory.mkdir(parents=True, exist_ok=True)
    row = play(lab, spy, front_end(name), CASES[case], lab.work / "screens" / name, directory)
    assert not row.broken, f"{row}\n{spy.lines()}\n{lab.syslog.text()}"
