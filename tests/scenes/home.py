"""首页, the search, 时间节点."""

from PySide6.QtWidgets import QWidget

from app.ui.main_window import MainWindow
from tests.scenes.scene import Scene, variants


def _home(window: MainWindow) -> QWidget | None:
    assert window.frame is not None
    window.frame.show_screen("home")
    return None


def _search(window: MainWindow) -> QWidget | None:
    assert window.frame is not None
    window.frame.show_screen("home")
    box = window.frame.top.search
    window.activateWindow()
    box.begin()
    box.setText("zh")
    return None


def _calendar(window: MainWindow) -> QWidget | None:
    assert window.frame is not None
    window.frame.top.search.clear()
    window.frame.show_screen("calendar")
    return None


SCENES = [
    *variants(Scene("首页", _home)),
    Scene("查找", _search),
    Scene("查找-深色", _search, dark=True),
    Scene("时间节点", _calendar),
    Scene("时间节点-1240x640", _calendar, size=(1240, 640)),
]
