"""One file while it is being reconciled: what stands in it, what was understood, what would happen.

A review is made anew from the file as it was read and from everything that the registrar decided
so far (`Choices`); nothing is read twice, nothing is written.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from app.services.exchange.checks import CheckedRow, Conflict, Fault, shown
from app.services.exchange.mapping import Hint, Part, SourceRow, Table
from app.services.exchange.plan import Plan, PlanLine, Profile, Verdict
from app.services.exchange.readers import Cell, Sheet, SourceFile

#: A row of a file: the name of the sheet and the number that Excel shows.
RowPlace = tuple[str, int]
#: A cell of a file: sheet, row as Excel counts, column from 0.
CellPlace = tuple[str, int, int]

#: Name of the draft form that keeps a half reconciled file.
DRAFT_FORM: Final = "导入"
#: Drafts of imports are kept so many days.
DRAFT_DAYS: Final = 7


class RowState(StrEnum):
    """What becomes of a row of the file, as the counters above it say."""

    READY = "可导入"
    FAULTY = "有问题"
    DOUBLE = "重复"


class Outcome(StrEnum):
    """What accepting does with a row, as the counters of the comparison say."""

    NEW = "新增"
    CHANGED = "修改"
    SAME = "无变化"
    CONFLICT = "冲突"
    OTHER = "其他问题"


_OUTCOMES: Final = {
    Verdict.CREATED: Outcome.NEW,
    Verdict.UPDATED: Outcome.CHANGED,
    Verdict.UNCHANGED: Outcome.SAME,
    Verdict.REFUSED: Outcome.OTHER,
}
_CHANGING: Final = frozenset({Outcome.NEW, Outcome.CHANGED})


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything the registrar decided about one file; kept as its draft."""

    hints: Mapping[str, Hint] = field(default_factory=dict)
    cells: Mapping[CellPlace, str] = field(default_factory=dict)
    profile: Profile | None = None
    entry_year: int | None = None
    left_out: frozenset[RowPlace] = frozenset()
    admitted_only: bool = False

    def with_field(self, sheet: str, column: int, name: str | None) -> "Choices":
        """Give a column a field, LEFT_OUT, or (None) what the program makes of it."""
        hint = self.hints.get(sheet, Hint())
        fields = {index: one for index, one in hint.fields.items() if index != column}
        if name is not None:
            if name:  # a field has one column: who gives it away takes it from the other
                fields = {index: one for index, one in fields.items() if one != name}
            fields[column] = name
        return replace(self, hints={**self.hints, sheet: replace(hint, fields=fields)})

    def with_header(self, sheet: str, row: int | None) -> "Choices":
        """Call a row the header; columns assigned under another one are forgotten."""
        return replace(self, hints={**self.hints, sheet: Hint(row)})

    def with_cells(self, cells: Mapping[CellPlace, str]) -> "Choices":
        """Put other text into cells."""
        return replace(self, cells={**self.cells, **cells})

    def without_cells(self, places: Iterable[CellPlace]) -> "Choices":
        """Let cells say again what the file says."""
        gone = set(places)
        kept = {place: text for place, text in self.cells.items() if place not in gone}
        return replace(self, cells=kept)

    def as_draft(self) -> dict[str, Any]:
        """As plain values that JSON knows."""
        return {
            "hints": {
                sheet: {"header": hint.header, "fields": [*map(list, hint.fields.items())]}
                for sheet, hint in self.hints.items()
            },
            "cells": [[*place, text] for place, text in self.cells.items()],
            "profile": self.profile.value if self.profile else None,
            "entry_year": self.entry_year,
            "left_out": [list(place) for place in sorted(self.left_out)],
            "admitted_only": self.admitted_only,
        }

    @classmethod
    def from_draft(cls, values: Mapping[str, Any]) -> "Choices":
        """What `as_draft` made."""
        return cls(
            hints={
                sheet: Hint(hint["header"], dict(hint["fields"]))
                for sheet, hint in values["hints"].items()
            },
            cells={(sheet, row, column): text for sheet, row, column, text in values["cells"]},
            profile=Profile(values["profile"]) if values["profile"] else None,
            entry_year=values["entry_year"],
            left_out=frozenset((sheet, row) for sheet, row in values["left_out"]),
            admitted_only=values["admitted_only"],
        )


