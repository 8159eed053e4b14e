"""The vault from a terminal: founding, people, keys, backups, proof."""

import argparse
import getpass
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.commands.terminal import (
    NEW_PASSPHRASE,
    PASSPHRASE,
    Answer,
    Commands,
    chosen_passphrase,
    drive,
    open_desk,
    pairs,
    passphrase,
    tell,
)
from app.models.vocabulary import Role
from app.services.clock import today
from app.services.errors import (
    CodeFileUnreadable,
    CodeMissing,
)
from app.services.files import amount
from app.services.founding import found, renew_key
from app.services.settings import LABELS, change_settings, load_settings
from app.services.vault.audit import AuditReport
from app.services.vault.backup import BackupReport, Manifest, Restored, back_up, restore
from app.services.vault.recovery import RecoveryCode
from app.services.vault.vault import Vault, VaultReport


def declare(commands: Commands) -> None:
    """Declare what concerns the vault itself."""
    init = commands.add("init", "新建学籍库", _init)
    init.add_argument("--school", required=True, metavar="学校全称")
    init.add_argument("--operator", dest="new_operator", required=True, metavar="姓名")
    init.add_argument("--sheet", type=Path, metavar="文件", help="恢复单存为这个 PDF（不能在库内）")

    operators = commands.group("operator", "操作员")
    commands.add("list", "列出操作员", _operator_list, operators)
    admit = commands.add("add", "添加操作员，设临时口令", _operator_add, operators)
    admit.add_argument("--roles", type=_roles, required=True, metavar="角色,角色")
    dismiss = commands.add("remove", "停用操作员", _operator_remove, operators)
    dismiss.add_argument("--reason", required=True, metavar="原因")
    renew = commands.add(
        "password", "修改自己的口令，或给别人设临时口令", _operator_password, operators
    )
    for sub in (admit, dismiss):
        sub.add_argument("name", metavar="姓名")
    renew.add_argument("name", nargs="?", metavar="姓名")

    rotate = commands.add("rotate", "更换密钥，出新恢复单", _rotate)
    rotate.add_argument("--sheet", type=Path, metavar="文件", help="新恢复单存为这个 PDF")
    commands.add("backup", "备份到另一块磁盘", _backup).add_argument(
        "to", type=Path, metavar="目录"
    )
    restore = commands.add("restore", "从备份恢复成一个新的学籍库", _restore)
    restore.add_argument("source", type=Path, metavar="备份")
    restore.add_argument("--to", type=Path, required=True, metavar="空目录")
    recover = commands.add("recover", "用恢复单打开，设新口令", _recover)
    recover.add_argument("--operator", dest="new_operator", required=True, metavar="姓名")
    recover.add_argument("--code-file", type=Path, metavar="文件", help="存有恢复码的文本文件")

    settings = commands.add("settings", "查看或修改学校设置", _settings)
    settings.add_argument("values", nargs="*", metavar="名称=值")

    commands.add("verify", "检查学籍库是否完好", _verify)
    commands.add("refold", "由学籍台账重算每个学生的学籍状态", _refold)
    chain = commands.group("audit", "操作记录")
    commands.add("verify", "核对操作记录链", _audit_verify, chain)


def _roles(text: str) -> list[Role]:
    try:
        return [Role(word.strip()) for word in re.split("[,，、]", text)]
    except ValueError:
        known = "、".join(role.value for role in Role)
        raise argparse.ArgumentTypeError(f"“{text}”里有不认识的角色，可用 {known}") from None


def _init(args: argparse.Namespace) -> Answer:
    sheet = args.sheet or args.vault.absolute().parent / f"恢复单-{args.vault.name}.pdf"
    founded = found(
        args.vault,
        school=args.school,
        operator=args.new_operator,
        password=chosen_passphrase("设定口令：", PASSPHRASE),
        sheet=sheet,
    )
    return Answer(
        [
            f"已建立学籍库：{args.vault}",
            f"恢复单：{founded.sheet}。请打印两份，分别封存在两处，然后删除这个文件。",
            *founded.warnings,
        ],
        {
            "vault": str(args.vault),
            "sheet": str(founded.sheet),
            "school": args.school,
            "operator": args.new_operator,
            "warnings": list(founded.warnings),
        },
    )


def _settings(args: argparse.Namespace) -> Answer:
    changes = pairs(args.values)
    with open_desk(args, sees_students=False) as desk:
        if changes:
            desk.actor.require(Role.SYSTEM)
            with desk.database.write(desk.actor, "修改设置") as session:
                settings = change_settings(session, changes)
        else:
            with desk.database.read() as session:
                settings = load_settings(session)
    values = {name: getattr(settings, name) for name in LABELS}
    return Answer([f"{LABELS[name]}：{value}" for name, value in values.items()], values)


