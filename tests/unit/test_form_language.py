"""What may be typed between the braces, on paper and in the workbook alike."""

from io import BytesIO

import openpyxl
import pypdfium2
import pytest
import zxingcpp
from openpyxl.styles import Alignment
from PIL import Image

from app.services.errors import BarCodeUnfit, FieldsUnknown, FormFaulty
from app.services.forms.language import Condition, FieldRef, parse_content, written
from app.services.forms.pdf import draw
from app.services.forms.printing import demand_known, printed_values
from app.services.forms.template import compile_template
from app.services.forms.values import Picture
from app.services.forms.xlsx import fill
from app.services.progress import finish
from tests.bench.fidelity import characters
from tests.unit.form_samples import form, put, saved, texts


def both(workbook, values):
    """The words of the paper, page by page, and the rows of the workbook's first sheet."""
    template = compile_template(workbook if isinstance(workbook, bytes) else saved(workbook))
    paper = finish(draw(template, [values], title="测试"))
    filled = openpyxl.load_workbook(BytesIO(finish(fill(template, [values]))), rich_text=True)
    rows = [
        [str(cell.value) for cell in row if cell.value is not None]
        for row in filled.active.iter_rows()
    ]
    return [text.split() for text in texts(paper.pdf)], [row for row in rows if row], filled.active


def said(text, **values):
    """What a cell with that text says."""
    pages, rows, _ = both(boxed(text), values)
    assert pages[0] == "".join("".join(row) for row in rows).split()
    return "".join(pages[0])


@pytest.mark.parametrize(
    ("text", "values", "says"),
    [
        ("{{如果 性别=女}}她{{否则}}他{{完}}的", {"性别": "女"}, "她的"),
        ("{{如果 性别=女}}她{{否则}}他{{完}}的", {"性别": "男"}, "他的"),
        ("{{如果 性别=女、未知}}是{{完}}。", {"性别": "未知"}, "是。"),
        ("{{如果 性别≠女}}是{{完}}。", {"性别": "男"}, "是。"),
        ("{{如果 曾用名}}（曾用名{{曾用名}}）{{完}}。", {"曾用名": "王二"}, "（曾用名王二）。"),
        ("{{如果 曾用名}}（曾用名{{曾用名}}）{{完}}。", {}, "。"),
        ("{{如果 非 曾用名}}无{{完}}。", {}, "无。"),
        ("{{如果 分数>=60}}及格{{否则}}不及格{{完}}", {"分数": 59.5}, "不及格"),
        ("{{如果 分数>=60}}及格{{否则}}不及格{{完}}", {"分数": "100"}, "及格"),
        ("{{如果 甲}}{{如果 乙}}两样{{否则}}一样{{完}}{{完}}。", {"甲": "1", "乙": ""}, "一样。"),
        ("{{性别|☑男 ☑女}}", {"性别": "女"}, "□男☑女"),
        ("{{性别|☑男 ☑女}}", {}, "□男□女"),
        ("{{材料|☑照片☑复印件☑证明}}", {"材料": "照片、证明"}, "☑照片□复印件☑证明"),
        ("{{团员|☑}}是团员", {"团员": True}, "☑是团员"),
        ("{{团员|☑}}是团员", {"团员": "否"}, "□是团员"),
        ("共{{名单|个数}}人", {"名单": [{"分": 1}, {"分": 2}]}, "共2人"),
        ("女{{名单.性别|个数=女}}人", {"名单": [{"性别": "女"}, {"性别": "男"}]}, "女1人"),
        ("共{{名单.分|合计}}", {"名单": [{"分": 1.5}, {"分": "2"}, {"分": "缺考"}]}, "共3.5"),
        ("均{{名单.分|平均|0.0}}", {"名单": [{"分": 1}, {"分": 2}]}, "均1.5"),
        ("最{{名单.分|最大}}{{名单.分|最小}}", {"名单": [{"分": 7}, {"分": 2}]}, "最72"),
        ("人数：{{人数|大写}}", {"人数": 105}, "人数：壹佰零伍"),
        ("{{签字|学生}}", {}, "学生签字：年月日"),
        ("{{盖章|教务处}}", {}, "教务处（盖章）年月日"),
    ],
)
def test_a_cell_says_what_its_words_ask_for(text, values, says):
    assert said(text, **values) == says


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{{如果 性别=女}}她", "后面缺 {{完}}"),
        ("她{{完}}", "前面没有 {{如果 …}}"),
        ("{{否则}}", "前面没有 {{如果 …}}"),
        ("{{如果 =女}}她{{完}}", "写法不对"),
        ("{{本行如果 甲}}{{本行如果 乙}}", "只能有一个"),
        ("{{分组 班级}}", "分组 名单.班级"),
        ("{{分组 名单.班级|分页}}", "换页"),
        ("{{分组 名单.班级}}", "重复行之前"),
        ("{{名单[1].分|合计}}", "只是一项"),
        ("{{名单|合计}}", "写出哪一列"),
        ("{{名单|本组个数}}", "前面没有 {{分组 名单"),
    ],
)
def test_a_mistake_is_named_with_its_cell_and_the_remedy(text, says):
    with pytest.raises(FormFaulty) as refusal:
        compile_template(form({"B7": text}, name="正面"), name="我的表")
    assert "B7" in str(refusal.value)
    assert says in str(refusal.value)


