"""Fills a form with values as a workbook: the electronic copy that offices ask for.

Rows, styles, merged cells, page setup and pictures come from the form; only fields change. Data
never becomes a formula, long numbers stay text, and the same values give the same bytes. Nothing
is staged on disk.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from io import BytesIO
from itertools import pairwise
from operator import length_hint
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.drawing.image import Image
from openpyxl.drawing.spreadsheet_drawing import (
    AnchorMarker,
    OneCellAnchor,
    SpreadsheetDrawing,
)
from openpyxl.drawing.xdr import XDRPositiveSize2D
from openpyxl.packaging.core import DocumentProperties
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.pagebreak import Break
from openpyxl.writer.excel import ExcelWriter

from app.services.errors import BarCodeUnfit
from app.services.forms import pictures
from app.services.forms.language import BAR_CODE, CROPPED, TICK, Content, FieldRef, parse_content
from app.services.forms.pages import LaidSheet, Members, Reader, lay_out, rows_spanned, set_cell
from app.services.forms.template import (
    PAGE_COUNT,
    PAGE_NUMBER,
    PRINT_DATE,
    Cell,
    Sheet,
    Template,
    is_printed,
    open_workbook,
)
from app.services.forms.values import Picture, QrCode, Values, is_date_pattern, show, who
from app.services.progress import Step, Work

_TEXT_FORMAT: Final = 49  # "@", built in
_LONGEST_NUMBER: Final = 15  # digits that a spreadsheet keeps
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_NO_TIME: Final = datetime(1980, 1, 1)  # noqa: DTZ001 -- the format has no zone


def fill(
    template: Template,
    documents: Iterable[Values],
    *,
    title: str = "",
    printed_on: date | None = None,
) -> Work[bytes]:
    """Fill the form once for each document; one workbook with the sheets of all of them.

    The sheets of a single document keep the form's names, those of several are named after the
    person (姓名+学号) or the class.
    """
    filling = _Filling(template, title)
    total = length_hint(documents)
    alone = total == 1
    for done, values in enumerate(documents, start=1):
        if printed_on is not None and PRINT_DATE not in values:
            values = {**values, PRINT_DATE: printed_on}
        filling.add(values, "" if alone else who(values) or str(done))
        yield Step(done, max(total, done), who(values))
    return filling.finish()


@dataclass(frozen=True, slots=True)
class _Source:
    """A cell of the form: its fields if any, and its style for data, for text, and for a name."""

    column: int
    cell: Any
    compiled: Cell | None
    as_text: Any


class _Pattern:
    """One worksheet of the form, ready to be copied row by row."""

    def __init__(self, workbook: Any, worksheet: Any, sheet: Sheet) -> None:
        self.worksheet, self.sheet = worksheet, sheet
        last_column = sheet.first_column + len(sheet.columns) - 2
        typed = {cell.ref: cell for cell in sheet.cells}
        self.rows: dict[int, list[_Source]] = {}
        for (row, column), cell in sorted(worksheet._cells.items()):
            inside = sheet.first_row <= row < sheet.first_row + len(sheet.heights)
            if inside and sheet.first_column <= column <= last_column:
                compiled = typed.get(cell.coordinate) if "{{" in str(cell.value) else None
                style = _text_style(workbook, cell, compiled) if compiled else None
                source = _Source(column, cell, compiled, style)
                self.rows.setdefault(row - sheet.first_row, []).append(source)
        self.merged: dict[int, list[Any]] = {}
        for merged in sorted(worksheet.merged_cells.ranges, key=lambda found: found.bounds):
            self.merged.setdefault(merged.min_row - sheet.first_row, []).append(merged)


def _text_style(workbook: Any, cell: Any, compiled: Cell) -> Any:
    """Style of the cell holding text: format @, and a name shrinks instead of breaking."""
    style = copy(cell._style)
    ref = compiled.lone
    if ref is not None:
        style.numFmtId = _TEXT_FORMAT
        if ref.is_name:
            alignment = copy(cell.alignment)
            alignment.wrap_text, alignment.shrink_to_fit = False, True
            style.alignmentId = workbook._alignments.add(alignment)
    return style


class _Filling:
    """One workbook while it is being filled."""

    def __init__(self, template: Template, title: str) -> None:
        self._template = template
        self._workbook: Any = open_workbook(template.source, template.name)
        by_name = {sheet.name: sheet for sheet in template.sheets}
        self._forms = list(self._workbook.worksheets)
        self._patterns: dict[str, _Pattern] = {}
        for number, worksheet in enumerate(self._forms):
            if is_printed(worksheet) and worksheet.title in by_name:
                pattern = _Pattern(self._workbook, worksheet, by_name[worksheet.title])
                self._patterns[worksheet.title] = pattern
            worksheet.title = f"#form {number}"  # its name is free for the filled sheet
        self._names: set[str] = set()
        self._workbook.properties = DocumentProperties(title=title or template.name)
        self._workbook.properties.creator = ""
        self._workbook.properties.created = self._workbook.properties.modified = _NO_TIME

    def add(self, values: Values, label: str) -> None:
        """Add the sheets of one document; `label` names them when there are several."""
        laid_sheets = lay_out(self._template, values)
        total = sum(laid.count for laid in laid_sheets)
        page = 1
        for laid in laid_sheets:
            several = len(laid_sheets) > 1 and bool(label)
            name = f"{label} {laid.sheet.name}" if several else label or laid.sheet.name
            reader = Reader(values, laid.offset, page, total)
            for part, own in _parts(laid, name):
                title = self._free_name(own, laid.sheet.name if several else "")
                self._add_sheet(part, reader, title)
            page += laid.count

    def finish(self) -> bytes:
        """The workbook's bytes, without the empty form."""
        for worksheet in self._forms:
            self._workbook.remove(worksheet)
        self._workbook.defined_names.clear()  # they would point at the removed form
        self._workbook.active = 0
        target = BytesIO()
        _Writer(self._workbook, _StillZip(target, "w", ZIP_DEFLATED)).save()
        return target.getvalue()

    def _free_name(self, wanted: str, ending: str) -> str:
        """A sheet name by the spreadsheet's rules: 31 characters, none of []:*?/\\, unique."""
        clean = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "", wanted).strip("' #") or "表"
        number = 1
        while True:
            tail = f" ({number})" if number > 1 else ""
            if len(clean) + len(tail) > 31 and ending:
                head = clean.removesuffix(ending).strip()
                name = f"{head[: 30 - len(ending) - len(tail)]} {ending}{tail}"[:31]
            else:
                name = clean[: 31 - len(tail)] + tail
            if name.casefold() not in self._names:
                self._names.add(name.casefold())
                return name
            number += 1

    def _add_sheet(self, laid: LaidSheet, reader: Reader, name: str) -> None:
        pattern = self._patterns[laid.sheet.name]
        target = self._workbook.create_sheet(name)
        _copy_setup(pattern, target, len(laid.rows), selected=len(self._names) == 1)
        _set_titles(laid, target)
        paper = laid.sheet.page
        if laid.scale < paper.scale and not (paper.fit_width or paper.fit_height):
            target.page_setup.scale = round(laid.scale * 100)  # what the paper was shrunk to
        _fill_margins(pattern.worksheet, target, reader)
        first = laid.sheet.first_row
        sources = [row.source for row in laid.rows]
        for number, row in enumerate(laid.rows):
            place = first + number
            dimension = pattern.worksheet.row_dimensions.get(row.source + first)
            if dimension is not None and (dimension.height is not None or dimension.hidden):
                target.row_dimensions[place].height = dimension.height
                target.row_dimensions[place].hidden = dimension.hidden
            for source in pattern.rows.get(row.source, ()):
                cell = target.cell(place, source.column)
                cell._style = source.cell._style
                if source.compiled is None:
                    cell._value, cell.data_type = source.cell.value, source.cell.data_type
                else:
                    _fill_cell(cell, source, reader, row.item, laid.sheet)
            for merged in pattern.merged.get(row.source, ()):
                down = place - merged.min_row
                tall = rows_spanned(sources, number, merged.max_row - first + 1)
                target.merged_cells.ranges.add(
                    CellRange(
                        min_col=merged.min_col,
                        max_col=merged.max_col,
                        min_row=merged.min_row + down,
                        max_row=place + tall - 1,
                    )
                )
            if number and (row.starts or row.source in laid.sheet.breaks):
                target.row_breaks.append(Break(id=place - 1))
        _copy_pictures(laid, target)


