#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the table of faults into jpkictl-doctor.adoc from what the tests break: faults.py FAULTS.json PAGE.adoc."""

import json
import sys
from pathlib import Path

BEGIN, END = "// The table of faults: `make update-faults` writes it again.\n", "// The end of the table of faults.\n"


def literal(text: str) -> str:
    return f"pass:c[{text.replace(']', chr(92) + ']')}]"


def table(rows: list[dict[str, str]]) -> str:
    text = ""
    link = ""
    for row in rows:
        if row["link"] != link:
            link = row["link"]
            text += f"\n*{link}*::\n"
            text += "{empty}\n"
        remedy = row["remedy"].replace("@PAMDIR@", "/usr/lib/.../security").replace("@NSSDIR@", "/usr/lib/...")
        text += f"- {literal(row['fault'])}" + (f": {literal(remedy)}\n" if remedy else "\n")
    return text + "\n"


def with_table(page: str, rows: list[dict[str, str]]) -> str:
    head, rest = page.split(BEGIN)
    return head + BEGIN + table(rows) + END + rest.split(END)[1]


if __name__ == "__main__":
    page = Path(sys.argv[2])
    page.write_text(with_table(page.read_text(encoding="utf-8"), json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))),
                    encoding="utf-8")
