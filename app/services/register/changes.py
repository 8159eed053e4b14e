"""学籍异动: entered with its papers or refused with all that is missing; taken back by 冲正."""

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.cases import StatusChange
from app.models.evidence import Evidence, Signature
from app.models.ledger import LedgerEntry
from app.models.papers import PrintedSheet
from app.models.rules.transitions import RULES, first_misfit
from app.models.student import Student
from app.models.vocabulary import Kind, Role, Signatory
from app.services.clock import now
from app.services.errors import ChangeRefused, NoSuchEntry, ReversalRefused
from app.services.register import ledger
from app.services.register.cases import described, entries_in_force, position_after, told
from app.services.register.casework import (
    UNREVIEWED,
    Approved,
    add_approval,
    entered_elsewhere,
    examine,
    take_effect,
)
from app.services.register.evidence import (
    EvidenceRow,
    Given,
    add_signatures,
    file_scans,
    read_scans,
)
from app.services.register.ledger import LedgerRow, Moment
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One entry of a student's ledger with what it rests on."""

    name: str
    number: str | None
    entry: LedgerRow
    evidence: tuple[EvidenceRow, ...]
    signed: tuple[Signatory, ...]
    case_id: int | None
    reviewed: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of it."""
        return notes_on(self.entry.kind, reviewed=self.reviewed)


def notes_on(kind: Kind, *, reviewed: bool) -> tuple[str, ...]:
    """What a reader must know of a change of this kind."""
    rule = RULES.get(kind)
    return (UNREVIEWED,) if rule and not rule.elsewhere and not reviewed else ()


@dataclass(frozen=True, slots=True)
class Dependents:
    """What rests on one entry of the ledger: `entries` must be reversed first, in their order;
    the others stay as they are and are to be set right by hand."""

    refused: str
    entries: tuple[LedgerRow, ...]
    printed: tuple[str, ...]
    receipt: str

    @property
    def lines(self) -> tuple[str, ...]:
        """As sentences, in the order in which they concern the registrar."""
        found = [self.refused] if self.refused else []
        found += [
            f"先冲正 {row.effective_date} 的“{row.kind.value}”（编号 {row.id}）"
            for row in self.entries
        ]
        found += [f"已印出：{paper}" for paper in self.printed]
        if self.receipt:
            found.append(f"已上报，回执 {self.receipt}，须向上级更正")
        return tuple(found)


class Changes:
    """The changes of one register."""

    def __init__(self, database: Database, media: MediaStore) -> None:
        self._database = database
        self._media = media

    def change(
        self,
        actor: Actor,
        student_id: int,
        kind: Kind,
        on: date,
        *,
        until: date | None = None,
        evidence: Sequence[Given] = (),
        signed: AbstractSet[Signatory] = frozenset(),
        to_class: str | None = None,
        to_major: str | None = None,
        reason: str = "",
        approvals: Sequence[Approved] = (),
        applied_on: date | None = None,
    ) -> ChangeRow:
        """Enter a change that takes effect on a day, past or to come; raises ChangeRefused.

        This is a case that is opened, completed and put into effect in one go. `until` is the last
        day of what has an end (default: the rule's length). `signed` states whose signatures the
        application on paper bears. A class is named by its name, or with its cohort
        (2027级机电2701).
        """
        actor.require(Role.RECORD)
        scans, problems = read_scans(evidence)
        with self._database.write(actor, kind.value, reason) as session:
            student = session.get_one(Student, student_id)
            if elsewhere := entered_elsewhere(kind):
                raise ChangeRefused(name=student.name, kind=kind.value, day=on, problems=elsewhere)
            case = StatusChange(
                student_id=student_id,
                kind=kind,
                effective_date=on,
                until=until,
                to_class=to_class,
                to_major=to_major,
                reason=reason,
                applied_on=applied_on,
                operator_id=actor.id,
                opened_at=now(),
            )
            papers = [name for _, name in evidence]
            examined = examine(session, case, papers=papers, signed=signed, approvals=approvals)
            if found := [*filter(None, [told(examined.case.lacks)]), *problems]:
                raise ChangeRefused(
                    name=student.name, kind=kind.value, day=on, problems="；".join(found)
                )
            session.add(case)
            session.flush()
            file_scans(
                session, self._media, scans, student_id=student_id, at=case.opened_at,
                case_id=case.id,
            )  # fmt: skip
            add_signatures(session, actor, case, signed, applied_on)
            for given in approvals:
                add_approval(session, actor, case, given)
            entry = take_effect(session, actor, case, examined)
            return _row(session, student, entry.id)

    def reverse(self, actor: Actor, student_id: int, entry_id: int, *, reason: str) -> ChangeRow:
        """冲正: take one entry back; raises ReversalRefused while later entries rest on it."""
        actor.require(Role.RECORD)
        with self._database.write(actor, Kind.REVERSAL.value, reason) as session:
            student = session.get_one(Student, student_id)
            entry = session.get(LedgerEntry, entry_id)
            if entry is None or entry.student_id != student.id:
                raise NoSuchEntry(name=student.name, entry=entry_id)
            if problem := why_not_reversed(session, entry):
                raise ReversalRefused(
                    name=student.name,
                    day=entry.effective_date,
                    kind=entry.kind.value,
                    entry=entry.id,
                    problem=problem,
                )
            reversal = ledger.reverse(
                session, entry, operator_id=actor.id, recorded_at=now(), reason=reason
            )
            return _row(session, student, reversal.id)

    def dependents(self, actor: Actor, student_id: int, entry_id: int) -> Dependents:
        """What rests on an entry, to be shown before it is taken back."""
        actor.require_sight()
        with self._database.read() as session:
            student = session.get_one(Student, student_id)
            entry = session.get(LedgerEntry, entry_id)
            if entry is None or entry.student_id != student.id:
                raise NoSuchEntry(name=student.name, entry=entry_id)
            return _dependents(session, student, entry)

    def entries(self, actor: Actor, student_id: int) -> list[ChangeRow]:
        """The whole ledger of one student in the order of effect, what was taken back included."""
        actor.require_sight()
        with self._database.read() as session:
            return change_rows(session, session.get_one(Student, student_id))


def change_rows(session: Session, student: Student) -> list[ChangeRow]:
    """See Changes.entries."""
    papers: dict[int | None, list[EvidenceRow]] = defaultdict(list)
    for paper in session.scalars(
        select(Evidence).where(Evidence.student_id == student.id).order_by(Evidence.id)
    ):
        papers[paper.entry_id].append(EvidenceRow(paper.kind, paper.source_name, paper.sha256))
    signatures: dict[int | None, list[Signatory]] = defaultdict(list)
    for signature in session.scalars(
        select(Signature).where(Signature.student_id == student.id).order_by(Signature.id)
    ):
        signatures[signature.entry_id].append(signature.signatory)
    cases = {
        case.entry_id: case
        for case in session.scalars(
            select(StatusChange).where(StatusChange.student_id == student.id)
        )
        if case.entry_id is not None
    }
    return [
        ChangeRow(
            name=student.name,
            number=student.number,
            entry=row,
            evidence=tuple(papers[row.id]),
            signed=tuple(signatures[row.id]),
            case_id=cases[row.id].id if row.id in cases else None,
            reviewed=row.id in cases and cases[row.id].reviewed_at is not None,
        )
        for row in ledger.history(session, [student.id], Moment(date.max))[student.id]
    ]


def _row(session: Session, student: Student, entry_id: int) -> ChangeRow:
    return next(row for row in change_rows(session, student) if row.entry.id == entry_id)


def why_not_reversed(session: Session, entry: LedgerEntry) -> str | None:
    """What is in the way of taking an entry back; None: nothing."""
    if entry.kind is Kind.REVERSAL:
        return "冲正本身不能冲正，请重新办理原来的异动"
    if entry.kind is Kind.ADMISSION:
        return RULES[Kind.ADMISSION].elsewhere
    remaining = [
        other for other in entries_in_force(session, entry.student_id) if other is not entry
    ]
    misfit = _misfit_without(entry, remaining)
    return f"后来的{described(misfit)}以它为前提，请先冲正那一条" if misfit else None


def _dependents(session: Session, student: Student, entry: LedgerEntry) -> Dependents:
    """The entries that no longer fit without this one, one after the other, and what left."""
    remaining = [one for one in entries_in_force(session, student.id) if one is not entry]
    needed = []
    while misfit := _misfit_without(entry, remaining):
        needed.append(misfit.id)
        remaining.remove(misfit)
    rows = {
        row.id: row for row in ledger.history(session, [student.id], Moment(date.max))[student.id]
    }
    printed = session.scalars(
        select(PrintedSheet)
        .where(PrintedSheet.student_id == student.id, PrintedSheet.recorded_at >= entry.recorded_at)
        .order_by(PrintedSheet.id)
    )
    case = session.scalars(select(StatusChange).where(StatusChange.entry_id == entry.id)).first()
    fixed = entry.kind in (Kind.REVERSAL, Kind.ADMISSION)
    return Dependents(
        refused=(why_not_reversed(session, entry) or "") if fixed else "",
        entries=tuple(rows[one] for one in reversed(needed)),
        printed=tuple(f"{sheet.form}（{sheet.code}）" for sheet in printed),
        receipt=(case.receipt or "") if case and case.reported_on else "",
    )


def _misfit_without(entry: LedgerEntry, remaining: list[LedgerEntry]) -> LedgerEntry | None:
    key = (entry.effective_date, entry.id)
    earlier = [other for other in remaining if (other.effective_date, other.id) < key]
    return first_misfit(position_after(earlier), remaining[len(earlier) :])
