"""A form drawn in a spreadsheet, compiled once: its layout, its fixed texts, and its fields.

The workbook is the form: column widths, merged cells, borders, fonts and page setup are the
layout; `{{姓名}}` and its like are the content. What compiles here is drawn by pdf.py and filled by
xlsx.py. Lengths are points; rows and columns count from 0 within the printed area.

What may be typed between the braces is said in language.py. {{页码}} and {{总页数}} count within
one document; so do &P and &N in header and footer, which know &D and &A too.

A sheet named 续… is printed only when a list has more items than slots, as often as needed.
Hidden sheets and those named #… are notes for whoever draws the form.
"""

import hashlib
import math
import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from io import BytesIO
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, Final, TypeAlias

import openpyxl
from openpyxl.cell.cell import MergedCell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.utils import column_index_from_string, get_column_letter, range_boundaries
from openpyxl.utils.datetime import from_excel
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from app.services.errors import FormEmpty, FormFaulty, FormUnreadable
from app.services.forms.language import (
    DUPLEX,
    GROUP,
    NEW_PAGE,
    Condition,
    Content,
    FieldRef,
    MalformedFieldError,
    Part,
    fields_in,
    parse_content,
    placed_parts,
    row_condition,
)
from app.services.forms.pictures import place_anchor
from app.services.forms.sheetstyle import (
    Borders,
    Colour,
    Page,
    Palette,
    Sides,
    character_pixels,
    column_points,
    default_column_points,
    number_format,
    page_of,
    row_points,
    run_style,
    sides_of,
    text_style,
)
from app.services.forms.typeset import LEADING, Horizontal, TextStyle, set_text
from app.services.forms.values import is_date_pattern, show, show_text
from app.services.workbooks import BookFault, look_into

PAGE_NUMBER: Final = "页码"
PAGE_COUNT: Final = "总页数"
PRINT_DATE: Final = "打印日期"

SHRUNK: Final = 0.95  # a sheet that need not shrink more to fit the width does; else it is cut
MAX_CELLS: Final = 200_000
_ROW_CONDITION: Final = "{{本行如果"


@dataclass(frozen=True, slots=True)
class Cell:
    """A printed text: fixed, or with fields. `row_end` and `column_end` are exclusive.

    `room_left` and `room_right` are points of empty neighbours that a long text may use.
    """

    ref: str
    row: int
    column: int
    row_end: int
    column_end: int
    content: Content
    style: TextStyle
    number_format: str
    room_left: float = 0
    room_right: float = 0
    runs: tuple[tuple[int, TextStyle], ...] = ()  # rich text: of each part, its run and type

    @property
    def fields(self) -> tuple[FieldRef, ...]:
        """The fields in the text."""
        return tuple(fields_in(self.content))

    @property
    def changes(self) -> bool:
        """Whether its text differs from document to document."""
        return any(not isinstance(part, str) for part in self.content)

    @property
    def lone(self) -> FieldRef | None:
        """The field that is the whole cell, so that a picture or a number may stand there."""
        if len(self.content) == 1:
            part = self.content[0]
            return part if isinstance(part, FieldRef) else None
        return None


