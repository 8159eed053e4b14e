"""休学台账: who is away until when, who is to be reminded, who goes to the meeting as overdue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.ledger import LedgerEntry
from app.models.rules.dates import months_after
from app.models.rules.rulebook import Topic
from app.models.student import Student
from app.models.vocabulary import Kind, Status
from app.services.clock import today
from app.services.register.ledger import Moment, in_force, standings
from app.services.register.rulebook import Book
from app.services.register.students import Scope, StudentRow, living, student_rows
from app.services.vault.audit import Actor
from app.services.vault.database import Database

_AWAY: Final = frozenset({Status.SUSPENDED, Status.RETAINED, Status.DEFERRED})
_BEGINNINGS: Final = frozenset(
    {Kind.SUSPENSION, Kind.SUSPENSION_EXTENSION, Kind.RETENTION, Kind.ADMISSION_DEFERRAL}
)


@dataclass(frozen=True, slots=True)
class LeaveRow:
    """One student who is away; `deadline` is the day by which something must have happened.

    For a leave that is its last day, for a soldier his discharge and the time after it that the
    rule leaves him. `apply_by`: by then the application to come back should be here. `reminder` is
    the distance in days that has been reached, None before the first one.
    """

    student: StudentRow
    kind: Kind
    since: date
    until: date | None
    deadline: date | None
    apply_by: date | None
    days_left: int | None
    reminder: int | None
    entry_id: int

    @property
    def id(self) -> int:
        """The student's: nobody is away twice at a time."""
        return self.student.id

    @property
    def overdue(self) -> bool:
        """The deadline has passed and nothing has happened."""
        return self.days_left is not None and self.days_left < 0

    @property
    def due(self) -> bool:
        """Whether somebody has to be reminded or something decided."""
        return is_due(self.days_left, self.reminder)

    @property
    def state(self) -> str:
        """What a list says of it."""
        if self.days_left is None:
            return "没有登记截止日期"
        if self.overdue:
            return f"逾期 {-self.days_left} 天"
        return f"还有 {self.days_left} 天" + ("，请提醒" if self.reminder is not None else "")


class Leaves:
    """Who is away, in one register."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(self, actor: Actor, on: date | None = None) -> list[LeaveRow]:
        """Everybody who is away on a day (today), the nearest deadline first."""
        actor.require_sight()
        with self._database.read() as session:
            return leave_rows(session, on or today())

    def due(self, actor: Actor, on: date | None = None) -> list[LeaveRow]:
        """Who is to be reminded, and who is overdue."""
        return [row for row in self.rows(actor, on) if row.due]

    def overdue(self, actor: Actor, on: date | None = None) -> list[LeaveRow]:
        """Who goes to the meeting."""
        return [row for row in self.rows(actor, on) if row.overdue]


def leave_rows(session: Session, on: date, known_on: datetime | None = None) -> list[LeaveRow]:
    """See Leaves.rows; `known_on`: as was known then."""
    moment = Moment(on, known_on)
    return _with_students(session, _spells(session, moment), moment)


def due_leaves(session: Session, on: date, named: int) -> tuple[list[LeaveRow], tuple[int, ...]]:
    """Who is due: the nearest `named` as rows, of the others the ids, in the same order.

    However many are away, only those who are named are looked up whole.
    """
    moment = Moment(on)
    due = [spell for spell in _spells(session, moment) if spell.due]
    others = tuple(spell.student_id for spell in due[named:])
    return _with_students(session, due[:named], moment), others


class _Spell(NamedTuple):  # a dataclass costs four times as much to make
    """One student's time away, without the student; the fields are those of LeaveRow."""

    student_id: int
    kind: Kind
    since: date
    until: date | None
    deadline: date | None
    apply_by: date | None
    days_left: int | None
    reminder: int | None
    entry_id: int

    @property
    def due(self) -> bool:
        return is_due(self.days_left, self.reminder)


def _with_students(session: Session, spells: Sequence[_Spell], moment: Moment) -> list[LeaveRow]:
    scope = Scope(ids=sorted(spell.student_id for spell in spells))
    students = {row.id: row for row in student_rows(session, moment, scope)}
    return [
        LeaveRow(students[spell.student_id], *spell[1:])
        for spell in spells
        if spell.student_id in students
    ]


#: What is read of an entry; plain columns, for objects of the mapper cost ten times as much.
_OF_ENTRY: Final = ("student_id", "id", "kind", "effective_date", "until")


def _spells(session: Session, moment: Moment) -> list[_Spell]:
    """Everybody who is away, the nearest deadline first, then by 学号."""
    fold = standings(moment)
    query = (
        select(*(getattr(LedgerEntry, name) for name in _OF_ENTRY), Student.number)
        .join(fold, fold.c.student_id == LedgerEntry.student_id)
        .join(Student, Student.id == LedgerEntry.student_id)
        .where(
            living(moment.known_on),
            fold.c.status.in_(_AWAY),
            LedgerEntry.kind.in_(_BEGINNINGS),
            in_force(LedgerEntry, moment),
        )
        .order_by(LedgerEntry.student_id, LedgerEntry.effective_date, LedgerEntry.id)
    )
    terms = _Terms(Book(session), moment.as_of)
    found: list[tuple[date, str, _Spell]] = []
    for student_id, group in groupby(session.execute(query), key=itemgetter(0)):
        entries = list(group)
        spell = terms.spell(student_id, entries)
        found.append((spell.deadline or date.max, entries[-1].number or "~", spell))
    return [spell for *_, spell in sorted(found)]


class _Terms:
    """What the rules of one day say of a time away, each looked up once."""

    def __init__(self, book: Book, on: date) -> None:
        self._on = on
        self._ahead = book.value(Topic.RESUMPTION_AHEAD, on)
        self._distances = book.value(Topic.REMINDERS, on) or ()
        self._after_service = cache(lambda day: book.value(Topic.RETENTION_AFTER, day) or 0)

    def spell(self, student_id: int, entries: Sequence[Any]) -> _Spell:
        """The time away that these entries, in the order of effect, make."""
        last = entries[-1]
        begin = next(
            entry
            for entry in reversed(entries)
            if entry.kind is not Kind.SUSPENSION_EXTENSION or entry is entries[0]
        )
        until = deadline = last.until
        if until is not None and last.kind is Kind.RETENTION:
            deadline = months_after(until, self._after_service(until))
        return _Spell(
            student_id=student_id,
            kind=last.kind,
            since=begin.effective_date,
            until=until,
            deadline=deadline,
            apply_by=months_after(until, -self._ahead) if until and self._ahead else None,
            days_left=(deadline - self._on).days if deadline else None,
            reminder=_reminder(self._distances, until, self._on),
            entry_id=last.id,
        )


def is_due(days_left: int | None, reminder: int | None) -> bool:
    """Whether somebody has to be reminded, or the deadline has passed."""
    return reminder is not None or (days_left is not None and days_left < 0)


def _reminder(distances: Sequence[int], until: date | None, on: date) -> int | None:
    """The nearest of the set distances that has been reached."""
    if until is None:
        return None
    reached = [days for days in distances if until - timedelta(days=days) <= on]
    return min(reached, default=None)
