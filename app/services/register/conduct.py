"""奖励和处分: decided, told, served, posted to the parents, lifted; what is missing is said."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.models.conduct import Letter, Punishment, Reward
from app.models.evidence import Evidence
from app.models.rules.dates import months_after, workdays_after
from app.models.rules.rulebook import Topic
from app.models.student import Student
from app.models.vocabulary import PunishmentKind, Role, ServiceWay
from app.services.clock import now, today
from app.services.errors import ConductRefused, NoSuchConduct
from app.services.register.evidence import EvidenceRow, Given, Scan, file_scans, read_scans
from app.services.register.ledger import Moment
from app.services.register.queries import among
from app.services.register.rulebook import Book
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore

#: What every list and card says of a punishment whose notice the parents were not sent.
NOT_POSTED: Final = "未挂号告知家长"
_WORKDAYS: Final = "工作日"


@dataclass(frozen=True, slots=True)
class RewardRow:
    """One award."""

    id: int
    student_id: int
    student: str
    number: str | None
    name: str
    level: str
    awarded_by: str
    awarded_on: date
    reason: str
    document_number: str
    evidence: tuple[EvidenceRow, ...]
    voided: str  # the reason, "" for one that stands


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One registered letter."""

    id: int
    number: str
    addressee: str
    posted_on: date
    received_on: date | None
    returned_on: date | None
    return_reason: str


@dataclass(frozen=True, slots=True)
class PunishmentRow:
    """One punishment with its whole trail; `lacks` is what the file still wants."""

    id: int
    student_id: int
    student: str
    number: str | None
    kind: PunishmentKind
    facts: str
    basis: str
    told_on: date | None
    statement: str
    decided_on: date
    decided_by: str
    document_number: str
    until: date | None
    served_on: date | None
    served_how: ServiceWay | None
    appeal_until: date | None
    appealed_on: date | None
    appeal_result: str
    lifted_on: date | None
    lift_document: str
    letters: tuple[LetterRow, ...]
    evidence: tuple[EvidenceRow, ...]
    lacks: tuple[str, ...]
    voided: str

    @property
    def posted(self) -> bool:
        """A registered letter is on its way to the parents or has reached them."""
        return any(letter.returned_on is None for letter in self.letters)

    @property
    def complete(self) -> bool:
        """Whether the file wants nothing."""
        return not self.lacks

    @property
    def marks(self) -> tuple[str, ...]:
        """What stands beside it wherever it is shown."""
        return () if self.posted or self.voided else (NOT_POSTED,)

    def in_force(self, on: date) -> bool:
        """Whether it has been decided and neither lifted nor voided by that day."""
        lifted = self.lifted_on is not None and self.lifted_on <= on
        return self.decided_on <= on and not lifted and not self.voided


@dataclass(frozen=True, slots=True)
class ConductLine:
    """One award or punishment as cards and lists show it; only a punishment is lifted."""

    day: date
    name: str
    level: str
    by: str
    document: str
    reason: str
    lifted_on: date | None = None
    lift_document: str = ""


