"""核对: every fault with its place and its cure; the row in context; mended where it stands."""

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.models.fields import FIELD_BY_NAME
from app.services.exchange.checks import Fault
from app.services.exchange.review import CellPlace, Review, RowState
from app.ui import theme
from app.ui.intake.source_view import SourceView
from app.ui.intake.table import Column, ListView, RowsModel
from app.ui.intake.task import Task
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, Label, Picture, clear
from app.ui.widgets.dialog import Line

_COUNTERS: Final[tuple[RowState | None, ...]] = (
    None,
    RowState.READY,
    RowState.FAULTY,
    RowState.DOUBLE,
)


class Counters(QWidget):
    """Counts that filter what is shown; one is pressed."""

    def __init__(self, name: str, then: Callable[[int], object]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.px(4))
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._group.idClicked.connect(then)
        self.buttons: list[Button] = []

    def add(self, text: str) -> None:
        """One more counter."""
        button = Button(text, kind="quiet")
        button.setCheckable(True)
        self._group.addButton(button, len(self.buttons))
        self.buttons.append(button)
        self._row.addWidget(button)
        if len(self.buttons) == 1:
            button.setChecked(True)

    def set(self, at: int, text: str) -> None:
        """Another count."""
        self.buttons[at].setText(text)
        self.buttons[at].setAccessibleName(text)

    @property
    def current(self) -> int:
        """Which one is pressed."""
        return max(self._group.checkedId(), 0)