@dataclass(frozen=True, slots=True)
class Block:
    """The rows that are repeated for each item of a list; `end` is exclusive."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Group:
    """The rows that are repeated for each group of a list, its own row among them.

    The items with one value of `column` are a group; `new_page`: each starts a page.
    """

    name: str
    column: str
    start: int
    end: int
    new_page: bool


@dataclass(frozen=True, slots=True)
class RowCondition:
    """Rows that are printed only when the condition holds; `end` is exclusive."""

    start: int
    end: int
    condition: Condition


@dataclass(frozen=True, slots=True)
class FixedPicture:
    """A picture placed in the form itself (a school badge): row and column of its corner."""

    row: int
    column: int
    x: float
    y: float
    width: float
    height: float
    data: bytes


@dataclass(frozen=True, slots=True)
class MarginText:
    """One of the six texts of header and footer; a form may have others on even or first pages."""

    content: Content
    style: TextStyle
    top: bool
    pages: str = "odd"  # or "even", "first", where the form has them apart


@dataclass(frozen=True)
class Sheet:
    """One worksheet of the form. Hidden rows and columns are 0 points tall or wide."""

    name: str
    page: Page
    first_row: int  # of the worksheet, counted from 1
    first_column: int
    heights: tuple[float, ...]
    columns: tuple[float, ...]  # left edge of each column, and the right edge of the last
    cells: tuple[Cell, ...]
    borders: Borders
    fills: tuple[tuple[int, int, int, int, Colour], ...]  # row, column, row_end, column_end
    titles: tuple[int, int] | None  # rows repeated on every page, end exclusive
    blocks: tuple[Block, ...]
    breaks: frozenset[int]  # rows that start a page
    column_breaks: frozenset[int]  # columns that start a page
    title_columns: tuple[int, int] | None  # columns repeated on every page, end exclusive
    across_first: bool  # whether the pages beside each other are printed before those below
    pictures: tuple[FixedPicture, ...]
    margin_texts: tuple[MarginText, ...]
    groups: tuple[Group, ...] = ()
    conditions: tuple[RowCondition, ...] = ()
    even_apart: bool = False  # even pages have a header and footer of their own
    first_apart: bool = False
    mirrored: bool = False  # 双面装订: on even pages the left and right margins change places

    @property
    def is_continuation(self) -> bool:
        """续页: printed only for items that found no slot."""
        return self.name.startswith("续")

    def margins_of(self, number: int) -> Iterator[MarginText]:
        """The texts of header and footer on page `number`, from 1."""
        wanted = "even" if self.even_apart and number % 2 == 0 else "odd"
        if self.first_apart and number == 1:
            wanted = "first"
        return (text for text in self.margin_texts if text.pages == wanted)

    @property
    def width(self) -> float:
        """Width of the printed area."""
        return self.columns[-1]

    def columns_across(self, room: float) -> tuple["Sheet", ...]:
        """The sheet as cut into pages beside each other, each `room` points wide at most."""
        found = self._cuts.get(room)
        if found is None:
            slices = _slices(self, room)
            found = (self,) if len(slices) == 1 else tuple(self._with(s) for s in slices)
            self._cuts[room] = found
        return found

    @cached_property
    def _cuts(self) -> dict[float, tuple["Sheet", ...]]:
        return {}

    def _with(self, kept: frozenset[int]) -> "Sheet":
        """The sheet with these columns only; the others are 0 points wide."""
        edges = [0.0]
        for column in range(len(self.columns) - 1):
            width = self.columns[column + 1] - self.columns[column] if column in kept else 0.0
            edges.append(edges[-1] + width)
        return replace(
            self,
            columns=tuple(edges),
            cells=tuple(cell for cell in self.cells if cell.column in kept),
            pictures=tuple(picture for picture in self.pictures if picture.column in kept),
        )

    @cached_property
    def slots(self) -> dict[str, int]:
        """Highest slot number of each list."""
        room: dict[str, int] = {}
        for cell in self.cells:
            for ref in cell.fields:
                if ref.index is not None:
                    room[ref.name] = max(room.get(ref.name, 0), ref.index)
        return room


def _slices(sheet: Sheet, room: float) -> list[frozenset[int]]:
    """The columns of each page across, title columns repeated."""
    start, end = sheet.title_columns or (0, 0)
    titles = frozenset(range(start, end))
    wide = sheet.columns[end] - sheet.columns[start]
    slices: list[frozenset[int]] = []
    page: set[int] = set()
    filled = 0.0
    for column in range(len(sheet.columns) - 1):
        width = sheet.columns[column + 1] - sheet.columns[column]
        if page and (filled + width > room or column in sheet.column_breaks):
            slices.append(frozenset(page))
            repeat = column >= end and wide + width <= room
            page = set(titles) if repeat else set()
            filled = wide if repeat else 0.0
        page.add(column)
        filled += width
    return [*slices, frozenset(page)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field stands."""

    sheet: str
    cell: str


