"""恢复演练: a backup brought back with the paper sheet, looked at, and taken away again.

Everything happens encrypted beside the vault; the live register is not touched but for the entry
that a drill was held.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from app.models.vocabulary import Role
from app.services.clock import now, today
from app.services.errors import BackupPassword, RecoveryCodeForeign
from app.services.progress import Work
from app.services.register.ledger import Moment
from app.services.register.students import Scope as Everyone
from app.services.register.students import StudentRow, student_rows
from app.services.vault import audit, places
from app.services.vault.audit import Anchor
from app.services.vault.backup import Manifest, copy_files, verify_backup
from app.services.vault.copies import demand_room
from app.services.vault.database import CORE_FILE, Database
from app.services.vault.media import MEDIA_FILE, MediaStore
from app.services.vault.recovery import RecoveryCode
from app.services.vault.safekeeping import DRILLED
from app.services.vault.vault import Vault, claim, discard_folder

#: Students drawn at random, to be compared with their paper cards.
DRAWN: Final = 5
_SCRATCH: Final = ".演练"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a drill found: the backup, its contents, and whom to compare with paper."""

    source: Path
    manifest: Manifest
    held_at: datetime
    operator: str
    students: int
    pictures: int
    drawn: tuple[StudentRow, ...]
    findings: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the backup opened with the sheet and all of it was sound."""
        return not self.findings


def rehearse(vault: Vault, source: Path, code: RecoveryCode) -> Work[Rehearsal]:
    """Restore `source` with the recovery code into a scratch folder, verify it, draw students.

    Raises NoBackup, RecoveryCodeForeign for the sheet of another key. What the drill finds wrong
    with the backup is in the answer, and in the log.
    """
    vault.actor.require(Role.SYSTEM)
    key = code.key()
    try:
        checked = yield from verify_backup(source, key)
    except BackupPassword as error:
        raise RecoveryCodeForeign from error
    findings = list(checked.findings)
    manifest = checked.manifest
    students = pictures = 0
    drawn: tuple[StudentRow, ...] = ()
    if checked.sound:
        with _scratch(vault) as folder:
            demand_room(folder, checked.bytes)
            yield from copy_files(source, folder, manifest)
            database = Database(folder / CORE_FILE, key)
            media = MediaStore(folder / MEDIA_FILE, key)
            try:
                anchor = Anchor(manifest.head.seq, manifest.head.hash, "备份清单")
                report = yield from audit.verify(database, [anchor])
                findings += [finding.sentence for finding in report.findings]
                findings += yield from media.verify()
                with database.read() as session:
                    everyone = student_rows(session, Moment(today()), Everyone())
                students, pictures = len(everyone), media.count()
                chance = random.SystemRandom()
                drawn = tuple(chance.sample(everyone, min(DRAWN, len(everyone))))
            finally:
                database.dispose()
                media.dispose()
    done = Rehearsal(
        source=source,
        manifest=manifest,
        held_at=now(),
        operator=vault.actor.name,
        students=students,
        pictures=pictures,
        drawn=drawn,
        findings=tuple(findings),
    )
    _log(vault, done)
    return done


def _log(vault: Vault, done: Rehearsal) -> None:
    """A drill that failed is logged as such and does not count as one."""
    action = DRILLED if done.passed else f"{DRILLED}未通过"
    detail = {
        "文件夹": done.source.name,
        "链头": done.manifest.head.short,
        "密钥": done.manifest.key_id,
        "问题": list(done.findings),
    }
    with vault.database.write(vault.actor, action) as session:
        audit.event(session, action, detail=detail)


@contextmanager
def _scratch(vault: Vault) -> Iterator[Path]:
    """A folder beside the vault that is gone afterwards; one that a killed drill left, too."""
    folder = vault.folder.absolute().with_name(vault.folder.name + _SCRATCH)
    places.demand_fixed(folder)
    if folder.exists():
        discard_folder(folder)
    lock = claim(folder)
    try:
        yield folder
    finally:
        lock.release()
        discard_folder(folder)
