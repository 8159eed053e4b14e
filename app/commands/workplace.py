"""第十八条检查 from a terminal."""

import argparse
from pathlib import Path

from app.commands.terminal import Answer, Commands, drive, open_desk
from app.services.office.workplace import Answer as Outcome
from app.services.office.workplace import Check, check_workplace, keep_check, said_by_hand


def declare(commands: Commands) -> None:
    """Declare the check of the PC."""
    check = commands.add("workplace", "检查专用电脑（第十七、十八条）", _check)
    check.add_argument(
        "--confirm", action="append", default=[], metavar="项目=符合:怎样核对的",
        help="查不了的项目，人工核对的结果",
    )  # fmt: skip
    check.add_argument("-o", "--output", type=Path, metavar="文件.pdf", help="检查单存为，并留记录")


def _check(args: argparse.Namespace) -> Answer:
    confirmed = list(said_by_hand(args.confirm))
    with open_desk(args, sees_students=False) as desk:
        check: Check = drive(check_workplace(desk.vault))
        for item, outcome, words in confirmed:
            check = check.confirmed(item, outcome, words, desk.actor.name)
        if args.output:
            drive(keep_check(desk.vault, check, args.output))
    lines = [f"{one.item}：{one.answer}　{one.words}（{one.source}）" for one in check.found]
    return Answer(
        [*lines, check.words],
        {
            "at": check.at,
            "items": [
                {"item": one.item, "answer": one.answer, "words": one.words,
                 "source": one.source, "by": one.by}
                for one in check.found
            ],
            "software": list(check.software),
        },
        int(check.count(Outcome.NO) > 0),
    )  # fmt: skip
