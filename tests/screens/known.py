# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a person meets today and should not: the remarks of a row that do not make the table fail. Any other remark does, and so
does one that is listed here and no longer true."""

NO_USE = "the right PIN does not help"
BLIND = "a try was spent where the tries left cannot be read"
SAYS_PASSWORD = "says password"
NO_REASON = "no reason can be read"

EVERY_CASE = ("right pin", "wrong pin", "wrong again", "last try", "revoked", "no network", "unmapped", "no card", "card late", "card pulled", "two cards")
BLIND_SCREEN = {"last try": {NO_USE}}  # where nobody could know that it is the last one
KNOWN: dict[str, dict[str, set[str]]] = {
    # The greeter's own words stand in the field that is not asked for yet.
    "lightdm-gtk-greeter": {"no card": {SAYS_PASSWORD}},
    "lightdm-gtk-greeter-without-name": {"no card": {SAYS_PASSWORD}, "card late": {SAYS_PASSWORD}},
    "i3lock": BLIND_SCREEN,
    "swaylock": BLIND_SCREEN,
    # Its own label is "Password:".
    "gtklock": {case: {SAYS_PASSWORD} for case in EVERY_CASE} | {"last try": {SAYS_PASSWORD, NO_USE}},
    "kscreenlocker": BLIND_SCREEN,  # the question for a "yes" would not be shown
    "sshd": {case: {NO_REASON} for case in EVERY_CASE},
}
KNOWN_IN_JAPANESE: dict[str, dict[str, set[str]]] = {}  # besides


def known_remarks(name: str, case: str, language: str) -> set[str]:
    tables = [KNOWN, KNOWN_IN_JAPANESE] if language.startswith("ja") else [KNOWN]
    return set().union(*(table.get(name, {}).get(case, set()) for table in tables))
