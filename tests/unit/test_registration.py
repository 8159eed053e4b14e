"""Who came to the term, what the platform holds, which signed pages came back."""

from datetime import date
from pathlib import Path

import pytest

from app.models.organisation import Department, Major
from app.models.vocabulary import (
    Arrival,
    CheckMark,
    CountBase,
    Grouping,
    Kind,
    Sex,
    Signatory,
)
from app.services.errors import CheckRefused, NoSuchTerm, RegistrationRefused
from app.services.progress import finish
from app.services.register import checksheets, registration
from app.services.register.headcount import headcount, headcounts
from app.services.register.reports import headcount_report
from app.services.workstation import Workstation
from tests.builders import person, students, take_in, who, write_list

TERM = "2026-2027-1"
SEPTEMBER, JANUARY = date(2026, 9, 1), date(2027, 1, 31)
TODAY = date(2026, 10, 8)
IOT = "物联网应用技术"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (registration, checksheets):
        monkeypatch.setattr(module, "today", lambda: TODAY)


@pytest.fixture
def school(desk: Workstation, tmp_path: Path) -> Workstation:
    """安然, 白岩 and 常青 in two classes of one major, 戴月 in another one; the term is open."""
    rows = [
        person(1, "安然", boy=False),
        person(2, "白岩"),
        person(3, "常青"),
        person(4, "戴月", boy=False, 录取专业=IOT),
    ]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026, count=2, major="计算机应用技术")
    desk.placement.split(desk.actor, 2026, count=1, major=IOT)
    desk.registration.open_term(desk.actor, TERM, SEPTEMBER, JANUARY)
    return desk


def register(desk: Workstation, arrival: Arrival, *names: str, on: date = SEPTEMBER,
             reason: str = "") -> None:  # fmt: skip
    ids = [who(desk, name).id for name in names]
    desk.registration.register(desk.actor, TERM, ids, arrival, on=on, reason=reason)


# --- 学期注册 ------------------------------------------------------------------------------


def test_who_came_and_who_is_missing(school: Workstation) -> None:
    register(school, Arrival.ARRIVED, "安然", "白岩")
    register(school, Arrival.ON_LEAVE, "常青", reason="住院")
    rows = {row.student.name: row for row in school.registration.rows(school.actor, TERM)}
    assert {name: row.arrival for name, row in rows.items()} == {
        "安然": Arrival.ARRIVED,
        "白岩": Arrival.ARRIVED,
        "常青": Arrival.ON_LEAVE,
        "戴月": None,
    }
    missing = school.registration.missing(school.actor, TERM)
    assert [(row.student.name, row.overdue) for row in missing] == [("戴月", True)]
    in_time = school.registration.missing(school.actor, TERM, date(2026, 9, 15))
    assert [row.overdue for row in in_time] == [False]
    assert finish(school.vault.verify()).clean


def test_the_last_word_of_a_day_counts_and_the_earlier_stays(school: Workstation) -> None:
    register(school, Arrival.ABSENT, "安然")
    register(school, Arrival.ARRIVED, "安然", on=date(2026, 9, 5))

    def arrival(on: date) -> Arrival | None:
        rows = school.registration.rows(school.actor, TERM, on)
        return next(row.arrival for row in rows if row.student.name == "安然")

    assert arrival(date(2026, 9, 4)) is Arrival.ABSENT
    assert arrival(date(2026, 9, 5)) is Arrival.ARRIVED


@pytest.mark.parametrize(
    ("arrival", "on", "reason", "word"),
    [
        (Arrival.ON_LEAVE, SEPTEMBER, "", "写明原因"),
        (Arrival.ARRIVED, date(2026, 7, 1), "", "应在学期"),
        (Arrival.ARRIVED, date(2026, 10, 9), "", "不晚于今天"),
    ],
)
def test_a_registration_that_cannot_be_is_refused(
    school: Workstation, arrival: Arrival, on: date, reason: str, word: str
) -> None:
    with pytest.raises(RegistrationRefused, match=word):
        register(school, arrival, "安然", on=on, reason=reason)