@dataclass(frozen=True, eq=False)
class Template:
    """A compiled form. `version` names the exact workbook (first 16 hex digits of its SHA-256)."""

    name: str
    version: str
    sheets: tuple[Sheet, ...]
    fields: dict[FieldRef, tuple[Place, ...]]
    notes: tuple[str, ...]  # what will not print as drawn
    source: bytes = field(repr=False)

    def __reduce__(self) -> tuple[Callable[[bytes, str], "Template"], tuple[bytes, str]]:
        """Another process compiles it anew, once."""
        return _compiled, (self.source, self.name)

    @property
    def main(self) -> tuple[Sheet, ...]:
        """The sheets of every document."""
        return tuple(sheet for sheet in self.sheets if not sheet.is_continuation)

    @cached_property
    def last_slots(self) -> dict[str, tuple[Sheet, Cell, int]]:
        """Of each list that has slots: sheet and cell of the last one, and its number."""
        last: dict[str, tuple[Sheet, Cell, int]] = {}
        for sheet in self.main:
            for cell in sheet.cells:
                for ref in cell.fields:
                    if ref.index and (ref.name not in last or ref.index >= last[ref.name][2]):
                        last[ref.name] = (sheet, cell, ref.index)
        return last

    @cached_property
    def shown(self) -> dict[str, frozenset[str] | None]:
        """What the form prints, by name: these columns of a list (none: its length), or a value."""
        shown: dict[str, set[str]] = {}
        whole: set[str] = set()
        for ref in self.fields:
            columns = shown.setdefault(ref.name, set())
            if ref.column is not None:
                columns.add(ref.column)
            elif not ref.over_list:
                whole.add(ref.name)
        return {
            name: None if name in whole and not columns else frozenset(columns)
            for name, columns in shown.items()
        }

    @cached_property
    def continued(self) -> dict[str, int]:
        """Slots of each list on one set of continuation sheets."""
        return {name: room for sheet in self.continuations for name, room in sheet.slots.items()}

    @property
    def continuations(self) -> tuple[Sheet, ...]:
        """续页: the sheets for items that found no slot."""
        return tuple(sheet for sheet in self.sheets if sheet.is_continuation)


def is_printed(worksheet: Worksheet) -> bool:
    """Whether a worksheet is part of the paper."""
    return worksheet.sheet_state == "visible" and not worksheet.title.startswith("#")


# --- compiling ----------------------------------------------------------------------------


def compile_template(source: Path | bytes, name: str = "") -> Template:
    """Read a form from an .xlsx file; mistakes are named with their sheet and cell.

    `name` stands for a form given as bytes; that of a file is its own.
    """
    if isinstance(source, Path):
        name = name or source.stem
        try:
            data = source.read_bytes()
        except OSError as error:
            raise FormUnreadable(name=source.name, reason="文件读不出来") from error
    else:
        data = source
    name = name or "表样"
    workbook = open_workbook(data, name)
    try:
        palette = Palette(workbook)
    except Exception as error:  # the theme is XML of its own, read only here
        raise FormUnreadable(name=name, reason="配色部分已损坏") from error
    notes: list[str] = []
    sheets: list[Sheet] = []
    for worksheet in workbook.worksheets:
        if is_printed(worksheet):
            sheet = _SheetCompiler(name, workbook, worksheet, palette, notes).compile()
            if sheet is not None:
                sheets.append(sheet)
    if not any(not sheet.is_continuation for sheet in sheets):
        raise FormEmpty(name=name)
    notes += _shapes(data)
    return Template(
        name=name,
        version=hashlib.sha256(data).hexdigest()[:16],
        sheets=tuple(sheets),
        fields=_index_fields(sheets),
        notes=tuple(notes),
        source=data,
    )


@lru_cache(maxsize=16)
def _compiled(source: bytes, name: str) -> Template:
    return compile_template(source, name)


def open_workbook(data: bytes, name: str) -> Workbook:
    """The workbook of a form; macro files and everything else that is no .xlsx are refused."""
    fault = look_into(data, unpacked=_LARGEST).fault
    if fault is not None:
        raise FormUnreadable(name=name, reason=fault)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl on parts of the file that do not print
            return openpyxl.load_workbook(BytesIO(data), rich_text=True)
    except Exception as error:  # a damaged workbook raises whatever a library happens to meet
        raise FormUnreadable(name=name, reason=BookFault.DAMAGED) from error


#: Bytes of a form when it is unpacked; the largest of ours has under one megabyte.
_LARGEST: Final = 32 << 20


