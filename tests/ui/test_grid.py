"""The grid behaves as the spreadsheet beside it: select, copy, paste, fill, filter, sort, undo."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication, QInputMethodEvent
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.models.vocabulary import Status
from app.services.register.listing import SortLevel
from app.services.register.sight import masked
from app.ui.widgets.basic import status_look
from app.ui.widgets.grid import (
    CellEdit,
    CellKind,
    Grid,
    GridColumn,
    MemoryModel,
    MemoryRow,
    Outcome,
)
from app.ui.widgets.grid.column import Row
from app.ui.widgets.grid.paged import PagedModel
from app.ui.widgets.grid.popups import ColumnChooser, ValueList
from tests import builders

NAMES = ("单晓明", "王伟", "赵敏", "仇英", "曾子墨", "查良")
LOCKED = "姓名是关键信息，请打开该生办理“信息变更”。"
COLUMNS = (
    GridColumn("number", "学号", CellKind.DIGITS, 110),
    GridColumn("name", "姓名", CellKind.STRONG, 90, why_locked=LOCKED),
    GridColumn("id_number", "身份证号", CellKind.IDENTITY, 170, editable=True),
    GridColumn("place", "籍贯", width=120, editable=True),
    GridColumn("phone", "联系电话", CellKind.DIGITS, 120, editable=True),
    GridColumn("status", "学籍状态", CellKind.BADGE, 110, look=lambda s: status_look(Status(s))),
    GridColumn("done", "完整度", CellKind.METER, 110),
    GridColumn("score", "成绩", CellKind.FIGURE, 80, editable=True),
)  # fmt: skip


def rows() -> list[MemoryRow]:
    found = []
    for index, name in enumerate(NAMES, start=1):
        cells = {
            "number": f"2026{index:02d}",
            "name": name,
            "id_number": builders.id_number(index),
            "place": "南京" if index % 2 else "",
            "phone": f"1380000{index:04d}",
            "status": "休学" if index == 3 else "在校",
            "done": str(80 + index * 4 if index < 6 else 100),
            "score": str(index * 9),
        }
        faults = {"phone": "电话少一位：请补全"} if index == 2 else {}
        found.append(MemoryRow(index, cells, faults))
    return found


@pytest.fixture
def model(qapp: QApplication) -> MemoryModel:
    return MemoryModel(COLUMNS, rows(), frozen=2)


@pytest.fixture
def grid(qtbot: QtBot, model: MemoryModel) -> Grid:
    """The grid, shown, with what it says gathered in `grid.words`."""
    made = Grid(model, name="学生名单", counted_by="人", ask=lambda *_: made.answer)  # type: ignore[attr-defined]
    made.answer, made.words = False, []  # type: ignore[attr-defined]
    made.said.connect(lambda text, tone: made.words.append((text, tone)))  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    made.resize(900, 420)
    made.show()
    made.table.setFocus()
    return made


def words(grid: Grid) -> list[tuple[str, str]]:
    return grid.words  # type: ignore[attr-defined, no-any-return]


def select(grid: Grid, top: int, left: int, bottom: int, right: int) -> None:
    model = grid.model
    block = QItemSelection(model.index(top, left), model.index(bottom, right))
    selection = grid.table.selectionModel()
    selection.setCurrentIndex(model.index(top, left), QItemSelectionModel.SelectionFlag.NoUpdate)
    selection.select(block, QItemSelectionModel.SelectionFlag.ClearAndSelect)


def key(qtbot: QtBot, grid: Grid, code: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    held = Qt.KeyboardModifier.NoModifier
    for modifier in modifiers:
        held |= modifier
    qtbot.keyClick(grid.table, code, held)


def type_into(box: QLineEdit, text: str) -> None:
    """Type what has no key, as an input method does."""
    commit = QInputMethodEvent("", [])
    commit.setCommitString(text)
    QApplication.sendEvent(box, commit)


CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def put_on_clipboard(text: str) -> None:
    QGuiApplication.clipboard().setText(text)


def on_clipboard() -> str:
    return QGuiApplication.clipboard().text().replace("\r\n", "\n")


def cell(grid: Grid, row: int, column: str) -> str:
    found = grid.model.row_at(row)
    assert found is not None
    return found.cells[column]


# --- G1 copying ---------------------------------------------------------------------------------


@pytest.mark.ux("G1")
def test_block_is_copied_as_tab_separated_lines_with_quotes_where_needed(
    qtbot: QtBot, grid: Grid, model: MemoryModel
) -> None:
    cells = {**model.row_at(1).cells, "place": '江苏\n"南通"'}  # type: ignore[union-attr]
    model.set_rows([MemoryRow(2, cells) if row.id == 2 else row for row in rows()])
    select(grid, 0, 3, 1, 4)
    key(qtbot, grid, Qt.Key.Key_C, CONTROL)
    assert on_clipboard() == '南京\t13800000001\n"江苏\n""南通"""\t13800000002\n'
    key(qtbot, grid, Qt.Key.Key_C, CONTROL, SHIFT)
    assert on_clipboard().startswith("籍贯\t联系电话\n南京\t")


