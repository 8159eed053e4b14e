"""The vault: one folder with the register, its media, its keys and its lock, as one thing."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import select

from app.models.audit import AuditEntry
from app.models.operator import Operator
from app.models.vocabulary import Role
from app.services.clock import doubt, now
from app.services.errors import (
    AppError,
    DiskFailed,
    DiskFull,
    FolderNotEmpty,
    FolderUnwritable,
    KeysDamaged,
    KeysMissing,
    LastSystemOperator,
    MemoryTooSmall,
    NotYourPassword,
    OperatorDisabled,
    OperatorExists,
    OperatorUnknown,
    OperatorUnnamed,
    PasswordShared,
    PasswordUnchanged,
    RecoveryCodeForeign,
    RegisterDamaged,
    RotationUnfinished,
    VaultMissing,
    VaultUnfinished,
    WrongPassword,
)
from app.services.files import make_folder, sync_folder
from app.services.progress import Work
from app.services.settings import load_settings
from app.services.vault import audit, places, rotation
from app.services.vault.aside import stopped
from app.services.vault.audit import Actor, Anchor, AuditReport, Head
from app.services.vault.database import CORE_FILE, Database, create_keyed
from app.services.vault.folded import unfolded
from app.services.vault.keys import (
    KEYS_FILE,
    PREVIOUS_FILE,
    Cost,
    Failures,
    HighWater,
    KeyStore,
    Slot,
    SlotFile,
    VaultOutline,
    calibrate,
    demand_strong,
    key_id,
    new_key,
    now_and_ticks,
)
from app.services.vault.lock import HOLDER_FILE, LOCK_FILE, VaultLock
from app.services.vault.media import MEDIA_FILE, MediaStore
from app.services.vault.recovery import RecoveryCode

_NOT_RENEWED: Final = "上次更换密钥没有做成，已恢复原状：仍用原恢复单，新恢复单作废。"
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
class OperatorRow:
    """One account: `password_made` is None for one that has no password at present."""

    name: str
    roles: tuple[Role, ...]
    active: bool
    temporary: bool
    password_made: datetime | None


class Vault:
    """An open vault, held by its lock until `close`.

    `notices` are sentences to show after opening: a place that cannot be judged, a slot file
    that was replaced by its previous generation, a register older than its high-water mark, a
    change of key that was brought to its end.
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
        self.clock_doubt = self._clock_doubt()
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
            lock = claim(folder)
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
            finished(folder)
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
            vault = cls.open_locked(folder, lock, password, operator)
            undo.pop_all()
        vault.notices[:0] = [warning] if warning else []
        return vault

    @classmethod
    def open_locked(
        cls,
        folder: Path,
        lock: VaultLock,
        password: str,
        operator: str | None = None,
        *,
        action: str = "打开学籍库",
        detail: Mapping[str, Any] | None = None,
    ) -> "Vault":
        """Open a folder whose lock is held already, and log that as `action`.

        When it fails the lock is the caller's as before.
        """
        store = KeyStore(folder)
        slot_file, stood_in = store.load()
        wrong_before = slot_file.failures.count
        name, key = _unlock(store, slot_file, password, operator)
        slot_file, mended = _authentic(store, slot_file, key)
        slot_file, key, settled = _settled(folder, slot_file, key, name, password)
        with ExitStack() as undo:
            vault = cls(folder, lock, key, slot_file)
            undo.callback(vault._let_go)
            vault._warn(stood_in, mended, settled)
            failed = {"此前输错口令": wrong_before} if wrong_before else {}
            vault._enter(name, action, {**(detail or {}), **failed})
            if settled:
                vault._warn(*vault._after_rotation())
            vault._warn(vault._old_password())
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
            slot_file = _slot_file_for(folder, key)
            slot_file, key, settled = _settled(folder, slot_file, key)
            vault = cls(folder, lock, key, slot_file)
            undo.callback(vault._drop)
            vault._warn(warning, settled)
            demand_strong(password, (operator, vault.school))
            wrong_before = slot_file.failures.count
            vault._enter(
                operator,
                "用恢复码打开学籍库",
                {"此前输错口令": wrong_before} if wrong_before else {},
            )
            vault.set_password(operator, password, cost=cost)
            undo.pop_all()
        return vault

    @staticmethod
    def outline(folder: Path) -> VaultOutline:
        """School, operators and key of a vault, also of a closed one."""
        return KeyStore(folder).outline()

    @property
    def vault_id(self) -> str:
        """库标识: which vault this is, on papers and in backups."""
        return self._slot_file.vault_id

    @property
    def key_id(self) -> str:
        """密钥标识: which data key is in force, so that an old recovery sheet is recognised."""
        return self._slot_file.key_id

    # --- operators ------------------------------------------------------------------------

    def operators(self) -> tuple[OperatorRow, ...]:
        """All accounts, also those switched off, in the order they were made."""
        slots = {slot.operator: slot for slot in self._slot_file.slots}
        with self.database.read() as session:
            accounts = session.scalars(select(Operator).order_by(Operator.id)).all()
        return tuple(
            OperatorRow(
                name=account.name,
                roles=tuple(role for role in Role if role in account.roles),
                active=account.active,
                temporary=slot is not None and slot.temporary,
                password_made=None if slot is None else datetime.fromisoformat(slot.made),
            )
            for account in accounts
            for slot in (slots.get(account.name),)
        )

    @property
    def without_password(self) -> tuple[str, ...]:
        """Operators who cannot open the vault before somebody gives them a new password."""
        return tuple(
            row.name for row in self.operators() if row.active and row.password_made is None
        )

    @property
    def must_change_password(self) -> bool:
        """Whether the operator at work still has the password that somebody else gave him."""
        return self._slot_file.slot_of(self.actor.name).temporary

    def readmit(self, password: str) -> None:
        """Let the operator back to his locked window; wrong passwords count as at the door."""
        on_disk, _ = self._store.load()
        slot_file = replace(self._slot_file, failures=on_disk.failures)
        try:
            _unlock(self._store, slot_file, password, self.actor.name)
        except AppError:  # or closing the window would write the count away
            self._slot_file = replace(slot_file, failures=self._store.load()[0].failures)
            raise
        with self.database.write(self.actor, "解锁窗口") as session:
            wrong = slot_file.failures.count
            audit.event(session, "解锁窗口", detail={"此前输错口令": wrong} if wrong else {})
        self._slot_file = replace(self._slot_file, failures=Failures())
        self._mark(self.database.head())

    def confirm(self, password: str) -> None:
        """Make sure that it is the operator at work who asks; raises NotYourPassword."""
        name = self.actor.name
        if self._slot_file.slot_of(name).unseal(self.vault_id, password) != self._key:
            raise NotYourPassword(name=name)

    def set_password(
        self, operator: str, password: str, *, temporary: bool = False, cost: Cost | None = None
    ) -> None:
        """Give an operator a new password; `temporary` when it is not his own choice.

        His own everybody may change, that of another the system's operator.
        """
        if operator != self.actor.name:
            self.actor.require(Role.SYSTEM)
        with self.database.read() as session:
            _active(session.scalars(select(Operator)).all(), operator)
        demand_strong(password, (operator, self.school))
        self._demand_own(operator, password)
        if operator == self.actor.name:
            self._demand_other(password)
        with self.database.write(self.actor, "设置口令") as session:
            audit.event(session, "设置口令", detail={"操作员": operator})
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
        self.actor.require(Role.SYSTEM)
        name = name.strip()
        if not name:
            raise OperatorUnnamed
        demand_strong(password, (name, self.school))
        self._demand_own(name, password)
        with self.database.write(self.actor, "添加操作员") as session:
            if session.scalar(select(Operator.id).where(Operator.name == name)) is not None:
                raise OperatorExists(name=name)
            session.add(Operator(name=name, roles=frozenset(roles), active=True, created_at=_now()))
        self.set_password(name, password, temporary=True, cost=cost)

    def _demand_own(self, operator: str, password: str) -> None:
        """Refuse a password that opens the slot of somebody else."""
        slot_file = self._slot_file
        for slot in slot_file.slots:
            if slot.operator != operator and slot.unseal(slot_file.vault_id, password) is not None:
                raise PasswordShared

    def _demand_other(self, password: str) -> None:
        """Refuse the temporary password as one's own: whoever gave it knows it."""
        for slot in self._slot_file.slots:
            own = slot.operator == self.actor.name and slot.temporary
            if own and slot.unseal(self.vault_id, password) is not None:
                raise PasswordUnchanged

    def set_roles(self, name: str, roles: Iterable[Role], reason: str) -> None:
        """Give an operator other roles, in force when he opens the register next."""
        self.actor.require(Role.SYSTEM)
        held = {slot.operator for slot in self._slot_file.slots}
        with self.database.write(self.actor, "修改角色", reason) as session:
            accounts = session.scalars(select(Operator)).all()
            _active(accounts, name).roles = frozenset(roles)
            left = [account for account in accounts if account.active and account.name in held]
            if not any(Role.SYSTEM in account.roles for account in left):
                raise LastSystemOperator(name=name)

    def rename_school(self, school: str) -> None:
        """Call the vault by the school's new name, where it is read before it is opened."""
        self.actor.require(Role.SYSTEM)
        self.school = school
        self._slot_file = replace(self._slot_file, school=school)
        self._save()

    def remove_operator(self, name: str, reason: str) -> None:
        """Switch an account off and withdraw its key; copies of older files still know it."""
        self.actor.require(Role.SYSTEM)
        slot_file = self._slot_file
        if any(slot.operator == name for slot in slot_file.slots):
            slot_file = slot_file.without_slot(name)
        able = {slot.operator for slot in slot_file.slots}
        with self.database.write(self.actor, "停用操作员", reason) as session:
            accounts = session.scalars(select(Operator)).all()
            _operator(accounts, name).active = False
            left = [account for account in accounts if account.active and account.name in able]
            if not any(Role.SYSTEM in account.roles for account in left):
                raise LastSystemOperator(name=name)
        self._slot_file = slot_file
        self._save(forget_previous=True)

    def recovery_code(self) -> RecoveryCode:
        """The recovery code, to be printed anew; the log keeps that it was."""
        self.actor.require(Role.SYSTEM)
        with self.database.write(self.actor, "重印恢复单") as session:
            audit.event(session, "重印恢复单")
        return RecoveryCode.of_key(self._key)

    def rotate(
        self, password: str, deliver: Callable[[RecoveryCode], None], *, cost: Cost | None = None
    ) -> "Work[Vault]":
        """更换密钥: go over to a new data key. Answers the vault opened anew; this one is closed.

        `password` is that of the operator at work, for his slot; all others need a new password
        from `set_password`, as theirs gave the old key. `deliver` keeps the new recovery code
        before it is in force; when it raises, or the work is stopped, the old key stays and this
        vault open. Older backups still open with the old key and the passwords of their time.
        """
        self.actor.require(Role.SYSTEM)
        name = self.actor.name
        self.confirm(password)
        key = new_key()
        slot = Slot.seal(key, self.vault_id, name, password, cost or calibrate())
        deliver(RecoveryCode.of_key(key))
        self._mark(self.database.head())
        self._close_files()
        yield from rotation.prepare(self.folder, self._key, key)
        swapping = self._slot_file.swapping(self._key, key, slot).signed(key)
        try:
            self._store.save(swapping, forget_previous=True)
        except BaseException:
            rotation.tidy(self.folder)
            raise
        self._closed = True
        try:
            return self._renewed(key, swapping)
        except (DiskFull, DiskFailed) as error:
            raise RotationUnfinished(reason=error) from error

    def _renewed(self, key: bytes, swapping: SlotFile) -> "Vault":
        """The vault under the new key, with the same operator at work and the same lock."""
        with ExitStack() as undo:
            undo.callback(self._lock.release)
            rotation.settle(self.folder, self._key, key)
            vault = Vault(self.folder, self._lock, key, swapping.settled(key))
            undo.callback(vault._let_go)
            detail = {"原密钥": self.key_id, "新密钥": key_id(key)}
            vault._enter(self.actor.name, "更换密钥", detail)
            vault._warn(*self.notices, *vault._after_rotation())
            undo.pop_all()
        return vault

    # --- for copies -----------------------------------------------------------------------

    @property
    def key(self) -> bytes:
        """The data key, for copies of the vault; never to be shown, written or logged."""
        return self._key

    def slot_file_at(self, head: Head) -> SlotFile:
        """The slot file that goes with a copy of the register as it was at `head`."""
        mark = self._slot_file.high_water
        if self._mark_stands:
            mark = HighWater(head.seq, head.hash)
        return replace(self._slot_file, high_water=mark, failures=Failures()).signed(self._key)

    # --- verifying ------------------------------------------------------------------------

    def verify(self, anchors: Iterable[Anchor] = ()) -> Work[VaultReport]:
        """Check everything: pages and structure of both files, the audit chain, every blob."""
        core = yield from self.database.check()
        report = None if core else (yield from self.verify_audit(anchors))
        folded = () if core else self._check_folded()
        media = yield from self.media.verify()
        return VaultReport(core + folded + media, report)

    def _check_folded(self) -> tuple[str, ...]:
        with self.database.read() as session:
            people = len(unfolded(session))
        if not people:
            return ()
        return (f"{people} 名学生的学籍状态与学籍台账不符：台账为准，请运行 xueji refold 重算",)

    def verify_audit(self, anchors: Iterable[Anchor] = ()) -> Work[AuditReport]:
        """Check the audit chain against the records, the high-water mark and these anchors."""
        mark = self._slot_file.high_water
        high_water = Anchor(mark.seq, mark.head, f"密钥文件 {KEYS_FILE}")
        return (yield from audit.verify(self.database, (high_water, *anchors)))

    def accept_older_register(self, reason: str) -> None:
        """Settle a register that is older than its high-water mark, on the operator's word.

        The log keeps the mark that was given up, and why.
        """
        self.actor.require(Role.SYSTEM)
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
            self._close_files()
        finally:
            self._drop()

    def discard(self) -> None:
        """Let go of a vault that does not count, whatever state it is in."""
        self._closed = True
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
        self._let_go()
        self._lock.release()

    def _close_files(self) -> None:
        self.database.close()
        self.media.close()

    def _let_go(self) -> None:
        self.database.dispose()
        self.media.dispose()

    def _admit_first(self, name: str) -> None:
        """The first operator makes his own row: it is the first entry of the log."""
        self.actor = Actor(1, name, _ALL_ROLES)
        with self.database.write(self.actor, "建立学籍库") as session:
            session.add(Operator(id=1, name=name, roles=_ALL_ROLES, active=True, created_at=_now()))
        self._lock.name_holder(name)

    def _enter(self, name: str, action: str, detail: Mapping[str, Any]) -> None:
        """Make `name` the operator at work; the log keeps how."""
        with self.database.read() as session:
            operator = _active(session.scalars(select(Operator)).all(), name)
        self.actor = Actor(operator.id, operator.name, operator.roles)
        self._lock.name_holder(name)
        clock = {"时钟": self.clock_doubt} if self.clock_doubt else {}
        self._warn(self.clock_doubt)
        with self.database.write(self.actor, action) as session:
            audit.event(session, action, detail={**detail, **clock})
        self._slot_file = replace(self._slot_file, failures=Failures())
        self._mark(self.database.head())

    def _after_rotation(self) -> Iterable[str]:
        """What is still to be done once a new key is in force."""
        if self.without_password:
            names = "、".join(self.without_password)
            yield f"密钥已更换，原来的口令作废。请给这些操作员设新的临时口令：{names}。"
        for copy in sorted(self.folder.glob("core.before-upgrade-*.db")):
            yield f"“{copy.name}”是升级前的副本，仍用旧密钥。确认不再需要后请删除。"

    def _old_password(self) -> str:
        """A word to whoever has had his password for long; nobody is locked out for it."""
        with self.database.read() as session:
            most = int(load_settings(session).password_days)
        slot = self._slot_file.slot_of(self.actor.name)
        days = (_now() - datetime.fromisoformat(slot.made)).days
        if slot.temporary or days < most:
            return ""
        return f"您的口令已经用了 {days} 天，请到“操作员与口令”换一个。"

    def _warn(self, *sentences: str) -> None:
        self.notices += [sentence for sentence in sentences if sentence]

    def _clock_doubt(self) -> str:
        """Why the clock is not to be believed; asked before this opening leaves its own entry."""
        newest_first = select(AuditEntry.at).order_by(AuditEntry.seq.desc()).limit(2000)
        with self.database.read() as session:
            return doubt(list(session.scalars(newest_first)), _now())

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
    return now().astimezone(UTC)


