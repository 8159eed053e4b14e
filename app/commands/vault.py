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
from app.services.files import amount, write_new
from app.services.founding import found, renew_key
from app.services.proof import anchor_slip, audit_statement, drill_record
from app.services.resources import resource
from app.services.settings import LABELS, change_settings, load_settings
from app.services.vault.audit import Anchor, AuditReport, Head
from app.services.vault.backup import BackupReport, Manifest, Restored, restore
from app.services.vault.recovery import RecoveryCode
from app.services.vault.rehearsal import Rehearsal, rehearse
from app.services.vault.replacing import Replaced, put_back, replace_vault
from app.services.vault.safekeeping import (
    back_up_all,
    backup_anchors,
    backup_state,
    check_newest,
    log_audit_check,
)
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
    commands.add("backup", "备份到另一块磁盘，并清理多余的旧备份", _backup).add_argument(
        "to", type=Path, nargs="?", metavar="目录", help="不写则备份到设定的备份位置"
    )
    look = commands.add("backups", "看备份和演练的情况", _backups)
    look.add_argument("--check", action="store_true", help="把各处最近一份读回、解密、核对一遍")
    drill = commands.add("drill", "恢复演练：用恢复单试恢复一份备份", _drill)
    drill.add_argument("source", type=Path, metavar="备份")
    drill.add_argument("--code-file", type=Path, metavar="文件", help="存有恢复码的文本文件")
    drill.add_argument("-o", "--output", type=Path, metavar="文件.pdf", help="演练记录存为")
    restore = commands.add("restore", "从备份恢复成一个新的学籍库", _restore)
    restore.add_argument("source", type=Path, metavar="备份")
    restore.add_argument("--to", type=Path, required=True, metavar="目录")
    instead = restore.add_mutually_exclusive_group()
    instead.add_argument("--replace", action="store_true", help="目录里已有学籍库：先移开，再换上")
    instead.add_argument("--undo", action="store_true", help="把移开的学籍库换回来")
    reader = commands.add("emergency", "取出应急读取程序，随备份或光盘一起存档", _emergency)
    reader.add_argument("to", type=Path, metavar="目录")
    recover = commands.add("recover", "用恢复单打开，设新口令", _recover)
    recover.add_argument("--operator", dest="new_operator", required=True, metavar="姓名")
    recover.add_argument("--code-file", type=Path, metavar="文件", help="存有恢复码的文本文件")

    settings = commands.add("settings", "查看或修改学校设置", _settings)
    settings.add_argument("values", nargs="*", metavar="名称=值")

    commands.add("verify", "检查学籍库是否完好", _verify)
    commands.add("refold", "由学籍台账重算每个学生的学籍状态", _refold)
    chain = commands.group("audit", "操作记录")
    check = commands.add("verify", "核对操作记录链", _audit_verify, chain)
    check.add_argument(
        "--anchor", action="append", default=[], metavar="链头", help="纸上的链头，如 1532-9f3a…"
    )
    check.add_argument("-o", "--output", type=Path, metavar="文件.pdf", help="核验单存为")
    slip = commands.add("slip", "打印每月的审计锚定单", _audit_slip, chain)
    slip.add_argument("-o", "--output", type=Path, required=True, metavar="文件.pdf")


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
    typed = [Anchor.read(text) for text in args.anchor]
    with open_desk(args, sees_students=False) as desk:
        anchors = [*typed, *backup_anchors(desk.vault)]
        report: AuditReport = drive(desk.vault.verify_audit(anchors))
        log_audit_check(desk.vault, report)
        if args.output:
            drive(audit_statement(desk.vault, report, anchors, args.output))
    findings = [finding.sentence for finding in report.findings]
    warnings = [warning.sentence for warning in report.warnings]
    data = {
        "clean": report.clean,
        "entries": report.entries,
        "records": report.records,
        "head": report.head.hash,
        "seq": report.head.seq,
        "sm3": report.head.sm3,
        "anchors": len(anchors),
        "first_bad_seq": report.first_bad_seq,
        "differing": list(report.differing),
        "findings": findings,
        "warnings": warnings,
    }
    done = (
        f"操作记录共 {report.entries} 条，链完整，与登记一致，"
        f"与 {len(anchors) + 1} 处链头相符；链头 {report.head.short}。"
    )
    if report.first_bad_seq is not None:
        findings.insert(0, f"第一条不符的操作记录：第 {report.first_bad_seq} 条。")
    return Answer([*([done] if report.clean else findings), *warnings], data, int(not report.clean))


