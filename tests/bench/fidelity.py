"""How near our paper is to a spreadsheet's own: every character compared with LibreOffice's.

LibreOffice converts a workbook, our engine draws the same one, and each character is looked for
where the other has put it. What neither can know without the fonts of a Chinese Windows is given to
both alike: the type is ours on both sides, with the line height that Song has in Excel; column
widths and row heights, whose unit is the Normal font, are handed to LibreOffice in points. Line
ends, places in the cell, scale, page breaks, margins and header are each program's own.
"""

import math
import re
import struct
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from ctypes import byref, c_double
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

import openpyxl
import pypdfium2
import pypdfium2.raw as pdfium
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from app.services.clock import today
from app.services.forms import pdf, xlsx
from app.services.forms.fields import FORM_FIELDS, FORMS, FormField, ValueKind, fields_of
from app.services.forms.fonts import Family, family_of
from app.services.forms.sheetstyle import PIXEL, Palette
from app.services.forms.template import Sheet, compile_template
from app.services.forms.typeset import ASCENT, LEADING
from app.services.forms.values import QrCode, Values
from app.services.progress import finish
from app.services.resources import resource
from tests import foreign
from tests.bench import soffice
from tests.bench.options import Options
from tests.bench.report import Figure

MILLIMETRE: Final = 72 / 25.4
_REACH: Final = 20.0  # points; a character farther away than this is astray
_FAMILIES: Final = {
    Family.SONG: "Noto Serif SC",
    Family.HEI: "Noto Sans SC",
    Family.KAI: "LXGW WenKai",
    Family.FANG: "Noto Serif SC",  # none ships
}

_MEASURE: Final = "Measure"  # a font for the unit of columns

Placed = tuple[str, float, float]


@dataclass(frozen=True)
class Verdict:
    """One workbook compared: pages, millimetres between the two places of each character."""

    name: str
    pages: int
    peer_pages: int
    deviations: tuple[float, ...]
    astray: tuple[tuple[int, Placed, str], ...]  # page, character, whose

    @cached_property
    def p95(self) -> float:
        """Nineteen of twenty characters are at least this near, in millimetres."""
        if len(self.deviations) < 2:
            return math.inf
        return quantiles(self.deviations, n=20, method="inclusive")[-1]

    @property
    def lost(self) -> float:
        """Share of characters that stand on another line or page than the spreadsheet's."""
        return len(self.astray) / (2 * len(self.deviations) + len(self.astray) or 1)


