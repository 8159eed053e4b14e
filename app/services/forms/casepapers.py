"""学籍异动 on paper: the application of a case, the notice of what it lacks, the check sheets.

An application is printed as the case stands: what is registered is filled in, what is not is left
for the hand.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from app.models.rules.transitions import Rule
from app.models.vocabulary import CaseStep, ConsentWay, Kind, Signatory
from app.services.clock import today
from app.services.errors import CheckRefused, NobodyOnPaper, NothingMissing
from app.services.forms.fields import CHECK_SHEET, MISSING_NOTICE
from app.services.forms.form_reader import form_bytes, inspect_form
from app.services.forms.library import Library
from app.services.forms.papers import Occasion, changes_of, person_values, school_values
from app.services.forms.printing import (
    Document,
    Sheet,
    demand_known,
    document_of,
    printed_values,
)
from app.services.forms.template import Template, compile_template
from app.services.forms.values import Values, fingerprint
from app.services.register.casework import CaseRow, Cases
from app.services.register.checksheets import CheckSheets, SheetRow
from app.services.register.ledger import Moment
from app.services.register.students import Scope, StudentRecord, student_records
from app.services.settings import load_settings
from app.services.vault.audit import Actor
from app.services.vault.database import Database

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
_BREAKS: Final = frozenset({Kind.SUSPENSION, Kind.RETENTION, Kind.ADMISSION_DEFERRAL})
_BLANK_DAY: Final = "　　　年　　月　　日"
_RECEIVED, _OPEN = "√", "□"
#: What a student or a guardian can bring; the rest is for the school to do.
_THEIRS: Final = frozenset({CaseStep.APPLICATION, CaseStep.PAPERS})


def form_of(kind: Kind) -> str:
    """The paper on which a change of this kind is applied for or decided."""
    return _APPLICATIONS.get(kind, DECISION_FORM)


def missing(case: CaseRow) -> list[str]:
    """What the student or a guardian still has to bring."""
    return [lack.text for lack in case.lacks if lack.step in _THEIRS]


class CasePapers:
    """The papers of the cases and of the checks of one register."""

    def __init__(
        self, database: Database, cases: Cases, checks: CheckSheets, library: Library
    ) -> None:
        self._database = database
        self._library = library
        self._cases = cases
        self._checks = checks

    def application(self, actor: Actor, case_id: int, template: str = "") -> Sheet:
        """申请表 of a case; `template`: a form of the school's own instead of the shipped one."""
        case = self._cases.row(actor, case_id)
        return self._sheet(case, form_of(case.kind), template)

    def notice(self, actor: Actor, case_id: int, template: str = "") -> Sheet:
        """缺材料通知 of a case; raises NothingMissing."""
        case = self._cases.row(actor, case_id)
        if not missing(case):
            raise NothingMissing(name=case.name, kind=case.kind.value, case=case.id)
        return self._sheet(case, MISSING_NOTICE, template)

    def check_sheets(self, actor: Actor, title: str, template: str = "") -> Sheet:
        """学籍核查确认表: the pages of a check, each a document with the code to tick it off by."""
        pages = self._checks.rows(actor, title)
        if not pages:
            raise CheckRefused(problem=f"没有名为“{title}”的核查，请先制表")
        form = self._form(CHECK_SHEET, template)
        with self._database.read() as session:
            documents = [_document(form, values, None) for values in _check_values(session, pages)]
        return Sheet(form, form.name, title, None, tuple(documents), pages[0].as_of)

    def _form(self, name: str, template: str) -> Template:
        """The form in use, or a file that asks for nothing which that form does not know."""
        if not template:
            return self._library.template(name)
        data = form_bytes(Path(template))
        inspect_form(data, Path(template).stem)
        form = compile_template(data, Path(template).stem)
        demand_known(form, name)
        return form

    def _sheet(self, case: CaseRow, name: str, template: str) -> Sheet:
        form = self._form(name, template)
        with self._database.read() as session:
            moment = Moment(today(), upcoming=True)
            records = student_records(session, moment, Scope(ids=[case.student_id]))
            if not records:  # a record made by mistake and voided since
                raise NobodyOnPaper(form=form.name)
            record = records[0]
            occasion = Occasion(load_settings(session), today(), case.name, record.row.cohort)
        document = _document(form, case_values(case, record, occasion), case.student_id)
        return Sheet(form, form.name, case.name, record.row.cohort, (document,), today())


def _document(form: Template, values: Values, student_id: int | None) -> Document:
    return document_of(form, values, fingerprint(printed_values(form, values)), student_id)


