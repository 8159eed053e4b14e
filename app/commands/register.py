"""Majors, classes, numbers, and finding students."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from app.commands.terminal import (
    Answer,
    Commands,
    day,
    drive,
    moment_of,
    open_desk,
)
from app.models.vocabulary import Role
from app.services.register.organisation import change_major, class_rows, major_rows
from app.services.register.placement import Order, Placed
from app.services.register.students import Scope, StudentRecord
from app.services.vault import audit


def declare(commands: Commands) -> None:
    """Declare what orders and shows the register."""
    majors = commands.group("majors", "专业")
    commands.add("list", "列出专业", _majors_list, majors)
    set_major = commands.add("set", "设置专业简称或代码", _majors_set, majors)
    set_major.add_argument("name", metavar="专业")
    set_major.add_argument("--short", metavar="简称")
    set_major.add_argument("--code", metavar="代码")
    set_major.add_argument("--department", metavar="系部")

    classes = commands.group("classes", "班级")
    commands.add("list", "列出班级", _classes_list, classes).add_argument("--cohort", type=int)
    split = commands.add("split", "把未分班的学生平均分班", _classes_split, classes)
    split.add_argument("--cohort", type=int, required=True, metavar="年级")
    many = split.add_mutually_exclusive_group()
    many.add_argument("--count", type=_positive, metavar="n", help="每个专业分几个班")
    many.add_argument(
        "--size", type=_positive, default=40, metavar="n", help="每班最多几人（默认 40）"
    )
    split.add_argument("--major", metavar="专业", help="只分这个专业")
    from_file = commands.add("from", "按一张表的班级栏分班", _classes_from, classes)
    from_file.add_argument("file", type=Path, metavar="文件")
    from_file.add_argument("--cohort", type=int, required=True, metavar="年级")
    for sub in (split, from_file):
        sub.add_argument("--date", type=day, metavar="日期", help="生效日期（默认入学日）")

    numbers = commands.group("numbers", "学号")
    assign = commands.add("assign", "按 专业 → 班级 → 次序 编学号", _numbers_assign, numbers)
    assign.add_argument("--cohort", type=int, required=True, metavar="年级")
    assign.add_argument("--pattern", metavar="编排", help="学号编排（默认用设置）")
    for sub in (split, assign):
        sub.add_argument(
            "--order",
            choices=("pinyin", "score", "exam"),
            default="pinyin",
            help="拼音、成绩或考生号次序",
        )

    students = commands.add("students", "查找学生，或看某人某日的情况", _students)
    students.add_argument("query", nargs="?", metavar="查找内容或号码")
    students.add_argument("--as-of", type=day, metavar="日期", help="截至这一天")
    students.add_argument("--known-on", type=day, metavar="日期", help="按这一天所知")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"应是从 1 起的整数：{text}")
    return int(text)


def _majors_list(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk, desk.database.read() as session:
        rows = [asdict(row) for row in major_rows(session)]
    lines = [
        f"{row['serial']:02d} {row['name']} {row['code']} 简称“{row['short_name']}” "
        f"{row['department'] or '未设系部'}"
        for row in rows
    ]
    return Answer(lines or ["还没有专业。"], {"majors": rows})


def _majors_set(args: argparse.Namespace) -> Answer:
    given = {"short_name": args.short, "code": args.code, "department": args.department}
    values = {name: value for name, value in given.items() if value is not None}
    with open_desk(args) as desk:
        desk.actor.require(Role.RECORD)
        with desk.database.write(desk.actor, "修改专业") as session:
            change_major(session, args.name, values)
    return Answer([f"专业“{args.name}”已修改。"], {"major": args.name, **values})


def _classes_list(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk, desk.database.read() as session:
        rows = [asdict(row) for row in class_rows(session, cohort=args.cohort)]
    lines = [f"{row['cohort']}级 {row['name']}（{row['major']}）" for row in rows]
    return Answer(lines or ["还没有班级。"], {"classes": rows})


_ORDERS: Final = {"pinyin": Order.PINYIN, "score": Order.SCORE, "exam": Order.EXAM}


def _classes_split(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
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
    with open_desk(args) as desk:
        plan = drive(desk.intake.plan(args.file))
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
    with open_desk(args) as desk:
        numbers = desk.placement.number(
            desk.actor, args.cohort, order=_ORDERS[args.order], pattern=args.pattern
        )
    given = sorted(numbers.values())
    return Answer(
        [f"编学号 {len(given)} 人：{given[0]} 至 {given[-1]}。"],
        {"assigned": len(given), "first": given[0], "last": given[-1]},
    )


def _students(args: argparse.Namespace) -> Answer:
    moment = moment_of(args)
    with open_desk(args) as desk:
        found = desk.students.find(args.query, moment.known_on) if args.query else None
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
