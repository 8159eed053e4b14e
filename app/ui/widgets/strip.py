"""A sentence on coloured ground across a page or a form: what is special here, and what to do."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui import theme
from app.ui.widgets.basic import Label, Picture, Tone


class Strip(QWidget):
    """Sign, sentence and perhaps buttons or the like; an empty sentence takes it away."""

    def __init__(self, icon: str, tone: Tone, *parts: QWidget, text: str = "") -> None:
        super().__init__()
        self._tone = tone
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(10), theme.px(6), theme.px(10), theme.px(6))
        row.setSpacing(theme.px(8))
        top = Qt.AlignmentFlag.AlignTop
        row.addWidget(Picture(icon, tone, 16), alignment=top)
        self._text = Label(role="table", tint=tone, wrap=True)
        row.addWidget(self._text, 1)
        for part in parts:
            row.addWidget(part, alignment=top)
        self.say(text)

    @property
    def text(self) -> str:
        """What it says, "" when it is not there."""
        return "" if self.isHidden() else self._text.text()

    def say(self, text: str) -> None:
        """Show a sentence, or go away."""
        self._text.setText(text)
        self.setAccessibleName(text)
        self.setVisible(bool(text))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(f"{self._tone}-weak"))
        painter.drawRoundedRect(self.rect(), theme.px(6), theme.px(6))