def _audit_slip(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        head: Head = drive(anchor_slip(desk.vault, args.output))
    return Answer(
        [
            f"审计锚定单：{args.output}，链头 {head.short}。",
            "请打印两份，签名后一份存档，一份交监督人保管。",
        ],
        {"file": str(args.output), "seq": head.seq, "head": head.hash, "sm3": head.sm3},
    )


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
        reports: list[BackupReport] = drive(back_up_all(desk.vault, args.to))
    first, lines = reports[0], []
    for report in reports:
        lines += [
            f"备份：{report.folder}（{amount(report.bytes)}，学生 {report.manifest.students} 人），"
            "已读回核对一致。",
            *report.notices,
        ]
    return Answer(
        [*lines, f"操作记录链头 {first.manifest.head.short}。"],
        {"backup": str(first.folder), **_backup_data(first.manifest),
         "size": first.bytes, "notices": [n for report in reports for n in report.notices],
         "backups": [str(report.folder) for report in reports]},
    )  # fmt: skip


def _backups(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        desk.actor.require(Role.SYSTEM)
        checked: list[BackupReport] = drive(check_newest(desk.vault)) if args.check else []
        state = backup_state(desk.vault)
    lines = [
        f"{report.folder}：{'完好' if report.sound else '；'.join(report.findings)}"
        for report in checked
    ]
    lines += [
        f"{target.folder}：{target.count} 份"
        + (f"，最近 {target.newest:%Y-%m-%d %H:%M}" if target.newest else "")
        for target in state.targets
    ]
    data = {
        "days_since_copy": state.days_since_copy,
        "days_since_drill": state.days_since_drill,
        "copy_due": state.copy_due,
        "drill_due": state.drill_due,
        "targets": [
            {"folder": str(target.folder), "reachable": target.reachable, "count": target.count,
             "newest": target.newest, "damaged": list(target.damaged)}
            for target in state.targets
        ],
        "checked": [
            {"backup": str(report.folder), "sound": report.sound,
             "findings": list(report.findings)}
            for report in checked
        ],
        "sentences": list(state.sentences),
    }  # fmt: skip
    return Answer(
        [*state.sentences, *lines], data, int(not all(report.sound for report in checked))
    )


def _drill(args: argparse.Namespace) -> Answer:
    code = RecoveryCode.read(_code_text(args.code_file))
    with open_desk(args) as desk:
        done: Rehearsal = drive(rehearse(desk.vault, args.source, code))
        if args.output:
            drive(drill_record(desk.vault, done, args.output))
    lines = [f"恢复演练未通过：{finding}" for finding in done.findings]
    if done.passed:
        lines = [
            f"恢复单有效：{args.source.name} 能恢复，学生 {done.students} 人，"
            f"影像 {done.pictures} 件，逐页核对、核验操作记录全部相符。",
            "请取出下列学生的纸质学籍卡核对：",
            *(
                f"　{row.exam_number or '－'} {row.name} {row.class_group} {row.status.value}"
                for row in done.drawn
            ),
            "恢复单请登记启封，装入新信封，当日重新封存；存有恢复码的文件请删除。",
        ]
    return Answer(
        lines,
        {
            "passed": done.passed,
            "backup": str(args.source),
            "students": done.students,
            "pictures": done.pictures,
            "drawn": [row.name for row in done.drawn],
            "findings": list(done.findings),
        },
        int(not done.passed),
    )


def _emergency(args: argparse.Namespace) -> Answer:
    made = args.to / "read_vault.py"
    write_new(made, resource("emergency", "read_vault.py").read_bytes())
    return Answer(
        [
            f"应急读取程序：{made}，用法写在文件开头。",
            "没有本程序时，任何装有 Python 的电脑凭恢复码都能用它读出学籍库。",
            "它不含任何密钥，可以和备份、光盘放在一起，但不要和恢复单放在一起。",
        ],
        {"file": str(made)},
    )


def _restore(args: argparse.Namespace) -> Answer:
    if args.undo:
        gone = put_back(args.to, args.source)
        return Answer(
            [f"已换回 {args.to}；刚才恢复的那一份移到 {gone}。"],
            {"vault": str(args.to), "aside": str(gone)},
        )
    if args.replace:
        return _replace(args)
    restored: Restored = drive(
        restore(args.source, args.to, passphrase("备份当时的口令："), operator=args.operator)
    )
    return _restored_answer(args, restored, [], {})


def _replace(args: argparse.Namespace) -> Answer:
    replaced: Replaced = drive(
        replace_vault(args.source, args.to, passphrase("备份当时的口令："), operator=args.operator)
    )
    lines = [
        f"原来的学籍库移到 {replaced.aside}，没有删除。要换回来："
        f"xueji restore {replaced.aside} --to {args.to} --undo"
    ]
    if replaced.behind:
        lines.append(f"原库在这份备份之后还有 {replaced.behind} 条操作记录，请照纸质材料补录。")
    return _restored_answer(
        args, replaced.restored, lines, {"aside": str(replaced.aside), "behind": replaced.behind}
    )


def _restored_answer(
    args: argparse.Namespace, restored: Restored, more: list[str], data: dict[str, Any]
) -> Answer:
    held = restored.manifest
    return Answer(
        [
            f"已恢复到 {args.to}：{held.school}，学生 {held.students} 人，"
            f"是 {held.made:%Y-%m-%d %H:%M} 的备份。",
            f"操作记录接着第 {held.head.seq} 条往下记，链头 {held.head.short}；请与打印件核对。",
            f"用备份当时的口令打开：{'、'.join(restored.operators)}。",
            *(f"核验　{finding}" for finding in restored.findings),
            *restored.notices,
            *more,
        ],
        {"vault": str(args.to), **_backup_data(held), **data,
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
