"""校准页: a sheet of rulers that shows what a printer does, and the numbers it is measured by."""

from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any, Final

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from app.services.errors import CalibrationRefused
from app.services.forms.order import Correction
from app.services.resources import resource

#: A4, and where the two bars begin, in mm from the left and top edge of the paper.
WIDTH, HEIGHT = 210.0, 297.0
LEFT, TOP = 30.0, 60.0
LONG, SHORT = 150.0, 100.0
_BAR: Final = 0.6  # as thick as the bars are; their outer edges are what is measured
RARE: Final = "㛃㙦䶮昶龑垚喆燊翀赟𬭎𫍯𬱖𪟝𫖮𬍛𠅤𤧛"

_FONTS: Final = {"XJ-Sans": "NotoSansSC-Regular.ttf", "XJ-Rare": "HanaMinB.ttf"}
_MOST_OFF: Final = 12.0  # mm: more than this is no offset but a wrong paper or a wrong ruler
_MOST_STRETCH: Final = 0.04


@dataclass(frozen=True, slots=True)
class Measured:
    """The four numbers read off the sheet with a ruler, in mm.

    `left` is from the left edge of the paper to the beginning of the level bar, `top` from the
    upper edge to the beginning of the upright one; then the lengths of both.
    """

    left: float = LEFT
    top: float = TOP
    across: float = LONG
    down: float = LONG


def correction_of(measured: Measured) -> Correction:
    """What undoes the printer's error; refuses numbers that no printer makes."""
    _plausible("横线的长度", measured.across, LONG, LONG * _MOST_STRETCH, _SHRUNK)
    _plausible("竖线的长度", measured.down, LONG, LONG * _MOST_STRETCH, _SHRUNK)
    _plausible("到左边缘的距离", measured.left, LEFT, _MOST_OFF, _SHIFTED)
    _plausible("到上边缘的距离", measured.top, TOP, _MOST_OFF, _SHIFTED)
    scale_x, scale_y = measured.across / LONG, measured.down / LONG
    return Correction(
        x=round(measured.left - LEFT * scale_x, 3),
        y=round(measured.top - TOP * scale_y, 3),
        scale_x=round(scale_x, 6),
        scale_y=round(scale_y, 6),
    )


def measured_by(correction: Correction) -> Measured:
    """The four numbers that lead to a correction, to be shown again."""
    return Measured(
        left=round(correction.x + LEFT * correction.scale_x, 2),
        top=round(correction.y + TOP * correction.scale_y, 2),
        across=round(LONG * correction.scale_x, 2),
        down=round(LONG * correction.scale_y, 2),
    )


_SHRUNK: Final = "多半是打印机驱动里选了“适合页面”或缩放，请改为“实际大小”后重打校准页。"
_SHIFTED: Final = "请确认用的是 A4 纸、从纸的边缘量起。"


def _plausible(what: str, measured: float, true: float, off: float, advice: str) -> None:
    if not true - off <= measured <= true + off:
        raise CalibrationRefused(
            what=what, measured=measured, least=true - off, most=true + off, advice=advice
        )


def calibration_sheet(printer: str, day: date, note: str = "") -> bytes:
    """The test sheet as PDF, two pages (the second for the back), always without correction."""
    for name, file in _FONTS.items():
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(resource("fonts", file))))
    target = BytesIO()
    canvas = Canvas(target, pagesize=(WIDTH * mm, HEIGHT * mm), invariant=1)
    canvas.setTitle("校准页")
    _front(_Sheet(canvas), printer, day, note)
    canvas.showPage()
    _back(_Sheet(canvas))
    canvas.showPage()
    canvas.save()
    return target.getvalue()


class _Sheet:
    """Draws in millimetres from the upper left corner."""

    def __init__(self, canvas: Any) -> None:
        self.canvas = canvas
        self.weight(0.2)

    def weight(self, width: float) -> None:
        """Line width in mm."""
        self.canvas.setLineWidth(width * mm)

    def line(self, x: float, y: float, x_end: float, y_end: float) -> None:
        self.canvas.line(x * mm, (HEIGHT - y) * mm, x_end * mm, (HEIGHT - y_end) * mm)

    def text(
        self, x: float, y: float, words: str, size: float = 9, *, font: str = "XJ-Sans",
        middle: bool = False,
    ) -> None:  # fmt: skip
        self.canvas.setFont(font, size)
        write = self.canvas.drawCentredString if middle else self.canvas.drawString
        write(x * mm, (HEIGHT - y) * mm, words)

    def box(self, x: float, y: float, width: float, height: float, grey: float) -> None:
        self.canvas.setFillGray(grey)
        self.canvas.rect(
            x * mm, (HEIGHT - y - height) * mm, width * mm, height * mm, stroke=0, fill=1
        )
        self.canvas.setFillGray(0)

    def cross(self, x: float, y: float, arm: float = 5) -> None:
        self.line(x - arm, y, x + arm, y)
        self.line(x, y - arm, x, y + arm)
        self.canvas.circle(x * mm, (HEIGHT - y) * mm, arm / 2 * mm)


