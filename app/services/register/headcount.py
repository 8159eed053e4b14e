"""学籍人数: opening + in − out = closing, class by class, and the 异动 between two days.

What came and went is read from the entries of the ledger, one after the other; opening and closing
are each the fold as of a day. That the two ways agree is what makes a head-count a proof.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.models.cases import StatusChange
from app.models.evidence import Evidence
from app.models.ledger import LedgerEntry
from app.models.organisation import Cohort, Department, Major
from app.models.rules.transitions import CODED_KINDS, Position
from app.models.student import FieldChange, Student
from app.models.vocabulary import Arrival, CountBase, Grouping, Kind, Sex, Status
from app.services.errors import ReportPeriodRefused
from app.services.register.ledger import Moment, in_force, is_change, standings
from app.services.register.organisation import ClassGroupRow, class_rows
from app.services.register.registration import arrivals_on, platform_counts
from app.services.register.students import Scope, living, student_rows, values_before_changes

#: The row of those who have no class (yet).
NO_CLASS: Final = "未分班"
_TOTAL: Final = "合计"

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class HeadcountRow:
    """One class, or the whole: every number is the length of a list of student ids.

    Summed by major, department or cohort, `class_id` is the id of that (the year of a cohort) and
    `class_group` its name. `entered` and `left` are by the kind of entry that moved the student
    over the border of the group (of the base, in the row of the whole). `statuses` and `sexes`
    split the closing; `arrivals` splits those of it who are in school by how they came to the
    term, and is empty outside of any term. `platform` is what the platform holds, None for not
    entered.
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
    sexes: Mapping[Sex | None, tuple[int, ...]] = field(default_factory=dict)
    arrivals: Mapping[Arrival | None, tuple[int, ...]] = field(default_factory=dict)
    platform: int | None = None

    @property
    def platform_difference(self) -> int | None:
        """What the platform holds less what the register holds."""
        return None if self.platform is None else self.platform - len(self.closing)

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
    known_on: datetime | None = None

    @property
    def differing(self) -> tuple[HeadcountRow, ...]:
        """The rows that do not close, or of which the platform holds another number."""
        return tuple(row for row in self.rows if not row.balanced or row.platform_difference)

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

    @property
    def sides(self) -> tuple[str, str]:
        """What the change changed, before and after."""
        sides = (
            (self.from_status, self.to_status),
            (self.from_major, self.to_major),
            (self.from_class, self.to_class),
        )
        changed = [(before or "", after or "") for before, after in sides if before != after]
        return " ".join(before for before, _ in changed), " ".join(after for _, after in changed)


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
    grouping: Grouping = Grouping.CLASS,
) -> Headcount:
    """Opening as of the day before `begin`, closing as of `end`, and what lies between."""
    return headcounts(session, begin, end, (grouping,), base=base, known_on=known_on)[grouping]


def headcounts(
    session: Session,
    begin: date,
    end: date,
    groupings: Iterable[Grouping],
    *,
    base: CountBase = CountBase.ON_REGISTER,
    known_on: datetime | None = None,
) -> dict[Grouping, Headcount]:
    """The same count, summed in several ways from one reading of the register."""
    _demand_order(begin, end)
    whole = _Reading(
        base,
        begin,
        end,
        _present(session, base, Moment(begin - timedelta(days=1), known_on)),
        _present(session, base, Moment(end, known_on)),
        tuple(_events(session, begin, end, known_on)),
        known_on,
        arrivals_on(session, end, known_on),
        platform_counts(session, begin, end, known_on),
    )
    groups = _Groups(session)
    return {grouping: _counted(whole, groups, grouping) for grouping in groupings}


class _Seat(NamedTuple):  # as are the steps: a dataclass costs four times as much to make
    """Where somebody who is counted sits."""

    status: Status
    class_id: int | None
    major_id: int | None
    cohort: int
    sex: Sex | None


