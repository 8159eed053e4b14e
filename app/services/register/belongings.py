"""What belongs to a student in rows, guardians and lines of the résumé, column by column.

A field of a row is named as FieldChange names it: guardian_phone:2 is the telephone of the second.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.fields import GUARDIAN_COLUMNS, SCHOOLING_COLUMNS
from app.models.student import Guardian, Schooling

#: Each kind by the first word of its fields, and the columns without which a row says nothing.
_KINDS: Final[Mapping[str, tuple[type[Guardian | Schooling], tuple[str, ...]]]] = {
    "guardian": (Guardian, ("name",)),
    "schooling": (Schooling, ("period", "place")),
}


def is_belonging(field: str) -> bool:
    """Whether the field is a column of a row."""
    return ":" in field and field.partition("_")[0] in _KINDS


def set_belonging(session: Session, student_id: int, field: str, value: str | None) -> None:
    """Set one column; the first value makes the row, taking the last that matters removes it."""
    word, _, rest = field.partition("_")
    column, _, place = rest.partition(":")
    kind, essential = _KINDS[word]
    row = _row(session, kind, student_id, int(place))
    if row is None and value is None:
        return
    if row is None:
        row = kind(student_id=student_id, position=int(place), **dict.fromkeys(essential, ""))
        session.add(row)
    setattr(row, column, value or "" if column in essential else value)
    if not any(getattr(row, name) for name in essential) and column in essential:
        session.delete(row)
    session.flush()


def belongings(session: Session, student_id: int) -> dict[str, str]:
    """Every filled column of every row, by field."""
    found: dict[str, str] = {}
    for word, (kind, _) in _KINDS.items():
        rows: Iterable[Any] = session.scalars(
            select(kind).where(kind.student_id == student_id).order_by(kind.position)
        )
        for row in rows:
            for column in _COLUMNS[word]:
                if value := getattr(row, column):
                    found[f"{word}_{column}:{row.position}"] = value
    return found


_COLUMNS: Final = {"guardian": GUARDIAN_COLUMNS, "schooling": SCHOOLING_COLUMNS}


def _row(session: Session, kind: Any, student_id: int, place: int) -> Any:
    return session.scalars(
        select(kind).where(kind.student_id == student_id, kind.position == place)
    ).first()