@pytest.mark.ux("G1")
def test_keys_extend_a_block_and_select_everything(qtbot: QtBot, grid: Grid) -> None:
    grid.table.setCurrentIndex(grid.model.index(1, 3))
    key(qtbot, grid, Qt.Key.Key_Down, SHIFT)
    key(qtbot, grid, Qt.Key.Key_Right, SHIFT)
    assert grid._block() == ([1, 2], [3, 4])
    key(qtbot, grid, Qt.Key.Key_A, CONTROL)
    assert grid.selected_rows() == list(range(len(NAMES)))


@pytest.mark.ux("G1")
def test_ctrl_arrows_jump_to_the_edge_of_what_is_filled(qtbot: QtBot, grid: Grid) -> None:
    grid.table.setCurrentIndex(grid.model.index(1, 1))
    key(qtbot, grid, Qt.Key.Key_Right, CONTROL)
    assert grid.table.currentIndex().column() == 2  # 籍贯 of this row is empty
    key(qtbot, grid, Qt.Key.Key_Down, CONTROL)
    assert grid.table.currentIndex().row() == len(NAMES) - 1
    key(qtbot, grid, Qt.Key.Key_Up, CONTROL, SHIFT)
    assert grid.selected_rows() == list(range(len(NAMES)))


# --- G2, G3 pasting and filling -----------------------------------------------------------------


@pytest.mark.ux("G2", "G12")
def test_pasted_block_lands_as_one_step_and_is_taken_back_as_one(qtbot: QtBot, grid: Grid) -> None:
    put_on_clipboard('苏州\t13900000001\r\n"无锡\n宜兴"\t13900000002\r\n')
    grid.table.setCurrentIndex(grid.model.index(2, 3))
    key(qtbot, grid, Qt.Key.Key_V, CONTROL)
    assert (cell(grid, 2, "place"), cell(grid, 3, "place")) == ("苏州", "无锡\n宜兴")
    assert cell(grid, 3, "phone") == "13900000002"
    assert (grid.undo.count(), grid.undo.undoText()) == (1, "粘贴（4 格）")
    grid.undo.undo()
    assert (cell(grid, 2, "place"), cell(grid, 3, "place")) == ("南京", "")
    grid.undo.redo()
    assert cell(grid, 3, "place") == "无锡\n宜兴"


@pytest.mark.ux("G2")
def test_thousand_rows_of_ten_columns_land_in_one_step(qtbot: QtBot) -> None:
    columns = [GridColumn(f"c{n}", f"列{n}", editable=True) for n in range(10)]
    model = MemoryModel(columns, [MemoryRow(n, {}) for n in range(1000)])
    grid = Grid(model, name="表")
    qtbot.addWidget(grid)
    put_on_clipboard("\n".join("\t".join(f"{r}-{c}" for c in range(10)) for r in range(1000)))
    grid.table.setCurrentIndex(model.index(0, 0))
    grid.paste()
    assert grid.undo.count() == 1
    assert cell(grid, 999, "c9") == "999-9"


