# SPDX-License-Identifier: LGPL-2.1-or-later
"""The administrator's first morning (administrators_story.py) in the lab, where a stand-in plays systemd (test_setup.py) and the
timer's runs are typed. debian/tests/morning tells it on installed packages under the real one."""

import shutil

import pytest
from ad_site import STATE
from administrators_story import Morning
from guard_site import RECORDS, make_records
from test_emergency import CODES, HISTORY
from test_setup import computer  # noqa: F401
from test_succession import OVERLAY


@pytest.fixture
def morning(lab, domain, card_service, computer):  # noqa: F811
    """With the directories that packages and systemd make."""
    for directory, mode in ((CODES, 0o700), (HISTORY, 0o700), (STATE, 0o755)):
        directory.mkdir(mode=mode, parents=True, exist_ok=True)
    make_records()
    made = Morning(lab.work, domain, lab.environment() | {"LC_ALL": "C.UTF-8"}, lab.syslog.text)
    yield made
    made.close()
    lab.forget_evidence()
    for path in (CODES, HISTORY, RECORDS):
        shutil.rmtree(path)
    OVERLAY.unlink(missing_ok=True)
    for entry in STATE.iterdir():
        entry.unlink()
    shutil.rmtree("/var/lib/jpki/registered", ignore_errors=True)


def test_the_first_morning(morning):
    for step in morning.steps():
        step()
