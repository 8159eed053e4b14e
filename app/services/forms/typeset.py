"""Setting a text into its cell: lines, type size, and whether it fits.

Lengths are points. A text that does not fit shrinks, then wraps. What still does not fit is set
smaller than anybody should have to read, inside its cell all the same, and said so by
`Setting.fits`; nothing is ever cut.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import accumulate, groupby
from typing import Final

from app.services.forms.fonts import Face, Family, face

PADDING: Final = 1.5  # between border and text, left and right
LEADING: Final = 1.2  # distance of two lines, in type sizes
ASCENT: Final = 0.98  # from the top of a line to its baseline: (LEADING - 1) / 2 + 0.88
SMALLEST: Final = 6.0
SMALLEST_SHARE: Final = 0.6
SQUEEZE: Final = 0.7  # a name that may not be broken is narrowed to this at most
LAST: Final = 3.0  # beyond what can be read without a glass; the registrar is told
STEP: Final = 0.5
INDENT: Final = 6.75  # one step of indentation where the Normal font is Calibri 11: nine pixels
_SLACK: Final = 0.3  # rounding of widths between programs
_LONGEST_WORD: Final = 40


class Horizontal(Enum):
    """Where a line stands between left and right."""

    GENERAL = "general"  # by the kind of value: text left, numbers right
    LEFT = "left"
    CENTRE = "center"
    RIGHT = "right"
    DISTRIBUTED = "distributed"  # 分散对齐
    JUSTIFY = "justify"  # 两端对齐: every line but the last of a paragraph is spread
    FILL = "fill"  # 填充: repeated as often as the cell is wide


class Vertical(Enum):
    """Where the lines stand between top and bottom."""

    TOP = "top"
    CENTRE = "center"
    BOTTOM = "bottom"
    DISTRIBUTED = "distributed"


STACKED: Final = 255  # rotation of 竖排文字: characters upright, one below the other


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How a cell sets its text. `colour` is (r, g, b) from 0 to 1; `rotation` in degrees."""

    family: Family = Family.SONG
    size: float = 11
    bold: bool = False
    italic: bool = False
    underline: int = 0  # number of lines
    strike: bool = False
    colour: tuple[float, float, float] = (0, 0, 0)
    horizontal: Horizontal = Horizontal.GENERAL
    vertical: Vertical = Vertical.BOTTOM
    wrap: bool = False
    shrink: bool = False
    indent: int = 0
    rotation: int = 0
    indent_step: float = INDENT  # points of one step

    @property
    def face(self) -> Face:
        """The chain of fonts that draws it."""
        return face(self.family, self.bold)

    @property
    def indented(self) -> float:
        """Points that the indentation takes from one side."""
        return self.indent * self.indent_step


@dataclass(frozen=True, slots=True)
class Line:
    """One line, its width at the set size, and the extra space after each character.

    A line of rich text has its `runs` (each in its own type), and the largest size among them.
    """

    text: str
    width: float
    spread: float = 0
    runs: tuple[tuple[str, TextStyle], ...] = ()
    size: float = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """A text set for its cell; `squeeze` is the horizontal scale (1 = as designed)."""

    lines: tuple[Line, ...]
    size: float
    fits: bool = True
    squeeze: float = 1


_OPENING: Final = "（《〈「『【〔〖“‘(["
_CLOSING: Final = "，。、；：？！）》〉」』】〕〗”’…—·,.;:?!)]%"
_PIECES: Final = re.compile(
    rf"[{re.escape(_OPENING)}]*(?:[0-9A-Za-z@_.%+/:,]+-*|-+|[ \u3000]+|[^\n])"
    rf"[{re.escape(_CLOSING)}]*"
)


