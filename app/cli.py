"""The program without a window: the same services as commands, for support, recovery and tests.

Every command answers in Chinese sentences, or with `--json` as one JSON object on standard output
and nothing else. It exits 0 when done, 1 when refused (a sentence says why), 2 when used wrongly.
"""

import argparse
import getpass
import io
import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final, NoReturn

from app.models.rules.dates import DateFault, read_date
from app.models.rules.transitions import CHANGE_KINDS, kind_named
from app.models.vocabulary import CountBase, Role, Signatory
from app.services import demo
from app.services.archive.content import Medium
from app.services.archive.tables import DataTable
from app.services.archive.verify import verify as verify_disc
from app.services.clock import today
from app.services.errors import (
    AppError,
    BadDay,
    BadRows,
    CodeFileUnreadable,
    CodeMissing,
    NotAPair,
    PassphraseMissing,
    PassphraseMistyped,
    UnknownKind,
    UnknownSignatory,
)
from app.services.exchange.batches import Accepted, batch_rows
from app.services.exchange.checks import Fault, Note
from app.services.exchange.learned import learn_headers
from app.services.exchange.plan import Plan, Profile
from app.services.files import amount
from app.services.founding import found, renew_key
from app.services.progress import Step, Work, finish
from app.services.register.changes import ChangeRow
from app.services.register.headcount import HeadcountRow, summary
from app.services.register.ledger import Moment
from app.services.register.organisation import change_major, class_rows, major_rows
from app.services.register.placement import Order, Placed
from app.services.register.reports import (
    Report,
    changes_report,
    headcount_report,
    summary_report,
)
from app.services.register.students import Scope, StudentRecord
from app.services.settings import LABELS, change_settings, load_settings
from app.services.vault import audit
from app.services.vault.audit import AuditReport
from app.services.vault.backup import BackupReport, Manifest, Restored, back_up, restore
from app.services.vault.recovery import RecoveryCode
from app.services.vault.vault import Vault, VaultReport
from app.services.workstation import Workstation

