"""The dates of the school year: suggestions that the school moves, and its own."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.models.vocabulary import Role
from app.services.errors import NodeRefused, NotYourRole
from app.services.office.calendar import NodeRow
from app.services.vault.audit import Actor
from app.services.workstation import Workstation
from tests.builders import person, take_in, write_list

TODAY = date(2026, 9, 9)


def node(desk: Workstation, name: str, today: date = TODAY) -> NodeRow:
    return next(node for node in desk.calendar.nodes(today) if node.name == name)


def test_the_three_dates_of_the_annex_are_there_from_the_first_day(desk: Workstation) -> None:
    dates = {node.name: (node.begin, node.due) for node in desk.calendar.nodes(TODAY)}
    assert dates["新生入学注册"] == (date(2026, 9, 10), date(2026, 9, 20))
    assert dates["四年级教育部学籍注册"] == (date(2026, 9, 10), date(2026, 9, 20))
    assert dates["五年级学历注册"] == (date(2027, 3, 21), date(2027, 3, 31))


def test_new_students_who_have_arrived_are_counted(desk: Workstation, tmp_path: Path) -> None:
    take_in(desk, write_list(tmp_path / "一.xlsx", [person(1, "钱一"), person(2, "孙二")]))
    waiting = write_list(tmp_path / "二.xlsx", [person(3, "李三")])
    take_in(desk, waiting, admitted_only=True)
    arrived = node(desk, "新生入学注册")
    assert (arrived.done, arrived.total) == (2, 3)
    assert node(desk, "五年级学历注册").total == 0


def test_a_moved_date_holds_for_its_year_only(desk: Workstation) -> None:
    shipped = node(desk, "新生入学注册")
    desk.calendar.save(desk.actor, replace(shipped, due=date(2026, 9, 25)))
    assert node(desk, "新生入学注册").due == date(2026, 9, 25)
    assert node(desk, "新生入学注册", date(2027, 9, 9)).due == date(2027, 9, 20)


def test_next_is_the_one_that_is_not_done(desk: Workstation) -> None:
    for name in ("新生入学注册", "四年级教育部学籍注册"):
        desk.calendar.save(desk.actor, replace(node(desk, name), done_on=TODAY))
    coming = desk.calendar.next(TODAY)
    assert coming is not None
    assert coming.name == "新生数据报送学院"


def test_a_node_of_the_schools_own_can_be_taken_away(desk: Workstation) -> None:
    own = NodeRow(None, "学籍核查", "", date(2026, 9, 12), date(2026, 9, 12), "", None)
    desk.calendar.save(desk.actor, own)
    kept = node(desk, "学籍核查")
    assert kept.days_left(TODAY) == 3
    assert kept.id is not None
    desk.calendar.remove(desk.actor, kept.id)
    assert "学籍核查" not in {row.name for row in desk.calendar.nodes(TODAY)}


def test_what_makes_no_sense_is_refused(desk: Workstation) -> None:
    shipped = node(desk, "新生入学注册")
    with pytest.raises(NodeRefused, match="晚于截止日期"):
        desk.calendar.save(desk.actor, replace(shipped, begin=date(2026, 10, 1)))
    with pytest.raises(NodeRefused, match="没有名称"):
        desk.calendar.save(desk.actor, replace(shipped, name=" "))
    with pytest.raises(NotYourRole):
        desk.calendar.save(Actor(9, "查阅者", frozenset({Role.READ})), shipped)
