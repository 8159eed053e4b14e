"""规则: what the governing documents and the school say of a change, each with its source and days.

The program ships suggestions; what the school confirmed or changed stands in the table `rules` and
goes before them. A value is text: `read_value` turns it into what a Rule holds. Where a document
names no number for a five-year school, the suggestion says whose custom it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final, Protocol, TypeVar

from app.models.rules.transitions import RULES, Paper, Rule
from app.models.vocabulary import Kind, Signatory

#: From when the 41号令 is in force, and until when the 21号令 was.
ORDER_41: Final = date(2017, 9, 1)
ORDER_21: Final = date(2005, 9, 1)
LAST_OF_21: Final = date(2017, 8, 31)
_MEASURE: Final = date(2012, 11, 20)  # 规范学籍学历管理工作办法


class Aspect(StrEnum):
    """What a rule says of one kind of change."""

    SIGNED = "签字"
    PAPERS = "材料"
    MONTHS = "期限"
    APPROVALS = "审批"
    TIMES = "次数"
    TOTAL_MONTHS = "累计期限"
    DAYS = "上报期限"


class Topic(StrEnum):
    """What a rule says of the work as a whole."""

    REMINDERS = "休学到期提醒"
    REGISTRATION_GRACE = "学期注册宽限"
    ABSENCE = "连续缺课作退学处理"
    RETENTION_AFTER = "保留学籍至退役后"
    NUMBERS_DUE = "学号与新生数据上报截止"
    ENTRY_CHECK = "入学资格复查期限"
    ENTRY_LEAVE = "入学前请假最长"
    RESUMPTION_AHEAD = "复学申请提前"
    EXCHANGE_WITHIN = "结业换毕业期限"
    ATTENDED_YEARS = "肄业证书最短学习年限"
    LONGEST_STUDY = "最长学习年限"
    FAILED_REPEAT = "留级不及格门数"
    FAILED_DISMISSAL = "退学不及格门数"
    APPEAL = "申诉期限"
    APPEAL_ANSWER = "申诉处理期限"
    PUNISHMENT_SHORTEST = "处分最短期限"
    PUNISHMENT_LONGEST = "处分最长期限"
    SERVICE = "处分决定送达期限"
    MAIL_SERVED = "挂号信视为送达"
    MAIL_AGAIN = "挂号信重寄期限"


class RuleFault(ValueError):
    """A value that is not what its rule holds; the text is a sentence without its full stop."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One value as the program ships it; a day that is None is no bound."""

    name: str
    value: str
    unit: str
    document: str
    article: str
    valid_from: date | None = None
    valid_to: date | None = None


def rule_name(kind: Kind, aspect: Aspect) -> str:
    """What the rulebook calls one aspect of a kind: 休学·期限."""
    return f"{kind.value}·{aspect.value}"


# --- values as text -----------------------------------------------------------------------

_LIST: Final = "、"
_NONE: Final = "无"
_OTHERS: Final = "等"
_UNITS: Final = {
    Aspect.MONTHS: "月",
    Aspect.TIMES: "次",
    Aspect.TOTAL_MONTHS: "月",
    Aspect.DAYS: "日",
}


def write_papers(papers: Iterable[Paper]) -> str:
    """休学原因证明：诊断证明、创业证明、等；入伍通知书：入伍通知. With 等 any other will do."""
    texts = [
        f"{paper.name}：{_LIST.join([*paper.words, *[_OTHERS] * paper.others])}" for paper in papers
    ]
    return "；".join(texts) or _NONE


def _read_papers(text: str) -> tuple[Paper, ...]:
    return tuple(_read_paper(part) for part in text.split("；") if part.strip() not in ("", _NONE))


def _read_paper(text: str) -> Paper:
    name, _, listed = text.strip().partition("：")
    words = _read_list(listed)
    if not name or not words:
        raise RuleFault("材料应写成“名称：可用的材料、可用的材料、等”，几种之间用“；”分开")
    named = tuple(word for word in words if word != _OTHERS)
    return Paper(name, named, others=_OTHERS in words)


def _read_list(text: str) -> tuple[str, ...]:
    words = (word.strip() for word in text.split(_LIST))
    return tuple(word for word in words if word and word != _NONE)


def _read_signed(text: str) -> frozenset[Signatory]:
    words = _read_list(text)
    if unknown := [word for word in words if word not in set(Signatory)]:
        known = _LIST.join(who.value for who in Signatory)
        raise RuleFault(f"没有签字人“{unknown[0]}”（可写：{known}，或写“{_NONE}”）")
    return frozenset(map(Signatory, words))


