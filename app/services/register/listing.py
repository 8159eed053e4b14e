"""Lists of students as ids and pages: who, in which order, and what stands in the cells.

Who and in which order is one query over the register and the folded ledger; what the cells say is
read for a page of ids at a time. So a list of a hundred thousand takes no more memory than its
ids, and is sorted where it lies.
"""

import json
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, reduce
from operator import add
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy import (
    Float as Real,
)
from sqlalchemy.orm import Session, aliased

from app.models.fields import GUARDIANS, STUDENT_FIELDS, Place
from app.models.ledger import LedgerEntry
from app.models.organisation import ClassGroup, Department, Major
from app.models.rules.terms import academic_year, grade_name, term_begin
from app.models.student import FieldChange, Guardian, Photo, Schooling, Student
from app.models.vocabulary import CountBase, Role, Status
from app.services.clock import today
from app.services.register import sight
from app.services.register.columns import COLUMN_BY_NAME, ColumnKind
from app.services.register.completeness import (
    CARD_FIELDS,
    PHOTO,
    SCHOOLING,
    Completeness,
    completeness,
)
from app.services.register.filters import Op, Term, parse
from app.services.register.ledger import Moment, is_change, standings
from app.services.register.queries import among
from app.services.register.students import living
from app.services.vault import audit
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.folded import refold, unfolded

#: How many people are read at a time.
PAGE: Final = 256
_VALUES: Final = 500
_PORTION: Final = 20_000
_FAR: Final = "\U0010ffff"
_WANTED: Final = "wanted_ids"

Text: TypeAlias = ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class SortLevel:
    """One level of an order."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Who is wanted and in which order. `filters` are the words of the boxes by column."""

    filters: Mapping[str, str] = field(default_factory=dict)
    sort: tuple[SortLevel, ...] = ()
    base: CountBase | None = None
    ids: Sequence[int] | None = None  # only among these


@dataclass(frozen=True, slots=True)
class ListRow:
    """One line: the text of every column, what is wrong with some, what the card lacks."""

    id: int
    cells: Mapping[str, str]
    faults: Mapping[str, str]
    completeness: Completeness


