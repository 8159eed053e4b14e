"""学籍异动 applied for: which form, what must be attached, who approves."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from app.models.rules.transitions import Rule
from app.models.vocabulary import ConsentWay, Kind
from app.services.register.casework import Approved

#: Which form applies for a kind; every other goes by what the school decides.
_APPLICATIONS: Final = {
    Kind.SUSPENSION: "休学申请表",
    Kind.SUSPENSION_EXTENSION: "休学申请表",
    Kind.RESUMPTION: "复学申请表",
    Kind.WITHDRAWAL: "退学申请表",
    Kind.MAJOR_CHANGE: "转专业申请表",
    Kind.DEPARTMENT_CHANGE: "转专业申请表",
    Kind.CLASS_CHANGE: "转专业申请表",
    Kind.TRANSFER_OUT: "转学申请表",
    Kind.REPEAT_YEAR: "留级申请表",
    Kind.DEMOTION: "留级申请表",
    Kind.SKIPPED_YEAR: "留级申请表",
    Kind.RETENTION: "保留学籍申请表",
    Kind.ADMISSION_DEFERRAL: "保留入学资格申请表",
    Kind.RESTORATION: "恢复申请表",
    Kind.ADMISSION_RESTORATION: "恢复申请表",
}
#: For a change that the school decides without an application.
DECISION_FORM: Final = "学籍异动审批表"
#: The steps that most schools go through, where the rule names none.
_STEPS: Final = ("班主任", "系部", "教务处", "分管校长")
#: For the hand: a day.
_BLANK_DAY: Final = "　　　年　　月　　日"
_RECEIVED, _OPEN = "√", "□"


def form_of(kind: Kind) -> str:
    """The paper on which a change of this kind is applied for or decided."""
    return _APPLICATIONS.get(kind, DECISION_FORM)


def kind_of(form: str) -> Kind | None:
    """The kind for which a blank form (or a school's own version of it) is given out first.

    None for decisions, which are of many kinds.
    """
    return next((kind for kind, name in _APPLICATIONS.items() if form.startswith(name)), None)


def consent_words(way: ConsentWay | None) -> str:
    """The ways of consent with boxes, the one that was taken ticked."""
    return "　".join(f"{_RECEIVED if one is way else _OPEN}{one.value}" for one in ConsentWay)


def day_words(day: date | None) -> str:
    """The day in words, or room to write it."""
    return f"{day.year}年{day.month}月{day.day}日" if day else _BLANK_DAY


def paper_lines(rule: Rule, evidence: Sequence[str]) -> Iterator[dict[str, str]]:
    """What the rule demands, what is usually filed, and what is in besides."""
    held = list(evidence)
    rest = list(held)
    for paper in rule.papers:
        mine = [kind for kind in held if paper.accepts(kind)]
        rest = [kind for kind in rest if kind not in mine]
        words = "、".join(paper.words) + ("等" if paper.others else "")
        said = f"已收：{'、'.join(mine)}" if mine else f"必备，可用：{words}"
        yield _line(bool(mine), paper.name, said)
    for usual in _usual(rule):
        mine = [kind for kind in rest if usual in kind]
        rest = [kind for kind in rest if kind not in mine]
        yield _line(bool(mine), usual, "已收" if mine else "通常附")
    for kind in rest:
        yield _line(True, kind, "已收")
    yield _line(False, "其他：", "")


def _usual(rule: Rule) -> list[str]:
    """The application itself is the paper in hand, no attachment."""
    return [word for word in rule.usual if "申请" not in word]


def _line(held: bool, name: str, said: str) -> dict[str, str]:
    return {"标记": _RECEIVED if held else _OPEN, "名称": name, "说明": said}


def step_lines(steps: Sequence[str], taken: Sequence[Approved]) -> Iterator[dict[str, str]]:
    """Each step that the rule names, and those that were taken besides."""
    done = {one.step: one for one in taken}
    for step in dict.fromkeys([*(steps or _STEPS), *done]):
        one = done.get(step)
        if one is None:
            yield {"步骤": step, "意见": "", "审批人": "", "日期": _BLANK_DAY}
        else:
            verdict = "同意" if one.agreed else "不同意"
            opinion = f"{verdict}。{one.opinion}" if one.opinion else verdict
            day = day_words(one.decided_on)
            yield {"步骤": step, "意见": opinion, "审批人": one.person, "日期": day}
