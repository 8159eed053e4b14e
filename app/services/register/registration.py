"""学期注册: who came, who asked for leave, who is missing; and what the platform holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import FromClause, func, select
from sqlalchemy.orm import Session

from app.models.audits import PlatformCount
from app.models.registration import Term, TermRegistration
from app.models.rules.rulebook import Topic
from app.models.student import Student
from app.models.vocabulary import Arrival, Role, Status
from app.services.clock import now, today
from app.services.errors import NoSuchTerm, RegistrationRefused
from app.services.register.ledger import Moment
from app.services.register.rulebook import Book
from app.services.register.students import Scope, StudentRow, student_rows
from app.services.vault.audit import Actor
from app.services.vault.database import Database

_EXPECTED = frozenset({Status.ENROLLED})


@dataclass(frozen=True, slots=True)
class TermRow:
    """One term."""

    id: int
    name: str
    begin: date
    end: date


@dataclass(frozen=True, slots=True)
class ArrivalRow:
    """How one student who was expected came to the term; `arrival` None: nobody said anything."""

    student: StudentRow
    arrival: Arrival | None
    on: date | None
    reason: str
    overdue: bool  # not here, and the days that the rule grants have passed

    @property
    def present(self) -> bool:
        """实到."""
        return self.arrival is Arrival.ARRIVED


class Registration:
    """The terms of one register, and who came to them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def terms(self, actor: Actor) -> list[TermRow]:
        """All terms, the newest first."""
        actor.require_sight()
        with self._database.read() as session:
            query = select(Term).order_by(Term.begin_date.desc())
            return [_term_row(term) for term in session.scalars(query)]

    def open_term(self, actor: Actor, name: str, begin: date, end: date) -> TermRow:
        """Set a term up; it may not overlap another one."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "设学期", name) as session:
            if not name.strip() or begin >= end:
                raise RegistrationRefused(problem=f"学期“{name}”要有名称，且 {begin} 应早于 {end}")
            other = session.scalars(
                select(Term).where(
                    (Term.name == name) | ((Term.begin_date <= end) & (Term.end_date >= begin))
                )
            ).first()
            if other is not None:
                raise RegistrationRefused(
                    problem=f"已有学期“{other.name}”（{other.begin_date} 至 {other.end_date}）"
                )
            term = Term(name=name.strip(), begin_date=begin, end_date=end)
            session.add(term)
            session.flush()
            return _term_row(term)

    def register(
        self,
        actor: Actor,
        term: str,
        student_ids: Sequence[int],
        arrival: Arrival,
        *,
        on: date,
        reason: str = "",
    ) -> int:
        """Note how these students came; answers how many. Leave and 缓注册 need a reason."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "学期注册", f"{term} {arrival.value}") as session:
            found = _term(session, term)
            if not found.begin_date - timedelta(days=31) <= on <= min(found.end_date, today()):
                raise RegistrationRefused(problem=f"日期 {on} 应在学期“{term}”之内，且不晚于今天")
            if arrival in (Arrival.ON_LEAVE, Arrival.POSTPONED) and not reason.strip():
                raise RegistrationRefused(problem=f"“{arrival.value}”要写明原因")
            expected = {row.id for row in _expected(session, found, max(on, found.begin_date))}
            strangers = [one for one in student_ids if one not in expected]
            if strangers:
                names = "、".join(session.get_one(Student, one).name for one in strangers[:5])
                raise RegistrationRefused(
                    problem=f"{names}这一天不是在校生，不参加注册（先办复学等异动）"
                )
            session.add_all(
                TermRegistration(
                    student_id=student_id,
                    term_id=found.id,
                    arrival=arrival,
                    on_date=on,
                    reason=reason,
                    operator_id=actor.id,
                    recorded_at=now(),
                )
                for student_id in dict.fromkeys(student_ids)
            )
        return len(set(student_ids))

    def rows(
        self, actor: Actor, term: str, on: date | None = None, *, class_id: int | None = None
    ) -> list[ArrivalRow]:
        """Everybody expected in a term on a day (today), and how he came."""
        actor.require_sight()
        with self._database.read() as session:
            found = _term(session, term)
            on = min(on or today(), found.end_date)
            people = _expected(session, found, max(on, found.begin_date), class_id)
            last = {row.student_id: row for row in session.execute(select(_last(found, on, None)))}
            grace = Book(session).value(Topic.REGISTRATION_GRACE, on) or 0
            late = on > found.begin_date + timedelta(days=grace)
            return [_arrival_row(student, last.get(student.id), late=late) for student in people]

    def missing(self, actor: Actor, term: str, on: date | None = None) -> list[ArrivalRow]:
        """未注册名单: who was expected and neither came nor asked."""
        rows = self.rows(actor, term, on)
        return [row for row in rows if row.arrival in (None, Arrival.ABSENT)]

    def set_platform_counts(
        self, actor: Actor, counts: Mapping[int, int], *, on: date, source: str
    ) -> None:
        """What a platform holds of each class (by id) on a day."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "登记平台人数", source) as session:
            if any(count < 0 for count in counts.values()) or not source.strip():
                raise RegistrationRefused(problem="平台人数不能小于 0，并要写明是哪个平台")
            session.add_all(
                PlatformCount(
                    class_id=class_id,
                    counted_on=on,
                    count=count,
                    source=source,
                    operator_id=actor.id,
                    recorded_at=now(),
                )
                for class_id, count in counts.items()
            )


def arrivals_on(session: Session, day: date, known_on: datetime | None = None) -> FromClause | None:
    """`student_id` and `arrival`: how each had come to the term of that day; None outside of any
    term."""
    term = session.scalars(select(Term).where(Term.begin_date <= day, Term.end_date >= day)).first()
    return None if term is None else _last(term, day, known_on)


def platform_counts(
    session: Session, begin: date, end: date, known_on: datetime | None = None
) -> dict[int, int]:
    """The last number of each class that the platform showed within these days."""
    query = select(PlatformCount).where(
        PlatformCount.counted_on >= begin, PlatformCount.counted_on <= end
    )
    if known_on is not None:
        query = query.where(PlatformCount.recorded_at <= known_on)
    rows = session.scalars(query.order_by(PlatformCount.counted_on, PlatformCount.id))
    return {row.class_id: row.count for row in rows}


def _last(term: Term, on: date, known_on: datetime | None) -> FromClause:
    """The row of a term that counts of each student on a day."""
    row = TermRegistration.__table__
    after = (row.c.on_date.desc(), row.c.id.desc())
    place = func.row_number().over(partition_by=row.c.student_id, order_by=after)
    noted = select(*row.c, place.label("place")).where(
        row.c.term_id == term.id, row.c.on_date <= on
    )
    if known_on is not None:
        noted = noted.where(row.c.recorded_at <= known_on)
    rows = noted.subquery()
    return select(rows).where(rows.c.place == 1).subquery()


def _expected(
    session: Session, term: Term, on: date, class_id: int | None = None
) -> list[StudentRow]:
    """Who should be here: in school on that day of the term."""
    scope = Scope(class_id=class_id, statuses=_EXPECTED)
    return student_rows(session, Moment(min(on, term.end_date)), scope)


def _arrival_row(student: StudentRow, row: Any, *, late: bool) -> ArrivalRow:
    arrival = row.arrival if row else None
    return ArrivalRow(
        student=student,
        arrival=arrival,
        on=row.on_date if row else None,
        reason=row.reason if row else "",
        overdue=late and arrival in (None, Arrival.ABSENT),
    )


def _term(session: Session, name: str) -> Term:
    term = session.scalars(select(Term).where(Term.name == name)).first()
    if term is None:
        known: Iterable[str] = session.scalars(select(Term.name).order_by(Term.begin_date))
        raise NoSuchTerm(name=name, known="、".join(known) or "还没有")
    return term


def _term_row(term: Term) -> TermRow:
    return TermRow(term.id, term.name, term.begin_date, term.end_date)
