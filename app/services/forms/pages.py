"""From a form and a document's values to pages: rows repeated, lists continued, paper filled."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.services.forms.sheetstyle import Page
from app.services.forms.template import (
    PAGE_COUNT,
    PAGE_NUMBER,
    SHRUNK,
    FieldRef,
    Sheet,
    Template,
)
from app.services.forms.values import Values, show

_TOLERANCE: Final = 0.03  # a card this much too tall is meant to be one page
_CLOSE: Final = 0.5  # points by which programs differ in adding up rows


@dataclass(frozen=True, slots=True)
class Row:
    """A printed row: the form's row, and the item of the list it repeats."""

    source: int
    item: Values | None = None


@dataclass(frozen=True, slots=True)
class LaidSheet:
    """A sheet with its rows, and the same rows cut into pages (titles repeated).

    `offset` is added to slot numbers on a continuation sheet.
    """

    sheet: Sheet
    rows: tuple[Row, ...]
    scale: float
    offset: Mapping[str, int]
    pages: tuple[tuple[Row, ...], ...]
    across: tuple[Sheet, ...]  # the sheet, or the parts of one that is wider than the paper

    @property
    def count(self) -> int:
        """Pages of paper."""
        return len(self.pages) * len(self.across)

    def faces(self) -> Iterator[tuple[Sheet, tuple[Row, ...]]]:
        """Every page of paper in the order of printing: its columns and its rows."""
        if self.sheet.across_first:
            yield from ((part, rows) for rows in self.pages for part in self.across)
        else:
            yield from ((part, rows) for part in self.across for rows in self.pages)


@dataclass(frozen=True, slots=True)
class Overflow:
    """A list with more items than the form has slots, and no continuation sheet for them."""

    document: int
    who: str
    sheet: str
    cell: str
    field: str
    count: int
    room: int

    def __str__(self) -> str:
        person = f"“{self.who}”的" if self.who else ""
        return (
            f"{person}“{self.field}”有 {self.count} 项，表样“{self.sheet}”（{self.cell}）"
            f"只有 {self.room} 格，其余没有打印。请增加行，或添加名称以“续”开头的工作表。"
        )


_NOTHING: Final[Mapping[str, int]] = {}


def items(values: Values, name: str) -> Sequence[Any]:
    """The items of a list; an absent list is empty."""
    return values.get(name) or ()


def expand(sheet: Sheet, values: Values) -> list[Row]:
    """All rows of a sheet, list rows repeated; an empty list leaves one blank row."""
    rows: list[Row] = []
    done = 0
    for block in sheet.blocks:
        rows += [Row(source) for source in range(done, block.start)]
        for item in items(values, block.name) or ({},):
            rows += [Row(source, item) for source in range(block.start, block.end)]
        done = block.end
    rows += [Row(source) for source in range(done, len(sheet.heights))]
    return rows


def sheets_of(template: Template, values: Values) -> Iterator[tuple[Sheet, Mapping[str, int]]]:
    """The sheets of one document in order, continuation sheets as often as lists need them."""
    for sheet in template.main:
        yield sheet, _NOTHING
    more = template.continued
    offset = {
        name: template.last_slots[name][2] if name in template.last_slots else 0 for name in more
    }
    while any(len(items(values, name)) > offset[name] for name in more):
        for sheet in template.continuations:
            yield sheet, dict(offset)
        offset = {name: start + more[name] for name, start in offset.items()}


def overflows(template: Template, values: Values, document: int, who: str) -> list[Overflow]:
    """The lists of a document for which the form has neither slots nor a continuation sheet."""
    return [
        Overflow(document, who, sheet.name, cell.ref, name, len(items(values, name)), room)
        for name, (sheet, cell, room) in template.last_slots.items()
        if name not in template.continued and len(items(values, name)) > room
    ]


def lay_out(template: Template, values: Values) -> list[LaidSheet]:
    """The sheets of one document, list rows repeated, cut into pages."""
    laid = []
    for sheet, offset in sheets_of(template, values):
        rows = tuple(expand(sheet, values))
        scale = page_scale(sheet, rows)
        across = sheet.columns_across(_room_across(sheet, scale))
        pages = tuple(_split(sheet, rows, scale))
        laid.append(LaidSheet(sheet, rows, scale, offset, pages, across))
    return laid


