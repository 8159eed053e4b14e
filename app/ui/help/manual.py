"""手册: the chapters that ship with the program, beside the work; F1 opens that of this place."""

from dataclasses import dataclass
from functools import cache
from typing import Final

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QPainter,
    QResizeEvent,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QTextBrowser,
    QWidget,
)

from app.services.resources import resource
from app.ui import theme

#: The chapter (its number) that speaks of each place.
CHAPTERS: Final = {
    "home": "10",
    "students": "03",
    "intake": "02",
    "cases": "06",
    "headcount": "06",
    "cards": "04",
    "rosters": "04",
    "forms": "04",
    "archive": "05",
    "calendar": "10",
    "system": "09",
}
_FIRST: Final = "01"
#: The folder of the manual's pictures, and how a chapter names one.
PICTURES: Final = "pictures"
_SCROLL_BAR: Final = 20
_SINGLE, _LINE = 100.0, 135.0
_PER_CENT: Final = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
_PICTURE: Final = "\ufffc"  # what Qt's text has in the place of one


@dataclass(frozen=True, slots=True)
class Chapter:
    """One page of the manual: file name and title."""

    file: str
    title: str
    text: str


@cache
def chapters() -> tuple[Chapter, ...]:
    """All chapters in the order of their numbers."""
    pages = []
    for path in sorted(resource("manual").glob("[0-9][0-9]-*.md")):
        text = path.read_text(encoding="utf-8")
        pages.append(Chapter(path.name, text.partition("\n")[0].lstrip("# ").strip(), text))
    return tuple(pages)


def page_of(place: str) -> str:
    """The file that speaks of a place; the first chapter where none does."""
    number = CHAPTERS.get(place, _FIRST)
    found = [page.file for page in chapters() if page.file.startswith(number)]
    return found[0] if found else chapters()[0].file


class Reader(QTextBrowser):
    """Shows a text of our own; its links lead to other texts of ours and nowhere else.

    Pictures are those of the manual, as wide as the text: the wider the window, the larger.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._text, self._width = "", 0
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.document().setDocumentMargin(theme.px(24))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_text(self, markdown: str) -> None:
        """Show a text from its beginning."""
        self._text = markdown
        self._width = self.viewport().width()
        self.setFont(theme.font("base"))
        self.document().setDefaultFont(theme.font("base"))
        self.setMarkdown(markdown)
        self._give_room()

    def _give_room(self) -> None:
        """Lines and paragraphs apart, as Qt sets Markdown close."""
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        block = self.document().begin()
        while block.isValid():
            cursor.setPosition(block.position())
            if cursor.currentTable() is None:
                shape = block.blockFormat()
                shape.setTopMargin(theme.px(18 if shape.headingLevel() else 0))
                shape.setBottomMargin(theme.px(4 if block.textList() else 10))
                shape.setLineHeight(_SINGLE if _PICTURE in block.text() else _LINE, _PER_CENT)
                cursor.setBlockFormat(shape)
            block = block.next()
        cursor.endEditBlock()

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """A picture of the manual; nothing else is fetched from anywhere."""
        path = resource("manual", PICTURES, QUrl(name).fileName())
        if kind != QTextDocument.ResourceType.ImageResource.value or not path.is_file():
            return None
        room = self._width - 2 * round(self.document().documentMargin()) - _SCROLL_BAR
        sharpness = self.devicePixelRatioF()
        picture = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB32)
        if picture.width() > room * sharpness > 0:
            smooth = Qt.TransformationMode.SmoothTransformation
            picture = picture.scaledToWidth(round(room * sharpness), smooth)
        painter = QPainter(picture)
        painter.setPen(theme.colour("border"))
        painter.drawRect(picture.rect().adjusted(0, 0, -1, -1))
        painter.end()
        picture.setDevicePixelRatio(sharpness)
        return picture

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._text and self.viewport().width() != self._width:
            at = self.verticalScrollBar().value() / max(self.verticalScrollBar().maximum(), 1)
            self.show_text(self._text)
            self.verticalScrollBar().setValue(round(at * self.verticalScrollBar().maximum()))


class Manual(QDialog):
    """Chapters on the left, the open one on the right; work can go on beside it."""

    def __init__(self, file: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("使用手册")
        self.resize(theme.px(980), theme.px(620))
        row = QHBoxLayout(self)
        row.setContentsMargins(*(theme.px(12),) * 4)
        row.setSpacing(theme.px(12))
        self.list = QListWidget()
        self.list.setAccessibleName("章节")
        self.list.setSpacing(3)
        self.list.setFixedWidth(theme.px(220))
        self.reader = Reader("手册正文")
        for chapter in chapters():
            item = QListWidgetItem(chapter.title)
            item.setData(Qt.ItemDataRole.UserRole, chapter.file)
            self.list.addItem(item)
        row.addWidget(self.list)
        row.addWidget(self.reader, 1)
        self.list.currentItemChanged.connect(lambda *_: self._show())
        self.reader.anchorClicked.connect(lambda url: self.open_page(url.toString()))
        self.open_page(file)
        self.list.setFocus()

    @property
    def file(self) -> str:
        """The chapter that is shown."""
        item = self.list.currentItem()
        return "" if item is None else str(item.data(Qt.ItemDataRole.UserRole))

    def open_page(self, file: str) -> None:
        """Show a chapter by its file name; any other name is passed over."""
        for at, chapter in enumerate(chapters()):
            if chapter.file == file:
                self.list.setCurrentRow(at)

    def _show(self) -> None:
        text = next(chapter.text for chapter in chapters() if chapter.file == self.file)
        self.reader.show_text(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F1:
            self.close()
        else:
            super().keyPressEvent(event)
