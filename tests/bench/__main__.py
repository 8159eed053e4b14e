"""`python3 manage.py bench`: this program against its peers, on this machine, as one table."""

import argparse
import json
import os
import platform
import re
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from app.services.sweeping import sweep_seldom
from tests.bench import fuzz
from tests.bench.options import Options
from tests.bench.report import Amount, Figure, Line, table
from tests.bench.timing import CLOCK, processor_seconds
from tests.faults.powercut.runner import long_run

#: Module of each subject, in the order of the table.
_SUBJECTS: Final = (
    "cards", "memory", "fidelity", "characters", "tables", "intake", "search", "register", "grid",
    "folds", "discs", "vaults", "window",
)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Measure what was asked for and print it."""
    asked = _parser().parse_args(arguments)
    sweep_seldom()  # as the program does where it starts
    if asked.cpu:
        CLOCK.read = processor_seconds
    if asked.powercuts or asked.kills:
        return _endurance(asked.powercuts, asked.kills)
    if asked.fuzz:
        return fuzz.main(asked.fuzz)
    lines: list[Line | Figure | Amount] = []
    with tempfile.TemporaryDirectory(prefix="xueji-bench-") as folder:
        options = Options(Path(folder), asked.sizes, asked.full)
        for subject in asked.only:
            _say(f"测量 {subject} ……")
            for line in import_module(f"tests.bench.{subject}").lines(options):
                lines.append(line)
                _say("  " + "  ".join(line.cells()))
    sys.stdout.write(f"{_machine()}\n\n{table(lines)}\n")
    if asked.json is not None:
        content = {"machine": _machine(), "lines": [line.as_json() for line in lines]}
        asked.json.write_text(json.dumps(content, ensure_ascii=False, indent=2), encoding="utf-8")
    return 0


def _endurance(cuts: int, kills: int) -> int:
    """Power cuts and kills over the program's own operations; 1 when anything was lost."""
    total = bad = 0
    with tempfile.TemporaryDirectory(prefix="xueji-cuts-") as folder:
        for tally in long_run(Path(folder), cuts, kills):
            total, bad = total + tally.cuts, bad + len(tally.problems)
            sys.stdout.write(
                f"{tally.job:<10} {tally.cuts:>6} 次　丢失 {tally.count('lost')}　"
                f"打不开 {tally.count('unopenable')}　其他不符 "
                f"{len(tally.problems) - tally.count('lost') - tally.count('unopenable')}\n"
            )
            for problem in sorted(set(tally.problems)):
                sys.stdout.write(f"    {problem}\n")
            sys.stdout.flush()
    sys.stdout.write(f"共 {total} 次，不符 {bad} 处。\n")
    return int(bad > 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="manage.py bench", description="与同类程序比较速度，结果是一张比值表。"
    )
    parser.add_argument("--only", type=_subjects, default=_SUBJECTS, help="、".join(_SUBJECTS))
    parser.add_argument("--sizes", type=sizes, default=(), help="规模，例如 1k,10k")
    parser.add_argument("--full", action="store_true", help="各项目的全部规模（约半小时）")
    parser.add_argument("--cpu", action="store_true", help="按处理器时间计，用于繁忙的电脑")
    parser.add_argument("--powercuts", type=_size, default=0, help="改为模拟 n 次断电")
    parser.add_argument("--kills", type=_size, default=0, help="改为强行结束程序 n 次")
    parser.add_argument("--fuzz", type=_size, default=0, help="改为读 n 个损坏的文件")
    parser.add_argument("--json", type=Path, metavar="文件", help="另把数字写入文件")
    return parser


def _subjects(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in _SUBJECTS:
            raise argparse.ArgumentTypeError(f"没有“{name}”，可选：{'、'.join(_SUBJECTS)}")
    return names


def sizes(text: str) -> tuple[int, ...]:
    """Sizes as written for --sizes: 500,10k."""
    return tuple(_size(word.strip()) for word in text.split(","))


def _size(text: str) -> int:
    match = re.fullmatch(r"(\d+)(k?)", text)
    if match is None or int(match[1]) == 0:
        raise argparse.ArgumentTypeError(f"“{text}”不是规模，应如 500 或 10k")
    return int(match[1]) * (1000 if match[2] else 1)


def _machine() -> str:
    day = datetime.now().astimezone().date()
    return f"{day}，{platform.system()}，{os.cpu_count()} 核，Python {platform.python_version()}"


def _say(text: Any) -> None:
    """Progress, beside the table."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
