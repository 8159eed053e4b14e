"""The header of a grid: labels that sort, and under them the row of boxes that filter."""

from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication, QHeaderView, QLineEdit, QWidget

from app.services.register.filters import parse
from app.ui import theme
from app.ui.widgets.grid.model import GridModel

_LABELS: Final = 36
_BOXES: Final = 30
_WAIT_MS: Final = 150
_NARROWEST: Final = 44


class FilterHeader(QHeaderView):
    """`asked` carries a column whose values are wanted, `menu_wanted` one for its commands."""

    asked = QtSignal(str, QPoint)
    menu_wanted = QtSignal(str, QPoint)
    columns_wanted = QtSignal(str)  # a whole column is to be selected
    left = QtSignal()  # the focus goes to the cells

    def __init__(self, model: GridModel, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._grid = model
        self._boxes: dict[str, QLineEdit] = {}
        self._waiting = QTimer(self, singleShot=True, interval=_WAIT_MS)
        self._waiting.timeout.connect(self._filter)
        self._typed = ""
        self._covered = 0
        self.boxes_shown = True
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(theme.px(_NARROWEST))
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.sectionResized.connect(self.place_boxes)
        self.sectionClicked.connect(self._clicked)

    # --- size and place -------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        boxes = theme.px(_BOXES) if self.boxes_shown else 0
        return QSize(super().sizeHint().width(), theme.px(_LABELS) + boxes)

    def show_boxes(self, on: bool) -> None:
        """Filter row on or off; what it asks stays in force."""
        self.boxes_shown = on
        self.updateGeometries()
        self.geometriesChanged.emit()
        self.place_boxes()

    def renew(self) -> None:
        """The columns, boxes or order of the model changed."""
        names = [column.name for column in self._grid.shown]
        for name in [name for name in self._boxes if name not in names]:
            self._boxes.pop(name).deleteLater()
        for column in self._grid.shown:
            box = self._boxes.get(column.name) or self._new_box(column.name, column.label)
            words = self._grid.filters.get(column.name, "")
            if box.text().strip() != words and not self._waiting.isActive():
                box.setText(words)
            _dress(box, active=bool(parse(words)))
        self.place_boxes()
        self.viewport().update()

    def _new_box(self, name: str, label: str) -> QLineEdit:
        box = QLineEdit(self.viewport())
        box.setPlaceholderText("筛选")
        box.setAccessibleName(f"筛选 {label}")
        box.setProperty("filter", True)
        box.setFont(theme.font("table"))
        box.textEdited.connect(partial(self._edited, name))
        box.installEventFilter(self)
        self._boxes[name] = box
        return box

    def box_of(self, name: str) -> QLineEdit | None:
        """The box of a column that is shown."""
        return self._boxes.get(name)

    def place_boxes(self, *_moved: int) -> None:
        """Put every box under its label."""
        top, height = theme.px(_LABELS), theme.px(_BOXES)
        for section, column in enumerate(self._grid.shown):
            box = self._boxes.get(column.name)
            if box is None:
                continue
            width = self.sectionSize(section)
            there = section >= self._covered and not self.isSectionHidden(section)
            visible = self.boxes_shown and there and width > 0
            box.setVisible(visible)
            if visible:
                left = self.sectionViewportPosition(section)
                box.setGeometry(left, top, width - 1, height - 1)

    def set_covered(self, count: int) -> None:
        """So many columns at the left lie under those that stand still, which have the boxes."""
        self._covered = count
        self.place_boxes()

    # --- typing ---------------------------------------------------------------------------

    def _edited(self, name: str, _words: str) -> None:
        if self._typed != name:
            self._filter()
        self._typed = name
        self._waiting.start()

    def _filter(self) -> None:
        self._waiting.stop()
        box = self._boxes.get(self._typed)
        name, self._typed = self._typed, ""
        if box is not None:
            self._grid.set_filter(name, box.text())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            for name, box in self._boxes.items():
                if box is watched:
                    return self._key(name, box, event)
        return super().eventFilter(watched, event)

    def _key(self, name: str, box: QLineEdit, event: QKeyEvent) -> bool:
        match event.key():
            case Qt.Key.Key_Down if event.modifiers() & Qt.KeyboardModifier.AltModifier:
                self.ask(name)
            case Qt.Key.Key_Down | Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._filter()
                self.left.emit()
            case Qt.Key.Key_Escape:
                if box.text():
                    box.clear()
                    self._typed = name
                    self._filter()
                else:
                    self.left.emit()
            case _:
                return False
        return True

    def ask(self, name: str) -> None:
        """Open the value list of a column."""
        section = self._grid.section_of(name)
        if section >= 0:
            below = QPoint(self.sectionViewportPosition(section), self.height())
            self.asked.emit(name, self.viewport().mapToGlobal(below))

    # --- labels ---------------------------------------------------------------------------

    def _clicked(self, section: int) -> None:
        keys = QApplication.keyboardModifiers()
        name = self._grid.column_at(section).name
        if keys & Qt.KeyboardModifier.ControlModifier:
            self.columns_wanted.emit(name)
        else:
            self._grid.sort_by(name, add=bool(keys & Qt.KeyboardModifier.ShiftModifier))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.position().y() < theme.px(_LABELS):
            super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        section = self.logicalIndexAt(event.pos())
        if section >= 0:
            self.menu_wanted.emit(self._grid.column_at(section).name, event.globalPos())

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        column = self._grid.column_at(section)
        words = self._grid.filters.get(column.name, "")
        active = bool(parse(words))
        label = QRect(rect.left(), rect.top(), rect.width(), theme.px(_LABELS))
        painter.save()
        painter.fillRect(rect, theme.colour("sunken"))
        if self.boxes_shown:
            below = rect.adjusted(0, theme.px(_LABELS), 0, 0)
            painter.fillRect(below, theme.colour("warn-weak" if active else "surface"))
        painter.setPen(theme.colour("border"))
        painter.drawLine(rect.topRight(), rect.bottomRight())
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        if self.boxes_shown:
            painter.drawLine(label.bottomLeft(), label.bottomRight())
        self._paint_label(painter, label, section, active)
        painter.restore()

    def _paint_label(self, painter: QPainter, label: QRect, section: int, active: bool) -> None:
        column = self._grid.column_at(section)
        room = label.adjusted(theme.px(10), 0, -theme.px(4), 0)
        side = theme.px(14)
        levels = self._grid.sort_levels
        for at, level in enumerate(levels, start=1):
            if level.column == column.name:
                icon = "chevron-down" if level.descending else "chevron-up"
                spot = QRect(room.right() - side, label.center().y() - side // 2, side, side)
                theme.paint_icon(painter, spot, icon, "primary")
                room.setRight(spot.left() - theme.px(2))
                if len(levels) > 1:
                    painter.setFont(theme.font("small"))
                    painter.setPen(theme.colour("primary"))
                    painter.drawText(room, int(_RIGHT), f"{at}")
                    room.setRight(room.right() - theme.px(10))
        if active:
            spot = QRect(room.right() - side, label.center().y() - side // 2, side, side)
            theme.paint_icon(painter, spot, "funnel", "warn")
            room.setRight(spot.left() - theme.px(2))
        painter.setFont(theme.font("table-strong"))
        painter.setPen(theme.colour("text-2"))
        text = painter.fontMetrics().elidedText(
            column.label, Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), text)


_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def _dress(box: QLineEdit, *, active: bool) -> None:
    palette = box.palette()
    palette.setColor(palette.ColorRole.Text, theme.colour("warn" if active else "text"))
    box.setPalette(palette)
