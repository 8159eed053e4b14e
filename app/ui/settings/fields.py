"""Rows of a settings form: label, line or choice, and the sentence below when it is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.widgets.answer import Answer
from app.ui.widgets.basic import ChoiceBox, Label

#: More than anybody types by hand; what is pasted beyond is cut.
_LONGEST = 200


@dataclass(frozen=True)
class Field:
    """One thing to fill in; with `choice` one of a list."""

    name: str
    label: str
    hint: str = ""
    choice: bool = False


class Fields(QWidget):
    """Filled from values and read back; what differs from them is marked until it is saved."""

    changed = QtSignal()

    def __init__(self, fields: Sequence[Field]) -> None:
        super().__init__()
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(theme.px(16))
        form.setVerticalSpacing(theme.px(8))
        self._labels = {field.name: field.label for field in fields}
        self._edits: dict[str, QLineEdit | QComboBox] = {}
        self._answers: dict[str, Answer] = {}
        self._before: dict[str, str] = {}
        for field in fields:
            edit = _choice(field) if field.choice else _line(field)
            if isinstance(edit, QLineEdit):
                edit.textEdited.connect(lambda _: self._typed())
                edit.returnPressed.connect(self.focusNextChild)
            else:
                edit.activated.connect(lambda _: self._typed())
            answer = Answer()
            holder = QWidget()
            box = QVBoxLayout(holder)
            box.setContentsMargins(0, 0, 0, 0)
            box.setSpacing(theme.px(4))
            box.addWidget(edit)
            box.addWidget(answer)
            label = Label(field.label, tint="text-2")
            label.setMinimumHeight(theme.px(34))
            label.setMinimumWidth(theme.px(96))
            form.addRow(label, holder)
            self._edits[field.name], self._answers[field.name] = edit, answer
        if fields:
            self.setFocusProxy(self._edits[fields[0].name])

    # --- values ---------------------------------------------------------------------------

    def load(self, values: Mapping[str, str]) -> None:
        """Show these values; nothing counts as changed then."""
        self._before = {name: values.get(name, "") for name in self._edits}
        for name, value in self._before.items():
            self._put(name, value)
        self.say({})
        self._mark()

    def set(self, name: str, value: str) -> None:
        """Fill in one value, as typing would."""
        self._put(name, value)
        self._typed()

    def set_choices(self, name: str, words: Sequence[str]) -> None:
        """What may be chosen in a field."""
        edit = self._edits[name]
        if isinstance(edit, QComboBox):
            kept = edit.currentText()
            edit.clear()
            edit.addItems(list(words))
            edit.setCurrentText(kept)

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields."""
        return {name: _text(edit) for name, edit in self._edits.items()}

    @property
    def changes(self) -> dict[str, str]:
        """What differs from the values that were loaded."""
        return {name: value for name, value in self.values.items() if value != self._before[name]}

    @property
    def dirty(self) -> bool:
        """Whether something would be lost."""
        return bool(self._before) and bool(self.changes)

    def say(self, faults: Mapping[str, str]) -> None:
        """Show a sentence below each field that is wrong, and take away all others."""
        for name, answer in self._answers.items():
            answer.say(faults.get(name, ""))
            _mark(self._edits[name], "fault", bool(faults.get(name)))

    def fault(self, name: str) -> str:
        """What is said below a field."""
        return self._answers[name].text

    def edit(self, name: str) -> QLineEdit | QComboBox:
        """The widget of a field."""
        return self._edits[name]

    def set_read_only(self, read_only: bool) -> None:
        """Whether the fields can only be looked at."""
        for edit in self._edits.values():
            edit.setEnabled(not read_only)

    # --- inside ---------------------------------------------------------------------------

    def _put(self, name: str, value: str) -> None:
        edit = self._edits[name]
        if isinstance(edit, QLineEdit):
            edit.setText(value)
            edit.setCursorPosition(0)
        else:
            if edit.findText(value) < 0:
                edit.addItem(value)
            edit.setCurrentText(value)

    def _typed(self) -> None:
        self._mark()
        self.changed.emit()

    def _mark(self) -> None:
        for name, edit in self._edits.items():
            before = self._before.get(name, "")
            differs = _text(edit) != before
            _mark(edit, "changed", differs)
            edit.setToolTip(f"原来是：{before or '（空）'}" if differs else "")


def _text(edit: QLineEdit | QComboBox) -> str:
    return edit.text() if isinstance(edit, QLineEdit) else edit.currentText()


def _line(field: Field) -> QLineEdit:
    edit = QLineEdit()
    edit.setAccessibleName(field.label)
    edit.setPlaceholderText(field.hint)
    edit.setMaxLength(_LONGEST)
    return edit


def _choice(field: Field) -> QComboBox:
    return ChoiceBox(field.label)


def _mark(edit: QWidget, name: str, on: bool) -> None:
    if bool(edit.property(name)) != on:
        edit.setProperty(name, on)
        edit.style().unpolish(edit)
        edit.style().polish(edit)
