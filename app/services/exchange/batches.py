"""Accepting a plan as one batch, in one transaction, and taking a batch back."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, exists, func, insert, or_, select
from sqlalchemy.orm import Session, aliased

from app.models.base import Base
from app.models.exchange import Batch
from app.models.fields import FIELD_BY_NAME, GUARDIANS, Place, of_guardian
from app.models.ledger import LedgerEntry
from app.models.operator import Operator
from app.models.organisation import Cohort, Major
from app.models.papers import PrintedSheet
from app.models.student import FieldChange, Guardian, Photo, Student
from app.models.vocabulary import Kind, Role, Status
from app.services.clock import now, today
from app.services.errors import (
    BatchAlreadyUndone,
    BatchInUse,
    EntryYearUnknown,
    NoSuchBatch,
    PlanOutdated,
)
from app.services.exchange.plan import Plan, PlanLine, Verdict, person_values, register_state
from app.services.progress import Step, Work
from app.services.register import ledger
from app.services.register.belongings import is_belonging, set_belonging
from app.services.register.organisation import Organisation
from app.services.register.students import as_stored, from_stored, name_keys
from app.services.settings import load_settings
from app.services.standards import Standards
from app.services.vault import audit
from app.services.vault.audit import Actor
from app.services.vault.database import Database

#: Names are keyed one by one (pinyin), so progress is told in steps of this many students.
_STEP: Final = 500


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was written: the batch (None when there was nothing to write) and what was made."""

    batch_id: int | None
    created: int
    updated: int
    unchanged: int
    refused: int
    made: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Undone:
    """What taking a batch back did."""

    batch_id: int
    voided: int
    restored: int
    photos: int


