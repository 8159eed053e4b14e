"""比较: what would be written, cell by cell, old and new; each line can be left out."""

from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QTabWidget, QVBoxLayout, QWidget

from app.models.fields import FIELD_BY_NAME
from app.services.exchange.plan import Difference, PlanLine, Verdict
from app.services.exchange.review import Outcome, Review
from app.ui import theme
from app.ui.intake.faults_page import Counters
from app.ui.intake.table import Column, ListView, RowsModel
from app.ui.intake.task import Task
from app.ui.widgets.basic import Button, Label

_TINTS: Final = {
    Verdict.CREATED: "ok",
    Verdict.UPDATED: "warn",
    Verdict.UNCHANGED: "text-3",
    Verdict.REFUSED: "danger",
}
_OUTCOMES: Final = {
    Verdict.CREATED: "登记里没有这个人，会新增。",
    Verdict.UPDATED: "会改下面这些栏，旧值留在修改记录里。",
    Verdict.UNCHANGED: "与登记一样，不写入。",
    Verdict.REFUSED: "不导入。",
}
_CHANGING: Final = frozenset({Verdict.CREATED, Verdict.UPDATED})
_KINDS: Final[tuple[Outcome | None, ...]] = (None, *Outcome)


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a line: what stands in the register and what would stand there."""

    label: str
    old: str
    new: str


def cells_of(line: PlanLine) -> list[Cell]:
    """Every value that accepting the line writes."""
    if line.verdict is Verdict.CREATED:
        return [
            Cell(FIELD_BY_NAME[name].label, "", str(value)) for name, value in line.values.items()
        ]
    return [Cell(change.label, _text(change.old), _text(change.new)) for change in line.changes]


class ComparisonPage(QWidget):
    """The fourth step."""

    ticked = QtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._task: Task | None = None
        self.counters = Counters("按结果筛选", lambda _: self._show_lines())
        for _ in _KINDS:
            self.counters.add("")
        self.model: RowsModel[PlanLine] = RowsModel(
            [
                Column("行", lambda line: str(line.row), 84),
                Column("姓名", lambda line: line.name or "（没有姓名）", 110),
                Column("结果", self._outcome, 90, lambda line: _TINTS[line.verdict]),
                Column("改动", self._summary),
            ],
            ticks=self._tick_of,
        )
        self.model.ticked.connect(self._tick)
        self.lines = ListView("每一行会怎样", self.model)
        self.lines.selectionModel().currentRowChanged.connect(lambda now, _: self._show(now.row()))
        self.cells: RowsModel[Cell] = RowsModel(
            [
                Column("栏目", lambda cell: cell.label, 120),
                Column("登记里", lambda cell: cell.old or "空", 130, lambda _: "text-2"),
                Column("改为", lambda cell: cell.new or "空"),
            ]
        )
        self.differences: RowsModel[Difference] = RowsModel(
            [
                Column("行", lambda one: str(one.row), 52),
                Column("姓名", lambda one: one.name, 100),
                Column("栏目", lambda one: FIELD_BY_NAME[one.field].label, 90),
                Column("登记里", lambda one: one.here or "空", 120),
                Column("文件里", lambda one: one.there, 0),
            ]
        )
        self.remarks: RowsModel[str] = RowsModel([Column("说明", lambda text: text)])
        self._lay_out()

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(6))
        top = QHBoxLayout()
        top.addWidget(self.counters)
        top.addStretch()
        self._all = Button("全部勾选", kind="quiet", on_click=lambda: self._tick_all(True))
        self._none = Button("全部不选", kind="quiet", on_click=lambda: self._tick_all(False))
        top.addWidget(self._all)
        top.addWidget(self._none)
        box.addLayout(top)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.lines)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName("这一行、差异、说明")
        self.tabs.tabBar().setAccessibleName("这一行的改动、差异、说明")
        own = QWidget()
        upright = QVBoxLayout(own)
        upright.setContentsMargins(0, theme.px(8), 0, 0)
        self.about = Label("", "table", "text-2", wrap=True)
        upright.addWidget(self.about)
        upright.addWidget(ListView("这一行的改动", self.cells), 1)
        self.tabs.addTab(own, "这一行")
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, theme.px(8), 0, 0)
        inner.addWidget(
            Label("学号、班级、专业与登记不同：只列出，导入不改。", "table", "text-2", wrap=True)
        )
        inner.addWidget(ListView("差异", self.differences), 1)
        self.tabs.addTab(page, "差异")
        self.tabs.addTab(ListView("说明", self.remarks), "说明")
        split.addWidget(self.tabs)
        split.setSizes([theme.px(640), theme.px(480)])
        box.addWidget(split, 1)

    def show_task(self, task: Task) -> None:
        """Show what would come of the file."""
        self._task = task
        review = task.review
        if review is None:
            return
        for at, kind in enumerate(_KINDS):
            self.counters.set(at, f"{kind or '全部'} {len(_lines_of(review, kind)):,}")
        plan = review.plan
        self.differences.show_rows(plan.differences)
        notes = [note.sentence for note in plan.notes]
        self.remarks.show_rows([*plan.remarks, *notes])
        self.tabs.setTabText(1, f"差异 {len(plan.differences)}")
        self.tabs.setTabText(2, f"说明 {len(plan.remarks) + len(notes)}")
        self._show_lines()

    def _show_lines(self) -> None:
        review = self._task.review if self._task else None
        if review is None:
            return
        self.model.show_rows(_lines_of(review, _KINDS[self.counters.current]))
        first = next(
            (at for at, line in enumerate(self.model.rows) if line.verdict in _CHANGING), 0
        )
        if self.model.rows:
            self.lines.selectRow(first)
        else:
            self._show(-1)

    def _show(self, row: int) -> None:
        review = self._task.review if self._task else None
        if review is None or not 0 <= row < len(self.model.rows):
            self.about.setText("这里没有行。")
            self.cells.show_rows(())
            return
        line = self.model.rows[row]
        faults = review.faults.get((line.sheet, line.row), ())
        self.cells.show_rows(cells_of(line))
        self.about.set_tint("danger" if faults else "text-2")
        self.about.setText(
            "\n".join(fault.sentence for fault in faults)
            or f"第 {line.row} 行 {line.name}：{_OUTCOMES[line.verdict]}"
        )

    # --- columns --------------------------------------------------------------------------

    def _outcome(self, line: PlanLine) -> str:
        review = self._task.review if self._task else None
        if review and review.outcome_of(line) is Outcome.CONFLICT:
            return Outcome.CONFLICT.value
        return line.verdict.value

    def _summary(self, line: PlanLine) -> str:
        review = self._task.review if self._task else None
        if line.verdict is Verdict.REFUSED and review is not None:
            faults = review.faults.get((line.sheet, line.row), ())
            return "；".join(f"{fault.header}：{fault.problem}" for fault in faults)
        if line.verdict is Verdict.CREATED:
            place = [line.values.get(name) for name in ("major", "class_group", "id_number")]
            return "　".join(str(value) for value in place if value)
        return "；".join(f"{cell.label} {cell.old or '空'} → {cell.new}" for cell in cells_of(line))

    # --- ticks ----------------------------------------------------------------------------

    def _tick_of(self, line: PlanLine) -> bool | None:
        if self._task is None or line.verdict not in _CHANGING:
            return None
        return (line.sheet, line.row) not in self._task.choices.left_out

    def _tick(self, row: int, on: bool) -> None:
        line = self.model.rows[row]
        self._take({(line.sheet, line.row)}, on)

    def _tick_all(self, on: bool) -> None:
        lines = (line for line in self.model.rows if line.verdict in _CHANGING)
        self._take({(line.sheet, line.row) for line in lines}, on)

    def _take(self, places: set[tuple[str, int]], on: bool) -> None:
        if self._task is not None and places:
            self._task.tick(frozenset(places), on)
            self.model.tell_ticks()
            self.ticked.emit()


def _lines_of(review: Review, kind: Outcome | None) -> tuple[PlanLine, ...]:
    return review.plan.lines if kind is None else review.outcomes[kind]


def _text(value: Any) -> str:
    return "" if value is None else str(value)
