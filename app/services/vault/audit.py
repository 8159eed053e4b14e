"""The audit chain: every change leaves its row in the same transaction, each bound to the last.

A unit of work (`Database.write`) carries a Journal. What the session flushes is noted by itself,
before → after; bulk statements, which pass the session by, are named with `touch`, things done
without a change (opening, export, print) with `event`. Before the commit each touched record gets
one row, with the digest of its state as it then stands.

`verify` reads the chain and compares every record with its last row. It finds changes made around
the program; someone who holds the key and rewrites the whole chain is found only by an anchor
kept elsewhere: the high-water mark, and the heads printed on papers, discs and backups.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.hashes import SM3, Hash
from sqlalchemy import Connection, Engine, FromClause, Table, func, inspect, select
from sqlalchemy import event as events
from sqlalchemy.orm import Mapper, Session, UOWTransaction, object_mapper, sessionmaker
from sqlalchemy.sql.dml import UpdateBase

from app.models.audit import GENESIS, AuditEntry
from app.models.base import Base, Moment
from app.models.vocabulary import Role
from app.services.errors import AnchorUnreadable, NotYourRole
from app.services.progress import Step, Work
from app.services.vault import records
from app.services.vault.records import RecordId

if TYPE_CHECKING:
    from app.services.vault.database import Database

_ALG: Final = "SHA-256"
_FIELDS: Final = (
    "alg", "seq", "at", "operator_id", "operator_name", "action", "reason", "record",
    "record_id", "detail", "digest", "prev",
)  # fmt: skip
_SELECT: Final = f"SELECT {', '.join(_FIELDS)}, hash FROM {AuditEntry.__tablename__} ORDER BY seq"  # noqa: S608
_LAST: Final = f"{_SELECT} DESC LIMIT 1"
_INSERT: Final = (
    f"INSERT INTO {AuditEntry.__tablename__} ({', '.join(_FIELDS)}, hash) "  # noqa: S608
    f"VALUES ({', '.join('?' * (len(_FIELDS) + 1))})"
)
_JOURNAL: Final = "journal"


@dataclass(frozen=True, slots=True)
class Actor:
    """The operator at work, as the log names him."""

    id: int
    name: str
    roles: frozenset[Role]

    def require(self, role: Role) -> None:
        """Refuse work that needs a role this operator does not hold."""
        self.require_any(role)

    def require_any(self, *roles: Role) -> None:
        """Refuse work that needs one of these roles when this operator holds none of them."""
        if self.roles.isdisjoint(roles):
            raise NotYourRole(role="”或“".join(roles), name=self.name)

    def require_sight(self) -> None:
        """Refuse an operator who may not see students: who looks after the machine alone."""
        self.require_any(Role.RECORD, Role.REVIEW, Role.READ)


# --- writing ------------------------------------------------------------------------------


@dataclass(slots=True)
class Journal:
    """What one unit of work has touched so far."""

    actor: Actor
    action: str
    reason: str
    at: datetime
    touched: dict[tuple[str, RecordId], dict[str, Any]] = field(default_factory=dict)
    happened: list[tuple[str, str, str]] = field(default_factory=list)
    written: set[str] = field(default_factory=set)

    def note(self, record: tuple[str, RecordId], row: str, changes: Mapping[str, Any]) -> None:
        """Add the changes (column → [before, after]) of one row of a record."""
        known = self.touched.setdefault(record, {}).setdefault(row, {})
        for column, (before, after) in changes.items():
            known[column] = [known[column][0] if column in known else before, after]

    def rows(self, connection: Connection) -> Iterator[tuple[str, ...]]:
        """Action, reason, record, record id, detail and digest of each row to write."""
        states: dict[str, dict[RecordId, str]] = {}
        for table in {table for table, _ in self.touched}:
            ids = [record_id for touched, record_id in self.touched if touched == table]
            states[table] = records.digests(connection, records.kinds()[table], ids)
        for (table, record_id), detail in self.touched.items():
            digest = states[table].get(record_id, "")
            yield self.action, self.reason, table, str(record_id), _text(detail), digest
        for action, reason, detail_text in self.happened:
            yield action, reason, "", "", detail_text, ""

    def untold(self) -> set[str]:
        """Root tables that a statement wrote to and nobody named a record of."""
        return self.written - {table for table, _ in self.touched}


def touch(
    session: Session,
    root: type[Base],
    ids: Iterable[RecordId],
    details: Mapping[RecordId, Mapping[str, Any]] | None = None,
) -> None:
    """Name the records that bulk statements of this unit of work created, changed or removed.

    `root` is the root class, whichever of the record's tables was written; `details` may say of
    some what changed.
    """
    journal = _journal(session)
    table = root.__tablename__
    if table not in records.kinds():
        raise ValueError(f"{table} is no root of records")
    for record_id in ids:
        detail = journal.touched.setdefault((table, record_id), {})
        if details and record_id in details:
            detail.update(details[record_id])


def event(
    session: Session, action: str, reason: str = "", detail: Mapping[str, Any] | None = None
) -> None:
    """Record something that was done without changing a record: opening, export, print."""
    _journal(session).happened.append((action, reason, _text(detail or {})))


def begin(session: Session, actor: Actor, action: str, reason: str, at: datetime) -> None:
    """Make the session's transaction a unit of work of `actor`."""
    journal = Journal(actor, action, reason, at)
    session.info[_JOURNAL] = journal
    session.connection(execution_options={_JOURNAL: journal})


