"""media.db: photographs and scans as immutable blobs by their SHA-256, under the same key.

A blob is written and committed before the row of core.db that names it: a commit over two files
is not atomic, so a power cut may leave a blob that nobody names, never a name without its blob.
"""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    func,
    insert,
    select,
)
from sqlalchemy.schema import CreateTable

from app.services.errors import BlobMissing
from app.services.progress import Step, Work
from app.services.vault.database import (
    MEDIA_ID,
    check_pages,
    checkpoint,
    create_keyed,
    disk_errors,
    keyed_engine,
    open_keyed,
)

MEDIA_FILE: Final = "media.db"
_PORTION: Final = 32  # blobs in one transaction, some 10 MB of photographs

_blobs = Table(
    "blobs",
    MetaData(),  # its own: no part of the register's schema
    Column("sha256", String(64), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)
_SCHEMA: Final = (
    str(CreateTable(_blobs)),
    "CREATE TRIGGER blobs_no_update BEFORE UPDATE ON blobs"
    " BEGIN SELECT RAISE(ABORT, '影像不能修改'); END",
    "CREATE TRIGGER blobs_no_delete BEFORE DELETE ON blobs"
    " BEGIN SELECT RAISE(ABORT, '影像不能删除'); END",
)


class MediaStore:
    """影像库: puts blobs in and gives them back as they were."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._key = key
        open_keyed(path, key, application_id=MEDIA_ID, read_only=True).close()  # refuse early
        self._writer = keyed_engine(path, key, MEDIA_ID, read_only=False, connections=1)
        self._reader = keyed_engine(path, key, MEDIA_ID, read_only=True, connections=4)

    @classmethod
    def create(cls, path: Path, key: bytes) -> "MediaStore":
        """An empty store where no file is yet."""
        create_keyed(path, key, MEDIA_ID)
        connection = open_keyed(path, key, application_id=MEDIA_ID, guarded=False)
        try:
            connection.execute("BEGIN")
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute("COMMIT")
        finally:
            connection.close()
        return cls(path, key)

    def put(self, data: bytes) -> str:
        """Keep a blob and answer its SHA-256; the same bytes twice are one blob."""
        (sha256,) = self.put_all([data])
        return sha256

    def put_all(self, blobs: Iterable[bytes]) -> list[str]:
        """Keep many blobs, a portion to a transaction; all are on the disk when it returns."""
        remaining = iter(blobs)
        kept: list[str] = []
        while portion := list(islice(remaining, _PORTION)):
            named = {hashlib.sha256(data).hexdigest(): data for data in portion}
            with disk_errors(self.path), self._writer.begin() as connection:
                known = _known(connection, list(named))
                rows = [
                    {"sha256": sha256, "size": len(data), "data": data}
                    for sha256, data in named.items()
                    if sha256 not in known
                ]
                if rows:
                    connection.execute(insert(_blobs), rows)
            kept += [hashlib.sha256(data).hexdigest() for data in portion]
        return kept

    def get(self, sha256: str) -> bytes:
        """The blob; raises BlobMissing."""
        with disk_errors(self.path), self._reader.connect() as connection:
            data: bytes | None = connection.execute(
                select(_blobs.c.data).where(_blobs.c.sha256 == sha256)
            ).scalar()
        if data is None:
            raise BlobMissing(sha256=sha256)
        return data

    def has(self, sha256: str) -> bool:
        """Whether the blob is here."""
        return not self.missing([sha256])

    def missing(self, sha256s: Iterable[str]) -> set[str]:
        """Which of these are not here."""
        wanted = set(sha256s)
        with disk_errors(self.path), self._reader.connect() as connection:
            for portion in _portions(sorted(wanted), 500):
                wanted -= _known(connection, portion)
        return wanted

    def sizes(self, sha256s: Iterable[str]) -> dict[str, int]:
        """Bytes of each of these blobs that is here, without reading them."""
        found: dict[str, int] = {}
        with disk_errors(self.path), self._reader.connect() as connection:
            for portion in _portions(sorted(set(sha256s)), 500):
                query = select(_blobs.c.sha256, _blobs.c.size).where(_blobs.c.sha256.in_(portion))
                found.update((sha256, size) for sha256, size in connection.execute(query))
        return found

    def count(self) -> int:
        """How many blobs are here."""
        with disk_errors(self.path), self._reader.connect() as connection:
            return connection.execute(select(func.count()).select_from(_blobs)).scalar_one()

    def verify(self) -> Work[tuple[str, ...]]:
        """Sentences about damage: pages, structure, every blob against its name."""
        yield Step(0, 1, "核对影像库文件")
        found = list(check_pages(self.path, self._key, MEDIA_ID))
        if found:
            return tuple(found)
        with disk_errors(self.path), self._reader.connect() as connection:
            total = connection.execute(select(func.count()).select_from(_blobs)).scalar_one()
            rows = connection.execute(select(_blobs.c.sha256, _blobs.c.size, _blobs.c.data))
            for done, (sha256, size, data) in enumerate(rows, start=1):
                if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
                    found.append(f"影像 {sha256} 的内容与其名称不符：曾被改动或损坏")
                if done % 100 == 0:
                    yield Step(done, total, "核对照片和扫描件")
        return tuple(found)

    def dispose(self) -> None:
        """Close all connections and leave the file as it is."""
        self._reader.dispose()
        self._writer.dispose()

    def close(self) -> None:
        """Checkpoint and close all connections."""
        self.dispose()
        checkpoint(self.path, self._key, MEDIA_ID)


def _known(connection: Connection, sha256s: Sequence[str]) -> set[str]:
    rows = connection.execute(select(_blobs.c.sha256).where(_blobs.c.sha256.in_(sha256s)))
    return set(rows.scalars())


def _portions(values: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))
