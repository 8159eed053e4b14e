"""Pictures side by side: photographs of a pile to be dragged, faces of a class to be checked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from app.ui import theme
from app.ui.intake.table import ListView, RowsModel

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
MIME: Final = "application/x-xueji-photo"
TILE_ROLE: Final = Qt.ItemDataRole.UserRole + 1
_WIDTH, _HEIGHT = 72, 96


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture with two lines below it; without a card its place is grey."""

    key: str
    title: str
    detail: str
    card: bytes
    tint: str = "text"
    mark: str = ""


class TileModel(QAbstractListModel):
    """Tiles in their order; they are dragged by their key."""

    def __init__(self, *, drag: bool = False) -> None:
        super().__init__()
        self._drag = drag
        self._pixmaps: dict[str, QPixmap] = {}
        self.tiles: tuple[Tile, ...] = ()

    def show_tiles(self, tiles: Sequence[Tile]) -> None:
        """Show others."""
        self.beginResetModel()
        self.tiles = tuple(tiles)
        self._pixmaps.clear()
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.tiles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        tile = self.tiles[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return f"{tile.title} {tile.detail}"
            case Qt.ItemDataRole.ToolTipRole:
                return f"{tile.title}\n{tile.detail}"
            case Qt.ItemDataRole.DecorationRole:
                return self._pixmap(tile)
            case _ if role == TILE_ROLE:
                return tile
            case _:
                return None

    def _pixmap(self, tile: Tile) -> QPixmap | None:
        if not tile.card:
            return None
        if tile.key not in self._pixmaps:
            made = QPixmap()
            made.loadFromData(tile.card)
            self._pixmaps[tile.key] = made
        return self._pixmaps[tile.key]

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsDragEnabled if self._drag else flags

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[Index]) -> QMimeData:
        data = QMimeData()
        if indexes:
            data.setData(MIME, self.tiles[indexes[0].row()].key.encode())
        return data


class _TileDelegate(QStyledItemDelegate):
    """Draws the picture, or the grey place of one, and what stands below."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(theme.px(_WIDTH + 48), theme.px(_HEIGHT + 58))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tile: Tile = index.data(TILE_ROLE)
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        inside = rect.adjusted(2, 2, -2, -2)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(theme.colour("primary"))
            painter.setBrush(theme.colour("selection"))
            painter.drawRoundedRect(inside, theme.px(6), theme.px(6))
        width, height = theme.px(_WIDTH), theme.px(_HEIGHT)
        frame = QRect(rect.center().x() - width // 2, rect.top() + theme.px(8), width, height)
        self._picture(painter, frame, index.data(Qt.ItemDataRole.DecorationRole))
        line = QRect(inside.left() + 4, frame.bottom() + theme.px(5), inside.width() - 8, 0)
        self._words(painter, line, "table", tile.title, tile.tint if tile.card else "text-3")
        line.translate(0, theme.px(19))
        detail = f"{tile.mark} {tile.detail}".strip()
        self._words(painter, line, "small", detail, tile.tint if tile.mark else "text-2")
        painter.restore()

    @staticmethod
    def _picture(painter: QPainter, frame: QRect, pixmap: QPixmap | None) -> None:
        painter.setPen(theme.colour("border"))
        painter.setBrush(theme.colour("neutral-weak"))
        painter.drawRect(frame)
        if pixmap is None:
            size = theme.px(28)
            centre = frame.center()
            icon = QRect(centre.x() - size // 2, centre.y() - size // 2, size, size)
            theme.paint_icon(painter, icon, "user", "text-3")
            return
        scaled = pixmap.size().scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(0, 0, scaled.width(), scaled.height())
        target.moveCenter(frame.center())
        painter.drawPixmap(target, pixmap)

    @staticmethod
    def _words(painter: QPainter, line: QRect, role: str, text: str, tint: str) -> None:
        painter.setFont(theme.font(role))
        painter.setPen(theme.colour(tint))
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, line.width())
        place = QRect(line.left(), line.top(), line.width(), theme.px(19))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), shown)


class TileView(QListView):
    """Tiles in rows that fill the width."""

    picked = QtSignal(int)

    def __init__(self, name: str, model: TileModel, *, drag: bool = False) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setModel(model)
        self.setItemDelegate(_TileDelegate(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setSpacing(theme.px(4))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setDragEnabled(drag)
        if drag:
            self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.selectionModel().currentChanged.connect(lambda now, _: self.picked.emit(now.row()))


class PeopleView(ListView):
    """A list of people on whom a picture may be dropped."""

    dropped = QtSignal(str, int)  # file, row

    def __init__(self, name: str, model: RowsModel[Any]) -> None:
        super().__init__(name, model)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._welcome(event.mimeData(), event.acceptProposedAction, event.ignore)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        row = self.rowAt(event.position().toPoint().y())
        if row >= 0:
            self.selectRow(row)
        self._welcome(event.mimeData(), event.acceptProposedAction, event.ignore)

    def dropEvent(self, event: QDropEvent) -> None:
        self.take_drop(event.mimeData(), self.rowAt(event.position().toPoint().y()))

    def take_drop(self, data: QMimeData, row: int) -> None:
        """A picture fell on a row."""
        if data.hasFormat(MIME) and row >= 0:
            self.dropped.emit(bytes(data.data(MIME).data()).decode(), row)

    @staticmethod
    def _welcome(data: QMimeData, yes: Callable[[], object], no: Callable[[], object]) -> None:
        (yes if data.hasFormat(MIME) else no)()
