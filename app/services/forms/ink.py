"""Drawing operators of PDF: texts set into boxes, lines, fills.

Text goes out in the codes of the fonts (fonts.py), which do not depend on what else a file holds:
what was drawn once can be shown in any file, and by any process.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from app.services.forms import pictures
from app.services.forms.fonts import Letters
from app.services.forms.language import TICK
from app.services.forms.sheetstyle import BLACK, Colour, Rule
from app.services.forms.typeset import (
    ASCENT,
    LEADING,
    PADDING,
    STACKED,
    Horizontal,
    Line,
    Setting,
    TextStyle,
    Vertical,
)

_SLANT: Final = 0.2126  # tangent of 12 degrees: italics of fonts that have none
_EMBOLDEN: Final = 0.02  # outline, in type sizes, that makes a regular font bold

#: A straight line from x, y to x, y.
Segment: TypeAlias = tuple[float, float, float, float]


class Ink:
    """Collects drawing operators; texts last, each graphics state set only when it changes."""

    def __init__(self, letters: Letters) -> None:
        self._letters = letters
        self._shapes: list[str] = []
        self._texts: list[str] = []
        self._font = ""
        self._colour: Colour = BLACK
        self._spread = 0.0
        self._squeeze = 1.0

    def piece(self) -> "Ink":
        """An empty one, for a text that may come again."""
        return Ink(self._letters)

    def closed(self) -> tuple[str, str]:
        """Shapes and texts that may follow and be followed by any others."""
        texts = self._texts
        if self._colour != BLACK:
            texts.append("0 g")
        if self._spread:
            texts.append("0 Tc")
        if self._squeeze != 1:
            texts.append("100 Tz")
        return "\n".join(self._shapes), "\n".join(texts)

    def add(self, piece: tuple[str, str]) -> None:
        """Take over what has been drawn before."""
        shapes, texts = piece
        if shapes:
            self._shapes.append(shapes)
        self._texts.append(texts)

    def shape(self, operators: str) -> None:
        """Lines, fills, pictures."""
        self._shapes.append(operators)

    def fill(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """A filled rectangle; `y` is its lower edge."""
        self.shape(f"{rgb(colour)} rg {x:.2f} {y:.2f} {width:.2f} {height:.2f} re f")

    def line(
        self,
        text: str,
        style: TextStyle,
        setting: Setting,
        at: tuple[float, float],
        spread: float = 0,
        turn: tuple[float, float] = (1, 0),
    ) -> None:
        """One line of text from its baseline's start; `turn` is (cosine, sine)."""
        write = self._texts.append
        size = setting.size
        if style.colour != self._colour:
            write(f"{rgb(style.colour)} rg")
            self._colour = style.colour
        if spread != self._spread:
            write(f"{spread:.3f} Tc")
            self._spread = spread
        if setting.squeeze != self._squeeze:
            write(f"{setting.squeeze * 100:.1f} Tz")
            self._squeeze = setting.squeeze
        cosine, sine = turn
        if style.italic or sine:
            slant = _SLANT if style.italic else 0
            write(
                f"{cosine:.4f} {sine:.4f} {slant * cosine - sine:.4f} {slant * sine + cosine:.4f}"
                f" {at[0]:.2f} {at[1]:.2f} Tm"
            )
        else:
            write(f"1 0 0 1 {at[0]:.2f} {at[1]:.2f} Tm")
        if TICK in text:
            self._tick(text, style, setting, at, spread, turn)
        for font, piece in style.face.runs(text):
            name, codes = self._letters.encode(font, piece)
            wanted = f"/{name} {size:.2f} Tf"
            if wanted != self._font:
                write(wanted)
                self._font = wanted
            if style.bold and not font.heavy:
                write(f"{rgb(style.colour)} RG {size * _EMBOLDEN:.3f} w 2 Tr <{codes}> Tj 0 Tr")
            else:
                write(f"<{codes}> Tj")

    def _tick(
        self,
        text: str,
        style: TextStyle,
        setting: Setting,
        at: tuple[float, float],
        spread: float,
        turn: tuple[float, float],
    ) -> None:
        """The strokes over each ☑: the fonts have only its empty box."""
        size, (cosine, sine) = setting.size, turn
        for place, character in enumerate(text):
            if character != TICK:
                continue
            along = (style.face.width(text[:place]) * size + spread * place) * setting.squeeze
            x, y = at[0] + along * cosine, at[1] + along * sine
            self.shape(
                f"q {size * cosine:.3f} {size * sine:.3f} {-size * sine:.3f} {size * cosine:.3f}"
                f" {x:.2f} {y:.2f} cm {rgb(style.colour)} RG .09 w 1 J 1 j"
                " .26 .38 m .44 .16 l .78 .64 l S Q"
            )

    def operators(self) -> str:
        """Everything drawn."""
        if not self._texts:
            return "\n".join(self._shapes)
        return "\n".join([*self._shapes, "BT 0 g", *self._texts, "ET"])