@dataclass(frozen=True)
class Review:
    """What accepting the file would do, with the corrected file beside it."""

    source: SourceFile
    table: Table
    rows: tuple[CheckedRow, ...]
    plan: Plan
    choices: Choices

    @cached_property
    def faults(self) -> dict[RowPlace, tuple[Fault, ...]]:
        """Why rows are refused, by row."""
        found: dict[RowPlace, list[Fault]] = {}
        for fault in self.plan.faults:
            found.setdefault((fault.sheet, fault.row), []).append(fault)
        return {place: tuple(faults) for place, faults in found.items()}

    @cached_property
    def faults_at(self) -> dict[CellPlace, tuple[Fault, ...]]:
        """Why cells are refused, by cell; what has no column is not among them."""
        found: dict[CellPlace, list[Fault]] = {}
        for fault in self.plan.faults:
            if (place := self.place_of(fault)) is not None:
                found.setdefault(place, []).append(fault)
        return {place: tuple(faults) for place, faults in found.items()}

    @cached_property
    def people(self) -> dict[RowPlace, CheckedRow]:
        """What each row of a person was read as."""
        return {(row.sheet, row.row): row for row in self.rows}

    @cached_property
    def states(self) -> dict[RowPlace, RowState]:
        """What becomes of each row of a person."""
        doubles = {(row.sheet, row.row) for row in self.rows if row.repeats is not None}
        return {
            (row.sheet, row.row): RowState.FAULTY
            if (row.sheet, row.row) in self.faults
            else RowState.DOUBLE
            if (row.sheet, row.row) in doubles
            else RowState.READY
            for row in self.rows
        }

    @cached_property
    def lines(self) -> dict[RowPlace, PlanLine]:
        """The verdict on each row."""
        return {(line.sheet, line.row): line for line in self.plan.lines}

    @cached_property
    def conflicts(self) -> frozenset[RowPlace]:
        """Rows that are refused because the register holds a key field otherwise."""
        return frozenset(
            place
            for place, faults in self.faults.items()
            if any(isinstance(fault, Conflict) for fault in faults)
        )

    @cached_property
    def outcomes(self) -> dict[Outcome, tuple[PlanLine, ...]]:
        """The lines of each outcome, in the order of the file."""
        found: dict[Outcome, list[PlanLine]] = {outcome: [] for outcome in Outcome}
        for line in self.plan.lines:
            found[self.outcome_of(line)].append(line)
        return {outcome: tuple(lines) for outcome, lines in found.items()}

    @cached_property
    def changing(self) -> frozenset[RowPlace]:
        """The rows that accepting the whole file writes."""
        lines = (line for outcome in _CHANGING for line in self.outcomes[outcome])
        return frozenset((line.sheet, line.row) for line in lines)

    @cached_property
    def _tally(self) -> Counter[RowState]:
        return Counter(self.states.values())

    def prepare(self) -> None:
        """Work out everything that is looked up by row or cell, here and not in the window."""
        _ = self.faults_at, self.people, self.lines, self.outcomes, self.changing, self._tally

    def count(self, state: RowState) -> int:
        """How many rows are in this state."""
        return self._tally[state]

    def outcome_of(self, line: PlanLine) -> Outcome:
        """What accepting does with a line."""
        if (line.sheet, line.row) in self.conflicts:
            return Outcome.CONFLICT
        return _OUTCOMES[line.verdict]

    def part(self, sheet: str) -> Part | None:
        """What was recognised in the sheet of that name."""
        return next((part for part in self.table.parts if part.sheet == sheet), None)

    def place_of(self, fault: Fault) -> CellPlace | None:
        """The cell that a fault is about; None when its column is missing."""
        if not fault.column:
            return None
        return fault.sheet, fault.row, column_index(fault.column)

    def text_at(self, place: CellPlace) -> str:
        """What stands in a cell."""
        return shown(cell_at(self.source, place)).strip()

    def alike(self, place: CellPlace) -> tuple[CellPlace, ...]:
        """All cells of the same field that say the same as this one, itself included."""
        part = self.part(place[0])
        column = (
            next((one for one in part.columns if one.index == place[2]), None) if part else None
        )
        if column is None:
            return (place,)
        said = self.text_at(place)
        found = []
        for other in self.table.parts:
            theirs = other.fields.get(column.field) if column.field else None
            index = theirs.index if theirs else column.index if other is part else None
            if index is not None:
                found += [
                    (other.sheet, row.number, index)
                    for row in other.rows
                    if shown(row[index]).strip() == said
                ]
        return tuple(found)


def corrected(source: SourceFile, cells: Mapping[CellPlace, str]) -> SourceFile:
    """The file with other text in some cells; its name and fingerprint stay those of the file."""
    by_sheet: dict[str, list[tuple[int, int, str]]] = {}
    for (sheet, row, column), text in cells.items():
        by_sheet.setdefault(sheet, []).append((row, column, text))
    sheets = tuple(
        _corrected_sheet(sheet, by_sheet[sheet.name]) if sheet.name in by_sheet else sheet
        for sheet in source.sheets
    )
    return replace(source, sheets=sheets)


def _corrected_sheet(sheet: Sheet, changes: Sequence[tuple[int, int, str]]) -> Sheet:
    rows = list(sheet.rows)
    for number, column, text in changes:
        if not 0 < number <= len(rows):
            continue
        cells = list(rows[number - 1])
        cells += [None] * (column + 1 - len(cells))
        cells[column] = text or None
        while cells and cells[-1] is None:
            cells.pop()
        rows[number - 1] = tuple(cells)
    return replace(sheet, rows=tuple(rows))


def cell_at(source: SourceFile, place: CellPlace) -> Cell:
    """The cell at that place; None beyond what is filled."""
    name, row, column = place
    sheet = next((one for one in source.sheets if one.name == name), None)
    if sheet is None or not 0 < row <= len(sheet.rows):
        return None
    return SourceRow(row, sheet.rows[row - 1])[column]


def column_index(letters: str) -> int:
    """The column of that name in Excel, from 0: A -> 0, AA -> 26."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A draft of an import: where the file is, or what was pasted, and what was decided."""

    name: str
    path: str
    sha256: str
    pasted: str = field(repr=False, default="")
    choices: Choices = field(default_factory=Choices)

    def as_draft(self) -> dict[str, Any]:
        """As plain values that JSON knows."""
        return {
            "name": self.name,
            "path": self.path,
            "sha256": self.sha256,
            "pasted": self.pasted,
            "choices": self.choices.as_draft(),
        }

    @classmethod
    def from_draft(cls, values: Mapping[str, Any]) -> "Unfinished":
        """What `as_draft` made."""
        return cls(
            values["name"],
            values["path"],
            values["sha256"],
            values["pasted"],
            Choices.from_draft(values["choices"]),
        )
