"""The register that the migrations make is the one that the models describe."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from app.models import migrations
from app.models.schema import Base


def test_upgraded_schema_equals_the_models() -> None:
    with create_engine("sqlite://").connect() as connection:
        migrations.upgrade(connection)
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []
        assert migrations.schema_revision(connection) == migrations.SCHEMA_REVISION


def test_the_log_is_append_only_from_the_first_schema_on() -> None:
    with create_engine("sqlite://").connect() as connection:
        migrations.upgrade(connection)
        triggers = connection.scalars(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ).all()
    assert {"audit_entries_append", "audit_entries_no_update", "audit_entries_no_delete"} <= {
        *triggers
    }


def test_the_newest_step_is_the_one_the_program_asks_for() -> None:
    folder = migrations.__file__.rsplit("/", 1)[0]
    assert ScriptDirectory(folder).get_current_head() == migrations.SCHEMA_REVISION


def test_every_foreign_key_names_its_table() -> None:
    with create_engine("sqlite://").connect() as connection:
        migrations.upgrade(connection)
        inspector = inspect(connection)
        for table in inspector.get_table_names():
            for key in inspector.get_foreign_keys(table):
                assert key["name"].startswith(f"fk_{table}_")


def test_papers_of_an_older_register_survive_the_step_to_cases() -> None:
    config = Config()
    config.set_main_option("script_location", migrations.__file__.rsplit("/", 1)[0])
    with create_engine("sqlite://").connect() as connection:
        config.attributes["connection"] = connection
        connection.execute(text("PRAGMA foreign_keys = ON"))
        connection.commit()
        command.upgrade(config, "0002")
        for statement in _OLD_PAPERS:
            connection.execute(text(statement))
        connection.commit()
        migrations.upgrade(connection)
        paper = connection.execute(text("SELECT kind, entry_id, case_id FROM evidence")).one()
        assert paper == ("诊断证明", 1, None)
        signed = connection.execute(text("SELECT signatory, entry_id FROM signatures")).one()
        assert signed == ("学生", 1)
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


_OLD_PAPERS = (
    "INSERT INTO operators VALUES (1, '某', '录入', 1, '2026-09-01')",
    "INSERT INTO cohorts VALUES (2026, '2026-09-01')",
    "INSERT INTO students (id, cohort_year, name, reading, search_keys, recorded_at)"
    " VALUES (1, 2026, '某', '', '', '2026-09-01')",
    "INSERT INTO ledger (id, student_id, kind, effective_date, recorded_at, reason, operator_id)"
    " VALUES (1, 1, '休学', '2026-10-01', '2026-10-01', '', 1)",
    "INSERT INTO evidence (student_id, entry_id, kind, source_name, recorded_at)"
    " VALUES (1, 1, '诊断证明', '', '2026-10-01')",
    "INSERT INTO signatures (student_id, entry_id, signatory, operator_id, recorded_at)"
    " VALUES (1, 1, '学生', 1, '2026-10-01')",
)
