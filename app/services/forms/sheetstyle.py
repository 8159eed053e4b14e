"""What a workbook says about looks, in points and colours: columns, borders, fonts, paper."""

import colorsys
import re
from dataclasses import dataclass, fields, replace
from typing import Any, Final, TypeAlias

from openpyxl.styles import Border, Font
from openpyxl.styles.colors import COLOR_INDEX, Color
from openpyxl.workbook import Workbook
from openpyxl.worksheet.dimensions import SheetFormatProperties
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.functions import fromstring

from app.services.forms.fonts import family_of
from app.services.forms.typeset import STACKED, Horizontal, TextStyle, Vertical

PIXEL: Final = 0.75  # points; a spreadsheet measures columns in pixels of 1/96 inch
INCH: Final = 72.0
MILLIMETRE: Final = 72 / 25.4

Colour: TypeAlias = tuple[float, float, float]
BLACK: Final[Colour] = (0.0, 0.0, 0.0)


# --- colours and fonts --------------------------------------------------------------------


class Palette:
    """The workbook's theme colours and its Normal font."""

    def __init__(self, workbook: Workbook) -> None:
        self._theme = _theme_colours(workbook.loaded_theme)
        styles: Any = workbook._named_styles  # type: ignore[attr-defined]  # absent from the stubs
        self.normal_font: Font = styles["Normal"].font if "Normal" in styles.names else Font()

    def rgb(self, colour: Color | None) -> Colour | None:
        """The colour as it prints; None for automatic."""
        if colour is None:
            return None
        if colour.type == "rgb":
            base = _hex(colour.rgb)
        elif colour.type == "theme":
            base = self._theme[colour.theme] if colour.theme < len(self._theme) else BLACK
        elif colour.type == "indexed" and colour.indexed < len(COLOR_INDEX):
            base = _hex(COLOR_INDEX[colour.indexed])
        else:
            return None  # 64 and 65: whatever the window uses
        return _tinted(base, colour.tint or 0)

    def margin_style(self, part: Any, horizontal: Horizontal) -> TextStyle:
        """Type of a header or footer text: its own, else the Normal font."""
        name, _, weight = (part.font or self.normal_font.name or "").partition(",")
        return TextStyle(
            family=family_of(name),
            size=float(part.size or self.normal_font.sz or 11),
            bold="bold" in weight.lower() or "加粗" in weight,
            colour=_hex(part.color) if part.color else BLACK,
            horizontal=horizontal,
        )


def _theme_colours(theme: bytes | None) -> list[Colour]:
    """The twelve theme colours in the order that cells count them (light before dark)."""
    if not theme:
        return [(1.0, 1.0, 1.0), BLACK]
    root: Any = fromstring(theme)
    space = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
    scheme = root.find(f".//{space}clrScheme")
    found = []
    for entry in list(scheme) if scheme is not None else []:
        colour = next(iter(entry), None)
        value = "000000" if colour is None else colour.get("lastClr") or colour.get("val") or ""
        found.append(_hex(value))
    for dark in (0, 2):
        found[dark : dark + 2] = reversed(found[dark : dark + 2])
    return found or [(1.0, 1.0, 1.0), BLACK]


def _hex(text: str) -> Colour:
    digits = text[-6:]
    if not re.fullmatch(r"[0-9A-Fa-f]{6}", digits):
        return BLACK
    red, green, blue = (int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4))
    return red, green, blue


def _tinted(colour: Colour, tint: float) -> Colour:
    if not tint:
        return colour
    hue, light, saturation = colorsys.rgb_to_hls(*colour)
    light = light * (1 + tint) if tint < 0 else light * (1 - tint) + tint
    return colorsys.hls_to_rgb(hue, min(1, max(0, light)), saturation)


_HORIZONTAL: Final = {
    "center": Horizontal.CENTRE,
    "centerContinuous": Horizontal.CENTRE,
    "right": Horizontal.RIGHT,
    "distributed": Horizontal.DISTRIBUTED,
    "left": Horizontal.LEFT,
    "justify": Horizontal.LEFT,
    "fill": Horizontal.LEFT,
}
_VERTICAL: Final = {
    "top": Vertical.TOP,
    "center": Vertical.CENTRE,
    "justify": Vertical.TOP,
    "distributed": Vertical.DISTRIBUTED,
}
_UNDERLINES: Final = {"single": 1, "singleAccounting": 1, "double": 2, "doubleAccounting": 2}


