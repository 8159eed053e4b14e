"""What a change rests on: 证明材料 and the signatures under the application."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.models.vocabulary import Signatory


class Evidence(Base):
    """证明材料: one paper, called `kind` (诊断证明 …), behind what its ids name: a case and its
    ledger entry, a 信息变更, another application, a reward or a punishment.

    `sha256` names the scan in media.db; empty: 原件已收, the original alone is filed on paper.
    """

    __tablename__ = "evidence"
    __belongs_to__ = ("students", "student_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"), index=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger.id"), index=True)
    field_change_id: Mapped[int | None] = mapped_column(ForeignKey("field_changes.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("status_changes.id"), index=True)
    application_id: Mapped[int | None] = mapped_column(ForeignKey("applications.id"), index=True)
    reward_id: Mapped[int | None] = mapped_column(ForeignKey("rewards.id"), index=True)
    punishment_id: Mapped[int | None] = mapped_column(ForeignKey("punishments.id"), index=True)
    kind: Mapped[str]
    sha256: Mapped[str | None]
    source_name: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[datetime]


class Signature(Base):
    """签字: who signed the application on paper, as the operator stated it."""

    __tablename__ = "signatures"
    __belongs_to__ = ("students", "student_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("students.id"), index=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("status_changes.id"), index=True)
    application_id: Mapped[int | None] = mapped_column(ForeignKey("applications.id"), index=True)
    signatory: Mapped[Signatory]
    signed_on: Mapped[date | None]
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    recorded_at: Mapped[datetime]
