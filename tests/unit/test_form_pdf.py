"""What stands on the printed paper: texts, places, pages, and what the registrar is told."""

from datetime import date, datetime
from io import BytesIO
from itertools import pairwise

import openpyxl
import pikepdf
import pypdfium2
import pytest
import zxingcpp
from openpyxl.styles import Alignment
from pikepdf import pdfa
from PIL import Image

from app.services import crew
from app.services.errors import GlyphMissing, PictureUnreadable
from app.services.forms import pdf
from app.services.forms.archival import to_archival
from app.services.forms.pdf import draw
from app.services.forms.template import compile_template
from app.services.forms.values import Picture, QrCode, fingerprint, show
from app.services.progress import finish
from tests.unit.form_samples import form, places, put, roster, saved, students, texts


def paper(cells, *documents, **options):
    template = compile_template(form(cells))
    return finish(draw(template, list(documents), title="测试", **options))


def photo(width=300, height=400, colour="red", mode="RGB", kind="JPEG"):
    target = BytesIO()
    Image.new(mode, (width, height), colour).save(target, kind)
    return target.getvalue()


def seen(pdf, page=0, scale=2.0):
    """The page as the eye sees it."""
    with pypdfium2.PdfDocument(pdf) as document:
        return document[page].render(scale=scale).to_pil().convert("RGB")


def test_values_stand_in_their_cells_with_their_format():
    drawn = paper(
        {
            "A1": "姓名：{{姓名}}",
            "A2": "{{出生日期|yyyy年m月d日}}",
            "A3": "{{入学日期}}",
            "A4": "{{无}}x",
        },
        {"姓名": "张三", "出生日期": date(2010, 3, 5), "入学日期": date(2025, 9, 1)},
    )
    assert texts(drawn.pdf)[0].split() == ["姓名：张三", "2010年3月5日", "2025-09-01", "x"]
    assert drawn.pages == (1,)
    assert drawn.warnings == ()


@pytest.mark.parametrize(
    ("value", "pattern", "shown"),
    [
        (85.0, "General", "85"),
        (85.5, "", "85.5"),
        (85.5, "0.00", "85.50"),
        (1234567, "#,##0", "1,234,567"),
        (0.256, "0.0%", "25.6%"),
        (3, '0"人"', "3人"),
        (-5, "0;(0)", "(5)"),
        (7, "000", "007"),
        (date(2026, 9, 1), "yyyy.mm", "2026.09"),
        (date(2026, 10, 31), "[DBNum1]yyyy年m月d日", "二〇二六年十月三十一日"),
        (date(2026, 9, 1), "[$-804]aaaa", "星期二"),
        (date(2026, 9, 1), "d-mmm-yy", "1-Sep-26"),
        (date(2026, 9, 1), "大写", "二〇二六年九月一日"),
        (datetime(2026, 9, 1, 14, 5), "h:mm AM/PM", "2:05 PM"),  # noqa: DTZ001
        (datetime(2026, 9, 1, 0, 5), "上午/下午h:mm", "上午12:05"),  # noqa: DTZ001
        (12034, "[DBNum2][$-804]General", "壹万贰仟零叁拾肆"),
        (100200300, "[DBNum1]General", "一亿〇二十万〇三百"),
        (1234.5, "大写", "壹仟贰佰叁拾肆点伍"),
        (2026, "[DBNum1]0", "二〇二六"),
        (1.5, "# ?/?", "1 1/2"),
        (1234567, "0.00E+00", "1.23E+06"),
        (-3, '0.0;[Red]"亏"0.0', "亏3.0"),
        (None, "0", ""),
        (True, "", "是"),
        ("0012", "0.00", "0012"),
    ],
)
def test_numbers_and_dates_are_written_as_the_spreadsheet_would(value, pattern, shown):
    assert show(value, pattern) == shown


def test_numbers_stand_right_and_texts_left_in_a_general_cell():
    drawn = paper({"A1": "{{甲}}", "A2": "{{乙}}", "A3": "宽宽宽宽宽宽"}, {"甲": 85, "乙": "字"})
    found = places(drawn.pdf)
    assert found["85"][0] > found["字"][2]