def set_text(
    text: str,
    style: TextStyle,
    width: float,
    height: float,
    *,
    room: float = 0,
    whole: bool = False,
) -> Setting:
    """Set a text into a cell of that width and height.

    `room` is what may be used beyond the cell's width where the neighbours are empty. A `whole`
    text (a name) is never broken over lines, nor is a number or an address unless the form wraps.
    """
    if style.rotation == STACKED:
        return _stack(text, style, height)
    if style.rotation in (90, -90):
        width, height, room = height, width, 0
    inner = width - 2 * PADDING - style.indented
    if style.horizontal is Horizontal.FILL:
        text *= max(1, int((inner + _SLACK) / (style.face.width(text) * style.size or 1)))
    paragraphs = text.split("\n")
    floor = min(style.size, max(SMALLEST, style.size * SMALLEST_SHARE))
    natural = max(map(style.face.width, paragraphs))
    lone = len(paragraphs) == 1
    if natural * style.size <= inner + room + _SLACK:
        if lone or _tall(len(paragraphs), style.size) <= height + _SLACK:
            return _setting(paragraphs, style, style.size, inner)
    elif lone and (whole or (not style.wrap and _is_one_word(text))):
        return _set_whole(text, natural, inner + room, floor)
    if (
        not style.wrap
        and natural * floor <= inner + room
        and (lone or _tall(len(paragraphs), floor) <= height + _SLACK)
    ):
        size = min(style.size, (inner + room) / natural)
        if not lone:
            size = min(size, height / (LEADING * len(paragraphs)))
        return _setting(paragraphs, style, max(size, floor), inner)
    return _set_wrapped(paragraphs, style, inner, height, floor)


def _is_one_word(text: str) -> bool:
    """Whether it is a number, a code or an address: broken in two it would be misread."""
    return len(text) <= _LONGEST_WORD and text.isascii() and " " not in text


def _tall(lines: int, size: float) -> float:
    return lines * size * LEADING


def _setting(
    lines: list[str],
    style: TextStyle,
    size: float,
    inner: float,
    ends: frozenset[int] = frozenset(),
) -> Setting:
    """The lines at that size; `ends` numbers those that end a paragraph."""
    measured = [Line(line, style.face.width(line) * size) for line in lines]
    if style.horizontal is Horizontal.DISTRIBUTED:
        inner -= style.indented  # distributed text keeps its distance on both sides
        measured = [_spread(line, inner) for line in measured]
    elif style.horizontal is Horizontal.JUSTIFY and ends:
        measured = [
            line if number in ends else _spread(line, inner) for number, line in enumerate(measured)
        ]
    return Setting(tuple(measured), size)


def _spread(line: Line, inner: float) -> Line:
    if len(line.text) < 2 or line.width >= inner:
        return line
    return replace(line, width=inner, spread=(inner - line.width) / (len(line.text) - 1))


def _set_whole(text: str, natural: float, inner: float, floor: float) -> Setting:
    """A name or a number: smaller, then narrower, never over two lines."""
    size = max(floor, inner / natural)
    squeeze = min(1.0, max(SQUEEZE, inner / (natural * size)))
    fits = natural * size * squeeze <= inner + _SLACK
    if not fits:
        size = max(LAST, inner / (natural * squeeze))
    return Setting((Line(text, natural * size * squeeze),), size, fits, squeeze)


def _set_wrapped(
    paragraphs: list[str], style: TextStyle, inner: float, height: float, floor: float
) -> Setting:
    """Over as many lines as the cell is tall, at the largest size that fits."""
    size = style.size
    edges = [_edges(paragraph, style.face) for paragraph in paragraphs]
    while True:
        lines, whole, ends = _break(paragraphs, edges, inner / size)
        if whole and (len(lines) == 1 or _tall(len(lines), size) <= height + _SLACK):
            return _setting(lines, style, size, inner, ends)
        if size <= floor:
            break
        size = max(floor, size - STEP)
    if _tall(len(lines), floor) <= height + _SLACK:  # a long word broken is better than lost
        return _setting(lines, style, floor, inner, ends)
    while size > LAST and _tall(len(lines), size) > height + _SLACK:
        size = max(LAST, size - STEP)
        lines, _, ends = _break(paragraphs, edges, inner / size)
    return replace(_setting(lines, style, size, inner, ends), fits=False)


def _edges(text: str, face: Face) -> list[float]:
    """Where each character begins, and the end of the last, at type size 1."""
    return list(accumulate(map(face.width, text), initial=0.0))


def _break(
    paragraphs: list[str], edges: list[list[float]], limit: float
) -> tuple[list[str], bool, frozenset[int]]:
    """Lines no wider than `limit`, whether every word stayed whole, which lines end a paragraph."""
    lines: list[str] = []
    ends: list[int] = []
    whole = True
    for paragraph, places in zip(paragraphs, edges, strict=True):
        spans, unbroken = _spans(paragraph, places, limit)
        lines += [paragraph[start:end].rstrip() for start, end in spans]
        ends.append(len(lines) - 1)
        whole = whole and unbroken
    return lines, whole, frozenset(ends)


