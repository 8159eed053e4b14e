"""学籍卡 as a competent developer writes it by hand for a reportlab canvas: the peer of pdf.draw.

The program of a page (fills, lines, labels, values and where they stand) is worked out beforehand,
as its author would have measured it off the paper; drawing is canvas calls only. Whatever makes it
quicker is granted: fonts registered once, labels with their places worked out, all lines of one
kind in one call, photographs embedded from their files without decoding, no ASCII85, one font a
style (so rare characters are lost, which its author would not notice).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final, TypeAlias

import zxingcpp
from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from app.services.forms.fonts import Family
from app.services.forms.pages import Row, page_origin, page_scale
from app.services.forms.sheetstyle import Colour, Rule
from app.services.forms.template import PAGE_COUNT, PAGE_NUMBER, Cell, FieldRef, Sheet, Template
from app.services.forms.typeset import ASCENT, LEADING, PADDING, SMALLEST, Horizontal
from app.services.forms.values import QrCode, Values, show
from app.services.resources import resource

_FILES: Final = {
    Family.SONG: "NotoSerifSC-Regular.ttf",
    Family.HEI: "NotoSansSC-Regular.ttf",
    Family.KAI: "LXGWWenKai-Regular.ttf",
    Family.FANG: "NotoSerifSC-Regular.ttf",
}
_QUIET: Final = 2

Segment: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True)
class Box:
    """A cell: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Label:
    """A line of fixed text and its baseline's start."""

    font: str
    size: float
    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Value:
    """Where a value stands, and how to write it."""

    parts: tuple[str | FieldRef, ...]
    pattern: str
    box: Box
    font: str
    size: float
    side: Horizontal
    wrap: bool


@dataclass
class PageProgram:
    """What one side of the card consists of."""

    width: float
    height: float
    origin: tuple[float, float]
    scale: float
    fills: list[tuple[Box, Colour]] = field(default_factory=list)
    lines: dict[Rule, list[Segment]] = field(default_factory=dict)
    labels: list[Label] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)


# --- measured off the paper beforehand ------------------------------------------------------


def prepare(template: Template) -> list[PageProgram]:
    """The sides of the card; registers the fonts."""
    rl_config.useA85 = 0
    for family, file in _FILES.items():
        if family.name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(family.name, str(resource("fonts", file))))
    return [_page_program(sheet) for sheet in template.main]


def _page_program(sheet: Sheet) -> PageProgram:
    rows = [Row(row) for row in range(len(sheet.heights))]
    scale = page_scale(sheet, rows)
    tops = [0.0]
    for height in sheet.heights:
        tops.append(tops[-1] - height)
    page = PageProgram(
        sheet.page.width,
        sheet.page.height,
        page_origin(sheet.page, sheet.width, -tops[-1], scale),
        scale,
    )

    def box(row: int, column: int, row_end: int, column_end: int) -> Box:
        left, right = sheet.columns[column], sheet.columns[column_end]
        return Box(left, tops[row], right - left, tops[row] - tops[row_end])

    page.fills = [(box(*place), colour) for *place, colour in sheet.fills]
    page.lines = _lines(sheet, tops)
    for cell in sheet.cells:
        place = box(cell.row, cell.column, cell.row_end, cell.column_end)
        if cell.fields:
            page.values.append(_value(cell, place))
        else:
            page.labels += _labels(cell, place)
    return page


def _lines(sheet: Sheet, tops: list[float]) -> dict[Rule, list[Segment]]:
    """Each edge once, the heavier rule where two cells disagree; neighbours joined."""
    edges: dict[tuple[bool, int, int], Rule] = {}
    for (row, column), sides in sheet.borders.sides.items():
        for key, rule in (
            ((True, row, column), sides.top),
            ((True, row + 1, column), sides.bottom),
            ((False, column, row), sides.left),
            ((False, column + 1, row), sides.right),
        ):
            if rule and (key not in edges or rule.rank > edges[key].rank):
                edges[key] = rule
    joined: dict[Rule, list[Segment]] = defaultdict(list)
    last: tuple[bool, int, int] = (True, -1, -1)
    for key in sorted(edges):
        flat, across, along = key
        rule, at = edges[key], tops if flat else sheet.columns
        ends = sheet.columns if flat else tops
        start, stop = ends[along], ends[along + 1]
        if last == (flat, across, along - 1) and edges[last] == rule:
            x, y, *_ = joined[rule].pop()
            start = x if flat else y
        joined[rule].append(
            (start, at[across], stop, at[across]) if flat else (at[across], start, at[across], stop)
        )
        last = key
    return dict(joined)


def _labels(cell: Cell, box: Box) -> Iterable[Label]:
    font, size = cell.style.family.name, cell.style.size
    texts = "".join(map(str, cell.content)).split("\n")
    first = _first_baseline(box, size, len(texts))
    for number, text in enumerate(texts):
        width = pdfmetrics.stringWidth(text, font, size)
        x = _start(box, width, cell.style.horizontal)
        yield Label(font, size, x, first - number * size * LEADING, text)


def _value(cell: Cell, box: Box) -> Value:
    style = cell.style
    return Value(
        cell.content,
        cell.number_format,
        box,
        style.family.name,
        style.size,
        style.horizontal,
        style.wrap,
    )


def _first_baseline(box: Box, size: float, lines: int) -> float:
    return box.y - (box.height - lines * size * LEADING) / 2 - size * ASCENT


