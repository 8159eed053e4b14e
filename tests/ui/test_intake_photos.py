"""照片 through the real screen: four piles, given by hand, the class to check by eye."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.services.exchange.photos import Pile
from app.services.exchange.plan import Verdict
from app.services.progress import finish
from app.services.workstation import Workstation
from app.ui.desk_frame import DeskFrame
from app.ui.intake.photo_page import PhotoPage
from app.ui.intake.photo_views import MIME
from app.ui.intake.screen import IntakeScreen
from tests.builders import person, students, take_in, write_list
from tests.pictures import picture, put

Settled = Callable[[], None]
ANNA, BAI, FANG = person(1, "安然", boy=False), person(2, "白岩"), person(3, "方圆")


@pytest.fixture
def desk(frame: DeskFrame, tmp_path: Path) -> Workstation:
    take_in(frame.shell.desk, write_list(tmp_path / "名册.xlsx", [ANNA, BAI, FANG]))
    frame.shell.desk.placement.split(frame.shell.desk.actor, 2026)
    return frame.shell.desk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "照片"
    made.mkdir()
    put(made, f"{ANNA['身份证号']}.jpg", picture(seed=1))
    put(
        made, f"{BAI['身份证号']}安然.jpg", picture(seed=2)
    )  # the number of one, the name of another
    put(made, "IMG_0001.jpg", picture(seed=3))
    put(made, "方圆.jpg", picture(640, 480, seed=4))
    return made


@pytest.fixture
def page(desk: Workstation, frame: DeskFrame, folder: Path, settled: Settled) -> PhotoPage:
    frame.show_screen("intake", {"files": [folder]})
    settled()
    assert isinstance(frame.current, IntakeScreen)
    return frame.current.photos


def id_of(desk: Workstation, name: str) -> int:
    return next(row.id for row in students(desk) if row.name == name)


@pytest.mark.ux("P1", "P2")
def test_pictures_lie_in_piles_and_those_that_do_not_serve_say_why(page: PhotoPage) -> None:
    assert [button.text() for button in page.counters.buttons] == [
        "已匹配 1", "需确认 1", "未匹配 1", "不合用 1",
    ]  # fmt: skip
    assert page.accept_button.text() == "导入 1 张"
    page.counters.buttons[3].click()
    assert "横的（640×480 像素）" in page.said.text()
    assert not page.give_button.isEnabled()


@pytest.mark.ux("P1")
def test_a_picture_is_dropped_on_a_person_and_comes_in(
    page: PhotoPage, desk: Workstation, settled: Settled, qtbot: QtBot
) -> None:
    page.counters.buttons[2].click()
    data = page.tiles.mimeData([page.tiles.index(0)])
    assert data.hasFormat(MIME)
    names = [row.name for row in page.people.rows]
    assert sorted(names) == ["方圆", "白岩"]  # those without a picture
    page.people_view.take_drop(data, names.index("方圆"))
    settled()
    assert page.accept_button.text() == "导入 2 张"
    page.accept()
    settled()
    faces = {face.name: bool(face.card) for face in desk.photos.faces(_all())}
    assert faces == {"安然": True, "白岩": False, "方圆": True}


@pytest.mark.ux("P1")
def test_who_may_be_meant_is_offered(page: PhotoPage, desk: Workstation, settled: Settled) -> None:
    page.counters.buttons[1].click()
    assert page.line is not None
    assert set(page.line.candidates) == {id_of(desk, "安然"), id_of(desk, "白岩")}
    page.assign(page.line.file, id_of(desk, "白岩"))
    settled()
    assert page.plan is not None
    assert len(page.plan.in_pile(Pile.MATCHED)) == 2
    page.assign(page.plan.in_pile(Pile.MATCHED)[0].file, None)
    settled()
    assert len(page.plan.in_pile(Pile.MATCHED)) == 1


def test_a_second_picture_takes_the_place_of_the_first(desk: Workstation, folder: Path) -> None:
    plan = finish(desk.photos.plan(folder))
    anna = id_of(desk, "安然")
    changed = desk.photos.assign(plan, "IMG_0001.jpg", anna)
    by_file = {line.file: line for line in changed.lines}
    assert by_file["IMG_0001.jpg"].verdict is Verdict.CREATED
    first = by_file[f"{ANNA['身份证号']}.jpg"]
    assert (first.pile, first.candidates) == (Pile.DOUBTFUL, (anna,))
    assert changed.missing == plan.missing
    with pytest.raises(Exception, match="横的"):
        desk.photos.assign(plan, "方圆.jpg", anna)


@pytest.mark.ux("P4")
def test_a_class_is_checked_by_eye_and_who_lacks_a_picture_is_counted(
    frame: DeskFrame, desk: Workstation, folder: Path, settled: Settled
) -> None:
    finish(desk.photos.accept(desk.actor, finish(desk.photos.plan(folder))))
    frame.show_screen("intake", {"page": "photos"})
    settled()
    assert isinstance(frame.current, IntakeScreen)
    sheet = frame.current.photos.sheet
    assert [tile.title for tile in sheet.tiles.tiles] == ["安然", "白岩", "方圆"]
    assert [bool(tile.card) for tile in sheet.tiles.tiles] == [True, False, False]
    assert "缺 2 张" in sheet._count.text()


def _all() -> object:
    from app.services.register.students import Scope

    return Scope()
