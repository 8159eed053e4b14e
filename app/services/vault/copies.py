"""Copies of a vault's two databases that count only once they were opened and compared."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from app.models.audit import AuditEntry
from app.services.errors import CopyUnsound, NoRoomForCopy
from app.services.files import amount
from app.services.progress import Step, Work
from app.services.vault import audit
from app.services.vault.audit import Head
from app.services.vault.database import (
    CORE_FILE,
    CORE_ID,
    MEDIA_ID,
    check_pages,
    copy_keyed,
    snapshot,
)
from app.services.vault.media import MEDIA_FILE

#: The databases of a vault and their application ids. The order is that of copying: a blob is
#: kept before the row that names it, so media copied later holds all that core speaks of.
DATABASES: Final = {CORE_FILE: CORE_ID, MEDIA_FILE: MEDIA_ID}

_SPARE: Final = 32 << 20  # left free on the disk beside a copy


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a database: rows per table, and in core.db the end of the audit chain."""

    counts: Mapping[str, int]
    head: Head | None

    def differences(self, other: "Contents", name: str) -> tuple[str, ...]:
        """Sentences about what differs in `other`, a database that should hold the same."""
        found = [
            f"“{name}”表 {table} 应有 {self.counts.get(table, 0)} 行，"
            f"实有 {other.counts.get(table, 0)} 行"
            for table in sorted({*self.counts, *other.counts})
            if self.counts.get(table) != other.counts.get(table)
        ]
        if self.head != other.head:
            found.append(f"“{name}”操作记录的链头应是 {_short(self)}，实为 {_short(other)}")
        return tuple(found)


def contents(connection: Connection) -> Contents:
    """Count what a `snapshot` sees."""
    names = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "
        "ESCAPE '\\' ORDER BY name"
    ).scalars()
    counts = {
        name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one()  # noqa: S608
        for name in names.all()
    }
    has_log = AuditEntry.__tablename__ in counts
    return Contents(counts, audit.head(connection) if has_log else None)


def size(connection: Connection) -> int:
    """Bytes that a copy of what a `snapshot` sees will take."""
    pages: int = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    page: int = connection.exec_driver_sql("PRAGMA cipher_page_size").scalar_one()
    return pages * int(page)


def demand_room(folder: Path, need: int) -> None:
    """Refuse a copy of `need` bytes where there is no room for it; the folder exists."""
    free = shutil.disk_usage(folder).free
    if free < need + _SPARE:
        raise NoRoomForCopy(folder=folder, free=amount(free), need=amount(need + _SPARE))


def take(taken: Connection, target: Path, key: bytes, application_id: int) -> Work[Contents]:
    """Copy what a `snapshot` sees to `target` under `key`, open the copy and compare it.

    Raises CopyUnsound when the copy is not what was copied.
    """
    held = contents(taken)
    yield from copy_keyed(taken, target, key)
    if found := (yield from faults(target, key, application_id, held)):
        raise CopyUnsound(finding=found[0])
    return held


def faults(path: Path, key: bytes, application_id: int, held: Contents) -> Work[tuple[str, ...]]:
    """Sentences about a sealed copy: damage, and what it should hold and does not."""
    yield Step(0, 1, f"核对 {path.name}")
    damage = check_pages(path, key, application_id, sealed=True)
    if damage:
        return damage
    with snapshot(path, key, application_id, sealed=True) as connection:
        return held.differences(contents(connection), path.name)


def _short(held: Contents) -> str:
    return held.head.short if held.head is not None else "空"
