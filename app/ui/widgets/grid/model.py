"""The model of a grid: columns in their order, boxes, sort; rows come from a subclass."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtCore import Signal as QtSignal

from app.services.register.filters import parse
from app.services.register.listing import SortLevel
from app.services.register.sight import masked
from app.ui.widgets.grid.column import CellEdit, CellKind, GridColumn, Outcome, Row

Index = QModelIndex | QPersistentModelIndex
_NOWHERE: Final = QModelIndex()
_WAITING: Final = "…"


class GridModel(QAbstractTableModel):
    """What a grid shows. Columns of the model are the shown columns, in the order of the eye.

    `arranged` tells of other columns, boxes or order; `counted` of another number of rows.
    """

    arranged = QtSignal()
    counted = QtSignal()

    def __init__(
        self,
        columns: Sequence[GridColumn],
        shown: Sequence[str] = (),
        *,
        frozen: int = 0,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.all_columns = tuple(columns)
        self._by_name = {column.name: column for column in columns}
        self._default = tuple(shown) or tuple(self._by_name)
        self.shown = [self._by_name[name] for name in self._default]
        self.default_frozen = self.frozen = frozen
        self.widths: dict[str, int] = {}
        self.filters: dict[str, str] = {}
        self.sort_levels: tuple[SortLevel, ...] = ()
        self.read_only = False
        self.revealed = False

    # --- what a subclass gives ------------------------------------------------------------

    def reload(self) -> None:
        """Look anew who is there and in which order."""
        raise NotImplementedError

    def row_at(self, row: int) -> Row | None:
        """The row at a place, None while it is still being read."""
        raise NotImplementedError

    def id_at(self, row: int) -> int:
        """The id of the row at a place."""
        raise NotImplementedError

    def place_of(self, row_id: int) -> int:
        """Where a row stands, -1 for one that is not in the list."""
        raise NotImplementedError

    def fetch(self, rows: Sequence[int], then: Callable[[list[Row]], object]) -> None:
        """Hand over whole rows, read or not."""
        raise NotImplementedError

    def values(
        self, column: str, holding: str, then: Callable[[list[tuple[str, int]]], object]
    ) -> None:
        """Hand over the values of a column with counts, under the other boxes."""
        raise NotImplementedError

    def write(
        self, edits: Sequence[CellEdit], title: str, then: Callable[[Outcome], object]
    ) -> None:
        """Write cells; what was refused comes back as sentences."""
        raise NotImplementedError

    # --- arrangement ----------------------------------------------------------------------

    def column_named(self, name: str) -> GridColumn:
        """A column, shown or not."""
        return self._by_name[name]

    def column_at(self, section: int) -> GridColumn:
        """The column at a place."""
        return self.shown[section]

    def section_of(self, name: str) -> int:
        """Where a column stands, -1 for one that is not shown."""
        return next((at for at, column in enumerate(self.shown) if column.name == name), -1)

    def width_of(self, column: GridColumn) -> int:
        """Width at text size 100 %."""
        return self.widths.get(column.name) or column.width

    def show_columns(self, names: Sequence[str]) -> None:
        """Show these columns in this order; at least one stays."""
        known = [self._by_name[name] for name in names if name in self._by_name]
        if known and known != self.shown:
            self.beginResetModel()
            self.shown = known
            self.frozen = min(self.frozen, len(known))
            self.endResetModel()
            self.arranged.emit()

    def move_column(self, source: int, target: int) -> None:
        """Put a column at another place."""
        names = [column.name for column in self.shown]
        names.insert(target, names.pop(source))
        self.show_columns(names)

    def reset_columns(self) -> None:
        """恢复默认: columns, order, widths and frozen ones as the program brings them."""
        self.widths.clear()
        self.frozen = self.default_frozen
        if [column.name for column in self.shown] == list(self._default):
            self.arranged.emit()
        else:
            self.show_columns(self._default)

    def freeze(self, count: int) -> None:
        """Let this many columns stand still at the left."""
        self.frozen = count
        self.arranged.emit()

    def arrange(
        self,
        columns: Sequence[tuple[str, int]],
        filters: Mapping[str, str],
        sort: Sequence[SortLevel],
        frozen: int,
    ) -> None:
        """Take over a whole view at once and look anew."""
        self.beginResetModel()
        known = [name for name, _ in columns if name in self._by_name] or list(self._default)
        self.shown = [self._by_name[name] for name in known]
        self.widths = {name: width for name, width in columns if width}
        self.filters = {name: words for name, words in filters.items() if name in self._by_name}
        self.sort_levels = tuple(level for level in sort if level.column in self._by_name)
        self.frozen = min(frozen, len(self.shown))
        self.endResetModel()
        self.arranged.emit()
        self.reload()

    def set_filter(self, name: str, words: str) -> None:
        """Write something into the box of a column; empty takes it away."""
        words = words.strip()
        if words == self.filters.get(name, ""):
            return
        if words:
            self.filters[name] = words
        else:
            self.filters.pop(name, None)
        self.arranged.emit()
        self.reload()

    @property
    def active_filters(self) -> int:
        """How many boxes ask for something."""
        return sum(bool(parse(words)) for words in self.filters.values())

    def clear_filters(self) -> None:
        """Empty every box."""
        if self.filters:
            self.filters.clear()
            self.arranged.emit()
            self.reload()

    def sort_by(self, name: str, *, add: bool = False) -> None:
        """Sort by a column, again: the other way round; with `add` as a further level."""
        levels = [level for level in self.sort_levels if level.column != name] if add else []
        known = next((level for level in self.sort_levels if level.column == name), None)
        if known is None:
            levels.append(SortLevel(name))
        elif add:
            at = self.sort_levels.index(known)
            levels.insert(at, SortLevel(name, not known.descending))
        else:
            alone = len(self.sort_levels) == 1
            levels = [SortLevel(name, not known.descending if alone else False)]
        self.set_sort(levels)

    def set_sort(self, levels: Sequence[SortLevel]) -> None:
        """Sort by these levels."""
        self.sort_levels = tuple(levels)
        self.arranged.emit()
        self.reload()

    def reveal(self, on: bool) -> None:
        """Show identity numbers whole, or masked again."""
        self.revealed = on
        if self.rowCount():
            last = self.index(self.rowCount() - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    # --- cells ----------------------------------------------------------------------------

    def text(self, row: Row, column: GridColumn) -> str:
        """What a cell shows and what is copied from it."""
        value = row.cells.get(column.name, "")
        if column.kind is CellKind.IDENTITY and value and not self.revealed:
            return masked(value)
        return f"{value}%" if column.kind is CellKind.METER and value else value

    def can_edit(self, column: GridColumn) -> bool:
        """Whether cells of the column are edited here."""
        return column.editable and not self.read_only

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.shown)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.isValid() and self.can_edit(self.shown[index.column()]):
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role not in _ROLES:
            return None
        column, row = self.shown[index.column()], self.row_at(index.row())
        if row is None:
            return _WAITING if role == Qt.ItemDataRole.DisplayRole else None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == Qt.ItemDataRole.EditRole:
            return row.cells.get(column.name, "")
        fault = row.faults.get(column.name, "")
        if role == Qt.ItemDataRole.ToolTipRole:
            return fault or None
        spoken = f"{column.label}：{self.text(row, column) or '空'}"
        return f"{spoken}，有误：{fault}" if fault else spoken

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            across = orientation == Qt.Orientation.Horizontal
            return self.shown[section].label if across else f"{section + 1}"
        return None


_ROLES: Final = frozenset(
    {
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.EditRole,
        Qt.ItemDataRole.ToolTipRole,
        Qt.ItemDataRole.AccessibleTextRole,
    }
)
