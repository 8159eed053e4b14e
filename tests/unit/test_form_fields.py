"""The field dictionary and the papers that ship agree, and a slip of the pen is named."""

from collections import Counter
from functools import cache
from itertools import pairwise

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from app.models.fields import STUDENT_FIELDS
from app.services.forms.fields import (
    CHECK_SHEET,
    DATA_SHEET,
    FORM_FIELDS,
    FORMS,
    FRESHMAN_ROSTER,
    RECOVERY_SHEET,
    STUDENT_CARD,
    STUDENT_ROSTER,
    ValueKind,
    fields_of,
    unknown_fields,
)
from app.services.forms.template import FieldRef, Place, Template, compile_template
from app.services.resources import resource


@cache
def shipped(form: str) -> Workbook:
    return load_workbook(resource("forms", f"{form}.xlsx"))


@cache
def compiled(form: str) -> Template:
    return compile_template(resource("forms", f"{form}.xlsx"))


def written_on(form: str) -> dict[FieldRef, tuple[Place, ...]]:
    """Every field of the paper, in cells, header and footer, with its places."""
    return compiled(form).fields


def paths_on(form: str) -> set[str]:
    return {field.path for field in written_on(form)}


def paths(form: str) -> set[str]:
    return {path for field in fields_of(form) for path in field.paths}


def test_every_shipped_paper_has_a_dictionary_and_the_other_way_round():
    assert {path.stem for path in resource("forms").glob("*.xlsx")} == set(FORMS)
    assert all(set(field.forms) <= set(FORMS) and field.forms for field in FORM_FIELDS)


@pytest.mark.parametrize("form", FORMS)
def test_a_shipped_paper_has_only_fields_of_the_dictionary(form):
    fields = written_on(form)
    assert fields
    unknown = unknown_fields((field.path for field in fields), form)
    assert [str(one) for one in unknown] == []


def test_a_field_of_the_dictionary_is_on_a_paper_that_may_use_it_or_known_of_every_student():
    of_students = {field.label for field in STUDENT_FIELDS} | {"专业"}  # 专业名称 on papers
    for field in FORM_FIELDS:
        shown = {path for form in field.forms for path in paths_on(form)}
        unused = {path.removeprefix("名单.") for path in set(field.paths) - shown}
        # a school's own form may carry these
        assert unused <= of_students | _FOR_OWN_FORMS, (
            field.name,
            field.forms[:2],
            unused - of_students,
        )


_FOR_OWN_FORMS = {
    *("档号", "发证单位", "校长", "柜号", "异动清单.截止日期"),
    *("人数表.年级", "人数表.系部", "人数表.专业"),
    *("班级清单.系部", "班级清单.班主任", "班级清单.柜号"),
}


def test_what_is_written_of_a_student_is_on_his_card():
    of_students = {field.label for field in STUDENT_FIELDS} | {"专业"}
    of_the_school = {"学校地址", "校长", "部门", "经办人", "办公电话", "全宗号"}
    unused = paths(STUDENT_CARD) - paths_on(STUDENT_CARD)
    assert unused <= of_students | of_the_school | {"范围", "截至日期", "档号"}


@pytest.mark.parametrize("form", FORMS)
def test_a_name_means_one_thing_on_a_form(form):
    names = Counter(field.name for field in fields_of(form))
    assert [name for name, count in names.items() if count > 1] == []


def test_every_field_tells_the_registrar_what_it_prints():
    for field in FORM_FIELDS:
        for each in (field, *field.columns):
            assert each.meaning, each.name
            assert each.source, each.name
            bare = each.kind in {ValueKind.LIST, ValueKind.PICTURE, ValueKind.QR}
            assert bool(each.example) is not bare, each.name
        assert bool(field.columns) is (field.kind is ValueKind.LIST), field.name


def test_all_that_is_known_of_a_student_may_stand_on_his_card():
    # who follows the first guardian stands among the 家庭成员
    fields = (field for field in STUDENT_FIELDS if not field.name.startswith("second_"))
    labels = {"专业" if field.label == "专业名称" else field.label for field in fields}
    assert labels <= paths(STUDENT_CARD)


