"""时间节点: what must be done by when in the school year (附表 of the governing rule).

What ships are suggestions; the school changes their dates and adds its own. A school year runs
from 1 August to 31 July.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.rules.terms import academic_year
from app.models.student import Student
from app.models.vocabulary import Role, Status
from app.models.window import TimeNode
from app.services.errors import NodeRefused
from app.services.register.ledger import Moment, standings
from app.services.register.students import living
from app.services.vault.audit import Actor
from app.services.vault.database import Database

_ANNEX: Final = "《规范学籍学历管理工作办法》附表"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A node that ships: month and day of beginning and end; before August is the next year."""

    duty: str
    begin: tuple[int, int]
    due: tuple[int, int]
    source: str
    entered: int  # years ago, at the beginning of the school year, the students concerned entered


SUGGESTIONS: Final = (
    Suggestion("新生入学注册", (9, 10), (9, 20), _ANNEX, 0),
    Suggestion("四年级教育部学籍注册", (9, 10), (9, 20), _ANNEX, 3),
    Suggestion("新生数据报送学院", (9, 21), (11, 30), "联院学籍管理规定", 0),
    Suggestion("五年级学历注册", (3, 21), (3, 31), _ANNEX, 4),
)
_BY_DUTY: Final = {suggestion.duty: suggestion for suggestion in SUGGESTIONS}


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One node of a school year; `id` None for one that the school has not touched.

    `done` and `total` count the students concerned; `done` is None where the program cannot tell.
    """

    id: int | None
    name: str
    duty: str
    begin: date
    due: date
    source: str
    done_on: date | None
    cohort: int | None = None
    done: int | None = None
    total: int | None = None

    def days_left(self, today: date) -> int:
        """Days until it is due; negative when it is past."""
        return (self.due - today).days


class Calendar:
    """The nodes of one register."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def nodes(self, today: date) -> list[NodeRow]:
        """The nodes of the school year of that day, in the order of their dates."""
        year = academic_year(today)
        with self._database.read() as session:
            stored = session.scalars(
                select(TimeNode).where(
                    TimeNode.due_date >= date(year, 8, 1), TimeNode.due_date < date(year + 1, 8, 1)
                )
            ).all()
            known = {node.duty for node in stored if node.duty}
            rows = [_stored(node, year) for node in stored]
            rows += [_shipped(one, year) for one in SUGGESTIONS if one.duty not in known]
            counts = _counts(session, today, {row.cohort for row in rows if row.cohort})
        return sorted((_counted(row, counts) for row in rows), key=lambda row: (row.due, row.begin))

    def next(self, today: date) -> NodeRow | None:
        """The node that is due next and not done."""
        return next(
            (node for node in self.nodes(today) if node.done_on is None and node.due >= today), None
        )

    def save(self, actor: Actor, node: NodeRow) -> None:
        """Keep a node as the school wants it: one of its own, or a shipped one with its dates."""
        actor.require_any(Role.RECORD, Role.REVIEW)
        name = node.name.strip()
        if not name:
            raise NodeRefused(problem="没有名称")
        if node.begin > node.due:
            raise NodeRefused(problem=f"开始日期 {node.begin} 晚于截止日期 {node.due}")
        with self._database.write(actor, "修改时间节点") as session:
            twin = session.scalars(
                select(TimeNode).where(TimeNode.name == name, TimeNode.due_date == node.due)
            ).first()
            if twin is not None and twin.id != node.id:
                raise NodeRefused(problem=f"{node.due} 已有“{name}”")
            kept = session.get(TimeNode, node.id) if node.id is not None else None
            if kept is None:
                kept = TimeNode(duty=node.duty, source=node.source)
                session.add(kept)
            kept.name, kept.begin_date, kept.due_date = name, node.begin, node.due
            kept.done_on = node.done_on

    def remove(self, actor: Actor, node_id: int) -> None:
        """Take a node away; of a shipped one the dates that ship are in force again."""
        actor.require_any(Role.RECORD, Role.REVIEW)
        with self._database.write(actor, "删除时间节点") as session:
            session.delete(session.get_one(TimeNode, node_id))


def _stored(node: TimeNode, year: int) -> NodeRow:
    known = _BY_DUTY.get(node.duty)
    return NodeRow(
        id=node.id,
        name=node.name,
        duty=node.duty,
        begin=node.begin_date,
        due=node.due_date,
        source=node.source,
        done_on=node.done_on,
        cohort=year - known.entered if known else None,
    )


def _shipped(suggestion: Suggestion, year: int) -> NodeRow:
    def day(month_day: tuple[int, int]) -> date:
        return date(year if month_day[0] >= 8 else year + 1, *month_day)

    return NodeRow(
        id=None,
        name=suggestion.duty,
        duty=suggestion.duty,
        begin=day(suggestion.begin),
        due=day(suggestion.due),
        source=suggestion.source,
        done_on=None,
        cohort=year - suggestion.entered,
    )


def _counts(
    session: Session, today: date, cohorts: set[int]
) -> Mapping[tuple[int, Status | None], int]:
    place = standings(Moment(today, upcoming=True))
    query = (
        select(Student.cohort_year, place.c.status, func.count())
        .outerjoin_from(Student, place, place.c.student_id == Student.id)
        .where(living(), Student.cohort_year.in_(cohorts))
        .group_by(Student.cohort_year, place.c.status)
    )
    return {(cohort, found): count for cohort, found, count in session.execute(query)}


def _counted(row: NodeRow, counts: Mapping[tuple[int, Status | None], int]) -> NodeRow:
    """With the students concerned; of new students, who has arrived is known."""
    if row.cohort is None:
        return row
    here = {
        status: count
        for (cohort, status), count in counts.items()
        if cohort == row.cohort and status is not None
    }
    registered = sum(count for status, count in here.items() if status.on_register)
    waiting = here.get(Status.ADMITTED, 0)
    done = registered if row.duty == "新生入学注册" else None
    return replace(row, done=done, total=registered + waiting)
