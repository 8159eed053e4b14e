"""What is the same on every page of a sheet: borders, fills, fixed texts and pictures.

It is drawn once for each run of rows that pages are made of, and shown again by every page, in
every file that a form is drawn into; only the fields are drawn for each page.
"""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from app.services.forms.fonts import Letters
from app.services.forms.ink import (
    Box,
    Ink,
    Segment,
    place_picture,
    place_text,
    stroke,
)
from app.services.forms.language import FieldRef
from app.services.forms.pages import rows_spanned, set_cell, typed
from app.services.forms.pictures import Raster
from app.services.forms.sheetstyle import Rule
from app.services.forms.template import Cell, Sheet, Template
from app.services.forms.typeset import Horizontal, set_rich, set_text

UNBOUNDED: Final = 2000  # points: a fixed text that is too long stands over its neighbours
_KEPT: Final = 200  # runs of rows of one form; a roster has one for each number of its rows


@dataclass(frozen=True, slots=True)
class Base:
    """The fixed part of a page: its deflated operators, and what they need embedded.

    `name` is the same for the same content. `missing`: sheets and cells with characters that no
    font holds.
    """

    name: str
    operators: bytes = field(repr=False)
    box: tuple[int, int, int, int]  # left, bottom, right, top
    rasters: dict[str, Raster] = field(repr=False)
    letters: Letters
    missing: tuple[tuple[str, str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Blank:
    """A cell with fields on one run of rows: its place, and which row's item it reads."""

    cell: Cell
    lone: FieldRef | None
    box: Box
    row: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A page of a sheet without values: the fixed part, and the fields to draw over it."""

    base: Base
    height: float
    blanks: tuple[Blank, ...]


class Frames:
    """The frames of one form, each drawn when it is first asked for."""

    def __init__(self) -> None:
        self._drawn: dict[tuple[int, tuple[int, ...]], Frame] = {}

    def of(self, sheet: Sheet, sources: tuple[int, ...]) -> Frame:
        """The frame of a sheet of the form with these of its rows."""
        key = id(sheet), sources
        frame = self._drawn.get(key)
        if frame is None:
            if len(self._drawn) >= _KEPT:
                self._drawn.clear()
            frame = self._drawn[key] = _draw(sheet, sources)
        return frame


@lru_cache(maxsize=16)
def frames_of(template: Template) -> Frames:
    """The frames of a form; kept with it, because they hold nothing of anybody."""
    del template
    return Frames()


def _draw(sheet: Sheet, sources: tuple[int, ...]) -> Frame:
    grid = _Grid(sheet, sources)
    ink = Ink(letters := Letters())
    _draw_fills(ink, grid)
    _draw_borders(ink, grid)
    rasters = dict(_draw_pictures(ink, grid))
    blanks, missing = [], []
    for cell, box, number in grid.boxes():
        if cell.changes:
            blanks.append(Blank(cell, cell.lone, box, number))
        elif (text := "".join(map(str, cell.content))).strip():
            if absent := cell.style.face.missing(text):
                missing.append((sheet.name, cell.ref, tuple(absent)))
            _draw_fixed(ink, cell, box)
    operators = zlib.compress(ink.operators().encode("ascii"))
    height = -grid.tops[-1]
    name = "S" + hashlib.sha256(operators).hexdigest()[:16]
    # a form XObject clips at its box, and nothing may be clipped
    reach = -UNBOUNDED, round(-height - UNBOUNDED), round(sheet.width + UNBOUNDED), UNBOUNDED
    base = Base(name, operators, reach, rasters, letters, tuple(missing))
    return Frame(base, height, tuple(blanks))


def _draw_fixed(ink: Ink, cell: Cell, box: Box) -> None:
    parts = [str(part) for part in cell.content]
    style = cell.style
    if (
        style.wrap
        or style.shrink
        or style.rotation
        or style.horizontal in (Horizontal.DISTRIBUTED, Horizontal.FILL)
    ):
        setting = set_cell(cell, parts, box.width, box.height)
    elif cell.runs:
        setting = set_rich(typed(cell, parts), style, UNBOUNDED, box.height)
    else:
        setting = set_text("".join(parts), style, UNBOUNDED, box.height)
    place_text(ink, setting, style, box, right=False)


def _draw_pictures(ink: Ink, grid: "_Grid") -> Iterator[tuple[str, Raster]]:
    for picture in grid.sheet.pictures:
        for number in (n for n, source in enumerate(grid.sources) if source == picture.row):
            x = grid.sheet.columns[picture.column] + picture.x
            y = grid.tops[number] - picture.y
            yield place_picture(ink, picture.data, Box(x, y, picture.width, picture.height))


class _Grid:
    """The rows of one page as they stand: tops, and the boxes of cells."""

    def __init__(self, sheet: Sheet, sources: tuple[int, ...]) -> None:
        self.sheet, self.sources = sheet, sources
        self.tops = [0.0]
        for source in sources:
            self.tops.append(self.tops[-1] - sheet.heights[source])

    def boxes(self) -> Iterator[tuple[Cell, Box, int]]:
        """Every visible cell on the page with its box and the number of its row."""
        by_row: dict[int, list[Cell]] = {}
        for cell in self.sheet.cells:
            by_row.setdefault(cell.row, []).append(cell)
        for number, source in enumerate(self.sources):
            for cell in by_row.get(source, ()):
                box = self.box(number, cell.row_end, cell.column, cell.column_end)
                if box.width and box.height:
                    yield cell, box, number

    def box(self, number: int, row_end: int, column: int, column_end: int) -> Box:
        """The box of a cell from row `number` on; a merged cell ends with the page."""
        rows = rows_spanned(self.sources, number, row_end)
        left, right = self.sheet.columns[column], self.sheet.columns[column_end]
        top, bottom = self.tops[number], self.tops[number + rows]
        return Box(left, top, right - left, top - bottom)


def _draw_fills(ink: Ink, grid: _Grid) -> None:
    for row, column, row_end, column_end, colour in grid.sheet.fills:
        for number, source in enumerate(grid.sources):
            if source == row:
                box = grid.box(number, row_end, column, column_end)
                ink.fill(box.x, box.y - box.height, box.width, box.height, colour)


def _heavier(one: Rule | None, other: Rule | None) -> Rule | None:
    if one is None or other is None:
        return one or other
    return one if one.rank >= other.rank else other


def _draw_borders(ink: Ink, grid: _Grid) -> None:
    """Each edge once, neighbouring edges of one kind as one line."""
    sides, columns = grid.sheet.borders.sides, grid.sheet.columns
    rows, across = len(grid.sources), len(columns) - 1
    lines: dict[Rule, list[Segment]] = {}

    def side(number: int, column: int, name: str) -> Rule | None:
        if not (0 <= number < rows and 0 <= column < across):
            return None
        if not grid.tops[number] - grid.tops[number + 1] or columns[column] == columns[column + 1]:
            return None  # a hidden row or column
        found = sides.get((grid.sources[number], column))
        return getattr(found, name) if found else None

    for number in range(rows + 1):
        run = _Run(lines)
        for column in range(across):
            rule = _heavier(side(number - 1, column, "bottom"), side(number, column, "top"))
            run.extend(rule, columns[column], columns[column + 1], grid.tops[number], flat=True)
        run.end()
    for column in range(across + 1):
        run = _Run(lines)
        for number in range(rows):
            rule = _heavier(side(number, column - 1, "right"), side(number, column, "left"))
            run.extend(rule, grid.tops[number], grid.tops[number + 1], columns[column], flat=False)
        run.end()
    for (row, column), found in sides.items():
        if found.falling or found.rising:
            row_end, column_end = grid.sheet.borders.spans.get(
                (row, column), (row, column, row + 1, column + 1)
            )[2:]
            for number in (n for n, source in enumerate(grid.sources) if source == row):
                box = grid.box(number, row_end, column, column_end)
                left, right, top, bottom = box.x, box.x + box.width, box.y, box.y - box.height
                if found.falling:
                    lines.setdefault(found.falling, []).append((left, top, right, bottom))
                if found.rising:
                    lines.setdefault(found.rising, []).append((left, bottom, right, top))
    for rule, segments in lines.items():
        stroke(ink, rule, segments)


class _Run:
    """Joins edges of the same rule along one line of the grid."""

    def __init__(self, lines: dict[Rule, list[Segment]]) -> None:
        self._lines = lines
        self._rule: Rule | None = None
        self._start = self._stop = self._across = 0.0
        self._flat = True

    def extend(
        self, rule: Rule | None, start: float, stop: float, across: float, flat: bool
    ) -> None:
        """The next edge, from `start` to `stop`, at `across` the other axis."""
        if rule != self._rule:
            self.end()
            self._rule, self._start, self._across, self._flat = rule, start, across, flat
        self._stop = stop

    def end(self) -> None:
        """Close the line that is open."""
        if self._rule is not None:
            segment = (
                (self._start, self._across, self._stop, self._across)
                if self._flat
                else (self._across, self._start, self._across, self._stop)
            )
            self._lines.setdefault(self._rule, []).append(segment)
        self._rule = None
