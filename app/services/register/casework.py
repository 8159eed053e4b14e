"""学籍异动 as cases: opened, completed with papers and approvals, put into effect, reported, filed.

What is in a case's way is the same on every path: `examine` says it, whether the case is shown,
put into effect later, or entered whole in one go (changes.py).
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.cases import Approval, StatusChange
from app.models.evidence import Evidence, Signature
from app.models.ledger import LedgerEntry
from app.models.operator import Operator
from app.models.organisation import ClassGroup, Major
from app.models.rules.rulebook import applied
from app.models.rules.transitions import RULES, Position, Rule
from app.models.student import Student
from app.models.vocabulary import CaseStep, ConsentWay, Kind, Role, Signatory
from app.services.clock import now, today
from app.services.errors import CaseRefused, ChangeRefused, NoSuchCase
from app.services.register import ledger
from app.services.register.cases import Case, Lack, told
from app.services.register.evidence import (
    EvidenceRow,
    Given,
    add_signatures,
    file_scans,
    read_scans,
)
from app.services.register.ledger import Moment
from app.services.register.queries import among
from app.services.register.rulebook import Book
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore

#: Shown with every change that no second person has reviewed.
UNREVIEWED: Final = "未经第二人审核"
_OPEN: Final = frozenset(CaseStep) - {CaseStep.CLOSED, CaseStep.WITHDRAWN}
_BEFORE_EFFECT: Final = frozenset(
    {CaseStep.APPLICATION, CaseStep.PAPERS, CaseStep.APPROVAL, CaseStep.EFFECT}
)


@dataclass(frozen=True, slots=True)
class Approved:
    """The opinion of one step, as it stands on paper."""

    step: str
    person: str
    decided_on: date
    agreed: bool = True
    opinion: str = ""


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """Who signed the application, and when (None: the day was not stated)."""

    signatory: Signatory
    signed_on: date | None


@dataclass(frozen=True, slots=True)
class KeptRule:
    """The version of a rule by which a case was judged."""

    name: str
    value: str
    unit: str
    source: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One side of the standing before and after a change, for whoever reviews it."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case: where it is, what it rests on, and what it still lacks."""

    id: int
    student_id: int
    name: str
    number: str | None
    class_group: str
    kind: Kind
    effective_date: date
    until: date | None
    reason: str
    to_class: str
    to_major: str
    applied_on: date | None
    consent: ConsentWay | None
    witness: str
    opened_by: str
    opened_at: datetime
    reviewed_by: str
    reviewed_at: datetime | None
    entry_id: int | None
    document_number: str
    report_by: date | None
    reported_on: date | None
    receipt: str
    filed_on: date | None
    filed_place: str
    withdrawn_reason: str
    step: CaseStep
    lacks: tuple[Lack, ...]
    notes: tuple[str, ...]
    differences: tuple[Difference, ...]
    signed: tuple[SignatureRow, ...]
    evidence: tuple[EvidenceRow, ...]
    approvals: tuple[Approved, ...]
    rule: Rule  # what the kind demands: by the kept rules, else by those of its day
    rules: tuple[KeptRule, ...]

    @property
    def open(self) -> bool:
        """Whether something is still to be done."""
        return self.step in _OPEN

    def days_left(self, on: date) -> int | None:
        """Days until it must be reported, below zero when late; None: nothing to report."""
        if self.step is not CaseStep.REPORT or self.report_by is None:
            return None
        return (self.report_by - on).days


@dataclass(frozen=True, slots=True)
class Punctuality:
    """How many cases were reported in time; those that are late and still open count as late."""

    in_time: int
    late: int

    @property
    def rate(self) -> float | None:
        """In time of all, None where there was nothing to report."""
        whole = self.in_time + self.late
        return self.in_time / whole if whole else None


@dataclass(frozen=True, slots=True)
class Examined:
    """A change under examination, with the place it leads to and the end it would have."""

    case: Case
    class_id: int | None
    major_id: int | None
    until: date | None


