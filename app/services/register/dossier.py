"""One student as the window shows him: the record, what is missing, papers, evidence, history."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.audit import AuditEntry
from app.models.evidence import Evidence
from app.models.fields import field_label
from app.models.ledger import LedgerEntry
from app.models.operator import Operator
from app.models.papers import PrintedSheet
from app.models.student import FieldChange, Photo, Student
from app.services.clock import today
from app.services.forms.papers import PAPERS, Occasion, PaperGroup, PaperKind, card_values
from app.services.forms.values import fingerprint
from app.services.register.changes import ChangeRow, change_rows
from app.services.register.completeness import Completeness, of_record
from app.services.register.ledger import Moment
from app.services.register.students import Scope, StudentRecord, student_records
from app.services.settings import load_settings
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore

#: The group of the cards, which are kept up to date; a certificate is true for its day.
_CARDS: Final = PaperGroup.ROSTERS


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One line of 修改记录: who did what when; for a field its old and new value and the basis."""

    at: datetime
    operator: str
    what: str
    old: str | None = None
    new: str | None = None
    basis: str = ""
    effective_date: date | None = None
    key_number: bool = False  # an identity number: shown masked

    @property
    def is_field(self) -> bool:
        """Whether a value was changed (or else something was done)."""
        return self.effective_date is not None


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One paper printed of this student; `current` None: its form is not at hand any more."""

    form: str
    code: str
    format: str
    printed_at: datetime
    operator: str
    current: bool | None


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One paper in evidence and what rests on it; without `sha256` the original is on paper."""

    kind: str
    source_name: str
    sha256: str | None
    recorded_at: datetime
    behind: str


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """One photograph that is or was in use, newest first."""

    id: int
    card_sha256: str
    sha256: str
    source_name: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything of one student at one moment."""

    record: StudentRecord
    moment: Moment
    completeness: Completeness
    changes: tuple[ChangeRow, ...]
    history: tuple[HistoryRow, ...]
    papers: tuple[PaperRow, ...]
    evidence: tuple[EvidenceItem, ...]
    photos: tuple[PhotoRow, ...]
    picture: bytes | None


class Dossiers:
    """Dossiers of one register."""

    def __init__(self, database: Database, media: MediaStore) -> None:
        self._database = database
        self._media = media

    def of(self, actor: Actor, student_id: int, moment: Moment | None = None) -> Dossier | None:
        """The dossier; None where nobody of that id was on the register at that moment."""
        actor.require_sight()
        at = moment or Moment(today(), upcoming=True)
        with self._database.read() as session:
            records = student_records(session, at, Scope(ids=[student_id]))
            if not records:
                return None
            (record,) = records
            student = session.get_one(Student, student_id)
            shown = {entry.id for entry in record.ledger}
            return Dossier(
                record=record,
                moment=at,
                completeness=of_record(record),
                changes=tuple(
                    row for row in change_rows(session, student) if row.entry.id in shown
                ),
                history=tuple(_history(session, student_id, at)),
                papers=tuple(self._papers(session, record, at)),
                evidence=tuple(_evidence(session, student_id, at)),
                photos=tuple(_photos(session, student_id, at)),
                picture=self._media.get(record.photo) if record.photo else None,
            )

    def _papers(self, session: Session, record: StudentRecord, at: Moment) -> Iterator[PaperRow]:
        query = (
            select(PrintedSheet, Operator.name)
            .join(Operator, Operator.id == PrintedSheet.operator_id)
            .where(PrintedSheet.student_id == record.row.id)
            .order_by(PrintedSheet.id.desc())
        )
        for sheet, operator in session.execute(query):
            if _seen(at, sheet.recorded_at):
                yield PaperRow(
                    sheet.form,
                    sheet.code,
                    sheet.format.value,
                    sheet.recorded_at,
                    operator,
                    self._is_current(session, sheet, record),
                )

    def _is_current(
        self, session: Session, sheet: PrintedSheet, record: StudentRecord
    ) -> bool | None:
        """Whether the card would say now what it said: then as it was known, now as it is."""
        paper = PAPERS.get(sheet.form)
        if paper is None or paper.kind is not PaperKind.CARD or paper.group is not _CARDS:
            return None
        printed = Moment(sheet.recorded_at.astimezone().date(), sheet.recorded_at, upcoming=True)
        then = student_records(session, printed, Scope(ids=[record.row.id]))
        if not then:
            return False
        occasion = Occasion(load_settings(session), printed.as_of, sheet.scope, sheet.cohort_year)
        before, after = (
            fingerprint(card_values(seen, occasion, self._media.get)) for seen in (then[0], record)
        )
        return before == after


def _seen(at: Moment, recorded: datetime, begins: date | None = None) -> bool:
    """Whether it belongs to what is looked at: known by then, and begun (or else done) by then."""
    if at.known_on is not None and recorded > at.known_on:
        return False
    return at.upcoming or (begins or recorded.astimezone().date()) <= at.as_of


def _history(session: Session, student_id: int, at: Moment) -> Iterator[HistoryRow]:
    """Changes of fields, and what else was done to the record, newest first."""
    rows = [*_field_history(session, student_id), *_deeds(session, student_id)]
    rows.sort(key=lambda row: row.at, reverse=True)
    return (row for row in rows if _seen(at, row.at, row.effective_date))


def _field_history(session: Session, student_id: int) -> Iterator[HistoryRow]:
    query = (
        select(FieldChange, Operator.name)
        .join(Operator, Operator.id == FieldChange.operator_id)
        .where(FieldChange.student_id == student_id)
        .order_by(FieldChange.id.desc())
    )
    for change, operator in session.execute(query):
        yield HistoryRow(
            at=change.recorded_at,
            operator=operator,
            what=field_label(change.field),
            old=change.old,
            new=change.new,
            basis=change.basis,
            effective_date=change.effective_date,
            key_number=change.field == "id_number",
        )


def _deeds(session: Session, student_id: int) -> Iterator[HistoryRow]:
    """Units of work that touched the record otherwise than by changing fields."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.record == Student.__tablename__, AuditEntry.record_id == str(student_id))
        .order_by(AuditEntry.seq.desc())
    )
    for entry in session.scalars(query):
        touched = json.loads(entry.detail) if entry.detail else {}
        if not any(row.startswith(f"{FieldChange.__tablename__}#") for row in touched):
            yield HistoryRow(entry.at, entry.operator_name, entry.action, basis=entry.reason)


def _evidence(session: Session, student_id: int, at: Moment) -> Iterator[EvidenceItem]:
    query = select(Evidence).where(Evidence.student_id == student_id).order_by(Evidence.id.desc())
    for paper in session.scalars(query):
        entry = paper.entry_id and session.get_one(LedgerEntry, paper.entry_id)
        change = paper.field_change_id and session.get_one(FieldChange, paper.field_change_id)
        begins, behind = None, ""
        if entry:
            begins, behind = entry.effective_date, f"{entry.effective_date} {entry.kind.value}"
        elif change:
            label = field_label(change.field)
            begins, behind = change.effective_date, f"{change.effective_date} {label}变更"
        if not _seen(at, paper.recorded_at, begins):
            continue
        yield EvidenceItem(paper.kind, paper.source_name, paper.sha256, paper.recorded_at, behind)


def _photos(session: Session, student_id: int, at: Moment) -> Iterator[PhotoRow]:
    query = select(Photo).where(Photo.student_id == student_id).order_by(Photo.id.desc())
    for photo in session.scalars(query):
        if _seen(at, photo.recorded_at):
            yield PhotoRow(
                photo.id, photo.card_sha256, photo.sha256, photo.source_name, photo.recorded_at
            )
