"""Checking tables: each fault on its own cell, a number at fault is no witness, gaps are filled."""

from datetime import date
from typing import Any

import pytest

from app.services.exchange.checks import CheckedRow, CheckedTable, check
from app.services.exchange.mapping import recognise
from app.services.exchange.readers import FormulaWithoutValue, Sheet, SourceFile, read_tables
from app.services.resources import resource
from app.services.standards import Standards
from tests.tables import HEADER, id_number, rows_of, source, student

STANDARDS = Standards()


def checked(*students: dict[str, Any], header: tuple[str, ...] = HEADER) -> CheckedTable:
    """The students, from row 2 on, under HEADER and whatever else they bring."""
    more = dict.fromkeys(name for one in students for name in one if name not in header)
    rows = rows_of(students, [*header, *more])
    return check(recognise(source(rows)), STANDARDS)


def faults(table: CheckedTable) -> list[tuple[int, str]]:
    return [(fault.row, fault.field) for fault in table.faults]


def notes(table: CheckedTable) -> list[tuple[int, str]]:
    return [(note.row, note.field) for note in table.notes]


def only(table: CheckedTable) -> CheckedRow:
    (row,) = table.rows
    return row


def test_faultless_row_gives_its_values_by_field() -> None:
    table = checked(student(2, 性别="男"))
    assert faults(table) == []
    assert notes(table) == []
    assert only(table).values == {
        "exam_number": "26320000000002",
        "name": "张清文",
        "sex": "男",
        "birth_date": date(2011, 3, 3),
        "ethnic_group": "汉族",
        "id_number": id_number(2, date(2011, 3, 3), True),
        "id_type": "居民身份证",
        "major": "计算机应用技术",
    }


@pytest.mark.parametrize(
    ("name", "problem"),
    [("\uf9d1国", "形似而编码不同"), ("周\u2f08", "形似而编码不同"), ("郑\U00031350", "不能打印")],
)
def test_a_name_that_looks_right_and_is_not_gets_a_note(name: str, problem: str) -> None:
    table = checked(student(1, 姓名=name))
    assert only(table).values["name"] == name
    assert problem in table.notes[0].problem


def test_blank_cells_are_not_among_the_values() -> None:
    row = only(checked(student(1, 民族="  ", 专业=None, 备注="")))
    assert not {"ethnic_group", "major", "remark"} & set(row.values)
    assert row.faults == ()


def test_fault_sentence_names_sheet_row_column_value_and_remedy() -> None:
    (fault,) = checked(student(1, 身份证号=3.2031120110705e17)).faults
    assert fault.sentence.startswith("“名册”第 2 行 F 列「身份证号」是 3.20311E+17：")
    assert "文本" in fault.sentence
    assert fault.sentence.endswith("。")


@pytest.mark.parametrize(
    "number", [3.2031120110705e17, 320311201107050000, "3.20311E+17", "32031120110705", "x"]
)
def test_spoilt_identity_number_is_the_only_fault_of_its_row(number: Any) -> None:
    table = checked(student(1, 身份证号=number, 性别="男", 出生日期="2011-01-01"))
    assert faults(table) == [(2, "id_number")]


def test_wrong_check_digit_does_not_testify_against_sex_and_birth() -> None:
    sound = id_number(1, date(2011, 3, 5), True)
    wrong = sound[:-1] + ("0" if sound[-1] != "0" else "1")
    assert faults(checked(student(1, 身份证号=wrong, 性别="女"))) == [(2, "id_number")]


def test_disagreement_with_a_sound_number_is_told_of_the_other_cell() -> None:
    table = checked(
        student(1, 性别="男"), student(2, 出生日期="2011-09-09"), student(3, 出生日期="2011-02-30")
    )
    assert faults(table) == [(2, "sex"), (3, "birth_date"), (4, "birth_date")]
    assert "2011-03-03" in table.faults[1].problem
    assert "没有这一天" in table.faults[2].problem


def test_old_number_that_disagrees_with_the_birth_date_is_at_fault_itself() -> None:
    table = checked(student(1, 身份证号="320102110305001", 出生日期="2011-03-05", 性别="女"))
    assert faults(table) == [(2, "id_number")]
    assert "1911 年" in table.faults[0].problem


