"""Whatever was entered, late, taken back or voided: the folds, the counts and the rosters agree.

Each example is a register of some thousand entries, made at random and folded once more here, one
entry after the other, in the plainest way.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.ledger import LedgerEntry
from app.models.organisation import ClassGroup, Cohort, Department, Major
from app.models.rules.transitions import RULES, Position
from app.models.student import Student
from app.models.vocabulary import CountBase, Grouping, Kind, Status
from app.services.register import ledger
from app.services.register.bridge import bridge
from app.services.register.headcount import headcounts
from app.services.register.ledger import Moment
from app.services.register.students import Scope, student_rows
from app.services.vault.audit import Actor
from app.services.vault.database import Database

FIRST_DAY = date(2026, 9, 1)
FIRST_HOUR = datetime(2026, 8, 1, tzinfo=UTC)
STUDENTS, ENTRIES = 160, 14  # of each at most


@dataclass(frozen=True)
class Plain:
    """A student as the test remembers him."""

    id: int
    cohort: int
    voided_at: datetime | None
    entries: list[LedgerEntry] = field(default_factory=list)

    def position(self, moment: Moment) -> Position:
        """Where he stands at the moment, one entry after the other."""
        known = [one for one in self.entries
                 if moment.known_on is None or one.recorded_at <= moment.known_on]  # fmt: skip
        gone = {one.reverses_id for one in known}
        position = Position()
        for one in sorted(known, key=lambda one: (one.effective_date, one.id)):
            if one.effective_date <= moment.as_of and one.id not in gone:
                position = position if one.kind is Kind.REVERSAL else position.after(one)
        return position

    def living(self, moment: Moment) -> bool:
        if self.voided_at is None:
            return True
        return moment.known_on is not None and self.voided_at > moment.known_on


@dataclass(frozen=True)
class World:
    """The register of one example."""

    students: list[Plain]
    classes: dict[int, ClassGroup]
    departments: dict[int, int | None]  # by major

    def key(self, grouping: Grouping, student: Plain, position: Position) -> int | None:
        """The group of a student, said once more."""
        if grouping is Grouping.CLASS:
            return position.class_id
        if grouping is Grouping.MAJOR:
            return position.major_id
        if grouping is Grouping.DEPARTMENT:
            return self.departments.get(position.major_id or 0)
        group = self.classes.get(position.class_id or 0)
        return group.cohort_year if group else student.cohort

    def present(self, base: CountBase, moment: Moment) -> dict[int, Position]:
        """Who is counted, and where he stands."""
        found = {s.id: s.position(moment) for s in self.students if s.living(moment)}
        return {one: place for one, place in found.items() if base.counts(place.status)}


class _Undo(Exception):
    """Leaves the unit of work without a trace."""


@contextmanager
def passing(database: Database, actor: Actor) -> Iterator[Session]:
    try:
        with database.write(actor, "试验") as session:
            yield session
            raise _Undo
    except _Undo:
        pass


def made(session: Session, dice: random.Random) -> World:
    """A school of three majors and six classes, and a random history for each student."""
    session.add(Cohort(year=2027, entry_date=date(2027, 9, 1)))
    departments = [Department(name=name) for name in ("信息系", "机电系")]
    session.add_all(departments)
    session.flush()
    majors = [
        Major(name=f"专业{n}", serial=n, department_id=department)
        for n, department in enumerate([departments[0].id, departments[1].id, None], start=1)
    ]
    session.add_all(majors)
    session.flush()
    groups = [
        ClassGroup(name=f"{major.name}{year}", cohort_year=year, major_id=major.id, serial=1)
        for major in majors
        for year in (2026, 2027)
    ]
    session.add_all(groups)
    session.flush()
    hour = FIRST_HOUR
    students = []
    for _ in range(dice.randint(STUDENTS // 2, STUDENTS)):
        voided = FIRST_HOUR + timedelta(hours=dice.randint(0, 4000))
        row = Student(
            cohort_year=dice.choice((2026, 2027)), name="钱多多", recorded_at=FIRST_HOUR,
            voided_at=voided if dice.random() < 0.05 else None,
        )  # fmt: skip
        session.add(row)
        session.flush()
        students.append(Plain(row.id, row.cohort_year, row.voided_at))
    kinds = [kind for kind in Kind if kind is not Kind.REVERSAL]
    for _ in range(ENTRIES):
        for student in students:
            hour += timedelta(hours=1)
            if student.entries and dice.random() < 0.2:
                _reverse(session, student, hour, dice)
            else:
                _enter(session, student, hour, dice, dice.choice(kinds), majors, groups)
    return World(
        students,
        {group.id: group for group in groups},
        {major.id: major.department_id for major in majors},
    )


def _enter(
    session: Session,
    student: Plain,
    hour: datetime,
    dice: random.Random,
    kind: Kind,
    majors: list[Major],
    groups: list[ClassGroup],
) -> None:
    """An entry for any day, before or after what is there already."""
    entry = LedgerEntry(
        student_id=student.id,
        kind=kind,
        effective_date=FIRST_DAY + timedelta(days=dice.randint(0, 400)),
        recorded_at=hour,
        to_status=RULES[kind].to or (dice.choice(list(Status)) if dice.random() < 0.3 else None),
        to_class_id=dice.choice(groups).id if dice.random() < 0.4 else None,
        to_major_id=dice.choice(majors).id if dice.random() < 0.3 else None,
        operator_id=1,
    )
    session.add(entry)
    session.flush()
    student.entries.append(entry)


def _reverse(session: Session, student: Plain, hour: datetime, dice: random.Random) -> None:
    gone = {one.reverses_id for one in student.entries}
    left = [one for one in student.entries if one.kind is not Kind.REVERSAL and one.id not in gone]
    if left:
        student.entries.append(
            ledger.reverse(session, dice.choice(left), operator_id=1, recorded_at=hour, reason="")
        )


def moments(dice: random.Random, world: World, many: int) -> list[Moment]:
    """Random days, half of them as they were known at some hour."""
    last = max(one.recorded_at for student in world.students for one in student.entries)
    hours = int((last - FIRST_HOUR).total_seconds() // 3600)
    return [
        Moment(
            FIRST_DAY + timedelta(days=dice.randint(-5, 410)),
            FIRST_HOUR + timedelta(hours=dice.randint(0, hours), minutes=30) if n % 2 else None,
        )
        for n in range(many)
    ]


EXAMPLES = settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@EXAMPLES
@given(seed=st.integers(0, 2**32))
def test_every_fold_is_the_plain_one(database: Database, actor: Actor, seed: int) -> None:
    dice = random.Random(seed)
    with passing(database, actor) as session:
        world = made(session, dice)
        for moment in moments(dice, world, 6):
            table = ledger.standings(moment).c
            query = select(table.student_id, table.status, table.class_id, table.major_id)
            fold = {row[0]: tuple(row[1:]) for row in session.execute(query)}
            nowhere = (None, None, None)
            for student in world.students:
                place = student.position(moment)
                assert fold.get(student.id, nowhere) == (
                    place.status, place.class_id, place.major_id
                )  # fmt: skip
            for student in dice.sample(world.students, 20):
                place = student.position(moment)
                found = ledger.position(session, student.id, moment)
                assert found == (place.status, place.class_id, place.major_id)


@EXAMPLES
@given(seed=st.integers(0, 2**32))
def test_every_count_closes_in_every_grouping_and_agrees_with_the_rosters(
    database: Database, actor: Actor, seed: int
) -> None:
    dice = random.Random(seed)
    with passing(database, actor) as session:
        world = made(session, dice)
        for one, other in zip(moments(dice, world, 4), moments(dice, world, 4), strict=True):
            base = dice.choice(list(CountBase))
            begin, end = sorted((one.as_of, other.as_of))
            known = one.known_on
            counts = headcounts(session, begin, end, Grouping, base=base, known_on=known)
            sides = (
                ("opening", world.present(base, Moment(begin - timedelta(days=1), known))),
                ("closing", world.present(base, Moment(end, known))),
            )
            for grouping, count in counts.items():
                assert count.balanced
                for side, present in sides:
                    expected = defaultdict(set)
                    for student in world.students:
                        if student.id in present:
                            key = world.key(grouping, student, present[student.id])
                            expected[key].add(student.id)
                    found = {row.class_id: set(getattr(row, side)) for row in count.rows}
                    assert {key: ids for key, ids in found.items() if ids} == expected
                    assert set(getattr(count.total, side)) == set(present)
            counted = frozenset(status for status in Status if base.counts(status))
            roster = student_rows(session, Moment(end, known), Scope(statuses=counted))
            assert len(roster) == len(counts[Grouping.CLASS].total.closing)
            sizes = Counter(row.class_id for row in roster)
            assert sizes == {
                row.class_id: len(row.closing) for row in counts[Grouping.CLASS].rows if row.closing
            }


@EXAMPLES
@given(seed=st.integers(0, 2**32))
def test_every_bridge_bears(database: Database, actor: Actor, seed: int) -> None:
    dice = random.Random(seed)
    with passing(database, actor) as session:
        world = made(session, dice)
        for first, second in zip(moments(dice, world, 4), moments(dice, world, 5)[1:], strict=True):
            base = dice.choice(list(CountBase))
            class_id = dice.choice([None, *world.classes])
            found = bridge(session, first, second, base=base, class_id=class_id)
            assert found.balanced
            for moment, side in ((first, found.opening), (second, found.closing)):
                present = world.present(base, moment)
                assert set(side) == {
                    one for one, place in present.items() if class_id in (None, place.class_id)
                }
