"""A file that leaves the program and the record of it: both, or neither; and what it is called."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final

from sqlalchemy.orm import Session

from app.services.files import asked_for, put_in_place, write_new
from app.services.vault.audit import Actor
from app.services.vault.database import Database

_NOT_IN_NAMES: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
_LONGEST: Final = 80
_RESERVED: Final = re.compile(r"(CON|PRN|AUX|NUL|COM\d|LPT\d)", re.IGNORECASE)


def file_name(scope: str, paper: str, day: date, ending: str) -> str:
    """A name for a file, such as 2023级在校生名册_20260915.xlsx; every system takes it."""
    stem = _NOT_IN_NAMES.sub("_", f"{scope}{paper}").strip(" ._")[:_LONGEST]
    if not stem or _RESERVED.fullmatch(stem):
        stem = f"表_{stem}".rstrip("_")
    return f"{stem}_{day:%Y%m%d}{ending}"


def another_name(path: Path) -> Path:
    """The next name beside this one that is free: 名册(2).xlsx."""
    number = 2
    while True:
        candidate = path.with_name(f"{path.stem}({number}){path.suffix}")
        if not candidate.exists():
            return candidate
        number += 1


@contextmanager
def exported(
    database: Database,
    actor: Actor,
    action: str,
    reason: str,
    target: Path,
    content: bytes | BinaryIO,
) -> Iterator[Session]:
    """A unit of work for the record of an export; `target` is written as its last step.

    The content is given, or was written into the part of `target` (see files.part_of). A file
    that cannot be written leaves no record, a record that cannot be kept no file.
    """
    written = False
    try:
        with database.write(actor, action, reason) as session:
            yield session
            session.flush()
            if isinstance(content, bytes):
                write_new(target, content)
            else:
                with asked_for(target):
                    put_in_place(content, target)
            written = True
    except BaseException:
        if written:
            target.unlink(missing_ok=True)
        raise
