"""学籍库: opening it, and verifying its audit chain, against the least that could do the job."""

import hashlib
import json
import runpy
import shutil
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from argon2.low_level import Type, hash_secret_raw
from sqlalchemy import select

from app.models.audit import AuditEntry
from app.services.files import sync_file
from app.services.progress import finish
from app.services.resources import resource
from app.services.vault.backup import back_up, verify_backup
from app.services.vault.database import CORE_FILE, open_keyed
from app.services.vault.keys import Cost, calibrate
from app.services.vault.vault import Vault
from tests.bench import registers
from tests.bench.options import Options
from tests.bench.report import Goal, Line
from tests.bench.timing import in_turn, stopwatch, timed

_ENTRIES: Final = 100_000


def lines(options: Options) -> Iterator[Line]:
    """Opening with the cost that this machine bears; verifying, for 100,000 entries."""
    cost = calibrate()
    folder = registers.make(options.folder / "vault-opened", cost)
    ours, peer = in_turn([partial(_open, folder), timed(partial(_derive, cost))], 5)
    item = f"打开学籍库（对裸 Argon2id {cost.memory // 1024} MiB）"
    yield Line(item, 1, ours, peer, Goal(faster=False))
    for count in options.sizes_for((20_000,), (20_000, 200_000)):
        yield _verification(options.folder, count)
        yield from _against_plain(options.folder, count)
        yield from _backups(options.folder, count)


def _against_plain(folder: Path, students: int) -> Iterator[Line]:
    """The same statements on the encrypted register and on a plain copy of it, the cache warm."""
    source = registers.filled(folder, students)
    plain = folder / f"plain-{students}.db"
    with Vault.open(source, registers.PASSWORD) as vault:
        key = vault.key
    _read_vault(source / CORE_FILE, plain, key)
    encrypted = folder / f"encrypted-{students}.db"
    shutil.copy(source / CORE_FILE, encrypted)
    both = (open_keyed(encrypted, key, guarded=False), sqlite3.connect(plain, isolation_level=None))
    both[1].execute("PRAGMA journal_mode = WAL")
    both[1].execute("PRAGMA synchronous = FULL")
    both[1].execute("PRAGMA cache_size = -65536")
    for item, work, bound in (
        ("写入 2000 人，一次提交（对不加密的 SQLite）", _insert, 1.2),
        ("逐个字查找，缓存已热（对不加密的 SQLite）", _search, 1.1),
    ):
        for connection in both:
            work(connection)
        ours, peer = in_turn([timed(partial(work, connection)) for connection in both], 5)
        yield Line(item, students, ours, peer, Goal(faster=False, bound=bound))
    for connection in both:
        connection.close()


def _read_vault(source: Path, target: Path, key: bytes) -> None:
    """A plain copy, by the emergency reader: the one thing here that writes in the clear."""
    target.unlink(missing_ok=True)
    scope = runpy.run_path(str(resource("emergency", "read_vault.py")))
    scope["read"](source, target, key)


def _insert(connection: Any) -> None:
    rows = [(f"第{n}人", 2026, "2026-09-01T00:00:00.000000+00:00") for n in range(2000)]
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        "INSERT INTO students (name, cohort_year, reading, search_keys, recorded_at)"
        " VALUES (?, ?, '', '', ?)",
        rows,
    )
    connection.execute("COMMIT")


def _search(connection: Any) -> None:
    for word in ("王", "李", "张三", "3209", "明"):
        connection.execute(
            "SELECT count(*) FROM students WHERE name LIKE ? OR id_number LIKE ?",
            (f"%{word}%", f"%{word}%"),
        ).fetchone()


def _backups(folder: Path, students: int) -> Iterator[Line]:
    """Making a checked backup, and checking one again; the peer copies the files."""
    with Vault.open(registers.filled(folder, students), registers.PASSWORD) as vault:
        place = folder / "backups"
        report = finish(back_up(vault, place))
        megabytes = max(report.bytes // 1_000_000, 1)
        runs = [
            timed(lambda: finish(back_up(vault, place))),
            timed(partial(_plain_copy, report.folder, folder / "copied")),
            timed(lambda: finish(verify_backup(report.folder, vault.key))),
        ]
        made, copied, checked = in_turn(runs, 3)
    item = "备份：复制、打开、核对、读回（对复制文件）"
    yield Line(item, megabytes, made, copied, Goal(faster=False), "MB")
    yield Line("核对一份备份", megabytes, checked, None, Goal(faster=False), "MB")


def _plain_copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    for path in target.iterdir():
        sync_file(path)


def _open(folder: Path) -> float:
    with stopwatch() as watch:
        vault = Vault.open(folder, registers.PASSWORD)
    vault.close()
    return watch.seconds


def _derive(cost: Cost) -> bytes:
    """The part of opening that is slow on purpose."""
    return hash_secret_raw(
        registers.PASSWORD.encode(),
        bytes(16),
        time_cost=cost.passes,
        memory_cost=cost.memory,
        parallelism=cost.lanes,
        hash_len=32,
        type=Type.ID,
    )


def _verification(folder: Path, students: int) -> Line:
    """Both scaled to 100,000 entries; the peer checks the chain alone, not the records."""
    with Vault.open(registers.filled(folder, students), registers.PASSWORD) as vault:
        plain = folder / f"chain-{students}.db"
        entries = _copy_chain(vault, plain)
        report = finish(vault.verify_audit())
        if not report.clean:
            raise RuntimeError(report.findings[0].sentence)
        runs = [timed(lambda: finish(vault.verify_audit())), timed(partial(_check_chain, plain))]
        ours, peer = ([s * _ENTRIES / entries for s in taken] for taken in in_turn(runs, 3))
    item = f"核验操作记录，每 10 万条（{students:,} 人的库）"
    return Line(item, _ENTRIES, ours, peer, Goal(faster=False))


def _copy_chain(vault: Vault, path: Path) -> int:
    """The chain in a plain database: what is hashed of each entry, and its hash."""
    with sqlite3.connect(path) as connection, vault.database.read() as session:
        connection.execute("CREATE TABLE chain (seq INTEGER PRIMARY KEY, fields, hash)")
        prev, count = "", 0
        for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.seq)):
            fields = [entry.seq, str(entry.at), entry.operator_name, entry.action, entry.reason,
                      entry.record, entry.record_id, entry.detail, entry.digest]  # fmt: skip
            text = json.dumps([*fields, prev], ensure_ascii=False)
            prev = hashlib.sha256(text.encode()).hexdigest()
            connection.execute(
                "INSERT INTO chain VALUES (?, ?, ?)", (entry.seq, json.dumps(fields), prev)
            )
            count += 1
    connection.close()
    return count


def _check_chain(path: Path) -> None:
    connection = sqlite3.connect(path)
    prev = ""
    for _, fields, expected in connection.execute("SELECT * FROM chain ORDER BY seq"):
        text = json.dumps([*json.loads(fields), prev], ensure_ascii=False)
        prev = hashlib.sha256(text.encode()).hexdigest()
        if prev != expected:
            raise RuntimeError("the chain is broken")
    connection.close()
