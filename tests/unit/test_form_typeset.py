"""How a text stands in its cell where no other program says it better: tests/test_fidelity.py."""

from io import BytesIO
from itertools import pairwise

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.pagebreak import Break

from app.services.errors import FormFaulty
from app.services.forms.fonts import Family
from app.services.forms.pdf import draw
from app.services.forms.template import FieldRef, compile_template
from app.services.forms.typeset import Horizontal, TextStyle, Vertical, set_rich, set_text
from app.services.forms.xlsx import fill
from app.services.progress import finish
from tests.bench.fidelity import characters
from tests.unit.form_samples import put, saved, texts

WRAPPED = TextStyle(size=10, wrap=True)


def drawn(workbook, values=None):
    return finish(draw(compile_template(saved(workbook)), [values or {}], title="测试"))


def justified(text, horizontal):
    style = TextStyle(size=10, wrap=True, horizontal=horizontal)
    return set_text(text, style, 66, 60).lines


def test_every_line_but_the_last_of_a_paragraph_is_justified():
    lines = justified("一二三四五六七八\n九十", Horizontal.JUSTIFY)
    assert [line.text for line in lines] == ["一二三四五六", "七八", "九十"]
    assert [line.width for line in lines] == [63, 20, 20]
    assert all(line.width == 63 for line in justified("一二三四五六七八", Horizontal.DISTRIBUTED))


def test_a_filled_cell_repeats_its_text():
    style = TextStyle(size=10, horizontal=Horizontal.FILL)
    assert set_text("一二", style, 70, 20).lines[0].text == "一二" * 3


def test_lines_of_a_cell_may_be_spread_over_its_height():
    workbook = openpyxl.Workbook()
    put(workbook.active, {"A1": "甲\n乙\n丙"})
    workbook.active["A1"].alignment = Alignment(vertical="distributed", wrap_text=True)
    workbook.active.row_dimensions[1].height = 120
    assert compile_template(saved(workbook)).sheets[0].cells[0].style.vertical is (
        Vertical.DISTRIBUTED
    )
    ys = [y for _, _, y in characters(drawn(workbook).pdf)[0]]
    steps = {round(a - b, 1) for a, b in pairwise(ys)}
    assert steps == {round((120 - 10.5 * 1.2) / 2, 1)}


def rich_cell():
    """A cell of three types, a field in the middle one."""
    return CellRichText(
        "学生",
        TextBlock(InlineFont(rFont="黑体", sz=16, u="single"), "{{姓名}}"),
        TextBlock(InlineFont(rFont="楷体", sz=9, color="FFFF0000"), "同学{{学号}}"),
    )


def test_rich_text_keeps_its_types_on_paper_and_in_the_workbook():
    workbook = openpyxl.Workbook()
    workbook.active["A1"].value = rich_cell()
    workbook.active["A1"].font = Font(name="宋体", size=11)
    workbook.active.column_dimensions["A"].width = 30
    template = compile_template(saved(workbook))
    (cell,) = template.sheets[0].cells
    assert template.sheets[0].heights == (19.5,)  # 16 × 1.2, in whole pixels
    assert cell.content == ("学生", FieldRef("姓名"), "同学", FieldRef("学号"))
    assert [(own.family, own.size, own.underline) for _, own in cell.runs] == [
        (Family.SONG, 11, 0), (Family.HEI, 16, 1), (Family.KAI, 9, 0), (Family.KAI, 9, 0),
    ]  # fmt: skip
    values = {"姓名": "王小明", "学号": "26"}
    paper = finish(draw(template, [values], title="测试"))
    assert "".join(texts(paper.pdf)[0].split()) == "学生王小明同学26"
    places = characters(paper.pdf)[0]
    assert len({round(y, 1) for _, _, y in places}) == 1  # one baseline
    steps = [round(b[1] - a[1]) for a, b in pairwise(places)]
    assert steps[:6] == [11, 11, 16, 16, 16, 9]
    filled = openpyxl.load_workbook(BytesIO(finish(fill(template, [values]))), rich_text=True)
    value = filled.active["A1"].value
    assert str(value) == "学生王小明同学26"
    assert [getattr(block, "font", None) and block.font.sz for block in value] == [None, 16, 9, 9]


def test_rich_text_shrinks_and_wraps_as_a_whole_and_is_reported():
    parts = [("一二三四五六", TextStyle(size=12)), ("七八九十", TextStyle(size=8))]
    one = set_rich(parts, TextStyle(size=12), 90, 20)
    assert one.fits
    assert len(one.lines) == 1
    assert one.lines[0].width == pytest.approx(87)
    two = set_rich(parts, TextStyle(size=12, wrap=True), 75, 40)
    assert [line.text for line in two.lines] == ["一二三四五六", "七八九十"]
    assert [line.size for line in two.lines] == [12, 8]
    assert not set_rich(parts * 9, TextStyle(size=12, wrap=True), 60, 20).fits


def test_a_word_breaks_after_its_hyphen_as_in_a_spreadsheet():
    lines = set_text("电话 0515-88880000", WRAPPED, 60, 60).lines
    assert [line.text for line in lines] == ["电话 0515-", "88880000"]


@pytest.mark.parametrize("text", ["xiaoming@example.com", "320902201103150019", "7K3M-2QXD-W4ET"])
def test_a_number_or_an_address_is_never_broken_in_two(text):
    setting = set_text(text, TextStyle(size=9), 40, 18)
    assert [line.text for line in setting.lines] == [text]
    assert setting.size * setting.squeeze < 9
    assert len(set_text(text, WRAPPED, 40, 60).lines) > 1  # where the form wraps, as it says


