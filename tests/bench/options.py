"""What a run of the bench was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """`folder` is scratch space that is gone afterwards."""

    folder: Path
    sizes: tuple[int, ...] = ()
    full: bool = False

    def sizes_for(self, quick: Sequence[int], full: Sequence[int]) -> Sequence[int]:
        """The sizes to measure: those asked for, else the subject's own."""
        return self.sizes or (full if self.full else quick)