def _shapes(data: bytes) -> list[str]:
    """A note when the workbook holds drawn lines or text boxes, which are no cells."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        for member in archive.namelist():
            if member.startswith("xl/drawings/drawing") and member.endswith(".xml"):
                drawing = archive.read(member)
                if b"<xdr:sp" in drawing or b"<xdr:cxnSp" in drawing:
                    return ["表样里有图形或文本框，打印不出来：请改用单元格的文字和边框。"]
    return []


def _index_fields(sheets: Iterable[Sheet]) -> dict[FieldRef, tuple[Place, ...]]:
    found: dict[FieldRef, list[Place]] = {}
    for sheet in sheets:
        for cell in sheet.cells:
            for ref in cell.fields:
                found.setdefault(ref, []).append(Place(sheet.name, cell.ref))
        for text in sheet.margin_texts:
            for ref in fields_in(text.content):
                place = Place(sheet.name, "页眉" if text.top else "页脚")
                found.setdefault(ref, []).append(place)
        for rows in sheet.conditions:
            place = Place(sheet.name, f"第 {rows.start + sheet.first_row} 行")
            found.setdefault(rows.condition.ref, []).append(place)
    return {ref: tuple(places) for ref, places in found.items() if not ref.directive}


_Span: TypeAlias = tuple[int, int, int, int]


class _SheetCompiler:
    """Compiles one worksheet."""

    def __init__(
        self,
        form: str,
        workbook: Workbook,
        worksheet: Any,
        palette: Palette,
        notes: list[str],
    ) -> None:
        self._form, self._sheet, self._palette, self._notes = form, worksheet, palette, notes
        self._normal = palette.normal_font
        self._digit = character_pixels(self._normal)
        self._merged = {
            (merged.min_row, merged.min_col): merged for merged in worksheet.merged_cells.ranges
        }
        self._wb = workbook
        self._conditions: list[RowCondition] = []

    def compile(self) -> Sheet | None:
        """The compiled sheet, or None when nothing on it would print."""
        area = self._area()
        if area is None:
            return None
        self._top, self._left, self._bottom, self._right = area
        if (self._bottom - self._top + 1) * (self._right - self._left + 1) > MAX_CELLS:
            raise self._fault(
                f"{get_column_letter(self._right)}{self._bottom}", "表样太大，请设置打印区域"
            )
        self._widths = self._column_widths()
        self._edges = [0.0]
        for width in self._widths:
            self._edges.append(self._edges[-1] + width)
        self._heights = self._row_heights()
        cells = tuple(self._cells())
        page = page_of(self._sheet)
        margin_texts = tuple(self._margin_texts())
        blocks = self._blocks(cells)
        self._note_page(page, blocks)
        said = {ref.name for cell in cells for ref in cell.fields if ref.directive}
        said |= {ref.name for text in margin_texts for ref in fields_in(text.content)}
        return Sheet(
            name=self._sheet.title,
            page=page,
            first_row=self._top,
            first_column=self._left,
            heights=tuple(self._heights),
            columns=tuple(self._edges),
            cells=cells,
            borders=self._borders(),
            fills=tuple(self._fills()),
            titles=self._titles(),
            blocks=blocks,
            breaks=self._breaks(),
            column_breaks=self._column_breaks(),
            title_columns=self._title_columns(),
            across_first=self._sheet.page_setup.pageOrder == "overThenDown",
            pictures=tuple(self._pictures()),
            margin_texts=margin_texts,
            groups=tuple(self._groups(cells, blocks)),
            conditions=tuple(self._checked_conditions()),
            even_apart="even" in self._apart(),
            first_apart="first" in self._apart(),
            mirrored=DUPLEX in said,
        )

    def _fault(self, cell: str, reason: str) -> FormFaulty:
        return FormFaulty(name=self._form, sheet=self._sheet.title, cell=cell, reason=reason)

    def _area(self) -> tuple[int, int, int, int] | None:
        """First row, first column, last row, last column to print."""
        if self._sheet.print_area:
            first = str(self._sheet.print_area).split(",")[0].rsplit("!", 1)[-1]
            left, top, right, bottom = range_boundaries(first.replace("$", ""))
            return (
                top or 1,
                left or 1,
                bottom or self._sheet.max_row,
                right or self._sheet.max_column,
            )
        used = [
            (cell.row, cell.column)
            for cell in _all_cells(self._sheet)
            if cell.value is not None
            or sides_of(cell.border) is not None
            or cell.fill.fill_type == "solid"
        ]
        if not used:
            return None
        filled = set(used)
        used += [
            (merged.max_row, merged.max_col)
            for corner, merged in self._merged.items()
            if corner in filled
        ]
        for image in self._sheet._images:
            corner = place_anchor(image.anchor)
            used += [(corner.row + 1, corner.column + 1), (corner.end_row, corner.end_column)]
        # A spreadsheet prints from A1 on, whatever stands there.
        return 1, 1, max(row for row, _ in used), max(column for _, column in used)

    def _column_widths(self) -> list[float]:
        default = default_column_points(self._sheet.sheet_format, self._digit)
        widths = {}
        for letter, dimension in self._sheet.column_dimensions.items():
            if dimension.hidden:
                points = 0.0
            elif dimension.width and dimension.customWidth:
                points = column_points(dimension.width, self._digit)
            else:
                points = default
            first = dimension.min or range_boundaries(f"{letter}1")[0] or 1
            for column in range(first, min(dimension.max or first, self._right) + 1):
                widths[column] = points
        return [widths.get(column, default) for column in range(self._left, self._right + 1)]

    def _row_heights(self) -> list[float]:
        default = self._sheet.sheet_format.defaultRowHeight or 15
        tallest: dict[int, float] = {}
        for cell in _all_cells(self._sheet):
            if cell.value is not None and (cell.row, cell.column) not in self._merged:
                needed = _largest(cell) * LEADING * self._lines(cell)
                tallest[cell.row] = max(tallest.get(cell.row, 0), needed)
        heights = []
        for row in range(self._top, self._bottom + 1):
            dimension = self._sheet.row_dimensions.get(row)
            if dimension is not None and dimension.hidden:
                heights.append(0.0)
            elif dimension is not None and dimension.height is not None:
                heights.append(row_points(dimension.height))
            else:
                heights.append(row_points(max(default, tallest.get(row, 0))))
        return heights

    def _lines(self, cell: Any) -> int:
        """Lines of a wrapped fixed text: a row without a height of its own grows with them."""
        if not (cell.alignment.wrap_text and isinstance(cell.value, str)):
            return 1
        if not self._inside(cell.row, cell.column) or "{{" in cell.value:
            return 1
        style = text_style(cell, self._palette)
        width = self._widths[cell.column - self._left]
        return len(set_text(_plain(cell.value), style, width, math.inf).lines)

    def _span(self, row: int, column: int) -> _Span:
        """The cell's extent within the area, merged or not; ends are exclusive."""
        merged = self._merged.get((row, column))
        last_row = min(merged.max_row, self._bottom) if merged else row
        last_column = min(merged.max_col, self._right) if merged else column
        return (
            row - self._top,
            column - self._left,
            last_row - self._top + 1,
            last_column - self._left + 1,
        )

    def _inside(self, row: int, column: int) -> bool:
        return self._top <= row <= self._bottom and self._left <= column <= self._right

    def _cells(self) -> Iterator[Cell]:
        for cell in _all_cells(self._sheet):
            if isinstance(cell, MergedCell) or cell.value is None:
                continue
            if not self._inside(cell.row, cell.column):
                continue
            yield self._cell(cell)

    def _cell(self, cell: Any) -> Cell:
        if cell.data_type == "f":
            raise self._fault(cell.coordinate, "含公式。表样不计算公式，请改为文字或字段")
        style = text_style(cell, self._palette)
        row, column, row_end, column_end = self._span(cell.row, cell.column)
        runs: tuple[tuple[int, TextStyle], ...] = ()
        try:
            if isinstance(cell.value, CellRichText) and _ROW_CONDITION not in str(cell.value):
                content, runs = _rich_content(cell.value, style, self._palette)
            else:
                condition, text = row_condition(_plain(_shown(cell.value, number_format(cell))))
                content = parse_content(text)
                if condition is not None:
                    self._conditions.append(RowCondition(row, row_end, condition))
        except MalformedFieldError as problem:
            raise self._fault(cell.coordinate, str(problem)) from problem
        if style.horizontal is Horizontal.GENERAL and not isinstance(cell.value, (str, list)):
            style = replace(style, horizontal=Horizontal.RIGHT)
        if (
            style.horizontal is Horizontal.CENTRE
            and cell.alignment.horizontal == "centerContinuous"
        ):
            column_end = self._continued(cell, column_end)
        left, right = (0.0, 0.0)
        own = style.wrap or style.shrink or style.rotation  # such a text keeps to its cell
        if not own and (row, column) == (row_end - 1, column_end - 1):
            left, right = self._room(cell, style)
        return Cell(
            cell.coordinate,
            row,
            column,
            row_end,
            column_end,
            content,
            style,
            number_format(cell),
            left,
            right,
            runs,
        )

    def _neighbour(self, row: int, column: int) -> Any:
        return self._sheet._cells.get((row, column))

    def _continued(self, cell: Any, column_end: int) -> int:
        """跨列居中: the empty cells to the right with the same alignment belong to it."""
        while column_end + self._left <= self._right:
            other = self._neighbour(cell.row, column_end + self._left)
            if (
                other is None
                or other.value is not None
                or other.alignment.horizontal != "centerContinuous"
            ):
                break
            column_end += 1
        return column_end

    def _room(self, cell: Any, style: TextStyle) -> tuple[float, float]:
        """Points of empty, unruled neighbours to the left and right."""
        left = right = 0.0
        if style.horizontal is not Horizontal.RIGHT:
            right = self._empty_run(cell, 1)
        if style.horizontal in (Horizontal.RIGHT, Horizontal.CENTRE):
            left = self._empty_run(cell, -1)
        if style.horizontal is Horizontal.CENTRE:
            left = right = min(left, right)
        return left, right

    def _empty_run(self, cell: Any, step: int) -> float:
        room = 0.0
        column = cell.column
        near, far = ("right", "left") if step > 0 else ("left", "right")
        here = cell
        while self._left <= column + step <= self._right:
            column += step
            there = self._neighbour(cell.row, column)
            if isinstance(there, MergedCell) or (there is not None and there.value is not None):
                break
            if (cell.row, column) in self._merged or _has_side(here, near) or _has_side(there, far):
                break
            room += self._widths[column - self._left]
            here = there
        return room

    def _borders(self) -> Borders:
        covered: dict[tuple[int, int], _Span] = {}
        for merged in self._sheet.merged_cells.ranges:
            span = (merged.min_row, merged.min_col, merged.max_row, merged.max_col)
            for row in range(merged.min_row, merged.max_row + 1):
                for column in range(merged.min_col, merged.max_col + 1):
                    covered[row, column] = span
        found: dict[tuple[int, int], Sides] = {}
        for cell in _all_cells(self._sheet):
            sides = sides_of(cell.border, self._palette)
            if sides is None or not self._inside(cell.row, cell.column):
                continue
            if (cell.row, cell.column) in covered:
                span = covered[cell.row, cell.column]
                sides = sides.outside(cell.row, cell.column, span)
            found[cell.row - self._top, cell.column - self._left] = sides
        spans = {
            (corner[0] - self._top, corner[1] - self._left): self._span(*corner)
            for corner in self._merged
            if self._inside(*corner)
        }
        return Borders(found, spans)

    def _fills(self) -> Iterator[tuple[int, int, int, int, Colour]]:
        for cell in _all_cells(self._sheet):
            if isinstance(cell, MergedCell) or not self._inside(cell.row, cell.column):
                continue
            if cell.fill.fill_type == "solid":
                colour = self._palette.rgb(cell.fill.fgColor)
                if colour is not None and colour != (1, 1, 1):
                    yield (*self._span(cell.row, cell.column), colour)

    def _titles(self) -> tuple[int, int] | None:
        rows = re.search(r"\$?(\d+):\$?(\d+)", str(self._sheet.print_title_rows or ""))
        if rows is None:
            return None
        first, last = (int(number) for number in rows.groups())
        start = max(first, self._top) - self._top
        end = min(last, self._bottom) - self._top + 1
        return (start, end) if start < end else None

    def _blocks(self, cells: Iterable[Cell]) -> tuple[Block, ...]:
        """The rows of each list, checked: they must stand together and be cut off cleanly."""
        rows: dict[str, list[Cell]] = {}
        for cell in cells:
            for ref in cell.fields:
                if ref.is_list:
                    rows.setdefault(ref.name, []).append(cell)
        blocks = sorted(
            (
                Block(name, min(c.row for c in found), max(c.row_end for c in found))
                for name, found in rows.items()
            ),
            key=lambda block: block.start,
        )
        for before, after in pairwise(blocks):
            if after.start < before.end:
                raise self._fault(
                    rows[after.name][0].ref, f"“{after.name}”和“{before.name}”不能用在同一行"
                )
        for block in blocks:
            self._check_block(block)
        return tuple(blocks)

    def _groups(self, cells: Iterable[Cell], blocks: Iterable[Block]) -> Iterator[Group]:
        """The rows of each group: from its head to the last figure about it."""
        lists = {block.name: block for block in blocks}
        taken: set[str] = set()
        for cell in cells:
            for ref in cell.fields:
                if not ref.group or ref.name in taken:
                    continue
                block = lists.get(ref.name)
                if block is None or cell.row >= block.end:
                    raise self._fault(cell.ref, f"{GROUP}要写在“{ref.name}”的重复行之前或之中")
                taken.add(ref.name)
                ends = [
                    other.row_end
                    for other in cells
                    for own in other.fields
                    if own.of_group and own.name == ref.name
                ]
                start, end = min(cell.row, block.start), max(block.end, *ends, block.end)
                other_list = any(start < b.end and b.start < end for b in blocks if b is not block)
                if other_list:
                    raise self._fault(cell.ref, f"“{ref.name}”的{GROUP}里不能再有别的列表")
                self._check_rows(start, end, f"“{ref.name}”的{GROUP}")
                group = Group(ref.name, ref.column or "", start, end, ref.how.endswith(NEW_PAGE))
                self._note_group(group)
                yield group
        for cell in cells:
            for ref in cell.fields:
                if ref.of_group and ref.name not in taken:
                    raise self._fault(cell.ref, f"“{ref.how}”前面没有 {{{{{GROUP} {ref.name}.…}}}}")

    def _note_group(self, group: Group) -> None:
        titles = self._titles()
        if titles is not None and group.start < titles[1] and not group.new_page:
            self._notes.append(
                f"工作表“{self._sheet.title}”的{GROUP}在顶端标题行里，"
                "存成 .xlsx 时各页不再重复标题："
                f"请改写 {{{{{GROUP} {group.name}.{group.column}|{NEW_PAGE}}}}}，"
                "或让顶端标题行只到分组以上。"
            )

    def _checked_conditions(self) -> Iterator[RowCondition]:
        """The row conditions; a merged cell may not begin in such rows and go on below them."""
        for rows in self._conditions:
            for merged in self._sheet.merged_cells.ranges:
                first, last = merged.min_row - self._top, merged.max_row - self._top
                if rows.start <= first < rows.end <= last:
                    raise self._fault(
                        merged.coord, "合并单元格从有“本行如果”的行开始，却伸到下面的行"
                    )
            yield rows

    def _check_block(self, block: Block) -> None:
        self._check_rows(block.start, block.end, f"“{block.name}”的重复行")

    def _check_rows(self, start: int, end: int, what: str) -> None:
        start, end = start + self._top, end + self._top
        for merged in self._sheet.merged_cells.ranges:
            overlaps = merged.min_row < end and merged.max_row >= start
            if overlaps and (merged.min_row < start or merged.max_row >= end):
                raise self._fault(merged.coord, f"合并单元格跨出了{what}，请取消跨行合并")

    def _breaks(self) -> frozenset[int]:
        return frozenset(
            brk.id - self._top + 1
            for brk in self._sheet.row_breaks.brk
            if brk.id is not None and self._top <= brk.id < self._bottom
        )

    def _column_breaks(self) -> frozenset[int]:
        return frozenset(
            brk.id - self._left + 1
            for brk in self._sheet.col_breaks.brk
            if brk.id is not None and self._left <= brk.id < self._right
        )

    def _title_columns(self) -> tuple[int, int] | None:
        letters = re.search(r"\$?([A-Z]+):\$?([A-Z]+)", str(self._sheet.print_title_cols or ""))
        if letters is None:
            return None
        first, last = (column_index_from_string(letter) for letter in letters.groups())
        start = max(first, self._left) - self._left
        end = min(last, self._right) - self._left + 1
        return (start, end) if start < end else None

    def _pictures(self) -> Iterator[FixedPicture]:
        for image in self._sheet._images:
            corner = place_anchor(image.anchor)
            if self._inside(corner.row + 1, corner.column + 1):
                row, column = corner.row + 1 - self._top, corner.column + 1 - self._left
                width, height = corner.size or (
                    self._edges[min(corner.end_column + 1 - self._left, len(self._widths))]
                    + corner.end_x
                    - self._edges[column]
                    - corner.x,
                    sum(self._heights[row : corner.end_row + 1 - self._top])
                    + corner.end_y
                    - corner.y,
                )
                image.ref.seek(0)
                yield FixedPicture(row, column, corner.x, corner.y, width, height, image.ref.read())

    def _margin_texts(self) -> Iterator[MarginText]:
        sheet = self._sheet
        where = (
            ("odd", sheet.oddHeader, sheet.oddFooter),
            ("even", sheet.evenHeader, sheet.evenFooter),
            ("first", sheet.firstHeader, sheet.firstFooter),
        )
        apart = {"odd", *self._apart()}
        for pages, item, top in (
            (pages, item, top)
            for pages, header, footer in where
            for item, top in ((header, True), (footer, False))
            if pages in apart
        ):
            parts = (
                (item.left, Horizontal.LEFT),
                (item.center, Horizontal.CENTRE),
                (item.right, Horizontal.RIGHT),
            )
            for part, horizontal in parts:
                if not part.text:
                    continue
                style = self._palette.margin_style(part, horizontal)
                place = "页眉" if top else "页脚"
                try:
                    content = margin_content(part.text, self._sheet.title, self._form)
                except MalformedFieldError as problem:
                    raise self._fault(place, str(problem)) from problem
                yield MarginText(content, style, top, pages)

    def _apart(self) -> Iterator[str]:
        """Which pages have a header and footer of their own."""
        if self._sheet.HeaderFooter.differentOddEven:
            yield "even"
        if self._sheet.HeaderFooter.differentFirst:
            yield "first"

    def _note_page(self, page: Page, blocks: tuple[Block, ...]) -> None:
        if page.fit_height and blocks:
            self._notes.append(
                f"工作表“{self._sheet.title}”设了页高，“{blocks[0].name}”一长字就缩小："
                "请在页面设置里把页高留空。"
            )
        if page.fallback:
            self._notes.append(f"工作表“{self._sheet.title}”的纸张规格不认识，按 A4 打印。")
        if not page.fits_width:
            share = page.inner_width / (self._edges[-1] * page.scale)
            if share < SHRUNK:
                self._notes.append(
                    f"工作表“{self._sheet.title}”比纸宽，右边的列印到另一页上。"
                    "要印在一页宽里，请在页面设置里选“调整为 1 页宽”。"
                )
            elif share < 1 - 1e-3:
                self._notes.append(
                    f"工作表“{self._sheet.title}”比纸宽，打印时缩小到 "
                    f"{math.floor(share * page.scale * 100)}%。"
                )


