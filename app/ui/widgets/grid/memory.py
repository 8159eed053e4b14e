"""A grid model whose rows are all in memory: faults of an import, batches, operators."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject

from app.services.register.filters import figure, matches, parse
from app.services.register.listing import SortLevel
from app.ui.widgets.grid.column import CellEdit, CellKind, GridColumn, Outcome, Row
from app.ui.widgets.grid.model import _NOWHERE, GridModel, Index

_FIGURES = frozenset({CellKind.FIGURE, CellKind.METER})


@dataclass(frozen=True, slots=True)
class MemoryRow:
    """One row in memory. `keys` are sort keys of columns that are not sorted by their text."""

    id: int
    cells: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)


class MemoryModel(GridModel):
    """Rows in memory. `on_write` may refuse edits (None: everything is taken)."""

    def __init__(
        self,
        columns: Sequence[GridColumn],
        rows: Sequence[MemoryRow] = (),
        shown: Sequence[str] = (),
        *,
        frozen: int = 0,
        on_write: Callable[[Sequence[CellEdit]], Outcome] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(columns, shown, frozen=frozen, parent=parent)
        self._on_write = on_write
        self._rows: dict[int, MemoryRow] = {}
        self._order: list[int] = []
        self.set_rows(rows)

    def set_rows(self, rows: Sequence[MemoryRow]) -> None:
        """Other rows, under the same boxes and order."""
        self._rows = {row.id: row for row in rows}
        self.reload()

    def reload(self) -> None:
        self.beginResetModel()
        found = [row for row in self._rows.values() if self._wanted(row, self.filters)]
        for level in reversed(self.sort_levels):
            found = self._sorted(found, level)
        self._order = [row.id for row in found]
        self.endResetModel()
        self.counted.emit()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._order)

    def row_at(self, row: int) -> Row | None:
        return self._rows[self._order[row]]

    def id_at(self, row: int) -> int:
        return self._order[row]

    def place_of(self, row_id: int) -> int:
        return self._order.index(row_id) if row_id in self._rows and row_id in self._order else -1

    def fetch(self, rows: Sequence[int], then: Callable[[list[Row]], object]) -> None:
        then([self._rows[self._order[row]] for row in rows])

    def values(
        self, column: str, holding: str, then: Callable[[list[tuple[str, int]]], object]
    ) -> None:
        others = {name: words for name, words in self.filters.items() if name != column}
        counts = Counter(
            row.cells.get(column, "")
            for row in self._rows.values()
            if self._wanted(row, others) and holding in row.cells.get(column, "")
        )
        then(sorted(counts.items(), key=lambda item: (not item[0], item[0])))

    def write(
        self, edits: Sequence[CellEdit], _title: str, then: Callable[[Outcome], object]
    ) -> None:
        outcome = Outcome(tuple(edits)) if self._on_write is None else self._on_write(edits)
        for edit in outcome.applied:
            row = self._rows[edit.row_id]
            self._rows[edit.row_id] = replace(row, cells={**row.cells, edit.column: edit.new})
        if outcome.applied and self._order:
            last = self.index(len(self._order) - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)
        then(outcome)

    def _wanted(self, row: MemoryRow, filters: Mapping[str, str]) -> bool:
        return all(
            matches(
                parse(words), row.cells.get(name, ""),
                figures=self.column_named(name).kind in _FIGURES,
            )
            for name, words in filters.items()
        )  # fmt: skip

    def _sorted(self, rows: list[MemoryRow], level: SortLevel) -> list[MemoryRow]:
        """Blank last whichever way it runs; what is equal keeps its order."""
        filled = [row for row in rows if row.cells.get(level.column)]
        blank = [row for row in rows if not row.cells.get(level.column)]
        filled.sort(key=lambda row: self._key(row, level.column), reverse=level.descending)
        return filled + blank

    def _key(self, row: MemoryRow, name: str) -> tuple[float, str]:
        value = row.cells.get(name, "")
        if self.column_named(name).kind in _FIGURES:
            return figure(value), ""
        return 0, row.keys.get(name, value)