def test_old_number_that_agrees_is_sound_and_tells_the_sex() -> None:
    number = "320102880305001"
    table = checked(
        student(1, 身份证号=number, 出生日期="1988-03-05", 性别="男"),
        student(2, 身份证号="320102880305003", 出生日期="1988-03-05", 性别="女"),
    )
    assert faults(table) == [(3, "sex")]
    assert table.rows[0].values["id_number"] == number


def test_missing_sex_and_birth_are_filled_from_a_sound_number_only() -> None:
    born = date(2011, 3, 5)
    number = id_number(5, born, male=False)
    table = checked(
        student(5, 性别=None, 出生日期=None, 身份证号=number),
        student(6, 性别=None, 出生日期=None, 身份证号="320102201103050000"),
    )
    assert table.rows[0].values["sex"] == "女"
    assert table.rows[0].values["birth_date"] == born
    assert "sex" not in table.rows[1].values


def test_columns_that_the_table_lacks_are_filled_as_well() -> None:
    header = ("姓名", "身份证号")
    rows = [list(header), ["王安文", id_number(1, date(2011, 3, 5), True)]]
    row = only(check(recognise(source(rows)), STANDARDS))
    assert (row.values["sex"], row.values["birth_date"]) == ("男", date(2011, 3, 5))


@pytest.mark.parametrize(
    "written",
    [
        date(2011, 3, 5), "2011-03-05", "2011.3.5", "2011/03/05", "20110305", 20110305,
        "2011年3月5日", "２０１１－０３－０５", "二〇一一年三月五日", 40607, "2011-03-05 00:00:00",
    ],
)  # fmt: skip
def test_birth_date_is_read_in_each_usual_form(written: Any) -> None:
    number = id_number(1, date(2011, 3, 5), True)
    row = only(checked(student(1, 出生日期=written, 身份证号=number, 性别="男")))
    assert row.faults == ()
    assert row.values["birth_date"] == date(2011, 3, 5)


@pytest.mark.parametrize("month", ["2011.03", "201103", "2011年3月", 2011.3])
def test_birth_month_is_completed_from_a_number_that_agrees(month: Any) -> None:
    born = date(2011, 3, 5)
    agrees = student(1, 出生日期=month, 身份证号=id_number(1, born, True), 性别="男")
    differs = student(2, 出生日期=month, 身份证号=id_number(2, date(2011, 4, 5), True))
    alone = student(3, 出生日期=month, 身份证号=None)
    table = checked(agrees, differs, alone)
    assert table.rows[0].values["birth_date"] == born
    assert faults(table) == [(3, "birth_date"), (4, "birth_date")]


def test_month_of_entry_means_its_first_day_and_says_so() -> None:
    table = checked(student(1, 入学年月="202609"))
    assert only(table).values["entry_date"] == date(2026, 9, 1)
    assert notes(table) == [(2, "entry_date")]


@pytest.mark.promise(46)
def test_full_width_digits_and_blanks_are_tidied() -> None:
    number = id_number(1, date(2011, 3, 5), True)
    wide = "".join(chr(ord(char) + 0xFEE0) for char in number)
    row = only(checked(student(1, 身份证号=wide, 出生日期=None, 性别="男", 姓名="王 安　文")))
    assert row.values["id_number"] == number
    assert row.values["name"] == "王安文"
    assert row.faults == ()


def test_short_ethnic_name_is_taken_with_a_note_and_an_unknown_one_refused() -> None:
    table = checked(student(1, 民族="汉"), student(2, 民族="汗族"))
    assert notes(table) == [(2, "ethnic_group")]
    assert table.rows[0].values["ethnic_group"] == "汉族"
    assert faults(table) == [(3, "ethnic_group")]
    assert "“汉族”" in table.faults[0].remedy


