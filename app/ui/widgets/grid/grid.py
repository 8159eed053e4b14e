"""表格: block selection, paste, fill, filter row, frozen columns, undo: as in a spreadsheet."""

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPoint, QSize, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QUndoCommand, QUndoStack
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QStackedLayout, QVBoxLayout, QWidget

from app.services.register.listing import SortLevel
from app.ui import theme
from app.ui.clipboard import copy
from app.ui.widgets.basic import Button, Label, Tone
from app.ui.widgets.grid import clipboard
from app.ui.widgets.grid.column import CellEdit, GridColumn, Outcome, Row
from app.ui.widgets.grid.delegate import CellDelegate
from app.ui.widgets.grid.model import GridModel
from app.ui.widgets.grid.popups import ColumnChooser, ValueList
from app.ui.widgets.grid.table import WholeTable, blocks

_Flag = QItemSelectionModel.SelectionFlag
#: More rows than this leave by 导出, not by the clipboard.
_MOST_COPIED: Final = 20_000
_MOST_KEPT: Final = 2_000  # selected rows that are found again after the list was read anew
ROW_HEIGHTS: Final = (28, 32, 36)


class Grid(QWidget):
    """One list. `counted_by` is the word for a row (人, 行)."""

    opened = QtSignal(int)  # a row, by its id, is to be opened
    current_changed = QtSignal(int)  # the row at hand, -1 for none
    selection_changed = QtSignal(int)  # how many rows are selected
    said = QtSignal(str, str)  # a sentence and its tone
    revealed = QtSignal(bool)
    back = QtSignal()  # Esc with nothing left to cancel

    def __init__(
        self,
        model: GridModel,
        *,
        name: str,
        counted_by: str = "行",
        undo: QUndoStack | None = None,
        ask: Callable[[str, str, str], bool] | None = None,
        row_height: int = 32,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.model = model
        self.undo = undo if undo is not None else QUndoStack(self)
        self.row_height = row_height
        self._word = counted_by
        self._ask = ask
        self._kept: tuple[int, int, list[int]] | None = None
        self._placing = False
        self._menu: list[QAction] = []
        self.setAccessibleName(name)
        delegate = CellDelegate(self)
        delegate.committed.connect(self._committed)
        self.table = WholeTable(model, delegate, self)
        self.table.setAccessibleName(name)
        self.bar = SelectionBar(counted_by, self.clear_selection)
        self._lay_out()
        self._connect()
        self._make_actions()
        self._dress()
        self._arranged()

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        above = QVBoxLayout()
        above.setContentsMargins(*(theme.px(6),) * 4)
        above.addWidget(self.bar)
        self._above = QWidget()
        self._above.setLayout(above)
        self._above.hide()
        box.addWidget(self._above)
        self._stack = QStackedLayout()
        self._stack.setStackingMode(QStackedLayout.StackingMode.StackOne)
        self._stack.addWidget(self.table)
        box.addLayout(self._stack, 1)
        self.setFocusProxy(self.table)

    def _connect(self) -> None:
        model, table = self.model, self.table
        model.modelAboutToBeReset.connect(self._keep_place)
        model.modelReset.connect(self._arranged)
        model.arranged.connect(self._arranged)
        model.counted.connect(self._find_place)
        table.opened.connect(lambda index: self.opened.emit(self.model.id_at(index.row())))
        table.frozen.doubleClicked.connect(self._double_clicked)
        table.refused.connect(self._say_locked)
        table.moved.connect(self._moved)
        table.selectionModel().selectionChanged.connect(self._selected)
        table.verticalHeader().sectionDoubleClicked.connect(
            lambda row: self.opened.emit(self.model.id_at(row))
        )
        for view in (table, table.frozen):
            view.header.asked.connect(self._open_values)
            view.header.menu_wanted.connect(self._open_header_menu)
            view.header.columns_wanted.connect(self._select_column)
            view.header.left.connect(table.setFocus)
            view.header.setSectionsMovable(True)
            view.header.sectionMoved.connect(self._column_moved)
            view.customContextMenuRequested.connect(
                lambda point, view=view: self.open_menu(view.viewport().mapToGlobal(point))
            )
        table.header.sectionResized.connect(self._resized)
        theme.changes.changed.connect(self._dress)

    # --- arrangement ----------------------------------------------------------------------

    def _dress(self) -> None:
        self.table.set_row_height(theme.px(self.row_height))
        self.table.verticalHeader().setFont(theme.font("small"))
        self._size_columns()

    def set_row_height(self, height: int) -> None:
        """28 compact, 32, 36 relaxed."""
        self.row_height = height
        self._dress()

    def _arranged(self) -> None:
        self._size_columns()
        self.table.freeze(self.model.frozen)
        for view in (self.table, self.table.frozen):
            view.header.renew()
        self.table.order_stops()

    def _size_columns(self) -> None:
        self._placing = True
        for section, column in enumerate(self.model.shown):
            self.table.setColumnWidth(section, theme.px(self.model.width_of(column)))
        self._placing = False
        self.table.place_frozen()

    def _resized(self, section: int, _old: int, width: int) -> None:
        if not self._placing and section < len(self.model.shown) and width:
            column = self.model.column_at(section)
            self.model.widths[column.name] = round(width / theme.px(1000) * 1000)

    def _column_moved(self, _logical: int, source: int, target: int) -> None:
        """Columns are moved in the model, where order is kept by name."""
        header = self.sender()
        if self._placing or header is None:
            return
        self._placing = True
        header.moveSection(target, source)  # type: ignore[attr-defined]
        self._placing = False
        self.model.move_column(source, target)

    def show_empty(self, empty: QWidget | None) -> None:
        """Say what belongs here instead of an empty table; None shows the table."""
        while self._stack.count() > 1:
            if (old := self._stack.widget(1)) is not None:
                self._stack.removeWidget(old)
                old.deleteLater()
        if empty is not None:
            self._stack.addWidget(empty)
            self._stack.setCurrentIndex(1)

    def choose_columns(self, point: QPoint | None = None) -> ColumnChooser:
        """列: which are shown, in which order, how many stand still."""
        chooser = ColumnChooser(
            self.model, self, row_height=self.row_height, on_row_height=self.set_row_height
        )
        chooser.open_at(point or self.mapToGlobal(QPoint(self.width() - theme.px(310), 0)))
        return chooser

    def toggle_filter_row(self) -> None:
        """Filter row on or off."""
        on = not self.table.header.boxes_shown
        for view in (self.table, self.table.frozen):
            view.header.show_boxes(on)
        self.table.updateGeometries()
        self.table.place_frozen()

    def _open_values(self, name: str, point: QPoint) -> None:
        ValueList(self.model, name, self).open_at(point)

    def _open_header_menu(self, name: str, point: QPoint) -> None:
        menu = self.header_menu(name)
        menu.popup(point)

    def header_menu(self, name: str) -> QMenu:
        """What can be done with a column."""
        model, section = self.model, self.model.section_of(name)
        menu = QMenu(self)
        menu.addAction("升序", lambda: model.set_sort([SortLevel(name)]))
        menu.addAction("降序", lambda: model.set_sort([SortLevel(name, True)]))
        menu.addAction("作为下一级排序", lambda: model.sort_by(name, add=True))
        menu.addSeparator()
        menu.addAction("筛选值…", lambda: self.table.header.ask(name))
        clear = menu.addAction("清除此列筛选", lambda: model.set_filter(name, ""))
        clear.setEnabled(name in model.filters)
        menu.addSeparator()
        menu.addAction("选中整列", lambda: self._select_column(name))
        freeze = menu.addAction("固定到此列", lambda: model.freeze(section + 1))
        freeze.setEnabled(section < 4)
        menu.addAction("取消固定", lambda: model.freeze(0)).setEnabled(model.frozen > 0)
        names = [column.name for column in model.shown if column.name != name]
        menu.addAction("隐藏此列", lambda: model.show_columns(names)).setEnabled(bool(names))
        menu.addAction("选择列…", lambda: self.choose_columns())
        return menu

    # --- rows -----------------------------------------------------------------------------

    @property
    def current_id(self) -> int:
        """The row at hand, -1 for none."""
        index = self.table.currentIndex()
        return self.model.id_at(index.row()) if index.isValid() else -1

    def selected_rows(self) -> list[int]:
        """Places of the rows in which something is selected, from top to bottom."""
        rows: set[int] = set()
        for part in blocks(self.table.selectionModel()):
            rows.update(range(part.top(), part.bottom() + 1))
        return sorted(rows)

    def selected_ids(self) -> list[int]:
        """Ids of the rows in which something is selected."""
        return [self.model.id_at(row) for row in self.selected_rows()]

    def select_id(self, row_id: int, *, column: int | None = None) -> bool:
        """Make a row the one at hand; whether it is in the list."""
        row = self.model.place_of(row_id)
        if row < 0:
            return False
        present = self.table.currentIndex().column()
        index = self.model.index(row, max(present, 0) if column is None else column)
        self.table.setCurrentIndex(index)
        self.table.scrollTo(index)
        return True

    def step(self, by: int) -> None:
        """The next or the previous row, as the record beside the list asks."""
        index = self.table.currentIndex()
        row = min(max(index.row() + by, 0), self.model.rowCount() - 1)
        if row >= 0:
            self.table.setCurrentIndex(self.model.index(row, max(index.column(), 0)))

    def clear_selection(self) -> None:
        """Select nothing; the row at hand stays at hand."""
        self.table.clearSelection()

    def _select_column(self, name: str) -> None:
        section = self.model.section_of(name)
        if section >= 0 and self.model.rowCount():
            last = self.model.index(self.model.rowCount() - 1, section)
            block = QItemSelection(self.model.index(0, section), last)
            self.table.selectionModel().select(block, _Flag.ClearAndSelect)

    def _keep_place(self) -> None:
        index = self.table.currentIndex()
        if self.model.rowCount() and index.isValid():
            rows = self.selected_rows()
            ids = [self.model.id_at(row) for row in rows] if 1 < len(rows) <= _MOST_KEPT else []
            self._kept = (self.model.id_at(index.row()), index.column(), ids)

    def _find_place(self) -> None:
        """After the list was read anew: the same person, the same cell, the same selection."""
        if self._kept is not None and self.model.rowCount():
            row_id, column, ids = self._kept
            self._kept = None
            column = min(column, self.model.columnCount() - 1)
            self.select_id(row_id, column=column)
            last = self.model.columnCount() - 1
            chosen = QItemSelection()
            for row in filter(lambda row: row >= 0, map(self.model.place_of, ids)):
                chosen.select(self.model.index(row, 0), self.model.index(row, last))
            if chosen:
                self.table.selectionModel().select(chosen, _Flag.ClearAndSelect)
        self._moved()
        self._selected()

    def _moved(self) -> None:
        self.current_changed.emit(self.current_id)

    def _selected(self, *_changed: object) -> None:
        count = len(self.selected_rows())
        self.bar.set_count(count)
        self._above.setVisible(count > 1)
        for view in (self.table, self.table.frozen):
            view.viewport().update()
        self.selection_changed.emit(count)

    def _double_clicked(self, index: QModelIndex) -> None:
        if index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.table.edit(index)
        else:
            self.opened.emit(self.model.id_at(index.row()))

    # --- commands -------------------------------------------------------------------------

    def add_command(self, action: QAction, *, on_bar: bool = False) -> None:
        """A command for the selected rows: in the menu, and on the bar of several."""
        self._menu.append(action)
        self.addAction(action)
        if on_bar:
            self.bar.add(action)

    def _make_actions(self) -> None:
        self._actions = {
            text: self._action(text, keys, then)
            for text, keys, then in (
                ("复制", "Ctrl+C", self.copy),
                ("连同表头复制", "Ctrl+Shift+C", lambda: self.copy(headers=True)),
                ("粘贴", "Ctrl+V", self.paste),
                ("向下填充", "Ctrl+D", self.fill_down),
                ("填满所选", "Ctrl+Return", self.fill_selection),
                ("清空单元格", "Del", self.blank),
                ("值列表", "Alt+Down", self._values_here),
                ("筛选行", "Ctrl+Shift+L", self.toggle_filter_row),
                ("显示身份证号", "F9", self.toggle_reveal),
                ("取消选择", "Esc", self._escape),
            )
        }

    def _action(self, text: str, keys: str, then: Callable[[], object]) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda: then())
        self.table.addAction(action)
        return action

    def menu(self) -> QMenu:
        """The same commands as the bar, and those of the cells."""
        menu = QMenu(self)
        menu.addActions(self._menu)
        if self._menu:
            menu.addSeparator()
        editable = bool(self._editable_columns())
        for text, action in self._actions.items():
            action.setEnabled(text not in _EDITING or editable)
            if text not in {"值列表", "取消选择"}:
                menu.addAction(action)
        for action in self._actions.values():  # keys stay alive; they say why nothing happens
            action.setEnabled(True)
        return menu

    def open_menu(self, point: QPoint) -> None:
        """Right-click: on a cell outside the selection it goes there first."""
        here = self.table.viewport().mapFromGlobal(point)
        frozen = self.table.frozen
        over = frozen.isVisible() and here.x() < frozen.width()
        index = frozen.indexAt(here) if over else self.table.indexAt(here)
        if index.isValid() and not self.table.selectionModel().isSelected(index):
            self.table.setCurrentIndex(index)
        self.menu().popup(point)

    def _values_here(self) -> None:
        index = self.table.currentIndex()
        if index.isValid():
            self.table.header.ask(self.model.column_at(index.column()).name)

    def _escape(self) -> None:
        if len(self.table.selectionModel().selectedIndexes()) > 1:
            index = self.table.currentIndex()
            self.table.selectionModel().select(index, _Flag.ClearAndSelect)
        else:
            self.back.emit()

    def toggle_reveal(self) -> None:
        """Show identity numbers whole, or mask them again."""
        self.model.reveal(not self.model.revealed)
        self.revealed.emit(self.model.revealed)

    # --- copying --------------------------------------------------------------------------

    def _block(self) -> tuple[list[int], list[int]]:
        """Rows and sections of the selection, each in order."""
        sections: set[int] = set()
        for part in blocks(self.table.selectionModel()):
            sections.update(range(part.left(), part.right() + 1))
        return self.selected_rows(), sorted(sections)

    def copy(self, *, headers: bool = False) -> None:
        """The selected block as text, cells quoted where they must be."""
        rows, sections = self._block()
        if not rows:
            return
        if len(rows) > _MOST_COPIED:
            self.said.emit(
                f"选中了 {len(rows):,} 行，复制一次最多 {_MOST_COPIED:,} 行。请改用“导出”。", "warn"
            )
            return
        columns = [self.model.column_at(section) for section in sections]
        selection = self.table.selectionModel()
        parts = len(blocks(selection))
        chosen = {
            (index.row(), index.column())
            for index in (selection.selectedIndexes() if parts > 1 else ())
        }

        def put(found: list[Row]) -> None:
            lines = [[column.label for column in columns]] if headers else []
            for place, row in zip(rows, found, strict=False):
                lines.append(
                    [
                        self.model.text(row, column)
                        if parts == 1 or (place, section) in chosen
                        else ""
                        for section, column in zip(sections, columns, strict=True)
                    ]
                )
            copy(clipboard.to_text(lines))
            self.said.emit(f"已复制 {len(rows):,} 行 × {len(columns)} 列", "info")

        self.model.fetch(rows, put)

    # --- writing --------------------------------------------------------------------------

    def _editable_columns(self) -> list[GridColumn]:
        return [column for column in self.model.shown if self.model.can_edit(column)]

    def _say_locked(self, index: QModelIndex) -> None:
        column = self.model.column_at(index.column())
        if self.model.read_only:
            self.said.emit("现在是历史视图，只能看，不能改。请先回到今天。", "warn")
        elif column.why_locked:
            self.said.emit(column.why_locked, "warn")

    def _committed(self, index: QModelIndex, text: str, to_all: bool) -> None:
        if not index.isValid():
            return
        if to_all:
            self._fill_with(text, "填满所选")
        else:
            self._fill([(index.row(), self.model.column_at(index.column()), text)], "修改")

    def fill_selection(self) -> None:
        """Ctrl+Enter without an editor: the value of the current cell to the whole selection."""
        index = self.table.currentIndex()
        if index.isValid():
            self._fill_with(str(index.data(Qt.ItemDataRole.EditRole) or ""), "填满所选")

    def blank(self) -> None:
        """Empty the selected cells."""
        self._fill_with("", "清空")

    def _fill_with(self, text: str, title: str) -> None:
        rows, sections = self._block()
        cells = [(row, self.model.column_at(section), text) for row in rows for section in sections]
        self._fill(cells, title)

    def fill_down(self) -> None:
        """The first row of the selection into all rows below it."""
        rows, sections = self._block()
        if len(rows) < 2:
            self.said.emit("请先选中要填充的几行：第一行的内容会填到下面各行。", "info")
            return

        def fill(found: list[Row]) -> None:
            columns = [self.model.column_at(section) for section in sections]
            first = found[0].cells
            self._fill(
                [
                    (row, column, first.get(column.name, ""))
                    for row in rows[1:]
                    for column in columns
                ],
                "向下填充",
            )

        self.model.fetch(rows[:1], fill)

    def paste(self) -> None:
        """A block at the current cell, or one value into the whole selection."""
        block = clipboard.from_text(QGuiApplication.clipboard().text())
        rows, sections = self._block()
        if not block or not rows:
            return
        wide, high = len(block[0]), len(block)
        if (wide, high) == (1, 1):
            columns = [self.model.column_at(section) for section in sections]
            if self._unspoilt([block[0] * len(columns)], columns, rows[0]):
                self._fill_with(block[0][0], "粘贴")
            return
        room = self.model.rowCount() - rows[0], self.model.columnCount() - sections[0]
        columns = self.model.shown[sections[0] : sections[0] + wide]
        if not self._unspoilt(block, columns, rows[0]) or not self._fits(high, wide, room):
            return
        self._fill(
            [
                (rows[0] + down, column, text)
                for down, line in enumerate(block[: room[0]])
                for column, text in zip(columns, line, strict=False)
            ],
            "粘贴",
        )

    def _unspoilt(
        self, block: Sequence[Sequence[str]], columns: Sequence[GridColumn], first: int
    ) -> bool:
        sentence = clipboard.damage(block, columns, first + 1)
        if sentence:
            self.said.emit(sentence, "danger")
        return not sentence

    def _fits(self, high: int, wide: int, room: tuple[int, int]) -> bool:
        """Whether the block fits, or is to be cut: that is asked before anything is written."""
        over = [
            f"下方只有 {room[0]} 行" if high > room[0] else "",
            f"右方只有 {room[1]} 列" if wide > room[1] else "",
        ]
        if not any(over):
            return True
        text = (
            f"剪贴板里是 {high} 行 × {wide} 列，{'，'.join(filter(None, over))}，多出的写不进来。"
        )
        if self._ask is None:
            self.said.emit(f"{text}没有粘贴。请选更靠左上的单元格。", "warn")
            return False
        return self._ask("粘贴的内容比表格大", text, "只粘贴放得下的")

    def _fill(self, cells: Sequence[tuple[int, GridColumn, str]], title: str) -> None:
        """Write cells given by place, as one undo step; what is not edited here is counted."""
        wanted = [cell for cell in cells if self.model.can_edit(cell[1])]
        skipped = len(cells) - len(wanted)
        if not wanted:
            if cells:
                self._say_locked(
                    self.model.index(cells[0][0], self.model.section_of(cells[0][1].name))
                )
            return
        places = sorted({row for row, _, _ in wanted})

        def write(found: list[Row]) -> None:
            rows = dict(zip(places, found, strict=False))
            edits = [
                CellEdit(rows[row].id, column.name, rows[row].cells.get(column.name, ""), text)
                for row, column, text in wanted
                if row in rows and rows[row].cells.get(column.name, "") != text
            ]
            if edits:
                self.model.write(
                    edits, title, lambda outcome: self._written(outcome, title, skipped)
                )
            elif skipped:
                self.said.emit(f"没有改动；{skipped} 格不在这里修改，已跳过。", "info")

        self.model.fetch(places, write)

    def take_written(self, outcome: Outcome, title: str) -> None:
        """Cells were written elsewhere: make that one step that can be taken back here."""
        if outcome.applied:
            self.undo.push(_Written(self, title, outcome.applied))

    def _written(self, outcome: Outcome, title: str, skipped: int) -> None:
        self.take_written(outcome, title)
        people = len({edit.row_id for edit in outcome.applied})
        parts = [f"{title} {len(outcome.applied):,} 格（{people:,} {self._word}）"]
        if skipped:
            parts.append(f"跳过 {skipped:,} 格（不在这里修改）")
        if outcome.refused:
            parts.append(f"{len(outcome.refused):,} 格没有写入：{'；'.join(outcome.refused[:3])}")
        tone: Tone = "danger" if outcome.refused else "ok"
        if outcome.refused or skipped or len(outcome.applied) > 1:
            self.said.emit("，".join(parts), tone)

    def write_again(self, edits: Sequence[CellEdit], title: str) -> None:
        """Undo and redo: another write, of which only refusals are told."""

        def told(outcome: Outcome) -> None:
            if outcome.refused:
                reasons = "；".join(outcome.refused[:3])
                self.said.emit(f"{title}有 {len(outcome.refused)} 格没有写入：{reasons}", "danger")

        self.model.write(edits, title, told)


