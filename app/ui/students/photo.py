"""The photograph in the head of a student."""

from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QLabel

from app.ui import theme

_PHOTO: Final = (84, 112)


class PhotoLabel(QLabel):
    """The photograph in the ratio of the card; pressing it opens what can be done with it."""

    pressed = QtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("裁剪或更换照片；也可以把照片文件拖到这里")
        self._picture = QPixmap()
        self._size()
        theme.changes.changed.connect(self._size)

    def set_picture(self, data: bytes | None, name: str) -> None:
        """Show a picture, or that there is none."""
        self.setAccessibleName(name if data else "没有照片")
        self._picture = QPixmap.fromImage(QImage.fromData(data)) if data else QPixmap()
        self.update()

    def _size(self) -> None:
        self.setFixedSize(QSize(theme.px(_PHOTO[0]), theme.px(_PHOTO[1])))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self.pressed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Enter}:
            self.pressed.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        rect = self.rect()
        if self._picture.isNull():
            painter.fillRect(rect, theme.colour("sunken"))
            side = theme.px(28)
            icon = QRect(0, 0, side, side)
            icon.moveCenter(rect.center())
            theme.paint_icon(painter, icon.translated(0, -theme.px(8)), "camera", "text-3")
            painter.setPen(theme.colour("text-3"))
            painter.setFont(theme.font("small"))
            words = rect.adjusted(0, 0, 0, -theme.px(14))
            flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
            painter.drawText(words, int(flags), "没有照片")
        else:
            painter.drawPixmap(rect, self._picture)
        painter.setPen(theme.colour("primary" if self.hasFocus() else "border"))
        painter.drawRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5))
