"""Backups: whole copies of a vault on another disk, and bringing one back.

A backup is a folder of the two databases in DELETE mode, so that it opens where nothing can be
written, of the slot file of that time, and of a manifest that says what all of it must be. It
counts, and gets its name, only once the copies were opened with the key and compared.
"""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from app import __version__
from app.models import migrations
from app.models.student import Student
from app.models.vocabulary import Role
from app.services.clock import now
from app.services.errors import (
    BackupDamaged,
    BackupInsideVault,
    BackupNotWritten,
    BackupPassword,
    CopyUnsound,
    DiskFailed,
    DiskFull,
    FolderNotEmpty,
    NoBackup,
    RestoreNotWritten,
    VaultError,
)
from app.services.files import make_folder, sync_folder, write_whole
from app.services.progress import Step, Work
from app.services.vault import audit, places
from app.services.vault.audit import Head
from app.services.vault.copies import DATABASES, Contents, demand_room, faults, size, take
from app.services.vault.database import CORE_FILE, CORE_ID, MEDIA_ID, Database, snapshot
from app.services.vault.keys import KEYS_FILE, KeyStore, key_id, seal_text
from app.services.vault.media import MEDIA_FILE
from app.services.vault.places import DriveKind
from app.services.vault.vault import Vault, claim, finished

MANIFEST_FILE: Final = "manifest.json"
NAME: Final = "学籍备份"

_FORMAT, _VERSION = "xueji-backup", 1
_PURPOSE: Final = b"xueji backup manifest"
_PIECE: Final = 8 << 20  # bytes read at once
_PLACES: Final = {
    DriveKind.REMOVABLE: "“{folder}”在移动存储设备上：请登记这次使用，备份后拔下，由专人保管。",
    DriveKind.NETWORK: "“{folder}”在网络驱动器上：备份已加密，但请确认这个位置归学校管理。",
    DriveKind.UNKNOWN: "不能确定“{folder}”在哪一种磁盘上，请人工确认它归学校管理。",
}
_SAME_DISK: Final = "备份与学籍库在同一块磁盘上，磁盘坏了会一起丢失。请再备份一份到另一块磁盘。"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup must be; signed with its key."""

    vault_id: str
    key_id: str
    school: str
    made_at: str  # ISO-8601 with offset
    operator: str
    program: str
    schema: str
    cipher: str
    head: Head
    counts: Mapping[str, Mapping[str, int]]  # file → table → rows
    files: Mapping[str, Mapping[str, Any]]  # file → size, sha256
    mac: str = ""

    @property
    def made(self) -> datetime:
        """When the backup was begun."""
        return datetime.fromisoformat(self.made_at)

    @property
    def students(self) -> int:
        """How many people it holds."""
        return self.counts[CORE_FILE][Student.__tablename__]

    def held(self, name: str) -> Contents:
        """What the database of that name must hold."""
        return Contents(self.counts[name], self.head if name == CORE_FILE else None)

    def signed(self, key: bytes) -> "Manifest":
        """With the MAC of the backup's key."""
        return replace(self, mac=self._mac(key))

    def authentic(self, key: bytes) -> bool:
        """Whether whoever wrote it held the key."""
        return self.mac == self._mac(key)

    def _mac(self, key: bytes) -> str:
        body = {**asdict(self), "mac": ""}
        text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return seal_text(key, _PURPOSE, text.encode())

    def to_json(self) -> bytes:
        """The file, readable by eye."""
        content = {"format": _FORMAT, "version": _VERSION, **asdict(self)}
        return json.dumps(content, ensure_ascii=False, indent=1).encode()

    @classmethod
    def of(cls, folder: Path) -> "Manifest":
        """The manifest of a backup; raises NoBackup."""
        try:
            content = json.loads((folder / MANIFEST_FILE).read_bytes())
            if (content.pop("format"), content.pop("version")) != (_FORMAT, _VERSION):
                raise ValueError("not a manifest")
            manifest = cls(**{**content, "head": Head(**content["head"])})
            _ = manifest.made, manifest.students, [manifest.held(name) for name in DATABASES]
            if {name for name, file in manifest.files.items() if {*file} == {"size", "sha256"}} != {
                *DATABASES,
                KEYS_FILE,
            }:
                raise ValueError("other files than those of a backup")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise NoBackup(folder=folder) from error
        else:
            return manifest