def watch(sessions: sessionmaker[Session], engine: Engine) -> None:
    """Let every unit of work of these sessions keep its journal and write its rows."""
    events.listen(sessions, "after_flush", _note_flush)
    events.listen(sessions, "before_commit", _write_rows)
    events.listen(engine, "after_execute", _note_statement)


def _journal(session: Session) -> Journal:
    journal = session.info.get(_JOURNAL)
    if not isinstance(journal, Journal):
        raise RuntimeError("the register is changed in a unit of work only: Database.write")
    return journal


def _note_flush(session: Session, _context: UOWTransaction) -> None:
    journal = _journal(session)
    for row in session.new:
        _note_row(journal, row, created=True)
    for row in session.deleted:
        _note_row(journal, row, deleted=True)
    for row in session.dirty:
        _note_row(journal, row)


def _note_row(
    journal: Journal, row: object, *, created: bool = False, deleted: bool = False
) -> None:
    if not getattr(row, "__logged__", True):
        return
    shape = _shape(object_mapper(row))
    loaded = inspect(row)
    changes: dict[str, list[Any]] = {}
    for key, column in shape.columns.items():
        value = loaded.dict.get(key)
        if created or deleted:
            if value is not None:
                changes[column] = [None, value] if created else [value, None]
        elif (past := loaded.attrs[key].history).has_changes():
            changes[column] = [past.deleted[0] if past.deleted else None, value]
    if not changes:
        return
    label = f"{shape.table}#{loaded.dict[shape.key]}"
    left = loaded.attrs[shape.owner].history.deleted or ()  # a row that moved to another record
    for owner in {loaded.dict[shape.owner], *left}:
        journal.note((shape.root, owner), label, changes)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the journal reads of a row: its columns by attribute, its own id, its record's id."""

    table: str
    root: str
    columns: Mapping[str, str]
    key: str
    owner: str


@cache
def _shape(mapper: Mapper[Any]) -> _Shape:
    table = mapper.local_table
    if not isinstance(table, Table) or not issubclass(mapper.class_, Base):
        raise TypeError(f"{mapper.class_} is no table of the register")
    columns = {mapper.get_property_by_column(column).key: column.name for column in table.columns}
    (key,) = (mapper.get_property_by_column(column).key for column in table.primary_key.columns)
    belongs = mapper.class_.__belongs_to__
    owner = mapper.get_property_by_column(table.c[belongs[1]]).key if belongs else key
    return _Shape(table.name, records.root_of()[table.name], columns, key, owner)


def _note_statement(
    _connection: Connection,
    statement: object,
    _many: object,
    _one: object,
    options: Mapping[str, Any],
    _result: object,
) -> None:
    journal = options.get(_JOURNAL)
    if journal is not None and isinstance(statement, UpdateBase):
        table = getattr(statement.table, "name", "")
        if table == AuditEntry.__tablename__:
            raise RuntimeError("操作记录 are written by the journal alone")
        if table in records.root_of():  # else it is not __logged__
            journal.written.add(records.root_of()[table])


