"""Draws a compiled form with values as PDF.

What is the same on every page of a sheet (borders, fills, fixed texts) is drawn once, as a form
XObject that each page shows again; only fields are drawn per page. The file carries no time and
the same values give the same bytes.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from operator import length_hint
from typing import IO, Any, Final

from reportlab.pdfbase import pdfdoc

from app.services.errors import BarCodeUnfit, GlyphMissing
from app.services.forms import pictures
from app.services.forms.fonts import FontShelf, name_characters
from app.services.forms.language import BAR_CODE, CROPPED, TICK, FieldRef
from app.services.forms.pages import (
    Overflow,
    Reader,
    Row,
    lay_out,
    overflows,
    page_of_number,
    page_origin,
    rows_spanned,
    set_cell,
    typed,
    written,
)
from app.services.forms.sheetstyle import BLACK, Colour, Page, Rule
from app.services.forms.streamed import StreamedDocument
from app.services.forms.template import (
    PRINT_DATE,
    Cell,
    MarginText,
    Sheet,
    Template,
)
from app.services.forms.typeset import (
    ASCENT,
    LEADING,
    PADDING,
    STACKED,
    Horizontal,
    Line,
    Setting,
    TextStyle,
    Vertical,
    set_rich,
    set_text,
)
from app.services.forms.values import Picture, QrCode, Values, show, who
from app.services.progress import Step, Work

_SLANT: Final = 0.2126  # tangent of 12 degrees: italics of fonts that have none
_EMBOLDEN: Final = 0.02  # outline, in type sizes, that makes a regular font bold
_BEYOND: Final = 2000  # a form XObject clips at its box, and nothing may be clipped
_PICTURE_INSET: Final = 1.0  # between a picture and the rule around it
_NAMED_FAULTS: Final = 12
_PIECES_KEPT: Final = 100_000  # texts drawn once and shown again where they recur
_MUCH_SMALLER: Final = 0.85  # of the size that the form asks for


@dataclass(frozen=True, slots=True)
class Notice:
    """A text that did not fit its cell at the smallest size; it was drawn all the same.

    `page` counts from 0 through the whole file.
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
    drawing = _Drawing(template, title, printed_on, into)
    total = length_hint(documents)
    for done, values in enumerate(documents, start=1):
        drawing.add(values)
        yield Step(done, max(total, done), drawing.person)
    return drawing.finish()


# --- operators ----------------------------------------------------------------------------


