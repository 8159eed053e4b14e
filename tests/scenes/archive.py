"""毕业与归档: planned, built, read back sound and damaged, the register of discs."""

import shutil
from pathlib import Path

from PySide6.QtWidgets import QWidget

from app.services.archive.content import Medium
from app.services.progress import finish
from app.ui.archive.screen import ArchiveScreen
from app.ui.main_window import MainWindow
from tests.scenes.scene import Scene, at_a_glance, settle, variants


def _screen(window: MainWindow) -> ArchiveScreen:
    assert window.frame is not None
    window.frame.show_screen("archive")
    settle(window)
    screen = window.frame.current
    assert isinstance(screen, ArchiveScreen)
    screen.tabs.setCurrentIndex(0)
    return screen


def _folder(window: MainWindow) -> Path:
    return window.folder.parent / "刻录"


def _image(window: MainWindow) -> Path:
    assert window.frame is not None
    desk = window.frame.shell.desk
    found = sorted(_folder(window).glob("*.iso"))
    return found[0] if found else finish(desk.discs.build(desk.actor, 2026, _folder(window))).path


def _plan(window: MainWindow) -> QWidget | None:
    _screen(window)
    return None


def _built(window: MainWindow) -> QWidget | None:
    screen = _screen(window)
    screen.build_page.folder.set(_folder(window))
    screen.build_page.media[Medium.CD].setChecked(True)
    screen.build_page.build()
    while window.busy:
        settle(window)
    assert window.frame is not None
    window.frame.messages.hide()
    return None


def _sound(window: MainWindow) -> QWidget | None:
    image = _image(window)
    screen = _screen(window)
    screen.check(str(image))
    _say_where(window, screen)
    return None


def _damaged(window: MainWindow) -> QWidget | None:
    image = _image(window)
    copy = image.with_name("受损.iso")
    shutil.copy(image, copy)
    with copy.open("r+b") as file:
        for place in (3_000_000, 5_000_000, 5_200_000):
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ 1]))
    screen = _screen(window)
    screen.check(str(copy))
    _say_where(window, screen)
    copy.unlink()
    return None


def _say_where(window: MainWindow, screen: ArchiveScreen) -> None:
    """The verdict is there; the place is one that a reader knows, not where the picture is made."""
    settle(window)
    screen.check_page.path.setText("D:\\X001-XJ-2026-01.iso")


def _unread(window: MainWindow) -> QWidget | None:
    screen = _screen(window)
    screen.tabs.setCurrentWidget(screen.check_page)
    screen.check_page._stack.setCurrentIndex(0)
    return None


def _shelf(window: MainWindow) -> QWidget | None:
    screen = _screen(window)
    screen.tabs.setCurrentWidget(screen.shelf)
    settle(window)
    screen.shelf.table.selectRow(0)
    return None


SCENES = [
    *variants(Scene("归档", _plan)),
    Scene("归档-已生成", _built),
    Scene("归档-已生成-1240x640", _built, size=(1240, 640)),
    Scene("归档-校验", _unread),
    *variants(Scene("归档-校验完好", _sound)),
    *at_a_glance(Scene("归档-校验有问题", _damaged)),
    Scene("归档-登记", _shelf),
    Scene("归档-登记-1240x640", _shelf, size=(1240, 640)),
]
