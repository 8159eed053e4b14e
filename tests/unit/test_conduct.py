"""A punishment is complete when the student was heard, served, and the parents were written to."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from app.models.vocabulary import PunishmentKind, ServiceWay
from app.services.errors import ConductRefused, NoSuchConduct
from app.services.progress import finish
from app.services.register import conduct
from app.services.register.conduct import NOT_POSTED, PunishmentRow
from app.services.register.ledger import Moment
from app.services.register.students import Scope
from app.services.workstation import Workstation
from tests.builders import person, take_in, who, write_list

DECIDED = date(2026, 11, 2)
TODAY = date(2027, 1, 15)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conduct, "today", lambda: TODAY)


@pytest.fixture
def school(desk: Workstation, tmp_path: Path) -> Workstation:
    take_in(desk, write_list(tmp_path / "名册.xlsx", [person(1, "安然"), person(2, "白岩")]))
    return desk


def punish(desk: Workstation, **options: object) -> PunishmentRow:
    given: dict[str, object] = {
        "facts": "考试作弊",
        "decided_on": DECIDED,
        "told_on": date(2026, 10, 28),
        "document_number": "校发〔2026〕9号",
    } | options
    kind = given.pop("kind", PunishmentKind.DEMERIT)
    return desk.conduct.punish(desk.actor, who(desk, "安然").id, kind, **given)  # type: ignore[arg-type]


def test_the_file_says_what_it_wants_until_it_is_complete(school: Workstation) -> None:
    row = punish(school, told_on=None, document_number="")
    assert row.lacks == (
        "没有登记事先告知",
        "没有决定书文号",
        "没有登记送达",
        "没有向家长寄出挂号信（办法第八条）",
    )
    assert row.marks == (NOT_POSTED,)
    row = punish(school)
    school.conduct.serve(school.actor, row.id, on=date(2026, 11, 4), how=ServiceWay.IN_PERSON)
    row = school.conduct.post(
        school.actor, row.id, "XA123", on=date(2027, 1, 10), addressee="安建国"
    )
    assert (row.posted, row.marks, row.complete) == (True, (), False)
    assert row.lacks == ("挂号信 XA123 还没有回执",)
    row = school.conduct.receipt(
        school.actor, row.letters[0].id, on=date(2027, 1, 14), evidence=[(None, "挂号信回执")]
    )
    assert row.complete
    assert [paper.kind for paper in row.evidence] == ["挂号信回执"]
    incomplete = school.conduct.punishments(school.actor, incomplete=True)
    assert [one.id for one in incomplete] == [1]
    assert finish(school.vault.verify()).clean


def test_a_letter_that_came_back_is_posted_again(school: Workstation) -> None:
    row = punish(school)
    row = school.conduct.post(school.actor, row.id, "XA1", on=DECIDED, addressee="安建国")
    assert "XA1 还没有回执，请查询或重寄" in "；".join(row.lacks)
    row = school.conduct.returned(
        school.actor, row.letters[0].id, on=date(2026, 12, 1), reason="地址不详"
    )
    assert (row.posted, row.marks) == (False, (NOT_POSTED,))
    assert "还没有重寄" in row.lacks[-1]
    row = school.conduct.post(school.actor, row.id, "XA2", on=TODAY, addressee="安建国")
    assert [letter.number for letter in row.letters] == ["XA1", "XA2"]
    assert row.posted
    with pytest.raises(ConductRefused, match="结果已经登记"):
        school.conduct.receipt(school.actor, row.letters[0].id, on=TODAY)


@pytest.mark.parametrize(
    ("served", "last"),
    [(date(2026, 11, 4), date(2026, 11, 14))],
)
def test_the_days_to_appeal_run_from_the_service(
    school: Workstation, served: date, last: date
) -> None:
    row = punish(school)
    assert row.appeal_until is None
    row = school.conduct.serve(school.actor, row.id, on=served, how=ServiceWay.LEFT)
    assert row.appeal_until == last
    with pytest.raises(ConductRefused, match=f"申诉期限到 {last} 为止"):
        school.conduct.appeal(school.actor, row.id, on=last + timedelta(days=1))
    row = school.conduct.appeal(school.actor, row.id, on=last)
    row = school.conduct.appeal(school.actor, row.id, on=TODAY, result="维持")
    assert (row.appealed_on, row.appeal_result) == (last, "维持")


def test_under_the_old_order_there_were_five_working_days(school: Workstation) -> None:
    row = punish(school, decided_on=date(2016, 11, 2), told_on=date(2016, 11, 1))
    assert row.until is None
    row = school.conduct.serve(
        school.actor, row.id, on=date(2016, 11, 3), how=ServiceWay.IN_PERSON
    )  # a Thursday
    assert row.appeal_until == date(2016, 11, 10)


def test_a_punishment_ends_and_is_lifted(school: Workstation) -> None:
    row = punish(school)
    assert row.until == date(2027, 11, 2)
    assert row.in_force(TODAY)
    row = school.conduct.lift(school.actor, row.id, on=TODAY, document="校发〔2027〕1号")
    assert not row.in_force(TODAY)
    assert row.in_force(TODAY - timedelta(days=1))
    with pytest.raises(ConductRefused, match="解除"):
        school.conduct.lift(school.actor, row.id, on=TODAY, document="再来")


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"until": date(2026, 12, 1)}, "6 至 12 个月"),
        ({"until": date(2028, 1, 1)}, "6 至 12 个月"),
        ({"facts": " "}, "违纪事实"),
        ({"decided_on": date(2027, 6, 1)}, "还没有到"),
        ({"told_on": date(2026, 11, 3)}, "应在决定"),
        ({"kind": PunishmentKind.EXPULSION, "until": date(2027, 6, 1)}, "没有期限"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(
    school: Workstation, options: dict[str, object], word: str
) -> None:
    with pytest.raises(ConductRefused, match=word):
        punish(school, **options)
    assert school.conduct.punishments(school.actor) == []


def test_an_expulsion_is_not_lifted(school: Workstation) -> None:
    row = punish(school, kind=PunishmentKind.EXPULSION)
    with pytest.raises(ConductRefused, match="不能解除"):
        school.conduct.lift(school.actor, row.id, on=TODAY, document="号")


def test_what_was_voided_stays_with_its_reason(school: Workstation) -> None:
    row = school.conduct.void_punishment(school.actor, punish(school).id, "录错了人")
    assert (row.voided, row.lacks, row.marks) == ("录错了人", (), ())
    assert not row.in_force(TODAY)
    with pytest.raises(ConductRefused, match="已经作废"):
        school.conduct.serve(school.actor, row.id, on=TODAY, how=ServiceWay.IN_PERSON)
    assert [one.id for one in school.conduct.punishments(school.actor)] == [row.id]


def test_an_award_is_entered_and_may_be_voided(school: Workstation) -> None:
    row = school.conduct.reward(
        school.actor, who(school, "安然").id, "三好学生", awarded_on=DECIDED, level="校级",
        evidence=[(None, "表彰文件")],
    )  # fmt: skip
    assert [paper.kind for paper in row.evidence] == ["表彰文件"]
    assert school.conduct.rewards(school.actor, who(school, "白岩").id) == []
    row = school.conduct.void_reward(school.actor, row.id, "重复录入")
    assert [one.voided for one in school.conduct.rewards(school.actor)] == ["重复录入"]
    with pytest.raises(NoSuchConduct):
        school.conduct.void_reward(school.actor, 99, "没有")


def test_a_card_shows_what_stood_on_its_day(school: Workstation) -> None:
    before = datetime.now(UTC)
    row = punish(school)
    school.conduct.lift(school.actor, row.id, on=date(2027, 1, 5), document="校发〔2027〕1号")
    gone = punish(school, facts="迟到", kind=PunishmentKind.WARNING)
    school.conduct.void_punishment(school.actor, gone.id, "记错了人")

    def on_card(moment: Moment) -> list[tuple[str, date | None]]:
        (record,) = school.students.records(moment, Scope(ids=[row.student_id]))
        return [(line.name, line.lifted_on) for line in record.punishments]

    assert on_card(Moment(date(2026, 11, 1))) == []
    assert on_card(Moment(DECIDED)) == [("记过", None)]
    assert on_card(Moment(TODAY)) == [("记过", date(2027, 1, 5))]
    assert on_card(Moment(TODAY, before)) == []
