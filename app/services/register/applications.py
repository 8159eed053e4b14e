"""书面申请 of any kind but a change of standing: signed by both, with papers, settled."""

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.cases import Application
from app.models.evidence import Evidence, Signature
from app.models.student import Student
from app.models.vocabulary import ConsentWay, Role, Signatory
from app.services.clock import now, today
from app.services.errors import ApplicationRefused, NoSuchApplication
from app.services.register.evidence import (
    EvidenceRow,
    Given,
    add_signatures,
    file_scans,
    read_scans,
)
from app.services.register.queries import among
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore

#: Kinds that schools meet, to be offered; any other word will do.
KINDS: Final = ("证明", "更正", "信息变更", "补办学生证", "补办毕业证明", "成绩单", "其他")


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """One written application; `lacks` is what it still wants before it can be settled."""

    id: int
    student_id: int
    name: str
    number: str | None
    kind: str
    content: str
    applied_on: date
    consent: ConsentWay | None
    witness: str
    signed: tuple[Signatory, ...]
    evidence: tuple[EvidenceRow, ...]
    settled_on: date | None
    result: str

    @property
    def lacks(self) -> tuple[str, ...]:
        """Signatures that are not here (第八条)."""
        return tuple(
            f"书面申请还缺{who.value}签字（办法第八条）"
            for who in Signatory
            if who not in self.signed
        )

    @property
    def open(self) -> bool:
        """Whether it is still to be settled."""
        return self.settled_on is None


class Applications:
    """The written applications of one register."""

    def __init__(self, database: Database, media: MediaStore) -> None:
        self._database = database
        self._media = media

    def open(
        self,
        actor: Actor,
        student_id: int,
        kind: str,
        *,
        content: str = "",
        applied_on: date,
        consent: ConsentWay | None = None,
        witness: str | None = None,
        evidence: Sequence[Given] = (),
        signed: AbstractSet[Signatory] = frozenset(),
    ) -> ApplicationRow:
        """Take an application in; raises ApplicationRefused for what cannot be taken."""
        actor.require(Role.RECORD)
        scans, problems = read_scans(evidence)
        with self._database.write(actor, "登记书面申请", kind) as session:
            student = session.get_one(Student, student_id)
            if not kind.strip():
                problems.append("没有写明申请什么")
            if applied_on > today():
                problems.append(f"申请日期 {applied_on} 还没有到")
            if problems:
                raise ApplicationRefused(name=student.name, kind=kind, problems="；".join(problems))
            row = Application(
                student_id=student_id,
                kind=kind.strip(),
                content=content,
                applied_on=applied_on,
                consent=consent,
                witness=witness,
                operator_id=actor.id,
                recorded_at=now(),
            )
            session.add(row)
            session.flush()
            file_scans(
                session, self._media, scans, student_id=student_id, at=row.recorded_at,
                application_id=row.id,
            )  # fmt: skip
            add_signatures(session, actor, row, signed, row.applied_on)
            return _only(session, row)

    def add(
        self,
        actor: Actor,
        application_id: int,
        *,
        evidence: Sequence[Given] = (),
        signed: AbstractSet[Signatory] = frozenset(),
    ) -> ApplicationRow:
        """Add papers and signatures."""
        actor.require(Role.RECORD)
        scans, problems = read_scans(evidence)
        with self._database.write(actor, "书面申请补材料") as session:
            row = _application(session, application_id)
            if problems:
                raise _refused(session, row, problems)
            file_scans(
                session, self._media, scans, student_id=row.student_id, at=now(),
                application_id=row.id,
            )  # fmt: skip
            add_signatures(session, actor, row, signed, row.applied_on)
            return _only(session, row)

    def settle(self, actor: Actor, application_id: int, *, on: date, result: str) -> ApplicationRow:
        """Close an application with its result; refused while a signature is missing."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "书面申请办结", result) as session:
            row = _application(session, application_id)
            found = _only(session, row)
            problems = list(found.lacks)
            if not found.open:
                problems = ["已经办结"]
            elif not result.strip():
                problems.append("没有写明结果")
            if problems:
                raise _refused(session, row, problems)
            row.settled_on, row.result = on, result
            session.flush()
            return _only(session, row)

    def rows(
        self, actor: Actor, *, student_id: int | None = None, everything: bool = False
    ) -> list[ApplicationRow]:
        """The applications that are open, or all; the oldest first."""
        actor.require_sight()
        with self._database.read() as session:
            query = select(Application).join(Student, Student.id == Application.student_id)
            query = query.where(Student.voided_at.is_(None))
            if student_id is not None:
                query = query.where(Application.student_id == student_id)
            if not everything:
                query = query.where(Application.settled_on.is_(None))
            query = query.order_by(Application.applied_on, Application.id)
            return _rows(session, session.scalars(query).all())


def _application(session: Session, application_id: int) -> Application:
    row = session.get(Application, application_id)
    if row is None:
        raise NoSuchApplication(application=application_id)
    return row


def _refused(session: Session, row: Application, problems: Sequence[str]) -> ApplicationRefused:
    student = session.get_one(Student, row.student_id)
    return ApplicationRefused(name=student.name, kind=row.kind, problems="；".join(problems))


def _only(session: Session, row: Application) -> ApplicationRow:
    (found,) = _rows(session, [row])
    return found


def _rows(session: Session, rows: Sequence[Application]) -> list[ApplicationRow]:
    ids = [row.id for row in rows]
    papers: dict[int | None, list[EvidenceRow]] = defaultdict(list)
    for paper in session.scalars(
        select(Evidence).where(among(Evidence.application_id, ids)).order_by(Evidence.id)
    ):
        one = EvidenceRow(paper.kind, paper.source_name, paper.sha256)
        if one not in papers[paper.application_id]:
            papers[paper.application_id].append(one)
    signed: dict[int | None, list[Signatory]] = defaultdict(list)
    for signature in session.scalars(
        select(Signature).where(among(Signature.application_id, ids)).order_by(Signature.id)
    ):
        signed[signature.application_id].append(signature.signatory)
    people = {row.student_id: session.get_one(Student, row.student_id) for row in rows}
    return [
        ApplicationRow(
            id=row.id,
            student_id=row.student_id,
            name=people[row.student_id].name,
            number=people[row.student_id].number,
            kind=row.kind,
            content=row.content,
            applied_on=row.applied_on,
            consent=row.consent,
            witness=row.witness or "",
            signed=tuple(signed[row.id]),
            evidence=tuple(papers[row.id]),
            settled_on=row.settled_on,
            result=row.result or "",
        )
        for row in rows
    ]
