"""Whom and what a paper names: from the register to the values of each of its documents.

One function a PaperKind; a paper says by its form which of the values it prints.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any, Final, TypeAlias

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.operator import Operator
from app.models.papers import Disc, PrintedSheet
from app.models.rules.terms import academic_year
from app.models.vocabulary import Arrival, CountBase, Grouping, Kind, Sex, Status
from app.services.clock import end_of
from app.services.errors import NobodyOnPaper, PaperElsewhere, PaperScopeRefused
from app.services.forms.applications import (
    consent_words,
    day_words,
    kind_of,
    paper_lines,
    step_lines,
)
from app.services.forms.papers import (
    Occasion,
    Paper,
    PaperKind,
    card_values,
    roster_values,
    school_values,
)
from app.services.forms.values import Values
from app.services.register.bridge import bridge
from app.services.register.conduct import (
    PunishmentRow,
    RewardRow,
    punishment_rows,
    reward_rows,
    with_conduct,
)
from app.services.register.headcount import (
    ChangeLine,
    Headcount,
    HeadcountRow,
    change_lines,
    headcounts,
    summary,
)
from app.services.register.leaves import leave_rows
from app.services.register.ledger import Moment
from app.services.register.organisation import ClassGroupRow, class_rows, find_class
from app.services.register.rulebook import Book
from app.services.register.students import Scope, StudentRecord, student_records, student_rows
from app.services.settings import Settings, load_settings

#: What a document says, and whose it is.
Filled: TypeAlias = tuple[Values, int | None]

#: Rows that a list has at the least: what is not known yet is written by hand.
_ROWS: Final = 16
_MEGABYTE: Final = 1 << 20


_OF_CONDUCT: Final = frozenset({PaperKind.PUNISHMENT, PaperKind.REWARD, PaperKind.CONDUCT})


@dataclass(frozen=True, slots=True)
class Asked:
    """Which paper for whom and when; `picture` gives a photograph by its SHA-256.

    A paper of a period goes from `begin` on; a head-count is of `base`. With `says_known` it
    says, too, as of when the register is told. The first of two counts may be told as it was
    known at the end of the day `known_begin`.
    """

    session: Session
    paper: Paper
    moment: Moment
    scope: Scope
    begin: date | None
    picture: Callable[[str], bytes]
    base: CountBase = CountBase.ON_REGISTER
    says_known: bool = False
    known_begin: date | None = None

    @property
    def period(self) -> tuple[date, date]:
        """From the day asked for, else the beginning of the 学年, to the day of the paper."""
        end = self.moment.as_of
        return self.begin or date(academic_year(end), 8, 1), end

    @property
    def known(self) -> str:
        """As of when the register is told, where that is not now."""
        known_on = self.moment.known_on
        if known_on is None or not self.says_known:
            return ""
        return f"，按 {known_on.astimezone():%Y-%m-%d %H:%M} 所知"

    @property
    def first(self) -> Moment:
        """The first of two counts; without a day of its own it is told as the paper is made."""
        made = None if self.says_known else self.moment.known_on
        return Moment(self.period[0], end_of(self.known_begin) if self.known_begin else made)

    @property
    def record(self) -> str:
        """What the record of the sheet says of the period; see sheets.period_of."""
        if not self.paper.kind.of_period:
            return ""
        base = f"口径：{self.base.value}，" if self.paper.kind.counts else ""
        known = f"，其时按 {self.known_begin} 所知" if self.known_begin else ""
        return f"（{base}自 {self.period[0]}{known}）"


def fill(asked: Asked) -> tuple[Occasion, list[Filled]]:
    """The documents of a paper; raises NobodyOnPaper, PaperScopeRefused, PaperElsewhere."""
    paper = asked.paper
    _demand_scope(paper, asked.scope)
    settings = load_settings(asked.session)
    if not paper.kind.of_people:
        group = _class_of(asked)
        covers = f"{_class_words(group) if group else '全校'}{asked.known}"
        cohort = group.cohort if group else asked.scope.cohort
        occasion = Occasion(settings, asked.moment.as_of, covers, cohort)
        made = list(_OF_SCHOOL[paper.kind](asked, occasion))
        if not made:
            raise NobodyOnPaper(form=paper.name)
        return occasion, made
    records = [
        record
        for record in student_records(asked.session, asked.moment, _narrowed(asked))
        if record.row.status in paper.statuses
    ]
    if not records and paper.kind is not PaperKind.CONDUCT:  # that has lines to write on
        raise NobodyOnPaper(form=paper.name)
    cohorts = {record.row.cohort for record in records}
    occasion = Occasion(
        settings=settings,
        as_of=asked.moment.as_of,
        scope=_scope_words(asked.scope, paper, records),
        cohort=cohorts.pop() if len(cohorts) == 1 else None,
    )
    filled = fill_with(asked, occasion, records)
    if not filled:
        raise NobodyOnPaper(form=paper.name)
    return occasion, filled


def fill_with(asked: Asked, occasion: Occasion, records: Sequence[StudentRecord]) -> list[Filled]:
    """The documents of a paper of people: of these, whomever the scope names."""
    return list(_OF_PEOPLE[asked.paper.kind](asked, occasion, records))


def _demand_scope(paper: Paper, scope: Scope) -> None:
    if paper.kind is PaperKind.ELSEWHERE:
        raise PaperElsewhere(form=paper.name, command=paper.command)
    kind = paper.kind
    of_class = scope.class_id is not None or scope.class_group
    if (
        (of_class and not kind.of_class)
        or (scope.ids is not None and not kind.of_people)
        or (scope.cohort is not None and not kind.of_cohort)
    ):
        raise PaperScopeRefused(form=paper.name, kind=kind.value)


def _class_of(asked: Asked) -> ClassGroupRow | None:
    """The class that a paper of the school is narrowed to."""
    if asked.scope.class_group:
        return find_class(asked.session, asked.scope.class_group)
    if asked.scope.class_id is None:
        return None
    return next(iter(class_rows(asked.session, ids=[asked.scope.class_id])), None)


def _class_words(group: ClassGroupRow) -> str:
    return f"{group.department} {group.major} {group.name}".strip()


def _narrowed(asked: Asked) -> Scope:
    """Of a whole class or school, only those who have anything that the paper tells."""
    if asked.paper.kind not in _OF_CONDUCT or asked.scope.ids is not None:
        return asked.scope
    return replace(asked.scope, ids=with_conduct(asked.session))


def _scope_words(scope: Scope, paper: Paper, records: Sequence[StudentRecord]) -> str:
    """Whom a paper covers, and for a roster on what base: no count without its 口径."""
    words = f"{scope.cohort}级" if scope.cohort else "全校"
    if not records:
        return scope.class_group or words
    row = records[0].row
    if scope.class_id is not None or scope.class_group:
        words = f"{row.department} {row.major} {row.class_group}".strip()
    elif scope.ids is not None:
        words = row.name if len(records) == 1 else f"{row.name}等 {len(records)} 人"
    return f"{words}（口径：{paper.base}）" if paper.base else words


# --- students and classes -----------------------------------------------------------------


def _cards(asked: Asked, occasion: Occasion, records: Sequence[StudentRecord]) -> Iterator[Filled]:
    for record in records:
        yield card_values(record, occasion, asked.picture), record.row.id


def _applications(
    asked: Asked, occasion: Occasion, records: Sequence[StudentRecord]
) -> Iterator[Filled]:
    """An application before there is a case: the student, and what the rule of the day asks."""
    kind = kind_of(asked.paper.name)
    rule = None if kind is None else Book(asked.session).rule(kind, asked.moment.as_of)
    blank: dict[str, Any] = {
        "异动类型": asked.paper.name.partition("申请表")[0] if kind else None,
        "依据": rule.source if rule else None,
        "学生签字日期": day_words(None),
        "家长签字日期": day_words(None),
        "同意方式": consent_words(None),
        "材料": list(paper_lines(rule, ())) if rule else [{}] * 3,
        "审批": list(step_lines(rule.approvals if rule else (), ())),
    }
    for record, (values, student_id) in zip(records, _cards(asked, occasion, records), strict=True):
        before = f"{record.row.status.value} {record.row.class_group}".strip()
        yield {**values, **blank, "变动前": before}, student_id


def _rosters(
    asked: Asked, occasion: Occasion, records: Sequence[StudentRecord]
) -> Iterator[Filled]:
    classes = _classes_of(asked, records)
    yield {**roster_values(records, occasion), **class_values(records, classes)}, None


def _classes(
    asked: Asked, occasion: Occasion, records: Sequence[StudentRecord]
) -> Iterator[Filled]:
    """One document a class; who has no class is in no volume."""
    classes = _classes_of(asked, records)
    for class_id, found in groupby(records, key=lambda record: record.row.class_id):
        members = list(found)
        if class_id is not None:
            group = classes[class_id]
            one = replace(occasion, scope=_class_words(group), cohort=group.cohort)
            yield {**roster_values(members, one), **class_values(members, classes)}, None


def _classes_of(asked: Asked, records: Sequence[StudentRecord]) -> dict[int, ClassGroupRow]:
    ids = {record.row.class_id for record in records if record.row.class_id is not None}
    return {group.id: group for group in class_rows(asked.session, ids=ids)}


def class_values(
    records: Sequence[StudentRecord], classes: Mapping[int, ClassGroupRow]
) -> dict[str, Any]:
    """The classes of a list; and of a list that is one class, what stands on its volume."""
    found: dict[int, list[StudentRecord]] = {}
    for record in records:
        if record.row.class_id is not None:
            found.setdefault(record.row.class_id, []).append(record)
    groups = [classes[class_id] for class_id in found]
    lines = []
    for index, (group, members) in enumerate(zip(groups, found.values(), strict=True), start=1):
        numbers = sorted(record.row.number for record in members if record.row.number)
        lines.append(
            {
                "序号": index,
                "年级": f"{group.cohort}级",
                "系部": group.department,
                "专业": group.major,
                "班级": group.name,
                "班主任": group.head_teacher,
                "人数": len(members),
                "起号": numbers[0] if numbers else "",
                "止号": numbers[-1] if numbers else "",
                "案卷号": None,
                "页数": None,
                "柜号": None,
            }
        )
    one = lines[0] if len(lines) == 1 else {}
    return {
        "班级清单": lines,
        "班级数": len(lines),
        **{name: one.get(name) for name in ("系部", "专业", "班级", "班主任", "案卷号", "柜号")},
        "盒号": None,
        "页数": None,
        "起始日期": min(filter(None, (r.row.person["entry_date"] for r in records)), default=None),
        "终止日期": max(
            filter(None, (r.row.person["expected_graduation"] for r in records)), default=None
        ),
    }


# --- 奖惩 ----------------------------------------------------------------------------------


def _punishments(
    asked: Asked, occasion: Occasion, records: Sequence[StudentRecord]
) -> Iterator[Filled]:
    """Every punishment that stands; for a student named who has none, one to be filled in."""
    of_student = punishment_rows(asked.session, [record.row.id for record in records])
    for values, student_id in _cards(asked, occasion, records):
        rows = [
            row
            for row in of_student.get(student_id or 0, [])
            if not row.voided and row.decided_on <= asked.moment.as_of
        ]
        blank: list[PunishmentRow | None] = [] if asked.scope.ids is None else [None]
        for row in rows or blank:
            yield {**values, **punishment_values(row)}, student_id


def punishment_values(row: PunishmentRow | None) -> dict[str, Any]:
    """What the papers of a punishment say of it, and of the last letter to the parents."""
    if row is None:
        return {}
    letter = row.letters[-1] if row.letters else None
    return {
        "处分种类": row.kind.value,
        "事实": row.facts,
        "处分依据": row.basis,
        "告知日期": row.told_on,
        "陈述申辩": row.statement,
        "决定日期": row.decided_on,
        "决定单位": row.decided_by,
        "处分文号": row.document_number,
        "期满日期": row.until,
        "送达日期": row.served_on,
        "送达方式": row.served_how.value if row.served_how else None,
        "申诉截止": row.appeal_until,
        "解除日期": row.lifted_on,
        "解除文号": row.lift_document,
        "挂号信号码": letter.number if letter else None,
        "收件人": letter.addressee if letter else None,
        "寄出日期": letter.posted_on if letter else None,
    }


def _rewards(
    asked: Asked, occasion: Occasion, records: Sequence[StudentRecord]
) -> Iterator[Filled]:
    """Every award that stands; for a student named who has none, one to be filled in."""
    of_student = reward_rows(asked.session, [record.row.id for record in records])
    for values, student_id in _cards(asked, occasion, records):
        rows = [
            row
            for row in of_student.get(student_id or 0, [])
            if not row.voided and row.awarded_on <= asked.moment.as_of
        ]
        blank: list[RewardRow | None] = [] if asked.scope.ids is None else [None]
        for row in rows or blank:
            yield {**values, **reward_values(row)}, student_id


def reward_values(row: RewardRow | None) -> dict[str, Any]:
    """What the paper of an award says of it."""
    if row is None:
        return {}
    return {
        "奖励名称": row.name,
        "奖励级别": row.level,
        "颁奖单位": row.awarded_by,
        "授奖日期": row.awarded_on,
        "事由": row.reason,
        "奖励文号": row.document_number,
    }


def _conduct(
    asked: Asked, occasion: Occasion, records: Sequence[StudentRecord]
) -> Iterator[Filled]:
    """Awards, punishments and letters of these students, each list by day."""
    people = {record.row.id: record for record in records}
    punished = punishment_rows(asked.session, people)
    until = asked.moment.as_of
    lines: list[tuple[date, dict[str, Any]]] = []
    letters: list[tuple[date, dict[str, Any]]] = []
    for record in records:
        for kind, of_kind in (("奖励", record.rewards), ("处分", record.punishments)):
            lines += [
                (
                    line.day,
                    {
                        **_named(record), "类别": kind, "日期": line.day, "级别": line.level,
                        "名称": line.name, "单位": line.by, "文号": line.document,
                        "原因": line.reason, "解除日期": line.lifted_on,
                    },
                )
                for line in of_kind
            ]  # fmt: skip
        for row in punished.get(record.row.id, []):
            letters += [
                (
                    letter.posted_on,
                    {
                        **_named(record), "事由": f"{row.kind.value}处分 {row.document_number}",
                        "挂号信号码": letter.number, "收件人": letter.addressee,
                        "地址": record.row.person["home_address"],
                        "寄出日期": letter.posted_on, "签收日期": letter.received_on,
                        "退回": _returned(letter.returned_on, letter.return_reason),
                    },
                )
                for letter in row.letters
                if letter.posted_on <= until and not row.voided
            ]  # fmt: skip
    yield (
        {
            **school_values(occasion),
            "奖惩": _numbered(lines),
            "挂号信": _numbered(letters),
            "奖励数": sum(line["类别"] == "奖励" for _, line in lines),
            "处分数": sum(line["类别"] == "处分" for _, line in lines),
            "挂号信数": len(letters),
        },
        None,
    )


def _named(record: StudentRecord) -> dict[str, Any]:
    row = record.row
    return {"姓名": row.name, "学号": row.number, "班级": row.class_group}


def _returned(day: date | None, reason: str) -> str:
    return f"{day} {reason}".strip() if day else ""


def _numbered(lines: Iterable[tuple[date, dict[str, Any]]]) -> list[dict[str, Any]]:
    """The lines by day with their numbers, and lines to write on."""
    rows = [line for _, line in sorted(lines, key=lambda one: one[0])]
    return _padded([{"序号": at, **line} for at, line in enumerate(rows, start=1)], _ROWS)


def _padded(lines: list[dict[str, Any]], least: int) -> list[dict[str, Any]]:
    return [*lines, *({} for _ in range(least - len(lines)))]


# --- 学籍人数审核表 -------------------------------------------------------------------------

_MOVES: Final = frozenset(
    {Kind.PLACEMENT, Kind.MAJOR_CHANGE, Kind.CLASS_CHANGE, Kind.DEPARTMENT_CHANGE, Kind.CORRECTION}
)
_YEARS: Final = frozenset({Kind.REPEAT_YEAR, Kind.DEMOTION, Kind.SKIPPED_YEAR})
#: The columns of the form; what is in none of them is 其他, so that every row closes on paper.
_CAME: Final = {
    "增新生": frozenset({Kind.ADMISSION, Kind.REGISTRATION}),
    "增转入": frozenset({Kind.TRANSFER_IN}),
    "增留级": _YEARS,
    "增调入": _MOVES,
    "增恢复": frozenset({Kind.RESTORATION, Kind.ADMISSION_RESTORATION, Kind.RESUMPTION}),
}
_WENT: Final = {
    "减退学": frozenset({Kind.WITHDRAWAL, Kind.DISMISSAL}),
    "减转出": frozenset({Kind.TRANSFER_OUT}),
    "减开除": frozenset({Kind.EXPULSION}),
    "减取消": frozenset({Kind.CANCELLATION, Kind.ADMISSION_CANCELLED, Kind.ADMISSION_DECLINED}),
    "减死亡": frozenset({Kind.DEATH}),
    "减毕业": frozenset({Kind.GRADUATION, Kind.EARLY_GRADUATION, Kind.COMPLETION, Kind.ATTENDANCE}),
    "减留级": _YEARS,
    "减调出": _MOVES,
}
_SUMS: Final = (Grouping.DEPARTMENT, Grouping.COHORT, Grouping.MAJOR)


def _counts(asked: Asked, occasion: Occasion) -> Iterator[Filled]:
    """The head-count of the school, class by class, then its sums: the numbers of the report."""
    begin, end = asked.period
    counts = headcounts(
        asked.session, begin, end, (Grouping.CLASS, *_SUMS), base=asked.base,
        known_on=asked.moment.known_on,
    )  # fmt: skip
    classes = counts[Grouping.CLASS]
    lines = [count_values(row) for row in classes.rows]
    for grouping in _SUMS:
        lines += [
            {**count_values(row), "班级": f"{row.class_group} 小计", "年级": "", "专业": ""}
            for row in counts[grouping].rows
        ]
    lines.append({**count_values(classes.total), "班级": "合　计"})
    yield (
        {
            **school_values(occasion),
            "期初日期": begin,
            "口径": f"{asked.base.value}{asked.known}",
            "平衡": _balance(classes),
            "人数表": lines,
        },
        None,
    )


def _balance(count: Headcount) -> str:
    wrong = [row.class_group for row in (*count.rows, count.total) if not row.balanced]
    return f"不平：{'、'.join(wrong)}" if wrong else "各班和合计均平衡"


def count_values(row: HeadcountRow) -> dict[str, Any]:
    """One row of the 学籍人数审核表; what is 0 is left blank, but for opening and closing."""
    came, went = _sorted(row.entered, _CAME), _sorted(row.left, _WENT)
    arrived = {one: len(ids) for one, ids in row.arrivals.items()}
    absent = arrived.get(Arrival.ABSENT, 0) + arrived.get(None, 0)
    parts = {
        **came,
        "增其他": sum(map(len, row.entered.values())) - sum(came.values()),
        **went,
        "减其他": sum(map(len, row.left.values())) - sum(went.values()),
        "休学": len(row.statuses.get(Status.SUSPENDED, ())),
        "保留学籍": len(row.statuses.get(Status.RETAINED, ())),
        "男": len(row.sexes.get(Sex.MALE, ())),
        "女": len(row.sexes.get(Sex.FEMALE, ())),
        "实到": arrived.get(Arrival.ARRIVED, 0),
        "请假": arrived.get(Arrival.ON_LEAVE, 0) + arrived.get(Arrival.POSTPONED, 0),
        "未到": absent,
    }
    return {
        "班级": row.class_group,
        "年级": f"{row.cohort}级" if row.cohort else "",
        "系部": row.department,
        "专业": row.major,
        "期初": len(row.opening),
        "期末": len(row.closing),
        "在校": len(row.statuses.get(Status.ENROLLED, ())),
        "平台人数": row.platform,
        "差额": row.platform_difference,
        **{name: number or None for name, number in parts.items()},
    }


def _sorted(
    moved: Mapping[Kind, Sequence[int]], columns: Mapping[str, frozenset[Kind]]
) -> dict[str, int]:
    return {
        name: sum(len(ids) for kind, ids in moved.items() if kind in kinds)
        for name, kinds in columns.items()
    }


# --- 人数两日对照表 ---------------------------------------------------------------------------

_AS_MADE: Final = "按制表时所知"


def _bridge(asked: Asked, occasion: Occasion) -> Iterator[Filled]:
    """How one count becomes another: by what cause, and who came and went by it."""
    group = _class_of(asked)
    found = bridge(
        asked.session, asked.first, asked.moment, base=asked.base,
        class_id=group.id if group else None,
    )  # fmt: skip
    lines, count = [], len(found.opening)
    for line in found.lines:
        came, went = len(line.entered), len(line.left)
        count += came - went
        lines.append({"事项": line.label, "增": came or None, "减": went or None, "人数": count})
    people = [
        {"事项": line.label, "增减": way, "学号": person.number, "姓名": person.name}
        for line in found.lines
        for way, side in (("增", line.entered), ("减", line.left))
        for person in side
    ]
    yield (
        {
            **school_values(occasion),
            "口径": asked.base.value,
            "前一日": asked.first.as_of,
            "前一日所知": f"按 {asked.known_begin} 所知" if asked.known_begin else _AS_MADE,
            "后一日所知": asked.known.lstrip("，") or _AS_MADE,
            "前一日人数": len(found.opening),
            "后一日人数": len(found.closing),
            "增加人次": sum(one["增减"] == "增" for one in people),
            "减少人次": sum(one["增减"] == "减" for one in people),
            "核对结果": "平" if found.balanced else "不平",
            "对照表": lines,
            "对照名单": [{"序号": at, **one} for at, one in enumerate(people, start=1)],
        },
        None,
    )


# --- 学籍异动汇总表, 统计表 ------------------------------------------------------------------

#: The columns of the 统计表; a kind in none of them is counted as 其他.
_STATISTICS: Final = {
    "休学": frozenset({Kind.SUSPENSION, Kind.SUSPENSION_EXTENSION}),
    "复学": frozenset({Kind.RESUMPTION}),
    "保留学籍": frozenset({Kind.RETENTION}),
    "恢复学籍": frozenset({Kind.RESTORATION}),
    "转专业": frozenset({Kind.MAJOR_CHANGE, Kind.DEPARTMENT_CHANGE}),
    "转班": frozenset({Kind.CLASS_CHANGE}),
    "留降级": _YEARS,
    "转入": frozenset({Kind.TRANSFER_IN}),
    "转出": frozenset({Kind.TRANSFER_OUT}),
    "退学": frozenset({Kind.WITHDRAWAL, Kind.DISMISSAL}),
    "开除学籍": frozenset({Kind.EXPULSION}),
    "取消学籍": frozenset({Kind.CANCELLATION}),
    "死亡": frozenset({Kind.DEATH}),
    "提前毕业": frozenset({Kind.EARLY_GRADUATION}),
    "结业": frozenset({Kind.COMPLETION}),
    "结业换证": frozenset({Kind.COMPLETION_EXCHANGE}),
    "肄业": frozenset({Kind.ATTENDANCE}),
}


def _changes(asked: Asked, occasion: Occasion) -> Iterator[Filled]:
    """The changes of a period, line by line and counted: the numbers of the reports."""
    begin, end = asked.period
    lines = change_lines(asked.session, begin, end, known_on=asked.moment.known_on)
    told = [_change(at, line) for at, line in enumerate(lines, start=1)]
    yield (
        {
            **school_values(occasion),
            "期初日期": begin,
            "异动清单": _padded(told, _ROWS),
            "异动统计": _padded(_statistics(lines), 2),
            "人次": len(lines),
        },
        None,
    )


def _change(index: int, line: ChangeLine) -> dict[str, Any]:
    before, after = line.sides
    return {
        "序号": index,
        "学号": line.number,
        "姓名": line.name,
        "性别": line.sex.value if line.sex else None,
        "专业": line.from_major or line.to_major,
        "班级": line.from_class or line.to_class,
        "异动类型": line.kind.value,
        "异动日期": line.day,
        "截止日期": line.until,
        "变更前": before,
        "变更后": after,
        "原因": line.reason,
        "材料份数": line.evidence,
    }


def _statistics(lines: Sequence[ChangeLine]) -> list[dict[str, Any]]:
    counted = summary(lines)
    rows = [
        _counted(name or "未定系部", {k: c.get(name, 0) for k, c in counted.counts.items()})
        for name in counted.departments
    ]
    whole = {kind: sum(row.values()) for kind, row in counted.counts.items()}
    return [*rows, _counted("合　计", whole)]


def _counted(name: str, counts: Mapping[Kind, int]) -> dict[str, Any]:
    columns = {
        column: sum(counts.get(kind, 0) for kind in kinds) for column, kinds in _STATISTICS.items()
    }
    total = sum(counts.values())
    rest = total - sum(columns.values())
    return {
        "系部": name,
        **{column: number or None for column, number in columns.items()},
        "其他": rest or None,
        "合计": total,
    }


# --- 拟按退学处理学生汇总表 -------------------------------------------------------------------


def _overdue(asked: Asked, occasion: Occasion) -> Iterator[Filled]:
    """Whose time away has run out, for the meeting that decides; nothing when there is nobody."""
    moment = asked.moment
    rows = [row for row in leave_rows(asked.session, moment.as_of, moment.known_on) if row.overdue]
    lines = [
        {
            "序号": at,
            "学号": row.student.number,
            "姓名": row.student.name,
            "性别": row.student.sex.value if row.student.sex else None,
            "系部": row.student.department,
            "专业": row.student.major,
            "班级": row.student.class_group,
            "类别": row.kind.value,
            "起始日期": row.since,
            "截止日期": row.deadline,
            "逾期天数": -(row.days_left or 0),
        }
        for at, row in enumerate(rows, start=1)
    ]
    if lines:
        yield {**school_values(occasion), "逾期人数": len(lines), "逾期清单": lines}, None


# --- 光盘, 全校 ----------------------------------------------------------------------------


def _discs(asked: Asked, occasion: Occasion) -> Iterator[Filled]:
    """One document a disc; where none was built, one to be filled in."""
    query = select(Disc, Operator.name).join(Operator, Operator.id == Disc.operator_id)
    if asked.moment.known_on is not None:
        query = query.where(Disc.recorded_at <= asked.moment.known_on)
    if asked.scope.cohort is not None:
        query = query.where(Disc.cohort_year == asked.scope.cohort)
    newest = {
        disc.number: (disc, maker) for disc, maker in asked.session.execute(query.order_by(Disc.id))
    }
    plain = school_values(occasion)
    for disc, maker in newest.values():
        yield {**plain, **disc_values(disc, maker, occasion.settings)}, None
    if not newest:
        yield plain, None


def disc_values(disc: Disc, maker: str, settings: Settings) -> dict[str, Any]:
    """What label, box and hand-over form say of a disc."""
    return {
        "年级": f"{disc.cohort_year}级",
        "盘号": disc.number,
        "盘内题名": f"{settings.school}{disc.cohort_year}级学生学籍档案",
        "制作日期": disc.recorded_at.astimezone().date(),
        "制作人": maker,
        "数据量": f"{disc.size / _MEGABYTE:.1f} MB",
        "文件数": disc.files,
        "摘要前半": disc.sha256[:32],
        "摘要后半": disc.sha256[32:],
    }


def _school(asked: Asked, occasion: Occasion) -> Iterator[Filled]:
    """What the school counts on the day: for hand-over and self-check."""
    session, day = asked.session, asked.moment.as_of
    rows = student_rows(session, asked.moment, Scope())
    counts = Counter(row.status for row in rows)
    begin, end = asked.period
    year = academic_year(day)
    here = {row.id for row in rows}
    punished = [
        row
        for found in punishment_rows(session, with_conduct(session)).values()
        for row in found
        if row.student_id in here and not row.voided and row.decided_on <= day
    ]
    cards = select(func.count(PrintedSheet.student_id.distinct()))
    yield (
        {
            **school_values(occasion),
            "学年": f"{year}—{year + 1}学年",
            "在籍人数": sum(n for status, n in counts.items() if status.on_register),
            "在校人数": counts[Status.ENROLLED],
            "休学人数": counts[Status.SUSPENDED],
            "保留学籍人数": counts[Status.RETAINED],
            "毕结肄人数": sum(counts[one] for one in (Status.GRADUATED, Status.COMPLETED,
                                                  Status.ATTENDED)),
            "班级数": len(class_rows(session)),
            "学年异动": len(change_lines(session, begin, end, known_on=asked.moment.known_on)),
            "处分数": len(punished),
            "未挂号处分数": sum(not row.posted for row in punished),
            "已印学籍卡": session.scalar(cards.where(PrintedSheet.form == "学籍卡")),
            "光盘数": session.scalar(select(func.count(Disc.number.distinct()))),
        },
        None,
    )  # fmt: skip


_OF_PEOPLE: Final = {
    PaperKind.CARD: _cards,
    PaperKind.APPLICATION: _applications,
    PaperKind.PUNISHMENT: _punishments,
    PaperKind.REWARD: _rewards,
    PaperKind.CLASS: _classes,
    PaperKind.ROSTER: _rosters,
    PaperKind.CONDUCT: _conduct,
}
_OF_SCHOOL: Final = {
    PaperKind.COUNT: _counts,
    PaperKind.BRIDGE: _bridge,
    PaperKind.CHANGES: _changes,
    PaperKind.OVERDUE: _overdue,
    PaperKind.DISC: _discs,
    PaperKind.SCHOOL: _school,
}
