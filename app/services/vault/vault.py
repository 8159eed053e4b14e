"""The vault: one folder with the register, its media, its keys and its lock, as one thing."""

import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sqlalchemy import select

from app.models.audit import AuditEntry
from app.models.operator import Operator
from app.models.vocabulary import Role
from app.services.errors import (
    DiskFailed,
    DiskFull,
    FolderNotEmpty,
    FolderUnwritable,
    KeysDamaged,
    KeysMissing,
    MemoryTooSmall,
    OperatorDisabled,
    OperatorExists,
    OperatorUnknown,
    RecoveryCodeForeign,
    RegisterDamaged,
    VaultMissing,
    VaultUnfinished,
    WrongPassword,
)
from app.services.files import sync_folder
from app.services.progress import Work
from app.services.vault import audit, places
from app.services.vault.audit import Actor, Anchor, AuditReport, Head
from app.services.vault.database import Database, create_keyed
from app.services.vault.keys import (
    KEYS_FILE,
    PREVIOUS_FILE,
    Cost,
    Failures,
    HighWater,
    KeyStore,
    Slot,
    SlotFile,
    calibrate,
    demand_strong,
    key_id,
    new_key,
    now_and_ticks,
)
from app.services.vault.lock import HOLDER_FILE, LOCK_FILE, VaultLock
from app.services.vault.media import MEDIA_FILE, MediaStore
from app.services.vault.recovery import RecoveryCode

CORE_FILE: Final = "core.db"
#: Lies in the folder while the register is being made; whatever else is there then is worthless.
UNFINISHED_FILE: Final = "新建未完成"

_MARK_EVERY: Final = 60.0  # seconds between two high-water marks while work goes on
_ALL_ROLES: Final = frozenset({Role.RECORD, Role.REVIEW, Role.SYSTEM})


@dataclass(frozen=True, slots=True)
class VaultReport:
    """Outcome of `Vault.verify`; `audit` is None when core.db is too damaged to read its log."""

    damage: tuple[str, ...]
    audit: AuditReport | None

    @property
    def clean(self) -> bool:
        """Nothing found anywhere."""
        return not self.damage and self.audit is not None and self.audit.clean

    @property
    def sentences(self) -> tuple[str, ...]:
        """Everything found, for people."""
        found = self.audit.findings if self.audit is not None else ()
        return (*self.damage, *(finding.sentence for finding in found))


@dataclass(frozen=True, slots=True)
class VaultOutline:
    """What is known of a vault without its key: for the window that asks for the password."""

    school: str
    operators: tuple[str, ...]