def test_a_cell_sits_where_the_margins_and_rows_put_it():
    workbook = openpyxl.Workbook()
    sheet = put(workbook.active, {"B3": "{{姓名}}"})
    sheet.column_dimensions["A"].width = sheet.column_dimensions["B"].width = 10
    sheet["A1"] = "角"
    for row in (1, 2, 3):
        sheet.row_dimensions[row].height = 40
    sheet.page_margins.left = sheet.page_margins.top = 1
    template = compile_template(saved(workbook))
    drawn = finish(draw(template, [{"姓名": "国"}], title="测试"))
    left, bottom, right, top = places(drawn.pdf)["国"]
    column = template.sheets[0].columns[1]
    assert left == pytest.approx(72 + column + 1.5, abs=1.4)  # half a millimetre
    middle = template.sheets[0].page.height - 72 - 100
    assert (bottom + top) / 2 == pytest.approx(middle, abs=1.4)
    assert right - left == pytest.approx(9, abs=1)  # the ink of a character of 10.5 points


def test_a_roster_repeats_its_head_on_every_page_and_counts_pages_per_document():
    template = compile_template(saved(roster()))
    classes = [
        {"班级": "一班", "人数": 90, "名单": students(90)},
        {"班级": "二班", "人数": 2, "名单": students(2)},
    ]
    drawn = finish(draw(template, classes, title="名册"))
    pages = texts(drawn.pdf)
    assert drawn.pages == (3, 1)
    assert all("身份证号" in page for page in pages)
    assert "第 3 页 共 3 页" in pages[2]
    assert "第 1 页 共 1 页" in pages[3]
    everyone = "".join(pages[:3])
    assert all(f"学生{n:03d}" in everyone for n in range(1, 91))
    assert "共90人" in pages[2]
    assert "一班名册" in pages[0]
    assert "一班名册" not in pages[1]


def test_an_empty_list_leaves_a_blank_row():
    template = compile_template(saved(roster()))
    drawn = finish(draw(template, [{"班级": "空班", "人数": 0}], title="名册"))
    assert "共0人" in texts(drawn.pdf)[0]


def test_missing_slots_print_blank_and_surplus_items_are_reported():
    cells = {"A1": "{{监护人[1].姓名}}", "A2": "{{监护人[2].姓名}}"}
    drawn = paper(cells, {"姓名": "张三", "监护人": [{"姓名": "张一"}]})
    assert texts(drawn.pdf)[0].split() == ["张一"]
    drawn = paper(cells, {"姓名": "张三", "监护人": [{"姓名": f"张{n}"} for n in "一二四"]})
    (overflow,) = drawn.overflows
    assert (overflow.field, overflow.count, overflow.room, overflow.cell) == ("监护人", 3, 2, "A2")
    assert "“张三”" in str(overflow)


def test_surplus_items_go_to_continuation_pages():
    workbook = openpyxl.Workbook()
    put(workbook.active, {"A1": "{{姓名}}", "A2": "{{成绩[1].课程}}", "A3": "{{成绩[2].课程}}"})
    put(workbook.create_sheet("续页"), {"A1": "续{{姓名}}", "A2": "{{成绩[1].课程}}"})
    template = compile_template(saved(workbook))
    short = {"姓名": "张三", "成绩": [{"课程": "语文"}]}
    long = {"姓名": "李四", "成绩": [{"课程": f"课{n}"} for n in range(1, 5)]}
    drawn = finish(draw(template, [short, long], title="卡"))
    assert drawn.pages == (1, 3)
    assert drawn.overflows == ()
    assert [page.split() for page in texts(drawn.pdf)] == [
        ["张三", "语文"],
        ["李四", "课1", "课2"],
        ["续李四", "课3"],
        ["续李四", "课4"],
    ]