def _largest(cell: Any) -> float:
    """The largest type size in a cell."""
    sizes = [cell.font.sz or 0] if cell.font else [0]
    if isinstance(cell.value, CellRichText):
        sizes += [block.font.sz or 0 for block in cell.value if isinstance(block, TextBlock)]
    return float(max(sizes))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("_x000D_", "")


def _shown(value: object, pattern: str) -> str:
    """A fixed value as the spreadsheet shows it."""
    if isinstance(value, CellRichText):
        return str(value)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)) and is_date_pattern(pattern):
        value = from_excel(value)  # weekdays (aaaa) are no date to openpyxl
    return show_text(value, pattern) if isinstance(value, str) else show(value, pattern)


def _rich_content(
    value: CellRichText, style: TextStyle, palette: Palette
) -> tuple[Content, tuple[tuple[int, TextStyle], ...]]:
    """The parts of a rich text with run and type of each; a field has those of its first brace."""
    content: list[Part] = []
    runs: list[tuple[int, TextStyle]] = []
    types: list[TextStyle] = []
    owner: list[int] = []  # run of each character
    text = ""
    for number, piece in enumerate(value):
        types.append(
            run_style(piece.font, style, palette) if isinstance(piece, TextBlock) else style
        )
        said = _plain(str(piece))
        text += said
        owner += [number] * len(said)
    for part, start in placed_parts(text):
        if not isinstance(part, str):
            content.append(part)
            runs.append((owner[start], types[owner[start]]))
            continue
        for number, places in groupby(range(start, start + len(part)), owner.__getitem__):
            here = list(places)
            content.append(text[here[0] : here[-1] + 1])
            runs.append((number, types[number]))
    return tuple(content), tuple(runs)


