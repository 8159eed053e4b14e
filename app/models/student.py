"""A student, and what belongs to the person: guardians, schooling, photographs, changes."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base
from app.models.vocabulary import Sex

_LIVING = text("voided_at IS NULL")


class Student(Base):
    """学生: what is known of the person, as the school last knew it.

    Standing (status, class, major) is not here: it is read from the ledger. Names keep their code
    points; `reading` (surname reading first) and `search_keys` are derived from the name when it
    is written, and the reading may be corrected by hand. A record made by mistake is voided, not
    deleted; the record that replaces it may bear its numbers, but a 学号 once given is never given
    to another person.
    """

    __tablename__ = "students"
    __record_name__ = "学生"
    __table_args__ = (
        *(
            Index(f"uq_students_{column}", column, unique=True, sqlite_where=_LIVING)
            for column in ("number", "exam_number", "id_number")
        ),
        Index("ix_students_cohort", "cohort_year"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_year: Mapped[int] = mapped_column(ForeignKey("cohorts.year"))
    number: Mapped[str | None]
    exam_number: Mapped[str | None]
    name: Mapped[str]
    reading: Mapped[str] = mapped_column(default="")
    search_keys: Mapped[str] = mapped_column(default="")
    sex: Mapped[Sex | None]
    birth_date: Mapped[date | None]
    id_type: Mapped[str | None]
    id_number: Mapped[str | None]
    ethnic_group: Mapped[str | None]
    political_status: Mapped[str | None]
    former_name: Mapped[str | None]
    native_place: Mapped[str | None]
    source_place: Mapped[str | None]
    household_type: Mapped[str | None]
    household_address: Mapped[str | None]
    home_address: Mapped[str | None]
    postcode: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    health: Mapped[str | None]
    origin_school: Mapped[str | None]
    exam_score: Mapped[str | None]
    level: Mapped[str | None]
    study_form: Mapped[str | None]
    years: Mapped[str | None]
    entry_date: Mapped[date | None]
    expected_graduation: Mapped[date | None]
    remark: Mapped[str | None]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))
    recorded_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None]

    guardians: Mapped[list["Guardian"]] = relationship(order_by="Guardian.position")
    schooling: Mapped[list["Schooling"]] = relationship(order_by="Schooling.position")


class Guardian(Base):
    """家长(监护人) and other members of the family, in the order of the card."""

    __tablename__ = "guardians"
    __belongs_to__ = ("students", "student_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"), index=True)
    position: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    relation: Mapped[str | None]
    political_status: Mapped[str | None]
    employer: Mapped[str | None]
    phone: Mapped[str | None]


class Schooling(Base):
    """学习简历: one line of the résumé."""

    __tablename__ = "schooling"
    __belongs_to__ = ("students", "student_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"), index=True)
    position: Mapped[int] = mapped_column(default=1)
    period: Mapped[str]
    place: Mapped[str]
    witness: Mapped[str | None]


class Photo(Base):
    """照片: the original by its SHA-256 in media.db, and the card-sized picture made from it.

    The newest row is the one in use.
    """

    __tablename__ = "photos"
    __belongs_to__ = ("students", "student_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"), index=True)
    sha256: Mapped[str]
    card_sha256: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    source_name: Mapped[str]
    recorded_at: Mapped[datetime]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))


class FieldChange(Base):
    """信息变更: one field of one student, old and new, from when, known since, on what basis."""

    __tablename__ = "field_changes"
    __belongs_to__ = ("students", "student_id")
    __table_args__ = (Index("ix_field_changes_student", "student_id", "field"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"))
    field: Mapped[str]
    old: Mapped[str | None]
    new: Mapped[str | None]
    effective_date: Mapped[date]
    recorded_at: Mapped[datetime]
    basis: Mapped[str]
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))
