"""学籍核查确认表: printed page by page with codes, ticked off as the signed pages come back."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.audits import CheckedStudent, CheckSheet
from app.models.vocabulary import CheckMark, Role, Status
from app.services.clock import now, today
from app.services.errors import CheckRefused
from app.services.register.ledger import Moment
from app.services.register.organisation import class_rows
from app.services.register.queries import among
from app.services.register.students import Scope, StudentRow, student_rows
from app.services.vault.audit import Actor
from app.services.vault.database import Database

#: Lines of one page of the form.
LINES: Final = 25
_ON_REGISTER: Final = frozenset(status for status in Status if status.on_register)


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """One line of a page; `mark` None: the page has not come back."""

    student: StudentRow
    mark: CheckMark | None
    note: str

    @property
    def id_tail(self) -> str:
        """The last four of the 身份证号, which is all that the page shows of it."""
        return (self.student.id_number or "")[-4:]


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One page."""

    id: int
    title: str
    as_of: date
    class_id: int
    class_group: str
    department: str
    page: int
    pages: int
    code: str
    returned_on: date | None
    lines: tuple[CheckedRow, ...]


@dataclass(frozen=True, slots=True)
class CheckSummary:
    """核查汇总 of one class: how many pages came back, how many stand for what."""

    class_group: str
    department: str
    pages: int
    returned: int
    people: int
    marks: Mapping[CheckMark, int]


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One 核查: what it is called, of which day, how many of its pages came back."""

    title: str
    as_of: date
    pages: int
    returned: int


class CheckSheets:
    """The check sheets of one register."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(
        self, actor: Actor, title: str, as_of: date, class_ids: Sequence[int], lines: int = LINES
    ) -> list[SheetRow]:
        """Freeze the pages of these classes as they stand on a day; each page gets its code."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "制核查确认表", title) as session:
            if not title.strip() or not class_ids or lines < 1:
                raise CheckRefused(problem="没有写明名称或没有选班级")
            if taken := _classes_of(session, title.strip()).intersection(class_ids):
                names = "、".join(row.name for row in class_rows(session) if row.id in taken)
                raise CheckRefused(problem=f"“{title.strip()}”已有{names}的页，请另起名称")
            first = (session.scalar(select(func.coalesce(func.max(CheckSheet.id), 0))) or 0) + 1
            made, at = [], now()
            for class_id in class_ids:
                people = student_rows(
                    session, Moment(as_of), Scope(class_id=class_id, statuses=_ON_REGISTER)
                )
                parts = [people[at : at + lines] for at in range(0, len(people), lines)]
                made += [
                    CheckSheet(
                        title=title.strip(),
                        as_of=as_of,
                        class_id=class_id,
                        page=page,
                        pages=len(parts),
                        code="",
                        content=json.dumps([row.id for row in part]),
                        operator_id=actor.id,
                        made_at=at,
                    )
                    for page, part in enumerate(parts, start=1)
                ]
            if not made:
                raise CheckRefused(problem=f"这些班 {as_of} 没有在籍学生")
            for number, sheet in enumerate(made, start=first):
                sheet.code = _code(number)
            session.add_all(made)
            session.flush()
            return _rows(session, made)

    def tick(
        self,
        actor: Actor,
        code: str,
        *,
        on: date | None = None,
        exceptions: Mapping[int, tuple[CheckMark, str]] | None = None,
    ) -> SheetRow:
        """A page came back: everybody on it has signed but for the exceptions (by student)."""
        actor.require(Role.RECORD)
        exceptions = exceptions or {}
        with self._database.write(actor, "核查确认表收回", code) as session:
            sheet = _sheet(session, code)
            if sheet.returned_on is not None:
                raise CheckRefused(problem=f"第 {code} 页已于 {sheet.returned_on} 收回")
            ids = json.loads(sheet.content)
            if strangers := exceptions.keys() - set(ids):
                raise CheckRefused(problem=f"第 {code} 页上没有编号 {min(strangers)} 的学生")
            sheet.returned_on = on or today()
            for student_id in ids:
                mark, note = exceptions.get(student_id, (CheckMark.SIGNED, ""))
                session.add(
                    CheckedStudent(sheet_id=sheet.id, student_id=student_id, mark=mark, note=note)
                )
            session.flush()
            return _rows(session, [sheet])[0]

    def untick(self, actor: Actor, code: str, reason: str) -> SheetRow:
        """A page that was ticked off by mistake is out again."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "核查确认表撤回登记", reason) as session:
            sheet = _sheet(session, code)
            sheet.returned_on = None
            query = select(CheckedStudent).where(CheckedStudent.sheet_id == sheet.id)
            for row in session.scalars(query):
                session.delete(row)
            session.flush()
            return _rows(session, [sheet])[0]

    def checks(self, actor: Actor) -> list[CheckRow]:
        """The checks that were made, the newest first."""
        actor.require_sight()
        query = (
            select(
                CheckSheet.title,
                func.min(CheckSheet.as_of),
                func.count(),
                func.count(CheckSheet.returned_on),
            )
            .group_by(CheckSheet.title)
            .order_by(func.max(CheckSheet.id).desc())
        )
        with self._database.read() as session:
            return [CheckRow(*row) for row in session.execute(query)]

    def rows(
        self, actor: Actor, title: str | None = None, *, outstanding: bool = False
    ) -> list[SheetRow]:
        """Pages in the order in which they were made; those that have not come back."""
        actor.require_sight()
        with self._database.read() as session:
            query = select(CheckSheet).order_by(CheckSheet.id)
            if title is not None:
                query = query.where(CheckSheet.title == title)
            if outstanding:
                query = query.where(CheckSheet.returned_on.is_(None))
            return _rows(session, session.scalars(query).all())

    def fallen_out(self, actor: Actor, title: str) -> dict[CheckMark, list[CheckedRow]]:
        """Who did not simply sign, by why: on leave, unsigned, lost, with a wrong line."""
        found: dict[CheckMark, list[CheckedRow]] = {}
        for mark, line, _ in amiss(self.rows(actor, title)):
            found.setdefault(mark, []).append(line)
        return found

    def summary(self, actor: Actor, title: str) -> list[CheckSummary]:
        """核查汇总表: class by class."""
        return [
            CheckSummary(
                class_group=sheets[0].class_group,
                department=sheets[0].department,
                pages=len(sheets),
                returned=sum(sheet.returned_on is not None for sheet in sheets),
                people=sum(len(sheet.lines) for sheet in sheets),
                marks=Counter(
                    line.mark for sheet in sheets for line in sheet.lines if line.mark is not None
                ),
            )
            for sheets in by_class(self.rows(actor, title))
        ]


