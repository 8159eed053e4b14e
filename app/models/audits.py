"""Head-counts as they were handed in: what the platform says, what was sealed, what was signed."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.models.vocabulary import CheckMark, CountBase


class PlatformCount(Base):
    """平台人数: how many a platform holds of one class on a day; the last row counts."""

    __tablename__ = "platform_counts"
    __record_name__ = "平台人数"

    id: Mapped[int] = mapped_column(primary_key=True)
    class_id: Mapped[int] = mapped_column(ForeignKey("class_groups.id"), index=True)
    counted_on: Mapped[date]
    count: Mapped[int]
    source: Mapped[str] = mapped_column(default="")
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    recorded_at: Mapped[datetime]


class HeadcountSeal(Base):
    """封存的学籍人数审核表: its rows as JSON, exactly as signed, and their SHA-256."""

    __tablename__ = "headcount_seals"
    __record_name__ = "人数审核表封存"

    id: Mapped[int] = mapped_column(primary_key=True)
    begin_date: Mapped[date]
    end_date: Mapped[date]
    base: Mapped[CountBase]
    content: Mapped[str]
    fingerprint: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    sealed_at: Mapped[datetime]


class CheckSheet(Base):
    """学籍核查确认表: one page of one class; `code` stands on the page, `content` is its ids."""

    __tablename__ = "check_sheets"
    __record_name__ = "学籍核查确认表"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    as_of: Mapped[date]
    class_id: Mapped[int] = mapped_column(ForeignKey("class_groups.id"))
    page: Mapped[int]
    pages: Mapped[int]
    code: Mapped[str] = mapped_column(unique=True)
    content: Mapped[str]
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    made_at: Mapped[datetime]
    returned_on: Mapped[date | None]


class CheckedStudent(Base):
    """What a returned page says of one student on it."""

    __tablename__ = "checked_students"
    __belongs_to__ = ("check_sheets", "sheet_id")
    __table_args__ = (UniqueConstraint("sheet_id", "student_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("check_sheets.id"), index=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"))
    mark: Mapped[CheckMark]
    note: Mapped[str] = mapped_column(default="")
