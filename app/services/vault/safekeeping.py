"""Keeping the register safe day by day: where backups go, when the last good one was, what is due.

What was done is read from the audit log, so it cannot be forgotten or embellished: a backup is
logged once it was opened and compared, a later check that finds it damaged is logged too.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.audit import AuditEntry
from app.models.vocabulary import Role
from app.services.clock import now
from app.services.errors import AppError, NoBackupTarget
from app.services.progress import Work
from app.services.settings import Settings, load_settings
from app.services.vault import audit
from app.services.vault.audit import Anchor, AuditReport
from app.services.vault.backup import BackupReport, back_up, make, verify_backup
from app.services.vault.retention import held, thin
from app.services.vault.vault import Vault

BACKED_UP: Final = "备份"
_AUTOMATIC: Final = "自动备份"
_CHECKED: Final = "核对备份"
DRILLED: Final = "恢复演练"
_AUDITED: Final = "核对操作记录"


@dataclass(frozen=True, slots=True)
class TargetState:
    """One place for backups; `newest` is the newest whole backup that lies there."""

    folder: Path
    reachable: bool
    newest: datetime | None
    count: int
    damaged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditState:
    """The last check of the log: when, and whether it was whole."""

    at: datetime
    clean: bool


@dataclass(frozen=True, slots=True)
class BackupState:
    """How safe the register is, for the first look of the day."""

    targets: tuple[TargetState, ...]
    copied_at: datetime | None
    drilled_at: datetime | None
    audited: "AuditState | None"
    copy_days: int
    drill_days: int
    clock_doubt: str
    asked_at: datetime

    @property
    def days_since_copy(self) -> int | None:
        """Days since the newest copy that was checked and has not failed since; None: none."""
        return _days(self.copied_at, self.asked_at)

    @property
    def days_since_drill(self) -> int | None:
        """Days since a backup was last restored with the paper sheet; None: never."""
        return _days(self.drilled_at, self.asked_at)

    @property
    def copy_due(self) -> bool:
        """Whether a backup should be made today."""
        return self.days_since_copy is None or self.days_since_copy >= self.copy_days

    @property
    def drill_due(self) -> bool:
        """Whether the yearly drill is due."""
        return self.days_since_drill is None or self.days_since_drill >= self.drill_days

    @property
    def copy_words(self) -> str:
        """上次备份, in a few words."""
        days = self.days_since_copy
        return "还没有备份" if days is None else f"上次备份：{_ago(days)}"

    @property
    def audit_words(self) -> str:
        """How the log was found when it was last checked, in a few words."""
        if self.audited is None:
            return "操作记录：还没有核对过"
        found = "完整" if self.audited.clean else "有不符"
        return f"操作记录：{_ago(_days(self.audited.at, self.asked_at) or 0)}核对，{found}"

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the registrar should know and do; the first line is always there."""
        return tuple(sentence for sentence, _ in self.judged())

    def judged(self) -> Iterator[tuple[str, bool]]:
        """The same sentences, each with whether all is well with what it says."""
        if self.days_since_copy is None:
            yield "还没有核对过的备份，请马上备份到另一块磁盘。", False
        else:
            due = "，该备份了" if self.copy_due else ""
            yield f"最近一次核对过的备份：{_ago(self.days_since_copy)}{due}。", not due
        if self.days_since_drill is None:
            yield "还没有做过恢复演练，请用恢复单试恢复一次。", False
        else:
            due = "，今年的该做了" if self.drill_due else ""
            yield f"最近一次恢复演练：{_ago(self.days_since_drill)}{due}。", not due
        if not self.targets:
            yield "还没有设定备份位置（设置：备份位置、第二备份位置）。", False
        for target in self.targets:
            if not target.reachable:
                yield f"备份位置“{target.folder}”现在接不上。", False
            yield from ((f"备份“{name}”已损坏，不算数。", False) for name in target.damaged)
        if self.clock_doubt:
            yield self.clock_doubt, False


def backup_state(vault: Vault) -> BackupState:
    """How things stand now."""
    with vault.database.read() as session:
        settings = load_settings(session)
        history = _history(session)
    broken = _broken(history)
    targets = tuple(_target(vault, folder, broken) for folder in targets_of(settings))
    copied = (
        datetime.fromisoformat(detail["备份时间"])
        for action, _, detail in history
        if action in {BACKED_UP, _AUTOMATIC} and _counts(detail, broken, vault)
    )
    drilled = (at for action, at, _ in history if action == DRILLED)
    audits = [AuditState(at, detail["完好"]) for act, at, detail in history if act == _AUDITED]
    return BackupState(
        targets=targets,
        copied_at=max(copied, default=None),
        drilled_at=max(drilled, default=None),
        audited=audits[-1] if audits else None,
        copy_days=int(settings.backup_days),
        drill_days=int(settings.drill_days),
        clock_doubt=vault.clock_doubt,
        asked_at=now(),
    )


def targets_of(settings: Settings) -> tuple[Path, ...]:
    """Where backups should go, in order."""
    named = (settings.backup_target, settings.second_target)
    return tuple(Path(text) for text in named if text.strip())


