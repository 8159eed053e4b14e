"""A form as an office would send it: a table of its own, which the project has never seen."""

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.worksheet.worksheet import Worksheet

_THIN = Side(style="thin")


def foreign_roster() -> Workbook:
    """走读生情况登记表: a title, a line for the school, heads, one empty line, a foot."""
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "走读生"
    sheet["A1"] = "走读生情况登记表"
    sheet["A1"].font = Font(name="黑体", size=18, bold=True)
    sheet.merge_cells("A1:E1")
    sheet["A1"].alignment = Alignment(horizontal="center", vertical="center")
    sheet["A2"] = "学校："
    sheet.merge_cells("A2:E2")
    for column, (letter, head) in enumerate(
        zip("ABCDE", ("序号", "姓名", "身份证号", "家庭住址", "签字"), strict=True)
    ):
        sheet[f"{letter}3"] = head
        for row in (3, 4):
            cell = sheet[f"{letter}{row}"]
            cell.border = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
            cell.font = Font(name="宋体", size=11, bold=row == 3)
            cell.alignment = Alignment(horizontal="center", vertical="center", shrinkToFit=True)
        sheet.column_dimensions[letter].width = (7, 12, 22, 34, 12)[column]
    sheet["A5"] = "填表人：　　　　　　　　审核人："
    sheet.merge_cells("A5:E5")
    for row, height in ((1, 36), (2, 22), (3, 24), (4, 24), (5, 30)):
        sheet.row_dimensions[row].height = height
    sheet.page_setup.paperSize = 9
    sheet.print_title_rows = "3:3"
    return workbook
