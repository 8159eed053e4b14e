"""The papers of a case say how it stands: what is registered is printed, the rest left open."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from app.models.rules.transitions import CHANGE_KINDS, RULES
from app.models.vocabulary import Arrival, CheckMark, ConsentWay, Kind, Signatory
from app.services.errors import CheckRefused, FieldsUnknown, NobodyOnPaper, NothingMissing
from app.services.forms import pdf
from app.services.forms.applications import form_of
from app.services.forms.fields import CASE_FORMS, fields_of
from app.services.forms.printing import Sheet
from app.services.forms.template import compile_template
from app.services.progress import finish
from app.services.register import casework
from app.services.register.casework import Approved, CaseRow
from app.services.resources import resource
from app.services.workstation import Workstation
from tests.builders import person, take_in, write_list
from tests.builders import who as find
from tests.unit.form_samples import texts

OCTOBER = date(2026, 10, 8)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(casework, "today", lambda: date(2026, 10, 20))


@pytest.fixture
def school(desk: Workstation, tmp_path: Path) -> Iterator[Workstation]:
    """安然 and 27 others in one class."""
    rows = [person(1, "安然", boy=False), *(person(at, f"白{at:02d}") for at in range(2, 29))]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026, count=1)
    return desk


def opened(desk: Workstation, kind: Kind = Kind.SUSPENSION, **options: object) -> CaseRow:
    student = find(desk, "安然", OCTOBER).id
    return desk.cases.open(desk.actor, student, kind, OCTOBER, **options)  # type: ignore[arg-type]


def pages(sheet: Sheet) -> list[str]:
    return texts(finish(pdf.draw(sheet.template, sheet.values, title=sheet.title)).pdf)


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_every_kind_has_its_form_and_every_form_its_kind() -> None:
    used = {form_of(kind) for kind in CHANGE_KINDS}
    assert used == set(CASE_FORMS)
    signed = {kind for kind in CHANGE_KINDS if RULES[kind].signed}
    without = {kind for kind in signed if form_of(kind) == "学籍异动审批表"}
    assert without == {Kind.STUDY_EXTENSION, Kind.EARLY_GRADUATION}


def test_every_field_of_a_case_is_on_one_of_its_forms() -> None:
    shown = {
        ref.path
        for form in (*CASE_FORMS, "缺材料通知")
        for ref in compile_template(resource("forms", f"{form}.xlsx")).fields
    }
    own = {
        path
        for field in fields_of(CASE_FORMS[0])
        if field.source in ("异动个案", "规则") or field.name.startswith("原")
        for path in field.paths
    }
    assert own <= shown


@pytest.mark.parametrize("kind", CHANGE_KINDS, ids=lambda kind: kind.value)
def test_an_application_fits_one_sheet_of_paper(school: Workstation, kind: Kind) -> None:
    case = opened(school, kind, reason="因家庭情况变化，经与家长商量，申请办理。" * 3)
    sheet = school.case_papers.application(school.actor, case.id)
    drawn = finish(pdf.draw(sheet.template, sheet.values, title=sheet.title))
    assert len(texts(drawn.pdf)) == 1
    assert [str(one) for one in (*drawn.warnings, *drawn.overflows)] == []
    said = squeezed(texts(drawn.pdf)[0])
    for word in ("安然", RULES[kind].source.partition("；")[0], "2026年10月8日"):
        assert squeezed(word) in said


def test_what_is_registered_is_printed_and_the_rest_left_open(school: Workstation) -> None:
    case = opened(
        school, reason="骨折", applied_on=date(2026, 10, 6), consent=ConsentWay.PHONE,
        witness="周敏", evidence=[(None, "诊断证明"), (None, "病历")],
        signed=frozenset({Signatory.STUDENT}),
    )  # fmt: skip
    school.cases.approve(
        school.actor, case.id, Approved("班主任", "钱静", OCTOBER, opinion="情况属实")
    )
    sheet = school.case_papers.application(school.actor, case.id)
    values = sheet.documents[0].values
    assert values["学生签字日期"] == "2026年10月6日"
    assert values["家长签字日期"].split() == ["年", "月", "日"]
    assert values["同意方式"] == "□当面　□书信　√电话"
    marks = {line["名称"]: line["标记"] for line in values["材料"]}
    assert marks["休学原因证明"] == "√"
    assert marks["其他："] == "□"
    assert [line["步骤"] for line in values["审批"]] == ["班主任", "系部", "教务处", "分管校长"]
    said = squeezed(pages(sheet)[0])
    for word in ("骨折", "周敏", "同意。情况属实", "钱静", "已收：诊断证明"):
        assert word in said


def test_a_resumption_names_the_leave_that_it_ends(school: Workstation) -> None:
    both, student = frozenset(Signatory), find(school, "安然", OCTOBER).id
    school.changes.change(
        school.actor, student, Kind.SUSPENSION, OCTOBER, until=date(2027, 10, 7), signed=both,
        evidence=[(None, "诊断证明")], reason="骨折",
    )  # fmt: skip
    case = school.cases.open(school.actor, student, Kind.RESUMPTION, date(2027, 9, 1))
    (document,) = school.case_papers.application(school.actor, case.id).documents
    assert document.values["原起止"] == "2026-10-08 至 2027-10-07"
    assert document.values["原原因"] == "骨折"
    assert document.student_id == student


def test_the_notice_says_what_people_must_bring_and_nothing_else(school: Workstation) -> None:
    case = opened(school, signed=frozenset({Signatory.STUDENT}))
    sheet = school.case_papers.notice(school.actor, case.id)
    lines = [line["内容"] for line in sheet.documents[0].values["缺项"]]
    assert len(lines) == 2
    assert "监护人签字" in lines[0]
    assert "休学原因证明" in lines[1]
    assert all(squeezed(line) in squeezed(pages(sheet)[0]) for line in lines)
    case = school.cases.add(
        school.actor, case.id, signed=frozenset(Signatory), evidence=[(None, "诊断证明")]
    )
    with pytest.raises(NothingMissing, match="安然"):
        school.case_papers.notice(school.actor, case.id)


def test_a_form_of_the_school_takes_the_fields_of_the_shipped_one(
    school: Workstation, tmp_path: Path
) -> None:
    case = opened(school, reason="骨折")
    book = openpyxl.Workbook()
    own = tmp_path / "本校休学申请.xlsx"
    book.active["A1"], book.active["A2"] = "{{姓名}}因{{原因}}", "{{审批.步骤}}"
    book.save(own)
    sheet = school.case_papers.application(school.actor, case.id, str(own))
    assert "安然因骨折" in pages(sheet)[0]
    book.active["A1"] = "{{缘由}}"
    book.save(own)
    with pytest.raises(FieldsUnknown, match="缘由"):
        school.case_papers.application(school.actor, case.id, str(own))


def test_a_printed_application_is_on_record(school: Workstation, tmp_path: Path) -> None:
    case = opened(school)
    sheet = school.case_papers.application(school.actor, case.id)
    made = finish(school.printing.write(school.actor, sheet, tmp_path / "申请.xlsx"))
    assert made.codes == (sheet.documents[0].code,)
    dossier = school.dossiers.of(school.actor, case.student_id)
    assert dossier is not None
    assert [paper.form for paper in dossier.papers] == ["休学申请表"]


def test_each_page_of_a_check_carries_its_own_code(school: Workstation) -> None:
    (group,) = school.establishment.classes()
    made = school.check_sheets.make(school.actor, "秋季核查", OCTOBER, [group.id])
    sheet = school.case_papers.check_sheets(school.actor, "秋季核查")
    drawn = pages(sheet)
    assert len(drawn) == len(made) == 2
    for page, row in zip(drawn, made, strict=True):
        assert row.code in page
        assert f"第 {row.page} 页共 2 页" in page
        assert all(line.student.name in page for line in row.lines)
        assert all((line.student.id_number or "") not in page for line in row.lines)
    with pytest.raises(CheckRefused, match="请先制表"):
        school.case_papers.check_sheets(school.actor, "春季核查")


def test_the_summary_of_a_check_counts_every_line_and_names_who_did_not_sign(
    school: Workstation,
) -> None:
    (group,) = school.establishment.classes()
    first, second = school.check_sheets.make(school.actor, "秋季核查", OCTOBER, [group.id])
    lost = first.lines[0].student
    exceptions = {lost.id: (CheckMark.LOST, "九月起未到校")}
    school.check_sheets.tick(school.actor, first.code, on=OCTOBER, exceptions=exceptions)
    sheet = school.case_papers.check_summary(school.actor, "秋季核查")
    (values,) = sheet.values
    line, whole = values["核查汇总"]
    assert (line["班级"], whole["班级"]) == (group.name, "合　计")
    assert (whole["页数"], whole["收回"], whole["人数"], whole["流失"]) == (2, 1, 28, 1)
    assert whole["没有收回"] == len(second.lines)
    assert sum(whole[name] for name in (*CheckMark, "没有收回")) == 28
    drawn = pages(sheet)
    assert "共 2 页，收回 1 页" in drawn[0]
    for said in (lost.name, "九月起未到校", first.code, "共 1 人"):
        assert said in drawn[1]


def test_the_list_of_a_term_says_which_it_is_and_is_not_printed_of_nobody(
    school: Workstation,
) -> None:
    actor = school.actor
    school.registration.open_term(actor, "2026-2027-1", date(2026, 9, 1), date(2027, 1, 31))
    student = find(school, "安然", OCTOBER).id
    school.registration.register(
        actor, "2026-2027-1", [student], Arrival.ON_LEAVE, on=date(2026, 9, 2), reason="住院"
    )
    rows = school.registration.rows(actor, "2026-2027-1", OCTOBER)
    of_her = [row for row in rows if row.student.id == student]
    made = school.case_papers.arrivals(actor, "学期注册名单", "2026-2027-1", OCTOBER, of_her)
    (drawn,) = pages(made)
    for said in ("学期注册名单", "2026-2027-1 学期", "安然", "请假", "住院", "2026-09-02"):
        assert said in drawn
    with pytest.raises(NobodyOnPaper, match="未注册名单"):
        school.case_papers.arrivals(actor, "未注册名单", "2026-2027-1", OCTOBER, ())
