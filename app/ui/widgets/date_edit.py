"""A date as people type it: 20080901, 2008.9.1, 2008年9月1日; Ctrl+; is today; F7 the calendar."""

from datetime import date

from PySide6.QtCore import QDate, QMetaMethod, QPoint, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QCalendarWidget, QLineEdit, QVBoxLayout, QWidget

from app.models.rules.dates import DateFault, read_date
from app.services.clock import today
from app.ui import theme
from app.ui.widgets.editors import LineEditor, dress, is_key, step_of


class DateEditor(LineEditor):
    """Written 2008-09-01 once it was left; an impossible or unclear date keeps its text.

    In a form Enter goes on to the next field. Anywhere else it is Enter as usual, what is no date
    is marked, and `changed` tells that another day (or none) stands here.
    """

    changed = QtSignal()

    def __init__(self, name: str, day: date | None = None, hint: str = "如 20080901") -> None:
        super().__init__(name, 30)
        self.setPlaceholderText(hint)
        self.setText(day.isoformat() if day else "")
        self._told = self.text()
        self._calendar: _Calendar | None = None
        opener = QAction(theme.icon("calendar"), "打开日历（F7）", self)
        opener.triggered.connect(self.open_calendar)
        self.addAction(opener, QLineEdit.ActionPosition.TrailingPosition)

    @property
    def day(self) -> date | None:
        """The day that is meant; None: no clear one."""
        said = read_date(self.text())
        return said if isinstance(said, date) else None

    @property
    def held(self) -> date:
        """The day that stood here last, while what is typed is none; today, if none ever did."""
        said = read_date(self._told)
        return said if isinstance(said, date) else today()

    @property
    def value(self) -> str:
        day = self.day
        return day.isoformat() if day else self.text().strip()

    @property
    def problem(self) -> str:
        text = self.text().strip()
        said = read_date(text) if text else None
        return said.describe(text) if isinstance(said, DateFault) else ""

    def fault(self, *, may_be_empty: bool = False) -> str:
        """What is wrong with it, with its name; "" for a day."""
        if not self.text().strip():
            return "" if may_be_empty else f"{self.accessibleName()}：请写日期。"
        return f"{self.accessibleName()}：{self.problem}" if self.problem else ""

    def tidy(self) -> None:
        day = self.day
        if day is not None and self.text() != day.isoformat():
            self.setText(day.isoformat())
        if self._in_form:
            return
        dress(self, fault=bool(self.problem), changed=False)
        self.setToolTip(self.problem)
        if not self.problem and self.text() != self._told:
            self._told = self.text()
            self.changed.emit()

    def show_day(self, day: date) -> None:
        """Show a day; nobody typed it."""
        self.setText(day.isoformat())
        self._told = self.text()
        dress(self, fault=False, changed=False)

    def set_day(self, day: date) -> None:
        """Take a day as if it had been typed."""
        self.setText(day.isoformat())
        self.typed.emit()
        self.tidy()

    @property
    def _in_form(self) -> bool:
        return self.isSignalConnected(QMetaMethod.fromSignal(self.onward))

    def open_calendar(self) -> None:
        """Show the calendar below, at the day that stands here."""
        if self.isReadOnly():
            return
        if self._calendar is None:
            self._calendar = _Calendar(self)
        self._calendar.show_at(self.day or today(), self.mapToGlobal(QPoint(0, self.height() + 2)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if step_of(event) and not self._in_form:  # Enter is the dialog's, once the day is written
            self.tidy()
            QLineEdit.keyPressEvent(self, event)
        elif is_key(event, "Ctrl+;") and not self.isReadOnly():
            event.accept()
            self.set_day(today())
        elif event.key() == Qt.Key.Key_F7:
            event.accept()
            self.open_calendar()
        else:
            super().keyPressEvent(event)


class _Calendar(QWidget):
    """The calendar that hangs below a date while one is chosen."""

    def __init__(self, owner: DateEditor) -> None:
        super().__init__(owner, Qt.WindowType.Popup)
        self._owner = owner
        box = QVBoxLayout(self)
        box.setContentsMargins(1, 1, 1, 1)
        self._days = QCalendarWidget()
        self._days.setAccessibleName("日历")
        self._days.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
        self._days.clicked.connect(self._take)
        self._days.activated.connect(self._take)
        box.addWidget(self._days)

    def show_at(self, day: date, place: QPoint) -> None:
        """Open at a day."""
        self._days.setSelectedDate(QDate(day.year, day.month, day.day))
        self.move(place)
        self.show()
        self._days.setFocus()

    def _take(self, chosen: QDate) -> None:
        if self.isVisible():  # a click may tell twice
            self.hide()
            self._owner.set_day(date(chosen.year(), chosen.month(), chosen.day()))
            self._owner.setFocus()
