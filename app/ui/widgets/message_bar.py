"""The line in which the program speaks: success for six seconds, trouble until it is closed."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.ui import theme
from app.ui.widgets.basic import Button, IconButton, Label, Picture, Tone

_SECONDS: Final = 6
_ICONS: Final[dict[str, str]] = {
    "ok": "circle-check",
    "info": "info",
    "warn": "triangle-alert",
    "danger": "circle-alert",
}


class MessageBar(QWidget):
    """One sentence, its sign, and where possible what to do about it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("提示")
        self._tone: Tone = "info"
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(14), theme.px(6), theme.px(8), theme.px(6))
        row.setSpacing(theme.px(10))
        self._sign = Picture("info", "info")
        self._text = Label(wrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._action = Button("", kind="quiet")
        self._action.setAccessibleName("办理")
        self._action.clicked.connect(self._act)
        self._on_action: Callable[[], object] | None = None
        self._close = IconButton("x", "关闭提示", on_click=self.hide)
        row.addWidget(self._sign, alignment=Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        row.addWidget(self._action)
        row.addWidget(self._close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        """What is said at present, "" when nothing is."""
        return "" if self.isHidden() else self._text.text()

    def say(
        self,
        text: str,
        tone: Tone = "ok",
        action: tuple[str, Callable[[], object]] | None = None,
    ) -> None:
        """Say a sentence in place of the one before."""
        self._tone = tone
        self._text.setText(text)
        self._sign.set(_ICONS.get(tone, "info"), tone)
        self._action.setVisible(action is not None)
        if action is not None:
            self._action.setText(action[0])
            self._action.setAccessibleName(action[0])
            self._on_action = action[1]
        self.show()
        self.update()
        self._timer.stop()
        if tone in {"ok", "info"}:
            self._timer.start(_SECONDS * 1000)

    def _act(self) -> None:
        self.hide()
        if self._on_action is not None:
            self._on_action()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.colour(self._tone))
        painter.setBrush(theme.colour(f"{self._tone}-weak"))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), theme.px(6), theme.px(6))