class Conduct:
    """Rewards and punishments of one register."""

    def __init__(self, database: Database, media: MediaStore) -> None:
        self._database = database
        self._media = media

    # --- 奖励 ---

    def reward(
        self,
        actor: Actor,
        student_id: int,
        name: str,
        *,
        awarded_on: date,
        level: str = "",
        awarded_by: str = "",
        reason: str = "",
        document_number: str = "",
        evidence: Sequence[Given] = (),
    ) -> RewardRow:
        """Enter an award."""
        actor.require(Role.RECORD)
        scans, problems = read_scans(evidence)
        with self._database.write(actor, "登记奖励", name) as session:
            if not name.strip():
                problems.append("没有写明奖励名称")
            if awarded_on > today():
                problems.append(f"奖励日期 {awarded_on} 还没有到")
            _demand(session, student_id, "奖励", problems)
            row = Reward(
                student_id=student_id,
                name=name.strip(),
                level=level,
                awarded_by=awarded_by,
                awarded_on=awarded_on,
                reason=reason,
                document_number=document_number,
                operator_id=actor.id,
                recorded_at=now(),
            )
            session.add(row)
            session.flush()
            self._file(session, scans, student_id, reward_id=row.id)
            return _rewards(session, [row])[0]

    def void_reward(self, actor: Actor, reward_id: int, reason: str) -> RewardRow:
        """Withdraw an award that was entered by mistake; it stays with the reason."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "奖励作废", reason) as session:
            row = session.get(Reward, reward_id)
            if row is None:
                raise NoSuchConduct(number=reward_id, what="奖励", command="reward")
            _void(session, row, "奖励", reason)
            return _rewards(session, [row])[0]

    def rewards(self, actor: Actor, student_id: int | None = None) -> list[RewardRow]:
        """The awards of one student, or all; the oldest first."""
        actor.require_sight()
        with self._database.read() as session:
            query = select(Reward).join(Student, Student.id == Reward.student_id)
            query = query.where(Student.voided_at.is_(None))
            if student_id is not None:
                query = query.where(Reward.student_id == student_id)
            query = query.order_by(Reward.awarded_on, Reward.id)
            return _rewards(session, session.scalars(query).all())

    # --- 处分 ---

    def punish(
        self,
        actor: Actor,
        student_id: int,
        kind: PunishmentKind,
        *,
        facts: str,
        decided_on: date,
        basis: str = "",
        decided_by: str = "",
        document_number: str = "",
        told_on: date | None = None,
        statement: str | None = None,
        until: date | None = None,
        evidence: Sequence[Given] = (),
    ) -> PunishmentRow:
        """Enter a decision; `until` is its last day (the longest that the rule allows)."""
        actor.require(Role.RECORD)
        scans, problems = read_scans(evidence)
        with self._database.write(actor, f"登记处分：{kind.value}", basis) as session:
            book = Book(session)
            if not facts.strip():
                problems.append("没有写明违纪事实")
            if decided_on > today():
                problems.append(f"决定日期 {decided_on} 还没有到")
            if told_on is not None and told_on > decided_on:
                problems.append(f"事先告知（{told_on}）应在决定（{decided_on}）之前")
            until, problem = _end(book, kind, decided_on, until)
            _demand(session, student_id, "处分", [*problems, *problem])
            row = Punishment(
                student_id=student_id,
                kind=kind,
                facts=facts.strip(),
                basis=basis,
                told_on=told_on,
                statement=statement,
                decided_on=decided_on,
                decided_by=decided_by,
                document_number=document_number,
                until=until,
                operator_id=actor.id,
                recorded_at=now(),
            )
            session.add(row)
            session.flush()
            self._file(session, scans, student_id, punishment_id=row.id)
            return _punishments(session, [row])[0]

    def serve(
        self, actor: Actor, punishment_id: int, *, on: date, how: ServiceWay
    ) -> PunishmentRow:
        """送达: from that day the time to appeal runs."""
        with self._trail(actor, punishment_id, "处分送达", on) as (session, row):
            if on < row.decided_on:
                raise _refused(session, row, f"送达（{on}）早于决定（{row.decided_on}）")
            row.served_on, row.served_how = on, how
            session.flush()
            return _punishments(session, [row])[0]

    def tell(
        self,
        actor: Actor,
        punishment_id: int,
        *,
        on: date,
        statement: str | None = None,
        evidence: Sequence[Given] = (),
    ) -> PunishmentRow:
        """事先告知, with what the student stated in his defence."""
        scans, problems = read_scans(evidence)
        with self._trail(actor, punishment_id, "处分事先告知", on) as (session, row):
            if problems:
                raise _refused(session, row, "；".join(problems))
            if on > row.decided_on:
                raise _refused(session, row, f"事先告知（{on}）应在决定（{row.decided_on}）之前")
            row.told_on, row.statement = on, statement or row.statement
            self._file(session, scans, row.student_id, punishment_id=row.id)
            session.flush()
            return _punishments(session, [row])[0]

    def post(
        self, actor: Actor, punishment_id: int, number: str, *, on: date, addressee: str
    ) -> PunishmentRow:
        """Send a registered letter to a guardian, the first one or again."""
        with self._trail(actor, punishment_id, "寄挂号信", on) as (session, row):
            if not number.strip() or not addressee.strip():
                raise _refused(session, row, "没有写明挂号信号码和收信人")
            if on < row.decided_on:
                raise _refused(session, row, f"寄出（{on}）早于决定（{row.decided_on}）")
            session.add(
                Letter(
                    student_id=row.student_id,
                    punishment_id=row.id,
                    number=number.strip(),
                    addressee=addressee.strip(),
                    posted_on=on,
                    operator_id=actor.id,
                    recorded_at=now(),
                )
            )
            session.flush()
            return _punishments(session, [row])[0]

    def receipt(
        self, actor: Actor, letter_id: int, *, on: date, evidence: Sequence[Given] = ()
    ) -> PunishmentRow:
        """The receipt came back signed."""
        scans, problems = read_scans(evidence)
        with self._letter(actor, letter_id, "挂号信回执", on) as (session, letter, row):
            if problems:
                raise _refused(session, row, "；".join(problems))
            letter.received_on = on
            self._file(session, scans, row.student_id, punishment_id=row.id)
            session.flush()
            return _punishments(session, [row])[0]

    def returned(self, actor: Actor, letter_id: int, *, on: date, reason: str) -> PunishmentRow:
        """The letter came back; another one is to be posted."""
        with self._letter(actor, letter_id, "挂号信退回", on) as (session, letter, row):
            letter.returned_on, letter.return_reason = on, reason
            session.flush()
            return _punishments(session, [row])[0]

    def appeal(
        self, actor: Actor, punishment_id: int, *, on: date, result: str | None = None
    ) -> PunishmentRow:
        """申诉 and, once there is one, its result; refused after the time to appeal."""
        with self._trail(actor, punishment_id, "处分申诉", on) as (session, row):
            last = _appeal_until(Book(session), row)
            if row.appealed_on is None and last is not None and on > last:
                raise _refused(session, row, f"申诉期限到 {last} 为止")
            row.appealed_on = row.appealed_on or on
            row.appeal_result = result or row.appeal_result
            session.flush()
            return _punishments(session, [row])[0]

    def lift(self, actor: Actor, punishment_id: int, *, on: date, document: str) -> PunishmentRow:
        """解除, by a document; an expulsion is not lifted."""
        with self._trail(actor, punishment_id, "解除处分", on) as (session, row):
            if row.kind is PunishmentKind.EXPULSION:
                raise _refused(session, row, "开除学籍不能解除，决定错误的请作废")
            if not document.strip():
                raise _refused(session, row, "没有写明解除决定的文号")
            if row.lifted_on is not None:
                raise _refused(session, row, f"已于 {row.lifted_on} 解除")
            row.lifted_on, row.lift_document = on, document.strip()
            session.flush()
            return _punishments(session, [row])[0]

    def void_punishment(self, actor: Actor, punishment_id: int, reason: str) -> PunishmentRow:
        """Take a decision that was wrong or entered by mistake out; it stays with the reason."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "处分作废", reason) as session:
            row = _punishment(session, punishment_id)
            _void(session, row, "处分", reason)
            return _punishments(session, [row])[0]

    def punishments(
        self, actor: Actor, student_id: int | None = None, *, incomplete: bool = False
    ) -> list[PunishmentRow]:
        """The punishments of one student, or all; or those whose file still wants something."""
        actor.require_sight()
        with self._database.read() as session:
            query = select(Punishment).join(Student, Student.id == Punishment.student_id)
            query = query.where(Student.voided_at.is_(None))
            if student_id is not None:
                query = query.where(Punishment.student_id == student_id)
            query = query.order_by(Punishment.decided_on, Punishment.id)
            rows = _punishments(session, session.scalars(query).all())
        return [row for row in rows if not incomplete or not row.complete]

    # --- shared ---

    def _file(self, session: Session, scans: Sequence[Scan], student_id: int, **owner: int) -> None:
        file_scans(session, self._media, scans, student_id=student_id, at=now(), **owner)

    @contextmanager
    def _trail(
        self, actor: Actor, punishment_id: int, action: str, on: date
    ) -> Iterator[tuple[Session, Punishment]]:
        """One more step of the trail of a punishment that stands."""
        actor.require(Role.RECORD)
        with self._database.write(actor, action) as session:
            row = _punishment(session, punishment_id)
            if row.voided_at is not None:
                raise _refused(session, row, "已经作废")
            if on > today():
                raise _refused(session, row, f"日期 {on} 还没有到")
            yield session, row

    @contextmanager
    def _letter(
        self, actor: Actor, letter_id: int, action: str, on: date
    ) -> Iterator[tuple[Session, Letter, Punishment]]:
        """What became of a letter that was posted."""
        actor.require(Role.RECORD)
        with self._database.write(actor, action) as session:
            letter = session.get(Letter, letter_id)
            if letter is None:
                raise NoSuchConduct(number=letter_id, what="挂号信", command="punishment")
            row = _punishment(session, letter.punishment_id)
            if letter.received_on or letter.returned_on:
                raise _refused(session, row, f"挂号信 {letter.number} 的结果已经登记")
            if not letter.posted_on <= on <= today():
                raise _refused(session, row, f"日期 {on} 应在寄出（{letter.posted_on}）到今天之间")
            yield session, letter, row


