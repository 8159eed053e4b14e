"""Paper = data: what was printed or exported, so that it can be found, proved and renewed."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.models.vocabulary import PaperFormat


class PrintedSheet(Base):
    """打印记录: one paper that left the program, for one student or one list.

    `fingerprint` is the SHA-256 of the values printed, without any time, the same for PDF and
    .xlsx; `code` is the short form of it that the sheet carries as text and QR. `cohort_year` is
    None when the paper names students of several cohorts. `as_of` is the day its content is true
    for; `printer` is empty for a file, `pages` when the paper went out whole.
    """

    __tablename__ = "printed_sheets"
    __record_name__ = "打印记录"

    id: Mapped[int] = mapped_column(primary_key=True)
    form: Mapped[str]
    form_version: Mapped[str]
    format: Mapped[PaperFormat]
    student_id: Mapped[int | None] = mapped_column(ForeignKey("students.id"), index=True)
    cohort_year: Mapped[int | None] = mapped_column(ForeignKey("cohorts.year"), index=True)
    scope: Mapped[str] = mapped_column(default="")
    fingerprint: Mapped[str]
    code: Mapped[str] = mapped_column(index=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    recorded_at: Mapped[datetime]
    as_of: Mapped[date | None]
    printer: Mapped[str | None]
    pages: Mapped[str | None]


class InstalledForm(Base):
    """表样: one version of a form that the school drew or was given; older ones stay for reprints.

    `number` counts the versions of one name from 1. `paper` is the shipped form whose fields it may
    use. `sha256` names the workbook in media.db; its first 16 digits are the `form_version` of the
    sheets printed with it.
    """

    __tablename__ = "installed_forms"
    __record_name__ = "表样"
    __table_args__ = (UniqueConstraint("name", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    number: Mapped[int]
    paper: Mapped[str]
    shelf: Mapped[str]
    sha256: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    installed_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class Disc(Base):
    """光盘: one archive image that was built, by its number and digest."""

    __tablename__ = "discs"
    __record_name__ = "光盘"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    cohort_year: Mapped[int] = mapped_column(ForeignKey("cohorts.year"))
    sha256: Mapped[str]
    size: Mapped[int]
    files: Mapped[int]
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    recorded_at: Mapped[datetime]
