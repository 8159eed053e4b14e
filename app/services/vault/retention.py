"""Which backups stay when old ones are thinned out, and thinning them without a risk.

Of each of the last seven days that have one, five weeks and twelve months the newest stays, and
of every year for ever. Nothing is removed while the clock is doubted, and only beside a copy that
was checked a moment ago; what is damaged, of another vault or under another key is left alone.
"""

import shutil
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from app.services.clock import now
from app.services.errors import NoBackup
from app.services.files import sync_folder
from app.services.progress import Step, Work
from app.services.vault.backup import NAME, BackupReport, Manifest
from app.services.vault.keys import KEYS_FILE
from app.services.vault.vault import Vault

DAYS: Final = 7
WEEKS: Final = 5
MONTHS: Final = 12

_PERIODS: Final[tuple[tuple[Callable[[datetime], object], int | None], ...]] = (
    (lambda made: made.date(), DAYS),
    (lambda made: made.isocalendar()[:2], WEEKS),
    (lambda made: (made.year, made.month), MONTHS),
    (lambda made: made.year, None),
)


@dataclass(frozen=True, slots=True)
class Held:
    """A backup of this vault in a folder; `whole`: its files have the sizes of its manifest."""

    folder: Path
    manifest: Manifest
    whole: bool


def staying(made: Iterable[datetime]) -> set[datetime]:
    """Of backups made at these times, those that stay."""
    newest_first = sorted(made, reverse=True)
    stay: set[datetime] = set()
    for period, count in _PERIODS:
        seen: set[object] = set()
        for moment in newest_first:
            if period(moment) not in seen and (count is None or len(seen) < count):
                seen.add(period(moment))
                stay.add(moment)
    return stay


def held(folder: Path, vault_id: str) -> list[Held]:
    """The backups of a vault in a folder, newest first; none when the folder is not at hand."""
    found = []
    for place in folder.glob(f"{NAME}-*"):
        if place.suffix == ".part":
            continue
        try:
            manifest = Manifest.of(place)
        except NoBackup:
            continue
        if manifest.vault_id == vault_id:
            found.append(Held(place, manifest, _whole(place, manifest)))
    return sorted(found, key=lambda each: each.manifest.made, reverse=True)


def thin(
    vault: Vault, checked: BackupReport, damaged: Collection[str] = ()
) -> Work[tuple[Path, ...]]:
    """Remove backups beside `checked`, which was just verified, that need not stay.

    `damaged` are names of backups that a check found wanting: they stand for nothing.
    """
    if vault.clock_doubt or not checked.sound:
        return ()
    everything = held(checked.folder.parent, vault.vault_id)
    if any(each.manifest.made > now() + timedelta(hours=1) for each in everything):
        return ()
    sound = [
        each
        for each in everything
        if each.whole and each.folder.name not in damaged and each.manifest.authentic(vault.key)
    ]
    stay = staying(each.manifest.made.astimezone() for each in sound)
    gone = [
        each.folder
        for each in sound
        if each.manifest.made.astimezone() not in stay and each.folder != checked.folder
    ]
    for done, folder in enumerate(gone):
        yield Step(done, len(gone), f"清理旧备份 {folder.name}")
        _remove(folder)
    return tuple(gone)


def _whole(folder: Path, manifest: Manifest) -> bool:
    try:
        return all(
            (folder / name).stat().st_size == file["size"] for name, file in manifest.files.items()
        )
    except OSError:
        return False


def _remove(folder: Path) -> None:
    """No backup any more before the first byte goes; the slot file last, so a rest is known."""
    part = folder.rename(folder.with_name(folder.name + ".part"))
    sync_folder(part.parent)
    for path in part.iterdir():
        if path.name != KEYS_FILE:
            path.unlink()
    shutil.rmtree(part)
