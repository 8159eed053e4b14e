"""Who is away and until when; written applications; records that are to be voided."""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.commands.changes import papers_given, signatories, take_papers
from app.commands.terminal import NOTHING_PRINTED, Answer, Commands, day, open_desk, print_paper
from app.models.vocabulary import ConsentWay
from app.services.clock import today
from app.services.forms.fields import OVERDUE
from app.services.register.applications import KINDS, ApplicationRow
from app.services.register.leaves import LeaveRow
from app.services.register.ledger import Moment
from app.services.register.students import Scope
from app.services.register.voiding import VoidingRow
from app.services.workstation import Workstation


def declare(commands: Commands) -> None:
    """Declare the leave watch, the written applications, the voiding of records."""
    leaves = commands.add("leaves", "休学、保留学籍台账：到期和逾期", _leaves)
    leaves.add_argument("--on", type=day, metavar="日期", help="哪一天（默认今天）")
    chosen = leaves.add_mutually_exclusive_group()
    chosen.add_argument("--due", action="store_true", help="只列要提醒的和逾期的")
    chosen.add_argument("--overdue", action="store_true", help="只列逾期的")
    leaves.add_argument("-o", "--output", type=Path, metavar="文件.pdf|.xlsx", help="逾期的上会表")

    application = commands.group("application", "书面申请：证明、更正、补办 等")
    opened = commands.add("open", "登记一份书面申请", _open, application)
    opened.add_argument("student", metavar="号码")
    opened.add_argument("kind", metavar="种类", help="、".join(KINDS))
    opened.add_argument("--content", default="", metavar="内容")
    opened.add_argument("--date", type=day, metavar="日期", help="申请日期（默认今天）")
    ways = [way.value for way in ConsentWay]
    opened.add_argument("--consent", choices=ways, metavar="当面|书信|电话")
    opened.add_argument("--witness", metavar="姓名", help="家长同意时在场的人")
    add = commands.add("add", "补材料和签字", _add, application)
    add.add_argument("application", type=int, metavar="编号")
    for sub in (opened, add):
        take_papers(sub)
        sub.add_argument("--signed", default="", metavar="student,guardian", help="已签字的人")
    settle = commands.add("settle", "办结", _settle, application)
    settle.add_argument("application", type=int, metavar="编号")
    settle.add_argument("--result", required=True, metavar="结果")
    settle.add_argument("--date", type=day, metavar="日期", help="默认今天")
    listed = commands.add("list", "列出书面申请（默认没有办结的）", _list, application)
    listed.add_argument("--student", metavar="号码")
    listed.add_argument("--all", action="store_true", help="办结的也列")

    void = commands.group("void", "作废录错的学生记录（要第二人确认）")
    show = commands.add("show", "看作废会涉及什么", _belongings, void)
    propose = commands.add("propose", "提出作废", _propose, void)
    for sub in (show, propose):
        sub.add_argument("student", metavar="号码")
    propose.add_argument("--reason", required=True, metavar="原因")
    for name, text, action in (("confirm", "第二人确认", _confirm), ("drop", "不作废", _drop)):
        commands.add(name, text, action, void).add_argument("number", type=int, metavar="编号")
    commands.add("list", "列出作废的和待确认的", _voidings, void)


# --- 休学台账 ------------------------------------------------------------------------------


def _leaves(args: argparse.Namespace) -> Answer:
    on = args.on or today()
    with open_desk(args) as desk:
        rows = desk.leaves.rows(desk.actor, on)
        printed = NOTHING_PRINTED
        if args.output:
            printed = print_paper(
                desk.printing.make(
                    desk.actor, OVERDUE, args.output, moment=Moment(on), scope=Scope()
                )
            )
    if args.overdue:
        rows = [row for row in rows if row.overdue]
    elif args.due:
        rows = [row for row in rows if row.overdue or row.reminder is not None]
    lines = [_leave_line(row) for row in rows] or ["没有这样的学生。"]
    data = {"on": on, "leaves": [_leave_data(row) for row in rows]}
    return Answer([*lines, *printed.lines], {**data, **printed.data})


