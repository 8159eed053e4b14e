"""截至: the list as it stood on a day. The screen wears a strip while it does."""

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.models.rules.dates import DateFault, read_date
from app.models.rules.terms import since
from app.services.clock import today
from app.ui import theme
from app.ui.widgets.basic import Button, Label
from app.ui.widgets.day_slider import DaySlider
from app.ui.widgets.strip import Strip


class PastStrip(Strip):
    """历史视图: says which day is shown, goes to other days, and leads back."""

    def __init__(
        self, back: Callable[[], object], then: Callable[[date], object] = lambda _: None
    ) -> None:
        self.button = Button("回到今天", "undo-2", "quiet", on_click=back)
        self.slider = DaySlider(since((), today()), today())
        self.slider.rested.connect(then)
        super().__init__("history", "warn", self.slider, self.button)

    def show_day(self, day: date | None) -> None:
        """Show the strip for a day, or put it away."""
        if day is not None:
            if day < self.slider.first:
                self.set_since(day)
            self.slider.set_day(day)
        self.say(f"历史视图 {day}　只能看，不能改" if day is not None else "")

    def set_since(self, first: date) -> None:
        """How far back the slider goes."""
        self.slider.set_span(first, today())


class DayPopup(QFrame):
    """Asks for a day, typed in any of the ways people write it or found on the slider."""

    def __init__(
        self, parent: QWidget, then: Callable[[date], object], first: date | None = None
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("card", True)
        self.setAccessibleName("截至日期")
        self._then = then
        box = QVBoxLayout(self)
        box.setContentsMargins(*(theme.px(12),) * 4)
        box.addWidget(Label("看名单在哪一天的样子", "strong"))
        row = QHBoxLayout()
        self.edit = QLineEdit()
        self.edit.setPlaceholderText("如 20240930、2024.9.30")
        self.edit.setAccessibleName("截至日期")
        self.edit.setMinimumWidth(theme.px(190))
        self.edit.returnPressed.connect(self.apply)
        row.addWidget(self.edit)
        row.addWidget(Button("查看", kind="primary", on_click=self.apply))
        box.addLayout(row)
        self.slider = DaySlider(first or since((), today()), today())
        self.slider.set_day(today())
        self.slider.moved.connect(self._take)
        box.addWidget(self.slider)
        self.fault = Label("", "small", "danger", wrap=True)
        self.fault.hide()
        box.addWidget(self.fault)

    def open_below(self, widget: QWidget) -> None:
        """Show it under a button."""
        self.adjustSize()
        corner = widget.mapToGlobal(QPoint(widget.width() - self.width(), widget.height()))
        self.move(corner)
        self.show()
        self.edit.setFocus()

    def _take(self, day: date) -> None:
        self.edit.setText(day.isoformat())

    def apply(self) -> None:
        """Take the day, or say what is wrong with it."""
        text = self.edit.text().strip()
        day = read_date(text)
        if isinstance(day, DateFault):
            self._refuse(day.describe(text))
        elif day > today():
            self._refuse("这一天还没有到。请写不晚于今天的日期。")
        else:
            self.close()
            self._then(day)

    def _refuse(self, sentence: str) -> None:
        self.fault.setText(sentence)
        self.fault.show()
        self.adjustSize()