class Vault:
    """An open vault, held by its lock until `close`.

    `notices` are sentences to show after opening: a place that cannot be judged, a slot file
    that was replaced by its previous generation, a register older than its high-water mark.
    """

    def __init__(self, folder: Path, lock: VaultLock, key: bytes, slot_file: SlotFile) -> None:
        """Open the databases under an authentic key; use `create`, `open` or `recover`."""
        self.folder = folder
        self.school = slot_file.school
        self._closed = False
        self.notices: list[str] = []
        self._lock = lock
        self._key = key
        self._slot_file = slot_file
        self._store = KeyStore(folder)
        self.media = MediaStore(folder / MEDIA_FILE, key)
        self.database = Database(folder / CORE_FILE, key)
        self.actor = Actor(0, "", frozenset())
        self._mark_stands = self._mark_agrees()
        self._marked = time.monotonic()
        self.database.on_commit = self._mark_now_and_then

    # --- making and opening ---------------------------------------------------------------

    @classmethod
    def create(
        cls, folder: Path, *, school: str, operator: str, password: str, cost: Cost | None = None
    ) -> "tuple[Vault, RecoveryCode]":
        """Make a vault in an empty or new folder, with its first operator.

        An interrupted creation leaves a marker; the next one in the same folder starts over.
        """
        demand_strong(password, (operator, school))
        warning = places.demand_fixed(folder)
        with ExitStack() as undo:
            lock = _claim(folder)
            undo.callback(lock.release)
            key = new_key()
            create_keyed(folder / CORE_FILE, key)
            Database(folder / CORE_FILE, key, new=True).close()
            MediaStore.create(folder / MEDIA_FILE, key).close()
            slot_file = SlotFile.fresh(key, school)
            slot = Slot.seal(key, slot_file.vault_id, operator, password, cost or calibrate())
            vault = cls(folder, lock, key, slot_file.with_slot(slot))
            undo.callback(vault._drop)
            vault._admit_first(operator)
            vault._save(forget_previous=True)
            (folder / UNFINISHED_FILE).unlink()
            sync_folder(folder)
            undo.pop_all()
        vault._warn(warning)
        return vault, RecoveryCode.of_key(key)

    @classmethod
    def open(cls, folder: Path, password: str, operator: str | None = None) -> "Vault":
        """Open with an operator's password; without a name, whoever's password it is."""
        warning = _demand_vault(folder)
        with ExitStack() as undo:
            lock = VaultLock(folder)
            undo.callback(lock.release)
            store = KeyStore(folder)
            slot_file, stood_in = store.load()
            wrong_before = slot_file.failures.count
            name, key = _unlock(store, slot_file, password, operator)
            slot_file, mended = _authentic(store, slot_file, key)
            vault = cls(folder, lock, key, slot_file)
            undo.callback(vault._drop)
            vault._warn(warning, stood_in, mended)
            vault._enter(name, "打开学籍库", wrong_before)
            undo.pop_all()
        return vault

    @classmethod
    def recover(
        cls,
        folder: Path,
        code: RecoveryCode,
        *,
        operator: str,
        password: str,
        cost: Cost | None = None,
    ) -> "Vault":
        """Open with the recovery sheet and give `operator` a new password.

        Works without any slot file; then all other operators need new passwords too.
        """
        key = code.key()
        warning = _demand_vault(folder)
        with ExitStack() as undo:
            lock = VaultLock(folder)
            undo.callback(lock.release)
            vault = cls(folder, lock, key, _slot_file_for(folder, key))
            undo.callback(vault._drop)
            vault._warn(warning)
            demand_strong(password, (operator, vault.school))
            vault._enter(operator, "用恢复码打开学籍库", vault._slot_file.failures.count)
            vault.set_password(operator, password, cost=cost)
            undo.pop_all()
        return vault

    @staticmethod
    def outline(folder: Path) -> VaultOutline:
        """School and operators of a closed vault."""
        slot_file, _ = KeyStore(folder).load()
        return VaultOutline(slot_file.school, tuple(sorted(s.operator for s in slot_file.slots)))

    @property
    def vault_id(self) -> str:
        """库标识: which vault this is, on papers and in backups."""
        return self._slot_file.vault_id

    @property
    def key_id(self) -> str:
        """密钥标识: which data key is in force, so that an old recovery sheet is recognised."""
        return self._slot_file.key_id

    # --- operators ------------------------------------------------------------------------

    @property
    def must_change_password(self) -> bool:
        """Whether the operator at work still has the password that somebody else gave him."""
        return self._slot_file.slot_of(self.actor.name).temporary

    def set_password(
        self, operator: str, password: str, *, temporary: bool = False, cost: Cost | None = None
    ) -> None:
        """Give an operator a new password; `temporary` when it is not his own choice."""
        demand_strong(password, (operator, self.school))
        with self.database.write(self.actor, "设置密码") as session:
            audit.event(session, "设置密码", detail={"操作员": operator})
        vault_id = self._slot_file.vault_id
        slot = Slot.seal(
            self._key, vault_id, operator, password, cost or calibrate(), temporary=temporary
        )
        self._slot_file = self._slot_file.with_slot(slot)
        self._save(forget_previous=True)

    def add_operator(
        self, name: str, roles: Iterable[Role], password: str, *, cost: Cost | None = None
    ) -> None:
        """A new account, with a password to be changed at first entry."""
        demand_strong(password, (name, self.school))
        with self.database.write(self.actor, "添加操作员") as session:
            if session.scalar(select(Operator.id).where(Operator.name == name)) is not None:
                raise OperatorExists(name=name)
            session.add(Operator(name=name, roles=frozenset(roles), active=True, created_at=_now()))
        self.set_password(name, password, temporary=True, cost=cost)

    def remove_operator(self, name: str, reason: str) -> None:
        """Switch an account off and withdraw its key; copies of older files still know it."""
        slot_file = self._slot_file.without_slot(name)
        with self.database.write(self.actor, "停用操作员", reason) as session:
            _operator(session.scalars(select(Operator)).all(), name).active = False
        self._slot_file = slot_file
        self._save(forget_previous=True)

    def recovery_code(self) -> RecoveryCode:
        """The recovery code, to be printed anew; the log keeps that it was."""
        with self.database.write(self.actor, "重印恢复单") as session:
            audit.event(session, "重印恢复单")
        return RecoveryCode.of_key(self._key)

    # --- verifying ------------------------------------------------------------------------

    def verify(self, anchors: Iterable[Anchor] = ()) -> Work[VaultReport]:
        """Check everything: pages and structure of both files, the audit chain, every blob."""
        core = yield from self.database.check()
        report = None if core else (yield from self.verify_audit(anchors))
        media = yield from self.media.verify()
        return VaultReport(core + media, report)

    def verify_audit(self, anchors: Iterable[Anchor] = ()) -> Work[AuditReport]:
        """Check the audit chain against the records, the high-water mark and these anchors."""
        mark = self._slot_file.high_water
        high_water = Anchor(mark.seq, mark.head, f"密钥文件 {KEYS_FILE}")
        return (yield from audit.verify(self.database, (high_water, *anchors)))

    def accept_older_register(self, reason: str) -> None:
        """Settle a register that is older than its high-water mark, on the operator's word.

        The log keeps the mark that was given up, and why.
        """
        mark = self._slot_file.high_water
        with self.database.write(self.actor, "确认高水位不符", reason) as session:
            audit.event(session, "确认高水位不符", reason, {"序号": mark.seq, "校验值": mark.head})
        self._mark_stands = True
        self._mark(self.database.head())

    # --- closing --------------------------------------------------------------------------

    def close(self) -> None:
        """Write the high-water mark, close both files whole, free the lock; once is enough."""
        if self._closed:
            return
        self._closed = True
        try:
            self._mark(self.database.head())
            self.database.close()
            self.media.close()
        finally:
            self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    # --- inside ---------------------------------------------------------------------------

    def _drop(self) -> None:
        """Let go of files and lock, whatever state they are in."""
        self.database.dispose()
        self.media.dispose()
        self._lock.release()

    def _admit_first(self, name: str) -> None:
        """The first operator makes his own row: it is the first entry of the log."""
        self.actor = Actor(1, name, _ALL_ROLES)
        with self.database.write(self.actor, "建立学籍库") as session:
            session.add(Operator(id=1, name=name, roles=_ALL_ROLES, active=True, created_at=_now()))
        self._lock.name_holder(name)

    def _enter(self, name: str, action: str, wrong_before: int) -> None:
        """Make `name` the operator at work; the log keeps the entry and the failed ones."""
        with self.database.read() as session:
            operator = _operator(session.scalars(select(Operator)).all(), name)
        if not operator.active:
            raise OperatorDisabled(name=name)
        self.actor = Actor(operator.id, operator.name, operator.roles)
        self._lock.name_holder(name)
        with self.database.write(self.actor, action) as session:
            audit.event(
                session, action, detail={"此前输错密码": wrong_before} if wrong_before else {}
            )
        self._slot_file = replace(self._slot_file, failures=Failures())
        self._mark(self.database.head())

    def _warn(self, *sentences: str) -> None:
        self.notices += [sentence for sentence in sentences if sentence]

    def _mark_agrees(self) -> bool:
        """Whether the chain still contains the high-water mark; if not, say so."""
        mark = self._slot_file.high_water
        if mark.seq == 0:
            return True
        with self.database.read() as session:
            found = session.scalar(select(AuditEntry.hash).where(AuditEntry.seq == mark.seq))
        if found == mark.head:
            return True
        self._warn(
            f"学籍库与上次留下的标记（第 {mark.seq} 条操作记录）不符：可能换回了旧文件，"
            "或丢失了最后的修改。请立即核验，并与最近的备份和打印件核对。"
        )
        return False

    def _mark_now_and_then(self, head: Head) -> None:
        if time.monotonic() - self._marked < _MARK_EVERY:
            return
        try:
            self._mark(head)
        except (DiskFull, DiskFailed) as error:  # the commit stands, only its mark is late
            self._warn(f"密钥文件 {KEYS_FILE} 没有更新：{error}")

    def _mark(self, head: Head) -> None:
        """Write down the end of the chain, unless the old mark still waits for an explanation."""
        if self._mark_stands:
            self._slot_file = replace(self._slot_file, high_water=HighWater(head.seq, head.hash))
        self._save()

    def _save(self, *, forget_previous: bool = False) -> None:
        self._slot_file = self._slot_file.signed(self._key)
        self._store.save(self._slot_file, forget_previous=forget_previous)
        self._marked = time.monotonic()