def test_a_condition_reads_texts_numbers_and_days():
    assert parse_content("{{如果 名单.分<60}}x{{完}}")[0].condition == Condition(
        FieldRef("名单", None, "分"), "<", ("60",)
    )
    since = Condition(FieldRef("入学日期"), "≥", ("2026-09-01",))
    assert since.holds("2026-10-01")
    assert not since.holds("2025-09-01")
    assert not since.holds("")


def test_rows_are_printed_only_when_their_condition_holds():
    workbook = openpyxl.Workbook()
    cells = {"B1": "头", "A2": "{{本行如果 监护人}}监护人：{{监护人}}", "B2": "一", "B3": "二",
             "A3": "{{本行如果 学籍状态=休学、保留学籍}}", "B4": "尾"}  # fmt: skip
    sheet = put(workbook.active, cells)
    put(sheet, {"C1": "并"})
    sheet.merge_cells("C1:C4")
    sheet["C1"].alignment = Alignment(vertical="bottom")
    values = {"监护人": "王建国", "学籍状态": "休学"}
    pages, rows, _ = both(workbook, values)
    assert rows == [["头", "并"], ["监护人：王建国", "一"], ["二"], ["尾"]]
    assert sorted(pages[0]) == sorted(word for row in rows for word in row)
    pages, rows, filled = both(workbook, {"学籍状态": "在校"})
    assert rows == [["头", "并"], ["尾"]]
    assert [str(merged) for merged in filled.merged_cells.ranges] == ["C1:C2"]
    sheet.merge_cells("B3:B4")
    with pytest.raises(FormFaulty, match=r"B3:B4.*本行如果"):
        compile_template(saved(workbook))


def grouped(mark="{{分组 名单.班级|换页}}"):
    """A roster with a head and a foot for each class."""
    workbook = openpyxl.Workbook()
    cells = {
        "A1": "学校名册",
        "A2": f"班级：{mark}",
        "A3": "姓名", "B3": "学分",
        "A4": "{{名单.姓名}}", "B4": "{{名单.学分}}",
        "A5": "以上共{{名单|本组个数}}人，女{{名单.性别|本组个数=女}}人",
        "B5": "{{名单.学分|本组合计}}",
        "A6": "全校{{名单|个数}}人", "B6": "{{名单.学分|合计}}",
    }  # fmt: skip
    put(workbook.active, cells).column_dimensions["A"].width = 40
    workbook.active.print_title_rows = "2:3"
    return workbook


def pupils():
    return [
        {"姓名": f"{name}{n}", "班级": name, "性别": "男女"[n % 2], "学分": n}
        for name, count in (("甲班", 3), ("乙班", 60))
        for n in range(1, count + 1)
    ]


def test_each_class_has_its_own_page_head_and_figures():
    pages, rows, sheet = both(grouped(), {"名单": pupils()})
    assert len(pages) == 3
    heads = ["学校名册", "班级：甲班", "姓名", "学分"]
    assert {*heads, "以上共3人，女2人", "6"} <= set(pages[0])
    assert "班级：乙班" in pages[1]
    assert {"班级：乙班", "姓名"} <= set(pages[2])  # the titles repeat the group that goes on
    assert pages[2][-4:] == ["以上共60人，女30人", "1830", "全校63人", "1836"]
    assert (sheet.title, sheet.print_title_rows) == ("甲班", "$2:$3")
    assert rows[-1] == ["以上共3人，女2人", "6"]
    other = sheet.parent["乙班"]  # its titles are its own, so it is a worksheet of its own
    assert other.print_title_rows == "$1:$2"
    assert [row[0].value for row in other.iter_rows(max_row=2)] == ["班级：乙班", "姓名"]
    assert other.cell(63, 1).value == "以上共60人，女30人"
    assert other.cell(64, 2).value == 1836


