"""F1 and Ctrl+/: the page of this place, and keys that are true."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QAction, QImage, QKeySequence, QTextDocument
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.services.resources import resource
from app.ui.desk_frame import DeskFrame
from app.ui.help.manual import CHAPTERS, PICTURES, Manual, Reader, chapters, page_of
from app.ui.help.shortcuts import Shortcuts, shortcuts_of
from app.ui.navigation import PLACES
from tests.scenes.scene import pictures_in, scenes


@pytest.mark.parametrize("place", [place.name for place in PLACES])
def test_every_place_has_its_page_in_the_manual(place: str) -> None:
    assert place in CHAPTERS
    assert resource("manual", page_of(place)).exists()
    assert page_of(place).startswith(CHAPTERS[place])


def test_f1_opens_the_page_of_this_place(
    frame: DeskFrame, qtbot: QtBot, settled: Callable[[], None]
) -> None:
    frame.show_screen("archive")
    settled()
    with qtbot.waitActive(frame.window()):
        frame.window().activateWindow()
    qtbot.keyClick(frame.window(), Qt.Key.Key_F1)
    (manual,) = frame.findChildren(Manual)
    assert manual.file == page_of("archive")
    assert "镜像" in manual.reader.toPlainText()
    manual.open_page(page_of("home"))
    assert manual.list.currentItem().text().startswith("十、")
    manual.open_page("https://example.org/")
    assert manual.file == page_of("home")
    manual.close()


def test_the_manual_needs_nothing_from_elsewhere() -> None:
    for chapter in chapters():
        assert "http" not in chapter.text
        assert "<img" not in chapter.text


def test_the_pictures_of_the_manual_are_those_its_chapters_show() -> None:
    named = {name for chapter in chapters() for name in pictures_in(chapter.text)}
    files = {path.name for path in resource("manual", PICTURES).iterdir()}
    assert files == {f"{name}.png" for name in named}
    assert named <= {scene.name for scene in scenes()}


def test_a_picture_is_as_wide_as_the_text(qtbot: QtBot) -> None:
    reader = Reader("手册正文")
    qtbot.addWidget(reader)
    picture = QTextDocument.ResourceType.ImageResource.value
    for width in (500, 900):
        reader.resize(width, 400)
        reader.show()
        reader.show_text("![学生](pictures/学生.png)")
        shown = reader.loadResource(picture, QUrl("pictures/学生.png"))
        assert isinstance(shown, QImage)
        assert width - 100 < shown.width() <= reader.viewport().width()
    for elsewhere in ("/etc/hostname", "file:///etc/hostname", "../app.qss", "没有.png"):
        assert reader.loadResource(picture, QUrl(elsewhere)) is None


def test_the_page_of_keys_is_made_of_the_actions(
    frame: DeskFrame, settled: Callable[[], None]
) -> None:
    frame.show_screen("home")
    settled()
    screen = frame.current
    assert screen is not None
    own = QAction("新增学生(&N)", screen)
    own.setShortcut(QKeySequence("Ctrl+N"))
    screen.addAction(own)
    rows = {(row.keys, row.does): row.where for row in shortcuts_of(frame, screen)}
    assert rows["Ctrl+N", "新增学生"] == "首页"
    assert rows["Ctrl+L", "锁定"] == "这个窗口"
    assert rows["F1", "这里的说明"] == "这个窗口"
    for number, place in enumerate(PLACES[:9], start=1):
        assert (f"Ctrl+{number}", place.title) in rows
    frame.show_screen("calendar")
    settled()
    assert ("Ctrl+N", "新增学生") not in {
        (row.keys, row.does) for row in shortcuts_of(frame, frame.current)
    }


def test_keys_of_the_input_method_are_left_alone(frame: DeskFrame) -> None:
    """Language, full width, punctuation, traditional script belong to it (ux-guide §3)."""
    for place in PLACES:
        frame.show_screen(place.name)
        taken = {row.keys for row in shortcuts_of(frame, frame.current)}
        assert taken.isdisjoint({"Ctrl+Space", "Shift+Space", "Ctrl+.", "Ctrl+Shift+F"})


def test_ctrl_slash_shows_the_keys(frame: DeskFrame, qtbot: QtBot) -> None:
    seen: list[int] = []

    def close() -> None:
        shown = QApplication.activeModalWidget()
        if not isinstance(shown, Shortcuts):
            QTimer.singleShot(10, close)
            return
        seen.append(len(shown.table.rows))
        shown.accept()

    QTimer.singleShot(0, close)
    frame.show_shortcuts()
    assert seen
    assert seen[0] > 8
