"""奖励, 处分 with its registered letters, and the problem drawer."""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from app.commands.changes import papers_given, take_papers
from app.commands.terminal import Answer, Commands, day, open_desk
from app.models.vocabulary import PunishmentKind, ServiceWay
from app.services.clock import today
from app.services.register.conduct import PunishmentRow, RewardRow
from app.services.register.problems import ProblemRow
from app.services.workstation import Workstation


def declare(commands: Commands) -> None:
    """Declare rewards, punishments and problems."""
    _declare_rewards(commands)
    _declare_punishments(commands)
    problem = commands.group("problem", "问题抽屉：登记、上报、处理，不能删除")
    entered = commands.add("add", "登记发现的问题", _problem, problem)
    entered.add_argument("what", metavar="问题")
    entered.add_argument("--by", required=True, metavar="姓名", help="谁发现的")
    entered.add_argument("--date", type=day, metavar="日期", help="发现日期（默认今天）")
    entered.add_argument("--student", metavar="号码", help="涉及的学生")
    entered.add_argument("--due", type=day, metavar="日期", help="应在哪天前处理完")
    reported = commands.add("report", "登记报给了谁", _problem_report, problem)
    reported.add_argument("number", type=int, metavar="编号")
    reported.add_argument("--to", required=True, metavar="单位或人")
    settled = commands.add("settle", "登记怎样处理的", _problem_settle, problem)
    settled.add_argument("number", type=int, metavar="编号")
    settled.add_argument("--how", required=True, metavar="处理")
    for sub in (reported, settled):
        sub.add_argument("--date", type=day, metavar="日期", help="默认今天")
    listed = commands.add("list", "列出问题（默认没有处理完的）", _problems, problem)
    listed.add_argument("--all", action="store_true", help="处理完的也列")


def _declare_rewards(commands: Commands) -> None:
    reward = commands.group("reward", "奖励")
    add = commands.add("add", "登记一项奖励", _reward, reward)
    add.add_argument("student", metavar="号码")
    add.add_argument("name", metavar="奖励")
    add.add_argument("--date", type=day, required=True, metavar="日期")
    add.add_argument("--level", default="", metavar="级别", help="校级、市级、省级 等")
    add.add_argument("--by", default="", metavar="单位")
    add.add_argument("--document", default="", metavar="文号")
    add.add_argument("--reason", default="", metavar="事由")
    take_papers(add)
    void = commands.add("void", "作废录错的奖励", _reward_void, reward)
    void.add_argument("number", type=int, metavar="编号")
    void.add_argument("--reason", required=True, metavar="原因")
    commands.add("list", "列出奖励", _rewards, reward).add_argument("--student", metavar="号码")