#: A plan that changes at least so many students is copied before it is written.
MANY: Final = 500


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One batch as the list of imports shows it."""

    id: int
    profile: str
    source_name: str
    operator: str
    recorded_at: datetime
    created: int
    updated: int
    unchanged: int
    refused: int
    undone_at: datetime | None


class Batches:
    """The batches of one register."""

    def __init__(
        self,
        database: Database,
        standards: Standards,
        before_many: Callable[[], Work[object]] | None = None,
    ) -> None:
        """`before_many` is done before a plan that changes many students is written."""
        self._database = database
        self._standards = standards
        self._before_many = before_many

    def accept(
        self,
        actor: Actor,
        plan: Plan,
        *,
        admitted_only: bool = False,
        lines: Collection[tuple[str, int]] | None = None,
    ) -> Work[Accepted]:
        """Write the plan: whole, or only the lines named by sheet and row.

        New students are 录取 and, unless `admitted_only`, 入学注册 on 1 September of their year.
        Raises PlanOutdated when the register changed since the plan was made.
        """
        actor.require(Role.RECORD)
        chosen = _chosen(plan, lines)
        created = [line for line in chosen if line.verdict is Verdict.CREATED]
        updated = [line for line in chosen if line.verdict is Verdict.UPDATED]
        if not created and not updated:
            return self._result(plan, chosen, None, ())
        if self._before_many is not None and len(created) + len(updated) >= MANY:
            yield from self._before_many()
        with self._database.write(actor, "导入", plan.source_name) as session:
            if register_state(session) != plan.audit_seq:
                raise PlanOutdated(file=plan.source_name)
            counts = self._result(plan, chosen, None, ())
            source = (plan.source_name, plan.source_sha256)
            batch = open_batch(session, actor, plan.profile.value, source, counts)
            organisation = Organisation(session, self._standards)
            if created:
                yield from admit(
                    session, organisation, actor, batch, plan, created, admitted_only=admitted_only
                )
            for done, line in enumerate(updated, start=1):
                _update(session, actor, batch, line)
                yield Step(done, len(updated), line.name)
            batch_id = batch.id
        return self._result(plan, chosen, batch_id, tuple(organisation.made))

    def preview(self, plan: Plan, lines: Collection[tuple[str, int]] | None = None) -> Accepted:
        """What `accept` would answer, writing nothing."""
        return self._result(plan, _chosen(plan, lines), None, ())

    def undo(self, actor: Actor, batch_id: int) -> Undone:
        """Take a batch back: new students are voided, changed fields get their old values.

        Refused, with the reason, as soon as something depends on it. Nothing is deleted from
        the ledger: its entries are reversed.
        """
        actor.require(Role.RECORD)
        with self._database.write(actor, "撤销导入", f"第 {batch_id} 批") as session:
            batch = session.get(Batch, batch_id)
            if batch is None:
                raise NoSuchBatch(batch=batch_id)
            if batch.undone_at is not None:
                raise BatchAlreadyUndone(batch=batch_id, day=batch.undone_at.astimezone().date())
            _refuse_dependent(session, batch)
            restored = _restore_fields(session, actor, batch)
            photos = _remove_photos(session, batch)
            voided = _void_students(session, actor, batch)
            batch.undone_at = now()
        return Undone(batch_id, voided, restored, photos)

    def rows(self) -> list[BatchRow]:
        """All batches, newest first, with who took them in."""
        query = select(Batch, Operator.name).outerjoin(Operator, Operator.id == Batch.operator_id)
        with self._database.read() as session:
            return [
                BatchRow(
                    id=batch.id,
                    profile=batch.profile,
                    source_name=batch.source_name,
                    operator=operator or "",
                    recorded_at=batch.recorded_at,
                    created=batch.created,
                    updated=batch.updated,
                    unchanged=batch.unchanged,
                    refused=batch.refused,
                    undone_at=batch.undone_at,
                )
                for batch, operator in session.execute(query.order_by(Batch.id.desc()))
            ]

    def obstacle(self, batch_id: int) -> str:
        """Why the batch cannot be taken back, as a sentence; empty when it can."""
        with self._database.read() as session:
            batch = session.get(Batch, batch_id)
            if batch is None:
                raise NoSuchBatch(batch=batch_id)
            if batch.undone_at is not None:
                return f"已于 {batch.undone_at.astimezone():%Y-%m-%d %H:%M} 撤销。"
            try:
                _refuse_dependent(session, batch)
            except BatchInUse as error:
                return str(error)
        return ""

    def people(self, batch_id: int) -> tuple[int, ...]:
        """Ids of the students whom the batch brought or changed, to be shown as a list."""
        new = select(Student.id).where(Student.batch_id == batch_id)
        changed = select(FieldChange.student_id).where(FieldChange.batch_id == batch_id)
        faces = select(Photo.student_id).where(Photo.batch_id == batch_id)
        with self._database.read() as session:
            found = (session.scalars(query).all() for query in (new, changed, faces))
            return tuple(dict.fromkeys(one for ids in found for one in ids))

    @staticmethod
    def _result(
        plan: Plan, lines: Sequence[PlanLine], batch_id: int | None, made: tuple[str, ...]
    ) -> Accepted:
        return Accepted(
            batch_id=batch_id,
            created=_count(lines, Verdict.CREATED),
            updated=_count(lines, Verdict.UPDATED),
            unchanged=_count(lines, Verdict.UNCHANGED),
            refused=_count(plan.lines, Verdict.REFUSED),
            made=made,
        )


def open_batch(
    session: Session, actor: Actor, profile: str, source: tuple[str, str], counts: Accepted
) -> Batch:
    """The row of a batch that is being written; `source` is the file's name and its SHA-256."""
    name, sha256 = source
    batch = Batch(
        profile=profile,
        source_name=name,
        source_sha256=sha256,
        created=counts.created,
        updated=counts.updated,
        unchanged=counts.unchanged,
        refused=counts.refused,
        operator_id=actor.id,
        recorded_at=now(),
    )
    session.add(batch)
    session.flush()
    return batch


