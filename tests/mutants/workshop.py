# SPDX-License-Identifier: LGPL-2.1-or-later
"""A copy of the sources with its build, where one source at a time is changed and the tests of its room are run.

make would pack libraries and link all programs again for each change. It is asked once for each source what it would do (make -n -W).
Then the changed source alone is compiled, behind the includes of all rooms of its folder, which are compiled once; and each program is
linked when it is about to run, with the new object before the libraries, whose own one the linker then leaves alone.
"""

import functools
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import time
from typing import NamedTuple

NO_CODE = re.compile(r"\s*(//.*)?|\s*#\s*include\b.*")
COMPILER = "/usr/bin/g++" if pathlib.Path("/usr/bin/g++").exists() else "g++"  # no change is worth the room of ccache
LINKER = ["-fuse-ld=lld"] if shutil.which("ld.lld") else []


class DoesNotBuild(Exception):
    """What to run to see why."""


class Room(NamedTuple):
    name: str
    files: list[pathlib.Path]  # below the top folder
    tests: list[str]
    also: list[str]  # what the tests need besides themselves


class Link(NamedTuple):
    target: str  # as make calls it
    command: list[str]  # with "{object}" where the changed one goes


class Way(NamedTuple):
    """How a changed source becomes programs."""

    compile: list[str]  # without -o and the source
    links: list[Link]


def end_session(session: int) -> None:
    """Kills what is left of it. A process group is not enough: Check gives each test its own."""
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(entry.name)) == session:
                os.kill(int(entry.name), signal.SIGKILL)
        except ProcessLookupError:
            pass


def split_includes(source: str) -> tuple[str, str]:
    """The includes that a source begins with, and the rest, each with its line numbers."""
    lines = source.splitlines(keepends=True)
    count = next((i for i, line in enumerate(lines) if not NO_CODE.fullmatch(line.rstrip("\n"))), len(lines))
    return "".join(lines[:count]), "\n" * count + "".join(lines[count:])


