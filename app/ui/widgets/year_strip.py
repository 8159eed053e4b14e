"""The school year as a horizontal line with its nodes: when, how far, how many days are left."""

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPolygon
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.models.rules.terms import academic_year
from app.services.office.calendar import NodeRow
from app.ui import theme
from app.ui.widgets.basic import Tone


def node_tone(node: NodeRow, today: date) -> Tone:
    """How urgent a node is."""
    if node.done_on is not None:
        return "ok"
    left = node.days_left(today)
    if left < 0:
        return "danger"
    return "warn" if left <= 14 else "neutral"


def days_phrase(node: NodeRow, today: date) -> str:
    """完成于…, 还剩 6 天, 今天截止, 已过 3 天."""
    if node.done_on is not None:
        return f"已于 {node.done_on:%m-%d} 完成"
    left = node.days_left(today)
    if left == 0:
        return "今天截止"
    return f"还剩 {left} 天" if left > 0 else f"已过 {-left} 天"


class YearStrip(QWidget):
    """Twelve months from August on, today as a line, each node as its span."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._nodes: Sequence[NodeRow] = ()
        self._today = date.min
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("本学年的时间节点")

    def show_nodes(self, nodes: Sequence[NodeRow], today: date) -> None:
        """Draw these."""
        self._nodes, self._today = nodes, today
        said = "；".join(f"{node.name} {days_phrase(node, today)}" for node in nodes)
        self.setAccessibleDescription(said)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(480), theme.px(64))

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._today == date.min:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = theme.px(30)
        painter.setPen(theme.colour("border-strong"))
        painter.drawLine(0, middle, self.width(), middle)
        painter.setFont(theme.font("small"))
        year = academic_year(self._today)
        for step in range(12):
            month = (step + 7) % 12 + 1
            x = self._x(date(year if month >= 8 else year + 1, month, 1))
            painter.setPen(theme.colour("border-strong"))
            painter.drawLine(x, middle - theme.px(3), x, middle + theme.px(3))
            painter.setPen(theme.colour("text-3"))
            box = QRect(x + theme.px(4), middle + theme.px(10), theme.px(40), theme.px(20))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft), f"{month}月")
        for node in self._nodes:
            tone = node_tone(node, self._today)
            left, right = self._x(node.begin), self._x(node.due)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(tone))
            height = theme.px(8)
            bar = QRect(left, middle - height // 2, max(right - left, height), height)
            painter.drawRoundedRect(bar, height // 2, height // 2)
        x = self._x(self._today)
        painter.setPen(theme.colour("primary"))
        painter.setBrush(theme.colour("primary"))
        painter.drawLine(x, theme.px(16), x, middle + theme.px(10))
        tip = theme.px(5)
        top = theme.px(14)
        painter.drawPolygon(
            QPolygon([QPoint(x - tip, top), QPoint(x + tip, top), QPoint(x, top + tip)])
        )
        where = QRect(min(max(x - theme.px(30), 0), self.width() - theme.px(60)), -theme.px(2),
                      theme.px(60), theme.px(16))  # fmt: skip
        painter.drawText(where, int(Qt.AlignmentFlag.AlignCenter), "今天")

    def _x(self, day: date) -> int:
        begin = date(academic_year(self._today), 8, 1)
        return round((day - begin).days / 366 * (self.width() - 1))
