"""A file that leaves the program and the record of it: both, or neither."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.orm import Session

from app.services.files import write_new
from app.services.vault.audit import Actor
from app.services.vault.database import Database


@contextmanager
def exported(
    database: Database, actor: Actor, action: str, reason: str, target: Path, content: bytes
) -> Iterator[Session]:
    """A unit of work for the record of an export; `target` is written as its last step.

    A file that cannot be written leaves no record, a record that cannot be kept no file.
    """
    written = False
    try:
        with database.write(actor, action, reason) as session:
            yield session
            session.flush()
            write_new(target, content)
            written = True
    except BaseException:
        if written:
            target.unlink(missing_ok=True)
        raise
