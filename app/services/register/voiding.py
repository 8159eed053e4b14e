"""作废: a student's record that was made by mistake, with a reason and a second person.

Nothing is deleted: a voided record drops out of every list and count from then on, and what was
known before still shows it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.cases import StatusChange, Voiding
from app.models.evidence import Evidence
from app.models.ledger import LedgerEntry
from app.models.operator import Operator
from app.models.papers import PrintedSheet
from app.models.student import Student
from app.models.vocabulary import Role
from app.services.clock import now
from app.services.errors import NoSuchVoiding, VoidingRefused
from app.services.register.casework import UNREVIEWED, other_reviewer
from app.services.vault.audit import Actor
from app.services.vault.database import Database


@dataclass(frozen=True, slots=True)
class Belongings:
    """What hangs on a record that is to be voided; shown before anybody decides."""

    entries: int
    cases: int
    papers: int
    printed: int
    number: str | None

    @property
    def lines(self) -> tuple[str, ...]:
        """As sentences, the empty ones left out."""
        told = (
            (self.entries, f"学籍台账 {self.entries} 条"),
            (self.cases, f"异动个案 {self.cases} 个"),
            (self.papers, f"证明材料 {self.papers} 份"),
            (self.printed, f"打印过 {self.printed} 份表，须收回或注明"),
            (self.number, f"学号 {self.number} 不再给别人"),
        )
        return tuple(text for there, text in told if there)


@dataclass(frozen=True, slots=True)
class VoidingRow:
    """One voiding: waiting for the second person, or done."""

    id: int
    student_id: int
    name: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str
    confirmed_at: datetime | None
    belongings: Belongings

    @property
    def done(self) -> bool:
        """Whether the record is voided."""
        return self.confirmed_at is not None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of it."""
        alone = self.done and self.confirmed_by == self.proposed_by
        return (UNREVIEWED,) if alone else ()


class Voidings:
    """Records that were made by mistake, in one register."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def belongings(self, actor: Actor, student_id: int) -> Belongings:
        """What hangs on the record."""
        actor.require_sight()
        with self._database.read() as session:
            return _belongings(session, session.get_one(Student, student_id))

    def propose(self, actor: Actor, student_id: int, reason: str) -> VoidingRow:
        """Ask for a record to be voided; where nobody else may review, it is done at once."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "作废", reason) as session:
            student = session.get_one(Student, student_id)
            if not reason.strip():
                raise VoidingRefused(name=student.name, problem="没有写明原因")
            if student.voided_at is not None:
                raise VoidingRefused(name=student.name, problem="已经作废")
            if _waiting(session, student_id):
                raise VoidingRefused(name=student.name, problem="已有人提出，等待第二人确认")
            row = Voiding(
                student_id=student_id, reason=reason, operator_id=actor.id, recorded_at=now()
            )
            session.add(row)
            if not other_reviewer(session, actor.id):
                _void(actor, row, student)
            session.flush()
            return _row(session, row)

    def confirm(self, actor: Actor, voiding_id: int) -> VoidingRow:
        """The second person agrees: the record is void."""
        actor.require(Role.REVIEW)
        with self._database.write(actor, "确认作废") as session:
            row = _open(session, voiding_id)
            student = session.get_one(Student, row.student_id)
            if row.operator_id == actor.id:
                raise VoidingRefused(
                    name=student.name, problem=f"是{actor.name}提出的，须由另一人确认"
                )
            _void(actor, row, student)
            session.flush()
            return _row(session, row)

    def drop(self, actor: Actor, voiding_id: int) -> VoidingRow:
        """Give a proposal up: the record stays as it is."""
        actor.require_any(Role.RECORD, Role.REVIEW)
        with self._database.write(actor, "不作废") as session:
            row = _open(session, voiding_id)
            row.dropped_at = now()
            session.flush()
            return _row(session, row)

    def rows(self, actor: Actor, *, waiting: bool = False) -> list[VoidingRow]:
        """All voided records, or the proposals that wait for the second person."""
        actor.require_sight()
        with self._database.read() as session:
            query = select(Voiding).where(Voiding.dropped_at.is_(None)).order_by(Voiding.id)
            if waiting:
                query = query.where(Voiding.confirmed_at.is_(None))
            return [_row(session, row) for row in session.scalars(query)]


def _void(actor: Actor, row: Voiding, student: Student) -> None:
    row.confirmed_by = actor.id
    row.confirmed_at = student.voided_at = now()
    student.void_reason = row.reason


def _waiting(session: Session, student_id: int) -> bool:
    query = select(Voiding.id).where(
        Voiding.student_id == student_id,
        Voiding.confirmed_at.is_(None),
        Voiding.dropped_at.is_(None),
    )
    return session.scalar(query) is not None


def _open(session: Session, voiding_id: int) -> Voiding:
    row = session.get(Voiding, voiding_id)
    if row is None or row.confirmed_at is not None or row.dropped_at is not None:
        raise NoSuchVoiding(number=voiding_id)
    return row


def _belongings(session: Session, student: Student) -> Belongings:
    def count(table: type[LedgerEntry | StatusChange | Evidence | PrintedSheet]) -> int:
        query = select(func.count()).select_from(table).where(table.student_id == student.id)
        return session.scalar(query) or 0

    return Belongings(
        count(LedgerEntry), count(StatusChange), count(Evidence), count(PrintedSheet),
        student.number,
    )  # fmt: skip


def _row(session: Session, row: Voiding) -> VoidingRow:
    student = session.get_one(Student, row.student_id)
    people = {one.id: one.name for one in session.scalars(select(Operator))}
    return VoidingRow(
        id=row.id,
        student_id=row.student_id,
        name=student.name,
        reason=row.reason,
        proposed_by=people.get(row.operator_id, ""),
        proposed_at=row.recorded_at,
        confirmed_by=people.get(row.confirmed_by or 0, ""),
        confirmed_at=row.confirmed_at,
        belongings=_belongings(session, student),
    )
