"""成批办理: the same change for many, seen with its counts before, written and taken back whole.

Each student gets a case and an entry of his own, judged by the same rules as a single change; what
was previewed is what is written, all in one unit of work.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.cases import StatusChange
from app.models.ledger import LedgerEntry
from app.models.organisation import ClassGroup
from app.models.rules.transitions import Position
from app.models.student import Student
from app.models.vocabulary import CountBase, Kind, Role, Signatory
from app.services.clock import now
from app.services.errors import ChangeRefused, ReversalRefused
from app.services.progress import Step, Work
from app.services.register import ledger
from app.services.register.cases import told
from app.services.register.casework import Examined, entered_elsewhere, examine, take_effect
from app.services.register.changes import why_not_reversed
from app.services.register.evidence import add_signatures, file_scans, read_scans
from app.services.register.ledger import Moment
from app.services.register.queries import among
from app.services.register.rulebook import Book
from app.services.register.students import Scope, student_rows
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore

NO_CLASS = "未分班"


@dataclass(frozen=True, slots=True)
class MassWish:
    """What is asked for all of them; `papers`: what originals are filed, `signed`: who signed."""

    kind: Kind
    on: date
    until: date | None = None
    to_class: str | None = None
    to_major: str | None = None
    reason: str = ""
    applied_on: date | None = None
    signed: frozenset[Signatory] = frozenset()
    papers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MassLine:
    """What the change would do for one student; `problem` says why it cannot be done."""

    student_id: int
    name: str
    number: str | None
    before: str
    after: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class MassCount:
    """A head-count that the change moves: of a status, of a class, of the school (口径)."""

    what: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class MassPlan:
    """What would be done, what is refused, and the counts that would move."""

    wish: MassWish
    good: tuple[MassLine, ...]
    refused: tuple[MassLine, ...]
    counts: tuple[MassCount, ...]

    @property
    def ids(self) -> tuple[int, ...]:
        """For whom it can be done."""
        return tuple(line.student_id for line in self.good)


@dataclass(frozen=True, slots=True)
class MassDone:
    """A batch that was written: the entry that each student got."""

    wish: MassWish
    entries: tuple[tuple[int, int], ...]


class MassChanges:
    """Changes of many in one register."""

    def __init__(self, database: Database, media: MediaStore) -> None:
        self._database = database
        self._media = media

    def preview(self, actor: Actor, ids: Sequence[int], wish: MassWish) -> Work[MassPlan]:
        """What the change would do for each, and to the counts of its day; writes nothing."""
        actor.require(Role.RECORD)
        good: list[MassLine] = []
        refused: list[MassLine] = []
        moves: list[tuple[Position, Position]] = []
        with self._database.read() as session:
            book, names = Book(session), _class_names(session)
            for done, student in enumerate(_people(session, ids), start=1):
                examined = _examined(session, actor, student, wish, book)
                before = examined.case.before
                after = before.moved(examined.case.rule.to, examined.class_id, examined.major_id)
                problem = entered_elsewhere(wish.kind) or told(examined.case.lacks)
                line = MassLine(
                    student.id, student.name, student.number, _place(before, names),
                    "" if problem else _place(after, names), problem,
                )  # fmt: skip
                (refused if problem else good).append(line)
                if not problem:
                    moves.append((before, after))
                yield Step(done, len(ids), student.name)
            counts = tuple(_counts(session, wish.on, moves, names))
        return MassPlan(wish, tuple(good), tuple(refused), counts)

    def apply(self, actor: Actor, plan: MassPlan) -> Work[MassDone]:
        """Write what was previewed; raises ChangeRefused, and writes nothing, if it no longer fits.

        Closed in the middle nothing is changed.
        """
        actor.require(Role.RECORD)
        wish, entries = plan.wish, []
        what = f"{wish.kind.value} {len(plan.good)} 人 {wish.reason}".strip()
        with self._database.write(actor, "成批办理异动", what) as session:
            book = Book(session)
            for done, student in enumerate(_people(session, plan.ids), start=1):
                examined = _examined(session, actor, student, wish, book)
                if examined.case.lacks:
                    raise ChangeRefused(
                        name=student.name, kind=wish.kind.value, day=wish.on,
                        problems=told(examined.case.lacks),
                    )  # fmt: skip
                entry = self._write(session, actor, student, wish, examined)
                entries.append((student.id, entry.id))
                yield Step(done, len(plan.good), student.name)
        return MassDone(wish, tuple(entries))

    def take_back(self, actor: Actor, batch: MassDone, reason: str) -> Work[int]:
        """冲正 of the whole batch: all of it, or nothing while anything rests on one entry."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "成批冲正", reason) as session:
            for done, (student_id, entry_id) in enumerate(batch.entries, start=1):
                student = session.get_one(Student, student_id)
                entry = session.get_one(LedgerEntry, entry_id)
                if problem := why_not_reversed(session, entry):
                    raise ReversalRefused(
                        name=student.name, day=entry.effective_date, kind=entry.kind.value,
                        entry=entry.id, problem=problem,
                    )  # fmt: skip
                ledger.reverse(
                    session, entry, operator_id=actor.id, recorded_at=now(), reason=reason
                )
                yield Step(done, len(batch.entries), student.name)
        return len(batch.entries)

    def _write(
        self, session: Session, actor: Actor, student: Student, wish: MassWish, examined: Examined
    ) -> LedgerEntry:
        """The case of one student, with its originals and signatures, in effect."""
        case = _case(actor, student, wish)
        session.add(case)
        session.flush()
        scans, _ = read_scans([(None, paper) for paper in wish.papers])
        file_scans(
            session, self._media, scans, student_id=student.id, at=case.opened_at, case_id=case.id
        )
        add_signatures(session, actor, case, wish.signed, wish.applied_on)
        return take_effect(session, actor, case, examined)


