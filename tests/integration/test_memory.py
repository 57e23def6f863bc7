# SPDX-License-Identifier: LGPL-2.1-or-later
"""valgrind on one login, host and validator: no error in our code, no leak from it.

valgrind cannot run inside the validator's confinement, so the validator here is linked without it (no_confinement.cc).
"""

import re
import shutil
from pathlib import Path

import pytest
from dialogue import converse
from lab import PIN

VALIDATOR = Path("/usr/libexec/jpki/jpki-validator")
UNCONFINED = "tests/integration/jpki-validator-unconfined"
VALGRIND = "valgrind --leak-check=full --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite --num-callers=40 --vgdb=no"


@pytest.fixture
def validator_under_valgrind(lab):
    real = VALIDATOR.with_name("jpki-validator.real")
    log = lab.work / "valgrind-validator.log"
    shutil.move(VALIDATOR, real)
    VALIDATOR.write_text(f"#!/bin/sh\nexec /usr/bin/{VALGRIND} --log-file={log} {lab.build / UNCONFINED}\n")
    VALIDATOR.chmod(0o755)
    yield log
    shutil.move(real, VALIDATOR)


def complaints(log: Path, ours: str) -> list[str]:
    """The records of a valgrind log in which a frame is in our code."""
    text = log.read_text()
    assert "ERROR SUMMARY" in text, f"valgrind did not finish:\n{text}"
    return [record for record in re.split(r"^==\d+== *$", text, flags=re.MULTILINE) if ours in record and " at 0x" in record]


def test_one_login(lab, insert, validator_under_valgrind):
    insert("taro")
    service = lab.service("lab-valgrind", "timeout=120")
    host_log = lab.work / "valgrind-host.log"
    seen = converse([*VALGRIND.split(), f"--log-file={host_log}", "pamtester", service, "taro", "authenticate"], [PIN],
                    environment=lab.environment(), within=180)
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    assert not complaints(host_log, "jpki"), host_log.read_text()
    assert not complaints(validator_under_valgrind, "jpki::"), validator_under_valgrind.read_text()
