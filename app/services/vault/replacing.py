"""Restoring over a vault: into a scratch place first, then the live files are moved aside."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.services.clock import now
from app.services.errors import (
    FolderUnwritable,
    KeysDamaged,
    KeysMissing,
    NothingAside,
    VaultMissing,
)
from app.services.files import sync_folder
from app.services.progress import Work
from app.services.vault.aside import ASIDE, asides_of, ready_beside
from app.services.vault.backup import Restored, restore
from app.services.vault.database import CORE_FILE
from app.services.vault.keys import KeyStore
from app.services.vault.lock import VaultLock
from app.services.vault.vault import discard_folder

_BACK: Final = "撤回的恢复"


@dataclass(frozen=True, slots=True)
class Replaced:
    """A vault that took the place of another; `aside` is where that one lies, untouched.

    `behind`: entries of the log that the live vault had beyond the backup, None when unknown.
    """

    restored: Restored
    aside: Path
    behind: int | None


def replace_vault(
    source: Path, folder: Path, password: str, operator: str | None = None
) -> Work[Replaced]:
    """Restore a backup in the place of the vault in `folder`, which must be closed.

    The backup is restored and verified beside it; only then are the folders exchanged. Whatever
    stops it before, the live vault is untouched; stopped between the two renames, doing it again
    goes on.
    """
    ready, asides = ready_beside(folder), asides_of(folder)
    if not folder.exists() and not (ready.exists() and asides):
        raise VaultMissing(path=folder)
    seen = _last_seq(folder if folder.exists() else asides[-1])
    if folder.exists():
        VaultLock(folder).release()  # refuses while somebody is in
    if ready.exists():
        discard_folder(ready)
    restored = yield from restore(source, ready, password, operator)
    aside = _free_name(folder, ASIDE) if folder.exists() else asides[-1]
    if folder.exists():
        VaultLock(folder).release()
    _exchange(folder, aside, ready)
    behind = None if seen is None else max(seen - restored.manifest.head.seq, 0)
    return Replaced(restored, aside, behind)


def put_back(folder: Path, aside: Path) -> Path:
    """Undo a restore: the vault that was moved aside takes its place again.

    Answers where the restored one went.
    """
    marked = aside.name.startswith(folder.name + ASIDE) and aside.parent == folder.parent
    if not marked or not (aside / CORE_FILE).exists():
        raise NothingAside(aside=aside)
    if folder.exists():
        VaultLock(folder).release()
    VaultLock(aside).release()
    gone = _free_name(folder, f".{_BACK}")
    _exchange(folder, gone, aside)
    return gone


def _exchange(folder: Path, aside: Path, coming: Path) -> None:
    """`folder` becomes `aside`, `coming` becomes `folder`; both or neither unless power fails."""
    try:
        moved = folder.exists()
        if moved:
            folder.rename(aside)
        try:
            coming.rename(folder)
        except OSError:
            if moved:
                aside.rename(folder)
            raise
        sync_folder(folder.parent)
    except OSError as error:
        raise FolderUnwritable(path=folder, reason=error.strerror or error) from error


def _free_name(folder: Path, what: str) -> Path:
    stamp = f"{now():%Y%m%d-%H%M%S}"
    place, more = folder.with_name(f"{folder.name}{what}-{stamp}"), 1
    while place.exists():
        more += 1
        place = folder.with_name(f"{folder.name}{what}-{stamp}-{more}")
    return place


def _last_seq(folder: Path) -> int | None:
    try:
        slot_file, _ = KeyStore(folder).load()
    except (KeysMissing, KeysDamaged):
        return None
    return slot_file.high_water.seq
