"""裁剪照片: what of the original the card shows, by keys, one person after the other.

方向键移 1 像素，加 Shift 移 10；+ - 放大缩小；回车采用并到下一人；D 下一人，A 上一人。
"""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.services.exchange.photo_child import Box
from app.services.exchange.portraits import Original
from app.ui import theme
from app.ui.shell import Shell
from app.ui.students.steps import photo_step
from app.ui.widgets.basic import Button, EmptyState, Label
from app.ui.widgets.sheet import Sheet

#: 教毕指〔2017〕99号: the hair begins at 50 to 110 of 640 pixels, the eyes lie at 200 to 300.
_HAIR: Final = (50 / 640, 110 / 640)
_EYES: Final = (200 / 640, 300 / 640)
_ZOOM: Final = 1.03
_ARROWS: Final = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class CropView(QWidget):
    """The whole picture with the frame on it; the frame is kept within and keeps its ratio."""

    moved = QtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("裁剪框")
        self.setAccessibleDescription("方向键移动，加号减号放大缩小")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._original: Original | None = None
        self._picture = QPixmap()
        self._frame = QRectF()  # in pixels of the original
        self._grip: QPointF | None = None

    def set_original(self, original: Original) -> None:
        """Show another picture, its frame in the middle."""
        self._original = original
        self._picture = QPixmap()
        self._picture.loadFromData(original.picture)
        left, top, right, bottom = original.centred
        self._frame = QRectF(
            left * original.width,
            top * original.height,
            (right - left) * original.width,
            (bottom - top) * original.height,
        )
        self._changed()

    @property
    def box(self) -> Box:
        """The frame as shares of the picture."""
        if self._original is None:
            return (0.0, 0.0, 1.0, 1.0)
        wide, tall = self._original.width, self._original.height
        frame = self._frame
        return (
            frame.left() / wide,
            frame.top() / tall,
            (frame.left() + frame.width()) / wide,
            (frame.top() + frame.height()) / tall,
        )

    def move_by(self, x: float, y: float) -> None:
        """Move the frame by pixels of the original."""
        self._frame.translate(x, y)
        self._keep_inside()

    def zoom(self, factor: float) -> None:
        """Let the frame take in more or less, about its middle."""
        if self._original is None:
            return
        most = self._original.centred
        widest = (most[2] - most[0]) * self._original.width
        least = self._original.least * self._original.width
        width = min(max(self._frame.width() * factor, least), widest)
        height = self._frame.height() * width / self._frame.width()
        centre = self._frame.center()
        self._frame = QRectF(centre.x() - width / 2, centre.y() - height / 2, width, height)
        self._keep_inside()

    def _keep_inside(self) -> None:
        if self._original is None:
            return
        frame = self._frame
        x = min(max(frame.left(), 0.0), self._original.width - frame.width())
        y = min(max(frame.top(), 0.0), self._original.height - frame.height())
        frame.moveTo(max(x, 0.0), max(y, 0.0))
        self._changed()

    def _changed(self) -> None:
        self.update()
        self.moved.emit()

    # --- keys and mouse -------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _ARROWS:
            step = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self.move_by(_ARROWS[key][0] * step, _ARROWS[key][1] * step)
        elif key in {Qt.Key.Key_Plus, Qt.Key.Key_Equal}:
            self.zoom(1 / _ZOOM)
        elif key is Qt.Key.Key_Minus:
            self.zoom(_ZOOM)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grip = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None and self._scale:
            moved = event.position() - self._grip
            self._grip = event.position()
            self.move_by(moved.x() / self._scale, moved.y() / self._scale)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._grip = None

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom(_ZOOM if event.angleDelta().y() < 0 else 1 / _ZOOM)

    # --- painting -------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(theme.px(460), theme.px(520))

    @property
    def _scale(self) -> float:
        if self._original is None:
            return 0.0
        return min(self.width() / self._original.width, self.height() / self._original.height)

    @property
    def _place(self) -> QRectF:
        if self._original is None:
            return QRectF()
        wide, tall = self._original.width * self._scale, self._original.height * self._scale
        return QRectF((self.width() - wide) / 2, (self.height() - tall) / 2, wide, tall)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), theme.colour("sunken"))
        if self._original is None:
            return
        place = self._place
        painter.drawPixmap(place, self._picture, QRectF(self._picture.rect()))
        frame = QRectF(
            place.left() + self._frame.left() * self._scale,
            place.top() + self._frame.top() * self._scale,
            self._frame.width() * self._scale,
            self._frame.height() * self._scale,
        )
        shade = QColor(0, 0, 0, 130)
        for part in (
            QRectF(place.left(), place.top(), place.width(), frame.top() - place.top()),
            QRectF(place.left(), frame.bottom(), place.width(), place.bottom() - frame.bottom()),
            QRectF(place.left(), frame.top(), frame.left() - place.left(), frame.height()),
            QRectF(frame.right(), frame.top(), place.right() - frame.right(), frame.height()),
        ):
            painter.fillRect(part, shade)
        self._guides(painter, frame)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for tint, width in (("surface", 4), ("primary", 2)):
            painter.setPen(QPen(theme.colour(tint), width))
            painter.drawRect(frame)

    @staticmethod
    def _guides(painter: QPainter, frame: QRectF) -> None:
        """Where hair should begin and eyes lie, and the middle."""
        painter.setFont(theme.font("small"))
        for (begin, end), words in ((_HAIR, "头顶"), (_EYES, "眼睛")):
            band = QRectF(
                frame.left(),
                frame.top() + begin * frame.height(),
                frame.width(),
                (end - begin) * frame.height(),
            )
            painter.fillRect(band, QColor(255, 255, 255, 70))
            painter.setPen(QPen(QColor(255, 255, 255, 210), 1, Qt.PenStyle.DashLine))
            painter.drawLine(band.topLeft(), band.topRight())
            painter.drawLine(band.bottomLeft(), band.bottomRight())
            painter.setPen(QColor(20, 30, 40))
            painter.drawText(
                band.adjusted(theme.px(6), 0, 0, 0), int(Qt.AlignmentFlag.AlignVCenter), words
            )
        painter.setPen(QPen(QColor(255, 255, 255, 150), 1, Qt.PenStyle.DashLine))
        middle = frame.center().x()
        painter.drawLine(QPointF(middle, frame.top()), QPointF(middle, frame.bottom()))


