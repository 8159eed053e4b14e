"""What all commands share: answers, usage, the passphrase, opening the vault, telling progress."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, NoReturn

from app.models.rules.dates import DateFault, read_date
from app.services.clock import end_of, today
from app.services.errors import (
    BadDay,
    NotAPair,
    NotYourRole,
    PassphraseMissing,
    PassphraseMistyped,
)
from app.services.forms.printing import Printed
from app.services.progress import Step, Work, finish
from app.services.register.ledger import Moment
from app.services.vault.vault import Vault
from app.services.workstation import Workstation

PASSPHRASE: Final = "XUEJI_PASSPHRASE"
NEW_PASSPHRASE: Final = "XUEJI_NEW_PASSPHRASE"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command says: sentences for people, one object for programs, and its exit code."""

    lines: Sequence[str]
    data: Mapping[str, Any] = field(default_factory=dict)
    code: int = 0


Command = Callable[[argparse.Namespace], Answer]


#: Of a paper that was not asked for.
NOTHING_PRINTED: Final = Answer(())


def print_paper(work: Work[Printed]) -> Answer:
    """Print; what was printed, where it lies, and what to look at."""
    printed: Printed = drive(work)
    lines = [f"{printed.form}：{printed.documents} 份 → {printed.path}"]
    return Answer(
        [*lines, *(f"注意　{warning}" for warning in printed.warnings)],
        {
            "form": printed.form,
            "file": str(printed.path),
            "documents": printed.documents,
            "codes": list(printed.codes),
            "warnings": list(printed.warnings),
        },
    )


# --- usage --------------------------------------------------------------------------------


class Misused(Exception):
    """A command that was typed wrongly; the text says what and how it goes."""


class ChineseParser(argparse.ArgumentParser):
    """An argument parser that speaks Chinese."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "add_help": False})
        self._positionals.title, self._optionals.title = "参数", "选项"
        self.add_argument("-h", "--help", action="help", help="显示这些说明")

    def format_usage(self) -> str:
        """How the command is written."""
        return super().format_usage().replace("usage: ", "写法：", 1)

    def format_help(self) -> str:
        """The whole help."""
        return super().format_help().replace("usage: ", "写法：", 1)

    def error(self, message: str) -> NoReturn:
        for english, chinese in _USAGE_WORDS:
            message = message.replace(english, chinese)
        usage = self.format_usage().strip()
        raise Misused(f"用法不对：{message}\n{usage}\n用 {self.prog} --help 查看说明。")


_USAGE_WORDS: Final = (
    ("the following arguments are required: ", "缺少 "),
    ("unrecognized arguments: ", "不认识的参数 "),
    ("expected one argument", "后面要有一个值"),
    ("expected at least one argument", "后面至少要有一个值"),
    ("invalid choice: ", "没有这个选项 "),
    ("choose from", "可选"),
    ("one of the arguments", "必须给出其中之一："),
    ("is required", ""),
    ("not allowed with argument", "不能同时用"),
    ("argument ", "参数 "),
    ("invalid int value: ", "应是整数："),
    ("invalid day value: ", "不是日期："),
)


def day(text: str) -> date:
    day = read_date(text)
    if isinstance(day, DateFault):
        raise argparse.ArgumentTypeError(str(BadDay(text=text)))
    return day


class Commands:
    """The commands as they are declared; every one of them takes --json."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._commands = self._below(parser, "命令")

    def add(self, name: str, help_text: str, command: Command, group: Any = None) -> Any:
        """Declare one command, or one action of a group; its arguments are added to the answer."""
        sub = (group or self._commands).add_parser(
            name, help=help_text, description=help_text, allow_abbrev=False
        )
        sub.add_argument("--json", action="store_true", help="只输出一个 JSON 对象")
        sub.set_defaults(command=command)
        return sub

    def group(self, name: str, help_text: str) -> Any:
        """Declare a command that has actions, such as `disc build`."""
        sub = self._commands.add_parser(
            name, help=help_text, description=help_text, allow_abbrev=False
        )
        return self._below(sub, "动作")

    @staticmethod
    def _below(parser: argparse.ArgumentParser, what: str) -> Any:
        return parser.add_subparsers(metavar=what, required=True, parser_class=ChineseParser)


def pairs(texts: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise NotAPair(text=text)
        pairs[name.strip()] = value.strip()
    return pairs


def some(lines: Sequence[str], everything: bool, limit: int = 20) -> Sequence[str]:
    if everything or len(lines) <= limit:
        return lines
    return [*lines[:limit], f"……共 {len(lines)} 条；用 --dry-run 或 --json 看全部。"]


# --- opening ------------------------------------------------------------------------------


def open_desk(args: argparse.Namespace, *, sees_students: bool = True) -> Workstation:
    """The vault of this command, opened, with all services over it.

    A command that shows no student says so: it is open to whoever has the 系统 role alone.
    """
    vault = Vault.open(args.vault, passphrase("口令："), operator=args.operator)
    if sees_students:
        try:
            vault.actor.require_sight()
        except NotYourRole:
            vault.close()
            raise
    tell(vault.notices)
    if vault.must_change_password:
        tell(["口令是别人设的，请用 xueji operator password 换成自己的。"])
    return Workstation(vault)


def tell(sentences: Iterable[str]) -> None:
    """What the registrar should know beside the answer."""
    for sentence in sentences:
        print(sentence, file=sys.stderr)


def passphrase(prompt: str, variable: str = PASSPHRASE) -> str:
    named = os.environ.get(variable)
    if named is not None:
        return named
    if not sys.stdin.isatty():
        raise PassphraseMissing(variable=variable)
    return getpass.getpass(prompt)


def chosen_passphrase(prompt: str, variable: str) -> str:
    """A passphrase that is being set: typed twice."""
    chosen = passphrase(prompt, variable)
    if variable not in os.environ and passphrase("再输一遍：", variable) != chosen:
        raise PassphraseMistyped
    return chosen


def drive(work: Work[Any]) -> Any:
    """Run long work; whoever sits at a terminal sees how far it is."""
    if not sys.stderr.isatty():
        return finish(work)

    def show(step: Step) -> None:
        print(f"\r\033[K{step.done}/{step.total} {step.what}", end="", file=sys.stderr, flush=True)

    try:
        return finish(work, show)
    finally:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def moment_of(args: argparse.Namespace) -> Moment:
    """The moment that --as-of and --known-on ask for; without them, now."""
    known_on = known_by(args)
    if args.as_of is None:
        return Moment(today(), known_on, upcoming=True)
    return Moment(args.as_of, known_on)


def known_by(args: argparse.Namespace) -> datetime | None:
    """The end of the day by whose knowledge is asked."""
    return args.known_on and end_of(args.known_on)
