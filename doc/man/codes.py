#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes jpki-codes.adoc from what `jpkictl --json explain` says: codes.py < explain.json > jpki-codes.adoc."""

import json
import sys

HUNDREDS = {
    "0": "Accepted", "1": "Card and reader", "2": "PIN", "3": "Certificate", "4": "Revocation", "5": "Account",
    "6": "Configuration, helper process, system", "7": "jpki-crl-refresh", "8": "nss-ad-refresh",
    "9": "Emergency code",
}
HEAD = """\
// SPDX-License-Identifier: LGPL-2.1-or-later
// Written by codes.py; `make update-codes` writes it again.
= jpki-codes(7)

== NAME

jpki-codes - codes of MyNumber card logins, their causes and what to do

== DESCRIPTION

Every login ends with a stable code. The user sees it with the message, and the log has it together with its name. The codes of
*jpki-crl-refresh*(8) and *nss-ad-refresh*(8) appear on their standard error and in the journal. Codes are never reused or renumbered.
*jpkictl explain* shows the same texts on the machine.
"""
TAIL = """
== SEE ALSO

*jpkictl-explain*(1), *pam_jpki*(8), *jpki-crl-refresh*(8), *nss-ad-refresh*(8)
"""
SPECIAL = ("*", "_", "`", "#", "<", "[", "{", "+", "...", "^", "~")


def literal(text: str) -> str:
    """The words as they are, where AsciiDoc would see a mark in them."""
    return " ".join(f"pass:c[{word.replace(']', chr(92) + ']')}]" if any(mark in word for mark in SPECIAL) else word
                    for word in text.split())


def page(entries: list[dict[str, str]]) -> str:
    text = HEAD
    hundred = ""
    for entry in entries:
        if entry["code"][5] != hundred:
            hundred = entry["code"][5]
            text += f"\n=== {HUNDREDS[hundred]}\n\n"
        text += f"*{entry['code']}* {entry['name']}::\n{literal(entry['meaning'])} +\n"
        text += f"_Cause:_ {literal(entry['cause'])} +\n_Next step:_ {literal(entry['next_step'])}\n"
    return text + TAIL


if __name__ == "__main__":
    sys.stdout.write(page(json.load(sys.stdin)))
