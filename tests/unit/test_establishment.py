"""The school's own setup: changed by name, refused with a sentence, always with its trace."""

from pathlib import Path

import pytest
from sqlalchemy import select

from app.models.audit import AuditEntry
from app.models.vocabulary import Role
from app.services.errors import (
    AppError,
    ClassInhabited,
    NameTaken,
    NotYourRole,
    SerialTaken,
    StillInUse,
)
from app.services.register.establishment import Establishment
from app.services.vault.audit import Actor
from app.services.workstation import Workstation
from tests.builders import person, students, take_in, write_list


@pytest.fixture
def office(desk: Workstation) -> Establishment:
    return desk.establishment


def major(office: Establishment, actor: Actor, name: str = "软件技术", **values: str) -> int:
    given = {"short_name": "", "code": "", "serial": "", "department": ""} | values
    return office.save_major(actor, None, name=name, **given)


def test_departments_majors_and_classes_are_made_and_mended(
    office: Establishment, desk: Workstation
) -> None:
    me = desk.actor
    office.save_department(me, None, "信息工程系", "XX")
    made = major(office, me, short_name="软件", department="信息工程系")
    group = office.save_class(
        me, None, name="软件2601", head_teacher="何老师", cohort=2026, major="软件技术"
    )
    office.save_class(
        me, group, name="软件2602", head_teacher="吴老师", cohort=2026, major="软件技术"
    )
    (row,) = office.classes()
    assert (row.name, row.head_teacher, row.department) == ("软件2602", "吴老师", "信息工程系")
    assert office.departments()[0].majors == 1
    office.remove_class(me, group)
    office.remove_major(me, made)
    office.remove_department(me, office.departments()[0].id)
    assert not office.classes()
    assert not office.majors()
    with desk.database.read() as session:
        actions = set(session.scalars(select(AuditEntry.action)))
    assert {"新增系部", "新增专业", "新增班级", "修改班级", "删除班级", "删除系部"} <= actions


def test_a_new_major_takes_the_next_serial_and_the_catalogue_code(
    office: Establishment, desk: Workstation
) -> None:
    major(office, desk.actor, "计算机应用技术")
    major(office, desk.actor, "软件技术")
    assert [(row.serial, row.code) for row in office.majors()] == [(1, "510201"), (2, "510203")]


@pytest.mark.parametrize("serial", ["0", "一", "-1", "1.5"])
def test_a_serial_that_is_no_number_is_refused(
    office: Establishment, desk: Workstation, serial: str
) -> None:
    with pytest.raises(AppError, match="从 1 起的整数"):
        major(office, desk.actor, serial=serial)


def test_two_majors_never_share_a_serial_or_a_name(
    office: Establishment, desk: Workstation
) -> None:
    major(office, desk.actor, "软件技术")
    with pytest.raises(SerialTaken, match="软件技术"):
        major(office, desk.actor, "物联网", serial="1")
    with pytest.raises(NameTaken):
        major(office, desk.actor, "软件技术")


def test_what_is_in_use_stays(office: Establishment, desk: Workstation) -> None:
    office.save_department(desk.actor, None, "信息工程系", "")
    major(office, desk.actor, department="信息工程系")
    with pytest.raises(StillInUse, match="还有专业"):
        office.remove_department(desk.actor, office.departments()[0].id)


def test_a_class_with_students_keeps_its_major_but_takes_a_new_name(
    office: Establishment, desk: Workstation, tmp_path: Path
) -> None:
    take_in(desk, write_list(tmp_path / "名册.xlsx", [person(1, "安然")]))
    desk.placement.split(desk.actor, 2026)
    major(office, desk.actor, "软件技术")
    (group,) = office.classes()
    change = {"name": "计算机实验班", "head_teacher": "何老师", "cohort": 2026}
    with pytest.raises(ClassInhabited):
        office.save_class(desk.actor, group.id, major="软件技术", **change)  # type: ignore[arg-type]
    office.save_class(desk.actor, group.id, major=group.major, **change)  # type: ignore[arg-type]
    assert students(desk)[0].class_group == "计算机实验班"
    with pytest.raises(StillInUse):
        office.remove_class(desk.actor, group.id)


def test_settings_are_changed_whole_or_not_at_all(office: Establishment, desk: Workstation) -> None:
    with pytest.raises(AppError, match="“学校”不能空着"):
        office.change_settings(desk.actor, {"school": " ", "phone": "0513-1"})
    with pytest.raises(AppError, match="座号"):
        office.change_settings(desk.actor, {"phone": "0513-1", "number_pattern": "{座号:2}"})
    assert office.settings().phone == ""
    assert office.change_settings(desk.actor, {"phone": " 0513-1 "}).phone == "0513-1"


def test_whoever_only_looks_changes_nothing(office: Establishment, desk: Workstation) -> None:
    guest = Actor(desk.actor.id, "督导", frozenset({Role.READ}))
    with pytest.raises(NotYourRole):
        office.change_settings(guest, {"phone": "1"})
    with pytest.raises(NotYourRole):
        major(office, guest)