class Listing:
    """The list of students of one register."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ids(self, moment: Moment, query: ListQuery) -> "array[int]":
        """Ids of who is wanted, in order; empty values come last, equals in the order of 学号."""
        with self._database.read() as session:
            return listed_ids(session, moment, query)

    def page(self, moment: Moment, ids: Sequence[int]) -> list[ListRow]:
        """The rows of these ids, in their order; who is gone meanwhile is left out."""
        with self._database.read() as session:
            return listed_rows(session, moment, ids)

    def portions(self) -> list[range]:
        """The ids of all students, so many at a time that they are counted in a moment."""
        with self._database.read() as session:
            last = session.scalar(select(func.max(Student.id))) or 0
        return [range(first, first + _PORTION) for first in range(1, last + 2, _PORTION)]

    def count(self, moment: Moment, query: ListQuery, ids: range | None = None) -> int:
        """How many are wanted; of a portion, where the rest is asked for later."""
        with self._database.read() as session:
            source = _Source(moment)
            conditions = source.conditions(query)
            if ids is not None:
                conditions = [*conditions, Student.id >= ids.start, Student.id < ids.stop]
            wanted = source.select(Student.id).where(*conditions)
            return session.scalar(select(func.count()).select_from(wanted.subquery())) or 0

    def values(
        self, moment: Moment, column: str, query: ListQuery, holding: str = "", limit: int = _VALUES
    ) -> list[tuple[str, int]]:
        """The values of a column with their counts, under the filters of the other columns."""
        others = {name: words for name, words in query.filters.items() if name != column}
        source = _Source(moment)
        value = func.coalesce(source.value(column), "").label("value")
        conditions = source.conditions(ListQuery(others, (), query.base, query.ids))
        people = func.count().label("people")
        wanted = source.select(value, people).where(*conditions).group_by(value)
        if holding:
            wanted = wanted.where(value.contains(holding, autoescape=True))
        blank_last = case((value == "", 1), else_=0)
        with self._database.read() as session:
            rows = session.execute(wanted.order_by(blank_last, value).limit(limit))
            return [(row.value, row.people) for row in rows]

    def reveal(self, actor: Actor, what: str, count: int) -> None:
        """Note in the log that whole 身份证号 were shown in a list of so many people."""
        actor.require_sight()
        with self._database.write(actor, sight.SHOWN) as session:
            sight.log_shown(session, what, count)

    def misfits(self) -> list[int]:
        """Ids of students whose kept standing is not what their ledger says; none for sound."""
        with self._database.read() as session:
            return unfolded(session)

    def rebuild(self, actor: Actor) -> None:
        """Fold the whole ledger anew; the log says so."""
        actor.require_any(Role.RECORD, Role.SYSTEM)
        with self._database.write(actor, "重建学籍状态") as session:
            refold(session)
            audit.event(session, "重建学籍状态")


# --- who and in which order -----------------------------------------------------------------


def listed_ids(session: Session, moment: Moment, query: ListQuery) -> "array[int]":
    """See Listing.ids. One text for all ids: a row each would cost more than the sorting."""
    source = _Source(moment)
    conditions, order = source.conditions(query), source.order(query.sort)
    ordered = source.select(Student.id).where(*conditions).order_by(*order).subquery()
    found = session.scalar(select(func.json_group_array(ordered.c.id)))
    return array("q", json.loads(found or "[]"))


class _Source:
    """The joined tables as they stand at one moment, and the expression of each column."""

    def __init__(self, moment: Moment, *, page: bool = False) -> None:
        self._moment = moment
        # Of everybody the last change is quicker found in one pass, of a page one by one.
        self._changes = None if page else _last_changes(moment)
        self._joins_changes = False
        self._past = moment.known_on is not None or moment.as_of < today()
        self._standing = standings(moment)
        self._values: dict[str, Text] = {}

    def select(self, *what: Any) -> Select[Any]:
        """A query for something of each student who has a standing at the moment.

        Name what is wanted, the conditions and the order first: they say which tables to join.
        """
        place = self._standing
        query = (
            select(*what)
            .select_from(Student)
            .join(place, place.c.student_id == Student.id)
            .outerjoin(ClassGroup, ClassGroup.id == place.c.class_id)
            .outerjoin(Major, Major.id == place.c.major_id)
            .outerjoin(Department, Department.id == Major.department_id)
            .where(living(self._moment.known_on), place.c.status.is_not(None))
        )
        if self._joins_changes and self._changes is not None:
            query = query.outerjoin(self._changes, self._changes.c.student_id == Student.id)
        if self._moment.known_on is not None:
            query = query.where(Student.recorded_at <= self._moment.known_on)
        return query

    def value(self, column: str) -> Text:
        """What stands in a column, as text or a number; NULL or '' for nothing."""
        if column not in self._values:
            self._values[column] = self._value(column)
        return self._values[column]

    def conditions(self, query: ListQuery) -> list[ColumnElement[bool]]:
        """What the boxes, the base and the given ids ask."""
        found = [self._condition(name, words) for name, words in query.filters.items()]
        if query.base is not None:
            statuses = [status.value for status in Status if query.base.counts(status)]
            found.append(type_coerce(self._standing.c.status, String).in_(statuses))
        if query.ids is not None:
            found.append(among(Student.id, query.ids))
        return found

    def order(self, levels: Sequence[SortLevel]) -> list[ColumnElement[Any]]:
        """Blank last at every level, whichever way it runs; then 学号, then the record's age."""
        found: list[ColumnElement[Any]] = []
        for level in levels:
            for key in self._sort_keys(level.column):
                directed = key.desc() if level.descending else key.asc()
                found.append(directed.nulls_last())
        return [*found, type_coerce(Student.number, String).asc().nulls_last(), _ID]

    # --- columns ---

    def _value(self, column: str) -> Text:
        if column in _OF_PERSON:
            return self._as_then(column, self._present(column))
        if column in _OF_GUARDIAN:
            which, name = _guardian_column(column)
            return self._as_then(f"guardian_{name}:{which}", self._present(column))
        place, year = self._standing, academic_year(self._moment.as_of)
        years = func.coalesce(cast(func.nullif(Major.years, ""), Integer), 5)
        match column:
            case "number":
                return type_coerce(Student.number, String)
            case "status":
                return type_coerce(place.c.status, String)
            case "class_group":
                return type_coerce(ClassGroup.name, String)
            case "major":
                return type_coerce(Major.name, String)
            case "major_code":
                return type_coerce(Major.code, String)
            case "department":
                return type_coerce(Department.name, String)
            case "cohort":
                return cast(Student.cohort_year, String)
            case "grade":
                grade = year + 1 - _learning_with()
                return case({n: grade_name(n) for n in range(1, 10)}, value=grade, else_="")
            case "graduation_year":
                return cast(_learning_with() + years, String)
            case "completeness":
                return self._percent()
            case "review":
                return self._review()
            case "change_kind":
                return self._last_change("kind")
            case "change_date":
                return self._last_change("effective_date")
        raise KeyError(column)

    def _sort_keys(self, column: str) -> list[ColumnElement[Any]]:
        """What a column is sorted by; NULL for blank. A costly value stands in it only once."""
        value = self.value(column)
        match column:
            case "name":
                return [func.nullif(Student.reading, ""), value]
            case "class_group":
                cohort = case((ClassGroup.id.is_not(None), ClassGroup.cohort_year))
                serial = type_coerce(ClassGroup.serial, Integer)
                return [cohort, type_coerce(Major.serial, Integer), serial, value]
            case "grade":
                return [-_learning_with()]
        if COLUMN_BY_NAME[column].kind in _FIGURES:
            return [cast(func.nullif(value, ""), Real)]
        return [func.nullif(value, "")]

    def _present(self, column: str) -> Text:
        """A value as the record has it now: what is missing or wrong is asked of that."""
        if column in _OF_PERSON:
            return type_coerce(getattr(Student, column), String)
        return _of_guardian(column) if column in _OF_GUARDIAN else self.value(column)

    def _as_then(self, name: str, present: Text) -> Text:
        """A value as it was at a past moment: what the first change that lay ahead replaced."""
        if not self._past:
            return present
        ahead: ColumnElement[bool] = FieldChange.effective_date > self._moment.as_of
        if self._moment.known_on is not None:
            ahead = or_(ahead, FieldChange.recorded_at > self._moment.known_on)
        change = select(FieldChange.old).where(
            FieldChange.student_id == Student.id, FieldChange.field == name, ahead
        )
        first = change.order_by(FieldChange.effective_date, FieldChange.id).limit(1)
        return case(
            (exists(change.correlate(Student)), first.correlate(Student).scalar_subquery()),
            else_=present,
        )

    def _there(self, name: str) -> ColumnElement[int]:
        """1 when a box of the card is filled."""
        if name == PHOTO:
            has: ColumnElement[bool] = exists().where(Photo.student_id == Student.id)
        elif name == SCHOOLING:
            has = exists().where(Schooling.student_id == Student.id)
        else:
            has = func.coalesce(self._present(name), "") != ""
        return case((has, 1), else_=0)

    def _percent(self) -> Text:
        filled = reduce(add, (self._there(name) for name in CARD_FIELDS))
        return (filled * 100).op("/")(len(CARD_FIELDS))

    def _review(self) -> Text:
        """The sentences of `REVIEWS` that apply, in one text."""
        parts: list[Text] = [
            case((condition, f"{REVIEWS[code][1]}；"), else_="")
            for code, condition in self._review_conditions().items()
        ]
        return func.rtrim(reduce(lambda one, other: one.op("||")(other), parts), "；")

    def _review_conditions(self) -> dict[str, ColumnElement[bool]]:
        number, born = self._present("id_number"), self._present("birth_date")
        sex, name = self._present("sex"), self._present("name")
        kind = func.coalesce(self._present("id_type"), "居民身份证")
        citizen = and_(number.is_not(None), number != "", kind == "居民身份证")
        digits = func.substr(number, 1, 17)
        whole = and_(func.length(number) == 18, digits.op("NOT GLOB")("*[^0-9]*"))
        total = reduce(add, (_digit(number, at + 1) * w for at, w in enumerate(_WEIGHTS)))
        birthday = func.replace(born, "-", "")
        proper = func.substr("10X98765432", total % 11 + 1, 1)
        male = case((_digit(number, 17) % 2 == 1, "男"), else_="女")
        said = and_(citizen, whole)
        return {
            "length": and_(citizen, ~whole, func.length(number) != 15),
            "check": and_(said, func.substr(number, 18, 1) != proper),
            "born": and_(said, born != "", func.substr(digits, 7, 8) != birthday),
            "sex": and_(said, sex != "", sex != male),
            "name": name.op("GLOB")("*[?？\ufffd□〓]*"),
        }

    def _last_change(self, column: str) -> Text:
        if self._changes is not None:
            self._joins_changes = True
            return self._changes.c[column]
        entry = aliased(LedgerEntry)
        return (
            select(type_coerce(getattr(entry, column), String))
            .where(entry.student_id == Student.id, is_change(entry, self._moment))
            .order_by(entry.effective_date.desc(), entry.id.desc())
            .limit(1)
            .correlate(Student)
            .scalar_subquery()
        )

    # --- boxes ---

    def _condition(self, column: str, words: str) -> ColumnElement[bool]:
        wanted = parse(words)
        any_of = [self._term(column, term) for term in wanted.any_of]
        all_of = [self._term(column, term) for term in wanted.all_of]
        return and_(or_(*any_of) if any_of else literal(True), *all_of)

    def _term(self, column: str, term: Term) -> ColumnElement[bool]:
        value = func.coalesce(self.value(column), "")
        kind = COLUMN_BY_NAME[column].kind
        match term.op:
            case Op.BLANK:
                return value == ""
            case Op.FILLED:
                return value != ""
            case Op.IS:
                return func.lower(cast(value, String)) == term.text.lower()
            case Op.IS_NOT:
                return func.lower(cast(value, String)) != term.text.lower()
            case Op.HOLDS if kind is ColumnKind.DATE and term.text in _PERIODS:
                return value >= _period_begin(term.text, self._moment.as_of).isoformat()
            case Op.HOLDS:
                return self._holds(column, value, term.text)
            case Op.LACKS:
                return ~self._holds(column, value, term.text)
        mine: Text = cast(value, Real) if kind in _FIGURES else value
        bound: Any = cast(term.text, Real) if kind in _FIGURES else term.text
        compared: ColumnElement[bool]
        match term.op:
            case Op.ABOVE:
                compared = mine > bound
            case Op.BELOW:
                compared = mine < bound
            case Op.FROM:
                compared = mine >= bound
            case _:
                # up to 2026-09 takes the whole of that month in
                open_end = kind is ColumnKind.DATE
                compared = mine <= (f"{term.text}{_FAR}" if open_end else bound)
        return and_(value != "", compared)

    def _holds(self, column: str, value: Text, words: str) -> ColumnElement[bool]:
        """It stands in the value; a name is found by full pinyin or initials too."""
        found = cast(value, String).icontains(words, autoescape=True)
        if column == "name" and words.isascii():
            spelled = words.replace(" ", "").replace("'", "").lower()
            return or_(found, Student.search_keys.contains(spelled, autoescape=True))
        return found


