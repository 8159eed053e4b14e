"""人数: the table with names open, the bridge, a sealed table that has changed since."""

from datetime import date, timedelta

from PySide6.QtWidgets import QWidget

from app.models.vocabulary import Arrival, CheckMark, Kind, Signatory
from app.services import clock
from app.ui.headcount.checks import MakeDialog
from app.ui.headcount.platform import PlatformDialog
from app.ui.headcount.screen import PAGES, HeadcountScreen
from app.ui.main_window import MainWindow
from tests.scenes.scene import Scene, at_a_glance, settle, variants

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
    window.frame.show_screen("headcount", {"page": PAGES[tab]})
    screen = window.frame.current
    assert isinstance(screen, HeadcountScreen)
    screen.begin.setText(BEGIN.isoformat())
    screen.refresh()
    settle(window)
    return screen


def _count(window: MainWindow) -> QWidget | None:
    screen = _screen(window, 0)
    screen.table.open_cell(screen.table.model().index(0, 4 + 1))
    return None


def _paper(window: MainWindow) -> QWidget | None:
    _screen(window, 0).print_now()
    return None


def _bridge(window: MainWindow) -> QWidget | None:
    screen = _screen(window, 1)
    screen.table.open_cell(screen.table.model().index(1, 1))
    return None


def _bridge_paper(window: MainWindow) -> QWidget | None:
    _screen(window, 1).print_now()
    return None


def _seals(window: MainWindow) -> QWidget | None:
    _screen(window, 2)
    return None


def _arrivals(window: MainWindow) -> QWidget | None:
    screen = _screen(window, 3)
    desk = screen.shell.desk
    if not desk.registration.terms(desk.actor):
        desk.registration.open_term(desk.actor, "2026-2027-1", BEGIN, date(2027, 1, 31))
        people = [row.student.id for row in desk.registration.rows(desk.actor, "2026-2027-1")]
        desk.registration.register(
            desk.actor, "2026-2027-1", people[6:20], Arrival.ARRIVED, on=BEGIN
        )
        desk.registration.register(
            desk.actor, "2026-2027-1", people[:2], Arrival.ON_LEAVE, on=BEGIN, reason="住院"
        )
        screen.refresh()
        settle(window)
    screen.arrivals.list.selectRow(3)
    return None


def _check(window: MainWindow) -> HeadcountScreen:
    """The screen over a check of which a page is back with exceptions; made once."""
    screen = _screen(window, 4)
    desk = screen.shell.desk
    if not desk.check_sheets.checks(desk.actor):
        classes = [group.id for group in desk.establishment.classes()]
        sheets = desk.check_sheets.make(desk.actor, "2026年秋季学籍核查", DAY, classes)
        first, second = (line.student.id for line in sheets[0].lines[1:3])
        desk.check_sheets.tick(
            desk.actor, sheets[0].code, on=DAY,
            exceptions={first: (CheckMark.ON_LEAVE, ""), second: (CheckMark.LOST, "")},
        )  # fmt: skip
        screen.refresh()
        settle(window)
    screen.checks.close_paper()
    return screen


def _pages(window: MainWindow) -> QWidget | None:
    page = _check(window).checks
    page.view.setCurrentIndex(0)
    page.view.activated.emit(0)
    page.pages.selectRow(0)
    return None


def _scanned(window: MainWindow) -> QWidget | None:
    page = _check(window).checks
    page.view.setCurrentIndex(0)
    page.view.activated.emit(0)
    page.code.setText(page.pages.rows[1].code)
    page.code.returnPressed.emit()
    return None


def _summary(window: MainWindow) -> QWidget | None:
    page = _check(window).checks
    page.view.setCurrentIndex(2)
    page.view.activated.emit(2)
    return None


def _print(window: MainWindow) -> QWidget | None:
    _check(window).checks.print_sheets()
    return None


def _make(window: MainWindow) -> QWidget:
    screen = _check(window)
    dialog = MakeDialog(screen, screen.shell.desk.establishment.classes())
    dialog.show()
    return dialog


def _platform(window: MainWindow) -> QWidget:
    screen = _screen(window, 0)
    dialog = PlatformDialog(screen, screen.shell.desk.establishment.classes(), DAY)
    dialog.lines.setPlainText("数控2601 40\n没有的班 3")
    dialog.accept()
    dialog.show()
    return dialog


SCENES = [
    *variants(Scene("人数-审核表", _count)),
    Scene("人数-审核表-纸", _paper),
    *at_a_glance(Scene("人数-对照", _bridge)),
    Scene("人数-对照-纸", _bridge_paper),
    Scene("人数-封存", _seals),
    Scene("人数-封存-深色", _seals, dark=True),
    *variants(Scene("人数-学期注册", _arrivals)),
    *variants(Scene("人数-核查", _pages)),
    *at_a_glance(Scene("人数-核查-收回", _scanned)),
    *at_a_glance(Scene("人数-核查-汇总", _summary)),
    Scene("人数-核查-打印", _print),
    *at_a_glance(Scene("人数-核查-制表", _make)),
    *at_a_glance(Scene("人数-平台人数", _platform)),
]
