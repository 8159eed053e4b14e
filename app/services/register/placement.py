"""分班 and 学号: students are placed in classes by the ledger, then numbered in order."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.organisation import ClassGroup, Cohort, Major
from app.models.rules.patterns import NumberPattern
from app.models.student import FieldChange, Student
from app.models.vocabulary import Kind, Role, Sex
from app.services.clock import now, today
from app.services.errors import (
    NobodyToNumber,
    NobodyToPlace,
    PlacementDayRefused,
    StudentsWithoutClass,
)
from app.services.register import ledger
from app.services.register.ledger import Moment
from app.services.register.organisation import Organisation, find_cohort
from app.services.register.students import Scope, StudentRow, student_rows
from app.services.settings import load_settings, pattern_sentences
from app.services.standards import Standards
from app.services.vault.audit import Actor
from app.services.vault.database import Database


class Order(StrEnum):
    """In which order students are dealt to classes and given seats."""

    PINYIN = "拼音"
    SCORE = "成绩"
    EXAM = "考生号"


@dataclass(frozen=True, slots=True)
class Placed:
    """What a placement did: how many students in each class, and what was made for it."""

    classes: Mapping[str, int]
    made: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deal:
    """One class of a split: how many it has, how many come to it, whether it is made for that."""

    major: str
    name: str
    before: int
    gains: int
    new: bool


class Placement:
    """Placing and numbering the students of one cohort."""

    def __init__(self, database: Database, standards: Standards) -> None:
        self._database = database
        self._standards = standards

    def split(
        self,
        actor: Actor,
        cohort: int,
        *,
        order: Order = Order.PINYIN,
        count: int | None = None,
        size: int = 40,
        on: date | None = None,
        major: str | None = None,
    ) -> Placed:
        """Deal those without a class to `count` classes a major (or as `size` demands).

        The smallest classes are filled first, so that all end even. Boys and girls are dealt
        apart, to and fro, so that each class gets its share of both and of high and low scores.
        """
        actor.require(Role.RECORD)
        with self._database.write(actor, "分班") as session:
            organisation = Organisation(session, self._standards)
            group = find_cohort(session, cohort)
            day = _placement_day(group, on)
            seated = Counter(row.class_id for row in _present(session))
            waiting = [row for row in _present(session, cohort) if row.class_id is None]
            if major is not None:
                waiting = [row for row in waiting if row.major == major]
            if not waiting:
                raise NobodyToPlace(cohort=cohort)
            placed: Counter[str] = Counter()
            for name, rows in _by_major(waiting).items():
                major_row = organisation.major(name, entry_year=cohort)
                classes = _classes_of(session, group, major_row)
                wanted = _wanted(rows, [seated[one.id] for one in classes], count, size)
                classes += self._new_classes(organisation, group, major_row, len(classes), wanted)
                for row, target in _deal(rows, classes, seated, order):
                    self._place(session, actor, row.id, target, day)
                    placed[target.name] += 1
        return Placed(dict(sorted(placed.items())), tuple(organisation.made))

    def preview(
        self, cohort: int, *, count: int | None = None, size: int = 40, major: str | None = None
    ) -> list[Deal]:
        """What `split` would do, class by class; nothing is written."""
        deals: list[Deal] = []
        with self._database.read() as session:
            organisation = Organisation(session, self._standards)
            group = find_cohort(session, cohort)
            seated = Counter(row.class_id for row in _present(session))
            waiting = [row for row in _present(session, cohort) if row.class_id is None]
            majors = {one.name: one for one in session.scalars(select(Major))}
            for name, rows in _by_major(waiting).items():
                if major not in {None, name}:
                    continue
                classes = _classes_of(session, group, majors[name])
                sizes = [seated[one.id] for one in classes]
                names = [one.name for one in classes]
                for serial in range(len(names) + 1, _wanted(rows, sizes, count, size) + 1):
                    names.append(
                        organisation.next_class_name(
                            cohort=group, major=majors[name], serial=serial
                        )
                    )
                before = [*sizes, *[0] * (len(names) - len(sizes))]
                gains = Counter(_seats(before, len(rows)))
                deals += [
                    Deal(name, one, before[at], gains[at], new=at >= len(sizes))
                    for at, one in enumerate(names)
                ]
        return deals

    def assign(
        self, actor: Actor, cohort: int, places: Mapping[int, str], *, on: date | None = None
    ) -> Placed:
        """Place students (id → class name) as a list from outside says, once they are unplaced."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "分班") as session:
            organisation = Organisation(session, self._standards)
            group = find_cohort(session, cohort)
            day = _placement_day(group, on)
            placed: Counter[str] = Counter()
            for row in _present(session, cohort):
                name = places.get(row.id)
                if name and row.class_id is None:
                    major = session.scalars(select(Major).where(Major.name == row.major)).first()
                    target = organisation.class_group(name, cohort=group, major=major)
                    self._place(session, actor, row.id, target, day)
                    placed[name] += 1
            if not placed:
                raise NobodyToPlace(cohort=cohort)
        return Placed(dict(sorted(placed.items())), tuple(organisation.made))

    def preview_numbers(
        self, cohort: int, *, order: Order = Order.PINYIN, pattern: str | None = None
    ) -> list[tuple[StudentRow, str]]:
        """The numbers that `number` would give, in their order; nothing is written."""
        with self._database.read() as session:
            settings = load_settings(session)
            find_cohort(session, cohort)
            rows = _present(session, cohort)
            if not any(row.number is None for row in rows):
                raise NobodyToNumber(cohort=cohort)
            by_id = {row.id: row for row in rows}
            with pattern_sentences():
                compiled = NumberPattern(pattern or settings.number_pattern)
                given = _numbers(session, compiled, settings.branch_code, rows, order)
                return [(by_id[student], number) for student, number in given]

    def cohorts(self) -> list[tuple[int, int, int]]:
        """Each 年级, newest first, with how many have no class and how many no number."""
        with self._database.read() as session:
            rows = _present(session)
            unplaced = Counter(row.cohort for row in rows if row.class_id is None)
            unnumbered = Counter(row.cohort for row in rows if row.number is None)
            years = session.scalars(select(Cohort.year).order_by(Cohort.year.desc()))
            return [(year, unplaced[year], unnumbered[year]) for year in years]

    def number(
        self, actor: Actor, cohort: int, *, order: Order = Order.PINYIN, pattern: str | None = None
    ) -> dict[int, str]:
        """编学号: give numbers in the order 专业 → 班级 → `order`; a number once given stays."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "编学号") as session:
            settings = load_settings(session)
            group = find_cohort(session, cohort)
            rows = _present(session, cohort)
            if not any(row.number is None for row in rows):
                raise NobodyToNumber(cohort=cohort)
            with pattern_sentences():
                compiled = NumberPattern(pattern or settings.number_pattern)
                numbers = dict(_numbers(session, compiled, settings.branch_code, rows, order))
            for student_id, number in numbers.items():
                student = session.get_one(Student, student_id)
                student.number = number
                session.add(
                    FieldChange(
                        student_id=student_id,
                        field="number",
                        old=None,
                        new=number,
                        effective_date=min(group.entry_date, today()),
                        recorded_at=now(),
                        basis="编学号",
                        operator_id=actor.id,
                    )
                )
        return numbers

    @staticmethod
    def _new_classes(
        organisation: Organisation, cohort: Cohort, major: Major, present: int, wanted: int
    ) -> Iterator[ClassGroup]:
        """What a major lacks of the classes wanted."""
        for serial in range(present + 1, wanted + 1):
            name = organisation.next_class_name(cohort=cohort, major=major, serial=serial)
            yield organisation.class_group(name, cohort=cohort, major=major)

    @staticmethod
    def _place(
        session: Session, actor: Actor, student_id: int, target: ClassGroup, on: date
    ) -> None:
        ledger.record(
            session,
            session.get_one(Student, student_id),
            Kind.PLACEMENT,
            on,
            operator_id=actor.id,
            recorded_at=now(),
            to_class_id=target.id,
        )


def _wanted(rows: Sequence[StudentRow], sizes: Sequence[int], count: int | None, size: int) -> int:
    """How many classes a major needs: as many as said, or as its students fill."""
    return count or -(-(len(rows) + sum(sizes)) // size)


def sort_by(order: Order) -> Callable[[StudentRow], tuple[object, ...]]:
    """The sort key of an order; what is missing comes last, the reading decides between equals."""

    def key(row: StudentRow) -> tuple[object, ...]:
        if order is Order.SCORE:
            score = row.person["exam_score"]
            return (-float(score) if score else 1.0, row.reading, row.exam_number or "")
        if order is Order.EXAM:
            return (row.exam_number or "~", row.reading)
        return (row.reading, row.name, row.exam_number or "")

    return key


def _placement_day(cohort: Cohort, on: date | None) -> date:
    """The day of entry, or another that has come: a seat of next week would not be seen today."""
    last = max(today(), cohort.entry_date)
    if on is not None and not cohort.entry_date <= on <= last:
        raise PlacementDayRefused(day=on, first=cohort.entry_date, last=last)
    return on or cohort.entry_date


def _classes_of(session: Session, cohort: Cohort, major: Major) -> list[ClassGroup]:
    query = select(ClassGroup).where(
        ClassGroup.cohort_year == cohort.year, ClassGroup.major_id == major.id
    )
    return list(session.scalars(query.order_by(ClassGroup.serial)))


def _present(session: Session, cohort: int | None = None) -> list[StudentRow]:
    """The students (of a cohort) who are on the register or on their way to it."""
    rows = student_rows(session, Moment(today(), upcoming=True), Scope(cohort=cohort))
    return [row for row in rows if row.status.on_register or not row.status.is_final]


def _by_major(rows: Iterable[StudentRow]) -> dict[str, list[StudentRow]]:
    groups: dict[str, list[StudentRow]] = defaultdict(list)
    for row in rows:
        groups[row.major].append(row)
    return groups


def _deal(
    rows: Sequence[StudentRow],
    classes: Sequence[ClassGroup],
    seated: Mapping[int | None, int],
    order: Order,
) -> Iterable[tuple[StudentRow, ClassGroup]]:
    """Each student with his class, boys first, both spread evenly over the seats to be filled."""
    by_order = sort_by(order)
    sexes = (Sex.MALE, Sex.FEMALE, None)
    people = sorted(rows, key=lambda row: (sexes.index(row.sex), *by_order(row)))
    seats = _seats([seated.get(group.id, 0) for group in classes], len(rows))
    return zip(people, (classes[place] for place in seats), strict=True)


def _seats(sizes: Sequence[int], students: int) -> list[int]:
    """Which class (by its place in `sizes`) the first student gets, which the second, …

    How many each class gets follows from filling the smallest first. A class that gets fewer is
    dealt to in fewer rounds, and those spread over the whole; every second round goes back.
    """
    filled = list(sizes)
    for _ in range(students):
        filled[filled.index(min(filled))] += 1
    gains = [after - before for before, after in zip(sizes, filled, strict=True)]
    rounds = max(gains)
    deals = (
        (turn * rounds // gain, place) for place, gain in enumerate(gains) for turn in range(gain)
    )
    return [
        place for _, place in sorted(deals, key=lambda deal: (deal[0], deal[1] * (-1) ** deal[0]))
    ]


def _numbers(
    session: Session,
    pattern: NumberPattern,
    branch_code: str,
    rows: Sequence[StudentRow],
    order: Order,
) -> Iterator[tuple[int, str]]:
    """A number for each who has none, behind the highest of the class (of the cohort, 年级流水).

    Gaps stay: whoever had the number has left, and no number is given to a second person.
    """
    waiting = [row for row in rows if row.number is None]
    homeless = [row.name for row in waiting if row.class_id is None]
    if "班序" in pattern.fields and homeless:
        raise StudentsWithoutClass(count=len(homeless), names="、".join(homeless[:5]))
    majors = {major.name: major for major in session.scalars(select(Major))}
    serials = {group.id: group.serial for group in session.scalars(select(ClassGroup))}
    taken = _numbers_ever_given(session)
    by_order = sort_by(order)

    def in_order(row: StudentRow) -> tuple[object, ...]:
        return (majors[row.major].serial, serials.get(row.class_id or 0, 0), *by_order(row))

    of_cohort: dict[str, str | int] = {"入学年": rows[0].cohort, "分院代码": branch_code}
    serial = _highest(pattern, of_cohort, "年级流水", taken)
    seats: dict[int | None, int] = {}
    for row in sorted(waiting, key=in_order):
        of_class = of_cohort | {
            "专业代码": row.major_code,
            "专业序号": majors[row.major].serial,
            "班序": serials.get(row.class_id or 0, 1),
        }
        if row.class_id not in seats:
            seats[row.class_id] = _highest(pattern, of_class, "座号", taken)
        number = None
        while number is None or number in taken:
            seats[row.class_id] += 1
            serial += 1
            number = pattern.render(of_class | {"座号": seats[row.class_id], "年级流水": serial})
        taken.add(number)
        yield row.id, number


def _numbers_ever_given(session: Session) -> set[str]:
    """Also those of voided records, and those that were corrected since."""
    given = (
        select(Student.number),
        select(FieldChange.old).where(FieldChange.field == "number"),
        select(FieldChange.new).where(FieldChange.field == "number"),
    )
    return {number for query in given for number in session.scalars(query) if number}


def _highest(
    pattern: NumberPattern, values: Mapping[str, str | int], count: str, taken: Iterable[str]
) -> int:
    """The highest `count` among the numbers with these values; 0 where nobody has one."""
    if count not in pattern.fields:
        return 0
    found = map(pattern.matcher(values).fullmatch, taken)
    counts = (match[count] for match in found if match)
    return max((int(digits) for digits in counts if digits.isdecimal()), default=0)
