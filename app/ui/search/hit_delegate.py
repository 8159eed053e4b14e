"""How a person found is drawn: picture, name with the matched part, numbers, class, status."""

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.services.register.finder import Hit
from app.ui import theme
from app.ui.widgets.basic import paint_badge, status_look

HIT_ROLE: Final = Qt.ItemDataRole.UserRole
PHOTO_ROLE: Final = Qt.ItemDataRole.UserRole + 1
GROUP_ROLE: Final = Qt.ItemDataRole.UserRole + 2  # caption of a group, on its first hit


class HitDelegate(QStyledItemDelegate):
    """Two lines a person, so that people of one name are told apart."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        caption = theme.px(22) if index.data(GROUP_ROLE) else 0
        return QSize(theme.px(300), theme.px(52) + caption)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        hit = index.data(HIT_ROLE)
        if not isinstance(hit, Hit):
            return
        painter.save()
        box: QRect = option.rect
        if caption := index.data(GROUP_ROLE):
            painter.setFont(theme.font("small"))
            painter.setPen(theme.colour("text-3"))
            above = QRect(box.left() + theme.px(8), box.top(), box.width(), theme.px(22))
            painter.drawText(above, int(Qt.AlignmentFlag.AlignVCenter), caption)
            box = box.adjusted(0, theme.px(22), 0, 0)
        state: QStyle.StateFlag = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, theme.colour("selection"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, theme.colour("hover"))
        photo = QRect(box.left() + theme.px(8), box.top() + theme.px(5), theme.px(32), theme.px(42))
        self._photo(painter, photo, index.data(PHOTO_ROLE))
        left = photo.right() + theme.px(12)
        upper = QRect(
            left, box.top() + theme.px(4), box.right() - left - theme.px(90), theme.px(24)
        )
        self._name(painter, upper, hit)
        lower = QRect(left, box.top() + theme.px(27), box.width() - left, theme.px(20))
        painter.setFont(theme.font("small"))
        painter.setPen(theme.colour("text-2"))
        parts = [
            hit.number or "无学号",
            f"{hit.cohort}级{f' {hit.class_group}' if hit.class_group else ''}",
            f"{hit.birth_year}年生" if hit.birth_year else "",
            hit.how if hit.how not in {"姓名", "拼音", ""} else "",
        ]
        painter.drawText(
            lower, int(Qt.AlignmentFlag.AlignVCenter), " · ".join(part for part in parts if part)
        )
        tone, mark = status_look(hit.status)
        badge = QRect(box.right() - theme.px(90), box.top(), theme.px(82), box.height())
        paint_badge(painter, badge, hit.status.value, tone, mark, right=True)
        painter.restore()

    def _photo(self, painter: QPainter, box: QRect, picture: object) -> None:
        if isinstance(picture, QPixmap) and not picture.isNull():
            smooth = Qt.TransformationMode.SmoothTransformation
            keep = Qt.AspectRatioMode.KeepAspectRatioByExpanding
            ratio = painter.device().devicePixelRatio()
            scaled = picture.scaled(box.size() * ratio, keep, smooth)
            cut = QRect(0, 0, round(box.width() * ratio), round(box.height() * ratio))
            cut.moveLeft((scaled.width() - cut.width()) // 2)
            painter.drawPixmap(box, scaled, cut)
        else:
            painter.fillRect(box, theme.colour("neutral-weak"))
            size = theme.px(18)
            icon = QRect(0, 0, size, size)
            icon.moveCenter(box.center())
            theme.paint_icon(painter, icon, "user", "text-3")

    def _name(self, painter: QPainter, box: QRect, hit: Hit) -> None:
        """The name, its matched part in the primary colour, then how it is read."""
        start, end = hit.span
        x = box.left()
        pieces = (
            (hit.name[:start], "text"),
            (hit.name[start:end], "primary"),
            (hit.name[end:], "text"),
        )
        painter.setFont(theme.font("strong"))
        flags = int(Qt.AlignmentFlag.AlignVCenter)
        for piece, tint in pieces:
            painter.setPen(theme.colour(tint))
            painter.drawText(QRect(x, box.top(), box.right() - x, box.height()), flags, piece)
            x += painter.fontMetrics().horizontalAdvance(piece)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.colour("text-3"))
        x += theme.px(8)
        painter.drawText(QRect(x, box.top(), box.right() - x, box.height()), flags, hit.reading)
