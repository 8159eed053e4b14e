"""Typing a field into a cell of a form, as one would in a spreadsheet."""

from io import BytesIO
from typing import Any

from openpyxl.cell.cell import MergedCell

from app.services.errors import FormFaulty
from app.services.forms.language import MalformedFieldError, parse_content
from app.services.forms.template import open_workbook


def place_text(data: bytes, name: str, sheet: str, cell: str, text: str) -> bytes:
    """The form with `text` (fields in their braces) in one cell; "" empties it.

    A cell inside a merged one stands for that one. Raises FormFaulty for a text that is no
    content of a form. Only for workbooks that form_reader.py has examined.
    """
    try:
        parse_content(text)
    except MalformedFieldError as problem:
        raise FormFaulty(name=name, sheet=sheet, cell=cell, reason=str(problem)) from problem
    workbook = open_workbook(data, name)
    target: Any = workbook[sheet][cell]
    if isinstance(target, MergedCell):
        for merged in workbook[sheet].merged_cells.ranges:
            if target.coordinate in merged:
                target = workbook[sheet].cell(merged.min_row, merged.min_col)
    target.value = text or None
    if text:
        target.data_type = "s"  # also when it begins with an equals sign
    made = BytesIO()
    workbook.save(made)
    return made.getvalue()


def field_text(path: str, *, index: int | None = None, pattern: str = "") -> str:
    """A field as it is typed: {{姓名}}, {{家庭成员[2].姓名}}, {{入学日期|yyyy年m月d日}}."""
    name, dot, column = path.partition(".")
    slot = f"[{index}]" if index is not None else ""
    bar = f"|{pattern}" if pattern else ""
    return f"{{{{{name}{slot}{dot}{column}{bar}}}}}"
