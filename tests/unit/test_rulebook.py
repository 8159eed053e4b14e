"""Rules are rows with sources and days: suggested, confirmed, changed, never edited."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.models.rulebook import SchoolRule
from app.models.rules.rulebook import (
    NAMES,
    SUGGESTIONS,
    Aspect,
    RuleFault,
    Topic,
    applied,
    read_value,
    rule_name,
    write_papers,
)
from app.models.rules.transitions import RULES, Paper
from app.models.vocabulary import Kind, Role, Signatory
from app.services.errors import NotYourRole, RuleAlreadyConfirmed, RuleRefused, UnknownRule
from app.services.progress import finish
from app.services.register.rulebook import Book, RuleRow
from app.services.vault.audit import Actor
from app.services.workstation import Workstation
from tests.builders import person, take_in, write_list

LENGTH = rule_name(Kind.SUSPENSION, Aspect.MONTHS)
STEPS = rule_name(Kind.DISMISSAL, Aspect.APPROVALS)
OCTOBER = date(2026, 10, 1)


def row(desk: Workstation, name: str, on: date = OCTOBER) -> RuleRow:
    (found,) = [row for row in desk.rulebook.rows(on) if row.name == name]
    return found


def book(desk: Workstation) -> Book:
    with desk.database.read() as session:
        return Book(session)


# --- as shipped ---------------------------------------------------------------------------


def test_every_suggestion_has_a_value_that_is_one_and_a_source() -> None:
    for one in SUGGESTIONS:
        read_value(one.name, one.value)
        assert one.document


def test_the_suggestions_of_a_kind_are_its_row_as_shipped() -> None:
    for kind, rule in RULES.items():
        values = {one.name: one.value for one in SUGGESTIONS if one.valid_to is None}
        found = applied(kind, values, ())
        assert (found.signed, found.papers, found.months) == (
            rule.signed,
            rule.papers,
            rule.months,
        )
        assert not found.confirmed


def test_nothing_ships_confirmed(desk: Workstation) -> None:
    rows = desk.rulebook.rows(OCTOBER)
    assert {row.name for row in rows} == set(NAMES)
    assert not any(row.confirmed for row in rows)


@pytest.mark.parametrize(
    ("on", "source", "steps"),
    [
        (date(2016, 5, 1), "21号令第二十八条", "系部、教务处、校长会议"),
        (date(2017, 8, 31), "21号令第二十八条", "系部、教务处、校长会议"),
        (date(2017, 9, 1), "41号令第三十一条", "系部、教务处、合法性审查、校长办公会"),
    ],
)
def test_an_old_case_goes_by_the_order_of_its_day(
    desk: Workstation, on: date, source: str, steps: str
) -> None:
    version = row(desk, STEPS, on)
    assert (version.source, version.value) == (source, steps)


def test_the_appeal_was_shorter_under_the_old_order(desk: Workstation) -> None:
    rules = book(desk)
    assert rules.value(Topic.APPEAL, date(2017, 8, 31)) == 5
    assert rules.value(Topic.APPEAL, date(2017, 9, 1)) == 10
    assert rules.value(Topic.PUNISHMENT_LONGEST, date(2016, 1, 1)) is None


def test_papers_are_written_as_they_are_read() -> None:
    papers = (Paper("原因证明", ("诊断证明", "其他"), others=True), Paper("决定书", ("决定",)))
    assert read_value("休学·材料", write_papers(papers)) == papers
    assert read_value("休学·材料", "无") == ()


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("休学·期限", "十二", "正整数"),
        ("休学·期限", "0", "正整数"),
        ("休学·签字", "学生、班主任", "班主任"),
        ("休学·材料", "诊断证明", "名称：可用的材料"),
        ("休学到期提醒", "60、七", "正整数"),
        ("学号与新生数据上报截止", "11月30日", "11-30"),
        ("学号与新生数据上报截止", "11-31", "11-30"),
    ],
)
def test_a_value_that_is_none_says_how_it_is_written(name: str, value: str, word: str) -> None:
    with pytest.raises(RuleFault, match=word):
        read_value(name, value)


def test_a_number_may_be_lifted() -> None:
    assert read_value("休学·次数", "无") is None
    assert read_value("休学·签字", "无") == frozenset()
    assert read_value("休学·签字", "学生、监护人") == frozenset(Signatory)


# --- the school's word --------------------------------------------------------------------


def test_confirming_keeps_value_source_and_days(desk: Workstation) -> None:
    before = row(desk, STEPS)
    (after,) = desk.rulebook.confirm(desk.actor, [STEPS], OCTOBER)
    assert after.confirmed
    assert after.confirmed_by == desk.actor.name
    assert (after.value, after.source, after.valid_from) == (
        before.value,
        before.source,
        date(2017, 9, 1),
    )
    assert not row(desk, STEPS, date(2017, 8, 31)).confirmed
    with pytest.raises(RuleAlreadyConfirmed):
        desk.rulebook.confirm(desk.actor, [STEPS], OCTOBER)
    assert finish(desk.vault.verify()).clean


def change(desk: Workstation, value: str, begin: date, **options: object) -> RuleRow:
    return desk.rulebook.change(
        desk.actor, LENGTH, value, document="学校", valid_from=begin,
        **options,  # type: ignore[arg-type]
    ).row  # fmt: skip


def test_a_change_is_a_new_row_that_holds_from_its_day(desk: Workstation) -> None:
    change(desk, "6", date(2027, 1, 1))
    assert row(desk, LENGTH, date(2026, 12, 31)).value == "12"
    assert row(desk, LENGTH, date(2027, 1, 1)).value == "6"
    change(desk, "9", date(2027, 1, 1))
    assert row(desk, LENGTH, date(2027, 1, 1)).value == "9"
    versions = [r for r in desk.rulebook.rows(everything=True) if r.name == LENGTH]
    assert [version.value for version in versions] == ["12", "6", "9"]


def test_what_is_set_right_for_the_past_does_not_reach_a_later_version(desk: Workstation) -> None:
    change(desk, "6", date(2027, 1, 1))
    change(desk, "10", date(2020, 1, 1))
    assert row(desk, LENGTH, date(2026, 10, 1)).value == "10"
    assert row(desk, LENGTH, date(2027, 10, 1)).value == "6"


def test_a_version_with_an_end_gives_way_to_what_was_before(desk: Workstation) -> None:
    change(desk, "3", date(2027, 1, 1), valid_to=date(2027, 6, 30))
    assert row(desk, LENGTH, date(2027, 6, 30)).value == "3"
    assert row(desk, LENGTH, date(2027, 7, 1)).value == "12"


@pytest.mark.parametrize(
    ("name", "value", "options", "word"),
    [
        (LENGTH, "一年", {}, "正整数"),
        (LENGTH, "6", {"document": " "}, "出自哪份文件"),
        (LENGTH, "6", {"valid_to": date(2026, 1, 1)}, "早于起始日期"),
    ],
)
def test_a_change_that_says_nothing_is_refused(
    desk: Workstation, name: str, value: str, options: dict[str, object], word: str
) -> None:
    given: dict[str, object] = {"document": "学校", "valid_from": OCTOBER} | options
    with pytest.raises(RuleRefused, match=word):
        desk.rulebook.change(desk.actor, name, value, **given)  # type: ignore[arg-type]
    with desk.database.read() as session:
        assert session.scalar(select(func.count()).select_from(SchoolRule)) == 0


def test_an_unknown_rule_is_named(desk: Workstation) -> None:
    with pytest.raises(UnknownRule, match="休学·颜色"):
        desk.rulebook.confirm(desk.actor, ["休学·颜色"])


def test_whoever_may_not_enter_may_not_confirm(desk: Workstation) -> None:
    reader = Actor(1, "查阅员", frozenset({Role.READ}))
    assert desk.rulebook.rows()
    with pytest.raises(NotYourRole):
        desk.rulebook.confirm(reader, [LENGTH])


def test_a_rule_is_decided_by_who_reviews_or_looks_after_the_system(desk: Workstation) -> None:
    clerk = Actor(1, "录入员", frozenset({Role.RECORD}))
    with pytest.raises(NotYourRole, match="审核”或“系统"):
        desk.rulebook.change(clerk, LENGTH, "6", document="学校", valid_from=OCTOBER)


def test_who_looks_after_the_machine_is_not_told_whose_case_it_is(
    desk: Workstation, tmp_path: Path
) -> None:
    take_in(desk, write_list(tmp_path / "名册.xlsx", [person(1, "安然")]))
    student = desk.finder.find("安然")[0].id
    case = desk.cases.open(desk.actor, student, Kind.SUSPENSION, OCTOBER)
    keeper = Actor(1, "系统员", frozenset({Role.SYSTEM}))
    for cases in (
        desk.rulebook.touched(keeper, LENGTH, OCTOBER),
        desk.rulebook.touched_by_confirming(keeper, [LENGTH, STEPS, "休学·次数"], OCTOBER),
    ):
        assert [(one.case_id, one.name, one.number) for one in cases] == [
            (case.id, "（无权查看）", None)
        ]
    (seen,) = desk.rulebook.touched_by_confirming(desk.actor, [LENGTH], OCTOBER)
    assert seen.name == "安然"
