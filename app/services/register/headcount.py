"""学籍人数: opening + in − out = closing, class by class, and the 异动 between two days.

What came and went is read from the entries of the ledger, one after the other; opening and closing
are each the fold as of a day. That the two ways agree is what makes a head-count a proof.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.models.cases import StatusChange
from app.models.evidence import Evidence
from app.models.ledger import LedgerEntry
from app.models.organisation import ClassGroup, Department, Major
from app.models.rules.transitions import RULES, Position
from app.models.student import Student
from app.models.vocabulary import CountBase, Kind, Sex, Status
from app.services.errors import ReportPeriodRefused
from app.services.register.ledger import Moment, in_force, standing
from app.services.register.organisation import ClassGroupRow, class_rows
from app.services.register.students import Scope, living, student_rows

#: The row of those who have no class (yet).
NO_CLASS: Final = "未分班"
_TOTAL: Final = "合计"

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class HeadcountRow:
    """One class, or the whole: every number is the length of a list of student ids.

    `entered` and `left` are by the kind of entry that moved the student over the border of the
    class (of the base, in the row of the whole). `statuses` splits the closing.
    """

    class_id: int | None
    class_group: str
    cohort: int | None
    major: str
    department: str
    opening: tuple[int, ...]
    entered: Mapping[Kind, tuple[int, ...]]
    left: Mapping[Kind, tuple[int, ...]]
    closing: tuple[int, ...]
    statuses: Mapping[Status, tuple[int, ...]]

    @property
    def balanced(self) -> bool:
        """Opening + in − out = closing, person by person and not only in number."""
        return not self.difference

    @property
    def difference(self) -> Mapping[int, int]:
        """Who keeps the row from closing: by student, how often he is there too often (−: too
        seldom) after opening + in − out."""
        expected = Counter(self.opening)
        for ids in self.entered.values():
            expected.update(ids)
        for ids in self.left.values():
            expected.subtract(ids)
        expected.subtract(self.closing)
        return {student_id: count for student_id, count in expected.items() if count}


@dataclass(frozen=True, slots=True)
class Movement:
    """One student over the border of a class on one day; class None: 未分班."""

    student_id: int
    day: date
    kind: Kind
    class_id: int | None
    entered: bool
    at_border: bool  # of the base too, not only from class to class


@dataclass(frozen=True, slots=True)
class Headcount:
    """学籍人数审核表 of a period: `base` says who is counted."""

    base: CountBase
    begin: date
    end: date
    rows: tuple[HeadcountRow, ...]
    total: HeadcountRow
    movements: tuple[Movement, ...]

    @property
    def balanced(self) -> bool:
        """Every row and the whole close."""
        return all(row.balanced for row in (*self.rows, self.total))


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One line of the 学籍异动汇总表, as the student stood on that day."""

    student_id: int
    number: str | None
    name: str
    sex: Sex | None
    kind: Kind
    day: date
    until: date | None
    reason: str
    department: str
    from_status: Status | None
    to_status: Status | None
    from_major: str
    to_major: str
    from_class: str
    to_class: str
    evidence: int
    recorded_at: datetime
    reviewed: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """学籍异动统计表: how many of each kind in each department ("" for none)."""

    departments: tuple[str, ...]
    counts: Mapping[Kind, Mapping[str, int]]
    ids: Mapping[Kind, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)  # who

    @property
    def total(self) -> int:
        """All changes of the period."""
        return sum(sum(row.values()) for row in self.counts.values())


# --- the count ----------------------------------------------------------------------------


def headcount(
    session: Session,
    begin: date,
    end: date,
    *,
    base: CountBase = CountBase.ON_REGISTER,
    known_on: datetime | None = None,
) -> Headcount:
    """Opening as of the day before `begin`, closing as of `end`, and what lies between."""
    _demand_order(begin, end)
    opening = _present(session, base, Moment(begin - timedelta(days=1), known_on))
    closing = _present(session, base, Moment(end, known_on))
    movements = tuple(_movements(session, base, begin, end, known_on))
    groups = {group.id: group for group in class_rows(session)}
    columns = _Columns()
    whole = _Columns()
    for student_id, (class_id, _) in opening.items():
        columns.opening[class_id].append(student_id)
        whole.opening[None].append(student_id)
    for student_id, (class_id, status) in closing.items():
        columns.closing[class_id][status].append(student_id)
        whole.closing[None][status].append(student_id)
    for move in movements:
        columns.add(move, move.class_id)
        if move.at_border:
            whole.add(move, None)
    return Headcount(
        base=base,
        begin=begin,
        end=end,
        rows=tuple(columns.row(groups.get(class_id or 0), class_id, NO_CLASS)
                   for class_id in [*groups, None] if class_id in columns.classes),
        total=whole.row(None, None, _TOTAL),
        movements=movements,
    )  # fmt: skip