# --- for every path -----------------------------------------------------------------------


def examine(
    session: Session,
    row: StatusChange,
    *,
    papers: Sequence[str],
    signed: AbstractSet[Signatory],
    approvals: Iterable[Approved] = (),
    book: Book | None = None,
) -> Examined:
    """Everything that stands in the way of a change, by the rules of its day.

    `book`: the rules, where they have been read already.
    """
    student = session.get_one(Student, row.student_id)
    rule = (book or Book(session)).rule(row.kind, row.effective_date)
    case = Case(session, student, rule, row.effective_date)
    class_id, major_id = case.destination(row.to_class, row.to_major)
    until = case.end(row.until)
    case.check_papers(papers, signed)
    demanded = "approvals" in rule.confirmed and other_reviewer(session, row.operator_id)
    case.check_approvals({one.step: one.agreed for one in approvals}, demanded=demanded)
    if demanded and row.reviewed_at is None:
        case.lack("还没有由录入者以外的审核人审核", CaseStep.APPROVAL)
    case.check_length(until)
    case.check_later(class_id, major_id)
    return Examined(case, class_id, major_id, until)


def take_effect(
    session: Session, actor: Actor, row: StatusChange, examined: Examined
) -> LedgerEntry:
    """Put a change that lacks nothing into the ledger; its case keeps the rules it went by."""
    rule = examined.case.rule
    entry = ledger.record(
        session,
        session.get_one(Student, row.student_id),
        row.kind,
        row.effective_date,
        operator_id=actor.id,
        recorded_at=now(),
        to_status=rule.to,
        to_class_id=examined.class_id,
        to_major_id=examined.major_id,
        until=examined.until,
        reason=row.reason,
    )
    row.entry_id = entry.id
    row.until = examined.until
    row.rules = Book(session).kept(row.kind, row.effective_date)
    if rule.days is not None:
        row.report_by = max(row.effective_date, today()) + timedelta(days=rule.days)
    for paper in session.scalars(select(Evidence).where(Evidence.case_id == row.id)):
        paper.entry_id = entry.id
    for signature in session.scalars(select(Signature).where(Signature.case_id == row.id)):
        signature.entry_id = entry.id
    session.flush()
    return entry


def entered_elsewhere(kind: Kind) -> str:
    """Where to go with a kind that is no change of one student; "" for those that are."""
    return "请指明要冲正的那一条记录" if kind is Kind.REVERSAL else RULES[kind].elsewhere


def other_reviewer(session: Session, operator_id: int) -> bool:
    """Whether somebody else at work here may review what this operator entered."""
    people = session.scalars(
        select(Operator).where(Operator.active.is_(True), Operator.id != operator_id)
    )
    return any(Role.REVIEW in person.roles for person in people)


def add_approval(session: Session, actor: Actor, row: StatusChange, given: Approved) -> None:
    """Note the opinion of one step."""
    session.add(
        Approval(
            student_id=row.student_id,
            case_id=row.id,
            step=given.step,
            person=given.person,
            agreed=given.agreed,
            opinion=given.opinion,
            decided_on=given.decided_on,
            operator_id=actor.id,
            recorded_at=now(),
        )
    )
    session.flush()


# --- the desk -----------------------------------------------------------------------------


