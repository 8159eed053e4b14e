"""The rail of steps on top of a wizard: where one is, what is done, what comes."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui import theme

_FAR: Final = 200  # more room than this would part the steps


class StepRail(QWidget):
    """Numbered steps in a row; the present one is filled, those behind carry a tick."""

    def __init__(self, titles: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles = tuple(titles)
        self._current = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_current(0)

    @property
    def current(self) -> int:
        """Which step is at hand, from 0."""
        return self._current

    def set_current(self, index: int) -> None:
        """Move on, or back."""
        self._current = index
        total = len(self._titles)
        self.setAccessibleName(f"第 {index + 1} 步，共 {total} 步：{self._titles[index]}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(120) * len(self._titles), theme.px(40))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size, gap = theme.px(24), theme.px(8)
        metrics = QFontMetrics(theme.font("strong"))  # the widest that each of them gets
        rooms = [size + gap + metrics.horizontalAdvance(title) for title in self._titles]
        left, between = 0, self._between(sum(rooms))
        top = (self.height() - size) // 2
        for index, (title, room) in enumerate(zip(self._titles, rooms, strict=True)):
            dot = QRect(left, top, size, size)
            done, here = index < self._current, index == self._current
            painter.setPen(Qt.PenStyle.NoPen)
            ground = "primary" if here else "ok-weak" if done else "neutral-weak"
            painter.setBrush(theme.colour(ground))
            painter.drawEllipse(dot)
            if done:
                inner = dot.adjusted(*(theme.px(5),) * 2, *(-theme.px(5),) * 2)
                theme.paint_icon(painter, inner, "check", "ok")
            else:
                painter.setPen(theme.colour("on-primary" if here else "text-2"))
                painter.setFont(theme.font("small"))
                painter.drawText(dot, int(Qt.AlignmentFlag.AlignCenter), str(index + 1))
            painter.setFont(theme.font("strong" if here else "base"))
            painter.setPen(theme.colour("text" if here else "text-2"))
            text = QRect(dot.right() + gap, 0, room - size - gap, self.height())
            painter.drawText(text, int(Qt.AlignmentFlag.AlignVCenter), title)
            start, left = left + room + gap, left + room + between
            if index + 1 < len(self._titles) and left - gap > start:
                painter.setPen(theme.colour("border-strong"))
                painter.drawLine(start, self.height() // 2, left - gap, self.height() // 2)

    def _between(self, rooms: int) -> int:
        """From the end of a step to the next one: the same everywhere."""
        left = (self.width() - rooms) // max(1, len(self._titles) - 1)
        return max(theme.px(8), min(left, theme.px(_FAR)))
