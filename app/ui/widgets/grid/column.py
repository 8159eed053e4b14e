"""What a grid is told: columns, rows, edits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from app.ui.widgets.basic import Tone


class CellKind(Enum):
    """How a cell is painted, copied and checked."""

    TEXT = auto()
    STRONG = auto()  # what a row is known by: a name
    DIGITS = auto()  # a number that is text
    IDENTITY = auto()  # digits that are masked until the operator shows them
    DATE = auto()
    FIGURE = auto()  # compared as a number
    BADGE = auto()
    METER = auto()  # a percentage as a bar


@dataclass(frozen=True, slots=True)
class GridColumn:
    """One column. `look` gives a badge its tone and mark; `why_locked` says why cells are not
    edited here, in the words of the message."""

    name: str
    label: str
    kind: CellKind = CellKind.TEXT
    width: int = 110
    editable: bool = False
    look: Callable[[str], tuple[Tone, str]] | None = None
    why_locked: str = ""


class Row(Protocol):
    """One row: its id, the text of every column by name, what is wrong with some."""

    @property
    def id(self) -> int: ...
    @property
    def cells(self) -> Mapping[str, str]: ...
    @property
    def faults(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class CellEdit:
    """One cell of one row, old and new."""

    row_id: int
    column: str
    old: str
    new: str

    def inverse(self) -> "CellEdit":
        """The edit that takes this one back."""
        return CellEdit(self.row_id, self.column, self.new, self.old)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of some edits; `refused` are sentences that name row and reason."""

    applied: tuple[CellEdit, ...]
    refused: tuple[str, ...] = ()