def punishment_rows(session: Session, student_ids: Iterable[int]) -> dict[int, list[PunishmentRow]]:
    """The punishments of these students, for cards and lists."""
    query = select(Punishment).where(among(Punishment.student_id, student_ids))
    found: dict[int, list[PunishmentRow]] = defaultdict(list)
    for row in _punishments(
        session, session.scalars(query.order_by(Punishment.decided_on, Punishment.id)).all()
    ):
        found[row.student_id].append(row)
    return found


def reward_rows(session: Session, student_ids: Iterable[int]) -> dict[int, list[RewardRow]]:
    """The awards of these students, for cards and lists."""
    query = select(Reward).where(among(Reward.student_id, student_ids))
    found: dict[int, list[RewardRow]] = defaultdict(list)
    for row in _rewards(
        session, session.scalars(query.order_by(Reward.awarded_on, Reward.id)).all()
    ):
        found[row.student_id].append(row)
    return found


def conduct_lines(
    session: Session, student_ids: Sequence[int], moment: Moment
) -> tuple[dict[int, list[ConductLine]], dict[int, list[ConductLine]]]:
    """Awards and punishments that stood on that day, as known then, by student, oldest first."""
    rewards: dict[int, list[ConductLine]] = defaultdict(list)
    punishments: dict[int, list[ConductLine]] = defaultdict(list)
    for award in _standing(session, Reward, Reward.awarded_on, student_ids, moment):
        rewards[award.student_id].append(
            ConductLine(
                award.awarded_on, award.name, award.level, award.awarded_by,
                award.document_number, award.reason,
            )
        )  # fmt: skip
    for row in _standing(session, Punishment, Punishment.decided_on, student_ids, moment):
        lifted = row.lifted_on is not None and row.lifted_on <= moment.as_of
        punishments[row.student_id].append(
            ConductLine(
                row.decided_on, row.kind.value, "", row.decided_by, row.document_number, row.facts,
                row.lifted_on if lifted else None, (row.lift_document or "") if lifted else "",
            )
        )  # fmt: skip
    return rewards, punishments


