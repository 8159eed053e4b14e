"""What opens over a grid: the values of a column, and the choice of columns."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.services.register.filters import Op, chosen, parse
from app.ui import theme
from app.ui.widgets.basic import Button, Label
from app.ui.widgets.grid.model import GridModel

_WAIT_MS: Final = 150
_BLANK: Final = "（空）"
_NAME: Final = Qt.ItemDataRole.UserRole


class _Popup(QFrame):
    """A sheet that opens at a point and closes with Esc."""

    def __init__(self, name: str, parent: QWidget, width: int) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(name)
        self.setProperty("card", True)
        self.setFixedWidth(theme.px(width))
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(*(theme.px(10),) * 4)
        self.box.setSpacing(theme.px(8))

    def open_at(self, point: QPoint) -> None:
        """Show it there, as far as the screen allows."""
        self.adjustSize()
        room = QGuiApplication.primaryScreen().availableGeometry()
        left = max(room.left(), min(point.x(), room.right() - self.width()))
        top = max(room.top(), min(point.y(), room.bottom() - self.height()))
        self.move(left, top)
        self.show()


class ValueList(_Popup):
    """The values of a column with counts; ticking some writes them into the column's box."""

    def __init__(self, model: GridModel, name: str, parent: QWidget) -> None:
        column = model.column_named(name)
        super().__init__(f"{column.label}的值", parent, 260)
        self._model, self._name = model, name
        self._settling = False
        self.search = QLineEdit()
        self.search.setPlaceholderText(f"在“{column.label}”中查找")
        self.search.setAccessibleName("查找值")
        self.list = QListWidget()
        self.list.setAccessibleName(f"{column.label}的值")
        self.list.setFixedHeight(theme.px(260))
        self._all = Button("全选", kind="quiet", on_click=lambda: self._tick_all(True))
        self._none = Button("全不选", kind="quiet", on_click=lambda: self._tick_all(False))
        self.apply_button = Button("筛选", kind="primary", on_click=self.apply)
        self.clear_button = Button("清除", on_click=self.clear)
        self._waiting = QTimer(self, singleShot=True, interval=_WAIT_MS)
        self._waiting.timeout.connect(self._ask)
        self.search.textEdited.connect(lambda _: self._waiting.start())
        self.search.returnPressed.connect(self.apply)
        self._lay_out()
        self._ask()
        self.search.setFocus()

    def _lay_out(self) -> None:
        self.box.addWidget(self.search)
        self.box.addWidget(self.list)
        row = QHBoxLayout()
        for button in (self._all, self._none):
            row.addWidget(button)
        row.addStretch()
        row.addWidget(self.clear_button)
        row.addWidget(self.apply_button)
        self.box.addLayout(row)

    def _ask(self) -> None:
        self._model.values(self._name, self.search.text().strip(), self._take)

    def _take(self, values: Sequence[tuple[str, int]]) -> None:
        wanted = {
            term.text if term.op is Op.IS else ""
            for term in parse(self._model.filters.get(self._name, "")).any_of
            if term.op in {Op.IS, Op.BLANK}
        }
        self.list.clear()
        for value, count in values:
            item = QListWidgetItem(f"{value or _BLANK}　{count:,}")
            item.setData(_NAME, value)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            ticked = not wanted or value in wanted
            item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
            self.list.addItem(item)

    def _tick_all(self, on: bool) -> None:
        for at in range(self.list.count()):
            self.list.item(at).setCheckState(
                Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
            )

    def apply(self) -> None:
        """Let through what is ticked."""
        items = [self.list.item(at) for at in range(self.list.count())]
        ticked = [item.data(_NAME) for item in items if item.checkState() == Qt.CheckState.Checked]
        whole = len(ticked) == len(items) and not self.search.text().strip()
        if ticked:
            self._model.set_filter(self._name, "" if whole else chosen(ticked))
        self.close()

    def clear(self) -> None:
        """Ask nothing of this column any more."""
        self._model.set_filter(self._name, "")
        self.close()


class ColumnChooser(_Popup):
    """列: which are shown, in which order, how many stand still; found by name."""

    def __init__(
        self,
        model: GridModel,
        parent: QWidget,
        *,
        most_frozen: int = 4,
        row_height: int = 32,
        on_row_height: Callable[[int], object] | None = None,
    ) -> None:
        super().__init__("选择列", parent, 300)
        self._model, self._most = model, most_frozen
        self.search = QLineEdit()
        self.search.setPlaceholderText("查找列")
        self.search.setAccessibleName("查找列")
        self.search.textEdited.connect(self._narrow)
        self.list = QListWidget()
        self.list.setAccessibleName("列，打勾的显示，拖动改次序")
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.list.setFixedHeight(theme.px(320))
        self.box.addWidget(self.search)
        self.box.addWidget(self.list)
        self.box.addWidget(Label("打勾的显示；拖动改次序", "small", "text-3"))
        self._add_frozen()
        if on_row_height is not None:
            self._add_heights(row_height, on_row_height)
        row = QHBoxLayout()
        self.default_button = Button("恢复默认", kind="quiet", on_click=self.restore)
        row.addWidget(self.default_button)
        row.addStretch()
        self.apply_button = Button("完成", kind="primary", on_click=self.apply)
        row.addWidget(self.apply_button)
        self.box.addLayout(row)
        self._fill()
        self.search.setFocus()

    def _add_frozen(self) -> None:
        row = QHBoxLayout()
        row.addWidget(Label("左侧固定", "table", "text-2"))
        row.addStretch()
        self.frozen: list[Button] = []
        for count in range(self._most + 1):
            button = Button(f"{count}", kind="quiet")
            button.setCheckable(True)
            button.setAutoExclusive(True)
            button.setChecked(count == self._model.frozen)
            button.setAccessibleName(f"固定 {count} 列")
            self.frozen.append(button)
            row.addWidget(button)
        self.box.addLayout(row)

    def _add_heights(self, present: int, then: Callable[[int], object]) -> None:
        row = QHBoxLayout()
        row.addWidget(Label("行高", "table", "text-2"))
        row.addStretch()
        holder = QWidget()
        inner = QHBoxLayout(holder)
        inner.setContentsMargins(0, 0, 0, 0)
        for word, height in (("紧凑", 28), ("标准", 32), ("宽松", 36)):
            button = Button(word, kind="quiet", on_click=partial(then, height))
            button.setCheckable(True)
            button.setAutoExclusive(True)
            button.setChecked(height == present)
            inner.addWidget(button)
        row.addWidget(holder)
        self.box.addLayout(row)

    def _fill(self) -> None:
        shown = self._model.shown
        rest = [column for column in self._model.all_columns if column not in shown]
        self.list.clear()
        for column in (*shown, *rest):
            item = QListWidgetItem(column.label)
            item.setData(_NAME, column.name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            on = column in shown
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            self.list.addItem(item)

    def _narrow(self, words: str) -> None:
        for at in range(self.list.count()):
            item = self.list.item(at)
            item.setHidden(words.strip() not in item.text())

    def apply(self) -> None:
        """Show what is ticked, in this order."""
        items = [self.list.item(at) for at in range(self.list.count())]
        names = [item.data(_NAME) for item in items if item.checkState() == Qt.CheckState.Checked]
        frozen = next((n for n, button in enumerate(self.frozen) if button.isChecked()), 0)
        self.close()
        self._model.show_columns(names)
        if frozen != self._model.frozen:
            self._model.freeze(min(frozen, len(self._model.shown)))

    def restore(self) -> None:
        """恢复默认."""
        self.close()
        self._model.reset_columns()
