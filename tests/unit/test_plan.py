"""What importing a file would do, told before anything is written."""

from pathlib import Path

import pytest

from app.models.rules.identity import check_digit
from app.services.errors import EntryYearUnknown
from app.services.exchange.plan import Plan, Profile, Verdict
from app.services.workstation import Workstation
from tests.builders import id_number, person, plan_of, students, take_in, write_list

ANNA = person(1, "安然", boy=False)
BAI = person(2, "白岩")
RARE = person(3, "杨远\U0002cb4e")


@pytest.fixture
def stocked(desk: Workstation, tmp_path: Path) -> Workstation:
    """A register with three students."""
    take_in(desk, write_list(tmp_path / "名册.xlsx", [ANNA, BAI, RARE]))
    return desk


def verdicts(plan: Plan) -> list[Verdict]:
    return [line.verdict for line in plan.lines]


def plan(desk: Workstation, folder: Path, *rows: dict[str, str], **options: object) -> Plan:
    return plan_of(desk, write_list(folder / "来表.xlsx", rows), **options)


def test_a_new_person_is_created_and_the_names_that_come_along_are_told(
    desk: Workstation, tmp_path: Path
) -> None:
    one = plan(desk, tmp_path, ANNA | {"班级": "计算机2601", "系部": "信息工程系"})
    assert verdicts(one) == [Verdict.CREATED]
    assert one.makes == ("专业 计算机应用技术", "系部 信息工程系", "班级 计算机2601")
    assert one.entry_year == 2026


def test_the_entry_year_comes_from_the_title_then_from_the_exam_numbers(
    desk: Workstation, tmp_path: Path
) -> None:
    titled = write_list(tmp_path / "一.xlsx", [ANNA], title="2025年新生录取名册")
    assert plan_of(desk, titled).entry_year == 2025
    untitled = write_list(tmp_path / "二.xlsx", [ANNA], title="新生录取名册")
    assert plan_of(desk, untitled).entry_year == 2026
    assert plan_of(desk, titled, entry_year=2024).entry_year == 2024


def test_without_any_sign_of_the_year_it_is_asked_for(desk: Workstation, tmp_path: Path) -> None:
    row = {key: value for key, value in ANNA.items() if key != "考生号"}
    with pytest.raises(EntryYearUnknown, match="--entry-year"):
        plan_of(desk, write_list(tmp_path / "三.xlsx", [row], title="新生名册"))


def test_what_is_the_same_is_unchanged(stocked: Workstation, tmp_path: Path) -> None:
    assert verdicts(plan(stocked, tmp_path, ANNA, BAI, RARE)) == [Verdict.UNCHANGED] * 3


def test_a_changed_value_is_shown_old_and_new(stocked: Workstation, tmp_path: Path) -> None:
    one = plan(stocked, tmp_path, ANNA | {"联系电话": "13911112222"})
    [change] = one.lines[0].changes
    assert (change.label, change.old, change.new) == ("联系电话", "13800000001", "13911112222")


@pytest.mark.parametrize(
    ("header", "value"),
    [("姓名", "安燃"), ("性别", "男"), ("民族", "回族")],
)
def test_a_differing_key_field_is_a_conflict_never_an_update(
    stocked: Workstation, tmp_path: Path, header: str, value: str
) -> None:
    row = ANNA | {header: value, "联系电话": "13911112222"}
    if header == "性别":
        row["身份证号"] = ""
    one = plan(stocked, tmp_path, row)
    assert verdicts(one) == [Verdict.REFUSED]
    assert "登记" in one.faults[0].problem
    assert one.faults[0].header == header


def test_another_identity_number_of_a_known_person_is_a_conflict(
    stocked: Workstation, tmp_path: Path
) -> None:
    one = plan(stocked, tmp_path, ANNA | {"身份证号": id_number(9, boy=False)})
    assert verdicts(one) == [Verdict.REFUSED]


