"""Workbooks as offices really make them, none of them drawn for this program.

Each is a form in the sense of Excel: typed, merged, ruled and set up for printing by hand. They are
the ground on which our paper is compared with that of a spreadsheet program.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from io import BytesIO
from typing import Any, Final

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.drawing.image import Image
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, OneCellAnchor
from openpyxl.drawing.xdr import XDRPositiveSize2D
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image as Raster

_SURNAMES: Final = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
_GIVEN: Final = ("文静", "晓明", "建国", "雨欣", "子涵", "志强", "丽华", "思远")


def workbook(name: str, size: float) -> Workbook:
    """An empty workbook whose Normal font is that one."""
    made = openpyxl.Workbook()
    made._fonts[0] = made._named_styles["Normal"].font = Font(name=name, size=size)
    return made


def _rule(style: str = "thin") -> Border:
    side = Side(style=style)
    return Border(left=side, right=side, top=side, bottom=side)


def put(
    sheet: Worksheet,
    ref: str,
    value: Any,
    *,
    font: tuple[str, float] = ("宋体", 10.5),
    border: str | None = "thin",
    number: str = "",
    look: Mapping[str, Any] | None = None,
    **alignment: Any,
) -> Any:
    """Type a value into a cell or a range to merge; `look` is more of the font."""
    first = ref.partition(":")[0]
    for row in sheet[ref] if ":" in ref else ((sheet[ref],),):
        for cell in row:
            if border:
                cell.border = _rule(border)
    if ":" in ref:
        sheet.merge_cells(ref)
    cell = sheet[first]
    cell.value, cell.font = value, Font(name=font[0], size=font[1], **(look or {}))
    if number:
        cell.number_format = number
    cell.alignment = Alignment(**{"vertical": "center", **alignment})
    return cell


def sizes(sheet: Worksheet, widths: Mapping[str, float], heights: Mapping[int, float]) -> None:
    """Columns in characters, rows in points."""
    for letter, width in widths.items():
        sheet.column_dimensions[letter].width = width
    for row, height in heights.items():
        sheet.row_dimensions[row].height = height


def people(count: int) -> list[tuple[str, str, str, date]]:
    """Invented: 姓名, 性别, 学号, 出生日期."""
    return [
        (
            _SURNAMES[n % 20] + _GIVEN[n * 3 % 8],
            "男女"[n % 2],
            f"2601010201{n + 1:02d}",
            date(2010, 1 + n % 12, 1 + n % 28),
        )
        for n in range(count)
    ]


def application() -> Workbook:
    """申请表: merged title rows, distributed labels, an upright 备注, boxes for opinions."""
    made = workbook("宋体", 11)
    sheet = made.active
    sheet.title = "申请表"
    sizes(sheet, dict.fromkeys("ABCDEFG", 11.5), {1: 36, 2: 22, **dict.fromkeys(range(3, 9), 28)})
    put(
        sheet, "A1:G1", "城东高等职业技术学校学生休学申请表",
        font=("黑体", 18), border=None, horizontal="center",
    )  # fmt: skip
    put(sheet, "A2:G2", "编号：校学〔2026〕　　号", border=None, horizontal="right")
    labels = ("姓名", "性别", "出生日期", "系部", "专业班级", "家庭住址")
    for row, label in enumerate(labels, start=3):
        put(sheet, f"A{row}:B{row}", label, horizontal="distributed")
        put(sheet, f"C{row}:G{row}", f"填写{label}", horizontal="left", indent=1)
    put(sheet, "A9", "申请理由", text_rotation=255, horizontal="center")
    put(
        sheet, "B9:G9",
        "本人因病需要较长时间治疗和休养，现申请休学一年，自二〇二六年十月八日起。"
        "休学期间遵守学校有关规定，期满以前按时提出复学申请。\n\n学生签字：　　　　年　月　日",
        wrap_text=True, vertical="top",
    )  # fmt: skip
    put(sheet, "A10", "学校意见", text_rotation=255, horizontal="center")
    put(
        sheet,
        "B10:G10",
        "（盖章）\n年　　月　　日",
        wrap_text=True,
        horizontal="right",
        vertical="bottom",
    )
    put(sheet, "A11", "备注", text_rotation=90, horizontal="center")
    put(
        sheet,
        "B11:G11",
        "一式三份，学生、系部、教务处各存一份。",
        horizontal="justify",
        wrap_text=True,
    )
    sizes(sheet, {}, {9: 130, 10: 110, 11: 48})
    sheet.print_options.horizontalCentered = True
    sheet.oddFooter.center.text = '&"宋体,常规"&9第 &P 页，共 &N 页'
    return made


def timetable() -> Workbook:
    """表: diagonal head cell, double and dashed rules, fills, narrow columns of upright heads."""
    made = workbook("宋体", 12)
    sheet = made.active
    sheet.title = "课程表"
    sizes(sheet, {"A": 12, **dict.fromkeys("BCDEF", 13)}, {1: 40, 2: 42})
    put(
        sheet,
        "A1:F1",
        "2026—2027学年第一学期课程表",
        font=("黑体", 20),
        border=None,
        horizontal="center",
    )
    head = put(sheet, "A2", "　　　星期\n节次", wrap_text=True, horizontal="left")
    head.border = Border(
        left=Side(style="medium"), right=Side(style="thin"), top=Side(style="medium"),
        bottom=Side(style="double"), diagonal=Side(style="thin"), diagonalDown=True,
    )  # fmt: skip
    for column, day in zip("BCDEF", "一二三四五", strict=True):
        cell = put(sheet, f"{column}2", f"星期{day}", font=("黑体", 12), horizontal="center")
        cell.fill = PatternFill("solid", fgColor="FFD9E1F2")
    for row in range(3, 9):
        sheet.row_dimensions[row].height = 34
        put(sheet, f"A{row}", f"第{row - 2}节", horizontal="center", border="dashed")
        for column in "BCDEF":
            put(
                sheet, f"{column}{row}", "电工电子技术基础（实训楼）" if row % 2 else "语文",
                horizontal="center", wrap_text=True, border="hair" if row > 5 else "dotted",
            )  # fmt: skip
    sheet.page_setup.orientation = "landscape"
    sheet.print_options.horizontalCentered = sheet.print_options.verticalCentered = True
    return made


def scores() -> Workbook:
    """成绩册: eighty-five per cent, print titles over pages, numbers in formats, hidden column."""
    made = workbook("宋体", 11)
    sheet = made.active
    sheet.title = "成绩"
    sizes(
        sheet,
        {"A": 6, "B": 15, "C": 12, "D": 6, **dict.fromkeys("EFGH", 9), "I": 16},
        {1: 30, 2: 26},
    )
    put(
        sheet,
        "A1:I1",
        "计算机2601班成绩登记表",
        font=("黑体", 16),
        border=None,
        horizontal="center",
    )
    for column, head in zip(
        "ABCDEFGHI",
        ("序号", "学号", "姓名", "性别", "语文", "数学", "平均", "占比", "录入日期"),
        strict=True,
    ):
        put(sheet, f"{column}2", head, horizontal="center", look={"b": True})
    for place, (name, sex, number, born) in enumerate(people(60), start=1):
        row = place + 2
        sheet.row_dimensions[row].height = 21
        put(sheet, f"A{row}", place, horizontal="center")
        put(sheet, f"B{row}", number)
        put(sheet, f"C{row}", name, horizontal="distributed")
        put(sheet, f"D{row}", sex, horizontal="center")
        put(sheet, f"E{row}", 60 + place * 7 % 40)
        put(sheet, f"F{row}", 55.5 + place * 3 % 40, number="0.0")
        put(sheet, f"G{row}", 1234.5 + place, number="#,##0.00")
        put(sheet, f"H{row}", place / 61, number="0.0%", horizontal="center")
        put(sheet, f"I{row}", born.replace(year=2026), number='yyyy"年"m"月"d"日"')
    sheet.column_dimensions["D"].hidden = True
    sheet.row_dimensions[10].hidden = True
    sheet.print_title_rows = "1:2"
    sheet.page_setup.scale = 85
    sheet.oddFooter.center.text = "&D"
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = "&A", "&P/&N"
    return made


def wide_ledger() -> Workbook:
    """统计表: landscape A3 fitted to one page across, columns of default width, small type."""
    made = workbook("宋体", 10)
    sheet = made.active
    sheet.title = "统计"
    sheet.sheet_format.defaultColWidth = 9.5
    sheet.sheet_format.defaultRowHeight, sheet.sheet_format.customHeight = 18, True
    put(
        sheet,
        "A1:X1",
        "学籍异动统计表",
        font=("宋体", 22),
        border=None,
        horizontal="center",
        look={"b": True},
    )
    sheet.row_dimensions[1].height = 40
    for column in range(1, 25):
        letter = get_column_letter(column)
        put(sheet, f"{letter}2", f"异动类别{column}", horizontal="center", wrap_text=True)
        for row in range(3, 41):
            put(sheet, f"{letter}{row}", row * column, number="#,##0", font=("Times New Roman", 10))
    sheet.row_dimensions[2].height = 32
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 8
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.print_options.horizontalCentered = True
    return made


def notice() -> Workbook:
    """通知: rich text, underline, strike, colours, shrink to fit, text over its neighbours."""
    made = workbook("等线", 11)
    sheet = made.active
    sheet.title = "通知"
    sizes(sheet, {"A": 14, "B": 14, "C": 14, "D": 14, "E": 14}, dict.fromkeys(range(1, 16), 26))
    put(sheet, "A1:E1", "缺材料通知单", font=("楷体", 22), border=None, horizontal="center")
    plain, strong = (
        InlineFont(rFont="宋体", sz=12),
        InlineFont(rFont="黑体", sz=14, color="FFFF0000"),
    )
    lined = InlineFont(rFont="宋体", sz=12, u="single")
    sheet["A3"].value = CellRichText(
        TextBlock(plain, "请于"), TextBlock(strong, "十月八日"), TextBlock(lined, "下午五时前"),
        TextBlock(plain, "交到教务处。"),
    )  # fmt: skip
    sheet["A3"].alignment = Alignment(vertical="center")
    sheet["A4"].value = CellRichText(
        "电话", TextBlock(InlineFont(rFont="Arial", sz=9, b=True), "0515-8888")
    )
    sheet["A4"].font, sheet["A4"].alignment = (
        Font(name="宋体", size=12),
        Alignment(vertical="center"),
    )
    put(sheet, "A5", "没有框线的长文字一直写到右边的空格上面去", border=None)
    put(sheet, "A6", "文字缩小字体填充", shrink_to_fit=True)
    put(sheet, "B6", "下划线", look={"u": "single"})
    put(sheet, "C6", "双下划线", look={"u": "double"})
    put(sheet, "D6", "删除线", look={"strike": True})
    put(sheet, "E6", "斜体字", look={"i": True, "color": "FF0000FF"})
    put(sheet, "A7", "右缩进", horizontal="right", indent=1)
    put(sheet, "B7", "居左缩进", horizontal="left", indent=2)
    put(sheet, "C7", "顶端", vertical="top")
    put(sheet, "D7", "底端", vertical="bottom")
    put(sheet, "E7", "粗体", look={"b": True})
    put(sheet, "A8:E8", "分散对齐的一行字", horizontal="distributed")
    put(sheet, "A9:B9", "斜排文字", text_rotation=45, horizontal="center", border=None)
    put(sheet, "C9:C11", "向下的文字", text_rotation=180, horizontal="center")
    put(sheet, "D9:D11", "竖排的字", text_rotation=255, horizontal="center", vertical="top")
    put(
        sheet,
        "E9:E11",
        "居中\n换行\n三行",
        wrap_text=True,
        horizontal="center",
    )
    sheet["A13"].value, sheet["A13"].alignment = (
        "跨列居中",
        Alignment(horizontal="centerContinuous"),
    )
    for column in "BCD":
        sheet[f"{column}13"].alignment = Alignment(horizontal="centerContinuous")
    sheet.row_dimensions[9].height = 60
    return made


def dates() -> Workbook:
    """日期和数字: formats of a Chinese Excel."""
    made = workbook("宋体", 11)
    sheet = made.active
    sheet.title = "格式"
    sizes(sheet, {"A": 30, "B": 34}, {})
    day, moment = date(2026, 9, 1), datetime(2026, 9, 1, 14, 5, 9)  # noqa: DTZ001 -- a workbook knows no zone
    rows: tuple[tuple[Any, str], ...] = (
        (day, "yyyy-mm-dd"),
        (day, 'yyyy"年"m"月"d"日"'),
        (day, '[DBNum1][$-804]yyyy"年"m"月"d"日"'),
        (day, "yyyy/m/d"),
        (day, "yy.mm.dd"),
        (day, 'yyyy"年"m"月"'),
        (day, "[$-804]aaaa"),
        (moment, "yyyy-mm-dd hh:mm"),
        (moment, "hh:mm:ss"),
        (moment, 'h"时"mm"分"'),
        (12345.678, "#,##0.00"),
        (-12345.6, "#,##0.0;[Red]-#,##0.0"),
        (0.4567, "0.00%"),
        (42, '0"人"'),
        (7, "000"),
        (2026, "[DBNum1][$-804]General"),
        (12034, "[DBNum2][$-804]General"),
        (12034, "[DBNum1][$-804]General"),
        (1234.5, "¥#,##0.00"),
        (0.5, "# ?/?"),
        (1234567, "0.00E+00"),
        ("文字", '@"（章）"'),
        (3, "General"),
        (3.14159265, "General"),
        (True, "General"),
    )
    for row, (value, pattern) in enumerate(rows, start=1):
        sheet.row_dimensions[row].height = 20
        put(sheet, f"A{row}", f"第{row}种")
        put(sheet, f"B{row}", value, number=pattern)
    return made


def several() -> Workbook:
    """几张表: a print area, manual breaks, a wide sheet over two pages, codes with fonts."""
    made = workbook("宋体", 11)
    first = made.active
    first.title = "封面"
    sizes(first, dict.fromkeys("ABCDEF", 13), dict.fromkeys(range(1, 25), 24))
    put(first, "B3:E3", "学生学籍档案", font=("黑体", 26), border=None, horizontal="center")
    put(first, "B6:E6", "二〇二六年九月", font=("仿宋", 16), border=None, horizontal="center")
    put(first, "H30", "不在打印区域里的说明", border=None)
    first.print_area = "B2:E20"
    first.oddHeader.left.text = '&"黑体,加粗"&14&K0000FF学籍档案'
    first.oddHeader.center.text = "&A"
    first.oddFooter.right.text = "第&P页 共&N页"
    second = made.create_sheet("目录")
    sizes(second, {"A": 8, "B": 40, "C": 12}, {1: 30})
    put(second, "A1:C1", "卷内文件目录", font=("黑体", 18), border=None, horizontal="center")
    for row in range(2, 62):
        second.row_dimensions[row].height = 19.5
        put(second, f"A{row}", row - 1, horizontal="center")
        put(second, f"B{row}", f"第{row - 1}份材料的题名")
        put(second, f"C{row}", f"{row}—{row + 1}", horizontal="center")
    second.print_title_rows = "1:1"
    second.row_breaks.append(Break(id=21))
    second.row_breaks.append(Break(id=46))
    third = made.create_sheet("宽表")
    for column in range(1, 15):
        letter = get_column_letter(column)
        third.column_dimensions[letter].width = 11
        for row in range(1, 6):
            third.row_dimensions[row].height = 22
            put(third, f"{letter}{row}", f"{column}列{row}行", horizontal="center")
    return made


def pictured() -> Workbook:
    """证明: a badge, a fitted page, text under a picture, margins of its own."""
    made = workbook("宋体", 11)
    sheet = made.active
    sheet.title = "证明"
    sizes(sheet, dict.fromkeys("ABCDEFGHIJ", 12), dict.fromkeys(range(1, 41), 30))
    badge = BytesIO()
    Raster.new("RGB", (120, 120), "navy").save(badge, "PNG")
    image = Image(badge)
    image.anchor = OneCellAnchor(
        _from=AnchorMarker(col=0, row=0, colOff=127000, rowOff=63500),
        ext=XDRPositiveSize2D(762000, 762000),
    )
    sheet.add_image(image)
    put(
        sheet,
        "C1:J2",
        "在读证明",
        font=("宋体", 28),
        border=None,
        horizontal="center",
        look={"b": True},
    )
    put(
        sheet, "A4:J12", "兹有学生某某，性别男，二〇一〇年三月五日生，系我校信息工程系"
        "计算机应用技术专业二〇二六级学生，学制五年，现在籍在读。特此证明。",
        font=("仿宋_GB2312", 16), border=None,
        wrap_text=True, vertical="top",
    )  # fmt: skip
    put(
        sheet,
        "G14:J14",
        "城东高等职业技术学校",
        font=("仿宋_GB2312", 16),
        border=None,
        horizontal="center",
    )
    put(sheet, "A40", "存根", border=None)
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth = sheet.page_setup.fitToHeight = 1
    sheet.page_margins.left, sheet.page_margins.right = 1.1, 0.7
    sheet.page_margins.top, sheet.page_margins.bottom = 1.2, 0.8
    return made


def narrow() -> Workbook:
    """标签: small paper, Latin and digits wrapped, punctuation at line ends, hard line breaks."""
    made = workbook("Calibri", 11)
    sheet = made.active
    sheet.title = "标签"
    sizes(sheet, {"A": 18, "B": 22}, {1: 60, 2: 80, 3: 40, 4: 90, 5: 30})
    put(sheet, "A1", "办理人（签字）：王建国，电话：13000000000。", wrap_text=True)
    put(sheet, "B1", "Certificate of Enrolment No. 2026-0918 for the autumn term", wrap_text=True)
    put(
        sheet,
        "A2",
        "一、核对身份证原件；\n二、核对户口簿；\n三、留存复印件。",
        wrap_text=True,
        vertical="top",
    )
    put(sheet, "B2", "“学籍”指学生在校的身份（含休学）。", wrap_text=True, vertical="bottom")
    put(sheet, "A3", "居中换行的文字到这里要折成两行", wrap_text=True, horizontal="center")
    put(sheet, "B3", "靠右换行的文字到这里要折成两行来写", wrap_text=True, horizontal="right")
    put(
        sheet,
        "A4",
        "两端对齐的文字有好几行，每一行都要排满，只有末一行例外，不排满。",
        horizontal="justify",
        wrap_text=True,
    )
    put(
        sheet,
        "B4",
        "分散对齐也有好几行而且末行也要排满整行",
        horizontal="distributed",
        wrap_text=True,
    )
    put(sheet, "A5:B5", "填满", horizontal="fill")
    sheet.page_setup.paperSize = 11
    return made


def roster() -> Workbook:
    """花名册: two columns of people side by side, medium frame, twice nested head, centred page."""
    made = workbook("宋体", 12)
    sheet = made.active
    sheet.title = "花名册"
    sizes(
        sheet,
        {"A": 5, "B": 10, "C": 8, "D": 14, "E": 5, "F": 10, "G": 8, "H": 14},
        {1: 38, 2: 20, 3: 24, 4: 24},
    )
    put(
        sheet,
        "A1:H1",
        "新生花名册",
        font=("华文中宋", 22),
        border=None,
        horizontal="center",
        look={"b": True},
    )
    put(sheet, "A2:D2", "系部：信息工程系", border=None)
    put(sheet, "E2:H2", "班主任：钱文静", border=None, horizontal="right")
    for start in ("A", "E"):
        at = ord(start)
        put(sheet, f"{start}3:{start}4", "序号", horizontal="center", wrap_text=True)
        put(sheet, f"{chr(at + 1)}3:{chr(at + 3)}3", "学生信息", horizontal="center")
        for offset, head in enumerate(("姓名", "性别", "学号"), start=1):
            put(sheet, f"{chr(at + offset)}4", head, horizontal="center", font=("黑体", 12))
    for place, (name, sex, number, _) in enumerate(people(50)):
        row, at = place % 25 + 5, ord("A" if place < 25 else "E")
        sheet.row_dimensions[row].height = 22.5
        put(sheet, f"{chr(at)}{row}", place + 1, font=("宋体", 12), horizontal="center")
        put(sheet, f"{chr(at + 1)}{row}", name, font=("宋体", 12), horizontal="center")
        put(sheet, f"{chr(at + 2)}{row}", sex, font=("宋体", 12), horizontal="center")
        put(sheet, f"{chr(at + 3)}{row}", number, font=("宋体", 11), horizontal="center")
    sheet.print_options.horizontalCentered = True
    sheet.oddFooter.left.text = "制表人："
    sheet.oddFooter.center.text = "&P"
    return made


def matrix() -> Workbook:
    """汇总表: heads turned upright in narrow columns, print titles above and at the left, two ways
    over pages, a title centred over unmerged cells."""
    made = workbook("宋体", 11)
    sheet = made.active
    sheet.title = "汇总"
    sizes(sheet, {"A": 12}, {1: 30, 2: 90})
    put(sheet, "A1", "各班各科成绩汇总", font=("黑体", 16), border=None)
    put(sheet, "A2", "班级", horizontal="center")
    for column in range(2, 30):
        letter = get_column_letter(column)
        sheet.column_dimensions[letter].width = 5
        put(
            sheet,
            f"{letter}2",
            f"课程{column}名称",
            text_rotation=90,
            horizontal="center",
            vertical="bottom",
        )
        for row in range(3, 50):
            put(sheet, f"{letter}{row}", (row * column) % 100, horizontal="center")
    for row in range(3, 50):
        sheet.row_dimensions[row].height = 18
        put(sheet, f"A{row}", f"计算机26{row:02d}")
    sheet.print_title_rows, sheet.print_title_cols = "1:2", "A:A"
    return made


BUILDERS: Final[Mapping[str, Callable[[], Workbook]]] = {
    maker.__name__: maker
    for maker in (
        application, timetable, scores, wide_ledger, notice, dates, several, pictured, narrow,
        roster, matrix,
    )
}  # fmt: skip


def saved(made: Workbook) -> bytes:
    """The workbook's bytes; paper that nobody chose is A4, as on every printer in China."""
    for sheet in made:
        sheet.page_setup.paperSize = sheet.page_setup.paperSize or 9
    target = BytesIO()
    made.save(target)
    return target.getvalue()