def _write_rows(session: Session) -> None:
    """Before the commit: one row for each touched record, one for each event."""
    if session.in_nested_transaction():
        return
    session.flush()
    journal = _journal(session)
    if untold := journal.untold():
        raise RuntimeError(f"written without audit.touch: {sorted(untold)}")
    if not journal.touched and not journal.happened:
        return
    connection = session.connection()
    last = head(connection)
    seq, prev = last.seq, last.hash
    at = Moment().process_bind_param(journal.at, connection.dialect)
    actor = (journal.actor.id, journal.actor.name)
    entries = []
    for row in journal.rows(connection):
        seq += 1
        values = (_ALG, seq, at, *actor, *row, prev)
        prev = hashlib.sha256(_canonical(values)).hexdigest()
        entries.append((*values, prev))
    connection.exec_driver_sql(_INSERT, entries)


def _canonical(values: Sequence[Any]) -> bytes:
    """The bytes that are hashed: all fields but the hash, as JSON in fixed order."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def _text(detail: Mapping[str, Any]) -> str:
    return _encode(detail) if detail else ""


def _plain(value: object) -> object:
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no place in the log")


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode


# --- reading ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain; printed on papers, discs and backups it anchors all before it."""

    seq: int
    hash: str
    sm3: str  # of the same bytes, for readers who ask for 商用密码

    @property
    def short(self) -> str:
        """What papers carry."""
        return f"{self.seq}-{self.hash[:16]}"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head as it was written down somewhere: `digits` are its first hex digits, 16 or more."""

    seq: int
    digits: str
    source: str

    @classmethod
    def read(cls, text: str, source: str = "输入的链头") -> "Anchor":
        """An anchor as papers carry it (15328-9f3a…) and as people type it."""
        plain = unicodedata.normalize("NFKC", text).replace(" ", "").lower()
        match = re.fullmatch(r"(\d{1,12})-([0-9a-f]{16,64})", plain)
        if match is None:
            raise AnchorUnreadable(text=text)
        return cls(int(match[1]), match[2], source)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as the program left it; `seq` is the entry concerned, if any.

    `record` names the record that differs from its last entry; the entry itself is sound then.
    """

    seq: int | None
    sentence: str
    record: str = ""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Outcome of a verification. Warnings (a clock set back) need a look, but prove nothing."""

    entries: int
    records: int
    head: Head
    findings: tuple[Finding, ...]
    warnings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """Nothing found."""
        return not self.findings

    @property
    def first_bad_seq(self) -> int | None:
        """The first entry that is not sound, or is missing."""
        bad = (f.seq for f in self.findings if f.seq is not None and not f.record)
        return min(bad, default=None)

    @property
    def differing(self) -> tuple[str, ...]:
        """The records whose present state is not that of their last entry."""
        return tuple(finding.record for finding in self.findings if finding.record)


def head(connection: Connection) -> Head:
    """The present end of the chain; seq 0 for an empty one."""
    row = connection.exec_driver_sql(_LAST).one_or_none()
    if row is None:
        return Head(0, GENESIS, "")
    sm3 = Hash(SM3())
    sm3.update(_canonical(tuple(row[:-1])))
    return Head(row[1], row[-1], sm3.finalize().hex())


def verify(database: "Database", anchors: Iterable[Anchor] = ()) -> Work[AuditReport]:
    """Check chain, sequence, order of time, every record against its last entry, and anchors."""
    with database.read() as session:
        connection = session.connection()
        kinds = records.kinds()
        counts = [_count(connection, kind.key.table) for kind in kinds.values()]
        entries = _count(connection, AuditEntry.__table__)
        total = entries + sum(counts)
        chain = _Chain(anchors)
        for portion in connection.exec_driver_sql(_SELECT).partitions(records.CHUNK):
            for row in portion:
                chain.read(row)
            yield Step(min(chain.count, total), total, "核对操作记录")
        chain.end()
        findings, done = chain.findings, chain.count
        for kind in kinds.values():
            known = chain.last.pop(kind.table, {})
            for ids in records.all_ids(connection, kind):
                states = records.digests(connection, kind, ids)
                for record_id, digest in states.items():
                    seq, told = known.pop(str(record_id), (None, None))
                    if digest != told:
                        name = records.title(connection, kind, record_id)
                        findings.append(_differs(name, seq, told))
                done += len(ids)
                yield Step(min(done, total), total, f"核对{kind.label}")
            for record_id_text, (seq, told) in known.items():
                if told:
                    name = f"{kind.label}（编号 {record_id_text}）"
                    sentence = f"{name}见于第 {seq} 条操作记录，库中已不存在"
                    findings.append(Finding(seq, sentence, name))
        return AuditReport(
            chain.count,
            done - chain.count,
            head(connection),
            tuple(findings),
            tuple(chain.warnings),
        )


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that was done without changing a record, as the log keeps it."""

    at: datetime
    operator: str
    reason: str
    detail: Mapping[str, Any]