class Cases:
    """The cases of one register."""

    def __init__(self, database: Database, media: MediaStore) -> None:
        self._database = database
        self._media = media

    def open(
        self,
        actor: Actor,
        student_id: int,
        kind: Kind,
        on: date,
        *,
        until: date | None = None,
        to_class: str | None = None,
        to_major: str | None = None,
        reason: str = "",
        applied_on: date | None = None,
        consent: ConsentWay | None = None,
        witness: str | None = None,
        evidence: Sequence[Given] = (),
        signed: AbstractSet[Signatory] = frozenset(),
    ) -> CaseRow:
        """Open a case; what it lacks is listed, not refused. `applied_on`: of the application."""
        actor.require(Role.RECORD)
        scans, problems = read_scans(evidence)
        with self._database.write(actor, f"{kind.value}立案", reason) as session:
            student = session.get_one(Student, student_id)
            if elsewhere := entered_elsewhere(kind):
                problems = [elsewhere]
            if problems:
                raise ChangeRefused(
                    name=student.name, kind=kind.value, day=on, problems="；".join(problems)
                )
            row = StatusChange(
                student_id=student_id,
                kind=kind,
                effective_date=on,
                until=until,
                to_class=to_class,
                to_major=to_major,
                reason=reason,
                applied_on=applied_on,
                consent=consent,
                witness=witness,
                operator_id=actor.id,
                opened_at=now(),
            )
            session.add(row)
            session.flush()
            file_scans(
                session, self._media, scans, student_id=student_id, at=row.opened_at,
                case_id=row.id,
            )  # fmt: skip
            add_signatures(session, actor, row, signed, applied_on)
            return _only(session, row)

    def add(
        self,
        actor: Actor,
        case_id: int,
        *,
        evidence: Sequence[Given] = (),
        signed: AbstractSet[Signatory] = frozenset(),
        signed_on: date | None = None,
        consent: ConsentWay | None = None,
        witness: str | None = None,
    ) -> CaseRow:
        """Add papers and signatures; what was reviewed before them is to be reviewed again."""
        actor.require(Role.RECORD)
        scans, problems = read_scans(evidence)
        with self._database.write(actor, "异动补材料") as session:
            row = _case(session, case_id)
            self._demand(session, row, _BEFORE_EFFECT | {CaseStep.REPORT, CaseStep.FILING})
            if problems:
                raise _refused(session, row, "：" + "；".join(problems))
            file_scans(
                session, self._media, scans, student_id=row.student_id, at=now(),
                case_id=row.id, entry_id=row.entry_id,
            )  # fmt: skip
            add_signatures(session, actor, row, signed, signed_on or row.applied_on)
            row.applied_on = row.applied_on or (signed_on if signed else None)
            row.consent = consent or row.consent
            row.witness = witness or row.witness
            if row.entry_id is None:
                row.reviewed_by = row.reviewed_at = None
            session.flush()
            return _only(session, row)

    def amend(
        self,
        actor: Actor,
        case_id: int,
        *,
        on: date | None = None,
        until: date | None = None,
        to_class: str | None = None,
        to_major: str | None = None,
        reason: str | None = None,
    ) -> CaseRow:
        """Change what a case that has not taken effect asks for; it is to be reviewed again."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "异动改案") as session:
            row = _case(session, case_id)
            self._demand(session, row, _BEFORE_EFFECT)
            row.effective_date = on or row.effective_date
            row.until = until or row.until
            row.to_class = to_class or row.to_class
            row.to_major = to_major or row.to_major
            row.reason = row.reason if reason is None else reason
            row.reviewed_by = row.reviewed_at = None
            session.flush()
            return _only(session, row)

    def approve(self, actor: Actor, case_id: int, given: Approved) -> CaseRow:
        """Note the opinion of one step of approval, as it stands on paper."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "异动审批", given.step) as session:
            row = _case(session, case_id)
            self._demand(session, row, _BEFORE_EFFECT | {CaseStep.REPORT, CaseStep.FILING})
            if not given.person.strip() or not given.step.strip():
                raise _refused(session, row, "没有写明审批步骤和审批人")
            if given.decided_on > today():
                raise _refused(session, row, f"的审批日期 {given.decided_on} 还没有到")
            add_approval(session, actor, row, given)
            return _only(session, row)

    def review(self, actor: Actor, case_id: int) -> CaseRow:
        """审核 by a second person; nobody reviews his own entry."""
        actor.require(Role.REVIEW)
        with self._database.write(actor, "异动审核") as session:
            row = _case(session, case_id)
            if row.withdrawn_at is not None:
                raise _refused(session, row, "已经撤回")
            if row.operator_id == actor.id:
                raise _refused(session, row, f"是{actor.name}录入的，须由另一人审核")
            row.reviewed_by, row.reviewed_at = actor.id, now()
            session.flush()
            return _only(session, row)

    def effect(self, actor: Actor, case_id: int) -> CaseRow:
        """Put a case into effect on its day, past or to come; raises ChangeRefused."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "异动生效") as session:
            row = _case(session, case_id)
            self._demand(session, row, _BEFORE_EFFECT)
            papers = _papers(session, [row])[row.id]
            examined = examine(
                session,
                row,
                papers=[paper.kind for paper in papers.evidence],
                signed={one.signatory for one in papers.signed},
                approvals=papers.approvals,
            )
            if examined.case.lacks:
                student = session.get_one(Student, row.student_id)
                raise ChangeRefused(
                    name=student.name, kind=row.kind.value, day=row.effective_date,
                    problems=told(examined.case.lacks),
                )  # fmt: skip
            take_effect(session, actor, row, examined)
            return _only(session, row)

    def report(
        self, actor: Actor, case_id: int, *, on: date, receipt: str, document_number: str = ""
    ) -> CaseRow:
        """上报: on which day, and the number of the receipt."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "异动上报", receipt) as session:
            row = _case(session, case_id)
            self._demand(session, row, frozenset({CaseStep.REPORT}))
            if not receipt.strip():
                raise _refused(session, row, "没有写明回执号")
            row.reported_on, row.receipt = on, receipt.strip()
            row.document_number = document_number or row.document_number
            session.flush()
            return _only(session, row)

    def file(self, actor: Actor, case_id: int, *, on: date, place: str) -> CaseRow:
        """归档: where the papers of the case lie."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "异动归档", place) as session:
            row = _case(session, case_id)
            self._demand(session, row, frozenset({CaseStep.FILING}))
            if not place.strip():
                raise _refused(session, row, "没有写明存放位置")
            row.filed_on, row.filed_place = on, place.strip()
            session.flush()
            return _only(session, row)

    def withdraw(self, actor: Actor, case_id: int, *, reason: str) -> CaseRow:
        """Close a case that has not taken effect; one that has is reversed (冲正) instead."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "异动撤回", reason) as session:
            row = _case(session, case_id)
            self._demand(session, row, _BEFORE_EFFECT)
            if not reason.strip():
                raise _refused(session, row, "没有写明撤回的原因")
            row.withdrawn_at, row.withdrawn_reason = now(), reason
            session.flush()
            return _only(session, row)

    def row(self, actor: Actor, case_id: int) -> CaseRow:
        """One case."""
        actor.require_sight()
        with self._database.read() as session:
            return _only(session, _case(session, case_id))

    def rows(
        self,
        actor: Actor,
        *,
        steps: AbstractSet[CaseStep] = _OPEN,
        student_id: int | None = None,
    ) -> list[CaseRow]:
        """The cases at these steps (those still open), the earliest deadline first."""
        actor.require_sight()
        with self._database.read() as session:
            query = select(StatusChange).join(Student, Student.id == StatusChange.student_id)
            query = query.where(Student.voided_at.is_(None))
            if student_id is not None:
                query = query.where(StatusChange.student_id == student_id)
            if CaseStep.CLOSED not in steps:
                query = query.where(StatusChange.filed_on.is_(None))
            rows = case_rows(session, session.scalars(query).all())
        found = [row for row in rows if row.step in steps]
        return sorted(found, key=lambda r: (r.report_by or r.effective_date, r.id))

    def unreviewed(self, actor: Actor) -> list[CaseRow]:
        """What took effect and no second person has reviewed."""
        rows = self.rows(actor, steps=frozenset(CaseStep))
        return [row for row in rows if UNREVIEWED in row.notes and row.entry_id is not None]

    def punctuality(self, actor: Actor, begin: date, end: date) -> Punctuality:
        """How many of the cases that had to be reported in a period were so in time."""
        actor.require_sight()
        due = [
            row
            for row in self.rows(actor, steps=frozenset(CaseStep) - {CaseStep.WITHDRAWN})
            if row.report_by and begin <= row.report_by <= end and row.entry_id is not None
        ]
        late = sum((row.reported_on or max(today(), end)) > row.report_by
                   for row in due if row.report_by)  # fmt: skip
        return Punctuality(len(due) - late, late)

    @staticmethod
    def _demand(session: Session, row: StatusChange, steps: AbstractSet[CaseStep]) -> None:
        """Refuse what cannot be done at the step where the case is."""
        here = _only(session, row).step
        if here not in steps:
            raise _refused(session, row, f"现在是“{here.value}”这一步，不能这样办")


