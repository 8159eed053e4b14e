"""Applications, conduct, problems, voided records."""

import sqlalchemy as sa
from alembic import op

from app.models.problems import IRREMOVABLE

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Applications, conduct, problems, voided records."""
    op.create_table(
        "applications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("consent", sa.String(length=32), nullable=True),
        sa.Column("witness", sa.String(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_applications_operator_id_operators")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_applications_student_id_students")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
    )
    op.create_index(op.f("ix_applications_student_id"), "applications", ["student_id"])

    op.create_table(
        "problems",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=True),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("found_by", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.Column("reported_to", sa.String(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("settled_how", sa.String(), nullable=True),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_problems_operator_id_operators")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_problems_student_id_students")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problems")),
    )
    op.create_index(op.f("ix_problems_student_id"), "problems", ["student_id"])

    op.create_table(
        "punishments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.Column("statement", sa.String(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("document_number", sa.String(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("served_on", sa.Date(), nullable=True),
        sa.Column("served_how", sa.String(length=32), nullable=True),
        sa.Column("appealed_on", sa.Date(), nullable=True),
        sa.Column("appeal_result", sa.String(), nullable=True),
        sa.Column("lifted_on", sa.Date(), nullable=True),
        sa.Column("lift_document", sa.String(), nullable=True),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("voided_at", sa.String(length=32), nullable=True),
        sa.Column("void_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_punishments_operator_id_operators")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_punishments_student_id_students")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_punishments")),
    )
    op.create_index(op.f("ix_punishments_student_id"), "punishments", ["student_id"])

    op.create_table(
        "rewards",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("awarded_by", sa.String(), nullable=False),
        sa.Column("awarded_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("document_number", sa.String(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("voided_at", sa.String(length=32), nullable=True),
        sa.Column("void_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_rewards_operator_id_operators")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_rewards_student_id_students")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rewards")),
    )
    op.create_index(op.f("ix_rewards_student_id"), "rewards", ["student_id"])

    op.create_table(
        "voidings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("confirmed_by", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.String(length=32), nullable=True),
        sa.Column("dropped_at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["operators.id"], name=op.f("fk_voidings_confirmed_by_operators")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_voidings_operator_id_operators")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_voidings_student_id_students")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voidings")),
    )
    op.create_index(op.f("ix_voidings_student_id"), "voidings", ["student_id"])

    op.create_table(
        "letters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("punishment_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("addressee", sa.String(), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("return_reason", sa.String(), nullable=True),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_letters_operator_id_operators")
        ),
        sa.ForeignKeyConstraint(
            ["punishment_id"], ["punishments.id"], name=op.f("fk_letters_punishment_id_punishments")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_letters_student_id_students")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
    )
    op.create_index(op.f("ix_letters_punishment_id"), "letters", ["punishment_id"])
    op.create_index(op.f("ix_letters_student_id"), "letters", ["student_id"])

    with op.batch_alter_table("evidence") as batch_op:
        batch_op.add_column(sa.Column("application_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("reward_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("punishment_id", sa.Integer(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_evidence_application_id"), ["application_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_evidence_punishment_id"), ["punishment_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_evidence_reward_id"), ["reward_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_evidence_application_id_applications"),
            "applications",
            ["application_id"],
            ["id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_evidence_reward_id_rewards"), "rewards", ["reward_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_evidence_punishment_id_punishments"),
            "punishments",
            ["punishment_id"],
            ["id"],
        )

    with op.batch_alter_table("signatures") as batch_op:
        batch_op.add_column(sa.Column("application_id", sa.Integer(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_signatures_application_id"), ["application_id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_signatures_application_id_applications"),
            "applications",
            ["application_id"],
            ["id"],
        )
    for statement in IRREMOVABLE:
        op.execute(statement)
