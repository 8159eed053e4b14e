"""Papers, archive discs, and the demonstration."""

import argparse
from pathlib import Path

from app.commands.terminal import (
    Answer,
    Commands,
    day,
    drive,
    known_by,
    moment_of,
    open_desk,
    print_paper,
)
from app.models.vocabulary import CountBase
from app.services import demo
from app.services.archive.content import Medium
from app.services.archive.verify import verify as verify_disc
from app.services.register.organisation import full_name
from app.services.register.students import Scope
from app.services.workstation import Workstation


def declare(commands: Commands) -> None:
    """Declare what leaves the program."""
    form = commands.add("form", "打印或导出一张表", _form)
    form.add_argument("name", metavar="表名或模板文件")
    whom = form.add_mutually_exclusive_group()
    whom.add_argument("--class", dest="class_group", metavar="班级", help="同名班级加 --cohort")
    whom.add_argument("--student", metavar="号码")
    form.add_argument("--cohort", type=int, metavar="年级")
    form.add_argument("-o", "--output", type=Path, required=True, metavar="文件.pdf|.xlsx")
    form.add_argument("--as-of", type=day, metavar="日期", help="截至这一天")
    form.add_argument(
        "--from", dest="begin", type=day, metavar="日期",
        help="人数、异动表从这一天起，默认从本学年 8 月 1 日起",
    )  # fmt: skip
    form.add_argument(
        "--base", choices=[base.value for base in CountBase], default=CountBase.ON_REGISTER.value,
        help="人数审核表、对照表的口径，默认在籍",
    )  # fmt: skip
    form.add_argument("--known-on", type=day, metavar="日期", help="按这一天所知")

    disc = commands.group("disc", "归档光盘")
    build = commands.add("build", "生成一个年级的归档镜像", _disc_build, disc)
    build.add_argument("--cohort", type=int, required=True, metavar="年级")
    build.add_argument("-o", "--output", type=Path, required=True, metavar="目录")
    build.add_argument("--media", choices=("cd", "dvd", "bd"), default="dvd")
    check = commands.add("verify", "校验镜像或光盘", _disc_verify, disc)
    check.add_argument("path", type=Path, metavar="镜像或光盘目录")

    show = commands.add("demo", "用示范数据走完主要流程", _demo)
    show.add_argument("--out", type=Path, required=True, metavar="目录")


def scope_of(args: argparse.Namespace, desk: Workstation) -> Scope:
    """Whom a paper is for; beside a class, the cohort says which class of that name."""
    if args.student:
        return Scope(cohort=args.cohort, ids=[desk.students.identify(args.student, known_by(args))])
    name = args.class_group
    if name is None or args.cohort is None:
        return Scope(cohort=args.cohort, class_group=name)
    said = name.startswith(full_name(args.cohort, ""))
    return Scope(class_group=name if said else full_name(args.cohort, name))


def _form(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        return print_paper(
            desk.printing.make(
                desk.actor,
                args.name,
                args.output,
                moment=moment_of(args),
                scope=scope_of(args, desk),
                begin=args.begin,
                base=CountBase(args.base),
            )
        )


def _disc_build(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        report = drive(
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
    report = drive(verify_disc(args.path))
    findings = [str(finding) for finding in report.findings]
    done = f"{args.path}：{report.files} 个文件全部与清单一致。"
    return Answer(
        [done] if report.sound else findings,
        {"sound": report.sound, "files": report.files, "findings": findings},
        int(not report.sound),
    )


def _demo(args: argparse.Namespace) -> Answer:
    made = drive(demo.run(args.out))
    return Answer(made.lines, {"files": [str(path) for path in made.files]})
