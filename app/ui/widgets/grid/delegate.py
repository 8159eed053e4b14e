"""Paints and edits the cells of a grid, all from the tokens of the theme."""

from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QFont, QFontMetrics, QHelpEvent, QKeyEvent, QPainter, QPen, QPolygon
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from app.ui import theme
from app.ui.widgets.basic import paint_badge
from app.ui.widgets.grid.column import CellKind, GridColumn
from app.ui.widgets.grid.model import GridModel

Index = QModelIndex | QPersistentModelIndex
_PAD: Final = 10
_COMPLETE, _NEARLY = 100, 90


class CellDelegate(QStyledItemDelegate):
    """`committed` carries the typed text of a cell, and whether it is meant for the selection."""

    committed = QtSignal(object, str, bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._to_all = False
        self._fonts: dict[CellKind, QFont] = {}
        theme.changes.changed.connect(self._fonts.clear)

    def font(self, kind: CellKind) -> QFont:
        """The font of a kind of cell."""
        if kind not in self._fonts:
            strong = kind is CellKind.STRONG
            self._fonts[kind] = theme.font("table-strong" if strong else "table")
        return self._fonts[kind]

    # --- painting -------------------------------------------------------------------------

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model, view = index.model(), option.widget
        if not isinstance(model, GridModel) or not isinstance(view, QAbstractItemView):
            return
        column, row = model.column_at(index.column()), model.row_at(index.row())
        fault = row.faults.get(column.name, "") if row is not None else ""
        current = view.currentIndex()
        box = option.rect
        painter.save()
        painter.fillRect(box, theme.colour(_ground(option, index, current, fault)))
        painter.setPen(theme.colour("border"))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        if row is None:
            painter.setPen(theme.colour("text-3"))
            painter.drawText(_inner(box), int(Qt.AlignmentFlag.AlignVCenter), "…")
        else:
            self._paint_value(painter, box, column, row.cells.get(column.name, ""),
                              model.text(row, column))  # fmt: skip
        if fault:
            _paint_corner(painter, box)
        if current == index:
            _paint_ring(painter, box, strong=view.hasFocus() or view.viewport().hasFocus())
        painter.restore()

    def _paint_value(
        self, painter: QPainter, box: QRect, column: GridColumn, value: str, shown: str
    ) -> None:
        if not value:
            return
        if column.kind is CellKind.METER:
            self._paint_meter(painter, box, value, shown)
        elif column.kind is CellKind.BADGE:
            tone, mark = column.look(value) if column.look else ("neutral", "")
            paint_badge(painter, _inner(box), shown, tone, mark)
        else:
            painter.setFont(self.font(column.kind))
            painter.setPen(theme.colour("text"))
            inner = _inner(box)
            metrics = painter.fontMetrics()
            text = metrics.elidedText(
                shown.replace("\n", " "), Qt.TextElideMode.ElideRight, inner.width()
            )
            painter.drawText(inner, int(_alignment(column) | Qt.AlignmentFlag.AlignVCenter), text)

    def _paint_meter(self, painter: QPainter, box: QRect, value: str, shown: str) -> None:
        percent = int(value) if value.isdigit() else 0
        tone = "ok" if percent >= _COMPLETE else "primary" if percent >= _NEARLY else "warn"
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        inner = _inner(box)
        height, width = theme.px(5), min(theme.px(38), inner.width() // 2)
        bar = QRect(inner.left(), box.center().y() - height // 2, width, height)
        radius = height / 2
        painter.setBrush(theme.colour("neutral-weak"))
        painter.drawRoundedRect(bar, radius, radius)
        painter.setBrush(theme.colour(tone))
        bar.setWidth(max(height, width * percent // 100))
        painter.drawRoundedRect(bar, radius, radius)
        painter.setFont(self.font(CellKind.METER))
        painter.setPen(theme.colour("text-2"))
        inner.setLeft(inner.left() + width + theme.px(8))
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignVCenter), shown)

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        """The fault of a cell, or its whole text where it was shortened."""
        model = index.model()
        if not isinstance(model, GridModel):
            return False
        QToolTip.showText(event.globalPos(), self.tip(index, option.rect.width()), view)
        return True

    def tip(self, index: Index, width: int) -> str:
        """What the tooltip of a cell of this width says; "" for nothing."""
        model = index.model()
        fault = index.data(Qt.ItemDataRole.ToolTipRole)
        if fault or not isinstance(model, GridModel):
            return str(fault or "")
        text = str(index.data() or "")
        metrics = QFontMetrics(self.font(model.column_at(index.column()).kind))
        shortened = metrics.horizontalAdvance(text) > width - 2 * theme.px(_PAD)
        return text if shortened or "\n" in text else ""

    # --- editing --------------------------------------------------------------------------

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setProperty("cell", True)
        editor.setFont(theme.font("table"))
        editor.setFrame(False)
        model = index.model()
        if isinstance(model, GridModel):
            editor.setAccessibleName(model.column_at(index.column()).label)
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        if isinstance(editor, QLineEdit):
            editor.setText(str(index.data(Qt.ItemDataRole.EditRole) or ""))
            editor.selectAll()

    def setModelData(self, editor: QWidget, _model: object, index: Index) -> None:
        if isinstance(editor, QLineEdit):
            to_all, self._to_all = self._to_all, False
            self.committed.emit(QPersistentModelIndex(index), editor.text(), to_all)

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, _index: Index
    ) -> None:
        editor.setGeometry(option.rect.adjusted(0, 0, 0, -1))

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        if isinstance(editor, QLineEdit) and isinstance(event, QKeyEvent):
            enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
            control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            if event.type() == QEvent.Type.KeyPress and enter and control:
                self._to_all = True
                self.commitData.emit(editor)
                self.closeEditor.emit(editor, QStyledItemDelegate.EndEditHint.NoHint)
                return True
        return super().eventFilter(editor, event)


def _ground(option: QStyleOptionViewItem, index: Index, current: QModelIndex, fault: str) -> str:
    if option.state & QStyle.StateFlag.State_Selected:
        return "selection"
    if fault:
        return "danger-weak"
    if current.isValid() and current.row() == index.row():
        return "hover"
    return "sunken" if index.row() % 2 else "surface"


def _inner(box: QRect) -> QRect:
    return box.adjusted(theme.px(_PAD), 0, -theme.px(6), -1)


def _alignment(column: GridColumn) -> Qt.AlignmentFlag:
    right = column.kind is CellKind.FIGURE
    return Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft


def _paint_corner(painter: QPainter, box: QRect) -> None:
    size = theme.px(8)
    corner = box.topRight() + QPoint(1, 0)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("danger"))
    painter.drawPolygon(QPolygon([corner, corner - QPoint(size, 0), corner + QPoint(0, size)]))


def _paint_ring(painter: QPainter, box: QRect, *, strong: bool) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = QPen(theme.colour("primary" if strong else "border-strong"), 2)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.drawRect(box.adjusted(1, 1, -1, -2))
