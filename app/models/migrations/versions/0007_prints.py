"""What is known of a printing: the day of its content, the printer, which pages."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """What is known of a printing: the day of its content, the printer, which pages."""
    with op.batch_alter_table("printed_sheets") as table:
        table.add_column(sa.Column("as_of", sa.Date(), nullable=True))
        table.add_column(sa.Column("printer", sa.String(), nullable=True))
        table.add_column(sa.Column("pages", sa.String(), nullable=True))