class CropSheet(Sheet):
    """The photographs of some students in turn; `cropped` tells whose changed."""

    cropped = QtSignal(int)

    def __init__(
        self, shell: Shell, opener: QWidget, ids: Sequence[int], current: int | None = None
    ) -> None:
        super().__init__(shell, "裁剪照片", opener, (760, 680))
        self._ids = list(ids)
        self._at = self._ids.index(current) if current in self._ids else 0
        self.original: Original | None = None
        self.view = CropView()
        self.view.moved.connect(self._show_size)
        self.missing = EmptyState("image", "没有照片", "把照片文件拖到这名学生上，或整批导入。")
        self.missing.hide()
        side = QVBoxLayout()
        self._name = Label(role="section")
        self._place = Label(role="table", tint="text-2")
        self._size = Label(role="table", tint="text-2", wrap=True)
        side.addWidget(self._name)
        side.addWidget(self._place)
        side.addSpacing(theme.px(8))
        side.addWidget(self._size)
        side.addSpacing(theme.px(12))
        for keys, what in (
            ("方向键", "移动 1 像素"),
            ("Shift+方向键", "移动 10 像素"),
            ("+ / -", "放大、缩小"),
            ("回车", "采用，到下一人"),
            ("D / A", "下一人、上一人"),
        ):
            row = QHBoxLayout()
            row.addWidget(Label(keys, "table", "text"))
            row.addStretch()
            row.addWidget(Label(what, "table", "text-2"))
            side.addLayout(row)
        side.addStretch()
        side.addWidget(
            Label("原图不动；裁剪只决定卡片上印哪一部分。", "small", "text-3", wrap=True)
        )
        row = QHBoxLayout()
        row.setSpacing(theme.px(16))
        row.addWidget(self.view, 1)
        row.addWidget(self.missing, 1)
        holder = QWidget()
        holder.setLayout(side)
        holder.setFixedWidth(theme.px(220))
        row.addWidget(holder)
        self.body.addLayout(row, 1)
        self.back = Button("上一人", "chevron-left", on_click=lambda: self.step(-1))
        self.forward = Button("下一人", "chevron-right", on_click=lambda: self.step(1))
        self.accepting = Button("采用", "check", "primary", on_click=self.take)
        for button in (self.back, self.forward):
            button.setVisible(len(self._ids) > 1)
            button.setAutoDefault(False)
            self.foot.addWidget(button)
        self.foot.addStretch()
        closing = Button("关闭", on_click=self.close)
        closing.setAutoDefault(False)
        self.foot.addWidget(closing)
        self.accepting.setAutoDefault(False)
        self.foot.addWidget(self.accepting)
        self._load()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.take()
        elif key in {Qt.Key.Key_D, Qt.Key.Key_A}:
            self.step(1 if key == Qt.Key.Key_D else -1)
        else:
            super().keyPressEvent(event)

    def step(self, step: int) -> None:
        """Another person, with nothing taken."""
        if not self.busy:
            self._go(step)

    def _go(self, step: int) -> None:
        if 0 <= self._at + step < len(self._ids):
            self._at += step
            self._load()

    def take(self) -> None:
        """Let the card show the frame, and go to the next person."""
        original = self.original
        if original is None:
            self.step(1)
            return
        desk, box = self.shell.desk, self.view.box
        student_id = original.student_id

        def work() -> tuple[int, int]:
            before = desk.portraits.in_use(student_id) or 0
            return before, desk.portraits.crop(desk.actor, student_id, box)

        def done(rows: tuple[int, int]) -> None:
            self.shell.undo.push(photo_step(self.shell, student_id, original.name, *rows))
            self.shell.say(f"已裁剪 {original.name}的照片。", "ok", ("撤销", self.shell.undo.undo))
            self.cropped.emit(student_id)
            if self._at + 1 < len(self._ids):
                self._go(1)
            else:
                self.accept()

        self.write(work, "正在裁剪照片", done)

    def _load(self) -> None:
        desk, student_id = self.shell.desk, self._ids[self._at]
        self.original = None
        self._place.setText(f"{self._at + 1} / {len(self._ids)}" if len(self._ids) > 1 else "")
        self.back.setEnabled(self._at > 0)
        self.forward.setEnabled(self._at + 1 < len(self._ids))
        self.read(lambda: desk.portraits.original(desk.actor, student_id), self._loaded)

    def _loaded(self, original: Original | None) -> None:
        if original is not None and original.student_id != self._ids[self._at]:
            return  # one has gone on meanwhile
        self.original = original
        self.view.setVisible(original is not None)
        self.missing.setVisible(original is None)
        self.accepting.setEnabled(original is not None)
        if original is None:
            self._name.setText("")
            self._size.setText("")
            return
        self._name.setText(original.name)
        self.view.set_original(original)
        self.view.setFocus()

    def _show_size(self) -> None:
        if self.original is None:
            return
        left, top, right, bottom = self.view.box
        wide = round((right - left) * self.original.width)
        tall = round((bottom - top) * self.original.height)
        self._size.setText(
            f"原图 {self.original.width}×{self.original.height} 像素\n"
            f"采用 {wide}×{tall} 像素（3:4）"
        )
