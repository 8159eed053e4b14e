"""人数: the table with names open, the bridge, a sealed table that has changed since."""

from datetime import date, timedelta

from PySide6.QtWidgets import QWidget

from app.models.vocabulary import Kind, Signatory
from app.services import clock
from app.ui.headcount.screen import HeadcountScreen
from app.ui.main_window import MainWindow
from tests.scenes.scene import Scene, settle, variants

BEGIN, DAY = date(2026, 9, 1), date(2026, 9, 8)


def _screen(window: MainWindow, tab: int) -> HeadcountScreen:
    """The screen, with something that changed after the sealing; made once."""
    assert window.frame is not None
    desk = window.frame.shell.desk
    if not desk.seals.rows(desk.actor):
        desk.seals.seal(desk.actor, BEGIN, DAY, note="秋季开学")
        sealed_at = clock.now()
        clock.stop_at(sealed_at + timedelta(hours=1))  # what follows was learned after it
        for hit in desk.finder.find("zh")[4:7]:
            desk.changes.change(
                desk.actor, hit.id, Kind.WITHDRAWAL, DAY, reason="随父母迁居外省",
                signed=frozenset(Signatory), evidence=[(None, "退学申请")],
            )  # fmt: skip
        clock.stop_at(sealed_at)
    window.frame.show_screen("headcount")
    screen = window.frame.current
    assert isinstance(screen, HeadcountScreen)
    screen.begin.setText(BEGIN.isoformat())
    screen.tabs.setCurrentIndex(tab)
    screen.refresh()
    settle(window)
    return screen


def _count(window: MainWindow) -> QWidget | None:
    screen = _screen(window, 0)
    screen.table.open_cell(screen.table.model().index(0, 4 + 1))
    return None


def _bridge(window: MainWindow) -> QWidget | None:
    screen = _screen(window, 1)
    screen.table.open_cell(screen.table.model().index(1, 1))
    return None


def _seals(window: MainWindow) -> QWidget | None:
    _screen(window, 2)
    return None


SCENES = [
    *variants(Scene("人数-审核表", _count)),
    Scene("人数-对照", _bridge),
    Scene("人数-封存", _seals),
    Scene("人数-封存-深色", _seals, dark=True),
]