@dataclass(slots=True)
class _Columns:
    """The columns of the table while they fill, by class."""

    opening: dict[int | None, list[int]] = field(default_factory=lambda: defaultdict(list))
    moves: dict[tuple[int | None, bool], dict[Kind, list[int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    closing: dict[int | None, dict[Status, list[int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    @property
    def classes(self) -> set[int | None]:
        """Classes of which there is something to say."""
        return {*self.opening, *self.closing, *(class_id for class_id, _ in self.moves)}

    def add(self, move: Movement, class_id: int | None) -> None:
        self.moves[class_id, move.entered][move.kind].append(move.student_id)

    def row(self, group: ClassGroupRow | None, class_id: int | None, name: str) -> HeadcountRow:
        closing = self.closing.get(class_id, {})
        return HeadcountRow(
            class_id=class_id,
            class_group=group.name if group else name,
            cohort=group.cohort if group else None,
            major=group.major if group else "",
            department=group.department if group else "",
            opening=tuple(self.opening.get(class_id, ())),
            entered=_frozen(Kind, self.moves.get((class_id, True), {})),
            left=_frozen(Kind, self.moves.get((class_id, False), {})),
            closing=tuple(one for ids in closing.values() for one in ids),
            statuses=_frozen(Status, closing),
        )


def _frozen(order: type[E], lists: Mapping[E, Sequence[int]]) -> dict[E, tuple[int, ...]]:
    """In the order of the vocabulary, so that the same count is always the same table."""
    return {key: tuple(lists[key]) for key in order if key in lists}


def _present(
    session: Session, base: CountBase, moment: Moment
) -> dict[int, tuple[int | None, Status]]:
    """Class and status of everybody who is counted at that moment, by the fold."""
    fold = standing(moment)
    counted = [status for status in Status if base.counts(status)]
    query = select(Student.id, fold.class_id, fold.status).where(
        living(moment.known_on), fold.status.in_(counted)
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(query) if row[2] is not None}


def _movements(
    session: Session, base: CountBase, begin: date, end: date, known_on: datetime | None
) -> Iterator[Movement]:
    """Who crossed the border of a class; what happens to one student on one day is one event.

    Somebody who is enrolled and placed on the same day has entered his class by enrolment.
    """
    steps = _steps(session, begin, end, known_on)
    for (student_id, day), group in groupby(steps, key=lambda s: (s.student_id, s.day)):
        events = list(group)
        before, after = events[0].before, events[-1].after
        was, is_now = base.counts(before.status), base.counts(after.status)
        if was == is_now and (not was or before.class_id == after.class_id):
            continue
        at_border = was != is_now
        kind = _cause(events, base, at_border=at_border)
        if was:
            yield Movement(student_id, day, kind, before.class_id, False, at_border)
        if is_now:
            yield Movement(student_id, day, kind, after.class_id, True, at_border)


@dataclass(frozen=True, slots=True)
class _Step:
    """One entry of the period and where the student stood before and after it."""

    student_id: int
    day: date
    entry: Any
    before: Position
    after: Position


def _cause(events: Sequence[_Step], base: CountBase, *, at_border: bool) -> Kind:
    """The last entry of the day that did it."""

    def did_it(step: _Step) -> bool:
        if at_border:
            return base.counts(step.before.status) != base.counts(step.after.status)
        return step.before.class_id != step.after.class_id

    kind: Kind = next(step.entry.kind for step in reversed(events) if did_it(step))
    return kind


def _steps(session: Session, begin: date, end: date, known_on: datetime | None) -> Iterator[_Step]:
    """The entries of the period, student by student in the order of effect.

    Each student's ledger is read from its beginning, not from the opening of the count.
    """
    moment = Moment(end, known_on)
    other = aliased(LedgerEntry)
    touched = select(other.student_id).where(other.effective_date >= begin, in_force(other, moment))
    query = (
        select(*LedgerEntry.__table__.columns)
        .join(Student, Student.id == LedgerEntry.student_id)
        .where(
            living(known_on),
            LedgerEntry.student_id.in_(touched),
            in_force(LedgerEntry, moment),
        )
        .order_by(LedgerEntry.student_id, LedgerEntry.effective_date, LedgerEntry.id)
    )
    for student_id, entries in groupby(session.execute(query), key=attrgetter("student_id")):
        position = Position()
        for entry in entries:
            before, position = position, position.after(entry)
            if entry.effective_date >= begin:
                yield _Step(student_id, entry.effective_date, entry, before, position)


def _demand_order(begin: date, end: date) -> None:
    if begin > end:
        raise ReportPeriodRefused(begin=begin, end=end)


# --- 异动汇总, 异动统计 --------------------------------------------------------------------


def change_lines(
    session: Session, begin: date, end: date, *, known_on: datetime | None = None
) -> list[ChangeLine]:
    """学籍异动汇总: the changes that took effect in the period, by day; 冲正 are left out."""
    _demand_order(begin, end)
    steps = [step for step in _steps(session, begin, end, known_on) if RULES[step.entry.kind].code]
    ids = sorted({step.student_id for step in steps})
    people = {row.id: row for row in student_rows(session, Moment(end, known_on), Scope(ids=ids))}
    papers = _paper_counts(session)
    reviewed = set(
        session.scalars(select(StatusChange.entry_id).where(StatusChange.reviewed_at.is_not(None)))
    )
    names = _Names(session)
    lines = [
        ChangeLine(
            student_id=step.student_id,
            number=people[step.student_id].number,
            name=people[step.student_id].name,
            sex=people[step.student_id].sex,
            kind=step.entry.kind,
            day=step.day,
            until=step.entry.until,
            reason=step.entry.reason,
            department=names.department(step.before.major_id or step.after.major_id),
            from_status=step.before.status,
            to_status=step.after.status,
            from_major=names.major(step.before.major_id),
            to_major=names.major(step.after.major_id),
            from_class=names.class_group(step.before.class_id),
            to_class=names.class_group(step.after.class_id),
            evidence=papers.get(step.entry.id, 0),
            recorded_at=step.entry.recorded_at,
            reviewed=step.entry.id in reviewed,
        )
        for step in steps
    ]
    return sorted(lines, key=lambda line: (line.day, line.number or "~", line.name))


def summary(lines: Iterable[ChangeLine]) -> Summary:
    """学籍异动统计: kinds by departments, of the lines of a period."""
    ids: dict[Kind, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        ids[line.kind][line.department].append(line.student_id)
    kinds = [kind for kind in Kind if kind in ids]
    return Summary(
        departments=tuple(sorted({name for row in ids.values() for name in row})),
        counts={kind: {name: len(who) for name, who in ids[kind].items()} for kind in kinds},
        ids={kind: {name: tuple(who) for name, who in ids[kind].items()} for kind in kinds},
    )


def _paper_counts(session: Session) -> dict[int | None, int]:
    query = select(Evidence.entry_id, func.count()).group_by(Evidence.entry_id)
    return dict(session.execute(query).all())


class _Names:
    """Names of classes, majors and departments by id; "" for none."""

    def __init__(self, session: Session) -> None:
        self._classes = {group.id: group.name for group in session.scalars(select(ClassGroup))}
        query = select(Major.id, Major.name, Department.name).outerjoin(Major.department)
        self._majors = {row[0]: (row[1], row[2] or "") for row in session.execute(query)}

    def class_group(self, identity: int | None) -> str:
        return self._classes.get(identity or 0, "")

    def major(self, identity: int | None) -> str:
        return self._majors.get(identity or 0, ("", ""))[0]

    def department(self, identity: int | None) -> str:
        return self._majors.get(identity or 0, ("", ""))[1]
