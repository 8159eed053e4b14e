"""The list of students in the real window: views, boxes, edits, a past day, export."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot
from sqlalchemy import text

from app.models.rules.terms import term_begin
from app.services.clock import today
from app.services.register.views import STUDENTS
from app.ui.desk_frame import DeskFrame
from app.ui.main_window import MainWindow
from app.ui.shell import Shell
from app.ui.students.as_of import DayPopup
from app.ui.students.bulk_dialog import BulkDialog
from app.ui.students.screen import StudentsScreen
from app.ui.widgets.grid.popups import ValueList
from tests import builders

NAMES = ("单晓明", "王伟", "赵敏", "仇英")
Settle = Callable[[], None]


@pytest.fixture
def screen(
    window: MainWindow, frame: DeskFrame, shell: Shell, settled: Settle, tmp_path: Path
) -> StudentsScreen:
    """The list over four students."""
    people = [builders.person(index, name) for index, name in enumerate(NAMES, start=1)]
    builders.take_in(shell.desk, builders.write_list(tmp_path / "新生.xlsx", people))
    frame.show_screen("students")
    settled()
    shown = frame.current
    assert isinstance(shown, StudentsScreen)
    window.activateWindow()
    shown.grid.table.setFocus()
    return shown


def names(screen: StudentsScreen) -> list[str]:
    screen.grid.grab()
    found = []
    for row in range(screen.model.rowCount()):
        line = screen.model.row_at(row)
        found.append(line.cells["name"] if line is not None else "…")
    return found


def cell(screen: StudentsScreen, name: str, column: str) -> str:
    listing = screen.shell.desk.listing
    rows = listing.page(screen.moment, screen.model.ids)
    return next(row.cells[column] for row in rows if row.cells["name"] == name)


def at(screen: StudentsScreen, name: str, column: str) -> None:
    section = screen.model.section_of(column)
    screen.grid.table.setCurrentIndex(screen.model.index(names(screen).index(name), section))


def show(screen: StudentsScreen, *columns: str) -> None:
    screen.model.show_columns(["number", "name", *columns])


@pytest.mark.ux("G4", "G8")
def test_views_and_boxes_say_how_many_there_are(
    qtbot: QtBot, screen: StudentsScreen, settled: Settle
) -> None:
    settled()
    assert screen.views.tabText(0) == "全部在校"
    assert screen.views.tabText(1) == "信息不完整 4"
    assert sorted(names(screen)) == sorted(NAMES)
    box = screen.grid.table.frozen.header.box_of("name")
    assert box is not None
    box.setFocus()
    qtbot.keyClicks(box, "sxm")
    qtbot.waitUntil(lambda: screen.model.rowCount() == 1, timeout=5000)
    settled()
    assert names(screen) == ["单晓明"]
    assert "当前 1 人" in screen.heading._detail.text()
    assert screen.clear_button.text() == "清除筛选 1"
    screen.clear_button.click()
    settled()
    assert screen.model.rowCount() == len(NAMES)
    assert screen.clear_button.isHidden()


@pytest.mark.ux("G4")
def test_alt_down_lists_values_of_the_register(screen: StudentsScreen, settled: Settle) -> None:
    values = ValueList(screen.model, "sex", screen.grid)
    settled()
    assert values.list.item(0).text() == "男　4"
    values.close()


@pytest.mark.ux("G11", "G12")
def test_cell_is_edited_written_and_taken_back_as_another_change(
    qtbot: QtBot, screen: StudentsScreen, settled: Settle, shell: Shell
) -> None:
    show(screen, "native_place", "phone")
    at(screen, "王伟", "native_place")
    qtbot.keyClicks(screen.grid.table, "n")
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    editor.setText("江苏南通")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    settled()
    assert cell(screen, "王伟", "native_place") == "江苏南通"
    assert shell.undo.undoText() == "修改（1 格）"
    shell.undo.undo()
    settled()
    assert cell(screen, "王伟", "native_place") == ""
    shell.undo.redo()
    settled()
    assert cell(screen, "王伟", "native_place") == "江苏南通"
    with shell.desk.database.read() as session:
        basis = session.execute(text("SELECT basis FROM field_changes ORDER BY id")).scalars().all()
    assert basis == ["在名单中修改", "撤销修改", "重做修改"]


@pytest.mark.ux("G2")
def test_pasted_block_writes_what_is_good_and_names_what_is_not(
    screen: StudentsScreen, settled: Settle, frame: DeskFrame
) -> None:
    show(screen, "native_place", "political_status")
    at(screen, names(screen)[0], "native_place")
    QGuiApplication.clipboard().setText("江苏南通\t共青团员\n江苏徐州\t好人\n")
    screen.grid.paste()
    settled()
    first, second = names(screen)[:2]
    assert cell(screen, first, "political_status") == "共青团员"
    assert cell(screen, second, "native_place") == "江苏徐州"
    assert cell(screen, second, "political_status") == ""
    assert f"{second}「政治面貌」" in frame.messages.text


@pytest.mark.ux("G10")
def test_bulk_edit_shows_old_and_new_before_it_writes(
    qtbot: QtBot, screen: StudentsScreen, settled: Settle, shell: Shell
) -> None:
    last = screen.model.columnCount() - 1
    block = QItemSelection(screen.model.index(0, 0), screen.model.index(2, last))
    screen.grid.table.selectionModel().select(
        block, QItemSelectionModel.SelectionFlag.ClearAndSelect
    )
    assert screen.grid.bar.label.text() == "已选 3 人"
    screen._bulk.trigger()
    (dialog,) = shell.window.findChildren(BulkDialog)
    dialog.field.setCurrentText("籍贯")
    dialog.value.setText("江苏南通")
    dialog.preview()
    assert "依据" in dialog.summary.text()
    dialog.basis.setText("班主任来表")
    dialog.preview()
    settled()
    assert dialog.write_button.text() == "修改 3 人"
    assert [dialog.model.row_at(n).cells["new"] for n in range(3)] == ["江苏南通"] * 3  # type: ignore[union-attr]
    dialog.value.setText("江苏徐州")
    dialog._outdated()
    assert not dialog.write_button.isEnabled()
    dialog.preview()
    settled()
    dialog.write()
    settled()
    chosen = names(screen)[:3]
    assert [cell(screen, name, "native_place") for name in chosen] == ["江苏徐州"] * 3
    shell.undo.undo()
    settled()
    assert [cell(screen, name, "native_place") for name in chosen] == [""] * 3


@pytest.mark.ux("G8")
def test_view_is_kept_found_again_and_forgotten(
    screen: StudentsScreen, settled: Settle, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen.model.set_filter("name", "王")
    show(screen, "phone")
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("王家", True))
    screen.save_view()
    settled()
    assert screen.views.view is not None
    assert screen.views.view.name == "王家"
    screen.show_view(screen.views.views[0])
    settled()
    assert screen.model.rowCount() == len(NAMES)
    screen.show_view(screen.views.views[-1])
    settled()
    assert names(screen) == ["王伟"]
    assert [column.name for column in screen.model.shown] == ["number", "name", "phone"]
    texts = [action.text() for action in screen.views.menu(screen.views.views[-1]).actions()]
    assert texts == ["用现在的样式更新", "重命名…", "删除这个视图"]
    monkeypatch.setattr(shell, "ask", lambda *_, **__: True)
    screen._delete_view(screen.views.views[-1])
    settled()
    assert shell.desk.views.of(STUDENTS) == ()


@pytest.mark.ux("G4", "G7")
def test_list_is_found_as_it_was_left(
    screen: StudentsScreen, frame: DeskFrame, settled: Settle, shell: Shell
) -> None:
    show(screen, "phone")
    screen.model.set_filter("name", "王")
    screen.grid.table.setColumnWidth(2, 201)
    frame.show_screen("home")
    settled()
    last = shell.desk.views.last(STUDENTS)
    assert last is not None
    assert dict(last.query.filters) == {"name": "王"}
    again = StudentsScreen(shell)
    again.visit()
    settled()
    assert [column.name for column in again.model.shown] == ["number", "name", "phone"]
    assert again.model.widths["phone"] == 201
    assert again.model.rowCount() == 1
    again.deleteLater()


def test_past_day_is_only_looked_at(
    qtbot: QtBot, screen: StudentsScreen, settled: Settle, frame: DeskFrame
) -> None:
    popup = DayPopup(screen, screen.show_day)
    popup.edit.setText("2026-13-01")
    popup.apply()
    assert popup.fault.isVisibleTo(popup)
    popup.edit.setText("20260902")
    popup.apply()
    settled()
    assert screen.strip.text.startswith("历史视图 2026-09-02")
    assert screen.strip.isVisible()
    assert screen.model.rowCount() == len(NAMES)
    show(screen, "native_place")
    at(screen, "王伟", "native_place")
    qtbot.keyClicks(screen.grid.table, "n")
    assert "历史视图" in frame.messages.text
    assert not screen._bulk.isEnabled()
    screen.show_day(date(2026, 8, 1))
    settled()
    assert screen.model.rowCount() == 0
    screen.strip.button.click()
    settled()
    assert screen.model.rowCount() == len(NAMES)
    assert screen._bulk.isEnabled()


def test_the_past_is_walked_by_days_and_by_terms(
    qtbot: QtBot, screen: StudentsScreen, settled: Settle, shell: Shell
) -> None:
    popup = DayPopup(screen, screen.show_day, date(2024, 8, 1))
    assert not popup.slider.forth.isEnabled()  # nothing lies behind today
    popup.slider.back.click()
    assert popup.edit.text() == term_begin(today()).isoformat()
    popup.slider.set_day(date(2026, 9, 2))
    qtbot.keyClick(popup.slider.slider, Qt.Key.Key_Left)
    assert popup.edit.text() == "2026-09-01"
    popup.apply()
    settled()
    assert screen.model.rowCount() == len(NAMES)
    slider = screen.strip.slider
    assert slider.day == date(2026, 9, 1)
    slider.back.click()  # 1 August: nobody had come yet
    qtbot.waitUntil(lambda: screen.strip.text.startswith("历史视图 2026-08-01"))
    settled()
    assert screen.model.rowCount() == 0
    screen.strip.set_since(date(2024, 8, 1))
    assert slider.day == date(2026, 8, 1)
    qtbot.keyClick(slider.slider, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: screen.strip.text.startswith("历史视图 2024-08-01"))
    qtbot.keyClick(slider.slider, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: not screen.strip.isVisible())
    settled()
    assert screen.model.rowCount() == len(NAMES)


@pytest.mark.ux("E1", "E2", "E4")
def test_export_asks_what_for_once_and_offers_a_name(
    screen: StudentsScreen, settled: Settle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    frame: DeskFrame,
) -> None:  # fmt: skip
    asked: list[str] = []
    offered: list[str] = []

    def purpose(*_: object, **__: object) -> tuple[str, bool]:
        asked.append("用途")
        return "报学院备案", True

    def where(_parent: object, _title: str, proposed: str, _kinds: str) -> tuple[str, str]:
        offered.append(Path(proposed).name)
        return str(tmp_path / f"{len(offered)}.xlsx"), ""

    monkeypatch.setattr(QInputDialog, "getText", purpose)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", where)
    screen.model.set_filter("cohort", "=2026")
    settled()
    for _ in range(2):
        screen.export_menu().actions()[0].trigger()
        settled()
    assert asked == ["用途"]
    assert offered[0].startswith("2026级全部在校学生名单_")
    assert (tmp_path / "2.xlsx").exists()
    assert "已导出 4 人" in frame.messages.text
    texts = [action.text() for action in screen._exporter.menu(tmp_path / "1.xlsx").actions()]
    assert texts == ["打开文件", "打开所在文件夹", "复制路径"]


def test_shown_numbers_are_masked_again_and_logged(
    qtbot: QtBot, screen: StudentsScreen, settled: Settle, shell: Shell
) -> None:
    qtbot.keyClick(screen.grid.table, Qt.Key.Key_F9)
    settled()
    assert screen.model.revealed
    with shell.desk.database.read() as session:
        query = "SELECT action FROM audit_entries ORDER BY seq DESC LIMIT 1"
        assert session.execute(text(query)).scalar_one() == "显示身份证号"
    screen.keep()
    settled()
    assert not screen.model.revealed


@pytest.mark.ux("G15")
def test_a_person_looked_for_is_gone_to_also_outside_the_view(
    screen: StudentsScreen, frame: DeskFrame, settled: Settle
) -> None:
    wanted = next(
        row.id
        for row in screen.shell.desk.listing.page(screen.moment, screen.model.ids)
        if row.cells["name"] == "赵敏"
    )
    frame.show_screen("students", {"student": wanted})
    settled()
    assert screen.grid.current_id == wanted
    screen.model.set_filter("name", "王")
    settled()
    frame.show_screen("students", {"student": wanted})
    settled()
    assert screen.grid.current_id == wanted
    assert names(screen) == ["赵敏"]
    assert screen.among_bar.isVisible()
    screen._show_everybody()
    settled()
    assert screen.model.rowCount() == len(NAMES)


def test_empty_register_offers_the_first_step(frame: DeskFrame, settled: Settle) -> None:
    frame.show_screen("students")
    settled()
    shown = frame.current
    assert isinstance(shown, StudentsScreen)
    assert shown.grid._stack.currentIndex() == 1


@pytest.mark.ux("A2", "A6")
def test_everything_on_the_screen_has_a_name_and_fits_the_smallest_window(
    screen: StudentsScreen,
) -> None:
    for button in screen.findChildren(QPushButton):
        assert button.accessibleName() or button.text(), button
    for line in screen.findChildren(QLineEdit):
        assert line.accessibleName()
    assert screen.minimumSizeHint().width() <= 1240 - 56
    assert screen.minimumSizeHint().height() <= 640 - 58 - 30
