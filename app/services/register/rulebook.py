"""规则: what is in force on a day, what the school has confirmed, and which cases a change touches.

Suggestions stand in models/rules/rulebook.py, the rows of the school in the table `rules`. A row is
never edited: to confirm or to change is to add one.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.cases import StatusChange
from app.models.operator import Operator
from app.models.rulebook import SchoolRule
from app.models.rules.rulebook import (
    NAMES,
    SUGGESTIONS,
    Aspect,
    RuleFault,
    Topic,
    applied,
    aspect_of,
    in_force,
    read_value,
    rule_name,
)
from app.models.rules.transitions import Rule
from app.models.student import Student
from app.models.vocabulary import Kind, Role
from app.services.clock import now, today
from app.services.errors import RuleAlreadyConfirmed, RuleRefused, UnknownRule
from app.services.vault.audit import Actor
from app.services.vault.database import Database

#: Who decides by which rules the school goes; entering cases alone is not enough.
DECIDERS: Final = (Role.REVIEW, Role.SYSTEM)
_UNSEEN: Final = "（无权查看）"


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One version of a rule; `id` None: a suggestion that nobody has confirmed or changed."""

    id: int | None
    name: str
    value: str
    unit: str
    document: str
    article: str
    valid_from: date | None
    valid_to: date | None
    confirmed_by: str = ""
    confirmed_at: datetime | None = None
    current: bool = False

    @property
    def confirmed(self) -> bool:
        """Whether the school has said that it goes by this value."""
        return self.confirmed_at is not None

    @property
    def source(self) -> str:
        """Document and article as papers cite them."""
        return f"{self.document}{self.article}"


@dataclass(frozen=True, slots=True)
class TouchedCase:
    """A case whose day lies within a version: open ones follow it, closed ones keep their own."""

    case_id: int
    name: str
    number: str | None
    kind: Kind
    effective_date: date
    open: bool


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A version that was added, and the cases that it touches."""

    row: RuleRow
    touched: tuple[TouchedCase, ...]


class Book:
    """All versions of all rules, read once; asked without the register from then on."""

    def __init__(self, session: Session) -> None:
        self._suggested: dict[str, list[RuleRow]] = defaultdict(list)
        self._school: dict[str, list[RuleRow]] = defaultdict(list)
        for one in SUGGESTIONS:
            self._suggested[one.name].append(
                RuleRow(None, one.name, one.value, one.unit, one.document, one.article,
                        one.valid_from, one.valid_to)
            )  # fmt: skip
        people = {person.id: person.name for person in session.scalars(select(Operator))}
        for row in session.scalars(select(SchoolRule).order_by(SchoolRule.id)):
            self._school[row.name].append(
                RuleRow(row.id, row.name, row.value, row.unit, row.document, row.article,
                        row.valid_from, row.valid_to, people.get(row.confirmed_by or 0, ""),
                        row.confirmed_at)
            )  # fmt: skip

    def version(self, name: str, on: date) -> RuleRow | None:
        """The version in force that day; what the school says goes before any suggestion."""
        return in_force(self._school[name], on) or in_force(self._suggested[name], on)

    def rule(self, kind: Kind, on: date) -> Rule:
        """The row of a kind as it is on that day."""
        versions = [
            version
            for aspect in Aspect
            if (version := self.version(rule_name(kind, aspect), on)) is not None
        ]
        return applied(
            kind,
            {version.name: version.value for version in versions},
            [version.name for version in versions if version.confirmed],
        )

    def value(self, topic: Topic, on: date) -> Any:
        """The value of a rule of the work as a whole; None where there was none on that day."""
        version = self.version(topic.value, on)
        return None if version is None else read_value(topic.value, version.value)

    def kept(self, kind: Kind, on: date) -> str:
        """The versions by which a case is judged, as the case keeps them (JSON)."""
        versions = (self.version(rule_name(kind, aspect), on) for aspect in Aspect)
        kept = {v.name: [v.value, v.unit, v.source, v.confirmed] for v in versions if v}
        return json.dumps(kept, ensure_ascii=False)

    def rows(self, on: date) -> list[RuleRow]:
        """Every version of every rule, in the order in which they ship."""
        found = []
        for name in NAMES:
            current = self.version(name, on)
            versions = [*self._suggested[name], *self._school[name]]
            found += [replace(row, current=row is current) for row in versions]
        return found


class Rulebook:
    """The rules of one register."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(self, on: date | None = None, *, everything: bool = False) -> list[RuleRow]:
        """The version of each rule in force on a day (today), or every version there is.

        Whoever looks after the machine sees them too: they name no student.
        """
        with self._database.read() as session:
            rows = Book(session).rows(on or today())
        return rows if everything else [row for row in rows if row.current]

    def book(self, actor: Actor) -> Book:
        """All of them, for a window that asks what a kind demands while a form is filled."""
        actor.require_sight()
        with self._database.read() as session:
            return Book(session)

    def confirm(self, actor: Actor, names: Sequence[str], on: date | None = None) -> list[RuleRow]:
        """Say that the school goes by what is in force that day; a confirmed one is refused.

        Only that version becomes the school's: what holds for other days stays as it is.
        """
        actor.require_any(*DECIDERS)
        on = on or today()
        with self._database.write(actor, "确认规则", "、".join(names)) as session:
            book = Book(session)
            added = []
            for name in names:
                version = book.version(_demand_known(name), on)
                if version is None:
                    raise RuleRefused(name=name, problem=f"{on} 还没有这条规则")
                if version.confirmed:
                    raise RuleAlreadyConfirmed(name=name, value=version.value)
                added.append(_add(session, actor, version, confirmed=True))
            return _rows(session, added, on)

    def change(
        self,
        actor: Actor,
        name: str,
        value: str,
        *,
        document: str,
        article: str = "",
        valid_from: date,
        valid_to: date | None = None,
        confirmed: bool = True,
    ) -> RuleChange:
        """Add a version of a rule; raises RuleRefused for a value that is none."""
        actor.require_any(*DECIDERS)
        with self._database.write(actor, "修改规则", f"{name}：{value}") as session:
            unit = next(s.unit for s in SUGGESTIONS if s.name == _demand_known(name))
            if problem := _fault(name, value, document, valid_from, valid_to):
                raise RuleRefused(name=name, problem=problem)
            version = RuleRow(
                None, name, value.strip(), unit, document.strip(), article, valid_from, valid_to
            )
            added = _add(session, actor, version, confirmed=confirmed)
            (row,) = _rows(session, [added], valid_from)
            return RuleChange(row, tuple(_touched(session, name, valid_from, valid_to)))

    def touched(
        self, actor: Actor, name: str, valid_from: date, valid_to: date | None = None
    ) -> list[TouchedCase]:
        """The cases that a version of this rule, valid on these days, would touch.

        Whoever may not see students is told how many there are, of which kind, but not whose.
        """
        with self._database.read() as session:
            found = _touched(session, _demand_known(name), valid_from, valid_to)
        return _visible(actor, found)

    def touched_by_confirming(
        self, actor: Actor, names: Sequence[str], on: date | None = None
    ) -> list[TouchedCase]:
        """The cases for which what is in force that day would become binding."""
        on = on or today()
        found: dict[int, TouchedCase] = {}
        with self._database.read() as session:
            book = Book(session)
            for name in names:
                version = book.version(_demand_known(name), on)
                if version is not None:
                    begin = version.valid_from or date.min
                    cases = _touched(session, name, begin, version.valid_to)
                    found |= {case.case_id: case for case in cases}
        order = sorted(found.values(), key=lambda case: (case.effective_date, case.case_id))
        return _visible(actor, order)


