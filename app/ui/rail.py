"""The rail on the left: where one is and can go; icons alone where the window is narrow."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.navigation import Place

_WIDE, _NARROW = 196, 56


class _Item(QAbstractButton):
    """One entry: its icon and word on the dark ground."""

    def __init__(self, place: Place, number: int) -> None:
        super().__init__()
        self.place = place
        self.narrow = False
        self.setCheckable(True)
        self.setText(place.title)
        self.setAccessibleName(place.title)
        self.setToolTip(f"{place.title}（Ctrl+{number}）" if number < 10 else place.title)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        shrinks = QSizePolicy.Policy.Maximum  # large text in a low window
        self.setSizePolicy(QSizePolicy.Policy.Minimum, shrinks)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(_NARROW if self.narrow else _WIDE), theme.px(40))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(_NARROW), theme.px(34))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self.rect().adjusted(theme.px(10), 1, -theme.px(10), -1)
        if self.isChecked() or self.underMouse():
            painter.setOpacity(1.0 if self.isChecked() else 0.45)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("nav-selected"))
            painter.drawRoundedRect(box, theme.px(6), theme.px(6))
            painter.setOpacity(1.0)
        if self.hasFocus():
            painter.setPen(theme.colour("nav-text"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, theme.px(6), theme.px(6))
        size = theme.px(18)
        left = box.left() + theme.px(12) if not self.narrow else (self.width() - size) // 2
        icon = QRect(left, (self.height() - size) // 2, size, size)
        theme.paint_icon(painter, icon, self.place.icon, "nav-text")
        if not self.narrow:
            painter.setFont(theme.font("strong" if self.isChecked() else "base"))
            painter.setPen(theme.colour("nav-text"))
            text = self.rect().adjusted(icon.right() + theme.px(12), 0, 0, 0)
            painter.drawText(text, int(Qt.AlignmentFlag.AlignVCenter), self.place.title)


class Rail(QWidget):
    """Navigation; `chosen` carries the name of a place."""

    chosen = QtSignal(str)

    def __init__(self, school: str, places: Sequence[Place]) -> None:
        super().__init__()
        self.setAccessibleName("导航")
        self._school = school
        self._narrow = False
        self._items: dict[str, _Item] = {}
        self._lines: list[int] = []
        group = QButtonGroup(self)
        box = self._box = QVBoxLayout(self)
        box.setSpacing(0)
        for number, place in enumerate(places, start=1):
            if place.below:
                box.addSpacing(theme.px(20))
            item = _Item(place, number)
            item.clicked.connect(lambda _=False, name=place.name: self.chosen.emit(name))
            group.addButton(item)
            box.addWidget(item)
            self._items[place.name] = item
        box.addStretch()
        theme.changes.changed.connect(self._dress)
        self._dress()

    def set_school(self, school: str) -> None:
        """The school has another name."""
        self._school = school
        self.update()

    def select(self, name: str) -> None:
        """Mark where the window is; Tab stops there, and the arrows go on from it."""
        if name not in self._items:
            return
        self._items[name].setChecked(True)
        for item in self._items.values():
            chosen = item.isChecked()
            item.setFocusPolicy(Qt.FocusPolicy.StrongFocus if chosen else Qt.FocusPolicy.ClickFocus)

    def set_narrow(self, narrow: bool) -> None:
        """Icons alone, or with their words."""
        self._narrow = narrow
        for item in self._items.values():
            item.narrow = narrow
        self._dress()

    def _dress(self) -> None:
        self.setFixedWidth(theme.px(_NARROW if self._narrow else _WIDE))
        self._box.setContentsMargins(0, theme.px(72), 0, theme.px(36))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("nav"))
        painter.setPen(theme.colour("nav-text"))
        for item in self._items.values():
            if item.place.below:
                y = item.y() - theme.px(10)
                painter.setOpacity(0.25)
                painter.drawLine(theme.px(12), y, self.width() - theme.px(12), y)
                painter.setOpacity(1.0)
        if self._narrow:
            size = theme.px(24)
            left = (self.width() - size) // 2
            mark = QRect(left, theme.px(18), size, size)
            theme.paint_icon(painter, mark, "graduation-cap", "nav-text")
            lock = QRect(
                left + theme.px(4), self.height() - theme.px(30), theme.px(16), theme.px(16)
            )
            theme.paint_icon(painter, lock, "lock", "nav-text")
            return
        painter.setFont(theme.font("section"))
        left, width = theme.px(20), self.width() - theme.px(28)
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRect(left, theme.px(14), width, theme.px(26)), flags, "学籍学历管理")
        painter.setFont(theme.font("small"))
        school = painter.fontMetrics().elidedText(self._school, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRect(left, theme.px(40), width, theme.px(20)), flags, school)
        size = theme.px(14)
        bottom = self.height() - theme.px(30)
        theme.paint_icon(painter, QRect(left, bottom, size, size), "lock", "nav-text")
        where = QRect(left + size + theme.px(6), bottom - theme.px(3), width, theme.px(20))
        painter.drawText(where, flags, "离线 · 已加密")