def test_classes_under_common_titles_stay_on_one_worksheet_with_page_breaks():
    workbook = grouped()
    workbook.active.print_title_rows = "1:1"
    pages, rows, sheet = both(workbook, {"名单": pupils()})
    assert len(pages) == 3
    assert all("学校名册" in page for page in pages)
    assert rows[6:9] == [["以上共3人，女2人", "6"], ["班级：乙班"], ["姓名", "学分"]]
    assert [brk.id for brk in sheet.row_breaks.brk] == [7]
    assert sheet.print_title_rows == "$1:$1"


def test_groups_without_a_page_of_their_own_follow_one_another():
    pages, _, _ = both(grouped("{{分组 名单.班级}}"), {"名单": pupils()})
    assert len(pages) == 2
    assert "班级：乙班" in pages[0]
    assert "各页不再重复标题" in "".join(
        compile_template(saved(grouped("{{分组 名单.班级}}"))).notes
    )
    empty, _, _ = both(grouped(), {})
    assert empty[0][-1] == "全校0人"


def test_words_to_the_program_are_no_fields_and_counts_are_known():
    cells = {"A1": "{{签字|学生}}{{双面装订}}", "A2": "{{名单|个数}}", "A3": "{{名单.姓名}}"}
    template = compile_template(form(cells), "我的名册")
    demand_known(template, "在校生名册")
    count = compile_template(form({"A1": "{{名单|个数}}"}))
    people = {"名单": [{"姓名": "甲"}, {"姓名": "乙"}]}
    assert printed_values(count, people) == {"名单": [{}, {}]}
    assert printed_values(template, people) == people
    cells = {"B2": "{{如果 婚否}}已婚{{完}}", "B3": "{{成员|个数}}", "A4": "{{本行如果 职业}}"}
    with pytest.raises(FieldsUnknown) as refusal:
        demand_known(compile_template(form(cells, "正面")), "学籍卡")
    assert all(
        part in str(refusal.value)
        for part in ("正面 B2：没有字段“婚否”", "正面 B3：没有字段“成员”", "正面 第 4 行：")
    )


def test_a_list_on_a_sheet_of_fixed_height_is_noted():
    workbook = grouped()
    workbook.active.sheet_properties.pageSetUpPr = (
        openpyxl.worksheet.properties.PageSetupProperties(fitToPage=True)
    )
    assert "请在页面设置里把页高留空" in "".join(compile_template(saved(workbook)).notes)


def boxed(text, width=40, height=60):
    workbook = openpyxl.Workbook()
    put(workbook.active, {"A1": text}, ruled=False)
    workbook.active.column_dimensions["A"].width = width
    workbook.active.row_dimensions[1].height = height
    return workbook


def ink(pdf, scale=4):
    """The page in black and white, white being False."""
    with pypdfium2.PdfDocument(pdf) as document:
        image = document[0].render(scale=scale).to_pil().convert("L")
    return image.point(lambda value: 255 if value < 128 else 0)


