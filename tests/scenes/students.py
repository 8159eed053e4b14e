"""学生: the list full, filtered, selected, as of a day, with its pop-ups."""

from datetime import date

from PySide6.QtCore import QItemSelection, QItemSelectionModel
from PySide6.QtWidgets import QWidget

from app.ui.main_window import MainWindow
from app.ui.students.as_of import DayPopup
from app.ui.students.bulk_dialog import BulkDialog
from app.ui.students.screen import StudentsScreen
from app.ui.widgets.grid.popups import ValueList
from tests.scenes.scene import Scene, rest, settle, variants


def students_screen(window: MainWindow) -> StudentsScreen:
    """The list of everybody, today."""
    assert window.frame is not None
    window.frame.show_screen("students")
    settle(window)
    screen = window.frame.current
    assert isinstance(screen, StudentsScreen)
    screen.show_day(None)
    screen.show_view(screen.views.views[0])
    settle(window)
    for row in (0, 3):  # the detail follows a step, wherever the scene before left the list
        screen.grid.table.setCurrentIndex(screen.model.index(row, 1))
    screen.detail.tabs.setCurrentIndex(0)
    screen.grid.table.scrollToTop()
    screen.grid.table.setFocus()
    window.activateWindow()
    rest(window)
    return screen


def _list(window: MainWindow) -> QWidget | None:
    students_screen(window)
    return None


def _filtered(window: MainWindow) -> QWidget | None:
    screen = students_screen(window)
    screen.model.set_filter("name", "zh")
    screen.model.set_filter("sex", "=男")
    screen.model.sort_by("name")
    return None


def _selected(window: MainWindow) -> QWidget | None:
    screen = students_screen(window)
    last = screen.model.columnCount() - 1
    chosen = QItemSelection()
    for row in (3, 5, 6):
        chosen.select(screen.model.index(row, 0), screen.model.index(row, last))
    flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
    screen.grid.table.selectionModel().select(chosen, flag)
    return None


def _incomplete(window: MainWindow) -> QWidget | None:
    screen = students_screen(window)
    screen.show_view(screen.views.views[1])
    return None


def _past(window: MainWindow) -> QWidget | None:

    students_screen(window).show_day(date(2026, 9, 2))
    return None


def _ask_day(window: MainWindow) -> QWidget:
    screen = students_screen(window)
    popup = DayPopup(screen, screen.show_day, date(2023, 8, 1))
    popup.slider.set_day(date(2026, 2, 1))
    popup.edit.setText("2026-02-01")
    popup.open_below(screen.day_button)
    return popup


def _values(window: MainWindow) -> QWidget:
    screen = students_screen(window)
    values = ValueList(screen.model, "class_group", screen.grid)
    values.show()
    return values


def _columns(window: MainWindow) -> QWidget:
    return students_screen(window).grid.choose_columns()


def _bulk(window: MainWindow) -> QWidget:
    screen = students_screen(window)
    dialog = BulkDialog(screen.shell, list(screen.model.ids)[:12], lambda _: None)
    dialog.show()
    dialog.field.setCurrentText("籍贯")
    dialog.value.setText("江苏南京")
    dialog.basis.setText("班主任 9 月 8 日来表")
    dialog.preview()
    return dialog


SCENES = [
    *variants(Scene("学生", _list)),
    Scene("学生-筛选", _filtered),
    *[s for s in variants(Scene("学生-已选", _selected)) if "1920" not in s.name],
    Scene("学生-不完整", _incomplete),
    Scene("学生-历史", _past),
    Scene("学生-历史-1240x640", _past, (1240, 640)),
    Scene("学生-截至", _ask_day),
    Scene("学生-值列表", _values),
    Scene("学生-选择列", _columns),
    Scene("学生-批量修改", _bulk),
]