def rgb(colour: Colour) -> str:
    """A colour as operands."""
    return "{:.3f} {:.3f} {:.3f}".format(*colour)


# --- lines ---------------------------------------------------------------------------


def stroke(ink: Ink, rule: Rule, segments: list[Segment]) -> None:
    """Lines of one kind: from (x, y) to (x, y) each."""
    if rule.double:
        segments = [shifted for segment in segments for shifted in _beside(segment)]
    dashes = " ".join(f"{dash:g}" for dash in rule.dashes)
    path = " ".join(f"{a:.2f} {b:.2f} m {c:.2f} {d:.2f} l" for a, b, c, d in segments)
    cap = 0 if rule.dashes else 2  # square ends close the corners
    ink.shape(f"{rgb(rule.colour)} RG {rule.width:g} w {cap} J [{dashes}] 0 d {path} S")


def _beside(segment: Segment, apart: float = 0.75) -> Iterator[Segment]:
    x, y, x_end, y_end = segment
    length = math.hypot(x_end - x, y_end - y) or 1
    dx, dy = (y - y_end) / length * apart, (x_end - x) / length * apart
    for sign in (1, -1):
        yield x + sign * dx, y + sign * dy, x_end + sign * dx, y_end + sign * dy


# --- texts in boxes -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Box:
    """A cell on the sheet: left, top (y grows upwards), width and height."""

    x: float
    y: float
    width: float
    height: float


def place_text(ink: Ink, setting: Setting, style: TextStyle, box: Box, *, right: bool) -> None:
    """Draw a set text into its cell; `right`: a number, which stands right by default."""
    if style.rotation in (90, -90):
        _place_upright(ink, setting, style, box)
        return
    if style.rotation not in (0, STACKED):
        _place_slanted(ink, setting, style, box)
        return
    for line, baseline in zip(
        setting.lines, _baselines(setting, style.vertical, box.height), strict=True
    ):
        offset = _horizontal(style, line.width, line.spread, box.width, right)
        at = box.x + offset, box.y + baseline
        if line.runs:
            _place_runs(ink, line, at)
            continue
        ink.line(line.text, style, setting, at, line.spread)
        if style.underline or style.strike:
            _decorate(ink, style, setting.size, at, line.width)


def _place_runs(ink: Ink, line: Line, at: tuple[float, float]) -> None:
    """A line of rich text, run by run on one baseline."""
    x, y = at
    for text, style in line.runs:
        width = style.face.width(text) * style.size + line.spread * len(text)
        ink.line(text, style, Setting((), style.size), (x, y), line.spread)
        if style.underline or style.strike:
            _decorate(ink, style, style.size, (x, y), width)
        x += width


def _baselines(setting: Setting, vertical: Vertical, height: float) -> Iterator[float]:
    """The baselines of the lines below the top of the cell (negative)."""
    sizes = [line.size or setting.size for line in setting.lines]
    tall = sum(sizes) * LEADING
    between = 0.0
    if vertical is Vertical.DISTRIBUTED and len(sizes) > 1 and height > tall:
        between = (height - tall) / (len(sizes) - 1)
        tall = height
    top = {Vertical.TOP: 0.0, Vertical.BOTTOM: tall - height}.get(vertical, (tall - height) / 2)
    for size in sizes:
        yield top - size * ASCENT
        top -= size * LEADING + between


_FROM_LEFT: Final = (Horizontal.LEFT, Horizontal.JUSTIFY, Horizontal.FILL)


def _horizontal(style: TextStyle, width: float, spread: float, room: float, right: bool) -> float:
    """Start of a line from the cell's left edge."""
    indent = PADDING + style.indented
    side = style.horizontal
    if side is Horizontal.GENERAL:
        side = Horizontal.RIGHT if right else Horizontal.LEFT
    if side is Horizontal.RIGHT:
        return room - indent - width
    if side in _FROM_LEFT or spread:
        return indent
    return (room - width) / 2


