"""The one door to the register: the only place that opens core.db and media.db.

`open_keyed` is the only way to a connection; every pragma is set there and read back. One pooled
connection writes, a few others read.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import QueuePool

from app.models import migrations
from app.models.audit import AuditEntry
from app.services.clock import now
from app.services.errors import (
    DiskFailed,
    DiskFull,
    RegisterDamaged,
    RegisterEmpty,
    RegisterForeign,
    RegisterMissing,
    RegisterNewer,
)
from app.services.files import sync_file, sync_folder
from app.services.progress import Step, Work, finish
from app.services.vault import audit
from app.services.vault.audit import Actor, Head

CORE_FILE: Final = "core.db"
#: Application ids in the file headers: a register, its media.
CORE_ID: Final = 0x58554A49
MEDIA_ID: Final = 0x58554A4D

_READERS: Final = 4
_BUSY_MILLISECONDS: Final = 10_000
_PLAIN_SQLITE: Final = b"SQLite format 3\x00"

# Set on every connection, and what it must answer when asked afterwards.
_PRAGMAS: Final = (
    ("foreign_keys", "ON", 1),
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),  # the only setting of WAL that lost no commit in power cuts
    ("temp_store", "MEMORY", 2),  # a temporary file would hold plain text
    ("busy_timeout", str(_BUSY_MILLISECONDS), _BUSY_MILLISECONDS),
    ("trusted_schema", "OFF", 0),
    ("cell_size_check", "ON", 1),
    ("recursive_triggers", "ON", 1),  # else REPLACE slips past the triggers of the log
    ("cache_size", "-65536", -65536),  # with 64 MB encryption costs next to nothing
)
# Not set, yet relied upon: the format of SQLCipher 4.
_EXPECTED: Final = (
    ("cipher_hmac_algorithm", "HMAC_SHA512"),
    ("cipher_page_size", "4096"),
    ("cipher_use_hmac", "1"),
    ("secure_delete", 1),
)


def open_keyed(
    path: Path,
    key: bytes,
    *,
    application_id: int = CORE_ID,
    read_only: bool = False,
    guarded: bool = True,
    sealed: bool = False,
) -> Any:
    """A connection of the driver to an existing database of ours.

    `guarded` connections cannot alter the audit log, attach, vacuum or rekey; only migrations run
    without. A `sealed` file is a finished copy in DELETE mode: it is read as it lies, also where
    nothing can be written, as WAL could not. Transactions are begun by hand (BEGIN), never by the
    driver. Raises RegisterMissing,
    RegisterEmpty, RegisterForeign or RegisterDamaged; a wrong key looks like damage here, so the
    caller has authenticated it before.
    """
    _check_file(path)
    connection = _connect(path, key, mode="ro" if sealed else "rw")
    try:
        _unlock(connection, path)
        if _ask(connection, "application_id") != application_id:
            raise RegisterForeign(path=path)
        with disk_errors(path):
            _prepare(connection, read_only=read_only or sealed, sealed=sealed)
    except BaseException:
        connection.close()
        raise
    if guarded:
        connection.set_authorizer(_authorize)
    return connection


def create_keyed(path: Path, key: bytes, application_id: int = CORE_ID) -> None:
    """Make an empty database of ours where no file is yet."""
    path.open("xb").close()
    connection = _connect(path, key)
    try:
        connection.execute(f"PRAGMA application_id = {application_id}")
        _prepare(connection, read_only=False)
    finally:
        connection.close()
    sync_folder(path.parent)


@contextmanager
def snapshot(
    path: Path, key: bytes, application_id: int = CORE_ID, *, sealed: bool = False
) -> Iterator[Connection]:
    """A connection of its own that sees one state, whatever others write meanwhile."""
    engine = keyed_engine(path, key, application_id, read_only=True, connections=1, sealed=sealed)
    try:
        with disk_errors(path), engine.begin() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").one()  # fixes it
            yield connection
    finally:
        engine.dispose()


def copy_keyed(taken: Connection, target: Path, key: bytes) -> Work[None]:
    """Copy the state that a `snapshot` sees to `target`, which must not exist, as a sealed file.

    The key may be another one: this, never rekey in place, is how keys are changed, as on a full
    disk neither key would open the file afterwards. Whoever stops the work removes the part.
    """
    target.open("xb").close()
    made = _connect(target, key)
    try:
        made.execute("PRAGMA temp_store = MEMORY")
        yield from _copy_pages(taken.connection.driver_connection, made, target.name)
        made.execute("PRAGMA journal_mode = DELETE").fetchall()
        _demand(made, "journal_mode", "delete")
    finally:
        made.close()
    sync_file(target)


_PAGES_PER_STEP: Final = 4096  # 16 MB


class _Stopped(Exception):
    """The work was closed while pages were being copied."""


def _copy_pages(source: Any, target: Any, name: str) -> Work[None]:
    """The driver's own backup call, on a thread of its own, as it cannot yield."""
    steps: SimpleQueue[Step | None] = SimpleQueue()
    stop = threading.Event()

    def tell(_status: int, remaining: int, total: int) -> None:
        if stop.is_set():
            raise _Stopped
        steps.put(Step(total - remaining, total, f"复制 {name}"))

    with ThreadPoolExecutor(max_workers=1) as pool:
        copying = pool.submit(source.backup, target, pages=_PAGES_PER_STEP, progress=tell)
        copying.add_done_callback(lambda _: steps.put(None))
        try:
            while (step := steps.get()) is not None:
                yield step
        finally:
            stop.set()
        copying.result()


