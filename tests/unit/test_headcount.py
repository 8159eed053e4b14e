"""Opening + in − out = closing for every class; every number opens to its students."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from app.models.organisation import Department, Major
from app.models.vocabulary import CountBase, Kind, Signatory, Status
from app.services.errors import ReportPeriodRefused
from app.services.register.headcount import (
    Headcount,
    HeadcountRow,
    change_lines,
    headcount,
    summary,
)
from app.services.workstation import Workstation
from tests.builders import person, students, take_in, write_list

BEGIN, END = date(2026, 9, 1), date(2027, 1, 31)
BOTH = frozenset(Signatory)
PROOF = [(None, "诊断证明")]
MAJOR = "计算机应用技术"


@pytest.fixture
def school(desk: Workstation, tmp_path: Path) -> Workstation:
    """Four students in two classes since the day of entry."""
    rows = [person(i, name) for i, name in enumerate(("安然", "白岩", "常青", "戴月"))]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026, count=2)
    return desk


def count(desk: Workstation, begin: date = BEGIN, end: date = END, **options: object) -> Headcount:
    with desk.database.read() as session:
        return headcount(session, begin, end, **options)  # type: ignore[arg-type]


def row_of(counted: Headcount, name: str) -> HeadcountRow:
    (row,) = [row for row in counted.rows if row.class_group == name]
    return row


def numbers(row: HeadcountRow) -> tuple[int, dict[str, int], dict[str, int], int]:
    return (
        len(row.opening),
        {kind.value: len(ids) for kind, ids in row.entered.items()},
        {kind.value: len(ids) for kind, ids in row.left.items()},
        len(row.closing),
    )


def change(desk: Workstation, name: str, kind: Kind, on: date, **options: object) -> None:
    (row,) = [row for row in students(desk, on) if row.name == name]
    desk.changes.change(
        desk.actor,
        row.id,
        kind,
        on,
        signed=BOTH,
        **options,  # type: ignore[arg-type]
    )


def test_new_students_enter_their_class_by_enrolment(school: Workstation) -> None:
    counted = count(school)
    assert counted.balanced
    assert [numbers(row) for row in counted.rows] == [(0, {"入学注册": 2}, {}, 2)] * 2
    assert numbers(counted.total) == (0, {"入学注册": 4}, {}, 4)


def test_who_waits_for_a_class_is_counted_apart(desk: Workstation, tmp_path: Path) -> None:
    take_in(desk, write_list(tmp_path / "名册.xlsx", [person(1, "安然")]))
    desk.placement.split(desk.actor, 2026, on=date(2026, 9, 8))
    counted = count(desk)
    assert numbers(row_of(counted, "未分班")) == (0, {"入学注册": 1}, {"分班": 1}, 0)
    assert numbers(row_of(counted, f"{MAJOR}2601")) == (0, {"分班": 1}, {}, 1)
    assert numbers(counted.total) == (0, {"入学注册": 1}, {}, 1)
    assert counted.balanced


def test_a_leave_stays_on_the_register_and_leaves_the_school(school: Workstation) -> None:
    change(school, "安然", Kind.SUSPENSION, date(2026, 10, 1), evidence=PROOF)
    on_register = count(school, date(2026, 9, 2)).total
    assert numbers(on_register) == (4, {}, {}, 4)
    assert {status: len(ids) for status, ids in on_register.statuses.items()} == {
        Status.ENROLLED: 3,
        Status.SUSPENDED: 1,
    }
    in_school = count(school, date(2026, 9, 2), base=CountBase.IN_SCHOOL)
    assert numbers(in_school.total) == (4, {}, {"休学": 1}, 3)
    assert in_school.balanced


def test_from_class_to_class_is_in_and_out_but_not_for_the_whole(school: Workstation) -> None:
    here, there = sorted({row.class_group for row in students(school)})
    mover = next(row.name for row in students(school) if row.class_group == here)
    change(school, mover, Kind.CLASS_CHANGE, date(2026, 10, 1), to_class=there)
    counted = count(school, date(2026, 9, 2))
    assert numbers(row_of(counted, here)) == (2, {}, {"转班": 1}, 1)
    assert numbers(row_of(counted, there)) == (2, {"转班": 1}, {}, 3)
    assert numbers(counted.total) == (4, {}, {}, 4)
    assert [(move.entered, move.kind) for move in counted.movements] == [
        (False, Kind.CLASS_CHANGE),
        (True, Kind.CLASS_CHANGE),
    ]


def test_the_days_of_the_period_belong_to_it(school: Workstation) -> None:
    change(school, "安然", Kind.WITHDRAWAL, date(2026, 10, 1))
    day = date(2026, 10, 1)
    assert numbers(count(school, day, day).total) == (4, {}, {"退学": 1}, 3)
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    assert numbers(count(school, before, before).total) == (4, {}, {}, 4)
    assert numbers(count(school, after, after).total) == (3, {}, {}, 3)


def test_what_was_taken_back_is_not_counted_but_was_known(school: Workstation) -> None:
    change(school, "安然", Kind.WITHDRAWAL, date(2026, 10, 1))
    (row,) = [row for row in students(school) if row.name == "安然"]
    entry = school.changes.entries(school.actor, row.id)[-1].entry
    known = datetime.now(UTC)
    school.changes.reverse(school.actor, row.id, entry.id, reason="录错")
    assert numbers(count(school, date(2026, 9, 2)).total) == (4, {}, {}, 4)
    then = count(school, date(2026, 9, 2), known_on=known)
    assert numbers(then.total) == (4, {}, {"退学": 1}, 3)


def test_every_number_opens_to_its_students(school: Workstation) -> None:
    change(school, "安然", Kind.WITHDRAWAL, date(2026, 10, 1))
    (row,) = [row for row in students(school) if row.name == "安然"]
    total = count(school, date(2026, 9, 2)).total
    assert total.left == {Kind.WITHDRAWAL: (row.id,)}
    assert set(total.opening) - set(total.closing) == {row.id}


def test_a_count_that_does_not_close_says_so(school: Workstation) -> None:
    row = count(school).rows[0]
    somebody_else = (*row.closing[1:], 999)
    assert row.balanced
    assert not replace(row, closing=row.closing[1:]).balanced
    assert not replace(row, closing=somebody_else).balanced
    assert not replace(row, entered={}).balanced


def test_a_period_that_ends_before_it_begins_is_refused(school: Workstation) -> None:
    with pytest.raises(ReportPeriodRefused):
        count(school, END, BEGIN)


# --- 异动汇总, 异动统计 --------------------------------------------------------------------


def test_the_list_of_changes_leaves_out_what_is_none(school: Workstation) -> None:
    change(school, "白岩", Kind.SUSPENSION, date(2026, 10, 8), evidence=PROOF, reason="骨折")
    change(school, "安然", Kind.WITHDRAWAL, date(2026, 10, 1))
    with school.database.write(school.actor, "系部") as session:
        department = Department(name="信息工程系")
        session.add(department)
        session.flush()
        session.query(Major).one().department_id = department.id
    with school.database.read() as session:
        lines = change_lines(session, BEGIN, END)
    assert [(line.name, line.kind) for line in lines] == [
        ("安然", Kind.WITHDRAWAL),
        ("白岩", Kind.SUSPENSION),
    ]
    leave = lines[1]
    assert (leave.until, leave.reason, leave.evidence) == (date(2027, 10, 7), "骨折", 1)
    assert (leave.from_status, leave.to_status) == (Status.ENROLLED, Status.SUSPENDED)
    counted = summary(lines)
    assert counted.counts == {
        Kind.SUSPENSION: {"信息工程系": 1},
        Kind.WITHDRAWAL: {"信息工程系": 1},
    }
    assert counted.total == 2
