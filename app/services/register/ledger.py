"""Reading and writing the 学籍台账: standing is a fold of its entries, as of any day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    ScalarSelect,
    Select,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from app.models.ledger import LedgerEntry
from app.models.organisation import ClassGroup, Major
from app.models.rules.transitions import CODED_KINDS
from app.models.standing import STANDINGS
from app.models.student import Student
from app.models.vocabulary import Kind, Status
from app.services.errors import EntryAlreadyReversed
from app.services.register.queries import among


@dataclass(frozen=True, slots=True)
class Moment:
    """The point from which the register is looked at.

    `as_of`: what was in force on that day; `known_on`: by what had been recorded until then
    (None: everything known now). `upcoming`: who only begins after that day is seen as he will
    stand on his first day (an August import of September's students must show them).
    """

    as_of: date
    known_on: datetime | None = None
    upcoming: bool = False


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One entry as it is shown and printed."""

    id: int
    kind: Kind
    effective_date: date
    until: date | None
    recorded_at: datetime
    from_status: Status | None
    to_status: Status | None
    from_class: str
    to_class: str
    from_major: str
    to_major: str
    reason: str
    reverses: int | None  # of a 冲正: the entry that it takes back
    reversed: bool


#: LedgerEntry, an alias of it, or the plain columns of its table: rows of those cost half as much.
Columns: TypeAlias = Any


def plain() -> Columns:
    """The columns of one more look into the ledger."""
    return LedgerEntry.__table__.alias().c


def begun(entry: Columns, moment: Moment) -> ColumnElement[bool]:
    """Condition: the entry has taken effect, or belongs to the first day of who is upcoming."""
    condition: ColumnElement[bool] = entry.effective_date <= moment.as_of
    if not moment.upcoming:
        return condition
    first = plain()
    first_day = select(func.min(first.effective_date)).where(first.student_id == entry.student_id)
    return or_(condition, entry.effective_date == first_day.scalar_subquery())


def in_force(entry: Columns, moment: Moment) -> ColumnElement[bool]:
    """Condition: the entry counts at that moment and no 冲正 has taken it back."""
    reversal = plain()
    taken_back = select(reversal.id).where(reversal.reverses_id == entry.id)
    condition = and_(begun(entry, moment), entry.kind != Kind.REVERSAL)
    if moment.known_on is not None:
        taken_back = taken_back.where(reversal.recorded_at <= moment.known_on)
        condition = and_(condition, entry.recorded_at <= moment.known_on)
    return and_(condition, ~exists(taken_back))


def is_change(entry: Columns, moment: Moment) -> ColumnElement[bool]:
    """Condition: the entry is a 学籍异动 that counts at that moment."""
    return and_(entry.kind.in_(CODED_KINDS), in_force(entry, moment))


@dataclass(frozen=True, slots=True)
class Standing:
    """The three sides of a student's standing as SQL, one value for each row of `students`."""

    status: ScalarSelect[Status | None]
    class_id: ScalarSelect[int | None]
    major_id: ScalarSelect[int | None]


def standing(moment: Moment) -> Standing:
    """The fold: for each side the last entry in force that says something of it."""
    students = Student.__table__

    def last(column: str) -> ScalarSelect[object]:
        entry = plain()
        value: ColumnElement[object] = entry[column]
        return (
            select(value)
            .where(entry.student_id == students.c.id, value.is_not(None), in_force(entry, moment))
            .order_by(entry.effective_date.desc(), entry.id.desc())
            .limit(1)
            .correlate(students)
            .scalar_subquery()
        )

    return Standing(last("to_status"), last("to_class_id"), last("to_major_id"))  # type: ignore[arg-type]


def standings(moment: Moment, *also: date) -> FromClause:
    """Where everybody stands, a row each, and from when until when; for lists and counts.

    With `also`, every stretch that holds on one of those days too. As far as nothing was recorded
    after `known_on`, what is kept folded is what was known; only the others are folded now.
    `standing` is the same of one student at a time.
    """
    days = (moment.as_of, *also)
    kept = _kept(moment, days)
    if moment.known_on is None:
        return kept.subquery()
    entry = plain()
    later = (
        select(entry.student_id).where(entry.recorded_at > moment.known_on).distinct().cte("later")
    )
    folded = [
        select(
            Student.__table__.c.id,
            literal(day, Date).label("since"),
            literal(day + timedelta(days=1), Date).label("until"),
            fold.status,
            fold.class_id,
            fold.major_id,
        ).where(Student.__table__.c.id.in_(select(later.c.student_id)))
        for day in days
        for fold in [standing(replace(moment, as_of=day))]
    ]
    unmoved = kept.where(STANDINGS.c.student_id.not_in(select(later.c.student_id)))
    return union_all(unmoved, *folded).subquery()


def _kept(moment: Moment, days: Sequence[date]) -> Select[Any]:
    """What is kept folded of the stretches that hold on one of these days."""
    on_a_day = []
    for day in days:
        begun = STANDINGS.c.since <= day
        if moment.upcoming:
            begun = or_(begun, STANDINGS.c.first)
        on_a_day.append(and_(begun, STANDINGS.c.until > day))
    return select(
        STANDINGS.c.student_id,
        STANDINGS.c.since,
        STANDINGS.c.until,
        STANDINGS.c.status,
        STANDINGS.c.class_id,
        STANDINGS.c.major_id,
    ).where(or_(*on_a_day))


def record(
    session: Session,
    student: Student,
    kind: Kind,
    effective_date: date,
    *,
    operator_id: int,
    recorded_at: datetime,
    to_status: Status | None = None,
    to_class_id: int | None = None,
    to_major_id: int | None = None,
    until: date | None = None,
    reason: str = "",
    batch_id: int | None = None,
) -> LedgerEntry:
    """Add one entry; where the student stood before on that day is filled in."""
    status, class_id, major_id = position(session, student.id, Moment(effective_date))
    entry = LedgerEntry(
        student_id=student.id,
        kind=kind,
        effective_date=effective_date,
        until=until,
        recorded_at=recorded_at,
        from_status=status,
        to_status=to_status,
        from_class_id=class_id,
        to_class_id=to_class_id,
        from_major_id=major_id,
        to_major_id=to_major_id,
        reason=reason,
        operator_id=operator_id,
        batch_id=batch_id,
    )
    session.add(entry)
    session.flush()
    return entry


def reverse(
    session: Session,
    entry: LedgerEntry,
    *,
    operator_id: int,
    recorded_at: datetime,
    reason: str,
    batch_id: int | None = None,
) -> LedgerEntry:
    """冲正: take `entry` back by an entry that names it; both stay."""
    if session.scalar(select(LedgerEntry.id).where(LedgerEntry.reverses_id == entry.id)):
        raise EntryAlreadyReversed(kind=entry.kind.value, day=entry.effective_date)
    reversal = LedgerEntry(
        student_id=entry.student_id,
        kind=Kind.REVERSAL,
        effective_date=entry.effective_date,
        recorded_at=recorded_at,
        from_status=entry.to_status,
        from_class_id=entry.to_class_id,
        from_major_id=entry.to_major_id,
        reason=reason,
        operator_id=operator_id,
        batch_id=batch_id,
        reverses_id=entry.id,
    )
    session.add(reversal)
    session.flush()
    return reversal


def position(
    session: Session, student_id: int, moment: Moment
) -> tuple[Status | None, int | None, int | None]:
    """Status, class and major of one student at that moment."""
    fold = standing(moment)
    row = session.execute(
        select(fold.status, fold.class_id, fold.major_id).where(Student.id == student_id)
    ).one()
    return row[0], row[1], row[2]


def history(
    session: Session, student_ids: Sequence[int], moment: Moment
) -> dict[int, list[LedgerRow]]:
    """Every entry of these students that was recorded by then, in the order of effect."""
    classes: dict[int, str] = dict(session.execute(select(ClassGroup.id, ClassGroup.name)).all())
    majors: dict[int, str] = dict(session.execute(select(Major.id, Major.name)).all())
    query = select(LedgerEntry).where(begun(LedgerEntry, moment))
    if moment.known_on is not None:
        query = query.where(LedgerEntry.recorded_at <= moment.known_on)
    query = query.where(among(LedgerEntry.student_id, student_ids))
    entries = session.scalars(query.order_by(LedgerEntry.effective_date, LedgerEntry.id)).all()
    taken_back = {entry.reverses_id for entry in entries if entry.reverses_id}
    rows: dict[int, list[LedgerRow]] = {identity: [] for identity in student_ids}
    for entry in entries:
        rows[entry.student_id].append(
            LedgerRow(
                id=entry.id,
                kind=entry.kind,
                effective_date=entry.effective_date,
                until=entry.until,
                recorded_at=entry.recorded_at,
                from_status=entry.from_status,
                to_status=entry.to_status,
                from_class=classes.get(entry.from_class_id or 0, ""),
                to_class=classes.get(entry.to_class_id or 0, ""),
                from_major=majors.get(entry.from_major_id or 0, ""),
                to_major=majors.get(entry.to_major_id or 0, ""),
                reason=entry.reason,
                reverses=entry.reverses_id,
                reversed=entry.id in taken_back,
            )
        )
    return rows