def admit(
    session: Session,
    organisation: Organisation,
    actor: Actor,
    batch: Batch,
    plan: Plan,
    lines: Sequence[PlanLine],
    *,
    admitted_only: bool,
) -> Iterator[Step]:
    """Write new students, guardians and ledger entries: the one way in, by list or by hand."""
    if plan.entry_year is None:
        raise EntryYearUnknown(file=plan.source_name)
    arrival = _Arrival(session, organisation, actor, batch, plan.entry_year)
    yield from arrival.write(lines, admitted_only=admitted_only)


class _Arrival:
    """Writing the new students of one file, many at a time."""

    def __init__(
        self,
        session: Session,
        organisation: Organisation,
        actor: Actor,
        batch: Batch,
        entry_year: int,
    ) -> None:
        self._session = session
        self._organisation = organisation
        self._actor = actor
        self._batch = batch
        self._cohort: Cohort = organisation.cohort(entry_year)
        self._settings = load_settings(session)
        self._majors: dict[str, int] = {}
        self._classes: dict[tuple[str, int], int] = {}

    def write(self, lines: Sequence[PlanLine], *, admitted_only: bool) -> Iterator[Step]:
        """Insert students, guardians and ledger entries; yields progress."""
        first = (self._session.scalar(select(func.coalesce(func.max(Student.id), 0))) or 0) + 1
        for start in range(0, len(lines), _STEP):
            part = lines[start : start + _STEP]
            ids = range(first + start, first + start + len(part))
            students = [self._student(id_, line) for id_, line in zip(ids, part, strict=True)]
            guardians = [row for id_, line in zip(ids, part, strict=True)
                         for row in _family(id_, line)]  # fmt: skip
            entries = [row for id_, line in zip(ids, part, strict=True)
                       for row in self._entries(id_, line, admitted_only)]  # fmt: skip
            self._insert(Student, students)
            self._insert(Guardian, guardians)
            self._insert(LedgerEntry, entries)
            audit.touch(self._session, Student, ids)
            yield Step(start + len(part), len(lines), str(part[-1].values["name"]))

    def _insert(self, kind: type[Base], rows: Sequence[dict[str, Any]]) -> None:
        """All rows in one statement of plain columns: the mapper would take twice as long."""
        if rows:
            self._session.execute(insert(Base.metadata.tables[kind.__tablename__]), rows)

    def _student(self, student_id: int, line: PlanLine) -> dict[str, Any]:
        values: dict[str, Any] = dict.fromkeys(_PERSON_COLUMNS)
        values |= person_values(line, self._settings, self._cohort.year)
        return {
            **values,
            **name_keys(values["name"], values["former_name"]),
            "id": student_id,
            "cohort_year": self._cohort.year,
            "number": line.values.get("number"),
            "batch_id": self._batch.id,
            "recorded_at": self._batch.recorded_at,
        }

    def _entries(
        self, student_id: int, line: PlanLine, admitted_only: bool
    ) -> Iterator[dict[str, Any]]:
        major_id = self._major(line)
        yield {
            **self._entry(student_id, Kind.ADMISSION, None, Status.ADMITTED, to_major_id=major_id),
            # who may yet decline in August is admitted from the day that he is on the list
            **({"effective_date": min(self._cohort.entry_date, today())} if admitted_only else {}),
        }
        if not admitted_only:
            yield self._entry(student_id, Kind.REGISTRATION, Status.ADMITTED, Status.ENROLLED)
        if name := line.values.get("class_group"):
            yield self._entry(
                student_id, Kind.PLACEMENT, None, None, to_class_id=self._class(name, line)
            )

    def _entry(
        self,
        student_id: int,
        kind: Kind,
        from_status: Status | None,
        to_status: Status | None,
        *,
        to_major_id: int | None = None,
        to_class_id: int | None = None,
    ) -> dict[str, Any]:
        return {
            "student_id": student_id,
            "kind": kind,
            "effective_date": self._cohort.entry_date,
            "recorded_at": self._batch.recorded_at,
            "from_status": from_status,
            "to_status": to_status,
            "to_major_id": to_major_id,
            "to_class_id": to_class_id,
            "reason": self._batch.profile,
            "operator_id": self._actor.id,
            "batch_id": self._batch.id,
        }

    def _major(self, line: PlanLine) -> int:
        code, name = line.values.get("major_code", ""), line.values.get("major", "")
        if (key := name or code) not in self._majors:
            self._majors[key] = self._organisation.major(
                name,
                entry_year=self._cohort.year,
                code=code,
                department=line.values.get("department", ""),
                years=line.values.get("years", ""),
            ).id
        return self._majors[key]

    def _class(self, name: str, line: PlanLine) -> int:
        major_id = self._major(line)
        if (name, major_id) not in self._classes:
            major = self._session.get_one(Major, major_id)
            group = self._organisation.class_group(name, cohort=self._cohort, major=major)
            self._classes[name, major_id] = group.id
        return self._classes[name, major_id]


