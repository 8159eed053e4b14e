"""A plan is written whole, as one batch, and taken back as one."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.models.ledger import LedgerEntry
from app.models.student import FieldChange, Guardian, Student
from app.models.vocabulary import Kind, Role, Status
from app.services.errors import (
    BatchAlreadyUndone,
    BatchInUse,
    NoSuchBatch,
    NotYourRole,
    PlanOutdated,
)
from app.services.progress import finish
from app.services.register.ledger import Moment
from app.services.register.students import Scope
from app.services.vault.audit import Actor
from app.services.workstation import Workstation
from tests.builders import ENTRY_DAY, person, plan_of, students, take_in, write_list

ANNA = person(1, "安然", boy=False) | {"监护人": "安大山", "监护人电话": "13700000001"}
BAI = person(2, "白岩")


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    return write_list(tmp_path / "名册.xlsx", [ANNA, BAI])


def test_accepting_registers_the_students_on_the_day_of_entry(
    desk: Workstation, listed: Path
) -> None:
    accepted = take_in(desk, listed)
    assert (accepted.created, accepted.batch_id) == (2, 1)
    rows = students(desk, ENTRY_DAY)
    assert {row.status for row in rows} == {Status.ENROLLED}
    assert rows[0].person["expected_graduation"] == date(2031, 6, 30)
    assert finish(desk.vault.verify()).clean


def test_admitted_only_waits_for_the_arrival(desk: Workstation, listed: Path) -> None:
    take_in(desk, listed, admitted_only=True)
    assert {row.status for row in students(desk)} == {Status.ADMITTED}


def test_closing_the_work_in_the_middle_leaves_no_trace(desk: Workstation, listed: Path) -> None:
    work = desk.batches.accept(desk.actor, plan_of(desk, listed))
    next(work)
    work.close()
    assert students(desk) == []
    assert finish(desk.vault.verify()).clean


def test_a_plan_is_refused_when_the_register_changed_since(
    desk: Workstation, listed: Path, tmp_path: Path
) -> None:
    plan = plan_of(desk, listed)
    take_in(desk, write_list(tmp_path / "别的.xlsx", [person(7, "秦川")]))
    with pytest.raises(PlanOutdated, match="重新核对"):
        finish(desk.batches.accept(desk.actor, plan))


def test_nothing_to_write_makes_no_batch(desk: Workstation, listed: Path) -> None:
    take_in(desk, listed)
    again = take_in(desk, listed)
    assert (again.batch_id, again.unchanged) == (None, 2)


def test_only_the_chosen_lines_are_written(desk: Workstation, listed: Path) -> None:
    plan = plan_of(desk, listed)
    line = plan.lines[1]
    accepted = finish(desk.batches.accept(desk.actor, plan, lines={(line.sheet, line.row)}))
    assert accepted.created == 1
    assert [row.name for row in students(desk)] == ["白岩"]


def test_an_update_keeps_the_old_value_and_the_day(
    desk: Workstation, listed: Path, tmp_path: Path
) -> None:
    take_in(desk, listed)
    row = {"身份证号": ANNA["身份证号"], "姓名": "安然", "联系电话": "13911112222",
           "家庭住址": "虚构路 8 号"}  # fmt: skip
    take_in(desk, write_list(tmp_path / "补充.xlsx", [row]))
    with desk.database.read() as session:
        changes = {change.field: change for change in session.scalars(select(FieldChange))}
    assert changes["phone"].old == "13800000001"
    assert changes["home_address"].effective_date == ENTRY_DAY  # filled a blank
    [then] = [row for row in students(desk, ENTRY_DAY) if row.name == "安然"]
    assert then.person["phone"] == "13800000001"
    assert then.person["home_address"] == "虚构路 8 号"


def test_undo_voids_the_students_and_reverses_their_entries(
    desk: Workstation, listed: Path
) -> None:
    take_in(desk, listed)
    undone = desk.batches.undo(desk.actor, 1)
    assert undone.voided == 2
    assert students(desk) == []
    with desk.database.read() as session:
        reversals = session.scalar(select(func.count()).where(LedgerEntry.kind == Kind.REVERSAL))
        assert session.scalar(select(func.count(Student.id))) == 2
    assert reversals == 4
    assert take_in(desk, listed).created == 2
    assert finish(desk.vault.verify()).clean


def test_undo_of_an_update_gives_the_old_values_back(
    desk: Workstation, listed: Path, tmp_path: Path
) -> None:
    take_in(desk, listed)
    row = {"身份证号": ANNA["身份证号"], "姓名": "安然", "联系电话": "13911112222",
           "监护人": "李小溪", "监护人电话": "13700000002"}  # fmt: skip
    batch = take_in(desk, write_list(tmp_path / "补充.xlsx", [row])).batch_id
    assert batch is not None
    assert desk.batches.undo(desk.actor, batch).restored == 1
    with desk.database.read() as session:
        assert session.scalars(select(Guardian.name)).all() == ["安大山"]
    [anna] = [row for row in students(desk) if row.name == "安然"]
    assert anna.person["phone"] == "13800000001"
    assert finish(desk.vault.verify()).clean


def test_a_new_student_comes_with_both_parents(desk: Workstation, tmp_path: Path) -> None:
    parents = {"父亲姓名": "安大山", "母亲姓名": "李小溪", "母亲电话": "13700000002"}
    take_in(desk, write_list(tmp_path / "名册.xlsx", [BAI | parents]))
    with desk.database.read() as session:
        columns = (Guardian.position, Guardian.name, Guardian.relation, Guardian.phone)
        assert session.execute(select(*columns).order_by(Guardian.position)).all() == [
            (1, "安大山", "父亲", None),
            (2, "李小溪", "母亲", "13700000002"),
        ]


def test_undo_leaves_no_guardian_without_a_name(
    desk: Workstation, listed: Path, tmp_path: Path
) -> None:
    take_in(desk, listed)
    row = {"监护人电话": "13700000002", "身份证号": ANNA["身份证号"], "姓名": "安然",
           "监护人": "李小溪"}  # fmt: skip
    first = take_in(desk, write_list(tmp_path / "补充.xlsx", [row])).batch_id
    second = take_in(
        desk,
        write_list(tmp_path / "再补.xlsx", [row | {"监护人": "赵三", "监护人电话": "13700000003"}]),
    ).batch_id
    assert (first, second) == (2, 3)
    desk.batches.undo(desk.actor, 2)
    take_in(desk, write_list(tmp_path / "三补.xlsx", [row | {"监护人": "钱四"}]))
    with desk.database.read() as session:
        assert sorted(session.scalars(select(Guardian.name))) == ["安大山", "赵三", "钱四"]


def test_undo_is_refused_with_name_and_reason_when_later_work_depends_on_it(
    desk: Workstation, listed: Path
) -> None:
    take_in(desk, listed)
    desk.placement.split(desk.actor, 2026, count=1)
    with pytest.raises(BatchInUse, match="学籍台账有后来的记录"):
        desk.batches.undo(desk.actor, 1)


def test_undo_is_refused_when_the_same_field_was_changed_again(
    desk: Workstation, listed: Path, tmp_path: Path
) -> None:
    take_in(desk, listed)
    row = {"身份证号": ANNA["身份证号"], "姓名": "安然", "联系电话": "13911112222"}
    take_in(desk, write_list(tmp_path / "一.xlsx", [row]))
    take_in(desk, write_list(tmp_path / "二.xlsx", [row | {"联系电话": "13911113333"}]))
    with pytest.raises(BatchInUse, match="同一栏后来又改过"):
        desk.batches.undo(desk.actor, 2)


def test_batches_can_be_undone_one_after_the_other(
    desk: Workstation, listed: Path, tmp_path: Path
) -> None:
    take_in(desk, listed)
    row = {"身份证号": ANNA["身份证号"], "姓名": "安然", "联系电话": "13911112222"}
    take_in(desk, write_list(tmp_path / "一.xlsx", [row]))
    take_in(desk, write_list(tmp_path / "二.xlsx", [row | {"联系电话": "13911113333"}]))
    for batch in (3, 2, 1):
        desk.batches.undo(desk.actor, batch)
    assert students(desk) == []
    assert finish(desk.vault.verify()).clean


def test_classes_of_one_name_stay_apart_by_major(desk: Workstation, tmp_path: Path) -> None:
    rows = [
        person(1, "安然", boy=False) | {"班级": "1班"},
        person(2, "白岩") | {"班级": "1班", "录取专业": "大数据与会计"},
    ]
    made = take_in(desk, write_list(tmp_path / "名册.xlsx", rows)).made
    assert {"班级 计算机应用技术1班", "班级 大数据与会计1班"} <= set(made)
    groups = {row.name: row.class_group for row in students(desk)}
    assert groups == {"安然": "计算机应用技术1班", "白岩": "大数据与会计1班"}
    again = plan_of(desk, tmp_path / "名册.xlsx")
    assert again.differences == ()


def test_a_major_known_by_its_code_alone_gets_its_name(desk: Workstation, tmp_path: Path) -> None:
    row = person(1, "安然", boy=False) | {"专业代码": "510201"}
    del row["录取专业"]
    take_in(desk, write_list(tmp_path / "名册.xlsx", [row]))
    assert students(desk)[0].major == "计算机应用技术"


def test_undo_is_refused_once_the_students_stand_on_a_printed_roster(
    desk: Workstation, listed: Path, tmp_path: Path
) -> None:
    take_in(desk, listed)
    scope, moment = Scope(cohort=2026), Moment(date(2026, 10, 1))
    target = tmp_path / "册.pdf"
    finish(desk.printing.make(desk.actor, "新生名册", target, moment=moment, scope=scope))
    with pytest.raises(BatchInUse, match="已列入打印的名册"):
        desk.batches.undo(desk.actor, 1)


def test_a_code_of_no_catalogue_makes_no_major(desk: Workstation, tmp_path: Path) -> None:
    row = person(1, "安然", boy=False) | {"专业代码": "999999"}
    del row["录取专业"]
    plan = plan_of(desk, write_list(tmp_path / "名册.xlsx", [row]))
    assert "不在专业目录里" in plan.faults[0].problem


def test_undo_twice_and_undo_of_nothing_are_named(desk: Workstation, listed: Path) -> None:
    take_in(desk, listed)
    desk.batches.undo(desk.actor, 1)
    with pytest.raises(BatchAlreadyUndone):
        desk.batches.undo(desk.actor, 1)
    with pytest.raises(NoSuchBatch):
        desk.batches.undo(desk.actor, 9)


def test_an_inspector_writes_nothing(desk: Workstation, listed: Path) -> None:
    inspector = Actor(desk.actor.id, "督查员", frozenset({Role.READ}))
    with pytest.raises(NotYourRole, match="录入"):
        finish(desk.batches.accept(inspector, plan_of(desk, listed)))


def test_what_was_known_before_the_import_stays_answerable(desk: Workstation, listed: Path) -> None:
    take_in(desk, listed)
    with desk.database.read() as session:
        recorded = session.scalars(select(Student.recorded_at)).first()
    assert recorded is not None
    early = recorded.replace(year=recorded.year - 1)
    assert desk.students.rows(Moment(ENTRY_DAY, early), Scope()) == []
