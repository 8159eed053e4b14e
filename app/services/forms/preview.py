"""The preview: a paper drawn once. What is shown is what is printed and what is saved.

The pages live in memory only. PDFium is not made for several threads, so it is asked by one at a
time.
"""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, cast

import pypdfium2
import pypdfium2.raw as pdfium

from app.services.clock import today
from app.services.errors import GlyphMissing
from app.services.forms import pdf
from app.services.forms.artist import GlyphFault
from app.services.forms.fonts import name_characters
from app.services.forms.printing import Document, Sheet
from app.services.forms.values import who
from app.services.progress import Work

_POINTS: Final = 72
_WHITE: Final = 0xFFFFFFFF
_KEPT: Final = 64 * 1024 * 1024  # bytes of pictures kept around the page that is shown
_PHOTO: Final = "照片"
_pdfium: Final = threading.Lock()


class Concern(StrEnum):
    """What the registrar should look at before the paper leaves."""

    NO_GLYPH = "缺字，没有列入"
    NO_ROOM = "放不下"
    NO_SLOT = "格数不够"
    NO_PHOTO = "缺照片"
    SHRUNK = "文字缩小"


@dataclass(frozen=True, slots=True)
class PaperWarning:
    """One place to look at: whose, which cell, on which page (None: it is on none)."""

    concern: Concern
    who: str
    place: str
    sentence: str
    page: int | None
    student_id: int | None


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """One page: whose document it belongs to, its place there, its size in points."""

    index: int
    document: int
    number: int
    of: int
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PagePicture:
    """Pixels of a page on white: grey (1 byte) or blue-green-red-unused (4 bytes)."""

    width: int
    height: int
    stride: int
    grey: bool
    data: bytes = field(repr=False)


class Pages:
    """The pages of a PDF as pixels, at any resolution; usable from any thread."""

    def __init__(self, content: bytes) -> None:
        self.file = content
        with _pdfium:
            self._document = pypdfium2.PdfDocument(content)
            self.sizes: tuple[tuple[float, float], ...] = tuple(
                self._document.get_page_size(index) for index in range(len(self._document))
            )
        self._closing = weakref.finalize(self, _close, self._document)
        self._pictures: OrderedDict[tuple[int, float, bool], PagePicture] = OrderedDict()
        self._kept = 0

    def __len__(self) -> int:
        return len(self.sizes)

    def picture(self, page: int, dpi: float, *, grey: bool = False) -> PagePicture:
        """A whole page; those asked for lately are kept."""
        key = (page, round(dpi, 2), grey)
        found = self._pictures.get(key)
        if found is None:
            found = self._render(page, dpi, grey, 0, self.pixels(page, dpi)[1])
            with _pdfium:
                self._keep(key, found)
        return found

    def has(self, page: int, dpi: float, *, grey: bool = False) -> bool:
        """Whether the picture is at hand."""
        return (page, round(dpi, 2), grey) in self._pictures

    def bands(self, page: int, dpi: float, rows: int = 512) -> Iterator[tuple[int, PagePicture]]:
        """A page in grey from top to bottom, `rows` at a time, each with its first row.

        A page for a laser printer is 35 MB whole; the lock is let go between the bands.
        """
        height = self.pixels(page, dpi)[1]
        for top in range(0, height, rows):
            yield top, self._render(page, dpi, True, top, min(rows, height - top))

    def pixels(self, page: int, dpi: float) -> tuple[int, int]:
        """Width and height of a page at a resolution."""
        width, height = self.sizes[page]
        return max(1, round(width * dpi / _POINTS)), max(1, round(height * dpi / _POINTS))

    def close(self) -> None:
        """Let go of the document; it also goes with the last who holds these pages."""
        self._closing()
        self._pictures.clear()

    def _render(self, page: int, dpi: float, grey: bool, top: int, rows: int) -> PagePicture:
        width, height = self.pixels(page, dpi)
        kind = pdfium.FPDFBitmap_Gray if grey else pdfium.FPDFBitmap_BGRx
        flags = pdfium.FPDF_ANNOT | (pdfium.FPDF_GRAYSCALE if grey else 0)
        with _pdfium:
            bitmap = pypdfium2.PdfBitmap.new_native(width, rows, kind)
            # a page is transparent: without white under it grey comes out black
            pdfium.FPDFBitmap_FillRect(bitmap.raw, 0, 0, width, rows, _WHITE)
            loaded: Any = self._document[page]
            pdfium.FPDF_RenderPageBitmap(bitmap.raw, loaded.raw, 0, -top, width, height, 0, flags)
            loaded.close()
            made = PagePicture(width, rows, bitmap.stride, grey, bytes(bitmap.buffer))
            bitmap.close()
        return made

    def _keep(self, key: tuple[int, float, bool], made: PagePicture) -> None:
        if key in self._pictures:
            return
        self._pictures[key] = made
        self._kept += len(made.data)
        while self._kept > _KEPT and len(self._pictures) > 1:
            _, gone = self._pictures.popitem(last=False)
            self._kept -= len(gone.data)