def _read_count(text: str) -> int | None:
    if text == _NONE:
        return None
    if not text.isdecimal() or not 0 < int(text) < 1000:
        raise RuleFault(f"应是一个正整数，或写“{_NONE}”")
    return int(text)


_READERS: Final[Mapping[Aspect, Callable[[str], Any]]] = {
    Aspect.SIGNED: _read_signed,
    Aspect.PAPERS: _read_papers,
    Aspect.APPROVALS: _read_list,
    Aspect.MONTHS: _read_count,
    Aspect.TIMES: _read_count,
    Aspect.TOTAL_MONTHS: _read_count,
    Aspect.DAYS: _read_count,
}
#: Which part of a Rule an aspect is.
_PARTS: Final = {
    Aspect.SIGNED: "signed",
    Aspect.PAPERS: "papers",
    Aspect.APPROVALS: "approvals",
    Aspect.MONTHS: "months",
    Aspect.TIMES: "times",
    Aspect.TOTAL_MONTHS: "total_months",
    Aspect.DAYS: "days",
}


def aspect_of(name: str) -> tuple[Kind, Aspect] | None:
    """What a rule of a kind is about; None for one about the work as a whole."""
    kind, point, aspect = name.partition("·")
    return (Kind(kind), Aspect(aspect)) if point else None


def how_written(name: str) -> str:
    """How the value of a rule is typed, for whoever changes it."""
    about = aspect_of(name)
    if about is None:
        if name == Topic.REMINDERS:
            return "几个正整数，用“、”分开"
        return "月-日，如 11-30" if name == Topic.NUMBERS_DUE else "一个正整数"
    return {
        Aspect.SIGNED: "学生、监护人；都不要写“无”",
        Aspect.PAPERS: "名称：可用的材料、可用的材料、等；几种之间用“；”分开，不要证明写“无”",
        Aspect.APPROVALS: "各步依次用“、”分开，不要审批写“无”",
    }.get(about[1], f"一个正整数，没有限制写“{_NONE}”")


def read_value(name: str, text: str) -> Any:
    """The value of the rule `name` that is written as `text`; raises RuleFault."""
    about = aspect_of(name)
    if about is not None:
        return _READERS[about[1]](text.strip())
    if name == Topic.REMINDERS:
        return tuple(sorted((_demand_count(word) for word in _read_list(text)), reverse=True))
    if name == Topic.NUMBERS_DUE:
        return _demand_day_of_year(text.strip())
    return _demand_count(text.strip())


def _demand_day_of_year(text: str) -> str:
    month, _, day = text.partition("-")
    try:
        date(2000, int(month), int(day))  # a leap year: 02-29 is a day of the year too
    except ValueError:
        raise RuleFault("应写成月-日，如 11-30") from None
    return text


def _demand_count(text: str) -> int:
    count = _read_count(text)
    if count is None:
        raise RuleFault("应是一个正整数")
    return count


# --- what is shipped ----------------------------------------------------------------------

_TEACHER, _DEPARTMENT, _OFFICE = "班主任", "系部", "教务处"
_LEADER, _MEETING, _LAW = "分管校长", "校长办公会", "合法性审查"
_BY_LEADER: Final = (_TEACHER, _DEPARTMENT, _OFFICE, _LEADER)
_BY_OFFICE: Final = (_TEACHER, _DEPARTMENT, _OFFICE)
_CUSTOM: Final = "高职院校通例（尚无学院文件）"
_APPROVALS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.ADMISSION_DEFERRAL: (_OFFICE, _LEADER),
    Kind.ADMISSION_RESTORATION: (_OFFICE, _LEADER),
    Kind.SUSPENSION: _BY_LEADER,
    Kind.SUSPENSION_EXTENSION: _BY_LEADER,
    Kind.RESUMPTION: _BY_LEADER,
    Kind.RETENTION: _BY_LEADER,
    Kind.RESTORATION: _BY_LEADER,
    Kind.MAJOR_CHANGE: ("转出系部", "转入系部", _OFFICE, _LEADER),
    Kind.DEPARTMENT_CHANGE: ("转出系部", "转入系部", _OFFICE, _LEADER),
    Kind.CLASS_CHANGE: _BY_OFFICE,
    Kind.REPEAT_YEAR: (_DEPARTMENT, _OFFICE, _LEADER),
    Kind.DEMOTION: (_DEPARTMENT, _OFFICE, _LEADER),
    Kind.SKIPPED_YEAR: (_DEPARTMENT, _OFFICE, _LEADER),
    Kind.STUDY_EXTENSION: (_DEPARTMENT, _OFFICE, _LEADER),
    Kind.WITHDRAWAL: _BY_LEADER,
    Kind.EARLY_GRADUATION: (_DEPARTMENT, _OFFICE, _LEADER),
    Kind.COMPLETION_EXCHANGE: (_DEPARTMENT, _OFFICE),
}
_UNREAD: Final = "（条号待核）"
#: Decided by a meeting: the articles of the 41号令 and of the 21号令.
_BY_MEETING: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.TRANSFER_OUT: ("第二十三条", _UNREAD),
    Kind.DISMISSAL: ("第三十一条", "第二十八条"),
    Kind.EXPULSION: ("第五十六条", "第五十八条"),
    Kind.CANCELLATION: ("第五十六条", _UNREAD),
    Kind.ADMISSION_CANCELLED: ("第五十六条", _UNREAD),
}