def _parts(laid: LaidSheet, name: str) -> Iterator[tuple[LaidSheet, str]]:
    """A sheet whose titles differ from group to group is one worksheet a group, named after it."""
    starts = [number for number, row in enumerate(laid.rows) if row.starts]
    titles = laid.sheet.titles
    heads = [group for group in laid.sheet.groups if titles and group.start < titles[1]]
    if not (starts and heads):
        yield laid, name
        return
    for start, end in pairwise([0, *starts, len(laid.rows)]):
        rows = laid.rows[start:end]
        shared: Values = next((row.item for row in rows if isinstance(row.item, Members)), {})
        yield replace(laid, rows=rows), show(shared.get(heads[0].column)) or name


def _set_titles(laid: LaidSheet, target: Any) -> None:
    """The rows repeated on every page, where they have come to stand."""
    titles = laid.sheet.titles
    if titles is None:
        return
    found = [n for n, row in enumerate(laid.rows) if titles[0] <= row.source < titles[1]]
    end = next((n for n in range(1, len(found)) if found[n] != found[n - 1] + 1), len(found))
    heads = [group for group in laid.sheet.groups if group.start < titles[1]]
    if not found or (end < len(found) and heads):
        target.print_title_rows = None  # a spreadsheet has one set of titles for all its groups
        return
    first = laid.sheet.first_row
    target.print_title_rows = f"{found[0] + first}:{found[end - 1] + first}"


