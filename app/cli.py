"""The program without a window: the same services as commands, for support, recovery and tests.

Every command answers in Chinese sentences, or with `--json` as one JSON object on standard output
and nothing else. It exits 0 when done, 1 when refused (a sentence says why), 2 when used wrongly.
"""

import argparse
import io
import json
import os
import sys
import traceback
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final

from app.commands import (
    cases,
    changes,
    conduct,
    counts,
    forms,
    handover,
    intake,
    papers,
    register,
    requests,
    rules,
    vault,
    workplace,
)
from app.commands.terminal import (
    Answer,
    ChineseParser,
    Command,
    Commands,
    Misused,
)
from app.services.errors import AppError
from app.services.vault.places import default_vault

_DECLARATIONS: Final = (
    vault,
    handover,
    workplace,
    intake,
    register,
    changes,
    cases,
    requests,
    conduct,
    counts,
    rules,
    papers,
    forms,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    _speak_utf8()
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        args = _parser().parse_args(words)
        command: Command = args.command
        answer = command(args)
    except Misused as misuse:
        answer = Answer([str(misuse)], {"error": str(misuse), "kind": "WrongUsage"}, 2)
    except AppError as error:
        answer = Answer([str(error)], {"error": str(error), "kind": type(error).__name__}, 1)
    except Exception as error:  # our defect: named without its values, which may be personal
        answer = _defect(error)
    try:
        _say(answer, as_json=as_json)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:  # whoever read along has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return answer.code


def _speak_utf8() -> None:
    """Answer in UTF-8 whatever the locale: no code page holds every name."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _say(answer: Answer, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(answer.data, ensure_ascii=False, default=_plain))
        return
    stream = sys.stderr if "error" in answer.data else sys.stdout
    for line in answer.lines:
        print(line, file=stream)


def _defect(error: Exception) -> Answer:
    places = [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    kind = type(error).__name__
    sentence = f"程序出错（{kind}，{places[-1]}）。没有完成的写入已经撤回；请把这几行告诉维护人员。"
    return Answer([sentence, *places], {"error": sentence, "kind": kind, "places": places}, 1)


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def _parser() -> argparse.ArgumentParser:
    parser = ChineseParser(
        prog="xueji", description="学籍学历管理工作站：不带命令时打开窗口。", allow_abbrev=False
    )
    parser.add_argument(
        "--vault", type=Path, default=default_vault(), metavar="目录", help="学籍库所在目录"
    )
    parser.add_argument("--operator", default=None, metavar="姓名", help="以哪一位操作员开库")
    commands = Commands(parser)
    for module in _DECLARATIONS:
        module.declare(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
