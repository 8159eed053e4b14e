"""A report on the screen: the very cells that are printed, and the students behind each number."""

import csv
import io
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from app.services.register.reports import Report
from app.ui import theme
from app.ui.clipboard import copy

_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole
_TOTAL: Final = "合计"
_NAMES: Final = 4  # as many columns at most name a row, before its numbers
_WIDEST, _NARROWEST = 320, 56
_VERDICTS: Final = {"平": ("✓ 平", "ok"), "不平": ("✗ 不平", "danger")}


class _Cells(QAbstractTableModel):
    """The first table of a report."""

    def __init__(self) -> None:
        super().__init__()
        self.report: Report | None = None
        self._numbers: frozenset[int] = frozenset()  # the columns that count

    def show(self, report: Report | None) -> None:
        self.beginResetModel()
        self.report = report
        rows = report.tables[0].rows if report is not None else ()
        self._numbers = frozenset(
            at for row in rows for at, value in enumerate(row) if isinstance(value, int)
        )
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() or self.report is None else len(self.report.tables[0].rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() or self.report is None else len(self.report.tables[0].columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole
    ) -> Any:
        if self.report is None or orientation is Qt.Orientation.Vertical:
            return None
        if role in (_Role.DisplayRole, _Role.ToolTipRole):
            return self.report.tables[0].columns[section].title
        if role == _Role.TextAlignmentRole:
            return self._side(section in self._numbers)
        return None

    @staticmethod
    def _side(right: bool) -> int:
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        return int(side | Qt.AlignmentFlag.AlignVCenter)

    def behind(self, index: _Index) -> tuple[int, ...]:
        """The students whom a cell counts."""
        if self.report is None or not self.report.behind or not index.isValid():
            return ()
        return self.report.behind[index.row()][index.column()]

    def told(self, index: _Index) -> str:
        """What stands in a cell."""
        value = self.report.tables[0].rows[index.row()][index.column()] if self.report else None
        if isinstance(value, int):
            return f"{value:,}"
        text = "" if value is None else str(value)
        return _VERDICTS[text][0] if text in _VERDICTS else text

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        if self.report is None:
            return None
        row = self.report.tables[0].rows[index.row()]
        value = row[index.column()]
        is_total = _TOTAL in row[:_NAMES]
        if role == _Role.DisplayRole:
            return self.told(index)
        if role == _Role.TextAlignmentRole:
            return self._side(isinstance(value, int))
        if role == _Role.ForegroundRole:
            if value in _VERDICTS:
                return theme.colour(_VERDICTS[str(value)][1])
            if isinstance(value, int):
                return theme.colour("primary" if self.behind(index) else "text-3")
            return None
        if role == _Role.FontRole:
            return theme.font("table-strong" if is_total else "table")
        if role == _Role.BackgroundRole and is_total:
            return theme.colour("sunken")
        if role == _Role.ToolTipRole:
            return "单击看名单" if self.behind(index) else None
        if role == _Role.AccessibleTextRole:
            return f"{self.report.tables[0].columns[index.column()].title}：{self.told(index)}"
        return None


class ReportTable(QTableView):
    """`opened` carries what a cell says and the students behind it."""

    opened = QtSignal(str, object)

    def __init__(self, name: str = "报表") -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._cells = _Cells()
        self.setModel(self._cells)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setWordWrap(False)
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setDefaultSectionSize(theme.px(32))
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setResizeContentsPrecision(60)
        self.clicked.connect(self.open_cell)
        theme.changes.changed.connect(self.viewport().update)

    def show_report(self, report: Report | None) -> None:
        """Show another report."""
        self._cells.show(report)
        self.resizeColumnsToContents()
        for column in range(self._cells.columnCount()):
            wide = min(theme.px(_WIDEST), self.columnWidth(column) + theme.px(10))
            self.setColumnWidth(column, max(theme.px(_NARROWEST), wide))

    def open_cell(self, index: QModelIndex) -> None:
        """Open the names behind a cell."""
        ids, report = self._cells.behind(index), self._cells.report
        if not ids or report is None:
            return
        head = report.tables[0].columns[index.column()].title
        row = report.tables[0].rows[index.row()][:_NAMES]
        where = [cell for cell in row if isinstance(cell, str) and cell]
        self.opened.emit("　".join([*where[-2:], head]), ids)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_cell(self.currentIndex())
        elif event.matches(QKeySequence.StandardKey.Copy):
            copy(self._selected())
        else:
            super().keyPressEvent(event)

    def _selected(self) -> str:
        """The block that is selected, as Excel takes it."""
        rows: dict[int, list[str]] = {}
        for index in sorted(self.selectedIndexes(), key=lambda one: (one.row(), one.column())):
            rows.setdefault(index.row(), []).append(self._cells.told(index).replace(",", ""))
        out = io.StringIO()
        csv.writer(out, "excel-tab").writerows(rows.values())
        return out.getvalue()