def test_who_is_on_leave_is_not_expected(school: Workstation) -> None:
    school.changes.change(
        school.actor, who(school, "安然").id, Kind.SUSPENSION, SEPTEMBER,
        signed=frozenset(Signatory), evidence=[(None, "诊断证明")],
    )  # fmt: skip
    names = [row.student.name for row in school.registration.rows(school.actor, TERM)]
    assert "安然" not in names
    with pytest.raises(RegistrationRefused, match="安然这一天不是在校生"):
        register(school, Arrival.ARRIVED, "安然")


def test_terms_do_not_overlap(school: Workstation) -> None:
    with pytest.raises(RegistrationRefused, match="已有学期"):
        school.registration.open_term(school.actor, "另一个", JANUARY, date(2027, 7, 1))
    with pytest.raises(NoSuchTerm, match=TERM):
        school.registration.rows(school.actor, "没有")


# --- in the count -------------------------------------------------------------------------


def test_the_count_names_those_who_are_there(school: Workstation) -> None:
    register(school, Arrival.ARRIVED, "安然", "白岩")
    register(school, Arrival.POSTPONED, "常青", reason="缓交学费")
    with school.database.read() as session:
        total = headcount(session, SEPTEMBER, TODAY, base=CountBase.IN_SCHOOL).total
        outside = headcount(session, date(2027, 2, 1), date(2027, 3, 1)).total
    assert {one: len(ids) for one, ids in total.arrivals.items()} == {
        Arrival.ARRIVED: 2,
        Arrival.POSTPONED: 1,
        None: 1,
    }
    assert {sex: len(ids) for sex, ids in total.sexes.items()} == {Sex.MALE: 2, Sex.FEMALE: 2}
    assert outside.arrivals == {}


def test_sums_count_only_what_crosses_their_own_border(school: Workstation) -> None:
    with school.database.write(school.actor, "系部") as session:
        department = Department(name="信息系")
        session.add(department)
        session.flush()
        for major in session.query(Major):
            major.department_id = department.id
    school.changes.change(
        school.actor, who(school, "安然").id, Kind.MAJOR_CHANGE, TODAY,
        signed=frozenset(Signatory), to_major=IOT,
    )  # fmt: skip
    with school.database.read() as session:
        counts = headcounts(session, date(2026, 9, 2), TODAY, Grouping)
    assert all(count.balanced for count in counts.values())

    def moved(grouping: Grouping) -> list[tuple[str, int, int]]:
        return [
            (row.class_group, sum(map(len, row.entered.values())), sum(map(len, row.left.values())))
            for row in counts[grouping].rows
        ]

    assert moved(Grouping.MAJOR) == [("计算机应用技术", 0, 1), (IOT, 1, 0)]
    assert moved(Grouping.DEPARTMENT) == [("信息系", 0, 0)]
    assert moved(Grouping.COHORT) == [("2026级", 0, 0)]
    assert len(moved(Grouping.CLASS)) == 3


def test_the_platform_is_compared_class_by_class(school: Workstation) -> None:
    classes = {row.class_group: row.class_id for row in students(school) if row.class_id}
    school.registration.set_platform_counts(
        school.actor,
        {identity: 1 for name, identity in classes.items() if name.endswith("2601")},
        on=TODAY, source="学籍平台",
    )  # fmt: skip
    with school.database.read() as session:
        counts = headcounts(session, SEPTEMBER, TODAY, (Grouping.CLASS, Grouping.MAJOR))
    count = counts[Grouping.CLASS]
    differences = {row.class_group: row.platform_difference for row in count.rows}
    assert differences["计算机应用技术2602"] is None
    assert differences[f"{IOT}2601"] == 0
    first = next(row for row in count.rows if row.class_group == "计算机应用技术2601")
    assert first.platform_difference == 1 - len(first.closing)
    assert [row.class_group for row in count.differing] == (
        ["计算机应用技术2601"] if first.platform_difference else []
    )
    by_major = {row.class_group: row.platform for row in counts[Grouping.MAJOR].rows}
    assert by_major == {"计算机应用技术": None, IOT: 1}
    report = headcount_report(count, {row.id: row for row in students(school)})
    titles = [column.title for column in report.tables[0].columns]
    platform = titles.index("平台人数")
    for row, behind in zip(report.tables[0].rows, report.behind, strict=True):
        for at, (value, ids) in enumerate(zip(row, behind, strict=True)):
            if isinstance(value, int) and at < platform:
                assert value == len(ids)
    assert titles[-3:] == ["平台人数", "差额", "核对"]
    with pytest.raises(RegistrationRefused, match="小于 0"):
        school.registration.set_platform_counts(
            school.actor, {first.class_id or 0: -1}, on=TODAY, source="学籍平台"
        )


