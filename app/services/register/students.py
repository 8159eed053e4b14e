"""Reading students: who they are and where they stand, as of any day."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from operator import itemgetter
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, or_, select, type_coerce
from sqlalchemy.orm import Session

from app.models.base import words_of
from app.models.fields import (
    FIELD_BY_NAME,
    GUARDIAN_COLUMNS,
    SCHOOLING_COLUMNS,
    STUDENT_FIELDS,
    FieldKind,
    Place,
)
from app.models.organisation import Department, Major
from app.models.rules import names
from app.models.rules.identity import canonical_number
from app.models.student import FieldChange, Guardian, Photo, Schooling, Student
from app.models.vocabulary import Sex, Status
from app.services.errors import NoSuchStudent, NumberOfSeveral
from app.services.register.conduct import ConductLine, conduct_lines
from app.services.register.ledger import LedgerRow, Moment, history, standings
from app.services.register.organisation import (
    ClassGroupRow,
    CohortGroups,
    class_rows,
    cohort_groups,
    find_class,
)
from app.services.register.queries import among
from app.services.register.search import Searchable, SearchIndex
from app.services.standards import Standards
from app.services.vault.database import Database

#: Columns of Student that an import, a form or a change may fill; also what a card shows.
PERSON_FIELDS: Final = tuple(item.name for item in STUDENT_FIELDS if item.place is Place.PERSON)


@dataclass(frozen=True, slots=True)
class StudentRow:
    """One line of a list: the person and the standing at one moment."""

    id: int
    number: str | None
    name: str
    sex: Sex | None
    birth_date: date | None
    id_number: str | None
    exam_number: str | None
    cohort: int
    department: str
    major: str
    major_code: str
    class_id: int | None
    class_group: str
    status: Status
    reading: str
    search_keys: str
    person: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class GuardianRow:
    """家长(监护人) as a card shows them."""

    name: str
    relation: str | None
    political_status: str | None
    employer: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class SchoolingRow:
    """One line of the 学习简历."""

    period: str
    place: str
    witness: str | None


@dataclass(frozen=True, slots=True)
class StudentRecord:
    """Everything a card holds of one student at one moment."""

    row: StudentRow
    guardians: tuple[GuardianRow, ...]
    schooling: tuple[SchoolingRow, ...]
    ledger: tuple[LedgerRow, ...]
    photo: str | None  # SHA-256 of the card-sized picture in media.db
    original: str | None  # … and of the picture as it was delivered
    rewards: tuple[ConductLine, ...] = ()
    punishments: tuple[ConductLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows are wanted; what is left empty does not restrict.

    A class is named by its id, or as people write it: 计算机1班, with the cohort in front where
    the name alone would mean several. `cohort` is that of the students: a class of 2026 may hold
    a repeater of 2025.
    """

    cohort: int | None = None
    class_id: int | None = None
    class_group: str | None = None
    major: str | None = None
    statuses: frozenset[Status] = frozenset()
    ids: Sequence[int] | None = None


class Students:
    """The students of one register, to be read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(self, moment: Moment, scope: Scope | None = None) -> list[StudentRow]:
        """Rows in the order of the rules: 专业, 班级, 学号, then 姓名 by pinyin."""
        with self._database.read() as session:
            return student_rows(session, moment, scope or Scope())

    def records(self, moment: Moment, scope: Scope) -> list[StudentRecord]:
        """Rows with all that belongs to them, in the same order."""
        with self._database.read() as session:
            return student_records(session, moment, scope)

    def groups(self) -> tuple[CohortGroups, ...]:
        """Cohorts and their classes, to choose from."""
        with self._database.read() as session:
            return cohort_groups(session)

    def identify(self, identifier: str, known_on: datetime | None = None) -> int:
        """Id of the one student with this 学号, 考生号 or 身份证号; never a guess among several."""
        with self._database.read() as session:
            found = identify(session, identifier, known_on)
            if len(found) > 1:
                people = "；".join(_with_numbers(session, found))
                raise NumberOfSeveral(identifier=identifier, count=len(found), people=people)
        if not found:
            raise NoSuchStudent(identifier=identifier)
        return found[0]

    def find(self, query: str, known_on: datetime | None = None) -> list[int]:
        """Ids that the query finds, best first; a whole number finds only those who bear it."""
        with self._database.read() as session:
            exact = identify(session, query, known_on)
            if exact:
                return exact
            index = search_index(session, known_on)
        return index.find(query, limit=len(index))


def living(known_on: datetime | None = None) -> ColumnElement[bool]:
    """Condition: the student's record was not voided, as far as was known then (None: now)."""
    voided_at = Student.__table__.c.voided_at  # so that a query of plain columns stays plain
    if known_on is None:
        return voided_at.is_(None)
    return or_(voided_at.is_(None), voided_at > known_on)


