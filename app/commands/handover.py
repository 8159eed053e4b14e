"""人员交接 from a terminal: the same sequence as in the window."""

import argparse
from pathlib import Path
from typing import Any

from app.commands.terminal import Answer, Commands, drive, open_desk
from app.services.office.handover import (
    HandOver,
    Stage,
    begin,
    give_up,
    hand_over,
    hand_over_paper,
    note_sheet,
    retire,
)


def declare(commands: Commands) -> None:
    """Declare the steps that have no command of their own."""
    group = commands.group("handover", "人员交接（第十一条）")
    commands.add("show", "看交接做到哪一步", _show, group)
    start = commands.add("begin", "开始交接，由现在的操作员移交", _begin, group)
    start.add_argument("successor", metavar="接手人")
    start.add_argument("--supervisor", required=True, metavar="监交人")
    sheet = commands.add("sheet", "登记恢复单已经当面移交", _sheet, group)
    sheet.add_argument("--copies", type=int, default=2, metavar="份数")
    sheet.add_argument("--kept", required=True, metavar="由谁保管")
    commands.add("retire", "由接手人停用移交人的账号", _retire, group)
    paper = commands.add("paper", "出交接单，交接到此做完", _paper, group)
    paper.add_argument("-o", "--output", type=Path, required=True, metavar="文件.pdf")
    commands.add("cancel", "放弃这一次交接", _cancel, group)


def _show(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        return _answer(hand_over(desk.vault))


def _begin(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        return _answer(begin(desk.vault, args.successor, args.supervisor))


def _sheet(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        return _answer(note_sheet(desk.vault, args.copies, args.kept))


def _retire(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        return _answer(retire(desk.vault))


def _paper(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        made: HandOver = drive(hand_over_paper(desk.vault, args.output))
    answer = _answer(made)
    lines = [f"交接单：{args.output}。请打印三份，三方签字，各存一份。", *answer.lines]
    return Answer(lines, {**answer.data, "file": str(args.output)})


def _cancel(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        give_up(desk.vault)
        return _answer(hand_over(desk.vault))


def _answer(made: HandOver | None) -> Answer:
    if made is None:
        return Answer(
            ["没有正在进行的交接。开始：xueji handover begin 接手人 --supervisor 监交人"],
            {"under_way": False, "steps": [], "next": None},
        )
    lines = [f"{made.predecessor}移交给{made.successor}，监交人{made.supervisor}"]
    lines += [f"{number}　{_said(made, stage)}" for number, stage in enumerate(Stage, start=1)]
    lines += [made.hint] if made.hint else []
    steps: list[dict[str, Any]] = [
        {"step": stage.title, "done": done is not None,
         "at": done.at if done else None, "by": done.operator if done else None}
        for stage in Stage
        for done in (made.done.get(stage),)
    ]  # fmt: skip
    return Answer(
        lines,
        {
            "under_way": made.next is not None,
            "predecessor": made.predecessor,
            "successor": made.successor,
            "supervisor": made.supervisor,
            "steps": steps,
            "next": made.next.title if made.next else None,
            "hint": made.hint,
        },
    )


def _said(made: HandOver, stage: Stage) -> str:
    done = made.done.get(stage)
    if done is not None:
        when = f"{done.at.astimezone():%Y-%m-%d %H:%M}"
        return f"{stage.title}：已做，{when} {done.operator} {done.words}".rstrip()
    return f"{stage.title}：{'现在做。' if stage is made.next else '还没有做。'}{stage.words}"
