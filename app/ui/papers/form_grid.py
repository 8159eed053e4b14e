"""The sheet of a form as a spreadsheet shows it: cells to point at, fields and mistakes tinted."""

from collections.abc import Collection
from typing import Final

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea

from app.services.forms.grid import GridCell, cell_at, grid_cells, letters, neighbour
from app.services.forms.template import Sheet
from app.ui import theme

_HEAD_WIDE, _HEAD_TALL = 40, 24
_PIXELS: Final = 96 / 72  # of a point at 100 %
_WHITE: Final = QColor(255, 255, 255)
_INK: Final = QColor(26, 39, 51)
_KEYS: Final = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class FormGrid(QAbstractScrollArea):
    """One sheet; `pointed` carries the cell (B3) that is pointed at."""

    pointed = QtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("表样的格子")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self._sheet: Sheet | None = None
        self._cells: dict[tuple[int, int], GridCell] = {}
        self._faulty: frozenset[str] = frozenset()
        self._current = ""
        self._scale = 1.0

    @property
    def current(self) -> str:
        """The cell that is pointed at, "" for none."""
        return self._current

    def show_sheet(self, sheet: Sheet, faulty: Collection[str] = ()) -> None:
        """Show a sheet; the cells in `faulty` have mistakes."""
        another = self._sheet is None or self._sheet.name != sheet.name
        self._sheet = sheet
        self._cells = {(cell.row, cell.column): cell for cell in grid_cells(sheet)}
        self._faulty = frozenset(faulty)
        if another:
            self._current = ""
            self.horizontalScrollBar().setValue(0)
            self.verticalScrollBar().setValue(0)
        self._arrange()

    def text_of(self, ref: str) -> str:
        """What stands in a cell, fields in their braces."""
        return next((cell.text for cell in self._cells.values() if cell.ref == ref), "")

    def point(self, ref: str) -> None:
        """Point at a cell."""
        cell = next((one for one in self._cells.values() if one.ref == ref), None)
        if cell is None:
            return
        self._current = ref
        self.setAccessibleDescription(f"{ref}：{cell.text or '空'}")
        box = self._box(cell)
        for bar, start, end, room in (
            (self.horizontalScrollBar(), box.left(), box.right(), self.viewport().width()),
            (self.verticalScrollBar(), box.top(), box.bottom(), self.viewport().height()),
        ):
            first = theme.px(_HEAD_WIDE if bar is self.horizontalScrollBar() else _HEAD_TALL)
            if start < first:
                bar.setValue(bar.value() + start - first)
            elif end > room:
                bar.setValue(bar.value() + end - room)
        self.viewport().update()
        self.pointed.emit(ref)

    # --- places ---------------------------------------------------------------------------

    def _pixels(self, points: float) -> int:
        return round(points * _PIXELS * self._scale * theme.px(100) / 100)

    def _box(self, cell: GridCell) -> QRect:
        """Where a cell stands in the viewport."""
        left = theme.px(_HEAD_WIDE) - self.horizontalScrollBar().value()
        top = theme.px(_HEAD_TALL) - self.verticalScrollBar().value()
        start = QPoint(left + self._pixels(cell.left), top + self._pixels(cell.top))
        end = QPoint(left + self._pixels(cell.right), top + self._pixels(cell.bottom))
        return QRect(start, end)

    def _arrange(self) -> None:
        if self._sheet is None:
            return
        view = self.viewport().size()
        for bar, length, room in (
            (self.horizontalScrollBar(),
             self._pixels(self._sheet.width) + theme.px(_HEAD_WIDE + 8), view.width()),
            (self.verticalScrollBar(),
             self._pixels(sum(self._sheet.heights)) + theme.px(_HEAD_TALL + 8), view.height()),
        ):  # fmt: skip
            bar.setPageStep(room)
            bar.setSingleStep(theme.px(32))
            bar.setRange(0, max(0, length - room))
        self.viewport().update()

    # --- painting -------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), theme.colour("app"))
        if self._sheet is None:
            return
        chosen: GridCell | None = None
        for cell in self._cells.values():
            self._paint_cell(painter, cell)
            if cell.ref == self._current:
                chosen = cell
        self._paint_heads(painter, chosen)
        if chosen is not None:
            painter.setPen(QPen(theme.colour("primary"), theme.px(2)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self._box(chosen))
        if self.hasFocus():
            painter.setPen(theme.colour("primary"))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))

    def _paint_cell(self, painter: QPainter, cell: GridCell) -> None:
        box = self._box(cell)
        if not box.intersects(self.viewport().rect()):
            return
        ground = _WHITE
        if cell.ref in self._faulty:
            ground = QColor(253, 236, 234)
        elif cell.has_field:
            ground = QColor(228, 239, 249)
        painter.fillRect(box, ground)
        painter.setPen(QColor(150, 160, 170) if cell.ruled else QColor(226, 231, 236))
        painter.drawRect(box)
        if not cell.text:
            return
        font = theme.font("table")
        font.setPixelSize(max(7, self._pixels(min(cell.size, 14))))
        font.setBold(cell.bold)
        painter.setFont(font)
        painter.setPen(QColor(27, 94, 158) if cell.has_field else _INK)
        inner = QRectF(box.adjusted(2, 1, -2, -1))
        side = {"left": Qt.AlignmentFlag.AlignLeft, "right": Qt.AlignmentFlag.AlignRight}.get(
            cell.side, Qt.AlignmentFlag.AlignHCenter
        )
        flags = int(side | Qt.AlignmentFlag.AlignVCenter) | (
            int(Qt.TextFlag.TextWrapAnywhere) if cell.wraps else int(Qt.TextFlag.TextSingleLine)
        )
        painter.save()
        painter.setClipRect(box)
        painter.drawText(inner, flags, cell.text)
        painter.restore()

    def _paint_heads(self, painter: QPainter, chosen: GridCell | None) -> None:
        sheet = self._sheet
        if sheet is None:
            return
        wide, tall = theme.px(_HEAD_WIDE), theme.px(_HEAD_TALL)
        painter.setFont(theme.font("small"))
        left = wide - self.horizontalScrollBar().value()
        top = tall - self.verticalScrollBar().value()
        painter.fillRect(0, 0, self.viewport().width(), tall, theme.colour("sunken"))
        for at in range(len(sheet.columns) - 1):
            box = QRect(
                QPoint(left + self._pixels(sheet.columns[at]), 0),
                QPoint(left + self._pixels(sheet.columns[at + 1]), tall),
            )
            on = chosen is not None and chosen.column <= at < chosen.column_end
            self._paint_head(painter, box, letters(sheet.first_column + at), on=on)
        painter.fillRect(0, tall, wide, self.viewport().height(), theme.colour("sunken"))
        y = 0.0
        for at, height in enumerate(sheet.heights):
            box = QRect(
                QPoint(0, top + self._pixels(y)), QPoint(wide, top + self._pixels(y + height))
            )
            y += height
            if box.bottom() > tall:
                on = chosen is not None and chosen.row <= at < chosen.row_end
                self._paint_head(painter, box, str(sheet.first_row + at), on=on)
        painter.fillRect(0, 0, wide, tall, theme.colour("sunken"))

    @staticmethod
    def _paint_head(painter: QPainter, box: QRect, text: str, *, on: bool) -> None:
        if on:
            painter.fillRect(box, theme.colour("selection"))
        painter.setPen(theme.colour("border"))
        painter.drawRect(box)
        painter.setPen(theme.colour("text-2"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)

    # --- hands ----------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for cell in self._cells.values():
            if self._box(cell).contains(event.position().toPoint()):
                self.point(cell.ref)
                return

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._scale = min(2.5, max(0.4, self._scale * (1.1 if event.angleDelta().y() > 0
                                                          else 1 / 1.1)))  # fmt: skip
            self._arrange()
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = _KEYS.get(Qt.Key(event.key()))
        if way is None or self._sheet is None:
            super().keyPressEvent(event)
            return
        here = cell_at(self._cells.values(), self._current)
        found = neighbour(self._cells, here, *way)
        if found is not None:
            self.point(found.ref)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self._current and self._cells:
            self.point(next(iter(self._cells.values())).ref)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(640), theme.px(520))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(320), theme.px(240))
