"""One deed in a small window that stays open until the register has taken what was typed."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QPlainTextEdit, QWidget

from app.services.errors import AppError
from app.ui.search.picker import PersonPicker
from app.ui.shell import Shell
from app.ui.widgets.basic import ButtonKind
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.dialog import FormDialog


class DeedDialog(FormDialog):
    """Fields by their names; `work` makes of them what is to be done, off the window's thread.

    What the service refuses is said here, over what was typed. Fields that are `optional` may stay
    empty; of the others the first that is empty or no date is named.
    """

    def __init__(
        self,
        shell: Shell,
        title: str,
        verb: str,
        fields: Sequence[QWidget],
        work: Callable[[], Callable[[], Any]],
        then: Callable[[Any], object],
        *,
        optional: AbstractSet[QWidget] = frozenset(),
        said: str = "",
        kind: ButtonKind = "primary",
    ) -> None:
        super().__init__(title, verb, shell.window, said=said, kind=kind, check=self._fault)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._shell, self._title, self._work, self._then = shell, title, work, then
        self._fields, self._optional = fields, optional
        for field in fields:
            label = "" if isinstance(field, QCheckBox) else field.accessibleName()
            self.row("学生" if isinstance(field, PersonPicker) else label, field)

    def accept(self) -> None:
        """Do it, unless something is wrong; the register's answer closes it."""
        fault = self._fault()
        self._answer.say(fault)
        if fault or not self.go.isEnabled():
            return
        self.go.setEnabled(False)
        self._shell.run(self._work(), self._title, self._done, self._refused)

    def _done(self, result: Any) -> None:
        self.done(self.DialogCode.Accepted)
        self._then(result)

    def _refused(self, error: AppError) -> None:
        self.go.setEnabled(True)
        self._answer.say(str(error))

    def _fault(self) -> str:
        for field in self._fields:
            free = field in self._optional
            if isinstance(field, DateEditor):
                if fault := field.fault(may_be_empty=free):
                    return fault
            elif isinstance(field, PersonPicker):
                if field.person is None and (field.line.query.strip() or not free):
                    return "请选择学生。"
            elif not free and words(field) == "":
                return f"请填写{field.accessibleName()}。"
        return ""


def words(field: QWidget) -> str | None:
    """What was typed or chosen there; None where nothing can be."""
    if isinstance(field, QLineEdit):
        return field.text().strip()
    if isinstance(field, QComboBox):
        return field.currentText().strip()
    return field.toPlainText().strip() if isinstance(field, QPlainTextEdit) else None
