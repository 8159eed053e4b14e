"""What the program understands of a form drawn in Excel, and how it names the mistakes in it."""

import zipfile
from io import BytesIO
from itertools import pairwise

import openpyxl
import pytest
from openpyxl.styles import Alignment, Font, PatternFill, Side
from openpyxl.styles.borders import Border
from openpyxl.worksheet.properties import PageSetupProperties

from app.services.errors import FormEmpty, FormFaulty, FormUnreadable
from app.services.forms.fonts import Family
from app.services.forms.sheetstyle import MILLIMETRE
from app.services.forms.template import FieldRef, Place, compile_template, parse_content
from app.services.forms.typeset import Horizontal, Vertical
from tests.unit.form_samples import form, put, roster, saved


def cell_of(template, ref):
    return next(cell for cell in template.sheets[0].cells if cell.ref == ref)


def test_fields_are_found_with_their_cells():
    template = compile_template(
        form({"A1": "姓名：{{姓名}}", "B2": "{{ 出生日期 | yyyy年m月d日 }}", "C3": "{{姓名}}"})
    )
    assert template.fields == {
        FieldRef("姓名"): (Place("卡片", "A1"), Place("卡片", "C3")),
        FieldRef("出生日期", pattern="yyyy年m月d日"): (Place("卡片", "B2"),),
    }


def test_slots_and_list_fields_are_told_apart():
    assert parse_content("{{监护人[1].姓名}}") == (FieldRef("监护人", 1, "姓名"),)
    assert parse_content("{{名单.姓名}}") == (FieldRef("名单", None, "姓名"),)
    assert parse_content("第{{页码}}页") == ("第", FieldRef("页码"), "页")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{{姓名", "不成对"),
        ("姓名}}", "不成对"),
        ("{{}}", "没有字段名"),
        ("{{成绩[0].课程}}", "从 1 开始"),
        ("{{成绩[x].课程}}", "写法不对"),
        ("{{姓 名}}", "写法不对"),
        ("｛｛姓名｝｝", "全角"),
        ("{{#如果 姓名}}", "没有“#如果 姓名”"),
    ],
)
def test_a_malformed_field_is_named_with_sheet_and_cell(text, says):
    with pytest.raises(FormFaulty) as refusal:
        compile_template(form({"B7": text}, name="正面"), name="学籍卡")
    sentence = str(refusal.value)
    assert "“学籍卡”" in sentence
    assert "“正面”" in sentence
    assert "B7" in sentence
    assert says in sentence


def test_a_formula_is_refused_because_nobody_would_calculate_it():
    with pytest.raises(FormFaulty, match=r"C3.*公式"):
        compile_template(form({"C3": "=SUM(A1:A2)"}))


def test_a_text_file_and_an_old_workbook_are_refused(tmp_path):
    text = tmp_path / "表.xlsx"
    text.write_text("姓名,性别", encoding="utf-8")
    with pytest.raises(FormUnreadable, match="表"):
        compile_template(text)
    with pytest.raises(FormUnreadable, match="xls"):
        compile_template(b"\xd0\xcf\x11\xe0" + bytes(600))


def test_a_workbook_with_macros_is_refused():
    data = BytesIO(form({"A1": "{{姓名}}"}))
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macro")
    with pytest.raises(FormUnreadable, match="宏"):
        compile_template(data.getvalue())


def test_a_form_of_hidden_and_note_sheets_prints_nothing():
    workbook = openpyxl.Workbook()
    put(workbook.active, {"A1": "给表样作者的说明"}).title = "#说明"
    with pytest.raises(FormEmpty):
        compile_template(saved(workbook))


def test_hidden_and_note_sheets_are_left_out():
    workbook = openpyxl.Workbook()
    put(workbook.active, {"A1": "{{姓名}}"}).title = "正面"
    put(workbook.create_sheet("#说明"), {"A1": "{{坏"})
    put(workbook.create_sheet("草稿"), {"A1": "{{坏"}).sheet_state = "hidden"
    assert [sheet.name for sheet in compile_template(saved(workbook)).sheets] == ["正面"]


def test_the_version_names_the_exact_file():
    one, other = form({"A1": "{{姓名}}"}), form({"A1": "{{学号}}"})
    assert compile_template(one).version != compile_template(other).version
    assert len(compile_template(one).version) == 16


def test_columns_are_as_wide_as_in_excel():
    # 宋体 11: a digit has 8 pixels, and 9 stored characters are 72 pixels, 54 points.
    workbook = openpyxl.Workbook()
    workbook._fonts[0] = workbook._named_styles["Normal"].font = Font(name="宋体", size=11)
    sheet = put(workbook.active, {"A1": "一", "B1": "二", "C1": "三"})
    sheet.column_dimensions["A"].width = 9
    sheet.column_dimensions["B"].hidden = True
    edges = compile_template(saved(workbook)).sheets[0].columns
    assert edges[1] == 54
    assert edges[2] == edges[1]
    assert edges[3] - edges[2] == 54  # a column that says nothing


