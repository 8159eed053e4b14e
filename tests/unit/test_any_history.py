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
from itertools import groupby
from typing import TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.ledger import LedgerEntry
from app.models.organisation import ClassGroup, Cohort, Department, Major
from app.models.registration import Term, TermRegistration
from app.models.rules.transitions import RULES, Position
from app.models.student import FieldChange, Student
from app.models.vocabulary import Arrival, CountBase, Grouping, Kind, Sex, Status
from app.services.register import ledger
from app.services.register.bridge import bridge
from app.services.register.headcount import HeadcountRow, headcounts
from app.services.register.ledger import Moment
from app.services.register.students import Scope, student_rows
from app.services.vault.audit import Actor
from app.services.vault.database import Database

FIRST_DAY = date(2026, 9, 1)
FIRST_HOUR = datetime(2026, 8, 1, tzinfo=UTC)
LAST_DAY = date(2027, 1, 31)  # of the one term
STUDENTS, ENTRIES = 160, 14  # of each at most


#: Student, cause, whether he came, group.
Moves: TypeAlias = Counter[tuple[int, Kind, bool, int | None]]


@dataclass(frozen=True)
class Plain:
    """A student as the test remembers him."""

    id: int
    cohort: int
    voided_at: datetime | None
    sex: Sex | None
    was: FieldChange | None  # the sex was another one before
    entries: list[LedgerEntry] = field(default_factory=list)
    arrivals: list[TermRegistration] = field(default_factory=list)

    def in_force(self, known_on: datetime | None) -> list[LedgerEntry]:
        """What counts of his entries, as far as was known, in the order of effect."""
        known = [one for one in self.entries if known_on is None or one.recorded_at <= known_on]
        gone = {one.reverses_id for one in known}
        left = [one for one in known if one.id not in gone and one.kind is not Kind.REVERSAL]
        return sorted(left, key=lambda one: (one.effective_date, one.id))

    def position(self, moment: Moment) -> Position:
        """Where he stands at the moment, one entry after the other."""
        position = Position()
        for one in self.in_force(moment.known_on):
            if one.effective_date <= moment.as_of:
                position = position.after(one)
        return position

    def sex_at(self, moment: Moment) -> Sex | None:
        """His sex, as it was written then."""
        change, known = self.was, moment.known_on
        if change is not None and (
            change.effective_date > moment.as_of
            or (known is not None and change.recorded_at > known)
        ):
            return Sex(change.old) if change.old else None
        return self.sex

    def arrival_at(self, moment: Moment) -> Arrival | None:
        """What was noted last of how he came to the term."""
        noted = [
            one for one in self.arrivals
            if one.on_date <= moment.as_of
            and (moment.known_on is None or one.recorded_at <= moment.known_on)
        ]  # fmt: skip
        return max(noted, key=lambda one: (one.on_date, one.id)).arrival if noted else None

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

    def splits(self, places: dict[int, Position], moment: Moment) -> list[dict[object, set[int]]]:
        """These students by status, by sex, and, who should be in school, by arrival."""
        found: list[dict[object, set[int]]] = [defaultdict(set) for _ in range(3)]
        for student in self.students:
            status = places.get(student.id, Position()).status
            if status is None:
                continue
            found[0][status].add(student.id)
            found[1][student.sex_at(moment)].add(student.id)
            if status.in_school and FIRST_DAY <= moment.as_of <= LAST_DAY:
                found[2][student.arrival_at(moment)].add(student.id)
        return found

    def moves(
        self, grouping: Grouping | None, base: CountBase, begin: date, moment: Moment
    ) -> Moves:
        """Who crossed the border of a group (None: of the base alone), by which last entry."""
        found: Moves = Counter()

        def place(student: Plain, position: Position) -> tuple[bool, int | None]:
            """Whether he is counted there, and in which group."""
            key = self.key(grouping, student, position) if grouping else None
            return base.counts(position.status), key

        for student in self.students:
            position = Position()
            days = groupby(student.in_force(moment.known_on), lambda one: one.effective_date)
            for day, entries in days:
                dawn, causes = position, []
                for entry in entries:
                    before, position = position, position.after(entry)
                    causes.append((entry.kind, place(student, before), place(student, position)))
                (was, origin), (now, target) = place(student, dawn), place(student, position)
                if not student.living(moment) or not begin <= day <= moment.as_of:
                    continue
                if was == now and (not was or origin == target):
                    continue
                part = 0 if was != now else 1
                kind = [kind for kind, old, new in causes if old[part] != new[part]][-1]
                found.update([(student.id, kind, False, origin)] * was)
                found.update([(student.id, kind, True, target)] * now)
        return found

    def present(self, base: CountBase, moment: Moment) -> dict[int, Position]:
        """Who is counted, and where he stands."""
        found = {s.id: s.position(moment) for s in self.students if s.living(moment)}
        return {one: place for one, place in found.items() if base.counts(place.status)}