def _fill_cell(
    cell: Any, source: _Source, reader: Reader, item: Values | None, sheet: Sheet
) -> None:
    """Write the cell's text, number or date, or stand a picture on it."""
    compiled = source.compiled
    assert compiled is not None  # noqa: S101 -- the caller's condition, for the type checker
    lone = compiled.lone
    if lone is not None:
        value = reader.value(lone, item)
        if (value is None or value == "") and TICK not in lone.how:
            return
        if isinstance(value, (Picture, QrCode)):
            _stand(value, compiled, cell, sheet)
            return
        if lone.how == BAR_CODE:
            _stand_bars(reader.text(compiled.content, item, ""), compiled, cell, sheet)
            return
        if _is_number(value) and not lone.pattern and compiled.number_format != "@":
            cell._value, cell.data_type = value, "n"
            _fit(cell, compiled, [show(value, compiled.number_format)], sheet)
            return
        if isinstance(value, date) and not lone.pattern and is_date_pattern(compiled.number_format):
            moment = value if isinstance(value, datetime) else datetime.combine(value, time())
            cell._value, cell.data_type = moment, "d"
            _fit(cell, compiled, [show(value, compiled.number_format)], sheet)
            return
    parts = [
        ILLEGAL_CHARACTERS_RE.sub("", part).replace("\r\n", "\n")
        for part in reader.parts(compiled.content, item, compiled.number_format)
    ]
    if text := "".join(parts):
        cell._value = _rich(parts, source) if compiled.runs else text
        cell.data_type = "s"  # never a formula
        cell._style = source.as_text
        _fit(cell, compiled, parts, sheet)


def _fit(cell: Any, compiled: Cell, parts: list[str], sheet: Sheet) -> None:
    """Set a text that is too long as small, and over as many lines, as the paper has it."""
    style, lone = compiled.style, compiled.lone
    if style.shrink or style.rotation or compiled.runs or (lone is not None and lone.is_name):
        return  # the spreadsheet shrinks it itself, or it stands as the form has it
    width = sheet.columns[compiled.column_end] - sheet.columns[compiled.column]
    height = sum(sheet.heights[compiled.row : compiled.row_end])
    setting = set_cell(compiled, parts, width, height)
    lines = "".join(parts).count("\n") + 1
    if setting.size < style.size or (len(setting.lines) > lines and not style.wrap):
        font, alignment = copy(cell.font), copy(cell.alignment)
        font.sz = math.floor(setting.size * 10) / 10
        alignment.wrap_text = len(setting.lines) > 1
        cell.font, cell.alignment = font, alignment


