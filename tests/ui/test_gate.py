"""The gate: passwords are answered in place, a locked window opens again, a sheet helps out."""

import os
import re
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.models.organisation import Cohort
from app.services.progress import finish
from app.services.vault.aside import ASIDE
from app.services.vault.backup import back_up
from app.services.vault.vault import Vault
from app.ui import navigation, theme
from app.ui.application import hand_over, serve
from app.ui.main_window import SMALLEST, MainWindow
from app.ui.preferences import Preferences
from app.ui.unlock.first_start import FirstStart
from app.ui.unlock.gate import ClosingPage, RecoveryPage, UnlockPage
from app.ui.unlock.restore import RestorePage
from app.ui.unlock.welcome import WelcomePage
from app.ui.widgets.password import PasswordEdit
from tests.conftest import OPERATOR, PASSWORD, SCHOOL, MadeVault
from tests.scenes.scene import settle

NEW_PASSWORD = "海棠 石阶 小满 纸船 十二"


@pytest.fixture
def closed(qtbot: QtBot, made: MadeVault, preferences: Preferences) -> MainWindow:
    """The window in front of a closed register."""
    shown = MainWindow(made.folder, preferences)
    shown.begin()
    qtbot.addWidget(shown)
    shown.show()
    return shown


def page(window: MainWindow) -> UnlockPage:
    assert isinstance(window.gate, UnlockPage)
    return window.gate


def test_a_wrong_password_is_answered_in_place_and_the_right_one_opens(closed: MainWindow) -> None:
    page(closed).enter("不是这个口令")
    settle(closed)
    assert "还可以再试 4 次" in page(closed).answer
    page(closed).enter(PASSWORD)
    settle(closed)
    assert closed.frame is not None
    assert closed.gate is None


@pytest.mark.ux("A1")
def test_f9_shows_the_password_and_leaving_hides_it(closed: MainWindow, qtbot: QtBot) -> None:
    closed.activateWindow()
    qtbot.waitUntil(closed.isActiveWindow)
    edit = closed.focusWidget()
    assert isinstance(edit, PasswordEdit)
    qtbot.keyClick(edit, Qt.Key.Key_F9)
    assert edit.echoMode() is PasswordEdit.EchoMode.Normal
    qtbot.keyClick(edit, Qt.Key.Key_Tab)
    assert edit.echoMode() is PasswordEdit.EchoMode.Password


def test_a_locked_window_lets_its_operator_back_and_nobody_else(window: MainWindow) -> None:
    frame = window.frame
    window.lock()
    page(window).enter("不是这个口令")
    settle(window)
    assert "口令不正确" in page(window).answer
    page(window).enter(PASSWORD)
    settle(window)
    assert window.gate is None
    assert window.frame is frame


def test_another_operator_at_a_locked_window_closes_the_register_first(window: MainWindow) -> None:
    assert window.frame is not None
    window.frame.shell.desk.vault.add_operator("钱接班", [], NEW_PASSWORD)
    window.lock()
    page(window).enter(NEW_PASSWORD, "钱接班")
    settle(window)
    assert window.frame is not None
    assert window.frame.shell.desk.actor.name == "钱接班"


@pytest.mark.promise(56)
def test_after_idle_time_the_window_locks_and_then_the_register_closes(
    window: MainWindow, qtbot: QtBot, made: MadeVault
) -> None:
    window.idle.set_minutes(0.001, 0.01)
    with qtbot.waitSignal(window.closed):
        window.idle.start()
        qtbot.waitUntil(lambda: isinstance(window.gate, UnlockPage))
    with Vault.open(made.folder, PASSWORD):  # its lock is free
        assert window.frame is None


def test_whoever_types_or_moves_the_mouse_is_not_locked_out(
    window: MainWindow, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: window.windowHandle() is QGuiApplication.focusWindow())
    window.idle.set_minutes(10, 30)
    window.idle.start()
    lock = window.idle._lock
    events = (
        lambda: QTest.keyClick(window.windowHandle(), Qt.Key.Key_Shift),
        lambda: QTest.mouseMove(window.windowHandle(), QPoint(300, 300)),
        lambda: QGuiApplication.sendEvent(QGuiApplication.focusObject(), QInputMethodEvent()),
    )
    for event in events:
        lock.start(100_000)
        qtbot.waitUntil(lambda: lock.remainingTime() < 99_000)
        event()
        qtbot.waitUntil(lambda: lock.remainingTime() > 99_000)