def _front(sheet: _Sheet, printer: str, day: date, note: str) -> None:
    sheet.text(WIDTH / 2, 20, "打印校准页", 18, middle=True)
    sheet.text(WIDTH / 2, 27, f"{printer}　{day}　{note}".strip(), 9, middle=True)
    sheet.text(LEFT + 6, 36, "用钢尺量四个数（毫米，准到半毫米），填进“校准”窗口：", 10)
    sheet.text(LEFT + 6, 42, "① 纸的左边缘到横线左端　② 纸的上边缘到竖线上端", 10)
    sheet.text(LEFT + 6, 48, "③ 横线全长　④ 竖线全长", 10)
    _ruler(sheet, LONG, upright=False)
    _ruler(sheet, LONG, upright=True)
    sheet.box(LEFT + 20, TOP + 24, SHORT, _BAR, 0)
    for end in (LEFT + 20, LEFT + 20 + SHORT - _BAR / 2):
        sheet.box(end, TOP + 21, _BAR / 2, 6, 0)
    sheet.text(LEFT + 20 + SHORT / 2, TOP + 31, f"{SHORT:g} 毫米", 9, middle=True)
    _greys(sheet, LEFT + 20, TOP + 44)
    _letters(sheet, LEFT + 20, TOP + 72)
    sheet.weight(0.2)
    for x, y in _CORNERS:
        sheet.cross(x, y)
    sheet.text(
        WIDTH / 2, HEIGHT - 24, "正面：四角的十字应与反面的重合，偏差不超过 1 毫米", 9, middle=True
    )


def _back(sheet: _Sheet) -> None:
    sheet.text(WIDTH / 2, 20, "打印校准页 · 反面", 18, middle=True)
    sheet.text(WIDTH / 2, 30, "对着光看：四角的十字应与正面的重合。", 10, middle=True)
    for x, y in _CORNERS:
        sheet.cross(x, y, 8)


_CORNERS: Final = ((15.0, 15.0), (WIDTH - 15, 15.0), (15.0, HEIGHT - 15), (WIDTH - 15, HEIGHT - 15))


def _ruler(sheet: _Sheet, length: float, *, upright: bool) -> None:
    """A bar with millimetre ticks; its ends are what is measured."""

    def stroke(at: float, out: float) -> None:
        if upright:
            sheet.line(LEFT, TOP + at, LEFT - out, TOP + at)
        else:
            sheet.line(LEFT + at, TOP, LEFT + at, TOP - out)

    sheet.weight(0.1)
    for at in range(1, int(length) + 1):  # none at 0: it would lengthen the other bar
        stroke(at, 5 if at % 10 == 0 else 3.5 if at % 5 == 0 else 2)
        if at % 10 == 0:
            place = (LEFT - 8, TOP + at + 1) if upright else (LEFT + at, TOP - 6)
            sheet.text(*place, str(at), 6, middle=True)
    if upright:
        sheet.box(LEFT, TOP, _BAR, length, 0)
        sheet.text(LEFT + 3, TOP + length, f"④ {length:g} 毫米", 9)
    else:
        sheet.box(LEFT, TOP, length, _BAR, 0)
        sheet.text(LEFT + length - 22, TOP + 5, f"③ {length:g} 毫米", 9)


def _greys(sheet: _Sheet, x: float, y: float) -> None:
    sheet.text(x, y - 3, "灰阶：相邻两格应分得出深浅", 9)
    for step in range(11):
        sheet.box(x + step * 10, y, 10, 10, 1 - step / 10)
        sheet.line(x + step * 10, y + 10, x + step * 10 + 10, y + 10)
        sheet.text(x + step * 10 + 5, y + 14, f"{step * 10}%", 6, middle=True)


def _letters(sheet: _Sheet, x: float, y: float) -> None:
    sheet.text(x, y - 3, "最小的字和生僻字：应当清楚，没有方框", 9)
    for row, size in enumerate((5, 6, 7, 8, 9)):
        words = f"{size} 磅　学籍学历管理　欧阳晓明　0123456789X　赢麟薹鬱"
        sheet.text(x, y + 4 + row * 6, words, size)
    across = x
    for character in RARE:
        plain = pdfmetrics.getFont("XJ-Sans").face.charToGlyph.get(ord(character))
        sheet.text(across, y + 40, character, 14, font="XJ-Sans" if plain else "XJ-Rare")
        across += 6.2
    for row, width in enumerate((0.05, 0.1, 0.2, 0.35, 0.5)):
        sheet.weight(width)
        sheet.line(x, y + 48 + row * 4, x + 60, y + 48 + row * 4)
        sheet.text(x + 63, y + 49 + row * 4, f"线宽 {width:g} 毫米", 7)
    sheet.weight(0.2)
