"""成批办理: what is previewed is what is written, whole, and comes back whole."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.models.vocabulary import CaseStep, CountBase, Kind, Role, Signatory, Status
from app.services.errors import ChangeRefused, NotYourRole, ReversalRefused
from app.services.progress import finish
from app.services.register import casework
from app.services.register.ledger import Moment
from app.services.register.mass import MassPlan, MassWish
from app.services.vault.audit import Actor
from app.services.workstation import Workstation
from tests.builders import person, take_in, write_list
from tests.builders import who as find

OCTOBER = date(2026, 10, 8)
LEAVE = MassWish(
    Kind.SUSPENSION, OCTOBER, reason="一同参军体检未过，休养", applied_on=date(2026, 10, 6),
    signed=frozenset(Signatory), papers=("诊断证明",),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(casework, "today", lambda: date(2026, 10, 20))


@pytest.fixture
def school(desk: Workstation, tmp_path: Path) -> Iterator[Workstation]:
    """Six students in two classes, of whom 安然 is on leave already."""
    names = ("安然", "白岩", "常青", "戴月", "方圆", "高山")
    rows = [person(at, name) for at, name in enumerate(names, start=1)]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026, count=2)
    desk.changes.change(
        desk.actor, find(desk, "安然").id, Kind.SUSPENSION, date(2026, 10, 1),
        signed=frozenset(Signatory), evidence=[(None, "诊断证明")],
    )  # fmt: skip
    return desk


def ids(desk: Workstation, *names: str) -> list[int]:
    return [find(desk, name).id for name in names]


def planned(desk: Workstation, wish: MassWish = LEAVE, *names: str) -> MassPlan:
    people = ids(desk, *(names or ("安然", "白岩", "常青", "戴月")))
    return finish(desk.mass_changes.preview(desk.actor, people, wish))


def in_school(desk: Workstation) -> int:
    rows = desk.students.rows(Moment(OCTOBER))
    return sum(CountBase.IN_SCHOOL.counts(row.status) for row in rows)


def test_the_preview_names_who_cannot_and_writes_nothing(school: Workstation) -> None:
    plan = planned(school)
    assert [line.name for line in plan.good] == ["白岩", "常青", "戴月"]
    (refused,) = plan.refused
    assert refused.name == "安然"
    assert "当时为“休学”" in refused.problem
    assert plan.good[0].before.startswith("在校")
    assert plan.good[0].after.startswith("休学")
    assert find(school, "白岩", OCTOBER).status is Status.ENROLLED
    assert school.cases.rows(school.actor, student_id=ids(school, "白岩")[0]) == []


def test_the_counts_before_are_those_of_the_day_and_the_counts_after_come_true(
    school: Workstation,
) -> None:
    plan = planned(school)
    counts = {one.what: (one.before, one.after) for one in plan.counts}
    assert counts["全校在籍"] == (6, 6)
    assert counts["全校在校"] == (5, 2)
    classes = {what: two for what, two in counts.items() if not what.startswith("全校")}
    assert sum(before - after for before, after in classes.values()) == 3
    assert in_school(school) == 5
    finish(school.mass_changes.apply(school.actor, plan))
    assert in_school(school) == 2
    rows = school.students.rows(Moment(OCTOBER))
    for what, (_, after) in classes.items():
        name = what.partition(" ")[0]
        assert after == sum(row.class_group == name and row.status.in_school for row in rows)


def test_each_gets_a_case_of_his_own_with_papers_and_signatures(school: Workstation) -> None:
    finish(school.mass_changes.apply(school.actor, planned(school)))
    (case,) = school.cases.rows(school.actor, student_id=ids(school, "常青")[0])
    assert case.step is CaseStep.REPORT
    assert case.until == date(2027, 10, 7)
    assert [paper.kind for paper in case.evidence] == ["诊断证明"]
    assert {one.signatory for one in case.signed} == set(Signatory)
    assert finish(school.vault.verify()).clean


def test_what_lacks_papers_is_refused_for_everybody(school: Workstation) -> None:
    plan = planned(school, replace(LEAVE, papers=(), signed=frozenset()))
    assert plan.good == ()
    assert all("监护人签字" in line.problem for line in plan.refused)


def test_a_list_repeats_a_year_into_one_class(school: Workstation, tmp_path: Path) -> None:
    take_in(school, write_list(tmp_path / "下年.xlsx", [person(9, "来年")], "2027级新生名册"))
    school.placement.split(school.actor, 2027, count=1)
    (below,) = [group for group in school.establishment.classes() if group.cohort == 2027]
    wish = MassWish(Kind.REPEAT_YEAR, date(2027, 9, 1), to_class=below.full_name, reason="四门")
    plan = planned(school, wish, "白岩", "常青")
    assert [line.after for line in plan.good] == [f"在校　{below.name}"] * 2
    finish(school.mass_changes.apply(school.actor, plan))
    assert find(school, "白岩", date(2027, 9, 1)).class_id == below.id


def test_a_batch_that_no_longer_fits_writes_nothing(school: Workstation) -> None:
    plan = planned(school)
    school.changes.change(
        school.actor, ids(school, "戴月")[0], Kind.WITHDRAWAL, date(2026, 10, 7),
        signed=frozenset(Signatory),
    )  # fmt: skip
    with pytest.raises(ChangeRefused, match="戴月"):
        finish(school.mass_changes.apply(school.actor, plan))
    assert find(school, "白岩", OCTOBER).status is Status.ENROLLED


def test_stopped_in_the_middle_it_leaves_no_trace(school: Workstation) -> None:
    work = school.mass_changes.apply(school.actor, planned(school))
    next(work)
    work.close()
    assert in_school(school) == 5


def test_a_batch_comes_back_whole_or_not_at_all(school: Workstation) -> None:
    first = finish(school.mass_changes.apply(school.actor, planned(school)))
    finish(school.mass_changes.take_back(school.actor, first, "办错"))
    assert in_school(school) == 5
    again = finish(school.mass_changes.apply(school.actor, planned(school)))
    school.changes.change(
        school.actor, ids(school, "戴月")[0], Kind.RESUMPTION, date(2027, 9, 1),
        signed=frozenset(Signatory),
    )  # fmt: skip
    with pytest.raises(ReversalRefused, match="戴月"):
        finish(school.mass_changes.take_back(school.actor, again, "办错"))
    assert in_school(school) == 2


def test_only_who_enters_may(school: Workstation) -> None:
    reader = Actor(1, "查阅员", frozenset({Role.READ}))
    with pytest.raises(NotYourRole):
        finish(school.mass_changes.preview(reader, [1], LEAVE))