def _leave_line(row: LeaveRow) -> str:
    who = f"{row.student.number or row.student.exam_number or ''} {row.student.name}"
    end = f" 至 {row.until}" if row.until else ""
    return f"{who} {row.student.class_group} {row.kind.value} {row.since}{end}　{row.state}"


def _leave_data(row: LeaveRow) -> dict[str, Any]:
    return {
        "number": row.student.number,
        "exam_number": row.student.exam_number,
        "name": row.student.name,
        "class": row.student.class_group,
        "status": row.student.status,
        "kind": row.kind,
        "since": row.since,
        "until": row.until,
        "deadline": row.deadline,
        "apply_by": row.apply_by,
        "days_left": row.days_left,
        "reminder": row.reminder,
        "overdue": row.overdue,
        "entry": row.entry_id,
    }


# --- 书面申请 ------------------------------------------------------------------------------


def _open(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        row = desk.applications.open(
            desk.actor,
            desk.students.identify(args.student),
            args.kind,
            content=args.content,
            applied_on=args.date or today(),
            consent=args.consent and ConsentWay(args.consent),
            witness=args.witness,
            evidence=papers_given(args.evidence),
            signed=signatories(args.signed),
        )
    return _one_application(row)


def _add(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        row = desk.applications.add(
            desk.actor,
            args.application,
            evidence=papers_given(args.evidence),
            signed=signatories(args.signed),
        )
    return _one_application(row)


def _settle(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        row = desk.applications.settle(
            desk.actor, args.application, on=args.date or today(), result=args.result
        )
    return _one_application(row)


def _list(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        student = desk.students.identify(args.student) if args.student else None
        rows = desk.applications.rows(desk.actor, student_id=student, everything=args.all)
    lines = [_application_line(row) for row in rows] or ["没有书面申请。"]
    return Answer(lines, {"applications": [_application_data(row) for row in rows]})


def _one_application(row: ApplicationRow) -> Answer:
    lines = [_application_line(row), *(f"缺　{lack}" for lack in row.lacks)]
    return Answer(lines, _application_data(row))


def _application_line(row: ApplicationRow) -> str:
    state = f"{row.settled_on} 办结：{row.result}" if row.settled_on else "没有办结"
    return f"申请 {row.id}　{row.applied_on} {row.name} {row.kind}　{state}"


def _application_data(row: ApplicationRow) -> dict[str, Any]:
    data = asdict(row)
    del data["student_id"]
    return {"application": data.pop("id"), **data, "lacks": list(row.lacks), "open": row.open}


# --- 作废 ----------------------------------------------------------------------------------


def _belongings(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        found = desk.voidings.belongings(desk.actor, desk.students.identify(args.student))
    return Answer(found.lines or ["没有关联的记录。"], asdict(found))


def _propose(args: argparse.Namespace) -> Answer:
    return _voiding(
        args,
        lambda desk: desk.voidings.propose(
            desk.actor, desk.students.identify(args.student), args.reason
        ),
    )


def _confirm(args: argparse.Namespace) -> Answer:
    return _voiding(args, lambda desk: desk.voidings.confirm(desk.actor, args.number))


def _drop(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        row = desk.voidings.drop(desk.actor, args.number)
    return Answer([f"{row.name}的记录不作废。"], _voiding_data(row))


def _voidings(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        rows = desk.voidings.rows(desk.actor)
    lines = [_voiding_line(row) for row in rows] or ["没有作废的记录。"]
    return Answer(lines, {"voidings": [_voiding_data(row) for row in rows]})


def _voiding(args: argparse.Namespace, work: Callable[[Workstation], VoidingRow]) -> Answer:
    with open_desk(args) as desk:
        row = work(desk)
    return Answer([_voiding_line(row), *row.belongings.lines, *row.notes], _voiding_data(row))


def _voiding_line(row: VoidingRow) -> str:
    state = f"已作废（{row.confirmed_by}确认）" if row.done else "等待第二人确认"
    return f"作废 {row.id}　{row.name}　{row.reason}　{state}"


def _voiding_data(row: VoidingRow) -> dict[str, Any]:
    data = asdict(row)
    del data["student_id"]
    return {"voiding": data.pop("id"), **data, "done": row.done, "notes": list(row.notes)}
