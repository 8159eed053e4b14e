"""The home screen's figures and what waits."""

from datetime import date
from pathlib import Path

from app.models.vocabulary import Kind, PunishmentKind, Signatory
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


def test_who_is_away_is_named_when_the_leave_ends(desk: Workstation, tmp_path: Path) -> None:
    take_in(desk, write_list(tmp_path / "名册.xlsx", [person(n, f"第{n}人") for n in range(7)]))
    for row in students(desk):
        desk.changes.change(
            desk.actor, row.id, Kind.SUSPENSION, date(2026, 10, 1), until=date(2027, 9, 30),
            evidence=[(None, "诊断证明")], signed=frozenset(Signatory),
        )  # fmt: skip

    def ending(on: date) -> list[str]:
        waiting = desk.today.overview(on).waiting
        return [item.what for item in waiting if item.place in {"leave", "leaves"}]

    assert ending(date(2027, 7, 31)) == []
    nearest, *_, others = ending(date(2027, 9, 20))
    assert nearest == "第0人休学到 2027-09-30 期满，还有 10 天，请提醒"
    assert others == "另有 2 人休学等期满"
    assert ending(date(2027, 10, 2))[0].endswith("逾期 2 天")


def test_what_is_not_done_yet_waits(desk: Workstation, tmp_path: Path) -> None:
    take_in(desk, write_list(tmp_path / "名册.xlsx", [person(1, "钱一")]))
    assert [item.what for item in desk.today.overview(TODAY).waiting] == [
        "1 人还没有分班",
        "1 人还缺照片",
    ]
    desk.placement.split(desk.actor, 2026, count=1)
    assert "1 人还没有学号" in [item.what for item in desk.today.overview(TODAY).waiting]


def test_matters_that_nobody_finished_wait(desk: Workstation, tmp_path: Path) -> None:
    take_in(desk, write_list(tmp_path / "名册.xlsx", [person(1, "钱一")]))
    (one,) = students(desk)

    def waiting() -> dict[str, str]:
        offers = desk.today.overview(TODAY).waiting
        return {offer.place: offer.what for offer in offers if not offer.ids}

    assert waiting() == {}
    case = desk.cases.open(desk.actor, one.id, Kind.SUSPENSION, TODAY)
    both = frozenset(Signatory)
    form = desk.applications.open(desk.actor, one.id, "证明", applied_on=TODAY, signed=both)
    told = desk.conduct.punish(
        desk.actor, one.id, PunishmentKind.WARNING, facts="旷课", decided_on=TODAY
    )
    error = desk.problems.enter(desk.actor, "名册漏一人", found_by="周敏", found_on=TODAY)
    assert waiting() == {
        "cases": "1 件学籍异动还没有生效",
        "applications": "1 份书面申请还没有办结",
        "punishments": "1 件处分还没有挂号告知家长",
        "problems": "1 个问题还没有处理",
    }
    desk.cases.withdraw(desk.actor, case.id, reason="不休了")
    desk.applications.settle(desk.actor, form.id, on=TODAY, result="已开具")
    desk.conduct.post(desk.actor, told.id, "XA1", on=TODAY, addressee="家长")
    desk.problems.settle(desk.actor, error.id, on=TODAY, how="已补")
    assert waiting() == {}
