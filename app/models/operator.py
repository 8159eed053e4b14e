"""Operator 操作员: who may use the program, and for what."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from app.models.base import Base
from app.models.vocabulary import Role


class RoleSet(TypeDecorator[frozenset[Role]]):
    """A set of roles as their words in one text, in the order of the vocabulary."""

    impl = String(64)
    cache_ok = True

    def process_bind_param(self, value: Iterable[Role] | None, _dialect: Dialect) -> str | None:
        """Equal sets give equal text."""
        if value is None:
            return None
        held = set(value)
        return ",".join(role.value for role in Role if role in held)

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> frozenset[Role] | None:
        """The roles named in the text."""
        if value is None:
            return None
        return frozenset(Role(word) for word in str(value).split(",") if word)


class Operator(Base):
    """操作员: one account per person, never shared; disabled at departure, never deleted."""

    __tablename__ = "operators"
    __record_name__ = "操作员"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    roles: Mapped[frozenset[Role]] = mapped_column(RoleSet)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
