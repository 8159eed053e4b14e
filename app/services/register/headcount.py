"""学籍人数: opening + in − out = closing, class by class, and the 异动 between two days.

What came and went is read from the entries of the ledger, one after the other; opening and closing
are each the fold as of a day. That the two ways agree is what makes a head-count a proof.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import and_, case, func, null, select, type_coerce
from sqlalchemy.orm import Session

from app.models.base import words_of
from app.models.cases import StatusChange
from app.models.evidence import Evidence
from app.models.ledger import LedgerEntry
from app.models.organisation import Cohort, Department, Major
from app.models.rules.transitions import CODED_KINDS, Position
from app.models.student import FieldChange, Student
from app.models.vocabulary import Arrival, CountBase, Grouping, Kind, Sex, Status
from app.services.errors import ReportPeriodRefused
from app.services.register.ledger import Moment, in_force, is_change, plain, standings
from app.services.register.organisation import ClassGroupRow, class_rows
from app.services.register.queries import among
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
    entered. `difference` is who keeps the row from closing: by student, how often he is there too
    often (−: too seldom) after opening + in − out.
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
    difference: Mapping[int, int] = field(init=False)  # told once: of a whole school it is work

    def __post_init__(self) -> None:
        there = Counter(chain(self.opening, *self.entered.values()))
        told = Counter(chain(self.closing, *self.left.values()))
        differing = {one for one, _ in there.items() ^ told.items()}
        found = {one: there[one] - told[one] for one in sorted(differing)}
        object.__setattr__(self, "difference", found)

    @property
    def platform_difference(self) -> int | None:
        """What the platform holds less what the register holds."""
        return None if self.platform is None else self.platform - len(self.closing)

    @property
    def balanced(self) -> bool:
        """Opening + in − out = closing, person by person and not only in number."""
        return not self.difference


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
    opening, closing = _present(session, base, (begin - timedelta(days=1), end), known_on)
    reading = _Reading(
        base,
        begin,
        end,
        opening,
        closing,
        tuple(_events(session, begin, end, known_on)),
        known_on,
        platform_counts(session, begin, end, known_on),
    )
    groups = _Groups(session)
    whole = _summed(reading, _together).row(None, (_TOTAL, None, "", ""), None)
    return {grouping: _counted(reading, whole, groups, grouping) for grouping in groupings}


class _Seat(NamedTuple):  # as are the steps: a dataclass costs four times as much to make
    """Where people sit who are counted alike; `arrival` is empty where nobody asks for it."""

    status: Status
    class_id: int | None
    major_id: int | None
    cohort: int
    sex: Sex | None
    arrival: tuple[Arrival | None, ...]


#: Who sits alike, by id.
_Seats: TypeAlias = list[tuple[_Seat, list[int]]]


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
    opening: _Seats
    closing: _Seats
    events: tuple[Sequence[_Step], ...]
    known_on: datetime | None
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


#: The group of whoever sits in a class, of a major, in a cohort.
_Key: TypeAlias = Callable[[int | None, int | None, int], int | None]


def _together(*_: int | None) -> None:
    """Everybody is of one group."""


def _summed(reading: _Reading, key: _Key) -> "_Columns":
    """The columns of the table, group by group."""
    columns = _Columns(tuple(_movements(reading, key)))
    for seat, ids in reading.opening:
        columns.opening[key(seat.class_id, seat.major_id, seat.cohort)] += ids
    for seat, ids in reading.closing:
        columns.close(key(seat.class_id, seat.major_id, seat.cohort), seat, ids)
    return columns


def _counted(
    reading: _Reading, whole: HeadcountRow, groups: _Groups, grouping: Grouping
) -> Headcount:
    columns = _summed(reading, partial(groups.key, grouping))
    named = groups.names(grouping)
    homeless = NO_CLASS if grouping is Grouping.CLASS else f"未定{grouping.value}"
    rows = []
    told = columns.groups
    for key in [*named, None]:
        if key in told:
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
        total=replace(whole, platform=total),
        movements=columns.movements,
        known_on=reading.known_on,
    )


def _lists() -> Any:
    return defaultdict(lambda: defaultdict(list))


@dataclass(slots=True)
class _Columns:
    """The columns of the table while they fill, by group."""

    movements: tuple[Movement, ...]
    opening: dict[int | None, list[int]] = field(default_factory=lambda: defaultdict(list))
    moves: dict[tuple[int | None, bool], dict[Kind, list[int]]] = field(default_factory=_lists)
    closing: dict[int | None, dict[Status, list[int]]] = field(default_factory=_lists)
    sexes: dict[int | None, dict[Sex | None, list[int]]] = field(default_factory=_lists)
    arrivals: dict[int | None, dict[Arrival | None, list[int]]] = field(default_factory=_lists)

    @property
    def groups(self) -> set[int | None]:
        """Groups of which there is something to say."""
        return {*self.opening, *self.closing, *(key for key, _ in self.moves)}

    def __post_init__(self) -> None:
        for move in self.movements:
            self.moves[move.class_id, move.entered][move.kind].append(move.student_id)

    def close(self, key: int | None, seat: _Seat, ids: Sequence[int]) -> None:
        self.closing[key][seat.status] += ids
        self.sexes[key][seat.sex] += ids
        for arrival in seat.arrival:
            self.arrivals[key][arrival] += ids

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
            closing=tuple(chain(*closing.values())),
            statuses=_frozen(Status, closing),
            sexes=_frozen([*Sex, None], self.sexes.get(key, {})),
            arrivals=_frozen([*Arrival, None], self.arrivals.get(key, {})),
            platform=platform,
        )


def _frozen(order: Iterable[K], lists: Mapping[K, Sequence[int]]) -> dict[K, tuple[int, ...]]:
    """In the order of the vocabulary, so that the same count is always the same table."""
    return {key: tuple(lists[key]) for key in order if key in lists}


def _present(
    session: Session, base: CountBase, days: Sequence[date], known_on: datetime | None
) -> list[_Seats]:
    """Where everybody sits who is counted on each of these days, by the fold.

    The arrivals are those of the term of the last day, if it lies in one.
    """
    first, *others = days
    past = [_sexes_before(session, Moment(day, known_on)) for day in days]
    fold = standings(Moment(first, known_on), *others).c
    columns = Student.__table__.c  # plain columns, for those of the mapper cost twice as much
    alone = case((among(columns.id, {*chain(*past)}), columns.id))  # each is a group of his own
    arrivals = arrivals_on(session, days[-1], known_on)
    alike = (
        *(and_(fold.since <= day, fold.until > day) for day in days), alone,
        fold.status, fold.class_id, fold.major_id, columns.cohort_year,
        type_coerce(columns.sex, words_of(Sex)),
        arrivals.c.arrival if arrivals is not None else null(),
    )  # fmt: skip
    query = (
        select(*alike, func.json_group_array(fold.student_id))
        .join(Student.__table__, columns.id == fold.student_id)
        .where(living(known_on), fold.status.in_(filter(base.counts, Status)))
        .group_by(*alike)
    )
    if arrivals is not None:
        query = query.outerjoin(arrivals, arrivals.c.student_id == fold.student_id)
    found: list[_Seats] = [[] for _ in days]
    for *on_days, lone, status, class_id, major_id, cohort, sex, arrival, ids in (
        session.execute(query)
    ):  # fmt: skip
        came = (arrival,) if arrivals is not None and status.in_school else ()
        people = json.loads(ids)
        for seats, sexes, on_day in zip(found, past, on_days, strict=True):
            if on_day:
                was = sexes.get(lone, sex)
                seats.append((_Seat(status, class_id, major_id, cohort, was, came), people))
    return found


def _sexes_before(session: Session, moment: Moment) -> dict[int, Sex | None]:
    """The sex of those who had another one then."""
    past = values_before_changes(session, None, moment, FieldChange.field == "sex")
    return {student_id: values["sex"] for student_id, values in past.items()}


def present_in(
    session: Session, base: CountBase, moment: Moment, class_id: int | None = None
) -> set[int]:
    """Ids of everybody who is counted at that moment, in the register or in one class."""
    (seats,) = _present(session, base, (moment.as_of,), moment.known_on)
    return {one for seat, ids in seats if class_id in (None, seat.class_id) for one in ids}


def _movements(reading: _Reading, key: _Key) -> Iterator[Movement]:
    """Who crossed the border of a group; what happens to one student on one day is one event.

    Somebody who is enrolled and placed on the same day has entered his class by enrolment. The
    kind is that of the last entry of the day that did it.
    """
    counts = {status: reading.base.counts(status) for status in (*Status, None)}
    for steps in reading.events:
        first, last = steps[0], steps[-1]
        was, is_now = counts[first.before.status], counts[last.after.status]
        at_border = was != is_now
        origin, target = _key_of(key, first.before, first), _key_of(key, last.after, last)
        if not at_border and (not was or origin == target):
            continue
        kind = next(
            step.entry.kind
            for step in reversed(steps)
            if (
                counts[step.before.status] != counts[step.after.status]
                if at_border
                else _key_of(key, step.before, step) != _key_of(key, step.after, step)
            )
        )
        if was:
            yield Movement(first.student_id, first.day, kind, origin, False, at_border)
        if is_now:
            yield Movement(first.student_id, first.day, kind, target, True, at_border)


def _key_of(key: _Key, position: Position, step: _Step) -> int | None:
    return key(position.class_id, position.major_id, step.cohort)


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


_SIDES: Final = slice(3, 6)
_WORDS: Final[dict[str, type[StrEnum]]] = {"kind": Kind, "to_status": Status}


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
    entry, other, person = plain(), plain(), Student.__table__
    touched = select(other.student_id).where(
        other.effective_date >= begin, other.effective_date <= end
    )
    query = (
        select(
            *(type_coerce(entry[name], words_of(word)) if word else entry[name]
              for name, word in ((name, _WORDS.get(name)) for name in (*_OF_ENTRY, *also))),
            person.c.cohort_year,
        )
        .join(person, person.c.id == entry.student_id)
        .where(
            living(known_on),
            entry.student_id.in_(touched),
            in_force(entry, Moment(end, known_on)),
        )
        .order_by(entry.student_id, entry.effective_date, entry.id)
    )  # fmt: skip
    for student_id, rows in groupby(session.execute(query).all(), key=itemgetter(0)):
        position = Position()
        for row in rows:
            before, position = position, position.moved(*row[_SIDES])
            if row.effective_date >= begin:
                yield _Step(student_id, row.cohort_year, row.effective_date, row, before, position)


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
