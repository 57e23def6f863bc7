# SPDX-License-Identifier: LGPL-2.1-or-later
"""./dev mutants: random changes of one token in the deciding rooms, judged by the unit tests of the room.

Works on a copy of the sources, which has its own build (workshop.py). A change that does not compile is not counted. A survivor is a missing
test, dead code, or an equivalent: those are listed in equivalent.txt, with the reason.
"""

import argparse
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time
from typing import NamedTuple

import one_token
from workshop import DoesNotBuild, Room, Workshop

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
GOAL_PERCENT = 95
ENOUGH_TO_JUDGE = 10


def read_rooms(text: str, top: pathlib.Path) -> list[Room]:
    rooms = []
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        name, rest = line.split(":", 1)
        globs, tests, *also = rest.split("|")
        files = sorted({path.relative_to(top) for glob in globs.split() for path in top.glob(glob)})
        for glob in globs.split():
            if not list(top.glob(glob)):
                sys.exit(f"mutants: rooms.txt: {name}: no file is called {glob}")
        rooms.append(Room(name.strip(), files, tests.split(), " ".join(also).split()))
    return rooms


class Equivalent(NamedTuple):
    file: str  # or "*": any
    line: re.Pattern[str]  # as it reads when changed, without its indentation
    reason: str


def read_equivalents(text: str) -> list[Equivalent]:
    equivalents = []
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if not lines:
            continue
        if len(lines) != 3:
            sys.exit(f"mutants: equivalent.txt: file, changed line, reason; not: {lines}")
        pattern = ".*".join(re.escape(part) for part in lines[1].strip().split("*"))
        equivalents.append(Equivalent(lines[0].strip(), re.compile(pattern), lines[2].strip()))
    return equivalents


class Score(NamedTuple):
    killed: int
    survivors: list[str]
    equivalent: int

    @property
    def counted(self) -> int:
        return self.killed + len(self.survivors)

    @property
    def percent(self) -> float:
        return 100.0 * self.killed / self.counted if self.counted else 100.0


def try_room(shop: Workshop, room: Room, seconds: float, dice: random.Random, equivalents: list[Equivalent]) -> Score:
    shop.open(room)
    sources = {path: (shop.tree / path).read_text(encoding="utf-8") for path in room.files}
    candidates = [(path, change) for path, text in sources.items() for change in one_token.changes(text)]
    dice.shuffle(candidates)
    # Where most tests look first decides how long a mutant takes: the quick ones, and of a file the one that killed last.
    quick = sorted(room.tests, key=lambda test: shop.seconds[test])
    order = {path: list(quick) for path in room.files}
    killed, equivalent, survivors = 0, 0, []
    end = time.monotonic() + seconds
    for path, change in candidates:
        if time.monotonic() > end:
            break
        text = sources[path]
        changed = one_token.apply(text, change)
        number = one_token.line_of(text, change)
        line = changed.splitlines()[number - 1].strip()
        if any(known.file in ("*", str(path)) and known.line.fullmatch(line) for known in equivalents):
            equivalent += 1
            continue
        objects = shop.prepare(path, changed)
        if not objects:
            continue
        killer = shop.killer(objects, order[path])
        if killer:
            killed += 1
            order[path].remove(killer)
            order[path].insert(0, killer)
        else:
            survivors.append(f"{path}:{number}: {change.before.strip()!r} -> {change.after.strip()!r}: {line}")
            print(f"mutants: SURVIVED {survivors[-1]}", flush=True)
    return Score(killed, survivors, equivalent)


def copy_sources(tree: pathlib.Path) -> None:
    """What git knows, as it is in the working tree; unchanged files keep their time, so little is compiled again."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, check=True, capture_output=True, text=True).stdout.split("\0")
    wanted = {name for name in names if name and (TOP / name).is_file()}
    for name in wanted:
        source, target = TOP / name, tree / name
        if target.exists() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    for folder in ("base", "nss_ad", "validator", "pam_jpki", "tests"):
        for path in (tree / folder).rglob("*.cc"):
            if str(path.relative_to(tree)) not in wanted:
                path.unlink()


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev mutants", description=__doc__.splitlines()[0])
    parser.add_argument("room", nargs="?", help="one room of rooms.txt, or several with commas; without it all in turn")
    parser.add_argument("seconds", nargs="?", type=float, default=300, help="for each room")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="repeats a run")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="where the copy and its build are")
    parser.add_argument("--copy-only", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    tree = (options.work / "tree").resolve()
    build = tree / "build"
    if options.copy_only:
        copy_sources(tree)
        return 0
    rooms = read_rooms((HERE / "rooms.txt").read_text(encoding="utf-8"), TOP)
    if options.room and options.room.replace(".", "").isdigit():
        options.room, options.seconds = None, float(options.room)
    chosen = [room for room in rooms if options.room is None or room.name in options.room.split(",")]
    if not chosen:
        sys.exit(f"mutants: rooms are: {' '.join(room.name for room in rooms)}")
    equivalents = read_equivalents((HERE / "equivalent.txt").read_text(encoding="utf-8"))
    print(f"mutants: --seed {options.seed}", flush=True)
    scores = []
    with Workshop(tree, build, rooms) as shop:
        for room in chosen:
            try:
                score = try_room(shop, room, options.seconds, random.Random(options.seed), equivalents)
            except DoesNotBuild as reason:
                sys.exit(f"mutants: {reason}")
            finally:
                shop.close()
            scores.append(score)
            known = f", {score.equivalent} equivalent not counted" if score.equivalent else ""
            print(f"mutants: {room.name}: {score.killed} of {score.counted} killed, {score.percent:.0f} %{known}", flush=True)
    killed, counted = sum(score.killed for score in scores), sum(score.counted for score in scores)
    if not counted:
        sys.exit("mutants: nothing was tried: give it more seconds")
    print(f"mutants: {killed} of {counted} killed, {100 * killed / counted:.1f} %; the goal is {GOAL_PERCENT} % of each room")
    return int(any(score.percent < GOAL_PERCENT and score.counted >= ENOUGH_TO_JUDGE for score in scores))


if __name__ == "__main__":
    sys.exit(main())