class Judge:
    """Compares; one start of LibreOffice for all workbooks."""

    def __init__(self, program: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._program, self._folder = program, folder
        self.fonts = folder / "fonts"
        self.fonts.mkdir()
        for path in resource("fonts").glob("*.ttf"):
            (self.fonts / path.name).write_bytes(_with_line_height(path.read_bytes()))
        _measuring_font(self.fonts / "measure.ttf")

    def compare(self, papers: Mapping[str, tuple[bytes, bytes]]) -> list[Verdict]:
        """Of each paper: its workbook, and our PDF of it."""
        names = {}
        copies = []
        for number, (workbook, _) in enumerate(papers.values()):
            copies.append(self._folder / f"paper{number}.xlsx")
            content, used = _for_libreoffice(workbook)
            copies[-1].write_bytes(content)
            names |= {font: _FAMILIES[family_of(font)] for font in used}
        office = soffice.Office(
            self._program, self._folder / "office", fonts=self.fonts, names=names
        )
        made = office.convert(copies)
        return [
            verdict(name, drawn, path.read_bytes())
            for (name, (_, drawn)), path in zip(papers.items(), made, strict=True)
        ]


def lines(options: Options) -> Iterator[Figure]:
    """Our forms, then the workbooks of others."""
    program = soffice.program()
    for title, papers in (("本程序的表样", own()), ("外来的表", others())):
        item = f"与 LibreOffice 逐字相距（{title}）"
        if program is None:
            yield Figure(item, len(papers), None, "没有 soffice")
            continue
        verdicts = Judge(program, options.folder / f"judge{len(papers)}").compare(papers)
        yield figure(item, verdicts)


def figure(item: str, verdicts: list[Verdict]) -> Figure:
    """The row of the table: p95 of all characters, and whether every page agrees."""
    every = [deviation for verdict in verdicts for deviation in verdict.deviations]
    p95 = quantiles(every, n=20, method="inclusive")[-1]
    same = sum(verdict.pages == verdict.peer_pages for verdict in verdicts)
    lost = sum(len(verdict.astray) for verdict in verdicts) / (2 * len(every))
    said = f"分页相同 {same}/{len(verdicts)}，不在同一处的字 {lost:.1%}"
    return Figure(item, len(verdicts), p95, said, bound=0.5, met_besides=same == len(verdicts))


# --- the papers ---------------------------------------------------------------------------


def others() -> dict[str, tuple[bytes, bytes]]:
    """The workbooks of tests/foreign.py, and ours of them."""
    made = {}
    for name, build in foreign.BUILDERS.items():
        content = foreign.saved(build())
        template = compile_template(content, name)
        made[name] = content, finish(pdf.draw(template, [{}], title=name, printed_on=today())).pdf
    return made


def own(names: Collection[str] = ()) -> dict[str, tuple[bytes, bytes]]:
    """Forms that ship with the program (these, or all) with the examples of the dictionary."""
    made = {}
    for path in sorted(Path(str(resource("forms"))).glob("*.xlsx")):
        if names and path.stem not in names:
            continue
        template = compile_template(path)
        values = example_values(path.stem)
        made[path.stem] = (
            finish(xlsx.fill(template, [values])),
            finish(pdf.draw(template, [values], title=path.stem)).pdf,
        )
    return made


def example_values(form: str) -> Values:
    """Values of a form from the examples of its fields; lists have enough items to turn a page."""
    known = fields_of(form) if form in FORMS else FORM_FIELDS
    return {field.name: _example(field) for field in known}


def _example(field: FormField) -> Any:
    if field.kind is ValueKind.LIST:
        long = field.name == "名单"
        return [
            {column.name: _example(column) for column in field.columns}
            for _ in range(60 if long else 2)
        ]
    if field.kind is ValueKind.QR:
        return QrCode("XUEJI:7K3M9QXD0001")
    if field.kind is ValueKind.NUMBER:
        return float(field.example) if "." in field.example else int(field.example)
    return field.example or None


# --- the same ground for both -------------------------------------------------------------


def _with_line_height(font: bytes) -> bytes:
    """The font with the ascent and descent that our lines have, and no gap between them."""
    (count,) = struct.unpack_from(">H", font, 4)
    made = bytearray(font)
    tables = {
        font[12 + 16 * n : 16 + 16 * n]: struct.unpack_from(">L", font, 20 + 16 * n)[0]
        for n in range(count)
    }
    (em,) = struct.unpack_from(">H", font, tables[b"head"] + 18)
    up, down = round(ASCENT * em), round((LEADING - ASCENT) * em)
    struct.pack_into(">hhh", made, tables[b"hhea"] + 4, up, -down, 0)
    struct.pack_into(">hhhHH", made, tables[b"OS/2"] + 68, up, -down, 0, up, down)
    return bytes(made)


def _measuring_font(path: Path) -> None:
    """A font whose digits and space are half as wide as its size: the unit of columns."""
    digits = [f"digit{n}" for n in range(10)]
    names = [".notdef", "space", *digits]
    pen = TTGlyphPen(None)
    pen.moveTo((50, 0))
    pen.lineTo((450, 0))
    pen.lineTo((450, 700))
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({32: "space", **{48 + n: digits[n] for n in range(10)}})
    builder.setupGlyf({name: pen.glyph() for name in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (500, 50)))
    builder.setupHorizontalHeader(ascent=980, descent=-220)
    builder.setupNameTable({"familyName": _MEASURE, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=980, sTypoDescender=-220, usWinAscent=980, usWinDescent=220)
    builder.setupPost()
    builder.save(path)


def _for_libreoffice(content: bytes) -> tuple[bytes, set[str]]:
    """A copy whose columns and rows have our points in its own measure, and the fonts it names."""
    template = compile_template(content)
    workbook: Any = openpyxl.load_workbook(BytesIO(content), rich_text=True)
    normal = workbook._named_styles["Normal"]
    used = {font.name for font in workbook._fonts if font.name}
    own, size = str(normal.font.name), float(normal.font.sz or 11)
    unit = round(Palette(workbook).indent_step / 3 / PIXEL)
    normal.font = Font(name=_MEASURE, size=2 * unit * PIXEL)
    for sheet in template.sheets:
        worksheet = workbook[sheet.name]
        _give_sizes(sheet, worksheet, unit * PIXEL)
        for item in (worksheet.oddHeader, worksheet.oddFooter):
            used |= {name for part in _parts(item) for name in _margin_fonts(part, own, size)}
    used |= {
        block.font.rFont
        for worksheet in workbook
        for row in worksheet.iter_rows()
        for cell in row
        if isinstance(cell.value, list)
        for block in cell.value
        if not isinstance(block, str) and block.font.rFont
    }
    target = BytesIO()
    workbook.save(target)
    return target.getvalue(), used


def _parts(item: Any) -> tuple[Any, ...]:
    return tuple(part for part in (item.left, item.center, item.right) if part.text)


def _margin_fonts(part: Any, normal: str, size: float) -> Iterator[str]:
    """The fonts of a header's text; one that names none is given the Normal font by name."""
    yield from re.findall(r'&"([^,"]+)', part.text)
    if not part.font:
        part.font, part.size = f"{normal},常规", part.size or round(size)
    yield part.font.partition(",")[0]


def _give_sizes(sheet: Sheet, worksheet: Any, digit: float) -> None:
    hidden_columns = {
        column
        for letter, dimension in worksheet.column_dimensions.items()
        if dimension.hidden
        for column in range(dimension.min or 1, (dimension.max or dimension.min or 1) + 1)
    }
    worksheet.column_dimensions.clear()
    for number in range(len(sheet.columns) - 1):
        points = sheet.columns[number + 1] - sheet.columns[number]
        column = sheet.first_column + number
        dimension = worksheet.column_dimensions[get_column_letter(column)]
        if column in hidden_columns:
            dimension.hidden = True
        else:
            dimension.width = points / digit
    owed = 0.0  # LibreOffice cuts every row to hundredths of a millimetre; whole pixels repay it
    for number, height in enumerate(sheet.heights):
        dimension = worksheet.row_dimensions[sheet.first_row + number]
        if not dimension.hidden:
            pixels = round((height + owed) / PIXEL)
            dimension.height = pixels * PIXEL
            owed += height - math.floor(pixels * PIXEL / MILLIMETRE * 100) / 100 * MILLIMETRE


# --- comparing ----------------------------------------------------------------------------


def characters(content: bytes) -> list[list[Placed]]:
    """Of each page, its characters and where each begins on its baseline (points)."""
    pages = []
    with pypdfium2.PdfDocument(content) as document:
        for page in document:
            text = page.get_textpage()
            pages.append(list(_of_page(text)))
            text.close()
            page.close()
    return pages


def _of_page(text: Any) -> Iterator[Placed]:
    x, y = c_double(), c_double()
    for place in range(text.count_chars()):
        character = chr(pdfium.FPDFText_GetUnicode(text.raw, place))
        if character.isspace() or character == "\0" or pdfium.FPDFText_IsGenerated(text.raw, place):
            continue
        pdfium.FPDFText_GetCharOrigin(text.raw, place, byref(x), byref(y))
        yield character, x.value, y.value


def verdict(name: str, ours: bytes, theirs: bytes) -> Verdict:
    """Two PDFs of one workbook compared."""
    our_pages, their_pages = characters(ours), characters(theirs)
    deviations: list[float] = []
    astray: list[tuple[int, Placed, str]] = []
    for number in range(max(len(our_pages), len(their_pages))):
        ours_here = our_pages[number] if number < len(our_pages) else []
        theirs_here = their_pages[number] if number < len(their_pages) else []
        found, missed, surplus = _pair(ours_here, theirs_here)
        deviations += found
        astray += [(number, place, "ours") for place in missed]
        astray += [(number, place, "theirs") for place in surplus]
    return Verdict(name, len(our_pages), len(their_pages), tuple(deviations), tuple(astray))


def _pair(
    ours: Iterable[Placed], theirs: Iterable[Placed]
) -> tuple[list[float], list[Placed], list[Placed]]:
    """Nearest pairs of equal characters, in millimetres, and those of either side without one."""
    near: dict[str, list[Placed]] = defaultdict(list)
    for place in theirs:
        near[place[0]].append(place)
    far: dict[str, list[Placed]] = defaultdict(list)
    for place in ours:
        far[place[0]].append(place)
    found: list[float] = []
    missed: list[Placed] = []
    surplus: list[Placed] = []
    for character in near.keys() | far.keys():
        mine, other = far[character], near[character]
        pairs = sorted(
            (math.dist(a[1:], b[1:]), i, j)
            for i, a in enumerate(mine)
            for j, b in enumerate(other)
            if abs(a[1] - b[1]) < _REACH and abs(a[2] - b[2]) < _REACH
        )
        used_mine: set[int] = set()
        used_other: set[int] = set()
        for distance, i, j in pairs:
            if i not in used_mine and j not in used_other:
                used_mine.add(i)
                used_other.add(j)
                found.append(distance / MILLIMETRE)
        missed += [place for i, place in enumerate(mine) if i not in used_mine]
        surplus += [place for j, place in enumerate(other) if j not in used_other]
    return found, missed, surplus
