"""Draws one document with a form: its values onto pages that any file can take in.

Nothing here knows the file or what else is in it, so documents can be drawn by several processes.
"""

import zlib
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeAlias

from app.services.errors import BarCodeUnfit
from app.services.forms.fonts import Letters, name_characters
from app.services.forms.frames import UNBOUNDED, Base, Blank, Frame, frames_of
from app.services.forms.ink import Box, Ink, place_bars, place_picture, place_qr, place_text
from app.services.forms.language import BAR_CODE, CROPPED, TICK, FieldRef
from app.services.forms.pages import (
    Overflow,
    Reader,
    Row,
    lay_out,
    overflows,
    page_of_number,
    page_origin,
    set_cell,
    written,
)
from app.services.forms.pictures import Raster
from app.services.forms.sheetstyle import Page
from app.services.forms.template import PRINT_DATE, Cell, MarginText, Sheet, Template
from app.services.forms.typeset import LEADING, PADDING, set_text
from app.services.forms.values import Picture, QrCode, Values, show, who

BASE: Final = "S1"  # resource name of the fixed part on every page
_PICTURE_INSET: Final = 1.0  # between a picture and the rule around it
_PIECES_KEPT: Final = 100_000  # texts drawn once and shown again where they recur
_MUCH_SMALLER: Final = 0.85  # of the size that the form asks for


@dataclass(frozen=True, slots=True)
class Notice:
    """A text that did not fit its cell at the smallest size; it was drawn all the same.

    `page` counts from 0 through the document, in a finished file through the whole of it.
    """

    document: int
    who: str
    sheet: str
    cell: str
    field: str
    text: str
    page: int = 0

    def __str__(self) -> str:
        person = f"“{self.who}”的" if self.who else ""
        return (
            f"{person}“{self.field}”在工作表“{self.sheet}”单元格 {self.cell} 放不下，"
            f"已用最小字号打印：{self.text}。请加宽单元格或核对内容。"
        )