def keyed_engine(
    path: Path,
    key: bytes,
    application_id: int,
    *,
    read_only: bool,
    connections: int,
    sealed: bool = False,
) -> Engine:
    """Engine over `open_keyed`; hides parameters, as error texts would carry personal data."""
    engine = create_engine(
        "sqlite://",
        module=sqlcipher,  # without it the driver's errors would arrive unwrapped
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,
        creator=lambda: open_keyed(
            path, key, application_id=application_id, read_only=read_only, sealed=sealed
        ),
    )
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into sentences; all else passes through."""
    try:
        yield
    except (DatabaseError, sqlcipher.DatabaseError) as error:
        reason = str(error.orig if isinstance(error, DatabaseError) else error)
        if "malformed" in reason or "not a database" in reason:
            raise RegisterDamaged(path=path) from error
        if "disk is full" in reason:
            raise DiskFull from error
        if "disk I/O error" in reason or "unable to open" in reason:
            raise DiskFailed(reason=reason) from error
        raise


def checkpoint(path: Path, key: bytes, application_id: int = CORE_ID) -> None:
    """Bring all commits into the main file and empty the log beside it."""
    connection = open_keyed(path, key, application_id=application_id)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.close()


def check_pages(
    path: Path, key: bytes, application_id: int = CORE_ID, *, sealed: bool = False
) -> tuple[str, ...]:
    """Sentences about damage in a database file: page by page, then as a structure.

    The checkpoint comes first: after a crash during one, healthy pages would raise alarms.
    """
    try:
        connection = open_keyed(path, key, application_id=application_id, sealed=sealed)
    except RegisterDamaged as error:
        return (str(error),)
    try:
        if not sealed:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        pages = connection.execute("PRAGMA cipher_integrity_check").fetchall()
        structure = [row[0] for row in connection.execute("PRAGMA integrity_check").fetchall()]
        references = connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlcipher.DatabaseError as error:
        return (f"“{path.name}”读不完整：{error}",)
    finally:
        connection.close()
    found = [f"“{path.name}”：{row[0]}" for row in pages]
    found += [f"“{path.name}”：{line}" for line in structure if line != "ok"]
    found += [
        f"“{path.name}”：表 {row[0]} 第 {row[1]} 行引用的 {row[2]} 不存在" for row in references
    ]
    return tuple(found)


class Database:
    """core.db: everything but pictures."""

    def __init__(
        self,
        path: Path,
        key: bytes,
        *,
        new: bool = False,
        clock: Callable[[], datetime] = lambda: now().astimezone(UTC),
    ) -> None:
        """Open the register and bring its schema up to date, leaving a copy of the old beside it.

        Only a `new` one may be without tables. Raises RegisterNewer and those of `open_keyed`.
        """
        self.path = path
        self._key = key
        self._clock = clock
        self._unit: int | None = None  # thread of the unit of work that is open
        self._bring_up_to_date(new=new)
        self._writer = keyed_engine(path, key, CORE_ID, read_only=False, connections=1)
        self._reader = keyed_engine(path, key, CORE_ID, read_only=True, connections=_READERS)
        self._writing = sessionmaker(self._writer, expire_on_commit=False)
        self._reading = sessionmaker(self._reader, expire_on_commit=False)
        self.on_commit: Callable[[Head], None] = lambda _head: None
        audit.watch(self._writing, self._writer)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one consistent state and cannot write."""
        with disk_errors(self.path), self._reading.begin() as session:
            yield session

    @contextmanager
    def write(self, actor: Actor, action: str, reason: str = "") -> Iterator[Session]:
        """One unit of work: kept when the block ends, undone when it raises.

        Every record it touched gets its row in the audit log under `action`, in the same
        transaction. Units of work do not nest.
        """
        if self._unit == threading.get_ident():
            raise RuntimeError("a unit of work inside a unit of work")
        with disk_errors(self.path), self._writing.begin() as session:
            self._unit = threading.get_ident()
            try:
                audit.begin(session, actor, action, reason, self._clock())
                yield session
            finally:
                self._unit = None
        self.on_commit(self.head())

    def head(self) -> Head:
        """The present end of the audit chain."""
        with self.read() as session:
            return audit.head(session.connection())

    def check(self) -> Work[tuple[str, ...]]:
        """Sentences about damage in the file, none for a sound one."""
        yield Step(0, 1, "核对数据库文件")
        return check_pages(self.path, self._key)

    def dispose(self) -> None:
        """Close all connections and leave the file as it is."""
        self._reader.dispose()
        self._writer.dispose()

    def close(self) -> None:
        """Checkpoint and close all connections."""
        self.dispose()
        checkpoint(self.path, self._key)

    def _bring_up_to_date(self, *, new: bool) -> None:
        engine = create_engine(
            "sqlite://",
            module=sqlcipher,
            poolclass=QueuePool,
            hide_parameters=True,
            creator=lambda: open_keyed(self.path, self._key, guarded=False),
        )
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        try:
            with disk_errors(self.path), engine.connect() as connection:
                revision = migrations.schema_revision(connection)
                connection.rollback()
                if revision == migrations.SCHEMA_REVISION:
                    return
                if revision is None and not new:
                    raise RegisterDamaged(path=self.path)
                if revision is not None:
                    if revision > migrations.SCHEMA_REVISION:
                        raise RegisterNewer(path=self.path, revision=revision)
                    self._keep_before(revision)
                with connection.begin():
                    migrations.upgrade(connection)
        finally:
            engine.dispose()

    def _keep_before(self, revision: str) -> None:
        copy = self.path.with_name(f"core.before-upgrade-{revision}.db")
        copy.unlink(missing_ok=True)  # of an upgrade that failed; the register is still the same
        with snapshot(self.path, self._key) as taken:
            finish(copy_keyed(taken, copy, self._key))
        sync_folder(copy.parent)


