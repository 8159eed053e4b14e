"""人员交接 (第十一条): one sequence from the successor's account to the paper that all sign.

Which step is done is read from the audit log and from the accounts, never from a tick that
somebody set: so it can be interrupted, goes on with whoever opens next, and its paper says what
happened. A step that was done before the hand-over began, or before a step that it rests on, does
not count.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from app.models.audit import AuditEntry
from app.models.cases import StatusChange
from app.models.papers import Disc
from app.models.student import Student
from app.models.vocabulary import Role
from app.services.clock import today
from app.services.errors import (
    HandOverNames,
    HandOverNotBegun,
    HandOverNotReady,
    HandOverUnderWay,
)
from app.services.forms.fields import HAND_OVER
from app.services.progress import Work
from app.services.proof import SLIP_PRINTED, drawn, export
from app.services.settings import load_settings
from app.services.vault import audit
from app.services.vault.safekeeping import BACKED_UP
from app.services.vault.vault import Vault

_BEGUN: Final = "开始交接"
_GIVEN_UP: Final = "放弃交接"
_SHEET: Final = "移交恢复单"
_ADMITTED: Final = "添加操作员"
_RETIRED: Final = "停用操作员"
_RENEWED: Final = "更换密钥"
_SIGNED: Final = "打印交接单"
_TOLD: Final = (
    _BEGUN, _GIVEN_UP, _ADMITTED, BACKED_UP, SLIP_PRINTED, _SHEET, _RETIRED, _RENEWED, _SIGNED,
)  # fmt: skip


class Stage(Enum):
    """The steps in their order: what is done, and how."""

    SUCCESSOR = ("接手人进来", "给接手人“系统”角色和临时口令，由本人打开一次，换成自己的口令。")
    BACKUP = ("备份并读回核对", "备份到设定的位置，读回核对一致；备份盘当面点交。")
    HEAD = ("打印链头", "核对全部操作记录，打印审计锚定单，两人签名，各存一份。")
    SHEET = ("移交恢复单", "恢复单当面点清份数、验看封口，登记由谁保管。")
    PREDECESSOR = ("移交人退出", "由接手人停用移交人的账号。")
    KEY = ("更换密钥", "由接手人更换，出新恢复单；移交人的口令和旧恢复单从此打不开现在的学籍库。")
    COPY = ("用新密钥再备份", "以前的备份仍用旧口令打开；用新密钥马上备份一份。")
    PAPER = ("三方签字", "打印交接单，移交人、接手人、监交人签字，各存一份。")

    @property
    def title(self) -> str:
        """What the step is called."""
        return self.value[0]

    @property
    def words(self) -> str:
        """How it is done."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Done:
    """One step that was done: when, by whom, and what matters of it."""

    seq: int
    at: datetime
    operator: str
    words: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """One hand-over: its people, and which steps are done; `hint`: what stops the next one."""

    predecessor: str
    successor: str
    supervisor: str
    begun_at: datetime
    done: Mapping[Stage, Done]
    hint: str

    @property
    def next(self) -> Stage | None:
        """The step that is to be done now; None when all are."""
        return next((stage for stage in Stage if stage not in self.done), None)

    def demand(self, stage: Stage) -> None:
        """Refuse a step before those that it rests on; raises HandOverNotReady."""
        if self.next not in {stage, None} and stage not in self.done:
            raise HandOverNotReady(step=stage.title, first=self.next.title if self.next else "")


def begin(vault: Vault, successor: str, supervisor: str) -> HandOver:
    """The operator at work hands over to `successor`, in the presence of `supervisor`.

    Raises HandOverNames for names that are missing or the same, HandOverUnderWay.
    """
    vault.actor.require(Role.SYSTEM)
    predecessor, successor, supervisor = vault.actor.name, successor.strip(), supervisor.strip()
    if not successor or not supervisor or len({predecessor, successor, supervisor}) < 3:
        raise HandOverNames(predecessor=predecessor)
    under_way = hand_over(vault)
    if under_way is not None and under_way.next is not None:
        raise HandOverUnderWay(predecessor=under_way.predecessor, successor=under_way.successor)
    people = {"移交人": predecessor, "接手人": successor, "监交人": supervisor}
    return _note(vault, _BEGUN, people)


