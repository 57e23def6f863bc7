#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The login screen: from the card on the reader to the prompt for the PIN, at jpki-greeter and at a text console in turns; and
from the screen's start to its first complete picture, jpki-greeter and lightdm-gtk-greeter in turns.

    screen.py [--rounds N] [--apdu-latency-ms N]        (inside tests/integration/namespace.py)

The time begins when pcscd has powered the card and knows it: how often pcscd looks at its reader is the reader's matter. What the
card takes is known exactly: so much for each command, and the card counts them. The goal is for what is left: the validator,
PAM, and drawing. All of it is time on the clock, several processes long, so where others use the processors a goal is not judged.
"""

import argparse
import os
import re
import socket
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pexpect

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "integration"), str(TESTS / "screens")]

from card_service import VirtualCard  # noqa: E402
from conversation import ConversationSpy  # noqa: E402
from greeter_daemon import Daemon  # noqa: E402
from greeter_screen import Display  # noqa: E402
from lab import Lab  # noqa: E402
from lightdm import JpkiGreeter  # noqa: E402
from page import LOOK, PATIENCE, Framebuffer, Page  # noqa: E402
from processes import until  # noqa: E402
from side_by_side import Goals, Median, excess, in_turns, median, ratio  # noqa: E402

USER = "taro"
WAIT = 3600  # seconds for the card, as in the packaged service
MORE_THAN_THE_CARD_MS = 100
FIRST_PICTURE_MS = 1000
CONSOLE = "bench-console"
CROWDED = 0.3  # of the time somebody waited for a processor: more than these programs among themselves
PRESSURE = Path("/proc/pressure/cpu")
LEARN = 1.5  # seconds in which a picture is looked at
WHOLE_SCREEN = 10_000  # pixels that are looked at


@dataclass(frozen=True)
class Prompt:
    """Seconds from the card on the reader to the prompt: all, what the card took of it, and the rest."""

    all: float
    card: float

    @property
    def rest(self) -> float:
        return self.all - self.card


@dataclass(frozen=True)
class Start:
    """Seconds from a process's start to its first complete picture; CPU time of that process until then."""

    wall: float
    cpu: float


class Crowd:
    """How much of the time since it began somebody on this machine waited for a processor; 0 where the kernel does not tell."""

    def __init__(self) -> None:
        self.begin, self.before = time.monotonic(), self.waited()

    @staticmethod
    def waited() -> float:
        return int(re.search(r"some .*total=(\d+)", PRESSURE.read_text())[1]) / 1e6 if PRESSURE.exists() else 0.0

    def share(self) -> float:
        return (self.waited() - self.before) / (time.monotonic() - self.begin)


def judge(goals: Goals, crowd: Crowd, what: str, measured: Median, goal_ms: float) -> None:
    share = crowd.share()
    print(f"  somebody waited for a processor in {share:.0%} of the time")
    if share <= CROWDED or measured.high * 1000 <= goal_ms:
        goals.at_most(what, measured, goal_ms, 1000, " ms")
    else:
        print(f"  goal: {what}: {measured.text(1000)} ms, at most {goal_ms:g} ms: cannot tell: noise")


class TimedCard:
    """A virtual card that takes so much for each command, as a real one does."""

    def __init__(self, lab: Lab, latency_ms: float):
        self.latency = latency_ms / 1000
        self.card: VirtualCard = lab.virtual_card(USER, options=("--apdu-latency-ms", str(latency_ms)), absent=True)

    def put_down(self) -> float:
        """The time at which pcscd knows it; the card itself tells. No program is started meanwhile."""
        self.card.ctl("stats-reset")
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.card.socket))
            control.sendall(b"insert\nwait present 10\n")
            replies = b""
            while replies.count(b"\n") < 2:
                replies += control.recv(64)
            now = time.monotonic()
        assert replies == b"ok\nok\n", replies
        return now

    def took(self) -> float:
        return self.card.stats()["apdus"] * self.latency

    def take_up(self) -> None:
        self.card.remove()


class GreeterSide:
    """lightdm with jpki-greeter, which shows the page that asks for a card. Begun anew for each round: while it waits, it would take
    the card of the other side."""

    def __init__(self, lab: Lab, card: TimedCard):
        self.card = card
        self.spy = ConversationSpy(lab)
        self.front_end = JpkiGreeter(lab, self.spy, lab.work / "bench-greeter", wait=WAIT)
        self.pin = self.learn(self.begin())
        self.end()

    def learn(self, screen: Framebuffer) -> Page:
        """The page for the PIN."""
        self.card.put_down()
        before, seen = [screen.frame()], []
        while not self.spy.waits_for_answer():  # PAM asks, then it is drawn
            before += seen
            seen = screen.frames_for(LOOK)
        return Page(before, screen.frames_until_quiet(least=LEARN)[-1:])

    def begin(self) -> Framebuffer:
        self.spy.clear()
        self.front_end.begin(USER)
        until(lambda: "insert-card" in self.front_end.states(), "somebody who waits for the card")
        screen = Framebuffer(self.front_end.screen.framebuffer)
        screen.frames_until_quiet(least=LEARN)
        return screen

    def end(self) -> None:
        self.front_end.end()
        self.card.take_up()

    def measure(self) -> Prompt:
        screen = self.begin()
        begin = self.card.put_down()
        end = self.pin.wait(screen)
        prompt = Prompt(end - begin, self.card.took())
        self.end()
        return prompt

    def close(self) -> None:
        self.front_end.end()
        self.front_end.restore()
        self.spy.stop()