def _of_kind(rule: Rule) -> Iterator[Suggestion]:
    """What is suggested for one kind: its row in RULES, approvals, how often, how soon."""
    kind = rule.kind

    def of(aspect: Aspect, value: str, document: str, article: str, **days: Any) -> Suggestion:
        unit = _UNITS.get(aspect, "")
        return Suggestion(rule_name(kind, aspect), value, unit, document, article, **days)

    if rule.signed:
        signed = _LIST.join(who.value for who in Signatory if who in rule.signed)
        yield of(Aspect.SIGNED, signed, "办法", "第八条", valid_from=_MEASURE)
        yield of(
            Aspect.SIGNED, signed, "旧案照《办法》补齐", "第八条",
            valid_to=date(2012, 11, 19),
        )  # fmt: skip
    else:
        yield of(Aspect.SIGNED, _NONE, *_document(rule.source))
    yield of(Aspect.PAPERS, write_papers(rule.papers), *_document(rule.source))
    if rule.months is not None:
        yield of(Aspect.MONTHS, str(rule.months), *_LENGTHS.get(kind, _document(rule.source)))
    if kind in _APPROVALS:
        yield of(Aspect.APPROVALS, _LIST.join(_APPROVALS[kind]), _CUSTOM, "")
    if kind in _BY_MEETING:
        since, before = _BY_MEETING[kind]
        now = (_DEPARTMENT, _OFFICE, _LAW, _MEETING)
        then = (_DEPARTMENT, _OFFICE, "校长会议")
        yield of(Aspect.APPROVALS, _LIST.join(now), "41号令", since, valid_from=ORDER_41)
        yield of(Aspect.APPROVALS, _LIST.join(then), "21号令", before, valid_to=LAST_OF_21)
    if kind is Kind.SUSPENSION:
        yield of(Aspect.TIMES, "2", "普通中专规定", "")
    if kind in (Kind.SUSPENSION, Kind.SUSPENSION_EXTENSION):
        yield of(Aspect.TOTAL_MONTHS, "24", _CUSTOM, "")
    if kind is Kind.TRANSFER_OUT:
        yield of(Aspect.DAYS, "90", "41号令", "第二十三条", valid_from=ORDER_41)
    elif rule.code:
        yield of(Aspect.DAYS, "30", "办法", "第十五条（在规定时间内上报；日数由学校定）")


_LENGTHS: Final = {
    Kind.SUSPENSION: ("普通中专规定", "每次一学年"),
    Kind.SUSPENSION_EXTENSION: ("普通中专规定", "每次一学年"),
    Kind.ADMISSION_DEFERRAL: (_CUSTOM, "一年"),
    Kind.RETENTION: ("兵役法", "义务兵役期两年；退役日定了再写明"),
    Kind.STUDY_EXTENSION: (_CUSTOM, "一学年"),
}


def _document(source: str) -> tuple[str, str]:
    """Document and article of a row's source: the 41号令 where it is named, else the whole."""
    for part in source.split("；"):
        document, found, article = part.partition("号令")
        if found:
            return f"{document}号令", article.partition("：")[0]
    return source.partition("：")[0], ""


