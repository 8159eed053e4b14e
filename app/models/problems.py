"""问题抽屉 (第二十三条): errors that were found, and how they were settled."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Problem(Base):
    """问题: what was found stays as it was written and is never removed; the rest is filled in."""

    __tablename__ = "problems"
    __record_name__ = "问题"

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int | None] = mapped_column(ForeignKey("students.id"), index=True)
    found_on: Mapped[date]
    found_by: Mapped[str]
    what: Mapped[str]
    due_on: Mapped[date | None]
    reported_on: Mapped[date | None]
    reported_to: Mapped[str | None]
    settled_on: Mapped[date | None]
    settled_how: Mapped[str | None]
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    recorded_at: Mapped[datetime]


#: Made after the table, in the migration.
IRREMOVABLE: Final = (
    """CREATE TRIGGER problems_no_delete BEFORE DELETE ON problems
        BEGIN SELECT RAISE(ABORT, '问题记录不能删除'); END""",
    """CREATE TRIGGER problems_as_found BEFORE UPDATE ON problems
        WHEN NEW.id IS NOT OLD.id OR NEW.found_on IS NOT OLD.found_on
          OR NEW.found_by IS NOT OLD.found_by OR NEW.what IS NOT OLD.what
          OR (OLD.settled_on IS NOT NULL AND NEW.settled_on IS NULL)
        BEGIN SELECT RAISE(ABORT, '问题记录的内容不能修改'); END""",
)