def give_up(vault: Vault) -> None:
    """There will be no hand-over after all; what was done of it stays done."""
    vault.actor.require(Role.SYSTEM)
    _demand(vault)
    with vault.database.write(vault.actor, _GIVEN_UP) as session:
        audit.event(session, _GIVEN_UP)


def note_sheet(vault: Vault, copies: int, kept: str) -> HandOver:
    """The paper recovery sheets went over: how many, and where they are kept now."""
    vault.actor.require(Role.SYSTEM)
    _demand(vault).demand(Stage.SHEET)
    return _note(vault, _SHEET, {"份数": copies, "保管": kept.strip()})


def retire(vault: Vault) -> HandOver:
    """The successor switches off the account of whoever hands over."""
    vault.actor.require(Role.SYSTEM)
    under_way = _demand(vault)
    under_way.demand(Stage.PREDECESSOR)
    if vault.actor.name != under_way.successor:
        raise HandOverNotReady(
            step=Stage.PREDECESSOR.title, first=f"由{under_way.successor}打开学籍库"
        )
    vault.remove_operator(under_way.predecessor, f"交接给{under_way.successor}")
    return _demand(vault)


def hand_over_paper(vault: Vault, target: Path) -> Work[HandOver]:
    """交接单: who, what there is, each step with its time; the last step of the sequence."""
    vault.actor.require(Role.SYSTEM)
    under_way = _demand(vault)
    under_way.demand(Stage.PAPER)
    head = vault.database.head()
    open_cases = select(func.count()).where(
        StatusChange.entry_id.is_(None), StatusChange.withdrawn_at.is_(None)
    )
    with vault.database.read() as session:
        values = {
            "学校": load_settings(session).school,
            "移交人": under_way.predecessor,
            "接手人": under_way.successor,
            "监交人": under_way.supervisor,
            "制单日期": today(),
            "库标识": vault.vault_id,
            "密钥标识": vault.key_id,
            "学生人数": session.scalar(select(func.count()).select_from(Student)) or 0,
            "影像数量": vault.media.count(),
            "在办异动": session.scalar(open_cases.select_from(StatusChange)) or 0,
            "光盘张数": session.scalar(select(func.count()).select_from(Disc)) or 0,
            "链头序号": head.seq,
            "核对码": head.short,
            "经过": _course(under_way),
        }
    content = yield from drawn(HAND_OVER, values)
    people = {"移交人": under_way.predecessor, "接手人": under_way.successor}
    export(vault, _SIGNED, target, content, people)
    return _demand(vault)


def hand_over(vault: Vault) -> HandOver | None:
    """The hand-over that is under way, or the last one that was finished; None: there is none."""
    vault.actor.require(Role.SYSTEM)
    rows = _entries(vault)
    begun = next((at for at in reversed(range(len(rows))) if rows[at].action == _BEGUN), None)
    if begun is None or any(row.action == _GIVEN_UP for row in rows[begun:]):
        return None
    people = rows[begun].detail
    predecessor, successor = people["移交人"], people["接手人"]
    done = _done(vault, rows[begun:], predecessor, successor)
    made = HandOver(predecessor, successor, people["监交人"], rows[begun].at, done, "")
    return HandOver(
        predecessor, successor, made.supervisor, made.begun_at, done, _hint(vault, made)
    )


# --- inside -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Entry:
    seq: int
    at: datetime
    operator: str
    action: str
    detail: Mapping[str, Any]


