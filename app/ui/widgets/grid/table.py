"""The two tables of a grid: the whole one, and over its left edge the columns that stand still."""

from itertools import pairwise
from typing import Final

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    Qt,
)
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemDelegate, QAbstractItemView, QTableView, QWidget

from app.ui import theme
from app.ui.widgets.grid.delegate import CellDelegate
from app.ui.widgets.grid.header import FilterHeader
from app.ui.widgets.grid.model import GridModel, Index

_Flag = QItemSelectionModel.SelectionFlag
_HINTS: Final = QAbstractItemDelegate.EndEditHint


class _Table(QTableView):
    """What both tables share."""

    def __init__(self, model: GridModel, delegate: CellDelegate, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.grid = model
        self.header = FilterHeader(model, self)
        self.setHorizontalHeader(self.header)
        self.setModel(model)
        self.setItemDelegate(delegate)
        self.setProperty("grid", True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setCornerButtonEnabled(False)
        self.horizontalScrollBar().valueChanged.connect(self.header.place_boxes)

    def focusNextPrevChild(self, onward: bool) -> bool:
        """Tab moves along the cells where they have the focus; from a filter box it goes on."""
        above = self.parentWidget()
        if self.hasFocus() or above is None:
            return super().focusNextPrevChild(onward)
        return above.focusNextPrevChild(onward)


class FrozenTable(_Table):
    """The columns that stand still; keys go to the whole table."""

    def __init__(self, whole: "WholeTable") -> None:
        super().__init__(whole.grid, CellDelegate(whole), whole)  # views share no delegate
        self._whole = whole
        self._anchor = QModelIndex()
        self.verticalHeader().hide()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # set later it would be that of the proxy
        self.setFocusProxy(whole)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("固定的列")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._anchor = self.indexAt(event.position().toPoint())
        self._whole.setFocus()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A block that begins here goes on in the whole table."""
        point = event.position().toPoint()
        if point.x() <= self.viewport().width() or not self._anchor.isValid():
            super().mouseMoveEvent(event)
            return
        there = self._whole.viewport().mapFromGlobal(event.globalPosition().toPoint())
        reached = self._whole.indexAt(there)
        if reached.isValid() and event.buttons() & Qt.MouseButton.LeftButton:
            block = QItemSelection(self._anchor, reached)
            self.selectionModel().select(block, _Flag.ClearAndSelect)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        painter.setPen(theme.colour("border-strong"))
        right = self.viewport().width() - 1
        painter.drawLine(right, 0, right, self.viewport().height())


class WholeTable(_Table):
    """The table that has the focus, the keys and the scroll bars."""

    opened = QtSignal(QModelIndex)
    refused = QtSignal(QModelIndex)  # somebody wants to edit what is not edited here
    moved = QtSignal()

    def __init__(self, model: GridModel, delegate: CellDelegate, parent: QWidget) -> None:
        super().__init__(model, delegate, parent)
        self.setAccessibleName("表格")
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        rows = self.verticalHeader()
        rows.setSectionResizeMode(rows.ResizeMode.Fixed)
        rows.setMinimumWidth(theme.px(40))
        rows.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        rows.setHighlightSections(False)
        self.frozen = FrozenTable(self)
        self.frozen.setSelectionModel(self.selectionModel())
        self.verticalScrollBar().valueChanged.connect(self.frozen.verticalScrollBar().setValue)
        self.frozen.verticalScrollBar().valueChanged.connect(self.verticalScrollBar().setValue)
        self.header.sectionResized.connect(self._widen_frozen)
        self.frozen.header.sectionResized.connect(self._widen_whole)
        rows.geometriesChanged.connect(self.place_frozen)

    # --- the columns that stand still -----------------------------------------------------

    def set_row_height(self, height: int) -> None:
        """All rows are equally high; no list sizes rows by their contents."""
        for table in (self, self.frozen):
            table.verticalHeader().setMinimumSectionSize(height)
            table.verticalHeader().setDefaultSectionSize(height)

    def freeze(self, count: int) -> None:
        """Let this many columns stand still."""
        for section in range(self.grid.columnCount()):
            self.frozen.setColumnHidden(section, section >= count)
            self.frozen.setColumnWidth(section, self.columnWidth(section))
        self.frozen.setVisible(count > 0)
        self.header.set_covered(count)
        self.place_frozen()

    def order_stops(self) -> None:
        """Tab goes through the filter boxes as they stand, and then to the cells."""
        count, names = self.grid.frozen, [column.name for column in self.grid.shown]
        boxes = [self.frozen.header.box_of(name) for name in names[:count]]
        boxes += [self.header.box_of(name) for name in names[count:]]
        stops = [*(box for box in boxes if box is not None), self]
        for before, after in pairwise(stops):
            QWidget.setTabOrder(before, after)

    def frozen_width(self) -> int:
        """How much of the left edge is covered."""
        return sum(self.columnWidth(section) for section in range(self.grid.frozen))

    def place_frozen(self) -> None:
        """Lay the frozen columns over the left edge."""
        left = self.verticalHeader().width() + self.frameWidth()
        height = self.viewport().height() + self.header.height()
        self.frozen.setGeometry(left, self.frameWidth(), self.frozen_width(), height)
        self.frozen.header.setFixedHeight(self.header.height())
        self.frozen.raise_()

    def _widen_frozen(self, section: int, _old: int, width: int) -> None:
        if section < self.grid.frozen:
            self.frozen.setColumnWidth(section, width)
            self.place_frozen()

    def _widen_whole(self, section: int, _old: int, width: int) -> None:
        if section < self.grid.frozen and width:  # a hidden one tells of a width of 0
            self.setColumnWidth(section, width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place_frozen()

    def updateGeometries(self) -> None:
        super().updateGeometries()
        if hasattr(self, "frozen"):
            self.place_frozen()

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """A cell is only seen beside the frozen columns, not under them."""
        bar = self.horizontalScrollBar()
        before = bar.value()
        super().scrollTo(index, hint)
        if index.column() < self.grid.frozen:
            bar.setValue(before)
            return
        left = self.columnViewportPosition(index.column())
        if left < self.frozen_width():
            bar.setValue(bar.value() + left - self.frozen_width())

    # --- editing --------------------------------------------------------------------------

    def edit(self, index: QModelIndex, *how: object) -> bool:  # type: ignore[override]
        """Edit a cell; a frozen one in the whole table, which is then shown from its left edge."""
        if not how:
            super().edit(index)
            return True
        trigger, event = how
        typed = trigger in {
            QAbstractItemView.EditTrigger.AnyKeyPressed,
            QAbstractItemView.EditTrigger.EditKeyPressed,
        }
        if not index.isValid():
            return False
        if not index.flags() & Qt.ItemFlag.ItemIsEditable:
            if typed and _writes(event, trigger):
                self.refused.emit(index)
            return False
        begun = super().edit(index, trigger, event)  # type: ignore[call-overload]
        if begun and index.column() < self.grid.frozen:
            self.horizontalScrollBar().setValue(0)
            self.frozen.hide()
        return bool(begun)

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        super().closeEditor(editor, hint)
        self.frozen.setVisible(self.grid.frozen > 0)
        if hint in {_HINTS.NoHint, _HINTS.SubmitModelCache}:
            self.setFocus()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Double click edits what is edited here; elsewhere it opens the record."""
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and not index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.opened.emit(index)
        else:
            super().mouseDoubleClickEvent(event)

    # --- keys -----------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not control:
            if self.currentIndex().isValid():
                self.opened.emit(self.currentIndex())
        elif control and event.key() in _ARROWS:
            self._jump(*_ARROWS[Qt.Key(event.key())], extend=shift)
        else:
            super().keyPressEvent(event)

    def _jump(self, down: int, right: int, *, extend: bool) -> None:
        """Ctrl and an arrow: to the edge of what is filled, as spreadsheets do."""
        index = self.currentIndex()
        if not index.isValid():
            return
        row, column = index.row(), index.column()
        if down:
            row = self.grid.rowCount() - 1 if down > 0 else 0
        else:
            column = self._filled_edge(row, column, right)
        target = self.grid.index(row, column)
        if extend:
            selection = self.selectionModel()
            anchor = self._block_corner(index)
            selection.select(QItemSelection(anchor, target), _Flag.ClearAndSelect)
            selection.setCurrentIndex(target, _Flag.NoUpdate)
        else:
            self.setCurrentIndex(target)
        self.scrollTo(target)

    def _block_corner(self, index: QModelIndex) -> QModelIndex:
        """The corner of the selected block that lies across from the current cell."""
        ranges = [part for part in blocks(self.selectionModel()) if part.contains(index)]
        if not ranges:
            return index
        block = ranges[0]
        row = block.top() + block.bottom() - index.row()
        column = block.left() + block.right() - index.column()
        at_corner = index.row() in {block.top(), block.bottom()}
        return self.grid.index(row, column) if at_corner else index

    def _filled_edge(self, row: int, column: int, step: int) -> int:
        last = self.grid.columnCount() - 1

        def filled(at: int) -> bool:
            return bool(self.grid.index(row, at).data(Qt.ItemDataRole.EditRole))

        at = column + step
        if not 0 <= at <= last:
            return column
        along = filled(column) and filled(at)
        while 0 <= at + step <= last and (filled(at + step) if along else not filled(at)):
            at += step
        return at

    def currentChanged(self, current: Index, previous: Index) -> None:
        """The row is marked from end to end, so both rows are painted anew."""
        super().currentChanged(current, previous)
        self.viewport().update()
        if hasattr(self, "frozen"):
            self.frozen.viewport().update()
        self.moved.emit()


def blocks(selection: QItemSelectionModel) -> list[QItemSelectionRange]:
    """The rectangles that are selected."""
    return selection.selection().toList()


def _writes(event: object, trigger: object) -> bool:
    """Whether the key would have put something into the cell."""
    if trigger == QAbstractItemView.EditTrigger.EditKeyPressed:
        return True
    if isinstance(event, QKeyEvent):
        return (
            event.type() == QEvent.Type.KeyPress
            and event.text().isprintable()
            and bool(event.text().strip())
        )
    return isinstance(event, QEvent) and event.type() == QEvent.Type.InputMethod


_ARROWS: Final = {
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Left: (0, -1),
}