def test_a_long_text_shrinks_then_wraps_then_is_reported():
    workbook = openpyxl.Workbook()
    sheet = put(workbook.active, {"A1": "{{地址}}", "B1": "邻", "A2": "{{家庭住址}}", "B2": "邻"})
    sheet.column_dimensions["A"].width = 20
    sheet.row_dimensions[1].height, sheet.row_dimensions[2].height = 16, 60
    template = compile_template(saved(workbook))
    address = "江苏省盐城市亭湖区某某路百号"

    def drawn(values):
        return finish(draw(template, [values], title="测试"))

    small = drawn({"地址": address})
    assert small.warnings == ()
    box = places(small.pdf)[address]
    assert box[3] - box[1] < 10
    wrapped = drawn({"家庭住址": address * 2})
    assert wrapped.warnings == ()
    assert "".join(texts(wrapped.pdf)[0].split()).count(address) == 2
    refused = drawn({"姓名": "张三", "地址": address * 3})
    (notice,) = refused.warnings
    assert (notice.sheet, notice.cell, notice.field) == ("Sheet", "A1", "地址")
    assert "".join(texts(refused.pdf)[0].split()).count(address) == 3  # never cut
    assert "“张三”" in str(notice)
    neighbour = places(refused.pdf)["邻"]
    lines = [box for text, box in places(refused.pdf).items() if text[0] in address]
    assert all(box[2] <= neighbour[0] for box in lines)  # and not over its neighbour


def test_a_name_is_never_broken_over_lines():
    workbook = openpyxl.Workbook()
    sheet = put(workbook.active, {"A1": "{{姓名}}", "B1": "邻"})
    sheet["A1"].alignment = Alignment(wrap_text=True, vertical="center")
    sheet.column_dimensions["A"].width = 12
    sheet.row_dimensions[1].height = 60
    template = compile_template(saved(workbook))
    name = "阿卜杜热合曼·阿卜杜喀迪尔"
    drawn = finish(draw(template, [{"姓名": name}], title="测试"))
    assert name in texts(drawn.pdf)[0].splitlines()
    assert drawn.warnings == ()
    for name in ("阿卜杜热合曼·艾合买提·吐尔逊江·麦麦提敏", "Alexandrina Montgomery-Smythe"):
        drawn = finish(draw(template, [{"姓名": name}], title="测试"))
        assert name in texts(drawn.pdf)[0]
        assert [notice.text for notice in drawn.warnings] == [name]  # too small to be read


def test_a_name_in_a_heading_is_not_broken_in_running_text_it_may_be():
    workbook = openpyxl.Workbook()
    line = "姓名：{{姓名}}　班级：{{班级}}"
    sheet = put(workbook.active, {"A1": line, "B1": "邻", "A2": line, "B2": "邻"})
    sheet["A2"].alignment = Alignment(wrap_text=True)
    sheet.column_dimensions["A"].width = 20
    sheet.row_dimensions[1].height = sheet.row_dimensions[2].height = 60
    values = {"姓名": "阿卜杜热合曼·阿卜杜喀迪尔", "班级": "计算机2601"}
    drawn = finish(draw(compile_template(saved(workbook)), [values], title="测试"))
    lines = [text for text in texts(drawn.pdf)[0].splitlines() if text != "邻"]
    assert lines[0] == "姓名：阿卜杜热合曼·阿卜杜喀迪尔　班级：计算机2601"
    assert len(lines) > 2


def test_every_character_that_cannot_be_printed_is_named_with_its_person():
    template = compile_template(form({"A1": "{{姓名}}"}))
    people = [{"姓名": "王\ue001"}, {"姓名": "好人"}, {"姓名": "李\ue002"}]
    with pytest.raises(GlyphMissing) as refusal:
        finish(draw(template, people, title="测试"))
    sentence = str(refusal.value)
    assert "U+E001" in sentence
    assert "U+E002" in sentence
    assert "A1" in sentence
    assert [fault.document for fault in refusal.value.details["faults"]] == [0, 2]