def test_a_bar_code_is_drawn_to_the_standard_on_paper_and_in_the_workbook():
    workbook = boxed("{{学号|条形码}}")
    template = compile_template(saved(workbook))
    paper = finish(draw(template, [{"学号": "2601"}], title="测试"))
    image = ink(paper.pdf)
    box = image.getbbox()
    middle = [
        image.getpixel((x, (box[1] + box[3]) // 2)) > 0 for x in range(box[0], box[2] + 1)
    ] + [False]
    edges = [x for x in range(1, len(middle)) if middle[x] != middle[x - 1]]
    module = edges[-1] / 57  # start, two pairs of digits, check, stop: 4 × 11 + 13
    strokes = [round((b - a) / module) for a, b in zip([0, *edges], edges, strict=False)]
    start_c, stop = "211232", "2331112"
    drawn = "".join(map(str, strokes))
    assert drawn.startswith(start_c)
    assert drawn.endswith(stop)
    assert sum(strokes) == 57
    mixed = finish(draw(template, [{"学号": "XJ-26.01a"}], title="测试"))
    with pypdfium2.PdfDocument(mixed.pdf) as document:
        assert zxingcpp.read_barcode(document[0].render(scale=4).to_pil()).text == "XJ-26.01a"
    filled = openpyxl.load_workbook(BytesIO(finish(fill(template, [{"学号": "2601"}]))))
    (picture,) = filled.active._images
    with Image.open(BytesIO(picture._data())) as bars:
        runs = [bars.convert("L").getpixel((x, 5)) for x in range(2, bars.width, 4)]
    flat = "".join("1" if run == 0 else "0" for run in runs).strip("0")
    assert [len(run) for run in flat.replace("01", "0 1").replace("10", "1 0").split()] == strokes
    for work in (
        draw(template, [{"学号": "学2601"}], title="测试"),
        fill(template, [{"学号": "学"}]),
    ):
        with pytest.raises(BarCodeUnfit, match=r"A1.*学.*二维码"):
            finish(work)


def test_a_ticked_box_is_a_box_with_strokes_in_it():
    plain, ticked = (
        finish(draw(compile_template(saved(boxed("{{是|☑}}"))), [{"是": value}], title="测试")).pdf
        for value in (False, True)
    )
    dark = [sum(ink(pdf).histogram()[255:]) for pdf in (plain, ticked)]
    assert dark[1] > dark[0] * 1.15
    assert texts(ticked)[0].strip() == "☑"


def test_any_field_may_be_a_qr_code():
    template = compile_template(saved(boxed("{{学号|二维码}}")))
    paper = finish(draw(template, [{"学号": "2601"}], title="测试"))
    left, top, right, bottom = ink(paper.pdf).getbbox()
    assert abs((right - left) - (bottom - top)) <= 2
    assert texts(paper.pdf)[0].strip() == ""
    assert len(openpyxl.load_workbook(
        BytesIO(finish(fill(template, [{"学号": "2601"}])))
    ).active._images) == 1  # fmt: skip


def test_a_photo_may_fill_its_cell_by_being_cut():
    photo = Image.new("RGB", (300, 400), "red")
    photo.paste("blue", (0, 0, 300, 60))
    photo.paste("blue", (0, 340, 300, 400))
    target = BytesIO()
    photo.save(target, "PNG")
    values = {"照片": Picture(target.getvalue())}
    fitted, cut = (
        finish(draw(compile_template(saved(boxed(text, 20, 80))), [values], title="测试")).pdf
        for text in ("{{照片}}", "{{照片|裁满}}")
    )
    assert ink(fitted).getbbox()[2] - ink(fitted).getbbox()[0] < 260
    left, top, right, bottom = ink(cut).getbbox()
    assert (right - left) / 4 == pytest.approx(105 - 2, abs=2)
    assert (bottom - top) / 4 == pytest.approx(80 - 2, abs=2)


def test_the_backs_have_their_binding_margin_on_the_right():
    workbook = openpyxl.Workbook()
    put(workbook.active, {f"A{row}": f"第{row}行" for row in range(1, 100)})
    sheet = workbook.active
    sheet.page_margins.left, sheet.page_margins.right = 1.5, 0.5
    sheet.oddFooter.center.text = "{{双面装订}}第 &P 页"
    pages = characters(finish(draw(compile_template(saved(workbook)), [{}], title="测试")).pdf)
    starts = [min(x for _, x, _ in page) for page in pages[:3]]
    assert starts == [pytest.approx(109.5, abs=1), pytest.approx(37.5, abs=1), starts[0]]
    assert "".join(character for character, _, _ in pages[1])[-3:] == "第2页"


@pytest.mark.parametrize(
    "text",
    [
        "姓名：{{姓名}}（{{出生日期|yyyy年m月d日}}）",
        "{{成绩[3].课程}}{{名单.学分|合计|0.0}}{{名单|个数}}{{名单.性别|本组个数=女}}",
        "{{性别|☑男 ☑女}}{{学号|条形码}}{{分组 名单.班级|换页}}{{签字|学生}}",
        "{{如果 性别=女、男}}她{{如果 非 备注}}无{{完}}{{否则}}他{{完}}。",
    ],
)
def test_a_text_that_was_read_is_written_as_it_was_typed(text):
    assert written(parse_content(text)) == text