def _entries(vault: Vault) -> list[_Entry]:
    with vault.database.read() as session:
        rows = session.execute(
            select(
                AuditEntry.seq,
                AuditEntry.at,
                AuditEntry.operator_name,
                AuditEntry.action,
                AuditEntry.record,
                AuditEntry.detail,
            )
            .where(AuditEntry.action.in_(_TOLD))
            .order_by(AuditEntry.seq)
        ).all()
    return [
        _Entry(seq, at, operator, action, json.loads(detail or "{}") if not record else {})
        for seq, at, operator, action, record, detail in rows
    ]


def _done(
    vault: Vault, rows: Sequence[_Entry], predecessor: str, successor: str
) -> dict[Stage, Done]:
    """The steps that count, each after those that it rests on; it ends at the first that is not."""
    accounts = {row.name: row for row in vault.operators()}
    coming, going = accounts.get(successor), accounts.get(predecessor)
    done: dict[Stage, Done] = {}
    after = rows[0].seq
    if coming is None or not coming.active or coming.temporary or coming.password_made is None:
        return done
    if Role.SYSTEM not in coming.roles:
        return done
    words = "、".join(role.value for role in coming.roles)
    done[Stage.SUCCESSOR] = Done(after, coming.password_made, successor, f"角色：{words}")
    for stage, action in (
        (Stage.BACKUP, BACKED_UP),
        (Stage.HEAD, SLIP_PRINTED),
        (Stage.SHEET, _SHEET),
        (Stage.PREDECESSOR, _RETIRED),
        (Stage.KEY, _RENEWED),
        (Stage.COPY, BACKED_UP),
        (Stage.PAPER, _SIGNED),
    ):
        found = next((row for row in rows if row.action == action and row.seq > after), None)
        if stage is Stage.PREDECESSOR:
            if going is not None and going.active:
                break
            if found is None:  # too early, and it cannot be done twice
                found = next((row for row in reversed(rows) if row.action == action), None)
        if found is None:
            break
        done[stage] = Done(found.seq, found.at, found.operator, _words(stage, found.detail))
        after = max(after, found.seq)
    return done


def _words(stage: Stage, detail: Mapping[str, Any]) -> str:
    match stage:
        case Stage.BACKUP | Stage.COPY:
            return str(detail.get("文件夹", ""))
        case Stage.HEAD:
            return f"{detail.get('序号')}-{str(detail.get('SHA-256', ''))[:16]}"
        case Stage.SHEET:
            return f"{detail.get('份数')} 份，{detail.get('保管')}"
        case Stage.KEY:
            return f"新密钥 {detail.get('新密钥', '')}"
    return ""


def _hint(vault: Vault, under_way: HandOver) -> str:
    """What must be done elsewhere before the next step can be done here."""
    me, successor = vault.actor.name, under_way.successor
    if under_way.next is Stage.SUCCESSOR:
        account = next((row for row in vault.operators() if row.name == successor), None)
        if account is None or not account.active:
            return f"请在“操作员与口令”里添加{successor}，给“系统”角色和临时口令。"
        if Role.SYSTEM not in account.roles:
            return f"{successor}没有“系统”角色，请在“操作员与口令”里改角色。"
        return f"请锁定窗口，由{successor}用临时口令打开，换成自己的口令。"
    if under_way.next in {Stage.PREDECESSOR, Stage.KEY} and me != successor:
        return f"这一步要由{successor}来做：请锁定窗口，由{successor}用自己的口令打开。"
    return ""


def _course(under_way: HandOver) -> list[dict[str, object]]:
    return [
        {
            "序号": number,
            "事项": stage.title,
            "时间": f"{done.at.astimezone():%Y-%m-%d %H:%M}",
            "经手人": done.operator,
            "内容": done.words,
        }
        for number, (stage, done) in enumerate(under_way.done.items(), start=1)
        if stage is not Stage.PAPER
    ]


def _note(vault: Vault, action: str, detail: Mapping[str, Any]) -> HandOver:
    with vault.database.write(vault.actor, action) as session:
        audit.event(session, action, detail=detail)
    return _demand(vault)


def _demand(vault: Vault) -> HandOver:
    found = hand_over(vault)
    if found is None:
        raise HandOverNotBegun
    return found
