"""The frame: panes by F6, closing while work goes on, defects in one window without names."""

import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QClipboard, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.services.office.calendar import NodeRow
from app.ui import clipboard, errors
from app.ui.calendar.screen import CalendarScreen, NodeDialog
from app.ui.desk_frame import DeskFrame, holds
from app.ui.home.screen import FigureCard
from app.ui.main_window import SMALLEST, MainWindow
from app.ui.preferences import Preferences
from app.ui.widgets.year_strip import days_phrase
from tests.builders import person, take_in, write_list
from tests.scenes.scene import settle


@pytest.mark.ux("A1")
def test_f6_walks_rail_screen_and_search(frame: DeskFrame, qtbot: QtBot) -> None:
    with qtbot.waitActive(frame.window()):
        frame.window().activateWindow()
    frame.show_screen("calendar")
    visited = []
    for _ in range(3):
        frame.step_pane(1)
        focus = frame.window().focusWidget()
        assert focus is not None
        panes = {"rail": frame.rail, "screen": frame.stack, "top": frame.top}
        visited.append(next(name for name, pane in panes.items() if holds(pane, focus)))
    assert sorted(visited) == ["rail", "screen", "top"]


@pytest.mark.ux("A6")
def test_the_window_fits_the_smallest_screen(window: MainWindow) -> None:
    window.resize(*SMALLEST)
    hint = window.minimumSizeHint()
    assert hint.width() <= SMALLEST[0]
    assert hint.height() <= SMALLEST[1]
    assert window.frame is not None
    assert window.frame.rail.width() < 100  # icons alone


def answer_box(button: str) -> list[str]:
    """Press this button of the next message box; the list gets its text."""
    seen: list[str] = []

    def press() -> None:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            QTimer.singleShot(20, press)
            return
        seen.append(box.text())
        next(one for one in box.buttons() if one.text() == button).click()

    QTimer.singleShot(0, press)
    return seen


@pytest.mark.ux("L5")
def test_closing_during_work_asks_once_and_closes_cleanly(window: MainWindow, qtbot: QtBot) -> None:
    assert window.frame is not None
    may_end = threading.Event()
    window.frame.shell.run(lambda: may_end.wait(10), "写")
    asked = answer_box("继续工作")
    assert not window.close()
    assert asked == ["还有工作没有做完"]
    may_end.set()
    settle(window)
    assert window.close()  # nothing is under way any more: it is not asked again


@pytest.mark.ux("L7")
@pytest.mark.promise(12)
def test_the_report_of_a_defect_names_no_person(qtbot: QtBot, tmp_path: Path) -> None:
    name = "单晓明"
    try:
        {}[name]
    except KeyError as error:
        window = errors.ErrorWindow(error, errors.report(error), lambda: None)
    qtbot.addWidget(window)
    shown = window.findChildren(QPlainTextEdit)[0].toPlainText()
    assert "KeyError" in shown
    assert "test_frame.py" in shown
    assert name not in shown
    assert str(tmp_path.home()) not in shown


@pytest.mark.ux("L7")
@pytest.mark.promise(12)
def test_the_log_of_a_defect_names_no_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors.start_log(tmp_path)
    monkeypatch.setattr(errors.ErrorWindow, "exec", lambda _self: 0)
    errors.show_error(None, ValueError("单晓明 320102201102056990"), lambda: None)
    written = (tmp_path / "xueji.log").read_text(encoding="utf-8")
    assert "ValueError" in written
    assert "单晓明" not in written
    assert "320102" not in written


def test_a_node_of_the_year_is_added_and_refused_in_place(
    frame: DeskFrame, settled: Callable[[], None], qtbot: QtBot
) -> None:
    frame.show_screen("calendar")
    settled()
    screen = frame.current
    assert isinstance(screen, CalendarScreen)
    day = date(2026, 10, 8)
    dialog = NodeDialog(NodeRow(None, "", "", day, day, "", None), screen)
    qtbot.addWidget(dialog)
    dialog.name.setText("学籍核查")
    dialog.due.setText("26.10.12")
    dialog.accept()
    assert dialog.answer.startswith("截止日期")
    assert "四位" in dialog.answer
    dialog.due.setText("2026年10月12日")
    dialog.accept()
    assert dialog.node.due == date(2026, 10, 12)
    assert days_phrase(dialog.node, day) == "还剩 4 天"


def test_figures_of_the_home_screen_follow_an_import(
    frame: DeskFrame, settled: Callable[[], None], tmp_path: Path
) -> None:
    file = write_list(tmp_path / "名册.xlsx", [person(1, "钱一"), person(2, "孙二")])
    desk = frame.shell.desk
    frame.shell.run(lambda: take_in(desk, file), "导入")
    settled()
    cards = frame.stack.currentWidget().findChildren(FigureCard)
    assert cards[0].button.accessibleName() == "看在籍名单，2 人"


def test_a_place_that_is_not_built_yet_is_said_and_the_window_stays_where_it_is(
    frame: DeskFrame,
) -> None:
    shown = frame.stack.currentWidget()
    frame.shell.go("没有这一处", ids=[1])
    assert "还没有做好" in frame.messages.text
    assert "xueji --help" in frame.messages.text
    assert frame.stack.currentWidget() is shown


@pytest.mark.ux("A1")
def test_what_gets_the_focus_from_outside_its_page_is_scrolled_into_sight(
    window: MainWindow, qtbot: QtBot
) -> None:
    before = QPushButton("前一处", window)
    area = QScrollArea(window)
    inner = QWidget()
    column = QVBoxLayout(inner)
    for number in range(60):
        column.addWidget(QPushButton(f"第 {number} 个"))
    area.setWidget(inner)
    area.setGeometry(0, 0, 300, 200)
    last = inner.findChildren(QPushButton)[-1]
    for shown in (before, area):
        shown.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    before.setFocus()
    assert last.visibleRegion().isEmpty()
    last.setFocus(Qt.FocusReason.TabFocusReason)
    assert not last.visibleRegion().isEmpty()


# --- what was copied --------------------------------------------------------------------------


@pytest.mark.promise(57)
def test_what_was_copied_is_gone_at_locking_closing_and_the_next_start(
    window: MainWindow, preferences: Preferences
) -> None:
    shown = QGuiApplication.clipboard()
    clipboard.copy("320102201103050017")
    assert shown.text() == "320102201103050017"
    window.lock()
    assert shown.text() == ""
    window._readmit()
    clipboard.copy("320102201103050017")
    window.close_register()
    assert shown.text() == ""
    clipboard.copy("320102201103050017")  # as a crash leaves it
    again = MainWindow(window.folder, preferences)
    again.begin()
    assert shown.text() == ""
    again.deleteLater()


@pytest.mark.promise(57)
def test_what_another_program_copied_stays(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = QGuiApplication.clipboard()
    monkeypatch.setattr(QClipboard, "ownsClipboard", lambda _: False)
    shown.setText("别的程序的")
    window.lock()
    assert shown.text() == "别的程序的"


@pytest.mark.promise(57)
def test_what_a_text_field_copies_is_marked_and_kept_out_of_histories(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QClipboard, "ownsClipboard", lambda _: True)
    field = QLineEdit("单晓明", window)
    field.selectAll()
    field.copy()
    shown = QGuiApplication.clipboard()
    qtbot.waitUntil(lambda: shown.mimeData().hasFormat(clipboard.MARK))
    assert shown.text() == "单晓明"
    assert any("ExcludeClipboardContent" in name for name in shown.mimeData().formats())
    window.lock()
    assert shown.text() == ""
