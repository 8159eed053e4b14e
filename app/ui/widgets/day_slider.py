"""A day on a line of years: dragged day by day, stepped by 学期, told when it comes to rest."""

from datetime import date, timedelta
from typing import Final

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from app.models.rules.terms import term_after, term_before, term_name
from app.ui import theme
from app.ui.widgets.basic import IconButton, Label
from app.ui.widgets.look import keep

_PAUSE: Final = 200  # ms without another move before what hangs on the day is looked up
_MONTH: Final = 30


class DaySlider(QWidget):
    """Days from `first` to `last`; `moved` tells of each, `rested` of the one that stays."""

    moved = QtSignal(object)
    rested = QtSignal(object)

    def __init__(self, first: date, last: date) -> None:
        super().__init__()
        self._first, self._last = first, last
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("截至哪一天")
        self.slider.setToolTip("←→ 一天，PgUp、PgDn 一个月；两边的按钮一学期")
        self.slider.setPageStep(_MONTH)
        self.slider.setMinimumWidth(theme.px(160))
        self.back = IconButton("chevron-left", "上一学期", on_click=lambda: self._step(-1))
        self.forth = IconButton("chevron-right", "下一学期", on_click=lambda: self._step(1))
        self._term = Label(role="table", tint="text-2")
        keep(self._term, width=170)
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE)
        self._timer.timeout.connect(self._rest)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(4))
        row.addWidget(self.back)
        row.addWidget(self.slider, 1)
        row.addWidget(self.forth)
        row.addWidget(self._term)
        self.set_span(first, last)
        self.slider.valueChanged.connect(lambda _: self._move())

    @property
    def first(self) -> date:
        """The first day of the line."""
        return self._first

    @property
    def day(self) -> date:
        """The day that is pointed at."""
        return self._first + timedelta(days=self.slider.value())

    def set_span(self, first: date, last: date) -> None:
        """From when to when it goes; the day stays where it can."""
        day = self.day
        self._first, self._last = min(first, last), last
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, (self._last - self._first).days)
        self.set_day(day)

    def set_day(self, day: date) -> None:
        """Point at a day without telling anybody; one outside is met as near as can be."""
        with QSignalBlocker(self.slider):
            self.slider.setValue((day - self._first).days)
        self._say()

    def _step(self, way: int) -> None:
        day = term_after(self.day) if way > 0 else term_before(self.day)
        self.slider.setValue((day - self._first).days)

    def _move(self) -> None:
        self._say()
        self.moved.emit(self.day)
        self._timer.start()

    def _rest(self) -> None:
        self.rested.emit(self.day)

    def _say(self) -> None:
        day = self.day
        self._term.setText(f"{day}　{term_name(day)}")
        self.slider.setAccessibleDescription(f"{day}，{term_name(day)}")
        self.back.setEnabled(day > self._first)
        self.forth.setEnabled(day < self._last)