def events_of(session: Session, action: str, limit: int | None = None) -> list[EventRow]:
    """The events of one kind, newest first."""
    entry = AuditEntry
    query = (
        select(entry.at, entry.operator_name, entry.reason, entry.detail)
        .where(entry.action == action, entry.record == "")
        .order_by(entry.seq.desc())
        .limit(limit)
    )
    return [
        EventRow(at, operator, reason, json.loads(detail) if detail else {})
        for at, operator, reason, detail in session.execute(query)
    ]


def _count(connection: Connection, table: FromClause) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _differs(name: str, seq: int | None, told: str | None) -> Finding:
    if seq is None:
        return Finding(None, f"{name}没有操作记录：不是由本程序录入的", name)
    if not told:
        return Finding(seq, f"{name}按第 {seq} 条操作记录已删除，库中却存在", name)
    return Finding(
        seq, f"{name}与最后一次操作记录（第 {seq} 条）不符：曾被本程序以外的手段改动", name
    )


class _Chain:
    """Reads the entries in order, remembers what is wrong and the last word on each record."""

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self.count = 0
        self.findings: list[Finding] = []
        self.warnings: list[Finding] = []
        self.last: dict[str, dict[str, tuple[int, str]]] = {}
        self._seq, self._hash, self._at = 0, GENESIS, ""
        self._anchors: dict[int, list[Anchor]] = {}
        for anchor in anchors:
            if anchor.seq > 0:
                self._anchors.setdefault(anchor.seq, []).append(anchor)

    def read(self, row: Sequence[Any]) -> None:
        """Take the next entry, fields in the order of the select."""
        alg, seq, at, *_, record, record_id, _detail, digest, prev, entry_hash = row
        self.count += 1
        if seq != self._seq + 1:
            self._find(seq, f"第 {self._seq + 1} 至 {seq - 1} 条操作记录缺失")
        elif prev != self._hash:
            self._find(seq, f"第 {seq} 条操作记录与前一条不衔接")
        if alg != _ALG or hashlib.sha256(_canonical(tuple(row[:-1]))).hexdigest() != entry_hash:
            self._find(seq, f"第 {seq} 条操作记录的内容与其校验值不符：曾被改动")
        if at < self._at:
            self.warnings.append(
                Finding(seq, f"第 {seq} 条操作记录的时间早于前一条：当时电脑的时钟可能被拨回")
            )
        for anchor in self._anchors.pop(seq, ()):
            if not entry_hash.startswith(anchor.digits.lower()):
                self._find(seq, f"{anchor.source}所记的第 {seq} 条校验值与操作记录不符")
        if record:
            self.last.setdefault(record, {})[record_id] = (seq, digest)
        self._seq, self._hash, self._at = seq, entry_hash, at

    def end(self) -> None:
        """What was anchored and did not come: the tail was cut off, or an old file put back."""
        for anchor in (anchor for held in self._anchors.values() for anchor in held):
            self._find(
                anchor.seq,
                f"{anchor.source}记有第 {anchor.seq} 条，操作记录只到第 {self._seq} 条："
                "末尾被截去，或换回了旧的数据库",
            )

    def _find(self, seq: int, sentence: str) -> None:
        self.findings.append(Finding(seq, sentence))
