"""A line for a folder or a file with its choice beside it."""

from pathlib import Path
from typing import Literal

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from app.ui import theme
from app.ui.widgets.basic import Button

Aim = Literal["folder", "open", "save"]


class PathLine(QWidget):
    """What is to be read or written; `filter` is that of the file dialog."""

    def __init__(self, name: str, hint: str = "", aim: Aim = "folder", filter: str = "") -> None:
        super().__init__()
        self._name, self._aim, self._filter = name, aim, filter
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(8))
        self.edit = QLineEdit()
        self.edit.setAccessibleName(name)
        self.edit.setPlaceholderText(hint)
        choose = Button("选择…", "folder-open", on_click=self._choose)
        choose.setAccessibleName(f"选择{name}")
        row.addWidget(self.edit, 1)
        row.addWidget(choose)
        self.setFocusProxy(self.edit)

    @property
    def text(self) -> str:
        """What was typed."""
        return self.edit.text().strip()

    @property
    def path(self) -> Path:
        """The place as a path."""
        return Path(self.text)

    def set(self, path: str | Path) -> None:
        """Fill it in, as choosing would."""
        self.edit.setText(str(path))

    def _choose(self) -> None:
        if self._aim == "folder":
            chosen = QFileDialog.getExistingDirectory(self, self._name, self.text)
        elif self._aim == "open":
            chosen, _ = QFileDialog.getOpenFileName(self, self._name, self.text, self._filter)
        else:
            chosen, _ = QFileDialog.getSaveFileName(self, self._name, self.text, self._filter)
        if chosen:
            self.set(chosen)