@dataclass(frozen=True, slots=True)
class GlyphFault:
    """Characters of one cell that no bundled font holds."""

    document: int
    who: str
    sheet: str
    cell: str
    field: str
    characters: tuple[str, ...]

    def __str__(self) -> str:
        person = f"“{self.who}”的" if self.who else ""
        named = f"“{self.field}”" if self.field else ""
        return f"{person}{named}（{self.sheet} {self.cell}）中的 {name_characters(self.characters)}"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A drawn page (points): its deflated operators, what is below them, and its pictures."""

    width: float
    height: float
    operators: bytes = field(repr=False)
    base: Base
    rasters: dict[str, Raster] = field(repr=False)


@dataclass(slots=True)
class Sketch:
    """A drawn document, and what the registrar should look at.

    `letters` are those of the texts that its artist had not drawn before.
    """

    person: str
    leaves: list[Leaf] = field(default_factory=list)
    letters: Letters = field(default_factory=Letters)
    notices: dict[Notice, None] = field(default_factory=dict)  # does not fit
    shrunk: dict[Notice, None] = field(default_factory=dict)  # fits only much smaller
    faults: dict[GlyphFault, None] = field(default_factory=dict)
    overflows: list[Overflow] = field(default_factory=list)


#: Cell, whether it holds a number, and text: what a drawn piece of a page depends on.
_Key: TypeAlias = tuple[int, bool, str | tuple[str, ...]]
_Pieces: TypeAlias = dict[_Key, tuple[str, str]]


class Artist:
    """Draws documents with one form, and remembers the texts that recur."""

    def __init__(self, template: Template, printed_on: date | None) -> None:
        self._template, self._printed_on = template, printed_on
        self._frames = frames_of(template)
        self._pieces: _Pieces = {}

    def draw(self, number: int, values: Values) -> Sketch:
        """Draw a document, which is the `number`-th of its file, from 0."""
        if self._printed_on is not None and PRINT_DATE not in values:
            values = {**values, PRINT_DATE: self._printed_on}
        sketch = Sketch(who(values))
        sketch.overflows = overflows(self._template, values, number, sketch.person)
        laid_sheets = lay_out(self._template, values)
        total = sum(laid.count for laid in laid_sheets)
        for laid in laid_sheets:
            for sheet, rows in laid.faces():
                frame = self._frames.of(sheet, tuple(row.source for row in rows))
                reader = Reader(values, laid.offset, len(sketch.leaves) + 1, total)
                page = _Page(sheet, reader, self._pieces, sketch, number)
                sketch.leaves.append(page.draw(frame, rows, laid.scale))
        return sketch


class _Page:
    """One page while it is being drawn."""

    def __init__(
        self, sheet: Sheet, reader: Reader, pieces: _Pieces, sketch: Sketch, number: int
    ) -> None:
        self._sheet, self._reader = sheet, reader
        self._pieces, self._sketch, self._number = pieces, sketch, number
        self._ink = Ink(sketch.letters)
        self._rasters: dict[str, Raster] = {}

    def draw(self, frame: Frame, rows: tuple[Row, ...], scale: float) -> Leaf:
        """The fields over the fixed part, header and footer."""
        reader = self._reader
        for blank in frame.blanks:
            item, lone = rows[blank.row].item, blank.lone
            if lone is None:
                parts = reader.parts(blank.cell.content, item, blank.cell.number_format)
                self._text(blank, parts, item)
                continue
            value = reader.value(lone, item)
            if (value is not None and value != "") or TICK in lone.how:
                self._value(blank, lone, value, item)
        paper = page_of_number(self._sheet, reader.page)
        x, y = page_origin(paper, self._sheet.width, frame.height, scale)
        operators = (
            f"q {scale:.5f} 0 0 {scale:.5f} {x:.2f} {y:.2f} cm /{BASE} Do\n"
            f"{self._ink.operators()}\nQ\n{self._margins(paper)}\n"
        )
        deflated = zlib.compress(operators.encode("ascii"))
        width, height = round(paper.width, 2), round(paper.height, 2)
        return Leaf(width, height, deflated, frame.base, self._rasters)

    def _value(self, blank: Blank, lone: FieldRef, value: Any, item: Values | None) -> None:
        """A field that is the whole cell: a picture, a code, a number, a text."""
        cell = blank.cell
        if isinstance(value, Picture):
            crop = lone.how == CROPPED
            name, raster = place_picture(self._ink, value.data, _inset(blank.box), crop=crop)
            self._rasters[name] = raster
        elif isinstance(value, QrCode):
            place_qr(self._ink, value.text, _inset(blank.box))
        elif lone.how == BAR_CODE:
            self._bars(cell, show(value, lone.pattern), blank.box)
        else:
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            self._text(blank, [written(lone, value, cell.number_format)], item, number=number)

    def _bars(self, cell: Cell, text: str, box: Box) -> None:
        try:
            place_bars(self._ink, text, _inset(box))
        except ValueError as error:
            field, sheet = cell.fields[0].path, self._sheet.name
            raise BarCodeUnfit(sheet=sheet, cell=cell.ref, text=text, field=field) from error

    def _text(
        self, blank: Blank, parts: list[str], item: Values | None, *, number: bool = False
    ) -> None:
        """`number`: it stands right by default."""
        cell, box = blank.cell, blank.box
        text = "".join(parts)
        key = (id(blank), number, tuple(parts) if cell.runs else text)
        piece = self._pieces.get(key)
        if piece is not None:
            self._ink.add(piece)
            return
        if "\r" in text:
            parts = [part.replace("\r\n", "\n") for part in parts]
            text = "".join(parts)
        if not text.strip():
            return
        setting = set_cell(cell, parts, box.width, box.height)
        fields = "、".join(ref.path for ref in cell.fields)
        person = who(item or {}) or self._sketch.person
        faulty = self._fault(cell.ref, fields, person, cell.style.face.missing(text))
        own = self._ink.piece()
        place_text(own, setting, cell.style, box, right=number)
        piece = own.closed()
        self._ink.add(piece)
        if setting.size * setting.squeeze < cell.style.size * _MUCH_SMALLER or not setting.fits:
            sheet, page = self._sheet.name, len(self._sketch.leaves)
            notice = Notice(self._number, person, sheet, cell.ref, fields, text, page)
            (self._sketch.shrunk if setting.fits else self._sketch.notices)[notice] = None
        elif not faulty:
            if len(self._pieces) >= _PIECES_KEPT:
                self._pieces.clear()
            self._pieces[key] = piece

    def _fault(self, cell: str, field: str, person: str, missing: list[str]) -> bool:
        """Name characters that cannot be drawn; whether there are any."""
        if missing:
            place = (self._number, person, self._sheet.name, cell)
            self._sketch.faults[GlyphFault(*place, field, tuple(missing))] = None
        return bool(missing)

    def _margins(self, paper: Page) -> str:
        """Header and footer."""
        ink = Ink(self._sketch.letters)
        for margin in self._sheet.margins_of(self._reader.page):
            text = self._reader.text(margin.content, None, "")
            if text.strip():
                place = "页眉" if margin.top else "页脚"
                self._fault(place, "", "", margin.style.face.missing(text))
                _draw_margin(ink, margin, text, paper)
        return ink.operators()


def _draw_margin(ink: Ink, margin: MarginText, text: str, page: Page) -> None:
    style = margin.style
    setting = set_text(text, style, UNBOUNDED, 0)
    tall = len(setting.lines) * style.size * LEADING
    top = page.height - page.header if margin.top else page.footer + tall
    box = Box(page.left - PADDING, top, page.inner_width + 2 * PADDING, tall)
    place_text(ink, setting, style, box, right=False)


def _inset(box: Box) -> Box:
    gap = _PICTURE_INSET
    return Box(box.x + gap, box.y - gap, max(1, box.width - 2 * gap), max(1, box.height - 2 * gap))