_EDITING: Final = frozenset({"粘贴", "向下填充", "填满所选", "清空单元格"})


class _Written(QUndoCommand):
    """Cells that were written. Taking it back writes again; nothing of the past is erased."""

    def __init__(self, grid: Grid, title: str, edits: Sequence[CellEdit]) -> None:
        super().__init__(f"{title}（{len(edits)} 格）")
        self._grid, self._title, self._edits = grid, title, tuple(edits)
        self._done = True  # it is pushed after it was written

    def undo(self) -> None:
        back = [edit.inverse() for edit in self._edits]
        self._grid.write_again(back, f"撤销{self._title}")

    def redo(self) -> None:
        if self._done:
            self._done = False
            return
        self._grid.write_again(self._edits, f"重做{self._title}")


class SelectionBar(QFrame):
    """已选 n 人: what can be done to all of them. Shown while several are selected."""

    def __init__(self, word: str, clear: Callable[[], object]) -> None:
        super().__init__()
        self._word = word
        self.setProperty("selectionbar", True)
        self.setAccessibleName("已选的操作")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(14), theme.px(2), theme.px(6), theme.px(2))
        row.setSpacing(theme.px(4))
        self.label = Label("", "strong")
        row.addWidget(self.label)
        row.addSpacing(theme.px(8))
        self._commands = QHBoxLayout()
        self._commands.setSpacing(theme.px(4))
        row.addLayout(self._commands)
        row.addStretch()
        row.addWidget(Button("取消选择", "circle-x", "quiet", on_click=clear))
        self.hide()

    def add(self, action: QAction) -> None:
        """A command of the bar."""
        button = Button(action.text(), kind="quiet", on_click=action.trigger)
        button.setIcon(action.icon())
        button.setIconSize(QSize(theme.px(20), theme.px(16)))
        button.setToolTip(action.shortcut().toString())
        self._commands.addWidget(button)

        def follow() -> None:
            button.setEnabled(action.isEnabled())
            button.setVisible(action.isVisible())

        action.changed.connect(follow)
        follow()

    def set_count(self, count: int) -> None:
        """How many are selected; with one there is nothing to say."""
        self.label.setText(f"已选 {count:,} {self._word}")
        self.setVisible(count > 1)