class Workshop:
    def __init__(self, tree: pathlib.Path, build: pathlib.Path, rooms: list[Room]) -> None:
        self.tree, self.build = tree, build
        self.changed = build / "changed"
        self.files = [path for room in rooms for path in room.files]
        self.environment = {**os.environ, "LC_ALL": "C.UTF-8", "srcdir": str(tree)}
        self.room: Room | None = None
        self.seconds: dict[str, float] = {}  # that each test takes on the code as it is
        self.linked: set[str] = set()  # of the targets, with a changed object

    def _run(self, command: list[str], seconds: float) -> bool:
        """Whether it ended with 0 in time. All that it started ends with it."""
        environment = {**self.environment, "CK_DEFAULT_TIMEOUT": str(int(seconds) + 1)}
        with subprocess.Popen(command, cwd=self.build, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, start_new_session=True) as process:
            try:
                return process.wait(timeout=seconds) == 0
            except subprocess.TimeoutExpired:
                return False
            finally:
                end_session(process.pid)

    def _make(self) -> list[str]:
        return ["make", "-s", f"-j{os.cpu_count()}", *self.room.tests, *self.room.also]

    def open(self, room: Room) -> None:
        """Builds the code as it is and runs its tests, the quickest of which goes first from then on."""
        self.room, self.linked = room, set()
        if not self._run(self._make(), 1800):
            raise DoesNotBuild(f"{room.name}: the code as it is does not compile; run: make -C {self.build} {' '.join(room.tests + room.also)}")
        for test in room.tests:
            start = time.monotonic()
            if not self._run([f"./{test}"], 600):
                raise DoesNotBuild(f"{room.name}: {test} fails on the code as it is; run: cd {self.build} && ./{test}")
            self.seconds[test] = time.monotonic() - start
        for known in (self._plan, self._ways, self._linker, self._symbols):
            known.cache_clear()

    def close(self) -> None:
        """Lets make link again what was linked here."""
        for target in self.linked:
            (self.build / target).unlink(missing_ok=True)

    def __enter__(self) -> "Workshop":
        shutil.rmtree(self.changed, ignore_errors=True)
        self.changed.mkdir()
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.changed)

    @functools.lru_cache(maxsize=None)
    def _symbols(self, file: str) -> frozenset[str]:
        found = subprocess.run(["nm", "--defined-only", "--extern-only", "--format=posix", file], cwd=self.build,
                               check=False, capture_output=True, text=True).stdout
        return frozenset(fields[0] for line in found.splitlines() if len(fields := line.split()) >= 3 and fields[1] in "TBDR")

    @functools.lru_cache(maxsize=None)
    def _linker(self, command: str) -> list[str]:
        """What libtool would run."""
        dry = subprocess.run(shlex.split(command.replace("--mode=link", "--dry-run --mode=link", 1)), cwd=self.build, check=True,
                             capture_output=True, text=True).stdout
        line = next(line for line in dry.splitlines() if re.match(r"libtool: link: .* -o \S", line))
        return [COMPILER, *shlex.split(line.partition("g++ ")[2]), "-Wl,-z,muldefs", *LINKER]

    def _link(self, command: str, target: str, wanted: str) -> Link | None:
        """Nothing when the object is in no part of it."""
        words = list(self._linker(command))
        if wanted in words:
            words[words.index(wanted)] = "{object}"
        else:
            if not any(self._symbols(word) & self._symbols(wanted) for word in words if word.endswith(".a")):
                return None
            first = next(i for i, word in enumerate(words) if word.endswith((".o", ".a")))
            words.insert(first, "{object}")
        return Link(target, words)

    @functools.lru_cache(maxsize=None)
    def _plan(self) -> list[str]:
        """The commands that make would run when all files of the room were changed."""
        changed = [word for path in self.room.files for word in ("-W", str(self.tree / path))]
        return subprocess.run(["make", "-n", "V=1", *changed, *self.room.tests, *self.room.also], cwd=self.build, check=True,
                              capture_output=True, text=True).stdout.replace("\\\n", " ").splitlines()

    @functools.lru_cache(maxsize=None)
    def _ways(self, path: pathlib.Path) -> list[Way]:
        """For each object that make would compile from it."""
        ways = []
        for line in self._plan():
            found = re.search(r"(?:--mode=compile )?(?:ccache )?(\S*g\+\+ .*?) -MT .* -c -o (\S+) .*?(\S+?)(?: &&.*)?$", line)
            if not found or not f"/{found[3]}".replace("`", "/").endswith(f"/{path}"):
                continue
            words, target = shlex.split(found[1]), found[2]
            words[0] = COMPILER
            if target.endswith(".lo"):  # libtool is told to make position-independent ones only
                words += ["-fPIC", "-DPIC"]
                target = str(pathlib.PurePath(target).parent / ".libs" / f"{pathlib.PurePath(target).stem}.o")
            links = []
            for other in self._plan():
                output = re.search(r"--mode=link .* -o (\S+)", other)
                if output and (not output[1].endswith(".la") or " -module " in other):
                    links.append(self._link(other, output[1], target))
            ways.append(Way([*words, "-O0", "-g0", "-w"], [link for link in links if link]))
        if not any(way.links for way in ways):
            raise DoesNotBuild(f"{self.room.name}: no test is linked with {path}")
        return [way for way in ways if way.links]

    @functools.lru_cache(maxsize=None)
    def _includes(self, folder: str, words: tuple[str, ...]) -> pathlib.Path | None:
        """The precompiled includes of the folder; nothing when they do not go together."""
        header = self.changed / f"{folder}_{len(list(self.changed.iterdir()))}.h"
        lines = dict.fromkeys(line for path in self.files if path.parts[0] == folder for line in
                              split_includes((self.tree / path).read_text(encoding="utf-8"))[0].splitlines() if "#" in line)
        header.write_text("\n".join(['#include "config.h"', *lines, ""]), encoding="utf-8")
        command = [*self._without_config(words), "-x", "c++-header", "-o", f"{header}.gch", str(header)]
        return header if self._run(command, 600) else None

    @staticmethod
    def _without_config(words: tuple[str, ...] | list[str]) -> list[str]:
        at = next(i for i in range(len(words)) if list(words[i:i + 2]) == ["-include", "config.h"])
        return [*words[:at], *words[at + 2:]]

    def _compile(self, way: Way, path: pathlib.Path, source: str, output: pathlib.Path) -> bool:
        begin, rest = split_includes(source)
        file = output.with_suffix(".cc")
        header = self._includes(path.parts[0], tuple(way.compile)) if begin else None
        if header:
            file.write_text(rest, encoding="utf-8")
            words = [*self._without_config(way.compile), "-include", str(header)]
        else:
            file.write_text(source, encoding="utf-8")
            words = way.compile
        return self._run([*words, "-iquote", str((self.tree / path).parent), "-c", "-o", str(output), str(file)], 300)

    def prepare(self, path: pathlib.Path, source: str) -> list[tuple[Way, pathlib.Path]] | None:
        """The changed source as objects; nothing when it does not compile."""
        objects = []
        for number, way in enumerate(self._ways(path)):
            output = self.changed / f"{number}.o"
            if not self._compile(way, path, source, output):
                return None
            objects.append((way, output))
        return objects

    def killer(self, objects: list[tuple[Way, pathlib.Path]], tests: list[str]) -> str | None:
        """The first test that fails with these objects."""
        commands = {link.target: [str(output) if word == "{object}" else word for word in link.command]
                    for way, output in objects for link in way.links}
        for target in commands:
            if target not in tests:
                self._link_now(target, commands[target])
        for test in tests:
            if test in commands:
                self._link_now(test, commands[test])
            if not self._run([f"./{test}"], 10 + 10 * self.seconds[test]):
                return test
        return None

    def _link_now(self, target: str, command: list[str]) -> None:
        self.linked.add(target)
        if not self._run(command, 300):
            raise DoesNotBuild(f"{target} cannot be linked: cd {self.build} && {shlex.join(command)}")
        os.utime(self.build / target, (0, 0))  # for make it is too old, even when this process is killed now