def _check_file(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            start = stream.read(len(_PLAIN_SQLITE))
    except FileNotFoundError:
        raise RegisterMissing(path=path) from None
    if not start:
        raise RegisterEmpty(path=path)
    if start == _PLAIN_SQLITE:
        raise RegisterForeign(path=path)


def _connect(path: Path, key: bytes, *, mode: str = "rw") -> Any:
    """Connect to an existing file and hand over the key, untried."""
    if len(key) != 32:
        raise ValueError("a data key has 32 bytes")
    connection = sqlcipher.connect(
        f"{path.resolve().as_uri()}?mode={mode}",  # never makes a file
        uri=True,
        isolation_level=None,
        check_same_thread=False,  # the pool hands a connection to one thread at a time
    )
    connection.execute("PRAGMA cipher_log_level = NONE")
    # The text x'…' is the raw key. The 32 bytes themselves would be taken for a passphrase.
    connection.set_key(f"x'{key.hex()}'")
    connection.execute("PRAGMA cipher_compatibility = 4")
    return connection


def _unlock(connection: Any, path: Path) -> None:
    """Read with the key for the first time; a full disk, which holds no `-shm`, is no damage."""
    try:
        with disk_errors(path):
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlcipher.DatabaseError as error:
        raise RegisterDamaged(path=path) from error


def _prepare(connection: Any, *, read_only: bool, sealed: bool = False) -> None:
    pragmas = [pragma for pragma in _PRAGMAS if not sealed or pragma[0] != "journal_mode"]
    for name, value, _ in pragmas:
        connection.execute(f"PRAGMA {name} = {value}").fetchall()
    for name, expected in ((name, answer) for name, _, answer in pragmas):
        _demand(connection, name, expected)
    if sealed:
        _demand(connection, "journal_mode", "delete")
    for name, expected in _EXPECTED:
        _demand(connection, name, expected)
    if read_only:
        connection.execute("PRAGMA query_only = ON")
        _demand(connection, "query_only", 1)


def _demand(connection: Any, name: str, expected: object) -> None:
    answer = _ask(connection, name)
    if answer != expected:
        raise RuntimeError(f"PRAGMA {name} is {answer!r}, not {expected!r}")


def _ask(connection: Any, name: str) -> Any:
    row = connection.execute(f"PRAGMA {name}").fetchone()
    return row[0] if row else None


#: Tables of which no row is ever changed or removed: the audit log, the pictures of media.db.
_APPEND_ONLY: Final = frozenset({AuditEntry.__tablename__, "blobs"})
# With an argument these ask or tidy up; any other pragma with one would change the settings.
_HARMLESS: Final = frozenset(
    {
        "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo",
        "foreign_key_list", "foreign_key_check", "integrity_check", "quick_check",
        "cipher_integrity_check", "wal_checkpoint", "read_uncommitted",
    }
)  # fmt: skip
_SCHEMA_CHANGES: Final = frozenset(
    {
        sqlcipher.SQLITE_DROP_TABLE, sqlcipher.SQLITE_DROP_TRIGGER, sqlcipher.SQLITE_DROP_INDEX,
        sqlcipher.SQLITE_DROP_VIEW, sqlcipher.SQLITE_CREATE_TRIGGER,
        sqlcipher.SQLITE_CREATE_TEMP_TRIGGER, sqlcipher.SQLITE_ALTER_TABLE,
    }
)  # fmt: skip


def _authorize(
    action: int, first: str | None, second: str | None, _database: str | None, _inner: str | None
) -> int:
    """Refuse what no part of the program has to do with a register that is up to date."""
    if action == sqlcipher.SQLITE_PRAGMA:
        allowed = first in _HARMLESS if second is not None else first not in {"rekey", "key"}
    elif action in (sqlcipher.SQLITE_UPDATE, sqlcipher.SQLITE_DELETE):
        allowed = first not in _APPEND_ONLY
    else:
        allowed = action not in _SCHEMA_CHANGES and action != sqlcipher.SQLITE_ATTACH
    return int(sqlcipher.SQLITE_OK if allowed else sqlcipher.SQLITE_DENY)
