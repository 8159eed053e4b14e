"""Setting a text into its cell: lines, type size, and whether it fits.

Lengths are points. A text that does not fit shrinks, then wraps. What still does not fit is set
smaller than anybody should have to read, inside its cell all the same, and said so by
`Setting.fits`; nothing is ever cut.
"""

import re
from dataclasses import dataclass
from enum import Enum
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
INDENT: Final = 6.75  # one step of indentation: nine pixels
_SLACK: Final = 0.3  # rounding of widths between programs


class Horizontal(Enum):
    """Where a line stands between left and right."""

    GENERAL = "general"  # by the kind of value: text left, numbers right
    LEFT = "left"
    CENTRE = "center"
    RIGHT = "right"
    DISTRIBUTED = "distributed"  # 分散对齐


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

    @property
    def face(self) -> Face:
        """The chain of fonts that draws it."""
        return face(self.family, self.bold)


@dataclass(frozen=True, slots=True)
class Line:
    """One line, its width at the set size, and the extra space after each character."""

    text: str
    width: float
    spread: float = 0


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
    rf"[{re.escape(_OPENING)}]*(?:[0-9A-Za-z@_.%+\-/:,]+|[ \u3000]+|[^\n])[{re.escape(_CLOSING)}]*"
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
    text (a name) is never broken over lines.
    """
    if style.rotation == STACKED:
        return _stack(text, style, height)
    if style.rotation in (90, -90):
        width, height, room = height, width, 0
    inner = width - 2 * PADDING - style.indent * INDENT
    paragraphs = text.split("\n")
    floor = min(style.size, max(SMALLEST, style.size * SMALLEST_SHARE))
    natural = max(map(style.face.width, paragraphs))
    lone = len(paragraphs) == 1
    if natural * style.size <= inner + room + _SLACK:
        if lone or _tall(len(paragraphs), style.size) <= height + _SLACK:
            return _setting(paragraphs, style, style.size, inner)
    elif whole and lone:
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


def _tall(lines: int, size: float) -> float:
    return lines * size * LEADING


def _setting(lines: list[str], style: TextStyle, size: float, inner: float) -> Setting:
    measured = [Line(line, style.face.width(line) * size) for line in lines]
    if style.horizontal is Horizontal.DISTRIBUTED:
        inner -= style.indent * INDENT  # distributed text keeps its distance on both sides
        measured = [_spread(line, inner) for line in measured]
    return Setting(tuple(measured), size)


def _spread(line: Line, inner: float) -> Line:
    if len(line.text) < 2 or line.width >= inner:
        return line
    return Line(line.text, inner, (inner - line.width) / (len(line.text) - 1))


def _set_whole(text: str, natural: float, inner: float, floor: float) -> Setting:
    """A name: smaller, then narrower, never over two lines."""
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
    while True:
        lines, whole = _break(paragraphs, style.face, inner / size)
        if whole and (len(lines) == 1 or _tall(len(lines), size) <= height + _SLACK):
            return _setting(lines, style, size, inner)
        if size <= floor:
            break
        size = max(floor, size - STEP)
    if _tall(len(lines), floor) <= height + _SLACK:  # a long word broken is better than lost
        return _setting(lines, style, floor, inner)
    while size > LAST and _tall(len(lines), size) > height + _SLACK:
        size = max(LAST, size - STEP)
        lines, _ = _break(paragraphs, style.face, inner / size)
    setting = _setting(lines, style, size, inner)
    return Setting(setting.lines, setting.size, fits=False)


def _break(paragraphs: list[str], face: Face, limit: float) -> tuple[list[str], bool]:
    """Lines no wider than `limit` (in type sizes), and whether every word stayed whole."""
    lines: list[str] = []
    whole = True
    for paragraph in paragraphs:
        line, filled = "", 0.0
        for piece in _PIECES.findall(paragraph):
            wide = face.width(piece)
            if filled + face.width(piece.rstrip()) <= limit or not line:
                line, filled = line + piece, filled + wide
            else:
                lines.append(line.rstrip())
                line, filled = piece.lstrip(" "), face.width(piece.lstrip(" "))
            while filled > limit and len(line.rstrip()) > 1:
                whole = False
                cut = _cut(line, face, limit)
                lines.append(line[:cut])
                line = line[cut:]
                filled = face.width(line)
        lines.append(line.rstrip())
    return lines, whole


def _cut(text: str, face: Face, limit: float) -> int:
    filled = 0.0
    for place, character in enumerate(text):
        filled += face.width(character)
        if filled > limit:
            return max(1, place)
    return len(text)


def _stack(text: str, style: TextStyle, height: float) -> Setting:
    characters = [character for character in text if not character.isspace()]
    floor = min(style.size, max(SMALLEST, style.size * SMALLEST_SHARE))
    wanted = (height - PADDING) / (LEADING * max(1, len(characters)))
    size = max(floor, min(style.size, wanted))
    lines = tuple(Line(c, style.face.width(c) * size) for c in characters)
    return Setting(lines, size, wanted >= floor)