def test_numbers_of_two_people_in_one_row_are_refused_with_their_names(
    stocked: Workstation, tmp_path: Path
) -> None:
    one = plan(stocked, tmp_path, BAI | {"考生号": ANNA["考生号"]})
    assert verdicts(one) == [Verdict.REFUSED]
    assert "安然" in one.faults[0].problem
    assert "白岩" in one.faults[0].problem


def test_a_name_damaged_by_a_code_page_never_replaces_the_true_one(
    stocked: Workstation, tmp_path: Path
) -> None:
    assert verdicts(plan(stocked, tmp_path, RARE | {"姓名": "杨远??"})) == [Verdict.UNCHANGED]


def test_a_damaged_name_makes_no_new_student(desk: Workstation, tmp_path: Path) -> None:
    one = plan(desk, tmp_path, RARE | {"姓名": "杨远??"})
    assert verdicts(one) == [Verdict.REFUSED]


def test_blanks_and_dots_in_a_name_are_no_difference(desk: Workstation, tmp_path: Path) -> None:
    take_in(desk, write_list(tmp_path / "名册.xlsx", [person(5, "阿依·古丽", boy=False)]))
    row = person(5, "阿依•古丽 ", boy=False)
    assert verdicts(plan(desk, tmp_path, row)) == [Verdict.UNCHANGED]


def test_class_and_number_of_a_known_student_are_differences_not_updates(
    stocked: Workstation, tmp_path: Path
) -> None:
    one = plan(stocked, tmp_path, ANNA | {"班级": "计算机2609", "学号": "2026999"})
    assert verdicts(one) == [Verdict.UNCHANGED]
    said = {difference.field: difference.there for difference in one.differences}
    assert said == {"class_group": "计算机2609", "number": "2026999"}


def test_a_supplement_finds_people_by_number_and_creates_nobody(
    stocked: Workstation, tmp_path: Path
) -> None:
    rows = [
        {"姓名": "安然", "身份证号": ANNA["身份证号"], "家庭住址": "虚构路 1 号"},
        {"姓名": "无名", "身份证号": id_number(20), "家庭住址": "虚构路 2 号"},
    ]
    one = plan(stocked, tmp_path, *rows)
    assert one.profile is Profile.SUPPLEMENT
    assert verdicts(one) == [Verdict.UPDATED, Verdict.REFUSED]
    assert "没有这个人" in one.faults[0].problem


def test_name_and_birth_date_match_when_there_is_no_number(
    stocked: Workstation, tmp_path: Path
) -> None:
    row = {"姓名": "白岩", "出生日期": "2011.3.5", "家庭住址": "虚构路 3 号"}
    assert verdicts(plan(stocked, tmp_path, row)) == [Verdict.UPDATED]


def test_who_is_only_admitted_is_told_not_registered_unasked(
    desk: Workstation, tmp_path: Path
) -> None:
    path = write_list(tmp_path / "名册.xlsx", [ANNA])
    take_in(desk, path, admitted_only=True)
    assert any("1 人在登记中还是“已录取”" in remark for remark in plan_of(desk, path).remarks)


def test_a_namesake_born_on_the_same_day_is_another_person(
    stocked: Workstation, tmp_path: Path
) -> None:
    row = person(40, "白岩")
    del row["身份证号"]
    assert verdicts(plan(stocked, tmp_path, row)) == [Verdict.CREATED]


def test_two_rows_for_one_student_are_not_merged_in_silence(
    stocked: Workstation, tmp_path: Path
) -> None:
    rows = [
        {"姓名": "白岩", "出生日期": "2011-03-05", "监护人": "白父", "监护人电话": "13700000001"},
        {"姓名": "白岩", "出生日期": "2011-03-05", "监护人": "白母", "监护人电话": "13700000002"},
    ]
    one = plan(stocked, tmp_path, *rows)
    assert verdicts(one) == [Verdict.UPDATED, Verdict.REFUSED]
    assert "第 3 行是同一名学生" in one.faults[0].problem