_PERSON_COLUMNS: Final = tuple(
    name for name, field in FIELD_BY_NAME.items() if field.place is Place.PERSON
)


def _chosen(plan: Plan, lines: Collection[tuple[str, int]] | None) -> list[PlanLine]:
    return [line for line in plan.lines if lines is None or (line.sheet, line.row) in lines]


def _count(lines: Sequence[PlanLine], verdict: Verdict) -> int:
    return sum(line.verdict is verdict for line in lines)


def _family(student_id: int, line: PlanLine) -> Iterator[dict[str, Any]]:
    """The family members with a name that a row brings."""
    given = (of_guardian(line.values, which) for which in GUARDIANS)
    for position, values in enumerate((one for one in given if "name" in one), start=1):
        yield {
            "student_id": student_id,
            "position": position,
            "relation": None,
            "political_status": None,
            "phone": None,
            "employer": None,
            **values,
        }


def _update(session: Session, actor: Actor, batch: Batch, line: PlanLine) -> None:
    """Write the changes of one line and keep the old values.

    What fills a blank was true from the beginning; what replaces a value holds from today.
    """
    student = session.get_one(Student, line.student_id)
    beginning = min(student.entry_date or today(), today())
    for change in line.changes:
        field = change.field
        if change.guardian is None:
            setattr(student, field, change.new)
        else:
            field = f"{field}:{change.guardian}"
            set_belonging(session, student.id, field, change.new)
        session.add(
            FieldChange(
                student_id=student.id,
                field=field,
                old=as_stored(change.old),
                new=as_stored(change.new),
                effective_date=beginning if change.old is None else today(),
                recorded_at=batch.recorded_at,
                basis=f"导入：{batch.source_name}",
                operator_id=actor.id,
                batch_id=batch.id,
            )
        )
    if changed := {"name", "former_name"}.intersection(change.field for change in line.changes):
        _rekey(student, renamed="name" in changed)


def _rekey(student: Student, *, renamed: bool) -> None:
    """Search keys after a change of a name; a reading set by hand stays with the name it is of."""
    spoken = None if renamed else student.reading
    for key, value in name_keys(student.name, student.former_name, spoken=spoken).items():
        setattr(student, key, value)


def _refuse_dependent(session: Session, batch: Batch) -> None:
    """A batch that later work builds on stays; the refusal names the first such student.

    What came with a batch that was itself undone is no later work.
    """
    gone = select(Batch.id).where(Batch.undone_at.is_not(None))
    own = select(Student.id).where(Student.batch_id == batch.id)

    def later(kind: type[LedgerEntry | FieldChange | Photo]) -> Select[int]:
        other = or_(
            kind.batch_id.is_(None), and_(kind.batch_id != batch.id, kind.batch_id.not_in(gone))
        )
        return select(kind.student_id).where(kind.student_id.in_(own), other)

    checks = (
        ("学籍台账有后来的记录", later(LedgerEntry)),
        ("信息后来又改过", later(FieldChange)),
        ("已有照片", later(Photo)),
        ("已打印材料", select(PrintedSheet.student_id).where(PrintedSheet.student_id.in_(own))),
        ("已列入打印的名册", _on_rosters(batch)),
        ("同一栏后来又改过", _later_changes(batch, gone)),
    )
    for reason, query in checks:
        student_id = session.scalar(query.limit(1))
        if student_id is not None:
            student = session.get_one(Student, student_id)
            raise BatchInUse(batch=batch.id, name=student.name, reason=reason)