def _close(document: Any) -> None:
    with _pdfium:
        document.close()


class Preview:
    """预览: one filled paper, its one PDF, where each document lies in it, what to look at."""

    def __init__(
        self, sheet: Sheet, drawn: pdf.Drawn, refused: tuple[PaperWarning, ...] = ()
    ) -> None:
        self.sheet = sheet
        self.pages = Pages(drawn.pdf)
        self.places = tuple(self._places(drawn.pages))
        self.warnings = (*refused, *self._warnings(drawn))

    @property
    def file(self) -> bytes:
        """The PDF that is shown, printed and saved."""
        return self.pages.file

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """First page of each document."""
        return tuple(place.index for place in self.places if place.number == 1)

    def owner(self, page: int) -> str:
        """Whose page it is, in words."""
        return who(self.sheet.documents[self.places[page].document].values)

    def close(self) -> None:
        """Let go of the pages."""
        self.pages.close()

    def _places(self, counts: tuple[int, ...]) -> Iterator[PreviewPage]:
        index = 0
        for document, count in enumerate(counts):
            for number in range(1, count + 1):
                yield PreviewPage(index, document, number, count, *self.pages.sizes[index])
                index += 1

    def _warnings(self, drawn: pdf.Drawn) -> Iterator[PaperWarning]:
        documents = self.sheet.documents
        for concern, notices in (
            (Concern.NO_ROOM, drawn.warnings),
            (Concern.SHRUNK, drawn.shrunk),
        ):
            for notice in notices:
                said = (
                    str(notice)
                    if concern is Concern.NO_ROOM
                    else f"“{notice.field}”字多，已缩小打印：{notice.text}"
                )
                yield PaperWarning(
                    concern,
                    notice.who,
                    f"{notice.sheet} {notice.cell}",
                    said,
                    notice.page,
                    documents[notice.document].student_id,
                )
        for over in drawn.overflows:
            yield PaperWarning(
                Concern.NO_SLOT,
                over.who,
                f"{over.sheet} {over.cell}",
                str(over),
                self._first(over.document),
                documents[over.document].student_id,
            )
        yield from self._photos()

    def _photos(self) -> Iterator[PaperWarning]:
        found = [
            place
            for ref, places in self.sheet.template.fields.items()
            if ref.name == _PHOTO
            for place in places
        ]
        if not found:
            return
        for number, document in enumerate(self.sheet.documents):
            if document.values.get(_PHOTO) is None:
                name = who(document.values)
                yield PaperWarning(
                    Concern.NO_PHOTO,
                    name,
                    f"{found[0].sheet} {found[0].cell}",
                    f"“{name}”没有照片，照片栏空白。",
                    self._first(number),
                    document.student_id,
                )

    def _first(self, document: int) -> int:
        return self.starts[document]


def preview(sheet: Sheet) -> Work[Preview]:
    """Draw a filled paper. Documents with characters that cannot be printed are left out, named.

    Raises GlyphMissing when nothing would be left.
    """
    refused: tuple[PaperWarning, ...] = ()
    try:
        drawn = yield from _draw(sheet)
    except GlyphMissing as missing:
        faults = cast(tuple[GlyphFault, ...], missing.details["faults"])
        bad = {fault.document for fault in faults}
        kept = tuple(one for at, one in enumerate(sheet.documents) if at not in bad)
        if not kept:
            raise
        each = {(one.document, one.field, one.characters): one for one in faults}
        refused = tuple(_refused(one, sheet.documents[one.document]) for one in each.values())
        sheet = replace(sheet, documents=kept)
        drawn = yield from _draw(sheet)
    return Preview(sheet, drawn, refused)


def glance(sheet: Sheet) -> Work[Preview]:
    """The first document alone, to show something at once."""
    return (yield from preview(replace(sheet, documents=sheet.documents[:1])))


def _draw(sheet: Sheet) -> Work[pdf.Drawn]:
    return (
        yield from pdf.draw(sheet.template, sheet.values, title=sheet.title, printed_on=today())
    )


def _refused(fault: GlyphFault, document: Document) -> PaperWarning:
    return PaperWarning(
        Concern.NO_GLYPH,
        fault.who,
        f"{fault.sheet} {fault.cell}",
        f"“{fault.who}”的“{fault.field}”里 {name_characters(fault.characters)} 没有字形，"
        "这一份没有列入。请核对用字；确是此字的，怎样印见手册“表样与打印”。",
        None,
        document.student_id,
    )
