"""Changing the data key without ever standing between two keys.

Both databases are copied under the new key beside the old ones and checked; then the slot file
takes both keys, each under the other; then the files are exchanged; at the first opening that
succeeds the old key is dropped. Stopped before the slot file, the old key is still the only one;
stopped later, whoever opens with either key brings it to the end.
"""

from pathlib import Path
from typing import Final

from app.services.errors import (
    RegisterDamaged,
    RegisterEmpty,
    RegisterMissing,
    RotationUnfinished,
)
from app.services.files import sync_folder
from app.services.progress import Work
from app.services.vault.copies import DATABASES, contents, demand_room, size, take
from app.services.vault.database import checkpoint, open_keyed, snapshot

_NEW: Final = ".new"


def prepare(folder: Path, old: bytes, new: bytes) -> Work[None]:
    """Copy both databases under the new key beside them; whatever stops it, no part stays.

    Nobody may write from here to `settle`; a write meanwhile would be lost, so it is refused.
    """
    try:
        held = {}
        for name, application_id in DATABASES.items():
            with snapshot(folder / name, old, application_id) as taken:
                demand_room(folder, size(taken))
                held[name] = yield from take(taken, folder / f"{name}{_NEW}", new, application_id)
        sync_folder(folder)
        for name, application_id in DATABASES.items():
            with snapshot(folder / name, old, application_id) as now:
                if contents(now) != held[name]:
                    raise RuntimeError(f"{name} was written while its key was changed")
    except BaseException:
        tidy(folder)
        raise


def settle(folder: Path, old: bytes, new: bytes) -> bytes:
    """Put the new files in their places; answers the key that is in force then.

    That is the old one if the new files are not all there. Raises RotationUnfinished when a file
    cannot be exchanged now; calling it again goes on where it stopped. Nothing is removed unless
    all files open with one of the keys.
    """
    try:
        if not all(_at_hand(folder / name, new, kind) for name, kind in DATABASES.items()):
            for name, application_id in DATABASES.items():
                open_keyed(folder / name, old, application_id=application_id).close()
            tidy(folder)
            return old
        for name, application_id in DATABASES.items():
            path = folder / name
            made = folder / f"{name}{_NEW}"
            if made.exists():
                _empty_log(path, old, application_id)
                made.replace(path)
                sync_folder(folder)
    except OSError as error:
        raise RotationUnfinished(reason=error.strerror or error) from error
    return new


def tidy(folder: Path) -> bool:
    """Remove new files that no slot file speaks of; whether there were any."""
    leftovers = [path for name in DATABASES for path in folder.glob(f"{name}{_NEW}*")]
    for leftover in leftovers:
        leftover.unlink()
    return bool(leftovers)


def _at_hand(path: Path, key: bytes, application_id: int) -> bool:
    """Whether the database is under the key already, or its new file is ready."""
    return _opens(path, key, application_id) or _opens(
        path.with_name(path.name + _NEW), key, application_id, sealed=True
    )


def _opens(path: Path, key: bytes, application_id: int, *, sealed: bool = False) -> bool:
    try:
        open_keyed(path, key, application_id=application_id, sealed=sealed).close()
    except (RegisterMissing, RegisterEmpty, RegisterDamaged):
        return False  # a disk that refuses just now proves nothing and is not caught
    return True


def _empty_log(path: Path, key: bytes, application_id: int) -> None:
    """Nothing of the old file may lie beside the new one, which would read it as its own log."""
    checkpoint(path, key, application_id)
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