def _spans(text: str, edges: Sequence[float], limit: float) -> tuple[list[tuple[int, int]], bool]:
    """First character and end of each line of a paragraph, and whether no word was broken."""
    limit += 1e-6  # of adding up
    spans: list[tuple[int, int]] = []
    whole = True
    start = end = 0
    for piece in _PIECES.finditer(text):
        first, last = piece.span()
        inked = first + len(piece[0].rstrip())
        if edges[inked] - edges[start] <= limit or end == start:
            end = last
        else:
            spans.append((start, end))
            start, end = first + len(piece[0]) - len(piece[0].lstrip(" ")), last
        while edges[max(start, inked)] - edges[start] > limit and inked - start > 1:
            whole = False
            cut = next(n for n in range(start + 1, inked + 1) if edges[n] - edges[start] > limit)
            cut = max(start + 1, cut - 1)
            spans.append((start, cut))
            start = cut
    spans.append((start, end))
    return spans, whole


# --- rich text ----------------------------------------------------------------------------


def set_rich(
    parts: Sequence[tuple[str, TextStyle]],
    style: TextStyle,
    width: float,
    height: float,
    *,
    room: float = 0,
) -> Setting:
    """Set a text of several types; it shrinks and wraps as a whole. `style` is the cell's own."""
    inner = width - 2 * PADDING - style.indented
    text = "".join(part for part, _ in parts)
    types = [own for part, own in parts for _ in part]
    wide = [
        own.face.width(character) * own.size for character, own in zip(text, types, strict=True)
    ]
    edges = list(accumulate(wide, initial=0.0))
    largest = max((own.size for own in types), default=style.size)
    floor = min(1.0, max(SMALLEST / largest, SMALLEST_SHARE))
    bounds = [0, *(place + 1 for place, letter in enumerate(text) if letter == "\n"), len(text) + 1]
    paragraphs = [(bounds[n], bounds[n + 1] - 1) for n in range(len(bounds) - 1)]
    natural = max(edges[end] - edges[start] for start, end in paragraphs)
    share = min(1.0, (inner + room) / natural) if natural > inner + room + _SLACK else 1.0
    if style.wrap or share < floor:
        share = 1.0
        while True:
            lines = _rich_lines(text, edges, paragraphs, inner / share)
            fits = _rich_height(lines, types) * share <= height + _SLACK or len(lines) == 1
            if fits or share <= LAST / largest:
                break
            share = max(LAST / largest, share - STEP / largest)
        fits = fits and share >= floor - 1e-6
    else:
        lines, fits = paragraphs, True
    ends = {end for _, end in paragraphs}
    made = [_rich_line(text, types, edges, span, share) for span in lines]
    spread = style.horizontal in (Horizontal.DISTRIBUTED, Horizontal.JUSTIFY)
    if spread:
        kept = ends if style.horizontal is Horizontal.JUSTIFY else ()
        made = [
            line if end in kept else _spread(line, inner)
            for line, (_, end) in zip(made, lines, strict=True)
        ]
    return Setting(tuple(made), style.size * share, fits)


def _rich_lines(
    text: str, edges: list[float], paragraphs: list[tuple[int, int]], limit: float
) -> list[tuple[int, int]]:
    found = []
    for start, end in paragraphs:
        spans, _ = _spans(text[start:end], edges[start : end + 1], limit)
        found += [(start + first, start + last) for first, last in spans]
    return found


def _rich_height(lines: Sequence[tuple[int, int]], types: Sequence[TextStyle]) -> float:
    sizes = [max((own.size for own in types[a:b]), default=0) for a, b in lines]
    return sum(sizes) * LEADING


def _rich_line(
    text: str,
    types: Sequence[TextStyle],
    edges: Sequence[float],
    span: tuple[int, int],
    share: float,
) -> Line:
    start, end = span
    line = text[start:end].rstrip()
    end = start + len(line)
    runs = tuple(
        (text[places[0] : places[-1] + 1], replace(own, size=own.size * share))
        for own, group in groupby(range(start, end), types.__getitem__)
        for places in [list(group)]
    )
    size = max((own.size for _, own in runs), default=0)
    return Line(line, (edges[end] - edges[start]) * share, 0, runs, size)


def _stack(text: str, style: TextStyle, height: float) -> Setting:
    characters = [character for character in text if not character.isspace()]
    floor = min(style.size, max(SMALLEST, style.size * SMALLEST_SHARE))
    wanted = (height - PADDING) / (LEADING * max(1, len(characters)))
    size = max(floor, min(style.size, wanted))
    lines = tuple(Line(c, style.face.width(c) * size) for c in characters)
    return Setting(lines, size, wanted >= floor)
