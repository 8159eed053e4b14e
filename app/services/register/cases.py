"""One change of a student's standing under examination, before it joins the ledger."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.ledger import LedgerEntry
from app.models.organisation import ClassGroup, Major
from app.models.rules.transitions import (
    DOWNWARDS,
    UPWARDS,
    Move,
    Position,
    Rule,
    default_end,
    first_misfit,
    status_after,
)
from app.models.student import Student
from app.models.vocabulary import CaseStep, Kind, Signatory, Status
from app.services.register import ledger
from app.services.register.ledger import Moment
from app.services.register.organisation import full_name

#: What counts as leave when leaves are added up.
_LEAVES: Final = frozenset({Kind.SUSPENSION, Kind.SUSPENSION_EXTENSION})
_DAYS_OF_YEAR: Final = 366


def entries_in_force(session: Session, student_id: int) -> list[LedgerEntry]:
    """What counts of one student's ledger, those to come included, in the order of effect."""
    return list(
        session.scalars(
            select(LedgerEntry)
            .where(
                LedgerEntry.student_id == student_id,
                ledger.in_force(LedgerEntry, Moment(date.max)),
            )
            .order_by(LedgerEntry.effective_date, LedgerEntry.id)
        )
    )


def position_after(entries: Sequence[LedgerEntry]) -> Position:
    """Where these entries, in the order of effect, leave a student."""
    position = Position()
    for entry in entries:
        position = position.after(entry)
    return position


def described(entry: LedgerEntry) -> str:
    """An entry as a refusal names it."""
    return f"{entry.effective_date} 的“{entry.kind.value}”（编号 {entry.id}）"


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that is in a change's way, and the step at which it is settled."""

    step: CaseStep
    text: str


def told(lacks: Sequence[Lack]) -> str:
    """What is in the way as one refusal says it."""
    return "；".join(lack.text for lack in lacks)


