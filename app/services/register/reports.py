"""统计报表: head-count, 异动汇总 and 异动统计 as tables, and as files for the offices."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import xlsxwriter

from app.models.vocabulary import Arrival, CheckMark, CountBase, Grouping, Kind, Sex, Status
from app.services.archive.tables import CellValue, DataColumn, DataTable, csv_bytes
from app.services.clock import today
from app.services.errors import ReportTypeUnknown
from app.services.exports import exported
from app.services.forms.fields import BRIDGE, CHANGES, HEADCOUNT, STATISTICS
from app.services.register.bridge import Bridge
from app.services.register.changes import notes_on
from app.services.register.checksheets import CheckedRow, SheetRow, amiss, by_class
from app.services.register.headcount import (
    ChangeLine,
    Headcount,
    HeadcountRow,
    Summary,
    change_lines,
    headcounts,
)
from app.services.register.ledger import Moment
from app.services.register.sealing import SealCheck
from app.services.register.students import Scope, StudentRow, student_rows
from app.services.settings import load_settings
from app.services.vault import audit
from app.services.vault.audit import Actor
from app.services.vault.database import Database

_A4: Final = 9
_BOM: Final = b"\xef\xbb\xbf"  # without it Excel takes a .csv for GBK
_FONT: Final = "宋体"
_NARROWEST, _WIDEST = 6, 40
_LINE, _ROW = 15, 20  # points
#: By what the 学籍人数审核表 is summed at its foot.
_SUMS: Final = (Grouping.DEPARTMENT, Grouping.COHORT, Grouping.MAJOR)
_SIGNATURES: Final = ("学籍管理员", "系部负责人（章）", "分管校长", "日期")


@dataclass(frozen=True, slots=True)
class Report:
    """A report to be shown or saved: its title, what it covers, its tables (the first leads).

    `signatures` are who signs the paper, under the first table. `behind` has, for each cell of
    that table, the students whom it counts or names.
    """

    title: str
    covers: str
    tables: tuple[DataTable, ...]
    signatures: tuple[str, ...] = ()
    behind: tuple[tuple[tuple[int, ...], ...], ...] = ()


class Reports:
    """Reports over one register."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def headcount(
        self,
        actor: Actor,
        begin: date,
        end: date,
        base: CountBase,
        known_on: datetime | None = None,
    ) -> tuple[Headcount, Mapping[int, StudentRow], Mapping[Grouping, Headcount]]:
        """The count, everybody who came or went (by id), and the sums for the foot of the table."""
        actor.require_sight()
        with self._database.read() as session:
            sums = headcounts(
                session, begin, end, (Grouping.CLASS, *_SUMS), base=base, known_on=known_on
            )
            count = sums.pop(Grouping.CLASS)
            ids = sorted({move.student_id for move in count.movements})
            rows = student_rows(session, Moment(end, known_on), Scope(ids=ids))
        return count, {row.id: row for row in rows}, sums

    def changes(
        self, actor: Actor, begin: date, end: date, known_on: datetime | None = None
    ) -> list[ChangeLine]:
        """异动汇总 of a period."""
        actor.require_sight()
        with self._database.read() as session:
            return change_lines(session, begin, end, known_on=known_on)

    def save(self, actor: Actor, report: Report, target: Path) -> None:
        """Write the report; the ending of `target` chooses .xlsx (all tables) or .csv (the first).

        What left the program is in the audit log.
        """
        actor.require_sight()
        kind = target.suffix.lower()
        if kind not in {".xlsx", ".csv"}:
            raise ReportTypeUnknown(file=target.name)
        with self._database.read() as session:
            school = load_settings(session).school
        content = (
            _workbook(report, school) if kind == ".xlsx" else _BOM + csv_bytes(report.tables[0])
        )
        detail = {"file": target.name, "covers": report.covers}
        with exported(self._database, actor, "导出报表", report.title, target, content) as session:
            audit.event(session, "导出报表", report.title, detail)


# --- tables -------------------------------------------------------------------------------


