"""Draws a compiled form with values as PDF.

What is the same on every page of a sheet (borders, fills, fixed texts) is stored once, as a form
XObject that each page shows again. The file carries no time and the same values give the same
bytes, by however many processes they are drawn.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from io import BytesIO
from itertools import islice
from operator import length_hint
from typing import IO, Any, Final, TypeAlias

from reportlab.pdfbase import pdfdoc

from app.services import crew
from app.services.errors import GlyphMissing
from app.services.forms.artist import BASE, Artist, GlyphFault, Leaf, Notice, Sketch
from app.services.forms.fonts import Letters
from app.services.forms.frames import Base
from app.services.forms.pages import Overflow
from app.services.forms.pictures import Raster
from app.services.forms.streamed import StreamedDocument
from app.services.forms.template import Template
from app.services.forms.values import Values
from app.services.progress import Step, Work

_NAMED_FAULTS: Final = 12
_MANY: Final = 400  # documents that another process is worth its start for
_AT_ONCE: Final = 20  # documents that it gets at a time


@dataclass(frozen=True)
class Drawn:
    """A drawn paper: the file, pages of each document, and what the registrar should look at.

    `pdf` is empty when the file was written elsewhere.
    """

    pdf: bytes = field(repr=False)
    pages: tuple[int, ...]
    warnings: tuple[Notice, ...]
    overflows: tuple[Overflow, ...]
    shrunk: tuple[Notice, ...] = ()  # texts that fit only much smaller than the form asks


def draw(
    template: Template,
    documents: Iterable[Values],
    *,
    title: str,
    printed_on: date | None = None,
    into: IO[bytes] | None = None,
) -> Work[Drawn]:
    """Draw each document (a card, a roster) with the form, one after the other, as one PDF.

    `printed_on` fills {{打印日期}} and &D where the values do not. With `into` the file is written
    there page by page, and is not held in memory. Raises GlyphMissing, after the last document,
    naming every cell with characters that cannot be printed.
    """
    binding = _Binding(title, into)
    total = length_hint(documents)
    with closing(_sketches(template, documents, printed_on, total)) as sketches:
        for done, sketch in enumerate(sketches, start=1):
            binding.add(sketch)
            yield Step(done, max(total, done), sketch.person)
    return binding.finish()


# --- drawing the documents ----------------------------------------------------------------


def _sketches(
    template: Template, documents: Iterable[Values], printed_on: date | None, total: int
) -> Generator[Sketch, None, None]:
    """The documents as drawn, in their order; where they are many, by several processes."""
    begin = partial(_Drawing, template, printed_on)
    many = total >= _MANY
    portions = _portions(documents, _AT_ONCE if many else 1)
    with closing(crew.work_through(begin, portions, crew.helpers() if many else 0)) as drawn:
        for sketches in drawn:
            yield from sketches


#: Documents of a file, and the number of the first of them.
_Portion: TypeAlias = tuple[int, tuple[Values, ...]]


def _portions(documents: Iterable[Values], size: int) -> Iterator[_Portion]:
    rest, first = iter(documents), 0
    while some := tuple(islice(rest, size)):
        yield first, some
        first += len(some)


class _Drawing:
    """Draws portions of one file."""

    def __init__(self, template: Template, printed_on: date | None) -> None:
        self._artist = Artist(template, printed_on)

    def __call__(self, portion: _Portion) -> list[Sketch]:
        first, documents = portion
        draw = self._artist.draw
        return [draw(number, values) for number, values in enumerate(documents, start=first)]


# --- the file -----------------------------------------------------------------------------


class _Binding:
    """One PDF while its pages come in."""

    def __init__(self, title: str, into: IO[bytes] | None) -> None:
        self._memory = BytesIO()
        self._document = StreamedDocument(into or self._memory, title)
        self._document.delayedFonts.append(self)  # reportlab calls addObjects before it writes
        self._letters = Letters()
        self._bases: dict[str, Any] = {}
        self._images: dict[str, Any] = {}
        self._pages: list[int] = []
        self._notices: dict[Notice, None] = {}
        self._shrunk: dict[Notice, None] = {}
        self._overflows: list[Overflow] = []
        self._faults: dict[GlyphFault, None] = {}
        self._bound = 0  # pages so far, of all documents

    def add(self, sketch: Sketch) -> None:
        """Take in the next document."""
        for mine, new in (self._notices, sketch.notices), (self._shrunk, sketch.shrunk):
            mine.update((replace(one, page=one.page + self._bound), None) for one in new)
        self._overflows += sketch.overflows
        self._faults.update(sketch.faults)
        self._letters.add(sketch.letters)
        for leaf in sketch.leaves:
            self._add_page(leaf)
        self._pages.append(len(sketch.leaves))
        self._bound += len(sketch.leaves)

    def finish(self) -> Drawn:
        """The file; raises GlyphMissing when a character could not be drawn."""
        if self._faults:
            faults = tuple(self._faults)
            places = "；".join(map(str, faults[:_NAMED_FAULTS]))
            if len(faults) > _NAMED_FAULTS:
                places += f"等 {len(faults)} 处"
            raise GlyphMissing(places=places, faults=faults)
        self._document.close()
        return Drawn(
            self._memory.getvalue(),
            tuple(self._pages),
            tuple(self._notices),
            tuple(self._overflows),
            tuple(self._shrunk),
        )

    def addObjects(self, document: Any) -> None:
        """Write the fonts, when all is drawn."""
        document.idToObject["BasicFonts"].dict.update(self._letters.embed(document))

    def _add_page(self, leaf: Leaf) -> None:
        page = pdfdoc.PDFPage()
        page.pagewidth, page.pageheight = leaf.width, leaf.height
        page.Contents = _deflated(leaf.operators)
        page.Resources = _resources({BASE: self._base(leaf.base), **self._pictures(leaf.rasters)})
        self._document.addPage(page)

    def _base(self, base: Base) -> Any:
        if base.name not in self._bases:
            self._letters.add(base.letters)
            for sheet, cell, missing in base.missing:
                self._faults[GlyphFault(len(self._pages), "", sheet, cell, "", missing)] = None
            form = _deflated(
                base.operators,
                Type="/XObject",
                Subtype="/Form",
                BBox=pdfdoc.PDFArray(list(base.box)),
                Resources=_resources(self._pictures(base.rasters)),
            )
            self._bases[base.name] = self._document.put(form, base.name)
        return self._bases[base.name]

    def _pictures(self, rasters: dict[str, Raster]) -> dict[str, Any]:
        for name, raster in rasters.items():
            if name not in self._images:
                self._images[name] = self._document.put(_image(raster), name)
        return {name: self._images[name] for name in rasters}


def _deflated(operators: bytes, **entries: object) -> Any:
    return _stream(operators, Filter="/FlateDecode", **entries)


def _image(raster: Raster) -> Any:
    return _stream(
        raster.jpeg,
        Type="/XObject",
        Subtype="/Image",
        Width=raster.width,
        Height=raster.height,
        BitsPerComponent=8,
        ColorSpace="/DeviceGray" if raster.grey else "/DeviceRGB",
        Filter="/DCTDecode",
    )


def _stream(content: bytes, **entries: object) -> Any:
    """A stream whose content is encoded already."""
    stream = pdfdoc.PDFStream(content=content)
    for entry, value in entries.items():
        stream.dictionary[entry] = value
    return stream


def _resources(xobjects: dict[str, Any]) -> Any:
    resources = pdfdoc.PDFResourceDictionary()
    resources.basicFonts()
    resources.XObject = pdfdoc.PDFDictionary(xobjects)
    return resources