class Case:
    """One change under examination: what is in its way gathers in `lacks`, what a reader should
    know without being stopped by it in `notes`."""

    def __init__(self, session: Session, student: Student, rule: Rule, on: date) -> None:
        self.rule = rule
        self.lacks: list[Lack] = []
        self.notes: list[str] = []
        self.on = on
        self._session = session
        self._student = student
        entries = entries_in_force(session, student.id)
        self._earlier = [entry for entry in entries if entry.effective_date <= on]
        self._later = entries[len(self._earlier) :]
        self.before = position_after(self._earlier)
        self._check_status()

    def lack(self, text: str, step: CaseStep = CaseStep.EFFECT) -> None:
        """Note something that is in the way."""
        self.lacks.append(Lack(step, text))

    def _check_status(self) -> None:
        if status_after(self.rule.kind, self.before.status) is None:
            status = self.before.status
            here = f"当时为“{status.value}”" if status else "当时还没有入学"
            allowed = "、".join(other.value for other in Status if other in self.rule.after)
            self.lack(f"{here}，只有“{allowed}”可以办理")

    def end(self, until: date | None) -> date | None:
        """The last day, by the rule when it is not named."""
        if self.rule.months is None:
            if until is not None:
                self.lack("这种异动没有截止日期")
            return None
        if until is None:
            return default_end(self.rule, self._begin())
        if until <= self.on:
            self.lack(f"截止日期 {until} 应在生效日期 {self.on} 之后")
        return until

    def _begin(self) -> date:
        """From when the length counts: an extension goes on where what it extends would end."""
        if self.rule.kind is not Kind.SUSPENSION_EXTENSION:
            return self.on
        ends = [entry.until for entry in self._earlier if entry.until]
        return max(self.on, ends[-1] + timedelta(days=1)) if ends else self.on

    def check_papers(self, papers: Sequence[str], signed: AbstractSet[Signatory]) -> None:
        """Signatures and papers that the rule demands and that are not here."""
        missing = [who.value for who in Signatory if who in self.rule.signed - signed]
        if missing:
            self.lack(f"书面申请还缺{'和'.join(missing)}签字（办法第八条）", CaseStep.APPLICATION)
        for paper in self.rule.papers:
            if not any(map(paper.accepts, papers)):
                examples = f"（{'、'.join(paper.words)}等）" if paper.others else ""
                self.lack(f"还缺{paper.name}{examples}", CaseStep.PAPERS)

    def check_approvals(self, given: Mapping[str, bool], *, demanded: bool) -> None:
        """The steps of approval; `given` is whether the last opinion of each step agreed.

        A step that did not agree is always in the way, one that is open only when `demanded`.
        """
        for step in (*self.rule.approvals, *given.keys() - set(self.rule.approvals)):
            if given.get(step) is False:
                self.lack(f"“{step}”没有同意", CaseStep.APPROVAL)
        waiting = [step for step in self.rule.approvals if step not in given]
        if waiting:
            text = f"还缺审批：{'、'.join(waiting)}"
            if demanded:
                self.lack(text, CaseStep.APPROVAL)
            else:
                self.notes.append(text)

    def check_length(self, until: date | None) -> None:
        """How often and how long in all; what the school has not confirmed is only noted."""
        before = [entry for entry in self._earlier if entry.kind in _LEAVES]
        times = sum(entry.kind is self.rule.kind for entry in before) + 1
        if self.rule.times is not None and times > self.rule.times:
            self._exceeded("times", f"这是第 {times} 次{self.rule.kind.value}，规则为 "
                           f"{self.rule.times} 次以内")  # fmt: skip
        if self.rule.total_months is None or until is None or self.rule.kind not in _LEAVES:
            return
        begin = self._begin()
        days = (until - begin).days + 1 + sum(map(self._days_away, before))
        if days > -(-self.rule.total_months * _DAYS_OF_YEAR // 12):
            self._exceeded("total_months", f"连同以前共休学 {days} 天，规则为累计 "
                           f"{self.rule.total_months} 个月以内")  # fmt: skip

    def _exceeded(self, part: str, text: str) -> None:
        if part in self.rule.confirmed:
            self.lack(text)
        else:
            self.notes.append(f"{text}（学校尚未确认）")

    def _days_away(self, leave: LedgerEntry) -> int:
        """How long a leave was: until it ended, or somebody came back before."""
        ends = [leave.until or self.on]
        at = self._earlier.index(leave)
        ends += [entry.effective_date - timedelta(days=1) for entry in self._earlier[at + 1 :]
                 if entry.to_status not in (None, Status.SUSPENDED)]  # fmt: skip
        begin = leave.effective_date
        if leave.kind is Kind.SUSPENSION_EXTENSION:
            before = [entry.until for entry in self._earlier[:at] if entry.until]
            begin = max(begin, before[-1] + timedelta(days=1)) if before else begin
        return max(0, (min(ends) - begin).days + 1)

    def check_later(self, class_id: int | None, major_id: int | None) -> None:
        """What is already entered for later days must still fit behind this change."""
        if any(lack.step is CaseStep.EFFECT for lack in self.lacks):
            return  # where the student would stand is not known
        misfit = first_misfit(self.before.moved(self.rule.to, class_id, major_id), self._later)
        if misfit is not None:
            self.lack(f"与后来的{described(misfit)}矛盾，请先冲正那一条")

    # --- another class, another major ---

    def destination(
        self, class_name: str | None, major_name: str | None
    ) -> tuple[int | None, int | None]:
        """Ids of the class and the major that the change leads to; None: as before."""
        if class_name is None and self.rule.class_move is Move.MUST:
            self.lack("没有指明新班级")
        if class_name is None and major_name is None and self.rule.major_move is Move.MUST:
            self.lack("没有指明新专业")
        major = self._major(major_name)
        group = self._class(class_name)
        if group and not major and self.rule.major_move is not Move.NO:
            major = self._session.get(Major, group.major_id) if group.major_id else None
        if major and not group:
            group = self._only_class_of(major)
        if major and major.id == self.before.major_id:
            if self.rule.major_move is Move.MUST:
                self.lack(f"已经在“{major.name}”专业")
            major = None
        self._check_class(group, major)
        self._check_department(major)
        if group and group.id == self.before.class_id:
            group = None
        return group.id if group else None, major.id if major else None

    def _major(self, name: str | None) -> Major | None:
        if name is None:
            return None
        if self.rule.major_move is Move.NO:
            self.lack("这种异动不换专业")
            return None
        found = self._session.scalars(select(Major).where(Major.name == name)).first()
        if found is None:
            known = "、".join(self._session.scalars(select(Major.name).order_by(Major.serial)))
            self.lack(f"没有专业“{name}”（现有：{known}）")
        return found

    def _class(self, name: str | None) -> ClassGroup | None:
        if name is None:
            return None
        if self.rule.class_move is Move.NO:
            self.lack("这种异动不换班级")
            return None
        found = [group for group in self._classes() if name in (group.name, _full_name(group))]
        if len(found) > 1:
            kind = self.rule.kind
            wanted = self._cohort() + (kind in DOWNWARDS) - (kind in UPWARDS)
            found = [group for group in found if group.cohort_year == wanted] or found
        if len(found) == 1:
            return found[0]
        names = "、".join(map(_full_name, found))
        self.lack(f"有几个班叫“{name}”，请写明年级（{names}）" if found else f"没有班级“{name}”")
        return None

    def _classes(self) -> Sequence[ClassGroup]:
        order = (ClassGroup.cohort_year, ClassGroup.serial)
        return self._session.scalars(select(ClassGroup).order_by(*order)).all()

    def _cohort(self) -> int:
        """The cohort that the student sits with, which after 留级 is not that of his entry."""
        group = self._session.get(ClassGroup, self.before.class_id or 0)
        return group.cohort_year if group else self._student.cohort_year

    def _only_class_of(self, major: Major) -> ClassGroup | None:
        """Whoever changes major must sit in one of its classes; a single one needs no naming."""
        present = self._session.get(ClassGroup, self.before.class_id or 0)
        if present is None or present.major_id in (None, major.id):
            return None
        cohort = self._cohort()
        groups = [
            group
            for group in self._classes()
            if group.cohort_year == cohort and group.major_id == major.id
        ]
        if len(groups) == 1:
            return groups[0]
        names = "、".join(group.name for group in groups) or "还没有班"
        self.lack(f"没有指明新班级（{cohort}级{major.name}：{names}）")
        return None

    def _check_class(self, group: ClassGroup | None, major: Major | None) -> None:
        if group is None:
            return
        if self.rule.class_move is Move.MUST and group.id == self.before.class_id:
            self.lack(f"已经在“{group.name}”班")
        major_id = major.id if major else self.before.major_id
        if group.major_id is not None and major_id is not None and group.major_id != major_id:
            self.lack(f"“{group.name}”是另一个专业的班")
        if self.rule.kind in DOWNWARDS and group.cohort_year <= self._cohort():
            self.lack(f"“{group.name}”不是下面年级的班（现在{self._cohort()}级）")
        if self.rule.kind in UPWARDS and group.cohort_year >= self._cohort():
            self.lack(f"“{group.name}”不是上面年级的班（现在{self._cohort()}级）")

    def _check_department(self, major: Major | None) -> None:
        """转系 leads to another department; within one it is 转专业."""
        before = self._session.get(Major, self.before.major_id or 0)
        if self.rule.kind is not Kind.DEPARTMENT_CHANGE or major is None or before is None:
            return
        if major.department_id is not None and major.department_id == before.department_id:
            self.lack(f"“{major.name}”仍在本系，请办理转专业")


def _full_name(group: ClassGroup) -> str:
    return full_name(group.cohort_year, group.name)