def _people(session: Session, ids: Sequence[int]) -> list[Student]:
    """These students, in the order given, whose records stand."""
    query = select(Student).where(among(Student.id, ids), Student.voided_at.is_(None))
    found = {student.id: student for student in session.scalars(query)}
    return [found[one] for one in dict.fromkeys(ids) if one in found]


def _case(actor: Actor, student: Student, wish: MassWish) -> StatusChange:
    return StatusChange(
        student_id=student.id,
        kind=wish.kind,
        effective_date=wish.on,
        until=wish.until,
        to_class=wish.to_class,
        to_major=wish.to_major,
        reason=wish.reason,
        applied_on=wish.applied_on,
        operator_id=actor.id,
        opened_at=now(),
    )


def _examined(
    session: Session, actor: Actor, student: Student, wish: MassWish, book: Book
) -> Examined:
    case = _case(actor, student, wish)
    return examine(session, case, papers=wish.papers, signed=wish.signed, book=book)


# --- counts -------------------------------------------------------------------------------


def _class_names(session: Session) -> dict[int | None, str]:
    return {group.id: group.name for group in session.scalars(select(ClassGroup))}


def _place(position: Position, names: Mapping[int | None, str]) -> str:
    status = position.status.value if position.status else "（无学籍）"
    return f"{status}　{names.get(position.class_id, NO_CLASS)}"


def _counts(
    session: Session,
    on: date,
    moves: Sequence[tuple[Position, Position]],
    names: Mapping[int | None, str],
) -> list[MassCount]:
    """The counts on the day of the change: the school by both bases, then the classes it moves."""
    rows = student_rows(session, Moment(on), Scope())
    found = []
    for base in CountBase:
        there = sum(base.counts(row.status) for row in rows)
        gain = sum(base.counts(after.status) - base.counts(before.status)
                   for before, after in moves)  # fmt: skip
        found.append(MassCount(f"全校{base.value}", there, there + gain))
    base = CountBase.IN_SCHOOL
    classes = Counter(row.class_id for row in rows if base.counts(row.status))
    moved: Counter[int | None] = Counter()
    for before, after in moves:
        moved[before.class_id] -= base.counts(before.status)
        moved[after.class_id] += base.counts(after.status)
    touched = sorted(moved, key=lambda one: names.get(one, NO_CLASS))
    for one in touched:
        if moved[one]:
            name = f"{names.get(one, NO_CLASS)} {base.value}"
            found.append(MassCount(name, classes[one], classes[one] + moved[one]))
    return found
