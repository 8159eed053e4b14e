"""学籍卡, 名册与统计: sheets white in every theme, numbers that open their names, figures."""

from PySide6.QtWidgets import QWidget

from app.services.forms.cups import Abilities, PrinterRow, Tray
from app.services.forms.order import Order
from app.ui.main_window import MainWindow
from app.ui.papers.calibration import CalibrationDialog
from app.ui.papers.cards import CardsScreen
from app.ui.papers.rosters import RostersScreen
from app.ui.printing import PrintMemory
from tests.scenes.scene import Scene, at_a_glance, settle, variants


class ScenePort:
    """A printer as offices have it, so that pictures do not depend on this PC."""

    def printers(self) -> list[PrinterRow]:
        return [PrinterRow("HP-M405", "HP LaserJet M405（教务处）", True)]

    def abilities(self, _printer: str) -> Abilities:
        return Abilities(True, (Tray("Tray1", "纸盒 1"), Tray("Tray2", "纸盒 2")))

    def trouble(self, _printer: str) -> None:
        return None

    def send(self, _order: Order, _content: bytes, _title: str) -> None:
        return None


def _cards(window: MainWindow) -> CardsScreen:
    assert window.frame is not None
    window.frame.show_screen("cards")
    screen = window.frame.current
    assert isinstance(screen, CardsScreen)
    screen.desk.use_port(ScenePort())
    settle(window)
    screen.tabs.setCurrentIndex(0)
    screen.desk.view.turn(0)
    settle(window)
    return screen


def _front(window: MainWindow) -> QWidget | None:
    _cards(window)
    return None


def _back(window: MainWindow) -> QWidget | None:
    screen = _cards(window)
    screen.desk.view.turn(1)
    screen.desk.view.set_zoom(1.0)
    settle(window)
    screen.desk.saved.say(screen.desk.saver.folder / screen.desk.name_for(".pdf"))
    return None


def _calibration(window: MainWindow) -> QWidget:
    screen = _cards(window)
    dialog = CalibrationDialog(
        screen.shell, ScenePort(), PrintMemory(window.preferences), Order("HP-M405"), "纸盒 1"
    )
    dialog._boxes["left"].setValue(31.5)
    dialog._boxes["across"].setValue(150.4)
    dialog.show()
    return dialog


def _rosters(window: MainWindow, paper: str, tab: int) -> RostersScreen:
    assert window.frame is not None
    window.frame.show_screen("rosters", {"paper": paper})
    screen = window.frame.current
    assert isinstance(screen, RostersScreen)
    screen.desk.use_port(ScenePort())
    settle(window)
    screen.tabs.setCurrentIndex(tab)
    settle(window)
    return screen


def _roster(window: MainWindow) -> QWidget | None:
    _rosters(window, "在校生名册", 2)
    return None


def _chart(window: MainWindow) -> QWidget | None:
    screen = _rosters(window, "人数统计图", 1)
    screen.figure.setCurrentIndex(2)
    screen._draw_figure()
    settle(window)
    return None


def _warnings(window: MainWindow) -> QWidget | None:
    screen = _cards(window)
    screen.chooser.tree.setCurrentItem(screen.chooser.tree.topLevelItem(0))
    settle(window)
    screen.desk.warnings.setCurrentRow(1)
    settle(window)
    return None


SCENES = [
    *variants(Scene("学籍卡-正面", _front)),
    Scene("学籍卡-反面", _back),
    *at_a_glance(Scene("学籍卡-提醒", _warnings)),
    Scene("学籍卡-校准", _calibration),
    Scene("学籍卡-校准-深色", _calibration, dark=True),
    *variants(Scene("名册-在校生名册", _roster)),
    *variants(Scene("统计-图", _chart)),
]