@pytest.mark.parametrize(("text", "graduation"), [("5", 2031), ("3+2", 2031), ("4.5", 2031)])
def test_the_course_says_when_it_ends(
    desk: Workstation, tmp_path: Path, text: str, graduation: int
) -> None:
    take_in(desk, write_list(tmp_path / "名册.xlsx", [ANNA | {"学制": text}]))
    assert students(desk)[0].person["expected_graduation"].year == graduation


def test_the_kind_of_document_follows_from_its_number(desk: Workstation, tmp_path: Path) -> None:
    body = "81000020110305001"
    row = ANNA | {"身份证号": body + check_digit(body), "性别": "男"}
    take_in(desk, write_list(tmp_path / "名册.xlsx", [row]))
    assert students(desk)[0].person["id_type"] == "港澳台居民居住证"


def test_two_telephones_in_one_cell_stay_two(desk: Workstation, tmp_path: Path) -> None:
    row = ANNA | {"联系电话": "138-0000-0001\n13800000002"}
    take_in(desk, write_list(tmp_path / "名册.xlsx", [row]))
    assert students(desk)[0].person["phone"] == "13800000001、13800000002"


def test_another_guardian_is_another_member_of_the_family(
    desk: Workstation, tmp_path: Path
) -> None:
    row = ANNA | {"监护人": "安大山", "监护人电话": "13700000001"}
    take_in(desk, write_list(tmp_path / "名册.xlsx", [row]))
    one = plan(desk, tmp_path, row | {"监护人": "李小溪", "监护人电话": "13700000002"})
    assert {(c.field, c.guardian, c.new) for c in one.lines[0].changes} == {
        ("guardian_name", 2, "李小溪"),
        ("guardian_phone", 2, "13700000002"),
    }


def test_both_parents_of_a_sheet_join_the_family(desk: Workstation, tmp_path: Path) -> None:
    take_in(desk, write_list(tmp_path / "名册.xlsx", [ANNA | {"监护人": "李小溪"}]))
    parents = ANNA | {
        "父亲姓名": "安大山",
        "父亲电话": "13700000001",
        "母亲姓名": "李小溪",
        "母亲电话": "13700000002",
    }
    one = plan(desk, tmp_path, parents)
    assert [(c.field, c.guardian, c.new) for c in one.lines[0].changes] == [
        ("guardian_name", 2, "安大山"),
        ("guardian_phone", 2, "13700000001"),
        ("guardian_relation", 2, "父亲"),
        ("guardian_phone", 1, "13700000002"),
        ("guardian_relation", 1, "母亲"),
    ]
    take_in(desk, tmp_path / "来表.xlsx")
    assert verdicts(plan(desk, tmp_path, parents)) == [Verdict.UNCHANGED]


def without_major(row: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in row.items() if key != "录取专业"}


def test_a_list_of_one_major_has_it_in_its_title(desk: Workstation, tmp_path: Path) -> None:
    path = write_list(
        tmp_path / "机电.xlsx",
        [without_major(ANNA), without_major(BAI)],
        title="2026级机电一体化技术专业录取名册",
    )
    one = plan_of(desk, path)
    assert verdicts(one) == [Verdict.CREATED] * 2
    assert one.makes == ("专业 机电一体化技术",)
    assert "按标题取“机电一体化技术”" in "".join(one.remarks)


def test_a_title_does_not_make_an_admission_list_of_a_supplement(
    stocked: Workstation, tmp_path: Path
) -> None:
    rows = [without_major(row) for row in (ANNA, BAI, person(9, "陌生人"))]
    path = write_list(tmp_path / "补充.xlsx", rows, title="机电一体化技术专业学生信息")
    one = plan_of(stocked, path)
    assert one.profile is Profile.SUPPLEMENT
    assert verdicts(one) == [Verdict.UNCHANGED] * 2 + [Verdict.REFUSED]
    assert [difference.field for difference in one.differences] == ["major", "major"]


def test_a_change_names_its_student_though_the_file_does_not(
    stocked: Workstation, tmp_path: Path
) -> None:
    one = plan(stocked, tmp_path, {"考生号": BAI["考生号"], "联系电话": "13900000001"})
    assert [line.name for line in one.lines] == ["白岩"]
