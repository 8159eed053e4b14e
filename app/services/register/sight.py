"""Looking at what is hidden: whole identity numbers are shown on demand, and it is written down."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.student import Student
from app.services.register.queries import among
from app.services.vault import audit
from app.services.vault.audit import Actor
from app.services.vault.database import Database

#: What the log calls it.
SHOWN: Final = "显示身份证号"


def masked(number: str | None) -> str:
    """A number of ten characters or more as lists show it: 320***********0012."""
    if not number or len(number) < 10:
        return number or ""
    return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}"


def log_shown(session: Session, where: str, people: int) -> None:
    """One row in the log: whole numbers of so many people were shown there."""
    audit.event(session, SHOWN, where, {"people": people})


def show_numbers(
    database: Database, actor: Actor, where: str, ids: Sequence[int]
) -> dict[int, str]:
    """The whole 身份证号 of these students, and one row in the log that they were shown."""
    actor.require_sight()
    with database.write(actor, SHOWN, where) as session:
        log_shown(session, where, len(ids))
        rows = session.execute(select(Student.id, Student.id_number).where(among(Student.id, ids)))
        return {row.id: row.id_number or "" for row in rows}
