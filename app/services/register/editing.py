"""A record entered or edited by hand, checked as an import is; taken back by another change.

Values are texts by field, named as FieldChange names them (guardian_phone:2, schooling_place:1), so
that forms, drafts and history speak of one thing. Key fields of an existing record have no place
here: they change by 信息变更 (corrections.py); only one that is blank may be filled.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.fields import FIELD_BY_NAME, Place, field_label
from app.models.organisation import Cohort, Major
from app.models.student import FieldChange, Student
from app.models.vocabulary import Role
from app.services.clock import now
from app.services.errors import EditRefused
from app.services.exchange.batches import Accepted, admit, open_batch
from app.services.exchange.checks import (
    OWN_NUMBERS,
    Finding,
    Value,
    check_person,
)
from app.services.exchange.plan import Profile, Verdict, compare
from app.services.register.belongings import belongings, is_belonging, set_belonging
from app.services.register.corrections import Correction
from app.services.register.organisation import (
    ClassGroupRow,
    MajorRow,
    Organisation,
    class_rows,
    major_rows,
)
from app.services.register.students import (
    PERSON_FIELDS,
    as_stored,
    from_stored,
    name_keys,
)
from app.services.standards import Standards
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore

#: Source and basis of what is entered and edited in the window without another being said.
BY_HAND: Final = "手工录入"
EDITED: Final = "在登记表中修改"
READING: Final = "reading"

#: What a column of a row is read as, where a list has a field of that kind.
_READ_AS: Final = {
    "guardian_name": "guardian_name",
    "guardian_relation": "guardian_relation",
    "guardian_political_status": "political_status",
    "guardian_employer": "guardian_employer",
    "guardian_phone": "guardian_phone",
    "schooling_period": "remark",
    "schooling_place": "origin_school",
    "schooling_witness": "guardian_name",
}
#: Without these a row is not complete: the column, and what is said then.
_NEEDED: Final = {
    "guardian": {"name": "没有写姓名。请补上姓名，或把这一行清空。"},
    "schooling": {
        "period": "没有写起止年月。请补上，或把这一行清空。",
        "place": "没有写学习单位。请补上，或把这一行清空。",
    },
}
_READING = re.compile(r"[a-zü]+(?: [a-zü]+)*")


@dataclass(frozen=True, slots=True)
class FieldSaid:
    """A sentence about one field: what is wrong, or what deserves a look, and what to do."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class CheckedForm:
    """What is said of a form. `values` are those that can be taken, read and completed."""

    faults: tuple[FieldSaid, ...]
    notes: tuple[FieldSaid, ...]
    values: Mapping[str, Value] = field(repr=False)


@dataclass(frozen=True, slots=True)
class EditedField:
    """One value that was changed, as FieldChange keeps it."""

    field: str
    old: str | None
    new: str | None
    effective_date: date

    @property
    def label(self) -> str:
        """What people call the field."""
        return field_label(self.field)


@dataclass(frozen=True, slots=True)
class Edited:
    """What saving an edited record changed; `take_back` takes it."""

    student_id: int
    name: str
    changes: tuple[EditedField, ...]
    notes: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, str]:
        """The values that were written, to do it again."""
        return {change.field: change.new or "" for change in self.changes}


@dataclass(frozen=True, slots=True)
class Added:
    """A student entered by hand: one batch, so that `Batches.undo` takes it back."""

    student_id: int
    name: str
    batch_id: int
    made: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """Where a new student may be put: the cohorts, majors and classes there are."""

    cohorts: tuple[int, ...]
    majors: tuple[MajorRow, ...]
    classes: tuple[ClassGroupRow, ...]