def test_political_status_is_read_by_the_code_table() -> None:
    table = checked(
        student(1, 政治面貌="共青团员"), student(2, 政治面貌="团员"), student(3, 政治面貌="优秀")
    )
    assert [row.values.get("political_status") for row in table.rows[:2]] == ["共青团员"] * 2
    assert notes(table) == [(3, "political_status")]
    assert faults(table) == [(4, "political_status")]


@pytest.mark.parametrize(("written", "sex"), [("男性", "男"), (2, "女"), ("2", "女"), ("F", "女")])
def test_sex_is_read_in_each_usual_form(written: Any, sex: str) -> None:
    row = only(checked(student(1, 性别=written, 身份证号=None)))
    assert row.values["sex"] == sex


def test_unknown_sex_is_a_fault_and_not_filled_up() -> None:
    table = checked(student(1, 性别="未知"))
    assert faults(table) == [(2, "sex")]
    assert "sex" not in only(table).values


def test_missing_name_is_a_fault_of_the_name_cell() -> None:
    table = checked(student(1, 姓名=None))
    assert faults(table) == [(2, "name")]
    assert "是空的" in table.faults[0].sentence


def test_name_that_lost_a_character_is_marked_not_refused() -> None:
    row = only(checked(student(1, 姓名="田舒??")))
    assert row.name_damaged
    assert row.faults == ()
    assert row.values["name"] == "田舒??"


def test_old_private_use_character_becomes_the_real_one_with_a_note() -> None:
    table = checked(student(1, 姓名="李\ue863"))
    assert only(table).values["name"] == "李䶮"
    assert notes(table) == [(2, "name")]


def test_unknown_private_use_character_is_kept_with_a_note() -> None:
    table = checked(student(1, 姓名="李\uf123"))
    assert only(table).values["name"] == "李\uf123"
    assert "U+F123" in table.notes[0].problem


def test_characters_that_cannot_be_printed_are_taken_out_and_told() -> None:
    table = checked(student(1, 姓名="李\x00安\ufffe"))
    assert only(table).values["name"] == "李安"
    assert notes(table) == [(2, "name")]


def test_numbers_kept_as_figures_are_taken_as_text_with_one_note_a_column() -> None:
    people = [student(at, 考生号=26320400000000.0 + at, 联系电话=13812345678.0) for at in (1, 2, 3)]
    table = checked(*people)
    assert faults(table) == []
    assert [row.values["exam_number"] for row in table.rows][-1] == "26320400000003"
    assert table.rows[0].values["phone"] == "13812345678"
    assert notes(table) == [(2, "exam_number"), (2, "phone")]
    assert "3 个单元格" in table.notes[0].problem


@pytest.mark.promise(46)
@pytest.mark.parametrize("number", [1.6204e17, 162040000000000001, "2.6204E+13", 12.5, "待定"])
def test_number_that_a_spreadsheet_spoilt_is_a_fault(number: Any) -> None:
    assert faults(checked(student(1, 考生号=number))) == [(2, "exam_number")]


@pytest.mark.parametrize("blank", ["/", "—", "无", "-"])
def test_sign_for_nothing_is_nothing(blank: str) -> None:
    table = checked(student(1, 联系电话=blank, 曾用名=blank), student(2, 联系电话=blank))
    assert faults(table) == notes(table) == []
    assert not {"phone", "former_name"} & set(table.rows[0].values)


def test_strange_telephone_is_noted_and_kept() -> None:
    table = checked(student(1, 联系电话="12345"), student(2, 联系电话="025-83335555/13812345678"))
    assert faults(table) == []
    assert notes(table) == [(2, "phone")]
    assert table.rows[0].values["phone"] == "12345"


@pytest.mark.parametrize(
    ("written", "score"), [(517, "517"), (517.5, "517.5"), ("５１７分", "517"), (430.0, "430")]
)
def test_exam_score_is_kept_exact(written: Any, score: str) -> None:
    assert only(checked(student(1, 总分=written))).values["exam_score"] == score


@pytest.mark.parametrize("written", ["缺考", -3, "NaN"])
def test_exam_score_must_be_a_score(written: Any) -> None:
    assert faults(checked(student(1, 总分=written))) == [(2, "exam_score")]