def wide(widths, **setup):
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for number, width in enumerate(widths):
        letter = "ABCDEFGH"[number]
        put(sheet, {f"{letter}1": f"头{letter}", f"{letter}2": f"{{{{名单.{letter}}}}}"})
        sheet.column_dimensions[letter].width = width
    for name, value in setup.items():
        setattr(sheet, name, value)
    sheet.print_title_rows = "1:1"
    return workbook


def test_columns_that_find_no_room_go_to_another_page_under_their_titles():
    workbook = wide([10, 60, 60], print_title_cols="A:A")
    template = compile_template(saved(workbook))
    assert "比纸宽" in template.notes[0]
    people = [{"A": f"学{n}", "B": f"甲{n}", "C": f"乙{n}"} for n in range(1, 71)]
    paper = finish(draw(template, [{"名单": people}], title="测试"))
    pages = [text.split() for text in texts(paper.pdf)]
    assert paper.pages == (4,)
    assert [page[:2] for page in pages] == [["头A", "头B"]] * 2 + [["头A", "头C"]] * 2
    assert pages[2][2:4] == ["学1", "乙1"]
    assert pages[3][-2:] == ["学70", "乙70"]
    workbook.active.page_setup.pageOrder = "overThenDown"
    pages = [text.split() for text in texts(drawn(workbook, {"名单": people}).pdf)]
    assert [page[1] for page in pages] == ["头B", "头C", "头B", "头C"]


def test_a_manual_column_break_starts_a_page():
    workbook = wide([10, 10, 10])
    workbook.active.col_breaks.append(Break(id=2))
    pages = [text.split() for text in texts(drawn(workbook, {"名单": [{"C": "末"}]}).pdf)]
    assert pages == [["头A", "头B"], ["头C", "末"]]


def test_what_the_paper_was_shrunk_to_stands_in_the_workbook_too():
    workbook = wide([30, 35, 30])
    template = compile_template(saved(workbook))
    scale = openpyxl.load_workbook(BytesIO(finish(fill(template, [{}])))).active.page_setup.scale
    assert 95 <= scale < 100
    assert f"缩小到 {scale}%" in template.notes[0]


def test_a_row_without_a_height_grows_with_its_wrapped_text():
    workbook = openpyxl.Workbook()
    sheet = put(workbook.active, {"A1": "一二三四五六七八九十" * 3, "A2": "一\n二", "A3": "短"})
    sheet.column_dimensions["A"].width = 20
    for row in (1, 2, 3):
        sheet[f"A{row}"].alignment = Alignment(wrap_text=True)
    heights = compile_template(saved(workbook)).sheets[0].heights
    assert heights == (50.25, 25.5, 15)  # four lines, two, one


def test_a_text_that_was_made_smaller_on_paper_is_as_small_in_the_workbook():
    workbook = openpyxl.Workbook()
    sheet = put(workbook.active, {"A1": "{{地址}}", "B1": "邻", "A2": "{{家庭住址}}", "B2": "邻"})
    put(sheet, {"A3": "{{短}}", "B3": "邻"})
    sheet.column_dimensions["A"].width = 20
    for row, height in ((1, 16), (2, 60), (3, 16)):
        sheet.row_dimensions[row].height = height
    address = "江苏省盐城市亭湖区某某路百号"
    values = {"地址": address, "家庭住址": address * 2, "短": "短"}
    template = compile_template(saved(workbook))
    filled = openpyxl.load_workbook(BytesIO(finish(fill(template, [values])))).active
    paper = characters(finish(draw(template, [values], title="测试")).pdf)[0]
    places = [x for character, x, y in paper if character in address and y > 750]
    step = (max(places) - min(places)) / (len(address) - 1)
    assert filled["A1"].font.sz == pytest.approx(step, abs=0.15)
    assert not filled["A1"].alignment.wrap_text
    assert filled["A2"].alignment.wrap_text
    assert (filled["A3"].font.sz, filled["A3"].font.name) == (10.5, "宋体")


def test_even_and_first_pages_may_have_a_header_of_their_own():
    workbook = openpyxl.Workbook()
    sheet = put(workbook.active, {f"A{row}": f"第{row}行" for row in range(1, 150)})
    sheet.oddHeader.left.text, sheet.evenHeader.right.text = "单{{学校}}", "双{{学校}}"
    sheet.firstFooter.center.text = "首&P"
    sheet.HeaderFooter.differentOddEven = sheet.HeaderFooter.differentFirst = True
    template = compile_template(saved(workbook))
    pages = texts(finish(draw(template, [{"学校": "城东"}], title="测试")).pdf)
    assert [[w for w in ("首1", "单城东", "双城东") if w in page] for page in pages[:3]] == [
        ["首1"], ["双城东"], ["单城东"],
    ]  # fmt: skip
    filled = openpyxl.load_workbook(BytesIO(finish(fill(template, [{"学校": "城东"}])))).active
    assert (filled.evenHeader.right.text, filled.firstFooter.center.text) == ("双城东", "首&P")


def test_braces_of_one_field_in_two_runs_are_still_one_field():
    workbook = openpyxl.Workbook()
    runs = (TextBlock(InlineFont(b=True), "{{姓"), TextBlock(InlineFont(i=True), "名}}"))
    workbook.active["A1"].value = CellRichText(*runs)
    (cell,) = compile_template(saved(workbook)).sheets[0].cells
    assert cell.content == (FieldRef("姓名"),)
    workbook.active["A1"].value = CellRichText(runs[0])
    with pytest.raises(FormFaulty, match=r"A1.*不成对"):
        compile_template(saved(workbook))
