"""Widths and fonts that follow the text size while the window is open."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.ui import theme


class _Look(QObject):
    """Lives as long as its widget."""

    def __init__(self, widget: QWidget, width: int, role: str) -> None:
        super().__init__(widget)
        self._widget, self._width, self._role = widget, width, role
        theme.changes.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        if self._width:
            self._widget.setFixedWidth(theme.px(self._width))
        if self._role:
            self._widget.setFont(theme.font(self._role))


def keep(widget: QWidget, *, width: int = 0, role: str = "") -> None:
    """Give a widget a fixed width (at 100 %) or a font of the type scale."""
    _Look(widget, width, role)
