# SPDX-License-Identifier: LGPL-2.1-or-later
"""The two PKCS#11 modules that reach a MyNumber card: which tests drive a card through both, and where they may differ."""

import os
from pathlib import Path

OPENSC, OWN = "opensc-pkcs11.so", "jpki-pkcs11.so"
MODULES = {"opensc": OPENSC, "own": OWN}
DROP_IN = Path("/etc/jpki/jpki.toml.d/card-module.toml")

# Every test of these files runs once with each.
OVER_BOTH = ("test_faults", "test_lifted_card", "test_no_card", "test_pin", "test_pin_memory",
             "test_random_faults", "test_readers", "test_refused_cards", "test_success", "test_timeouts")


class CardModule:
    """The line of jpki.toml that chooses."""

    def __init__(self, name: str):
        self.name = name
        self.own = name == "own"
        # OpenSC takes 6983 and 6984 to a question for no answer, until a patch of doc/upstream is in it.
        self.knows_locked_pins = self.own or os.environ.get("JPKI_OPENSC") == "patched"

    def choose(self) -> None:
        DROP_IN.write_text(f'[pkcs11]\nmodules = ["{MODULES[self.name]}"]\n')

    def leave(self) -> None:
        DROP_IN.unlink()
