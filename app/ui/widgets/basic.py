"""The small parts: labels, buttons, cards, badges, empty states. All plain text, all named."""

from collections.abc import Callable, Sequence
from typing import Final, Literal

from PySide6.QtCore import QObject, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.models.vocabulary import Status
from app.ui import theme

ButtonKind = Literal["plain", "primary", "quiet", "danger", "link"]
Tone = Literal["ok", "info", "warn", "danger", "neutral", "violet"]

SPACE: Final = 8
_COMMAND: Final = 34  # height of a button


class Label(QLabel):
    """Text that is never taken for markup, in a role of the type scale and a colour token."""

    def __init__(
        self,
        text: str = "",
        role: str = "base",
        tint: str = "text",
        *,
        wrap: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._role, self._tint = role, tint
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setText(text)
        if wrap:
            self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        theme.changes.changed.connect(self._dress)
        self._dress()

    def set_tint(self, tint: str) -> None:
        """Change the colour."""
        self._tint = tint
        self._dress()

    def _dress(self) -> None:
        self.setFont(theme.font(self._role))
        palette = self.palette()
        palette.setColor(self.foregroundRole(), theme.colour(self._tint))
        self.setPalette(palette)


class ElidedLabel(Label):
    """One line that is shortened with … where it does not fit; the whole is in the tooltip."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics = QFontMetrics(self.font())
        shown = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), int(self.alignment()), shown)
        self.setToolTip(self.text() if shown != self.text() else "")

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(40), super().minimumSizeHint().height())


class Button(QPushButton):
    """A verb, with an icon where it helps."""

    def __init__(
        self,
        text: str,
        icon: str = "",
        kind: ButtonKind = "plain",
        *,
        on_click: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self.setProperty("kind", kind)
        self.setAccessibleName(_spoken(text))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if icon:
            tint = {"primary": "on-primary", "danger": "danger", "link": "primary"}
            self.setIcon(theme.icon(icon, tint.get(kind, "text-2")))
            _IconRoom(self, 20 if text else 16)
        if on_click is not None:
            self.clicked.connect(lambda: on_click())

    def setText(self, text: str) -> None:
        """Bear another verb; it is spoken too, unless the button was given a name of its own.

        Without any text it keeps the name that it had.
        """
        follows = not self.text() or self.accessibleName() == _spoken(self.text())
        super().setText(text)
        if follows and text:
            self.setAccessibleName(_spoken(text))


def _spoken(text: str) -> str:
    """A button's text without its mnemonic."""
    return text.partition("(&")[0]


class _IconRoom(QObject):
    """The room of a button's icon, which follows the text size; lives as long as the button."""

    def __init__(self, button: QPushButton, width: int) -> None:
        super().__init__(button)
        self._button, self._width = button, width
        theme.changes.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self._button.setIconSize(QSize(theme.px(self._width), theme.px(16)))


class IconButton(QPushButton):
    """An icon alone, for dense places; its name is spoken and shown as tooltip."""

    def __init__(
        self,
        icon: str,
        name: str,
        *,
        on_click: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", "quiet")
        self.setIcon(theme.icon(icon))
        _IconRoom(self, 16)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if on_click is not None:
            self.clicked.connect(lambda: on_click())


class Card(QFrame):
    """A white sheet on the desk; `box` takes what is on it."""

    def __init__(
        self,
        title: str = "",
        *,
        horizontal: bool = False,
        margin: int = 16,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(*(theme.px(margin),) * 4)
        outer.setSpacing(theme.px(12))
        if title:
            outer.addWidget(Label(title, "section"))
        self.box: QBoxLayout = QHBoxLayout() if horizontal else QVBoxLayout()
        self.box.setSpacing(theme.px(SPACE))
        outer.addLayout(self.box)


def clear(layout: QLayout) -> None:
    """Take everything out of a layout and throw it away."""
    while (item := layout.takeAt(0)) is not None:
        if (old := item.widget()) is not None:
            old.deleteLater()


def line() -> QFrame:
    """A hairline across."""
    made = QFrame()
    made.setProperty("line", True)
    made.setFixedHeight(1)
    return made


#: What each 学籍状态 looks like: tone and mark (colour alone never tells).
STATUS_LOOK: Final[dict[Status, tuple[Tone, str]]] = {
    Status.ENROLLED: ("ok", "●"),
    Status.ADMITTED: ("info", "○"),
    Status.DEFERRED: ("info", "◆"),
    Status.SUSPENDED: ("warn", "‖"),
    Status.RETAINED: ("info", "◆"),
    Status.GRADUATED: ("violet", "■"),
    Status.COMPLETED: ("violet", "■"),
    Status.ATTENDED: ("violet", "■"),
}
_LEFT: Final[tuple[Tone, str]] = ("neutral", "–")


def status_look(status: Status) -> tuple[Tone, str]:
    """Tone and mark of a status; who left for another reason has a dash."""
    return STATUS_LOOK.get(status, _LEFT)


def paint_badge(
    painter: QPainter, rect: QRect, text: str, tone: Tone, mark: str = "", *, right: bool = False
) -> None:
    """Draw a badge at the left (or right) of the rectangle, centred in height."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(theme.font("small"))
    metrics = painter.fontMetrics()
    label = f"{mark} {text}" if mark else text
    width = min(metrics.horizontalAdvance(label) + theme.px(14), rect.width())
    height = min(theme.px(22), rect.height())
    left = rect.right() - width if right else rect.left()
    box = QRect(left, rect.top() + (rect.height() - height) // 2, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(f"{tone}-weak"))
    painter.drawRoundedRect(box, theme.px(4), theme.px(4))
    painter.setPen(theme.colour(tone))
    shown = metrics.elidedText(label, Qt.TextElideMode.ElideRight, box.width() - theme.px(8))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), shown)
    painter.restore()


class Badge(QWidget):
    """A small word on coloured ground, with its mark."""

    def __init__(
        self, text: str = "", tone: Tone = "neutral", mark: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set(text, tone, mark)

    def set(self, text: str, tone: Tone, mark: str = "") -> None:
        """Say something else."""
        self._text, self._tone, self._mark = text, tone, mark
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        label = f"{self._mark} {self._text}" if self._mark else self._text
        width = QFontMetrics(theme.font("small")).horizontalAdvance(label)
        return QSize(width + theme.px(15), theme.px(24))

    def paintEvent(self, _event: QPaintEvent) -> None:
        paint_badge(QPainter(self), self.rect(), self._text, self._tone, self._mark)


class Picture(QLabel):
    """An icon in its colour, that follows the theme."""

    def __init__(self, icon: str, tint: str = "text-2", size: int = 18) -> None:
        super().__init__()
        self._icon, self._tint, self._size = icon, tint, size
        theme.changes.changed.connect(self._dress)
        self._dress()

    def set(self, icon: str, tint: str) -> None:
        """Show another icon."""
        self._icon, self._tint = icon, tint
        self._dress()

    def _dress(self) -> None:
        self.setPixmap(theme.pixmap(self._icon, self._tint, theme.px(self._size)))


class ChoiceBox(QComboBox):
    """A list to choose one word from; the arrow follows the theme."""

    def __init__(self, name: str, words: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.addItems(list(words))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        size = theme.px(16)
        left, top = self.width() - size - theme.px(8), (self.height() - size) // 2
        tint = "text-2" if self.isEnabled() else "text-3"
        theme.paint_icon(QPainter(self), QRect(left, top, size, size), "chevron-down", tint)


class EmptyState(QWidget):
    """What belongs here, and the first step."""

    def __init__(
        self,
        icon: str,
        title: str,
        text: str,
        *buttons: QPushButton,
        least: int = 360,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        box = QVBoxLayout(self)
        box.setSpacing(theme.px(12))
        box.addStretch(2)
        centre = Qt.AlignmentFlag.AlignHCenter
        box.addWidget(Picture(icon, "text-3", 40), alignment=centre)
        box.addWidget(Label(title, "section"), alignment=centre)
        said = Label(text, tint="text-2", wrap=True)
        said.setAlignment(centre)
        said.setMaximumWidth(theme.px(520))
        said.setMinimumWidth(theme.px(least))
        line = QHBoxLayout()  # in a row of its own the wrapped lines keep their height
        line.addStretch(1)
        line.addWidget(said, 100)
        line.addStretch(1)
        box.addLayout(line)
        row = QHBoxLayout()
        row.addStretch()
        for button in buttons:
            row.addWidget(button)
        row.addStretch()
        box.addLayout(row)
        box.addStretch(3)


class Heading(QWidget):
    """Title of a screen, what it shows, and its commands on the right."""

    def __init__(self, title: str, detail: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.px(SPACE))
        self._title = Label(title, "title")
        self._detail = Label(detail, "table", "text-2")
        self._row.addWidget(self._title)
        self._row.addSpacing(theme.px(4))
        self._row.addWidget(self._detail)
        self._row.addStretch()

    def sizeHint(self) -> QSize:
        """As high without a command as with one: what stands below stays where it is."""
        return super().sizeHint().expandedTo(QSize(0, theme.px(_COMMAND)))

    def minimumSizeHint(self) -> QSize:
        return super().minimumSizeHint().expandedTo(QSize(0, theme.px(_COMMAND)))

    def set_title(self, title: str) -> None:
        """Another title."""
        self._title.setText(title)

    def set_detail(self, detail: str) -> None:
        """What is shown now: counts, a scope."""
        self._detail.setText(detail)

    def add(self, widget: QWidget) -> None:
        """Put a command at the right end."""
        self._row.addWidget(widget)