_OF_PERSON: Final = frozenset(f.name for f in STUDENT_FIELDS if f.place is Place.PERSON)
_OF_GUARDIAN: Final = frozenset(f.name for f in STUDENT_FIELDS if f.place is Place.GUARDIAN)
_FIGURES: Final = frozenset({ColumnKind.FIGURE, ColumnKind.PERCENT})
_ID: Final[ColumnElement[int]] = type_coerce(Student.id, Integer)
_PERIODS: Final = ("本学期", "本学年")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643


def _period_begin(word: str, day: date) -> date:
    return term_begin(day) if word == "本学期" else date(academic_year(day), 8, 1)


def _last_changes(moment: Moment) -> FromClause:
    """The last 学籍异动 of everybody; beside a max() SQLite answers the rest of its row."""
    entry = aliased(LedgerEntry)
    place = type_coerce(entry.effective_date, String).op("||")(func.printf("%012d", entry.id))
    return (
        select(
            entry.student_id,
            type_coerce(entry.kind, String).label("kind"),
            type_coerce(entry.effective_date, String).label("effective_date"),
            func.max(place).label("place"),
        )
        .where(is_change(entry, moment))
        .group_by(entry.student_id)
        .subquery()
    )


def _learning_with() -> ColumnElement[int]:
    """The cohort whose lessons somebody takes: that of the class, where there is one."""
    return func.coalesce(ClassGroup.cohort_year, Student.cohort_year)


