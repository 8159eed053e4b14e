"""Looking at what is hidden: whole identity numbers are shown on demand, and it is written down."""

from collections.abc import Sequence

from sqlalchemy import select

from app.models.student import Student
from app.services.register.queries import among
from app.services.vault import audit
from app.services.vault.audit import Actor
from app.services.vault.database import Database


def masked(number: str | None) -> str:
    """A number of ten characters or more as lists show it: 320***********0012."""
    if not number or len(number) < 10:
        return number or ""
    return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}"


def show_numbers(
    database: Database, actor: Actor, where: str, ids: Sequence[int]
) -> dict[int, str]:
    """The whole 身份证号 of these students, and one row in the log that they were shown."""
    actor.require_sight()
    with database.write(actor, "显示身份证号", where) as session:
        audit.event(session, "显示身份证号", where, {"people": len(ids)})
        rows = session.execute(select(Student.id, Student.id_number).where(among(Student.id, ids)))
        return {row.id: row.id_number or "" for row in rows}
