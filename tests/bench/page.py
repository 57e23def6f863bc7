# SPDX-License-Identifier: LGPL-2.1-or-later
"""When a page is on an Xvfb's screen: seen in its framebuffer file, from some pixels that no page before it had."""

import mmap
import time
from collections.abc import Sequence
from pathlib import Path

PIXEL = 4  # bytes
EVERY = 5  # of so many pixels one is looked at when a page is learned: letters are wider
POINTS = 200
LEAST = 20
ENOUGH = 0.95  # of the points: a clock goes on
LOOK = 0.001  # seconds between two looks
QUIET = 0.5  # seconds without a change: the page is complete
PATIENCE = 30.0


class Framebuffer:
    """The file of Xvfb -fbdir; nothing is copied to look at a few pixels."""

    def __init__(self, file: Path):
        with file.open("rb") as opened:
            self.memory = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)

    def frame(self) -> bytes:
        return self.memory[:]

    def frames_for(self, seconds: float) -> list[bytes]:
        """All pictures that were seen in this time; the last one is the last."""
        frames, end = [self.frame()], time.monotonic() + seconds
        while time.monotonic() < end:
            if (frame := self.frame()) != frames[-1]:
                frames.append(frame)
            time.sleep(LOOK)
        return frames

    def frames_until_quiet(self, least: float = 0.0) -> list[bytes]:
        """All pictures that were seen until nothing changed any more; at least for so many seconds."""
        frames = [self.frame()]
        begin = since = time.monotonic()
        while (now := time.monotonic()) - since < QUIET or now - begin < least:
            if now - begin > PATIENCE:
                raise AssertionError("the screen is never quiet")
            if (frame := self.frame()) != frames[-1]:
                frames.append(frame)
                since = now
            time.sleep(LOOK)
        return frames


class Page:
    """A picture, by pixels that differ from those of all pictures before it and stay as long as it is there: in all of `complete`."""

    def __init__(self, before: Sequence[bytes], complete: Sequence[bytes], least: int = LEAST):
        first, *others = complete
        places = [at for at in range(0, len(first) - PIXEL, PIXEL * EVERY)
                  if all(frame[at:at + PIXEL] == first[at:at + PIXEL] for frame in others)
                  and all(frame[at:at + PIXEL] != first[at:at + PIXEL] for frame in before)]
        if len(places) < least:
            raise AssertionError(f"only {len(places)} pixels tell this page from those before it")
        self.points = [(at, first[at:at + PIXEL]) for at in places[::-(-len(places) // POINTS)]]

    def shown(self, on: Framebuffer) -> bool:
        return sum(on.memory[at:at + PIXEL] == pixel for at, pixel in self.points) >= ENOUGH * len(self.points)

    def wait(self, on: Framebuffer) -> float:
        """The time (time.monotonic) at which it is there."""
        end = time.monotonic() + PATIENCE
        while not self.shown(on):
            if time.monotonic() > end:
                raise AssertionError("the page did not come")
            time.sleep(LOOK)
        return time.monotonic()