class Editing:
    """Entering and editing in one register."""

    def __init__(self, database: Database, media: MediaStore, standards: Standards) -> None:
        self._database = database
        self._media = media
        self._standards = standards

    # --- looking --------------------------------------------------------------------------

    def values(self, actor: Actor, student_id: int) -> dict[str, str]:
        """The record as a form shows it: every filled field, as text."""
        actor.require_sight()
        with self._database.read() as session:
            return _values(session, session.get_one(Student, student_id))

    def places(self) -> Places:
        """Cohorts, majors and classes to choose from, the newest cohort first."""
        with self._database.read() as session:
            years = session.scalars(select(Cohort.year).order_by(Cohort.year.desc()))
            return Places(tuple(years), tuple(major_rows(session)), tuple(class_rows(session)))

    def check(self, values: Mapping[str, str], student_id: int | None = None) -> CheckedForm:
        """Check what is typed, of a record that exists or is to be, as saving would."""
        said = self._checked(values)
        with self._database.read() as session:
            faults = [*said.faults, *_taken_numbers(session, said.values, student_id)]
        return CheckedForm(tuple(_once(faults)), said.notes, said.values)

    # --- writing --------------------------------------------------------------------------

    def add(
        self,
        actor: Actor,
        values: Mapping[str, str],
        *,
        entry_year: int,
        admitted_only: bool = False,
    ) -> Added:
        """Enter a new student: 录取 and, unless `admitted_only`, 入学注册, as a list would.

        Raises EditRefused, which names the fields.
        """
        actor.require(Role.RECORD)
        given = {name: text for name, text in values.items() if text.strip()}
        said = self._checked(given)
        faults = [*self._needed(given), *said.faults]
        with self._database.write(actor, "新增学生", BY_HAND) as session:
            faults += self._wrong_places(session, given, entry_year)
            _refuse(given.get("name", ""), faults)
            row = {name: text for name, text in given.items() if name in FIELD_BY_NAME}
            plan = compare(
                session,
                check_person(row, self._standards, BY_HAND),
                self._standards,
                source_name=BY_HAND,
                source_sha256=_digest(given),
                profile=Profile.ADMISSION,
                entry_year=entry_year,
            )
            (line,) = plan.lines
            if line.verdict is not Verdict.CREATED:
                known = line.student_id and session.get_one(Student, line.student_id)
                _refuse(given["name"], [*_of_findings(plan.faults), *_known_already(known)])
            counts = Accepted(None, created=1, updated=0, unchanged=0, refused=0, made=())
            source = (BY_HAND, plan.source_sha256)
            batch = open_batch(session, actor, BY_HAND, source, counts)
            organisation = Organisation(session, self._standards)
            for _ in admit(
                session, organisation, actor, batch, plan, [line], admitted_only=admitted_only
            ):
                pass
            student = session.scalars(select(Student).where(Student.batch_id == batch.id)).one()
            for name in _ordered(filter(is_belonging, said.values)):
                set_belonging(session, student.id, name, as_stored(said.values[name]))
            if spoken := said.values.get(READING):
                _rekey(student, str(spoken))
            return Added(student.id, student.name, batch.id, tuple(organisation.made))

    def edit(
        self, actor: Actor, student_id: int, values: Mapping[str, str], *, basis: str = EDITED
    ) -> Edited:
        """Save what was changed; empty text clears. Raises EditRefused, which names the fields.

        What fills a blank was true from the entry day on; what replaces a value holds from today.
        """
        actor.require(Role.RECORD)
        with self._database.write(actor, "修改登记", basis) as session:
            student = session.get_one(Student, student_id)
            present = _values(session, student)
            changed = {
                name: text.strip()
                for name, text in values.items()
                if text.strip() != present.get(name, "")
            }
            faults = list(_not_here(student, present, changed))
            touched = {_row_of(name) for name in changed if is_belonging(name)}
            said = self._checked(
                {
                    name: text
                    for name, text in {**present, **changed}.items()
                    if _row_of(name) in touched or (name == READING and name in changed)
                }
            )
            faults += said.faults
            work = Correction(session, actor, student, basis, None)
            person = {name: text for name, text in changed.items() if name in PERSON_FIELDS}
            work.check_person(work.understand(person), self._standards)
            faults += [FieldSaid(name, sentence) for name, sentence in work.faults]
            _refuse(student.name, faults)
            at = now()
            news: dict[str, Any] = dict(work.news)
            for name in filter(is_belonging, changed):
                news[name] = as_stored(said.values.get(name))
            if READING in changed:
                news[READING] = said.values.get(READING) or name_keys(student.name)["reading"]
            changes = []
            for name in _ordered(news):
                old = present.get(name) or None
                new = as_stored(news[name])
                if old == new:
                    continue
                # how a name is read was never otherwise: it was only not known
                begin = work.from_when(name, None if name == READING else old)
                change = EditedField(name, old, new, begin)
                self._write(session, actor, student, change, basis, at)
                changes.append(change)
            return Edited(student.id, student.name, tuple(changes), tuple(work.notes))

    def take_back(self, actor: Actor, edited: Edited) -> Edited:
        """Give every field its value before, by changes of their own; a later change refuses it."""
        actor.require(Role.RECORD)
        basis = f"撤销：{edited.name}的修改"
        with self._database.write(actor, "撤销修改", basis) as session:
            student = session.get_one(Student, edited.student_id)
            present = _values(session, student)
            back = {change.field: change for change in edited.changes}
            faults = [
                FieldSaid(name, f"{change.label}后来又改过，不能撤销。请直接修改。")
                for name, change in back.items()
                if present.get(name) != change.new
            ]
            _refuse(student.name, faults)
            at = now()
            changes = []
            for name in _ordered(back):
                told = back[name]
                change = EditedField(name, told.new, told.old, told.effective_date)
                self._write(session, actor, student, change, basis, at)
                changes.append(change)
            return Edited(student.id, student.name, tuple(changes))

    @staticmethod
    def _write(
        session: Session, actor: Actor, student: Student, change: EditedField, basis: str, at: Any
    ) -> None:
        session.add(
            FieldChange(
                student_id=student.id,
                field=change.field,
                old=change.old,
                new=change.new,
                effective_date=change.effective_date,
                recorded_at=at,
                basis=basis,
                operator_id=actor.id,
            )
        )
        if is_belonging(change.field):
            set_belonging(session, student.id, change.field, change.new)
        elif change.field == READING:
            _rekey(student, change.new)
        else:
            setattr(student, change.field, from_stored(change.field, change.new))
            if change.field in {"name", "former_name"}:
                _rekey(student, None if change.field == "name" else student.reading)

    # --- checking -------------------------------------------------------------------------

    def _checked(self, values: Mapping[str, str]) -> CheckedForm:
        """Everything that can be said without the register."""
        person = {
            name: text
            for name, text in values.items()
            if name in FIELD_BY_NAME and FIELD_BY_NAME[name].place is not Place.GUARDIAN
        }
        table = check_person(person, self._standards, BY_HAND) if person else None
        faults = list(_of_findings(table.faults)) if table else []
        notes = list(_of_findings(table.notes)) if table else []
        read: dict[str, Value] = dict(table.rows[0].values) if table else {}
        rows: dict[str, dict[str, str]] = {}
        for name, text in values.items():
            if is_belonging(name):
                rows.setdefault(_row_of(name), {})[name] = text
        for row in rows.values():
            self._check_row(row, faults, notes, read)
        if values.get(READING, "").strip():
            spoken = _plain_reading(values[READING])
            if _READING.fullmatch(spoken):
                read[READING] = spoken
            else:
                faults.append(
                    FieldSaid(
                        READING, "读音应是拼音，字与字之间空一格。请写成 shan xiao ming 这样。"
                    )
                )
        return CheckedForm(tuple(_once(faults)), tuple(_once(notes)), read)

    def _check_row(
        self,
        row: Mapping[str, str],
        faults: list[FieldSaid],
        notes: list[FieldSaid],
        read: dict[str, Value],
    ) -> None:
        """One guardian, or one line of the résumé."""
        filled = {name: text for name, text in row.items() if text.strip()}
        if not filled:
            return
        word, place = next(iter(row)).partition("_")[0], next(iter(row)).partition(":")[2]
        for column, sentence in _NEEDED[word].items():
            if (name := f"{word}_{column}:{place}") not in filled:
                faults.append(FieldSaid(name, sentence))
        for name, text in filled.items():
            # each column by itself: two of them may be read as the same field
            meant = _READ_AS[name.partition(":")[0]]
            table = check_person({meant: text}, self._standards, BY_HAND)
            faults += (FieldSaid(name, said.sentence) for said in _of_findings(table.faults))
            notes += (FieldSaid(name, said.sentence) for said in _of_findings(table.notes))
            if meant in table.rows[0].values:
                read[name] = table.rows[0].values[meant]

    @staticmethod
    def _needed(given: Mapping[str, str]) -> Iterator[FieldSaid]:
        if "name" not in given:
            yield FieldSaid("name", "没有写姓名。请照证件填写。")
        if "major" not in given:
            yield FieldSaid("major", "没有选专业。请按 F7 选择录取的专业。")

    def _wrong_places(
        self, session: Session, given: Mapping[str, str], entry_year: int
    ) -> Iterator[FieldSaid]:
        """A major or class that nobody knows: made by a list, but by hand it is a slip."""
        major, group = given.get("major"), given.get("class_group")
        if major and not (
            session.scalar(select(Major.id).where(Major.name == major))
            or self._standards.major_by_name(major, entry_year)
        ):
            yield FieldSaid("major", f"没有专业“{major}”。请按 F7 选择，或先到“系统”里添加专业。")
        classes = [row for row in class_rows(session, cohort=entry_year) if row.name == group]
        if group and not classes:
            yield FieldSaid(
                "class_group", f"{entry_year}级没有班级“{group}”。请按 F7 选择，或留空以后再分班。"
            )
        elif group and major and classes[0].major not in {"", major}:
            yield FieldSaid(
                "class_group",
                f"“{group}”是{classes[0].major}的班。请改选本专业的班，或更正专业。",
            )