def _of_topics() -> Iterator[Suggestion]:
    """What is suggested for the work as a whole."""
    yes, no = {"valid_from": ORDER_41}, {"valid_to": LAST_OF_21}
    rows: tuple[tuple[Topic, str, str, str, str, dict[str, date]], ...] = (
        (Topic.REMINDERS, "60、30、7", "日", "学校", "", {}),
        (Topic.REGISTRATION_GRACE, "14", "日", "41号令", "第十二条、第三十条", yes),
        (Topic.REGISTRATION_GRACE, "14", "日", "21号令", "第二十七条", no),
        (Topic.ABSENCE, "14", "日", "41号令", "第三十条", yes),
        (Topic.ABSENCE, "14", "日", "21号令", "第二十七条", no),
        (Topic.RETENTION_AFTER, "24", "月", "41号令", "第二十七条", yes),
        (Topic.RETENTION_AFTER, "12", "月", "21号令", _UNREAD, no),
        (Topic.NUMBERS_DUE, "11-30", "月-日", "苏联院〔2005〕9号", "", {}),
        (Topic.ENTRY_CHECK, "3", "月", "41号令", "第十一条", yes),
        (Topic.ENTRY_CHECK, "3", "月", "21号令", _UNREAD, no),
        (Topic.ENTRY_LEAVE, "14", "日", "苏联院〔2005〕9号", "", {}),
        (Topic.RESUMPTION_AHEAD, "1", "月", "普通中专规定", "", {}),
        (Topic.EXCHANGE_WITHIN, "24", "月", _CUSTOM, "", {}),
        (Topic.ATTENDED_YEARS, "1", "年", "41号令", "第三十三条", yes),
        (Topic.ATTENDED_YEARS, "1", "年", "21号令", _UNREAD, no),
        (Topic.LONGEST_STUDY, "7", "年", _CUSTOM, "学制加两年", {}),
        (Topic.FAILED_REPEAT, "3", "门", "上海中职规定（2010）", "", {}),
        (Topic.FAILED_DISMISSAL, "5", "门", "普通中专规定", "", {}),
        (Topic.APPEAL, "10", "日", "41号令", "第六十条", yes),
        (Topic.APPEAL, "5", "工作日", "21号令", "第六十一条", no),
        (Topic.APPEAL_ANSWER, "15", "日", "41号令", "第六十一条", yes),
        (Topic.APPEAL_ANSWER, "15", "工作日", "21号令", "第六十二条", no),
        (Topic.PUNISHMENT_SHORTEST, "6", "月", "41号令", "第五十七条", yes),
        (Topic.PUNISHMENT_LONGEST, "12", "月", "41号令", "第五十七条", yes),
        (Topic.SERVICE, "15", "工作日", _CUSTOM, "", {}),
        (Topic.MAIL_SERVED, "30", "日", _CUSTOM, "", {}),
        (Topic.MAIL_AGAIN, "15", "日", "学校", "", {}),
    )
    for topic, value, unit, document, article, days in rows:
        yield Suggestion(topic.value, value, unit, document, article, **days)


SUGGESTIONS: Final = (
    *(suggestion for rule in RULES.values() if not rule.elsewhere for suggestion in _of_kind(rule)),
    *_of_topics(),
)
NAMES: Final = tuple(dict.fromkeys(suggestion.name for suggestion in SUGGESTIONS))


# --- the one in force ---------------------------------------------------------------------


class Version(Protocol):
    """A suggestion, or a row of the school."""

    @property
    def name(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...


V = TypeVar("V", bound=Version)


def holds(version: Version, on: date) -> bool:
    """Whether a version is valid on that day."""
    begun = version.valid_from is None or version.valid_from <= on
    return begun and (version.valid_to is None or on <= version.valid_to)


def in_force(versions: Iterable[V], on: date) -> V | None:
    """Of versions of one rule, the older rows first: the one that began last, then the newest."""
    valid = [version for version in versions if holds(version, on)]
    order = sorted(valid, key=lambda version: version.valid_from or date.min)  # stable
    return order[-1] if order else None


def applied(kind: Kind, values: Mapping[str, str], confirmed: Iterable[str]) -> Rule:
    """The row of a kind with the values (by rule name) that are in force."""
    parts = {
        part: read_value(name, values[name])
        for aspect, part in _PARTS.items()
        if (name := rule_name(kind, aspect)) in values
    }
    sure = set(confirmed)
    known = {part for aspect, part in _PARTS.items() if rule_name(kind, aspect) in sure}
    return replace(RULES[kind], **parts, confirmed=frozenset(known))
