"""分班 and 学号: students are placed in classes by the ledger, then numbered in order."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import cycle

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
    NoSuchCohort,
    StudentsWithoutClass,
)
from app.services.register import ledger
from app.services.register.ledger import Moment
from app.services.register.organisation import Organisation
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
        """Deal those without a class evenly to `count` classes a major (or as `size` demands).

        Boys and girls are dealt apart, to and fro, so that each class gets its share of both and
        of high and low scores.
        """
        actor.require(Role.RECORD)
        with self._database.write(actor, "分班") as session:
            organisation = Organisation(session, self._standards)
            group = _cohort(session, cohort)
            waiting = [row for row in _present(session, cohort) if not row.class_group]
            if major is not None:
                waiting = [row for row in waiting if row.major == major]
            if not waiting:
                raise NobodyToPlace(cohort=cohort)
            placed: Counter[str] = Counter()
            for name, rows in _by_major(waiting).items():
                classes = self._classes(session, organisation, group, name, count, size, len(rows))
                for row, target in _deal(rows, classes, order):
                    self._place(session, actor, row.id, target, on or group.entry_date)
                    placed[target.name] += 1
        return Placed(dict(sorted(placed.items())), tuple(organisation.made))

    def assign(
        self, actor: Actor, cohort: int, places: Mapping[int, str], *, on: date | None = None
    ) -> Placed:
        """Place students (id → class name) as a list from outside says, once they are unplaced."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "分班") as session:
            organisation = Organisation(session, self._standards)
            group = _cohort(session, cohort)
            placed: Counter[str] = Counter()
            for row in _present(session, cohort):
                name = places.get(row.id)
                if name and not row.class_group:
                    major = session.scalars(select(Major).where(Major.name == row.major)).first()
                    target = organisation.class_group(name, cohort=group, major=major)
                    self._place(session, actor, row.id, target, on or group.entry_date)
                    placed[name] += 1
            if not placed:
                raise NobodyToPlace(cohort=cohort)
        return Placed(dict(sorted(placed.items())), tuple(organisation.made))

    def number(
        self, actor: Actor, cohort: int, *, order: Order = Order.PINYIN, pattern: str | None = None
    ) -> dict[int, str]:
        """编学号: give numbers in the order 专业 → 班级 → `order`; a number once given stays."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "编学号") as session:
            settings = load_settings(session)
            group = _cohort(session, cohort)
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

    def _classes(
        self,
        session: Session,
        organisation: Organisation,
        cohort: Cohort,
        major_name: str,
        count: int | None,
        size: int,
        students: int,
    ) -> list[ClassGroup]:
        """The classes of one major to deal to: those there are, and new ones up to the need."""
        major = organisation.major(major_name, entry_year=cohort.year)
        wanted = count or -(-students // size)
        classes = list(
            session.scalars(
                select(ClassGroup)
                .where(ClassGroup.cohort_year == cohort.year, ClassGroup.major_id == major.id)
                .order_by(ClassGroup.serial)
            )
        )
        while len(classes) < wanted:
            name = organisation.next_class_name(cohort=cohort, major=major, serial=len(classes) + 1)
            classes.append(organisation.class_group(name, cohort=cohort, major=major))
        return classes

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


def _cohort(session: Session, year: int) -> Cohort:
    found = session.get(Cohort, year)
    if found is None:
        known = session.scalars(select(Cohort.year).order_by(Cohort.year))
        raise NoSuchCohort(year=year, known="、".join(map(str, known)) or "还没有年级")
    return found


def _present(session: Session, cohort: int) -> list[StudentRow]:
    """The cohort's students who are on the register or on their way to it."""
    rows = student_rows(session, Moment(today(), upcoming=True), Scope(cohort=cohort))
    return [row for row in rows if row.status.on_register or not row.status.is_final]


def _by_major(rows: Iterable[StudentRow]) -> dict[str, list[StudentRow]]:
    groups: dict[str, list[StudentRow]] = defaultdict(list)
    for row in rows:
        groups[row.major].append(row)
    return groups


def _deal(
    rows: Sequence[StudentRow], classes: Sequence[ClassGroup], order: Order
) -> Iterable[tuple[StudentRow, ClassGroup]]:
    to_and_fro = cycle([*classes, *reversed(classes)])
    for sex in (Sex.MALE, Sex.FEMALE, None):
        for row in sorted((row for row in rows if row.sex is sex), key=sort_by(order)):
            yield row, next(to_and_fro)


def _numbers(
    session: Session,
    pattern: NumberPattern,
    branch_code: str,
    rows: Sequence[StudentRow],
    order: Order,
) -> Iterator[tuple[int, str]]:
    """A number for each who has none; seats go on behind those that were ever given."""
    waiting = [row for row in rows if row.number is None]
    homeless = [row.name for row in waiting if not row.class_group]
    if "班序" in pattern.fields and homeless:
        raise StudentsWithoutClass(count=len(homeless), names="、".join(homeless[:5]))
    majors = {major.name: major for major in session.scalars(select(Major))}
    groups = {
        (group.cohort_year, group.name): group for group in session.scalars(select(ClassGroup))
    }
    taken = set(session.scalars(select(Student.number).where(Student.number.is_not(None))))
    by_order = sort_by(order)

    def in_order(row: StudentRow) -> tuple[object, ...]:
        group = groups.get((row.cohort, row.class_group))
        return (majors[row.major].serial, group.serial if group else 0, *by_order(row))

    seats: Counter[str] = Counter()
    serial = 0
    for row in sorted(waiting, key=in_order):
        group = groups.get((row.cohort, row.class_group))
        while True:
            seats[row.class_group] += 1
            serial += 1
            number = pattern.render(
                {
                    "入学年": row.cohort,
                    "分院代码": branch_code,
                    "专业代码": row.major_code,
                    "专业序号": majors[row.major].serial,
                    "班序": group.serial if group else 1,
                    "座号": seats[row.class_group],
                    "年级流水": serial,
                }
            )
            if number not in taken:
                break
        taken.add(number)
        yield row.id, number
