"""The folded ledger, kept beside it for speed: derived, never a truth of its own.

One row for each stretch of days during which a student's standing does not change, so that lists
of any day are a join. The triggers write it in the transaction of the entry, whichever way the
entry came; `REFOLD` makes all of it anew. It is no record of the audit chain: what it says, the
ledger says.
"""

from datetime import date
from typing import Final

from sqlalchemy import Boolean, Column, Date, ForeignKey, Integer, Table

from app.models.base import Base, words_of
from app.models.vocabulary import Kind, Status

#: `until` of the stretch that has no end yet.
NO_END: Final = date(9999, 12, 31)

STANDINGS: Final = Table(
    "standings",
    Base.metadata,
    Column("student_id", Integer, ForeignKey("students.id"), primary_key=True),
    Column("since", Date, primary_key=True),
    Column("until", Date, nullable=False),  # the first day on which it holds no longer
    Column("first", Boolean, nullable=False),  # begins with the student's very first entry
    Column(
        "status",
        words_of(Status),
    ),
    Column("class_id", Integer),
    Column("major_id", Integer),
    sqlite_with_rowid=False,
)


def _last(column: str) -> str:
    """What the last entry in force on `d.day` says of one side of the standing."""
    return f"""(SELECT e.{column} FROM ledger e
        WHERE e.student_id = d.student_id AND e.effective_date <= d.day
          AND e.{column} IS NOT NULL AND e.kind <> '{Kind.REVERSAL.value}'
          AND NOT EXISTS (SELECT 1 FROM ledger r WHERE r.reverses_id = e.id)
        ORDER BY e.effective_date DESC, e.id DESC LIMIT 1)"""  # noqa: S608 (our own constants)


def _fold(of: str) -> str:
    """The stretches of the students that the condition `of` on the ledger selects."""
    return f"""SELECT d.student_id, d.day,
        coalesce((SELECT min(n.effective_date) FROM ledger n
                  WHERE n.student_id = d.student_id AND n.effective_date > d.day), '{NO_END}'),
        NOT EXISTS (SELECT 1 FROM ledger b
                    WHERE b.student_id = d.student_id AND b.effective_date < d.day),
        {_last("to_status")}, {_last("to_class_id")}, {_last("to_major_id")}
    FROM (SELECT DISTINCT student_id, effective_date AS day FROM ledger WHERE {of}) d"""  # noqa: S608


#: What the table should hold, read from the ledger alone.
FOLD: Final = _fold("true")
#: Makes the whole table anew.
REFOLD: Final = ("DELETE FROM standings", f"INSERT INTO standings {FOLD}")
#: Made after the table, in its migration.
KEEP_FOLDED: Final = (
    f"""CREATE TRIGGER ledger_folded AFTER INSERT ON ledger BEGIN
        DELETE FROM standings WHERE student_id = NEW.student_id;
        INSERT INTO standings {_fold("student_id = NEW.student_id")};
        END""",  # noqa: S608
)