def identify(session: Session, identifier: str, known_on: datetime | None = None) -> list[int]:
    """Ids of the students with this 学号, 考生号 or 身份证号; whole numbers only."""
    number = canonical_number(identifier)
    query = select(Student.id).where(
        living(known_on),
        or_(
            Student.number == number,
            Student.exam_number == number,
            Student.id_number == number,
        ),
    )
    return list(session.scalars(query.order_by(Student.id)))


def _with_numbers(session: Session, ids: Sequence[int]) -> list[str]:
    """Who these are, by the numbers that may be said aloud."""
    query = select(Student.name, Student.number, Student.exam_number)
    return [
        f"{name}（学号 {number or '无'}，考生号 {exam_number or '无'}）"
        for name, number, exam_number in session.execute(
            query.where(among(Student.id, ids)).order_by(Student.id)
        )
    ]


def search_index(session: Session, known_on: datetime | None = None) -> SearchIndex:
    """The keys of every student, to be searched in memory."""
    rows = session.execute(
        select(
            Student.id,
            Student.name,
            Student.search_keys,
            Student.number,
            Student.exam_number,
            Student.id_number,
            Student.phone,
        ).where(living(known_on))
    )
    people = (
        Searchable(
            id=row.id,
            name=row.name,
            keys=tuple(row.search_keys.split()),
            number=row.number or "",
            exam_number=row.exam_number or "",
            id_number=row.id_number or "",
            phone=row.phone or "",
        )
        for row in rows
    )
    return SearchIndex(people, _standards().glyph_variants)


def student_rows(session: Session, moment: Moment, scope: Scope) -> list[StudentRow]:
    """See Students.rows."""
    majors = _majors(session)
    classes: dict[int | None, ClassGroupRow] = {row.id: row for row in class_rows(session)}
    wanted_class = scope.class_id
    if scope.class_group is not None:
        wanted_class = find_class(session, scope.class_group).id
    found = _selected(session, moment, scope, wanted_class)
    past = values_before_changes(session, found, moment, ~(_OF_GUARDIAN | _OF_SCHOOLING))
    rows = []
    for student_id, (values, status, class_id, major_id) in found.items():
        class_group, major = classes.get(class_id), majors.get(major_id, _NO_MAJOR)
        if status is not None and _wanted(scope, status, major.name):
            if student_id in past:
                values = _as_they_stood(values, past[student_id])
            row = _row(values, status, class_group, major)
            place = (row.cohort, major.serial, class_group.serial if class_group else 0)
            rows.append(((*place, row.number or "~", row.reading), row))
    rows.sort(key=itemgetter(0))
    return [row for _, row in rows]


def student_records(session: Session, moment: Moment, scope: Scope) -> list[StudentRecord]:
    """See Students.records."""
    rows = student_rows(session, moment, scope)
    ids = [row.id for row in rows]
    guardians = _guardians(session, ids, moment)
    schooling = _schooling(session, ids, moment)
    photos = _photos(session, ids, moment)
    ledger = history(session, ids, moment)
    rewards, punishments = conduct_lines(session, ids, moment)
    return [
        StudentRecord(
            row=row,
            guardians=guardians[row.id],
            schooling=schooling[row.id],
            ledger=tuple(ledger[row.id]),
            photo=photos[row.id].card_sha256 if row.id in photos else None,
            original=photos[row.id].sha256 if row.id in photos else None,
            rewards=tuple(rewards[row.id]),
            punishments=tuple(punishments[row.id]),
        )
        for row in rows
    ]


