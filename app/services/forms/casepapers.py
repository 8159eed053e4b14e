"""学籍异动 on paper: the application of a case, the notice of what it lacks.

And the papers of the checks and of the term, which are made of their own rows, too.

An application is printed as the case stands: what is registered is filled in, what is not is left
for the hand.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from app.models.vocabulary import CaseStep, CheckMark, Kind, Signatory
from app.services.clock import today
from app.services.errors import CheckRefused, NobodyOnPaper, NothingMissing
from app.services.forms.applications import (
    consent_words,
    day_words,
    form_of,
    paper_lines,
    step_lines,
)
from app.services.forms.fields import ARRIVALS, CHECK_SHEET, CHECK_SUMMARY, MISSING_NOTICE
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
from app.services.register.checksheets import CheckSheets, SheetRow, amiss, by_class
from app.services.register.ledger import Moment
from app.services.register.registration import ArrivalRow
from app.services.register.students import Scope, StudentRecord, student_records
from app.services.settings import load_settings
from app.services.vault.audit import Actor
from app.services.vault.database import Database

_BREAKS: Final = frozenset({Kind.SUSPENSION, Kind.RETENTION, Kind.ADMISSION_DEFERRAL})
#: What a student or a guardian can bring; the rest is for the school to do.
_THEIRS: Final = frozenset({CaseStep.APPLICATION, CaseStep.PAPERS})


def missing(case: CaseRow) -> list[str]:
    """What the student or a guardian still has to bring."""
    return [lack.text for lack in case.lacks if lack.step in _THEIRS]


class CasePapers:
    """The papers of the cases, of the checks and of the terms of one register."""

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
        pages = self._pages(actor, title)
        form = self._form(CHECK_SHEET, template)
        with self._database.read() as session:
            documents = [_document(form, values, None) for values in _check_values(session, pages)]
        return Sheet(form, form.name, title, None, tuple(documents), pages[0].as_of)

    def check_summary(self, actor: Actor, title: str) -> Sheet:
        """核查汇总表 of a check, and who did not simply sign."""
        pages = self._pages(actor, title)
        return self._list(CHECK_SUMMARY, title, pages[0].as_of, summary_values(title, pages))

    def arrivals(
        self, actor: Actor, title: str, term: str, on: date, rows: Sequence[ArrivalRow]
    ) -> Sheet:
        """学期注册名单: these students of a term, as of a day; `title` says which they are."""
        actor.require_sight()
        if not rows:
            raise NobodyOnPaper(form=title)
        values = {"名单名称": title, "学期": term, **arrival_values(rows)}
        return self._list(ARRIVALS, f"{term}　{title}", on, values)

    def _list(self, name: str, scope: str, on: date, values: Values) -> Sheet:
        """A paper of one list, which the school may have replaced."""
        form = self._library.template(name)
        with self._database.read() as session:
            said = school_values(Occasion(load_settings(session), on, scope, None))
        document = _document(form, {**said, **values}, None)
        return Sheet(form, form.name, scope, None, (document,), on)

    def _pages(self, actor: Actor, title: str) -> list[SheetRow]:
        pages = self._checks.rows(actor, title)
        if not pages:
            raise CheckRefused(problem=f"没有名为“{title}”的核查，请先制表")
        return pages

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
        "学生签字日期": day_words(signed.get(Signatory.STUDENT)),
        "家长签字日期": day_words(signed.get(Signatory.GUARDIAN)),
        "同意方式": consent_words(case.consent),
        "见证人": case.witness,
        "材料": list(paper_lines(case.rule, [paper.kind for paper in case.evidence])),
        "审批": list(step_lines(case.rule.approvals, case.approvals)),
        "缺项": [{"序号": at, "内容": text} for at, text in enumerate(lacks, start=1)],
        "缺项数": len(lacks),
    }


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


def summary_values(title: str, pages: Sequence[SheetRow]) -> Values:
    """What the summary of a check says: class by class and together, then who is missing."""
    whole = {**_summed(pages), "系部": "", "班级": "合　计"}
    out = list(amiss(pages))
    return {
        "核查名称": title,
        "核查页数": whole["页数"],
        "收回页数": whole["收回"],
        "核查汇总": [*map(_summed, by_class(pages)), whole],
        "没有签字人数": len(out),
        "没有签字的": [
            {
                "序号": at,
                "情况": mark.value,
                "班级": page.class_group,
                "学号": line.student.number,
                "姓名": line.student.name,
                "说明": line.note,
                "页码": page.code,
            }
            for at, (mark, line, page) in enumerate(out, start=1)
        ],
    }


def _summed(pages: Sequence[SheetRow]) -> dict[str, Any]:
    marks = Counter(line.mark for page in pages for line in page.lines)
    return {
        "系部": pages[0].department,
        "班级": pages[0].class_group,
        "页数": len(pages),
        "收回": sum(page.returned_on is not None for page in pages),
        "人数": marks.total(),
        **{mark.value: marks[mark] for mark in CheckMark},
        "没有收回": marks[None],
    }


def arrival_values(rows: Sequence[ArrivalRow]) -> Values:
    """What the list of a term says of these students."""
    return {
        "注册人数": len(rows),
        "注册名单": [
            {
                "序号": at,
                "班级": row.student.class_group,
                "学号": row.student.number or row.student.exam_number,
                "姓名": row.student.name,
                "性别": row.student.sex.value if row.student.sex else None,
                "情况": row.arrival.value if row.arrival else "没有登记",
                "日期": row.on,
                "原因": row.reason,
                "备注": "逾期" if row.overdue else "",
            }
            for at, row in enumerate(rows, start=1)
        ],
    }
