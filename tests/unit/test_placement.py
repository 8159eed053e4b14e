"""分班 and 学号: evenly, in order, and never twice."""

from pathlib import Path

import pytest

from app.models.vocabulary import Kind
from app.services.errors import (
    NobodyToNumber,
    NobodyToPlace,
    NoSuchCohort,
    PatternRefused,
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