def student_photos(session: Session, ids: Sequence[int], moment: Moment) -> dict[int, str]:
    """SHA-256 of the card-sized picture of each of these students who has one."""
    photos = _photos(session, ids, moment)
    return {identity: photo.card_sha256 for identity, photo in photos.items()}


def name_keys(
    name: str, former_name: str | None = None, *, spoken: str | None = None
) -> dict[str, str]:
    """What is derived from a name when it is written: reading and search keys.

    `spoken` is the reading as somebody set it right; it is kept, and the name is found by it too.
    """
    rare = _standards().extra_readings
    reading, keys = names.reading_and_keys(name, rare)
    if spoken and spoken != reading:
        reading, keys = spoken, names.search_keys(name, spoken, rare)
    if former_name:
        keys = (*keys, former_name, *names.search_keys(former_name, rare=rare))
    return {"reading": reading, "search_keys": " ".join(sorted(set(keys)))}


@cache
def _standards() -> Standards:
    """The code tables, read once: they ship with the program."""
    return Standards()


def as_stored(value: Any) -> str | None:
    """A value as FieldChange keeps it: dates in ISO form, nothing as None."""
    if value is None or value == "":
        return None
    return value.isoformat() if isinstance(value, date) else str(value)


def from_stored(name: str, text: str | None) -> Any:
    """The value of the field `name` that FieldChange kept as `text`."""
    if text is None:
        return None
    field = FIELD_BY_NAME.get(name)  # columns of guardians and of the résumé are text
    kind = field.kind if field else FieldKind.TEXT
    if kind is FieldKind.DATE:
        return date.fromisoformat(text)
    return Sex(text) if kind is FieldKind.SEX else text


@dataclass(frozen=True, slots=True)
class _MajorNames:
    name: str
    code: str
    serial: int
    department: str


_NO_MAJOR: Final = _MajorNames("", "", 0, "")


def _majors(session: Session) -> dict[int | None, _MajorNames]:
    query = select(Major, Department.name).outerjoin(Major.department)
    return {
        major.id: _MajorNames(major.name, major.code, major.serial, department or "")
        for major, department in session.execute(query)
    }


#: What is read of a student; plain columns, for objects of the mapper cost ten times as much.
_COLUMNS: Final = ("id", "number", "cohort_year", "reading", "search_keys", *PERSON_FIELDS)

_Found: TypeAlias = tuple[Sequence[Any], Status | None, int | None, int | None]


def _selected(
    session: Session, moment: Moment, scope: Scope, class_id: int | None
) -> dict[int, _Found]:
    """Values and standing of each student in the scope, by id."""
    table = Student.__table__.c  # plain columns, for those of the mapper cost twice as much
    columns = [
        type_coerce(table.sex, words_of(Sex)) if name == "sex" else table[name] for name in _COLUMNS
    ]
    fold = standings(moment)  # who has no standing is on no list, so the join leaves nobody out
    query = (
        select(*columns, fold.c.status, fold.c.class_id, fold.c.major_id)
        .join_from(Student.__table__, fold, fold.c.student_id == table.id)
        .where(living(moment.known_on))
    )
    if moment.known_on is not None:
        query = query.where(table.recorded_at <= moment.known_on)
    if class_id is not None:
        query = query.where(fold.c.class_id == class_id)
    if scope.statuses:
        query = query.where(fold.c.status.in_(scope.statuses))
    if scope.cohort is not None:
        query = query.where(table.cohort_year == scope.cohort)
    if scope.ids is not None:
        query = query.where(among(table.id, scope.ids))
    return {row[0]: (row[: len(_COLUMNS)], *row[-3:]) for row in session.execute(query).all()}


def _wanted(scope: Scope, status: Status, major: str) -> bool:
    return (scope.major is None or major == scope.major) and (
        not scope.statuses or status in scope.statuses
    )


def _as_they_stood(values: Sequence[Any], past: Mapping[str, Any]) -> Sequence[Any]:
    return [past.get(name, value) for name, value in zip(_COLUMNS, values, strict=True)]


