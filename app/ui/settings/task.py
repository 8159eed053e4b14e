"""A small form in a window of its own that does its work before it closes."""

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout

from app.services.errors import AppError
from app.services.progress import Work
from app.ui import theme
from app.ui.shell import Shell
from app.ui.widgets.answer import Answer
from app.ui.widgets.basic import Button, ButtonKind, Label


class TaskDialog(QDialog):
    """Rows in `form`, one answer, one verb; stays open while the work is refused."""

    def __init__(
        self, shell: Shell, title: str, verb: str, *, kind: ButtonKind = "primary"
    ) -> None:
        super().__init__(shell.window)
        self.shell = shell
        self.result_of_work: Any = None
        self.setWindowTitle(title)
        self.setMinimumWidth(theme.px(460))
        box = QVBoxLayout(self)
        box.setContentsMargins(*(theme.px(20),) * 4)
        box.setSpacing(theme.px(12))
        box.addWidget(Label(title, "section"))
        self.form = QVBoxLayout()
        self.form.setSpacing(theme.px(8))
        box.addLayout(self.form)
        self._answer = Answer()
        box.addWidget(self._answer)
        row = QHBoxLayout()
        row.addStretch()
        self._cancel = Button("取消", on_click=self.reject)
        row.addWidget(self._cancel)
        self.go = Button(verb, kind=kind, on_click=self.accept)
        self.go.setDefault(True)
        row.addWidget(self.go)
        box.addLayout(row)

    @property
    def answer(self) -> str:
        """What the dialog says at present."""
        return self._answer.text

    def fault(self) -> str:
        """What is wrong with what was typed, or nothing."""
        return ""

    def work(self) -> Work[Any] | Callable[[], Any]:
        """What is to be done with it."""
        raise NotImplementedError

    def accept(self) -> None:
        """Do the work; close when it is done."""
        if not self.go.isEnabled():
            return
        fault = self.fault()
        self._answer.say(fault)
        if fault:
            return
        self._set_working(True)
        self.shell.run(self.work(), self.windowTitle(), self._done, self._refused)

    def reject(self) -> None:
        """Close, unless the work is under way."""
        if self.go.isEnabled():
            super().reject()

    def _done(self, result: Any) -> None:
        self.result_of_work = result
        super().accept()

    def _refused(self, error: AppError) -> None:
        self._set_working(False)
        self._answer.say(str(error))

    def _set_working(self, working: bool) -> None:
        self.go.setEnabled(not working)
        self._cancel.setEnabled(not working)