def _operator(operators: Iterable[Operator], name: str) -> Operator:
    for operator in operators:
        if operator.name == name:
            return operator
    raise OperatorUnknown(name=name)


def _active(operators: Iterable[Operator], name: str) -> Operator:
    operator = _operator(operators, name)
    if not operator.active:
        raise OperatorDisabled(name=name)
    return operator


def claim(folder: Path) -> VaultLock:
    """Take an empty folder for a new or restored vault, and mark it unfinished until `finished`."""
    try:
        make_folder(folder)
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


def discard_folder(folder: Path) -> None:
    """Remove a vault folder that counts for nothing; refused while somebody is in it."""
    VaultLock(folder).release()
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def finished(folder: Path) -> None:
    """The vault in a claimed folder counts from now on."""
    (folder / UNFINISHED_FILE).unlink()
    sync_folder(folder)


def _demand_empty(folder: Path) -> None:
    names = {entry.name for entry in folder.iterdir()} - {LOCK_FILE, HOLDER_FILE}
    if names and UNFINISHED_FILE not in names:
        raise FolderNotEmpty(path=folder)


def _demand_vault(folder: Path) -> str:
    """Refuse a folder that holds no finished vault or lies in a wrong place; a warning or ""."""
    if (folder / UNFINISHED_FILE).exists():
        raise VaultUnfinished(path=folder)
    if not any((folder / name).exists() for name in (CORE_FILE, KEYS_FILE, PREVIOUS_FILE)):
        raise stopped(folder) or VaultMissing(path=folder)
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


