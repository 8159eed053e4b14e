"""A line for passwords: hidden, can be shown, warns of Caps Lock, keeps nothing."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui import theme


class PasswordEdit(QLineEdit):
    """Password input; `caps_lock` tells whether the letters come out large."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText
        )
        self._eye = QAction(theme.icon("eye"), "显示口令", self)
        self._eye.setShortcut(QKeySequence("F9"))  # as for masked identity numbers
        self._eye.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._eye.triggered.connect(self._toggle)
        self.addAction(self._eye, QLineEdit.ActionPosition.TrailingPosition)
        self._caps = QAction(theme.icon("arrow-big-up", "warn"), "大写锁定已打开", self)
        self.addAction(self._caps, QLineEdit.ActionPosition.TrailingPosition)
        self._caps.setVisible(False)

    @property
    def caps_lock(self) -> bool:
        """Whether typing showed that Caps Lock is on."""
        return self._caps.isVisible()

    def _toggle(self) -> None:
        hidden = self.echoMode() is QLineEdit.EchoMode.Password
        mode = QLineEdit.EchoMode.Normal if hidden else QLineEdit.EchoMode.Password
        self.setEchoMode(mode)
        self._eye.setIcon(theme.icon("eye-off" if hidden else "eye"))
        self._eye.setText("隐藏口令" if hidden else "显示口令")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A letter that disagrees with Shift tells the state of Caps Lock on every system."""
        letter = event.text()
        if len(letter) == 1 and letter.isascii() and letter.isalpha():
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            on = letter.isupper() != shift
            self._caps.setVisible(on)
            self.setToolTip("大写锁定已打开" if on else "")
        elif event.key() == Qt.Key.Key_CapsLock:
            self._caps.setVisible(False)
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setEchoMode(QLineEdit.EchoMode.Password)
