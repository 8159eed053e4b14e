"""The cells of a form's sheet as a spreadsheet shows them, empty ones too, for pointing at."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

from openpyxl.utils import get_column_letter

from app.services.forms.language import written
from app.services.forms.template import Cell, Sheet
from app.services.forms.typeset import Horizontal


@dataclass(frozen=True, slots=True)
class GridCell:
    """One cell, merged or not: its place among rows and columns and in points, and what it says.

    `row_end` and `column_end` are exclusive; rows and columns count from 0 within the sheet.
    """

    ref: str
    row: int
    column: int
    row_end: int
    column_end: int
    left: float
    top: float
    right: float
    bottom: float
    text: str
    has_field: bool
    ruled: bool
    size: float
    bold: bool
    wraps: bool
    side: str  # left, right or centre


def grid_cells(sheet: Sheet) -> Iterator[GridCell]:
    """Every visible cell in reading order; a merged one stands once."""
    tops = [0.0, *accumulate(sheet.heights)]
    filled = {(cell.row, cell.column): cell for cell in sheet.cells}
    spans = dict(sheet.borders.spans)
    covered = {
        (row, column)
        for (first_row, first_column), span in spans.items()
        for row in range(first_row, span[2])
        for column in range(first_column, span[3])
        if (row, column) != (first_row, first_column)
    }
    for row in range(len(sheet.heights)):
        for column in range(len(sheet.columns) - 1):
            if (row, column) in covered:
                continue
            span = spans.get((row, column), (row, column, row + 1, column + 1))
            left, right = sheet.columns[column], sheet.columns[span[3]]
            if right > left and tops[span[2]] > tops[row]:
                cell = filled.get((row, column))
                yield _cell(sheet, row, column, span, (left, tops[row], right, tops[span[2]]), cell)


def _cell(
    sheet: Sheet,
    row: int,
    column: int,
    span: tuple[int, int, int, int],
    box: tuple[float, float, float, float],
    cell: Cell | None,
) -> GridCell:
    style = cell.style if cell is not None else None
    side = "left"
    if style is not None and style.horizontal in (Horizontal.CENTRE, Horizontal.DISTRIBUTED):
        side = "centre"
    elif style is not None and style.horizontal is Horizontal.RIGHT:
        side = "right"
    return GridCell(
        ref=f"{letters(sheet.first_column + column)}{sheet.first_row + row}",
        row=row,
        column=column,
        row_end=span[2],
        column_end=span[3],
        left=box[0],
        top=box[1],
        right=box[2],
        bottom=box[3],
        text=written(cell.content) if cell is not None else "",
        has_field=bool(cell and cell.fields),
        ruled=(row, column) in sheet.borders.sides,
        size=style.size if style is not None else 11,
        bold=bool(style and style.bold),
        wraps=bool(style and style.wrap),
        side=side,
    )


def letters(column: int) -> str:
    """Column 1 -> A, 27 -> AA."""
    return get_column_letter(column)


def cell_at(cells: Iterable[GridCell], ref: str) -> GridCell | None:
    """The cell of that name."""
    return next((cell for cell in cells if cell.ref == ref), None)


def neighbour(
    cells: Mapping[tuple[int, int], GridCell], here: GridCell | None, down: int, right: int
) -> GridCell | None:
    """The next cell that way, over merged ones; the first one from nowhere."""
    if here is None:
        return next(iter(cells.values()), None)
    row = here.row if not down else here.row_end if down > 0 else here.row - 1
    column = here.column if not right else here.column_end if right > 0 else here.column - 1
    for cell in cells.values():
        if cell.row <= row < cell.row_end and cell.column <= column < cell.column_end:
            return cell
    return None
