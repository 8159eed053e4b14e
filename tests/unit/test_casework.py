"""A case walks from the application to the file; what it lacks is listed and stops it."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.models.organisation import Department, Major
from app.models.rules.rulebook import Aspect, rule_name
from app.models.vocabulary import CaseStep, ConsentWay, Kind, Role, Signatory, Status
from app.services.errors import CaseRefused, ChangeRefused, NoSuchCase, NotYourRole
from app.services.progress import finish
from app.services.register import casework
from app.services.register.casework import UNREVIEWED, Approved, CaseRow
from app.services.register.students import StudentRow
from app.services.workstation import Workstation
from tests.builders import person, second_operator, take_in, write_list
from tests.builders import who as find

BOTH = frozenset(Signatory)
OCTOBER = date(2026, 10, 1)
TODAY = date(2026, 10, 20)
PAPER = [(None, "诊断证明")]
MAJOR = "计算机应用技术"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(casework, "today", lambda: TODAY)


@pytest.fixture
def school(desk: Workstation, tmp_path: Path) -> Iterator[Workstation]:
    """安然 and 白岩 in two classes of one major, 戴月 in another one."""
    rows = [
        person(1, "安然", boy=False),
        person(2, "白岩"),
        person(4, "戴月", boy=False, 录取专业="物联网应用技术"),
    ]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026, count=2, major=MAJOR)
    desk.placement.split(desk.actor, 2026, count=1, major="物联网应用技术")
    return desk


def who(desk: Workstation, name: str = "安然", as_of: date = OCTOBER) -> StudentRow:
    return find(desk, name, as_of)


def opened(desk: Workstation, kind: Kind = Kind.SUSPENSION, on: date = OCTOBER,
           name: str = "安然", **options: object) -> CaseRow:  # fmt: skip
    return desk.cases.open(desk.actor, who(desk, name).id, kind, on, **options)  # type: ignore[arg-type]


def complete(desk: Workstation, **options: object) -> CaseRow:
    return opened(desk, evidence=PAPER, signed=BOTH, **options)


def lacking(row: CaseRow) -> str:
    return "；".join(lack.text for lack in row.lacks)


# --- step by step -------------------------------------------------------------------------


def test_a_case_walks_from_the_application_to_the_file(school: Workstation) -> None:
    row = opened(school, reason="骨折", applied_on=date(2026, 9, 20))
    assert row.step is CaseStep.APPLICATION
    assert "学生和监护人签字" in lacking(row)
    assert "休学原因证明" in lacking(row)
    row = school.cases.add(
        school.actor, row.id, signed=BOTH, signed_on=date(2026, 9, 21),
        consent=ConsentWay.PHONE, witness="辅导员",
    )  # fmt: skip
    assert (row.step, row.consent, row.witness) == (CaseStep.PAPERS, ConsentWay.PHONE, "辅导员")
    assert {one.signed_on for one in row.signed} == {date(2026, 9, 21)}
    row = school.cases.add(school.actor, row.id, evidence=PAPER)
    assert row.step is CaseStep.EFFECT
    assert row.lacks == ()
    assert [(d.label, d.before, d.after) for d in row.differences] == [("学籍状态", "在校", "休学")]
    row = school.cases.effect(school.actor, row.id)
    assert (row.step, row.report_by) == (CaseStep.REPORT, TODAY + timedelta(days=30))
    assert row.days_left(TODAY) == 30
    assert row.until == date(2027, 9, 30)
    row = school.cases.report(school.actor, row.id, on=TODAY, receipt="苏联院回〔2026〕7号")
    assert row.step is CaseStep.FILING
    row = school.cases.file(school.actor, row.id, on=TODAY, place="2026-03 盒 12 页")
    assert (row.step, row.open) == (CaseStep.CLOSED, False)
    assert who(school).status is Status.SUSPENDED
    (entry,) = [
        one for one in school.changes.entries(school.actor, who(school).id)
        if one.entry.kind is Kind.SUSPENSION
    ]  # fmt: skip
    assert entry.case_id == row.id
    assert entry.signed == (Signatory.STUDENT, Signatory.GUARDIAN)
    assert [paper.kind for paper in entry.evidence] == ["诊断证明"]
    assert finish(school.vault.verify()).clean


def test_what_is_not_complete_does_not_take_effect(school: Workstation) -> None:
    row = opened(school, signed={Signatory.STUDENT})
    with pytest.raises(ChangeRefused, match=r"监护人签字.*休学原因证明"):
        school.cases.effect(school.actor, row.id)
    assert who(school).status is Status.ENROLLED


def test_the_direct_way_is_a_case_too(school: Workstation) -> None:
    entry = school.changes.change(
        school.actor, who(school).id, Kind.SUSPENSION, OCTOBER, evidence=PAPER, signed=BOTH
    )
    row = school.cases.row(school.actor, entry.case_id or 0)
    assert (row.step, row.entry_id) == (CaseStep.REPORT, entry.entry.id)
    assert {rule.name for rule in row.rules} >= {"休学·期限", "休学·签字", "休学·材料"}


def test_a_case_of_a_day_to_come_is_in_force_only_then(school: Workstation) -> None:
    row = school.cases.effect(school.actor, complete(school, on=date(2026, 12, 1)).id)
    assert row.report_by == date(2026, 12, 31)
    assert who(school, as_of=date(2026, 11, 30)).status is Status.ENROLLED
    assert who(school, as_of=date(2026, 12, 1)).status is Status.SUSPENDED


def test_each_act_has_its_step(school: Workstation) -> None:
    row = opened(school)
    with pytest.raises(CaseRefused, match="“申请”这一步"):
        school.cases.report(school.actor, row.id, on=TODAY, receipt="1")
    row = school.cases.effect(school.actor, complete(school, name="白岩").id)
    for act in (
        lambda: school.cases.effect(school.actor, row.id),
        lambda: school.cases.amend(school.actor, row.id, reason="别的"),
        lambda: school.cases.withdraw(school.actor, row.id, reason="不要了"),
        lambda: school.cases.file(school.actor, row.id, on=TODAY, place="盒"),
    ):
        with pytest.raises(CaseRefused, match="“上报”这一步"):
            act()
    with pytest.raises(NoSuchCase):
        school.cases.row(school.actor, 99)


def test_a_withdrawn_case_is_kept_and_off_the_desk(school: Workstation) -> None:
    row = school.cases.withdraw(school.actor, opened(school).id, reason="本人不休了")
    assert (row.step, row.withdrawn_reason) == (CaseStep.WITHDRAWN, "本人不休了")
    assert school.cases.rows(school.actor) == []
    kept = school.cases.rows(school.actor, steps=frozenset(CaseStep))
    assert [one.id for one in kept] == [row.id]
    with pytest.raises(CaseRefused):
        school.cases.add(school.actor, row.id, signed=BOTH)


def test_a_reversed_case_leaves_the_desk(school: Workstation) -> None:
    row = school.cases.effect(school.actor, complete(school).id)
    assert row.entry_id is not None
    reversal = school.changes.reverse(school.actor, row.student_id, row.entry_id, reason="录错")
    row = school.cases.row(school.actor, row.id)
    assert row.step is CaseStep.WITHDRAWN
    assert f"已冲正（编号 {reversal.entry.id}）" in row.notes


def test_a_scan_that_is_none_is_refused_by_name(school: Workstation, tmp_path: Path) -> None:
    bad = tmp_path / "休学.docx"
    bad.write_bytes(b"PK\x03\x04")
    with pytest.raises(ChangeRefused, match=r"休学\.docx"):
        opened(school, evidence=[(bad, "诊断证明")])
    assert school.cases.rows(school.actor, steps=frozenset(CaseStep)) == []


def test_an_unknown_class_is_a_lack_of_the_case(school: Workstation) -> None:
    row = opened(school, Kind.CLASS_CHANGE, signed=BOTH, to_class="没有的班")
    assert "没有班级“没有的班”" in lacking(row)
    other = next(c for c in (f"{MAJOR}2601", f"{MAJOR}2602") if c != who(school).class_group)
    row = school.cases.amend(school.actor, row.id, to_class=other)
    assert row.lacks == ()
    assert [(d.label, d.after) for d in row.differences] == [("班级", other)]


def test_the_desk_shows_the_nearest_deadline_first(school: Workstation) -> None:
    late = complete(school, on=date(2026, 12, 1))
    school.cases.effect(school.actor, late.id)
    soon = school.cases.effect(school.actor, complete(school, name="白岩").id)
    assert [row.id for row in school.cases.rows(school.actor)] == [soon.id, late.id]
    only = school.cases.rows(school.actor, student_id=who(school).id)
    assert [row.id for row in only] == [late.id]


def test_the_on_time_rate_counts_what_is_still_open_as_late(
    school: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = school.cases.effect(school.actor, complete(school).id)
    school.cases.effect(school.actor, complete(school, name="白岩").id)
    school.cases.report(school.actor, first.id, on=TODAY, receipt="7")
    monkeypatch.setattr(casework, "today", lambda: date(2027, 1, 31))
    counted = school.cases.punctuality(school.actor, date(2026, 9, 1), date(2027, 1, 31))
    assert (counted.in_time, counted.late, counted.rate) == (1, 1, 0.5)


# --- approval and the second person -------------------------------------------------------

STEPS = rule_name(Kind.SUSPENSION, Aspect.APPROVALS)
ALL_STEPS = ("班主任", "系部", "教务处", "分管校长")


def approve(desk: Workstation, case: int, step: str, *, agreed: bool = True) -> CaseRow:
    given = Approved(step, f"{step}某", OCTOBER, agreed, "" if agreed else "材料有疑")
    return desk.cases.approve(desk.actor, case, given)


def test_as_shipped_approval_is_noted_and_not_demanded(school: Workstation) -> None:
    row = complete(school)
    assert row.lacks == ()
    assert "还缺审批：班主任、系部、教务处、分管校长" in row.notes
    assert UNREVIEWED in row.notes
    row = approve(school, row.id, "班主任")
    assert "还缺审批：系部、教务处、分管校长" in row.notes
    assert [(one.step, one.person) for one in row.approvals] == [("班主任", "班主任某")]


@pytest.mark.parametrize("roles", [(), (Role.RECORD,)])
def test_a_confirmed_rule_alone_does_not_stop_a_school_of_one_person(
    school: Workstation, roles: tuple[Role, ...]
) -> None:
    school.rulebook.confirm(school.actor, [STEPS], OCTOBER)
    if roles:
        second_operator(school, *roles)
    assert complete(school).lacks == ()


def test_a_second_reviewer_alone_does_not_stop_what_no_rule_demands(school: Workstation) -> None:
    second_operator(school, Role.REVIEW)
    assert complete(school).lacks == ()


def test_once_confirmed_and_with_a_reviewer_approval_and_review_are_demanded(
    school: Workstation,
) -> None:
    school.rulebook.confirm(school.actor, [STEPS], OCTOBER)
    reviewer = second_operator(school, Role.REVIEW)
    with pytest.raises(ChangeRefused, match=r"还缺审批：班主任、.*审核人审核"):
        school.changes.change(
            school.actor, who(school).id, Kind.SUSPENSION, OCTOBER, evidence=PAPER, signed=BOTH
        )
    row = complete(school)
    assert row.step is CaseStep.APPROVAL
    for step in ALL_STEPS:
        row = approve(school, row.id, step)
    with pytest.raises(ChangeRefused, match="审核人审核"):
        school.cases.effect(school.actor, row.id)
    row = school.cases.review(reviewer, row.id)
    assert (row.step, row.reviewed_by) == (CaseStep.EFFECT, "秦审核")
    row = school.cases.effect(school.actor, row.id)
    assert UNREVIEWED not in row.notes
    assert school.cases.unreviewed(school.actor) == []
    entries = school.changes.entries(school.actor, row.student_id)
    assert entries[-1].notes == ()


@pytest.mark.promise(37)
def test_nobody_reviews_his_own_entry(school: Workstation) -> None:
    row = complete(school)
    with pytest.raises(CaseRefused, match="须由另一人审核"):
        school.cases.review(school.actor, row.id)
    clerk = second_operator(school, Role.RECORD)
    with pytest.raises(NotYourRole):
        school.cases.review(clerk, row.id)


def test_what_changes_after_the_review_is_to_be_reviewed_again(school: Workstation) -> None:
    reviewer = second_operator(school, Role.REVIEW)
    row = school.cases.review(reviewer, complete(school).id)
    row = school.cases.amend(school.actor, row.id, on=date(2026, 10, 5))
    assert (row.reviewed_by, row.reviewed_at) == ("", None)
    assert UNREVIEWED in row.notes


def test_a_step_that_did_not_agree_always_stops_the_case(school: Workstation) -> None:
    row = approve(school, complete(school).id, "系部", agreed=False)
    assert lacking(row) == "“系部”没有同意"
    with pytest.raises(ChangeRefused, match="“系部”没有同意"):
        school.cases.effect(school.actor, row.id)
    assert approve(school, row.id, "系部").lacks == ()


def test_an_approval_has_a_person_and_a_day_that_has_come(school: Workstation) -> None:
    row = complete(school)
    with pytest.raises(CaseRefused, match="审批人"):
        school.cases.approve(school.actor, row.id, Approved("系部", " ", OCTOBER))
    with pytest.raises(CaseRefused, match="还没有到"):
        school.cases.approve(school.actor, row.id, Approved("系部", "某", date(2027, 1, 1)))


def test_what_took_effect_unreviewed_is_listed(school: Workstation) -> None:
    done = school.cases.effect(school.actor, complete(school).id)
    complete(school, name="白岩")
    assert [row.id for row in school.cases.unreviewed(school.actor)] == [done.id]


# --- the rules of the day -----------------------------------------------------------------


def test_the_school_s_rule_is_what_a_case_goes_by(school: Workstation) -> None:
    name = rule_name(Kind.SUSPENSION, Aspect.MONTHS)
    row = complete(school)
    change = school.rulebook.change(
        school.actor, name, "6", document="学校", valid_from=date(2026, 9, 1)
    )
    assert [(one.case_id, one.open) for one in change.touched] == [(row.id, True)]
    row = school.cases.effect(school.actor, row.id)
    assert row.until == date(2027, 3, 31)
    assert next(rule for rule in row.rules if rule.name == name).value == "6"
    again = school.rulebook.change(
        school.actor, name, "9", document="学校", valid_from=date(2026, 9, 1)
    )
    assert [(one.case_id, one.open) for one in again.touched] == [(row.id, False)]
    kept = school.cases.row(school.actor, row.id)
    assert next(rule for rule in kept.rules if rule.name == name).value == "6"


def test_a_case_shows_what_its_day_demands_and_keeps_what_it_was_judged_by(
    school: Workstation,
) -> None:
    row = complete(school)

    def demand(papers: str) -> list[str]:
        school.rulebook.change(
            school.actor, rule_name(Kind.SUSPENSION, Aspect.PAPERS), papers,
            document="学校", valid_from=date(2026, 9, 1),
        )  # fmt: skip
        return [paper.name for paper in school.cases.row(school.actor, row.id).rule.papers]

    assert [paper.name for paper in row.rule.papers] == ["休学原因证明"]
    assert demand("家长同意书：同意书") == ["家长同意书"]
    assert demand("无") == []
    school.cases.effect(school.actor, row.id)
    assert demand("决定书：决定") == []


def test_papers_that_the_school_demands_besides_are_demanded(school: Workstation) -> None:
    school.rulebook.change(
        school.actor, rule_name(Kind.WITHDRAWAL, Aspect.PAPERS), "家长同意书：同意书",
        document="学校", valid_from=date(2026, 9, 1),
    )  # fmt: skip
    with pytest.raises(ChangeRefused, match="还缺家长同意书"):
        school.changes.change(school.actor, who(school).id, Kind.WITHDRAWAL, OCTOBER, signed=BOTH)


def suspend_twice(desk: Workstation) -> None:
    """On leave from October to February, back in March, and away again from April."""
    common = {"evidence": PAPER, "signed": BOTH}
    for kind, on, until in (
        (Kind.SUSPENSION, OCTOBER, date(2027, 9, 30)),
        (Kind.RESUMPTION, date(2027, 3, 1), None),
        (Kind.SUSPENSION, date(2027, 4, 1), date(2028, 3, 31)),
        (Kind.RESUMPTION, date(2028, 4, 1), None),
    ):
        desk.changes.change(desk.actor, who(desk).id, kind, on, until=until, **common)  # type: ignore[arg-type]


def test_how_often_is_noted_and_once_confirmed_refused(school: Workstation) -> None:
    suspend_twice(school)
    row = complete(school, on=date(2028, 9, 1))
    assert row.lacks == ()
    assert any("第 3 次休学" in note for note in row.notes)
    assert any("累计" in note for note in row.notes)
    school.rulebook.confirm(
        school.actor, [rule_name(Kind.SUSPENSION, Aspect.TIMES)], date(2028, 9, 1)
    )
    row = school.cases.row(school.actor, row.id)
    assert "第 3 次休学，规则为 2 次以内" in lacking(row)


def test_leave_that_ended_early_counts_as_long_as_it_was(school: Workstation) -> None:
    suspend_twice(school)
    row = complete(school, on=date(2028, 9, 1), until=date(2028, 11, 30))
    assert not any("累计" in note for note in row.notes)  # 151 + 366 + 91 days


# --- kinds --------------------------------------------------------------------------------


def test_a_change_of_department_leads_to_another_department(school: Workstation) -> None:
    with school.database.write(school.actor, "系部") as session:
        here, there = Department(name="信息系"), Department(name="物联系")
        session.add_all([here, there])
        session.flush()
        for major in session.query(Major):
            major.department_id = here.id
        ids = (here.id, there.id)
    row = opened(school, Kind.DEPARTMENT_CHANGE, signed=BOTH, to_major="物联网应用技术")
    assert "仍在本系，请办理转专业" in lacking(row)
    with school.database.write(school.actor, "系部") as session:
        session.query(Major).filter_by(name="物联网应用技术").one().department_id = ids[1]
    assert school.cases.row(school.actor, row.id).lacks == ()


@pytest.mark.parametrize("kind", [Kind.DEMOTION, Kind.REPEAT_YEAR])
def test_who_goes_down_sits_with_a_later_cohort(school: Workstation, kind: Kind) -> None:
    row = opened(school, kind, signed=BOTH, to_class=who(school, "白岩").class_group)
    assert "不是下面年级的班" in lacking(row)


def test_who_skips_a_year_sits_with_an_earlier_cohort(school: Workstation) -> None:
    row = opened(school, Kind.SKIPPED_YEAR, signed=BOTH, to_class=who(school, "白岩").class_group)
    assert "不是上面年级的班" in lacking(row)


def test_longer_study_has_an_end_and_leaves_the_student_in_school(school: Workstation) -> None:
    entry = school.changes.change(
        school.actor, who(school).id, Kind.STUDY_EXTENSION, date(2031, 7, 1), signed=BOTH
    ).entry
    assert entry.until == date(2032, 6, 30)
    assert who(school, as_of=date(2031, 7, 1)).status is Status.ENROLLED


def test_a_completed_student_exchanges_his_certificate(school: Workstation) -> None:
    student = who(school).id
    school.changes.change(school.actor, student, Kind.COMPLETION, date(2031, 6, 30))
    school.changes.change(school.actor, student, Kind.COMPLETION_EXCHANGE, date(2032, 6, 30))
    assert who(school, as_of=date(2032, 6, 30)).status is Status.GRADUATED