@pytest.mark.ux("G2")
@pytest.mark.parametrize("spoilt", ["3.20102E+17", "320102201103051000"])
def test_number_that_a_spreadsheet_has_spoilt_is_refused_with_its_row(
    grid: Grid, spoilt: str
) -> None:
    before = cell(grid, 3, "place")
    put_on_clipboard(f"{builders.id_number(20)}\t苏州\n{spoilt}\t无锡\n")
    grid.table.setCurrentIndex(grid.model.index(2, 2))
    grid.paste()
    (said,) = words(grid)
    assert said[1] == "danger"
    assert f"第 4 行「身份证号」是 {spoilt}" in said[0]
    assert cell(grid, 3, "place") == before
    assert grid.undo.count() == 0


@pytest.mark.ux("G2")
def test_block_larger_than_the_table_is_said_before_anything_is_written(grid: Grid) -> None:
    put_on_clipboard("甲\n乙\n丙\n")
    grid.table.setCurrentIndex(grid.model.index(4, 3))
    grid.paste()
    assert cell(grid, 4, "place") == "南京"
    grid.answer = True  # type: ignore[attr-defined]
    grid.paste()
    assert [cell(grid, row, "place") for row in (4, 5)] == ["甲", "乙"]


@pytest.mark.ux("G3")
def test_one_value_fills_the_selection_and_locked_cells_are_counted(grid: Grid) -> None:
    put_on_clipboard("苏州")
    select(grid, 0, 1, 2, 3)
    grid.model.show_columns(["number", "name", "status", "place", "phone"])
    select(grid, 0, 1, 2, 3)
    grid.paste()
    assert [cell(grid, row, "place") for row in range(3)] == ["苏州"] * 3
    assert "跳过 6 格" in words(grid)[-1][0]
    assert grid.undo.count() == 1


@pytest.mark.ux("G3")
def test_ctrl_d_fills_down_and_ctrl_enter_fills_the_selection(qtbot: QtBot, grid: Grid) -> None:
    select(grid, 0, 3, 3, 4)
    key(qtbot, grid, Qt.Key.Key_D, CONTROL)
    assert [cell(grid, row, "place") for row in range(4)] == ["南京"] * 4
    assert cell(grid, 3, "phone") == "13800000001"
    select(grid, 1, 3, 4, 3)
    key(qtbot, grid, Qt.Key.Key_F2)
    editor = grid.table.findChild(QLineEdit, options=Qt.FindChildOption.FindChildrenRecursively)
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    qtbot.keyClicks(editor, "Taizhou")
    qtbot.keyClick(editor, Qt.Key.Key_Return, CONTROL)
    assert [cell(grid, row, "place") for row in range(6)] == ["南京"] + ["Taizhou"] * 4 + [""]
    assert grid.undo.count() == 2


@pytest.mark.ux("G3")
def test_wish_to_edit_a_key_field_is_answered_with_what_to_do(qtbot: QtBot, grid: Grid) -> None:
    grid.table.setCurrentIndex(grid.model.index(0, 1))
    key(qtbot, grid, Qt.Key.Key_F2)
    assert words(grid) == [(LOCKED, "warn")]
    grid.model.read_only = True
    grid.table.setCurrentIndex(grid.model.index(0, 3))
    qtbot.keyClicks(grid.table, "x")
    assert "历史视图" in words(grid)[-1][0]


@pytest.mark.ux("G12")
def test_a_hundred_steps_are_taken_back(grid: Grid) -> None:
    for step in range(100):
        grid._fill([(0, grid.model.column_named("place"), f"第{step}")], "修改")
    assert grid.undo.count() == 100
    for _ in range(100):
        grid.undo.undo()
    assert cell(grid, 0, "place") == "南京"


