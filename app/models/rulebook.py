"""The school's rulebook: what it confirmed or changed of the rules that the program suggests."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class SchoolRule(Base):
    """规则: one value with its source and its days; never edited, a later row goes before it.

    The suggestions that nobody has confirmed yet are no rows: they are in rules/rulebook.py.
    """

    __tablename__ = "rules"
    __record_name__ = "规则"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    value: Mapped[str]
    unit: Mapped[str] = mapped_column(default="")
    document: Mapped[str]
    article: Mapped[str] = mapped_column(default="")
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("operators.id"))
    confirmed_at: Mapped[datetime | None]
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    recorded_at: Mapped[datetime]