def _decorate(
    ink: Ink, style: TextStyle, size: float, at: tuple[float, float], width: float
) -> None:
    thick = max(0.4, size * 0.05)
    for number in range(style.underline):
        ink.fill(at[0], at[1] - size * 0.14 - number * thick * 2, width, thick, style.colour)
    if style.strike:
        ink.fill(at[0], at[1] + size * 0.34, width, thick, style.colour)


_ALONG: Final = {Vertical.TOP: 1, Vertical.CENTRE: 0, Vertical.BOTTOM: -1, Vertical.DISTRIBUTED: 0}
_ACROSS: Final = {Horizontal.LEFT: -1, Horizontal.RIGHT: 1}


def _place_upright(ink: Ink, setting: Setting, style: TextStyle, box: Box) -> None:
    """Text turned by 90 degrees: up (90) or down (-90) the cell."""
    up = style.rotation == 90
    size, count = setting.size, len(setting.lines)
    tall = size * LEADING * count
    across = _ACROSS.get(style.horizontal, 0)  # -1 left, 0 centre, 1 right
    free = (box.width - tall) / 2 - PADDING * abs(across)
    left = box.x + (box.width - tall) / 2 + free * across
    for number, line in enumerate(setting.lines):
        depth = number * size * LEADING + size * ASCENT
        x = left + depth if up else left + tall - depth
        start = (box.height - line.width) / 2
        if along := _ALONG[style.vertical]:
            start += (start - PADDING) * (along if up else -along)
        y = box.y - box.height + start if up else box.y - start
        ink.line(line.text, style, setting, (x, y), line.spread, (0, 1 if up else -1))


def _place_slanted(ink: Ink, setting: Setting, style: TextStyle, box: Box) -> None:
    """Text at any other angle: turned around the middle of the cell."""
    angle = math.radians(style.rotation)
    cosine, sine = math.cos(angle), math.sin(angle)
    middle = box.x + box.width / 2, box.y - box.height / 2
    pitch = setting.size * LEADING
    top = pitch * len(setting.lines) / 2
    for number, line in enumerate(setting.lines):
        along, up = -line.width / 2, top - number * pitch - setting.size * ASCENT
        at = middle[0] + along * cosine - up * sine, middle[1] + along * sine + up * cosine
        ink.line(line.text, style, setting, at, line.spread, (cosine, sine))


# --- pictures and codes -------------------------------------------------------------------


def place_picture(
    ink: Ink, data: bytes, box: Box, *, crop: bool = False
) -> tuple[str, pictures.Raster]:
    """Show a picture in its box; its resource name, and what has to be embedded under it."""
    raster = pictures.prepare(data, box.width, box.height, crop=crop)
    name = "P" + hashlib.sha256(raster.jpeg).hexdigest()[:16]
    dx, dy, wide, tall = pictures.fit(raster.width, raster.height, box.width, box.height)
    ink.shape(
        f"q {wide:.2f} 0 0 {tall:.2f} {box.x + dx:.2f} {box.y - dy - tall:.2f} cm /{name} Do Q"
    )
    return name, raster


def place_qr(ink: Ink, text: str, box: Box) -> None:
    """A QR code as large as its box allows."""
    symbol, dark = pictures.qr_code(text)
    modules = symbol + 2 * pictures.QUIET
    dx, dy, side, _ = pictures.fit(modules, modules, box.width, box.height)
    unit = side / modules
    left, top = box.x + dx + unit * pictures.QUIET, box.y - dy - unit * pictures.QUIET
    bars = " ".join(f"{start} {-row - 1} {length} 1 re" for row, start, length in dark)
    ink.shape(f"q {unit:.5f} 0 0 {unit:.5f} {left:.2f} {top:.2f} cm 0 g {bars} f Q")


def place_bars(ink: Ink, text: str, box: Box) -> None:
    """A bar code as wide and as tall as its box; raises ValueError for what it cannot carry."""
    modules, bars = pictures.bar_code(text)
    unit = box.width / modules
    path = " ".join(f"{start} 0 {length} 1 re" for start, length in bars)
    bottom = box.y - box.height
    ink.shape(f"q {unit:.5f} 0 0 {box.height:.2f} {box.x:.2f} {bottom:.2f} cm 0 g {path} f Q")