@pytest.mark.ux("G12")
def test_refused_cells_are_told_and_only_the_others_can_be_taken_back(qtbot: QtBot) -> None:
    def write(edits: Sequence[CellEdit]) -> Outcome:
        good = tuple(edit for edit in edits if edit.new != "12")
        return Outcome(good, tuple(f"{e.row_id}：电话不对" for e in edits if e not in good))

    grid = Grid(MemoryModel(COLUMNS, rows(), on_write=write), name="名单")
    qtbot.addWidget(grid)
    said: list[tuple[str, str]] = []
    grid.said.connect(lambda text, tone: said.append((text, tone)))
    put_on_clipboard("苏州\t12\n")
    grid.table.setCurrentIndex(grid.model.index(0, 3))
    grid.paste()
    assert "1：电话不对" in said[0][0]
    assert said[0][1] == "danger"
    assert cell(grid, 0, "phone") == "13800000001"
    grid.undo.undo()
    assert cell(grid, 0, "place") == "南京"


# --- G11 input method ---------------------------------------------------------------------------


@pytest.mark.ux("G11")
def test_first_key_of_a_pinyin_composition_is_not_lost(qtbot: QtBot, grid: Grid) -> None:
    grid.table.setCurrentIndex(grid.model.index(0, 3))
    assert grid.table.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
    for preedit in ("x", "xu", "xueji"):
        QApplication.sendEvent(grid.table, QInputMethodEvent(preedit, []))
    commit = QInputMethodEvent("", [])
    commit.setCommitString("学籍")
    QApplication.sendEvent(grid.table, commit)
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    assert editor.text() == "学籍"
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert cell(grid, 0, "place") == "学籍"


@pytest.mark.ux("G11")
def test_typing_and_f2_start_the_editor(qtbot: QtBot, grid: Grid) -> None:
    grid.table.setCurrentIndex(grid.model.index(0, 3))
    qtbot.keyClicks(grid.table, "w")
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    qtbot.keyClicks(editor, "uxi")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert cell(grid, 0, "place") == "wuxi"
    key(qtbot, grid, Qt.Key.Key_F2)
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert cell(grid, 0, "place") == "wuxi"


# --- G4, G5 boxes and order ---------------------------------------------------------------------


@pytest.mark.ux("A1", "F12", "G6")
def test_tab_goes_through_the_filter_boxes_as_they_stand_and_then_to_the_cells(
    grid: Grid, qtbot: QtBot
) -> None:
    grid.activateWindow()
    first = grid.table.frozen.header.box_of("number")
    assert first is not None
    first.setFocus()
    passed = []
    for _ in COLUMNS:
        focus = grid.window().focusWidget()
        assert isinstance(focus, QLineEdit)
        assert not focus.visibleRegion().isEmpty()  # not one under the columns that stand still
        passed.append(focus.accessibleName())
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
    assert passed == [f"筛选 {column.label}" for column in COLUMNS]
    assert grid.window().focusWidget() is grid.table
    here = grid.table.currentIndex()
    qtbot.keyClick(grid.table, Qt.Key.Key_Tab)
    assert grid.table.currentIndex() != here  # as in a spreadsheet


@pytest.mark.ux("G4")
def test_typing_into_a_box_filters_after_a_moment(qtbot: QtBot, grid: Grid) -> None:
    box = grid.table.header.box_of("place")
    assert box is not None
    box.setFocus()
    with qtbot.waitSignal(grid.model.counted, timeout=2000):
        type_into(box, "非空")
        assert grid.model.rowCount() == len(NAMES)
    assert grid.model.rowCount() == 3
    assert grid.model.active_filters == 1
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert grid.model.rowCount() == len(NAMES)


@pytest.mark.ux("G4")
def test_value_list_shows_counts_and_writes_the_box(qtbot: QtBot, grid: Grid) -> None:
    values = ValueList(grid.model, "status", grid)
    assert [values.list.item(n).text() for n in range(2)] == ["休学　1", "在校　5"]
    values.list.item(1).setCheckState(Qt.CheckState.Unchecked)
    values.apply()
    assert grid.model.filters == {"status": "=休学"}
    assert grid.model.rowCount() == 1
    box = grid.table.header.box_of("status")
    assert box is not None
    assert box.text() == "=休学"
    again = ValueList(grid.model, "status", grid)
    assert again.list.item(1).checkState() is Qt.CheckState.Unchecked
    again.clear()
    assert grid.model.rowCount() == len(NAMES)


