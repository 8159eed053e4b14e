"""What came in from outside."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Batch(Base):
    """导入批次: one file taken in, in one transaction; undone as a whole."""

    __tablename__ = "batches"
    __record_name__ = "导入批次"

    id: Mapped[int] = mapped_column(primary_key=True)
    profile: Mapped[str]
    source_name: Mapped[str]
    source_sha256: Mapped[str]
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    recorded_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class LearnedHeader(Base):
    """A header that the registrar assigned to a field by hand, remembered for the next file."""

    __tablename__ = "learned_headers"
    __record_name__ = "表头对应"

    header: Mapped[str] = mapped_column(primary_key=True)
    field: Mapped[str]
