"""Who is away is reminded in time, and who is overdue is on the list for the meeting."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from app.models.vocabulary import Kind, Signatory, Status
from app.services.forms.fields import OVERDUE
from app.services.register.leaves import LeaveRow
from app.services.register.ledger import Moment
from app.services.register.students import Scope
from app.services.workstation import Workstation
from tests.builders import person, take_in, who, write_list

BOTH = frozenset(Signatory)
OCTOBER = date(2026, 10, 1)
END = date(2027, 9, 30)


@pytest.fixture
def school(desk: Workstation, tmp_path: Path) -> Workstation:
    """安然 on leave until the end of next September; 白岩 with the army."""
    rows = [person(1, "安然", boy=False), person(2, "白岩"), person(3, "常青")]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    change(desk, "安然", Kind.SUSPENSION, OCTOBER, "诊断证明")
    change(desk, "白岩", Kind.RETENTION, OCTOBER, "入伍通知书")
    return desk


def change(desk: Workstation, name: str, kind: Kind, on: date, *papers: str) -> None:
    desk.changes.change(
        desk.actor, who(desk, name).id, kind, on, signed=BOTH,
        evidence=[(None, paper) for paper in papers],
    )  # fmt: skip


def leave(desk: Workstation, on: date, name: str = "安然") -> LeaveRow:
    (row,) = [row for row in desk.leaves.rows(desk.actor, on) if row.student.name == name]
    return row


def test_the_nearest_deadline_comes_first(school: Workstation) -> None:
    rows = school.leaves.rows(school.actor, OCTOBER)
    assert [(row.student.name, row.until) for row in rows] == [
        ("安然", END),
        ("白岩", date(2028, 9, 30)),
    ]
    assert school.leaves.rows(school.actor, OCTOBER - timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("before", "reminder", "overdue"),
    [(61, None, False), (60, 60, False), (30, 30, False), (7, 7, False), (0, 7, False),
     (-1, 7, True)],
)  # fmt: skip
def test_reminders_come_at_their_distances(
    school: Workstation, before: int, reminder: int | None, overdue: bool
) -> None:
    row = leave(school, END - timedelta(days=before))
    assert (row.days_left, row.reminder, row.overdue) == (before, reminder, overdue)
    assert row.apply_by == date(2027, 8, 30)


def test_the_distances_are_the_school_s(school: Workstation) -> None:
    school.rulebook.change(
        school.actor, "休学到期提醒", "90", document="学校", valid_from=date(2026, 9, 1)
    )
    assert leave(school, END - timedelta(days=90)).reminder == 90


def test_a_soldier_has_two_years_after_his_discharge(school: Workstation) -> None:
    discharge = date(2028, 9, 30)
    row = leave(school, discharge + timedelta(days=1), "白岩")
    assert (row.until, row.deadline, row.overdue) == (discharge, date(2030, 9, 30), False)
    assert leave(school, date(2030, 10, 1), "白岩").overdue


def test_an_extension_moves_the_end_and_keeps_the_beginning(school: Workstation) -> None:
    change(school, "安然", Kind.SUSPENSION_EXTENSION, date(2027, 9, 1), "诊断证明")
    row = leave(school, date(2027, 9, 20))
    assert (row.since, row.until, row.kind) == (
        OCTOBER,
        date(2028, 9, 30),
        Kind.SUSPENSION_EXTENSION,
    )


def test_who_is_back_is_off_the_list(school: Workstation) -> None:
    change(school, "安然", Kind.RESUMPTION, date(2027, 9, 1))
    on = date(2027, 10, 1)
    assert [row.student.name for row in school.leaves.rows(school.actor, on)] == ["白岩"]
    assert who(school, "安然", on).status is Status.ENROLLED


def test_the_overdue_are_a_paper_for_the_meeting(school: Workstation) -> None:
    on = END + timedelta(days=10)
    overdue = school.leaves.overdue(school.actor, on)
    assert [row.student.name for row in overdue] == ["安然"]
    assert [row.student.name for row in school.leaves.due(school.actor, on)] == ["安然"]
    sheet = school.printing.collect(school.actor, OVERDUE, Moment(on), Scope())
    (line,) = sheet.values[0]["逾期清单"]
    assert (line["姓名"], line["截止日期"], line["逾期天数"]) == ("安然", END, 10)
    assert sheet.values[0]["逾期人数"] == 1
