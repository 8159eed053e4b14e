"""学籍异动, corrections, and the reports on them."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from app.commands.terminal import (
    Answer,
    Commands,
    day,
    known_by,
    open_desk,
    pairs,
)
from app.models.rules.transitions import CHANGE_KINDS, kind_named
from app.models.vocabulary import CountBase, Kind, Signatory
from app.services.archive.tables import DataTable
from app.services.errors import (
    NotAPair,
    UnknownKind,
    UnknownSignatory,
)
from app.services.register.changes import ChangeRow
from app.services.register.headcount import HeadcountRow, summary
from app.services.register.reports import (
    Report,
    changes_report,
    headcount_report,
    summary_report,
)
from app.services.workstation import Workstation


def declare(commands: Commands) -> None:
    """Declare what happens to a standing, and its counts."""
    change = commands.add("change", "办理一项学籍异动", _change)
    change.add_argument("student", metavar="号码")
    change.add_argument("kind", metavar="异动类型", help="休学、复学、退学、转专业 等")
    change.add_argument("--date", type=day, required=True, metavar="日期", help="生效日期")
    change.add_argument("--until", type=day, metavar="日期", help="截止日期（默认按规则）")
    change.add_argument("--signed", default="", metavar="student,guardian", help="已签字的人")
    change.add_argument("--class", dest="to_class", metavar="班级", help="转入的班级")
    change.add_argument("--major", dest="to_major", metavar="专业", help="转入的专业")
    change.add_argument("--reason", default="", metavar="原因")

    correct = commands.add("correct", "更正一名学生的信息、班级或专业", _correct)
    correct.add_argument("student", metavar="号码")
    correct.add_argument("values", nargs="+", metavar="栏目=值")
    correct.add_argument("--basis", required=True, metavar="依据")
    correct.add_argument("--date", type=day, metavar="日期", help="从哪天起（默认今天）")
    correct.add_argument("--signed", default="", metavar="student,guardian", help="已签字的人")
    correct.add_argument(
        "--decision", default="", metavar="批复", help="姓名和身份证号同时变更时，批复的文号"
    )
    for sub in (change, correct):
        take_papers(sub)

    reverse = commands.add("reverse", "冲正台账中的一条记录", _reverse)
    reverse.add_argument("student", metavar="号码")
    reverse.add_argument("entry", type=int, metavar="编号", help="用 ledger 查看")
    chosen = reverse.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--reason", metavar="原因")
    chosen.add_argument("--show", action="store_true", help="只看有什么以它为前提")
    entries = commands.add("ledger", "列出一名学生的学籍台账", _ledger)
    entries.add_argument("student", metavar="号码")

    report = commands.add("report", "学籍人数、异动汇总、异动统计", _report)
    report.add_argument("what", choices=tuple(_REPORTS), metavar="|".join(_REPORTS))
    report.add_argument("--from", dest="begin", type=day, required=True, metavar="日期")
    report.add_argument("--to", dest="end", type=day, required=True, metavar="日期")
    report.add_argument("--known-on", type=day, metavar="日期", help="按这一天所知")
    report.add_argument(
        "--base", choices=[base.value for base in CountBase], default=CountBase.ON_REGISTER,
        metavar="在籍|在校", help="人数口径（默认在籍：含休学、保留学籍）",
    )  # fmt: skip
    report.add_argument("-o", "--output", type=Path, metavar="文件.xlsx|.csv")


def take_papers(sub: Any) -> None:
    """The option of every command that files papers."""
    sub.add_argument(
        "--evidence",
        action="append",
        default=[],
        metavar="文件=材料",
        help="证明材料，例如 扫描件.pdf=诊断证明；只存纸质原件的写 =诊断证明",
    )


def kind_given(text: str) -> Kind:
    """The kind that a command names."""
    kind = kind_named(text)
    if kind is None:
        known = "、".join(kind.value for kind in CHANGE_KINDS)
        raise UnknownKind(kind=text, known=known)
    return kind


def _change(args: argparse.Namespace) -> Answer:
    kind = kind_given(args.kind)
    with open_desk(args) as desk:
        row = desk.changes.change(
            desk.actor,
            desk.students.identify(args.student),
            kind,
            args.date,
            until=args.until,
            evidence=papers_given(args.evidence),
            signed=signatories(args.signed),
            to_class=args.to_class,
            to_major=args.to_major,
            reason=args.reason,
        )
    return Answer([f"{row.name} {_entry_line(row)}", *row.notes], _entry_data(row))


def papers_given(texts: Sequence[str]) -> list[tuple[Path | None, str]]:
    """Files and what each is, as `--evidence` names them."""
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


def signatories(text: str) -> frozenset[Signatory]:
    """Who signed, as `--signed` names them."""
    words = [word.strip() for word in text.replace("，", ",").split(",") if word.strip()]
    for word in words:
        if word not in _SIGNATORIES:
            raise UnknownSignatory(word=word)
    return frozenset(_SIGNATORIES[word] for word in words)


def _correct(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        row = desk.corrections.correct(
            desk.actor,
            desk.students.identify(args.student),
            pairs(args.values),
            basis=args.basis,
            on=args.date,
            evidence=papers_given(args.evidence),
            signed=signatories(args.signed),
            decision=args.decision,
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
            "application": row.application_id,
            "notes": list(row.notes),
        },
    )


def _reverse(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        student_id = desk.students.identify(args.student)
        if args.show:
            found = desk.changes.dependents(desk.actor, student_id, args.entry)
            lines = found.lines or ["没有什么以它为前提，可以冲正。"]
            return Answer(lines, asdict(found))
        row = desk.changes.reverse(desk.actor, student_id, args.entry, reason=args.reason)
    return Answer(
        [f"已冲正 {row.name} 编号 {args.entry} 的记录（冲正的编号 {row.entry.id}）。"],
        _entry_data(row),
    )


def _ledger(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        rows = desk.changes.entries(desk.actor, desk.students.identify(args.student))
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
    remarks = (entry.reason, "已冲正" * entry.reversed, *row.notes)
    about = "".join(f"（{words}）" for words in remarks if words)
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
    with open_desk(args) as desk:
        report, data, code = _REPORTS[args.what](desk, args)
        if args.output:
            desk.reports.save(desk.actor, report, args.output)
    lines = [f"{report.title}　{report.covers}", *_table_lines(report.tables[0])]
    if args.output:
        lines.append(f"已存为 {args.output}")
    return Answer(lines, {**data, "file": args.output and str(args.output)}, code)


_Reported = tuple[Report, dict[str, Any], int]


def _report_headcount(desk: Workstation, args: argparse.Namespace) -> _Reported:
    count, people, sums = desk.reports.headcount(
        desk.actor, args.begin, args.end, CountBase(args.base), known_by(args)
    )
    names = {row.class_id: row.class_group for row in count.rows}
    data = {
        "from": count.begin,
        "to": count.end,
        "base": count.base,
        "rows": [_headcount_data(count.base, row) for row in count.rows],
        "total": _headcount_data(count.base, count.total),
        "sums": {
            grouping.value: [_headcount_data(count.base, row) for row in one.rows]
            for grouping, one in sums.items()
        },
        "differing": [row.class_group for row in count.differing],
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
    return headcount_report(count, people, sums), data, int(not count.balanced)


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
        "sexes": {sex.value if sex else "": len(ids) for sex, ids in row.sexes.items()},
        "arrivals": {one.value if one else "": len(ids) for one, ids in row.arrivals.items()},
        "platform": row.platform,
        "difference": row.platform_difference,
        "balanced": row.balanced,
    }


def _report_changes(desk: Workstation, args: argparse.Namespace) -> _Reported:
    lines = desk.reports.changes(desk.actor, args.begin, args.end, known_by(args))
    rows = []
    for line in lines:
        row = asdict(line)
        del row["student_id"]
        rows.append({**row, "date": row.pop("day")})
    data = {"from": args.begin, "to": args.end, "rows": rows}
    return changes_report(lines, args.begin, args.end), data, 0


def _report_summary(desk: Workstation, args: argparse.Namespace) -> _Reported:
    counted = summary(desk.reports.changes(desk.actor, args.begin, args.end, known_by(args)))
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
