"""Applications bear two signatures, found errors stay, wrong records are voided by two people."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DatabaseError

from app.models.problems import Problem
from app.models.vocabulary import ConsentWay, Kind, Role, Signatory
from app.services.errors import (
    ApplicationRefused,
    CorrectionRefused,
    NoSuchVoiding,
    ProblemRefused,
    VoidingRefused,
)
from app.services.progress import finish
from app.services.register import applications, corrections, problems
from app.services.register.casework import UNREVIEWED
from app.services.register.ledger import Moment
from app.services.register.students import Scope
from app.services.vault import audit
from app.services.workstation import Workstation
from tests.builders import id_number, person, second_operator, students, take_in, who, write_list

BOTH = frozenset(Signatory)
OCTOBER = date(2026, 10, 1)
TODAY = date(2027, 3, 1)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (applications, corrections, problems):
        monkeypatch.setattr(module, "today", lambda: TODAY)


@pytest.fixture
def school(desk: Workstation, tmp_path: Path) -> Workstation:
    take_in(desk, write_list(tmp_path / "名册.xlsx", [person(1, "安然"), person(2, "白岩")]))
    return desk


# --- 书面申请 ------------------------------------------------------------------------------


def test_an_application_is_settled_once_both_have_signed(school: Workstation) -> None:
    row = school.applications.open(
        school.actor, who(school, "安然").id, "在读证明", applied_on=TODAY,
        consent=ConsentWay.LETTER, signed={Signatory.STUDENT}, evidence=[(None, "申请书")],
    )  # fmt: skip
    assert row.lacks == ("书面申请还缺监护人签字（办法第八条）",)
    with pytest.raises(ApplicationRefused, match="监护人签字"):
        school.applications.settle(school.actor, row.id, on=TODAY, result="已开")
    row = school.applications.add(school.actor, row.id, signed=BOTH)
    assert (row.lacks, row.signed) == ((), (Signatory.STUDENT, Signatory.GUARDIAN))
    row = school.applications.settle(school.actor, row.id, on=TODAY, result="已开证明一份")
    assert not row.open
    assert school.applications.rows(school.actor) == []
    (kept,) = school.applications.rows(school.actor, everything=True)
    assert [paper.kind for paper in kept.evidence] == ["申请书"]
    with pytest.raises(ApplicationRefused, match="已经办结"):
        school.applications.settle(school.actor, row.id, on=TODAY, result="再开")


@pytest.mark.parametrize(
    ("kind", "on", "word"), [(" ", TODAY, "申请什么"), ("证明", date(2027, 3, 2), "还没有到")]
)
def test_an_application_says_what_and_when(
    school: Workstation, kind: str, on: date, word: str
) -> None:
    with pytest.raises(ApplicationRefused, match=word):
        school.applications.open(school.actor, who(school, "安然").id, kind, applied_on=on)


# --- 信息变更 ------------------------------------------------------------------------------

NEW_NUMBER = id_number(9)
TOGETHER = {"姓名": "安晓", "身份证号": NEW_NUMBER}
PAPER = [(None, "户籍证明")]


def test_name_and_number_together_stop_for_a_decision(school: Workstation) -> None:
    student = who(school, "安然").id
    given = {"basis": "派出所证明", "evidence": PAPER, "on": OCTOBER}
    with pytest.raises(CorrectionRefused, match="姓名和身份证号同时变更"):
        school.corrections.correct(school.actor, student, TOGETHER, **given)  # type: ignore[arg-type]
    done = school.corrections.correct(
        school.actor, student, TOGETHER, decision="苏教学〔2027〕3号", signed=BOTH,
        **given,  # type: ignore[arg-type]
    )  # fmt: skip
    assert done.notes == ()
    row = who(school, "安晓")
    assert (row.id_number, row.person["former_name"]) == (NEW_NUMBER, "安然")
    (case,) = school.applications.rows(school.actor, everything=True)
    assert (case.id, case.kind, case.content) == (done.application_id, "信息变更", "姓名、身份证号")
    assert case.result == "派出所证明；苏教学〔2027〕3号"
    assert [paper.kind for paper in case.evidence] == ["户籍证明"]


def test_one_of_them_is_the_school_s_to_change(school: Workstation) -> None:
    done = school.corrections.correct(
        school.actor, who(school, "安然").id, {"姓名": "安晓"}, basis="更名", evidence=PAPER
    )
    assert any("学生和监护人签字" in note for note in done.notes)
    phone = school.corrections.correct(
        school.actor, who(school, "白岩").id, {"联系电话": "13911112222"}, basis="来电"
    )
    assert (phone.application_id, phone.notes) == (None, ())


# --- 问题抽屉 ------------------------------------------------------------------------------


def test_a_found_error_is_reported_settled_and_stays(school: Workstation) -> None:
    row = school.problems.enter(
        school.actor, "名册错一人", found_by="王主任", found_on=OCTOBER,
        student_id=who(school, "安然").id, due_on=date(2026, 10, 8),
    )  # fmt: skip
    assert (row.name, row.overdue(date(2026, 10, 9))) == ("安然", True)
    school.problems.report(school.actor, row.id, on=OCTOBER, to="学院学生管理处")
    row = school.problems.settle(school.actor, row.id, on=TODAY, how="重印名册")
    assert not row.open
    assert school.problems.rows(school.actor) == []
    assert len(school.problems.rows(school.actor, everything=True)) == 1
    with pytest.raises(ProblemRefused, match="处理完毕"):
        school.problems.settle(school.actor, row.id, on=TODAY, how="又一次")
    assert finish(school.vault.verify()).clean


@pytest.mark.parametrize(
    "statement",
    [
        delete(Problem),
        update(Problem).values(what="没有错"),
        update(Problem).values(found_by="别人"),
    ],
)
def test_what_was_found_cannot_be_removed_or_reworded(
    school: Workstation, statement: object
) -> None:
    row = school.problems.enter(school.actor, "名册错一人", found_by="某", found_on=OCTOBER)

    def force() -> None:
        with school.database.write(school.actor, "抹掉") as session:
            audit.touch(session, Problem, [row.id])
            session.execute(statement)  # type: ignore[call-overload]

    with pytest.raises(DatabaseError, match="不能"):
        force()
    with school.database.read() as session:
        assert session.scalar(text("SELECT what FROM problems")) == "名册错一人"


def test_a_problem_says_what_and_who(school: Workstation) -> None:
    with pytest.raises(ProblemRefused, match="由谁发现"):
        school.problems.enter(school.actor, "错", found_by=" ", found_on=OCTOBER)


# --- 作废 ----------------------------------------------------------------------------------


def names(desk: Workstation) -> list[str]:
    return [row.name for row in students(desk)]


def test_alone_a_record_is_voided_at_once_and_marked(school: Workstation) -> None:
    student = who(school, "白岩").id
    before = school.voidings.belongings(school.actor, student)
    assert before.lines[0] == "学籍台账 2 条"
    known = datetime.now(UTC)
    row = school.voidings.propose(school.actor, student, "重复录入")
    assert (row.done, row.notes) == (True, (UNREVIEWED,))
    assert names(school) == ["安然"]
    then = school.students.rows(Moment(OCTOBER, known), Scope())
    assert [one.name for one in then] == ["安然", "白岩"]
    with pytest.raises(VoidingRefused, match="已经作废"):
        school.voidings.propose(school.actor, student, "再来")


def test_with_a_reviewer_a_second_person_decides(school: Workstation) -> None:
    reviewer = second_operator(school, Role.REVIEW)
    student = who(school, "白岩").id
    row = school.voidings.propose(school.actor, student, "重复录入")
    assert not row.done
    assert names(school) == ["安然", "白岩"]
    with pytest.raises(VoidingRefused, match="等待第二人"):
        school.voidings.propose(school.actor, student, "再来")
    with pytest.raises(VoidingRefused, match="须由另一人确认"):
        school.voidings.confirm(school.actor, row.id)
    row = school.voidings.confirm(reviewer, row.id)
    assert (row.done, row.notes, row.confirmed_by) == (True, (), "秦审核")
    assert names(school) == ["安然"]
    assert finish(school.vault.verify()).clean


def test_a_dropped_proposal_leaves_the_record(school: Workstation) -> None:
    second_operator(school, Role.REVIEW)
    row = school.voidings.propose(school.actor, who(school, "白岩").id, "看错了")
    school.voidings.drop(school.actor, row.id)
    assert names(school) == ["安然", "白岩"]
    assert school.voidings.rows(school.actor) == []
    with pytest.raises(NoSuchVoiding):
        school.voidings.confirm(school.actor, row.id)


# --- before a 冲正 -------------------------------------------------------------------------


def test_what_rests_on_an_entry_is_shown_in_the_order_of_undoing(school: Workstation) -> None:
    student = who(school, "安然").id
    entries = [
        school.changes.change(
            school.actor, student, kind, on, signed=BOTH, evidence=[(None, "诊断证明")]
        ).entry
        for kind, on in (
            (Kind.SUSPENSION, OCTOBER),
            (Kind.SUSPENSION_EXTENSION, date(2027, 9, 1)),
            (Kind.RESUMPTION, date(2028, 2, 20)),
        )
    ]
    case = school.changes.entries(school.actor, student)[-3].case_id
    assert case is not None
    school.cases.report(school.actor, case, on=TODAY, receipt="回执7")
    found = school.changes.dependents(school.actor, student, entries[0].id)
    assert [row.id for row in found.entries] == [entries[2].id, entries[1].id]
    assert found.lines[-1] == "已上报，回执 回执7，须向上级更正"
    for row in found.entries:
        school.changes.reverse(school.actor, student, row.id, reason="录错")
    assert school.changes.dependents(school.actor, student, entries[0].id).entries == ()
    school.changes.reverse(school.actor, student, entries[0].id, reason="录错")


def test_the_admission_says_where_it_is_undone(school: Workstation) -> None:
    student = who(school, "安然").id
    admission = school.changes.entries(school.actor, student)[0].entry
    found = school.changes.dependents(school.actor, student, admission.id)
    assert "导入批次" in found.lines[0]
