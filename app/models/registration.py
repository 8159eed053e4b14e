"""学期注册: who came back at the beginning of a term."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.models.vocabulary import Arrival


class Term(Base):
    """学期, such as 2026-2027-1: from its first day to its last."""

    __tablename__ = "terms"
    __record_name__ = "学期"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    begin_date: Mapped[date]
    end_date: Mapped[date]


class TermRegistration(Base):
    """学期注册: what was known of one student's arrival; the last row of a term counts."""

    __tablename__ = "term_registrations"
    __belongs_to__ = ("students", "student_id")
    __table_args__ = (Index("ix_term_registrations_term", "term_id", "student_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"), index=True)
    term_id: Mapped[int] = mapped_column(ForeignKey("terms.id"))
    arrival: Mapped[Arrival]
    on_date: Mapped[date]
    reason: Mapped[str] = mapped_column(default="")
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    recorded_at: Mapped[datetime]
