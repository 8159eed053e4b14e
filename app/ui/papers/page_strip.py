"""Thumbnails of the pages, drawn as they come into sight."""

from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.services.forms.preview import Preview
from app.ui import theme
from app.ui.papers.page_view import thumbnail
from app.ui.shell import Shell
from app.ui.widgets.look import keep

_HEIGHT, _WIDTH = 118, 92
_POINTS: Final = 72
_Index = QModelIndex | QPersistentModelIndex


class _PageList(QAbstractListModel):
    """The pages as rows; pictures are fetched on the reading lane and kept."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.preview: Preview | None = None
        self.marked: dict[int, int] = {}
        self._pictures: dict[int, QPixmap] = {}
        self._asked: set[int] = set()

    def show(self, preview: Preview | None) -> None:
        self.beginResetModel()
        self.preview = preview
        self.marked = {}
        for warning in preview.warnings if preview else ():
            if warning.page is not None:
                self.marked[warning.page] = self.marked.get(warning.page, 0) + 1
        self._pictures.clear()
        self._asked.clear()
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() or self.preview is None else len(self.preview.pages)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self.preview is None:
            return None
        page = index.row()
        if role == Qt.ItemDataRole.DisplayRole:
            return str(page + 1)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            place = self.preview.places[page]
            warned = "，有提醒" if page in self.marked else ""
            return f"第 {page + 1} 页：{self.preview.owner(page)} {place.number}/{place.of}{warned}"
        return None

    def picture(self, page: int, dpi: float) -> QPixmap | None:
        """The thumbnail, or nothing yet."""
        if page in self._pictures:
            return self._pictures[page]
        preview = self.preview
        if preview is not None and page not in self._asked:
            self._asked.add(page)
            self._shell.read(
                lambda: thumbnail(preview.pages, page, dpi),
                lambda image: self._arrived(preview, page, image),
            )
        return None

    def _arrived(self, preview: Preview, page: int, image: QImage) -> None:
        if preview is self.preview:
            self._pictures[page] = QPixmap.fromImage(image)
            at = self.index(page)
            self.dataChanged.emit(at, at)


class _Painter(QStyledItemDelegate):
    """A white page with its number, framed when it is the one shown."""

    def __init__(self, model: _PageList) -> None:
        super().__init__(model)
        self._model = model

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = self._model
        if model.preview is None:
            return
        width, height = model.preview.pages.sizes[index.row()]
        scale = _scale(width, height)
        tall, wide = height * scale, width * scale
        box: QRect = option.rect
        page = QRect(
            box.left() + round((box.width() - wide) / 2), box.top() + theme.px(6),
            round(wide), round(tall),
        )  # fmt: skip
        painter.save()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        ratio = painter.device().devicePixelRatio()
        painter.fillRect(page, QColor(255, 255, 255))
        picture = model.picture(index.row(), round(scale * _POINTS * ratio, 2))
        if picture is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(page, picture)
        pen = painter.pen()
        pen.setColor(theme.colour("primary" if chosen else "border-strong"))
        pen.setWidth(2 if chosen else 1)
        painter.setPen(pen)
        painter.drawRect(page.adjusted(-1, -1, 0, 0))
        painter.setFont(theme.font("small"))
        painter.setPen(theme.colour("primary" if chosen else "text-2"))
        under = QRect(box.left(), page.bottom() + theme.px(3), box.width(), theme.px(16))
        painter.drawText(under, int(Qt.AlignmentFlag.AlignCenter), str(index.row() + 1))
        if index.row() in model.marked:
            size = theme.px(16)
            sign = QRect(page.right() - size + theme.px(4), page.top() - theme.px(4), size, size)
            theme.paint_icon(painter, sign, "triangle-alert", "warn")
        painter.restore()

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        model = self._model
        tall: float = theme.px(_HEIGHT)
        if model.preview is not None and model.preview.pages.sizes:
            width, height = model.preview.pages.sizes[index.row()]
            tall = height * _scale(width, height)
        return QSize(theme.px(100), round(tall) + theme.px(28))


def _scale(width: float, height: float) -> float:
    """Screen pixels for a point of a page of this size."""
    return min(theme.px(_WIDTH) / width, theme.px(_HEIGHT) / height)


class PageStrip(QListView):
    """The pages in a column; `chosen` carries the page that was picked."""

    chosen = QtSignal(int)

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.setAccessibleName("页面缩略图")
        self._model = _PageList(shell)
        self.setModel(self._model)
        self.setItemDelegate(_Painter(self._model))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setFrameShape(QListView.Shape.NoFrame)
        keep(self, width=132)
        self.selectionModel().currentChanged.connect(
            lambda now, _before: self.chosen.emit(now.row()) if now.isValid() else None
        )

    def show_preview(self, preview: Preview | None) -> None:
        """Show the pages of another paper."""
        self._model.show(preview)

    def select(self, page: int) -> None:
        """Mark the page that is shown."""
        index = self._model.index(page)
        if index.isValid() and self.currentIndex().row() != page:
            self.setCurrentIndex(index)