def _guardian_column(column: str) -> tuple[int, str]:
    """Which family member (1 for the first), and the column of Guardian."""
    place = next(place for place, which in enumerate(GUARDIANS, 1) if column.startswith(which))
    return place, column.removeprefix(GUARDIANS[place - 1])


def _of_guardian(column: str) -> Text:
    which, name = _guardian_column(column)
    return (
        select(type_coerce(getattr(Guardian, name), String))
        .where(Guardian.student_id == Student.id)
        .order_by(Guardian.position, Guardian.id)
        .limit(1)
        .offset(which - 1)
        .correlate(Student)
        .scalar_subquery()
    )


def _digit(number: Text, place: int) -> Any:
    return cast(func.substr(number, place, 1), Integer)


# --- what the cells say ---------------------------------------------------------------------

#: What a record can be 待核 for: the column at fault, in a few words, and what to do.
REVIEWS: Final = {
    "length": ("id_number", "身份证号位数不对", "应为 18 位，请对照证件补全"),
    "check": ("id_number", "身份证号校验码不对", "有一位或几位写错，请对照证件逐位核对"),
    "born": ("birth_date", "出生日期与身份证号不符", "请对照证件核对两处"),
    "sex": ("sex", "性别与身份证号不符", "请对照证件核对两处"),
    "name": ("name", "姓名有丢失的字", "请对照证件补全姓名"),
}
_REVIEW_OF: Final = {words: (column, cure) for column, words, cure in REVIEWS.values()}


