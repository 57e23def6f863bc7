# SPDX-License-Identifier: LGPL-2.1-or-later
"""./dev mutants: random changes of one token in the deciding rooms, judged by the unit tests of the room.

Works on a copy of the sources, which has its own build. A change that does not compile is not counted. A survivor is a missing
test, dead code, or an equivalent: those are listed in equivalent.txt, with the reason.
"""

import argparse
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from typing import NamedTuple

import one_token

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
GOAL_PERCENT = 95
ENOUGH_TO_JUDGE = 10


class Room(NamedTuple):
    name: str
    files: list[pathlib.Path]  # below the top folder
    tests: list[str]
    also: list[str]  # what the tests need besides themselves


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
    file: str
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


def end_session(session: int) -> None:
    """Kills what is left of it. A process group is not enough: Check gives each test its own."""
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(entry.name)) == session:
                os.kill(int(entry.name), signal.SIGKILL)
        except ProcessLookupError:
            pass


def run(command: list[str], cwd: pathlib.Path, seconds: float) -> bool:
    """Whether it ended with 0 in time. All that it started ends with it."""
    environment = {**os.environ, "CK_DEFAULT_TIMEOUT": "60", "LC_ALL": "C.UTF-8", "srcdir": str(cwd.parent / "tree")}
    with subprocess.Popen(command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            return process.wait(timeout=seconds) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            end_session(process.pid)


class Workshop:
    """The copy of the sources and its build."""

    def __init__(self, tree: pathlib.Path, build: pathlib.Path) -> None:
        self.tree, self.build = tree, build

    def compiles(self, room: Room) -> bool:
        return run(["make", "-s", f"-j{os.cpu_count()}", *room.tests, *room.also], self.build, 900)

    def first_to_fail(self, tests: list[str], seconds: float) -> str | None:
        return next((test for test in tests if not run([f"./{test}"], self.build, seconds)), None)

    def baseline(self, room: Room) -> float:
        """How long the slowest test takes on the code as it is, in seconds."""
        if not self.compiles(room):
            sys.exit(f"mutants: {room.name}: the code as it is does not compile; run: make -C {self.build} {' '.join(room.tests + room.also)}")
        slowest = 0.0
        for test in room.tests:
            start = time.monotonic()
            if self.first_to_fail([test], 600):
                sys.exit(f"mutants: {room.name}: {test} fails on the code as it is; run: cd {self.build} && ./{test}")
            slowest = max(slowest, time.monotonic() - start)
        return slowest


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
    limit = 20 + 10 * shop.baseline(room)
    sources = {path: (shop.tree / path).read_text(encoding="utf-8") for path in room.files}
    candidates = [(path, change) for path, text in sources.items() for change in one_token.changes(text)]
    dice.shuffle(candidates)
    # Where most tests look first decides how long a mutant takes: the one that killed last goes first.
    tests, killed, equivalent, survivors = list(room.tests), 0, 0, []
    end = time.monotonic() + seconds
    for path, change in candidates:
        if time.monotonic() > end:
            break
        text = sources[path]
        changed = one_token.apply(text, change)
        number = one_token.line_of(text, change)
        line = changed.splitlines()[number - 1].strip()
        if any(known.file == str(path) and known.line.fullmatch(line) for known in equivalents):
            equivalent += 1
            continue
        try:
            (shop.tree / path).write_text(changed, encoding="utf-8")
            if not shop.compiles(room):
                continue
            killer = shop.first_to_fail(tests, limit)
        finally:
            (shop.tree / path).write_text(text, encoding="utf-8")
        if killer:
            killed += 1
            tests.remove(killer)
            tests.insert(0, killer)
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
    parser.add_argument("room", nargs="?", help="one room of rooms.txt; without it all in turn")
    parser.add_argument("seconds", nargs="?", type=float, default=300, help="for each room")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="repeats a run")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="where the copy and its build are")
    parser.add_argument("--copy-only", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    tree, build = options.work / "tree", options.work / "build"
    if options.copy_only:
        copy_sources(tree)
        return 0
    rooms = read_rooms((HERE / "rooms.txt").read_text(encoding="utf-8"), TOP)
    if options.room and options.room.replace(".", "").isdigit():
        options.room, options.seconds = None, float(options.room)
    chosen = [room for room in rooms if options.room in (None, room.name)]
    if not chosen:
        sys.exit(f"mutants: rooms are: {' '.join(room.name for room in rooms)}")
    equivalents = read_equivalents((HERE / "equivalent.txt").read_text(encoding="utf-8"))
    print(f"mutants: --seed {options.seed}", flush=True)
    shop, scores = Workshop(tree, build), []
    for room in chosen:
        score = try_room(shop, room, options.seconds, random.Random(options.seed), equivalents)
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
