"""Terms, sealed head-counts, check sheets."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Terms, sealed head-counts, check sheets."""
    op.create_table(
        "terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("begin_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
        sa.UniqueConstraint("name", name=op.f("uq_terms_name")),
    )
    op.create_table(
        "headcount_seals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("begin_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.Column("base", sa.String(length=32), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("sealed_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_headcount_seals_operator_id_operators")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_headcount_seals")),
    )
    op.create_table(
        "check_sheets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.String(length=32), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["class_id"], ["class_groups.id"], name=op.f("fk_check_sheets_class_id_class_groups")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_check_sheets_operator_id_operators")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_sheets")),
        sa.UniqueConstraint("code", name=op.f("uq_check_sheets_code")),
    )
    op.create_table(
        "platform_counts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_id"], ["class_groups.id"], name=op.f("fk_platform_counts_class_id_class_groups")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_platform_counts_operator_id_operators")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_counts")),
    )
    op.create_index(op.f("ix_platform_counts_class_id"), "platform_counts", ["class_id"])

    op.create_table(
        "term_registrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("term_id", sa.Integer(), nullable=False),
        sa.Column("arrival", sa.String(length=32), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("fk_term_registrations_operator_id_operators"),
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_term_registrations_student_id_students")
        ),
        sa.ForeignKeyConstraint(
            ["term_id"], ["terms.id"], name=op.f("fk_term_registrations_term_id_terms")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term_registrations")),
    )
    op.create_index(op.f("ix_term_registrations_student_id"), "term_registrations", ["student_id"])
    op.create_index("ix_term_registrations_term", "term_registrations", ["term_id", "student_id"])

    op.create_table(
        "checked_students",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sheet_id"],
            ["check_sheets.id"],
            name=op.f("fk_checked_students_sheet_id_check_sheets"),
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_checked_students_student_id_students")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checked_students")),
        sa.UniqueConstraint(
            "sheet_id", "student_id", name=op.f("uq_checked_students_sheet_id_student_id")
        ),
    )
    op.create_index(op.f("ix_checked_students_sheet_id"), "checked_students", ["sheet_id"])