def listed_rows(session: Session, moment: Moment, ids: Sequence[int]) -> list[ListRow]:
    """See Listing.page."""
    found = session.execute(_page_query(moment, today()), {_WANTED: json.dumps(list(ids))})
    rows = {row[0]: _listed(tuple(row)) for row in found}
    return [rows[identity] for identity in ids if identity in rows]


@lru_cache(maxsize=4)
def _page_query(moment: Moment, _today: date) -> Select[Any]:
    """Every column of the ids bound to `_WANTED`. Kept, as making it takes as long as asking it;
    what is past depends on the day."""
    source = _Source(moment, page=True)
    values = [source.value(name).label(name) for name in COLUMN_BY_NAME]
    wanted = func.json_each(bindparam(_WANTED, type_=String)).table_valued("value")
    return source.select(Student.id, *values, source._there(PHOTO), source._there(SCHOOLING)).where(
        Student.id.in_(select(wanted.c.value))
    )


def _listed(row: tuple[Any, ...]) -> ListRow:
    identity, *values, photo, schooling = row
    cells = {
        name: "" if value is None else str(value)
        for name, value in zip(COLUMN_BY_NAME, values, strict=True)
    }
    faults = {}
    for words in filter(None, cells["review"].split("；")):
        column, cure = _REVIEW_OF[words]
        faults[column] = f"{words}：{cure}"
    present: dict[str, object] = {**cells, PHOTO: photo, SCHOOLING: schooling}
    return ListRow(identity, cells, faults, completeness(present))