class FaultsPage(QWidget):
    """The third step."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self._task: Task | None = None
        self._file = ""
        self.counters = Counters("按状态筛选", lambda _: self._show_source())
        for _ in _COUNTERS:
            self.counters.add("")
        self.view = SourceView()
        self.view.edited.connect(self._edited)
        self.view.moved.connect(self._moved)
        self.model: RowsModel[Fault] = RowsModel(
            [
                Column("文件", lambda _: self._file, 110),
                Column("工作表", lambda fault: fault.sheet, 80),
                Column("行", lambda fault: str(fault.row), 48),
                Column("列", _where, 116),
                Column("原值", lambda fault: fault.value or "空", 140, lambda _: "danger"),
                Column("问题", lambda fault: fault.problem),
                Column("怎么办", lambda fault: fault.remedy),
            ]
        )
        self.list = ListView("问题", self.model)
        self.list.selectionModel().currentRowChanged.connect(lambda now, _: self._jump(now.row()))
        self.mend = MendCard()
        self.list.opened.connect(lambda _: self.mend.edit.setFocus())
        self.mend.fixed.connect(self._fix)
        self.mend.all_fixed.connect(self._fix_all)
        self._lay_out()

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(6))
        top = QHBoxLayout()
        top.addWidget(self.counters)
        top.addStretch()
        self._hint = Label("改动只在这里，不动原文件；Ctrl+Z 撤销", "table", "text-3")
        top.addWidget(self._hint)
        box.addLayout(top)
        left = QSplitter(Qt.Orientation.Vertical)
        left.setChildrenCollapsible(False)
        left.addWidget(self.view)
        left.addWidget(self.list)
        left.setSizes([theme.px(300), theme.px(220)])
        across = QSplitter(Qt.Orientation.Horizontal)
        across.setChildrenCollapsible(False)
        across.addWidget(left)
        across.addWidget(self.mend)
        across.setStretchFactor(0, 1)
        across.setSizes([theme.px(900), theme.px(320)])
        box.addWidget(across, 1)

    def show_task(self, task: Task) -> None:
        """Show the faults of the file as it is corrected so far."""
        self._task = task
        review = task.review
        if review is None:
            return
        self._file = task.name
        here = self._current_place()
        total = len(review.states)
        for at, state in enumerate(_COUNTERS):
            count = total if state is None else review.count(state)
            self.counters.set(at, f"{state or '全部'} {count:,}")
        self.model.show_rows(review.plan.faults)
        self._show_source()
        self._go_on(review, here)

    def _current_place(self) -> tuple[int, CellPlace | None]:
        row = self.list.currentIndex().row()
        fault = self.model.rows[row] if 0 <= row < len(self.model.rows) else None
        task = self._task
        return row, task.review.place_of(fault) if fault and task and task.review else None

    def _go_on(self, review: Review, before: tuple[int, CellPlace | None]) -> None:
        """Stay at the fault, or go to the one that now stands in its place."""
        row, place = before
        faults = review.plan.faults
        if not faults:
            self.mend.show_fault(review, None, ())
            return
        same = review.faults_at.get(place) if place is not None else None
        self.list.selectRow(faults.index(same[0]) if same else min(max(row, 0), len(faults) - 1))

    def _show_source(self) -> None:
        if self._task is not None:
            only = _COUNTERS[self.counters.current]
            self.view.show_file(self._task.shown, self._task.review, only)

    # --- the fault at hand ----------------------------------------------------------------

    def _jump(self, row: int) -> None:
        review = self._task.review if self._task else None
        if review is None or not 0 <= row < len(self.model.rows):
            return
        fault = self.model.rows[row]
        place = review.place_of(fault)
        self.view.go_to(place or (fault.sheet, fault.row, 0))
        self.mend.show_fault(review, fault, self._shell.desk.intake.suggestions(fault))

    def _moved(self, place: CellPlace) -> None:
        """The cell at hand changed in the table: its fault comes along."""
        review = self._task.review if self._task else None
        if review is None or not self.view.table.hasFocus():
            return
        if faults := review.faults_at.get(place):
            self.list.selectRow(self.model.rows.index(faults[0]))
        else:
            self.mend.show_row(review, place)

    def _edited(self, place: CellPlace, text: str) -> None:
        if self._task is not None:
            self._task.fix({place: text})

    def _fix(self, text: str) -> None:
        place = self.mend.place
        if self._task is not None and place is not None:
            self._task.fix({place: text})

    def _fix_all(self, text: str) -> None:
        task, place = self._task, self.mend.place
        if task is None or task.review is None or place is None:
            return
        places = task.review.alike(place)
        task.fix(dict.fromkeys(places, text))
        self._shell.say(f"已改 {len(places)} 格", action=("撤销", self._shell.undo.undo))


class MendCard(Card):
    """One fault in words, the field to mend it, and what the whole row was read as."""

    fixed = QtSignal(str)
    all_fixed = QtSignal(str)

    def __init__(self) -> None:
        super().__init__(margin=14)
        self.place: CellPlace | None = None
        head = QHBoxLayout()
        self._sign = Picture("circle-alert", "danger", 18)
        self._where = Label("", "strong", wrap=True)
        head.addWidget(self._sign, alignment=Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._where, 1)
        self.box.addLayout(head)
        self._what = Label("", wrap=True)
        self.box.addWidget(self._what)
        self.edit = Line("改为")
        self.edit.returnPressed.connect(self._fix)
        self.box.addWidget(self.edit)
        self._offers = QHBoxLayout()
        self._offers.setSpacing(theme.px(4))
        self.box.addLayout(self._offers)
        self.fix_button = Button("改这一格", "check", "primary", on_click=self._fix)
        self.all_button = Button("同类全部改", "list-checks", on_click=self._fix_all)
        self.box.addWidget(self.fix_button)
        self.box.addWidget(self.all_button)
        self.box.addWidget(Label("这一行读成", "table-strong", "text-2"))
        self.values: RowsModel[tuple[str, str]] = RowsModel(
            [
                Column("栏目", lambda one: one[0], 92, lambda _: "text-2"),
                Column("读成", lambda one: one[1]),
            ]
        )
        values = ListView("这一行读成", self.values, row=24)
        values.horizontalHeader().hide()
        values.setMinimumHeight(theme.px(40))  # the sentence above it comes first
        self.box.addWidget(values, 1)
        theme.changes.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self.setMinimumWidth(theme.px(300))

    def show_fault(self, review: Review, fault: Fault | None, offers: tuple[str, ...]) -> None:
        """Show one fault; None: there is none left."""
        if fault is None:
            self._sign.set("circle-check", "ok")
            self._where.setText("没有问题了")
            self._what.setText("每一行都可以导入，请继续下一步。")
            self._set_mending(None, "", 0, ())
            self._show_values(review, None)
            return
        self._sign.set("circle-alert", "danger")
        column = f"{fault.column} 列" if fault.column else ""
        self._where.setText(f"第 {fault.row} 行 {column}「{fault.header}」")
        self._what.setText(f"{fault.value or '空的'}：{fault.problem}。{fault.remedy}")
        place = review.place_of(fault)
        alike = len(review.alike(place)) if place else 0
        text = review.text_at(place) if place else ""
        self._set_mending(place, text, alike, offers)
        self._show_values(review, (fault.sheet, fault.row))

    def show_row(self, review: Review, place: CellPlace) -> None:
        """Show a cell that has no fault."""
        sheet, row, _ = place
        state = review.states.get((sheet, row))
        self._sign.set("circle-check" if state else "info", "ok" if state else "info")
        self._where.setText(f"第 {row} 行")
        self._what.setText(str(state) if state else "这一行不是学生，不读。")
        if state is None:
            self._set_mending(None, "", 0, ())
        else:
            text = review.text_at(place)
            self._set_mending(place, text, len(review.alike(place)), ())
        self._show_values(review, (sheet, row))

    def _set_mending(
        self, place: CellPlace | None, text: str, alike: int, offers: tuple[str, ...]
    ) -> None:
        self.place = place
        self.edit.setText(text)
        self.edit.selectAll()
        for widget in (self.edit, self.fix_button):
            widget.setVisible(place is not None)
        self.all_button.setVisible(alike > 1)
        self.all_button.setText(f"同类 {alike} 格全部改为上面的字")
        self.all_button.setAccessibleName(self.all_button.text())
        clear(self._offers)
        for word in offers if place is not None else ():
            offer = Button(word, on_click=partial(self.edit.setText, word))
            offer.setAccessibleName(f"填入{word}")
            self._offers.addWidget(offer)
        self._offers.addStretch()

    def _show_values(self, review: Review, place: tuple[str, int] | None) -> None:
        row = review.people.get(place) if place is not None else None
        values = row.values if row is not None else {}
        self.values.show_rows(
            [(FIELD_BY_NAME[name].label, str(value)) for name, value in values.items()]
        )

    def _fix(self) -> None:
        if self.place is not None:
            self.fixed.emit(self.edit.words)

    def _fix_all(self) -> None:
        if self.place is not None:
            self.all_fixed.emit(self.edit.words)


def _where(fault: Fault) -> str:
    return f"{fault.column} {fault.header}".strip()
