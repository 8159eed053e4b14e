"""The folded ledger beside the students."""

import sqlalchemy as sa
from alembic import op

from app.models.standing import KEEP_FOLDED, REFOLD

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """The folded ledger beside the students."""
    op.create_table(
        "standings",
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=True),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("major_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_standings_student_id_students")
        ),
        sa.PrimaryKeyConstraint("student_id", "since", name=op.f("pk_standings")),
        sqlite_with_rowid=False,
    )
    for statement in (*REFOLD, *KEEP_FOLDED):
        op.execute(statement)