def _rich(parts: list[str], source: _Source) -> CellRichText:
    """The parts in the type of the form's runs."""
    runs = source.cell.value
    assert source.compiled is not None  # noqa: S101 -- the caller's condition, for the type checker
    blocks = [runs[number] for number, _ in source.compiled.runs]
    return CellRichText(
        [
            TextBlock(block.font, part) if isinstance(block, TextBlock) else part
            for block, part in zip(blocks, parts, strict=True)
            if part
        ]
    )


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return isinstance(value, float) or abs(value) < 10**_LONGEST_NUMBER


# --- pictures -----------------------------------------------------------------------------


def _stand(value: Picture | QrCode, compiled: Cell, cell: Any, sheet: Sheet) -> None:
    """Put a picture on its cell, fitted and centred."""
    left, right = sheet.columns[compiled.column], sheet.columns[compiled.column_end]
    tall = sum(sheet.heights[compiled.row : compiled.row_end])
    if isinstance(value, QrCode):
        data = pictures.qr_png(value.text)
        width = height = 1
    else:
        crop = any(ref.how == CROPPED for ref in compiled.fields)
        raster = pictures.prepare(value.data, right - left - 2, tall - 2, crop=crop)
        data, width, height = raster.jpeg, raster.width, raster.height
    dx, dy, wide, high = pictures.fit(width, height, right - left - 2, tall - 2)
    _place(data, left + dx + 1, dy + 1, (wide, high), compiled, cell, sheet)


def _stand_bars(text: str, compiled: Cell, cell: Any, sheet: Sheet) -> None:
    """Put a bar code on its cell, as large as that is."""
    left, right = sheet.columns[compiled.column], sheet.columns[compiled.column_end]
    tall = sum(sheet.heights[compiled.row : compiled.row_end])
    try:
        data = pictures.bar_png(text)
    except ValueError as error:
        field = compiled.fields[0].path
        raise BarCodeUnfit(sheet=sheet.name, cell=compiled.ref, text=text, field=field) from error
    _place(data, left + 1, 1, (right - left - 2, tall - 2), compiled, cell, sheet)


def _place(
    data: bytes,
    across: float,
    down: float,
    size: tuple[float, float],
    compiled: Cell,
    cell: Any,
    sheet: Sheet,
) -> None:
    """Anchor a picture `across` the sheet and `down` its cell."""
    column = max(n for n, edge in enumerate(sheet.columns[:-1]) if edge <= across)
    line = compiled.row
    while line + 1 < compiled.row_end and down >= sheet.heights[line]:
        down -= sheet.heights[line]
        line += 1
    marker = AnchorMarker(
        col=column + sheet.first_column - 1,
        colOff=_emu(across - sheet.columns[column]),
        row=cell.row - 1 + line - compiled.row,
        rowOff=_emu(down),
    )
    _add_image(cell.parent, data, OneCellAnchor(_from=marker, ext=_extent(*size)))


def _copy_pictures(laid: LaidSheet, target: Any) -> None:
    """The pictures of the form itself, beside the row they stand on."""
    sheet = laid.sheet
    for picture in sheet.pictures:
        for number, row in enumerate(laid.rows):
            if row.source == picture.row:
                marker = AnchorMarker(
                    col=picture.column + sheet.first_column - 1,
                    colOff=_emu(picture.x),
                    row=number + sheet.first_row - 1,
                    rowOff=_emu(picture.y),
                )
                size = _extent(picture.width, picture.height)
                _add_image(target, picture.data, OneCellAnchor(_from=marker, ext=size))


def _add_image(target: Any, data: bytes, anchor: OneCellAnchor) -> None:
    image = Image(BytesIO(data))
    image.anchor = anchor
    target.add_image(image)


