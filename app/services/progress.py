"""Words for long work: a generator that yields steps and returns its result.

Cancelling is closing the generator: its `with` blocks roll back by themselves.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Step:
    """How far long work has come: `done` of `total` pieces, and what is at hand now."""

    done: int
    total: int
    what: str = ""


Work: TypeAlias = Generator[Step, None, Result]


def finish(work: Work[Result], on_step: Callable[[Step], None] | None = None) -> Result:
    """Drive `work` to its end and return its result; for commands and tests."""
    while True:
        try:
            step = next(work)
        except StopIteration as end:
            result: Result = end.value
            return result
        if on_step is not None:
            on_step(step)
