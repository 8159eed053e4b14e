"""学籍异动 as cases: opened, completed, approved, put into effect, reported, filed."""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.commands.changes import kind_given, papers_given, signatories, take_papers
from app.commands.terminal import Answer, Commands, day, drive, open_desk, print_paper
from app.models.vocabulary import CaseStep, ConsentWay
from app.services.clock import today
from app.services.register.casework import Approved, CaseRow
from app.services.register.mass import MassWish
from app.services.workstation import Workstation


def declare(commands: Commands) -> None:
    """Declare the cases desk."""
    case = commands.group("case", "学籍异动个案：申请、材料、审批、生效、上报、归档")
    opened = commands.add("open", "立案：先登记申请，材料以后补", _open, case)
    opened.add_argument("student", metavar="号码")
    opened.add_argument("kind", metavar="异动类型")
    opened.add_argument("--date", type=day, required=True, metavar="日期", help="生效日期")
    opened.add_argument("--applied", type=day, metavar="日期", help="书面申请的日期")
    amend = commands.add("amend", "改个案申请的内容（生效之前）", _amend, case)
    amend.add_argument("case", type=int, metavar="编号")
    amend.add_argument("--date", type=day, metavar="日期", help="生效日期")
    for sub in (opened, amend):
        sub.add_argument("--until", type=day, metavar="日期", help="截止日期（默认按规则）")
        sub.add_argument("--class", dest="to_class", metavar="班级", help="转入的班级")
        sub.add_argument("--major", dest="to_major", metavar="专业", help="转入的专业")
        sub.add_argument("--reason", metavar="原因")
    add = commands.add("add", "补材料和签字", _add, case)
    add.add_argument("case", type=int, metavar="编号")
    add.add_argument("--signed-on", type=day, metavar="日期", help="签字的日期")
    for sub in (opened, add):
        take_papers(sub)
        sub.add_argument("--signed", default="", metavar="student,guardian", help="已签字的人")
        sub.add_argument(
            "--consent", choices=[way.value for way in ConsentWay], metavar="当面|书信|电话",
            help="家长怎样同意的",
        )  # fmt: skip
        sub.add_argument("--witness", metavar="姓名", help="家长同意时在场的人")

    approve = commands.add("approve", "登记一步审批意见", _approve, case)
    approve.add_argument("case", type=int, metavar="编号")
    approve.add_argument("approval", metavar="步骤", help="如 系部")
    approve.add_argument("person", metavar="审批人")
    approve.add_argument("--date", type=day, required=True, metavar="日期")
    approve.add_argument("--opinion", default="", metavar="意见")
    approve.add_argument("--refused", action="store_true", help="不同意")

    for name, text, action in (
        ("review", "审核（录入者以外的人）", _review),
        ("effect", "生效", _effect),
        ("show", "看一个个案：缺什么、到哪一步", _show),
    ):
        commands.add(name, text, action, case).add_argument("case", type=int, metavar="编号")

    many = commands.add("many", "几个人办同一种异动，先看人数再一次生效", _many, case)
    many.add_argument("kind", metavar="异动类型")
    many.add_argument("students", nargs="+", metavar="号码")
    many.add_argument("--date", type=day, required=True, metavar="日期", help="生效日期")
    many.add_argument("--until", type=day, metavar="日期", help="截止日期（默认按规则）")
    many.add_argument("--class", dest="to_class", metavar="班级", help="转入的班级")
    many.add_argument("--major", dest="to_major", metavar="专业", help="转入的专业")
    many.add_argument("--reason", required=True, metavar="原因")
    many.add_argument("--applied", type=day, metavar="日期", help="书面申请的日期")
    many.add_argument("--signed", default="", metavar="student,guardian", help="人人都已签字的")
    many.add_argument(
        "--paper", action="append", default=[], metavar="材料", help="人人都已收原件的材料"
    )
    many.add_argument("--dry-run", action="store_true", help="只看，不写")

    paper = commands.add("print", "打印申请表，或缺材料通知", _print, case)
    paper.add_argument("case", type=int, metavar="编号")
    paper.add_argument("--missing", action="store_true", help="打缺材料通知，不打申请表")
    paper.add_argument("--form", default="", metavar="表样.xlsx", help="用学校自己的表样")
    paper.add_argument("-o", "--output", type=Path, required=True, metavar="文件.pdf|.xlsx")

    report = commands.add("report", "登记上报和回执", _report, case)
    report.add_argument("case", type=int, metavar="编号")
    report.add_argument("--receipt", required=True, metavar="回执号")
    report.add_argument("--document", default="", metavar="文号", help="批复的文号")
    filed = commands.add("file", "登记归档", _file, case)
    filed.add_argument("case", type=int, metavar="编号")
    filed.add_argument("--place", required=True, metavar="位置", help="盒号、页号")
    for sub in (report, filed):
        sub.add_argument("--date", type=day, metavar="日期", help="默认今天")
    withdraw = commands.add("withdraw", "撤回没有生效的个案", _withdraw, case)
    withdraw.add_argument("case", type=int, metavar="编号")
    withdraw.add_argument("--reason", required=True, metavar="原因")

    listed = commands.add("list", "列出个案（默认没有办结的）", _list, case)
    listed.add_argument("--student", metavar="号码")
    listed.add_argument(
        "--step",
        choices=[step.value for step in CaseStep],
        metavar="步骤",
        help="申请、材料、审批 等",
    )
    listed.add_argument("--all", action="store_true", help="办结和撤回的也列")
    listed.add_argument("--unreviewed", action="store_true", help="已生效而无人审核的")