def _verify(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        report: VaultReport = drive(desk.vault.verify())
    lines = report.sentences or ("学籍库完好：数据库、操作记录、影像全部核对一致。",)
    return Answer(
        lines, {"clean": report.clean, "findings": list(report.sentences)}, int(not report.clean)
    )


def _refold(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        people = len(desk.listing.misfits())
        desk.listing.rebuild(desk.actor)
    return Answer([f"已由学籍台账重算，改正 {people} 人。"], {"corrected": people})


def _audit_verify(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        report: AuditReport = drive(desk.vault.verify_audit())
    findings = [finding.sentence for finding in report.findings]
    data = {
        "clean": report.clean,
        "entries": report.entries,
        "head": report.head.hash,
        "first_bad_seq": report.first_bad_seq,
        "findings": findings,
    }
    done = f"操作记录共 {report.entries} 条，链完整，与登记一致；链头 {report.head.short}。"
    return Answer([done] if report.clean else findings, data, int(not report.clean))


def _operator_list(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        desk.actor.require(Role.SYSTEM)
        rows = desk.vault.operators()
    lines = [
        f"{row.name}：{'、'.join(row.roles)}"
        + ("" if row.active else "（已停用）")
        + ("（没有口令，请设临时口令）" if row.active and row.password_made is None else "")
        + ("（临时口令，尚未更换）" if row.temporary else "")
        for row in rows
    ]
    return Answer(lines, {"operators": [asdict(row) for row in rows]})


def _operator_add(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        desk.actor.require(Role.SYSTEM)
        password = chosen_passphrase(f"{args.name}的临时口令：", NEW_PASSPHRASE)
        desk.vault.add_operator(args.name, args.roles, password)
    return Answer(
        [f"已添加操作员{args.name}（{'、'.join(args.roles)}）。请其首次打开时换成自己的口令。"],
        {"name": args.name, "roles": args.roles},
    )


def _operator_remove(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        desk.vault.remove_operator(args.name, args.reason)
    return Answer(
        [f"已停用操作员{args.name}。其口令仍能打开以前的备份；交接时请用 xueji rotate 更换密钥。"],
        {"name": args.name, "reason": args.reason},
    )


def _operator_password(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        name = args.name or desk.actor.name
        temporary = name != desk.actor.name
        if temporary:
            desk.actor.require(Role.SYSTEM)
        password = chosen_passphrase(f"{name}的新口令：", NEW_PASSPHRASE)
        desk.vault.set_password(name, password, temporary=temporary)
    done = "已设临时口令，请其首次打开时更换。" if temporary else "口令已更换。"
    return Answer([f"{name}：{done}"], {"name": name, "temporary": temporary})


def _rotate(args: argparse.Namespace) -> Answer:
    beside = args.vault.absolute().parent
    sheet = args.sheet or beside / f"恢复单-{args.vault.name}-{today():%Y%m%d}.pdf"
    with open_desk(args, sees_students=False) as desk:
        desk.actor.require(Role.SYSTEM)
        password = passphrase("更换密钥，请再输一遍自己的口令：")
        vault: Vault = drive(renew_key(desk.vault, password, sheet))
    with vault:
        waiting = vault.without_password
        notices = list(vault.notices)
        head = vault.database.head()
    return Answer(
        [
            f"密钥已更换，密钥标识 {vault.key_id}。",
            f"新恢复单：{sheet}。请打印两份，分别封存在两处，然后删除这个文件；旧恢复单作废。",
            "以前的备份仍要用旧口令或旧恢复单打开，请立即重新备份。",
            *notices,
        ],
        {
            "vault": str(args.vault),
            "sheet": str(sheet),
            "key_id": vault.key_id,
            "head": head.hash,
            "seq": head.seq,
            "need_password": list(waiting),
            "notices": notices,
        },
    )


def _backup(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        report: BackupReport = drive(back_up(desk.vault, args.to))
    return Answer(
        [
            f"备份：{report.folder}（{amount(report.bytes)}，学生 {report.manifest.students} 人），"
            "已读回核对一致。",
            f"操作记录链头 {report.manifest.head.short}。",
            *report.notices,
        ],
        {"backup": str(report.folder), **_backup_data(report.manifest),
         "size": report.bytes, "notices": list(report.notices)},
    )  # fmt: skip


def _restore(args: argparse.Namespace) -> Answer:
    restored: Restored = drive(
        restore(args.source, args.to, passphrase("备份当时的口令："), operator=args.operator)
    )
    held = restored.manifest
    return Answer(
        [
            f"已恢复到 {args.to}：{held.school}，学生 {held.students} 人，"
            f"是 {held.made:%Y-%m-%d %H:%M} 的备份。",
            f"操作记录接着第 {held.head.seq} 条往下记，链头 {held.head.short}；请与打印件核对。",
            f"用备份当时的口令打开：{'、'.join(restored.operators)}。",
            *(f"核验　{finding}" for finding in restored.findings),
            *restored.notices,
        ],
        {"vault": str(args.to), **_backup_data(held),
         "operators": list(restored.operators), "findings": list(restored.findings),
         "notices": list(restored.notices)},
    )  # fmt: skip


def _backup_data(manifest: Manifest) -> dict[str, Any]:
    return {
        "made_at": manifest.made_at,
        "school": manifest.school,
        "students": manifest.students,
        "head": manifest.head.hash,
        "seq": manifest.head.seq,
    }


def _recover(args: argparse.Namespace) -> Answer:
    code = RecoveryCode.read(_code_text(args.code_file))
    password = chosen_passphrase(f"{args.new_operator}的新口令：", NEW_PASSPHRASE)
    with Vault.recover(args.vault, code, operator=args.new_operator, password=password) as vault:
        waiting = vault.without_password
        tell(vault.notices)
    lines = [f"恢复码有效，{args.new_operator}的口令已更换。这次拆封恢复单请登记，并重新封存。"]
    if waiting:
        lines.append(f"请给这些操作员设新的临时口令：{'、'.join(waiting)}。")
    return Answer(lines, {"operator": args.new_operator, "need_password": list(waiting)})


def _code_text(file: Path | None) -> str:
    if file is not None:
        try:
            return file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CodeFileUnreadable(file=file, reason=error) from error
    if not sys.stdin.isatty():
        raise CodeMissing
    return "\n".join(getpass.getpass(f"恢复码第 {line} 行：") for line in range(1, 5))
