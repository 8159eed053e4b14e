"""导出问题行: the refused rows of a file as a workbook in the file's own layout.

Titles, header and columns stand where they stood, so the reader takes the file in again; only the
rows that were refused are in it, their bad cells coloured, each with a comment.
"""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any, Final

import xlsxwriter

from app.services.exchange.checks import Fault, shown
from app.services.exchange.mapping import Part
from app.services.exchange.readers import Cell, FormulaWithoutValue, Sheet
from app.services.exchange.review import Review, column_index

_AUTHOR: Final = "学籍学历管理工作站"
_BAD: Final = "#FFD9D6"
_HEADER: Final = "#EEF1F5"


def problem_workbook(review: Review) -> bytes:
    """The workbook as bytes; sheets without problems are left out."""
    stream = BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"author": _AUTHOR, "title": f"{review.plan.source_name} 的问题行"})
    sheets = {sheet.name: sheet for sheet in review.source.sheets}
    for part in review.table.parts:
        faults = [fault for fault in review.plan.faults if fault.sheet == part.sheet]
        if faults:
            _SheetWriter(book, sheets[part.sheet], part).write(faults)
    book.close()
    return stream.getvalue()


class _SheetWriter:
    """Writes one sheet."""

    def __init__(self, book: Any, sheet: Sheet, part: Part) -> None:
        self._sheet, self._part = sheet, part
        self._page = book.add_worksheet(_sheet_name(sheet.name))
        self._text = book.add_format({"num_format": "@"})
        self._bad = book.add_format({"num_format": "@", "bg_color": _BAD, "border": 1})
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._head = book.add_format({"bold": True, "bg_color": _HEADER, "text_wrap": True})
        self._title = book.add_format({"bold": True, "align": "center", "valign": "vcenter"})

    def write(self, faults: Sequence[Fault]) -> None:
        """Titles and header as they are, then each refused row once."""
        last = self._part.header_rows[-1]
        self._page.freeze_panes(last, 0)
        self._widths()
        self._titles(last)
        for number, cells in enumerate(self._sheet.rows[:last], start=1):
            style = self._head if number in self._part.header_rows else None
            self._row(number - 1, cells, {}, style)
        by_row: dict[int, list[Fault]] = {}
        for fault in faults:
            by_row.setdefault(fault.row, []).append(fault)
        for at, (number, some) in enumerate(sorted(by_row.items()), start=last):
            bad: dict[int, list[Fault]] = {}
            for fault in some:
                bad.setdefault(self._column(fault), []).append(fault)
            self._row(at, self._sheet.rows[number - 1], bad, None)
            for column, those in bad.items():
                words = "\n".join(f"{fault.problem}。{fault.remedy}" for fault in those)
                comment = f"原表第 {number} 行\n{words}"
                self._page.write_comment(
                    at, column, comment, {"author": _AUTHOR, "x_scale": 2, "y_scale": 1.4}
                )

    def _column(self, fault: Fault) -> int:
        """The column of the fault; what has no column is told in the first one that is read."""
        if fault.column:
            return column_index(fault.column)
        return min((column.index for column in self._part.fields.values()), default=0)

    def _widths(self) -> None:
        for column in self._part.columns:
            texts = [column.header, *self._part.samples(column, 20)]
            wide = max(sum(2 if ord(char) > 0x2E7F else 1 for char in text) for text in texts)
            self._page.set_column(column.index, column.index, min(max(wide + 2, 8), 40), self._text)

    def _titles(self, last: int) -> None:
        """Merged cells of titles and header."""
        for top, left, bottom, right in self._sheet.merged:
            if bottom < last and (bottom > top or right > left):
                self._page.merge_range(top, left, bottom, right, "", self._title)

    def _row(self, at: int, cells: Sequence[Cell], bad: dict[int, list[Fault]], style: Any) -> None:
        for column in range(max([len(cells), *(index + 1 for index in bad)])):
            cell = cells[column] if column < len(cells) else None
            self._cell(at, column, cell, self._bad if column in bad else style)

    def _cell(self, at: int, column: int, cell: Cell, style: Any) -> None:
        """Text stays text, and a number that lost its digits becomes text, to be typed anew."""
        if cell is None or isinstance(cell, FormulaWithoutValue):
            if style is not None:
                self._page.write_blank(at, column, None, style)
        elif isinstance(cell, date) and style is not self._bad:
            self._page.write_datetime(at, column, cell, style or self._day)
        elif isinstance(cell, date):
            self._page.write_string(at, column, cell.isoformat()[:10], style)
        elif isinstance(cell, bool | int | float) and style is not self._bad and abs(cell) < 1e11:
            self._page.write(at, column, cell, style)
        else:
            self._page.write_string(at, column, shown(cell), style or self._text)


def _sheet_name(name: str) -> str:
    """A name that a sheet of a workbook may have: that of a .csv file may hold more."""
    kept = "".join("_" if char in "[]:*?/\\" else char for char in name).strip("'")
    return kept[:31] or "问题行"
