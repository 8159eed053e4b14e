"""Steps from one released schema to the next; each runs in one transaction.

`SCHEMA_REVISION` is the newest; a register that names another one is upgraded or, when it is
newer than the program, refused.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

SCHEMA_REVISION: Final = "0008"


def schema_revision(connection: Connection) -> str | None:
    """Revision that the register names, None for one without tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(
        text("SELECT version_num FROM alembic_version")
    ).scalar()
    return revision


def upgrade(connection: Connection) -> None:
    """Bring the register that `connection` holds to SCHEMA_REVISION."""
    from alembic import command  # imported here: it costs half a second that a current
    from alembic.config import Config  # register need not pay

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, SCHEMA_REVISION)