# --- 核查确认表 ----------------------------------------------------------------------------

TITLE = "2026年秋季学籍核查"


def made(desk: Workstation, lines: int = 1, title: str = TITLE) -> list[str]:
    (group,) = {row.class_id for row in students(desk) if row.class_group.endswith("2601")
                and row.major != IOT}  # fmt: skip
    sheets = desk.check_sheets.make(desk.actor, title, TODAY, [group or 0], lines)
    return [sheet.code for sheet in sheets]


def test_every_page_has_its_own_code(school: Workstation) -> None:
    codes = made(school)
    assert len(set(codes)) == len(codes) >= 1
    sheets = school.check_sheets.rows(school.actor, TITLE)
    assert [(sheet.page, sheet.pages) for sheet in sheets] == [
        (page, len(codes)) for page in range(1, len(codes) + 1)
    ]
    assert all(line.mark is None for sheet in sheets for line in sheet.lines)
    assert len(sheets[0].lines[0].id_tail) == 4
    with pytest.raises(CheckRefused, match=r"已有.*另起名称"):
        made(school)
    assert made(school, title="复核")[0] not in codes
    assert [(row.title, row.pages, row.returned) for row in school.check_sheets.checks(
        school.actor)] == [("复核", len(codes), 0), (TITLE, len(codes), 0)]  # fmt: skip


def test_a_page_says_what_it_said_when_it_was_made(school: Workstation) -> None:
    (code,) = made(school, lines=25)
    (sheet,) = school.check_sheets.rows(school.actor, TITLE)
    gone = sheet.lines[0].student
    school.voidings.propose(school.actor, gone.id, "重复")
    (after,) = school.check_sheets.rows(school.actor, TITLE)
    assert [line.student.id for line in after.lines] == [line.student.id for line in sheet.lines]
    assert after.lines[0].student.name == gone.name
    assert after.code == code


def test_a_returned_page_is_signed_but_for_the_exceptions(school: Workstation) -> None:
    (code,) = made(school, lines=25)
    (sheet,) = school.check_sheets.rows(school.actor, TITLE, outstanding=True)
    absent = sheet.lines[0].student
    sheet = school.check_sheets.tick(
        school.actor, code, exceptions={absent.id: (CheckMark.LOST, "联系不上")}
    )
    assert sheet.returned_on == TODAY
    assert sheet.lines[0].mark is CheckMark.LOST
    assert {line.mark for line in sheet.lines[1:]} <= {CheckMark.SIGNED}
    assert school.check_sheets.rows(school.actor, TITLE, outstanding=True) == []
    out = school.check_sheets.fallen_out(school.actor, TITLE)
    assert {mark: [line.student.id for line in lines] for mark, lines in out.items()} == {
        CheckMark.LOST: [absent.id]
    }
    (summary,) = school.check_sheets.summary(school.actor, TITLE)
    assert (summary.pages, summary.returned, summary.people) == (1, 1, len(sheet.lines))
    with pytest.raises(CheckRefused, match="已于"):
        school.check_sheets.tick(school.actor, code)
    assert school.check_sheets.untick(school.actor, code, "点错了").returned_on is None
    assert finish(school.vault.verify()).clean


def test_a_code_that_is_none_and_a_stranger_are_refused(school: Workstation) -> None:
    codes = made(school, lines=25)
    with pytest.raises(CheckRefused, match="HC9999999"):
        school.check_sheets.tick(school.actor, "HC9999999")
    stranger = who(school, "戴月").id
    with pytest.raises(CheckRefused, match="没有编号"):
        school.check_sheets.tick(
            school.actor, codes[0], exceptions={stranger: (CheckMark.LOST, "")}
        )