def headcount_report(
    count: Headcount,
    people: Mapping[int, StudentRow],
    sums: Mapping[Grouping, Headcount] | None = None,
) -> Report:
    """学籍人数审核表 with its sums, and beside it the names behind every movement."""
    base = count.base.value
    counts = [count, *(sums or {}).values()]
    rows = [row for one in counts for row in (*one.rows, one.total)]
    came = [kind for kind in Kind if any(kind in row.entered for row in rows)]
    went = [kind for kind in Kind if any(kind in row.left for row in rows)]
    statuses = [status for status in Status if count.base.counts(status)]
    registered = any(row.arrivals for row in rows)
    compared = any(row.platform is not None for row in rows)
    columns = [
        "年级", "系部", "专业", "班级", f"期初{base}",
        *(f"增：{kind.value}" for kind in came), "增加合计",
        *(f"减：{kind.value}" for kind in went), "减少合计",
        f"期末{base}", *(f"其中{status.value}" for status in statuses), "男", "女",
        *(["实到", "请假", "缓注册", "未到"] if registered else []),
        *(["平台人数", "差额"] if compared else []), "核对",
    ]  # fmt: skip

    def numbers(row: HeadcountRow) -> tuple[tuple[int, ...], ...]:
        """Whom each number of a row counts, in the order of the columns."""
        arrived = (
            *(row.arrivals.get(one, ())
              for one in (Arrival.ARRIVED, Arrival.ON_LEAVE, Arrival.POSTPONED)),
            (*row.arrivals.get(Arrival.ABSENT, ()), *row.arrivals.get(None, ())),
        )  # fmt: skip
        return (
            row.opening,
            *(row.entered.get(kind, ()) for kind in came),
            _joined(row.entered.values()),
            *(row.left.get(kind, ()) for kind in went),
            _joined(row.left.values()),
            row.closing,
            *(row.statuses.get(status, ()) for status in statuses),
            *(row.sexes.get(sex, ()) for sex in Sex),
            *(arrived if registered else ()),
        )

    def line(row: HeadcountRow) -> tuple[CellValue, ...]:
        return (
            f"{row.cohort}级" if row.cohort else "",
            row.department,
            row.major,
            row.class_group,
            *map(len, numbers(row)),
            *((row.platform, row.platform_difference) if compared else ()),
            "平" if row.balanced else "不平",
        )

    def behind(row: HeadcountRow) -> tuple[tuple[int, ...], ...]:
        nobody: tuple[int, ...] = ()
        compared_with = (nobody,) * 2 if compared else ()
        return (*(nobody,) * 4, *numbers(row), *compared_with, tuple(row.difference))

    lines = [*map(line, count.rows), line(count.total)]
    people_behind = [behind(row) for row in (*count.rows, count.total)]
    for grouping, one in (sums or {}).items():
        lines += [
            (*("",) * 3, f"{grouping.value}小计：{row.class_group}", *line(row)[4:])
            for row in one.rows
        ]
        people_behind += [behind(row) for row in one.rows]
    covers = f"口径：{base}　期初：{count.begin} 之前　期末：{count.end}"
    if count.known_on is not None:
        covers += f"　按 {_minute(count.known_on)} 所知"
    tables = (_table(HEADCOUNT, columns, lines), _movement_table(count, people))
    return Report(HEADCOUNT, covers, tables, _SIGNATURES, tuple(people_behind))