def _all_cells(worksheet: Any) -> Iterator[Any]:
    for position in sorted(worksheet._cells):
        yield worksheet._cells[position]


def _has_side(cell: Any, side: str) -> bool:
    return cell is not None and getattr(cell.border, side).style is not None


_MARGIN_CODES: Final = re.compile(
    r"&\[(?P<word>[A-Za-z]+)\]|&(?P<code>[PNDATFZGBIUESXYpndatfzgbiuesxy&])(?:\s?\+\s?0)?"
    r'|&"[^"]*"|&K[0-9A-Fa-f]{6}|&\d+'
)
_WORDS: Final = {"PAGE": "P", "PAGES": "N", "DATE": "D", "TAB": "A", "FILE": "F", "TIME": "T"}


def margin_content(text: str, sheet: str, form: str) -> Content:
    """A header's or footer's text: &P, &N and &D become fields, &A and &F what they name."""
    codes = {
        "P": f"{{{{{PAGE_NUMBER}}}}}",
        "N": f"{{{{{PAGE_COUNT}}}}}",
        "D": f"{{{{{PRINT_DATE}|yyyy/m/d}}}}",
        "A": sheet,
        "F": form,
        "&": "&",
    }

    def translate(match: re.Match[str]) -> str:
        word = match["word"]
        code = _WORDS.get(word.upper(), "") if word else match["code"] or ""
        return codes.get(code.upper(), "")

    return parse_content(_MARGIN_CODES.sub(translate, text).replace("\r\n", "\n"))
