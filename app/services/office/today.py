"""今天要办 and the figures of the home screen: what waits, and how many there are of whom."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from app.models.cases import Application, StatusChange
from app.models.conduct import Letter, Punishment
from app.models.exchange import Batch
from app.models.problems import Problem
from app.models.rules.terms import term_begin
from app.models.student import Photo, Student
from app.models.vocabulary import Status
from app.services.register.headcount import changed_students
from app.services.register.leaves import due_leaves
from app.services.register.ledger import Moment, standings
from app.services.register.students import living
from app.services.vault.database import Database

#: How many leaves that end are named one by one.
_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that opens to the people behind it."""

    label: str
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something to be done: `what` is a sentence, `step` the word on its button.

    `place` names the work, for the window to open: intake, placement, numbers, photos, arrival,
    leave (of one student), leaves, cases, applications, punishments, problems.
    """

    what: str
    step: str
    place: str
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """What the home screen shows of the register."""

    figures: tuple[Figure, ...]
    waiting: tuple[Waiting, ...]
    empty: bool  # nothing was ever taken in


class Today:
    """Looks over the register for the home screen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def overview(self, today: date) -> Overview:
        """Figures and what waits, as of that day."""
        with self._database.read() as session:
            groups = _groups(session, today)
            return Overview(
                figures=_figures(session, groups, today),
                waiting=(
                    *_leaves(session, today),
                    *_matters(session, today),
                    *_waiting(groups),
                ),
                empty=not groups and session.scalar(select(Batch.id).limit(1)) is None,
            )


@dataclass(frozen=True, slots=True)
class _Group:
    """Students who stand alike: one row of the answer, however many they are."""

    status: Status | None
    placed: bool
    numbered: bool
    pictured: bool
    ids: list[int]

    @property
    def here(self) -> bool:
        """Whether they count as 在籍."""
        return self.status is not None and self.status.on_register


def _groups(session: Session, today: date) -> list[_Group]:
    place = standings(Moment(today, upcoming=True))
    alike = (
        place.c.status,
        place.c.class_id.is_not(None),
        Student.number.is_not(None),
        Student.id.in_(select(Photo.student_id)),
    )
    query = (
        select(*alike, func.json_group_array(Student.id))
        .outerjoin_from(Student, place, place.c.student_id == Student.id)
        .where(living())
        .group_by(*alike)
    )
    return [
        _Group(status, placed, numbered, pictured, json.loads(ids))
        for status, placed, numbered, pictured, ids in session.execute(query)
    ]


def _ids(groups: Iterable[_Group]) -> tuple[int, ...]:
    return tuple(sorted(chain.from_iterable(group.ids for group in groups)))


def _figures(session: Session, groups: Sequence[_Group], today: date) -> tuple[Figure, ...]:
    def those(wanted: set[Status]) -> tuple[int, ...]:
        return _ids(group for group in groups if group.status in wanted)

    return (
        Figure("在籍", those({status for status in Status if status.on_register})),
        Figure("在校", those({status for status in Status if status.in_school})),
        Figure("休学", those({Status.SUSPENDED})),
        Figure("本学期异动", changed_students(session, term_begin(today), today)),
    )


def _leaves(session: Session, today: date) -> list[Waiting]:
    """Whose leave ends soon or is over: the nearest by name, the others by number."""
    due, others = due_leaves(session, today, _NAMED)
    offers = [
        Waiting(
            f"{row.student.name}{row.kind.value}到 {row.until} 期满，{row.state}",
            "办理",
            "leave",
            (row.student.id,),
        )
        for row in due
    ]
    if others:
        offers.append(Waiting(f"另有 {len(others):,} 人休学等期满", "看名单", "leaves", others))
    return offers


def _matters(session: Session, today: date) -> list[Waiting]:
    """Cases, applications, letters and problems that nobody has finished."""
    sent = select(Letter.id).where(
        Letter.punishment_id == Punishment.id, Letter.returned_on.is_(None)
    )
    stands = StatusChange.withdrawn_at.is_(None)
    late = and_(StatusChange.entry_id.is_not(None), StatusChange.report_by < today, stands)
    offers = (
        (StatusChange, and_(late, StatusChange.reported_on.is_(None)),
         "件学籍异动已过上报期限", "cases"),
        (StatusChange, and_(StatusChange.entry_id.is_(None), stands),
         "件学籍异动还没有生效", "cases"),
        (Application, Application.settled_on.is_(None), "份书面申请还没有办结", "applications"),
        (Punishment, and_(Punishment.voided_at.is_(None), ~exists(sent)),
         "件处分还没有挂号告知家长", "punishments"),
    )  # fmt: skip
    found = [
        (_count(session, table, condition), words, place)
        for table, condition, words, place in offers
    ]
    problems = select(func.count()).select_from(Problem).where(Problem.settled_on.is_(None))
    found.append((session.scalar(problems) or 0, "个问题还没有处理", "problems"))
    return [Waiting(f"{count:,} {words}", "办理", place) for count, words, place in found if count]


def _count(
    session: Session,
    table: type[StatusChange | Application | Punishment],
    condition: ColumnElement[bool],
) -> int:
    query = select(func.count()).select_from(table)
    query = query.join(Student, Student.id == table.student_id)
    return session.scalar(query.where(living(), condition)) or 0


def _waiting(groups: Sequence[_Group]) -> list[Waiting]:
    here = [group for group in groups if group.here]
    arriving = _ids(group for group in groups if group.status is Status.ADMITTED)
    unplaced = _ids(group for group in here if not group.placed)
    unnumbered = _ids(group for group in here if group.placed and not group.numbered)
    faceless = _ids(group for group in here if not group.pictured)
    offers = (
        (arriving, "人已录取，还没有入学注册", "办理注册", "arrival"),
        (unplaced, "人还没有分班", "分班", "placement"),
        (unnumbered, "人还没有学号", "编学号", "numbers"),
        (faceless, "人还缺照片", "导入照片", "photos"),
    )
    return [
        Waiting(f"{len(ids):,} {what}", step, place, ids)
        for ids, what, step, place in offers
        if ids
    ]
