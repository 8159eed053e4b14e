"""Alembic's entry: runs on the connection that it is handed and never opens one itself."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from app.models.schema import Base


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our own column types as what is stored, so that an old step never needs new code."""
    if kind == "type" and isinstance(item, sa.types.TypeDecorator):
        item = item.impl_instance
    if kind == "type" and isinstance(item, sa.String) and item.length:  # sa.Enum is one
        return f"sa.String(length={item.length})"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_item=render_item,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