def with_conduct(session: Session) -> list[int]:
    """The students who have an award or a punishment, voided ones included."""
    query = select(Reward.student_id).union(select(Punishment.student_id))
    return sorted(session.scalars(query))


def _standing(
    session: Session,
    kind: type[Any],
    day: InstrumentedAttribute[date],
    student_ids: Sequence[int],
    moment: Moment,
) -> Iterable[Any]:
    query = select(kind).where(among(kind.student_id, student_ids), day <= moment.as_of)
    if moment.known_on is None:
        query = query.where(kind.voided_at.is_(None))
    else:
        voided_later = or_(kind.voided_at.is_(None), kind.voided_at > moment.known_on)
        query = query.where(kind.recorded_at <= moment.known_on, voided_later)
    return session.scalars(query.order_by(day, kind.id))


def _punishment(session: Session, punishment_id: int) -> Punishment:
    row = session.get(Punishment, punishment_id)
    if row is None:
        raise NoSuchConduct(number=punishment_id, what="处分", command="punishment")
    return row


def _demand(session: Session, student_id: int, what: str, problems: Sequence[str]) -> None:
    if problems:
        student = session.get_one(Student, student_id)
        raise ConductRefused(name=student.name, what=what, problems="；".join(problems))


def _refused(session: Session, row: Punishment, problem: str) -> ConductRefused:
    student = session.get_one(Student, row.student_id)
    return ConductRefused(name=student.name, what=f"处分（编号 {row.id}）", problems=problem)


def _void(session: Session, row: Reward | Punishment, what: str, reason: str) -> None:
    problems = [] if reason.strip() else ["没有写明作废的原因"]
    if row.voided_at is not None:
        problems = ["已经作废"]
    _demand(session, row.student_id, what, problems)
    row.voided_at, row.void_reason = now(), reason
    session.flush()


def _end(
    book: Book, kind: PunishmentKind, begin: date, until: date | None
) -> tuple[date | None, list[str]]:
    """The last day of a punishment, and what is wrong with the one that was given."""
    if kind is PunishmentKind.EXPULSION:
        return None, ["开除学籍没有期限"] if until else []
    longest = book.value(Topic.PUNISHMENT_LONGEST, begin)
    shortest = book.value(Topic.PUNISHMENT_SHORTEST, begin)
    if until is None:
        return (months_after(begin, longest) if longest else None), []
    if shortest and longest:
        first, last = months_after(begin, shortest), months_after(begin, longest)
        if not first - timedelta(days=1) <= until <= last:
            return until, [
                f"期限到 {until}，规则为 {shortest} 至 {longest} 个月（{first} 至 {last}）"
            ]
    return until, [] if until > begin else [f"期限 {until} 应在决定日期 {begin} 之后"]


