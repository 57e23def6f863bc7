# SPDX-License-Identifier: LGPL-2.1-or-later
"""Part of `make check`: one_token.py changes code and nothing else; rooms.txt names files and tests that exist."""

import pathlib
import sys

import mutants
import one_token
import workshop

SOURCE = '''#include <a == b>
// a == b
bool f(std::vector<int> v) {  /* true */
  const char* text = "a && \\" b";
  return !v.empty() && v[0] < 7 || c == '!';
}
'''
EXPECTED = {
    (5, "!", ""), (5, " && ", " || "), (5, " || ", " && "), (5, " < ", " <= "), (5, " < ", " > "), (5, " == ", " != "),
    (5, "7", "8"), (5, "0", "1"),
}


def expect(condition: bool, what: object) -> None:
    if not condition:
        sys.exit(f"one_token_test: {what}")


def main() -> None:
    found = {(one_token.line_of(SOURCE, change), change.before, change.after) for change in one_token.changes(SOURCE)}
    expect(found == EXPECTED, f"missing {EXPECTED - found}, too many {found - EXPECTED}")
    for change in one_token.changes(SOURCE):
        expect(SOURCE[change.start:change.end] == change.before, change)
        expect(one_token.apply(SOURCE, change) != SOURCE, change)
    begin, rest = workshop.split_includes("// a\n#include <a>\n\n#include \"b.h\"\n#define X\n#include <c>\nint f();\n")
    expect(begin == "// a\n#include <a>\n\n#include \"b.h\"\n", begin)
    expect(rest == "\n\n\n\n#define X\n#include <c>\nint f();\n", rest)

    top = pathlib.Path(sys.argv[1]).resolve()
    makefiles = "".join(path.read_text(encoding="utf-8") for path in top.glob("tests/unit/**/*.inc"))
    rooms = mutants.read_rooms((top / "tests/mutants/rooms.txt").read_text(encoding="utf-8"), top)
    for room in rooms:
        for test in room.tests:
            expect(f"{test}_SOURCES" in makefiles, f"rooms.txt: {room.name}: there is no {test}")
    files = [file for room in rooms for file in room.files]
    expect(len(files) == len(set(files)), "rooms.txt names a file twice")
    for known in mutants.read_equivalents((top / "tests/mutants/equivalent.txt").read_text(encoding="utf-8")):
        named = [file for file in files if known.file in ("*", str(file))]
        expect(named, f"equivalent.txt: {known.file} is in no room")
        sources = [(top / file).read_text(encoding="utf-8") for file in named]
        made = (one_token.apply(source, change).splitlines()[one_token.line_of(source, change) - 1].strip()
                for source in sources for change in one_token.changes(source))
        expect(any(known.line.fullmatch(line) for line in made), f"equivalent.txt: no change makes {known.line.pattern}")


if __name__ == "__main__":
    main()
