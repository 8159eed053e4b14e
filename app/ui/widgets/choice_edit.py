"""A coded field: F7 shows the choices; code, pinyin or words narrow them; others are refused."""

from typing import Final

from PySide6.QtCore import QModelIndex, QStringListModel, Qt
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView, QWidget

from app.services.choices import Choice, Choices
from app.ui import theme
from app.ui.widgets.editors import LineEditor

_MOST: Final = 12


class ChoiceEditor(LineEditor):
    """One word of a list. Text that surely means a word becomes it on leaving."""

    def __init__(self, name: str, choices: Choices, parent: QWidget | None = None) -> None:
        super().__init__(name, 60, parent)
        self._choices = choices
        self._shown: list[Choice] = []
        self._lines = QStringListModel(self)
        self._list = QCompleter(self._lines, self)
        self._list.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._list.setMaxVisibleItems(_MOST)
        self._list.setWidget(self)
        self._popup = QListView()
        self._popup.setAccessibleName(f"{name}的选择")
        self._list.setPopup(self._popup)
        self._popup.clicked.connect(self._clicked)
        opener = QAction(theme.icon("chevron-down"), "打开选择（F7）", self)
        opener.triggered.connect(self.open_list)
        self.addAction(opener, QLineEdit.ActionPosition.TrailingPosition)
        self.textEdited.connect(self._narrow)

    @property
    def choices(self) -> Choices:
        """What may be chosen."""
        return self._choices

    def set_choices(self, choices: Choices) -> None:
        """Other words from now on."""
        self._choices = choices

    @property
    def value(self) -> str:
        text = self.text().strip()
        return (self._choices.exactly(text) or text) if text and self._coded(text) else text

    @property
    def problem(self) -> str:
        text = self.text().strip()
        if not text or not self._choices.strict or self._choices.exactly(text):
            return ""
        return self._choices.refusal(text)

    @property
    def offered(self) -> list[str]:
        """The words that are shown at present, best first."""
        return [choice.text for choice in self._shown] if self._popup.isVisible() else []

    def tidy(self) -> None:
        value = self.value
        if value != self.text():
            self.setText(value)

    def open_list(self) -> None:
        """Show the words: all of them, as nothing has been typed since."""
        if not self.isReadOnly():
            self.setFocus()
            self._show(self._choices.narrowed(""))
            row = next((i for i, choice in enumerate(self._shown) if choice.text == self.text()), 0)
            self._popup.setCurrentIndex(self._lines.index(row))

    def enter(self, step: int) -> None:
        if self._popup.isVisible() and step > 0:
            self._take(self._popup.currentIndex().row())
        self._popup.hide()
        super().enter(step)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        alt_down = event.key() == Qt.Key.Key_Down and (
            event.modifiers() & Qt.KeyboardModifier.AltModifier
        )
        if event.key() == Qt.Key.Key_F7 or alt_down:
            event.accept()
            self.open_list()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self._popup.hide()
        super().focusOutEvent(event)

    def _coded(self, text: str) -> bool:
        """Free fields keep their text unless it is a code or pinyin."""
        return self._choices.strict or text.isascii()

    def _narrow(self, text: str) -> None:
        if text.strip():
            self._show(self._choices.narrowed(text))
        else:
            self._popup.hide()

    def _show(self, found: list[Choice]) -> None:
        self._shown = found
        self._lines.setStringList([_line(choice) for choice in found])
        if not found:
            self._popup.hide()
            return
        self._list.complete()
        self._popup.setCurrentIndex(self._lines.index(0))

    def _clicked(self, index: QModelIndex) -> None:
        self._take(index.row())
        self._popup.hide()

    def _take(self, row: int) -> None:
        if 0 <= row < len(self._shown):
            self.setText(self._shown[row].text)
            self.typed.emit()


def _line(choice: Choice) -> str:
    parts = (choice.code, choice.text, choice.note)
    return "  ".join(part for part in parts if part)
