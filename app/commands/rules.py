"""The rulebook: what is in force, what the school has confirmed, what a change touches."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from app.commands.terminal import Answer, Commands, day, open_desk
from app.services.clock import today
from app.services.register.rulebook import RuleRow, TouchedCase


def declare(commands: Commands) -> None:
    """Declare the rulebook."""
    rules = commands.group("rules", "规则：随带的建议、学校的确认和修改")
    listed = commands.add("list", "列出规则", _list, rules)
    listed.add_argument(
        "word", nargs="?", default="", metavar="字样", help="只列名称含它的，如 休学"
    )
    listed.add_argument("--on", type=day, metavar="日期", help="哪一天有效的（默认今天）")
    listed.add_argument("--all", action="store_true", help="每条规则的各个版本")

    confirm = commands.add("confirm", "确认学校按这些规则办", _confirm, rules)
    confirm.add_argument("names", nargs="+", metavar="名称", help="如 休学·期限")
    confirm.add_argument("--on", type=day, metavar="日期", help="哪一天有效的（默认今天）")

    change = commands.add("change", "改一条规则（添一个版本，旧的留着）", _change, rules)
    change.add_argument("name", metavar="名称", help="如 休学·期限")
    change.add_argument("value", metavar="值")
    change.add_argument("--document", required=True, metavar="文件", help="出处；学校自定的写 学校")
    change.add_argument("--article", default="", metavar="条款")
    change.add_argument("--from", dest="begin", type=day, required=True, metavar="日期")
    change.add_argument("--to", dest="end", type=day, metavar="日期")
    change.add_argument("--unconfirmed", action="store_true", help="先记下，学校还没有确认")

    touched = commands.add("touched", "看改动会涉及哪些异动个案", _touched, rules)
    touched.add_argument("name", metavar="名称")
    touched.add_argument("--from", dest="begin", type=day, required=True, metavar="日期")
    touched.add_argument("--to", dest="end", type=day, metavar="日期")


def _list(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        rows = desk.rulebook.rows(args.on, everything=args.all)
    rows = [row for row in rows if args.word in row.name]
    lines = [_line(row) for row in rows] or ["没有这样的规则。"]
    return Answer(lines, {"on": args.on or today(), "rules": [_data(row) for row in rows]})


def _confirm(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        rows = desk.rulebook.confirm(desk.actor, args.names, args.on)
    return Answer([_line(row) for row in rows], {"rules": [_data(row) for row in rows]})


def _change(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        change = desk.rulebook.change(
            desk.actor,
            args.name,
            args.value,
            document=args.document,
            article=args.article,
            valid_from=args.begin,
            valid_to=args.end,
            confirmed=not args.unconfirmed,
        )
    return Answer(
        [_line(change.row), *_touched_lines(change.touched)],
        {"rule": _data(change.row), "touched": [asdict(case) for case in change.touched]},
    )


def _touched(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        cases = desk.rulebook.touched(desk.actor, args.name, args.begin, args.end)
    return Answer(
        _touched_lines(cases) or ["没有涉及的个案。"], {"touched": [asdict(case) for case in cases]}
    )


def _line(row: RuleRow) -> str:
    state = f"已确认（{row.confirmed_by}）" if row.confirmed else "未确认"
    days = f"{row.valid_from or ''} 至 {row.valid_to or ''}".strip()
    bounds = f"　{days}" if row.valid_from or row.valid_to else ""
    return f"{row.name}　{row.value}{row.unit}　{row.source}{bounds}　{state}"


def _data(row: RuleRow) -> dict[str, Any]:
    return {**asdict(row), "source": row.source, "confirmed": row.confirmed}


def _touched_lines(cases: Sequence[TouchedCase]) -> list[str]:
    return [
        f"涉及个案 {case.case_id}　{case.name} {case.kind.value} {case.effective_date}　"
        + ("未生效，将按新规则" if case.open else "已生效，仍按当时的规则")
        for case in cases
    ]