def _start(box: Box, width: float, side: Horizontal) -> float:
    if side is Horizontal.RIGHT:
        return box.x + box.width - PADDING - width
    if side is Horizontal.CENTRE:
        return box.x + (box.width - width) / 2
    return box.x + PADDING


# --- drawing --------------------------------------------------------------------------------


def draw(
    pages: list[PageProgram],
    cards: Iterable[tuple[Values, str]],
    *,
    title: str,
    forms: bool = False,
) -> bytes:
    """All cards as one PDF; a card is its values and the file of its photograph.

    `forms`: what is the same on every card is drawn once, as a form XObject of the canvas.
    """
    target = BytesIO()
    canvas = Canvas(target, pageCompression=1, invariant=1)
    canvas.setTitle(title)
    if forms:
        for number, page in enumerate(pages):
            canvas.beginForm(f"card{number}", -9, -page.height - 9, page.width, 9)
            _draw_fixed(canvas, page)
            canvas.endForm()
    for values, photo in cards:
        for number, page in enumerate(pages, start=1):
            canvas.setPageSize((page.width, page.height))
            canvas.translate(*page.origin)
            canvas.scale(page.scale, page.scale)
            if forms:
                canvas.doForm(f"card{number - 1}")
            else:
                _draw_fixed(canvas, page)
            counts = {PAGE_NUMBER: number, PAGE_COUNT: len(pages)}
            _draw_values(canvas, page, {**values, **counts}, photo)
            canvas.showPage()
    canvas.save()
    return target.getvalue()


def _draw_fixed(canvas: Canvas, page: PageProgram) -> None:
    for box, colour in page.fills:
        canvas.setFillColorRGB(*colour)
        canvas.rect(box.x, box.y - box.height, box.width, box.height, stroke=0, fill=1)
    for rule, segments in page.lines.items():
        canvas.setStrokeColorRGB(*rule.colour)
        canvas.setLineWidth(rule.width)
        canvas.setDash(list(rule.dashes))
        canvas.setLineCap(0 if rule.dashes else 2)
        canvas.lines(segments)
    canvas.setFillColorRGB(0, 0, 0)
    for label in page.labels:
        canvas.setFont(label.font, label.size)
        canvas.drawString(label.x, label.y, label.text)


def _draw_values(canvas: Canvas, page: PageProgram, values: Values, photo: str) -> None:
    for value in page.values:
        only = value.parts[0] if len(value.parts) == 1 else None
        if isinstance(only, FieldRef) and only.name == "照片":
            canvas.drawImage(
                photo,
                value.box.x + 1,
                value.box.y - value.box.height + 1,
                value.box.width - 2,
                value.box.height - 2,
                preserveAspectRatio=True,
            )
        elif isinstance(only, FieldRef) and only.name == "二维码":
            _draw_qr(canvas, _read(values, only), value.box)
        else:
            text = "".join(
                part
                if isinstance(part, str)
                else show(_read(values, part), part.pattern or value.pattern)
                for part in value.parts
            )
            if text:
                _draw_text(canvas, value, text)


def _read(values: Values, ref: FieldRef) -> Any:
    if ref.index is None:
        return values.get(ref.name)
    items: list[Mapping[str, Any]] = values.get(ref.name) or []
    return items[ref.index - 1].get(ref.column or "") if ref.index <= len(items) else None


def _draw_text(canvas: Canvas, value: Value, text: str) -> None:
    room, size = value.box.width - 2 * PADDING, value.size
    width: Callable[[str], float] = lambda line: pdfmetrics.stringWidth(line, value.font, size)  # noqa: E731 - it must see the size as it shrinks
    lines = text.split("\n")
    if value.wrap:
        lines = [piece for line in lines for piece in _wrapped(line, value.font, size, room)]
    elif (widest := max(map(width, lines))) > room:
        size = max(SMALLEST, size * room / widest)
    first = _first_baseline(value.box, size, len(lines))
    canvas.setFont(value.font, size)
    for number, line in enumerate(lines):
        x = value.box.x + PADDING
        if value.side is not Horizontal.LEFT:
            x = _start(value.box, width(line), value.side)
        canvas.drawString(x, first - number * size * LEADING, line)


def _wrapped(text: str, font: str, size: float, room: float) -> list[str]:
    """Chinese lines: broken at any character."""
    lines, line, filled = [], "", 0.0
    if pdfmetrics.stringWidth(text, font, size) <= room:
        return [text]
    for character in text:
        wide = pdfmetrics.stringWidth(character, font, size)
        if filled + wide > room and line:
            lines.append(line)
            line, filled = "", 0.0
        line += character
        filled += wide
    return [*lines, line]


def _draw_qr(canvas: Canvas, code: QrCode, box: Box) -> None:
    symbol = zxingcpp.create_barcode(code.text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    matrix = memoryview(symbol.to_image(scale=1, add_quiet_zones=False)).tolist()
    unit = min(box.width, box.height) / (len(matrix) + 2 * _QUIET)
    left = box.x + (box.width - unit * len(matrix)) / 2
    top = box.y - (box.height - unit * len(matrix)) / 2
    path = canvas.beginPath()
    for row, modules in enumerate(matrix):
        for column, light in enumerate(modules):
            if not light:
                path.rect(left + column * unit, top - (row + 1) * unit, unit, unit)
    canvas.setFillColorRGB(0, 0, 0)
    canvas.drawPath(path, stroke=0, fill=1)
