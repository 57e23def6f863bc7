# SPDX-License-Identifier: LGPL-2.1-or-later
"""Changes of one token in a C++ source: where they are, and the source with one of them made."""

import re
from typing import Iterator, NamedTuple


class Change(NamedTuple):
    """Octets [start, end) of the source replaced by `after`."""

    start: int
    end: int
    before: str
    after: str


# What is no code: comments, literals, preprocessor lines. A raw string has no escape.
_NO_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|^[ \t]*#[^\n]*',
    re.DOTALL | re.MULTILINE,
)

# clang-format puts spaces around a binary operator and none inside <> of a template, so these are comparisons.
_REPLACEMENTS = (
    (r" == ", (" != ",)),
    (r" != ", (" == ",)),
    (r" < ", (" <= ", " > ")),
    (r" > ", (" >= ", " < ")),
    (r" <= ", (" < ",)),
    (r" >= ", (" > ",)),
    (r" && ", (" || ",)),
    (r" \|\| ", (" && ",)),
    (r" \+ ", (" - ",)),
    (r" - ", (" + ",)),
    (r" \| ", (" & ",)),
    (r" & ", (" | ",)),
    (r"(?<![=!<>\w])!(?=[\w(:*])", ("",)),
    (r"\btrue\b", ("false",)),
    (r"\bfalse\b", ("true",)),
    (r"\bcontinue\b", ("break",)),
    (r"\bbreak\b", ("continue",)),
    (r"(?<![\w.'])\d+(?![\w.'])", ("+1",)),
)


def _blank(source: str) -> str:
    """The same length, with a filler for what is no code."""
    return _NO_CODE.sub(lambda match: re.sub(r"[^\n]", "\0", match.group()), source)


def changes(source: str) -> Iterator[Change]:
    """All changes of one token. Some do not compile; the caller finds out which."""
    code = _blank(source)
    for pattern, results in _REPLACEMENTS:
        for match in re.finditer(pattern, code):
            for after in results:
                if after == "+1":
                    after = str(int(match.group()) + 1)
                yield Change(match.start(), match.end(), match.group(), after)


def apply(source: str, change: Change) -> str:
    return source[: change.start] + change.after + source[change.end :]


def line_of(source: str, change: Change) -> int:
    """Counted from 1."""
    return source.count("\n", 0, change.start) + 1