def movers(row: HeadcountRow) -> Moves:
    """Who came and went by the columns of a row."""
    return Counter(
        (student_id, kind, entered, row.class_id)
        for entered, columns in ((True, row.entered), (False, row.left))
        for kind, ids in columns.items()
        for student_id in ids
    )


def splits(row: HeadcountRow) -> list[dict[object, set[int]]]:
    """The closing of a row by status, by sex, by arrival."""
    return [
        {key: set(ids) for key, ids in column.items()}
        for column in (row.statuses, row.sexes, row.arrivals)
    ]


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
            sex=dice.choice((*Sex, None)),
        )  # fmt: skip
        session.add(row)
        session.flush()
        was = _another_sex(row, dice) if dice.random() < 0.2 else None
        session.add_all([was] if was else [])
        students.append(Plain(row.id, row.cohort_year, row.voided_at, row.sex, was))
    kinds = [kind for kind in Kind if kind is not Kind.REVERSAL]
    for _ in range(ENTRIES):
        for student in students:
            hour += timedelta(hours=1)
            if student.entries and dice.random() < 0.2:
                _reverse(session, student, hour, dice)
            else:
                _enter(session, student, hour, dice, dice.choice(kinds), majors, groups)
    term = Term(name="2026-2027-1", begin_date=FIRST_DAY, end_date=LAST_DAY)
    session.add(term)
    session.flush()
    for student in dice.choices(students, k=2 * len(students)):  # of some nothing, of some often
        student.arrivals.append(_arrived(student, term, dice))
        session.add(student.arrivals[-1])
        session.flush()
    return World(
        students,
        {group.id: group for group in groups},
        {major.id: major.department_id for major in majors},
    )


def _another_sex(student: Student, dice: random.Random) -> FieldChange:
    old = dice.choice([sex.value for sex in Sex] + [""]) or None
    new = student.sex.value if student.sex else None
    return FieldChange(
        student_id=student.id, field="sex", old=old, new=new, basis="户口簿", operator_id=1,
        effective_date=FIRST_DAY + timedelta(days=dice.randint(0, 400)),
        recorded_at=FIRST_HOUR + timedelta(hours=dice.randint(0, 2000)),
    )  # fmt: skip


def _arrived(student: Plain, term: Term, dice: random.Random) -> TermRegistration:
    return TermRegistration(
        student_id=student.id, term_id=term.id, arrival=dice.choice(list(Arrival)), operator_id=1,
        on_date=FIRST_DAY + timedelta(days=10 * dice.randint(0, 6)),
        recorded_at=FIRST_HOUR + timedelta(hours=dice.randint(0, 2000)),
    )  # fmt: skip


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
        effective_date=FIRST_DAY + timedelta(days=_day(dice)),
        recorded_at=hour,
        to_status=RULES[kind].to or (dice.choice(list(Status)) if dice.random() < 0.3 else None),
        to_class_id=dice.choice(groups).id if dice.random() < 0.4 else None,
        to_major_id=dice.choice(majors).id if dice.random() < 0.3 else None,
        operator_id=1,
    )
    session.add(entry)
    session.flush()
    student.entries.append(entry)


def _day(dice: random.Random) -> int:
    """Any day, or one of a few on which much happens to one student."""
    return dice.choice((dice.randint(0, 400), 40 * dice.randint(0, 10)))


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
def test_every_count_is_the_plain_one_closes_and_agrees_with_the_rosters(
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
            closing = world.present(base, Moment(end, known))
            sides = (
                ("opening", world.present(base, Moment(begin - timedelta(days=1), known))),
                ("closing", closing),
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
                for row in (*count.rows, count.total):
                    places = {student_id: closing[student_id] for student_id in row.closing}
                    assert splits(row) == world.splits(places, Moment(end, known))
                moves = world.moves(grouping, base, begin, Moment(end, known))
                assert sum(map(movers, count.rows), Counter()) == moves
                assert movers(count.total) == world.moves(None, base, begin, Moment(end, known))
                assert moves == Counter(
                    (move.student_id, move.kind, move.entered, move.class_id)
                    for move in count.movements
                )
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