def _on_rosters(batch: Batch) -> Select[int]:
    """Students of the batch whose cohort was printed as a list since; None stands for all."""
    listed = exists().where(
        PrintedSheet.student_id.is_(None),
        PrintedSheet.recorded_at > batch.recorded_at,
        or_(PrintedSheet.cohort_year.is_(None), PrintedSheet.cohort_year == Student.cohort_year),
    )
    return select(Student.id).where(Student.batch_id == batch.id, listed)


def _later_changes(batch: Batch, gone: Select[int]) -> Select[int]:
    """Students of whom a field that the batch changed was changed again since."""
    later, mine = aliased(FieldChange), aliased(FieldChange)
    return select(later.student_id).where(
        mine.batch_id == batch.id,
        later.student_id == mine.student_id,
        later.field == mine.field,
        later.id > mine.id,
        or_(
            later.batch_id.is_(None),
            and_(later.batch_id != batch.id, later.batch_id.not_in(gone)),
        ),
    )


def _restore_fields(session: Session, actor: Actor, batch: Batch) -> int:
    """Give every changed field its old value again, by a change of its own."""
    changes = session.scalars(
        select(FieldChange).where(FieldChange.batch_id == batch.id).order_by(FieldChange.id.desc())
    ).all()
    moment = now()
    for change in changes:
        student = session.get_one(Student, change.student_id)
        name = change.field
        if is_belonging(name):
            set_belonging(session, student.id, name, change.old)
        else:
            setattr(student, name, from_stored(name, change.old))
            if name in {"name", "former_name"}:
                _rekey(student, renamed=name == "name")
        session.add(_undoing(change, actor, batch, moment))
    return len({change.student_id for change in changes})


def _undoing(change: FieldChange, actor: Actor, batch: Batch, moment: datetime) -> FieldChange:
    return FieldChange(
        student_id=change.student_id,
        field=change.field,
        old=change.new,
        new=change.old,
        effective_date=change.effective_date,
        recorded_at=moment,
        basis=f"撤销第 {batch.id} 批导入",
        operator_id=actor.id,
        batch_id=batch.id,
    )


def _remove_photos(session: Session, batch: Batch) -> int:
    """The photographs of the batch are no longer anybody's; the pictures stay in media.db."""
    photos = session.scalars(select(Photo).where(Photo.batch_id == batch.id)).all()
    for photo in photos:
        session.delete(photo)
    return len(photos)


def _void_students(session: Session, actor: Actor, batch: Batch) -> int:
    students = session.scalars(
        select(Student).where(Student.batch_id == batch.id, Student.voided_at.is_(None))
    ).all()
    moment, reason = now(), f"撤销第 {batch.id} 批导入"
    for student in students:
        entries = session.scalars(
            select(LedgerEntry)
            .where(LedgerEntry.student_id == student.id, LedgerEntry.kind != Kind.REVERSAL)
            .order_by(LedgerEntry.id.desc())
        )
        for entry in entries.all():
            ledger.reverse(session, entry, operator_id=actor.id, recorded_at=moment, reason=reason)
        student.voided_at = moment
        student.void_reason = reason
    return len(students)


def batch_rows(session: Session) -> list[Batch]:
    """All batches, newest first."""
    return list(session.scalars(select(Batch).order_by(Batch.id.desc())))
