"""Blocks of cells as Excel and WPS exchange them: tab-separated, cells quoted where they must."""

import csv
import io
from collections.abc import Iterable, Sequence

from app.models.rules.identity import looks_damaged
from app.ui.widgets.grid.column import CellKind, GridColumn

_NUMBERS = frozenset({CellKind.IDENTITY, CellKind.DIGITS})
_NAMED = 3


def to_text(rows: Iterable[Sequence[str]]) -> str:
    """A block as text for the clipboard."""
    out = io.StringIO(newline="")
    csv.writer(out, "excel-tab", lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def from_text(text: str) -> list[list[str]]:
    """The block that the clipboard holds; all rows of one length, cells without edge blanks."""
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), "excel-tab")]
    while rows and not any(rows[-1]):
        rows.pop()
    width = max(map(len, rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows]


def damage(block: Sequence[Sequence[str]], columns: Sequence[GridColumn], first_row: int) -> str:
    """What a spreadsheet has spoilt in a block, as a sentence that names rows; "" for nothing.

    `columns` are those that the block will fall on, `first_row` the number of the first row.
    """
    found = [
        f"第 {line} 行「{column.label}」是 {cell}"
        for line, row in enumerate(block, start=first_row)
        for cell, column in zip(row, columns, strict=False)
        if column.kind in _NUMBERS and looks_damaged(cell)
    ]
    if not found:
        return ""
    more = f" 等 {len(found)} 处" if len(found) > _NAMED else ""
    return (
        f"{'；'.join(found[:_NAMED])}{more}：电子表格已丢掉号码的末几位，没有粘贴任何内容。"
        "请回到原表把该列设为“文本”后重新填写，再复制。"
    )
