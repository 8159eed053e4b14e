"""From a form and a document's values to pages: rows repeated, lists continued, paper filled."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from app.services.forms.language import (
    EMPTY_BOX,
    OF_GROUP,
    QR_CODE,
    SIGNATURE,
    STAMP,
    TICK,
    Choice,
    Condition,
    Content,
    FieldRef,
)
from app.services.forms.sheetstyle import Page
from app.services.forms.template import (
    PAGE_COUNT,
    PAGE_NUMBER,
    SHRUNK,
    Block,
    Cell,
    Group,
    Sheet,
    Template,
)
from app.services.forms.typeset import Setting, TextStyle, set_rich, set_text
from app.services.forms.values import Picture, QrCode, Values, show

_TOLERANCE: Final = 0.03  # a card this much too tall is meant to be one page
_CLOSE: Final = 0.5  # points by which programs differ in adding up rows


@dataclass(frozen=True, slots=True)
class Row:
    """A printed row: the form's row, and the item of the list it repeats.

    `starts`: a group's first row that begins a page.
    """

    source: int
    item: Values | None = None
    starts: bool = False


class Members(dict[str, Any]):
    """What the head and foot of a group read: the fields of its first item, and all its items."""

    def __init__(self, items: Sequence[Values]) -> None:
        super().__init__(items[0] if items else {})
        self.items_of_group = items


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


def expand(sheet: Sheet, values: Values, offset: Mapping[str, int] = _NOTHING) -> list[Row]:
    """All rows of a sheet, list rows repeated; an empty list leaves one blank row.

    Rows whose condition does not hold are left out.
    """
    rows: list[Row] = []
    done = 0
    for block in sheet.blocks:
        group = next((group for group in sheet.groups if group.name == block.name), None)
        start, end = (group.start, group.end) if group else (block.start, block.end)
        rows += [Row(source) for source in range(done, start)]
        listed = items(values, block.name) or ({},)
        rows += _grouped(group, block, listed) if group else _repeated(block, listed)
        done = end
    rows += [Row(source) for source in range(done, len(sheet.heights))]
    return _permitted(sheet, rows, values, offset) if sheet.conditions else rows


def _repeated(block: Block, listed: Sequence[Values]) -> list[Row]:
    return [Row(source, item) for item in listed for source in range(block.start, block.end)]


def _grouped(group: Group, block: Block, listed: Sequence[Values]) -> list[Row]:
    """The rows of each group: its head, its items, its foot; items keep their order within it."""
    found: dict[str, list[Values]] = {}
    for item in listed:
        found.setdefault(show(item.get(group.column)), []).append(item)
    rows: list[Row] = []
    for number, members in enumerate(found.values()):
        shared = Members(members)
        part = [Row(source, shared) for source in range(group.start, block.start)]
        part += _repeated(block, members)
        part += [Row(source, shared) for source in range(block.end, group.end)]
        if group.new_page and number:
            part[0] = replace(part[0], starts=True)
        rows += part
    return rows


def _permitted(
    sheet: Sheet, rows: list[Row], values: Values, offset: Mapping[str, int]
) -> list[Row]:
    reader = Reader(values, offset, 0, 0)
    return [
        row
        for row in rows
        if all(
            reader.holds(rule.condition, row.item)
            for rule in sheet.conditions
            if rule.start <= row.source < rule.end
        )
    ]


def rows_spanned(sources: Sequence[int], number: int, row_end: int) -> int:
    """Printed rows that a cell starting in row `number` covers; conditions may have left some out.

    `row_end` is the end of the cell in the form's rows.
    """
    end = number + 1
    while end < len(sources) and sources[end - 1] < sources[end] < row_end:
        end += 1
    return end - number


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
        rows = tuple(expand(sheet, values, offset))
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
    titles: dict[int, Row] = {}  # as they were last printed: a group's head may be among them
    titles_height = 0.0
    page: list[Row] = []
    filled = 0.0
    previous = -1
    for row in rows:
        height = sheet.heights[row.source]
        forced = row.starts or (row.source in sheet.breaks and row.source != previous)
        if page and (filled + height > room or forced):
            yield tuple(page)
            repeat = row.source >= end and titles_height + height <= room
            page = list(titles.values()) if repeat else []
            filled = titles_height if repeat else 0.0
        page.append(row)
        filled += height
        previous = row.source
        if start <= row.source < end:
            if row.source not in titles:
                titles_height += height
            titles[row.source] = row
    yield tuple(page)


class Reader:
    """Reads fields for one page: from the document, its lists, the row's item, the page count."""

    def __init__(self, values: Values, offset: Mapping[str, int], page: int, pages: int) -> None:
        self._values, self._offset = values, offset
        self._page, self._pages = page, pages

    @property
    def page(self) -> int:
        """Number of the page, from 1."""
        return self._page

    def value(self, ref: FieldRef, item: Values | None) -> Any:
        """The value of a field, None where there is none."""
        if not ref.how:
            return self._plain(ref, item)
        if ref.group or ref.over_list:
            return self._of_list(ref, item)
        found = self._plain(ref, item)
        if ref.how == QR_CODE and found not in (None, "") and not isinstance(found, QrCode):
            return QrCode(show(found, ref.pattern))
        return found

    def _plain(self, ref: FieldRef, item: Values | None) -> Any:
        if ref.index is not None:
            listed = self._values.get(ref.name)
            if not listed:
                return None
            place = ref.index - 1 + (self._offset.get(ref.name, 0) if self._offset else 0)
            found = listed[place] if place < len(listed) else None
            return found if ref.column is None or found is None else found.get(ref.column)
        if ref.column is not None:
            return None if item is None else item.get(ref.column)
        if ref.name == PAGE_NUMBER:
            return self._page
        if ref.name == PAGE_COUNT:
            return self._pages
        if ref.directive:
            return _room_to_sign(ref)
        return self._values.get(ref.name)

    def _of_list(self, ref: FieldRef, item: Values | None) -> Any:
        """What a group has in common, or a figure of a list or group; blank without any number."""
        if ref.group:
            return None if item is None else item.get(ref.column or "")
        listed = item.items_of_group if ref.of_group and isinstance(item, Members) else ()
        if not ref.of_group:
            listed = items(self._values, ref.name)
        word, _, wanted = ref.how.removeprefix(OF_GROUP).partition("=")
        if word == "个数":
            return _count(listed, ref.column, wanted.strip())
        numbers = [
            number for one in listed if (number := _number(one.get(ref.column or ""))) is not None
        ]
        if not numbers:
            return None
        total = sum(numbers, Decimal())
        figure = {
            "合计": total,
            "平均": round(total / len(numbers), 2),
            "最大": max(numbers),
            "最小": min(numbers),
        }[word]
        return int(figure) if figure == figure.to_integral_value() else float(figure)

    def holds(self, condition: Condition, item: Values | None) -> bool:
        """Whether a condition is true here."""
        value = self.value(condition.ref, item)
        if isinstance(value, (Picture, QrCode)) or (value and isinstance(value, (list, tuple))):
            value = "有"
        return condition.holds(show(value, condition.ref.pattern))

    def text(self, content: Content, item: Values | None, pattern: str) -> str:
        """The text with its fields filled in; `pattern` is the cell's number format."""
        return "".join(self.parts(content, item, pattern))

    def parts(self, content: Content, item: Values | None, pattern: str) -> list[str]:
        """The same, part by part."""
        return [
            part
            if isinstance(part, str)
            else self._shown(part, item, pattern)
            if isinstance(part, FieldRef)
            else self.text(self._chosen(part, item), item, pattern)
            for part in content
        ]

    def _chosen(self, choice: Choice, item: Values | None) -> Content:
        return choice.then if self.holds(choice.condition, item) else choice.otherwise

    def _shown(self, ref: FieldRef, item: Values | None, pattern: str) -> str:
        return written(ref, self.value(ref, item), pattern)


