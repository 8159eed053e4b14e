"""按日名单和人数: the folds of a long ledger, against one indexed scan of the same rows.

The scan reads every entry that counts once, in the order of the index, through the same encrypted
connection, and does nothing with it.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import Final

from app.models.vocabulary import CountBase
from app.services.register.headcount import headcount
from app.services.register.ledger import Moment
from app.services.register.students import Students
from app.services.vault.database import Database
from app.services.vault.vault import Vault
from tests.bench import registers
from tests.bench.options import Options
from tests.bench.report import Goal, Line
from tests.bench.timing import in_turn, timed

_DAY: Final = date(2026, 11, 23)
_BEGIN: Final = date(2026, 9, 1)
_KNOWN: Final = datetime(2026, 10, 15, tzinfo=UTC)  # two in five have entries since
_LATER: Final = 7  # with the three of the entry: ten entries a student
_SCAN: Final = """
SELECT id, student_id, kind, effective_date, recorded_at, to_status, to_class_id, to_major_id,
       reverses_id
FROM ledger ORDER BY student_id, effective_date, id
"""
_GOAL: Final = Goal(faster=False, bound=2)


def lines(options: Options) -> Iterator[Line]:
    """A roster and a head-count of a day, as known now and as known on another day."""
    for count in options.sizes_for((20_000,), (20_000, 200_000)):
        folder = registers.filled(options.folder, count, _LATER)
        with Vault.open(folder, registers.PASSWORD) as vault:
            students = Students(vault.database)
            runs = [
                partial(_scan, vault.database),
                partial(students.rows, Moment(_DAY)),
                partial(students.rows, Moment(_DAY, _KNOWN)),
                partial(_count, vault.database, None),
                partial(_count, vault.database, _KNOWN),
            ]
            scan, roster, known_roster, counted, known_count = in_turn(
                [timed(run) for run in runs], 3
            )
        yield Line("按日名单，每人十条台账（对一次索引扫描）", count, roster, scan, _GOAL)
        yield Line("按日名单，按某日所知", count, known_roster, scan, _GOAL)
        yield Line("人数审核（对一次索引扫描）", count, counted, scan, _GOAL)
        yield Line("人数审核，按某日所知", count, known_count, scan, _GOAL)


def _scan(database: Database) -> int:
    with database.read() as session:
        return sum(1 for _ in session.connection().exec_driver_sql(_SCAN))


def _count(database: Database, known_on: datetime | None) -> int:
    with database.read() as session:
        found = headcount(session, _BEGIN, _DAY, base=CountBase.ON_REGISTER, known_on=known_on)
    return len(found.total.closing)
