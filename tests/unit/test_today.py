"""The home screen's figures and what waits."""

from datetime import date
from pathlib import Path

from app.models.vocabulary import Kind, Signatory
from app.services.workstation import Workstation
from tests.builders import person, students, take_in, write_list

TODAY = date(2026, 10, 9)


def figures(desk: Workstation) -> dict[str, int]:
    return {figure.label: len(figure.ids) for figure in desk.today.overview(TODAY).figures}


def test_an_empty_register_says_so(desk: Workstation) -> None:
    overview = desk.today.overview(TODAY)
    assert overview.empty
    assert overview.waiting == ()


def test_figures_agree_with_the_lists_behind_them(desk: Workstation, tmp_path: Path) -> None:
    rows = [person(1, "钱一"), person(2, "孙二"), person(3, "李三")]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    assert figures(desk) == {"在籍": 3, "在校": 3, "休学": 0, "本学期异动": 0}
    first = students(desk)[0]
    desk.changes.change(
        desk.actor,
        first.id,
        Kind.SUSPENSION,
        date(2026, 10, 1),
        evidence=[(None, "诊断证明")],
        signed=frozenset(Signatory),
    )
    assert figures(desk) == {"在籍": 3, "在校": 2, "休学": 1, "本学期异动": 1}
    *_, suspended, changed = desk.today.overview(TODAY).figures
    assert suspended.ids == (first.id,)
    lines = desk.reports.changes(desk.actor, date(2026, 8, 1), TODAY)
    assert changed.ids == tuple(line.student_id for line in lines)


def test_what_is_not_done_yet_waits(desk: Workstation, tmp_path: Path) -> None:
    take_in(desk, write_list(tmp_path / "名册.xlsx", [person(1, "钱一")]))
    assert [item.what for item in desk.today.overview(TODAY).waiting] == [
        "1 人还没有分班",
        "1 人还缺照片",
    ]
    desk.placement.split(desk.actor, 2026, count=1)
    assert "1 人还没有学号" in [item.what for item in desk.today.overview(TODAY).waiting]