PASSPHRASE: Final = "XUEJI_PASSPHRASE"
NEW_PASSPHRASE: Final = "XUEJI_NEW_PASSPHRASE"
VAULT: Final = "XUEJI_VAULT"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command says: sentences for people, one object for programs, and its exit code."""

    lines: Sequence[str]
    data: Mapping[str, Any] = field(default_factory=dict)
    code: int = 0


Command = Callable[[argparse.Namespace], Answer]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    _speak_utf8()
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        args = _parser().parse_args(words)
        command: Command = args.command
        answer = command(args)
    except _Misused as misuse:
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


# --- usage --------------------------------------------------------------------------------


class _Misused(Exception):
    """A command that was typed wrongly; the text says what and how it goes."""


class _ChineseParser(argparse.ArgumentParser):
    """An argument parser that says in Chinese what was wrong."""

    def error(self, message: str) -> NoReturn:
        for english, chinese in _USAGE_WORDS:
            message = message.replace(english, chinese)
        usage = self.format_usage().replace("usage: ", "写法：").strip()
        raise _Misused(f"用法不对：{message}\n{usage}\n用 {self.prog} --help 查看说明。")


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
    ("invalid _day value: ", "不是日期："),
)


def _day(text: str) -> date:
    day = read_date(text)
    if isinstance(day, DateFault):
        raise argparse.ArgumentTypeError(str(BadDay(text=text)))
    return day


def _roles(text: str) -> list[Role]:
    try:
        return [Role(word.strip()) for word in re.split("[,，、]", text)]
    except ValueError:
        known = "、".join(role.value for role in Role)
        raise argparse.ArgumentTypeError(f"“{text}”里有不认识的角色，可用 {known}") from None


def _parser() -> argparse.ArgumentParser:
    parser = _ChineseParser(
        prog="xueji", description="学籍学历管理工作站：不带命令时打开窗口。", allow_abbrev=False
    )
    parser.add_argument(
        "--vault", type=Path, default=_default_vault(), metavar="目录", help="学籍库所在目录"
    )
    parser.add_argument("--operator", default=None, metavar="姓名", help="以哪一位操作员开库")
    commands = parser.add_subparsers(metavar="命令", required=True, parser_class=_ChineseParser)

    def add(name: str, help_text: str, command: Command, group: Any = commands) -> Any:
        sub = group.add_parser(name, help=help_text, description=help_text, allow_abbrev=False)
        sub.add_argument("--json", action="store_true", help="只输出一个 JSON 对象")
        sub.set_defaults(command=command)
        return sub

    def add_group(name: str, help_text: str) -> Any:
        sub = commands.add_parser(name, help=help_text, description=help_text, allow_abbrev=False)
        return sub.add_subparsers(metavar="动作", required=True, parser_class=_ChineseParser)

    init = add("init", "新建学籍库", _init)
    init.add_argument("--school", required=True, metavar="学校全称")
    init.add_argument("--operator", dest="new_operator", required=True, metavar="姓名")
    init.add_argument("--sheet", type=Path, metavar="文件", help="恢复单存为这个 PDF（不能在库内）")

    operators = add_group("operator", "操作员")
    add("list", "列出操作员", _operator_list, operators)
    admit = add("add", "添加操作员，设临时口令", _operator_add, operators)
    admit.add_argument("--roles", type=_roles, required=True, metavar="角色,角色")
    dismiss = add("remove", "停用操作员", _operator_remove, operators)
    dismiss.add_argument("--reason", required=True, metavar="原因")
    renew = add("password", "修改自己的口令，或给别人设临时口令", _operator_password, operators)
    for sub in (admit, dismiss):
        sub.add_argument("name", metavar="姓名")
    renew.add_argument("name", nargs="?", metavar="姓名")

    rotate = add("rotate", "更换密钥，出新恢复单", _rotate)
    rotate.add_argument("--sheet", type=Path, metavar="文件", help="新恢复单存为这个 PDF")
    add("backup", "备份到另一块磁盘", _backup).add_argument("to", type=Path, metavar="目录")
    restore = add("restore", "从备份恢复成一个新的学籍库", _restore)
    restore.add_argument("source", type=Path, metavar="备份")
    restore.add_argument("--to", type=Path, required=True, metavar="空目录")
    recover = add("recover", "用恢复单打开，设新口令", _recover)
    recover.add_argument("--operator", dest="new_operator", required=True, metavar="姓名")
    recover.add_argument("--code-file", type=Path, metavar="文件", help="存有恢复码的文本文件")

    settings = add("settings", "查看或修改学校设置", _settings)
    settings.add_argument("values", nargs="*", metavar="名称=值")

    intake = add("import", "导入名册、补充信息或平台数据", _import)
    intake.add_argument("file", type=Path, metavar="文件")
    intake.add_argument("--profile", choices=("录取名册", "补充信息"), help="当作哪一种表")
    intake.add_argument(
        "--as",
        dest="arrival",
        choices=("admitted", "registered"),
        default="registered",
        help="新生只录取（admitted），或同时入学注册（registered，默认）",
    )
    intake.add_argument("--entry-year", type=int, metavar="年", help="入学年份")
    intake.add_argument("--dry-run", action="store_true", help="只核对，不写入")
    intake.add_argument("--rows", metavar="行", help="只接受这些行，例如 3,5-9")
    intake.add_argument(
        "--map", action="append", default=[], metavar="表头=栏目", help="指明表头对应，下次自动用"
    )

    undo = add("undo", "撤销一批导入", _undo)
    undo.add_argument("batch", type=int, metavar="批号")
    add("batches", "列出导入批次", _batches)

    photos = add("photos", "导入一个文件夹的照片", _photos)
    photos.add_argument("folder", type=Path, metavar="文件夹")
    photos.add_argument("--dry-run", action="store_true", help="只核对，不写入")

    majors = add_group("majors", "专业")
    add("list", "列出专业", _majors_list, majors)
    set_major = add("set", "设置专业简称或代码", _majors_set, majors)
    set_major.add_argument("name", metavar="专业")
    set_major.add_argument("--short", metavar="简称")
    set_major.add_argument("--code", metavar="代码")
    set_major.add_argument("--department", metavar="系部")

    classes = add_group("classes", "班级")
    add("list", "列出班级", _classes_list, classes).add_argument("--cohort", type=int)
    split = add("split", "把未分班的学生平均分班", _classes_split, classes)
    split.add_argument("--cohort", type=int, required=True, metavar="年级")
    many = split.add_mutually_exclusive_group()
    many.add_argument("--count", type=int, metavar="n", help="每个专业分几个班")
    many.add_argument("--size", type=int, default=40, metavar="n", help="每班最多几人（默认 40）")
    split.add_argument("--major", metavar="专业", help="只分这个专业")
    from_file = add("from", "按一张表的班级栏分班", _classes_from, classes)
    from_file.add_argument("file", type=Path, metavar="文件")
    from_file.add_argument("--cohort", type=int, required=True, metavar="年级")
    for sub in (split, from_file):
        sub.add_argument("--date", type=_day, metavar="日期", help="生效日期（默认入学日）")

    numbers = add_group("numbers", "学号")
    assign = add("assign", "按 专业 → 班级 → 次序 编学号", _numbers_assign, numbers)
    assign.add_argument("--cohort", type=int, required=True, metavar="年级")
    assign.add_argument("--pattern", metavar="编排", help="学号编排（默认用设置）")
    for sub in (split, assign):
        sub.add_argument(
            "--order",
            choices=("pinyin", "score", "exam"),
            default="pinyin",
            help="拼音、成绩或考生号次序",
        )

    students = add("students", "查找学生，或看某人某日的情况", _students)
    students.add_argument("query", nargs="?", metavar="查找内容或号码")

    form = add("form", "打印或导出一张表", _form)
    form.add_argument("name", metavar="表名或模板文件")
    whom = form.add_mutually_exclusive_group()
    whom.add_argument("--class", dest="class_group", metavar="班级")
    whom.add_argument("--student", metavar="号码")
    whom.add_argument("--cohort", type=int, metavar="年级")
    form.add_argument("-o", "--output", type=Path, required=True, metavar="文件.pdf|.xlsx")
    for sub in (students, form):
        sub.add_argument("--as-of", type=_day, metavar="日期", help="截至这一天")
        sub.add_argument("--known-on", type=_day, metavar="日期", help="按这一天所知")

    change = add("change", "办理一项学籍异动", _change)
    change.add_argument("student", metavar="号码")
    change.add_argument("kind", metavar="异动类型", help="休学、复学、退学、转专业 等")
    change.add_argument("--date", type=_day, required=True, metavar="日期", help="生效日期")
    change.add_argument("--until", type=_day, metavar="日期", help="截止日期（默认按规则）")
    change.add_argument("--signed", default="", metavar="student,guardian", help="已签字的人")
    change.add_argument("--class", dest="to_class", metavar="班级", help="转入的班级")
    change.add_argument("--major", dest="to_major", metavar="专业", help="转入的专业")
    change.add_argument("--reason", default="", metavar="原因")

    correct = add("correct", "更正一名学生的信息、班级或专业", _correct)
    correct.add_argument("student", metavar="号码")
    correct.add_argument("values", nargs="+", metavar="栏目=值")
    correct.add_argument("--basis", required=True, metavar="依据")
    correct.add_argument("--date", type=_day, metavar="日期", help="从哪天起（默认今天）")
    for sub in (change, correct):
        sub.add_argument(
            "--evidence",
            action="append",
            default=[],
            metavar="文件=材料",
            help="证明材料，例如 扫描件.pdf=诊断证明；只存纸质原件的写 =诊断证明",
        )

    reverse = add("reverse", "冲正台账中的一条记录", _reverse)
    reverse.add_argument("student", metavar="号码")
    reverse.add_argument("entry", type=int, metavar="编号", help="用 ledger 查看")
    reverse.add_argument("--reason", required=True, metavar="原因")
    entries = add("ledger", "列出一名学生的学籍台账", _ledger)
    entries.add_argument("student", metavar="号码")

    report = add("report", "学籍人数、异动汇总、异动统计", _report)
    report.add_argument("what", choices=tuple(_REPORTS), metavar="|".join(_REPORTS))
    report.add_argument("--from", dest="begin", type=_day, required=True, metavar="日期")
    report.add_argument("--to", dest="end", type=_day, required=True, metavar="日期")
    report.add_argument("--known-on", type=_day, metavar="日期", help="按这一天所知")
    report.add_argument(
        "--base", choices=[base.value for base in CountBase], default=CountBase.ON_REGISTER,
        metavar="在籍|在校", help="人数口径（默认在籍：含休学、保留学籍）",
    )  # fmt: skip
    report.add_argument("-o", "--output", type=Path, metavar="文件.xlsx|.csv")

    disc = add_group("disc", "归档光盘")
    build = add("build", "生成一个年级的归档镜像", _disc_build, disc)
    build.add_argument("--cohort", type=int, required=True, metavar="年级")
    build.add_argument("-o", "--output", type=Path, required=True, metavar="目录")
    build.add_argument("--media", choices=("cd", "dvd", "bd"), default="dvd")
    verify_disc = add("verify", "校验镜像或光盘", _disc_verify, disc)
    verify_disc.add_argument("path", type=Path, metavar="镜像或光盘目录")

    add("verify", "检查学籍库是否完好", _verify)
    chain = add_group("audit", "操作记录")
    add("verify", "核对操作记录链", _audit_verify, chain)

    demo = add("demo", "用示范数据走完主要流程", _demo)
    demo.add_argument("--out", type=Path, required=True, metavar="目录")
    return parser


def _default_vault() -> Path:
    named = os.environ.get(VAULT)
    return Path(named) if named else Path.home() / "学籍库"


# --- opening ------------------------------------------------------------------------------


def _open(args: argparse.Namespace) -> Workstation:
    """The vault of this command, opened, with all services over it."""
    vault = Vault.open(args.vault, _passphrase("口令："), operator=args.operator)
    _tell(vault.notices)
    if vault.must_change_password:
        _tell(["口令是别人设的，请用 xueji operator password 换成自己的。"])
    return Workstation(vault)


def _tell(sentences: Iterable[str]) -> None:
    """What the registrar should know beside the answer."""
    for sentence in sentences:
        print(sentence, file=sys.stderr)


def _passphrase(prompt: str, variable: str = PASSPHRASE) -> str:
    named = os.environ.get(variable)
    if named is not None:
        return named
    if not sys.stdin.isatty():
        raise PassphraseMissing(variable=variable)
    return getpass.getpass(prompt)


def _chosen_passphrase(prompt: str, variable: str) -> str:
    """A passphrase that is being set: typed twice."""
    chosen = _passphrase(prompt, variable)
    if variable not in os.environ and _passphrase("再输一遍：", variable) != chosen:
        raise PassphraseMistyped
    return chosen


def _drive(work: Work[Any]) -> Any:
    """Run long work; whoever sits at a terminal sees how far it is."""
    if not sys.stderr.isatty():
        return finish(work)

    def show(step: Step) -> None:
        print(f"\r\033[K{step.done}/{step.total} {step.what}", end="", file=sys.stderr, flush=True)

    try:
        return finish(work, show)
    finally:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _moment(args: argparse.Namespace) -> Moment:
    known_on = _known_on(args)
    if args.as_of is None:
        return Moment(today(), known_on, upcoming=True)
    return Moment(args.as_of, known_on)


def _known_on(args: argparse.Namespace) -> datetime | None:
    """The end of the day by whose knowledge is asked."""
    return args.known_on and datetime.combine(args.known_on, time.max).astimezone()


# --- the vault ----------------------------------------------------------------------------


def _init(args: argparse.Namespace) -> Answer:
    sheet = args.sheet or args.vault.absolute().parent / f"恢复单-{args.vault.name}.pdf"
    founded = found(
        args.vault,
        school=args.school,
        operator=args.new_operator,
        password=_chosen_passphrase("设定口令：", PASSPHRASE),
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
    changes = _pairs(args.values)
    with _open(args) as desk:
        if changes:
            desk.actor.require(Role.SYSTEM)
            with desk.database.write(desk.actor, "修改设置") as session:
                settings = change_settings(session, changes)
        else:
            with desk.database.read() as session:
                settings = load_settings(session)
    values = {name: getattr(settings, name) for name in LABELS}
    return Answer([f"{LABELS[name]}：{value}" for name, value in values.items()], values)


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise NotAPair(text=text)
        pairs[name.strip()] = value.strip()
    return pairs


def _verify(args: argparse.Namespace) -> Answer:
    with _open(args) as desk:
        report: VaultReport = _drive(desk.vault.verify())
    lines = report.sentences or ("学籍库完好：数据库、操作记录、影像全部核对一致。",)
    return Answer(
        lines, {"clean": report.clean, "findings": list(report.sentences)}, int(not report.clean)
    )


def _audit_verify(args: argparse.Namespace) -> Answer:
    with _open(args) as desk:
        report: AuditReport = _drive(desk.vault.verify_audit())
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


# --- the vault's life ---------------------------------------------------------------------


def _operator_list(args: argparse.Namespace) -> Answer:
    with _open(args) as desk:
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
    with _open(args) as desk:
        desk.actor.require(Role.SYSTEM)
        password = _chosen_passphrase(f"{args.name}的临时口令：", NEW_PASSPHRASE)
        desk.vault.add_operator(args.name, args.roles, password)
    return Answer(
        [f"已添加操作员{args.name}（{'、'.join(args.roles)}）。请其首次打开时换成自己的口令。"],
        {"name": args.name, "roles": args.roles},
    )


def _operator_remove(args: argparse.Namespace) -> Answer:
    with _open(args) as desk:
        desk.vault.remove_operator(args.name, args.reason)
    return Answer(
        [f"已停用操作员{args.name}。其口令仍能打开以前的备份；交接时请用 xueji rotate 更换密钥。"],
        {"name": args.name, "reason": args.reason},
    )


def _operator_password(args: argparse.Namespace) -> Answer:
    with _open(args) as desk:
        name = args.name or desk.actor.name
        temporary = name != desk.actor.name
        if temporary:
            desk.actor.require(Role.SYSTEM)
        password = _chosen_passphrase(f"{name}的新口令：", NEW_PASSPHRASE)
        desk.vault.set_password(name, password, temporary=temporary)
    done = "已设临时口令，请其首次打开时更换。" if temporary else "口令已更换。"
    return Answer([f"{name}：{done}"], {"name": name, "temporary": temporary})


def _rotate(args: argparse.Namespace) -> Answer:
    beside = args.vault.absolute().parent
    sheet = args.sheet or beside / f"恢复单-{args.vault.name}-{today():%Y%m%d}.pdf"
    with _open(args) as desk:
        desk.actor.require(Role.SYSTEM)
        password = _passphrase("更换密钥，请再输一遍自己的口令：")
        vault: Vault = _drive(renew_key(desk.vault, password, sheet))
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
    with _open(args) as desk:
        report: BackupReport = _drive(back_up(desk.vault, args.to))
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
    restored: Restored = _drive(
        restore(args.source, args.to, _passphrase("备份当时的口令："), operator=args.operator)
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
    password = _chosen_passphrase(f"{args.new_operator}的新口令：", NEW_PASSPHRASE)
    with Vault.recover(args.vault, code, operator=args.new_operator, password=password) as vault:
        waiting = vault.without_password
        _tell(vault.notices)
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


# --- intake -------------------------------------------------------------------------------


def _import(args: argparse.Namespace) -> Answer:
    profile = Profile(args.profile) if args.profile else None
    with _open(args) as desk:
        if args.map:
            with desk.database.write(desk.actor, "指定表头对应") as session:
                learn_headers(session, _pairs(args.map))
        plan = _drive(desk.intake.plan(args.file, profile=profile, entry_year=args.entry_year))
        chosen = _chosen_rows(args.rows, plan)
        if args.dry_run:
            accepted = desk.batches.preview(plan, chosen)
        else:
            accepted = _drive(
                desk.batches.accept(
                    desk.actor, plan, admitted_only=args.arrival == "admitted", lines=chosen
                )
            )
    return _import_answer(plan, accepted, dry_run=args.dry_run)


def _chosen_rows(text: str | None, plan: Plan) -> set[tuple[str, int]] | None:
    if text is None:
        return None
    wanted: set[int] = set()
    for part in text.replace("，", ",").split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            raise BadRows(text=text)
        wanted.update(range(int(first), int(last or first) + 1))
    return {(line.sheet, line.row) for line in plan.lines if line.row in wanted}


def _import_answer(plan: Plan, accepted: Accepted, *, dry_run: bool) -> Answer:
    made = accepted.made or plan.makes
    summary = (
        f"{'核对' if dry_run else '导入'}“{plan.source_name}”（{plan.profile.value}）："
        f"新增 {accepted.created}，修改 {accepted.updated}，无变化 {accepted.unchanged}，"
        f"拒绝 {accepted.refused}。"
    )
    changes = [
        {
            "sheet": line.sheet,
            "row": line.row,
            "name": line.values.get("name", ""),
            "changes": [
                {"field": change.field, "label": change.label, "old": change.old, "new": change.new}
                for change in line.changes
            ],
        }
        for line in plan.lines
        if line.changes
    ]
    lines = [
        summary,
        *(f"问题　{fault.sentence}" for fault in plan.faults),
        *_some([f"说明　{note.sentence}" for note in plan.notes], dry_run),
        *(f"说明　{remark}" for remark in plan.remarks),
        *(
            f"修改　第 {change['row']} 行 {change['name']}："
            + "，".join(f"{c['label']} {c['old'] or '空'} → {c['new']}" for c in change["changes"])
            for change in changes
        ),
        *_some([f"差异　{difference.sentence}" for difference in plan.differences], dry_run),
        *(f"新建　{what}" for what in made),
    ]
    if accepted.batch_id is not None:
        lines.append(f"批号 {accepted.batch_id}；撤销用 xueji undo {accepted.batch_id}。")
    return Answer(
        lines,
        {
            "created": accepted.created,
            "updated": accepted.updated,
            "unchanged": accepted.unchanged,
            "refused": accepted.refused,
            "faults": [_cell(fault) for fault in plan.faults],
            "notes": [_cell(note) for note in plan.notes],
            "remarks": list(plan.remarks),
            "changes": changes,
            "differences": [asdict(difference) for difference in plan.differences],
            "made": list(made),
            "profile": plan.profile.value,
            "entry_year": plan.entry_year,
            "dry_run": dry_run,
            "batch": accepted.batch_id,
        },
    )


def _some(lines: Sequence[str], everything: bool, limit: int = 20) -> Sequence[str]:
    if everything or len(lines) <= limit:
        return lines
    return [*lines[:limit], f"……共 {len(lines)} 条；用 --dry-run 或 --json 看全部。"]


def _cell(item: Fault | Note) -> dict[str, Any]:
    return {**asdict(item), "sentence": item.sentence}


def _undo(args: argparse.Namespace) -> Answer:
    with _open(args) as desk:
        undone = desk.batches.undo(desk.actor, args.batch)
    return Answer(
        [
            f"已撤销第 {undone.batch_id} 批导入：{undone.voided} 人作废，"
            f"{undone.restored} 人的信息改回，{undone.photos} 张照片取下。"
        ],
        {
            "batch": undone.batch_id,
            "voided": undone.voided,
            "restored": undone.restored,
            "photos": undone.photos,
        },
    )


def _batches(args: argparse.Namespace) -> Answer:
    with _open(args) as desk, desk.database.read() as session:
        rows = [
            {
                "batch": batch.id,
                "profile": batch.profile,
                "source": batch.source_name,
                "recorded_at": batch.recorded_at,
                "created": batch.created,
                "updated": batch.updated,
                "undone": batch.undone_at is not None,
            }
            for batch in batch_rows(session)
        ]
    lines = [
        f"第 {row['batch']} 批 {row['profile']} {row['source']}：新增 {row['created']}，"
        f"修改 {row['updated']}" + ("（已撤销）" if row["undone"] else "")
        for row in rows
    ]
    return Answer(lines or ["还没有导入过。"], {"batches": rows})


def _photos(args: argparse.Namespace) -> Answer:
    with _open(args) as desk:
        plan = _drive(desk.photos.plan(args.folder))
        accepted = (
            desk.photos.preview(plan)
            if args.dry_run
            else _drive(desk.photos.accept(desk.actor, plan))
        )
    lines = [
        f"照片：新增 {accepted.created}，更换 {accepted.updated}，无变化 {accepted.unchanged}，"
        f"拒绝 {accepted.refused}；还缺照片 {plan.missing} 人。",
        *(f"问题　{fault.sentence}" for fault in plan.faults),
        *_some([f"说明　{note.sentence}" for note in plan.notes], args.dry_run),
    ]
    if accepted.batch_id is not None:
        lines.append(f"批号 {accepted.batch_id}；撤销用 xueji undo {accepted.batch_id}。")
    return Answer(
        lines,
        {
            "created": accepted.created,
            "updated": accepted.updated,
            "unchanged": accepted.unchanged,
            "refused": accepted.refused,
            "faults": [{**asdict(f), "sentence": f.sentence} for f in plan.faults],
            "notes": [{**asdict(n), "sentence": n.sentence} for n in plan.notes],
            "missing": plan.missing,
            "dry_run": args.dry_run,
            "batch": accepted.batch_id,
        },
    )


# --- the register -------------------------------------------------------------------------


def _majors_list(args: argparse.Namespace) -> Answer:
    with _open(args) as desk, desk.database.read() as session:
        rows = [asdict(row) for row in major_rows(session)]
    lines = [
        f"{row['serial']:02d} {row['name']} {row['code']} 简称“{row['short_name']}”" for row in rows
    ]
    return Answer(lines or ["还没有专业。"], {"majors": rows})


def _majors_set(args: argparse.Namespace) -> Answer:
    given = {"short_name": args.short, "code": args.code, "department": args.department}
    values = {name: value for name, value in given.items() if value is not None}
    with _open(args) as desk:
        desk.actor.require(Role.RECORD)
        with desk.database.write(desk.actor, "修改专业") as session:
            change_major(session, args.name, values)
    return Answer([f"专业“{args.name}”已修改。"], {"major": args.name, **values})


def _classes_list(args: argparse.Namespace) -> Answer:
    with _open(args) as desk, desk.database.read() as session:
        rows = [asdict(row) for row in class_rows(session, cohort=args.cohort)]
    lines = [f"{row['cohort']}级 {row['name']}（{row['major']}）" for row in rows]
    return Answer(lines or ["还没有班级。"], {"classes": rows})


_ORDERS: Final = {"pinyin": Order.PINYIN, "score": Order.SCORE, "exam": Order.EXAM}


def _classes_split(args: argparse.Namespace) -> Answer:
    with _open(args) as desk:
        placed = desk.placement.split(
            desk.actor,
            args.cohort,
            order=_ORDERS[args.order],
            count=args.count,
            size=args.size,
            on=args.date,
            major=args.major,
        )
    return _placed_answer(placed)


def _classes_from(args: argparse.Namespace) -> Answer:
    with _open(args) as desk:
        plan = _drive(desk.intake.plan(args.file))
        places = {
            line.student_id: str(line.values["class_group"])
            for line in plan.lines
            if line.student_id is not None and line.values.get("class_group")
        }
        placed = desk.placement.assign(desk.actor, args.cohort, places, on=args.date)
    return _placed_answer(placed)


def _placed_answer(placed: Placed) -> Answer:
    lines = [f"{name}：{count} 人" for name, count in placed.classes.items()]
    return Answer(
        [f"分班 {sum(placed.classes.values())} 人。", *lines, *(f"新建　{w}" for w in placed.made)],
        {"placed": dict(placed.classes), "made": list(placed.made)},
    )


def _numbers_assign(args: argparse.Namespace) -> Answer:
    with _open(args) as desk:
        numbers = desk.placement.number(
            desk.actor, args.cohort, order=_ORDERS[args.order], pattern=args.pattern
        )
    given = sorted(numbers.values())
    return Answer(
        [f"编学号 {len(given)} 人：{given[0]} 至 {given[-1]}。"],
        {"assigned": len(given), "first": given[0], "last": given[-1]},
    )


def _students(args: argparse.Namespace) -> Answer:
    moment = _moment(args)
    with _open(args) as desk:
        found = desk.students.find(args.query) if args.query else None
        records = desk.students.records(moment, Scope(ids=found))
        if found is not None:
            place = {student_id: index for index, student_id in enumerate(found)}
            records.sort(key=lambda record: place[record.row.id])
        with desk.database.write(desk.actor, "查看学生名单") as session:
            audit.event(session, "显示完整证件号", args.query or "全部", {"count": len(records)})
    rows = [record.row for record in records]
    students = [_student_data(record) for record in records]
    lines = [
        " ".join(
            (row.number or "－", row.name, row.sex or "－", row.id_number or "－",
             row.class_group or "未分班", row.major, row.status.value)
        )
        for row in rows
    ]  # fmt: skip
    return Answer([*lines, f"共 {len(rows)} 人。"], {"students": students, "as_of": moment.as_of})


def _student_data(record: StudentRecord) -> dict[str, Any]:
    row = record.row
    known = {
        "number": row.number,
        "exam_number": row.exam_number,
        "name": row.name,
        "sex": row.sex,
        "birth_date": row.birth_date,
        "id_number": row.id_number,
        "cohort": row.cohort,
        "department": row.department,
        "major": row.major,
        "major_code": row.major_code,
        "class": row.class_group,
        "status": row.status,
    }
    return {**row.person, **known, "guardians": [asdict(guardian) for guardian in record.guardians]}


# --- changes and reports ------------------------------------------------------------------


def _change(args: argparse.Namespace) -> Answer:
    kind = kind_named(args.kind)
    if kind is None:
        known = "、".join(kind.value for kind in CHANGE_KINDS)
        raise UnknownKind(kind=args.kind, known=known)
    with _open(args) as desk:
        row = desk.changes.change(
            desk.actor,
            desk.students.identify(args.student),
            kind,
            args.date,
            until=args.until,
            evidence=_evidence(args.evidence),
            signed=_signatories(args.signed),
            to_class=args.to_class,
            to_major=args.to_major,
            reason=args.reason,
        )
    return Answer([f"{row.name} {_entry_line(row)}", *row.notes], _entry_data(row))


def _evidence(texts: Sequence[str]) -> list[tuple[Path | None, str]]:
    papers: list[tuple[Path | None, str]] = []
    for text in texts:
        name, equals, kind = text.rpartition("=")
        if not equals:
            raise NotAPair(text=text)
        papers.append((Path(name) if name else None, kind))
    return papers


_SIGNATORIES: Final = {
    "student": Signatory.STUDENT,
    "guardian": Signatory.GUARDIAN,
    **{who.value: who for who in Signatory},
    "家长": Signatory.GUARDIAN,
}


def _signatories(text: str) -> frozenset[Signatory]:
    words = [word.strip() for word in text.replace("，", ",").split(",") if word.strip()]
    for word in words:
        if word not in _SIGNATORIES:
            raise UnknownSignatory(word=word)
    return frozenset(_SIGNATORIES[word] for word in words)


def _correct(args: argparse.Namespace) -> Answer:
    with _open(args) as desk:
        row = desk.corrections.correct(
            desk.actor,
            desk.students.identify(args.student),
            _pairs(args.values),
            basis=args.basis,
            on=args.date,
            evidence=_evidence(args.evidence),
        )
    lines = [
        f"{row.name} {change.label}：{change.old or '空'} → {change.new or '空'}"
        f"（{change.effective_date} 起）"
        for change in row.fields
    ]
    if row.entry_id is not None:
        lines.append(f"{row.name} 台账更正，编号 {row.entry_id}。")
    return Answer(
        [*lines, *(f"说明　{note}" for note in row.notes)],
        {
            "number": row.number,
            "changes": [asdict(change) for change in row.fields],
            "entry": row.entry_id,
            "notes": list(row.notes),
        },
    )


def _reverse(args: argparse.Namespace) -> Answer:
    with _open(args) as desk:
        student_id = desk.students.identify(args.student)
        row = desk.changes.reverse(desk.actor, student_id, args.entry, reason=args.reason)
    return Answer(
        [f"已冲正 {row.name} 编号 {args.entry} 的记录（冲正的编号 {row.entry.id}）。"],
        _entry_data(row),
    )


def _ledger(args: argparse.Namespace) -> Answer:
    with _open(args) as desk:
        rows = desk.changes.entries(desk.students.identify(args.student))
    return Answer(
        [_entry_line(row) for row in rows],
        {
            "number": rows[0].number if rows else None,
            "name": rows[0].name if rows else None,
            "entries": [_entry_data(row) for row in rows],
        },
    )


def _entry_line(row: ChangeRow) -> str:
    entry = row.entry
    sides = (
        (entry.from_status, entry.to_status),
        (entry.from_class, entry.to_class),
        (entry.from_major, entry.to_major),
    )
    moves = "，".join(f"{before or '－'} → {after}" for before, after in sides if after)
    end = f" 至 {entry.until}" if entry.until else ""
    if entry.reverses is not None:
        moves = f"编号 {entry.reverses} 的记录"
    about = "".join(f"（{words}）" for words in (entry.reason, "已冲正" * entry.reversed) if words)
    return f"{entry.id} {entry.effective_date}{end} {entry.kind.value} {moves}{about}"


def _entry_data(row: ChangeRow) -> dict[str, Any]:
    entry = asdict(row.entry)
    return {
        "number": row.number,
        "name": row.name,
        "entry": entry.pop("id"),
        "kind": entry.pop("kind"),
        "date": entry.pop("effective_date"),
        **entry,
        "evidence": [asdict(paper) for paper in row.evidence],
        "signed": list(row.signed),
        "notes": list(row.notes),
    }


def _report(args: argparse.Namespace) -> Answer:
    with _open(args) as desk:
        report, data, code = _REPORTS[args.what](desk, args)
        if args.output:
            desk.reports.save(desk.actor, report, args.output)
    lines = [f"{report.title}　{report.covers}", *_table_lines(report.tables[0])]
    if args.output:
        lines.append(f"已存为 {args.output}")
    return Answer(lines, {**data, "file": args.output and str(args.output)}, code)


_Reported = tuple[Report, dict[str, Any], int]


def _report_headcount(desk: Workstation, args: argparse.Namespace) -> _Reported:
    count, people = desk.reports.headcount(
        args.begin, args.end, CountBase(args.base), _known_on(args)
    )
    names = {row.class_id: row.class_group for row in count.rows}
    data = {
        "from": count.begin,
        "to": count.end,
        "base": count.base,
        "rows": [_headcount_data(count.base, row) for row in count.rows],
        "total": _headcount_data(count.base, count.total),
        "movements": [
            {
                "date": move.day,
                "direction": "in" if move.entered else "out",
                "class": names[move.class_id],
                "kind": move.kind,
                "number": people[move.student_id].number,
                "exam_number": people[move.student_id].exam_number,
                "name": people[move.student_id].name,
            }
            for move in count.movements
        ],
        "balanced": count.balanced,
    }
    return headcount_report(count, people), data, int(not count.balanced)


def _headcount_data(base: CountBase, row: HeadcountRow) -> dict[str, Any]:
    return {
        "class": row.class_group,
        "cohort": row.cohort,
        "major": row.major,
        "department": row.department,
        "base": base,
        "opening": len(row.opening),
        "in": {kind.value: len(ids) for kind, ids in row.entered.items()},
        "out": {kind.value: len(ids) for kind, ids in row.left.items()},
        "closing": len(row.closing),
        "statuses": {status.value: len(ids) for status, ids in row.statuses.items()},
        "balanced": row.balanced,
    }


def _report_changes(desk: Workstation, args: argparse.Namespace) -> _Reported:
    lines = desk.reports.changes(args.begin, args.end, _known_on(args))
    rows = []
    for line in lines:
        row = asdict(line)
        del row["student_id"]
        rows.append({**row, "date": row.pop("day")})
    data = {"from": args.begin, "to": args.end, "rows": rows}
    return changes_report(lines, args.begin, args.end), data, 0


def _report_summary(desk: Workstation, args: argparse.Namespace) -> _Reported:
    counted = summary(desk.reports.changes(args.begin, args.end, _known_on(args)))
    rows = [
        {"kind": kind, "departments": dict(counts), "total": sum(counts.values())}
        for kind, counts in counted.counts.items()
    ]
    data = {"from": args.begin, "to": args.end, "rows": rows, "total": counted.total}
    return summary_report(counted, args.begin, args.end), data, 0


_REPORTS: Final = {
    "headcount": _report_headcount,
    "changes": _report_changes,
    "summary": _report_summary,
}


def _table_lines(table: DataTable) -> Iterator[str]:
    yield " ".join(column.title for column in table.columns)
    for row in table.rows:
        yield " ".join("－" if value in (None, "") else str(value) for value in row)


# --- papers and discs ---------------------------------------------------------------------


def _form(args: argparse.Namespace) -> Answer:
    with _open(args) as desk:
        student = desk.students.identify(args.student) if args.student else None
        printed = _drive(
            desk.printing.make(
                desk.actor,
                args.name,
                args.output,
                moment=_moment(args),
                scope=Scope(
                    cohort=args.cohort,
                    class_group=args.class_group,
                    ids=None if student is None else [student],
                ),
            )
        )
    return Answer(
        [f"{printed.form}：{printed.documents} 份 → {printed.path}",
         *(f"注意　{warning}" for warning in printed.warnings)],
        {
            "form": printed.form,
            "file": str(printed.path),
            "documents": printed.documents,
            "codes": list(printed.codes),
            "warnings": list(printed.warnings),
        },
    )  # fmt: skip


def _disc_build(args: argparse.Namespace) -> Answer:
    with _open(args) as desk:
        report = _drive(
            desk.discs.build(desk.actor, args.cohort, args.output, Medium[args.media.upper()])
        )
    return Answer(
        [
            f"镜像：{report.path}（{report.size / 1024 / 1024:.1f} MB，{report.files} 个文件）",
            f"SHA-256：{report.sha256}",
        ],
        {
            "image": str(report.path),
            "size": report.size,
            "files": report.files,
            "sha256": report.sha256,
        },
    )


def _disc_verify(args: argparse.Namespace) -> Answer:
    report = _drive(verify_disc(args.path))
    findings = [str(finding) for finding in report.findings]
    done = f"{args.path}：{report.files} 个文件全部与清单一致。"
    return Answer(
        [done] if report.sound else findings,
        {"sound": report.sound, "files": report.files, "findings": findings},
        int(not report.sound),
    )


def _demo(args: argparse.Namespace) -> Answer:
    made = _drive(demo.run(args.out))
    return Answer(made.lines, {"files": [str(path) for path in made.files]})


if __name__ == "__main__":
    sys.exit(main())
