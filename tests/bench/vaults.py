"""学籍库: opening it, and verifying its audit chain, against the least that could do the job."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from argon2.low_level import Type, hash_secret_raw
from sqlalchemy import select

from app.models.audit import AuditEntry
from app.services.progress import finish
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
