"""Long work in the window: how far, how long yet, and a way to stop it. Nothing else is blocked."""

from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from app.services.progress import Step
from app.ui import theme
from app.ui.widgets.basic import Button, ElidedLabel, Label
from app.ui.worker import Job, Remaining

_CURSOR_MS: Final = 300
_BAR_MS: Final = 1000


class JobBar(QWidget):
    """Shown once work takes over a second; before that the cursor tells, after 0.3 s."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("正在进行的工作")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(4))
        row.setSpacing(theme.px(12))
        self._title = Label(role="strong")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("进度")
        self._bar.setMinimumWidth(theme.px(160))
        self._what = ElidedLabel(role="table", tint="text-2")
        self._left = Label(role="table", tint="text-2")
        self._stop = Button("停止", "square", on_click=self._halt)
        row.addWidget(self._title)
        row.addWidget(self._bar, 1)
        row.addWidget(self._what, 1)
        row.addWidget(self._left)
        row.addWidget(self._stop)
        self._job: Job | None = None
        self._waiting: list[Job] = []
        self._remaining = Remaining()
        self._busy = False
        self._cursor_timer = self._timer(_CURSOR_MS, self._wait)
        self._bar_timer = self._timer(_BAR_MS, self._appear)
        self.hide()

    def follow(self, job: Job) -> None:
        """Show this job when its turn has come."""
        if self._job is not None:
            self._waiting.append(job)
            return
        self._job = job
        self._remaining = Remaining()
        self._title.setText(job.title)
        self._what.setText("")
        self._left.setText("")
        self._bar.setRange(0, 0)
        self._stop.setEnabled(job.can_stop)
        self._stop.setToolTip("" if job.can_stop else "这一步很快就好，不能中途停止")
        job.stepped.connect(self._step)
        job.ended.connect(self._end)
        self._cursor_timer.start()
        self._bar_timer.start()

    def _timer(self, milliseconds: int, then: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(then)
        return timer

    def _step(self, step: Step) -> None:
        self._bar.setRange(0, max(step.total, 0))
        self._bar.setValue(min(step.done, step.total))
        count = f"{step.done:,}/{step.total:,}" if step.total > 1 else ""
        self._what.setText(f"{count} {step.what}".strip())
        self._left.setText(self._remaining.after(step))

    def _halt(self) -> None:
        if self._job is not None:
            self._job.stop()
            self._stop.setEnabled(False)
            self._left.setText("正在停止，不会留下半份结果")

    def _wait(self) -> None:
        self._busy = True
        QGuiApplication.setOverrideCursor(Qt.CursorShape.BusyCursor)

    def _appear(self) -> None:
        self.show()

    def _end(self) -> None:
        self._cursor_timer.stop()
        self._bar_timer.stop()
        if self._busy:
            QGuiApplication.restoreOverrideCursor()
            self._busy = False
        self.hide()
        self._job = None
        if self._waiting:
            self.follow(self._waiting.pop(0))
