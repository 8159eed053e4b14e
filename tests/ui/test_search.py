"""The search box: live while the input method composes, all by keyboard."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.services.register.finder import Hit
from app.ui.desk_frame import DeskFrame
from app.ui.search.box import SearchBox
from app.ui.search.hit_delegate import HIT_ROLE
from tests.builders import person, take_in, write_list


@pytest.fixture
def box(frame: DeskFrame, tmp_path: Path, qtbot: QtBot) -> SearchBox:
    rows = [person(1, "王伟"), person(2, "单晓明"), person(3, "王薇")]
    take_in(frame.shell.desk, write_list(tmp_path / "名册.xlsx", rows))
    with qtbot.waitActive(frame.window()):
        frame.window().activateWindow()
    return frame.top.search


def hits(box: SearchBox) -> list[str]:
    model = box.panel.list.model()
    found = [model.index(row, 0).data(HIT_ROLE) for row in range(model.rowCount())]
    return [hit.name for hit in found if isinstance(hit, Hit)]


@pytest.mark.ux("S3")
def test_people_appear_while_the_input_method_is_still_composing(
    box: SearchBox, qtbot: QtBot
) -> None:
    box.begin()
    QApplication.sendEvent(box, QInputMethodEvent("wang wei", []))
    qtbot.waitUntil(lambda: hits(box) == ["王伟", "王薇"])
    assert box.text() == ""


@pytest.mark.ux("S5")
def test_arrows_and_enter_pick_a_person_and_escape_gives_the_focus_back(
    box: SearchBox, frame: DeskFrame, qtbot: QtBot, settled: Callable[[], None]
) -> None:
    before = frame.rail.findChildren(type(frame.rail._items["home"]))[0]
    before.setFocus()
    box.begin()
    qtbot.keyClicks(box, "w")
    qtbot.waitUntil(lambda: len(hits(box)) == 2)
    picked: list[int] = []
    box.picked.disconnect()
    box.picked.connect(picked.append)
    qtbot.keyClick(box, Qt.Key.Key_Down)
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert len(picked) == 1
    assert box.panel.isHidden()
    settled()
    box.begin()
    qtbot.waitUntil(lambda: hits(box) == ["王薇"])  # recent people without typing
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert before.hasFocus()


@pytest.mark.ux("S4")
def test_nobody_found_is_said(box: SearchBox, qtbot: QtBot) -> None:
    box.begin()
    qtbot.keyClicks(box, "zzz")
    qtbot.waitUntil(lambda: "没有找到“zzz”" in box.panel.said)


def test_going_to_another_place_takes_the_hits_away(
    box: SearchBox, frame: DeskFrame, qtbot: QtBot
) -> None:
    frame.window().activateWindow()
    box.begin()
    qtbot.keyClicks(box, "zh")
    qtbot.waitUntil(box.panel.isVisible)
    frame.show_screen("calendar")
    qtbot.waitUntil(box.panel.isHidden)
    assert not box.hasFocus()
