"""Plain lists of this screen: columns described once, rows as the services give them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView

from app.ui import theme
from app.ui.widgets.plain_table import share_rest

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_LEAST = 80  # pixels at 100 % of a column that takes what is left over


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column: its title, what it shows, how wide it is (0: what is left over)."""

    title: str
    text: Callable[[Row], str]
    width: int = 0
    tint: Callable[[Row], str] | None = None


class RowsModel(QAbstractTableModel, Generic[Row]):
    """Rows in memory; with `ticks` the first column carries a tick for each row that has one."""

    ticked = QtSignal(int, bool)  # row, on

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        ticks: Callable[[Row], bool | None] | None = None,
    ) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self._ticks = ticks
        self.rows: tuple[Row, ...] = ()

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def tell_ticks(self) -> None:
        """The ticks are others now."""
        if self.rows:
            last = self.index(len(self.rows) - 1, 0)
            self.dataChanged.emit(self.index(0, 0), last, [Qt.ItemDataRole.CheckStateRole])

    @property
    def columns(self) -> tuple[Column[Row], ...]:
        """What the list shows."""
        return self._columns

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], self._columns[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.ToolTipRole:
                return column.text(row)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{column.title} {column.text(row)}"
            case Qt.ItemDataRole.ForegroundRole if column.tint is not None:
                return theme.colour(column.tint(row))
            case Qt.ItemDataRole.CheckStateRole if self._ticks and index.column() == 0:
                on = self._ticks(row)
                if on is None:
                    return None
                return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
            case _:
                return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or not self._ticks:
            return False
        if self._ticks(self.rows[index.row()]) is None:
            return False
        self.ticked.emit(index.row(), Qt.CheckState(value) is Qt.CheckState.Checked)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if self._ticks and index.isValid() and index.column() == 0:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None


class ListView(QTableView):
    """A list of rows: whole rows are selected, Space ticks, Enter is the double click."""

    opened = QtSignal(int)

    def __init__(self, name: str, model: RowsModel[Any], *, row: int = 32) -> None:
        super().__init__()
        self._row = row
        self.setAccessibleName(name)
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        self._widths = [column.width for column in model.columns]
        self.doubleClicked.connect(lambda index: self.opened.emit(index.row()))
        theme.changes.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self.setFont(theme.font("table"))
        self.verticalHeader().setDefaultSectionSize(theme.px(self._row))
        self.horizontalHeader().setMinimumSectionSize(theme.px(40))
        for at, width in enumerate(self._widths):
            if width:
                self.setColumnWidth(at, theme.px(width))
        self._share()

    def _share(self) -> None:
        share_rest(self, self._widths, theme.px(_LEAST))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def keyPressEvent(self, event: Any) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex().row())
            return
        if event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            first = self.currentIndex().siblingAtColumn(0)
            state = first.data(Qt.ItemDataRole.CheckStateRole)
            if state is not None:
                checked = Qt.CheckState(state) is Qt.CheckState.Checked
                flipped = Qt.CheckState.Unchecked if checked else Qt.CheckState.Checked
                self.model().setData(first, flipped, Qt.ItemDataRole.CheckStateRole)
                return
        super().keyPressEvent(event)
