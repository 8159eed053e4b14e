"""The electronic copy: the same form, filled, as a workbook that offices can work with."""

import zipfile
from datetime import date
from io import BytesIO

import openpyxl
import pytest
from PIL import Image

from app.services.forms.pdf import draw
from app.services.forms.template import compile_template
from app.services.forms.values import Picture, QrCode
from app.services.forms.xlsx import fill
from app.services.progress import finish
from tests.unit.form_samples import form, put, roster, saved, students, texts


def filled(data, *documents, **options):
    return finish(fill(compile_template(data), list(documents), **options))


def opened(data):
    return openpyxl.load_workbook(BytesIO(data))


def photo():
    target = BytesIO()
    Image.new("RGB", (300, 400), "red").save(target, "JPEG")
    return Picture(target.getvalue())


def test_long_numbers_stay_text_and_scores_stay_numbers():
    data = form({"A1": "{{身份证号}}", "A2": "{{成绩}}", "A3": "班级：{{班级}}"})
    values = {"身份证号": "320902201001010019", "成绩": 85, "班级": "2501"}
    sheet = opened(filled(data, values)).active
    assert (sheet["A1"].value, sheet["A1"].data_type) == ("320902201001010019", "s")
    assert sheet["A1"].number_format == "@"
    assert (sheet["A2"].value, sheet["A2"].data_type) == (85, "n")
    assert sheet["A3"].value == "班级：2501"


@pytest.mark.promise(47)
@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-1", "@SUM(A1)"])
def test_data_never_becomes_a_formula(text):
    cell = opened(filled(form({"A1": "{{姓名}}"}), {"姓名": text})).active["A1"]
    assert (cell.value, cell.data_type) == (text, "s")


def test_a_date_cell_holds_a_date_and_others_its_text():
    workbook = openpyxl.Workbook()
    put(workbook.active, {"A1": "{{日期}}", "A2": "{{日期}}", "A3": "{{日期|yyyy年m月}}"})
    workbook.active["A1"].number_format = "yyyy-mm-dd"
    sheet = opened(filled(saved(workbook), {"日期": date(2026, 9, 1)})).active
    assert sheet["A1"].value.date() == date(2026, 9, 1)
    assert sheet["A2"].value == "2026-09-01"
    assert sheet["A3"].value == "2026年9月"


def test_a_roster_repeats_its_row_with_style_and_moves_what_follows():
    workbook = roster()
    workbook.active.merge_cells("A4:B4")
    data = filled(saved(workbook), {"班级": "一班", "人数": 60, "名单": students(60)})
    sheet = opened(data).active
    assert sheet.title == "名册"
    assert [sheet.cell(row, 2).value for row in (3, 4, 62)] == ["学生001", "学生002", "学生060"]
    assert sheet["A63"].value == "共60人"
    assert sheet["C40"].border.left.style == "thin"
    assert sheet["C40"].font.name == "宋体"
    assert sheet.row_dimensions[40].height == 20
    assert {str(merged) for merged in sheet.merged_cells.ranges} == {"A1:C1", "A63:B63"}
    assert sheet.print_title_rows == "$2:$2"
    assert "&P" in sheet.oddFooter.center.text or "[Page]" in sheet.oddFooter.center.text


def test_paper_and_workbook_say_the_same():
    template = compile_template(saved(roster()))
    values = {"班级": "一班", "人数": 50, "名单": students(50)}
    printed = "".join(texts(finish(draw(template, [values], title="名册")).pdf))
    sheet = opened(finish(fill(template, [values]))).active
    for row in sheet.iter_rows(values_only=True):
        for value in row:
            assert value is None or str(value) in printed


def test_several_cards_become_sheets_named_after_their_people():
    workbook = openpyxl.Workbook()
    put(workbook.active, {"A1": "{{姓名}}"}).title = "正面"
    put(workbook.create_sheet("反面"), {"A1": "{{学号}}"})
    put(workbook.create_sheet("#说明"), {"A1": "给作者"})
    people = [
        {"姓名": "张三", "学号": "20250001"},
        {"姓名": "张三", "学号": "20250001"},
        {"姓名": "阿卜杜热合曼·阿卜杜喀迪尔", "学号": "2025010101010101"},
        {"姓名": "a/b[c]", "学号": ""},
    ]
    names = opened(filled(saved(workbook), *people)).sheetnames
    assert names[:4] == [
        "张三 20250001 正面",
        "张三 20250001 反面",
        "张三 20250001 正面 (2)",
        "张三 20250001 反面 (2)",
    ]
    assert names[4].endswith("正面")
    assert all(len(name) <= 31 for name in names)
    assert names[6] == "abc 正面"
    assert len(names) == 8
    assert opened(filled(saved(workbook), people[0])).sheetnames == ["正面", "反面"]


def test_surplus_items_get_continuation_sheets():
    workbook = openpyxl.Workbook()
    put(workbook.active, {"A1": "{{成绩[1].课程}}"}).title = "正面"
    put(workbook.create_sheet("续页"), {"A1": "{{成绩[1].课程}}"})
    values = {"成绩": [{"课程": name} for name in ("语文", "数学", "英语")]}
    result = opened(filled(saved(workbook), values))
    assert [sheet["A1"].value for sheet in result] == ["语文", "数学", "英语"]


def test_photo_and_qr_code_stand_on_their_cells():
    workbook = openpyxl.Workbook()
    sheet = put(workbook.active, {"B2": "{{照片}}", "D2": "{{二维码}}"})
    sheet.merge_cells("B2:B5")
    values = {"照片": photo(), "二维码": QrCode("XJ:1")}
    images = opened(filled(saved(workbook), values)).active._images
    assert len(images) == 2
    anchors = {(image.anchor._from.col, image.anchor._from.row) for image in images}
    assert {column for column, _ in anchors} == {1, 3}
    assert all(1 <= row <= 4 for _, row in anchors)
    tall = next(image for image in images if image.anchor._from.col == 1).anchor.ext
    assert tall.width / tall.height == pytest.approx(3 / 4, abs=0.01)


def test_a_long_name_shrinks_in_its_cell_instead_of_breaking():
    cell = opened(filled(form({"A1": "{{姓名}}"}), {"姓名": "张三"})).active["A1"]
    assert cell.alignment.shrink_to_fit
    assert not cell.alignment.wrap_text


def test_the_same_values_give_the_same_bytes():
    data = form({"A1": "{{姓名}}", "A2": "{{照片}}"})
    values = {"姓名": "张三", "照片": photo()}
    one = filled(data, values, title="学籍卡")
    assert one == filled(data, values, title="学籍卡")
    with zipfile.ZipFile(BytesIO(one)) as archive:
        assert {member.date_time[0] for member in archive.infolist()} == {1980}


@pytest.mark.promise(2)
def test_nothing_is_staged_on_disk(monkeypatch):
    import tempfile

    def forbidden(*_args, **_kwargs):
        raise AssertionError("a temporary file was asked for")

    template = compile_template(form({"A1": "{{姓名}}"}))
    for name in ("NamedTemporaryFile", "mkstemp", "TemporaryFile"):
        monkeypatch.setattr(tempfile, name, forbidden)
    assert finish(fill(template, [{"姓名": "张三"}]))
