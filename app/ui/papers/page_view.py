"""The sheet in the middle: at its true size on the screen, with rulers, zoomed, moved, turned."""

from typing import Final

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea

from app.services.forms.marks import Mark
from app.services.forms.preview import Concern, PagePicture, Pages
from app.ui import theme
from app.ui.printing import image_of
from app.ui.shell import Shell

ZOOMS: Final = (0.25, 0.33, 0.5, 0.67, 0.75, 0.9, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
FIT_WIDTH, FIT_PAGE = "width", "page"
_MM: Final = 25.4
_POINTS: Final = 72
_PLAUSIBLE: Final = (60.0, 320.0)  # dots per inch that a screen may truly have
_WHITE: Final = QColor(255, 255, 255)  # paper is white in the dark, too
_RULER: Final = 18
_EDGE: Final = 12  # around the page
_FINER: Final = 4  # than a thumbnail is


_COARSE: Final = 110  # dots per inch below which one pixel is thicker than a thin rule


def smaller(picture: PagePicture, width: int, height: int) -> QImage:
    """The picture at this size; whatever the thread, as an image is no widget's."""
    image = image_of(picture)
    if (image.width(), image.height()) == (width, height):
        return image
    return image.scaled(
        width, height, Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )  # fmt: skip


def thumbnail(pages: Pages, page: int, dpi: float) -> QImage:
    """A page in small: drawn finer and made smaller, so that thin rules stay thin."""
    return smaller(pages.picture(page, dpi * _FINER), *pages.pixels(page, dpi))


class PageView(QAbstractScrollArea):
    """Shows one page of a preview; `turned` carries the page that is shown now."""

    turned = QtSignal(int)
    zoomed = QtSignal(float)

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self._pages: Pages | None = None
        self._page = 0
        self._zoom: float | str = FIT_PAGE
        self._shown: dict[tuple[int, float], QPixmap] = {}
        self._asked: set[tuple[int, float]] = set()
        self._marks: tuple[Mark, ...] = ()
        self._dragged: QPoint | None = None
        self.setAccessibleName("预览")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        theme.changes.changed.connect(self.viewport().update)

    # --- what is shown --------------------------------------------------------------------

    @property
    def page(self) -> int:
        """The page in sight, from 0."""
        return self._page

    @property
    def count(self) -> int:
        """How many pages there are."""
        return len(self._pages) if self._pages is not None else 0

    @property
    def zoom(self) -> float:
        """1 is true size: a ruler held to the screen agrees."""
        if isinstance(self._zoom, float):
            return self._zoom
        if self._pages is None:
            return 1.0
        width, height = self._pages.sizes[self._page]
        dots = self.dots_per_inch
        edge = 2 * theme.px(_EDGE) + 1  # what rounding up may add would bring scroll bars
        ruler = theme.px(_RULER)
        # the size without scroll bars, so that fitting does not make its own bars come and go
        area = self.maximumViewportSize()
        across = (area.width() - edge - ruler) / (width / _POINTS * dots)
        if self._zoom == FIT_WIDTH:
            return max(0.1, across)
        down = (area.height() - edge - ruler) / (height / _POINTS * dots)
        return max(0.1, min(across, down))

    @property
    def dots_per_inch(self) -> float:
        """Of this screen as it says itself, where that is to be believed."""
        screen = self.screen()
        physical = screen.physicalDotsPerInch()
        least, most = _PLAUSIBLE
        return physical if least <= physical <= most else screen.logicalDotsPerInch()

    def show_pages(self, pages: Pages | None, page: int = 0) -> None:
        """Show another paper."""
        self._pages = pages
        self._marks = ()
        self._shown.clear()
        self._asked.clear()
        self._page = min(max(page, 0), self.count - 1) if self.count else 0
        self._arrange()
        self.turned.emit(self._page)

    def show_marks(self, marks: tuple[Mark, ...]) -> None:
        """Frame what is to be looked at: on the screen alone, never on paper."""
        self._marks = marks
        self.viewport().update()

    def turn(self, page: int) -> None:
        """Show a page of the paper."""
        page = min(max(page, 0), self.count - 1)
        if page == self._page or not self.count:
            return
        self._page = page
        self._arrange()
        self.verticalScrollBar().setValue(0)
        self.setAccessibleDescription(f"第 {page + 1} 页，共 {self.count} 页")
        self.turned.emit(page)

    def set_zoom(self, zoom: float | str) -> None:
        """True size is 1; FIT_WIDTH and FIT_PAGE follow the window."""
        self._zoom = zoom if isinstance(zoom, str) else min(max(float(zoom), ZOOMS[0]), ZOOMS[-1])
        self._arrange()
        self.zoomed.emit(self.zoom)

    def step_zoom(self, steps: int) -> None:
        """The next larger (or smaller) step."""
        now = self.zoom
        if steps > 0:
            self.set_zoom(next((zoom for zoom in ZOOMS if zoom > now * 1.01), ZOOMS[-1]))
        else:
            self.set_zoom(next((zoom for zoom in reversed(ZOOMS) if zoom < now * 0.99), ZOOMS[0]))

    # --- pixels ---------------------------------------------------------------------------

    def _dpi(self) -> float:
        return round(self.zoom * self.dots_per_inch * self.devicePixelRatioF(), 1)

    def _fine(self) -> float:
        """On a coarse screen the page is drawn finer and made smaller: thin rules stay thin."""
        dpi = self._dpi()
        return dpi * (3 if dpi < _COARSE / 2 else 2 if dpi < _COARSE else 1)

    def _size(self) -> QSize:
        """Of the page on the screen."""
        if self._pages is None:
            return QSize(0, 0)
        width, height = self._pages.pixels(self._page, self._dpi())
        ratio = self.devicePixelRatioF()
        return QSize(round(width / ratio), round(height / ratio))

    def _fetch(self, page: int) -> QPixmap | None:
        """The picture of a page: at hand, or asked for on the reading lane."""
        pages, dpi = self._pages, self._dpi()
        if pages is None or not 0 <= page < self.count:
            return None
        key = (page, dpi)
        if key in self._shown:
            return self._shown[key]
        fine = self._fine()
        if pages.has(page, fine):
            return self._keep(key, smaller(pages.picture(page, fine), *pages.pixels(page, dpi)))
        if key not in self._asked:
            self._asked.add(key)
            self._shell.read(
                lambda: smaller(pages.picture(page, fine), *pages.pixels(page, dpi)),
                lambda image: self._arrived(pages, key, image),
            )
        return None

    def _arrived(self, pages: Pages, key: tuple[int, float], image: QImage) -> None:
        if pages is not self._pages:
            return
        self._asked.discard(key)
        self._keep(key, image)
        self.viewport().update()

    def _keep(self, key: tuple[int, float], image: QImage) -> QPixmap:
        made = QPixmap.fromImage(image)
        made.setDevicePixelRatio(self.devicePixelRatioF())
        while len(self._shown) >= 5:
            self._shown.pop(next(iter(self._shown)))
        self._shown[key] = made
        return made

    def _arrange(self) -> None:
        size, view = self._size(), self.viewport().size()
        edge = theme.px(_EDGE)
        ruler = theme.px(_RULER)
        for bar, content, room in (
            (self.horizontalScrollBar(), size.width() + 2 * edge + ruler, view.width()),
            (self.verticalScrollBar(), size.height() + 2 * edge + ruler, view.height()),
        ):
            bar.setPageStep(room)
            bar.setSingleStep(theme.px(40))
            bar.setRange(0, max(0, content - room))
        self.viewport().update()

    def _place(self) -> QRect:
        """Where the page stands in the viewport."""
        size, view = self._size(), self.viewport().rect()
        edge, ruler = theme.px(_EDGE), theme.px(_RULER)
        room = view.adjusted(ruler, ruler, 0, 0)
        left = room.left() + max(edge, (room.width() - size.width()) // 2)
        top = room.top() + max(edge, (room.height() - size.height()) // 2)
        return QRect(
            QPoint(left - self.horizontalScrollBar().value(),
                   top - self.verticalScrollBar().value()), size,
        )  # fmt: skip

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), theme.colour("app"))
        if self._pages is None:
            return
        place = self._place()
        painter.fillRect(place.translated(2, 2), theme.colour("border"))
        painter.fillRect(place, _WHITE)
        picture = self._fetch(self._page)
        if picture is not None:
            painter.drawPixmap(place.topLeft(), picture)
        else:  # something to look at until the sharp one arrives
            rough = next((p for (page, _), p in self._shown.items() if page == self._page), None)
            if rough is not None:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawPixmap(place, rough)
        painter.setPen(theme.colour("border-strong"))
        painter.drawRect(place.adjusted(-1, -1, 0, 0))
        self._paint_marks(painter, place)
        self._paint_rulers(painter, place)
        if self.hasFocus():
            painter.setPen(theme.colour("primary"))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
        for beside in (self._page + 1, self._page - 1):
            if picture is not None:
                self._fetch(beside)

    def _paint_marks(self, painter: QPainter, place: QRect) -> None:
        if self._pages is None:
            return
        scale = place.width() / self._pages.sizes[self._page][0]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for mark in self._marks:
            if mark.page != self._page:
                continue
            grave = mark.warning.concern in (Concern.NO_ROOM, Concern.NO_SLOT)
            painter.setPen(QPen(theme.colour("danger" if grave else "warn"), theme.px(2)))
            painter.drawRect(
                QRectF(
                    place.left() + mark.left * scale, place.top() + mark.top * scale,
                    mark.width * scale, mark.height * scale,
                )
            )  # fmt: skip

    def _paint_rulers(self, painter: QPainter, place: QRect) -> None:
        """Millimetres of the paper along the upper and the left edge."""
        ruler, view = theme.px(_RULER), self.viewport().rect()
        ground, ink = theme.colour("surface"), theme.colour("text-3")
        painter.setFont(theme.font("small"))
        each = self.zoom * self.dots_per_inch / _MM
        small = next(step for step in (1, 5, 10, 50, 100) if step * each >= theme.px(4))
        tall = small * 10 if small * 10 * each < theme.px(200) else small * 5
        for upright in (False, True):
            box = QRect(0, 0, ruler, view.height()) if upright else QRect(0, 0, view.width(), ruler)
            painter.fillRect(box, ground)
            painter.setPen(ink)
            start = place.top() if upright else place.left()
            length = (place.height() if upright else place.width()) / each
            for mark in range(0, int(length) + 1, small):
                at = start + mark * each
                big = mark % tall == 0
                out = ruler * (0.55 if big else 0.25)
                if upright:
                    painter.drawLine(QPointF(ruler - out, at), QPointF(ruler, at))
                else:
                    painter.drawLine(QPointF(at, ruler - out), QPointF(at, ruler))
                if big and mark:
                    self._number(painter, at, ruler, upright, mark)
        corner = QRect(0, 0, ruler, ruler)
        painter.fillRect(corner, ground)
        painter.drawText(corner, int(Qt.AlignmentFlag.AlignCenter), "㎜")

    def _number(self, painter: QPainter, at: float, ruler: int, upright: bool, mark: int) -> None:
        font = theme.font("small")
        font.setPixelSize(max(8, ruler // 2))
        painter.setFont(font)
        if not upright:
            painter.drawText(QRectF(at + 2, 0, 60, ruler * 0.8), 0, str(mark))
            return
        painter.save()
        painter.translate(0, at - 2)
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, 60, ruler * 0.8), 0, str(mark))
        painter.restore()

    # --- hands ----------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        if isinstance(self._zoom, str):
            self.zoomed.emit(self.zoom)

    def wheelEvent(self, event: QWheelEvent) -> None:
        up = event.angleDelta().y()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.step_zoom(1 if up > 0 else -1)
            event.accept()
            return
        bar = self.verticalScrollBar()
        if up < 0 and bar.value() == bar.maximum():
            self.turn(self._page + 1)
        elif up > 0 and bar.value() == bar.minimum():
            self.turn(self._page - 1)
            bar.setValue(bar.maximum())
        else:
            bar.setValue(bar.value() - up)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar, key = self.verticalScrollBar(), event.key()
        keys = Qt.Key
        if key == keys.Key_PageDown:
            self._page_or_scroll(1)
        elif key == keys.Key_PageUp:
            self._page_or_scroll(-1)
        elif key == keys.Key_Home:
            self.turn(0)
        elif key == keys.Key_End:
            self.turn(self.count - 1)
        elif key in (keys.Key_Down, keys.Key_Up):
            bar.setValue(bar.value() + bar.singleStep() * (1 if key == keys.Key_Down else -1))
        elif key == keys.Key_Right:
            self.turn(self._page + 1)
        elif key == keys.Key_Left:
            self.turn(self._page - 1)
        elif key in (keys.Key_Plus, keys.Key_Equal):
            self.step_zoom(1)
        elif key == keys.Key_Minus:
            self.step_zoom(-1)
        elif key == keys.Key_0:
            self.set_zoom(1.0)
        else:
            super().keyPressEvent(event)

    def _page_or_scroll(self, way: int) -> None:
        bar = self.verticalScrollBar()
        end = bar.maximum() if way > 0 else bar.minimum()
        if bar.value() == end:
            self.turn(self._page + way)
        else:
            bar.setValue(bar.value() + way * round(bar.pageStep() * 0.9))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._dragged = event.position().toPoint()
        self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged is not None:
            here = event.position().toPoint()
            moved, self._dragged = here - self._dragged, here
            for bar, by in (
                (self.horizontalScrollBar(), moved.x()),
                (self.verticalScrollBar(), moved.y()),
            ):
                bar.setValue(bar.value() - by)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._dragged = None
        self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(520), theme.px(600))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(240), theme.px(200))
