"""A list to look at: rows described by columns, drawn only where it is seen, spoken in full."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from app.ui import theme
from app.ui.clipboard import copy

Index = QModelIndex | QPersistentModelIndex
_NOWHERE: Final = QModelIndex()
_LEAST: Final = 100  # of a column that takes the rest, at 100 %


@dataclass(frozen=True)
class PlainColumn:
    """One column: its title, what it says of a row, in which colour; `width` 0 takes the rest."""

    title: str
    text: Callable[[Any], str]
    width: int = 0
    tint: Callable[[Any], str] | None = None
    right: bool = False


class _Rows(QAbstractTableModel):
    def __init__(self, columns: Sequence[PlainColumn]) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self.rows: tuple[Any, ...] = ()

    def show_rows(self, rows: Sequence[Any]) -> None:
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._columns)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation is Qt.Orientation.Vertical:
            return None
        column = self._columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        column, row = self._columns[index.column()], self.rows[index.row()]
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            return column.text(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{column.title}：{column.text(row) or '空'}"
        if role == Qt.ItemDataRole.ForegroundRole and column.tint is not None:
            return theme.colour(column.tint(row))
        if role == Qt.ItemDataRole.TextAlignmentRole and column.right:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None


def share_rest(table: QTableView, widths: Sequence[int], least: int) -> None:
    """Columns of width 0 share the rest and keep `least` pixels; beyond that the table scrolls."""
    takers = [at for at, width in enumerate(widths) if not width]
    fixed = sum(table.columnWidth(at) for at, width in enumerate(widths) if width)
    enough = table.viewport().width() - fixed >= least * len(takers)
    modes = QHeaderView.ResizeMode
    for at in takers:
        mode = modes.Stretch if enough else modes.Interactive
        table.horizontalHeader().setSectionResizeMode(at, mode)
        if not enough:
            table.setColumnWidth(at, least)


class PlainTable(QTableView):
    """Shows rows; one (or `many`) can be chosen, and copied with Ctrl+C as Excel would take it."""

    chosen = QtSignal(object)  # the current row, or None

    def __init__(self, name: str, columns: Sequence[PlainColumn], *, many: bool = False) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._columns = tuple(columns)
        self._between: tuple[int, int] | None = None
        self._model = _Rows(columns)
        self.setModel(self._model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.ExtendedSelection if many else modes.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().hide()
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionsClickable(False)
        self.selectionModel().currentRowChanged.connect(lambda *_: self.chosen.emit(self.current))
        theme.changes.changed.connect(self._dress)
        self._dress()

    @property
    def rows(self) -> tuple[Any, ...]:
        """What is shown."""
        return self._model.rows

    def show_rows(self, rows: Sequence[Any]) -> None:
        """Show other rows; nothing is chosen then."""
        self._model.show_rows(rows)
        self._fit()
        self.chosen.emit(None)

    def fit(self, least: int, most: int) -> None:
        """Be as high as the rows it has, between so many; beyond that it scrolls."""
        self._between = (least, most)
        self._fit()

    @property
    def current(self) -> Any | None:
        """The row that is chosen."""
        index = self.currentIndex()
        return self._model.rows[index.row()] if index.isValid() else None

    @property
    def selected(self) -> list[Any]:
        """The rows that are chosen, from top to bottom."""
        places = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self._model.rows[place] for place in places]

    def choose(self, wanted: Callable[[Any], bool]) -> None:
        """Choose the first row that is wanted, if there is one."""
        for at, row in enumerate(self._model.rows):
            if wanted(row):
                self.selectRow(at)
                return

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) and self.selected:
            lines = ("\t".join(one.text(row) for one in self._columns) for row in self.selected)
            copy("\n".join(lines))
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        share_rest(self, [column.width for column in self._columns], theme.px(_LEAST))

    def _fit(self) -> None:
        if self._between is None:
            return
        least, most = self._between
        rows = min(max(len(self.rows), least), most)
        head = 0 if self.horizontalHeader().isHidden() else theme.px(36)
        self.setFixedHeight(head + rows * theme.px(32) + 2 * self.frameWidth() + theme.px(2))

    def _dress(self) -> None:
        self.setFont(theme.font("table"))
        self.horizontalHeader().setFont(theme.font("table"))
        self.verticalHeader().setDefaultSectionSize(theme.px(32))
        self.verticalHeader().setMinimumSectionSize(theme.px(28))
        header = self.horizontalHeader()
        for at, column in enumerate(self._columns):
            if column.width:
                header.setSectionResizeMode(at, QHeaderView.ResizeMode.Interactive)
                self.setColumnWidth(at, theme.px(column.width))
        self._share()
        self._fit()
