#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""paragraphs.py <po/ja.po: what of it is in use, with a second entry for each paragraph that po4a reads in one way or the other.

A paragraph that begins with an asterisk is taken line by line by po4a 0.68 (Debian 12), and like any other by 0.73 (Debian 13):
its lines are joined, two blanks follow a full stop or a bracket at their ends, and a forced line break is none but a line feed."""

import re
import sys

LINE = re.compile(r'^"(.*)"$', re.M)


def text_of(part: str) -> str:
    return "".join(LINE.findall(part)).replace("\\n", "\n")


def quoted(text: str) -> str:
    return '"' + text.replace("\n", "\\n") + '"'


def joined(text: str) -> str:
    *lines, last = text.rstrip("\n").split("\n")
    out = ""
    for line in lines:
        out += line.removesuffix(" +") + "\n" if line.endswith(" +") else line + ("  " if line.endswith((".", ")")) else " ")
    return out + last


def main() -> None:
    entries = [entry for entry in sys.stdin.read().split("\n\n") if "#~" not in entry]
    known = {text_of(entry.partition("msgstr ")[0].partition("msgid ")[2]) for entry in entries}
    for entry in entries:
        print(entry.rstrip("\n"), end="\n\n")
        head, _, rest = entry.partition("msgid ")
        original, _, translation = rest.partition("msgstr ")
        if "Plain text" not in head or "no-wrap" not in head:
            continue
        msgid, msgstr = joined(text_of(original)), joined(text_of(translation))
        if msgid in known:
            continue
        known.add(msgid)
        print(f"#. type: Plain text\nmsgid {quoted(msgid)}\nmsgstr {quoted(msgstr)}\n")


if __name__ == "__main__":
    main()