def _now() -> datetime:
    return datetime.now(UTC)


def _operator(operators: Iterable[Operator], name: str) -> Operator:
    for operator in operators:
        if operator.name == name:
            return operator
    raise OperatorUnknown(name=name)


def _claim(folder: Path) -> VaultLock:
    """Take an empty folder for a new vault and mark it unfinished."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _demand_empty(folder)
        lock = VaultLock(folder)
    except OSError as error:
        raise FolderUnwritable(path=folder, reason=error.strerror or error) from error
    try:
        _demand_empty(folder)
        (folder / UNFINISHED_FILE).touch()
        sync_folder(folder)
        for name in (CORE_FILE, MEDIA_FILE):
            for leftover in folder.glob(f"{name}*"):
                leftover.unlink()
        for name in (KEYS_FILE, PREVIOUS_FILE):
            (folder / name).unlink(missing_ok=True)
    except BaseException:
        lock.release()
        raise
    return lock


def _demand_empty(folder: Path) -> None:
    names = {entry.name for entry in folder.iterdir()} - {LOCK_FILE, HOLDER_FILE}
    if names and UNFINISHED_FILE not in names:
        raise FolderNotEmpty(path=folder)


def _demand_vault(folder: Path) -> str:
    """Refuse a folder that holds no finished vault or lies in a wrong place; a warning or ""."""
    if (folder / UNFINISHED_FILE).exists():
        raise VaultUnfinished(path=folder)
    if not any((folder / name).exists() for name in (CORE_FILE, KEYS_FILE, PREVIOUS_FILE)):
        raise VaultMissing(path=folder)
    return places.demand_fixed(folder)


def _unlock(
    store: KeyStore, slot_file: SlotFile, password: str, operator: str | None
) -> tuple[str, bytes]:
    """Whose password it is, and the data key. The try is written down before it is made."""
    slots = slot_file.slots if operator is None else (slot_file.slot_of(operator),)
    now, ticks = now_and_ticks()
    slot_file.failures.demand_patience(now, ticks)
    failures = slot_file.failures.one_more(now, ticks)
    store.save_failures(slot_file, failures)
    try:
        for slot in slots:
            key = slot.unseal(slot_file.vault_id, password)
            if key is not None:
                return slot.operator, key
    except MemoryTooSmall:  # no try was made
        store.save_failures(slot_file, slot_file.failures)
        raise
    failures.demand_patience(now, ticks)
    raise WrongPassword(left=failures.left)


def _authentic(store: KeyStore, slot_file: SlotFile, key: bytes) -> tuple[SlotFile, str]:
    """The generation that the key's holder wrote, and a notice if it is the previous one."""
    if slot_file.authentic(key):
        return slot_file, ""
    previous = store.previous()
    if previous is not None and previous.authentic(key):
        return previous, f"密钥文件 {KEYS_FILE} 曾被改动，已改用上一份。请核验学籍库。"
    raise KeysDamaged(path=store.folder)


def _slot_file_for(folder: Path, key: bytes) -> SlotFile:
    """The slot file that belongs to a key typed from the sheet, or a fresh one."""
    try:
        slot_file, _ = KeyStore(folder).load()
    except (KeysMissing, KeysDamaged):
        try:
            Database(folder / CORE_FILE, key).close()
        except RegisterDamaged as error:
            raise RecoveryCodeForeign from error
        return SlotFile.fresh(key, "")
    if slot_file.key_id != key_id(key):
        raise RecoveryCodeForeign
    return slot_file if slot_file.authentic(key) else SlotFile.fresh(key, slot_file.school)
