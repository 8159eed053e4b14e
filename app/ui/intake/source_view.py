"""The file as it looks in Excel: row numbers, column letters, faulty cells tinted and marked."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    Qt,
)
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QPainter, QPen, QPolygonF
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTabBar,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.services.exchange.checks import shown
from app.services.exchange.child import letters
from app.services.exchange.readers import Cell, Sheet, SourceFile
from app.services.exchange.review import CellPlace, Review, RowState
from app.ui import theme

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
#: Data role of a cell: why it is refused, or nothing.
FAULT_ROLE = Qt.ItemDataRole.UserRole + 1
#: Columns are fitted to so many first rows.
_FITTED = 60
_WIDEST = 260


class SourceModel(QAbstractTableModel):
    """The cells of one sheet; rows may be fewer than the sheet has, but keep their numbers."""

    edited = QtSignal(object, str)  # CellPlace, text

    def __init__(self) -> None:
        super().__init__()
        self._sheet: Sheet | None = None
        self._review: Review | None = None
        self._numbers: Sequence[int] = ()
        self._width = 0
        self._heads: frozenset[int] = frozenset()
        self._unread: frozenset[int] = frozenset()

    def show_sheet(
        self, sheet: Sheet | None, review: Review | None, only: RowState | None = None
    ) -> None:
        """Show a sheet, or of its people only those in one state."""
        self.beginResetModel()
        self._sheet, self._review = sheet, review
        self._numbers = self._rows_to_show(only)
        self._width = max((len(row) for row in sheet.rows), default=0) if sheet else 0
        self._heads, self._unread = frozenset(), frozenset()
        part = review.part(sheet.name) if sheet is not None and review is not None else None
        if part is not None:
            self._heads = frozenset(part.header_rows)
            self._unread = frozenset(column.index for column in part.unmatched)
        self.endResetModel()

    def _rows_to_show(self, only: RowState | None) -> Sequence[int]:
        if self._sheet is None:
            return ()
        if only is None or self._review is None:
            return range(1, len(self._sheet.rows) + 1)
        part = self._review.part(self._sheet.name)
        heads = part.header_rows if part else ()
        rows = [
            row
            for (sheet, row), state in self._review.states.items()
            if sheet == self._sheet.name and state is only
        ]
        return [*heads, *sorted(rows)]

    @property
    def sheet(self) -> str:
        """Name of the sheet that is shown."""
        return self._sheet.name if self._sheet else ""

    def row_of(self, number: int) -> int | None:
        """Where a row of the file stands, if it is shown."""
        if isinstance(self._numbers, range):
            return number - 1 if 0 < number <= len(self._numbers) else None
        return self._numbers.index(number) if number in self._numbers else None

    def place(self, index: Index) -> CellPlace:
        """The cell of the file."""
        return self.sheet, self._numbers[index.row()], index.column()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._numbers)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else self._width

    def _cell(self, index: Index) -> Cell:
        if self._sheet is None:
            return None
        cells = self._sheet.rows[self._numbers[index.row()] - 1]
        return cells[index.column()] if index.column() < len(cells) else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        number, column = self._numbers[index.row()], index.column()
        faults = self._review.faults_at.get(self.place(index), ()) if self._review else ()
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return shown(self._cell(index)).replace("\n", " ")
            case Qt.ItemDataRole.BackgroundRole:
                if faults:
                    return theme.colour("danger-weak")
                if self._review and self.place(index) in self._review.choices.cells:
                    return theme.colour("ok-weak")
                return theme.colour("sunken") if number in self._heads else None
            case Qt.ItemDataRole.ForegroundRole:
                if faults:
                    return theme.colour("danger")
                return theme.colour("text-3" if column in self._unread else "text")
            case Qt.ItemDataRole.FontRole if number in self._heads:
                return theme.font("table-strong")
            case Qt.ItemDataRole.ToolTipRole:
                return "\n".join(fault.sentence for fault in faults) or None
            case Qt.ItemDataRole.AccessibleTextRole:
                said = "，".join(fault.problem for fault in faults)
                where = f"{letters(column + 1)}{number}"
                return f"{where} {shown(self._cell(index))} {said}".strip()
            case _ if role == FAULT_ROLE:
                return bool(faults)
            case _:
                return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole or str(value) == self.data(index):
            return False
        self.edited.emit(self.place(index), str(value).strip())
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.isValid() and self._review is not None:
            place = (self.sheet, self._numbers[index.row()])
            if place in self._review.states:
                flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation is Qt.Orientation.Horizontal:
            return letters(section + 1)
        return str(self._numbers[section])


class _CornerDelegate(QStyledItemDelegate):
    """Marks a faulty cell by a corner, so that colour is not all there is."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        if index.data(Qt.ItemDataRole.BackgroundRole) is not None:  # the tint outlasts selection
            option.state &= ~QStyle.StateFlag.State_Selected

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        rect: QRect = option.rect
        view = self.parent()
        if isinstance(view, QTableView) and view.currentIndex() == index:
            painter.save()
            painter.setPen(QPen(theme.colour("primary"), 2))
            painter.drawRect(rect.adjusted(1, 1, -1, -1))
            painter.restore()
        if index.data(FAULT_ROLE):
            size = theme.px(8)
            corner = QPointF(rect.right() + 1, rect.top())
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("danger"))
            painter.drawPolygon(
                QPolygonF([corner, corner - QPointF(size, 0), corner + QPointF(0, size)])
            )
            painter.restore()


