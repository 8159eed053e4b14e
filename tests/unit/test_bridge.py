"""Two counts are explained to the last person: by what happened, and by what was learned."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.models.vocabulary import CountBase, Kind, Signatory
from app.services.errors import SealRefused
from app.services.progress import finish
from app.services.register import sealing
from app.services.register.bridge import Bridge, bridge
from app.services.register.ledger import Moment
from app.services.workstation import Workstation
from tests.builders import person, students, take_in, who, write_list

BOTH = frozenset(Signatory)
PROOF = [(None, "诊断证明")]
SEPTEMBER, OCTOBER, JANUARY = date(2026, 9, 1), date(2026, 10, 1), date(2027, 1, 31)


@pytest.fixture
def school(desk: Workstation, tmp_path: Path) -> Workstation:
    """Four students in two classes since the day of entry."""
    rows = [person(i, name) for i, name in enumerate(("安然", "白岩", "常青", "戴月"))]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026, count=2)
    return desk


def change(desk: Workstation, name: str, kind: Kind, on: date, **options: object) -> int:
    row = desk.changes.change(
        desk.actor, who(desk, name, on).id, kind, on, signed=BOTH,
        **options,  # type: ignore[arg-type]
    )  # fmt: skip
    return row.entry.id


def told(found: Bridge) -> list[tuple[str, list[str], list[str]]]:
    return [
        (line.label, [one.name for one in line.entered], [one.name for one in line.left])
        for line in found.lines
    ]


def between(desk: Workstation, first: Moment, second: Moment, **options: object) -> Bridge:
    found = desk.bridges.between(desk.actor, first, second, **options)  # type: ignore[arg-type]
    assert found.balanced
    return found


def test_between_two_days_it_is_what_happened(school: Workstation) -> None:
    change(school, "安然", Kind.WITHDRAWAL, OCTOBER)
    change(school, "白岩", Kind.SUSPENSION, OCTOBER, evidence=PROOF)
    found = between(school, Moment(date(2026, 8, 31)), Moment(JANUARY))
    assert (len(found.opening), len(found.closing)) == (0, 3)
    assert [(line.label, len(line.entered), len(line.left)) for line in found.lines] == [
        ("入学注册", 4, 0),
        ("退学", 0, 1),
    ]
    in_school = between(school, Moment(SEPTEMBER), Moment(JANUARY), base=CountBase.IN_SCHOOL)
    assert told(in_school) == [("休学", [], ["白岩"]), ("退学", [], ["安然"])]


def test_who_goes_twice_and_returns_once_is_gone(school: Workstation) -> None:
    back, again = date(2026, 11, 2), date(2026, 12, 1)
    change(school, "安然", Kind.SUSPENSION, OCTOBER, evidence=PROOF)
    change(school, "安然", Kind.RESUMPTION, back)
    change(school, "安然", Kind.SUSPENSION, again, evidence=PROOF)
    found = between(school, Moment(SEPTEMBER), Moment(JANUARY), base=CountBase.IN_SCHOOL)
    assert told(found) == [("休学", [], ["安然", "安然"]), ("复学", ["安然"], [])]


def test_backwards_it_is_the_same_with_the_sides_changed(school: Workstation) -> None:
    change(school, "安然", Kind.WITHDRAWAL, OCTOBER)
    found = between(school, Moment(JANUARY), Moment(SEPTEMBER))
    assert told(found) == [("退学", ["安然"], [])]


def test_between_two_states_of_knowledge_it_is_what_was_entered_since(
    school: Workstation,
) -> None:
    mistake = change(school, "白岩", Kind.WITHDRAWAL, OCTOBER)
    before = datetime.now(UTC)
    change(school, "安然", Kind.WITHDRAWAL, OCTOBER)
    school.changes.reverse(school.actor, who(school, "白岩").id, mistake, reason="录错")
    school.voidings.propose(school.actor, who(school, "常青").id, "重复")
    found = between(school, Moment(JANUARY, before), Moment(JANUARY))
    assert (len(found.opening), len(found.closing)) == (3, 2)
    assert told(found) == [
        ("后来登记：退学", [], ["安然"]),
        ("后来登记：冲正退学", ["白岩"], []),
        ("后来登记：作废", [], ["常青"]),
    ]


def test_both_at_once_are_two_legs(school: Workstation) -> None:
    before = datetime.now(UTC)
    change(school, "安然", Kind.WITHDRAWAL, SEPTEMBER)
    change(school, "白岩", Kind.WITHDRAWAL, OCTOBER)
    found = between(school, Moment(SEPTEMBER, before), Moment(JANUARY))
    assert told(found) == [("后来登记：退学", [], ["安然"]), ("退学", [], ["白岩"])]


def test_one_class_counts_what_crosses_its_own_border(school: Workstation) -> None:
    here, there = sorted({row.class_group for row in students(school)})
    mover = next(row for row in students(school) if row.class_group == here)
    change(school, mover.name, Kind.CLASS_CHANGE, OCTOBER, to_class=there)
    found = between(school, Moment(SEPTEMBER), Moment(JANUARY), class_id=mover.class_id)
    assert told(found) == [("转班", [], [mover.name])]
    assert (len(found.opening), len(found.closing)) == (2, 1)
    assert told(between(school, Moment(SEPTEMBER), Moment(JANUARY))) == []


# --- sealed -------------------------------------------------------------------------------


@pytest.fixture
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "today", lambda: date(2027, 2, 10))


@pytest.mark.usefixtures("_later")
def test_a_sealed_table_says_what_was_entered_since(school: Workstation) -> None:
    seal = school.seals.seal(school.actor, SEPTEMBER, JANUARY, note="秋季")
    again = school.seals.seal(school.actor, SEPTEMBER, JANUARY)
    assert seal.fingerprint == again.fingerprint
    assert seal.rows[-1]["class"] == "合计"
    assert school.seals.check(school.actor, seal.id).unchanged
    name = who(school, "安然").class_group
    change(school, "安然", Kind.WITHDRAWAL, OCTOBER)
    found = school.seals.check(school.actor, seal.id)
    assert found.sound
    assert not found.unchanged
    changed = {
        (one.class_group, one.what): (len(one.sealed), len(one.now)) for one in found.differences
    }
    assert changed[name, "期末"] == (2, 1)
    assert changed[name, "减：退学"] == (0, 1)
    assert changed["合计", "期末"] == (4, 3)
    assert [line.label for line in found.since.lines] == ["后来登记：退学"]
    change(school, "白岩", Kind.WITHDRAWAL, date(2027, 2, 1))
    assert len(school.seals.check(school.actor, seal.id).since.lines) == 1
    assert [row.id for row in school.seals.rows(school.actor)] == [again.id, seal.id]
    assert finish(school.vault.verify()).clean


@pytest.mark.usefixtures("_later")
def test_the_same_number_of_other_people_is_a_difference(school: Workstation) -> None:
    taken = change(school, "安然", Kind.WITHDRAWAL, OCTOBER)
    seal = school.seals.seal(school.actor, SEPTEMBER, JANUARY)
    school.changes.reverse(school.actor, who(school, "安然").id, taken, reason="录错")
    change(school, "白岩", Kind.WITHDRAWAL, OCTOBER)
    found = school.seals.check(school.actor, seal.id)
    (total,) = [one for one in found.differences
                if (one.class_group, one.what) == ("合计", "期末")]  # fmt: skip
    gone, come = set(total.sealed) - set(total.now), set(total.now) - set(total.sealed)
    assert (gone, come) == ({who(school, "白岩", SEPTEMBER).id}, {who(school, "安然").id})


def test_a_period_that_has_not_ended_is_not_sealed(
    school: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "today", lambda: OCTOBER)
    with pytest.raises(SealRefused, match="还没有到"):
        school.seals.seal(school.actor, SEPTEMBER, JANUARY)


def test_a_bridge_needs_no_movement(school: Workstation) -> None:
    with school.database.read() as session:
        found = bridge(session, Moment(OCTOBER), Moment(OCTOBER))
    assert found.balanced
    assert found.lines == ()
