"""名单: student_rows, the fold of the ledger, against the same fold written for plain SQLite."""

import sqlite3
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from app.services.register.ledger import Moment
from app.services.register.students import Scope, Students
from app.services.vault.vault import Vault
from tests.bench import registers
from tests.bench.options import Options
from tests.bench.people import people
from tests.bench.report import Goal, Line
from tests.bench.timing import in_turn, timed

_TODAY: Final = date(2026, 11, 23)
#: One pass over the entries in order: the last word on each side wins.
_FOLD: Final = """
SELECT s.*, f.* FROM students s JOIN (
  SELECT student_id,
         max(CASE WHEN to_status IS NOT NULL THEN place || to_status END),
         max(CASE WHEN to_class_id IS NOT NULL THEN place || to_class_id END),
         max(CASE WHEN to_major_id IS NOT NULL THEN place || to_major_id END)
  FROM (SELECT *, effective_date || printf('%09d', id) AS place FROM ledger)
  WHERE effective_date <= ? GROUP BY student_id) f ON f.student_id = s.id
"""


def lines(options: Options) -> Iterator[Line]:
    """All students of the register, and one cohort of it."""
    for count in options.sizes_for((20_000,), (20_000, 200_000)):
        plain = _plain(options.folder / f"plain-{count}.db", count)
        with Vault.open(registers.filled(options.folder, count), registers.PASSWORD) as vault:
            students = Students(vault.database)
            moment = Moment(_TODAY)
            everybody, peer = in_turn(
                [timed(partial(students.rows, moment)), timed(partial(_fold, plain))], 3
            )
            cohort = in_turn(
                [timed(partial(students.rows, moment, Scope(cohort=2026))),
                 timed(partial(students.find, "wangwei"))], 3
            )  # fmt: skip
        yield Line(
            "全体名单（对 SQLite 手写归并）", count, everybody, peer, Goal(faster=False), "人"
        )
        yield Line("其中一个年级的名单", count, cohort[0], None, Goal())
        yield Line("命令行查一个人（含建索引）", count, cohort[1], None, Goal())


def _plain(path: Path, count: int) -> Path:
    """The same people and entries in a database without encryption."""
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE students (id INTEGER PRIMARY KEY, number, exam_number, name, sex,"
            " birth_date, id_number, ethnic_group, political_status, home_address, phone)"
        )
        connection.execute(
            "CREATE TABLE ledger (id INTEGER PRIMARY KEY, student_id, effective_date, to_status,"
            " to_class_id, to_major_id)"
        )
        connection.executemany(
            "INSERT INTO students VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (i, p.number, p.exam_number, p.name, p.sex, p.birth_date.isoformat(), p.id_number,
                 p.ethnic_group, p.political_status, p.address, p.phone)
                for i, p in enumerate(people(count), start=1)
            ),
        )  # fmt: skip
        connection.executemany(
            "INSERT INTO ledger (student_id, effective_date, to_status, to_class_id, to_major_id)"
            " VALUES (?, '2026-09-01', ?, ?, ?)",
            (
                (student, *values)
                for student in range(1, count + 1)
                for values in (
                    ("已录取", None, 1),
                    ("在校", None, None),
                    (None, student // 50, None),
                )
            ),
        )
        connection.execute("CREATE INDEX ledger_student ON ledger (student_id)")
    connection.close()
    return path


def _fold(path: Path) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(_FOLD, (_TODAY.isoformat(),)).fetchall()
    finally:
        connection.close()