def text_style(cell: Any, palette: Palette) -> TextStyle:
    """How a cell sets its text."""
    font, alignment = cell.font, cell.alignment
    rotation = int(alignment.textRotation or 0)
    if 90 < rotation <= 180:
        rotation = 90 - rotation
    horizontal = _HORIZONTAL.get(alignment.horizontal or "", Horizontal.GENERAL)
    if rotation == STACKED and horizontal is Horizontal.GENERAL:
        horizontal = Horizontal.CENTRE
    justified = alignment.horizontal in ("justify", "distributed")
    return TextStyle(
        family=family_of(font.name or ""),
        size=float(font.sz or 11),
        bold=bool(font.b),
        italic=bool(font.i),
        underline=_UNDERLINES.get(font.u or "", 0),
        strike=bool(font.strike),
        colour=palette.rgb(font.color) or BLACK,
        horizontal=horizontal,
        vertical=_VERTICAL.get(alignment.vertical or "", Vertical.BOTTOM),
        wrap=bool(alignment.wrap_text) or justified,
        shrink=bool(alignment.shrink_to_fit),
        indent=int(alignment.indent or 0),
        rotation=rotation,
    )


# Formats that a Chinese Excel stores by number only (ECMA-376 part 1, 18.8.30, zh-cn).
_CHINESE_FORMATS: Final = {
    27: 'yyyy"年"m"月"',
    28: 'm"月"d"日"',
    29: 'm"月"d"日"',
    30: "m-d-yy",
    31: 'yyyy"年"m"月"d"日"',
    32: 'h"时"mm"分"',
    33: 'h"时"mm"分"ss"秒"',
    36: 'yyyy"年"m"月"',
    50: 'yyyy"年"m"月"',
    51: 'm"月"d"日"',
    52: 'yyyy"年"m"月"',
    53: 'm"月"d"日"',
    54: 'm"月"d"日"',
    57: 'yyyy"年"m"月"',
    58: 'm"月"d"日"',
}


def number_format(cell: Any) -> str:
    """The cell's number format; the short date as China writes it."""
    number: int = cell._style.numFmtId if cell.has_style else 0
    if number in _CHINESE_FORMATS:
        return _CHINESE_FORMATS[number]
    if number == 14:
        return "yyyy/m/d"
    return str(cell.number_format or "General")


# --- columns ------------------------------------------------------------------------------

_DIGIT_SHARE: Final = (  # width of a digit in type sizes, by font name
    (re.compile(r"calibri", re.IGNORECASE), 0.507),
    (re.compile(r"arial|helvetica|sans", re.IGNORECASE), 0.556),
    (re.compile(r"等线|dengxian", re.IGNORECASE), 0.53),
)


