"""The school's own order: departments, majors, cohorts, classes; and its settings."""

from datetime import date

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base


class Department(Base):
    """系部."""

    __tablename__ = "departments"
    __record_name__ = "系部"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    code: Mapped[str] = mapped_column(default="")


class Major(Base):
    """专业: a programme as the catalogue names it; `serial` is its 专业序号 in student numbers."""

    __tablename__ = "majors"
    __record_name__ = "专业"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    short_name: Mapped[str] = mapped_column(default="")
    code: Mapped[str] = mapped_column(default="")
    serial: Mapped[int]
    years: Mapped[str] = mapped_column(default="5")
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))

    department: Mapped[Department | None] = relationship()


class Cohort(Base):
    """年级: the students of one year of entry."""

    __tablename__ = "cohorts"
    __record_name__ = "年级"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_date: Mapped[date]

    @property
    def name(self) -> str:
        """What papers call it: 2026级."""
        return f"{self.year}级"


class ClassGroup(Base):
    """班级; `serial` is its 班序 within cohort and major."""

    __tablename__ = "class_groups"
    __record_name__ = "班级"
    __table_args__ = (UniqueConstraint("cohort_year", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    cohort_year: Mapped[int] = mapped_column(ForeignKey("cohorts.year"))
    major_id: Mapped[int | None] = mapped_column(ForeignKey("majors.id"))
    serial: Mapped[int]
    head_teacher: Mapped[str] = mapped_column(default="")

    cohort: Mapped[Cohort] = relationship()
    major: Mapped[Major | None] = relationship()


class Setting(Base):
    """One setting of the school; the typed view is services/settings.py."""

    __tablename__ = "settings"
    __record_name__ = "设置"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
