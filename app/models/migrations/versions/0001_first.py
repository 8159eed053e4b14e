"""The first schema."""

import sqlalchemy as sa
from alembic import op

from app.models.audit import APPEND_ONLY

revision = "0001"
down_revision = None


def upgrade() -> None:
    """The first schema."""
    op.create_table(
        "cohorts",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_date", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_cohorts")),
    )
    op.create_table(
        "departments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departments")),
        sa.UniqueConstraint("name", name=op.f("uq_departments_name")),
    )
    op.create_table(
        "learned_headers",
        sa.Column("header", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("header", name=op.f("pk_learned_headers")),
    )
    op.create_table(
        "operators",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("roles", sa.String(length=64), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operators")),
        sa.UniqueConstraint("name", name=op.f("uq_operators_name")),
    )
    op.create_table(
        "settings",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_settings")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("operator_name", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("record", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("alg", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_audit_entries_operator_id_operators")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entries")),
    )
    op.create_index(
        "ix_audit_entries_record", "audit_entries", ["record", "record_id"], unique=False
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("source_name", sa.String(), nullable=False),
        sa.Column("source_sha256", sa.String(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("undone_at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_batches_operator_id_operators")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_table(
        "discs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("cohort_year", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_year"], ["cohorts.year"], name=op.f("fk_discs_cohort_year_cohorts")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_discs_operator_id_operators")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discs")),
    )
    op.create_table(
        "majors",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("short_name", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("years", sa.String(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_majors_department_id_departments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_majors")),
        sa.UniqueConstraint("name", name=op.f("uq_majors_name")),
    )
    op.create_table(
        "class_groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("cohort_year", sa.Integer(), nullable=False),
        sa.Column("major_id", sa.Integer(), nullable=True),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("head_teacher", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_year"], ["cohorts.year"], name=op.f("fk_class_groups_cohort_year_cohorts")
        ),
        sa.ForeignKeyConstraint(
            ["major_id"], ["majors.id"], name=op.f("fk_class_groups_major_id_majors")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_groups")),
        sa.UniqueConstraint("cohort_year", "name", name=op.f("uq_class_groups_cohort_year_name")),
    )
    op.create_table(
        "students",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort_year", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("exam_number", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("reading", sa.String(), nullable=False),
        sa.Column("search_keys", sa.String(), nullable=False),
        sa.Column("sex", sa.String(length=32), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("id_type", sa.String(), nullable=True),
        sa.Column("id_number", sa.String(), nullable=True),
        sa.Column("ethnic_group", sa.String(), nullable=True),
        sa.Column("political_status", sa.String(), nullable=True),
        sa.Column("former_name", sa.String(), nullable=True),
        sa.Column("native_place", sa.String(), nullable=True),
        sa.Column("source_place", sa.String(), nullable=True),
        sa.Column("household_type", sa.String(), nullable=True),
        sa.Column("household_address", sa.String(), nullable=True),
        sa.Column("home_address", sa.String(), nullable=True),
        sa.Column("postcode", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("health", sa.String(), nullable=True),
        sa.Column("origin_school", sa.String(), nullable=True),
        sa.Column("exam_score", sa.String(), nullable=True),
        sa.Column("level", sa.String(), nullable=True),
        sa.Column("study_form", sa.String(), nullable=True),
        sa.Column("years", sa.String(), nullable=True),
        sa.Column("entry_date", sa.Date(), nullable=True),
        sa.Column("expected_graduation", sa.Date(), nullable=True),
        sa.Column("remark", sa.String(), nullable=True),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("voided_at", sa.String(length=32), nullable=True),
        sa.Column("void_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_students_batch_id_batches")
        ),
        sa.ForeignKeyConstraint(
            ["cohort_year"], ["cohorts.year"], name=op.f("fk_students_cohort_year_cohorts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_students")),
    )
    op.create_index("ix_students_cohort", "students", ["cohort_year"], unique=False)
    op.create_index(
        "uq_students_exam_number",
        "students",
        ["exam_number"],
        unique=True,
        sqlite_where=sa.text("voided_at IS NULL"),
    )
    op.create_index(
        "uq_students_id_number",
        "students",
        ["id_number"],
        unique=True,
        sqlite_where=sa.text("voided_at IS NULL"),
    )
    op.create_index(
        "uq_students_number",
        "students",
        ["number"],
        unique=True,
        sqlite_where=sa.text("voided_at IS NULL"),
    )
    op.create_table(
        "field_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("old", sa.String(), nullable=True),
        sa.Column("new", sa.String(), nullable=True),
        sa.Column("effective_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_field_changes_batch_id_batches")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_field_changes_operator_id_operators")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_field_changes_student_id_students")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_changes")),
    )
    op.create_index(
        "ix_field_changes_student", "field_changes", ["student_id", "field"], unique=False
    )
    op.create_table(
        "guardians",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=True),
        sa.Column("political_status", sa.String(), nullable=True),
        sa.Column("employer", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_guardians_student_id_students")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardians")),
    )
    op.create_index(op.f("ix_guardians_student_id"), "guardians", ["student_id"], unique=False)
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("effective_date", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("from_status", sa.String(length=32), nullable=True),
        sa.Column("to_status", sa.String(length=32), nullable=True),
        sa.Column("from_class_id", sa.Integer(), nullable=True),
        sa.Column("to_class_id", sa.Integer(), nullable=True),
        sa.Column("from_major_id", sa.Integer(), nullable=True),
        sa.Column("to_major_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_ledger_batch_id_batches")
        ),
        sa.ForeignKeyConstraint(
            ["from_class_id"],
            ["class_groups.id"],
            name=op.f("fk_ledger_from_class_id_class_groups"),
        ),
        sa.ForeignKeyConstraint(
            ["from_major_id"], ["majors.id"], name=op.f("fk_ledger_from_major_id_majors")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_ledger_operator_id_operators")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["ledger.id"], name=op.f("fk_ledger_reverses_id_ledger")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_ledger_student_id_students")
        ),
        sa.ForeignKeyConstraint(
            ["to_class_id"], ["class_groups.id"], name=op.f("fk_ledger_to_class_id_class_groups")
        ),
        sa.ForeignKeyConstraint(
            ["to_major_id"], ["majors.id"], name=op.f("fk_ledger_to_major_id_majors")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
    )
    op.create_index(op.f("ix_ledger_reverses_id"), "ledger", ["reverses_id"], unique=False)
    op.create_index(
        "ix_ledger_student", "ledger", ["student_id", "effective_date", "id"], unique=False
    )
    op.create_table(
        "photos",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("card_sha256", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("source_name", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_photos_batch_id_batches")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_photos_student_id_students")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photos")),
    )
    op.create_index(op.f("ix_photos_student_id"), "photos", ["student_id"], unique=False)
    op.create_table(
        "printed_sheets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("form_version", sa.String(), nullable=False),
        sa.Column("format", sa.String(length=32), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=True),
        sa.Column("cohort_year", sa.Integer(), nullable=True),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_year"], ["cohorts.year"], name=op.f("fk_printed_sheets_cohort_year_cohorts")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_printed_sheets_operator_id_operators")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_printed_sheets_student_id_students")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printed_sheets")),
    )
    op.create_index(op.f("ix_printed_sheets_code"), "printed_sheets", ["code"], unique=False)
    op.create_index(
        op.f("ix_printed_sheets_cohort_year"), "printed_sheets", ["cohort_year"], unique=False
    )
    op.create_index(
        op.f("ix_printed_sheets_student_id"), "printed_sheets", ["student_id"], unique=False
    )
    op.create_table(
        "schooling",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("witness", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_schooling_student_id_students")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schooling")),
    )
    op.create_index(op.f("ix_schooling_student_id"), "schooling", ["student_id"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("field_change_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("source_name", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger.id"], name=op.f("fk_evidence_entry_id_ledger")
        ),
        sa.ForeignKeyConstraint(
            ["field_change_id"],
            ["field_changes.id"],
            name=op.f("fk_evidence_field_change_id_field_changes"),
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_evidence_student_id_students")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index(op.f("ix_evidence_entry_id"), "evidence", ["entry_id"], unique=False)
    op.create_index(
        op.f("ix_evidence_field_change_id"), "evidence", ["field_change_id"], unique=False
    )
    op.create_index(op.f("ix_evidence_student_id"), "evidence", ["student_id"], unique=False)
    op.create_table(
        "signatures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("signatory", sa.String(length=32), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger.id"], name=op.f("fk_signatures_entry_id_ledger")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_signatures_operator_id_operators")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_signatures_student_id_students")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signatures")),
    )
    op.create_index(op.f("ix_signatures_entry_id"), "signatures", ["entry_id"], unique=False)
    op.create_index(op.f("ix_signatures_student_id"), "signatures", ["student_id"], unique=False)
    for statement in APPEND_ONLY:
        op.execute(statement)
