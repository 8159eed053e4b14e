"""How full something is: a bar with a mark at what may be used, and the words beside it."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui import theme


class Meter(QWidget):
    """A share from 0 up; over 1 it is drawn full and in the colour of trouble."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name, self._share, self._words = name, 0.0, ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        theme.changes.changed.connect(self.updateGeometry)

    @property
    def words(self) -> str:
        """What stands below the bar."""
        return self._words

    def set(self, share: float, words: str) -> None:
        """Show another share and what it means."""
        self._share, self._words = share, words
        self.setAccessibleName(f"{self._name}：{words}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), theme.px(38))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        bar = QRect(0, theme.px(2), self.width(), theme.px(10))
        radius = theme.px(5)
        painter.setBrush(theme.colour("neutral-weak"))
        painter.drawRoundedRect(bar, radius, radius)
        tone = "danger" if self._share > 1 else "warn" if self._share > 0.9 else "primary"
        if self._share > 0:
            filled = QRect(bar)
            filled.setWidth(max(round(bar.width() * min(self._share, 1.0)), theme.px(6)))
            painter.setBrush(theme.colour(tone))
            painter.drawRoundedRect(filled, radius, radius)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.colour("danger" if self._share > 1 else "text-2"))
        words = self.rect().adjusted(0, theme.px(16), 0, 0)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft), self._words)
