"""统计图 on QPainter: bars, stacked bars, lines; labelled directly, every part opens its names."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QToolTip, QWidget

from app.services.register.figures import Figure
from app.ui import theme

_MOST_BAR: Final = 64
_TICKS: Final = 4
_MARKS: Final = 4.0  # radius of a point of a line


class ChartKind(Enum):
    """How a figure is drawn."""

    BARS = auto()
    STACKED = auto()
    LINES = auto()


@dataclass(frozen=True)
class _Part:
    """One bar, piece or point: where it stands and what it counts."""

    series: int
    category: int
    box: QRectF


class Chart(QWidget):
    """Shows a figure; `picked` carries what was chosen and the ids behind it."""

    picked = QtSignal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self._figure = Figure("", (), ())
        self._kind = ChartKind.STACKED
        self._current = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("统计图")
        self.setMinimumSize(theme.px(280), theme.px(200))
        theme.changes.changed.connect(self.update)

    def show_figure(self, figure: Figure, kind: ChartKind) -> None:
        """Draw another figure."""
        self._figure, self._kind, self._current = figure, kind, -1
        self.setAccessibleName(f"统计图：{figure.title}")
        self.setAccessibleDescription("；".join(self._sentences()))
        self.update()

    @property
    def parts(self) -> list[_Part]:
        """Every bar or point as it stands now."""
        return list(self._parts())

    def words(self, part: _Part) -> str:
        """What a part says: 2026级 男 58 人."""
        series = self._figure.series[part.series]
        name = series.name if len(self._figure.series) > 1 else ""
        count = len(series.ids[part.category])
        return " ".join(
            filter(None, (self._figure.categories[part.category], name, f"{count:,} 人"))
        )

    def pick(self, part: _Part) -> None:
        """Open the names behind a part."""
        ids = self._figure.series[part.series].ids[part.category]
        if ids:
            self.picked.emit(self.words(part), ids)

    # --- geometry -------------------------------------------------------------------------

    @property
    def _top(self) -> int:
        """The largest value that the axis must hold, made round."""
        series = self._figure.series
        if not series or not self._figure.categories:
            return 1
        columns = list(zip(*(one.values for one in series), strict=True))
        stacked = self._kind is ChartKind.STACKED
        highest: int = max((sum(column) if stacked else max(column)) for column in columns)
        step = _round_step(highest / _TICKS)
        return max(step, -(-highest // step) * step)

    def _plot(self) -> QRectF:
        """Where bars stand: beside the numbers, between legend and categories."""
        metrics = QFontMetrics(theme.font("small"))
        left = metrics.horizontalAdvance(f"{self._top:,}") + theme.px(14)
        right = theme.px(16)
        if self._kind is ChartKind.LINES and self._figure.series:
            right += max(
                metrics.horizontalAdvance(one.name) for one in self._figure.series
            ) + theme.px(6)  # fmt: skip
        below = theme.px(8) + metrics.height() * (2 if self._crowded(metrics) else 1)
        return QRectF(
            left, theme.px(58), max(1, self.width() - left - right),
            max(1, self.height() - theme.px(58) - below - theme.px(8)),
        )  # fmt: skip

    def _crowded(self, metrics: QFontMetrics) -> bool:
        count = max(1, len(self._figure.categories))
        share = (self.width() - theme.px(60)) / count
        return any(metrics.horizontalAdvance(name) > share - 6 for name in self._figure.categories)

    def _parts(self) -> Iterator[_Part]:
        figure, plot, top = self._figure, self._plot(), self._top
        if not figure.categories or not figure.series:
            return
        share = plot.width() / len(figure.categories)
        group = min(share * 0.7, theme.px(_MOST_BAR) * (
            len(figure.series) if self._kind is ChartKind.BARS else 1))  # fmt: skip
        for category in range(len(figure.categories)):
            middle = plot.left() + share * (category + 0.5)
            filled = 0.0
            for number, series in enumerate(figure.series):
                tall = plot.height() * len(series.ids[category]) / top
                if self._kind is ChartKind.LINES:
                    size = theme.px(12)
                    at = QPointF(middle, plot.bottom() - tall)
                    box = QRectF(at.x() - size / 2, at.y() - size / 2, size, size)
                elif self._kind is ChartKind.STACKED:
                    box = QRectF(middle - group / 2, plot.bottom() - filled - tall, group, tall)
                    filled += tall
                else:
                    wide = group / len(figure.series)
                    box = QRectF(
                        middle - group / 2 + wide * number, plot.bottom() - tall, wide - 1, tall
                    )
                yield _Part(number, category, box)

    # --- painting -------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_head(painter)
        if not self._figure.categories:
            painter.setPen(theme.colour("text-3"))
            painter.setFont(theme.font("base"))
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), "没有可以统计的人")
            return
        self._paint_axis(painter)
        parts = self.parts
        if self._kind is ChartKind.LINES:
            self._paint_lines(painter, parts)
        else:
            self._paint_bars(painter, parts)
        if self.hasFocus() and 0 <= self._current < len(parts):
            pen = QPen(theme.colour("text"), 2)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(parts[self._current].box.adjusted(-2, -2, 2, 2))

    def _paint_head(self, painter: QPainter) -> None:
        painter.setFont(theme.font("strong"))
        painter.setPen(theme.colour("text"))
        painter.drawText(
            QRect(theme.px(8), 0, self.width() - theme.px(16), theme.px(24)),
            int(Qt.AlignmentFlag.AlignVCenter), self._figure.title,
        )  # fmt: skip
        if len(self._figure.series) < 2:
            return
        painter.setFont(theme.font("small"))
        x, size = theme.px(8), theme.px(10)
        for number, series in enumerate(self._figure.series):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(self._tint(number)))
            painter.drawRect(QRectF(x, theme.px(31), size, size))
            painter.setPen(theme.colour("text-2"))
            words = f"{series.name} {sum(series.values):,}" if self._sums else series.name
            wide = painter.fontMetrics().horizontalAdvance(words)
            if x + wide > self.width() - theme.px(20):
                return
            painter.drawText(
                QRect(x + size + theme.px(4), theme.px(26), wide + 4, theme.px(20)),
                int(Qt.AlignmentFlag.AlignVCenter), words,
            )  # fmt: skip
            x += size + wide + theme.px(18)

    @property
    def _sums(self) -> bool:
        """Whether adding up a series makes sense: days of a trend count the same people again."""
        return self._kind is not ChartKind.LINES

    def _paint_axis(self, painter: QPainter) -> None:
        plot, top = self._plot(), self._top
        painter.setFont(theme.font("small"))
        metrics = painter.fontMetrics()
        step = _round_step(top / _TICKS)
        for value in range(0, top + 1, step):
            y = plot.bottom() - plot.height() * value / top
            painter.setPen(theme.colour("border-strong" if value == 0 else "border"))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(theme.colour("text-3"))
            painter.drawText(
                QRectF(0, y - 10, plot.left() - theme.px(6), 20),
                int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), f"{value:,}",
            )  # fmt: skip
        share = plot.width() / len(self._figure.categories)
        crowded = self._crowded(metrics)
        painter.setPen(theme.colour("text-2"))
        for number, name in enumerate(self._figure.categories):
            shift = metrics.height() if crowded and number % 2 else 0
            room = share * (1.9 if crowded else 1) - 4
            words = metrics.elidedText(name, Qt.TextElideMode.ElideRight, round(room))
            middle = plot.left() + share * (number + 0.5)
            painter.drawText(
                QRectF(middle - room / 2, plot.bottom() + theme.px(4) + shift, room, 20),
                int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop), words,
            )  # fmt: skip

    def _paint_bars(self, painter: QPainter, parts: list[_Part]) -> None:
        painter.setFont(theme.font("small"))
        metrics = painter.fontMetrics()
        for number, part in enumerate(parts):
            value = len(self._figure.series[part.series].ids[part.category])
            if not value:
                continue
            painter.setPen(Qt.PenStyle.NoPen)
            tint = theme.colour(self._tint(part.series))
            painter.setBrush(tint.lighter(115) if number == self._current else tint)
            painter.drawRect(part.box)
            words = f"{value:,}"
            inside = self._kind is ChartKind.STACKED and len(self._figure.series) > 1
            if inside and part.box.height() >= metrics.height() and (
                part.box.width() >= metrics.horizontalAdvance(words)
            ):  # fmt: skip
                painter.setPen(theme.colour("surface"))
                painter.drawText(part.box, int(Qt.AlignmentFlag.AlignCenter), words)
            elif not inside:
                self._number_above(painter, part.box, words)
        if self._kind is ChartKind.STACKED and len(self._figure.series) > 1:
            for category in range(len(self._figure.categories)):
                of_it = [part for part in parts if part.category == category]
                total = sum(len(one.ids[category]) for one in self._figure.series)
                if total:
                    self._number_above(painter, of_it[-1].box, f"{total:,}")

    @staticmethod
    def _number_above(painter: QPainter, box: QRectF, words: str) -> None:
        painter.setPen(theme.colour("text"))
        over = QRectF(box.center().x() - 40, box.top() - 20, 80, 18)
        painter.drawText(
            over, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom), words
        )

    def _paint_lines(self, painter: QPainter, parts: list[_Part]) -> None:
        painter.setFont(theme.font("small"))
        taken: list[float] = []
        for number, series in enumerate(self._figure.series):
            points = [part.box.center() for part in parts if part.series == number]
            tint = theme.colour(self._tint(number))
            painter.setPen(QPen(tint, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF(points))
            painter.setBrush(tint)
            for point, value in zip(points, series.values, strict=True):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.drawEllipse(point, _MARKS, _MARKS)
                if len(self._figure.series) <= 2:
                    box = QRectF(point.x(), point.y() - _MARKS, 0, 0)
                    self._number_above(painter, box, f"{value:,}")
            painter.setPen(tint)
            y = points[-1].y()
            while any(abs(y - other) < theme.px(14) for other in taken):
                y += theme.px(7)
            taken.append(y)
            painter.drawText(QPointF(points[-1].x() + theme.px(10), y + 4), series.name)

    def _tint(self, series: int) -> str:
        return "chart-rest" if self._figure.series[series].name == "其余" else f"chart-{series + 1}"

    # --- hands ----------------------------------------------------------------------------

    def _at(self, point: QPointF) -> int:
        return next(
            (number for number, part in enumerate(self.parts)
             if part.box.adjusted(-2, -2, 2, 2).contains(point)), -1,
        )  # fmt: skip

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        self.setCursor(
            Qt.CursorShape.PointingHandCursor if found >= 0 else Qt.CursorShape.ArrowCursor
        )
        if found != self._current:
            self._current = found
            self.update()
            if found >= 0:
                words = f"{self.words(self.parts[found])}（单击看名单）"
                QToolTip.showText(event.globalPosition().toPoint(), words, self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        if found >= 0:
            self.pick(self.parts[found])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        parts = self.parts
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()), 0)
        if step and parts:
            self._current = (self._current + step) % len(parts)
            self.setAccessibleDescription(self.words(parts[self._current]))
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            if 0 <= self._current < len(parts):
                self.pick(parts[self._current])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._current = max(self._current, 0)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(640), theme.px(380))

    def _sentences(self) -> Iterator[str]:
        for number, category in enumerate(self._figure.categories):
            counts = "，".join(f"{one.name} {one.values[number]}" for one in self._figure.series)
            yield f"{category}：{counts}"


def _round_step(value: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50 …"""
    size = 1
    while True:
        for digit in (1, 2, 5):
            if digit * size >= value:
                return digit * size
        size *= 10