@pytest.mark.ux("G4")
def test_alt_down_opens_the_values_of_the_column_and_search_narrows_them(
    qtbot: QtBot, grid: Grid
) -> None:
    grid.table.setCurrentIndex(grid.model.index(0, 1))
    key(qtbot, grid, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    (values,) = grid.findChildren(ValueList)
    type_into(values.search, "王")
    qtbot.waitUntil(lambda: values.list.count() == 1, timeout=2000)
    values.apply()
    assert grid.model.filters == {"name": "=王伟"}
    grid.model.clear_filters()
    assert grid.model.rowCount() == len(NAMES)


@pytest.mark.ux("G4")
def test_filter_row_can_be_put_away(qtbot: QtBot, grid: Grid) -> None:
    high = grid.table.header.height()
    key(qtbot, grid, Qt.Key.Key_L, CONTROL, SHIFT)
    qtbot.waitUntil(lambda: grid.table.header.height() < high, timeout=2000)
    box = grid.table.header.box_of("place")
    assert box is not None
    assert not box.isVisible()


@pytest.mark.ux("G5")
def test_click_sorts_again_reverses_and_shift_adds_a_level(qtbot: QtBot, grid: Grid) -> None:
    model, header = grid.model, grid.table.header

    def click(name: str, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        left = header.sectionViewportPosition(model.section_of(name))
        spot = QPoint(left + 20, 10)
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, keys, spot)

    click("score")
    click("score")
    assert model.sort_levels == (SortLevel("score", True),)
    assert [cell(grid, row, "score") for row in (0, 5)] == ["54", "9"]  # figures, not text
    click("place")
    assert [cell(grid, row, "place") for row in (0, 5)] == ["南京", ""]
    model.sort_by("name", add=True)
    assert [level.column for level in model.sort_levels] == ["place", "name"]
    model.sort_by("name", add=True)
    assert model.sort_levels[1].descending


# --- G6, G7 columns -----------------------------------------------------------------------------


@pytest.mark.ux("G6")
def test_first_columns_stand_still_and_agree_with_the_rest(qtbot: QtBot, grid: Grid) -> None:
    table = grid.table
    grid.resize(420, 300)
    table.setCurrentIndex(grid.model.index(2, 7))
    assert table.horizontalScrollBar().value() > 0
    assert table.frozen.isVisible()
    assert table.frozen.columnViewportPosition(1) == table.columnWidth(0)
    assert table.frozen.selectionModel() is table.selectionModel()
    assert table.columnViewportPosition(7) >= table.frozen_width()
    table.setColumnWidth(1, 140)
    assert table.frozen.columnWidth(1) == 140
    table.frozen.setColumnWidth(0, 95)
    assert table.columnWidth(0) == 95
    table.verticalScrollBar().setValue(20)
    assert table.frozen.verticalScrollBar().value() == table.verticalScrollBar().value()
    for _ in range(7):
        key(qtbot, grid, Qt.Key.Key_Left)
    assert table.currentIndex().column() == 0
    grid.model.freeze(0)
    assert not table.frozen.isVisible()


@pytest.mark.ux("G6")
def test_frozen_cell_is_edited_in_sight(qtbot: QtBot, grid: Grid) -> None:
    grid.resize(420, 300)
    grid.model.show_columns(["place", "name", "number", "id_number", "phone", "status", "done"])
    grid.model.freeze(1)
    grid.table.horizontalScrollBar().setValue(200)
    grid.table.setCurrentIndex(grid.model.index(0, 0))
    key(qtbot, grid, Qt.Key.Key_F2)
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    assert editor.isVisible()
    assert not grid.table.frozen.isVisible()
    qtbot.keyClicks(editor, "wuxi")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert cell(grid, 0, "place") == "wuxi"
    assert grid.table.frozen.isVisible()


@pytest.mark.ux("G7")
def test_columns_are_found_ticked_and_restored_by_name(qtbot: QtBot, grid: Grid) -> None:
    chooser = grid.choose_columns()
    type_into(chooser.search, "电话")
    seen = [chooser.list.item(n) for n in range(chooser.list.count())]
    assert [item.text() for item in seen if not item.isHidden()] == ["联系电话"]
    next(item for item in seen if not item.isHidden()).setCheckState(Qt.CheckState.Unchecked)
    chooser.frozen[1].click()
    chooser.apply()
    assert grid.model.section_of("phone") == -1
    assert grid.model.frozen == 1
    grid.model.move_column(2, 0)
    assert grid.model.shown[0].name == "id_number"
    ColumnChooser(grid.model, grid).restore()
    assert [column.name for column in grid.model.shown] == [c.name for c in COLUMNS]
    assert grid.model.frozen == 2


@pytest.mark.ux("G7")
def test_dragged_column_moves_by_name_and_width_is_remembered(grid: Grid) -> None:
    grid.table.header.moveSection(3, 5)
    assert [column.name for column in grid.model.shown][3:6] == ["phone", "status", "place"]
    assert grid.table.header.visualIndex(5) == 5  # order lies in the model alone
    grid.table.setColumnWidth(5, 233)
    assert grid.model.widths["place"] == 233


# --- G9, G10, G13 – G15 -------------------------------------------------------------------------


@pytest.mark.ux("G10")
def test_bar_tells_how_many_and_has_the_commands_of_the_menu(qtbot: QtBot, grid: Grid) -> None:
    asked: list[list[int]] = []
    action = QAction("办理异动", grid)
    action.triggered.connect(lambda: asked.append(grid.selected_ids()))
    grid.add_command(action, on_bar=True)
    assert not grid.bar.isVisible()
    select(grid, 0, 0, 2, 4)
    assert grid.bar.isVisible()
    assert grid.bar.label.text() == "已选 3 人"
    button = next(b for b in grid.bar.children() if getattr(b, "text", str)() == "办理异动")
    button.click()
    assert asked == [[1, 2, 3]]
    assert action in grid.menu().actions()
    key(qtbot, grid, Qt.Key.Key_Escape)
    assert not grid.bar.isVisible()


@pytest.mark.ux("G14")
def test_every_command_of_a_cell_has_a_key_and_a_place_in_the_menu(grid: Grid) -> None:
    texts = {action.text() for action in grid.menu().actions()}
    for action in grid.table.actions():
        assert not action.shortcut().isEmpty(), action.text()
        assert action.text() in texts | {"值列表", "取消选择"}
    names = {action.text() for action in grid.header_menu("place").actions()}
    assert {"升序", "降序", "筛选值…", "固定到此列", "隐藏此列", "选择列…"} <= names


@pytest.mark.ux("G13")
@pytest.mark.parametrize("height", [28, 32, 36])
def test_rows_have_one_of_three_heights(grid: Grid, height: int) -> None:
    grid.set_row_height(height)
    assert {grid.table.rowHeight(row) for row in range(len(NAMES))} == {height}
    assert grid.table.frozen.rowHeight(3) == height


@pytest.mark.ux("G13")
def test_shortened_text_is_whole_in_the_tooltip(grid: Grid, model: MemoryModel) -> None:
    long = "江苏省南通市崇川区人民中路一百二十八号三单元五〇二室"
    cells = {**model.row_at(0).cells, "place": long}  # type: ignore[union-attr]
    model.set_rows([MemoryRow(1, cells), *rows()[1:]])
    delegate: Any = grid.table.itemDelegate()
    assert delegate.tip(model.index(0, 3), 120) == long
    assert delegate.tip(model.index(1, 1), 90) == ""
    assert "少一位" in delegate.tip(model.index(1, 4), 90)


@pytest.mark.ux("G15")
def test_enter_and_double_click_open_the_record_and_the_list_is_walked(
    qtbot: QtBot, grid: Grid
) -> None:
    opened: list[int] = []
    grid.opened.connect(opened.append)
    grid.table.setCurrentIndex(grid.model.index(1, 1))
    key(qtbot, grid, Qt.Key.Key_Return)
    assert opened == [2]
    spot = grid.table.visualRect(grid.model.index(4, 5)).center()
    qtbot.mouseDClick(grid.table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert opened == [2, 5]
    grid.select_id(5)
    grid.step(-1)
    assert grid.current_id == 4
    grid.model.set_sort([SortLevel("score", True)])
    assert grid.current_id == 4  # the same person, wherever the row is now
    assert grid.table.currentIndex().row() == 2


@pytest.mark.ux("A2")
def test_cells_announce_column_value_and_fault(grid: Grid) -> None:
    spoken = Qt.ItemDataRole.AccessibleTextRole
    assert grid.model.index(0, 3).data(spoken) == "籍贯：南京"
    assert grid.model.index(1, 3).data(spoken) == "籍贯：空"
    assert "联系电话：13800000002，有误：电话少一位" in grid.model.index(1, 4).data(spoken)
    for box in grid.findChildren(QLineEdit):
        assert box.accessibleName()


def test_identity_numbers_are_masked_until_shown_also_in_copies(qtbot: QtBot, grid: Grid) -> None:
    shown: list[bool] = []
    grid.revealed.connect(shown.append)
    number = cell(grid, 0, "id_number")
    index = grid.model.index(0, 2)
    assert index.data() == masked(number) == f"{number[:3]}***********{number[-4:]}"
    grid.table.setCurrentIndex(index)
    grid.copy()
    assert on_clipboard().strip() == masked(number)
    key(qtbot, grid, Qt.Key.Key_F9)
    assert shown == [True]
    assert index.data() == number


# --- pages --------------------------------------------------------------------------------------


class _Numbers:
    """A source of a hundred thousand rows that counts what is asked of it."""

    def __init__(self) -> None:
        self.pages: list[int] = []

    def ids(self, filters: Mapping[str, str], sort: Sequence[SortLevel]) -> Sequence[int]:
        found = range(1, 100_001) if not filters else range(1, 11)
        return list(reversed(found)) if sort and sort[0].descending else list(found)

    def page(self, ids: Sequence[int]) -> Sequence[Row]:
        self.pages.append(len(ids))
        return [MemoryRow(identity, {"name": f"第{identity}人"}) for identity in ids]

    def values(
        self, column: str, filters: Mapping[str, str], holding: str
    ) -> list[tuple[str, int]]:
        return [(f"{column}{holding}", len(filters))]


def _at_once(work: Callable[[], Any], then: Callable[[Any], object]) -> None:
    then(work())


@pytest.mark.ux("G5")
def test_hundred_thousand_rows_are_read_in_pages_of_what_is_seen(qtbot: QtBot) -> None:
    source = _Numbers()
    model = PagedModel(source, _at_once, [GridColumn("name", "姓名")])
    grid = Grid(model, name="名单")
    qtbot.addWidget(grid)
    grid.resize(400, 300)
    grid.show()
    model.reload()
    grid.grab()
    assert model.rowCount() == 100_000
    assert source.pages == [256]
    grid.table.setCurrentIndex(model.index(99_999, 0))
    grid.grab()
    assert model.index(99_999, 0).data() == "第100000人"
    assert len(source.pages) <= 3
    model.sort_by("name")
    model.sort_by("name")
    assert grid.current_id == 100_000
    assert grid.table.currentIndex().row() == 0
    model.set_filter("name", "王")
    assert model.rowCount() == 10


def test_answer_to_an_earlier_question_is_left_aside(qtbot: QtBot) -> None:
    waiting: list[Callable[[], None]] = []

    def later(work: Callable[[], Any], then: Callable[[Any], object]) -> None:
        waiting.append(lambda: then(work()))  # type: ignore[arg-type]

    model = PagedModel(_Numbers(), later, [GridColumn("name", "姓名")])
    model.reload()
    model.set_filter("name", "王")
    first, second = waiting
    second()
    first()
    assert model.rowCount() == 10
