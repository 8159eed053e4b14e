"""The register that the migrations make is the one that the models describe."""

from alembic.autogenerate import compare_metadata
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
