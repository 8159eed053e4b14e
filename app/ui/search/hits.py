"""The people found, as a list."""

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QPixmap

from app.services.register.finder import Hit
from app.ui.search.hit_delegate import GROUP_ROLE, HIT_ROLE, PHOTO_ROLE


class HitModel(QAbstractListModel):
    """The people found, with their pictures."""

    def __init__(self) -> None:
        super().__init__()
        self._hits: list[Hit] = []
        self._photos: dict[str, QPixmap] = {}

    def show(self, hits: list[Hit], photos: dict[str, bytes]) -> None:
        """Show these; `photos` brings pictures by SHA-256 that are not `known` yet."""
        self.beginResetModel()
        self._hits = hits
        for sha256, data in photos.items():
            picture = QPixmap()
            picture.loadFromData(data)
            self._photos[sha256] = picture
        self.endResetModel()

    def known(self, sha256: str) -> bool:
        """Whether the picture was brought before."""
        return sha256 in self._photos

    def at(self, row: int) -> Hit | None:
        """Who stands in that row."""
        return self._hits[row] if 0 <= row < len(self._hits) else None

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._hits)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> object:
        hit = self._hits[index.row()]
        if role == HIT_ROLE:
            return hit
        if role == PHOTO_ROLE:
            return self._photos.get(hit.photo or "")
        if role == GROUP_ROLE:
            first = index.row() == 0 or self._hits[index.row() - 1].group != hit.group
            return hit.group if first else ""
        if role == Qt.ItemDataRole.AccessibleTextRole:
            parts = (hit.name, hit.number or "无学号", hit.class_group, hit.status.value, hit.how)
            return "，".join(part for part in parts if part)
        return None
