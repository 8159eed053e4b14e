"""学籍状态 kept beside the ledger: checked against it, and made anew from it."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.models.standing import FOLD, REFOLD, STANDINGS


def unfolded(session: Session) -> list[int]:
    """Ids of students whose kept standing is not what their ledger says; none for sound."""
    names = ", ".join(column.name for column in STANDINGS.columns)
    kept = f"SELECT {names} FROM standings"  # noqa: S608 (our own constants)
    differing = f"""SELECT student_id FROM (SELECT * FROM ({kept} EXCEPT {FOLD})
        UNION SELECT * FROM ({FOLD} EXCEPT {kept})) ORDER BY student_id"""  # noqa: S608
    return list(dict.fromkeys(session.execute(text(differing)).scalars()))


def refold(session: Session) -> None:
    """Fold the whole ledger anew, in this unit of work."""
    connection = session.connection()
    for statement in REFOLD:
        connection.exec_driver_sql(statement)