def _row(
    values: Sequence[Any], status: Status, class_group: ClassGroupRow | None, major: _MajorNames
) -> StudentRow:
    """The values in the order of _COLUMNS."""
    student_id, number, cohort, reading, keys, *rest = values
    person = dict(zip(PERSON_FIELDS, rest, strict=True))
    return StudentRow(
        id=student_id,
        number=number,
        name=person["name"],
        sex=person["sex"],
        birth_date=person["birth_date"],
        id_number=person["id_number"],
        exam_number=person["exam_number"],
        cohort=cohort,
        department=major.department,
        major=major.name,
        major_code=major.code,
        class_id=class_group.id if class_group else None,
        class_group=class_group.name if class_group else "",
        status=status,
        reading=reading,
        search_keys=keys,
        person=person,
    )


#: Changes of a guardian, whose place among the guardians follows the field: guardian_phone:1.
_OF_GUARDIAN: Final = FieldChange.field.startswith("guardian_")
_OF_SCHOOLING: Final = FieldChange.field.startswith("schooling_")


def values_before_changes(
    session: Session, ids: Iterable[int] | None, moment: Moment, which: ColumnElement[bool]
) -> dict[int, dict[str, Any]]:
    """For each student (None: all) the fields that were different then, with their values.

    The value before the first change that lay ahead is the value that was in force.
    """
    ahead = FieldChange.effective_date > moment.as_of
    if moment.known_on is not None:
        ahead = or_(ahead, FieldChange.recorded_at > moment.known_on)
    query = select(FieldChange).where(which, ahead)
    if ids is not None:
        query = query.where(among(FieldChange.student_id, ids))
    past: dict[int, dict[str, Any]] = {}
    for change in session.scalars(query.order_by(FieldChange.effective_date, FieldChange.id)):
        name = change.field.partition(":")[0]
        past.setdefault(change.student_id, {}).setdefault(
            change.field, from_stored(name, change.old)
        )
    return past


def _guardians(
    session: Session, ids: Sequence[int], moment: Moment
) -> dict[int, tuple[GuardianRow, ...]]:
    """The guardians of each student at that moment; who had no name yet was not there."""
    past = values_before_changes(session, ids, moment, _OF_GUARDIAN)
    return {
        student_id: tuple(
            GuardianRow(**values)
            for values in _as_they_were(present, past.get(student_id, {}), GUARDIAN_COLUMNS)
            if values["name"]
        )
        for student_id, present in _belongings(session, Guardian, ids).items()
    }


def _schooling(
    session: Session, ids: Sequence[int], moment: Moment
) -> dict[int, tuple[SchoolingRow, ...]]:
    """The résumé of each student at that moment; a line that said nothing was not there."""
    past = values_before_changes(session, ids, moment, _OF_SCHOOLING)
    return {
        student_id: tuple(
            SchoolingRow(values["period"] or "", values["place"] or "", values["witness"])
            for values in _as_they_were(present, past.get(student_id, {}), SCHOOLING_COLUMNS)
            if values["period"] or values["place"]
        )
        for student_id, present in _belongings(session, Schooling, ids).items()
    }


def _as_they_were(
    present: Iterable[Any], past: Mapping[str, Any], columns: Iterable[str]
) -> Iterator[dict[str, Any]]:
    """The rows of one student in their order, with the values `past` (guardian_phone:1) then."""
    values: dict[int, dict[str, Any]] = {
        row.position: {name: getattr(row, name) for name in columns} for row in present
    }
    for field_name, value in past.items():
        name, _, position = field_name.partition("_")[2].partition(":")
        values.setdefault(int(position), dict.fromkeys(columns))[name] = value
    for place in sorted(values):
        yield values[place]


def _photos(session: Session, ids: Sequence[int], moment: Moment) -> dict[int, Photo]:
    """The photograph of each student that was the newest then."""
    query = select(Photo).where(among(Photo.student_id, ids))
    if moment.known_on is not None:
        query = query.where(Photo.recorded_at <= moment.known_on)
    return {photo.student_id: photo for photo in session.scalars(query.order_by(Photo.id))}


def _belongings(session: Session, kind: type[Any], ids: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {identity: [] for identity in ids}
    for item in session.scalars(select(kind).where(among(kind.student_id, ids)).order_by(kind.id)):
        found[item.student_id].append(item)
    return found