def test_a_photo_is_fitted_and_centred_in_its_merged_cell():
    workbook = openpyxl.Workbook()
    sheet = put(workbook.active, {"A1": "{{照片}}"})
    sheet.merge_cells("A1:A4")
    sheet.column_dimensions["A"].width = 30
    for row in range(1, 5):
        sheet.row_dimensions[row].height = 25
    sheet.page_margins.left = sheet.page_margins.top = 1
    template = compile_template(saved(workbook))
    drawn = finish(draw(template, [{"照片": Picture(photo())}], title="测试"))
    image = seen(drawn.pdf)
    red = [
        (x, y)
        for x in range(0, image.width, 2)
        for y in range(0, image.height, 2)
        if image.getpixel((x, y))[0] > 200 and image.getpixel((x, y))[1] < 60
    ]
    left, right = min(x for x, _ in red) / 2, max(x for x, _ in red) / 2
    top, bottom = min(y for _, y in red) / 2, max(y for _, y in red) / 2
    assert (right - left) / (bottom - top) == pytest.approx(3 / 4, abs=0.05)
    middle = 72 + template.sheets[0].width / 2
    assert (left + right) / 2 == pytest.approx(middle, abs=1.5)
    assert bottom - top == pytest.approx(98, abs=2)


@pytest.mark.parametrize(("mode", "kind"), [("CMYK", "JPEG"), ("RGBA", "PNG"), ("L", "JPEG")])
def test_photos_of_any_kind_of_colour_are_fit_for_keeping(mode, kind):
    colour = {"CMYK": (0, 255, 255, 0), "RGBA": (255, 0, 0, 128), "L": 120}[mode]
    template = compile_template(form({"A1": "{{照片}}"}))
    picture = Picture(photo(2000, 3000, colour, mode, kind))
    drawn = finish(draw(template, [{"照片": picture}], title="测试"))
    assert len(drawn.pdf) < 100_000  # no finer than paper shows
    assert to_archival(drawn.pdf, "测试")


def test_a_damaged_photo_is_refused():
    with pytest.raises(PictureUnreadable):
        paper({"A1": "{{照片}}"}, {"照片": Picture(photo()[:200])})


def test_a_qr_code_can_be_read_off_the_paper():
    workbook = openpyxl.Workbook()
    sheet = put(workbook.active, {"A1": "{{二维码}}"}, ruled=False)
    sheet.column_dimensions["A"].width, sheet.row_dimensions[1].height = 20, 100
    sheet.page_margins.left = sheet.page_margins.top = 1
    template = compile_template(saved(workbook))
    drawn = finish(draw(template, [{"二维码": QrCode("XJ:ABC-123")}], title="测试"))
    image = seen(drawn.pdf, scale=4).convert("L")
    code = zxingcpp.read_barcode(image, formats=zxingcpp.BarcodeFormat.QRCode)
    assert (code.text, code.ec_level) == ("XJ:ABC-123", "M")


def test_borders_are_drawn_and_neighbours_share_one_line():
    drawn = paper({"A1": "甲", "B1": "乙"}, {})
    with pikepdf.open(BytesIO(drawn.pdf)) as document:
        fixed = next(iter(document.pages[0].Resources.XObject.values())).read_bytes()
    assert fixed.count(b" l") == 5  # top and bottom whole, three uprights


def test_what_is_fixed_is_stored_once_for_all_documents():
    one = paper({"A1": "固定文字" * 40, "A2": "{{姓名}}"}, {"姓名": "张三"})
    many = paper({"A1": "固定文字" * 40, "A2": "{{姓名}}"}, *[{"姓名": "张三"}] * 50)
    with pikepdf.open(BytesIO(many.pdf)) as document:
        shown = {page.Resources.XObject.S1.objgen for page in document.pages}
    assert len(shown) == 1
    assert len(many.pdf) < len(one.pdf) + 50 * 1000


