"""The sentence below a field or a form: what is wrong, and what to do."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui import theme
from app.ui.widgets.basic import Label, Picture


class Answer(QWidget):
    """One sentence below a field: what is wrong and what to do."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(8))
        self._sign = Picture("circle-alert", "danger", 16)
        self._text = Label(role="table", tint="danger", wrap=True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._sign, alignment=Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        self.hide()

    @property
    def text(self) -> str:
        """What is said, "" for nothing."""
        return self._text.text()

    def say(self, text: str) -> None:
        """Show a sentence; an empty one takes the answer away."""
        self._text.setText(text)
        self.setVisible(bool(text))
