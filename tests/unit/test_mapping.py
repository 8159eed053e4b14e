"""Recognising sheets: headers of every make, feet and headings, and nothing dropped in silence."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.services.errors import HeaderMissing, ScoreSheetRefused
from app.services.exchange.mapping import (
    Part,
    Table,
    entry_year,
    header_key,
    major_told,
    match_header,
    recognise,
)
from app.services.exchange.readers import Sheet, SourceFile, read_tables
from app.services.resources import resource
from tests.tables import HEADER, id_number, rows_of, source, student, write_dbf, write_xlsx


def the_part(rows: Sequence[Sequence[Any]], **more: Any) -> Part:
    (part,) = recognise(source(rows, **more)).parts
    return part


def fields_of(part: Part) -> dict[str, str]:
    return {column.letter: column.field for column in part.columns if column.field}


def taught(rows: Sequence[Sequence[Any]], learned: dict[str, str]) -> Part:
    return recognise(source(rows), learned).parts[0]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("姓名", "name"),
        ("姓  名", "name"),
        ("*姓名", "name"),
        ("姓名：", "name"),
        ("学生姓名", "name"),
        ("出生\n年月日", "birth_date"),
        ("出生年月（yyyy-mm-dd）", "birth_date"),
        ("学制(年)", "years"),
        ("身份证号（18位）", "id_number"),
        ("学生身份证号码", "id_number"),
        ("ＫＳＨ", "exam_number"),
        ("ksh", "exam_number"),
        ("XM姓名", "name"),
        ("姓名(XM)", "name"),
        ("系（所、函授站）", "department"),
        ("本人联系电话", "phone"),
        ("家长（监护人）", "guardian_name"),
        ("家长（监护人）姓名", "guardian_name"),
        ("联系电话（家长）", "guardian_phone"),
        ("父亲手机号", "guardian_phone"),
        ("父亲（监护人）", "guardian_name"),
        ("父（母）姓名", "guardian_name"),
        ("第一监护人电话", "guardian_phone"),
        ("JHRDH", "guardian_phone"),
        ("学生本人联系电话", "phone"),
        ("录取考生号", "exam_number"),
        ("中考准考证号码", "exam_number"),
        ("公民身份证号码", "id_number"),
        ("家庭详细住址", "home_address"),
        ("行政班级", "class_group"),
        ("所属班级", "class_group"),
        ("系部名称", "department"),
        ("就读专业", "major"),
        ("毕业学校名称", "origin_school"),
        ("BYXX", "origin_school"),
        ("E-mail", "email"),
        ("法定监护人联系方式", "guardian_phone"),
        ("监护人与学生关系", "guardian_relation"),
        ("学生民族", "ethnic_group"),
    ],
)
def test_header_is_recognised_in_its_many_forms(header: str, field: str) -> None:
    match = match_header(header)
    assert match is not None
    assert match.field == field


@pytest.mark.parametrize(
    "header",
    [
        "监护人身份证号",
        "父亲身份证号码",
        "班主任姓名",
        "班主任电话",
        "家长签字",
        "序号",
        "语文",
        "宿舍",
    ],
)
def test_what_belongs_to_somebody_else_is_not_the_students(header: str) -> None:
    assert match_header(header) is None


def test_header_is_found_under_title_rows() -> None:
    rows = [["某某学校 2026 年五年制高职新生名册"], ["制表单位：招生办", None, "2026年8月20日"], []]
    part = the_part([*rows, *rows_of([student(1), student(2)])])
    assert part.header_rows == (4,)
    assert [row.number for row in part.rows] == [5, 6]
    assert "2026 年五年制" in part.title


def test_title_that_names_guardians_does_not_become_a_header() -> None:
    rows = [["学生及监护人信息表"], *rows_of([student(1)])]
    part = the_part(rows, merged=((0, 0, 0, 6),))
    assert part.header_rows == (2,)
    assert fields_of(part)["B"] == "name"


@pytest.mark.parametrize("merged", [True, False])
def test_group_over_two_columns_is_read_with_them(merged: bool) -> None:
    rows = [
        ["花名册"],
        ["学号", "姓名", "性别", "监护人", None, None, "备注"],
        [None, None, None, "姓名", "电话", "关系", None],
        ["26320001", "王安文", "男", "王大山", "13812345678", "父子", None],
    ]
    areas = ((0, 0, 0, 6), (1, 3, 1, 5), *((1, at, 2, at) for at in (0, 1, 2, 6)))
    part = the_part(rows, merged=areas if merged else ())
    assert part.header_rows == (2, 3)
    assert fields_of(part) == {
        "A": "number",
        "B": "name",
        "C": "sex",
        "D": "guardian_name",
        "E": "guardian_phone",
        "F": "guardian_relation",
        "G": "remark",
    }
    assert [row.number for row in part.rows] == [4]


def test_student_and_guardian_groups_do_not_mix() -> None:
    rows = [
        ["学生信息", None, None, "家长信息", None, None],
        ["姓名", "身份证号", "电话", "姓名", "身份证号", "电话"],
        ["王安文", id_number(), "13812345678", "王大山", id_number(7), "13900000000"],
    ]
    part = the_part(rows, merged=((0, 0, 0, 2), (0, 3, 0, 5)))
    assert fields_of(part) == {
        "A": "name",
        "B": "id_number",
        "C": "phone",
        "D": "guardian_name",
        "F": "guardian_phone",
    }


def test_father_and_mother_are_two_members_of_the_family() -> None:
    header = ["姓名", "学号", "父亲姓名", "父亲电话", "母亲姓名", "母亲电话", "母亲单位"]
    row = ["王安文", "26320001", None, "13812345678", "李小兰", "13900000000", "城南机械厂"]
    other = ["李宁文", "26320002", "李大山", "13812345679", "赵小兰", "13900000001"]
    part = the_part([header, row, other])
    assert list(fields_of(part).values())[2:] == [
        "guardian_name",
        "guardian_phone",
        "second_guardian_name",
        "second_guardian_phone",
        "second_guardian_employer",
    ]
    assert part.relations == {"guardian_name": "父亲", "second_guardian_name": "母亲"}


def test_cells_of_two_parents_are_never_mixed() -> None:
    header = ["姓名", "学号", "父亲姓名", "父亲电话", "母亲姓名", "母亲电话"]
    row = ["王安文", "26320001", None, None, "李小兰", "13900000000"]
    assert fields_of(the_part([header, row])) == {
        "A": "name",
        "B": "number",
        "C": "second_guardian_name",
        "D": "second_guardian_phone",
        "E": "guardian_name",
        "F": "guardian_phone",
    }
    header = ["姓名", "学号", "监护人", "关系", "父亲", "母亲电话"]
    part = the_part([header, ["王安文", "26320001", "李小兰", "母亲", "王大", "13900000000"]])
    assert fields_of(part) == {
        "A": "name",
        "B": "number",
        "C": "guardian_name",
        "D": "guardian_relation",
        "E": "second_guardian_name",
    }
    assert part.relations == {"second_guardian_name": "父亲"}
    assert [column.header for column in part.unmatched] == ["母亲电话"]


def test_codes_under_chinese_headers_are_no_person() -> None:
    rows = [["考生号", "姓名", "性别"], ["KSH", "XM", "XB"], ["26320000000001", "王安文", "男"]]
    part = the_part(rows)
    assert [row.number for row in part.rows] == [3]


def test_header_repeated_on_each_page_is_no_person() -> None:
    rows = [*rows_of([student(1)]), list(HEADER), *rows_of([student(2)])[1:]]
    part = the_part(rows)
    assert [row.number for row in part.rows] == [2, 4]
    assert "第 3 行" in "".join(part.remarks)


@pytest.mark.parametrize(
    "foot",
    [
        ["以上共 2 人（男 1 人，女 1 人）"],
        ["合计", None, "2"],
        [None, "合计：2人"],
        ["制表人：张三", None, None, "审核人：李四"],
        ["填表人", "张三"],
        ["审核："],
        ["说明：1.本表一式两份。2.请如实填写。"],
        ["（学校盖章）"],
        ["系部签字：", None, "教务处签字："],
        ["请各班主任于九月五日前交教务处。"],
        ["第1页 共3页"],
        ["二、机电一体化技术（40人）"],
        ["专业：计算机应用技术", None, None, "班级：2601"],
    ],
)
def test_foot_and_heading_rows_are_cut_and_named(foot: list[Any]) -> None:
    rows = [*rows_of([student(1), student(2)]), [], foot]
    part = the_part(rows)
    assert [row.number for row in part.rows] == [2, 3]
    assert "第 5 行" in "".join(part.remarks)


def test_heading_between_people_does_not_end_the_list() -> None:
    rows = [*rows_of([student(1)]), ["二、机电一体化技术（1人）"], [], *rows_of([student(2)])[1:]]
    part = the_part(rows)
    assert [row.number for row in part.rows] == [2, 5]


def test_row_with_a_number_is_a_person_whatever_else_it_says() -> None:
    odd = student(2, 姓名=None) | {"考生号": None}
    rows = [
        *rows_of([student(1)]),
        [None, "合计", None, None, None, id_number(9)],
        list(odd.values()),
    ]
    assert [row.number for row in the_part(rows).rows] == [2, 3, 4]


def test_person_in_a_list_without_numbers_is_kept() -> None:
    rows = [
        ["班级", "姓名", "性别"],
        ["统计2601", "王安文", "男"],
        ["会计2601", "单于·阿里", None],
        [None, "田舒??", None],
        [None, "李宁", None],
    ]
    assert [row.number for row in the_part(rows).rows] == [2, 3, 4, 5]


def test_rows_with_a_serial_number_only_are_blank() -> None:
    header = ["序号", *HEADER]
    rows = [header, [1, *student(1).values()], [2], [3.0]]
    part = the_part(rows)
    assert [row.number for row in part.rows] == [2]


@pytest.mark.promise(45)
def test_every_column_that_is_not_taken_is_named_with_its_letter() -> None:
    rows = rows_of([student(1) | {"宿舍": "3-201", "序号": 1}], [*HEADER, "宿舍", "序号"])
    rows[1].append("无标题的内容")
    table = recognise(source(rows))
    assert table.unmatched == ("H 列「宿舍」", "I 列「序号」", "J 列（无标题）")
    told = "".join(table.remarks)
    assert "H 列「宿舍」" in told
    assert "J 列（无标题）" in told


def test_two_headers_for_one_field_take_the_better_and_name_the_other() -> None:
    rows = [
        ["姓名", "学号", "手机", "联系电话"],
        ["王安文", "26320001", "13800000000", "13900000000"],
    ]
    part = the_part(rows)
    assert fields_of(part)["D"] == "phone"
    assert part.unmatched[0].header == "手机"
    assert "D 列" in part.unmatched[0].reason


def test_empty_column_gives_way_to_the_one_that_is_filled() -> None:
    rows = [["姓名", "学号", "联系电话", "手机"], ["王安文", "26320001", None, "13800000000"]]
    assert fields_of(the_part(rows))["D"] == "phone"


def test_values_tell_what_an_unknown_header_does_not() -> None:
    rows = [["姓名", "联系电话", "号码", "别"], *(
        [f"王安{at}", "13800000000", id_number(at), "男"] for at in range(1, 6)
    )]  # fmt: skip
    assert fields_of(the_part(rows)) == {"A": "name", "B": "phone", "C": "id_number", "D": "sex"}


def test_identity_numbers_of_guardians_are_never_taken_for_the_students() -> None:
    rows = [["姓名", "学号", "监护人身份证号"], *(
        [f"王安{at}", f"2632000{at}", id_number(at)] for at in range(1, 6)
    )]  # fmt: skip
    assert "id_number" not in fields_of(the_part(rows)).values()


def test_serial_numbers_under_xh_are_not_student_numbers() -> None:
    rows = [["XH", "XM", "SFZH"], *([at, f"王安{at}", id_number(at)] for at in range(1, 5))]
    part = the_part(rows)
    assert "number" not in part.fields
    assert part.unmatched[0].header == "XH"


def test_what_was_learned_goes_before_all_else() -> None:
    rows = rows_of([student(1) | {"称呼": "安安"}], [*HEADER, "称呼"])
    part = taught(rows, {header_key("称 呼"): "former_name", header_key("专业"): "remark"})
    assert part.fields["former_name"].header == "称呼"
    assert part.fields["remark"].header == "专业"


def test_columns_may_come_in_any_order() -> None:
    reordered = tuple(reversed(HEADER))
    part = the_part(rows_of([student(1)], reordered))
    assert part.fields["exam_number"].letter == "G"
    assert part.fields["major"].letter == "A"


def test_platform_table_is_recognised_by_its_field_names(tmp_path: Path) -> None:
    path = write_dbf(
        tmp_path / "XJ.dbf", {"KSH": 18, "XM": 20, "FY": 8}, [["26320001", "王安", "x"]]
    )
    (part,) = recognise(read_tables(path)).parts
    assert fields_of(part) == {"A": "exam_number", "B": "name"}
    assert part.rows[0].number == 2


def test_every_sheet_of_people_is_read_and_the_others_are_named() -> None:
    def sheet(name: str, rows: Sequence[Sequence[Any]], hidden: bool = False) -> Sheet:
        return Sheet(name, tuple(tuple(row) for row in rows), hidden)

    file = SourceFile(
        "名册.xlsx",
        "0" * 64,
        (
            sheet("说明", [["填表说明"], ["一、请如实填写"]]),
            sheet("一班", rows_of([student(1)])),
            sheet("二班", [["2026级二班"], *rows_of([student(2), student(3)])]),
            sheet("旧表", rows_of([student(4)]), hidden=True),
            sheet("空", []),
        ),
    )
    table = recognise(file)
    assert [(part.sheet, len(part.rows)) for part in table.parts] == [("一班", 1), ("二班", 2)]
    told = "".join(table.remarks)
    assert "“说明”" in told
    assert "“旧表”是隐藏的" in told
    assert table.entry_year == 2026


def test_sheet_without_people_is_refused_by_name() -> None:
    with pytest.raises(HeaderMissing, match=r"设备\.xlsx.*设备.*姓名"):
        recognise(source([["设备", "数量"], ["计算机", 3]], name="设备"))


def test_score_sheet_is_refused_as_what_it_is() -> None:
    with pytest.raises(ScoreSheetRefused, match="语文"):
        recognise(read_tables(resource("demo", "成绩登记表.xlsx")))


@pytest.mark.parametrize("title", ["机电2601班期末成绩单", "机电2601班"])
def test_score_sheet_is_told_by_its_scores(title: str) -> None:
    header = ["序号", "学号", "姓名", "语文", "数学", "实训", "总分"]
    people = [[at, f"2632000{at}", f"王安{at}", 80 + at, "缺考", "优", 200] for at in range(1, 6)]
    with pytest.raises(ScoreSheetRefused):
        recognise(source([[title], header, *people]))


def test_admission_list_with_exam_scores_is_no_score_sheet() -> None:
    header = [*HEADER, "语文", "数学", "外语", "总分"]
    scores = {"语文": 101, "数学": 99, "外语": 88, "总分": 517}
    table: Table = recognise(source([["2026年录取名册"], *rows_of([student(1) | scores], header)]))
    assert "exam_score" in table.parts[0].fields
    assert "H 列「语文」" in table.unmatched


@pytest.mark.parametrize(
    ("title", "year"),
    [
        ("某某学院 2026 年五年制高职新生录取名册", 2026),
        ("2026级学生名册", 2026),
        ("26级机电班", 2026),
        ("二〇二六年新生名册", 2026),
        ("2026年秋季录取名单", 2026),
        ("2026-2027学年新生花名册 制表日期 2025年8月20日", 2026),
        ("学生信息表 2026年8月20日", None),
        ("2026—2027学年第一学期学生信息表", None),
        ("2025级和2026级学生名册", None),
        ("", None),
    ],
)
def test_year_of_entry_comes_from_the_title_not_from_a_date(title: str, year: int | None) -> None:
    assert entry_year(title) == year


def test_admission_list_of_the_demonstration_is_whole() -> None:
    table = recognise(read_tables(resource("demo", "新生录取名册.xls")))
    (part,) = table.parts
    assert table.entry_year == 2026
    assert part.header_rows == (3,)
    assert [row.number for row in part.rows] == list(range(4, 124))
    assert len(part.fields) == 15
    assert "以上共 120 人" in "".join(table.remarks)


def test_two_line_header_survives_a_real_workbook(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["江海职业学校 2026 级学生信息登记表"],
        ["序号", "姓 名", "出生\n年月日", "监护人", None],
        [None, None, None, "姓名", "联系电话"],
        [1, "王安文", date(2011, 3, 5), "王大山", "13812345678"],
        ["制表人：", None, None, "审核人："],
    ]
    areas = ["A1:E1", "A2:A3", "B2:B3", "C2:C3", "D2:E2"]
    table = recognise(read_tables(write_xlsx(tmp_path / "登记.xlsx", rows, areas)))
    (part,) = table.parts
    assert list(part.fields) == ["name", "birth_date", "guardian_name", "guardian_phone"]
    assert part.fields["birth_date"].header == "出生年月日"
    assert part.fields["guardian_phone"].header == "监护人联系电话"
    assert [row.number for row in part.rows] == [4]
    assert table.entry_year == 2026


@pytest.mark.parametrize(
    ("title", "sheet", "major"),
    [
        (["2026级机电一体化技术专业录取名册"], "名册", "机电一体化技术"),
        (["五年制高职机电一体化技术专业新生名单"], "名册", "机电一体化技术"),
        (["专业：机电一体化", "班级：2601"], "名册", "机电一体化"),
        (["专业：", "机电一体化技术", "人数：40"], "名册", "机电一体化技术"),
        (["2026级录取名册"], "机电一体化技术", "机电一体化技术"),
        (["2026级录取名册"], "机电一体化技术专业2026", "机电一体化技术"),
        (["机电一体化技术专业录取名册"], "大数据与会计", None),
        (["各专业录取名册"], "名册", None),
        (["2026级录取名册"], "Sheet1", None),
    ],
)
def test_major_is_told_by_the_title_or_the_name_of_the_sheet(
    title: list[str], sheet: str, major: str | None
) -> None:
    header = tuple(name for name in HEADER if name != "专业")
    part = recognise(source([title, *rows_of([student(1)], header)], sheet)).parts[0]
    assert major_told(part, {"机电一体化技术", "大数据与会计"}.__contains__) == major
