"""A report on the screen: the very cells that are printed, and the students behind each number."""

from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from app.services.register.reports import Report
from app.ui import theme
from app.ui.papers.look import keep

_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole
_TOTALS: Final = frozenset({"合计"})


class _Cells(QAbstractTableModel):
    """The first table of a report."""

    def __init__(self) -> None:
        super().__init__()
        self.report: Report | None = None

    def show(self, report: Report | None) -> None:
        self.beginResetModel()
        self.report = report
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() or self.report is None else len(self.report.tables[0].rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() or self.report is None else len(self.report.tables[0].columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole
    ) -> Any:
        if self.report is None:
            return None
        if orientation is Qt.Orientation.Horizontal:
            if role in (_Role.DisplayRole, _Role.ToolTipRole):
                return self.report.tables[0].columns[section].title
            return None
        return section + 1 if role == _Role.DisplayRole else None

    def behind(self, index: _Index) -> tuple[int, ...]:
        """The students whom a cell counts or names."""
        if self.report is None or not self.report.behind or not index.isValid():
            return ()
        return self.report.behind[index.row()][index.column()]

    def is_total(self, row: int) -> bool:
        """Whether a row adds up the others."""
        return self.report is not None and not _TOTALS.isdisjoint(
            str(cell) for cell in self.report.tables[0].rows[row][:4]
        )

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        if self.report is None:
            return None
        value = self.report.tables[0].rows[index.row()][index.column()]
        counted = isinstance(value, int)
        if role == _Role.DisplayRole:
            if value == "平":
                return "✓ 平"
            if value == "不平":
                return "✗ 不平"
            return f"{value:,}" if isinstance(value, int) else "" if value is None else str(value)
        if role == _Role.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if counted else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role == _Role.ForegroundRole:
            if value in ("平", "不平"):
                return theme.colour("ok" if value == "平" else "danger")
            if counted:
                return theme.colour("primary" if self.behind(index) else "text-3")
            return None
        if role == _Role.FontRole:
            return theme.font("table-strong" if self.is_total(index.row()) else "table")
        if role == _Role.BackgroundRole and self.is_total(index.row()):
            return theme.colour("sunken")
        if role == _Role.ToolTipRole:
            return "单击看名单" if self.behind(index) else None
        if role == _Role.AccessibleTextRole:
            return f"{self.report.tables[0].columns[index.column()].title}：{value or ''}"
        return None


class ReportTable(QTableView):
    """`opened` carries what a cell says and the students behind it."""

    opened = QtSignal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("报表")
        self._cells = _Cells()
        self.setModel(self._cells)
        keep(self, role="table")
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setWordWrap(False)
        self.setAlternatingRowColors(False)
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setDefaultSectionSize(theme.px(32))
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        self.horizontalHeader().setHighlightSections(False)
        self.clicked.connect(self.open_cell)
        theme.changes.changed.connect(self.viewport().update)

    def show_report(self, report: Report | None) -> None:
        """Show another report."""
        self._cells.show(report)
        self.horizontalHeader().setResizeContentsPrecision(60)
        self.resizeColumnsToContents()
        widest = theme.px(220)
        for column in range(self._cells.columnCount()):
            wide = min(widest, self.columnWidth(column) + theme.px(10))
            self.setColumnWidth(column, max(theme.px(56), wide))

    def open_cell(self, index: QModelIndex) -> None:
        """Open the names behind a cell."""
        ids = self._cells.behind(index)
        report = self._cells.report
        if not ids or report is None:
            return
        head = report.tables[0].columns[index.column()].title
        row = report.tables[0].rows[index.row()]
        where = next((str(cell) for cell in reversed(row[:4]) if cell), "")
        self.opened.emit(f"{where}　{head}".strip(), ids)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_cell(self.currentIndex())
        else:
            super().keyPressEvent(event)
