"""What a disc will hold is told before it is built; what was built is remembered."""

from pathlib import Path

import pytest

from app.models.vocabulary import Role
from app.services.archive import planning
from app.services.archive.content import Medium
from app.services.archive.verify import Difference
from app.services.errors import NotYourRole
from app.services.progress import finish
from app.services.vault.audit import Actor
from app.services.workstation import Workstation
from tests.builders import person, take_in, write_list
from tests.unit.disc_samples import extract

PEOPLE = ["安然", "白岩", "陈木", "丁香", "方圆", "高山"]


@pytest.fixture
def school(desk: Workstation, tmp_path: Path) -> Workstation:
    """Six students of 2026 in two classes."""
    rows = [person(number, name) for number, name in enumerate(PEOPLE, start=1)]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026, count=2)
    return desk


def test_the_plan_tells_every_file_and_about_the_size(school: Workstation, tmp_path: Path) -> None:
    plan = finish(school.discs.plan(school.actor, 2026))
    built = finish(school.discs.build(school.actor, 2026, tmp_path / "盘"))
    assert plan.files == built.files
    assert plan.size == pytest.approx(built.size, rel=0.12)
    assert plan.preliminary
    assert plan.students == len(PEOPLE)
    records = plan.parts[0]
    assert [part.name for part in records.parts] == [
        "计算机应用技术2601",
        "计算机应用技术2602",
        "名册",
    ]
    assert sum(part.files for part in plan.parts) == plan.files
    assert 0 < plan.fill(Medium.BD) < plan.fill(Medium.CD) < 1


def test_a_long_workbook_is_told_by_some_of_its_lines(
    school: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = finish(school.discs.plan(school.actor, 2026)).parts[1]
    monkeypatch.setattr(planning, "_LINES", 5)
    told = finish(school.discs.plan(school.actor, 2026)).parts[1]
    assert told.files == whole.files
    assert told.size != whole.size
    assert told.size == pytest.approx(whole.size, rel=0.1)


def test_an_image_that_was_built_is_remembered_with_its_last_check(
    school: Workstation, tmp_path: Path
) -> None:
    image = finish(school.discs.build(school.actor, 2026, tmp_path / "盘")).path
    (row,) = school.discs.built()
    assert row.checked is None
    checked = finish(school.discs.check(school.actor, image))
    assert checked.report.sound
    assert checked.known is not None
    (row,) = school.discs.built()
    assert row.checked is not None
    assert row.findings == 0


def test_every_file_has_its_verdict_the_bad_ones_first(school: Workstation, tmp_path: Path) -> None:
    image = finish(school.discs.build(school.actor, 2026, tmp_path / "盘")).path
    mounted = tmp_path / "光盘"
    extract(image, mounted)
    card = next(mounted.rglob("*-Y-000001-01.pdf"))
    card.chmod(0o644)
    card.write_bytes(card.read_bytes() + b" ")
    checked = finish(school.discs.check(school.actor, mounted))
    listing = checked.report.listing()
    assert len(listing) == checked.report.files
    assert listing[0].difference is not None
    changed = next(file for file in listing if file.path.endswith(card.name))
    assert changed.difference is Difference.CHANGED
    assert "学籍卡" in changed.title
    assert [file.difference for file in listing[3:]] == [None] * (len(listing) - 3)
    assert school.discs.built()[0].findings == len(checked.report.findings)


def test_a_disc_of_somewhere_else_is_not_taken_for_one_of_ours(
    school: Workstation, tmp_path: Path
) -> None:
    image = finish(school.discs.build(school.actor, 2026, tmp_path / "盘")).path
    take_in(school, write_list(tmp_path / "补.xlsx", [person(9, "后来")]))
    finish(school.discs.build(school.actor, 2026, tmp_path / "新盘"))
    newer, older = school.discs.built()
    known = finish(school.discs.check(school.actor, image)).known
    assert known is not None
    assert known.sha256 == older.sha256 != newer.sha256
    assert [row.checked is None for row in school.discs.built()] == [True, False]


def test_who_sees_no_students_plans_no_disc(school: Workstation) -> None:
    machine = Actor(school.actor.id, "机房", frozenset({Role.SYSTEM}))
    with pytest.raises(NotYourRole):
        finish(school.discs.plan(machine, 2026))