class _Ink:
    """Collects drawing operators; texts last, each graphics state set only when it changes."""

    def __init__(self, shelf: FontShelf) -> None:
        self._shelf = shelf
        self._shapes: list[str] = []
        self._texts: list[str] = []
        self._font = ""
        self._colour: Colour = BLACK
        self._spread = 0.0
        self._squeeze = 1.0

    def piece(self) -> "_Ink":
        """An empty one, for a text that may come again."""
        return _Ink(self._shelf)

    def closed(self) -> tuple[str, str]:
        """Shapes and texts that may follow and be followed by any others."""
        texts = self._texts
        if self._colour != BLACK:
            texts.append("0 g")
        if self._spread:
            texts.append("0 Tc")
        if self._squeeze != 1:
            texts.append("100 Tz")
        return "\n".join(self._shapes), "\n".join(texts)

    def add(self, piece: tuple[str, str]) -> None:
        """Take over what has been drawn before."""
        shapes, texts = piece
        if shapes:
            self._shapes.append(shapes)
        self._texts.append(texts)

    def shape(self, operators: str) -> None:
        """Lines, fills, pictures."""
        self._shapes.append(operators)

    def fill(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """A filled rectangle; `y` is its lower edge."""
        self.shape(f"{_rgb(colour)} rg {x:.2f} {y:.2f} {width:.2f} {height:.2f} re f")

    def line(
        self,
        text: str,
        style: TextStyle,
        setting: Setting,
        at: tuple[float, float],
        spread: float = 0,
        turn: tuple[float, float] = (1, 0),
    ) -> None:
        """One line of text from its baseline's start; `turn` is (cosine, sine)."""
        write = self._texts.append
        size = setting.size
        if style.colour != self._colour:
            write(f"{_rgb(style.colour)} rg")
            self._colour = style.colour
        if spread != self._spread:
            write(f"{spread:.3f} Tc")
            self._spread = spread
        if setting.squeeze != self._squeeze:
            write(f"{setting.squeeze * 100:.1f} Tz")
            self._squeeze = setting.squeeze
        cosine, sine = turn
        if style.italic or sine:
            slant = _SLANT if style.italic else 0
            write(
                f"{cosine:.4f} {sine:.4f} {slant * cosine - sine:.4f} {slant * sine + cosine:.4f}"
                f" {at[0]:.2f} {at[1]:.2f} Tm"
            )
        else:
            write(f"1 0 0 1 {at[0]:.2f} {at[1]:.2f} Tm")
        if TICK in text:
            self._tick(text, style, setting, at, spread, turn)
        for font, piece in style.face.runs(text):
            name, codes = self._shelf.encode(font, piece)
            wanted = f"/{name} {size:.2f} Tf"
            if wanted != self._font:
                write(wanted)
                self._font = wanted
            if style.bold and not font.heavy:
                write(f"{_rgb(style.colour)} RG {size * _EMBOLDEN:.3f} w 2 Tr <{codes}> Tj 0 Tr")
            else:
                write(f"<{codes}> Tj")

    def _tick(
        self,
        text: str,
        style: TextStyle,
        setting: Setting,
        at: tuple[float, float],
        spread: float,
        turn: tuple[float, float],
    ) -> None:
        """The strokes over each ☑: the fonts have only its empty box."""
        size, (cosine, sine) = setting.size, turn
        for place, character in enumerate(text):
            if character != TICK:
                continue
            along = (style.face.width(text[:place]) * size + spread * place) * setting.squeeze
            x, y = at[0] + along * cosine, at[1] + along * sine
            self.shape(
                f"q {size * cosine:.3f} {size * sine:.3f} {-size * sine:.3f} {size * cosine:.3f}"
                f" {x:.2f} {y:.2f} cm {_rgb(style.colour)} RG .09 w 1 J 1 j"
                " .26 .38 m .44 .16 l .78 .64 l S Q"
            )

    def operators(self) -> str:
        """Everything drawn."""
        if not self._texts:
            return "\n".join(self._shapes)
        return "\n".join([*self._shapes, "BT 0 g", *self._texts, "ET"])


def _rgb(colour: Colour) -> str:
    return "{:.3f} {:.3f} {:.3f}".format(*colour)


# --- texts in boxes -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Box:
    """A cell on the sheet: left, top (y grows upwards), width and height."""

    x: float
    y: float
    width: float
    height: float


def _place_text(ink: _Ink, setting: Setting, style: TextStyle, box: _Box, right: bool) -> None:
    """Draw a set text into its cell; `right`: a number, which stands right by default."""
    if style.rotation in (90, -90):
        _place_upright(ink, setting, style, box)
        return
    if style.rotation not in (0, STACKED):
        _place_slanted(ink, setting, style, box)
        return
    for line, baseline in zip(
        setting.lines, _baselines(setting, style.vertical, box.height), strict=True
    ):
        offset = _horizontal(style, line.width, line.spread, box.width, right)
        at = box.x + offset, box.y + baseline
        if line.runs:
            _place_runs(ink, line, at)
            continue
        ink.line(line.text, style, setting, at, line.spread)
        if style.underline or style.strike:
            _decorate(ink, style, setting.size, at, line.width)


def _place_runs(ink: _Ink, line: Line, at: tuple[float, float]) -> None:
    """A line of rich text, run by run on one baseline."""
    x, y = at
    for text, style in line.runs:
        width = style.face.width(text) * style.size + line.spread * len(text)
        ink.line(text, style, Setting((), style.size), (x, y), line.spread)
        if style.underline or style.strike:
            _decorate(ink, style, style.size, (x, y), width)
        x += width


def _baselines(setting: Setting, vertical: Vertical, height: float) -> Iterator[float]:
    """The baselines of the lines below the top of the cell (negative)."""
    sizes = [line.size or setting.size for line in setting.lines]
    tall = sum(sizes) * LEADING
    between = 0.0
    if vertical is Vertical.DISTRIBUTED and len(sizes) > 1 and height > tall:
        between = (height - tall) / (len(sizes) - 1)
        tall = height
    top = {Vertical.TOP: 0.0, Vertical.BOTTOM: tall - height}.get(vertical, (tall - height) / 2)
    for size in sizes:
        yield top - size * ASCENT
        top -= size * LEADING + between


_FROM_LEFT: Final = (Horizontal.LEFT, Horizontal.JUSTIFY, Horizontal.FILL)


def _horizontal(style: TextStyle, width: float, spread: float, room: float, right: bool) -> float:
    """Start of a line from the cell's left edge."""
    indent = PADDING + style.indented
    side = style.horizontal
    if side is Horizontal.GENERAL:
        side = Horizontal.RIGHT if right else Horizontal.LEFT
    if side is Horizontal.RIGHT:
        return room - indent - width
    if side in _FROM_LEFT or spread:
        return indent
    return (room - width) / 2


def _decorate(
    ink: _Ink, style: TextStyle, size: float, at: tuple[float, float], width: float
) -> None:
    thick = max(0.4, size * 0.05)
    for number in range(style.underline):
        ink.fill(at[0], at[1] - size * 0.14 - number * thick * 2, width, thick, style.colour)
    if style.strike:
        ink.fill(at[0], at[1] + size * 0.34, width, thick, style.colour)


_ALONG: Final = {Vertical.TOP: 1, Vertical.CENTRE: 0, Vertical.BOTTOM: -1, Vertical.DISTRIBUTED: 0}
_ACROSS: Final = {Horizontal.LEFT: -1, Horizontal.RIGHT: 1}


def _place_upright(ink: _Ink, setting: Setting, style: TextStyle, box: _Box) -> None:
    """Text turned by 90 degrees: up (90) or down (-90) the cell."""
    up = style.rotation == 90
    size, count = setting.size, len(setting.lines)
    tall = size * LEADING * count
    across = _ACROSS.get(style.horizontal, 0)  # -1 left, 0 centre, 1 right
    free = (box.width - tall) / 2 - PADDING * abs(across)
    left = box.x + (box.width - tall) / 2 + free * across
    for number, line in enumerate(setting.lines):
        depth = number * size * LEADING + size * ASCENT
        x = left + depth if up else left + tall - depth
        start = (box.height - line.width) / 2
        if along := _ALONG[style.vertical]:
            start += (start - PADDING) * (along if up else -along)
        y = box.y - box.height + start if up else box.y - start
        ink.line(line.text, style, setting, (x, y), line.spread, (0, 1 if up else -1))


def _place_slanted(ink: _Ink, setting: Setting, style: TextStyle, box: _Box) -> None:
    """Text at any other angle: turned around the middle of the cell."""
    angle = math.radians(style.rotation)
    cosine, sine = math.cos(angle), math.sin(angle)
    middle = box.x + box.width / 2, box.y - box.height / 2
    pitch = setting.size * LEADING
    top = pitch * len(setting.lines) / 2
    for number, line in enumerate(setting.lines):
        along, up = -line.width / 2, top - number * pitch - setting.size * ASCENT
        at = middle[0] + along * cosine - up * sine, middle[1] + along * sine + up * cosine
        ink.line(line.text, style, setting, at, line.spread, (cosine, sine))


# --- what is the same on every page -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Field:
    """A cell with fields on one layout of rows: its place, and which row's item it reads."""

    cell: Cell
    lone: FieldRef | None
    box: _Box
    row: int


@dataclass(frozen=True, slots=True)
class _Frame:
    """The fixed part of a page, drawn as XObject `name`, and the fields to draw over it."""

    name: str
    reference: Any
    height: float
    fields: tuple[_Field, ...]


class _Grid:
    """The rows of one page as they stand: tops, and the boxes of cells."""

    def __init__(self, sheet: Sheet, sources: tuple[int, ...]) -> None:
        self.sheet, self.sources = sheet, sources
        self.tops = [0.0]
        for source in sources:
            self.tops.append(self.tops[-1] - sheet.heights[source])

    def boxes(self) -> Iterator[tuple[Cell, _Box, int]]:
        """Every visible cell on the page with its box and the number of its row."""
        by_row: dict[int, list[Cell]] = {}
        for cell in self.sheet.cells:
            by_row.setdefault(cell.row, []).append(cell)
        for number, source in enumerate(self.sources):
            for cell in by_row.get(source, ()):
                box = self.box(number, cell.row_end, cell.column, cell.column_end)
                if box.width and box.height:
                    yield cell, box, number

    def box(self, number: int, row_end: int, column: int, column_end: int) -> _Box:
        """The box of a cell from row `number` on; a merged cell ends with the page."""
        rows = rows_spanned(self.sources, number, row_end)
        left, right = self.sheet.columns[column], self.sheet.columns[column_end]
        top, bottom = self.tops[number], self.tops[number + rows]
        return _Box(left, top, right - left, top - bottom)


def _draw_fills(ink: _Ink, grid: _Grid) -> None:
    for row, column, row_end, column_end, colour in grid.sheet.fills:
        for number, source in enumerate(grid.sources):
            if source == row:
                box = grid.box(number, row_end, column, column_end)
                ink.fill(box.x, box.y - box.height, box.width, box.height, colour)


def _heavier(one: Rule | None, other: Rule | None) -> Rule | None:
    if one is None or other is None:
        return one or other
    return one if one.rank >= other.rank else other


def _draw_borders(ink: _Ink, grid: _Grid) -> None:
    """Each edge once, neighbouring edges of one kind as one line."""
    sides, columns = grid.sheet.borders.sides, grid.sheet.columns
    rows, across = len(grid.sources), len(columns) - 1
    lines: dict[Rule, list[tuple[float, float, float, float]]] = {}

    def side(number: int, column: int, name: str) -> Rule | None:
        if not (0 <= number < rows and 0 <= column < across):
            return None
        if not grid.tops[number] - grid.tops[number + 1] or columns[column] == columns[column + 1]:
            return None  # a hidden row or column
        found = sides.get((grid.sources[number], column))
        return getattr(found, name) if found else None

    for number in range(rows + 1):
        run = _Run(lines)
        for column in range(across):
            rule = _heavier(side(number - 1, column, "bottom"), side(number, column, "top"))
            run.extend(rule, columns[column], columns[column + 1], grid.tops[number], flat=True)
        run.end()
    for column in range(across + 1):
        run = _Run(lines)
        for number in range(rows):
            rule = _heavier(side(number, column - 1, "right"), side(number, column, "left"))
            run.extend(rule, grid.tops[number], grid.tops[number + 1], columns[column], flat=False)
        run.end()
    for (row, column), found in sides.items():
        if found.falling or found.rising:
            row_end, column_end = grid.sheet.borders.spans.get(
                (row, column), (row, column, row + 1, column + 1)
            )[2:]
            for number in (n for n, source in enumerate(grid.sources) if source == row):
                box = grid.box(number, row_end, column, column_end)
                left, right, top, bottom = box.x, box.x + box.width, box.y, box.y - box.height
                if found.falling:
                    lines.setdefault(found.falling, []).append((left, top, right, bottom))
                if found.rising:
                    lines.setdefault(found.rising, []).append((left, bottom, right, top))
    for rule, segments in lines.items():
        _stroke(ink, rule, segments)


class _Run:
    """Joins edges of the same rule along one line of the grid."""

    def __init__(self, lines: dict[Rule, list[tuple[float, float, float, float]]]) -> None:
        self._lines = lines
        self._rule: Rule | None = None
        self._start = self._stop = self._across = 0.0
        self._flat = True

    def extend(
        self, rule: Rule | None, start: float, stop: float, across: float, flat: bool
    ) -> None:
        """The next edge, from `start` to `stop`, at `across` the other axis."""
        if rule != self._rule:
            self.end()
            self._rule, self._start, self._across, self._flat = rule, start, across, flat
        self._stop = stop

    def end(self) -> None:
        """Close the line that is open."""
        if self._rule is not None:
            segment = (
                (self._start, self._across, self._stop, self._across)
                if self._flat
                else (self._across, self._start, self._across, self._stop)
            )
            self._lines.setdefault(self._rule, []).append(segment)
        self._rule = None


def _stroke(ink: _Ink, rule: Rule, segments: list[tuple[float, float, float, float]]) -> None:
    if rule.double:
        segments = [shifted for segment in segments for shifted in _beside(segment)]
    dashes = " ".join(f"{dash:g}" for dash in rule.dashes)
    path = " ".join(f"{a:.2f} {b:.2f} m {c:.2f} {d:.2f} l" for a, b, c, d in segments)
    cap = 0 if rule.dashes else 2  # square ends close the corners
    ink.shape(f"{_rgb(rule.colour)} RG {rule.width:g} w {cap} J [{dashes}] 0 d {path} S")


def _beside(
    segment: tuple[float, float, float, float], apart: float = 0.75
) -> Iterator[tuple[float, float, float, float]]:
    x, y, x_end, y_end = segment
    length = math.hypot(x_end - x, y_end - y) or 1
    dx, dy = (y - y_end) / length * apart, (x_end - x) / length * apart
    for sign in (1, -1):
        yield x + sign * dx, y + sign * dy, x_end + sign * dx, y_end + sign * dy


# --- the document -------------------------------------------------------------------------


class _Drawing:
    """One PDF while it is being drawn."""

    def __init__(
        self, template: Template, title: str, printed_on: date | None, into: IO[bytes] | None
    ) -> None:
        self._template, self._printed_on = template, printed_on
        self._memory = BytesIO()
        self._document = StreamedDocument(into or self._memory, title)
        self._shelf = FontShelf(self._document)
        self._frames: dict[tuple[int, tuple[int, ...]], _Frame] = {}
        self._pieces: dict[tuple[int, bool, str | tuple[str, ...]], tuple[str, str]] = {}
        self._images: dict[str, Any] = {}
        self._pages: list[int] = []
        self._notices: dict[Notice, None] = {}
        self._shrunk: dict[Notice, None] = {}
        self._overflows: list[Overflow] = []
        self._faults: dict[GlyphFault, None] = {}
        self._drawn = 0  # pages so far, of all documents
        self.person = ""

    def add(self, values: Values) -> None:
        """Draw one document."""
        if self._printed_on is not None and PRINT_DATE not in values:
            values = {**values, PRINT_DATE: self._printed_on}
        self.person = who(values)
        self._overflows += overflows(self._template, values, len(self._pages), self.person)
        laid_sheets = lay_out(self._template, values)
        total = sum(laid.count for laid in laid_sheets)
        number = 0
        for laid in laid_sheets:
            for sheet, rows in laid.faces():
                number += 1
                reader = Reader(values, laid.offset, number, total)
                self._draw_page(sheet, laid.scale, rows, reader)
                self._drawn += 1
        self._pages.append(total)

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

    def _draw_page(self, sheet: Sheet, scale: float, rows: tuple[Row, ...], reader: Reader) -> None:
        paper = page_of_number(sheet, reader.page)
        frame = self._frame(sheet, rows)
        xobjects = {frame.name: frame.reference}
        ink = _Ink(self._shelf)
        for placed in frame.fields:
            item, lone = rows[placed.row].item, placed.lone
            if lone is None:
                parts = reader.parts(placed.cell.content, item, placed.cell.number_format)
                self._draw_text(ink, placed, parts, False, item, sheet)
                continue
            value = reader.value(lone, item)
            if (value is not None and value != "") or TICK in lone.how:
                self._draw_value(ink, placed, lone, value, item, sheet, xobjects)
        x, y = page_origin(paper, sheet.width, frame.height, scale)
        margins = self._margin_texts(sheet, paper, reader)
        stream = (
            f"q {scale:.5f} 0 0 {scale:.5f} {x:.2f} {y:.2f} cm /{frame.name} Do\n"
            f"{ink.operators()}\nQ\n{margins}\n"
        )
        self._add_page(paper.width, paper.height, stream, xobjects)

    def _add_page(self, width: float, height: float, stream: str, xobjects: dict[str, Any]) -> None:
        page = pdfdoc.PDFPage()
        page.pagewidth, page.pageheight = round(width, 2), round(height, 2)
        page.Contents = pdfdoc.PDFStream(content=stream, filters=[pdfdoc.PDFZCompress])
        page.Resources = _resources(xobjects)
        self._document.addPage(page)

    def _frame(self, sheet: Sheet, rows: tuple[Row, ...]) -> _Frame:
        sources = tuple(row.source for row in rows)
        key = (id(sheet), sources)
        frame = self._frames.get(key)
        if frame is None:
            frame = self._frames[key] = self._draw_frame(sheet, sources)
        return frame

    def _draw_frame(self, sheet: Sheet, sources: tuple[int, ...]) -> _Frame:
        grid = _Grid(sheet, sources)
        ink = _Ink(self._shelf)
        _draw_fills(ink, grid)
        _draw_borders(ink, grid)
        xobjects: dict[str, Any] = {}
        for picture in sheet.pictures:
            for number in (n for n, source in enumerate(sources) if source == picture.row):
                x, y = sheet.columns[picture.column] + picture.x, grid.tops[number] - picture.y
                box = _Box(x, y, picture.width, picture.height)
                self._draw_picture(ink, picture.data, box, xobjects)
        fields = []
        for cell, box, number in grid.boxes():
            if cell.changes:
                fields.append(_Field(cell, cell.lone, box, number))
            else:
                self._draw_fixed(ink, cell, box, sheet)
        name = f"S{len(self._frames) + 1}"
        height = -grid.tops[-1]
        stream = pdfdoc.PDFStream(content=ink.operators(), filters=[pdfdoc.PDFZCompress])
        entries = {
            "Type": "/XObject",
            "Subtype": "/Form",
            "BBox": pdfdoc.PDFArray(
                [-_BEYOND, round(-height - _BEYOND), round(sheet.width + _BEYOND), _BEYOND]
            ),
            "Resources": _resources(xobjects),
        }
        for entry, value in entries.items():
            stream.dictionary[entry] = value
        return _Frame(name, self._document.Reference(stream, name), height, tuple(fields))

    def _draw_fixed(self, ink: _Ink, cell: Cell, box: _Box, sheet: Sheet) -> None:
        parts = [str(part) for part in cell.content]
        text = "".join(parts)
        if not text.strip():
            return
        self._check_glyphs(text, cell.style, sheet, cell.ref)
        style = cell.style
        if (
            style.wrap
            or style.shrink
            or style.rotation
            or style.horizontal in (Horizontal.DISTRIBUTED, Horizontal.FILL)
        ):
            setting = set_cell(cell, parts, box.width, box.height)
        elif cell.runs:
            setting = set_rich(typed(cell, parts), style, _BEYOND, box.height)
        else:  # as in a spreadsheet, a fixed text that is too long stands over its neighbours
            setting = set_text(text, style, _BEYOND, box.height)
        _place_text(ink, setting, style, box, right=False)

    def _draw_value(
        self,
        ink: _Ink,
        placed: _Field,
        lone: FieldRef,
        value: Any,
        item: Values | None,
        sheet: Sheet,
        xobjects: dict[str, Any],
    ) -> None:
        """A field that is the whole cell: a picture, a code, a number, a text."""
        cell, box = placed.cell, placed.box
        if isinstance(value, Picture):
            crop = lone.how == CROPPED
            self._draw_picture(ink, value.data, _inset(box), xobjects, crop=crop)
        elif isinstance(value, QrCode):
            _draw_qr(ink, value.text, _inset(box))
        elif lone.how == BAR_CODE:
            _draw_bars(ink, show(value, lone.pattern), _inset(box), sheet, cell)
        else:
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            text = written(lone, value, cell.number_format)
            self._draw_text(ink, placed, [text], number, item, sheet)

    def _draw_text(
        self,
        ink: _Ink,
        placed: _Field,
        parts: list[str],
        number: bool,
        item: Values | None,
        sheet: Sheet,
    ) -> None:
        cell, box = placed.cell, placed.box
        text = "".join(parts)
        key = (id(placed), number, tuple(parts) if cell.runs else text)
        piece = self._pieces.get(key)
        if piece is not None:
            ink.add(piece)
            return
        if "\r" in text:
            parts = [part.replace("\r\n", "\n") for part in parts]
            text = "".join(parts)
        if not text.strip():
            return
        setting = set_cell(cell, parts, box.width, box.height)
        fields = "、".join(ref.path for ref in cell.fields)
        person = who(item or {}) or self.person
        self._check_glyphs(text, cell.style, sheet, cell.ref, fields, person)
        own = ink.piece()
        _place_text(own, setting, cell.style, box, number)
        piece = own.closed()
        ink.add(piece)
        if setting.size * setting.squeeze >= cell.style.size * _MUCH_SMALLER and setting.fits:
            if len(self._pieces) >= _PIECES_KEPT:
                self._pieces.clear()
            self._pieces[key] = piece
            return
        notice = Notice(len(self._pages), person, sheet.name, cell.ref, fields, text, self._drawn)
        (self._shrunk if setting.fits else self._notices)[notice] = None

    def _check_glyphs(
        self,
        text: str,
        style: TextStyle,
        sheet: Sheet,
        cell: str,
        field: str = "",
        person: str = "",
    ) -> None:
        absent = [character for character in style.face.missing(text) if character != "\n"]
        if absent:
            place = (len(self._pages), person, sheet.name, cell)
            self._faults[GlyphFault(*place, field, tuple(absent))] = None

    def _draw_picture(
        self, ink: _Ink, data: bytes, box: _Box, xobjects: dict[str, Any], *, crop: bool = False
    ) -> None:
        raster = pictures.prepare(data, box.width, box.height, crop=crop)
        name = "P" + hashlib.sha256(raster.jpeg).hexdigest()[:16]
        if name not in self._images:
            stream = pdfdoc.PDFStream(content=raster.jpeg)
            entries = {
                "Type": "/XObject",
                "Subtype": "/Image",
                "Width": raster.width,
                "Height": raster.height,
                "BitsPerComponent": 8,
                "ColorSpace": "/DeviceGray" if raster.grey else "/DeviceRGB",
                "Filter": "/DCTDecode",
            }
            for entry, value in entries.items():
                stream.dictionary[entry] = value
            self._images[name] = self._document.put(stream, name)
        xobjects[name] = self._images[name]
        dx, dy, wide, tall = pictures.fit(raster.width, raster.height, box.width, box.height)
        ink.shape(
            f"q {wide:.2f} 0 0 {tall:.2f} {box.x + dx:.2f} {box.y - dy - tall:.2f} cm /{name} Do Q"
        )

    def _margin_texts(self, sheet: Sheet, paper: Page, reader: Reader) -> str:
        ink = _Ink(self._shelf)
        for margin in sheet.margins_of(reader.page):
            text = reader.text(margin.content, None, "")
            if text.strip():
                place = "页眉" if margin.top else "页脚"
                self._check_glyphs(text, margin.style, sheet, place)
                _draw_margin(ink, margin, text, paper)
        return ink.operators()


def _draw_margin(ink: _Ink, margin: MarginText, text: str, page: Page) -> None:
    style = margin.style
    setting = set_text(text, style, _BEYOND, 0)
    tall = len(setting.lines) * style.size * LEADING
    top = page.height - page.header if margin.top else page.footer + tall
    box = _Box(page.left - PADDING, top, page.inner_width + 2 * PADDING, tall)
    _place_text(ink, setting, style, box, right=False)


def _inset(box: _Box) -> _Box:
    gap = _PICTURE_INSET
    return _Box(box.x + gap, box.y - gap, max(1, box.width - 2 * gap), max(1, box.height - 2 * gap))


def _draw_qr(ink: _Ink, text: str, box: _Box) -> None:
    symbol, dark = pictures.qr_code(text)
    modules = symbol + 2 * pictures.QUIET
    dx, dy, side, _ = pictures.fit(modules, modules, box.width, box.height)
    unit = side / modules
    left, top = box.x + dx + unit * pictures.QUIET, box.y - dy - unit * pictures.QUIET
    bars = " ".join(f"{start} {-row - 1} {length} 1 re" for row, start, length in dark)
    ink.shape(f"q {unit:.5f} 0 0 {unit:.5f} {left:.2f} {top:.2f} cm 0 g {bars} f Q")


def _draw_bars(ink: _Ink, text: str, box: _Box, sheet: Sheet, cell: Cell) -> None:
    """A bar code as wide and as tall as its cell allows."""
    try:
        modules, bars = pictures.bar_code(text)
    except ValueError as error:
        field = cell.fields[0].path
        raise BarCodeUnfit(sheet=sheet.name, cell=cell.ref, text=text, field=field) from error
    unit = box.width / modules
    path = " ".join(f"{start} 0 {length} 1 re" for start, length in bars)
    bottom = box.y - box.height
    ink.shape(f"q {unit:.5f} 0 0 {box.height:.2f} {box.x:.2f} {bottom:.2f} cm 0 g {path} f Q")


def _resources(xobjects: dict[str, Any]) -> Any:
    resources = pdfdoc.PDFResourceDictionary()
    resources.basicFonts()
    resources.XObject = pdfdoc.PDFDictionary(xobjects)
    return resources