class ConsoleSide:
    """A program at a terminal that waits for a card."""

    def __init__(self, lab: Lab, card: TimedCard):
        self.lab, self.card = lab, card
        lab.service(CONSOLE, f"timeout=20 wait_for_card={WAIT}")

    def measure(self) -> Prompt:
        with closing(pexpect.spawn("pamtester", [CONSOLE, USER, "authenticate"], env=self.lab.environment(), timeout=30)) as person:
            person.expect("card")
            begin = self.card.put_down()
            person.expect("PIN[^\r\n]*: ?$")
            end = time.monotonic()
            prompt = Prompt(end - begin, self.card.took())
            self.card.take_up()
        return prompt


class FirstPicture:
    """A greeter's start, on an X server of its own; the other end of its pipes is played."""

    def __init__(self, program: str):
        self.program = program
        with closing(Display()) as display:
            screen = Framebuffer(display.server.picture)
            before = screen.frame()
            with closing(Daemon(display, program)):
                self.first = self.learn(screen, before)

    @staticmethod
    def learn(screen: Framebuffer, before: bytes) -> Page:
        """When all of the screen is another, and has been for a while; something may turn on it."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                Page([before], screen.frames_for(LEARN), least=WHOLE_SCREEN)
                return Page([before], screen.frames_for(LEARN), least=WHOLE_SCREEN)
            except AssertionError:
                if time.monotonic() > end:
                    raise

    def measure(self) -> Start:
        with closing(Display()) as display:
            screen = Framebuffer(display.server.picture)
            begin = time.monotonic()
            with closing(Daemon(display, self.program)) as daemon:
                return Start(self.first.wait(screen) - begin, cpu_of(daemon.process.pid))


def cpu_of(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def from_card_to_prompt(lab: Lab, rounds: int, latency_ms: float, goals: Goals) -> None:
    service, card = lab.card_service(), TimedCard(lab, latency_ms)
    greeter = GreeterSide(lab, card)
    crowd = Crowd()
    try:
        prompts = in_turns({"text console": ConsoleSide(lab, card).measure, "jpki-greeter": greeter.measure}, rounds)
    finally:
        greeter.close()
        card.card.stop()
        service.stop()
    print(f"from the card to the prompt for the PIN; {latency_ms:g} ms for each command of the card; medians of {rounds} rounds [at 95 %], ms")
    for name, side in prompts.items():
        print(f"  {name:24} " + "   ".join(f"{what} {median(side, kind).text(1000, 0):>16}"
                                           for what, kind in (("all", "all"), ("card", "card"), ("beyond the card", "rest"))))
    console, ours = prompts.values()
    print(f"  {'jpki-greeter / console':24} all {ratio(ours, console, 'all').text():>16}   difference {excess(ours, console, 'all').text(1000, 0)} ms")
    judge(goals, crowd, "jpki-greeter beyond what the card takes", median(ours, "rest"), MORE_THAN_THE_CARD_MS)


def first_pictures(rounds: int, goals: Goals) -> None:
    crowd = Crowd()
    starts = in_turns({name: FirstPicture(f"/usr/sbin/{name}").measure for name in ("lightdm-gtk-greeter", "jpki-greeter")}, rounds)
    print(f"from a greeter's start to its first complete picture; medians of {rounds} rounds [at 95 %], ms")
    for name, side in starts.items():
        print(f"  {name:24} wall {median(side, 'wall').text(1000, 0):>18}   CPU {median(side, 'cpu').text(1000, 0):>18}")
    theirs, ours = starts.values()
    print(f"  {'ours / theirs':24} wall {ratio(ours, theirs, 'wall').text():>18}   CPU {ratio(ours, theirs, 'cpu').text():>18}")
    judge(goals, crowd, "jpki-greeter's first picture", median(ours, "wall"), FIRST_PICTURE_MS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--apdu-latency-ms", type=float, default=25, help="of the card, for each command; default: a real one's")
    options = parser.parse_args()
    lab, goals = Lab(), Goals()
    from_card_to_prompt(lab, options.rounds, options.apdu_latency_ms, goals)
    first_pictures(options.rounds, goals)
    return goals.exit_status()


if __name__ == "__main__":
    sys.exit(main())
