"""The outcome of a check: one verdict in words and sign, and below it what was found."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.widgets.basic import Label, Picture, Tone
from app.ui.widgets.plain_table import PlainColumn, PlainTable

_SIGNS = {
    "ok": "circle-check",
    "warn": "triangle-alert",
    "danger": "circle-alert",
    "info": "info",
}


class Findings(QWidget):
    """Hidden until something was checked."""

    def __init__(self, name: str) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(8))
        head = QHBoxLayout()
        head.setSpacing(theme.px(8))
        self._sign = Picture("circle-check", "ok")
        self._verdict = Label(wrap=True)
        self._verdict.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        head.addWidget(self._sign, alignment=Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._verdict, 1)
        box.addLayout(head)
        self.table = PlainTable(name, [PlainColumn("发现", lambda sentence: sentence)])
        self.table.horizontalHeader().hide()
        self.table.fit(1, 8)
        box.addWidget(self.table)
        self.hide()

    @property
    def verdict(self) -> str:
        """What is said, "" before anything was checked."""
        return self._verdict.text() if not self.isHidden() else ""

    def say(self, verdict: str, tone: Tone, sentences: Sequence[str] = ()) -> None:
        """Show the outcome."""
        self._sign.set(_SIGNS.get(tone, "info"), tone)
        self._verdict.setText(verdict)
        self._verdict.set_tint(tone if tone != "info" else "text")
        self.table.show_rows(sentences)
        self.table.setVisible(bool(sentences))
        self.show()