def _emu(points: float) -> int:
    return round(points * pictures.EMU_PER_POINT)


def _extent(width: float, height: float) -> XDRPositiveSize2D:
    return XDRPositiveSize2D(_emu(width), _emu(height))


# --- what a sheet says beside its cells ---------------------------------------------------


def _copy_setup(pattern: _Pattern, target: Any, rows: int, *, selected: bool) -> None:
    """Columns, paper, print titles and view of the form's sheet."""
    source, sheet = pattern.worksheet, pattern.sheet
    for attribute in ("sheet_format", "sheet_properties", "page_margins", "page_setup"):
        setattr(target, attribute, copy(getattr(source, attribute)))
    target.print_options = copy(source.print_options)
    for letter, dimension in source.column_dimensions.items():
        target.column_dimensions[letter] = copy(dimension)
        target.column_dimensions[letter].worksheet = target
    target.col_breaks = copy(source.col_breaks)
    if source.print_title_cols:
        target.print_title_cols = source.print_title_cols
    if source.print_area:
        last = get_column_letter(sheet.first_column + len(sheet.columns) - 2)
        first = get_column_letter(sheet.first_column)
        target.print_area = f"{first}{sheet.first_row}:{last}{sheet.first_row + rows - 1}"
    target.freeze_panes = source.freeze_panes
    target.sheet_view.showGridLines = source.sheet_view.showGridLines
    target.sheet_view.zoomScale = source.sheet_view.zoomScale
    target.sheet_view.tabSelected = selected  # more than one selected would be edited together


_MARGINS: Final = (
    *("oddHeader", "oddFooter", "evenHeader", "evenFooter"),
    *("firstHeader", "firstFooter"),
)


def _fill_margins(source: Any, target: Any, reader: Reader) -> None:
    target.HeaderFooter = copy(source.HeaderFooter)
    for name in _MARGINS:
        item = copy(getattr(source.HeaderFooter, name))
        for side in ("left", "center", "right"):
            part = copy(getattr(item, side))
            if part.text:
                part.text = _margin_text(parse_content(part.text), reader)
            setattr(item, side, part)
        setattr(target.HeaderFooter, name, item)


_PAGE_CODES: Final[Mapping[str, str]] = {PAGE_NUMBER: "&P", PAGE_COUNT: "&N"}


def _margin_text(content: Content, reader: Reader) -> str:
    """A header's text with its fields filled; the spreadsheet counts the pages itself."""

    def parts() -> Iterator[str]:
        for part in content:
            if isinstance(part, str):
                yield part
            elif isinstance(part, FieldRef) and part.name in _PAGE_CODES:
                yield _PAGE_CODES[part.name]
            else:
                yield reader.text((part,), None, "").replace("&", "&&")

    return "".join(parts())


# --- writing ------------------------------------------------------------------------------


class _StillZip(ZipFile):
    """A zip file whose members carry no time."""

    def writestr(
        self,
        zinfo_or_arcname: str | ZipInfo,
        data: Any,
        compress_type: int | None = None,
        compresslevel: int | None = None,
    ) -> None:
        """Add a member, dated at the format's first day."""
        name = zinfo_or_arcname if isinstance(zinfo_or_arcname, str) else zinfo_or_arcname.filename
        member = ZipInfo(name, _EPOCH)
        member.compress_type = ZIP_DEFLATED
        super().writestr(member, data, compress_type, compresslevel)


class _Writer(ExcelWriter):
    """Writes worksheets in memory: openpyxl would put them, names and all, into temporary files."""

    def write_worksheet(self, ws: Any) -> None:
        """One worksheet and its drawing."""
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts = ws._charts
        ws._drawing.images = ws._images
        target = BytesIO()
        writer: Any = WorksheetWriter(ws, out=target)
        writer.write()
        ws._rels = writer._rels
        self._archive.writestr(ws.path[1:], target.getvalue())  # type: ignore[attr-defined]  # absent from the stubs
        self.manifest.append(ws)