# --- values -------------------------------------------------------------------------------


def case_values(case: CaseRow, record: StudentRecord, occasion: Occasion) -> Values:
    """What the papers of a case say of it."""
    settings = occasion.settings
    lacks = missing(case)
    signed = {one.signatory: one.signed_on for one in case.signed}
    return {
        **school_values(occasion),
        **person_values(record),
        **_before(case, record),
        "个案编号": case.id,
        "异动类型": case.kind.value,
        "生效日期": case.effective_date,
        "截止日期": case.until,
        "申请日期": case.applied_on,
        "原因": case.reason,
        "转入班级": case.to_class,
        "转入专业": case.to_major,
        "变动前": _side(case, "before") or f"{record.row.status.value} {record.row.class_group}",
        "变动后": _side(case, "after"),
        "依据": case.rule.source,
        "批复文号": case.document_number,
        "学生签字日期": _day(signed.get(Signatory.STUDENT)),
        "家长签字日期": _day(signed.get(Signatory.GUARDIAN)),
        "同意方式": "　".join(
            f"{_RECEIVED if case.consent is way else _OPEN}{way.value}" for way in ConsentWay
        ),
        "见证人": case.witness,
        "材料": list(_papers(case)),
        "审批": list(_approvals(case)),
        "缺项": [{"序号": at, "内容": text} for at, text in enumerate(lacks, start=1)],
        "缺项数": len(lacks),
        "部门": settings.office,
        "经办人": settings.registrar,
        "办公电话": settings.phone,
    }


def _day(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else _BLANK_DAY


def _side(case: CaseRow, side: str) -> str:
    """The side of the standing that a change moves, in words."""
    return " ".join(filter(None, (getattr(one, side) for one in case.differences)))


def _before(case: CaseRow, record: StudentRecord) -> dict[str, Any]:
    """The suspension or retention that a resumption ends."""
    breaks = [
        entry for entry in changes_of(record)
        if entry.kind in _BREAKS and entry.effective_date <= case.effective_date
    ]  # fmt: skip
    if not breaks:
        return {"原起止": "", "原原因": ""}
    last = breaks[-1]
    end = f" 至 {last.until}" if last.until else " 起"
    return {"原起止": f"{last.effective_date}{end}", "原原因": last.reason}


def _papers(case: CaseRow) -> Iterator[dict[str, str]]:
    """What the rule demands, what is usually filed, and what is in besides."""
    held = [paper.kind for paper in case.evidence]
    rest = list(held)
    for paper in case.rule.papers:
        mine = [kind for kind in held if paper.accepts(kind)]
        rest = [kind for kind in rest if kind not in mine]
        words = "、".join(paper.words) + ("等" if paper.others else "")
        said = f"已收：{'、'.join(mine)}" if mine else f"必备，可用：{words}"
        yield _line(bool(mine), paper.name, said)
    for usual in _usual(case.rule):
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


def _approvals(case: CaseRow) -> Iterator[dict[str, str]]:
    """Each step of the rule, and those that were taken besides."""
    done = {one.step: one for one in case.approvals}
    for step in dict.fromkeys([*(case.rule.approvals or _STEPS), *done]):
        one = done.get(step)
        if one is None:
            yield {"步骤": step, "意见": "", "审批人": "", "日期": _BLANK_DAY}
        else:
            verdict = "同意" if one.agreed else "不同意"
            opinion = f"{verdict}。{one.opinion}" if one.opinion else verdict
            day = _day(one.decided_on)
            yield {"步骤": step, "意见": opinion, "审批人": one.person, "日期": day}


def _check_values(session: Session, pages: Sequence[SheetRow]) -> Iterator[Values]:
    """What each page says: the people of the day on which it was made."""
    settings = load_settings(session)
    for page in pages:
        occasion = Occasion(settings, page.as_of, page.class_group, None)
        yield {
            **school_values(occasion),
            "核查名称": page.title,
            "核查页码": page.code,
            "本班页码": str(page.page),
            "本班页数": str(page.pages),
            "系部": page.department,
            "班级": page.class_group,
            "名单": [
                {
                    "序号": at,
                    "学号": line.student.number,
                    "姓名": line.student.name,
                    "性别": line.student.sex.value if line.student.sex else None,
                    "出生日期": line.student.birth_date,
                    "证件号后四位": line.id_tail,
                    "学籍状态": line.student.status.value,
                }
                for at, line in enumerate(page.lines, start=1)
            ],
        }
