"""Lines to type into, as every form uses them: Enter goes on, `..` repeats, nothing is interpreted.

An editor has a `value` (what is kept), a `problem` (why that cannot be, "" when it can), and tells
when it was `typed` into, when it was `left`, and when Enter asks to go `onward`.
"""

from typing import Final

from PySide6.QtCore import QElapsedTimer, QSize, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QFocusEvent, QInputMethodEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from app.ui import theme

#: Typed alone into a field: the value of the record saved before.
REPEAT: Final = ".."
_SAME_KEY_MS: Final = 40  # an Enter this soon after a commit is the one that committed


class Composing:
    """Whether an input method is at work, so that its Enter is not taken for ours."""

    def __init__(self) -> None:
        self._under_way = False
        self._ended = QElapsedTimer()

    def hear(self, event: QInputMethodEvent) -> None:
        """An event of the input method."""
        before = self._under_way
        self._under_way = bool(event.preeditString())
        if before and not self._under_way:
            self._ended.start()

    @property
    def owns_enter(self) -> bool:
        """Whether Enter belongs to the input method now."""
        return self._under_way or (self._ended.isValid() and self._ended.elapsed() < _SAME_KEY_MS)


def step_of(event: QKeyEvent) -> int:
    """1 for Enter, -1 for Shift+Enter, 0 for every other key."""
    if event.key() not in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
        return 0
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if held == Qt.KeyboardModifier.NoModifier:
        return 1
    return -1 if held == Qt.KeyboardModifier.ShiftModifier else 0


def dress(editor: QWidget, *, fault: bool, changed: bool) -> None:
    """Let the style sheet show a fault or a change."""
    if (editor.property("fault"), editor.property("changed")) == (fault, changed):
        return
    editor.setProperty("fault", fault)
    editor.setProperty("changed", changed)
    editor.style().unpolish(editor)
    editor.style().polish(editor)


class LineEditor(QLineEdit):
    """One line of plain text, cut to `length` with a notice."""

    typed = QtSignal()
    left = QtSignal()
    onward = QtSignal(int)
    repeat_wanted = QtSignal()
    noticed = QtSignal(str)

    def __init__(self, name: str, length: int = 100, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.length = length
        self._composing = Composing()
        self.textEdited.connect(self._typed)

    @property
    def value(self) -> str:
        """What is kept."""
        return self.text().strip()

    def set_value(self, value: str) -> None:
        """Show a value; nobody typed it."""
        self.setText(value)

    @property
    def problem(self) -> str:
        """Why the text cannot be kept; "" when it can."""
        return ""

    def tidy(self) -> None:
        """Write what was meant in its proper form, on leaving."""

    def setReadOnly(self, read_only: bool) -> None:
        super().setReadOnly(read_only)
        for action in self.actions():  # nothing opens what cannot be changed
            action.setVisible(not read_only)

    def _typed(self, text: str) -> None:
        if text == REPEAT:
            self.repeat_wanted.emit()
            return
        if len(text) > self.length:
            self.setText(text[: self.length])
            self.noticed.emit(
                f"这一栏最多 {self.length} 字，多出的 {len(text) - self.length} 字没有收下。"
            )
        self.typed.emit()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._composing.hear(event)
        super().inputMethodEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = step_of(event)
        if step == 0:
            super().keyPressEvent(event)
            return
        event.accept()
        if not self._composing.owns_enter:
            self.enter(step)

    def enter(self, step: int) -> None:
        """Enter was pressed here."""
        self.tidy()
        self.onward.emit(step)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self.tidy()
            self.left.emit()


class NoteEditor(QPlainTextEdit):
    """Several lines: Enter stays here, Ctrl+Enter and Tab leave."""

    typed = QtSignal()
    left = QtSignal()
    onward = QtSignal(int)
    repeat_wanted = QtSignal()
    noticed = QtSignal(str)

    def __init__(self, name: str, length: int = 1000, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self.length = length
        self._quiet = False
        self.textChanged.connect(self._typed)

    @property
    def value(self) -> str:
        """What is kept."""
        return self.toPlainText().strip()

    def set_value(self, value: str) -> None:
        """Show a value; nobody typed it."""
        self._quiet = True
        self.setPlainText(value)
        self._quiet = False

    @property
    def problem(self) -> str:
        """Why the text cannot be kept; "" when it can."""
        return ""

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), theme.px(72))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _typed(self) -> None:
        if self._quiet:
            return
        text = self.toPlainText()
        if text == REPEAT:
            self.repeat_wanted.emit()
            return
        if len(text) > self.length:
            self.set_value(text[: self.length])
            self.noticed.emit(
                f"这一栏最多 {self.length} 字，多出的 {len(text) - self.length} 字没有收下。"
            )
        self.typed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            event.accept()
            self.onward.emit(1)
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self.left.emit()


Editor = LineEditor | NoteEditor


def is_key(event: QKeyEvent, keys: str) -> bool:
    """Whether the event is exactly this key."""
    return QKeySequence(event.keyCombination()) == QKeySequence(keys)
