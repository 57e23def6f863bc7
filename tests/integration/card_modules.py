# SPDX-License-Identifier: LGPL-2.1-or-later
"""The two PKCS#11 modules that reach a MyNumber card: which tests drive a card through both, and where they differ.

  what happens                                   OpenSC          ours            why
  the signature PIN is locked, told by 698x      JPKI-113        logged in       OpenSC drops a card of which one PIN says so
  an empty VERIFY gets 698x after the prompt     VERIFY is sent  JPKI-202        OpenSC shows the tries that it knew before
  an empty VERIFY gets 6F00 after the prompt     VERIFY is sent  JPKI-108        the same; ours says that the card failed
  the certificate is noise                       JPKI-109        JPKI-301        OpenSC shows a certificate that it cannot decode as none
  the certificate cannot be read                 JPKI-109        JPKI-108        the same
  the signature has to be fetched (T=0)          JPKI-309        logged in       OpenSC's driver does not fetch it
  the PIN is typed on the reader                 JPKI-601        logged in       OpenSC's driver sends an empty command (conf/opensc.conf)
  a contactless card flutters at any command     four codes      two of them     OpenSC asks a reader once a second, and hides failed reads
  keys on P-384                                  refused         logged in       OpenSC's driver knows RSA-2048

All of it is tested where it is named; what OpenSC does wrong of it is mended by the patches in doc/upstream but for pinpads and noise."""

import os
from pathlib import Path

OPENSC, OWN = "opensc-pkcs11.so", "jpki-pkcs11.so"
MODULES = {"opensc": OPENSC, "own": OWN}
DROP_IN = Path("/etc/jpki/jpki.toml.d/card-module.toml")

# Every test of these files runs once with each.
OVER_BOTH = ("test_faults", "test_lifted_card", "test_no_card", "test_pin", "test_pin_memory",
             "test_random_faults", "test_readers", "test_refused_cards", "test_sessions", "test_success", "test_timeouts")


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
