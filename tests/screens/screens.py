# SPDX-License-Identifier: LGPL-2.1-or-later
"""./dev screens: people at real front ends; one row for each front end and case.

    screens.py [--language ja] [--case CASE]… [--facts] [NAME…]

Pictures and table.md go to BUILD/screens. Status 1: a row is broken, a case could not be played, or known.py says too much.
"""

import argparse
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from conversation import ConversationSpy  # noqa: E402
from facts import FACTS, cells, learn  # noqa: E402
from front_ends import FRONT_ENDS, ON_REQUEST, front_end  # noqa: E402
from lab import Lab  # noqa: E402
from story import CASES, Row, play  # noqa: E402

LANGUAGES = {"en": "C.UTF-8", "ja": "ja_JP.UTF-8"}
HEADING = ("front end", "case", "read on the screen", "code", "typed", "VERIFY", "in", "remarks")


def columns(row: Row) -> tuple[str, ...]:
    remarks = [f"BROKEN: {what}" for what in row.broken] + sorted(row.remarks) + [f"no longer: {what}" for what in row.gone]
    return (row.front_end, row.case, row.seen or "nothing", " ".join(row.codes) or "-", str(row.answers), str(row.verifies),
            "yes" if row.passed else "no", "; ".join(remarks) or "-")


def show(row: Row) -> None:
    name, case, seen, code, typed, verifies, inside, remarks = columns(row)
    print(f"{name:<34} {case:<12} code {code:<18} typed {typed} VERIFY {verifies} in {inside:<4} {remarks}\n{'':<47} {seen[:300]}", flush=True)


def tell_facts(lab: Lab, spy: ConversationSpy, names: list[str], out: Path) -> int:
    """Status 1 where facts.py says something else."""
    bad = 0
    for name in names:
        pictures = out / name.replace(":", "-")
        pictures.mkdir(exist_ok=True)
        try:
            seen = learn(lab, spy, front_end(name), lab.work / "screens" / name, pictures, FACTS.get(name))
        except (AssertionError, RuntimeError, OSError) as failure:
            traceback.print_exception(failure, limit=-3, file=sys.stdout)
            seen = None
        right = seen is not None and FACTS.get(name, seen) == seen
        bad += not right
        print("| " + " | ".join(cells(name, seen) if seen else (name, "?")) + " |" + ("" if right else f"  facts.py: {FACTS.get(name)}"), flush=True)
    print(f"{len(names) - bad} passed, {bad} failed")
    return 1 if bad else 0


def main() -> int:
    parser = argparse.ArgumentParser(description="people at real front ends, with virtual cards")
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    parser.add_argument("--case", action="append", choices=CASES, help="only this case; may be repeated")
    parser.add_argument("--facts", action="store_true", help="what each does with messages, instead of people with cards")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(FRONT_ENDS)}, lightdm:GREETER:SERVICE; without one all but {', '.join(ON_REQUEST)}")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in FRONT_ENDS and not name.startswith("lightdm:")]
    if unknown:
        parser.error(f"not known: {' '.join(unknown)}; known: {' '.join(FRONT_ENDS)}")
    lab = Lab()
    language = LANGUAGES[options.language]
    Path("/etc/default/locale").write_text(f"LANG={language}\n")
    out = lab.build / "screens"
    if options.language != "en":
        out /= options.language
    out.mkdir(parents=True, exist_ok=True)
    spy = ConversationSpy(lab)
    names = options.names or [name for name in FRONT_ENDS if name not in ON_REQUEST]
    if options.facts:
        return tell_facts(lab, spy, names, out)
    rows, unplayed = [], 0
    for name in names:
        pictures = out / name.replace(":", "-")
        pictures.mkdir(exist_ok=True)
        for case in options.case or CASES:
            for old in pictures.glob(f"{case.replace(' ', '-')}-[0-9].*"):
                old.unlink()
            try:
                rows.append(play(lab, spy, front_end(name), CASES[case], lab.work / "screens" / name, pictures, language))
                show(rows[-1])
            except (AssertionError, RuntimeError, OSError) as failure:
                unplayed += 1
                traceback.print_exception(failure, limit=-3, file=sys.stdout)
                print(f"{name:<34} {case:<12} COULD NOT BE PLAYED", flush=True)
    lines = ["| " + " | ".join(cell.replace("|", "¦") for cell in line) + " |" for line in (HEADING, ("---",) * len(HEADING), *map(columns, rows))]
    (out / "table.md").write_text("\n".join(lines) + "\n")
    bad = unplayed + sum(bool(row.broken or row.gone) for row in rows)
    print(f"the pictures and table.md are in {out}\n{len(rows) + unplayed - bad} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
