"""学籍异动 as a case: what a change of standing goes through before and after the ledger."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.models.vocabulary import ConsentWay, Kind


class StatusChange(Base):
    """学籍异动: one case, from the application to the file.

    Its step is read from what is filled in, never typed. Class and major are named as in the
    application: whether there are such is examined when the case takes effect. `rules` keeps, as
    JSON, the version of each rule by which it was judged on its day.
    """

    __tablename__ = "status_changes"
    __belongs_to__ = ("students", "student_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"), index=True)
    kind: Mapped[Kind]
    effective_date: Mapped[date]
    until: Mapped[date | None]
    reason: Mapped[str] = mapped_column(default="")
    to_class: Mapped[str | None]
    to_major: Mapped[str | None]
    applied_on: Mapped[date | None]
    consent: Mapped[ConsentWay | None]
    witness: Mapped[str | None]
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    opened_at: Mapped[datetime]
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("operators.id"))
    reviewed_at: Mapped[datetime | None]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger.id"), index=True)
    rules: Mapped[str] = mapped_column(default="")
    document_number: Mapped[str] = mapped_column(default="")
    report_by: Mapped[date | None]
    reported_on: Mapped[date | None]
    receipt: Mapped[str | None]
    filed_on: Mapped[date | None]
    filed_place: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]


class Approval(Base):
    """审批: the opinion of one named step on paper; the last one of a step counts."""

    __tablename__ = "approvals"
    __belongs_to__ = ("students", "student_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("status_changes.id"), index=True)
    step: Mapped[str]
    person: Mapped[str]
    agreed: Mapped[bool]
    opinion: Mapped[str] = mapped_column(default="")
    decided_on: Mapped[date]
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    recorded_at: Mapped[datetime]


class Application(Base):
    """书面申请: any request on paper but a change of standing (证明, 更正, 补办, 信息变更 …).

    It bears the same two signatures (第八条); a 信息变更 is what the changes of key fields rest on.
    """

    __tablename__ = "applications"
    __belongs_to__ = ("students", "student_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"), index=True)
    kind: Mapped[str]
    content: Mapped[str] = mapped_column(default="")
    applied_on: Mapped[date]
    consent: Mapped[ConsentWay | None]
    witness: Mapped[str | None]
    settled_on: Mapped[date | None]
    result: Mapped[str | None]
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    recorded_at: Mapped[datetime]


class Voiding(Base):
    """作废: a record made by mistake, proposed by one person and confirmed by a second."""

    __tablename__ = "voidings"
    __belongs_to__ = ("students", "student_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"), index=True)
    reason: Mapped[str]
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    recorded_at: Mapped[datetime]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("operators.id"))
    confirmed_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]
