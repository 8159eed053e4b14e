"""问题抽屉 (第二十三条): a found error is entered, reported and settled, and never removed."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.problems import Problem
from app.models.student import Student
from app.models.vocabulary import Role
from app.services.clock import now, today
from app.services.errors import NoSuchProblem, ProblemRefused
from app.services.vault.audit import Actor
from app.services.vault.database import Database


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """One entry of the drawer."""

    id: int
    student_id: int | None
    name: str
    found_on: date
    found_by: str
    what: str
    due_on: date | None
    reported_on: date | None
    reported_to: str
    settled_on: date | None
    settled_how: str

    @property
    def open(self) -> bool:
        """Whether it still waits to be settled."""
        return self.settled_on is None

    def overdue(self, on: date) -> bool:
        """Whether it should have been settled before that day."""
        return self.open and self.due_on is not None and self.due_on < on


class Problems:
    """The problem drawer of one register."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enter(
        self,
        actor: Actor,
        what: str,
        *,
        found_by: str,
        found_on: date,
        student_id: int | None = None,
        due_on: date | None = None,
    ) -> ProblemRow:
        """Put a found error into the drawer; from then on its words stay."""
        actor.require_any(Role.RECORD, Role.REVIEW)
        with self._database.write(actor, "登记问题") as session:
            if not what.strip() or not found_by.strip():
                raise ProblemRefused(problem="没有写明是什么问题、由谁发现")
            if found_on > today():
                raise ProblemRefused(problem=f"发现日期 {found_on} 还没有到")
            row = Problem(
                student_id=student_id,
                found_on=found_on,
                found_by=found_by.strip(),
                what=what.strip(),
                due_on=due_on,
                operator_id=actor.id,
                recorded_at=now(),
            )
            session.add(row)
            session.flush()
            return _row(session, row)

    def report(self, actor: Actor, problem_id: int, *, on: date, to: str) -> ProblemRow:
        """Note when and to whom it was reported."""
        actor.require_any(Role.RECORD, Role.REVIEW)
        with self._database.write(actor, "问题上报", to) as session:
            row = _open(session, problem_id)
            if not to.strip():
                raise ProblemRefused(problem="没有写明报给谁")
            row.reported_on, row.reported_to = on, to.strip()
            session.flush()
            return _row(session, row)

    def settle(self, actor: Actor, problem_id: int, *, on: date, how: str) -> ProblemRow:
        """Note how it was settled."""
        actor.require_any(Role.RECORD, Role.REVIEW)
        with self._database.write(actor, "问题处理完毕", how) as session:
            row = _open(session, problem_id)
            if not how.strip():
                raise ProblemRefused(problem="没有写明怎样处理的")
            if on < row.found_on:
                raise ProblemRefused(problem=f"处理日期 {on} 早于发现日期 {row.found_on}")
            row.settled_on, row.settled_how = on, how.strip()
            session.flush()
            return _row(session, row)

    def rows(self, actor: Actor, *, everything: bool = False) -> list[ProblemRow]:
        """What is open, or all that ever was; the oldest first."""
        actor.require_sight()
        with self._database.read() as session:
            query = select(Problem).order_by(Problem.found_on, Problem.id)
            if not everything:
                query = query.where(Problem.settled_on.is_(None))
            return [_row(session, row) for row in session.scalars(query)]


def _open(session: Session, problem_id: int) -> Problem:
    row = session.get(Problem, problem_id)
    if row is None:
        raise NoSuchProblem(number=problem_id)
    if row.settled_on is not None:
        raise ProblemRefused(problem=f"编号 {problem_id} 已于 {row.settled_on} 处理完毕")
    return row


def _row(session: Session, row: Problem) -> ProblemRow:
    student = session.get(Student, row.student_id or 0)
    return ProblemRow(
        id=row.id,
        student_id=row.student_id,
        name=student.name if student else "",
        found_on=row.found_on,
        found_by=row.found_by,
        what=row.what,
        due_on=row.due_on,
        reported_on=row.reported_on,
        reported_to=row.reported_to or "",
        settled_on=row.settled_on,
        settled_how=row.settled_how or "",
    )