def _settled(
    folder: Path,
    slot_file: SlotFile,
    key: bytes,
    name: str | None = None,
    password: str | None = None,
) -> tuple[SlotFile, bytes, str]:
    """Bring an interrupted change of key to its end: slot file and key in force, and a notice.

    The old key is dropped with the next generation of the slot file, after the first opening.
    Whoever opens keeps his password.
    """
    both = None if slot_file.swap is None else slot_file.swap.keys(slot_file.vault_id, key)
    if both is None:
        return slot_file, key, _NOT_RENEWED if rotation.tidy(folder) else ""
    key = rotation.settle(folder, *both)
    settled = slot_file.settled(key)
    held = None if name is None else slot_file.slot_of(name)
    if held is not None and held.key_id != key_id(key) and password is not None:
        cost = Cost(held.memory, held.passes, held.lanes)
        settled = settled.with_slot(
            Slot.seal(
                key, settled.vault_id, held.operator, password, cost, temporary=held.temporary
            )
        )
    if key == both[1]:
        return settled, key, "上次更换密钥中途停止，现已做完：新恢复单有效，旧恢复单作废。"
    return settled, key, _NOT_RENEWED


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
    swap = slot_file.swap
    if key_id(key) not in {slot_file.key_id, swap.old_key_id if swap else ""}:
        raise RecoveryCodeForeign
    return slot_file if slot_file.authentic(key) else SlotFile.fresh(key, slot_file.school)