def _case(session: Session, case_id: int) -> StatusChange:
    row = session.get(StatusChange, case_id)
    if row is None:
        raise NoSuchCase(case=case_id)
    return row


def _refused(session: Session, row: StatusChange, problem: str) -> CaseRefused:
    student = session.get_one(Student, row.student_id)
    return CaseRefused(name=student.name, kind=row.kind.value, case=row.id, problem=problem)


# --- rows ---------------------------------------------------------------------------------


@dataclass(slots=True)
class _Papers:
    """What a case rests on."""

    evidence: list[EvidenceRow]
    signed: list[SignatureRow]
    approvals: list[Approved]


def _papers(session: Session, cases: Sequence[StatusChange]) -> dict[int, _Papers]:
    found: dict[int, _Papers] = defaultdict(lambda: _Papers([], [], []))
    ids = [case.id for case in cases]
    for paper in session.scalars(
        select(Evidence).where(among(Evidence.case_id, ids)).order_by(Evidence.id)
    ):
        found[paper.case_id or 0].evidence.append(
            EvidenceRow(paper.kind, paper.source_name, paper.sha256)
        )
    for signature in session.scalars(
        select(Signature).where(among(Signature.case_id, ids)).order_by(Signature.id)
    ):
        found[signature.case_id or 0].signed.append(
            SignatureRow(signature.signatory, signature.signed_on)
        )
    for one in session.scalars(
        select(Approval).where(among(Approval.case_id, ids)).order_by(Approval.id)
    ):
        found[one.case_id].approvals.append(
            Approved(one.step, one.person, one.decided_on, one.agreed, one.opinion)
        )
    return found


