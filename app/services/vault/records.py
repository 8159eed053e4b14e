"""What a record is for the audit chain, and the digest of its state.

A record is a root row and the rows of other tables that belong to it (`Base.__belongs_to__`).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    Column,
    Connection,
    Select,
    String,
    Table,
    bindparam,
    func,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from app.models import schema
from app.models.audit import AuditEntry
from app.models.base import Base

RecordId: TypeAlias = int | str

CHUNK: Final = 2000
_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=bytes.hex
).encode


@dataclass(frozen=True, slots=True)
class _Source:
    """One table of a record: which column holds the root's id, and its rows as stored."""

    table: str
    owner: int
    columns: tuple[str, ...]
    rows: Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class RecordKind:
    """One kind of record: its root table, what the registrar calls it, all its tables."""

    table: str
    label: str
    key: Column[Any]
    sources: tuple[_Source, ...]


@cache
def kinds() -> Mapping[str, RecordKind]:
    """All kinds of records by root table; TypeError for a table that says not whose it is."""
    found: dict[str, RecordKind] = {}
    parts: dict[str, list[_Source]] = {}
    roots = []
    for model, table in _tables():
        if model.__belongs_to__ is None:
            if not model.__record_name__:
                raise TypeError(f"{table.name} needs __record_name__ or __belongs_to__")
            roots.append((model, table))
            continue
        root, column = model.__belongs_to__
        if not _indexed(table, column):
            raise TypeError(f"{table.name}.{column} needs an index: it is read at every change")
        parts.setdefault(root, []).append(_source(table, table.c[column]))
    for model, table in roots:
        (key,) = table.primary_key.columns
        belonging = sorted(parts.pop(table.name, ()), key=lambda source: source.table)
        found[table.name] = RecordKind(
            table.name, model.__record_name__, key, (_source(table, key), *belonging)
        )
    if parts:
        raise TypeError(f"no root tables {sorted(parts)}")
    return found


@cache
def root_of() -> Mapping[str, str]:
    """Root table of each table that takes part."""
    return {source.table: kind.table for kind in kinds().values() for source in kind.sources}


def digests(
    connection: Connection, kind: RecordKind, ids: Iterable[RecordId]
) -> dict[RecordId, str]:
    """SHA-256 of the present state of each of these records; those that are gone are left out."""
    states: dict[RecordId, str] = {}
    remaining = iter(ids)
    while chunk := list(islice(remaining, CHUNK)):
        states.update(_digests(connection, kind, chunk))
    return states


def all_ids(connection: Connection, kind: RecordKind) -> Iterator[list[RecordId]]:
    """Ids of all records of a kind, in portions."""
    ids: list[RecordId] = list(connection.execute(select(kind.key).order_by(kind.key)).scalars())
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def title(connection: Connection, kind: RecordKind, record_id: RecordId) -> str:
    """What to call one record to the registrar: 学生 张三（编号 17）."""
    names = kind.key.table.c.get("name")
    name = None
    if names is not None:
        name = connection.execute(select(names).where(kind.key == record_id)).scalar()
    return (
        f"{kind.label} {name}（编号 {record_id}）" if name else f"{kind.label}（编号 {record_id}）"
    )


def _digests(connection: Connection, kind: RecordKind, ids: list[RecordId]) -> dict[RecordId, str]:
    hashes: dict[RecordId, Any] = {}
    wanted = {"ids": json.dumps(ids)}
    for source in kind.sources:
        head = source.table.encode() + b"\x00"
        is_root = source is kind.sources[0]
        for row in connection.execute(source.rows, wanted):
            state = hashes.get(row[source.owner])
            if state is None and is_root:
                state = hashes[row[source.owner]] = hashlib.sha256()
            if state is not None:
                present = {
                    name: value
                    for name, value in zip(source.columns, row, strict=True)
                    if value is not None
                }
                state.update(head + _encode(present).encode() + b"\n")
    return {record_id: state.hexdigest() for record_id, state in hashes.items()}


def _source(table: Table, owner: Column[Any]) -> _Source:
    """The rows of a table for the ids in `:ids`, raw as stored, in the order of their keys."""
    columns = sorted(table.columns, key=lambda column: column.name)
    wanted = func.json_each(bindparam("ids", type_=String)).table_valued("value")
    rows = (
        select(*(type_coerce(column, NullType()) for column in columns))
        .where(owner.in_(select(wanted.c.value)))
        .order_by(*table.primary_key.columns)
    )
    return _Source(table.name, columns.index(owner), tuple(column.name for column in columns), rows)


def _tables() -> Iterator[tuple[type[Base], Table]]:
    for mapper in schema.Base.registry.mappers:
        model = mapper.class_
        if model is not AuditEntry and model.__logged__ and isinstance(mapper.local_table, Table):
            yield model, mapper.local_table


def _indexed(table: Table, column: str) -> bool:
    first = [next(iter(index.columns), None) for index in table.indexes]
    first.append(next(iter(table.primary_key.columns), None))
    return any(candidate is not None and candidate.name == column for candidate in first)