def _declare_punishments(commands: Commands) -> None:
    group = commands.group("punishment", "处分：告知、决定、送达、挂号信、申诉、解除")
    add = commands.add("add", "登记处分决定", _punish, group)
    add.add_argument("student", metavar="号码")
    add.add_argument("kind", choices=[kind.value for kind in PunishmentKind], metavar="处分种类")
    add.add_argument("--facts", required=True, metavar="事实")
    add.add_argument("--date", type=day, required=True, metavar="日期", help="决定日期")
    add.add_argument("--basis", default="", metavar="依据")
    add.add_argument("--by", default="", metavar="会议或部门")
    add.add_argument("--document", default="", metavar="文号")
    add.add_argument("--told", type=day, metavar="日期", help="事先告知的日期")
    add.add_argument("--until", type=day, metavar="日期", help="期限（默认按规则的最长）")
    take_papers(add)

    def step(name: str, text: str, command: Callable[[argparse.Namespace], Answer]) -> Any:
        sub = commands.add(name, text, command, group)
        what = "挂号信编号" if name in {"receipt", "returned"} else "编号"
        sub.add_argument("number", type=int, metavar=what)
        sub.add_argument("--date", type=day, metavar="日期", help="默认今天")
        return sub

    tell = step("tell", "登记事先告知", _tell)
    tell.add_argument("--statement", metavar="陈述申辩")
    serve = step("serve", "登记送达", _serve)
    serve.add_argument(
        "--how", choices=[way.value for way in ServiceWay], default=ServiceWay.IN_PERSON.value,
        metavar="方式", help="、".join(ServiceWay),
    )  # fmt: skip
    post = step("post", "登记寄给家长的挂号信", _post)
    post.add_argument("--letter", required=True, metavar="挂号信号码")
    post.add_argument("--to", required=True, metavar="收信人")
    receipt = step("receipt", "登记挂号信回执", _receipt)
    for sub in (tell, receipt):
        take_papers(sub)
    step("returned", "登记挂号信退回", _returned).add_argument(
        "--reason", required=True, metavar="原因"
    )
    step("appeal", "登记申诉和结果", _appeal).add_argument("--result", metavar="结果")
    step("lift", "解除处分", _lift).add_argument("--document", required=True, metavar="文号")
    step("void", "作废", _punishment_void).add_argument("--reason", required=True, metavar="原因")
    listed = commands.add("list", "列出处分", _punishments, group)
    listed.add_argument("--student", metavar="号码")
    listed.add_argument("--incomplete", action="store_true", help="只列材料不全的")


# --- 奖励 ----------------------------------------------------------------------------------