def _visible(actor: Actor, cases: list[TouchedCase]) -> list[TouchedCase]:
    """The cases without whose they are, for an operator who may not see students."""
    if actor.roles & {Role.RECORD, Role.REVIEW, Role.READ}:
        return cases
    return [replace(case, name=_UNSEEN, number=None) for case in cases]


def _demand_known(name: str) -> str:
    if name not in NAMES:
        raise UnknownRule(name=name)
    return name


def _fault(name: str, value: str, document: str, begin: date, end: date | None) -> str:
    if not document.strip():
        return "没有写明出自哪份文件（学校自定的写“学校”）"
    if end is not None and end < begin:
        return f"截止日期 {end} 早于起始日期 {begin}"
    try:
        read_value(name, value)
    except RuleFault as fault:
        return str(fault)
    return ""


def _add(session: Session, actor: Actor, version: RuleRow, *, confirmed: bool) -> SchoolRule:
    at = now()
    row = SchoolRule(
        name=version.name,
        value=version.value,
        unit=version.unit,
        document=version.document,
        article=version.article,
        valid_from=version.valid_from,
        valid_to=version.valid_to,
        confirmed_by=actor.id if confirmed else None,
        confirmed_at=at if confirmed else None,
        operator_id=actor.id,
        recorded_at=at,
    )
    session.add(row)
    session.flush()
    return row


def _rows(session: Session, added: Sequence[SchoolRule], on: date) -> list[RuleRow]:
    ids = {row.id for row in added}
    return [row for row in Book(session).rows(on) if row.id in ids]


def _touched(session: Session, name: str, begin: date, end: date | None) -> list[TouchedCase]:
    about = aspect_of(name)
    if about is None:
        return []
    query = (
        select(StatusChange, Student.name, Student.number)
        .join(Student, Student.id == StatusChange.student_id)
        .where(
            StatusChange.kind == about[0],
            StatusChange.effective_date >= begin,
            StatusChange.effective_date <= (end or date.max),
            StatusChange.withdrawn_at.is_(None),
            Student.voided_at.is_(None),
        )
        .order_by(StatusChange.effective_date, StatusChange.id)
    )
    return [
        TouchedCase(case.id, who, number, case.kind, case.effective_date, case.entry_id is None)
        for case, who, number in session.execute(query)
    ]
