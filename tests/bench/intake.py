"""导入: a list of new students from file to vault, against calamine + executemany into SQLite.

The program reads in a child process, checks every cell, compares with the register, keys names by
pinyin, writes students, guardians and three kinds of history, and chains an audit row for each,
encrypted and synced; the peer copies the cells into one table.
"""

import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from python_calamine import CalamineWorkbook

from app.services.exchange.batches import Batches
from app.services.exchange.intake import Intake
from app.services.progress import finish
from app.services.standards import Standards
from app.services.vault.vault import Vault
from tests.bench import registers
from tests.bench.lists import admission_list
from tests.bench.options import Options
from tests.bench.people import COLUMNS
from tests.bench.report import Goal, Line
from tests.bench.timing import in_turn, stopwatch, timed


def lines(options: Options) -> Iterator[Line]:
    """Plan, accept, and both together."""
    standards = Standards()
    for count in options.sizes_for((20_000,), (1_000, 20_000, 90_000)):
        path = admission_list(options.folder, count)
        plans: list[float] = []
        accepts: list[float] = []

        def ours(path: Path = path, count: int = count) -> float:
            plan, accept = _import(options.folder, standards, path, count)
            plans.append(plan)  # noqa: B023 - the lists of this very size
            accepts.append(accept)  # noqa: B023
            return plan + accept

        peer = timed(partial(_plain, path, options.folder / "plain.db"))
        whole, plain = in_turn([ours, peer], 3)
        yield Line("导入新生：读、查、比、写", count, whole, plain, Goal(faster=False), "行")
        yield Line("  其中生成计划", count, plans, None, Goal(), "行")
        yield Line("  其中写入学籍库", count, accepts, None, Goal(), "行")


def _import(folder: Path, standards: Standards, path: Path, count: int) -> tuple[float, float]:
    """Seconds of planning and of accepting, in a vault that is empty."""
    with Vault.open(registers.empty(folder), registers.PASSWORD) as vault:
        with stopwatch() as planning:
            plan = finish(Intake(vault.database, standards).plan(path))
        with stopwatch() as accepting:
            accepted = finish(Batches(vault.database, standards).accept(vault.actor, plan))
        if accepted.created != count:
            faults = "；".join(fault.sentence for fault in plan.faults[:3])
            raise RuntimeError(f"{accepted.created} of {count} rows were taken: {faults}")
    return planning.seconds, accepting.seconds


def _plain(path: Path, target: Path) -> None:
    """The cells of the list in one table of a plain database, in one transaction."""
    target.unlink(missing_ok=True)
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()[2:]
    names = ", ".join(attribute for _, attribute in COLUMNS)
    marks = ", ".join("?" * len(COLUMNS))
    connection = sqlite3.connect(target)
    try:
        with connection:
            connection.execute(f"CREATE TABLE students ({names})")
            connection.executemany(
                f"INSERT INTO students VALUES ({marks})",  # noqa: S608 - our own column names
                ([str(cell) for cell in row] for row in rows),
            )
    finally:
        connection.close()