def _room_across(sheet: Sheet, scale: float) -> float:
    """Points of columns on a page; endless where the sheet is to be one page wide."""
    page = sheet.page
    whole = sheet.width * scale <= page.inner_width + _CLOSE and not sheet.column_breaks
    if whole or page.fit_width == 1:
        return math.inf
    return round(page.inner_width / scale + _CLOSE, 2)


def page_scale(sheet: Sheet, rows: Sequence[Row]) -> float:
    """Scale of a sheet: as set, shrunk so that no column is lost and a card stays one page."""
    page = sheet.page
    tall = sum(sheet.heights[row.source] for row in rows)
    scale = page.scale
    if page.fit_width:
        scale = min(scale, page.fit_width * page.inner_width / sheet.width)
    if page.fit_height and tall:
        scale = min(scale, page.fit_height * page.inner_height / tall)
    share = page.inner_width / (sheet.width * scale)
    if SHRUNK <= share < 1 and not sheet.column_breaks:
        scale *= share
    if scale < page.scale - 1e-9:
        scale = _per_cent(scale)
    overfull = tall * scale / page.inner_height if not sheet.blocks and not sheet.breaks else 0
    return _per_cent(scale / overfull) if 1 < overfull <= 1 + _TOLERANCE else scale


def _per_cent(scale: float) -> float:
    """A spreadsheet shrinks by whole per cents."""
    return math.floor(scale * 100 + 1e-6) / 100


def _split(sheet: Sheet, rows: Sequence[Row], scale: float) -> Iterator[tuple[Row, ...]]:
    room = sheet.page.inner_height / scale + _CLOSE
    start, end = sheet.titles or (0, 0)
    titles = [Row(source) for source in range(start, end)]
    titles_height = sum(sheet.heights[start:end])
    page: list[Row] = []
    filled = 0.0
    previous = -1
    for row in rows:
        height = sheet.heights[row.source]
        forced = row.source in sheet.breaks and row.source != previous and bool(page)
        if page and (filled + height > room or forced):
            yield tuple(page)
            repeat = row.source >= end and titles_height + height <= room
            page = list(titles) if repeat else []
            filled = titles_height if repeat else 0.0
        page.append(row)
        filled += height
        previous = row.source
    yield tuple(page)


class Reader:
    """Reads fields for one page: from the document, its lists, the row's item, the page count."""

    def __init__(self, values: Values, offset: Mapping[str, int], page: int, pages: int) -> None:
        self._values, self._offset = values, offset
        self._page, self._pages = page, pages

    def value(self, ref: FieldRef, item: Values | None) -> Any:
        """The value of a field, None where there is none."""
        if ref.index is not None:
            listed = items(self._values, ref.name)
            place = ref.index - 1 + self._offset.get(ref.name, 0)
            found = listed[place] if place < len(listed) else None
            return found if ref.column is None or found is None else found.get(ref.column)
        if ref.column is not None:
            return None if item is None else item.get(ref.column)
        if ref.name == PAGE_NUMBER:
            return self._page
        if ref.name == PAGE_COUNT:
            return self._pages
        return self._values.get(ref.name)

    def text(self, content: tuple[str | FieldRef, ...], item: Values | None, pattern: str) -> str:
        """The text with its fields filled in; `pattern` is the cell's number format."""
        return "".join(self.parts(content, item, pattern))

    def parts(
        self, content: tuple[str | FieldRef, ...], item: Values | None, pattern: str
    ) -> list[str]:
        """The same, part by part."""
        return [
            part if isinstance(part, str) else show(self.value(part, item), part.pattern or pattern)
            for part in content
        ]


def page_origin(page: Page, width: float, height: float, scale: float) -> tuple[float, float]:
    """Top left corner of a sheet's rows on the paper (points from the lower left)."""
    x, y = page.left, page.height - page.top
    if page.centre_across:
        x += max(0.0, (page.inner_width - width * scale) / 2)
    if page.centre_down:
        y -= max(0.0, (page.inner_height - height * scale) / 2)
    return x, y