def _open(args: argparse.Namespace) -> Answer:
    kind = kind_given(args.kind)
    return _done(
        args,
        lambda desk: desk.cases.open(
            desk.actor,
            desk.students.identify(args.student),
            kind,
            args.date,
            until=args.until,
            to_class=args.to_class,
            to_major=args.to_major,
            reason=args.reason or "",
            applied_on=args.applied,
            consent=args.consent and ConsentWay(args.consent),
            witness=args.witness,
            evidence=papers_given(args.evidence),
            signed=signatories(args.signed),
        ),
    )


def _amend(args: argparse.Namespace) -> Answer:
    return _done(
        args,
        lambda desk: desk.cases.amend(
            desk.actor,
            args.case,
            on=args.date,
            until=args.until,
            to_class=args.to_class,
            to_major=args.to_major,
            reason=args.reason,
        ),
    )


def _add(args: argparse.Namespace) -> Answer:
    return _done(
        args,
        lambda desk: desk.cases.add(
            desk.actor,
            args.case,
            evidence=papers_given(args.evidence),
            signed=signatories(args.signed),
            signed_on=args.signed_on,
            consent=args.consent and ConsentWay(args.consent),
            witness=args.witness,
        ),
    )


def _approve(args: argparse.Namespace) -> Answer:
    given = Approved(args.approval, args.person, args.date, not args.refused, args.opinion)
    return _done(args, lambda desk: desk.cases.approve(desk.actor, args.case, given))


def _review(args: argparse.Namespace) -> Answer:
    return _done(args, lambda desk: desk.cases.review(desk.actor, args.case))


def _effect(args: argparse.Namespace) -> Answer:
    return _done(args, lambda desk: desk.cases.effect(desk.actor, args.case))


def _show(args: argparse.Namespace) -> Answer:
    return _done(args, lambda desk: desk.cases.row(desk.actor, args.case))


def _many(args: argparse.Namespace) -> Answer:
    wish = MassWish(
        kind_given(args.kind), args.date, args.until, args.to_class, args.to_major, args.reason,
        args.applied, signatories(args.signed), tuple(args.paper),
    )  # fmt: skip
    with open_desk(args) as desk:
        ids = [desk.students.identify(one) for one in args.students]
        plan = drive(desk.mass_changes.preview(desk.actor, ids, wish))
        written = not args.dry_run and bool(plan.good)
        if written:
            drive(desk.mass_changes.apply(desk.actor, plan))
    lines = [f"{one.what}　{one.before} → {one.after}" for one in plan.counts]
    lines += [f"{line.name}　{line.before} → {line.after}" for line in plan.good]
    lines += [f"不能办　{line.name}：{line.problem}" for line in plan.refused]
    lines.append(f"{'已生效' if written else '没有写入，可以生效'} {len(plan.good)} 人。")
    data = {
        "written": written,
        "good": [asdict(line) for line in plan.good],
        "refused": [asdict(line) for line in plan.refused],
        "counts": [asdict(one) for one in plan.counts],
    }
    return Answer(lines, data, int(not plan.good))


def _print(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        fill = desk.case_papers.notice if args.missing else desk.case_papers.application
        sheet = fill(desk.actor, args.case, args.form)
        return print_paper(desk.printing.write(desk.actor, sheet, args.output))


def _report(args: argparse.Namespace) -> Answer:
    return _done(
        args,
        lambda desk: desk.cases.report(
            desk.actor,
            args.case,
            on=args.date or today(),
            receipt=args.receipt,
            document_number=args.document,
        ),
    )


def _file(args: argparse.Namespace) -> Answer:
    on = args.date or today()
    return _done(args, lambda desk: desk.cases.file(desk.actor, args.case, on=on, place=args.place))


def _withdraw(args: argparse.Namespace) -> Answer:
    return _done(args, lambda desk: desk.cases.withdraw(desk.actor, args.case, reason=args.reason))


def _list(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        student = desk.students.identify(args.student) if args.student else None
        if args.unreviewed:
            rows = desk.cases.unreviewed(desk.actor)
        else:
            rows = desk.cases.rows(desk.actor, steps=_steps(args), student_id=student)
    if student is not None:
        rows = [row for row in rows if row.student_id == student]
    lines = [_line(row) for row in rows] or ["没有这样的个案。"]
    return Answer(lines, {"cases": [_data(row) for row in rows]})


def _steps(args: argparse.Namespace) -> frozenset[CaseStep]:
    if args.step:
        return frozenset({CaseStep(args.step)})
    ended = frozenset({CaseStep.CLOSED, CaseStep.WITHDRAWN})
    return frozenset(CaseStep) if args.all else frozenset(CaseStep) - ended


def _done(args: argparse.Namespace, work: Callable[[Workstation], CaseRow]) -> Answer:
    with open_desk(args) as desk:
        row = work(desk)
    lines = [_line(row), *(f"缺　{lack.text}" for lack in row.lacks)]
    lines += [f"{side.label}　{side.before or '－'} → {side.after}" for side in row.differences]
    lines += [f"注　{note}" for note in row.notes]
    return Answer(lines, _data(row))


def _line(row: CaseRow) -> str:
    end = f" 至 {row.until}" if row.until else ""
    left = row.days_left(today())
    due = "" if left is None else f"（{row.report_by} 前上报，{_days(left)}）"
    return (
        f"个案 {row.id}　{row.name} {row.kind.value} {row.effective_date}{end}　"
        f"{row.step.value}{due}"
    )


def _days(left: int) -> str:
    return f"还有 {left} 天" if left >= 0 else f"已过 {-left} 天"


def _data(row: CaseRow) -> dict[str, Any]:
    data = asdict(row)
    del data["student_id"]
    return {"case": data.pop("id"), **data, "open": row.open, "days_left": row.days_left(today())}