def _only(session: Session, row: StatusChange) -> CaseRow:
    (found,) = case_rows(session, [row])
    return found


def case_rows(session: Session, cases: Sequence[StatusChange]) -> list[CaseRow]:
    """Rows of these cases, in their order."""
    papers = _papers(session, cases)
    people = {person.id: person.name for person in session.scalars(select(Operator))}
    entries = [case.entry_id for case in cases if case.entry_id is not None]
    reversals = select(LedgerEntry.reverses_id, LedgerEntry.id)
    reversals = reversals.where(among(LedgerEntry.reverses_id, entries))
    taken_back = dict(session.execute(reversals).all())
    names, book = _Places(session), Book(session)
    return [
        _row(session, case, papers[case.id], people, taken_back.get(case.entry_id), names, book)
        for case in cases
    ]


def _row(
    session: Session,
    case: StatusChange,
    papers: _Papers,
    people: dict[int, str],
    reversal: int | None,
    names: "_Places",
    book: Book,
) -> CaseRow:
    student = session.get_one(Student, case.student_id)
    lacks: tuple[Lack, ...] = ()
    notes: list[str] = []
    rules = tuple(KeptRule(name, *kept) for name, kept in json.loads(case.rules or "{}").items())
    rule = _judged_by(book, case, rules)
    if case.entry_id is None and case.withdrawn_at is None:
        examined = examine(
            session,
            case,
            papers=[paper.kind for paper in papers.evidence],
            signed={one.signatory for one in papers.signed},
            approvals=papers.approvals,
            book=book,
        )
        lacks = tuple(sorted(examined.case.lacks, key=lambda lack: list(CaseStep).index(lack.step)))
        notes += examined.case.notes
        before = examined.case.before
        after = before.moved(examined.case.rule.to, examined.class_id, examined.major_id)
        until = examined.until
    else:
        before, after = _sides(session, case)
        until = case.until
        decided = {one.step for one in papers.approvals}
        waiting = [step for step in rule.approvals if step not in decided] if rules else []
        if waiting and case.entry_id is not None:
            notes.append(f"没有登记审批：{'、'.join(waiting)}")
    if case.reviewed_at is None and case.withdrawn_at is None:
        notes.append(UNREVIEWED)
    if reversal is not None:
        notes.append(f"已冲正（编号 {reversal}）")
    present = ledger.position(session, case.student_id, Moment(today(), upcoming=True))
    return CaseRow(
        id=case.id,
        student_id=case.student_id,
        name=student.name,
        number=student.number,
        class_group=names.class_group(present[1]),
        kind=case.kind,
        effective_date=case.effective_date,
        until=until,
        reason=case.reason,
        to_class=case.to_class or "",
        to_major=case.to_major or "",
        applied_on=case.applied_on,
        consent=case.consent,
        witness=case.witness or "",
        opened_by=people.get(case.operator_id, ""),
        opened_at=case.opened_at,
        reviewed_by=people.get(case.reviewed_by or 0, ""),
        reviewed_at=case.reviewed_at,
        entry_id=case.entry_id,
        document_number=case.document_number,
        report_by=case.report_by,
        reported_on=case.reported_on,
        receipt=case.receipt or "",
        filed_on=case.filed_on,
        filed_place=case.filed_place or "",
        withdrawn_reason=case.withdrawn_reason or "",
        step=_step(case, lacks, taken_back=reversal is not None),
        lacks=lacks,
        notes=tuple(notes),
        differences=tuple(names.differences(before, after)),
        signed=tuple(papers.signed),
        evidence=tuple(papers.evidence),
        approvals=tuple(papers.approvals),
        rule=rule,
        rules=rules,
    )