def back_up_all(vault: Vault, folder: Path | None = None) -> Work[list[BackupReport]]:
    """Back up to `folder`, or to every target that is at hand, and thin out old backups there."""
    with vault.database.read() as session:
        settings = load_settings(session)
        damaged = _broken(_history(session))
    wanted = targets_of(settings) if folder is None else (folder,)
    places = [place for place in wanted if folder is not None or _at_hand(place)]
    if not places:
        raise NoBackupTarget
    reports = []
    for place in places:
        report = yield from back_up(vault, place)
        if place in targets_of(settings):
            yield from thin(vault, report, damaged)
        reports.append(report)
    return reports


def copy_before(vault: Vault, what: str) -> Work[BackupReport]:
    """The copy that the program makes by itself before something big; there is no way around it.

    It goes to the first target that is at hand, else into a folder beside the vault.
    """
    with vault.database.read() as session:
        settings = load_settings(session)
        damaged = _broken(_history(session))
    place = next((target for target in targets_of(settings) if _at_hand(target)), None)
    place = place or beside(vault.folder)
    report = yield from make(vault, place, _AUTOMATIC, f"{what}之前")
    yield from thin(vault, report, damaged)
    return report


def beside(folder: Path) -> Path:
    """Where automatic copies go when no target is at hand."""
    folder = folder.absolute()
    return folder.with_name(f"{folder.name}-自动备份")


def check_newest(vault: Vault) -> Work[list[BackupReport]]:
    """Read the newest backup of each target again and compare it; the log keeps the answer."""
    vault.actor.require(Role.SYSTEM)
    with vault.database.read() as session:
        targets = targets_of(load_settings(session))
    reports = []
    for target in (*targets, beside(vault.folder)):
        for newest in held(target, vault.vault_id)[:1]:
            try:
                report = yield from verify_backup(newest.folder, vault.key)
            except AppError as error:
                report = BackupReport(newest.folder, newest.manifest, (str(error),))
            log_check(vault, report)
            reports.append(report)
    return reports


def backup_anchors(vault: Vault) -> list[Anchor]:
    """The chain heads in the manifests of all backups at hand that this vault's key signed."""
    with vault.database.read() as session:
        targets = targets_of(load_settings(session))
    return [
        Anchor(each.manifest.head.seq, each.manifest.head.hash, f"备份 {each.folder.name} ")
        for target in (*targets, beside(vault.folder))
        for each in held(target, vault.vault_id)
        if each.manifest.authentic(vault.key)
    ]


def log_check(vault: Vault, report: BackupReport) -> None:
    """Keep what a check of a backup found."""
    detail = {"文件夹": report.folder.name, "完好": report.sound, "问题": list(report.findings)}
    with vault.database.write(vault.actor, _CHECKED) as session:
        audit.event(session, _CHECKED, detail=detail)


def log_audit_check(vault: Vault, report: AuditReport) -> None:
    """Keep that the log was checked, and whether it was whole."""
    detail = {"完好": report.clean, "条数": report.entries, "不符": len(report.findings)}
    with vault.database.write(vault.actor, _AUDITED) as session:
        audit.event(session, _AUDITED, detail=detail)


# --- inside -------------------------------------------------------------------------------

_Told = tuple[str, datetime, Mapping[str, Any]]


def _history(session: Session) -> list[_Told]:
    """What the log says of backups and of its own checks, oldest first: action, time, detail."""
    rows = session.execute(
        select(AuditEntry.action, AuditEntry.at, AuditEntry.detail)
        .where(AuditEntry.record == "")
        .where(AuditEntry.action.in_((BACKED_UP, _AUTOMATIC, _CHECKED, DRILLED, _AUDITED)))
        .order_by(AuditEntry.seq)
    )
    return [(action, at, json.loads(detail or "{}")) for action, at, detail in rows]


def _broken(history: Sequence[_Told]) -> set[str]:
    """Names of backups whose last check found something."""
    checks = {
        detail["文件夹"]: bool(detail["完好"])
        for action, _, detail in history
        if action == _CHECKED
    }
    return {name for name, sound in checks.items() if not sound}


def _counts(detail: Mapping[str, Any], broken: set[str], vault: Vault) -> bool:
    """Whether a backup of the log is still one, as far as can be seen from here."""
    name, place = detail.get("文件夹", ""), Path(detail.get("位置", ""))
    if name in broken or "备份时间" not in detail:
        return False
    if not place.is_dir():
        return True  # unplugged: the log's word stands
    return any(each.whole for each in held(place, vault.vault_id) if each.folder.name == name)


def _target(vault: Vault, folder: Path, broken: set[str]) -> TargetState:
    everything = held(folder, vault.vault_id)
    bad = [each for each in everything if not each.whole or each.folder.name in broken]
    good = [each for each in everything if each not in bad]
    return TargetState(
        folder=folder,
        reachable=_at_hand(folder),
        newest=good[0].manifest.made if good else None,
        count=len(good),
        damaged=tuple(each.folder.name for each in bad),
    )


def _at_hand(folder: Path) -> bool:
    """A folder that is there, or could be made because the disk above it is there."""
    return folder.is_dir() or folder.parent.is_dir()


def _days(moment: datetime | None, asked_at: datetime) -> int | None:
    if moment is None:
        return None
    return max((asked_at.astimezone().date() - moment.astimezone().date()).days, 0)


def _ago(days: int) -> str:
    return "今天" if days == 0 else f"{days} 天前"
