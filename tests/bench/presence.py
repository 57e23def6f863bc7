#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""./dev bench presence [ROUNDS]: how soon a login notices that its card or its reader is gone while the PIN is asked for.

    presence.py [ROUNDS]        (inside tests/integration/namespace.py)

A client of pcscd waits beside the validator; the time begins when pcscd has told it, and ends when the validator stopped waiting for
the PIN: that is when it has ended, less the milliseconds that it took to close its module, by its own log. How often pcscd looks at
its reader is the reader's matter, and how long a module takes to close that of the module; both are printed. The driver is
testkit/ifdhandler, which pcscd asks every 0.4 s as it asks most readers."""

import ctypes
import os
import re
import select
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from card_modules import MODULES, CardModule  # noqa: E402
from card_service import VirtualCard  # noqa: E402
from lab import PIN, Lab  # noqa: E402
from played_reader import NAME, PlayedReader  # noqa: E402
from processes import find  # noqa: E402
from side_by_side import Goals, Median, in_turns  # noqa: E402

USER = "taro"
GOAL = 0.2  # seconds
PATIENCE = 10  # seconds
PATIENCE_MS = PATIENCE * 1000
GONE = "JPKI-105"
# winscard.h
SCARD_SCOPE_SYSTEM, SCARD_STATE_UNAWARE, SCARD_STATE_CHANGED = 2, 0, 2


class ReaderState(ctypes.Structure):
    """SCARD_READERSTATE of pcsc-lite."""

    _fields_ = [("reader", ctypes.c_char_p), ("user_data", ctypes.c_void_p), ("current", ctypes.c_ulong), ("event", ctypes.c_ulong),
                ("atr_size", ctypes.c_ulong), ("atr", ctypes.c_ubyte * 33)]


class Bystander:
    """A client of pcscd that knows what the reader holds now, and waits for anything else."""

    def __init__(self) -> None:
        self._pcsc = ctypes.CDLL("libpcsclite.so.1")
        self._context = ctypes.c_long()
        self._state = ReaderState(reader=NAME.encode(), current=SCARD_STATE_UNAWARE)
        self.told_at: float | None = None
        self._expect(self._pcsc.SCardEstablishContext(SCARD_SCOPE_SYSTEM, None, None, ctypes.byref(self._context)))
        self._expect(self._wait())
        self._state.current = self._state.event & ~SCARD_STATE_CHANGED
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _wait(self) -> int:
        return self._pcsc.SCardGetStatusChange(self._context, ctypes.c_ulong(PATIENCE_MS), ctypes.byref(self._state), ctypes.c_ulong(1))

    def _run(self) -> None:
        self._wait()
        self.told_at = time.monotonic()

    @staticmethod
    def _expect(rv: int) -> None:
        if rv != 0:
            raise SystemExit(f"pcscd: {rv & 0xFFFFFFFF:#x}")

    def finish(self) -> float:
        self._thread.join()
        self._pcsc.SCardReleaseContext(self._context)
        return self.told_at


@dataclass(frozen=True)
class Notice:
    """Seconds: until pcscd told of it, from then until the validator knew, and until it had closed its module and ended."""

    pcscd: float
    known: float
    ended: float


class Bench:
    def __init__(self, lab: Lab):
        self.lab, self.reader = lab, PlayedReader(lab.work / "reader", lab.build)
        self.service = lab.service("bench-presence", "timeout=60")

    # A new pcscd each time: it does not take a reader back that was unplugged.
    def _notice(self, module: str, take_away: Callable[["Bench", VirtualCard], object]) -> Notice:
        self.reader.behave()
        self.lab.syslog.clear()
        service = self.lab.card_service(readers=self.reader.configuration)
        card = self.lab.virtual_card(USER)
        chosen = CardModule(module)
        chosen.choose()
        try:
            return self._login(lambda: take_away(self, card))
        finally:
            chosen.leave()
            card.stop()
            service.stop()

    def _login(self, take_away: Callable[[], object]) -> Notice:
        seen_at: list[float] = []

        def take_it_away() -> str:
            (validator,) = find("jpki-validator")
            process = os.pidfd_open(validator)
            bystander = Bystander()
            seen_at.append(time.monotonic())
            take_away()
            select.select([process], [], [], PATIENCE)
            ended = time.monotonic()
            os.close(process)
            seen_at.extend((bystander.finish(), ended))
            return PIN

        seen = self.lab.pamtester(USER, [take_it_away], service=self.service)
        log = self.lab.syslog.text()
        closing = re.search(r"closing:\+\d+ms/(\d+)ms", log)
        if seen.codes != [GONE] or len(seen_at) != 3 or closing is None:
            raise SystemExit(f"{seen.screen}\n{log}")
        taken, told, ended = seen_at
        return Notice(told - taken, ended - told - int(closing.group(1)) / 1000, ended - told)

    def run(self, rounds: int) -> dict[str, list[Notice]]:
        sides = {f"{what}, {file}": lambda module=module, take_away=take_away: self._notice(module, take_away)
                 for what, take_away in WAYS.items() for module, file in MODULES.items()}
        return in_turns(sides, rounds)


WAYS = {"card lifted": lambda _, card: card.ctl("remove"),
        "reader unplugged": lambda bench, _: bench.reader.behave(unplugged="yes")}


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    goals = Goals()
    for side, notices in Bench(Lab()).run(rounds).items():
        pcscd, known, ended = (Median.of(getattr(notice, part) for notice in notices) for part in ("pcscd", "known", "ended"))
        print(f"  {side}: pcscd tells after {pcscd.text()} s; the validator knows {known.text(1000, 1)} ms later, "
              f"{max(notice.known for notice in notices) * 1000:.1f} at the latest, and has ended after {ended.text(1000, 1)} ms")
        goals.at_most(side, known, GOAL, unit=" s")
    return goals.exit_status()


if __name__ == "__main__":
    sys.exit(main())