def _judged_by(book: Book, case: StatusChange, kept: Sequence[KeptRule]) -> Rule:
    """The row as it was when the case took effect; before that, as it is on the case's day."""
    if not kept:
        return book.rule(case.kind, case.effective_date)
    values = {rule.name: rule.value for rule in kept}
    return applied(case.kind, values, [rule.name for rule in kept if rule.confirmed])


def _step(case: StatusChange, lacks: Sequence[Lack], *, taken_back: bool) -> CaseStep:
    """Where a case is, read from what is filled in."""
    if case.withdrawn_at is not None or taken_back:
        return CaseStep.WITHDRAWN
    if case.entry_id is None:
        return lacks[0].step if lacks else CaseStep.EFFECT
    if case.report_by is not None and case.reported_on is None:
        return CaseStep.REPORT
    return CaseStep.FILING if case.filed_on is None else CaseStep.CLOSED


def _sides(session: Session, case: StatusChange) -> tuple[Position, Position]:
    """Where the student stood before and after a case that has taken effect."""
    entry = session.get(LedgerEntry, case.entry_id or 0)
    if entry is None:
        return Position(), Position()
    before = Position(entry.from_status, entry.from_class_id, entry.from_major_id)
    return before, before.after(entry)


class _Places:
    """Names of classes and majors by id."""

    def __init__(self, session: Session) -> None:
        self._classes = {group.id: group.name for group in session.scalars(select(ClassGroup))}
        self._majors = {major.id: major.name for major in session.scalars(select(Major))}

    def class_group(self, identity: int | None) -> str:
        return self._classes.get(identity or 0, "")

    def differences(self, before: Position, after: Position) -> Iterable[Difference]:
        """The sides that a change moves."""
        sides = (
            ("学籍状态", before.status or "", after.status or ""),
            ("班级", self.class_group(before.class_id), self.class_group(after.class_id)),
            (
                "专业",
                self._majors.get(before.major_id or 0, ""),
                self._majors.get(after.major_id or 0, ""),
            ),
        )
        return (Difference(*side) for side in sides if side[1] != side[2])
