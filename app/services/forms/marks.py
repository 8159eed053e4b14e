"""Where on a drawn page stands what did not fit, and what each field of a document says."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from app.services.forms.language import FieldRef
from app.services.forms.pages import LaidSheet, Reader, Row, lay_out, page_origin
from app.services.forms.preview import Concern, PaperWarning, Preview
from app.services.forms.printing import Sheet
from app.services.forms.values import Picture, QrCode, Values, show

_MARKED: Final = frozenset({Concern.NO_ROOM, Concern.SHRUNK, Concern.NO_SLOT, Concern.NO_PHOTO})
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Mark:
    """A box on a page to look at: points from its upper left corner."""

    page: int
    left: float
    top: float
    width: float
    height: float
    warning: PaperWarning


def marks_of(preview: Preview) -> tuple[Mark, ...]:
    """The boxes of everything that the preview warns of, page by page."""
    wanted: dict[int, list[PaperWarning]] = defaultdict(list)
    for warning in preview.warnings:
        if warning.page is not None and warning.concern in _MARKED:
            wanted[preview.places[warning.page].document].append(warning)
    found: list[Mark] = []
    values = preview.sheet.values
    for document, warnings in wanted.items():
        page = preview.starts[document]
        for laid in lay_out(preview.sheet.template, values[document]):
            for rows in laid.pages:
                found += _on_page(laid, rows, page, values[document], warnings)
                page += 1
    return tuple(found)


def _on_page(
    laid: LaidSheet, rows: Sequence[Row], page: int, values: Values, warnings: list[PaperWarning]
) -> Iterator[Mark]:
    sheet = laid.sheet
    places = {warning.place: warning for warning in warnings}
    tops = [0.0, *accumulate(sheet.heights[row.source] for row in rows)]
    left, upper = page_origin(sheet.page, sheet.width, tops[-1], laid.scale)
    reader = Reader(values, laid.offset, 1, 1)
    for cell in sheet.cells:
        warning = places.get(f"{sheet.name} {cell.ref}")
        if warning is None:
            continue
        for number, row in enumerate(rows):
            if row.source != cell.row:
                continue
            text = reader.text(cell.content, row.item, cell.number_format)
            mine = [one for one in warnings
                    if one.place == warning.place and _speaks_of(one, text, page)]  # fmt: skip
            if not mine:
                continue
            below = tops[min(number + cell.row_end - cell.row, len(rows))]
            yield Mark(
                page,
                left + sheet.columns[cell.column] * laid.scale,
                sheet.page.height - upper + tops[number] * laid.scale,
                (sheet.columns[cell.column_end] - sheet.columns[cell.column]) * laid.scale,
                (below - tops[number]) * laid.scale,
                mine[0],
            )


def _speaks_of(warning: PaperWarning, text: str, page: int) -> bool:
    """Of a list's rows only those whose own text is named are meant."""
    if warning.concern in (Concern.NO_ROOM, Concern.SHRUNK):
        return warning.page == page and bool(text) and text in warning.sentence
    return True


# --- the data beside ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FilledField:
    """One field of a document: what it says there, in which cells, and what is to be looked at."""

    path: str
    said: str
    places: str
    concern: str = ""


def filled_fields(sheet: Sheet, document: int, warnings: Sequence[PaperWarning]) -> tuple[
    FilledField, ...
]:  # fmt: skip
    """What each field of the form says in one document, in the order of the form."""
    values = sheet.values[document]
    concerns = {warning.place: warning.concern.value for warning in warnings}
    rows: dict[str, FilledField] = {}
    for ref, places in sheet.template.fields.items():
        where = "、".join(dict.fromkeys(place.cell for place in places))
        concern = next(
            (
                concerns[key]
                for place in places
                if (key := f"{place.sheet} {place.cell}") in concerns
            ),
            "",
        )
        known = rows.get(name := _name(ref))
        if known is None:
            rows[name] = FilledField(name, _said(ref, values), where, concern)
        elif concern and not known.concern:
            rows[name] = FilledField(name, known.said, known.places, concern)
    return tuple(rows.values())


def _name(ref: FieldRef) -> str:
    return ref.path if ref.index is None else ref.path.replace(ref.name, f"{ref.name}[{ref.index}]")


def _said(ref: FieldRef, values: Values) -> str:
    if ref.is_list:
        count = len(values.get(ref.name) or ())
        return f"{count} 行"
    value = Reader(values, {}, 1, 1).value(ref, None)
    if isinstance(value, Picture):
        return "（照片）"
    if isinstance(value, QrCode):
        return "（二维码）"
    text = show(value, ref.pattern).replace("\n", " ")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