def _joined(lists: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(one for ids in lists for one in ids)


def bridge_report(bridge: Bridge) -> Report:
    """人数两日对照表: why two counts differ, and who is behind every number."""
    first, second = _moment_name(bridge.first), _moment_name(bridge.second)
    rows: list[tuple[CellValue, ...]] = [(first, None, None, len(bridge.opening))]
    behind: list[tuple[tuple[int, ...], ...]] = [((), (), (), bridge.opening)]
    total = len(bridge.opening)
    for line in bridge.lines:
        total += len(line.entered) - len(line.left)
        rows.append((line.label, len(line.entered), len(line.left), total))
        came, went = (tuple(one.id for one in side) for side in (line.entered, line.left))
        behind.append(((), came, went, ()))
    rows.append((second, None, None, len(bridge.closing)))
    behind.append(((), (), (), bridge.closing))
    names = [
        (line.label, "增" if came else "减", person.number, person.name)
        for line in bridge.lines
        for came, people in ((True, line.entered), (False, line.left))
        for person in people
    ]
    tables = (
        _table(BRIDGE, ["事项", "增", "减", "人数"], rows),
        _table("对照名单", ["事项", "增减", "学号", "姓名"], names),
    )
    covers = f"口径：{bridge.base.value}　{first} → {second}"
    return Report(BRIDGE, covers, tables, behind=tuple(behind))


def seal_report(check: SealCheck) -> Report:
    """封存后的变动: every number that would be another one today, and whom it is about."""
    seal = check.seal
    rows = [(one.class_group, one.what, len(one.sealed), len(one.now)) for one in check.differences]
    behind = tuple(((), (), one.sealed, one.now) for one in check.differences)
    title = "封存后的变动"
    covers = f"封存 {seal.id}　口径：{seal.base.value}　{seal.begin} 至 {seal.end}"
    tables = (_table(title, ["班级", "项目", "封存时", "现在"], rows),)
    return Report(title, covers, tables, behind=behind)


def check_report(title: str, sheets: Sequence[SheetRow]) -> Report:
    """核查汇总表: class by class how many pages came back and what they say of whom."""
    rows: list[tuple[CellValue, ...]] = []
    behind = []
    for pages in (*by_class(sheets), sheets):
        whole = pages is sheets
        lines = [line for sheet in pages for line in sheet.lines]
        who = [_marked(lines, mark) for mark in (*CheckMark, None)]
        rows.append(
            (
                "" if whole else pages[0].department,
                "合计" if whole else pages[0].class_group,
                len(pages),
                sum(sheet.returned_on is not None for sheet in pages),
                len(lines),
                *map(len, who),
            )
        )
        behind.append(((), (), (), (), tuple(line.student.id for line in lines), *who))
    names = [
        (mark, sheet.class_group, line.student.number, line.student.name, line.note, sheet.code)
        for mark, line, sheet in amiss(sheets)
    ]
    columns = ["系部", "班级", "页数", "已收回", "人数", *CheckMark, "没有收回"]
    tables = (
        _table("核查汇总表", columns, rows),
        _table("没有正常签字的", ["情况", "班级", "学号", "姓名", "说明", "页码"], names),
    )
    returned = sum(sheet.returned_on is not None for sheet in sheets)
    covers = f"{title}　共 {len(sheets)} 页，收回 {returned} 页"
    return Report("核查汇总表", covers, tables, behind=tuple(behind))


def _marked(lines: Iterable[CheckedRow], mark: CheckMark | None) -> tuple[int, ...]:
    return tuple(line.student.id for line in lines if line.mark is mark)


def _moment_name(moment: Moment) -> str:
    if moment.known_on is None:
        return f"{moment.as_of}（按现在所知）"
    return f"{moment.as_of}（按 {_minute(moment.known_on)} 所知）"


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _movement_table(count: Headcount, people: Mapping[int, StudentRow]) -> DataTable:
    names = {row.class_id: row.class_group for row in count.rows}
    rows = []
    for move in count.movements:
        person = people[move.student_id]
        rows.append(
            (move.day, "增" if move.entered else "减", names[move.class_id], move.kind.value,
             person.number, person.name, person.sex)
        )  # fmt: skip
    return _table("增减名单", ["日期", "增减", "班级", "类别", "学号", "姓名", "性别"], rows)


def changes_report(lines: Sequence[ChangeLine], begin: date, end: date) -> Report:
    """学籍异动汇总表."""
    columns = [
        "序号", "学号", "姓名", "性别", "专业", "班级", "异动类型", "异动日期", "截止日期",
        "变更前", "变更后", "原因", "材料份数", "备注",
    ]  # fmt: skip
    rows = [
        (
            index, line.number, line.name, line.sex, line.from_major or line.to_major,
            line.from_class or line.to_class, line.kind.value, line.day, line.until,
            *line.sides, line.reason, line.evidence,
            "，".join(notes_on(line.kind, reviewed=line.reviewed)),
        )
        for index, line in enumerate(lines, start=1)
    ]  # fmt: skip
    covers = f"{begin} 至 {end}　共 {len(lines)} 人次"
    behind = tuple(((line.student_id,),) * len(columns) for line in lines)
    return Report(CHANGES, covers, (_table(CHANGES, columns, rows),), _SIGNATURES, behind)


def summary_report(summary: Summary, begin: date, end: date) -> Report:
    """学籍异动统计表."""
    departments = summary.departments
    rows: list[tuple[CellValue, ...]] = [
        (kind.value, *(counts.get(name, 0) for name in departments), sum(counts.values()))
        for kind, counts in summary.counts.items()
    ]
    sums = [sum(c.get(name, 0) for c in summary.counts.values()) for name in departments]
    columns = ["异动类型", *(name or "未定系部" for name in departments), "合计"]
    table = _table(STATISTICS, columns, [*rows, ("合计", *sums, summary.total)])
    who = summary.ids
    behind = [
        ((), *(who[kind].get(name, ()) for name in departments), _joined(who[kind].values()))
        for kind in who
    ]
    each = [_joined(row.get(name, ()) for row in who.values()) for name in departments]
    behind.append(((), *each, _joined(each)))
    return Report(STATISTICS, f"{begin} 至 {end}", (table,), _SIGNATURES, tuple(behind))


def _table(title: str, columns: Sequence[str], rows: Sequence[tuple[CellValue, ...]]) -> DataTable:
    return DataTable(title, title, tuple(DataColumn(name, name) for name in columns), tuple(rows))


# --- the workbook ---------------------------------------------------------------------------


def _workbook(report: Report, school: str) -> bytes:
    """A4 landscape, title and header on every page; numbers count, all else is text."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})  # spooling would leave names on disk
    middle = {"font_name": _FONT, "valign": "vcenter"}
    title = book.add_format({**middle, "bold": True, "font_size": 16, "align": "center"})
    plain = book.add_format(middle)
    boxed = {**middle, "border": 1, "text_wrap": True}
    head = book.add_format({**boxed, "bold": True, "align": "center"})
    words, number = book.add_format(boxed), book.add_format({**boxed, "align": "center"})
    for table in report.tables:
        sheet = book.add_worksheet(table.title)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.set_margins(left=0.8, right=0.5, top=0.6, bottom=0.7)
        sheet.center_horizontally()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0, 2)
        sheet.freeze_panes(3, 0)
        sheet.set_footer("&C第 &P 页　共 &N 页")
        sheet.set_default_row(_ROW)
        sheet.set_row(0, 30)
        sheet.set_row(2, 34)
        sheet.merge_range(0, 0, 0, len(table.columns) - 1, table.title, title)
        sheet.write_string(1, 0, f"{school}　{report.covers}　制表日期：{today()}", plain)
        widths = [_width(table, at) for at in range(len(table.columns))]
        for at, column in enumerate(table.columns):
            sheet.set_column(at, at, widths[at])
            sheet.write_string(2, at, column.title, head)
        for line, row in enumerate(table.rows, start=3):
            lines = max(
                -(-_digits(str(value or "")) // max(width - 1, 1))
                for value, width in zip(row, widths, strict=True)
            )
            if lines > 1:
                sheet.set_row(line, _LINE * lines + _ROW - _LINE)
            for at, value in enumerate(row):
                if isinstance(value, int):
                    sheet.write_number(line, at, value, number)
                elif value is None or value == "":
                    sheet.write_blank(line, at, None, words)
                else:
                    sheet.write_string(line, at, str(value), words)
        if table is report.tables[0] and report.signatures:
            signing = "　　　　　　　　".join(f"{name}：" for name in report.signatures)
            sheet.write_string(len(table.rows) + 4, 0, signing, plain)
    book.close()
    return out.getvalue()


def _width(table: DataTable, at: int) -> int:
    """Column width in digits, a Chinese character being two; the header may wrap once."""
    title = table.columns[at].title
    texts = [title[: (len(title) + 1) // 2], *(str(row[at] or "") for row in table.rows)]
    return max(_NARROWEST, min(_WIDEST, 2 + max(map(_digits, texts))))


def _digits(text: str) -> int:
    return sum(1 + (char > "\u2e7f") for char in text)
