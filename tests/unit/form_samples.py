"""Small forms drawn for the tests, as a registrar would in Excel."""

from collections.abc import Mapping
from io import BytesIO

import openpyxl
import pypdfium2
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

THIN = Side(style="thin")
RULED = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
SONG = Font(name="宋体", size=10.5)


def put(sheet: Worksheet, cells: Mapping[str, object], *, ruled: bool = True) -> Worksheet:
    """Write the cells with Song type and thin rules."""
    for ref, value in cells.items():
        cell = sheet[ref]
        cell.value, cell.font = value, SONG
        cell.alignment = Alignment(vertical="center")
        if ruled:
            cell.border = RULED
    return sheet


def saved(workbook: Workbook) -> bytes:
    """The workbook's bytes."""
    target = BytesIO()
    workbook.save(target)
    return target.getvalue()


def form(cells: Mapping[str, object], name: str = "卡片") -> bytes:
    """A form of one sheet with these cells."""
    workbook = openpyxl.Workbook()
    workbook.active.title = name
    put(workbook.active, cells)
    return saved(workbook)


def roster(rows_before: int = 1) -> Workbook:
    """A roster: title, head row (repeated), the list's row, and a foot."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "名册"
    put(sheet, {"A1": "{{班级}}名册", "A2": "序号", "B2": "姓名", "C2": "身份证号"})
    put(sheet, {"A3": "{{名单.序号}}", "B3": "{{名单.姓名}}", "C3": "{{名单.身份证号}}"})
    put(sheet, {"A4": "共{{人数}}人"})
    sheet.merge_cells("A1:C1")
    for row, height in ((1, 30), (2, 20), (3, 20), (4, 20)):
        sheet.row_dimensions[row].height = height
    for column, width in (("A", 6), ("B", 14), ("C", 24)):
        sheet.column_dimensions[column].width = width
    sheet.print_title_rows = "2:2"
    sheet.oddFooter.center.text = "第 &P 页 共 &N 页"
    return workbook


def students(count: int) -> list[dict[str, object]]:
    """Invented people for a roster."""
    return [
        {"序号": n, "姓名": f"学生{n:03d}", "身份证号": f"320000201001{n:06d}"}
        for n in range(1, count + 1)
    ]


def texts(pdf: bytes) -> list[str]:
    """The text of each page, as a reader of the paper would copy it."""
    with pypdfium2.PdfDocument(pdf) as document:
        pages = []
        for page in document:
            text_page = page.get_textpage()
            pages.append(text_page.get_text_range())
            text_page.close()
            page.close()
        return pages


def places(pdf: bytes, page_number: int = 0) -> dict[str, tuple[float, float, float, float]]:
    """Box (left, bottom, right, top) of each piece of text on a page, in points."""
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[page_number]
        text_page = page.get_textpage()
        found = {}
        for number in range(text_page.count_rects()):
            box = text_page.get_rect(number)
            found[text_page.get_text_bounded(*box).strip()] = box
        text_page.close()
        page.close()
        return found