def character_pixels(normal: Font) -> int:
    """Width in pixels of a digit of the Normal font: the unit of column widths.

    Chinese bitmap fonts have digits of half an em, rounded up: 宋体 11 has 8 pixels, Calibri 11
    has 7.
    """
    em = round((normal.sz or 11) / PIXEL)
    for name, share in _DIGIT_SHARE:
        if name.search(normal.name or ""):
            return max(1, int((normal.sz or 11) / PIXEL * share + 0.5))
    return max(1, -(-em // 2))


def column_points(width: float, digit: int) -> float:
    """A stored column width (in characters, padding included) in points."""
    return int((256 * width + int(128 / digit)) / 256 * digit) * PIXEL


def default_column_points(sheet_format: SheetFormatProperties, digit: int) -> float:
    """Width of a column that says nothing; a multiple of eight pixels."""
    if sheet_format.defaultColWidth:
        return column_points(sheet_format.defaultColWidth, digit)
    pixels = (sheet_format.baseColWidth or 8) * digit + 5
    return -(-pixels // 8) * 8 * PIXEL


# --- borders ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of line: width and dashes in points; `double` draws two thin ones.

    Where two cells disagree about their common edge, the heavier (`rank`) is drawn.
    """

    width: float
    dashes: tuple[float, ...] = ()
    double: bool = False
    rank: int = 0
    colour: Colour = BLACK


_RULES: Final = {
    "hair": Rule(0.25, (0.5, 0.9), rank=1),
    "dotted": Rule(0.5, (0.75, 1.0), rank=2),
    "dashDotDot": Rule(0.5, (4, 1.5, 1, 1.5, 1, 1.5), rank=3),
    "dashDot": Rule(0.5, (4, 1.5, 1, 1.5), rank=4),
    "dashed": Rule(0.5, (2.5, 1.5), rank=5),
    "thin": Rule(0.5, rank=6),
    "mediumDashDotDot": Rule(1.2, (6, 2, 2, 2, 2, 2), rank=7),
    "slantDashDot": Rule(1.2, (7, 2, 2, 2), rank=8),
    "mediumDashDot": Rule(1.2, (6, 2, 2, 2), rank=9),
    "mediumDashed": Rule(1.2, (5, 2), rank=10),
    "medium": Rule(1.2, rank=11),
    "thick": Rule(2.0, rank=12),
    "double": Rule(0.5, double=True, rank=13),
}


@dataclass(frozen=True, slots=True)
class Sides:
    """The rules around and across one cell."""

    left: Rule | None = None
    right: Rule | None = None
    top: Rule | None = None
    bottom: Rule | None = None
    falling: Rule | None = None  # from the top left corner
    rising: Rule | None = None

    def outside(self, row: int, column: int, span: tuple[int, int, int, int]) -> "Sides":
        """Without the sides inside a merged range (first row, column, last row, column)."""
        top, left, bottom, right = span
        return replace(
            self,
            left=self.left if column == left else None,
            right=self.right if column == right else None,
            top=self.top if row == top else None,
            bottom=self.bottom if row == bottom else None,
            falling=self.falling if (row, column) == (top, left) else None,
            rising=self.rising if (row, column) == (top, left) else None,
        )


def sides_of(border: Border | None, palette: Palette | None = None) -> Sides | None:
    """The rules of a cell, or None when it has none."""
    if border is None:
        return None
    diagonal = _rule(border.diagonal, palette)
    sides = Sides(
        _rule(border.left, palette),
        _rule(border.right, palette),
        _rule(border.top, palette),
        _rule(border.bottom, palette),
        diagonal if border.diagonalDown else None,
        diagonal if border.diagonalUp else None,
    )
    return sides if any(getattr(sides, side.name) for side in fields(sides)) else None


def _rule(side: Any, palette: Palette | None) -> Rule | None:
    rule = _RULES.get(side.style) if side is not None and side.style else None
    if rule is None or palette is None:
        return rule
    colour = palette.rgb(side.color)
    return rule if colour is None or colour == BLACK else replace(rule, colour=colour)


@dataclass(frozen=True, slots=True)
class Borders:
    """All rules of a sheet by row and column; `spans` has the extent of each merged cell."""

    sides: dict[tuple[int, int], Sides]
    spans: dict[tuple[int, int], tuple[int, int, int, int]]


# --- paper --------------------------------------------------------------------------------

_PAPERS: Final = {  # millimetres, upright, by the number a workbook stores
    1: (215.9, 279.4),
    5: (215.9, 355.6),
    8: (297, 420),
    9: (210, 297),
    10: (210, 297),
    11: (148, 210),
    12: (257, 364),
    13: (182, 257),
    27: (110, 220),  # envelope no. 5
    28: (162, 229),  # envelope C5
    43: (100, 148),
    66: (420, 594),
    70: (105, 148),
    88: (182, 128),
    93: (146, 215),  # 16K
    94: (97, 151),  # 32K
    95: (97, 151),
}
_A4: Final = (210.0, 297.0)


@dataclass(frozen=True, slots=True)
class Page:
    """页面设置 in points; `scale` is 1 for 100 %.

    With `fit_width` or `fit_height` (pages, 0 = as many as needed) the sheet is shrunk to fit.
    """

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    header: float
    footer: float
    scale: float = 1
    fit_width: int = 0
    fit_height: int = 0
    centre_across: bool = False
    centre_down: bool = False
    fallback: bool = False  # the paper was not known

    @property
    def inner_width(self) -> float:
        """Between the margins."""
        return self.width - self.left - self.right

    @property
    def inner_height(self) -> float:
        """Between the margins."""
        return self.height - self.top - self.bottom

    @property
    def fits_width(self) -> bool:
        """Whether the form itself asks to be shrunk to the width."""
        return self.fit_width > 0


def page_of(worksheet: Worksheet) -> Page:
    """The page setup of a worksheet."""
    setup, margins = worksheet.page_setup, worksheet.page_margins
    paper = _custom_paper(setup) or _PAPERS.get(int(setup.paperSize or 9))
    width, height = (side * MILLIMETRE for side in paper or _A4)
    if setup.orientation == "landscape":
        width, height = height, width
    properties = worksheet.sheet_properties.pageSetUpPr
    fit = bool(properties is not None and properties.fitToPage)
    options = worksheet.print_options
    return Page(
        width=width,
        height=height,
        left=margins.left * INCH,
        right=margins.right * INCH,
        top=margins.top * INCH,
        bottom=margins.bottom * INCH,
        header=margins.header * INCH,
        footer=margins.footer * INCH,
        scale=1 if fit else (setup.scale or 100) / 100,
        fit_width=_count(setup.fitToWidth) if fit else 0,
        fit_height=_count(setup.fitToHeight) if fit else 0,
        centre_across=bool(options.horizontalCentered),
        centre_down=bool(options.verticalCentered),
        fallback=paper is None,
    )


def _count(value: Any) -> int:
    return 1 if value is None else int(value)


def _custom_paper(setup: Any) -> tuple[float, float] | None:
    """Paper given by its sides (`184mm`), as WPS writes a size of its own."""
    sides = []
    for text in (setup.paperWidth, setup.paperHeight):
        match = re.fullmatch(r"\s*([\d.]+)\s*(mm|cm|in)\s*", str(text or ""))
        if match is None:
            return None
        sides.append(float(match[1]) * {"mm": 1, "cm": 10, "in": 25.4}[match[2]])
    return sides[0], sides[1]