def by_class(sheets: Iterable[SheetRow]) -> list[list[SheetRow]]:
    """The pages of each class, in the order of its first page."""
    classes: dict[int, list[SheetRow]] = {}
    for sheet in sheets:
        classes.setdefault(sheet.class_id, []).append(sheet)
    return list(classes.values())


def amiss(sheets: Sequence[SheetRow]) -> Iterator[tuple[CheckMark, CheckedRow, SheetRow]]:
    """Who did not simply sign, by why, and on which page: on leave, unsigned, lost, in error."""
    for mark in CheckMark:
        if mark is not CheckMark.SIGNED:
            for sheet in sheets:
                yield from ((mark, line, sheet) for line in sheet.lines if line.mark is mark)


def _classes_of(session: Session, title: str) -> set[int]:
    return set(session.scalars(select(CheckSheet.class_id).where(CheckSheet.title == title)))


def _code(number: int) -> str:
    """HC, a number that is never given twice, and its check digit against slips of the pen."""
    digits = f"{number:06d}"
    check = sum(int(digit) * weight for digit, weight in zip(digits, range(7, 1, -1), strict=True))
    return f"HC{digits}{check % 10}"


def _sheet(session: Session, code: str) -> CheckSheet:
    sheet = session.scalars(select(CheckSheet).where(CheckSheet.code == code.strip())).first()
    if sheet is None:
        raise CheckRefused(problem=f"没有页码“{code}”，请照纸上的页码输入")
    return sheet


def _rows(session: Session, sheets: Sequence[CheckSheet]) -> list[SheetRow]:
    groups = {group.id: group for group in class_rows(session)}
    printed: dict[Moment, list[int]] = defaultdict(list)
    for sheet in sheets:
        printed[_moment(sheet)] += json.loads(sheet.content)
    people = {
        (moment, row.id): row
        for moment, ids in printed.items()
        for row in student_rows(session, moment, Scope(ids=ids))
    }
    query = select(CheckedStudent).where(
        among(CheckedStudent.sheet_id, [sheet.id for sheet in sheets])
    )
    marks = {(mark.sheet_id, mark.student_id): mark for mark in session.scalars(query)}
    return [
        SheetRow(
            id=sheet.id,
            title=sheet.title,
            as_of=sheet.as_of,
            class_id=sheet.class_id,
            class_group=groups[sheet.class_id].name,
            department=groups[sheet.class_id].department,
            page=sheet.page,
            pages=sheet.pages,
            code=sheet.code,
            returned_on=sheet.returned_on,
            lines=tuple(
                CheckedRow(
                    people[_moment(sheet), one], mark.mark if mark else None,
                    mark.note if mark else "",
                )
                for one in json.loads(sheet.content)
                for mark in [marks.get((sheet.id, one))]
            ),
        )
        for sheet in sheets
    ]  # fmt: skip


def _moment(sheet: CheckSheet) -> Moment:
    """The page says what it said when it was made, whatever was changed or voided since."""
    return Moment(sheet.as_of, sheet.made_at)
