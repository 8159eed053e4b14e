"""奖励和处分: what was awarded, what was decided, and the proof that the parents were told."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.models.vocabulary import PunishmentKind, ServiceWay


class Reward(Base):
    """奖励: one award; withdrawn ones stay with their reason."""

    __tablename__ = "rewards"
    __belongs_to__ = ("students", "student_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"), index=True)
    name: Mapped[str]
    level: Mapped[str] = mapped_column(default="")
    awarded_by: Mapped[str] = mapped_column(default="")
    awarded_on: Mapped[date]
    reason: Mapped[str] = mapped_column(default="")
    document_number: Mapped[str] = mapped_column(default="")
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    recorded_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None]


class Punishment(Base):
    """处分: from the notice beforehand to the lifting; what is not filled in has not happened."""

    __tablename__ = "punishments"
    __belongs_to__ = ("students", "student_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"), index=True)
    kind: Mapped[PunishmentKind]
    facts: Mapped[str]
    basis: Mapped[str] = mapped_column(default="")
    told_on: Mapped[date | None]
    statement: Mapped[str | None]
    decided_on: Mapped[date]
    decided_by: Mapped[str] = mapped_column(default="")
    document_number: Mapped[str] = mapped_column(default="")
    until: Mapped[date | None]
    served_on: Mapped[date | None]
    served_how: Mapped[ServiceWay | None]
    appealed_on: Mapped[date | None]
    appeal_result: Mapped[str | None]
    lifted_on: Mapped[date | None]
    lift_document: Mapped[str | None]
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    recorded_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None]


class Letter(Base):
    """挂号信: one registered letter to a guardian (第八条) and what became of it."""

    __tablename__ = "letters"
    __belongs_to__ = ("students", "student_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"), index=True)
    punishment_id: Mapped[int] = mapped_column(ForeignKey("punishments.id"), index=True)
    number: Mapped[str]
    addressee: Mapped[str]
    posted_on: Mapped[date]
    received_on: Mapped[date | None]
    returned_on: Mapped[date | None]
    return_reason: Mapped[str | None]
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    recorded_at: Mapped[datetime]