def test_the_same_values_give_the_same_bytes_and_a_file_fit_for_keeping():
    values = {"姓名": "田\U0002cb4e", "照片": Picture(photo())}
    cells = {"A1": "{{姓名}}", "A2": "{{照片}}"}
    one, other = paper(cells, values), paper(cells, values)
    assert one.pdf == other.pdf
    kept = to_archival(one.pdf, "学籍卡 <甲>")
    assert kept == to_archival(other.pdf, "学籍卡 <甲>")
    with pikepdf.open(BytesIO(kept)) as document:
        assert pdfa.check(document, "2b").verdict == "pass"
        assert "/Trans" not in document.pages[0]
    assert texts(kept)[0].split() == ["田\U0002cb4e"]


def test_a_second_process_draws_the_same_bytes(monkeypatch):
    values = [
        {"姓名": f"田{character}", "照片": Picture(photo(colour=(number, 0, 0)))}
        for number, character in enumerate("一\U0002cb4e\u36c3☑长" * 3)
    ]
    cells = {"A1": "固定文字 {{姓名}}", "A2": "{{照片}}", "A3": "第 &P 页"}
    alone = paper(cells, *values)
    monkeypatch.setattr(pdf, "_MANY", 2)
    monkeypatch.setattr(pdf, "_AT_ONCE", 2)
    monkeypatch.setattr(crew, "helpers", lambda: 1)
    # the helper gets every piece
    monkeypatch.setattr(crew._Shared, "_can_take", lambda self: self._ready.result() is None)
    assert paper(cells, *values) == alone


def test_turned_and_stacked_and_distributed_texts_are_whole():
    workbook = openpyxl.Workbook()
    sheet = put(
        workbook.active, {"A1": "向上文字", "B1": "竖排文字", "C1": "分散", "D1": "向下文字"}
    )
    for ref, turn in (("A1", 90), ("B1", 255), ("D1", 180)):
        sheet[ref].alignment = Alignment(text_rotation=turn, vertical="center")
    sheet["C1"].alignment = Alignment(horizontal="distributed")
    sheet.column_dimensions["C"].width = 30
    sheet.row_dimensions[1].height = 100
    drawn = finish(draw(compile_template(saved(workbook)), [{}], title="测试"))
    plain = "".join(texts(drawn.pdf)[0].split())
    for text in ("向上文字", "竖排文字", "分散", "向下文字"):
        assert text in plain


def test_a_card_a_little_too_tall_stays_one_page():
    workbook = openpyxl.Workbook()
    sheet = put(workbook.active, {f"A{row}": f"第{row}行" for row in range(1, 32)})
    for row in range(1, 32):
        sheet.row_dimensions[row].height = 22.5  # 697.5 points, the paper holds 697.9 - 3 %
    sheet.page_margins.top = sheet.page_margins.bottom = 1.1
    drawn = finish(draw(compile_template(saved(workbook)), [{}], title="测试"))
    assert drawn.pages == (1,)


def test_the_print_date_comes_from_the_caller_and_leaves_the_fingerprint_alone():
    drawn = paper({"A1": "{{打印日期|yyyy年m月d日}}"}, {}, printed_on=date(2026, 9, 1))
    assert texts(drawn.pdf)[0].strip() == "2026年9月1日"
    data = {"姓名": "张三", "成绩": [{"分数": 85.0}]}
    printed = {**data, "打印日期": date(2026, 9, 1), "二维码": QrCode("x"), "备注": ""}
    assert fingerprint(data) == fingerprint(printed)
    assert fingerprint(data) == fingerprint({"成绩": [{"分数": 85}], "姓名": "张三"})
    assert fingerprint(data) != fingerprint({**data, "姓名": "张四"})


def test_a_file_is_written_page_by_page_and_is_that_which_is_held_in_memory():
    template = compile_template(form({"A1": "{{姓名}}", "A2": "{{照片}}"}))
    people = [{"姓名": f"学生{at:03d}", "照片": Picture(photo(40 + at))} for at in range(30)]
    into = BytesIO()
    grown = [into.tell() for _ in draw(template, people, title="测试", into=into)]
    assert min(more - less for less, more in pairwise(grown)) > 300  # bytes of a page
    whole = finish(draw(template, people, title="测试"))
    assert whole.pdf == into.getvalue()
    assert [page.strip() for page in texts(whole.pdf)] == [one["姓名"] for one in people]