def test_one_column_entry_may_stand_for_several_columns():
    workbook = openpyxl.Workbook()
    sheet = put(workbook.active, {"A1": "一", "D1": "四"})
    sheet.column_dimensions["A"].width = 20
    sheet.column_dimensions["A"].min, sheet.column_dimensions["A"].max = 1, 4
    edges = compile_template(saved(workbook)).sheets[0].columns
    widths = [round(b - a, 3) for a, b in pairwise(edges)]
    assert len(set(widths)) == 1
    assert widths[0] > 100


def test_the_look_of_a_cell_is_read():
    workbook = openpyxl.Workbook()
    cell = workbook.active["A1"]
    cell.value = "标题"
    cell.font = Font(
        name="黑体", size=16, bold=True, italic=True, underline="double", color="FFFF0000"
    )
    cell.alignment = Alignment(horizontal="distributed", vertical="top", wrap_text=True, indent=2)
    cell.fill = PatternFill("solid", fgColor="FFDDDDDD")
    cell.border = Border(diagonal=Side(style="medium"), diagonalDown=True)
    template = compile_template(saved(workbook))
    style = cell_of(template, "A1").style
    assert (style.family, style.size, style.bold, style.italic) == (Family.HEI, 16, True, True)
    assert (style.underline, style.colour, style.indent) == (2, (1, 0, 0), 2)
    assert (style.horizontal, style.vertical) == (Horizontal.DISTRIBUTED, Vertical.TOP)
    sheet = template.sheets[0]
    assert sheet.fills[0][4] == pytest.approx((0xDD / 255,) * 3)
    assert sheet.borders.sides[0, 0].falling.width == 1.2
    assert sheet.borders.sides[0, 0].rising is None


def test_a_long_text_may_stand_over_empty_neighbours_only():
    workbook = openpyxl.Workbook()
    sheet = put(workbook.active, {"A1": "{{甲}}", "A2": "{{乙}}", "A3": "{{丙}}"}, ruled=False)
    put(sheet, {"B2": "邻", "C3": "远"}, ruled=False)
    sheet["A3"].alignment = Alignment(shrink_to_fit=True)
    template = compile_template(saved(workbook))
    assert cell_of(template, "A1").room_right > 90
    assert cell_of(template, "A2").room_right == 0
    assert cell_of(template, "A3").room_right == 0


def test_a_theme_colour_is_tinted_like_excel_does():
    workbook = openpyxl.Workbook()
    from openpyxl.styles.colors import Color

    workbook.active["A1"].value = "灰底"
    workbook.active["A1"].fill = PatternFill("solid", fgColor=Color(theme=0, tint=-0.15))
    colour = compile_template(saved(workbook)).sheets[0].fills[0][4]
    assert [round(part * 255) for part in colour] == [217, 217, 217]


def test_page_setup_is_read():
    workbook = openpyxl.Workbook()
    sheet = put(workbook.active, {"A1": "一", "C40": "二"})
    sheet.page_setup.paperSize, sheet.page_setup.orientation = 8, "landscape"
    sheet.page_margins.left = 0.5
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.print_options.horizontalCentered = True
    sheet.print_area = "A1:C30"
    compiled = compile_template(saved(workbook)).sheets[0]
    page = compiled.page
    assert page.width / MILLIMETRE == pytest.approx(420)
    assert page.height / MILLIMETRE == pytest.approx(297)
    assert (page.left, page.fit_width, page.fit_height, page.centre_across) == (36, 1, 0, True)
    assert len(compiled.heights) == 30
    assert [cell.ref for cell in compiled.cells] == ["A1"]


def test_a_list_row_is_a_block_and_head_rows_are_titles():
    sheet = compile_template(saved(roster())).sheets[0]
    assert [(block.name, block.start, block.end) for block in sheet.blocks] == [("名单", 2, 3)]
    assert sheet.titles == (1, 2)


def test_a_merged_cell_across_the_list_row_is_named():
    workbook = roster()
    workbook.active.merge_cells("A2:A3")
    with pytest.raises(FormFaulty, match=r"A2:A3.*名单"):
        compile_template(saved(workbook))


def test_footer_codes_become_fields():
    template = compile_template(saved(roster()))
    assert template.fields[FieldRef("总页数")] == (Place("名册", "页脚"),)


def test_a_sheet_wider_than_its_paper_is_noted():
    workbook = openpyxl.Workbook()
    put(workbook.active, {"A1": "一"}).column_dimensions["A"].width = 200
    assert "比纸宽" in compile_template(saved(workbook)).notes[0]
