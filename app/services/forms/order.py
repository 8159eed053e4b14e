"""A print order: which pages go on which sheets of paper, and where on the paper they stand.

Every document begins on a new sheet, so that fifty cards printed on both sides are fifty leaves
that can be bound one by one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from itertools import groupby
from typing import Final

import pikepdf

from app.services.errors import NothingToPrint, PrintRangeRefused
from app.services.forms.preview import PreviewPage

_MM: Final = 72 / 25.4
_SEPARATORS: Final = re.compile(r"[,，、;；\s]+")
_SPAN: Final = re.compile(r"(\d+)(?:[-—–－~～至](\d+))?")


class Sides(StrEnum):
    """单双面: the last three are for printers that print one side only."""

    ONE = "单面"
    LONG = "双面，沿长边翻"
    SHORT = "双面，沿短边翻"
    FRONTS = "手动双面：先打正面"
    BACKS = "手动双面：再打反面"
    BACKS_REVERSED = "手动双面：再打反面（倒序）"

    @property
    def is_paired(self) -> bool:
        """Whether two pages share a sheet of paper."""
        return self is not Sides.ONE

    @property
    def is_second_pass(self) -> bool:
        """The back of paper that has been recorded when its front went out."""
        return self in (Sides.BACKS, Sides.BACKS_REVERSED)


@dataclass(frozen=True, slots=True)
class Correction:
    """校正 of one printer and tray: what moves and stretches the page so that it lands true.

    `x` and `y` (mm, right and down) is where the printer puts the page's corner; the scales are
    printed length by true length.
    """

    x: float = 0
    y: float = 0
    scale_x: float = 1
    scale_y: float = 1

    @property
    def is_none(self) -> bool:
        """Whether nothing is corrected."""
        return self == Correction()

    def matrix(self, height: float) -> tuple[float, float, float, float, float, float]:
        """The PDF matrix that undoes the printer's error on a page `height` points tall."""
        across, down = 1 / self.scale_x, 1 / self.scale_y
        left = -self.x * _MM * across
        # y grows upwards in a PDF and is measured from the top edge of the paper
        up = height - height * down + self.y * _MM * down
        return across, 0, 0, down, left, up


@dataclass(frozen=True, slots=True)
class Leaf:
    """One sheet of paper (张): its number in the order, and the pages on it."""

    number: int
    document: int
    front: int | None
    back: int | None = None

    @property
    def pages(self) -> tuple[int, ...]:
        """The pages on it."""
        return tuple(page for page in (self.front, self.back) if page is not None)


@dataclass(frozen=True, slots=True)
class Order:
    """打印任务 as the registrar set it."""

    printer: str
    sides: Sides = Sides.ONE
    copies: int = 1
    tray: str = ""
    pages: str = ""
    start: int = 1
    correction: Correction = field(default_factory=Correction)


def page_range(text: str, total: int) -> frozenset[int]:
    """Page indexes (from 0) of a range such as 1-3,5; all when nothing is said."""
    if not text.strip():
        return frozenset(range(total))
    pages: set[int] = set()
    for part in filter(None, _SEPARATORS.split(text.strip())):
        found = _SPAN.fullmatch(part)
        if found is None:
            raise PrintRangeRefused(text=text, total=total)
        first, last = int(found[1]), int(found[2] or found[1])
        if not 1 <= first <= last <= total:
            raise PrintRangeRefused(text=text, total=total)
        pages.update(range(first - 1, last))
    return frozenset(pages)


def leaves(places: Sequence[PreviewPage], order: Order) -> tuple[Leaf, ...]:
    """The sheets of paper of an order in the order in which they are printed."""
    found = _all_leaves(places, order)
    chosen = tuple(leaf for leaf in found if leaf.number >= order.start)
    if not chosen:
        raise NothingToPrint(total=len(found))
    return tuple(reversed(chosen)) if order.sides is Sides.BACKS_REVERSED else chosen


def leaf_count(places: Sequence[PreviewPage], order: Order) -> int:
    """How many sheets the order has, whatever it begins with."""
    return len(_all_leaves(places, order))


def _all_leaves(places: Sequence[PreviewPage], order: Order) -> tuple[Leaf, ...]:
    wanted = page_range(order.pages, len(places))
    found: list[Leaf] = []
    for document, group in groupby(places, key=lambda place: place.document):
        of_document = list(group)
        step = 2 if order.sides.is_paired else 1
        for at in range(0, len(of_document), step):
            sides = [
                place.index if place.index in wanted else None
                for place in of_document[at : at + step]
            ]
            if any(side is not None for side in sides):
                found.append(Leaf(len(found) + 1, document, *sides))
    return tuple(found)


def parcels(sheets: Sequence[Leaf]) -> list[tuple[Leaf, ...]]:
    """The sheets of each document together: what is sent in one go."""
    return [tuple(group) for _, group in groupby(sheets, key=lambda leaf: leaf.document)]


class Imposer:
    """Makes the file for the printer out of the previewed one: chosen pages, moved into place."""

    def __init__(self, content: bytes, order: Order) -> None:
        self._source = pikepdf.open(BytesIO(content))
        self._order = order

    def file(self, sheets: Sequence[Leaf]) -> bytes:
        """The pages of these sheets as the printer gets them, each at its true size."""
        made = pikepdf.new()
        for page in self._sides(sheets):
            if page is None:
                made.add_blank_page(page_size=self._size(sheets))
                continue
            made.pages.append(self._source.pages[page])
            if not self._order.correction.is_none:
                self._correct(made, made.pages[-1])
        target = BytesIO()
        made.save(target)
        return target.getvalue()

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()

    def _sides(self, sheets: Sequence[Leaf]) -> Iterator[int | None]:
        sides = self._order.sides
        for leaf in sheets:
            if not sides.is_second_pass:
                yield leaf.front
            if sides.is_second_pass or sides in (Sides.LONG, Sides.SHORT):
                yield leaf.back

    def _size(self, sheets: Sequence[Leaf]) -> tuple[float, float]:
        box = self._source.pages[sheets[0].pages[0]].mediabox
        return float(box[2]) - float(box[0]), float(box[3]) - float(box[1])

    def _correct(self, made: pikepdf.Pdf, page: pikepdf.Page) -> None:
        height = float(page.mediabox[3]) - float(page.mediabox[1])
        numbers = " ".join(f"{number:.6f}" for number in self._order.correction.matrix(height))
        page.contents_add(made.make_stream(f"q {numbers} cm\n".encode()), prepend=True)
        page.contents_add(made.make_stream(b"\nQ"))
