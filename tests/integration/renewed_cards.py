# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tells that a card stands in place of an older one: the feed, the resolver, and the serial number as an OCSP answer carries it."""

import os
import pwd
import subprocess
from pathlib import Path

FEED, RESOLVER = Path("/etc/jpki/succession.feed"), Path("/etc/jpki/resolver")
TOLD = "Your new certificate was registered in place of the old one."
OID = "2.999.1.7"


def write_feed(*lines: str, owner: int = 0, mode: int = 0o640) -> None:
    FEED.write_text("".join(f"{line}\n" for line in lines))
    os.chown(FEED, owner, pwd.getpwnam("_jpki").pw_gid)
    FEED.chmod(mode)


def der_serial(card: Path) -> bytes:
    """The serial number of the certificate in this folder, a DER INTEGER."""
    text = subprocess.run(["openssl", "x509", "-inform", "DER", "-in", card / "auth.der", "-noout", "-serial"],
                          capture_output=True, text=True, check=True).stdout.strip().split("=")[1]
    number = int(text, 16)
    octets = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return bytes((2, len(octets))) + octets