def test_date_formats_stand_on_dates_only():
    for form in FORMS:
        kinds = {
            path: each.kind
            for field in fields_of(form)
            for path, each in zip(field.paths, field.columns or (field,), strict=True)
        }
        for written in written_on(form):
            if written.pattern:
                assert kinds[written.path] is ValueKind.DATE, written.path


def test_numbered_slots_of_a_card_have_no_gaps():
    slots: dict[str, set[int]] = {}
    for written in written_on(STUDENT_CARD):
        if written.index is not None:
            slots.setdefault(written.name, set()).add(written.index)
    assert slots
    for name, numbers in slots.items():
        assert sorted(numbers)[0] == 1, name
        assert all(b - a == 1 for a, b in pairwise(sorted(numbers))), name


def test_a_slip_of_the_pen_is_named_with_the_nearest_field():
    (slip,) = unknown_fields(["姓名", "出生曰期"], STUDENT_CARD)
    assert slip.name == "出生曰期"
    assert slip.nearest[0] == "出生日期"
    assert "出生曰期" in str(slip)
    assert "出生日期" in str(slip)


def test_a_wrong_column_of_a_list_is_named_once_however_many_slots_it_has():
    (slip,) = unknown_fields(["学籍异动.类型"] * 3, STUDENT_CARD)
    assert slip.name == "学籍异动.类型"
    assert slip.nearest[0] == "学籍异动.类别"


def test_a_field_of_another_form_says_where_it_belongs():
    (recovery,) = unknown_fields(["恢复码第1行"], STUDENT_CARD)
    assert recovery.elsewhere == (RECOVERY_SHEET,)
    (roster,) = unknown_fields(["名单.姓名"], RECOVERY_SHEET)
    assert {FRESHMAN_ROSTER, STUDENT_ROSTER, CHECK_SHEET, DATA_SHEET} <= set(roster.elsewhere)
    assert not {STUDENT_CARD, RECOVERY_SHEET} & set(roster.elsewhere)
    assert STUDENT_ROSTER in str(roster)
    assert str(roster).endswith("等上。")


def test_a_list_without_a_column_and_a_value_with_one_are_not_fields():
    assert [f.name for f in unknown_fields(["名单", "学校.名称"], STUDENT_ROSTER)] == [
        "名单",
        "学校.名称",
    ]


def test_a_field_that_reads_like_none_is_answered_by_those_with_the_same_last_word():
    (slip,) = unknown_fields(["监护人.姓名"], STUDENT_CARD)
    assert slip.nearest == ("姓名", "家庭成员.姓名")


def test_every_list_of_a_card_continues_on_the_continuation_sheet():
    card = compiled(STUDENT_CARD)
    lists = {field.name for field in fields_of(STUDENT_CARD) if field.columns}
    (continuation,) = card.continuations
    assert set(continuation.slots) == lists
    assert {name for sheet in card.main for name in sheet.slots} == lists


@pytest.mark.parametrize("form", FORMS)
def test_a_shipped_paper_is_ready_for_the_printer(form):
    """One page wide, a print area, and every row and column with a size of its own."""
    for sheet in shipped(form):
        assert sheet.page_setup.paperSize == (9 if sheet.title == "续页" else _SIZES.get(form, 9))
        assert sheet.page_setup.fitToWidth == 1
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_options.horizontalCentered
        assert sheet.print_area
        assert all(sheet.row_dimensions[row].height for row in range(1, sheet.max_row + 1))
        assert len(sheet.column_dimensions) == sheet.max_column


#: Excel's numbers of the papers that are not A4: A3, and envelope no. 5.
_SIZES = {"学籍卡（A3对折）": 8, "档案盒脊背与封面": 8, "挂号信封面": 27}


def test_binding_margin_of_a_card_is_left_on_the_front_and_right_on_the_back():
    card = shipped(STUDENT_CARD)
    front, back = card["正面"].page_margins, card["反面"].page_margins
    assert card["续页"].page_margins.left == front.left
    assert front.left * 25.4 >= 25
    assert back.right * 25.4 >= 25
    assert (front.left, front.right) == (back.right, back.left)