class SourceView(QWidget):
    """A file with its sheets as tabs below, as table programs show it."""

    edited = QtSignal(object, str)  # CellPlace, text
    moved = QtSignal(object)  # CellPlace of the current cell

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("来表")
        self.model = SourceModel()
        self.model.edited.connect(self.edited)
        self._source: SourceFile | None = None
        self._review: Review | None = None
        self._only: RowState | None = None
        self._name = ""
        self.table = QTableView()
        self.table.setAccessibleName("来表的单元格")
        self.table.setModel(self.model)
        self.table.setItemDelegate(_CornerDelegate(self.table))
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.table.verticalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        self.table.selectionModel().currentChanged.connect(self._current_changed)
        self.sheets = QTabBar()
        self.sheets.setAccessibleName("工作表")
        self.sheets.setExpanding(False)
        self.sheets.setDrawBase(False)
        self.sheets.currentChanged.connect(lambda _: self._show())
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.table, 1)
        box.addWidget(self.sheets)
        theme.changes.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self.table.setFont(theme.font("table"))
        for header in (self.table.horizontalHeader(), self.table.verticalHeader()):
            header.setFont(theme.font("table"))
        self.table.verticalHeader().setDefaultSectionSize(theme.px(28))
        self.table.verticalHeader().setMinimumWidth(theme.px(44))
        self._fit()

    def show_file(
        self, source: SourceFile | None, review: Review | None, only: RowState | None = None
    ) -> None:
        """Show the file (anew); the sheet and the cell that were current stay so."""
        self._source, self._review, self._only = source, review, only
        names = [sheet.name for sheet in source.sheets if sheet.rows] if source else []
        if [self.sheets.tabText(at) for at in range(self.sheets.count())] != names:
            self.sheets.blockSignals(True)
            while self.sheets.count():
                self.sheets.removeTab(0)
            for name in names:
                self.sheets.addTab(name)
            self._go_to_first_part(names)
            self.sheets.blockSignals(False)
        self.sheets.setVisible(len(names) > 1)
        self._show()

    def _go_to_first_part(self, names: Sequence[str]) -> None:
        parts = self._review.table.parts if self._review else ()
        if parts and parts[0].sheet in names:
            self.sheets.setCurrentIndex(names.index(parts[0].sheet))

    def _show(self) -> None:
        source = self._source
        name = self.sheets.tabText(self.sheets.currentIndex()) if self.sheets.count() else ""
        sheet = next((one for one in source.sheets if one.name == name), None) if source else None
        before = self.table.currentIndex()
        here = self.model.place(before) if before.isValid() and name == self._name else None
        self.model.show_sheet(sheet, self._review, self._only)
        if name != self._name or here is None:
            self._fit()
        self._name = name
        if here is not None:
            self.go_to(here)

    def _fit(self) -> None:
        metrics, least, most = self.table.fontMetrics(), theme.px(14), theme.px(_WIDEST - 38)
        rows = range(min(self.model.rowCount(), _FITTED))
        for column in range(self.model.columnCount()):
            texts = {self.model.index(row, column).data() for row in rows}
            widths = map(metrics.horizontalAdvance, texts)
            fitting = [width for width in widths if width <= most]  # titles run over
            self.table.setColumnWidth(column, max([*fitting, least]) + theme.px(38))

    def go_to(self, place: CellPlace) -> None:
        """Make a cell the current one and bring it into view."""
        sheet, number, column = place
        for at in range(self.sheets.count()):
            if self.sheets.tabText(at) == sheet:
                self.sheets.setCurrentIndex(at)
        row = self.model.row_of(number)
        if row is None or self.model.sheet != sheet:
            return
        index = self.model.index(row, min(max(column, 0), self.model.columnCount() - 1))
        self.table.setCurrentIndex(index)
        self.table.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)

    @property
    def current(self) -> CellPlace | None:
        """The cell at hand."""
        index = self.table.currentIndex()
        return self.model.place(index) if index.isValid() else None

    def _current_changed(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            self.moved.emit(self.model.place(current))