def _reward(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        row = desk.conduct.reward(
            desk.actor,
            desk.students.identify(args.student),
            args.name,
            awarded_on=args.date,
            level=args.level,
            awarded_by=args.by,
            reason=args.reason,
            document_number=args.document,
            evidence=papers_given(args.evidence),
        )
    return Answer([_reward_line(row)], _reward_data(row))


def _reward_void(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        row = desk.conduct.void_reward(desk.actor, args.number, args.reason)
    return Answer([_reward_line(row)], _reward_data(row))


def _rewards(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        rows = desk.conduct.rewards(desk.actor, _student(desk, args))
    lines = [_reward_line(row) for row in rows] or ["没有奖励。"]
    return Answer(lines, {"rewards": [_reward_data(row) for row in rows]})


def _reward_line(row: RewardRow) -> str:
    voided = f"（作废：{row.voided}）" if row.voided else ""
    return f"奖励 {row.id}　{row.awarded_on} {row.student} {row.level}{row.name}{voided}"


def _reward_data(row: RewardRow) -> dict[str, Any]:
    data = asdict(row)
    del data["student_id"]
    return {"reward": data.pop("id"), **data}


# --- 处分 ----------------------------------------------------------------------------------


def _punish(args: argparse.Namespace) -> Answer:
    return _punishment(
        args,
        lambda desk: desk.conduct.punish(
            desk.actor,
            desk.students.identify(args.student),
            PunishmentKind(args.kind),
            facts=args.facts,
            decided_on=args.date,
            basis=args.basis,
            decided_by=args.by,
            document_number=args.document,
            told_on=args.told,
            until=args.until,
            evidence=papers_given(args.evidence),
        ),
    )


def _tell(args: argparse.Namespace) -> Answer:
    papers = papers_given(args.evidence)
    return _punishment(
        args,
        lambda desk: desk.conduct.tell(
            desk.actor, args.number, on=_on(args), statement=args.statement, evidence=papers
        ),
    )


def _serve(args: argparse.Namespace) -> Answer:
    how = ServiceWay(args.how)
    return _punishment(
        args, lambda desk: desk.conduct.serve(desk.actor, args.number, on=_on(args), how=how)
    )


def _post(args: argparse.Namespace) -> Answer:
    return _punishment(
        args,
        lambda desk: desk.conduct.post(
            desk.actor, args.number, args.letter, on=_on(args), addressee=args.to
        ),
    )


def _receipt(args: argparse.Namespace) -> Answer:
    papers = papers_given(args.evidence)
    return _punishment(
        args,
        lambda desk: desk.conduct.receipt(desk.actor, args.number, on=_on(args), evidence=papers),
    )


def _returned(args: argparse.Namespace) -> Answer:
    return _punishment(
        args,
        lambda desk: desk.conduct.returned(
            desk.actor, args.number, on=_on(args), reason=args.reason
        ),
    )


def _appeal(args: argparse.Namespace) -> Answer:
    return _punishment(
        args,
        lambda desk: desk.conduct.appeal(desk.actor, args.number, on=_on(args), result=args.result),
    )


def _lift(args: argparse.Namespace) -> Answer:
    return _punishment(
        args,
        lambda desk: desk.conduct.lift(
            desk.actor, args.number, on=_on(args), document=args.document
        ),
    )


def _punishment_void(args: argparse.Namespace) -> Answer:
    return _punishment(
        args, lambda desk: desk.conduct.void_punishment(desk.actor, args.number, args.reason)
    )


def _punishments(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        rows = desk.conduct.punishments(
            desk.actor, _student(desk, args), incomplete=args.incomplete
        )
    lines = [_punishment_line(row) for row in rows] or ["没有处分。"]
    return Answer(lines, {"punishments": [_punishment_data(row) for row in rows]})


def _punishment(args: argparse.Namespace, work: Callable[[Workstation], PunishmentRow]) -> Answer:
    with open_desk(args) as desk:
        row = work(desk)
    lines = [_punishment_line(row), *(f"缺　{lack}" for lack in row.lacks)]
    return Answer(lines, _punishment_data(row))


def _punishment_line(row: PunishmentRow) -> str:
    state = f"（作废：{row.voided}）" if row.voided else ""
    if row.lifted_on:
        state = f"（{row.lifted_on} 解除）"
    marks = "".join(f"【{mark}】" for mark in row.marks)
    until = f" 至 {row.until}" if row.until else ""
    return f"处分 {row.id}　{row.decided_on}{until} {row.student} {row.kind.value}{state}{marks}"


def _punishment_data(row: PunishmentRow) -> dict[str, Any]:
    data = asdict(row)
    del data["student_id"]
    return {
        "punishment": data.pop("id"),
        **data,
        "posted": row.posted,
        "complete": row.complete,
        "marks": list(row.marks),
    }


# --- 问题抽屉 ------------------------------------------------------------------------------


def _problem(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        row = desk.problems.enter(
            desk.actor,
            args.what,
            found_by=args.by,
            found_on=_on(args),
            student_id=_student(desk, args),
            due_on=args.due,
        )
    return Answer([_problem_line(row)], _problem_data(row))


def _problem_report(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        row = desk.problems.report(desk.actor, args.number, on=_on(args), to=args.to)
    return Answer([_problem_line(row)], _problem_data(row))


def _problem_settle(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        row = desk.problems.settle(desk.actor, args.number, on=_on(args), how=args.how)
    return Answer([_problem_line(row)], _problem_data(row))


def _problems(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        rows = desk.problems.rows(desk.actor, everything=args.all)
    lines = [_problem_line(row) for row in rows] or ["问题抽屉是空的。"]
    return Answer(lines, {"problems": [_problem_data(row) for row in rows]})


def _problem_line(row: ProblemRow) -> str:
    state = f"{row.settled_on} {row.settled_how}" if row.settled_on else "没有处理完"
    late = "（逾期）" if row.overdue(today()) else ""
    return f"问题 {row.id}　{row.found_on} {row.found_by}发现：{row.what}　{state}{late}"


def _problem_data(row: ProblemRow) -> dict[str, Any]:
    data = asdict(row)
    del data["student_id"]
    return {"problem": data.pop("id"), **data, "open": row.open, "overdue": row.overdue(today())}


def _on(args: argparse.Namespace) -> Any:
    return args.date or today()


def _student(desk: Workstation, args: argparse.Namespace) -> int | None:
    return desk.students.identify(args.student) if args.student else None