def test_the_register_is_closed_beside_the_window(
    window: MainWindow, made: MadeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    close = Vault.close

    def closing(vault: Vault) -> None:
        threads.append(threading.current_thread())
        close(vault)

    monkeypatch.setattr(Vault, "close", closing)
    window.close_register()
    assert isinstance(window.gate, ClosingPage)
    settle(window)
    assert isinstance(window.gate, UnlockPage)
    assert threading.main_thread() not in threads
    with Vault.open(made.folder, PASSWORD):
        assert window.frame is None


def test_the_recovery_sheet_opens_and_sets_a_new_password(
    closed: MainWindow, made: MadeVault
) -> None:
    page(closed).recovering.emit()
    sheet = closed.gate
    assert isinstance(sheet, RecoveryPage)
    sheet.fill(made.code.lines, OPERATOR, NEW_PASSWORD)
    sheet.enter()
    settle(closed)
    assert closed.frame is not None
    closed.close_register()
    settle(closed)
    with Vault.open(made.folder, NEW_PASSWORD) as vault:
        assert vault.actor.name == OPERATOR


@pytest.mark.ux("A6", "A7")
def test_a_card_too_high_for_the_window_scrolls_and_is_not_pressed_together(
    closed: MainWindow,
) -> None:
    theme.apply(theme.Mode.LIGHT, 130)
    closed.resize(*SMALLEST)
    page(closed).recovering.emit()
    settle(closed)
    sheet = closed.gate
    assert isinstance(sheet, RecoveryPage)
    assert closed.height() == SMALLEST[1]
    edits = sheet.findChildren(QLineEdit)
    assert len(edits) > 4
    assert [edit for edit in edits if edit.height() < edit.minimumSizeHint().height()] == []


def test_a_wrong_line_of_the_sheet_is_named(closed: MainWindow, made: MadeVault) -> None:
    page(closed).recovering.emit()
    sheet = closed.gate
    assert isinstance(sheet, RecoveryPage)
    lines = [*made.code.lines]
    lines[2] = lines[2][:-1] + ("0" if lines[2][-1] != "0" else "1")
    sheet.fill(lines, OPERATOR, NEW_PASSWORD)
    sheet.enter()
    assert "第 3 行" in sheet.answer


def test_first_start_ends_only_when_sheet_and_backup_are_there(
    qtbot: QtBot, tmp_path: Path, preferences: Preferences, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = MainWindow(tmp_path / "新库", preferences)
    window.begin()
    qtbot.addWidget(window)
    assert isinstance(window.gate, WelcomePage)
    window.found()
    wizard = window.gate
    assert isinstance(wizard, FirstStart)
    wizard.go_on()
    assert wizard.answer == "请填写学校名称。"
    wizard.school.setText(SCHOOL)
    wizard.operator.setText(OPERATOR)
    wizard.go_on()
    wizard.new.set("太短")
    wizard.go_on()
    assert "不能使用" in wizard.answer
    wizard.new.set(NEW_PASSWORD)
    wizard.go_on()
    settle(window)
    assert (tmp_path / "恢复单-新库.pdf").exists()
    wizard.go_on()
    assert "第 1、2、3、4 行" in wizard.answer
    wizard.code.fill(code_of(wizard))
    wizard.go_on()
    wizard.backup.setText(str(tmp_path / "备份盘"))
    wizard.go_on()
    settle(window)
    assert list((tmp_path / "备份盘").glob("学籍备份-*"))
    wizard.finish(False)
    assert window.frame is not None
    window.close()


def code_of(wizard: FirstStart) -> tuple[str, ...]:
    """What stands on the printed sheet."""
    vault = wizard.vault
    assert vault is not None
    return vault.recovery_code().lines


@pytest.mark.ux("L6")
def test_a_second_start_hands_its_file_to_the_first_window(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    taken: list[list[Path]] = []
    window.take_files = lambda paths=None: taken.append(paths or [])  # type: ignore[method-assign]
    name = f"xueji-test-{os.getpid()}"
    server = serve(window, name)
    second = threading.Thread(target=hand_over, args=([tmp_path / "名册.xls"], name), daemon=True)
    second.start()
    qtbot.waitUntil(lambda: bool(taken))
    second.join()
    server.close()
    assert taken == [[tmp_path / "名册.xls"]]


def test_every_place_is_loaded_while_the_password_is_typed() -> None:
    """A place that is loaded when it is first opened stops the window for it."""
    source = Path(navigation.__file__).read_text(encoding="utf-8")
    places = re.findall(r"^    from (app\.ui\.[a-z_.]+) import", source, re.MULTILINE)
    assert len(places) == len(navigation.PLACES)
    script = "import sys; from app.ui.unlock.behind import load; load(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    assert set(places) <= set(loaded)


_START = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from app.ui.application import furnish
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences
application = QApplication([])
window = MainWindow(Path(sys.argv[1]), Preferences(Path(sys.argv[2])))
window.show()
application.processEvents()
print(*sys.modules)
furnish(application, window)
print(*sys.modules)
print(type(window.gate).__name__)
"""


def test_the_window_shows_before_the_gate_is_loaded_and_the_gate_before_the_rest(
    made: MadeVault, tmp_path: Path
) -> None:
    started = subprocess.run(
        [sys.executable, "-c", _START, made.folder, tmp_path / "窗口.ini"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    shown, begun, gate = started.stdout.splitlines()
    assert "app.ui.main_window" in shown.split()
    assert not {"app.ui.theme", "app.ui.unlock.gate", "cryptography"} & set(shown.split())
    assert gate == "UnlockPage"
    behind = {"sqlalchemy", "sqlcipher3", "openpyxl", "reportlab", "pikepdf", "fontTools"}
    assert not behind & set(begun.split())


def test_the_empty_window_has_the_colour_it_had_last_and_may_be_closed(
    qtbot: QtBot, made: MadeVault, preferences: Preferences
) -> None:
    preferences.set_surface("#123456")
    empty = MainWindow(made.folder, preferences)
    qtbot.addWidget(empty)
    with qtbot.waitSignal(empty.painted):
        empty.show()
    assert empty.grab().toImage().pixelColor(20, 20).name() == "#123456"
    assert empty.gate is None
    assert empty.close()


@pytest.mark.promise(41)
def test_a_backup_takes_the_place_of_the_register_and_is_taken_back(
    closed: MainWindow, made: MadeVault, tmp_path: Path
) -> None:
    with Vault.open(made.folder, PASSWORD) as vault:
        saved = finish(back_up(vault, tmp_path / "备份盘")).folder
        with vault.database.write(vault.actor, "建立年级") as session:
            session.add(Cohort(year=2027, entry_date=date(2027, 9, 1)))
    page(closed).restoring.emit()
    settle(closed)
    restoring = restore_page(closed)
    restoring.source.set(saved)
    restoring.password.setText("不是这个口令")
    restoring.restore()
    settle(closed)
    assert "口令" in restoring.outcome.verdict
    assert cohorts(made.folder) == [2026, 2027]
    restoring.password.setText(PASSWORD)
    restoring.restore()
    settle(closed)
    assert "已恢复" in restoring.outcome.verdict
    assert cohorts(made.folder) == [2026]
    restoring.put_back()
    settle(closed)
    assert "已换回" in restoring.outcome.verdict
    restoring.back.emit()
    page(closed).enter(PASSWORD)
    settle(closed)
    assert closed.frame is not None
    with closed.frame.shell.desk.database.read() as session:
        assert list(session.scalars(select(Cohort.year))) == [2026, 2027]


@pytest.mark.promise(41)
def test_a_register_that_was_moved_aside_is_not_taken_for_none(
    closed: MainWindow, made: MadeVault
) -> None:
    made.folder.rename(asides_of_new(made.folder))
    closed.show_gate()
    restoring = restore_page(closed)
    assert "移开的一份" in restoring.outcome.verdict
    restoring.put_back()
    settle(closed)
    restoring._leave()
    page(closed).enter(PASSWORD)
    settle(closed)
    assert closed.frame is not None


def asides_of_new(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}{ASIDE}-20261130-120000")


def restore_page(window: MainWindow) -> RestorePage:
    assert isinstance(window.gate, RestorePage)
    return window.gate


def cohorts(folder: Path) -> list[int]:
    with Vault.open(folder, PASSWORD) as vault, vault.database.read() as session:
        return list(session.scalars(select(Cohort.year).order_by(Cohort.year)))