def written(ref: FieldRef, value: Any, pattern: str) -> str:
    """The value of a field as it stands on paper; `pattern` is the cell's number format."""
    if ref.how and TICK in ref.how:
        return _boxes(ref.how, show(value))
    return show(value, ref.pattern or pattern)


def _room_to_sign(ref: FieldRef) -> str:
    """What stands where somebody signs or stamps; nothing for words to the program."""
    if ref.name == SIGNATURE:
        return f"{ref.pattern}签字：" + "\u3000" * 7 + "年\u3000\u3000月\u3000\u3000日"
    if ref.name == STAMP:
        return f"{ref.pattern}（盖章）\n" + "年\u3000\u3000月\u3000\u3000日"
    return ""


def _boxes(how: str, value: str) -> str:
    """`☑男 ☑女` for 女 is `□男 ☑女`; a box without a word is ticked by any value but 否."""
    ticked = {word.strip() for word in re.split("[、，,;；]", value)}

    def box(match: re.Match[str]) -> str:
        word = match[1]
        known = word in ticked if word else value.strip() not in ("", "否", "无", "0")
        return (TICK if known else EMPTY_BOX) + word

    return re.sub(rf"{TICK}([^{TICK}\s]*)", box, how)


def _count(listed: Sequence[Any], column: str | None, wanted: str) -> int:
    if column is None:
        return len(listed)
    shown = [show(one.get(column)).strip() for one in listed]
    if wanted:
        return sum(one in wanted.split("、") for one in shown)
    return sum(bool(one) for one in shown)


def _number(value: object) -> Decimal | None:
    """A number, also one written as text; None for 缺考, 优秀 and blanks."""
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def typed(cell: Cell, parts: list[str]) -> list[tuple[str, TextStyle]]:
    """The parts of a rich text with their types."""
    return [(part, own) for part, (_, own) in zip(parts, cell.runs, strict=True)]


def set_cell(cell: Cell, parts: list[str], width: float, height: float) -> Setting:
    """The text of a cell set into its box: the same on paper and in the workbook."""
    room = cell.room_left + cell.room_right
    if cell.runs and not cell.style.rotation:
        return set_rich(typed(cell, parts), cell.style, width, height, room=room)
    # a name alone, or in a line of its own (姓名：… 学号：…); in running text it may be broken
    whole = any(ref.is_name for ref in cell.fields) and bool(cell.lone or not cell.style.wrap)
    return set_text("".join(parts), cell.style, width, height, room=room, whole=whole)


def page_of_number(sheet: Sheet, number: int) -> Page:
    """The paper of page `number` (from 1): on the backs the binding margin is on the right."""
    page = sheet.page
    if sheet.mirrored and number % 2 == 0:
        return replace(page, left=page.right, right=page.left)
    return page


def page_origin(page: Page, width: float, height: float, scale: float) -> tuple[float, float]:
    """Top left corner of a sheet's rows on the paper (points from the lower left)."""
    x, y = page.left, page.height - page.top
    if page.centre_across:
        x += max(0.0, (page.inner_width - width * scale) / 2)
    if page.centre_down:
        y -= max(0.0, (page.inner_height - height * scale) / 2)
    return x, y