@dataclass(frozen=True, slots=True)
class BackupReport:
    """A backup that was made, or one that was looked at: `findings` say what is wrong with it."""

    folder: Path
    manifest: Manifest
    findings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Nothing found."""
        return not self.findings

    @property
    def bytes(self) -> int:
        """Size of all its files but the manifest."""
        return sum(file["size"] for file in self.manifest.files.values())


@dataclass(frozen=True, slots=True)
class Restored:
    """A vault brought back: the backup it came from, who may open it, what to know.

    `findings` are those of the audit log: whole as the backup is, what was changed around the
    program before it was made is in it too.
    """

    folder: Path
    manifest: Manifest
    operators: tuple[str, ...]
    findings: tuple[str, ...]
    notices: tuple[str, ...]


# --- making -------------------------------------------------------------------------------


def back_up(vault: Vault, folder: Path) -> Work[BackupReport]:
    """Make a checked backup of an open vault in `folder`, which may be on any disk but the vault.

    Work may go on meanwhile; the backup is the register as it was when it began. Whatever stops
    it, no part stays.
    """
    vault.actor.require(Role.SYSTEM)
    return (yield from make(vault, folder, "备份"))


def make(vault: Vault, folder: Path, action: str, reason: str = "") -> Work[BackupReport]:
    """`back_up` whoever is at work, logged as `action`: for copies made by the program itself."""
    if folder.absolute().is_relative_to(vault.folder.absolute()):
        raise BackupInsideVault(folder=vault.folder)
    with _refusals(BackupNotWritten, folder):
        make_folder(folder)
        _clear_parts(vault, folder)
        with snapshot(vault.database.path, vault.key) as core:
            made_at = now()
            head = audit.head(core)
            made = folder / f"{NAME}-{made_at:%Y%m%d-%H%M%S}-{head.seq}"
            part = made.with_name(made.name + ".part")
            part.mkdir()
            with _removed_on_failure(part):
                manifest = yield from _write(vault, core, made_at, head, part)
                part.rename(made)
        with _removed_on_failure(made):
            sync_folder(folder)
            if wrong := (yield from _wrong_files(made, manifest)):
                raise CopyUnsound(finding="；".join(wrong.values()))
    notices = [*_place_notices(vault, folder), *_log(vault, made, manifest, action, reason)]
    return BackupReport(made, manifest, notices=tuple(notices))


def _write(
    vault: Vault, core: Connection, made_at: datetime, head: Head, part: Path
) -> Work[Manifest]:
    """Fill the folder of a backup; `core` is the snapshot that it shows."""
    slot_file = vault.slot_file_at(head)
    write_whole(part / KEYS_FILE, slot_file.to_json())
    with snapshot(vault.media.path, vault.key, MEDIA_ID) as media:
        demand_room(part, size(core) + size(media))
    held = {CORE_FILE: (yield from take(core, part / CORE_FILE, vault.key, CORE_ID))}
    # Begun after core was fixed: a blob is kept before the row that names it, so none is missing.
    with snapshot(vault.media.path, vault.key, MEDIA_ID) as media:
        held[MEDIA_FILE] = yield from take(media, part / MEDIA_FILE, vault.key, MEDIA_ID)
    files = {}
    for name in (*DATABASES, KEYS_FILE):
        sha256 = yield from _sha256(part / name)
        files[name] = {"size": (part / name).stat().st_size, "sha256": sha256}
    manifest = Manifest(
        vault_id=slot_file.vault_id,
        key_id=key_id(vault.key),
        school=vault.school,
        made_at=made_at.isoformat(timespec="seconds"),
        operator=vault.actor.name,
        program=__version__,
        schema=migrations.schema_revision(core) or "",
        cipher=core.exec_driver_sql("PRAGMA cipher_version").scalar_one(),
        head=head,
        counts={name: dict(contents.counts) for name, contents in held.items()},
        files=files,
    ).signed(vault.key)
    write_whole(part / MANIFEST_FILE, manifest.to_json())
    return manifest


@contextmanager
def _removed_on_failure(folder: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _clear_parts(vault: Vault, folder: Path) -> None:
    """Remove what backups of this vault left that were killed; the slot file is their first."""
    for part in folder.glob(f"{NAME}-*.part"):
        if not any(part.iterdir()):
            part.rmdir()
            continue
        try:
            slot_file, _ = KeyStore(part).load()
        except VaultError:
            continue
        if slot_file.vault_id == vault.vault_id:
            shutil.rmtree(part)


def _place_notices(vault: Vault, folder: Path) -> Iterator[str]:
    kind = places.judge(folder).kind
    if kind in _PLACES:
        yield _PLACES[kind].format(folder=folder)
    elif folder.stat().st_dev == vault.folder.stat().st_dev:
        yield _SAME_DISK


def _log(vault: Vault, made: Path, manifest: Manifest, action: str, reason: str) -> Iterator[str]:
    """Log the backup; it stands even when the disk of the vault takes no entry, so that is said."""
    detail = {
        "文件夹": made.name,
        "位置": str(made.parent.absolute()),
        "磁盘": places.judge(made).kind,
        "链头": manifest.head.short,
        "备份时间": manifest.made_at,
    }
    try:
        with vault.database.write(vault.actor, action, reason) as session:
            audit.event(session, action, reason, detail)
    except (DiskFull, DiskFailed) as error:
        yield f"备份已做成，但没有记入操作记录：{error}"


@dataclass(frozen=True, slots=True)
class BackupEntry:
    """A backup as the log remembers it; whether it still lies there only a look can tell."""

    at: datetime
    operator: str
    name: str
    disk: str
    head: str


def last_backups(database: Database, limit: int = 20) -> list[BackupEntry]:
    """The backups that were made, newest first."""
    with database.read() as session:
        return [
            BackupEntry(
                row.at.astimezone(),
                row.operator,
                str(row.detail.get("文件夹", "")),
                str(row.detail.get("磁盘", "")),
                str(row.detail.get("链头", "")),
            )
            for row in audit.events_of(session, "备份", limit)
        ]


# --- looking at one -----------------------------------------------------------------------


def verify_backup(folder: Path, secret: str | bytes) -> Work[BackupReport]:
    """Check a backup against its manifest, byte for byte and as two databases.

    `secret` is a password of the time of the backup, or its data key. Nothing is written, so it
    may lie on a disc. Raises NoBackup or BackupPassword.
    """
    manifest = Manifest.of(folder)
    wrong = yield from _wrong_files(folder, manifest)
    findings = list(wrong.values())
    if not (isinstance(secret, str) and KEYS_FILE in wrong):
        key = _key(folder, manifest, secret)
        if not manifest.authentic(key):
            findings.append(f"清单 {MANIFEST_FILE} 曾被改动")
        for name, application_id in DATABASES.items():
            if name not in wrong:
                held = manifest.held(name)
                findings += yield from faults(folder / name, key, application_id, held)
    return BackupReport(folder, manifest, tuple(findings))


def _key(folder: Path, manifest: Manifest, secret: str | bytes) -> bytes:
    if isinstance(secret, str):
        slot_file, _ = KeyStore(folder).load()
        keys = (slot.unseal(slot_file.vault_id, secret) for slot in slot_file.slots)
        key = next((key for key in keys if key is not None), None)
    else:
        key = secret if key_id(secret) == manifest.key_id else None
    if key is None:
        raise BackupPassword(folder=folder, made_at=f"{manifest.made:%Y-%m-%d}")
    return key


def _wrong_files(folder: Path, manifest: Manifest) -> Work[dict[str, str]]:
    """By name, a sentence about each file that is not as the manifest has it."""
    wrong: dict[str, str] = {}
    for name, file in manifest.files.items():
        path = folder / name
        try:
            if path.stat().st_size != file["size"]:
                wrong[name] = f"“{name}”应有 {file['size']} 字节，实有 {path.stat().st_size} 字节"
            elif (yield from _sha256(path)) != file["sha256"]:
                wrong[name] = f"“{name}”的内容与清单不符"
        except FileNotFoundError:
            wrong[name] = f"“{name}”不见了"
        except OSError as error:
            wrong[name] = f"“{name}”读不出（{error.strerror}）"
    return wrong


def _sha256(path: Path) -> Work[str]:
    """SHA-256 of a file as it is on the disk, not as the system still remembers writing it."""
    digest, done, total = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as stream:
        if sys.platform == "linux":
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while piece := stream.read(_PIECE):
            digest.update(piece)
            done += len(piece)
            yield Step(done, total, f"读回 {path.name}")
    return digest.hexdigest()


# --- bringing one back --------------------------------------------------------------------


def restore(
    source: Path, target: Path, password: str, operator: str | None = None
) -> Work[Restored]:
    """Make a vault of a backup in `target`, an empty or new folder on a fixed disk.

    It opens with the passwords of the time of the backup and goes on from its audit head. Raises
    BackupDamaged, naming what differs; whatever stops it, nothing stays.
    """
    warning = places.demand_fixed(target)
    if target.absolute().is_relative_to(source.absolute()):
        raise FolderNotEmpty(path=source)
    checked = yield from verify_backup(source, password)
    _demand_sound(checked)
    manifest = checked.manifest
    existed = target.exists()
    lock = claim(target)
    vault = None
    try:
        with _refusals(RestoreNotWritten, target):
            demand_room(target, checked.bytes)
            yield from copy_files(source, target, manifest)
            vault = Vault.open_locked(
                target,
                lock,
                password,
                operator,
                action="从备份恢复",
                detail={
                    "备份": source.name,
                    "备份时间": manifest.made_at,
                    "链头": manifest.head.short,
                },
            )
            report = yield from vault.verify()
            _demand_sound(replace(checked, findings=report.damage))
            vault.close()
            finished(target)
    except BaseException:
        if vault is not None:
            vault.discard()
        lock.release()
        _remove(target, whole=not existed)
        raise
    outline = Vault.outline(target)
    notices = (*([warning] if warning else []), *vault.notices)
    return Restored(target, manifest, outline.operators, report.sentences, notices)


def _demand_sound(report: BackupReport) -> None:
    if not report.sound:
        raise BackupDamaged(folder=report.folder, findings="；".join(report.findings))


def copy_files(source: Path, target: Path, manifest: Manifest) -> Work[None]:
    """Copy the files of a backup into a claimed folder."""
    for name in manifest.files:
        yield from _copy(source / name, target / name)
    sync_folder(target)


def _copy(source: Path, target: Path) -> Work[None]:
    done, total = 0, source.stat().st_size
    with source.open("rb") as reading, target.open("xb") as writing:
        while piece := reading.read(_PIECE):
            writing.write(piece)
            done += len(piece)
            yield Step(done, total, f"恢复 {source.name}")
        writing.flush()
        os.fsync(writing.fileno())


def _remove(target: Path, *, whole: bool) -> None:
    """Empty the folder that `claim` found empty; it goes too if it was not there before."""
    for path in target.iterdir():
        path.unlink()
    if whole:
        target.rmdir()


@contextmanager
def _refusals(sentence: type[BackupNotWritten | RestoreNotWritten], folder: Path) -> Iterator[None]:
    """Say of what the disk refuses that the whole work left nothing."""
    try:
        yield
    except DiskFull as error:
        raise sentence(folder=folder, reason="磁盘空间已满") from error
    except DiskFailed as error:
        raise sentence(folder=folder, reason=error.details["reason"]) from error
    except OSError as error:
        raise sentence(folder=folder, reason=error.strerror or error) from error
