"""A vertical line of events, as the ledger has them: mark, day, what happened, what it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.widgets.basic import Label, Tone, clear

_GUTTER: Final = 28
_DOT: Final = 18


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `struck` was taken back, `ahead` is still to come."""

    when: str
    title: str
    tone: Tone = "neutral"
    mark: str = "●"
    lines: tuple[str, ...] = ()
    struck: bool = False
    ahead: bool = False


class Timeline(QWidget):
    """The events in the order given; the newest first reads best."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self.rows: list[TimelineRow] = []

    def set_events(self, events: Sequence[Event]) -> None:
        """Show other events."""
        clear(self._box)
        self.rows = [
            TimelineRow(event, first=index == 0, last=index == len(events) - 1)
            for index, event in enumerate(events)
        ]
        for row in self.rows:
            self._box.addWidget(row)
        self._box.addStretch()


class TimelineRow(QWidget):
    """One event beside its piece of the line."""

    def __init__(self, event: Event, *, first: bool, last: bool) -> None:
        super().__init__()
        self.told = event
        self._first, self._last = first, last
        state = "（已冲正）" if event.struck else "（尚未生效）" if event.ahead else ""
        self.setAccessibleName(f"{event.when} {event.title}{state}")
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.px(_GUTTER), 0, 0, theme.px(14))
        box.setSpacing(theme.px(2))
        head = QHBoxLayout()
        head.setSpacing(theme.px(8))
        title = Label(event.title, "strong", "text-3" if event.struck else "text", wrap=True)
        font = title.font()
        font.setStrikeOut(event.struck)
        title.setFont(font)
        head.addWidget(title, 1)
        head.addWidget(Label(event.when, "table", "text-2"), alignment=Qt.AlignmentFlag.AlignTop)
        box.addLayout(head)
        if state:
            box.addWidget(Label(state.strip("（）"), "small", "warn"))
        for line in event.lines:
            box.addWidget(Label(line, "table", "text-3" if event.struck else "text-2", wrap=True))

    def sizeHint(self) -> QSize:
        return super().sizeHint().expandedTo(QSize(theme.px(200), theme.px(40)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = theme.px(_DOT)
        middle = size // 2
        painter.setPen(QPen(theme.colour("border-strong"), 1))
        centre = theme.px(2) + middle
        if not self._first:
            painter.drawLine(middle, 0, middle, centre)
        if not self._last:
            painter.drawLine(middle, centre, middle, self.height())
        tone = "neutral" if self.told.struck else self.told.tone
        dot = QRect(0, theme.px(2), size, size)
        painter.setPen(QPen(theme.colour(tone), 1.5))
        painter.setBrush(theme.colour("surface" if self.told.ahead else f"{tone}-weak"))
        painter.drawEllipse(dot.adjusted(1, 1, -1, -1))
        painter.setPen(theme.colour(tone))
        font = theme.font("small")
        font.setPixelSize(theme.px(9))
        painter.setFont(font)
        painter.drawText(dot, int(Qt.AlignmentFlag.AlignCenter), self.told.mark)