# --- pieces -------------------------------------------------------------------------------


def _values(session: Session, student: Student) -> dict[str, str]:
    values = {name: as_stored(getattr(student, name)) for name in PERSON_FIELDS}
    values |= {READING: student.reading, "number": student.number}
    return {name: text for name, text in values.items() if text} | belongings(session, student.id)


def _not_here(
    student: Student, present: Mapping[str, str], changed: Mapping[str, str]
) -> Iterator[FieldSaid]:
    """What cannot be changed by editing the record."""
    if student.voided_at is not None:
        yield FieldSaid("name", "这条登记已作废，不能修改。")
    for name in changed:
        known = FIELD_BY_NAME.get(name)
        if known is not None and known.key and name in present:
            yield FieldSaid(
                name, f"{known.label}是关键信息，不能直接修改。请点旁边的铅笔，凭证明办理信息变更。"
            )
        elif known is not None and known.place is Place.STANDING:
            yield FieldSaid(name, f"{known.label}由台账决定，不在这里修改。请办理学籍异动。")


def _taken_numbers(
    session: Session, values: Mapping[str, Value], student_id: int | None
) -> Iterator[FieldSaid]:
    """A number that somebody else has."""
    for name in OWN_NUMBERS:
        if name not in values:
            continue
        other = session.scalars(
            select(Student).where(
                getattr(Student, name) == values[name],
                Student.voided_at.is_(None),
                Student.id != (student_id or 0),
            )
        ).first()
        if other is not None:
            yield FieldSaid(
                name, f"{FIELD_BY_NAME[name].label}已是{_who(other)}的。请核对号码是谁的。"
            )