@pytest.mark.parametrize("written", [5, 5.0, "5", "5年", "五年制", "５"])
def test_years_of_study_are_a_plain_figure(written: Any) -> None:
    assert only(checked(student(1, **{"学制(年)": written}))).values["years"] == "5"


@pytest.mark.promise(45)
@pytest.mark.parametrize("cell", [FormulaWithoutValue("1+1"), "#N/A", "#REF!", "苏州\ufffd路"])
def test_cell_that_lost_its_content_is_a_fault_in_any_column(cell: Any) -> None:
    table = checked(student(1, 家庭住址=cell))
    assert faults(table) == [(2, "home_address")]


def test_text_that_looks_like_a_formula_is_text() -> None:
    row = only(checked(student(1, 家庭住址="=cmd|' /C calc'!A0")))
    assert row.values["home_address"] == "=cmd|' /C calc'!A0"
    assert row.faults == ()


def test_identical_row_is_noted_as_a_repeat() -> None:
    table = checked(student(1), student(2), student(1))
    assert faults(table) == []
    assert [row.repeats for row in table.rows] == [None, None, 2]
    assert notes(table) == [(4, "id_number")]


def test_number_of_another_is_a_fault_of_the_later_row_only() -> None:
    stolen = student(1)["身份证号"]
    table = checked(student(1), student(2, 身份证号=stolen, 性别="男"))
    assert faults(table) == [(3, "id_number")]
    assert "第 2 行" in table.faults[0].problem


def test_double_exam_number_leaves_the_identity_number_a_witness() -> None:
    table = checked(student(1), student(2, 考生号=student(1)["考生号"], 性别="女"))
    assert faults(table) == [(3, "exam_number"), (3, "sex")]


def test_same_person_twice_with_another_address_is_one_fault() -> None:
    table = checked(student(1, 家庭住址="甲"), student(1, 家庭住址="乙"))
    assert faults(table) == [(3, "id_number")]


def test_doubles_are_found_across_sheets() -> None:
    sheets = tuple(
        Sheet(name, tuple(map(tuple, rows_of([one]))))
        for name, one in (
            ("一班", student(1)),
            ("二班", student(2, 身份证号=student(1)["身份证号"])),
        )
    )
    table = check(recognise(SourceFile("a.xlsx", "0" * 64, sheets)), STANDARDS)
    assert [(fault.sheet, fault.field) for fault in table.faults] == [("二班", "id_number")]
    assert "“一班”" in table.faults[0].problem


def test_other_documents_are_not_read_as_identity_numbers() -> None:
    table = checked(student(1, 证件类型="护照", 身份证号="E12345678", 性别="男"))
    assert faults(table) == []
    assert only(table).values["id_number"] == "E12345678"


def test_one_row_may_have_faults_in_several_cells() -> None:
    table = checked(student(1, 姓名=None, 民族="汗族", 性别="x"))
    assert sorted(faults(table)) == [(2, "ethnic_group"), (2, "name"), (2, "sex")]


def test_sheet_of_a_class_teacher_shows_exactly_its_nine_faults() -> None:
    table = check(recognise(read_tables(resource("demo", "班主任补充信息.xlsx"))), STANDARDS)
    assert faults(table) == [
        (2, "home_address"),
        (5, "id_number"),
        (9, "id_number"),
        (13, "sex"),
        (19, "birth_date"),
        (24, "id_number"),
        (31, "name"),
        (35, "ethnic_group"),
        (38, "id_number"),
    ]
    assert (21, "ethnic_group") in notes(table)
    assert len(table.rows) == 40


def test_admission_list_of_the_demonstration_is_clean() -> None:
    table = check(recognise(read_tables(resource("demo", "新生录取名册.xls"))), STANDARDS)
    assert table.faults == ()
    assert len(table.rows) == 120
    assert table.rows[2].values["birth_date"] == date(2011, 10, 9)


def test_platform_table_marks_the_names_that_its_code_page_damaged() -> None:
    table = check(recognise(read_tables(resource("demo", "XJZC.dbf"))), STANDARDS)
    assert table.faults == ()
    assert sum(row.name_damaged for row in table.rows) == 7
