"""The forms in their groups, each with its first page in small, drawn as it comes into sight."""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QColor, QHideEvent, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.services.errors import AppError
from app.services.forms.examples import sample_sheet
from app.services.forms.library import SHIPPED, FormRow
from app.services.forms.preview import glance
from app.services.progress import finish
from app.ui import theme
from app.ui.papers.page_view import thumbnail
from app.ui.shell import Shell

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE: Final = QModelIndex()
_TALL, _WIDE = 62, 46
_ROW, _HEAD = 74, 30
_POINTS: Final = 72
_PAUSE: Final = 40  # ms between thumbnails: what the user asks for goes first
#: Thumbnails by version: forms with invented examples, nobody's data.
_DRAWN: Final[dict[str, QImage]] = {}


class _Forms(QAbstractListModel):
    """Heads of groups and forms, as rows; thumbnails are fetched one after the other."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.rows: list[str | FormRow] = []
        self._wanted: list[FormRow] = []
        self._under_way = False
        self._failed: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE)
        self._timer.timeout.connect(self._draw_next)
        shell.closing.connect(self._timer.stop)

    @property
    def drawing(self) -> bool:
        return self._under_way or bool(self._wanted)

    def show(self, rows: Sequence[FormRow]) -> None:
        self.beginResetModel()
        self.rows = []
        for row in rows:
            if not any(row.shelf == one for one in self.rows if isinstance(one, str)):
                self.rows.append(row.shelf)
            self.rows.append(row)
        self.endResetModel()

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if isinstance(self.rows[index.row()], str):
            return Qt.ItemFlag.NoItemFlags
        return super().flags(index)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row if isinstance(row, str) else row.name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row}（组）" if isinstance(row, str) else f"{row.name}，{state_of(row)}"
        return None

    def picture(self, row: FormRow) -> QImage | None:
        """The thumbnail, or nothing yet."""
        found = _DRAWN.get(row.version)
        if found is None and row not in self._wanted and row.version not in self._failed:
            self._wanted.append(row)
            self._timer.start()
        return found

    def out_of_sight(self) -> None:
        """Nobody looks: what is not drawn yet is asked for again when it is seen."""
        self._wanted.clear()
        self._timer.stop()

    def _draw_next(self) -> None:
        if self._under_way or not self._wanted:
            return
        if self._shell.occupied:
            self._timer.start()
            return
        row = self._wanted.pop(0)
        self._under_way = True
        library = self._shell.desk.library

        def draw() -> QImage:
            template = library.template(row.name)
            made = finish(glance(sample_sheet(template, row.paper)))
            width, height = made.pages.sizes[0]
            scale = min(_WIDE / width, _TALL / height) * 2
            image = thumbnail(made.pages, 0, _POINTS * scale)
            made.close()
            return image

        self._shell.read(
            draw, lambda image: self._arrived(row, image), lambda e: self._gone(row, e)
        )

    def _arrived(self, row: FormRow, image: QImage) -> None:
        _DRAWN[row.version] = image
        self._go_on(row)

    def _gone(self, row: FormRow, _error: AppError) -> None:
        """A form that cannot be drawn is said when it is chosen, not here."""
        self._failed.add(row.version)
        self._go_on(row)

    def _go_on(self, row: FormRow) -> None:
        self._under_way = False
        if row in self.rows:
            at = self.index(self.rows.index(row))
            self.dataChanged.emit(at, at)
        if self._wanted:
            self._timer.start()


def state_of(row: FormRow) -> str:
    """Which version is used, in words."""
    if row.number == SHIPPED:
        return "随程序"
    return f"第 {row.number} 版" + ("" if row.own else "，代替随程序的")


class _Painter(QStyledItemDelegate):
    def __init__(self, model: _Forms) -> None:
        super().__init__(model)
        self._model = model

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row = self._model.rows[index.row()]
        box: QRect = option.rect
        painter.save()
        if isinstance(row, str):
            painter.setFont(theme.font("small"))
            painter.setPen(theme.colour("text-3"))
            flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
            painter.drawText(box.adjusted(theme.px(6), 0, 0, -theme.px(4)), flags, row)
            painter.restore()
            return
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("selection"))
            painter.drawRoundedRect(box.adjusted(0, 1, -1, -1), theme.px(6), theme.px(6))
        self._paint_page(painter, box, row)
        left = box.left() + theme.px(_WIDE + 20)
        text = QRect(left, box.top() + theme.px(14), box.right() - left - theme.px(4), theme.px(22))
        painter.setFont(theme.font("strong" if chosen else "base"))
        painter.setPen(theme.colour("text"))
        name = painter.fontMetrics().elidedText(row.name, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, int(Qt.AlignmentFlag.AlignVCenter), name)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.colour("primary" if row.number else "text-3"))
        under = text.translated(0, theme.px(24))
        painter.drawText(under, int(Qt.AlignmentFlag.AlignVCenter), state_of(row))
        painter.restore()

    def _paint_page(self, painter: QPainter, box: QRect, row: FormRow) -> None:
        picture = self._model.picture(row)
        room = QRect(box.left() + theme.px(8), box.top() + theme.px(6),
                     theme.px(_WIDE), theme.px(_TALL))  # fmt: skip
        page = room
        if picture is not None:
            scale = min(room.width() / picture.width(), room.height() / picture.height())
            size = QSize(round(picture.width() * scale), round(picture.height() * scale))
            page = QRect(0, 0, size.width(), size.height())
            page.moveCenter(room.center())
        painter.fillRect(page, QColor(255, 255, 255))
        if picture is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(page, QPixmap.fromImage(picture))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(theme.colour("border-strong"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(page.adjusted(-1, -1, 0, 0))

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        head = isinstance(self._model.rows[index.row()], str)
        return QSize(theme.px(120), theme.px(_HEAD if head else _ROW))


class FormList(QListView):
    """The forms; `chosen` carries the one that is pointed at."""

    chosen = QtSignal(object)

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.setAccessibleName("表样")
        self._model = _Forms(shell)
        self._all: tuple[FormRow, ...] = ()
        self.setModel(self._model)
        self.setItemDelegate(_Painter(self._model))
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentChanged.connect(lambda *_: self._tell())
        theme.changes.changed.connect(self.doItemsLayout)

    @property
    def rows(self) -> tuple[FormRow, ...]:
        """The forms that are listed."""
        return tuple(row for row in self._model.rows if isinstance(row, FormRow))

    @property
    def drawing(self) -> bool:
        """Whether thumbnails in sight are still to come."""
        return self._model.drawing

    @property
    def current(self) -> FormRow | None:
        """The form that is pointed at."""
        index = self.currentIndex()
        row = self._model.rows[index.row()] if index.isValid() else None
        return row if isinstance(row, FormRow) else None

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._model.out_of_sight()

    def show_rows(self, rows: Sequence[FormRow], words: str = "") -> None:
        """List these forms, those whose name or group has the words; the choice stays."""
        kept = self.current.name if self.current is not None else ""
        self._all = tuple(rows)
        self.blockSignals(True)
        self._model.show([row for row in rows if words in row.name or words in row.shelf])
        self.blockSignals(False)
        if not self.choose(kept):
            first = next(iter(self.rows), None)
            if first is not None:
                self.choose(first.name)
            else:
                self.chosen.emit(None)

    def filter(self, words: str) -> None:
        """Only those with these words."""
        self.show_rows(self._all, words.strip())

    def choose(self, name: str) -> bool:
        """Point at a form; whether it is listed."""
        for at, row in enumerate(self._model.rows):
            if isinstance(row, FormRow) and row.name == name:
                self.setCurrentIndex(self._model.index(at))
                return True
        return False

    def _tell(self) -> None:
        if not self.signalsBlocked():
            self.chosen.emit(self.current)