def _known_already(student: Student | int | None) -> Iterator[FieldSaid]:
    if isinstance(student, Student):
        yield FieldSaid("name", f"登记里已有{_who(student)}。请打开那一条登记修改，不要重复新增。")


def _who(student: Student) -> str:
    number = student.number or student.exam_number
    return f"{student.name}（{number}）" if number else student.name


def _of_findings(findings: Iterable[Finding]) -> Iterator[FieldSaid]:
    for said in findings:
        yield FieldSaid(said.field, f"{said.problem}。{said.remedy}")


def _once(said: Iterable[FieldSaid]) -> Iterator[FieldSaid]:
    """The first sentence about each field."""
    known: set[str] = set()
    for one in said:
        if one.field not in known:
            known.add(one.field)
            yield one


def _refuse(name: str, faults: Iterable[FieldSaid]) -> None:
    """Raise EditRefused when something is in the way."""
    found = tuple(_once(faults))
    if found:
        problems = "".join(f"{field_label(fault.field)}：{fault.sentence}" for fault in found)
        raise EditRefused(name=name or "新学生", problems=problems, faults=found)


def _row_of(name: str) -> str:
    """The row that a column belongs to; a field of the person stands for itself."""
    return f"{name.partition('_')[0]}:{name.partition(':')[2]}" if is_belonging(name) else name


def _ordered(names: Iterable[str]) -> list[str]:
    """Names with the columns first that make a row."""
    first = ("guardian_name", "schooling_period", "schooling_place")
    return sorted(names, key=lambda name: not name.startswith(first))


def _plain_reading(text: str) -> str:
    """Pinyin as it is kept: small letters, no tones, one blank between."""
    parts = unicodedata.normalize("NFD", text.lower().replace("v", "ü"))
    kept = (char for char in parts if not unicodedata.combining(char) or char == "\u0308")
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def _rekey(student: Student, spoken: str | None) -> None:
    for key, value in name_keys(student.name, student.former_name, spoken=spoken).items():
        setattr(student, key, value)


def _digest(values: Mapping[str, str]) -> str:
    text = json.dumps(values, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
