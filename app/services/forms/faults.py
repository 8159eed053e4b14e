"""What is wrong with a form before it is used: each mistake with its sheet and cell.

compile_template names what cannot be read at all; here is what could be drawn and would still be
wrong on paper: fields that nobody fills, fields of another kind, lists that have no room.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.services.forms.fields import (
    STUDENT_CARD,
    STUDENT_ROSTER,
    FormField,
    ValueKind,
    fields_of,
    unknown_fields,
)
from app.services.forms.language import FieldRef, written
from app.services.forms.papers import PAPERS
from app.services.forms.template import Block, Cell, Place, Sheet, Template
from app.services.forms.values import is_date_pattern

_MARGINS: Final = frozenset({"页眉", "页脚"})
#: Over the first column of a table that counts its rows: a list of people, still without fields.
_COUNTED: Final = frozenset({"序号", "编号"})
_IN_A_CELL: Final = frozenset({ValueKind.PICTURE, ValueKind.QR})


@dataclass(frozen=True, slots=True)
class FormFault:
    """One mistake: where it stands, and the sentence with its cure."""

    sheet: str
    cell: str
    sentence: str

    def __str__(self) -> str:
        return f"工作表“{self.sheet}”{self.cell}：{self.sentence}"


def faults_of(template: Template, paper: str) -> tuple[FormFault, ...]:
    """The mistakes of a form that takes the fields of the shipped form `paper`."""
    if not template.fields:
        first = template.sheets[0]
        cell = first.cells[0].ref if first.cells else "A1"
        return (FormFault(first.name, cell, "整张表里没有一个字段，印出来每份都一样。"),)
    granted = {field.name: field for field in fields_of(paper)}
    found = [
        FormFault(place.sheet, place.cell, sentence)
        for ref, places in template.fields.items()
        for place in places
        for sentence in _of_field(ref, place, granted, paper)
    ]
    for sheet in template.sheets:
        found += _of_sheet(sheet, granted)
    found += _of_slots(template, granted)
    return tuple(dict.fromkeys(found))


def likely_paper(template: Template) -> str:
    """The shipped form whose fields a form from outside most likely wants.

    It is a version of the paper with whose name its own begins; of none, a list in it makes it a
    roster, else a card.
    """
    if alike := [name for name in PAPERS if template.name.startswith(name)]:
        return max(alike, key=len)
    if any(ref.is_list or ref.name == "名单" for ref in template.fields):
        return STUDENT_ROSTER
    heads = {written(cell.content).strip() for sheet in template.sheets for cell in sheet.cells}
    return STUDENT_ROSTER if not template.fields and heads & _COUNTED else STUDENT_CARD


def notes_of(template: Template) -> tuple[str, ...]:
    """What will print otherwise than drawn, and lists that end with the last slot."""
    short = [
        f"“{name}”只有 {room} 格（{sheet.name} {cell.ref}），再多的不打印，打印时会点名。"
        "要全印出来，请加一张名称以“续”开头的工作表。"
        for name, (sheet, cell, room) in template.last_slots.items()
        if name not in template.continued
    ]
    return (*template.notes, *short)


def _of_field(
    ref: FieldRef, place: Place, granted: dict[str, FormField], paper: str
) -> Iterator[str]:
    if ref.directive:
        return
    field = granted.get(ref.name)
    if field is None:
        yield from map(str, unknown_fields([ref.path], paper))
        return
    if field.kind is not ValueKind.LIST:
        if ref.column is not None or ref.index is not None:
            yield f"“{ref.name}”不是列表，不能带序号或点。请写成 {{{{{ref.name}}}}}。"
        elif field.kind in _IN_A_CELL and place.cell in _MARGINS:
            yield f"“{ref.name}”是{field.kind.value}，不能放在{place.cell}，请放进一格。"
        elif ref.pattern:
            yield from _of_pattern(ref, field)
        return
    column = next((one for one in field.columns if one.name == ref.column), None)
    if ref.column is None and ref.over_list:
        return
    if ref.column is None:
        name = f"{ref.name}.{field.columns[0].name}"
        yield f"“{ref.name}”是列表，要说明印哪一栏，例如 {{{{{name}}}}}。"
    elif column is None:
        yield from map(str, unknown_fields([ref.path], paper))
    elif ref.is_list and place.cell in _MARGINS:
        yield f"“{ref.path}”是列表，不能放在{place.cell}。"
    elif ref.pattern and not ref.over_list:
        yield from _of_pattern(ref, column)


def _of_pattern(ref: FieldRef, field: FormField) -> Iterator[str]:
    date = is_date_pattern(ref.pattern)
    if field.kind is ValueKind.DATE and not date:
        yield f"“{ref.path}”是日期，格式“{ref.pattern}”不是日期格式，例如 yyyy年m月d日。"
    elif field.kind is ValueKind.NUMBER and date:
        yield f"“{ref.path}”是数字，不能用日期格式“{ref.pattern}”，例如 0.0。"
    elif field.kind not in (ValueKind.DATE, ValueKind.NUMBER):
        yield f"“{ref.path}”是{field.kind.value}，不能带格式“{ref.pattern}”，请去掉竖线和后面的字。"


# --- one sheet ----------------------------------------------------------------------------


def _of_sheet(sheet: Sheet, granted: dict[str, FormField]) -> Iterator[FormFault]:
    for cell in sheet.cells:
        for sentence in _of_cell(sheet, cell, granted):
            yield FormFault(sheet.name, cell.ref, sentence)
    for block in sheet.blocks:
        if sentence := _of_block(sheet, block):
            yield FormFault(sheet.name, _first_of(sheet, block), sentence)


def _of_cell(sheet: Sheet, cell: Cell, granted: dict[str, FormField]) -> Iterator[str]:
    if not cell.fields:
        return
    for ref in cell.fields:
        field = granted.get(ref.name)
        if field is not None and field.kind in _IN_A_CELL and cell.lone is None:
            yield f"“{ref.name}”是{field.kind.value}，要独占一格，格里不能有别的字。"
    width = sheet.columns[cell.column_end] - sheet.columns[cell.column]
    height = sum(sheet.heights[cell.row : cell.row_end])
    if not width or not height:
        what = "列" if not width else "行"
        yield f"“{cell.fields[0].path}”所在的{what}是隐藏的，印不出来。"


def _of_block(sheet: Sheet, block: Block) -> str:
    """A list of which not even one row fits on a page."""
    start, end = sheet.titles or (0, 0)
    titles = sum(sheet.heights[start:end]) if block.start >= end else 0.0
    row = sum(sheet.heights[block.start : block.end])
    if titles + row > sheet.page.inner_height / sheet.page.scale:
        return f"一页里放不下标题行和一行“{block.name}”，请减小行高或页边距。"
    return ""


def _first_of(sheet: Sheet, block: Block) -> str:
    return next(
        cell.ref
        for cell in sheet.cells
        if any(ref.is_list and ref.name == block.name for ref in cell.fields)
    )


def _of_slots(template: Template, granted: dict[str, FormField]) -> Iterator[FormFault]:
    """Numbered slots that leave one out: the item that belongs there would not be printed."""
    places: dict[str, dict[int, Place]] = {}
    for sheet in template.main:
        for cell in sheet.cells:
            for ref in cell.fields:
                field = granted.get(ref.name)
                if ref.index is not None and field is not None and field.kind is ValueKind.LIST:
                    numbers = places.setdefault(ref.name, {})
                    numbers.setdefault(ref.index, Place(sheet.name, cell.ref))
    for name, numbers in places.items():
        for number in sorted(numbers):
            if number > 1 and number - 1 not in numbers:
                place = numbers[number]
                missing = f"“{name}”有第 {number} 格，没有第 {number - 1} 格，那一项印不出来。"
                yield FormFault(place.sheet, place.cell, missing)
                break