class _Step(NamedTuple):
    """One entry of the period and where the student stood before and after it."""

    student_id: int
    cohort: int
    day: date
    entry: Any
    before: Position
    after: Position


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a count is made of, before it is summed in any way."""

    base: CountBase
    begin: date
    end: date
    opening: Mapping[int, _Seat]
    closing: Mapping[int, _Seat]
    events: tuple[Sequence[_Step], ...]
    known_on: datetime | None
    arrivals: Mapping[int, Arrival] | None
    platform: Mapping[int, int]


class _Groups:
    """Which group somebody belongs to, and what it is called."""

    def __init__(self, session: Session) -> None:
        self.classes = {group.id: group for group in class_rows(session)}
        self._cohorts = {group.id: group.cohort for group in self.classes.values()}
        query = select(Major.id, Major.name, Department.id, Department.name)
        majors = session.execute(query.outerjoin(Major.department).order_by(Major.serial)).all()
        self._departments = {major: department for major, _, department, _ in majors}
        self._named: dict[Grouping, dict[int, tuple[str, int | None, str, str]]] = {
            Grouping.CLASS: {
                group.id: (group.name, group.cohort, group.major, group.department)
                for group in self.classes.values()
            },
            Grouping.MAJOR: {
                major: (name, None, name, department or "") for major, name, _, department in majors
            },
            Grouping.DEPARTMENT: {
                department: (name, None, "", name)
                for _, _, department, name in majors
                if department is not None
            },
            Grouping.COHORT: {
                year: (f"{year}级", year, "", "")
                for year in session.scalars(select(Cohort.year).order_by(Cohort.year))
            },
        }

    def key(
        self, grouping: Grouping, class_id: int | None, major_id: int | None, cohort: int
    ) -> int | None:
        """The group of whoever sits there; None for who has none."""
        if grouping is Grouping.CLASS:
            return class_id
        if grouping is Grouping.MAJOR:
            return major_id
        if grouping is Grouping.DEPARTMENT:
            return self._departments.get(major_id or 0)
        return self._cohorts.get(class_id or 0, cohort)

    def names(self, grouping: Grouping) -> Mapping[int, tuple[str, int | None, str, str]]:
        """Name, cohort, major and department of each group, in the order of the table."""
        return self._named[grouping]

    def name(self, grouping: Grouping, key: int | None) -> str:
        """What one group is called; "" for none."""
        return self._named[grouping].get(key or 0, ("", None, "", ""))[0]

    def department(self, major_id: int | None) -> str:
        """The 系部 of a major; "" for none."""
        return self._named[Grouping.MAJOR].get(major_id or 0, ("", None, "", ""))[3]

    def platform(
        self, grouping: Grouping, key: int | None, counts: Mapping[int, int]
    ) -> int | None:
        """What the platform holds of a group: known only when it is known of all its classes."""
        if grouping is Grouping.CLASS:
            return counts.get(key or 0)
        name, cohort, major, department = self._named[grouping].get(key or 0, ("", None, "", ""))

        def inside(group: ClassGroupRow) -> bool:
            if cohort is not None:
                return group.cohort == cohort
            return group.major == major if major else group.department == department

        classes = [group.id for group in self.classes.values() if name and inside(group)]
        known = [counts[class_id] for class_id in classes if class_id in counts]
        return sum(known) if known and len(known) == len(classes) else None


def _counted(reading: _Reading, groups: _Groups, grouping: Grouping) -> Headcount:
    movements = tuple(_movements(reading, groups, grouping))
    columns, whole = _Columns(), _Columns()
    for student_id, seat in reading.opening.items():
        key = groups.key(grouping, seat.class_id, seat.major_id, seat.cohort)
        columns.opening[key].append(student_id)
        whole.opening[None].append(student_id)
    for student_id, seat in reading.closing.items():
        key = groups.key(grouping, seat.class_id, seat.major_id, seat.cohort)
        arrived = reading.arrivals is not None and seat.status.in_school
        for table, place in ((columns, key), (whole, None)):
            table.closing[place][seat.status].append(student_id)
            table.sexes[place][seat.sex].append(student_id)
            if reading.arrivals is not None and arrived:
                table.arrivals[place][reading.arrivals.get(student_id)].append(student_id)
    for move in movements:
        columns.add(move, move.class_id)
        if move.at_border:
            whole.add(move, None)
    named = groups.names(grouping)
    homeless = NO_CLASS if grouping is Grouping.CLASS else f"未定{grouping.value}"
    rows = []
    for key in [*named, None]:
        if key in columns.groups:
            names = named[key] if key is not None else (homeless, None, "", "")
            platform = groups.platform(grouping, key, reading.platform)
            rows.append(columns.row(key, names, platform))
    known = [row.platform for row in rows if row.platform is not None]
    total = sum(known) if known and len(known) == len(rows) else None
    return Headcount(
        base=reading.base,
        begin=reading.begin,
        end=reading.end,
        rows=tuple(rows),
        total=whole.row(None, (_TOTAL, None, "", ""), total),
        movements=movements,
        known_on=reading.known_on,
    )


def _lists() -> Any:
    return defaultdict(lambda: defaultdict(list))


@dataclass(slots=True)
class _Columns:
    """The columns of the table while they fill, by group."""

    opening: dict[int | None, list[int]] = field(default_factory=lambda: defaultdict(list))
    moves: dict[tuple[int | None, bool], dict[Kind, list[int]]] = field(default_factory=_lists)
    closing: dict[int | None, dict[Status, list[int]]] = field(default_factory=_lists)
    sexes: dict[int | None, dict[Sex | None, list[int]]] = field(default_factory=_lists)
    arrivals: dict[int | None, dict[Arrival | None, list[int]]] = field(default_factory=_lists)

    @property
    def groups(self) -> set[int | None]:
        """Groups of which there is something to say."""
        return {*self.opening, *self.closing, *(key for key, _ in self.moves)}

    def add(self, move: Movement, key: int | None) -> None:
        self.moves[key, move.entered][move.kind].append(move.student_id)

    def row(
        self, key: int | None, names: tuple[str, int | None, str, str], platform: int | None
    ) -> HeadcountRow:
        closing = self.closing.get(key, {})
        name, cohort, major, department = names
        return HeadcountRow(
            class_id=key,
            class_group=name,
            cohort=cohort,
            major=major,
            department=department,
            opening=tuple(self.opening.get(key, ())),
            entered=_frozen(Kind, self.moves.get((key, True), {})),
            left=_frozen(Kind, self.moves.get((key, False), {})),
            closing=tuple(one for ids in closing.values() for one in ids),
            statuses=_frozen(Status, closing),
            sexes=_frozen([*Sex, None], self.sexes.get(key, {})),
            arrivals=_frozen([*Arrival, None], self.arrivals.get(key, {})),
            platform=platform,
        )


def _frozen(order: Iterable[K], lists: Mapping[K, Sequence[int]]) -> dict[K, tuple[int, ...]]:
    """In the order of the vocabulary, so that the same count is always the same table."""
    return {key: tuple(lists[key]) for key in order if key in lists}


def _present(session: Session, base: CountBase, moment: Moment) -> dict[int, _Seat]:
    """Where everybody sits who is counted at that moment, by the fold."""
    table = standings(moment)
    fold = table.c
    counted = [status for status in Status if base.counts(status)]
    query = (
        select(Student.id, fold.status, fold.class_id, fold.major_id, Student.cohort_year,
               Student.sex)
        .join_from(Student, table, fold.student_id == Student.id)
        .where(living(moment.known_on), fold.status.in_(counted))
        .order_by(Student.id)
    )  # fmt: skip
    past = values_before_changes(session, None, moment, FieldChange.field == "sex")
    return {
        row[0]: _Seat(
            status=row[1],
            class_id=row[2],
            major_id=row[3],
            cohort=row[4],
            sex=past[row[0]]["sex"] if row[0] in past else row[5],
        )
        for row in session.execute(query)
    }


def present_in(
    session: Session, base: CountBase, moment: Moment, class_id: int | None = None
) -> set[int]:
    """Ids of everybody who is counted at that moment, in the register or in one class."""
    seats = _present(session, base, moment)
    return {one for one, seat in seats.items() if class_id in (None, seat.class_id)}


def _movements(reading: _Reading, groups: _Groups, grouping: Grouping) -> Iterator[Movement]:
    """Who crossed the border of a group; what happens to one student on one day is one event.

    Somebody who is enrolled and placed on the same day has entered his class by enrolment.
    """
    base = reading.base
    for steps in reading.events:
        first, last = steps[0], steps[-1]
        was, is_now = base.counts(first.before.status), base.counts(last.after.status)
        origin = groups.key(grouping, first.before.class_id, first.before.major_id, first.cohort)
        target = groups.key(grouping, last.after.class_id, last.after.major_id, first.cohort)
        if was == is_now and (not was or origin == target):
            continue
        at_border = was != is_now
        kind = _cause(steps, base, groups, grouping, at_border=at_border)
        if was:
            yield Movement(first.student_id, first.day, kind, origin, False, at_border)
        if is_now:
            yield Movement(first.student_id, first.day, kind, target, True, at_border)


def _cause(
    steps: Sequence[_Step],
    base: CountBase,
    groups: _Groups,
    grouping: Grouping,
    *,
    at_border: bool,
) -> Kind:
    """The last entry of the day that did it."""

    def did_it(step: _Step) -> bool:
        if at_border:
            return base.counts(step.before.status) != base.counts(step.after.status)
        return groups.key(
            grouping, step.before.class_id, step.before.major_id, step.cohort
        ) != groups.key(grouping, step.after.class_id, step.after.major_id, step.cohort)

    kind: Kind = next(step.entry.kind for step in reversed(steps) if did_it(step))
    return kind


def _events(
    session: Session, begin: date, end: date, known_on: datetime | None
) -> Iterator[list[_Step]]:
    """The entries of the period, those of one student on one day together."""
    steps = _steps(session, begin, end, known_on)
    for _, group in groupby(steps, key=lambda step: (step.student_id, step.day)):
        yield list(group)


#: What a count needs of an entry; every further column costs where a whole cohort has moved.
_OF_ENTRY: Final = (
    "student_id", "kind", "effective_date", "to_status", "to_class_id", "to_major_id",
)  # fmt: skip


def _steps(
    session: Session,
    begin: date,
    end: date,
    known_on: datetime | None,
    also: Sequence[str] = (),
) -> Iterator[_Step]:
    """The entries of the period, student by student in the order of effect.

    Each student's ledger is read from its beginning, not from the opening of the count. `also`:
    further columns that the entries of the steps carry.
    """
    moment = Moment(end, known_on)
    other = aliased(LedgerEntry)
    touched = select(other.student_id).where(other.effective_date >= begin, in_force(other, moment))
    query = (
        select(*(getattr(LedgerEntry, name) for name in (*_OF_ENTRY, *also)), Student.cohort_year)
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
                yield _Step(
                    student_id, entry.cohort_year, entry.effective_date, entry, before, position
                )


def _demand_order(begin: date, end: date) -> None:
    if begin > end:
        raise ReportPeriodRefused(begin=begin, end=end)


# --- 异动汇总, 异动统计 --------------------------------------------------------------------


def change_lines(
    session: Session, begin: date, end: date, *, known_on: datetime | None = None
) -> list[ChangeLine]:
    """学籍异动汇总: the changes that took effect in the period, by day; 冲正 are left out."""
    _demand_order(begin, end)
    steps = [
        step
        for step in _steps(session, begin, end, known_on, ("id", "until", "reason", "recorded_at"))
        if step.entry.kind in CODED_KINDS
    ]
    ids = sorted({step.student_id for step in steps})
    people = {row.id: row for row in student_rows(session, Moment(end, known_on), Scope(ids=ids))}
    papers = _paper_counts(session)
    reviewed = set(
        session.scalars(select(StatusChange.entry_id).where(StatusChange.reviewed_at.is_not(None)))
    )
    groups = _Groups(session)
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
            department=groups.department(step.before.major_id or step.after.major_id),
            from_status=step.before.status,
            to_status=step.after.status,
            from_major=groups.name(Grouping.MAJOR, step.before.major_id),
            to_major=groups.name(Grouping.MAJOR, step.after.major_id),
            from_class=groups.name(Grouping.CLASS, step.before.class_id),
            to_class=groups.name(Grouping.CLASS, step.after.class_id),
            evidence=papers.get(step.entry.id, 0),
            recorded_at=step.entry.recorded_at,
            reviewed=step.entry.id in reviewed,
        )
        for step in steps
    ]
    return sorted(lines, key=lambda line: (line.day, line.number or "~", line.name))


def changed_students(session: Session, begin: date, end: date) -> tuple[int, ...]:
    """Ids of those on the 学籍异动汇总表 of the period, without the table."""
    _demand_order(begin, end)
    query = (
        select(LedgerEntry.student_id)
        .join(Student, Student.id == LedgerEntry.student_id)
        .where(living(), LedgerEntry.effective_date >= begin, is_change(LedgerEntry, Moment(end)))
        .distinct()
    )
    return tuple(session.scalars(query.order_by(LedgerEntry.student_id)))


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