def _appeal_until(book: Book, row: Punishment) -> date | None:
    """The last day to appeal, counted from the service."""
    version = book.version(Topic.APPEAL.value, row.served_on) if row.served_on else None
    if row.served_on is None or version is None:
        return None
    count = int(version.value)
    if version.unit == _WORKDAYS:
        return workdays_after(row.served_on, count)
    return row.served_on + timedelta(days=count)


def _lacks(row: Punishment, letters: Sequence[LetterRow], again: int | None) -> list[str]:
    """What the file of a punishment still wants."""
    wanted = (
        (row.told_on is None, "没有登记事先告知"),
        (not row.document_number, "没有决定书文号"),
        (row.served_on is None, "没有登记送达"),
        (not letters, "没有向家长寄出挂号信（办法第八条）"),
    )
    found = [text for missing, text in wanted if missing]
    last = letters[-1] if letters else None
    if last is not None and last.returned_on is not None:
        found.append(f"挂号信 {last.number} 已于 {last.returned_on} 退回，还没有重寄")
    elif last is not None and last.received_on is None:
        late = again is not None and last.posted_on + timedelta(days=again) < today()
        found.append(f"挂号信 {last.number} 还没有回执" + ("，请查询或重寄" if late else ""))
    return found


def _punishments(session: Session, rows: Sequence[Punishment]) -> list[PunishmentRow]:
    ids = [row.id for row in rows]
    book = Book(session)
    again = book.value(Topic.MAIL_AGAIN, today())
    letters: dict[int, list[LetterRow]] = defaultdict(list)
    for one in session.scalars(
        select(Letter).where(among(Letter.punishment_id, ids)).order_by(Letter.posted_on, Letter.id)
    ):
        letters[one.punishment_id].append(
            LetterRow(one.id, one.number, one.addressee, one.posted_on, one.received_on,
                      one.returned_on, one.return_reason or "")
        )  # fmt: skip
    papers = _evidence(session, Evidence.punishment_id, ids)
    found = []
    for row in rows:
        student = session.get_one(Student, row.student_id)
        sent = tuple(letters[row.id])
        found.append(
            PunishmentRow(
                id=row.id,
                student_id=row.student_id,
                student=student.name,
                number=student.number,
                kind=row.kind,
                facts=row.facts,
                basis=row.basis,
                told_on=row.told_on,
                statement=row.statement or "",
                decided_on=row.decided_on,
                decided_by=row.decided_by,
                document_number=row.document_number,
                until=row.until,
                served_on=row.served_on,
                served_how=row.served_how,
                appeal_until=_appeal_until(book, row),
                appealed_on=row.appealed_on,
                appeal_result=row.appeal_result or "",
                lifted_on=row.lifted_on,
                lift_document=row.lift_document or "",
                letters=sent,
                evidence=tuple(papers[row.id]),
                lacks=() if row.voided_at else tuple(_lacks(row, sent, again)),
                voided=row.void_reason or "",
            )
        )
    return found


def _rewards(session: Session, rows: Sequence[Reward]) -> list[RewardRow]:
    papers = _evidence(session, Evidence.reward_id, [row.id for row in rows])
    people = {row.student_id: session.get_one(Student, row.student_id) for row in rows}
    return [
        RewardRow(
            id=row.id,
            student_id=row.student_id,
            student=people[row.student_id].name,
            number=people[row.student_id].number,
            name=row.name,
            level=row.level,
            awarded_by=row.awarded_by,
            awarded_on=row.awarded_on,
            reason=row.reason,
            document_number=row.document_number,
            evidence=tuple(papers[row.id]),
            voided=row.void_reason or "",
        )
        for row in rows
    ]


def _evidence(
    session: Session, owner: InstrumentedAttribute[int | None], ids: Sequence[int]
) -> dict[int, list[EvidenceRow]]:
    papers: dict[int, list[EvidenceRow]] = defaultdict(list)
    query = select(owner, Evidence).where(among(owner, ids)).order_by(Evidence.id)
    for identity, paper in session.execute(query):
        papers[identity or 0].append(EvidenceRow(paper.kind, paper.source_name, paper.sha256))
    return papers
