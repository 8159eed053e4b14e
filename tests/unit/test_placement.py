"""分班 and 学号: evenly, in order, and never twice."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.cli import main
from app.models.student import Student
from app.models.vocabulary import Kind, Sex
from app.services.clock import now, today
from app.services.errors import (
    NobodyToNumber,
    NobodyToPlace,
    NoSuchCohort,
    PatternRefused,
    PlacementDayRefused,
    StudentsWithoutClass,
)
from app.services.register.ledger import Moment, history
from app.services.register.placement import Order
from app.services.settings import change_settings
from app.services.workstation import Workstation
from tests.builders import ENTRY_DAY, person, students, take_in, write_list

NAMES = ("单晓", "安然", "查理", "解明", "仇英", "曾山", "区大", "盖聂")


@pytest.fixture
def cohort(desk: Workstation, tmp_path: Path) -> Workstation:
    """Eight students, boys and girls in turn, in two majors."""
    rows = [
        person(i, name, boy=i % 2 == 0) | ({"录取专业": "大数据与会计"} if i >= 6 else {})
        for i, name in enumerate(NAMES)
    ]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    return desk


def test_each_class_gets_its_share_of_boys_and_girls(cohort: Workstation) -> None:
    placed = cohort.placement.split(cohort.actor, 2026, count=2, major="计算机应用技术")
    assert sorted(placed.classes.values()) == [3, 3]
    for group in placed.classes:
        sexes = [row.sex for row in students(cohort) if row.class_group == group]
        assert {sexes.count(sex) for sex in set(sexes)} <= {1, 2}


def test_the_placement_is_an_entry_of_the_ledger_from_the_day_of_entry(
    cohort: Workstation,
) -> None:
    cohort.placement.split(cohort.actor, 2026)
    row = students(cohort, ENTRY_DAY)[0]
    assert row.class_group
    with cohort.database.read() as session:
        entries = history(session, [row.id], Moment(ENTRY_DAY))[row.id]
    assert entries[-1].kind is Kind.PLACEMENT


def test_those_who_have_a_class_keep_it(cohort: Workstation) -> None:
    cohort.placement.split(cohort.actor, 2026)
    with pytest.raises(NobodyToPlace, match="2026级"):
        cohort.placement.split(cohort.actor, 2026)


def test_numbers_go_by_major_then_class_then_pinyin_with_surname_readings(
    cohort: Workstation,
) -> None:
    cohort.placement.split(cohort.actor, 2026, size=40)
    cohort.placement.number(cohort.actor, 2026)
    rows = sorted(students(cohort), key=lambda row: row.number or "")
    assert [row.number for row in rows] == [
        *(f"2026000101{seat:02d}" for seat in range(1, 7)),
        *(f"2026000201{seat:02d}" for seat in range(1, 3)),
    ]
    assert [row.name for row in rows] == [
        "安然", "仇英", "单晓", "解明", "曾山", "查理", "盖聂", "区大"
    ]  # fmt: skip


def test_numbers_by_score_begin_with_the_best(cohort: Workstation) -> None:
    cohort.placement.split(cohort.actor, 2026, size=40)
    cohort.placement.number(cohort.actor, 2026, order=Order.SCORE)
    first = min(students(cohort), key=lambda row: row.number or "~")
    assert first.name == "曾山"  # 505, the highest of the first major


def test_latecomers_are_numbered_behind_and_numbers_once_given_stay(
    cohort: Workstation, tmp_path: Path
) -> None:
    cohort.placement.split(cohort.actor, 2026, size=40)
    cohort.placement.number(cohort.actor, 2026)
    before = {row.name: row.number for row in students(cohort)}
    take_in(cohort, write_list(tmp_path / "补录.xlsx", [person(30, "艾迟")]))
    cohort.placement.split(cohort.actor, 2026, size=40)
    cohort.placement.number(cohort.actor, 2026)
    after = {row.name: row.number for row in students(cohort)}
    assert after.pop("艾迟") == "202600010107"
    assert after == before


def test_numbers_wait_for_the_classes(cohort: Workstation) -> None:
    with pytest.raises(StudentsWithoutClass, match="8 人还没有分班"):
        cohort.placement.number(cohort.actor, 2026)


def test_a_pattern_that_does_not_fit_is_refused_and_no_number_is_given(
    cohort: Workstation,
) -> None:
    cohort.placement.split(cohort.actor, 2026)
    with pytest.raises(PatternRefused, match="分院代码"):
        cohort.placement.number(
            cohort.actor, 2026, pattern="{入学年:4}{分院代码:5}{班序:2}{座号:2}"
        )
    assert not any(row.number for row in students(cohort))


def test_the_settings_refuse_a_pattern_that_repeats_numbers(cohort: Workstation) -> None:
    with (
        pytest.raises(PatternRefused, match="座号"),
        cohort.database.write(cohort.actor, "修改设置") as session,
    ):
        change_settings(session, {"学号编排": "{入学年:4}{分院代码:2}"})


def test_an_unknown_cohort_is_named(cohort: Workstation) -> None:
    with pytest.raises(NoSuchCohort, match="没有2031级"):
        cohort.placement.split(cohort.actor, 2031)
    cohort.placement.split(cohort.actor, 2026)
    cohort.placement.number(cohort.actor, 2026)
    with pytest.raises(NobodyToNumber):
        cohort.placement.number(cohort.actor, 2026)


def take_in_more(desk: Workstation, folder: Path, begin: int, count: int) -> None:
    rows = [
        person(i, f"补录{chr(0x4E00 + i)}", boy=i % 2 == 0) for i in range(begin, begin + count)
    ]
    take_in(desk, write_list(folder / f"补录{begin}.xlsx", rows))


def set_number(desk: Workstation, name: str, number: str | None, *, voided: bool = False) -> None:
    with desk.database.write(desk.actor, "旧学号") as session:
        student = session.scalars(select(Student).where(Student.name == name)).one()
        student.number = number
        student.voided_at = now() if voided else None


def test_latecomers_fill_the_smallest_class_and_full_classes_call_for_a_new_one(
    cohort: Workstation, tmp_path: Path
) -> None:
    major = "计算机应用技术"
    cohort.placement.split(cohort.actor, 2026, size=6, major=major)  # one class of six
    take_in_more(cohort, tmp_path, 100, 8)
    placed = cohort.placement.split(cohort.actor, 2026, size=7, major=major)
    rows = [row for row in students(cohort) if row.major == major]
    assert list(Counter(row.class_group for row in rows).values()) == [7, 7]
    assert sorted(placed.classes.values()) == [1, 7]
    new = max(placed.classes, key=lambda name: placed.classes[name])
    sexes = Counter(row.sex for row in rows if row.class_group == new)
    assert abs(sexes[Sex.MALE] - sexes[Sex.FEMALE]) <= 1


def test_a_day_on_which_nobody_would_see_the_placement_is_refused(cohort: Workstation) -> None:
    for day in (max(today(), ENTRY_DAY) + timedelta(days=1), ENTRY_DAY - timedelta(days=1)):
        with pytest.raises(PlacementDayRefused, match=str(day)):
            cohort.placement.split(cohort.actor, 2026, on=day)
        with pytest.raises(PlacementDayRefused, match=str(day)):
            cohort.placement.assign(cohort.actor, 2026, {1: "计算机1班"}, on=day)
    assert not any(row.class_group for row in students(cohort))


@pytest.mark.parametrize("option", ["--size", "--count"])
def test_classes_of_nobody_are_wrong_usage(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["classes", "split", "--cohort", "2026", option, "0"])
    assert code == 2
    assert "从 1 起" in capsys.readouterr().err


def test_numbers_go_on_behind_the_highest_and_leave_gaps(cohort: Workstation) -> None:
    cohort.placement.split(cohort.actor, 2026, size=40)
    set_number(cohort, "单晓", "202600010107")
    numbers = cohort.placement.number(cohort.actor, 2026)
    first_class = sorted(number for number in numbers.values() if number.startswith("2026000101"))
    assert first_class == [f"2026000101{seat:02d}" for seat in range(8, 13)]


def test_the_serial_of_the_cohort_goes_on_over_all_majors(cohort: Workstation) -> None:
    set_number(cohort, "盖聂", "2026020005")
    numbers = cohort.placement.number(
        cohort.actor, 2026, pattern="{入学年:4}{专业序号:2}{年级流水:4}"
    )
    assert sorted(number[-4:] for number in numbers.values()) == [
        f"{serial:04d}" for serial in range(6, 13)
    ]


def test_the_number_of_a_voided_record_goes_to_nobody_else(cohort: Workstation) -> None:
    cohort.placement.split(cohort.actor, 2026, size=40)
    set_number(cohort, "安然", "202600010101", voided=True)
    assert "202600010101" not in cohort.placement.number(cohort.actor, 2026).values()


def test_a_number_that_was_corrected_goes_to_nobody_else(cohort: Workstation) -> None:
    cohort.placement.split(cohort.actor, 2026, size=40)
    numbers = cohort.placement.number(cohort.actor, 2026)
    names = {row.id: row.name for row in students(cohort)}
    last = max(numbers, key=lambda one: numbers[one])
    set_number(cohort, names[last], None)
    again = cohort.placement.number(cohort.actor, 2026)
    assert again[last] > numbers[last]
