# SPDX-License-Identifier: LGPL-2.1-or-later
"""How every bench in Python measures and judges (side_by_side.h is the same for those in C++).

All sides do the same work in turns, round after round, so that a busy machine is busy for all of them. What is compared is made
within each round; the median of the rounds is printed with its noise, and a goal is met only when the noise does not reach over it.
"""

import math
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Seconds. CPU time is user and system of a process and of the children that it has reaped."""

    cpu: float
    wall: float


def cost_of(*argv: str | Path, environment: Mapping[str, str] | None = None) -> Cost:
    """Of a program that has to succeed; what it prints is not shown."""
    words = [str(word) for word in argv]
    with tempfile.TemporaryFile() as output:
        actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
                   (os.POSIX_SPAWN_DUP2, output.fileno(), 2)]
        begin = time.perf_counter()
        child = os.posix_spawnp(words[0], words, os.environ | (environment or {}), file_actions=actions)
        _, status, usage = os.wait4(child, 0)
        wall = time.perf_counter() - begin
        if status != 0:
            output.seek(0)
            raise SystemExit(f"{words}: wait status {status}\n{output.read().decode(errors='replace')}")
    return Cost(usage.ru_utime + usage.ru_stime, wall)


def in_turns(sides: Mapping[str, Callable[[], Cost]], rounds: int) -> dict[str, list[Cost]]:
    """The costs of each side in each round. One more round goes before them and counts for nobody; in each round another side begins."""
    names = list(sides)
    for side in sides.values():
        side()
    costs: dict[str, list[Cost]] = {name: [] for name in names}
    for round_ in range(rounds):
        for turn in range(len(names)):
            name = names[(round_ + turn) % len(names)]
            costs[name].append(sides[name]())
    return costs


@dataclass(frozen=True)
class Median:
    """A median and what it lies between at a confidence of at least 95 %, by the order of the values alone (binomial).

    With fewer than six values that cannot be said: then low and high are the least and the most.
    """

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Median":
        ordered = sorted(values)
        tail, outside = 0.0, 0
        for heads in range(len(ordered) // 2):
            tail += math.comb(len(ordered), heads) / 2 ** len(ordered)
            if tail > 0.025:
                break
            outside = heads
        return cls(statistics.median(ordered), ordered[outside], ordered[-1 - outside])

    def text(self, scale: float = 1, decimals: int = 2) -> str:
        return f"{self.value * scale:.{decimals}f} [{self.low * scale:.{decimals}f}, {self.high * scale:.{decimals}f}]"


def median(costs: Iterable[Cost], kind: str) -> Median:
    return Median.of(getattr(cost, kind) for cost in costs)


def ratio(ours: Iterable[Cost], theirs: Iterable[Cost], kind: str) -> Median:
    """Of each round: ours divided by theirs."""
    return Median.of(getattr(a, kind) / getattr(b, kind) for a, b in zip(ours, theirs, strict=True))


def excess(ours: Iterable[Cost], theirs: Iterable[Cost], kind: str) -> Median:
    """Of each round: ours less theirs."""
    return Median.of(getattr(a, kind) - getattr(b, kind) for a, b in zip(ours, theirs, strict=True))


class Goals:
    """Prints each goal with its verdict and remembers the worst."""

    def __init__(self) -> None:
        self._not_met = False

    def at_most(self, what: str, measured: Median, goal: float, scale: float = 1, unit: str = "") -> None:
        """`goal` is in the unit that `scale` makes of `measured`."""
        verdict = "cannot tell: noise"
        if measured.high * scale <= goal:
            verdict = "met"
        if measured.low * scale > goal:
            verdict = "not met"
            self._not_met = True
        print(f"  goal: {what}: {measured.text(scale)}{unit}, at most {goal:g}{unit}: {verdict}", flush=True)

    def exit_status(self) -> int:
        """1 when a goal is not met, otherwise 0: noise proves nothing."""
        return 1 if self._not_met else 0
