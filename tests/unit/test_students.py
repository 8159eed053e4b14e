"""Reading students: nobody is taken for another, and the past stays as it was."""

import argparse
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.commands import papers
from app.models.organisation import ClassGroup, Cohort
from app.models.student import FieldChange, Guardian, Photo, Student
from app.models.vocabulary import CountBase
from app.services.clock import now
from app.services.errors import NoSuchStudent, NumberOfSeveral, SeveralClasses
from app.services.register.headcount import headcount
from app.services.register.ledger import Moment
from app.services.register.organisation import find_class
from app.services.register.students import GuardianRow, Scope, StudentRecord
from app.services.workstation import Workstation
from tests.builders import ENTRY_DAY, person, students, take_in, write_list

OCTOBER = date(2026, 10, 1)


@pytest.fixture
def school(desk: Workstation, tmp_path: Path) -> Workstation:
    """安然 and 白岩 in one class."""
    rows = [person(1, "安然", boy=False), person(2, "白岩")]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026)
    return desk


def student_id(desk: Workstation, name: str) -> int:
    (row,) = [row for row in students(desk) if row.name == name]
    return row.id


def record_of(desk: Workstation, name: str, moment: Moment) -> StudentRecord:
    (record,) = desk.students.records(moment, Scope(ids=[student_id(desk, name)]))
    return record


def namesake(desk: Workstation) -> ClassGroup:
    """A class of 2025 with the name of the class of 2026."""
    name = students(desk)[0].class_group
    with desk.database.write(desk.actor, "班级") as session:
        session.add(Cohort(year=2025, entry_date=date(2025, 9, 1)))
        session.flush()
        group = ClassGroup(name=name, cohort_year=2025, major_id=None, serial=1)
        session.add(group)
    return group


# --- numbers ------------------------------------------------------------------------------


def test_a_number_of_two_people_names_both_instead_of_choosing(school: Workstation) -> None:
    exam_number = person(1, "安然")["考生号"]
    with school.database.write(school.actor, "学号") as session:
        session.get_one(Student, student_id(school, "白岩")).number = exam_number
    with pytest.raises(NumberOfSeveral, match=r"安然.*考生号.*白岩.*学号") as refused:
        school.students.identify(exam_number)
    assert person(1, "安然")["身份证号"] not in str(refused.value)
    both = [student_id(school, "安然"), student_id(school, "白岩")]
    assert sorted(school.students.find(exam_number)) == sorted(both)


def test_a_number_of_one_finds_him_alone(school: Workstation) -> None:
    assert school.students.identify(person(2, "白岩")["考生号"]) == student_id(school, "白岩")
    with pytest.raises(NoSuchStudent):
        school.students.identify("99999")


# --- what was known -----------------------------------------------------------------------


def test_who_was_voided_later_was_known_before(school: Workstation) -> None:
    gone, before = student_id(school, "白岩"), now()
    number = person(2, "白岩")["考生号"]
    with school.database.write(school.actor, "作废") as session:
        session.get_one(Student, gone).voided_at = now()
    then = Moment(OCTOBER, known_on=before)
    assert [row.name for row in school.students.rows(then, Scope())] == ["安然", "白岩"]
    assert [row.name for row in students(school)] == ["安然"]
    assert school.students.identify(number, before) == gone
    assert school.students.find("白岩", before) == [gone]
    assert school.students.find("白岩") == []
    with school.database.read() as session:
        counts = [
            len(headcount(session, ENTRY_DAY, OCTOBER, base=base, known_on=known).total.closing)
            for base in CountBase
            for known in (before, None)
        ]
    assert counts[:2] == [2, 1]


def add_photo(desk: Workstation, name: str, mark: str, recorded_at: datetime) -> None:
    with desk.database.write(desk.actor, "照片") as session:
        session.add(
            Photo(
                student_id=student_id(desk, name), sha256=mark * 64, card_sha256=mark * 64,
                width=1, height=1, source_name="照片.jpg", recorded_at=recorded_at,
            )
        )  # fmt: skip


def test_the_photograph_is_the_newest_that_was_known(school: Workstation) -> None:
    first, between, second = (now() + timedelta(days=days) for days in range(1, 4))
    add_photo(school, "安然", "a", first)
    add_photo(school, "安然", "b", second)
    assert record_of(school, "安然", Moment(OCTOBER)).photo == "b" * 64
    assert record_of(school, "安然", Moment(OCTOBER, known_on=between)).photo == "a" * 64
    early = Moment(OCTOBER, known_on=first - timedelta(hours=1))
    assert record_of(school, "安然", early).original is None


# --- guardians ----------------------------------------------------------------------------


def change_guardian(
    desk: Workstation, name: str, position: int, values: Mapping[str, tuple[str | None, str]]
) -> None:
    """Set values (old, new) of one guardian from November on."""
    owner = student_id(desk, name)
    with desk.database.write(desk.actor, "家长") as session:
        guardian = session.scalars(
            select(Guardian).where(Guardian.student_id == owner, Guardian.position == position)
        ).first() or Guardian(student_id=owner, position=position, name="")
        session.add(guardian)
        for field, (old, new) in values.items():
            setattr(guardian, field, new)
            session.add(
                FieldChange(
                    student_id=owner, field=f"guardian_{field}:{position}", old=old, new=new,
                    effective_date=date(2026, 11, 1), recorded_at=now(), basis="家长来校登记",
                    operator_id=desk.actor.id,
                )
            )  # fmt: skip


def test_guardians_are_those_of_the_day(school: Workstation) -> None:
    with school.database.write(school.actor, "家长") as session:
        session.add(
            Guardian(
                student_id=student_id(school, "安然"), name="安母", relation="母", phone="138001"
            )
        )
    change_guardian(school, "安然", 1, {"phone": ("138001", "138002")})
    change_guardian(school, "安然", 2, {"name": (None, "安父"), "relation": (None, "父")})
    mother = GuardianRow("安母", "母", None, None, "138001")
    assert record_of(school, "安然", Moment(OCTOBER)).guardians == (mother,)
    winter = record_of(school, "安然", Moment(date(2026, 12, 1))).guardians
    assert [(one.name, one.relation, one.phone) for one in winter] == [
        ("安母", "母", "138002"),
        ("安父", "父", None),
    ]


# --- classes of the same name -------------------------------------------------------------


def test_a_class_name_of_two_cohorts_must_say_its_cohort(school: Workstation) -> None:
    other = namesake(school)
    row = students(school)[0]
    with school.database.read() as session:
        with pytest.raises(SeveralClasses, match=f"2025级{other.name}、2026级{other.name}"):
            find_class(session, other.name)
        assert find_class(session, f"2026级{other.name}").id == row.class_id
    with pytest.raises(SeveralClasses):
        school.students.rows(Moment(OCTOBER), Scope(class_group=other.name))
    for scope, count in (
        (Scope(class_group=f"2026级{other.name}"), 2),
        (Scope(class_group=f"2025级{other.name}"), 0),
        (Scope(class_id=row.class_id), 2),
        (Scope(class_id=other.id), 0),
    ):
        assert len(school.students.rows(Moment(OCTOBER), scope)) == count


@pytest.mark.parametrize("written", ["{name}", "2026级{name}"])
def test_a_paper_for_a_class_takes_the_cohort_beside_it(school: Workstation, written: str) -> None:
    name = namesake(school).name
    args = argparse.Namespace(
        class_group=written.format(name=name), cohort=2026, student=None, known_on=None
    )
    rows = school.students.rows(Moment(OCTOBER), papers.scope_of(args, school))
    assert [row.name for row in rows] == ["安然", "白岩"]
