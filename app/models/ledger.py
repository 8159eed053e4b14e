"""学籍台账: the one history of places and standings."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.models.vocabulary import Kind, Status


class LedgerEntry(Base):
    """One event that changed a student's standing; never edited, never deleted.

    A `to_…` that is empty leaves that side of the standing as it was, so an entry that is made
    late for an earlier day does not undo what came after it. A 冲正 names in `reverses_id` the
    entry that it takes back.
    """

    __tablename__ = "ledger"
    __belongs_to__ = ("students", "student_id")
    __table_args__ = (Index("ix_ledger_student", "student_id", "effective_date", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"))
    kind: Mapped[Kind]
    effective_date: Mapped[date]
    until: Mapped[date | None]
    recorded_at: Mapped[datetime]
    from_status: Mapped[Status | None]
    to_status: Mapped[Status | None]
    from_class_id: Mapped[int | None] = mapped_column(ForeignKey("class_groups.id"))
    to_class_id: Mapped[int | None] = mapped_column(ForeignKey("class_groups.id"))
    from_major_id: Mapped[int | None] = mapped_column(ForeignKey("majors.id"))
    to_major_id: Mapped[int | None] = mapped_column(ForeignKey("majors.id"))
    reason: Mapped[str] = mapped_column(default="")
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger.id"), index=True)
