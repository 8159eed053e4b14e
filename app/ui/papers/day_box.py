"""A day typed as people type it: 20260901, 2026.9.1, 2026-9-1."""

from datetime import date

from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import QLineEdit

from app.models.rules.dates import read_date
from app.ui.widgets.look import keep


class DayBox(QLineEdit):
    """Holds a day; what is no day is marked and the day before stays in force."""

    changed = QtSignal()

    def __init__(self, name: str, day: date) -> None:
        super().__init__()
        self.setAccessibleName(name)
        keep(self, width=110)
        self.day = day
        self.set_day(day)
        self.editingFinished.connect(self._read)

    def set_day(self, day: date) -> None:
        """Show a day."""
        self.day = day
        self.setText(day.isoformat())
        self._mark(False)

    def _read(self) -> None:
        found = read_date(self.text())
        if not isinstance(found, date):
            self._mark(True)
            return
        moved = found != self.day
        self.set_day(found)
        if moved:
            self.changed.emit()

    def _mark(self, fault: bool) -> None:
        self.setProperty("fault", fault)
        self.setToolTip("不是日期。请写成 2026-09-01" if fault else "")
        self.style().polish(self)
