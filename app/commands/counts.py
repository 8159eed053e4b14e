"""Head-counts explained, sealed and signed: bridge, seals, terms, platform, check sheets."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.commands.terminal import (
    NOTHING_PRINTED,
    Answer,
    Commands,
    day,
    open_desk,
    pairs,
    print_paper,
)
from app.models.vocabulary import Arrival, CheckMark, CountBase
from app.services.clock import end_of, today
from app.services.errors import NobodyNamed
from app.services.forms.fields import BRIDGE
from app.services.register.checksheets import SheetRow
from app.services.register.ledger import Moment
from app.services.register.organisation import find_class
from app.services.register.registration import ArrivalRow
from app.services.register.reports import bridge_report
from app.services.register.sealing import SealRow
from app.services.register.students import Scope
from app.services.workstation import Workstation


def declare(commands: Commands) -> None:
    """Declare what belongs to head-counts."""
    bridge = commands.add("bridge", "两个日期或两次所知之间，人数为什么不同", _bridge)
    bridge.add_argument("--from", dest="begin", type=day, required=True, metavar="日期")
    bridge.add_argument("--to", dest="end", type=day, metavar="日期", help="默认同一天")
    bridge.add_argument("--known-from", type=day, metavar="日期", help="前一个数按这一天所知")
    bridge.add_argument("--known-to", type=day, metavar="日期", help="后一个数按这一天所知")
    bridge.add_argument("--class", dest="class_group", metavar="班级")
    bridge.add_argument("-o", "--output", type=Path, metavar="文件.pdf|.xlsx|.csv")

    seals = commands.group("headcount", "人数审核表：封存、核对")
    seal = commands.add("seal", "封存一张人数审核表", _seal, seals)
    seal.add_argument("--from", dest="begin", type=day, required=True, metavar="日期")
    seal.add_argument("--to", dest="end", type=day, required=True, metavar="日期")
    seal.add_argument("--note", default="", metavar="说明")
    for sub in (bridge, seal):
        sub.add_argument(
            "--base", choices=[base.value for base in CountBase],
            default=CountBase.ON_REGISTER.value, metavar="在籍|在校", help="人数口径",
        )  # fmt: skip
    commands.add("list", "列出封存的表", _seals, seals)
    check = commands.add("check", "看封存以后改了什么", _check_seal, seals)
    check.add_argument("number", type=int, metavar="编号")

    _declare_terms(commands)
    _declare_sheets(commands)


def _declare_terms(commands: Commands) -> None:
    term = commands.group("term", "学期注册")
    opened = commands.add("open", "设立学期", _open_term, term)
    opened.add_argument("name", metavar="学期", help="如 2026-2027-1")
    opened.add_argument("--from", dest="begin", type=day, required=True, metavar="日期")
    opened.add_argument("--to", dest="end", type=day, required=True, metavar="日期")
    commands.add("list", "列出学期", _terms, term)
    register = commands.add("register", "登记报到、请假、缓注册、未报到", _register, term)
    register.add_argument("name", metavar="学期")
    register.add_argument("arrival", choices=[one.value for one in Arrival], metavar="情况")
    register.add_argument("students", nargs="*", metavar="号码")
    register.add_argument("--class", dest="class_group", metavar="班级", help="全班，除已登记的")
    register.add_argument("--date", type=day, metavar="日期", help="默认今天")
    register.add_argument("--reason", default="", metavar="原因")
    for name, text, action in (
        ("show", "每个在校生的注册情况", _show_term),
        ("missing", "未注册名单", _missing),
    ):
        sub = commands.add(name, text, action, term)
        sub.add_argument("name", metavar="学期")
        sub.add_argument("--on", type=day, metavar="日期", help="默认今天")
        sub.add_argument("-o", "--output", type=Path, metavar="文件.pdf|.xlsx")
    platform = commands.add("platform", "登记平台上各班的人数", _platform)
    platform.add_argument("counts", nargs="+", metavar="班级=人数")
    platform.add_argument("--date", type=day, required=True, metavar="日期")
    platform.add_argument("--source", required=True, metavar="平台")


def _declare_sheets(commands: Commands) -> None:
    check = commands.group("check", "学籍核查确认表：制表、收回、汇总")
    make = commands.add("make", "按班制表，每页有页码", _make, check)
    make.add_argument("title", metavar="名称")
    make.add_argument("classes", nargs="+", metavar="班级")
    make.add_argument("--as-of", type=day, metavar="日期", help="默认今天")
    tick = commands.add("tick", "收回一页：没有另写的都已签", _tick, check)
    tick.add_argument("code", metavar="页码")
    tick.add_argument("--date", type=day, metavar="日期", help="默认今天")
    for mark in (CheckMark.ON_LEAVE, CheckMark.UNSIGNED, CheckMark.LOST, CheckMark.WRONG):
        tick.add_argument(f"--{mark.name.lower().replace('_', '-')}", dest=mark.name, nargs="+",
                          default=[], metavar="号码", help=mark.value)  # fmt: skip
    untick = commands.add("untick", "登记错了：这一页没有收回", _untick, check)
    untick.add_argument("code", metavar="页码")
    untick.add_argument("--reason", required=True, metavar="原因")
    paper = commands.add("print", "打印各页", _print_sheets, check)
    paper.add_argument("title", metavar="名称")
    paper.add_argument("--form", default="", metavar="表样.xlsx", help="用学校自己的表样")
    paper.add_argument("-o", "--output", type=Path, required=True, metavar="文件.pdf|.xlsx")
    listed = commands.add("list", "列出各页", _sheets, check)
    listed.add_argument("title", nargs="?", metavar="名称")
    listed.add_argument("--outstanding", action="store_true", help="只列没有收回的")
    summed = commands.add("summary", "各班汇总和没有正常签字的人", _summary, check)
    summed.add_argument("title", metavar="名称")
    summed.add_argument("-o", "--output", type=Path, metavar="文件.pdf|.xlsx")


# --- 对照 ----------------------------------------------------------------------------------


def _bridge(args: argparse.Namespace) -> Answer:
    first = Moment(args.begin, args.known_from and end_of(args.known_from))
    second = Moment(args.end or args.begin, args.known_to and end_of(args.known_to))
    base, printed = CountBase(args.base), NOTHING_PRINTED
    with open_desk(args) as desk:
        class_id = _class_id(desk, args.class_group) if args.class_group else None
        found = desk.bridges.between(desk.actor, first, second, base=base, class_id=class_id)
        report = bridge_report(found)
        if args.output and args.output.suffix.lower() == ".csv":
            desk.reports.save(desk.actor, report, args.output)
        elif args.output:
            scope = Scope(class_id=class_id)
            sheet = desk.printing.collect(
                desk.actor, BRIDGE, second, scope, args.begin, base, args.known_from
            )
            printed = print_paper(desk.printing.write(desk.actor, sheet, args.output))
    lines = [report.covers]
    lines += [" ".join("" if v is None else str(v) for v in row) for row in report.tables[0].rows]
    lines += printed.lines
    data = {
        **printed.data,
        "base": found.base,
        "opening": len(found.opening),
        "lines": [
            {
                "cause": line.cause,
                "learned": line.learned,
                "in": [asdict(one) for one in line.entered],
                "out": [asdict(one) for one in line.left],
            }
            for line in found.lines
        ],
        "closing": len(found.closing),
        "balanced": found.balanced,
    }
    return Answer(lines, data, int(not found.balanced))


# --- 封存 ----------------------------------------------------------------------------------


def _seal(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        row = desk.seals.seal(
            desk.actor, args.begin, args.end, base=CountBase(args.base), note=args.note
        )
    return Answer([_seal_line(row)], _seal_data(row))


def _seals(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        rows = desk.seals.rows(desk.actor)
    lines = [_seal_line(row) for row in rows] or ["还没有封存的表。"]
    return Answer(lines, {"seals": [_seal_data(row) for row in rows]})


def _check_seal(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        found = desk.seals.check(desk.actor, args.number)
    lines = [_seal_line(found.seal)]
    if not found.sound:
        lines.append("封存的内容与它的指纹不符：被改动过。")
    if found.unchanged:
        lines.append("与现在的登记一致。")
    lines += [
        f"封存后变动　{one.class_group} {one.what}：{len(one.sealed)} → {len(one.now)}"
        for one in found.differences
    ]
    for line in found.since.lines:
        names = "、".join(person.name for person in (*line.entered, *line.left))
        lines.append(f"{line.label}：{names}")
    data = {
        **_seal_data(found.seal),
        "sound": found.sound,
        "unchanged": found.unchanged,
        "differences": [
            {**asdict(one), "sealed": len(one.sealed), "now": len(one.now)}
            for one in found.differences
        ],
    }
    return Answer(lines, data, int(not found.unchanged))


def _seal_line(row: SealRow) -> str:
    return (
        f"封存 {row.id}　{row.begin} 至 {row.end}　{row.base.value}　指纹 {row.code}　"
        f"{row.sealed_by} {row.sealed_at.astimezone():%Y-%m-%d %H:%M}"
    )


def _seal_data(row: SealRow) -> dict[str, Any]:
    return {
        "seal": row.id, "from": row.begin, "to": row.end, "base": row.base, "note": row.note,
        "fingerprint": row.fingerprint, "code": row.code, "sealed_at": row.sealed_at,
    }  # fmt: skip


# --- 学期注册 ------------------------------------------------------------------------------


def _open_term(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        row = desk.registration.open_term(desk.actor, args.name, args.begin, args.end)
    return Answer([f"已设学期 {row.name}（{row.begin} 至 {row.end}）。"], asdict(row))


def _terms(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        rows = desk.registration.terms(desk.actor)
    lines = [f"{row.name}　{row.begin} 至 {row.end}" for row in rows] or ["还没有学期。"]
    return Answer(lines, {"terms": [asdict(row) for row in rows]})


def _register(args: argparse.Namespace) -> Answer:
    on = args.date or today()
    with open_desk(args) as desk:
        ids = [desk.students.identify(number) for number in args.students]
        if args.class_group:
            ids += [
                row.student.id
                for row in desk.registration.rows(desk.actor, args.name, on)
                if args.class_group == row.student.class_group and row.arrival is None
            ]
        if not ids:
            raise NobodyNamed
        count = desk.registration.register(
            desk.actor, args.name, ids, Arrival(args.arrival), on=on, reason=args.reason
        )
    return Answer([f"{args.name}　{args.arrival} {count} 人。"], {"registered": count})


def _show_term(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        rows = desk.registration.rows(desk.actor, args.name, args.on)
        return _arrivals(args, desk, "学期注册名单", rows)


def _missing(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        rows = desk.registration.missing(desk.actor, args.name, args.on)
        return _arrivals(args, desk, "未注册名单", rows)


def _arrivals(
    args: argparse.Namespace, desk: Workstation, title: str, rows: list[ArrivalRow]
) -> Answer:
    printed = NOTHING_PRINTED
    if args.output:
        on = args.on or today()
        sheet = desk.case_papers.arrivals(desk.actor, title, args.name, on, rows)
        printed = print_paper(desk.printing.write(desk.actor, sheet, args.output))
    lines = [
        f"{row.student.class_group} {row.student.name}　"
        f"{row.arrival.value if row.arrival else '没有登记'}{'（逾期）' if row.overdue else ''}"
        f"　{row.reason}".rstrip()
        for row in rows
    ]
    data = [
        {
            "number": row.student.number,
            "exam_number": row.student.exam_number,
            "name": row.student.name,
            "class": row.student.class_group,
            "arrival": row.arrival,
            "date": row.on,
            "reason": row.reason,
            "overdue": row.overdue,
        }
        for row in rows
    ]
    return Answer(
        [*lines, f"共 {len(rows)} 人。", *printed.lines], {**printed.data, "students": data}
    )


def _platform(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        counts = {
            _class_id(desk, name): int(count) if count.isdecimal() else -1
            for name, count in pairs(args.counts).items()
        }
        desk.registration.set_platform_counts(desk.actor, counts, on=args.date, source=args.source)
    return Answer([f"已登记 {len(counts)} 个班的平台人数。"], {"classes": len(counts)})


# --- 核查确认表 ----------------------------------------------------------------------------


def _make(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        ids = [_class_id(desk, name) for name in args.classes]
        rows = desk.check_sheets.make(desk.actor, args.title, args.as_of or today(), ids)
    return Answer([_sheet_line(row) for row in rows], {"sheets": [_sheet_data(r) for r in rows]})


def _tick(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        exceptions = {
            desk.students.identify(number): (mark, "")
            for mark in CheckMark
            for number in getattr(args, mark.name, [])
        }
        row = desk.check_sheets.tick(desk.actor, args.code, on=args.date, exceptions=exceptions)
    return Answer([_sheet_line(row)], _sheet_data(row))


def _untick(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        row = desk.check_sheets.untick(desk.actor, args.code, args.reason)
    return Answer([_sheet_line(row)], _sheet_data(row))


def _print_sheets(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        sheet = desk.case_papers.check_sheets(desk.actor, args.title, args.form)
        return print_paper(desk.printing.write(desk.actor, sheet, args.output))


def _sheets(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        rows = desk.check_sheets.rows(desk.actor, args.title, outstanding=args.outstanding)
    lines = [_sheet_line(row) for row in rows] or ["没有这样的页。"]
    return Answer(lines, {"sheets": [_sheet_data(row) for row in rows]})


def _summary(args: argparse.Namespace) -> Answer:
    printed = NOTHING_PRINTED
    with open_desk(args) as desk:
        classes = desk.check_sheets.summary(desk.actor, args.title)
        out = desk.check_sheets.fallen_out(desk.actor, args.title)
        if args.output:
            sheet = desk.case_papers.check_summary(desk.actor, args.title)
            printed = print_paper(desk.printing.write(desk.actor, sheet, args.output))
    lines = [
        f"{row.class_group}　{row.people} 人　收回 {row.returned}/{row.pages} 页　"
        + " ".join(f"{mark.value} {row.marks[mark]}" for mark in CheckMark if mark in row.marks)
        for row in classes
    ]
    lines += [
        f"{mark.value}：{'、'.join(line.student.name for line in found)}"
        for mark, found in out.items()
    ]
    data = {
        **printed.data,
        "classes": [
            {**asdict(row), "marks": {mark.value: n for mark, n in row.marks.items()}}
            for row in classes
        ],
        "fallen_out": {
            mark.value: [line.student.name for line in found] for mark, found in out.items()
        },
    }
    return Answer([*(lines or ["没有这样的表。"]), *printed.lines], data)


def _sheet_line(row: SheetRow) -> str:
    state = f"{row.returned_on} 收回" if row.returned_on else "没有收回"
    return (
        f"{row.code}　{row.class_group} 第 {row.page}/{row.pages} 页　{len(row.lines)} 人　{state}"
    )


def _sheet_data(row: SheetRow) -> dict[str, Any]:
    return {
        "code": row.code, "title": row.title, "as_of": row.as_of, "class": row.class_group,
        "page": row.page, "pages": row.pages, "returned_on": row.returned_on,
        "students": [
            {"number": line.student.number, "name": line.student.name, "mark": line.mark}
            for line in row.lines
        ],
    }  # fmt: skip


def _class_id(desk: Workstation, name: str) -> int:
    with desk.database.read() as session:
        return find_class(session, name).id
