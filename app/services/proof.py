"""Papers that prove the register: the anchor slip, the statement of a check, a drill's record.

They are made of the audit log, never of what somebody typed, and each leaves its own entry there.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.audit import AuditEntry
from app.models.student import Student
from app.models.vocabulary import Role
from app.services.clock import now, today
from app.services.exports import exported
from app.services.forms import pdf
from app.services.forms.fields import ANCHOR_SLIP, AUDIT_STATEMENT, DRILL_RECORD
from app.services.forms.template import compile_template
from app.services.forms.values import QrCode, Values
from app.services.progress import Work
from app.services.resources import resource
from app.services.settings import load_settings
from app.services.vault import audit
from app.services.vault.audit import AuditReport, Head
from app.services.vault.rehearsal import Rehearsal
from app.services.vault.safekeeping import backup_state
from app.services.vault.vault import Vault

SLIP_PRINTED: Final = "打印审计锚定单"
#: What the QR code of a slip begins with.
_MARK: Final = "XUEJI-ANCHOR"


def anchor_slip(vault: Vault, target: Path) -> Work[Head]:
    """审计锚定单: the end of the chain on paper, after a check of all of it."""
    vault.actor.require_any(Role.RECORD, Role.REVIEW, Role.SYSTEM)
    report = yield from vault.verify_audit()
    head = report.head
    state = backup_state(vault)
    with vault.database.read() as session:
        values = _common(session, vault, head) | {
            "密钥标识": vault.key_id,
            "核验结论": _verdict(report),
            "本月条数": _this_month(session, head),
            "学生人数": session.scalar(select(func.count()).select_from(Student)) or 0,
            "最近备份": f"{state.copied_at.astimezone():%Y-%m-%d}" if state.copied_at else "没有",
            "上次锚定": _last_slip(session),
            "二维码": QrCode(f"{_MARK}:{head.seq}:{head.hash}"),
            **_halves("SHA256", head.hash),
            **_halves("SM3", head.sm3),
        }
    content = yield from drawn(ANCHOR_SLIP, values)
    detail = {"序号": head.seq, "SHA-256": head.hash, "SM3": head.sm3}
    export(vault, SLIP_PRINTED, target, content, detail)
    return head


def audit_statement(
    vault: Vault, report: AuditReport, anchors: Sequence[audit.Anchor], target: Path
) -> Work[None]:
    """操作记录核验单: what a check found, entry by entry."""
    first = report.first_bad_seq
    findings = [*report.findings, *report.warnings]
    conclusion = "链完整，与登记一致，与全部对照依据相符。"
    if not report.clean:
        conclusion = f"发现 {len(report.findings)} 处不符，列在下面。"
    with vault.database.read() as session:
        values = _common(session, vault, report.head) | {
            "核验结论": conclusion,
            "核对对象数": report.records,
            "对照依据": "、".join(["密钥文件", *dict.fromkeys(a.source for a in anchors)]),
            "首条不符": f"第 {first} 条" if first is not None else "无",
            "问题条数": len(report.findings),
            "问题": [
                {"序号": number, "记录序号": found.seq or "－", "内容": found.sentence}
                for number, found in enumerate(findings, start=1)
            ],
        }
    content = yield from drawn(AUDIT_STATEMENT, values)
    detail = {"序号": report.head.seq, "不符": len(report.findings)}
    export(vault, "打印操作记录核验单", target, content, detail)


def drill_record(vault: Vault, done: Rehearsal, target: Path) -> Work[None]:
    """恢复演练记录: the backup, the answer, and five students to compare with their cards."""
    head = done.manifest.head
    conclusion = "用恢复单打开备份，逐页核对、核验操作记录，全部相符。"
    if not done.passed:
        conclusion = "未通过：" + "；".join(done.findings[:3])
    with vault.database.read() as session:
        values = _common(session, vault, head) | {
            "密钥标识": done.manifest.key_id,
            "核验结论": conclusion,
            "学生人数": done.students,
            "影像数量": done.pictures,
            "备份名称": done.source.name,
            "备份时间": f"{done.manifest.made.astimezone():%Y-%m-%d %H:%M}",
            "抽查": [
                {
                    "序号": number,
                    "考生号": row.exam_number or "",
                    "姓名": row.name,
                    "班级": row.class_group,
                    "性别": row.sex or "",
                    "状态": row.status,
                }
                for number, row in enumerate(done.drawn, start=1)
            ],
        }
    content = yield from drawn(DRILL_RECORD, values)
    export(vault, "打印恢复演练记录", target, content, {"人数": len(done.drawn)})


# --- inside -------------------------------------------------------------------------------


def _common(session: Session, vault: Vault, head: Head) -> dict[str, Any]:
    return {
        "学校": load_settings(session).school,
        "库标识": vault.vault_id,
        "制单日期": today(),
        "制单人": vault.actor.name,
        "链头序号": head.seq,
        "核对码": head.short,
    }


def _verdict(report: AuditReport) -> str:
    return "链完整，与登记一致" if report.clean else f"发现 {len(report.findings)} 处不符"


def _halves(name: str, digest: str) -> dict[str, str]:
    groups = [digest[at : at + 4] for at in range(0, len(digest), 4)]
    return {f"{name}前半": " ".join(groups[:8]), f"{name}后半": " ".join(groups[8:])}


def _this_month(session: Session, head: Head) -> int:
    moment = now()
    begin = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    counted = select(func.count()).where(AuditEntry.at >= begin, AuditEntry.seq <= head.seq)
    return session.scalar(counted.select_from(AuditEntry)) or 0


def _last_slip(session: Session) -> str:
    found = session.execute(
        select(AuditEntry.at, AuditEntry.detail)
        .where(AuditEntry.record == "", AuditEntry.action == SLIP_PRINTED)
        .order_by(AuditEntry.seq.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        return "没有"
    at: datetime = found.at
    return f"{at.astimezone():%Y-%m-%d} 第 {json.loads(found.detail)['序号']} 条"


def drawn(form: str, values: Values) -> Work[bytes]:
    """A paper of the vault as PDF."""
    template = compile_template(resource("forms", f"{form}.xlsx"))
    drawn = yield from pdf.draw(template, [values], title=form, printed_on=today())
    return drawn.pdf


def export(vault: Vault, action: str, target: Path, content: bytes, detail: dict[str, Any]) -> None:
    """Write such a paper to `target`; the log keeps what it said."""
    with exported(vault.database, vault.actor, action, "", target, content) as session:
        audit.event(session, action, detail=detail)
