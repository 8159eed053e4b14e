"""Timing on a machine that does other things too: in turn, several times, compared pair by pair.

A B A B: what slows the machine for a while slows both, and the ratio of neighbours hardly notices.
"""

import gc
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import TypeAlias

#: One run: it prepares what it needs unmeasured and answers the seconds that count.
Run: TypeAlias = Callable[[], float]


def processor_seconds() -> float:
    """Processor time of this process and of the children that it has waited for."""
    children = os.times()[2:4]
    return time.process_time() + sum(children)


class _Clock:
    """What seconds are: by the wall, or of the processor on a machine busy with other things."""

    def __init__(self) -> None:
        self.read: Callable[[], float] = time.perf_counter


CLOCK = _Clock()


class Stopwatch:
    """Seconds of the block that it was wrapped around."""

    seconds = 0.0


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Measure a block; rubbish of the run before is swept away first and not charged to it."""
    gc.collect()
    watch = Stopwatch()
    begun = CLOCK.read()
    yield watch
    watch.seconds = CLOCK.read() - begun


def timed(work: Callable[[], object]) -> Run:
    """A run that is nothing but `work`."""

    def run() -> float:
        with stopwatch() as watch:
            work()
        return watch.seconds

    return run


def in_turn(runs: Sequence[Run], rounds: int) -> list[list[float]]:
    """The seconds of each run, `rounds` times, all of them taking turns."""
    seconds: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for run, taken in zip(runs, seconds, strict=True):
            taken.append(run())
    return seconds


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Median of above / below, round by round."""
    return median(one / other for one, other in zip(above, below, strict=True))
